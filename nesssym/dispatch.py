"""Which function answers a verb is told by the type of what it is asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import singledispatch
from typing import Any

from nesssym.chemistry.states import ReactionSteadyState
from nesssym.errors import ModelError
from nesssym.fields import Field
from nesssym.networks import FlowNetwork, MarkovChain, ReactionNetwork, StateGraph
from nesssym.steady import SteadyState

__all__ = ["of_models", "of_states", "verb"]

Answer = Callable[..., Any]
MODELS = (StateGraph, MarkovChain, ReactionNetwork, FlowNetwork, Field)
NONE: Mapping[type, Answer] = {}


def verb(name: str, answers: Mapping[type, Answer]) -> Answer:
    """Return a function that asks the one of its first argument's type."""

    @singledispatch
    def ask(model: object, *_: Any, **__: Any) -> Any:
        known = ", ".join(dict.fromkeys(kind.__name__ for kind in answers))
        first = "; derive its steady_state first" if isinstance(model, MODELS) else ""
        raise ModelError(f"{name} takes one of {known}, got {type(model).__name__}{first}")

    for kind, answer in answers.items():
        ask.register(kind, answer)
    return ask


def of_models(
    name: str, markov: Answer, reactions: Answer, others: Mapping[type, Answer] = NONE
) -> Answer:
    """Return a verb that takes a model."""
    networks = {StateGraph: markov, MarkovChain: markov, ReactionNetwork: reactions}
    return verb(name, {**networks, **others})


def of_states(
    name: str, markov: Answer, reactions: Answer, others: Mapping[type, Answer] = NONE
) -> Answer:
    """Return a verb that takes a steady state."""
    return verb(name, {SteadyState: markov, ReactionSteadyState: reactions, **others})
