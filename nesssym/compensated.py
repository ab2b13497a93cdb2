"""Differences of products, right to the last digit: double-double arithmetic on arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["difference"]


def difference(first: Sequence[Any], second: Sequence[Any], out: Any = None) -> Any:
    """Subtract two products, right to the last digit also where they nearly agree.

    Parameters
    ----------
    first, second : sequence of float or array
        The factors of the products, all of one floating-point type, of any size: no product
        overflows or underflows on the way.
    out : array, optional
        Where the result goes.

    References
    ----------
    T. J. Dekker, Numer. Math. 18, 224 (1971), doi:10.1007/BF01397083.

    Examples
    --------
    >>> x = np.float64(1 + 2.0**-30)
    >>> y = np.float64(1 + 2.0**-29)
    >>> float(x * x - y), float(difference([x, x], [y])) == 2.0**-60
    (0.0, True)
    """
    (a, a_low, a_power), (b, b_low, b_power) = _product(first), _product(second)
    power = np.maximum(a_power, b_power)
    a_shift, b_shift = (np.maximum(p - power, -200) for p in (a_power, b_power))
    a, a_low = np.ldexp(a, a_shift), np.ldexp(a_low, a_shift)
    b, b_low = np.ldexp(b, b_shift), np.ldexp(b_low, b_shift)
    rough = a - b
    back = rough - a
    error = (a - (rough - back)) - (b + back)
    result = rough + (error + (a_low - b_low))
    return np.ldexp(result, power) if out is None else np.ldexp(result, power, out)


def _product(factors: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Multiply in double-double: (high + low) * 2**exponent with high in [1/2, 1) or 0."""
    # Constants may be integers beyond those of NumPy.
    first, *others = (float(f) if isinstance(f, int) else f for f in factors)
    high, exponent = np.frexp(first)
    low = high * 0
    for factor in others:
        fraction, power = np.frexp(factor)
        product = high * fraction
        (a, b), (c, d) = _split(high), _split(fraction)
        low = low * fraction + (((a * c - product) + a * d + b * c) + b * d)
        high, exponent = product, exponent + power
    unit, power = np.frexp(high)
    exponent = np.where(unit == 0, -(10**6), exponent + power)
    return unit, np.ldexp(low, -power), exponent


def _split(a: Any) -> tuple[Any, Any]:
    """Split numbers into halves whose products are exact (Dekker)."""
    bits = np.finfo(a.dtype).nmant
    scaled = a * a.dtype.type(2.0 ** ((bits + 2) // 2) + 1)
    high = scaled - (scaled - a)
    return high, a - high
