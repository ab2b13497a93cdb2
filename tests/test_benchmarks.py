"""The benchmarks still run: nesssym on small graphs, and the page of what was measured."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks import child, graphs, large_sweep, report, ways

OURS = [(table, name) for table in ways.WAYS for name in ways.WAYS[table] if "nesssym" in name]
SMALL = ("ring 3", "4 states with leak", "K4")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(ways, "SETS", 50)
    monkeypatch.setattr(child, "LONG", 0)


@pytest.mark.parametrize(("table", "way"), OURS)
def test_ways_of_nesssym(table, way):
    if table == "accuracy":
        assert child.accuracy(way, "K4", draws=3)["ulps"] <= 8
        return
    if table == "currents":
        assert child.currents(way, "K4", draws=3)["error"] <= 1e-13
        return
    found = child.measured(table, way, "K4")
    assert found["seconds"] > 0
    assert found["megabytes"] >= 0
    if table == "listing":
        assert found["trees"] == 64


def test_numpy_is_asked_for_the_same():
    graph = graphs.plain("4 states with leak")
    mine = ways.WAYS["numeric"]["nesssym, numpy"](graph)()
    theirs = ways.WAYS["numeric"]["numpy.linalg.solve"](graph)()
    np.testing.assert_allclose(mine, theirs[:, :, 0].T, rtol=1e-6)


def test_the_exact_result_is_exact():
    graph = graphs.plain("K4")
    rates = graphs.log_uniform(graph, 1, 2)[:, 0]
    exact = graphs.exact(graph, rates)
    assert sum(exact) == 1
    solved = ways.WAYS["accuracy"]["numpy.linalg.solve"](graph, rates[:, None])()
    np.testing.assert_allclose(solved[:, 0], [float(p.p) / float(p.q) for p in exact], rtol=1e-12)


def test_a_measurement_runs_in_a_process_of_its_own():
    found = child.run("listing", "nesssym", "K5")
    assert found["trees"] == 625
    assert child.run("listing", "nesssym", "K4", limit=0.01) == {"limit": 0.01}
    assert "failed" in child.run("listing", "nobody", "K4")


def test_the_large_sweep_in_small():
    found = large_sweep.main(8)
    assert found["points"] == 4096
    assert found["worker_megabytes"] > 0


def test_the_page(tmp_path, monkeypatch):
    lines = [
        {"table": table, "graph": graph, "way": way} | values
        for table, found in ways.WAYS.items()
        for way in found
        for place, graph in enumerate(SMALL)
        for values in [
            {"ulps": 3.0, "failed_draws": 0, "draws": 2, "megabytes": 1.0, "trees": 10**6}
            | {"seconds": (0.001 if "nesssym" in way else 0.1) * 10**place, "operations": 20}
        ]
    ]
    lines[-1] = {"table": "accuracy", "graph": "K4", "way": "deeptime", "limit": 120.0}
    lines.append({"table": "peak", "graph": "", "way": "", "flops": 1e10})
    lines.append(
        {"table": "import", "graph": "", "way": "import a", "seconds": 0.5, "megabytes": 3}
    )
    sizes = {"points": 1e8, "worker_megabytes": 200, "client_megabytes": 300}
    lines.append(
        {"table": "sweep", "graph": "", "way": "", "seconds": 9, "bound_megabytes": 600} | sizes
    )
    machine = {"cpu": {"brand_raw": "a processor"}, "python_version": "3", "node": "secret"}
    data = {"machine_info": machine, "benchmarks": [{"extra_info": line} for line in lines]}
    (tmp_path / "a.json").write_text(json.dumps(data))
    monkeypatch.setattr(report, "PAGE", tmp_path)
    file = str(tmp_path / "a.json")
    text = report.page(*report.read([file]))
    assert "a processor, Python 3" in text
    assert "secret" not in text
    assert "every number is from one run" in text
    assert "Put together from 3 partial runs" in report.page(*report.read([file]), runs=3)
    assert "| K4 | 64 | 100 ms | 100 ms | 100 ms | 10 s |" in text
    assert "| accuracy over 60 decades: units in the last place | ≤ 8 | 3 | yes |" in text
    assert "listing, against kda, its largest graph, K4: times faster | ≥ 1000 | 100 | no |" in text
    assert "| K4 | 3 | 3 | 3 | 3 | > 120 s |" in text
    assert (tmp_path / "performance" / "symbolic_time.svg").is_file()
    assert len(list((tmp_path / "performance").glob("*.svg"))) == 6
