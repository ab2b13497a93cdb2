"""Programs on float64 as machine code, by Numba: as the blocks of NumPy, several times faster."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from nesssym.backends.blocks import Array, Blocks, Domain, Runner, run_source
from nesssym.programs.emit import Dialect, called, float_literal, python_function, rendered
from nesssym.programs.floating import floating
from nesssym.programs.program import FUNCTIONS, Program

__all__ = ["Jitted"]

GROUP = 64
TABLE = 65_536
JIT: Mapping[str, Any] = {"error_model": "numpy", "forceinline": True}


def _difference(sides: Sequence[Sequence[str]]) -> str:
    """Write a ``difference``; Numba cannot loop over no further factors, so there is one."""
    name = "refined_difference" if len(sides) > 2 else "difference"
    return called([(*side, "1.0")[: max(2, len(side))] for side in sides], name)


FLOATS = Dialect(float_literal, floats=False, difference=_difference)


class Jitted(Blocks):
    """float64 in machine code; points out of range again with wider exponents."""

    def __init__(self, program: Program, labels: tuple[str, ...]) -> None:
        super().__init__(program, labels)
        improved = floating(program)
        text = python_function("kernel", rendered(improved, FLOATS, "kernel"))
        self.function = numba.njit(**JIT)(run_source(text, _functions())["kernel"])
        self._compiled = _compiled(self.function, len(program.arguments), len(labels))

    def read(self, domain: Domain, value: Any) -> Any:
        """Return a float64 scalar or array, checked."""
        plain = isinstance(value, np.ndarray) and value.dtype == np.float64 and value.ndim
        if plain and value.flags.c_contiguous and _within()(value.reshape(-1), domain.limit):
            return value
        return super().read(domain, value)

    def _runner(self, rows: list[Any], out: Array) -> Runner:
        """Return what computes the points from one number to another."""
        rows = [np.ascontiguousarray(row) for row in rows]
        steps = np.array([row.size > 1 for row in rows], np.uint64)
        addresses = np.array([_address(row) for row in rows], np.uint64)
        target, size = np.uint64(_address(out)), np.uint64(out.shape[1])

        def run(low: int, high: int, alive: Sequence[Array] = (*rows, out)) -> None:
            self._compiled(addresses, steps, target, size, np.uint64(low), np.uint64(high))

        return run


def _address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])


def _compiled(point: Callable[..., Any], arguments: int, results: int) -> Any:
    """Return a ufunc that computes points; it is a ufunc since these report lost ranges.

    Points go through by one table that has a row for every argument and result. Since its rows
    have a known length, the compiler sees that they do not overlap, and does several points in
    one instruction. Unsigned indices spare it the question of negative ones.
    """
    rows = arguments + results
    length = next(n for n in (2048, 1024, 512, 256, GROUP) if n * rows <= TABLE or n == GROUP)
    stride = length + 8  # an odd number of cache lines, so that rows do not evict one another
    taken = ", ".join(f"t[{k * stride} + i]" for k in range(arguments))
    given = "".join(f"        t[{(arguments + k) * stride} + i] = r[{k}]\n" for k in range(results))
    text = f"def group(t):\n    for i in range({GROUP}):\n        r = point({taken})\n{given}"
    names = {"point": point, "range": range}
    group = numba.njit(numba.void(numba.float64[::1]), error_model="numpy")(
        run_source(text, names)["group"]
    )
    pointer = _pointer()
    unsigned, carray = numba.uint64, numba.carray

    def run(addresses, steps, target, size, low, high, done):  # type: ignore[no-untyped-def]
        table = np.ones(rows * stride)
        out = carray(pointer(target), (results, size))
        at = low
        while at < high:
            count = min(unsigned(length), high - at)
            whole = (count + unsigned(GROUP - 1)) // unsigned(GROUP) * unsigned(GROUP)
            for k in range(unsigned(arguments)):
                row = carray(pointer(addresses[k]), size)
                if steps[k]:
                    for i in range(count):
                        table[k * unsigned(stride) + i] = row[at + i]
                    for i in range(count, whole):
                        table[k * unsigned(stride) + i] = row[at]
                else:
                    for i in range(whole):
                        table[k * unsigned(stride) + i] = row[unsigned(0)]
            for i in range(unsigned(0), whole, unsigned(GROUP)):
                group(table[i:])
            for k in range(unsigned(results)):
                for i in range(count):
                    out[k, at + i] = table[(unsigned(arguments) + k) * unsigned(stride) + i]
            at += count
        done[0] = 0.0

    signature = (unsigned[:], unsigned[:], *(unsigned,) * 4, numba.float64[:])
    shapes = "(a),(a),(),(),(),()->()"
    return numba.guvectorize([signature], shapes, nopython=True)(run)


@cache
def _within() -> Any:
    """Say whether all numbers lie between a limit and infinity."""

    @numba.njit
    def within(row, limit):  # type: ignore[no-untyped-def]
        good = True
        for value in row:
            good &= (value > limit) & (value < np.inf)
        return good

    return within


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


@cache
def _functions() -> Mapping[str, Any]:
    """Return what generated source calls; differences of products by fused multiply-adds."""

    @intrinsic
    def fma(typing, a, b, c):  # type: ignore[no-untyped-def]
        kind = numba.types.float64

        def build(context, builder, signature, args):  # type: ignore[no-untyped-def]
            double = ir.DoubleType()
            wanted = ir.FunctionType(double, [double] * 3)
            function = builder.module.declare_intrinsic("llvm.fma", [double], wanted)
            return builder.call(function, args)

        return kind(kind, kind, kind), build

    @numba.njit(**JIT)
    def product(factors):  # type: ignore[no-untyped-def]
        high, low = factors[0], 0.0
        for factor in factors[1:]:
            exact = high * factor
            low = fma(high, factor, -exact) + low * factor
            high = exact
        return high, low

    @numba.njit(**JIT)
    def difference(first, second):  # type: ignore[no-untyped-def]
        (a, a_low), (b, b_low) = product(first), product(second)
        rough = a - b
        back = rough - a
        error = (a - (rough - back)) - (b + back)
        return rough + (error + (a_low - b_low))

    @numba.njit(**JIT)
    def add(a, b):  # type: ignore[no-untyped-def]
        rough = a + b
        back = rough - a
        return rough, (a - (rough - back)) + (b - back)

    @numba.njit(**JIT)
    def swept(a, b, c, d, e, f, g, h):  # type: ignore[no-untyped-def]
        b, a = add(b, a)
        c, b = add(c, b)
        d, c = add(d, c)
        e, d = add(e, d)
        f, e = add(f, e)
        g, f = add(g, f)
        h, g = add(h, g)
        return a, b, c, d, e, f, g, h

    @numba.njit(**JIT)
    def refined_difference(first, second, third, fourth):  # type: ignore[no-untyped-def]
        (a, a_low), (b, b_low) = product(first), product(second)
        (c, c_low), (d, d_low) = product(third), product(fourth)
        once = swept(a, a_low, -b, -b_low, c, c_low, -d, -d_low)
        a, b, c, d, e, f, g, h = swept(*once)
        return a + b + c + d + e + f + g + h

    known = {name: getattr(math, name) for name in FUNCTIONS}
    differences = {"difference": difference, "refined_difference": refined_difference}
    return {**known, "pi": math.pi, **differences}
