"""Living cell: a pump keeps the volume finite, and rest would be lysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Expr, Integer, Poly, Symbol, diff, exp, log, oo, sqrt

from nesssym.constants import FARADAY, GAS
from nesssym.exact.isolation import isolate, remaining
from nesssym.exact.rational import cancel
from nesssym.formulas import Formulas, Steps
from nesssym.networks import FlowNetwork
from nesssym.networks.files import Reference
from nesssym.roots import RootIn
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
    volume = shared.formulas({"w": n_X / value["c_X"]}, unit="m^3")
    return {
        "potential": shared.formulas({"V": potential}, unit="V"),
        "concentrations": shared.formulas(
            inside | {"X": value["c_X"]},
            heads=[rf"c_\mathrm{{{ion}}}" for ion in (*inside, "X")],
            unit="mol/m^3",
        ),
        "volume": volume,
        "least volume": _at_least_volume(system, volume),
        "lysis": shared.formulas({"gamma": _gamma(system)}, heads=[r"\gamma"]),
        "pump rate of least volume": _least_volume(system),
        "largest pump rate": _largest(system),
        "ion work": shared.formulas({"W": work}, heads=[r"W_\text{ion}"], unit="J/mol"),
        "power": shared.formulas(power, unit="W"),
        "efficiency": shared.formulas({"eta": work / given}, heads=[r"\eta"]),
        "entropy production": shared.formulas(
            {"sigma": sum(parts.values())} | parts,
            heads=[r"\sigma", *(rf"\sigma_\text{{{name}}}" for name in parts)],
            unit="W/K/m^2",
        ),
        "entropy production of the cell": shared.formulas(
            {"sigma": area * sum(parts.values())}, heads=[r"\sigma_\text{cell}"], unit="W/K"
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


def _at_least_volume(system: System, volume: Formulas) -> Formulas:
    shared = system.steps()
    rate = shared.let(shared.absorb(_least_volume(system))["j"], "j_0", alone=True)
    known = shared.absorb(volume.subs({system.named["j"]: rate}))
    return shared.formulas(known, unit=volume.unit)


def _largest(system: System) -> Formulas:
    """Find the pump rate that bursts the cell with potassium.

    gamma is the sum of two exponentials, so convex, and one where the pump stands still: from its
    least value on it comes back to one just once. In units of the pump rate of least volume.
    """
    times = Symbol("x", positive=True)
    rate = system.steps().absorb(_least_volume(system))["j"]
    excess = _gamma(system).xreplace({system.named["j"]: times * rate}) - 1
    found = rate * RootIn(excess, (times, Integer(1), oo))
    return system.steps().formulas({"j": found}, heads=[r"j_\text{max}"], unit="mol/m^2/s")


def _without_osmosis(system: System) -> Formulas:
    """Ask for the pressure in a cell half as large, in which all ions are balanced and neutral."""
    R, T = system.named["R"], system.named["T"]
    shared, state = _solved(system)
    theta, ions = _ions(system)
    c_X = next(u for u in system.model.variables if u.name == "c_X")
    neutral, osmotic = (e.xreplace(dict(ions)) for e in system.model.constraints.values())
    twice = shared.let(2 * state[c_X], "c_2", alone=True)
    found = isolate([neutral.xreplace({c_X: twice})], [theta]).values[theta]
    inside = {c_X: twice, theta: shared.let(found, "theta_2", alone=True)}
    known = R * T * osmotic.xreplace(inside)
    return shared.formulas({"naive": Integer(0), "right": known}, unit="Pa")


def _saturating(system: System) -> Formulas:
    """Halve the sodium leak, of a pump whose rate is fixed or falls with the sodium it finds.

    Its three sites are filled as (Na/(Na + K_h))^3. Against the rate that this allows, the rate x,
    in units of the one before, rises from below to above while sodium falls.
    """
    g_Na, j, K_h = (system.named[s] for s in ("g_Na", "j", "K_h"))
    sodium = system["concentrations"]["Na"]
    before, x = sodium, Symbol("x", positive=True)
    after = sodium.xreplace({g_Na: g_Na / 2})
    filled = ((1 + K_h / before) / (1 + K_h / after.xreplace({j: x * j}))) ** 3
    rate = RootIn(x - filled, (x, Integer(0), Integer(1)))
    return system.steps().formulas(
        {"naive": after, "right": after.xreplace({j: rate * j})}, unit="mol/m^3"
    )


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
        parameter("Cl_o", "148.5", "mol/m^3", "chloride outside; the bath is neutral"),
        parameter("K_h", "10", "mol/m^3", "sodium that half fills a site of a pump that saturates",
                  "illustrative"),
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
    bounds={"z": "< 1", "Cl_o": "= Na_o + K_o"},
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
        Correction(
            naive="with ions balanced and the inside neutral any volume will do",
            right="water moves until there is no pressure; half of the volume means this much",
            evidence=_without_osmosis,
        ),
        Correction(
            naive="with half of the leak a pump keeps its rate, and sodium falls",
            right="a pump that finds less sodium slows down, and sodium falls less",
            evidence=_saturating,
        ),
    ),
    draw=_draw,
)  # fmt: skip
