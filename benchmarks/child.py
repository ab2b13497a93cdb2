"""One measurement in a process of its own, so that time and memory are of one thing alone."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from flint import fmpq

LIMIT = 120.0
ROOT = Path(__file__).parents[1]
ROUNDS = 5
LONG = 2.0
STEMS = "kabcdfghjlmnprstuvwxyz"


def measured(table: str, way: str, graph: str, warm: str = "4 states with leak") -> dict[str, Any]:
    """Measure here: the best of several runs, or processor time where one takes long.

    What is symbolic runs with other symbols each time, lest SymPy's cache answers.
    """
    graphs, ways = import_module("benchmarks.graphs"), import_module("benchmarks.ways")
    make, g = ways.WAYS[table][way], graphs.plain(graph)
    stems = [{"stem": stem} for stem in STEMS] if table == "symbolic" else [{}] * len(STEMS)
    if table in ("symbolic", "listing", "counting", "sites"):
        make(graphs.plain(warm), **stems[-1])()
    run = make(g, **stems[0])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds, begun = [], perf_counter()
    for stem in stems:
        wall, own = perf_counter(), process_time()
        result = run()
        wall, own = perf_counter() - wall, process_time() - own
        seconds.append(wall if wall < LONG else min(wall, own))
        if len(seconds) == 1:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if perf_counter() - begun > LONG:
            break
        if table == "symbolic":
            run = make(g, **stem)
    found: dict[str, Any] = {"seconds": min(seconds), "megabytes": (peak - before) / 1024}
    if operations := getattr(run, "operations", None):
        found["operations"] = operations
    if table == "listing":
        found["trees"] = int(result)
    return found


def accuracy(way: str, graph: str, draws: int = 20, decades: float = 60) -> dict[str, Any]:
    """The largest error of any probability, in units of the last place of the exact result."""
    graphs, ways = import_module("benchmarks.graphs"), import_module("benchmarks.ways")
    g = graphs.plain(graph)
    rates = graphs.log_uniform(g, draws, decades)
    found = ways.WAYS["accuracy"][way](g, rates)()
    worst, failed = 0.0, 0
    for number in range(draws):
        exact = graphs.exact(g, rates[:, number])
        if np.isfinite(found[:, number]).all():
            worst = max(worst, *map(_ulps, found[:, number], exact))
        else:
            failed += 1
    return {"ulps": worst, "failed_draws": failed, "draws": draws}


def currents(way: str, graph: str, draws: int = 5, decades: float = 6) -> dict[str, Any]:
    """The largest relative error of any current where an affinity of 1e-12 drives it."""
    graphs, ways = import_module("benchmarks.graphs"), import_module("benchmarks.ways")
    g = graphs.plain(graph)
    rates = graphs.near_equilibrium(g, draws, decades, 1e-12)
    found = ways.WAYS["currents"][way](g, rates)()
    worst = 0.0
    for got, given in zip(found.T, rates.T, strict=True):
        p = graphs.exact(g, given)
        w = [fmpq(*float(rate).as_integer_ratio()) for rate in given]
        for number, ((i, j), value) in enumerate(zip(g.edges, got, strict=True)):
            wanted = w[2 * number] * p[i] - w[2 * number + 1] * p[j]
            error = abs(fmpq(*float(value).as_integer_ratio()) / wanted - 1) if wanted else value
            worst = max(worst, float(int(error.p) / int(error.q)) if wanted else abs(error))
    return {"error": worst, "draws": draws}


def _ulps(value: float, exact: fmpq) -> float:
    place = fmpq(*float(np.spacing(int(exact.p) / int(exact.q))).as_integer_ratio())
    error = abs(fmpq(*float(value).as_integer_ratio()) - exact) / place
    return int(error.p) / int(error.q)


def importing(name: str) -> dict[str, Any]:
    """Processor time and memory of an import in a fresh interpreter, less those of a bare one."""

    def cost(code: str) -> tuple[float, float]:
        report = "\nu = r.getrusage(0); print(u.ru_utime + u.ru_stime, u.ru_maxrss)"
        runs = [
            subprocess.run(
                [sys.executable, "-W", "ignore", "-c", "import resource as r\n" + code + report],
                capture_output=True,
                text=True,
                check=True,
            ).stdout.split()
            for _ in range(ROUNDS)
        ]
        return min(float(t) for t, _ in runs), min(float(m) for _, m in runs)

    (time, memory), (bare_time, bare_memory) = cost(f"import {name}"), cost("pass")
    return {"seconds": time - bare_time, "megabytes": (memory - bare_memory) / 1024}


def peak() -> dict[str, Any]:
    """Multiply-adds of float64 a second on one core, by a product of matrices."""
    a, best = np.random.default_rng(0).random((1200, 1200)), float("inf")
    for _ in range(8):
        begin = perf_counter()
        a @ a
        best = min(best, perf_counter() - begin)
    return {"flops": 2 * len(a) ** 3 / best}


def _in_thread(function, *args):
    """Run with a stack for deep recursion, which one peer needs."""
    threading.stack_size(512 * 1024 * 1024)
    box: list[Any] = []

    def call():
        try:
            box.append(function(*args))
        except Exception as error:
            box.append({"failed": type(error).__name__})

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    return box[0]


def run(*arguments: str, limit: float = LIMIT, module: str = "benchmarks.child") -> dict[str, Any]:
    """Run a measurement in its own process; what takes longer than the limit is stopped."""
    strange = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    env = {k: v for k, v in os.environ.items() if k not in strange}
    most = int(limit)
    code = (
        f"import resource, runpy; resource.setrlimit(resource.RLIMIT_CPU, ({most}, {most + 9})); "
        f"runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    )
    env |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, *arguments],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            timeout=4 * limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"limit": limit}
    if done.returncode == -signal.SIGXCPU:
        return {"limit": limit}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["killed"])[-1]
        return {"failed": last.partition(":")[0].rpartition(".")[2]}
    return dict(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    kinds = {"accuracy": accuracy, "currents": currents, "importing": importing, "peak": peak}
    if sys.argv[1] in kinds:
        print(json.dumps(kinds[sys.argv[1]](*sys.argv[2:])))
    else:
        print(json.dumps(_in_thread(measured, *sys.argv[1:])))
