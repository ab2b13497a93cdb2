"""Warnings point at the line of whoever called, however deep they come from."""

from __future__ import annotations

import inspect
import warnings

import pytest

import nesssym as ns

GRAPH = ns.StateGraph.from_text("A -> B ; 1 \n B <-> C ; 2, 1")
FAST = "A <-> B ; 1, 2 \n B <-> C ; 1, 2 \n C <-> A ; 1, 2 \n A <-> D ; 1, 1"


@pytest.mark.parametrize(
    "call",
    [
        lambda: ns.steady_state(GRAPH),
        lambda: ns.cumulants(GRAPH, {"B->C": 1}),
        lambda: ns.time_averages(GRAPH, {"in B": {"B": 1}}),
        lambda: ns.scgf(GRAPH, {"B": 1}, 1),
        lambda: ns.lump(GRAPH, [["A", "B"], ["C"]]),
        lambda: ns.StateGraph.from_rates({("A", "B"): 1, ("B", "A"): 1, ("A", "C"): 0}),
        lambda: ns.StateGraph.from_text("A <-> B ; 1, 0"),
        lambda: ns.fast_equilibrium(ns.StateGraph.from_text(FAST), ["A->B", "B->C", "C->A"]),
        lambda: ns.Rod(1, 1, 20, 300),
    ],
)
def test_the_line_is_that_of_the_caller(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    lines, first = inspect.getsourcelines(call)
    assert caught
    for warning in caught:
        assert issubclass(warning.category, ns.NessWarning)
        assert warning.filename == __file__
        assert first <= warning.lineno < first + len(lines)
