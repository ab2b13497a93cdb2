"""Where and when states are reached, by elimination: the backward equation without subtraction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import combinations
from operator import add
from typing import Any

from nesssym.exact.elimination import Arc, Let, Pivot, keep_value

__all__ = ["pair_rates", "solve_backward", "times_spent"]


def solve_backward(
    pivots: Sequence[Pivot],
    source: Mapping[int, Any],
    boundary: Mapping[int, Any],
    let: Let = keep_value,
) -> dict[int, Any]:
    r"""Solve :math:`\sum_j w_{ij} (x_i - x_j) = b_i` for eliminated states, without subtraction.

    The backward equation: with :math:`b = 1` and zero boundary values the solution is the mean
    time to reach the kept states, with :math:`b = 0` the mean of the boundary values over where
    one arrives.

    Parameters
    ----------
    pivots : sequence of Pivot
        From `eliminate`.
    source : mapping of int to number
        The right-hand side, by eliminated state.
    boundary : mapping of int to number
        Values of the states that were kept.
    let : callable, optional
        As in `steady_weights`.

    Returns
    -------
    dict
        State to value, for all states.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from nesssym.exact.elimination import eliminate
    >>> rates = {(0, 1): Fraction(2), (1, 0): Fraction(4), (1, 2): Fraction(3)}
    >>> times = solve_backward(eliminate(3, rates, keep=[2]), {0: 1, 1: 1}, {2: 0})
    >>> [str(times[i]) for i in range(3)]
    ['3/2', '1', '0']
    """
    moved = dict(source)
    for pivot in pivots:
        for i, ratio in pivot.ratios.items():
            if i not in boundary:
                moved[i] = let(moved[i] + ratio * moved[pivot.state], "b")
    found = dict(boundary)
    for pivot in reversed(pivots):
        onward = (rate * found[j] for j, rate in pivot.onward.items())
        found[pivot.state] = let(reduce(add, onward, moved[pivot.state]) / pivot.total, "t")
    return found


def times_spent(pivots: Sequence[Pivot], let: Let = keep_value) -> dict[int, Any]:
    """Return, for every eliminated state, the mean time in it until a kept state is reached.

    The time is that of all visits, beginning there. It takes a few operations for each pair of
    neighbours at the moment of elimination, and no subtraction.

    Parameters
    ----------
    pivots : sequence of Pivot
        From `eliminate`.
    let : callable, optional
        As in `steady_weights`.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from nesssym.exact.elimination import eliminate
    >>> rates = {(0, 1): Fraction(2), (1, 0): Fraction(4), (1, 2): Fraction(3)}
    >>> times = times_spent(eliminate(3, rates, keep=[2]))
    >>> {i: str(time) for i, time in times.items()}
    {1: '1/3', 0: '7/6'}
    """
    order = {pivot.state: position for position, pivot in enumerate(pivots)}
    found: dict[Arc, Any] = {}

    def time(i: int, j: int) -> Any:
        """Return the time in j, beginning in i; the one that goes first is traced to later ones."""
        if (i, j) not in found:
            first = pivots[min(order[i], order[j])]
            if i == first.state:
                terms = [
                    w / first.total * time(k, j) for k, w in first.onward.items() if k in order
                ]
            else:
                terms = [time(i, k) * r for k, r in first.ratios.items() if k in order]
            found[i, j] = let(reduce(add, terms, 0), "t")
        return found[i, j]

    for pivot in reversed(pivots):
        back = (
            r * time(j, i) * w
            for i, r in pivot.ratios.items()
            if i in order
            for j, w in pivot.onward.items()
            if j in order
        )
        whole = reduce(add, back, 1) / pivot.total
        found[pivot.state, pivot.state] = let(whole, "t")
    return {pivot.state: found[pivot.state, pivot.state] for pivot in reversed(pivots)}


def pair_rates(n: int, rates: Mapping[Arc, Any], let: Let = keep_value) -> dict[Arc, Any]:
    r"""Return the effective rate between every two states, all others being eliminated.

    The entry of (i, j), with i < j, is the rate to reach j per unit of time spent in i. All pairs
    take about as many operations as n eliminations, since those of common states are shared.

    Parameters
    ----------
    n, rates, let
        As in `steady_weights`.

    Examples
    --------
    >>> from fractions import Fraction
    >>> rates = {(0, 1): Fraction(2), (1, 2): Fraction(3), (2, 0): Fraction(6)}
    >>> {pair: str(rate) for pair, rate in pair_rates(3, rates).items()}
    {(0, 1): '2', (0, 2): '2', (1, 2): '3'}
    """
    found: dict[Arc, Any] = {}

    def split(alive: Sequence[int], rates: Mapping[Arc, Any]) -> None:
        if len(alive) == 2:
            found.setdefault((alive[0], alive[1]), rates[alive[0], alive[1]])
            return
        for part in range(3):
            gone = alive[part::3]
            rest = [v for v in alive if v not in gone]
            if any(pair not in found for pair in combinations(rest, 2)):
                split(rest, _without(gone, rates, let))

    split(range(n), rates)
    return dict(sorted(found.items()))


def _without(gone: Sequence[int], rates: Mapping[Arc, Any], let: Let) -> dict[Arc, Any]:
    """Eliminate some states of a graph, and return the rates between those that are left."""
    left = dict(rates)
    for k in gone:
        onward = {j: rate for (i, j), rate in left.items() if i == k}
        into = {i: rate for (i, j), rate in left.items() if j == k}
        left = {arc: rate for arc, rate in left.items() if k not in arc}
        total = let(reduce(add, onward.values()), "s")
        for i, rate in into.items():
            for j, further in onward.items():
                if i != j:
                    through = rate * (further / total)
                    new = left[i, j] + through if (i, j) in left else through
                    left[i, j] = let(new, "w")
    return left
