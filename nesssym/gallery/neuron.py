"""Neuron at rest: a potential that leaks make and a pump pays for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Expr, Integer, Symbol, exp, log

from nesssym.constants import FARADAY, GAS
from nesssym.exact.isolation import isolate
from nesssym.fields.integrals import definite
from nesssym.formulas import Formulas, Steps
from nesssym.generic import entropy_production, steady_state
from nesssym.networks import FlowNetwork
from nesssym.networks.files import Reference
from nesssym.special import exprel
from nesssym.system import Correction, Limit, System, parameter, real

__all__ = ["SYSTEM"]

STALL = (
    "R*T*(n_Na*log(Na_o/Na_i) + n_K*log(K_i/K_o) - (n_Na - n_K)*log("
    "(n_Na*P_K*K_o + n_K*P_Na*Na_o)/(n_Na*P_K*K_i + n_K*P_Na*Na_i)))"
)
PHI = Symbol("phi", positive=True)
PUMP = ("pump_Na", "pump_K", "ATP")


def flux(permeability: Expr, inside: Expr, outside: Expr, u: Expr) -> Expr:
    """Return what flows out through a membrane of constant field (Goldman, Hodgkin and Katz).

    The Nernst-Planck equation c' = u c - J/P on 0 < x < 1, times exp(-u x), integrates to
    c(1) exp(-u) - c(0) = -(J/P) times the integral of exp(-u x).
    """
    x = Symbol("x", positive=True)
    return (
        permeability
        * (inside - outside * exp(-u))
        / definite(exp(-u * x), x, Integer(0), Integer(1))
    )


def _model(symbols: Mapping[str, Symbol]) -> FlowNetwork:
    """Ask at which pump rate and potential what leaks is pumped back.

    w is exp(F V/(R T)). All leaks have one factor phi = u/(1 - exp(-u)) in common, positive
    whatever the potential; as a symbol it keeps the equations rational.
    """
    return FlowNetwork.from_text(
        """
        K: K_in -> K_out ; P_K*phi*(K_i - K_o/w)
        Na: Na_in -> Na_out ; P_Na*phi*(Na_i - Na_o/w)
        Cl: Cl_in -> Cl_out ; P_Cl*phi*(Cl/w - Cl_o)
        pump_Na: Na_in -> Na_out ; n_Na*J
        pump_K: K_out -> K_in ; n_K*J
        ATP: ATP -> ADP ; J
        """,
        unknowns={"K_in": "J", "Na_in": "w", "Cl_in": "Cl"},
        potentials={
            "K_in": "-R*log(K_i/c_0) - R*log(w)",
            "K_out": "-R*log(K_o/c_0)",
            "Na_in": "-R*log(Na_i/c_0) - R*log(w)",
            "Na_out": "-R*log(Na_o/c_0)",
            "Cl_in": "-R*log(Cl/c_0) + R*log(w)",
            "Cl_out": "-R*log(Cl_o/c_0)",
            "ATP": "-dG_ATP/T",
            "ADP": 0,
        },
        symbols=dict(symbols) | {"phi": PHI},
        unit="mol/m^2/s",
        dissipation="W/K/m^2",
    )


def _results(model: FlowNetwork, system: System) -> dict[str, Formulas]:
    return {
        "flux": _fluxes(system),
        "equilibrium potential": _nernst(system),
        "resting potential": _resting(system),
        "jump when the pump stops": _jump(system),
        "flows at rest": _at_rest(system, steady_state(model).currents),
        "chloride at rest": _chloride(system),
        "entropy production": _at_rest(system, entropy_production(steady_state(model))),
        "power": _power(system),
        "ion work": _work(system),
        "efficiency": _efficiency(system),
        "reversal potential": _reversal(system),
        "largest pump potential": _electrogenic(system),
        "chord potential": _chord(system, "V", "V"),
        "chord pump rate": _chord(system, "J", "mol/m^2/s"),
    }


def _thermal(system: System) -> Expr:
    R, T, F = (system.named[s] for s in ("R", "T", "F"))
    return R * T / F


def _fluxes(system: System) -> Formulas:
    named = system.named
    u = named["V"] / _thermal(system)
    charges = {"K": 1, "Na": 1, "Cl": -1}
    return system.steps().formulas(
        {
            ion: flux(named[f"P_{ion}"], named[f"{ion}_i"], named[f"{ion}_o"], z * u)
            for ion, z in charges.items()
        },
        heads=(f"J_{{{ion}}}" for ion in charges),
        unit="mol/m^2/s",
    )


def _potential_without(system: System, ions: Mapping[str, int]) -> Expr:
    """Return the potential at which the leaks of some ions carry no current together."""
    w = system.model.unknowns["Na_in"]
    laws = {flow.name: flow.law for flow in system.model.flows}
    closed = {system.model.unknowns["Cl_in"]: system.named["Cl_i"]}
    current = sum((z * laws[ion] for ion, z in ions.items()), Integer(0)).xreplace(closed)
    return _thermal(system) * log(isolate([current], [w]).values[w])


def _nernst(system: System) -> Formulas:
    ions = {"K": 1, "Na": 1, "Cl": -1}
    return system.steps().formulas(
        {ion: _potential_without(system, {ion: z}) for ion, z in ions.items()},
        heads=(f"E_{{{ion}}}" for ion in ions),
        unit="V",
    )


def _resting(system: System) -> Formulas:
    ss = steady_state(system.model)
    return system.steps().formulas(
        {
            "steady": _thermal(system) * log(ss["w"]),
            "GHK": _potential_without(system, {"K": 1, "Na": 1, "Cl": -1}),
            "GHK_cations": _potential_without(system, {"K": 1, "Na": 1}),
        },
        heads=["V", r"V_\text{GHK}", r"V_\text{GHK, cations}"],
        unit="V",
    )


def _jump(system: System) -> Formulas:
    """Return by how much the potential leaves the steady one when the pump stops (ouabain).

    Concentrations are still those of the steady state, chloride at its equilibrium there; it holds
    the potential back.
    """
    shared = system.steps()
    ss = steady_state(system.model)
    w = shared.let(ss["w"], "w", alone=True)
    chloride = shared.let(ss["Cl"].xreplace({ss["w"]: w}), "Cl", alone=True)
    stopped = {
        "cations": _potential_without(system, {"K": 1, "Na": 1}),
        "all": _potential_without(system, {"K": 1, "Na": 1, "Cl": -1}),
    }
    here = {system.named["Cl_i"]: chloride}
    steady = _thermal(system) * log(w)
    return shared.formulas(
        {ions: V.xreplace(here) - steady for ions, V in stopped.items()},
        heads=[r"\Delta V_\text{cations}", r"\Delta V"],
        unit="V",
    )


def _at_rest(system: System, found: Formulas) -> Formulas:
    """Give the common factor of the leaks its value at the resting potential."""
    w = steady_state(system.model)["w"]
    shared = system.steps()
    known = shared.absorb(found.subs({PHI: 1 / exprel(-log(w))}))
    return shared.formulas(known, heads=found.heads, unit=found.unit)


def _chloride(system: System) -> Formulas:
    inside = steady_state(system.model)["Cl"]
    return system.steps().formulas({"Cl_i": inside}, unit="mol/m^3")


def _parts(system: System) -> tuple[Steps, dict[str, Expr], Expr]:
    """Return entropy productions at rest and the turnover of the pump, in common steps."""
    shared = system.steps()
    model = steady_state(system.model)
    parts = shared.absorb(_at_rest(system, entropy_production(model)))
    turnover = shared.absorb(_at_rest(system, model.currents))["ATP"]
    return shared, parts, turnover


def _power(system: System) -> Formulas:
    shared, parts, _ = _parts(system)
    T = system.named["T"]
    named = {
        "ATP": parts["ATP"],
        "leaks": parts["K"] + parts["Na"],
        "pump": sum(parts[name] for name in PUMP),
    }
    return shared.formulas({name: T * p for name, p in named.items()}, unit="W/m^2")


def _ion_work(system: System, w: Expr) -> Expr:
    """Return what a turn of the pump stores in ions, from the forces against which it moves."""
    network = system.model
    force = {flow.name: network.force(flow) for flow in network.flows}
    pumped = system.named["n_Na"] * force["pump_Na"] + system.named["n_K"] * force["pump_K"]
    return -system.named["T"] * pumped.xreplace({network.unknowns["Na_in"]: w})


def _work(system: System) -> Formulas:
    w = steady_state(system.model)["w"]
    return system.steps().formulas(
        {"W": _ion_work(system, w)}, heads=[r"W_\text{ion}"], unit="J/mol"
    )


def _efficiency(system: System) -> Formulas:
    shared = system.steps()
    work = shared.absorb(_work(system))["W"]
    return shared.formulas({"eta": work / system.named["dG_ATP"]}, heads=[r"\eta"])


def _reversal(system: System) -> Formulas:
    """Find the potential at which a turn of the pump dissipates nothing."""
    V = Symbol("V_rev", real=True)
    left = system.named["dG_ATP"] - _ion_work(system, exp(V / _thermal(system)))
    return system.steps().formulas(
        {"V": isolate([left], [V]).values[V]}, heads=[r"V_\text{rev}"], unit="V"
    )


def _electrogenic(system: System) -> Formulas:
    """Find how far the pump alone can shift the potential: where only potassium leaks in."""
    n_Na, n_K = system.named["n_Na"], system.named["n_K"]
    return system.steps().formulas(
        {"V": _thermal(system) * log(n_Na / n_K)}, heads=[r"V_T\ln r"], unit="V"
    )


def _chord(system: System, wanted: str, unit: str) -> Formulas:
    """Solve the same steady state with leaks that are linear in the potential."""
    nernst = {f"E_{ion}": _nernst(system)[ion] for ion in ("K", "Na")}
    network = FlowNetwork.from_text(
        """
        K: K_in -> K_out ; g_K*(V_c - E_K)/F
        Na: Na_in -> Na_out ; g_Na*(V_c - E_Na)/F
        pump_Na: Na_in -> Na_out ; n_Na*J
        pump_K: K_out -> K_in ; n_K*J
        """,
        unknowns={"K_in": "J", "Na_in": "V_c"},
        real=["V_c"],
        symbols=system.named | {name: Symbol(name, real=True) for name in nernst},
    )
    found = steady_state(network)["V_c" if wanted == "V" else "J"]
    known = {Symbol(name, real=True): value for name, value in nernst.items()}
    return system.steps().formulas({wanted: found.xreplace(known)}, unit=unit)


def _runs_down(system: System) -> Formulas:
    """Return how fast potassium leaves at the potential where the leaks carry no current."""
    shared = system.steps()
    V = shared.let(
        shared.absorb(system["resting potential"])["GHK"], "V_GHK", alone=True, positive=False
    )
    here = {system.named["V"]: V}
    leak = shared.absorb(_fluxes(system).select(["K"]).subs(here))["K"]
    return shared.formulas({"naive": Integer(0), "right": leak}, unit="mol/m^2/s")


def _no_charge(system: System) -> Formulas:
    """Leave out the current of the pump."""
    shared = system.steps()
    found = shared.absorb(system["resting potential"])
    return shared.formulas({"naive": found["GHK_cations"], "right": found["steady"]}, unit="V")


def _chloride_inverted(system: System) -> Formulas:
    """Put chloride into the sum as if it were a cation."""
    shared = system.steps()
    inside, outside = system.named["Cl_i"], system.named["Cl_o"]
    right = _potential_without(system, {"K": 1, "Na": 1, "Cl": -1})
    wrong = right.xreplace({inside: outside, outside: inside})
    return shared.formulas({"naive": wrong, "right": right}, unit="V")


def _steady_or_not(system: System) -> Formulas:
    shared = system.steps()
    found = shared.absorb(system["resting potential"])
    return shared.formulas({"naive": found["GHK"], "right": found["steady"]}, unit="V")


def _draw(axes: Any, system: System) -> None:
    ratio = [10 ** (0.02 * i - 4) for i in range(250)]
    potassium = float(system.values[system.named["P_K"]])
    found = system.kernel("resting potential")(P_Na=[r * potassium for r in ratio])
    for label, text in (("steady", "with pump, steady"), ("GHK_cations", "pump just stopped")):
        axes.semilogx(ratio, [1e3 * v for v in found[label]], label=text)
    for ion, value in system.kernel("equilibrium potential")().items():
        if ion != "Cl":
            axes.axhline(1e3 * value, color="k", lw=0.5)
            axes.text(ratio[0], 1e3 * value + 2, f"$E_{{{ion}}}$")
    axes.set_xlabel("permeability of sodium over that of potassium")
    axes.set_ylabel("resting potential, mV")
    axes.legend()


SYSTEM = System(
    title="Neuron at rest: leaks, a potential and the pump that pays",
    passage="""
A resting neuron holds -70 mV while potassium leaks out and sodium leaks in. The potential at which
all leaks together carry no current (Goldman, Hodgkin and Katz) is not a steady state: potassium
would run out. In the steady state each ion that leaks is pumped back, three sodium for two
potassium, and chloride, which is not pumped, is at equilibrium (Mullins and Noda). The free energy
of ATP becomes heat in the leaks, and a little in the pump.
""",
    reference=Reference(
        authors="L. J. Mullins, K. Noda",
        year=1963,
        title="The influence of sodium-free solutions on the membrane potential of frog muscle "
        "fibers",
        journal="J. Gen. Physiol. 47, 117",
        doi="10.1085/jgp.47.1.117",
    ),
    parameters=(
        parameter("K_i", "140", "mol/m^3", "potassium inside", "mammal"),
        parameter("K_o", "5", "mol/m^3", "potassium outside", "mammal"),
        parameter("Na_i", "12", "mol/m^3", "sodium inside", "mammal"),
        parameter("Na_o", "145", "mol/m^3", "sodium outside", "mammal"),
        parameter("Cl_i", "10", "mol/m^3", "chloride inside", "mammal"),
        parameter("Cl_o", "110", "mol/m^3", "chloride outside", "mammal"),
        parameter("P_K", "1e-8", "m/s", "permeability of potassium", "illustrative"),
        parameter("P_Na", "4e-10", "m/s", "permeability of sodium", "0.04 P_K, Hodgkin and Katz"),
        parameter("P_Cl", "2e-9", "m/s", "permeability of chloride", "illustrative"),
        real("V", "-65e-3", "V", "potential, inside minus outside, of the fluxes"),
        parameter("n_Na", "3", "1", "sodium that a turn of the pump takes out",
                  latex=r"n_\mathrm{Na}"),
        parameter("n_K", "2", "1", "potassium that it takes in", latex=r"n_\mathrm{K}"),
        parameter("dG_ATP", "50e3", "J/mol", "free energy of ATP hydrolysis, given up",
                  latex=r"\Delta G_\text{ATP}"),
        parameter("g_K", "0.70", "S/m^2", "chord conductance of potassium", "illustrative"),
        parameter("g_Na", "0.10", "S/m^2", "chord conductance of sodium", "illustrative"),
        parameter("c_0", "1000", "mol/m^3", "standard concentration"),
        parameter("T", "310.15", "K", "temperature"),
        GAS,
        FARADAY,
    ),
    build=_model,
    derive=_results,
    bounds={"Cl_o": "<= K_o + Na_o"},
    exists=lambda system: {
        "above the potential where the pump reverses ATP pays for the ions of a turn":
            system.named["dG_ATP"] - _work(system)["W"],
    },
    limits=(
        Limit("without field potassium diffuses", "flux", "K", {"V": "0"}, "P_K*(K_i - K_o)"),
        Limit("without field sodium diffuses", "flux", "Na", {"V": "0"}, "P_Na*(Na_i - Na_o)"),
        Limit("without field chloride diffuses", "flux", "Cl", {"V": "0"}, "P_Cl*(Cl_i - Cl_o)"),
        Limit("without sodium leak potassium is at equilibrium", "resting potential", "steady",
              {"P_Na": "0"}, "R*T/F*log(K_o/K_i)"),
        Limit("without sodium leak the pump rests", "flows at rest", "ATP", {"P_Na": "0"}, "0"),
        Limit("a pump that moves no charge leaves the potential of Goldman, Hodgkin and Katz",
              "resting potential", "steady", {"n_Na": "n_K"},
              "R*T/F*log((P_K*K_o + P_Na*Na_o)/(P_K*K_i + P_Na*Na_i))"),
        Limit("a membrane that only potassium passes is at its equilibrium",
              "resting potential", "GHK", {"P_K": "oo"}, "R*T/F*log(K_o/K_i)"),
        Limit("the pump alone shifts the potential by at most its charge ratio",
              "jump when the pump stops", "cations", {"K_o": "0", "Na_i": "0", "dG_ATP": "oo"},
              "R*T/F*log(n_Na/n_K)"),
        Limit("a pump that moves no charge may stop", "jump when the pump stops", "all",
              {"n_Na": "n_K"}, "0"),
        Limit("the pump stalls where ATP gives what its ions take", "efficiency", "eta",
              {"dG_ATP": STALL}, "1"),
        Limit("a pump that stalls dissipates nothing", "power", "pump", {"dG_ATP": STALL}, "0"),
    ),
    corrections=(
        Correction(
            naive="the resting potential is that of Goldman, Hodgkin and Katz",
            right="there the leaks carry no current, but each ion runs down; the pump moves charge "
            "and chloride follows the potential",
            evidence=_steady_or_not,
        ),
        Correction(
            naive="where the leaks carry no current nothing changes",
            right="potassium leaves and sodium enters: concentrations run down without a pump",
            evidence=_runs_down,
        ),
        Correction(
            naive="a pump sets concentrations, and no potential",
            right="it takes a charge out with each turn, and makes the inside more negative",
            evidence=_no_charge,
        ),
        Correction(
            naive="chloride enters the sums of Goldman, Hodgkin and Katz as the cations do",
            right="it is an anion: its inside stands where the outside of a cation stands",
            evidence=_chloride_inverted,
        ),
    ),
    draw=_draw,
)  # fmt: skip
