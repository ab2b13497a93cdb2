"""Networks whose internal species react one at a time: Markov graphs, times a total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sympy import Expr, Integer

from nesssym.chemistry.states import ReactionSteadyState, concentration_heads
from nesssym.diagrams import one_way
from nesssym.errors import NoSteadyStateError
from nesssym.exact.incidence import closed_classes
from nesssym.formulas import Formulas, Steps
from nesssym.networks import ReactionNetwork, StateGraph, Transition
from nesssym.networks.labelled import Combination
from nesssym.networks.reactions import Complex
from nesssym.programs.program import needed_steps
from nesssym.steady import SteadyState, steady_state

__all__ = ["is_linear", "linear_steady_state"]

EMPTY = Complex(())


def is_linear(network: ReactionNetwork) -> bool:
    """Tell whether every complex of internal species is one species, or empty, and mass action."""
    return network.mass_action and all(
        [n for _, n in c.terms] in ([], [1]) for c in network.complexes
    )


def linear_steady_state(
    network: ReactionNetwork, totals: Sequence[tuple[Combination, Expr]]
) -> ReactionSteadyState:
    """Return the steady state from the spanning trees of each linkage class.

    Concentrations are a class's total times the probabilities of the Markov graph of its
    species; where the class exchanges with the surroundings they are the probabilities over that
    of the empty complex.
    """
    shared, trees = Steps.over(network), Steps.over(network)
    values: dict[str, Expr] = {}
    readable: dict[str, Expr] | None = {}
    net: dict[str, Expr] = {}
    methods = []
    for part in network.linkage_classes:
        species = [s for c in part for s, _ in c.terms]
        ss = _markov(network, part)
        total = next((t for law, t in totals if set(law) & set(species)), Integer(1))
        if ss is None:
            values |= dict.fromkeys(species, total)
            continue
        methods.append(ss.method)
        p = shared.absorb(ss.state)
        scale = _scale(p, total)
        values |= {s: scale * p[s] for s in species}
        j = shared.absorb(ss.currents)
        for t in ss.model.transitions:
            net[t.channel] = scale * j[t.label]
        if readable is not None and ss.tree_form is not None:
            q = trees.absorb(ss.tree_form)
            readable |= {s: _scale(q, total) * q[s] for s in species}
        else:
            readable = None
    for r, (a, b) in zip(network.reactions, network.sides, strict=True):
        if a == b:
            known = network.concentrations | {s: shared.let(values[s], "x") for s, _ in a.terms}
            forward, backward = r.rates(known)
            net[r.name] = forward - backward
    heads = concentration_heads(network.internal)
    return ReactionSteadyState(
        network,
        shared.formulas({s: values[s] for s in network.internal}, heads=heads),
        "elimination" if "elimination" in methods else "trees",
        shared.formulas(
            {r.name: net[r.name] for r in network.reactions},
            heads=(f"J_{{{r.subscript}}}" for r in network.reactions),
            unit=f"1/{network.time}",
        ),
        trees.formulas({s: readable[s] for s in network.internal}, heads=heads)
        if readable
        else None,
    )


def _markov(network: ReactionNetwork, part: Sequence[Complex]) -> SteadyState | None:
    """Return the steady state of the Markov graph of a linkage class; None for one species."""
    inside = set(part)
    transitions = tuple(
        Transition(str(a), str(b), forward, backward, r.name)
        for r, (a, b), (forward, backward) in zip(
            network.reactions, network.sides, network.held_rates, strict=True
        )
        if a in inside and a != b
    )
    if not transitions:
        return None
    _refuse_growth(part, transitions)
    graph = StateGraph(tuple(map(str, part)), transitions, network.assume, network.notation)
    ss = steady_state(graph)
    return ss if EMPTY not in inside else replace(ss, state=_over_empty(ss.state))


def _over_empty(p: Formulas) -> Formulas:
    """Divide by the probability of the empty complex.

    What is fed has another unit than a rate constant, so that the sum over all trees, which
    cancels, is one of unlike things.
    """
    empty = p.exprs[p.labels.index(str(EMPTY))]
    exprs = tuple(x / empty for x in p.exprs)
    return replace(p, exprs=exprs, steps=needed_steps(exprs, p.steps))


def _scale(p: dict[str, Expr], total: Expr) -> Expr:
    """Return what probabilities are multiplied by to become concentrations."""
    empty = str(EMPTY)
    return 1 / p[empty] if empty in p else total


def _refuse_growth(part: Sequence[Complex], transitions: Sequence[Transition]) -> None:
    """Raise where what comes in cannot leave."""
    index = {str(c): i for i, c in enumerate(part)}
    classes = closed_classes(len(index), one_way(transitions, index)[0])
    empty = index.get(str(EMPTY))
    if empty is None or any(empty in members for members in classes):
        return
    growing = ", ".join(repr(part[i]) for members in classes for i in members)
    raise NoSteadyStateError(
        f"{growing} would grow for ever: it is fed, but no reaction carries it off; add an "
        "outflow, or hold it in chemostats"
    )
