r"""Linear equations :math:`\dot x = A(t)\,x` with analytic coefficients, solved in balls.

Taylor series of high order, step by step. What is left out of each is bounded by Cauchy's
estimate on a disc eight times as wide as the step, so that every digit of a ball is certain. For
generators the diagonal is lifted to zero first: then nearly all terms are positive, and balls do
not grow from step to step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import flint
from flint import acb, arb, arb_mat, arb_series

from nesssym.errors import TooLargeError
from nesssym.evolved import size
from nesssym.special import analytic

__all__ = ["LINE", "enclosed_evolution", "transported"]

Matrix = Callable[[Any], Sequence[Sequence[Any]]]
WIDER = 8
MOST_GROWTH = 32.0
MOST_HALVINGS = 6


def _ball(x: Any) -> Any:
    return arb(x) if isinstance(x, int) else x


def _method(name: str) -> Callable[[Any], Any]:
    return lambda x: getattr(_ball(x), name)()


def _half(x: Any, sign: int) -> Any:
    return (_ball(x).exp() + sign * (-_ball(x)).exp()) / 2


# What a program needs to run on real balls and on their power series alike.
LINE: dict[str, Callable[..., Any]] = {
    **{name: _method(name) for name in ("exp", "log", "sqrt", "sin", "cos")},
    "expm1": lambda x: _ball(x).exp() - 1,
    "log1p": lambda x: _ball(1 + x).log(),
    "sinh": lambda x: _half(x, -1),
    "cosh": lambda x: _half(x, 1),
    "tanh": lambda x: _half(x, -1) / _half(x, 1),
    "asinh": lambda x: (x + _ball(x * x + 1).sqrt()).log(),
    "power": lambda x, y: (_ball(x).log() * y).exp(),
}


def transported(matrix: Matrix, time: arb, start: Sequence[arb]) -> list[arb]:
    r"""Return the solution of :math:`\dot x = A(t)\,x` at a time, from a start at zero.

    Parameters
    ----------
    matrix : callable
        The entries of A at a time, which is a complex ball or a power series of real balls.
    time : arb
        How long.
    start : sequence of arb
        The vector at zero.

    Raises
    ------
    TooLargeError
        Some thousand times one over the time is the size of the entries, or they have a
        singularity next to the times asked for.

    Examples
    --------
    A rate that grows in time, :math:`\dot x = t\,x`:

    >>> from flint import arb
    >>> [x] = transported(lambda t: [[t]], arb(2), [arb(1)])
    >>> bool(x.overlaps(arb(2).exp())), x.rel_accuracy_bits() > 30
    (True, True)
    """
    done, halvings, vector = 0, 0, list(start)
    while done < 1 << (halvings + 3):
        size = _size(matrix, time, done, halvings)
        while not size * 0.5**halvings <= MOST_GROWTH:
            if halvings == MOST_HALVINGS:
                raise TooLargeError(
                    "the rates change or act too fast for the length of the protocol, or are not "
                    "analytic in time; take shorter stages, or a staircase (Protocol.ramp)"
                )
            halvings, done = halvings + 1, 2 * done
            size = _size(matrix, time, done, halvings)
        vector = _step(matrix, time, done, 1 << (halvings + 3), vector, size * 0.5**halvings)
        done += 1
    return vector


def enclosed_evolution(function: Callable[[Any], Sequence[Any]], low: Any, high: Any) -> arb:
    """Return the ball of an `Evolved`: a vector that is evolved by a matrix, weighed by another.

    Parameters
    ----------
    function : callable
        Left vector, rows of the matrix and right vector in one, at a time: a real or complex ball,
        or a power series.
    low, high : arb
        From when to when.
    """
    low, high = arb(low), arb(high)
    first = list(map(arb, function(low)))
    n = size(len(first))
    left, right = first[:n], first[-n:]

    def matrix(time: Any) -> list[list[Any]]:
        entries = function(low + time)[n:-n]
        return [list(entries[i * n : (i + 1) * n]) for i in range(n)]

    whole = list(map(arb, function(low.union(high))))[n:-n]
    if all(_constant(a, b) for a, b in zip(whole, first[n:-n], strict=True)):
        evolution = (arb_mat(n, n, first[n:-n]) * (high - low)).exp() * arb_mat(n, 1, right)
        vector = [evolution[i, 0] for i in range(n)]
    else:
        vector = transported(matrix, high - low, right)
    return sum((a * b for a, b in zip(left, vector, strict=True)), arb(0))


def _constant(whole: arb, one: arb) -> bool:
    """Whether an entry is no wider over all times than at one."""
    width = 64 * arb(one.rad()) + (1 + abs(one)) * arb(2) ** (8 - flint.ctx.prec)
    return bool(whole.overlaps(one)) and bool(arb(whole.rad()) <= width)


def _size(matrix: Matrix, time: arb, done: int, halvings: int) -> float:
    """Return a bound of the norm on the disc around a place, for all the time as the unit."""
    radius = time * arb(2) ** -halvings
    place = time * done / (1 << (halvings + 3))
    disc = acb(arb(place.mid(), place.rad() + radius.upper()), arb(0, radius.upper()))
    with analytic():
        try:
            entries = matrix(disc)
        except ZeroDivisionError:
            return float("inf")
    columns = zip(*entries, strict=True)
    sums = (sum((acb(x).abs_upper() for x in column), arb(0)) for column in columns)
    largest = max(float((time * total).upper()) for total in sums)
    return largest if largest == largest else float("inf")


def _step(
    matrix: Matrix, time: arb, done: int, steps: int, start: Sequence[arb], growth: float
) -> list[arb]:
    n, order = len(start), _order(growth)
    width = time / steps
    with _terms(order):
        entries = matrix(arb_series([width * done, width]))
        series = [[arb_series(x) * width for x in row] for row in entries]
        coefficients = [
            arb_mat([[x[k] for x in row] for row in series])
            for k in range(max(len(x) for row in series for x in row))
        ]
    lift = max(0.0, *(-float(coefficients[0][i, i].mid()) for i in range(n)))
    for i in range(n):
        coefficients[0][i, i] += lift
    terms = [arb_mat([[x] for x in start])]
    for k in range(order - 1):
        last = terms[k::-1][: len(coefficients)]
        total = arb_mat(n, 1)
        for a, x in zip(coefficients, last, strict=False):
            total += a * x
        terms.append(total / (k + 1))
    found = sum(terms[1:], terms[0])
    norm = sum((abs(x).upper() for x in start), arb(0))
    left = arb(growth + WIDER * lift).exp() * norm * arb(WIDER) ** -order * WIDER / (WIDER - 1)
    sink = arb(-lift).exp()
    return [(found[i, 0] + arb(0, left.upper())) * sink for i in range(n)]


def _order(growth: float) -> int:
    """Return how many terms leave less out than is rounded."""
    return flint.ctx.prec // 3 + int(growth) + 8


@contextmanager
def _terms(number: int) -> Iterator[None]:
    before, flint.ctx.cap = flint.ctx.cap, number
    try:
        yield
    finally:
        flint.ctx.cap = before
