"""Constructors of state graphs, and every bad input with its message."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas
import pytest
import scipy.sparse
from sympy import Float, I, Matrix, Rational, Symbol, nan, oo, symbols

import nesssym as ns

K = symbols("k", positive=True)


def rates(graph):
    return {t.label: (t.rate, t.reverse) for t in graph.transitions}


def test_text_with_names_numbers_expressions_channels_and_comments():
    g = ns.StateGraph.from_text("""
        # a comment
        A <-> B ; k_on*L, 0.25     # mixed
        B --> C ; 1e-3
        hot: C ⇌ A ; k3, 2*(k3 + k_on)
    """)
    k_on, ligand, k3 = symbols("k_on L k3", positive=True)
    assert g.states == ("A", "B", "C")
    assert rates(g) == {
        "A->B": (k_on * ligand, Rational(1, 4)),
        "B->C": (Rational(1, 1000), 0),
        "C->A/hot": (k3, 2 * (k3 + k_on)),
    }
    assert g.symbols == (ligand, k_on, k3)


@pytest.mark.parametrize("arrow", ["<->", "<-->", "<=>", "⇌", "↔"])
def test_arrows(arrow):
    assert rates(ns.StateGraph.from_text(f"A {arrow} B ; 2, 3")) == {"A->B": (2, 3)}


def test_all_constructors_agree():
    wanted = {"A->B": (2, 3), "B->C": (5, 0), "C->A": (7, 0)}
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(
        [("A", "B", 2), ("B", "A", 3), ("B", "C", 5), ("C", "A", 7)], weight="rate"
    )
    matrix = [[0, 2, 0], [3, 0, 5], [7, 0, 0]]
    labels = ["A", "B", "C"]
    assert rates(ns.StateGraph.from_networkx(graph)) == wanted
    made = ns.StateGraph.from_rates(
        {("A", "B"): 2, ("B", "A"): "3", ("B", "C"): 5, ("C", "A"): Rational(7)}
    )
    assert rates(made) == wanted
    for form in (matrix, np.array(matrix), np.array(matrix, dtype=float), Matrix(matrix)):
        by_matrix = rates(ns.StateGraph.from_rate_matrix(form, labels))
        assert by_matrix == {"A->B": (2, 3), "C->A": (7, 0), "B->C": (5, 0)}
    counts = [[0, 4, 0], [3, 0, 5], [21, 0, 0]]
    assert rates(ns.StateGraph.from_counts(counts, labels, dwell=[2, 1, 3])) == by_matrix


def test_the_graph_is_a_frozen_networkx_multigraph_with_channels_as_keys():
    g = ns.StateGraph.from_text("hot: g <-> e ; 1, 2 \n cold: g <-> e ; 3, 4")
    assert isinstance(g.graph, nx.MultiDiGraph)
    assert nx.is_frozen(g.graph)
    assert {(u, v, c): d["rate"] for u, v, c, d in g.graph.edges(keys=True, data=True)} == {
        ("g", "e", "hot"): 1, ("e", "g", "hot"): 2, ("g", "e", "cold"): 3, ("e", "g", "cold"): 4,
    }  # fmt: skip
    again = ns.StateGraph.from_networkx(g.graph)
    assert rates(again) == rates(g)


def test_generator_columns_sum_to_zero_and_hold_rate_i_to_j_in_row_j():
    g = ns.StateGraph.from_text("A <-> B ; a, b \n B -> C ; c \n C -> A ; d \n x: A -> B ; e")
    a, b, c, d, e = symbols("a b c d e", positive=True)
    assert g.generator() == Matrix([[-a - e, b, d], [a + e, -b - c, 0], [0, c, -d]])


def test_floats_are_kept_exactly():
    g = ns.StateGraph.from_rates({("A", "B"): 0.1, ("B", "A"): Float("0.1", 30)})
    assert g.transitions[0].rate == Rational(0.1)
    assert g.transitions[0].rate != Rational(1, 10)
    assert g.transitions[0].reverse.is_Rational


def test_default_symbols_do_not_collide():
    states = ["1", "10", "11", "0"]
    g = ns.StateGraph.from_networkx(
        nx.DiGraph([("1", "10"), ("11", "0"), ("10", "11"), ("0", "1")]), rate=None
    )
    assert len({s.name for s in g.symbols}) == len(states)


def test_labels_may_be_any_text():
    hostile = r"\frac{a}{b} & 100% #1 $x_1$"
    g = ns.StateGraph.from_rates({(hostile, "lambda"): "a", ("lambda", hostile): "b"})
    ss = ns.steady_state(g)
    assert ss[hostile] == Symbol("b", positive=True) / sum(symbols("a b", positive=True))
    assert ns.compile(ss.state)(a=1.0, b=3.0)[hostile] == 0.75


def test_subs_drops_what_becomes_zero_and_says_so():
    g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    with pytest.warns(ns.NessWarning, match=r"dropped B->A"):
        h = g.subs({"b": 0, "a": "1/2"})
    assert rates(h)["A->B"] == (Rational(1, 2), 0)


def test_local_detailed_balance_with_several_reservoirs():
    g = ns.StateGraph.from_text("""
        left: empty <-> full ; gl, gl
        right: empty <-> full ; gr, gr
    """).with_energies(
        {"empty": 0, "full": "E"},
        beta={"left": "bl", "right": "br"},
        mu={"left": "ml", "right": "mr"},
        particles={"empty": 0, "full": 1},
        drive={"right": "W"},
    )
    bl, br = symbols("bl br", positive=True)
    e, ml, mr, w = symbols("E ml mr W", real=True)
    (affinity,) = ns.affinities(g).exprs
    assert (affinity - (-br * (e - mr - w) + bl * (e - ml))).expand() == 0


def test_split_moves_the_force_between_the_rates_and_keeps_the_affinity():
    ring = ns.StateGraph.from_text("A <-> B ; a, 1 \n B <-> C ; b, 1 \n C <-> A ; c, 1")
    energies = {"A": "x", "B": "y", "C": "z"}
    for split in (0, Rational(1, 2), 1):
        driven = ring.with_energies(energies, drive={"A->B": "f"}, split=split)
        assert ns.affinities(driven).exprs == (Symbol("f", real=True),)


BAD = {
    "negative": (lambda: ns.StateGraph.from_text("A <-> B ; -1, 2"), "A->B is -1, negative"),
    "infinite": (lambda: ns.StateGraph.from_rates({("A", "B"): oo}), "oo|inf"),
    "float infinity": (lambda: ns.StateGraph.from_rates({("A", "B"): float("inf")}), "inf"),
    "nan": (lambda: ns.StateGraph.from_rates({("A", "B"): nan}), "nan"),
    "float nan": (lambda: ns.StateGraph.from_rates({("A", "B"): float("nan")}), "nan"),
    "complex": (lambda: ns.StateGraph.from_rates({("A", "B"): 1 + 2 * I}), "I"),
    "python complex": (lambda: ns.StateGraph.from_rates({("A", "B"): 1j}), "complex|1j"),
    "unknown sign": (
        lambda: ns.StateGraph.from_rates({("A", "B"): Symbol("k")}),
        "sign of the rate k of A->B cannot be known; declare k with",
    ),
    "difference": (
        lambda: ns.StateGraph.from_text("A -> B ; a - b"),
        "sign of the rate a - b of A->B cannot be known; pass assume",
    ),
    "negative symbol": (lambda: ns.StateGraph.from_text("A -> B ; -a"), "-a, which is negative"),
    "duplicate transition": (
        lambda: ns.StateGraph.from_text("A <-> B ; 1, 2 \n A -> B ; 3"),
        "A->B is given twice; add the two rates, or give each its own channel",
    ),
    "duplicate states": (
        lambda: ns.StateGraph.from_rate_matrix([[0, 1], [1, 0]], ["A", "A"]),
        "twice|label 'A'|self-loop",
    ),
    "two symbols of one name": (
        lambda: ns.StateGraph.from_rates(
            {("A", "B"): K, ("B", "A"): Symbol("k", positive=True, integer=True)}
        ),
        "k",
    ),
    "default name in use": (
        lambda: ns.StateGraph.from_text("A -> B \n B -> A ; k_A_B"),
        "k_A_B made for a transition without rates is already in use",
    ),
    "self-loop": (lambda: ns.StateGraph.from_text("A -> A ; 1"), "A->A is a self-loop"),
    "no text": (lambda: ns.StateGraph.from_text(5), "from_text takes a text, got int"),
    "no mapping": (lambda: ns.StateGraph.from_rates([1]), "from_rates takes a mapping, got list"),
    "one row": (lambda: ns.StateGraph.from_rate_matrix([1, 2]), "a rate matrix is a list of rows"),
    "nan in a matrix": (
        lambda: ns.StateGraph.from_rate_matrix(np.array([[0, np.nan], [1, 0]])),
        r"entry \[0, 1\]: nan is not a finite real number",
    ),
    "bad text in rates": (
        lambda: ns.StateGraph.from_rates({("A", "B"): "k +"}),
        "the rate of A->B: .* at character",
    ),
    "not square": (
        lambda: ns.StateGraph.from_rate_matrix([[0, 1, 2], [1, 0, 3]]),
        "square, got 2 rows of lengths",
    ),
    "labels": (lambda: ns.StateGraph.from_rate_matrix([[0, 1], [1, 0]], ["A"]), "1 labels"),
    "diagonal": (
        lambda: ns.StateGraph.from_rate_matrix([[-1, 1], [1, -1]]),
        r"diagonal entry \[0, 0\] is -1, wanted 0",
    ),
    "empty": (lambda: ns.StateGraph.from_text("# nothing"), "an empty graph has no steady state"),
    "one state": (lambda: ns.StateGraph.from_rate_matrix([[0]]), "one state"),
    "undirected": (lambda: ns.StateGraph.from_networkx(nx.Graph([(1, 2)])), "DiGraph"),
    "no attribute": (
        lambda: ns.StateGraph.from_networkx(nx.DiGraph([(1, 2)])),
        "edge 1 -> 2 has no attribute 'rate'",
    ),
    "no dwell": (lambda: ns.StateGraph.from_counts([[0, 1], [1, 0]]), "MarkovChain"),
    "bad dwell": (lambda: ns.StateGraph.from_counts([[0, 1], [1, 0]], dwell=[1, 0]), "positive"),
    "no arrow": (lambda: ns.StateGraph.from_text("A B ; 1"), "line 1: expected 'A <-> B ; k, kr'"),
    "one rate": (
        lambda: ns.StateGraph.from_text("A -> B ; 1\nB <-> A ; 1"),
        "line 2: '<->' takes two rates",
    ),
    "no state": (lambda: ns.StateGraph.from_text("A <-> ; 1, 2"), "a state is missing"),
    "code": (
        lambda: ns.StateGraph.from_text("A -> B ; __import__('os').system('id')"),
        "not allowed|not understood|import|expected",
    ),
    "hostile": (lambda: ns.StateGraph.from_text("A -> B ; " + "(" * 200_000), "200009 characters"),
    "unknown energy": (
        lambda: ns.StateGraph.from_text("A <-> B ; 1, 1").with_energies({"A": 0, "C": 1}),
        "unknown state 'C'",
    ),
    "missing energy": (
        lambda: ns.StateGraph.from_text("A <-> B ; 1, 1").with_energies({"A": 0}),
        "no energy for B",
    ),
    "unknown channel": (
        lambda: ns.StateGraph.from_text("A <-> B ; 1, 1").with_energies(
            {"A": 0, "B": 1}, drive={"hot": 1}
        ),
        "unknown channel or transition 'hot'",
    ),
    "particles": (
        lambda: ns.StateGraph.from_text("A <-> B ; 1, 1").with_energies(
            {"A": 0, "B": 1}, mu={"A->B": 1}
        ),
        "give particles",
    ),
    "unknown name in subs": (
        lambda: ns.StateGraph.from_text("A <-> B ; a, b").subs({"c": 1}),
        "c",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_says_what_is_wrong(case):
    make, message = BAD[case]
    with pytest.raises(ns.NessError, match=message):
        make()


def test_zero_rate_is_dropped_and_said():
    with pytest.warns(ns.NessWarning, match=r"rate zero means no transition; dropped A->B"):
        g = ns.StateGraph.from_text("A <-> B ; 0, 2")
    assert rates(g) == {"B->A": (2, 0)}


def test_assume_makes_an_undecidable_sign_known_and_kernels_check_it():
    g = ns.StateGraph.from_text("A <-> B ; f, 1 - f", assume=["1 - f"])
    kernel = ns.compile(ns.steady_state(g).state)
    assert kernel(f=0.25)["B"] == 0.25
    with pytest.raises(ns.ParameterError):
        kernel(f=1.5)


def test_tables_and_sparse_matrices_are_matrices():
    rates = [[0.0, 1.0], [2.0, 0.0]]
    table = pandas.DataFrame(rates, index=["A", "B"], columns=["A", "B"])
    plain = ns.StateGraph.from_rate_matrix(rates)
    assert ns.StateGraph.from_rate_matrix(scipy.sparse.csr_array(rates)).transitions == (
        plain.transitions
    )
    assert [t.label for t in ns.StateGraph.from_rate_matrix(table).transitions] == ["A->B"]
    assert ns.StateGraph.from_rate_matrix(table, states=["x", "y"]).states == ("x", "y")
    assert ns.MarkovChain.from_counts(table).states == ("A", "B")
    with pytest.raises(ns.ModelError, match="rows and columns of the table stand in different"):
        ns.StateGraph.from_rate_matrix(table.loc[["B", "A"]])
