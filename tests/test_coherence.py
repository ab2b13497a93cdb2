"""Relaxation modes and the bound on the coherence of oscillations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from sympy import Rational, cot, log, pi, sqrt, tanh

import nesssym as ns
from tests.models import SMALL, multigraphs


def uniform(n, up, down):
    return ns.StateGraph.from_rates(
        {(i, (i + s) % n): r for i in range(n) for s, r in ((1, up), (-1, down))}
    )


@pytest.mark.parametrize("n", [3, 4, 6])
def test_a_uniform_ring_reaches_the_bound(n):
    bound = ns.coherence_bound(uniform(n, 3, "1/2"), digits=40)
    assert bound.holds({})
    assert abs(bound.at({})["ratio"].evalf(40) - 1) < 1e-36
    wanted = tanh(log(6) / 2) * cot(pi / n)
    assert abs((bound.upper - wanted).evalf(40)) < 1e-38


@given(multigraphs(max_states=6))
@settings(max_examples=40, deadline=None)
def test_the_bound_holds(model):
    bound = ns.coherence_bound(model, digits=20)
    assert bound.holds({})


@given(multigraphs(max_states=5, one_way=True))
@settings(max_examples=20, deadline=None)
def test_modes_are_the_eigenvalues(model):
    modes = ns.relaxation_modes(model)
    wanted = np.linalg.eigvals(np.array(model.generator().tolist(), dtype=float))
    size = np.abs(wanted).max()
    wanted = wanted[np.abs(wanted).argsort()][1:]
    assert len(modes) == len(model.states) - 1
    for mode in modes:
        assert np.abs(wanted - complex(mode)).min() < 1e-6 * size


def test_one_way_rings_are_the_most_coherent():
    ring = ns.StateGraph.from_text("A -> B ; k \n B -> C ; k \n C -> A ; k")
    bound = ns.coherence_bound(ring, values={"k": 7})
    assert bound.upper == sqrt(3) / 3
    assert abs(bound.at({})["ratio"].evalf(30) - 1) < 1e-25
    assert "A->B->C" in bound.equality


def test_digits_of_a_stiff_model_are_right():
    g = ns.StateGraph.from_text("A <-> B ; 1e12, 1 \n B <-> C ; 1, 1e-6 \n C <-> A ; 1e3, 1")
    slow, fast = ns.relaxation_modes(g, digits=30)
    t = g.generator()
    second = (t.trace() ** 2 - (t * t).trace()) / 2
    assert abs(slow * fast / second - 1) < Rational(1, 10**27)
    assert abs((slow + fast) / t.trace() - 1) < Rational(1, 10**27)


def test_nothing_oscillates_in_equilibrium():
    bound = ns.coherence_bound(SMALL["two states"](), values={"a": 1, "b": 2})
    assert (bound.lower, bound.upper) == (0, 0)
    assert "no cycle" in bound.equality


def test_equal_modes():
    modes = ns.relaxation_modes(SMALL["K4"](), values=dict.fromkeys(SMALL["K4"]().symbols, 1))
    assert [round(float(m), 12) for m in modes] == [-4.0] * 3


@pytest.mark.parametrize("ask", [ns.relaxation_modes, ns.coherence_bound])
def test_bad_calls(ask):
    with pytest.raises(ns.UnknownNameError, match="no value for b"):
        ask(SMALL["two states"](), values={"a": 1})
    with pytest.raises(ns.ModelError, match="observed in steps"):
        ask(ns.gallery.load("enso").model)


def test_equal_modes_with_one_eigenvector():
    ring = ns.StateGraph.from_text("1 <-> 2 ; 2, 1 \n 2 <-> 3 ; 3, 1 \n 3 <-> 1 ; 5, 2")
    modes = ns.relaxation_modes(ring, digits=30)
    assert [Rational(m) for m in modes] == [-7, -7]
    assert ns.coherence_bound(ring).lower == 0


def test_one_way_rings_run_in_any_direction():
    for text in (
        "A -> B ; 1 \n B -> C ; 1 \n C -> A ; 1",
        "B -> A ; 1 \n C -> B ; 1 \n A -> C ; 1",
    ):
        bound = ns.coherence_bound(ns.StateGraph.from_text(text))
        assert bound.upper == sqrt(3) / 3
    never = ns.StateGraph.from_text("A -> B ; 2 \n B <-> C ; 3, 1 \n C -> A ; 5 \n A -> C ; 1")
    assert ns.coherence_bound(never).holds({})
