"""Chaperone: ATP pulls proteins out of a misfolded state, against their equilibrium."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sympy import Expr, Function, Integer, Symbol, exp, integrate, rsolve, solve

from nesssym.constants import GAS
from nesssym.exact.isolation import isolate
from nesssym.exact.rational import cancel
from nesssym.formulas import Formulas
from nesssym.generic import entropy_production, steady_state
from nesssym.networks import StateGraph
from nesssym.networks.files import Reference
from nesssym.system import Correction, Limit, System, parameter

__all__ = ["SYSTEM"]

DRIVE = "exp(-dmu/(R*T))"


def _model(symbols: Mapping[str, Symbol]) -> StateGraph:
    """Let misfolded proteins bind a chaperone with ATP, be unfolded, and be released.

    Binding back without ATP follows from the free energy of a cycle.
    """
    return StateGraph.from_text(
        f"""
        fold: U <-> N ; k_UN, k_NU
        misfold: U <-> M ; k_UM, k_MU
        bind: M <-> MC ; k_b, k_u
        unfold: MC <-> UC ; k_x, k_r
        release: UC <-> U ; k_e, k_b*k_x*k_e*k_UM/(k_u*k_r*k_MU)*{DRIVE}
        """,
        symbols=symbols,
    )


def _hsp70(symbols: Mapping[str, Symbol]) -> StateGraph:
    """Let Hsp70 bind its substrate loosely with ATP and tightly with ADP.

    Exchange of the nucleotide is as fast whether a substrate is bound or not; hydrolysis, which the
    substrate speeds up, is undone as its equilibrium asks for.
    """
    tighter = "k_onD*k_offT/(k_onT*k_offD)"
    return StateGraph.from_text(
        f"""
        T <-> ST ; k_onT*S, k_offT
        D <-> SD ; k_onD*S, k_offD
        hydrolysis: T <-> D ; k_h, k_h*x_DT/x_TD*{DRIVE}
        exchange: D <-> T ; x_DT, x_TD
        hydrolysis: ST <-> SD ; k_s, k_s*x_DT/x_TD*{DRIVE}/({tighter})
        exchange: SD <-> ST ; x_DT/({tighter}), x_TD
        """,
        symbols=symbols,
    )


def _results(model: StateGraph, system: System) -> dict[str, Formulas]:
    ss = steady_state(model)
    shared = system.steps()
    flux = shared.absorb(ss.currents)["UC->U/release"]
    return {
        "state": ss.state,
        "ATP turnover": shared.formulas({"J_ATP": flux}, heads=[r"J_\text{ATP}"], unit="1/s"),
        "entropy production": replace(entropy_production(ss).select(["sigma"]), unit="1/s"),
        "folded over unfolded": system.steps().formulas({"N/U": _ratio(model, "N", "U")}),
        "enhancement": _enhancement(system),
        "bound of the enhancement": _bound(system),
        "Hsp70": _affinity(system),
        "Hsp70 turnover": _hsp70_turnover(system),
        "Hsp70 entropy production": _hsp70_dissipation(system),
        "yield against aggregation": _competition(system),
        "unfolded during synthesis": _synthesis(system),
        "rounds of annealing": _annealing(system, "n"),
        "yield of annealing": _annealing(system, "Y"),
        "native, promiscuous chaperone": _promiscuous(system),
    }


def _ratio(model: StateGraph, one: str, other: str) -> Expr:
    p = steady_state(model).state
    return cancel(p[one] / p[other])


def _enhancement(system: System) -> Formulas:
    """Compare native to misfolded with the same chaperone without free energy."""
    ratio = _ratio(system.model, "N", "M")
    rest = cancel(ratio.xreplace({system.named["dmu"]: Integer(0)}))
    return system.steps().formulas({"alpha": ratio / rest}, heads=[r"\alpha"])


def _bound(system: System) -> Formulas:
    dmu, R, T = (system.named[name] for name in ("dmu", "R", "T"))
    return system.steps().formulas({"alpha_max": exp(dmu / (R * T))}, heads=[r"\alpha_{\max}"])


def _affinity(system: System) -> Formulas:
    """Return the effective dissociation constant, and those with one nucleotide alone."""
    S = system.named["S"]
    p = steady_state(_hsp70(system.named)).state
    shared = system.steps()
    w = shared.absorb(p)
    T, D = (system.named[f"k_off{x}"] / system.named[f"k_on{x}"] for x in ("T", "D"))
    return shared.formulas(
        {"K_eff": S * (w["T"] + w["D"]) / (w["ST"] + w["SD"]), "K_T": T, "K_D": D},
        heads=[r"K_\text{eff}", "K_T", "K_D"],
        unit="mol/L",
    )


def _hsp70_turnover(system: System) -> Formulas:
    """Return the net hydrolysis, with substrate and without."""
    shared = system.steps()
    flux = shared.absorb(steady_state(_hsp70(system.named)).currents)
    total = flux["T->D/hydrolysis"] + flux["ST->SD/hydrolysis"]
    return shared.formulas({"J_ATP": total}, heads=[r"J_\text{ATP}"], unit="1/s")


def _hsp70_dissipation(system: System) -> Formulas:
    found = entropy_production(steady_state(_hsp70(system.named)))
    return replace(found.select(["sigma"]), unit="1/s")


def _loss(system: System, u: Expr) -> Expr:
    """Return how fast unfolded protein is lost, to folding and, in pairs, to aggregation."""
    return system.named["k_f"] * u + system.named["k_a"] * u**2


def _competition(system: System) -> Formulas:
    """Integrate what folds while all is lost over the unfolded left, in units of k_f/k_a."""
    k_f, k_a, U_0 = (system.named[name] for name in ("k_f", "k_a", "U_0"))
    v, unit = Symbol("v", positive=True), k_f / k_a
    share = cancel(k_f * v * unit / _loss(system, v * unit))
    folded = integrate(share, (v, 0, U_0 / unit)) * unit / U_0
    return system.steps().formulas({"Y": folded})


def _synthesis(system: System) -> Formulas:
    """Find the unfolded protein where synthesis makes up for the loss: one positive root."""
    u = Symbol("u", positive=True)
    found = isolate([system.named["s"] - _loss(system, u)], [u]).values[u]
    return system.steps().formulas({"U": found}, heads=["U^*"], unit="mol/L")


def _annealing(system: System, asked: str) -> Formulas:
    """Solve the recursion of iterative annealing for the yield, or for the rounds it takes."""
    Phi, wanted = system.named["Phi"], system.named["Y_n"]
    n, left = Symbol("n"), Function("left")
    misfolded = rsolve(left(n + 1) - (1 - Phi) * left(n), left(n), {left(0): Integer(1)})
    if asked == "Y":
        share = 1 - misfolded.xreplace({n: system.named["n"]})
        return system.steps().formulas({"Y": share}, heads=["Y_n"])
    (rounds,) = solve(misfolded - (1 - wanted), n)
    return system.steps().formulas({"n": rounds})


def _promiscuous(system: System) -> Formulas:
    """Let the chaperone unfold native proteins too, which it knows less well (CYT-19)."""
    graph = StateGraph.from_text(
        f"""
        U <-> N ; k_UN, k_NU
        U <-> M ; k_UM, k_MU
        chaperone: M <-> U ; k_b, k_b*k_UM/k_MU*{DRIVE}
        chaperone: N <-> U ; b*k_b, b*k_b*k_UN/k_NU*{DRIVE}
        """,
        symbols=system.named,
    )
    return steady_state(graph).state.select(["N"])


def _saturation(system: System) -> Formulas:
    shared = system.steps()
    naive = shared.absorb(system["bound of the enhancement"])["alpha_max"]
    return shared.formulas({"naive": naive, "right": shared.absorb(system["enhancement"])["alpha"]})


def _first_order(system: System) -> Formulas:
    """Take aggregation as first order, at its rate in the beginning."""
    shared = system.steps()
    U_0, k_f = system.named["U_0"], system.named["k_f"]
    right = shared.absorb(system["yield against aggregation"])["Y"]
    return shared.formulas({"naive": k_f * U_0 / _loss(system, U_0), "right": right})


def _more_chaperone(system: System) -> Formulas:
    shared = system.steps()
    k_b = system.named["k_b"]
    found = system["native, promiscuous chaperone"]
    more = shared.absorb(found.subs({k_b: 10 * k_b}))["N"]
    return shared.formulas({"naive": shared.absorb(found)["N"], "right": more})


def _draw(axes: Any, system: System) -> None:
    drives = [1000.0 * i for i in range(1, 81)]
    kilojoules = [drive / 1000 for drive in drives]
    for bind in (0.005, 0.05, 0.5, 5):
        alpha = system.kernel("enhancement")(dmu=drives, k_b=bind)["alpha"]
        axes.semilogy(kilojoules, alpha, label=f"binding {bind:g}/s")
    most = system.kernel("bound of the enhancement")(dmu=drives)["alpha_max"]
    axes.semilogy(kilojoules, most, "k:", lw=1, label="bound")
    axes.set_ylim(0.5, 1e8)
    axes.set_xlabel(r"free energy of ATP hydrolysis $\Delta\mu$, kJ/mol")
    axes.set_ylabel("native to misfolded, over equilibrium")
    axes.legend(loc="upper left")


SYSTEM = System(
    title="Chaperone: native proteins above their equilibrium",
    passage="""
A protein misfolds ten times as fast as it folds, and stays misfolded. A chaperone binds misfolded
proteins with ATP, unfolds them and lets them go, so that they may fold: native proteins are held
far above their equilibrium. The ratio of native to unfolded is untouched, the ratio to misfolded is
raised by at most exp(dmu/RT), and less, since rates saturate. Without free energy no chaperone
changes either. In the same way Hsp70 binds more tightly than with ATP or with ADP alone. Of
a chaperone that binds native proteins too (as CYT-19 does) more may fold less.
""",
    reference=Reference(
        authors="P. De Los Rios, A. Barducci",
        year=2014,
        title="Hsp70 chaperones are non-equilibrium machines that achieve ultra-affinity by energy "
        "consumption",
        journal="eLife 3, e02218",
        doi="10.7554/eLife.02218",
    ),
    parameters=(
        parameter("k_UN", "0.10", "1/s", "folding", "illustrative"),
        parameter("k_NU", "1e-2", "1/s", "unfolding", "illustrative"),
        parameter("k_UM", "1.0", "1/s", "misfolding", "illustrative"),
        parameter("k_MU", "1e-4", "1/s", "unfolding of misfolded", "illustrative"),
        parameter("k_b", "0.5", "1/s", "binding of a chaperone with ATP", "illustrative"),
        parameter("k_u", "1e-3", "1/s", "unbinding", "illustrative"),
        parameter("k_x", "1.0", "1/s", "unfolding on the chaperone", "illustrative"),
        parameter("k_r", "0.2", "1/s", "misfolding on the chaperone", "illustrative"),
        parameter("k_e", "0.5", "1/s", "release, with exchange of ADP", "illustrative"),
        parameter("dmu", "57e3", "J/mol", "free energy of ATP hydrolysis", "illustrative",
                  r"\Delta\mu"),
        parameter("T", "310.15", "K", "temperature"),
        parameter("S", "1e-6", "mol/L", "substrate of Hsp70", "illustrative"),
        parameter("k_onT", "4.5e5", "L/mol/s", "Hsp70 with ATP, binding", "illustrative"),
        parameter("k_offT", "2.0", "1/s", "Hsp70 with ATP, unbinding", "illustrative"),
        parameter("k_onD", "1e3", "L/mol/s", "Hsp70 with ADP, binding", "illustrative"),
        parameter("k_offD", "4.7e-4", "1/s", "Hsp70 with ADP, unbinding", "illustrative"),
        parameter("k_h", "6e-4", "1/s", "hydrolysis without substrate", "illustrative"),
        parameter("k_s", "1.8", "1/s", "hydrolysis with substrate", "illustrative"),
        parameter("x_DT", "0.022*13/15.67", "1/s", "exchange of ADP for ATP",
                  "ADP leaves at 0.022/s; of 15.67 nucleotides that bind 13 are ATP, illustrative"),
        parameter("x_TD", "1.33e-4*2.67/15.67", "1/s", "exchange of ATP for ADP",
                  "ATP leaves at 1.33e-4/s; of 15.67 that bind 2.67 are ADP, illustrative"),
        parameter("k_f", "0.02", "1/s", "refolding", "illustrative"),
        parameter("k_a", "1e4", "L/mol/s", "aggregation", "illustrative"),
        parameter("U_0", "5e-6", "mol/L", "unfolded at the start", "illustrative"),
        parameter("s", "1e-8", "mol/L/s", "synthesis of unfolded protein", "illustrative"),
        parameter("Phi", "0.02", "1", "share that folds in a round", "Rubisco, Todd, Lorimer, "
                  "Thirumalai 1996", r"\Phi"),
        parameter("Y_n", "0.99", "1", "wanted yield of annealing"),
        parameter("n", "100", "1", "rounds of annealing"),
        parameter("b", "0.05", "1", "binding of native proteins by a promiscuous chaperone, over "
                  "that of misfolded ones", "illustrative"),
        GAS,
    ),
    build=_model,
    derive=_results,
    bounds={"Phi": "< 1", "Y_n": "< 1", "dmu": ">= 0"},
    limits=(
        Limit("without a chaperone the ratio is that of equilibrium", "enhancement", "alpha",
              {"k_b": "0"}, "1"),
        Limit("without free energy no chaperone changes the ratio", "enhancement", "alpha",
              {"dmu": "0"}, "1"),
        Limit("without free energy no ATP is used", "ATP turnover", "J_ATP", {"dmu": "0"}, "0"),
        Limit("with any free energy the rates bound the ratio", "enhancement", "alpha",
              {"dmu": "2000000"}, "1 + k_b*k_x*k_e/(k_MU*(k_u*k_r + k_u*k_e + k_x*k_e))"),
        Limit("a chaperone that is too fast unfolds what has folded",
              "native, promiscuous chaperone", "N", {"k_b": "oo"},
              "1/(1 + k_UM*k_NU/(k_MU*k_UN) + k_NU/k_UN*exp(dmu/(R*T)))"),
        Limit("without a promiscuous chaperone there is equilibrium",
              "native, promiscuous chaperone", "N", {"k_b": "0"},
              "k_UN*k_MU/(k_UN*k_MU + k_NU*k_MU + k_UM*k_NU)"),
        Limit("no round of annealing, no yield", "yield of annealing", "Y", {"n": "0"}, "0"),
        Limit("native to unfolded is untouched", "folded over unfolded", "N/U", {}, "k_UN/k_NU"),
        Limit("few proteins do not aggregate", "yield against aggregation", "Y", {"U_0": "0"},
              "1"),
        Limit("without aggregation synthesis balances folding", "unfolded during synthesis", "U",
              {"k_a": "0"}, "s/k_f"),
    ),
    corrections=(
        Correction(
            naive="the free energy of ATP sets how many more proteins are native",
            right="it sets a bound; the rates saturate long before",
            evidence=_saturation,
        ),
        Correction(
            naive="aggregation competes with folding at its rate in the beginning",
            right="it takes pairs and slows down: more is left to fold",
            evidence=_first_order,
        ),
        Correction(
            naive="ten times the chaperone folds at least as much",
            right="a chaperone that binds native proteins too unfolds them: the yield has a peak",
            evidence=_more_chaperone,
        ),
    ),
    draw=_draw,
)  # fmt: skip
