"""Identities of stochastic thermodynamics on random multigraphs, and what is asked in vain."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Matrix, Rational, Symbol

import nesssym as ns
from tests.compare import same_log
from tests.models import multigraphs


def difference(a, b):
    return (a - b).evalf(30)


@given(multigraphs(one_way=True))
@settings(max_examples=30, deadline=None)
def test_currents_balance_in_every_state(model):
    net = ns.steady_state(model).currents.at({})
    for state in model.states:
        out = sum(net[t.label] for t in model.transitions if t.source == state)
        into = sum(net[t.label] for t in model.transitions if t.target == state)
        assert out == into


@given(multigraphs(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_any_chords_give_the_same_entropy_production(model, rng):
    """The complement of any spanning tree: here one found in a random order."""
    order = list(model.transitions)
    rng.shuffle(order)
    home, chords = {s: s for s in model.states}, []
    for t in order:
        old, new = home[t.target], home[t.source]
        if old == new:
            chords.append(t.label)
        home = {s: new if h == old else h for s, h in home.items()}
    ss = ns.steady_state(model)
    found, flux = ns.affinities(model, chords), ns.cycle_currents(ss, chords)
    assert len(found) == len(chords)
    total = sum((flux[c] * found[c] for c in found), Rational(0))
    assert same_log(total, ns.entropy_production(ss)["sigma"])


@given(multigraphs())
@settings(max_examples=30, deadline=None)
def test_channels_taken_together_hide_entropy_production(model):
    """A multigraph dissipates more than the graph of summed rates, with the same state."""
    rates = {}
    for t in model.transitions:
        for pair, rate in (((t.source, t.target), t.rate), ((t.target, t.source), t.reverse)):
            rates[pair] = rates.get(pair, 0) + rate
    merged = ns.StateGraph.from_rates(rates, states=model.states)
    fine, coarse = ns.steady_state(model), ns.steady_state(merged)
    assert fine.state.at({}) == coarse.state.at({})
    loss = ns.entropy_loss(fine, coarse)["difference"]
    assert same_log(loss, 0) or difference(loss, 0) > 0


@given(multigraphs(max_states=5, one_way=True))
@settings(max_examples=25, deadline=None)
def test_kemeny_is_the_sum_of_all_relaxation_times(model):
    r"""With :math:`\det(\lambda - W) = \lambda\,(a_1 + a_2\lambda + ...)` that is a2/a1."""
    lam = Symbol("lambda")
    coefficients = Matrix(model.generator()).charpoly(lam).all_coeffs()[::-1]
    assert ns.kemeny_constant(ns.steady_state(model)).at({})["K"] == (
        coefficients[2] / coefficients[1]
    )


@given(multigraphs(max_states=4))
@settings(max_examples=20, deadline=None)
def test_uniform_barriers_and_all_energies_leave_the_state(model):
    """A common factor of all rates moves no probability, and scales every current with itself."""
    ss = ns.steady_state(model)
    labels = [t.label for t in model.transitions]
    for of in ("state", "currents"):
        found = ns.response(ss, of, "barriers").at({})
        lifted = ns.response(ss, of, "energies").at({})
        for what in (ss.state if of == "state" else ss.currents).labels:
            wanted = 0 if of == "state" else ss.currents.at({})[what]
            assert sum(found[f"d {what} / d B({e})"] for e in labels) == -wanted
            assert sum(lifted[f"d {what} / d E({s})"] for s in model.states) == wanted


@given(multigraphs(max_states=4), st.data())
@settings(max_examples=20, deadline=None)
def test_bounds_are_in_order(model, data):
    r"""The best current is above all, and below half the pseudo entropy production and sigma."""
    ss = ns.steady_state(model)
    if not ns.cycles(model):
        return
    counts = {t.label: data.draw(st.integers(-3, 3)) for t in model.transitions}
    pseudo = ns.pseudo_entropy_production(ss).at({})["sigma"]
    sigma = ns.entropy_production(ss).at({})["sigma"]
    activity = ns.cumulants(model, ns.activity_counts(model), 1).at({})["c1"]
    best = ns.best_current(ss).at({})["precision"]
    c = ns.cumulants(model, counts).at({})
    assert 2 * best <= pseudo
    assert pseudo <= 2 * activity
    assert same_log(sigma, pseudo) or difference(sigma, pseudo) > 0
    if c["c2"] != 0:
        assert c["c1"] ** 2 / c["c2"] <= best


RING = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
ONE_WAY = ns.StateGraph.from_text("A -> B ; 2 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
ENDS = ns.StateGraph.from_text("A <-> B ; 1, 1 \n B -> C ; 1")
S, W = ns.steady_state(RING), ns.steady_state(ONE_WAY)
INFINITE = [
    lambda: ns.entropy_production(W),
    lambda: ns.affinities(ONE_WAY),
    lambda: ns.cycle_fluxes(ONE_WAY).affinities,
    lambda: ns.cycle_fluxes(ONE_WAY).entropy_production,
    lambda: ns.housekeeping(W),
    lambda: ns.information_flow(W, {"A": (0,), "B": (1,), "C": (2,)}, names=["X"]),
    lambda: ns.visible_transitions(W, ["A->B"]),
    lambda: ns.fluctuation_identities(ONE_WAY),
    lambda: ns.crooks_identity(ONE_WAY, {"A": 0, "B": 0, "C": 0}),
    lambda: ns.fundamental_forces(ONE_WAY, {"x": {"A->B": 1}}),
    lambda: ns.dissipation(W, {"x": {"A->B": 1}}),
    lambda: ns.independent_affinities(ONE_WAY),
    lambda: ns.entropy_counts(ONE_WAY),
    lambda: ns.gallavotti_cohen(ONE_WAY),
    lambda: ns.thermodynamic_uncertainty_relation(W, {"A->B": 1}),
    lambda: ns.response(W, "sigma"),
    lambda: ns.response_uncertainty(W, {"A->B": 1}),
    lambda: ns.response_bound(W, "A->B", "A", "B"),
    lambda: ns.onsager(ONE_WAY),
    lambda: ns.second_order(ONE_WAY),
    lambda: ns.entropy_loss(W, S),
]


@pytest.mark.parametrize("ask", INFINITE)
def test_one_way_transitions_are_named_where_a_logarithm_is_infinite(ask):
    with pytest.raises(ns.IrreversibleError, match=r"A->B.*one way"):
        ask()


IN_VAIN = {
    "unreachable target": (
        lambda: ns.first_passage(ENDS, "C", "A"),
        "no way to A from C",
    ),
    "unreachable everywhere": (
        lambda: ns.first_passage_times(ENDS, "A"),
        "no way to A from C",
    ),
    "unreachable condition": (
        lambda: ns.first_passage_density(ENDS, "C", ["A", "C"], [1], given="A"),
        "A cannot be reached",
    ),
    "sum": (
        lambda: ns.housekeeping(S, {"A": "1/2", "B": "1/4", "C": "1/8"}),
        "probabilities sum to 7/8, wanted 1",
    ),
    "sum of a protocol's start": (
        lambda: ns.Protocol([RING], [1]).hatano_sasa({"A": "1/2"}),
        "probabilities sum to 1/2, wanted 1",
    ),
    "sum of a run's start": (
        lambda: ns.time_averages(RING, {"a": {"A": 1}}, start={"A": "1/2"}),
        "sum to 1/2, wanted 1",
    ),
    "sum of a passage's start": (
        lambda: ns.first_passage(RING, {"A": "1/2", "B": "1/4"}, "C"),
        "sum to 3/4, wanted 1",
    ),
    "negative": (
        lambda: ns.housekeeping(S, {"A": "3/2", "B": "-1/4", "C": "-1/4"}),
        "probability of B is -1/4, wanted one >= 0",
    ),
    "zero": (
        lambda: ns.housekeeping(S, {"A": "1/2", "B": "1/2"}),
        "C is empty next to",
    ),
    "zero in a relative entropy": (
        lambda: ns.relative_entropy(
            S.state, ns.Formulas(S.state.labels, (Integer(1), Integer(0), Integer(0)))
        ),
        "occupied in the first distribution and empty in the second",
    ),
    "no equilibrium": (
        lambda: ns.onsager(RING),
        r"not an equilibrium point: the affinity.*log\(15\).*detailed_balance_conditions",
    ),
    "no equilibrium, second order": (
        lambda: ns.second_order(RING),
        "not an equilibrium point",
    ),
    "no steps": (lambda: ns.Protocol([], []), "no steps; give at least one graph"),
    "no steps between": (
        lambda: ns.Protocol.between(RING, []),
        "no steps; give at least one graph",
    ),
    "no steps in a ramp": (
        lambda: ns.Protocol.ramp(RING, "k", [], 1),
        "at least two values of k, got 0",
    ),
}


@pytest.mark.parametrize("name", IN_VAIN)
def test_what_has_no_answer(name):
    ask, message = IN_VAIN[name]
    with pytest.raises(ns.ModelError, match=message):
        ask()


UNKNOWN = {"A->D": 1}
COUNTED = [
    lambda: ns.cumulants(RING, UNKNOWN),
    lambda: ns.joint_cumulants(RING, {"x": UNKNOWN}),
    lambda: ns.dispersion(RING, UNKNOWN),
    lambda: ns.tilted_generator(RING, UNKNOWN),
    lambda: ns.characteristic_polynomial(RING, UNKNOWN),
    lambda: ns.chord_counts(RING, UNKNOWN),
    lambda: ns.gallavotti_cohen(RING, UNKNOWN),
    lambda: ns.scgf(RING, UNKNOWN, 1),
    lambda: ns.scgf_formula(RING, UNKNOWN),
    lambda: ns.rate_function(RING, UNKNOWN, 1),
    lambda: ns.driven_process(RING, UNKNOWN, 1),
    lambda: ns.noise_spectrum(RING, UNKNOWN),
    lambda: ns.time_averages(RING, {"x": UNKNOWN}),
    lambda: ns.operational_currents(S, {"x": UNKNOWN}),
    lambda: ns.kinetic_uncertainty_relation(S, UNKNOWN),
    lambda: ns.thermodynamic_uncertainty_relation(S, UNKNOWN),
    lambda: ns.pseudo_entropy_bound(S, UNKNOWN),
    lambda: ns.unicycle_bound(S, UNKNOWN),
    lambda: ns.best_current_bound(S, UNKNOWN),
    lambda: ns.response(S, UNKNOWN),
    lambda: ns.fluctuation_response(S, UNKNOWN),
    lambda: ns.response_uncertainty(S, UNKNOWN),
    lambda: ns.mutual_linearity(RING, "A->B", UNKNOWN, "B->C"),
]


@pytest.mark.parametrize("ask", COUNTED)
def test_unknown_transitions_are_never_counted_as_nothing(ask):
    with pytest.raises(ns.UnknownNameError, match=r"unknown .*'A->D'.*Known: .*A->B"):
        ask()
