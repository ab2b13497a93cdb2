"""Smaller networks: intermediates that react one at a time, eliminated exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import networkx as nx
from sympy import Add, Expr, Integer, Mul

from nesssym import parsing
from nesssym.chemistry.totals import law_totals
from nesssym.diagrams import appendages, count_terms, one_way, tree_sums
from nesssym.errors import ModelError, NotErgodicError, TooLargeError, UnknownNameError
from nesssym.networks import Reaction, ReactionNetwork, StateGraph, Transition
from nesssym.networks.labelled import Combination
from nesssym.networks.reactions import Complex
from nesssym.thermodynamics import all_cycles

__all__ = ["quasi_steady"]

MAX_TERMS, MAX_CYCLES = 2_000, 200
NOTHING = "∅"
Change = tuple[tuple[str, int], ...]


def quasi_steady(
    network: ReactionNetwork, species: Sequence[str], totals: Mapping[str, Any] | None = None
) -> ReactionNetwork:
    r"""Eliminate species that are in a quasi-steady state, exactly.

    The species named must react one at a time among themselves: at most one of them on each side
    of a reaction, as enzyme forms and short-lived intermediates do. Given all other
    concentrations their balance is then linear, and its solution is a sum over spanning trees.
    What is left are the net reactions of the cycles through them, with rate laws

    .. math:: v_c^\pm = \Pi_c^\pm\, \Sigma_c / Z,

    the one-way cycle fluxes of Hill; those of cycles with one net reaction are added. The other
    species have the same rates of change as in the full network with the intermediates at rest,
    so that steady states are the same too. Away from them it is the quasi-steady-state
    approximation (Briggs and Haldane).

    Parameters
    ----------
    network : ReactionNetwork
        The reactions of the species eliminated obey mass action.
    species : sequence of str
        What is eliminated. Where reactions conserve their sum, such as an enzyme's, all forms
        must be named.
    totals : mapping, optional
        Totals of such sums, as in `steady_states`; by default symbols such as ``E_tot``.

    Returns
    -------
    ReactionNetwork
        Reactions with rate laws, named by the reactions whose turns they are; those that do not
        touch the species are as they were.

    Raises
    ------
    ModelError
        Two of the species meet, or a reaction has a rate law of its own; the message names it.
    NotErgodicError
        A species that is left for ever, or never left.
    TooLargeError
        Too many spanning trees to write the rate laws out.

    References
    ----------
    M. Saez, C. Wiuf, E. Feliu, J. Math. Biol. 74, 195 (2017), doi:10.1007/s00285-016-1028-y.
    E. L. King, C. Altman, J. Phys. Chem. 60, 1375 (1956), doi:10.1021/j150544a010.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text('''
    ...     feed: 0 <-> S
    ...     bind: E + S <-> ES
    ...     make: ES -> E + P
    ...     use: P -> 0
    ... ''')
    >>> small = ns.quasi_steady(r, ["E", "ES"], totals={"E": "E0"})
    >>> for reaction in small.reactions:
    ...     print(reaction)
    bind + make: S -> P ; v = E0*S*k2*k3/(S*k2 + k2r + k3)
    feed: 0 <-> S ; k1, k1r
    use: P -> 0 ; k4
    """
    gone = list(dict.fromkeys(map(str, [species] if isinstance(species, str) else species)))
    for s in gone:
        if s not in network.internal:
            raise UnknownNameError.of("internal species", s, network.internal)
    if not gone:
        raise ModelError("no species to eliminate; name at least one")
    touched = [r for r in network.reactions if set(r.species) & set(gone)]
    laws = law_totals(network, totals)
    found: dict[Change, list[_Turn]] = {}
    for part in _parts(touched, gone):
        for turn in _turns(network, touched, part, laws):
            back = tuple((s, -n) for s, n in turn.change)
            key, own = (back, turn.reversed()) if back in found else (turn.change, turn)
            if key:
                found.setdefault(key, []).append(own)
    reduced = [_reaction(change, turns) for change, turns in found.items()]
    kept = [r for r in network.reactions if r not in touched]
    reactions = (*reduced, *kept)
    if not reactions:
        raise ModelError(
            f"nothing is left of the network without {', '.join(gone)}: its cycles change no other "
            "species"
        )
    left = {s for r in reactions for s in r.species}
    held = {
        s: level for s, level in zip(network.chemostats, network.levels, strict=True) if s in left
    }
    # What only stands in rate laws is no species any more, but a parameter.
    fixed = {
        parsing.symbol(s): level
        for s, level in zip(network.chemostats, network.levels, strict=True)
        if s not in left
    }
    return replace(
        network,
        reactions=tuple(
            replace(r, rate=r.rate.xreplace(fixed), reverse=r.reverse.xreplace(fixed))
            for r in reactions
        ),
        chemostats=tuple(held),
        levels=tuple(held.values()),
    )


@dataclass(frozen=True)
class _Turn:
    """A cycle of reactions with what it changes and its one-way fluxes."""

    label: str
    change: Change
    forward: Expr
    backward: Expr

    def reversed(self) -> _Turn:
        """Return the same cycle the other way round."""
        back = tuple((s, -n) for s, n in self.change)
        return _Turn(self.label, back, self.backward, self.forward)


def _parts(touched: Sequence[Reaction], gone: Sequence[str]) -> list[list[str]]:
    """Return the species in groups that reactions join; raise where two of them meet."""
    joined = nx.Graph()
    joined.add_nodes_from(gone)
    for r in touched:
        sides = [side.only(gone).terms for side in (r.reactants, r.products)]
        for terms in sides:
            if sum(n for _, n in terms) > 1:
                met = " + ".join(f"{n} {s}" if n > 1 else s for s, n in terms)
                raise ModelError(
                    f"{r.name} ({r.text}) has {met} on one side; species that are eliminated "
                    "together must react one at a time"
                )
        if r.law:
            raise ModelError(
                f"{r.name} has a rate law of its own; eliminated species need mass action"
            )
        ends = [s for terms in sides for s, _ in terms]
        if len(ends) == 2:
            joined.add_edge(*ends)
    order = {s: i for i, s in enumerate(gone)}
    return [sorted(part, key=order.__getitem__) for part in nx.connected_components(joined)]


def _turns(
    network: ReactionNetwork,
    touched: Sequence[Reaction],
    part: Sequence[str],
    laws: Sequence[tuple[Combination, Expr]],
) -> Iterator[_Turn]:
    """Yield the cycles through a group of species, with their fluxes."""
    inside = set(part)
    own = [r for r in touched if set(r.species) & inside]
    one = {s: Integer(1) if s in inside else parsing.symbol(s) for s in network.species}

    def end(side: Complex) -> str:
        return next((s for s, _ in side.terms if s in inside), NOTHING)

    ends = {r.name: (end(r.reactants), end(r.products)) for r in own}
    transitions = tuple(
        Transition(a, b, *r.rates(one), r.name) for r in own for a, b in [ends[r.name]] if a != b
    )
    states = (*part, *([NOTHING] if any(NOTHING in pair for pair in ends.values()) else ()))
    scale = _total(part, laws) if NOTHING not in states else Integer(1)
    sums = _sums(states, transitions, network)
    weights = sums[-1:] if NOTHING in states else sums
    z = Add(*weights)
    graph = StateGraph(states, transitions, network.assume) if transitions else None
    place = {s: i for i, s in enumerate(states)}
    changes = {r.name: r.change for r in own}
    for cycle in all_cycles(graph, MAX_CYCLES) if graph else ():
        factor = appendages(transitions, place, {place[s] for s in cycle.states})
        along, against = (Mul(*rates) * factor * scale / z for rates in cycle.rates)
        times = {t.channel: sign for t, sign in cycle.steps}
        label = Combination.of(tuple(changes), [times.get(name, 0) for name in changes]).label
        net = {
            s: sum(n * changes[name].get(s, 0) for name, n in times.items())
            for s in network.species
            if s not in inside
        }
        yield _Turn(label, tuple((s, n) for s, n in net.items() if n), along, against)
    for r in own:
        a, b = ends[r.name]
        if a == b:
            amount = scale * sums[place[a]] / z
            forward, backward = r.rates(one)
            yield _Turn(r.name, tuple(r.change.items()), forward * amount, backward * amount)


def _sums(
    states: Sequence[str], transitions: Sequence[Transition], network: ReactionNetwork
) -> list[Expr]:
    """Return the tree sum of every state."""
    if not transitions:
        return [Integer(1)] * len(states)
    graph = StateGraph(tuple(states), tuple(transitions), network.assume)
    if not nx.is_strongly_connected(nx.DiGraph(graph.graph)):
        raise NotErgodicError(
            f"{', '.join(s for s in states if s != NOTHING)} cannot be in a quasi-steady state: "
            "reactions lead out of some of them and never back, or only into them"
        )
    terms = count_terms(graph, graph.states, MAX_TERMS)
    if terms > MAX_TERMS:
        raise TooLargeError(
            f"the rate laws would be sums over more than {MAX_TERMS} spanning trees; eliminate "
            "fewer species at a time"
        )
    place = {s: i for i, s in enumerate(states)}
    return tree_sums(len(states), *one_way(transitions, place))


def _total(part: Sequence[str], laws: Sequence[tuple[Combination, Expr]]) -> Expr:
    for law, total in laws:
        if set(law) == set(part) and set(law.values()) == {1}:
            return total
    raise ModelError(
        f"the sum {' + '.join(part)} is not fixed by a conservation law: name all forms of what is "
        "conserved, or give it a way in and out"
    )


def _reaction(change: Change, turns: Sequence[_Turn]) -> Reaction:
    """Return the net reaction of cycles."""
    used, made = (
        Complex(tuple((s, sign * n) for s, n in change if sign * n > 0)) for sign in (-1, 1)
    )
    forward = Add(*(t.forward for t in turns))
    backward = Add(*(t.backward for t in turns))
    name = turns[0].label
    if forward == 0:
        return Reaction(name, made, used, backward, forward, law=True)
    return Reaction(name, used, made, forward, backward, law=True)
