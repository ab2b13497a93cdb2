"""Exact derivatives of formulas: against SymPy on closed forms, both ways of accumulation."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Function, Rational, Symbol, asinh, cosh, exp, log, sinh, sqrt, symbols, tanh
from sympy.codegen.cfunctions import expm1, log1p

import nesssym as ns
from nesssym.derivatives import gradients
from nesssym.exact.rational import equal
from nesssym.formulas import Steps
from tests.models import SMALL, random_values

A, B = symbols("a b", positive=True)


@pytest.mark.parametrize("name", ["two states", "ring 3", "two baths", "tail"])
def test_matches_derivatives_of_closed_forms(name):
    model = SMALL[name]()
    ss = ns.steady_state(model, "elimination")
    for formulas in (ss.state, ss.currents, ns.entropy_production(ss).select(["sigma"])):
        if not formulas.symbols:
            continue
        found = ns.sensitivity(formulas)
        for label in formulas:
            for x in formulas.symbols:
                assert equal(found[f"d {label} / d {x}"], formulas[label].diff(x))


@pytest.mark.parametrize("name", ["ring 6", "K4", "cube"])
def test_forward_and_backward_agree_on_shared_steps(name):
    model = SMALL[name]()
    state = ns.steady_state(model, "elimination").state
    values = random_values(model, random.Random(7))
    backward = ns.sensitivity(state.select([state.labels[0]])).at(values)
    for x in model.symbols:
        forward = ns.sensitivity(state, [x]).at(values)
        label = f"d {state.labels[0]} / d {x}"
        assert forward[label] == backward[label]
        assert sum(forward.values()) == 0


def test_cost_of_a_gradient_is_that_of_a_few_evaluations():
    model = SMALL["cube"]()
    one = ns.steady_state(model, "elimination").state.select(["0"])
    gradient = ns.compile(ns.sensitivity(one)).program
    assert len(gradient.instructions) < 8 * len(ns.compile(one).program.instructions)


@pytest.mark.parametrize(
    "function", [sqrt, exp, log, expm1, log1p, sinh, cosh, tanh, asinh, lambda x: x**B]
)
def test_every_function_of_kernels(function):
    f = ns.Formulas(("y",), (function(A * B),))
    found = ns.compile(ns.sensitivity(f))(a=0.7, b=0.4)
    plain = f["y"]
    for x in (A, B):
        wanted = plain.diff(x).evalf(30, subs={A: Rational(7, 10), B: Rational(2, 5)})
        assert found[f"d y / d {x}"] == pytest.approx(float(wanted), rel=1e-14)


@given(st.integers(1, 30), st.integers(1, 30))
@settings(max_examples=20, deadline=None)
def test_second_derivatives_commute(p, q):
    state = ns.steady_state(SMALL["ring 3"](), "elimination").state.select(["0"])
    names = ["k_0_1", "k_2_0"]
    second = ns.sensitivity(ns.sensitivity(state, names), names)
    values = {s: i + 1 for i, s in enumerate(state.symbols)} | {"k_0_1": p, "k_2_0": q}
    values = {str(k): v for k, v in values.items()}
    at = second.at(values)
    assert at["d d 0 / d k_0_1 / d k_2_0"] == at["d d 0 / d k_2_0 / d k_0_1"] != 0


def test_logarithmic_derivatives_of_a_homogeneous_function_sum_to_its_degree():
    ss = ns.steady_state(SMALL["K4"](), "elimination")
    values = random_values(ss.model, random.Random(1))
    for formulas, degree in ((ss.state, 0), (ss.currents, 1)):
        one = formulas.select(formulas.labels[:1])
        assert sum(ns.sensitivity(one, logarithmic=True).at(values).values()) == degree


def test_near_equilibrium_the_derivative_keeps_the_drive():
    ring = SMALL["ring 3"]()
    driven = ring.with_energies({"0": "E0", "1": "E1", "2": "E2"}, drive={"0->1": "f"})
    sigma = ns.entropy_production(ns.steady_state(driven)).select(["sigma"])
    found = ns.compile(ns.sensitivity(sigma, ["f"]))
    point = dict.fromkeys(found.arguments, 0.5) | {"f": 1e-9}
    slope = found(**point)["d sigma / d f"]
    assert slope == pytest.approx(2 * ns.compile(sigma)(**point)["sigma"] / 1e-9, rel=1e-8)


def test_labels_heads_and_unit():
    state = ns.steady_state(SMALL["two states"]()).state
    plain, scaled = ns.sensitivity(state, "a"), ns.sensitivity(state, ["a"], logarithmic=True)
    assert plain.labels == ("d A / d a", "d B / d a")
    assert plain.heads[0] == r"\frac{\partial p_{\text{A}}}{\partial a}"
    assert scaled.heads[1] == r"\frac{\partial \ln p_{\text{B}}}{\partial \ln a}"
    assert (plain.unit, scaled.unit) == ("1/parameter", "1")


def test_a_parameter_that_does_not_occur():
    g = ns.StateGraph.from_text("A <-> B ; a, b \n B -> C ; c \n C -> B ; d")
    state = ns.steady_state(g).state
    f = ns.Formulas(("x",), (state["A"] * 0 + 2,), symbols=(A,))
    assert ns.sensitivity(f, ["a"]).at({}) == {"d x / d a": 0}


def test_bad_input():
    state = ns.steady_state(SMALL["two states"]()).state
    with pytest.raises(ns.UnknownNameError, match=r"unknown parameter 'k'.*Known: a, b"):
        ns.sensitivity(state, ["k"])
    with pytest.raises(ns.NessError, match="nothing to differentiate by"):
        ns.sensitivity(state, [])
    zero = ns.steady_state(SMALL["two states"]()).currents
    with pytest.raises(ns.NessError, match=r"A->B is zero and has no logarithm; leave it out"):
        ns.sensitivity(zero, ["a"], logarithmic=True)
    with pytest.raises(ns.NessError, match=r"no derivative of g\(a\)"):
        ns.sensitivity(ns.Formulas(("y",), (Function("g")(A),)))


def test_steps_of_the_derivative_are_shared():
    shared = Steps((A, B))
    total = shared.let(A + B, "s")
    rows = gradients(shared, [A / total, B / total, Symbol("c") / total], [A])
    assert len(rows) == 3
    assert len(shared.steps) <= 5
