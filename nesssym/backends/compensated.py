"""Differences of products, right to the last digit: double-double arithmetic on arrays."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np

__all__ = ["difference", "total"]

LEAST_SHIFT = -500


def difference(first: Sequence[Any], *others: Sequence[Any], out: Any = None) -> Any:
    """Subtract and add products in turn, right to the last digit also where little is left.

    Parameters
    ----------
    first, *others : sequence of float or array
        The factors of the products, all of one floating-point type, of any size: no product
        overflows or underflows on the way. The second product is subtracted, the third added.
    out : array, optional
        Where the result goes.

    References
    ----------
    T. J. Dekker, Numer. Math. 18, 224 (1971), doi:10.1007/BF01397083.
    T. Ogita, S. M. Rump, S. Oishi, SIAM J. Sci. Comput. 26, 1955 (2005),
    doi:10.1137/030601818.

    Examples
    --------
    >>> x = np.float64(1 + 2.0**-30)
    >>> y = np.float64(1 + 2.0**-29)
    >>> float(x * x - y), float(difference([x, x], [y])) == 2.0**-60
    (0.0, True)
    """
    products = [_product(factors) for factors in (first, *others)]
    power = reduce(np.maximum, (own for _, _, own in products))
    terms = []
    for position, (high, low, own) in enumerate(products):
        shift = np.maximum(own - power, LEAST_SHIFT)
        sign = -1 if position % 2 else 1
        terms += [sign * np.ldexp(high, shift), sign * np.ldexp(low, shift)]
    result = total(terms)
    return np.ldexp(result, power) if out is None else np.ldexp(result, power, out)


def total(terms: Sequence[Any]) -> Any:
    """Add numbers as if in three times their precision (Ogita, Rump and Oishi)."""
    terms = list(terms)
    for _ in range(2):
        for i in range(1, len(terms)):
            a, b = terms[i - 1], terms[i]
            rough = a + b
            back = rough - a
            terms[i - 1], terms[i] = (a - (rough - back)) + (b - back), rough
    return reduce(add, terms)


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
