"""Closed and open networks: what is closed comes to rest, and why no constants can change that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Add, Expr, Integer, Rational, Symbol

from nesssym.chemistry.potentials import loop_law, lyapunov_function
from nesssym.chemistry.thermodynamics import wegscheider_conditions
from nesssym.chemistry.time_course import time_course
from nesssym.constants import GAS
from nesssym.formulas import Formulas
from nesssym.functions import logratio
from nesssym.generic import affinities, cycles, entropy_production, steady_state
from nesssym.kernels import compile
from nesssym.networks import ReactionNetwork
from nesssym.networks.files import Reference
from nesssym.system import Correction, Limit, System, parameter

__all__ = ["SYSTEM"]

TRIANGLE = "AB: A <-> B ; k1, k_1 \n BC: B <-> C ; k2, k_2 \n CA: C <-> A ; k3, k_3"
LOOP = "R1: 2 A <-> B ; g1, g_1 \n R2: A + B <-> C ; g2, g_2 \n R3: C <-> 3 A ; g3, g_3"
START = {"A": "A_0", "B": "B_0", "C": "C_0"}


def _physical(text: str, last: str, symbols: Mapping[str, Expr]) -> ReactionNetwork:
    """Read a network whose last constant follows from the others by Wegscheider's condition."""
    network = ReactionNetwork.from_text(text, symbols=symbols)
    return network.subs(dict(wegscheider_conditions(network, solve_for=[last])))


def _model(symbols: Mapping[str, Symbol]) -> ReactionNetwork:
    return _physical(LOOP, "g_3", symbols)


def _triangle(system: System) -> ReactionNetwork:
    return _physical(TRIANGLE, "k_3", system.named)


def _open(system: System) -> ReactionNetwork:
    """Hold A and C in reservoirs."""
    held = {s: system.named[f"{s.lower()}_h"] for s in "AC"}
    return _triangle(system).with_chemostats(held)


def _at_rest(system: System, total: Expr) -> Any:
    return steady_state(system.model, totals={"A": total})


def _results(model: ReactionNetwork, system: System) -> dict[str, Formulas]:
    total = system.named["n_T"]
    triangle = steady_state(_triangle(system), totals={"A": system.named["c_T"]})
    through = steady_state(_open(system))
    return {
        "triangle, Wegscheider's condition": _condition(system, TRIANGLE, "k_3", "k_{-3}", "1/s"),
        "triangle, equilibrium": system.over(triangle.state, "mol/L"),
        "loop, Wegscheider's condition": _condition(
            system, LOOP, "g_3", r"\kappa_{-3}", "L^2/mol^2/s"
        ),
        "loop, equilibrium": system.over(_at_rest(system, total).state, "mol/L"),
        "loop, concentrations": _course(system),
        **_relaxation(system),
        "loop, impossible directions": _impossible(system),
        "loop, possible directions": _possible(system),
        "fitted one by one, affinity": _drive(system),
        "fitted one by one, current": _current(system),
        "open triangle": system.over(through.state, "mol/L"),
        "open triangle, currents": system.over(through.currents, "mol/L/s"),
        "open triangle, affinity": _between(system),
        "open triangle, entropy production": _through_flow(system, through),
    }


def _condition(system: System, text: str, last: str, head: str, unit: str) -> Formulas:
    network = ReactionNetwork.from_text(text, symbols=system.named)
    (value,) = dict(wegscheider_conditions(network, solve_for=[last])).values()
    return system.steps().formulas({last: value}, heads=[head], unit=unit)


def _course(system: System) -> Formulas:
    start = {s: system.named[name] for s, name in START.items()}
    return system.over(time_course(system.model, start, system.named["t"]), "mol/L")


def _relaxation(system: System) -> dict[str, Formulas]:
    """Follow the free energy, in units of RT, and the entropy production on the way to rest."""
    shared = system.steps()
    R = system.named["R"]
    falling = shared.absorb(lyapunov_function(_at_rest(system, system.expr("A_0 + 2*B_0 + 3*C_0"))))
    now = {
        Symbol(s, positive=True): shared.let(x, "c", latex=rf"[\text{{{s}}}]_t")
        for s, x in shared.absorb(_course(system)).items()
    }
    start = {Symbol(s, positive=True): system.named[name] for s, name in START.items()}
    L = {name: falling["L"].xreplace(at) for name, at in (("start", start), ("now", now))}
    parts = {}
    for r, (forward, backward) in zip(system.model.reactions, system.model.rates, strict=True):
        f, b = (shared.let(v.xreplace(now), "v") for v in (forward, backward))
        net = shared.let(f - b, "j", positive=False)
        parts[f"sigma_{r.name}"] = R * net * logratio(f, b, net)
    fallen = L["start"] - L["now"]
    return {
        "loop, free energy over RT": shared.formulas(L | {"fall": fallen}, unit="mol/L"),
        "loop, entropy produced": shared.formulas(
            {"until now": R * fallen, "total": R * L["start"]},
            heads=[r"\int_0^t\sigma\,dt", r"\int_0^\infty\sigma\,dt"],
            unit="J/(K*L)",
        ),
        "loop, entropy production": shared.formulas(
            {"sigma": Add(*parts.values())} | parts | {"fall": -R * falling["dL/dt"].xreplace(now)},
            heads=[r"\sigma", *(rf"\sigma_{{{r.name}}}" for r in system.model.reactions),
                   r"-R\dot{L}"],
            unit="W/(K*L)",
        ),
    }  # fmt: skip


def _impossible(system: System) -> Formulas:
    """Return the proof that all three reactions cannot run forward: a loop that changes nothing."""
    found = loop_law(system.model, {"R1": 1, "R2": 1, "R3": 1})
    loop: Mapping[str, int] = found.loop or {}
    return system.steps().formulas(
        {name: Integer(loop.get(name, 0)) for name in ("R1", "R2", "R3")}
    )


def _possible(system: System) -> Formulas:
    """Return potentials that fall along the third reaction backwards and along the others."""
    found = loop_law(system.model, {"R1": 1, "R2": 1, "R3": -1})
    levels = found.potentials or {}
    return system.steps().formulas(
        {s: Rational(x.numerator, x.denominator) for s, x in levels.items()},
        heads=[rf"\mu_{{{s}}}" for s in levels],
    )


def _fitted(system: System) -> ReactionNetwork:
    return ReactionNetwork.from_text(LOOP, symbols=system.named)


def _drive(system: System) -> Formulas:
    (turn,) = cycles(_fitted(system))
    return system.steps().formulas({"A": turn.affinity}, heads=[r"\mathcal{A}"])


def _current(system: System) -> Formulas:
    """Return the current that such constants would keep up for ever, in a closed vessel."""
    ss = steady_state(_fitted(system), totals={"A": system.named["n_T"]})
    shared = system.steps()
    return shared.formulas({"J": shared.absorb(ss.currents)["R2"]}, unit="mol/L/s")


def _between(system: System) -> Formulas:
    shared = system.steps()
    (force,) = shared.absorb(affinities(_open(system))).values()
    return shared.formulas({"A": force}, heads=[r"\mathcal{A}"])


def _through_flow(system: System, ss: Any) -> Formulas:
    shared = system.steps()
    sigma = shared.absorb(entropy_production(ss))["sigma"]
    return shared.formulas({"sigma": system.named["R"] * sigma}, unit="W/(K*L)")


def _one_by_one(system: System) -> Formulas:
    shared = system.steps()
    right = shared.absorb(system["loop, Wegscheider's condition"])["g_3"]
    return shared.formulas({"naive": system.named["g_3"], "right": right}, unit="L^2/mol^2/s")


def _steady_alone(system: System) -> Formulas:
    shared = system.steps()
    right = shared.absorb(system["open triangle, entropy production"])["sigma"]
    return shared.formulas({"naive": Integer(0), "right": right}, unit="W/(K*L)")


def _draw(axes: Any, system: System) -> None:
    level = compile(system["loop, free energy over RT"].select(["start"]))
    values = {s.name: float(v) for s, v in system.values.items()}
    step = compile(system["loop, concentrations"])
    point = {s: values[name] for s, name in START.items()}
    total = point["A"] + 2 * point["B"] + 3 * point["C"]
    path = [point]
    for time in np.geomspace(1e-3, 1, 40):
        given = values | {"t": float(time) / 4} | {START[s]: x for s, x in path[-1].items()}
        path.append(step(**{name: given[name] for name in step.arguments}))
    A, B = np.meshgrid(np.linspace(0.02, 1.6, 45), np.linspace(0.02, 0.8, 45))
    inside = total - 0.02 > A + 2 * B
    C = np.where(inside, (total - A - 2 * B) / 3, 0.01)
    mesh = {"A_0": A, "B_0": B, "C_0": C}
    L = level(**{name: mesh.get(name, values[name]) for name in level.arguments})["start"]
    axes.contour(A, B, np.where(inside, L, np.nan), levels=15, cmap="viridis")
    axes.plot([p["A"] for p in path], [p["B"] for p in path], "k.-", ms=3, lw=1)
    axes.plot(path[-1]["A"], path[-1]["B"], "ko")
    axes.set_xlabel("[A], mol/L")
    axes.set_ylabel("[B], mol/L; lines of equal free energy")


SYSTEM = System(
    title="Closed and open: nothing runs for ever by itself",
    passage=r"""
A closed network has a free energy, which falls until every reaction is balanced by its own reverse.
So its rate constants are not independent: round every loop of reactions that changes nothing, the
products forward and backward are equal. Constants that are fitted one by one describe a machine
that runs for ever on nothing. The same is true without any constants: a loop whose reactions all
run forward would need chemical potentials that fall for ever, which linear programming decides with
a proof either way. An open network is steady without being in equilibrium. The loop below has no
closed form in time: $\varphi_t$ stands for the solution of its rate equations, which kernels
integrate with certain digits.
""",
    reference=Reference(
        authors="D. A. Beard, S. Liang, H. Qian",
        year=2002,
        title="Energy balance for analysis of complex metabolic networks",
        journal="Biophys. J. 83, 79",
        doi="10.1016/S0006-3495(02)75150-3",
    ),
    parameters=(
        parameter("k1", "3", "1/s", "A to B", "illustrative", "k_1"),
        parameter("k_1", "0.5", "1/s", "B to A", "illustrative", "k_{-1}"),
        parameter("k2", "2", "1/s", "B to C", "illustrative", "k_2"),
        parameter("k_2", "0.4", "1/s", "C to B", "illustrative", "k_{-2}"),
        parameter("k3", "1.5", "1/s", "C to A; its reverse follows", "illustrative", "k_3"),
        parameter("c_T", "1", "mol/L", "total of A, B and C in the triangle"),
        parameter("a_h", "1", "mol/L", "A that a reservoir holds"),
        parameter("c_h", "0.5", "mol/L", "C that a reservoir holds"),
        parameter("g1", "1.2", "L/mol/s", "2 A to B", "illustrative", r"\kappa_1"),
        parameter("g_1", "0.4", "1/s", "B to 2 A", "illustrative", r"\kappa_{-1}"),
        parameter("g2", "0.8", "L/mol/s", "A + B to C", "illustrative", r"\kappa_2"),
        parameter("g_2", "0.5", "1/s", "C to A + B", "illustrative", r"\kappa_{-2}"),
        parameter("g3", "0.3", "1/s", "C to 3 A", "illustrative", r"\kappa_3"),
        parameter("g_3", "0.2", "L^2/mol^2/s", "3 A to C, fitted by itself", "illustrative",
                  r"\kappa_{-3}"),
        parameter("n_T", "1.7", "mol/L", "A, twice B and three times C in the loop"),
        parameter("A_0", "1.5", "mol/L", "A at the start"),
        parameter("B_0", "0.1", "mol/L", "B at the start"),
        parameter("C_0", "0.02", "mol/L", "C at the start"),
        parameter("t", "3", "s", "time since the start"),
        GAS,
    ),
    build=_model,
    derive=_results,
    limits=(
        Limit("the equilibrium of the triangle is that of its chain", "triangle, equilibrium",
              "A", {}, "c_T*k_1*k_2/(k_1*k_2 + k1*k_2 + k1*k2)"),
        Limit("the start", "loop, concentrations", "A", {"t": "0"}, "A_0"),
        Limit("at first no entropy has been produced", "loop, entropy produced", "until now",
              {"t": "0"}, "0"),
        Limit("constants that obey Wegscheider's condition drive nothing",
              "fitted one by one, affinity", "A", {"g_3": "g1*g2*g3/(g_1*g_2)"}, "0"),
        Limit("constants that obey Wegscheider's condition let nothing run",
              "fitted one by one, current", "J", {"g_3": "g1*g2*g3/(g_1*g_2)"}, "0"),
        Limit("reservoirs in equilibrium let nothing run", "open triangle, currents", "AB",
              {"c_h": "a_h*k1*k2/(k_1*k_2)"}, "0"),
        Limit("reservoirs in equilibrium dissipate nothing", "open triangle, entropy production",
              "sigma", {"c_h": "a_h*k1*k2/(k_1*k_2)"}, "0"),
    ),
    corrections=(
        Correction(
            naive="rate constants can be fitted one by one",
            right="one in every loop follows from the others",
            evidence=_one_by_one,
        ),
        Correction(
            naive="what is steady is in equilibrium and produces no entropy",
            right="only what is closed; with two reservoirs a steady current dissipates",
            evidence=_steady_alone,
        ),
    ),
    draw=_draw,
    others=lambda system: {"triangle, closed, or open with A and C held": _triangle(system)},
)  # fmt: skip
