"""Exact error bars: they hold, and wrong simulators do not pass."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational

import nesssym as ns
from nesssym.fluctuations.observables import observable
from tests.gillespie import MISTAKES, simulator
from tests.models import SMALL, multigraphs

VALUES = {"k_0_1": 2, "k_1_0": 1, "k_1_2": 3, "k_2_1": 1, "k_2_0": 5, "k_0_2": 2}
OBSERVABLES = {"turns": {"0->1": 1}, "inside": {"2": 1}}


def ring():
    return SMALL["ring 3"]()


def check(mistake=None, *, start=None, time=60, runs=400, seed=0):
    model = ring()
    steady = None if start else ns.steady_state(model).state.at(VALUES)
    run = simulator(model, VALUES, "0->1", "2", mistake, start, steady)
    return ns.verify_simulation(
        run, model, OBSERVABLES, time=time, runs=runs, values=VALUES, start=start, seed=seed
    )


@pytest.mark.parametrize("start", [None, "1"])
def test_an_honest_simulator_passes(start):
    found = check(start=start)
    assert found
    assert found.p_chi2 > 1e-3
    assert all(0.7 < a.variance_ratio < 1.4 for a in found.averages)


@pytest.mark.parametrize(
    "mistake",
    [m for m in MISTAKES if m not in ("counts before it waits", "restarts after the last jump")],
)
def test_wrong_simulators_are_caught(mistake):
    found = check(mistake)
    assert not found
    assert "<--" in str(found)
    assert "fail: 2 averages of 400 runs" in str(found)


@pytest.mark.parametrize("mistake", ["counts before it waits", "restarts after the last jump"])
def test_mistakes_at_the_end_of_a_run_show_in_many_short_runs(mistake):
    """They shift an average by a part of 1/time only: exact error bars tell even that."""
    assert check(time=8, runs=4000, seed=1)
    assert not check(mistake, time=8, runs=4000, seed=1)


def test_right_mean_with_wrong_noise_is_caught_by_the_variance():
    found = check("waits the mean time")
    assert found.worst.p_variance < found.threshold
    assert found.worst.variance_ratio < 0.7


def test_totals_and_sequences_are_taken():
    model = ring()
    steady = ns.steady_state(model).state.at(VALUES)
    run = simulator(model, VALUES, "0->1", "2", steady=steady)

    def total(time, seed, **values):
        return [x * time for x in run(time, seed, **values).values()]

    found = ns.verify_simulation(
        total, model, OBSERVABLES, time=60, runs=50, values=VALUES, totals=True
    )
    assert found.passed


def test_false_alarms_are_as_rare_as_they_should_be():
    """Samples drawn from the exact normal distribution fail at about the level."""
    rng = np.random.default_rng(1)
    expected = ns.time_averages(ring().subs(VALUES), OBSERVABLES, time=1000)
    point = {k: float(v) for k, v in expected.at({}).items()}
    mean = [point["turns"], point["inside"]]
    cross = point["turns,inside"]
    covariance = [[point["turns,turns"], cross], [cross, point["inside,inside"]]]
    alarms = 0
    for _ in range(100):
        rows = rng.multivariate_normal(mean, covariance, size=30).T
        samples = dict(zip(("turns", "inside"), rows, strict=True))
        alarms += not ns.verify_averages(samples, expected, level=0.2)
    assert 5 <= alarms <= 35


def test_what_never_scatters_must_be_right():
    model = ring().subs(VALUES)
    names = {"0": {"0": 1}, "1": {"1": 1}, "2": {"2": 1}}
    expected = ns.time_averages(model, names, time=1000)
    p = [float(x) for x in ns.steady_state(model).state.at({}).values()]
    rng = np.random.default_rng(2)
    small = 1e-4 * rng.standard_normal((2, 20))
    rows = np.array([p[0] + small[0], p[1] + small[1], 1 - p[0] - p[1] - small[0] - small[1]])
    broken = rows + np.array([[0], [0], [1e-4]])
    good = ns.verify_averages(dict(zip(names, rows, strict=True)), expected)
    bad = ns.verify_averages(dict(zip(names, broken, strict=True)), expected)
    assert (good.dof, good.p_chi2 > 1e-6) == (2, True)
    assert (bad.chi2, bad.passed) == (float("inf"), False)
    total = ns.time_averages(model, {"all": {"0": 1, "1": 1, "2": 1}}, time=9)
    assert ns.verify_averages({"all": [1.0, 1.0]}, total)
    assert not ns.verify_averages({"all": [1.0, 1.001]}, total)


def moments(model, a, b, time, begun):
    """Mean of a and covariance of a and b in a run: derivatives of the full generating function."""
    index = {s: i for i, s in enumerate(model.states)}
    pair = [observable(model, a), observable(model, b)]
    h = mpmath.mpf(10) ** -15

    def log_mean(*fields):
        w = mpmath.zeros(len(index))
        for t in model.transitions:
            i, j = index[t.source], index[t.target]
            for source, target, rate, way in ((i, j, t.rate, 0), (j, i, t.reverse, 1)):
                rate = mpmath.mpf(int(rate.p)) / int(rate.q)
                counted = (q * int(o.of(t)[way]) for q, o in zip(fields, pair, strict=True))
                w[target, source] += rate * mpmath.exp(sum(counted))
                w[source, source] -= rate
        for s, i in index.items():
            w[i, i] += sum(q * int(o.dwell[s]) for q, o in zip(fields, pair, strict=True))
        return mpmath.log(sum(mpmath.expm(w * time) * begun))

    mean = (log_mean(h, 0) - log_mean(-h, 0)) / (2 * h)
    corners = log_mean(h, h) - log_mean(h, -h) - log_mean(-h, h) + log_mean(-h, -h)
    return mean / time, corners / (4 * h**2) / time**2


@given(multigraphs(max_states=3), st.integers(-2, 2), st.sampled_from([None, "0"]))
@settings(max_examples=8, deadline=None)
def test_error_bars_against_the_matrix_exponential(model, weight, start):
    a = {model.transitions[0].label: (1, weight), "1": weight}
    b = {model.transitions[-1].label: 1, "0": 1}
    steady = ns.steady_state(model).state.at({})
    with mpmath.workdps(60):
        begun = [mpmath.mpf(int(p.p)) / int(p.q) for p in steady.values()]
        if start:
            begun = [mpmath.mpf(s == start) for s in model.states]
        rates = [x for t in model.transitions for x in (t.rate, t.reverse)]
        time = int(60 * len(rates) * max(1 / min(rates), 1)) + 1
        wanted = moments(model, a, b, time, mpmath.matrix(begun))
        found = ns.time_averages(model, {"a": a, "b": b}, time=time, start=start).at({})
        for exact, numeric in zip((found["a"], found["a,b"]), wanted, strict=True):
            assert abs(mpmath.mpf(int(exact.p)) / int(exact.q) - numeric) < 1e-18


def test_error_bar_of_an_occupation_in_symbols():
    found = ns.time_averages(SMALL["two states"](), {"B": {"B": 1}}, start={"A": "x", "B": "1 - x"})
    values = {"a": 1, "b": 2, "T": 10, "x": 1}
    assert found.at(values)["B"] == Rational(1, 3) - Rational(1, 3) / 3 / 10


MODEL = SMALL["two states"]
COUNTS = {"x": {"A->B": 1}}
NUMBERS = {"a": 1, "b": 1}


def verified(run=lambda **_: [0.0], model=None, counts=COUNTS, **options):
    given_options = {"time": 100, "values": NUMBERS, **options}
    return ns.verify_simulation(run, model or MODEL(), counts, **given_options)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: verified(values={"a": 1}), "no value for b"),
        (lambda: verified(time=5), "runs of 5 are short.*take at least 10"),
        (lambda: verified(time=-1), "must be positive and finite"),
        (lambda: verified(runs=1), "1 runs show no scatter"),
        (lambda: verified(lambda **_: [1, 2]), "returned 2 averages for 1 observables"),
        (lambda: verified(lambda **_: {"y": 1}), "unknown average of the simulator 'x'"),
        (lambda: verified(counts={"x": {"Z": 1}}), "unknown transition 'Z'"),
        (lambda: verified(level=2), "level of false alarms is 2"),
        (lambda: verified(start="Z"), "unknown state 'Z'"),
        (lambda: verified(start={"A": "1/2"}), "sum to 1/2, wanted 1"),
        (lambda: ns.time_averages(MODEL(), {}), "no average is asked for"),
        (lambda: ns.time_averages(MODEL(), COUNTS, time="a"), "called a, like a rate"),
        (lambda: ns.time_averages(MODEL(), COUNTS, time=0), "must be positive"),
        (lambda: ns.time_averages(ns.gallery.load("enso").model, COUNTS), "observed in steps"),
        (
            lambda: ns.verify_averages(
                {"x": [1.0], "y": []},
                ns.time_averages(MODEL().subs(NUMBERS), {"x": {"A": 1}, "y": {"B": 1}}, time=9),
            ),
            "lengths .0, 1.",
        ),
        (
            lambda: ns.verify_averages({}, ns.time_averages(MODEL().subs(NUMBERS), COUNTS, time=9)),
            "unknown average 'x'",
        ),
        (
            lambda: ns.verify_averages(
                {"c1": [1.0]}, ns.cumulants(MODEL().subs(NUMBERS), {"A": 1})
            ),
            "no label 'a' has a variance",
        ),
    ],
)
def test_bad_calls(ask, message):
    with pytest.raises(ns.NessError, match=message):
        ask()


def test_a_simulator_that_returns_nan_fails():
    found = verified(lambda **_: [float("nan")], counts={"x": {"A": 1}}, runs=3)
    assert not found
    assert found.chi2 == float("inf")


def test_a_start_in_a_transient_state_is_refused():
    g = ns.StateGraph.from_text("T -> A ; 3 \n A <-> B ; 1, 2")
    with (
        pytest.warns(ns.NessWarning, match="transient"),
        pytest.raises(ns.ModelError, match="left for ever"),
    ):
        ns.time_averages(g, {"x": {"B": 1}}, start="T")


def test_short_runs_have_a_length_too():
    g = ns.StateGraph.from_text("A <-> B ; 2, 3")
    short = ns.time_averages(g, {"b": {"B": 1}}, time="1/2").at({})
    assert short == ns.time_averages(g, {"b": {"B": 1}}).at({"T": "1/2"})
    with pytest.raises(ns.ParameterError, match="length of a run is 0; it must be positive"):
        ns.time_averages(g, {"b": {"B": 1}}, time=0)


def test_two_runs_have_a_variance():
    coin = ns.Formulas(("a", "a,a"), (Rational(1, 2), Rational(1, 400)))
    two = ns.verify_averages({"a": [0.45, 0.55]}, coin)
    assert two.averages[0].variance_ratio == pytest.approx(2)
    assert two.averages[0].p_variance == pytest.approx(2 * 0.157299207)
    assert np.isnan(ns.verify_averages({"a": [0.45]}, coin).averages[0].variance_ratio)
    wild = ns.verify_averages({"a": [0.3, 0.7]}, coin)
    assert not wild
    assert "<-- variance" in str(wild)
