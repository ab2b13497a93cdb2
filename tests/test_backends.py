"""Backends for speed against exact values: Numba, JAX, threads, Jacobians, C."""

from __future__ import annotations

import ctypes
import pickle
import shutil
import subprocess
from fractions import Fraction
from math import prod

import mpmath
import networkx as nx
import numpy as np
import pytest
from mpmath.libmp import to_rational
from sympy import Rational, symbols

import nesssym as ns
from nesssym import backends, blocks
from nesssym.errors import MissingExtraError, ParameterError, UnknownNameError
from nesssym.exact.elimination import steady_weights
from tests.models import symbolic

a, b, c = symbols("a b c", positive=True)
CUBE = symbolic(nx.hypercube_graph(3))


def exact_currents(model, values):
    index = {s: i for i, s in enumerate(model.states)}
    rates = {}
    for t in model.transitions:
        i, j = index[t.source], index[t.target]
        rates[i, j], rates[j, i] = (Fraction(values[w.name]) for w in (t.rate, t.reverse))
    x = steady_weights(len(index), rates)
    flows = {}
    for t in model.transitions:
        i, j = index[t.source], index[t.target]
        flows[t.label] = (rates[i, j] * x[i] - rates[j, i] * x[j]) / sum(x)
    return flows


@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_fast_backends_over_sixty_decades(backend):
    state = ns.steady_state(CUBE, "elimination").state
    kernel, exact = ns.compile(state, backend), ns.compile(state, "exact")
    rng = np.random.default_rng(1)
    table = 2.0 ** rng.uniform(-100, 100, (len(kernel.arguments), 4))
    got = pickle.loads(pickle.dumps(kernel)).array(table)
    for column, found in zip(table.T, got.T, strict=True):
        for value, wanted in zip(found, exact.array(column.tolist()), strict=True):
            assert abs(Rational(float(value)) / wanted - 1) < Rational(8, 2**52)


@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_values_that_leave_the_range_come_back(backend):
    kernel = ns.compile(a * b * c, backend)
    values = np.array([[1e200, 1.0, 1e-200], [1e200, 1.0, 1e-200], [1e-300, 1.0, 1e300]])
    assert kernel.array(values)[0] == pytest.approx([1e100, 1.0, 1e-100], rel=1e-15)
    with pytest.raises(ParameterError, match=r"beyond the largest float64.*index \(1,\)"):
        kernel(a=[1.0, 1e200], b=1e200, c=1.0)
    with pytest.raises(ParameterError, match=r"a must be positive; got -1.0 at index \(1,\)"):
        kernel(a=np.array([1.0, -1.0]), b=1.0, c=1.0)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_threads_give_the_same(backend, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 64)
    state = ns.steady_state(CUBE).state
    table = 10 ** np.random.default_rng(2).uniform(-3, 3, (24, 1000))
    one, three = (ns.compile(state, backend, threads=n).array(table) for n in (1, 3))
    assert (one == three).all()
    with pytest.raises(ParameterError, match="threads must be a positive integer; got 0"):
        ns.compile(state, threads=0)


@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_missing_extra_is_said_before_anything_runs(backend, monkeypatch):
    monkeypatch.setattr(backends, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'nesssym\[{backend}\]'"):
        ns.compile(a, backend)


@pytest.mark.parametrize(
    ("graph", "decades", "backend"),
    [
        (nx.cycle_graph(6), 6, "numpy"),
        (nx.diamond_graph(), 6, "numpy"),
        (nx.diamond_graph(), 6, "numba"),
        (nx.diamond_graph(), 6, "jax"),
        (nx.hypercube_graph(3), 6, "numpy"),
        (nx.hypercube_graph(3), 6, "numba"),
        (nx.complete_graph(11), 2, "numpy"),
        (nx.grid_2d_graph(6, 6), 6, "numpy"),
        (nx.grid_2d_graph(6, 6), 6, "numba"),
    ],
)
def test_raw_rates_near_equilibrium(graph, decades, backend):
    """Graphs with 1, 3, 28 and more than a million cycles, the last of them in two ways."""
    model = symbolic(graph)
    ss = ns.steady_state(model)
    found = ss.currents | ns.affinities(model) | ns.entropy_production(ss).select(["sigma"])
    kernel = ns.compile(found, backend)
    rng = np.random.default_rng(5)
    energy = {s: rng.uniform(-1, 1) for s in model.states}
    values = {}
    for t in model.transitions:
        k = 10 ** rng.uniform(-decades / 2, decades / 2)
        values[t.rate.name] = k * float(np.exp(energy[t.source]))
        values[t.reverse.name] = k * float(np.exp(energy[t.target]))
    values[model.transitions[0].rate.name] *= 1 + 1e-12
    got = kernel(**{name: np.array([v]) for name, v in values.items()})
    currents = exact_currents(model, values)
    wanted = {**currents, "sigma": Fraction(0)}
    with mpmath.workdps(60):
        for cycle in ns.cycles(model):
            along, against = (prod(Fraction(values[w.name]) for w in way) for way in cycle.rates)
            ratio = along / against
            logarithm = mpmath.log(mpmath.mpf(ratio.numerator) / ratio.denominator)
            wanted[cycle.label] = affinity = Fraction(*to_rational(logarithm._mpf_))
            wanted["sigma"] += currents[cycle.transitions[0][0]] * affinity
    assert wanted.keys() == got.keys()
    for label, value in wanted.items():
        assert abs(Fraction(float(got[label][0])) - value) <= abs(value) / 10**13, label


@pytest.mark.parametrize("backend", ["numpy", "numba", "jax", "exact"])
def test_jacobian_against_exact_derivatives(backend):
    formulas = ns.steady_state(symbolic(nx.diamond_graph())).state
    kernel = ns.compile(formulas, backend)
    values = {name: Fraction(i + 2, 8) for i, name in enumerate(kernel.arguments)}
    given = values if backend == "exact" else {n: float(v) for n, v in values.items()}
    got = kernel.jacobian()(**given)
    for label in formulas.labels:
        for s in formulas.symbols:
            wanted = float(
                formulas[label].diff(s).subs({t: values[t.name] for t in formulas.symbols})
            )
            assert float(got[label][s.name]) == pytest.approx(wanted, rel=1e-13)
    with pytest.raises(UnknownNameError, match="unknown parameter 'zz'"):
        kernel.jacobian(["zz"])


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler here")
def test_c_compiles_and_keeps_digits(tmp_path):
    ss = ns.steady_state(CUBE)
    formulas = ss.currents_as("reduced").select([ss.currents.labels[1]])
    (tmp_path / "f.c").write_text(formulas.code("c", "flux"))
    library = tmp_path / "f.so"
    subprocess.run(
        ["cc", "-O2", "-shared", "-fPIC", "-o", library, tmp_path / "f.c", "-lm"], check=True
    )
    values = 10 ** np.random.default_rng(3).uniform(-1, 1, len(formulas.symbols))
    values = dict(zip([s.name for s in formulas.symbols], values.tolist(), strict=True))
    out = (ctypes.c_double * 1)()
    ctypes.CDLL(str(library)).flux(*map(ctypes.c_double, values.values()), out)
    assert out[0] == pytest.approx(next(iter(ns.compile(formulas)(**values).values())), rel=1e-14)
