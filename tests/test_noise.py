"""Noise spectra: a reference value, both ends, and a complex solve in floating point."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, Symbol

import nesssym as ns
from nesssym.exact.rational import equal
from nesssym.fluctuations.observables import observable
from tests.models import SMALL, multigraphs
from tests.reference import CASES, exact, model

WEIGHTS = st.integers(-3, 3)


def test_e21_random_telegraph():
    case = CASES["E21"]
    found = ns.noise_spectrum(model("E21"), {"1": 1}, omega=1)["S"]
    assert found == exact(case["exact"])
    assert str(found.evalf(30)) == case["decimal"]


def test_telegraph_is_a_lorentzian_in_symbols():
    g = SMALL["two states"]()
    a, b = g.symbols
    w = Symbol("omega", real=True)
    found = ns.noise_spectrum(g, {"B": 1})["S"]
    assert equal(found, 2 * a * b / (a + b) / ((a + b) ** 2 + w**2))


@st.composite
def counted(draw):
    graph = draw(multigraphs(max_states=4, one_way=True))
    counts = {
        t.label: draw(st.one_of(WEIGHTS, st.tuples(WEIGHTS, WEIGHTS))) for t in graph.transitions
    }
    return graph, counts | {s: draw(WEIGHTS) for s in graph.states}


@given(counted())
@settings(max_examples=25, deadline=None)
def test_zero_frequency_is_the_second_cumulant(pair):
    graph, counts = pair
    s = ns.noise_spectrum(graph, counts)
    assert s.at({"omega": 0})["S"] == ns.cumulants(graph, counts).at({})["c2"]
    assert s.at({"omega": "-5/3"}) == s.at({"omega": "5/3"})
    assert s.at({"omega": "5/3"})["S"] >= 0


@given(counted(), st.floats(0.01, 50))
@settings(max_examples=25, deadline=None)
def test_against_a_complex_solve(pair, omega):
    graph, counts = pair
    n = len(graph.states)
    index = {s: i for i, s in enumerate(graph.states)}
    counted = observable(graph, counts)
    generator = np.array(graph.generator().tolist(), dtype=float)
    p = np.array([float(x) for x in ns.steady_state(graph).state.at({}).values()])
    first = np.diag([float(counted.dwell[s]) for s in graph.states])
    second = np.zeros((n, n))
    for t in graph.transitions:
        for s, e, rate, d in (
            (t.source, t.target, t.rate, counted.of(t)[0]),
            (t.target, t.source, t.reverse, counted.of(t)[1]),
        ):
            first[index[e], index[s]] += float(rate * d)
            second[index[e], index[s]] += float(rate * d**2)
    mean = first.sum(axis=0) @ p
    x = np.linalg.solve(1j * omega * np.eye(n) - generator, first @ p - mean * p)
    wanted = second.sum(axis=0) @ p + 2 * (first.sum(axis=0) @ x).real
    size = second.sum(axis=0) @ p + np.abs(first.sum(axis=0)) @ np.abs(x)
    got = ns.compile(ns.noise_spectrum(graph, counts))(omega=omega)["S"]
    assert got == pytest.approx(wanted, abs=1e-9 * max(size, 1))


def test_shot_noise_is_left_at_high_frequency():
    g = SMALL["ring 3"]().subs({s: i + 1 for i, s in enumerate(SMALL["ring 3"]().symbols)})
    s = ns.noise_spectrum(g, {"0->1": 1})
    traffic = ns.cumulants(g, {"0->1": (1, 1)}, order=1)["c1"]
    assert abs(s.at({"omega": 10**6})["S"] - traffic) < 1e-10


def test_many_states_are_no_trouble():
    cube = SMALL["cube"]()
    s = ns.noise_spectrum(cube, {cube.transitions[0].label: 1})
    values = {x: i + 1 for i, x in enumerate(cube.symbols)}
    kernel = ns.compile(s.subs(values))
    low, high = kernel(omega=[1e-9, 30.0])["S"]
    c2 = ns.cumulants(cube.subs(values), {cube.transitions[0].label: 1}).at({})["c2"]
    assert low == pytest.approx(float(c2), rel=1e-9)
    assert high != low


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda g: ns.noise_spectrum(g, {"A->Z": 1}), "unknown transition 'A->Z'"),
        (lambda g: ns.noise_spectrum(g, {"A": 1}, omega="a"), "called a, like a symbol"),
        (lambda g: ns.noise_spectrum(g, {"A": 1}, omega=float("inf")), "finite real number"),
        (lambda g: ns.noise_spectrum(ns.gallery.load("enso").model, {}), "observed in steps"),
    ],
)
def test_bad_calls(ask, message):
    with pytest.raises(ns.NessError, match=message):
        ask(SMALL["two states"]())


def test_a_spectrum_of_numbers_is_one_rational_function():
    ring = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    counts = {"A->B": (1, 2), "C": "1/3"}
    closed = ns.noise_spectrum(ring, counts)
    assert len(closed["S"].as_numer_denom()[1].as_ordered_terms()) == 3
    for w in (0, Rational(1, 7), 2, 50):
        assert closed.at({"omega": w}) == ns.noise_spectrum(ring, counts, omega=w).at({})
    w = Symbol("f", positive=True)
    assert ns.noise_spectrum(ring, counts, 2 * w).at({"f": 1}) == closed.at({"omega": 2})
    assert ns.noise_spectrum(ring, counts, "1/7").at({}) == closed.at({"omega": "1/7"})


def test_a_spectrum_in_symbols_is_sorted_by_powers_of_the_frequency():
    ring = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    spectrum = ns.noise_spectrum(ring, {"A->B": 1})
    sorted_ = ns.collect(spectrum["S"], "omega")
    assert [str(power) for power in sorted_.denominator] == ["1", "omega**2", "omega**4"]
    point = dict(zip("abcdef", [2, 1, 3, 1, 5, 2], strict=True)) | {"omega": 3}
    values = {s: point[s.name] for s in sorted_.expr.free_symbols}
    assert sorted_.expr.subs(values) == spectrum.at(point)["S"]
