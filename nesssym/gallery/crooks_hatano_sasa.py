"""Crooks and Hatano-Sasa: what fluctuation theorems say of a driven ring, and from where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sympy import Add, Expr, Integer, Symbol, log

from nesssym.dissipation.distributions import relative_entropy
from nesssym.dissipation.driving import Driving
from nesssym.dissipation.splits import housekeeping
from nesssym.formulas import Formulas
from nesssym.generic import affinities, steady_state
from nesssym.networks import StateGraph
from nesssym.networks.files import Reference
from nesssym.parsing import symbol
from nesssym.system import Correction, Limit, System, parameter, real

__all__ = ["SYSTEM", "quench", "ramp"]

STATES = "123"
FLAT = {"u2": "u1", "u3": "u1", "w2": "w1", "w3": "w1"}


def _model(symbols: Mapping[str, Symbol]) -> StateGraph:
    """Make the ring after the quench."""
    return _ring(symbols).with_energies(
        {s: symbols[f"w{s}"] for s in STATES}, drive=_drive(symbols), split="1/2"
    )


def _ring(symbols: Mapping[str, Symbol]) -> StateGraph:
    return StateGraph.from_text(
        "1 <-> 2 ; k_0, k_0 \n 2 <-> 3 ; k_0, k_0 \n 3 <-> 1 ; k_0, k_0", symbols=symbols
    )


def _drive(symbols: Mapping[str, Symbol]) -> dict[str, Symbol]:
    return {t.label: symbols["f"] for t in _ring(symbols).transitions}


def _energies(system: System) -> dict[str, Expr]:
    """Return energies that go over from the first to the last with a control parameter."""
    n, x = system.named, symbol("x", positive=False)
    return {s: n[f"u{s}"] + (n[f"w{s}"] - n[f"u{s}"]) * x for s in STATES}


def quench(system: System) -> Driving:
    """Return the ring whose energies change at once, and that is left to itself for a time."""
    n = system.named
    return Driving(_ring(n), _energies(system), "x", 1, n["tau"], before=0, drive=_drive(n),
                   split="1/2")  # fmt: skip


def ramp(system: System) -> Driving:
    """Return the ring whose energies change at a constant speed."""
    n = system.named
    t = symbol("t", positive=False)
    return Driving(_ring(n), _energies(system), "x", t / n["tau_r"], n["tau_r"], drive=_drive(n),
                   split="1/2")  # fmt: skip


def _results(model: StateGraph, system: System) -> dict[str, Formulas]:
    sudden, slow, s = quench(system), ramp(system), system.named["s"]
    before = model.subs({f"w{i}": system.named[f"u{i}"] for i in STATES})
    first, last = steady_state(before), steady_state(model)
    split = housekeeping(last, first.state)
    return {
        "state before": first.state,
        "state after": last.state,
        "affinity": affinities(model),
        "work, from equilibrium": sudden.jarzynski(),
        "work, from the steady state": sudden.jarzynski("steady"),
        "Crooks, from equilibrium": sudden.crooks(s),
        "Crooks, from the steady state": sudden.crooks(s, "steady"),
        "Crooks, defect": _defect(system, sudden),
        "Hatano-Sasa": sudden.hatano_sasa(),
        "relative entropy of the quench": relative_entropy(first.state, last.state),
        "fluctuation theorems": sudden.fluctuation_theorems(),
        "housekeeping rate": replace(housekeeping(last).select(["adiabatic"]), unit="1/s"),
        "dissipation after the quench": replace(
            split.select(["sigma", "adiabatic", "nonadiabatic"]), unit="1/s"),
        "Clausius": _clausius(system, first.state, last.state),
        "work of a ramp, from equilibrium": slow.jarzynski().select(["average", "theorem"]),
        "work of a ramp, from the steady state": slow.jarzynski("steady").select(["average"]),
        "Hatano-Sasa of a ramp": slow.hatano_sasa(),
    }  # fmt: skip


def _defect(system: System, driving: Driving) -> Formulas:
    """Return by how much Crooks' symmetry fails between steady states."""
    shared = system.steps()
    found = shared.absorb(driving.crooks(system.named["s"], "steady"))
    return shared.formulas({"defect": found["forward"] - found["backward"]}, heads=[r"\delta"])


def _clausius(system: System, first: Formulas, last: Formulas) -> Formulas:
    """Compare the gain of entropy after the quench with the excess heat taken up, over T.

    The excess is what each jump adds to minus the logarithm of the steady state.
    """
    shared = system.steps()
    p, pi = shared.absorb(first), shared.absorb(last)
    relaxed = shared.absorb(quench(system).relaxation())
    end = {i: shared.let(e, "p") for i, e in relaxed.items()}
    gained = Add(*(p[i] * log(p[i]) - end[i] * log(end[i]) for i in STATES))
    excess = Add(*((p[i] - end[i]) * log(pi[i]) for i in STATES))
    return shared.formulas(
        {"Delta S": gained, "-Q_ex/T": excess, "difference": gained - excess},
        heads=(r"\Delta S", r"-Q_\mathrm{ex}/T", r"\Delta S + Q_\mathrm{ex}/T"),
    )


def _flat(system: System) -> Formulas:
    ratio = system["Crooks, from the steady state"].select(["ratio"])
    shared = system.steps()
    level = {name: system.named[other] for name, other in FLAT.items()}
    generic, flat = (shared.absorb(f)["ratio"] for f in (ratio, ratio.subs(level)))
    return shared.formulas({"naive": generic, "right": flat})


def _anywhere(system: System) -> Formulas:
    shared = system.steps()
    found = shared.absorb(system["work, from the steady state"])
    return shared.formulas({"naive": found["theorem"], "right": found["average"]})


def _equilibrium(system: System) -> Formulas:
    """Return the state before the quench in equilibrium: without the drive."""
    n = system.named
    still = {f"w{i}": n[f"u{i}"] for i in STATES} | {"f": Integer(0)}
    found: Formulas = steady_state(system.model.subs(still)).state
    return found


def _energies_alone(system: System) -> Formulas:
    """Leave out what the drive does at every step."""
    shared, n = system.steps(), system.named
    p = shared.absorb(_equilibrium(system))
    mean = shared.absorb(system["work, from equilibrium"])["mean"]
    jump = Add(*(p[i] * (n[f"w{i}"] - n[f"u{i}"]) for i in STATES))
    return shared.formulas({"naive": jump, "right": mean})


def _any_start(system: System) -> Formulas:
    """Average what Hatano and Sasa do over the quench, from equilibrium."""
    shared = system.steps()
    found = (_equilibrium(system), system["state before"], system["state after"])
    p, before, after = (shared.absorb(state) for state in found)
    average = Add(*(p[i] * after[i] / before[i] for i in STATES))
    return shared.formulas({"naive": Integer(1), "right": average})


def _draw(axes: Any, system: System) -> None:
    kernels = {
        "from equilibrium": system.kernel("Crooks, from equilibrium"),
        "from the steady state": system.kernel("Crooks, from the steady state"),
    }
    field = [0.05 * i for i in range(21)]
    for color, (name, kernel) in zip(("C0", "C3"), kernels.items(), strict=True):
        found = kernel(s=field)
        axes.plot(field, found["forward"], color=color, label=f"{name}: forwards")
        axes.plot(field, found["backward"], "--", color=color, label=f"{name}: backwards")
    axes.set_xlabel("s")
    axes.set_ylabel(r"$G_F(s)$ and $e^{-\Delta F/kT}\,G_R(1-s)$")
    axes.legend()


ENERGIES = (
    ("u", "before", 0, "0", "0.5", "1.2"),
    ("w", "after", 1, "0.8", "-0.3", "0.4"),
)

SYSTEM = System(
    title="Crooks and Hatano-Sasa: theorems for a ring that is driven all the time",
    passage="""
Three states in a ring, a drive that does work at every step, and energies that are changed from
outside. From equilibrium, the averages of work obey Jarzynski and Crooks though the drive acts all
the time. From the steady state under the drive they do not: for Crooks the steady state must be
that of Boltzmann, which it is in equilibrium and, by the symmetry of the ring, where it is flat.
The relation of Hatano and Sasa takes the steady states themselves as reference, and holds. Work is
what is done on the system; energies are in units of temperature.
""",
    reference=Reference(
        authors="T. Hatano, S.-i. Sasa",
        year=2001,
        title="Steady-state thermodynamics of Langevin systems",
        journal="Phys. Rev. Lett. 86, 3463",
        doi="10.1103/PhysRevLett.86.3463",
    ),
    parameters=(
        parameter("k_0", "1", "1/s", "prefactor of all rates"),
        real("f", "1.5", "1", "work of the drive at a step, over temperature"),
        *(real(f"{letter}{i}", energy, "1", f"energy of state {i} {when}, over temperature",
               latex=f"E_{i}({at})")
          for letter, when, at, *energies in ENERGIES
          for i, energy in zip(STATES, energies, strict=True)),
        parameter("tau", "0.7", "s", "time after the quench", latex=r"\tau"),
        parameter("tau_r", "2", "s", "duration of the ramp", latex=r"\tau_r"),
        real("s", "0.3", "1", "field of the work"),
    ),
    build=_model,
    derive=_results,
    limits=(
        Limit("from equilibrium the drive does not matter for the work", "work, from equilibrium",
              "average", {}, "(exp(-w1) + exp(-w2) + exp(-w3))/(exp(-u1) + exp(-u2) + exp(-u3))"),
        Limit("without a drive the steady state is equilibrium", "work, from the steady state",
              "average", {"f": "0"},
              "(exp(-w1) + exp(-w2) + exp(-w3))/(exp(-u1) + exp(-u2) + exp(-u3))"),
        Limit("between equilibria Crooks' relation holds", "Crooks, from equilibrium", "ratio", {},
              "1"),
        Limit("without a drive it holds between steady states", "Crooks, from the steady state",
              "ratio", {"f": "0"}, "1"),
        Limit("on a flat ring it holds with a drive", "Crooks, from the steady state", "ratio",
              FLAT, "1"),
        Limit("Hatano and Sasa", "Hatano-Sasa", "average", {}, "1"),
        Limit("without a drive the excess is that of the work over the free energy",
              "Hatano-Sasa", "mean", {"f": "0"},
              "(exp(-u1)*(w1 - u1) + exp(-u2)*(w2 - u2) + exp(-u3)*(w3 - u3))"
              "/(exp(-u1) + exp(-u2) + exp(-u3))"
              "+ log((exp(-w1) + exp(-w2) + exp(-w3))/(exp(-u1) + exp(-u2) + exp(-u3)))"),
        Limit("without a change there is no excess", "Hatano-Sasa", "mean",
              {f"w{i}": f"u{i}" for i in STATES}, "0"),
        Limit("the adiabatic part of entropy", "fluctuation theorems", "adiabatic", {}, "1"),
        Limit("all of entropy", "fluctuation theorems", "total", {}, "1"),
        Limit("the non-adiabatic part", "fluctuation theorems", "nonadiabatic", {}, "1"),
        Limit("without a drive nothing keeps house", "housekeeping rate", "adiabatic", {"f": "0"},
              "0"),
        Limit("without time Clausius has nothing to compare", "Clausius", "difference",
              {"tau": "0"}, "0"),
    ),
    corrections=(
        Correction(
            naive="Crooks' relation fails from every steady state that is out of equilibrium",
            right="it fails where the steady state is not that of Boltzmann; on a flat ring it is",
            evidence=_flat,
        ),
        Correction(
            naive="the average of exp(-W) is that of the free energies from any steady state",
            right="from the steady state under the drive it is another",
            evidence=_anywhere,
        ),
        Correction(
            naive="work is done where energies change",
            right="the drive does work too, at every step round the ring",
            evidence=_energies_alone,
        ),
        Correction(
            naive="the average of Hatano and Sasa is 1 whatever the start",
            right="it is 1 from the steady state at the first energies",
            evidence=_any_start,
        ),
    ),
    draw=_draw,
)  # fmt: skip
