"""Leading order, series and factors of rational functions, exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import factorial

from flint import fmpq, fmpq_mpoly
from sympy import Add, Expr, Mul, Pow, Rational, S, Symbol, log

from nesssym.errors import NessError
from nesssym.exact.rational import Ring, cancel, fractions, from_poly

__all__ = ["factored", "leading", "order", "taylor"]


def factored(expr: Expr) -> Expr:
    """Return a rational expression as a product of powers of irreducible polynomials.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b, c = symbols("a b c", positive=True)
    >>> factored((a*c + b*c)/(a**2 - b**2)/2)
    c/(2*(a - b))
    """
    space, [(top, bottom)] = fractions([expr])
    if top.is_zero():
        return S.Zero
    number = S.One
    parts: list[tuple[Expr, int]] = []
    for poly, turn in ((top, 1), (bottom, -1)):
        content, factors = poly.factor()
        number *= Rational(int(content.p), int(content.q)) ** turn
        for factor, times in factors:
            parts.append((from_poly(factor, space), times * turn))
    return Mul(number, *(Pow(base, power) for base, power in parts))


def leading(expr: Expr, scales: Sequence[Mapping[Symbol, Rational]]) -> Expr:
    r"""Return the leading term of an expression where symbols scale with powers of a small number.

    Parameters
    ----------
    expr : Expr
        A rational expression of the symbols.
    scales : sequence of mapping of Symbol to Rational
        The power of the small number in each symbol. Later mappings decide only between terms that
        are equal by the earlier ones.

    Returns
    -------
    Expr
        The terms of lowest order of the numerator over those of the denominator, in lowest terms.

    Raises
    ------
    NessError
        One of the symbols occurs inside a function or in an exponent.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b, c = symbols("a b c", positive=True)
    >>> leading((a + b)/(a + b + c), [{c: -1}])
    (a + b)/c
    """
    space, [(top, bottom)] = fractions([expr])
    places = [_places(space, scale) for scale in scales]
    for place in places:
        top, bottom = (_lowest(poly, place) for poly in (top, bottom))
    return cancel(from_poly(top, space) / from_poly(bottom, space))


def order(expr: Expr, scale: Mapping[Symbol, Rational]) -> Rational | None:
    """Return the power of the small number that an expression is of; None for zero."""
    space, [(top, bottom)] = fractions([expr])
    place = _places(space, scale)
    if top.is_zero():
        return None
    least = [min(_degree(exps, place) for exps in poly.monoms()) for poly in (top, bottom)]
    return least[0] - least[1]


def taylor(expr: Expr, x: Symbol, terms: int) -> list[Expr]:
    r"""Return the coefficients of ``x**0 ... x**(terms - 1)`` of an expression about zero.

    It may hold `x` in sums, products, powers and quotients, in exponentials of multiples of `x`
    and in logarithms of what has such a series. Every coefficient is exact and in lowest terms.

    Raises
    ------
    NessError
        The expression has no power series about zero, or `x` is inside another function.

    Examples
    --------
    >>> from sympy import exp, symbols
    >>> k, x = symbols("k x")
    >>> taylor((exp(x) - 1)/(exp(x) + k), x, 3)
    [0, 1/(k + 1), (k - 1)/(2*k**2 + 4*k + 2)]
    """
    space, [(top, bottom)] = fractions([expr])
    # A zero of the denominator costs terms, as many as its order.
    for more in (0, 2, 8):
        found = {
            i: _generator(gen, unit, x, terms + more)
            for i, (gen, unit) in enumerate(zip(space.gens, space.units, strict=True))
            if gen.has(x)
        }
        up, down = (_expanded(poly, space, found, terms + more) for poly in (top, bottom))
        zeros = next((i for i, c in enumerate(down) if c != 0), None)
        if zeros is not None and zeros <= more:
            break
    else:
        raise NessError(f"{expr} has no power series in {x}: its denominator vanishes")
    if any(c != 0 for c in up[:zeros]):
        raise NessError(f"{expr} diverges where {x} vanishes, so that it has no power series")
    up, down = up[zeros : zeros + terms], down[zeros : zeros + terms]
    return _divided(up, down)


def _divided(up: Sequence[Expr], down: Sequence[Expr]) -> list[Expr]:
    result: list[Expr] = []
    for j, coefficient in enumerate(up):
        known = Add(*(down[j - i] * c for i, c in enumerate(result)))
        result.append(cancel((coefficient - known) / down[0]))
    return result


def _expanded(
    poly: fmpq_mpoly, space: Ring, found: Mapping[int, Sequence[Expr]], terms: int
) -> list[Expr]:
    """Return the truncated series of a polynomial whose generators `found` are series."""
    groups: dict[tuple[int, ...], dict[tuple[int, ...], fmpq]] = {}
    for exps, c in poly.terms():
        inner = tuple(int(exps[i]) for i in found)
        outer = tuple(0 if i in found else int(k) for i, k in enumerate(exps))
        groups.setdefault(inner, {})[outer] = c
    total = [S.Zero] * terms
    for powers, rest in groups.items():
        factor = from_poly(space.context.from_dict(rest), space)
        series: list[Expr] = [S.One] + [S.Zero] * (terms - 1)
        for gen, power in zip(found.values(), powers, strict=True):
            for _ in range(power):
                series = [
                    Add(*(series[i] * gen[j - i] for i in range(j + 1))) for j in range(terms)
                ]
        total = [t + factor * c for t, c in zip(total, series, strict=True)]
    return [cancel(c) for c in total]


def _generator(gen: Expr, unit: tuple[Expr, Expr, int], x: Symbol, terms: int) -> list[Expr]:
    """Return the series of one generator."""
    base, exponent, root = unit
    if gen == x:
        return [S.One if i == 1 else S.Zero for i in range(terms)]
    if base is S.Exp1:
        rate = cancel(exponent / root / x)
        if not rate.has(x):
            return [rate**i / factorial(i) for i in range(terms)]
    elif isinstance(gen, log):
        inside = taylor(gen.args[0], x, terms)
        if inside[0] != 0:
            # From (log u)' = u'/u.
            slopes = _divided([(i + 1) * c for i, c in enumerate(inside[1:])], inside[: terms - 1])
            return [log(inside[0]), *(c / (i + 1) for i, c in enumerate(slopes))]
    raise NessError(
        f"{x} occurs in {gen}, which has no power series in {x} here; wanted a rational "
        f"expression of {x}, exponentials of its multiples and logarithms"
    )


def _places(space: Ring, scale: Mapping[Symbol, Rational]) -> dict[int, Rational]:
    """Return the power of the small number in each generator."""
    found: dict[int, Rational] = {}
    for i, (base, exponent, root) in enumerate(space.units):
        inside = scale.keys() & space.gens[i].free_symbols
        if not inside:
            continue
        if base not in scale or not exponent.is_Rational:
            names = ", ".join(sorted(s.name for s in inside))
            raise NessError(
                f"{names} occurs in {space.gens[i]}: wanted symbols that stand outside functions "
                "and exponents; name the function by a symbol of its own first"
            )
        found[i] = scale[base] * exponent / root
    return found


def _degree(exps: Sequence[int], place: Mapping[int, Rational]) -> Rational:
    return sum((power * int(exps[i]) for i, power in place.items()), S.Zero)


def _lowest(poly: fmpq_mpoly, place: Mapping[int, Rational]) -> fmpq_mpoly:
    if poly.is_zero() or not place:
        return poly
    terms = [(exps, c, _degree(exps, place)) for exps, c in poly.terms()]
    least = min(degree for _, _, degree in terms)
    return poly.context().from_dict({exps: c for exps, c, degree in terms if degree == least})
