"""Response of steady states: against derivatives of closed forms, and exact identities."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Matrix, Rational, Symbol, diag, symbols

import nesssym as ns
from nesssym.exact.rational import equal
from tests import katex
from tests.models import SMALL, multigraphs, random_values


def matrix(formulas, labels, head="P"):
    values = formulas.at({})
    return Matrix([[values[f"{head}({a}, {b})"] for b in labels] for a in labels])


def traffic(model):
    p = ns.steady_state(model).state.at({})
    return [t.rate * p[t.source] + t.reverse * p[t.target] for t in model.transitions]


def parametrised(model):
    """The model with an energy, a barrier and a force of its own everywhere, all near zero."""
    energies = {s: Symbol(f"E{i}", real=True) for i, s in enumerate(model.states)}
    from dataclasses import replace

    from sympy import exp

    moved = []
    for i, t in enumerate(model.transitions):
        b, f = Symbol(f"B{i}", real=True), Symbol(f"F{i}", real=True)
        moved.append(
            replace(
                t,
                rate=t.rate * exp(-b + energies[t.source] + f / 2),
                reverse=t.reverse * exp(-b + energies[t.target] - f / 2),
            )
        )
    return replace(model, transitions=tuple(moved))


@pytest.mark.parametrize("of", ["state", "currents", "sigma"])
@pytest.mark.parametrize("name", ["ring 3", "two baths", "diamond", "tail"])
def test_response_is_the_derivative_by_every_parameter(name, of):
    symbolic = SMALL[name]()
    model = symbolic.subs(random_values(symbolic, random.Random(2)))
    ss = ns.steady_state(model)
    full = parametrised(model)
    moved = ns.steady_state(full, "elimination")
    formulas = {
        "state": lambda: moved.state,
        "currents": lambda: moved.currents_as("difference"),
        "sigma": lambda: ns.entropy_production(moved).select(["sigma"]),
    }[of]()
    zero = dict.fromkeys(full.symbols, 0)
    wanted = ns.sensitivity(formulas).at(zero)
    names = {"energies": ("E", model.states), "barriers": ("B", None), "forces": ("F", None)}
    for to, (letter, known) in names.items():
        found = ns.response(ss, of, to).at({})
        keys = known or [t.label for t in model.transitions]
        for label in formulas:
            for i, key in enumerate(keys):
                got, want = (
                    found[f"d {label} / d {letter}({key})"],
                    wanted[f"d {label} / d {letter}{i}"],
                )
                assert got == want or abs((got - want).evalf(40)) < 1e-30


@pytest.mark.parametrize("name", ["ring 3", "two baths"])
def test_symbolic_response_to_rates(name):
    model = SMALL[name]()
    ss = ns.steady_state(model, "elimination")
    found = ns.response(ss, "currents", "rates")
    wanted = ns.sensitivity(ss.currents_as("difference"))
    for t in model.transitions:
        for e in ss.currents:
            by_rate = wanted[f"d {e} / d {t.rate}"]
            assert equal(found[f"d {e} / d ln w({t.label})"], t.rate * by_rate)


@given(multigraphs(one_way=True))
@settings(max_examples=30, deadline=None)
def test_vertex_equality(model):
    ss = ns.steady_state(model)
    p = ss.state.at({})
    found = ns.response(ss, "state", "energies").at({})
    for i in p:
        for j in p:
            assert found[f"d {j} / d E({i})"] == -p[i] * (Integer(i == j) - p[j])


@given(multigraphs(max_states=5))
@settings(max_examples=30, deadline=None)
def test_projector(model):
    labels = [t.label for t in model.transitions]
    ss = ns.steady_state(model)
    p = matrix(ns.projector(ss), labels)
    assert p * p == p
    assert p.trace() == len(labels) - len(model.states) + 1
    assert all(0 <= p[i, i] <= 1 for i in range(len(labels)))
    net = [ss.currents.at({})[e] for e in labels]
    barriers = ns.response(ss, "currents", "barriers").at({})
    forces = ns.response(ss, "currents", "forces").at({})
    tau = traffic(model)
    for i, a in enumerate(labels):
        for j, b in enumerate(labels):
            assert barriers[f"d {a} / d B({b})"] == -p[i, j] * net[j]
            assert forces[f"d {a} / d F({b})"] == p[i, j] * tau[j] / 2


@given(multigraphs(max_states=5))
@settings(max_examples=25, deadline=None)
def test_covariances_are_symmetric_and_what_the_tilted_generator_says(model):
    labels = [t.label for t in model.transitions]
    p = matrix(ns.projector(ns.steady_state(model)), labels)
    c = p * diag(*traffic(model)) * p.T
    assert c == c.T
    assert all(c[:k, :k].det() >= 0 for k in range(1, len(labels) + 1))
    assert c[0, 0] == ns.cumulants(model, {labels[0]: 1}).at({})["c2"]


@given(multigraphs(max_states=5, one_way=True), st.data())
@settings(max_examples=30, deadline=None)
def test_fluctuation_response_relation_for_anything_counted(model, data):
    numbers = st.integers(-3, 3)
    counts = {t.label: (data.draw(numbers), data.draw(numbers)) for t in model.transitions}
    counts |= {s: data.draw(numbers) for s in model.states}
    found = ns.fluctuation_response(ns.steady_state(model), counts).at({})
    assert found["C"] == ns.cumulants(model, counts).at({})["c2"]
    assert found["C"] == sum(value for label, value in found.items() if label != "C")


@given(multigraphs(max_states=5), st.data())
@settings(max_examples=20, deadline=None)
def test_covariance_is_a_sum_over_barriers(model, data):
    labels = [t.label for t in model.transitions]
    a, b = (data.draw(st.sampled_from([*labels, *model.states])) for _ in range(2))
    ss = ns.steady_state(model)
    net = ss.currents.at({})
    if any(net[e] == 0 for e in labels):
        return
    found = ns.response(ss, {"a": {a: 1}, "b": {b: 1}}, "barriers").at({})
    total = sum(
        tau / net[e] ** 2 * found[f"d a / d B({e})"] * found[f"d b / d B({e})"]
        for e, tau in zip(labels, traffic(model), strict=True)
    )
    assert ns.fluctuation_response(ss, {a: 1}, {b: 1}).at({})["C"] == total


@given(st.integers(3, 5), st.data())
@settings(max_examples=20, deadline=None)
def test_sum_rule_of_a_single_cycle(n, data):
    rate = st.fractions(Fraction(1, 9), 9, max_denominator=9)
    model = ns.StateGraph.from_rates(
        {pair: data.draw(rate) for i in range(n) for pair in ((i, (i + 1) % n), ((i + 1) % n, i))}
    )
    ss = ns.steady_state(model)
    net = ss.currents.at({})
    if 0 in net.values():
        return
    found = ns.response(ss, "currents", "barriers").at({})
    for a in net:
        assert sum(-found[f"d {a} / d B({e})"] / net[a] for e in net) == 1


def test_an_even_observable_and_symbols_of_its_own():
    model = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    ss = ns.steady_state(model)
    counts = {"A->B": ("x", "y"), "C": "z"}
    found = ns.response(ss, counts, "rates")
    mean = ns.cumulants(model, counts, 1)
    wanted = ns.sensitivity(mean, ["a", "b"])
    a, b = symbols("a b", positive=True)
    assert equal(found["d O / d ln w(A->B)"], a * wanted["d c1 / d a"])
    assert equal(found["d O / d ln w(B->A)"], b * wanted["d c1 / d b"])
    barrier = ns.response(ss, counts, "barriers")["d O / d B(A->B)"]
    assert equal(barrier, -a * wanted["d c1 / d a"] - b * wanted["d c1 / d b"])


def test_transient_states_do_not_respond():
    with pytest.warns(ns.NessWarning):
        ss = ns.steady_state(ns.StateGraph.from_text("X -> A ; x \n A <-> B ; a, b"))
    found = ns.response(ss, "state", "barriers")
    assert set(found) == {"d A / d B(A->B)", "d B / d B(A->B)"}
    assert found.at({"a": 1, "b": 2}) == dict.fromkeys(found, 0)


@given(multigraphs(max_states=5), st.data())
@settings(max_examples=20, deadline=None)
def test_mutual_linearity_holds_for_any_change(model, data):
    labels = [t.label for t in model.transitions]
    changed, first, second = (data.draw(st.sampled_from(labels)) for _ in range(3))
    try:
        line = ns.mutual_linearity(model, changed, first, second).at({})
    except ns.ModelError:  # a bridge, or one that the first current does not see
        return
    new = (data.draw(st.integers(1, 10**6)), Fraction(1, data.draw(st.integers(1, 10**6))))
    rates = {}
    for t in model.transitions:
        forth, back = new if t.label == changed else (t.rate, t.reverse)
        rates[t.source, t.target, t.channel] = forth
        rates[t.target, t.source, t.channel] = back
    moved = ns.StateGraph.from_rates(rates, states=model.states)
    net = ns.steady_state(moved).currents.at({})
    assert net[second] == line["alpha"] + line["beta"] * net[first]


def test_mutual_linearity_does_not_hold_the_changed_rates():
    model = SMALL["diamond"]()
    line = ns.mutual_linearity(model, "0->1", "0->1", {"3": 1})
    assert {"k_0_1", "k_1_0"}.isdisjoint(str(s) for s in line.symbols)
    values = random_values(model, random.Random(4))
    at, ss = line.at(values), ns.steady_state(model)
    current = ss.currents_as("difference").at(values)["0->1"]
    assert ss.state.at(values)["3"] == at["alpha"] + at["beta"] * current


@given(multigraphs(max_states=5), st.data())
@settings(max_examples=25, deadline=None)
def test_bounds_hold(model, data):
    ss = ns.steady_state(model)
    e = data.draw(st.sampled_from([t.label for t in model.transitions]))
    i, j = data.draw(st.permutations(model.states))[:2]
    for to in ("barriers", "forces"):
        assert ns.response_bound(ss, e, i, j, to).holds({})
        changes = {t.label: data.draw(st.integers(-3, 3)) for t in model.transitions}
        if not any(changes.values()) or ns.cumulants(model, {e: 1}).at({})["c2"] == 0:
            continue
        assert ns.response_uncertainty(ss, {e: 1}, changes, to).holds({})


def test_uniform_change_of_barriers_is_the_uncertainty_relation():
    model = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    sides = ns.response_uncertainty(ns.steady_state(model), {"A->B": 1}).sides.at({})
    c = ns.cumulants(model, {"A->B": 1}).at({})
    assert sides["lower"] == c["c1"] ** 2 / c["c2"]
    sigma = ns.entropy_production(ns.steady_state(model))["sigma"]
    assert abs((sides["upper"] - sigma / 2).evalf(40)) < 1e-30


def test_bound_of_a_single_symbolic_cycle():
    model = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    bound = ns.response_bound(ns.steady_state(model), "A->B", "A", "C")
    assert bound.upper.has(Symbol("a", positive=True))
    assert bound.holds({"a": 3, "b": 1, "c": 2, "d": 1, "e": 5, "f": "1/3"})
    same = ns.response_bound(ns.steady_state(model), "A->B", "A", "A")
    assert same.lower == 0


def test_response_in_time():
    import mpmath

    model = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    ss = ns.steady_state(model)
    static = ns.response(ss, "state", "rates").at({})
    chi = ns.susceptibility(ss, "B", ("rates", "A->B"))
    assert chi.subs({"s": 0}).at({})["chi"] == static["d B / d ln w(A->B)"]
    times = np.array([0.0, 0.3, 2.0])
    found = ns.response_function(ss, "B", ("forces", "C->A"), times)
    w, p = model.generator(), list(ss.state.at({}).values())
    kick = Matrix([1, 0, -1]) * (5 * p[2] + 2 * p[0]) / 2
    with mpmath.workdps(30):
        for t, value in zip(times, found, strict=True):
            moved = mpmath.expm(mpmath.matrix(w.tolist()) * t) * mpmath.matrix(kick.tolist())
            assert value == pytest.approx(float(moved[1]), rel=1e-14, abs=1e-300)


@pytest.mark.parametrize(
    "parameter", [("rates", "1->0"), ("barriers", "1->2"), ("forces", "2->3"), ("energies", "3")]
)
def test_symbolic_susceptibility(parameter):
    model = SMALL["diamond"]()
    ss = ns.steady_state(model)
    values = random_values(model, random.Random(9))
    chi = ns.susceptibility(ss, {"0": 1, "2": -2}, parameter)
    numeric = ns.steady_state(model.subs(values))
    assert chi.at(values | {"s": "3/7"}) == ns.susceptibility(
        numeric, {"0": 1, "2": -2}, parameter
    ).at({"s": "3/7"})
    static = ns.response(numeric, {"0": 1, "2": -2}, parameter[0]).at({})
    letter = {"rates": "ln w", "barriers": "B", "forces": "F", "energies": "E"}[parameter[0]]
    assert chi.subs({"s": 0}).at(values)["chi"] == static[f"d O / d {letter}({parameter[1]})"]


@pytest.mark.parametrize("name", ["two baths", "tail"])
def test_results_are_typeset(name):
    model = SMALL[name]()
    ss = ns.steady_state(model)
    first, *_ = model.transitions
    for formulas in (
        ns.response(ss, "currents", "rates"),
        ns.response(ss, "sigma", "forces"),
        ns.response(ss, {"O": {first.label: 1}}, "energies"),
        ns.projector(ss),
        ns.fluctuation_response(ss, {first.label: 1}),
        ns.susceptibility(ss, first.source, ("barriers", first.label)),
        ns.first_passage(model, first.source, first.target, 2),
        ns.first_passage_times(model, first.target),
        ns.first_passage_transform(model, first.source, first.target),
        ns.sensitivity(ss.state, logarithmic=True),
    ):
        katex.check(formulas.latex())


def test_bad_input():
    model = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    ss = ns.steady_state(model)
    with pytest.raises(ns.UnknownNameError, match=r"kind of parameter 'heat'.*rates, barriers"):
        ns.response(ss, "state", "heat")
    with pytest.raises(ns.UnknownNameError, match=r"kind of observable 'heat'.*state, currents"):
        ns.response(ss, "heat")
    with pytest.raises(ns.UnknownNameError, match=r"'X'.*Known"):
        ns.response(ss, {"X": 1})
    one_way = ns.steady_state(ns.StateGraph.from_text("A -> B ; a \n B -> A ; b"))
    with pytest.raises(ns.IrreversibleError, match="A->B"):
        ns.response(
            ns.steady_state(ns.StateGraph.from_text("A -> B ; a \n B -> C ; b \n C -> A ; c")),
            "sigma",
        )
    assert ns.response(one_way, "state", "rates")
    chain = ns.steady_state(ns.MarkovChain.from_matrix([["1/2", "1/2"], ["1/3", "2/3"]]))
    for call in (
        lambda: ns.fluctuation_response(chain, {"1": 1}),
        lambda: ns.response_uncertainty(chain, {"1->2": 1}),
        lambda: ns.susceptibility(chain, "1", ("energies", "1")),
    ):
        with pytest.raises(ns.ModelError, match="need rates; a chain observed in steps has none"):
            call()
    with pytest.raises(ns.UnknownNameError, match="transition 'A->X'"):
        ns.response_bound(ss, "A->X", "A", "B")
    with pytest.raises(ns.UnknownNameError, match="recurrent state 'X'"):
        ns.response_bound(ss, "A->B", "X", "B")
    with pytest.raises(ns.UnknownNameError, match="kind of parameter 'energies'"):
        ns.response_bound(ss, "A->B", "A", "B", "energies")
    many = ns.steady_state(SMALL["K4"]())
    with pytest.raises(ns.NessError, match=r"different affinities.*substitute numbers"):
        ns.response_bound(many, "0->1", "0", "1")
    with pytest.raises(ns.ModelError, match="for currents"):
        ns.response_uncertainty(ss, {"A": 1})
    with pytest.raises(ns.UnknownNameError, match="transition 'X->Y'"):
        ns.response_uncertainty(ss, {"A->B": 1}, {"X->Y": 1})
    line = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d")
    with pytest.raises(ns.ModelError, match="without A->B not every state leads to every other"):
        ns.mutual_linearity(line, "A->B", "A->B", "B->C")
    with pytest.raises(ns.UnknownNameError, match="transition 'A->X'"):
        ns.mutual_linearity(model, "A->X", "A->B", "B->C")
    with pytest.raises(ns.ModelError, match="counts differently in its two directions"):
        ns.mutual_linearity(model, "A->B", {"A->B": (1, 1)}, "B->C")
    tail = SMALL["tail"]()
    with pytest.raises(ns.ModelError, match="does not respond to A->B"):
        ns.mutual_linearity(tail, "A->B", "C->D", "B->C")
    with pytest.raises(ns.ModelError, match="current answers at once"):
        ns.susceptibility(ss, {"A->B": 1}, ("energies", "A"))
    with pytest.raises(ns.UnknownNameError, match="kind of parameter 'heat'"):
        ns.susceptibility(ss, "A", ("heat", "A"))
    with pytest.raises(ns.UnknownNameError, match="state 'X'"):
        ns.susceptibility(ss, "A", ("energies", "X"))
    with pytest.raises(ns.NameClashError, match="symbol a of its own"):
        ns.susceptibility(ss, "A", ("energies", "A"), "a")
    with pytest.raises(ns.ModelError, match="needs numbers"):
        ns.response_function(ss, "A", ("energies", "A"), [0.0])


def test_mutual_linearity_of_a_machine_with_local_detailed_balance():
    """Rates with exponentials: a slope is told from zero by balls."""
    motor = ns.gallery.load("kinesin")
    line = ns.mutual_linearity(motor.model, "2->5", "1->2", "3->4").at(motor.values)
    for factor in (Rational(1, 1000), 1, 7):
        rates = {s: motor.values[s] for s in motor.model.symbols}
        fixed = motor.model.subs(rates)
        t = next(t for t in fixed.transitions if t.label == "2->5")
        turned = replace(
            fixed,
            transitions=tuple(
                replace(e, rate=e.rate * factor) if e is t else e for e in fixed.transitions
            ),
        )
        net = ns.steady_state(turned).currents.at({})
        assert net["3->4"] == line["alpha"] + line["beta"] * net["1->2"]
    driven = ns.StateGraph.from_text(
        "A <-> B ; exp(x), 1 \n B <-> C ; 1, a - b \n C <-> A ; 1, 1 \n C <-> D ; 1, 2",
        assume=["a - b"],
    )
    assert ns.mutual_linearity(driven, "A->B", "A", "B").labels == ("alpha", "beta")
    with pytest.raises(ns.ModelError, match="the first average does not respond to A->B"):
        ns.mutual_linearity(driven, "A->B", "C->D", "B")
