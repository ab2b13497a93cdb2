"""Complex numbers as pairs of real expressions, and the resolvent of a generator with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Pair", "resolvent"]

Arc = tuple[int, int]


@dataclass(frozen=True)
class Pair:
    """A complex number with real and imaginary parts of any kind.

    Examples
    --------
    >>> Pair(1, 2) * Pair(3, -1) + 1
    Pair(real=6, imag=5)
    """

    real: Any
    imag: Any = 0

    def __add__(self, other: Any) -> Pair:
        other = _pair(other)
        return Pair(self.real + other.real, self.imag + other.imag)

    def __sub__(self, other: Any) -> Pair:
        other = _pair(other)
        return Pair(self.real - other.real, self.imag - other.imag)

    def __mul__(self, other: Any) -> Pair:
        other = _pair(other)
        return Pair(
            self.real * other.real - self.imag * other.imag,
            self.real * other.imag + self.imag * other.real,
        )

    __radd__, __rmul__ = __add__, __mul__


def _pair(value: Any) -> Pair:
    return value if isinstance(value, Pair) else Pair(value)


def resolvent(
    n: int,
    rates: Mapping[Arc, Any],
    frequency: Any,
    sources: Sequence[Sequence[Any]],
    let: Callable[..., Any] = lambda value, stem, **_: value,
) -> list[list[Pair]]:
    r"""Solve :math:`(i\omega - W)\,x = b` for some real vectors b that sum to zero.

    States are eliminated one by one, as in `nesssym.exact.elimination`, with a way out of every
    state at the rate :math:`i\omega`. The real part of every pivot is positive, so that none
    vanishes; and since x sums to zero, the last equation is not needed and :math:`\omega = 0` is a
    value like any other.

    Parameters
    ----------
    n : int
        Number of states.
    rates : mapping of (int, int) to number
        The positive rate from the first to the second; the graph must be strongly connected.
    frequency : number
        The real angular frequency.
    sources : sequence of vectors of length n
        The right-hand sides.
    let : callable, optional
        Names a real intermediate result, as `nesssym.formulas.Steps.let`.

    Examples
    --------
    >>> from fractions import Fraction as F
    >>> [x, y], = resolvent(2, {(0, 1): F(2), (1, 0): F(3)}, F(1), [[F(1), F(-1)]])
    >>> str(x.real), str(x.imag)
    ('5/26', '-1/26')
    """

    def named(value: Pair, stem: str) -> Pair:
        real = let(value.real, stem, positive=False)
        return Pair(real, let(value.imag, stem, positive=False))

    out: list[dict[int, Pair]] = [{} for _ in range(n)]
    for (i, j), rate in rates.items():
        out[i][j] = Pair(rate)
    leak = [Pair(0, frequency)] * n
    right = [[Pair(value) for value in source] for source in sources]
    order: list[tuple[int, Pair, dict[int, Pair]]] = []
    alive = list(range(n))
    while len(alive) > 1:
        k = min(alive, key=lambda v: len(out[v]) * sum(v in out[u] for u in alive))
        alive.remove(k)
        total = named(sum(out[k].values(), leak[k]), "s")
        size = let(total.real * total.real + total.imag * total.imag, "n")
        inverse = named(Pair(total.real / size, -total.imag / size), "g")
        into = {i: out[i].pop(k) for i in alive if k in out[i]}
        for i, rate in into.items():
            share = named(rate * inverse, "r")
            for j, onward in out[k].items():
                if j != i:
                    through = share * onward
                    out[i][j] = named(out[i][j] + through if j in out[i] else through, "w")
            leak[i] = named(leak[i] + share * leak[k], "l")
        for vector in right:
            ahead = named(vector[k] * inverse, "b")
            for j, onward in out[k].items():
                vector[j] = named(vector[j] + ahead * onward, "b")
        order.append((k, inverse, into))
    return [_back(n, alive[0], order, vector, named, let) for vector in right]


def _back(
    n: int,
    last: int,
    order: Sequence[tuple[int, Pair, dict[int, Pair]]],
    vector: Sequence[Pair],
    named: Callable[[Pair, str], Pair],
    let: Callable[..., Any],
) -> list[Pair]:
    """Find all entries as a multiple of the last one plus the rest, then the last from the sum."""
    slope, rest = [Pair(0)] * n, [Pair(0)] * n
    slope[last] = Pair(1)
    for k, inverse, into in reversed(order):
        slope[k] = named(sum((slope[i] * r for i, r in into.items()), Pair(0)) * inverse, "h")
        known = sum((rest[i] * r for i, r in into.items()), vector[k])
        rest[k] = named(known * inverse, "u")
    total, known = sum(slope, Pair(0)), sum(rest, Pair(0))
    size = let(total.real * total.real + total.imag * total.imag, "n")
    turned = known * Pair(-total.real, total.imag)
    value = named(Pair(turned.real / size, turned.imag / size), "x")
    return [named(a * value + b, "x") for a, b in zip(slope, rest, strict=True)]
