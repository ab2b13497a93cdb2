"""Values of formulas to as many digits as wanted, with certainty, by ball arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import flint
import mpmath

from nesssym.errors import ParameterError
from nesssym.formulas import Formulas
from nesssym.kernels import Kernel, compile

__all__ = ["precise_kernel", "precise_values"]

FIRST_BITS, LAST_BITS = 128, 1 << 15


def precise_kernel(formulas: Formulas) -> Kernel:
    """Compile formulas for `precise_values`."""
    return compile(formulas, backend="arb")


def precise_values(
    kernel: Callable[..., Mapping[str, Any]], values: Mapping[str, Any], digits: int = 30
) -> dict[str, mpmath.mpf]:
    """Return every result of a kernel of balls, correct to `digits` digits.

    The precision is raised until every ball is small enough. A result whose ball still holds zero
    at 32,768 bits is taken to be zero.

    Parameters
    ----------
    kernel : Kernel
        From `precise_kernel`, or any function of the values that returns balls.
    values : mapping
        Name to exact number; a float stands for the binary fraction it is.
    digits : int, optional
        Significant digits.

    Examples
    --------
    >>> import nesssym as ns
    >>> from nesssym.precise import precise_kernel, precise_values
    >>> ss = ns.steady_state(ns.StateGraph.from_text("A <-> B ; k, 2*k"))
    >>> mpmath.nstr(precise_values(precise_kernel(ss.state), {"k": 0.5}, 20)["A"], 20)
    '0.66666666666666666667'
    """
    wanted = int(digits * 3.33) + 4
    bits = max(FIRST_BITS, wanted + 32)
    while True:
        with flint.ctx.workprec(bits):
            try:
                balls = kernel(**values)
            except ParameterError:
                if bits >= LAST_BITS:
                    raise
                bits *= 2
                continue
        if bits >= LAST_BITS or all(_certain(ball, wanted) for ball in balls.values()):
            return {label: _middle(ball, wanted) for label, ball in balls.items()}
        bits *= 2


def _certain(ball: Any, wanted: int) -> bool:
    return bool(ball == 0) or ball.rel_accuracy_bits() >= wanted


def _middle(ball: Any, wanted: int) -> mpmath.mpf:
    if ball.contains(0) or ball == 0:
        return mpmath.mpf(0)
    mantissa, exponent = ball.mid().man_exp()
    with mpmath.workprec(wanted):
        return mpmath.ldexp(mpmath.mpf(int(mantissa)), int(exponent))
