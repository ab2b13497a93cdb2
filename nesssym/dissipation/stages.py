"""What the stages of a protocol are made of: energies and drives, forwards and backwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sympy import Expr

from nesssym import parsing
from nesssym.errors import ModelError
from nesssym.networks import StateGraph

__all__ = [
    "Drive",
    "check_graphs",
    "each_drive",
    "parsed_drive",
    "read_energies",
    "turned_graphs",
    "turned_values",
]

Drive = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


def check_graphs(graphs: Sequence[Any]) -> None:
    """Refuse what is no graph, and graphs with other states."""
    for graph in graphs:
        if not isinstance(graph, StateGraph):
            raise ModelError(f"a step of a protocol is a StateGraph, got {graph!r:.60}")
    states = graphs[0].states
    for graph in graphs:
        if graph.states != states:
            raise ModelError(
                f"graphs of one protocol have the same states in the same order, got {states} "
                f"and {graph.states}"
            )


def each_drive(drive: Drive, number: int) -> list[Mapping[str, Any]]:
    """Return the drive of every graph."""
    if drive is None or isinstance(drive, Mapping):
        return [drive or {}] * number
    if len(drive) != number:
        raise ModelError(f"{len(drive)} drives for {number} graphs; give one for all, or one each")
    return list(drive)


def parsed_drive(drive: Mapping[str, Any], known: Mapping[str, Expr]) -> dict[str, Expr]:
    """Read a drive: exact work by transition or channel."""
    return {str(key): parsing.expr(work, known) for key, work in drive.items()}


def read_energies(
    graph: StateGraph, energies: Mapping[Any, Any], known: Mapping[str, Expr]
) -> dict[str, Expr]:
    """Read the energies of a stage: one for every state."""
    given = {str(state): parsing.expr(e, known) for state, e in energies.items()}
    if set(given) != set(graph.states):
        raise ModelError(
            f"energies of {', '.join(given)}; give one for each of {', '.join(graph.states)}"
        )
    return {state: given[state] for state in graph.states}


def turned_values(
    given: Sequence[Mapping[str, Expr]], time: str | None, durations: Sequence[Expr]
) -> list[dict[str, Expr]]:
    """Return energies or drives of the stages of a protocol that is run backwards."""
    return [
        {key: _late(value, time, duration) for key, value in one.items()}
        for one, duration in zip(given, durations, strict=False)
    ][::-1]


def turned_graphs(
    graphs: Sequence[StateGraph], time: str | None, durations: Sequence[Expr]
) -> list[StateGraph]:
    """Return the graphs of a protocol that is run backwards."""
    found = []
    for graph, duration in zip(graphs, durations, strict=True):
        late = partial(_late, time=time, duration=duration)
        transitions = [
            replace(t, rate=late(t.rate), reverse=late(t.reverse)) for t in graph.transitions
        ]
        assume = tuple(map(late, graph.assume))
        found.append(replace(graph, transitions=tuple(transitions), assume=assume))
    return found[::-1]


def _late(expr: Expr, time: str | None, duration: Expr) -> Expr:
    """Return what moves, as it is so long before the end of a stage."""
    return expr.xreplace({s: duration - s for s in expr.free_symbols if s.name == time})
