"""Cycles, affinities and entropy production: Schnakenberg's network theory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sympy import Add, Expr, Integer, Mul

from nesssym import typeset
from nesssym.entropies import EntropyProduction, Irreversibility, entropy, entropy_unit
from nesssym.errors import ModelError, UnknownNameError
from nesssym.exact import incidence
from nesssym.exact.monomials import Monomial, difference, monomial
from nesssym.formulas import Formulas, Steps
from nesssym.functions import logratio
from nesssym.networks import Model, Transition
from nesssym.steady import SteadyState, refuse_one_way

__all__ = [
    "Cycle",
    "affinities",
    "all_cycles",
    "cycle_currents",
    "cycles",
    "entropy_production",
]


@dataclass(frozen=True)
class Cycle:
    r"""A closed path along transitions, each with the direction in which it is passed.

    Parameters
    ----------
    steps : tuple of (Transition, int)
        The transitions in order, with +1 along or -1 against their direction.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("hot: g <-> e ; a, b \n cold: g <-> e ; c, d")
    >>> cycle, = ns.cycles(g)
    >>> cycle.label, cycle.transitions
    ('g->e/cold->g/hot', (('g->e/cold', 1), ('g->e/hot', -1)))
    >>> cycle.affinity
    log(b*c/(a*d))
    """

    steps: tuple[tuple[Transition, int], ...]

    @property
    def transitions(self) -> tuple[tuple[str, int], ...]:
        """Labels of the transitions with their signs."""
        return tuple((t.label, sign) for t, sign in self.steps)

    @property
    def states(self) -> tuple[str, ...]:
        """The states in the order they are visited, each once."""
        return tuple(t.source if sign > 0 else t.target for t, sign in self.steps)

    @property
    def label(self) -> str:
        """The states joined by arrows, closed, with the names of the channels."""
        ends = [
            (t.target if sign > 0 else t.source) + (f"/{t.channel}" if t.channel else "")
            for t, sign in self.steps
        ]
        return "->".join((self.states[0], *ends))

    @property
    def rates(self) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
        """The rates along the cycle and those against it."""
        pairs = [(t.rate, t.reverse)[::sign] for t, sign in self.steps]
        return tuple(w for w, _ in pairs), tuple(w for _, w in pairs)

    @cached_property
    def ratio(self) -> Monomial:
        """The product of the rates along the cycle over that of the rates against it.

        Raises `IrreversibleError` where a transition goes one way only.
        """
        refuse_one_way(t.label for t, _ in self.steps if not t.reversible)
        along, against = self.rates
        one = monomial(Integer(1))
        for plus, minus in zip(along, against, strict=True):
            one = one * monomial(plus) / monomial(minus)
        return one

    @property
    def affinity(self) -> Expr:
        """The logarithm of `ratio`: the entropy produced per turn, in units of k_B."""
        return self.ratio.log()


def cycles(model: Model, chords: Iterable[str] | None = None) -> tuple[Cycle, ...]:
    """Answer `nesssym.cycles` for Markov models; see there."""
    n, ends = _ends(model)
    tree = None if chords is None else _tree_without(model, list(chords))
    return tuple(_cycle(model, found) for found in incidence.fundamental_cycles(n, ends, tree))


def all_cycles(model: Model, max_cycles: int | None = None) -> Iterator[Cycle]:
    """Iterate over every simple cycle of the model once, lazily.

    Two states joined by two channels make a cycle too. Each runs along the direction of its
    first transition in the order of the model.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model.
    max_cycles : int, optional
        Raise `TooLargeError` rather than give more.

    References
    ----------
    T. L. Hill, Free Energy Transduction in Biology (Academic Press, 1977).

    Examples
    --------
    >>> import networkx as nx, nesssym as ns
    >>> cube = nx.hypercube_graph(3).to_directed()
    >>> len(list(ns.all_cycles(ns.StateGraph.from_networkx(cube, rate=None))))
    28
    """
    n, ends = _ends(model)
    return (_cycle(model, found) for found in incidence.simple_cycles(n, ends, max_cycles))


def affinities(model: Model, chords: Iterable[str] | None = None) -> Formulas:
    """Answer `nesssym.affinities` for Markov models; see there."""
    found = cycles(model, chords)
    return Steps.over(model).formulas(
        ((c.label, accurate_affinity(c)) for c in found), heads=_heads("A", found)
    )


def cycle_currents(ss: SteadyState, chords: Iterable[str] | None = None) -> Formulas:
    """Answer `nesssym.cycle_currents` for Markov models; see there."""
    found = cycles(ss.model, chords)
    shared = Steps.over(ss.model)
    net = shared.absorb(ss.currents)
    return shared.formulas(
        ((c.label, net[c.transitions[0][0]]) for c in found),
        heads=_heads("J", found),
        unit=ss.currents.unit,
    )


def entropy_production(
    ss: SteadyState, chords: Iterable[str] | None = None
) -> EntropyProduction | Irreversibility:
    """Answer `nesssym.entropy_production` for Markov models; see there."""
    model, forces = ss.model, ss.forces
    shared = Steps.over(model)
    net = shared.absorb(ss.currents)
    force = shared.absorb(forces)
    by_transition = {
        label: shared.let(net[label] * force[label], "y") if label in force else Integer(0)
        for label in net
    }
    recurrent = [
        c for c in cycles(model, chords) if all(label in force for label, _ in c.transitions)
    ]
    by_cycle = [(c.label, net[c.transitions[0][0]] * accurate_affinity(c)) for c in recurrent]
    return entropy(
        shared.formulas(
            [("sigma", Add(*by_transition.values())), *by_transition.items(), *by_cycle],
            heads=(
                r"\sigma",
                *(rf"\sigma_{{{t.subscript}}}" for t in model.transitions),
                *_heads(r"\sigma", recurrent),
            ),
            unit=entropy_unit(model.time),
        )
    )


def accurate_affinity(cycle: Cycle) -> Expr:
    """Return the affinity in a form that keeps its digits near equilibrium."""
    ratio = cycle.ratio
    if not ratio.powers and ratio.number == 1:
        return ratio.log()
    along, against = cycle.rates
    excess = difference(along, against)
    return Integer(0) if excess == 0 else logratio(Mul(*along), Mul(*against), excess)


def _heads(letter: str, found: Sequence[Cycle]) -> tuple[str, ...]:
    return tuple(f"{letter}_{{{typeset.text(c.label)}}}" for c in found)


def _ends(model: Model) -> tuple[int, list[tuple[int, int]]]:
    index = {s: i for i, s in enumerate(model.states)}
    return len(index), [(index[t.source], index[t.target]) for t in model.transitions]


def _cycle(model: Model, found: Iterable[tuple[int, int]]) -> Cycle:
    return Cycle(tuple((model.transitions[e], sign) for e, sign in found))


def _tree_without(model: Model, chords: Sequence[str]) -> tuple[int, ...]:
    labels = [t.label for t in model.transitions]
    for chord in chords:
        if chord not in labels:
            raise UnknownNameError.of("transition", chord, labels)
    n, ends = _ends(model)
    tree = tuple(e for e, label in enumerate(labels) if label not in chords)
    whole = incidence.spanning_forest(n, ends)
    forest = incidence.spanning_forest(n, [ends[e] for e in tree])
    if len(forest) < len(tree) or len(forest) < len(whole):
        raise ModelError(
            f"the transitions other than {', '.join(chords)} do not make a spanning tree; "
            f"give {len(ends) - len(whole)} chords, one for each independent cycle"
        )
    return tree
