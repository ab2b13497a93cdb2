"""Mathematics of SBML: libsbml's tree becomes an exact expression; no text in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import isfinite
from typing import Any

from sympy import (
    Add,
    E,
    Expr,
    Integer,
    Mul,
    Pow,
    Rational,
    Symbol,
    cos,
    cosh,
    exp,
    log,
    pi,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)

from nesssym.errors import ModelError
from nesssym.signs import sign

__all__ = ["MathReader", "decimal", "split"]

MAX_NODES = 20_000
MAX_DEPTH = 60
AVOGADRO = Integer(602214179) * Integer(10) ** 15
_FUNCTIONS: Mapping[str, Callable[[Expr], Expr]] = {
    "EXP": exp,
    "LN": log,
    "SIN": sin,
    "COS": cos,
    "TAN": tan,
    "SINH": sinh,
    "COSH": cosh,
    "TANH": tanh,
}


@cache
def _kinds() -> dict[int, str]:
    """Names of the kinds of libsbml's nodes, which it numbers."""
    import libsbml

    return {
        value: name.removeprefix("AST_")
        for name, value in vars(libsbml).items()
        if name.startswith("AST_") and isinstance(value, int)
        if not name.startswith(("AST_TYPECODE", "AST_CLASS"))
    }


def decimal(value: float) -> Rational:
    """Return the decimal number that a float was written as: 0.1 is 1/10."""
    if not isfinite(value):
        raise ModelError(f"the number {value} is not finite")
    return Rational(repr(float(value)))


class MathReader:
    """What names and functions stand for while trees are read.

    Parameters
    ----------
    functions : mapping of str to FunctionDefinition
        The model's functions, which are put in where they are called.
    numbers : mapping of Symbol to Expr
        Values that exponents take, so that ``x^n`` is a power with a number.
    """

    def __init__(self, functions: Mapping[str, Any], numbers: Mapping[Symbol, Expr]) -> None:
        self.functions = functions
        self.numbers = numbers

    def read(self, node: Any, lookup: Callable[[str], Expr]) -> Expr:
        """Return the expression of a tree, with names looked up; raise where there is none."""
        self.left = MAX_NODES
        return self._read(node, lookup, MAX_DEPTH)

    def _read(self, node: Any, lookup: Callable[[str], Expr], depth: int) -> Expr:
        self.left -= 1
        if not depth or self.left < 0:
            raise ModelError("its formula is too large, or nested too deeply")
        kind = _kinds()[node.getType()]
        if kind == "NAME":
            return lookup(node.getName())
        if kind in _LEAVES:
            return _LEAVES[kind](node)
        children = [node.getChild(i) for i in range(node.getNumChildren())]
        if kind == "FUNCTION":
            definition = self.functions.get(node.getName())
            if definition is None or definition.getNumArguments() != len(children):
                raise ModelError(f"it calls {node.getName()!r}, which is not such a function")
            values = [self._read(child, lookup, depth - 1) for child in children]
            names = [definition.getArgument(i).getName() for i in range(len(values))]
            inner = dict(zip(names, values, strict=True))
            return self._read(definition.getBody(), _only(inner, node.getName()), depth - 1)
        args = [self._read(child, lookup, depth - 1) for child in children]
        name = kind.removeprefix("FUNCTION_")
        if name == "POWER" and len(args) == 2:
            return Pow(args[0], args[1].xreplace(self.numbers))
        if name == "ROOT":
            return sqrt(args[0]) if len(args) == 1 else args[1] ** (1 / args[0])
        if name == "LOG":
            return log(args[-1]) / log(args[0] if len(args) == 2 else 10)
        if name in _FUNCTIONS and len(args) == 1:
            return _FUNCTIONS[name](args[0])
        if kind in _OPERATORS:
            return _OPERATORS[kind](args)
        raise ModelError(f"it holds {kind.removeprefix('FUNCTION_').lower()!r}, which is not read")


def _only(inner: Mapping[str, Expr], function: str) -> Callable[[str], Expr]:
    def lookup(name: str) -> Expr:
        if name not in inner:
            raise ModelError(f"the function {function!r} uses {name!r}, which is no argument")
        return inner[name]

    return lookup


def _real(node: Any) -> Expr:
    if _kinds()[node.getType()] == "REAL_E":
        return decimal(node.getMantissa()) * Integer(10) ** int(node.getExponent())
    return decimal(node.getReal())


def _minus(args: Sequence[Expr]) -> Expr:
    return -args[0] if len(args) == 1 else args[0] - args[1]


def _divide(args: Sequence[Expr]) -> Expr:
    if args[1] == 0:
        raise ModelError("it divides by zero")
    return args[0] / args[1]


_LEAVES: Mapping[str, Callable[[Any], Expr]] = {
    "INTEGER": lambda node: Integer(node.getInteger()),
    "REAL": _real,
    "REAL_E": _real,
    "RATIONAL": lambda node: Rational(node.getNumerator(), node.getDenominator()),
    "CONSTANT_PI": lambda node: pi,
    "CONSTANT_E": lambda node: E,
    "NAME_AVOGADRO": lambda node: AVOGADRO,
}
_OPERATORS: Mapping[str, Callable[[Sequence[Expr]], Expr]] = {
    "PLUS": lambda args: Add(*args),
    "TIMES": lambda args: Mul(*args),
    "MINUS": _minus,
    "DIVIDE": _divide,
    "POWER": lambda args: Pow(*args),
}


def split(rate: Expr, numbers: Mapping[Symbol, Expr]) -> tuple[Expr, Expr]:
    """Return positive parts p and n with rate = p - n, from the signs of its terms.

    Parameters
    ----------
    rate : Expr
        A net rate.
    numbers : mapping of Symbol to Expr
        Values of symbols that are not positive; they are put in where a sign hangs on them.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b, k = symbols("a b k", positive=True)
    >>> split(k*(a - 2*b)/(1 + a), {})
    (a*k/(a + 1), 2*b*k/(a + 1))
    """
    known = sign(rate)
    if known or rate == 0:
        return (rate, Integer(0)) if known >= 0 else (Integer(0), -rate)
    if rate.is_Add:
        parts = [split(term, numbers) for term in rate.args]
        return Add(*(p for p, _ in parts)), Add(*(n for _, n in parts))
    if rate.is_Mul:
        p, n = Integer(1), Integer(0)
        for factor in rate.args:
            up, down = split(factor, numbers)
            p, n = p * up + n * down, p * down + n * up
        return p, n
    if rate.is_Pow and rate.exp.is_Integer and 1 < rate.exp <= 4:
        return split(Mul(*[rate.base] * int(rate.exp), evaluate=False), numbers)
    fixed = rate.xreplace(numbers)
    if fixed != rate:
        return split(fixed, numbers)
    raise ModelError(f"the sign of {str(rate)[:80]} is not known, so that it cannot be a rate")
