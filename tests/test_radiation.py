"""Black and diluted light, grey layers."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from sympy import Rational, Symbol, diff, expand_func, pi, polylog, symbols, zeta

import nesssym as ns
from nesssym import radiation
from nesssym.exact.rational import equal
from nesssym.radiation import column, dilution, dilution_series, eddington

a, e = symbols("a e", positive=True)


@pytest.mark.parametrize("thin", ["0.3", "0.9", "0.001"])
def test_dilution_is_its_integral(thin):
    """By quadrature of what Landsberg and Tonge define, to 20 digits."""
    with mpmath.workdps(30):
        part = mpmath.mpf(thin)

        def entropy(x):
            n = part / mpmath.expm1(x)
            return x**2 * ((1 + n) * mpmath.log1p(n) - n * mpmath.log(n))

        whole = mpmath.quad(entropy, [0, 0.001, 0.1, 1, 5, 20, 60, 150])
        chi = whole * 45 / (4 * mpmath.pi**4 * part)
        assert abs(mpmath.mpf(str(dilution(Rational(thin)).evalf(30))) / chi - 1) < 1e-20


def test_mixed_integral_by_differentiation():
    """Under the integral sign its derivative is -2 (zeta(3) - Li_3(a)/a)/(1 - a)."""
    got = expand_func(diff(radiation._mixed(a), a))
    wanted = expand_func(-2 * (zeta(3) - polylog(3, a) / a) / (1 - a))
    assert equal(got, wanted)
    near = radiation._mixed(1 - Rational(1, 10**12)).evalf(20)
    assert abs(near - radiation._mixed(Rational(1))) < 1e-11


def test_series_has_the_constants_of_very_dilute_light():
    chi = dilution_series(e).expand()
    assert chi.coeff(e, 1) == (45 * (zeta(2) - zeta(3)) / (4 * pi**4)).expand()
    assert (chi - chi.coeff(e, 1) * e).subs(e, 1) == Rational(11, 16) + 45 * zeta(3) / (2 * pi**4)
    error = [float((dilution(t) - dilution_series(t)).evalf(20)) for t in
             (Rational(1, 100), Rational(1, 1000))]  # fmt: skip
    assert 60 < error[0] / error[1] < 160


def test_kernels_of_dilution_keep_their_digits():
    kernel = ns.compile({"chi": dilution(e), "first": dilution_series(e)})
    thin = np.array([1e-12, 1e-6, 0.3, 1.0])
    got = kernel(e=thin)
    assert got["chi"][0] == pytest.approx(got["first"][0], rel=1e-15)
    assert got["chi"][2] == pytest.approx(1.31212028229683606, rel=1e-15)
    assert got["chi"][3] == 1
    assert (np.diff(got["chi"]) < 0).all()


def test_many_thin_layers_are_a_grey_atmosphere():
    tau, t = symbols("tau t", positive=True)
    ground, air = eddington(tau, t)
    assert equal(ground, 1 + 3 * tau / 4)
    assert equal(air, Rational(1, 2) + 3 * t / 4)
    many = 10**6
    depth = Rational(4, 5)
    thin, _ = column(Rational(3, 2) * depth / many, Rational(many), Rational(1))
    assert float(thin) == pytest.approx(1 + 0.75 * 0.8, rel=1e-5)


def test_column_agrees_with_the_formula_of_the_literature():
    N, k, epsilon = Symbol("N"), Symbol("k"), Symbol("epsilon")
    ground, layer = column(epsilon, N, k)
    assert equal(ground, (2 + (N - 1) * epsilon) / (2 - epsilon))
    assert equal(layer, (1 + (N - k) * epsilon) / (2 - epsilon))
