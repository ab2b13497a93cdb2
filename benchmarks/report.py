"""docs/performance.md: tables, plots and ratios from the files that the measurements wrote.

``python -m benchmarks.report build/bench.json ...``: several files are taken together.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from math import exp, fsum, log
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

from benchmarks.graphs import arcs, plain
from benchmarks.ways import SETS
from nesssym.exact import trees

PAGE = Path(__file__).parents[1] / "docs"
Results = dict[str, dict[str, dict[str, dict[str, Any]]]]
OURS = "nesssym"


def read(paths: Iterable[str]) -> tuple[Results, str]:
    """Results by table, graph and way, and what they ran on."""
    found: Results = {}
    machine = ""
    for path in paths:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        cpu, python = data["machine_info"]["cpu"], data["machine_info"]["python_version"]
        machine = f"{cpu.get('brand_raw', 'unknown processor')}, Python {python}"
        for each in data["benchmarks"]:
            info = each["extra_info"]
            found.setdefault(info["table"], {}).setdefault(info["graph"], {})[info["way"]] = info
    return found, machine


def diagrams(name: str) -> int:
    """The number of directional diagrams, which are the terms of all probabilities."""
    graph = plain(name)
    return sum(trees.count(len(graph), arcs(graph), root) for root in range(len(graph)))


def states(name: str) -> int:
    """The number of states."""
    return len(plain(name))


def to_one(name: str) -> int:
    """The number of spanning trees towards the first state."""
    return trees.count(states(name), arcs(plain(name)), 0)


def number(value: float) -> str:
    """Write three digits."""
    if value < 1e4:
        return f"{value:.3g}" if value < 999.5 else f"{value:.0f}"
    return f"{value:.2e}".replace("e+0", "e").replace("e+", "e")


def duration(info: dict[str, Any] | None) -> str:
    """Write a time, or why there is none."""
    if info is None:
        return "–"
    if info.get("given_up"):
        return "not tried"
    if "limit" in info:
        return f"> {info['limit']:.0f} s"
    if "failed" in info:
        return str(info["failed"])
    seconds = info["seconds"]
    for size, unit in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= 0.9995 * size:
            return f"{number(seconds / size)} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table of Markdown."""
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def ways_of(results: dict[str, dict[str, Any]]) -> list[str]:
    """All ways of a table, nesssym first."""
    names = dict.fromkeys(way for each in results.values() for way in each)
    return sorted(names, key=lambda way: not way.startswith(OURS))


def seconds(results: Results, kind: str, graph: str, way: str) -> float | None:
    """A time; where it was stopped, the time until then."""
    info = results.get(kind, {}).get(graph, {}).get(way, {})
    return None if info.get("given_up") else info.get("seconds", info.get("limit"))


def ratio(
    results: Results, kind: str, graph: str, peer: str, own: str
) -> tuple[float, bool] | None:
    """How many times longer a peer takes, and whether that is only a lower bound."""
    mine, theirs = seconds(results, kind, graph, own), seconds(results, kind, graph, peer)
    if mine is None or theirs is None:
        return None
    return theirs / mine, "limit" in results[kind][graph][peer]


def plot(
    results: dict[str, dict[str, Any]],
    size: Callable[[str], float],
    key: str,
    labels: tuple[str, str],
    name: str,
    scale: float = 1,
) -> str:
    """Draw time or memory against size, both logarithmic, with fitted powers; write an SVG."""
    mpl.rcParams |= {"svg.hashsalt": "nesssym", "svg.fonttype": "path"}
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for way in ways_of(results):
        points = sorted(
            (size(graph), each[way][key] / scale)
            for graph, each in results.items()
            if each.get(way, {}).get(key, 0) > 0
        )
        if not points:
            continue
        x, y = np.array(points).T
        label = way
        if len(set(x)) >= 3:
            label += f", power {np.polyfit(np.log(x), np.log(y), 1)[0]:.2f}"
        axes.loglog(x, y, "o-" if way.startswith(OURS) else "s--", label=label)
    axes.set(xlabel=labels[0], ylabel=labels[1])
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
    (PAGE / "performance").mkdir(exist_ok=True)
    figure.savefig(PAGE / "performance" / f"{name}.svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return f"![{labels[1]} against {labels[0]}](performance/{name}.svg)\n"


def times(results: dict[str, dict[str, Any]], size: Callable[[str], float], head: str) -> str:
    """Write a table of times, one line a graph."""
    ways = ways_of(results)
    return table(
        ["graph", head, *ways],
        (
            [graph, number(size(graph)), *(duration(each.get(way)) for way in ways)]
            for graph, each in sorted(results.items(), key=lambda pair: size(pair[0]))
        ),
    )


def symbolic(results: Results) -> Iterable[str]:
    """Write about derivations."""
    mine = results["symbolic"]
    yield "## Symbolic steady state\n\nAll probabilities, every rate a symbol. Only the elimination"
    yield "is not expanded: it is the form that is compiled.\n"
    yield times(mine, diagrams, "directional diagrams")
    axis = "directional diagrams"
    yield plot(mine, diagrams, "seconds", (axis, "seconds"), "symbolic_time")
    yield plot(mine, diagrams, "megabytes", (axis, "peak memory, MB"), "symbolic_memory")


def listing(results: Results) -> Iterable[str]:
    """Write about spanning trees."""
    mine = results["listing"]
    yield "## Listing directional diagrams\n\nAll spanning trees towards all states; nesssym gives"
    yield "arrays of their arcs and roots, 65536 trees at a time.\n"
    yield times(mine, diagrams, "directional diagrams")
    yield plot(mine, diagrams, "seconds", ("directional diagrams", "seconds"), "listing_time")
    memory = "peak memory, MB"
    yield plot(mine, diagrams, "megabytes", ("directional diagrams", memory), "listing_memory")
    yield "## Counting spanning trees\n\nTo one state, exactly.\n"
    yield times(results["counting"], to_one, "trees")


def numeric(results: Results) -> Iterable[str]:
    """Write about kernels."""
    mine = results["numeric"]
    top = results.get("peak", {}).get("", {}).get("", {}).get("flops")
    yield "## Numeric evaluation\n\nAll probabilities of 100,000 sets of rates, on one thread;"
    yield "`numpy.linalg.solve` gets all matrices in one call, and putting them together counts.\n"
    ways = ways_of(mine)
    rows = []
    for graph, each in mine.items():
        rows.append([graph, str(len(plain(graph)))])
        rows[-1] += [
            duration({"seconds": each[w]["seconds"] / SETS})
            if "seconds" in each.get(w, {})
            else duration(each.get(w))
            for w in ways
        ]
        for way in (w for w in ways if w.startswith(OURS)):
            found = ratio(results, "numeric", graph, "numpy.linalg.solve", way)
            rows[-1].append(f"{found[0]:.1f}" if found else "–")
        for way in (w for w in ways if w.startswith(OURS)):
            own = each.get(way, {})
            known = top and "seconds" in own
            share = SETS * own["operations"] / own["seconds"] / top if known else None
            rows[-1].append(f"{100 * share:.1f} %" if share else "–")
    own = [
        f"{what}, {w.partition(', ')[2]}"
        for what in ("ratio", "share of peak")
        for w in ways
        if w.startswith(OURS)
    ]
    yield table(["graph", "states", *(f"{w}, a set" for w in ways), *own], rows)
    if top:
        yield f"The peak is {top / 1e9:.0f}e9 operations a second on one core, by a product of"
        yield "matrices, where a multiplication and an addition are two, in one instruction; a"
        yield "division counts as one operation.\n"
    axes = ("states", "seconds a set"), ("states", "peak memory, MB")
    yield plot(mine, states, "seconds", axes[0], "numeric_time", SETS)
    yield plot(mine, states, "megabytes", axes[1], "numeric_memory")


def more(results: Results) -> Iterable[str]:
    """Write about derivatives and few symbols."""
    if found := results.get("Jacobian"):
        yield "## Jacobians\n\nAll probabilities of 2000 sets of rates, and with them their"
        yield "derivatives by all rates.\n"
        yield times(found, states, "states")
    if found := results.get("sites"):
        yield "## Many states, few symbols\n\nSites that bind with cooperativity, one of them"
        yield "driven: all probabilities in lowest terms in four symbols.\n"
        yield times(found, states, "states")


def accuracy(results: Results) -> Iterable[str]:
    """Write about digits."""
    mine = results["accuracy"]
    ways = ways_of(mine)
    yield "## Accuracy on stiff rates\n\nThe largest error of any probability in 20 draws of rates"
    yield "spread over 60 decades, in units of the last place of the exact result; in brackets, how"
    yield "many draws gave no answer. The exact result is a linear solve in rational numbers.\n"

    def cell(info: dict[str, Any] | None) -> str:
        if info is None or "ulps" not in info:
            return duration(info)
        failed = f" ({info['failed_draws']})" if info["failed_draws"] else ""
        return ("–" if info["failed_draws"] == info["draws"] else number(info["ulps"])) + failed

    yield table(
        ["graph", *ways], ([g, *(cell(each.get(w)) for w in ways)] for g, each in mine.items())
    )


def currents(results: Results) -> Iterable[str]:
    """Write about weak currents."""
    if mine := results.get("currents"):
        ways = ways_of(mine)
        yield "## Weak currents\n\nThe largest relative error of any current in 5 draws of raw"
        yield "rates over six decades, in detailed balance but for one affinity of 1e-12. There are"
        yield "1, 3, 28 and, on the last two graphs, more than a million cycles.\n"

        def cell(info: dict[str, Any] | None) -> str:
            return number(info["error"]) if info and "error" in info else duration(info)

        yield table(
            ["graph", *ways], ([g, *(cell(each.get(w)) for w in ways)] for g, each in mine.items())
        )


def others(results: Results) -> Iterable[str]:
    """Write about imports and the large sweep."""
    if "import" in results:
        yield "## Import\n\nProcessor time and peak memory, less those of the bare interpreter.\n"
        lines = results["import"][""].items()
        yield table(
            ["", "time", "memory"],
            ([f"`{w}`", duration(i), f"{i.get('megabytes', 0):.0f} MB"] for w, i in lines),
        )
    if found := results.get("sweep", {}).get("", {}).get(""):
        yield "## A large sweep\n"
    if found and "points" not in found:
        yield "1e8 evaluations on two workers of a Dask cluster were stopped before their end.\n"
    elif found:
        yield (
            f"{number(found['points'])} evaluations of the antiporter's proton current on a local"
            f" Dask cluster of two workers that may use {found['bound_megabytes']:.0f} MB each took"
            f" {found['seconds']:.0f} s; the peak was {found['worker_megabytes']:.0f} MB for a"
            f" worker and {found['client_megabytes']:.0f} MB for the client. Stored, the result"
            f" would take {8e-9 * found['points']:.1f} GB;"
            " reduced, it is one number for each value of a rate.\n"
        )


def aims(results: Results) -> Iterable[str]:
    """Write what nesssym should reach, and whether it does."""
    rows: list[list[str]] = []

    def enter(what: str, wanted: float, value: float | None, sign: str = "", *, most=False) -> None:
        if value is None:
            rows.append([what, number(wanted), "not measured", ""])
            return
        good = value <= wanted if most else value >= wanted
        sure = "" if good or not sign else " (stopped before)"
        rows.append(
            [
                what,
                ("≤ " if most else "≥ ") + number(wanted),
                sign + number(value),
                ("yes" if good else "no") + sure,
            ]
        )

    def compare(what: str, wanted: float, kind: str, graph: str, peer: str, own: str) -> None:
        found = ratio(results, kind, graph, peer, own)
        enter(
            f"{what}, {graph}: times faster",
            wanted,
            found and found[0],
            "> " if found and found[1] else "",
        )

    listed = [
        i["trees"] / i["seconds"]
        for g in results["listing"].values()
        if (i := g.get(OURS)) and i.get("trees", 0) >= 1e5
    ]
    enter("trees listed a second, from 1e5 trees on", 3e6, min(listed, default=None))
    done = [g for g, each in results["listing"].items() if "seconds" in each.get("kda", {})]
    if done:
        largest = max(done, key=diagrams)
        compare("listing, against kda, its largest graph", 1000, "listing", largest, "kda", OURS)
    for graph in ("K5", "antiporter 8"):
        compare("polynomials, against kda", 1000, "symbolic", graph, "kda", "nesssym, polynomials")
        compare(
            "expressions, against kda", 200, "symbolic", graph, "kda", "nesssym, SymPy expressions"
        )
    compare(
        "expressions, against Matrix.nullspace",
        1000,
        "symbolic",
        "K4",
        "SymPy Matrix.nullspace",
        "nesssym, SymPy expressions",
    )
    for graph in ("antiporter 8", "K6"):
        compare(
            "expressions, against DomainMatrix",
            10,
            "symbolic",
            graph,
            "SymPy DomainMatrix.nullspace",
            "nesssym, SymPy expressions",
        )
    for graph in ("hypercube 32", "6x40 grid"):
        taken = [seconds(results, "counting", graph, way) for way in ways_of(results["counting"])]
        value = min((t for t in taken if t is not None), default=None)
        enter(f"counting, {graph}: seconds", 30, value, most=True)
    for way, wanted in (("nesssym, numpy", 15), ("nesssym, numba", 40)):
        found = [
            r[0]
            for g in results["numeric"]
            if (r := ratio(results, "numeric", g, "numpy.linalg.solve", way))
        ]
        if found:
            enter(
                f"{way}, against numpy.linalg.solve: geometric mean of {len(found)} graphs",
                wanted,
                exp(fsum(map(log, found)) / len(found)),
            )
            enter(f"{way}, against numpy.linalg.solve: least of {len(found)} graphs", 3, min(found))
    cost = [
        seconds(results, "Jacobian", "antiporter 8", f"nesssym, {what}")
        for what in ("results and Jacobian", "results")
    ]
    value = cost[0] / cost[1] if all(cost) else None
    enter("Jacobian of all probabilities, antiporter 8: evaluations", 15, value, most=True)
    for graph, wanted in (("hypercube 16", 3), ("hypercube 64", 10)):
        value = seconds(results, "sites", graph, "nesssym, reduced")
        enter(f"binding sites, reduced, {graph}: seconds", wanted, value, most=True)
    errors = [i["ulps"] for g in results["accuracy"].values() if "ulps" in (i := g.get(OURS, {}))]
    enter(
        "accuracy over 60 decades: units in the last place", 8, max(errors, default=None), most=True
    )
    weak = [
        i["error"]
        for g in results.get("currents", {}).values()
        if "error" in (i := g.get(OURS, {}))
    ]
    enter("currents at an affinity of 1e-12: error", 1e-13, max(weak, default=None), most=True)
    yield "## Aims\n"
    yield table(["what", "aim", "measured", "reached"], rows)


HEAD = """# Performance

{origin}

On {machine}; SymPy {sympy}, NumPy {numpy}.

Each measurement has a process of its own, after a warm-up on a small graph, and one thread; the
time is the best of several runs, or processor time where one takes seconds. Memory is the growth
of the peak. What takes more than two minutes is stopped, and larger graphs are then not tried.
Peers: kda (PyPI, its recursion limit raised), SymPy, SciPy, NumPy, QuantEcon.py, deeptime.
"""


ONE_RUN = "`make bench` writes this page; every number is from one run."
MANY_RUNS = """**Put together from {runs} partial runs** of what `make bench` runs; a later one
replaces what it measured again. Ratios between ways that ran apart are less sure than
those of one run."""


def page(results: Results, machine: str, runs: int = 1) -> str:
    """Write the page, which says whether it is of one run."""
    origin = ONE_RUN if runs == 1 else MANY_RUNS.format(runs=runs)
    versions = {name: __import__(name).__version__ for name in ("sympy", "numpy")}
    parts = [HEAD.format(origin=origin, machine=machine, **versions)]
    for section in (aims, symbolic, listing, numeric, more, accuracy, currents, others):
        parts.extend(section(results))
    return "\n".join(parts)


if __name__ == "__main__":
    text = page(*read(sys.argv[1:]), runs=len(sys.argv) - 1)
    (PAGE / "performance.md").write_text(text, encoding="utf-8")
