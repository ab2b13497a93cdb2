"""Driving along a path: averages of work, excess and housekeeping, as closed expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Add, Expr, Integer, Mul, Symbol, exp, log

from nesssym import parsing
from nesssym.dissipation.distributions import distribution
from nesssym.errors import ModelError
from nesssym.evolved import Evolved
from nesssym.formulas import Formulas, Steps
from nesssym.networks import StateGraph, Transition
from nesssym.networks.transitions import lookup
from nesssym.steady import refuse_one_way, steady_state

__all__ = ["Driving"]

Weight = Callable[[Transition, int], Expr]


@dataclass(frozen=True, eq=False)
class Driving:
    r"""A graph whose energies follow a control parameter, along a path in time.

    Every average here is one expression: a generator, tilted by what is counted, is integrated
    along the path. So it has symbols, kernels, any number of digits and LaTeX, where `Protocol`
    gives the numbers of stages that may differ in anything. It may jump at the start and the end.

    Parameters
    ----------
    graph : StateGraph
        Its rates are the prefactors of `StateGraph.with_energies`.
    energies : mapping
        State to energy, which depends on the parameter.
    parameter : str
        The name of the control parameter.
    path : expression
        The parameter as a function of the time ``t``, from 0 to `duration`; analytic, constant
        for a quench.
    duration : expression
        How long.
    before, after : expression, optional
        The parameter at the start and at the end, where the path begins or ends with a jump.
    drive, beta, split
        As in `StateGraph.with_energies`; a drive is work done on the system.

    Raises
    ------
    IrreversibleError
        A transition goes one way only.
    ModelError
        A state is transient, so that the logarithm of its steady probability is infinite.

    References
    ----------
    C. Jarzynski, Phys. Rev. Lett. 78, 2690 (1997), doi:10.1103/PhysRevLett.78.2690.
    T. Hatano, S.-i. Sasa, Phys. Rev. Lett. 86, 3463 (2001), doi:10.1103/PhysRevLett.86.3463.

    Examples
    --------
    >>> import nesssym as ns
    >>> pair = ns.StateGraph.from_text("A <-> B ; 1, 1")
    >>> lift = ns.Driving(pair, {"A": 0, "B": "x"}, "x", "t/T", "T")
    >>> test = ns.compile(lift.jarzynski())(T=3.0)
    >>> round(test["average"], 12) == round(test["theorem"], 12)
    True
    """

    graph: StateGraph
    energies: Mapping[Any, Any]
    parameter: str
    path: Any
    duration: Any
    before: Any = None
    after: Any = None
    drive: Mapping[str, Any] | None = None
    beta: Any = 1
    split: Any = 0

    def __post_init__(self) -> None:
        names = {s.name: s for s in self.graph.symbols}
        given = self.time, parsing.symbol(self.parameter, positive=False)
        names |= {s.name: s for s in given}
        path = parsing.expr(self.path, names)
        energies = {str(s): parsing.expr(e, names) for s, e in self.energies.items()}
        length = parsing.expr(self.duration, names)
        ends = [
            path.xreplace({self.time: at}) if end is None else parsing.expr(end, names)
            for end, at in ((self.before, Integer(0)), (self.after, length))
        ]
        values = {"path": path, "energies": energies, "duration": length}
        values |= {"before": ends[0], "after": ends[1], "drive": dict(self.drive or {})}
        for key, value in values.items():
            object.__setattr__(self, key, value)
        refuse_one_way(t.label for t in self.graph.transitions if not t.reversible)
        if self._steady_state.transient:
            raise ModelError(
                f"the steady probability of {', '.join(self._steady_state.transient)} is zero and "
                "its logarithm infinite; leave transient states out"
            )

    def __repr__(self) -> str:
        return f"<Driving: {self.parameter} = {self.path} for {self.duration}, {self.graph!r}>"

    @property
    def time(self) -> Symbol:
        """The time along the path."""
        return parsing.symbol("t", positive=False)

    @property
    def control(self) -> Symbol:
        """The control parameter."""
        return parsing.symbol(self.parameter, positive=False)

    @cached_property
    def driven(self) -> StateGraph:
        """The graph with its rates, at any value of the parameter."""
        return self.graph.with_energies(
            self.energies, drive=self.drive, beta=self.beta, split=self.split
        )

    @cached_property
    def _steady_state(self) -> Any:
        return steady_state(self.driven)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols of rates, energies, path and duration."""
        exprs = (*self.energies.values(), self.path, self.duration, self.before, self.after)
        found = dict.fromkeys(self.driven.symbols)
        for expr in exprs:
            found.update(dict.fromkeys(sorted(expr.free_symbols, key=str)))
        return tuple(s for s in found if s not in (self.time, self.control))

    notation: Any = ()
    assume: Any = ()

    def reversed(self) -> Driving:
        """Return the path run backwards; the drive stays what it is."""
        path = self.path.xreplace({self.time: self.duration - self.time})
        return Driving(
            self.graph, self.energies, self.parameter, path, self.duration, self.after,
            self.before, self.drive, self.beta, self.split,
        )  # fmt: skip

    def work(self, s: Any = 1, start: Any = "equilibrium") -> Formulas:
        r"""Return :math:`G(s) = \langle e^{-s\beta W}\rangle`, label ``"G"``.

        Parameters
        ----------
        s : expression, optional
            The field.
        start : {"equilibrium", "steady"} or mapping, optional
            The distribution at the start: the equilibrium of the first energies, the steady state
            under the drive, or any.
        """
        shared = Steps.over(self)
        field = parsing.expr(s, {symbol.name: symbol for symbol in self.symbols})
        G = self._work(shared, field, self._start(shared, start))
        return shared.formulas({"G": G}, heads=["G(s)"])

    def jarzynski(self, start: Any = "equilibrium") -> Formulas:
        r"""Return :math:`\langle e^{-\beta W}\rangle` and :math:`e^{-\beta\Delta F}`.

        Labels ``"average"`` and ``"theorem"``, with the ``"mean"`` of the work over temperature.
        They agree from equilibrium, even while the drive acts.
        """
        shared = Steps.over(self)
        p = self._start(shared, start)
        return shared.formulas(
            {
                "average": self._work(shared, Integer(1), p),
                "theorem": self._weights(self.after) / self._weights(self.before),
                "mean": self._mean_work(p),
            },
            heads=(r"\langle e^{-\beta W}\rangle", r"e^{-\beta\Delta F}",
                   r"\beta\langle W\rangle"),
        )  # fmt: skip

    def crooks(self, s: Any, start: str = "equilibrium") -> Formulas:
        r"""Return :math:`G_F(s)`, :math:`e^{-\beta\Delta F} G_R(1-s)` and their ratio.

        Labels ``"forward"``, ``"backward"``, ``"ratio"``: one between equilibria, and between
        steady states just where these are those of Boltzmann.

        References
        ----------
        G. E. Crooks, Phys. Rev. E 60, 2721 (1999), doi:10.1103/PhysRevE.60.2721.
        """
        shared, back = Steps.over(self), self.reversed()
        field = parsing.expr(s, {symbol.name: symbol for symbol in self.symbols})
        ahead = shared.let(self._work(shared, field, self._start(shared, start)), "GF")
        behind = back._work(shared, 1 - field, back._start(shared, start))
        change = self._weights(self.after) / self._weights(self.before)
        behind = shared.let(change * behind, "GR")
        return shared.formulas(
            {"forward": ahead, "backward": behind, "ratio": ahead / behind},
            heads=("G_F(s)", r"e^{-\beta\Delta F} G_R(1-s)", r"\rho"),
        )

    def hatano_sasa(self, start: Any = "steady") -> Formulas:
        r"""Return :math:`\langle e^{-Y}\rangle`, which is 1, and :math:`\langle Y\rangle \ge 0`.

        :math:`Y = \int \dot\lambda\,\partial_\lambda\phi\,dt` with :math:`\phi = -\ln\pi`, jumps
        included; labels ``"average"`` and ``"mean"``.
        """
        shared = Steps.over(self)
        p = self._start(shared, start)
        speed = self.path.diff(self.time)
        slopes = [self._along(-speed * (pi.diff(self.control) / pi if speed != 0 else 0))
                  for pi in self._steady]  # fmt: skip
        first, last = (self._jump(self._steady, *ends) for ends in self._jumps)
        tilted = self._tilted(lambda t, way: Integer(1), [-slope for slope in slopes])
        average = self._evolved(last, tilted, [a * b for a, b in zip(p, first, strict=True)])
        mean = Add(*(-a * log(b) for a, b in zip(p, first, strict=True)))
        mean += self._counted(p, slopes, [-log(b) for b in last])
        return shared.formulas(
            {"average": average, "mean": mean},
            heads=(r"\langle e^{-Y}\rangle", r"\langle Y\rangle"),
        )

    def fluctuation_theorems(self, start: Any = "steady") -> Formulas:
        r"""Return three averages that are 1 from any start.

        Those of :math:`e^{-S}` with the total entropy, its adiabatic (housekeeping) and its
        non-adiabatic part: labels ``"total"``, ``"adiabatic"``, ``"nonadiabatic"``.

        References
        ----------
        M. Esposito, C. Van den Broeck, Phys. Rev. Lett. 104, 090601 (2010),
        doi:10.1103/PhysRevLett.104.090601.
        """
        shared = Steps.over(self)
        p = self._start(shared, start)
        pi = dict(zip(self.graph.states, self._steady, strict=True))
        end = [shared.let(e, "p") for e in self._end(p)]
        ones = [Integer(1)] * len(p)

        def ratio(t: Transition, way: int) -> Expr:
            return pi[t.source] / pi[t.target] if way > 0 else pi[t.target] / pi[t.source]

        def back(t: Transition, way: int) -> Expr:
            return t.reverse / t.rate if way > 0 else t.rate / t.reverse

        # What the parameter does to a state when it jumps is no entropy of the walk.
        return shared.formulas(
            {
                "total": self._evolved(end, self._tilted(back), ones),
                "adiabatic": self._evolved(
                    ones, self._tilted(lambda t, way: back(t, way) / ratio(t, way)), p),
                "nonadiabatic": self._evolved(end, self._tilted(ratio), ones),
            },
            heads=[rf"\langle e^{{-S_\mathrm{{{n}}}}}\rangle" for n in ("tot", "ad", "na")],
        )  # fmt: skip

    def relaxation(self, start: Any = "steady") -> Formulas:
        r"""Return the distribution at the end, labels the states."""
        shared = Steps.over(self)
        end = self._end(self._start(shared, start))
        return shared.formulas(dict(zip(self.graph.states, end, strict=True)))

    @cached_property
    def _steady(self) -> list[Expr]:
        return [_merged(self._steady_state[s]) for s in self.graph.states]

    @property
    def _jumps(self) -> tuple[tuple[Expr, Expr], tuple[Expr, Expr]]:
        """From which value to which the parameter jumps, at the start and at the end."""
        start = self.path.xreplace({self.time: Integer(0)})
        end = self.path.xreplace({self.time: self.duration})
        return (self.before, start), (end, self.after)

    def _jump(self, weights: Sequence[Expr], one: Expr, other: Expr) -> list[Expr]:
        """Return by what each weight grows where the parameter jumps."""
        if one == other:
            return [Integer(1)] * len(weights)
        return [
            w.xreplace({self.control: other}) / w.xreplace({self.control: one}) for w in weights
        ]

    def _along(self, expr: Expr) -> Expr:
        return expr.xreplace({self.control: self.path})

    def _levels(self) -> list[Expr]:
        return [parsing.expr(self.beta) * self.energies[s] for s in self.graph.states]

    def _weights(self, at: Expr) -> Expr:
        return Add(*(exp(-e.xreplace({self.control: at})) for e in self._levels()))

    def _start(self, shared: Steps, start: Any) -> list[Expr]:
        if start == "equilibrium":
            shares = [exp(-e) / self._weights(self.before) for e in self._levels()]
            found = [e.xreplace({self.control: self.before}) for e in shares]
        elif start == "steady":
            found = [p.xreplace({self.control: self.before}) for p in self._steady]
        elif isinstance(start, str):
            raise ModelError(f"a start is 'equilibrium', 'steady' or a distribution, got {start!r}")
        else:
            found = list(distribution(self.driven, start, shared).values())
        return [shared.let(p, "p") for p in found]

    def _tilted(self, weight: Weight, diagonal: Sequence[Expr] = ()) -> list[list[Expr]]:
        """Return the generator along the path, jumps weighted, and something on the diagonal."""
        index = {s: i for i, s in enumerate(self.graph.states)}
        rows = [[Integer(0)] * len(index) for _ in index]
        for t in self.driven.transitions:
            i, j = index[t.source], index[t.target]
            for a, b, rate, way in ((i, j, t.rate, 1), (j, i, t.reverse, -1)):
                rows[b][a] += self._along(rate * weight(t, way))
                rows[a][a] -= self._along(rate)
        for i, more in enumerate(diagonal):
            rows[i][i] += more
        return rows

    def _evolved(self, left: Sequence[Expr], rows: Any, right: Sequence[Expr]) -> Expr:
        return Evolved.of(left, rows, right, (self.time, Integer(0), self.duration))

    def _end(self, p: Sequence[Expr]) -> list[Expr]:
        unit = [[Integer(i == j) for j in range(len(p))] for i in range(len(p))]
        return [self._evolved(row, self._tilted(lambda t, way: Integer(1)), p) for row in unit]

    def _done(self, t: Transition) -> Expr:
        known = {symbol.name: symbol for symbol in self.driven.symbols}
        return parsing.expr(self.beta) * parsing.expr(lookup(self.drive or {}, t, 0), known)

    def _lifts(self) -> list[Expr]:
        """Return the power on each state while the parameter moves."""
        speed = self.path.diff(self.time)
        return [self._along(speed * e.diff(self.control)) for e in self._levels()]

    def _work(self, shared: Steps, s: Expr, p: Sequence[Expr]) -> Expr:
        first, last = (self._jump([exp(-s * e) for e in self._levels()], *j) for j in self._jumps)
        tilted = self._tilted(
            lambda t, way: exp(-s * way * self._done(t)), [-s * lift for lift in self._lifts()]
        )
        return self._evolved(last, tilted, [a * b for a, b in zip(p, first, strict=True)])

    def _mean_work(self, p: Sequence[Expr]) -> Expr:
        power = self._lifts()
        index = {s: i for i, s in enumerate(self.graph.states)}
        for t in self.driven.transitions:
            power[index[t.source]] += self._along(t.rate * self._done(t))
            power[index[t.target]] -= self._along(t.reverse * self._done(t))
        first, last = (
            [-log(w) for w in self._jump([exp(-e) for e in self._levels()], *j)]
            for j in self._jumps
        )
        lifted = Add(*(a * b for a, b in zip(p, first, strict=True)))
        return lifted + self._counted(p, power, last)

    def _counted(self, p: Sequence[Expr], power: Sequence[Expr], last: Sequence[Expr]) -> Expr:
        """Integrate what is counted in each state, as one more row, and add what comes last."""
        rows = self._tilted(lambda t, way: Integer(1))
        rows = [[*row, Integer(0)] for row in rows] + [[*power, Integer(0)]]
        return self._evolved([*last, Integer(1)], rows, [*p, Integer(0)])


def _merged(expr: Expr) -> Expr:
    """Write every product of exponentials as one, which is quick to differentiate and to run."""
    if expr.is_Add:
        return Add(*map(_merged, expr.args))
    if expr.is_Pow and not isinstance(expr, exp):
        return _merged(expr.base) ** expr.exp
    if not expr.is_Mul:
        return expr
    powers = [f.args[0] for f in expr.args if isinstance(f, exp)]
    rest = [_merged(f) for f in expr.args if not isinstance(f, exp)]
    return Mul(*rest, exp(Add(*powers).expand()))
