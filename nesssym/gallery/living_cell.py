"""Living cell: a pump keeps the volume finite, and rest would be lysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Expr, Integer, Poly, Symbol, diff, exp, log, sqrt

from nesssym.constants import FARADAY, GAS
from nesssym.exact.isolation import isolate, remaining
from nesssym.exact.rational import cancel
from nesssym.formulas import Formulas, Steps
from nesssym.networks import FlowNetwork
from nesssym.networks.files import Reference
from nesssym.system import Correction, Limit, System, parameter, real

__all__ = ["SYSTEM"]


def _model(symbols: Mapping[str, Symbol]) -> FlowNetwork:
    """Join leaks, pump, electroneutrality and osmotic balance.

    theta is exp(-F V/(R T)); y of an ion is the logarithm of its concentration inside over that
    outside. The bath is neutral: its chloride is Na_o + K_o.
    """
    leak = "R*T/F^2"
    return FlowNetwork.from_text(
        f"""
        Na: Na_in -> Na_out ; g_Na*{leak}*(y_Na - log(theta))
        K: K_in -> K_out ; g_K*{leak}*(y_K - log(theta))
        Cl: Cl_in -> Cl_out ; g_Cl*{leak}*(y_Cl + log(theta))
        pump: 3 Na_in + 2 K_out + ATP -> 3 Na_out + 2 K_in + ADP ; j
        """,
        unknowns={"Na_in": "y_Na", "K_in": "y_K", "Cl_in": "y_Cl"},
        real=["y_Na", "y_K", "y_Cl"],
        constraints={
            "theta": "Na_o*exp(y_Na) + K_o*exp(y_K) - (Na_o + K_o)*exp(y_Cl) + z*c_X",
            "c_X": "Na_o*exp(y_Na) + K_o*exp(y_K) + (Na_o + K_o)*exp(y_Cl) + c_X - 2*(Na_o + K_o)",
        },
        potentials={
            "Na_in": "-R*y_Na + R*log(theta)",
            "Na_out": 0,
            "K_in": "-R*y_K + R*log(theta)",
            "K_out": 0,
            "Cl_in": "-R*y_Cl - R*log(theta)",
            "Cl_out": 0,
            "ATP": "-dG_ATP/T",
            "ADP": 0,
        },
        symbols=symbols,
        unit="mol/m^2/s",
        dissipation="W/K/m^2",
    )


def _ions(system: System) -> tuple[Symbol, dict[Symbol, Expr]]:
    """Return theta, and the logarithms of the ions as functions of it."""
    model = system.model
    theta = next(u for u in model.variables if u.name == "theta")
    ions = list(model.unknowns.values())
    return theta, isolate(list(model.balances.values()), ions, searched=(theta,)).values


def _solved(system: System) -> tuple[Steps, dict[Symbol, Expr]]:
    """Solve for the ions, then for theta.

    The logarithms of the ions and the impermeant concentration follow from theta, for which a
    quadratic is left. What is impermeant has a positive concentration only where theta > 1; there
    the quadratic is negative at one, if gamma < 1, and rises: its larger root is the state.
    """
    model = system.model
    shared = system.steps()
    theta, ions = _ions(system)
    neutral, osmotic = (e.xreplace(dict(ions)) for e in model.constraints.values())
    c_X = next(u for u in model.variables if u.name == "c_X")
    impermeant = isolate([osmotic], [c_X], searched=(theta,)).values[c_X]
    _, _, (equation,) = remaining([neutral.xreplace({c_X: impermeant})], [theta])
    a, b, c = Poly(equation, theta).all_coeffs()
    root = shared.let((-b / a + sqrt((b / a) ** 2 - 4 * c / a)) / 2, "theta", alone=True)
    known = {theta: root}
    state = {u: e.xreplace(known) for u, e in ions.items()}
    return shared, state | {theta: root, c_X: impermeant.xreplace(known)}


def _results(model: FlowNetwork, system: System) -> dict[str, Formulas]:
    shared, state = _solved(system)
    value = {u.name: e for u, e in state.items()}
    R, T, F, n_X, j, area = (system.named[s] for s in ("R", "T", "F", "n_X", "j", "area"))
    bath = {"Na": system.named["Na_o"], "K": system.named["K_o"]}
    bath["Cl"] = bath["Na"] + bath["K"]
    potential = -R * T / F * log(value["theta"])
    inside = {ion: outside * exp(value[f"y_{ion}"]) for ion, outside in bath.items()}
    forces = {flow.name: model.force(flow).xreplace(state) for flow in model.flows}
    laws = {flow.name: flow.law.xreplace(state) for flow in model.flows}
    given = system.named["dG_ATP"]
    work = _work(system)
    parts = {name: laws[name] * forces[name] for name in laws}
    power = {"ATP": area * j * given, "ions": area * j * work}
    return {
        "potential": shared.formulas({"V": potential}, unit="V"),
        "concentrations": shared.formulas(
            inside | {"X": value["c_X"]},
            heads=[rf"c_\mathrm{{{ion}}}" for ion in (*inside, "X")],
            unit="mol/m^3",
        ),
        "volume": shared.formulas({"w": n_X / value["c_X"]}, unit="m^3"),
        "lysis": shared.formulas({"gamma": _gamma(system)}, heads=[r"\gamma"]),
        "pump rate of least volume": _least_volume(system),
        "ion work": shared.formulas({"W": work}, heads=[r"W_\text{ion}"], unit="J/mol"),
        "power": shared.formulas(power, unit="W"),
        "efficiency": shared.formulas({"eta": work / given}, heads=[r"\eta"]),
        "entropy production": shared.formulas(
            {"sigma": sum(parts.values())} | parts,
            heads=[r"\sigma", *(rf"\sigma_\text{{{name}}}" for name in parts)],
            unit="W/K/m^2",
        ),
    }


def _gamma(system: System) -> Expr:
    """Return what must be below one: cations that would be inside, at no potential, over outside.

    There the osmotic balance leaves no room for what is impermeant.
    """
    theta, ions = _ions(system)
    at_rest = {u.name: e.xreplace({theta: Integer(1)}) for u, e in ions.items()}
    Na, K = system.named["Na_o"], system.named["K_o"]
    return (Na * exp(at_rest["y_Na"]) + K * exp(at_rest["y_K"])) / (Na + K)


def _work(system: System) -> Expr:
    """Return what a turn of the pump stores in ions; the potential cancels with the leaks."""
    pump = next(flow for flow in system.model.flows if flow.name == "pump")
    _, ions = _ions(system)
    stored = system.named["dG_ATP"] - system.named["T"] * system.model.force(pump)
    return cancel(stored.xreplace(dict(ions)))


def _least_volume(system: System) -> Formulas:
    """Find where gamma is least: there the slopes of its two exponentials cancel."""
    j, bath = system.named["j"], system.named["Na_o"] + system.named["K_o"]
    first, second = diff(_gamma(system) * bath, j).as_ordered_terms()
    start = (-second / first).xreplace({j: Integer(0)})
    rise = diff(first, j) / first - diff(second, j) / second
    return system.steps().formulas({"j": log(start) / rise}, heads=[r"j^\circ"], unit="mol/m^2/s")


def _pump_almost_off(system: System) -> Formulas:
    """Compare the volume with that at a hundredth of the pump rate."""
    shared = system.steps()
    volume = system["volume"]
    normal = shared.absorb(volume)["w"]
    j = system.named["j"]
    return shared.formulas(
        {"naive": normal, "right": shared.absorb(volume.subs({j: j / 100}))["w"]}, unit="m^3"
    )


def _draw(axes: Any, system: System) -> None:
    rates = np.linspace(0.05, 12, 160) * 1e-8
    conductances = np.linspace(0.02, 0.3, 140)
    j, g_Na = np.meshgrid(rates, conductances)
    gamma = system.kernel("lysis", everywhere=True)(j=j, g_Na=g_Na)["gamma"]
    work = system.kernel("ion work", everywhere=True)(j=j, g_Na=g_Na)["W"] / 1e3
    given = float(system.values[system.named["dG_ATP"]]) / 1e3
    alive = np.ma.masked_where((gamma >= 1) | (work > given), gamma)
    shown = axes.pcolormesh(j * 1e8, g_Na, alive, shading="auto", norm="log")
    axes.figure.colorbar(shown, ax=axes, label=r"$\gamma$, lysis at 1")
    axes.contour(j * 1e8, g_Na, work, levels=[given], colors="r")
    axes.contour(j * 1e8, g_Na, gamma, levels=[1], colors="k")
    here = {s.name: float(value) for s, value in system.values.items()}
    axes.plot(1e8 * here["j"], here["g_Na"], "wo")
    axes.set_xlabel(r"pump rate, $10^{-8}$ mol/m$^2$/s")
    axes.set_ylabel(r"sodium conductance, S/m$^2$")
    axes.text(11.5, 0.04, "ATP is spent", color="r", ha="right")


SYSTEM = System(
    title="Living cell: a volume that is kept by pumping",
    passage="""
Proteins and other molecules that cannot leave draw water into a cell, and no wall holds it. The
cell keeps its volume because the pump takes out three sodium for two potassium that it takes in:
sodium behaves as if it could not enter. The steady state has a potential, gradients and a finite
volume, and all three are paid for by ATP. The slower the pump, the larger the cell; at equilibrium
the volume is infinite: lysis. There is a steady state if and only if gamma, the cations that would
be inside at no potential over those outside, is below one.
""",
    reference=Reference(
        authors="A. R. Kay",
        year=2017,
        title="How cells can control their size by pumping ions",
        journal="Front. Cell Dev. Biol. 5, 41",
        doi="10.3389/fcell.2017.00041",
    ),
    parameters=(
        parameter("g_Na", "0.10", "S/m^2", "conductance of sodium", "illustrative"),
        parameter("g_K", "0.70", "S/m^2", "conductance of potassium", "illustrative"),
        parameter("g_Cl", "0.50", "S/m^2", "conductance of chloride", "illustrative"),
        parameter("Na_o", "145", "mol/m^3", "sodium outside"),
        parameter("K_o", "3.5", "mol/m^3", "potassium outside"),
        real("z", "-0.85", "1", "mean charge of what cannot leave", "Duesterwald et al. 2018"),
        parameter("n_X", "1.2e-13", "mol", "amount of what cannot leave", "illustrative"),
        parameter("area", "7.0e-10", "m^2", "area of the membrane", "illustrative", "A"),
        parameter("j", "4.9e-8", "mol/m^2/s", "turns of the pump", "illustrative"),
        parameter("dG_ATP", "50e3", "J/mol", "free energy of ATP hydrolysis, given up",
                  latex=r"\Delta G_\text{ATP}"),
        parameter("T", "310.15", "K", "temperature"),
        GAS,
        FARADAY,
    ),
    build=_model,
    derive=_results,
    below={"z": "1"},
    exists=lambda system: {
        "the cell does not burst, gamma < 1,": 1 - _gamma(system),
        "ATP pays for the ions that a turn of the pump moves":
            system.named["dG_ATP"] - _work(system),
    },
    limits=(
        Limit("without pump there is no potential", "potential", "V", {"j": "0"}, "0"),
        Limit("without pump sodium is as outside", "concentrations", "Na", {"j": "0"}, "Na_o"),
        Limit("without pump there is no room for what cannot leave", "concentrations", "X",
              {"j": "0"}, "0"),
        Limit("without pump gamma is one: lysis", "lysis", "gamma", {"j": "0"}, "1"),
        Limit("at charge -1 theta is one over gamma", "potential", "V", {"z": "-1"},
              "R*T/F*log((Na_o*exp(-3*F^2*j/(R*T*g_Na)) + K_o*exp(2*F^2*j/(R*T*g_K)))"
              "/(Na_o + K_o))"),
    ),
    corrections=(
        Correction(
            naive="with the pump off concentrations become equal and the cell keeps its volume",
            right="what cannot leave draws in salt and water until the cell bursts",
            evidence=_pump_almost_off,
        ),
    ),
    draw=_draw,
)  # fmt: skip
