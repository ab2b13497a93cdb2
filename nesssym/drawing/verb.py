"""`draw`: a model or its steady state as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nesssym.chemistry.states import ReactionSteadyState
from nesssym.drawing import canvas
from nesssym.drawing.pictures import Picture, of_chemistry, of_complexes, of_flows, of_states
from nesssym.errors import ModelError, TooLargeError, UnknownNameError
from nesssym.flows import FlowState
from nesssym.networks import FlowNetwork, MarkovChain, Model, ReactionNetwork, StateGraph
from nesssym.steady import SteadyState

__all__ = ["draw"]

VIEWS = ("species", "complexes")
MOST_NODES = 250


def draw(
    model: Model | ReactionNetwork | FlowNetwork | SteadyState | ReactionSteadyState | FlowState,
    ax: Any = None,
    *,
    values: Mapping[Any, Any] | None = None,
    view: str = "species",
) -> Any:
    r"""Draw a model, or a steady state with what flows in it.

    A state graph is drawn as its states and transitions with their rates, a reaction network as
    the graph of its species and reactions, or of its complexes, a flow network as its places and
    flows. Chemostats and reservoirs are dashed. A steady state shows how full each node is, and net
    currents by arrows that point where they flow and are as wide as they are large. The same model
    gives the same picture.

    Parameters
    ----------
    model : StateGraph, MarkovChain, ReactionNetwork, FlowNetwork or a steady state of one
        What is drawn.
    ax : matplotlib Axes, optional
        Where; by default a figure of its own, as large as the picture.
    values : mapping, optional
        Of a steady state: numbers for its symbols.
    view : {"species", "complexes"}, optional
        Of a reaction network: a dot a reaction between its species, or arrows between complexes
        as the internal species see them.

    Returns
    -------
    matplotlib Axes
        ``ax.figure.savefig("model.svg")`` writes the picture to a file.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    ParameterError
        A steady state holds symbols without numbers.
    TooLargeError
        More than 250 nodes.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 1, 2 \n B <-> C ; 1, 2 \n C <-> A ; 1, 2")
    >>> ax = ns.draw(ns.steady_state(g))
    >>> sorted(text.get_text() for text in ax.texts)
    ['0.333', '0.333', '0.333', '0.333', '0.333', '0.333', 'A', 'B', 'C']
    """
    if view not in VIEWS:
        raise UnknownNameError.of("view", view, VIEWS)
    picture = _picture(model, values or {}, view)
    if len(picture.nodes) > MOST_NODES:
        raise TooLargeError(
            f"{len(picture.nodes)} nodes are more than {MOST_NODES}, too many to see anything; "
            "draw a part of the model, or give its .graph to a program for large graphs"
        )
    canvas.require()
    own = ax is None
    axes = canvas.new_axes() if own else ax
    canvas.paint(picture, axes, own=own)
    return axes


def _picture(model: Any, values: Mapping[Any, Any], view: str) -> Picture:
    chemical = of_chemistry if view == "species" else of_complexes
    if isinstance(model, SteadyState):
        return of_states(model.model, model, values)
    if isinstance(model, ReactionSteadyState):
        return chemical(model.model, model, values)
    if isinstance(model, FlowState):
        return of_flows(model.model, model, values)
    fixed = model.subs(values) if values and hasattr(model, "subs") else model
    if isinstance(model, StateGraph | MarkovChain):
        return of_states(fixed, None, {})
    if isinstance(model, ReactionNetwork):
        return chemical(fixed, None, {})
    if isinstance(fixed, FlowNetwork):
        return of_flows(fixed, None, {})
    raise ModelError(
        "draw takes a StateGraph, MarkovChain, ReactionNetwork, FlowNetwork or a steady state of "
        f"one, got {type(model).__name__}"
    )
