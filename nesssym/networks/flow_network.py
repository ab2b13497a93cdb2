"""FlowNetwork: compartments and reservoirs joined by flows with constitutive laws."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sympy import Add, Expr, Integer, Symbol

from nesssym import parsing, typeset
from nesssym.errors import ModelError, NameClashError, NessError, ParseError, UnknownNameError
from nesssym.exact import incidence
from nesssym.networks.labelled import Combination, LabelledMatrix
from nesssym.networks.reactions import Complex, read_complex
from nesssym.schemes import Arrow, scheme

__all__ = ["Flow", "FlowNetwork"]

_LINE = re.compile(r"(?:([^:;]+?)\s*:\s+)?(.*?)\s*->\s*(.*?)\s*;(.*)", re.DOTALL)


@dataclass(frozen=True)
class Flow:
    """A process that takes something from some places and brings it to others.

    Parameters
    ----------
    name : str
        Its label in results.
    source, target : Complex
        Where it takes from and where it brings to, with how many units a turn.
    law : Expr
        How many turns a time: the constitutive law, in the unknowns and the parameters.

    Examples
    --------
    >>> from sympy import Symbol
    >>> Flow("pump", read_complex("3 Na_in"), read_complex("3 Na_out"), Symbol("j")).change
    {'Na_in': -3, 'Na_out': 3}
    """

    name: str
    source: Complex
    target: Complex
    law: Expr

    def __repr__(self) -> str:
        return f"{self.name}: {self.source} -> {self.target} ; {self.law}".replace("∅", "0")

    @property
    def change(self) -> dict[str, int]:
        """What one turn changes: place to number."""
        places = dict.fromkeys(s for s, _ in (*self.source.terms, *self.target.terms))
        net = {s: self.target[s] - self.source[s] for s in places}
        return {s: n for s, n in net.items() if n}

    @property
    def arrow(self) -> Arrow:
        """The flow for a scheme, which has its law above the arrow."""
        return Arrow(
            self.source.latex, self.target.latex, self.law, Integer(0), self.subscript, law=True
        )

    @property
    def subscript(self) -> str:
        """LaTeX of the name, to be put into a subscript."""
        return typeset.text(self.name)


@dataclass(frozen=True, eq=False)
class FlowNetwork:
    r"""Compartments and reservoirs joined by flows of heat, water, ions or anything conserved.

    Each compartment has one unknown (its temperature, level, concentration, ...), and what flows
    into it flows out of it in the steady state. Reservoirs are all other places. A flow follows a
    constitutive law: any expression of the unknowns and parameters. The force of a flow comes from
    the potentials of the places it joins, the derivative of the entropy by what is stored there
    (:math:`1/T` for heat, :math:`-\mu/T` for matter), so that force times flow is what it
    dissipates.

    Parameters
    ----------
    flows : tuple of Flow
        With distinct names.
    unknowns : dict of str to Symbol
        Compartment to its unknown.
    potentials : dict of str to Expr
        Place to the derivative of the entropy by its content; needed for forces only.
    constraints : dict of Symbol to Expr
        Further unknowns (a voltage, a volume), each with an expression that vanishes.
    assume : tuple of Expr
        Expressions that are positive though their symbols alone do not tell.
    notation : tuple of (Symbol, str)
        LaTeX of symbols.
    unit : str
        The unit of the flows.
    dissipation : str
        The unit of flow times force: W/K in SI.

    Raises
    ------
    ModelError
        A compartment that no flow touches, or a flow that changes nothing.
    NameClashError
        Two flows with one name.

    Examples
    --------
    A house between its electric heater and the winter; work carries no entropy:

    >>> import nesssym as ns
    >>> house = ns.FlowNetwork.from_text('''
    ...     heating: socket -> room ; Q
    ...     walls: room -> outside ; G*(T - T_out)
    ... ''', unknowns={"room": "T"}, unit="W",
    ... potentials={"socket": 0, "room": "1/T", "outside": "1/T_out"})
    >>> ss = ns.steady_state(house)
    >>> ss["T"]
    (G*T_out + Q)/G
    >>> ns.entropy_production(ss).at({"Q": 1000, "G": 50, "T_out": 280})["walls"]
    5/21
    """

    flows: tuple[Flow, ...]
    unknowns: dict[str, Symbol]
    potentials: dict[str, Expr] = field(default_factory=dict)
    constraints: dict[Symbol, Expr] = field(default_factory=dict)
    assume: tuple[Expr, ...] = ()
    notation: tuple[tuple[Symbol, str], ...] = ()
    unit: str = "1/time"
    dissipation: str = "W/K"

    def __post_init__(self) -> None:
        names = [f.name for f in self.flows]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise NameClashError(f"two flows have the name {twice!r}; names must differ")
        if not self.flows:
            raise ModelError("a network without flows has no steady state to speak of")
        for f in self.flows:
            if not f.change:
                raise ModelError(f"the flow {f.name} changes nothing; leave it out")
        for place in (*self.unknowns, *self.potentials):
            if place not in self.places:
                raise UnknownNameError.of("place", place, self.places)
        if not self.unknowns:
            raise ModelError("no compartment has an unknown: give unknowns={place: name}")
        parsing.check_distinct((*self.symbols, *self.variables))

    def __repr__(self) -> str:
        return (
            f"<FlowNetwork: {len(self.unknowns)} compartments, {len(self.reservoirs)} reservoirs, "
            f"{len(self.flows)} flows>"
        )

    def _repr_latex_(self) -> str | None:
        return scheme((f.arrow for f in self.flows), dict(self.notation))

    @classmethod
    def from_text(
        cls,
        text: str,
        unknowns: Mapping[str, str],
        *,
        potentials: Mapping[str, Any] | None = None,
        constraints: Mapping[str, Any] | None = None,
        real: Iterable[str] = (),
        assume: Iterable[Any] = (),
        symbols: Mapping[str, Expr] | None = None,
        unit: str = "1/time",
        dissipation: str = "W/K",
    ) -> FlowNetwork:
        """Read a network from text, one flow a line.

        ``name: place -> place ; law``, where a side may be a sum with whole numbers, as in
        ``pump: 3 Na_in + 2 K_out -> 3 Na_out + 2 K_in ; j``, or ``0`` for what is not followed.

        Parameters
        ----------
        text : str
            The flows; comments after ``#``. Text is parsed, never evaluated.
        unknowns : mapping of str to str
            Compartment to the name of its unknown; all other places are reservoirs.
        potentials : mapping, optional
            Place to the derivative of the entropy by its content.
        constraints : mapping, optional
            Name of a further unknown to the expression that must vanish.
        real : iterable of str, optional
            Names that may be negative; all others are positive.
        assume : iterable, optional
            Expressions that are positive.
        symbols : mapping, optional
            What names stand for.
        unit, dissipation : str, optional
            Units of the flows, and of flow times force.

        Raises
        ------
        ParseError
            Naming the line that is not understood.
        """
        real = set(real)
        named: dict[str, Expr] = {name: parsing.symbol(name, positive=False) for name in real}
        named |= dict(symbols or {})
        constraints = constraints or {}
        for name in (*unknowns.values(), *constraints):
            if name in (symbols or {}):
                raise NameClashError(f"{name!r} is an unknown and a parameter; rename one")
            named.setdefault(name, parsing.symbol(name))
        flows: list[Flow] = []
        for number, raw in enumerate(text.splitlines(), 1):
            line = raw.split("#", 1)[0].strip()
            if not line:
                continue
            match = _LINE.fullmatch(line)
            if not match:
                raise ParseError(
                    f"line {number}: expected 'name: place -> place ; law', got {line[:80]!r}"
                )
            name, source, target, law = match.groups()
            try:
                flows.append(
                    Flow(
                        name or f"F{len(flows) + 1}",
                        read_complex(source),
                        read_complex(target),
                        parsing.expr(law.strip(), named),
                    )
                )
            except NessError as error:
                raise type(error)(f"line {number}: {error}") from None
        return cls(
            tuple(flows),
            {place: named[name] for place, name in unknowns.items()},
            {place: parsing.expr(e, named) for place, e in (potentials or {}).items()},
            {named[name]: parsing.expr(e, named) for name, e in constraints.items()},
            tuple(parsing.expr(e, named) for e in assume),
            unit=unit,
            dissipation=dissipation,
        )

    @property
    def places(self) -> tuple[str, ...]:
        """All places, in order of appearance."""
        sides = (c for f in self.flows for c in (f.source, f.target))
        return tuple(dict.fromkeys(place for c in sides for place, _ in c.terms))

    @property
    def compartments(self) -> tuple[str, ...]:
        """The places that have an unknown."""
        return tuple(self.unknowns)

    @property
    def reservoirs(self) -> tuple[str, ...]:
        """The places whose state is given."""
        return tuple(place for place in self.places if place not in self.unknowns)

    @property
    def variables(self) -> tuple[Symbol, ...]:
        """The unknowns: those of the compartments, then those of the constraints."""
        return (*self.unknowns.values(), *self.constraints)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The parameters in order of appearance."""
        exprs = (*(f.law for f in self.flows), *self.constraints.values())
        found: dict[Symbol, None] = {}
        for expr in (*exprs, *self.potentials.values(), *self.assume):
            found.update(dict.fromkeys(sorted(expr.free_symbols, key=lambda s: s.name)))
        return tuple(s for s in found if s not in self.variables)

    @property
    def incidence(self) -> LabelledMatrix:
        """What each flow changes: places by flows."""
        changes = [f.change for f in self.flows]
        rows = tuple(tuple(change.get(place, 0) for change in changes) for place in self.places)
        return LabelledMatrix(self.places, tuple(f.name for f in self.flows), rows)

    @property
    def balances(self) -> dict[str, Expr]:
        """What must vanish in a steady state: the net inflow of every compartment."""
        return {
            place: Add(*(f.change.get(place, 0) * f.law for f in self.flows))
            for place in self.unknowns
        }

    def conservation_laws(self) -> tuple[Combination, ...]:
        """Return combinations of places that no flow changes, as smallest whole numbers."""
        matrix = [list(row) for row in self.incidence.entries]
        return tuple(
            Combination.of(self.places, law) for law in incidence.conservation_laws(matrix)
        )

    def cycles(self) -> tuple[Combination, ...]:
        """Return combinations of flows that leave every compartment as it was."""
        entries = dict(zip(self.places, self.incidence.entries, strict=True))
        names = tuple(f.name for f in self.flows)
        inside = [list(entries[place]) for place in self.unknowns]
        return tuple(Combination.of(names, c) for c in incidence.null_space(inside))

    def force(self, flow: Flow) -> Expr:
        """Return the force of a flow from the potentials of the places it joins.

        Raises
        ------
        ModelError
            A place without a potential.
        """
        return self.affinity(Combination(((flow.name, 1),)))

    def affinity(self, cycle: Combination) -> Expr:
        """Return the entropy that one turn of a combination of flows produces."""
        changes = {f.name: f.change for f in self.flows}
        net: dict[str, int] = {}
        for name, times in cycle.terms:
            for place, n in changes[name].items():
                net[place] = net.get(place, 0) + times * n
        missing = [place for place, n in net.items() if n and place not in self.potentials]
        if missing:
            raise ModelError(
                f"no potential of {', '.join(missing)}: give potentials={{place: 1/T or -mu/T}}, "
                "the derivative of the entropy by what is there"
            )
        terms = (n * self.potentials[place] for place, n in net.items() if n)
        return Add(*terms) if net else Integer(0)

    def subs(self, values: Mapping[Any, Any]) -> FlowNetwork:
        """Substitute parameters by exact numbers or expressions; return a new network."""
        env = parsing.substitution(values, self.symbols)
        parsing.check_values(env, self.assume)
        parsing.check_powers((f.law for f in self.flows), env)
        return FlowNetwork(
            tuple(Flow(f.name, f.source, f.target, f.law.xreplace(env)) for f in self.flows),
            self.unknowns,
            {place: e.xreplace(env) for place, e in self.potentials.items()},
            {u: e.xreplace(env) for u, e in self.constraints.items()},
            tuple(e for e in (a.xreplace(env) for a in self.assume) if e.free_symbols),
            self.notation,
            self.unit,
            self.dissipation,
        )
