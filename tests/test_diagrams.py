"""Hill's diagrams: counted, listed, summed, split, sampled, heaviest; against brute force."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations
from math import prod
from random import Random

import networkx as nx
import numpy as np
import pytest
from flint import Ordering, fmpz_mpoly_ctx
from hypothesis import given

import nesssym as ns
from nesssym.exact import tree_queries, trees
from nesssym.exact.trees import build, build_all, node_bound
from tests.models import SMALL, multigraphs, random_values, symbolic

TAIL = SMALL["tail"]()
ONES = dict.fromkeys((s.name for s in TAIL.symbols), 1)


def rows(diagrams):
    return [row for block in diagrams.arrays() for row in block.tolist()]


@given(multigraphs(one_way=True))
def test_all_roots_from_one_diagram_are_those_of_each_root(model):
    single = []
    for place, root in enumerate(model.states):
        found = rows(ns.directional_diagrams(model, root))
        assert all(row[place] == -1 and row.count(-1) == 1 for row in found)
        single += found
    together = ns.directional_diagrams(model)
    assert Counter(map(tuple, rows(together))) == Counter(map(tuple, single))
    assert together.count() == len(single) == sum(ns.count_trees(model).values())


@given(multigraphs())
def test_directional_diagrams_are_partial_ones_with_a_root(model):
    partial = ns.partial_diagrams(model)
    brute = []
    n = len(model.states)
    for choice in combinations(range(len(model.transitions)), n - 1):
        edges = [(model.transitions[i].source, model.transitions[i].target) for i in choice]
        if nx.is_connected(nx.Graph(edges)) and len(set(sum(edges, ()))) == n:
            brute.append(choice)
    assert sorted(tuple(sorted(row)) for row in rows(partial)) == brute
    assert partial.count() == len(brute)
    assert ns.directional_diagrams(model).count() == n * len(brute)


@given(multigraphs(one_way=True))
def test_the_sum_is_linear_in_each_edge(model):
    found = ns.directional_diagrams(model)
    weights = [rate for *_, rate in found.edges]
    exact = [Fraction(int(w.p), int(w.q)) for w in weights]
    total = found.sum({})
    assert (
        total
        == found.sum(weights=exact)
        == sum(prod(exact[e] for e in row if e >= 0) for row in rows(found))
    )
    for place, edge in enumerate(found.labels):
        a, b = found.split(edge, {})
        assert a + b * exact[place] == total
        assert b == sum(
            prod(exact[e] for e in row if e >= 0 and e != place)
            for row in rows(found)
            if place in row
        )


@given(multigraphs(max_states=5))
def test_heaviest_diagrams_come_in_order_and_none_is_left_out(model):
    found = ns.directional_diagrams(model)
    exact = [Fraction(int(w.p), int(w.q)) for *_, w in found.edges]
    weights = sorted((prod(exact[e] for e in row if e >= 0) for row in rows(found)), reverse=True)
    k = min(12, len(weights))
    best = found.heaviest(k, {})
    assert [weight for _, weight in best] == weights[:k]
    everything = {
        tuple(sorted(tree.edges(keys=True))) for tree, _ in found.heaviest(found.count(), {})
    }
    assert len(everything) == found.count()
    for tree, weight in best:
        assert prod(Fraction(int(r.p), int(r.q)) for *_, r in tree.edges(data="rate")) == weight
        assert all(nx.has_path(tree, s, tree.graph["root"]) for s in model.states)


def test_contractions_in_a_polynomial_ring_are_derivatives():
    n, arcs = 5, [(i, j) for i in range(5) for j in range(5) if i != j]
    context = fmpz_mpoly_ctx.get([("w", len(arcs))], Ordering.lex)
    diagram = build(n, arcs, 0)
    total = diagram.sum(context.gens(), context.constant(1))
    found = tree_queries.contractions(diagram, context.gens(), context.constant(1))
    assert len(total) == 125
    assert all(found[k] == total.derivative(k) for k in range(len(arcs)))


@given(multigraphs(one_way=True))
def test_the_bound_is_known_before_building(model):
    index = {s: i for i, s in enumerate(model.states)}
    arcs = [
        pair
        for t in model.transitions
        for pair in [(index[t.source], index[t.target]), (index[t.target], index[t.source])]
    ]
    assert build_all(len(index), arcs).nodes <= node_bound(len(index), arcs)
    for root in range(len(index)):
        assert build(len(index), arcs, root).nodes <= node_bound(len(index), arcs, root)


def test_all_roots_of_a_large_grid_are_counted_by_diagram_and_determinant():
    grid = nx.convert_node_labels_to_integers(nx.grid_2d_graph(4, 12))
    arcs = [arc for i, j in grid.edges for arc in ((i, j), (j, i))]
    one = trees.count(48, arcs, 0)
    diagram = build_all(48, arcs)
    assert diagram.count() == 48 * one
    marks = tree_queries.contractions(diagram, [1] * len(diagram.arcs))[len(arcs) :]
    assert marks == [one] * 48


def test_flux_diagrams_of_the_six_state_model():
    # Hill's six-state model of three cycles: both small ones with the states outside led in.
    model = ns.gallery.load("hill6").model
    numbers = ns.count_flux_diagrams(model)
    assert len(numbers) == 3
    for cycle in ns.all_cycles(model):
        found = ns.flux_diagrams(model, cycle)
        assert found.count() == numbers[cycle.label] == len(rows(found))
        for graph, row in zip(found, rows(found), strict=True):
            assert graph.graph["cycle"] == cycle.label
            assert [s for s, e in zip(model.states, row, strict=True) if e < 0] == [
                s for s in model.states if s in cycle.states
            ]
            marked = [(i, j) for i, j, on in graph.edges(data="cycle") if on]
            assert len(marked) == len(cycle.states)
            assert all(degree == 1 for _, degree in graph.out_degree())
            assert len(list(nx.simple_cycles(nx.DiGraph(graph)))) == 1


@pytest.mark.parametrize("name", ["K4", "two baths", "tail", "cube"])
def test_currents_are_sums_over_flux_diagrams(name):
    model = SMALL[name]()
    values = random_values(model, Random(7))
    z = ns.directional_diagrams(model).sum(values)
    totals = dict.fromkeys((t.label for t in model.transitions), Fraction(0))
    for cycle in ns.all_cycles(model):
        back = ns.Cycle(tuple((t, -sign) for t, sign in reversed(cycle.steps)))
        flux = ns.flux_diagrams(model, cycle).sum(values) - ns.flux_diagrams(model, back).sum(
            values
        )
        for label, sign in cycle.transitions:
            totals[label] += sign * flux / z
    expected = ns.steady_state(model).currents.at(values)
    assert {k: Fraction(int(v.p), int(v.q)) for k, v in expected.items()} == totals


def test_steady_probabilities_are_sums_over_directional_diagrams():
    model = SMALL["cube"]()
    values = random_values(model, Random(3))
    z = ns.directional_diagrams(model).sum(values)
    for state, p in ns.steady_state(model).state.at(values).items():
        assert ns.directional_diagrams(model, state).sum(values) / z == Fraction(int(p.p), int(p.q))


def test_rates_with_exponentials_order_and_sample_but_have_no_exact_sum():
    model = ns.StateGraph.from_text(
        "A <-> B ; exp(-E), 1 \n B <-> C ; 1, exp(-2*E) \n C <-> A ; 1, 1"
    )
    found = ns.directional_diagrams(model)
    (_, weight), *_ = found.heaviest(9, {"E": 5})
    assert weight == 1
    assert found.sample(5, 1, {"E": 5}).shape == (5, 3)
    with pytest.raises(ns.ParameterError, match="irrational; give weights="):
        found.sum({"E": 5})


def test_weights_of_floats_keep_their_kind():
    found = ns.directional_diagrams(symbolic(nx.cycle_graph(3)), "0")
    total = found.sum(weights=[0.5] * 6)
    assert isinstance(total, float)
    assert total == 0.75
    assert found.split("0->1", weights=np.full(6, 0.5)) == (0.75, 0.0)


BAD = {
    "unknown root": (lambda: ns.directional_diagrams(TAIL, "Q"), "unknown state 'Q'"),
    "unknown edge": (
        lambda: ns.directional_diagrams(TAIL).split("A->D", ONES),
        "unknown edge 'A->D'",
    ),
    "not a cycle": (lambda: ns.flux_diagrams(TAIL, "ABC"), "take one of all_cycles"),
    "cycle of another model": (
        lambda: ns.flux_diagrams(TAIL, next(ns.all_cycles(SMALL["K4"]()))),
        "is no cycle of",
    ),
    "k too large": (
        lambda: ns.directional_diagrams(TAIL).heaviest(13, ONES),
        "k is 13, wanted a number from 1 to 12",
    ),
    "k zero": (lambda: ns.directional_diagrams(TAIL).heaviest(0, ONES), "k is 0"),
    "negative rate": (lambda: ns.directional_diagrams(TAIL).sum(ONES | {"a": -1}), "must be > 0"),
    "nan rate": (lambda: ns.directional_diagrams(TAIL).sum(ONES | {"a": float("nan")}), "a"),
    "nan weight": (
        lambda: ns.directional_diagrams(TAIL).sum(weights=[float("nan")] * 8),
        "the weight of A->B is nan",
    ),
    "missing value": (lambda: ns.directional_diagrams(TAIL).sum({"a": 1}), "no value for b"),
    "few weights": (
        lambda: ns.directional_diagrams(TAIL).sum(weights=[1, 2]),
        "2 weights came for 8 edges",
    ),
    "both": (
        lambda: ns.directional_diagrams(TAIL).sum(ONES, weights=[1] * 8),
        "both values and weights",
    ),
    "rates of partial": (lambda: ns.partial_diagrams(TAIL).sum(ONES), "have no direction"),
    "chunk": (lambda: list(ns.partial_diagrams(TAIL).arrays(chunk=0)), "chunk is 0"),
    "unknown value": (lambda: ns.directional_diagrams(TAIL).sample(1, 1, {"zz": 1}), "zz"),
    "size": (lambda: ns.directional_diagrams(TAIL).sample(-1, 1), "size is -1"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_says_what_came_and_what_was_wanted(name):
    call, message = BAD[name]
    with pytest.raises(ns.NessError, match=message):
        call()


def test_a_graph_too_wide_is_refused_at_once_but_counted():
    found = ns.directional_diagrams(symbolic(nx.complete_graph(40)))
    assert found.count() == 40**39
    assert found.size_bound > 10**6
    with pytest.raises(ns.TooLargeError, match="max_nodes"):
        next(iter(found))


@given(multigraphs(max_states=4))
def test_samples_are_diagrams(model):
    found = ns.directional_diagrams(model)
    listed = set(map(tuple, rows(found)))
    assert set(map(tuple, found.sample(20, 5, {}).tolist())) <= listed
