"""Leading orders, series and factors, against limits, SymPy's series and exact values."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Rational, Symbol, cosh, exp, log, sqrt, symbols

import nesssym as ns
from nesssym.exact.rational import equal
from tests.models import SMALL, random_values

a, b, c, d = symbols("a b c d", positive=True)
x = Symbol("x", real=True)


@pytest.mark.parametrize("name", ["ring 3", "K4", "tail"])
@given(data=st.data())
def test_leading_orders_are_limits(name, data):
    model = SMALL[name]()
    names = [s.name for s in model.symbols]
    fast = data.draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
    slow = data.draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
    slow = [s for s in slow if s not in fast]
    exact = ns.steady_state(model, method="trees").state
    left = ns.leading_order(exact, fast=fast, slow=slow)
    values = {s.name: v for s, v in random_values(model, Random(1)).items()}
    small = Fraction(1, 10**12)
    scaled = {
        s: v / small if s in fast else v * small if s in slow else v for s, v in values.items()
    }
    for state, value in exact.at(scaled).items():
        assert abs(left.at(scaled)[state] / value - 1) < Rational(1, 10**6)


def test_michaelis_menten_is_the_limit_of_fast_binding():
    model = ns.StateGraph.from_text("E <-> ES ; kf*S, kr \n cat: ES -> E ; kcat")
    p = ns.steady_state(model)["ES"]
    kf, kr, kcat, s = (
        next(y for y in model.symbols if y.name == n) for n in ("kf", "kr", "kcat", "S")
    )
    assert equal(ns.leading_order(p, fast=["kf", "kr"]), kf * s / (kf * s + kr))
    assert equal(ns.leading_order(p, zero=[kcat]), kf * s / (kf * s + kr))
    assert equal(ns.leading_order(p, slow=["S"]), kf * s / (kr + kcat))


def test_powers_and_roots_scale():
    assert ns.leading_order(a + b, fast={"a": 1, "b": 2}) == b
    assert ns.leading_order(a + sqrt(b), fast={"b": 3}) == sqrt(b)
    assert ns.leading_order((a + b) / (a * b + c), zero=["a"], fast=["b"]) == b / c
    assert ns.leading_order(a - b, zero=["b"]) == a
    assert ns.leading_order(a * b / (a + c), zero=["b"]) == 0


def test_series_are_those_of_sympy():
    expr = (a * exp(x / 2) - b * exp(-x)) / (a + b * exp(x)) + x**2 / (1 + c * x)
    expected = expr.series(x, 0, 4).removeO()
    assert equal(ns.series(expr, "x", 3), expected)
    assert ns.series((exp(x) - 1) / x, x, 2) == 1 + x / 2 + x**2 / 6
    assert ns.series(log(1 + a * x), x, 2) == a * x - a**2 * x**2 / 2


def test_the_current_begins_with_the_affinity():
    model = ns.StateGraph.from_text(
        "A <-> B ; a*exp(x/2), a*exp(-x/2) \n B <-> C ; b, b \n C <-> A ; c, c"
    )
    ss = ns.steady_state(model)
    a_, b_, c_ = (next(y for y in model.symbols if y.name == n) for n in "abc")
    drive = next(y for y in model.symbols if y.name == "x")
    current = ns.series(ss.currents_as("cycles").select(["A->B"]), "x", 1)["A->B"]
    conductance = a_ * b_ * c_ / (3 * (a_ * b_ + b_ * c_ + c_ * a_))
    assert equal(current, conductance * drive)
    sigma = ns.entropy_production(ss).select(["sigma"])
    assert equal(ns.series(sigma, "x", 2)["sigma"], conductance * drive**2)


def test_series_in_a_rate_about_its_value_at_equilibrium():
    model = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    current = ns.steady_state(model).currents["A->B"]
    found = ns.series(current, "a", 1, at="b*d*f/(c*e)")
    values = {s.name: Fraction(k + 2, 3) for k, s in enumerate(model.symbols)}
    equilibrium = values["b"] * values["d"] * values["f"] / (values["c"] * values["e"])
    step = Fraction(1, 10**9)
    exact = ns.steady_state(model).currents.at(values | {"a": equilibrium + step})["A->B"]
    by_name = {s: Rational(str(values[s.name])) for s in model.symbols}
    by_name[model.symbols[0]] = Rational(str(equilibrium + step))
    assert abs(found.xreplace(by_name) / exact - 1) < Rational(1, 10**7)


def test_factors_multiply_to_what_they_were():
    expr = (a**2 - b**2) * (2 * a * c + 4 * c) / (6 * (a * c - b * c))
    assert ns.factor(expr) == (a + 2) * (a + b) / 3
    assert ns.factor(a - a) == 0
    assert equal(ns.factor(a / 2 - b / 3), a / 2 - b / 3)


BAD = {
    "unknown": (lambda: ns.leading_order(a + b, fast=["q"]), "unknown symbol 'q'"),
    "twice": (lambda: ns.leading_order(a + b, fast=["a"], slow=["a"]), "a is named twice"),
    "text for a list": (lambda: ns.leading_order(a + b, fast="a"), "wanted a list of symbols"),
    "power": (lambda: ns.leading_order(a + b, fast={"a": -1}), "the power of a is -1"),
    "inside a function": (lambda: ns.leading_order(exp(a) + b, fast=["a"]), "a occurs in exp"),
    "diverges": (lambda: ns.leading_order(b / a, zero=["a"]), "diverges as a vanish"),
    "no expression": (lambda: ns.factor("a + b"), "wanted a SymPy expression or Formulas"),
    "pole": (lambda: ns.series(1 / x + a, x, 2), "diverges where x vanishes"),
    "function": (lambda: ns.series(cosh(x) ** a, x, 2), "no power series in x here"),
    "square root": (lambda: ns.series(sqrt(a) + a, a, 2), "no power series in a here"),
    "order": (lambda: ns.series(a, "a", -1), "order is -1"),
    "at": (lambda: ns.series(a, "a", 2, at="a"), "at is a, wanted an expression without a"),
    "unknown variable": (lambda: ns.series(a, "q", 2), "unknown symbol 'q'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, message = BAD[name]
    with pytest.raises(ns.NessError, match=message):
        call()
