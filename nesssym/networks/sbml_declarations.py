"""What an SBML model declares, and what no network can hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nesssym.errors import ModelError, UnknownNameError

__all__ = ["Declarations", "declarations"]


@dataclass(frozen=True)
class Declarations:
    """The elements of a model by their ids, as libsbml has them.

    Parameters
    ----------
    compartments, species, parameters, functions, reactions : mapping of str to element
        In the order of the file.
    rules, starts : mapping of str to formula
        Assignment rules and initial assignments by what they define.
    """

    compartments: Mapping[str, Any]
    species: Mapping[str, Any]
    parameters: Mapping[str, Any]
    functions: Mapping[str, Any]
    reactions: Mapping[str, Any]
    rules: Mapping[str, Any]
    starts: Mapping[str, Any]

    def held(self, species: str) -> bool:
        """Whether reactions leave a species as it is."""
        s = self.species[species]
        return bool(s.getBoundaryCondition() or s.getConstant())


def declarations(model: Any, omit: Sequence[str] = ()) -> Declarations:
    """Return what a model declares.

    Raises
    ------
    ModelError
        What no network can hold, or an id that is missing or stands for two things.
    UnknownNameError
        `omit` names no event.
    """
    _refuse_events(model, omit)
    _refuse_rules(model)
    _refuse_factors(model)
    if not model.getNumReactions():
        raise ModelError(f"model {model.getId()!r}: it has no reactions")
    kinds = {
        "compartment": model.getListOfCompartments(),
        "species": model.getListOfSpecies(),
        "parameter": model.getListOfParameters(),
        "function": model.getListOfFunctionDefinitions(),
        "reaction": model.getListOfReactions(),
    }
    taken: dict[str, str] = {}
    tables = [_table(kind, elements, taken) for kind, elements in kinds.items()]
    for r in model.getListOfReactions():
        for ref in (*r.getListOfReactants(), *r.getListOfProducts()):
            _take(ref.getId(), f"part of the reaction {r.getId()!r}", taken)
    defined: dict[str, str] = {}
    pairs = (
        ("assignment rule", [(r.getVariable(), r.getMath()) for r in model.getListOfRules()]),
        ("initial assignment", [(a.getSymbol(), a.getMath()) for a in _starts(model)]),
    )
    for kind, formulas in pairs:
        for name, math in formulas:
            if taken.get(name, "function") in ("function", "reaction"):
                raise ModelError(f"{kind} {name!r}: there is nothing of this name to define")
            if name in defined:
                raise ModelError(f"{kind} {name!r}: it is defined twice, also by {defined[name]}")
            if math is None:
                raise ModelError(f"{kind} {name!r}: it has no formula")
            defined[name] = f"an {kind}"
    return Declarations(*tables, *(dict(formulas) for _, formulas in pairs))


def _starts(model: Any) -> Iterable[Any]:
    return model.getListOfInitialAssignments()  # type: ignore[no-any-return]


def _table(kind: str, elements: Iterable[Any], taken: dict[str, str]) -> dict[str, Any]:
    found = {}
    for number, element in enumerate(elements, 1):
        name = element.getId()
        if not name:
            raise ModelError(f"{kind} number {number} has no id")
        _take(name, kind, taken)
        found[name] = element
    return found


def _take(name: str, kind: str, taken: dict[str, str]) -> None:
    if name and name in taken:
        raise ModelError(f"{kind} {name!r}: the id is that of another {taken[name]} too")
    if name:
        taken[name] = kind


def _refuse_events(model: Any, omit: Sequence[str]) -> None:
    events = [event.getId() or str(i) for i, event in enumerate(model.getListOfEvents(), 1)]
    for name in omit:
        if name not in events:
            raise UnknownNameError.of("event in omit:", name, events)
    for name in events:
        if name not in omit:
            raise ModelError(
                f"event {name!r}: events are not modelled; name it in omit to leave it out"
            )


def _refuse_rules(model: Any) -> None:
    for number, rule in enumerate(model.getListOfRules(), 1):
        if rule.isAlgebraic():
            name = rule.getMetaId() or str(number)
            raise ModelError(f"algebraic rule {name!r}: algebraic rules are not modelled")
        if rule.isRate():
            raise ModelError(f"rate rule {rule.getVariable()!r}: rate rules are not modelled")


def _refuse_factors(model: Any) -> None:
    if model.isSetConversionFactor():
        raise ModelError(f"model {model.getId()!r}: conversion factors are not read")
    for s in model.getListOfSpecies():
        if s.isSetConversionFactor():
            raise ModelError(f"species {s.getId()!r}: conversion factors are not read")
    for r in model.getListOfReactions():
        if r.isSetFast() and r.getFast():
            raise ModelError(f"reaction {r.getId()!r}: fast reactions are not modelled")
