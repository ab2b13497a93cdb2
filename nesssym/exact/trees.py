"""Diagrams of all spanning in-trees of a directed multigraph: building them, and their bounds."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from operator import index

import numpy as np
from flint import fmpz_mat

from nesssym.errors import ModelError, TooLargeError
from nesssym.exact import frontier
from nesssym.exact.tree_diagram import Array, Level, TreeDiagram

__all__ = ["build", "build_all", "count", "node_bound"]

MAX_NODES = 1_000_000

Arcs = Sequence[tuple[int, int]]


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
