"""Evolution along the stages of a protocol, in balls: of tilted generators, at rest or moving."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flint import acb, arb, arb_mat, arb_series
from sympy import Expr

from nesssym import parsing
from nesssym.backends.blocks import difference_of_products, run_source
from nesssym.backends.rounded import BALLS
from nesssym.dissipation.distributions import distribution
from nesssym.errors import ModelError
from nesssym.formulas import Steps
from nesssym.kernels import compile
from nesssym.networks import StateGraph
from nesssym.networks.transitions import lookup
from nesssym.programs.emit import python_source
from nesssym.special import is_analytic
from nesssym.steady import steady_state
from nesssym.taylor import LINE, transported

__all__ = [
    "Instant",
    "Numbers",
    "Stage",
    "exponential_work",
    "free_energy_change",
    "mean_work",
    "overlap",
    "weighted",
]

SERIES = {**LINE, "difference": difference_of_products, "rational": BALLS["rational"]}


@dataclass(frozen=True)
class Instant:
    """A stage at one instant: in real balls, on a complex ball, or as power series of time.

    Attributes
    ----------
    steady, energy : list
        Steady probabilities, and energies in units of the temperature, where there are any.
    jumps : list of (int, int, rate, work)
        Every transition in both of its directions.
    """

    steady: list[Any]
    energy: list[Any]
    jumps: list[tuple[int, int, Any, Any]]

    @property
    def weights(self) -> list[Any]:
        """The Boltzmann weights of its energies."""
        return [(-e).exp() for e in self.energy]

    @property
    def equilibrium(self) -> list[Any]:
        """The equilibrium of its energies, whatever the drive."""
        total = sum(self.weights, arb(0))
        return [w / total for w in self.weights]

    def tilted(self, s: Any = 0) -> list[list[Any]]:
        """Return the generator with every jump weighted by exp(-s * work)."""
        n = len(self.steady)
        matrix = [[arb(0)] * n for _ in range(n)]
        for i, j, rate, work in self.jumps:
            matrix[j][i] = matrix[j][i] + (rate if s == 0 else rate * (-s * work).exp())
            matrix[i][i] = matrix[i][i] - rate
        return matrix

    def gauged(self, s: Any, scale: Sequence[Any]) -> list[list[Any]]:
        """Return the tilted generator between vectors that are divided by a scale."""
        return [
            [x * b / a for x, b in zip(row, scale, strict=True)]
            for row, a in zip(self.tilted(s), scale, strict=True)
        ]

    def dual(self) -> list[list[Any]]:
        """Return the generator of the dual process."""
        return [list(column) for column in zip(*self.gauged(0, self.steady), strict=True)]

    def recorded(self, worth: Sequence[Any], power: bool = False) -> list[list[Any]]:
        """Return the generator with one more row: what is lost by changes of state.

        To what a state is worth comes, if wanted, the work of the drive.
        """
        matrix = self.tilted()
        pairs = [list(zip(worth, column, strict=True)) for column in zip(*matrix, strict=True)]
        row = [-sum((a * x for a, x in column), arb(0)) for column in pairs]
        for i, _, rate, work in self.jumps if power else ():
            row[i] = row[i] + rate * work
        return [[*entries, arb(0)] for entries in [*matrix, row]]


class Stage:
    """One graph of a protocol, compiled; calling it gives its numbers at the current precision."""

    def __init__(
        self,
        graph: StateGraph,
        duration: Expr,
        energies: Mapping[str, Expr],
        drive: Mapping[str, Any],
        beta: Expr,
        start: str | Mapping[Any, Any] | None = None,
        time: str | None = None,
    ) -> None:
        ss = steady_state(graph)
        if ss.transient:
            raise ModelError(
                f"the steady probability of {', '.join(ss.transient)} is zero in a step of "
                "the protocol, and its logarithm infinite; leave transient states out"
            )
        shared = Steps.over(graph)
        values = {f"steady {s}": p for s, p in shared.absorb(ss.state).items()}
        values |= {f"energy {s}": beta * e for s, e in energies.items()}
        known = {s.name: s for s in graph.symbols}
        work = {t: parsing.expr(lookup(drive, t, 0), known) for t in graph.transitions}
        for t in graph.transitions:
            values |= {
                f"forward {t.label}": t.rate,
                f"backward {t.label}": t.reverse,
                f"work {t.label}": beta * work[t],
            }
        fixed = sorted((x for x in shared.formulas(values).symbols if x.name != time), key=str)
        begun = Steps.over(graph)
        begun.assume = tuple(
            a for a in graph.assume if time not in {x.name for x in a.free_symbols}
        )
        first = {f"value {x.name}": x for x in fixed} | {"duration": duration}
        if isinstance(start, Mapping):
            given = distribution(graph, start, begun)
            first |= {f"start {s}": p for s, p in given.items()}
        self.graph, self.start, self.time = graph, start, time
        self.kernel = compile(shared.formulas(values), backend="arb")
        self.begin = compile(begun.formulas(first), backend="arb")

    def __call__(self, **given: Any) -> Numbers:
        """Return the numbers of the stage for values of the symbols."""
        begun = self.begin(**{name: given[name] for name in self.begin.arguments})
        return Numbers(self, begun)


class Numbers:
    """A stage in balls: its beginning, its end, and what evolves vectors in between."""

    def __init__(self, stage: Stage, begun: Mapping[str, arb]) -> None:
        self._stage, self._begun = stage, begun
        self.time = begun["duration"]
        source = python_source(stage.kernel.program)
        self._line, self._plane = (run_source(source, table) for table in (SERIES, BALLS))
        for scope in (self._line, self._plane):
            scope["pi"] = arb.pi()
        self.first = self.at(arb(0))
        self.moves = stage.time in stage.kernel.arguments and not bool(self.time == 0)
        self.last = self.at(self.time) if self.moves else self.first
        self.start = self.first.steady
        if isinstance(stage.start, Mapping):
            self.start = [begun[f"start {s}"] for s in stage.graph.states]
        elif stage.start == "equilibrium":
            self.start = self.first.equilibrium

    def at(self, time: Any) -> Instant:
        """Return the stage at a time: a real or complex ball, or a power series."""
        kernel, graph = self._stage.kernel, self._stage.graph
        scope = self._plane if isinstance(time, acb) else self._line
        given = {f"value {self._stage.time}": time, **self._begun}
        found = scope["kernel"](*(given[f"value {name}"] for name in kernel.arguments))
        balls = (arb(x) if isinstance(x, int) else x for x in found)
        values = dict(zip(kernel.labels, balls, strict=True))
        index = {s: i for i, s in enumerate(graph.states)}
        jumps = []
        for t in graph.transitions:
            i, j, work = index[t.source], index[t.target], values[f"work {t.label}"]
            rates = values[f"forward {t.label}"], values[f"backward {t.label}"]
            jumps += [(i, j, rates[0], work), (j, i, rates[1], -work)]
            if not isinstance(time, acb) and any(_here(rate) < 0 for rate in rates):
                raise ModelError(
                    f"a rate of {t.label} becomes negative at the time {_here(time).str(5)}; all "
                    "rates of a protocol stay positive while it lasts"
                )
        return Instant(
            [values[f"steady {s}"] for s in graph.states],
            [values[f"energy {s}"] for s in graph.states if f"energy {s}" in values],
            jumps,
        )

    def evolve(self, p: Sequence[arb], s: Any = 0) -> list[arb]:
        """Return a vector after the stage, under exp(-s * work) along all trajectories."""
        if s == 0 or not self.first.energy:
            return self._carried(lambda now: now.tilted(s), p)
        return self._gauged(s, lambda now: [(-s * e).exp() for e in now.energy], p)

    def evolve_excess(self, p: Sequence[arb]) -> list[arb]:
        """Return a vector after the stage, under the exponential of minus the excess."""
        return self._gauged(0, lambda now: now.steady, p)

    def evolve_dual(self, p: Sequence[arb]) -> list[arb]:
        """Return a distribution after the stage in its dual process."""
        return self._carried(Instant.dual, p)

    def work(self, p: Sequence[arb]) -> arb:
        """Return the mean work while the stage lasts: of the drive, and of lifting energies."""
        none = [arb(0)] * len(p)
        rises = self.moves and self.first.energy
        return self._recorded(p, lambda now: now.energy if rises else none, power=True)

    def excess(self, p: Sequence[arb]) -> arb:
        """Return the mean excess while the stage lasts: zero where nothing moves."""
        if not self.moves:
            return arb(0)
        return self._recorded(p, lambda now: [-_log(x) for x in now.steady])

    def _gauged(self, s: Any, scale: Callable[[Instant], list[Any]], p: Sequence[arb]) -> list[arb]:
        if not self.moves:
            return self._carried(lambda now: now.tilted(s), p)
        before, after = scale(self.first), scale(self.last)
        small = [x / a for x, a in zip(p, before, strict=True)]
        found = self._carried(lambda now: now.gauged(s, scale(now)), small)
        return [x * b for x, b in zip(found, after, strict=True)]

    def _recorded(
        self, p: Sequence[arb], worth: Callable[[Instant], list[Any]], power: bool = False
    ) -> arb:
        """Return by how much what a state is worth rises by itself, in the mean."""
        *end, moved = self._carried(lambda now: now.recorded(worth(now), power), [*p, arb(0)])
        return _dot(end, worth(self.last)) - _dot(p, worth(self.first)) + moved

    def _carried(self, matrix: Callable[[Instant], list[list[Any]]], p: Sequence[arb]) -> list[arb]:
        """Return a vector after the stage, carried by a matrix that may move."""
        if self.time == 0:
            return list(p)
        if self.moves:
            return transported(lambda time: matrix(self.at(time)), self.time, p)
        evolution = arb_mat([[x * self.time for x in row] for row in matrix(self.first)]).exp()
        moved = evolution * arb_mat([[x] for x in p])
        return [moved[i, 0] for i in range(len(p))]


def _here(value: Any) -> Any:
    return value[0] if isinstance(value, arb_series) else value


def _log(x: Any) -> Any:
    return x.log(analytic=is_analytic()) if isinstance(x, acb) else x.log()


def _dot(p: Sequence[arb], q: Sequence[arb]) -> arb:
    return sum((a * b for a, b in zip(p, q, strict=True)), arb(0))


def exponential_work(stages: Sequence[Numbers], s: arb) -> arb:
    """Return <exp(-s * beta * W)> along the stages."""
    return sum(weighted(stages, stages[0].start, s), arb(0))


def weighted(stages: Sequence[Numbers], start: Sequence[arb], s: arb) -> list[arb]:
    """Return where trajectories end, each with the weight exp(-s * beta * W)."""
    p = stages[0].evolve(start, s)
    for before, now in pairwise(stages):
        lifts = [a - b for a, b in zip(now.first.energy, before.last.energy, strict=True)]
        p = now.evolve([x * (-s * lift).exp() for x, lift in zip(p, lifts, strict=True)], s)
    return p


def mean_work(stages: Sequence[Numbers]) -> arb:
    """Return the mean of beta * W along the stages."""
    p, total = stages[0].start, stages[0].work(stages[0].start)
    p = stages[0].evolve(p)
    for before, now in pairwise(stages):
        lifts = [a - b for a, b in zip(now.first.energy, before.last.energy, strict=True)]
        total += _dot(p, lifts) + now.work(p)
        p = now.evolve(p)
    return total


def overlap(q: Sequence[arb], p: Sequence[arb], reference: Sequence[arb]) -> arb:
    """Return the sum of q * p / reference over the states."""
    return sum((a * b / c for a, b, c in zip(q, p, reference, strict=True)), arb(0))


def free_energy_change(stages: Sequence[Numbers]) -> arb:
    """Return exp(-beta * dF) from the first to the last energies."""
    return sum(stages[-1].last.weights, arb(0)) / sum(stages[0].first.weights, arb(0))
