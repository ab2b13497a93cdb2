"""What a diagram of trees tells without listing them: the heaviest, and the sums through an arc."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nesssym.exact.tree_diagram import TreeDiagram, objects, upwards, whole

__all__ = ["contractions", "heaviest"]


def contractions(diagram: TreeDiagram, weights: Sequence[Any], one: Any = 1) -> list[Any]:
    """Return, for each arc, the tree sum with that arc contracted: its derivative.

    A sum over trees is linear in the weight of each arc, ``without + weight * contraction``. All
    contractions come from one pass up and one down the diagram, by sums and products alone, so
    that positive floats keep their digits.

    Parameters
    ----------
    diagram
        The trees.
    weights
        One element of a commutative ring for each arc, as in `TreeDiagram.sum`.
    one
        The unit of that ring.

    Raises
    ------
    ModelError
        If there is not one weight for each arc.

    Examples
    --------
    >>> from nesssym.exact.trees import build
    >>> diagram = build(3, [(1, 0), (2, 0), (1, 2), (2, 1)], root=0)
    >>> contractions(diagram, [2, 5, 7, 11])  # of 2*5 + 2*11 + 5*7
    [16, 9, 5, 2]
    """
    given = objects(weights, len(diagram.arcs))
    found = _constant(len(given), one * 0)
    if not diagram.levels:
        return list(found)
    values = upwards(diagram, given, np.fromiter([one], dtype=object))
    reach = _constant(len(values[0]), one)
    for level, below in zip(diagram.levels, values[1:], strict=True):
        above = reach[np.repeat(np.arange(len(reach)), np.diff(level.starts))]
        np.add.at(found, level.arc, above * below[level.child])
        reach = _constant(len(below), one * 0)
        np.add.at(reach, level.child, above * given[level.arc])
    return list(found)


def heaviest(
    diagram: TreeDiagram, weights: Sequence[Any]
) -> Iterator[tuple[NDArray[np.intp], Any]]:
    """Give the trees of positive weight one by one, heaviest first, exactly.

    Where rates are exponentials of barriers over a small noise, the heaviest tree of each root is
    all that is left: it gives the quasi-potential of Freidlin and Wentzell. Only the trees asked
    for are made: a best-first walk down the diagram, which knows the best completion of every
    beginning. Among equals the order depends on the input alone.

    Parameters
    ----------
    diagram
        The trees.
    weights
        One int or Fraction, zero or more, for each arc.

    Yields
    ------
    ndarray, int
        The arcs of a tree as in `TreeDiagram.arrays`, and the product of its weights, all of which
        were multiplied by their common denominator.

    Raises
    ------
    ModelError, ParameterError
        As `TreeDiagram.sample`.

    References
    ----------
    M. I. Freidlin, A. D. Wentzell, Random Perturbations of Dynamical Systems, 3rd edition,
    Springer 2012, doi:10.1007/978-3-642-25847-3.

    Examples
    --------
    >>> from nesssym.exact.trees import build
    >>> diagram = build(3, [(1, 0), (2, 0), (1, 2), (2, 1)], root=0)
    >>> [(tree.tolist(), int(weight)) for tree, weight in heaviest(diagram, [2, 5, 7, 11])]
    [([2, 1], 35), ([0, 3], 22), ([0, 1], 10)]
    """
    scaled = whole(weights, len(diagram.arcs))
    best = upwards(diagram, scaled, np.fromiter([1], dtype=object), np.maximum)
    return _walk(diagram, scaled, best)


def _walk(
    diagram: TreeDiagram, weights: NDArray[Any], best: list[NDArray[Any]]
) -> Iterator[tuple[NDArray[np.intp], Any]]:
    # Entries: minus the weight of the best completion; deeper ones first among equals, which
    # keeps the walk on one path; a number that decides the rest; depth, node, weight, arcs.
    heap: list[tuple[Any, ...]] = []
    if len(best[0]) and best[0][0]:
        heap.append((-best[0][0], 0, 0, 0, 1, ()))
    number = 0
    depth = len(diagram.levels)
    while heap:
        _, minus, _, node, weight, chosen = heappop(heap)
        if -minus == depth:
            yield _row(diagram, chosen), weight
            continue
        level = diagram.levels[-minus]
        for branch in range(level.starts[node], level.starts[node + 1]):
            child, arc = level.child[branch], level.arc[branch]
            now = weight * weights[arc]
            if bound := now * best[1 - minus][child]:
                number += 1
                heappush(heap, (-bound, minus - 1, number, child, now, (arc, chosen)))


def _row(diagram: TreeDiagram, chosen: Any) -> NDArray[np.intp]:
    row = np.empty(diagram.n - 1, dtype=np.intp)
    for level in reversed(diagram.levels):
        arc, chosen = chosen
        row[level.vertex - (level.vertex > diagram.root)] = arc
    return row


def _constant(size: int, value: Any) -> NDArray[np.object_]:
    # Not np.full, which takes a polynomial for a sequence.
    return np.fromiter((value for _ in range(size)), dtype=object, count=size)
