"""What becomes of the values of a block: all are kept, or they are reduced along dimensions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nesssym.errors import ParameterError, UnknownNameError

__all__ = ["KEEP", "Histogram", "Reduction", "reduction"]

Array = NDArray[Any]
Axes = tuple[int, ...]


class Reduction(Protocol):
    """A reduction that is done block by block, and then over the blocks."""

    @property
    def crosses(self) -> bool:
        """Whether blocks may cut the dimensions that are reduced."""

    @property
    def parts(self) -> int:
        """How many numbers a block leaves for each result."""

    @property
    def name(self) -> str:
        """What the store remembers the reduction by."""

    def block(self, values: Array, axes: Axes) -> Array:
        """Reduce one block to shape (parts, ...), where the reduced dimensions have length 1."""

    def finish(self, parts: Array, axes: Axes, points: int) -> Array:
        """Put the blocks together; `points` went into each result."""


@dataclass(frozen=True)
class Folded:
    """The sum, mean, smallest or largest value: blocks are folded like values."""

    name: str
    fold: Any
    crosses: bool = True
    parts: int = 1

    def block(self, values: Array, axes: Axes) -> Array:
        """Fold the values of a block."""
        return np.asarray(self.fold.reduce(values, axis=axes, keepdims=True))[None]

    def finish(self, parts: Array, axes: Axes, points: int) -> Array:
        """Fold the blocks, in their order."""
        total = np.asarray(self.fold.reduce(parts[0], axis=axes))
        return total / points if self.name == "mean" else total


@dataclass(frozen=True)
class Whole:
    """A function of all values along the reduced dimensions at once, such as a median."""

    function: Callable[..., Any]
    crosses: bool = False
    parts: int = 1

    @property
    def name(self) -> str:
        """Name the function, by where it is from."""
        function = getattr(self.function, "func", self.function)
        place = getattr(function, "__module__", ""), getattr(function, "__qualname__", "")
        extra = getattr(self.function, "args", ()), getattr(self.function, "keywords", {})
        return ".".join(map(str, place)) + (repr(extra) if any(extra) else "")

    def block(self, values: Array, axes: Axes) -> Array:
        """Apply the function to the dimensions that are reduced."""
        found = np.asarray(self.function(values, axis=axes), dtype=np.float64)
        kept = tuple(n for i, n in enumerate(values.shape) if i not in axes)
        if found.shape != kept:
            raise ParameterError(
                f"reduce={self.name} gave the shape {found.shape} for values of shape "
                f"{values.shape}; wanted {kept}: a function of (values, axis) that removes the "
                "axes, as numpy.median does"
            )
        return np.expand_dims(found, axes)[None]

    def finish(self, parts: Array, axes: Axes, points: int) -> Array:
        """Nothing is left to do: one block has it all."""
        return np.asarray(parts[0].squeeze(axes))


@dataclass(frozen=True, init=False)
class Histogram:
    """Counts of the values between edges, for the `reduce` of a `sweep`.

    How a result is spread over 1e8 points needs a few hundred numbers, not 1e8. The counts have
    a dimension ``bin``; how many values lie below the first and above the last edge is in the
    attributes ``below`` and ``above``, so that none is lost unseen. As in `numpy.histogram` a bin
    has its lower edge, the last one also its upper.

    Parameters
    ----------
    edges : array_like
        Increasing, in the unit of the results.

    Raises
    ------
    ParameterError
        If the edges do not increase.

    Examples
    --------
    >>> import numpy as np, nesssym as ns
    >>> k = ns.compile({"p": "a/(a + b)"})
    >>> axes = {"a": np.geomspace(0.01, 100, 1000), "b": 1.0}
    >>> counts = ns.sweep(k, axes, reduce=ns.Histogram([0, 0.1, 0.9, 1]))["p"]
    >>> counts.values.tolist(), counts.attrs["below"]
    ([262, 476, 262], 0)
    """

    edges: tuple[float, ...]
    crosses = True

    def __init__(self, edges: Any) -> None:
        array = np.asarray(edges, dtype=np.float64)
        if array.ndim != 1 or len(array) < 2 or not (np.diff(array) > 0).all():
            raise ParameterError(f"the edges of a histogram must increase; got {edges}")
        object.__setattr__(self, "edges", tuple(array.tolist()))

    @property
    def name(self) -> str:
        """Say what it is."""
        return repr(self)

    @property
    def parts(self) -> int:
        """One number a bin, and two for what is outside."""
        return len(self.edges) + 1

    def block(self, values: Array, axes: Axes) -> Array:
        """Count the values of a block."""
        edges = np.array(self.edges)
        bins = np.searchsorted(edges, values, side="right")
        bins[values == edges[-1]] -= 1
        kept = tuple(i for i in range(values.ndim) if i not in axes)
        shape = tuple(values.shape[i] for i in kept)
        rows = bins.transpose(*kept, *axes).reshape(prod(shape), -1)
        place = rows + self.parts * np.arange(len(rows))[:, None]
        counts = np.bincount(place.ravel(), minlength=self.parts * len(rows))
        counted = counts.reshape(*shape, self.parts)
        return np.expand_dims(np.moveaxis(counted, -1, 0), tuple(1 + i for i in axes))

    def finish(self, parts: Array, axes: Axes, points: int) -> Array:
        """Add up the blocks."""
        return np.asarray(parts.sum(axis=tuple(1 + i for i in axes)).astype(np.int64))


KEEP = Folded("keep", np.add)
FOLDS = {
    "max": Folded("max", np.maximum),
    "mean": Folded("mean", np.add),
    "min": Folded("min", np.minimum),
    "sum": Folded("sum", np.add),
}


def reduction(reduce: Any) -> Reduction:
    """Read what the user gave as `reduce`."""
    if isinstance(reduce, str):
        if reduce not in FOLDS:
            raise UnknownNameError.of("reduction", reduce, FOLDS)
        return FOLDS[reduce]
    if isinstance(reduce, Histogram):
        return reduce
    if callable(reduce):
        return Whole(reduce)
    raise ParameterError(
        f"reduce is {reduce!r}; wanted one of {', '.join(FOLDS)}, a nesssym.Histogram, or a "
        "function of (values, axis)"
    )
