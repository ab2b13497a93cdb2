"""Floating point: kernels against exact rationals, for stiff rates and weak drives."""

from __future__ import annotations

import random
from fractions import Fraction

import mpmath
import networkx as nx
import numpy as np
import pytest
from sympy import Rational, Symbol

import nesssym as ns
from tests.models import symbolic

GRAPHS = {
    "ring 6": nx.cycle_graph(6),
    "K4": nx.complete_graph(4),
    "cube": nx.hypercube_graph(3),
    "K8": nx.complete_graph(8),
    "ring 30": nx.cycle_graph(30),
    "5x5 grid": nx.grid_2d_graph(5, 5),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_probabilities_over_sixty_decades(name):
    model = symbolic(GRAPHS[name])
    state = ns.steady_state(model, "elimination").state
    kernel, exact = ns.compile(state), ns.compile(state, backend="exact")
    rng = random.Random(name)
    for _ in range(8):
        values = {s.name: 2.0 ** rng.uniform(-100, 100) for s in model.symbols}
        got = kernel(**values)
        wanted = exact(**values)
        for label, value in wanted.items():
            value = Rational(value)
            if abs(value) > Rational(10) ** -290:
                error = abs(Rational(got[label]) / value - 1)
                assert error <= Rational(len(wanted), 10**15), (label, float(error))


DRIVES = [1e-12, 1e-9, 1.0, -1e-12, 30.0]


def driven(graph, channels):
    """A graph with energies and one driven transition for each of `channels`."""
    model = symbolic(graph)
    energies = {s: f"E{s}" for s in model.states}
    drive = {model.transitions[e].label: f"f{e}" for e in channels}
    return model.with_energies(energies, drive=drive)


@pytest.mark.parametrize("drive", DRIVES)
@pytest.mark.parametrize(
    ("graph", "channels"),
    [
        (nx.cycle_graph(3), [1]),
        (nx.cycle_graph(9), [0]),
        (nx.hypercube_graph(3), [5]),
        (nx.hypercube_graph(3), [0]),
        (nx.complete_graph(5), [0, 3]),
        (nx.grid_2d_graph(4, 4), [2]),
    ],
)
def test_currents_affinities_and_entropy_production_keep_their_digits(graph, channels, drive):
    model = driven(graph, channels)
    ss = ns.steady_state(model)
    formulas = ss.currents | ns.affinities(model) | ns.entropy_production(ss).select(["sigma"])
    rng = random.Random(3)
    values = {}
    for s in model.symbols:
        kind = s.name[0]
        values[s.name] = (
            drive
            if kind == "f"
            else rng.uniform(-2, 2)
            if kind == "E"
            else 10 ** rng.uniform(-2, 2)
        )
    got = ns.compile(formulas)(**values)
    wanted = ns.compile(formulas, backend="mpmath")
    with mpmath.workdps(80):
        reference = wanted(**values)
        for label, value in reference.items():
            if value == 0:
                assert got[label] == 0
            else:
                assert abs(mpmath.mpf(got[label]) / value - 1) < 1e-13, label


def test_currents_from_raw_float_rates_near_equilibrium():
    """The affinity of float rates is itself a difference in the last digits; it is not lost."""
    model = symbolic(nx.hypercube_graph(3))
    ss = ns.steady_state(model)
    formulas = ss.currents | ns.affinities(model)
    kernel, exact = ns.compile(formulas), ns.compile(ss.currents, backend="exact")
    rng = random.Random(11)
    energy = {s: rng.uniform(-3, 3) for s in model.states}
    values = {}
    for t in model.transitions:
        k = 10 ** rng.uniform(-3, 3)
        values[t.rate.name] = k * float(np.exp(energy[t.source]))
        values[t.reverse.name] = k * float(np.exp(energy[t.target]))
    values[model.transitions[0].rate.name] *= 1 + 1e-12
    got, wanted = kernel(**values), exact(**values)
    for label, value in wanted.items():
        assert Rational(got[label]) == pytest.approx(float(value), rel=1e-13, abs=0), label


def test_a_ring_of_two_temperatures_loses_nothing_in_their_difference():
    m = ns.gallery.load("two_level")
    kernel = ns.compile(ns.entropy_production(ns.steady_state(m.model)).select(["sigma"]))
    beta = 1.0
    for step in (2.0**-40, 2.0**-30, 2.0**-3):
        got = kernel(E=1.5, beta_h=beta, beta_c=beta + step, gh=0.7, gc=1.3)["sigma"]
        exact = (
            ns.entropy_production(ns.steady_state(m.model))
            .select(["sigma"])
            .at({"E": "3/2", "beta_h": beta, "beta_c": beta + step, "gh": 0.7, "gc": 1.3})["sigma"]
        )
        assert got == pytest.approx(float(exact.evalf(60)), rel=1e-13)


def test_fraction_in_fraction_out():
    state = ns.steady_state(symbolic(nx.cycle_graph(4)), "elimination").state
    kernel = ns.compile(state, backend="exact")
    values = {s.name: Fraction(i + 1, 7) for i, s in enumerate(state.symbols)}
    assert {k: Rational(v) for k, v in kernel(**values).items()} == state.at(values)
    assert Symbol("k_0_1", positive=True) in state.symbols
