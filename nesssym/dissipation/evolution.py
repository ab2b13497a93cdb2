"""Evolution along the stages of a protocol, in balls: matrix exponentials of tilted generators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from flint import arb, arb_mat
from sympy import Expr

from nesssym import parsing
from nesssym.dissipation.distributions import distribution
from nesssym.errors import ModelError
from nesssym.formulas import Steps
from nesssym.kernels import compile
from nesssym.networks import StateGraph
from nesssym.networks.transitions import lookup
from nesssym.steady import steady_state

__all__ = ["Numbers", "Stage", "exponential_work", "mean_work", "overlap"]


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
        if isinstance(start, Mapping):
            given = distribution(graph, start, shared)
            values |= {f"start {s}": p for s, p in given.items()}
        known = {s.name: s for s in graph.symbols}
        work = {t: parsing.expr(lookup(drive, t, 0), known) for t in graph.transitions}
        for t in graph.transitions:
            values |= {
                f"forward {t.label}": t.rate,
                f"backward {t.label}": t.reverse,
                f"work {t.label}": beta * work[t],
            }
        values["duration"] = duration
        self.graph, self.start = graph, start
        self.kernel = compile(shared.formulas(values), backend="arb")

    def __call__(self, **given: Any) -> Numbers:
        """Return the numbers of the stage for values of the symbols."""
        wanted = {name: given[name] for name in self.kernel.arguments}
        return Numbers(self.graph, self.kernel(**wanted), self.start)


class Numbers:
    """A stage in balls: vectors over the states, and what evolves them."""

    def __init__(
        self, graph: StateGraph, values: Mapping[str, arb], start: str | Mapping[Any, Any] | None
    ) -> None:
        self.time = values["duration"]
        self.steady = [values[f"steady {s}"] for s in graph.states]
        self.energy = [values[f"energy {s}"] for s in graph.states if f"energy {s}" in values]
        index = {s: i for i, s in enumerate(graph.states)}
        self.jumps = []
        for t in graph.transitions:
            i, j, work = index[t.source], index[t.target], values[f"work {t.label}"]
            self.jumps.append((i, j, values[f"forward {t.label}"], work))
            self.jumps.append((j, i, values[f"backward {t.label}"], -work))
        self.start = self.steady
        if isinstance(start, Mapping):
            self.start = [values[f"start {s}"] for s in graph.states]
        elif start == "equilibrium":
            self.start = self.equilibrium

    @property
    def weights(self) -> list[arb]:
        """The Boltzmann weights of its energies."""
        return [(-e).exp() for e in self.energy]

    @property
    def equilibrium(self) -> list[arb]:
        """The equilibrium of its energies, whatever the drive."""
        total = sum(self.weights, arb(0))
        return [w / total for w in self.weights]

    def tilted(self, s: arb) -> list[list[arb]]:
        """Return the generator with every jump weighted by exp(-s * work)."""
        n = len(self.steady)
        matrix = [[arb(0)] * n for _ in range(n)]
        for i, j, rate, work in self.jumps:
            matrix[j][i] += rate * (-s * work).exp()
            matrix[i][i] -= rate
        return matrix

    def evolve(self, p: Sequence[arb], s: arb | None = None) -> list[arb]:
        """Return a vector after the stage, under the generator tilted by `s`."""
        return _applied(self.tilted(arb(0) if s is None else s), self.time, p)

    def evolve_dual(self, p: Sequence[arb]) -> list[arb]:
        """Return a distribution after the stage in its dual process."""
        matrix, pi = self.tilted(arb(0)), self.steady
        n = len(pi)
        turned = [[matrix[j][i] * pi[i] / pi[j] for j in range(n)] for i in range(n)]
        return _applied(turned, self.time, p)

    def driven_work(self, p: Sequence[arb]) -> arb:
        """Return the mean work of the drive while the stage lasts, as one more row to evolve."""
        n = len(p)
        power = [arb(0)] * n
        for i, _, rate, work in self.jumps:
            power[i] += rate * work
        matrix = [[*row, arb(0)] for row in self.tilted(arb(0))]
        return _applied([*matrix, [*power, arb(0)]], self.time, [*p, arb(0)])[n]


def _applied(matrix: Sequence[Sequence[arb]], time: arb, p: Sequence[arb]) -> list[arb]:
    if time == 0:
        return list(p)
    evolution = arb_mat([[x * time for x in row] for row in matrix]).exp()
    moved = evolution * arb_mat([[x] for x in p])
    return [moved[i, 0] for i in range(len(p))]


def exponential_work(stages: Sequence[Numbers], s: arb) -> arb:
    """Return <exp(-s * beta * W)> along the stages."""
    p = stages[0].evolve(stages[0].start, s)
    for before, now in pairwise(stages):
        lifts = [a - b for a, b in zip(now.energy, before.energy, strict=True)]
        p = now.evolve([x * (-s * lift).exp() for x, lift in zip(p, lifts, strict=True)], s)
    return sum(p, arb(0))


def mean_work(stages: Sequence[Numbers]) -> arb:
    """Return the mean of beta * W along the stages."""
    p, total = stages[0].start, stages[0].driven_work(stages[0].start)
    p = stages[0].evolve(p)
    for before, now in pairwise(stages):
        lifts = (a - b for a, b in zip(now.energy, before.energy, strict=True))
        total += sum((x * lift for x, lift in zip(p, lifts, strict=True)), arb(0))
        total += now.driven_work(p)
        p = now.evolve(p)
    return total


def overlap(q: Sequence[arb], p: Sequence[arb], reference: Sequence[arb]) -> arb:
    """Return the sum of q * p / reference over the states."""
    return sum((a * b / c for a, b, c in zip(q, p, reference, strict=True)), arb(0))
