"""Cumulants of counted currents against published and independently computed values."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from sympy import Rational, Symbol, diff, exp

import nesssym as ns
from nesssym.exact.rational import equal
from tests.models import SMALL, multigraphs
from tests.test_reference import CASES, exact, model


def at_point(found, case):
    return list(found.at(CASES[case].get("eval_at", {})).values())


def test_e01_six_cumulants_of_a_ring():
    found = ns.cumulants(model("E01"), {"1->2": 1}, order=6)
    assert at_point(found, "E01") == [Rational(t) for t in CASES["E01"]["exact"]]


def test_c05_single_level_dot_to_third_order():
    found = ns.cumulants(model("C05"), {"1->0/R": 1}, order=3)
    for label, text in zip(found, CASES["C05"]["exact"], strict=True):
        assert equal(found[label], exact(text))


def test_c07_spinful_dot():
    found = ns.cumulants(model("C07"), {"u->0/R": 1, "d->0/R": 1})
    mean, fano = (exact(text) for text in CASES["C07"]["exact"])
    assert equal(found["c1"], mean)
    assert equal(found["c2"], mean * fano)


def test_e07_enzyme_randomness():
    found = ns.cumulants(model("E07"), {"ES->E/cat": 1})
    mean, randomness = (exact(text) for text in CASES["E07"]["exact"])
    assert equal(found["c1"], mean)
    assert equal(found["c2"], mean * randomness)


@pytest.mark.parametrize("case", ["G03", "G05"])
def test_diffusion_of_kinesin(case):
    found = ns.cumulants(model(case), {"2->5": 1})
    assert at_point(found, case)[1] == Rational(CASES[case]["exact"][2])


@given(multigraphs(max_states=4))
@settings(max_examples=25, deadline=None)
def test_first_cumulant_is_the_current_and_gauge_does_not_matter(graph):
    t = graph.transitions[-1]
    first = ns.cumulants(graph, {t.label: 1}, order=3).at({})
    assert first["c1"] == ns.steady_state(graph).currents[t.label]
    shifted = {s.label: (s.source == t.source) - (s.target == t.source) for s in graph.transitions}
    shifted[t.label] += 1
    assert ns.cumulants(graph, shifted, order=3).at({}) == first


def test_cumulants_are_the_taylor_coefficients_of_the_characteristic_root():
    """det(W(q) - lambda(q)) = 0 through third order."""
    graph = SMALL["two baths"]().subs({"a": 2, "b": 3, "c": "1/2", "d": 5})
    found = ns.cumulants(graph, {"g->e/hot": 1}, order=3)
    q = Symbol("q", real=True)
    root = sum(found[f"c{n}"] * q**n / f for n, f in ((1, 1), (2, 2), (3, 6)))
    tilted = ns.tilted_generator(graph, {"g->e/hot": 1})
    determinant = (tilted - root * tilted.eye(2)).det()
    for n in range(4):
        assert equal(diff(determinant, q, n).subs(q, 0), Rational(0))


def test_tilted_generator_at_zero_is_the_generator():
    graph = SMALL["K4"]()
    q = Symbol("q", real=True)
    tilted = ns.tilted_generator(graph, {"0->1": 2, "1->2": -1})
    assert tilted.subs(q, 0) == graph.generator()
    assert tilted[1, 0] == graph.transitions[0].rate * exp(2 * q)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda g: ns.cumulants(g, {"A->Z": 1}), "unknown transition 'A->Z'"),
        (lambda g: ns.cumulants(g, {"A->B": 1}, order=0), "order of a cumulant"),
        (lambda g: ns.tilted_generator(g, {"Z": 1}), "unknown transition 'Z'"),
        (lambda g: ns.cumulants(ns.gallery.load("enso").model, {}), "a chain observed in steps"),
    ],
)
def test_bad_calls(ask, message):
    with pytest.raises(ns.NessError, match=message):
        ask(SMALL["two states"]())
