"""Two kinds of entropy production, kept apart by type: of reservoirs, and of statistics."""

from __future__ import annotations

from dataclasses import fields

from nesssym.errors import ModelError
from nesssym.formulas import Formulas

__all__ = ["EntropyProduction", "Irreversibility", "entropy", "entropy_unit"]


class EntropyProduction(Formulas):
    r"""Formulas of entropy produced in real reservoirs, in k_B per time or W/K.

    Times the temperature of a reservoir it is heat. What `entropy_production` returns for state
    graphs, reaction networks, flow networks, and fields whose baths have temperatures.

    Raises
    ------
    ModelError
        It is joined, by ``|``, with `Irreversibility`.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    >>> sigma = ns.entropy_production(ns.steady_state(g))
    >>> type(sigma).__name__, sigma.unit
    ('EntropyProduction', 'k_B/time')
    """

    def __or__(self, other: Formulas) -> Formulas:
        return _join(self, other)


class Irreversibility(Formulas):
    """Formulas of a statistical irreversibility, in nats per step or per time.

    How fast a trajectory tells its direction in time. No reservoir is implied and no heat. What
    `entropy_production` returns for Markov chains, and for fields whose noise has no temperature.

    Raises
    ------
    ModelError
        It is joined, by ``|``, with `EntropyProduction`.

    Examples
    --------
    >>> import nesssym as ns
    >>> half = "1/2"
    >>> chain = ns.MarkovChain.from_matrix([[half, half], [half, half]])
    >>> sigma = ns.entropy_production(ns.steady_state(chain))
    >>> type(sigma).__name__, sigma.unit
    ('Irreversibility', 'nats/step')
    """

    def __or__(self, other: Formulas) -> Formulas:
        return _join(self, other)


def entropy(formulas: Formulas) -> EntropyProduction | Irreversibility:
    """Return formulas as what their unit says they are: nats are statistical."""
    kind = Irreversibility if formulas.unit.startswith("nats") else EntropyProduction
    return kind(**{f.name: getattr(formulas, f.name) for f in fields(formulas)})


def entropy_unit(time: str) -> str:
    """Return the unit of entropy production over a model's time: a step knows no reservoir."""
    return "k_B/time" if time == "time" else f"nats/{time}"


def _join(mine: Formulas, other: Formulas) -> Formulas:
    kinds = {type(mine), type(other)}
    if kinds == {EntropyProduction, Irreversibility}:
        raise ModelError(
            f"cannot join {type(mine).__name__} ({mine.unit}) with {type(other).__name__} "
            f"({other.unit}): the one is heat over temperature in reservoirs, the other only says "
            "how well a trajectory tells its direction in time; keep them in formulas of their own"
        )
    joined = Formulas.__or__(mine, other)
    return entropy(joined) if len(kinds) == 1 and joined.unit != "mixed" else joined
