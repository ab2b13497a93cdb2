"""Spanning in-trees of a directed multigraph in a decision diagram: counted, summed, drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from itertools import accumulate
from math import lcm
from numbers import Rational
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nesssym.errors import ModelError, ParameterError

__all__ = ["Array", "Level", "TreeDiagram", "objects", "upwards", "whole"]

Array = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Level:
    """One level of a diagram: what each of its nodes may choose at one vertex.

    The branches of node ``i`` are those from ``starts[i]`` up to ``starts[i + 1]``; branch ``b``
    chooses ``arc[b]``, which leaves `vertex`, and leads to node ``child[b]`` of the next level.
    """

    vertex: int
    starts: Array
    child: Array
    arc: Array


@dataclass(frozen=True, eq=False)
class TreeDiagram:
    """All spanning in-trees to one root, as the paths through a layered graph.

    Each level stands for one vertex other than the root, each branch for the arc by which that
    vertex is left; a path from the first node to the end is a tree, and no path is a dead end.
    A diagram of a few thousand nodes holds 1e50 trees, to be counted, summed, listed in order
    or drawn at random. Make one with `build`.
    """

    n: int
    arcs: tuple[tuple[int, int], ...] = field(repr=False)
    root: int
    levels: tuple[Level, ...] = field(repr=False)

    @property
    def nodes(self) -> int:
        """The number of nodes of all levels together."""
        return sum(len(level.starts) - 1 for level in self.levels)

    def count(self) -> int:
        """Return the exact number of trees.

        Examples
        --------
        >>> from nesssym.exact.trees import build
        >>> build(3, [(1, 0), (2, 0), (1, 2), (2, 1)], root=0).count()
        3
        """
        return int(self.sum([1] * len(self.arcs)))

    def sum(self, weights: Sequence[Any], one: Any = 1) -> Any:
        """Add up the products of the weights of the arcs of every tree, without listing them.

        With the rates as weights this is the statistical weight of the root in the matrix-tree
        theorem. Only sums and products are taken, so positive floats keep all their digits.

        Parameters
        ----------
        weights
            One element of a commutative ring for each arc: ints, Fractions, floats,
            ``flint.fmpq``, ``flint.fmpz_mpoly``, ``flint.arb``, ...
        one
            The unit of that ring, also the value for a single vertex; ``one * 0`` is the
            value when there is no tree.

        Raises
        ------
        ModelError
            If there is not one weight for each arc.

        Examples
        --------
        >>> from nesssym.exact.trees import build
        >>> from fractions import Fraction
        >>> diagram = build(3, [(1, 0), (2, 0), (1, 2), (2, 1)], root=0)
        >>> diagram.sum([Fraction(1, 2), 5, 7, 11])  # 5/2 + 11/2 + 35
        Fraction(43, 1)
        """
        given = objects(weights, len(self.arcs))
        values = reduce(
            lambda below, level: _fold(given[level.arc] * below[level.child], level),
            reversed(self.levels),
            np.fromiter([one], dtype=object),
        )
        return values[0] if len(values) else one * 0

    def arrays(self, chunk: int = 1 << 16) -> Iterator[NDArray[np.intp]]:
        """List all trees, in an order that depends on the input alone, millions a second.

        Parameters
        ----------
        chunk
            The number of trees in each array, which bounds the memory; the last has the rest.

        Yields
        ------
        ndarray
            Shape (trees, n - 1): in each row one tree, as the indices of its arcs in the order
            of the vertices that they leave. Nothing comes when there is no tree.

        Raises
        ------
        ParameterError
            If `chunk` is not positive.

        Examples
        --------
        >>> from nesssym.exact.trees import build
        >>> for trees in build(3, [(1, 0), (2, 0), (1, 2), (2, 1)], root=0).arrays():
        ...     print(trees.tolist())
        [[0, 1], [0, 3], [2, 1]]
        """
        if chunk < 1:
            raise ParameterError(f"chunk is {chunk}, wanted a number of trees, 1 or more.")
        # Cut off where no listing ever arrives, so that sums over branches stay within int64.
        most = (1 << 62) // (len(self.arcs) + 1)
        counts = list(
            accumulate(
                reversed(self.levels),
                lambda below, level: np.minimum(_fold(below[level.child], level), most),
                initial=np.ones(1, dtype=np.int64),
            )
        )[::-1]
        total = int(counts[0].sum())
        return (self._rows(counts, low, min(low + chunk, total)) for low in range(0, total, chunk))

    def sample(
        self, size: int, seed: int, weights: Sequence[Rational | int] | None = None
    ) -> NDArray[np.intp]:
        """Draw independent random trees, each with exactly its probability.

        One uniform integer below the weighted number of trees decides each tree, so nothing
        is rounded, however large that number.

        Parameters
        ----------
        size
            The number of trees.
        seed
            The same seed gives the same trees.
        weights
            One int or Fraction, zero or more, for each arc: a tree is drawn in proportion to
            the product of its weights. Without them all trees are equally likely.

        Returns
        -------
        ndarray
            Shape (size, n - 1), rows as those of `arrays`.

        Raises
        ------
        ModelError
            If there is not one weight for each arc.
        ParameterError
            If a weight is negative or not rational, or if no tree has a positive weight.

        Examples
        --------
        >>> from nesssym.exact.trees import build
        >>> diagram = build(3, [(1, 0), (2, 0), (1, 2), (2, 1)], root=0)
        >>> diagram.sample(4, seed=1, weights=[1, 0, 1, 1]).tolist()
        [[0, 3], [0, 3], [0, 3], [0, 3]]
        """
        if size < 0:
            raise ParameterError(f"size is {size}, wanted a number of trees, 0 or more.")
        scaled = whole(weights if weights is not None else [1] * len(self.arcs), len(self.arcs))
        values = upwards(self, scaled, np.fromiter([1], dtype=object))
        total = sum(values[0])
        if not total:
            raise ParameterError(
                f"no tree to root {self.root} has a positive weight: there is nothing to draw. "
                "Check with sum(weights) > 0 first."
            )
        if max(*map(sum, values), *scaled, 0) < 1 << 62:
            scaled, values = scaled.astype(np.int64), [each.astype(np.int64) for each in values]
        source = Random(seed)
        rank = np.fromiter((source.randrange(total) for _ in range(size)), dtype=scaled.dtype)
        node: Array = np.zeros(size, dtype=np.intp)
        rows = np.empty((self.n - 1, size), dtype=np.intp)
        for level, below in zip(self.levels, values[1:], strict=True):
            shares = scaled[level.arc] * below[level.child]
            ends = np.cumsum(shares)
            begins = ends - shares
            place = begins[level.starts[node]] + rank
            branch = np.searchsorted(ends, place, side="right")
            arc = level.arc[branch]
            rank = (place - begins[branch]) // scaled[arc]
            node = level.child[branch]
            rows[self._row(level)] = arc
        return rows.T

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        """Give each tree as the tuple of its arcs, in the order of `arrays`."""
        return (tuple(row) for block in self.arrays(1 << 10) for row in block.tolist())

    def _row(self, level: Level) -> int:
        return level.vertex - (level.vertex > self.root)

    def _rows(self, counts: list[NDArray[Any]], low: int, high: int) -> NDArray[np.intp]:
        """Trees number `low` up to `high`, all at once, level by level."""
        rows = np.empty((self.n - 1, high - low), dtype=np.intp)
        node: Array = np.zeros(1, dtype=np.intp)
        begin = 0
        for level, below in zip(self.levels, counts[1:], strict=True):
            branch = _ranges(level.starts[node], level.starts[node + 1])
            stops = begin + np.cumsum(below[level.child[branch]])
            first, last = np.searchsorted(stops, [low, high - 1], side="right")
            begin = stops[first - 1] if first else begin
            branch, stops = branch[first : last + 1], stops[first : last + 1]
            arc = level.arc[branch]
            if len(branch) < high - low:
                arc = np.repeat(arc, np.diff(np.minimum(stops, high), prepend=low))
            rows[self._row(level)] = arc
            node = level.child[branch]
        return rows.T


def upwards(
    diagram: TreeDiagram, weights: NDArray[Any], end: NDArray[Any], add: np.ufunc = np.add
) -> list[NDArray[Any]]:
    """Return the sums below the nodes of every level, first level first, the end last."""
    return list(
        accumulate(
            reversed(diagram.levels),
            lambda below, level: _fold(weights[level.arc] * below[level.child], level, add),
            initial=end,
        )
    )[::-1]


def _fold(branches: NDArray[Any], level: Level, add: np.ufunc = np.add) -> NDArray[Any]:
    """Sum of the branches of each node."""
    sums: NDArray[Any] = add.reduceat(branches, level.starts[:-1])
    return sums


def _ranges(starts: Array, stops: Array) -> Array:
    """All integers of the ranges from starts to stops, one range after the other."""
    sizes = stops - starts
    if (sizes == 1).all():
        return starts
    shifts: Array = np.repeat(stops - np.cumsum(sizes), sizes)
    return shifts + np.arange(len(shifts))


def objects(weights: Sequence[Any], size: int) -> NDArray[np.object_]:
    """Weights in an array of objects, whatever they are."""
    if len(weights) != size:
        raise ModelError(f"{len(weights)} weights came for {size} arcs, wanted one for each arc.")
    return np.fromiter(weights, dtype=object, count=size)


def whole(weights: Sequence[Any], size: int) -> NDArray[np.object_]:
    """Weights as Python ints, brought to a common denominator."""
    for arc, weight in enumerate(objects(weights, size)):
        if not isinstance(weight, Rational) or weight < 0:
            raise ParameterError(
                f"the weight of arc {arc} is {weight!r}, wanted an int or Fraction, 0 or more; "
                "Fraction(x) takes a float exactly."
            )
    ratios = [Fraction(int(each.numerator), int(each.denominator)) for each in weights]
    scale = lcm(*(ratio.denominator for ratio in ratios))
    return objects([int(ratio * scale) for ratio in ratios], size)
