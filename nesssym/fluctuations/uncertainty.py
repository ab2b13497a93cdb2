"""Bounds on the precision of what is counted: uncertainty relations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations_with_replacement

from sympy import Add, Expr, Integer, tanh

from nesssym import typeset
from nesssym.bounds import Bound
from nesssym.errors import ModelError
from nesssym.fluctuations.observables import (
    Counts,
    activity_counts,
    begin,
    cycle_sums,
    observable,
    refuse_chain,
)
from nesssym.fluctuations.perturbation import Tilted, expansion, tilted
from nesssym.formulas import Formulas, Steps
from nesssym.networks import Model, StateGraph
from nesssym.steady import SteadyState, refuse_model
from nesssym.thermodynamics import affinities, cycles, entropy_production

__all__ = [
    "best_current",
    "best_current_bound",
    "kinetic_uncertainty_relation",
    "pseudo_entropy_bound",
    "thermodynamic_uncertainty_relation",
    "unicycle_bound",
]


def thermodynamic_uncertainty_relation(ss: SteadyState, counts: Counts) -> Bound:
    r"""Return the thermodynamic uncertainty relation, :math:`c_1^2/c_2 \le \sigma/2`.

    No current is more precise than its dissipation allows. The familiar product
    :math:`\sigma c_2/c_1^2 \ge 2` is twice the ratio of the sides.

    Parameters
    ----------
    ss : SteadyState
        The steady state of a `StateGraph`.
    counts : mapping
        A current, as in `cumulants`: one number a transition and no time in states.

    Raises
    ------
    IrreversibleError
        A transition goes one way only: the entropy production would be infinite.
    ModelError
        What is counted is no current, or counts nothing.

    References
    ----------
    A. C. Barato, U. Seifert, Phys. Rev. Lett. 114, 158101 (2015),
    doi:10.1103/PhysRevLett.114.158101. T. R. Gingrich, J. M. Horowitz, N. Perunov, J. L. England,
    Phys. Rev. Lett. 116, 120601 (2016), doi:10.1103/PhysRevLett.116.120601.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    >>> bound = ns.thermodynamic_uncertainty_relation(ns.steady_state(g), {"A->B": 1})
    >>> bound.lower, (2 * bound.at({})["ratio"]).evalf(12)
    (7/10, 2.21065322539)
    """
    refuse_model(ss)
    _refuse_no_current(ss.model, counts)

    def upper(shared: Steps) -> Expr:
        sigma = shared.absorb(entropy_production(ss).select(["sigma"]))["sigma"]
        return shared.let(sigma, "sigma", alone=True) / 2

    return _precision(
        ss,
        counts,
        upper,
        "thermodynamic uncertainty relation",
        r"\frac{\sigma}{2}",
        "reached towards equilibrium, by a current in proportion to the entropy production",
        "Barato, Seifert 2015; Gingrich, Horowitz, Perunov, England 2016",
    )


def kinetic_uncertainty_relation(ss: SteadyState, counts: Counts) -> Bound:
    r"""Return the kinetic uncertainty relation, :math:`c_1^2/c_2 \le K`.

    Nothing that is counted is more precise than the number K of jumps per time, the dynamical
    activity, allows. It holds for currents and for counts of jumps either way, far from
    equilibrium and for one-way transitions too.

    Parameters
    ----------
    ss : SteadyState
        The steady state of a `StateGraph`.
    counts : mapping
        Jumps, as in `cumulants`, without time in states.

    Raises
    ------
    ModelError
        Time in states is counted, or nothing is.

    References
    ----------
    I. Di Terlizzi, M. Baiesi, J. Phys. A 52, 02LT03 (2019), doi:10.1088/1751-8121/aaee34.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    >>> ns.kinetic_uncertainty_relation(ns.steady_state(g), {"A->B": 1}).at({})
    {'lower': 7/10, 'upper': 32/7, 'ratio': 320/49}
    """
    refuse_model(ss)
    refuse_chain(ss.model, "bounds on fluctuations")
    if any(f != 0 for f in observable(ss.model, counts).dwell.values()):
        raise ModelError("the kinetic uncertainty relation is about jumps; count no time in states")

    def upper(shared: Steps) -> Expr:
        return tilted(ss.model, [activity_counts(ss.model)], shared).first[0]

    return _precision(
        ss,
        counts,
        upper,
        "kinetic uncertainty relation",
        "K",
        "a Poisson process that counts every jump alike",
        "Di Terlizzi, Baiesi 2019",
    )


def pseudo_entropy_bound(ss: SteadyState, counts: Counts) -> Bound:
    r"""Return :math:`c_1^2/c_2 \le \sum_e j_e^2/\tau_e`, with net currents and total traffic.

    The right-hand side, half the pseudo entropy production, is at most :math:`\sigma/2` and at most
    K, so that this bound is tighter than both uncertainty relations; it stays finite for one-way
    transitions.

    Parameters
    ----------
    ss : SteadyState
        The steady state of a `StateGraph`.
    counts : mapping
        A current, as in `thermodynamic_uncertainty_relation`.

    References
    ----------
    T. Aslyamov, K. Ptaszynski, M. Esposito, Nonequilibrium fluctuation-response relations: from
    identities to bounds (2024), arXiv:2410.17140.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    >>> ns.pseudo_entropy_bound(ns.steady_state(g), {"A->B": 1}).holds({})
    True
    """
    refuse_model(ss)
    _refuse_no_current(ss.model, counts)

    def upper(shared: Steps) -> Expr:
        p = shared.absorb(ss.state)
        net = shared.absorb(ss.currents)
        live = [t for t in ss.model.transitions if p[t.source] != 0]
        traffic = (t.rate * p[t.source] + t.reverse * p[t.target] for t in live)
        return Add(
            *(
                net[t.label] ** 2 / shared.let(total, "tau")
                for t, total in zip(live, traffic, strict=True)
            )
        )

    return _precision(
        ss,
        counts,
        upper,
        "pseudo entropy production bound",
        r"\sum_e \frac{j_e^2}{\tau_e}",
        "the response of the current to each barrier is in proportion to j_e^2/tau_e",
        "Aslyamov, Ptaszynski, Esposito 2024",
    )


def unicycle_bound(ss: SteadyState, counts: Counts) -> Bound:
    r"""Return the bound of a single cycle, :math:`c_1^2/c_2 \le n J \tanh(A/2n)`.

    With the affinity A of the cycle and the number n of its transitions, the Fano factor of its
    turns is at least :math:`\coth(A/2n)/n`; for a one-way cycle it is 1/n.

    Parameters
    ----------
    ss : SteadyState
        The steady state of a `StateGraph` with just one cycle.
    counts : mapping
        A current, as in `thermodynamic_uncertainty_relation`.

    Raises
    ------
    ModelError
        The graph has no cycle, or several.

    References
    ----------
    A. C. Barato, U. Seifert, Phys. Rev. Lett. 114, 158101 (2015),
    doi:10.1103/PhysRevLett.114.158101. P. Pietzonka, A. C. Barato, U. Seifert, J. Phys. A 49,
    34LT01 (2016), doi:10.1088/1751-8113/49/34/34LT01.

    Examples
    --------
    A uniform ring reaches it:

    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 3, 1 \n B <-> C ; 3, 1 \n C <-> A ; 3, 1")
    >>> ns.unicycle_bound(ns.steady_state(g), {"A->B": 1}).at({})["ratio"].equals(1)
    True
    """
    refuse_model(ss)
    _refuse_no_current(ss.model, counts)
    found = cycles(ss.model)
    if len(found) != 1:
        raise ModelError(
            f"the graph has {len(found)} independent cycles, wanted one; use "
            "thermodynamic_uncertainty_relation or best_current_bound"
        )
    (cycle,) = found
    n = len(cycle.steps)

    def upper(shared: Steps) -> Expr:
        current = shared.absorb(ss.currents.select([cycle.transitions[0][0]]))
        (turns,) = current.values()
        one_way = [-sign for t, sign in cycle.steps if not t.reversible]
        if one_way:
            return -one_way[0] * n * turns
        (affinity,) = shared.absorb(affinities(ss.model)).values()
        return n * turns * tanh(shared.let(affinity, "A", positive=False) / (2 * n))

    return _precision(
        ss,
        counts,
        upper,
        "unicycle bound",
        rf"{n} J \tanh\frac{{A}}{{{2 * n}}}",
        "equal rates in each direction all around the cycle",
        "Barato, Seifert 2015; Pietzonka, Barato, Seifert 2016",
    )


def best_current(ss: SteadyState) -> Formulas:
    r"""Return the most precise current of all, :math:`\max c_1^2/c_2 = j^T C^{-1} j`.

    With the currents j of the chords and their covariance matrix C, the current that counts
    :math:`C^{-1} j` on the chords has the largest precision that any current reaches.

    Parameters
    ----------
    ss : SteadyState
        The steady state of a `StateGraph` with a cycle.

    Returns
    -------
    Formulas
        Label ``"precision"``, and for each chord's label what it counts in the best current.

    Raises
    ------
    ModelError
        The graph has no cycle.

    References
    ----------
    A. C. Barato, U. Seifert, Phys. Rev. Lett. 114, 158101 (2015),
    doi:10.1103/PhysRevLett.114.158101.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("x: A <-> B ; 1, 1 \n y: A <-> B ; 2, 1 \n z: A <-> B ; 5, 1")
    >>> ns.best_current(ns.steady_state(g)).at({})
    {'precision': 3806/9109, 'A->B/y': 2783/9109, 'A->B/z': 6776/9109}
    """
    refuse_model(ss)
    shared = begin(ss.model)
    precision, weights = _best(ss, shared)
    return shared.formulas(
        {"precision": precision, **weights},
        heads=(r"\max c_1^2/c_2", *(rf"d_{{{typeset.text(label)}}}" for label in weights)),
        unit="mixed",
    )


def best_current_bound(ss: SteadyState, counts: Counts) -> Bound:
    r"""Return how far a current is from the most precise one, :math:`c_1^2/c_2 \le j^T C^{-1} j`.

    Parameters
    ----------
    ss : SteadyState
        The steady state of a `StateGraph` with a cycle.
    counts : mapping
        A current, as in `thermodynamic_uncertainty_relation`.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("x: A <-> B ; 1, 1 \n y: A <-> B ; 2, 1 \n z: A <-> B ; 5, 1")
    >>> ss = ns.steady_state(g)
    >>> ns.best_current_bound(ss, {"A->B/y": 23, "A->B/z": 56}).at({})["ratio"]
    1
    """
    refuse_model(ss)
    _refuse_no_current(ss.model, counts)
    return _precision(
        ss,
        counts,
        lambda shared: _best(ss, shared)[0],
        "best current",
        r"j^T C^{-1} j",
        "the current of nesssym.best_current, or one in proportion to it",
        "Barato, Seifert 2015",
    )


def _precision(
    ss: SteadyState,
    counts: Counts,
    upper: Callable[[Steps], Expr],
    name: str,
    head: str,
    equality: str,
    reference: str,
) -> Bound:
    """Return the bound of the precision of what is counted by some quantity of the model."""
    refuse_chain(ss.model, "bounds on fluctuations")
    counted = observable(ss.model, counts)
    even = any(f + b != 0 for f, b in counted.jumps.values())
    if not even and not any(cycle_sums(ss.model, counts).values()):
        raise ModelError("no cycle counts anything: mean and variance vanish in the long run")
    shared = begin(ss.model, counted)
    found = expansion(tilted(ss.model, [counts], shared), [(2,)])
    sides = {"lower": found[1,] ** 2 / found[2,], "upper": upper(shared)}
    unit = f"1/{ss.model.time}"
    formulas = shared.formulas(sides, heads=(r"\frac{c_1^2}{c_2}", head), unit=unit)
    return Bound(name, formulas, equality, reference)


def _refuse_no_current(model: Model, counts: Counts) -> None:
    if not observable(model, counts).is_current:
        raise ModelError(
            "the bound is one of currents, which change sign when time runs backwards; count each "
            "transition with one number and no time in states"
        )


def _best(ss: SteadyState, shared: Steps) -> tuple[Expr, dict[str, Expr]]:
    refuse_chain(ss.model, "bounds on fluctuations")
    live = tuple(s for s in ss.model.states if s not in ss.transient)
    inside = tuple(t for t in ss.model.transitions if t.source in live)
    chords = [c.transitions[0][0] for c in cycles(StateGraph(live, inside))]
    if not chords:
        raise ModelError("the graph has no cycle, so that no current flows")
    w = tilted(ss.model, [{chord: 1} for chord in chords], shared)
    pairs = combinations_with_replacement(range(len(chords)), 2)
    powers = {
        (a, b): tuple(x + y for x, y in zip(w.unit(a), w.unit(b), strict=True)) for a, b in pairs
    }
    found = expansion(w, list(powers.values()))
    matrix = [
        [found[powers[min(a, b), max(a, b)]] for b in range(len(chords))]
        for a in range(len(chords))
    ]
    weights = _solved(matrix, w.first, w)
    precision = Add(*(j * x for j, x in zip(w.first, weights, strict=True)))
    return precision, dict(zip(chords, weights, strict=True))


def _solved(matrix: list[list[Expr]], right: Sequence[Expr], w: Tilted) -> list[Expr]:
    """Solve a system with a positive definite matrix, in steps."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    n = len(rows)
    for k in range(n):
        for i in range(k + 1, n):
            factor = w.let(rows[i][k] / rows[k][k], "f")
            for j in range(k + 1, n + 1):
                rows[i][j] = w.let(rows[i][j] - factor * rows[k][j], "m")
    found: list[Expr] = [Integer(0)] * n
    for k in reversed(range(n)):
        known = Add(*(rows[k][j] * found[j] for j in range(k + 1, n)))
        found[k] = w.let((rows[k][n] - known) / rows[k][k], "x")
    return found
