"""Transitions between named states: what every kind of Markov model is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
from sympy import Expr, Integer, S, Symbol, nan, zoo

from nesssym import typeset
from nesssym.errors import ModelError, NameClashError, ParseError, warn
from nesssym.schemes import Arrow
from nesssym.signs import sign

__all__ = ["ARROWS", "Transition", "checked_rate", "pair_up", "read_lines", "split_rates"]

ARROWS = {
    "<->": True,
    "<-->": True,
    "<=>": True,
    "⇌": True,
    "↔": True,
    "->": False,
    "-->": False,
    "=>": False,
    "→": False,
}
_ARROW = re.compile("|".join(sorted(map(re.escape, ARROWS), key=len, reverse=True)))
_NAMED = re.compile(r"\s*([^\s:;<>]+):\s+(.*)", re.DOTALL)
MAX_LINES, MAX_LINE = 20_000, 4_000


@dataclass(frozen=True)
class Transition:
    """A channel between two states, with a direction in which its current counts as positive.

    Parameters
    ----------
    source, target : str
        Its first and its second state.
    rate : Expr
        The rate from `source` to `target`, positive.
    reverse : Expr
        The rate from `target` to `source`; 0 for a one-way transition.
    channel : str
        The name of the channel, or the empty text.

    Examples
    --------
    >>> from sympy import symbols
    >>> k, kr = symbols("k kr", positive=True)
    >>> t = Transition("C", "A", k, kr, channel="hot")
    >>> t.label, t.reversible
    ('C->A/hot', True)
    """

    source: str
    target: str
    rate: Expr
    reverse: Expr = S.Zero
    channel: str = ""

    @property
    def label(self) -> str:
        """The name of the transition: ``A->B``, or ``A->B/hot`` for a named channel."""
        return f"{self.source}->{self.target}" + (f"/{self.channel}" if self.channel else "")

    @property
    def reversible(self) -> bool:
        """Whether the reverse rate is not zero."""
        return bool(self.reverse != 0)

    @property
    def arrow(self) -> Arrow:
        """The transition for a scheme."""
        source, target = (typeset.text(state) for state in (self.source, self.target))
        channel = typeset.text(self.channel) if self.channel else ""
        return Arrow(source, target, self.rate, self.reverse, channel)

    @property
    def subscript(self) -> str:
        """LaTeX of the transition, to be put into a subscript."""
        arrow = rf"{typeset.text(self.source)}\to {typeset.text(self.target)}"
        return rf"{arrow},{typeset.text(self.channel)}" if self.channel else arrow


def pair_up(
    rates: Iterable[tuple[str, str, str, Expr]], assume: Sequence[Expr] = ()
) -> tuple[Transition, ...]:
    """Join one-way rates to transitions; the first seen of a pair gives the direction.

    Parameters
    ----------
    rates : iterable of (source, target, channel, rate)
        Each ordered pair of states at most once a channel.
    assume : sequence of Expr
        Expressions known to be positive.

    Raises
    ------
    ModelError
        A self-loop, a negative or infinite rate, or one whose sign cannot be known.
    NameClashError
        The same pair of states and channel twice.
    """
    found: dict[tuple[str, str, str], Expr] = {}
    for source, target, channel, rate in rates:
        name = Transition(source, target, rate, channel=channel).label
        if source == target:
            raise ModelError(
                f"{name} is a self-loop: it changes nothing in continuous time; leave it out"
            )
        if (source, target, channel) in found:
            raise NameClashError(
                f"{name} is given twice; add the two rates, or give each its own channel name"
            )
        found[source, target, channel] = checked_rate(name, rate, assume)
    dropped = [
        Transition(*key[:2], rate, channel=key[2]).label for key, rate in found.items() if rate == 0
    ]
    if dropped:
        warn(f"rate zero means no transition; dropped {', '.join(dropped)}")
    found = {key: rate for key, rate in found.items() if rate != 0}
    transitions: list[Transition] = []
    seen: set[tuple[str, str, str]] = set()
    for (source, target, channel), rate in found.items():
        if (source, target, channel) not in seen:
            back = (target, source, channel)
            reverse = found.get(back, Integer(0))
            seen.add(back)
            transitions.append(Transition(source, target, rate, reverse, channel))
    labels = [t.label for t in transitions]
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise NameClashError(
            f"two transitions are both called {twice!r}; rename states or channels"
        )
    return tuple(transitions)


def checked_rate(name: str, rate: Expr, assume: Sequence[Expr] = ()) -> Expr:
    """Return a rate that is known to be positive or zero, or raise."""
    if rate.is_number:
        if not rate.is_finite or not rate.is_real or rate.has(nan, zoo):
            raise ModelError(f"the rate of {name} is {rate}; a rate is a finite number, >= 0")
        if rate.is_negative:
            raise ModelError(f"the rate of {name} is {rate}, negative; a rate is >= 0")
        return S.Zero if rate.is_zero else rate
    known = sign(rate, assume)
    if known > 0:
        return rate
    if known < 0:
        raise ModelError(f"the rate of {name} is {rate}, which is negative; a rate is >= 0")
    plain = [s.name for s in sorted(rate.free_symbols, key=str) if s.is_positive is None]
    remedy = (
        f"declare {', '.join(plain)} with Symbol(..., positive=True)"
        if plain
        else f"pass assume=[{str(rate)!r}] or the factor that must be positive"
    )
    raise ModelError(f"the sign of the rate {rate} of {name} cannot be known; {remedy}")


def read_lines(text: str) -> Iterator[tuple[int, str, str, bool, str, list[str]]]:
    """Read transitions from text, one a line.

    Yields
    ------
    (line number, source, target, reversible, channel, rate texts)

    Raises
    ------
    ParseError
        Naming the line and what was not understood.
    """
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise ParseError(f"{len(lines)} lines are more than {MAX_LINES}; use from_rate_matrix")
    for number, raw in enumerate(lines, 1):
        line = raw.split("#", 1)[0].strip()
        if not line:
            continue
        if len(line) > MAX_LINE:
            raise ParseError(f"line {number} has {len(line)} characters, more than {MAX_LINE}")
        named = _NAMED.fullmatch(line)
        channel, body = named.groups() if named else ("", line)
        ends, _, rates = body.partition(";")
        arrows = _ARROW.findall(ends)
        if len(arrows) != 1:
            raise ParseError(
                f"line {number}: expected 'A <-> B ; k, kr' or 'A -> B ; k', got {line[:80]!r}"
            )
        source, target = (part.strip() for part in ends.split(arrows[0]))
        if not source or not target:
            raise ParseError(
                f"line {number}: a state is missing beside {arrows[0]!r}: {line[:80]!r}"
            )
        given = split_rates(rates) if rates.strip() else []
        if given and len(given) != (2 if ARROWS[arrows[0]] else 1):
            wanted = "two rates (forward, backward)" if ARROWS[arrows[0]] else "one rate"
            raise ParseError(
                f"line {number}: {arrows[0]!r} takes {wanted}, got {len(given)}: {line[:80]!r}"
            )
        yield number, source, target, ARROWS[arrows[0]], channel, given


def split_rates(rates: str) -> list[str]:
    """Split at the commas outside brackets."""
    parts, depth = [""], 0
    for char in rates:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def rate_symbols(transitions: Sequence[Transition]) -> tuple[Symbol, ...]:
    """Return the symbols of all rates in order of appearance."""
    found: dict[Symbol, None] = {}
    for t in transitions:
        for rate in (t.rate, t.reverse):
            found.update(dict.fromkeys(sorted(rate.free_symbols, key=lambda s: s.name)))
    return tuple(found)


def multigraph(
    states: Sequence[str], transitions: Sequence[Transition], **graph: Any
) -> nx.MultiDiGraph:
    """Return the frozen networkx graph: one edge a direction, keyed by the channel."""
    g = nx.MultiDiGraph(**graph)
    g.add_nodes_from(states)
    for t in transitions:
        g.add_edge(t.source, t.target, key=t.channel, rate=t.rate)
        if t.reversible:
            g.add_edge(t.target, t.source, key=t.channel, rate=t.reverse)
    return nx.freeze(g)


def lookup(values: Mapping[str, Any], t: Transition, default: Any = None) -> Any:
    """Return the value given for a transition: by its label, else by its channel."""
    return values.get(t.label, values.get(t.channel, default))
