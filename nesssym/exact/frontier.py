"""In which order a decision diagram decides the vertices of a graph, and how large it gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["node_bound", "order"]

Arcs = Sequence[tuple[int, int]]


def order(n: int, arcs: Arcs, root: int) -> list[int]:
    """Return the vertices but the root, each component in the best of several King orders.

    Examples
    --------
    >>> order(4, [(0, 1), (1, 2), (2, 3), (3, 1)], root=3)
    [0, 1, 2]
    """
    near: list[dict[int, None]] = [{} for _ in range(n)]
    onward: dict[int, list[int]] = {vertex: [] for vertex in range(n)}
    degree = dict.fromkeys(range(n), 0)
    for source, target in arcs:
        degree[source] += 1
        if root not in (source, target):
            near[source][target] = near[target][source] = None
            onward[source].append(target)
    found: list[int] = []
    seen = {root}
    for vertex in range(n):
        if vertex not in seen:
            component = _king(near, vertex)
            seen.update(component)
            starts = sorted(component, key=lambda vertex: (len(near[vertex]), vertex))[:16]
            ways = [_king(near, start) for start in [*starts, component[-1]]]
            ways += [way[::-1] for way in ways]
            best = min(ways, key=lambda way: _bound(way, onward, degree))
            found += best
    return found


def _king(near: list[dict[int, None]], start: int) -> list[int]:
    """Vertices reached from `start`, next always the one that adds the fewest new ones."""
    fresh = {start: len(near[start])}
    order: list[int] = []
    reached: dict[int, None] = {}
    waiting: dict[int, None] = {}

    def reach(vertex: int) -> None:
        if vertex not in reached:
            reached[vertex] = waiting[vertex] = None
            for other in near[vertex]:
                fresh[other] = fresh.get(other, len(near[other])) - 1

    reach(start)
    while waiting:
        vertex = min(waiting, key=fresh.__getitem__)
        del waiting[vertex]
        order.append(vertex)
        for other in near[vertex]:
            reach(other)
    return order


def node_bound(way: Sequence[int], arcs: Arcs) -> int:
    """Bound the nodes of a diagram that decides the vertices of `way` in this order.

    The other vertex, if arcs lead there, is the root.

    Examples
    --------
    >>> node_bound([0, 1, 2], [(0, 1), (1, 0), (1, 2), (2, 1), (2, 3)])
    4
    """
    onward: dict[int, list[int]] = {vertex: [] for vertex in way}
    degree = dict.fromkeys(way, 0)
    for source, target in arcs:
        if source in onward:
            degree[source] += 1
            if target in onward:
                onward[source].append(target)
    return _bound(way, onward, degree)


def _bound(
    way: Sequence[int], onward: Mapping[int, Sequence[int]], degree: Mapping[int, int]
) -> int:
    """Sum over the levels of (possible ends) to the power of (live vertices).

    A level has no more nodes than the one before it has branches either.
    """
    place = {vertex: k for k, vertex in enumerate(way)}
    first, last = list(range(len(way))), list(range(len(way)))
    for source in way:
        for target in onward[source]:
            k, here = place[target], place[source]
            first[k], last[k] = min(first[k], here), max(last[k], here)
    live, ends = [0] * len(way), [1] * len(way)
    for k in range(len(way)):
        for level in range(k + 1, last[k] + 1):
            live[level] += 1
        for level in range(first[k] + 1, k + 1):
            ends[level] += 1
    total = width = 1
    for level in range(1, len(way)):
        width = min(ends[level] ** live[level], width * degree[way[level - 1]])
        total += width
    return total
