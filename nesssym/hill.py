"""Hill's diagrams of a model: partial, directional and flux diagrams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import networkx as nx

from nesssym.diagrams import one_way
from nesssym.errors import ModelError, UnknownNameError
from nesssym.exact import trees
from nesssym.families import Diagrams, Edge
from nesssym.networks import Model, Transition
from nesssym.thermodynamics import Cycle, all_cycles

__all__ = [
    "count_flux_diagrams",
    "count_trees",
    "directional_diagrams",
    "flux_diagrams",
    "partial_diagrams",
    "sample_trees",
    "spanning_trees",
]


def partial_diagrams(model: Model) -> Diagrams:
    r"""Return Hill's partial diagrams: the undirected spanning trees of a model.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        Parallel channels count separately; a one-way transition is an edge like any other.

    References
    ----------
    T. L. Hill, J. Theor. Biol. 10, 442 (1966), doi:10.1016/0022-5193(66)90137-8.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    >>> [sorted(tree.edges()) for tree in ns.partial_diagrams(g)]
    [[('A', 'B'), ('B', 'C')], [('A', 'B'), ('A', 'C')], [('A', 'C'), ('B', 'C')]]
    >>> [rows.tolist() for rows in ns.partial_diagrams(g).arrays()]
    [[[0, 1], [0, 2], [1, 2]]]
    """
    index = {s: i for i, s in enumerate(model.states)}
    ends = [(index[t.source], index[t.target]) for t in model.transitions]
    return Diagrams(
        model,
        "partial",
        tuple((t.source, t.target, t.channel, t.rate) for t in model.transitions),
        len(index),
        tuple(arc for i, j in ends for arc in ((i, j), (j, i))),
        tuple(i // 2 for i in range(2 * len(ends))),
        0,
        tuple(range(1, len(index))),
    )


def directional_diagrams(model: Model, root: object = None) -> Diagrams:
    r"""Return Hill's directional diagrams: the spanning trees whose edges lead to a root.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        Parallel channels count separately.
    root : str, optional
        A state. Without it the trees to all states, from one decision diagram.

    Raises
    ------
    UnknownNameError
        There is no such state.

    References
    ----------
    T. L. Hill, J. Theor. Biol. 10, 442 (1966), doi:10.1016/0022-5193(66)90137-8.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    >>> ns.directional_diagrams(g, "A")
    <3 directional diagrams of 3 states>
    >>> [tree.graph["root"] for tree in ns.directional_diagrams(g)]
    ['C', 'B', 'B', 'C', 'C', 'B', 'A', 'A', 'A']
    """
    index = {s: i for i, s in enumerate(model.states)}
    position = None if root is None else _position(model, root)
    arcs, edges = _directed(model.transitions, index)
    columns = tuple(i for i in range(len(index)) if i != position)
    return Diagrams(
        model, "directional", edges, len(index), arcs, tuple(range(len(arcs))), position, columns
    )


def flux_diagrams(model: Model, cycle: Cycle) -> Diagrams:
    r"""Return Hill's flux diagrams of a cycle: it, and forests that lead all else into it.

    The sum over them, with the product of the rates along the cycle, is the one-way flux of the
    cycle times the normalisation.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model.
    cycle : Cycle
        One of its `all_cycles` or `cycles`.

    Raises
    ------
    ModelError
        The cycle is none of this model.

    References
    ----------
    T. L. Hill, J. Theor. Biol. 10, 442 (1966), doi:10.1016/0022-5193(66)90137-8.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f \n"
    ...                             "C <-> D ; g, h")
    >>> cycle, = ns.all_cycles(g)
    >>> [sorted(d.edges()) for d in ns.flux_diagrams(g, cycle)]
    [[('A', 'B'), ('B', 'C'), ('C', 'A'), ('D', 'C')]]
    """
    known = set(model.transitions)
    if not isinstance(cycle, Cycle) or not all(t in known for t, _ in cycle.steps):
        raise ModelError(f"{cycle!r} is no cycle of {model!r}; take one of all_cycles(model)")
    inside = set(cycle.states)
    outside = [s for s in model.states if s not in inside]
    index = {s: i for i, s in enumerate(model.states)}
    position = dict.fromkeys(inside, 0) | {s: i for i, s in enumerate(outside, 1)}
    _, edges = _directed(model.transitions, index)
    kinds = tuple(k for k, (i, j, *_) in enumerate(edges) if position[i] and i != j)
    arcs = tuple((position[edges[k][0]], position[edges[k][1]]) for k in kinds)
    columns = tuple(index[s] for s in outside)
    return Diagrams(model, "flux", edges, len(outside) + 1, arcs, kinds, 0, columns, cycle)


def count_flux_diagrams(model: Model) -> dict[str, int]:
    """Count the flux diagrams of every simple cycle, by determinants.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model.

    Returns
    -------
    dict
        Label of the cycle to number, in one direction of the cycle.

    Examples
    --------
    >>> import nesssym as ns
    >>> sum(ns.count_flux_diagrams(ns.gallery.load("hill6").model).values()) > 0
    True
    """
    return {cycle.label: flux_diagrams(model, cycle).count() for cycle in all_cycles(model)}


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
    index = {s: i for i, s in enumerate(model.states)}
    arcs = one_way(model.transitions, index)[0]
    return {s: trees.count(len(index), arcs, root) for s, root in index.items()}


def spanning_trees(model: Model, root: object) -> Iterator[nx.MultiDiGraph]:
    r"""List the spanning trees directed towards `root`, lazily, as networkx graphs.

    Edges point towards the root and keep their channel key and rate. For millions of trees use
    the arrays of `directional_diagrams`.

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
    return iter(directional_diagrams(model, model.states[_position(model, root)]))


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
    found = directional_diagrams(model, model.states[_position(model, root)])
    return [found.graph(row) for row in found.sample(n, seed, values).tolist()]


def _directed(
    transitions: Sequence[Transition], index: Mapping[str, int]
) -> tuple[tuple[tuple[int, int], ...], tuple[Edge, ...]]:
    states = list(index)
    arcs, rates = one_way(transitions, index)
    channels = [t.channel for t in transitions for _ in range(1 + t.reversible)]
    edges = (
        (states[i], states[j], channel, rate)
        for (i, j), channel, rate in zip(arcs, channels, rates, strict=True)
    )
    return tuple(arcs), tuple(edges)


def _position(model: Model, root: object) -> int:
    if str(root) not in model.states:
        raise UnknownNameError.of("state", root, model.states)
    return model.states.index(str(root))
