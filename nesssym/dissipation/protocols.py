"""Driving in time: Hatano-Sasa, Jarzynski and Crooks along protocols, in steps or moving."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import mpmath
from flint import arb
from sympy import Expr, Rational

from nesssym import parsing
from nesssym.dissipation.evolution import (
    Stage,
    exponential_work,
    free_energy_change,
    mean_work,
    overlap,
    weighted,
)
from nesssym.dissipation.identities import (
    FluctuationTest,
    Identity,
    crooks_identity,
    fluctuation_identities,
)
from nesssym.dissipation.stages import (
    Drive,
    check_graphs,
    each_drive,
    parsed_drive,
    read_energies,
    turned_graphs,
    turned_values,
)
from nesssym.errors import ModelError, UnknownNameError
from nesssym.networks import StateGraph, Transition
from nesssym.precise import precise_values

__all__ = ["Protocol"]


@dataclass(frozen=True, eq=False)
class Protocol:
    r"""A protocol: graphs, one after another, each for some time.

    The system starts in the first graph, whose duration may be zero; at each step the rates jump.
    Where energies are given too, a jump does the work of lifting the state it finds, and every
    transition the non-conservative work of its drive; :math:`W` is work done on the system.
    Rates and energies may move: they then hold the symbol `time`, which runs from zero to the
    duration of a stage. Other symbols get their values with the question.

    Parameters
    ----------
    graphs : sequence of StateGraph
        With the same states, in the same order.
    durations : sequence
        The time spent in each: numbers, or expressions of symbols.
    energies : sequence of mapping, optional
        State to energy, one mapping a graph.
    drive : mapping, or sequence of mappings, optional
        Work done on the system along a transition, by its label or channel; one for all graphs,
        or one each.
    beta : expression, optional
        The inverse temperature of the one reservoir.
    time : str, optional
        The name of the time in a stage, such as ``"t"``; by default nothing moves within one.

    Raises
    ------
    ModelError
        No steps, a negative duration, different states, or energies that do not fit; when asked,
        a rate that becomes negative.
    TooLargeError
        When asked: rates that act or change thousands of times within a moving stage.

    Examples
    --------
    >>> import nesssym as ns
    >>> a = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    >>> b = ns.StateGraph.from_text("A <-> B ; 1, 1 \n B <-> C ; 1, 2 \n C <-> A ; 4, 1")
    >>> protocol = ns.Protocol([a, b, a], [0, "1/2", 0])
    >>> protocol.hatano_sasa().average
    mpf('1.0')

    A rate that grows in time, smoothly; the less is lost the longer it takes:

    >>> g = ns.StateGraph.from_text("A <-> B ; 1 + 3*t/T, 1 \n x: A <-> B ; 1, 2")
    >>> ramp = ns.Protocol([g], ["T"], time="t")
    >>> for length in (1, 10):
    ...     test = ramp.hatano_sasa(values={"T": length})
    ...     print(test.average, round(float(test.mean), 6))
    1.0 0.028796
    1.0 0.003609
    """

    graphs: tuple[StateGraph, ...]
    durations: tuple[Expr, ...]
    energies: tuple[Mapping[str, Expr], ...]
    drives: tuple[Mapping[str, Expr], ...]
    beta: Expr
    time: str | None

    def __init__(
        self,
        graphs: Sequence[StateGraph],
        durations: Sequence[Any],
        *,
        energies: Sequence[Mapping[Any, Any]] = (),
        drive: Drive = None,
        beta: Any = 1,
        time: str | None = None,
    ) -> None:
        if not graphs:
            raise ModelError("a protocol has no steps; give at least one graph and its duration")
        if len(durations) != len(graphs):
            raise ModelError(f"{len(durations)} durations for {len(graphs)} graphs; give one each")
        if energies and len(energies) != len(graphs):
            raise ModelError(f"{len(energies)} sets of energies for {len(graphs)} graphs")
        check_graphs(graphs)
        times = tuple(parsing.expr(d) for d in durations)
        for length in times:
            if length.is_negative:
                raise ModelError(f"a duration is {length}, wanted a time >= 0")
        known = {s.name: s for graph in graphs for s in graph.symbols}
        set_ = object.__setattr__
        set_(self, "graphs", tuple(graphs))
        set_(self, "durations", times)
        set_(self, "energies", tuple(read_energies(graphs[0], e, known) for e in energies))
        set_(self, "drives", tuple(parsed_drive(d, known) for d in each_drive(drive, len(graphs))))
        set_(self, "beta", parsing.expr(beta, known))
        set_(self, "time", None if time is None else parsing.symbol(time).name)
        if any(symbol.name == self.time for expr in times for symbol in expr.free_symbols):
            raise ModelError(f"a duration depends on {time}, the time within a stage")

    @classmethod
    def between(
        cls,
        graph: StateGraph,
        stages: Sequence[tuple[Mapping[Any, Any], Any]],
        *,
        drive: Drive = None,
        beta: Any = 1,
        split: Any = 0,
        time: str | None = None,
    ) -> Protocol:
        r"""Make a protocol that changes the energies of a graph.

        Parameters
        ----------
        graph : StateGraph
            Its rates are the prefactors of `StateGraph.with_energies`.
        stages : sequence of (mapping, duration)
            State to energy, and how long.
        drive, beta, split
            As in `StateGraph.with_energies`; `drive` may be a sequence, one a stage.
        time : str, optional
            The name of the time in a stage, on which energies may depend.

        Examples
        --------
        >>> import nesssym as ns
        >>> g = ns.StateGraph.from_text("A <-> B ; 1, 1 \n B <-> C ; 1, 1 \n C <-> A ; 1, 1")
        >>> up = ns.Protocol.between(
        ...     g, [({"A": 0, "B": 0, "C": 0}, 0), ({"A": 0, "B": 1, "C": 2}, "1/2")]
        ... )
        >>> test = up.jarzynski()
        >>> bool(abs(test.average - test.theorem) < 1e-25)
        True
        """
        return cls(
            [
                graph.with_energies(e, drive=d, beta=beta, split=split)
                for (e, _), d in zip(stages, each_drive(drive, len(stages)), strict=True)
            ],
            [duration for _, duration in stages],
            energies=[e for e, _ in stages],
            drive=drive,
            beta=beta,
            time=time,
        )

    @classmethod
    def ramp(
        cls, graph: StateGraph, parameter: str, values: Sequence[Any], duration: Any
    ) -> Protocol:
        r"""Make a staircase in one symbol of a graph: equal times at each of its values.

        Many small steps are a ramp; the Hatano-Sasa relation holds for any number.

        Parameters
        ----------
        graph : StateGraph
            With the symbol.
        parameter : str
            Its name.
        values : sequence
            The values it takes, the first at the start.
        duration : expression
            The time for all of them together; none is spent at the first.

        Examples
        --------
        >>> import nesssym as ns
        >>> g = ns.StateGraph.from_text("A <-> B ; k, 1 \n x: A <-> B ; 1, 2")
        >>> ns.Protocol.ramp(g, "k", [1, 2, 3], 1).durations
        (0, 1/2, 1/2)
        """
        if len(values) < 2:
            raise ModelError(f"a ramp needs at least two values of {parameter}, got {len(values)}")
        time = parsing.expr(duration) / (len(values) - 1)
        graphs = [graph.subs({parameter: value}) for value in values]
        return cls(graphs, [0, *[time] * (len(values) - 1)])

    def __repr__(self) -> str:
        return f"<Protocol: {len(self.graphs)} steps, {self.graphs[0]!r}>"

    def reversed(self) -> Protocol:
        """Return the protocol run backwards; a drive keeps its direction."""
        levels, drives = (
            turned_values(given, self.time, self.durations)
            for given in (self.energies, self.drives)
        )
        return Protocol(
            turned_graphs(self.graphs, self.time, self.durations),
            self.durations[::-1],
            energies=levels,
            drive=drives,
            beta=self.beta,
            time=self.time,
        )

    def identities(self) -> tuple[Identity, ...]:
        """Prove the fluctuation theorems of every graph of the protocol as operator identities.

        `fluctuation_identities` of each different graph, and `crooks_identity` where there are
        energies.
        """
        found: list[Identity] = []
        seen: set[tuple[Transition, ...]] = set()
        for k, graph in enumerate(self.graphs):
            if graph.transitions not in seen:
                seen.add(graph.transitions)
                found += fluctuation_identities(graph)
                if self.energies:
                    found.append(
                        crooks_identity(
                            graph, self.energies[k], beta=self.beta, drive=self.drives[k]
                        )
                    )
        return tuple(found)

    def hatano_sasa(
        self,
        start: Mapping[Any, Any] | None = None,
        *,
        values: Mapping[Any, Any] | None = None,
        digits: int = 30,
    ) -> FluctuationTest:
        r"""Return :math:`\langle e^{-Y}\rangle` and :math:`\langle Y\rangle`, to any digits.

        :math:`Y = \sum_k \ln \pi_{k-1}(i)/\pi_k(i)` is the excess, summed over the jumps of the
        protocol with the state that each finds. From the steady state of the first graph the
        exponential average is one and the mean is not negative, however far from equilibrium.

        Parameters
        ----------
        start : mapping, optional
            The distribution at the start; by default the steady state of the first graph.
        values : mapping, optional
            Values of the symbols.
        digits : int, optional
            Significant digits.

        Returns
        -------
        FluctuationTest
            Its ``theorem`` is 1. From another start the theorem fails by ``factor``,
            :math:`\sum_i \tilde q_i p_i / \pi_i`, with :math:`\tilde q` the end of the reversed
            protocol in the dual processes, which starts in its steady state.

        Raises
        ------
        ModelError
            A steady probability that is zero, or a bad distribution.

        References
        ----------
        T. Hatano, S.-i. Sasa, Phys. Rev. Lett. 86, 3463 (2001), doi:10.1103/PhysRevLett.86.3463.
        """
        forward, backward = self._stages(start), self.reversed()._stages(None)

        def balls(**given: Any) -> dict[str, arb]:
            at = [stage(**given) for stage in forward]
            p, tilted = at[0].start, at[0].evolve_excess(at[0].start)
            mean, p = at[0].excess(p), at[0].evolve(p)
            for before, now in pairwise(at):
                pairs = zip(now.first.steady, before.last.steady, strict=True)
                ratios = [a / b for a, b in pairs]
                mean -= sum((x * r.log() for x, r in zip(p, ratios, strict=True)), arb(0))
                tilted = now.evolve_excess([x * r for x, r in zip(tilted, ratios, strict=True)])
                mean, p = mean + now.excess(p), now.evolve(p)
            reverse = [stage(**given) for stage in backward]
            back = reverse[0].start
            for stage in reverse:
                back = stage.evolve_dual(back)
            factor = overlap(back, at[0].start, at[0].first.steady)
            average = sum(tilted, arb(0))
            return {"average": average, "theorem": arb(1), "mean": mean, "factor": factor}

        return self._test(balls, values, digits)

    def jarzynski(
        self,
        start: str | Mapping[Any, Any] = "equilibrium",
        *,
        values: Mapping[Any, Any] | None = None,
        digits: int = 30,
    ) -> FluctuationTest:
        r"""Return :math:`\langle e^{-\beta W}\rangle` beside :math:`e^{-\beta\Delta F}`.

        The work counts the lifting of energies and the drive. From the equilibrium of the first
        energies the two agree, even while the drive acts. From any other distribution `p`,

        .. math:: \langle e^{-\beta W}\rangle
                  = e^{-\beta\Delta F} \sum_i q_i\,p_i / p^{\mathrm{eq}}_i,

        where `q` is where the reversed protocol ends when it starts in the equilibrium of the last
        energies: the exact value by which the theorem fails.

        Parameters
        ----------
        start : {"equilibrium", "steady"} or mapping, optional
            The distribution at the start: of the first energies, of the first graph with its
            drive, or any.
        values, digits
            As in `hatano_sasa`.

        References
        ----------
        C. Jarzynski, Phys. Rev. Lett. 78, 2690 (1997), doi:10.1103/PhysRevLett.78.2690.
        """
        self._need_energies()
        forward, backward = self._stages(start), self.reversed()._stages("equilibrium")

        def balls(**given: Any) -> dict[str, arb]:
            ahead = [stage(**given) for stage in forward]
            back = [stage(**given) for stage in backward]
            end = back[0].start
            for stage in back:
                end = stage.evolve(end)
            return {
                "average": exponential_work(ahead, arb(1)),
                "theorem": free_energy_change(ahead),
                "mean": mean_work(ahead),
                "factor": overlap(end, ahead[0].start, ahead[0].first.equilibrium),
            }

        return self._test(balls, values, digits)

    def crooks(
        self,
        s: Any,
        start: str = "equilibrium",
        *,
        values: Mapping[Any, Any] | None = None,
        digits: int = 30,
    ) -> FluctuationTest:
        r"""Return :math:`G_F(s)` beside :math:`e^{-\beta\Delta F} G_R(1-s)`: Crooks' symmetry.

        With :math:`G(s) = \langle e^{-s\beta W}\rangle`, forwards and for the reversed protocol.
        Between equilibria both are the same for every s. Between steady states :math:`p` under a
        drive they are not: ``defect`` is by how much, and

        .. math:: G_F(s) = e^{-\beta\Delta F} \sum_i q_i(1-s)\,p_i / p^{\mathrm{eq}}_i,

        where :math:`q(1-s)` is where the reversed protocol ends, weighted by
        :math:`e^{-(1-s)\beta W}`, when it starts in the equilibrium of the last energies. The
        ``factor`` is this sum over :math:`G_R(1-s)`.

        Parameters
        ----------
        s : number
            Where to compare.
        start : {"equilibrium", "steady"}, optional
            How both protocols start.
        values, digits
            As in `hatano_sasa`.

        References
        ----------
        G. E. Crooks, Phys. Rev. E 60, 2721 (1999), doi:10.1103/PhysRevE.60.2721.
        """
        self._need_energies()
        forward, backward = self._stages(start), self.reversed()._stages(start)
        place = Rational(parsing.number(s))

        def balls(**given: Any) -> dict[str, arb]:
            ahead = [stage(**given) for stage in forward]
            back = [stage(**given) for stage in backward]
            field = arb(int(place.p)) / int(place.q)
            other = exponential_work(back, 1 - field)
            end = weighted(back, back[0].first.equilibrium, 1 - field)
            return {
                "average": exponential_work(ahead, field),
                "theorem": free_energy_change(ahead) * other,
                "mean": mean_work(ahead),
                "factor": overlap(end, ahead[0].start, ahead[0].first.equilibrium) / other,
            }

        return self._test(balls, values, digits)

    def _need_energies(self) -> None:
        if not self.energies:
            raise ModelError(
                "work needs energies; make the protocol with Protocol.between, or give energies="
            )

    def _stages(self, start: str | Mapping[Any, Any] | None) -> list[Stage]:
        """Compile what is needed of every graph."""
        if isinstance(start, str) and start not in ("equilibrium", "steady"):
            raise ModelError(f"a start is 'equilibrium', 'steady' or a distribution, got {start!r}")
        levels = self.energies or ({},) * len(self.graphs)
        starts = (start, *[None] * (len(self.graphs) - 1))
        return [
            Stage(graph, duration, level, drive, self.beta, begin, self.time)
            for graph, duration, level, drive, begin in zip(
                self.graphs, self.durations, levels, self.drives, starts, strict=True
            )
        ]

    def _test(
        self, balls: Callable[..., dict[str, arb]], values: Mapping[Any, Any] | None, digits: int
    ) -> FluctuationTest:
        symbols = list(dict.fromkeys(s for g in self.graphs for s in g.symbols))
        for expr in (*self.durations, *(e for level in self.energies for e in level.values())):
            symbols += [s for s in sorted(expr.free_symbols, key=str) if s not in symbols]
        symbols = [s for s in symbols if s.name != self.time]
        given = parsing.substitution(values or {}, symbols)
        missing = [s.name for s in symbols if s not in given]
        if missing:
            raise UnknownNameError(f"no value for {', '.join(missing)}; give values={{...}}")
        found = precise_values(balls, {s.name: v for s, v in given.items()}, 2 * digits)
        with mpmath.workdps(2 * digits):
            defect = found["average"] - found["theorem"]
        with mpmath.workdps(digits):
            return FluctuationTest(**{k: +v for k, v in found.items()}, defect=+defect)
