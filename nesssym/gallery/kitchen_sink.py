"""Kitchen sink: water runs in, water runs out, and the level stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sympy import (
    Dummy,
    Eq,
    Expr,
    Integer,
    Symbol,
    diff,
    exp,
    factorial,
    gamma,
    integrate,
    log,
    product,
    solve,
    sqrt,
)

from nesssym.formulas import Formulas
from nesssym.generic import entropy_production, steady_state
from nesssym.networks import FlowNetwork, ReactionNetwork
from nesssym.networks.files import Reference
from nesssym.system import Correction, Limit, System, parameter

__all__ = ["SYSTEM"]


def _model(symbols: Mapping[str, Symbol]) -> FlowNetwork:
    return FlowNetwork.from_text(
        """
        tap: mains -> tank ; Q
        drain: tank -> sewer ; C_d*a*sqrt(2*g*h)
        """,
        unknowns={"tank": "h"},
        potentials={"mains": "-rho*g*h/T", "tank": "-rho*g*h/T", "sewer": 0},
        symbols=symbols,
        unit="m^3/s",
    )


def _results(model: FlowNetwork, system: System) -> dict[str, Formulas]:
    ss = steady_state(model)
    shared = system.steps()
    level = shared.let(shared.absorb(ss.state)["h"], "h_s", latex="h^*")
    area, inflow, time, start = (system.named[s] for s in ("A", "Q", "t", "h_0"))
    h = model.unknowns["tank"]
    slope = diff(model.balances["tank"], h).xreplace({h: level})
    tau = shared.let(-area / slope, "tau", alone=True)
    return {
        "level": replace(ss.state, unit="m"),
        "flow": ss.currents,
        "relaxation time": shared.formulas({"tau": tau, "residence": area * level / inflow},
                                           heads=[r"\tau", r"\tau_\text{residence}"], unit="s"),
        "inflow for a level": _inflow(model, system),
        "two tanks in a row": replace(steady_state(_row(system)).state, unit="m"),
        "level over a laminar drain": replace(steady_state(_laminar(system)).state, unit="m"),
        "level in time": shared.formulas({"h": _level(level, start, time / tau)}, unit="m"),
        "entropy production": entropy_production(ss),
        "molecules": _molecules(system, lumped=False),
        "molecular current": _through(system),
        "number of molecules": _poisson(system),
        "molecular entropy production": _dissipated(system, lumped=False),
    }  # fmt: skip


def _inflow(model: FlowNetwork, system: System) -> Formulas:
    """Solve the balance of the tank at a wanted level for what must come from the tap."""
    Q = system.named["Q"]
    balance = model.balances["tank"].xreplace({model.unknowns["tank"]: system.named["h_w"]})
    (wanted,) = solve(balance, Q)
    return system.steps().formulas({"Q": wanted}, unit="m^3/s")


def _row(system: System) -> FlowNetwork:
    """Let the drain run into a second tank: the flow is the same, the levels are their own."""
    return FlowNetwork.from_text(
        """
        tap: mains -> upper ; Q
        between: upper -> lower ; C_d*a*sqrt(2*g*h_1)
        drain: lower -> sewer ; C_d*a_2*sqrt(2*g*h_2)
        """,
        unknowns={"upper": "h_1", "lower": "h_2"},
        symbols=system.named,
        unit="m^3/s",
    )


def _laminar(system: System) -> FlowNetwork:
    """Let water leave through a long narrow pipe, in proportion to the level."""
    return FlowNetwork.from_text(
        "tap: mains -> tank ; Q \n pipe: tank -> sewer ; k_l*h",
        unknowns={"tank": "h"}, symbols=system.named, unit="m^3/s",
    )  # fmt: skip


def _level(level: Expr, start: Expr, time: Expr) -> Expr:
    """Integrate the balance of the tank; with u = sqrt(h/h*) it is u' = (1 - u)/u."""
    u, v, moved = Dummy("u"), Dummy("v"), Dummy("c")
    elapsed = integrate(v / (v - 1), v).xreplace({log(v - 1): Integer(0)})
    # The logarithm of |u - 1|, whose sign the level keeps, makes (u - 1) exp(u) decay with time;
    # since u - 1 > -1, its inverse is the principal branch.
    (root,) = solve(Eq((u - 1) * exp(elapsed.xreplace({v: u})), moved), u)
    first = sqrt(start / level)
    root = root.xreplace({moved: (first - 1) * exp(elapsed.xreplace({v: first}) - time)})
    return level * root**2


def _exchange(system: System, *, lumped: bool) -> ReactionNetwork:
    text = "k_1*c_1 + k_2*c_2, k_1 + k_2"
    if lumped:
        return ReactionNetwork.from_text(f"0 <-> X ; {text}", symbols=system.named)
    return ReactionNetwork.from_text(
        "first: 0 <-> X ; k_1*c_1, k_1 \n second: 0 <-> X ; k_2*c_2, k_2", symbols=system.named
    )


def _molecules(system: System, *, lumped: bool) -> Formulas:
    ss = steady_state(_exchange(system, lumped=lumped))
    shared = system.steps()
    return shared.formulas({"mean": shared.absorb(ss.state)["X"]}, heads=[r"\langle n\rangle"])


def _through(system: System) -> Formulas:
    """Return what runs from the first reservoir to the second."""
    ss = steady_state(_exchange(system, lumped=False))
    shared = system.steps()
    return shared.formulas({"J": shared.absorb(ss.currents)["first"]}, unit="1/s")


def _poisson(system: System) -> Formulas:
    """Return the probability of n molecules, from the ratio of neighbours.

    As many as come to n leave n + 1, whichever reservoir they come from. The product of the ratios
    is a term of the exponential series, whose sum normalises it.
    """
    (rates,) = _exchange(system, lumped=True).rates
    n, m = system.named["n"], Symbol("m", integer=True)
    comes, leaves = rates[0], rates[1].xreplace({Symbol("X", positive=True): m + 1})
    ratio = Symbol("r", positive=True)
    term = ratio**n / product(leaves / leaves.xreplace({m: Integer(0)}), (m, 0, n - 1))
    probability = term.replace(factorial, lambda k: gamma(k + 1)) * exp(-ratio)
    each = comes / leaves.xreplace({m: Integer(0)})
    return system.steps().formulas({"p_n": probability.xreplace({ratio: each})}, heads=["p_n"])


def _dissipated(system: System, *, lumped: bool) -> Formulas:
    ss = steady_state(_exchange(system, lumped=lumped))
    shared = system.steps()
    sigma = shared.absorb(entropy_production(ss))["sigma"]
    return shared.formulas({"sigma": sigma}, heads=[r"\sigma/k_B"], unit="1/s")


def _level_alone(system: System) -> Formulas:
    shared = system.steps()
    lumped = shared.absorb(_dissipated(system, lumped=True))["sigma"]
    resolved = shared.absorb(_dissipated(system, lumped=False))["sigma"]
    return shared.formulas({"naive": lumped, "right": resolved}, unit="1/s")


def _full_hole(system: System) -> Formulas:
    """Compare with a jet as wide as the hole."""
    shared = system.steps()
    right = shared.absorb(system["level"])["h"]
    return shared.formulas(
        {"naive": right.xreplace({system.named["C_d"]: Integer(1)}), "right": right}, unit="m"
    )


def _same_level(system: System) -> Formulas:
    """Compare with twice the flow through twice the hole, at which the level is the same."""
    shared = system.steps()
    sigma = shared.absorb(system["entropy production"].select(["sigma"]))["sigma"]
    twice = {system.named[s]: 2 * system.named[s] for s in ("Q", "a")}
    other = shared.absorb(system["entropy production"].subs(twice).select(["sigma"]))["sigma"]
    return shared.formulas({"naive": sigma, "right": other}, unit="W/K")


def _draw(axes: Any, system: System) -> None:
    level = system.kernel("level in time")
    times = [2.0 * i for i in range(1, 200)]
    for start in (0.001, 0.01, 0.05, 0.1):
        axes.plot(times, level(t=times, h_0=start)["h"], label=f"from {100 * start:g} cm")
    axes.axhline(system.kernel("level")()["h"], color="k", lw=0.5)
    axes.set_xlabel("time, s")
    axes.set_ylabel("level, m")
    axes.legend()


SYSTEM = System(
    title="Kitchen sink: a level that stays while the water runs",
    passage="""
The tap runs, the drain is open, and the water stands at a level where it leaves as fast as it
comes. The level is steady but nothing is at rest: falling water turns into heat. Two sinks with
the same level and different flow are different steady states, and what a level alone tells is
nothing about the flow. The same holds for molecules between two reservoirs: their number is
Poissonian, as in equilibrium, while entropy is produced.
""",
    reference=Reference(
        authors="G. K. Batchelor",
        year=1967,
        title="An Introduction to Fluid Dynamics",
        journal="Cambridge University Press",
        note="Torricelli's law with a coefficient of discharge",
    ),
    parameters=(
        parameter("A", "0.15", "m^2", "cross-section of the tank", "illustrative"),
        parameter("a", "2.0e-4", "m^2", "opening of the drain", "illustrative"),
        parameter("C_d", "0.62", "1", "coefficient of discharge of a sharp hole", "Batchelor"),
        parameter("Q", "1.0e-4", "m^3/s", "inflow, 6 litres a minute", "illustrative"),
        parameter("g", "9.80665", "m/s^2", "acceleration of gravity", "standard"),
        parameter("rho", "998.2", "kg/m^3", "density of water at 20 degrees"),
        parameter("T", "293.15", "K", "temperature"),
        parameter("h_w", "0.1", "m", "level that is wanted"),
        parameter("a_2", "3.0e-4", "m^2", "opening of the drain of a second tank", "illustrative"),
        parameter("k_l", "1.0e-3", "m^2/s", "flow through a laminar drain, for each level",
                  "illustrative"),
        parameter("h_0", "0.15", "m", "level at the start"),
        parameter("t", "120", "s", "time since the start"),
        parameter("rim", "0.2", "m", "height of the rim", "illustrative"),
        parameter("k_1", "2", "1/s", "exchange of molecules with the first reservoir"),
        parameter("k_2", "1/2", "1/s", "exchange of molecules with the second reservoir"),
        parameter("c_1", "10", "1", "activity in the first reservoir, in molecules"),
        parameter("c_2", "3", "1", "activity in the second reservoir, in molecules"),
        parameter("n", "8", "1", "a number of molecules"),
    ),
    build=_model,
    derive=_results,
    bounds={"a": ">= 0", "Q": ">= 0", "h_0": ">= 0"},
    exists=lambda system: {
        "the level stays below the rim, where more leaves than comes":
            -system.model.balances["tank"].xreplace(
                {system.model.unknowns["tank"]: system.named["rim"]})
    },
    limits=(
        Limit("without inflow the tank is empty", "level", "h", {"Q": "0"}, "0"),
        Limit("in the end the level is steady", "level in time", "h", {"t": "oo"},
              "Q^2/(2*g*C_d^2*a^2)"),
        Limit("the level starts where it starts", "level in time", "h", {"t": "0"}, "h_0"),
        Limit("the number is Poissonian", "number of molecules", "p_n", {"n": "2"},
              "((k_1*c_1 + k_2*c_2)/(k_1 + k_2))^2*exp(-(k_1*c_1 + k_2*c_2)/(k_1 + k_2))/2"),
        Limit("level and inflow are inverse to each other", "inflow for a level", "Q",
              {"h_w": "Q^2/(2*g*C_d^2*a^2)"}, "Q"),
        Limit("of tanks in a row each has the level that it would have alone",
              "two tanks in a row", "h_2", {}, "Q^2/(2*g*C_d^2*a_2^2)"),
        Limit("a laminar drain", "level over a laminar drain", "h", {}, "Q/k_l"),
        Limit("what runs from one reservoir to the other", "molecular current", "J", {},
              "k_1*k_2*(c_1 - c_2)/(k_1 + k_2)"),
        Limit("equal reservoirs are in equilibrium", "molecular entropy production", "sigma",
              {"c_1": "c_2"}, "0"),
    ),
    corrections=(
        Correction(
            naive="a steady level, with the statistics of equilibrium, means that nothing flows",
            right="the exchange with two reservoirs produces entropy, though their sum hides it",
            evidence=_level_alone,
        ),
        Correction(
            naive="two sinks with the same level are in the same state",
            right="twice the flow through twice the hole stands as high, and dissipates twice",
            evidence=_same_level,
        ),
        Correction(
            naive="water leaves through the whole of the hole",
            right="the jet contracts: the coefficient of discharge makes the level 2.6 times as "
            "high",
            evidence=_full_hole,
        ),
    ),
    draw=_draw,
    others=lambda system: {
        "two tanks in a row": _row(system),
        "molecules between two reservoirs": _exchange(system, lumped=False),
    },
)  # fmt: skip
