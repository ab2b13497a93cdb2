"""Models and Hypothesis strategies that many tests share."""

from __future__ import annotations

from fractions import Fraction

import networkx as nx
from hypothesis import strategies as st

import nesssym as ns


def symbolic(graph: nx.Graph) -> ns.StateGraph:
    """A reversible state graph of an undirected graph, every rate a symbol of its own."""
    plain = nx.convert_node_labels_to_integers(graph)
    return ns.StateGraph.from_rates(
        {pair: f"k_{pair[0]}_{pair[1]}" for i, j in plain.edges for pair in ((i, j), (j, i))}
    )


def ring(n: int) -> ns.StateGraph:
    return symbolic(nx.cycle_graph(n))


SMALL = {
    "two states": lambda: ns.StateGraph.from_text("A <-> B ; a, b"),
    "ring 3": lambda: ring(3),
    "ring 6": lambda: ring(6),
    "K4": lambda: symbolic(nx.complete_graph(4)),
    "diamond": lambda: symbolic(nx.Graph([(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)])),
    "two baths": lambda: ns.StateGraph.from_text("hot: g <-> e ; a, b \n cold: g <-> e ; c, d"),
    "cube": lambda: symbolic(nx.hypercube_graph(3)),
    "tail": lambda: ns.StateGraph.from_text(
        "A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f \n C <-> D ; g, h"
    ),
}

RATES = st.builds(Fraction, st.integers(1, 40), st.integers(1, 40))


@st.composite
def multigraphs(draw, max_states=6, one_way=False):
    """Connected random multigraphs with rational rates, parallel named channels included."""
    n = draw(st.integers(2, max_states))
    bonds = [(draw(st.integers(0, i - 1)), i, "") for i in range(1, n)]
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] != p[1])
    for number, (i, j) in enumerate(draw(st.lists(pairs, max_size=5))):
        bonds.append((i, j, f"c{number}"))
    rates = {}
    for i, j, channel in bonds:
        rates[i, j, channel] = draw(RATES)
        if not (one_way and channel and draw(st.booleans())):
            rates[j, i, channel] = draw(RATES)
    return ns.StateGraph.from_rates(rates, states=range(n))


def random_values(model, rng, low=1, high=40):
    """Random rational values of a model's symbols."""
    return {s: Fraction(rng.randint(low, high), rng.randint(low, high)) for s in model.symbols}


# Two phosphates, put on and taken off again by two enzymes.
FUTILE = """
    S0 + E <-> ES0 ; 10, 1
    ES0 -> S1 + E ; 1
    S1 + E <-> ES1 ; 10, 1
    ES1 -> S2 + E ; 10
    S2 + F <-> FS2 ; 100, 1
    FS2 -> S1 + F ; 1
    S1 + F <-> FS1 ; 10, 1
    FS1 -> S0 + F ; 10
"""
