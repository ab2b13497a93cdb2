"""Comparisons that many tests share."""

from __future__ import annotations

from sympy import Add, Rational, expand_log, log


def same_log(a, b):
    """Whether two sums of rational multiples of logarithms of rationals are the same number."""
    difference = expand_log(a - b, force=True)
    powers = {}
    for term in Add.make_args(difference.expand()):
        factor, logarithm = term.as_independent(log)
        if factor == 0:
            continue
        for prime, power in Rational(logarithm.args[0]).factors().items():
            powers[prime] = powers.get(prime, 0) + factor * power
    return all(value == 0 for prime, value in powers.items() if prime != 1)
