"""Reaction networks as bipartite networkx graphs of species and reactions, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import networkx as nx

from nesssym import parsing
from nesssym.errors import ModelError
from nesssym.networks.reactions import Complex, Reaction, checked_reaction

__all__ = ["graph", "reactions"]


def graph(
    species: Iterable[str], reactions: Sequence[Reaction], chemostats: Iterable[str]
) -> nx.DiGraph:
    """Return the frozen graph: an edge to a reaction for a reactant, one from it for a product."""
    held = set(chemostats)
    found = nx.DiGraph()
    for s in species:
        found.add_node(s, kind="species", chemostat=s in held)
    for r in reactions:
        found.add_node(r.name, kind="reaction", rate=r.rate, reverse=r.reverse, law=r.law)
        for s, n in r.reactants.terms:
            found.add_edge(s, r.name, stoichiometry=n)
        for s, n in r.products.terms:
            found.add_edge(r.name, s, stoichiometry=n)
    return nx.freeze(found)


def reactions(graph: nx.DiGraph) -> tuple[tuple[Reaction, ...], tuple[str, ...]]:
    """Return the reactions of a graph, and the species that it says are held fixed.

    Raises
    ------
    ModelError
        Not a directed graph of species and reactions; the message names the node.
    """
    if not isinstance(graph, nx.Graph) or not graph.is_directed() or graph.is_multigraph():
        raise ModelError(f"expected a networkx DiGraph, got {type(graph).__name__}")
    kinds = dict(graph.nodes(data="kind"))
    for node, kind in kinds.items():
        if kind not in ("species", "reaction"):
            raise ModelError(f"node {node!r} has kind {kind!r}, wanted 'species' or 'reaction'")
        if kind == "species":
            parsing.symbol(str(node))
    for a, b in graph.edges:
        if kinds[a] == kinds[b]:
            raise ModelError(f"the edge {a!r} -> {b!r} joins two {kinds[a]} nodes")
    found = []
    for node, kind in kinds.items():
        if kind == "reaction":
            data = graph.nodes[node]
            if "rate" not in data:
                raise ModelError(f"the reaction {node!r} has no attribute 'rate'")
            found.append(
                checked_reaction(
                    Reaction(
                        str(node),
                        _side((s, graph.edges[s, node]) for s in graph.predecessors(node)),
                        _side((s, graph.edges[node, s]) for s in graph.successors(node)),
                        parsing.expr(data["rate"]),
                        parsing.expr(data.get("reverse", 0)),
                        bool(data.get("law", False)),
                    )
                )
            )
    held = tuple(str(s) for s, kept in graph.nodes(data="chemostat") if kept)
    return tuple(found), held


def _side(edges: Iterable[tuple[object, dict[str, object]]]) -> Complex:
    terms = []
    for s, data in edges:
        n = data.get("stoichiometry", 1)
        if not isinstance(n, int) or n < 1:
            raise ModelError(f"the stoichiometric number of {s!r} is {n!r}, wanted 1, 2, ...")
        terms.append((str(s), n))
    return Complex(tuple(terms))
