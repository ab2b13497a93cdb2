"""Local detailed balance: rates from energies, reservoirs and work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Add, Expr, Integer, exp

from nesssym import parsing
from nesssym.errors import ModelError, UnknownNameError
from nesssym.networks.reactions import Reaction
from nesssym.networks.transitions import Transition, lookup

__all__ = ["Exchanged", "balanced", "exchanged", "reversed_by_potentials"]


@dataclass(frozen=True)
class Exchanged:
    """What the system takes up when a transition happens along its direction.

    Parameters
    ----------
    transition : Transition
        Which.
    energy : Expr
        The gain of energy of the state.
    work : Expr
        The work done on the system.
    particles : Expr
        The particles taken up from the reservoir.
    mu, beta : Expr
        The chemical potential and the inverse temperature of the reservoir.
    """

    transition: Transition
    energy: Expr
    work: Expr
    particles: Expr
    mu: Expr
    beta: Expr

    @property
    def heat(self) -> Expr:
        """The heat taken up, by the first law: what is neither work nor comes with particles."""
        return self.energy - self.work - self.mu * self.particles


def exchanged(
    states: Sequence[str],
    transitions: Sequence[Transition],
    known: Mapping[str, Expr],
    energies: Mapping[Any, Any],
    *,
    beta: Any,
    drive: Mapping[str, Any],
    mu: Mapping[str, Any],
    particles: Mapping[Any, Any] | None,
) -> tuple[Exchanged, ...]:
    """Return what each transition exchanges with the reservoir of its channel.

    Parameters
    ----------
    states, transitions
        Those of a graph.
    known : mapping
        The symbols of the graph by name; other names in texts become real symbols.
    energies, beta, drive, mu, particles
        As in `nesssym.StateGraph.with_energies`.
    """

    def real(value: Any) -> Expr:
        return _real(value, known)

    labels = dict.fromkeys(name for t in transitions for name in (t.label, t.channel) if name)
    for given in (drive, mu, beta if isinstance(beta, Mapping) else {}):
        for key in given:
            if key not in labels:
                raise UnknownNameError.of("channel or transition", key, labels)
    energy = _by_state("energy", energies, states, real)
    count = _by_state("particle number", particles, states, real) if particles else None
    if mu and count is None:
        raise ModelError("chemical potentials act on particles: give particles={state: N} too")
    found = []
    for t in transitions:
        inverse = lookup(beta, t) if isinstance(beta, Mapping) else beta
        if inverse is None:
            raise ModelError(f"no beta for {t.label}; give one for every channel")
        found.append(
            Exchanged(
                t,
                energy[t.target] - energy[t.source],
                real(lookup(drive, t, 0)),
                Integer(0) if count is None else count[t.target] - count[t.source],
                real(lookup(mu, t, 0)),
                parsing.expr(inverse, known),
            )
        )
    return tuple(found)


def balanced(
    states: Sequence[str],
    transitions: Sequence[Transition],
    known: Mapping[str, Expr],
    energies: Mapping[Any, Any],
    *,
    split: Any,
    **reservoirs: Any,
) -> tuple[Transition, ...]:
    """Return the transitions with rates that obey local detailed balance.

    Parameters are those of `exchanged`; each transition keeps its rate as the prefactor.
    """
    theta = parsing.expr(split, known)
    found = []
    for e in exchanged(states, transitions, known, energies, **reservoirs):
        t, force = e.transition, -e.beta * e.heat
        found.append(
            replace(t, rate=t.rate * exp(theta * force), reverse=t.rate * exp((theta - 1) * force))
        )
    return tuple(found)


def reversed_by_potentials(
    species: Sequence[str],
    reactions: Sequence[Reaction],
    known: Mapping[str, Expr],
    potentials: Mapping[Any, Any],
    beta: Any,
) -> tuple[Reaction, ...]:
    """Return the reactions with reverse constants from standard chemical potentials.

    Each keeps its forward constant. Parameters are those of `exchanged`, and of
    `nesssym.ReactionNetwork.with_potentials`.
    """
    mu = _by_state("standard potential", potentials, species, lambda v: _real(v, known), "species")
    inverse = parsing.expr(beta, known)
    found = []
    for r in reactions:
        if r.law:
            raise ModelError(
                f"{r.name} ({r.text}) has a rate law of its own; potentials tie the rate constants "
                "of mass action"
            )
        rise = Add(*(n * mu[s] for s, n in r.change.items()))
        found.append(replace(r, reverse=r.rate * exp(inverse * rise)))
    return tuple(found)


def _real(value: Any, known: Mapping[str, Expr]) -> Expr:
    """Read an expression; new names in text are real."""
    expr = parsing.expr(value, known)
    new = expr.free_symbols.difference(known.values()) if isinstance(value, str) else ()
    return expr.xreplace({s: parsing.symbol(s.name, positive=False) for s in new})


def _by_state(
    what: str,
    values: Mapping[Any, Any],
    states: Sequence[str],
    read: Callable[[Any], Expr],
    kind: str = "state",
) -> dict[str, Expr]:
    given = {str(state): read(value) for state, value in values.items()}
    for state in given:
        if state not in states:
            raise UnknownNameError.of(kind, state, states)
    missing = [state for state in states if state not in given]
    if missing:
        raise ModelError(f"no {what} for {', '.join(missing)}; give one for every {kind}")
    return given
