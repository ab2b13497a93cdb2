"""Error propagation: from uncertain rates to any result, by exact derivatives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Add, Expr, Integer, Symbol

from nesssym import parsing
from nesssym.derivatives import gradients
from nesssym.errors import NameClashError, NessError, ParameterError
from nesssym.formulas import Formulas, Steps
from nesssym.signs import sign

__all__ = ["propagate_errors"]


def propagate_errors(formulas: Formulas, errors: Mapping[Any, Any]) -> Formulas:
    r"""Return the variance of every result, from the variances and covariances of its symbols.

    .. math:: \mathrm{Var} f = \sum_{ab} \frac{\partial f}{\partial a}
              \frac{\partial f}{\partial b}\, \mathrm{Cov}(a, b),

    to first order in the errors, with derivatives that are exact: how well a measurement of rates
    fixes a current, and which rate to measure better.

    Parameters
    ----------
    formulas : Formulas
        Any results, such as currents.
    errors : mapping
        Symbol or name to variance, ``{"k12": "0.01"}``, a number or an expression; for a relative
        error of one tenth, ``{"k12": "k12**2/100"}``. A pair of symbols to their covariance. What
        is not given is known exactly.

    Returns
    -------
    Formulas
        The labels of `formulas`; the square root of each is a standard error.

    Raises
    ------
    UnknownNameError
        A symbol that the formulas do not know.
    ParameterError
        A negative variance, or a covariance larger than the variances allow.
    NessError
        No errors are given.

    Examples
    --------
    >>> import nesssym as ns
    >>> ss = ns.steady_state(ns.StateGraph.from_text("A <-> B ; k, r"))
    >>> spread = ns.propagate_errors(ss.state, {"k": "k**2/100", "r": "r**2/100"})
    >>> spread.at({"k": 1, "r": 1})
    {'A': 1/800, 'B': 1/800}
    """
    if not errors:
        raise NessError("no errors are given; give the variance of at least one symbol")
    variances, covariances = _read(formulas, errors)
    symbols = list(variances)
    shared = Steps(formulas.parameters, dict(formulas.notation), formulas.assume)
    values = shared.absorb(formulas)
    rows = gradients(shared, list(values.values()), symbols)
    spread: dict[str, Expr] = {}
    for label, row in zip(values, rows, strict=True):
        slope = dict(zip(symbols, row, strict=True))
        own = (slope[a] ** 2 * variance for a, variance in variances.items())
        joint = (2 * slope[a] * slope[b] * c for (a, b), c in covariances.items())
        spread[label] = Add(*own, *joint)
    return shared.formulas(
        spread,
        heads=(rf"\mathrm{{Var}}\left({head}\right)" for head in formulas.heads),
        unit=formulas.unit if formulas.unit in ("1", "mixed") else f"({formulas.unit})^2",
    )


def _read(
    formulas: Formulas, errors: Mapping[Any, Any]
) -> tuple[dict[Symbol, Expr], dict[tuple[Symbol, Symbol], Expr]]:
    known = {s.name: s for s in formulas.parameters}
    singles = {key: value for key, value in errors.items() if not isinstance(key, tuple)}
    variances = {
        known[str(s)]: value
        for s, value in parsing.substitution(singles, formulas.parameters).items()
    }
    for symbol, variance in variances.items():
        if sign(variance, formulas.assume) < 0:
            raise ParameterError(f"the variance of {symbol} is {variance}, wanted one >= 0")
    covariances: dict[tuple[Symbol, Symbol], Expr] = {}
    for key, value in errors.items():
        if not isinstance(key, tuple):
            continue
        found = list(parsing.substitution(dict.fromkeys(key, value), formulas.parameters).items())
        if len(found) != 2:
            raise NessError(f"a covariance is that of two different symbols, got {key}")
        (a, covariance), (b, _) = found
        pair = known[str(a)], known[str(b)]
        if pair in covariances or pair[::-1] in covariances:
            raise NameClashError(f"the covariance of {a} and {b} is given twice")
        bound = variances.get(pair[0], Integer(0)) * variances.get(pair[1], Integer(0))
        if sign(covariance**2 - bound, formulas.assume) > 0:
            raise ParameterError(
                f"the covariance of {a} and {b} is {covariance}; its square is at most the product "
                f"of their variances, {bound}"
            )
        covariances[pair] = covariance
    return variances, covariances
