"""Many states, few symbols: symmetry, blocks and lowest terms, against elimination."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations, product
from random import Random

import networkx as nx
import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st
from sympy import Integer, Rational, Symbol

import nesssym as ns
from nesssym.exact.rational import equal
from tests.models import SMALL, multigraphs, random_values, symbolic


def binding_sites(n: int) -> ns.StateGraph:
    """Identical cooperative sites, the first of them also loaded by a pump."""
    rates = {}
    for bound in product("01", repeat=n):
        for site in range(n):
            if bound[site] == "0":
                full = (*bound[:site], "1", *bound[site + 1 :])
                ends = "".join(bound), "".join(full)
                rates[ends] = f"on*coop^{bound.count('1')}" if "1" in bound else "on"
                rates[ends[::-1]] = "off"
                if site == 0:
                    rates[(*ends, "pump")] = "drive"
                    rates[(*ends[::-1], "pump")] = "off"
    return ns.StateGraph.from_rates(rates)


@pytest.mark.parametrize("name", SMALL)
def test_reduced_probabilities_are_those_by_elimination(name):
    model = SMALL[name]()
    exact = ns.steady_state(model, method="elimination").state
    reduced = ns.steady_state(model, method="reduced")
    for seed in range(3):
        values = random_values(model, Random(seed))
        assert reduced.state.at(values) == exact.at(values)
    assert reduced["0" if "0" in model.states else model.states[0]] != 0


@given(multigraphs(one_way=True))
def test_numbers_are_reduced_too(model):
    try:
        expected = ns.steady_state(model, method="elimination").state.at({})
    except ns.NotErgodicError:
        return
    assert ns.steady_state(model, method="reduced").state.at({}) == expected


@given(st.integers(3, 6), st.data())
def test_equal_states_have_equal_probabilities_and_lumping_keeps_them(n, data):
    # Few different rates, so that there are many symmetries and near-symmetries.
    pairs = list(permutations(range(n), 2))
    weights = data.draw(
        st.lists(st.sampled_from(["0", "a", "a", "b"]), min_size=len(pairs), max_size=len(pairs))
    )
    rates = {pair: w for pair, w in zip(pairs, weights, strict=True) if w != "0"}
    rates |= {(i, (i + 1) % n): "a" for i in range(n)}
    model = ns.StateGraph.from_rates(rates, states=range(n))
    values = {"a": Fraction(3, 7), "b": 5}
    values = {k: v for k, v in values.items() if Symbol(k, positive=True) in model.symbols}
    exact = ns.steady_state(model, method="elimination").state.at(values)
    assert ns.steady_state(model, method="reduced").state.at(values) == exact
    for members in ns.equiprobable_states(model):
        assert len({exact[s] for s in members}) == 1


def test_lumpable_states_need_not_be_equally_probable():
    # B and C are left in the same way but entered in different ones.
    model = ns.StateGraph.from_text("A -> B ; 2*a \n A -> C ; a \n B -> A ; b \n C -> A ; b")
    assert ns.equiprobable_states(model) == (("A",), ("B",), ("C",))
    assert (
        ns.steady_state(model, method="reduced").state["B"]
        != (ns.steady_state(model, method="reduced").state["C"])
    )


def test_a_doubly_stochastic_model_is_uniform():
    model = ns.StateGraph.from_rates(
        {(i, j): "a" if (j - i) % 5 < 3 else "b" for i, j in permutations(range(5), 2)}
    )
    assert ns.equiprobable_states(model) == (tuple("01234"),)
    assert set(ns.steady_state(model, method="reduced").state.at({"a": 2, "b": 3}).values()) == {
        Rational(1, 5)
    }


def test_symmetry_of_binding_sites_leaves_two_numbers():
    model = binding_sites(4)
    assert len(ns.equiprobable_states(model)) == 8
    reduced = ns.steady_state(model, method="reduced")
    assert len(reduced.state.steps) == 9
    values = {"on": Fraction(2, 3), "off": 5, "coop": 7, "drive": Fraction(11, 4)}
    assert reduced.state.at(values) == ns.steady_state(model, method="elimination").state.at(values)


def test_an_exclusion_process_is_reduced_to_its_weights():
    # Open TASEP of three sites: Derrida's matrix product weights have one to five terms.
    rates = {}
    for s in map("".join, product("01", repeat=3)):
        if s[0] == "0":
            rates[s, "1" + s[1:]] = "alpha"
        if s[-1] == "1":
            rates[s, s[:-1] + "0"] = "beta"
        for i in range(2):
            if s[i : i + 2] == "10":
                rates[s, s[:i] + "01" + s[i + 2 :]] = 1
    found = ns.steady_polynomials(ns.StateGraph.from_rates(rates), "reduced")
    alpha, beta = (Symbol(s, positive=True) for s in ("alpha", "beta"))
    # Derrida, Evans, Hakim and Pasquier: Z = <W|(D + E)^3|V>, by DE = D + E.
    a, b = 1 / alpha, 1 / beta
    z3 = a**3 + a**2 * b + a * b**2 + b**3 + 2 * (a**2 + a * b + b**2) + 2 * (a + b)
    z = sum((found.expr(s) for s in found.numerators), Integer(0))
    assert equal(z / found.expr("000"), z3 / a**3)
    assert equal(found.expr("111") / found.expr("000"), alpha**3 / beta**3)


def test_blocks_that_meet_in_one_state_are_solved_alone():
    # A chain of five cubes: some 384^5 trees a state, of which almost all is a common factor.
    graph = nx.Graph()
    for k in range(3):
        cube = nx.convert_node_labels_to_integers(nx.hypercube_graph(3), first_label=7 * k)
        graph.add_edges_from(cube.edges)
    rng = Random(5)
    names = ["a", "b", "c"]
    rates = {pair: rng.choice(names) for i, j in graph.edges for pair in ((i, j), (j, i))}
    model = ns.StateGraph.from_rates(rates, states=range(graph.number_of_nodes()))
    values = {"a": 2, "b": 3, "c": Fraction(5, 7)}
    expected = ns.steady_state(model, method="elimination").state.at(values)
    assert ns.steady_state(model, method="reduced").state.at(values) == expected


def test_tree_polynomials_are_the_tree_sums():
    model = SMALL["cube"]()
    found = ns.steady_polynomials(model)
    numbers = ns.count_trees(model)
    assert {s: len(p) for s, p in found.numerators.items()} == numbers
    trees = ns.steady_state(model, method="trees").state
    values = random_values(model, Random(2))
    point = [fmpq(values[g].numerator, values[g].denominator) for g in found.ring.gens]
    for state, p in trees.at(values).items():
        ratio = found.numerators[state](*point) / found.normalisation(*point)
        assert ratio == fmpq(int(p.p), int(p.q))


def test_transient_states_have_no_polynomial():
    model = ns.StateGraph.from_text("A -> B ; a \n B <-> C ; b, c")
    with pytest.warns(ns.NessWarning, match="transient"):
        found = ns.steady_polynomials(model)
    assert found.expr("A") == 0
    assert found.expr("B") == Symbol("c", positive=True)


def test_rates_with_denominators_are_reduced():
    model = ns.StateGraph.from_text("A <-> B ; a/(1 + b), b \n B <-> C ; a, 1/b \n C <-> A ; 1, a")
    values = {"a": 3, "b": Fraction(1, 4)}
    expected = ns.steady_state(model, method="elimination").state.at(values)
    assert ns.steady_state(model, method="reduced").state.at(values) == expected
    with pytest.raises(ns.NessError, match="denominator"):
        ns.steady_polynomials(model)


def test_bad_input():
    model = SMALL["K4"]()
    with pytest.raises(ns.UnknownNameError, match="unknown form of polynomials 'forest'"):
        ns.steady_polynomials(model, "forest")
    with pytest.raises(ns.UnknownNameError, match="unknown state 'Q'"):
        ns.steady_polynomials(model).expr("Q")
    with pytest.raises(ns.TooLargeError, match="max_terms"):
        ns.steady_state(symbolic(nx.complete_graph(14)), method="reduced")
    split = ns.StateGraph.from_text("A -> B ; 1 \n A -> C ; 1")
    with pytest.raises(ns.NotErgodicError, match="closed classes"):
        ns.equiprobable_states(split)
