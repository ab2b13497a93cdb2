"""Linear equations that move, against integrals of balls and closed forms."""

from __future__ import annotations

import flint
import pytest
from flint import acb, arb

import nesssym as ns
from nesssym import taylor
from nesssym.backends.rounded import BALLS
from nesssym.special import enclosed_integral
from nesssym.taylor import LINE, transported


def function(name, t):
    """One elementary function of 1 + t, or of a constant, on balls or series."""
    table = BALLS if isinstance(t, acb) else LINE
    return table[name](1 + t, arb(3) / 2) if name == "power" else table[name](1 + t)


@pytest.mark.parametrize("name", LINE)
def test_one_rate_that_moves_is_an_integral(name):
    with flint.ctx.workprec(128):
        [got] = transported(lambda t: [[function(name, t)]], arb(1) / 3, [arb(1)])
        power = enclosed_integral(lambda t: function(name, t), arb(0), arb(1) / 3)
        assert got.overlaps(power.exp())
        assert got.rel_accuracy_bits() > 100


@pytest.mark.parametrize("name", [name for name in LINE if name != "power"])
def test_constants_are_numbers_too(name):
    """A program may hand over an integer."""
    assert LINE[name](2).overlaps(BALLS[name](arb(2)))


def mixing(t):
    up, down = 1 + t * t, t.exp()
    return [[-up, down], [up, -down]]


def test_every_ball_holds_the_solution_at_every_precision():
    with flint.ctx.workprec(800):
        exact = transported(mixing, arb(2), [arb(1), arb(0)])
    for bits in (20, 53, 100, 333):
        with flint.ctx.workprec(bits):
            found = transported(mixing, arb(2), [arb(1), arb(0)])
            for ball, value in zip(found, exact, strict=True):
                assert ball.contains(value)
                assert ball.rel_accuracy_bits() > bits - 20
            assert sum(found, arb(0)).contains(1)


@pytest.mark.parametrize("order", [5, 9, 14])
def test_a_short_series_owns_up_to_what_it_leaves_out(order, monkeypatch):
    exact = transported(mixing, arb(1), [arb(1), arb(0)])
    monkeypatch.setattr(taylor, "_order", lambda growth: order)
    found = transported(mixing, arb(1), [arb(1), arb(0)])
    for ball, value in zip(found, exact, strict=True):
        assert ball.contains(value)
        assert ball.rad() > abs(ball.mid() - value.mid()) > 0


def test_many_jumps_cost_no_digits():
    """A generator a thousand times faster than the time."""
    quick = lambda t: [[-500 - t, 700 + 0 * t], [500 + t, -700 + 0 * t]]  # noqa: E731
    with flint.ctx.workprec(100):
        found = transported(quick, arb(1), [arb(1), arb(0)])
        assert sum(found, arb(0)).contains(1)
        assert min(x.rel_accuracy_bits() for x in found) > 80


def test_two_states_in_closed_form():
    """With constant entries it is the matrix exponential; a turning plane is one too."""
    with flint.ctx.workprec(100):
        found = transported(
            lambda t: [[arb(0), -1 + 0 * t], [1 + 0 * t, arb(0)]], arb(7), [arb(1), arb(0)]
        )
        for got, wanted in zip(found, (arb(7).cos(), arb(7).sin()), strict=True):
            assert got.overlaps(wanted)
            assert got.rel_accuracy_bits() > 80


@pytest.mark.parametrize(
    "rate",
    [
        lambda t: 100000 + t,
        lambda t: 1 / (1 - t),
        lambda t: function("sqrt", -1 - t),
    ],
)
def test_what_is_too_fast_or_not_analytic_is_refused(rate):
    with pytest.raises(ns.TooLargeError, match=r"too fast.*or are not analytic.*Protocol.ramp"):
        transported(lambda t: [[rate(t)]], arb(1), [arb(1)])
