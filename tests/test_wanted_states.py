"""What works on a steady state refuses a model, and says what to do."""

from __future__ import annotations

import inspect

import pytest

import nesssym as ns

TAKE_STATES = [
    name
    for name in ns.__all__
    if inspect.isfunction(getattr(ns, name))
    and next(iter(inspect.signature(getattr(ns, name)).parameters), "") == "ss"
]


@pytest.mark.parametrize("name", TAKE_STATES)
def test_a_model_is_refused(name):
    graph = ns.StateGraph.from_text("A <-> B ; 2, 1")
    function = getattr(ns, name)
    wanted = [
        p
        for p in inspect.signature(function).parameters.values()
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    with pytest.raises(ns.ModelError, match=r"steady_state|takes one of SteadyState"):
        function(graph, *({} for _ in wanted[1:]))


def test_there_are_such_functions():
    assert {"response", "housekeeping", "kemeny_constant", "cycle_currents"} <= set(TAKE_STATES)
