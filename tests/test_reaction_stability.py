"""Stability as inequalities in symbols, against eigenvalues for numbers."""

import random
from fractions import Fraction

import pytest
from sympy import symbols

import nesssym as ns
from nesssym.exact.rational import equal

BRUSSELATOR = "A -> X ; k1 \n B + X -> Y ; k2 \n 2 X + Y -> 3 X ; k3 \n X -> 0 ; k4"
OREGONATOR = """
    A + Y -> X + P ; k1
    X + Y -> 2 P ; k2
    A + X -> 2 X + 2 Z ; k3
    2 X -> A + P ; k4
    B + 2 Z -> Y ; v = k5*B*Z
"""
REVERSIBLE = "A <-> X \n B + X <-> Y + D \n 2 X + Y <-> 3 X \n X <-> F"
TOGGLE = "0 -> X ; v = k*K/(K + Y) \n X -> 0 ; d \n 0 -> Y ; v = k*K/(K + X) \n Y -> 0 ; d"
MODELS = {
    "brusselator": (BRUSSELATOR, ["A", "B"]),
    "reversible": (REVERSIBLE, ["A", "B", "D", "F"]),
    "oregonator": (OREGONATOR, ["A", "B", "P"]),
    "toggle": (TOGGLE, []),
}


def network(name):
    return ns.ReactionNetwork.from_text(*MODELS[name])


def test_the_brusselator_as_prigogine_and_lefever_have_it():
    conditions = ns.stability_conditions(ns.steady_state(network("brusselator")))
    k1, k2, k3, k4, A, B = symbols("k1 k2 k3 k4 A B", positive=True)
    assert conditions.labels == ("a1",)
    assert equal(conditions["a1"], k4 + k3 * (A * k1 / k4) ** 2 - B * k2)


def test_conditions_of_a_network_are_in_the_concentrations():
    r = ns.ReactionNetwork.from_text("A + 2 X <-> 3 X \n B <-> X", ["A", "B"])
    k1, k1r, k2r, A, X = symbols("k1 k1r k2r A X", positive=True)
    assert ns.stability_conditions(r)["a1"] == k2r - 2 * A * k1 * X + 3 * k1r * X**2


@pytest.mark.parametrize("name", MODELS)
def test_the_conditions_decide_as_the_eigenvalues_do(name):
    """At random rates over two decades, stable and unstable states alike."""
    rng = random.Random(7)
    r = network(name)
    conditions = ns.stability_conditions(ns.steady_state(r))
    seen = set()
    for _ in range(12):
        values = {s.name: Fraction(10) ** rng.randint(-1, 1) * rng.randint(1, 9) for s in r.symbols}
        ss = ns.steady_state(r, values=values)
        inside = {s.name for s in conditions.symbols}
        found = conditions.at({k: v for k, v in values.items() if k in inside})
        verdict = "stable" if all(float(x) > 0 for x in found.values()) else "unstable"
        assert verdict == ss.stability
        seen.add(verdict)
    assert seen == ({"stable"} if name == "toggle" else {"stable", "unstable"})


def test_an_oscillation_begins_where_a1_vanishes():
    """Where the Brusselator begins to oscillate a2 stays positive, so that it is not named."""
    r = network("brusselator").subs(dict.fromkeys(("k1", "k2", "k3", "k4", "A"), 1))
    conditions = ns.stability_conditions(ns.steady_state(r))
    assert conditions.labels == ("a1",)
    assert conditions.at({"B": 2}) == {"a1": 0}


def test_what_is_always_stable_needs_no_condition():
    mm = ns.ReactionNetwork.from_text("E + S <-> ES \n ES <-> E + P", ["S", "P"])
    assert ns.stability_conditions(ns.steady_state(mm)).labels == ()


def test_a_centre_is_never_stable():
    r = ns.ReactionNetwork.from_text("A + X -> 2 X \n X + Y -> 2 Y \n Y -> 0", ["A"])
    assert dict(ns.stability_conditions(ns.steady_state(r))) == {"a1": 0}


def test_conditions_compile():
    r = network("oregonator")
    kernel = ns.compile(ns.stability_conditions(ns.steady_state(r)))
    point = {"k1": 1.28, "k2": 2.4e6, "k3": 33.6, "k4": 3e3, "k5": 1.0, "A": 0.06, "B": 0.02}
    assert kernel(**point)["H2"] < 0


def test_conditions_too_long_are_refused():
    sites = "\n".join(
        f"S{i} + E <-> ES{i} \n ES{i} -> S{j} + E \n S{j} + F <-> FS{i} \n FS{i} -> S{i} + F"
        for i, j in ((0, 1), (1, 2))
    )
    with pytest.raises(ns.TooLargeError, match="the conditions of stability would have some"):
        ns.stability_conditions(ns.ReactionNetwork.from_text(sites))


def test_symbols_have_no_eigenvalues():
    with pytest.raises(ns.ModelError, match="stability_conditions tells when it is stable"):
        _ = ns.steady_state(network("brusselator")).stability
    with pytest.raises(ns.ModelError, match="wanted a ReactionSteadyState, got str"):
        ns.stability_conditions("X")
