"""Sweeps on a local Dask cluster of two workers, also when one of them is killed."""

from __future__ import annotations

import os
import signal
import sys
from functools import partial

import dask
import numpy as np
import pytest
from distributed import Client, LocalCluster, get_worker

import nesssym as ns
from nesssym.sweep import execution

MODEL = ns.StateGraph.from_text("A <-> B ; k1, k1r \n B <-> C ; k2, k2r \n C <-> A ; k3, k3r")
KERNEL = ns.compile(ns.steady_state(MODEL).state)
AXES = {"k1": np.geomspace(0.1, 10, 40), "k2": np.geomspace(1, 100, 30)} | dict.fromkeys(
    ("k1r", "k2r", "k3", "k3r"), 1.5
)


@pytest.fixture(scope="module")
def client():
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        LocalCluster(
            n_workers=2, threads_per_worker=1, memory_limit="1GB", dashboard_address=":0"
        ) as cluster,
        Client(cluster) as connected,
    ):
        connected.run(sys.path.insert, 0, os.getcwd())
        yield connected


@pytest.mark.parametrize("extra", [{}, {"reduce": "mean", "over": "k2"}])
def test_the_same_as_in_threads(client, tmp_path, extra):
    there = ns.sweep(KERNEL, AXES, client=client, block=100, **extra)
    assert there.identical(ns.sweep(KERNEL, AXES, threads=1, block=100, **extra))
    kept = ns.sweep(KERNEL, AXES, client=client, block=100, store=tmp_path / "a.zarr", **extra)
    assert kept.load().equals(there)


def dying(values, axis, mark):
    """Take the mean; the first worker to come here is killed."""
    if not os.path.exists(mark):
        with open(mark, "w") as file:
            file.write(str(get_worker().address))
        os.kill(os.getpid(), signal.SIGKILL)
    return np.mean(values, axis=axis)


def test_a_killed_worker_costs_nothing(client, tmp_path):
    reduce = partial(dying, mark=str(tmp_path / "killed"))
    found = ns.sweep(KERNEL, AXES, client=client, reduce=reduce, over="k2", block=100)
    assert (tmp_path / "killed").is_file()
    expected = ns.sweep(KERNEL, AXES, reduce=np.mean, over="k2")
    np.testing.assert_array_equal(found["B"].values, expected["B"].values)


def deadly(values, axis):
    if values.max() > 0.99:
        os.kill(os.getpid(), signal.SIGKILL)
    return np.max(values, axis=axis)


def test_a_block_that_kills_every_worker_is_given_up(client, tmp_path):
    kernel = ns.compile({"p": "k1/(k1 + k2)"})
    axes = {"k1": [1.0, 2.0, 3.0, 1000.0], "k2": np.linspace(1, 2, 10)}
    with pytest.raises(ns.NessError, match=r"every worker that ran it died.*3 of 4 blocks are who"):
        ns.sweep(
            kernel, axes, client=client, reduce=deadly, over="k2", block=1, store=tmp_path / "a"
        )


def test_the_first_bad_point_is_named(client):
    kernel = ns.compile({"x": "1/(k1 - k2)"})
    axes = {"k1": [1.0, 2.0], "k2": [3.0, 2.0]}
    with pytest.raises(ns.ParameterError, match=r"'x' is undefined.*, at k1 = 2\.0, k2 = 2\.0"):
        ns.sweep(kernel, axes, client=client)


def test_a_cluster_without_workers(monkeypatch):
    monkeypatch.setattr(execution, "PATIENCE", 0.3)
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as cluster,
        Client(cluster) as empty,
        pytest.raises(ns.NessError, match="has had no workers for"),
    ):
        ns.sweep(KERNEL, AXES, client=empty)
