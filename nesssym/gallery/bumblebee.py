"""Bumblebee: a thorax that is warm because flight muscles waste most of what they burn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sympy import (
    Expr,
    Integer,
    LambertW,
    Matrix,
    Rational,
    Symbol,
    diff,
    exp,
    eye,
    integrate,
    log,
    pi,
    solve,
    sqrt,
)

from nesssym.constants import STEFAN_BOLTZMANN
from nesssym.exact.isolation import isolate
from nesssym.formulas import Formulas
from nesssym.generic import entropy_production, steady_state
from nesssym.networks import FlowNetwork
from nesssym.networks.files import Reference
from nesssym.special import exprel
from nesssym.system import Correction, Limit, System, parameter

__all__ = ["SYSTEM"]


def _model(symbols: Mapping[str, Symbol]) -> FlowNetwork:
    return FlowNetwork.from_text(
        """
        heat: muscle -> thorax ; (1 - eta)*M
        work: muscle -> air ; eta*M
        thorax: thorax -> air ; G_t*(T_t - T_a)
        shunt: thorax -> abdomen ; G_s*(T_t - T_b)
        abdomen: abdomen -> air ; G_a*(T_b - T_a)
        """,
        unknowns={"thorax": "T_t", "abdomen": "T_b"},
        potentials={"muscle": 0, "thorax": "1/T_t", "abdomen": "1/T_b", "air": "1/T_a"},
        symbols=symbols,
        unit="W",
    )


def _results(model: FlowNetwork, system: System) -> dict[str, Formulas]:
    ss = steady_state(model)
    return {
        "temperature": replace(ss.state, unit="K"),
        "heat flow": ss.currents,
        "entropy production": entropy_production(ss),
        "conduction": _conduction(system),
        "after take-off": _after_take_off(system),
        "warming if closed": _closed(system, "K/s", 1),
        "warming if closed, a minute": _closed(system, "K/min", 60),
        **_excess(system),
        "largest metabolism": _largest(system),
        "furry thorax": _furry(system, "state"),
        "furry thorax, heat flow": _furry(system, "flows"),
    }


def _conduction(system: System) -> Formulas:
    """Heat that conduction carries from the thorax to the air, and what this dissipates."""
    shared = system.steps()
    parts = shared.absorb(entropy_production(steady_state(system.model)))
    total = sum(parts[name] for name in ("thorax", "shunt", "abdomen"))
    return shared.formulas({"sigma": total}, heads=[r"\sigma_\text{cond}"], unit="W/K")


def _warming(system: System) -> tuple[list[Symbol], list[Expr]]:
    """Return the unknown temperatures, and how fast each rises."""
    model, named = system.model, system.named
    capacities = {"thorax": named["C_t"], "abdomen": named["C_b"]}
    return list(model.unknowns.values()), [model.balances[p] / c for p, c in capacities.items()]


def _after_take_off(system: System) -> Formulas:
    """Both temperatures a time after take-off from the temperature of the air.

    Putzer's form of the exponential of a matrix: it needs its eigenvalues only, and stays finite
    where they meet. They are real, since heat flows both ways between the nodes.
    """
    shared = system.steps()
    unknowns, speeds = _warming(system)
    rates = Matrix([[diff(speed, u) for u in unknowns] for speed in speeds])
    middle = rates.trace() / 2
    half = sqrt(((rates[0, 0] - rates[1, 1]) / 2) ** 2 + rates[0, 1] * rates[1, 0])
    fast = shared.let(half - middle, "lambda_fast", alone=True, latex=r"\lambda_1")
    slow = shared.let(rates.det() / fast, "lambda_slow", alone=True, latex=r"\lambda_2")
    t, air = system.named["t"], system.named["T_a"]
    end = shared.absorb(steady_state(system.model).state)
    start = Matrix([air - end[u.name] for u in unknowns])
    moved = exp(-slow * t) * (
        start + t * exprel((slow - fast) * t) * (rates + slow * eye(2)) * start
    )
    return shared.formulas(
        {u.name: end[u.name] + d for u, d in zip(unknowns, moved, strict=True)},
        heads=("T_t(t)", "T_b(t)"),
        unit="K",
    )


def _closed(system: System, unit: str, seconds: int) -> Formulas:
    """How fast the thorax warms while it is no warmer than the air, so that nothing flows out."""
    unknowns, (speed, _) = _warming(system)
    at_rest = speed.xreplace(dict.fromkeys(unknowns, system.named["T_a"]))
    return system.steps().formulas({"rate": seconds * at_rest}, heads=[r"\dot T_t"], unit=unit)


def _metabolism(system: System) -> tuple[Symbol, Expr, Expr, Expr]:
    """Take a bee as one lump: return its excess times b, b, heat made and heat lost."""
    M_0, Q_10, step, G = (system.named[s] for s in ("M_0", "Q_10", "step", "G"))
    b = log(Q_10) / step
    y = Symbol("y")
    return y, b, M_0 * exp(y), G * y / b


def _excess(system: System) -> dict[str, Formulas]:
    """Excess temperatures where a metabolism that rises with temperature meets the loss.

    With y = b dT both are where y exp(-y) = b M_0/G, whose inverses are the two real branches of
    Lambert's function; between them heat is lost faster than it is made.
    """
    y, b, made, lost = _metabolism(system)
    shared = system.steps()
    (root,) = solve(made - lost, y)
    (branch,) = root.atoms(LambertW)
    upper = LambertW(branch.args[0], -1)
    conductance = system.named["G"]
    stable = made.xreplace({y: root}) / conductance
    found = {"excess": stable, "runaway threshold": root.xreplace({branch: upper}) / b}
    return {
        name: shared.formulas({"dT": value}, heads=[r"\Delta T"], unit="K")
        for name, value in found.items()
    }


def _largest(system: System) -> Formulas:
    """Find the largest metabolism, at the temperature of the air, that the loss can meet."""
    y, _, made, lost = _metabolism(system)
    metabolism = system.named["M_0"]
    balance = made - lost
    found = isolate([balance, diff(balance, y)], [metabolism, y]).values
    return system.steps().formulas(
        {"M_0": found[metabolism]}, heads=[r"M_\text{largest}"], unit="W"
    )


def _no_runaway(system: System) -> dict[str, Expr]:
    """Return what must be positive, multiplied by b so that a metabolism may also not rise."""
    _, b, _, _ = _metabolism(system)
    largest = system["largest metabolism"]["M_0"]
    return {"the bee does not run away, b M_0/G < 1/e,": largest * b - system.named["M_0"] * b}


def _furry(system: System, wanted: str) -> Formulas:
    """Add fur: conduction through a shell, then convection (Ranz-Marshall) and radiation."""
    inner, outer, k_fur, k_air = (system.named[s] for s in ("r_1", "r_2", "k_fur", "k_air"))
    v, nu, prandtl = (system.named[s] for s in ("v", "nu", "Pr"))
    r = Symbol("r", positive=True)
    shell = 1 / integrate(1 / (4 * pi * r**2 * k_fur), (r, inner, outer))
    nusselt = 2 + Rational(6, 10) * sqrt(2 * outer * v / nu) * prandtl ** Rational(1, 3)
    heat = (1 - system.named["eta"]) * system.named["M"] - system.named["E"]
    # Each is positive, which its expression does not show: as symbols Descartes' rule sees it.
    positive = {
        Symbol("q", positive=True): heat,
        Symbol("K", positive=True): shell,
        Symbol("A", positive=True): 4 * pi * outer**2,
        Symbol("h", positive=True): nusselt * k_air / (2 * outer),
    }
    network = FlowNetwork.from_text(
        """
        metabolism: muscle -> core ; q + E
        evaporation: core -> vapour ; E
        fur: core -> surface ; K*(T_core - T_surface)
        convection: surface -> air ; A*h*(T_surface - T_a)
        radiation: surface -> sky ; A*epsilon*sigma_SB*(T_surface^4 - T_a^4)
        """,
        unknowns={"core": "T_core", "surface": "T_surface"},
        symbols=system.named | {symbol.name: symbol for symbol in positive},
        unit="W",
    )
    ss = steady_state(network)
    found = ss.currents if wanted == "flows" else replace(ss.state, unit="K")
    shared = system.steps()
    known = shared.absorb(found.subs(positive))
    return shared.formulas(known, heads=found.heads, unit=found.unit)


def _double(system: System) -> Formulas:
    """Heat one thorax only, or the whole bee."""
    shared = system.steps()
    right = shared.absorb(system["warming if closed"])["rate"]
    small, large = system.named["C_t"], system.named["C_b"]
    return shared.formulas({"naive": right * small / (small + large), "right": right}, unit="K/s")


def _counted_twice(system: System) -> Formulas:
    """All of the metabolism as heat, or what is left of it beside the work."""
    right = system["temperature"].select(["T_t"])
    shared = system.steps()
    here = shared.absorb(right)["T_t"]
    wrong = steady_state(system.model)["T_t"].xreplace({system.named["eta"]: Integer(0)})
    return shared.formulas({"naive": wrong, "right": here}, unit="K")


def _draw(axes: Any, system: System) -> None:
    steps = [i / 400 for i in range(1, 400)]
    excess, threshold = system.kernel("excess"), system.kernel("runaway threshold")
    for Q_10 in (1.5, 2.0, 2.5, 3.0):
        fold = system.kernel("largest metabolism", everywhere=True)(Q_10=Q_10)["M_0"]
        made = [fold * s for s in steps]
        milliwatt = [1e3 * m for m in made]
        (line,) = axes.plot(
            milliwatt, excess(M_0=made, Q_10=Q_10)["dT"], label=f"$Q_{{10}}$ = {Q_10}"
        )
        axes.plot(milliwatt, threshold(M_0=made, Q_10=Q_10)["dT"], "--", color=line.get_color())
    axes.plot([], [], "k--", label="above it the bee runs away")
    axes.set_ylim(0, 60)
    axes.set_xlabel("metabolism at the temperature of the air, mW")
    axes.set_ylabel("excess temperature, K")
    axes.set_xlim(0, 100)
    axes.legend(loc="upper right")


SYSTEM = System(
    title="Bumblebee: a warm thorax in cold air",
    passage="""
A flying bumblebee keeps its thorax near 35 degrees in cool air. Its muscles turn a tenth of what
they burn into work; the rest heats the thorax, leaves it through the fur, and by the blood through
the abdomen. The temperature is steady because heat flows, and all of the metabolism ends as heat in
the air: the bee produces entropy at the rate M/T_a. A bee that lost no heat would warm by 5 degrees
a minute. Where metabolism rises with temperature there are two temperatures at which heat made and
heat lost agree: the lower one is stable, from beyond the upper one the bee runs away.
""",
    reference=Reference(
        authors="B. Heinrich",
        year=1979,
        title="Bumblebee Economics",
        journal="Harvard University Press",
        note="thoracic temperatures in flight; heat balance of two lumps",
    ),
    parameters=(
        parameter("M", "60e-3", "W", "metabolism in flight", "about 300 W/kg"),
        parameter("eta", "0.10", "1", "part of it that is work", "illustrative", r"\eta"),
        parameter("G_t", "2.6e-3", "W/K", "heat conductance from thorax to air", "illustrative"),
        parameter("G_s", "0.8e-3", "W/K", "from thorax to abdomen, by haemolymph", "illustrative"),
        parameter("G_a", "4.0e-3", "W/K", "from abdomen to air", "illustrative"),
        parameter("T_a", "288.15", "K", "temperature of the air"),
        parameter("T_max", "318.15", "K", "temperature that kills", "45 degrees, illustrative"),
        parameter("C_t", "0.60", "J/K", "heat capacity of the thorax", "illustrative"),
        parameter("C_b", "0.55", "J/K", "heat capacity of the abdomen", "illustrative"),
        parameter("t", "60", "s", "time after take-off"),
        parameter("M_0", "30e-3", "W", "metabolism at the temperature of the air", "illustrative"),
        parameter("Q_10", "2.0", "1", "its factor for every step of temperature"),
        parameter("step", "10", "K", "step of temperature of this factor", latex="s"),
        parameter("G", "6.5e-3", "W/K", "heat conductance of the bee as one lump", "illustrative"),
        parameter("E", "2e-3", "W", "heat that evaporation takes", "illustrative"),
        parameter("r_1", "3.0e-3", "m", "radius of the thorax"),
        parameter("r_2", "4.5e-3", "m", "radius of thorax and fur"),
        parameter("k_fur", "0.035", "W/(m*K)", "heat conductivity of fur", "illustrative"),
        parameter("v", "4", "m/s", "speed of the air"),
        parameter("nu", "1.48e-5", "m^2/s", "kinematic viscosity of air", latex=r"\nu"),
        parameter("k_air", "0.0253", "W/(m*K)", "heat conductivity of air"),
        parameter("Pr", "0.71", "1", "Prandtl number of air"),
        parameter("epsilon", "0.95", "1", "emissivity of fur"),
        STEFAN_BOLTZMANN,
    ),
    build=_model,
    derive=_results,
    bounds={"eta": ">= 0 and < 1", "T_a": "< T_max", "r_1": "< r_2"}
    | dict.fromkeys(("M", "E", "G_s", "epsilon"), ">= 0"),
    exists=_no_runaway,
    limits=(
        Limit("a bee that burns nothing is as cold as the air", "temperature", "T_t", {"M": "0"},
              "T_a"),
        Limit("without haemolymph the thorax is alone", "temperature", "T_t", {"G_s": "0"},
              "T_a + (1-eta)*M/G_t"),
        Limit("without haemolymph the abdomen is cold", "temperature", "T_b", {"G_s": "0"}, "T_a"),
        Limit("with fast haemolymph the bee is one lump", "temperature", "T_b", {"G_s": "oo"},
              "T_a + (1-eta)*M/(G_t+G_a)"),
        Limit("in the end the thorax is steady", "after take-off", "T_t", {"t": "oo"},
              "T_a + (1-eta)*M*(G_s+G_a)/(G_t*G_s+G_t*G_a+G_s*G_a)"),
        Limit("at take-off it is as cold as the air", "after take-off", "T_t", {"t": "0"}, "T_a"),
        Limit("all of the metabolism ends as heat in the air", "entropy production", "sigma",
              {"eta": "0"}, "M/T_a"),
        Limit("a metabolism that does not rise is met linearly", "excess", "dT",
              {"Q_10": "1"}, "M_0/G"),
        Limit("without radiation there is convection only", "furry thorax, heat flow",
              "convection", {"epsilon": "0"}, "(1-eta)*M - E"),
    ),
    corrections=(
        Correction(
            naive="a bee that loses no heat warms as its whole body does",
            right="the muscles heat the thorax, which is only half of the body",
            evidence=_double,
        ),
        Correction(
            naive="all of the metabolism heats the thorax",
            right="what leaves as work does not; it becomes heat in the air",
            evidence=_counted_twice,
        ),
    ),
    draw=_draw,
)  # fmt: skip
