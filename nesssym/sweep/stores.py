"""Where finished blocks are kept: in memory, or in a Zarr store that a later sweep takes up."""

from __future__ import annotations

import errno
import hashlib
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from math import prod
from pathlib import Path
from re import sub
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nesssym.errors import ParameterError
from nesssym.kernels import Kernel
from nesssym.sweep.grid import Grid, Region
from nesssym.sweep.labelled import renamed

__all__ = ["Identity", "Layout", "Memory", "Zarr", "stored_names"]

Array = NDArray[Any]
HIDDEN = "nesssym"
FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Identity:
    """What must be the same for a sweep to be taken up again."""

    kernel: str
    axes: str
    reduction: str

    @classmethod
    def of(cls, kernel: Kernel, grid: Grid, reduction: str, over: Sequence[str]) -> Identity:
        """Take fingerprints of a sweep."""
        backend = kernel.backend if isinstance(kernel.backend, str) else "its own"
        program = (kernel.labels, kernel.arguments, kernel.assumed, backend, kernel.source)
        digest = hashlib.sha256()
        for p in grid.parameters:
            digest.update(repr((p.name, p.dims, p.values.shape)).encode())
            digest.update(np.ascontiguousarray(p.values).tobytes())
        return cls(
            hashlib.sha256(repr(program).encode()).hexdigest(),
            digest.hexdigest(),
            f"{reduction} over {', '.join(over)}",
        )


@dataclass(frozen=True)
class Layout:
    """How the arrays of a sweep are laid out: one a label, cut into as many parts as blocks."""

    names: tuple[str, ...]
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: Any = np.float64

    @property
    def nbytes(self) -> int:
        """The size of all arrays."""
        return len(self.names) * prod(self.shape) * int(np.dtype(self.dtype).itemsize)


class Memory:
    """Results in memory."""

    def __init__(self, layout: Layout) -> None:
        self._arrays = [np.empty(layout.shape, layout.dtype) for _ in layout.names]

    def write(self, number: int, region: Region, results: Sequence[Array]) -> None:
        """Keep the results of a block."""
        for array, result in zip(self._arrays, results, strict=True):
            array[region] = result

    def read(self) -> list[Array]:
        """Return all results."""
        return self._arrays


class Zarr:
    """Results in a Zarr group, beside a mark for every block that is whole.

    The arrays lie in the group itself, as xarray has them, or where they are only parts of the
    result, in the subgroup that also has the marks and what the sweep was.
    """

    def __init__(self, path: str | Path, identity: Identity) -> None:
        self.path = str(path)
        zarr = import_module("zarr")
        self._root = zarr.open_group(self.path, mode="a")
        wanted = {"kernel": identity.kernel, "axes": identity.axes, "reduction": identity.reduction}
        if HIDDEN not in self._root:
            if list(self._root.keys()):
                raise ParameterError(
                    f"{self.path} holds other data, no sweep; give the store a path of its own"
                )
            self._root.create_group(HIDDEN, attributes=wanted)
        self._own = self._root[HIDDEN]
        found = dict(self._own.attrs)
        other = [what for what, value in wanted.items() if found.get(what) != value]
        if other:
            raise ParameterError(
                f"{self.path} holds a sweep with another {' and other '.join(other)}; give a new "
                "path, or delete it"
            )

    def block_shape(self, wanted: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of blocks that the store was begun with; else begin with `wanted`."""
        if "block" not in self._own.attrs:
            self._own.attrs["block"] = list(wanted)
        return tuple(int(n) for n in self._own.attrs["block"])

    def open(
        self, layout: Layout, blocks: int, coords: Any, about: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Open the arrays, or create those that are not there; without coordinates as parts."""
        with self._spelled_out(0, blocks):
            group, dims = self._own, None
            if coords is not None:
                self._add(coords)
                group, dims = self._root, tuple(coords.sizes)
            for name in layout.names:
                if name not in group:
                    group.create_array(
                        name,
                        shape=layout.shape,
                        chunks=layout.chunks,
                        dtype=layout.dtype,
                        fill_value=np.nan,
                        dimension_names=dims,
                        attributes={**about[name], "label": about[name]["long_name"]},
                    )
            if "finished" not in self._own:
                self._own.create_array("finished", shape=(blocks,), chunks=(blocks,), dtype="bool")
        self._arrays = [group[name] for name in layout.names]
        self._marks = self._own["finished"]
        self.finished = np.asarray(self._marks[:])

    def add(self, result: Any, names: Mapping[str, str]) -> None:
        """Keep the finished result of a reduction beside its parts."""
        blocks = len(self.finished)
        with self._spelled_out(blocks, blocks):
            self._add(renamed(result, names, label=True))

    def _add(self, dataset: Any) -> None:
        with warnings.catch_warnings():  # of how Zarr stores text, which xarray reads back well
            warnings.simplefilter("ignore")
            dataset.to_zarr(self.path, mode="a", consolidated=False)

    def write(self, number: int, region: Region, results: Sequence[Array]) -> None:
        """Keep the results of a block, then mark it; a block without its mark is done again."""
        with self._spelled_out(int(self.finished.sum()), len(self.finished)):
            for array, result in zip(self._arrays, results, strict=True):
                array[region] = result
            marks = self.finished.copy()
            marks[number] = True
            self._marks[:] = marks
            self.finished = marks

    def read(self) -> list[Array]:
        """Return all results."""
        return [np.asarray(array[:]) for array in self._arrays]

    @contextmanager
    def _spelled_out(self, finished: int, blocks: int) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise OSError(
                error.errno,
                f"no space left for the sweep: {finished} of {blocks} blocks are whole in "
                f"{self.path}; make room and call sweep again with the same arguments, which goes "
                "on from there",
            ) from None


def stored_names(labels: Sequence[str], taken: Iterable[str] = ()) -> tuple[str, ...]:
    """Give each label a name that is fit for every file system.

    Examples
    --------
    >>> stored_names(["A", "A->B/hot", "A->B_hot"])
    ('A', 'A_to_B_hot', 'A_to_B_hot_2')
    """
    names: list[str] = []
    reserved = {HIDDEN, "finished", "bin", "lower", "upper", *(name.lower() for name in taken)}
    for label in labels:
        plain = sub(r"[^A-Za-z0-9_]+", "_", label.replace("->", "_to_")).strip("_") or "result"
        name, number = plain, 2
        while name.lower() in reserved:
            name, number = f"{plain}_{number}", number + 1
        reserved.add(name.lower())
        names.append(name)
    return tuple(names)
