"""Driving along a path: closed averages against protocols of many steps, theorems, bad input."""

from __future__ import annotations

import mpmath
import pytest
from sympy import Integer, Rational

import nesssym as ns

RING = ns.StateGraph.from_text("1 <-> 2 ; 1, 1 \n 2 <-> 3 ; 1, 1 \n 3 <-> 1 ; 1, 1")
BEFORE = {"1": 0, "2": "1/2", "3": "6/5"}
AFTER = {"1": "4/5", "2": "-3/10", "3": "2/5"}
ENERGIES = {"1": "4/5*x", "2": "1/2 - 4/5*x", "3": "6/5 - 4/5*x"}
DRIVE = {t.label: "3/2" for t in RING.transitions}
SETTING = {"drive": DRIVE, "split": "1/2"}
QUENCH = ns.Driving(RING, ENERGIES, "x", 1, "7/10", before=0, **SETTING)
RAMP = ns.Driving(RING, ENERGIES, "x", "t/2", 2, **SETTING)


def numbers(formulas, **values):
    return ns.compile(formulas)(**values)


def staircase(steps):
    """A ramp in steps, at the middle of each."""
    places = [0, *(Rational(2 * k + 1, 2 * steps) for k in range(steps)), 1]
    levels = [
        {s: Rational(BEFORE[s]) * (1 - x) + Rational(AFTER[s]) * x for s in BEFORE} for x in places
    ]
    times = [0, *[Rational(2, steps)] * steps, 0]
    return ns.Protocol.between(RING, list(zip(levels, times, strict=True)), **SETTING)


def test_a_quench_is_a_protocol_of_two_steps():
    protocol = ns.Protocol.between(RING, [(BEFORE, 0), (AFTER, "7/10")], **SETTING)
    for start in ("equilibrium", "steady"):
        found = numbers(QUENCH.jarzynski(start))
        test = protocol.jarzynski(start)
        for label in ("average", "theorem", "mean"):
            assert found[label] == pytest.approx(float(getattr(test, label)), rel=1e-15)
        symmetry = numbers(QUENCH.crooks("3/10", start))
        test = protocol.crooks("3/10", start)
        assert symmetry["forward"] == pytest.approx(float(test.average), rel=1e-15)
        assert symmetry["ratio"] == pytest.approx(float(test.factor), rel=1e-15)
    excess = numbers(QUENCH.hatano_sasa())
    assert excess["average"] == 1
    assert excess["mean"] == pytest.approx(float(protocol.hatano_sasa().mean), rel=1e-15)


def test_a_ramp_is_the_limit_of_many_steps():
    """The error of a staircase falls with the square of its steps."""
    exact = numbers(RAMP.jarzynski("steady"))
    few, many = (staircase(steps).jarzynski("steady", digits=10) for steps in (6, 12))
    for label in ("average", "mean"):
        errors = [float(getattr(test, label)) - exact[label] for test in (few, many)]
        assert abs(errors[1]) < 0.02
        assert errors[0] / errors[1] == pytest.approx(4, rel=0.05)
    excess = numbers(RAMP.hatano_sasa().select(["mean"]))["mean"]
    assert float(staircase(12).hatano_sasa(digits=10).mean) == pytest.approx(excess, rel=0.1)


@pytest.mark.parametrize("driving", [QUENCH, RAMP])
def test_theorems_hold_far_from_equilibrium(driving):
    work = numbers(driving.jarzynski().select(["average", "theorem"]))
    assert work["average"] == pytest.approx(work["theorem"], rel=1e-15)
    assert numbers(driving.crooks("3/10").select(["ratio"]))["ratio"] == 1
    assert numbers(driving.hatano_sasa().select(["average"]))["average"] == 1
    start = {"1": "1/2", "2": "1/3", "3": "1/6"}
    assert set(numbers(driving.fluctuation_theorems(start)).values()) == {1.0}
    assert sum(numbers(driving.relaxation()).values()) == pytest.approx(1, rel=1e-15)


def test_theorems_fail_from_elsewhere():
    elsewhere = {"1": "1/2", "2": "1/3", "3": "1/6"}
    assert numbers(QUENCH.jarzynski("steady"))["average"] == pytest.approx(1.42131278, rel=1e-8)
    assert abs(numbers(QUENCH.hatano_sasa(elsewhere))["average"] - 1) > 0.01
    assert abs(numbers(RAMP.crooks("3/10", "steady"))["ratio"] - 1) > 0.005


def test_symbols_and_slow_ramps():
    slow = ns.Driving(RING, {"1": 0, "2": "x", "3": "a*x"}, "x", "t/T", "T", drive={"3->1": "f"})
    kernel = ns.compile(slow.hatano_sasa().select(["mean"]))
    assert set(kernel.arguments) == {"T", "a", "f"}
    means = [kernel(T=T, a=1.0, f=1.0)["mean"] for T in (1.0, 4.0, 8.0)]
    assert means[0] > means[1] > means[2] > 0
    assert means[2] * 8 == pytest.approx(means[1] * 4, rel=0.3)


def test_without_change_nothing_is_done_but_by_the_drive():
    rest = ns.Driving(RING, dict.fromkeys("123", 0), "x", 0, 1, drive=DRIVE, split="1/2")
    assert numbers(rest.hatano_sasa())["mean"] == 0
    with mpmath.workdps(20):
        power = 3 * Rational(3, 2) / 3 * 2 * mpmath.sinh(mpmath.mpf(3) / 4)
    assert numbers(rest.jarzynski())["mean"] == pytest.approx(float(power), rel=1e-15)


def test_a_jump_at_the_end_and_the_reverse():
    late = ns.Driving(RING, ENERGIES, "x", 0, "7/10", after=1, **SETTING)
    assert late.reversed().before == 1
    back = late.reversed().reversed()
    assert (back.path, back.before, back.after) == (Integer(0), Integer(0), Integer(1))
    work = numbers(late.jarzynski())
    assert work["average"] == pytest.approx(work["theorem"], rel=1e-15)
    # Without a jump before, the steady state is still that of the first energies.
    excess = numbers(late.hatano_sasa())
    assert excess["mean"] == pytest.approx(numbers(QUENCH.hatano_sasa())["mean"], rel=1e-15)


def test_bad_driving():
    one_way = ns.StateGraph.from_text("A -> B ; 1 \n B -> C ; 1 \n C -> A ; 1")
    with pytest.raises(ns.NessError, match="one way"):
        ns.Driving(one_way, {"A": 0, "B": 0, "C": "x"}, "x", "t", 1)
    with pytest.raises(ns.ModelError, match="energ"):
        ns.Driving(RING, {"1": 0}, "x", "t", 1)
    with pytest.raises(ns.ModelError, match="a start is"):
        RAMP.jarzynski("stedy")
