"""Return to where one was: recurrence times and Kemeny's constant."""

from __future__ import annotations

from sympy import Add, Expr, Integer, Symbol

from nesssym import typeset
from nesssym.diagrams import count_terms, one_way, tree_sums
from nesssym.exact.collected import collect
from nesssym.exact.elimination import eliminate
from nesssym.exact.hitting import pair_rates, solve_backward, times_spent
from nesssym.formulas import Formulas, Steps
from nesssym.networks import Model
from nesssym.steady import SteadyState, refuse_model

__all__ = ["kemeny_constant", "recurrence_times"]

READABLE_TERMS, PAIRED = 32, 16


def kemeny_constant(ss: SteadyState) -> Formulas:
    r"""Return Kemeny's constant: the mean time to reach a state drawn from the steady state.

    :math:`K = \sum_j p_j \langle T_{ij} \rangle` is the same for every starting state i, and is the
    sum of all relaxation times, :math:`K = -\sum_{\lambda \ne 0} 1/\lambda`. It tells how well a
    network is connected. Where few terms are needed it is written as the sum over spanning forests
    of two trees over the sum over trees; else it is found by elimination, without a subtraction up
    to 16 states and with a single one above.

    Parameters
    ----------
    ss : SteadyState
        The steady state. Transient states do not count. For a chain the unit is a step.

    Returns
    -------
    Formulas
        Label ``"K"``.

    References
    ----------
    J. G. Kemeny, J. L. Snell, Finite Markov Chains (Van Nostrand, 1960). J. Pitman, W. Tang,
    Bernoulli 24, 1942 (2018), doi:10.3150/16-BEJ916.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A -> B ; a \n B -> C ; b \n C -> A ; c")
    >>> ns.kemeny_constant(ns.steady_state(g))["K"]
    (a + b + c)/(a*b + a*c + b*c)
    """
    refuse_model(ss)
    shared = Steps.over(ss.model)
    live = [s for s in ss.model.states if s not in ss.transient]
    if len(live) == 1:
        value: Expr = Integer(0)
    elif count_terms(ss.model, live, READABLE_TERMS) <= READABLE_TERMS:
        value = _by_forests(ss.model, live)
    else:
        value = (_by_pairs if len(live) <= PAIRED else _by_times)(ss, live, shared)
    return shared.formulas({"K": value}, unit=ss.model.time)


def _arcs(model: Model, live: list[str]) -> tuple[list[tuple[int, int]], list[Expr]]:
    index = {s: i for i, s in enumerate(live)}
    return one_way((t for t in model.transitions if t.source in index), index)


def _by_forests(model: Model, live: list[str]) -> Expr:
    """Count roots with a marker: all vertices may lead to one more vertex."""
    marker, n = Symbol("x"), len(live)
    arcs, rates = _arcs(model, live)
    ends = [(i, n) for i in range(n)]
    sums = tree_sums(n + 1, [*arcs, *ends], [*rates, *[marker] * n])
    forests = collect((sums[-1], Integer(1)), [marker]).numerator
    return forests[marker**2] / forests[marker]


def _rates(ss: SteadyState, live: list[str], shared: Steps) -> dict[tuple[int, int], Expr]:
    sums: dict[tuple[int, int], Expr] = {}
    for arc, rate in zip(*_arcs(ss.model, live), strict=True):
        sums[arc] = sums.get(arc, Integer(0)) + rate
    return {arc: shared.let(rate, "w") for arc, rate in sums.items()}


def _by_pairs(ss: SteadyState, live: list[str], shared: Steps) -> Expr:
    """Add, for all pairs, the probability of one state by the time spent in the other."""
    p = shared.absorb(ss.state)
    pairs = pair_rates(len(live), _rates(ss, live, shared), shared.let)
    return Add(*(p[live[j]] / w for (_, j), w in pairs.items()))


def _by_times(ss: SteadyState, live: list[str], shared: Steps) -> Expr:
    """Add the times spent in all states before one, less the mean time to reach it."""
    p = shared.absorb(ss.state)
    last = len(live) - 1
    pivots = eliminate(len(live), _rates(ss, live, shared), shared.let, keep=[last])
    times = times_spent(pivots, shared.let)
    reach = solve_backward(pivots, dict.fromkeys(times, Integer(1)), {last: Integer(0)}, shared.let)
    return Add(*times.values()) - Add(*(p[live[i]] * reach[i] for i in times))


def recurrence_times(ss: SteadyState) -> Formulas:
    r"""Return the mean time from one arrival in a state to the next, for every state.

    In continuous time a state is left before one arrives in it again: :math:`1/(p_i\, q_i)` with
    the rate :math:`q_i` out of it. In a chain every step into the state counts, also that of
    staying: :math:`1/p_i`, after Kac.

    Parameters
    ----------
    ss : SteadyState
        The steady state. Transient states do not recur and are left out.

    Returns
    -------
    Formulas
        One label a state.

    References
    ----------
    M. Kac, Bull. Amer. Math. Soc. 53, 1002 (1947), doi:10.1090/S0002-9904-1947-08927-8.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 1, 1")
    >>> ns.recurrence_times(ns.steady_state(g)).at({})
    {'A': 5/2, 'B': 5/4, 'C': 5/2}
    """
    refuse_model(ss)
    shared = Steps.over(ss.model)
    p = shared.absorb(ss.state)
    live = [s for s in ss.model.states if s not in ss.transient]
    out: dict[str, list[Expr]] = {s: [] for s in ss.model.states}
    for t in ss.model.transitions:
        out[t.source].append(t.rate)
        out[t.target].append(t.reverse)
    rates = {s: Add(*out[s]) if ss.model.time == "time" else Integer(1) for s in live}
    return shared.formulas(
        {s: 1 / (p[s] * rates[s]) for s in live if rates[s] != 0},
        heads=(rf"\tau_{{{typeset.text(s)}}}" for s in live if rates[s] != 0),
        unit=ss.model.time,
    )
