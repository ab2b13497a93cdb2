"""Where nodes go: stress that is least, few crossings, the same picture every time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, islice
from math import atan2, cos, hypot, pi, sin

import networkx as nx
import numpy as np

__all__ = ["Point", "Size", "crossings", "placed"]

Point = tuple[float, float]
Size = tuple[float, float]
Places = dict[str, Point]

MOST_CYCLES, MOST_TRIED, BETWEEN = 500, 60, 60.0


def placed(
    sizes: Mapping[str, Size],
    links: Sequence[tuple[str, str]],
    room: Mapping[tuple[str, str], float],
) -> Places:
    """Return the centre of every node, in points.

    Parameters
    ----------
    sizes : mapping of str to (width, height)
        The nodes, in order.
    links : sequence of (str, str)
        The pairs that are joined.
    room : mapping of (str, str) to float
        How long a link must be at least between the borders of its nodes.
    """
    graph = nx.Graph()
    graph.add_nodes_from(sizes)
    graph.add_edges_from(links)
    parts = [
        graph.subgraph(sorted(p, key=list(sizes).index)) for p in nx.connected_components(graph)
    ]
    found: Places = {}
    left = 0.0
    rows = [_scaled(_best(part), sizes, links, room) for part in parts]
    for row in rows:
        low, high = _bounds(row, sizes)
        middle = (low[1] + high[1]) / 2
        found |= {k: (x - low[0] + left, y - middle) for k, (x, y) in row.items()}
        left += high[0] - low[0] + BETWEEN
    return found


def _bounds(places: Places, sizes: Mapping[str, Size]) -> tuple[Point, Point]:
    low, high = (
        tuple(pick(p[i] + sign * sizes[k][i] / 2 for k, p in places.items()) for i in (0, 1))
        for pick, sign in ((min, -1), (max, 1))
    )
    return (low[0], low[1]), (high[0], high[1])


def _best(part: nx.Graph) -> Places:
    """Return the places of one connected part: of several ways to begin, the plainest result."""
    nodes = list(part)
    if len(nodes) < 3:
        return {k: (float(i), 0.0) for i, k in enumerate(nodes)}
    best: tuple[tuple[int, float], Places] | None = None
    for order in _orders(part, nodes):
        start = _circle(order)
        ring = part.number_of_edges() == len(nodes) and all(d == 2 for _, d in part.degree())
        places = start if ring else nx.kamada_kawai_layout(_ordered(part, nodes), pos=start)
        turned = _turned({k: (float(x), float(y)) for k, (x, y) in places.items()}, nodes)
        rank = crossings(turned, list(part.edges)), round(_stress(part, turned), 6)
        if best is None or rank < best[0]:
            best = rank, turned
    return best[1] if best else {}


def _ordered(part: nx.Graph, nodes: Sequence[str]) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(part.edges)
    return graph


def _orders(part: nx.Graph, nodes: list[str]) -> Iterable[list[str]]:
    """Yield orders around a circle: as listed, and along the longest cycle that is soon found."""
    if len(nodes) <= MOST_TRIED:
        cycles: Iterable[list[str]] = islice(nx.simple_cycles(part), MOST_CYCLES)
        longest = max(cycles, key=len, default=nodes[:0])
        if len(longest) > 2:
            order = _from_first(longest, nodes)
            for node in nodes:
                if node not in order:
                    near = [order.index(m) for m in part[node] if m in order]
                    order.insert(min(near, default=len(order) - 1) + 1, node)
            yield order
    yield list(nx.dfs_preorder_nodes(part, nodes[0]))
    yield nodes


def _from_first(cycle: list[str], nodes: list[str]) -> list[str]:
    """Turn a cycle so that it begins with its first node and goes on to the earlier neighbour."""
    place = {k: i for i, k in enumerate(nodes)}
    start = cycle.index(min(cycle, key=place.__getitem__))
    turned = cycle[start:] + cycle[:start]
    return turned if place[turned[1]] < place[turned[-1]] else [turned[0], *turned[:0:-1]]


def _circle(order: Sequence[str]) -> Places:
    n = len(order)
    first = pi / 2 + (pi / n if n % 2 == 0 else 0.0)
    return {
        k: (cos(first - 2 * pi * i / n), sin(first - 2 * pi * i / n)) for i, k in enumerate(order)
    }


def _turned(places: Places, nodes: Sequence[str]) -> Places:
    """Lay a long picture flat, and put the first nodes to the left and to the top."""
    points = np.array([places[k] for k in nodes])
    points -= points.mean(axis=0)
    spread, axes = np.linalg.eigh(points.T @ points)
    if spread[0] > 0.8 * spread[1]:
        return {k: (float(x), float(y)) for k, (x, y) in zip(nodes, points, strict=True)}
    angle = atan2(*axes[::-1, 1])
    turn = np.array([[cos(angle), sin(angle)], [-sin(angle), cos(angle)]])
    points = points @ turn.T
    weights = np.arange(len(nodes), 0, -1, dtype=float) ** 2
    for axis, sign in ((0, -1.0), (1, 1.0)):
        if (weights @ points[:, axis]) * sign < -1e-9:
            points[:, axis] *= -1
    return {k: (float(x), float(y)) for k, (x, y) in zip(nodes, points, strict=True)}


def _stress(part: nx.Graph, places: Places) -> float:
    apart: dict[str, dict[str, int]] = dict(nx.all_pairs_shortest_path_length(part))
    total: float = sum(
        (hypot(places[a][0] - places[b][0], places[a][1] - places[b][1]) / apart[a][b] - 1.0) ** 2.0
        for a, b in combinations(part, 2)
    )
    return total


def crossings(places: Places, links: Sequence[tuple[str, str]]) -> int:
    """Return how many pairs of straight links cross.

    Examples
    --------
    >>> square = {"a": (0, 0), "b": (1, 0), "c": (1, 1), "d": (0, 1)}
    >>> crossings(square, [("a", "c"), ("b", "d")]), crossings(square, [("a", "b"), ("c", "d")])
    (1, 0)
    """

    def side(a: Point, b: Point, c: Point) -> bool:
        return (b[0] - a[0]) * (c[1] - a[1]) > (b[1] - a[1]) * (c[0] - a[0])

    count = 0
    for (a, b), (c, d) in combinations(links, 2):
        if len({a, b, c, d}) == 4:
            p, q, r, s = (places[k] for k in (a, b, c, d))
            count += side(p, q, r) != side(p, q, s) and side(r, s, p) != side(r, s, q)
    return count


def _scaled(
    places: Places,
    sizes: Mapping[str, Size],
    links: Sequence[tuple[str, str]],
    room: Mapping[tuple[str, str], float],
) -> Places:
    """Blow places up until every link has its room and no two nodes touch."""
    factor = 1.0
    joined = {frozenset(pair) for pair in links}
    gap = {frozenset(pair): length for pair, length in room.items()}
    for a, b in combinations(places, 2):
        (x, y), (u, v) = places[a], places[b]
        distance = max(hypot(u - x, v - y), 1e-9)
        way = (u - x) / distance, (v - y) / distance
        pair = frozenset((a, b))
        need = gap.get(pair, 40.0) if pair in joined else 16.0
        borders = sum(_reach(sizes[k], way) for k in (a, b))
        factor = max(factor, (borders + need) / distance)
    return {k: (x * factor, y * factor) for k, (x, y) in places.items()}


def _reach(size: Size, way: Point) -> float:
    """Return how far a box reaches from its centre along a direction."""
    return min(
        (s / 2 / abs(w) for s, w in zip(size, way, strict=True) if abs(w) > 1e-9), default=0.0
    )
