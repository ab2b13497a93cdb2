"""Networks of any kind: their steady states as positive roots of polynomials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product

from flint import fmpq, fmpq_mat, fmpq_mpoly, fmpq_poly, fmpz_mat, fmpz_poly
from sympy import Add, Expr, Integer, Mul, Rational, Symbol, oo, sqrt

from nesssym import parsing
from nesssym.chemistry.complex_balance import class_tree_sums
from nesssym.chemistry.numbers import Numbers
from nesssym.chemistry.states import ReactionSteadyState, concentration_heads
from nesssym.errors import NoSteadyStateError, TooLargeError
from nesssym.exact.number_field import Element, Root, common_root, evaluate, positive_roots
from nesssym.exact.rational import from_poly
from nesssym.exact.triangular import Quotient, Step, Triangle, definite, in_powers, triangles
from nesssym.formulas import Steps
from nesssym.networks import ReactionNetwork
from nesssym.networks.labelled import Combination
from nesssym.roots import RootIn

__all__ = ["equations", "numeric_states", "symbolic_state"]

MAX_UNKNOWN_SIGNS = 4
MAX_DEGREE, MAX_COUPLED_DEGREE = 60, 16


def equations(
    network: ReactionNetwork,
    totals: Sequence[tuple[Combination, Expr]],
    balanced: bool = False,
) -> list[Expr]:
    """Return expressions that vanish at the positive steady states.

    The balance of every species and simpler combinations of these; the conservation laws; where
    every steady state is known to be complex balanced, the conditions of that, and where it is
    known to be an equilibrium, detailed balance of every reaction.

    Parameters
    ----------
    network : ReactionNetwork
        The network.
    totals : sequence of (Combination, Expr)
        The conservation laws with their totals.
    balanced : bool
        Whether every steady state is an equilibrium.
    """
    net = [forward - backward for forward, backward in network.rates]
    rows = [list(map(Rational, row)) for row in network.internal_stoichiometry.entries]
    reduced, rank = fmpq_mat(fmpz_mat(network.internal_stoichiometry.entries)).rref()
    rows += [[Rational(int(x.p), int(x.q)) for x in row] for row in reduced.tolist()[:rank]]
    found = [Add(*(n * v for n, v in zip(row, net, strict=True) if n)) for row in rows]
    found += [
        Add(*(n * parsing.symbol(s) for s, n in law.items()), -total) for law, total in totals
    ]
    if balanced:
        found += net
    elif network.deficiency == 0 and network.weakly_reversible and network.mass_action:
        found += _complex_balance(network)
    return list(dict.fromkeys(e for e in found if e != 0))


def _complex_balance(network: ReactionNetwork) -> Iterator[Expr]:
    """Yield K_b x^a - K_a x^b for complexes a, b of one linkage class, with K the tree sums."""
    for part, sums in class_tree_sums(network):
        powers = [Mul(*(parsing.symbol(s) ** n for s, n in c.terms)) for c in part]
        for i in range(1, len(part)):
            yield sums[0] * powers[i] - sums[i] * powers[0]


def numeric_states(
    network: ReactionNetwork, system: Sequence[Expr], names: Sequence[str]
) -> list[ReactionSteadyState]:
    """Return all positive steady states of a network without symbols, exactly."""
    unknowns = list(map(parsing.symbol, names))
    found: list[Numbers] = []
    for triangle in triangles(system, unknowns):
        _refuse_free(triangle)
        for root in _roots(triangle):
            values = _values(triangle, root, unknowns)
            if values is not None:
                found.append(Numbers(root, dict(zip(names, values, strict=True))))
    first = {id(n): n.root.value(n.values[names[0]], 256) for n in found}
    found.sort(key=lambda n: float(first[id(n)].mid()))
    return [_numeric_state(network, numbers) for numbers in found]


def _roots(triangle: Triangle) -> list[Root]:
    if triangle.last is None or triangle.equation is None:
        return [Root(fmpz_poly([-1, 1]), 0)]
    equation = triangle.equation
    coefficients = [fmpq(0)] * (int(equation.degrees()[triangle.last]) + 1)
    for exponents, c in equation.terms():
        coefficients[exponents[triangle.last]] = c
    found = positive_roots(fmpq_poly(coefficients).numer())
    coupled = any(not isinstance(step, Quotient) for _, step in triangle.solved)
    most = MAX_COUPLED_DEGREE if coupled else MAX_DEGREE
    degree = max((root.polynomial.degree() for root in found), default=0)
    if degree > most:
        raise TooLargeError(
            f"the concentrations are roots of degree {degree}, more than {most}, too high for "
            "exact algebra"
        )
    return found


def _values(triangle: Triangle, root: Root, unknowns: Sequence[Symbol]) -> list[Element] | None:
    """Return the unknowns at a root of the last equation; None if one is not positive."""
    point: list[Element | None] = [None] * len(triangle.space.gens)
    if triangle.last is not None:
        point[triangle.last] = root.itself
    for u, step in reversed(triangle.solved):
        value = _solved(u, step, point, root)
        if value is None:
            return None
        if root.sign(value) <= 0:
            return None
        point[u] = value
    values = [point[triangle.space.gens.index(u)] for u in unknowns]
    return [v for v in values if v is not None]


def _solved(u: int, step: Step, point: list[Element | None], root: Root) -> Element | None:
    if isinstance(step, Quotient):
        below = root.inverse(evaluate(list(step.bottom.terms()), point, root))
        above = evaluate(list(step.top.terms()), point, root)
        return None if below is None else root.reduced(above * below)
    polys = [[evaluate(list(c.terms()), point, root) for c in in_powers(p, u)] for p in step]
    return common_root(polys, root)


def _numeric_state(network: ReactionNetwork, numbers: Numbers) -> ReactionSteadyState:
    shared = Steps.over(network)
    root = shared.let(numbers.root.expr, "x")
    values = {s: numbers.root.written(x, root) for s, x in numbers.values.items()}
    return ReactionSteadyState(
        network,
        shared.formulas(values, heads=concentration_heads(network.internal)),
        "polynomial",
        numbers=numbers,
    )


def symbolic_state(
    network: ReactionNetwork, system: Sequence[Expr], names: Sequence[str]
) -> ReactionSteadyState:
    """Return the positive steady state in closed form.

    Raises
    ------
    NoSteadyStateError
        There is none for any values.
    TooLargeError
        The last equation has several positive roots, or its signs do not tell.
    """
    unknowns = list(map(parsing.symbol, names))
    found = triangles(system, unknowns)
    if not found:
        raise NoSteadyStateError(
            "the balance equations of "
            f"{', '.join(names)} contradict each other for positive concentrations, whatever the "
            "values of the constants (but for special ones); look at rate_equations()"
        )
    triangle = found[0]
    _refuse_free(triangle)
    space = triangle.space
    shared = Steps.over(network)
    known: dict[Expr, Expr] = {}
    positive: list[Expr] = []
    if triangle.last is not None and triangle.equation is not None:
        unknown = space.gens[triangle.last]
        root, condition = _closed_root(triangle.equation, triangle.last, triangle)
        known[unknown] = shared.let(root, "x")
        positive += condition
    for u, step in reversed(triangle.solved):
        if not isinstance(step, Quotient):
            raise TooLargeError(
                f"no closed form of the steady state: {space.gens[u]} is a root of higher degree; "
                "steady_states(network, values={...}) gives all positive states for numbers"
            )
        top, bottom = step
        value = (from_poly(top, space) / from_poly(bottom, space)).xreplace(known)
        known[space.gens[u]] = shared.let(value, "x")
        if definite(top, space) * definite(bottom, space) <= 0:
            positive.append(value)
    state = shared.formulas(
        {s: known[x] for s, x in zip(names, unknowns, strict=True)},
        heads=concentration_heads(network.internal),
    )
    shared.assume = (*network.assume, *_in_parameters(shared, positive))
    state = shared.formulas(dict(zip(state.labels, state.exprs, strict=True)), heads=state.heads)
    return ReactionSteadyState(network, state, "polynomial")


def _in_parameters(shared: Steps, conditions: Sequence[Expr]) -> Iterator[Expr]:
    """Yield the conditions with their steps written out."""
    env: dict[Expr, Expr] = {}
    for symbol, expr in shared.steps:
        env[symbol] = expr.xreplace(env)
    yield from (c.xreplace(env) for c in conditions)


def _closed_root(equation: fmpq_mpoly, last: int, triangle: Triangle) -> tuple[Expr, list[Expr]]:
    """Return the only positive root of an equation, and what must be positive."""
    space = triangle.space
    unknown = space.gens[last]
    degree = int(equation.degrees()[last])
    polys = in_powers(equation, last)
    flip = -1 if definite(polys[-1], space) < 0 else 1
    c = [from_poly(flip * p, space) for p in polys]
    signs = [flip * definite(p, space) for p in polys]
    if degree == 1:
        root = from_poly(-flip * polys[0], space) / c[1]
        return root, [] if signs[0] * signs[1] < 0 else [root]
    if degree == 2 and signs[0] * signs[2] < 0:
        root = from_poly(-2 * flip * polys[0], space)
        return root / (c[1] + sqrt(c[1] ** 2 - 4 * c[2] * c[0])), []
    known = [sign for sign, p in zip(signs, polys, strict=True) if not p.is_zero()]
    if known.count(0) <= MAX_UNKNOWN_SIGNS and _one_change(known):
        return RootIn(from_poly(equation, space), (unknown, Integer(0), oo)), []
    text = str(from_poly(equation, space))
    raise TooLargeError(
        f"no closed form of one steady state: {unknown} is a root of degree {degree} of "
        f"{text if len(text) < 400 else text[:400] + ' ...'}; "
        "steady_states(network, values={...}) gives all positive states for numbers, exactly"
    )


def _one_change(signs: Sequence[int]) -> bool:
    """Apply Descartes' rule: one change of sign, whatever those are that are not known (0)."""
    every = product(*((s,) if s else (1, -1) for s in signs))
    return all(sum(a != b for a, b in pairwise(case)) == 1 for case in every)


def _refuse_free(triangle: Triangle) -> None:
    if not triangle.free:
        return
    names = ", ".join(str(triangle.space.gens[u]) for u in triangle.free)
    if any(not isinstance(step, Quotient) for _, step in triangle.solved):
        # A resultant may vanish though the equations it comes from have isolated roots.
        raise TooLargeError(f"elimination leaves {names} undetermined")
    raise NoSteadyStateError(
        f"the steady state is not isolated: {names} can take any value; the equations leave a "
        "continuum of steady states"
    )
