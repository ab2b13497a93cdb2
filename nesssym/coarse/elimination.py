"""Coarse graining: smaller graphs, and what they lose of the entropy production."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sympy import Add, Expr

from nesssym.entropies import EntropyProduction, Irreversibility, entropy, entropy_unit
from nesssym.errors import ModelError, TooLargeError, UnknownNameError
from nesssym.formulas import Steps
from nesssym.networks import StateGraph, Transition
from nesssym.steady import SteadyState
from nesssym.thermodynamics import entropy_production

__all__ = ["closed_rates", "eliminate_states", "entropy_loss", "known_states", "ways"]

MAX_OPERATIONS = 20_000


def eliminate_states(
    graph: StateGraph, states: Iterable[Any], *, merge: bool = False
) -> StateGraph:
    r"""Return the graph without some states: every way through them becomes a transition.

    Eliminating b gives each pair of its neighbours a transition with the rates
    :math:`w_{ab} w_{bc} / \sum_x w_{bx}`. The steady probabilities of the states that stay keep
    their ratios, and the affinities of the cycles that stay are the same; the entropy production
    is not. The time spent in b is left out: currents grow by the factor :math:`1/(1 - p_b)`,
    and waiting times, which in truth are no longer exponential, are those of a graph that
    passes through b in no time.

    Parameters
    ----------
    graph : StateGraph
        The graph.
    states : iterable of states
        What to eliminate, one after the other.
    merge : bool, optional
        Add up all transitions between two states to one. That hides the cycles between parallel
        ways, and changes the affinities of cycles through them; by default each way is a channel
        of its own, named after the eliminated state.

    Raises
    ------
    UnknownNameError
        A state that is not known.
    ModelError
        Fewer than two states would be left, or a state has no way out.

    References
    ----------
    C. D. Meyer, SIAM Review 31, 240 (1989), doi:10.1137/1031050. A. Puglisi, S. Pigolotti,
    L. Rondoni, A. Vulpiani, J. Stat. Mech. P05015 (2010), doi:10.1088/1742-5468/2010/05/P05015.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    >>> [(t.label, t.rate) for t in ns.eliminate_states(g, ["B"]).transitions]
    [('C->A', e), ('A->C/via B', a*c/(b + c))]
    """
    gone = known_states(graph, [states] if isinstance(states, str) else states)
    if len(graph.states) - len(gone) < 2:
        raise ModelError(
            f"{len(graph.states) - len(gone)} of {len(graph.states)} states would be left; keep at "
            "least two"
        )
    shared = Steps.over(graph)
    transitions: Sequence[Transition] = graph.transitions
    for state in gone:
        transitions = _without(transitions, state, shared)
        if merge:
            transitions = _merged(transitions, shared)
    rates = (rate for t in transitions for rate in (t.rate, t.reverse))
    closed = iter(closed_rates(shared, rates))
    return replace(
        graph,
        states=tuple(s for s in graph.states if s not in gone),
        transitions=tuple(replace(t, rate=next(closed), reverse=next(closed)) for t in transitions),
    )


def entropy_loss(fine: SteadyState, coarse: SteadyState) -> EntropyProduction | Irreversibility:
    r"""Return the entropy production of a graph, that of a coarser one, and the difference.

    Parameters
    ----------
    fine, coarse : SteadyState
        The steady states of both. Note that the clock of `eliminate_states` stands still in the
        states that are gone.

    Returns
    -------
    Formulas
        Labels ``"fine"``, ``"coarse"`` and ``"difference"``.

    Raises
    ------
    IrreversibleError
        A transition goes one way only.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 1, 1 \n B <-> C ; 2, 1 \n C <-> A ; 3, 1")
    >>> lumped = ns.lump(g, [["A"], ["B", "C"]])
    >>> loss = ns.entropy_loss(ns.steady_state(g), ns.steady_state(lumped))
    >>> loss["coarse"], round(float(loss["difference"]), 6)
    (0, 0.44794)
    """
    symbols = tuple(dict.fromkeys((*fine.model.symbols, *coarse.model.symbols)))
    notation = dict((*fine.model.notation, *coarse.model.notation))
    assume = tuple(dict.fromkeys((*fine.model.assume, *coarse.model.assume)))
    shared = Steps(symbols, notation, assume)
    before, after = (
        shared.absorb(entropy_production(ss).select(["sigma"]))["sigma"] for ss in (fine, coarse)
    )
    return entropy(
        shared.formulas(
            {"fine": before, "coarse": after, "difference": before - after},
            heads=(r"\sigma", r"\sigma_{\text{coarse}}", r"\Delta\sigma"),
            unit=entropy_unit(fine.model.time),
        )
    )


Way = tuple[str, str, Expr, Transition]


def ways(graph: StateGraph) -> list[Way]:
    """Return the transitions one way at a time: source, target, rate and the transition.

    Examples
    --------
    >>> import nesssym as ns
    >>> [way[:3] for way in ways(ns.StateGraph.from_text("A <-> B ; a, b"))]
    [('A', 'B', a), ('B', 'A', b)]
    """
    forth = [(t.source, t.target, t.rate, t) for t in graph.transitions]
    back = [(t.target, t.source, t.reverse, t) for t in graph.transitions if t.reversible]
    return forth + back


def known_states(graph: StateGraph, states: Iterable[Any]) -> list[str]:
    """Return the labels of states, each once; raise UnknownNameError for what is none."""
    found = list(dict.fromkeys(map(str, states)))
    for state in found:
        if state not in graph.states:
            raise UnknownNameError.of("state", state, graph.states)
    return found


def _without(transitions: Sequence[Transition], state: str, shared: Steps) -> list[Transition]:
    """Eliminate one state; every pair of ways into and out of it becomes a channel."""
    near: list[tuple[str, Expr, Expr, str]] = []
    for t in transitions:
        if t.source == state:
            near.append((t.target, t.reverse, t.rate, t.channel))
        elif t.target == state:
            near.append((t.source, t.rate, t.reverse, t.channel))
    total = shared.let(Add(*(out for _, _, out, _ in near)), "s")
    if total == 0:
        raise ModelError(
            f"there is no way out of {state!r}; an absorbing state cannot be eliminated"
        )
    kept = [t for t in transitions if state not in (t.source, t.target)]
    taken = {(frozenset((t.source, t.target)), t.channel) for t in kept}
    for position, (a, into_a, out_a, first) in enumerate(near):
        for c, into_c, out_c, second in near[position + 1 :]:
            forth, back = (shared.let(way / total, "w") for way in (into_a * out_c, into_c * out_a))
            if a == c or forth == back == 0:
                continue
            ends = frozenset((a, c))
            free = [name for name in _names(state, first, second) if (ends, name) not in taken]
            if not free:
                raise ModelError(
                    f"two transitions would be called {a}->{c}/via {state}; rename the channels"
                )
            new = Transition(a, c, forth, back, free[0])
            taken.add((ends, free[0]))
            kept.append(new if forth != 0 else Transition(c, a, back, forth, free[0]))
    return kept


def _names(state: str, first: str, second: str) -> tuple[str, str, str]:
    """Return names for a way through a state, for where others between the same ends have one."""
    names = ", ".join(filter(None, (first, second)))
    both = first or "-", second or "-"
    return (
        f"via {state}" + (f" ({names})" if names else ""),
        f"via {state} ({', '.join(both)})",
        f"via {state} ({', '.join(both[::-1])})",
    )


def _merged(transitions: Sequence[Transition], shared: Steps) -> list[Transition]:
    sums: dict[tuple[str, str], tuple[list[Expr], list[Expr]]] = {}
    for t in transitions:
        if (t.target, t.source) in sums:
            forth, back = sums[t.target, t.source][::-1]
        else:
            forth, back = sums.setdefault((t.source, t.target), ([], []))
        forth.append(t.rate)
        back.append(t.reverse)
    return [
        Transition(a, b, shared.let(Add(*forth), "w"), shared.let(Add(*back), "w"))
        for (a, b), (forth, back) in sums.items()
    ]


def closed_rates(shared: Steps, rates: Iterable[Expr]) -> list[Expr]:
    """Return rates in closed form; raise TooLargeError, before building one, where it is long."""
    found = shared.formulas({str(i): rate for i, rate in enumerate(rates)})
    size = max((found.operations(label) for label in found), default=0)
    if size > MAX_OPERATIONS:
        raise TooLargeError(
            f"a rate of the coarse graph would have {size:,} operations, more than "
            f"{MAX_OPERATIONS:,}; substitute numbers for some symbols first, with graph.subs"
        )
    return [found[label] for label in found]
