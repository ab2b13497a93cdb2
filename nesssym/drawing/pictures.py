"""What a picture shows, before anything is placed: nodes and arrows of each kind of model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr

from nesssym import typeset
from nesssym.chemistry.states import ReactionSteadyState
from nesssym.errors import ParameterError
from nesssym.flows import FlowState
from nesssym.formulas import Formulas
from nesssym.networks import FlowNetwork, Model, ReactionNetwork
from nesssym.networks.reactions import Complex
from nesssym.steady import SteadyState

__all__ = ["Arrow", "Node", "Picture", "of_chemistry", "of_complexes", "of_flows", "of_states"]

BEND, CHANNEL = 0.07, 0.27
NEGLIGIBLE = 1e-12
LONGEST_RATE = 60


@dataclass(frozen=True)
class Node:
    """A labelled place.

    Parameters
    ----------
    key : str
        Its name among the nodes.
    kind : str
        "state", "species", "chemostat", "reaction" or "complex": how it looks.
    text, note : str
        What is written, and below it in smaller letters.
    fill : float
        How full it is, from 0 to 1.
    """

    key: str
    kind: str
    text: str
    note: str = ""
    fill: float = 0.0


@dataclass(frozen=True)
class Arrow:
    """A line between two nodes.

    Parameters
    ----------
    source, target : str
        Keys of the nodes.
    label : str
        Text, with mathematics between dollar signs.
    heads : (bool, bool)
        Whether there is a head at the source and at the target.
    bend : float
        By how much of its length the middle lies to the right of the straight line.
    weight : float or None
        The part of the largest current that flows; None where no current is shown.
    """

    source: str
    target: str
    label: str = ""
    heads: tuple[bool, bool] = (False, True)
    bend: float = 0.0
    weight: float | None = None


@dataclass(frozen=True)
class Picture:
    """Nodes and the arrows between them."""

    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True)
class _Channel:
    """A transition between two nodes, with its rates."""

    label: str
    source: str
    target: str
    rate: Expr
    reverse: Expr
    name: str
    subscript: str


@dataclass(frozen=True)
class _Process:
    """What a dot stands for."""

    name: str
    source: Complex
    target: Complex
    reversible: bool = False


def of_states(model: Model, ss: SteadyState | None, values: Mapping[Any, Any]) -> Picture:
    """Return the states and transitions; with a steady state, probabilities and net currents."""
    channels = [
        _Channel(t.label, t.source, t.target, t.rate, t.reverse, t.channel, t.subscript)
        for t in model.transitions
    ]
    p = {} if ss is None else _numbers(ss.state, values)
    net = {} if ss is None else _numbers(ss.currents, values)
    nodes = tuple(Node(s, "state", s, _short(p.get(s)), p.get(s, 0.0)) for s in model.states)
    return Picture(nodes, tuple(_arrows(channels, net, dict(model.notation))))


def of_complexes(
    network: ReactionNetwork, ss: ReactionSteadyState | None, values: Mapping[Any, Any]
) -> Picture:
    """Return the complexes joined by reactions; with a steady state, the net currents."""
    channels = [
        _Channel(r.name, repr(a), repr(b), forward, backward, r.name, r.subscript)
        for r, (a, b), (forward, backward) in zip(
            network.reactions, network.sides, network.held_rates, strict=True
        )
        if a != b
    ]
    net = {} if ss is None else _numbers(ss.currents, values)
    nodes = tuple(Node(repr(c), "complex", repr(c)) for c in network.complexes)
    return Picture(nodes, tuple(_arrows(channels, net, dict(network.notation))))


def of_chemistry(
    network: ReactionNetwork, ss: ReactionSteadyState | None, values: Mapping[Any, Any]
) -> Picture:
    """Return the bipartite graph of species and reactions; with a steady state, its numbers."""
    net = {} if ss is None else _numbers(ss.currents, values)
    amounts = {} if ss is None else _numbers(ss.state, values)
    largest = max(amounts.values(), default=1.0)
    nodes = [
        Node(s, "chemostat", s)
        if s in network.chemostats
        else Node(s, "species", s, _short(amounts.get(s)), amounts.get(s, 0.0) / largest)
        for s in network.species
    ]
    processes = [_Process(r.name, r.reactants, r.products, r.reversible) for r in network.reactions]
    return _bipartite(nodes, processes, net)


def of_flows(network: FlowNetwork, ss: FlowState | None, values: Mapping[Any, Any]) -> Picture:
    """Return the places and the flows between them; with a steady state, its numbers."""
    net = {} if ss is None else _numbers(ss.currents, values)
    known = {} if ss is None else _numbers(ss.state, values)
    nodes = []
    for place in network.places:
        unknown = network.unknowns.get(place)
        value = known.get(unknown.name) if unknown is not None else None
        note = "" if value is None else f"{unknown} = {_short(value)}"
        nodes.append(Node(place, "species" if unknown is not None else "chemostat", place, note))
    return _bipartite(nodes, [_Process(f.name, f.source, f.target) for f in network.flows], net)


def _bipartite(
    nodes: Sequence[Node], processes: Sequence[_Process], net: Mapping[str, float]
) -> Picture:
    """Put a dot for every process between what it takes and what it makes."""
    dots: list[Node] = []
    arrows: list[Arrow] = []
    most, taken = _largest(net), {n.key for n in nodes}
    for p in processes:
        j = net.get(p.name)
        dot = f"flow {p.name}" if p.name in taken else p.name
        dots.append(Node(dot, "reaction", p.name, "" if j is None else _short(abs(j))))
        back = p.reversible if j is None else j < 0
        ahead = j is None or j >= 0
        weight = None if j is None else _weight(j, most)
        both = {s for s, _ in p.source.terms} & {s for s, _ in p.target.terms}
        for side, into in ((p.source, True), (p.target, False)):
            for s, n in side.terms:
                ends = (s, dot) if into else (dot, s)
                head = (back if into else ahead) and weight != 0
                arrows.append(
                    Arrow(
                        *ends,
                        str(n) if n > 1 else "",
                        (head, False) if into else (False, head),
                        CHANNEL if s in both else 0.0,
                        weight,
                    )
                )
    return Picture((*nodes, *dots), tuple(arrows))


def _arrows(
    channels: list[_Channel], net: Mapping[str, float], notation: Mapping[Any, str]
) -> Iterator[Arrow]:
    """Yield an arrow a direction of each transition, or one along its net current."""
    most = _largest(net)
    pairs = [frozenset((c.source, c.target)) for c in channels]
    seen: dict[frozenset[str], int] = {}
    for c, pair in zip(channels, pairs, strict=True):
        number = seen.get(pair, 0)
        seen[pair] = number + 1
        base = CHANNEL * (2 * number - pairs.count(pair) + 1)
        if (c.source, c.target) != tuple(sorted(pair)):
            base = -base
        if net:
            j = net[c.label]
            ends = (c.source, c.target) if j >= 0 else (c.target, c.source)
            weight = _weight(j, most)
            bend = base if j >= 0 else -base
            label = _short(abs(j)) if weight else "0"
            yield Arrow(*ends, _named(c, pairs, label), (False, weight > 0), bend, weight)
            continue
        forth = _rate(c.rate, c.subscript, notation)
        if c.reverse == 0:
            yield Arrow(c.source, c.target, _named(c, pairs, forth), bend=base)
            continue
        back = _rate(c.reverse, c.subscript, notation)
        yield Arrow(c.source, c.target, forth, bend=base + BEND)
        yield Arrow(c.target, c.source, back, bend=BEND - base)


def _named(c: _Channel, pairs: list[frozenset[str]], label: str) -> str:
    parallel = c.name and pairs.count(frozenset((c.source, c.target))) > 1
    return f"{c.name}: {label}" if parallel else label


def _rate(rate: Expr, subscript: str, notation: Mapping[Any, str]) -> str:
    """Return LaTeX of a rate; of a long one its symbol."""
    if rate.count_ops() > LONGEST_RATE:
        return f"$w_{{{subscript}}}$"
    return f"${typeset.expression(rate, dict(notation))}$"


def _largest(net: Mapping[str, float]) -> float:
    return max(map(abs, net.values()), default=0.0)


def _weight(j: float, most: float) -> float:
    """Return a current's part of the largest; exactly zero for what is rounding."""
    return abs(j) / most if abs(j) > NEGLIGIBLE * most else 0.0


def _short(x: float | None) -> str:
    return "" if x is None else f"{x:.3g}"


def _numbers(formulas: Formulas, values: Mapping[Any, Any]) -> dict[str, float]:
    """Return all labels as floats."""
    known = {str(v) for v in values}
    missing = [s.name for s in formulas.symbols if s.name not in known]
    if missing:
        raise ParameterError(
            f"the steady state holds symbols without numbers: {', '.join(missing)}; give "
            "values={...}, or draw the model, which shows its rates"
        )
    inside = {s.name for s in formulas.symbols}
    point = {k: v for k, v in values.items() if str(k) in inside}
    return {label: float(x) for label, x in formulas.at(point).items()}
