"""Machine code on vectors: any layout and length of the numbers, every function, ranges."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from sympy import Integer, asinh, cos, cosh, exp, log, pi, sin, sinh, sqrt, symbols, tanh

import nesssym as ns
from nesssym.errors import ParameterError

a, b = symbols("a b", positive=True)
FORMULAS = [
    *(f(a) for f in (sqrt, exp, log, sinh, cosh, tanh, asinh, sin, cos)),
    exp(a) - 1, log(1 + a), a**b, a - b, a / b, -a, a + b, a * b, pi * a, a, Integer(3),
]  # fmt: skip
FAST, PLAIN = (ns.compile(FORMULAS, backend) for backend in ("numba", "numpy"))
TABLE = np.random.default_rng(0).uniform(0.1, 3, (2, 600))


def test_every_function_at_every_length():
    for size in (1, 7, 8, 9, 255, 256, 257, 600):
        got, wanted = (kernel.array(TABLE[:, :size]) for kernel in (FAST, PLAIN))
        assert got == pytest.approx(wanted, rel=1e-15, abs=0)


@pytest.mark.parametrize(
    "layout",
    [
        lambda t: np.asfortranarray(t),
        lambda t: t[:, ::3],
        lambda t: t[:, ::-1],
        lambda t: t.reshape(2, 20, 30),
        lambda t: t.reshape(2, 20, 30).transpose(0, 2, 1),
    ],
)
def test_every_layout(layout):
    table = layout(TABLE)
    assert FAST.array(table) == pytest.approx(PLAIN.array(table), rel=1e-15, abs=0)


def test_scalars_beside_arrays():
    row = TABLE[0]
    for given in ({"a": row, "b": 2.0}, {"a": 2, "b": row}, {"a": row[:, None], "b": row[:9]}):
        got, wanted = FAST(**given), PLAIN(**given)
        for label, value in wanted.items():
            assert got[label] == pytest.approx(value, rel=1e-15, abs=0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -1.0, 0.0, -0.0])
@pytest.mark.parametrize("place", [0, 255, 599])
def test_bad_numbers_are_found_where_they_stand(value, place):
    table = TABLE.copy()
    table[1, place] = value
    with pytest.raises(ParameterError, match=rf"b must be positive; got \S+ at index \({place},\)"):
        FAST.array(table)


def test_bounds_of_the_other_domains():
    x, y = symbols("x", nonnegative=True), symbols("y", real=True)
    kernel = ns.compile([x + y], "numba")
    largest = np.finfo(float).max
    row = np.array([0.0, -0.0, largest, 5e-324, 1.0] * 3)
    assert (kernel(x=row, y=np.zeros(15))["0"] == row).all()
    assert (kernel(x=np.zeros(15), y=-row)["0"] == -row).all()
    tiny = np.array([1.0, 0.0, -5e-324])
    with pytest.raises(
        ParameterError, match=r"x must not be negative; got -5e-324 at index \(2,\)"
    ):
        kernel(x=tiny, y=tiny)
    with pytest.raises(ParameterError, match=r"y must be finite; got -inf at index \(1,\)"):
        kernel(x=abs(tiny), y=np.array([1.0, -np.inf, np.nan]))


def test_the_bare_function_runs_in_jitted_code():
    function = FAST.function

    @numba.njit
    def total(rows):  # type: ignore[no-untyped-def]
        result = 0.0
        for k in range(rows.shape[1]):
            result += function(rows[0, k], rows[1, k])[11]
        return result

    assert total(TABLE) == pytest.approx((TABLE[0] ** TABLE[1]).sum(), rel=1e-12)
