"""Stochastic resetting: a walker that is put back, and finds its target sooner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sympy import Expr, Rational, Symbol, sqrt

from nesssym.fields import (
    LubyRestart,
    Reflecting,
    Resetting,
    Search,
    SharpRestart,
    with_resetting,
)
from nesssym.formulas import Formulas
from nesssym.generic import entropy_production, steady_state
from nesssym.networks import StateGraph, Transition
from nesssym.networks.files import Reference
from nesssym.parsing import symbol
from nesssym.system import Correction, Limit, System, parameter, real

__all__ = ["SYSTEM", "walk"]


def _model(symbols: Mapping[str, Symbol]) -> Resetting:
    """Make the walker on a line."""
    return Resetting(symbols["D"], symbols["r"])


def _drifting(system: System) -> Resetting:
    return Resetting(system.named["D"], system.named["r"], system.named["v"])


def _around(system: System, dimension: Any) -> Resetting:
    return Resetting(system.named["D"], system.named["r"], dimension=dimension)


def walk(system: System) -> StateGraph:
    """Return the walk on four nodes without resets, one of whose steps goes one way."""
    return StateGraph.from_text(
        "0 <-> 1 ; w01, w10 \n 1 <-> 2 ; w12, w21 \n 2 <-> 3 ; w23, w32 \n 3 -> 0 ; w30",
        symbols=system.named,
    )


def _results(model: Resetting, system: System) -> dict[str, Formulas]:
    reset = with_resetting(walk(system), "0", system.named["r"])
    searching = Search.on_graph(walk(system), "0", "3", system.named["r"])
    return {
        "density": replace(model.profile, unit="1/m"),
        "current": replace(model.flux, unit="1/s"),
        "force": replace(model.force, unit="1/m"),
        "variance": replace(model.moments(2).select(["<x^2>"]), unit="m^2"),
        "entropy rates": replace(model.entropy_rates, unit="1/s"),
        "density in time": replace(model.transient, unit="1/m"),
        "density with drift": replace(_drifting(system).profile, unit="1/m"),
        "mean place in a trap": replace(_trapped(system).select(["<x^1>"]), unit="m"),
        "mean square in a trap": replace(_trapped(system).select(["<x^2>"]), unit="m^2"),
        **{f"density in {d} dimensions": _around_origin(system, d) for d in (2, 3, 5)},
        "density in d dimensions, times volume": _around_origin(system, system.named["d"]),
        **_searches(system, model),
        **_targets(system, model),
        **_clocks(system),
        "network": steady_state(reset).state,
        "network, mean time": _time(searching.mean),
    }


def _time(formulas: Formulas) -> Formulas:
    return replace(formulas, unit="s")


def _trapped(system: System) -> Formulas:
    n = system.named
    return Resetting(n["D"], n["r"], stiffness=n["k"], reset=n["x_0"]).moments(2)


def _around_origin(system: System, dimension: Any) -> Formulas:
    """Return the density at a distance; where the dimension is open, times its power."""
    around, R = _around(system, dimension), system.named["R"]
    p = around.profile["p"].xreplace({around.x: R})
    if isinstance(dimension, int):
        return system.steps().formulas({"p": p}, unit=f"1/m^{dimension}")
    return system.steps().formulas({"R^d p": p * R**dimension}, heads=["R^d p"])


def _searches(system: System, model: Resetting) -> dict[str, Formulas]:
    """Return how long the walker looks for a target at a distance, on a line."""
    L, D, v = (system.named[name] for name in "LDv")
    search, drifting = model.search(L), _drifting(system).search(L)
    best = search.optimum
    natural = {"z": L * sqrt(best["r"] / D), "T": best["T"] * D / L**2}
    alone = {"CV^2": drifting.unrestarted_variation, "Pe": L * v / (2 * D)}
    return {
        "transform": search.restarted,
        "mean time": _time(search.mean),
        "rate of finding": system.steps().formulas({"k": 1 / search.mean["T"]}, unit="1/s"),
        "second moment of the time": replace(search.moments(2).select(["T2"]), unit="s^2"),
        "variation": search.variation,
        "optimal rate": replace(best.select(["r"]), unit="1/s"),
        "least mean time": _time(best.select(["T"])),
        "optimum in natural units": system.steps().formulas(
            natural, heads=("z^{*}", "T^{*} D/L^2")),
        "variation at the optimal rate": search.variation.subs({"r": best["r"]}),
        "mean time with drift": _time(drifting.mean),
        "optimal rate with drift": replace(drifting.optimum.select(["r"]), unit="1/s"),
        "drift without resets": system.steps().formulas(
            alone, heads=(r"\mathrm{CV}^2", r"\mathrm{Pe}")),
        "mean time with overhead": _time(model.search(L, overhead=system.named["t_0"]).mean),
    }  # fmt: skip


def _targets(system: System, model: Resetting) -> dict[str, Formulas]:
    """Return mean times to targets of other kinds."""
    n = system.named
    room = Resetting(n["D"], n["r"], reset=n["x_0"])
    to_ball = {"radius": n["a"]}
    return {
        "mean time, disc": _time(_around(system, 2).search(n["R_0"], **to_ball).mean),
        "mean time, ball": _time(_around(system, 3).search(n["R_0"], **to_ball).mean),
        "mean time, d dimensions": _time(_around(system, n["d"]).search(n["R_0"], **to_ball).mean),
        "mean time, partial wall": _time(model.search(n["L"], absorption=n["kappa"]).mean),
        "mean time, point sink": _time(model.search(n["L"], sink=n["k_s"]).mean),
        "mean time, interval": _time(room.search(left=0, right=n["l"]).mean),
        "mean time, one end reflects": _time(room.search(left=Reflecting(0), right=n["l"]).mean),
    }


def _survival(system: System) -> Expr:
    """Mix a fast and a slow run of a search algorithm: who has not ended after some steps."""
    q, fast, slow, t = (system.named[name] for name in ("q", "p_f", "p_s", "t"))
    steps = symbol(t.name)
    return q * (1 - fast) ** steps + (1 - q) * (1 - slow) ** steps


def _clocks(system: System) -> dict[str, Formulas]:
    """Return mean times with restarts by the clock, of the walker and of a search algorithm."""
    n = system.named
    sharp = SharpRestart.diffusion(n["D"], n["L"], n["tau"])
    best = sharp.optimum
    natural = {key: best[key] * n["D"] / n["L"] ** 2 for key in ("tau", "T")}
    algorithm = _survival(system)
    return {
        "sharp restart": _time(sharp.mean),
        "best period": _time(best.select(["tau"])),
        "least mean time, sharp restart": _time(best.select(["T"])),
        "sharp optimum in natural units": system.steps().formulas(
            natural, heads=(r"\tau^{*} D/L^2", "T^{*} D/L^2")),
        "steps with cutoff": replace(
            SharpRestart(algorithm, n["c"], discrete=True).mean, unit="1"),
        "steps, universal restarts": replace(
            LubyRestart(algorithm, discrete=True).mean.select(["T"]), unit="1"),
    }  # fmt: skip


def _reversible(system: System, share: Expr) -> Formulas:
    """Return the entropy production of the network, if what goes one way could also go back."""
    reset = with_resetting(walk(system), "0", system.named["r"])
    both = tuple(
        t if t.reversible else Transition(t.source, t.target, t.rate, t.rate * share, t.channel)
        for t in reset.transitions
    )
    graph = StateGraph(reset.states, both, reset.assume, reset.notation)
    return entropy_production(steady_state(graph)).select(["sigma"])


def _made_up(system: System) -> Formulas:
    shared = system.steps()
    shares = {"naive": Rational(1, 10**6), "right": Rational(1, 10**12)}
    return shared.formulas(
        {
            name: shared.absorb(_reversible(system, share))["sigma"]
            for name, share in shares.items()
        },
        unit="1/s",
    )


def _helps(system: System) -> Formulas:
    n = system.named
    fast = {"v": 4 * n["D"] / n["L"]}
    with_resets = system["mean time with drift"].subs(fast)["T"]
    return system.steps().formulas({"naive": with_resets, "right": n["L"] / fast["v"]}, unit="s")


def _coin_and_clock(system: System) -> Formulas:
    coin, clock = system["least mean time"]["T"], system["least mean time, sharp restart"]["T"]
    return system.steps().formulas({"naive": coin, "right": clock}, unit="s")


def _wall_and_sink(system: System) -> Formulas:
    wall = system["mean time, partial wall"].subs({"kappa": system.named["k_s"]})["T"]
    sink = system["mean time, point sink"]["T"]
    return system.steps().formulas({"naive": wall, "right": sink}, unit="s")


def _draw(axes: Any, system: System) -> None:
    rates = [0.02 * 1.06**i for i in range(110)]
    mean = system.kernel("mean time with drift")
    for v in (0.0, 0.4, 1.5):
        (line,) = axes.loglog(rates, mean(r=rates, v=v)["T"], label=f"drift {v:g} m/s")
        if v > 0:
            axes.axhline(1.7 / v, color=line.get_color(), lw=0.6, ls=":")
    best = system.kernel("optimal rate")()["r"], system.kernel("least mean time")()["T"]
    axes.plot(*best, "ko", ms=4)
    sharp = system.kernel("least mean time, sharp restart")()["T"]
    axes.axhline(sharp, color="k", lw=0.6, label="best by the clock")
    axes.set_ylim(0.9, 60)
    axes.set_xlabel("resetting rate, 1/s; dotted: without resets")
    axes.set_ylabel("mean time to find the target, s")
    axes.legend()


WAYS = {"01": "1", "10": "2", "12": "1", "21": "1", "23": "1/2", "32": "3", "30": "0.7"}

SYSTEM = System(
    title="Stochastic resetting: back to the start, and sooner at the goal",
    passage="""
A walker diffuses and is put back to the origin at random times. Diffusion carries it out, resets
bring it home in one direction only: a steady state with a current, held up from outside. Without
resets a diffusing walker finds any target, but after a time of infinite mean; with them the mean is
finite, least at one rate, and there the standard deviation equals the mean. The same algebra tells
when it pays to begin a search algorithm anew.
""",
    reference=Reference(
        authors="M. R. Evans, S. N. Majumdar, G. Schehr",
        year=2020,
        title="Stochastic resetting and applications",
        journal="J. Phys. A 53, 193001",
        doi="10.1088/1751-8121/ab7cfe",
    ),
    parameters=(
        parameter("D", "0.8", "m^2/s", "diffusion coefficient"),
        parameter("r", "0.5", "1/s", "resetting rate"),
        real("x", "0.9", "m", "place on the line; resets are to 0"),
        parameter("t", "1.5", "s", "time since the start"),
        parameter("s", "0.3", "1/s", "variable of the Laplace transform"),
        real("v", "0.4", "m/s", "drift, towards the target where positive"),
        parameter("L", "1.7", "m", "distance of the target"),
        parameter("t_0", "0.2", "s", "mean time that a reset costs"),
        parameter("tau", "1.2", "s", "period of sharp restarts", latex=r"\tau"),
        parameter("R", "1.1", "m", "distance from the origin"),
        parameter("d", "2", "1", "dimension of space"),
        parameter("R_0", "1.5", "m", "distance of resets from the middle of a ball"),
        parameter("a", "0.4", "m", "radius of the ball"),
        parameter("kappa", "0.7", "m/s", "absorption at a partial wall", latex=r"\kappa"),
        parameter("k_s", "0.7", "m/s", "strength of a point sink"),
        parameter("l", "2.4", "m", "length of an interval"),
        parameter("x_0", "0.6", "m", "place of resets in the interval and in the trap"),
        parameter("k", "0.3", "1/s", "stiffness of a trap, times mobility"),
        parameter("q", "0.3", "1", "share of fast runs of a search algorithm"),
        parameter("p_f", "0.2", "1", "success of a fast run in a step"),
        parameter("p_s", "0.001", "1", "success of a slow run in a step"),
        parameter("c", "1", "1", "cutoff: steps until a restart"),
        *(parameter(f"w{way}", rate, "1/s", f"rate from node {way[0]} to {way[1]}", "illustrative",
                    f"w_{{{way}}}") for way, rate in WAYS.items()),
    ),
    build=_model,
    others=lambda system: {"the walk on a network": walk(system)},
    derive=_results,
    bounds={"a": "< R_0", "x_0": "< l", "q": "< 1", "p_f": "< 1", "p_s": "< 1"},
    limits=(
        Limit("without resets nobody is found on time", "rate of finding", "k", {"r": "0"}, "0"),
        Limit("with endless resets nobody arrives", "rate of finding", "k", {"r": "oo"}, "0"),
        Limit("with a drift to the target none are needed", "mean time with drift", "T",
              {"r": "0"}, "L/v"),
        Limit("a drift without end needs no time", "mean time with drift", "T", {"v": "oo"}, "0"),
        Limit("without drift", "mean time with drift", "T", {"v": "0"},
              "(exp(L*sqrt(r/D)) - 1)/r"),
        Limit("without drift the density is that of Laplace", "density with drift", "p",
              {"v": "0"}, "sqrt(r/D)*exp(-x*sqrt(r/D))/2"),
        Limit("after long times the density is steady", "density in time", "p", {"t": "oo"},
              "sqrt(r/D)*exp(-x*sqrt(r/D))/2"),
        Limit("at the start the walker is at the origin", "density in time", "p", {"t": "0"}, "0"),
        Limit("at the best rate the standard deviation is the mean",
              "variation at the optimal rate", "CV^2", {}, "1"),
        Limit("resets begin to help at a Peclet number of one", "drift without resets", "CV^2",
              {"v": "2*D/L"}, "1"),
        Limit("a target in one dimension is a point on a line", "mean time, d dimensions", "T",
              {"d": "1"}, "(exp((R_0 - a)*sqrt(r/D)) - 1)/r"),
        Limit("a wall that absorbs at once is a target", "mean time, partial wall", "T",
              {"kappa": "oo"}, "(exp(L*sqrt(r/D)) - 1)/r"),
        Limit("a wall absorbs less by a factor", "mean time, partial wall", "T", {"r": "4*D/L^2"},
              "(exp(2)*(1 + 2*D/(kappa*L)) - 1)*L^2/(4*D)"),
        Limit("a strong sink is a target", "mean time, point sink", "T", {"k_s": "oo"},
              "(exp(L*sqrt(r/D)) - 1)/r"),
        Limit("resets that cost nothing", "mean time with overhead", "T", {"t_0": "0"},
              "(exp(L*sqrt(r/D)) - 1)/r"),
        Limit("an interval without resets", "mean time, interval", "T", {"r": "0"},
              "x_0*(l - x_0)/(2*D)"),
        Limit("an interval with one end that reflects, without resets",
              "mean time, one end reflects", "T", {"r": "0"}, "(l^2 - x_0^2)/(2*D)"),
        Limit("without cutoff slow runs go on to the end", "steps with cutoff", "T", {"c": "oo"},
              "q/p_f + (1 - q)/p_s"),
        Limit("with endless resets the network stays at its start", "network", "0", {"r": "oo"},
              "1"),
    ),
    corrections=(
        Correction(
            naive="a small rate backwards makes the entropy production of resets finite, and the "
            "value is of no matter",
            right="it grows with the logarithm of that rate, which is made up: resets go one way, "
            "entropy production is infinite, and no number is given",
            evidence=_made_up,
        ),
        Correction(
            naive="resets always shorten a search",
            right="a walker that drifts to its target with a Peclet number above one is faster "
            "without",
            evidence=_helps,
        ),
        Correction(
            naive="the best random restarts are the best restarts",
            right="restarts by the clock beat them",
            evidence=_coin_and_clock,
        ),
        Correction(
            naive="a wall that absorbs partially and a point sink of that strength are one model",
            right="a walker can cross the sink: it takes longer",
            evidence=_wall_and_sink,
        ),
    ),
    draw=_draw,
)  # fmt: skip
