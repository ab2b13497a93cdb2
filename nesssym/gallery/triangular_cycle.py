"""Triangular cycle: three states turn round on fuel; three species that are fed do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sympy import Expr, Symbol, exp, log, prod, sqrt

from nesssym.constants import GAS
from nesssym.exact.rational import cancel
from nesssym.fluctuations.characteristic import characteristic_polynomial
from nesssym.fluctuations.cumulants import cumulants
from nesssym.fluctuations.uncertainty import thermodynamic_uncertainty_relation
from nesssym.formulas import Formulas
from nesssym.functions import logratio
from nesssym.generic import affinities, entropy_production, steady_state
from nesssym.networks import ReactionNetwork, StateGraph
from nesssym.networks.files import Reference
from nesssym.roots import RootIn
from nesssym.system import Correction, Limit, System, parameter, real

__all__ = ["SYSTEM"]

TURNS = {"A->B": 1}


def _model(symbols: Mapping[str, Symbol]) -> StateGraph:
    return StateGraph.from_text(
        "A <-> B ; k1, k_1 \n B <-> C ; k2, k_2 \n C <-> A ; k3, k_3", symbols=symbols
    )


def _fed(system: System) -> ReactionNetwork:
    """Put the species into a stirred tank: A is fed, all are diluted, C is removed besides.

    Within, the species only turn into each other, so that the last constant follows from the rest
    by detailed balance.
    """
    return ReactionNetwork.from_text(
        """
        AB: A <-> B ; k1, k_1
        BC: B <-> C ; k2, k_2
        CA: C <-> A ; k_CA, k1*k2*k_CA/(k_1*k_2)
        feed: 0 -> A ; D*A_f
        A -> 0 ; D
        B -> 0 ; D
        C -> 0 ; D + r
        """,
        symbols=system.named,
    )


def _results(model: StateGraph, system: System) -> dict[str, Formulas]:
    ss = steady_state(model)
    shared = system.steps()
    tur = shared.absorb(thermodynamic_uncertainty_relation(ss, TURNS).ratio)["ratio"]
    (turn,) = affinities(model).values()
    return {
        "state": ss.state,
        "current": replace(_named(system, ss.currents, {"A->B": "J"}), unit="1/s"),
        "affinity": system.steps().formulas({"A": turn}, heads=[r"\mathcal{A}"]),
        "entropy production": replace(entropy_production(ss).select(["sigma"]), unit="1/s"),
        "cumulants": replace(cumulants(model, TURNS, order=3), unit="1/s"),
        "uncertainty": shared.formulas({"Q": tur}, heads=[r"c_2\sigma/(2 J^2)"]),
        "generating function": _generating(system),
        "relaxation": _relaxation(system)[0],
        "frequency": _relaxation(system)[1],
        "fed species": replace(_fed_state(system).state, unit="mol/L"),
        "fed currents": _fed_currents(system),
        "fed forces": _fed_forces(system),
        "fed dissipation": _fed_dissipation(system),
    }


def _named(system: System, formulas: Formulas, names: Mapping[str, str]) -> Formulas:
    shared = system.steps()
    found = shared.absorb(formulas)
    return shared.formulas({new: found[old] for old, new in names.items()}, unit=formulas.unit)


def _polynomial(system: System) -> tuple[Expr, ...]:
    """Return the coefficients of the characteristic polynomial of the tilted generator."""
    found = characteristic_polynomial(system.model, TURNS, system.named["chi"])
    return tuple(found[f"a{k}"] for k in range(4))


def _generating(system: System) -> Formulas:
    """Find the largest eigenvalue of the tilted generator above that of its block A, B.

    The eigenvalues of the block do not depend on the field, and above the larger one the Schur
    complement of C rises from minus infinity: it vanishes once. No sum of a column is exceeded.
    """
    k1, k_1, k2, k_3, chi = (system.named[n] for n in ("k1", "k_1", "k2", "k_3", "chi"))
    shared = system.steps()
    a, d = -(k1 + k_3), -(k_1 + k2)
    block = shared.let((a + d + sqrt((a - d) ** 2 + 4 * k1 * k_1)) / 2, "b", positive=False)
    y = Symbol("y", positive=True)
    a0, a1, a2, a3 = _polynomial(system)
    above = y + block
    most = k1 * exp(chi) + k_1 * exp(-chi) - block
    root = RootIn(a0 + above * (a1 + above * (a2 + above * a3)), (y, 0, most))
    return shared.formulas({"lambda": block + root}, heads=[r"\lambda(\chi)"], unit="1/s")


def _relaxation(system: System) -> tuple[Formulas, Formulas]:
    """Divide out the eigenvalue zero: a damped oscillator is left, or two decays."""
    _, product, total, _ = _polynomial(system)
    shared = system.steps()
    return (
        shared.formulas({"damping": total / 2}, heads=[r"\gamma"], unit="1/s"),
        shared.formulas({"square": product - total**2 / 4}, heads=[r"\omega^2"], unit="1/s^2"),
    )


def _fed_state(system: System) -> Any:
    return steady_state(_fed(system))


def _sides(system: System) -> dict[str, tuple[Expr, Expr]]:
    """Return both one-way rates of the three reactions in the tank."""
    ss = _fed_state(system)
    at = {Symbol(s, positive=True): ss.state[s] for s in "ABC"}
    pairs = zip(("AB", "BC", "CA"), ss.model.rates, strict=False)
    return {name: (forward.xreplace(at), back.xreplace(at)) for name, (forward, back) in pairs}


def _fed_currents(system: System) -> Formulas:
    """Return the net rates of the three reactions in the tank."""
    net = _fed_state(system).currents
    named = {"AB": "J_AB", "BC": "J_BC", "CA": "J_CA"}
    return replace(_named(system, net, named), unit="mol/L/s")


def _ratios(system: System) -> dict[str, Expr]:
    return {name: cancel(v / w) for name, (v, w) in _sides(system).items()}


def _fed_forces(system: System) -> Formulas:
    shared = system.steps()
    forces = {}
    for name, ratio in _ratios(system).items():
        forward, backward = ratio.as_numer_denom()
        forces[name] = logratio(forward, backward, (forward - backward).expand())
    round_ = log(cancel(prod(_ratios(system).values())))
    return shared.formulas(forces | {"round": round_})


def _fed_dissipation(system: System) -> Formulas:
    """Return what the three reactions dissipate: all of it is free energy of the feed."""
    R = system.named["R"]
    shared = system.steps()
    currents = shared.absorb(_fed_currents(system))
    forces = shared.absorb(_fed_forces(system))
    parts = {f"sigma_{n}": R * currents[f"J_{n}"] * forces[n] for n in ("AB", "BC", "CA")}
    return shared.formulas({"sigma": sum(parts.values())} | parts, unit="W/K/L")


def _does_not_turn(system: System) -> Formulas:
    shared = system.steps()
    found = shared.absorb(system["fed currents"])
    return shared.formulas({"naive": found["J_AB"], "right": found["J_CA"]}, unit="mol/L/s")


def _one_way(system: System) -> Formulas:
    """Compare the precision of a current with that of a Poisson process of the same mean."""
    shared = system.steps()
    c = shared.absorb(system["cumulants"])
    return shared.formulas({"naive": c["c1"], "right": c["c2"]}, unit="1/s")


def _draw(axes: Any, system: System) -> None:
    generating = system.kernel("generating function")
    turn = float(system.at("affinity")["A"])
    field = [turn * (0.01 * i - 1.3) for i in range(161)]
    axes.plot(field, generating(chi=field)["lambda"], label="fuelled")
    balance = 3 * 2 * 1.5 / (0.5 * 0.4)
    axes.plot(field, generating(chi=field, k_3=balance)["lambda"], label="in equilibrium")
    axes.axhline(0, color="k", lw=0.5)
    axes.axvline(-turn / 2, color="C0", lw=0.5, ls=":")
    axes.set_ylim(-0.9, 1.6)
    axes.set_xlabel(r"counting field $\chi$; the dotted line is $-\mathcal{A}/2$")
    axes.set_ylabel(r"$\lambda(\chi)$, 1/s")
    axes.legend()


SYSTEM = System(
    title="Triangular cycle: what turns needs fuel",
    passage="""
Three states in a ring. Fuel that is burnt on an edge biases the product of the rates one way round,
and a current circulates; its affinity is the logarithm of the ratio of both products. Without fuel
the same ring can still be held away from equilibrium, by feeding A and removing C: then matter runs
through, but nothing circulates. The logarithms of the three flux ratios add to zero, so that the
three net fluxes cannot all point round the ring; the loop closes through the environment.
""",
    reference=Reference(
        authors="T. L. Hill",
        year=1989,
        title="Free Energy Transduction and Biochemical Cycle Kinetics",
        journal="Springer",
        doi="10.1007/978-1-4612-3558-3",
    ),
    parameters=(
        parameter("k1", "3.0", "1/s", "A to B", "illustrative", "k_1"),
        parameter("k_1", "0.5", "1/s", "B to A", "illustrative", "k_{-1}"),
        parameter("k2", "2.0", "1/s", "B to C", "illustrative", "k_2"),
        parameter("k_2", "0.4", "1/s", "C to B", "illustrative", "k_{-2}"),
        parameter("k3", "1.5", "1/s", "C to A, with fuel", "illustrative", "k_3"),
        parameter("k_3", "0.2", "1/s", "A to C, making fuel", "illustrative", "k_{-3}"),
        real("chi", "0.5", "1", "counting field of the turns", latex=r"\chi"),
        parameter("k_CA", "0.3", "1/s", "C to A, without fuel", "illustrative"),
        parameter("D", "0.25", "1/s", "dilution of the tank", "illustrative"),
        parameter("A_f", "1", "mol/L", "A in the feed", "illustrative"),
        parameter("r", "2", "1/s", "removal of C", "illustrative"),
        GAS,
    ),
    build=_model,
    derive=_results,
    bounds=dict.fromkeys(("k3", "k_3", "D", "r"), ">= 0"),
    limits=(
        Limit("at detailed balance nothing turns", "current", "J",
              {"k_3": "k1*k2*k3/(k_1*k_2)"}, "0"),
        Limit("at detailed balance no entropy is produced", "entropy production", "sigma",
              {"k_3": "k1*k2*k3/(k_1*k_2)"}, "0"),
        Limit("near equilibrium a current is as precise as its dissipation allows", "uncertainty",
              "Q", {"k_3": "k1*k2*k3/(k_1*k_2)"}, "1"),
        Limit("a chain does not turn", "current", "J", {"k3": "0", "k_3": "0"}, "0"),
        Limit("a uniform ring turns with the difference of its rates over three", "current", "J",
              {"k2": "k1", "k3": "k1", "k_2": "k_1", "k_3": "k_1"}, "(k1 - k_1)/3"),
        Limit("probability is conserved", "generating function", "lambda", {"chi": "0"}, "0"),
        Limit("fluctuation symmetry: the field and minus affinity minus field are alike",
              "generating function", "lambda",
              {"chi": "-log(k1*k2*k3/(k_1*k_2*k_3))"}, "0"),
        Limit("the forces of what is fed add to zero round the ring", "fed forces", "round", {},
              "0"),
        Limit("without feed nothing runs", "fed currents", "J_CA", {"D": "0"}, "0"),
        Limit("without feed nothing is dissipated", "fed dissipation", "sigma", {"D": "0"}, "0"),
    ),
    corrections=(
        Correction(
            naive="feeding A and removing C makes matter go round A, B, C and back to A",
            right="without fuel the current from C to A is negative: matter runs from A to C on "
            "both ways",
            evidence=_does_not_turn,
        ),
        Correction(
            naive="turns are independent events: their variance is their mean",
            right="a turn is three steps in a row, which makes it regular: its variance is less",
            evidence=_one_way,
        ),
    ),
    draw=_draw,
    others=lambda system: {"three species in a stirred tank": _fed(system)},
)  # fmt: skip
