"""Steady states where rate constants are irrational: found by the search, with the same proof."""

import pytest
import sympy
from sympy import E, Rational, exp, log, pi, sqrt

import nesssym as ns
from nesssym.exact.boxes import System, all_roots
from nesssym.exact.constants import ball, distinct

SCHLOEGL = "A + 2 X <-> 3 X ; a, b \n B <-> X ; c, d"


def states(bounds=(0, 100), **values):
    r = ns.ReactionNetwork.from_text(SCHLOEGL, {"A": 1, "B": 1})
    return ns.steady_states(r, values=values, bounds={"X": bounds} if bounds else None)


@pytest.mark.parametrize("factor", [exp(-2), pi, sqrt(2), 1 + sqrt(3), log(2) / 7])
def test_a_common_factor_changes_nothing(factor):
    """x^3 - 6 x^2 + 11 x - 6 has the roots 1, 2 and 3, in whatever unit of time."""
    found = states(a=6 * factor, b=factor, c=6 * factor, d=11 * factor)
    assert [float(ss["X"]) for ss in found] == [1, 2, 3]
    assert [ss.stability for ss in found] == ["stable", "unstable", "stable"]
    current = found[1].currents["R1"].evalf(30)
    assert abs(current - (6 * 4 - 8) * factor) < Rational(1, 10**25)
    assert "one of 3 states with 1e-100 < X < 100" in found[0].proof


def test_irrational_states_to_many_digits():
    """(x - sqrt(2)) (x - pi) (x - E), against these numbers."""
    a, c, d = sqrt(2) + pi + E, sqrt(2) * pi * E, sqrt(2) * pi + pi * E + sqrt(2) * E
    found = states(a=a, b=1, c=c, d=d)
    for ss, number in zip(found, (sqrt(2), E, pi), strict=True):
        assert abs(ss.values(50)["X"] - ball(number)) < 1e-14
        assert abs(ss["X"].evalf(50) - number.evalf(60)) < Rational(1, 10**48)


def test_what_needs_no_search():
    """Each unknown follows from another."""
    r = ns.ReactionNetwork.from_text("2 A <-> B ; sqrt(2), 1 \n A <-> 0 ; 1, 1")
    (ss,) = ns.steady_states(r)
    assert ss["A"] == 1
    assert ss["B"].evalf(20) == sqrt(2).evalf(20)
    assert "one unknown follows from the other" in ss.proof


def test_where_bounds_are_missing_this_is_said():
    with pytest.raises(ns.TooLargeError, match=r"hold pi, and exact .* bounds=\{'X': \(low, high"):
        states(None, a=6, b=1, c=2 * pi, d=11)


def test_a_function_without_balls_is_named():
    with pytest.raises(ns.TooLargeError, match=r"no enclosure of zeta\(3\) is known; give"):
        ball(1 + sympy.zeta(3))


def test_coefficients_of_one_sign_have_no_root():
    """That sqrt(2) > 1 is seen from balls only."""
    assert all_roots(System((((sqrt(2) - 1, (1,)), (pi - 3, (0,))),)), [1e-9], [1e9]) == []


@pytest.mark.parametrize(
    "number",
    [exp(-2) + pi / 3, sqrt(2) ** 3, sympy.cosh(Rational(1, 3)), 2**pi, log(3) * sympy.gamma(pi)],
)
def test_balls_of_constants(number):
    assert ball(number).overlaps(distinct(number))
    assert abs(float(ball(number)) / float(number) - 1) < 1e-14


def test_what_is_zero_is_not_guessed():
    zero = sqrt(5 + 2 * sqrt(6)) - sqrt(2) - sqrt(3)
    with pytest.raises(ns.TooLargeError, match="cannot be told from zero"):
        distinct(zero)
    assert distinct(zero + Rational(1, 10**100)) > 0
