"""Text and values become exact SymPy expressions, checked against what their symbols allow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from mpmath import isfinite, libmp, mpf
from sympy import Expr, Float, Integer, Pow, Rational, Symbol

from nesssym.errors import (
    NameClashError,
    ParameterError,
    ParseError,
    TooLargeError,
    UnknownNameError,
)
from nesssym.grammar import DECIMAL, MAX_EXPONENT, MAX_LENGTH, decimal, expression, short, symbol

__all__ = [
    "check_distinct",
    "check_powers",
    "check_values",
    "expr",
    "expression",
    "number",
    "substitution",
    "symbol",
]

MAX_POWER_BITS = 1_000_000
_FRACTION = re.compile(rf"([+-]?{DECIMAL})(?:/({DECIMAL}))?")
_SIGNS = ("positive", "negative", "nonnegative", "nonpositive", "nonzero", "real", "complex")


def number(value: Any) -> Expr:
    """Return the exact SymPy number of a value.

    Parameters
    ----------
    value : int, Fraction, Decimal, float, NumPy or FLINT number, SymPy number, or str
        Binary floating-point numbers, also SymPy's, become the fraction that they hold; text such
        as ``"1/3"``, ``"0.1"`` or ``"1e-3"`` is an exact decimal.

    Raises
    ------
    ParameterError
        Not a finite real number.
    ParseError
        Text that is no number.

    Examples
    --------
    >>> number("0.1"), number(0.1)
    (1/10, 3602879701896397/36028797018963968)
    """
    if isinstance(value, str):
        return _fraction(value)
    if isinstance(value, bool | np.bool_):
        raise ParameterError(f"{value} is a truth value, not a number")
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) > MAX_EXPONENT:
        raise ParameterError(f"{value} is not taken: its exponent is beyond {MAX_EXPONENT}")
    if isinstance(value, Expr):
        exact = _exact(value)
        if exact.is_number and exact.is_real:
            return exact
    elif isinstance(value, flint.fmpz | flint.fmpq):
        return Rational(int(value.numerator), int(value.denominator))
    elif isinstance(value, mpf) and isfinite(value):
        return _dyadic(value)
    elif isinstance(value, int | np.integer):
        return Integer(int(value))
    elif isinstance(value, Fraction | Decimal | float | np.floating):
        with suppress(ValueError, OverflowError):
            return Rational(*map(int, value.as_integer_ratio()))
    raise ParameterError(f"{short(repr(value))} is not a finite real number")


def expr(value: Any, symbols: Mapping[str, Expr] | None = None) -> Expr:
    """Return text, a SymPy expression or a number as an exact SymPy expression.

    Parameters
    ----------
    value : str, Expr or number
        Text is read by `expression`; in a SymPy expression every Float becomes the fraction it
        holds; anything else goes to `number`.
    symbols : mapping of str to Expr, optional
        What names in text stand for.

    Examples
    --------
    >>> expr("k/2"), expr(0.5 * symbol("k")), expr(0.5)
    (k/2, k/2, 1/2)
    """
    if isinstance(value, str):
        return expression(value, symbols)
    if isinstance(value, Expr) and not value.is_number:
        return _exact(value)
    return number(value)


def substitution(values: Mapping[Any, Any], symbols: Sequence[Symbol]) -> dict[Expr, Expr]:
    """Return what to substitute for which symbol.

    Parameters
    ----------
    values : mapping
        Symbols or their names to numbers, text or expressions; names in text are `symbols`.
    symbols : sequence of Symbol
        The symbols that may be given.

    Raises
    ------
    UnknownNameError
        A key that is none of `symbols`; the message lists them.
    NameClashError
        One symbol given twice, by itself and by name.

    Examples
    --------
    >>> substitution({"a": "2*b"}, [symbol("a"), symbol("b")])
    {a: 2*b}
    """
    named = {known.name: known for known in symbols}
    env: dict[Expr, Expr] = {}
    for key, value in values.items():
        known = named.get(str(key))
        if known is None:
            raise UnknownNameError.of("parameter", key, named)
        if known in env:
            raise NameClashError(f"parameter {known} is given twice, as a symbol and by name")
        try:
            env[known] = expr(value, named)
        except ParameterError as error:
            raise ParameterError(f"parameter {known}: {error}") from None
    return env


def check_distinct(symbols: Iterable[Symbol]) -> None:
    """Raise `NameClashError` where two different symbols have one name.

    SymPy holds ``Symbol("k")`` and ``Symbol("k", positive=True)`` to be different although they
    print alike, so that neither a reader nor a program could tell them apart.
    """
    named: dict[str, Symbol] = {}
    for new in symbols:
        old = named.setdefault(new.name, new)
        if old != new:
            raise NameClashError(
                f"two different symbols are named {new.name!r}: one {_assumptions(old)}, the "
                f"other {_assumptions(new)}; make both in one way, as "
                f"Symbol({new.name!r}, positive=True), or rename one"
            )


def check_values(
    env: Mapping[Expr, Expr], assume: Iterable[Expr] = (), *, zero: bool = False
) -> None:
    """Raise `ParameterError` where a number is outside what its symbol allows.

    Parameters
    ----------
    env : mapping of Expr to Expr
        The values of symbols; those that are not numbers are not checked.
    assume : iterable of Expr, optional
        Expressions that must be positive once `env` is substituted, where they are numbers then.
    zero : bool, optional
        Whether symbols of what is positive may become zero, as a limit.
    """
    for parameter, value in env.items():
        if value.free_symbols:
            continue
        if not value.is_real:
            raise ParameterError(f"parameter {parameter} is {value}: it must be finite and real")
        if parameter.is_positive and not (_is_positive(value) or (zero and value.is_zero)):
            raise ParameterError(f"parameter {parameter} is {value}: it must be > 0")
        if parameter.is_nonnegative and not value.is_nonnegative:
            raise ParameterError(f"parameter {parameter} is {value}: it must be >= 0")
    for condition in assume:
        value = condition.xreplace(env)
        if not value.free_symbols and not _is_positive(value):
            given = ", ".join(f"{s} = {env[s]}" for s in env if s in condition.free_symbols)
            raise ParameterError(f"{condition} is {value} with {given}: it must be > 0")


def _is_positive(value: Expr) -> bool:
    """Tell whether a number is positive, also where terms nearly cancel and SymPy gives up."""
    known = value.is_positive
    return bool(value.evalf(30) > 0) if known is None else bool(known)


def check_powers(exprs: Iterable[Expr], env: Mapping[Expr, Expr]) -> None:
    """Raise `TooLargeError` where values would make a power of more digits than can be held."""
    for expr in exprs:
        powers = [power for power in expr.atoms(Pow) if power.exp.free_symbols]
        for power in sorted(powers, key=lambda p: (p.count_ops(), str(p))):
            base, exponent = (part.xreplace(env) for part in power.args)
            if base.is_Rational and exponent.is_Rational:
                bits = abs(exponent) * max(base.p.bit_length(), base.q.bit_length())
                if bits > MAX_POWER_BITS:
                    raise TooLargeError(
                        f"{power} would be ({base})**({exponent}), a number of {bits} bits; "
                        "give the exponent as a symbol and compile to a kernel"
                    )


def _fraction(text: str) -> Rational:
    """Read a number or a quotient of two, such as -1/3 or 1e-3."""
    match = _FRACTION.fullmatch(text.strip(" \t")) if len(text) <= MAX_LENGTH else None
    if match is None:
        raise ParseError(f"{short(repr(text))} is not a number such as 2, -1/3, 0.1 or 1e-3")
    top, bottom = decimal(match[1]), decimal(match[2] or "1")
    if bottom == 0:
        raise ParseError(f"division by zero in {short(repr(text))}")
    return top / bottom


def _exact(value: Expr) -> Expr:
    """Replace every Float by the fraction that it holds."""
    return value.xreplace({x: _dyadic(x) for x in value.atoms(Float)})


def _dyadic(value: Any) -> Rational:
    return Rational(*libmp.to_rational(value._mpf_))


def _assumptions(symbol: Symbol) -> str:
    known = [word for word in _SIGNS if getattr(symbol, f"is_{word}")]
    return f"is {known[0]}" if known else "has no assumptions"
