"""Special functions, integrals and certified roots in kernels."""

from __future__ import annotations

import flint
import mpmath
import numpy as np
import pytest
import sympy
from sympy import Integral, Rational, Symbol, besselk, cos, exp, oo, pi, sqrt, symbols

import nesssym as ns
from nesssym.roots import RootIn
from nesssym.special import atanhc, besseli_modulus, exprel

f, u, x, a = symbols("f u x a", positive=True)
t = Symbol("t", real=True)


def by_mpmath(function):
    with mpmath.workdps(40):
        return function()


CASES = {
    "bessel": (besselk(Rational(1, 3), x), lambda: mpmath.besselk(mpmath.mpf(1) / 3, 0.5)),
    "modulus": (
        besseli_modulus(f, u),
        lambda: abs(mpmath.besseli(1.25j, mpmath.mpf(2))) ** 2,
    ),
    "erfc": (sympy.erfc(9 * x), lambda: mpmath.erfc(4.5)),
    "lambert": (sympy.LambertW(-2 * exp(-2)), lambda: mpmath.lambertw(-2 * mpmath.exp(-2)).real),
    "lower": (sympy.LambertW(-x / 2, -1), lambda: mpmath.lambertw(-0.25, -1).real),
    "kummer": (sympy.hyper((x,), (a,), -u), lambda: mpmath.hyp1f1(0.5, 3, -2)),
    "exprel": (exprel(-x, 2), lambda: mpmath.hyp1f1(1, 3, -0.5)),
    "arctan": (atanhc(-u), lambda: mpmath.atan(mpmath.sqrt(2)) / mpmath.sqrt(2)),
    "artanh": (atanhc(x), lambda: mpmath.atanh(mpmath.sqrt(0.5)) / mpmath.sqrt(0.5)),
    "integral": (
        Integral(sqrt(t + x) * exp(u * cos(t)), (t, 0, 2 * pi)),
        lambda: mpmath.quad(
            lambda y: mpmath.sqrt(y + 0.5) * mpmath.exp(2 * mpmath.cos(y)),
            mpmath.linspace(0, 2 * mpmath.pi, 9),
        ),
    ),
    "nested": (
        Integral(Integral(exp(-f * t * a), (a, x, t)), (t, x, u)),
        lambda: mpmath.quad(
            lambda y: mpmath.quad(lambda z: mpmath.exp(-1.25 * y * z), [0.5, y]), [0.5, 2]
        ),
    ),
    "root": (RootIn(t**3 + t - a, (t, 0, a)), lambda: mpmath.findroot(lambda y: y**3 + y - 3, 1)),
    "search": (
        RootIn(cos(t) - x * t, (t, 0, oo)),
        lambda: mpmath.findroot(lambda y: mpmath.cos(y) - y / 2, 1),
    ),
}
VALUES = {"f": 1.25, "u": 2.0, "x": 0.5, "a": 3.0}


@pytest.mark.parametrize("case", CASES)
def test_kernels_agree_with_mpmath(case):
    expr, wanted = CASES[case]
    right = by_mpmath(wanted)
    values = {s.name: VALUES[s.name] for s in expr.free_symbols}
    assert ns.compile(expr)(**values)["value"] == float(right)
    with mpmath.workdps(30):
        got = ns.compile(expr, backend="mpmath")(**values)["value"]
        assert abs(got - right) < abs(right) * mpmath.mpf(10) ** -29
    ball = ns.compile(expr, backend="arb")(**values)["value"]
    assert abs(float(ball) - right) < abs(right) * 1e-13
    if case == "nested":
        return  # SymPy does not evaluate iterated integrals
    exact = ns.compile(expr, backend="exact")(**values)["value"]
    assert abs(float(exact.evalf(20)) - right) < 1e-15 * abs(right)


@pytest.mark.parametrize("case", CASES)
def test_python_source_runs_with_mpmath(case):
    expr, wanted = CASES[case]
    values = {s.name: VALUES[s.name] for s in expr.free_symbols}
    formulas = ns.Formulas(("value",), (expr,))
    scope = {}
    exec(formulas.code("python"), scope)
    (got,) = scope["nesssym_kernel"](*(values[s.name] for s in formulas.symbols))
    assert float(mpmath.re(got)) == pytest.approx(float(by_mpmath(wanted)), rel=1e-13)
    with pytest.raises(ns.NessError, match=r"c has no .*; write 'python', which takes them from"):
        formulas.code("c")


@pytest.mark.parametrize(
    ("expr", "limit"), [(exprel(t), 1), (exprel(t, 2), 1), (atanhc(t), 1), (1 / exprel(-t), 1)]
)
def test_removable_singularities_are_limits_from_both_sides(expr, limit):
    kernel = ns.compile(expr)
    near = kernel(t=np.array([-1e-12, -1e-300, 0.0, 1e-300, 1e-12]))["value"]
    assert near[1] == near[2] == near[3] == limit
    assert (near[0] - limit) * (near[4] - limit) < 0
    assert near == pytest.approx(limit, abs=1e-12)


@pytest.mark.parametrize("expr", [exprel(t), exprel(t, 3), atanhc(t)])
def test_derivatives(expr):
    h = Rational(1, 10**8)
    for at in (Rational(-3, 2), Rational(1, 2)):
        slope = (expr.subs(t, at + h) - expr.subs(t, at - h)).evalf(40) / (2 * h)
        assert abs(expr.diff(t).subs(t, at).evalf(30) - slope) < 1e-14


def test_a_root_depends_on_its_parameters():
    root = RootIn(t**3 + x * t - a, (t, 0, oo))
    h = Rational(1, 10**8)
    values = {x: Rational(1, 2), a: 3}
    for s in (x, a):
        up, down = (root.xreplace({**values, s: values[s] + way}).evalf(40) for way in (h, -h))
        assert abs(root.diff(s).xreplace(values).evalf(30) - (up - down) / (2 * h)) < 1e-14


def test_a_root_that_is_not_there_is_an_error():
    kernel = ns.compile({"r": RootIn(t - a, (t, 0, 1))})
    assert kernel(a=0.25) == {"r": 0.25}
    with pytest.raises(ns.ParameterError, match=r"result 'r' is undefined at index \(1,\)"):
        kernel(a=np.array([0.5, 1.5]))


def test_a_root_encloses():
    with flint.ctx.workprec(200):
        ball = ns.compile(RootIn(t**2 - a, (t, 0, oo)), backend="arb")(a=2)["value"]
        assert ball.contains(flint.arb(2).sqrt())
        assert ball.rel_accuracy_bits() > 180


def test_what_cancels_is_still_right():
    kernel = ns.compile(sympy.erf(x) - sympy.erf(x + Rational(1, 10**30)))
    assert kernel(x=1.0)["value"] == pytest.approx(-2e-30 / np.sqrt(np.pi) / np.e, rel=1e-14)


def test_arrays_broadcast():
    kernel = ns.compile({"k": besselk(0, x) * a, "m": sympy.erf(x)})
    got = kernel(x=np.array([0.5, 1.0, 2.0]), a=np.array([[1.0], [3.0]]))
    assert got["k"].shape == got["m"].shape == (2, 3)
    assert got["k"][1, 2] == kernel(x=2.0, a=3.0)["k"]


def test_integrals_and_roots_typeset():
    latex = ns.Formulas(("v", "r"), (CASES["integral"][0], CASES["root"][0])).latex()
    assert r"\int\limits_{0}^{2 \pi}" in latex
    assert r"\operatorname{root}_{t\in\left(0,a\right)}" in latex


def test_bad_arguments_of_special_functions():
    with pytest.raises(ns.ParameterError, match="result 'value' is undefined"):
        ns.compile(sympy.LambertW(-u))(u=1.0)
    with pytest.raises(ns.NessError, match="definite integrals only"):
        ns.compile(Integral(exp(t), t))
    with pytest.raises(ns.UnknownNameError, match="backend"):
        ns.compile(besselk(0, x), backend="nonsense")


@pytest.mark.parametrize("root", [1, 2, "1/4", 1024, "1/3"])
def test_a_root_where_the_search_looks_is_found(root):
    x, a = Symbol("x", positive=True), Symbol("a", positive=True)
    kernel = ns.compile({"r": RootIn(x**3 + x - a**3 - a, (x, 0, oo))}, backend="arb")
    assert kernel(a=root)["r"].contains(flint.fmpq(*map(int, (*str(root).split("/"), 1)[:2])))
