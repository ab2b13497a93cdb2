"""Probabilities over sixty decades, in units of the last place, on ten graphs."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import nesssym as ns
from benchmarks import graphs
from benchmarks.test_performance import GRAPHS

MOST = 8
DRAWS, DECADES = 20, 60


def last_places(value, exact):
    """The distance of a float64 from an exact number, in units of the last place of that."""
    exact = Fraction(int(exact.p), int(exact.q))
    place = Fraction(float(np.spacing(float(exact))))
    return abs(Fraction(float(value)) - exact) / place


@pytest.mark.parametrize("name", GRAPHS["accuracy"])
def test_probabilities_are_right_to_eight_units_in_the_last_place(name):
    """The draws are those of the table of accuracy; the exact result is a linear solve."""
    graph = graphs.plain(name)
    state = ns.steady_state(graphs.model(graph), "elimination").state
    rates = graphs.log_uniform(graph, DRAWS, DECADES)
    wanted = [graphs.exact(graph, column) for column in rates.T]
    place = {f"k_{i}_{j}": number for number, (i, j) in enumerate(graphs.arcs(graph))}
    for backend in ("numpy", "numba"):
        kernel = ns.compile(state, backend)
        found = kernel.array(rates[[place[name] for name in kernel.arguments]])
        worst = max(
            last_places(value, exact)
            for column, probabilities in zip(found.T, wanted, strict=True)
            for value, exact in zip(column, probabilities, strict=True)
        )
        assert worst <= MOST, f"{backend}: {float(worst):.2f}"
