"""What is measured: each way gets a graph, prepares what is not measured, and returns the rest.

A way of a peer imports it inside, so that nobody needs what is not measured. New ways are one
function with a decorator; the report takes up what it finds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import nesssym as ns
from benchmarks.graphs import arcs, binding_sites, generators, log_uniform, model
from nesssym.exact import tree_sums, trees

SETS = 100_000
FEW_SETS = 2000
WAYS: dict[str, dict[str, Callable[..., Callable[[], Any]]]] = {}


def way(table: str, name: str) -> Callable[[Any], Any]:
    """Enter a function as one way to make a table."""

    def enter(function: Any) -> Any:
        WAYS.setdefault(table, {})[name] = function
        return function

    return enter


# Symbolic steady state: all states, exactly.


@way("symbolic", "nesssym, polynomials")
def _(graph, stem="k"):
    g = model(graph, stem)
    rates = [s for t in g.transitions for s in (t.rate, t.reverse)]
    pairs = [(int(t.source), int(t.target)) for t in g.transitions]
    both = [p for i, j in pairs for p in ((i, j), (j, i))]
    return lambda: tree_sums.tree_polynomials(len(graph), both, rates, range(len(graph)))[1]


@way("symbolic", "nesssym, SymPy expressions")
def _(graph, stem="k"):
    g = model(graph, stem)
    return lambda: ns.steady_state(g, "trees").state


@way("symbolic", "nesssym, elimination")
def _(graph, stem="k"):
    g = model(graph, stem)
    return lambda: ns.steady_state(g, "elimination").state


@way("symbolic", "kda")
def _(graph, stem="k"):
    from kda import calculations

    g = _kda(graph, stem)
    return lambda: calculations.calc_state_probs(g, key="name", output_strings=True)


@way("symbolic", "SymPy Matrix.nullspace")
def _(graph, stem="k"):
    w = model(graph, stem).generator()
    return lambda: w.nullspace()


@way("symbolic", "SymPy ContinuousMarkovChain")
def _(graph, stem="k"):
    from sympy.stats import ContinuousMarkovChain

    w = model(graph, stem).generator().T
    return lambda: ContinuousMarkovChain("C", gen_mat=w).limiting_distribution()


@way("symbolic", "SymPy DomainMatrix.nullspace")
def _(graph, stem="k"):
    w = model(graph, stem).generator()
    return lambda: w.to_DM(field=False).nullspace(divide_last=False).to_Matrix()


# Listing all spanning trees to every root.


@way("listing", "nesssym")
def _(graph):
    n, both = len(graph), arcs(graph)
    return lambda: sum(map(len, trees.build_all(n, both).arrays()))


@way("listing", "kda")
def _(graph):
    from kda import diagrams

    g = _kda(graph)
    return lambda: len(diagrams.generate_directional_diagrams(g, return_edges=True))


# Counting them.


@way("counting", "nesssym, determinant")
def _(graph):
    n, both = len(graph), arcs(graph)
    return lambda: trees.count(n, both, 0)


@way("counting", "nesssym, decision diagram")
def _(graph):
    n, both = len(graph), arcs(graph)
    return lambda: trees.build(n, both, 0).count()


# All probabilities of many sets of rates.


def _compiled(graph, backend, sets=None):
    kernel = ns.compile(ns.steady_state(model(graph)).state, backend=backend)
    place = {f"k_{i}_{j}": number for number, (i, j) in enumerate(arcs(graph))}
    rates = log_uniform(graph, sets or SETS, 6)
    table = np.ascontiguousarray(rates[[place[name] for name in kernel.arguments]])
    kernel.array(table[:, :10])

    def run():
        return kernel.array(table)

    run.operations = len(kernel.program.instructions) - len(kernel.arguments)
    return run


@way("numeric", "nesssym, numpy")
def _(graph):
    return _compiled(graph, "numpy")


@way("numeric", "nesssym, numba")
def _(graph):
    return _compiled(graph, "numba")


@way("numeric", "numpy.linalg.solve")
def _(graph):
    rates, n = log_uniform(graph, SETS, 6), len(graph)
    right = np.broadcast_to(np.eye(n)[:, -1:], (SETS, n, 1))

    def solve():
        w = generators(graph, rates)
        w[:, -1, :] = 1
        return np.linalg.solve(w, right)

    return solve


# All probabilities of many sets of rates, and their derivatives with respect to all rates.


@way("Jacobian", "nesssym, results")
def _(graph):
    return _compiled(graph, "numpy", FEW_SETS)


@way("Jacobian", "nesssym, results and Jacobian")
def _(graph):
    kernel = ns.compile(ns.steady_state(model(graph)).state)
    rates = dict(zip(kernel.arguments, log_uniform(graph, FEW_SETS, 6), strict=True))
    derivatives = kernel.jacobian()
    return lambda: derivatives(**rates)


# Sites that bind with cooperativity, one of them driven: four symbols, all states reduced.


@way("sites", "nesssym, reduced")
def _(graph):
    g = binding_sites(len(graph).bit_length() - 1)
    return lambda: ns.steady_state(g, "reduced").state


# One set of rates, as accurately as each way can: shape (states, sets).


@way("accuracy", "nesssym")
def _(graph, rates):
    kernel = ns.compile(ns.steady_state(model(graph), "elimination").state)
    place = {f"k_{i}_{j}": number for number, (i, j) in enumerate(arcs(graph))}
    order = [place[name] for name in kernel.arguments]
    return lambda: kernel.array(rates[order])


@way("accuracy", "numpy.linalg.solve")
def _(graph, rates):
    w = generators(graph, rates)
    w[:, -1, :] = 1
    return lambda: _each(lambda m: np.linalg.solve(m, np.eye(len(m))[-1]), w)


@way("accuracy", "scipy.linalg.null_space")
def _(graph, rates):
    from scipy.linalg import null_space

    def one(m):
        space = null_space(m)
        if space.shape[1] != 1:
            raise np.linalg.LinAlgError(f"a null space of {space.shape[1]} dimensions")
        return space[:, 0] / space[:, 0].sum()

    return lambda: _each(one, generators(graph, rates))


@way("accuracy", "quantecon gth_solve")
def _(graph, rates):
    from quantecon.markov.gth_solve import gth_solve

    return lambda: _each(lambda m: gth_solve(np.ascontiguousarray(m.T)), generators(graph, rates))


@way("accuracy", "deeptime")
def _(graph, rates):
    from deeptime.markov.tools.analysis import stationary_distribution

    def one(m):
        step = m.T / (2 * np.abs(m).max())
        return stationary_distribution(np.eye(len(m)) + step, check_inputs=False)

    return lambda: _each(one, generators(graph, rates))


# The net currents of one set of rates next to equilibrium: shape (edges, sets).


@way("currents", "nesssym")
def _(graph, rates):
    ss = ns.steady_state(model(graph))
    kernel = ns.compile(ss.currents)
    place = {f"k_{i}_{j}": number for number, (i, j) in enumerate(arcs(graph))}
    order = [place[name] for name in kernel.arguments]
    rows = [kernel.labels.index(f"{i}->{j}") for i, j in graph.edges]
    return lambda: kernel.array(rates[order])[rows]


@way("currents", "numpy.linalg.solve")
def _(graph, rates):
    p = WAYS["accuracy"]["numpy.linalg.solve"](graph, rates)()
    i, j = np.array(graph.edges).T
    return lambda: rates[::2] * p[i] - rates[1::2] * p[j]


def _each(function, matrices):
    """Solve one after the other; what fails is not a number."""
    found = np.full(matrices.shape[:2], np.nan)
    for row, matrix in zip(found, matrices, strict=True):
        try:
            row[:] = function(matrix)
        except (np.linalg.LinAlgError, ValueError, ArithmeticError, RuntimeError):
            continue
    return found.T


def _kda(graph, stem="k"):
    import networkx as nx
    from kda import graph_utils

    sys.setrecursionlimit(1_000_000)
    matrix = np.zeros((len(graph), len(graph)))
    for i, j in arcs(graph):
        matrix[i, j] = 1
    names = np.array(
        [[f"{stem}{i + 1}{j + 1}" for j in range(len(graph))] for i in range(len(graph))],
        dtype=object,
    )
    g = nx.MultiDiGraph()
    graph_utils.generate_edges(g, matrix, names=names)
    return g
