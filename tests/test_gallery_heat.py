"""Metal rod and evaporating beaker: what one system's limits and reference values do not show."""

from __future__ import annotations

import mpmath
import numpy as np
import pint
import pytest
from sympy import Symbol

import nesssym as ns
from nesssym.exact.rational import equal

ROD, BEAKER = (ns.gallery.load(name) for name in ("metal_rod", "evaporating_beaker"))


def test_entropy_of_the_rod_is_what_the_literature_has():
    kappa, L, A, T_h, T_c = ROD.symbols[:5]
    sigma = ROD["entropy production"]["sigma"]
    assert equal(sigma, kappa * A * (T_h - T_c) ** 2 / (L * T_h * T_c))
    G = ROD.named["G"]
    held = ROD["entropy production at a held gradient"]["sigma"]
    assert equal(held, kappa * A * G**2 * L / (T_c * (T_c + G * L)))
    assert equal(ROD["entropy production of a bundle"]["sigma"], ROD.named["N"] * sigma)


def test_heat_may_run_backward():
    """A "hot" end that is colder: the flux changes sign, the entropy does not."""
    back = {"T_h": 300, "T_c": 900}
    assert ROD.at("heat flux", back)["J"] == -ROD.at("heat flux")["J"]
    assert ROD.at("entropy production", back) == ROD.at("entropy production")


def test_near_equilibrium_the_flux_is_linear_and_dissipation_quadratic():
    small = np.array([2.0**-10, 2.0**-20, 2.0**-30])
    hot = {"T_h": 300 + small}
    flux, sigma = ROD.kernel("heat current")(**hot)["Q"], ROD.kernel("entropy production")(**hot)
    assert flux / small == pytest.approx(np.full(3, flux[0] / small[0]), rel=1e-14)
    drive = small / (300 * hot["T_h"])
    assert sigma["sigma"] / (flux * drive) == pytest.approx(np.ones(3), rel=1e-14)


@pytest.mark.parametrize("quantity", [
    "steel between gases, entropy production", "layers, entropy production",
    "glowing end, entropy production an area", "fin, entropy production",
    "fin with an insulated tip, entropy production",
    "boiling, entropy production", "wet bulb, entropy production",
])  # fmt: skip
def test_parts_of_entropy_production_are_positive_and_add_up(quantity):
    system = ROD if quantity in ROD.results else BEAKER
    parts = system.at(quantity, digits=25)
    total = parts.pop("sigma")
    assert min(parts.values()) > 0
    with mpmath.workdps(25):
        assert abs(sum(parts.values()) / total - 1) < 1e-22


def test_local_entropy_production_integrates_to_the_total():
    for system, length in ((ROD, "L"), (BEAKER, "L")):
        end = float(system.values[system.named[length]])
        local = system.kernel("local entropy production")
        nodes, weights = np.polynomial.legendre.leggauss(40)
        total = weights @ local(x=end * (nodes + 1) / 2)["sigma(x)"] * end / 2
        area = float(system.values[system.named["A"]])
        assert area * total == pytest.approx(float(system.at("entropy production")["sigma"]))


def test_near_saturation_evaporation_is_linear_and_dissipation_quadratic():
    kernel, sigma = (BEAKER.kernel(q) for q in ("molar flux", "entropy production"))
    dry = np.array([1e-3, 1e-6, 1e-9])
    flux = kernel(phi=1 - dry)["J"]
    lost = 1 - (1 - dry)
    assert flux[1] / lost[1] == pytest.approx(flux[2] / lost[2], rel=1e-5)
    produced = sigma(phi=1 - dry)["sigma"]
    assert produced[1] / lost[1] ** 2 == pytest.approx(produced[2] / lost[2] ** 2, rel=1e-5)
    assert produced.min() > 0


def test_condensation_dissipates_too():
    """More vapour above than at the water: it comes back, and entropy is still produced."""
    values = {"c": 41.0, "D": 2.5e-5, "L": 0.05, "y_s": 0.02, "y_inf": 0.03, "A": 1.0, "R": 8.3}
    assert ns.compile(BEAKER.model.flux)(**values)["J"] < 0
    assert ns.compile(BEAKER.model.entropy_production)(**values)["sigma"] > 0


def test_flux_through_a_resisting_surface_balances():
    """Lambert's function solves kinetic theory at the water and diffusion above it."""
    for alpha in ("1", "1/100", "1/10^6"):
        values = {"alpha": alpha, "L": "1e-5"}
        with mpmath.workdps(40):
            N = BEAKER.at("resisting surface, molar flux", values, 30)["N"]
            y_0 = BEAKER.at("resisting surface, mole fraction", values, 30)["y_0"]
            at = {s.name: mpmath.mpf(str(v.evalf(40))) for s, v in BEAKER.values.items()}
            p = BEAKER.at("vapour pressure", digits=30)
            air = (
                at["P"]
                / (at["R"] * at["T"])
                * at["D_0"]
                * (at["T"] / at["T_0"]) ** (mpmath.mpf("1.81"))
            )
            knocks = at["P"] / mpmath.sqrt(2 * mpmath.pi * at["M"] * at["R"] * at["T"])
            leaves = mpmath.mpf(BEAKER.expr(alpha).evalf(40)) * knocks * (p["p_s"] / at["P"] - y_0)
            diffuses = air / mpmath.mpf("1e-5") * mpmath.log((1 - p["p_inf"] / at["P"]) / (1 - y_0))
            assert abs(leaves / N - 1) < 1e-20
            assert abs(diffuses / N - 1) < 1e-20


def test_depth_grows_as_fast_as_water_leaves():
    day = BEAKER.at("depth in time", digits=40)["L"]
    later = BEAKER.at("depth in time", {"t": "86400 + 1/10^6"}, 40)["L"]
    N = BEAKER.at("molar flux", {"L": str(day)}, 30)["J"]
    M, rho = (mpmath.mpf(str(BEAKER.values[BEAKER.named[s]].evalf(30))) for s in ("M", "rho"))
    assert (later - day) * 10**6 == pytest.approx(N * M / rho, rel=1e-10)


def test_wet_thermometer_takes_as_much_heat_as_its_water_needs():
    at = {s.name: float(v) for s, v in BEAKER.values.items()}
    T_w = float(BEAKER.at("wet bulb")["T_w"])

    def share(T, phi=1.0):
        return phi * at["p_1"] * np.exp(at["b"] * (T - 273.15) / (T - 273.15 + at["T_m"])) / at["P"]

    k = at["h"] / at["c_a"] / at["Le"] ** (2 / 3)
    flux = k * np.log((1 - share(at["T"], at["phi"])) / (1 - share(T_w)))
    assert at["h"] * (at["T"] - T_w) == pytest.approx(at["dH"] * flux, rel=1e-10)
    assert BEAKER.at("wet bulb")["dew point"] < T_w < at["T"]
    assert share(float(BEAKER.at("wet bulb")["dew point"])) == pytest.approx(
        share(at["T"], at["phi"])
    )


def test_plate_at_the_crossover():
    T_x = BEAKER.at("boiling, plate where conduction is as much as expansion", digits=40)["T_p"]
    parts = BEAKER.at("boiling, entropy a mole", {"T_p": mpmath.nstr(T_x, 40)}, 30)
    with mpmath.workdps(30):
        assert abs(parts["conduction"] / parts["expansion"] - 1) < 1e-28


def test_units_of_fields_are_read_by_pint():
    units, x = pint.UnitRegistry(), Symbol("x", real=True)
    rods = (
        ns.Rod("kappa", "L", ns.Film("h", "T_h"), "T_c", area=1 + x),
        ns.Rod("c/(1 - y)", "L", "y_s", "y_inf", variable="y", conjugate="-R*log(y)",
               units=("1", "mol/s")),
    )  # fmt: skip
    for field in (*rods, ns.Fin(), ns.ThermoelectricLeg()):
        for formulas in (field.profile, field.flux, field.force, field.entropy_production):
            units.Quantity(1, formulas.unit)
        units.Quantity(1, field.local_entropy_production.unit)
    for rod in rods:
        assert rod.current.unit == rod.units[1]
        density = units.Quantity(1, rod.flux.unit) * units.Quantity(1, rod.force.unit)
        assert density.check(units.Quantity(1, rod.local_entropy_production.unit).dimensionality)
