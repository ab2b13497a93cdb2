"""Every measurement of docs/performance.md; each runs in a process of its own."""

from __future__ import annotations

import pytest

from benchmarks.child import LIMIT, run
from benchmarks.ways import WAYS

GRAPHS = {
    "symbolic": ["ring 3", "4 states with leak", "K4", "Hill 8", "K5", "antiporter 8", "K6", "K7"],
    "listing": ["K4", "K5", "Hill 8", "antiporter 8", "K6", "K7", "K8"],
    "counting": ["K12", "hypercube 16", "hypercube 32", "6x20 grid", "6x40 grid"],
    "numeric": [
        "ring 3",
        "4 states with leak",
        "K5",
        "cube",
        "antiporter 8",
        "K8",
        "ring 30",
        "5x5 grid",
        "hypercube 16",
        "K12",
    ],
}
GRAPHS["Jacobian"] = ["K5", "antiporter 8", "hypercube 16"]
GRAPHS["sites"] = ["cube", "hypercube 16", "hypercube 64"]
GRAPHS["accuracy"] = GRAPHS["numeric"]
GRAPHS["currents"] = ["ring 6", "4 states with leak", "cube", "K11", "6x6 grid"]
IMPORTS = (
    "nesssym",
    "sympy",
    "sympy, networkx, numpy, mpmath, flint",
    "kda.calculations",
    "deeptime.markov",
    "quantecon",
)
TABLES = [
    (table, graph, way)
    for table, graphs in GRAPHS.items()
    for graph in graphs
    for way in WAYS[table]
]


@pytest.fixture
def record(benchmark, request):
    """Run a measurement once; what it says of itself goes into the file of results."""

    def measure(*arguments, limit=LIMIT, module="benchmarks.child", **about):
        tried = request.config.stash.setdefault(GIVEN_UP, set())
        key = arguments[:2]
        if key in tried:
            result = {"limit": limit, "given_up": True}
            benchmark.pedantic(lambda: None, rounds=1)
        else:
            result = benchmark.pedantic(
                run, arguments, {"limit": limit, "module": module}, rounds=1
            )
        if "limit" in result:
            tried.add(key)
        benchmark.extra_info.update(about | result)
        return result

    return measure


GIVEN_UP = pytest.StashKey[set]()


@pytest.mark.parametrize(("table", "graph", "way"), TABLES)
def test_way(record, table, graph, way):
    arguments = (table, way, graph)
    found = record(*arguments, table=table, graph=graph, way=way)
    if way.startswith("nesssym"):
        assert found.get("failed", "TooLargeError") == "TooLargeError", found


@pytest.mark.parametrize("name", IMPORTS)
def test_import(record, name):
    record("importing", name, table="import", way=f"import {name}", graph="")


def test_peak(record):
    record("peak", table="peak", way="", graph="")


def test_large_sweep(record):
    found = record(limit=200, module="benchmarks.large_sweep", table="sweep", way="", graph="")
    if "limit" not in found:
        assert found["points"] >= 1e8
        assert found["worker_megabytes"] < found["bound_megabytes"]
