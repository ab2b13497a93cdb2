"""What the ids of an SBML model stand for in formulas, and what they are called here."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import cached_property
from math import isnan
from typing import Any

from sympy import Expr, Integer, Symbol

from nesssym import parsing
from nesssym.errors import ModelError, NessError, ParseError
from nesssym.networks.sbml_declarations import Declarations
from nesssym.networks.sbml_math import MathReader, decimal

__all__ = ["Ids", "at"]


def at(kind: str, name: str, work: Callable[[], Any]) -> Any:
    """Return what some work gives; an error names the element in front."""
    try:
        return work()
    except NessError as error:
        raise type(error)(f"{kind} {name!r}: {error}") from None


class Ids:
    """Names, symbols and values for the ids of one model, made when they are asked for.

    Parameters
    ----------
    declared : Declarations
        The model.
    reacting : collection of str
        The species that take part in reactions; they are symbols, others are constants.

    Attributes
    ----------
    names : dict of str to str
        The name here of each id.
    values : dict of Symbol to Expr
        The values of constants.
    amounts : bool
        Whether species stand for amounts.
    """

    def __init__(self, declared: Declarations, reacting: Collection[str]) -> None:
        self.declared = declared
        self.reacting = reacting
        self.amounts = False
        self.names: dict[str, str] = {}
        self.values: dict[Symbol, Expr] = {}
        self.math = MathReader(declared.functions, self.values)
        self._taken: set[str] = set()
        self._known: dict[tuple[str, str], Expr | None] = {}
        self._pending: set[tuple[str, str]] = set()

    # ------------------------------------------------------------------ names

    @cached_property
    def all(self) -> set[str]:
        """All ids that name something."""
        d = self.declared
        return {*d.compartments, *d.species, *d.parameters, *d.reactions}

    def name(self, sbml_id: str, wanted: str = "") -> str:
        """Return the name here of an id there: the same, where the grammar of names allows it."""
        if sbml_id not in self.names:
            plain = re.sub("_+", "_", wanted or sbml_id).strip("_")
            plain = plain if plain[:1].isalpha() else f"x{plain}"
            found = next(
                new
                for n in range(len(self._taken) + len(self.all) + 3)
                if (new := plain if not n else f"{plain}_{n}") not in self._taken
                and (new == sbml_id or new not in self.all)
                and _is_name(new)
            )
            self.names[sbml_id] = found
            self._taken.add(found)
        return self.names[sbml_id]

    def symbol(self, species: str) -> Symbol:
        """Return the symbol of a species."""
        return parsing.symbol(self.name(species))

    # ------------------------------------------------------------------ meaning

    def value(self, sbml_id: str) -> Expr:
        """Return what an id in a formula stands for."""
        found = self._once("value", sbml_id, self._value)
        assert found is not None  # noqa: S101
        return found

    def start(self, sbml_id: str) -> Expr:
        """Return what an id in a formula stands for at the start: species have their values."""
        found = self._once("start", sbml_id, self._start)
        if found is None:
            raise ModelError(f"it uses the species {sbml_id!r}, which has no initial value")
        return found

    def initial(self, sbml_id: str) -> Expr | None:
        """Return the initial value of a species as its id in formulas means it, if a number."""
        return self._once("initial", sbml_id, self._initial)

    def _once(self, kind: str, sbml_id: str, work: Callable[[str], Expr | None]) -> Expr | None:
        key = kind, sbml_id
        if key in self._pending:
            raise ModelError(f"{sbml_id!r} is defined by itself")
        if key not in self._known:
            self._pending.add(key)
            self._known[key] = work(sbml_id)
            self._pending.discard(key)
        return self._known[key]

    def _value(self, sbml_id: str) -> Expr:
        d = self.declared
        if sbml_id in d.compartments:
            return self.volume(sbml_id)
        if sbml_id in d.rules:
            return self._formula("assignment rule", sbml_id, self.value)
        if sbml_id in d.species:
            return self._concentration(sbml_id)
        if sbml_id not in d.parameters:
            raise ModelError(f"it uses {sbml_id!r}, which is no species, parameter or compartment")
        if sbml_id in d.starts:
            return self._formula("initial assignment", sbml_id, self.start)
        p = d.parameters[sbml_id]
        return self.constant(sbml_id, p.getValue() if p.isSetValue() else None)

    def _formula(self, kind: str, sbml_id: str, lookup: Callable[[str], Expr]) -> Expr:
        d = self.declared
        tree = (d.rules if kind == "assignment rule" else d.starts)[sbml_id]
        found: Expr = at(kind, sbml_id, lambda: self.math.read(tree, lookup))
        return found

    def _start(self, sbml_id: str) -> Expr | None:
        d = self.declared
        if sbml_id in d.rules:
            return self._formula("assignment rule", sbml_id, self.start)
        return self.initial(sbml_id) if sbml_id in d.species else self.value(sbml_id)

    def constant(self, sbml_id: str, value: float | None, reaction: str = "") -> Symbol:
        """Return the symbol of a constant: positive, unless its value is not.

        A local parameter whose name is not its own gets that of its reaction in front.
        """
        key = f"{reaction}.{sbml_id}" if reaction else sbml_id
        name = self.name(key, f"{reaction}_{sbml_id}" if reaction else sbml_id)
        if value is None or isnan(value):
            return parsing.symbol(name)
        number = at("parameter", key, lambda: decimal(value))
        found = parsing.symbol(name, positive=number > 0)
        self.values[found] = number
        return found

    # ------------------------------------------------------------------ compartments, species

    def volume(self, sbml_id: str) -> Expr:
        """Return the volume of a compartment; 1 where it is 1, so that it is not seen."""
        if sbml_id not in self.declared.compartments:
            raise ModelError(f"its compartment {sbml_id!r} is not declared")
        c = self.declared.compartments[sbml_id]
        if sbml_id in self.declared.rules:
            raise ModelError(f"compartment {sbml_id!r}: its volume follows a rule")
        if c.getSpatialDimensions() == 0:
            return Integer(1)
        if sbml_id in self.declared.starts:
            return self._formula("initial assignment", sbml_id, self.start)
        size = c.getSize() if c.isSetSize() else None
        if size is not None and size <= 0:
            raise ModelError(f"compartment {sbml_id!r}: its size is {size}")
        return Integer(1) if size == 1 else self.constant(sbml_id, size)

    def scale(self, species: str) -> Expr:
        """Return amount over what the species' id stands for in formulas."""
        s = self.declared.species[species]
        if s.getHasOnlySubstanceUnits():
            return Integer(1)
        if s.getCompartment() not in self.declared.compartments:
            where = s.getCompartment()
            raise ModelError(f"species {species!r}: its compartment {where!r} is not declared")
        found: Expr = at("species", species, lambda: self.value(s.getCompartment()))
        return found

    def _concentration(self, species: str) -> Expr:
        if species in self.reacting:
            x = self.symbol(species)
            return x / self.scale(species) if self.amounts else x
        start = self.initial(species)
        found = parsing.symbol(self.name(species), positive=start is None or start > 0)
        if start is not None:
            self.values[found] = start
        return found

    def _initial(self, species: str) -> Expr | None:
        s = self.declared.species[species]
        if species in self.declared.starts:
            given = self._formula("initial assignment", species, self.start)
        elif s.isSetInitialConcentration() and not isnan(s.getInitialConcentration()):
            given = at("species", species, lambda: decimal(s.getInitialConcentration()))
            if s.getHasOnlySubstanceUnits():
                given *= self.value(s.getCompartment())
        elif s.isSetInitialAmount() and not isnan(s.getInitialAmount()):
            given = at("species", species, lambda: decimal(s.getInitialAmount()))
            given /= self.scale(species)
        else:
            return None
        number = given.xreplace(self.values)
        return number if number.is_number else None


def _is_name(text: str) -> bool:
    try:
        parsing.symbol(text)
    except ParseError:
        return False
    return True
