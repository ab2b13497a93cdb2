"""Resetting: diffusion that is put back at random times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Abs, Expr, Integer, Symbol, erfc, exp, log, pi, sqrt

from nesssym import parsing
from nesssym.entropies import EntropyProduction, Irreversibility, entropy
from nesssym.errors import (
    IrreversibleError,
    ModelError,
    NoSteadyStateError,
    ParameterError,
    UnknownNameError,
)
from nesssym.exact.rational import cancel
from nesssym.fields.hitting import Absorbing, Diffusion, Partial, Reflecting
from nesssym.fields.search import Search
from nesssym.fields.state import Field, positive, quantity, symbols_of
from nesssym.formulas import Formulas, Steps
from nesssym.networks.state_graph import StateGraph

__all__ = ["Resetting", "with_resetting"]


@dataclass(frozen=True, eq=False)
class Resetting(Field):
    r"""Diffusion with stochastic resetting: at rate `r` the walker is put back to one place.

    On a line, with a drift or in a harmonic trap, or in several dimensions around the origin. It
    never comes to equilibrium: diffusion carries probability outwards, resets bring it back.

    Parameters
    ----------
    diffusion, rate : optional
        ``D`` and ``r``.
    drift : optional
        The mean velocity on a line.
    stiffness : optional
        Of a harmonic trap around 0, times mobility: the velocity is ``drift - stiffness*x``.
    dimension : optional
        Of space; above one `x` is the distance from the origin, to which resets are.
    reset : optional
        The place to which the walker is put back, 0 by default.

    Raises
    ------
    NoSteadyStateError
        A rate that is not positive: then nothing holds the walker back.

    References
    ----------
    M. R. Evans, S. N. Majumdar, Phys. Rev. Lett. 106, 160601 (2011),
    doi:10.1103/PhysRevLett.106.160601.

    Examples
    --------
    >>> import nesssym as ns
    >>> walk = ns.Resetting()
    >>> walk.search("L").mean["T"]
    (exp(L*sqrt(r)/sqrt(D)) - 1)/r
    >>> walk.search("L").optimum["r"]
    D*(LambertW(-2*exp(-2)) + 2)**2/L**2
    """

    diffusion: Any = "D"
    rate: Any = "r"
    drift: Any = 0
    stiffness: Any = 0
    dimension: Any = 1
    reset: Any = 0

    def __post_init__(self) -> None:
        values = {
            "diffusion": positive("diffusion", self.diffusion),
            "rate": _rate(self.rate),
            "drift": quantity(self.drift),
            "stiffness": quantity(self.stiffness),
            "dimension": positive("dimension", self.dimension),
            "reset": quantity(self.reset),
        }
        if values["stiffness"].is_negative:
            raise ParameterError(f"stiffness is {values['stiffness']}: it must be >= 0")
        if values["dimension"] != 1 and any(
            values[name] != 0 for name in ("drift", "stiffness", "reset")
        ):
            raise ModelError(
                "in several dimensions diffusion is free and resets are to the origin; drift, "
                "stiffness and another place are for a line"
            )
        for key, value in values.items():
            object.__setattr__(self, key, value)

    def __repr__(self) -> str:
        return f"<Resetting: dimension {self.dimension}, rate {self.rate}>"

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The parameters, in order of appearance."""
        given = (self.diffusion, self.rate, self.drift, self.stiffness, self.dimension)
        return symbols_of((*given, self.reset), [self.x])

    @property
    def x(self) -> Symbol:
        """The place, or in several dimensions the distance from the origin."""
        return parsing.symbol("x", positive=self.dimension != 1)

    @property
    def process(self) -> Diffusion:
        """The diffusion without resets."""
        return Diffusion(self.diffusion, self.drift, self.stiffness, self.dimension)

    @cached_property
    def profile(self) -> Formulas:
        """The density at ``x``, label ``"p"``; per volume in several dimensions."""
        p = self.process.green(self.x, self.reset, self.rate)
        return Steps.over(self).formulas({"p": p}, heads="p")

    @cached_property
    def flux(self) -> Formulas:
        """The probability current of diffusion, label ``"J"``; resets bring it back."""
        p = self.profile["p"]
        J = (self.drift - self.stiffness * self.x) * p - self.diffusion * p.diff(self.x)
        return Steps.over(self).formulas({"J": J}, heads="J", unit="1/time")

    @cached_property
    def force(self) -> Formulas:
        """What drives the current: velocity over D less the gradient of ln p, label ``"X"``."""
        p = self.profile["p"]
        speed = self.drift - self.stiffness * self.x
        X = speed / self.diffusion - _log(p).diff(self.x)
        return Steps.over(self).formulas({"X": X}, heads="X")

    @property
    def entropy_production(self) -> EntropyProduction | Irreversibility:
        """Not finite: resets go one way only.

        Raises
        ------
        IrreversibleError
            Always; `entropy_rates` has what is finite.
        """
        raise IrreversibleError(
            "resets go one way only, so entropy production is infinite; entropy_rates gives the "
            "rates at which diffusion and resets change the entropy of the walker"
        )

    @cached_property
    def local_entropy_production(self) -> EntropyProduction | Irreversibility:
        """What diffusion produces at a place, current times force, label ``"sigma(x)"``."""
        shared = Steps.over(self)
        J, X = shared.absorb(self.flux)["J"], shared.absorb(self.force)["X"]
        return entropy(shared.formulas({"sigma(x)": J * X}, unit="nats/time per volume"))

    @cached_property
    def entropy_rates(self) -> EntropyProduction | Irreversibility:
        r"""The rates at which diffusion and resets change the walker's entropy, in nats per time.

        They are opposite in the steady state. On a free line, also with a drift, diffusion makes
        one nat per reset. A statistical measure: no reservoir is implied.

        Raises
        ------
        ModelError
            In a trap or in several dimensions, where there is no closed form.

        References
        ----------
        J. Fuchs, S. Goldt, U. Seifert, EPL 113, 60009 (2016), doi:10.1209/0295-5075/113/60009.
        """
        if self.process.radial or self.stiffness != 0:
            raise ModelError("entropy rates are closed on a free line only")
        y = self.x - self.reset
        p = self.profile["p"]
        D, rates = self.diffusion, []
        for way in (1, -1):
            # On each side the density is an exponential, ln p = a - b |y|.
            side = _log(p).xreplace({Abs(y): way * y})
            decay = -way * side.diff(self.x)
            height = p.xreplace({self.x: self.reset})
            rates.append(D * decay * height)
        made = cancel(sum(rates, Integer(0)))
        return entropy(
            Steps.over(self).formulas(
                {"diffusion": made, "resetting": -made},
                heads=(r"\dot S_{\text{diffusion}}", r"\dot S_{\text{resetting}}"),
                unit="nats/time",
            )
        )

    def moments(self, order: int = 2) -> Formulas:
        """Return the moments of the place, labels ``"<x^1>"``, ``"<x^2>"``, ...

        From the closed hierarchy of their rates of change; in several dimensions the even ones.

        Examples
        --------
        >>> import nesssym as ns
        >>> ns.Resetting(2, 3, stiffness=1, reset=1).moments(4).exprs
        (3/4, 7/5, 2, 183/35)
        """
        found: dict[int, Expr] = {0: Integer(1)}
        shift = self.dimension - 1 if self.process.radial else Integer(0)
        for n in range(2, order + 1, 2) if self.process.radial else range(1, order + 1):
            gain = self.rate * self.reset**n + n * self.drift * found.get(n - 1, Integer(0))
            gain += n * (n - 1 + shift) * self.diffusion * found.get(n - 2, Integer(0))
            found[n] = cancel(gain / (self.rate + n * self.stiffness))
        del found[0]
        return Steps.over(self).formulas(
            {f"<x^{n}>": value for n, value in found.items()},
            heads=(rf"\langle x^{{{n}}}\rangle" for n in found),
        )

    @cached_property
    def transient(self) -> Formulas:
        """The density at ``x`` at time ``t`` after a start at the reset, label ``"p"``.

        Raises
        ------
        ModelError
            In a trap or in several dimensions, where there is no closed form.
        """
        if self.process.radial or self.stiffness != 0:
            raise ModelError("the relaxation is closed on a free line only")
        t = parsing.symbol("t")
        D, y = self.diffusion, self.x - self.reset
        # The Gaussian with drift is one without it, of another rate, times exp(v y/2D).
        mu = sqrt(self.drift**2 + 4 * D * self.rate)
        width = sqrt(4 * D * t)
        far, near = (Abs(y) + mu * t) / width, (Abs(y) - mu * t) / width
        free = exp(-((y - self.drift * t) ** 2) / width**2 - self.rate * t)
        settled = exp(-mu * Abs(y) / (2 * D)) * erfc(near) - exp(mu * Abs(y) / (2 * D)) * erfc(far)
        p = free / sqrt(4 * pi * D * t)
        p += self.rate / (2 * mu) * exp(self.drift * y / (2 * D)) * settled
        return Steps.over(self).formulas({"p": p}, heads=["p(x,t)"])

    def search(
        self,
        distance: Any = None,
        *,
        radius: Any = None,
        absorption: Any = None,
        sink: Any = None,
        left: Any = None,
        right: Any = None,
        overhead: Any = 0,
    ) -> Search:
        """Make the search for a target, restarted at this rate from the place of resets.

        Parameters
        ----------
        distance : optional
            From the reset to the target; on a line the target is at ``reset + distance``, so that
            a positive drift leads to it.
        radius : optional
            Of the target around the origin in several dimensions; the walker starts, and restarts,
            at ``distance`` from the origin.
        absorption : optional
            The rate constant of a target that absorbs partially, as a wall.
        sink : optional
            The strength of a target that absorbs partially as a point, which the walker may cross.
        left, right : optional
            Instead of `distance`: ends of an interval, each a place (absorbing), `Absorbing`,
            `Reflecting` or `Partial`.
        overhead : optional
            The mean time that each restart costs.

        Raises
        ------
        ModelError
            The walker is reset onto its target, or there is none.

        Examples
        --------
        >>> import nesssym as ns
        >>> ns.Resetting(1, 2, dimension=3).search(1, radius="1/2").mean["T"]
        -1/2 + exp(sqrt(2)/2)
        """
        s, process = parsing.symbol("s"), self.process
        if distance is None:
            ends = [self._wall(end) for end in (left, right)]
            for end in ends:
                if isinstance(end, Absorbing) and end.place == self.reset:
                    raise ModelError("the walker is reset onto its target")
            return Search(process.hitting(self.reset, ends[0], ends[1], s), self.rate, overhead)
        if process.radial:
            a, far = positive("radius", radius or 0), positive("distance", distance)
            if (far - a).is_nonpositive:
                raise ModelError(f"the walker is reset onto its target: {far} <= {a}")
            return Search(process.hitting(far, Absorbing(a), None, s), self.rate, overhead)
        length = positive("distance", distance)
        if sink is not None:
            if self.stiffness != 0:
                raise ModelError("a point sink is solved on a free line only")
            mirrored = Diffusion(self.diffusion, -self.drift)
            return Search(mirrored.sink(length, positive("sink", sink), s), self.rate, overhead)
        start = self.reset if self.stiffness != 0 else Integer(0)
        target: Any = Absorbing(start + length)
        if absorption is not None:
            target = Partial(start + length, positive("absorption", absorption))
        return Search(process.hitting(start, None, target, s), self.rate, overhead)

    @staticmethod
    def _wall(end: Any) -> Any:
        if end is None or isinstance(end, Absorbing | Reflecting | Partial):
            if isinstance(end, Partial):
                return Partial(quantity(end.place), positive("absorption", end.kappa))
            return None if end is None else type(end)(quantity(end.place))
        return Absorbing(quantity(end))


def _log(p: Expr) -> Expr:
    return log(p).expand(force=True) if p.has(exp) else log(p)


def with_resetting(graph: StateGraph, state: str, rate: Any = "r") -> StateGraph:
    r"""Add resets to a state graph: from every other state to one, in the channel ``reset``.

    The steady state is :math:`\pi = r (r - W)^{-1} e_0`, the resolvent of the generator; PageRank
    is its analogue in discrete time. Resets go one way only, so that entropy production is
    infinite.

    Parameters
    ----------
    graph : StateGraph
        The walk without resets.
    state : str
        Where the walker is put.
    rate : optional
        The rate of resets.

    Raises
    ------
    UnknownNameError
        A state that the graph does not have.
    NoSteadyStateError
        A rate that is not positive.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.with_resetting(ns.StateGraph.from_text("A <-> B ; k, k"), "A")
    >>> ns.steady_state(g)["B"]
    k/(2*k + r)
    """
    if state not in graph.states:
        raise UnknownNameError.of("state", state, graph.states)
    speed = _rate(rate)
    rates: dict[tuple[str, str, str], Expr] = {}
    for t in graph.transitions:
        rates[t.source, t.target, t.channel] = t.rate
        if t.reversible:
            rates[t.target, t.source, t.channel] = t.reverse
    for other in graph.states:
        if other != state:
            rates[other, state, "reset"] = speed
    return StateGraph.from_rates(rates, states=graph.states, assume=graph.assume)


def _rate(value: Any) -> Expr:
    rate = quantity(value)
    if rate.is_nonpositive:
        raise NoSteadyStateError(
            f"the resetting rate is {rate}: rate > 0 is violated, and without resets there is no "
            "such steady state"
        )
    return rate
