"""Straight-line programs: one program, every type of number, no digit lost on the way."""

from __future__ import annotations

import ctypes
import math
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import flint
import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Rational, Symbol, exp, log, sqrt, symbols

from nesssym.errors import NessError, UnknownNameError
from nesssym.functions import logratio
from nesssym.programs.emit import numpy_source, python_source
from nesssym.programs.floating import floating
from nesssym.programs.languages import LANGUAGES, source
from nesssym.programs.program import lower

a, b, c, d, x = ARGUMENTS = symbols("a b c d x", positive=True)
s, z = symbols("s z", positive=True)


def run(exprs: list[Any], *values: Any, steps: Any = (), **functions: Any) -> Any:
    scope: dict[str, Any] = dict(functions)
    exec(python_source(lower(exprs, steps, ARGUMENTS[: len(values)])), scope)
    return scope["kernel"](*values)


def ops(expr: Any, steps: Any = ()) -> list[str]:
    instructions = lower([expr], steps, ARGUMENTS).instructions
    return [i.op for i in instructions if i.op not in ("argument", "constant")]


@pytest.mark.parametrize(
    "kind", [float, Fraction, flint.fmpq, mpmath.mpf, flint.arb, Integer, mpmath.iv.mpf]
)
def test_one_program_runs_on_every_number(kind: Any) -> None:
    steps = [(s, a + b), (z, s * a + 3 * b**2 / 4)]
    exprs = [a / s, 1 / z**2 - 2 * b, -s / 7]
    got = run(exprs, kind(2), kind(3), steps=steps)
    wanted = (Rational(2, 5), Rational(16, 67**2) - 6, Rational(-5, 7))
    for g, w in zip(got, wanted, strict=True):
        if kind in (Fraction, flint.fmpq, Integer):
            assert g == kind(w.p) / kind(w.q)
        elif kind is flint.arb:
            assert g.contains(flint.arb(flint.fmpq(w.p, w.q)))
        elif kind is mpmath.iv.mpf:
            assert g.a <= float(w) <= g.b or abs(g - float(w)) < 1e-15
        else:
            assert float(g) == pytest.approx(float(w), rel=1e-15)


def test_symbols_run_through_the_program() -> None:
    assert run([(a + b) / a], c, d) == ((c + d) / c,)


@pytest.mark.parametrize(
    ("expr", "wanted"),
    [
        (exp(x) - 1, ["expm1"]),
        (1 - exp(x), ["expm1", "neg"]),
        (2 * exp(x) - 2, ["expm1", "mul"]),
        (a * (exp(x) - 1), ["expm1", "mul"]),
        (a * exp(x) - a, ["expm1", "mul"]),
        (log(1 + x), ["log1p"]),
        (log(1 - x), ["neg", "log1p"]),
        (log(1 + a * b), ["mul", "log1p"]),
        (log(2 + x), ["add", "log"]),
        (log(2 - x), ["sub", "log"]),
        (a / b, ["div"]),
        (a / (b * c**2), ["mul", "mul", "div"]),
        (1 / x, ["div"]),
        (x**4, ["mul", "mul"]),
        (sqrt(x), ["sqrt"]),
        (x ** Rational(-3, 2), ["sqrt", "mul", "mul", "div"]),
        (x ** Rational(1, 3), ["pow"]),
        (a - b, ["sub"]),
        (-a - b, ["add", "neg"]),
        (a - b - c, ["add", "sub"]),
        (exp(1) * a, ["exp", "mul"]),
    ],
)
def test_operations(expr: Any, wanted: list[str]) -> None:
    assert ops(expr) == wanted


def test_peepholes_see_through_steps_and_not_through_argument_numbers() -> None:
    assert ops(s - 1, [(s, exp(x))]) == ["expm1"]
    assert ops(log(s), [(s, 1 + x)]) == ["log1p"]
    assert ops(exp(x) - b) == ["exp", "sub"]
    assert ops(log(b + x)) == ["add", "log"]


def test_equal_parts_are_computed_once() -> None:
    assert ops(a * b + exp(b * a)) == ["mul", "exp", "add"]
    assert ops(c * (a + b) / (1 + (b + a) ** 2)).count("add") == 2
    assert ops(s * z, [(s, a + b), (z, 1 / (a + b))]) == ["add", "div", "mul"]


def test_deep_and_wide_expressions_need_no_recursion() -> None:
    deep: Any = a
    for _ in range(150):
        deep = 1 / (1 + deep)
    long = symbols("s1:5000")
    steps = [(new, 1 + old) for new, old in zip(long, (deep, *long), strict=False)]
    (got,) = run([long[-1]], Fraction(1), steps=steps)
    assert got == len(long) + Fraction(int(sympy.fibonacci(151)), int(sympy.fibonacci(152)))
    wide = sympy.Add(*symbols("w1:4000"))
    assert len(lower([wide], [], symbols("w1:4000")).instructions) == 2 * 3999 - 1


def test_what_floats_get() -> None:
    ratio = floating(lower([logratio(a, b, c)], [], ARGUMENTS))
    assert "asinh" in [i.op for i in ratio.instructions]
    thirds = floating(lower([a / 3 + b / 3, a / s, b / s], [(s, sympy.Integer(3))], ARGUMENTS))
    assert {i.op for i in thirds.instructions} == {"argument", "constant", "div", "add"}
    cycle = floating(lower([x / s], [(s, a * b * Rational(2, 3) - c * d)], ARGUMENTS))
    assert [i.op for i in cycle.instructions].count("difference") == 1
    plain = floating(lower([a - b, s * z - c], [(s, a + b), (z, c + d)], ARGUMENTS))
    assert "difference" not in [i.op for i in plain.instructions]


def test_fractions_stay_exact() -> None:
    got = run([x ** Rational(1, 3) + Rational(1, 3)], 1, 1, 1, 1, 1, rational=Rational)
    assert got == (Rational(4, 3),)


@pytest.mark.parametrize("bad", [sympy.airyai(x), sympy.I * x, sympy.oo, Symbol("stranger") + x])
def test_what_kernels_cannot_do_is_refused(bad: Any) -> None:
    with pytest.raises(NessError, match=r"airyai|ImaginaryUnit|Infinity|stranger"):
        lower([bad], [], ARGUMENTS)


def test_constants_beyond_float64_are_refused() -> None:
    with pytest.raises(NessError, match="beyond float64"):
        numpy_source(lower([x * 10**400], [], ARGUMENTS))
    with pytest.raises(NessError, match="beyond float64"):
        numpy_source(lower([x / 10**400], [], ARGUMENTS))


AWKWARD = ["lambda", "numpy", "t1", "kernel", "exp", "Exp", "k-1", "int", "N", "r1", "results", "π"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_awkward_names_are_renamed_and_said(language: str) -> None:
    awkward = symbols(AWKWARD, positive=True)
    text = source(language, "f", ["a\n*/ *) b"], [sympy.Add(*awkward)], [], awkward)
    assert text.isascii()
    assert "is lambda" in text
    assert "is k-1" in text
    assert "\n*/" not in text
    if language == "python":
        scope: dict[str, Any] = {}
        exec(text, scope)
        assert scope["f"](*range(len(AWKWARD))) == (sum(range(len(AWKWARD))),)


def test_unknown_language_and_bad_name() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown language 'cobol'.*fortran"):
        source("cobol", "f", ["x"], [x], [], [x])
    for name in ("a b", "for", "1x", "exp"):
        with pytest.raises(NessError, match="can't be the name of a function"):
            source("python", name, ["x"], [x], [], [x])


def test_python_source_runs_alone() -> None:
    scope: dict[str, Any] = {}
    exec(source("python", "f", ["y", "w"], [exp(a) - 1, sympy.pi * b], [], [a, b]), scope)
    assert scope["f"](1e-12, 1.0) == (math.expm1(1e-12), math.pi)


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler (cc) on this machine")
def test_c_compiles_and_agrees(tmp_path: Path) -> None:
    steps = [(s, a + b), (z, s * x / 3)]
    exprs = [
        a / s,
        exp(z) - 1,
        logratio(a, b, a - b),
        b / s - x**3,
        x ** Rational(1, 3),
        s * sqrt(x),
    ]
    text = source("c", "f", list("uvwxyz"), exprs, steps, [a, b, x])
    (tmp_path / "f.c").write_text(text)
    flags = ["-O2", "-Wall", "-Werror", "-std=c99", "-shared", "-fPIC"]
    command = ["cc", *flags, "f.c", "-o", "f.so", "-lm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    results = (ctypes.c_double * len(exprs))()
    values = (0.3, 1.7, 0.25)
    ctypes.CDLL(str(tmp_path / "f.so")).f(*map(ctypes.c_double, values), results)
    env = dict(zip((a, b, x), map(Rational, values), strict=True))
    env |= {s: (a + b).xreplace(env)}
    env |= {z: (s * x / 3).xreplace(env)}
    wanted = [float(e.xreplace(env).doit().evalf(30)) for e in exprs]
    assert list(results) == pytest.approx(wanted, rel=1e-14)


def test_fortran_lines_are_short() -> None:
    many = symbols("rate_with_a_long_name_1:40", positive=True)
    text = source("fortran", "f", ["p"], [sympy.Mul(*many) + sympy.Add(*many)], [], many)
    assert max(map(len, text.splitlines())) <= 132


def test_mathematica_has_no_underscores_in_names() -> None:
    text = source("mathematica", "my_f", ["y"], [Symbol("k_1") * Symbol("E")], [], symbols("k_1 E"))
    assert "myf[v1_, v2_] := " in text


leaves = st.sampled_from([a, b, c, Integer(2), Rational(1, 3)])


def combine(children: Any) -> Any:
    two = st.tuples(children, children)
    return st.one_of(
        two.map(lambda p: p[0] + p[1]),
        two.map(lambda p: p[0] * p[1]),
        two.map(lambda p: p[0] - p[1]),
        two.map(lambda p: p[0] / (p[1] ** 2 + 1)),
        st.tuples(children, st.integers(2, 4)).map(lambda p: p[0] ** p[1]),
    )


rationals = st.fractions(Fraction(1, 100), 100, max_denominator=100)


@settings(max_examples=80, deadline=None)
@given(st.recursive(leaves, combine, max_leaves=12), st.tuples(rationals, rationals, rationals))
def test_random_expressions_are_exact(expr: Any, values: tuple[Fraction, ...]) -> None:
    exact = [Rational(v.numerator, v.denominator) for v in values]
    wanted = expr.xreplace(dict(zip((a, b, c), exact, strict=True)))
    for improve in (lambda p: p, floating):
        scope: dict[str, Any] = {
            "rational": Rational,
            "difference": lambda m, n: math.prod(map(Rational, m)) - math.prod(map(Rational, n)),
        }
        exec(python_source(improve(lower([expr], [], [a, b, c]))), scope)
        assert scope["kernel"](*exact)[0] == wanted
