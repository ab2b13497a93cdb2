"""`steady_states`: all positive steady states of a reaction network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flint import fmpq, fmpq_poly, fmpz_poly
from sympy import Integer, Symbol

from nesssym import parsing
from nesssym.chemistry.linear import is_linear, linear_steady_state
from nesssym.chemistry.numbers import Numbers
from nesssym.chemistry.polynomial import equations, numeric_states, symbolic_state
from nesssym.chemistry.search import enclosed_states, read_bounds
from nesssym.chemistry.states import ReactionSteadyState
from nesssym.chemistry.totals import law_totals
from nesssym.errors import ModelError, NoSteadyStateError, PerpetualMotionError, TooLargeError
from nesssym.exact.monomials import Monomial, monomial
from nesssym.exact.number_field import Root
from nesssym.formulas import Steps
from nesssym.networks import ReactionNetwork
from nesssym.networks.labelled import Combination
from nesssym.signs import sign

__all__ = ["cycle_ratio", "is_closed", "refuse_perpetual_motion", "steady_state", "steady_states"]

MAX_SPECIES = 40


def steady_states(
    network: ReactionNetwork,
    totals: Mapping[str, Any] | None = None,
    values: Mapping[Any, Any] | None = None,
    bounds: Mapping[Any, Any] | None = None,
) -> tuple[ReactionSteadyState, ...]:
    """Answer `nesssym.steady_states` for reaction networks; see there."""
    if not isinstance(network, ReactionNetwork):
        raise ModelError(f"steady_states takes a ReactionNetwork, got {type(network).__name__}")
    if values:
        network = network.subs(values)
    if not network.internal:
        raise ModelError("all species are held by chemostats; nothing is left to be steady")
    limits = read_bounds(network, bounds)
    laws = law_totals(network, totals)
    balanced = False
    if is_closed(network):
        balanced = refuse_perpetual_motion(network)
    if is_linear(network):
        return (_with_numbers(linear_steady_state(network, laws)),)
    if len(network.internal) > MAX_SPECIES:
        raise TooLargeError(
            f"{len(network.internal)} internal species that do not react one at a time are more "
            f"than {MAX_SPECIES}; eliminate intermediates first (quasi_steady), or hold species in "
            "chemostats. Structure, cycles and affinities are there for networks of any size"
        )
    system = equations(network, laws, balanced)
    if any(e.free_symbols - set(_unknowns(network)) for e in system):
        found = [symbolic_state(network, system, network.internal)]
        return tuple(map(_at_rest, found) if balanced else found)
    try:
        found = numeric_states(network, system, network.internal)
    except TooLargeError as reason:
        found = enclosed_states(network, laws, limits, reason)
    if not found:
        fixed = "; ".join(f"{law.label} = {total}" for law, total in laws)
        raise NoSteadyStateError(
            f"no steady state has positive concentrations of {', '.join(network.internal)}"
            + (f" with {fixed}" if fixed else "")
            + _imbalance(network)
        )
    return tuple(map(_at_rest, found) if balanced else found)


def steady_state(
    network: ReactionNetwork,
    totals: Mapping[str, Any] | None = None,
    values: Mapping[Any, Any] | None = None,
    bounds: Mapping[Any, Any] | None = None,
) -> ReactionSteadyState:
    """Return the only positive steady state of a reaction network; see `steady_states`.

    Raises
    ------
    ModelError
        There are several.
    """
    found = steady_states(network, totals, values, bounds)
    if len(found) > 1:
        first = network.internal[0]
        shown = ", ".join(f"{float(ss[first]):.6g} ({ss.stability})" for ss in found)
        raise ModelError(
            f"{len(found)} steady states, with {first} = {shown}; nesssym.steady_states returns "
            "them all"
        )
    return found[0]


def is_closed(network: ReactionNetwork) -> bool:
    """Tell whether nothing is exchanged with the surroundings."""
    empty = any(not r.reactants.terms or not r.products.terms for r in network.reactions)
    return not network.chemostats and not empty


def cycle_ratio(network: ReactionNetwork, cycle: Combination) -> Monomial | None:
    """Return the forward over the backward rates along a cycle; None if it passes one-way.

    The concentrations of internal species cancel.
    """
    rates = {r.name: pair for r, pair in zip(network.reactions, network.rates, strict=True)}
    ratio = monomial(Integer(1))
    for name, n in cycle.items():
        forward, backward = rates[name]
        if backward == 0:
            return None
        ratio = ratio * (monomial(forward) / monomial(backward)) ** n
    return ratio


def refuse_perpetual_motion(network: ReactionNetwork) -> bool:
    """Tell whether a closed network obeys Wegscheider's conditions, for all values of its symbols.

    Raises
    ------
    PerpetualMotionError
        A cycle of reactions contradicts them, whatever the values of symbols.
    """
    balanced = all(r.reversible for r in network.reactions)
    for cycle in network.internal_cycles():
        ratio = cycle_ratio(network, cycle)
        if ratio is None or ratio.is_one:
            continue
        balanced = False
        if not ratio.value().free_symbols:
            raise PerpetualMotionError(
                f"the network is closed, but its rate constants drive the cycle {cycle}: "
                f"ln(forward/backward) = {float(ratio.log()):.6g} = ln({ratio.value()}), wanted "
                "0. Nothing can drive a closed network; mend a rate constant "
                "(wegscheider_conditions says how), or name the chemostats that drive it"
            )
    return balanced


def _at_rest(ss: ReactionSteadyState) -> ReactionSteadyState:
    """Say that nothing flows, which the difference of two rounded rates would not."""
    network = ss.model
    none = Steps.over(network).formulas(
        {r.name: Integer(0) for r in network.reactions},
        heads=(f"J_{{{r.subscript}}}" for r in network.reactions),
        unit=f"1/{network.time}",
    )
    return replace(ss, net=none)


def _unknowns(network: ReactionNetwork) -> list[Symbol]:
    return list(map(parsing.symbol, network.internal))


def _imbalance(network: ReactionNetwork) -> str:
    """Say which species is only made or only used up, if there is one."""
    for s, rate in network.rate_equations().items():
        found = sign(rate)
        if rate != 0 and found:
            return f": {s} is {'made but never used up' if found > 0 else 'used up but never made'}"
    return ""


def _with_numbers(ss: ReactionSteadyState) -> ReactionSteadyState:
    """Add the exact numbers where the state holds no symbols."""
    if ss.state.symbols:
        return ss
    exact = {s: x for s, x in ss.state.at({}).items() if x.is_Rational}
    if len(exact) < len(ss.state):
        return ss
    elements = {s: fmpq_poly([fmpq(int(x.p), int(x.q))]) for s, x in exact.items()}
    return replace(ss, numbers=Numbers(Root(fmpz_poly([-1, 1]), 0), elements))
