"""Splits of the entropy production: reference values, theorems, bad input."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Add, Matrix, Rational, log

import nesssym as ns
from nesssym.exact.rational import equal
from tests.compare import digits, same_log
from tests.models import SMALL, multigraphs, random_values
from tests.reference import CASES, exact, model


@st.composite
def placed(draw, **options):
    """A random multigraph and a random distribution over its states."""
    m = draw(multigraphs(**options))
    weights = [draw(st.integers(1, 30)) for _ in m.states]
    return m, {s: Fraction(w, sum(weights)) for s, w in zip(m.states, weights, strict=True)}


def test_d01_adiabatic_and_nonadiabatic():
    case = CASES["D01"]
    p = dict(zip("123", case["model"]["p"], strict=True))
    split = ns.housekeeping(ns.steady_state(model("D01")), p)
    for label, text, decimal in zip(
        ["sigma", "adiabatic", "nonadiabatic"], case["exact"], case["decimal"], strict=True
    ):
        assert same_log(split[label], exact(text))
        assert digits(split[label]) == decimal


@given(placed())
@settings(max_examples=50, deadline=None)
def test_both_parts_are_non_negative_and_sum_to_the_whole(case):
    m, p = case
    p = {state: Rational(x.numerator, x.denominator) for state, x in p.items()}
    ss = ns.steady_state(m)
    split = ns.housekeeping(ss, p)
    whole = Add(
        *(
            (t.rate * p[t.source] - t.reverse * p[t.target])
            * log(t.rate * p[t.source] / (t.reverse * p[t.target]))
            for t in m.transitions
        )
    )
    assert same_log(split["sigma"], whole)
    assert same_log(split["sigma"], split["adiabatic"] + split["nonadiabatic"])
    assert float(split["adiabatic"].evalf(30)) >= -1e-25
    assert float(split["nonadiabatic"].evalf(30)) >= -1e-25
    for name in ("adiabatic", "nonadiabatic"):
        assert same_log(split[name], sum(split[f"{t.label} {name}"] for t in m.transitions))


@given(multigraphs())
@settings(max_examples=30, deadline=None)
def test_the_steady_state_is_all_housekeeping(m):
    ss = ns.steady_state(m)
    split = ns.housekeeping(ss)
    assert split["nonadiabatic"] == 0
    assert same_log(split["adiabatic"], ns.entropy_production(ss)["sigma"])
    again = ns.housekeeping(ss, ss.state)
    assert again["nonadiabatic"] == 0
    assert same_log(again["sigma"], split["sigma"])


def test_excess_is_the_loss_of_relative_entropy():
    """Differentiate D(p_t || pi) along dp/dt = W p by hand."""
    m = model("D01")
    ss = ns.steady_state(m)
    p = dict(zip(m.states, map(Rational, CASES["D01"]["model"]["p"]), strict=True))
    flow = m.generator() * Matrix(list(p.values()))
    loss = -sum(flow[i] * log(p[s] / ss[s]) for i, s in enumerate(m.states))
    assert same_log(ns.housekeeping(ss, p)["nonadiabatic"], loss)


def test_split_of_symbolic_model_and_distribution():
    m = SMALL["ring 3"]()
    ss = ns.steady_state(m)
    split = ns.housekeeping(ss, {"0": "x", "1": "y", "2": "1 - x - y"})
    values = random_values(m, random.Random(1)) | {"x": "1/3", "y": "1/2"}
    numbers = ns.steady_state(m.subs({k: v for k, v in values.items() if k not in ("x", "y")}))
    other = ns.housekeeping(numbers, {"0": "1/3", "1": "1/2", "2": "1/6"})
    for label, value in split.at(values).items():
        assert same_log(value, other[label])
    with pytest.raises(ns.ParameterError, match="must be > 0"):
        split.at(values | {"x": "2/3"})
    kernel = ns.compile(split)
    floats = {str(k): float(Fraction(str(v))) for k, v in values.items()}
    assert kernel(**floats)["sigma"] == pytest.approx(float(split.at(values)["sigma"]), rel=1e-13)


def test_kernel_of_a_distribution_next_to_the_steady_state_keeps_its_digits():
    m = ns.StateGraph.from_text("A <-> B ; a, b")
    split = ns.housekeeping(ns.steady_state(m), {"A": "1/2", "B": "1/2"})
    value = ns.compile(split)(a=1.0, b=1.0 + 2.0**-40)["nonadiabatic"]
    assert value == pytest.approx(2.0**-80 / 4, rel=1e-9)


@given(multigraphs(max_states=5))
@settings(max_examples=30, deadline=None)
def test_dual_process(m):
    ss = ns.steady_state(m)
    turned = ns.steady_state(ns.dual(ss))
    assert turned.state.at({}) == ss.state.at({})
    reversed_currents = {label: -value for label, value in ss.currents.at({}).items()}
    assert turned.currents.at({}) == reversed_currents
    back = ns.dual(turned)
    assert [(t.rate, t.reverse) for t in back.transitions] == [
        (t.rate, t.reverse) for t in m.transitions
    ]
    if ns.is_equilibrium(m):
        assert turned.model.transitions == m.transitions


def test_dual_of_symbolic_graph_has_the_opposite_affinity():
    ss = ns.steady_state(SMALL["ring 3"]())
    (cycle,), (turned,) = ns.cycles(ss.model), ns.cycles(ns.dual(ss))
    assert turned.ratio.value() * cycle.ratio.value() == 1
    exit_rates = ns.dual(ss).generator()
    assert all(
        equal(exit_rates[i, i], ss.model.generator()[i, i]) for i in range(len(ss.model.states))
    )


@given(multigraphs())
@settings(max_examples=30, deadline=None)
def test_pseudo_entropy_production_is_a_bound(m):
    ss = ns.steady_state(m)
    pseudo = ns.pseudo_entropy_production(ss)["sigma"]
    sigma = ns.entropy_production(ss)["sigma"]
    assert pseudo.is_Rational
    assert pseudo >= 0
    assert float(pseudo) <= float(sigma) + 1e-12
    assert (pseudo == 0) == ns.is_equilibrium(m)


def test_pseudo_entropy_production_of_one_way_transitions_is_finite():
    ss = ns.steady_state(ns.StateGraph.from_text("A -> B ; 1 \n B -> C ; 1 \n C -> A ; 1"))
    assert ns.pseudo_entropy_production(ss)["sigma"] == 2


RING = "A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2"


@pytest.mark.parametrize(
    ("p", "error", "message"),
    [
        ({"A": "1/2", "B": "1/3"}, ns.ModelError, "sum to 5/6, wanted 1"),
        ({"A": "3/2", "B": "-1/2"}, ns.ModelError, "the probability of B is -1/2"),
        ({"A": 1}, ns.ModelError, "B is empty next to A"),
        ({"B": "1/2", "C": "1/2"}, ns.ModelError, "A is empty next to B"),
        ({"A": "x", "B": "x", "C": "x"}, ns.ModelError, r"sum to 3\*x, wanted 1"),
        ({"A": "1/2", "D": "1/2"}, ns.UnknownNameError, "unknown state 'D'"),
    ],
)
def test_bad_distributions(p, error, message):
    with pytest.raises(error, match=message):
        ns.housekeeping(ns.steady_state(ns.StateGraph.from_text(RING)), p)


def test_one_way_transitions_have_no_split():
    ss = ns.steady_state(ns.StateGraph.from_text(RING + "\n x: A -> B ; 1"))
    with pytest.raises(ns.IrreversibleError, match="A->B/x goes one way only"):
        ns.housekeeping(ss, {"A": "1/2", "B": "1/4", "C": "1/4"})
    with pytest.raises(ns.IrreversibleError, match="A->B/x"):
        ns.housekeeping(ss)


def test_transient_states():
    with pytest.warns(ns.NessWarning):
        ss = ns.steady_state(ns.StateGraph.from_text(RING + "\n D -> A ; 1"))
    assert float(ns.housekeeping(ss)["sigma"]) > 0
    with pytest.raises(ns.ModelError, match="D is transient"):
        ns.housekeeping(ss, {"A": "1/2", "D": "1/2"})
    with pytest.raises(ns.ModelError, match="D is transient"):
        ns.dual(ss)


def test_dual_is_for_continuous_time():
    with pytest.raises(ns.ModelError, match="StateGraph"):
        ns.dual(ns.steady_state(ns.gallery.load("enso").model))


# ---------------------------------------------------------------- information


def test_d05_information_flow():
    case = CASES["D05"]
    flow = ns.information_flow(ns.steady_state(model("D05")), tuple).at({})
    labels = ["sigma_X", "sigma_Y", "information_X"]
    assert [digits(flow[label]) for label in labels] == case["decimal"]
    assert same_log(flow["information_X"], -flow["information_Y"])


@st.composite
def bipartite(draw):
    """Two parts of two or three states each, every move of one part possible."""
    rate = st.builds(Fraction, st.integers(1, 20), st.integers(1, 20))
    a, b = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    rates = {}
    for x in range(a):
        for y in range(b):
            for other in range(a):
                if other != x:
                    rates[f"{x}{y}", f"{other}{y}"] = draw(rate)
            for other in range(b):
                if other != y:
                    rates[f"{x}{y}", f"{x}{other}"] = draw(rate)
    return ns.StateGraph.from_rates(rates)


@given(bipartite())
@settings(max_examples=15, deadline=None)
def test_second_law_of_each_part(m):
    ss = ns.steady_state(m)
    flow = ns.information_flow(ss, tuple)
    total = ns.entropy_production(ss)["sigma"]
    assert same_log(flow["sigma_X"] + flow["sigma_Y"], total)
    assert same_log(flow["information_X"], -flow["information_Y"])
    for part in "XY":
        sigma, seen = (float(flow[f"{name}_{part}"].evalf(30)) for name in ("sigma", "marginal"))
        assert sigma >= seen >= 0
        assert same_log(
            flow[f"sigma_{part}"], flow[f"environment_{part}"] - flow[f"information_{part}"]
        )
    assert float(flow["mutual information"].evalf(30)) >= -1e-20


def test_three_parts():
    m = ns.StateGraph.from_rates(
        {
            (f"{i:03b}", f"{i ^ bit:03b}"): Fraction(1 + (7 * i + bit) % 5, 1 + i % 3)
            for i in range(8)
            for bit in (1, 2, 4)
        }
    )
    flow = ns.information_flow(ns.steady_state(m), tuple, names="XYZ")
    assert same_log(
        sum(flow[f"sigma_{part}"] for part in "XYZ"),
        ns.entropy_production(ns.steady_state(m))["sigma"],
    )
    assert same_log(sum(flow[f"information_{part}"] for part in "XYZ"), Rational(0))


SQUARE = "00 <-> 10 ; 3, 1 \n 01 <-> 11 ; 1/2, 4 \n 00 <-> 01 ; 1, 2 \n 10 <-> 11 ; 5, 1"


@pytest.mark.parametrize(
    ("text", "parts", "error", "message"),
    [
        (SQUARE + "\n 00 <-> 11 ; 1, 1", tuple, ns.ModelError, "00->11 changes X and Y at once"),
        (SQUARE, {"00": (0, 0), "10": (1, 0)}, ns.ModelError, "parts of state 01 are None"),
        (SQUARE, lambda s: s[0] + "0", ns.ModelError, "states 00 and 01 have the same parts"),
        (SQUARE, {"22": (2, 2)}, ns.UnknownNameError, "unknown state '22'"),
    ],
)
def test_bad_parts(text, parts, error, message):
    with pytest.raises(error, match=message):
        ns.information_flow(ns.steady_state(ns.StateGraph.from_text(text)), parts)


# ---------------------------------------------------------------- visible transitions


def test_e25_one_visible_transition_of_a_ring():
    ss = ns.steady_state(model("E25"))
    seen = ns.visible_transitions(ss, ["1->2"])
    labels = ["P(1->2|1->2)", "P(2->1|2->1)", "affinity 1->2"]
    assert [seen[label] for label in labels] == [exact(t) for t in CASES["E25"]["exact"]]
    assert same_log(seen["sigma"], ns.entropy_production(ss)["sigma"])


def test_one_visible_transition_of_a_symbolic_ring_shows_its_affinity():
    m = SMALL["ring 3"]()
    seen = ns.visible_transitions(ns.steady_state(m), ["1->2"])
    (affinity,) = ns.affinities(m, chords=["1->2"]).exprs
    ratio = seen["P(1->2|1->2)"] / seen["P(2->1|2->1)"]
    assert equal(ratio, affinity.args[0] / affinity.args[1])


@given(multigraphs(), st.data())
@settings(max_examples=40, deadline=None)
def test_what_is_seen_bounds_the_entropy_production(m, data):
    ss = ns.steady_state(m)
    labels = [t.label for t in m.transitions]
    visible = data.draw(st.lists(st.sampled_from(labels), min_size=1, unique=True))
    seen = ns.visible_transitions(ss, visible)
    jumps = [label[2:-1].split("|")[0] for label in seen if label.startswith("P(")]
    for before in dict.fromkeys(jumps):
        assert sum(seen[f"P({after}|{before})"] for after in dict.fromkeys(jumps)) == 1
    sigma = ns.entropy_production(ss)["sigma"]
    assert -1e-20 <= float(seen["sigma"].evalf(30)) <= float(sigma.evalf(30)) * (1 + 1e-15) + 1e-15
    if set(visible) == set(labels):
        assert same_log(seen["sigma"], sigma)


@pytest.mark.parametrize(
    ("text", "visible", "error", "message"),
    [
        (RING, ["A->D"], ns.UnknownNameError, "unknown transition 'A->D'"),
        (RING, [], ns.ModelError, "no transition is visible"),
        (RING + "\n x: A -> B ; 1", ["A->B/x"], ns.IrreversibleError, "goes one way only"),
        ("A <-> B ; 1, 1 \n B -> C ; 1 \n C -> A ; 1", ["A->B"], ns.IrreversibleError, "hidden"),
    ],
)
def test_bad_observers(text, visible, error, message):
    with pytest.raises(error, match=message):
        ns.visible_transitions(ns.steady_state(ns.StateGraph.from_text(text)), visible)


def test_the_dual_of_one_way_transitions_runs_backwards():
    ring = ns.StateGraph.from_text("A -> B ; 2 \n B -> C ; 3 \n C -> A ; 5")
    ss = ns.steady_state(ring)
    back = ns.dual(ss)
    assert [t.label for t in back.transitions] == ["B->A", "C->B", "A->C"]
    assert [t.rate for t in back.transitions] == [3, 5, 2]
    assert ns.steady_state(back).state.at({}) == ss.state.at({})


def test_affinities_of_several_visible_transitions():
    text = (
        "A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2 \n C <-> D ; 1, 4 \n x: A <-> B ; 3, 7"
    )
    ss = ns.steady_state(ns.StateGraph.from_text(text))
    seen = ns.visible_transitions(ss, ["A->B", "C->D", "B->C"]).at({})
    for ahead, back in (("A->B", "B->A"), ("B->C", "C->B")):
        chances = seen[f"P({ahead}|{ahead})"], seen[f"P({back}|{back})"]
        assert same_log(seen[f"affinity {ahead}"], log(chances[0] / chances[1]))
    # Nothing leads from D but the way back, so that D is never entered twice in a row.
    assert seen["P(C->D|C->D)"] == 0
    assert "affinity C->D" not in seen
