"""Spanning trees: the diagram against determinants, brute force and known numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations, islice, product
from math import prod

import numpy as np
import pytest
from flint import Ordering, arb, fmpq, fmpq_mat, fmpz_mpoly_ctx
from hypothesis import given
from hypothesis import strategies as st

from nesssym.errors import ModelError, ParameterError, TooLargeError
from nesssym.exact.trees import _merge, build, count

Graph = tuple[int, list[tuple[int, int]]]


def both_ways(n: int, edges: Iterable[tuple[int, int]]) -> Graph:
    return n, [arc for a, b in edges for arc in ((a, b), (b, a))]


def complete(n: int) -> Graph:
    return both_ways(n, combinations(range(n), 2))


def ring(n: int) -> Graph:
    return both_ways(n, [(i, (i + 1) % n) for i in range(n)])


def grid(rows: int, columns: int) -> Graph:
    places = list(product(range(rows), range(columns)))
    near = [(p, q) for p, q in combinations(places, 2) if abs(p[0] - q[0]) + abs(p[1] - q[1]) == 1]
    return both_ways(len(places), [(places.index(p), places.index(q)) for p, q in near])


CUBE = both_ways(8, [(a, b) for a, b in combinations(range(8), 2) if (a ^ b).bit_count() == 1])
PETERSEN = both_ways(
    10,
    [e for i in range(5) for e in [(i, (i + 1) % 5), (i, i + 5), (i + 5, (i + 2) % 5 + 5)]],
)
KNOWN = [
    *(pytest.param(complete(n), n ** (n - 2), id=f"K{n}") for n in range(2, 9)),
    pytest.param(ring(30), 30, id="ring"),
    pytest.param(both_ways(6, [(i, i + 1) for i in range(5)]), 1, id="path"),
    pytest.param(both_ways(7, [(3, i) for i in range(7) if i != 3]), 1, id="star"),
    pytest.param(CUBE, 384, id="cube"),
    pytest.param(grid(2, 4), 56, id="ladder"),
    pytest.param(grid(4, 4), 100352, id="grid"),
    pytest.param(PETERSEN, 2000, id="Petersen"),
    pytest.param((2, [(0, 1)] * 3 + [(1, 0)] * 5), 5, id="parallel"),
    pytest.param((3, [(1, 2), (2, 0)]), 1, id="one-way"),
]


@st.composite
def multigraphs(draw: st.DrawFn, most: int) -> tuple[int, list[tuple[int, int]], int]:
    """Vertices, arcs and root; arcs may be parallel, one-way or too few."""
    n = draw(st.integers(1, most))
    vertices = st.integers(0, n - 1)
    pairs = st.tuples(vertices, vertices).filter(lambda pair: pair[0] != pair[1])
    return n, draw(st.lists(pairs, max_size=3 * n if n > 1 else 0)), draw(vertices)


def brute(n: int, arcs: list[tuple[int, int]], root: int) -> set[tuple[int, ...]]:
    """Trees among all ways to choose an outgoing arc at each vertex but the root."""
    others = [vertex for vertex in range(n) if vertex != root]
    leaving = [[a for a, (source, _) in enumerate(arcs) if source == v] for v in others]

    def is_tree(choice: tuple[int, ...]) -> bool:
        onward = {arcs[a][0]: arcs[a][1] for a in choice}
        for vertex in others:
            for _ in range(n):
                vertex = onward.get(vertex, root)
            if vertex != root:
                return False
        return True

    return set(filter(is_tree, product(*leaving)))


def minor(n: int, arcs: list[tuple[int, int]], root: int, weights: list[Fraction]) -> fmpq:
    """Principal minor of the weighted Laplacian."""
    laplacian = fmpq_mat(n, n)
    for (source, target), weight in zip(arcs, weights, strict=True):
        value = fmpq(weight.numerator, weight.denominator)
        laplacian[source, source] += value
        laplacian[source, target] -= value
    others = [vertex for vertex in range(n) if vertex != root]
    return fmpq_mat(n - 1, n - 1, [laplacian[i, j] for i in others for j in others]).det()


@pytest.mark.parametrize(("graph", "number"), KNOWN)
def test_known_numbers(graph: Graph, number: int) -> None:
    n, arcs = graph
    diagram = build(n, arcs, 0)
    blocks = list(diagram.arrays(chunk=1000))
    assert count(n, arcs, 0) == diagram.count() == sum(map(len, blocks)) == number
    assert all(len(block) == 1000 for block in blocks[:-1])
    assert len(np.unique(np.concatenate(blocks), axis=0)) == number


@given(multigraphs(9))
def test_diagram_agrees_with_determinant(graph: tuple[int, list[tuple[int, int]], int]) -> None:
    assert build(*graph).count() == count(*graph)


@given(multigraphs(5), st.integers(1, 20))
def test_listing_agrees_with_brute_force(
    graph: tuple[int, list[tuple[int, int]], int], chunk: int
) -> None:
    diagram = build(*graph)
    trees = list(diagram)
    assert len(trees) == diagram.count()
    assert set(trees) == brute(*graph)
    assert [tuple(row) for block in diagram.arrays(chunk) for row in block.tolist()] == trees


@given(multigraphs(7), st.data())
def test_weighted_sum_is_the_principal_minor(
    graph: tuple[int, list[tuple[int, int]], int], data: st.DataObject
) -> None:
    n, arcs, root = graph
    fractions = st.fractions(min_value=-5, max_value=5, max_denominator=9)
    weights = data.draw(st.lists(fractions, min_size=len(arcs), max_size=len(arcs)))
    total = build(n, arcs, root).sum(weights)
    assert fmpq(total.numerator, total.denominator) == minor(n, arcs, root, weights)


@given(multigraphs(5))
def test_polynomial_sum_has_one_monomial_a_tree(
    graph: tuple[int, list[tuple[int, int]], int],
) -> None:
    n, arcs, root = graph
    ring = fmpz_mpoly_ctx.get([f"w{a}" for a in range(len(arcs))], Ordering.lex)
    diagram = build(n, arcs, root)
    polynomial = diagram.sum(ring.gens(), one=ring.constant(1))
    monomials = {tuple(a for a, power in enumerate(m) if power) for m in polynomial.monoms()}
    assert monomials == {tuple(sorted(tree)) for tree in diagram}
    assert all(c == 1 for c in polynomial.coeffs())


@pytest.mark.parametrize("number", [float, fmpq, arb, Fraction])
def test_sum_over_other_numbers(number: type) -> None:
    n, arcs = complete(5)
    total = build(n, arcs, 2).sum([number(2)] * len(arcs))
    assert isinstance(total, number)
    assert total == number(2**4 * 125)


def test_wide_grid_is_counted_listed_and_sampled() -> None:
    n, arcs = grid(6, 20)
    diagram = build(n, arcs, 0)
    assert diagram.nodes < 150_000
    assert diagram.count() == count(n, arcs, 0) > 10**50
    trees = [*islice(diagram, 50), *map(tuple, diagram.sample(50, seed=7).tolist())]
    assert len(set(trees)) == 100
    for tree in trees:
        assert [arcs[a][0] for a in tree] == list(range(1, n))
        assert count(n, [arcs[a] for a in tree], 0) == 1


@pytest.mark.parametrize("scale", [1, Fraction(1, 3), 2**21, 2**80])
def test_sampling_is_unbiased(scale: Fraction | int) -> None:
    n, arcs = 4, [*complete(4)[1], (1, 0)]
    weights = [scale * (1 + a % 4) for a in range(len(arcs))]
    diagram = build(n, arcs, 0)
    size = 20_000
    drawn = Counter(map(tuple, diagram.sample(size, 11, weights).tolist()))
    total = diagram.sum(weights)
    expected = {t: size * float(prod(weights[a] for a in t) / total) for t in diagram}
    assert drawn.keys() <= expected.keys()
    square = sum((drawn[t] - e) ** 2 / e for t, e in expected.items())
    freedom = len(expected) - 1
    assert abs(square - freedom) < 4 * (2 * freedom) ** 0.5


def test_uniform_sampling_is_unbiased_and_seeded() -> None:
    diagram = build(*CUBE, 5)
    drawn = Counter(map(tuple, diagram.sample(38_400, seed=3).tolist()))
    square = sum((drawn[tree] - 100) ** 2 / 100 for tree in diagram)
    assert abs(square - 383) < 4 * (2 * 383) ** 0.5
    assert np.array_equal(diagram.sample(9, seed=1), diagram.sample(9, seed=1))
    assert not np.array_equal(diagram.sample(9, seed=1), diagram.sample(9, seed=2))


def test_same_input_gives_the_same_order() -> None:
    assert list(build(*PETERSEN, 4)) == list(build(*PETERSEN, 4))


def test_single_vertex_has_the_empty_tree() -> None:
    diagram = build(1, [], 0)
    assert diagram.count() == count(1, [], 0) == 1
    assert list(diagram) == [()]
    assert diagram.sample(3, seed=0).shape == (3, 0)
    assert diagram.sum([], one=Fraction(1)) == 1


@pytest.mark.parametrize("graph", [(2, []), (3, [(0, 1), (1, 2), (2, 1)]), (3, [(1, 0), (0, 2)])])
def test_unreachable_root_has_no_tree(graph: Graph) -> None:
    diagram = build(*graph, 0)
    assert diagram.count() == count(*graph, 0) == diagram.nodes == 0
    assert list(diagram) == list(diagram.arrays()) == []
    assert diagram.sum([fmpq(1)] * len(graph[1]), one=fmpq(1)) == fmpq(0)
    with pytest.raises(ParameterError, match="nothing to draw"):
        diagram.sample(1, seed=0)


def test_too_wide_a_diagram_is_refused() -> None:
    with pytest.raises(
        TooLargeError, match=r"wide after .* up to \d+, .* determinant, .* elimination"
    ):
        build(*complete(30), 0)
    with pytest.raises(TooLargeError, match="max_nodes is 700"):
        build(*complete(8), 0, max_nodes=700)
    with pytest.raises(TooLargeError, match="1 nodes wide after 0 of 1 vertices"):
        build(2, [(1, 0)] * 81, 0, max_nodes=10)


def test_wide_states_merge_without_overflow() -> None:
    rows = np.zeros((600, 9), dtype=np.int32)
    rows[:, 0] = [*range(300), *range(300)]
    states, place = _merge(rows, 1 << 20)
    assert len(states) == 300
    assert np.array_equal(states[place], rows)


@pytest.mark.parametrize(
    ("n", "arcs", "root", "message"),
    [
        (0, [], 0, "0 vertices, wanted at least one"),
        (2, [(0, 1)], 2, "root is 2, wanted one of the 2 vertices"),
        (2, [(0, 1), (0, 2)], 0, r"arc 1 is \(0, 2\), wanted two of the vertices 0 to 1"),
        (2, [(1, 1)], 0, r"arc 0 is \(1, 1\), a self-loop"),
    ],
)
def test_bad_graphs(n: int, arcs: list[tuple[int, int]], root: int, message: str) -> None:
    for function in (build, count):
        with pytest.raises(ModelError, match=message):
            function(n, arcs, root)


def test_bad_arguments() -> None:
    diagram = build(*complete(3), 0)
    with pytest.raises(ModelError, match="2 weights came for 6 arcs"):
        diagram.sum([1, 2])
    for weight in (-1, 0.5):
        with pytest.raises(ParameterError, match=f"weight of arc 5 is {weight}"):
            diagram.sample(1, 0, [1] * 5 + [weight])  # type: ignore[list-item]
    with pytest.raises(ParameterError, match="chunk is 0"):
        diagram.arrays(chunk=0)
    with pytest.raises(ParameterError, match="size is -1"):
        diagram.sample(-1, seed=0)
