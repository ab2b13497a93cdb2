"""Distributions over the states of a model: read, checked and compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Add, Expr, Integer, log

from nesssym import parsing
from nesssym.errors import ModelError, UnknownNameError
from nesssym.exact.rational import equal
from nesssym.formulas import Formulas, Steps
from nesssym.networks import Model
from nesssym.signs import sign

__all__ = ["distribution", "relative_entropy"]


def distribution(model: Model, values: Mapping[Any, Any], shared: Steps) -> dict[str, Expr]:
    """Return a probability for every state, in the order of the model.

    Parameters
    ----------
    model : StateGraph or MarkovChain
        The model.
    values : mapping or Formulas
        State to number, text or expression; states left out are empty. Names in text are symbols
        of the model, or new positive ones.
    shared : Steps
        Takes over the steps of formulas, and what must be positive where no sign tells it.

    Raises
    ------
    UnknownNameError
        A state that the model does not have.
    ModelError
        A negative probability, or a sum that is not one for all values of the symbols.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b")
    >>> distribution(g, {"A": "x", "B": "1 - x"}, Steps.over(g))
    {'A': x, 'B': 1 - x}
    """
    if isinstance(values, Formulas):
        given = shared.absorb(values)
    else:
        known = {s.name: s for s in model.symbols}
        given = {str(state): parsing.expr(value, known) for state, value in values.items()}
    for state in given:
        if state not in model.states:
            raise UnknownNameError.of("state", state, model.states)
    found = {state: given.get(state, Integer(0)) for state in model.states}
    for state, p in found.items():
        if p != 0 and (known_sign := sign(p, shared.assume)) <= 0:
            if known_sign < 0:
                raise ModelError(f"the probability of {state} is {p}, wanted one >= 0")
            shared.assume = (*shared.assume, p)
    if not isinstance(values, Formulas) and not equal(total := Add(*found.values()), Integer(1)):
        raise ModelError(
            f"the probabilities sum to {total}, wanted 1; divide by the sum, or write the last as "
            "1 - ..."
        )
    return found


def relative_entropy(p: Formulas, q: Formulas) -> Formulas:
    r"""Return :math:`D(p\|q) = \sum_i p_i \ln (p_i/q_i) \ge 0` of two distributions.

    For the steady states before and after a sudden quench it is the mean excess
    :math:`\langle Y\rangle` of Hatano and Sasa, exactly.

    Parameters
    ----------
    p, q : Formulas
        Probabilities with the same labels, such as two `SteadyState.state`.

    Returns
    -------
    Formulas
        ``"D"``.

    Raises
    ------
    ModelError
        Different states, or one that is occupied in `p` and empty in `q`.

    Examples
    --------
    >>> import nesssym as ns
    >>> before = ns.steady_state(ns.StateGraph.from_text("A <-> B ; 1, 1"))
    >>> after = ns.steady_state(ns.StateGraph.from_text("A <-> B ; 3, 1"))
    >>> ns.relative_entropy(before.state, after.state)["D"]
    log(2/3)/2 + log(2)/2
    """
    if p.labels != q.labels:
        raise ModelError(f"two distributions over different states: {p.labels} and {q.labels}")
    symbols = tuple(dict.fromkeys((*p.parameters, *q.parameters)))
    shared = Steps(symbols, dict((*q.notation, *p.notation)), (*p.assume, *q.assume))
    first, second = shared.absorb(p), shared.absorb(q)
    terms = []
    for state, value in first.items():
        if value == 0:
            continue
        if second[state] == 0:
            raise ModelError(
                f"{state} is occupied in the first distribution and empty in the second: their "
                "relative entropy is infinite"
            )
        terms.append(value * log(value / second[state]))
    return shared.formulas({"D": Add(*terms)}, heads=(r"D(p\|q)",))
