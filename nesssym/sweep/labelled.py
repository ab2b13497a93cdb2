"""Results as xarray datasets: parameters are coordinates, results variables by their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from nesssym.errors import MissingExtraError, ParameterError
from nesssym.kernels import Kernel
from nesssym.sweep.grid import Grid
from nesssym.sweep.reductions import Histogram, Reduction

__all__ = ["attributes", "coordinates", "open_sweep", "reduced", "renamed", "xarray"]


def open_sweep(store: str | Path) -> Any:
    """Open what a sweep left in its store, with the labels of the results.

    In the store the names are fit for every file system, and `xarray.open_zarr` reads them; the
    label of each is in its attribute ``label``. Where a sweep is not finished, what is missing
    is NaN.

    Parameters
    ----------
    store : path
        The directory that was given to `sweep`.

    Examples
    --------
    >>> import tempfile, numpy as np, nesssym as ns
    >>> k = ns.compile({"A->B": "a/(a + b)"})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = ns.sweep(k, {"a": np.arange(1, 5), "b": 1}, store=f"{folder}/a.zarr")
    ...     found = ns.open_sweep(f"{folder}/a.zarr")
    ...     print(found["A->B"].values)
    [0.5        0.66666667 0.75       0.8       ]
    """
    if not Path(store).is_dir():
        raise ParameterError(f"there is no sweep at {store}")
    found = xarray("zarr", "dask").open_zarr(str(store), consolidated=False)
    labels = {name: v.attrs["label"] for name, v in found.items() if "label" in v.attrs}
    return renamed(found, labels, label=False)


def xarray(*more: str) -> Any:
    """Import xarray, once it is sure that all that is needed beside it is there."""
    if not all(map(find_spec, ("xarray", *more))):
        raise MissingExtraError.of("a sweep", "sweep")
    return import_module("xarray")


def coordinates(grid: Grid, without: Sequence[str] = ()) -> Any:
    """Return the parameters and what came with them as the coordinates of a dataset."""
    coords: dict[str, Any] = {}
    for p in grid.parameters:
        others = {k: v for k, v in p.coords.items() if k not in {q.name for q in grid.parameters}}
        for name, variable in (*others.items(), (p.name, (p.dims, p.values, p.attrs))):
            dims = variable[0] if isinstance(variable, tuple) else variable.dims
            if not set(dims) & set(without):
                coords[name] = variable
    return xarray().Dataset(coords=coords)


def attributes(label: str, kernel: Kernel) -> dict[str, Any]:
    """Return what a result says about itself."""
    units = {} if kernel.unit == "mixed" else {"units": kernel.unit}
    return {"long_name": label, **units}


def renamed(dataset: Any, names: Mapping[str, str], *, label: bool) -> Any:
    """Rename variables; keep the label as an attribute where the new name is not it."""
    found = dataset.rename({old: new for old, new in names.items() if old != new})
    for old, new in names.items():
        if label:
            found[new].attrs["label"] = old
        else:
            found[new].attrs.pop("label", None)
    return found


def reduced(
    kernel: Kernel,
    grid: Grid,
    how: Reduction,
    dims: Sequence[str],
    arrays: Sequence[Any],
) -> Any:
    """Put the parts of all blocks together to the labelled result of a reduction."""
    axes = tuple(i for i, dim in enumerate(grid.sizes) if dim in dims)
    points = prod(grid.shape[i] for i in axes)
    kept = tuple(dim for dim in grid.sizes if dim not in dims)
    found = coordinates(grid, without=dims)
    for label, parts in zip(kernel.labels, arrays, strict=True):
        value, attrs = how.finish(parts, axes, points), attributes(label, kernel)
        if isinstance(how, Histogram):
            outside = {"below": int(value[0].sum()), "above": int(value[-1].sum())}
            found[label] = ("bin", *kept), value[1:-1], {"long_name": label, **outside}
        else:
            found[label] = kept, value, attrs
    if not isinstance(how, Histogram):
        return found
    edges = np.array(how.edges)
    return found.assign_coords(
        bin=("bin", (edges[1:] + edges[:-1]) / 2, {"long_name": "middle", "units": kernel.unit}),
        lower=("bin", edges[:-1]),
        upper=("bin", edges[1:]),
    )
