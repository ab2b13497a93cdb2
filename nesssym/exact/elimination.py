"""Subtraction-free state elimination: steady weights and net fluxes to the last digit.

All works on any numbers with ``+ * /`` (fractions, floats, SymPy expressions). Weights and fluxes
are found without a subtraction, so that nothing cancels: in floating point every result is right
to a few units in the last place, however stiff the rates.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

__all__ = [
    "Channel",
    "Pivot",
    "absorption",
    "eliminate",
    "forest_sum",
    "net_fluxes",
    "solve_balance",
    "steady_weights",
]

Arc = tuple[int, int]
Let = Callable[..., Any]


def keep_value(value: Any, stem: str, **_: Any) -> Any:
    return value


def steady_weights(n: int, rates: Mapping[Arc, Any], let: Let = keep_value) -> list[Any]:
    r"""Return unnormalised steady weights of an irreducible Markov graph.

    States are eliminated one by one, each time the one with the fewest neighbours, so that
    sparse graphs stay sparse: :math:`w_{ij} \leftarrow w_{ij} + w_{ik} w_{kj} / \sum_l w_{kl}`.
    Then the weights follow backwards, :math:`x_k = \sum_i x_i w_{ik} / \sum_l w_{kl}`.

    Parameters
    ----------
    n : int
        Number of states, ``0 ... n-1``.
    rates : mapping of (int, int) to number
        ``rates[i, j]`` is the positive rate from `i` to `j`; the graph they make must be
        strongly connected.
    let : callable, optional
        ``let(value, stem)`` may name an intermediate result and return the name, as
        `nesssym.formulas.Steps.let` does.

    Returns
    -------
    list
        One positive weight a state; the last state eliminated has weight 1.

    References
    ----------
    W. K. Grassmann, M. I. Taksar, D. P. Heyman, Operations Research 33, 1107 (1985),
    doi:10.1287/opre.33.5.1107.

    Examples
    --------
    >>> from fractions import Fraction
    >>> rates = {(0, 1): Fraction(2), (1, 2): Fraction(3), (2, 0): Fraction(6)}
    >>> steady_weights(3, rates)
    [Fraction(3, 1), Fraction(2, 1), 1]
    """
    weights: list[Any] = [1] * n
    for pivot in reversed(eliminate(n, rates, let)):
        inflow = (weights[i] * r for i, r in pivot.ratios.items())
        weights[pivot.state] = let(reduce(add, inflow), "x")
    return weights


@dataclass(frozen=True)
class Pivot:
    """One eliminated state, with its rates at that moment.

    Parameters
    ----------
    state : int
        The state.
    total : number
        The sum of the rates out of it.
    ratios : dict
        For each later state i, the rate from i over `total`.
    onward : dict
        For each later state j, the rate to j.
    """

    state: int
    total: Any
    ratios: dict[int, Any]
    onward: dict[int, Any]


def eliminate(
    n: int, rates: Mapping[Arc, Any], let: Let = keep_value, keep: Collection[int] = ()
) -> list[Pivot]:
    """Eliminate all states but one, or all but some, the one with the fewest neighbours first.

    Parameters are those of `steady_weights`; the pivots come in order of elimination. With `keep`
    the states named there stay, which may have no way out, and all others go.

    Examples
    --------
    >>> from fractions import Fraction
    >>> rates = {(0, 1): Fraction(2), (1, 2): Fraction(3), (2, 0): Fraction(6)}
    >>> [pivot.state for pivot in eliminate(3, rates)]
    [0, 1]
    """
    out: list[dict[int, Any]] = [{} for _ in range(n)]
    into: list[dict[int, Any]] = [{} for _ in range(n)]
    for (i, j), rate in rates.items():
        out[i][j] = into[j][i] = rate
    alive = [v for v in range(n) if v not in keep]
    pivots = []
    while len(alive) > (0 if keep else 1):
        k = min(alive, key=lambda v: len(out[v]) * len(into[v]))
        alive.remove(k)
        total = let(reduce(add, out[k].values()), "s")
        ratios = {i: let(rate / total, "r") for i, rate in into[k].items()}
        for i, ratio in ratios.items():
            del out[i][k]
            for j, rate in out[k].items():
                if i != j:
                    through = ratio * rate
                    new = out[i][j] + through if j in out[i] else through
                    out[i][j] = into[j][i] = let(new, "w")
        for j in out[k]:
            del into[j][k]
        pivots.append(Pivot(k, total, ratios, out[k]))
    return pivots


def forest_sum(pivots: Sequence[Pivot], let: Let = keep_value) -> Any:
    """Return the sum over all forests that lead the eliminated states to those that were kept.

    By the matrix-tree theorem it is a determinant, and the product of the pivots. With one state
    kept it is the sum over the spanning trees directed towards it.

    Examples
    --------
    >>> from fractions import Fraction
    >>> rates = {(1, 0): Fraction(2), (1, 2): Fraction(3), (2, 1): Fraction(5)}
    >>> forest_sum(eliminate(3, rates, keep=[0]))
    Fraction(10, 1)
    """
    return reduce(lambda product, pivot: let(product * pivot.total, "f"), pivots, 1)


def absorption(
    n: int, pivots: Sequence[Pivot], value: Mapping[int, Any], let: Let = keep_value
) -> list[Any]:
    """Return, for each start, the mean of a value of the kept state that is reached first.

    With value 1 in one kept state and 0 in the others: the probability of ending there.

    Parameters
    ----------
    n : int
        Number of states.
    pivots : sequence of Pivot
        From `eliminate`, with the absorbing states kept.
    value : mapping of int to number
        Kept state to value; others count as zero.
    let : callable, optional
        As in `steady_weights`.

    Examples
    --------
    >>> from fractions import Fraction
    >>> rates = {(1, 0): Fraction(2), (1, 2): Fraction(3), (2, 1): Fraction(5), (2, 3): Fraction(1)}
    >>> [str(h) for h in absorption(4, eliminate(4, rates, keep=[0, 3]), {3: 1})]
    ['0', '1/5', '1/3', '1']
    """
    found = [value.get(v, 0) for v in range(n)]
    for pivot in reversed(pivots):
        ways = [rate / pivot.total * found[j] for j, rate in pivot.onward.items() if found[j] != 0]
        found[pivot.state] = let(reduce(add, ways), "h") if ways else 0
    return found


def solve_balance(
    n: int, pivots: Sequence[Pivot], source: Sequence[Any], let: Let = keep_value
) -> list[Any]:
    r"""Solve :math:`W x = b` for a generator whose states have been eliminated.

    The right-hand side must sum to zero; then the solution is unique up to multiples of the
    steady state, and the one that vanishes in the state eliminated last is returned.

    Parameters
    ----------
    n : int
        Number of states.
    pivots : sequence of Pivot
        From `eliminate`.
    source : sequence of n numbers
        The right-hand side; its entry for the last state is not used.
    let : callable, optional
        As in `steady_weights`.

    Examples
    --------
    >>> from fractions import Fraction
    >>> rates = {(0, 1): Fraction(2), (1, 0): Fraction(4)}
    >>> [str(x) for x in solve_balance(2, eliminate(2, rates), [Fraction(1), Fraction(-1)])]
    ['-1/2', '0']
    """
    moved = list(source)
    for pivot in pivots:
        share = let(moved[pivot.state] / pivot.total, "b", positive=False)
        moved[pivot.state] = share
        for j, rate in pivot.onward.items():
            moved[j] = let(moved[j] + share * rate, "b", positive=False)
    found: list[Any] = [0] * n
    for pivot in reversed(pivots):
        inflow = (found[i] * r for i, r in pivot.ratios.items())
        found[pivot.state] = let(reduce(add, inflow) - moved[pivot.state], "u", positive=False)
    return found


@dataclass(frozen=True)
class Channel:
    """A transition as a pair of one-way conductances whose difference is known by itself.

    Parameters
    ----------
    source, target : int
        The states it joins.
    forward, backward : number
        One-way conductances; `backward` may be zero.
    difference : number
        ``forward - backward``, computed without cancellation; exactly 0 in detailed balance.
    """

    source: int
    target: int
    forward: Any
    backward: Any
    difference: Any


class _Network:
    """One-way conductances `a` between states, with their differences `d` kept apart."""

    def __init__(self, let: Let) -> None:
        self.a: dict[int, dict[int, Any]] = {}
        self.d: dict[int, dict[int, Any]] = {}
        self.let = let

    def copy(self) -> _Network:
        twin = _Network(self.let)
        twin.a = {i: dict(row) for i, row in self.a.items()}
        twin.d = {i: dict(row) for i, row in self.d.items()}
        return twin

    def pair(self, i: int, j: int) -> tuple[Any, Any, Any]:
        """Return the conductances i to j and j to i, and their difference."""
        return (
            self.a.get(i, {}).get(j, 0),
            self.a.get(j, {}).get(i, 0),
            self.d.get(i, {}).get(j, 0),
        )

    def join(self, i: int, j: int, forward: Any, backward: Any, difference: Any) -> None:
        """Add a conductance between i and j, in parallel with what is there."""
        f, b, d = self.pair(i, j)
        self.a.setdefault(i, {})[j] = self.let(f + forward, "a")
        self.a.setdefault(j, {})[i] = self.let(b + backward, "a")
        self.d.setdefault(i, {})[j] = d = self.let(d + difference, "d", positive=False)
        self.d.setdefault(j, {})[i] = -d

    def eliminate(self, k: int) -> None:
        """Remove state k; what flowed through it flows between its neighbours."""
        a, d = self.a, self.d
        near = list(a[k])
        total = self.let(reduce(add, (a[k][j] for j in near)), "s")
        share = {j: self.let(a[k][j] / total, "r") for j in near}
        for position, i in enumerate(near):
            for j in near[position + 1 :]:
                difference = share[i] * d[k][j] + d[i][k] * share[j]
                forward = a[i][k] * share[j]
                backward = a[j][k] * share[i] if difference else forward
                self.join(i, j, forward, backward, difference)
        for i in near:
            del a[i][k], d[i][k]
        del a[k], d[k]


def net_fluxes(channels: Sequence[Channel], let: Let = keep_value) -> list[tuple[Any, Any, Any]]:
    r"""Return the net flux through every channel as a quotient without cancellation.

    Everything but one channel between `i` and `j` is eliminated; what is left of the network is
    one effective conductance :math:`W`, and the flux through the channel with conductances
    :math:`c` is proportional to :math:`c_{ij} W_{ji} - c_{ji} W_{ij}`. The difference of the two
    products is carried along from the differences of the channels, which are zero in detailed
    balance, so a current is as accurate as the affinities that drive it. The work is shared by
    halving the set of channels recursively.

    Parameters
    ----------
    channels : sequence of Channel
        They must join the states to a strongly connected graph.
    let : callable, optional
        As in `steady_weights`; called with ``positive=False`` for signed values.

    Returns
    -------
    list of (numerator, source conductance, target conductance)
        For each channel, the net flux is ``x_source * numerator / source_conductance``, and also
        ``x_target * numerator / target_conductance``, where ``x`` are the steady weights in the
        gauge of the conductances.

    Examples
    --------
    Three states in a ring, where the last channel is driven:

    >>> from fractions import Fraction as F
    >>> ring = [Channel(0, 1, F(1), F(1), 0), Channel(1, 2, F(1), F(1), 0),
    ...         Channel(2, 0, F(3), F(1), F(2))]
    >>> [(str(top), str(bottom)) for top, bottom, _ in net_fluxes(ring)]
    [('1/2', '7/4'), ('1', '5/2'), ('1', '3/2')]
    """
    results: list[Any] = [None] * len(channels)

    def solve(network: _Network, members: Sequence[int]) -> None:
        ends = {frozenset((channels[e].source, channels[e].target)) for e in members}
        if len(ends) == 1:
            for e in members:
                others = [channels[m] for m in members if m != e]
                results[e] = _last_pair(network, channels[e], others)
            return
        middle = len(members) // 2
        for half, rest in (
            (members[:middle], members[middle:]),
            (members[middle:], members[:middle]),
        ):
            reduced = network.copy()
            for e in rest:
                _join(reduced, channels[e])
            keep = {v for e in half for v in (channels[e].source, channels[e].target)}
            alive = [v for v in reduced.a if v not in keep]
            while alive:
                k = min(alive, key=lambda v: len(reduced.a[v]))
                alive.remove(k)
                reduced.eliminate(k)
            solve(reduced, half)

    solve(_Network(let), _spatial_order(channels))
    return results


def _join(network: _Network, channel: Channel) -> None:
    network.join(
        channel.source, channel.target, channel.forward, channel.backward, channel.difference
    )


def _last_pair(
    network: _Network, channel: Channel, others: Iterable[Channel]
) -> tuple[Any, Any, Any]:
    rest = network.copy()
    for other in others:
        _join(rest, other)
    forward, backward, difference = rest.pair(channel.source, channel.target)
    top = channel.difference * backward - channel.backward * difference
    return top, channel.backward + backward, channel.forward + forward


def _spatial_order(channels: Sequence[Channel]) -> list[int]:
    """Order channels breadth-first, so that halves of the list are pieces of the graph."""
    near: dict[int, list[int]] = {}
    for channel in channels:
        near.setdefault(channel.source, []).append(channel.target)
        near.setdefault(channel.target, []).append(channel.source)
    rank: dict[int, int] = {}
    for start in near:
        queue = [start] if start not in rank else []
        for v in queue:
            if v not in rank:
                rank[v] = len(rank)
                queue.extend(u for u in near[v] if u not in rank)
    return sorted(
        range(len(channels)),
        key=lambda e: sorted((rank[channels[e].source], rank[channels[e].target])),
    )
