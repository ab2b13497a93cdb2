"""Counting weights, joint cumulants, characteristic polynomials and their symmetry."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Matrix, Rational, Symbol, diff, log

import nesssym as ns
from nesssym.exact.rational import equal
from nesssym.fluctuations import symmetry
from tests.compare import same_log
from tests.models import SMALL, multigraphs, symbolic

q = Symbol("q", real=True)
WEIGHTS = st.integers(-3, 3)


@st.composite
def counted(draw, graph):
    """Random counts: some one number, some a pair, some time in states."""
    counts = {}
    for t in graph.transitions:
        counts[t.label] = draw(st.one_of(WEIGHTS, st.tuples(WEIGHTS, WEIGHTS)))
    for s in graph.states:
        counts[s] = draw(WEIGHTS)
    return counts


def taylor(graph, counts, order):
    """Cumulants by differentiating the determinant: another way altogether."""
    tilted = ns.tilted_generator(graph, counts)
    n = tilted.rows
    x = Symbol("x")
    determinant = (tilted - x * tilted.eye(n)).det(method="berkowitz").expand()
    c = [Symbol(f"c{k}") for k in range(1, order + 1)]
    root = sum(ck * q**k / Integer(_factorial(k)) for k, ck in enumerate(c, 1))
    found = {}
    for k, ck in enumerate(c, 1):
        equation = diff(determinant.subs(x, root), q, k).subs(q, 0).subs(found).expand()
        slope, rest = equation.coeff(ck, 1), equation.coeff(ck, 0)
        found[ck] = -rest / slope
    return [found[ck] for ck in c]


def _factorial(k):
    return 1 if k < 2 else k * _factorial(k - 1)


@given(st.data())
@settings(max_examples=12, deadline=None)
def test_cumulants_of_any_counts_solve_the_characteristic_equation(data):
    graph = data.draw(multigraphs(max_states=3, one_way=True))
    counts = data.draw(counted(graph))
    found = ns.cumulants(graph, counts, order=3).at({})
    assert list(found.values()) == taylor(graph, counts, 3)


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_joint_cumulants_are_multilinear(data):
    """Cumulants of a sum of two quantities are sums of joint cumulants."""
    graph = data.draw(multigraphs(max_states=4, one_way=True))
    a, b = data.draw(counted(graph)), data.draw(counted(graph))
    joint = ns.joint_cumulants(graph, {"a": a, "b": b}, order=3).at({})
    both = {
        k: tuple(x + y for x, y in zip(_pair(graph, a, k), _pair(graph, b, k), strict=True))
        if k not in graph.states
        else a[k] + b[k]
        for k in a
    }
    found = ns.cumulants(graph, both, order=3).at({})
    assert found["c1"] == joint["a"] + joint["b"]
    assert found["c2"] == joint["a,a"] + 2 * joint["a,b"] + joint["b,b"]
    assert found["c3"] == joint["a,a,a"] + 3 * joint["a,a,b"] + 3 * joint["a,b,b"] + joint["b,b,b"]


def _pair(graph, counts, label):
    value = counts[label]
    return value if isinstance(value, tuple) else (value, -value)


@given(multigraphs(max_states=5))
@settings(max_examples=25, deadline=None)
def test_covariance_matrix_is_positive_semidefinite(graph):
    names = [t.label for t in graph.transitions][:4]
    found = ns.joint_cumulants(graph, {str(i): {name: 1} for i, name in enumerate(names)}).at({})
    n = len(names)
    c = Matrix(n, n, lambda i, j: found[f"{min(i, j)},{max(i, j)}"])
    assert c.is_positive_semidefinite


@given(multigraphs(max_states=5))
@settings(max_examples=25, deadline=None)
def test_entropy_given_away_is_the_entropy_production(graph):
    mean = ns.cumulants(graph, ns.entropy_counts(graph), order=1)["c1"]
    assert same_log(mean, ns.entropy_production(ns.steady_state(graph))["sigma"])


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_only_what_cycles_count_matters(data):
    graph = data.draw(multigraphs(max_states=5, one_way=True))
    counts = data.draw(counted(graph))
    found = ns.cumulants(graph, counts, order=3).at({})
    assert ns.cumulants(graph, ns.chord_counts(graph, counts), order=3).at({}) == found


@given(multigraphs(max_states=4))
@settings(max_examples=25, deadline=None)
def test_symmetry_of_all_chords_and_of_the_entropy(graph):
    chords = [c.transitions[0][0] for c in ns.cycles(graph)]
    if not chords:
        with pytest.raises(ns.ModelError, match="has no cycle"):
            ns.gallavotti_cohen(graph)
        return
    found = ns.gallavotti_cohen(graph)
    assert found
    assert all(
        same_log(a, b) for a, b in zip(found.shift.exprs, ns.affinities(graph).exprs, strict=True)
    )
    if not ns.is_equilibrium(graph):
        assert ns.gallavotti_cohen(graph, ns.entropy_counts(graph)).shift["shift"] == 1


@given(multigraphs(max_states=4))
@settings(max_examples=25, deadline=None)
def test_a_symmetry_found_is_one_of_the_eigenvalue_and_one_refused_is_none(graph):
    counts = {graph.transitions[-1].label: 1}
    try:
        found = ns.gallavotti_cohen(graph, counts)
    except ns.ModelError:
        assert ns.cumulants(graph, counts, order=2).at({}) == {"c1": 0, "c2": 0}
        return
    a = ns.characteristic_polynomial(graph, counts)
    c = ns.cumulants(graph, counts).at({})
    if found:
        shift = found.shift["shift"]
        for k in a:
            gap = a[k].subs(q, Rational(1, 3)) - a[k].subs(q, -shift - Rational(1, 3))
            assert abs(gap.evalf(30)) < 1e-20 * abs(a[k].subs(q, 1).evalf()) + 1e-20
    else:
        assert c["c1"] != 0 or c["c2"] != 0


def test_symmetry_of_the_cube_with_every_rate_a_symbol():
    cube = SMALL["cube"]()
    found = ns.gallavotti_cohen(cube)
    assert found
    assert found.identities == 34
    one = ns.gallavotti_cohen(cube, {cube.transitions[0].label: 1})
    assert not one
    assert "makes entropy" in str(one)


def test_symmetry_with_a_drive_in_symbols():
    ring = ns.StateGraph.from_text("A <-> B ; a, 1 \n B <-> C ; b, 1 \n C <-> A ; c, 1")
    driven = ring.with_energies({"A": 0, "B": "E", "C": 1}, drive={"C->A": "f"})
    found = ns.gallavotti_cohen(driven, {"A->B": "1/2"})
    assert equal(found.shift["shift"], 2 * ns.affinities(driven).exprs[0])


def test_every_two_state_system_has_a_symmetry_though_its_cycles_differ():
    g = ns.StateGraph.from_text("x: A <-> B ; 1, 1 \n y: A <-> B ; 2, 1 \n z: A <-> B ; 5, 1")
    found = ns.gallavotti_cohen(g, {"A->B/y": 1})
    assert found
    assert found.shift["shift"] == log(Rational(2, 3))
    assert "although" in str(found)


def test_characteristic_polynomial_is_that_of_the_tilted_generator():
    graph = symbolic(nx.complete_graph(3))
    counts = {"0->1": "1/2", "1->2": (1, 1), "0": 2, "2": "x"}
    a = ns.characteristic_polynomial(graph, counts, q)
    x = Symbol("lambda")
    tilted = ns.tilted_generator(graph, counts, q)
    determinant = (x * tilted.eye(3) - tilted).det(method="berkowitz").expand()
    for k in range(4):
        assert (determinant.coeff(x, k) - a[f"a{k}"]).expand() == 0


def test_weights_in_the_symbols_of_the_model_and_in_others():
    g = SMALL["two states"]()
    c = ns.cumulants(g, {"A->B": (1, 0), "A": "a*w1"}, order=2)
    assert set(map(str, c.symbols)) == {"a", "b", "w1"}
    assert equal(
        c["c1"],
        ns.cumulants(g, {"A->B": (1, 0)}, order=1)["c1"] * (1 + Symbol("w1", positive=True)),
    )


def test_transient_states_count_nothing():
    g = ns.StateGraph.from_text("T -> A ; 3 \n A <-> B ; 1, 2")
    with pytest.warns(ns.NessWarning, match="transient"):
        found = ns.cumulants(g, {"T->A": 1, "T": 5, "A->B": (1, 1)}, order=2).at({})
    alone = ns.StateGraph.from_text("A <-> B ; 1, 2")
    assert found == ns.cumulants(alone, {"A->B": (1, 1)}, order=2).at({})


def test_one_way_transitions_count_forwards_only():
    g = ns.StateGraph.from_text("A -> B ; 2 \n back: B -> A ; 3")
    assert ns.cumulants(g, ns.activity_counts(g), order=1)["c1"] == Rational(12, 5)


def numbers(graph):
    model = symbolic(graph)
    return model.subs({s: i + 1 for i, s in enumerate(model.symbols)})


CHAIN = ns.gallery.load("enso").model


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda g: ns.cumulants(g, {"A->Z": 1}), "unknown transition 'A->Z'"),
        (lambda g: ns.cumulants(g, {"A->B": (1, 2, 3)}), "give one number, or two"),
        (lambda g: ns.cumulants(g, "A->B"), "counts are a mapping"),
        (lambda g: ns.cumulants(g, {"A->B": float("nan")}), "not a finite real number"),
        (lambda g: ns.cumulants(g, {"A->B": 1}, order=1.5), "order of a cumulant"),
        (lambda g: ns.joint_cumulants(g, {"x": {"A->B": 1}}, order=0), "order of a cumulant"),
        (lambda g: ns.joint_cumulants(g, {}), "no quantity is counted"),
        (
            lambda g: ns.joint_cumulants(g, {str(i): {"A": 1} for i in range(60)}, order=3),
            "39710 joint cumulants",
        ),
        (lambda g: ns.joint_cumulants(CHAIN, {"x": {}}), "a chain observed in steps"),
        (lambda g: ns.dispersion(CHAIN, {}), "a chain observed in steps"),
        (lambda g: ns.tilted_generator(CHAIN, {}), "a chain observed in steps"),
        (lambda g: ns.characteristic_polynomial(CHAIN, {}), "a chain observed in steps"),
        (lambda g: ns.gallavotti_cohen(CHAIN), "a chain observed in steps"),
        (lambda g: ns.gallavotti_cohen(g), "has no cycle"),
        (lambda g: ns.cumulants(g.generator(), {}), "need a StateGraph.*nesssym.master_equation"),
        (
            lambda g: ns.characteristic_polynomial(symbolic(nx.complete_graph(8)), {"0->1": 1}),
            "up to 16777216 terms.*nesssym.cumulants",
        ),
        (
            lambda g: ns.gallavotti_cohen(numbers(nx.complete_graph(9))),
            "up to 362880 terms.*take a smaller model",
        ),
        (
            lambda g: ns.characteristic_polynomial(numbers(nx.cycle_graph(15)), {"0->1": 1}),
            "15 states, more than 14",
        ),
        (
            lambda g: ns.gallavotti_cohen(
                ns.StateGraph.from_text("A -> B ; 1 \n B -> C ; 1 \n C -> A ; 1")
            ),
            "A->B, B->C, C->A goes one way only",
        ),
        (
            lambda g: ns.gallavotti_cohen(SMALL["two baths"](), {"g->e/hot": (1, 1)}),
            "the symmetry is one of currents",
        ),
        (
            lambda g: ns.entropy_counts(ns.StateGraph.from_text("A -> B ; 1")),
            "goes one way only",
        ),
    ],
)
def test_bad_calls(ask, message):
    with pytest.raises(ns.NessError, match=message):
        ask(SMALL["two states"]())


def test_a_planted_fault_is_seen(monkeypatch):
    """With affinities of the wrong sign the coefficients do not agree."""
    honest = symmetry._ratio
    monkeypatch.setattr(symmetry, "_ratio", lambda *args: honest(*args)[::-1])
    with pytest.raises(ns.NessError, match="not shown to agree"):
        ns.gallavotti_cohen(SMALL["diamond"]())


def test_fourth_order_in_a_machine_of_eight_states_is_a_short_program():
    """Every rate a symbol: nothing large is built, and a kernel and a rational point agree."""
    machine = ns.gallery.load("emre").model
    found = ns.cumulants(machine, {machine.transitions[0].label: 1}, order=4)
    assert len(found.steps) < 400
    assert sum(expr.count_ops() for _, expr in found.steps) < 2_000
    values = {s.name: i % 7 + 1 for i, s in enumerate(machine.symbols)}
    exact = found.at(values)
    numbers = ns.compile(found)(**values)
    for label, value in exact.items():
        assert numbers[label] == pytest.approx(float(value), rel=1e-10)


def test_the_mean_keeps_its_digits_near_equilibrium():
    """It is the net current, which vanishes with the drive down to the last digit."""
    ring = ns.StateGraph.from_text("A <-> B ; a, 1 \n B <-> C ; b, 1 \n C <-> A ; c, 1")
    driven = ring.with_energies({"A": 0, "B": "E", "C": 1}, drive={"C->A": "f"})
    kernel = ns.compile(ns.cumulants(driven, {"A->B": 1}))
    rates = {"a": 2.0, "b": 3.0, "c": 0.5, "E": 1.5}
    small, tiny = (kernel(**rates, f=f)["c1"] / f for f in (1e-14, 1e-200))
    assert small == pytest.approx(tiny, rel=1e-12)


def test_nothing_counted_is_an_error_everywhere():
    g = ns.StateGraph.from_text("A <-> B ; 1, 2 \n B <-> C ; 1, 1 \n C <-> A ; 1, 3")
    ss = ns.steady_state(g)
    for ask in (
        lambda: ns.cumulants(g, {}),
        lambda: ns.joint_cumulants(g, {"a": {"A->B": 1}, "b": {}}),
        lambda: ns.dispersion(g, {}),
        lambda: ns.noise_spectrum(g, {}),
        lambda: ns.scgf(g, {}, 1),
        lambda: ns.rate_function(g, {}, 1),
        lambda: ns.time_averages(g, {"a": {}}),
        lambda: ns.response(ss, {}),
        lambda: ns.fluctuation_response(ss, {}),
        lambda: ns.response_uncertainty(ss, {}),
        lambda: ns.thermodynamic_uncertainty_relation(ss, {}),
        lambda: ns.gallavotti_cohen(g, {}),
    ):
        with pytest.raises(ns.ModelError, match=r"nothing is counted; name at least one"):
            ask()
    assert ns.chord_counts(g, {"A->B": 1, "B->C": -1}) == {"A->B": 0}
    assert ns.cumulants(g, {"A->B": 0}).at({}) == {"c1": 0, "c2": 0}


def test_the_reason_of_a_symmetry_is_that_of_its_cycles():
    text = "A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2 \n x: A <-> B ; {}, {}"
    ring = "every cycle makes the same entropy per unit of what is counted"
    found = ns.gallavotti_cohen(ns.StateGraph.from_text(text.format(4, 2)), {"B->C": 2})
    assert found.reason == ring
    assert same_log(found.shift["shift"], log(15) / 2)
    # The cycle of both channels makes log 15 too, and counts as much.
    double = ns.StateGraph.from_text(text.format(30, 1))
    assert ns.gallavotti_cohen(double, {"B->C": 1, "A->B/x": 1}).reason == ring


def test_diffusion_is_half_the_second_cumulant():
    g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    c = ns.cumulants(g, {"A->B": 3}).at({})
    found = ns.dispersion(g, {"A->B": 3}).at({})
    assert found == {"mean": c["c1"], "diffusion": c["c2"] / 2, "fano": c["c2"] / c["c1"]}
