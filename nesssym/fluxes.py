"""Steady currents in three forms: accurate, as on paper, and Hill's sum over cycles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import lcm

import networkx as nx
from sympy import Add, Expr, Integer, Mul, Rational, exp

from nesssym.diagrams import appendages, one_way, tree_sums
from nesssym.errors import UnknownNameError
from nesssym.exact import incidence
from nesssym.exact.elimination import Channel, eliminate, net_fluxes, solve_balance
from nesssym.exact.monomials import Monomial, difference, monomial
from nesssym.formulas import Formulas, Steps
from nesssym.functions import netflux
from nesssym.networks import Model, Transition

__all__ = ["FORMS", "net_currents"]

REDUCED_TRANSITIONS = 80
CORRECTIONS = 2
LARGEST_BITS = 500


def net_currents(model: Model, state: Formulas, form: str = "reduced") -> Formulas:
    r"""Return the net steady current of every transition.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model.
    state : Formulas
        Its steady probabilities, one label a state; or these over the probability of one state,
        which is then one.
    form : {"reduced", "difference", "cycles"}
        ``"difference"`` is :math:`w_+ p_i - w_- p_j`, the shortest; its two terms agree in
        almost all digits near equilibrium. ``"cycles"`` is Hill's
        :math:`\sum_c \pm(\Pi_c^+ - \Pi_c^-)\,\Sigma_c / Z` over all simple cycles, which shows
        that the current vanishes with the affinities; it is for small graphs. ``"reduced"``, the
        default, keeps the digits of kernels: where rates follow from energies it eliminates all
        states but two and carries the affinities along; else, and above 80 transitions, it is the
        difference with two steps of refinement, which kernels take in three times their precision.

    References
    ----------
    T. L. Hill, J. Theor. Biol. 10, 442 (1966), doi:10.1016/0022-5193(66)90137-8.
    J. Schnakenberg, Rev. Mod. Phys. 48, 571 (1976), doi:10.1103/RevModPhys.48.571.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n hot: A <-> B ; c, d")
    >>> ns.steady_state(g).currents_as("cycles")["A->B"]
    (a*d - b*c)/(a + b + c + d)
    """
    if form not in FORMS:
        raise UnknownNameError.of("form of the currents", form, FORMS)
    shared = Steps.over(model)
    recurrent = [s for s, p in zip(state.labels, state.exprs, strict=True) if p != 0]
    live = [t for t in model.transitions if t.source in recurrent]
    index = {s: i for i, s in enumerate(recurrent)}
    values = dict(zip(live, FORMS[form](live, index, state, shared), strict=True))
    return shared.formulas(
        {t.label: values.get(t, Integer(0)) for t in model.transitions},
        heads=(f"J_{{{t.subscript}}}" for t in model.transitions),
        unit=f"1/{model.time}",
    )


def _difference(
    live: Sequence[Transition], index: Mapping[str, int], state: Formulas, shared: Steps
) -> list[Expr]:
    p = shared.absorb(state)
    return [t.rate * p[t.source] - t.reverse * p[t.target] for t in live]


def _reduced(
    live: Sequence[Transition], index: Mapping[str, int], state: Formulas, shared: Steps
) -> list[Expr]:
    if not any(t.rate.free_symbols | t.reverse.free_symbols for t in live):
        return _difference(live, index, state, shared)
    ends = [(index[t.source], index[t.target]) for t in live]
    ratios = [monomial(t.rate) / monomial(t.reverse) if t.reversible else None for t in live]
    gauge = _equilibrium_gauge(len(index), ends, ratios)
    driven = [
        ratio is None or not (ratio * gauge[i] / gauge[j]).is_one
        for (i, j), ratio in zip(ends, ratios, strict=True)
    ]
    energies = any(ratio is not None and ratio.value().has(exp) for ratio in ratios)
    if energies and len(live) <= REDUCED_TRANSITIONS:
        return _carried(live, index, state, shared)
    return _refined(live, index, state, shared, _flowing(ends, driven))


def _flowing(ends: Sequence[tuple[int, int]], driven: Sequence[bool]) -> set[int]:
    """Return the channels in parts of the graph that hold a drive; elsewhere nothing flows."""
    graph = nx.Graph(ends)
    flowing: set[int] = set()
    for part in nx.biconnected_components(graph):
        inside = [e for e, (i, j) in enumerate(ends) if i in part and j in part]
        if any(driven[e] for e in inside):
            flowing.update(inside)
    return flowing


def _refined(
    live: Sequence[Transition],
    index: Mapping[str, int],
    state: Formulas,
    shared: Steps,
    flowing: set[int],
) -> list[Expr]:
    r"""Correct the currents of rounded probabilities :math:`p` by :math:`W \delta = -W p`.

    In exact arithmetic the correction is zero. In floating point it is what the rounding of the
    probabilities took away: the residual of each state comes from products without error, and
    elimination, which loses nothing, gives the correction to a few digits less than it has. The
    second one, of what the first has left, brings those digits back.
    """
    values = shared.absorb(state)
    p = {s: shared.let(values[s], "p") for s in index}
    ends = [(index[t.source], index[t.target]) for t in live]
    rates: dict[tuple[int, int], Expr] = {}
    for arc, rate in zip(*one_way(live, index), strict=True):
        rates[arc] = rates.get(arc, Integer(0)) + rate
    named = {arc: shared.let(rate, "w") for arc, rate in rates.items()}
    sizes = [(monomial(t.rate), monomial(t.reverse if t.reversible else Integer(1))) for t in live]
    scale = _common_denominator(m.number for pair in sizes for m in pair)
    pairs = []
    for t, (f, b) in zip(live, sizes, strict=True):
        (ahead, over), (back, under) = _parted(f), _parted(b)
        forward = f.number * scale * ahead * under * p[t.source]
        backward = b.number * scale * back * over * p[t.target] if t.reversible else Integer(0)
        pairs.append((forward, backward, over * under))
    pivots = eliminate(len(index), named, shared.let)

    sides: list[tuple[Expr, ...]] = [(f, b) for f, b, _ in pairs]
    for _ in range(CORRECTIONS):
        source = [
            shared.let(total, "b", positive=False)
            for total in _outflows(len(index), ends, sides, [below for *_, below in pairs], scale)
        ]
        change = solve_balance(len(index), pivots, source, shared.let)
        before = sides
        sides = [
            (*products, f / p[t.source] * change[i], b / p[t.target] * change[j])
            for t, (i, j), (f, b, _), products in zip(live, ends, pairs, sides, strict=True)
        ]
    found: list[Expr] = []
    for e, (products, last, (_, _, below)) in enumerate(zip(before, sides, pairs, strict=True)):
        if e in flowing:
            *_, more, less = last
            change = shared.let(more - less, "c", positive=False)
            found.append(_exactly(products, change) / (below * scale))
        else:
            found.append(Integer(0))
    return found


def _common_denominator(numbers: Iterable[Rational]) -> Integer:
    """Return what makes numbers whole, or one where they would leave the range of floats."""
    found = list(numbers)
    scale = lcm(*(int(number.q) for number in found))
    largest = max(abs(int(number.p)) for number in found) * scale
    return Integer(scale if largest.bit_length() < LARGEST_BITS else 1)


def _parted(m: Monomial) -> tuple[Expr, Expr]:
    """Return numerator and denominator of a rate without its number."""
    rest = m / monomial(m.number)
    return rest.numerator, rest.denominator


def _outflows(
    n: int,
    ends: Sequence[tuple[int, int]],
    sides: Sequence[Sequence[Expr]],
    below: Sequence[Expr],
    scale: Integer,
) -> list[Expr]:
    """Return what flows out of each state in all, each rounded once.

    The fluxes nearly cancel, so that the errors of those rounded one by one would be left. A
    rate's number is the same wherever it stands: one that is no float is then rounded alike.
    """
    found = []
    for state in range(n):
        near = [e for e, pair in enumerate(ends) if state in pair]
        common = dict.fromkeys(below[e] for e in near)
        products = []
        for e in near:
            more = [Mul(*(d for d in common if d != below[e]), side) for side in sides[e]]
            if ends[e][0] != state:
                more = [x for pair in zip(more[1::2], more[::2], strict=True) for x in pair]
            products += more
        found.append(_exactly(products, Integer(0)) / Mul(scale, *common))
    return found


def _exactly(products: Sequence[Expr], correction: Expr) -> Expr:
    return netflux(*products[:2], correction, *products[2:])


def _carried(
    live: Sequence[Transition], index: Mapping[str, int], state: Formulas, shared: Steps
) -> list[Expr]:
    p = shared.absorb(state)
    ends = [(index[t.source], index[t.target]) for t in live]
    ratios = [monomial(t.rate) / monomial(t.reverse) if t.reversible else None for t in live]
    gauge = _equilibrium_gauge(len(index), ends, ratios)
    weight = [shared.let(g.value(), "g") for g in gauge]
    channels = []
    for t, (i, j), ratio in zip(live, ends, ratios, strict=True):
        forward = shared.let(t.rate * weight[i], "c")
        if ratio is None:
            channels.append(Channel(i, j, forward, Integer(0), forward))
            continue
        affinity = ratio * gauge[i] / gauge[j]
        if affinity.is_one:
            channels.append(Channel(i, j, forward, forward, Integer(0)))
            continue
        backward = shared.let(t.reverse * weight[j], "c")
        excess = backward * shared.let(_minus_one(affinity), "e", positive=False)
        channels.append(Channel(i, j, forward, backward, shared.let(excess, "d", positive=False)))
    return [
        p[t.source] / weight[i] * top / bottom
        for t, (i, _), (top, bottom, _) in zip(
            live, ends, net_fluxes(channels, shared.let), strict=True
        )
    ]


def _equilibrium_gauge(
    n: int, ends: Sequence[tuple[int, int]], ratios: Sequence[Monomial | None]
) -> list[Monomial]:
    """Return weights that are in detailed balance along a spanning forest.

    The simplest ratios make the forest, so that driven transitions tend to be chords.
    """
    bonds = [(end, ratio) for end, ratio in zip(ends, ratios, strict=True) if ratio is not None]
    bonds.sort(key=lambda bond: len(bond[1].value().free_symbols))
    near: dict[int, list[tuple[int, Monomial]]] = {}
    for e in incidence.spanning_forest(n, [end for end, _ in bonds]):
        (i, j), ratio = bonds[e]
        near.setdefault(i, []).append((j, ratio))
        near.setdefault(j, []).append((i, ratio**-1))
    gauge: dict[int, Monomial] = {}
    for root in range(n):
        if root not in gauge:
            gauge[root] = monomial(Integer(1))
            queue = [root]
            for i in queue:
                for j, ratio in near.get(i, ()):
                    if j not in gauge:
                        gauge[j] = gauge[i] * ratio
                        queue.append(j)
    return [gauge[i] for i in range(n)]


def _minus_one(ratio: Monomial) -> Expr:
    """Return ``ratio - 1`` without cancellation."""
    return difference([ratio.numerator], [ratio.denominator]) / ratio.denominator


def _cycles(
    live: Sequence[Transition], index: Mapping[str, int], state: Formulas, shared: Steps
) -> list[Expr]:
    ends = [(index[t.source], index[t.target]) for t in live]
    sums = tree_sums(len(index), *one_way(live, index))
    unit = next((i for s, i in index.items() if state.exprs[state.labels.index(s)] == 1), None)
    z = shared.let(Add(*sums) if unit is None else sums[unit], "Z", alone=True)
    totals: list[list[Expr]] = [[] for _ in live]
    for cycle in incidence.simple_cycles(len(index), ends):
        forward = [live[e].rate if sign > 0 else live[e].reverse for e, sign in cycle]
        backward = [live[e].reverse if sign > 0 else live[e].rate for e, sign in cycle]
        one_sided = Integer(0) in (*forward, *backward)
        excess = Mul(*forward) - Mul(*backward) if one_sided else difference(forward, backward)
        if excess != 0:
            flux = excess * appendages(live, index, {v for e, _ in cycle for v in ends[e]}) / z
            for e, sign in cycle:
                totals[e].append(sign * flux)
    return [Add(*terms) for terms in totals]


Form = Callable[[Sequence[Transition], Mapping[str, int], Formulas, Steps], list[Expr]]
FORMS: dict[str, Form] = {
    "reduced": _reduced,
    "difference": _difference,
    "cycles": _cycles,
}
