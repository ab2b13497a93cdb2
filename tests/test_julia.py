"""Julia source: what it computes, read as the arithmetic it is, and what it does out of range."""

from __future__ import annotations

import re
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from sympy import Integer, symbols

import nesssym as ns
from nesssym.formulas import Formulas
from tests.models import symbolic

a, b, c = symbols("a b c", positive=True)


def lines_of(source):
    """The steps, the results and the values that are looked at, of a Julia function."""
    body = source.partition("function ")[2].splitlines()
    steps = [line.strip() for line in body if re.match(r"    \w+ = ", line)]
    steps = [line for line in steps if not line.startswith(("number__", "results"))]
    (results,) = re.findall(r"^    results = \((.*),\)$", source, re.MULTILINE)
    (watched,) = re.findall(r"!all\(inside__, \((.*?)\)\)$", source, re.MULTILINE)
    return steps, results.split(", "), watched.replace(",", " ").split()


def test_every_operation_is_watched():
    ss = ns.steady_state(symbolic(nx.diamond_graph()), "elimination")
    steps, results, watched = lines_of((ss.state | ss.currents).code("julia", "flux"))
    assert [line.partition(" = ")[0] for line in steps] == watched
    assert set(results) <= set(watched)
    for line in steps:
        right = line.partition(" = ")[2]
        assert right.startswith("number__(") or len(re.findall(r"[-+*/]", right)) == 1, line


def test_the_steps_give_the_results():
    ss = ns.steady_state(symbolic(nx.diamond_graph()), "elimination")
    formulas = ss.state | ss.currents
    steps, results, watched = lines_of(formulas.code("julia", "flux"))
    values = {s.name: 10.0**k for k, s in zip(range(-5, 5), formulas.symbols, strict=True)}
    scope = {"__builtins__": {}, "number__": float, "big": Fraction, **values}
    for line in steps:
        exec(line, scope)
    wanted = ns.compile(formulas)(**values)
    for name, value in zip(results, wanted.values(), strict=True):
        assert scope[name] == pytest.approx(value, rel=1e-14)
    assert all(np.finfo(float).tiny <= abs(scope[name]) for name in watched)


def test_out_of_range_all_is_done_in_wide_numbers():
    source = Formulas(("x",), (a * b / c,)).code("julia", "f")
    assert "(a, b, c,) = number__.((a, b, c,))" in source
    assert "    results = Float64.(f(big(a), big(b), big(c)))\n" in source
    steps, _, watched = lines_of(source)
    assert steps == ["t1 = a*b", "t2 = t1/c"]
    assert watched == ["t1", "t2"]
    assert lines_of(Formulas(("x",), (Integer(3),)).code("julia", "f")) == ([], ["3.0"], [])
