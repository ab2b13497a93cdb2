"""Mutual linearity: one transition is changed, and all averages move along a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import networkx as nx
from sympy import Add, Expr, Integer, Rational

from nesssym.errors import ModelError, UnknownNameError
from nesssym.fluctuations.observables import Counts, observable
from nesssym.formulas import Formulas
from nesssym.networks import StateGraph
from nesssym.response.static import Linear
from nesssym.steady import steady_state

__all__ = ["mutual_linearity"]

DIGITS = 100


def mutual_linearity(
    model: StateGraph, transition: object, first: Counts | str, second: Counts | str
) -> Formulas:
    r"""Return the line on which two averages move when one transition is changed.

    However the rates of `transition` are changed, be it by orders of magnitude, the steady averages
    obey :math:`\langle O_2 \rangle = \alpha + \beta \langle O_1 \rangle`; neither coefficient holds
    its rates. So one measured line tells about parts of a network that nobody sees.

    Parameters
    ----------
    model : StateGraph
        The model. Without the transition every state must still lead to every other.
    transition : str
        The label of the transition that is changed.
    first, second : str or mapping
        A state, a transition, or what is counted, as in `nesssym.cumulants`. If the changed
        transition itself is counted, then as a current.

    Returns
    -------
    Formulas
        Labels ``"alpha"`` and ``"beta"``.

    Raises
    ------
    ModelError
        Without the transition the model falls apart, or the first average does not respond to it.
    UnknownNameError
        A transition or state that is not known.

    References
    ----------
    P. E. Harunari, S. Dal Cengio, V. Lecomte, M. Polettini, Phys. Rev. Lett. 133, 047401 (2024),
    doi:10.1103/PhysRevLett.133.047401.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    >>> ns.mutual_linearity(g, "C->A", "A->B", "B->C").at(dict.fromkeys("abcdef", 2))
    {'alpha': 0, 'beta': 1}
    """
    labels = [t.label for t in model.transitions]
    if str(transition) not in labels:
        raise UnknownNameError.of("transition", transition, labels)
    changed = model.transitions[labels.index(str(transition))]
    rest = replace(model, transitions=tuple(t for t in model.transitions if t is not changed))
    if not nx.is_strongly_connected(nx.DiGraph(rest.graph)):
        raise ModelError(
            f"without {changed.label} not every state leads to every other, so that its rates "
            "are not a correction to a steady state of the rest; take another transition"
        )
    parts, averages = [], []
    given: dict[str, Counts] = {}
    for name, what in (("first", first), ("second", second)):
        counts = what if isinstance(what, Mapping) else {str(what): 1}
        forward, backward = observable(model, counts).of(changed)
        if forward != -backward:
            raise ModelError(
                f"{changed.label} is changed, and counts differently in its two directions; count "
                "its current, or something else"
            )
        parts.append(forward)
        kept = {key: c for key, c in counts.items() if str(key) != changed.label}
        given[name] = kept or {changed.source: 0}
    linear = Linear(steady_state(rest), given, model.symbols)
    slopes: list[Expr] = []
    for part, responding in zip(parts, linear.observables(given), strict=True):
        u, mean = linear.values(responding)
        slope = part + u[changed.source] - u[changed.target]
        slopes.append(linear.shared.let(slope, "v", positive=False))
        averages.append(mean)
    if _vanishes(slopes[0], linear):
        raise ModelError(f"the first average does not respond to {changed.label}; take another one")
    beta = linear.shared.let(slopes[1] / slopes[0], "beta", positive=False, alone=True)
    alpha = averages[1] - beta * averages[0]
    return linear.shared.formulas({"alpha": alpha, "beta": beta}, heads=(r"\alpha", r"\beta"))


def _vanishes(slope: Expr, linear: Linear) -> bool:
    """Tell whether a slope is zero identically: at a point where nothing cancels by accident.

    With exponentials in the rates no point is exact; there terms that cancel to 60 digits are zero.
    """
    env: dict[Expr, Expr] = {
        s: Rational(101 + 7 * i**2, 97) for i, s in enumerate(linear.shared.symbols)
    }
    size: dict[Expr, Expr] = {}
    for symbol, expr in linear.shared.formulas({"slope": slope}).steps:
        terms = [term.xreplace(env) for term in Add.make_args(expr)]
        if not all(term.is_Rational for term in terms):
            terms = [term.evalf(DIGITS) for term in terms]
        env[symbol], size[symbol] = Add(*terms), max(map(abs, terms))
    value = slope.xreplace(env)
    return bool(abs(value) <= size.get(slope, Integer(0)) / 10**60)
