"""Linear response of steady states, exact arbitrarily far from equilibrium."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from sympy import Add, Expr, Integer, Symbol

from nesssym import typeset
from nesssym.errors import UnknownNameError
from nesssym.exact.elimination import Pivot, eliminate
from nesssym.exact.hitting import solve_backward
from nesssym.fluctuations.observables import Counts, Observable, begin, observable, refuse_chain
from nesssym.formulas import Formulas, Steps
from nesssym.networks import Transition
from nesssym.steady import SteadyState, refuse_model

__all__ = ["Linear", "Responding", "fluctuation_response", "projector", "response"]

OBSERVABLES = ("state", "currents", "sigma")
PARAMETERS = ("rates", "barriers", "forces", "energies")


def response(ss: SteadyState, of: Any = "state", to: str = "rates") -> Formulas:
    r"""Return the exact derivatives of observables by rates, barriers, forces or energies.

    Every rate is :math:`w_\pm = \exp(-B_e + E_i \pm F_e/2)`, i being the state it leaves: a barrier
    slows both directions of a transition, a force favours one of them, an energy lifts a state and
    speeds up all ways out. The derivatives hold arbitrarily far from equilibrium, whatever the
    rates are, numbers too. For the symbols in the rates use `nesssym.sensitivity`.

    Parameters
    ----------
    ss : SteadyState
        The steady state.
    of : {"state", "currents", "sigma"} or mapping, optional
        What responds: all probabilities, all currents, the entropy production, or the mean of
        anything counted, a mapping as in `nesssym.cumulants`; or several of them by name.
    to : {"rates", "barriers", "forces", "energies"}, optional
        What is changed: the logarithm of each rate; the :math:`B_e`; the :math:`F_e`; the
        :math:`E_i`.

    Returns
    -------
    Formulas
        Labels ``"d A / d ln w(A->B)"``, ``"d A->B / d B(B->C)"``, ``"d sigma / d F(C->A)"``,
        ``"d A / d E(B)"``; an observable without a name is ``"O"``.

    Raises
    ------
    UnknownNameError
        An unknown kind of observable or parameter, state or transition.
    IrreversibleError
        The entropy production of a model with one-way transitions.

    References
    ----------
    J. A. Owen, T. R. Gingrich, J. M. Horowitz, Phys. Rev. X 10, 011066 (2020),
    doi:10.1103/PhysRevX.10.011066. T. Aslyamov, M. Esposito, Phys. Rev. Lett. 132, 037101 (2024),
    doi:10.1103/PhysRevLett.132.037101.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    >>> found = ns.response(ns.steady_state(g), "currents", "barriers").at({})
    >>> found["d A->B / d B(A->B)"], found["d A->B / d B(B->C)"]
    (-92/343, -68/343)
    """
    refuse_model(ss)
    if to not in PARAMETERS:
        raise UnknownNameError.of("kind of parameter", to, PARAMETERS)
    given = {} if isinstance(of, str) else _named(of)
    linear = Linear(ss, given)
    found: dict[str, Expr] = {}
    heads: list[str] = []
    for one in linear.observables(of):
        for name, head, value in linear.derivatives(one, to):
            found[f"d {one.label} / d {name}"] = value
            heads.append(rf"\frac{{\partial {one.head}}}{{\partial {head}}}")
    plain = not given and of == "state"
    return linear.shared.formulas(found, heads=heads, unit="1" if plain else f"1/{ss.model.time}")


def _named(of: Any) -> dict[str, Counts]:
    """Return the observables by name; a single one is called O."""
    if isinstance(of, Mapping) and of and all(isinstance(c, Mapping) for c in of.values()):
        return {str(name): counts for name, counts in of.items()}
    return {"O": of}


def projector(ss: SteadyState) -> Formulas:
    r"""Return the projector that turns local changes of fluxes into changes of currents.

    :math:`P_{ee'}` says how much the current through e changes when a unit of current is driven
    through e' beside what flows there, and the network has answered. It holds all responses,
    :math:`\partial J_e/\partial B_{e'} = -P_{ee'} J_{e'}` and
    :math:`\partial J_e/\partial F_{e'} = P_{ee'} \tau_{e'}/2` with the traffic
    :math:`\tau = w_+ p_i + w_- p_j`, and all covariances,
    :math:`C_{ee'} = \sum_k P_{ek} \tau_k P_{e'k}`. It projects, :math:`P^2 = P`, onto the cycles:
    its trace is their number, and :math:`0 \le P_{ee} \le 1`.

    Parameters
    ----------
    ss : SteadyState
        The steady state.

    Returns
    -------
    Formulas
        Labels ``"P(A->B, B->C)"``.

    References
    ----------
    T. Aslyamov, M. Esposito, Phys. Rev. Lett. 133, 107103 (2024),
    doi:10.1103/PhysRevLett.133.107103.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    >>> p = ns.projector(ns.steady_state(g)).at({})
    >>> [p[f"P({e}, {e})"] for e in ("A->B", "B->C", "C->A")]
    [23/49, 17/49, 9/49]
    """
    refuse_model(ss)
    linear = Linear(ss)
    found: dict[str, Expr] = {}
    heads: list[str] = []
    for e, current in zip(linear.live, linear.observables("currents"), strict=True):
        carried = linear.carried(current)
        for other in linear.live:
            found[f"P({e.label}, {other.label})"] = carried[other.label][0]
            heads.append(rf"P_{{{e.subscript};\,{other.subscript}}}")
    return linear.shared.formulas(found, heads=heads)


def fluctuation_response(
    ss: SteadyState, first: Mapping[str, Any], second: Mapping[str, Any] | None = None
) -> Formulas:
    r"""Return the covariance of two time averages as a sum over the responses to all barriers.

    .. math:: C = \sum_e \frac{\tau_e}{J_e^2}\,
              \frac{\partial O}{\partial B_e} \frac{\partial O'}{\partial B_e}

    holds in every steady state for currents and times spent in states, and shows which transitions
    make the noise. C is the second cumulant, per time, of what is counted. Where the two directions
    of a transition count differently each is a term of its own,
    :math:`\partial_{\ln w} O\, \partial_{\ln w} O' / (w p)`.

    Parameters
    ----------
    ss : SteadyState
        The steady state of a `StateGraph`.
    first, second : mapping
        What is counted, as in `nesssym.cumulants`. Without the second, the variance of the first.

    Returns
    -------
    Formulas
        Labels ``"C"``, then the part of each transition.

    Raises
    ------
    ModelError
        A discrete-time chain.

    References
    ----------
    T. Aslyamov, K. Ptaszynski, M. Esposito, Phys. Rev. Lett. 134, 157101 (2025),
    arXiv:2410.17140; for states arXiv:2412.10233.

    Examples
    --------
    >>> import nesssym as ns
    >>> dot = ns.StateGraph.from_text("left: 0 -> 1 ; 2 \n right: 1 -> 0 ; 3")
    >>> ns.fluctuation_response(ns.steady_state(dot), {"1->0/right": 1}).at({})
    {'C': 78/125, '0->1/left': 54/125, '1->0/right': 24/125}
    """
    refuse_model(ss)
    refuse_chain(ss.model, "fluctuation-response relations")
    linear = Linear(ss, {"first": first, "second": first if second is None else second})
    one, two = linear.observables(linear.given)
    left, right = linear.carried(one), linear.carried(two)
    parts: dict[str, Expr] = {}
    for t in linear.live:
        (v, e), (v2, e2) = left[t.label], right[t.label]
        parts[t.label] = linear.traffic(t) * (v * v2 + e * e2) + linear.net[t.label] * (
            v * e2 + e * v2
        )
    return linear.shared.formulas(
        {"C": Add(*parts.values()), **parts},
        heads=("C", *(rf"C_{{{t.subscript}}}" for t in linear.live)),
    )


@dataclass(frozen=True)
class Responding:
    """What responds: a time average with its name.

    Attributes
    ----------
    label, head : str
        Its name, and that in LaTeX.
    counts : Observable
        What jumps and states count.
    forces : bool
        Whether it counts the forces, which change with the rates.
    """

    label: str
    head: str
    counts: Observable
    forces: bool = False


@dataclass(frozen=True)
class Linear:
    """The linear response of a steady state: one backward equation an observable.

    Its solution u gives the change of the observable by any rate: a flux from i to j that counts d
    and grows by df adds df (d + u_i - u_j), directly and by what the probabilities do.

    Parameters
    ----------
    ss : SteadyState
        The steady state; its transient states respond to nothing.
    given : mapping of str to mapping, optional
        Observables of the user's own, by name.
    spare : tuple of Symbol, optional
        Further symbols, whose names steps do not take.
    """

    ss: SteadyState
    given: Mapping[str, Counts] = field(default_factory=dict)
    spare: tuple[Symbol, ...] = ()

    @cached_property
    def shared(self) -> Steps:
        """The steps of all results."""
        model = self.ss.model
        own = begin(model, *(observable(model, c) for c in self.given.values())).symbols
        symbols = tuple(dict.fromkeys((*own, *self.spare)))
        return Steps(symbols, dict(model.notation), model.assume)

    @cached_property
    def p(self) -> dict[str, Expr]:
        """The probabilities."""
        return self.shared.absorb(self.ss.state)

    @cached_property
    def net(self) -> dict[str, Expr]:
        """The currents."""
        return self.shared.absorb(self.ss.currents)

    @cached_property
    def live(self) -> tuple[Transition, ...]:
        """The transitions between recurrent states."""
        gone = self.ss.transient
        return tuple(t for t in self.ss.model.transitions if t.source not in gone)

    @cached_property
    def index(self) -> dict[str, int]:
        """Numbers of the recurrent states."""
        inside = [s for s in self.ss.model.states if s not in self.ss.transient]
        return {s: i for i, s in enumerate(inside)}

    @cached_property
    def pivots(self) -> Sequence[Pivot]:
        """The elimination of all recurrent states but the last."""
        sums: dict[tuple[int, int], Expr] = {}
        for t in self.live:
            for i, j, rate in ((t.source, t.target, t.rate), (t.target, t.source, t.reverse)):
                if rate != 0:
                    arc = self.index[i], self.index[j]
                    sums[arc] = sums.get(arc, Integer(0)) + rate
        rates = {arc: self.shared.let(rate, "w") for arc, rate in sums.items()}
        last = len(self.index) - 1
        return eliminate(last + 1, rates, self.shared.let, keep=[last])

    def fluxes(self, t: Transition) -> tuple[Expr, Expr]:
        """Return the one-way fluxes along and against a transition."""
        forward = self.shared.let(t.rate * self.p[t.source], "f")
        return forward, self.shared.let(t.reverse * self.p[t.target], "f")

    def traffic(self, t: Transition) -> Expr:
        """Return the sum of both one-way fluxes."""
        return self.shared.let(Add(*self.fluxes(t)), "tau")

    def observables(self, of: Any) -> list[Responding]:
        """Read what is to respond; mappings are those that were given."""
        model = self.ss.model
        if isinstance(of, Mapping):
            return [
                Responding(name, typeset.text(name), observable(model, counts))
                for name, counts in self.given.items()
            ]
        if of == "state":
            heads = dict(zip(self.ss.state.labels, self.ss.state.heads, strict=True))
            return [Responding(s, heads[s], observable(model, {s: 1})) for s in self.index]
        if of == "currents":
            return [
                Responding(t.label, f"J_{{{t.subscript}}}", observable(model, {t.label: 1}))
                for t in self.live
            ]
        if of == "sigma":
            force = self.shared.absorb(self.ss.forces)
            named = {e: self.shared.let(f, "F", positive=False) for e, f in force.items()}
            return [Responding("sigma", r"\sigma", observable(model, named), forces=True)]
        raise UnknownNameError.of("kind of observable", of, OBSERVABLES)

    def values(self, responding: Responding) -> tuple[dict[str, Expr], Expr]:
        """Return what being in each state adds to the observable from then on, and its mean."""
        let = partial(self.shared.let, positive=False)
        counts = responding.counts
        gain = {s: [counts.dwell[s]] for s in self.index}
        for t in self.live:
            forward, backward = counts.of(t)
            gain[t.source].append(forward * t.rate)
            gain[t.target].append(backward * t.reverse)
        rates = {s: let(Add(*terms), "g") for s, terms in gain.items()}
        mean = let(Add(*(self.p[s] * g for s, g in rates.items())), "o")
        source = {self.index[s]: let(mean - g, "b") for s, g in rates.items()}
        last = len(self.index) - 1
        u = solve_backward(self.pivots, source, {last: Integer(0)}, lambda x, _: let(x, "u"))
        return {s: u[i] for s, i in self.index.items()}, mean

    def carried(self, responding: Responding) -> dict[str, tuple[Expr, Expr]]:
        """Return what more flux along a transition carries: odd and even part, by direction."""
        u, _ = self.values(responding)
        found: dict[str, tuple[Expr, Expr]] = {}
        for t in self.live:
            forward, backward = responding.counts.of(t)
            odd = (forward - backward) / 2 + u[t.source] - u[t.target]
            found[t.label] = self.shared.let(odd, "v", positive=False), (forward + backward) / 2
        return found

    def derivatives(self, responding: Responding, to: str) -> Iterator[tuple[str, str, Expr]]:
        """Yield name, LaTeX and derivative for every parameter of a kind."""
        carried = self.carried(responding)
        ways: list[tuple[Transition, Expr]] = []
        for t in self.live:
            direct = self.net[t.label] if responding.forces else Integer(0)
            (forward, backward), (v, even) = self.fluxes(t), carried[t.label]
            ways.append((t, forward * (even + v) + direct))
            if t.reversible:
                turned = Transition(t.target, t.source, t.reverse, t.rate, t.channel)
                ways.append((turned, backward * (even - v) - direct))
            net, traffic = self.net[t.label], self.traffic(t)
            if to == "barriers":
                yield f"B({t.label})", f"B_{{{t.subscript}}}", -net * v - traffic * even
            elif to == "forces":
                value = (traffic * v + net * even) / 2 + direct
                yield f"F({t.label})", f"F_{{{t.subscript}}}", value
        if to == "rates":
            for way, value in ways:
                yield f"ln w({way.label})", rf"\ln w_{{{way.subscript}}}", value
        elif to == "energies":
            for state in self.index:
                total = Add(*(value for way, value in ways if way.source == state))
                yield f"E({state})", f"E_{{{typeset.text(state)}}}", total
