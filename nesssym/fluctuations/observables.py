"""What is counted along a trajectory: jumps, in one direction or both, and time spent in states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Add, Expr, Integer, Symbol

from nesssym import parsing
from nesssym.errors import ModelError, UnknownNameError
from nesssym.exact import incidence
from nesssym.exact.monomials import log_ratio
from nesssym.formulas import Steps
from nesssym.networks import MarkovChain, Model, StateGraph, Transition
from nesssym.steady import refuse_one_way

__all__ = [
    "Counts",
    "Observable",
    "activity_counts",
    "begin",
    "chord_counts",
    "cycle_sums",
    "entropy_counts",
    "observable",
    "refuse_chain",
]

Counts = Mapping[str, Any]


@dataclass(frozen=True)
class Observable:
    r"""A time-additive observable, :math:`O = \sum_{\rm jumps} d + \int f(s_t)\,dt`.

    Made from a mapping by `observable`.

    Parameters
    ----------
    jumps : dict
        For every transition of the model, what is added when it happens forwards and backwards.
    dwell : dict
        For every state, what is added per unit of time spent there.
    """

    jumps: dict[str, tuple[Expr, Expr]]
    dwell: dict[str, Expr]

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols of what is counted, by name."""
        values = (*(d for pair in self.jumps.values() for d in pair), *self.dwell.values())
        free: set[Symbol] = set().union(*(value.free_symbols for value in values))
        return tuple(sorted(free, key=str))

    @property
    def is_current(self) -> bool:
        """Whether it changes sign when time runs backwards: a current."""
        return all(f == -b for f, b in self.jumps.values()) and not any(self.dwell.values())

    def of(self, t: Transition) -> tuple[Expr, Expr]:
        """Return what a transition adds, forwards and backwards."""
        return self.jumps[t.label]


def observable(model: Model, counts: Counts) -> Observable:
    """Read what is to be counted; see `nesssym.cumulants` for what the mapping may hold.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b")
    >>> observable(g, {"A->B": (1, 1), "B": "x"})
    Observable(jumps={'A->B': (1, 1)}, dwell={'A': 0, 'B': x})
    """
    if not isinstance(counts, Mapping):
        raise ModelError(
            f"counts are a mapping such as {{'A->B': 1}},"
            f" got {type(counts).__name__}: {counts!r:.60}"
        )
    if not counts:
        raise ModelError("nothing is counted; name at least one transition or state, {'A->B': 1}")
    labels = [t.label for t in model.transitions]
    given = {str(label): value for label, value in counts.items()}
    for label in given:
        if label not in labels and label not in model.states:
            raise UnknownNameError.of("transition", label, [*labels, *model.states])
    names = {symbol.name: symbol for symbol in model.symbols}
    jumps = {}
    for t in model.transitions:
        value = given.get(t.label, 0)
        if isinstance(value, tuple | list):
            if len(value) != 2:
                raise ModelError(
                    f"{t.label} counts {value!r}; give one number, or two (forwards, backwards)"
                )
            forward, backward = (parsing.expr(v, names) for v in value)
        else:
            forward = parsing.expr(value, names)
            backward = -forward
        jumps[t.label] = (forward, backward if t.reversible else -forward)
    dwell = {s: parsing.expr(given.get(s, 0), names) for s in model.states}
    for s in model.states:
        if s in labels and s in given:
            raise ModelError(f"{s!r} is both a state and a transition; rename one of them")
    return Observable(jumps, dwell)


def begin(model: Model, *observables: Observable) -> Steps:
    """Begin a derivation from a model whose results also hold the symbols of what is counted."""
    names = {s for o in observables for s in o.symbols if s not in model.symbols}
    symbols = (*model.symbols, *sorted(names, key=str))
    parsing.check_distinct(symbols)
    return Steps(symbols, dict(model.notation), model.assume)


def refuse_chain(model: object, what: str) -> None:
    """Raise ModelError for what is no `StateGraph`: jumps in continuous time do not exist there."""
    if isinstance(model, MarkovChain):
        raise ModelError(f"{what} need rates; a chain observed in steps has none")
    if not isinstance(model, StateGraph):
        raise ModelError(
            f"{what} need a StateGraph, got {type(model).__name__}; for a reaction network take "
            "its nesssym.master_equation"
        )


def activity_counts(model: Model) -> dict[str, tuple[int, int]]:
    """Return counts of every jump, in both directions: the dynamical activity.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b")
    >>> ns.cumulants(g, ns.activity_counts(g), order=1)["c1"]
    2*a*b/(a + b)
    """
    return {t.label: (1, 1) for t in model.transitions}


def entropy_counts(model: Model) -> dict[str, Expr]:
    r"""Return counts of the entropy given to the surroundings, :math:`\ln(w_+/w_-)` a jump.

    Its mean is the entropy production, in units of k_B.

    Raises
    ------
    IrreversibleError
        A transition goes one way only.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("hot: A <-> B ; a, b \n cold: A <-> B ; 2, 1")
    >>> ns.entropy_counts(g)
    {'A->B/hot': log(a/b), 'A->B/cold': log(2)}
    """
    refuse_one_way(t.label for t in model.transitions if not t.reversible)
    return {t.label: log_ratio([t.rate], [t.reverse]) for t in model.transitions}


def cycle_sums(model: Model, counts: Counts, chords: Iterable[int] = ()) -> dict[int, Expr]:
    """Return what a turn of each fundamental cycle counts, by the number of its chord."""
    found = observable(model, counts)
    index = {s: i for i, s in enumerate(model.states)}
    ends = [(index[t.source], index[t.target]) for t in model.transitions]
    kept = set(chords)
    tree = incidence.spanning_forest(
        len(index), ends, [e for e in range(len(ends)) if e not in kept]
    )
    halves = [_odd(*found.of(t)) for t in model.transitions]
    return {
        cycle[0][0]: Add(*(sign * halves[e] for e, sign in cycle))
        for cycle in incidence.fundamental_cycles(len(index), ends, tree)
    }


def chord_counts(model: Model, counts: Counts) -> dict[str, Any]:
    r"""Move what is counted from the tree to the chords, with the same cumulants.

    In the long run only what a closed cycle counts matters: adding
    :math:`\phi_j - \phi_i` to what a jump i -> j counts changes a total by a bounded amount. So all
    that a current counts can be put on the chords of a spanning tree, where each chord counts what
    its cycle does. What counts the same in both directions stays where it is. Where nothing is left
    a zero says so.

    References
    ----------
    A. Wachtel, J. Vollmer, B. Altaner, Phys. Rev. E 92, 042132 (2015),
    doi:10.1103/PhysRevE.92.042132.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    >>> ns.chord_counts(g, {"A->B": 1, "B->C": 1, "C->A": "x"})
    {'C->A': x + 2}
    """
    found = observable(model, counts)
    sums = cycle_sums(model, counts)
    moved: dict[str, Any] = {}
    for e, t in enumerate(model.transitions):
        even = (found.of(t)[0] + found.of(t)[1]) / 2
        odd = sums.get(e, Integer(0))
        if even != 0:
            moved[t.label] = (even + odd, even - odd)
        elif odd != 0:
            moved[t.label] = odd
    moved |= {s: f for s, f in found.dwell.items() if f != 0}
    return moved or {str(next(iter(counts))): Integer(0)}


def _odd(forward: Expr, backward: Expr) -> Expr:
    return (forward - backward) / 2
