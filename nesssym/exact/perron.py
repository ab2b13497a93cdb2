"""The largest eigenvalue of a matrix whose off-diagonal entries are positive, with certainty."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import mpmath
from sympy import Expr

__all__ = ["Pair", "ball", "eigenpair", "number", "refined"]

FIRST_BITS, LAST_BITS, MAX_STEPS = 128, 1 << 13, 200

Vector = list[Any]
Pair = tuple[Any, Vector]


def ball(value: Expr) -> Any:
    """Return an exact real SymPy number as a ball at the current precision."""
    if value.is_Rational:
        return flint.arb(flint.fmpq(int(value.p), int(value.q)))
    digits = flint.ctx.prec * 3 // 10 + 5
    middle = flint.arb(str(value.evalf(digits)))
    return middle + flint.arb(0, abs(middle) * flint.arb(10) ** (2 - digits))


def eigenpair(matrix: Any) -> Pair:
    r"""Return a ball with the largest eigenvalue, and a positive vector near its eigenvector.

    Noda's iteration, :math:`(\lambda_k - M)\, v_{k+1} = v_k`, converges quadratically from any
    positive vector. Then for every positive vector the eigenvalue lies between the smallest and
    the largest of :math:`(M v)_i / v_i`, so that the ball holds it whatever was rounded before.

    Parameters
    ----------
    matrix : flint.arb_mat, shape (n, n)
        Irreducible, with off-diagonal entries that are not negative.

    References
    ----------
    T. Noda, Numer. Math. 17, 382 (1971). L. Collatz, Math. Z. 48, 221 (1942).

    Examples
    --------
    >>> value, vector = eigenpair(flint.arb_mat([[-1, 3], [2, -2]]))
    >>> value.contains(1), [v.str(6, radius=False) for v in vector]
    (True, ['0.600000', '0.400000'])
    """
    n = matrix.nrows()
    middle = flint.arb_mat(n, n, [entry.mid() for entry in matrix.entries()])
    identity = flint.arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
    vector = best = [flint.arb(1)] * n
    width = None
    for _ in range(MAX_STEPS):
        middles = [ratio.mid() for ratio in _ratios(middle, vector)]
        highest, lowest = max(middles), min(middles)
        if width is not None and highest - lowest >= width:
            break
        best, width = vector, highest - lowest
        if width == 0:
            break
        try:
            column = (highest * identity - middle).solve(flint.arb_mat(n, 1, vector))
        except ZeroDivisionError:
            break
        found = [entry.mid() for entry in column.entries()]
        if not all(entry > 0 for entry in found):
            break
        total = sum(found, flint.arb(0))
        vector = [(entry / total).mid() for entry in found]
    vector = best
    first, *rest = _ratios(matrix, vector)
    for ratio in rest:
        first = first.union(ratio)
    return first, vector


def _ratios(matrix: Any, vector: Vector) -> Vector:
    image = (matrix * flint.arb_mat(len(vector), 1, vector)).entries()
    return [value / v for value, v in zip(image, vector, strict=True)]


def refined(make: Callable[[], Any], digits: int) -> Pair:
    """Return the eigenpair of a matrix, the eigenvalue correct to some digits.

    Parameters
    ----------
    make : callable
        Makes the matrix at the current precision, which is raised until the ball is small enough.
        An eigenvalue whose ball still holds zero at 8,192 bits is zero.
    digits : int
        Significant digits.
    """
    wanted = int(digits * 3.33) + 4
    bits = max(FIRST_BITS, 2 * wanted)
    while True:
        with flint.ctx.workprec(bits):
            value, vector = eigenpair(make())
            if value.rel_accuracy_bits() >= wanted or bits >= LAST_BITS:
                return (flint.arb(0) if value.contains(0) else value), vector
        bits *= 2


def number(value: Any, digits: int) -> mpmath.mpf:
    """Return the middle of a ball."""
    mantissa, exponent = value.mid().man_exp()
    with mpmath.workdps(digits + 2):
        return mpmath.ldexp(mpmath.mpf(int(mantissa)), int(exponent))
