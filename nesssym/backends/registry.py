"""What runs a program: float64 in blocks, or any other type of number point by point."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import flint
import mpmath
import numpy as np
import sympy
from sympy import Expr, Integer

from nesssym.backends.blocks import (
    BALLS,
    Array,
    Blocks,
    Domain,
    Factory,
    difference_of_products,
    run_source,
)
from nesssym.errors import MissingExtraError, NessError, ParameterError
from nesssym.parsing import number
from nesssym.programs.emit import python_source
from nesssym.programs.program import FUNCTIONS, Program, lower

__all__ = ["BACKENDS", "EXACT", "MPMATH", "Arithmetic", "Points", "check_installed"]

EXTRAS = ("numba", "jax")


@dataclass(frozen=True)
class Arithmetic:
    """What the plain program needs to run on one type of number."""

    functions: Mapping[str, Any]
    pi: Callable[[], Any]
    result: Callable[[Any], Any]
    native: type


class Points:
    """Any type of number, point by point."""

    def __init__(self, arithmetic: Arithmetic, program: Program, labels: tuple[str, ...]) -> None:
        self.source = python_source(program)
        self._arithmetic, self._labels = arithmetic, labels
        self._scope = run_source(self.source, arithmetic.functions)
        self.function = self._scope["kernel"]

    def read(self, domain: Domain, value: Any) -> Any:
        """Return a number, or an object array of them, checked exactly."""
        if not isinstance(value, list | tuple | np.ndarray):
            return self._number(domain, value, "")
        given = np.asarray(value, dtype=object)
        read = np.empty(given.shape, dtype=object)
        for index in np.ndindex(given.shape):
            read[index] = self._number(domain, given[index], f" at index {index}" if index else "")
        return read if read.ndim else read[()]

    def run(self, values: Sequence[Any], shape: tuple[int, ...], threads: int = 1) -> Any:
        """Return a list of numbers for scalars, else an object array (results, *shape)."""
        self._scope["pi"] = self._arithmetic.pi()
        if shape == ():
            return self._at(values, "")
        columns = [np.broadcast_to(_object(value), shape) for value in values]
        out = np.empty((len(self._labels), *shape), dtype=object)
        for index in np.ndindex(shape):
            point = self._at([column[index] for column in columns], f" at index {index}")
            for row, result in zip(out, point, strict=True):
                row[index] = result
        return out

    def _number(self, domain: Domain, value: Any, place: str) -> Any:
        native = self._arithmetic.native
        try:
            exact = value if native is flint.arb and isinstance(value, native) else number(value)
            finite = exact.is_finite() if isinstance(exact, flint.arb) else exact.is_finite
        except NessError as error:
            raise ParameterError(f"{domain.name}{place}: {error}") from None
        if not finite or not domain.admits(exact):
            raise ParameterError(f"{domain.name} {domain.words}; got {value}{place}")
        if isinstance(exact, native):
            return exact
        constant = run_source(python_source(lower([exact], [], [])), self._arithmetic.functions)
        constant["pi"] = self._arithmetic.pi()
        return self._arithmetic.result(constant["kernel"]()[0])

    def _at(self, values: Sequence[Any], place: str) -> list[Any]:
        results = []
        try:
            for result in self._scope["kernel"](*values):
                results.append(self._arithmetic.result(result))
        except ArithmeticError as error:
            label = self._labels[len(results)] if results else ", ".join(self._labels[:4])
            raise ParameterError(f"result {label!r} is undefined ({error}){place}") from None
        return results


def _object(value: Any) -> Array:
    if isinstance(value, np.ndarray):
        return value
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def _sympy_result(value: Any) -> Expr:
    result = value if isinstance(value, Expr) else Integer(value)
    if not result.is_real:
        raise ArithmeticError(f"it is {result}")
    return result


def _mpmath_result(value: Any) -> Any:
    if isinstance(value, mpmath.mpc):
        raise ArithmeticError(f"it is {value}")
    return mpmath.mpf(value)


def _arb_result(value: Any) -> Any:
    result = flint.arb(value)
    if not result.is_finite():
        raise ArithmeticError(f"it is {result} at {flint.ctx.prec} bits")
    return result


def _extra(extra: str, module: str, name: str, program: Program, labels: tuple[str, ...]) -> Any:
    """Make a backend of a module that needs an extra."""
    check_installed(extra)
    return getattr(import_module(f"nesssym.backends.{module}"), name)(program, labels)


def check_installed(backend: str) -> None:
    """Raise `MissingExtraError` where the package of a backend is missing."""
    if backend in EXTRAS and find_spec(backend) is None:
        raise MissingExtraError.of(f"backend={backend!r}", backend)


EXACT = Arithmetic(
    {
        **{name: getattr(sympy, name) for name in FUNCTIONS if hasattr(sympy, name)},
        "expm1": lambda x: sympy.exp(x) - 1,
        "log1p": lambda x: sympy.log(1 + x),
        "rational": sympy.Rational,
        "difference": difference_of_products,
    },
    lambda: sympy.pi,
    _sympy_result,
    sympy.Basic,
)
MPMATH = Arithmetic(
    {
        **{name: getattr(mpmath, name) for name in FUNCTIONS},
        "rational": lambda p, q: mpmath.mpf(p) / q,
        "difference": difference_of_products,
    },
    lambda: +mpmath.pi,
    _mpmath_result,
    mpmath.mpf,
)
ARB = Arithmetic(BALLS, flint.arb.pi, _arb_result, flint.arb)
BACKENDS: dict[str, Factory] = {
    "numpy": Blocks,
    "numba": partial(_extra, "numba", "jitted", "Jitted"),
    "jax": partial(_extra, "jax", "traced", "Traced"),
    "exact": partial(Points, EXACT),
    "mpmath": partial(Points, MPMATH),
    "arb": partial(Points, ARB),
}
