"""Splits of the entropy production: what keeps a steady state, and what relaxes to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Add, Expr, Integer

from nesssym.dissipation.distributions import distribution
from nesssym.entropies import EntropyProduction, Irreversibility, entropy, entropy_unit
from nesssym.errors import ModelError
from nesssym.formulas import Steps
from nesssym.functions import logratio
from nesssym.networks import StateGraph, Transition
from nesssym.steady import SteadyState, refuse_model, refuse_one_way

__all__ = ["dual", "housekeeping", "pseudo_entropy_production"]


def housekeeping(
    ss: SteadyState, p: Mapping[Any, Any] | None = None
) -> EntropyProduction | Irreversibility:
    r"""Split the entropy production of any distribution into two parts that are never negative.

    .. math:: \sigma = \sum_e J_e \ln\frac{w_+ p_i}{w_- p_j}
              = \underbrace{\sum_e J_e \ln\frac{w_+ \pi_i}{w_- \pi_j}}_{\text{adiabatic}}
              + \underbrace{\sum_e J_e \ln\frac{p_i\,\pi_j}{p_j\,\pi_i}}_{\text{non-adiabatic}}

    with :math:`J_e = w_+ p_i - w_- p_j`. The adiabatic or housekeeping part is the cost of what
    keeps the steady state :math:`\pi` away from equilibrium; the non-adiabatic or excess part,
    :math:`-\mathrm{d}D(p\|\pi)/\mathrm{d}t`, is that of relaxing to it. Each obeys a second law
    and a fluctuation theorem of its own.

    Parameters
    ----------
    ss : SteadyState
        The steady state :math:`\pi` of a model.
    p : mapping or Formulas, optional
        The distribution: state to number or expression, states left out being empty. By default
        the steady state itself, where the non-adiabatic part is zero.

    Returns
    -------
    Formulas
        ``"sigma"``, ``"adiabatic"``, ``"nonadiabatic"``, then both parts of each transition, as
        ``"A->B adiabatic"``; single terms may be negative.

    Raises
    ------
    IrreversibleError
        A transition goes one way only.
    ModelError
        Probabilities that are negative or do not sum to one, an empty state next to an occupied
        one, where the entropy production is infinite, or an occupied transient state.

    References
    ----------
    T. Hatano, S.-i. Sasa, Phys. Rev. Lett. 86, 3463 (2001), doi:10.1103/PhysRevLett.86.3463.
    M. Esposito, C. Van den Broeck, Phys. Rev. Lett. 104, 090601 (2010),
    doi:10.1103/PhysRevLett.104.090601.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("hot: g <-> e ; 1, 1 \n cold: g <-> e ; 1, 3")
    >>> split = ns.housekeeping(ns.steady_state(g), {"g": "1/2", "e": "1/2"})
    >>> split["nonadiabatic"], split["adiabatic"]
    (log(2), -log(2/3))
    """
    refuse_model(ss)
    model = ss.model
    shared = Steps.over(model)
    pi = shared.absorb(ss.state)
    at = pi if p is None else distribution(model, p, shared)
    live = _occupied(ss, at)
    steady_net, steady_force = shared.absorb(ss.currents), shared.absorb(ss.forces)
    keeping: dict[str, Expr] = {}
    relaxing: dict[str, Expr] = {}
    for t in live:
        if p is None:
            keeping[t.label] = shared.let(steady_net[t.label] * steady_force[t.label], "y")
            relaxing[t.label] = Integer(0)
            continue
        (p_i, p_j), (pi_i, pi_j) = ((d[t.source], d[t.target]) for d in (at, pi))
        net = shared.let(t.rate * p_i - t.reverse * p_j, "j", positive=False)
        here = shared.let(p_i * pi_j, "f")
        there = shared.let(p_j * pi_i, "b")
        excess = shared.let(here - there, "d", positive=False)
        keeping[t.label] = net * steady_force[t.label]
        relaxing[t.label] = net * logratio(here, there, excess)
    adiabatic = shared.let(Add(*keeping.values()), "h")
    nonadiabatic = shared.let(Add(*relaxing.values()), "x")
    parts = [
        (f"{t.label} {name}", values[t.label])
        for t in live
        for name, values in (("adiabatic", keeping), ("nonadiabatic", relaxing))
    ]
    marks = [(t, mark) for t in live for mark in (r"\mathrm{ad}", r"\mathrm{na}")]
    return entropy(
        shared.formulas(
            [
                ("sigma", adiabatic + nonadiabatic),
                ("adiabatic", adiabatic),
                ("nonadiabatic", nonadiabatic),
                *parts,
            ],
            heads=(
                r"\sigma",
                r"\sigma^{\mathrm{ad}}",
                r"\sigma^{\mathrm{na}}",
                *(rf"\sigma^{{{mark}}}_{{{t.subscript}}}" for t, mark in marks),
            ),
            unit=entropy_unit(model.time),
        )
    )


def pseudo_entropy_production(ss: SteadyState) -> EntropyProduction | Irreversibility:
    r"""Return :math:`\sum_e 2 J_e^2/\tau_e \le \sigma`, a rational lower bound of the dissipation.

    With the traffic :math:`\tau_e = w_+ p_i + w_- p_j` of each transition. It needs no logarithm,
    agrees with the entropy production near equilibrium, stays finite for one-way transitions, and
    bounds the precision of every current more sharply: :math:`c_1^2/c_2 \le \sum_e J_e^2/\tau_e`.

    Parameters
    ----------
    ss : SteadyState
        The steady state.

    Returns
    -------
    Formulas
        ``"sigma"`` and the part of each transition.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    >>> ns.pseudo_entropy_production(ns.steady_state(g))["sigma"]
    10/7
    """
    refuse_model(ss)
    shared = Steps.over(ss.model)
    p, net = shared.absorb(ss.state), shared.absorb(ss.currents)
    parts = {}
    for t in ss.model.transitions:
        traffic = shared.let(t.rate * p[t.source] + t.reverse * p[t.target], "t")
        flows = net[t.label] != 0
        parts[t.label] = shared.let(2 * net[t.label] ** 2 / traffic, "y") if flows else Integer(0)
    return entropy(
        shared.formulas(
            {"sigma": Add(*parts.values()), **parts},
            heads=(
                r"\tilde\sigma",
                *(rf"\tilde\sigma_{{{t.subscript}}}" for t in ss.model.transitions),
            ),
            unit=entropy_unit(ss.model.time),
        )
    )


def dual(ss: SteadyState) -> StateGraph:
    r"""Return the dual (adjoint) process: the same steady state, all currents reversed.

    Its rates :math:`\tilde w_{i \to j} = w_{j \to i}\,\pi_j / \pi_i` are those of the film of the
    steady state run backwards. The housekeeping part of the dissipation compares a trajectory
    with its reverse in the dual process; at equilibrium both processes are the same.

    Parameters
    ----------
    ss : SteadyState
        Of a `StateGraph` whose steady state can be written out. Transitions keep their names;
        only those that go one way are turned round.

    Raises
    ------
    ModelError
        There are transient states, whose dual rates would be infinite, or time is in steps.
    TooLargeError
        The closed form of a probability would be too long; give the rates numbers first.

    References
    ----------
    J. G. Kemeny, J. L. Snell, A. W. Knapp, Denumerable Markov Chains (Springer, 1976). M. Esposito,
    C. Van den Broeck, Phys. Rev. Lett. 104, 090601 (2010), doi:10.1103/PhysRevLett.104.090601.

    Examples
    --------
    >>> import nesssym as ns
    >>> ring = ns.StateGraph.from_text("A -> B ; a \n B -> C ; b \n C -> A ; c")
    >>> [(t.label, t.rate, t.reverse) for t in ns.dual(ns.steady_state(ring)).transitions]
    [('B->A', b, 0), ('C->B', c, 0), ('A->C', a, 0)]
    """
    refuse_model(ss)
    model = ss.model
    if not isinstance(model, StateGraph):
        raise ModelError("the dual process is that of a StateGraph; a chain in steps has no rates")
    if ss.transient:
        raise ModelError(
            f"{', '.join(ss.transient)} is transient and has no dual rates; leave it out"
        )
    turned = []
    for t in model.transitions:
        ratio = ss[t.target] / ss[t.source]
        rates = t.reverse * ratio, t.rate / ratio
        ends = t.source, t.target
        if not t.reversible:
            ends, rates = ends[::-1], rates[::-1]
        turned.append(Transition(*ends, *rates, t.channel))
    return StateGraph(model.states, tuple(turned), model.assume, model.notation)


def _occupied(ss: SteadyState, p: Mapping[str, Expr]) -> list[Transition]:
    """Return the transitions that can be passed, refusing where a logarithm would be infinite."""
    for state in ss.transient:
        if p[state] != 0:
            raise ModelError(
                f"{state} is transient: its steady probability is zero, so that the split is "
                "infinite where it is occupied; leave it empty"
            )
    live = [
        t
        for t in ss.model.transitions
        if t.source not in ss.transient and (p[t.source] != 0 or p[t.target] != 0)
    ]
    refuse_one_way(t.label for t in live if not t.reversible)
    for t in live:
        for empty, full in ((t.source, t.target), (t.target, t.source)):
            if p[empty] == 0:
                raise ModelError(
                    f"{empty} is empty next to {full}, which is not: the entropy production is "
                    "infinite; give every state that can be reached a positive probability"
                )
    return live
