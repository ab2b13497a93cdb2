"""Sums over the spanning trees and forests of a model, and how many terms they have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sympy import Expr

from nesssym.exact import tree_sums as sums
from nesssym.exact import trees
from nesssym.networks import Model, Transition

__all__ = ["appendages", "count_terms", "one_way", "tree_sums"]

Arc = tuple[int, int]


def one_way(
    transitions: Iterable[Transition], index: Mapping[str, int]
) -> tuple[list[Arc], list[Expr]]:
    """Return the arcs of transitions, both directions where there are two, and their rates."""
    arcs: list[Arc] = []
    rates: list[Expr] = []
    for t in transitions:
        arcs.append((index[t.source], index[t.target]))
        rates.append(t.rate)
        if t.reversible:
            arcs.append((index[t.target], index[t.source]))
            rates.append(t.reverse)
    return arcs, rates


def tree_sums(n: int, arcs: Sequence[Arc], weights: Sequence[Expr]) -> list[Expr]:
    """Return the expanded tree sum of every root."""
    return sums.tree_sums(n, arcs, weights, range(n))


def appendages(
    transitions: Sequence[Transition], index: Mapping[str, int], inside: set[int]
) -> Expr:
    """Return the sum over forests that lead every state outside a cycle into it."""
    outside = [v for v in index.values() if v not in inside]
    position = dict.fromkeys(inside, 0) | {v: i for i, v in enumerate(outside, 1)}
    arcs, weights = one_way(transitions, index)
    merged = [
        ((position[i], position[j]), w)
        for (i, j), w in zip(arcs, weights, strict=True)
        if position[i] and position[i] != position[j]
    ]
    return sums.tree_sums(
        len(outside) + 1, [arc for arc, _ in merged], [w for _, w in merged], [0]
    )[0]


def count_terms(model: Model, states: Sequence[str], limit: int) -> int:
    """Return how many trees there are in all among some of the states, or more than `limit`."""
    index = {s: i for i, s in enumerate(states)}
    inside = [t for t in model.transitions if t.source in index and t.target in index]
    arcs = one_way(inside, index)[0]
    if len(states) > limit:
        return len(states)
    total = 0
    for root in range(len(index)):
        total += trees.count(len(index), arcs, root)
        if total > limit:
            break
    return total
