"""Equations solved one after the other, each root chosen by a proof and not by its place.

An unknown is isolated where an equation is of first degree in one function of it: itself, a power,
an exponential. What is left in the end is one equation in one unknown. Of its roots the positive
one is taken where Descartes' rule of signs, or a derivative of one sign, shows that there is just
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import gcd, prod

from flint import fmpq, fmpq_mpoly
from sympy import Expr, Integer, Pow, Rational, S, Symbol, log, oo, sqrt

from nesssym.errors import NoSteadyStateError, TooLargeError
from nesssym.exact.linear import factored, solve
from nesssym.exact.rational import Ring, fractions, from_poly
from nesssym.exact.triangular import in_powers
from nesssym.roots import RootIn
from nesssym.signs import sign

__all__ = ["Solution", "isolate", "remaining"]

MOST_FACTORED = 200
ONE_CHANGE = "Descartes: one change of sign"


@dataclass
class Solution:
    """Unknowns with their values, and what must be positive for these to be physical.

    Parameters
    ----------
    values : dict of Symbol to Expr
        In terms of the parameters alone.
    conditions : list of Expr
        Positive wherever there is such a solution.
    proofs : dict of Symbol to str
        Why this root was taken.
    """

    values: dict[Symbol, Expr] = field(default_factory=dict)
    conditions: list[Expr] = field(default_factory=list)
    proofs: dict[Symbol, str] = field(default_factory=dict)


def isolate(
    equations: Sequence[Expr],
    unknowns: Sequence[Symbol],
    assume: Sequence[Expr] = (),
    searched: Sequence[Symbol] = (),
) -> Solution:
    """Solve equations for their unknowns in closed form.

    Parameters
    ----------
    equations : sequence of Expr
        What vanishes.
    unknowns : sequence of Symbol
        As many as there are independent equations; positive, or real ones that have just one
        solution.
    assume : sequence of Expr, optional
        Expressions that are known to be positive.
    searched : sequence of Symbol, optional
        Unknowns that are found in another way: the others are solved in terms of them.

    Raises
    ------
    NoSteadyStateError
        There is no positive solution; the message has the inequality that is violated.
    TooLargeError
        No closed form was found, or several roots cannot be told apart by their signs.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b, x, y = symbols("a b x y", positive=True)
    >>> isolate([a - b*sqrt(x), y - 2*x], [x, y]).values
    {x: a**2/b**2, y: 2*a**2/b**2}
    >>> isolate([x**2 + a*x - b], [x]).values
    {x: 2*b/(a + sqrt(a**2 + 4*b))}

    What is positive is not zero: a culture that multiplies at all grows as fast as it is diluted.

    >>> isolate([a*y*x/(1 + x) - b*y, 1 - x - y], [x, y]).values
    {x: b/(a - b), y: (a - 2*b)/(a - b)}
    """
    for last in (None, *unknowns) if len(unknowns) > 1 else (None,):
        solution, left, rest = remaining(equations, unknowns, assume, last)
        if not left:
            break
    for equation in rest:
        if not left and equation.free_symbols.isdisjoint(searched):
            raise NoSteadyStateError(f"the equations contradict each other unless {equation} = 0")
    if left:
        names = ", ".join(s.name for s in left)
        raise TooLargeError(
            f"no closed form: {names} are coupled by {len(rest)} nonlinear equations that none of "
            "them can be isolated from; give numbers for the parameters"
        )
    return solution


def remaining(
    equations: Sequence[Expr],
    unknowns: Sequence[Symbol],
    assume: Sequence[Expr] = (),
    last: Symbol | None = None,
) -> tuple[Solution, list[Symbol], list[Expr]]:
    """Solve as far as closed forms go; also return the unknowns and equations that are left.

    Which of the roots is physical may be plain for one unknown and not for another: `last` is the
    one whose equation is to be solved when all others are expressed by it.
    """
    solution = Solution()
    left, rest = list(unknowns), [e for e in (_numerator(e, assume) for e in equations) if e != 0]
    pending: list[tuple[Symbol, Expr]] = []
    while left and rest:
        together = _linear_block(rest, left)
        if together is not None:
            for u, value in together.items():
                _record(solution, u, value, assume)
            rest = []
            break
        step = _next(rest, [u for u in left if u != last] or left, left, assume)
        if step is None:
            break
        equation, u, value, proof = step
        if value.free_symbols.isdisjoint(left):
            _record(solution, u, value, assume)
            if proof:
                solution.proofs[u] = proof
        else:
            pending.append((u, value))
        left.remove(u)
        rest.remove(equation)
        rest = [e for e in (_numerator(e.xreplace({u: value}), assume) for e in rest) if e != 0]
    left = [u for u in left if u not in solution.values]
    if not left:
        for u, value in reversed(pending):
            _record(solution, u, value.xreplace(dict(solution.values)), assume)
    return solution, left, rest


def _record(solution: Solution, unknown: Symbol, value: Expr, assume: Sequence[Expr]) -> None:
    solution.values[unknown] = value
    if unknown.is_positive:
        margin = _margin(value, assume) if isinstance(value, RootIn) else value
        known = sign(margin, assume)
        if known < 0 or margin == 0:
            fault = f"{unknown} would be {value}, not positive"
            if isinstance(value, RootIn):
                fault = f"{value.args[0]} = 0 has no root {unknown} > 0"
            raise NoSteadyStateError(f"no steady state: {fault}")
        if known == 0 and not margin.is_positive:
            solution.conditions.append(margin)


def _margin(root: RootIn, assume: Sequence[Expr]) -> Expr:
    """Return what is positive where an equation that is monotonic, or known at zero, has a root."""
    equation, (unknown, low, _) = root.args
    start = equation.xreplace({unknown: low})
    return -start * (sign(equation.diff(unknown), assume) or -sign(start, assume))


def _numerator(expr: Expr, assume: Sequence[Expr]) -> Expr:
    """Return what vanishes with an expression: no denominator, no factor that has one sign."""
    space, [(top, _)] = fractions([expr])
    if not space.units:
        return expr
    if 1 < len(top) <= MOST_FACTORED:
        _, factors = top.factor()
        left = [(p, n) for p, n in factors if not sign(from_poly(p, space), assume)]
        if left:
            top = prod((p**n for p, n in left), start=space.context.constant(1))
    return from_poly(top, space)


@dataclass(frozen=True)
class _Function:
    """The function of an unknown that an equation is a polynomial in: a power of a generator."""

    space: Ring
    place: int
    power: int
    unknown: Symbol

    def inverse(self, value: Expr) -> Expr | None:
        """Return the unknown where the function has a value; None where that is not known."""
        base, exponent, root = self.space.units[self.place]
        slope = (exponent if base is S.Exp1 else base).diff(self.unknown)
        if slope.has(self.unknown) or slope == 0:
            return None
        start = (exponent if base is S.Exp1 else base).xreplace({self.unknown: Integer(0)})
        if base is S.Exp1:
            return (Rational(root, self.power) * log(value) - start) / slope
        if exponent.is_nonzero is not True or exponent.has(self.unknown):
            return None
        return (Pow(value, Rational(root, self.power) / exponent) - start) / slope


def _function(tops: Sequence[fmpq_mpoly], space: Ring, unknown: Symbol) -> _Function | None:
    """Find the function of an unknown in polynomials; None where there are several."""
    places = [i for i, g in enumerate(space.gens) if g.has(unknown)]
    if len(places) != 1:
        return None
    power = gcd(*(exponents[places[0]] for top in tops for exponents, _ in top.terms()))
    return _Function(space, places[0], power, unknown)


def _parts(equation: Expr, unknown: Symbol) -> tuple[_Function, list[fmpq_mpoly]] | None:
    """Write an equation as a polynomial in one function of the unknown."""
    space, [(top, _)] = fractions([equation])
    function = _function([top], space, unknown)
    if function is None:
        return None
    return function, in_powers(top, function.place, function.power)


def _linear_block(rest: Sequence[Expr], left: Sequence[Symbol]) -> dict[Symbol, Expr] | None:
    """Solve all equations together where they are linear in one function of each unknown."""
    if len(rest) != len(left) or len(left) < 2:
        return None
    space, pairs = fractions(rest)
    tops = [top for top, _ in pairs]
    functions = [_function(tops, space, u) for u in left]
    places = {f.place: f for f in functions if f is not None}
    if len(places) < len(left):
        return None
    matrix, right = [], []
    for top in tops:
        parts: dict[int, dict[tuple[int, ...], fmpq]] = {}
        for exponents, c in top.terms():
            used = [i for i in places if exponents[i]]
            if len(used) > 1 or any(exponents[i] != places[i].power for i in used):
                return None
            key = tuple(0 if i in places else k for i, k in enumerate(exponents))
            parts.setdefault(used[0] if used else -1, {})[key] = c
        polys = {i: from_poly(space.context.from_dict(part), space) for i, part in parts.items()}
        matrix.append([polys.get(i, Integer(0)) for i in places])
        right.append(-polys.get(-1, Integer(0)))
    found: dict[Symbol, Expr] = {}
    for function, value in zip(places.values(), solve(matrix, right), strict=True):
        inverse = function.inverse(value)
        if inverse is None:
            return None
        found[function.unknown] = inverse
    return {u: found[u] for u in left}


def _next(
    rest: Sequence[Expr], now: Sequence[Symbol], left: Sequence[Symbol], assume: Sequence[Expr]
) -> tuple[Expr, Symbol, Expr, str] | None:
    """Choose an equation and an unknown to isolate: first where no other unknown occurs."""
    best: tuple[tuple[int, int], tuple[Expr, Symbol, Expr, str]] | None = None
    for equation in rest:
        inside = [u for u in left if equation.has(u)]
        for u in (u for u in now if u in inside):
            alone = len(inside) == 1
            parts = _parts(equation, u)
            if parts is None:
                root = _monotone(equation, u, assume) if alone else None
                found = root
            elif len(parts[1]) == 2:
                function, (low, high) = parts
                value = function.inverse(factored((-low, high), function.space))
                found = None if value is None else (value, "")
            else:
                found = _root(equation, *parts, assume) if alone else None
            if found is not None:
                rank = (len(inside), int(equation.count_ops()))
                if best is None or rank < best[0]:
                    best = rank, (equation, u, *found)
    return None if best is None else best[1]


def _root(
    equation: Expr, function: _Function, polys: Sequence[fmpq_mpoly], assume: Sequence[Expr]
) -> tuple[Expr, str] | None:
    """Return the only positive root of a polynomial, if its signs show that there is just one."""
    u = function.unknown
    c = [from_poly(p, function.space) for p in polys]
    signs = [sign(e, assume) if e != 0 else 0 for e in c]
    unknown = [k for k, e in enumerate(c) if e != 0 and signs[k] == 0]
    changes = sum(a != b for a, b in pairwise(filter(None, signs)))
    if not unknown and changes == 0 and u.is_positive:
        raise NoSteadyStateError(
            f"no steady state: {equation} = 0 has no positive root {u}, all terms have one sign"
        )
    # In a quadratic the middle term may have any sign.
    if changes != 1 or (unknown and (len(c) > 3 or unknown != [1])):
        return None
    if len(c) > 3:
        return RootIn(equation, (u, Integer(0), oo)), ONE_CHANGE
    distance = signs[2] * sqrt(c[1] ** 2 - 4 * c[2] * c[0])
    if signs[1] * signs[2] < 0:
        value = (distance - c[1]) / (2 * c[2])
    else:
        value = -2 * c[0] / (c[1] + distance)
    inverse = function.inverse(value)
    return None if inverse is None else (inverse, ONE_CHANGE)


def _monotone(equation: Expr, u: Symbol, assume: Sequence[Expr]) -> tuple[Expr, str] | None:
    if not u.is_positive or sign(equation.diff(u), assume) == 0:
        return None
    return RootIn(equation, (u, Integer(0), oo)), "the equation is monotonic"
