"""Flippase: ATP holds a lipid on the inner leaflet of a membrane against its leak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sympy import Symbol, diff

from nesssym.exact.rational import cancel
from nesssym.formulas import Formulas
from nesssym.functions import logratio
from nesssym.generic import steady_state
from nesssym.networks import FlowNetwork, StateGraph
from nesssym.networks.files import Reference
from nesssym.system import Correction, Limit, System, parameter, real

__all__ = ["SYSTEM"]


def _model(symbols: Mapping[str, Symbol]) -> StateGraph:
    return StateGraph.from_text(
        """
        leak: out <-> in ; k, k
        pump: out <-> in ; a, a*exp(-dmu)
        """,
        symbols=symbols,
    )


def _results(model: StateGraph, system: System) -> dict[str, Formulas]:
    ss = steady_state(model)
    shared = system.steps()
    p = shared.absorb(ss.state)
    flux = shared.absorb(ss.currents)
    N, T, k_B, k, dmu, x = (system.named[s] for s in ("N", "T", "k_B", "k", "dmu", "x"))
    excess = cancel(ss["in"] - ss["out"])
    gradient = shared.let(logratio(p["in"], p["out"], excess), "g")
    turnover = shared.let(N * flux["out->in/pump"], "n")
    power = k_B * T * dmu * turnover
    least = N * k_B * T * k * (2 * x - 1) * logratio(x, 1 - x, 2 * x - 1)
    return {
        "fraction": ss.state,
        "ATP turnover": shared.formulas({"pump": turnover}, unit="1/s"),
        "power": shared.formulas(
            {"consumed": power, "stored": k_B * T * gradient * turnover}, unit="W"
        ),
        "least power": shared.formulas({"P_min": least}, unit="W"),
        "least power with charge": _charged(system),
        "relaxation": _relaxation(system),
        "lipids outside, saturable pump": _saturable(system),
        "efficiency": shared.formulas({"eta": gradient / dmu}, heads=[r"\eta"]),
        "entropy production": shared.formulas({"sigma": power / T}, heads=[r"\sigma"], unit="W/K"),
    }


def _counted(system: System, pump: str) -> FlowNetwork:
    """Count the lipids on the outer leaflet, with any law for the pump."""
    return FlowNetwork.from_text(
        f"""
        leak: out -> in ; k*N_out - k*(N - N_out)
        pump: out -> in ; {pump}
        """,
        unknowns={"out": "N_out"},
        potentials={"out": "-k_B*log(N_out/N)", "in": "-k_B*log((N - N_out)/N) - z*e*V/T"},
        symbols=system.named,
        unit="1/s",
    )


def _saturable(system: System) -> Formulas:
    """Balance the leak by a pump that saturates: a quadratic with one change of sign."""
    return replace(steady_state(_counted(system, "V_max*N_out/(K_m + N_out)")).state, unit="1")


def _relaxation(system: System) -> Formulas:
    """Return how fast the fraction outside relaxes: the balance is linear in it."""
    network = _counted(system, "a*N_out - a*exp(-dmu)*(N - N_out)")
    slope = diff(network.balances["out"], network.unknowns["out"])
    return system.steps().formulas({"rate": -slope}, heads=[r"\lambda"], unit="1/s")


def _charged(system: System) -> Formulas:
    """Return what it takes to undo the leak against concentrations and potential."""
    network = _counted(system, "a*N_out")
    leak = next(flow for flow in network.flows if flow.name == "leak")
    N, x, T = (system.named[s] for s in ("N", "x", "T"))
    held = {network.unknowns["out"]: N * (1 - x)}
    power = (T * leak.law * network.force(leak)).xreplace(held)
    return system.steps().formulas({"P_min": power}, heads=[r"P_\text{min}"], unit="W")


def _twenty(system: System) -> Formulas:
    shared = system.steps()
    least = shared.absorb(system["least power"])["P_min"]
    turnover = shared.absorb(system["ATP turnover"])["pump"]
    N, T, k_B, k, x = (system.named[s] for s in ("N", "T", "k_B", "k", "x"))
    return shared.formulas(
        {"naive": 20 * k_B * T * k * N * (2 * x - 1), "right": least}, unit="W"
    ) | shared.formulas({"ATP": turnover}, unit="1/s")


def _draw(axes: Any, system: System) -> None:
    inside = system.kernel("fraction")
    speed = [10 ** (0.05 * i - 8) for i in range(140)]
    for drive in (1, 3, 10, 20):
        axes.semilogx(
            speed, inside(a=speed, dmu=drive)["in"], label=rf"$\Delta\mu = {drive}\,k_B T$"
        )
    axes.set_xlabel("pump rate a, 1/s")
    axes.set_ylabel("fraction inside")
    axes.legend()


SYSTEM = System(
    title="Flippase: a lipid held on the inner leaflet by ATP",
    passage="""
Phosphatidylserine sits on the inner leaflet of a living cell's membrane. It leaks through at
the rate k both ways; a flippase carries it back, one lipid an ATP. The asymmetry is a non-
equilibrium steady state: without ATP both leaflets become equal. The fraction inside is bounded
by the drive, however fast the pump: ln(in/out) is at most the free energy of ATP in units of
k_B T.
""",
    reference=Reference(
        authors="P. A. Leventis, S. Grinstein",
        year=2010,
        title="The distribution and function of phosphatidylserine in cellular membranes",
        journal="Annu. Rev. Biophys. 39, 407",
        doi="10.1146/annurev.biophys.093008.131234",
    ),
    parameters=(
        parameter("N", "3.7e7", "1", "phosphatidylserine lipids of an erythrocyte",
                  "2.5e8 phospholipids of which 14.9 mol %"),
        parameter("k", "log(2)/72000", "1/s", "leak, each way", "half-time 20 h, illustrative"),
        parameter("a", "4.0e-4", "1/s", "pump, per lipid on the outer leaflet", "illustrative"),
        parameter("dmu", "50000/(8.31446261815324*310.15)", "1",
                  "free energy of ATP hydrolysis over k_B T", "-50 kJ/mol", latex=r"\Delta\mu"),
        parameter("T", "310.15", "K", "temperature"),
        parameter("k_B", "1.380649e-23", "J/K", "Boltzmann constant", "SI, exact"),
        parameter("V_max", "1.5e4", "1/s", "largest rate of a pump that saturates, a cell",
                  "illustrative"),
        parameter("K_m", "6.0e5", "1", "lipids outside at half of it", "illustrative"),
        real("z", "-1", "1", "charge of the lipid, in elementary charges"),
        real("V", "-10e-3", "V", "membrane potential, inside minus outside", "erythrocyte"),
        parameter("e", "1.602176634e-19", "C", "elementary charge", "SI, exact"),
        parameter("x", "0.97", "1", "fraction inside that is to be held"),
    ),
    build=_model,
    derive=_results,
    bounds={"x": ">= 1/2 and < 1", "k": ">= 0", "a": ">= 0"},
    limits=(
        Limit("without a pump both leaflets are equal", "fraction", "in", {"a": "0"}, "1/2"),
        Limit("without drive both leaflets are equal", "fraction", "in", {"dmu": "0"}, "1/2"),
        Limit("without a pump no power is used", "power", "consumed", {"a": "0"}, "0"),
        Limit("a fast pump comes to the drive with efficiency one", "efficiency", "eta",
              {"a": "oo"}, "1"),
        Limit("without a pump the leak alone relaxes", "relaxation", "rate", {"a": "0"}, "2*k"),
        Limit("without potential charge costs nothing", "least power with charge", "P_min",
              {"V": "0"}, "N*k_B*T*k*(2*x - 1)*log(x/(1 - x))"),
        Limit("a saturated pump that stops leaves half outside", "lipids outside, saturable pump",
              "N_out", {"V_max": "0"}, "N/2"),
        Limit("without a leak holding costs nothing", "least power", "P_min", {"k": "0"}, "0"),
        Limit("nothing to hold, nothing to pay", "least power", "P_min", {"x": "1/2"}, "0"),
    ),
    corrections=(
        Correction(
            naive="the least power is 20 k_B T for every lipid that leaks",
            right="it is k_B T ln(in/out) for every lipid that leaks",
            evidence=_twenty,
        ),
    ),
    draw=_draw,
)  # fmt: skip
