"""Response at equilibrium: symmetry, fluctuations, and the second order."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from sympy import Matrix, Rational

import nesssym as ns
from nesssym.exact.rational import equal
from tests.models import SMALL, multigraphs


def balanced(graph):
    """The graph with rates in detailed balance: symmetric parts and energies, all symbols."""
    plain = ns.StateGraph.from_rates(
        {
            key: f"k{i}"
            for i, t in enumerate(graph.transitions)
            for key in ((t.source, t.target, t.channel), (t.target, t.source, t.channel))
        },
        states=graph.states,
    )
    return plain.with_energies({s: f"E{i}" for i, s in enumerate(plain.states)})


@pytest.mark.parametrize("name", ["ring 3", "two baths", "diamond", "K4"])
def test_symbolic_symmetry(name):
    graph = balanced(SMALL[name]())
    found = ns.onsager(graph)
    chords = [c.transitions[0][0] for c in ns.cycles(graph)]
    assert len(found) == len(chords) ** 2
    for a in chords:
        for b in chords:
            assert equal(found[f"L({a}, {b})"], found[f"L({b}, {a})"])


def test_equilibrium_by_conditions():
    g = ns.StateGraph.from_text(
        "A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f \n x: A <-> C ; g, h"
    )
    solved = g.subs(ns.detailed_balance_conditions(g, solve_for=["f", "h"]))
    found = ns.onsager(solved, ["A->B", "A->C/x"])
    assert equal(found["L(A->B, A->C/x)"], found["L(A->C/x, A->B)"])
    assert not equal(found["L(A->B, A->C/x)"], found["L(A->B, A->B)"])


@given(multigraphs(max_states=5))
@settings(max_examples=20, deadline=None)
def test_matrix_is_half_the_covariance_and_a_derivative(model):
    rng = random.Random(len(model.transitions))
    x = {s: Rational(rng.randint(1, 9), rng.randint(1, 9)) for s in model.states}
    rates = {}
    for t in model.transitions:
        rates[t.source, t.target, t.channel] = t.rate * x[t.source]
        rates[t.target, t.source, t.channel] = t.rate * x[t.target]
    graph = ns.StateGraph.from_rates(rates, states=model.states)
    chords = [c.transitions[0][0] for c in ns.cycles(graph)]
    if not chords:
        return
    found = ns.onsager(graph).at({})
    size = len(chords)
    m = Matrix([[found[f"L({a}, {b})"] for b in chords] for a in chords])
    assert m == m.T
    assert all(m[:k, :k].det() > 0 for k in range(1, size + 1))
    ss = ns.steady_state(graph)
    a, b = chords[0], chords[-1]
    assert m[0, size - 1] == ns.fluctuation_response(ss, {a: 1}, {b: 1}).at({})["C"] / 2
    driven = ns.with_forces(graph, {b: "F"})
    slope = ns.sensitivity(ns.steady_state(driven, "elimination").currents_as("difference"), ["F"])
    assert m[0, size - 1] == slope.at({"F": 0})[f"d {a} / d F"]


@pytest.mark.parametrize("name", ["two baths", "diamond"])
def test_second_order_is_the_change_of_the_noise(name):
    graph = balanced(SMALL[name]())
    values = {s: i + 2 if str(s)[0] == "k" else 0 for i, s in enumerate(graph.symbols)}
    graph = graph.subs(values)
    graph = ns.StateGraph.from_rates(
        {
            key: rate * (i % 3 + 1)
            for t in graph.transitions
            for key, rate, i in (
                ((t.source, t.target, t.channel), t.rate, graph.states.index(t.source)),
                ((t.target, t.source, t.channel), t.reverse, graph.states.index(t.target)),
            )
        },
        states=graph.states,
    )
    chords = [c.transitions[0][0] for c in ns.cycles(graph)]
    found = ns.second_order(graph).at({})
    driven = ns.with_forces(graph, {e: f"F{i}" for i, e in enumerate(chords)})
    ss = ns.steady_state(driven, "elimination")
    zero = {f"F{i}": 0 for i in range(len(chords))}

    def change(a, b, i):
        noise = ns.fluctuation_response(ss, {a: 1}, {b: 1}).select(["C"])
        return ns.sensitivity(noise, [f"F{i}"]).at(zero)[f"d C / d F{i}"]

    for a in chords:
        for j, b in enumerate(chords):
            for k, c in enumerate(chords):
                assert 2 * found[f"M({a}, {b}, {c})"] == change(a, b, k) + change(a, c, j)


def test_named_currents():
    graph = balanced(SMALL["ring 3"]()).subs({"E0": 0, "E1": 0, "E2": 0, "k0": 1, "k1": 2, "k2": 3})
    whole = {"J": {t.label: "1/3" if t.label != "0->2" else "-1/3" for t in graph.transitions}}
    assert ns.onsager(graph, whole).at({}) == {"L(J, J)": ns.onsager(graph).exprs[0]}


def test_bad_input():
    ring = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    with pytest.raises(ns.ModelError, match=r"C->A->B->C is log\(15\), wanted 0; substitute"):
        ns.onsager(ring)
    with pytest.raises(ns.ModelError, match="not an equilibrium point"):
        ns.second_order(ring)
    with pytest.raises(ns.IrreversibleError, match="A->B"):
        ns.onsager(ns.StateGraph.from_text("A -> B ; 2 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2"))
    flat = ns.StateGraph.from_text("A <-> B ; 1, 1 \n B <-> C ; 1, 1 \n C <-> A ; 1, 1")
    with pytest.raises(ns.UnknownNameError, match="transition 'A->X'"):
        ns.onsager(flat, ["A->X"])
    with pytest.raises(ns.UnknownNameError, match="transition 'A->X'"):
        ns.with_forces(flat, {"A->X": "F"})
    with pytest.raises(ns.ModelError, match="without cycles"):
        ns.onsager(ns.StateGraph.from_text("A <-> B ; 1, 1"))
    chain = ns.MarkovChain.from_matrix([["1/2", "1/2"], ["1/3", "2/3"]])
    with pytest.raises(ns.ModelError, match="Onsager coefficients need rates"):
        ns.onsager(chain)
