"""Real roots of rational polynomials, and exact arithmetic with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flint
from flint import arb, fmpq, fmpq_poly, fmpz_poly
from sympy import Add, CRootOf, Expr, Poly, Rational, Symbol, sqrt

from nesssym.errors import TooLargeError

__all__ = ["Element", "Root", "common_root", "evaluate", "positive_roots", "sign_of"]

FIRST_BITS, LAST_BITS = 128, 1 << 13
Element = fmpq_poly


@dataclass(frozen=True)
class Root:
    """A real root of an irreducible polynomial with rational coefficients.

    Numbers made of it by + - * / are polynomials in it of lower degree (`fmpq_poly`), with which
    is calculated exactly.

    Parameters
    ----------
    polynomial : fmpz_poly
        Irreducible.
    index : int
        Which of its real roots, the smallest being 0.

    Examples
    --------
    >>> root, = positive_roots(fmpz_poly([-2, 0, 1]))
    >>> root.expr, root.ball(64).mid() > 1
    (sqrt(2), True)
    """

    polynomial: fmpz_poly
    index: int

    @cached_property
    def modulus(self) -> fmpq_poly:
        """The polynomial with rational coefficients, to reduce by."""
        return fmpq_poly(self.polynomial)

    def number(self, value: int | fmpq) -> Element:
        """Return a rational number as an element."""
        return fmpq_poly([value])

    @property
    def itself(self) -> Element:
        """The root as an element."""
        return self.reduced(fmpq_poly([0, 1]))

    def reduced(self, element: Element) -> Element:
        """Return an element with the degree below that of the polynomial."""
        return element % self.modulus

    def inverse(self, element: Element) -> Element | None:
        """Return 1 over an element, or None where that is zero."""
        if self.reduced(element).is_zero():
            return None
        common, inverse, _ = element.xgcd(self.modulus)
        return self.reduced(inverse / common[0])

    def ball(self, bits: int) -> arb:
        """Return an interval around the root, of about so many bits."""
        with flint.ctx.workprec(bits):
            if self.polynomial.degree() == 1:
                return arb(fmpq(-self.polynomial[0], self.polynomial[1]))
            return _real_roots(self.polynomial)[self.index]

    def value(self, element: Element, bits: int) -> arb:
        """Return an interval around an element."""
        with flint.ctx.workprec(bits):
            root, total = self.ball(bits), arb(0)
            for c in reversed(element.coeffs()):
                total = total * root + arb(c)
            return total

    def sign(self, element: Element) -> int:
        """Return the sign of an element, for certain."""
        if self.reduced(element).is_zero():
            return 0
        return sign_of(lambda bits: self.value(element, bits))

    @cached_property
    def expr(self) -> Expr:
        """The root in radicals up to degree two, else as SymPy's `CRootOf`."""
        degree = self.polynomial.degree()
        c = [Rational(int(x)) for x in self.polynomial.coeffs()]
        if degree == 1:
            return -c[0] / c[1]
        if degree == 2:
            half = sqrt(c[1] ** 2 - 4 * c[0] * c[2])
            low, high = sorted(((-c[1] + s * half) / (2 * c[2]) for s in (1, -1)), key=float)
            return (low, high)[self.index]
        return CRootOf(Poly(c[::-1], Symbol("x")), self.index)

    def written(self, element: Element, root: Expr) -> Expr:
        """Return an element as a SymPy expression in what stands for the root."""
        return Add(
            *(
                Rational(int(c.p), int(c.q)) * root**power
                for power, c in enumerate(element.coeffs())
                if c
            )
        )


def positive_roots(polynomial: fmpz_poly) -> list[Root]:
    """Return all positive roots, in increasing order, each once.

    Examples
    --------
    >>> [root.expr for root in positive_roots(fmpz_poly([6, -11, 6, -1]))]
    [1, 2, 3]
    """
    found = []
    with flint.ctx.workprec(FIRST_BITS):
        for factor, _ in polynomial.factor()[1]:
            for index, x in enumerate(_real_roots(factor)):
                root = Root(factor, index)
                if root.sign(root.itself) > 0:
                    found.append((x, root))
    return [root for _, root in sorted(found, key=lambda pair: float(pair[0].mid()))]


def _real_roots(polynomial: fmpz_poly) -> list[arb]:
    """Return intervals around the real roots, which FLINT tells from the others for certain."""
    roots: Any = polynomial.complex_roots()
    return sorted((x.real for x, _ in roots if x.imag == 0), key=lambda x: float(x.mid()))


def sign_of(value: Callable[[int], arb], bits: int = FIRST_BITS) -> int:
    """Return the sign of a number other than zero, from intervals of growing precision.

    Raises
    ------
    TooLargeError
        The interval holds zero still at 8,192 bits.
    """
    while True:
        found = value(bits)
        if found > 0:
            return 1
        if found < 0:
            return -1
        if bits >= LAST_BITS:
            raise TooLargeError(f"a sign is not known at {bits} bits; the number may be zero")
        bits *= 2


def evaluate(
    terms: Sequence[tuple[tuple[int, ...], fmpq]], point: Sequence[Element | None], root: Root
) -> Element:
    """Return the value of a polynomial, given by its terms, at elements.

    Parameters
    ----------
    terms : sequence of (exponents, coefficient)
        As FLINT gives them.
    point : sequence of Element or None
        One for each variable; None for a variable that does not occur.
    root : Root
        What the elements are made of.
    """
    powers: dict[tuple[int, int], Element] = {}

    def power(i: int, k: int) -> Element:
        if (i, k) not in powers:
            base = point[i]
            if base is None:
                raise TooLargeError("a polynomial holds a variable without a value")
            powers[i, k] = base if k == 1 else root.reduced(power(i, k - 1) * base)
        return powers[i, k]

    total = fmpq_poly([0])
    for exponents, c in terms:
        term = fmpq_poly([c])
        for i, k in enumerate(exponents):
            if k:
                term = root.reduced(term * power(i, int(k)))
        total += term
    return total


def common_root(polynomials: Sequence[Sequence[Element]], root: Root) -> Element | None:
    """Return the only common root of polynomials with elements as coefficients, lowest first.

    None where there is none.

    Raises
    ------
    TooLargeError
        They have several.
    """
    found: list[Element] = []
    for p in polynomials:
        found = _gcd(found, list(p), root)
    if len(found) == 0:
        raise TooLargeError("an unknown is not determined by the equations")
    if len(found) == 1:
        return None
    # A root that occurs several times is one root all the same.
    degree = len(found) - 1
    inverse = root.inverse(found[-1])
    if inverse is None:
        raise TooLargeError("an unknown is not determined by the equations")
    value = root.reduced(found[-2] * inverse) / -degree
    if degree > 1:
        check = fmpq_poly([0])
        for c in reversed(found):
            check = root.reduced(check * value + c)
        if len(_gcd(found, _derivative(found), root)) < degree or not check.is_zero():
            raise TooLargeError("two steady states share all unknowns but one")
    return value


def _derivative(p: list[Element]) -> list[Element]:
    return [k * c for k, c in enumerate(p)][1:]


def _gcd(p: list[Element], q: list[Element], root: Root) -> list[Element]:
    p, q = _trimmed(p, root), _trimmed(q, root)
    while q:
        inverse = root.inverse(q[-1])
        if inverse is None:
            raise TooLargeError("division by zero in a field")
        while len(p) >= len(q):
            factor = root.reduced(p[-1] * inverse)
            shift = len(p) - len(q)
            p = _trimmed(
                [c - factor * q[i - shift] if i >= shift else c for i, c in enumerate(p)][:-1], root
            )
        p, q = q, p
    return p


def _trimmed(p: list[Element], root: Root) -> list[Element]:
    reduced = [root.reduced(c) for c in p]
    while reduced and reduced[-1].is_zero():
        reduced.pop()
    return reduced
