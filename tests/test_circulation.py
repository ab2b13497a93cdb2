"""Hill's cycle fluxes: reference values, theorems on random multigraphs, bad input."""

from __future__ import annotations

import random

import networkx as nx
import pytest
from hypothesis import given, settings
from sympy import Add, Integer, exp, prod

import nesssym as ns
from nesssym.diagrams import appendages
from nesssym.exact.rational import equal
from tests.compare import same_log
from tests.models import SMALL, multigraphs, random_values, symbolic
from tests.reference import CASES, exact, model


def directed(fluxes):
    """Every one-way flux by its directed cycle, beginning with the smallest state."""
    found = {}
    for c in fluxes.cycles:
        for states, value in (
            (c.states, fluxes.forward[c.label]),
            (c.states[::-1], fluxes.backward[c.label]),
        ):
            first = states.index(min(states))
            found[states[first:] + states[:first]] = value
    return found


def test_b01_one_way_fluxes():
    case = CASES["B01"]
    found = directed(ns.cycle_fluxes(model("B01")))
    for cycle, text in zip(case["cycles"], case["exact"], strict=True):
        assert found[tuple(map(str, cycle))] == exact(text)


def test_b03_entropy_production_is_a_sum_over_all_cycles():
    sigma = ns.cycle_fluxes(model("B03")).entropy_production
    assert same_log(sigma["sigma"], exact(CASES["B03"]["exact"]))
    assert str(sigma["sigma"].evalf(30)) == CASES["B03"]["decimal"]
    assert len(sigma) == 1 + 7


def test_b05_net_fluxes():
    fluxes = ns.cycle_fluxes(model("B05"))
    found = directed(fluxes)
    for states, text in zip(["1256", "2345", "123456"], CASES["B05"]["exact"], strict=True):
        forward = found[tuple(states)]
        backward = found[(states[0], *reversed(states[1:]))]
        assert forward - backward == exact(text)
    assert sorted(map(abs, fluxes.net.exprs)) == sorted(
        abs(exact(text)) for text in CASES["B05"]["exact"]
    )


@given(multigraphs(max_states=5))
@settings(max_examples=40, deadline=None)
def test_fluxes_make_currents_and_entropy_production(m):
    fluxes = ns.cycle_fluxes(m)
    ss = ns.steady_state(m)
    currents = dict.fromkeys(ss.currents, Integer(0))
    for c in fluxes.cycles:
        plus, minus, net = (f[c.label] for f in (fluxes.forward, fluxes.backward, fluxes.net))
        assert plus - minus == net
        assert exp(fluxes.affinities[c.label]) == plus / minus
        for label, sign in c.transitions:
            currents[label] += sign * net
    assert currents == ss.currents.at({})
    sigma = fluxes.entropy_production
    assert same_log(sigma["sigma"], ns.entropy_production(ss)["sigma"])
    assert all(float(sigma[c.label]) >= 0 for c in fluxes.cycles)


@given(multigraphs(max_states=5, one_way=True))
@settings(max_examples=40, deadline=None)
def test_fluxes_make_currents_with_one_way_transitions(m):
    fluxes = ns.cycle_fluxes(m)
    currents = dict.fromkeys((t.label for t in m.transitions), Integer(0))
    for c in fluxes.cycles:
        for label, sign in c.transitions:
            currents[label] += sign * fluxes.net[c.label]
    assert currents == ns.steady_state(m).currents.at({})


@pytest.mark.parametrize("name", SMALL)
def test_elimination_equals_forests_written_out(name):
    m = SMALL[name]()
    fluxes = ns.cycle_fluxes(m)
    values = random_values(m, random.Random(name))
    index = {s: i for i, s in enumerate(m.states)}
    got = fluxes.appendages.at(values)
    for c in fluxes.cycles:
        forests = appendages(m.transitions, index, {index[s] for s in c.states})
        assert got[c.label] == forests.subs(values)
        if len(Add.make_args(forests)) <= 32:
            assert equal(fluxes.appendages[c.label], forests)


def test_all_cycles_of_the_antiporter():
    emre = ns.gallery.load("emre")
    fluxes = ns.cycle_fluxes(emre.model)
    assert len(fluxes.cycles) == len(fluxes.net) == 28
    net = fluxes.net.at(emre.values)
    currents = dict.fromkeys((t.label for t in emre.model.transitions), Integer(0))
    for c in fluxes.cycles:
        for label, sign in c.transitions:
            currents[label] += sign * net[c.label]
    assert currents == ns.steady_state(emre.model).currents.at(emre.values)
    built = (*fluxes.net.exprs, *(expr for _, expr in fluxes.net.steps))
    assert sum(expr.count_ops() for expr in built) < 2_000


@pytest.mark.parametrize(
    ("graph", "number"), [(nx.complete_graph(5), 37), (nx.petersen_graph(), 57)]
)
def test_number_of_cycles(graph, number):
    m = symbolic(graph)
    fluxes = ns.cycle_fluxes(m)
    values = random_values(m, random.Random(3))
    plus, minus = fluxes.forward.at(values), fluxes.backward.at(values)
    assert len(plus) == number
    for c in fluxes.cycles:
        along, against = (prod(w.subs(values) for w in rates) for rates in c.rates)
        assert plus[c.label] / minus[c.label] == along / against


def test_a_cycle_without_affinity_is_exactly_zero():
    ring = ns.StateGraph.from_text(
        "A <-> B ; a, 1 \n B <-> C ; b, 1 \n C <-> A ; c, 1 \npump: C <-> A ; d, 1"
    )
    driven = ring.with_energies({"A": "EA", "B": "EB", "C": "EC"}, drive={"pump": "f"})
    fluxes = ns.cycle_fluxes(driven)
    assert [c.label for c in fluxes.cycles if fluxes.net[c.label] == 0] == ["A->B->C->A"]
    assert fluxes.forward["A->B->C->A"] != 0
    kernel = ns.compile(fluxes.net)
    values = dict.fromkeys((s.name for s in driven.symbols), 0.5)
    tiny, tinier = (kernel(**values | {"f": f}) for f in (1e-9, 1e-12))
    for label in fluxes.net:
        assert tiny[label] == pytest.approx(1000 * tinier[label], rel=1e-8)
    assert sum(value != 0 for value in tinier.values()) == 2


def test_transient_states_carry_no_flux():
    m = ns.StateGraph.from_text(
        "A <-> B ; 1, 2 \n B <-> C ; 1, 1 \n C <-> A ; 1, 1 \n A -> D ; 1 \n D <-> E ; 1, 1"
        "\n E <-> F ; 1, 2 \n F <-> D ; 1, 1"
    )
    with pytest.warns(ns.NessWarning, match="A, B, C"):
        fluxes = ns.cycle_fluxes(m)
    assert fluxes.forward["A->B->C->A"] == 0
    assert fluxes.net["D->E->F->D"] != 0


def test_one_way_cycle_has_fluxes_but_no_affinity():
    fluxes = ns.cycle_fluxes(ns.StateGraph.from_text("A -> B ; a \n B -> C ; b \n C -> A ; c"))
    assert fluxes.backward.exprs == (0,)
    assert equal(fluxes.net["A->B->C->A"], fluxes.forward["A->B->C->A"])
    with pytest.raises(ns.IrreversibleError, match="A->B"):
        _ = fluxes.affinities
    with pytest.raises(ns.IrreversibleError, match="one way only"):
        _ = fluxes.entropy_production


def test_too_many_cycles():
    with pytest.raises(ns.TooLargeError, match=r"more than 36 simple cycles.*basis of 6"):
        ns.cycle_fluxes(symbolic(nx.complete_graph(5)), max_cycles=36)
    with pytest.raises(ns.TooLargeError, match="more than 2000"):
        ns.cycle_fluxes(symbolic(nx.complete_graph(9)))


def test_a_chain_has_fluxes_per_step():
    chain = ns.gallery.load("enso").model
    fluxes = ns.cycle_fluxes(chain)
    assert fluxes.net.unit == "1/step"
    sigma = fluxes.entropy_production
    assert sigma.unit == "nats/step"
    total = ns.entropy_production(ns.steady_state(chain))["sigma"]
    assert same_log(sigma["sigma"], total)
