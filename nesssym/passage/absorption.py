"""Passage problems: states that are left for good are eliminated, and the ends stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
from sympy import Add, Expr, Integer, Symbol
from sympy.functions.combinatorial.numbers import stirling

from nesssym import parsing
from nesssym.diagrams import one_way, tree_sums
from nesssym.errors import ModelError, UnknownNameError
from nesssym.exact import trees
from nesssym.exact.elimination import Pivot, eliminate
from nesssym.exact.hitting import solve_backward
from nesssym.exact.rational import equal
from nesssym.formulas import Steps
from nesssym.networks import Model

__all__ = ["Passage", "begin", "states_of"]


@dataclass(frozen=True)
class Passage:
    """A passage problem: its states numbered, and those that are no target eliminated.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model.
    shared : Steps
        Collects the steps.
    start : dict of str to Expr
        Initial probabilities.
    targets, given : list of str
        Where the clock stops, and which of these ends count.
    index : dict of str to int
        Numbers of the states that lead to the ends that count, and of the targets.
    rates : dict of (int, int) to Expr
        The rates out of the former. Ways to states that lead nowhere end in the last number.
    pivots : list of Pivot
        From the elimination of all states that are no target.
    """

    model: Model
    shared: Steps
    start: Mapping[str, Expr]
    targets: Sequence[str]
    given: Sequence[str]
    index: Mapping[str, int]
    rates: Mapping[tuple[int, int], Expr]
    pivots: Sequence[Pivot]

    @classmethod
    def of(
        cls, model: Model, source: Any, target: Any, given: Any, variables: Sequence[Symbol] = ()
    ) -> Passage:
        """Read and check a problem; without a source it starts nowhere."""
        targets = states_of(model, target)
        ends = targets if given is None else states_of(model, given)
        for state in ends:
            if state not in targets:
                raise UnknownNameError.of("target", state, targets)
        shared, start = begin(model, source, variables)
        return cls.over(model, shared, start, targets, ends)

    @classmethod
    def over(
        cls,
        model: Model,
        shared: Steps,
        start: Mapping[str, Expr],
        targets: Sequence[str],
        given: Sequence[str],
    ) -> Passage:
        """Eliminate the states of a problem that has been checked."""
        ahead = nx.DiGraph()
        ahead.add_nodes_from(model.states)
        arcs, weights = one_way(model.transitions, {s: i for i, s in enumerate(model.states)})
        ways = [(model.states[i], model.states[j]) for i, j in arcs]
        ahead.add_edges_from((i, j) for i, j in ways if i not in targets)
        leads = set(given).union(*(nx.ancestors(ahead, s) for s in given))
        live = [s for s in model.states if s in leads and s not in targets]
        index = {s: i for i, s in enumerate((*live, *targets))}
        nowhere = len(index)
        sums: dict[tuple[int, int], Expr] = {}
        for (i, j), rate in zip(ways, weights, strict=True):
            if i in live:
                arc = index[i], index.get(j, nowhere)
                sums[arc] = sums.get(arc, Integer(0)) + rate
        rates = {arc: shared.let(rate, "w") for arc, rate in sums.items()}
        kept = range(len(live), nowhere + 1)
        pivots = eliminate(nowhere + 1, rates, shared.let, keep=kept)
        return cls(model, shared, start, targets, given, index, rates, pivots)

    @property
    def live(self) -> list[str]:
        """The states that are no target and lead to an end that counts."""
        return [s for s in self.index if s not in self.targets]

    def solve(self, source: Mapping[str, Expr], ends: bool) -> dict[str, Expr]:
        """Solve the backward equation; values at the ends that count are 1 or 0."""
        boundary: dict[int, Expr] = dict.fromkeys(
            range(len(self.live), len(self.index) + 1), Integer(0)
        )
        for state in self.given if ends else ():
            boundary[self.index[state]] = Integer(1)
        right = {self.index[s]: source.get(s, Integer(0)) for s in self.live}
        found = solve_backward(self.pivots, right, boundary, self.shared.let)
        return {s: found.get(self.index.get(s, -1), Integer(0)) for s in self.model.states}

    def certain(self) -> bool:
        """Tell whether every state that is no target leads only to ends that count."""
        nowhere = len(self.index)
        return len(self.given) == len(self.targets) and all(j != nowhere for _, j in self.rates)

    def hits(self) -> dict[str, Expr]:
        """Return the probability to end where it counts, from every state."""
        if not self.certain():
            return self.solve({}, ends=True)
        return {s: Integer(int(s in self.index)) for s in self.model.states}

    def hit(self) -> Expr:
        """Return the probability to end where it counts, from the start."""
        return self.mean(self.hits())

    def mean(self, by_state: Mapping[str, Expr]) -> Expr:
        """Return the average over the start."""
        return Add(*(p * by_state[s] for s, p in self.start.items()))

    def rising(self, order: int) -> list[dict[str, Expr]]:
        """Return the moments from every state, of passages that count; the zeroth one first.

        For a chain they are rising factorial moments, since a step is taken as a unit of time.
        """
        found = [self.hits()]
        for n in range(1, order + 1):
            found.append(self.solve({s: n * value for s, value in found[-1].items()}, ends=False))
        return found

    def by_state(self, order: int) -> dict[str, Expr]:
        """Return one moment from every state."""
        rising = self.rising(order)
        return {s: self._raw([m[s] for m in rising], order) for s in self.model.states}

    def moments(self, order: int) -> list[Expr]:
        """Return the moments from the start, of passages that count, the first one first."""
        rising = [self.mean(m) for m in self.rising(order)]
        weight = self.shared.let(rising[0], "h")
        if weight == 0:
            raise ModelError(
                f"{', '.join(self.given)} cannot be reached from {', '.join(self.start)}; "
                "nothing is known of passages that never happen"
            )
        return [self._raw(rising, n) / weight for n in range(1, order + 1)]

    def _raw(self, rising: Sequence[Expr], order: int) -> Expr:
        if self.model.time == "time":
            return rising[order]
        signs = ((-1) ** (order - n) * stirling(order, n) for n in range(order + 1))
        return Add(*(sign * m for sign, m in zip(signs, rising, strict=False)))

    def refuse_infinite(self, start: Mapping[str, Expr] | None = None) -> None:
        """Raise ModelError where the targets may never be reached from the start."""
        ways = nx.DiGraph()
        ways.add_nodes_from(self.model.states)
        for t in self.model.transitions:
            pairs = ((t.source, t.target), (t.target, t.source))
            ways.add_edges_from(pair for pair in pairs[: 1 + t.reversible])
        ways.remove_edges_from([pair for pair in ways.edges if pair[0] in self.targets])
        begin = [s for s, p in (self.start if start is None else start).items() if p != 0]
        reached = set(begin).union(*(nx.descendants(ways, s) for s in begin))
        lost = [s for s in self.model.states if s in reached and s not in self.index]
        if lost:
            raise ModelError(
                f"there is no way to {', '.join(self.targets)} from {', '.join(lost)}, so that the "
                "mean first passage time is infinite; add transitions, make these states targets "
                "too, or ask for the passages that arrive, with given=..."
            )

    def trees(self) -> int:
        """Return the number of spanning trees towards the targets, taken as one state."""
        place, arcs, _ = self._merged()
        return trees.count(len(place) + 1, arcs, len(place))

    def by_forests(self) -> Expr:
        """Return the mean time as a sum over forests of two trees over one over trees.

        The targets are one state that leads back to the start: the mean time is then the weight
        of all other states over that of the targets, and the trees of the former are the forests.
        """
        place, arcs, weights = self._merged()
        target = len(place)
        for state, p in self.start.items():
            if state in self.live and p != 0:
                arcs.append((target, place[self.index[state]]))
                weights.append(p)
        sums = tree_sums(target + 1, arcs, weights)
        return Add(*sums[:-1]) / sums[-1]

    def _merged(self) -> tuple[dict[int, int], list[tuple[int, int]], list[Expr]]:
        """Return the numbers of visited states, and their ways; the targets are one state."""
        n = len(self.live)
        ways = nx.DiGraph(self.rates.keys())
        begin = {self.index[s] for s in self.live if self.start.get(s, 0) != 0}
        visited = begin.union(*(nx.descendants(ways, i) for i in begin if i in ways))
        place = {i: k for k, i in enumerate(sorted(i for i in visited if i < n))}
        unnamed = dict(self.shared.steps)
        inside = [(arc, rate) for arc, rate in self.rates.items() if arc[0] in place]
        arcs = [(place[i], place.get(j, len(place))) for (i, j), _ in inside]
        return place, arcs, [unnamed.get(rate, rate) for _, rate in inside]


def begin(
    model: Model, source: Any, variables: Sequence[Symbol] = ()
) -> tuple[Steps, dict[str, Expr]]:
    """Return an empty collection of steps and the probabilities of the start."""
    start: dict[str, Expr] = {}
    if isinstance(source, Mapping):
        known = {s.name: s for s in model.symbols}
        start = {str(s): parsing.expr(p, known) for s, p in source.items()}
        states_of(model, list(start))
        for state, p in start.items():
            if p.is_number and not 0 <= p <= 1:
                raise ModelError(f"the initial probability of {state!r} is {p}; wanted 0 to 1")
        total = Add(*start.values())
        if not equal(total, Integer(1)):
            raise ModelError(f"the initial probabilities sum to {total}, wanted 1")
    elif source is not None:
        [state] = states_of(model, [source])
        start = {state: Integer(1)}
    free: set[Symbol] = set().union(*(p.free_symbols for p in start.values()))
    symbols = (*model.symbols, *sorted(free, key=lambda s: s.name), *variables)
    return Steps(tuple(dict.fromkeys(symbols)), dict(model.notation), model.assume), start


def states_of(model: Model, given: Any) -> list[str]:
    """Return the labels of one state or of a list of states."""
    listed = given if isinstance(given, list | tuple | set | frozenset) else [given]
    labels = list(dict.fromkeys(map(str, listed)))
    for label in labels:
        if label not in model.states:
            raise UnknownNameError.of("state", label, model.states)
    if not labels:
        raise ModelError("no target: name a state, or a list of states")
    return [s for s in model.states if s in labels]
