"""Concentrations in time: closed forms where one process is left, certified numbers elsewhere."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Add, Dummy, Expr, Integer, Poly, Rational, Symbol, exp

from nesssym import parsing, typeset
from nesssym.chemistry.solve import is_closed, refuse_perpetual_motion, steady_state
from nesssym.chemistry.states import concentration_heads
from nesssym.errors import (
    ModelError,
    NameClashError,
    NessWarning,
    NoSteadyStateError,
    TooLargeError,
    UnknownNameError,
)
from nesssym.formulas import Formulas, Steps
from nesssym.kinetics import Move, concentration
from nesssym.networks import ReactionNetwork
from nesssym.special import exprel

__all__ = ["time_course"]


def time_course(
    network: ReactionNetwork, start: Mapping[str, Any] | None = None, time: Any = "t"
) -> Formulas:
    r"""Return the concentrations at a time, from given ones at the start.

    Where conservation laws leave one process, at most quadratic, the solution is in closed form:
    exponentials about the steady state. Other networks have none; kernels then integrate the rate
    equations in balls, so that every digit they give is certain.

    Parameters
    ----------
    network : ReactionNetwork
        Mass action; chemostats keep their concentrations.
    start : mapping of str to expression, optional
        Internal species to concentration at time zero; by default a symbol such as ``A_0``, which
        is positive. What is not there at first is given as 0.
    time : expression, optional
        The time since the start; a plain name becomes a symbol that may be zero.

    Returns
    -------
    Formulas
        One label an internal species.

    Raises
    ------
    ModelError
        A reaction with a rate law of its own, or a negative concentration at the start.
    PerpetualMotionError
        The network is closed, and its rate constants drive a cycle.
    TooLargeError
        Raised by kernels where the time is very long for the fastest reaction.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("A <-> B ; 2, 1")
    >>> ns.time_course(r, {"A": 1, "B": 0})["A"].doit()
    1/3 + 2*exp(-3*t)/3
    >>> loop = ns.ReactionNetwork.from_text("2 A <-> B ; 1, 1 \n A + B <-> C ; 1, 1")
    >>> kernel = ns.compile(ns.time_course(loop, {"A": 1, "B": 0, "C": 0}))
    >>> {s: round(c, 12) for s, c in kernel(t=0.5).items()}
    {'A': 0.55840224396, 'B': 0.171984690273, 'C': 0.032542791831}
    """
    if not network.mass_action:
        name = next(r.name for r in network.reactions if r.law)
        raise ModelError(
            f"{name} has a rate law of its own; time_course integrates mass action. A law that "
            "stands for fast steps can be written as these steps"
        )
    if is_closed(network):
        refuse_perpetual_motion(network)
    now, first = parsing.expr(time), _start(network, start)
    if isinstance(time, str) and now.is_Symbol:
        now = Symbol(now.name, nonnegative=True)
    given = (s for e in (now, *first.values()) for s in sorted(e.free_symbols, key=str))
    symbols = tuple(dict.fromkeys((*network.symbols, *given)))
    shared = Steps(symbols, dict(network.notation), network.assume)
    values = _one_process(network, first, now, shared) or _series(network, first, now)
    shown = typeset.expression(now, dict(network.notation))
    heads = (f"{head}({shown})" for head in concentration_heads(network.internal))
    return shared.formulas(values, heads=heads)


def _start(network: ReactionNetwork, start: Mapping[str, Any] | None) -> dict[str, Expr]:
    taken = {s.name for s in network.symbols} | set(network.species)
    for s in start or {}:
        if s not in network.internal:
            raise UnknownNameError.of("internal species in start:", s, network.internal)
    found = {}
    for s in network.internal:
        if start and s in start:
            found[s] = parsing.expr(start[s])
            if found[s].is_negative:
                raise ModelError(
                    f"the concentration of {s} at the start is {start[s]}, wanted >= 0"
                )
        elif f"{s}_0" in taken:
            raise NameClashError(f"the symbol {s}_0 is already in use; give {s} in start")
        else:
            found[s] = parsing.symbol(f"{s}_0")
    return found


def _series(network: ReactionNetwork, first: Mapping[str, Expr], now: Expr) -> dict[str, Expr]:
    species = network.internal
    moves = []
    for r, sides, rates in zip(network.reactions, network.sides, network.held_rates, strict=True):
        changes = [r.change.get(s, 0) for s in species]
        for side, rate, sign in zip(sides, rates, (1, -1), strict=True):
            if rate != 0:
                orders = [side[s] for s in species]
                moves.append(Move(rate, orders, [sign * n for n in changes]))
    start = [first[s] for s in species]
    return {s: concentration.of(i, now, start, moves) for i, s in enumerate(species)}


def _one_process(
    network: ReactionNetwork, first: Mapping[str, Expr], now: Expr, shared: Steps
) -> dict[str, Expr] | None:
    r"""Return the concentrations in closed form, or None.

    With :math:`x = x^* + \nu u` the balance is :math:`\dot u = a u + b u^2`. The inverse of u
    obeys a linear equation, whose solution is that of u, written without 0/0.
    """
    direction = _direction(network)
    if direction is None:
        return None
    totals = {
        law.label: Add(*(n * first[s] for s, n in law.items()))
        for law in network.conservation_laws()
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NessWarning)
            rest = shared.absorb(steady_state(network, totals).state)
    except (NoSteadyStateError, TooLargeError, ModelError):
        return None
    rest = {s: shared.let(x, "x") for s, x in rest.items()}
    lead = next(s for s, n in direction.items() if n)
    u = Dummy("u")
    near = {parsing.symbol(s): rest[s] + n * u for s, n in direction.items()}
    slope = network.rate_equations()[lead].xreplace(near) / direction[lead]
    _, *rates = reversed(Poly(slope.expand(), u).all_coeffs())
    if not 1 <= len(rates) <= 2:
        return None
    a, b = (*rates, Integer(0))[:2]
    a = shared.let(a, "a", positive=False)
    moved = shared.let((first[lead] - rest[lead]) / direction[lead], "u", positive=False)
    left = shared.let(
        moved * exp(a * now) / (1 - b * moved * now * exprel(a * now)), "u", positive=False
    )
    return {s: rest[s] + n * left for s, n in direction.items()}


def _direction(network: ReactionNetwork) -> dict[str, Expr] | None:
    """Return how species change together, where all reactions change them in one proportion."""
    rows = [[Rational(r.change.get(s, 0)) for s in network.internal] for r in network.reactions]
    rows = [row for row in rows if any(row)]
    if not rows or not all(_parallel(rows[0], row) for row in rows):
        return None
    return dict(zip(network.internal, rows[0], strict=True))


def _parallel(v: Sequence[Expr], w: Sequence[Expr]) -> bool:
    k = next(k for k, x in enumerate(v) if x)
    return all(x * w[k] == y * v[k] for x, y in zip(v, w, strict=True))
