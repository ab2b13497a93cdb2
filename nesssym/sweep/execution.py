"""Where blocks run: in this thread, in several, or on the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from math import prod
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nesssym.errors import NessError, ParameterError
from nesssym.kernels import Kernel
from nesssym.sweep.reductions import Reduction

__all__ = ["Work", "clustered", "threaded"]

Array = NDArray[Any]
Block = tuple[Mapping[str, Array], tuple[int, ...]]
Task = tuple[int, Block]
Result = tuple[int, list[Array]]
AHEAD = 2
PATIENCE = 60.0


@dataclass(frozen=True)
class Work:
    """What is done with one block: evaluate the kernel and reduce every result."""

    kernel: Kernel
    reduction: Reduction
    axes: tuple[int, ...]

    def __call__(self, block: Block) -> list[Array]:
        """Return an array for each label, of shape (parts, ...)."""
        values, shape = block
        try:
            found = self.kernel(**values)
        except ParameterError as error:
            raise self._located(error, values, shape) from None
        spread = (np.broadcast_to(np.asarray(f, np.float64), shape) for f in found.values())
        return [self.reduction.block(each, self.axes) for each in spread]

    def _located(
        self, error: ParameterError, values: Mapping[str, Array], shape: tuple[int, ...]
    ) -> ParameterError:
        """Find the first point that raises, by halving: an index in a block tells nobody much."""
        flat = {name: np.broadcast_to(v, shape).reshape(-1) for name, v in values.items()}
        low, high = 0, prod(shape)
        while high - low > 1:
            middle = (low + high) // 2
            try:
                self.kernel(**{name: v[low:middle] for name, v in flat.items()})
            except ParameterError:
                high = middle
            else:
                low = middle
        point = {name: float(v[low]) for name, v in flat.items()}
        try:
            self.kernel(**point)
        except ParameterError as found:
            error = found
        shown = ", ".join(f"{name} = {value!r}" for name, value in point.items())
        return ParameterError(f"{error}, at {shown}")


def threaded(work: Callable[[Block], Any], tasks: Iterable[Task], threads: int) -> Iterator[Result]:
    """Run blocks in some threads, results as they come; few blocks are in flight at any time."""
    if threads == 1:
        yield from ((number, work(block)) for number, block in tasks)
        return
    futures = import_module("concurrent.futures")  # here, because importing must be quick
    queue = iter(tasks)
    pool = futures.ThreadPoolExecutor(threads)
    pending: dict[Any, int] = {}
    try:
        while True:
            for number, block in islice(queue, AHEAD * threads - len(pending)):
                pending[pool.submit(work, block)] = number
            if not pending:
                return
            for future in futures.wait(pending, return_when=futures.FIRST_COMPLETED).done:
                yield pending.pop(future), future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def clustered(work: Callable[[Block], Any], tasks: Iterable[Task], client: Any) -> Iterator[Result]:
    """Run blocks on the workers of a Dask cluster; a block whose worker dies runs again."""
    distributed = import_module("distributed")
    queue = iter(tasks)
    pending: dict[Any, int] = {}
    alive = monotonic()
    try:
        while True:
            threads = sum(client.nthreads().values())
            for number, block in islice(queue, max(0, AHEAD * max(1, threads) - len(pending))):
                pending[client.submit(work, block, pure=False)] = number
            if not pending:
                return
            try:
                done = distributed.wait(
                    list(pending), timeout=PATIENCE / 10, return_when="FIRST_COMPLETED"
                ).done
            except TimeoutError:
                done = set()
            if done or client.nthreads():
                alive = monotonic()
            elif monotonic() - alive > PATIENCE:
                raise NessError(f"the Dask cluster has had no workers for {PATIENCE:.0f} s")
            for future in done:
                yield pending.pop(future), future.result()
    except distributed.KilledWorker as error:
        raise NessError(
            "a block of the sweep was given up by Dask, since every worker that ran it died, "
            "perhaps for want of memory; give smaller blocks (block=...) or workers with more "
            f"memory ({error})"
        ) from None
    except (distributed.CancelledError, OSError) as error:
        raise NessError(f"the Dask cluster went away ({error or type(error).__name__})") from None
    finally:
        for future in pending:
            future.cancel()
