"""Kernels: checked, broadcasting, picklable, and right over the whole range of float64."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Rational, exp, log, symbols

from nesssym.backends import blocks
from nesssym.backends import registry as backends
from nesssym.backends.compensated import difference
from nesssym.errors import NessError, ParameterError, ParseError, UnknownNameError
from nesssym.formulas import Formulas
from nesssym.functions import logratio
from nesssym.kernels import compile

a, b, c, d, e, f, x = symbols("a b c d e f x", positive=True)
s, z = symbols("s z", positive=True)
CYCLE = Formulas(
    ("p", "J", "F"),
    (a * b / z, s / z, log(a * b / (c * d))),
    steps=((s, a * b - c * d), (z, a * b + c * d + x)),
    symbols=(a, b, c, d, x),
    unit="1/time",
)
VALUES = {"a": 3.0, "b": 0.5, "c": 0.25, "d": 2.0, "x": 7.0}


def chain(n: int) -> Formulas:
    """Probabilities of n states in a row, x_i = x_(i-1) u_i/w_i."""
    up, down = symbols(f"u1:{n}", positive=True), symbols(f"w1:{n}", positive=True)
    state = symbols(f"x1:{n}", positive=True)
    previous = (sympy.Integer(1), *state)
    steps = [(new, old * u / w) for new, old, u, w in zip(state, previous, up, down, strict=False)]
    total = sympy.Symbol("Z", positive=True)
    steps.append((total, sympy.Add(*previous)))
    labels = tuple(f"p{i}" for i in range(n))
    return Formulas(labels, tuple(p / total for p in previous), tuple(steps), (*up, *down))


def exact_chain(values: Sequence[float], n: int) -> list[Fraction]:
    up, down = values[: n - 1], values[n - 1 :]
    weights = [Fraction(1)]
    for u, w in zip(up, down, strict=True):
        weights.append(weights[-1] * Fraction(u) / Fraction(w))
    return [w / sum(weights) for w in weights]


def worst(got: Any, wanted: Sequence[Fraction]) -> float:
    tiny = Fraction(2) ** -1022
    errors = (
        abs(Fraction(float(g)) - w) / max(abs(w), tiny) for g, w in zip(got, wanted, strict=True)
    )
    return float(max(errors))


def test_scalars_in_floats_out() -> None:
    k = compile(CYCLE)
    assert (k.arguments, k.labels, k.unit) == (("a", "b", "c", "d", "x"), ("p", "J", "F"), "1/time")
    got = k(**VALUES)
    assert {type(v) for v in got.values()} == {float}
    assert got == pytest.approx({"p": 1.5 / 9, "J": 1 / 9, "F": np.log(3)}, rel=1e-15)
    assert k.source.startswith("def kernel(a, b, c, d, x):")


def test_arrays_broadcast_and_agree_with_scalars() -> None:
    k = compile(CYCLE)
    many = k(**VALUES | {"a": np.array([[1.0], [2]]), "x": [1, 2, 3]})
    assert {v.shape for v in many.values()} == {(2, 3)}
    one = k(**VALUES | {"a": 2.0, "x": 3})
    assert {label: v[1, 2] for label, v in many.items()} == pytest.approx(one, rel=4e-16)
    rows = np.array([[VALUES[name]] * 4 for name in k.arguments]).reshape(5, 2, 2)
    assert k.array(rows).shape == (3, 2, 2)
    assert k.array(rows)[:, 1, 1] == pytest.approx(list(k(**VALUES).values()), rel=4e-16)
    assert k.array([1, 2, 3, 4, 5]).shape == (3,)
    assert k.array(np.ones((5, 0))).shape == (3, 0)


def test_blocks_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 8)
    k = compile(chain(4))
    values = np.random.default_rng(1).uniform(0.1, 9, (6, 29))
    for column, got in zip(values.T, k.array(values).T, strict=True):
        assert worst(got, exact_chain(column, 4)) < 4e-15


def test_results_that_are_constants_or_parameters() -> None:
    k = compile([sympy.Integer(1), sympy.pi / 2, a, a, a + b, b + a])
    got = k(a=[1.0, 2.0], b=1.0)
    assert {v.shape for v in got.values()} == {(2,)}
    rows = [[1, 1], [np.pi / 2] * 2, [1, 2], [1, 2], [2, 3], [2, 3]]
    assert np.array(list(got.values())).tolist() == rows
    assert compile(sympy.Integer(3))() == {"value": 3.0}


@pytest.mark.parametrize("backend", ["numpy", "exact", "mpmath", "arb"])
def test_pickle(backend: str) -> None:
    k = compile(CYCLE, backend)
    before = k(**VALUES)
    after = pickle.loads(pickle.dumps(k))(**VALUES)
    assert list(map(str, before.values())) == list(map(str, after.values()))


def test_many_threads() -> None:
    k = compile(chain(6))
    values = 2.0 ** np.random.default_rng(2).uniform(-300, 300, (8, 10, 5_000))
    wanted = [k.array(v) for v in values]
    got: dict[int, Any] = {}
    threads = [
        threading.Thread(target=lambda i=i: got.update({i: k.array(values[i])})) for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((got[i] == wanted[i]).all() for i in range(8))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-1.0, r"a must be positive; got -1.0$"),
        (0, r"a must be positive; got 0"),
        (float("nan"), r"a must be positive; got nan"),
        (float("inf"), r"a must be positive; got inf"),
        (10**400, r"a must be positive; got 1000"),
        ([[1, 2], [3, 4], [5, 6], [-1, 0]], r"a must be positive; got -1.0 at index \(3, 0\)"),
        ([1, np.nan, -1], r"a must be positive; got nan at index \(1,\)"),
        ([1, 2, np.inf], r"got inf at index \(2,\)"),
        (1j, "a must be real numbers; got an array of complex128"),
        ([1, 2j], "a must be real numbers"),
        ("1", "a must be real numbers.*text values are for backend='exact'"),
        (Fraction(1, 2), "a must be real numbers; got an array of object"),
        (True, "a must be real numbers; got an array of bool"),
        (None, "a must be real numbers"),
    ],
)
def test_bad_values_are_named(value: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        compile(CYCLE)(**VALUES | {"a": value})


def test_bounds_follow_the_symbols() -> None:
    real, zero = sympy.Symbol("r", real=True), sympy.Symbol("n", nonnegative=True)
    k = compile(real + zero)
    assert k(r=-1.0, n=0.0) == {"value": -1.0}
    assert k(r=np.array([-1.0]), n=np.array([0.0]))["value"] == [-1.0]
    for bad in (-1e-320, np.array([-5e-324])):
        with pytest.raises(ParameterError, match="n must not be negative"):
            k(r=1.0, n=bad)
    with pytest.raises(ParameterError, match="r must be finite; got nan"):
        k(r=np.nan, n=1.0)
    with pytest.raises(ParameterError, match=r"r must be finite; got -inf at index \(1,\)"):
        k(r=[1, -np.inf], n=1.0)


@pytest.mark.parametrize("backend", ["numpy", "exact", "arb"])
def test_assumptions_are_checked(backend: str) -> None:
    k = compile(Formulas(("y",), (1 / (a - b),), assume=(a - b,)), backend)
    assert float(k(a=3, b=1)["y"]) == 0.5
    with pytest.raises(ParameterError, match=r"a - b must be positive; got -2"):
        k(a=1, b=3)
    with pytest.raises(ParameterError, match=r"a - b must be positive; got 0.* at index \(1,\)"):
        k(a=[3, 1], b=1)


def test_unknown_and_missing_names() -> None:
    k = compile(CYCLE)
    with pytest.raises(UnknownNameError, match=r"unknown parameter 'aa'.*Known: a, b, c, d, x"):
        k(**VALUES, aa=1.0)
    with pytest.raises(UnknownNameError, match=r"no value for a, x; wanted a, b, c, d, x"):
        k(b=1.0, c=1.0, d=1.0)
    with pytest.raises(
        UnknownNameError, match=r"unknown backend 'fortran'.*numpy, numba, jax, exact"
    ):
        compile(CYCLE, "fortran")
    with pytest.raises(UnknownNameError, match=r"the formulas need x; arguments has a, b, c, d"):
        compile(CYCLE, arguments="abcd")
    with pytest.raises(ParameterError, match=r"shape \(2,\); wanted \(5, \.\.\.\), one row for"):
        k.array([1.0, 2.0])
    with pytest.raises(ParameterError, match=r"shapes \(2,\), \(3,\) do not broadcast"):
        k(**VALUES | {"a": [1, 2], "b": [1, 2, 3]})


def test_expressions_come_as_text_numbers_and_floats_too() -> None:
    assert compile("k_on/(k_on + 1)")(k_on=3.0) == {"value": 0.75}
    assert compile(["k/4", 2, a])(k=1.0, a=5.0) == {"0": 0.25, "1": 2.0, "2": 5.0}
    assert compile({"y": 0.1 * a}, "exact")(a=1) == {"y": Rational(0.1)}
    with pytest.raises(ParseError, match="character 2"):
        compile({"y": "a; b"})


def test_arguments_reorder_and_extend() -> None:
    k = compile(a / b, arguments=["extra", b, "a"])
    assert k.arguments == ("extra", "b", "a")
    assert k(a=1.0, b=2.0, extra=-3.0) == {"value": 0.5}
    assert k.array([0.0, 2.0, 1.0]).tolist() == [0.5]


@pytest.mark.parametrize("backend", ["numpy", "exact", "mpmath", "arb"])
def test_parameters_that_do_not_occur_are_accepted_and_ignored(backend: str) -> None:
    k = compile(CYCLE.select(["F"]), backend)
    assert (k.arguments, k.spare) == (tuple("abcd"), ("x",))
    wanted = str(k(**{name: VALUES[name] for name in k.arguments}))
    for ignored in (7.0, -1.0, "what", np.ones(3)):
        assert str(k(**VALUES | {"x": ignored})) == wanted
    assert str(pickle.loads(pickle.dumps(k))(**VALUES)) == wanted
    assert k(**VALUES | {"a": [3, 4], "x": np.ones(3)})["F"].shape == (2,)
    with pytest.raises(UnknownNameError, match=r"unknown parameter 'y'.*Known: a, b, c, d, x"):
        k(**VALUES, y=1.0)
    with pytest.raises(UnknownNameError, match=r"no value for a; wanted a, b, c, d$"):
        k(b=1, c=1, d=1, x=1)
    with pytest.raises(UnknownNameError, match="unknown parameter 'x'"):
        compile(CYCLE.select(["F"]), backend, arguments="abcd")(**VALUES)


def test_a_factory_is_a_backend() -> None:
    k = compile(a / b, backends.BACKENDS["exact"])
    assert k(a=1, b=3) == {"value": Rational(1, 3)}


AWKWARD = ["self", "lambda", "numpy", "add", "t1", "r1", "results", "k-1", "π", "difference", "out"]


def test_awkward_names() -> None:
    awkward = symbols(AWKWARD, positive=True)
    k = compile(sympy.Add(*(i * v for i, v in enumerate(awkward, 1))))
    values = {name: float(i) for i, name in enumerate(AWKWARD, 1)}
    wanted = sum(i * i for i in range(1, len(AWKWARD) + 1))
    assert k(**values)["value"] == wanted
    assert (k(**values | {"self": [1.0, 1.0]})["value"] == wanted).all()


def test_exact_backend_equals_at() -> None:
    values = {"a": "1/3", "b": Fraction(2, 7), "c": 3, "d": 0.5, "x": "1e-3"}
    assert compile(CYCLE, "exact")(**values) == CYCLE.at(values)
    many = compile(CYCLE, "exact")(**values | {"a": ["1/3", 2]})
    assert many["F"].tolist() == [CYCLE.at(values | {"a": v})["F"] for v in ("1/3", 2)]
    with pytest.raises(ParameterError, match=r"a must be positive; got -1 at index \(1,\)"):
        compile(CYCLE, "exact")(**values | {"a": [1, -1]})
    with pytest.raises(ParameterError, match=r"a at index \(1,\): .*nan"):
        compile(CYCLE, "exact")(**values | {"a": [1, "nan"]})


def test_mpmath_and_arb_follow_the_precision() -> None:
    with mpmath.workdps(60):
        assert abs(compile(CYCLE, "mpmath")(**VALUES)["F"] - mpmath.log(3)) < mpmath.mpf(10) ** -58
    k = compile({"F": CYCLE["F"], "y": sympy.pi * a}, "arb")
    given = {n: VALUES[n] for n in "abcd"}
    with flint.ctx.workprec(200):
        ball = k(**given)["F"]
        assert ball.rel_accuracy_bits() > 190
        assert ball.contains(flint.arb(3).log())
        assert k(**given | {"a": sympy.sqrt(2)})["y"].contains(flint.arb.pi() * flint.arb(2).sqrt())
    assert k(**given)["F"].rel_accuracy_bits() < 60
    with pytest.raises(ParameterError, match="a must be positive; got"):
        k(**given | {"a": flint.arb(0, 1)})


@pytest.mark.parametrize("backend", ["numpy", "exact", "mpmath", "arb"])
def test_undefined_results_raise(backend: str) -> None:
    k = compile({"fine": a, "bad": a / (a - b)}, backend)
    with pytest.raises(ParameterError, match="undefined"):
        k(a=1, b=1)
    with pytest.raises(ParameterError, match=r"undefined.* at index \(1, 0\)"):
        k(a=[[2], [1]], b=1)


@pytest.mark.parametrize("backend", ["numpy", "exact", "mpmath", "arb"])
def test_steps_that_became_numbers_stay_exact(backend: str) -> None:
    formulas = Formulas(("y",), (c / s + 1 / s,), steps=((s, a + b),)).subs({"a": 1, "b": 2})
    with mpmath.workdps(40), flint.ctx.workprec(200):
        got = compile(formulas, backend)(c=1)["y"]
        if backend == "exact":
            assert got == Rational(2, 3)
        elif backend == "arb":
            assert got.contains(flint.fmpq(2, 3))
            assert got.rel_accuracy_bits() > 190
        else:
            assert abs(3 * got - 2) < (1e-15 if backend == "numpy" else 1e-39)
    nothing = Formulas(("y", "w"), (1 / s, c), steps=((s, a - b),)).subs({"a": 1, "b": 1})
    for value in (1, [1, 2]):
        with pytest.raises(ParameterError, match=r"'y.*undefined"):
            compile(nothing, backend)(c=value)


@pytest.mark.parametrize("backend", ["numpy", "mpmath", "arb"])
def test_functions_of_integers_beyond_64_bits(backend: str) -> None:
    made = compile(Formulas(("r",), (a * log(sympy.Integer(2) ** 80),)), backend=backend)
    assert float(made(a=2)["r"]) == pytest.approx(160 * float(log(2)), rel=1e-15)


def test_beyond_float64() -> None:
    k = compile({"up": a * b, "down": a / b})
    with pytest.raises(ParameterError, match=r"'up' is beyond the largest float64.* \(1,\)"):
        k(a=[1.0, 1e200], b=[1.0, 1e200])
    with pytest.raises(ParameterError, match=r"'up' is beyond the largest float64.*mpmath'$"):
        k(a=1e200, b=1e200)
    assert compile(a * b)(a=1e-200, b=1e-200) == {"value": 0.0}
    small = Fraction(1e-200) * Fraction(1e-120)
    assert compile(a * b)(a=[1e-200], b=[1e-120])["value"] == [float(small)]
    with pytest.raises(NessError, match="a constant near 2"):
        compile(a * 10**400)(a=1.0)


@pytest.mark.parametrize("wide", [blocks.WIDE, False])
@pytest.mark.parametrize("size", [None, 1, 300])
def test_intermediates_may_leave_the_range(
    monkeypatch: pytest.MonkeyPatch, size: int | None, wide: bool
) -> None:
    monkeypatch.setattr(blocks, "WIDE", wide)
    n = 30
    values = 2.0 ** np.random.default_rng(3).uniform(-100, 100, (2 * n - 2, size or 1))
    values[: n // 2, 0] = 2.0**100
    values[n - 1 : n - 1 + n // 2, 0] = 2.0**-100
    got = compile(chain(n)).array(values if size else values[:, 0]).reshape(n, -1)
    for point in range(min(size or 1, 40)):
        assert worst(got[:, point], exact_chain(values[:, point].tolist(), n)) < n * 1e-15


@pytest.mark.parametrize("values", [(1e-200, 1e-200, 1e300), (1e200, 1e200, 1e-300)])
def test_a_product_that_leaves_the_range_and_returns(values: tuple[float, ...]) -> None:
    k = compile(a * b * c)
    wanted = [Fraction(values[0]) * Fraction(values[1]) * Fraction(values[2])]
    assert worst(k.array(values), wanted) < 1e-15
    assert worst(k.array(np.array([values] * 2).T)[0], wanted * 2) < 1e-15


@pytest.mark.skipif(not blocks.WIDE, reason="long double is no wider than float64 here")
def test_the_wide_path_spares_the_slow_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks.Blocks, "_point", None)
    values = np.array([[1e200, 1.0], [1e200, 1.0], [1e-300, 1.0]])
    assert compile(a * b * c).array(values)[0] == pytest.approx([1e100, 1.0], rel=1e-15)


def test_balls_grow_until_they_hold_one_float() -> None:
    formulas = Formulas(("y",), (c * d * e * (s - a),), steps=((s, a + b),))
    values = {"a": 1.0, "b": 1.2345e-30, "c": 1e-200, "d": 1e-200, "e": 1e300}
    got = compile(formulas)(**values)["y"]
    product = Fraction(1)
    for name in "bcde":
        product *= Fraction(values[name])
    assert worst([got], [product]) < 1e-15


def test_undefined_points_are_found_in_large_arrays() -> None:
    values = np.arange(1.0, 20_001)
    with pytest.raises(ParameterError, match=r"undefined.* at index \(17776,\)"):
        compile(a / (a - b))(a=values, b=17_777.0)


def test_far_beyond_the_wide_range() -> None:
    n = 60
    values = np.full((2 * n - 2, 3), 1e300)
    values[n - 1 :, 1] = 1e-300
    for point, column in zip(compile(chain(n)).array(values).T, values.T, strict=True):
        assert worst(point, exact_chain(column.tolist(), n)) < n * 1e-15


def test_all_zero_is_zero_and_not_an_error() -> None:
    assert compile(a / b - c / d)(a=1e-300, b=1e300, c=1e-300, d=1e300) == {"value": 0.0}


DIFFERENCE = Formulas(("J",), (3 * a * b * s / 7,), steps=((s, a * b * c - d * e * f),))
SYMBOLS = ("a", "b", "c", "d", "e", "f")


def exact_difference(v: dict[str, float]) -> Fraction:
    q = {name: Fraction(value) for name, value in v.items()}
    return 3 * q["a"] * q["b"] * (q["a"] * q["b"] * q["c"] - q["d"] * q["e"] * q["f"]) / 7


@pytest.mark.parametrize("scale", [1.0, 1e80, 1e-80, 1e-100, 3e-150, 1e101])
@pytest.mark.parametrize("gap", [1e-15, 1e-12, 1e-6, 0.5])
def test_difference_of_products_keeps_its_digits(scale: float, gap: float) -> None:
    rng = np.random.default_rng(4)
    values = dict(zip(SYMBOLS, rng.uniform(1, 2, (6, 50)), strict=True))
    values["a"], values["d"] = values["a"] * scale, values["d"] * scale
    product = values["a"] * values["b"] * values["c"] * (1 + gap)
    values["f"] = product / (values["d"] * values["e"])
    k = compile(DIFFERENCE)
    got = k(**values)["J"]
    for i in range(50):
        point = {name: float(v[i]) for name, v in values.items()}
        assert worst([got[i]], [exact_difference(point)]) < 1e-15
        assert k(**point)["J"] == got[i]


floats = st.floats(1e-250, 1e250)


@settings(max_examples=200, deadline=None)
@given(floats, floats, floats, st.integers(-4, 4))
def test_difference_over_the_whole_range(p: float, q: float, r: float, ulps: int) -> None:
    near = r
    for _ in range(abs(ulps)):
        near = float(np.nextafter(near, np.inf if ulps > 0 else 0))
    got = compile((a * b - c * d) / (a * b + c * d))(a=p, b=r, c=near, d=p)["value"]
    top, bottom = Fraction(r) - Fraction(near), Fraction(r) + Fraction(near)
    assert abs(Fraction(got) - top / bottom) <= abs(top / bottom) * Fraction(1e-15)
    assert compile(a * b - c * d)(a=q, b=1.0, c=1.0, d=q) == {"value": 0.0}


def test_difference_sets_no_flags_on_the_way() -> None:
    with np.errstate(all="raise"):
        for first, second in (((1e-200, 1.0), (1e80, 1e80)), ((1e300, 1e300), (1e300, 1e300))):
            for kind in (np.float64, np.longdouble):
                factors = [tuple(map(kind, side)) for side in (first, second)]
                wanted = 0 if first == second else -(kind(1e80) * kind(1e80))
                assert difference(*factors) == wanted


def test_difference_of_far_apart_products_and_zero() -> None:
    n = sympy.Symbol("n", nonnegative=True)
    k = compile(a * b - n * d)
    assert k(a=1e-120, b=1e-120, n=0.0, d=1e300)["value"] == 1e-120 * 1e-120
    assert k(a=[2.0], b=[3.0], n=[1e-200], d=[1e-80])["value"] == [6.0]
    assert k(a=1e-200, b=1.0, n=2.0, d=3.0)["value"] == -6.0


@pytest.mark.parametrize("gap", [1e-14, 1e-9, 0.3, 1e6])
def test_logratio_near_equilibrium(gap: float) -> None:
    k = compile(logratio(a, b, a - b))
    near = 1.7 * (1 + gap)
    wanted = mpmath.log1p((mpmath.mpf(near) - 1.7) / mpmath.mpf(1.7))
    assert k(a=near, b=1.7)["value"] == pytest.approx(float(wanted), rel=1e-15)
    assert k(a=[1e300], b=[1e-300])["value"] == pytest.approx([600 * np.log(10)], rel=1e-15)
    assert compile(logratio(a, b, a - b), "exact")(a=6, b=2) == {"value": log(3)}


@pytest.mark.parametrize("affinity", [1e-300, 1e-12, 1e-9, 1.0, 300.0])
def test_expm1_keeps_the_current_near_equilibrium(affinity: float) -> None:
    k = compile(a * exp(x) / (b + c) - a / (b + c))
    wanted = float(mpmath.expm1(affinity) * 2 / 8)
    assert k(a=2.0, b=3.0, c=5.0, x=affinity)["value"] == pytest.approx(wanted, rel=1e-15)


rates = st.floats(2.0**-100, 2.0**100)


@settings(max_examples=60, deadline=None)
@given(st.lists(rates, min_size=10, max_size=10))
def test_hypothesis_stiff_chain(values: list[float]) -> None:
    k = compile(chain(6))
    wanted = exact_chain(values, 6)
    assert worst(k.array(values), wanted) < 6e-15
    assert worst(k.array(np.array([values] * 2).T)[:, 1], wanted) < 6e-15
    exact = compile(chain(6), "exact").array(values)
    assert [Fraction(int(p.p), int(p.q)) for p in exact] == wanted


leaves = st.sampled_from([a, b, c, sympy.Integer(3)])
positive: st.SearchStrategy[Expr] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] + p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] * p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] / p[1]),
        inner.map(lambda p: 1 / (1 + p)),
    ),
    max_leaves=10,
)


@settings(max_examples=80, deadline=None)
@given(positive, st.lists(rates, min_size=3, max_size=3))
def test_random_positive_expressions(expr: Expr, values: list[float]) -> None:
    given_ = dict(zip("abc", values, strict=True))
    wanted = compile(expr, "exact", "abc")(**given_)["value"]
    exact = Fraction(int(wanted.p), int(wanted.q))
    k = compile(expr, arguments="abc")
    if exact > 2**1023:
        with pytest.raises(ParameterError, match="beyond"):
            k(**given_)
        return
    assert worst([k(**given_)["value"]], [exact]) < 1e-14
    assert worst(k(**given_ | {"a": [values[0]] * 3})["value"][:1], [exact]) < 1e-14
