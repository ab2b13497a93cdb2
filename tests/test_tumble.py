"""A run-and-tumble particle in a trap."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from sympy import symbols

import nesssym as ns
from nesssym.exact.rational import equal

SWIMMER = ns.RunAndTumble()


def test_density_and_moments():
    kernel = ns.compile(SWIMMER.profile, backend="mpmath")
    values = {"k": 2, "v0": 3, "gamma": 5}
    moments = SWIMMER.moments(4).at(values)
    with mpmath.workdps(20):
        for n, wanted in ((0, 1), (2, moments["<x^2>"]), (4, moments["<x^4>"])):
            got = mpmath.quad(lambda x, n=n: x**n * kernel(**values, x=x)["p"], [-1.5, 0, 1.5])
            assert float(got) == pytest.approx(float(wanted), rel=1e-15)
    k, v0, gamma = symbols("k v0 gamma", positive=True)
    assert equal(SWIMMER.moments(2)["<x^2>"], v0**2 / (k * (k + 2 * gamma)))


def test_it_piles_up_at_the_ends_where_it_tumbles_seldom():
    kernel = ns.compile(SWIMMER.profile)
    x = np.array([0.0, 0.9])
    often, seldom = (kernel(k=1.0, v0=1.0, gamma=g, x=x)["p"] for g in (3.0, 0.5))
    assert often[0] > often[1]
    assert seldom[0] < seldom[1]
    flat = kernel(k=1.0, v0=1.0, gamma=1.0, x=x)["p"]
    assert flat == pytest.approx([0.5, 0.5], rel=1e-15)


def test_currents_cancel():
    flux = SWIMMER.flux
    assert flux["J"] == 0
    assert equal((flux["J+"] + flux["J-"]).expand(), 0)


def test_outside_its_reach_and_other_bad_input():
    kernel = ns.compile(SWIMMER.profile)
    with pytest.raises(ns.ParameterError, match="must be positive"):
        kernel(k=1.0, v0=1.0, gamma=1.0, x=1.5)
    with pytest.raises(ns.ParameterError, match="speed is 0: it must be > 0"):
        ns.RunAndTumble(speed=0)
    with pytest.raises(ns.IrreversibleError, match="runs have no noise of their own"):
        ns.entropy_production(ns.steady_state(SWIMMER))
    with pytest.raises(ns.ParameterError, match="order is 1: it must be at least 2"):
        SWIMMER.moments(1)
