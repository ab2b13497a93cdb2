"""Programs on float64 by JAX: traceable, so that they can be jitted, mapped and differentiated."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from itertools import cycle, islice
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from nesssym.backends.blocks import Array, Blocks, Runner, UndefinedError
from nesssym.backends.compensated import total
from nesssym.programs.emit import UFUNCS
from nesssym.programs.floating import floating
from nesssym.programs.program import Program

__all__ = ["Traced"]

UNCHECKED = ("argument", "constant", "neg")
HALF, ROUND = np.int64(-1 << 27), np.int64(1 << 26)


class Traced(Blocks):
    """float64 by XLA; points where a value left its range again with wider exponents."""

    def __init__(self, program: Program, labels: tuple[str, ...]) -> None:
        super().__init__(program, labels)
        improved = floating(program)
        self.function = partial(_evaluated, improved)
        self._checked = jax.jit(partial(_checked, improved))

    def _runner(self, rows: list[Any], out: Array) -> Runner:
        """Return what computes the points from one number to another."""

        def run(low: int, high: int) -> None:
            cut = [row if row.ndim == 0 else row[low:high] for row in rows]
            length = 1 << (high - low - 1).bit_length()  # few lengths, since XLA compiles for each
            padded = [np.resize(row, length) if row.ndim else row for row in cut]
            with jax.enable_x64(True):
                results, inside = self._checked(*padded)
            for row, result in zip(out, results, strict=True):
                row[low:high] = np.broadcast_to(result, length)[: high - low]
            (lost,) = np.nonzero(~np.broadcast_to(inside, length)[: high - low])
            if lost.size:
                self._again([row[lost] if row.ndim else row for row in cut], out, low + lost)

        return run

    def _again(self, rows: list[Any], out: Array, points: Array) -> None:
        """Compute points as the blocks of NumPy do, with wider exponents where they need it."""
        found = np.empty((len(out), len(points)))
        run = super()._runner(rows, found)
        try:
            self._piece(run, rows, found, 0, len(points))
        except UndefinedError as error:
            error.point = int(points[error.point])
            raise
        out[:, points] = found


def _evaluated(program: Program, *arguments: Any) -> tuple[Any, ...]:
    """Run a program on anything that JAX traces; one tuple of results."""
    return _values(program, arguments)[0]


def _checked(program: Program, *arguments: Any) -> tuple[tuple[Any, ...], Any]:
    """Run a program; also say whether every value stayed in the normal range of float64."""
    results, values = _values(program, arguments)
    smallest, largest = jnp.float64(1), jnp.float64(1)
    for value in map(jnp.abs, values):
        smallest, largest = jnp.minimum(smallest, value), jnp.maximum(largest, value)
    limits = np.finfo(np.float64)
    return results, (smallest >= limits.tiny) & (largest <= limits.max)


def _values(program: Program, arguments: Sequence[Any]) -> tuple[tuple[Any, ...], list[Any]]:
    values: list[Any] = []
    computed: list[Any] = []
    given = iter(arguments)
    for instruction in program.instructions:
        op, value = instruction.op, instruction.value
        operands = [values[a] for a in instruction.args]
        if op == "argument":
            values.append(next(given))
        elif op == "constant":
            values.append(np.pi if value == "pi" else float(value))  # type: ignore[arg-type]
        elif op == "difference":
            values.append(_difference(value, *operands))
        else:
            values.append(OPERATIONS[op](*operands))
        if op not in UNCHECKED:
            computed.append(values[-1])
    return tuple(values[p] for p in program.outputs), computed


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _difference(counts: tuple[int, ...], *factors: Any) -> Any:
    """Add and subtract in turn products of so many factors (`nesssym.backends.compensated`)."""
    rest = iter(jnp.asarray(f, float) for f in factors)
    terms = []
    for position, number in enumerate(counts):
        sign = -1.0 if position % 2 else 1.0
        terms += [sign * part for part in _product(list(islice(rest, number)))]
    return total(terms)


@_difference.defjvp  # type: ignore[untyped-decorator]
def _difference_jvp(counts: tuple[int, ...], factors: Any, tangents: Any) -> tuple[Any, Any]:
    slope: Any = 0.0
    first = 0
    for number, sign in zip(counts, cycle((1, -1)), strict=False):
        side = range(first, first + number)
        for position in side:
            others = reduce(operator.mul, (factors[k] for k in side if k != position), 1.0)
            slope = slope + sign * others * tangents[position]
        first += number
    return _difference(counts, *factors), slope


def _product(factors: Sequence[Any]) -> tuple[Any, Any]:
    """Multiply in double-double (T. J. Dekker, doi:10.1007/BF01397083)."""
    high, low = factors[0], jnp.zeros_like(factors[0])
    for factor in factors[1:]:
        product = high * factor
        (a, b), (c, d) = _split(high), _split(factor)
        low = low * factor + (((a * c - product) + a * d + b * c) + b * d)
        high = product
    return high, low


def _split(value: Any) -> tuple[Any, Any]:
    """Split off the upper half of the bits; Dekker's way does not survive fused operations."""
    if value.dtype != np.float64:
        return value, jnp.zeros_like(value)
    bits = jax.lax.bitcast_convert_type(value, jnp.int64)
    high = jax.lax.bitcast_convert_type((bits + ROUND) & HALF, jnp.float64)
    return high, value - high


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    **{op: getattr(jnp, name) for op, name in UFUNCS.items()},
}
