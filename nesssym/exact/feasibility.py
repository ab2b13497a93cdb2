"""Gordan's alternative: a loop, or a potential that falls along every arrow. Exact."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

__all__ = ["gordan"]


def gordan(matrix: Sequence[Sequence[int]]) -> tuple[list[Fraction], bool]:
    """Decide which of two alternatives holds, with a proof that is checked by multiplication.

    Either there is ``y >= 0``, not zero, with ``matrix @ y == 0``, or there is ``mu`` with
    ``mu @ matrix < 0`` in every column. The first phase of the simplex method, in fractions and
    with Bland's rule, which ends.

    Parameters
    ----------
    matrix : sequence of rows of int
        For example species by directed reactions.

    Returns
    -------
    list of Fraction, bool
        The vector ``y`` and True, or ``mu`` and False.

    References
    ----------
    P. Gordan, Math. Ann. 6, 23 (1873), doi:10.1007/BF01442864.

    Examples
    --------
    >>> y, loop = gordan([[-1, 0, 1], [1, -1, 0], [0, 1, -1]])
    >>> loop, y
    (True, [Fraction(1, 3), Fraction(1, 3), Fraction(1, 3)])
    >>> gordan([[-1, 0], [1, -1], [0, 1]])[1]
    False
    """
    rows, width = len(matrix), len(matrix[0]) if matrix else 0
    if not width:
        return [Fraction(0)] * rows, False
    # The equations are matrix @ y == 0 and sum(y) == 1; one artificial variable each.
    height = rows + 1
    table = [[Fraction(x) for x in row] for row in matrix] + [[Fraction(1)] * width]
    table = [
        [*row, *(Fraction(int(i == j)) for j in range(height)), Fraction(int(i == rows))]
        for i, row in enumerate(table)
    ]
    basis = [width + i for i in range(height)]
    cost = [-sum((row[j] for row in table), Fraction(0)) for j in range(width)]
    cost += [Fraction(0)] * height + [-sum((row[-1] for row in table), Fraction(0))]
    while (enter := next((j for j in range(width) if cost[j] < 0), None)) is not None:
        ratios = [
            (table[i][-1] / table[i][enter], basis[i], i)
            for i in range(height)
            if table[i][enter] > 0
        ]
        _, _, leave = min(ratios)
        _pivot(table, cost, leave, enter)
        basis[leave] = enter
    if cost[-1] == 0:
        y = [Fraction(0)] * width
        for i, j in enumerate(basis):
            if j < width:
                y[j] = table[i][-1]
        return y, True
    # The dual prices stand in the reduced costs of the artificial variables.
    return [1 - cost[width + i] for i in range(rows)], False


def _pivot(table: list[list[Fraction]], cost: list[Fraction], row: int, column: int) -> None:
    scale = table[row][column]
    table[row] = [x / scale for x in table[row]]
    for other in range(len(table)):
        if other != row and table[other][column]:
            factor = table[other][column]
            table[other] = [x - factor * y for x, y in zip(table[other], table[row], strict=True)]
    if cost[column]:
        factor = cost[column]
        cost[:] = [x - factor * y for x, y in zip(cost, table[row], strict=True)]
