"""Straight-line programs: SymPy expressions with shared steps become a list of operations."""

from __future__ import annotations

import keyword
import operator
import re
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count
from typing import Any

from sympy import Expr, Integer, Mul, Rational, Symbol, exp, pi

from nesssym.errors import NessError, UnknownNameError
from nesssym.functions import logratio

__all__ = [
    "LANGUAGES",
    "Instruction",
    "Program",
    "floating",
    "lower",
    "numpy_source",
    "python_source",
    "source",
]

FUNCTIONS = ("sqrt", "exp", "log", "expm1", "log1p", "sinh", "cosh", "tanh", "asinh")
COMMUTATIVE = ("add", "mul")
LARGEST_EXACT = 2**53


@dataclass(frozen=True)
class Instruction:
    """One operation on earlier values.

    Attributes
    ----------
    op : str
        ``argument``, ``constant``, ``add``, ``sub``, ``mul``, ``div``, ``neg``, ``pow``, the name
        of an elementary function, ``logratio`` (of f, b and d = f - b), or ``difference``: the
        product of the first `value` arguments less the product of the others.
    args : tuple of int
        Positions of the operands in the program.
    value : Fraction, str or int, optional
        A constant (``"pi"`` or an exact number), or the number of factors of a ``difference``.
    """

    op: str
    args: tuple[int, ...] = ()
    value: Fraction | str | int | None = None


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
    build = _Builder()
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
    return _ordered(program, sorted(_needed(program)))


def floating(program: Program) -> Program:
    """Return the program with what floating-point numbers need, equal in exact arithmetic.

    The logarithm of a ratio is taken through its difference, 2 arsinh(d / (2 sqrt(f b))); the
    difference of two products of arguments becomes one ``difference``, which kernels compute
    from error-free products (T. J. Dekker, Numer. Math. 18, 224 (1971),
    doi:10.1007/BF01397083); a denominator that is used twice is inverted once; every value is
    computed just before its first use, while what it needs is still in the cache.
    """
    build = _Builder()
    one, two = Fraction(1), Fraction(2)
    divisors = Counter(i.args[1] for i in program.instructions if i.op == "div")
    monomials: list[_Monomial | None] = []
    at: list[int] = []

    def fixed(position: int) -> bool:
        return build.instructions[position].op == "constant"

    for position, instruction in enumerate(program.instructions):
        op, args = instruction.op, tuple(at[a] for a in instruction.args)
        monomials.append(_monomial(position, instruction, monomials))
        exact = _exact_difference(instruction, monomials)
        if exact is not None:
            first, second, scale = exact
            factors = [
                build("constant", value=f) if isinstance(f, Fraction) else at[f]
                for f in (*first, *second)
            ]
            new = build("difference", *factors, value=len(first))
            if scale != 1:
                new = build("div", new, build("constant", value=scale))
        elif op == "logratio":
            f, b, d = args
            double = build("constant", value=two)
            mean = build("mul", build("sqrt", f), build("sqrt", b))
            new = build("asinh", build("div", d, build("mul", double, mean)))
            new = build("mul", double, new)
        elif op == "div" and divisors[instruction.args[1]] > 1 and not fixed(args[1]):
            inverse = build("div", build("constant", value=one), args[1])
            top = program.instructions[instruction.args[0]]
            new = inverse if top == ONE else build("mul", args[0], inverse)
        else:
            new = build(op, *args, value=instruction.value)
        at.append(new)
    outputs = tuple(at[i] for i in program.outputs)
    names = tuple((at[i], name) for i, name in program.names)
    improved = Program(program.arguments, tuple(build.instructions), outputs, names)
    return _ordered(improved, _needed(improved))


def python_source(program: Program, name: str = "kernel") -> str:
    """Return a plain Python function that runs on any type of number.

    Whole numbers are written as integers, so that exact types stay exact. The names of elementary
    functions, and ``rational(p, q)`` where a fraction stands alone, are left to whoever runs it.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b, s = symbols("a b s", positive=True)
    >>> print(python_source(lower([a / s, b / s], [(s, a + b)], [a, b])))
    def kernel(a, b):
        s = a + b
        return (a/s, b/s)
    <BLANKLINE>
    """
    lines, results, locals_ = _rendered(program, LANGUAGES["python"], "")
    body = [f"    {line}\n" for line in lines]
    tail = "," if len(results) == 1 else ""
    head = f"def {name}({', '.join(locals_)}):\n"
    return f"{head}{''.join(body)}    return ({', '.join(results)}{tail})\n"


def numpy_source(program: Program, name: str = "kernel") -> str:
    """Return Python source that runs the program on blocks, in buffers given to it.

    The function takes the arguments, the rows the results go to and ``BUFFERS`` work arrays;
    every operation is one NumPy ufunc with its output, nothing is allocated.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b", positive=True)
    >>> print(numpy_source(lower([a / (a + b)], [], [a, b])))
    BUFFERS = 1
    <BLANKLINE>
    <BLANKLINE>
    def kernel(arguments, results, buffers):
        a, b = arguments
        r1, = results
        t1, = buffers
        add(a, b, t1)
        divide(a, t1, r1)
    <BLANKLINE>
    """
    place, buffers, copies = _allocated(program)
    lines = [
        f"{', '.join(names)}{',' if len(names) == 1 else ''} = {source_}"
        for names, source_ in (
            (place[: len(program.arguments)], "arguments"),
            ([f"r{i + 1}" for i in range(len(program.outputs))], "results"),
            ([f"t{i + 1}" for i in range(buffers)], "buffers"),
        )
        if names
    ]
    for here, instruction in zip(place, program.instructions, strict=True):
        operands = [place[a] for a in instruction.args]
        if instruction.op == "difference":
            split = int(instruction.value)  # type: ignore[arg-type]
            first, second = (", ".join(part) for part in (operands[:split], operands[split:]))
            lines.append(f"difference(({first},), ({second},), {here})")
        elif instruction.op not in ("argument", "constant"):
            lines.append(f"{UFUNCS[instruction.op]}({', '.join((*operands, here))})")
    lines += [f"copyto({target}, {value})" for target, value in copies]
    body = "".join(f"    {line}\n" for line in lines)
    return f"BUFFERS = {buffers}\n\n\ndef {name}(arguments, results, buffers):\n{body}"


def source(
    language: str,
    name: str,
    labels: Iterable[str],
    exprs: Iterable[Expr],
    steps: Iterable[tuple[Symbol, Expr]],
    symbols: Iterable[Symbol],
) -> str:
    """Return source text of a function of the symbols, in order, giving the results in order.

    Parameters
    ----------
    language : str
        ``"python"``, ``"c"``, ``"fortran"``, ``"julia"`` or ``"mathematica"``.
    name : str
        The name of the function.
    labels, exprs, steps, symbols
        The parts of a `Formulas`.

    Raises
    ------
    UnknownNameError
        An unknown language; the message lists the known ones.
    NessError
        A name that is no identifier.
    """
    if language not in LANGUAGES:
        raise UnknownNameError.of("language", language, LANGUAGES)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or _reserved(name):
        raise NessError(f"{name!r} can't be the name of a function; use letters, digits and _")
    program = lower(exprs, steps, symbols)
    dialect = LANGUAGES[language]
    program = floating(program) if dialect.floats else program
    lines, results, locals_ = _rendered(program, dialect, name)
    return dialect.wrap(_Text(name, program, tuple(labels), locals_, lines, results))


ONE = Instruction("constant", value=Fraction(1))
FOLDED: Mapping[str, Callable[..., Fraction]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
}


class _Builder:
    """Appends instructions, each only once."""

    def __init__(self) -> None:
        self.instructions: list[Instruction] = []
        self._seen: dict[Instruction, int] = {}

    def __call__(self, op: str, *args: int, value: Fraction | str | int | None = None) -> int:
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
    def _folded(op: str, values: Sequence[Fraction | str | int | None]) -> Fraction | None:
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


def _needed(program: Program) -> list[int]:
    """List the arguments and what the outputs need, each value just before its first use."""
    order = list(range(len(program.arguments)))
    seen = set(order)
    stack = [(output, False) for output in reversed(program.outputs)]
    while stack:
        position, ready = stack.pop()
        if position in seen:
            continue
        if ready:
            seen.add(position)
            order.append(position)
        else:
            stack.append((position, True))
            stack += ((a, False) for a in reversed(program.instructions[position].args))
    return order


def _ordered(program: Program, order: Sequence[int]) -> Program:
    """Keep only the instructions listed, in that order."""
    at = {old: new for new, old in enumerate(order)}
    return Program(
        program.arguments,
        tuple(
            Instruction(i.op, tuple(at[a] for a in i.args), i.value)
            for i in (program.instructions[old] for old in order)
        ),
        tuple(at[i] for i in program.outputs),
        tuple((at[i], name) for i, name in program.names if i in at),
    )


_Walk = Generator[Expr, int, int]


def _lowered(root: Expr, known: dict[Expr, int], build: _Builder) -> int:
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


def _visit(expr: Expr, build: _Builder) -> _Walk:
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
    name = "exp" if expr is exp(1) else expr.func.__name__
    if name in FUNCTIONS:
        return build(name, (yield (Integer(1) if expr is exp(1) else expr.args[0])))
    raise NessError(f"kernels do not know {name}; they know {', '.join(FUNCTIONS)} and powers")


def _visit_sum(expr: Expr, build: _Builder) -> _Walk:
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


def _signed_total(plus: list[int], minus: list[int], build: _Builder) -> int:
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


def _visit_product(expr: Expr, build: _Builder) -> _Walk:
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


def _power(base: Expr, exponent: Expr, build: _Builder) -> _Walk:
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


def _chain(op: str, values: Sequence[int], build: _Builder) -> int:
    result = values[0]
    for value in values[1:]:
        result = build(op, result, value)
    return result


def _total(values: Sequence[int], build: _Builder) -> int:
    """Add up, pairwise above eight terms, which keeps rounding small in long sums."""
    if len(values) <= 8:
        return _chain("add", values, build)
    half = len(values) // 2
    return build("add", _total(values[:half], build), _total(values[half:], build))


@dataclass(frozen=True)
class _Monomial:
    coefficient: Fraction
    factors: tuple[int, ...]


def _monomial(
    position: int, instruction: Instruction, known: Sequence[_Monomial | None]
) -> _Monomial | None:
    """Read an instruction as a positive rational times arguments, if it is that."""
    if instruction.op == "argument":
        return _Monomial(Fraction(1), (position,))
    if instruction.op == "constant":
        value = instruction.value
        return _Monomial(value, ()) if isinstance(value, Fraction) and value > 0 else None
    if instruction.op not in ("mul", "div"):
        return None
    first, second = (known[a] for a in instruction.args)
    if first is None or second is None:
        return None
    if instruction.op == "mul":
        return _Monomial(first.coefficient * second.coefficient, (*first.factors, *second.factors))
    if second.factors:
        return None
    return _Monomial(first.coefficient / second.coefficient, first.factors)


_Factors = tuple[Fraction | int, ...]


def _exact_difference(
    instruction: Instruction, monomials: Sequence[_Monomial | None]
) -> tuple[_Factors, _Factors, Fraction] | None:
    """Return (A, B, c) where the instruction is (A - B)/c and rounding the products matters."""
    if instruction.op != "sub":
        return None
    first, second = (monomials[a] for a in instruction.args)
    if first is None or second is None:
        return None
    scale = Fraction(first.coefficient.denominator * second.coefficient.denominator)
    sides: list[_Factors] = []
    for monomial in (first, second):
        coefficient = monomial.coefficient * scale
        if coefficient.numerator > LARGEST_EXACT:
            return None
        own: _Factors = () if coefficient == 1 and monomial.factors else (coefficient,)
        sides.append((*own, *monomial.factors))
    if max(map(len, sides)) < 2:
        return None
    return sides[0], sides[1], scale


UFUNCS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "div": "divide",
    "neg": "negative",
    "pow": "power",
    "asinh": "arcsinh",
    **{name: name for name in FUNCTIONS if name != "asinh"},
}


def _allocated(program: Program) -> tuple[list[str], int, list[tuple[str, str]]]:
    """Give every value a place: argument, literal, result row or a buffer free by then."""
    last: dict[int, int] = {}
    for position, instruction in enumerate(program.instructions):
        last.update(dict.fromkeys(instruction.args, position))
    rows: dict[int, str] = {}
    copies: list[tuple[int, str]] = []
    for number, position in enumerate(program.outputs, 1):
        op = program.instructions[position].op
        if position in rows or op in ("argument", "constant"):
            copies.append((position, f"r{number}"))
        else:
            rows[position] = f"r{number}"
    numbers = count(1)
    place: list[str] = []
    free: list[str] = []
    for position, instruction in enumerate(program.instructions):
        if instruction.op == "argument":
            place.append("")
            continue
        if instruction.op == "constant":
            value = instruction.value
            place.append(_float_literal(value) if isinstance(value, Fraction) else "pi")
            continue
        for operand in dict.fromkeys(instruction.args):
            here = place[operand]
            if last[operand] == position and here.startswith("t") and operand not in rows:
                free.append(here)
        if position in rows:
            place.append(rows[position])
        else:
            place.append(free.pop() if free else f"t{next(numbers)}")
    taken = {*place, *rows.values(), *UFUNCS.values(), "arguments", "results", "buffers"}
    place[: len(program.arguments)] = _safe(program.arguments, taken)
    return place, next(numbers) - 1, [(row, place[p]) for p, row in copies]


def _reserved(name: str) -> bool:
    return keyword.iskeyword(name) or name.casefold() in WORDS or name in MATHEMATICA_WORDS


def _safe(
    names: Iterable[str], taken: Iterable[str] = (), pattern: str = "[A-Za-z][A-Za-z0-9_]{,59}"
) -> list[str]:
    """Return local names: the given ones where every language takes them, else v1, v2, ..."""
    used = {name.casefold() for name in taken}
    numbers = count(1)
    safe: list[str] = []
    for name in names:
        local = name
        plain = re.fullmatch(pattern, name) is not None
        if not plain or _reserved(name) or name.casefold() in used:
            while (local := f"v{next(numbers)}") in used:
                pass
        used.add(local.casefold())
        safe.append(local)
    return safe


@dataclass(frozen=True)
class _Text:
    """What a language's frame needs to write a function."""

    name: str
    program: Program
    labels: tuple[str, ...]
    arguments: list[str]
    lines: list[str]
    results: list[str]

    def header(self, mark: str) -> str:
        """List results and renamed arguments as comment lines."""
        shown = [f"{mark} {self.name}: generated by nesssym"]
        pairs = zip(self.arguments, self.program.arguments, strict=True)
        shown += [
            f"{mark}   {local} is {_one_line(name)}" for local, name in pairs if local != name
        ]
        shown += [
            f"{mark}   result {i}: {_one_line(label)}" for i, label in enumerate(self.labels, 1)
        ]
        return "".join(f"{line}\n" for line in shown)


def _one_line(text: str) -> str:
    """Make text safe inside a comment of any language."""
    return text.encode("unicode_escape").decode("ascii").replace("*)", "* )")[:100]


@dataclass(frozen=True)
class Dialect:
    """How a language writes numbers, functions and assignments."""

    wrap: Callable[[_Text], str]
    literal: Callable[[Fraction], str]
    floats: bool = True
    assign: str = "{} = {}"
    call: str = "{}({})"
    power: str = "{}**{}"
    pattern: str = "[A-Za-z][A-Za-z0-9_]{,59}"
    names: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)


def _rendered(
    program: Program, dialect: Dialect, name: str
) -> tuple[list[str], list[str], list[str]]:
    """Return assignments, result expressions and argument names; single uses are inlined."""
    uses = Counter(a for i in program.instructions for a in i.args)
    uses.update(program.outputs)
    wanted = dict(program.names)
    steps = [p for p, i in enumerate(program.instructions) if p in wanted and _stored(i)]
    taken = {name, *FUNCTIONS, *dialect.names.values()}
    given = _safe([*program.arguments, *(wanted[p] for p in steps)], taken, dialect.pattern)
    locals_ = given[: len(program.arguments)]
    named = dict(zip(steps, given[len(locals_) :], strict=True))
    used = {n.casefold() for n in (*taken, *given)}
    numbers = count(1)
    lines: list[str] = []
    text: list[tuple[str, int]] = []
    for position, instruction in enumerate(program.instructions):
        if instruction.op == "argument":
            text.append((locals_[position], ATOM))
            continue
        written, rank = _written(instruction, text, dialect)
        if _stored(instruction) and (position in named or uses[position] > 1 or len(written) > 60):
            local = named.get(position)
            if local is None:
                local = next(n for n in (f"t{i}" for i in numbers) if n not in used)
            lines.append(dialect.assign.format(local, written))
            written, rank = local, ATOM
        text.append((written, rank))
    return lines, [text[p][0] for p in program.outputs], locals_


def _stored(instruction: Instruction) -> bool:
    return instruction.op not in ("argument", "constant")


SUM, PRODUCT, SIGN, POWER, ATOM = range(5)
INFIX = {"add": (" + ", SUM), "sub": (" - ", SUM), "mul": ("*", PRODUCT), "div": ("/", PRODUCT)}


def _written(
    instruction: Instruction, text: Sequence[tuple[str, int]], dialect: Dialect
) -> tuple[str, int]:
    """Write one instruction over the texts of its operands; also how tightly it binds."""
    op, operands = instruction.op, [text[a] for a in instruction.args]
    if op == "constant":
        if isinstance(instruction.value, Fraction):
            return dialect.literal(instruction.value), ATOM if instruction.value >= 0 else SUM
        return dialect.names.get("pi", "pi"), ATOM
    if op in INFIX:
        sign, rank = INFIX[op]
        left = _bracketed(operands[0], rank)
        return left + sign + _bracketed(operands[1], rank + (op in ("sub", "div"))), rank
    if op == "neg":
        return "-" + _bracketed(operands[0], SIGN), SUM
    if op == "pow":
        base, exponent = _bracketed(operands[0], ATOM), _bracketed(operands[1], ATOM)
        return dialect.power.format(base, exponent), POWER
    if op == "difference":
        split = int(instruction.value)  # type: ignore[arg-type]
        parts = (operands[:split], operands[split:])
        if not dialect.floats:
            first, second = (", ".join(o for o, _ in part) for part in parts)
            return f"difference(({first},), ({second},))", ATOM
        first, second = ("*".join(_bracketed(o, PRODUCT) for o in part) for part in parts)
        return f"{first} - {second}", SUM
    if op == "logratio":
        ratio = f"{_bracketed(operands[0], PRODUCT)}/{_bracketed(operands[1], SIGN)}"
        return dialect.call.format(dialect.names.get("log", "log"), ratio), ATOM
    arguments = ", ".join(o for o, _ in operands)
    if op in dialect.templates:
        return dialect.templates[op].format(_bracketed(operands[0], ATOM)), ATOM
    return dialect.call.format(dialect.names.get(op, op), arguments), ATOM


def _bracketed(operand: tuple[str, int], rank: int) -> str:
    written, own = operand
    return written if own >= rank else f"({written})"


def _exact_literal(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return f"rational({value.numerator}, {value.denominator})"


def _log2(value: Fraction) -> int:
    return value.numerator.bit_length() - value.denominator.bit_length()


def _float_literal(value: Fraction) -> str:
    try:
        number = float(value)
    except OverflowError:
        number = 0.0
    if value and abs(number) < sys.float_info.min:
        raise NessError(
            f"a constant near 2**{_log2(value)} is beyond float64; use "
            "backend='mpmath', or other units"
        )
    return repr(number)


def _fortran_literal(value: Fraction) -> str:
    mantissa, _, exponent = _float_literal(value).partition("e")
    return f"{mantissa}d{exponent or 0}"


def _mathematica_literal(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"({value})"


def _python(text: _Text) -> str:
    body = "\n".join(text.lines + text.results)
    functions = [f for f in FUNCTIONS if re.search(rf"\b{f}\(", body)]
    if re.search(r"\bpi\b", body):
        functions.append("pi")
    head = text.header("#")
    if functions:
        head += f"from math import {', '.join(functions)}\n"
    if "rational(" in body:
        head += "from fractions import Fraction as rational\n"
    lines = "".join(f"    {line}\n" for line in text.lines)
    tail = "," if len(text.results) == 1 else ""
    results = f"    return ({', '.join(text.results)}{tail})\n"
    return f"{head}\n\ndef {text.name}({', '.join(text.arguments)}):\n{lines}{results}"


def _c(text: _Text) -> str:
    arguments = ", ".join(f"double {a}" for a in text.arguments)
    lines = [f"const double {line};" for line in text.lines]
    lines += [f"results[{i}] = {result};" for i, result in enumerate(text.results)]
    body = "".join(f"    {line}\n" for line in lines)
    comma = ", " if arguments else ""
    return (
        f"{text.header('//')}#include <math.h>\n\n"
        f"void {text.name}({arguments}{comma}double *results)\n{{\n{body}}}\n"
    )


def _julia(text: _Text) -> str:
    lines = [*text.lines, f"return ({', '.join(text.results)},)"]
    body = "".join(f"    {line}\n" for line in lines)
    return f"{text.header('#')}function {text.name}({', '.join(text.arguments)})\n{body}end\n"


def _fortran(text: _Text) -> str:
    declared = [line.partition(" = ")[0] for line in text.lines]
    lines = [f"real(8), intent(in) :: {a}" for a in text.arguments]
    lines += [f"real(8), intent(out) :: results({len(text.results)})"]
    lines += [f"real(8) :: {local}" for local in declared]
    lines += text.lines
    lines += [f"results({i}) = {result}" for i, result in enumerate(text.results, 1)]
    body = "".join(f"    {line}\n" for line in map(_continued, ["implicit none", *lines]))
    head = _continued(f"subroutine {text.name}({', '.join((*text.arguments, 'results'))})")
    return f"{text.header('!')}{head}\n{body}end subroutine {text.name}\n"


def _continued(line: str) -> str:
    """Break a Fortran line, which may have 132 columns, at blanks and products."""
    loose = line if len(line) <= 100 else re.sub(r"(?<!\*)\*(?!\*)", " * ", line)
    parts = textwrap.wrap(loose, 100, break_long_words=False, break_on_hyphens=False)
    return " &\n        ".join(parts)


def _mathematica(text: _Text) -> str:
    locals_ = [line.partition(" = ")[0] for line in text.lines]
    arguments = ", ".join(f"{a}_" for a in text.arguments)
    lines = [f"{line};" for line in text.lines] + [f"{{{', '.join(text.results)}}}"]
    body = "".join(f"    {line}\n" for line in lines)
    comments = "".join(f"(*{line[1:]} *)\n" for line in text.header("*").splitlines())
    name = text.name.replace("_", "")
    return f"{comments}{name}[{arguments}] := Module[{{{', '.join(locals_)}}},\n{body}]\n"


C_NAMES = {"pi": "3.141592653589793"}
LANGUAGES: dict[str, Dialect] = {
    "python": Dialect(_python, _exact_literal, floats=False),
    "c": Dialect(_c, _float_literal, power="pow({}, {})", names=C_NAMES),
    "fortran": Dialect(
        _fortran,
        _fortran_literal,
        names={"pi": "3.141592653589793d0"},
        templates={"expm1": "(2*exp({0}/2)*sinh({0}/2))", "log1p": "(2*atanh({0}/({0} + 2)))"},
    ),
    "julia": Dialect(_julia, _float_literal, power="{}^{}"),
    "mathematica": Dialect(
        _mathematica,
        _mathematica_literal,
        floats=False,
        call="{}[{}]",
        power="{}^{}",
        pattern="[A-Za-z][A-Za-z0-9]*",
        names={
            "pi": "Pi",
            "sqrt": "Sqrt",
            "exp": "Exp",
            "log": "Log",
            "sinh": "Sinh",
            "cosh": "Cosh",
            "tanh": "Tanh",
            "asinh": "ArcSinh",
        },
        templates={"expm1": "(Exp[{}] - 1)", "log1p": "Log[1 + {}]"},
    ),
}
MATHEMATICA_WORDS = frozenset("CDEIKNO")
RESERVED = """
    auto break case char const continue default do double else enum extern float for goto if
    inline int long register restrict return short signed sizeof static struct switch typedef
    union unsigned void volatile while bool j0 j1 jn y0 y1 yn gamma lgamma erf main results
    baremodule begin catch ccall end export finally function global let local macro module
    mutable primitive quote struct try using type where abstract im inf nan
    allocate call character common complex contains cycle data deallocate dimension elseif
    endif entry exit external format implicit integer intent intrinsic kernel kind logical
    namelist none nullify only open optional parameter pointer precision print private procedure
    program public read real recursive result rewind save select stop subroutine target then
    write arguments buffers rational difference pi atanh atan sin cos tan abs floor
    ceil round pow
"""
WORDS = frozenset(RESERVED.split())
