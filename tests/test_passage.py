"""First passage: against independent solutions, and identities that hold for every graph."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Add, Rational, Symbol, eye, factorial, ones, symbols

import nesssym as ns
from nesssym.exact.rational import equal
from tests.models import SMALL, multigraphs, random_values, symbolic

TRAP = "A <-> B ; 1, 1 \n B -> C ; 2 \n B -> D ; 3"


def backward(model, targets):
    """The generator, transposed, of the states that are no targets, and their order."""
    live = [s for s in model.states if s not in targets]
    index = [model.states.index(s) for s in live]
    return live, model.generator().T.extract(index, index)


def laplace(model, source, targets, s):
    """The transform by Cramer's rule, independent of any elimination."""
    live, m = backward(model, targets)
    ends = model.generator().T.extract(
        [model.states.index(v) for v in live], [model.states.index(v) for v in targets]
    )
    return ((s * eye(len(live)) - m).LUsolve(ends * ones(len(targets), 1)))[live.index(source)]


@given(multigraphs(max_states=5), st.data())
@settings(max_examples=40, deadline=None)
def test_moments_solve_the_backward_equation(model, data):
    target = data.draw(st.sampled_from(model.states))
    live, m = backward(model, [target])
    wanted = ones(len(live), 1)
    for n in (1, 2, 3):
        wanted = -m.LUsolve(n * wanted)
        found = ns.first_passage_times(model, target, n).at({})
        assert [found[s] for s in live] == list(wanted)
        assert found[target] == 0


@given(multigraphs(max_states=5), st.data())
@settings(max_examples=30, deadline=None)
def test_forests_and_elimination_are_equal(model, data):
    source, target = data.draw(st.permutations(model.states))[:2]
    forms = [
        ns.first_passage(model, source, target, method=m).at({})["m1"]
        for m in ("forests", "elimination", "auto")
    ]
    assert forms[0] == forms[1] == forms[2]


@pytest.mark.parametrize("name", ["ring 3", "ring 6", "K4", "diamond", "two baths", "cube"])
def test_symbolic_forms_are_equal(name):
    model = SMALL[name]()
    source, target = model.states[0], model.states[-1]
    values = random_values(model, random.Random(3))
    forests = ns.first_passage(model, source, target, method="forests")
    elimination = ns.first_passage(model, source, target, method="elimination")
    assert forests.at(values) == elimination.at(values)
    if len(model.states) <= 4:
        assert equal(forests["m1"], elimination["m1"])
        assert len(Add.make_args(forests["m1"].as_numer_denom()[1])) > 1


def test_elimination_has_no_subtraction():
    model = SMALL["cube"]()
    found = ns.first_passage(model, "0", "7", 3)
    ops = {i.op for i in ns.compile(found).program.instructions}
    assert ops <= {"argument", "constant", "add", "mul", "div"}


@given(multigraphs(max_states=5, one_way=True), st.data())
@settings(max_examples=30, deadline=None)
def test_times_from_a_distribution_are_averages(model, data):
    target = data.draw(st.sampled_from(model.states))
    numbers = data.draw(
        st.lists(st.integers(0, 5), min_size=len(model.states), max_size=len(model.states))
    )
    numbers[0] += 1
    start = {s: Fraction(k, sum(numbers)) for s, k in zip(model.states, numbers, strict=True)}
    by_state = ns.first_passage_times(model, target).at({})
    wanted = sum(Rational(p) * by_state[s] for s, p in start.items())
    for method in ("elimination", "forests"):
        assert ns.first_passage(model, start, target, method=method).at({})["m1"] == wanted


@given(multigraphs(max_states=5), st.data())
@settings(max_examples=30, deadline=None)
def test_splitting_probabilities_sum_to_one_and_condition_moments(model, data):
    if len(model.states) < 3:
        return
    source, *targets = data.draw(st.permutations(model.states))[:3]
    split = ns.splitting_probabilities(model, source, targets).at({})
    assert sum(split.values()) == 1
    whole = ns.first_passage(model, source, targets, 2).at({})
    ways = [t for t in targets if split[t] != 0]
    means = {t: ns.first_passage(model, source, targets, 2, given=t).at({}) for t in ways}
    for label in ("m1", "m2"):
        assert sum(split[t] * means[t][label] for t in ways) == whole[label]
    assert ns.committor(model, *targets).at({})[source] == split[targets[1]]


@given(multigraphs(max_states=4), st.data())
@settings(max_examples=20, deadline=None)
def test_transform_is_the_resolvent_and_holds_the_moments(model, data):
    source, target = data.draw(st.permutations(model.states))[:2]
    s = Symbol("s", positive=True)
    phi = ns.first_passage_transform(model, source, target)["phi"]
    assert equal(phi, laplace(model, source, [target], s))
    moments = ns.first_passage(model, source, target, 3).at({})
    series = phi.series(s, 0, 4).removeO()
    for n in (1, 2, 3):
        assert series.coeff(s, n) * (-1) ** n * factorial(n) == moments[f"m{n}"]


def test_symbolic_transform_collects_to_a_quotient_of_polynomials():
    model = SMALL["ring 3"]()
    s = Symbol("s", positive=True)
    found = ns.first_passage_transform(model, "0", "2")
    assert equal(found["phi"], laplace(model, "0", ["2"], s))
    form = ns.collect(found["phi"], [s])
    assert set(form.denominator) == {1, s, s**2}
    assert set(form.numerator) == {1, s}
    assert equal(form.numerator[1], form.denominator[1])


def test_transform_of_a_conditional_passage():
    g = ns.StateGraph.from_text("B -> A ; a \n B -> C ; c")
    a, c, s = symbols("a c s", positive=True)
    phi = ns.first_passage_transform(g, "B", ["A", "C"], given="A")["phi"]
    assert equal(phi, (a + c) / (a + c + s))
    assert equal(ns.first_passage_transform(g, "B", "A")["phi"], a / (a + c + s))


def test_density_of_equal_steps_is_a_gamma_distribution():
    g = ns.StateGraph.from_text("A -> B ; 2 \n B -> C ; 2 \n C -> D ; 2 \n D -> A ; 1")
    t = np.array([0.0, 1e-8, 0.3, 2.0, 30.0])
    found = ns.first_passage_density(g, "A", "D", t)
    np.testing.assert_allclose(found, 8 * t**2 / 2 * np.exp(-2 * t), rtol=1e-14, atol=0)


def test_density_is_that_of_the_matrix_exponential():
    import mpmath

    model = ns.StateGraph.from_text("A <-> B ; 3, 1 \n B <-> C ; 2, 5 \n C <-> A ; 7, 2")
    _, m = backward(model, ["C"])
    found = ns.first_passage_density(model, {"A": "1/3", "B": "2/3"}, "C", [[0.1, 0.7]])
    with mpmath.workdps(30):
        for t, value in zip((0.1, 0.7), found[0], strict=True):
            u = mpmath.expm(mpmath.matrix(m.tolist()) * t) * mpmath.matrix([2, 2])
            assert value == pytest.approx(float(u[0] / 3 + 2 * u[1] / 3), rel=1e-14)


def test_density_of_a_conditional_passage_is_normalised():
    g = ns.StateGraph.from_text(TRAP)
    t = np.linspace(0, 40, 4001)
    plain = ns.first_passage_density(g, "A", ["C", "D"], t)
    assert np.trapezoid(plain, t) == pytest.approx(1, abs=1e-4)
    given_c = ns.first_passage_density(g, "A", ["C", "D"], t, given="C")
    np.testing.assert_allclose(given_c, plain, rtol=1e-13)
    all_c = ns.first_passage_density(g, "A", "C", t)
    assert np.trapezoid(all_c, t) == pytest.approx(2 / 5, abs=1e-4)


@given(multigraphs(max_states=5))
@settings(max_examples=30, deadline=None)
def test_kemeny_is_the_same_from_every_start(model):
    ss = ns.steady_state(model)
    k = ns.kemeny_constant(ss).at({})["K"]
    for start in model.states:
        times = [
            ns.first_passage(model, start, s, method="elimination").at({})["m1"]
            for s in model.states
        ]
        assert k == sum(p * t for p, t in zip(ss.state.at({}).values(), times, strict=True))


@pytest.mark.parametrize("name", ["ring 3", "K4", "cube", "tail"])
def test_kemeny_is_the_sum_of_relaxation_times(name):
    model = SMALL[name]()
    values = random_values(model, random.Random(5))
    k = ns.kemeny_constant(ns.steady_state(model)).at(values)["K"]
    x = Symbol("x")
    poly = model.subs(values).generator().charpoly(x).as_expr().expand()
    assert k == poly.coeff(x, 2) / poly.coeff(x, 1)


def test_kemeny_of_many_states():
    import networkx as nx

    model = symbolic(nx.grid_2d_graph(3, 7))
    values = random_values(model, random.Random(8))
    found = ns.kemeny_constant(ns.steady_state(model)).at(values)["K"]
    x = Symbol("x")
    poly = model.subs(values).generator().charpoly(x).as_expr().expand()
    assert found == poly.coeff(x, 2) / poly.coeff(x, 1)


def test_kemeny_of_a_chain_counts_steps():
    chain = ns.MarkovChain.from_matrix([["1/2", "1/2"], ["1/4", "3/4"]])
    assert ns.kemeny_constant(ns.steady_state(chain)).at({})["K"] == Rational(4, 3)
    assert ns.recurrence_times(ns.steady_state(chain)).at({}) == {"1": 3, "2": Rational(3, 2)}


def test_recurrence_is_dwelling_and_coming_back():
    model = ns.StateGraph.from_text("A <-> B ; 3, 1 \n B <-> C ; 2, 5 \n C <-> A ; 7, 2")
    back = ns.first_passage(model, {"B": "3/5", "C": "2/5"}, "A").at({})["m1"]
    assert ns.recurrence_times(ns.steady_state(model)).at({})["A"] == Rational(1, 5) + back


def test_a_chain_is_timed_in_steps():
    half = ns.MarkovChain.from_matrix([["1/2", "1/2"], ["1/3", "2/3"]], ["A", "B"])
    times = ns.first_passage(half, "A", "B", 3)
    assert times.unit == "step"
    assert list(times.at({}).values()) == [2, 6, 26]  # geometric with probability 1/2
    z = Symbol("z", positive=True)
    assert equal(ns.first_passage_transform(half, "A", "B")["G"], z / (2 - z))
    p = ns.MarkovChain.from_matrix([["1-p", "p"], ["1/3", "2/3"]], ["A", "B"])
    q = Symbol("p", positive=True)
    assert equal(ns.first_passage_transform(p, "A", "B")["G"], q * z / (1 - (1 - q) * z))
    assert equal(ns.first_passage(p, "A", "B", 2)["m2"], (2 - q) / q**2)


def test_several_targets_and_sources_among_them():
    g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> D ; e, f")
    assert ns.first_passage(g, "B", ["A", "C"])["m1"] == 1 / (
        Symbol("b", positive=True) + Symbol("c", positive=True)
    )
    for method in ("elimination", "forests"):
        assert ns.first_passage(g, "A", ["A", "C"], method=method)["m1"] == 0
        assert ns.first_passage(g, "A", list("ABCD"), method=method)["m1"] == 0
    half = ns.first_passage(g, {"A": "x", "B": "1 - x"}, "B")
    assert half["m1"] == Symbol("x", positive=True) / Symbol("a", positive=True)
    assert ns.splitting_probabilities(g, "B", {"low": "A", "high": ["C", "D"]}).labels == (
        "low",
        "high",
    )


def test_escape_without_return_counts_for_conditional_passage_only():
    g = ns.StateGraph.from_text(TRAP)
    times = ns.first_passage(g, "A", "C", given="C").at({})
    assert times["m1"] == ns.first_passage(g, "A", ["C", "D"]).at({})["m1"]
    assert ns.splitting_probabilities(g, "A", ["C", "D"]).at({})["C"] == Rational(2, 5)
    with pytest.raises(ns.ModelError, match=r"no way to C from D.*infinite.*given="):
        ns.first_passage(g, "A", "C")
    assert ns.first_passage(g, "D", "D")["m1"] == 0
    with pytest.raises(ns.ModelError, match=r"no way to C from D"):
        ns.first_passage_times(g, "C")
    with pytest.raises(ns.ModelError, match=r"C cannot be reached from D; nothing is known"):
        ns.first_passage(g, "D", "C", given="C")


def test_stiff_rates_keep_all_digits():
    model = SMALL["ring 6"]()
    kernel = ns.compile(ns.first_passage(model, "0", "3", method="elimination"))
    rng = random.Random(11)
    rates = {a: 10.0 ** rng.uniform(-12, 12) for a in kernel.arguments}
    exact = ns.first_passage(model, "0", "3", method="elimination").at(rates)["m1"]
    assert kernel(**rates)["m1"] == pytest.approx(float(exact), rel=1e-14)


def test_bad_input():
    g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d")
    with pytest.raises(ns.UnknownNameError, match=r"unknown state 'X'.*Known: A, B, C"):
        ns.first_passage(g, "A", "X")
    with pytest.raises(ns.UnknownNameError, match="unknown state 'X'"):
        ns.first_passage(g, {"X": 1}, "A")
    with pytest.raises(ns.ModelError, match="no target"):
        ns.first_passage(g, "A", [])
    with pytest.raises(ns.ModelError, match="sum to 3/4, wanted 1"):
        ns.first_passage(g, {"A": "1/2", "B": "1/4"}, "C")
    with pytest.raises(ns.ModelError, match="initial probability of 'A' is 3/2"):
        ns.first_passage(g, {"A": "3/2", "B": "-1/2"}, "C")
    with pytest.raises(ns.ModelError, match="order of a moment is 1 or more, got 0"):
        ns.first_passage(g, "A", "C", 0)
    with pytest.raises(ns.UnknownNameError, match="unknown method 'magic'"):
        ns.first_passage(g, "A", "C", method="magic")
    with pytest.raises(ns.NessError, match="forests give the mean time"):
        ns.first_passage(g, "A", "C", 2, method="forests")
    with pytest.raises(ns.UnknownNameError, match="unknown target 'B'"):
        ns.first_passage(g, "A", "C", given="B")
    with pytest.raises(ns.ModelError, match="two targets or more, got A"):
        ns.splitting_probabilities(g, "B", ["A"])
    with pytest.raises(ns.ModelError, match="'A' is in two targets"):
        ns.splitting_probabilities(g, "B", {"x": "A", "y": ["A", "C"]})
    with pytest.raises(ns.ModelError, match="'A' is both start and end"):
        ns.committor(g, "A", ["A", "B"])
    with pytest.raises(ns.NameClashError, match=r"symbol a of its own"):
        ns.first_passage_transform(g, "A", "C", "a")
    with pytest.raises(ns.ModelError, match="substitute numbers for a, b, c, d first"):
        ns.first_passage_density(g, "A", "C", [1.0])
    numbers = g.subs({"a": 1, "b": 1, "c": 1, "d": 1})
    with pytest.raises(ns.ParameterError, match="times must be finite and not negative"):
        ns.first_passage_density(numbers, "A", "C", [-1.0])
    chain = ns.MarkovChain.from_matrix([["1/2", "1/2"], ["1/3", "2/3"]])
    with pytest.raises(ns.ModelError, match="arrives at whole steps"):
        ns.first_passage_density(chain, "1", "2", [1.0])


def test_large_forests_are_refused():
    import networkx as nx

    grid = symbolic(nx.grid_2d_graph(6, 6))
    with pytest.raises(ns.TooLargeError):
        ns.first_passage(grid, "0", "35", method="forests")
    assert len(ns.first_passage(grid, "0", "35").steps) < 5000


@pytest.mark.parametrize("value", [0, 1, Rational(1, 2)])
def test_a_value_is_no_variable(value):
    g = ns.StateGraph.from_text("A <-> B ; a, b")
    for ask in (
        lambda: ns.first_passage_transform(g, "A", "B", value),
        lambda: ns.susceptibility(ns.steady_state(g), "A", ("rates", "A->B"), value),
    ):
        with pytest.raises(ns.ParameterError, match=r"wanted a name.*\.at\(.*\.subs\("):
            ask()


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("A", ns.UnknownNameError, "unknown target 'A'. Known: B, C"),
        (["B", "X"], ns.UnknownNameError, "unknown state 'X'"),
        ([], ns.ModelError, "no target: name a state"),
        ("C", ns.ModelError, "C cannot be reached"),
    ],
)
def test_bad_conditions(given, error, message):
    g = ns.StateGraph.from_text("A <-> B ; 1, 1 \n C -> A ; 1")
    for ask in (
        lambda: ns.first_passage(g, "A", ["B", "C"], given=given),
        lambda: ns.first_passage_transform(g, "A", ["B", "C"], given=given),
        lambda: ns.first_passage_density(g, "A", ["B", "C"], [1], given=given),
    ):
        with pytest.raises(error, match=message):
            ask()


@pytest.mark.parametrize("order", [0, 1.5, True, "2"])
def test_bad_orders(order):
    g = ns.StateGraph.from_text("A <-> B ; 1, 1")
    for ask in (
        lambda: ns.first_passage(g, "A", "B", order),
        lambda: ns.first_passage_times(g, "B", order),
    ):
        with pytest.raises(ns.ModelError, match="order of a moment is 1 or more, got"):
            ask()


def test_what_lies_beyond_the_target_does_not_matter():
    g = ns.StateGraph.from_text("A <-> B ; 1, 1 \n B -> C ; 2 \n C -> D ; 1")
    assert ns.first_passage(g, "A", "C").at({}) == {"m1": 2}
    assert ns.first_passage(g, "A", "C", 2).at({}) == ns.first_passage(
        ns.StateGraph.from_text("A <-> B ; 1, 1 \n B -> C ; 2"), "A", "C", 2
    ).at({})
    with pytest.raises(ns.ModelError, match="no way to C from D"):
        ns.first_passage_times(g, "C")


def test_an_absorbing_state_is_its_own_steady_state():
    g = ns.StateGraph.from_text("A -> B ; 3")
    with pytest.warns(ns.NessWarning, match="absorbing"):
        ss = ns.steady_state(g)
    assert ns.kemeny_constant(ss).at({}) == {"K": 0}
    assert ns.recurrence_times(ss).labels == ()
    slow = ns.steady_state(ns.StateGraph.from_text("A <-> B ; 1, 1 \n B <-> C ; 1, 1"))
    assert len(ns.recurrence_times(slow).heads) == 3
