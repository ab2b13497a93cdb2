"""A sweep of 1e8 points on a local Dask cluster of two workers, within a bound on their memory."""

from __future__ import annotations

import json
import resource
import sys
from time import perf_counter

import dask
import numpy as np
from distributed import Client, LocalCluster

import nesssym as ns

# Dask has its workers give every array back to the system; a kernel wants to have it again.
KEEP = {f"distributed.nanny.pre-spawn-environ.MALLOC_{what}_THRESHOLD_": 2**27
        for what in ("TRIM", "MMAP")}  # fmt: skip
BOUND = 600  # megabytes a worker; Dask kills one that needs more


def peak() -> float:
    """Peak memory of this process, megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(side: int = 100) -> dict[str, float]:
    """Sweep four rates of the antiporter; keep how its proton current is spread for each of one."""
    antiporter = ns.gallery.load("antiporter")
    current = ns.steady_state(antiporter.model).currents.select(["1->2"])
    values = {s.name: float(v) for s, v in antiporter.values.items()}
    swept = {
        name: values[name] * np.geomspace(0.1, 10, side) for name in ("k14", "k12", "k61", "k54")
    }
    with (
        dask.config.set(KEEP),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            memory_limit=f"{BOUND}MB",
            dashboard_address=":0",
        ) as cluster,
        Client(cluster) as client,
    ):
        begin = perf_counter()
        found = ns.sweep(
            ns.compile(current),
            values | swept,
            reduce="max",
            over=["k12", "k61", "k54"],
            client=client,
        )
        seconds = perf_counter() - begin
        workers = client.run(peak)
    best = found["1->2"]
    point = values | {k: float(v[-1]) for k, v in swept.items()}
    corner = ns.compile(current)(**point)["1->2"]
    assert best.shape == (side,)
    assert float(best[-1]) >= corner
    return {
        "points": side**4,
        "seconds": seconds,
        "worker_megabytes": max(workers.values()),
        "client_megabytes": peak(),
        "bound_megabytes": BOUND,
    }


if __name__ == "__main__":
    print(json.dumps(main(*map(int, sys.argv[1:]))))
