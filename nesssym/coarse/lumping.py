"""Lumping: blocks of states become states, with mean rates or in fast equilibrium."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sympy import Add, Expr, Integer

from nesssym.coarse.elimination import Way, closed_rates, known_states, ways
from nesssym.errors import ModelError, NessWarning, NotErgodicError, UnknownNameError, warn
from nesssym.exact import incidence
from nesssym.exact.rational import equal
from nesssym.formulas import Steps
from nesssym.networks import StateGraph, Transition
from nesssym.steady import steady_state
from nesssym.thermodynamics import cycles

__all__ = ["fast_equilibrium", "is_lumpable", "lump"]

Blocks = Mapping[Any, Iterable[Any]] | Iterable[Iterable[Any]]


def is_lumpable(graph: StateGraph, blocks: Blocks) -> bool:
    r"""Tell whether blocks of states are a Markov graph by themselves, whatever the start.

    Strong lumpability: the total rate into each other block is the same from all states of a
    block. Exact, for all values of the symbols.

    Parameters
    ----------
    graph : StateGraph
        The graph.
    blocks : mapping of names to states, or list of lists of states
        Every state in one of them.

    References
    ----------
    J. G. Kemeny, J. L. Snell, Finite Markov Chains (Van Nostrand, 1960).

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n A <-> C ; a, b \n B <-> C ; x, y")
    >>> ns.is_lumpable(g, [["A"], ["B", "C"]]), ns.is_lumpable(g, [["B"], ["A", "C"]])
    (True, False)
    """
    named = _blocks(graph, blocks)
    into = {s: dict.fromkeys(named, Integer(0)) for s in graph.states}
    home = {s: name for name, members in named.items() for s in members}
    for source, target, rate, _ in ways(graph):
        if home[source] != home[target]:
            into[source][home[target]] += rate
    return all(
        equal(into[s][other], into[members[0]][other])
        for name, members in named.items()
        for s in members[1:]
        for other in named
        if other != name
    )


def lump(graph: StateGraph, blocks: Blocks) -> StateGraph:
    r"""Return the graph of blocks of states, with the rates that an observer of blocks measures.

    From block A to block B along each channel, the rate is the mean over A of those of its states,
    with their steady probabilities. Probabilities and currents between blocks are kept; what flows
    inside of blocks is hidden, so that the entropy production can only become smaller. Where
    `is_lumpable`, the total rates need no averages and the blocks are a Markov graph; else
    they make one with the same currents. Transitions of one channel between two blocks become one;
    give them channels of their own, such as their reservoirs, to keep them apart.

    Parameters
    ----------
    graph : StateGraph
        The graph.
    blocks : mapping of names to states, or list of lists of states
        Every state in one of them; without names, those of the states joined by ``+``.

    Raises
    ------
    UnknownNameError
        A state that is not known.
    ModelError
        The blocks do not partition the states, or there is only one.
    TooLargeError
        A rate would have more than 20,000 operations; substitute numbers first.

    References
    ----------
    M. Esposito, Phys. Rev. E 85, 041125 (2012), doi:10.1103/PhysRevE.85.041125.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 1, 1 \n B <-> C ; 2, 1 \n C <-> A ; 3, 1")
    >>> [(t.label, t.rate, t.reverse) for t in ns.lump(g, [["A"], ["B", "C"]]).transitions]
    [('A->B+C', 2, 2)]
    """
    named = _blocks(graph, blocks)
    ss = steady_state(graph)
    shared = Steps.over(graph)
    p = shared.absorb(ss.state)
    share = {}
    for members in named.values():
        total = shared.let(Add(*(p[s] for s in members)), "P")
        if total == 0:
            raise ModelError(
                f"the block of {', '.join(members)} is transient; it has no mean rates"
            )
        share.update({s: p[s] / total for s in members})
    return _averaged(graph, named, share, shared, ways(graph))


def fast_equilibrium(graph: StateGraph, fast: Iterable[Any]) -> StateGraph:
    r"""Return the slow graph in the limit where some transitions are infinitely fast.

    States joined by fast transitions become one; within it their probabilities are those of the
    fast transitions alone, in equilibrium. The slow transitions between such blocks get the mean
    rates: the exact leading order in the ratio of the time scales. No assumption on the slow rates
    is made.

    Parameters
    ----------
    graph : StateGraph
        The graph.
    fast : iterable of str
        Labels of the fast transitions.

    Raises
    ------
    UnknownNameError
        A transition that is not known.
    ModelError
        All states are joined by fast transitions, or nothing is fast.
    NotErgodicError
        The fast transitions of a block have several closed classes.
    TooLargeError
        A rate would have more than 20,000 operations.

    Warns
    -----
    NessWarning
        A cycle of fast transitions is not in detailed balance. The slow graph is right all the
        same, but the entropy produced on the fast cycle, which grows with its speed, is not seen.

    References
    ----------
    M. Esposito, Phys. Rev. E 85, 041125 (2012), doi:10.1103/PhysRevE.85.041125.

    Examples
    --------
    Briggs and Haldane's enzyme in the rapid equilibrium of Michaelis and Menten:

    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("E <-> ES ; k1*S, k1r \n ES -> EP ; k2 \n EP -> E ; k3")
    >>> slow = ns.fast_equilibrium(g, ["E->ES"])
    >>> slow.transitions[0].label, slow.transitions[0].rate
    ('E+ES->EP', S*k1*k2/(S*k1 + k1r))
    """
    labels = [t.label for t in graph.transitions]
    chosen = [str(e) for e in ([fast] if isinstance(fast, str) else fast)]
    for label in chosen:
        if label not in labels:
            raise UnknownNameError.of("transition", label, labels)
    quick = [t for t in graph.transitions if t.label in chosen]
    if not quick:
        raise ModelError("no transition is fast; name at least one")
    blocks = _joined(graph, quick)
    named = _blocks(graph, blocks)
    shared = Steps.over(graph)
    share: dict[str, Expr] = {}
    for members in named.values():
        share |= _alone(graph, members, quick, shared)
    slow = [way for way in ways(graph) if way[3].label not in chosen]
    return _averaged(graph, named, share, shared, slow)


def _blocks(graph: StateGraph, blocks: Blocks) -> dict[str, list[str]]:
    """Return the blocks by name; they must have every state once."""
    if isinstance(blocks, Mapping):
        named = {str(name): known_states(graph, members) for name, members in blocks.items()}
    else:
        listed = [known_states(graph, members) for members in blocks]
        named = {"+".join(members): members for members in listed}
    everything = [s for members in named.values() for s in members]
    twice = [s for s in graph.states if everything.count(s) > 1]
    missing = [s for s in graph.states if s not in everything]
    if twice or missing or not all(named.values()):
        problem = (
            f"{', '.join(twice)} is in two blocks"
            if twice
            else f"{', '.join(missing)} is in no block"
            if missing
            else "a block is empty"
        )
        raise ModelError(f"the blocks are no partition of the states: {problem}")
    if len(named) < 2:
        raise ModelError("all states are in one block; there is nothing left to happen")
    return named


def _averaged(
    graph: StateGraph,
    named: Mapping[str, Sequence[str]],
    share: Mapping[str, Expr],
    shared: Steps,
    given: Iterable[Way],
) -> StateGraph:
    """Return the graph of blocks with mean rates, channel by channel."""
    home = {s: name for name, members in named.items() for s in members}
    sums: dict[tuple[str, str, str], dict[str, Expr]] = {}
    made_of: dict[tuple[str, str, str], set[str]] = {}
    for source, target, rate, t in given:
        a, b = home[source], home[target]
        if a != b:
            by_state = sums.setdefault((a, b, t.channel), {})
            by_state[source] = by_state.get(source, Integer(0)) + rate
            made_of.setdefault((a, b, t.channel), set()).add(t.label)
    means = {key: _mean(by_state, named[key[0]], share) for key, by_state in sums.items()}
    closed = closed_rates(shared, means.values())
    transitions: dict[tuple[str, str, str], Transition] = {}
    for (a, b, channel), rate in zip(means, closed, strict=True):
        back = b, a, channel
        if rate == 0:
            continue
        if back in transitions and made_of[back] & made_of[a, b, channel]:
            transitions[back] = replace(transitions[back], reverse=rate)
        else:
            transitions[a, b, channel] = Transition(a, b, rate, channel=channel)
    return replace(graph, states=tuple(named), transitions=tuple(transitions.values()))


def _mean(by_state: Mapping[str, Expr], members: Sequence[str], share: Mapping[str, Expr]) -> Expr:
    """Return the mean rate over a block; where all its states have the same, that."""
    first = next(iter(by_state.values()))
    if len(by_state) == len(members) and all(rate == first for rate in by_state.values()):
        return first
    return Add(*(share[s] * rate for s, rate in by_state.items()))


def _joined(graph: StateGraph, quick: Sequence[Transition]) -> list[list[str]]:
    """Return the states in groups that transitions join."""
    home = {s: s for s in graph.states}
    for t in quick:
        old, new = home[t.target], home[t.source]
        home = {s: new if h == old else h for s, h in home.items()}
    groups: dict[str, list[str]] = {}
    for s in graph.states:
        groups.setdefault(home[s], []).append(s)
    if len(groups) == 1:
        raise ModelError("all states are joined by fast transitions; there is nothing slow left")
    return list(groups.values())


def _alone(
    graph: StateGraph, members: Sequence[str], quick: Sequence[Transition], shared: Steps
) -> dict[str, Expr]:
    """Return the probabilities within a block, from its fast transitions alone."""
    if len(members) == 1:
        return {members[0]: Integer(1)}
    inside = tuple(t for t in quick if t.source in members)
    block = replace(graph, states=tuple(members), transitions=inside)
    index = {s: i for i, s in enumerate(members)}
    arcs = [(index[a], index[b]) for a, b, _, _ in ways(block)]
    if len(incidence.closed_classes(len(index), arcs)) > 1:
        raise NotErgodicError(
            f"the fast transitions of {', '.join(members)} lead to several places for good; make "
            "one of them slow"
        )
    driven = [c for c in cycles(block) if not _balanced(c)]
    if driven:
        warn(
            f"the fast cycle {driven[0].label} is not in detailed balance; the entropy that it "
            "produces, ever more as it becomes faster, is not part of the slow graph"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NessWarning)
        found = steady_state(block, "elimination" if len(members) > 8 else "trees")
    return shared.absorb(found.state)


def _balanced(cycle: Any) -> bool:
    return all(t.reversible for t, _ in cycle.steps) and cycle.ratio.is_one
