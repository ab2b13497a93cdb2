"""Reaction networks from SBML, by libsbml; what they cannot hold is refused by its id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from os import PathLike
from pathlib import Path
from typing import Any

from sympy import Add, Expr, Integer, Mul, Symbol, expand_mul, ilcm

from nesssym import parsing
from nesssym.errors import MissingExtraError, ModelError, NessError, ParseError, UnknownNameError
from nesssym.networks.reaction_network import ReactionNetwork
from nesssym.networks.reactions import MAX_COEFFICIENT, Complex, Reaction, checked_reaction
from nesssym.networks.sbml_math import MathReader, decimal, split

__all__ = ["SBMLModel", "libsbml", "parse_sbml", "read_sbml"]

MAX_BYTES = 20_000_000
MAX_EXPANDED = 300  # operations in a law whose brackets are multiplied out
_CORE_MATH = "l3v2extendedmath"  # libsbml's word for what level 3 version 2 has in its core


@dataclass(frozen=True, eq=False)
class SBMLModel:
    """A reaction network with what else its SBML file tells.

    Parameters
    ----------
    model : ReactionNetwork
        The network, symbolic in the parameters of the file.
    title : str
        The model's name, or its id.
    values : dict of Symbol to Expr
        The exact values of the network's symbols, ready for ``subs``. A chemostat that starts at
        zero has none.
    initial : dict of str to Expr
        The initial concentration (or amount) of each internal species that has one.
    amounts : bool
        Whether species stand for amounts: so they do where a reaction joins species in
        compartments of different volume, since no single rate then changes all concentrations.
    ids : dict of str to str
        The id in the file of every species, reaction and symbol whose name had to differ.

    Examples
    --------
    >>> import nesssym as ns
    >>> m = ns.from_antimony("R1: A -> B; k*A - kr*B; k = 0.1; kr = 2; A = 3;")
    >>> m.values, m.initial["A"]
    ({k: 1/10, kr: 2}, 3)
    """

    model: ReactionNetwork
    title: str
    values: dict[Symbol, Expr]
    initial: dict[str, Expr]
    amounts: bool = False
    ids: dict[str, str] | None = None


def libsbml() -> Any:
    """Return the module libsbml, or raise what says how to install it."""
    try:
        import libsbml as module
    except ImportError:
        raise MissingExtraError.of("SBML", "sbml") from None
    return module


def read_sbml(path: str | PathLike[str], omit: Iterable[str] = ()) -> SBMLModel:
    """Read a reaction network from an SBML file of level 2 or 3.

    Species with ``boundaryCondition`` or ``constant`` are chemostats. Kinetic laws, which are
    amounts per time, are divided by the volume; functions and assignment rules are put in; local
    parameters keep their name where it is unique, else that of their reaction stands before it.
    A law that is the difference of two mass-action rates makes a reversible reaction of mass
    action; any other is kept as a rate law, its positive terms forward, its negative ones
    backward. Nothing that the file says about the kinetics is left out: what cannot be
    represented is refused.

    Parameters
    ----------
    path : path
        The file.
    omit : iterable of str, optional
        Ids of events to leave out on purpose: the network is that between two events.

    Raises
    ------
    ParseError
        No such file, or not SBML of level 2 or 3.
    ModelError
        Events, delays, rate and algebraic rules, time, piecewise functions, fractional
        stoichiometry, required packages, ...; the message begins with the element and its id.
    MissingExtraError
        python-libsbml is not installed.

    References
    ----------
    S. M. Keating et al., Mol. Syst. Biol. 16, e9110 (2020), doi:10.15252/msb.20199110.

    Examples
    --------
    >>> import nesssym as ns
    >>> ns.read_sbml("no_such_file.xml")
    Traceback (most recent call last):
    ...
    nesssym.errors.ParseError: no SBML file 'no_such_file.xml'
    """
    file = Path(path)
    if not file.is_file():
        raise ParseError(f"no SBML file {str(path)!r}")
    try:
        return parse_sbml(file.read_text(encoding="utf-8-sig"), omit)
    except UnicodeDecodeError as error:
        raise ParseError(f"{file.name} is not UTF-8 text: {error}") from None


def parse_sbml(text: str, omit: Iterable[str] = ()) -> SBMLModel:
    """Make a reaction network from the text of an SBML file; see `read_sbml`.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("A + E <-> C ; k, kr", chemostats=["A"])
    >>> ns.parse_sbml(ns.to_sbml(r)).model.reactions
    (R1: A + E <-> C ; k, kr,)
    """
    module = libsbml()
    if len(text) > MAX_BYTES:
        raise ParseError(f"the text has {len(text)} characters, more than {MAX_BYTES}")
    document = module.readSBMLFromString(text)
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() >= module.LIBSBML_SEV_ERROR:
            message = " ".join(error.getMessage().split())
            raise ParseError(f"not SBML, line {error.getLine()}: {message[:200]}")
    if document.getModel() is None:
        raise ParseError("the text holds no SBML model")
    if document.getLevel() < 2:
        raise ParseError("SBML of level 1 is not read; convert it to level 2 or 3")
    for i in range(document.getNumPlugins()):
        package = document.getPlugin(i).getPackageName()
        foreign = document.getLevel() > 2 and package != _CORE_MATH
        if foreign and document.getPackageRequired(package):
            raise ModelError(f"package {package!r}: the model needs it, and it is not read")
    return _Reader(document.getModel(), tuple(omit)).result()


def _at(kind: str, name: str, work: Callable[[], Any]) -> Any:
    """Return what some work gives; an error names the element in front."""
    try:
        return work()
    except NessError as error:
        raise type(error)(f"{kind} {name!r}: {error}") from None


class _Reader:
    """One model while it is read: what its ids mean."""

    def __init__(self, model: Any, omit: tuple[str, ...]) -> None:
        self.sbml = model
        self.names: dict[str, str] = {}
        self.refuse(omit)
        self.compartments = {c.getId(): c for c in model.getListOfCompartments()}
        self.species = {s.getId(): s for s in model.getListOfSpecies()}
        self.parameters = {p.getId(): p for p in model.getListOfParameters()}
        self.reactions = list(model.getListOfReactions())
        self.rules = {r.getVariable(): r.getMath() for r in model.getListOfRules()}
        self.starts = {a.getSymbol(): a.getMath() for a in model.getListOfInitialAssignments()}
        self.values: dict[Symbol, Expr] = {}
        self.unsigned: dict[Symbol, Expr] = {}
        functions = {f.getId(): f for f in model.getListOfFunctionDefinitions()}
        self.math = MathReader(functions, self.values)
        self.known: dict[str, Expr] = {}
        self.pending: set[str] = set()
        self.sides = {
            r.getId(): tuple(
                _at("reaction", r.getId(), partial(self.side, refs))
                for refs in (r.getListOfReactants(), r.getListOfProducts())
            )
            for r in self.reactions
        }
        self.reacting = {s for a, b in self.sides.values() for s in (*a, *b)}
        for kind, table in (("species", self.species), ("reaction", self.sides)):
            for name in table:
                _at(kind, name, partial(self.name, name))
        self.amounts = any(len(v) > 1 for v in map(self.scales, self.sides))

    def refuse(self, omit: tuple[str, ...]) -> None:
        """Raise for what no network can hold."""
        m = self.sbml
        events = [event.getId() or str(i) for i, event in enumerate(m.getListOfEvents(), 1)]
        for name in omit:
            if name not in events:
                raise UnknownNameError.of("event in omit:", name, events)
        for name in events:
            if name not in omit:
                raise ModelError(
                    f"event {name!r}: events are not modelled; name it in omit to leave it out"
                )
        for rule in m.getListOfRules():
            if rule.isAlgebraic():
                raise ModelError("algebraic rule: algebraic rules are not modelled")
            if rule.isRate():
                raise ModelError(f"rate rule {rule.getVariable()!r}: rate rules are not modelled")
        if not m.getNumReactions():
            raise ModelError(f"model {m.getId()!r}: it has no reactions")
        if m.isSetConversionFactor():
            raise ModelError(f"model {m.getId()!r}: conversion factors are not read")
        for s in m.getListOfSpecies():
            if s.isSetConversionFactor():
                raise ModelError(f"species {s.getId()!r}: conversion factors are not read")
        for r in m.getListOfReactions():
            if r.isSetFast() and r.getFast():
                raise ModelError(f"reaction {r.getId()!r}: fast reactions are not modelled")

    def name(self, sbml_id: str) -> str:
        """Return the name here of an id there: the same, where the grammar of names allows it."""
        if sbml_id not in self.names:
            plain = re.sub("_+", "_", sbml_id).strip("_")
            plain = plain if plain[:1].isalpha() else f"x{plain}"
            taken = set(self.names.values())
            found = next(
                new
                for n in range(len(taken) + 3)
                if (new := plain if not n else f"{plain}_{n}") not in taken
                and (new == sbml_id or new not in self.all_ids)
                and _is_name(new)
            )
            self.names[sbml_id] = found
        return self.names[sbml_id]

    @cached_property
    def all_ids(self) -> set[str]:
        return {*self.compartments, *self.species, *self.parameters, *self.sides}

    # ------------------------------------------------------------------ what ids stand for

    def value(self, sbml_id: str) -> Expr:
        """Return what an id in a formula stands for."""
        if sbml_id in self.known:
            return self.known[sbml_id]
        if sbml_id in self.pending:
            raise ModelError(f"{sbml_id!r} is defined by itself")
        self.pending.add(sbml_id)
        self.known[sbml_id] = found = self.meaning(sbml_id)
        self.pending.discard(sbml_id)
        return found

    def meaning(self, sbml_id: str) -> Expr:
        if sbml_id in self.compartments:
            return self.volume(sbml_id)
        if sbml_id in self.rules:
            return self.formula("assignment rule", sbml_id, self.rules[sbml_id])
        if sbml_id in self.species:
            return self.concentration(sbml_id)
        if sbml_id not in self.parameters:
            raise ModelError(f"it uses {sbml_id!r}, which is no species, parameter or compartment")
        if sbml_id in self.starts:
            return self.formula("initial assignment", sbml_id, self.starts[sbml_id])
        p = self.parameters[sbml_id]
        return self.constant(sbml_id, p.getValue() if p.isSetValue() else None)

    def formula(self, kind: str, sbml_id: str, tree: Any) -> Expr:
        """Return a definition; at the start, species have their initial values."""
        if tree is None:
            raise ModelError(f"{kind} {sbml_id!r}: it has no formula")
        lookup = self.value if kind == "assignment rule" else self.start
        return _at(kind, sbml_id, lambda: self.math.read(tree, lookup))

    def start(self, sbml_id: str) -> Expr:
        """Return what an id stands for at the start."""
        if sbml_id in self.rules:
            return self.math.read(self.rules[sbml_id], self.start)
        if sbml_id not in self.species:
            return self.value(sbml_id)
        initial = self.initial(sbml_id)
        if initial is None:
            raise ModelError(f"it uses the species {sbml_id!r}, which has no initial value")
        return initial

    def constant(self, sbml_id: str, value: float | None, reaction: str = "") -> Symbol:
        """Return the symbol of a constant: positive, unless its value is not."""
        number = None if value is None or value != value else decimal(value)
        name = self.name(f"{reaction}_{sbml_id}" if reaction else sbml_id)
        found = parsing.symbol(name, positive=number is None or number > 0)
        if number is not None:
            self.values[found] = number
            if number <= 0:
                self.unsigned[found] = number
        return found

    def volume(self, sbml_id: str) -> Expr:
        """Return the volume of a compartment; 1 where it is 1, so that it is not seen."""
        c = self.compartments[sbml_id]
        if sbml_id in self.rules:
            raise ModelError(f"compartment {sbml_id!r}: its volume follows a rule")
        if c.getSpatialDimensions() == 0:
            return Integer(1)
        if sbml_id in self.starts:
            return self.formula("initial assignment", sbml_id, self.starts[sbml_id])
        size = c.getSize() if c.isSetSize() else None
        if size is not None and size <= 0:
            raise ModelError(f"compartment {sbml_id!r}: its size is {size}")
        return Integer(1) if size == 1 else self.constant(sbml_id, size)

    def scale(self, sbml_id: str) -> Expr:
        """Return amount over what the species' id stands for in formulas."""
        s = self.species[sbml_id]
        if s.getHasOnlySubstanceUnits():
            return Integer(1)
        return _at("species", sbml_id, lambda: self.value(s.getCompartment()))

    def scales(self, reaction: str) -> set[Expr]:
        a, b = self.sides[reaction]
        changed = [s for s in (*a, *b) if a.get(s, 0) != b.get(s, 0) and not self.held(s)]
        return {self.scale(s) for s in changed}

    def held(self, sbml_id: str) -> bool:
        s = self.species[sbml_id]
        return bool(s.getBoundaryCondition() or s.getConstant())

    def concentration(self, sbml_id: str) -> Expr:
        if sbml_id not in self.reacting:
            start = self.initial(sbml_id)
            found = parsing.symbol(self.name(sbml_id), positive=start is None or start != 0)
            if start is not None:
                self.values[found] = start
                if start == 0:
                    self.unsigned[found] = start
            return found
        x = parsing.symbol(self.name(sbml_id))
        return x / self.scale(sbml_id) if self.amounts else x

    def initial(self, sbml_id: str) -> Expr | None:
        """Return the initial value of a species as its id in formulas means it, as a number."""
        s = self.species[sbml_id]
        if sbml_id in self.starts:
            given = self.formula("initial assignment", sbml_id, self.starts[sbml_id])
        elif s.isSetInitialConcentration():
            given = decimal(s.getInitialConcentration())
            if s.getHasOnlySubstanceUnits():
                given *= self.value(s.getCompartment())
        elif s.isSetInitialAmount():
            given = decimal(s.getInitialAmount()) / self.scale(sbml_id)
        else:
            return None
        number = given.xreplace(self.values)
        return number if number.is_number else None

    # ------------------------------------------------------------------ reactions

    def side(self, references: Iterable[Any]) -> dict[str, Expr]:
        counts: dict[str, Expr] = {}
        for ref in references:
            s = ref.getSpecies()
            times = ref.getStoichiometry()
            if s not in self.species:
                raise ModelError(f"it uses the species {s!r}, which is not declared")
            if ref.isSetStoichiometryMath() or (ref.getId() and ref.getId() in self.rules):
                raise ModelError(f"the stoichiometry of {s!r} is a formula, not a number")
            if ref.getId() and ref.getId() in self.starts:
                raise ModelError(f"the stoichiometry of {s!r} is a formula, not a number")
            if not 0 < times <= MAX_COEFFICIENT:
                raise ModelError(f"the stoichiometry of {s!r} is {times}, not a positive number")
            if s in self.rules:
                raise ModelError(f"the species {s!r} takes part, but follows an assignment rule")
            counts[s] = counts.get(s, 0) + decimal(times)
        return counts

    def reaction(self, r: Any) -> Reaction | None:
        """Return the reaction; None for one that changes nothing."""
        sides = self.sides[r.getId()]
        # With fractions, many turns are taken as one: n v = (q n) (v/q).
        turns = ilcm(1, *(n.q for side in sides for n in side.values()))
        if turns > MAX_COEFFICIENT:
            raise ModelError(f"its stoichiometric numbers have the common denominator {turns}")
        reactants, products = (
            Complex(tuple((self.name(s), int(n * turns)) for s, n in side.items()))
            for side in sides
        )
        if dict(reactants.terms) == dict(products.terms):
            return None
        scale = Integer(1) if self.amounts else next(iter(self.scales(r.getId())), Integer(1))
        net = self.law(r) / (scale * turns)
        forward, backward = split(gathered(net, reactants, products), self.unsigned)
        if forward == 0 and backward == 0:
            raise ModelError("its rate is 0 at the values of its parameters")
        if forward == 0:
            reactants, products, forward, backward = products, reactants, backward, forward
        constants = self.constant_of(forward, reactants), self.constant_of(backward, products)
        law = None in constants
        rates = (forward, backward) if law else constants
        made = Reaction(self.name(r.getId()), reactants, products, *rates, law)
        return checked_reaction(made)

    def law(self, r: Any) -> Expr:
        law = r.getKineticLaw()
        if law is None or law.getMath() is None:
            raise ModelError("it has no kinetic law")
        own = {p.getId(): p for p in (*law.getListOfParameters(), *law.getListOfLocalParameters())}
        found: dict[str, Expr] = {}

        def lookup(name: str) -> Expr:
            if name in own and name not in found:
                p = own[name]
                prefix = "" if self.unique(name) else r.getId()
                value = p.getValue() if p.isSetValue() else None
                found[name] = self.constant(name, value, prefix)
            return found[name] if name in found else self.value(name)

        return self.math.read(law.getMath(), lookup)

    def unique(self, local: str) -> bool:
        """Tell whether a local parameter's name is used nowhere else."""
        return local not in self.all_ids and self.locals.count(local) == 1

    @cached_property
    def locals(self) -> list[str]:
        laws = [r.getKineticLaw() for r in self.reactions if r.getKineticLaw() is not None]
        return [p.getId() for law in laws for p in law.getListOfParameters()]

    def constant_of(self, rate: Expr, side: Complex) -> Expr | None:
        """Return the constant of mass action of a rate, or None where it is another law."""
        monomial = Mul(*(parsing.symbol(s) ** n for s, n in side.terms))
        constant = Add(*(term / monomial for term in Add.make_args(rate)))
        inside = {parsing.symbol(self.name(s)) for s in self.reacting}
        return None if constant.free_symbols & inside else constant

    def result(self) -> SBMLModel:
        """Return the whole model."""
        made = [_at("reaction", r.getId(), partial(self.reaction, r)) for r in self.reactions]
        reactions = tuple(r for r in made if r is not None)
        if not reactions:
            raise ModelError(f"model {self.sbml.getId()!r}: its reactions change nothing")
        there = {s for r in reactions for s in r.species}
        held = tuple(self.names[s] for s in self.species if self.held(s) and self.names[s] in there)
        network = ReactionNetwork(reactions, held)
        initial: dict[str, Expr] = {}
        for s in self.species:
            start = self.initial(s) if self.names[s] in there else None
            if start is not None:
                initial[self.names[s]] = start * (
                    self.scale(s).xreplace(self.values) if self.amounts else 1
                )
        values = self.values | {
            parsing.symbol(s): initial[s] for s in held if initial.get(s, 0) != 0
        }
        return SBMLModel(
            network,
            self.sbml.getName() or self.sbml.getId(),
            {s: values[s] for s in network.symbols if s in values},
            {s: start for s, start in initial.items() if s not in held},
            self.amounts,
            {new: old for old, new in self.names.items() if new != old},
        )


def gathered(net: Expr, *sides: Complex) -> Expr:
    """Return a net rate with mass action of each side taken together, if it is nothing else."""
    left = Add.make_args(expand_mul(net) if net.count_ops() < MAX_EXPANDED else net)
    found = []
    for side in sides:
        monomial = Mul(*(parsing.symbol(s) ** n for s, n in side.terms))
        species = {parsing.symbol(s) for c in sides for s, _ in c.terms}
        mine = [t for t in left if not (t / monomial).free_symbols & species]
        left = [t for t in left if t not in mine]
        found.append(monomial * Add(*(t / monomial for t in mine)))
    return net if left else Add(*found)


def _is_name(text: str) -> bool:
    try:
        parsing.symbol(text)
    except ParseError:
        return False
    return True
