"""Programs on float64 as machine code, by Numba: as the blocks of NumPy, several times faster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import inf
from typing import Any

import numba
import numpy as np
from numba.core import cgutils
from numba.extending import intrinsic

from nesssym.backends.blocks import Array, Blocks, Domain, Runner, run_source
from nesssym.backends.vectors import WORD, instructions, loop
from nesssym.programs.floating import floating
from nesssym.programs.names import safe
from nesssym.programs.program import Program

__all__ = ["Jitted"]

GROUP = 256
WIDTH = 8


@dataclass(frozen=True)
class _Column:
    """An array of float64 whose numbers are checked while they are computed with."""

    array: Array
    domain: Domain

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape


class _OutsideError(Exception):
    """Some argument may be outside its domain."""


class Jitted(Blocks):
    """float64 in machine code; points out of range again with wider exponents."""

    def __init__(self, program: Program, labels: tuple[str, ...]) -> None:
        super().__init__(program, labels)
        self._improved = floating(program)
        self.function = _function(self._improved)
        self._limits = [-inf] * len(program.arguments)
        self._compiled: dict[tuple[float, ...], Any] = {}

    def read(self, domain: Domain, value: Any) -> Any:
        """Return a float64 scalar, checked, or an array that is still to be checked."""
        if isinstance(value, np.ndarray) and value.dtype == np.float64 and value.ndim:
            return _Column(value, domain)
        return super().read(domain, value)

    def run(self, values: Sequence[Any], shape: tuple[int, ...], threads: int = 1) -> Any:
        """Return a list of floats for scalars, else an array (results, *shape)."""
        columns = {i: v for i, v in enumerate(values) if isinstance(v, _Column)}
        for i, column in columns.items():
            self._limits[i] = column.domain.limit
        try:
            plain = [v.array if isinstance(v, _Column) else v for v in values]
            return super().run(plain, shape, threads)
        except _OutsideError:
            for column in columns.values():
                super().read(column.domain, column.array)
            raise

    def _runner(self, rows: list[Any], out: Array) -> Runner:
        """Return what computes the points from one number to another."""
        rows = [np.asarray(row) for row in rows]
        limits = tuple(self._limits)
        if limits not in self._compiled:
            self._compiled[limits] = _compiled(self._improved, limits)
        compute = self._compiled[limits]
        steps = np.array([row.strides[0] if row.ndim else 0 for row in rows], np.int64)
        addresses = np.array([_address(row) for row in rows], np.uint64)
        place, step = np.uint64(_address(out)), np.int64(out.strides[0])

        def run(low: int, high: int, alive: Sequence[Array] = (*rows, out)) -> None:
            outside, lost = np.zeros(()), None
            try:
                compute(addresses, steps, place, step, low, high, outside)
            except FloatingPointError as error:
                lost = error
            if outside and not all(
                _inside(row if row.ndim == 0 else row[low:high], limit)
                for row, limit in zip(rows, limits, strict=True)
            ):
                raise _OutsideError
            if lost:
                raise lost

        return run


def _inside(row: Array, limit: float) -> bool:
    return bool(((row > limit) & (row < inf)).all())


def _address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])


def _function(program: Program) -> Any:
    """Return a jitted function of plain numbers."""
    size = len(program.outputs)
    kind = numba.types.UniTuple(numba.float64, size)

    @intrinsic
    def evaluated(typing, numbers):  # type: ignore[no-untyped-def]
        def build(context, builder, signature, args):  # type: ignore[no-untyped-def]
            given = cgutils.unpack_tuple(builder, args[0])
            found = instructions(builder, program, given.__getitem__, 0)
            return context.make_tuple(builder, kind, found)

        return kind(numba.types.UniTuple(numba.float64, len(program.arguments))), build

    names = safe(program.arguments, ["evaluated", "float"])
    given = "".join(f"float({name}), " for name in names)
    text = f"def kernel({', '.join(names)}):\n    return evaluated(({given}))\n"
    scope = run_source(text, {"evaluated": evaluated, "float": float})
    return numba.njit(error_model="numpy")(scope["kernel"])


def _compiled(program: Program, limits: Sequence[float]) -> Any:
    """Return a ufunc that computes points; it is a ufunc since these report lost ranges.

    Columns of numbers are read where they are, and results written where they belong; only what
    is not contiguous, and the last few points, go through a table.
    """
    arguments, results = len(program.arguments), len(program.outputs)

    @intrinsic
    def points(typing, given, taken, size):  # type: ignore[no-untyped-def]
        def build(context, builder, signature, args):  # type: ignore[no-untyped-def]
            function = loop(builder.module, program, limits, WIDTH)
            places = (builder.inttoptr(a, WORD.as_pointer()) for a in args[:2])
            return builder.call(function, [*places, args[2]])

        return numba.uint64(numba.uint64, numba.uint64, numba.uint64), build

    number, word = _pointer(), numba.uint64

    def run(addresses, steps, place, step, low, high, outside):  # type: ignore[no-untyped-def]
        table = np.empty((arguments + results + 1) * GROUP)
        base = word(table.ctypes.data)
        given, taken = np.empty(arguments + 1, np.uint64), np.empty(results + 1, np.uint64)
        bad = word(0)
        at = low
        while at < high:
            count = min(GROUP, high - at)
            few = count < WIDTH
            count = count if few else count // WIDTH * WIDTH
            whole = WIDTH if few else count
            for k in range(arguments):
                first, stride = addresses[k] + word(at * steps[k]), steps[k]
                given[k] = first
                if few or stride != 8:
                    for i in range(whole):
                        source = first + word((i if i < count else 0) * stride)
                        table[k * GROUP + i] = number(source)[0]
                    given[k] = base + word(8 * GROUP * k)
            for k in range(results):
                taken[k] = place + word(k * step + 8 * at)
                if few:
                    taken[k] = base + word(8 * GROUP * (arguments + k))
            bad |= points(word(given.ctypes.data), word(taken.ctypes.data), word(whole))
            if few:
                for k in range(results):
                    for i in range(count):
                        number(place + word(k * step + 8 * (at + i)))[0] = table[
                            (arguments + k) * GROUP + i
                        ]
            at += count
        outside[0] = 1.0 if bad else 0.0

    integers = numba.int64
    signature = (word[:], integers[:], word, integers, integers, integers, numba.float64[:])
    shapes = "(a),(a),(),(),(),()->()"
    return numba.guvectorize([signature], shapes, nopython=True)(run)


@cache
def _pointer() -> Any:
    """Make an address a pointer to float64."""

    @intrinsic
    def pointer(typing, address):  # type: ignore[no-untyped-def]
        kind = numba.types.CPointer(numba.types.float64)

        def build(context, builder, signature, args):  # type: ignore[no-untyped-def]
            return builder.inttoptr(args[0], context.get_value_type(kind))

        return kind(numba.types.uint64), build

    return pointer
