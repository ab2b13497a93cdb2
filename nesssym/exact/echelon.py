"""Small symbolic matrices over rational functions, and numbers as products of coprime ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import gcd

from sympy import Expr, Integer

from nesssym.exact.rational import cancel

__all__ = ["coprime_base", "echelon", "multiplicity"]


def echelon(
    matrix: Sequence[Sequence[Expr]],
) -> tuple[list[list[Expr]], list[list[Expr]], list[int]]:
    """Bring a matrix to reduced row echelon form, and tell how.

    Parameters
    ----------
    matrix : sequence of rows of Expr
        Numbers or rational functions of symbols.

    Returns
    -------
    reduced, combination, pivots
        ``combination @ matrix == reduced``; row `i` of it has its leading 1 in column
        ``pivots[i]``, and rows beyond the pivots are zero.

    Examples
    --------
    >>> from sympy import symbols, Integer
    >>> a, b = symbols("a b")
    >>> echelon([[a, b], [2*a, 2*b]])
    ([[1, b/a], [0, 0]], [[1/a, 0], [-2, 1]], [0])
    """
    size = len(matrix)
    width = len(matrix[0]) if size else 0
    rows = [
        [*map(cancel, row), *(Integer(i == j) for j in range(size))] for i, row in enumerate(matrix)
    ]
    pivots: list[int] = []
    for column in range(width):
        top = len(pivots)
        lead = next((i for i in range(top, size) if rows[i][column] != 0), None)
        if lead is None:
            continue
        rows[top], rows[lead] = rows[lead], rows[top]
        pivot = rows[top][column]
        rows[top] = [cancel(x / pivot) if x != 0 else x for x in rows[top]]
        for i in range(size):
            factor = rows[i][column]
            if i != top and factor != 0:
                rows[i] = [
                    cancel(x - factor * y) if y != 0 else x
                    for x, y in zip(rows[i], rows[top], strict=True)
                ]
        pivots.append(column)
    return [row[:width] for row in rows], [row[width:] for row in rows], pivots


def coprime_base(numbers: Iterable[int]) -> list[int]:
    """Return pairwise coprime numbers of which all given ones are products.

    What prime factors are good for, without the time that it takes to find them.

    Parameters
    ----------
    numbers : iterable of int
        Positive.

    Examples
    --------
    >>> sorted(coprime_base([12, 18]))
    [2, 3]
    >>> coprime_base([10**40, 1])
    [10000000000000000000000000000000000000000]
    """
    base: list[int] = []
    todo = [n for n in numbers if n > 1]
    while todo:
        n = todo.pop()
        clash = next((m for m in base if n != m and gcd(n, m) > 1), None)
        if clash is not None:
            common = gcd(n, clash)
            base.remove(clash)
            todo += [x for x in (common, n // common, clash // common) if x > 1]
        elif n not in base:
            base.append(n)
    return base


def multiplicity(number: int, base: int) -> int:
    """Return how often `base` divides `number`.

    Examples
    --------
    >>> multiplicity(24, 2)
    3
    """
    times = 0
    while number % base == 0:
        number //= base
        times += 1
    return times
