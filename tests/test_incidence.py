"""Cycles, conservation laws and closed classes against known counts and linear algebra."""

from __future__ import annotations

from itertools import combinations, islice, pairwise, product

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nesssym.errors import ModelError, TooLargeError
from nesssym.exact import incidence
from nesssym.exact.incidence import (
    closed_classes,
    conservation_laws,
    cycle_matrix,
    fundamental_cycles,
    incidence_matrix,
    null_space,
    rank,
    simple_cycles,
    spanning_forest,
)

Graph = tuple[int, list[tuple[int, int]]]


def of(graph: nx.Graph) -> Graph:
    graph = nx.convert_node_labels_to_integers(graph)
    return len(graph), list(graph.edges)


@st.composite
def multigraphs(draw: st.DrawFn) -> Graph:
    n = draw(st.integers(1, 6))
    vertex = st.integers(0, n - 1)
    return n, draw(st.lists(st.tuples(vertex, vertex), max_size=9))


def brute_cycles(n: int, edges: list[tuple[int, int]]) -> set[frozenset[int]]:
    """Sets of edges that are connected and meet every vertex they touch twice."""
    found = set()
    for size in range(1, len(edges) + 1):
        for chosen in combinations(range(len(edges)), size):
            graph = nx.MultiGraph([edges[e] for e in chosen])
            if nx.is_connected(graph) and all(d == 2 for _, d in graph.degree):
                found.add(frozenset(chosen))
    return found


def product_of(a: list[list[int]], b: list[list[int]]) -> list[list[int]]:
    columns = list(zip(*b, strict=True))
    return [[sum(x * y for x, y in zip(row, c, strict=True)) for c in columns] for row in a]


def travels(edges: list[tuple[int, int]], cycle: tuple[tuple[int, int], ...]) -> bool:
    """Each step starts where the last one ended, and the last returns to the start."""
    ends = [edges[e][::sign] for e, sign in cycle]
    return all(a[1] == b[0] for a, b in pairwise([*ends, ends[0]]))


COUNTS = {
    "K4": (of(nx.complete_graph(4)), 7),
    "K5": (of(nx.complete_graph(5)), 37),
    "cube": (of(nx.hypercube_graph(3)), 28),
    "Petersen": (of(nx.petersen_graph()), 57),
    "ring": (of(nx.cycle_graph(8)), 1),
    "three channels": ((2, [(0, 1), (1, 0), (0, 1)]), 3),
    "tree": (of(nx.path_graph(5)), 0),
}


@pytest.mark.parametrize("name", COUNTS)
def test_known_numbers_of_simple_cycles(name: str) -> None:
    (n, edges), number = COUNTS[name]
    cycles = list(simple_cycles(n, edges))
    assert len(cycles) == len({frozenset(cycle) for cycle in cycles}) == number


@given(multigraphs())
def test_simple_cycles_are_all_of_them_once_in_canonical_form(graph: Graph) -> None:
    n, edges = graph
    cycles = list(simple_cycles(n, edges))
    sets = [frozenset(e for e, _ in cycle) for cycle in cycles]
    assert len(sets) == len(set(sets))
    assert set(sets) == brute_cycles(n, edges)
    assert all(travels(edges, c) and c[0] == (min(c)[0], 1) for c in cycles)


def test_cycles_come_lazily_and_from_large_rings() -> None:
    n, edges = of(nx.complete_graph(40))
    assert len(list(islice(simple_cycles(n, edges), 20))) == 20
    n, edges = of(nx.cycle_graph(5000))
    assert len(next(simple_cycles(n, edges))) == 5000
    assert len(fundamental_cycles(n, edges)[0]) == 5000


def test_too_many_cycles_name_the_basis() -> None:
    n, edges = of(nx.complete_graph(5))
    assert len(list(simple_cycles(n, edges, max_cycles=37))) == 37
    with pytest.raises(TooLargeError, match="more than 36 simple cycles; take a basis of 6"):
        list(simple_cycles(n, edges, max_cycles=36))


@given(multigraphs())
def test_fundamental_cycles_are_a_basis_of_the_null_space(graph: Graph) -> None:
    n, edges = graph
    tree = spanning_forest(n, edges)
    cycles = fundamental_cycles(n, edges)
    assert [c[0] for c in cycles] == [(e, 1) for e in range(len(edges)) if e not in tree]
    assert all(travels(edges, c) for c in cycles)
    if edges:
        boundary = incidence_matrix(n, edges)
        columns = zip(*cycle_matrix(cycles, len(edges)), strict=True)
        assert not any(any(row) for row in product_of(boundary, [list(c) for c in columns]))
        assert len(cycles) == len(edges) - rank(boundary) == len(null_space(boundary))


def test_the_tree_can_be_chosen() -> None:
    edges = [(0, 1), (1, 2), (2, 0)]
    assert spanning_forest(3, edges, prefer=[2, 1]) == (1, 2)
    assert fundamental_cycles(3, edges, tree=[2, 1]) == (((0, 1), (1, 1), (2, 1)),)


@pytest.mark.parametrize(
    ("tree", "message"),
    [((0,), "do not join the ends of edge 1"), ((0, 1, 2), "contain a cycle")],
)
def test_what_is_no_spanning_tree_is_refused(tree: tuple[int, ...], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        fundamental_cycles(3, [(0, 1), (1, 2), (2, 0)], tree)


def test_edges_out_of_range_are_refused() -> None:
    with pytest.raises(ModelError, match=r"edge 1 joins \(1, 2\), wanted vertices from 0 to 1"):
        list(simple_cycles(2, [(0, 1), (1, 2)]))


MATRICES = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(-2, 2), min_size=width, max_size=width), min_size=1, max_size=5
    )
)


@given(MATRICES)
def test_null_vectors_span_every_integer_solution(matrix: list[list[int]]) -> None:
    basis = null_space(matrix)
    assert len(basis) == len(matrix[0]) - rank(matrix)
    assert all(not any(image) for v in basis for image in product_of(matrix, [[x] for x in v]))
    for x in product(range(-1, 2), repeat=len(matrix[0])):
        if not any(map(any, product_of(matrix, [[k] for k in x]))):
            assert rank([*basis, x]) == len(basis)


@given(MATRICES)
def test_conservation_laws_span_the_left_null_space(matrix: list[list[int]]) -> None:
    laws = conservation_laws(matrix)
    assert len(laws) == len(matrix) - rank(matrix)
    assert not laws or rank(laws) == len(laws)
    assert not any(any(row) for row in product_of(laws, matrix))


@pytest.mark.parametrize(
    ("matrix", "laws"),
    [
        ([[-1, 1], [-1, 0], [1, -1], [0, 1]], [[1, 0, 1, 0], [0, 1, 1, 1]]),
        ([[-2, 0], [1, -1], [0, 3]], [[3, 6, 2]]),
        ([[1], [1]], [[1, -1]]),
        ([[0, 0], [0, 0]], [[1, 0], [0, 1]]),
        ([[1, 0], [0, 1]], []),
        ([[], []], [[1, 0], [0, 1]]),
        ([], []),
    ],
)
def test_conservation_laws_are_small_and_positive_where_they_can_be(
    matrix: list[list[int]], laws: list[list[int]]
) -> None:
    assert conservation_laws(matrix) == laws


def test_where_positive_laws_are_too_many_small_ones_are_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    matrix = [[1], [-1], [1]]
    assert conservation_laws(matrix) == [[1, 1, 0], [0, 1, 1]]
    monkeypatch.setattr(incidence, "MAX_RAYS", 1)
    assert conservation_laws(matrix) == [[1, 1, 0], [1, 0, -1]]


def test_the_null_space_is_a_lattice_basis_not_only_a_basis() -> None:
    (a, b) = null_space([[1, 1, 2]])
    minors = [abs(a[i] * b[j] - a[j] * b[i]) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert sorted(minors) == [1, 1, 2]


@pytest.mark.parametrize("matrix", [[[0.5]], [["1"]], [[1, 2], [3]]])
def test_what_is_no_integer_matrix_is_refused(matrix: list[list[int]]) -> None:
    with pytest.raises(ModelError, match=r"integers|different lengths"):
        rank(matrix)


def test_closed_classes_in_order() -> None:
    arcs = [(4, 3), (3, 4), (2, 0), (2, 3), (0, 1), (1, 0)]
    assert closed_classes(6, arcs) == [[0, 1], [3, 4], [5]]
    assert closed_classes(3000, [(i, i + 1) for i in range(2999)]) == [[2999]]
