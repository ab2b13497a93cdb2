"""The graphs that everything is measured on, by name."""

from __future__ import annotations

import networkx as nx
import numpy as np
from flint import fmpq, fmpq_mat

import nesssym as ns

Graph = nx.Graph


def leaky_ring() -> Graph:
    """Hill's four states with a leak."""
    return nx.Graph([(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)])


def hill8() -> Graph:
    """Hill's eight states, three rings of four in a row."""
    return nx.Graph(
        [(0, 1), (1, 2), (2, 3), (3, 0), (3, 4), (4, 5), (5, 2), (4, 6), (6, 7), (7, 5)]
    )


def antiporter() -> Graph:
    """The eight states and twelve transitions of EmrE, of the published model in the gallery."""
    return nx.Graph(ns.gallery.load("emre").model.graph.to_undirected())


GRAPHS = {
    "ring 3": lambda: nx.cycle_graph(3),
    "ring 6": lambda: nx.cycle_graph(6),
    "4 states with leak": leaky_ring,
    "K4": lambda: nx.complete_graph(4),
    "K5": lambda: nx.complete_graph(5),
    "cube": lambda: nx.hypercube_graph(3),
    "Hill 8": hill8,
    "antiporter 8": antiporter,
    "K6": lambda: nx.complete_graph(6),
    "K7": lambda: nx.complete_graph(7),
    "K8": lambda: nx.complete_graph(8),
    "ring 30": lambda: nx.cycle_graph(30),
    "5x5 grid": lambda: nx.grid_2d_graph(5, 5),
    "hypercube 16": lambda: nx.hypercube_graph(4),
    "hypercube 32": lambda: nx.hypercube_graph(5),
    "hypercube 64": lambda: nx.hypercube_graph(6),
    "K11": lambda: nx.complete_graph(11),
    "K12": lambda: nx.complete_graph(12),
    "6x6 grid": lambda: nx.grid_2d_graph(6, 6),
    "6x20 grid": lambda: nx.grid_2d_graph(6, 20),
    "6x40 grid": lambda: nx.grid_2d_graph(6, 40),
}


def plain(name: str) -> Graph:
    """One of the graphs, its states numbered from 0; ``ring 7``, ``K9`` also where not listed."""
    kind, _, number = name.partition(" ")
    if name not in GRAPHS and kind == "ring":
        return nx.cycle_graph(int(number))
    return nx.convert_node_labels_to_integers(GRAPHS[name]())


def arcs(graph: Graph) -> list[tuple[int, int]]:
    """Both directions of every edge."""
    return [pair for i, j in graph.edges for pair in ((i, j), (j, i))]


def model(graph: Graph, stem: str = "k") -> ns.StateGraph:
    """A reversible state graph, every rate a symbol of its own."""
    rates = {(i, j): f"{stem}_{i}_{j}" for i, j in arcs(graph)}
    return ns.StateGraph.from_rates(rates, states=range(len(graph)))


def binding_sites(n: int) -> ns.StateGraph:
    """Sites that help each other to bind; a drive adds to the binding of the first alone."""
    rates = {}
    for state in range(1 << n):
        for site in range(n):
            if not state >> site & 1:
                bound = state.bit_count()
                more = state | 1 << site
                rates[state, more] = f"on*c**{bound}" + (" + drive" if site == 0 else "")
                rates[more, state] = "off"
    return ns.StateGraph.from_rates(rates, states=range(1 << n))


def log_uniform(graph: Graph, sets: int, decades: float, seed: int = 0) -> np.ndarray:
    """Rates of shape (arcs, sets), spread evenly over so many decades about one."""
    shape = len(arcs(graph)), sets
    return 10 ** np.random.default_rng(seed).uniform(-decades / 2, decades / 2, shape)


def near_equilibrium(graph: Graph, sets: int, decades: float, drive: float) -> np.ndarray:
    """Rates of shape (arcs, sets) in detailed balance but for a drive of the first arc."""
    rng = np.random.default_rng(0)
    barriers = 10 ** rng.uniform(-decades / 2, decades / 2, (len(graph.edges), sets))
    depth = np.exp(rng.uniform(-1, 1, (len(graph), sets)))
    rates = np.repeat(barriers, 2, axis=0) * depth[[i for i, _ in arcs(graph)]]
    rates[0] *= 1 + drive
    return rates


def generators(graph: Graph, rates: np.ndarray) -> np.ndarray:
    """The generators of all sets of rates, shape (sets, states, states); columns sum to zero."""
    n = len(graph)
    w = np.zeros((rates.shape[1], n, n))
    for (i, j), rate in zip(arcs(graph), rates, strict=True):
        w[:, j, i] += rate
    diagonal = np.arange(n)
    w[:, diagonal, diagonal] -= w.sum(axis=1)
    return w


def exact(graph: Graph, rates: np.ndarray) -> list[fmpq]:
    """The probabilities of one set of rates as rational numbers, by a linear solve."""
    n = len(graph)
    w = [[fmpq(0)] * n for _ in range(n)]
    for (i, j), rate in zip(arcs(graph), rates, strict=True):
        value = fmpq(*float(rate).as_integer_ratio())
        w[j][i] += value
        w[i][i] -= value
    w[-1] = [fmpq(1)] * n
    right = fmpq_mat(n, 1, [fmpq(int(i == n - 1)) for i in range(n)])
    solution = fmpq_mat(n, n, [x for row in w for x in row]).solve(right)
    return [solution[i, 0] for i in range(n)]
