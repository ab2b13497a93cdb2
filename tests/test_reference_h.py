"""Published and independently computed values: group H, response and fluctuation relations."""

from __future__ import annotations

import mpmath
from sympy import Rational

import nesssym as ns
from tests.reference import CASES, exact, model


def values(case):
    return [exact(text) for text in CASES[case]["exact"]]


def test_h01_response_to_one_rate():
    found = ns.response(ns.steady_state(model("H01")), "state", "rates").at({})
    assert [found[f"d {s} / d ln w(2->3)"] for s in "1234"] == values("H01")


def test_h03_response_of_a_ratio_to_a_barrier():
    ss = ns.steady_state(model("H03"))
    p = ss.state.at({})
    found = ns.response(ss, "state", "barriers").at({})
    ratio = found["d 3 / d B(1->2)"] / p["3"] - found["d 4 / d B(1->2)"] / p["4"]
    response, limit = values("H03")
    assert -ratio == response  # there rates grow with b, here they fall with B
    bound = ns.response_bound(ss, "1->2", 3, 4)
    assert bound.lower == response**2
    assert str((bound.upper ** Rational(1, 2)).evalf(30)) == CASES["H03"]["decimal"][1]
    assert abs((bound.upper - limit**2).evalf(40)) < 1e-35
    assert bound.holds({})


def test_h05_sum_rule():
    ss = ns.steady_state(model("H05"))
    found = ns.response(ss, "currents", "barriers").at({})
    current = ss.currents.at({})["1->2"]
    scaled = [-found[f"d 1->2 / d B({e})"] / current for e in ss.currents]
    assert scaled == values("H05")
    assert sum(scaled) == 1


def test_h07_onsager_matrix():
    currents = {"1": {"2->3": 1}, "2": {"1->4": -1}}
    assert list(ns.onsager(model("H07"), currents).at({}).values()) == values("H07")


def test_h09_response_function():
    ss = ns.steady_state(model("H09"))
    [found] = ns.response_function(ss, "2", ("energies", "1"), ["1/2"], digits=30)
    with mpmath.workdps(35):
        assert mpmath.nstr(found, 30).rstrip("0") == CASES["H09"]["decimal"].rstrip("0")
    [short] = ns.response_function(ss, "2", ("energies", "1"), [0.5])
    assert short == float(CASES["H09"]["decimal"])
