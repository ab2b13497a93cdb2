"""Concentrations in time: closed forms, certified numbers, and what is refused."""

from __future__ import annotations

import flint
import mpmath
import numpy as np
import pytest
from sympy import Rational, Symbol, exp

import nesssym as ns
from nesssym.kinetics import Move, concentration, enclosed_solution
from nesssym.special import exprel

CLOSED = [
    "A <-> B",
    "A + B <-> C",
    "2 A <-> B",
    "A <-> B + C",
    "A -> B",
    "0 <-> A",
]
LOOP = "2 A <-> B ; 6/5, 2/5 \n A + B <-> C ; 4/5, 1/2 \n C <-> 3 A ; 3/10, 36/25"
START = {"A": "3/2", "B": "1/10", "C": "1/50"}


def _values(formulas):
    return {s: Rational(k + 3, k + 2) for k, s in enumerate(formulas.symbols)}


@pytest.mark.parametrize("text", CLOSED)
def test_closed_forms_obey_the_rate_equations(text):
    network = ns.ReactionNetwork.from_text(text)
    course = ns.time_course(network)
    t = next(s for s in course.symbols if s.name == "t")
    assert not any(e.has(concentration) for e in course.exprs)
    values = _values(course)
    closed = {s: course[s].replace(exprel, lambda z: (exp(z) - 1) / z) for s in course}
    now = {ns.parsing.symbol(s): x.xreplace(values).evalf(40) for s, x in closed.items()}
    for s, rate in network.rate_equations().items():
        slope = closed[s].diff(t).xreplace(values)
        assert abs((slope - rate.xreplace(now).xreplace(values)).evalf(40)) < 1e-30
        at_start = course.at({**values, t: 0})[s]
        assert abs((at_start - values[ns.parsing.symbol(f"{s}_0")]).evalf(40)) < 1e-30


@pytest.mark.parametrize("text", CLOSED)
def test_closed_forms_agree_with_integration(text):
    network = ns.ReactionNetwork.from_text(text)
    course = ns.time_course(network)
    values = {s: ns.parsing.number(float(v)) for s, v in _values(course).items()}
    named = {s.name: v for s, v in values.items()}
    start = {s: named[f"{s}_0"] for s in network.internal}
    moves = []
    for r, (a, b), rates in zip(network.reactions, network.sides, network.rates, strict=True):
        for side, rate, sign in ((a, rates[0], 1), (b, rates[1], -1)):
            if rate != 0:
                k = rate.xreplace({ns.parsing.symbol(s): 1 for s in network.species})
                orders = [side[s] for s in network.internal]
                changes = [sign * r.change.get(s, 0) for s in network.internal]
                moves.append(Move(k.xreplace(values), orders, changes))
    by_steps = {
        s: concentration.of(i, named["t"], list(start.values()), moves) for i, s in enumerate(start)
    }
    wanted = ns.compile(by_steps)()
    got = ns.compile(course)(**{name: float(v) for name, v in named.items()})
    assert got == pytest.approx(wanted, rel=1e-15)


def test_a_network_without_closed_form_agrees_with_mpmath():
    course = ns.time_course(ns.ReactionNetwork.from_text(LOOP), START)
    with mpmath.workdps(20):
        solution = mpmath.odefun(
            lambda _, x: (
                [
                    -2 * (1.2 * x[0] ** 2 - 0.4 * x[1]) - v + 3 * w,
                    1.2 * x[0] ** 2 - 0.4 * x[1] - v,
                    v - w,
                ]
                if (v := 0.8 * x[0] * x[1] - 0.5 * x[2], w := 0.3 * x[2] - 1.44 * x[0] ** 3)
                else []
            ),
            0,
            [mpmath.mpf(3) / 2, mpmath.mpf(1) / 10, mpmath.mpf(1) / 50],
        )
        wanted = [float(x) for x in solution(mpmath.mpf(1) / 8)]
    assert list(ns.compile(course)(t=0.125).values()) == pytest.approx(wanted, rel=1e-13)
    scope = {}
    exec(course.code("python"), scope)
    assert list(map(float, scope["nesssym_kernel"](0.125))) == pytest.approx(wanted, rel=1e-12)


def test_balls_hold_a_solution_that_is_known():
    for bits in (60, 150, 400):
        with flint.ctx.workprec(bits):
            rate, time = flint.arb(3), flint.arb(flint.fmpq(7, 5))
            (x,) = enclosed_solution([flint.arb(2)], [Move(rate, [1], [-1])], time)
            (y,) = enclosed_solution([flint.arb(2)], [Move(rate, [2], [-1])], time)
        with flint.ctx.workprec(2 * bits):
            assert x.contains(2 * (-3 * flint.arb(flint.fmpq(7, 5))).exp())
            assert y.contains(1 / (flint.arb(flint.fmpq(1, 2)) + 3 * flint.fmpq(7, 5)))
            assert min(x.rel_accuracy_bits(), y.rel_accuracy_bits()) > bits - 30


def test_a_solution_that_blows_up_is_refused():
    network = ns.ReactionNetwork.from_text("2 A -> 3 A ; 1")
    kernel = ns.compile(ns.time_course(network, {"A": 1}))
    assert kernel(t=0.5)["A"] == 2
    with pytest.raises(ns.TooLargeError, match="takes more than 5000 steps"):
        kernel(t=1.5)


def test_time_derivative_is_the_rate_equation():
    network = ns.ReactionNetwork.from_text(LOOP)
    course = ns.time_course(network, START)
    t = Symbol("t", nonnegative=True)
    now = {ns.parsing.symbol(s): course[s] for s in course}
    for s, rate in network.rate_equations().items():
        assert (course[s].diff(t) - rate.xreplace(now)).expand() == 0


def test_arrays_start_at_the_start():
    course = ns.time_course(ns.ReactionNetwork.from_text("A + B <-> C ; 2, 1"), {"C": 0})
    got = ns.compile(course)(A_0=1.0, B_0=0.5, t=np.array([0.0, 50.0]))
    assert got["C"][0] == 0
    assert got["C"][1] == pytest.approx(1 - 0.5**0.5, rel=1e-15)


def test_nothing_there_at_the_start():
    course = ns.time_course(ns.ReactionNetwork.from_text("0 -> A ; 2 \n 2 A -> 0 ; 1"), {"A": 0})
    assert ns.compile(course)(t=20.0)["A"] == pytest.approx(1, rel=1e-15)


def test_chemostats_keep_their_concentrations():
    network = ns.ReactionNetwork.from_text("S <-> X ; k, kr \n X -> P ; c", ["S", "P"])
    course = ns.time_course(network, {"X": 0})
    assert set(course) == {"X"}
    values = {"k": 2, "kr": 1, "c": 3, "S": 5, "P": 1, "t": 0}
    assert course.at(values)["X"] == 0


@pytest.mark.parametrize(
    ("text", "start", "error", "message"),
    [
        ("A -> B ; v = A/(1 + A)", {}, ns.ModelError, "R1 has a rate law of its own"),
        ("A <-> B", {"A": -1}, ns.ModelError, "the concentration of A at the start is -1"),
        ("A <-> B", {"Q": 1}, ns.UnknownNameError, "'Q'"),
        ("A <-> B ; A_0, k", {}, ns.NameClashError, "A_0 is already in use; give A in start"),
        (
            "A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 1, 7",
            {},
            ns.PerpetualMotionError,
            "drive the cycle R1",
        ),
    ],
)
def test_bad_input(text, start, error, message):
    with pytest.raises(error, match=message):
        ns.time_course(ns.ReactionNetwork.from_text(text), start)
