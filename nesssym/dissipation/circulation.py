"""Hill's cycle fluxes: how often a system goes round each cycle, one way and the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Integer, Mul

from nesssym import typeset
from nesssym.diagrams import appendages, count_terms, one_way, tree_sums
from nesssym.entropies import EntropyProduction, Irreversibility, entropy, entropy_unit
from nesssym.exact import trees
from nesssym.exact.elimination import eliminate, forest_sum, steady_weights
from nesssym.exact.monomials import difference
from nesssym.formulas import Formulas, Steps
from nesssym.networks import Model, Transition
from nesssym.steady import READABLE_TERMS, closed_class
from nesssym.thermodynamics import Cycle, accurate_affinity, all_cycles

__all__ = ["CycleFluxes", "cycle_fluxes"]

MAX_CYCLES = 2_000


@dataclass(frozen=True)
class CycleFluxes:
    r"""The fluxes round every simple cycle of a model; made by `cycle_fluxes`.

    All `Formulas` have one label a cycle, its `Cycle.label`, and share their steps.

    Attributes
    ----------
    model : StateGraph or MarkovChain
        The model.
    cycles : tuple of Cycle
        Every simple cycle once.
    forward, backward : Formulas
        How often the cycle is completed along its direction and against it, per unit of time:
        :math:`J_c^\pm = \Pi_c^\pm \Sigma_c / Z`.
    net : Formulas
        Their difference, written so that it keeps its digits near equilibrium and is exactly
        zero where the affinity vanishes for all rates.
    appendages : Formulas
        The factors :math:`\Sigma_c`: sums over the forests that lead all other states into the
        cycle.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    >>> fluxes = ns.cycle_fluxes(g)
    >>> fluxes.forward.at({}), fluxes.backward.at({})
    ({'A->B->C->A': 30/49}, {'A->B->C->A': 2/49})
    """

    model: Model
    cycles: tuple[Cycle, ...]
    forward: Formulas
    backward: Formulas
    net: Formulas
    appendages: Formulas

    @property
    def affinities(self) -> Formulas:
        """The affinity of every cycle; :math:`J_c^+ / J_c^- = e^{A_c}`.

        Raises `IrreversibleError` where a cycle passes a one-way transition.
        """
        return Steps.over(self.model).formulas(
            [(c.label, accurate_affinity(c)) for c in self.cycles],
            heads=_heads("A_{%s}", self.cycles),
        )

    @property
    def entropy_production(self) -> EntropyProduction | Irreversibility:
        r"""The entropy production as a sum over all cycles, :math:`\sigma = \sum_c J_c A_c`.

        Labels are ``"sigma"`` and those of the cycles, and every part is non-negative, other than
        for fundamental cycles. Raises `IrreversibleError` where a cycle goes one way only.
        """
        shared = Steps.over(self.model)
        net, force = shared.absorb(self.net), shared.absorb(self.affinities)
        parts = {label: shared.let(net[label] * force[label], "y") for label in net}
        return entropy(
            shared.formulas(
                {"sigma": Add(*parts.values()), **parts},
                heads=(r"\sigma", *_heads(r"\sigma_{%s}", self.cycles)),
                unit=entropy_unit(self.model.time),
            )
        )

    def __repr__(self) -> str:
        return f"<CycleFluxes: {len(self.cycles)} cycles>"

    def _repr_latex_(self) -> str | None:
        return self.net._repr_latex_()


def cycle_fluxes(model: Model, *, max_cycles: int = MAX_CYCLES) -> CycleFluxes:
    r"""Return the one-way and net flux round every simple cycle, with its appendage factor.

    A random walk on the graph, its loops cut out whenever they close, completes each cycle a
    definite number of times per unit of time in each direction (Hill):

    .. math:: J_c^\pm = \Pi_c^\pm\, \Sigma_c / Z, \qquad J_c^+ / J_c^- = e^{A_c}, \qquad
              \sigma = \sum_c (J_c^+ - J_c^-) A_c,

    with the product of rates :math:`\Pi_c^\pm`, the appendage factor :math:`\Sigma_c` and the sum
    over all spanning trees :math:`Z`. The current of a transition is the sum over the cycles that
    pass it. Other than the currents of fundamental cycles, these have a meaning of their own:
    they can be counted along a trajectory.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        With one closed class of states; cycles of transient states have flux zero.
    max_cycles : int, optional
        The largest number of cycles that one is willing to wait for.

    Returns
    -------
    CycleFluxes
        ``.forward``, ``.backward``, ``.net`` and ``.appendages``, `Formulas` each. Factors of few
        forests are written out, others are shared steps of a subtraction-free elimination.

    Raises
    ------
    TooLargeError
        There are more than `max_cycles` cycles.
    NotErgodicError
        Several closed classes.

    References
    ----------
    T. L. Hill, J. Theor. Biol. 10, 442 (1966), doi:10.1016/0022-5193(66)90137-8.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text('''
    ...     A <-> B ; a, b
    ...     B <-> C ; c, d
    ...     C <-> A ; e, f
    ...     C <-> D ; u, v
    ... ''')
    >>> fluxes = ns.cycle_fluxes(g)
    >>> fluxes.appendages["A->B->C->A"]
    v
    >>> fluxes.net.exprs
    (v*(a*c*e - b*d*f)/Z,)
    """
    live = closed_class(model)
    index = {s: i for i, s in enumerate(live)}
    inside = [t for t in model.transitions if t.source in index and t.target in index]
    found = tuple(all_cycles(model, max_cycles))
    shared = Steps.over(model)
    z = _partition(model, live, inside, index, shared)
    forward, backward, net, factors = [], [], [], []
    known: dict[frozenset[str], Expr] = {}
    for cycle in found:
        along, against = cycle.rates
        states = frozenset(cycle.states)
        if states not in known:
            known[states] = (
                _appendage(inside, index, {index[s] for s in cycle.states}, shared)
                if states <= index.keys()
                else Integer(0)
            )
        factors.append(known[states])
        weight = known[states] / z
        forward.append(Mul(*along) * weight)
        backward.append(Mul(*against) * weight)
        one_sided = Integer(0) in (*along, *against)
        excess = Mul(*along) - Mul(*against) if one_sided else difference(along, against)
        net.append(excess * weight)

    def labelled(values: Sequence[Expr], head: str, unit: str) -> Formulas:
        pairs = [(c.label, value) for c, value in zip(found, values, strict=True)]
        return shared.formulas(pairs, heads=_heads(head, found), unit=unit)

    per_time = f"1/{model.time}"
    return CycleFluxes(
        model,
        found,
        labelled(forward, "J^+_{%s}", per_time),
        labelled(backward, "J^-_{%s}", per_time),
        labelled(net, "J_{%s}", per_time),
        labelled(factors, r"\Sigma_{%s}", "mixed"),
    )


def _partition(
    model: Model,
    live: Sequence[str],
    inside: Sequence[Transition],
    index: Mapping[str, int],
    shared: Steps,
) -> Expr:
    """Return the sum over all spanning trees of all roots."""
    if count_terms(model, live, READABLE_TERMS) <= READABLE_TERMS:
        total = Add(*tree_sums(len(index), *one_way(inside, index)))
        return shared.let(total, "Z", alone=True)
    rates = _rates(inside, index, shared)
    weights = Add(*steady_weights(len(index), rates, shared.let))
    trees_of_last = forest_sum(eliminate(len(index), rates, shared.let), shared.let)
    return shared.let(trees_of_last * weights, "Z", alone=True)


def _appendage(
    inside: Sequence[Transition], index: Mapping[str, int], cycle: set[int], shared: Steps
) -> Expr:
    """Return the sum over the forests into a cycle: written out where they are few."""
    outside = [v for v in index.values() if v not in cycle]
    place = dict.fromkeys(cycle, 0) | {v: i for i, v in enumerate(outside, 1)}
    merged = {s: place[v] for s, v in index.items()}
    arcs = [(i, j) for i, j in one_way(inside, merged)[0] if i]
    if trees.count(len(outside) + 1, arcs, 0) <= READABLE_TERMS:
        return appendages(inside, index, cycle)
    rates = {(i, j): w for (i, j), w in _rates(inside, merged, shared).items() if i and i != j}
    pivots = eliminate(len(outside) + 1, rates, shared.let, keep=[0])
    factor: Expr = forest_sum(pivots, shared.let)
    return factor


def _rates(
    transitions: Sequence[Transition], index: Mapping[str, int], shared: Steps
) -> dict[tuple[int, int], Expr]:
    """Return the rates by arc, those of parallel transitions added."""
    rates: dict[tuple[int, int], Expr] = {}
    for arc, rate in zip(*one_way(transitions, index), strict=True):
        rates[arc] = rates.get(arc, Integer(0)) + rate
    return {arc: shared.let(rate, "w") for arc, rate in rates.items()}


def _heads(head: str, found: Sequence[Cycle]) -> tuple[str, ...]:
    return tuple(head % typeset.text(c.label) for c in found)
