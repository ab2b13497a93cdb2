"""Spanning in-trees of a directed multigraph, held together in one decision diagram."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from itertools import accumulate
from math import lcm
from numbers import Rational
from operator import index
from random import Random
from typing import Any

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray

from nesssym.errors import ModelError, ParameterError, TooLargeError
from nesssym.exact import frontier

__all__ = [
    "Level",
    "TreeDiagram",
    "build",
    "build_all",
    "count",
    "node_bound",
    "objects",
    "upwards",
    "whole",
]

MAX_NODES = 1_000_000

Arcs = Sequence[tuple[int, int]]
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


def build(n: int, arcs: Arcs, root: int, *, max_nodes: int = MAX_NODES) -> TreeDiagram:
    """Build the diagram of all spanning in-trees of a directed multigraph.

    The vertices choose their outgoing arc one after the other, in an order that keeps the
    frontier small. All that later choices must know is where the chosen arcs lead from each
    decided vertex that an undecided one may still point to; equal states are merged and states
    that cannot be completed removed. The cost grows with the width of the graph, not with its
    number of trees; `node_bound` tells beforehand what it is at most.

    Parameters
    ----------
    n
        The number of vertices, named 0 to n - 1.
    arcs
        Pairs (source, target); an arc is known by its index, and arcs may be parallel.
    root
        The vertex to which all trees lead; its own outgoing arcs are never used.
    max_nodes
        The largest number of nodes while building, before dead ends are removed; one level may
        look at eight times as many branches.

    Raises
    ------
    ModelError
        If a vertex is out of range or an arc is a self-loop.
    TooLargeError
        If the diagram needs more than `max_nodes` nodes.

    References
    ----------
    K. Sekine, H. Imai and S. Tani, Computing the Tutte polynomial of a graph of moderate size,
    ISAAC 1995, Lecture Notes in Computer Science 1004, 224 (there edge by edge, undirected).

    Examples
    --------
    >>> diagram = build(3, [(1, 0), (2, 0), (1, 2), (2, 1)], root=0)
    >>> list(diagram)
    [(0, 1), (0, 3), (2, 1)]
    """
    return _build(n, _checked(n, arcs, root), root, max_nodes, once=False)


def build_all(n: int, arcs: Arcs, *, max_nodes: int = MAX_NODES) -> TreeDiagram:
    """Build one diagram of the spanning in-trees to all roots, about twice as wide as that of one.

    Every vertex gets one more arc, to a new vertex `n` that is the root, and exactly one vertex
    may use it: the root of the tree. Vertex ``v`` is the root where its arc is ``len(arcs) + v``.

    Parameters
    ----------
    n, arcs, max_nodes
        As in `build`.

    Raises
    ------
    ModelError, TooLargeError
        As `build`.

    Examples
    --------
    >>> list(build_all(2, [(0, 1), (1, 0), (1, 0)]))
    [(0, 4), (3, 1), (3, 2)]
    """
    pairs = _checked(n, arcs, 0) if n else ()
    pairs = (*pairs, *((vertex, n) for vertex in range(n)))
    return _build(n + 1, _checked(n + 1, pairs, n), n, max_nodes, once=True)


def node_bound(n: int, arcs: Arcs, root: int | None = None) -> int:
    """Bound the nodes of a diagram without building it.

    What `build` makes is never larger, and mostly much smaller; below a million it takes no
    more than seconds.

    Parameters
    ----------
    n, arcs
        As in `build`.
    root
        A vertex; None stands for all roots in one diagram, as in `build_all`.

    Examples
    --------
    >>> grid = [(i, j) for i in range(40) for j in (i - 2, i + 2, i ^ 1) if 0 <= j < 40]
    >>> build(40, grid, 0).nodes <= node_bound(40, grid, 0) < 500
    True
    """
    pairs = _checked(n, arcs, root or 0)
    if root is not None:
        return frontier.node_bound(frontier.order(n, pairs, root), pairs)
    pairs = (*pairs, *((vertex, n) for vertex in range(n)))
    return 2 * frontier.node_bound(frontier.order(n + 1, pairs, n), pairs)


def _build(
    n: int, pairs: tuple[tuple[int, int], ...], root: int, max_nodes: int, *, once: bool
) -> TreeDiagram:
    order = frontier.order(n, pairs, root)
    place = {vertex: k for k, vertex in enumerate([*order, root])}
    leaving: list[list[tuple[int, int]]] = [[] for _ in place]
    needed = [0] * n
    for arc, (source, target) in enumerate(pairs):
        leaving[place[source]].append((arc, place[target]))
        if source != root:
            needed[place[target]] = max(needed[place[target]], place[source])

    # Where one arc only may enter the root, the first column says whether it is used: it holds
    # the places n and n - 1, at which no vertex stands that chooses.
    states: Array = np.full((1, int(once)), n, dtype=np.int32)
    live: list[int] = [-1] * once
    steps: list[tuple[Array, Array, Array]] = []
    nodes = 0
    for k in range(n - 1):
        width = len(states)
        nodes += width
        if nodes > max_nodes or width * len(leaving[k]) > 8 * max_nodes:
            bound = frontier.node_bound(order, pairs) * (1 + once)
            raise TooLargeError(
                f"the diagram of spanning trees is {width} nodes wide after {k} of {n - 1} "
                f"vertices ({nodes} nodes so far; it may need up to {bound}, and max_nodes is "
                f"{max_nodes}): the graph is too wide. Without a diagram, count() takes a "
                "determinant, which answers at once, and state elimination gives "
                "the steady state; or raise max_nodes."
            )
        ends = np.empty((width, len(leaving[k])), dtype=np.int32)
        for choice, (_, target) in enumerate(leaving[k]):
            ends[:, choice] = target if target > k else states[:, live.index(target)]
            if once and target == n - 1:
                ends[states[:, 0] == n - 1, choice] = k
        parent, choices = np.nonzero(ends != k)
        end = ends[parent, choices][:, None]
        live.append(k)
        rows = np.hstack((states[parent], end))
        if once:
            closing = np.array([target == n - 1 for _, target in leaving[k]])
            rows[closing[choices], 0] = n - 1
        kept = [c for c, vertex in enumerate(live) if vertex < 0 or needed[vertex] > k]
        live = [live[column] for column in kept]
        rows = rows[:, kept]
        states, child = _merge(np.where(rows == k, end, rows), n + 1)
        names = np.array([arc for arc, _ in leaving[k]], dtype=np.int32)
        steps.append((np.bincount(parent, minlength=width), child, names[choices]))
    return TreeDiagram(n, pairs, root, _pruned(order, steps))


def count(n: int, arcs: Arcs, root: int) -> int:
    """Return the exact number of spanning in-trees, from the determinant of the Laplacian.

    It needs no diagram: ask it before listing or expanding anything.

    Parameters
    ----------
    n, arcs, root
        As in `build`.

    Raises
    ------
    ModelError
        If a vertex is out of range or an arc is a self-loop.

    References
    ----------
    W. T. Tutte, The dissection of equilateral triangles into equilateral triangles,
    Math. Proc. Camb. Phil. Soc. 44, 463 (1948), doi:10.1017/S030500410002449X.

    Examples
    --------
    >>> count(4, [(i, j) for i in range(4) for j in range(4) if i != j], root=0)
    16
    """
    laplacian = [[0] * n for _ in range(n)]
    for source, target in _checked(n, arcs, root):
        laplacian[source][source] += 1
        laplacian[source][target] -= 1
    others = [vertex for vertex in range(n) if vertex != root]
    minor = [laplacian[i][j] for i in others for j in others]
    return int(fmpz_mat(n - 1, n - 1, minor).det())


def _checked(n: int, arcs: Arcs, root: int) -> tuple[tuple[int, int], ...]:
    """Arcs as pairs of Python ints, all of them between the vertices."""
    if n < 1:
        raise ModelError(f"the graph has {n} vertices, wanted at least one.")
    if not 0 <= root < n:
        raise ModelError(f"root is {root}, wanted one of the {n} vertices 0 to {n - 1}.")
    pairs = tuple((index(source), index(target)) for source, target in arcs)
    for arc, pair in enumerate(pairs):
        if not all(0 <= vertex < n for vertex in pair):
            raise ModelError(f"arc {arc} is {pair}, wanted two of the vertices 0 to {n - 1}.")
        if pair[0] == pair[1]:
            raise ModelError(
                f"arc {arc} is {pair}, a self-loop, which no tree holds: leave it out."
            )
    return pairs


def _merge(rows: Array, radix: int) -> tuple[Array, Array]:
    """Distinct rows, and for each row its place among them."""
    key, span = np.zeros(len(rows), dtype=np.int64), 1
    for column in rows.T:
        if span * radix >= 1 << 62:
            key = np.unique(key, return_inverse=True)[1]
            span = len(rows)
        key = key * radix + column
        span *= radix
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    return rows[first], place.astype(np.int32)


def _pruned(order: list[int], steps: list[tuple[Array, Array, Array]]) -> tuple[Level, ...]:
    """Levels of those nodes from which the end is reached."""
    levels: deque[Level] = deque()
    alive = np.ones(1, dtype=bool)
    for vertex, (degrees, child, arc) in zip(reversed(order), reversed(steps), strict=True):
        good = alive[child]
        parent = np.repeat(np.arange(len(degrees)), degrees)
        degrees = np.bincount(parent[good], minlength=len(degrees))
        renamed = np.cumsum(alive, dtype=np.int32) - 1
        alive = degrees > 0
        starts = np.append(0, np.cumsum(degrees[alive])).astype(np.int32)
        levels.appendleft(Level(vertex, starts, renamed[child[good]], arc[good]))
    return tuple(levels)


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
