"""Probability currents: a network, a driven ring and random motion that turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sympy import Expr, Integer, Symbol, cos, exp, pi, sinh

from nesssym.exact.linear import hurwitz
from nesssym.fields import Gaussian, Ring
from nesssym.formulas import Formulas
from nesssym.generic import affinities, cycle_currents, entropy_production, steady_state
from nesssym.networks import StateGraph
from nesssym.networks.files import Reference
from nesssym.special import exprel
from nesssym.system import Correction, Limit, System, parameter, real

__all__ = ["SYSTEM"]


def _model(symbols: Mapping[str, Symbol]) -> StateGraph:
    """Make the network: a square of states with a diagonal, so that two cycles share it."""
    return StateGraph.from_text(
        """
        0 <-> 1 ; k01, k10
        1 <-> 2 ; k12, k21
        2 <-> 3 ; k23, k32
        3 <-> 0 ; k30, k03
        0 <-> 2 ; k02, k20
        """,
        symbols=symbols,
    )


def _ring(system: System) -> Ring:
    """Make the ring in units of temperature: the place is an angle, the drive a torque."""
    u, f, x, D = (system.named[name] for name in ("u", "f", "x", "D"))
    return Ring(u * cos(x), f, 1, D)


def _processes(system: System) -> dict[str, Gaussian]:
    """Make linear processes with white noise: three in a plane, and three beads in a row."""
    rows = {
        "rotation": ("k, omega; -omega, k", "D_r, 0; 0, D_r"),
        "plane": ("a, b; c, d", "D11, D12; D12, D22"),
        "gyrator": ("kappa, c_xy; c_xy, kappa", "T1, 0; 0, T2"),
        "beads": ("kappa, c_xy, 0; c_xy, kappa, c_xy; 0, c_xy, kappa", "T1,0,0; 0,T3,0; 0,0,T2"),
    }

    def matrix(text: str) -> list[list[Expr]]:
        return [[system.expr(entry) for entry in row.split(",")] for row in text.split(";")]

    found = {}
    for name, (drift, noise) in rows.items():
        D = matrix(noise)
        # Noise of the gyrator and of the beads is that of heat baths.
        baths = [D[i][i] for i in range(len(D))] if name in ("gyrator", "beads") else []
        found[name] = Gaussian(matrix(drift), D, temperatures=baths)
    return found


def _results(model: StateGraph, system: System) -> dict[str, Formulas]:
    ss, ring = steady_state(model), _ring(system)
    found = {
        "network": ss.state,
        "network currents": replace(ss.currents, unit="1/s"),
        "network cycle currents": replace(cycle_currents(ss), unit="1/s"),
        "network affinities": affinities(model),
        "network entropy production": replace(
            entropy_production(ss).select(["sigma"]), unit="1/s"),
        "ring density": ring.profile,
        "ring current": replace(ring.flux, unit="1/s"),
        "ring entropy production": replace(ring.entropy_production, unit="1/s"),
        "ring conductance": _conductance(system, ring),
    }  # fmt: skip
    for name, process in _processes(system).items():
        found |= {
            f"{name} covariance": process.profile,
            f"{name} angular momentum": replace(process.circulation, unit="1/s"),
            f"{name} entropy production": replace(process.entropy_production, unit="1/s"),
        }
    gyrator = _processes(system)["gyrator"]
    found["gyrator density"] = gyrator.density
    found["gyrator current density"] = replace(gyrator.flux, unit="1/s")
    return found


def _conductance(system: System, ring: Ring) -> Formulas:
    """Divide the current by that of a flat ring, which is the mean of its drift.

    Current and drive vanish together; their ratio is written so that it does not.
    """
    f, D = system.named["f"], system.named["D"]
    J = ring.flux["J"].xreplace({sinh(pi * f): pi * f * exp(-pi * f) * exprel(2 * pi * f)})
    return system.steps().formulas({"g": J / (D * f / (2 * pi))})


def _flat(system: System) -> Formulas:
    ring = _ring(system)
    flat = Ring(Integer(0), ring.tilt, 1, ring.mobility)
    return system.steps().formulas({"naive": flat.flux["J"], "right": ring.flux["J"]}, unit="1/s")


def _still(system: System) -> Formulas:
    """Compare the turning of the gyrator with that of one at the mean temperature."""
    label, shared = "<x1 v_x2 - x2 v_x1>", system.steps()
    turning = shared.absorb(system["gyrator angular momentum"])[label]
    T1, T2 = system.named["T1"], system.named["T2"]
    mean = turning.xreplace({T1: (T1 + T2) / 2, T2: (T1 + T2) / 2})
    return shared.formulas({"naive": mean, "right": turning}, unit="1/s")


def _draw(axes: Any, system: System) -> None:
    places = [0.12 * i - 3 for i in range(51)]
    grid = {"x1": [places for _ in places], "x2": [[y] * len(places) for y in places]}
    flow = system.kernel("gyrator current density")(**grid)
    p = system.kernel("gyrator density")(**grid)["p"]
    axes.contourf(places, places, p, levels=12, cmap="Blues")
    axes.streamplot(places, places, flow["J_x1"], flow["J_x2"], color="k", linewidth=0.7)
    axes.set_aspect("equal")
    axes.set_xlabel("hot coordinate")
    axes.set_ylabel("cold coordinate")
    axes.set_title("one potential, two baths: probability turns", fontsize="medium")


RATES = {"01": "3", "10": "1", "12": "2", "21": "0.7", "23": "1.1", "32": "0.9", "30": "2.5",
         "03": "0.4", "02": "0.8", "20": "1.6"}  # fmt: skip
TURN = "<x1 v_x2 - x2 v_x1>"

SYSTEM = System(
    title="Probability currents: steady, and yet in motion",
    passage="""
A distribution that no longer changes may still be in motion: what enters a state on one way leaves
it on another. In a network the currents are sums of currents round cycles. On a ring with a cosine
potential and a torque the current is closed in a Bessel function of imaginary order. A linear
process with white noise turns where its noise and its drift do not fit: a Brownian gyrator, whose
two coordinates have baths of their own, has a mean torque, and no drift that turns. How fast a
linear process in the plane turns, and what it dissipates, does not depend on the determinant of its
drift.
""",
    reference=Reference(
        authors="R. Filliger, P. Reimann",
        year=2007,
        title="Brownian gyrator: a minimal heat engine on the nanoscale",
        journal="Phys. Rev. Lett. 99, 230602",
        doi="10.1103/PhysRevLett.99.230602",
    ),
    parameters=(
        *(parameter(f"k{way}", rate, "1/s", f"rate from {way[0]} to {way[1]}", "illustrative",
                    f"k_{{{way}}}") for way, rate in RATES.items()),
        real("u", "1.7", "1", "height of the potential over temperature"),
        real("f", "2.3", "1", "torque over temperature, per radian"),
        parameter("D", "0.8", "1/s", "rotational diffusion"),
        real("x", "0.7", "1", "angle on the ring"),
        parameter("k", "1.3", "1/s", "restoring rate of the rotation"),
        real("omega", "0.9", "1/s", "angular velocity of the rotation", latex=r"\omega"),
        parameter("D_r", "0.5", "1/s", "diffusion of the rotation"),
        real("a", "1.1", "1/s", "drift in the plane, of the first to itself"),
        real("b", "-0.7", "1/s", "drift in the plane, of the second to the first"),
        real("c", "0.9", "1/s", "drift in the plane, of the first to the second"),
        real("d", "0.6", "1/s", "drift in the plane, of the second to itself"),
        parameter("D11", "0.8", "1/s", "noise in the plane", latex="D_{11}"),
        real("D12", "0.15", "1/s", "correlated noise in the plane", latex="D_{12}"),
        parameter("D22", "0.35", "1/s", "noise in the plane", latex="D_{22}"),
        parameter("kappa", "1.5", "1/s", "stiffness of the gyrator, times mobility",
                  latex=r"\kappa"),
        real("c_xy", "0.7", "1/s", "coupling of the gyrator, times mobility", latex="c_{xy}"),
        parameter("T1", "2", "1/s", "hot bath: temperature times mobility", latex="T_1"),
        parameter("T2", "0.6", "1/s", "cold bath: temperature times mobility", latex="T_2"),
        parameter("T3", "1.2", "1/s", "bath of a bead between: temperature times mobility",
                  latex="T_3"),
        real("x1", "1", "1", "hot coordinate", latex="x_1"),
        real("x2", "-0.5", "1", "cold coordinate", latex="x_2"),
    ),
    build=_model,
    derive=_results,
    bounds={"D12": "< sqrt(D11*D22)"},
    exists=lambda system: {
        f"the drift of the {name} is stable ({i})": condition
        for name, process in _processes(system).items()
        for i, condition in enumerate(hurwitz(process.drift), 1)
        if not condition.is_positive
    },
    limits=(
        Limit("at detailed balance no current flows", "network currents", "2->3",
              {"k03": "k01*k12*k23*k30/(k10*k21*k32)", "k20": "k02*k10*k21/(k01*k12)"}, "0"),
        Limit("without a torque the ring is in equilibrium", "ring current", "J", {"f": "0"}, "0"),
        Limit("without a torque nothing is dissipated", "ring entropy production", "sigma",
              {"f": "0"}, "0"),
        Limit("a flat ring conducts as a free particle", "ring conductance", "g", {"u": "0"}, "1"),
        Limit("a strong torque does not see the potential", "ring conductance", "g",
              {"f": "oo"}, "1"),
        Limit("high barriers stop the current", "ring conductance", "g", {"u": "10000"}, "0"),
        Limit("without rotation nothing turns", "rotation angular momentum", TURN,
              {"omega": "0"}, "0"),
        Limit("a rotation along contours of the energy leaves the state that of Boltzmann",
              "rotation covariance", "<x1 x1>", {}, "D_r/k"),
        Limit("a rotation dissipates twice its square over the restoring rate",
              "rotation entropy production", "sigma", {}, "2*omega^2/k"),
        Limit("in the plane, in terms of drift and noise", "plane entropy production", "sigma", {},
              "(b*D22 - c*D11 + (a - d)*D12)^2/((a + d)*(D11*D22 - D12^2))"),
        Limit("at one temperature the gyrator stands", "gyrator angular momentum", TURN,
              {"T1": "T2"}, "0"),
        Limit("without coupling the gyrator stands", "gyrator angular momentum", TURN,
              {"c_xy": "0"}, "0"),
        Limit("what a gyrator dissipates", "gyrator entropy production", "sigma", {},
              "c_xy^2*(T1 - T2)^2/(2*kappa*T1*T2)"),
        Limit("beads at one temperature are in equilibrium", "beads entropy production", "sigma",
              {"T1": "T3", "T2": "T3"}, "0"),
    ),
    corrections=(
        Correction(
            naive="a periodic potential averages out, so that a torque drives the current of a "
            "flat ring",
            right="the particle waits in the minima, which here costs a quarter of the current",
            evidence=_flat,
        ),
        Correction(
            naive="a potential has no torque, so that motion in it does not turn",
            right="two temperatures in one potential make it turn; only at one of both it stands",
            evidence=_still,
        ),
    ),
    draw=_draw,
)  # fmt: skip
