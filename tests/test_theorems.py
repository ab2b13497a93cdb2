"""Theorems of network theory, over models and methods, exactly."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, simplify

import nesssym as ns
from nesssym.exact.rational import equal
from nesssym.steady import METHODS
from tests.compare import same_log
from tests.models import RATES, SMALL, multigraphs, random_values

FORMS = ["reduced", "difference", "cycles"]


def divergence(model, currents):
    total = dict.fromkeys(model.states, 0)
    for t in model.transitions:
        total[t.source] -= currents[t.label]
        total[t.target] += currents[t.label]
    return total


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", SMALL)
def test_balance_and_normalisation(name, method):
    model = SMALL[name]()
    values = random_values(model, random.Random(name))
    ss = ns.steady_state(model, method)
    p = ss.state.at(values)
    assert sum(p.values()) == 1
    direct = {
        t.label: t.rate.subs(values) * p[t.source] - t.reverse.subs(values) * p[t.target]
        for t in model.transitions
    }
    assert set(divergence(model, direct).values()) == {0}
    for form in FORMS:
        assert ss.currents_as(form).at(values) == direct


@pytest.mark.parametrize("name", [name for name in SMALL if name != "cube"])
def test_methods_agree_as_rational_functions(name):
    model = SMALL[name]()
    by = {method: ns.steady_state(model, method).state.unfold() for method in METHODS}
    for state in model.states:
        assert equal(by["elimination"][state], by["trees"][state])


@given(multigraphs())
@settings(max_examples=60, deadline=None)
def test_entropy_production_is_a_sum_over_transitions_and_over_cycles(model):
    ss = ns.steady_state(model)
    sigma = ns.entropy_production(ss)
    total = sigma["sigma"]
    by_transition = sum(sigma[t.label] for t in model.transitions)
    currents, found = ns.cycle_currents(ss), ns.affinities(model)
    by_cycle = sum((currents[c] * found[c] for c in found), Rational(0))
    assert same_log(total, by_transition)
    assert same_log(total, by_cycle)
    assert float(total) >= 0
    for t in model.transitions:
        assert float(sigma[t.label]) >= 0
    assert (float(total) == 0) == ns.is_equilibrium(model)


@given(multigraphs(one_way=True))
@settings(max_examples=60, deadline=None)
def test_elimination_against_tree_sums_with_one_way_transitions(model):
    first = ns.steady_state(model, "elimination").state.at({})
    assert first == ns.steady_state(model, "trees").state.at({})
    generator = model.generator()
    vector = [first[s] for s in model.states]
    assert all(
        sum(generator[i, j] * vector[j] for j in range(len(vector))) == 0
        for i in range(len(vector))
    )


@given(multigraphs(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_invariance_under_relabelling_and_order(model, rng):
    order = list(model.transitions)
    rng.shuffle(order)
    states = list(model.states)
    rng.shuffle(states)
    shuffled = ns.StateGraph(tuple(states), tuple(order))
    a, b = ns.steady_state(model), ns.steady_state(shuffled)
    assert a.state.at({}) == {s: b.state.at({})[s] for s in model.states}
    assert a.currents.at({}) == {t.label: b.currents.at({})[t.label] for t in model.transitions}
    assert same_log(ns.entropy_production(a)["sigma"], ns.entropy_production(b)["sigma"])


@given(multigraphs(), RATES)
@settings(max_examples=30, deadline=None)
def test_faster_clock_scales_currents_and_leaves_probabilities(model, factor):
    fast = ns.StateGraph.from_rates(
        {
            (a, b, t.channel): rate * Rational(factor.numerator, factor.denominator)
            for t in model.transitions
            for a, b, rate in ((t.source, t.target, t.rate), (t.target, t.source, t.reverse))
        },
        states=model.states,
    )
    a, b = ns.steady_state(model), ns.steady_state(fast)
    assert a.state.at({}) == b.state.at({})
    for label, current in a.currents.at({}).items():
        assert b.currents.at({})[label] == current * Rational(factor.numerator, factor.denominator)


@given(multigraphs(), RATES)
@settings(max_examples=30, deadline=None)
def test_a_channel_pair_in_balance_with_the_steady_state_changes_nothing(model, strength):
    ss = ns.steady_state(model)
    a, b = model.states[0], model.states[-1]
    rates = {
        (x, y, t.channel): rate
        for t in model.transitions
        for x, y, rate in ((t.source, t.target, t.rate), (t.target, t.source, t.reverse))
    }
    rates[a, b, "extra"] = Rational(strength.numerator, strength.denominator)
    rates[b, a, "extra"] = rates[a, b, "extra"] * ss[a] / ss[b]
    more = ns.steady_state(ns.StateGraph.from_rates(rates, states=model.states))
    assert more.state.at({}) == ss.state.at({})
    assert more.currents.at({})[f"{a}->{b}/extra"] == 0
    assert same_log(ns.entropy_production(more)["sigma"], ns.entropy_production(ss)["sigma"])


@pytest.mark.parametrize("chords", [["0->1", "0->2"], ["1->2", "2->3"], ["0->3", "0->1"]])
def test_invariance_under_the_choice_of_chords(chords):
    model = SMALL["diamond"]()
    model = model.subs(random_values(model, random.Random(7)))
    ss = ns.steady_state(model)
    found, flux = ns.affinities(model, chords), ns.cycle_currents(ss, chords)
    total = sum(flux[c] * found[c] for c in found)
    assert same_log(total, ns.entropy_production(ss)["sigma"])
    assert {c.transitions[0][0] for c in ns.cycles(model, chords)} == set(chords)


@given(multigraphs(max_states=5))
@settings(max_examples=30, deadline=None)
def test_all_affinities_vanish_if_and_only_if_all_currents_do(model):
    currents = ns.steady_state(model).currents.at({})
    assert ns.is_equilibrium(model) == (set(currents.values()) <= {0})


@given(multigraphs(max_states=5))
@settings(max_examples=30, deadline=None)
def test_rates_solved_for_detailed_balance_are_balanced(model):
    """Make every chord's rate a symbol, solve, and find no current left."""
    chords = [c.transitions[0][0] for c in ns.cycles(model)]
    rates = {}
    for t in model.transitions:
        name = f"x{chords.index(t.label)}" if t.label in chords else t.rate
        rates[t.source, t.target, t.channel] = name
        rates[t.target, t.source, t.channel] = t.reverse
    open_model = ns.StateGraph.from_rates(rates, states=model.states)
    solved = ns.detailed_balance_conditions(
        open_model, solve_for=[f"x{i}" for i in range(len(chords))]
    )
    balanced = open_model.subs(solved)
    assert ns.is_equilibrium(balanced)
    assert set(ns.steady_state(balanced).currents.at({}).values()) <= {0}
    assert simplify(ns.entropy_production(ns.steady_state(balanced))["sigma"]) == 0


def test_fraction_values_go_in_and_exact_values_come_out():
    ss = ns.steady_state(ns.StateGraph.from_text("A <-> B ; a, b"))
    assert ss.state.at({"a": Fraction(1, 3), "b": 0.5}) == {
        "A": Rational(3, 5),
        "B": Rational(2, 5),
    }
