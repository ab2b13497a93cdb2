"""Reactions between species: how they are written, and how fast they go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, Integer, Mul, S

from nesssym import parsing, typeset
from nesssym.errors import ModelError, NessError, ParseError
from nesssym.networks.transitions import (
    ARROWS,
    MAX_LINE,
    MAX_LINES,
    Transition,
    checked_rate,
    split_rates,
)
from nesssym.schemes import Arrow

__all__ = [
    "Complex",
    "Reaction",
    "checked_reaction",
    "one_at_a_time",
    "read_complex",
    "read_reactions",
]

_ARROW = re.compile(
    r"<?-+>|<?=+>|<-+|<=+|" + "|".join(re.escape(a) for a in ARROWS if not a.isascii())
)
_NAMED = re.compile(r"\s*([^:;]*?)\s*:\s+(.*)", re.DOTALL)
_TERM = re.compile(r"(?:([0-9]+)\s*\*?\s*)?([A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*)")
_LAW = re.compile(r"\s*v\s*=(.*)", re.DOTALL)
EMPTY = ("", "0", "∅")
MAX_COEFFICIENT = 1_000


@dataclass(frozen=True)
class Complex:
    """What stands on one side of a reaction: species with whole numbers.

    Parameters
    ----------
    terms : tuple of (str, int)
        Species and how many of each, in the order written; none for the empty complex.

    Examples
    --------
    >>> Complex((("A", 2), ("B", 1)))
    2 A + B
    >>> Complex(())
    ∅
    """

    terms: tuple[tuple[str, int], ...]

    def __repr__(self) -> str:
        return " + ".join(f"{n} {s}" if n > 1 else s for s, n in self.terms) or "∅"

    def __getitem__(self, species: str) -> int:
        """Return how many of a species there are."""
        return dict(self.terms).get(species, 0)

    @property
    def latex(self) -> str:
        """LaTeX of the complex."""
        parts = (f"{n if n > 1 else ''}{typeset.text(s)}" for s, n in self.terms)
        return " + ".join(parts) or r"\varnothing"

    def only(self, species: Iterable[str]) -> Complex:
        """Return what is left when all other species are left out, in the given order."""
        counts = dict(self.terms)
        return Complex(tuple((s, counts[s]) for s in species if s in counts))


@dataclass(frozen=True)
class Reaction:
    r"""A reaction: what it uses up, what it makes, and how fast.

    Mass action by default: the forward rate is ``rate`` times the concentrations of all
    reactants, each to the power of its number, without a factorial.

    Parameters
    ----------
    name : str
        Its label in results.
    reactants, products : Complex
        The two sides.
    rate, reverse : Expr
        The rate constants forward and backward; 0 backward for a reaction that goes one way.
    law : bool, optional
        Whether `rate` and `reverse` are whole rate laws, in the concentrations, rather than
        constants of mass action.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("bind: E + 2 S <-> C ; k, kr").reactions[0]
    >>> r
    bind: E + 2 S <-> C ; k, kr
    >>> r.change
    {'E': -1, 'S': -2, 'C': 1}
    """

    name: str
    reactants: Complex
    products: Complex
    rate: Expr
    reverse: Expr = S.Zero
    law: bool = False

    def __repr__(self) -> str:
        rates = f"{self.rate}, {self.reverse}" if self.reversible else f"{self.rate}"
        return f"{self.name}: {self.text} ; {'v = ' if self.law else ''}{rates}"

    @property
    def label(self) -> str:
        """The name of the reaction."""
        return self.name

    @property
    def text(self) -> str:
        """The reaction without name and rates, as it is written."""
        sides = [repr(c).replace("∅", "0") for c in (self.reactants, self.products)]
        return f" {'<->' if self.reversible else '->'} ".join(sides)

    @property
    def arrow(self) -> Arrow:
        """The reaction for a scheme."""
        sides = (self.reactants.latex, self.products.latex)
        return Arrow(*sides, self.rate, self.reverse, self.subscript, law=self.law)

    @property
    def subscript(self) -> str:
        """LaTeX of the name, to be put into a subscript."""
        return typeset.text(self.name)

    @property
    def reversible(self) -> bool:
        """Whether the reverse rate is not zero."""
        return bool(self.reverse != 0)

    @property
    def species(self) -> tuple[str, ...]:
        """The species on both sides, in order of appearance."""
        return tuple(dict.fromkeys(s for s, _ in (*self.reactants.terms, *self.products.terms)))

    @property
    def change(self) -> dict[str, int]:
        """What one turn of the reaction changes: species to number."""
        net = {s: self.products[s] - self.reactants[s] for s in self.species}
        return {s: n for s, n in net.items() if n}

    def rates(self, concentrations: Mapping[str, Expr]) -> tuple[Expr, Expr]:
        """Return the forward and the backward rate at some concentrations."""
        if self.law:
            env = {parsing.symbol(s): c for s, c in concentrations.items()}
            return self.rate.xreplace(env), self.reverse.xreplace(env)
        forward, backward = (
            Mul(*(concentrations[s] ** n for s, n in side.terms))
            for side in (self.reactants, self.products)
        )
        return self.rate * forward, self.reverse * backward


def read_reactions(
    text: str, symbols: Mapping[str, Expr] | None = None, assume: Sequence[Expr] = ()
) -> tuple[Reaction, ...]:
    """Read reactions from text, one a line.

    Parameters
    ----------
    text : str
        As in `nesssym.ReactionNetwork.from_text`.
    symbols : mapping, optional
        Meaning of names in rates; other names become positive symbols.
    assume : sequence of Expr, optional
        Expressions known to be positive.

    Raises
    ------
    ParseError, ModelError
        Naming the line and the token that is not understood.
    """
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise ParseError(f"{len(lines)} lines are more than {MAX_LINES}")
    found: list[Reaction] = []
    for number, raw in enumerate(lines, 1):
        line = raw.split("#", 1)[0].strip()
        if len(line) > MAX_LINE:
            raise ParseError(f"line {number} has {len(line)} characters, more than {MAX_LINE}")
        if line:
            try:
                found.append(_reaction(line, len(found) + 1, symbols, assume))
            except NessError as error:
                raise type(error)(f"line {number}: {error}") from None
    return tuple(found)


def read_complex(text: str) -> Complex:
    """Read one side of a reaction such as ``2 A + B``; ``0``, ``∅`` and nothing are empty.

    Examples
    --------
    >>> read_complex("2A + 3*B + A")
    3 A + 3 B
    """
    counts: dict[str, int] = {}
    if text.strip() not in EMPTY:
        for species, times in _terms(text):
            counts[species] = counts.get(species, 0) + times
    return Complex(tuple(counts.items()))


def _terms(text: str) -> Iterator[tuple[str, int]]:
    for part in text.split("+"):
        term = part.strip()
        match = _TERM.fullmatch(term)
        if not match:
            raise ParseError(_not_a_species(term, text.strip()))
        times = int(match[1] or 1)
        if not 1 <= times <= MAX_COEFFICIENT:
            raise ModelError(
                f"{term!r}: a stoichiometric number is a whole number from 1 to "
                f"{MAX_COEFFICIENT}; leave out a species of which there is none"
            )
        parsing.symbol(match[2])
        yield match[2], times


def _not_a_species(term: str, side: str) -> str:
    if not term:
        return (
            f"a species is missing beside '+' in {side!r}; a '+' joins two species, so that "
            "an ion is written Na or Na_p, not Na+"
        )
    if term.startswith("-"):
        return f"{term!r} has a negative stoichiometric number; write it on the other side"
    if re.match(r"[0-9]*\.[0-9]", term):
        return f"{term!r}: a stoichiometric number is whole; multiply the reaction through"
    return (
        f"{term!r} is not a species: write letters and digits, beginning with a letter, in parts "
        "joined by single underscores, after a whole number if need be, such as 2 A or Na_i"
    )


def _reaction(
    line: str, number: int, symbols: Mapping[str, Expr] | None, assume: Sequence[Expr]
) -> Reaction:
    named = _NAMED.fullmatch(line)
    name, body = named.groups() if named else (f"R{number}", line)
    if not name or _ARROW.search(name):
        raise ParseError(f"{name!r} before ':' is not the name of a reaction: {line[:80]!r}")
    sides, _, rates = body.partition(";")
    arrows = _ARROW.findall(sides)
    if len(arrows) != 1 or arrows[0] not in ARROWS:
        what = "no arrow" if not arrows else "the arrow" + "s" * (len(arrows) > 1)
        raise ParseError(
            f"{' '.join([what, *map(repr, arrows)])} where one of {', '.join(ARROWS)} is wanted: "
            f"{line[:80]!r}"
        )
    reversible = ARROWS[arrows[0]]
    reactants, products = map(read_complex, sides.split(arrows[0]))
    law = _LAW.fullmatch(rates)
    given = [
        text for part in (law[1] if law else rates).split(";") for text in split_rates(part) if text
    ]
    if given and len(given) != 1 + reversible:
        wanted = "two rates (forward, backward)" if reversible else "one rate"
        raise ParseError(f"{arrows[0]!r} takes {wanted}, got {len(given)}: {line[:80]!r}")
    if law and not given:
        raise ParseError(f"no rate law after 'v =': {line[:80]!r}")
    texts = given or [f"k{number}", f"k{number}r"][: 1 + reversible]
    values = [parsing.expr(text, symbols) for text in texts]
    forward, backward = (*values, S.Zero)[:2]
    return checked_reaction(
        Reaction(name, reactants, products, forward, backward, bool(law)), assume
    )


def checked_reaction(reaction: Reaction, assume: Sequence[Expr] = ()) -> Reaction:
    """Return the reaction, or raise where it is none or its rates are not positive."""
    name = reaction.name
    if reaction.reactants.only(reaction.species) == reaction.products.only(reaction.species):
        raise ModelError(f"{name} ({reaction.text}) changes nothing; leave it out")
    forward = checked_rate(name, reaction.rate, assume)
    backward = checked_rate(name, reaction.reverse, assume)
    if forward == 0:
        raise ModelError(f"{name} ({reaction.text}) has the forward rate 0; write it backwards")
    return Reaction(name, reaction.reactants, reaction.products, forward, backward, reaction.law)


def one_at_a_time(
    reactions: Sequence[Reaction], internal: Sequence[str], concentrations: Mapping[str, Expr]
) -> list[Transition | None]:
    """Return each reaction as a transition between internal species; None for one that is none.

    Raises
    ------
    ModelError
        A reaction with more or fewer than one internal species on a side.
    """
    inside = set(map(parsing.symbol, internal))
    one = dict(concentrations) | dict.fromkeys(internal, Integer(1))
    sides = [(r.reactants.only(internal), r.products.only(internal)) for r in reactions]
    pairs = [frozenset(s for c in pair for s, _ in c.terms) for pair in sides]
    moves: list[Transition | None] = []
    for r, (source, target), pair in zip(reactions, sides, pairs, strict=True):
        if source == target and not r.law:
            moves.append(None)
            continue
        for side in (source, target):
            if [n for _, n in side.terms] != [1]:
                raise ModelError(
                    f"{r.name} ({r.text}) has the internal species {side} on one side; a state "
                    "graph needs exactly one on each. Name what reservoirs hold in chemostats, or "
                    "use steady_states, which solves networks of any kind"
                )
        (a, _), (b, _) = source.terms[0], target.terms[0]
        forward, backward = r.rates(concentrations) if r.law else r.rates(one)
        if r.law:
            forward /= concentrations[a]
            backward /= concentrations[b]
            if (forward.free_symbols | backward.free_symbols) & inside:
                raise ModelError(f"the rate law of {r.name} is not linear in {a} and {b}")
        channel = r.name if pairs.count(pair) > 1 else ""
        moves.append(None if a == b else Transition(a, b, forward, backward, channel))
    return moves
