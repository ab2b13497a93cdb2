"""Comparisons that many tests share."""

from __future__ import annotations

from math import gcd

import mpmath
from sympy import Add, Rational, expand_log, log


def same_log(a, b):
    """Whether two sums of rational multiples of logarithms of rationals are the same number."""
    difference = expand_log(a - b, force=True)
    terms = []
    for term in Add.make_args(difference.expand()):
        factor, logarithm = term.as_independent(log)
        if factor != 0:
            ratio = Rational(logarithm.args[0]) if logarithm != 1 else None
            if ratio is None:
                return False
            terms.append((factor, ratio))
    base = _coprime(n for _, ratio in terms for n in (int(ratio.p), int(ratio.q)))
    return all(
        sum(factor * (_power(ratio.p, prime) - _power(ratio.q, prime)) for factor, ratio in terms)
        == 0
        for prime in base
    )


def digits(value, number=30):
    """A number rounded once to some significant digits, as the reference files print it."""
    with mpmath.workdps(2 * number):
        exact = mpmath.mpmathify(value.evalf(2 * number) if hasattr(value, "evalf") else value)
        return mpmath.nstr(exact, number, strip_zeros=False)


def _coprime(numbers):
    """Pairwise coprime numbers of which all are products: no factoring of large ones is needed."""
    base = []
    todo = [n for n in numbers if n > 1]
    while todo:
        n = todo.pop()
        for i, m in enumerate(base):
            if (common := gcd(n, m)) > 1:
                del base[i]
                todo += [x for x in (common, n // common, m // common) if x > 1]
                break
        else:
            if n > 1:
                base.append(n)
    return base


def _power(number, base):
    power = 0
    number = int(number)
    while number % base == 0:
        number //= base
        power += 1
    return power
