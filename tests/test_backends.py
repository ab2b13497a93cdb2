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
from sympy import Rational, Symbol, symbols

import nesssym as ns
from nesssym.backends import blocks
from nesssym.backends import registry as backends
from nesssym.errors import MissingExtraError, ParameterError, UnknownNameError
from nesssym.exact.elimination import steady_weights
from tests.models import symbolic

a, b, c = symbols("a b c", positive=True)
CUBE = symbolic(nx.hypercube_graph(3))


def exact_probabilities(model, values):
    index = {s: i for i, s in enumerate(model.states)}
    rates = {}
    for t in model.transitions:
        i, j = index[t.source], index[t.target]
        rates[i, j], rates[j, i] = (Fraction(values[w.name]) for w in (t.rate, t.reverse))
    x = steady_weights(len(index), rates)
    return {s: x[i] / sum(x) for s, i in index.items()}


def exact_currents(model, values):
    p = exact_probabilities(model, values)
    return {
        t.label: Fraction(values[t.rate.name]) * p[t.source]
        - Fraction(values[t.reverse.name]) * p[t.target]
        for t in model.transitions
    }


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
        (nx.cycle_graph(6), 12, "numpy"),
        (nx.diamond_graph(), 12, "numpy"),
        (nx.diamond_graph(), 12, "numba"),
        (nx.diamond_graph(), 6, "jax"),
        (nx.hypercube_graph(3), 12, "numpy"),
        (nx.hypercube_graph(3), 6, "numba"),
        (nx.complete_graph(11), 6, "numpy"),
        (nx.grid_2d_graph(6, 6), 6, "numpy"),
        (nx.grid_2d_graph(6, 6), 6, "numba"),
        (nx.grid_2d_graph(4, 12), 6, "numpy"),
    ],
)
def test_raw_rates_near_equilibrium(graph, decades, backend):
    """Graphs with 1, 3, 28 and more than a million cycles, and long ones."""
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
        bound = abs(value) / (10**14 if label in currents else 10**13)
        if label not in currents:  # products of rates are known to twice the digits, no more
            bound += Fraction(1, 10**31)
        assert abs(Fraction(float(got[label][0])) - value) <= bound, label


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


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_jacobian_of_currents(backend):
    """Currents hold differences of products, which have a derivative of their own."""
    ss = ns.steady_state(symbolic(nx.diamond_graph()))
    kernel = ns.compile(ss.currents_as("reduced"), backend)
    values = {name: Fraction(i + 2, 8) for i, name in enumerate(kernel.arguments)}
    got = kernel.jacobian()(**{n: float(v) for n, v in values.items()})
    plain = ss.currents_as("difference")
    for label in plain.labels:
        for s in plain.symbols:
            slope = plain[label].diff(s).subs({t: values[t.name] for t in plain.symbols})
            assert float(got[label][s.name]) == pytest.approx(float(slope), rel=1e-12, abs=1e-15)


EMRE = symbolic(nx.Graph(ns.gallery.load("emre").model.graph.to_undirected()))
COMPILERS = {"c": ("cc", "flux"), "fortran": ("gfortran", "flux_")}


def built(language, formulas, folder):
    """A function of a dict of numbers that gives the results of compiled source and its status."""
    compiler, name = COMPILERS[language]
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler} here")
    text = folder / ("f.c" if language == "c" else "f.f90")
    text.write_text(formulas.code(language, "flux"))
    library = folder / "f.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, text, "-lm"], check=True)
    function = getattr(ctypes.CDLL(str(library)), name)

    def call(values):
        out, status = (ctypes.c_double * len(formulas.labels))(), ctypes.c_int(-1)
        given = [ctypes.c_double(values[s.name]) for s in formulas.symbols]
        if language == "c":
            status = ctypes.c_int(function(*given, out))
        else:
            function(*map(ctypes.byref, given), out, ctypes.byref(status))
        return dict(zip(formulas.labels, out, strict=True)), status.value

    return call


@pytest.mark.parametrize("language", COMPILERS)
@pytest.mark.parametrize("model", [CUBE, EMRE], ids=["cube", "emre"])
def test_compiled_source_keeps_digits_and_says_where_it_cannot(model, language, tmp_path):
    ss = ns.steady_state(model)
    formulas = ss.state | ss.currents
    call = built(language, formulas, tmp_path)
    rng = np.random.default_rng(3)
    values = {s.name: 10.0 ** rng.uniform(-1, 1) for s in formulas.symbols}
    got, status = call(values)
    assert status == 0
    exact = {**exact_probabilities(model, values), **exact_currents(model, values)}
    for label, wanted in exact.items():
        assert abs(Fraction(got[label]) / wanted - 1) < Fraction(1, 10**14), label
    far = dict(zip(values, 25 * (1e-200, 1e200), strict=False))
    _, status = call(far)
    assert status == 1


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_kernels_of_one_program_keep_their_own_ranges(backend):
    """The same program may be compiled for symbols of other signs: engines are not mixed up."""
    x = np.linspace(1.0, 2.0, 100)
    kernels = []
    for sign in ({"positive": True}, {"real": True}):
        a, b = Symbol("a", **sign), Symbol("b", positive=True)
        kernels.append(ns.compile({"sum": a + 3 * b}, backend=backend))
    positive, real = kernels
    assert positive(a=x, b=x)["sum"][0] == 4
    assert real(a=-1.0, b=x)["sum"][0] == 2
    assert real(a=-x, b=x)["sum"][0] == 2
    with pytest.raises(ns.ParameterError, match="a must be positive; got -1"):
        positive(a=-x, b=x)
