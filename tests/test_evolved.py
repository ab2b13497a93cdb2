"""Linear evolution as one expression: certain digits, derivatives, code."""

from __future__ import annotations

import mpmath
import pytest
from sympy import Integer, Rational, Symbol, cos, exp, symbols

import nesssym as ns
from nesssym.evolved import Evolved
from nesssym.formulas import Steps
from tests import katex

a, b = symbols("a b", positive=True)
t = Symbol("t", real=True)
STEADY = Evolved((1, 2, -a, b, a, -b, 1, 0), (t, 0, b))
DRIVEN = Evolved((1, 0, -a * t, exp(-t), cos(a * t), -t, 1, 2), (t, Rational(1, 2), b))


def formulas(**found):
    return Steps((a, b)).formulas(found)


def solved(expr, dps=20):
    """The same by the solver of another library."""
    entries, (time, low, high) = expr.args
    n = len(expr.parts[0])
    with mpmath.workdps(dps):
        named = Steps((time,)).formulas({str(i): e for i, e in enumerate(entries)})
        kernel = ns.compile(named, backend="mpmath")

        def slope(x, p):
            rows = list(kernel(**{time.name: x} if named.symbols else {}).values())[n:-n]
            return [mpmath.fdot(rows[i * n : (i + 1) * n], p) for i in range(n)]

        start, end = (mpmath.mpf(x.p) / x.q for x in (low, high))
        last = mpmath.odefun(slope, start, [mpmath.mpf(x) for x in entries[-n:]])(end)
        return mpmath.fdot(entries[:n], last)


POINTS = [{a: Integer(2), b: Rational(6, 5)}, {a: Rational(1, 3), b: Rational(4, 5)}]


@pytest.mark.parametrize("expr", [STEADY, DRIVEN])
@pytest.mark.parametrize("point", POINTS)
def test_values(expr, point):
    wanted = solved(expr.subs(point))
    with mpmath.workdps(20):
        named = {symbol.name: value for symbol, value in point.items()}
        got = ns.compile(formulas(v=expr), backend="mpmath")(**named)["v"]
        assert abs(got / wanted - 1) < 1e-17
        assert abs(mpmath.mpf(str(expr.subs(point).evalf(20))) / wanted - 1) < 1e-17
    floats = {name: float(value) for name, value in named.items()}
    assert ns.compile(formulas(v=expr))(**floats)["v"] == pytest.approx(float(wanted), rel=1e-15)


@pytest.mark.parametrize("expr", [STEADY, DRIVEN])
@pytest.mark.parametrize("symbol", [a, b])
def test_derivatives(expr, symbol):
    step = Rational(1, 10**12)
    at = {a: Integer(2), b: Integer(1)}
    with mpmath.workdps(40):
        kernel = ns.compile(formulas(v=expr, d=expr.diff(symbol)), backend="mpmath")
        ends = [
            kernel(**{s.name: x + (way * step if s == symbol else 0) for s, x in at.items()})
            for way in (1, -1)
        ]
        slope = (ends[0]["v"] - ends[1]["v"]) * 10**12 / 2
        found = kernel(a=2, b=1)["d"]
        assert found != 0
        assert abs(slope / found - 1) < 1e-20


def test_a_moving_start():
    moving = Evolved((1, -t, 1), (t, a, b))
    wanted = moving.diff(a).subs({a: 1, b: 2}).evalf(15)
    assert abs(wanted - exp(-Rational(3, 2)).evalf(15)) < 1e-14


def test_endless_time_and_none():
    kernel = ns.compile(formulas(p=Evolved((1, 0, -1, 2, 1, -2, 0, 1), (t, 0, b))))
    assert kernel(b=1e40)["p"] == pytest.approx(2 / 3, rel=1e-15)
    assert kernel(b=1e-300)["p"] == pytest.approx(2e-300, rel=1e-14)


def test_what_depends_on_time_but_little_is_not_taken_for_constant():
    small = Rational(1, 10**12)
    drift = ns.compile(formulas(p=Evolved((1, small * t, 1), (t, 0, b)) - 1), backend="mpmath")
    with mpmath.workdps(25):
        assert abs(drift(b=2)["p"] / (mpmath.expm1(mpmath.mpf(2) / 10**12)) - 1) < 1e-12


def test_code_and_latex():
    made = formulas(v=DRIVEN)
    scope = {}
    exec(made.code("python"), scope)
    (got,) = scope["nesssym_kernel"](2, mpmath.mpf("1.2"))
    assert float(got) == pytest.approx(float(solved(DRIVEN.subs(POINTS[0]))), rel=1e-13)
    with pytest.raises(ns.NessError, match="c has no evolved"):
        made.code("c")
    katex.check(made.latex())


def test_a_very_long_driven_evolution_is_refused():
    with pytest.raises(ns.TooLargeError, match="too fast for the length"):
        ns.compile(formulas(v=DRIVEN))(a=1.0, b=1e6)
