"""Uncertainty relations: reference values, theorems, equality where it is claimed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import Matrix, Rational, coth, log, tanh

import nesssym as ns
from nesssym.exact.rational import equal
from tests.models import SMALL, multigraphs, ring
from tests.reference import CASES, model


def steady(case):
    return ns.steady_state(model(case))


def test_e19_products():
    ss = steady("E19")
    thermodynamic = ns.thermodynamic_uncertainty_relation(ss, {"1->2": 1})
    kinetic = ns.kinetic_uncertainty_relation(ss, {"1->2": 1})
    tur, k, _ = CASES["E19"]["decimal"]
    assert str((2 * thermodynamic.at({})["ratio"]).evalf(30)) == tur
    assert str(kinetic.upper.evalf(30)) == k
    assert kinetic.at({})["ratio"] == Rational(CASES["E19"]["exact"][2])


def test_e05_a_uniform_ring_reaches_the_unicycle_bound():
    ss = steady("E05")
    bound = ns.unicycle_bound(ss, {"0->1": 1})
    assert abs(bound.at({})["ratio"].evalf(40) - 1) < 1e-38
    product = 2 * ns.thermodynamic_uncertainty_relation(ss, {"0->1": 1}).at({})["ratio"]
    assert str(product.evalf(30)) == CASES["E05"]["decimal"][2]
    a = log(Rational(9, 4))
    assert abs((product - a * coth(a / 2)).evalf(40)) < 1e-38


def test_unicycle_bound_in_symbols():
    bound = ns.unicycle_bound(ns.steady_state(ring(3)), {"0->1": 1})
    assert bound.upper.has(tanh)
    values = dict(zip(bound.sides.symbols, range(2, 8), strict=True))
    (affinity,) = ns.affinities(ring(3)).exprs
    wanted = (3 * tanh(affinity / 6)).subs(values) * ns.steady_state(ring(3)).currents.at(values)[
        "0->1"
    ]
    assert abs((bound.sides.at(values)["upper"] - wanted).evalf(40)) < 1e-38
    assert bound.holds(values)


def test_one_way_cycle_reaches_one_over_n():
    g = ns.StateGraph.from_text("A -> B ; k \n B -> C ; k \n C -> A ; k")
    bound = ns.unicycle_bound(ns.steady_state(g), {"A->B": 2})
    assert bound.at({"k": 5})["ratio"] == 1
    assert bound.at({"k": 5})["lower"] == 5
    against = ns.StateGraph.from_text("A -> B ; k \n B -> C ; k \n A <-> C ; 1, 2*k")
    assert ns.unicycle_bound(ns.steady_state(against), {"A->B": 2}).holds({"k": 5})


def test_a_poisson_process_reaches_the_kinetic_bound():
    g = ns.StateGraph.from_text("A <-> B ; 1, 2 \n B <-> C ; 1, 2 \n C <-> A ; 1, 2")
    bound = ns.kinetic_uncertainty_relation(ns.steady_state(g), ns.activity_counts(g))
    assert bound.at({}) == {"lower": 3, "upper": 3, "ratio": 1}


WEIGHTS = st.integers(-3, 3)


@st.composite
def driven(draw):
    """A graph with a cycle and a current that some cycle carries."""
    graph = draw(multigraphs(max_states=5))
    assume(ns.cycles(graph))
    counts = {t.label: draw(WEIGHTS) for t in graph.transitions}
    assume(any(ns.chord_counts(graph, counts).values()))
    return graph, counts


@given(driven())
@settings(max_examples=40, deadline=None)
def test_all_bounds_hold_and_are_ordered(pair):
    graph, counts = pair
    ss = ns.steady_state(graph)
    best = ns.best_current_bound(ss, counts)
    pseudo = ns.pseudo_entropy_bound(ss, counts)
    thermodynamic = ns.thermodynamic_uncertainty_relation(ss, counts)
    kinetic = ns.kinetic_uncertainty_relation(ss, counts)
    bounds = [best, pseudo, thermodynamic, kinetic]
    if len(ns.cycles(graph)) == 1:
        bounds.append(ns.unicycle_bound(ss, counts))
    assert all(bound.holds({}) for bound in bounds)
    assert len({bound.lower for bound in bounds}) == 1
    chain = [best.upper, pseudo.upper, thermodynamic.upper]
    for a, b in itertools.pairwise(chain):
        assert (b - a).evalf(30) >= -1e-25 * abs(b.evalf())
    assert pseudo.upper <= kinetic.upper


@given(driven())
@settings(max_examples=15, deadline=None)
def test_the_best_current_is_as_good_as_it_says(pair):
    graph, _ = pair
    ss = ns.steady_state(graph)
    found = ns.best_current(ss).at({})
    precision = found.pop("precision")
    if precision == 0:
        assert set(ss.currents.at({}).values()) == {0}
        return
    c = ns.cumulants(graph, found).at({})
    assert c["c1"] ** 2 / c["c2"] == precision == c["c1"]


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_kinetic_bound_holds_for_jumps_either_way(data):
    graph = data.draw(multigraphs(max_states=4, one_way=True))
    counts = {t.label: data.draw(st.tuples(WEIGHTS, WEIGHTS)) for t in graph.transitions}
    c = ns.cumulants(graph, counts).at({})
    assume(c["c2"] != 0)
    try:
        bound = ns.kinetic_uncertainty_relation(ns.steady_state(graph), counts)
    except ns.ModelError:
        return
    assert bound.holds({})


def test_best_current_in_symbols():
    g = SMALL["two baths"]()
    found = ns.best_current(ns.steady_state(g))
    c = ns.cumulants(g, {"g->e/cold": 1})
    assert equal(found["precision"], c["c1"] ** 2 / c["c2"])
    assert equal(found["g->e/cold"], c["c1"] / c["c2"])


def test_covariance_of_chords_gives_the_best_current():
    g = SMALL["diamond"]().subs({s: i + 2 for i, s in enumerate(SMALL["diamond"]().symbols)})
    chords = [c.transitions[0][0] for c in ns.cycles(g)]
    c = ns.joint_cumulants(g, {x: {x: 1} for x in chords}).at({})
    a, b = chords
    matrix = Matrix([[c[f"{a},{a}"], c[f"{a},{b}"]], [c[f"{a},{b}"], c[f"{b},{b}"]]])
    j = Matrix([c[a], c[b]])
    assert ns.best_current(ns.steady_state(g)).at({})["precision"] == (j.T * matrix.inv() * j)[0]


def test_transient_states_take_no_part():
    g = ns.StateGraph.from_text("T -> A ; 3 \n x: A <-> B ; 1, 2 \n y: A <-> B ; 5, 2")
    with pytest.warns(ns.NessWarning, match="transient"):
        ss = ns.steady_state(g)
    with pytest.warns(ns.NessWarning, match="transient"):
        bound = ns.best_current_bound(ss, {"A->B/x": 1})
    assert bound.at({})["ratio"] == 1
    live = ns.StateGraph.from_text("x: A <-> B ; 1, 2 \n y: A <-> B ; 5, 2")
    alone = ns.pseudo_entropy_bound(ns.steady_state(live), {"A->B/x": 1})
    with pytest.warns(ns.NessWarning, match="transient"):
        assert ns.pseudo_entropy_bound(ss, {"A->B/x": 1}).at({}) == alone.at({})


CHAIN = ns.steady_state(ns.gallery.load("enso").model)
TREE = ns.steady_state(SMALL["two states"]())
ONE_WAY = ns.steady_state(ns.StateGraph.from_text("A -> B ; 1 \n B -> C ; 1 \n C -> A ; 1"))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: ns.thermodynamic_uncertainty_relation(TREE, {"A->B": (1, 1)}), "one of currents"),
        (lambda: ns.pseudo_entropy_bound(TREE, {"A": 1}), "one of currents"),
        (lambda: ns.thermodynamic_uncertainty_relation(TREE, {"A->B": 1}), "no cycle counts"),
        (lambda: ns.kinetic_uncertainty_relation(TREE, {"A": 1}), "count no time in states"),
        (lambda: ns.thermodynamic_uncertainty_relation(ONE_WAY, {"A->B": 1}), "goes one way only"),
        (lambda: ns.unicycle_bound(TREE, {"A->B": 1}), "has 0 independent cycles, wanted one"),
        (lambda: ns.best_current(TREE), "has no cycle"),
        (lambda: ns.best_current(CHAIN), "observed in steps"),
        (lambda: ns.kinetic_uncertainty_relation(CHAIN, {"N->E": 1}), "observed in steps"),
        (lambda: ns.unicycle_bound(ONE_WAY, {"A->Z": 1}), "unknown transition 'A->Z'"),
    ],
)
def test_bad_calls(ask, message):
    with pytest.raises(ns.NessError, match=message):
        ask()
