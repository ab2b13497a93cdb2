"""Text becomes exact SymPy expressions; no text is ever evaluated as code."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any, NamedTuple

from sympy import (
    Add,
    Expr,
    Mul,
    Pow,
    Rational,
    S,
    Symbol,
    cos,
    cosh,
    exp,
    log,
    sin,
    sinh,
    sqrt,
    tanh,
)

from nesssym.errors import ParseError, UnknownNameError
from nesssym.signs import sign
from nesssym.special import exprel

__all__ = ["decimal", "expression", "short", "symbol"]

MAX_LENGTH = 10_000
MAX_TOKENS = 1_000
MAX_DEPTH = 100
MAX_DIGITS = 1_000
MAX_EXPONENT = 1_000
MAX_BITS = 14_000  # the longest integer that Python prints has 4300 digits
MAX_ROOT_BITS = 1_000
MAX_FOLDS = 10  # SymPy's questions about signs take twice as long with each

FUNCTIONS: Mapping[str, Callable[[Expr], Expr]] = {
    "exp": exp,
    "log": log,
    "ln": log,
    "sqrt": sqrt,
    "sinh": sinh,
    "cosh": cosh,
    "tanh": tanh,
    "sin": sin,
    "cos": cos,
    "exprel": exprel,
}

_NAME = r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*"
DECIMAL = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_TOKEN = re.compile(
    rf"(?P<space>[ \t]+)|(?P<name>{_NAME})|(?P<number>{DECIMAL})|(?P<open>\()|(?P<close>\))"
    r"|(?P<sign>[+-])|(?P<operator>\*\*|[*/^])|(?P<other>.)",
    re.DOTALL,
)
_NO_NAMES = frozenset({"nan", "inf", "infinity", "none", "true", "false"})
_OPERAND = ("a number, a name, a function or '('", {"name", "number", "function", "open", "sign"})
_OPERATOR = ("an operator", {"operator", "sign", "close", "end"})
_NEXT = {
    "open": _OPERAND,
    "sign": _OPERAND,
    "operator": _OPERAND,
    "function": ("'(' after the function", {"open"}),
    "name": _OPERATOR,
    "number": _OPERATOR,
    "close": _OPERATOR,
}
_END = re.compile(r"(?P<end>\Z)")


def symbol(name: str, positive: bool = True) -> Symbol:
    """Return the symbol of a checked name.

    Every name of the grammar is a plain symbol, also those that mean something to SymPy (``E``,
    ``I``, ``S``, ``N``, ``beta``, ``pi``) or to Python (``lambda``); programs rename inside. Only
    the functions that `expression` knows and ``nan``, ``inf``, ``none``, ``true``, ``false`` (in
    any case) are not names.

    Parameters
    ----------
    name : str
        Letters and digits beginning with a letter, in parts joined by single underscores.
    positive : bool, optional
        Whether the symbol stands for a positive number; else for a real one.

    Raises
    ------
    ParseError
        Not a name; the message says what a name may be.

    Examples
    --------
    >>> symbol("k_on").is_positive
    True
    """
    if not isinstance(name, str) or not re.fullmatch(_NAME, name):
        raise ParseError(
            f"{short(repr(name))} is not a name: write letters and digits, beginning with a "
            "letter, in parts joined by single underscores, such as k1, k_on or mu_h"
        )
    if name in FUNCTIONS or name.lower() in _NO_NAMES:
        raise ParseError(f"{name!r} cannot name a symbol: it is a function or a value")
    return Symbol(name, positive=True) if positive else Symbol(name, real=True)


def expression(
    text: str, symbols: Mapping[str, Expr] | None = None, *, strict: bool = False
) -> Expr:
    """Read an expression such as ``"k0*exp(-beta*E/2)"``, exactly and safely.

    Numbers, names, ``+ - * /``, ``**`` or ``^``, brackets, and the functions exp, log (ln), sqrt,
    sinh, cosh, tanh, sin, cos, and exprel(z) = (exp(z) - 1)/z, which is 1 at z = 0. What is
    positive may have any exponent, such as a Hill coefficient, all else only a number. Decimals are
    exact: ``0.1`` is 1/10.
    What is not in this list is refused before anything is computed, and so is what would be large.

    Parameters
    ----------
    text : str
        At most 10,000 characters, brackets at most 100 deep.
    symbols : mapping of str to Expr, optional
        What known names stand for.
    strict : bool, optional
        Whether a name that is not in `symbols` is an error; else it is a positive symbol.

    Raises
    ------
    ParseError
        The text is not such an expression; the message shows the place.
    UnknownNameError
        With `strict`, a name that is not known.

    Examples
    --------
    >>> expression("0.1*k^2/(1 + 1e-3*x)")
    k**2/(10*(x/1000 + 1))
    """
    if not isinstance(text, str):
        raise ParseError(f"an expression is text, not {type(text).__name__}")
    tokens = _tokens(text)
    # Operands are parsed as their token's index, so that Python reads nothing that a user named.
    code = " ".join(
        f"_{i}" if token.kind in ("name", "number", "function") else token.text
        for i, token in enumerate(tokens)
    )
    try:
        return (
            _Reader(text, tokens, symbols or {}, strict)
            .read(ast.parse(code, mode="eval").body)
            .expr
        )
    except (RecursionError, MemoryError):
        raise _error(text, 0, "the expression is nested too deeply") from None


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


class _Sized(NamedTuple):
    """An expression with upper bounds on the bits of its numbers and on its degree.

    `folds` counts how deep quotients, powers and functions of sums stand within one another.
    """

    expr: Expr
    bits: int = 1
    degree: int = 0
    folds: int = 0


@dataclass(frozen=True)
class _Reader:
    """Walks the syntax tree of checked tokens; every size is bounded before it is computed."""

    text: str
    tokens: list[_Token]
    symbols: Mapping[str, Expr]
    strict: bool

    def read(self, node: ast.AST, depth: int = 0) -> _Sized:
        if depth > MAX_DEPTH:
            raise self.error(node, f"operations are nested more than {MAX_DEPTH} deep")
        match node:
            case ast.Name(id=name):
                return self.leaf(node, self.tokens[int(name[1:])])
            case ast.UnaryOp(op=op, operand=operand):
                inner = self.read(operand, depth + 1)
                return self.negative(node, inner) if isinstance(op, ast.USub) else inner
            case ast.Call(func=ast.Name(id=name), args=[argument]):
                function = self.tokens[int(name[1:])].text
                return self.call(node, function, self.read(argument, depth + 1))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                base, exponent = self.read(left, depth + 1), self.read(right, depth + 1)
                if not exponent.expr.is_Rational:
                    return self.varying_power(node, base, exponent)
                return self.power(node, base, exponent.expr)
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                parts = list(self.chain(node, (ast.Add, ast.Sub), depth))[::-1]
                return self.join(node, Add, parts, max(part.degree for part in parts))
            case ast.BinOp():
                parts = list(self.chain(node, (ast.Mult, ast.Div), depth))[::-1]
                return self.join(node, Mul, parts, sum(part.degree for part in parts))
        raise self.error(node, "this is not understood")

    def leaf(self, node: ast.AST, token: _Token) -> _Sized:
        if token.kind == "number":
            try:
                return self.sized(node, _Sized(decimal(token.text)))
            except ParseError as error:
                raise _error(self.text, token.place, str(error)) from None
        if (known := self.symbols.get(token.text)) is not None:
            return self.sized(node, _Sized(known, degree=1))
        if self.strict:
            raise UnknownNameError.of("name", token.text, self.symbols)
        return _Sized(Symbol(token.text, positive=True), degree=1)

    def chain(self, node: ast.AST, kinds: tuple[type, type], depth: int) -> Iterator[_Sized]:
        """Yield the parts of a - b + c or a / b * c from the right, to be joined at once."""
        while isinstance(node, ast.BinOp) and isinstance(node.op, kinds):
            part = self.read(node.right, depth + 1)
            if isinstance(node.op, ast.Sub):
                part = self.negative(node.right, part)
            elif isinstance(node.op, ast.Div):
                part = self.power(node.right, part, S.NegativeOne)
            yield part
            node = node.left
        yield self.read(node, depth + 1)

    def negative(self, node: ast.AST, part: _Sized) -> _Sized:
        return self.join(node, Mul, [_Sized(S.NegativeOne), part], part.degree)

    def join(self, node: ast.AST, function: Any, parts: list[_Sized], degree: int) -> _Sized:
        bits = sum(part.bits for part in parts)
        if function is Mul:
            # SymPy multiplies the terms of a sum by a number at once.
            terms = max(len(part.expr.args) if part.expr.is_Add else 0 for part in parts)
            bits += terms * sum(part.bits for part in parts if part.expr.is_Rational)
        self.bound(node, bits, degree)
        folds = max(part.folds for part in parts)
        value = function(*(part.expr for part in parts))
        return self.sized(node, _Sized(value, bits, degree, folds))

    def power(self, node: ast.AST, base: _Sized, exponent: Rational) -> _Sized:
        if base.expr == 0 and exponent < 0:
            raise self.error(node, "division by zero")
        if not exponent.is_Integer and sign(base.expr) < 0:
            raise self.error(node, "a root of a negative number is not real")
        if not exponent.is_Integer and base.bits > MAX_ROOT_BITS:
            raise self.error(node, f"a root of numbers of more than {MAX_ROOT_BITS} bits")
        if abs(exponent) > MAX_EXPONENT:
            raise self.error(node, f"the exponent is beyond {MAX_EXPONENT}")
        times = max(1, math.ceil(abs(exponent)))
        self.bound(node, base.bits * times, base.degree * times)
        folds = self.folded(node, base)
        value = Pow(base.expr, exponent)
        return self.sized(node, _Sized(value, base.bits * times, base.degree * times, folds))

    def varying_power(self, node: ast.AST, base: _Sized, exponent: _Sized) -> _Sized:
        """Raise what is positive to a power that is not a number, such as a Hill coefficient."""
        if not sign(base.expr) > 0:
            raise self.error(node, f"only what is positive has a power {short(str(exponent.expr))}")
        # SymPy makes 2**(n + 3) the product 8*2**n at once.
        parts = (part.as_coeff_Mul()[0] for part in Add.make_args(exponent.expr))
        times = max(1, math.ceil(sum(map(abs, parts))))
        if times > MAX_EXPONENT:
            raise self.error(node, f"the exponent is beyond {MAX_EXPONENT}")
        bits, degree = base.bits * times + exponent.bits, base.degree * times + exponent.degree
        self.bound(node, bits, degree)
        folds = max(self.folded(node, base), self.folded(node, exponent))
        return self.sized(node, _Sized(Pow(base.expr, exponent.expr), bits, degree, folds))

    def call(self, node: ast.AST, name: str, argument: _Sized) -> _Sized:
        value, bits, degree, _ = argument
        if name == "sqrt":
            return self.power(node, argument, S.Half)
        folds = self.folded(node, argument)
        if name in ("log", "ln") and sign(value) <= 0 and value.is_nonpositive:
            raise self.error(node, f"the logarithm of {short(str(value))} is not a finite number")
        if name == "exp" and value.has(log):
            # SymPy makes exp(n*log(x)) the power x**n at once.
            terms = (term for term in Add.make_args(value) if term.has(log))
            times = max(math.ceil(abs(term.as_coeff_Mul()[0])) for term in terms)
            bits, degree = bits * times, degree * times
            self.bound(node, bits, degree)
        return self.sized(node, _Sized(FUNCTIONS[name](value), bits, degree, folds))

    def folded(self, node: ast.AST, inner: _Sized) -> int:
        folds = inner.folds + int(inner.expr.is_Add)
        if folds > MAX_FOLDS:
            raise self.error(node, f"quotients or functions of sums nested over {MAX_FOLDS} deep")
        return folds

    def sized(self, node: ast.AST, value: _Sized) -> _Sized:
        """Return `value` with the exact size where it is a number."""
        if value.expr.is_Rational:
            bits = value.expr.p.bit_length() + value.expr.q.bit_length()
            value = _Sized(value.expr, bits)
        self.bound(node, value.bits, value.degree)
        return value

    def bound(self, node: ast.AST, bits: int, degree: int) -> None:
        if bits > MAX_BITS:
            raise self.error(node, f"numbers of up to {bits} bits are more than {MAX_BITS}")
        if degree > MAX_EXPONENT:
            raise self.error(node, f"the degree, up to {degree}, is beyond {MAX_EXPONENT}")

    def error(self, node: ast.AST, problem: str) -> ParseError:
        first = min(int(leaf.id[1:]) for leaf in ast.walk(node) if isinstance(leaf, ast.Name))
        return _error(self.text, self.tokens[first].place, problem)


def _tokens(text: str) -> list[_Token]:
    """Split into tokens that are known to be an expression, so that parsing cannot fail."""
    if len(text) > MAX_LENGTH:
        raise _error(text, 0, f"{len(text)} characters are more than {MAX_LENGTH}")
    tokens: list[_Token] = []
    wanted, kinds = _OPERAND
    depth = 0
    for match in chain(_TOKEN.finditer(text), _END.finditer(text)):
        kind, found, place = str(match.lastgroup), match[0], match.start()
        if kind == "space":
            continue
        if kind == "name" and found in FUNCTIONS:
            kind = "function"
        depth += (kind == "open") - (kind == "close")
        if kind not in kinds:
            raise _error(text, place, f"{wanted} is wanted, not {short(repr(found or 'the end'))}")
        if kind == "name" and found.lower() in _NO_NAMES:
            raise _error(text, place, f"{found!r} is neither a finite number nor a name")
        if depth > MAX_DEPTH:
            raise _error(text, place, f"brackets are nested more than {MAX_DEPTH} deep")
        if depth < 0 or (kind == "end" and depth):
            raise _error(text, place, "a bracket is not " + ("closed" if depth > 0 else "opened"))
        if len(tokens) == MAX_TOKENS:
            raise _error(text, place, f"more than {MAX_TOKENS} numbers, names and operators")
        tokens.append(_Token(kind, "**" if found == "^" else found, place))
        wanted, kinds = _NEXT.get(kind, _OPERAND)
    return tokens


def decimal(text: str) -> Rational:
    """Return the exact value of a decimal number of bounded size."""
    exponent = text.lower().partition("e")[2]
    if len(text) > MAX_DIGITS or abs(int(exponent or 0)) > MAX_EXPONENT:
        raise ParseError(
            f"the number {short(text)} is too long: at most {MAX_DIGITS} characters, its "
            f"exponent at most {MAX_EXPONENT}"
        )
    return Rational(*Fraction(text).as_integer_ratio())


def _error(text: str, place: int, problem: str) -> ParseError:
    start, end = max(place - 30, 0), place + 30
    shown = ("..." if start else "") + text[start:end] + ("..." if end < len(text) else "")
    return ParseError(f"{problem}, at character {place + 1} of {shown!r}")


def short(text: str) -> str:
    """Return text as short as a message wants it."""
    return text if len(text) <= 60 else f"{text[:57]}..."
