"""Polynomial equations for positive unknowns, solved one after the other.

Steady states of reaction networks are linear in most of their unknowns. An unknown that occurs
to the first power in some equation is eliminated exactly, until one equation in one unknown is
left. Factors that cannot vanish for positive unknowns are dropped on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from flint import fmpq, fmpq_mpoly
from sympy import Expr, Symbol

from nesssym.errors import TooLargeError
from nesssym.exact.rational import Ring, fractions

__all__ = ["Quotient", "Triangle", "definite", "in_powers", "shortened", "triangles"]

MAX_TERMS = 4_000
MAX_BRANCHES = 64
MAX_DEGREE = 400
MOST_SHORT = 400


class Quotient(NamedTuple):
    """The value of an unknown as a fraction."""

    top: fmpq_mpoly
    bottom: fmpq_mpoly


Step = Quotient | tuple[fmpq_mpoly, ...]


@dataclass(frozen=True)
class Triangle:
    """One way to solve a system: unknowns in terms of those that follow.

    Parameters
    ----------
    space : Ring
        Of parameters and unknowns.
    solved : tuple of (int, Step)
        The variable, by its place in the ring, and its value in terms of later ones: a numerator
        and a denominator, or polynomials of which it is the common root.
    last : int or None
        The variable of the equation that is left, if any.
    equation : fmpq_mpoly or None
        The polynomial in that variable which vanishes.
    free : tuple of int
        Variables that the equations leave undetermined.
    """

    space: Ring
    solved: tuple[tuple[int, Step], ...]
    last: int | None
    equation: fmpq_mpoly | None
    free: tuple[int, ...] = ()


def definite(poly: fmpq_mpoly, space: Ring) -> int:
    """Return the sign that a polynomial has wherever its variables are positive; 0 if unknown.

    Examples
    --------
    >>> from sympy import symbols
    >>> from nesssym.exact.rational import ring, to_poly
    >>> a, b = symbols("a b", positive=True)
    >>> space = ring([a, b])
    >>> [definite(to_poly(e, space), space) for e in (a + b, -a - 2*b, a - b)]
    [1, -1, 0]
    """
    signs = set()
    for exponents, c in poly.terms():
        odd = [i for i, k in enumerate(exponents) if k % 2]
        if not all(space.gens[i].is_positive for i in odd):
            return 0
        signs.add(1 if c > 0 else -1)
    return signs.pop() if len(signs) == 1 else 0


def triangles(equations: Sequence[Expr], unknowns: Sequence[Symbol]) -> list[Triangle]:
    """Solve equations for positive unknowns as far as one equation in one unknown.

    Parameters
    ----------
    equations : sequence of Expr
        What vanishes: rational expressions in unknowns and parameters. Equations that follow
        from others do no harm, and help.
    unknowns : sequence of Symbol
        Positive symbols.

    Returns
    -------
    list of Triangle
        Every solution belongs to one of them; none where there is no solution.

    Raises
    ------
    TooLargeError
        No unknown is left that occurs to the first power only, expressions grow too long, an
        equation is no polynomial in the unknowns, or there are irrational numbers and no symbols.

    Examples
    --------
    >>> from sympy import symbols
    >>> x, y, a = symbols("x y a", positive=True)
    >>> t, = triangles([x*y - a, x - y**2 + 1], [x, y])
    >>> t.space.gens[t.last], t.equation
    (y, y^3 - a - y)
    """
    space, pairs = fractions([*unknowns, *equations])
    place = _places(space, unknowns)
    numbers = [g for g in space.gens if g.is_number]
    if numbers and all(g in unknowns for g in space.gens if not g.is_number):
        raise TooLargeError(
            f"the rates hold {', '.join(map(str, numbers))}, and exact algebra takes rational "
            "numbers only"
        )
    system = [top for top, _ in pairs[len(unknowns) :]]
    return list(_search(system, place, (), space, [0]))


def _places(space: Ring, unknowns: Sequence[Symbol]) -> list[int]:
    """Return where the unknowns stand among the generators.

    Raises
    ------
    TooLargeError
        They occur otherwise than in whole powers.
    """
    for g in space.gens:
        if g not in unknowns and not g.free_symbols.isdisjoint(unknowns):
            inside = ", ".join(u.name for u in unknowns if g.has(u))
            raise TooLargeError(
                f"no closed form: the equations hold {g}, so they are no polynomials in {inside}"
            )
    return [space.gens.index(u) for u in unknowns]


def _search(
    system: Sequence[fmpq_mpoly],
    unknowns: Sequence[int],
    solved: tuple[tuple[int, Step], ...],
    space: Ring,
    count: list[int],
) -> Iterator[Triangle]:
    count[0] += 1
    if count[0] > MAX_BRANCHES:
        raise TooLargeError(f"more than {MAX_BRANCHES} cases in solving the steady state")
    cleaned = _cleaned(system, space)
    if cleaned is None:
        return
    used = [u for u in unknowns if any(p.degrees()[u] for p in cleaned)]
    if any(not any(p.degrees()[u] for u in used) for p in cleaned):
        return
    if len(used) <= 1:
        free = tuple(u for u in unknowns if u not in used)
        if not used:
            yield Triangle(space, solved, None, None, free)
            return
        common = cleaned[0]
        for p in cleaned[1:]:
            common = common.gcd(p)
        if common.degrees()[used[0]]:
            yield Triangle(space, solved, used[0], common, free)
        return
    chosen = _choice(cleaned, used, space)
    if chosen is None:
        for more, steps in _resultants(cleaned, used, space):
            left = [v for v in unknowns if v not in dict(steps)]
            yield from _search(more, left, (*solved, *steps), space, count)
        return
    index, u = chosen
    f = cleaned[index]
    a, b = _split(f, u, space)
    rest = [p for i, p in enumerate(cleaned) if i != index]
    if not definite(a, space):
        yield from _search([*rest, a, b], unknowns, solved, space, count)
    if definite(a, space) and definite(a, space) == definite(b, space):
        return
    left = [v for v in unknowns if v != u]
    most = max((len(p) * len(f) ** int(p.degrees()[u]) for p in rest), default=0)
    if most > 20 * MAX_TERMS:
        raise TooLargeError(
            f"elimination of {space.gens[u]} leads to a polynomial of up to {most} terms, more "
            f"than {20 * MAX_TERMS}; give values={{...}} for some constants"
        )
    substituted = [_substituted(p, u, -b, a, space) for p in rest]
    value = (-b, a) if definite(a, space) >= 0 else (b, -a)
    yield from _search(substituted, left, (*solved, (u, Quotient(*value))), space, count)


def shortened(
    equations: Sequence[Expr], unknowns: Sequence[Symbol]
) -> tuple[Ring, list[fmpq_mpoly], list[tuple[int, Quotient]], list[int]]:
    """Eliminate only unknowns whose value is positive for certain, while equations stay short.

    Returns
    -------
    Ring, list of fmpq_mpoly, list of (int, Quotient), list of int
        What is left to vanish; the variables that are solved, in terms of later ones; the
        variables that are left.

    Examples
    --------
    >>> from sympy import symbols
    >>> x, y = symbols("x y", positive=True)
    >>> _, left, solved, unknowns = shortened([x*y - 2, x**2 + y**2 - 5], [x, y])
    >>> len(left), len(solved), len(unknowns)
    (1, 1, 1)
    """
    space, pairs = fractions([*unknowns, *equations])
    left = _places(space, unknowns)
    system = _cleaned([top for top, _ in pairs[len(unknowns) :]], space)
    if system is None:
        return space, [], [], left
    solved: list[tuple[int, Quotient]] = []
    while True:
        best: tuple[int, int, int, fmpq_mpoly, fmpq_mpoly] | None = None
        for i, p in enumerate(system):
            for u in left:
                if p.degrees()[u] == 1:
                    a, b = _split(p, u, space)
                    if definite(a, space) * definite(b, space) == -1:
                        size = sum(
                            len(q) if q is p else len(q) * len(p) ** int(q.degrees()[u])
                            for q in system
                        )
                        if best is None or size < best[0]:
                            best = size, i, u, a, b
        if best is None or best[0] > MOST_SHORT:
            return space, system, solved, left
        _, i, u, a, b = best
        rest = [_substituted(q, u, -b, a, space) for j, q in enumerate(system) if j != i]
        cleaned = _cleaned(rest, space)
        if cleaned is None:
            return space, [], solved, left
        solved.append((u, Quotient(-b, a) if definite(a, space) > 0 else Quotient(b, -a)))
        system, left = cleaned, [v for v in left if v != u]


def _cleaned(system: Sequence[fmpq_mpoly], space: Ring) -> list[fmpq_mpoly] | None:
    """Return the equations without factors that cannot vanish; None if one cannot hold."""
    found: dict[str, fmpq_mpoly] = {}
    for p in system:
        if p.is_zero():
            continue
        if len(p) > MAX_TERMS:
            raise TooLargeError(
                f"the steady state leads to a polynomial of {len(p)} terms, more than "
                f"{MAX_TERMS}; give values={{...}} for some constants"
            )
        if definite(p, space):
            return None
        factors = [q for q in _factors(p, space) if not definite(q, space)]
        if not factors:
            return None
        q = prod(factors[1:], start=factors[0])
        q /= q.leading_coefficient()
        found.setdefault(str(q), q)
    return list(found.values())


def _factors(p: fmpq_mpoly, space: Ring) -> list[fmpq_mpoly]:
    """Return the irreducible factors; at once where a variable stands alone in a single term.

    Without what divides all terms, such a polynomial has none: FLINT would take minutes for what
    has hundreds of variables.
    """
    exponents = [e for e, _ in p.terms()]
    common = tuple(map(min, zip(*exponents, strict=True)))
    alone = [0] * len(common)
    for e in exponents:
        for i, k in enumerate(e):
            if k > common[i]:
                alone[i] += 1 if k == common[i] + 1 else 2
    if 1 not in alone:
        return [q for q, _ in p.factor()[1]]
    reduced = {tuple(k - m for k, m in zip(e, common, strict=True)): c for e, c in p.terms()}
    gens = [space.context.gen(i) for i, k in enumerate(common) if k]
    return [*gens, space.context.from_dict(reduced)]


def _choice(
    system: Sequence[fmpq_mpoly], unknowns: Sequence[int], space: Ring
) -> tuple[int, int] | None:
    """Return the equation and the unknown, linear in it, whose elimination costs least.

    Where the coefficient can vanish, it may cost a second case; where the value is positive for
    certain, nothing needs to be checked.
    """
    best: tuple[tuple[bool, bool, bool, int], int, int] | None = None
    degrees = [p.degrees() for p in system]
    sizes = [len(p) for p in system]
    for i, p in enumerate(system):
        for u in unknowns:
            if degrees[i][u] == 1:
                growth = sum(
                    size * sizes[i] ** int(d[u])
                    for k, (size, d) in enumerate(zip(sizes, degrees, strict=True))
                    if k != i
                )
                a, b = (definite(part, space) for part in _split(p, u, space))
                cost = (not a, sizes[i] > 2, a * b != -1, growth)
                if best is None or cost < best[0]:
                    best = (cost, i, u)
    return best and best[1:]


def _resultants(
    system: Sequence[fmpq_mpoly], unknowns: Sequence[int], space: Ring
) -> Iterator[tuple[list[fmpq_mpoly], list[tuple[int, Step]]]]:
    """Yield systems without one of the unknowns, and how it is found afterwards."""
    _, u = min((sum(int(p.degrees()[u]) for p in system), u) for u in unknowns)
    with_u = sorted((p for p in system if p.degrees()[u]), key=lambda p: (p.degrees()[u], len(p)))
    rest = [p for p in system if not p.degrees()[u]]
    first, *others = with_u
    if not others:
        raise TooLargeError(f"the equations do not determine {space.gens[u]}")
    for p in others:
        common = first.gcd(p)
        if any(common.degrees()[v] for v in unknowns):
            kept = [q for q in system if q not in (first, p)]
            yield [*kept, common], []
            yield [*kept, first / common, p / common], []
            return
    degree = max(int(first.total_degree()) * int(p.total_degree()) for p in others)
    if degree > MAX_DEGREE:
        raise TooLargeError(
            f"the equations for {', '.join(str(space.gens[v]) for v in unknowns)} are coupled; "
            f"elimination leads to degree {degree}, more than {MAX_DEGREE}"
        )
    eliminated = [first.resultant(p, u) for p in others]
    yield [*rest, *eliminated], [(u, tuple(with_u))]


def _split(p: fmpq_mpoly, u: int, space: Ring) -> tuple[fmpq_mpoly, fmpq_mpoly]:
    """Return a and b with ``p == a*u + b``, neither holding u."""
    a, b = {}, {}
    for exponents, c in p.terms():
        if exponents[u]:
            a[(*exponents[:u], 0, *exponents[u + 1 :])] = c
        else:
            b[exponents] = c
    return space.context.from_dict(a), space.context.from_dict(b)


def _substituted(
    p: fmpq_mpoly, u: int, top: fmpq_mpoly, bottom: fmpq_mpoly, space: Ring
) -> fmpq_mpoly:
    """Return ``bottom**d * p(u=top/bottom)`` with d the degree in u."""
    degree = int(p.degrees()[u])
    if not degree:
        return p
    total = space.context.constant(0)
    for k, part in enumerate(in_powers(p, u)):
        if part:
            total += part * top**k * bottom ** (degree - k)
    return total


def in_powers(p: fmpq_mpoly, u: int, step: int = 1) -> list[fmpq_mpoly]:
    """Return the coefficients of the powers of a variable, the lowest first.

    Parameters
    ----------
    p : fmpq_mpoly
        The polynomial.
    u : int
        The place of the variable.
    step : int, optional
        What divides all powers; those of the variable to this power are meant.

    Examples
    --------
    >>> from sympy import symbols
    >>> x, y = symbols("x y")
    >>> space, [(p, _)] = fractions([x**4*y + 3*x**2 - y])
    >>> in_powers(p, space.gens.index(x), 2)
    [-y, 3, y]
    """
    parts: list[dict[tuple[int, ...], fmpq]] = [{} for _ in range(int(p.degrees()[u]) // step + 1)]
    for exponents, c in p.terms():
        parts[exponents[u] // step][(*exponents[:u], 0, *exponents[u + 1 :])] = c
    return [p.context().from_dict(part) for part in parts]
