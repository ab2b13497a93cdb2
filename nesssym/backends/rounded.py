"""Backends of programs with special functions, integrals or roots: balls, rounded once.

Such a program runs in ball arithmetic whose precision grows until every result is known to the
digits wanted. So its results are right to the last digit whatever cancels within, at the price of
speed: some ten microseconds to milliseconds a point.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import flint
import mpmath
import numpy as np
import sympy
from sympy import Symbol

from nesssym.backends.blocks import Blocks, Domain, Factory, difference_of_products, run_source
from nesssym.backends.registry import EXACT, MPMATH, Arithmetic, Points
from nesssym.errors import ParameterError
from nesssym.evolved import Evolved
from nesssym.programs.emit import python_source
from nesssym.programs.program import FUNCTIONS, Program, lower
from nesssym.roots import RootIn, enclosed_root
from nesssym.special import SPECIAL, enclosed_integral, is_analytic
from nesssym.taylor import LINE, enclosed_evolution

__all__ = ["ROUNDED", "is_special"]

FIRST_BITS, MOST_BITS = 96, 4096
_LOCK = threading.Lock()


def is_special(program: Program) -> bool:
    """Whether a program holds what only balls evaluate."""
    return any(i.op in SPECIAL or isinstance(i.value, Program) for i in program.instructions)


class Rounded:
    """Points in balls of growing precision, each result rounded once to what is wanted.

    Parameters
    ----------
    bits : callable
        The precision wanted, in bits.
    read : callable
        Checks a value, as the method of a backend.
    given, rounded : callable
        A checked value as a ball, and a ball as a result.
    """

    def __init__(
        self, kind: tuple[Any, Callable[[], int], Any, Any], program: Program, labels: Any
    ) -> None:
        plain, self._bits, self._given, self._rounded = kind
        self.source = python_source(program)
        self._labels = labels
        reading = lower([sympy.Integer(0)], [], map(Symbol, program.arguments))
        self._reader = plain(reading, ("",))
        self._scope = run_source(self.source, BALLS)
        self.function = self._scope["kernel"]

    def read(self, domain: Domain, value: Any) -> Any:
        """Return a checked scalar or array."""
        return self._reader.read(domain, value)

    def run(self, values: Sequence[Any], shape: tuple[int, ...], threads: int = 1) -> Any:
        """Return a list of numbers for scalars, else an array (results, *shape)."""
        if shape == ():
            return self._point(values, "")
        columns = [np.broadcast_to(np.asarray(value), shape) for value in values]
        points = [
            self._point([column[index] for column in columns], f" at index {index}")
            for index in np.ndindex(shape)
        ]
        return np.array(points).T.reshape(len(self._labels), *shape)

    def _point(self, values: Sequence[Any], place: str) -> list[Any]:
        wanted = self._bits()
        bits = max(FIRST_BITS, wanted + 32)
        while True:
            with _LOCK, flint.ctx.workprec(bits):
                self._scope["pi"] = flint.arb.pi()
                try:
                    found = [flint.arb(v) for v in self._scope["kernel"](*map(self._given, values))]
                except ZeroDivisionError:
                    found = [flint.arb("nan")] * len(self._labels)
            if all(b == 0 or (b.is_finite() and b.rel_accuracy_bits() >= wanted) for b in found):
                return [self._rounded(ball, wanted) for ball in found]
            bits *= 2
            if bits > MOST_BITS:
                break
        for label, ball in zip(self._labels, found, strict=True):
            if not ball.is_finite():
                raise ParameterError(f"result {label!r} is undefined{place}: {ball}")
        # What is zero to a thousand digits is zero.
        return [self._rounded(flint.arb(0) if b.contains(0) else b, wanted) for b in found]


def _float(ball: Any, _: int) -> float:
    with mpmath.workprec(80):
        return float(_mpf(ball, 80))


def _mpf(ball: Any, bits: int) -> mpmath.mpf:
    mantissa, exponent = map(int, ball.mid().man_exp())
    with mpmath.workprec(bits):
        return mpmath.ldexp(mpmath.mpf(mantissa), exponent)


def _of_mpf(value: mpmath.mpf) -> Any:
    sign, mantissa, exponent, _ = value._mpf_
    return flint.arb(-mantissa if sign else mantissa) * flint.arb(2) ** exponent


def _function(name: str) -> Callable[[Any], Any]:
    """Return an elementary function of balls and power series, which knows where it is analytic."""

    def evaluate(x: Any) -> Any:
        if isinstance(x, flint.arb_series):
            return LINE[name](x)
        if not isinstance(x, flint.acb):
            return getattr(flint.arb(x), name)()
        if name in ("sqrt", "log"):
            return getattr(x, name)(analytic=is_analytic())
        if name == "log1p":
            return (1 + x).log(analytic=is_analytic())
        if name == "asinh":
            root = (x * x + 1).sqrt(analytic=is_analytic())
            return (x + root).log(analytic=is_analytic())
        return getattr(x, name)()

    return evaluate


def _power(x: Any, y: Any) -> Any:
    if isinstance(x, flint.acb) or isinstance(y, flint.acb):
        return flint.acb(x).pow(flint.acb(y), analytic=is_analytic())
    if isinstance(x, flint.arb_series) or isinstance(y, flint.arb_series):
        return LINE["power"](x, y)
    return flint.arb(x) ** y


def _exact_bound(node: Any) -> Callable[[Any, Any, Any], Any]:
    def build(function: Any, low: Any, high: Any) -> Any:
        x = sympy.Dummy("x", real=True)
        return node(function(x), (x, low, high))

    return build


BALLS: dict[str, Any] = {
    **{name: _function(name) for name in FUNCTIONS},
    **{name: special.ball for name, special in SPECIAL.items()},
    "rational": lambda p, q: flint.arb(p) / q,
    "difference": difference_of_products,
    "inf": flint.arb("inf"),
    "integral": enclosed_integral,
    "root": enclosed_root,
    "evolved": enclosed_evolution,
    "power": _power,
}
SYMBOLIC: Mapping[str, Any] = {
    **EXACT.functions,
    **{name: special.sympy for name, special in SPECIAL.items()},
    "inf": sympy.oo,
    "integral": _exact_bound(sympy.Integral),
    "root": _exact_bound(RootIn),
    "evolved": _exact_bound(Evolved),
    "power": sympy.Pow,
}


def _sympy_result(value: Any) -> Any:
    return value if isinstance(value, sympy.Expr) else sympy.Integer(value)


def _ball_result(value: Any) -> Any:
    result = flint.arb(value)
    if not result.is_finite():
        raise ArithmeticError(f"it is {result} at {flint.ctx.prec} bits")
    return result


ROUNDED: dict[str, Factory] = {
    "numpy": partial(Rounded, (Blocks, lambda: 60, flint.arb, _float)),
    "mpmath": partial(
        Rounded, (partial(Points, MPMATH), lambda: mpmath.mp.prec + 4, _of_mpf, _mpf)
    ),
    "exact": partial(Points, Arithmetic(SYMBOLIC, lambda: sympy.pi, _sympy_result, sympy.Basic)),
    "arb": partial(Points, Arithmetic(BALLS, flint.arb.pi, _ball_result, flint.arb)),
}
