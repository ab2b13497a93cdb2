"""Numbers such as exp(-2), pi or sqrt(2) in balls."""

from __future__ import annotations

from functools import reduce
from operator import add, mul
from typing import Any

import flint
from flint import arb
from sympy import (
    Expr,
    S,
    acos,
    asin,
    asinh,
    atan,
    cos,
    cosh,
    erf,
    exp,
    gamma,
    log,
    sin,
    sinh,
    tan,
    tanh,
)

from nesssym.errors import TooLargeError

__all__ = ["ball", "distinct"]

FUNCTIONS = {
    f: f.__name__
    for f in (log, sin, cos, tan, sinh, cosh, tanh, asin, acos, atan, asinh, gamma, erf)
}
MOST_BITS = 4_000


def ball(number: Expr | int) -> arb:
    """Return an interval that is certain to hold a number, at FLINT's precision of the moment.

    Raises
    ------
    TooLargeError
        It holds a function that is not known here.

    Examples
    --------
    >>> from sympy import exp, pi, sqrt
    >>> ball(exp(-2) + sqrt(2)*pi).str(12, radius=False)
    '4.57821822139'
    """
    if isinstance(number, int):
        return arb(number)
    if number.is_Rational:
        return arb(int(number.p)) / int(number.q)
    parts: list[Any] = [ball(x) for x in number.args]
    found: arb
    if number is S.Pi:
        return arb.pi()
    if number is S.Exp1:
        return arb(1).exp()
    if number.is_Add or number.is_Mul:
        found = reduce(add if number.is_Add else mul, parts)
    elif isinstance(number, exp):
        found = parts[0].exp()
    elif number.is_Pow:
        found = parts[0] ** (int(number.exp) if number.exp.is_Integer else parts[1])
    elif number.func in FUNCTIONS:
        found = getattr(parts[0], FUNCTIONS[number.func])()
    else:
        raise TooLargeError(f"no enclosure of {number} is known; give a rational number instead")
    return found


def distinct(number: Expr | int) -> arb:
    """Return the ball of a number, so small that it tells the sign and at least 60 bits.

    Raises
    ------
    TooLargeError
        It is zero, or too near to tell.

    Examples
    --------
    >>> from sympy import pi, Rational
    >>> distinct(pi - Rational("3.141592653589793")) > 0
    True
    """
    bits = 128
    while bits <= MOST_BITS:
        with flint.ctx.workprec(bits):
            found = ball(number)
            if found.rel_accuracy_bits() > 60:
                return found
        bits *= 2
    raise TooLargeError(
        f"{number} cannot be told from zero; write numbers that cancel so that this is seen"
    )
