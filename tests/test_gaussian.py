"""Gaussian steady states: the Lyapunov equation, circulation, entropy production, heat."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Matrix, Rational, Symbol, diag, oo, symbols

import nesssym as ns
from nesssym.exact.linear import solve
from nesssym.exact.rational import cancel, equal
from tests.reference import CASES, SYSTEMS, exact

small = st.fractions(-3, 3, max_denominator=7)


def sigma(model):
    return ns.entropy_production(ns.steady_state(model))["sigma"]


def gyrator(**values):
    model = ns.Gaussian([["k1", "u"], ["u", "k2"]], ["T1", "T2"], variables="xy")
    return model if not values else model.profile.subs(values)


def chain(n):
    return [[2 * (i == j) - (abs(i - j) == 1) for j in range(n)] for i in range(n)]


def test_l01_gyrator_covariances():
    got = gyrator().profile
    order = ["<x x>", "<y y>", "<x y>"]
    for label, text in zip(order, CASES["L01"]["exact"], strict=True):
        assert equal(got[label], exact(text))
    values = got.at(CASES["L01"]["eval_at"])
    assert [str(values[label].evalf(30)) for label in order] == CASES["L01"]["decimal"]


def test_gyrator_turns_and_dissipates():
    model = gyrator()
    k1, k2, u, T1, T2 = symbols("k1 k2 u T1 T2", positive=True)
    assert equal(sigma(model), u**2 * (T1 - T2) ** 2 / (T1 * T2 * (k1 + k2)))
    (torque,) = model.circulation.exprs
    assert equal(torque, 2 * u * (T2 - T1) / (k1 + k2))
    assert equal(model.entropy_production["x"] + model.entropy_production["y"], sigma(model))


def test_near_equilibrium_the_digits_stay():
    kernel = ns.compile(gyrator().entropy_production.select(["sigma"]))
    values = {"k1": 1.0, "k2": 1.0, "u": 0.5, "T1": 1.0, "T2": 1 + 2.0**-40}
    assert kernel(**values)["sigma"] == pytest.approx(2.0**-80 / 8, rel=1e-11)
    assert kernel(**values | {"T2": 1.0})["sigma"] == 0


def test_l03_three_dimensions():
    case = CASES["L03"]
    model = ns.Gaussian(case["model"]["A"], case["model"]["D"])
    assert [*model.profile.exprs, sigma(model)] == [Rational(t) for t in case["exact"]]


def test_l05_active_particle():
    model = ns.Gaussian([["k", -1], [0, "1/tau"]], ["T", "Da/tau^2"], variables="xv")
    assert equal(model.profile["<x x>"], exact(CASES["L05"]["exact"][0]))
    assert equal(sigma(model), exact(CASES["L05"]["exact"][1]))


@pytest.mark.parametrize(("n", "text"), list(enumerate(CASES["N01"]["exact"], start=2)))
def test_n01_oscillators_between_heat_baths(n, text):
    model = ns.Gaussian.oscillators(chain(n), [1] + [0] * (n - 2) + [1], [2] + [1] * (n - 1))
    assert model.heat[f"p{n}"] == Rational(text) == -model.heat["p1"]
    assert sigma(model) == Rational(text) * (1 - Rational(1, 2))


def test_long_chains_approach_the_limit_of_rieder_lebowitz_and_lieb():
    n = 12
    model = ns.Gaussian.oscillators(chain(n), [1] + [0] * (n - 2) + [1], [2] + [1] * (n - 1))
    assert abs(float(model.heat[f"p{n}"]) - (3 - 5**0.5) / 4) < 1e-8


def test_heat_through_overdamped_beads():
    n = 4
    model = ns.Gaussian.beads(chain(n), ["T1", 2, 2, "T4"], "zeta")
    assert equal(sum(model.heat.unfold().exprs), 0)
    flows = [model.heat[f"x{i + 1}"] / t for i, t in enumerate(model.temperatures)]
    assert equal(sum(flows), sigma(model))


def test_systems():
    def decimal(name):
        return float(SYSTEMS[name]["value"])

    rotating = ns.Gaussian([["k", "-omega"], ["omega", "k"]], ["D", "D"], variables="xy")
    k, omega = symbols("k omega", positive=True)
    assert sigma(rotating) == 2 * omega**2 / k
    got = rotating.entropy_production.at({"k": "1.3", "omega": "0.9", "D": "0.5"})["sigma"]
    assert float(got) == decimal("ou_rot.epr")
    general = ns.Gaussian([["1.1", "-0.7"], ["0.9", "0.6"]], [["0.8", "0.15"], ["0.15", "0.35"]])
    assert float(sigma(general)) == decimal("ou2d.general.epr")
    values = {"k1": "1.5", "k2": "1.5", "u": "0.7", "T1": "2.0", "T2": "0.6"}
    # The reference quadrature has twenty digits.
    assert float(gyrator().profile.at(values)["<x y>"]) == decimal("gyrator.s12")
    (turning,) = gyrator().circulation.at(values).values()
    assert float(turning) == decimal("gyrator.ang_mom")
    enso = ns.Gaussian([["1.0", "-1.6"], ["1.6", "0.4"]], ["0.55", "0.20"], variables="Th")
    assert float(sigma(enso)) == decimal("enso.oscillator.epr")


def test_two_dimensions_depend_on_no_determinant_of_the_drift():
    model = ns.Gaussian([["a", "b"], ["c", "d"]], [["D11", "D12"], ["D12", "D22"]])
    a, b, c, d, D11, D12, D22 = symbols("a b c d D11 D12 D22", positive=True)
    curl = b * D22 - c * D11 + (a - d) * D12
    assert equal(sigma(model), curl**2 / ((a + d) * (D11 * D22 - D12**2)))
    (turning,) = model.circulation.exprs
    assert equal(turning, 2 * curl / (a + d))


@given(st.lists(small, min_size=9, max_size=9), st.lists(small, min_size=9, max_size=9))
def test_lyapunov_and_the_trace_formula(entries, roots):
    noise = Matrix(3, 3, roots)
    noise = noise * noise.T + Matrix.eye(3) / 5
    skew = Matrix(3, 3, entries)
    drift = skew - skew.T + Matrix.diag(1, 2, 3)
    model = ns.Gaussian(drift, noise)
    C = model.covariance
    assert model.drift * C + C * model.drift.T == 2 * model.diffusion
    turn = -model.drift + model.diffusion * C.inv()
    assert sigma(model) == (turn.T * noise.inv() * turn * C).trace()
    assert sigma(model) >= 0


def test_flux_is_free_of_divergence_and_force_times_flux_is_dissipation():
    model = gyrator()
    x, y = model.coordinates
    values = dict(zip(model.symbols, map(Rational, (2, 1, 3, 1, 4)), strict=True))
    J = [model.flux[f"J_{v}"].xreplace(values) for v in "xy"]
    divergence = (J[0].diff(x) + J[1].diff(y)) / model.density["p"].xreplace(values)
    assert cancel(divergence.expand()) == 0
    F = [model.force[f"F_{v}"].xreplace(values) for v in "xy"]
    v = [model.velocity[f"v_{v}"].xreplace(values) for v in "xy"]
    local = (F[0] * v[0] + F[1] * v[1]).expand()
    C = model.covariance.xreplace(values)
    mean = sum(
        local.coeff(x, i).coeff(y, j) * m
        for (i, j), m in {(2, 0): C[0, 0], (1, 1): C[0, 1], (0, 2): C[1, 1]}.items()
    )
    assert mean == sigma(model).xreplace(values)


def test_density_is_normalised():
    model = ns.Gaussian([[2]], [3], variables="x")
    (x,) = model.coordinates
    assert model.density["p"].integrate((x, -oo, oo)) == 1
    kernel = ns.compile(model.density)
    assert kernel(x=np.array([0.0]))["p"][0] == pytest.approx(np.sqrt(2 / 3 / (2 * np.pi)))


def test_an_underdamped_particle_at_one_temperature_is_in_equilibrium():
    model = ns.Gaussian.oscillators([["k"]], ["gamma"], ["T"], "m")
    assert sigma(model) == 0
    k, m, T = symbols("k m T", positive=True)
    assert [model.profile[f"<{pair}>"] for pair in ("q1 q1", "p1 p1", "q1 p1")] == [T / k, m * T, 0]


@pytest.mark.parametrize(
    ("drift", "diffusion", "options", "error", "message"),
    [
        (
            [[1, 2], [2, 1]],
            [1, 1],
            {},
            ns.NoSteadyStateError,
            "drift -A x is not stable, Routh and Hurwitz: -3 > 0",
        ),
        ([["-k"]], [1], {}, ns.NoSteadyStateError, "Routh and Hurwitz: -k > 0 is violated"),
        ([[0, 1], [-1, 0]], [1, 1], {}, ns.NoSteadyStateError, "Routh and Hurwitz: 0 > 0"),
        ([[1, 2]], [1], {}, ns.ModelError, "drift matrix is not square"),
        ([[1, 0], [0, 1]], [1], {}, ns.ModelError, "drift is 2 x 2, but diffusion has size 1"),
        ([[1]], [1], {"parity": [1, 1]}, ns.ModelError, "but parity has size 2"),
        ([[1]], [1], {"parity": [0]}, ns.ModelError, "parity is .* wanted 1 .even. or -1 .odd."),
        ([[1]], [-1], {}, ns.ParameterError, "diffusion of x1 is -1: it must be >= 0"),
        (
            [[1, 0], [0, 1]],
            [[1, 2], [2, 1]],
            {},
            ns.ModelError,
            "diffusion matrix is not positive semidefinite",
        ),
        ([[1, 0], [0, 1]], [[1, 2], [3, 1]], {}, ns.ModelError, "diffusion matrix is not symm"),
        ([["k"]], ["x1"], {}, ns.NameClashError, "x1"),
    ],
)
def test_bad_models(drift, diffusion, options, error, message):
    with pytest.raises(error, match=message):
        ns.Gaussian(drift, diffusion, **options)


def test_open_conditions_are_checked_by_kernels_and_exact_values():
    kernel = ns.compile(gyrator().profile)
    values = {"k1": 1.0, "k2": 1.0, "T1": 1.0, "T2": 2.0}
    with pytest.raises(ns.ParameterError, match=r"k1\*k2 - u\*\*2 must be positive; got -3"):
        kernel(**values, u=2.0)
    with pytest.raises(ns.ParameterError, match=r"k1\*k2 - u\*\*2 is -3 with"):
        gyrator().profile.at({**values, "u": 2})


def test_missing_noise_is_no_finite_entropy_production():
    damped = [[0, -1], ["k", "gamma"]]
    with pytest.raises(ns.IrreversibleError, match=r"x has no noise but moves.*parity=-1"):
        sigma(ns.Gaussian(damped, [0, "D"], variables="xv"))
    assert sigma(ns.Gaussian(damped, [0, "D"], variables="xv", parity=[1, -1])) == 0
    with pytest.raises(ns.IrreversibleError, match="diffusion matrix is singular"):
        sigma(ns.Gaussian([[1, 0], [0, 2]], [[1, 1], [1, 1]]))


def test_too_many_symbols():
    drift = diag(*(Symbol(f"a{i}", positive=True) for i in range(7)))
    with pytest.raises(ns.TooLargeError, match="7 variables with symbols are too many"):
        ns.Gaussian(drift, [1] * 7)


def test_heat_needs_baths():
    with pytest.raises(ns.ModelError, match="no temperatures"):
        _ = gyrator().heat
    with pytest.raises(ns.ModelError, match="correlated noise belongs to no single bath"):
        _ = ns.Gaussian([[1, 0], [0, 1]], [[2, 1], [1, 2]], temperatures=[1, 1]).heat
    with pytest.raises(ns.ModelError, match="2 masses need 2 frictions"):
        ns.Gaussian.oscillators(chain(2), [1], [1, 1])


def test_singular_equations():
    a = Symbol("a", positive=True)
    with pytest.raises(ns.NessError, match="no unique solution"):
        solve([[a, a], [1, 1]], [1, 0])
    with pytest.raises(ns.NessError, match="no unique solution"):
        solve([[1, 1], [1, 1]], [1, 0])
