"""Fluctuations of counted currents: tilted generator and cumulants of any order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import comb
from typing import Any

from sympy import Add, Expr, ImmutableDenseMatrix, Integer, exp

from nesssym import parsing
from nesssym.errors import ModelError, UnknownNameError
from nesssym.exact.elimination import eliminate, solve_balance
from nesssym.formulas import Formulas, Steps
from nesssym.networks import Model, StateGraph, Transition
from nesssym.steady import steady_state

__all__ = ["cumulants", "tilted_generator"]


def tilted_generator(
    model: StateGraph, counts: Mapping[str, Any], q: Any = "q"
) -> ImmutableDenseMatrix:
    r"""Return the generator with every counted transition weighted by :math:`e^{q d}`.

    Its largest eigenvalue is the scaled cumulant generating function
    :math:`\lambda(q) = \lim \ln\langle e^{q Q}\rangle / t` of the counted quantity Q.

    Parameters
    ----------
    model : StateGraph
        The model.
    counts : mapping
        Transition label to what is counted when it happens forwards; backwards counts negative.
    q : Symbol or str, optional
        The counting field.

    References
    ----------
    J. L. Lebowitz, H. Spohn, J. Stat. Phys. 95, 333 (1999), doi:10.1023/A:1004589714161.

    Examples
    --------
    >>> import nesssym as ns
    >>> ns.tilted_generator(ns.StateGraph.from_text("A <-> B ; a, b"), {"A->B": 1})
    Matrix([
    [       -a, b*exp(-q)],
    [a*exp(q),        -b]])
    """
    weights = _weights(model.transitions, counts)
    field = parsing.symbol(q, positive=False) if isinstance(q, str) else q
    index = {s: i for i, s in enumerate(model.states)}
    matrix = model.generator().as_mutable()
    for t in model.transitions:
        i, j, weight = index[t.source], index[t.target], weights[t.label]
        matrix[j, i] += t.rate * (exp(field * weight) - 1)
        matrix[i, j] += t.reverse * (exp(-field * weight) - 1)
    return ImmutableDenseMatrix(matrix.expand())


def cumulants(model: Model, counts: Mapping[str, Any], order: int = 2) -> Formulas:
    r"""Return the cumulants per unit of time of a counted current, exactly.

    With Q counted in a long time t, :math:`c_n = \lim \langle\langle Q^n \rangle\rangle / t`: the
    mean current, twice its diffusion constant, its skewness, and so on. The perturbation series of
    the largest eigenvalue of the tilted generator is solved order by order on one elimination, as
    shared steps; nothing is expanded.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model. For a chain observed in steps the result would be that of another process, so
        it is refused.
    counts : mapping
        Transition label to what is counted when it happens forwards; backwards counts negative.
    order : int, optional
        The highest cumulant.

    Returns
    -------
    Formulas
        Labels ``"c1"`` ... ``"cN"``.

    Raises
    ------
    UnknownNameError
        A label that is no transition.
    ModelError
        An order below 1, or a discrete-time chain.

    References
    ----------
    C. Flindt, T. Novotny, A. Braggio, A.-P. Jauho, Phys. Rev. B 82, 155407 (2010),
    doi:10.1103/PhysRevB.82.155407.

    Examples
    --------
    A single-level quantum dot at infinite bias has a Fano factor below one:

    >>> import nesssym as ns
    >>> dot = ns.StateGraph.from_text("left: 0 -> 1 ; GL \n right: 1 -> 0 ; GR")
    >>> c = ns.cumulants(dot, {"1->0/right": 1}, order=2).at({"GL": 2, "GR": 3})
    >>> c["c1"], c["c2"] / c["c1"]
    (6/5, 13/25)
    """
    if model.time == "step":
        raise ModelError("cumulants per time need rates; a chain observed in steps has none")
    if order < 1:
        raise ModelError(f"the order of a cumulant is 1 or more, got {order}")
    weights = _weights(model.transitions, counts)
    ss = steady_state(model)
    shared = Steps.over(model)
    start = shared.absorb(ss.state)
    live = [s for s in model.states if s not in ss.transient]
    index = {s: i for i, s in enumerate(live)}
    inside = [t for t in model.transitions if t.source in index]
    jumps = [jump for t in inside for jump in _jumps(t, weights[t.label], index, shared)]
    pivots = eliminate(len(live), _rates(jumps), shared.let)
    p = [start[s] for s in live]

    def moved(power: int, vector: Sequence[Expr]) -> list[tuple[int, Expr]]:
        """Return where the jumps, weighted by a power of what they count, carry a vector."""
        return [(j, w * d**power * vector[i]) for i, j, w, d in jumps if d != 0]

    orders = [p]
    found: list[Expr] = []
    for n in range(1, order + 1):
        arrivals = [(k, moved(k, orders[n - k])) for k in range(1, n + 1)]
        mean = Add(*(comb(n, k) * value for k, terms in arrivals for _, value in terms))
        found.append(shared.let(mean, "c", positive=False))
        if n < order:
            source: list[list[Expr]] = [[] for _ in live]
            for k, terms in arrivals:
                for j, value in terms:
                    source[j].append(-comb(n, k) * value)
                for j, value in enumerate(orders[n - k]):
                    source[j].append(comb(n, k) * found[k - 1] * value)
            right = [shared.let(Add(*terms), "b", positive=False) for terms in source]
            change = solve_balance(len(live), pivots, right, shared.let)
            excess = shared.let(Add(*change), "u", positive=False)
            orders.append(
                [
                    shared.let(u - excess * x, "v", positive=False)
                    for u, x in zip(change, p, strict=True)
                ]
            )
    return shared.formulas(
        {f"c{n}": c for n, c in enumerate(found, 1)},
        heads=(f"c_{{{n}}}" for n in range(1, order + 1)),
        unit=f"1/{model.time}",
    )


Jump = tuple[int, int, Expr, Expr]


def _weights(transitions: Sequence[Transition], counts: Mapping[str, Any]) -> dict[str, Expr]:
    labels = [t.label for t in transitions]
    for label in counts:
        if label not in labels:
            raise UnknownNameError.of("transition", label, labels)
    return {label: parsing.expr(counts.get(label, 0)) for label in labels}


def _jumps(t: Transition, weight: Expr, index: Mapping[str, int], shared: Steps) -> list[Jump]:
    i, j = index[t.source], index[t.target]
    jumps = [(i, j, shared.let(t.rate, "w"), weight)]
    if t.reversible:
        jumps.append((j, i, shared.let(t.reverse, "w"), -weight))
    return jumps


def _rates(jumps: Sequence[Jump]) -> dict[tuple[int, int], Expr]:
    rates: dict[tuple[int, int], Expr] = {}
    for i, j, rate, _ in jumps:
        rates[i, j] = rates.get((i, j), Integer(0)) + rate
    return rates
