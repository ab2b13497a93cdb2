"""Complex balance: conditions on rate constants against the states that they promise."""

from __future__ import annotations

import pytest
from sympy import Mul, Rational, symbols

import nesssym as ns
from nesssym.exact.rational import equal
from tests import katex

ONE_WAY = "2 A -> A + B ; a \n A + B -> 2 B ; b \n 2 B -> 2 A ; c"
TWO_CLASSES = "A <-> B ; a, b \n 2 A <-> 2 B ; c, d"
SQUARE = """
    2 A <-> A + B ; k12, k21
    A + B <-> 2 B ; k23, k32
    2 B <-> 2 A ; k31, k13
"""


def network(text, held=()):
    return ns.ReactionNetwork.from_text(text, held)


def test_tree_constants_are_those_of_craciun_and_others():
    """Their first example: three complexes, all joined; K_1 K_3 = K_2^2."""
    K = ns.tree_constants(network(SQUARE))
    k12, k21, k23, k32, k31, k13 = symbols("k12 k21 k23 k32 k31 k13", positive=True)
    assert equal(K["2 A"], k21 * k31 + k32 * k21 + k23 * k31)
    assert equal(K["A + B"], k12 * k32 + k13 * k32 + k12 * k31)
    assert equal(K["2 B"], k13 * k23 + k21 * k13 + k12 * k23)
    (condition,) = ns.complex_balance_conditions(network(SQUARE))
    assert equal(condition.lhs, K["2 A"] * K["2 B"])
    assert equal(condition.rhs, K["A + B"] ** 2)
    katex.check(K.latex())


@pytest.mark.parametrize("text", [ONE_WAY, TWO_CLASSES, SQUARE, "A <-> B \n 0 <-> A \n B -> 0"])
def test_there_are_as_many_conditions_as_the_deficiency(text):
    r = network(text)
    assert len(ns.complex_balance_conditions(r)) == r.deficiency


def test_detailed_balance_is_complex_balance_of_pairs():
    (condition,) = ns.complex_balance_conditions(network(TWO_CLASSES))
    a, b, c, d = symbols("a b c d", positive=True)
    assert equal(condition.lhs / condition.rhs, a**2 * d / (b**2 * c)) or equal(
        condition.rhs / condition.lhs, a**2 * d / (b**2 * c)
    )


@pytest.mark.parametrize(("c", "balanced"), [(4, True), (5, False)])
def test_every_complex_is_balanced_where_the_condition_holds(c, balanced):
    """What flows into a complex flows out of it, or not."""
    r = network(ONE_WAY).subs({"a": 1, "b": 2, "c": c})
    (ss,) = ns.steady_states(r, {"A": 3})
    at = {s: ss[s] for s in r.internal}
    net = dict.fromkeys(r.complexes, 0)
    for source, target, rate in r.complex_graph.edges(data="rate"):
        flow = rate * Mul(*(at[s] ** n for s, n in source.terms))
        net[source] -= flow
        net[target] += flow
    assert all(abs(float(x)) < 1e-12 for x in net.values()) is balanced
    (condition,) = ns.complex_balance_conditions(r) or [True]
    assert (condition is True) is balanced


def test_what_chemostats_hold_is_in_the_constants():
    r = network("A + X <-> 2 X ; k1, k2 \n X <-> B ; k3, k4 \n B <-> A", {"A": 2, "B": 3})
    K = ns.tree_constants(r)
    assert K.symbols
    assert all(Rational(x.subs(dict.fromkeys(K.symbols, 1))) > 0 for x in K.values())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A -> B", "not weakly reversible"),
        ("A <-> B ; v = V*A/(K + A), V*B/(K + B)", "of mass action"),
    ],
)
def test_networks_without_complex_balance(text, message):
    for ask in (ns.tree_constants, ns.complex_balance_conditions):
        with pytest.raises(ns.ModelError, match=message):
            ask(network(text))


def test_too_many_trees():
    states = [f"X{i}" for i in range(9)]
    text = "\n".join(f"{a} <-> {b}" for i, a in enumerate(states) for b in states[:i])
    with pytest.raises(ns.TooLargeError, match="more than 20,000 spanning trees"):
        ns.tree_constants(network(text))
