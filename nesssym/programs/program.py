"""Straight-line programs: SymPy expressions with shared steps become a list of operations."""

from __future__ import annotations

import operator
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from typing import Any, TypeAlias

from sympy import Add, Basic, CRootOf, Expr, Integer, Mul, Pow, Rational, Symbol, Tuple, exp, oo, pi

from nesssym.errors import NessError
from nesssym.functions import logratio, netflux
from nesssym.roots import isolated
from nesssym.special import BOUND, SPECIAL

__all__ = [
    "FUNCTIONS",
    "ONE",
    "Builder",
    "Instruction",
    "Program",
    "free_symbols",
    "lower",
    "needed_steps",
    "products",
]

FUNCTIONS = ("sqrt", "exp", "log", "expm1", "log1p", "sinh", "cosh", "tanh", "asinh", "sin", "cos")
COMMUTATIVE = ("add", "mul")
FOLDED: Mapping[str, Callable[..., Fraction]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
}


Value: TypeAlias = "Fraction | str | int | tuple[int, ...] | Program | None"


@dataclass(frozen=True)
class Instruction:
    """One operation on earlier values.

    Attributes
    ----------
    op : str
        ``argument``, ``constant``, ``add``, ``sub``, ``mul``, ``div``, ``neg``, ``pow``, the name
        of an elementary or special function, ``logratio`` (of f, b and d = f - b), ``difference``
        (of products with as many factors as `value` says, added and subtracted in turn), or
        ``integral``, ``root`` and ``evolved`` of the program `value`, whose arguments are the
        variable and what stands in `args` after the two bounds.
    args : tuple of int
        Positions of the operands in the program.
    value : Fraction, str, int, tuple of int or Program, optional
        A constant (``"pi"`` or an exact number), the numbers of factors of a ``difference``, of
        upper parameters of a ``hyper``, or the program within an ``integral`` or ``root``.
    """

    op: str
    args: tuple[int, ...] = ()
    value: Value = None


ONE = Instruction("constant", value=Fraction(1))


def products(instruction: Instruction, operands: Sequence[Any]) -> list[Sequence[Any]]:
    """Part the factors of the products of a ``difference``."""
    rest = iter(operands)
    counts = instruction.value if isinstance(instruction.value, tuple) else ()
    return [list(islice(rest, n)) for n in counts]


@dataclass(frozen=True)
class Program:
    """A straight-line program in single-assignment form, all constants exact.

    Attributes
    ----------
    arguments : tuple of str
        Names of the inputs; the first instructions are these.
    instructions : tuple of Instruction
        Each uses only earlier ones.
    outputs : tuple of int
        Positions of the results.
    names : tuple of (int, str)
        Positions that were shared steps, and what they were called.
    """

    arguments: tuple[str, ...]
    instructions: tuple[Instruction, ...]
    outputs: tuple[int, ...]
    names: tuple[tuple[int, str], ...] = ()

    def needed(self) -> list[int]:
        """List the arguments and what the outputs need, each value just before its first use."""
        order = list(range(len(self.arguments)))
        seen = set(order)
        stack = [(output, False) for output in reversed(self.outputs)]
        while stack:
            position, ready = stack.pop()
            if position in seen:
                continue
            if ready:
                seen.add(position)
                order.append(position)
            else:
                stack.append((position, True))
                stack += ((a, False) for a in reversed(self.instructions[position].args))
        return order

    def ordered(self, order: Sequence[int]) -> Program:
        """Keep only the instructions listed, in that order."""
        at = {old: new for new, old in enumerate(order)}
        return Program(
            self.arguments,
            tuple(
                Instruction(i.op, tuple(at[a] for a in i.args), i.value)
                for i in (self.instructions[old] for old in order)
            ),
            tuple(at[i] for i in self.outputs),
            tuple((at[i], name) for i, name in self.names if i in at),
        )


def lower(
    exprs: Iterable[Expr], steps: Iterable[tuple[Symbol, Expr]], symbols: Iterable[Symbol]
) -> Program:
    """Turn expressions over shared steps into a straight-line program.

    Equal subexpressions are computed once. ``exp(x) - 1`` becomes ``expm1(x)`` and
    ``log(1 + x)`` becomes ``log1p(x)``, so that digits are kept; products with negative powers
    become one division.

    Parameters
    ----------
    exprs : iterable of Expr
        The results, in order.
    steps : iterable of (Symbol, Expr)
        Shared steps, each over `symbols` and earlier steps.
    symbols : iterable of Symbol
        The arguments, in order.

    Raises
    ------
    NessError
        A function or constant that kernels do not know, or a symbol that is no argument.

    Examples
    --------
    >>> from sympy import exp, symbols
    >>> a, x = symbols("a x", positive=True)
    >>> [i.op for i in lower([a * (exp(x) - 1)], [], [a, x]).instructions]
    ['argument', 'argument', 'expm1', 'mul']
    """
    symbols = tuple(symbols)
    build = Builder()
    known: dict[Expr, int] = {s: build("argument", value=i) for i, s in enumerate(symbols)}
    names: dict[int, str] = {}
    for symbol, expr in steps:
        known[symbol] = _lowered(expr, known, build)
        if known[symbol] >= len(symbols):
            names.setdefault(known[symbol], symbol.name)
    outputs = tuple(_lowered(expr, known, build) for expr in exprs)
    program = Program(
        tuple(s.name for s in symbols), tuple(build.instructions), outputs, tuple(names.items())
    )
    return program.ordered(sorted(program.needed()))


class Builder:
    """Appends instructions, each only once; computes with constants, and keeps digits."""

    def __init__(self) -> None:
        self.instructions: list[Instruction] = []
        self._seen: dict[Instruction, int] = {}

    def __call__(self, op: str, *args: int, value: Value = None) -> int:
        """Return the position of an operation on values that stand at positions `args`."""
        folded = self._folded(op, [self.instructions[a].value for a in args])
        if folded is not None:
            return self("constant", value=folded)
        if op in ("sub", "log"):
            kept = self._keeping_digits(op, args)
            if kept is not None:
                return kept
        if op in COMMUTATIVE:
            key = Instruction(op, tuple(sorted(args)), value)
        else:
            key = Instruction(op, args, value)
        if key not in self._seen:
            self._seen[key] = len(self.instructions)
            self.instructions.append(Instruction(op, args, value))
        return self._seen[key]

    @staticmethod
    def _folded(op: str, values: Sequence[Value]) -> Fraction | None:
        """Compute with constants exactly; Python would make 1/3 a float."""
        exact = [value for value in values if isinstance(value, Fraction)]
        if op not in FOLDED or len(exact) < len(values) or (op == "div" and exact[1] == 0):
            return None
        return FOLDED[op](*exact)

    def _keeping_digits(self, op: str, args: tuple[int, ...]) -> int | None:
        """Build exp(x) - 1 and log(1 + x) as expm1 and log1p, also across steps."""
        first, second = (self.instructions[a] for a in (args[0], args[-1]))
        if op == "sub":
            if first.op == "exp" and second == ONE:
                return self("expm1", *first.args)
            if second.op == "exp" and first == ONE:
                return self("neg", self("expm1", *second.args))
        elif first.op in ("add", "sub"):
            left, right = first.args
            if first.op == "add" and self.instructions[right] == ONE:
                return self("log1p", left)
            if first.op == "sub" and self.instructions[left] == ONE:
                return self("log1p", self("neg", right))
        return None


_Walk = Generator[Expr, int, int]


def _lowered(root: Expr, known: dict[Expr, int], build: Builder) -> int:
    """Lower one expression; generators stand in for recursion, so depth does not matter."""
    if root in known:
        return known[root]
    stack: list[tuple[Expr, _Walk]] = [(root, _visit(root, build))]
    value: Any = None
    while stack:
        expr, walk = stack[-1]
        try:
            wanted = walk.send(value)
        except StopIteration as stop:
            value = known[expr] = stop.value
            stack.pop()
            continue
        value = known.get(wanted)
        if value is None:
            stack.append((wanted, _visit(wanted, build)))
    return known[root]


def _visit(expr: Expr, build: Builder) -> _Walk:
    """Build one node; yields the operands it wants lowered and is sent their positions."""
    if expr.is_Rational or expr.is_Float:
        exact = Rational(expr)
        return build("constant", value=Fraction(int(exact.p), int(exact.q)))
    if expr is pi:
        return build("constant", value="pi")
    if expr.is_Symbol:
        raise NessError(f"{expr} is neither an argument nor a step before the place it is used")
    if expr.is_Add:
        return (yield from _visit_sum(expr, build))
    if expr.is_Mul:
        return (yield from _visit_product(expr, build))
    if expr.is_Pow:
        if expr.exp.is_Rational and expr.exp < 0:
            one = build("constant", value=Fraction(1))
            return build("div", one, (yield from _power(expr.base, -expr.exp, build)))
        return (yield from _power(expr.base, expr.exp, build))
    if expr.func is logratio:
        f, b, d = expr.args
        return build("logratio", (yield f), (yield b), (yield d))
    if expr.func is netflux:
        return (yield from _visit_netflux(expr, build))
    if isinstance(expr, CRootOf) and expr.is_real:
        return (yield isolated(expr))
    if type(expr) in BOUND:
        return (yield from _visit_bound(expr, build))
    name = "exp" if expr is exp(1) else expr.func.__name__
    if name in FUNCTIONS:
        return build(name, (yield (Integer(1) if expr is exp(1) else expr.args[0])))
    if name in SPECIAL:
        args: list[int] = []
        for arg in expr.args:
            for part in arg if isinstance(arg, Tuple) else (arg,):
                args.append((yield part))
        return build(name, *args, value=len(expr.args[0]) if name == "hyper" else None)
    known = ", ".join((*FUNCTIONS, *SPECIAL))
    raise NessError(f"kernels do not know {name}; they know {known} and powers")


def _visit_bound(expr: Expr, build: Builder) -> _Walk:
    """Build an integral or a root: its bounds, what its inside takes from outside, its inside."""
    *nested, outer = expr.limits
    if len(outer) != 3:
        raise NessError(f"kernels know definite integrals only, not {expr}")
    variable, low, high = outer
    function = expr.func(expr.function, *nested) if nested else expr.function
    taken = sorted(function.free_symbols - {variable}, key=lambda s: s.name)
    inside = lower(function if isinstance(function, Tuple) else [function], (), (variable, *taken))
    args = [(yield low), build("constant", value="inf") if high is oo else (yield high)]
    for symbol in taken:
        args.append((yield symbol))
    return build(BOUND[type(expr)], *args, value=inside)


def _visit_sum(expr: Expr, build: Builder) -> _Walk:
    """Build the positive terms less the negative ones; a number comes last, as in log(x + 1)."""
    plus: list[int] = []
    minus: list[int] = []
    for factor, exponent in sorted(_without_expm1(expr.args), key=lambda t: t[0].is_Number):
        negative = bool(factor.as_coeff_Mul()[0] < 0)
        factor = -factor if negative else factor
        if exponent is None:
            value = yield factor
        else:
            value = build("expm1", (yield exponent))
            value = value if factor == 1 else build("mul", (yield factor), value)
        (minus if negative else plus).append(value)
    return _signed_total(plus, minus, build)


def _visit_netflux(expr: Expr, build: Builder) -> _Walk:
    """Build the difference of products from all their factors, and add the correction."""
    sides: list[list[int]] = []
    for product in (*expr.args[:2], *expr.args[3:]):
        sides.append([])
        for factor in Mul.make_args(product):
            base, power = factor.as_base_exp()
            whole = power.is_Integer and 0 < power <= 8
            value = yield (base if whole else factor)
            sides[-1] += [value] * (int(power) if whole else 1)
    value = build("difference", *chain(*sides), value=tuple(map(len, sides)))
    if expr.args[2] == 0:
        return value
    return build("add", value, (yield expr.args[2]))


def _signed_total(plus: list[int], minus: list[int], build: Builder) -> int:
    if not minus:
        return _total(plus, build)
    if not plus:
        return build("neg", _total(minus, build))
    return build("sub", _total(plus, build), _total(minus, build))


def _without_expm1(terms: Sequence[Expr]) -> list[tuple[Expr, Expr | None]]:
    """Pair c*exp(x) with -c as (c, x); every other term t is (t, None)."""
    left = dict.fromkeys(terms)
    pairs: list[tuple[Expr, Expr | None]] = []
    for term in terms:
        for factor in Mul.make_args(term):
            if factor.func is exp and term in left:
                rest = Mul(*(f for f in Mul.make_args(term) if f is not factor))
                if -rest in left:
                    del left[term], left[-rest]
                    pairs.append((rest, factor.args[0]))
    return [*((term, None) for term in left), *pairs]


def _visit_product(expr: Expr, build: Builder) -> _Walk:
    coefficient, rest = expr.as_coeff_Mul()
    if not coefficient.is_Rational:
        coefficient = Rational(coefficient)
    above: list[int] = []
    below: list[int] = []
    for factor in Mul.make_args(rest):
        if factor.is_Pow and factor.exp.is_Rational and factor.exp < 0:
            below.append((yield from _power(factor.base, -factor.exp, build)))
        else:
            above.append((yield factor))
    if (top := abs(int(coefficient.p))) != 1 or not above:
        above.insert(0, build("constant", value=Fraction(top)))
    if (bottom := int(coefficient.q)) != 1:
        below.insert(0, build("constant", value=Fraction(bottom)))
    value = _chain("mul", above, build)
    if below:
        value = build("div", value, _chain("mul", below, build))
    return build("neg", value) if coefficient < 0 else value


def _power(base: Expr, exponent: Expr, build: Builder) -> _Walk:
    value = yield base
    if not (exponent.is_Rational and exponent.q in (1, 2) and exponent.p <= 64):
        return build("pow", value, (yield exponent))
    if exponent.q == 2:
        value = build("sqrt", value)
    factors: list[int] = []
    for bit in reversed(f"{int(exponent.p):b}"):
        if bit == "1":
            factors.append(value)
        value = build("mul", value, value)
    return _chain("mul", factors, build)


def _chain(op: str, values: Sequence[int], build: Builder) -> int:
    result = values[0]
    for value in values[1:]:
        result = build(op, result, value)
    return result


def _total(values: Sequence[int], build: Builder) -> int:
    """Add up, pairwise above eight terms, which keeps rounding small in long sums."""
    if len(values) <= 8:
        return _chain("add", values, build)
    half = len(values) // 2
    return build("add", _total(values[:half], build), _total(values[half:], build))


def needed_steps(
    exprs: Sequence[Expr], steps: Sequence[tuple[Symbol, Expr]]
) -> tuple[tuple[Symbol, Expr], ...]:
    """Return the steps that expressions need, in order."""
    needed = free_symbols(exprs)
    found: list[tuple[Symbol, Expr]] = []
    for symbol, expr in reversed(steps):
        if symbol in needed:
            needed |= free_symbols([expr])
            found.append((symbol, expr))
    return tuple(reversed(found))


def free_symbols(exprs: Iterable[Expr]) -> set[Symbol]:
    """Return the free symbols of expressions: as SymPy does, but quick for very long sums."""
    found: dict[int, Symbol] = {}
    seen: dict[int, Basic] = {}
    stack: list[Basic] = list(exprs)
    bound: set[Symbol] = set()
    while stack:
        node = stack.pop()
        if node.is_Symbol:
            found[id(node)] = node
        elif node.args and id(node) not in seen:
            seen[id(node)] = node
            if isinstance(node, Add | Mul | Pow):
                stack.extend(node.args)
            else:
                bound |= node.free_symbols
    return bound | set(found.values())
