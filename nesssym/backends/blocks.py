"""float64 in blocks: fast where numbers stay in range, right where they do not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle
from math import ceil, inf, isfinite, prod
from typing import Any, Protocol

import flint
import numpy as np
from numpy.typing import NDArray
from sympy import Symbol

from nesssym.backends.compensated import difference
from nesssym.errors import ParameterError
from nesssym.programs.emit import UFUNCS, numpy_source, python_source
from nesssym.programs.floating import floating
from nesssym.programs.program import FUNCTIONS, Program

__all__ = [
    "BALLS",
    "Array",
    "Backend",
    "Blocks",
    "Domain",
    "Factory",
    "Runner",
    "UndefinedError",
    "difference_of_products",
    "first_bad",
    "run_source",
]

BLOCK, SMALL_BLOCK = 16384, 2048
ROOM = 1 << 20  # numbers of a block, with all that is between: what caches hold
LEAST_BLOCK = 32
MOST_BITS = 8192
WIDE = np.finfo(np.longdouble).maxexp > np.finfo(np.float64).maxexp
RAISE: Any = {"over": "raise", "under": "raise", "divide": "raise", "invalid": "raise"}
UNDEFINED = "is undefined (a division by zero or the like)"
PLAIN = frozenset((float, int, np.float64))
Array = NDArray[Any]
_PRECISION = threading.Lock()


@dataclass(frozen=True)
class Domain:
    """An argument's name and its open lower limit, with the words for it."""

    name: str
    limit: float
    words: str

    @classmethod
    def of(cls, symbol: Symbol) -> Domain:
        """Read the domain off a symbol's assumptions."""
        if symbol.is_positive:
            return cls(symbol.name, 0.0, "must be positive")
        if symbol.is_nonnegative:
            return cls(symbol.name, -5e-324, "must not be negative")
        return cls(symbol.name, -inf, "must be finite")

    def admits(self, exact: Any) -> bool:
        """Whether an exact number or ball is certainly in the domain."""
        if self.limit == 0:
            return bool(exact > 0)
        return self.limit == -inf or bool(exact >= 0)


class Backend(Protocol):
    """What runs a program on one kind of number."""

    source: str
    function: Callable[..., tuple[Any, ...]]

    def read(self, domain: Domain, value: Any) -> Any:
        """Return a value as a checked scalar or array of the backend's numbers."""

    def run(self, values: Sequence[Any], shape: tuple[int, ...], threads: int = 1) -> Any:
        """Return the results, stacked, for values that broadcast to `shape`."""


Factory = Callable[[Program, tuple[str, ...]], Backend]
Runner = Callable[[int, int], None]


def first_bad(values: Array, bad: Array) -> str:
    """Say the first bad value, and its index if there are several values."""
    if values.ndim == 0:
        return str(values[()])
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(bad)), bad.shape))
    return f"{values[index]} at index {index}"


def run_source(text: str, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Run source that `emit` wrote; nothing a user typed is in it but safe names."""
    scope: dict[str, Any] = {"__builtins__": {}, **namespace}
    exec(text, scope)
    return scope


class UndefinedError(Exception):
    """A result that is no float64 at one point."""

    def __init__(self, result: int, problem: str, point: int = 0) -> None:
        super().__init__(problem)
        self.result, self.problem, self.point = result, problem, point


class Blocks:
    """float64, block by block; points out of range again with wider exponents."""

    def __init__(self, program: Program, labels: tuple[str, ...]) -> None:
        improved = floating(program)
        self.source = python_source(improved)
        self._labels = labels
        self._ball = run_source(python_source(program), BALLS)
        self.function = self._one = run_source(self.source, SCALARS)["kernel"]
        scope = run_source(numpy_source(improved), ARRAYS)
        self._block, self._buffers = scope["kernel"], scope["BUFFERS"]

    def read(self, domain: Domain, value: Any) -> Any:
        """Return a float64 scalar or array, checked."""
        if type(value) in PLAIN and domain.limit < value < inf:
            try:
                return np.float64(value)
            except OverflowError:
                raise ParameterError(f"{domain.name} {domain.words}; got {value}") from None
        array = np.asarray(value)
        if array.dtype.kind not in "fiu":
            raise ParameterError(
                f"{domain.name} must be real numbers; got an array of {array.dtype} (exact and "
                "text values are for backend='exact')"
            )
        array = array.astype(np.float64, copy=False)
        if array.size and not (domain.limit < array.min() and array.max() < inf):
            bad = ~(np.isfinite(array) & (array > domain.limit))
            raise ParameterError(f"{domain.name} {domain.words}; got {first_bad(array, bad)}")
        return array if array.ndim else array[()]

    def run(self, values: Sequence[Any], shape: tuple[int, ...], threads: int = 1) -> Any:
        """Return a list of floats for scalars, else an array (results, *shape)."""
        try:
            if shape == ():
                return self._scalar(values)
            rows = [v if v.ndim == 0 else np.broadcast_to(v, shape).reshape(-1) for v in values]
            size = int(np.prod(shape))
            return self._rows(rows, size, threads).reshape(len(self._labels), *shape)
        except UndefinedError as error:
            index = tuple(int(i) for i in np.unravel_index(error.point, shape)) if shape else ()
            place = f" at index {index}" if shape else ""
            raise ParameterError(
                f"result {self._labels[error.result]!r} {error.problem}{place}"
            ) from None

    def _scalar(self, values: Sequence[Any]) -> list[float]:
        try:
            with np.errstate(**RAISE):
                return [float(result) for result in self._one(*values)]
        except ArithmeticError:
            return self._point(values)

    def _rows(self, rows: list[Any], size: int, threads: int) -> Array:
        out = np.empty((len(self._labels), size))
        block = self._block_size(len(rows) + len(out))
        blocks = range(0, size, block)
        share = max(1, ceil(len(blocks) / threads))

        def work(mine: range) -> None:
            run = self._runner(rows, out)
            with np.errstate(**RAISE):
                for low in mine:
                    self._piece(run, rows, out, low, min(low + block, size))

        shares = [blocks[first : first + share] for first in range(0, len(blocks), share)]
        if len(shares) < 2:
            for mine in shares:
                work(mine)
        else:
            from concurrent.futures import ThreadPoolExecutor  # here: imports must be quick

            with ThreadPoolExecutor(len(shares)) as pool:
                list(pool.map(work, shares))
        return out

    def _block_size(self, rows: int) -> int:
        return int(min(BLOCK, max(SMALL_BLOCK, ROOM // (rows + self._buffers))))

    def _runner(self, rows: list[Any], out: Array) -> Runner:
        """Return what computes the points from one number to another, in buffers of its own."""
        block = self._block_size(len(rows) + len(out))
        buffers = np.empty((self._buffers, min(block, out.shape[1])))

        def run(low: int, high: int) -> None:
            self._block(_cut(rows, low, high), out[:, low:high], buffers[:, : high - low])

        return run

    def _piece(self, run: Runner, rows: list[Any], out: Array, low: int, high: int) -> None:
        try:
            run(low, high)
        except FloatingPointError:
            if high - low > LEAST_BLOCK:
                middle = (low + high) // 2
                self._piece(run, rows, out, low, middle)
                self._piece(run, rows, out, middle, high)
            else:
                self._wide(_cut(rows, low, high), out, low, high)

    def _wide(self, cut: list[Any], out: Array, low: int, high: int) -> None:
        try:
            if not WIDE:
                raise FloatingPointError
            wide = np.empty((len(out) + self._buffers, high - low), np.longdouble)
            self._block([c.astype(np.longdouble) for c in cut], wide[: len(out)], wide[len(out) :])
            with np.errstate(under="ignore"):
                out[:, low:high] = wide[: len(out)]
        except FloatingPointError:
            for point in range(high - low):
                values = [float(c if c.ndim == 0 else c[point]) for c in cut]
                try:
                    out[:, low + point] = self._point(values)
                except UndefinedError as error:
                    error.point = low + point
                    raise

    def _point(self, values: Sequence[Any]) -> list[float]:
        """Enclose one point in balls of growing precision until each holds one float64."""
        bits = 128
        found: dict[int, float] = {}
        while True:
            with _PRECISION, flint.ctx.workprec(bits):
                self._ball["pi"] = flint.arb.pi()
                try:
                    results = self._ball["kernel"](*(flint.arb(float(v)) for v in values))
                except ZeroDivisionError:
                    raise UndefinedError(0, UNDEFINED) from None
                for i, ball in enumerate(map(flint.arb, results)):
                    if i not in found and (value := _double(ball)) is not None:
                        found[i] = value
            if len(found) == len(results):
                break
            bits *= 2
            if bits > MOST_BITS:
                first = next(i for i in range(len(results)) if i not in found)
                raise UndefinedError(first, UNDEFINED)
        for i, value in found.items():
            if not isfinite(value):
                raise UndefinedError(
                    i, "is beyond the largest float64, 1.8e308; use backend='mpmath'"
                )
        return [found[i] for i in range(len(results))]


def _cut(rows: list[Any], low: int, high: int) -> list[Any]:
    return [row if row.ndim == 0 else row[low:high] for row in rows]


def _double(ball: Any) -> float | None:
    """Return the float64 nearest to a ball, or None where it is too wide to say."""
    if not ball.is_finite():
        return None
    size = ball.abs_upper()
    if size == 0 or size < flint.arb(2) ** -1075:
        return 0.0
    if ball.rel_accuracy_bits() < 60:
        return None
    mantissa, exponent = map(int, ball.mid().man_exp())
    if mantissa.bit_length() + exponent > 1024:
        return inf
    try:
        if exponent >= 0:
            return float(mantissa << exponent)
        return float(Fraction(mantissa, 1 << -exponent))
    except OverflowError:
        return inf


def difference_of_products(first: Sequence[Any], *others: Sequence[Any]) -> Any:
    """Subtract and add, in turn, products of numbers that need no care."""
    signs = cycle((-1, 1))
    return sum((next(signs) * prod(other) for other in others), prod(first))


def _arb_function(name: str) -> Callable[[Any], Any]:
    return lambda x: getattr(flint.arb(x), name)()


SCALARS: dict[str, Any] = {
    **{name: getattr(np, UFUNCS[name]) for name in FUNCTIONS},
    "pi": np.float64(np.pi),
    "rational": lambda p, q: np.float64(p / q),
    "difference": difference,
}
ARRAYS: dict[str, Any] = {
    **{name: getattr(np, name) for name in UFUNCS.values()},
    "pi": np.pi,
    "copyto": np.copyto,
    "difference": difference,
}
BALLS: dict[str, Any] = {
    **{name: _arb_function(name) for name in FUNCTIONS},
    "rational": lambda p, q: flint.arb(p) / q,
    "difference": difference_of_products,
}
