"""Coarse graining: what elimination, lumping and fast equilibria keep, and what they lose."""

from __future__ import annotations

import random

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, Symbol, limit

import nesssym as ns
from nesssym.exact.rational import equal
from tests.compare import same_log
from tests.models import SMALL, multigraphs, random_values, symbolic


@given(multigraphs(one_way=True), st.data())
@settings(max_examples=30, deadline=None)
def test_elimination_keeps_the_ratios_of_probabilities(model, data):
    if len(model.states) < 3:
        return
    gone = data.draw(st.sampled_from(model.states))
    p = ns.steady_state(model).state.at({})
    for merge in (False, True):
        coarse = ns.eliminate_states(model, [gone], merge=merge)
        q = ns.steady_state(coarse).state.at({})
        assert all(q[s] == p[s] / (1 - p[gone]) for s in q)


@given(multigraphs(), st.data())
@settings(max_examples=30, deadline=None)
def test_elimination_keeps_affinities(model, data):
    """A cycle that passes the state once is a cycle through a channel named after it."""
    if len(model.states) < 3:
        return
    gone = data.draw(st.sampled_from(model.states))
    coarse = ns.eliminate_states(model, [gone])
    after = [c.affinity for c in ns.all_cycles(coarse)]
    for cycle in ns.all_cycles(model):
        inside = len(cycle.states) - (gone in cycle.states)
        if inside >= 2:
            assert any(
                same_log(cycle.affinity, a) or same_log(cycle.affinity, -a) for a in after
            ), cycle.label


@given(multigraphs(), st.data())
@settings(max_examples=30, deadline=None)
def test_lumping_keeps_probabilities_and_loses_entropy_production(model, data):
    cut = data.draw(st.integers(1, len(model.states) - 1))
    blocks = {"low": model.states[:cut], "high": model.states[cut:]}
    ss = ns.steady_state(model)
    coarse = ns.steady_state(ns.lump(model, blocks))
    p, q = ss.state.at({}), coarse.state.at({})
    assert q["low"] == sum(p[s] for s in model.states[:cut])
    loss = ns.entropy_loss(ss, coarse).at({})
    assert loss["difference"].evalf(40) > -1e-30
    assert loss["fine"] - loss["coarse"] - loss["difference"] == 0


def test_symbolic_lumping():
    model = SMALL["ring 3"]()
    coarse = ns.lump(model, [["0"], ["1", "2"]])
    ss = ns.steady_state(model)
    assert equal(ns.steady_state(coarse)["0"], ss["0"])
    assert coarse.states == ("0", "1+2")


def test_strong_lumpability_keeps_the_rates():
    """Four sites that are alike: what counts is how many are filled."""
    sites = [f"{n:03b}" for n in range(8)]
    rates = {}
    for s in sites:
        for k in range(3):
            t = s[:k] + ("1" if s[k] == "0" else "0") + s[k + 1 :]
            rates[s, t] = "on" if s[k] == "0" else "off"
    model = ns.StateGraph.from_rates(rates, states=sites)
    blocks = {str(n): [s for s in sites if s.count("1") == n] for n in range(4)}
    assert ns.is_lumpable(model, blocks)
    coarse = ns.lump(model, blocks)
    on, off = Symbol("on", positive=True), Symbol("off", positive=True)
    assert [(t.rate, t.reverse) for t in coarse.transitions] == [
        (3 * on, off),
        (2 * on, 2 * off),
        (on, 3 * off),
    ]
    assert not ns.is_lumpable(model, {"a": sites[:2], "b": sites[2:5], "c": sites[5:]})


@given(multigraphs(max_states=5), st.data())
@settings(max_examples=15, deadline=None)
def test_fast_equilibrium_is_the_limit(model, data):
    """Rates of fast transitions times k, for k to infinity: exact limits of the probabilities."""
    fast = data.draw(st.sampled_from([t.label for t in model.transitions]))
    pair = next({t.source, t.target} for t in model.transitions if t.label == fast)
    if len(model.states) == len(pair):
        return
    slow = ns.fast_equilibrium(model, [fast])
    q = ns.steady_state(slow).state.at({})
    k = Symbol("k", positive=True)
    rates = {}
    for t in model.transitions:
        scale = k if t.label == fast else 1
        rates[t.source, t.target, t.channel] = t.rate * scale
        rates[t.target, t.source, t.channel] = t.reverse * scale
    stiff = ns.steady_state(ns.StateGraph.from_rates(rates, states=model.states), "trees")
    for block, value in q.items():
        members = block.split("+")
        total = sum(stiff[s] for s in members)
        assert limit(total, k, "oo") == value


def test_michaelis_menten():
    g = ns.StateGraph.from_text("E <-> ES ; k1*S, k1r \n cat: ES -> E ; k2")
    with pytest.raises(ns.ModelError, match="all states are joined"):
        ns.fast_equilibrium(g, ["E->ES"])
    g = ns.StateGraph.from_text("E <-> ES ; k1*S, k1r \n ES -> EP ; k2 \n EP -> E ; k3")
    slow = ns.fast_equilibrium(g, "E->ES")
    k1, k1r, k2, S = (Symbol(n, positive=True) for n in ("k1", "k1r", "k2", "S"))
    assert equal(slow.transitions[0].rate, k2 * S / (S + k1r / k1))
    assert slow.transitions[1].rate == Symbol("k3", positive=True)


def test_a_driven_fast_cycle_is_told():
    g = ns.StateGraph.from_text(
        "A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2 \n C <-> D ; 1, 1"
    )
    with pytest.warns(ns.NessWarning, match="fast cycle .* is not in detailed balance"):
        slow = ns.fast_equilibrium(g, ["A->B", "B->C", "C->A"])
    ring = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    assert slow.transitions[0].rate == ns.steady_state(ring)["C"]
    assert slow.transitions[0].reverse == 1


def test_several_states_and_channels():
    model = SMALL["cube"]()
    values = random_values(model, random.Random(3))
    numbers = model.subs(values)
    p = ns.steady_state(numbers).state.at({})
    coarse = ns.eliminate_states(numbers, ["3", "5", "6"], merge=True)
    q = ns.steady_state(coarse).state.at({})
    kept = sum(p[s] for s in q)
    assert all(q[s] == p[s] / kept for s in q)
    baths = ns.StateGraph.from_text(
        "hot: A <-> B ; 2, 1 \n cold: A <-> B ; 1, 3 \n hot: B <-> C ; 1, 1 \n C <-> A ; 1, 2"
    )
    labels = [t.label for t in ns.eliminate_states(baths, "B").transitions]
    assert labels == ["C->A", "A->C/via B (hot, hot)", "A->C/via B (cold, hot)"]


def test_one_way_paths_keep_their_direction():
    g = ns.StateGraph.from_text("A -> B ; a \n C -> B ; c \n B -> A ; b \n B <-> D ; d, e")
    coarse = ns.eliminate_states(g, ["B"])
    assert {(t.label, t.reversible) for t in coarse.transitions} == {
        ("C->A/via B", False),
        ("A->D/via B", True),
        ("C->D/via B", False),
    }


def test_bad_input():
    g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    with pytest.raises(ns.UnknownNameError, match="unknown state 'X'"):
        ns.eliminate_states(g, ["X"])
    with pytest.raises(ns.ModelError, match="0 of 3 states would be left; keep at least two"):
        ns.eliminate_states(g, ["A", "B", "C"])
    absorbing = ns.StateGraph.from_text("A <-> B ; a, b \n B -> C ; c")
    with pytest.raises(ns.ModelError, match="no way out of 'C'"):
        ns.eliminate_states(absorbing, ["C"])
    for blocks, problem in (
        ([["A"], ["B"]], "C is in no block"),
        ([["A", "B"], ["B", "C"]], "B is in two blocks"),
        ({"x": ["A", "B", "C"], "y": []}, "a block is empty"),
    ):
        for function in (ns.lump, ns.is_lumpable):
            with pytest.raises(ns.ModelError, match=f"no partition of the states: {problem}"):
                function(g, blocks)
    with pytest.raises(ns.ModelError, match="all states are in one block"):
        ns.lump(g, [["A", "B", "C"]])
    with pytest.raises(ns.UnknownNameError, match="unknown state 'X'"):
        ns.lump(g, [["A", "B"], ["C", "X"]])
    with pytest.raises(ns.UnknownNameError, match="unknown transition 'A->X'"):
        ns.fast_equilibrium(g, ["A->X"])
    with pytest.raises(ns.ModelError, match="no transition is fast"):
        ns.fast_equilibrium(g, [])
    split = ns.StateGraph.from_text("A -> B ; a \n A -> C ; b \n B <-> D ; c, d \n C <-> D ; e, f")
    with pytest.raises(ns.NotErgodicError, match="fast transitions of A, B, C lead to several"):
        ns.fast_equilibrium(split, ["A->B", "A->C"])
    ring = ns.StateGraph.from_text("A -> B ; 1 \n B -> C ; 1 \n C -> A ; 1")
    with pytest.raises(ns.IrreversibleError):
        ns.entropy_loss(ns.steady_state(ring), ns.steady_state(ring))
    with pytest.warns(ns.NessWarning), pytest.raises(ns.ModelError, match="is transient"):
        ns.lump(ns.StateGraph.from_text("A -> B ; 1 \n B <-> C ; 1, 1"), [["A"], ["B", "C"]])


def test_large_rates_are_refused():
    import networkx as nx

    grid = ns.StateGraph.from_networkx(
        nx.convert_node_labels_to_integers(nx.grid_2d_graph(4, 4)).to_directed(), rate=None
    )
    with pytest.raises(ns.TooLargeError, match="substitute numbers"):
        ns.lump(grid, [list(range(8)), list(range(8, 16))])
    with pytest.raises(ns.TooLargeError, match="more than 20,000; substitute numbers"):
        ns.eliminate_states(grid, range(1, 15), merge=True)


def test_many_states_are_eliminated_one_after_the_other():
    """Every way keeps a name of its own, however many there are, and the affinities stay."""
    m = symbolic(nx.complete_graph(5))
    model = m.subs({s: Rational(i + 1, 3) for i, s in enumerate(m.symbols)})
    two = ns.eliminate_states(model, ["0", "1", "2"])
    assert len({t.label for t in two.transitions}) == len(two.transitions) > 20
    p, q = ns.steady_state(model).state.at({}), ns.steady_state(two).state.at({})
    assert q["3"] / q["4"] == p["3"] / p["4"]
