"""Cycle fluxes, splits, reservoirs and theorems as LaTeX that a real parser accepts."""

from __future__ import annotations

import pytest

import nesssym as ns
from tests import katex

SQUARE = ns.StateGraph.from_text(
    "00 <-> 10 ; a, b \n 01 <-> 11 ; c, d \n 00 <-> 01 ; u, v \n 10 <-> 11 ; x, y"
)
DOT = ns.StateGraph.from_text("L: 0 <-> 1 ; GL, 1 \n R: 0 <-> 1 ; GR, 1")
LEADS = {"mu": {"L": "muL", "R": "muR"}, "particles": {"0": 0, "1": 1}}
LEVEL = {"0": 0, "1": "E"}


def results():
    ss = ns.steady_state(SQUARE)
    fluxes = ns.cycle_fluxes(SQUARE)
    dot = ns.steady_state(DOT.with_energies(LEVEL, **LEADS))
    charge = {"charge from left": {"L": 1}}
    return {
        "forward": fluxes.forward,
        "backward": fluxes.backward,
        "net": fluxes.net,
        "appendages": fluxes.appendages,
        "cycle affinities": fluxes.affinities,
        "sum over cycles": fluxes.entropy_production,
        "split": ns.housekeeping(ss, dict.fromkeys(SQUARE.states, "1/4")),
        "pseudo": ns.pseudo_entropy_production(ss),
        "information": ns.information_flow(ss, tuple),
        "visible": ns.visible_transitions(ss, ["00->10", "10->11"]),
        "operational": ns.operational_currents(dot, charge),
        "forces": ns.fundamental_forces(dot.model, charge),
        "dissipation": ns.dissipation(dot, charge),
        "balance": ns.energy_balance(dot, LEVEL, **LEADS),
        "efficiency": ns.efficiency(ns.operational_currents(dot, charge), *(2 * list(charge))),
        "relative entropy": ns.relative_entropy(ss.state, ss.state),
        "errors": ns.propagate_errors(ss.currents, {"a": "a**2/100"}),
    }


@pytest.mark.parametrize("name", results())
def test_results_are_typeset(name):
    formulas = results()[name]
    katex.check(formulas.latex())
    shown = formulas._repr_latex_()
    if shown is not None:
        katex.check(shown.strip("$"))


def test_theorems_are_typeset():
    for identity in ns.fluctuation_identities(SQUARE):
        katex.check(identity._repr_latex_().strip("$"))
