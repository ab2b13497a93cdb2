"""Steady states: formulas by hand, special graphs, and what is refused."""

from __future__ import annotations

import warnings

import networkx as nx
import pytest
from sympy import Rational, symbols

import nesssym as ns
from nesssym.formulas import Steps
from tests.models import ring, symbolic


def test_two_state_system_by_hand():
    ss = ns.steady_state(ns.StateGraph.from_text("A <-> B ; k, kr"))
    k, kr = symbols("k kr", positive=True)
    assert (ss["A"], ss["B"]) == (kr / (k + kr), k / (k + kr))


def test_michaelis_menten_as_hill_writes_it():
    g = ns.StateGraph.from_text("bind: E <-> ES ; k1*S, k1r \n make: ES <-> E ; k2, k2r*P")
    ss = ns.steady_state(g)
    k1, k1r, k2, k2r, s, p = symbols("k1 k1r k2 k2r S P", positive=True)
    v = ss.currents_as("cycles")["ES->E/make"]
    assert (v - (k1 * k2 * s - k1r * k2r * p) / (k1 * s + k1r + k2 + k2r * p)).equals(0)


def test_two_baths_current_by_hand():
    g = ns.StateGraph.from_text("h: g <-> e ; gh*ah, gh \n c: g <-> e ; gc*ac, gc")
    gh, gc, ah, ac = symbols("gh gc ah ac", positive=True)
    j = ns.steady_state(g).currents_as("cycles")["g->e/h"]
    assert (j - gh * gc * (ah - ac) / (gh * (1 + ah) + gc * (1 + ac))).equals(0)


def test_method_auto_reads_small_graphs_and_eliminates_large_ones():
    assert ns.steady_state(ring(3)).method == "trees"
    assert ns.steady_state(ring(12)).method == "elimination"


def test_large_graphs_are_derived_but_not_expanded():
    ss = ns.steady_state(symbolic(nx.grid_2d_graph(6, 6)))
    assert ss.tree_form is None
    with pytest.raises(ns.TooLargeError, match=r"operations.*compile"):
        ss["0"]
    with pytest.raises(ns.TooLargeError, match="terms"):
        ns.steady_state(ss.model, "trees")


def test_a_callable_method():
    def uniform(n, rates, steps):
        return [Rational(1, n)] * n

    assert ns.steady_state(ring(4), uniform)["0"] == Rational(1, 4)


def test_transient_states_have_probability_zero_and_are_reported():
    g = ns.StateGraph.from_text("A -> B ; a \n B <-> C ; b, c \n D -> A ; d")
    with pytest.warns(ns.NessWarning, match="transient states have steady probability zero: A, D"):
        ss = ns.steady_state(g)
    b, c = symbols("b c", positive=True)
    assert ss.transient == ("A", "D")
    assert [ss[s] for s in "ABCD"] == [0, c / (b + c), b / (b + c), 0]
    assert ss.currents["D->A"] == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ns.entropy_production(ss)["sigma"] == 0


def test_an_absorbing_state_takes_everything_and_is_named():
    g = ns.StateGraph.from_text("A <-> B ; a, b \n B -> C ; c")
    with pytest.warns(ns.NessWarning, match="'C' is absorbing"):
        ss = ns.steady_state(g)
    assert [ss[s] for s in "ABC"] == [0, 0, 1]


def test_several_closed_classes_are_named():
    g = ns.StateGraph.from_text("A <-> B ; a, b \n C <-> D ; c, d \n E -> A ; e \n E -> C ; f")
    with pytest.raises(ns.NotErgodicError, match=r"2 closed classes of states: \{A, B\}; \{C, D\}"):
        ns.steady_state(g)


def test_unknown_names_list_the_known():
    ss = ns.steady_state(ring(3))
    with pytest.raises(ns.UnknownNameError, match=r"unknown state '7'.*Known: 0, 1, 2"):
        ss["7"]
    with pytest.raises(
        ns.UnknownNameError, match=r"unknown method 'nullspace'.*elimination, trees"
    ):
        ns.steady_state(ring(3), "nullspace")
    with pytest.raises(ns.UnknownNameError, match="form of the currents 'hill'"):
        ss.currents_as("hill")


def test_one_way_transitions_have_currents_but_no_force():
    g = ns.StateGraph.from_text("A -> B ; a \n B <-> C ; b, br \n C <-> A ; c, cr")
    ss = ns.steady_state(g)
    assert ss.currents.at({"a": 1, "b": 2, "br": 1, "c": 3, "cr": 1})["A->B"] > 0
    for ask in (
        lambda: ss.forces,
        lambda: ns.affinities(g),
        lambda: ns.entropy_production(ss),
        lambda: ns.detailed_balance_conditions(g),
    ):
        with pytest.raises(ns.IrreversibleError, match="A->B goes one way only"):
            ask()
    assert not ns.is_equilibrium(g)


def test_trees_listed_and_sampled_as_networkx_graphs():
    g = ns.StateGraph.from_text("hot: A <-> B ; a, b \n B <-> C ; c, d \n A <-> B ; e, f")
    trees = list(ns.spanning_trees(g, "A"))
    assert len(trees) == ns.count_trees(g)["A"] == 2
    for tree in trees:
        assert nx.is_arborescence(tree.reverse())
        assert tree.out_degree("A") == 0
    heavy = ns.sample_trees(g, "A", 50, seed=1, values=dict.fromkeys("abcde", 1) | {"f": 1000})
    assert sum(tree.has_edge("B", "A", key="hot") for tree in heavy) <= 3


def test_linter_names_the_cycle_and_the_smallest_repair():
    g = ns.StateGraph.from_text("""
        A <-> B ; 1, 1
        B <-> C ; 1, 1
        C <-> A ; 1, 1
        C <-> D ; 1, 1
        D <-> A ; 1, 3
    """)
    found = ns.check_detailed_balance(g)
    assert found
    assert [c.label for c, _ in found.violations] == ["D->A->B->C->D"]
    ((label, factor),) = found.repair
    assert label in ("C->D", "D->A")
    assert factor == pytest.approx(3)
    repaired = ns.StateGraph.from_text("A <-> B ; 1, 1 \n B <-> C ; 1, 1 \n C <-> A ; 1, 1")
    assert str(ns.check_detailed_balance(repaired)) == "detailed balance holds"


def test_an_enzyme_in_king_altman_form():
    g = ns.StateGraph.from_text("bind: E <-> ES ; k1*S, k1r \n make: ES <-> E ; k2, k2r*P")
    s, p = symbols("S P", positive=True)
    k1, k1r, k2, k2r = symbols("k1 k1r k2 k2r", positive=True)
    rate = ns.collect(ns.steady_state(g).currents["ES->E/make"], [s, p])
    assert rate.numerator == {s: k1 * k2, p: -k1r * k2r}
    assert rate.denominator == {1: k1r + k2, s: k1, p: k2r}


def test_values_are_accepted_for_symbols_of_steps_that_are_not_needed():
    a, w = symbols("a w", positive=True)
    shared = Steps((a,))
    shared.let(a + w)
    found = shared.formulas({"x": 2 * a})
    assert found.steps == ()
    assert found.at({"a": 1, "w": 3}) == {"x": 2}
