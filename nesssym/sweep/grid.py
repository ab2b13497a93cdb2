"""The points of a sweep: parameters along named dimensions, cut into blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import isfinite, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nesssym.errors import NameClashError, ParameterError, UnknownNameError
from nesssym.kernels import Kernel

__all__ = ["Grid", "Parameter", "Region"]

Region = tuple[slice, ...]


@dataclass(frozen=True, eq=False)
class Parameter:
    """The values of one parameter, along dimensions in the order of the grid; none for one value.

    `coords` are coordinates that came with the values, other than the parameters themselves.
    """

    name: str
    dims: tuple[str, ...]
    values: NDArray[np.float64]
    attrs: dict[str, Any] = field(default_factory=dict)
    coords: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Grid:
    """The outer product of named dimensions, each with one parameter along it, or several."""

    parameters: tuple[Parameter, ...]
    sizes: dict[str, int]

    @classmethod
    def of(cls, kernel: Kernel, axes: Mapping[Any, Any]) -> Grid:
        """Read the axes of a sweep, and check them against what the kernel wants."""
        known = dict.fromkeys((*kernel.arguments, *kernel.spare))
        given: dict[str, Any] = {}
        for key, value in axes.items():
            if str(key) in given:
                raise NameClashError(f"{key} is given twice, as a symbol and as text; give it once")
            if str(key) not in known:
                raise UnknownNameError.of("parameter", key, known)
            given[str(key)] = value
        missing = ", ".join(name for name in kernel.arguments if name not in given)
        if missing:
            raise UnknownNameError(
                f"no value for {missing}; give an array to sweep it, or one number to keep it fixed"
            )
        parameters = [_parameter(name, value) for name, value in given.items()]
        _check_domains(kernel, parameters)
        sizes = _sizes(parameters)
        if not sizes:
            raise ParameterError(
                "every parameter is one number, so there is nothing to sweep; give at least one "
                "array, or call the kernel itself"
            )
        return cls(tuple(_in_order(p, tuple(sizes)) for p in parameters), sizes)

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the dimensions."""
        return tuple(self.sizes.values())

    def block_shape(self, points: int, whole: Iterable[int] = ()) -> tuple[int, ...]:
        """Shape blocks of about so many points: whole last dimensions, few of the first.

        Dimensions with the numbers `whole` are never cut.
        """
        shape = [n if i in set(whole) else 1 for i, n in enumerate(self.shape)]
        left = max(1, points // prod(shape))
        for i in reversed(range(len(shape))):
            if shape[i] == 1:
                shape[i] = min(self.shape[i], left)
                left //= shape[i]
        return tuple(shape)

    def blocks(self, shape: tuple[int, ...]) -> Iterator[Region]:
        """Cut the grid into blocks of a shape, smaller at the far ends."""
        cuts = (
            [slice(low, min(low + step, n)) for low in range(0, n, step)]
            for n, step in zip(self.shape, shape, strict=True)
        )
        return product(*cuts)

    def within(self, region: Region) -> dict[str, NDArray[np.float64]]:
        """Return the parameters of one block, as arrays that broadcast to its shape."""
        place = dict(zip(self.sizes, region, strict=True))
        values = {}
        for p in self.parameters:
            cut = p.values[tuple(place[d] for d in p.dims)]
            spread = tuple(slice(None) if d in p.dims else None for d in self.sizes)
            values[p.name] = cut[spread] if p.dims else cut
        return values


def _parameter(name: str, value: Any) -> Parameter:
    """Read one entry of the axes: a number, an array, (dimensions, array), or a DataArray."""
    attrs, coords, dims = {}, {}, None
    if hasattr(value, "dims") and hasattr(value, "attrs"):
        dims, attrs = tuple(map(str, value.dims)), dict(value.attrs)
        coords = {str(key): c.variable for key, c in value.coords.items() if str(key) != name}
        value = value.values
    elif isinstance(value, tuple) and len(value) == 2 and _is_names(value[0]):
        dims = (value[0],) if isinstance(value[0], str) else tuple(value[0])
        value = value[1]
    try:
        array = np.asarray(value if np.ndim(value) else float(value), dtype=np.float64)
    except (TypeError, ValueError):
        raise ParameterError(f"{name} must be real numbers; got {value!r}") from None
    if dims is None:
        if array.ndim > 1:
            raise ParameterError(
                f"{name} has shape {array.shape}; wanted one dimension, or their names: "
                f"(({', '.join(repr(f'dim{i}') for i in range(array.ndim))}), values) "
                "or an xarray.DataArray"
            )
        dims = (name,) * array.ndim
    if len(dims) != array.ndim or len(set(dims)) != len(dims):
        raise ParameterError(f"{name} has shape {array.shape} and the dimensions {dims}")
    if not array.size:
        raise ParameterError(f"the axis {name} has no values")
    return Parameter(name, dims, array, attrs, coords)


def _is_names(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, tuple | list) and all(isinstance(v, str) for v in value)
    )


def _check_domains(kernel: Kernel, parameters: Iterable[Parameter]) -> None:
    domains = {domain.name: domain for domain in kernel.domains}
    for p in parameters:
        bad = ~np.isfinite(p.values)
        words = "must be finite"
        if p.name in domains and isfinite(domains[p.name].limit):
            words = domains[p.name].words
            bad |= ~(p.values > domains[p.name].limit)
        if bad.any():
            index = tuple(int(i) for i in np.argwhere(bad)[0])
            place = f" at position {index[0] if len(index) == 1 else index}" if index else ""
            raise ParameterError(f"{p.name} {words}; got {p.values[index]}{place} of its axis")


def _sizes(parameters: Iterable[Parameter]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    first: dict[str, str] = {}
    names = {p.name: p for p in parameters}
    for p in parameters:
        for dim, n in zip(p.dims, p.values.shape, strict=True):
            if sizes.setdefault(dim, n) != n:
                raise ParameterError(
                    f"the dimension {dim} has {sizes[dim]} values for {first[dim]} and {n} for "
                    f"{p.name}; parameters along one dimension vary together, so they need as many"
                )
            first.setdefault(dim, p.name)
            if dim in names and names[dim].dims != (dim,):
                raise NameClashError(
                    f"{p.name} varies along {dim}, but the parameter {dim} itself does not; "
                    "give the dimension another name"
                )
    return sizes


def _in_order(p: Parameter, dims: tuple[str, ...]) -> Parameter:
    order = sorted(range(len(p.dims)), key=lambda i: dims.index(p.dims[i]))
    return Parameter(
        p.name, tuple(p.dims[i] for i in order), p.values.transpose(order), p.attrs, p.coords
    )
