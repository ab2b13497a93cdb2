"""Few molecules: the chemical master equation as a state graph, and its product form."""

from __future__ import annotations

from collections.abc import Mapping
from math import comb, factorial, perm
from typing import Any

from sympy import Add, Expr, Integer, Mul, Rational

from nesssym import parsing, typeset
from nesssym.chemistry.solve import is_closed, refuse_perpetual_motion
from nesssym.chemistry.states import ReactionSteadyState
from nesssym.errors import ModelError, TooLargeError, UnknownNameError
from nesssym.formulas import Formulas, Steps
from nesssym.networks import ReactionNetwork, StateGraph, Transition
from nesssym.networks.reactions import Complex, Reaction
from nesssym.steady import refuse_model

__all__ = ["master_equation", "product_form"]

MAX_STATES = 20_000
Counts = tuple[int, ...]


def master_equation(
    network: ReactionNetwork,
    start: Mapping[str, int],
    limits: Mapping[str, int] | None = None,
    *,
    volume: Any = 1,
    combinatoric: bool = False,
) -> StateGraph:
    r"""Return the Markov graph of numbers of molecules: the chemical master equation.

    All states that reactions lead to from `start`, whose numbers stay within `limits`; reactions
    that would leave them are left out.

    Parameters
    ----------
    network : ReactionNetwork
        Mass action; chemostats keep their concentrations.
    start : mapping of str to int
        Numbers of internal molecules at the beginning; those not named are 0. They fix the
        conserved totals.
    limits : mapping of str to int, optional
        The largest number of each species; needed where numbers could grow without end.
    volume : expression, optional
        The volume: a reaction of m internal molecules has the rate
        :math:`k V^{1-m}\, n(n-1)\cdots`.
    combinatoric : bool, optional
        Whether rate constants count *combinations* of molecules, :math:`k\,n(n-1)/2`, as in
        Gillespie's convention; else a pair counts twice, which belongs to mass action
        :math:`k X^2`.

    Returns
    -------
    StateGraph
        With states such as ``"A=2, B=0"`` and channels named by the reactions.

    Raises
    ------
    TooLargeError
        More than 20,000 states.
    ModelError
        A reaction with a rate law of its own.

    References
    ----------
    D. T. Gillespie, Physica A 188, 404 (1992), doi:10.1016/0378-4371(92)90283-V.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("2 A <-> B ; k, kr")
    >>> g = ns.master_equation(r, {"A": 4})
    >>> g.states
    ('A=4, B=0', 'A=2, B=1', 'A=0, B=2')
    >>> g.transitions[0].rate, g.transitions[0].reverse
    (12*k, kr)
    """
    if not network.mass_action:
        name = next(r.name for r in network.reactions if r.law)
        raise ModelError(f"{name} has a rate law of its own; molecules are counted for mass action")
    species = network.internal
    size = parsing.expr(volume)
    first = _counts(network, start, "start", 0)
    top = _counts(network, limits, "limits", -1) if limits else (-1,) * len(species)
    rates = network.held_rates
    found, queue = {first}, [first]
    transitions: list[Transition] = []
    for n in queue:  # grows on the way
        for r, (forward, backward) in zip(network.reactions, rates, strict=True):
            for sign, rate, side in ((1, forward, r.reactants), (-1, backward, r.products)):
                reached = _reached(n, r, sign, species)
                if rate == 0 or reached == n or not _inside(reached, top):
                    continue
                ways = _ways(side, n, species, combinatoric)
                if not ways:
                    continue
                if reached not in found:
                    found.add(reached)
                    queue.append(reached)
                if len(found) > MAX_STATES:
                    raise TooLargeError(
                        f"more than {MAX_STATES} states of molecules; give smaller limits"
                    )
                if sign > 0:
                    other = r.products
                    back = backward * _ways(other, reached, species, combinatoric)
                    transitions.append(
                        Transition(
                            _name(n, species),
                            _name(reached, species),
                            ways * rate * _scale(side, species, size),
                            back * _scale(other, species, size),
                            r.name,
                        )
                    )
    names = tuple(_name(n, species) for n in queue)
    return StateGraph(names, tuple(transitions), network.assume, network.notation)


def product_form(
    ss: ReactionSteadyState,
    start: Mapping[str, int],
    limits: Mapping[str, int] | None = None,
    *,
    volume: Any = 1,
) -> Formulas:
    r"""Return the steady probabilities of a complex-balanced network: a product of Poissonians.

    :math:`p(n) \propto \prod_s (V c_s)^{n_s}/n_s!` over the states that can be reached, by the
    theorem of Anderson, Craciun and Kurtz. No equation of the master equation is solved.

    Parameters
    ----------
    ss : ReactionSteadyState
        A complex-balanced steady state, with any totals.
    start, limits, volume
        As in `master_equation`. Limits cut the distribution off; it is then exact for equilibria
        only.

    Returns
    -------
    Formulas
        One label a state of `master_equation`.

    Raises
    ------
    ModelError
        The state is not known to be complex balanced.

    References
    ----------
    D. F. Anderson, G. Craciun, T. G. Kurtz, Bull. Math. Biol. 72, 1947 (2010),
    doi:10.1007/s11538-010-9517-4.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("A <-> B ; 2, 1")
    >>> ns.product_form(ns.steady_state(r), {"A": 2}).at({"A_tot": 1})
    {'A=2, B=0': 1/9, 'A=1, B=1': 4/9, 'A=0, B=2': 4/9}
    """
    refuse_model(ss, ReactionSteadyState)
    network = ss.model
    balanced = network.mass_action and network.deficiency == 0 and network.weakly_reversible
    if not balanced and not (is_closed(network) and refuse_perpetual_motion(network)):
        raise ModelError(
            "the product form belongs to complex-balanced states; this network has deficiency "
            f"{network.deficiency} and is{'' if network.weakly_reversible else ' not'} weakly "
            "reversible. master_equation gives a state graph, whose steady state is exact"
        )
    graph = master_equation(network, start, limits, volume=volume)
    shared = Steps.over(network)
    size = parsing.expr(volume)
    mean = {s: shared.let(size * x, "x") for s, x in shared.absorb(ss.state).items()}
    weights = {}
    for state in graph.states:
        counts = (part.split("=") for part in state.split(", "))
        weights[state] = shared.let(
            Mul(*(mean[s] ** int(n) * Rational(1, factorial(int(n))) for s, n in counts)), "w"
        )
    total = shared.let(Add(*weights.values()), "Z", alone=True)
    return shared.formulas(
        {state: w / total for state, w in weights.items()},
        heads=(f"p_{{{typeset.text(state)}}}" for state in weights),
    )


def _counts(network: ReactionNetwork, given: Mapping[str, int], what: str, default: int) -> Counts:
    for s, n in given.items():
        if s not in network.internal:
            raise UnknownNameError.of(f"internal species in {what}:", s, network.internal)
        if not isinstance(n, int) or n < 0:
            raise ModelError(f"{what}: the number of {s} is {n!r}, wanted 0, 1, 2, ...")
    return tuple(given.get(s, default) for s in network.internal)


def _reached(n: Counts, r: Reaction, sign: int, species: tuple[str, ...]) -> Counts:
    change = r.change
    return tuple(x + sign * change.get(s, 0) for x, s in zip(n, species, strict=True))


def _inside(n: Counts, top: Counts) -> bool:
    return all(x >= 0 and (most < 0 or x <= most) for x, most in zip(n, top, strict=True))


def _ways(side: Complex, n: Counts, species: tuple[str, ...], combinatoric: bool) -> Integer:
    """Return in how many ways the molecules of a side can be taken."""
    ways = 1
    for s, x in zip(species, n, strict=True):
        times = side[s]
        ways *= comb(x, times) if combinatoric else perm(x, times)
    return Integer(ways)


def _scale(side: Complex, species: tuple[str, ...], volume: Expr) -> Expr:
    return volume ** (1 - sum(side[s] for s in species))


def _name(n: Counts, species: tuple[str, ...]) -> str:
    return ", ".join(f"{s}={x}" for s, x in zip(species, n, strict=True))
