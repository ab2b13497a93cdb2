"""Parameters of a physical system, and the ranges in which they make sense."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import eq, ge, le, lt
from typing import Any, NamedTuple

import numpy as np
from sympy import Expr, Symbol

from nesssym import parsing
from nesssym.backends.blocks import first_bad
from nesssym.errors import ParameterError, warn
from nesssym.kernels import compile
from nesssym.networks.files import Parameter

__all__ = ["Limited", "Ranges", "parameter", "real"]

COLD = 100
RELATIONS: Mapping[str, Callable[[Any, Any], Any]] = {"<": lt, ">=": ge, "<=": le, "=": eq}


def parameter(
    name: str, value: Any, unit: str, meaning: str, source: str = "", latex: str = ""
) -> Parameter:
    """Return a positive parameter; `value` is exact text such as ``"0.62"`` or ``"log(2)/72000"``.

    Examples
    --------
    >>> parameter("a", "2.0e-4", "m^2", "opening of the drain").value
    1/5000
    """
    symbol = parsing.symbol(name)
    return Parameter(symbol, _value(symbol, value), unit, meaning, source, latex)


def real(
    name: str, value: Any, unit: str, meaning: str, source: str = "", latex: str = ""
) -> Parameter:
    """Return a parameter of either sign.

    Examples
    --------
    >>> real("V", "-65e-3", "V", "membrane potential").value
    -13/200
    """
    symbol = parsing.symbol(name, positive=False)
    return Parameter(symbol, _value(symbol, value), unit, meaning, source, latex)


def _value(symbol: Symbol, value: Any) -> Expr:
    exact = parsing.expression(value) if isinstance(value, str) else parsing.number(value)
    parsing.check_values({symbol: exact})
    return exact


class Limited(NamedTuple):
    """One relation that a parameter obeys: ``<``, ``<=``, ``>=`` or ``=`` to an expression."""

    name: str
    relation: str
    text: str
    end: Expr


@dataclass(frozen=True, eq=False)
class Ranges:
    """Where the parameters of a system make sense.

    Parameters
    ----------
    parameters : sequence of Parameter
        Their symbols say which are positive, their units which are temperatures.
    bounds : mapping
        As for `nesssym.System`.

    Examples
    --------
    >>> ranges = Ranges([parameter("x", "0.9", "1", "fraction")], bounds={"x": ">= 1/2"})
    >>> ranges.check({ranges.parameters[0].symbol: parsing.number("0.4")}, {})
    Traceback (most recent call last):
    ...
    nesssym.errors.ParameterError: x must be >= 1/2; got 2/5
    """

    parameters: Sequence[Parameter]
    bounds: Mapping[str, str] = field(default_factory=dict)

    def check(self, point: dict[Symbol, Expr], given: Mapping[Any, Any]) -> None:
        """Raise `ParameterError` for a value outside its range; fill in what follows from others.

        Parameters
        ----------
        point : dict of Symbol to Expr
            A value for every parameter.
        given : mapping
            The symbols whose values were asked for.
        """
        zero = {b.name for b in self.all if b.relation == ">=" and b.end == 0}
        for p in self.parameters:
            if p.symbol.name in zero and point[p.symbol].is_real:
                continue
            try:
                parsing.check_values({p.symbol: point[p.symbol]})
            except ParameterError as error:
                raise ParameterError(f"{error} ({p.meaning})") from None
        for b in self.all:
            if b.relation == "=" and self._named[b.name] not in given:
                point[self._named[b.name]] = b.end.xreplace(dict(point))
        for b in self.all:
            value, got = b.end.xreplace(dict(point)), point[self._named[b.name]]
            if not RELATIONS[b.relation](got, value):
                raise self._outside(b, value, got)
        for p in self.parameters:
            hot = p.unit == "K" and p.value is not None and p.value > COLD
            if hot and point[p.symbol] < COLD:
                warn(f"{p.symbol} is {point[p.symbol]} K: temperatures are in kelvin here")

    def check_arrays(self, values: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        """Do the same for floats and arrays of them, by name; `given` are those asked for."""
        for b in self.all:
            if b.relation == "=":
                if b.name in given:
                    raise ParameterError(f"{b.name} follows, it is {b.text}; leave it out")
                continue
            bound, got = self._functions[b.end](values), np.asarray(values[b.name], float)
            bad = ~np.asarray(RELATIONS[b.relation](got, bound))
            if bad.any():
                got, bound = np.broadcast_arrays(got, bound)
                raise self._outside(b, first_bad(bound, bad), first_bad(got, bad))

    @cached_property
    def _named(self) -> dict[str, Symbol]:
        return {p.symbol.name: p.symbol for p in self.parameters}

    @cached_property
    def all(self) -> tuple[Limited, ...]:
        """Every relation, in order."""
        found = []
        for name, text in self.bounds.items():
            for part in text.split(" and "):
                relation, _, end = part.partition(" ")
                expr = parsing.expression(end, self._named, strict=True)
                found.append(Limited(name, relation, end, expr))
        return tuple(found)

    @cached_property
    def _functions(self) -> dict[Expr, Callable[[Mapping[str, Any]], Any]]:
        return {b.end: _function(b.end) for b in self.all}

    def _outside(self, b: Limited, end: Any, got: Any) -> ParameterError:
        here = f", here {end}" if b.end.free_symbols else ""
        return ParameterError(f"{b.name} must be {self.bounds[b.name]}{here}; got {got}")


def _function(expr: Expr) -> Callable[[Mapping[str, Any]], Any]:
    """Return a bound as a function of the values of all parameters."""
    if not expr.free_symbols:
        number = float(expr)
        return lambda values: number
    kernel = compile({"bound": expr})
    return lambda values: kernel(**{name: values[name] for name in kernel.arguments})["bound"]
