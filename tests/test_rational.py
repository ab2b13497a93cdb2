"""Polynomials and rational functions against SymPy; tree sums against determinants."""

from __future__ import annotations

from itertools import permutations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Add,
    Expr,
    Float,
    Integer,
    Matrix,
    Poly,
    Pow,
    Rational,
    S,
    Symbol,
    cos,
    cosh,
    exp,
    fraction,
    log,
    oo,
    sin,
    sqrt,
    symbols,
    together,
)

from nesssym.errors import ModelError, NessError, TooLargeError
from nesssym.exact.rational import (
    as_fraction,
    cancel,
    collect,
    equal,
    fractions,
    from_poly,
    ring,
    to_poly,
    together_over,
    tree_polynomials,
    tree_sums,
)

a, b, c, x, y, n = symbols("a b c x y n", positive=True)

ATOMS = [a, b, c, Integer(2), Rational(-3, 2), a + b, b - c, Integer(1)]
EXPRS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.builds(lambda p, q: p + q, inner, inner),
        st.builds(lambda p, q: p * q, inner, inner),
        st.builds(lambda p, k: p if p == 0 else p**k, inner, st.integers(-2, 3)),
    ),
    max_leaves=6,
)


def defined(expr: Expr) -> bool:
    """No denominator of the expression vanishes identically."""
    return all(
        power.base.expand() != 0 for power in expr.atoms(Pow) if power.exp < 0
    ) and not expr.has(S.ComplexInfinity, S.NaN)


@given(EXPRS.filter(defined))
@settings(max_examples=60, deadline=None)
def test_fractions_agree_with_sympy(expr: Expr) -> None:
    top, bottom = as_fraction(expr)
    their_top, their_bottom = fraction(together(expr))
    assert (top * their_bottom - bottom * their_top).expand() == 0
    assert (top, bottom) == (top.expand(), bottom.expand())
    assert Poly(top, a, b, c).gcd(Poly(bottom, a, b, c)).total_degree() == 0
    assert all(k.is_Integer for part in (top, bottom) for k in Poly(part, a, b, c).coeffs())
    assert equal(expr, top / bottom)
    assert not equal(expr + 1, top / bottom)


@given(st.lists(EXPRS.filter(defined), min_size=1, max_size=3))
@settings(max_examples=30, deadline=None)
def test_common_denominators(exprs: list[Expr]) -> None:
    tops, bottom = together_over(exprs)
    assert all(equal(top / bottom, expr) for top, expr in zip(tops, exprs, strict=True))
    assert all(as_fraction(bottom / as_fraction(expr)[1])[1].is_number for expr in exprs)


def test_the_normal_form_has_integers_a_positive_lead_and_the_least_denominator() -> None:
    assert as_fraction(1 / (b - a)) == (-1, a - b)
    assert as_fraction(a / 2 + 1 / (3 - 3 * b)) == (3 * a * b - 3 * a - 2, 6 * b - 6)
    assert together_over([1 / (a * b), 1 / (b * c)]) == ([c, a], a * b * c)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (exp(x) * (exp(-x) + 1) - exp(x), S.One),
        ((exp(2 * x) - 1) / (exp(x) - 1), exp(x) + 1),
        ((exp(x) - 1) / (exp(x / 2) + 1), exp(x / 2) - 1),
        (exp(a * (x + y)) / (exp(a * x) + 1) * (1 + exp(-a * x)), exp(a * y)),
        ((x - 1) / (sqrt(x) + 1), sqrt(x) - 1),
        ((1 + sqrt(2)) ** 2, 3 + 2 * sqrt(2)),
        ((4 * x**n - x ** (3 * n)) / (2 - x**n), x ** (2 * n) + 2 * x**n),
        ((cosh(x) ** 2 - a**2) / (cosh(x) - a), cosh(x) + a),
        ((a - a) / b, S.Zero),
        ((exp(1) ** 2 - 1) / (exp(1) + 1), exp(1) - 1),
    ],
)
def test_exponentials_roots_and_functions_cancel(expr: Expr, expected: Expr) -> None:
    assert cancel(expr) == expected
    assert equal(expr, expected)
    assert not equal(expr, expected + x)


def test_opaque_identities_are_not_guessed() -> None:
    assert not equal(sin(x) ** 2, cos(x) ** 2)
    assert not equal(sqrt(a + b), sqrt(a) + sqrt(b))
    for first, second in [
        (sin(x) ** 2, 1 - cos(x) ** 2),
        (sqrt(a * b + b), sqrt(b) * sqrt(a + 1)),
        (log(6), log(2) + log(3)),
        (exp(1 / (a * (a + 1))), exp(1 / a) * exp(-1 / (a + 1))),
    ]:
        with pytest.raises(NessError, match="cannot decide"):
            equal(first, second)


@pytest.mark.parametrize(
    "bad", [Float(0.5) * a, exp(Float(0.5) * x), a + oo, S.NaN, a ** Float(2.5)]
)
def test_inexact_numbers_are_refused(bad: Expr) -> None:
    with pytest.raises(NessError, match="not exact and finite"):
        as_fraction(bad)


def test_hidden_division_by_zero_is_refused() -> None:
    zero = (a + b) ** 2 - a**2 - 2 * a * b - b**2
    with pytest.raises(NessError, match="divides by zero"):
        cancel(1 / zero)
    with pytest.raises(NessError, match="is zero"):
        collect((a, zero), [a])


def test_deep_nesting_is_no_obstacle() -> None:
    t = Symbol("t")
    expr, top, bottom = 1 + t, Poly(1 + t), Poly(1, t)
    for _ in range(100):
        expr, top, bottom = 1 + t / expr, top + t * bottom, top
    assert as_fraction(expr) == (top.as_expr(), bottom.as_expr())


@given(EXPRS.filter(lambda e: e.is_polynomial(a, b, c)))
@settings(max_examples=40, deadline=None)
def test_polynomials_there_and_back(expr: Expr) -> None:
    space = ring([c, a, b])
    back = from_poly(to_poly(expr, space), space)
    assert back == expr.expand()
    assert hash(back) == hash(Add(*expr.expand().args)) or not back.is_Add
    assert to_poly(back, space) == to_poly(expr, space)


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        (1 / a, "is not a polynomial in a"),
        (b, "b is not in the ring of a"),
        (sqrt(a), "not in the ring"),
    ],
)
def test_what_is_no_polynomial_of_the_ring_is_refused(expr: Expr, message: str) -> None:
    with pytest.raises(NessError, match=message):
        to_poly(expr, ring([a]))


def test_the_generators_do_not_depend_on_the_order_of_the_input() -> None:
    rates = [b * exp(x - y), a + c, sqrt(y)]
    spaces = [fractions(order)[0] for order in permutations(rates)]
    assert len(set(spaces)) == 1
    assert spaces[0].gens == (exp(x), exp(y), a, b, c, sqrt(y))


k1, k1r, k2, k2r, P, E0 = symbols("k1 k1r k2 k2r P E0", positive=True)
Su = Symbol("S", positive=True)


def test_the_rate_law_of_king_and_altman() -> None:
    law = E0 * (k1 * k2 * Su - k1r * k2r * P) / (k1 * Su + k1r + k2 + k2r * P)
    rate = collect(law, [Su, P])
    assert rate.numerator == {Su: E0 * k1 * k2, P: -E0 * k1r * k2r}
    assert list(rate.denominator.items()) == [(1, k1r + k2), (Su, k1), (P, k2r)]
    assert equal(rate.expr, law)


def test_collect_keeps_a_pair_apart_and_orders_by_degree() -> None:
    both = (a * Su + b * Su) * (1 + Su)
    kept = collect((both / 2, both / c), [Su])
    assert kept.numerator == {Su: a * c + b * c, Su**2: a * c + b * c}
    assert kept.denominator == {Su: 2 * a + 2 * b, Su**2: 2 * a + 2 * b}
    assert list(collect(((1 + Su + P) ** 2, S.One), [Su, P]).numerator) == [
        *(1, Su, P),
        *(Su**2, Su * P, P**2),
    ]
    assert collect(a * exp(x) + 1, [P]).numerator == {1: a * exp(x) + 1}


@pytest.mark.parametrize("law", [exp(Su), sqrt(Su) + 1, Su**n, cosh(a * Su)])
def test_collect_refuses_variables_inside_functions(law: Expr) -> None:
    with pytest.raises(NessError, match="variable that occurs in"):
        collect(law, [Su])


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
    weight = st.sampled_from(
        [a, b, c, 2 * a, a * b, a + 1, 1 - a, Rational(1, 3), a / 2 + b / 3, Integer(1)]
    )
    weights = [data.draw(weight) for _ in arcs]
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
