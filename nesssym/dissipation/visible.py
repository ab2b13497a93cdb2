"""What is seen when only some transitions are visible: a bound of the entropy production."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sympy import Add, Expr, Integer, log

from nesssym import typeset
from nesssym.diagrams import one_way
from nesssym.errors import IrreversibleError, ModelError, UnknownNameError
from nesssym.exact.elimination import absorption, eliminate
from nesssym.formulas import Formulas, Steps
from nesssym.networks import Transition
from nesssym.steady import SteadyState, refuse_model

__all__ = ["visible_transitions"]


class _Jump(NamedTuple):
    """A visible transition in one of its directions."""

    label: str
    source: str
    target: str
    rate: Expr
    partner: int


def visible_transitions(ss: SteadyState, visible: Iterable[str]) -> Formulas:
    r"""Return what an observer learns who sees some of the transitions only.

    The sequence of visible jumps is a Markov chain, with the probability :math:`P(b|a)` that `b`
    is the next visible jump after `a`. Comparing it with its reverse bounds the dissipation,

    .. math:: \sigma \ge \sigma_{\mathrm{vis}} = K \sum_{a,b} P(a)\,P(b|a)
              \ln\frac{P(b|a)}{P(\bar a|\bar b)},

    with the rate K of visible jumps and :math:`\bar a` for the reverse of `a`. For a single
    transition it is its current times :math:`\ln P(+|+)/P(-|-)`; in a graph with one cycle that
    is the affinity, and the bound is an equality. Waiting times could tell more; they are not
    used here.

    Parameters
    ----------
    ss : SteadyState
        The steady state, without transient states.
    visible : iterable of str
        Labels of the transitions that are seen, each in both directions.

    Returns
    -------
    Formulas
        ``"P(b|a)"`` for all ordered pairs of jumps, written as ``"A->B"`` and ``"B->A"``;
        ``"affinity A->B"``, :math:`\ln P(+|+)/P(-|-)` of each transition; ``"rate"`` K; and
        ``"sigma"``.

    Raises
    ------
    UnknownNameError
        A label that is no transition.
    IrreversibleError
        A visible transition goes one way only, or a sequence of jumps whose reverse is impossible.
    ModelError
        Nothing is visible, or there are transient states.

    References
    ----------
    P. E. Harunari, A. Dutta, M. Polettini, E. Roldan, Phys. Rev. X 12, 041026 (2022),
    doi:10.1103/PhysRevX.12.041026. J. van der Meer, B. Ertel, U. Seifert, Phys. Rev. X 12, 031025
    (2022), doi:10.1103/PhysRevX.12.031025.

    Examples
    --------
    >>> import nesssym as ns
    >>> ring = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    >>> seen = ns.visible_transitions(ns.steady_state(ring), ["A->B"]).at({})
    >>> seen["P(A->B|A->B)"], seen["P(B->A|B->A)"], seen["affinity A->B"]
    (15/22, 1/22, log(15))
    """
    refuse_model(ss)
    model = ss.model
    labels = list(dict.fromkeys(visible))
    known = {t.label: t for t in model.transitions}
    for label in labels:
        if label not in known:
            raise UnknownNameError.of("transition", label, known)
    if not labels:
        raise ModelError("no transition is visible; name at least one")
    if ss.transient:
        raise ModelError(f"{', '.join(ss.transient)} is transient; leave it out")
    seen = [known[label] for label in labels]
    if one := [t.label for t in seen if not t.reversible]:
        raise IrreversibleError(
            f"{', '.join(one)} goes one way only, so that its reverse is never seen; the bound "
            "would be infinite"
        )
    shared = Steps.over(model)
    p = shared.absorb(ss.state)
    jumps = _jumps(seen)
    chance = _next(ss, jumps, shared)
    flow = [shared.let(jump.rate * p[jump.source], "f") for jump in jumps]
    terms = []
    for a, row in enumerate(chance):
        for b, probability in enumerate(row):
            back = chance[jumps[b].partner][jumps[a].partner]
            if (probability == 0) != (back == 0):
                raise IrreversibleError(
                    f"{jumps[b].label} can follow {jumps[a].label}, but not the other way round: a "
                    "hidden transition goes one way only, and the bound is infinite"
                )
            if probability != 0:
                terms.append(flow[a] * probability * log(probability / back))
    results = {
        f"P({after.label}|{before.label})": chance[a][b]
        for a, before in enumerate(jumps)
        for b, after in enumerate(jumps)
    }
    heads = [
        f"P({typeset.text(after.label)}|{typeset.text(before.label)})"
        for before in jumps
        for after in jumps
    ]
    for k, t in enumerate(seen):
        ahead, back = chance[2 * k][2 * k], chance[2 * k + 1][2 * k + 1]
        if ahead != 0 and back != 0:
            results[f"affinity {t.label}"] = log(ahead / back)
            heads.append(rf"A_{{{t.subscript}}}")
    results["rate"] = Add(*flow)
    results["sigma"] = Add(*terms)
    return shared.formulas(results, heads=(*heads, "K", r"\sigma_{\mathrm{vis}}"), unit="mixed")


def _jumps(seen: list[Transition]) -> list[_Jump]:
    """Return both directions of each transition, next to each other."""
    jumps = []
    for k, t in enumerate(seen):
        back = f"{t.target}->{t.source}" + (f"/{t.channel}" if t.channel else "")
        jumps.append(_Jump(t.label, t.source, t.target, t.rate, 2 * k + 1))
        jumps.append(_Jump(back, t.target, t.source, t.reverse, 2 * k))
    return jumps


def _next(ss: SteadyState, jumps: list[_Jump], shared: Steps) -> list[list[Expr]]:
    """Return the probability of each next visible jump after each, by elimination of states."""
    model = ss.model
    index = {s: i for i, s in enumerate(model.states)}
    seen = {jump.label for jump in jumps}
    hidden = [t for t in model.transitions if t.label not in seen]
    rates: dict[tuple[int, int], Expr] = {}
    for arc, rate in zip(*one_way(hidden, index), strict=True):
        rates[arc] = rates.get(arc, Integer(0)) + rate
    n = len(index)
    for k, jump in enumerate(jumps):
        rates[index[jump.source], n + k] = jump.rate
    named = {arc: shared.let(rate, "w") for arc, rate in rates.items()}
    ends = range(n, n + len(jumps))
    pivots = eliminate(n + len(jumps), named, shared.let, keep=ends)
    by_end = [absorption(n + len(jumps), pivots, {end: Integer(1)}, shared.let) for end in ends]
    return [[Integer(0) + found[index[jump.target]] for found in by_end] for jump in jumps]
