"""What fits into memory, and what is said where it does not."""

from __future__ import annotations

from importlib import import_module
from math import prod
from pathlib import Path

from nesssym.errors import TooLargeError
from nesssym.sweep.grid import Grid
from nesssym.sweep.reductions import KEEP, Reduction
from nesssym.sweep.stores import Layout

__all__ = ["check_memory"]

SHARE = 0.5
CGROUP = Path("/sys/fs/cgroup")


def check_memory(
    layout: Layout,
    grid: Grid,
    shape: tuple[int, ...],
    memory: float | None,
    how: Reduction,
    *,
    stored: bool,
) -> None:
    """Raise where one block, or the result that is not stored, takes more than may be used."""
    memory = _free() * SHARE if memory is None else memory
    points, labels = prod(grid.shape), len(layout.names)
    block = prod(shape) * 8 * labels
    if block > memory:
        raise TooLargeError(
            f"one block has {prod(shape):.3g} points x {labels} results = {_size(block)}, more "
            f"than the {_size(memory)} that may be used; "
            + ("give a smaller block=" if how.crosses else f"{how.name} needs all values along the "
               "dimensions of over= at once: name fewer, or use 'max', 'min', 'mean', 'sum' or a "
               "nesssym.Histogram")
        )  # fmt: skip
    if layout.nbytes > memory and not (stored and how is KEEP):
        raise TooLargeError(
            f"the result of {points:.3g} points x {labels} results takes {_size(layout.nbytes)}, "
            f"more than the {_size(memory)} that may be used (half of what is free, unless you "
            "give memory=); give store='sweep.zarr' to keep it on disk, or reduce='mean', 'max', "
            "'min', 'sum' or a nesssym.Histogram with over=[dimensions] to keep less"
        )


def _free() -> float:
    """Return the bytes of memory that are free, within the limit of a container."""
    free = float(import_module("psutil").virtual_memory().available)
    limit, used = CGROUP / "memory.max", CGROUP / "memory.current"
    if limit.is_file() and (text := limit.read_text(encoding="ascii").strip()).isdigit():
        free = min(free, float(text) - float(used.read_text(encoding="ascii")))
    return free


def _size(nbytes: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if nbytes < 1000:
            return f"{nbytes:.3g} {unit}"
        nbytes /= 1000
    return f"{nbytes:.3g} TB"
