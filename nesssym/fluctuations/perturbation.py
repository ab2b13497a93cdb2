r"""The tilted generator in powers of its counting fields, over one elimination.

:math:`W(q) = \sum_k q^k W_k / k!`, where `q` and the powers `k` have one entry for each counted
quantity. All that fluctuations need is to apply :math:`W_k`, to sum what it gives, and to solve
:math:`W_0 x = b`; all three are shared steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from math import comb, prod
from operator import add

from sympy import Add, Expr, Integer

from nesssym.exact.elimination import Pivot, eliminate, solve_balance
from nesssym.fluctuations.observables import Counts, Observable, begin, observable
from nesssym.formulas import Steps
from nesssym.networks import Model, Transition
from nesssym.steady import steady_state

__all__ = ["Power", "Tilted", "expansion", "tilted"]

Power = tuple[int, ...]
Vector = list[Expr]


@dataclass(frozen=True)
class Jump:
    """One direction of a transition between live states, and what it counts."""

    source: int
    target: int
    rate: Expr
    counted: tuple[Expr, ...]


@dataclass(frozen=True, eq=False)
class Tilted:
    """The live part of a model with what is counted, ready for perturbation; from `tilted`.

    Parameters
    ----------
    shared : Steps
        Where all results are named.
    states : list of str
        The states that are not left for ever.
    start : list of Expr
        Their steady probabilities.
    jumps : list of Jump
        All one-way jumps between them.
    dwell : list of tuple of Expr
        For every state, what each quantity gains per unit of time.
    first : list of Expr
        The mean of each quantity per unit of time, in a form that keeps its digits.
    pivots : list of Pivot
        The eliminated states.
    """

    shared: Steps
    states: list[str]
    start: Vector
    jumps: list[Jump]
    dwell: list[tuple[Expr, ...]]
    first: Vector
    pivots: list[Pivot]

    @property
    def quantities(self) -> int:
        """How many quantities are counted."""
        return len(self.first)

    def unit(self, a: int) -> Power:
        """Return the first power of the field of quantity `a`."""
        return tuple(int(a == b) for b in range(self.quantities))

    def carried(self, power: Power, vector: Sequence[Expr]) -> list[tuple[int, Expr]]:
        """Return the terms of :math:`W_k v`, each with the state that it goes to."""
        moved = [
            (jump.target, weight * jump.rate * vector[jump.source])
            for jump in self.jumps
            if (weight := prod(d**k for d, k in zip(jump.counted, power, strict=True))) != 0
        ]
        if sum(power) == 1:
            a = power.index(1)
            stayed = ((i, f[a] * vector[i]) for i, f in enumerate(self.dwell) if f[a] != 0)
            moved.extend(stayed)
        return moved

    def total(self, power: Power, vector: Sequence[Expr]) -> Expr:
        """Return the sum of :math:`W_k v` over the states."""
        return Add(*(value for _, value in self.carried(power, vector)))

    def let(self, value: Expr, stem: str) -> Expr:
        """Name a value that may have either sign."""
        return self.shared.let(value, stem, positive=False)

    def gathered(self, terms: Sequence[tuple[int, Expr]]) -> Vector:
        """Add up terms by state."""
        entries: list[list[Expr]] = [[] for _ in self.states]
        for i, value in terms:
            entries[i].append(value)
        return [self.let(Add(*values), "b") for values in entries]

    def relaxed(self, source: Sequence[Expr]) -> Vector:
        """Solve :math:`W_0 x = b` for a `b` that sums to zero, with an `x` that does too."""
        found = solve_balance(len(self.states), self.pivots, source, self.shared.let)
        excess = self.let(Add(*found), "u")
        pairs = zip(found, self.start, strict=True)
        return [self.let(value - excess * p, "v") for value, p in pairs]


def tilted(model: Model, quantities: Sequence[Counts], shared: Steps | None = None) -> Tilted:
    """Prepare a model and the quantities counted in it for perturbation.

    Parameters
    ----------
    model : StateGraph
        The model.
    quantities : sequence of mappings
        What is counted, one mapping a quantity.
    shared : Steps, optional
        Steps to go on with.
    """
    observables = [observable(model, counts) for counts in quantities]
    ss = steady_state(model)
    shared = begin(model, *observables) if shared is None else shared
    p = shared.absorb(ss.state)
    live = [s for s in model.states if s not in ss.transient]
    inside = [t for t in model.transitions if t.source in live]
    index = {s: i for i, s in enumerate(live)}
    jumps = [jump for t in inside for jump in _jumps(t, observables, index, shared)]
    odd = [t.label for t in inside if any(f != b for f, b in (o.of(t) for o in observables))]
    net = shared.absorb(ss.currents.select(odd))
    return Tilted(
        shared,
        live,
        [p[s] for s in live],
        jumps,
        [tuple(o.dwell[s] for o in observables) for s in live],
        [_mean(o, inside, p, net, shared) for o in observables],
        eliminate(len(live), _rates(jumps), shared.let),
    )


def expansion(w: Tilted, highest: Sequence[Power]) -> dict[Power, Expr]:
    r"""Return the derivatives at zero of the largest eigenvalue, by power of the fields.

    Order by order, :math:`W_0 p_n = -\sum_k \binom{n}{k} (W_k - \lambda_k)\, p_{n-k}`, where the
    sum over states of the right-hand side gives :math:`\lambda_n`.

    Parameters
    ----------
    w : Tilted
        From `tilted`.
    highest : sequence of powers
        Those that are wanted; all that they need are found on the way.

    References
    ----------
    C. Flindt, T. Novotny, A. Braggio, A.-P. Jauho, Phys. Rev. B 82, 155407 (2010),
    doi:10.1103/PhysRevB.82.155407.
    """
    zero = (0,) * w.quantities
    needed = sorted(
        {n for top in highest for n in product(*(range(k + 1) for k in top))} - {zero},
        key=lambda n: (sum(n), n[::-1]),
    )
    vectors: dict[Power, Vector] = {zero: w.start}
    found: dict[Power, Expr] = {}
    for n in needed:
        parts = [(k, _below(n, k), _ways(n, k)) for k in needed if all(map(int.__le__, k, n))]
        arrivals = [
            (j, ways * value) for k, rest, ways in parts for j, value in w.carried(k, vectors[rest])
        ]
        mean = w.first[n.index(1)] if sum(n) == 1 else Add(*(value for _, value in arrivals))
        found[n] = w.let(mean, "c")
        if any(n != top and all(map(int.__le__, n, top)) for top in highest):
            back = [
                (j, ways * found[k] * value)
                for k, rest, ways in parts
                for j, value in enumerate(vectors[rest])
            ]
            forth = ((j, -value) for j, value in arrivals)
            vectors[n] = w.relaxed(w.gathered([*forth, *back]))
    return found


def _below(n: Power, k: Power) -> Power:
    return tuple(a - b for a, b in zip(n, k, strict=True))


def _ways(n: Power, k: Power) -> int:
    return prod(comb(a, b) for a, b in zip(n, k, strict=True))


def _jumps(
    t: Transition, observables: Sequence[Observable], index: Mapping[str, int], shared: Steps
) -> list[Jump]:
    i, j = index[t.source], index[t.target]
    ways = [(i, j, t.rate), (j, i, t.reverse)][: 1 + t.reversible]
    return [
        Jump(a, b, shared.let(rate, "w"), tuple(o.of(t)[way] for o in observables))
        for way, (a, b, rate) in enumerate(ways)
    ]


def _rates(jumps: Sequence[Jump]) -> dict[tuple[int, int], Expr]:
    rates: dict[tuple[int, int], Expr] = {}
    for jump in jumps:
        arc = jump.source, jump.target
        rates[arc] = reduce(add, (r for r in (rates.get(arc), jump.rate) if r is not None))
    return rates


def _mean(
    o: Observable,
    inside: Sequence[Transition],
    p: Mapping[str, Expr],
    net: Mapping[str, Expr],
    shared: Steps,
) -> Expr:
    """Return the mean: what is odd counts net currents, what is even counts traffic."""
    terms = [f * p[s] for s, f in o.dwell.items() if f != 0]
    for t in inside:
        forward, backward = o.of(t)
        odd, even = (forward - backward) / 2, (forward + backward) / 2
        if odd != 0:
            terms.append(odd * net[t.label])
        if even != 0:
            traffic = (
                shared.let(t.rate, "w") * p[t.source] + shared.let(t.reverse, "w") * p[t.target]
            )
            terms.append(even * traffic)
    return Add(*terms) if terms else Integer(0)
