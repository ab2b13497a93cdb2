"""Matrix exponentials of rational matrices, through exact rational Laplace transforms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import mpmath
import numpy as np
from flint import acb, arb, ctx, fmpq, fmpq_mat, fmpq_poly
from numpy.typing import NDArray
from sympy import Expr, Symbol

from nesssym import parsing
from nesssym.errors import NameClashError, NessError, ParameterError

__all__ = ["resolvent", "time_domain", "variable"]

MAX_BITS = 1 << 16


def variable(given: Any, taken: Iterable[Symbol]) -> Symbol:
    """Return the variable of a transform; raise where it is a value, or the name is taken.

    Examples
    --------
    >>> variable("s", [])
    s
    """
    if not isinstance(given, str | Symbol):
        raise ParameterError(
            f"the variable of a transform is {given!r}, wanted a name; give it its value "
            "afterwards, with .at({'s': ...}) for a number or .subs({'s': ...}) for formulas"
        )
    symbol = parsing.symbol(str(given))
    if symbol.name in {known.name for known in taken}:
        raise NameClashError(
            f"the model has a symbol {symbol} of its own; pass another name of the variable, s=..."
        )
    return symbol


def resolvent(
    n: int, entries: Mapping[tuple[int, int], Expr], left: Sequence[Expr], right: Sequence[Expr]
) -> tuple[fmpq_poly, fmpq_poly]:
    r"""Return :math:`\ell^T (s - L)^{-1} r` as a quotient of coprime polynomials of s.

    Parameters
    ----------
    n : int
        Size of the matrix.
    entries : mapping of (int, int) to Expr
        Its rational entries, by row and column.
    left, right : sequence of n Expr
        Two rational vectors.

    Examples
    --------
    >>> from sympy import Integer as I
    >>> resolvent(2, {(0, 0): I(-2), (1, 0): I(2), (1, 1): I(-3)}, [0, I(3)], [I(1), 0])
    (6, x^2 + 5*x + 6)
    """
    matrix = fmpq_mat(n, n, [_rational(entries.get((i, j), 0)) for i in range(n) for j in range(n)])
    row = fmpq_mat(1, n, [_rational(x) for x in left])
    column = fmpq_mat(n, 1, [_rational(x) for x in right])
    bottom = matrix.charpoly()
    series = []
    for _ in range(n):
        series.append((row * column)[0, 0])
        column = matrix * column
    size = bottom.degree()
    top = fmpq_poly(
        [
            sum((bottom[j] * series[j - m - 1] for j in range(m + 1, size + 1)), fmpq(0))
            for m in range(size)
        ]
    )
    common = top.gcd(bottom)
    return top / common, bottom / common


def time_domain(
    top: fmpq_poly, bottom: fmpq_poly, times: Any, digits: int | None = None
) -> NDArray[Any]:
    """Return the function of time whose Laplace transform is a proper rational function.

    The sum over the residues at all poles, multiple ones included, in ball arithmetic: the
    precision is raised until every value is right to all digits of a float.

    Parameters
    ----------
    top, bottom : fmpq_poly
        Numerator, and denominator of higher degree.
    times : array_like
        Non-negative times: floats, or exact numbers.
    digits : int, optional
        Return so many digits, as mpmath numbers, instead of floats.

    Raises
    ------
    ParameterError
        A negative or infinite time.

    Examples
    --------
    >>> s = fmpq_poly([0, 1])
    >>> time_domain(fmpq_poly([1]), (s + 1)**2, [0.0, 1.0]).round(6).tolist()
    [0.0, 0.367879]
    """
    given = np.asarray(times, dtype=object)
    exact = [parsing.number(t) for t in given.flat]
    for t in exact:
        if not (t.is_finite and t >= 0):
            raise ParameterError(f"a time is {t}: times must be finite and not negative")
    wanted = 60 if digits is None else int(3.33 * digits) + 10
    before, bits = ctx.prec, 2 * wanted
    try:
        while bits <= MAX_BITS:
            ctx.prec = bits
            terms = _residues(top, bottom)
            balls = [_value(terms, arb(_rational(t)), wanted) for t in exact]
            if all(ball is not None for ball in balls):
                values = [_number(ball, digits) for ball in balls]
                kind = np.float64 if digits is None else object
                return np.array(values, dtype=kind).reshape(given.shape)
            bits *= 2
    finally:
        ctx.prec = before
    raise NessError("the times are too short or too long for the poles to be told apart")


def _number(ball: Any, digits: int | None) -> Any:
    if digits is None:
        return float(ball)
    with mpmath.workdps(digits + 5):
        return mpmath.mpf(ball.str(digits + 5, radius=False))


Term = tuple[acb, list[acb]]


def _residues(top: fmpq_poly, bottom: fmpq_poly) -> list[Term]:
    """Return for each pole r the c_k in the sum of c_k t^k exp(r t)."""
    terms: list[Term] = []
    for factor, power in bottom.factor()[1]:
        roots: list[Any] = factor.numer().complex_roots()
        for root, _ in roots:
            above = _taylor(top, root, power)
            below = _taylor(bottom, root, 2 * power)[power:]
            quotient: list[acb] = []
            for k in range(power):
                rest = above[k] - sum((quotient[m] * below[k - m] for m in range(k)), acb(0))
                quotient.append(rest / below[0])
            factorial = 1
            weights = []
            for k in range(power):
                factorial *= max(k, 1)
                weights.append(quotient[power - 1 - k] / factorial)
            terms.append((root, weights))
    return terms


def _taylor(poly: fmpq_poly, point: acb, order: int) -> list[acb]:
    """Return the first coefficients of a polynomial about a point."""
    found = []
    scale = fmpq(1)
    for k in range(order):
        found.append(_at(poly, point) * acb(arb(scale)))
        poly = poly.derivative()
        scale /= k + 1
    return found


def _at(poly: fmpq_poly, point: acb) -> acb:
    value = acb(0)
    for coefficient in reversed(poly.coeffs()):
        value = value * point + acb(arb(coefficient))
    return value


def _value(terms: Sequence[Term], time: arb, wanted: int) -> Any:
    """Return the value at a time, as a ball, where its digits are known; else None."""
    t, total = acb(time), acb(0)
    for root, weights in terms:
        polynomial = acb(0)
        for weight in reversed(weights):
            polynomial = polynomial * t + weight
        total += polynomial * (root * t).exp()
    value = total.real
    if value.rel_accuracy_bits() >= wanted:
        return value
    tiny = abs(value).upper() < arb(2) ** -1080
    return arb(0) if tiny or (time == 0 and value.rad() < arb(2) ** -wanted) else None


def _rational(value: Any) -> fmpq:
    if isinstance(value, int):
        return fmpq(value)
    if not value.is_Rational:
        raise NessError(f"{value} is not a rational number; substitute numbers for all symbols")
    return fmpq(int(value.p), int(value.q))
