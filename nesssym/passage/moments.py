"""First passage: when states are reached for the first time, and which of them first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sympy import Integer

from nesssym import typeset
from nesssym.errors import ModelError, NessError, UnknownNameError
from nesssym.formulas import Formulas
from nesssym.networks import Model
from nesssym.passage.absorption import Passage, begin, states_of

__all__ = [
    "committor",
    "first_passage",
    "first_passage_times",
    "splitting_probabilities",
]

METHODS = ("auto", "elimination", "forests")
READABLE_TERMS = 32


def first_passage(
    model: Model,
    source: Any,
    target: Any,
    moment: int = 1,
    *,
    given: Any = None,
    method: str = "auto",
) -> Formulas:
    r"""Return the moments of the time at which a target is reached for the first time.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model; transitions may go one way. For a chain the time is a number of steps.
    source : state, or mapping of state to probability
        Where one starts. From a target itself the time is zero.
    target : state, or list of states
        Where the clock stops: at the first of these states.
    moment : int, optional
        The highest moment :math:`\langle T^n \rangle` (raw, not central).
    given : state, or list of states, optional
        Some of the targets: moments only of those passages that end there, such as the time of a
        successful reaction among escapes.
    method : {"auto", "elimination", "forests"}, optional
        ``"elimination"``: without a subtraction, for running. ``"forests"``: the mean as a sum over
        spanning forests of two trees, over that over trees; for reading. ``"auto"`` writes a mean
        in forests where they are few.

    Returns
    -------
    Formulas
        Labels ``"m1"`` ... ``"mN"``.

    Raises
    ------
    ModelError
        A target that is not reached with certainty, so that the mean time is infinite; the message
        names the states from which there is no way. No target, a moment below 1, or a distribution
        that is none.
    UnknownNameError
        A state that is not known.
    TooLargeError
        Too many forests to write out, with ``method="forests"``.

    References
    ----------
    P. Chebotarev, E. Shamis, Autom. Remote Control 58, 1505 (1997); J. Pitman, W. Tang, Bernoulli
    24, 1942 (2018), doi:10.3150/16-BEJ916.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B -> C ; c")
    >>> ns.first_passage(g, "A", "C")["m1"]
    (a + b + c)/(a*c)
    >>> times = ns.first_passage(g, "A", "C", moment=2).at({"a": 1, "b": 1, "c": 1})
    >>> times["m1"], times["m2"] - times["m1"]**2
    (3, 7)
    """
    if method not in METHODS:
        raise UnknownNameError.of("method", method, METHODS)
    _check_order(moment)
    heads = [rf"\langle T^{{{n}}} \rangle" for n in range(2, moment + 1)]
    problem = Passage.of(model, source, target, given)
    if given is None:
        problem.refuse_infinite()
    if method == "forests" and (moment > 1 or given is not None):
        raise NessError(
            "forests give the mean time to reach a target; take higher or conditional moments by "
            "elimination, or collect first_passage_transform by powers of s"
        )
    few = method == "auto" and moment == 1 and given is None and problem.trees() <= READABLE_TERMS
    means = [problem.by_forests()] if few or method == "forests" else problem.moments(moment)
    return problem.shared.formulas(
        {f"m{n}": value for n, value in enumerate(means, 1)},
        heads=(r"\langle T \rangle", *heads),
        unit=model.time,
    )


def first_passage_times(model: Model, target: Any, moment: int = 1) -> Formulas:
    r"""Return, for every state, a moment of the time from there to a target.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model.
    target : state, or list of states
        Where the clock stops; the time from there is zero.
    moment : int, optional
        Which moment :math:`\langle T^n \rangle`; the mean by default.

    Returns
    -------
    Formulas
        One label a state.

    Raises
    ------
    ModelError, UnknownNameError
        As in `first_passage`.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 1, 1 \n B <-> C ; 1, 1")
    >>> ns.first_passage_times(g, "C").at({})
    {'A': 3, 'B': 2, 'C': 0}
    """
    _check_order(moment)
    everywhere = {s: Integer(1) for s in model.states}
    problem = Passage.of(model, None, target, None)
    problem.refuse_infinite(everywhere)
    by_state = problem.by_state(moment)
    power = f"^{{{moment}}}" if moment > 1 else ""
    return problem.shared.formulas(
        {s: by_state[s] for s in model.states},
        heads=(rf"\langle T_{{{typeset.text(s)}}}{power} \rangle" for s in model.states),
        unit=model.time,
    )


def splitting_probabilities(model: Model, source: Any, targets: Iterable[Any]) -> Formulas:
    r"""Return the probability that each of several targets is reached before the others.

    Where no target need ever be reached the probabilities sum to less than one.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model.
    source : state, or mapping of state to probability
        Where one starts.
    targets : list of states, or mapping of name to state or list of states
        Two or more targets; a target may be a group of states with a name.

    Returns
    -------
    Formulas
        One label a target.

    References
    ----------
    N. G. van Kampen, Stochastic Processes in Physics and Chemistry, ch. XII (Elsevier, 2007).

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("B -> A ; a \n B -> C ; c")
    >>> ns.splitting_probabilities(g, "B", ["A", "C"])["A"]
    a/(a + c)
    """
    groups: Mapping[Any, Any]
    groups = targets if isinstance(targets, Mapping) else {t: t for t in targets}
    if len(groups) < 2:
        raise ModelError(
            f"splitting needs two targets or more, got {', '.join(map(str, groups)) or 'none'}"
        )
    named = {str(name): states_of(model, group) for name, group in groups.items()}
    everything = [s for group in named.values() for s in group]
    if len(set(everything)) < len(everything):
        twice = next(s for s in everything if everything.count(s) > 1)
        raise ModelError(f"the state {twice!r} is in two targets; a target is reached first or not")
    shared, start = begin(model, source)
    found = {
        name: Passage.over(model, shared, start, everything, group).hit()
        for name, group in named.items()
    }
    return shared.formulas(found, heads=(rf"\Pi_{{{typeset.text(name)}}}" for name in found))


def committor(model: Model, start: Any, end: Any) -> Formulas:
    r"""Return, for every state, the probability to reach `end` before `start`.

    The forward committor: a reaction coordinate that is 0 at the start and 1 at the end.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model.
    start, end : state, or list of states
        The two targets.

    Returns
    -------
    Formulas
        One label a state.

    References
    ----------
    W. E, E. Vanden-Eijnden, J. Stat. Phys. 123, 503 (2006), doi:10.1007/s10955-005-9003-9.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 1, 1 \n B <-> C ; 2, 1 \n C <-> D ; 2, 1")
    >>> ns.committor(g, "A", "D").at({})
    {'A': 0, 'B': 4/7, 'C': 6/7, 'D': 1}
    """
    first, last = states_of(model, start), states_of(model, end)
    for state in first:
        if state in last:
            raise ModelError(f"the state {state!r} is both start and end; they must differ")
    problem = Passage.of(model, None, [*first, *last], last)
    by_state = problem.hits()
    return problem.shared.formulas(
        {s: by_state[s] for s in model.states},
        heads=(f"q_{{{typeset.text(s)}}}" for s in model.states),
    )


def _check_order(moment: int) -> None:
    if isinstance(moment, bool) or not isinstance(moment, int) or moment < 1:
        raise ModelError(f"the order of a moment is 1 or more, got {moment!r}")
