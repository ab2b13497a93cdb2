"""verify: the judge of other people's codes."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

import nesssym as ns
from tests.models import ring, symbolic


@pytest.fixture
def steady():
    return ns.steady_state(ring(5))


def solver(model):
    """A user's own solver: floating-point linear algebra."""
    index = {s: i for i, s in enumerate(model.states)}

    def solve(**k):
        w = np.zeros((len(index), len(index)))
        for t in model.transitions:
            i, j = index[t.source], index[t.target]
            w[j, i] += k[t.rate.name]
            w[i, j] += k[t.reverse.name]
        w -= np.diag(w.sum(axis=0))
        w[-1] = 1
        return np.linalg.solve(w, np.eye(len(index))[-1])

    return solve


def test_the_kernel_passes_at_the_last_digits(steady):
    outcome = ns.verify(ns.compile(steady.state), steady.state, samples=40, rtol=2e-15)
    assert outcome.passed
    assert outcome.status == "pass"
    assert str(outcome).startswith("pass: 200 of 200 values")


def test_a_wrong_rate_is_found_and_placed(steady):
    def wrong(**k):
        return solver(steady.model)(**k | {"k_0_1": k["k_0_1"] * (1 + 1e-6)})

    ranges = dict.fromkeys(steady.state.symbols, (0.5, 2))
    outcome = ns.verify(wrong, steady.state, samples=20, ranges=ranges)
    assert outcome.status == "fail"
    assert 1e-8 < outcome.worst.relative_error < 1e-5
    exact = steady.state.at(outcome.worst.parameters)[outcome.worst.label]
    assert outcome.worst.expected == float(exact)
    assert outcome.worst.label in str(outcome)
    assert "wrong" in str(outcome)


def test_linear_algebra_fails_on_stiff_rates():
    ss = ns.steady_state(symbolic(nx.hypercube_graph(3)))
    outcome = ns.verify(
        solver(ss.model),
        ss.state,
        samples=30,
        ranges=dict.fromkeys(ss.state.symbols, (1e-12, 1e12)),
    )
    assert not outcome
    assert outcome.worst.relative_error > 1e-6


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_not_a_number_is_an_infinite_error(steady, bad):
    outcome = ns.verify(lambda **k: [bad] * 5, steady.state, samples=3)
    assert outcome.worst.relative_error == float("inf")


def test_not_implemented_is_neither_pass_nor_fail(steady):
    def later(**k):
        raise NotImplementedError

    outcome = ns.verify(later, steady.state, samples=3)
    assert outcome.status == "not implemented"
    assert "no value was returned" in str(outcome)


def test_the_same_seed_gives_the_same_verdict(steady):
    first, second = (
        ns.verify(solver(steady.model), steady.state, samples=10, seed=4) for _ in "ab"
    )
    assert first == second


@pytest.mark.parametrize(
    ("candidate", "options", "message"),
    [
        (lambda **k: [1.0], {}, "returned 1 values for 5 labels"),
        (lambda **k: {"0": 1.0}, {}, "unknown label of the candidate '1'"),
        (lambda **k: [0.2] * 5, {"ranges": {"q": (1, 2)}}, "unknown symbol 'q'"),
        (lambda **k: [0.2] * 5, {"ranges": {"k_0_1": (2, 1)}}, r"range of k_0_1 is \(2, 1\)"),
    ],
)
def test_bad_calls(steady, candidate, options, message):
    with pytest.raises(ns.NessError, match=message):
        ns.verify(candidate, steady.state, samples=2, **options)
