"""Probabilities over sixty decades, in units of the last place, on ten graphs."""

from __future__ import annotations

from fractions import Fraction

import networkx as nx
import numpy as np
import pytest

import nesssym as ns
from nesssym.exact.elimination import steady_weights
from tests.models import symbolic

GRAPHS = {
    "ring 3": nx.cycle_graph(3),
    "4 states with leak": nx.diamond_graph(),
    "K5": nx.complete_graph(5),
    "cube": nx.hypercube_graph(3),
    "antiporter": nx.Graph(ns.gallery.load("emre").model.graph.to_undirected()),
    "K8": nx.complete_graph(8),
    "ring 30": nx.cycle_graph(30),
    "5x5 grid": nx.grid_2d_graph(5, 5),
    "hypercube 16": nx.hypercube_graph(4),
    "K12": nx.complete_graph(12),
}
MOST = 8


def last_places(value, exact):
    """The distance of a float64 from an exact number, in units of the last place of that."""
    place = Fraction(float(np.spacing(float(exact))))
    return abs(Fraction(float(value)) - exact) / place


@pytest.mark.parametrize("name", GRAPHS)
def test_probabilities_are_right_to_eight_units_in_the_last_place(name):
    model = symbolic(GRAPHS[name])
    state = ns.steady_state(model, "elimination").state
    kernels = [ns.compile(state, backend) for backend in ("numpy", "numba")]
    shape = len(kernels[0].arguments), 3
    table = 2.0 ** np.random.default_rng(len(name)).uniform(-100, 100, shape)
    found = [kernel.array(table) for kernel in kernels]
    index = {s: i for i, s in enumerate(model.states)}
    for point, column in enumerate(table.T):
        given = dict(zip(kernels[0].arguments, map(Fraction, column.tolist()), strict=True))
        rates = {}
        for t in model.transitions:
            i, j = index[t.source], index[t.target]
            rates[i, j], rates[j, i] = given[t.rate.name], given[t.reverse.name]
        weights = steady_weights(len(index), rates)
        total = sum(weights)
        for got in found:
            for value, weight in zip(got[:, point], weights, strict=True):
                assert last_places(value, weight / total) <= MOST
