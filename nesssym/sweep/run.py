"""Sweeps: a kernel over the outer product of axes, with the result labelled by xarray."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from importlib import import_module
from importlib.util import find_spec
from math import ceil, prod
from pathlib import Path
from typing import Any

import numpy as np

from nesssym.errors import (
    MissingExtraError,
    NameClashError,
    NessError,
    ParameterError,
    UnknownNameError,
)
from nesssym.formulas import Formulas
from nesssym.kernels import Kernel, compile
from nesssym.sweep.execution import Work, clustered, threaded
from nesssym.sweep.grid import Grid, Region
from nesssym.sweep.labelled import attributes, coordinates, open_sweep, reduced, xarray
from nesssym.sweep.limits import check_memory
from nesssym.sweep.progress import shown
from nesssym.sweep.reductions import KEEP, Histogram, Reduction, reduction
from nesssym.sweep.stores import Identity, Layout, Memory, Zarr, stored_names

__all__ = ["sweep"]

POINTS = 1 << 18


def sweep(
    kernel: Kernel | Formulas,
    axes: Mapping[Any, Any],
    *,
    reduce: str | Histogram | Callable[..., Any] | None = None,
    over: str | tuple[str, ...] | list[str] | None = None,
    store: str | Path | None = None,
    client: Any = None,
    threads: int | None = None,
    block: int = POINTS,
    memory: float | None = None,
    progress: bool = True,
) -> Any:
    """Evaluate a kernel at all combinations of the values of its parameters.

    The result is an `xarray.Dataset`, with one variable a label and one dimension an axis, so that
    slices, plots and files need no bookkeeping of indices. Blocks of points run in threads or on
    a Dask cluster. A result larger than memory goes to a Zarr store, from which an interrupted
    sweep goes on, or is reduced block by block.

    Parameters
    ----------
    kernel : Kernel or Formulas
        What to evaluate; formulas are compiled first.
    axes : mapping
        For each parameter, by name or symbol: a one-dimensional array, which becomes a dimension
        of the same name; one number, which is kept fixed; ``(dimension, values)``, by which
        several parameters vary together along one dimension; or an `xarray.DataArray`, whose
        dimensions, coordinates and attributes (``units``, ``long_name``) are kept. Different
        dimensions are combined, all with all, in the order in which they come.
    reduce : str, Histogram or callable, optional
        ``"max"``, ``"min"``, ``"mean"``, ``"sum"``, a `Histogram`, or a function of
        ``(values, axis)`` such as ``numpy.median``. Only the reduced values are kept.
    over : str or list of str, optional
        The dimensions to reduce; all by default. A function sees all values along these at once,
        so they must fit into memory; for the others blocks may be as small as you like.
    store : path, optional
        A directory for Zarr. The result is then read lazily, through Dask. Called again with the
        same arguments, the sweep takes up what the store already has.
    client : distributed.Client, optional
        Run on this Dask cluster instead of in threads. Blocks of a worker that dies run again.
    threads : int, optional
        How many blocks at a time; by default one on each core that the process may use.
    block : int, optional
        Roughly the number of points of a block.
    memory : float, optional
        How many bytes the result may take; by default half of the memory that is free.
    progress : bool, optional
        Whether to show progress, on standard error, after a few seconds; by tqdm if installed.

    Returns
    -------
    xarray.Dataset
        Variables named by the labels, with the unit of the kernel in ``attrs["units"]``; all
        parameters are coordinates, the fixed ones too.

    Raises
    ------
    UnknownNameError
        A parameter that is missing or not known, an unknown dimension or reduction.
    ParameterError
        A value outside its parameter's range, or NaN; a result that is undefined somewhere (the
        message names the point); a store that holds something else.
    TooLargeError
        A result that would not fit; the message says how large it is.
    MissingExtraError
        xarray, Dask or Zarr are not installed: ``pip install 'nesssym[sweep]'``.
    NessError
        Workers of the cluster died again and again.
    OSError
        The disk is full; what is finished stays, and the sweep can be taken up.

    Examples
    --------
    >>> import numpy as np, nesssym as ns
    >>> g = ns.StateGraph.from_text("off <-> on ; k, r")
    >>> kernel = ns.compile(ns.steady_state(g).state)
    >>> found = ns.sweep(kernel, {"k": np.geomspace(0.01, 100, 5), "r": [1, 10]})
    >>> dict(found.sizes)
    {'k': 5, 'r': 2}
    >>> float(found["on"].sel(k=100, r=10))
    0.9090909090909091
    >>> pairs = {"k": ("sample", [1, 2, 3]), "r": ("sample", [1, 2, 9])}
    >>> ns.sweep(kernel, pairs)["on"].values.tolist()
    [0.5, 0.5, 0.25]
    >>> float(ns.sweep(kernel, {"k": np.linspace(1, 3, 100), "r": 1}, reduce="max")["on"])
    0.75
    """
    xarray()
    if not isinstance(kernel, Kernel):
        kernel = compile(kernel)
    grid = Grid.of(kernel, axes)
    taken = {*grid.sizes, *(p.name for p in grid.parameters)}
    if clash := [label for label in kernel.labels if label in taken]:
        raise NameClashError(
            f"{clash[0]!r} is both a result and an axis or parameter; give the result another label"
        )
    how, dims = _reduction(reduce, over, grid)
    along = tuple(i for i, dim in enumerate(grid.sizes) if dim in dims)
    shape = grid.block_shape(_count("block", block), () if how.crosses else along)
    place = _zarr(store, Identity.of(kernel, grid, how.name, dims)) if store is not None else None
    if place is not None:
        shape = place.block_shape(shape)
    names = stored_names(kernel.labels, taken)
    layout = _layout(names, grid, how, along, shape)
    check_memory(layout, grid, shape, memory, how, stored=place is not None)
    kept = how is KEEP
    if place is not None:
        about = {n: attributes(c, kernel) for n, c in zip(names, kernel.labels, strict=True)}
        blocks = prod(map(_ceil, grid.shape, shape))
        place.open(layout, blocks, coordinates(grid) if kept else None, about)
    target: Memory | Zarr = place or Memory(layout)
    _run(Work(kernel, how, along), grid, shape, target, client, threads, progress)
    if not kept:
        found = reduced(kernel, grid, how, dims, target.read())
    elif place is not None:
        return open_sweep(place.path)
    else:
        found = coordinates(grid)
        for label, array in zip(kernel.labels, target.read(), strict=True):
            found[label] = tuple(grid.sizes), array, attributes(label, kernel)
    if place is not None:
        place.add(found, dict(zip(kernel.labels, names, strict=True)))
    return found


def _run(
    work: Work,
    grid: Grid,
    shape: tuple[int, ...],
    target: Memory | Zarr,
    client: Any,
    threads: int | None,
    progress: bool,
) -> None:
    """Run the blocks that are not finished, and keep each as soon as it is there."""
    regions = list(grid.blocks(shape))
    done = np.zeros(len(regions), bool) if isinstance(target, Memory) else target.finished.copy()
    tasks = (
        (number, (grid.within(region), tuple(cut.stop - cut.start for cut in region)))
        for number, region in enumerate(regions)
        if not done[number]
    )
    if client is not None:
        results = _on_client(work, tasks, client)
    else:
        results = threaded(work, tasks, _cores() if threads is None else _count("threads", threads))
    finished = int(done.sum())
    with closing(results):
        try:
            for number, result in shown(results, len(regions), finished) if progress else results:
                target.write(number, _place(work, regions[number], shape), _cut(work, result))
                finished += 1
        except KeyboardInterrupt:
            where = "were done, none is kept; give store=... to be able to go on"
            if isinstance(target, Zarr):
                where = f"are whole in {target.path}; the same call goes on from there"
            raise KeyboardInterrupt(
                f"sweep interrupted: {finished} of {len(regions)} blocks {where}"
            ) from None
        except NessError as error:
            if not isinstance(target, Zarr):
                raise
            raise type(error)(
                f"{error}; {finished} of {len(regions)} blocks are whole in {target.path}"
            ) from None


def _on_client(work: Work, tasks: Iterator[Any], client: Any) -> Any:
    if not find_spec("distributed"):
        raise MissingExtraError.of("a sweep on a cluster", "sweep")
    wanted = import_module("distributed").Client
    if not isinstance(client, wanted) or client.asynchronous:
        raise ParameterError(
            f"client is {client!r}; wanted a distributed.Client (not asynchronous)"
        )
    return clustered(work, tasks, client)


def _place(work: Work, region: Region, shape: tuple[int, ...]) -> Region:
    """Where the result of a block goes: along reduced dimensions one place a block."""
    if work.reduction is KEEP:
        return region
    places = [
        slice(cut.start // n, cut.start // n + 1) if i in work.axes else cut
        for i, (cut, n) in enumerate(zip(region, shape, strict=True))
    ]
    return (slice(None), *places)


def _cut(work: Work, result: list[Any]) -> list[Any]:
    return [array[0] for array in result] if work.reduction is KEEP else result


def _reduction(reduce: Any, over: Any, grid: Grid) -> tuple[Reduction, tuple[str, ...]]:
    if reduce is None:
        if over is not None:
            raise ParameterError("over= says which dimensions reduce= is for; give reduce= too")
        return KEEP, ()
    chosen = tuple(grid.sizes) if over is None else (over,) if isinstance(over, str) else over
    for dim in chosen:
        if dim not in grid.sizes:
            raise UnknownNameError.of("dimension", dim, grid.sizes)
    return reduction(reduce), tuple(dim for dim in grid.sizes if dim in chosen)


def _layout(
    names: tuple[str, ...],
    grid: Grid,
    how: Reduction,
    along: tuple[int, ...],
    shape: tuple[int, ...],
) -> Layout:
    if how is KEEP:
        return Layout(names, grid.shape, shape)
    whole = tuple(
        _ceil(n, step) if i in along else n
        for i, (n, step) in enumerate(zip(grid.shape, shape, strict=True))
    )
    chunks = tuple(1 if i in along else step for i, step in enumerate(shape))
    return Layout(names, (how.parts, *whole), (how.parts, *chunks))


def _zarr(store: str | Path, identity: Identity) -> Zarr:
    xarray("zarr", "dask")
    return Zarr(store, identity)


def _count(what: str, number: int) -> int:
    if number != int(number) or number < 1:
        raise ParameterError(f"{what} is {number}; wanted a whole number, 1 or more")
    return int(number)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _ceil(n: int, step: int) -> int:
    return ceil(n / step)
