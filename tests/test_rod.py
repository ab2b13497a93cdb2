"""Heat conduction: rods, films, contacts, layers, fins, thermoelectric legs."""

from __future__ import annotations

from dataclasses import replace

import mpmath
import numpy as np
import pytest
from sympy import Expr, Rational, Symbol, cosh, pi, sqrt, symbols

import nesssym as ns
from nesssym.exact.rational import equal
from tests.reference import CASES, SYSTEMS

STEFAN = (
    2
    * pi**5
    * Rational("1.380649e-23") ** 4
    / (15 * Rational("6.62607015e-34") ** 3 * 299792458**2)
)


def digits(name: str) -> str:
    return SYSTEMS[name]["value"]


def agrees(expr: Expr, name: str) -> bool:
    """Whether an exact expression has all printed digits, and its kernel fifteen."""
    wanted = mpmath.mpf(digits(name))
    with mpmath.workdps(30):
        wanted = mpmath.mpf(digits(name))
        (got,) = ns.compile(expr, backend="mpmath")().values()
        close = abs(got - wanted) <= abs(wanted) * mpmath.mpf(10) ** -24
    (rounded,) = ns.compile(expr)().values()
    return bool(close) and rounded == pytest.approx(float(wanted), rel=1e-14)


def steel(**ends):
    return ns.Rod(
        "14.9*(1 + 1.1e-3*(T - 300))", "0.3", ns.Film(250, 800), ns.Film(40, 290), area="5e-4"
    )


def test_constant_conductivity():
    rod = ns.Rod(401, "0.5", 900, 300, area="1e-4")
    assert agrees(rod.entropy_production["sigma"], "rod.const.entropy")


def test_n05_square_root():
    rod = ns.Rod("sqrt(T)", "1/2", 400, 300)
    got = [
        rod.flux["J"],
        rod.profile["T"].subs(rod.x, Rational(1, 4)),
        rod.entropy_production["sigma"],
    ]
    assert [str(v.evalf(30)) for v in got] == CASES["N05"]["decimal"]


def test_fourier_rod_N03():
    sigma = ns.entropy_production(ns.steady_state(ns.Rod(2, "1/2", 400, 300)))["sigma"]
    assert str(sigma.evalf(30)) == CASES["N03"]["decimal"]


def test_films_at_both_ends():
    rod = steel()
    assert agrees(rod.flux["J"], "rod.kappaT_robin.flux")
    assert agrees(rod.temperatures["T_1"], "rod.kappaT_robin.T_hot_end")
    assert agrees(rod.profile["T"].subs(rod.x, Rational("0.15")), "rod.kappaT_robin.T_mid")
    parts = rod.entropy_production
    assert list(parts) == ["sigma", "hot film", "layer", "cold film"]
    rest = (parts["sigma"] - sum(parts[k] for k in list(parts)[1:])).evalf(30)
    assert abs(rest) < 1e-27


def test_layers_and_contacts():
    rod = ns.Rod(
        [
            ns.Layer(401, "0.10"),
            ns.Contact("1e-4"),
            ns.Layer("0.9", "0.05"),
            ns.Contact("2e-4"),
            ns.Layer(237, "0.20"),
        ],
        hot=600,
        cold=300,
        area="1e-3",
    )
    parts = rod.entropy_production
    assert agrees(parts["sigma"], "rod.composite.entropy")
    assert list(parts)[1:] == ["layer 1", "contact 1", "layer 2", "contact 2", "layer 3"]
    assert sum(parts[k] for k in list(parts)[1:]) == parts["sigma"]
    profile = rod.profile
    assert profile["T/layer 1"].subs(rod.x, 0) == 600
    assert profile["T/layer 3"].subs(rod.x, Rational("0.35")) == 300
    assert profile["T/layer 2"].subs(rod.x, Rational("0.1")) == rod.temperatures["T_2"]


def test_radiating_end():
    rod = ns.Rod(20, "0.2", 1000, ns.Radiator(STEFAN * Rational(4, 5), 300))
    assert agrees(rod.temperatures["T_1"], "rod.radiative_end.T_L")


def test_fin():
    d = Rational("0.005")
    fin = ns.Fin(167, 35, pi * d, pi * d**2 / 4, "0.08", 400, "293.15")
    parts = fin.entropy_production
    assert agrees(parts["sigma"], "rod.fin.entropy_total")
    kernel = ns.compile(fin.local_entropy_production, backend="mpmath")
    with mpmath.workdps(20):
        for part, wanted in (("conduction", "conduction"), ("convection", "sides")):
            total = mpmath.quad(lambda x, part=part: kernel(x=x)[part], [0, 0.08])
            assert abs(total - mpmath.mpf(str(parts[wanted].evalf(25)))) < 1e-18


@pytest.mark.parametrize("base", [310, 500, 2000, 300 + 300 * cosh(sqrt(3) / 2)])
def test_fin_with_an_adiabatic_tip_on_both_sides_of_its_singularity(base):
    """Where the excess at the tip is as large as the ambient temperature, artanh becomes arctan."""
    fin = ns.Fin(2, 3, "1/4", "1/8", "1/2", base, 300, tip="adiabatic")
    parts = fin.entropy_production
    kernel = ns.compile(fin.local_entropy_production, backend="mpmath")
    with mpmath.workdps(20):
        total = mpmath.quad(lambda x: sum(kernel(x=x).values()), [0, 0.5])
        assert abs(total - mpmath.mpf(str(parts["sigma"].evalf(25)))) < 1e-15
    assert sum(parts[k] for k in ("conduction", "sides")).evalf(20) == pytest.approx(
        float(parts["sigma"]), rel=1e-14
    )


def test_thermoelectric_leg():
    leg = ns.ThermoelectricLeg()
    S, K, R, T_h, T_c, current = leg.symbols
    heat = leg.current_in
    assert equal(heat["Q_h"], S * T_h * current + K * (T_h - T_c) - current**2 * R / 2)
    assert equal(heat["Q_c"], S * T_c * current + K * (T_h - T_c) + current**2 * R / 2)
    sigma = leg.entropy_production["sigma"]
    assert equal(sigma, heat["Q_c"] / T_c - heat["Q_h"] / T_h)
    assert sigma.subs({current: 0, T_h: T_c}) == 0
    assert heat["P"].subs(T_h, T_c) == -(current**2) * R


def test_stefan_tube_is_a_rod():
    """Diffusion through a stagnant gas: the same chain of resistances, another conjugate."""
    tube = ns.Rod("c*D/(1 - y)", "L", "y_s", "y_inf", variable="y", conjugate="-R*log(y)", area="A")
    T = Rational("298.15")
    with mpmath.workdps(30):
        t = mpmath.mpf("25")
        p = mpmath.mpf("610.94") * mpmath.exp(mpmath.mpf("17.625") * t / (t + mpmath.mpf("243.04")))
        D = mpmath.mpf("2.178e-5") * (mpmath.mpf("298.15") / mpmath.mpf("273.15")) ** mpmath.mpf(
            "1.81"
        )
        values = {
            "c": Rational(101325) / (Rational("8.31446261815324") * T),
            "D": D,
            "L": "0.05",
            "y_s": p / 101325,
            "y_inf": p * mpmath.mpf("0.4") / 101325,
        }
        got = ns.compile(tube.flux, backend="mpmath")(**values)["J"]
        assert abs(got / mpmath.mpf(digits("evap.stefan.flux")) - 1) < mpmath.mpf(10) ** -24
    y_s, y_inf, R = symbols("y_s y_inf R", positive=True)
    ratio = tube.entropy_production["sigma"] / tube.current["Q"]
    assert (
        ratio.subs({y_s: Rational(1, 2), y_inf: Rational(1, 4)}).evalf(20)
        == (R * 0.693147180559945309417).evalf(15)
        or abs(ratio.subs({y_s: 0.5, y_inf: 0.25, R: 1}) - np.log(2)) < 1e-14
    )
    near_surface = tube.profile["y"].subs(tube.x, 0)
    assert abs(near_surface.subs({y_s: Rational(1, 2), y_inf: Rational(1, 4)}).evalf(20) - 0.5) < (
        1e-15
    )


def test_exponent_minus_one_is_a_limit_from_both_sides():
    n, c = Symbol("n", real=True), Symbol("c", positive=True)
    T = Symbol("T", positive=True)
    rod = ns.Rod(c * T**n, "L")
    kernel = ns.compile(rod.flux | rod.profile)
    values = {"c": 2.0, "L": 0.5, "T_h": 400.0, "T_c": 300.0, "x": 0.2}
    step = 2.0**-30
    got = kernel(**values, n=np.array([-1 - step, -1.0, -1 + step]))
    assert got["J"][1] == pytest.approx(2 * np.log(4 / 3) / 0.5, rel=1e-15)
    assert got["T"][1] == pytest.approx(400 * (3 / 4) ** 0.4, rel=1e-15)
    for values_ in got.values():
        assert values_[0] < values_[1] < values_[2]
        assert values_[2] - 2 * values_[1] + values_[0] == pytest.approx(0, abs=1e-9)
    exact = ns.Rod("c/T", "L")
    assert ns.compile(exact.flux | exact.profile)(**values)["T"] == pytest.approx(
        got["T"][1], rel=1e-15
    )


def test_linear_conductivity_without_slope_is_constant():
    rod = ns.Rod("kappa*(1 + beta*(T - T0))", "L", ns.Film("h", "T_h"), ns.Film("g", "T_c"))
    plain = ns.Rod("kappa", "L", ns.Film("h", "T_h"), ns.Film("g", "T_c"))
    beta = Symbol("beta", positive=True)
    assert equal(rod.flux["J"].subs(beta, 0), plain.flux["J"])
    assert equal(rod.profile["T"].subs(beta, 0), plain.profile["T"])


def test_least_dissipation_is_below_fourier():
    rod = ns.Rod("kappa", "L", "T_h", "T_c")
    kappa, L, T_h, T_c = rod.symbols
    values = {kappa: 2, L: Rational(1, 2), T_h: 400, T_c: 300}
    least = rod.least_dissipation["sigma"].subs(values).evalf(20)
    assert least == pytest.approx(4 * np.log(4 / 3) ** 2, rel=1e-14)
    assert least < rod.entropy_production["sigma"].subs(values)
    profile = rod.least_dissipation["T"].subs(values)
    (x,) = profile.free_symbols
    assert float(profile.subs(x, Rational(1, 4))) == pytest.approx(sqrt(120000).evalf(), rel=1e-14)
    # Prigogine is right where kappa*T**2 is constant.
    prigogine = ns.Rod("k/T^2", "L", 400, 300)
    given = {"k": 3.0, "L": 0.5}
    sigma = ns.compile(prigogine.entropy_production)(**given)["sigma"]
    assert ns.compile(prigogine.least_dissipation)(**given, x=0.1)["sigma"] == pytest.approx(
        sigma, rel=1e-13
    )


def test_a_longer_rod_produces_less_entropy_unless_the_gradient_is_held():
    rod = ns.Rod("kappa", "L", "T_h", "T_c", area="A")
    sigma = rod.entropy_production["sigma"]
    kappa, L, T_h, T_c, A = rod.symbols
    G, scale = symbols("G scale", positive=True)
    assert equal(sigma.subs(L, scale * L), sigma / scale)
    assert equal(sigma.subs(A, scale * A), sigma * scale)
    steep = sigma.subs(T_h, T_c + G * L)
    assert equal(steep, kappa * A * G**2 * L / (T_c * (T_c + G * L)))


def test_several_curved_layers():
    rod = ns.Rod(
        [ns.Layer("2 + T/100", "0.1"), ns.Layer("sqrt(T) + T^2/10^4", "0.1")],
        hot=ns.Radiator("5e-8", 900),
        cold=300,
    )
    got = ns.compile(rod.flux | rod.temperatures | rod.entropy_production)()
    T = [got[f"T_{i}"] for i in range(4)]
    assert got["J"] == pytest.approx(5e-8 * (900**4 - T[1] ** 4), rel=1e-12)
    assert got["J"] * 0.1 == pytest.approx(
        2 * (T[1] - T[2]) + (T[1] ** 2 - T[2] ** 2) / 200, rel=1e-12
    )
    assert got["sigma"] == pytest.approx(got["J"] * (1 / 300 - 1 / 900), rel=1e-13)
    assert got["sigma"] == pytest.approx(
        got["hot radiation"] + got["layer 1"] + got["layer 2"], rel=1e-12
    )
    middle = ns.compile(rod.profile)(x=0.1)
    assert middle["T/layer 1"] == pytest.approx(T[2], rel=1e-13) == middle["T/layer 2"]


def test_a_part_can_be_replaced():
    rod = ns.Rod("kappa", "L", ns.Film("h", "T_h"), "T_c")
    wide = replace(rod, area="A")
    A = Symbol("A", positive=True)
    assert wide.entropy_production["sigma"] == A * rod.entropy_production["sigma"]
    with pytest.raises(ns.ModelError, match="layers have lengths of their own"):
        replace(rod, length="L2")


def test_shells():
    x = Symbol("x", real=True)
    ball = ns.Rod("k", "r2 - r1", start="r1", area=4 * pi * x**2)
    k, T_h, T_c, r1, r2 = symbols("k T_h T_c r1 r2", positive=True)
    assert equal(ball.current["Q"], 4 * pi * k * (T_h - T_c) / (1 / r1 - 1 / r2))
    tube = ns.compile(ns.Rod("k", "r2 - r1", start="r1", area=2 * pi * x).current)
    got = tube(k=3.0, T_h=400.0, T_c=300.0, r1=1.0, r2=2.0)["Q"]
    assert got == pytest.approx(2 * np.pi * 3 * 100 / np.log(2), rel=1e-14)


def test_local_entropy_production_adds_up():
    rod = ns.Rod("2 + T/100", "1/2", 400, 300)
    kernel = ns.compile(rod.local_entropy_production, backend="mpmath")
    with mpmath.workdps(20):
        total = mpmath.quad(lambda x: kernel(x=x)["sigma(x)"], [0, 0.5])
    assert float(total) == pytest.approx(float(rod.entropy_production["sigma"]), rel=1e-15)
    J, X = rod.flux["J"], rod.force["X"]
    assert equal((J * X - rod.local_entropy_production["sigma(x)"]).subs(rod.x, 0), 0)


def test_heat_flows_back_through_a_rod_the_wrong_way_round():
    forth = ns.Rod("2 + T/100", "1/2", ns.Film(3, 400), ns.Film(5, 300))
    back = ns.Rod("2 + T/100", "1/2", ns.Film(5, 300), ns.Film(3, 400))
    assert equal(forth.flux["J"], -back.flux["J"])
    assert float(back.entropy_production["sigma"]) > 0
    curved = ns.Rod("T^3", "1/2", ns.Film(5, 300), ns.Film(3, 400))
    assert ns.compile(curved.flux)()["J"] < 0


def test_equilibrium_and_the_digits_near_it():
    rod = ns.Rod("sqrt(T)", "L", ns.Film("h", "T_h"), ns.Film("h", "T_c"))
    kernel = ns.compile(rod.entropy_production.select(["sigma"]) | rod.flux)
    values = {"L": 1.0, "h": 20.0, "T_c": 300.0}
    assert kernel(**values, T_h=300.0) == {"sigma": 0, "J": 0}
    drops = 300 * np.array([2.0**-30, 2.0**-31])
    got = kernel(**values, T_h=300 + drops)
    assert got["J"][0] / got["J"][1] == pytest.approx(2, rel=1e-8)
    assert got["sigma"][0] / got["sigma"][1] == pytest.approx(4, rel=1e-8)


def test_field_state():
    rod = ns.Rod("kappa", "L")
    ss = ns.steady_state(rod)
    assert ss.state is ss.profile is rod.profile
    assert ss.currents is ss.flux is rod.flux
    assert ss.forces is ss.force is rod.force
    assert ns.entropy_production(ss) is rod.entropy_production
    assert ss["T"] == rod.profile["T"]
    assert ss._repr_latex_().startswith(r"$\displaystyle")
    assert repr(ss) == "<FieldState of <Rod: 1 layer>>"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"kappa": 0}, ns.ParameterError, "kappa is 0: it must be > 0"),
        ({"length": -1}, ns.ParameterError, "length is -1: it must be > 0"),
        ({"area": 0}, ns.ParameterError, "area is 0: it must be > 0"),
        ({"hot": 0}, ns.ParameterError, "temperature of the hot end is 0: it must be > 0"),
        ({"cold": "-5"}, ns.ParameterError, "temperature of the cold end is -5: it must be > 0"),
        ({"cold": float("nan")}, ns.ParameterError, "nan is not a finite real number"),
        ({"hot": ns.Film(-2, 300)}, ns.ParameterError, "heat transfer coefficient is -2"),
        ({"kappa": "1 - T/350", "hot": 400, "cold": 300}, ns.ParameterError, "kappa is -1/7 at T"),
        ({"length": None}, ns.ModelError, "a rod needs a length"),
        ({"kappa": [ns.Layer(1, 3)]}, ns.ModelError, "layers have lengths of their own"),
        ({"kappa": [ns.Contact(1)], "length": None}, ns.ModelError, "at least one Layer"),
        ({"kappa": [ns.Layer(1, 1), 3], "length": None}, ns.ModelError, "3 is neither a Layer"),
    ],
)
def test_bad_rods(arguments, error, message):
    with pytest.raises(error, match=message):
        ns.Rod(**{"kappa": 1, "length": 1, "hot": "T_h", "cold": "T_c", **arguments})


def test_celsius_is_warned_of():
    with pytest.warns(ns.NessWarning, match="temperature of the cold end is 20 K; is it meant"):
        ns.Rod(1, 1, 300, 20)


def test_conductivity_is_checked_in_kernels():
    kernel = ns.compile(ns.Rod("1 - b*T", "L").flux)
    with pytest.raises(ns.ParameterError, match=r"-T_h\*b \+ 1 must be positive; got -1.0"):
        kernel(b=0.005, T_h=400.0, T_c=300.0, L=1.0)


def test_bad_fins_and_legs():
    with pytest.raises(ns.UnknownNameError, match="unknown tip 'open'"):
        ns.Fin(tip="open")
    with pytest.raises(ns.ParameterError, match="perimeter is 0"):
        ns.Fin(perimeter=0)
    with pytest.raises(ns.ParameterError, match="resistance is -1"):
        ns.ThermoelectricLeg(resistance=-1)
    with pytest.raises(ns.ModelError, match="one layer between fixed ends"):
        _ = steel().least_dissipation
