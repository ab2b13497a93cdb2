"""Comparisons that many tests share."""

from __future__ import annotations

import mpmath
from sympy import Add, Rational, expand_log, log

from nesssym.exact.echelon import coprime_base, multiplicity


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
    base = coprime_base(n for _, ratio in terms for n in (int(ratio.p), int(ratio.q)))
    return all(
        sum(
            factor * (multiplicity(ratio.p, prime) - multiplicity(ratio.q, prime))
            for factor, ratio in terms
        )
        == 0
        for prime in base
    )


def digits(value, number=30):
    """A number rounded once to some significant digits, as the reference files print it."""
    with mpmath.workdps(2 * number):
        exact = mpmath.mpmathify(value.evalf(2 * number) if hasattr(value, "evalf") else value)
        return mpmath.nstr(exact, number, strip_zeros=False)
