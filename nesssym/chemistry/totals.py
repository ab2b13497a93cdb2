"""Conservation totals: what is given of which law, and what contradicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Expr

from nesssym import parsing
from nesssym.errors import ModelError, NameClashError, NoSteadyStateError, UnknownNameError
from nesssym.networks import ReactionNetwork
from nesssym.networks.labelled import Combination

__all__ = ["law_totals"]


def law_totals(
    network: ReactionNetwork, totals: Mapping[str, Any] | None
) -> list[tuple[Combination, Expr]]:
    """Return every conservation law with its total: the one given, or a symbol such as E_tot.

    Parameters
    ----------
    network : ReactionNetwork
        The network.
    totals : mapping, optional
        The text of a law (``"E + ES"``), or a species that occurs in one law only, to its total.

    Raises
    ------
    UnknownNameError
        Neither a law nor a species of one.
    ModelError
        Two totals that contradict each other.
    NoSteadyStateError
        A total that is not positive.
    """
    laws = network.conservation_laws()
    given: dict[str, tuple[str, Expr]] = {}
    for key, value in (totals or {}).items():
        law = _law(network, laws, key)
        total = parsing.expr(value)
        if law.label in given and given[law.label][1] != total:
            raise ModelError(
                f"the totals of {given[law.label][0]} and {key} contradict each other: both are "
                f"the total of {law.label}, which is {given[law.label][1]} or {total}; give it once"
            )
        given[law.label] = str(key), total
    named = _names(laws)
    taken = {s.name for s in network.symbols} | set(network.species)
    found = []
    for law, name in zip(laws, named, strict=True):
        if law.label in given:
            total = given[law.label][1]
            positive = all(n > 0 for n in law.values())
            if positive and total.is_number and not total.is_positive:
                raise NoSteadyStateError(
                    f"the total of {law.label} is {total}; with positive concentrations it is > 0"
                )
            for symbol in total.free_symbols:
                if symbol.name in network.species:
                    raise NameClashError(
                        f"the total {total} of {law.label} has the name of the species "
                        f"{symbol.name}; call it {symbol.name}_tot or otherwise"
                    )
        elif name in taken:
            raise NameClashError(
                f"the symbol {name} made for the total of {law.label} is already in use; give it "
                "in totals"
            )
        else:
            total = parsing.symbol(name)
        found.append((law, total))
    return found


def _law(network: ReactionNetwork, laws: tuple[Combination, ...], key: object) -> Combination:
    for law in laws:
        if str(key) == law.label:
            return law
    if str(key) in network.chemostats:
        raise ModelError(
            f"the total of {key} cannot be given: {key} is held fixed by a reservoir; leave it out"
        )
    found = [law for law in laws if str(key) in law]
    if not found:
        if str(key) in network.species:
            listed = ", ".join(law.label for law in laws) or "none"
            raise ModelError(
                f"the total of {key} cannot be given: no conservation law holds {key}. The laws "
                f"are: {listed}"
            )
        raise UnknownNameError.of("species or law in totals:", key, [law.label for law in laws])
    if len(found) > 1:
        raise ModelError(
            f"{key} occurs in several laws; give the total of one of them by its text: "
            f"{', '.join(repr(law.label) for law in found)}"
        )
    return found[0]


def _names(laws: tuple[Combination, ...]) -> list[str]:
    """Name the totals by the first species that occurs in no other law."""
    names = []
    for number, law in enumerate(laws, 1):
        others = {s for other in laws if other is not law for s in other}
        own = next((s for s in law if s not in others), None)
        names.append(f"{own}_tot" if own else f"total_{number}")
    return names
