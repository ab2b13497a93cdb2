"""What the structure of a network says of its dynamics: theorems, siphons, elementary modes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import networkx as nx

from nesssym.errors import TooLargeError
from nesssym.exact.rays import extreme_rays
from nesssym.networks import ReactionNetwork
from nesssym.networks.labelled import Combination

__all__ = [
    "Theorem",
    "deficiency_one",
    "deficiency_zero",
    "elementary_flux_modes",
    "siphons",
    "structure",
]

MAX_STEPS = 20_000


@dataclass(frozen=True)
class Theorem:
    r"""Whether a theorem applies to a network, why or why not, and what follows.

    Parameters
    ----------
    name : str
        The theorem.
    conditions : tuple of (str, bool)
        Its conditions and whether they hold.
    conclusion : str
        What follows; empty where it does not apply.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("A + 2 X <-> 3 X \n B <-> X", ["A", "B"])
    >>> print(ns.deficiency_one(r))
    Deficiency One Theorem does not apply, because not: the deficiencies of the linkage classes
    (0, 0) add up to that of the network, 1
    """

    name: str
    conditions: tuple[tuple[str, bool], ...]
    conclusion: str

    @property
    def applies(self) -> bool:
        """Whether all conditions hold."""
        return all(holds for _, holds in self.conditions)

    def __bool__(self) -> bool:
        return self.applies

    def __str__(self) -> str:
        if self.applies:
            return f"{self.name} applies: {self.conclusion}"
        failed = "; ".join(text for text, holds in self.conditions if not holds)
        return f"{self.name} does not apply, because not: {failed}"


def deficiency_zero(network: ReactionNetwork) -> Theorem:
    r"""Apply the Deficiency Zero Theorem of Horn, Jackson and Feinberg.

    Chemostats count as part of the rate constants, as they must: the deficiency is that of the
    internal species.

    Parameters
    ----------
    network : ReactionNetwork
        The network.

    References
    ----------
    M. Feinberg, Foundations of Chemical Reaction Network Theory (Springer, 2019),
    doi:10.1007/978-3-030-03858-8.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("E + S <-> ES \n ES <-> E + P", ["S", "P"])
    >>> ns.deficiency_zero(r).applies
    True
    """
    conditions = (
        ("all reactions obey mass action", network.mass_action),
        (f"deficiency 0 (it is {network.deficiency})", network.deficiency == 0),
    )
    if network.weakly_reversible:
        conclusion = (
            "the network is weakly reversible, so that for all rate constants and all totals there "
            "is exactly one positive steady state; it is complex balanced and locally stable"
        )
    else:
        conclusion = (
            "the network is not weakly reversible, so that for no rate constants there is a "
            "positive steady state or a cycle in time"
        )
    return Theorem("Deficiency Zero Theorem", conditions, conclusion)


def deficiency_one(network: ReactionNetwork) -> Theorem:
    r"""Apply the Deficiency One Theorem of Feinberg, with all of its conditions.

    Parameters
    ----------
    network : ReactionNetwork
        The network.

    References
    ----------
    M. Feinberg, Chem. Eng. Sci. 42, 2229 (1987), doi:10.1016/0009-2509(87)80099-4.

    Examples
    --------
    Schloegl's model has three steady states for some constants, and the theorem does not deny it:

    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("A + 2 X <-> 3 X \n B <-> X", ["A", "B"])
    >>> ns.deficiency_one(r).applies
    False
    """
    parts = network.linkage_deficiencies
    ends = _terminal_classes(network)
    conditions = (
        ("all reactions obey mass action", network.mass_action),
        (f"no linkage class has a deficiency above 1; they have {parts}", max(parts) <= 1),
        (
            f"the deficiencies of the linkage classes {parts} add up to that of the network, "
            f"{network.deficiency}",
            sum(parts) == network.deficiency,
        ),
        (
            f"every linkage class has one terminal strong class; they have {ends}",
            set(ends) == {1},
        ),
    )
    exactly = (
        "for all rate constants and all totals there is exactly one positive steady state"
        if network.weakly_reversible
        else "for all rate constants and all totals there is at most one positive steady state"
    )
    return Theorem("Deficiency One Theorem", conditions, exactly)


def _terminal_classes(network: ReactionNetwork) -> tuple[int, ...]:
    place = {c: i for i, part in enumerate(network.linkage_classes) for c in part}
    found = [0] * len(network.linkage_classes)
    for members in nx.attracting_components(nx.DiGraph(network.complex_graph)):
        found[place[next(iter(members))]] += 1
    return tuple(found)


def elementary_flux_modes(network: ReactionNetwork) -> tuple[Combination, ...]:
    r"""Return the elementary flux modes: steady fluxes that no other needs fewer reactions for.

    One-way reactions run forward only. Of a mode that can run both ways one direction is given.

    Parameters
    ----------
    network : ReactionNetwork
        The network; only internal species need to be steady.

    Raises
    ------
    TooLargeError
        There are too many; a basis is `ReactionNetwork.emergent_cycles`.

    References
    ----------
    S. Schuster, C. Hilgetag, J. Biol. Syst. 2, 165 (1994), doi:10.1142/S0218339094000131.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("0 -> A \n A -> B \n A -> C \n B -> 0 \n C -> 0")
    >>> ns.elementary_flux_modes(r)
    (R1 + R2 + R4, R1 + R3 + R5)
    """
    names = network.stoichiometry.columns
    columns = [list(c) for c in zip(*network.internal_stoichiometry.entries, strict=True)]
    back = [i for i, r in enumerate(network.reactions) if r.reversible]
    split = [*columns, *([-x for x in columns[i]] for i in back)]
    found: dict[tuple[int, ...], None] = {}
    try:
        rays = extreme_rays(split)
    except TooLargeError:
        raise TooLargeError(
            f"the {len(columns)} reactions have too many elementary flux modes to list; "
            "emergent_cycles() and internal_cycles() are a basis of all steady fluxes"
        ) from None
    for ray in rays:
        v = ray[: len(columns)]
        for i, n in zip(back, ray[len(columns) :], strict=True):
            v[i] -= n
        if any(v) and tuple(-x for x in v) not in found:
            found[tuple(v)] = None
    order = sorted(found, key=lambda v: [not x for x in v])
    return tuple(Combination.of(names, list(v)) for v in order)


def siphons(network: ReactionNetwork) -> tuple[tuple[str, ...], ...]:
    r"""Return the minimal siphons: sets of species that, once all are gone, never come back.

    Every reaction that makes a species of the set uses one up. If each siphon holds all species
    of a conservation law with positive numbers, then no species can die out.

    Parameters
    ----------
    network : ReactionNetwork
        The network; chemostats are always there.

    Raises
    ------
    TooLargeError
        The search takes too many steps.

    References
    ----------
    D. Angeli, P. De Leenheer, E. Sontag, Math. Biosci. 210, 598 (2007),
    doi:10.1016/j.mbs.2007.07.003.

    Examples
    --------
    >>> import nesssym as ns
    >>> ns.siphons(ns.ReactionNetwork.from_text("E + S <-> ES \n ES -> E + P"))
    (('E', 'ES'), ('S', 'ES'))
    """
    moves = []
    for r, (a, b) in zip(network.reactions, network.sides, strict=True):
        left, right = ({s for s, _ in c.terms} for c in (a, b))
        moves.append((left, right))
        if r.reversible:
            moves.append((right, left))
    order = {s: i for i, s in enumerate(network.internal)}
    found: set[frozenset[str]] = set()
    seen: set[frozenset[str]] = set()
    stack = [frozenset([s]) for s in network.internal]
    while stack:
        chosen = stack.pop()
        if chosen in seen:
            continue
        seen.add(chosen)
        if len(seen) > MAX_STEPS:
            raise TooLargeError(
                f"the search for siphons takes more than {MAX_STEPS} steps; {len(found)} were "
                "found until then. Look at a part of the network"
            )
        if any(known <= chosen for known in found):
            continue
        open_move = next((m for m in moves if m[1] & chosen and not m[0] & chosen), None)
        if open_move is None:
            found = {known for known in found if not chosen <= known} | {chosen}
        else:
            stack += [chosen | {s} for s in sorted(open_move[0], key=order.__getitem__)]
    named = [tuple(sorted(members, key=order.__getitem__)) for members in found]
    return tuple(sorted(named, key=lambda members: [order[s] for s in members]))


def structure(network: ReactionNetwork) -> str:
    r"""Return all that the structure tells, as text: of the network as it is and when closed.

    Parameters
    ----------
    network : ReactionNetwork
        The network.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("E + S <-> ES \n ES <-> E + P", ["S", "P"])
    >>> print(ns.structure(r).splitlines()[0])
    4 species (2 held by chemostats: S, P), 2 reactions, 2 reversible
    """
    return "\n".join(_lines(network))


def _lines(network: ReactionNetwork) -> Iterator[str]:
    held = network.chemostats
    chemostats = f" ({len(held)} held by chemostats: {', '.join(held)})" if held else ""
    reversible = sum(r.reversible for r in network.reactions)
    yield (
        f"{len(network.species)} species{chemostats}, {len(network.reactions)} reactions, "
        f"{reversible} reversible"
    )
    views = {"as it is": network, "closed": network.closed} if held else {"closed": network}
    for name, view in views.items():
        yield f"{name}:"
        yield (
            f"  {len(view.complexes)} complexes, {len(view.linkage_classes)} linkage classes, rank "
            f"{view.rank}, deficiency {view.deficiency}, of the classes {view.linkage_deficiencies}"
        )
        yield f"  {'weakly reversible' if view.weakly_reversible else 'not weakly reversible'}"
        yield f"  conservation laws: {_listed(view.conservation_laws())}"
        if view is network:
            yield f"  {deficiency_zero(view)}"
            yield f"  {deficiency_one(view)}"
    yield f"cycles that change no species: {_listed(network.internal_cycles())}"
    if held:
        broken, emergent = network.broken_laws(), network.emergent_cycles()
        yield f"emergent cycles: {_listed(emergent)}"
        yield f"laws broken by chemostats: {_listed(broken)}"
        yield (
            f"{len(held)} chemostats = {len(broken)} broken laws + {len(emergent)} emergent cycles"
        )


def _listed(found: tuple[Combination, ...]) -> str:
    return "; ".join(map(repr, found)) or "none"
