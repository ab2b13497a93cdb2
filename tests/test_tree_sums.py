"""Expanded tree sums against determinants."""

from __future__ import annotations

from itertools import permutations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Matrix, Rational, exp, symbols

from nesssym.errors import ModelError, NessError, TooLargeError
from nesssym.exact.rational import equal
from nesssym.exact.tree_sums import tree_polynomials, tree_sums

a, b, c, x, y = symbols("a b c x y", positive=True)


def by_determinant(nodes: int, arcs: list[tuple[int, int]], weights: list[Expr], root: int) -> Expr:
    laplacian = Matrix.zeros(nodes)
    for (i, j), w in zip(arcs, weights, strict=True):
        if i != j:
            laplacian[i, i] += w
            laplacian[i, j] -= w
    laplacian.row_del(root)
    laplacian.col_del(root)
    return laplacian.det(method="berkowitz").expand()


WEIGHTS = [a, b, c, 2 * a, a * b, a + 1, 1 - a, Rational(1, 3), a / 2 + b / 3, Integer(1)]


@st.composite
def digraphs(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    nodes = draw(st.integers(1, 5))
    vertex = st.integers(0, nodes - 1)
    return nodes, draw(st.lists(st.tuples(vertex, vertex), max_size=9))


@given(digraphs(), st.data())
@settings(max_examples=80, deadline=None)
def test_tree_sums_are_cofactors(
    graph: tuple[int, list[tuple[int, int]]], data: st.DataObject
) -> None:
    nodes, arcs = graph
    weights = [data.draw(st.sampled_from(WEIGHTS)) for _ in arcs]
    roots = data.draw(st.lists(st.integers(0, nodes - 1), min_size=1, max_size=nodes))
    assert tree_sums(nodes, arcs, weights, roots) == [
        by_determinant(nodes, arcs, weights, root) for root in roots
    ]


@pytest.mark.parametrize(
    ("graph", "trees"),
    [
        (nx.complete_graph(5), 125),
        (nx.hypercube_graph(3), 384),
        (nx.cycle_graph(30), 30),
        (nx.grid_2d_graph(2, 6), 780),
        (nx.path_graph(12), 1),
        (nx.empty_graph(2), 0),
    ],
)
def test_distinct_rates_make_one_term_for_each_tree(graph: nx.Graph, trees: int) -> None:
    graph = nx.convert_node_labels_to_integers(graph).to_directed()
    arcs = list(graph.edges)
    rates = symbols(f"k:{len(arcs)}", positive=True)
    _, polys = tree_polynomials(len(graph), arcs, rates, range(len(graph)))
    assert [len(p) for p in polys] == [trees] * len(graph)
    assert all(coefficient == 1 for p in polys for coefficient in p.coeffs())


@pytest.mark.parametrize(("roots", "kept"), [([0], 1), (range(13), 13)])
def test_only_sets_of_rows_that_lead_on_are_kept(roots: list[int], kept: int) -> None:
    arcs = list(nx.star_graph(12).to_directed().edges)
    rates = symbols(f"k:{len(arcs)}", positive=True)
    assert len(tree_sums(13, arcs, rates, roots, max_terms=kept)) == kept


def test_parallel_arcs_add_self_loops_vanish_and_units_come_out() -> None:
    arcs = [(0, 1), (0, 1), (1, 0), (1, 1)]
    assert tree_sums(2, arcs, [a, b, c, x], [0, 1]) == [c, a + b]
    assert tree_sums(1, [], [], [0]) == [1]
    assert tree_sums(3, [], [], []) == []


def test_rates_with_denominators_and_exponentials() -> None:
    arcs = [(0, 1), (1, 2), (2, 0), (1, 0)]
    weights = [a * exp(-x), a / c, b / (a + b), b * exp(x - y)]
    for root, found in enumerate(tree_sums(3, arcs, weights, range(3))):
        assert equal(found, by_determinant(3, arcs, weights, root))
    assert tree_sums(2, [(0, 1)], [a * exp(-x) / 2], [1]) == [a * exp(-x) / 2]
    with pytest.raises(NessError, match="use tree_sums"):
        tree_polynomials(3, arcs, weights, range(3))


def test_numbers_alone_take_determinants_of_any_size() -> None:
    arcs = list(permutations(range(40), 2))
    assert tree_sums(40, arcs, [Integer(1)] * len(arcs), [7]) == [Integer(40) ** 38]


def test_too_many_terms_are_counted_beforehand() -> None:
    arcs = list(permutations(range(8), 2))
    rates = symbols(f"k:{len(arcs)}", positive=True)
    with pytest.raises(
        TooLargeError, match=r"have 262,144 terms, above .* nesssym\.compile .*\.at .*\.steps"
    ):
        tree_sums(8, arcs, rates, [0])
    with pytest.raises(TooLargeError, match="125 terms or more, above max_terms=100"):
        tree_sums(5, list(permutations(range(5), 2)), rates[:20], range(5), max_terms=100)
    assert tree_sums(8, arcs, [a] * len(arcs), [0]) == [262144 * a**7]


@pytest.mark.parametrize(
    ("arcs", "weights", "roots", "message"),
    [
        ([(0, 1)], [], [0], "0 weights for 1 arcs"),
        ([(0, 2)], [a], [0], r"arc \(0, 2\): wanted vertices from 0 to 1"),
        ([(0, 1)], [a], [2], r"roots \[2\]: wanted vertices from 0 to 1"),
    ],
)
def test_bad_graphs_are_refused(
    arcs: list[tuple[int, int]], weights: list[Expr], roots: list[int], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        tree_sums(2, arcs, weights, roots)
