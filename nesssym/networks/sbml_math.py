"""Mathematics of SBML: libsbml's tree becomes an exact expression; no text in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import ceil, isfinite
from typing import Any

from sympy import (
    Add,
    E,
    Expr,
    I,
    Integer,
    Mul,
    Pow,
    Rational,
    S,
    Symbol,
    cos,
    cosh,
    exp,
    log,
    pi,
    sin,
    sinh,
    tan,
    tanh,
)

from nesssym.errors import ModelError
from nesssym.grammar import MAX_BITS, MAX_EXPONENT, MAX_ROOT_BITS

__all__ = ["MathReader", "decimal"]

MAX_READ = 200_000
MAX_NODES = 20_000
MAX_DEPTH = 150
AVOGADRO = Integer(602214179) * Integer(10) ** 15


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
        self.sizes: dict[Expr, tuple[int, int]] = {}
        self.operations = dict(_OPERATIONS) | {
            "POWER": (2, 2, self._power),
            "ROOT": (1, 2, self._root),
        }

    def read(self, node: Any, lookup: Callable[[str], Expr]) -> Expr:
        """Return the expression of a tree, with names looked up; raise where there is none."""
        self.left = MAX_READ
        found = self._read(node, lookup, MAX_DEPTH)
        size, degree = self.size(found)
        if size > MAX_NODES or degree > MAX_EXPONENT:
            raise ModelError("its formula is too large, with all that it uses put in")
        return found

    def size(self, expr: Expr) -> tuple[int, int]:
        """Return the number of nodes of an expression, written out, and its degree.

        Definitions that use one another are small as they stand and endless when written out.
        """
        if expr not in self.sizes:
            pairs = [self.size(arg) for arg in expr.args]
            nodes = 1 + sum(n for n, _ in pairs)
            degrees = [d for _, d in pairs]
            if expr.is_Mul:
                degree = sum(degrees)
            elif expr.is_Pow and expr.exp.is_Rational:
                degree = ceil(abs(expr.exp) * max(1, degrees[0]))
            else:
                degree = max(degrees, default=int(expr.is_Symbol))
            self.sizes[expr] = nodes, degree
        return self.sizes[expr]

    def _read(self, node: Any, lookup: Callable[[str], Expr], depth: int) -> Expr:
        self.left -= 1
        if not depth or self.left < 0:
            raise ModelError("its formula is too long, or nested too deeply")
        kind = _kinds().get(node.getType(), "UNKNOWN")
        if kind == "NAME":
            return lookup(node.getName())
        if kind in _LEAVES:
            return _LEAVES[kind](node)
        children = [node.getChild(i) for i in range(node.getNumChildren())]
        if kind == "FUNCTION":
            return self._call(node.getName(), children, lookup, depth)
        name = kind.removeprefix("FUNCTION_")
        if name not in self.operations:
            plain = name.removeprefix("NAME_").removeprefix("CONSTANT_").lower()
            raise ModelError(f"it holds {plain!r}, which is not read")
        least, most, work = self.operations[name]
        if not least <= len(children) <= most:
            raise ModelError(f"it holds {name.lower()!r} with {len(children)} arguments")
        args = [self._read(child, lookup, depth - 1) for child in children]
        if sum(self.size(arg)[0] for arg in args) > MAX_NODES:
            raise ModelError("its formula is too large, with all that it uses put in")
        _check_bits(args)
        found = work(args)
        if found in (S.ComplexInfinity, S.NaN, S.Infinity, S.NegativeInfinity):
            raise ModelError("it divides by zero")
        if name in ("POWER", "ROOT", "LOG", "LN") and found.has(I):
            raise ModelError("it takes a root or a logarithm of a negative number")
        return found

    def _call(
        self, name: str, children: Sequence[Any], lookup: Callable[[str], Expr], depth: int
    ) -> Expr:
        definition = self.functions.get(name)
        if definition is None:
            raise ModelError(f"it calls {name!r}, which is no function of the model")
        if definition.getNumArguments() != len(children) or definition.getBody() is None:
            wanted = definition.getNumArguments()
            raise ModelError(f"it calls {name!r} with {len(children)} arguments, not {wanted}")
        values = [self._read(child, lookup, depth - 1) for child in children]
        names = [definition.getArgument(i).getName() for i in range(len(values))]
        inner = dict(zip(names, values, strict=True))
        return self._read(definition.getBody(), _only(inner, name), depth - 1)

    def _root(self, args: Sequence[Expr]) -> Expr:
        return self._power([args[-1], _divide([Integer(1), args[0] if args[1:] else Integer(2)])])

    def _power(self, args: Sequence[Expr]) -> Expr:
        base, exponent = args[0], args[1].xreplace(self.numbers)
        if base is E:
            return _exponential([exponent])
        if not exponent.is_Rational:
            return Pow(base, exponent)
        if abs(exponent) > MAX_EXPONENT:
            raise ModelError(f"its exponent {str(exponent)[:20]} is beyond {MAX_EXPONENT}")
        bits = max(map(_bits, base.atoms(Rational)), default=0)
        if bits * abs(exponent) > MAX_BITS or (not exponent.is_Integer and bits > MAX_ROOT_BITS):
            raise ModelError("its numbers are too long")
        return Pow(base, exponent)


def _only(inner: Mapping[str, Expr], function: str) -> Callable[[str], Expr]:
    def lookup(name: str) -> Expr:
        if name not in inner:
            raise ModelError(f"the function {function!r} uses {name!r}, which is no argument")
        return inner[name]

    return lookup


def _bits(number: Rational) -> int:
    return int(number.p).bit_length() + int(number.q).bit_length()


def _check_bits(args: Sequence[Expr]) -> None:
    numbers = (arg.as_coeff_Mul()[0] for arg in args)
    if sum(_bits(n) for n in numbers if n.is_Rational) > MAX_BITS:
        raise ModelError("its numbers are too long")


def _exponential(args: Sequence[Expr]) -> Expr:
    (exponent,) = args
    # SymPy makes exp(n*log(x)) the power x**n at once.
    for term in Add.make_args(exponent) if exponent.has(log) else ():
        times = abs(term.as_coeff_Mul()[0])
        bits = max(map(_bits, term.atoms(Rational)), default=0)
        if times > MAX_EXPONENT or times * bits > MAX_BITS:
            raise ModelError(f"its exponent {str(exponent)[:60]} is too large")
    return exp(exponent)


def _real(node: Any) -> Expr:
    if _kinds()[node.getType()] != "REAL_E":
        return decimal(node.getReal())
    exponent = int(node.getExponent())
    if abs(exponent) > MAX_EXPONENT:
        raise ModelError(f"the exponent {exponent} of a number is beyond {MAX_EXPONENT}")
    return decimal(node.getMantissa()) * Integer(10) ** exponent


def _rational(node: Any) -> Expr:
    if not node.getDenominator():
        raise ModelError("it divides by zero")
    return Rational(node.getNumerator(), node.getDenominator())


def _minus(args: Sequence[Expr]) -> Expr:
    return -args[0] if len(args) == 1 else args[0] - args[1]


def _divide(args: Sequence[Expr]) -> Expr:
    if args[1] == 0:
        raise ModelError("it divides by zero")
    return args[0] / args[1]


def _log(args: Sequence[Expr]) -> Expr:
    return _divide([log(args[-1]), log(args[0] if len(args) == 2 else 10)])


_LEAVES: Mapping[str, Callable[[Any], Expr]] = {
    "INTEGER": lambda node: Integer(node.getInteger()),
    "REAL": _real,
    "REAL_E": _real,
    "RATIONAL": _rational,
    "CONSTANT_PI": lambda node: pi,
    "CONSTANT_E": lambda node: E,
    "NAME_AVOGADRO": lambda node: AVOGADRO,
}
_OPERATIONS: Mapping[str, tuple[int, int, Callable[[Sequence[Expr]], Expr]]] = {
    "PLUS": (0, MAX_NODES, lambda args: Add(*args)),
    "TIMES": (0, MAX_NODES, lambda args: Mul(*args)),
    "MINUS": (1, 2, _minus),
    "DIVIDE": (2, 2, _divide),
    "LOG": (1, 2, _log),
    "LN": (1, 1, lambda args: log(*args)),
    "EXP": (1, 1, _exponential),
    "SIN": (1, 1, lambda args: sin(*args)),
    "COS": (1, 1, lambda args: cos(*args)),
    "TAN": (1, 1, lambda args: tan(*args)),
    "SINH": (1, 1, lambda args: sinh(*args)),
    "COSH": (1, 1, lambda args: cosh(*args)),
    "TANH": (1, 1, lambda args: tanh(*args)),
}
