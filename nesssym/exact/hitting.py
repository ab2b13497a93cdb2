"""Where and when states are reached, by elimination: the backward equation without subtraction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import combinations
from operator import add
from typing import Any

from nesssym.exact.elimination import Arc, Let, Pivot, keep_value

__all__ = ["pair_rates", "solve_backward"]


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
            moved[i] = let(moved[i] + ratio * moved[pivot.state], "b")
    found = dict(boundary)
    for pivot in reversed(pivots):
        onward = (rate * found[j] for j, rate in pivot.onward.items())
        found[pivot.state] = let(reduce(add, onward, moved[pivot.state]) / pivot.total, "t")
    return found


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
