"""Chemostat: bacteria that stay because they grow as fast as they are washed out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sympy import Expr, Integer, Poly, Symbol, diff, exp, log, sqrt

from nesssym.constants import GAS
from nesssym.exact.isolation import isolate, remaining
from nesssym.exact.rational import cancel
from nesssym.formulas import Formulas
from nesssym.generic import entropy_production, steady_state
from nesssym.networks import FlowNetwork
from nesssym.networks.files import Reference
from nesssym.roots import RootIn
from nesssym.system import Correction, Limit, System, parameter, real

__all__ = ["SYSTEM"]

MONOD = "mu_m*S/(K_s + S)"
HALDANE = "mu_m*S/(K_s + S + S^2/K_i)"
INHIBITED = "mu_m*S/(K_s + S)*(1 - L/L_m)"


def _culture(symbols: Mapping[str, Symbol], growth: str = MONOD) -> FlowNetwork:
    """Put cells with a growth law (Pirt: with maintenance) into a stirred tank.

    Glucose, lactate and protons are ideally dilute, so that what is dissolved lowers the potential
    of the water as well: the mixing of the feed is a flow of water too.
    """
    return FlowNetwork.from_text(
        f"""
        feed: medium -> glucose ; D*S_f
        water: feed_water -> water ; D*c_w
        catabolism: glucose -> 2 lactate + 2 proton ; (({growth})/Y_g + m_s)*X
        growth: 0 -> cells ; ({growth})*X
        glucose: glucose -> drained_glucose ; D*S
        lactate: lactate -> drained_lactate ; D*L
        cells: cells -> 0 ; D*X
        """,
        unknowns={"glucose": "S", "cells": "X", "lactate": "L"},
        potentials={
            "medium": "dG/T - R*log(S_f/c_0)",
            "glucose": "dG/T - R*log(S/c_0)",
            "drained_glucose": "dG/T - R*log(S/c_0)",
            "lactate": "-R*log(L/c_0)",
            "drained_lactate": "-R*log(L/c_0)",
            "proton": "R*log(10)*(pH - 7)",
            "feed_water": "R*S_f/c_w",
            "water": "R*(S + L)/c_w",
            "cells": 0,
        },
        symbols=symbols,
        unit="mmol/L/h",
    )


def _model(symbols: Mapping[str, Symbol]) -> FlowNetwork:
    return _culture(symbols)


def _growth(system: System, law: str = MONOD) -> tuple[Symbol, Expr]:
    """Return the symbol of glucose in the tank, and the growth rate as a function of it."""
    network = _culture(system.named, law)
    cells = next(flow for flow in network.flows if flow.name == "growth")
    return network.unknowns["glucose"], cells.law / network.unknowns["cells"]


def _results(model: FlowNetwork, system: System) -> dict[str, Formulas]:
    ss = steady_state(model)
    inhibited = steady_state(_culture(system.named, INHIBITED))
    return {
        "glucose": replace(ss.state.select("S"), unit="mmol/L"),
        "cells": replace(ss.state.select("X"), unit="g/L"),
        "lactate": replace(ss.state.select("L"), unit="mmol/L"),
        "catabolism": ss.currents.select(["catabolism"]),
        "uptake": _uptake(system),
        "relaxation": _relaxation(system),
        "growth of the first cells": _invasion(system),
        "largest dilution": _largest(system),
        "best dilution": _best(system),
        "glucose with lactate inhibition": replace(inhibited.state.select("S"), unit="mmol/L"),
        "cells with lactate inhibition": replace(inhibited.state.select("X"), unit="g/L"),
        "glucose with substrate inhibition": _two_states(system, "S"),
        "cells with substrate inhibition": _two_states(system, "X").select(["stable"]),
        "cells at the saddle": _two_states(system, "X").select(["saddle"]),
        "free energy": _free_energy(system),
        "thermodynamic drive": _drive(system),
        "entropy production": _dissipation(system),
    }


def _relaxation(system: System) -> Formulas:
    """Find the eigenvalues of glucose and cells; lactate follows them at the dilution rate."""
    model = system.model
    shared = system.steps()
    found = shared.absorb(steady_state(model).state)
    known = {u: found[u.name] for u in model.variables}
    names = ("glucose", "cells")
    (a, b), (c, d) = (
        [diff(model.balances[row], model.unknowns[column]).xreplace(known) for column in names]
        for row in names
    )
    trace, det = shared.let(a + d, "t", positive=False), shared.let(a * d - b * c, "d")
    fast = shared.let((trace - sqrt(trace**2 - 4 * det)) / 2, "l", positive=False)
    return shared.formulas(
        {"fast": fast, "slow": det / fast},
        heads=[r"\lambda_\text{fast}", r"\lambda_\text{slow}"],
        unit="1/h",
    )


def _largest(system: System) -> Formulas:
    """Find where a culture ends: first cells cannot grow on the feed, or not on any glucose."""
    S, growth = _growth(system)
    _, peaked = _growth(system, HALDANE)
    best = isolate([diff(peaked, S)], [S]).values[S]
    return system.steps().formulas(
        {"D_c": growth.xreplace({S: system.named["S_f"]}), "D_max": peaked.xreplace({S: best})},
        heads=[r"D_\text{c}", r"D_\text{max}"],
        unit="1/h",
    )


def _best(system: System) -> Formulas:
    """Maximize the biomass made a time, without maintenance and with it.

    With w = mu_m - D the first condition has one change of sign. The logarithm of the second
    productivity is strictly concave between zero, where it is minus infinity, and washout, where
    it is so again: its slope vanishes once.
    """
    D, m_s, mu_m = (system.named[name] for name in ("D", "m_s", "mu_m"))
    made = D * steady_state(system.model)["X"]
    w, d = Symbol("w", positive=True), Symbol("d", positive=True)
    ideal = diff(made.xreplace({m_s: Integer(0)}), D).xreplace({D: mu_m - w})
    slope, _ = cancel(diff(made, D) / D).as_numer_denom()
    washout = _largest(system)["D_c"]
    return system.steps().formulas(
        {
            "D_opt": mu_m - isolate([ideal], [w]).values[w],
            "D_opt_maintenance": RootIn(slope.xreplace({D: d}), (d, Integer(0), washout)),
        },
        heads=[r"D_\text{opt}", r"D_\text{opt}(m_s)"],
        unit="1/h",
    )


def _uptake(system: System) -> Formulas:
    """Return how much glucose a gram of cells takes up."""
    ss = steady_state(system.model)
    shared = system.steps()
    taken, cells = shared.absorb(ss.currents)["catabolism"], shared.absorb(ss.state)["X"]
    return shared.formulas({"q": cancel(taken / cells)}, unit="mmol/g/h")


def _invasion(system: System) -> Formulas:
    """Return how fast cells multiply in a tank without any: positive where it is not stable."""
    S, growth = _growth(system)
    empty = growth.xreplace({S: system.named["S_f"]}) - system.named["D"]
    return system.steps().formulas({"rate": empty}, heads=[r"\lambda_0"], unit="1/h")


def _two_states(system: System, wanted: str) -> Formulas:
    """Find both states with growth that glucose inhibits, where its curve crosses the dilution.

    At the lower one growth rises with glucose and the culture is stable, at the upper one it falls
    and the state is a saddle. Their product is K_s K_i, so that both are positive where they are
    real; each is written without cancellation.
    """
    network = _culture(system.named, HALDANE)
    S = network.unknowns["glucose"]
    _, _, (equation,) = remaining([network.balances["cells"]], [S])
    a, b, c = Poly(equation, S).all_coeffs()
    shared = system.steps()
    far = shared.let((-b / a + sqrt((b / a) ** 2 - 4 * c / a)) / 2, "S_far", alone=True)
    found = {"stable": c / a / far, "saddle": far}
    if wanted == "X":
        X = network.unknowns["cells"]
        grown = isolate([network.balances["glucose"]], [X], searched=(S,)).values[X]
        found = {name: grown.xreplace({S: level}) for name, level in found.items()}
    return shared.formulas(
        found,
        heads=[rf"{wanted}_\text{{{name}}}" for name in found],
        unit="mmol/L" if wanted == "S" else "g/L",
    )


def _inhibited(system: System, state: str = "") -> dict[str, Expr]:
    """Return what must be positive for growth that glucose inhibits, and for cells in a state."""
    found = {
        "growth on the best glucose is faster than dilution": _largest(system)["D_max"]
        - system.named["D"]
    }
    if state:
        glucose = _two_states(system, "S")[state]
        found[f"the feed holds more glucose than the {state} state"] = system.named["S_f"] - glucose
    return found


def _poisoned(system: System) -> dict[str, Expr]:
    """Return what must be positive: the glucose that a culture with its lactate has used."""
    glucose = steady_state(_culture(system.named, INHIBITED))["S"]
    return {"the culture uses glucose of the feed": system.named["S_f"] - glucose}


def _free_energy(system: System) -> Formulas:
    """Return the free energy of glucose -> 2 lactate in the tank, from the force of the flow."""
    ss = steady_state(system.model)
    shared = system.steps()
    force = shared.absorb(ss.forces)["catabolism"]
    return shared.formulas({"dG": -system.named["T"] * force}, heads=[r"\Delta G'"], unit="J/mol")


def _drive(system: System) -> Formulas:
    """Return what back reaction leaves of the rate (Jin and Bethke), ATP being made on the way."""
    shared = system.steps()
    left = shared.absorb(_free_energy(system))["dG"]
    R, T, m, made, chi = (system.named[s] for s in ("R", "T", "m_ATP", "dG_ATP", "chi"))
    return shared.formulas({"F_T": 1 - exp((left + m * made) / (chi * R * T))}, heads=["F_T"])


def _dissipation(system: System) -> Formulas:
    """Return the entropy production a litre in SI units: catabolism, and mixing of the feed."""
    found = entropy_production(steady_state(system.model))
    shared = system.steps()
    parts = shared.absorb(found)
    scale = system.named["n_mol"] * system.named["n_s"]
    mixing = parts["feed"] + parts["water"]
    named = {"sigma": parts["sigma"], "catabolism": parts["catabolism"], "mixing": mixing}
    return shared.formulas(
        {name: value / scale for name, value in named.items()},
        heads=[r"\sigma", r"\sigma_\text{catabolism}", r"\sigma_\text{mixing}"],
        unit="W/K/L",
    )


def _acid_twice(system: System) -> Formulas:
    """Correct the free energy for pH from 7, where its standard value is, or from 0."""
    shared = system.steps()
    right = shared.absorb(system["free energy"])["dG"]
    twice = 2 * system.named["R"] * system.named["T"] * log(10) * 7
    return shared.formulas({"naive": right - twice, "right": right}, unit="J/mol")


def _reaction_only(system: System) -> Formulas:
    shared = system.steps()
    parts = shared.absorb(system["entropy production"])
    return shared.formulas({"naive": parts["catabolism"], "right": parts["sigma"]}, unit="W/K/L")


def _draw(axes: Any, system: System) -> None:
    end = system.kernel("largest dilution")()["D_c"]
    dilution = [end * i / 400 for i in range(1, 400)]
    for upkeep, style in ((1.2, "-"), (1e-9, "--")):
        cells = system.kernel("cells")(D=dilution, m_s=upkeep)["X"]
        label = "" if upkeep > 0.1 else ", without maintenance"
        axes.plot(dilution, cells, "C0" + style, label=f"cells, g/L{label}")
        made = [D * X for D, X in zip(dilution, cells, strict=True)]
        axes.plot(dilution, made, "C1" + style, label=f"cells made, g/L/h{label}")
    axes.plot([], [], "C2", label="glucose, right")
    axes.axvline(end, color="k", lw=0.5)
    axes.set_ylim(0, 2)
    axes.set_xlabel("dilution rate D, 1/h (line: washout)")
    axes.set_ylabel("cells, and cells made")
    axes.legend(loc="upper left")
    beside = axes.twinx()
    beside.plot(dilution, system.kernel("glucose")(D=dilution)["S"], "C2")
    beside.set_ylim(0, 50)
    beside.set_ylabel("glucose not eaten, mmol/L")


SYSTEM = System(
    title="Chemostat: a culture that grows as fast as it is washed out",
    passage="""
Medium runs into a stirred tank and broth runs out. Bacteria that turn glucose into lactate stay in
the tank because they multiply as fast as they are washed out; glucose settles where they do, at a
level that does not depend on the feed. Washout, an empty tank, is a steady state too: beyond the
dilution D_c it is the only one. Cells that must burn glucose merely to live (maintenance) vanish at
slow dilution as well. Catabolism produces almost all of the entropy, mixing of the feed the rest.
""",
    reference=Reference(
        authors="S. J. Pirt",
        year=1965,
        title="The maintenance energy of bacteria in growing cultures",
        journal="Proc. R. Soc. Lond. B 163, 224",
        doi="10.1098/rspb.1965.0069",
    ),
    parameters=(
        parameter("mu_m", "0.80", "1/h", "largest growth rate", "illustrative", r"\mu_m"),
        parameter("K_s", "0.60", "mmol/L", "glucose at half of it", "illustrative"),
        parameter("Y_g", "0.0235", "g/mmol", "cells made from glucose",
                  "10.5 g a mol of ATP (Bauchop and Elsden 1960), 2 ATP"),
        parameter("m_s", "1.2", "mmol/g/h", "glucose for maintenance", "illustrative"),
        parameter("D", "0.30", "1/h", "dilution rate"),
        parameter("S_f", "50", "mmol/L", "glucose in the feed"),
        parameter("K_i", "30", "mmol/L", "glucose that inhibits growth", "illustrative"),
        parameter("L_m", "160", "mmol/L", "lactate that stops growth", "illustrative"),
        real("dG", "-198.1e3", "J/mol", "standard free energy of glucose -> 2 lactate at pH 7",
             "Thauer, Jungermann, Decker 1977", r"\Delta G^{\circ\prime}"),
        parameter("pH", "6.5", "1", "pH in the tank", latex=r"\mathrm{pH}"),
        parameter("T", "310.15", "K", "temperature"),
        parameter("c_0", "1000", "mmol/L", "standard concentration"),
        parameter("c_w", "55e3", "mmol/L", "water"),
        parameter("n_mol", "1000", "mmol/mol", "a mol in mmol"),
        parameter("n_s", "3600", "s/h", "an hour in seconds"),
        parameter("m_ATP", "2", "1", "ATP made from a glucose"),
        parameter("dG_ATP", "50e3", "J/mol", "free energy that an ATP holds", "illustrative",
                  r"\Delta G_\text{ATP}"),
        parameter("chi", "2", "1", "average stoichiometric number", "illustrative", r"\chi"),
        GAS,
    ),
    build=_model,
    derive=_results,
    exists=lambda system: {
        "the culture grows faster than it is washed out":
            _largest(system)["D_c"] - system.named["D"],
    },
    exists_for={
        "glucose with substrate inhibition": lambda system: _inhibited(system),
        "cells with substrate inhibition": lambda system: _inhibited(system, "stable"),
        "cells at the saddle": lambda system: _inhibited(system, "saddle"),
        "glucose with lactate inhibition": _poisoned,
        "cells with lactate inhibition": _poisoned,
    },
    limits=(
        Limit("in slow medium maintenance eats all cells", "cells", "X", {"D": "0"}, "0"),
        Limit("without maintenance growth is all", "cells", "X", {"m_s": "0"},
              "Y_g*(S_f - K_s*D/(mu_m - D))"),
        Limit("in slow medium all glucose goes into maintenance", "uptake", "q", {"D": "0"}, "m_s"),
        Limit("at washout the empty tank becomes stable", "growth of the first cells", "rate",
              {"D": "mu_m*S_f/(K_s+S_f)"}, "0"),
        Limit("without substrate inhibition cells are Monod's", "cells with substrate inhibition",
              "stable", {"K_i": "oo"}, "D*(S_f - K_s*D/(mu_m - D))/(D/Y_g + m_s)"),
        Limit("at washout there are no cells", "cells", "X", {"D": "mu_m*S_f/(K_s+S_f)"}, "0"),
        Limit("at washout glucose is that of the feed", "glucose", "S",
              {"D": "mu_m*S_f/(K_s+S_f)"}, "S_f"),
        Limit("without substrate inhibition it is Monod's", "glucose with substrate inhibition",
              "stable", {"K_i": "oo"}, "K_s*D/(mu_m - D)"),
        Limit("without lactate inhibition it is Monod's", "glucose with lactate inhibition",
              "S", {"L_m": "oo"}, "K_s*D/(mu_m - D)"),
        Limit("without maintenance the best dilution is Monod's", "best dilution",
              "D_opt_maintenance", {"m_s": "0"}, "mu_m*(1 - sqrt(K_s/(K_s + S_f)))"),
        Limit("Haldane's growth is largest between both constants", "largest dilution", "D_max",
              {}, "mu_m/(1 + 2*sqrt(K_s/K_i))"),
    ),
    corrections=(
        Correction(
            naive="the standard free energy at pH 7 is to be corrected by the whole pH",
            right="it holds at pH 7; only the difference from 7 counts",
            evidence=_acid_twice,
        ),
        Correction(
            naive="the reaction produces all of the entropy",
            right="mixing fresh medium into the broth, solvent and all, produces some as well",
            evidence=_reaction_only,
        ),
    ),
    draw=_draw,
)  # fmt: skip
