"""Extreme rays of a cone of non-negative vectors, in whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from operator import index

from nesssym.errors import TooLargeError

__all__ = ["extreme_rays"]


def extreme_rays(matrix: Sequence[Sequence[int]], limit: int = 2_000) -> list[list[int]]:
    """Return the extreme vectors ``v >= 0`` with ``v @ matrix == 0``, by Farkas' method.

    Parameters
    ----------
    matrix : sequence of rows of int
        For example species by reactions, whose rays are the non-negative conservation laws.
    limit : int, optional
        The largest number of vectors on the way.

    Raises
    ------
    TooLargeError
        There are more.

    Examples
    --------
    >>> extreme_rays([[-1, 1], [-1, 0], [1, -1], [0, 1]])
    [[1, 0, 1, 0], [0, 1, 1, 1]]
    """
    height = len(matrix)
    rows = [
        [*map(index, row), *(int(i == j) for j in range(height))] for i, row in enumerate(matrix)
    ]
    for column in range(len(matrix[0]) if height else 0):
        done = [row for row in rows if not row[column]]
        plus = [row for row in rows if row[column] > 0]
        minus = [row for row in rows if row[column] < 0]
        if len(done) + len(plus) * len(minus) > limit:
            raise TooLargeError(
                f"more than {limit} extreme rays; take a basis with null_space instead"
            )
        rows = _minimal(
            [*done, *(_cancelled(p, m, column) for p in plus for m in minus)],
            len(matrix[0]),
        )
    return [row[-height:] for row in rows]


def _cancelled(plus: list[int], minus: list[int], column: int) -> list[int]:
    """Add two rows with positive weights so that a column vanishes, with the common divisor out."""
    a, b = -minus[column], plus[column]
    mixed = [a * x + b * y for x, y in zip(plus, minus, strict=True)]
    common = gcd(*mixed)
    return [x // common for x in mixed]


def _minimal(rows: list[list[int]], start: int) -> list[list[int]]:
    """Keep, of the rows, those whose support (from `start` on) contains no other's."""
    supports: dict[int, list[int]] = {}
    for row in rows:
        supports.setdefault(sum(1 << i for i, x in enumerate(row[start:]) if x), row)
    return [
        row
        for bits, row in supports.items()
        if not any(other != bits and other & bits == other for other in supports)
    ]
