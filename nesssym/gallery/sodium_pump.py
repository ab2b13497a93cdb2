"""Sodium-potassium pump: one cycle of four states that ATP turns against two gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sympy import Expr, Integer, Mul, Symbol, exp, log

from nesssym.constants import FARADAY, GAS
from nesssym.equilibrium import detailed_balance_conditions
from nesssym.exact.isolation import isolate
from nesssym.exact.rational import cancel
from nesssym.formulas import Formulas, Steps
from nesssym.generic import affinities, entropy_production, steady_state
from nesssym.networks import StateGraph
from nesssym.networks.files import Reference
from nesssym.networks.reactions import read_complex
from nesssym.system import Correction, Limit, System, parameter, real

__all__ = ["SYSTEM"]

IONS = read_complex("3 Na_in + 2 K_out"), read_complex("3 Na_out + 2 K_in")
PAN = "Pan and others, arXiv:1711.00989"
FREE = "P_tot/(1 + K_i/K_PK + Na_i/K_PNa + H/K_PH)"
STALL = f"(R*T*(3*log(Na_e/Na_i) + 2*log(K_i/K_e) + log(ADP*{FREE}*H/(ATP*c_0^2))) + dG0)/F"
DISSOCIATION = (
    "K_dKe*sqrt(exp(-dG0/(R*T))*c_0^2*K_0Nai*K_dNai^2*K_dATP*k_1r*k_2r*k_3r*k_4r"
    "/(K_0Nae*K_dNae^2*k_1*k_2*k_3*k_4))"
)
FUEL = read_complex("ATP"), read_complex("ADP + P + H")
HEADS = {
    "a1": r"\alpha_1^{+}",
    "b1": r"\alpha_1^{-}",
    "b2": r"\alpha_2^{-}",
    "a3": r"\alpha_3^{+}",
    "b3": r"\alpha_3^{-}",
    "a4": r"\alpha_4^{+}",
    "b4": r"\alpha_4^{-}",
}


def _model(symbols: Mapping[str, Symbol]) -> StateGraph:
    """Turn the pump: load sodium and let ADP go, turn outwards, load potassium, turn inwards.

    Ions and ATP bind fast: the rates, see `_rates`, hold the share of pumps that carry them.
    """
    return StateGraph.from_text(
        """
        1 <-> 2 ; a1, b1
        2 <-> 3 ; k_2, b2
        3 <-> 4 ; a3, b3
        4 <-> 1 ; a4, b4
        """,
        symbols={"k_2": symbols["k_2"]},
    )


def _sites() -> tuple[Expr, Expr]:
    """Return the shares of the pumps of a side with three sodium and two potassium; all scaled.

    Two sites take sodium or potassium, not one of each; where both hold sodium a third site, in
    the field of the membrane, takes another one.
    """
    graph = StateGraph.from_text(
        """
        none <-> Na ; 2*n, 1
        Na <-> 2Na ; n, 2
        2Na <-> 3Na ; s, 1
        none <-> K ; 2*k, 1
        K <-> 2K ; k, 2
        """
    )
    p = steady_state(graph, "trees").state
    return cancel(p["3Na"]), cancel(p["2K"])


def _rates(system: System, shared: Steps, K_dKi: Expr | None = None) -> dict[str, Expr]:
    """Return the effective rates of the model, by name; its constants are those of binding."""
    named = system.named
    fold, shift = _field(system, shared)
    if K_dKi is None:
        found = _dissociation(system)
        K_dKi = shared.let(found["K_dKi"], "K_dKi", alone=True, latex=found.heads[0])
    n, k, s, m = (Symbol(name, positive=True) for name in "nksm")
    inside = {
        n: named["Na_i"] / named["K_dNai"],
        k: named["K_i"] / K_dKi,
        s: named["Na_i"] / (named["K_0Nai"] * shift),
    }
    outside = {
        n: named["Na_e"] / named["K_dNae"],
        k: named["K_e"] / named["K_dKe"],
        s: named["Na_e"] / (named["K_0Nae"] * shift * fold),
    }
    energy = {m: named["ATP"] / named["K_dATP"]}
    sodium, potassium = _sites()
    nucleotide = steady_state(StateGraph.from_text("none <-> ATP ; m, 1"), "trees").state
    product = named["H"] * _phosphate(system)["Pi"]
    return {
        "a1": named["k_1"] * sodium.xreplace(inside),
        "b1": named["k_1r"] * named["ADP"],
        "b2": named["k_2r"] * sodium.xreplace(outside),
        "a3": named["k_3"] * potassium.xreplace(outside),
        "b3": named["k_3r"] * product * nucleotide["none"].xreplace(energy),
        "a4": named["k_4"] * nucleotide["ATP"].xreplace(energy),
        "b4": named["k_4r"] * potassium.xreplace(inside),
    }


def _field(system: System, shared: Steps) -> tuple[Expr, Expr]:
    """Return exp(F V/(R T)), and how much of it the inner sodium site feels."""
    F, V, R, T, Delta = (system.named[s] for s in ("F", "V", "R", "T", "Delta"))
    return (
        shared.let(exp(F * V / (R * T)), "w", alone=True),
        shared.let(exp(Delta * F * V / (R * T)), "w_Delta", alone=True, latex=r"w^{\Delta}"),
    )


def _phosphate(system: System) -> Formulas:
    """Return the phosphate that is not bound to potassium, sodium or protons."""
    named = system.named
    pairs = [
        f"Pi <-> {ion}Pi ; {ion}, {constant}"
        for ion, constant in {"K_i": "K_PK", "Na_i": "K_PNa", "H": "K_PH"}.items()
    ]
    graph = StateGraph.from_text("\n".join(pairs), symbols=named)
    free = cancel(steady_state(graph, "trees").state["Pi"])
    return system.steps().formulas(
        {"Pi": named["P_tot"] * free}, heads=[r"[\mathrm{P_i}]"], unit="mol/m^3"
    )


def _activity(system: System, fold: Expr) -> dict[str, Expr]:
    """Return exp(mu/(R T)) of all that takes part, potential included, but for the standard."""
    named = system.named
    c_0 = named["c_0"]
    return {
        "Na_in": fold * named["Na_i"] / c_0,
        "Na_out": named["Na_e"] / c_0,
        "K_in": fold * named["K_i"] / c_0,
        "K_out": named["K_e"] / c_0,
        "ATP": named["ATP"] / c_0,
        "ADP": named["ADP"] / c_0,
        "P": _phosphate(system)["Pi"] / c_0,
        "H": named["H"] / c_0,
    }


def _quotient(system: System, change: tuple[Any, Any], fold: Expr) -> Expr:
    """Return the activities of what a turn makes over those of what it takes."""
    activity = _activity(system, fold)
    before, after = (Mul(*(activity[s] ** n for s, n in side.terms)) for side in change)
    return after / before


def _dissociation(system: System) -> Formulas:
    """Find the constant of potassium inside from detailed balance, whatever the concentrations.

    A turn at equilibrium gives no free energy, and its rates forward and backward agree.
    """
    named, shared = system.named, system.steps()
    wanted = Symbol("K_dKi", positive=True)
    fold, _ = _field(system, shared)
    rates = _rates(system, shared, wanted)
    (condition,) = detailed_balance_conditions(system.model)
    along = condition.lhs / condition.rhs
    along = along.xreplace({Symbol(name, positive=True): rate for name, rate in rates.items()})
    given = 1 / _quotient(system, FUEL, fold) / _quotient(system, IONS, fold)
    balance = cancel(along / given) - exp(-named["dG0"] / (named["R"] * named["T"]))
    found = isolate([balance], [wanted]).values[wanted]
    return shared.formulas({"K_dKi": found}, heads=[r"K_\mathrm{d,Ki}"], unit="mol/m^3")


def _turning(system: System, found: Formulas, unit: str) -> Formulas:
    """Give the rates of the model their values, as shared steps."""
    shared = system.steps()
    _step_rates(system, shared)
    known = shared.absorb(found)
    return shared.formulas(known, heads=found.heads, unit=unit)


def _step_rates(system: System, shared: Steps, K_dKi: Expr | None = None) -> None:
    for name, rate in _rates(system, shared, K_dKi).items():
        shared.let(rate, name, alone=True, latex=HEADS[name])


def _results(model: StateGraph, system: System) -> dict[str, Formulas]:
    ss = steady_state(model)
    turn = ss.currents_as("cycles").select(["1->2"])
    shared = system.steps()
    (affinity,) = affinities(model).exprs
    rates = _rates(system, shared)
    return {
        "effective rates": shared.formulas(
            rates, heads=[HEADS[name] for name in rates], unit="1/s"
        ),
        "state": _turning(system, ss.tree_form or ss.state, "1"),
        "turnover": _turning(system, replace(turn, labels=("v",), heads=("v",)), "1/s"),
        "affinity": _turning(system, Formulas(("A",), (affinity,), heads=(r"\mathcal{A}",)), "1"),
        "free phosphate": _phosphate(system),
        "dissociation constant of potassium inside": _dissociation(system),
        "free energy of ATP": _energy(system, "dG"),
        "ion work": _energy(system, "W"),
        "efficiency": _efficiency(system),
        "reversal potential": _reversal(system),
        "entropy production": _turning(system, entropy_production(ss).select(["sigma"]), "1/s"),
    }


def _spent(system: System) -> Expr:
    """Return the free energy of ATP hydrolysis."""
    R, T, dG0 = (system.named[s] for s in ("R", "T", "dG0"))
    return dG0 + R * T * log(_quotient(system, FUEL, Integer(1)))


def _stored(system: System, V: Expr) -> Expr:
    """Return what a turn stores in ions at a potential: chemical, and of one charge."""
    R, T, F = (system.named[s] for s in ("R", "T", "F"))
    w = Symbol("w", positive=True)
    quotient = _quotient(system, IONS, w)
    chemical = quotient.xreplace({w: Integer(1)})
    charge = cancel(w * (quotient / chemical).diff(w) / (quotient / chemical))
    return R * T * log(chemical) + charge * F * V


def _energy(system: System, wanted: str) -> Formulas:
    found = {"dG": _spent(system), "W": _stored(system, system.named["V"])}
    heads = {"dG": r"\Delta G_\text{ATP}", "W": r"W_\text{ion}"}
    return system.steps().formulas({wanted: found[wanted]}, heads=[heads[wanted]], unit="J/mol")


def _efficiency(system: System) -> Formulas:
    share = -_stored(system, system.named["V"]) / _spent(system)
    return system.steps().formulas({"eta": share}, heads=[r"\eta"])


def _reversal(system: System) -> Formulas:
    V = Symbol("V_rev", real=True)
    found = isolate([_spent(system) + _stored(system, V)], [V]).values[V]
    return system.steps().formulas({"V": found}, heads=[r"V_\text{rev}"], unit="V")


def _published(system: System) -> Formulas:
    """Compare the affinity from rates, with the published constant, to that of the energies."""
    shared = system.steps()
    _step_rates(system, shared, system.named["K_pub"])
    (affinity,) = affinities(system.model).exprs
    R, T = system.named["R"], system.named["T"]
    right = -(_spent(system) + _stored(system, system.named["V"])) / (R * T)
    return shared.formulas({"naive": affinity, "right": right})


def _all_phosphate(system: System) -> Formulas:
    """Take all phosphate as free."""
    named = system.named
    bound = named["P_tot"] / _phosphate(system)["Pi"]
    right = _spent(system)
    return system.steps().formulas(
        {"naive": right + named["R"] * named["T"] * log(bound), "right": right}, unit="J/mol"
    )


def _draw(axes: Any, system: System) -> None:
    volts = [-0.3 + 0.002 * i for i in range(186)]
    turnover = system.kernel("turnover")
    for ADP in (0.015, 0.15, 1.5, 15):
        speed = turnover(V=volts, ADP=ADP)["v"]
        (line,) = axes.plot([1e3 * V for V in volts], speed, label=f"ADP {ADP:g} mM")
        stall = 1e3 * system.kernel("reversal potential")(ADP=ADP)["V"]
        axes.plot([stall], [0], "o", color=line.get_color())
    axes.axhline(0, color="k", lw=0.5)
    axes.set_xlim(-300, 70)
    axes.set_xlabel("membrane potential, mV (dots: the affinity is zero)")
    axes.set_ylabel("turns a second")
    axes.legend()


SYSTEM = System(
    title="Sodium-potassium pump: a cycle between ATP and two gradients",
    passage="""
The pump of animal cells takes three sodium out and two potassium in for each ATP (Post and Albers).
Binding is fast, so that four states are left, in one cycle: its turnover is the difference of two
products of rates over a sum of sixteen tree terms. The cycle's affinity is what ATP gives less what
the ions take, if the constants obey detailed balance; so one of them is not free, and is derived
here. Where the potential is too negative, or ATP too poor, the pump stands still, and beyond that
the gradients make ATP.
""",
    reference=Reference(
        authors="J. R. Terkildsen, E. J. Crampin, N. P. Smith",
        year=2007,
        title="The balance between inactivation and activation of the Na+-K+ pump underlies the "
        "triphasic accumulation of extracellular K+ during myocardial ischemia",
        journal="Am. J. Physiol. Heart Circ. Physiol. 293, H3036",
        doi="10.1152/ajpheart.00771.2007",
        note="constants as updated by M. Pan and others, arXiv:1711.00989",
    ),
    parameters=(
        parameter("Na_i", "15", "mol/m^3", "sodium inside"),
        parameter("Na_e", "140", "mol/m^3", "sodium outside"),
        parameter("K_i", "120", "mol/m^3", "potassium inside"),
        parameter("K_e", "5.4", "mol/m^3", "potassium outside"),
        parameter("ATP", "9.8", "mol/m^3", "MgATP"),
        parameter("ADP", "0.15", "mol/m^3", "MgADP"),
        parameter("P_tot", "4.2", "mol/m^3", "phosphate, bound and free", latex=r"P_\text{tot}"),
        parameter("H", "8.0e-5", "mol/m^3", "protons"),
        real("V", "-80e-3", "V", "membrane potential, inside minus outside"),
        parameter("T", "310", "K", "temperature"),
        real("dG0", "11.9e3", "J/mol", "standard free energy of ATP hydrolysis, proton free",
             latex=r"\Delta G^\circ"),
        parameter("k_1", "1423.2", "1/s", "sodium taken in, ADP off", PAN),
        parameter("k_1r", "225.9048", "m^3/mol/s", "its reverse", PAN, "k_{-1}"),
        parameter("k_2", "11564.8064", "1/s", "sodium let go", PAN),
        parameter("k_2r", "36355.3201", "1/s", "its reverse", PAN, "k_{-2}"),
        parameter("k_3", "194.4506", "1/s", "potassium taken, phosphate off", PAN),
        parameter("k_3r", "281037.2758", "m^6/mol^2/s", "its reverse", PAN, "k_{-3}"),
        parameter("k_4", "30629.8836", "1/s", "potassium let go, with ATP", PAN),
        parameter("k_4r", "1.574e6", "1/s", "its reverse", PAN, "k_{-4}"),
        parameter("K_0Nai", "579.7295", "mol/m^3", "third sodium inside, no potential", PAN,
                  r"K^0_\mathrm{d,Nai}"),
        parameter("K_0Nae", "0.034879", "mol/m^3", "third sodium outside, no potential", PAN,
                  r"K^0_\mathrm{d,Nae}"),
        parameter("K_dNai", "5.6399", "mol/m^3", "sodium inside", PAN, r"K_\mathrm{d,Nai}"),
        parameter("K_dNae", "10616.9377", "mol/m^3", "sodium outside", PAN, r"K_\mathrm{d,Nae}"),
        parameter("K_dKe", "1.0817", "mol/m^3", "potassium outside", PAN, r"K_\mathrm{d,Ke}"),
        parameter("K_dATP", "140.3709", "mol/m^3", "MgATP", PAN, r"K_\mathrm{d,ATP}"),
        parameter("K_pub", "16794.976", "mol/m^3", "potassium inside, as published; not used", PAN,
                  r"K_\text{pub}"),
        real("Delta", "-0.0550", "1", "share of the potential that the inner site feels", PAN,
             r"\Delta"),
        parameter("K_PK", "292", "mol/m^3", "potassium bound to phosphate", PAN),
        parameter("K_PNa", "224", "mol/m^3", "sodium bound to phosphate", PAN),
        parameter("K_PH", "10^(-3.77)", "mol/m^3", "protons bound to phosphate", "pK 6.77, Pan"),
        parameter("c_0", "1000", "mol/m^3", "standard concentration"),
        GAS,
        FARADAY,
    ),
    build=_model,
    derive=_results,
    limits=(
        Limit("the pump stalls where ATP gives what the ions take", "turnover", "v",
              {"V": STALL}, "0"),
        Limit("where it stalls nothing is dissipated", "entropy production", "sigma",
              {"V": STALL}, "0"),
        Limit("where it stalls all of ATP is stored", "efficiency", "eta", {"V": STALL}, "1"),
        Limit("where it stalls the affinity is zero", "affinity", "A", {"V": STALL}, "0"),
        Limit("without potential the work is that of the gradients", "ion work", "W", {"V": "0"},
              "R*T*(3*log(Na_e/Na_i) + 2*log(K_i/K_e))"),
        Limit("without what binds it all phosphate is free", "free phosphate", "Pi",
              {"K_i": "0", "Na_i": "0", "H": "0"}, "P_tot"),
        Limit("detailed balance does not see the potential",
              "dissociation constant of potassium inside", "K_dKi", {"V": "0"}, DISSOCIATION),
    ),
    corrections=(
        Correction(
            naive="constants that were fitted one by one give the affinity of the cycle",
            right="one follows from the others and the energies; its published rounding breaks "
            "detailed balance",
            evidence=_published,
        ),
        Correction(
            naive="all phosphate counts in the free energy of ATP",
            right="a part is bound to potassium, sodium and protons; what is free counts",
            evidence=_all_phosphate,
        ),
    ),
    draw=_draw,
)  # fmt: skip
