"""Routh and Hurwitz: whether all roots of a polynomial lie to the left, without finding them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["hurwitz_matrices", "routh"]


def routh(coefficients: Sequence[Any]) -> list[Any]:
    """Return the first column of Routh's array of a real polynomial.

    As many roots have a positive real part as the column has changes of sign; where one entry
    vanishes the column tells nothing.

    Parameters
    ----------
    coefficients : sequence
        The lowest power first; the last one positive. Any numbers with + - * /.

    References
    ----------
    E. J. Routh, A Treatise on the Stability of a Given State of Motion (Macmillan, 1877).

    Examples
    --------
    >>> routh([6.0, 11.0, 6.0, 1.0]), routh([6.0, 1.0, -4.0, 1.0])
    ([1.0, 6.0, 10.0, 6.0], [1.0, -4.0, 2.5, 6.0])
    """
    highest = list(reversed(coefficients))
    above, below = highest[0::2], highest[1::2]
    column = [above[0]]
    while below:
        column.append(below[0])
        padded = [*below[1:], *[0 * below[0]] * (len(above) - len(below))]
        above, below = (
            below,
            [a - above[0] * b / below[0] for a, b in zip(above[1:], padded, strict=True)],
        )
    return column


def hurwitz_matrices(coefficients: Sequence[Any], zero: Any) -> Iterator[list[list[Any]]]:
    """Yield the matrices of every second Hurwitz determinant, the largest first.

    Where the coefficients and these determinants are positive, all roots lie to the left (Lienard
    and Chipart).

    Parameters
    ----------
    coefficients : sequence
        The highest power first.
    zero : Any
        What stands outside the coefficients.

    Examples
    --------
    >>> list(hurwitz_matrices(["1", "a", "b", "c"], ""))
    [[['a', 'c'], ['1', 'b']]]
    """
    n = len(coefficients) - 1
    for size in range(n - 1, 1, -2):
        yield [
            [coefficients[k] if 0 <= (k := 2 * j - i + 1) <= n else zero for j in range(size)]
            for i in range(size)
        ]
