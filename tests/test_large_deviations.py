"""Generating function, rate function and driven process."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Float, Rational, exp, log, oo, sqrt

import nesssym as ns
from nesssym.exact.rational import equal
from tests.models import SMALL, multigraphs
from tests.reference import CASES, model

RING = model("E03")
COUNTS = {"1->2": 1}
SHIFT = log(15)


def digits(value, number=30):
    return str(Float(value, number))


def walk():
    """A biased walk: both channels join the same two states."""
    g = ns.StateGraph.from_text("x: A <-> B ; 3, 1 \n y: B <-> A ; 3, 1")
    return g, {"A->B/x": 1, "B->A/y": 1}


def test_e03_generating_function_and_its_symmetry():
    wanted = CASES["E03"]["decimal"]
    assert digits(ns.scgf(RING, COUNTS, "0.3", digits=30)) == wanted
    mirrored = -SHIFT - Rational(3, 10)
    assert digits(ns.scgf(RING, COUNTS, mirrored, digits=30)) == wanted


def test_e23_rate_function_of_a_walk():
    g, counts = walk()
    for j, text in zip((1, -1), CASES["E23"]["decimal"], strict=True):
        assert digits(ns.rate_function(g, counts, j, digits=30)) == text


def test_e23_closed_form():
    g, counts = walk()
    found = ns.scgf_formula(g, counts)["lambda"]
    q = next(iter(found.free_symbols))
    assert equal(found, 3 * exp(q) + exp(-q) - 4)


@pytest.mark.parametrize("j", ["1/7", "3/2", "3"])
def test_rate_function_has_the_symmetry(j):
    gap = ns.rate_function(RING, COUNTS, f"-{j}", digits=25) - ns.rate_function(
        RING, COUNTS, j, digits=25
    )
    assert abs(gap - Rational(j) * SHIFT.evalf(40)) < 1e-23


def test_rate_function_vanishes_at_the_mean_and_is_gaussian_near_it():
    c = ns.cumulants(RING, COUNTS).at({})
    assert ns.rate_function(RING, COUNTS, c["c1"]) == 0
    off = Rational(1, 10**6)
    value = ns.rate_function(RING, COUNTS, c["c1"] + off, digits=20)
    assert abs(value / (off**2 / (2 * c["c2"])) - 1) < 1e-6


def test_what_cannot_happen_has_an_infinite_rate_function():
    dot = ns.StateGraph.from_text("left: 0 -> 1 ; 3 \n right: 1 -> 0 ; 2")
    assert ns.rate_function(dot, {"0->1/left": 1}, -1) == oo
    assert ns.rate_function(dot, {"0": 1}, 2) == oo
    assert abs(ns.rate_function(dot, {"0->1/left": 1}, 0) - 2) < 1e-14
    with pytest.raises(ns.ParameterError, match="at the very edge"):
        ns.rate_function(dot, {"0": 1}, 1)


def test_occupation_time_of_two_states():
    """I(x) = (sqrt(a x) - sqrt(b (1 - x)))**2 for the time in A."""
    g = ns.StateGraph.from_text("A <-> B ; 3, 2")
    x = Rational(1, 5)
    wanted = (sqrt(3 * x) - sqrt(2 * (1 - x))) ** 2
    assert abs(ns.rate_function(g, {"A": 1}, x, digits=30) - wanted.evalf(40)) < 1e-29


def test_two_states_in_closed_form():
    g = SMALL["two baths"]()
    counts = {"g->e/hot": 1, "e": "x"}
    values = {"a": 2, "b": 3, "c": "1/2", "d": 5, "x": "1/3"}
    found = ns.scgf_formula(g, counts).subs({**values, "q": "0.7"})["lambda"]
    assert abs(found.evalf(40) - ns.scgf(g, counts, "0.7", values=values, digits=30)) < 1e-29


def test_uniform_ring_in_closed_form():
    ring = ns.StateGraph.from_rates(
        {(i, (i + s) % 5): r for i in range(5) for s, r in ((1, "u"), (-1, "w"))}
    )
    found = ns.scgf_formula(ring, {"0->1": 1})["lambda"]
    q = next(s for s in found.free_symbols if s.name == "q")
    u, w = ring.symbols
    assert equal(found, u * (exp(q / 5) - 1) + w * (exp(-q / 5) - 1))


@given(multigraphs(max_states=4, one_way=True), st.integers(-8, 8))
@settings(max_examples=15, deadline=None)
def test_driven_process_has_the_slope_as_its_mean(graph, q):
    counts = {graph.transitions[-1].label: 1, graph.states[0]: 2}
    field = Rational(q, 4)
    driven = ns.driven_process(graph, counts, field, digits=30)
    mean = ns.cumulants(driven, counts, order=1)["c1"]
    h = Rational(1, 10**8)
    up, down = (ns.scgf(graph, counts, field + s * h, digits=40) for s in (1, -1))
    assert abs((up - down) / (2 * h) - mean) < 1e-10 * max(1, abs(mean))


@given(multigraphs(max_states=5), st.integers(-8, 8))
@settings(max_examples=15, deadline=None)
def test_generating_function_agrees_with_numpy(graph, q):
    counts = {graph.transitions[-1].label: 1}
    matrix = ns.tilted_generator(graph, counts, Rational(q, 4))
    eigenvalues = np.linalg.eigvals(np.array(matrix.evalf(20).tolist(), dtype=float))
    scale = np.abs(eigenvalues).max()
    assert float(ns.scgf(graph, counts, Rational(q, 4))) == pytest.approx(
        eigenvalues.real.max(), abs=1e-9 * scale
    )


def test_arrays_and_shapes():
    fields = np.linspace(-1, 1, 6).reshape(2, 3)
    found = ns.scgf(RING, COUNTS, fields)
    assert found.shape == (2, 3)
    assert found[1, 2] == float(ns.scgf(RING, COUNTS, 1, digits=17))
    assert ns.rate_function(RING, COUNTS, [0.5, 1.0]).shape == (2,)


def test_enclosure_holds_where_vectors_are_rough():
    """Rates over 24 decades: every digit that is given is right."""
    g = ns.StateGraph.from_text("A <-> B ; 1e12, 1e-12 \n B <-> C ; 1, 1e6 \n C <-> A ; 1e-9, 1e3")
    few, many = (ns.scgf(g, {"C->A": 1}, "1e-3", digits=n) for n in (15, 60))
    assert Float(many, 15) == few


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda g: ns.scgf(g, {"A->B": 1}, float("inf"), values={"a": 1, "b": 1}), "finite real"),
        (lambda g: ns.scgf(g, {"A->B": 1}, [0, np.nan], values={"a": 1, "b": 1}), "finite real"),
        (lambda g: ns.rate_function(g, {"A": 1}, "x", values={"a": 1, "b": 1}), "not"),
        (lambda g: ns.scgf(g, {"A->B": "x"}, 1, values={"a": 1}), "no value for b, x"),
        (lambda g: ns.scgf(g, {"A->Z": 1}, 1), "unknown transition 'A->Z'"),
        (lambda g: ns.driven_process(g, {"A": 1}, float("nan"), values={"a": 1, "b": 1}), "finite"),
        (lambda g: ns.scgf(ns.gallery.load("enso").model, {}, 1), "observed in steps"),
        (lambda g: ns.scgf_formula(SMALL["K4"](), {"0->1": 1}), "no closed form.*nesssym.scgf"),
    ],
)
def test_bad_calls(ask, message):
    with pytest.raises(ns.NessError, match=message):
        ask(SMALL["two states"]())


def test_driven_process_at_zero_field_is_the_model_itself():
    """The eigenvector is known at once; a further iteration would divide by nothing and lose it."""
    g = ns.StateGraph.from_text("A <-> B ; 1, 1 \n A <-> C ; 5/3, 1/3")
    driven = ns.driven_process(g, {"A->C": 1}, 0, digits=30)
    assert max(
        abs(new.rate - old.rate) for new, old in zip(driven.transitions, g.transitions, strict=True)
    ) < Rational(1, 10**29)
