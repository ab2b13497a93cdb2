"""Bounds on the response of steady states, with both sides exact."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from sympy import Add, Expr, Integer, tanh

from nesssym import parsing
from nesssym.bounds import Bound
from nesssym.errors import ModelError, NessError, TooLargeError, UnknownNameError
from nesssym.fluctuations.observables import Counts, refuse_chain
from nesssym.response.static import Linear
from nesssym.steady import SteadyState, refuse_model
from nesssym.thermodynamics import all_cycles, entropy_production

__all__ = ["response_bound", "response_uncertainty"]

MAX_CYCLES = 20_000
KINDS = ("barriers", "forces")


def response_bound(
    ss: SteadyState, transition: object, first: object, second: object, to: str = "barriers"
) -> Bound:
    r"""Return the bound on how much a barrier or force can change a ratio of probabilities.

    Whatever the network, :math:`|\partial \ln(p_1/p_2)/\partial B_e| \le \tanh(A_{\max}/4)` with
    the largest affinity of the cycles through e, so that a strong response to a barrier has to be
    paid for; and :math:`|\partial \ln(p_1/p_2)/\partial F_e| \le 1`. Both sides are squared, to be
    free of absolute values.

    Parameters
    ----------
    ss : SteadyState
        The steady state.
    transition : str
        The label of the transition that is changed.
    first, second : state
        The states whose probabilities are compared.
    to : {"barriers", "forces"}, optional
        What is changed.

    Returns
    -------
    Bound

    Raises
    ------
    NessError
        It depends on the values of symbols which cycle has the largest affinity; substitute
        numbers.
    UnknownNameError
        An unknown transition, state or kind of parameter.
    IrreversibleError
        A cycle through the transition passes a one-way transition.
    TooLargeError
        More than 20,000 cycles.

    References
    ----------
    J. A. Owen, T. R. Gingrich, J. M. Horowitz, Phys. Rev. X 10, 011066 (2020),
    doi:10.1103/PhysRevX.10.011066.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    >>> bound = ns.response_bound(ns.steady_state(g), "A->B", "A", "B")
    >>> bound.upper, bound.holds({})
    (tanh(log(15)/4)**2, True)
    """
    refuse_model(ss)
    _check_kind(to)
    label, states = str(transition), (str(first), str(second))
    labels = [t.label for t in ss.model.transitions]
    if label not in labels:
        raise UnknownNameError.of("transition", label, labels)
    live = [s for s in ss.model.states if s not in ss.transient]
    for state in states:
        if state not in live:
            raise UnknownNameError.of("recurrent state", state, live)
    linear = Linear(ss, {state: {state: 1} for state in states})
    name = f"{'B' if to == 'barriers' else 'F'}({label})"
    changes = []
    for state, one in zip(linear.given, linear.observables(linear.given), strict=True):
        found = {key: value for key, _, value in linear.derivatives(one, to)}
        changes.append(found.get(name, Integer(0)) / linear.p[state])
    change = changes[0] - changes[-1] if len(changes) > 1 else Integer(0)
    lower = linear.shared.let(change, "x", positive=False) ** 2
    upper = Integer(1) if to == "forces" else tanh(_largest(ss, label) / 4) ** 2
    return Bound(
        "response of a ratio of probabilities",
        linear.shared.formulas({"lower": lower, "upper": upper}),
        "approached by a single cycle with well-chosen rates",
        "J. A. Owen, T. R. Gingrich, J. M. Horowitz, Phys. Rev. X 10, 011066 (2020), "
        "doi:10.1103/PhysRevX.10.011066",
    )


def response_uncertainty(
    ss: SteadyState,
    counts: Counts,
    changes: Mapping[Any, Any] | None = None,
    to: str = "barriers",
) -> Bound:
    r"""Return the bound on the response of a current by its fluctuations and their cost.

    With :math:`b_e` the changes of the barriers, :math:`(\partial_b J)^2 / C \le
    b_{\max}^2\, \sigma / 2`: a current that responds to kinetics precisely is dissipative. For all
    :math:`b_e = 1` it is the thermodynamic uncertainty relation. With changes :math:`f_e` of the
    forces, :math:`(\partial_f J)^2 / C \le f_{\max}^2\, K / 4` where K is the number of all jumps
    per time.

    Parameters
    ----------
    ss : SteadyState
        The steady state of a `StateGraph`.
    counts : mapping
        The current: transitions to what they count.
    changes : mapping, optional
        Transition to a number, how much of the change acts on it; 1 for every transition by
        default.
    to : {"barriers", "forces"}, optional
        What is changed.

    Returns
    -------
    Bound

    Raises
    ------
    ModelError
        A chain, or an observable that is no current.
    UnknownNameError
        An unknown transition or kind of parameter.

    References
    ----------
    K. Ptaszynski, T. Aslyamov, M. Esposito, Phys. Rev. Lett. 133 (2024), arXiv:2406.08361;
    E. Kwon, H.-M. Chun, H. Park, J. S. Lee, arXiv:2411.18108.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    >>> bound = ns.response_uncertainty(ns.steady_state(g), {"A->B": 1}, {"B->C": 1})
    >>> bound.holds({})
    True
    """
    refuse_model(ss)
    _check_kind(to)
    refuse_chain(ss.model, "response uncertainty relations")
    linear = Linear(ss, {"J": counts})
    [current] = linear.observables(linear.given)
    if not current.counts.is_current:
        raise ModelError("the relation is for currents: counts of transitions, odd in direction")
    labels = [t.label for t in linear.live]
    weights = {str(e): parsing.number(b) for e, b in (changes or {}).items()}
    for label in weights:
        if label not in labels:
            raise UnknownNameError.of("transition", label, labels)
    weights = weights or dict.fromkeys(labels, Integer(1))
    largest = max(abs(b) for b in weights.values())
    carried = {label: v for label, (v, _) in linear.carried(current).items()}
    traffic = {t.label: linear.traffic(t) for t in linear.live}
    noise = linear.shared.let(Add(*(traffic[e] * v**2 for e, v in carried.items())), "C")
    if to == "barriers":
        driven = (-b * linear.net[e] * carried[e] for e, b in weights.items())
        sigma = linear.shared.absorb(entropy_production(ss).select(["sigma"]))["sigma"]
        upper, name = largest**2 * sigma / 2, "response thermodynamic uncertainty relation"
        equality = (
            "near equilibrium, where J_e b_e / tau_e is in proportion to what a transition carries"
        )
        source = "K. Ptaszynski, T. Aslyamov, M. Esposito, Phys. Rev. Lett. 133 (2024)"
    else:
        driven = (b * traffic[e] * carried[e] / 2 for e, b in weights.items())
        upper, name = (
            largest**2 * Add(*traffic.values()) / 4,
            "response kinetic uncertainty relation",
        )
        equality = "where the force on every transition is in proportion to what it carries"
        source = "E. Kwon, H.-M. Chun, H. Park, J. S. Lee, arXiv:2411.18108"
    change = linear.shared.let(Add(*driven), "x", positive=False)
    sides = linear.shared.formulas({"lower": change**2 / noise, "upper": upper})
    return Bound(name, sides, equality, source)


def _check_kind(to: str) -> None:
    if to not in KINDS:
        raise UnknownNameError.of("kind of parameter", to, KINDS)


def _largest(ss: SteadyState, label: str) -> Expr:
    """Return the affinity of largest size among the cycles through a transition."""
    cycles = list(islice(all_cycles(ss.model), MAX_CYCLES + 1))
    if len(cycles) > MAX_CYCLES:
        raise TooLargeError(
            f"more than {MAX_CYCLES:,} cycles, among which to find the largest affinity; "
            "bound the affinity by hand, or coarse-grain the model first"
        )
    through = [c for c in cycles if label in dict(c.transitions)]
    found = [c.affinity for c in through if not c.ratio.is_one]
    distinct = list(dict.fromkeys(a for a in found if -a not in found[: found.index(a)]))
    if len(distinct) <= 1:
        return distinct[0] if distinct else Integer(0)
    if any(a.free_symbols for a in distinct):
        raise NessError(
            f"{len(distinct)} different affinities of cycles through {label}: which one is largest "
            "depends on the values of symbols; substitute numbers, with model.subs"
        )
    sizes = [abs(a.evalf(30)) for a in distinct]
    largest = distinct[sizes.index(max(sizes))]
    return largest if largest.evalf(30) > 0 else -largest
