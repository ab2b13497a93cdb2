"""When a steady state is stable, as inequalities in its symbols."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from flint import fmpq, fmpq_mpoly
from sympy import Expr, Integer

from nesssym import parsing
from nesssym.chemistry.states import ReactionSteadyState, reduced_jacobian
from nesssym.errors import TooLargeError
from nesssym.exact.linear import MOST_FACTORED, factored
from nesssym.exact.rational import Ring, fractions, from_poly
from nesssym.exact.routh import hurwitz_matrices
from nesssym.formulas import Formulas, Steps
from nesssym.networks import ReactionNetwork
from nesssym.signs import sign
from nesssym.steady import refuse_model

__all__ = ["stability_conditions"]

MOST_TERMS = 50_000
MOST_OPERATIONS = 150


def stability_conditions(ss: ReactionSteadyState | ReactionNetwork) -> Formulas:
    r"""Return what is positive just where a steady state is stable: conditions of Routh, Hurwitz.

    Deviations that keep the totals die out if and only if all results are positive. ``a1``,
    ``a2``, ... are the coefficients of the characteristic polynomial
    :math:`\lambda^n + a_1\lambda^{n-1} + \dots + a_n` of the Jacobian, ``H2``, ``H3``, ... its
    Hurwitz determinants, of which every second one is needed. Those that are sums of positive
    terms always hold and are left out, so that nothing is left of a state that is stable for all
    values. Where the last coefficient goes through zero, steady states meet (a saddle-node or a
    pitchfork); where the last determinant does while the coefficients are positive, an
    oscillation begins (Hopf).

    Parameters
    ----------
    ss : ReactionSteadyState or ReactionNetwork
        The steady state; its symbols may have any positive values. Of a network, the conditions
        for whatever steady state it has, in the concentrations.

    Returns
    -------
    Formulas
        In the symbols of the model where the concentrations are short rational expressions, else
        over the steps that give the concentrations.

    Raises
    ------
    TooLargeError
        The conditions are too long; `ReactionSteadyState.stability` decides for numbers.

    References
    ----------
    A. Lienard, M. H. Chipart, J. Math. Pures Appl. 10, 291 (1914).

    Examples
    --------
    The Brusselator oscillates where B is larger than 1 + A^2:

    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text('''
    ...     A -> X ; 1
    ...     B + X -> Y ; 1
    ...     2 X + Y -> 3 X ; 1
    ...     X -> 0 ; 1
    ... ''', chemostats=["A", "B"])
    >>> ns.stability_conditions(ns.steady_state(r))["a1"]
    A**2 - B + 1
    """
    if isinstance(ss, ReactionNetwork):
        shared = Steps.over(ss)
        shared.symbols = (*ss.symbols, *map(parsing.symbol, ss.internal))
        return _left(_conditions(_reduced(ss, {}, shared)), shared)
    refuse_model(ss, ReactionSteadyState)
    shared = Steps.over(ss.model)
    shared.assume = tuple(dict.fromkeys((*shared.assume, *ss.state.assume)))
    known = shared.absorb(ss.state)
    species = ss.model.internal
    point = {parsing.symbol(s): shared.let(known[s], "x") for s in species}
    short = {parsing.symbol(s): e for s in species if (e := _short(ss, s)) is not None}
    found = []
    for label, expr in _conditions(_reduced(ss.model, point, shared)):
        used = expr.free_symbols & point.keys()
        here = _closed(expr.xreplace(short)) if used <= short.keys() else expr.xreplace(point)
        found.append((label, here))
    return _left(found, shared)


def _left(conditions: Iterable[tuple[str, Expr]], shared: Steps) -> Formulas:
    """Return the conditions that do not hold by themselves."""
    found = {label: e for label, e in conditions if sign(e, shared.assume) <= 0}
    heads = (f"{label[0]}_{{{label[1:]}}}" for label in found)
    return shared.formulas(found, heads=heads)


def _reduced(
    network: ReactionNetwork, point: Mapping[Expr, Expr], shared: Steps
) -> list[list[Expr]]:
    """Return the Jacobian on deviations that keep the totals.

    Entries that are no polynomials become steps, at a point.
    """
    return [
        [e if _polynomial(e) else shared.let(e.xreplace(point), "J", positive=False) for e in row]
        for row in reduced_jacobian(network)
    ]


def _polynomial(expr: Expr) -> bool:
    _, [(_, bottom)] = fractions([expr])
    return bool(bottom.is_constant())


def _short(ss: ReactionSteadyState, species: str) -> Expr | None:
    """Return a concentration as a rational expression in the symbols, if it is a short one."""
    value = ss[species]
    inside = {symbol for symbol, _ in ss.state.steps}
    if value.free_symbols & inside:
        value = ss.state.select([species]).unfold()[species]
    short = value.count_ops() <= MOST_OPERATIONS and value.is_rational_function()
    return value if short else None


def _closed(expr: Expr) -> Expr:
    space, [(top, bottom)] = fractions([expr])
    if len(top) > MOST_FACTORED:
        return from_poly(top, space) / from_poly(bottom, space)
    return factored((top, bottom), space)


def _conditions(rows: Sequence[Sequence[Expr]]) -> Iterator[tuple[str, Expr]]:
    """Yield the coefficients and every second Hurwitz determinant of a matrix of polynomials."""
    space, pairs = fractions([e for row in rows for e in row] or [Integer(0)])
    n = len(rows)
    a = _characteristic([[pairs[i * n + j][0] for j in range(n)] for i in range(n)], space)
    yield from ((f"a{k}", from_poly(a[k], space)) for k in range(1, n + 1))
    for minor in hurwitz_matrices(a, space.context.constant(0)):
        yield f"H{len(minor)}", from_poly(_determinant(minor, space), space)


def _characteristic(entries: list[list[fmpq_mpoly]], space: Ring) -> list[fmpq_mpoly]:
    """Return the coefficients of det(x - A), the highest power first (Faddeev and LeVerrier)."""
    n = len(entries)
    found = [space.context.constant(1)]
    power = [[space.context.constant(0)] * n for _ in range(n)]
    for k in range(1, n + 1):
        summed = [[power[i][j] + (found[-1] if i == j else 0) for j in range(n)] for i in range(n)]
        power = _product(entries, summed, space)
        trace = sum((power[i][i] for i in range(n)), space.context.constant(0))
        found.append(trace * fmpq(-1, k))
    return found


def _product(
    left: list[list[fmpq_mpoly]], right: list[list[fmpq_mpoly]], space: Ring
) -> list[list[fmpq_mpoly]]:
    columns = list(zip(*right, strict=True))
    return [[_dot(row, column, space) for column in columns] for row in left]


def _dot(row: Sequence[fmpq_mpoly], column: Sequence[fmpq_mpoly], space: Ring) -> fmpq_mpoly:
    total = space.context.constant(0)
    for p, q in zip(row, column, strict=True):
        if p and q:
            if len(p) * len(q) > 40 * MOST_TERMS:
                raise _too_long(len(p) * len(q))
            total += p * q
    if len(total) > MOST_TERMS:
        raise _too_long(len(total))
    return total


def _determinant(matrix: list[list[fmpq_mpoly]], space: Ring) -> fmpq_mpoly:
    """Return a determinant by expanding rows over subsets of columns, each once."""
    n = len(matrix)
    minors = {0: space.context.constant(1)}
    for row in matrix:
        grown: dict[int, fmpq_mpoly] = {}
        for chosen, minor in minors.items():
            for j in range(n):
                if chosen >> j & 1 or not row[j]:
                    continue
                odd = (chosen >> (j + 1)).bit_count() % 2
                part = _dot([row[j]], [minor], space)
                key = chosen | 1 << j
                grown[key] = grown.get(key, space.context.constant(0)) + (-part if odd else part)
        minors = grown
    return minors.get((1 << n) - 1, space.context.constant(0))


def _too_long(terms: int) -> TooLargeError:
    return TooLargeError(
        f"the conditions of stability would have some {terms} terms, more than {MOST_TERMS}; give "
        "steady_states values={...}, whose .stability decides for numbers"
    )
