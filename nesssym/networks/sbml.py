"""Reaction networks from SBML, by libsbml; what they cannot hold is refused by its id."""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from os import PathLike
from typing import Any

from sympy import Expr, Integer, Mul, Symbol, ilcm, preorder_traversal

from nesssym import parsing
from nesssym.errors import ModelError
from nesssym.networks.reaction_network import ReactionNetwork
from nesssym.networks.reactions import MAX_COEFFICIENT, Complex, Reaction, checked_reaction
from nesssym.networks.sbml_declarations import Declarations, declarations
from nesssym.networks.sbml_document import file_text, sbml_document
from nesssym.networks.sbml_ids import Ids, at
from nesssym.networks.sbml_law import Splitter, mass_action
from nesssym.networks.sbml_math import decimal
from nesssym.signs import sign

__all__ = ["SBMLModel", "parse_sbml", "read_sbml"]


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
    idle : tuple of str
        Ids of the reactions that were left out, since they change nothing or their rate is zero
        at the values of the parameters.

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
    idle: tuple[str, ...] = ()


def read_sbml(
    path: str | PathLike[str], omit: Iterable[str] = (), *, check_units: bool = False
) -> SBMLModel:
    """Read a reaction network from an SBML file of level 2 or 3.

    Species with ``boundaryCondition`` or ``constant`` are chemostats. Kinetic laws, which are
    Species with ``boundaryCondition`` or ``constant`` are chemostats. Kinetic laws, which are
    amounts per time, are divided by the volume; functions and assignment rules are put in; local
    parameters keep their name where it is unique, else that of their reaction stands before it.
    A law that is the difference of two mass-action rates makes a reversible reaction of mass
    action; any other is kept as a rate law, its positive terms forward, its negative ones
    backward. Where the sign of a sum of parameters, of a denominator or under a root hangs on
    values, it is that at the values of the file, and stands in the network's ``assume``. Nothing
    that the file says about the kinetics is left out: what cannot be represented is refused.

    Parameters
    ----------
    path : path
        The file.
    omit : iterable of str, optional
        Ids of events to leave out on purpose: the network is that between two events.
    check_units : bool, optional
        Whether units that disagree are an error. In SBML they do not change numbers, and a third
        of the published files have some, so that they are not looked at by default.

    Raises
    ------
    ParseError
        No such file, or not SBML of level 2 or 3.
    ModelError
        Events, delays, rate and algebraic rules, time, piecewise functions, fractional
        stoichiometry, required packages, ...; the message begins with the element and its id.
        Units that disagree, with `check_units`.
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
    return parse_sbml(file_text(path), omit, check_units=check_units)


def parse_sbml(text: str, omit: Iterable[str] = (), *, check_units: bool = False) -> SBMLModel:
    """Make a reaction network from the text of an SBML file; see `read_sbml`.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("A + E <-> C ; k, kr", chemostats=["A"])
    >>> ns.parse_sbml(ns.to_sbml(r)).model.reactions
    (R1: A + E <-> C ; k, kr,)
    """
    document = sbml_document(text, check_units)
    try:
        return _Reader(document.getModel(), declarations(document.getModel(), tuple(omit))).result()
    except RecursionError:
        raise ModelError("definitions or formulas are nested too deeply") from None


Sides = tuple[dict[str, Expr], dict[str, Expr]]


class _Reader:
    """The reactions of one model while they are read."""

    def __init__(self, model: Any, declared: Declarations) -> None:
        self.model = model
        self.declared = declared
        self.sides: dict[str, Sides] = {
            name: at("reaction", name, partial(self.both_sides, r))
            for name, r in declared.reactions.items()
        }
        reacting = {s for pair in self.sides.values() for side in pair for s in side}
        self.ids = Ids(declared, reacting)
        for kind, table in (("species", declared.species), ("reaction", self.sides)):
            for name in table:
                at(kind, name, partial(self.ids.name, name))
        self.ids.amounts = any(
            len(at("reaction", r, partial(self.scales, r))) > 1 for r in self.sides
        )
        self.splitter = Splitter(self.ids.values, ChainMap(self.ids.values, self.start))

    @cached_property
    def start(self) -> dict[Symbol, Expr]:
        """The concentrations or amounts at the start of the species that react and have one."""
        found = {}
        for s in self.declared.species:
            initial = self.ids.initial(s) if s in self.ids.reacting else None
            if initial is not None:
                scale = self.ids.scale(s).xreplace(self.ids.values) if self.ids.amounts else 1
                found[self.ids.symbol(s)] = initial * scale
        return found

    def both_sides(self, r: Any) -> Sides:
        return self.side(r.getListOfReactants()), self.side(r.getListOfProducts())

    def side(self, references: Iterable[Any]) -> dict[str, Expr]:
        counts: dict[str, Expr] = {}
        for ref in references:
            s, own = ref.getSpecies(), ref.getId()
            times = ref.getStoichiometry()
            if s not in self.declared.species:
                raise ModelError(f"it uses the species {s!r}, which is not declared")
            computed = own and (own in self.declared.rules or own in self.declared.starts)
            if computed or ref.isSetStoichiometryMath():
                raise ModelError(f"the stoichiometry of {s!r} is a formula, not a number")
            if not 0 < times <= MAX_COEFFICIENT:
                raise ModelError(f"the stoichiometry of {s!r} is {times}, not a positive number")
            if s in self.declared.rules:
                raise ModelError(f"the species {s!r} takes part, but follows an assignment rule")
            counts[s] = counts.get(s, 0) + decimal(times)
        return counts

    def scales(self, reaction: str) -> set[Expr]:
        """Return amount over concentration of the species that a reaction changes."""
        a, b = self.sides[reaction]
        changed = [s for s in (*a, *b) if a.get(s, 0) != b.get(s, 0) and not self.declared.held(s)]
        return {self.ids.scale(s) for s in changed}

    def reaction(self, name: str) -> Reaction | None:
        """Return a reaction; None for one that changes nothing, or whose rate is zero."""
        sides = self.sides[name]
        # With fractions, many turns are taken as one: n v = (q n) (v/q).
        turns = ilcm(1, *(n.q for side in sides for n in side.values()))
        if turns > MAX_COEFFICIENT:
            raise ModelError(f"its stoichiometric numbers have the common denominator {turns}")
        reactants, products = (
            Complex(tuple((self.ids.name(s), int(n * turns)) for s, n in side.items()))
            for side in sides
        )
        if dict(reactants.terms) == dict(products.terms):
            return None
        scale = Integer(1) if self.ids.amounts else next(iter(self.scales(name)), Integer(1))
        net = self.law(name) / (scale * turns)
        forward, backward, law = self.rates(net, reactants, products)
        if forward == 0 and backward == 0:
            return None
        if forward == 0:
            reactants, products, forward, backward = products, reactants, backward, forward
        for rate in (forward, backward):
            if rate != 0 and not sign(rate, tuple(self.splitter.assume)):
                self.splitter.assume[rate] = None  # of positive parts, which SymPy put together
        made = Reaction(self.ids.name(name), reactants, products, forward, backward, law)
        return checked_reaction(made, tuple(self.splitter.assume))

    def rates(self, net: Expr, reactants: Complex, products: Complex) -> tuple[Expr, Expr, bool]:
        """Return constants of mass action, or whole rates and True."""
        sides = (_monomial(reactants), _monomial(products))
        constants = mass_action(net, *sides, self.reacting)
        if constants is not None:
            parts = [self.splitter.split(k) for k in constants]
            if all(negative == 0 for _, negative in parts):
                return parts[0][0], parts[1][0], False
        forward, backward = self.splitter.split(net)
        return forward, backward, True

    @cached_property
    def reacting(self) -> frozenset[Symbol]:
        return frozenset(map(self.ids.symbol, self.ids.reacting))

    def law(self, reaction: str) -> Expr:
        law = self.declared.reactions[reaction].getKineticLaw()
        if law is None or law.getMath() is None:
            raise ModelError("it has no kinetic law")
        own = _local(law)
        found: dict[str, Expr] = {}

        def lookup(name: str) -> Expr:
            if name in own and name not in found:
                prefix = "" if self.unique(name) else reaction
                p = own[name]
                found[name] = self.ids.constant(
                    name, p.getValue() if p.isSetValue() else None, prefix
                )
            return found[name] if name in found else self.ids.value(name)

        return self.ids.math.read(law.getMath(), lookup)

    def unique(self, local: str) -> bool:
        """Tell whether a local parameter's name is used nowhere else."""
        return local not in self.ids.all and self.locals[local] == 1

    @cached_property
    def locals(self) -> Mapping[str, int]:
        laws = [r.getKineticLaw() for r in self.declared.reactions.values()]
        return Counter(p for law in laws if law is not None for p in _local(law))

    def result(self) -> SBMLModel:
        """Return the whole model."""
        names = self.ids.names
        made = {r: at("reaction", r, partial(self.reaction, r)) for r in self.declared.reactions}
        reactions = tuple(r for r in made.values() if r is not None)
        if not reactions:
            raise ModelError(f"model {self.model.getId()!r}: its reactions change nothing")
        there = {s for r in reactions for s in r.species}
        held = tuple(
            names[s] for s in self.declared.species if self.declared.held(s) and names[s] in there
        )
        used = {e for r in reactions for x in (r.rate, r.reverse) for e in preorder_traversal(x)}
        assume = tuple(e for e in self.splitter.assume if e in used)
        network = ReactionNetwork(reactions, held, assume=assume)
        start = {x.name: value for x, value in self.start.items()}
        values = self.ids.values | {
            parsing.symbol(s): start[s] for s in held if start.get(s, 0) != 0
        }
        return SBMLModel(
            network,
            self.model.getName() or self.model.getId(),
            {s: values[s] for s in network.symbols if s in values},
            {s: start[s] for s in network.internal if s in start},
            self.ids.amounts,
            {new: old for old, new in names.items() if new != old},
            tuple(r for r, reaction in made.items() if reaction is None),
        )


def _monomial(side: Complex) -> Expr:
    return Mul(*(parsing.symbol(s) ** n for s, n in side.terms))


def _local(law: Any) -> dict[str, Any]:
    """Return local parameters, whose list has another name from level 3 on."""
    return {p.getId(): p for p in (*law.getListOfParameters(), *law.getListOfLocalParameters())}
