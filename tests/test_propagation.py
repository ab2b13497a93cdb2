"""Error propagation: against derivatives taken by SymPy, and bad input."""

from __future__ import annotations

import random

import pytest
from sympy import diff

import nesssym as ns
from tests.models import SMALL, random_values


@pytest.mark.parametrize("name", ["ring 3", "two baths", "tail", "diamond"])
def test_variances_of_currents(name):
    model = SMALL[name]()
    currents = ns.steady_state(model).currents
    first, second = model.symbols[:2]
    errors = {s.name: f"{s}**2/{k + 2}" for k, s in enumerate(model.symbols)}
    joint = {(first.name, second): first * second / 100}
    values = random_values(model, random.Random(name))
    got = ns.propagate_errors(currents, errors | joint).at(values)
    for label in currents:
        slopes = [diff(currents[label], s).subs(values) for s in model.symbols]
        wanted = sum(
            d**2 * (s**2).subs(values) / (k + 2)
            for k, (d, s) in enumerate(zip(slopes, model.symbols, strict=True))
        )
        wanted += 2 * slopes[0] * slopes[1] * (first * second).subs(values) / 100
        assert got[label] == wanted


def test_what_is_known_exactly_adds_nothing():
    ss = ns.steady_state(SMALL["two states"]())
    spread = ns.propagate_errors(ss.state, {"a": 0})
    assert spread.at({"a": 1, "b": 2}) == {"A": 0, "B": 0}
    assert spread.labels == ss.state.labels


def test_antiporter_currents_and_their_kernel():
    emre = ns.gallery.load("emre")
    currents = ns.steady_state(emre.model).currents.select(["7->8", "1->7"])
    errors = {s.name: f"{s}**2/100" for s in emre.model.symbols}
    spread = ns.propagate_errors(currents, errors)
    exact = spread.at(emre.values)
    kernel = ns.compile(spread)(**{s.name: float(v) for s, v in emre.values.items()})
    for label, value in exact.items():
        assert value > 0
        assert kernel[label] == pytest.approx(float(value), rel=1e-9)


@pytest.mark.parametrize(
    ("errors", "error", "message"),
    [
        ({}, ns.NessError, "no errors are given"),
        ({"c": 1}, ns.UnknownNameError, "unknown parameter 'c'"),
        ({"a": -1}, ns.ParameterError, "the variance of a is -1"),
        ({"a": 1, "b": 1, ("a", "b"): 2}, ns.ParameterError, "covariance of a and b is 2"),
        ({"a": 1, ("a", "a"): 1}, ns.NessError, "two different symbols"),
        ({"a": 1, "b": 1, ("a", "b"): 1, ("b", "a"): 1}, ns.NameClashError, "given twice"),
        ({"a": 1, ("a", "b"): 1}, ns.ParameterError, "product of their variances, 0"),
    ],
)
def test_bad_errors(errors, error, message):
    ss = ns.steady_state(SMALL["two states"]())
    with pytest.raises(error, match=message):
        ns.propagate_errors(ss.state, errors)
