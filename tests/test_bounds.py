"""Bounds: both sides, their ratio, and whether they hold."""

from __future__ import annotations

import pytest
from sympy import Integer, Symbol, log, nan, oo

import nesssym as ns

a, b = Symbol("a", positive=True), Symbol("b", positive=True)


def bound(lower, upper):
    return ns.Bound("test", ns.Formulas(("lower", "upper"), (lower, upper)), "never", "here")


@pytest.mark.parametrize(
    ("lower", "upper", "holds", "ratio"),
    [
        (a, b, True, 3),
        (b, a, False, Integer(1) / 3),
        (log(4), 2 * log(2), True, 1),
        (log(b), log(a), False, 0),
        (Integer(0), a, True, oo),
        (Integer(0), Integer(0), True, nan),
    ],
)
def test_sides_ratio_and_truth(lower, upper, holds, ratio):
    case = bound(lower, upper)
    values = {s: {"a": 1, "b": 3}[s.name] for s in case.sides.symbols}
    assert case.holds(values) is holds
    got = case.at(values)["ratio"]
    assert got is nan if ratio is nan else got.equals(ratio) or got == ratio


def test_the_ratio_is_a_formula_that_compiles():
    case = bound(2 * a * b, a**2 + b**2)
    assert ns.compile(case.ratio)(a=1.0, b=2.0) == {"ratio": 1.25}
    assert (case.lower, case.upper) == (2 * a * b, a**2 + b**2)
    assert "equal: never" in str(case)
    assert "a^{2}" in case._repr_latex_()
