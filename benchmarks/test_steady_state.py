"""The must-reach figures of steady states: each group is one comparison, ratios in brackets."""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx
import numpy as np
import pytest

import nesssym as ns
from nesssym.exact import trees
from tests.models import symbolic

SETS = 100_000
GRAPHS = {
    "ring 3": nx.cycle_graph(3),
    "K4": nx.complete_graph(4),
    "K5": nx.complete_graph(5),
    "cube": nx.hypercube_graph(3),
    "K8": nx.complete_graph(8),
    "Petersen": nx.petersen_graph(),
    "5x5 grid": nx.grid_2d_graph(5, 5),
    "ring 30": nx.cycle_graph(30),
    "30 states of degree 6": nx.random_regular_graph(6, 30, seed=1),
}


def linear_algebra(model: ns.StateGraph, values: dict[str, np.ndarray]) -> Callable[[], object]:
    """What people do today: assemble the generators, solve all of them in one call."""
    index = {s: i for i, s in enumerate(model.states)}
    n = len(index)

    def solve() -> np.ndarray:
        w = np.zeros((SETS, n, n))
        for t in model.transitions:
            i, j = index[t.source], index[t.target]
            w[:, j, i] += values[t.rate.name]
            w[:, i, j] += values[t.reverse.name]
        diagonal = np.arange(n)
        w[:, diagonal, diagonal] -= w.sum(axis=1)
        w[:, -1, :] = 1
        return np.linalg.solve(w, np.broadcast_to(np.eye(n)[:, -1:], (SETS, n, 1)))

    return solve


@pytest.mark.parametrize("way", ["nesssym", "numpy.linalg.solve"])
@pytest.mark.parametrize("name", GRAPHS)
def test_probabilities_of_100000_parameter_sets(benchmark, name, way):
    benchmark.group = f"all probabilities, 1e5 sets: {name}"
    model = symbolic(GRAPHS[name])
    kernel = ns.compile(ns.steady_state(model).state)
    table = 10 ** np.random.default_rng(0).uniform(-3, 3, (len(kernel.arguments), SETS))
    values = dict(zip(kernel.arguments, table, strict=True))
    run = linear_algebra(model, values) if way != "nesssym" else lambda: kernel.array(table)
    benchmark.pedantic(run, rounds=5, warmup_rounds=1)


def test_k6_expanded(benchmark):
    benchmark.group = "derivation"
    model = symbolic(nx.complete_graph(6))
    benchmark.pedantic(lambda: ns.steady_state(model, "trees")["0"], rounds=3)


def test_10x10_grid_derived_and_compiled(benchmark):
    benchmark.group = "derivation"
    model = symbolic(nx.grid_2d_graph(10, 10))
    benchmark.pedantic(lambda: ns.compile(ns.steady_state(model).state), rounds=3)


@pytest.mark.parametrize("way", ["determinant", "decision diagram"])
def test_spanning_trees_of_the_6x20_grid(benchmark, way):
    benchmark.group = "2.7e50 spanning trees of the 6x20 grid"
    grid = nx.convert_node_labels_to_integers(nx.grid_2d_graph(6, 20)).to_directed()
    n, arcs = len(grid), list(grid.edges)
    count = {
        "determinant": lambda: trees.count(n, arcs, 0),
        "decision diagram": lambda: trees.build(n, arcs, 0).count(),
    }
    assert benchmark.pedantic(count[way], rounds=3) == trees.count(n, arcs, 0)
