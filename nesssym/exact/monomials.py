"""Products of powers times an exponential: the form in which rates and affinities live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce

from sympy import (
    Add,
    Expr,
    Float,
    Integer,
    Mul,
    Rational,
    S,
    Symbol,
    exp,
    expand_mul,
    factorrat,
    log,
)

from nesssym.errors import ModelError, NessError
from nesssym.exact.rational import equal, fractions, from_poly
from nesssym.signs import sign

__all__ = ["Monomial", "difference", "log_ratio", "monomial", "solve_monomials"]

MAX_FACTORED = 400


@dataclass(frozen=True)
class Monomial:
    """A positive quantity, written as ``number * base**power * ... * exp(exponent)``.

    Rates are of this form, and so is everything that detailed balance compares: products of rates
    along a cycle and against it. Its logarithm is exact and free of cancellation. Made by
    `monomial`; monomials are multiplied, divided and raised to rational powers.

    Parameters
    ----------
    number : Rational
        Not zero; negative only to make up for a base that is.
    powers : tuple of (Expr, Rational)
        Different irreducible bases, prime numbers under a root among them.
    exponent : Expr
        The argument of the exponential, expanded.

    Examples
    --------
    >>> from sympy import exp, symbols
    >>> k, E, b = symbols("k E b", positive=True)
    >>> ratio = monomial(2*k) / monomial(k*exp(-b*E))
    >>> ratio.number, ratio.powers, ratio.exponent
    (2, (), E*b)
    >>> ratio.log()
    E*b + log(2)
    """

    number: Rational
    powers: tuple[tuple[Expr, Rational], ...]
    exponent: Expr

    def __mul__(self, other: Monomial) -> Monomial:
        powers = dict(self.powers)
        for base, power in other.powers:
            powers[base] = powers.get(base, S.Zero) + power
        return _build(self.number * other.number, powers, self.exponent + other.exponent)

    def __truediv__(self, other: Monomial) -> Monomial:
        return self * other**-1

    def __pow__(self, power: Rational | int) -> Monomial:
        power = Rational(power)
        if power.is_Integer:
            raised = {base: old * power for base, old in self.powers}
            return _build(self.number**power, raised, self.exponent * power)
        sure = {base: old * power for base, old in self.powers if sign(base) > 0}
        unsure = Mul(*(base**old for base, old in self.powers if sign(base) <= 0))
        turn = -1 if self.number < 0 else 1
        if turn < 0 or unsure != 1:
            sure[turn * unsure] = power
        for prime, times in factorrat(abs(self.number)).items():
            base = Integer(prime)
            sure[base] = sure.get(base, S.Zero) + times * power
        return _build(S.One, sure, self.exponent * power)

    @property
    def is_one(self) -> bool:
        """Whether it is 1 for all values of its symbols."""
        return self.number == 1 and not self.powers and equal(self.exponent, S.Zero)

    @cached_property
    def factored(self) -> Expr:
        """The exponent as a product, so that differences of energies or temperatures show."""
        return _factored(self.exponent)

    @property
    def numerator(self) -> Expr:
        """What stands above the fraction line, the exponential included."""
        return Mul(
            Integer(self.number.p), *(b**e for b, e in self.powers if e > 0), self._exponential()
        )

    @property
    def denominator(self) -> Expr:
        """What stands below the fraction line."""
        return Mul(Integer(self.number.q), *(b**-e for b, e in self.powers if e < 0))

    def value(self) -> Expr:
        """Return it as a SymPy expression."""
        return self._coefficient() * self._exponential()

    def log(self) -> Expr:
        """Return the logarithm: of one quotient, plus the exponent with its factors apart.

        Examples
        --------
        Energies that cancel leave the drive, exactly:

        >>> from sympy import exp, symbols
        >>> bh, bc, Ee, Eg, a, c = symbols("bh bc Ee Eg a c", positive=True)
        >>> up, down = a*exp(-bh*(Ee - Eg)), c*exp(-bc*(Ee - Eg))
        >>> (monomial(a) / monomial(up) * monomial(down) / monomial(c)).log()
        (Ee - Eg)*(-bc + bh)
        """
        if not self.powers:
            return log(self.number) + self.factored
        sizes = {abs(power) for _, power in self.powers}
        alike = self.number == 1 and all(sign(base) > 0 for base, _ in self.powers)
        common = sizes.pop() if alike and len(sizes) == 1 else S.One
        root = Monomial(self.number, tuple((b, e / common) for b, e in self.powers), S.Zero)
        return common * log(root._coefficient()) + self.factored

    def _exponential(self) -> Expr:
        """Return the exponential factor, with logarithms in the exponent written as powers."""
        if not self.exponent.has(log):
            return exp(self.factored)
        terms = Add.make_args(self.exponent)
        logs = [next((f for f in Mul.make_args(t) if f.func is log), None) for t in terms]
        pairs = list(zip(terms, logs, strict=True))
        rest = Monomial(S.One, (), Add(*(t for t, f in pairs if f is None)))
        return Mul(*(f.args[0] ** (t / f) for t, f in pairs if f is not None), exp(rest.factored))

    def _coefficient(self) -> Expr:
        return Mul(self.number, *(base**power for base, power in self.powers))


def monomial(expr: Expr) -> Monomial:
    """Decompose a positive expression into powers of irreducible bases and an exponential.

    Sums are factored into irreducible polynomials of their symbols and exponentials, so that
    ``k1*k3 + k2*k3`` and ``(k1 + k2)*k3`` are the same, and so are ``1 + exp(-x)`` and
    ``(1 + exp(x))*exp(-x)``. Functions are opaque. Powers with symbols in the exponent are
    exponentials: ``x**n`` is ``exp(n*log(x))``.

    Parameters
    ----------
    expr : Expr
        Taken to be positive where its sign cannot be known.

    Raises
    ------
    ModelError
        It is zero or negative.
    NessError
        It has floating-point numbers.

    Examples
    --------
    >>> from sympy import exp, sqrt, symbols
    >>> a, b, x = symbols("a b x", positive=True)
    >>> monomial(3*a/sqrt(b)*exp(2*x)).powers
    ((a, 1), (b, -1/2))
    >>> (monomial(a + a*exp(-x)) / monomial(1 + exp(x))).value()
    a*exp(-x)
    """
    if expr.is_Symbol:
        return Monomial(S.One, ((expr, S.One),), S.Zero)
    if expr.has(Float):
        raise NessError(f"{expr} has a floating-point number; write it as a fraction")
    found = _decomposed(expr)
    if found.number < 0 and all(sign(base) > 0 for base, _ in found.powers):
        raise ModelError(f"{expr} is negative, wanted something positive")
    return found


def log_ratio(plus: Iterable[Expr], minus: Iterable[Expr]) -> Expr:
    """Return the logarithm of the product of some rates over that of others.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b, c = symbols("a b c", positive=True)
    >>> log_ratio([2*a, b], [c, b])
    log(2*a/c)
    """
    return (_product(plus) / _product(minus)).log()


def difference(plus: Iterable[Expr], minus: Iterable[Expr]) -> Expr:
    """Return the difference of two products with everything that they share taken out.

    Where their ratio is an exponential only, it is ``exp(X) - 1`` times the second, which kernels
    compute without cancellation.

    Examples
    --------
    >>> from sympy import exp, symbols
    >>> a, b, c, f = symbols("a b c f", positive=True)
    >>> difference([a, b], [b, c])
    b*(a - c)
    >>> difference([a, b*exp(f)], [a, b])
    a*b*(exp(f) - 1)
    """
    first, second = _product(plus), _product(minus)
    ratio = first / second
    if ratio.is_one:
        return S.Zero
    below = ratio.denominator
    shared = (second / monomial(below)).value()
    # Kept as a product: SymPy would multiply out a number and lose exp(X) - 1.
    return Mul(shared, ratio.numerator - below, evaluate=not shared.is_Number or shared == 1)


def solve_monomials(
    monomials: Iterable[Monomial], unknowns: Sequence[Symbol]
) -> dict[Symbol, Expr]:
    """Solve the conditions that monomials are 1 for chosen positive symbols.

    Kolmogorov's and Wegscheider's conditions are of this kind: linear in the logarithms, with
    rational coefficients.

    Parameters
    ----------
    monomials : iterable of Monomial
        What shall be 1.
    unknowns : sequence of Symbol
        The symbols to solve for; each must be determined.

    Returns
    -------
    dict of Symbol to Expr
        In the order of `unknowns`.

    Raises
    ------
    ModelError
        A condition remains that holds none of the unknowns, an unknown is not determined, or it
        occurs inside a sum or an exponent.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b, c, d = symbols("a b c d", positive=True)
    >>> solve_monomials([monomial(a*b/c), monomial(a/d**2)], [a, c])
    {a: d**2, c: b*d**2}
    """
    rows = [_apart(m, unknowns) for m in monomials]
    pivots: dict[Symbol, int] = {}
    for unknown in unknowns:
        found = [i for i, (powers, _) in enumerate(rows) if unknown in powers]
        chosen = next((i for i in found if i not in pivots.values()), None)
        if chosen is None:
            continue
        powers, rest = rows[chosen]
        scale = 1 / powers[unknown]
        rows[chosen] = pivot = {u: e * scale for u, e in powers.items()}, rest**scale
        for i in found:
            if i != chosen:
                rows[i] = _eliminated(rows[i], pivot, unknown)
        pivots[unknown] = chosen
    for i, (_, rest) in enumerate(rows):
        if i not in pivots.values() and not rest.is_one:
            symbols = sorted(map(str, rest.value().free_symbols))
            raise ModelError(
                f"not solvable for {', '.join(map(str, unknowns))} alone: {rest.numerator} = "
                f"{rest.denominator} is left; "
                f"solve for one of {', '.join(symbols) or 'its rates'} too"
            )
    for unknown in unknowns:
        if unknown not in pivots or len(rows[pivots[unknown]][0]) > 1:
            raise ModelError(f"{unknown} is not determined by the conditions; leave it out")
    return {unknown: (rows[pivots[unknown]][1] ** -1).value() for unknown in unknowns}


Row = tuple[dict[Symbol, Rational], Monomial]


def _apart(m: Monomial, unknowns: Sequence[Symbol]) -> Row:
    """Split a monomial into the powers of the unknowns and the rest."""
    own = {base: power for base, power in m.powers if base in unknowns}
    rest = Monomial(m.number, tuple(p for p in m.powers if p[0] not in own), m.exponent)
    for unknown in unknowns:
        if unknown in rest.value().free_symbols:
            raise ModelError(
                f"{unknown} occurs in {rest.value()}, not as a factor; solve for another rate"
            )
    return own, rest


def _eliminated(row: Row, pivot: Row, unknown: Symbol) -> Row:
    times = row[0][unknown]
    powers = {
        u: row[0].get(u, S.Zero) - times * pivot[0].get(u, S.Zero) for u in (*row[0], *pivot[0])
    }
    return {u: e for u, e in powers.items() if e}, row[1] / pivot[1] ** times


def _product(exprs: Iterable[Expr]) -> Monomial:
    one = Monomial(S.One, (), S.Zero)
    return reduce(Monomial.__mul__, map(monomial, exprs), one)


def _build(number: Rational, powers: Mapping[Expr, Rational], exponent: Expr) -> Monomial:
    """Drop what is to the power of zero, and move whole powers of numbers into the number."""
    kept = []
    for base, power in powers.items():
        if base.is_Integer:
            number *= base ** (power // 1)
            power -= power // 1
        if power:
            kept.append((base, power))
    return Monomial(number, tuple(kept), exponent)


@lru_cache(maxsize=4096)
def _decomposed(expr: Expr) -> Monomial:
    if expr.is_Rational:
        if expr.is_zero:
            raise ModelError("zero has no logarithm, wanted something positive")
        return Monomial(expr, (), S.Zero)
    if expr.is_Mul:
        return reduce(Monomial.__mul__, map(_decomposed, expr.args))
    if expr.is_Add:
        return _of_sum(expr)
    base, power = expr.as_base_exp()
    if base is S.Exp1:
        return Monomial(S.One, (), expand_mul(power))
    if not power.is_Rational:
        return Monomial(S.One, (), expand_mul(power * _expanded_log(base)))
    if power == 1:
        return Monomial(S.One, ((expr, S.One),), S.Zero)
    raised: Monomial = _decomposed(base) ** power
    return raised


def _expanded_log(expr: Expr) -> Expr:
    """Return the logarithm as a sum over irreducible bases and prime numbers."""
    found = _decomposed(expr)
    if found.number < 0:
        return log(expr)
    powers = (*factorrat(found.number).items(), *found.powers)
    return Add(found.exponent, *(power * log(base) for base, power in powers))


def _of_sum(expr: Expr) -> Monomial:
    """Factor a sum into irreducible polynomials and powers of its generators."""
    space, [pair] = fractions([expr])
    if pair[0].is_zero():
        raise ModelError(f"{expr} is zero, wanted something positive")
    result = Monomial(S.One, (), S.Zero)
    for poly, turn in zip(pair, (1, -1), strict=True):
        content, factors = poly.factor()
        result *= Monomial(Rational(int(content.p), int(content.q)), (), S.Zero) ** turn
        for factor, times in factors:
            result *= _irreducible(from_poly(factor, space)) ** (times * turn)
    return result


def _irreducible(base: Expr) -> Monomial:
    """Return a factor, with a sign so that fractions come as ``1 - x`` and not ``x - 1``."""
    if not base.is_Add:
        return _decomposed(base)
    turned = base.args[0].is_number and base.args[0].is_negative and not base.has(exp)
    turn = -1 if turned else 1
    return Monomial(Integer(turn), ((turn * base, S.One),), S.Zero)


@lru_cache(maxsize=4096)
def _factored(expr: Expr) -> Expr:
    """Factor an exponent over the rationals, with the sign inside its first difference."""
    if not expr.is_Add or len(expr.args) > MAX_FACTORED:
        return expr
    space, [(top, bottom)] = fractions([expr])
    if top.is_zero():
        return S.Zero
    parts: list[Expr] = []
    number = S.One
    for poly, turn in ((bottom, -1), (top, 1)):
        content, factors = poly.factor()
        number *= Rational(int(content.p), int(content.q)) ** turn
        parts += [from_poly(factor, space) ** (times * turn) for factor, times in factors]
    flip = next((i for i, part in enumerate(parts) if part.is_Add), None)
    if number < 0 and flip is not None:
        number, parts[flip] = -number, Add(*(-term for term in parts[flip].args))
    return Mul(number, *parts)
