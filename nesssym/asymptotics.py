"""Small formulas for people: leading orders, series and factors of exact results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from sympy import Add, Expr, Rational, Symbol

from nesssym import parsing
from nesssym.errors import NameClashError, NessError, ParameterError, UnknownNameError
from nesssym.exact import limits
from nesssym.formulas import Formulas

__all__ = ["factor", "leading_order", "series"]

Result = TypeVar("Result", Expr, Formulas)
Scaled = Iterable[Any] | Mapping[Any, Any]


def leading_order(
    result: Result, *, fast: Scaled = (), slow: Scaled = (), zero: Iterable[Any] = ()
) -> Result:
    r"""Return what is left of exact results when some rates are fast, slow or go to zero.

    Fast symbols are of order :math:`1/\epsilon`, slow ones of order :math:`\epsilon`, all others of
    order one. Numerator and denominator keep their terms of lowest order exactly. A result that is
    small keeps its first nonvanishing term: the symbols stay in it.

    Parameters
    ----------
    result : Expr or Formulas
        Rational expressions of these symbols.
    fast, slow : iterable of Symbol or str, or mapping to powers, optional
        The symbols; a mapping gives the power of :math:`1/\epsilon` or :math:`\epsilon`, as
        ``fast={"k1": 2, "k2": 1}``.
    zero : iterable of Symbol or str, optional
        Symbols that vanish, faster than any power: the limit is taken.

    Returns
    -------
    Expr or Formulas
        As what came in; formulas come in closed form.

    Raises
    ------
    NameClashError
        A symbol is named twice.
    NessError
        A symbol is inside a function or an exponent, or a result diverges where `zero` vanishes.
    ParameterError
        A power that is not a positive number.
    UnknownNameError
        There is no such symbol.

    Examples
    --------
    A and B in fast equilibrium:

    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    >>> p = ns.steady_state(g)["A"]
    >>> ns.leading_order(p, fast=["a", "b"])
    (b*d + b*e)/(a*c + a*d + a*e + b*d + b*e + b*f)
    >>> ns.leading_order(p, zero=["b", "c"])
    0
    """
    known = _known(result)
    scale: dict[Symbol, Rational] = {}
    vanishing: dict[Symbol, Rational] = {}
    groups = ((fast, -1, scale), (slow, 1, scale), (dict.fromkeys(zero, 1), 1, vanishing))
    for group, sign, found in groups:
        powers = group if isinstance(group, Mapping) else dict.fromkeys(_several(group), 1)
        for name, power in powers.items():
            symbol = _symbol(name, known)
            if symbol in scale or symbol in vanishing:
                raise NameClashError(f"{symbol} is named twice among fast, slow and zero")
            number = parsing.expr(power)
            if not number.is_Rational or not number.is_positive:
                raise ParameterError(
                    f"the power of {symbol} is {power}, wanted a positive number; what is fast "
                    "goes into fast, what is slow into slow"
                )
            found[symbol] = sign * number

    def limit(expr: Expr) -> Expr:
        kept = limits.leading(expr, [vanishing, scale])
        gone = limits.order(kept, vanishing)
        if gone is not None and gone < 0:
            names = ", ".join(s.name for s in vanishing)
            raise NessError(f"the result diverges as {names} vanish; make them slow instead")
        return kept if not gone else Rational(0)

    return _each(result, limit)


def series(result: Result, variable: Any, order: int, at: Any = 0) -> Result:
    r"""Expand exact results in a power series, about equilibrium for instance.

    The drive may be an affinity :math:`x`, which enters rates as ``exp(x/2)``, about zero; or a
    rate, about its value at equilibrium, an expression of the others.

    Parameters
    ----------
    result : Expr or Formulas
        Rational expressions of the variable, of exponentials of its multiples, and logarithms.
    variable : Symbol or str
        The variable of the series.
    order : int
        The highest power that is kept.
    at : Expr, str or number, optional
        Where to expand.

    Returns
    -------
    Expr or Formulas
        As what came in; the sum of powers of ``variable - at``, with coefficients in lowest terms.

    Raises
    ------
    NessError
        There is no power series there, or the variable is inside another function.
    ParameterError
        `order` is not a number of terms.
    UnknownNameError
        There is no such symbol.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; exp(x/2), exp(-x/2) \n cold: A <-> B ; 1, 1")
    >>> ns.series(ns.steady_state(g, method="trees").state, "x", 3)["B"]
    -x**3/384 + x/8 + 1/2
    """
    if not isinstance(order, int) or order < 0:
        raise ParameterError(f"order is {order!r}, wanted the highest power, 0 or more")
    known = _known(result)
    x = _symbol(variable, known)
    point = parsing.expr(at, {s.name: s for s in known})
    if point.has(x):
        raise ParameterError(f"at is {point}, wanted an expression without {x}")

    def expand(expr: Expr) -> Expr:
        moved = expr.xreplace({x: point + x}) if point != 0 else expr
        coefficients = limits.taylor(moved, x, order + 1)
        return Add(*(c * (x - point) ** i for i, c in enumerate(coefficients)))

    return _each(result, expand)


def factor(result: Result) -> Result:
    r"""Write exact results as products of irreducible factors.

    Parameters
    ----------
    result : Expr or Formulas
        Rational expressions.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n B <-> D ; e, f")
    >>> ns.factor(ns.steady_state(g)["A"])
    b*d*f/(a*c*f + a*d*e + a*d*f + b*d*f)
    """
    return _each(result, limits.factored)


def _each(result: Result, function: Callable[[Expr], Expr]) -> Result:
    _known(result)
    return result.map(function) if isinstance(result, Formulas) else function(result)


def _known(result: Expr | Formulas) -> tuple[Symbol, ...]:
    if isinstance(result, Formulas):
        return result.parameters
    if not isinstance(result, Expr):
        raise NessError(f"{result!r} came, wanted a SymPy expression or Formulas")
    return tuple(sorted(result.free_symbols, key=str))


def _several(names: Iterable[Any]) -> list[Any]:
    if isinstance(names, str | Symbol):
        raise ParameterError(f"{names!r} came, wanted a list of symbols: [{str(names)!r}]")
    return list(names)


def _symbol(name: Any, known: tuple[Symbol, ...]) -> Symbol:
    for symbol in known:
        if name == symbol or name == symbol.name:
            return symbol
    raise UnknownNameError.of("symbol", name, (s.name for s in known))
