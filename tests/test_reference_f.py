"""Published and independently computed values: group F, first passage."""

from __future__ import annotations

import pytest
from sympy import Rational

import nesssym as ns
from nesssym.exact.rational import equal
from tests.reference import CASES, exact, model


def digits(case):
    decimal = CASES[case]["decimal"]
    return [decimal] if isinstance(decimal, str) else decimal


def test_f01_mean_times():
    found = ns.first_passage_times(model("F01"), 1).at({})
    assert [found[s] for s in "234"] == [Rational(t) for t in CASES["F01"]["exact"]]


@pytest.mark.parametrize("method", ["forests", "elimination"])
def test_f03_symbolic_mean(method):
    found = ns.first_passage(model("F03"), 1, 3, method=method)
    assert equal(found["m1"], exact(CASES["F03"]["exact"]))
    assert [str(found.at(CASES["F03"]["eval_at"])["m1"].evalf(30))] == digits("F03")


def test_f05_committor():
    found = ns.committor(model("F05"), 1, 4).at({})
    assert [found[s] for s in "23"] == [Rational(t) for t in CASES["F05"]["exact"]]


def test_f07_gamblers_ruin():
    found = ns.splitting_probabilities(model("F07"), 4, [0, 10]).at({})
    assert found["10"] == exact(CASES["F07"]["exact"])
    assert [str(found["10"].evalf(30))] == digits("F07")
