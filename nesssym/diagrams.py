"""Kinetic diagrams: the spanning trees of a model, counted, summed, listed and sampled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import networkx as nx
from sympy import Expr

from nesssym import parsing
from nesssym.errors import UnknownNameError
from nesssym.exact import tree_sums as sums
from nesssym.exact import trees
from nesssym.networks import Model, Transition

__all__ = ["count_trees", "sample_trees", "spanning_trees"]

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


def count_trees(model: Model) -> dict[str, int]:
    """Count the spanning trees directed towards each state (Hill's directional diagrams).

    The exact number of terms of each unnormalised steady probability, from an integer
    determinant (the matrix-tree theorem): known before anything is expanded.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        Parallel channels count separately.

    Returns
    -------
    dict
        State to number.

    References
    ----------
    G. Kirchhoff, Ann. Phys. 148, 497 (1847), doi:10.1002/andp.18471481202. W. T. Tutte, Proc.
    Camb. Phil. Soc. 44, 463 (1948), doi:10.1017/S030500410002449X.

    Examples
    --------
    >>> import networkx as nx, nesssym as ns
    >>> cube = nx.hypercube_graph(3).to_directed()
    >>> set(ns.count_trees(ns.StateGraph.from_networkx(cube, rate=None)).values())
    {384}
    """
    n, arcs, _ = _arcs(model)
    return {s: trees.count(n, arcs, root) for root, s in enumerate(model.states)}


def spanning_trees(model: Model, root: object) -> Iterator[nx.MultiDiGraph]:
    r"""List the spanning trees directed towards `root`, lazily, as networkx graphs.

    Edges point towards the root and keep their channel key and rate. For millions of trees use
    `nesssym.exact.trees.build`, which lists them as NumPy arrays.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model.
    root : str
        A state.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    >>> [sorted(tree.edges()) for tree in ns.spanning_trees(g, "A")]
    [[('B', 'A'), ('C', 'B')], [('B', 'A'), ('C', 'A')], [('B', 'C'), ('C', 'A')]]
    """
    n, arcs, edges = _arcs(model)
    diagram = trees.build(n, arcs, _position(model, root))
    return (_tree(model, edges, choice) for choice in diagram)


def sample_trees(
    model: Model, root: object, n: int, seed: int, values: Mapping[Any, Any] | None = None
) -> list[nx.MultiDiGraph]:
    r"""Draw spanning trees directed towards `root`, independently and exactly.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model.
    root : str
        A state.
    n : int
        How many.
    seed : int
        The same seed draws the same trees.
    values : mapping, optional
        Values of the symbols; trees are then drawn in proportion to the product of their rates.
        Without it all trees are equally likely.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    >>> [len(tree.edges()) for tree in ns.sample_trees(g, "A", 3, seed=1)]
    [2, 2, 2]
    """
    size, arcs, edges = _arcs(model)
    diagram = trees.build(size, arcs, _position(model, root))
    weights = None
    if values is not None:
        rates = (rate.xreplace(parsing.substitution(values, model.symbols)) for *_, rate in edges)
        weights = [Fraction(int(rate.p), int(rate.q)) for rate in rates]
    return [_tree(model, edges, choice) for choice in diagram.sample(n, seed, weights)]


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


def _arcs(model: Model) -> tuple[int, list[Arc], list[tuple[str, str, str, Expr]]]:
    index = {s: i for i, s in enumerate(model.states)}
    arcs, rates = one_way(model.transitions, index)
    keys = [t.channel for t in model.transitions for _ in range(1 + t.reversible)]
    edges = [
        (model.states[i], model.states[j], key, rate)
        for (i, j), key, rate in zip(arcs, keys, rates, strict=True)
    ]
    return len(index), arcs, edges


def _position(model: Model, root: object) -> int:
    if str(root) not in model.states:
        raise UnknownNameError.of("state", root, model.states)
    return model.states.index(str(root))


def _tree(
    model: Model, edges: Sequence[tuple[str, str, str, Expr]], choice: Iterable[int]
) -> nx.MultiDiGraph:
    tree = nx.MultiDiGraph()
    tree.add_nodes_from(model.states)
    for arc in choice:
        source, target, key, rate = edges[int(arc)]
        tree.add_edge(source, target, key=key, rate=rate)
    return tree
