"""Published and independently computed values: counting statistics of groups E and G."""

from __future__ import annotations

import pytest
from sympy import Float, Rational, Symbol, exp, factorial

import nesssym as ns
from nesssym.exact.rational import equal
from tests.compare import same_log
from tests.exclusion import exclusion, through
from tests.reference import CASES, exact, model


def sums(case):
    """The exact values of a case."""
    return [exact(text) for text in CASES[case]["exact"]]


def test_e05_uniform_ring():
    m = model("E05")
    c = ns.cumulants(m, {"0->1": 1}).at({})
    assert [str(c["c1"]), str(c["c2"])] == CASES["E05"]["exact"][:2]


def test_e09_hopping_chain():
    m = model("E09")
    counts = {"0->1": 1, "0->2": -1, "1->2": 1}
    v, d = sums("E09")
    found = ns.dispersion(m, counts).at({})
    assert (found["mean"], found["diffusion"]) == (v, d)


def test_e11_tasep():
    for n, text in zip(CASES["E11"]["model"]["N"], CASES["E11"]["exact"], strict=True):
        m = exclusion(n, alpha=1, beta=1)
        assert ns.cumulants(m, through(m, "in"), order=1)["c1"] == Rational(text)


def test_e13_tasep_with_other_ends():
    for n, text in zip(CASES["E13"]["model"]["N"], CASES["E13"]["exact"], strict=True):
        m = exclusion(n, alpha="1/2", beta="2/3")
        assert ns.cumulants(m, through(m, "out"), order=1)["c1"] == Rational(text)


def asep():
    return exclusion(3, q="1/3", alpha="1/2", gamma="1/5", beta="2/3", delta="1/7")


def test_e15_asep_current_and_entropy():
    m = asep()
    current = ns.cumulants(m, through(m, "in"), order=1)["c1"]
    assert current == exact(CASES["E15"]["exact"][0])
    sigma = ns.cumulants(m, ns.entropy_counts(m), order=1)["c1"]
    assert str(sigma.evalf(30)) == CASES["E15"]["decimal"][1]


def test_e15_all_affinities_are_multiples_of_one():
    m = asep()
    found = ns.gallavotti_cohen(m, through(m, "in"))
    wanted = exact("log((1/2)*(2/3)*9/((1/5)*(1/7)))")
    assert found
    assert same_log(found.shift["shift"], wanted)


def test_e17_symmetric_exclusion_to_fourth_order():
    m = exclusion(3, q=1, alpha=1, gamma="1/2", beta=2, delta="1/3")
    for channel in ("in", "out", "0"):
        found = ns.cumulants(m, through(m, channel), order=4).at({})
        assert list(found.values()) == sums("E17")


def test_e19_activity():
    m = model("E19")
    activity = ns.cumulants(m, ns.activity_counts(m), order=1)["c1"]
    assert activity == sums("E19")[1]


def test_e03_root_of_the_characteristic_polynomial():
    """lambda(0.3) and lambda(-A - 0.3) are one root."""
    m = model("E03")
    a = ns.characteristic_polynomial(m, {"1->2": 1})
    q = Symbol("q", real=True)
    root = Float(CASES["E03"]["decimal"], 40)
    shift = ns.gallavotti_cohen(m, {"1->2": 1}).shift["shift"]
    for at in (Rational(3, 10), -shift - Rational(3, 10)):
        value = sum(a[f"a{k}"].subs(q, at).evalf(40) * root**k for k in range(4))
        assert abs(value) < 1e-27


def test_e01_cumulants_solve_the_characteristic_polynomial():
    m = model("E01")
    a = ns.characteristic_polynomial(m, {"1->2": 1})
    q = Symbol("q", real=True)
    root = sum(Rational(t) * q**n / factorial(n) for n, t in enumerate(CASES["E01"]["exact"], 1))
    poly = sum(a[f"a{k}"] * root**k for k in range(4))
    series = poly.replace(exp, lambda x: sum(x**n / factorial(n) for n in range(8)))
    low = [series.expand().coeff(q, n) for n in range(7)]
    assert low == [0] * 7


@pytest.mark.parametrize("case", ["G03", "G05"])
def test_kinesin_steps_hydrolysis_and_their_covariance(case):
    m = model(case)
    steps, hydrolysis, c2 = sums(case)
    found = ns.joint_cumulants(m, {"steps": {"2->5": 1}, "hydrolysis": {"1->2": 1, "4->5": 1}}).at(
        {}
    )
    assert (found["steps"], found["hydrolysis"], found["steps,steps"]) == (steps, hydrolysis, c2)
    assert found["steps,hydrolysis"] ** 2 <= c2 * found["hydrolysis,hydrolysis"]


def test_g01_proofreading():
    ss = ns.steady_state(model("G01"))
    assert ss["D*"] / ss["C*"] == exact(CASES["G01"]["exact"])


def test_g07_kinesin_symmetry_of_all_chords():
    found = ns.gallavotti_cohen(model("G07"))
    drive = exact(CASES["G07"]["exact"][0])
    assert found
    for shift in found.shift.exprs:
        assert any(same_log(shift, k * drive) for k in (-2, -1, 0, 1, 2))


def test_e07_dispersion_in_symbols():
    mean, randomness = sums("E07")
    found = ns.dispersion(model("E07"), {"ES->E/cat": 1})
    assert equal(found["mean"], mean)
    assert equal(found["fano"], randomness)
