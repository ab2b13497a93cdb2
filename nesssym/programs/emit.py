"""Programs as Python source: readable on any type of number, and in NumPy buffers for speed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import count

from nesssym.errors import NessError
from nesssym.programs.names import PLAIN, safe
from nesssym.programs.program import FUNCTIONS, Instruction, Program, products

__all__ = [
    "PYTHON",
    "UFUNCS",
    "Body",
    "Dialect",
    "called",
    "float_literal",
    "numpy_source",
    "python_function",
    "python_source",
    "rendered",
]

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
SUM, PRODUCT, SIGN, POWER, ATOM = range(5)
INFIX = {"add": (" + ", SUM), "sub": (" - ", SUM), "mul": ("*", PRODUCT), "div": ("/", PRODUCT)}


def python_source(program: Program, name: str = "kernel") -> str:
    """Return a plain Python function that runs on any type of number.

    Whole numbers are written as integers, so that exact types stay exact. The names of elementary
    functions, and ``rational(p, q)`` where a fraction stands alone, are left to whoever runs it.

    Examples
    --------
    >>> from sympy import symbols
    >>> from nesssym.programs.program import lower
    >>> a, b, s = symbols("a b s", positive=True)
    >>> print(python_source(lower([a / s, b / s], [(s, a + b)], [a, b])))
    def kernel(a, b):
        s = a + b
        return (a/s, b/s)
    <BLANKLINE>
    """
    return python_function(name, rendered(program, PYTHON, name))


def python_function(name: str, body: Body) -> str:
    """Write a Python function that returns its results as a tuple."""
    lines = "".join(f"    {line}\n" for line in body.lines)
    tail = "," if len(body.results) == 1 else ""
    results = f"    return ({', '.join(body.results)}{tail})\n"
    return f"def {name}({', '.join(body.arguments)}):\n{lines}{results}"


def numpy_source(program: Program, name: str = "kernel") -> str:
    """Return Python source that runs the program on blocks, in buffers given to it.

    The function takes the arguments, the rows the results go to and ``BUFFERS`` work arrays;
    every operation is one NumPy ufunc with its output, nothing is allocated.

    Examples
    --------
    >>> from sympy import symbols
    >>> from nesssym.programs.program import lower
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
        f"{', '.join(names)}{',' if len(names) == 1 else ''} = {origin}"
        for names, origin in (
            (place[: len(program.arguments)], "arguments"),
            ([f"r{i + 1}" for i in range(len(program.outputs))], "results"),
            ([f"t{i + 1}" for i in range(buffers)], "buffers"),
        )
        if names
    ]
    for here, instruction in zip(place, program.instructions, strict=True):
        operands = [place[a] for a in instruction.args]
        if instruction.op == "difference":
            sides = _tuples(products(instruction, operands))
            lines.append(f"difference({sides}, out={here})")
        elif instruction.op not in ("argument", "constant"):
            lines.append(f"{UFUNCS[instruction.op]}({', '.join((*operands, here))})")
    lines += [f"copyto({target}, {value})" for target, value in copies]
    body = "".join(f"    {line}\n" for line in lines)
    return f"BUFFERS = {buffers}\n\n\ndef {name}(arguments, results, buffers):\n{body}"


@dataclass(frozen=True)
class Dialect:
    """How a language writes numbers, functions and assignments."""

    literal: Callable[[Fraction], str]
    floats: bool = True
    difference: Callable[[Sequence[Sequence[str]]], str] | None = None
    call: str = "{}({})"
    power: str = "{}**{}"
    pattern: str = PLAIN
    names: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    inline: bool = True


@dataclass(frozen=True)
class Body:
    """The text of a function: names of its arguments, assignments, expressions of results."""

    arguments: list[str]
    lines: list[str]
    results: list[str]


def rendered(program: Program, dialect: Dialect, name: str) -> Body:
    """Write a program in a dialect, for a function called `name`; most single uses are inlined."""
    uses = Counter(a for i in program.instructions for a in i.args)
    uses.update(program.outputs)
    wanted = dict(program.names)
    steps = [p for p, i in enumerate(program.instructions) if p in wanted and _stored(i)]
    taken = {name, *FUNCTIONS, *dialect.names.values()}
    given = safe([*program.arguments, *(wanted[p] for p in steps)], taken, dialect.pattern)
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
        needed = not dialect.inline or uses[position] > 1 or len(written) > 60
        if _stored(instruction) and (position in named or needed):
            local = named.get(position)
            if local is None:
                local = next(n for n in (f"t{i}" for i in numbers) if n not in used)
            lines.append(f"{local} = {written}")
            written, rank = local, ATOM
        text.append((written, rank))
    return Body(locals_, lines, [text[p][0] for p in program.outputs])


def _stored(instruction: Instruction) -> bool:
    return instruction.op not in ("argument", "constant")


def _written(
    instruction: Instruction, text: Sequence[tuple[str, int]], dialect: Dialect
) -> tuple[str, int]:
    """Write one instruction over the texts of its operands; also how tightly it binds."""
    op, operands = instruction.op, [text[a] for a in instruction.args]
    if op == "constant":
        if isinstance(instruction.value, Fraction):
            return dialect.literal(instruction.value), ATOM if instruction.value >= 0 else SUM
        return dialect.names.get(str(instruction.value), str(instruction.value)), ATOM
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
        if dialect.difference:
            return dialect.difference(products(instruction, [o for o, _ in operands])), ATOM
        sides = products(instruction, [_bracketed(o, PRODUCT) for o in operands])
        signs = (" - ", " + ") * len(sides)
        first, *others = map("*".join, sides)
        return first + "".join(s + o for s, o in zip(signs, others, strict=False)), SUM
    if op == "logratio":
        ratio = f"{_bracketed(operands[0], PRODUCT)}/{_bracketed(operands[1], SIGN)}"
        return dialect.call.format(dialect.names.get("log", "log"), ratio), ATOM
    if isinstance(instruction.value, Program):
        low, high, *taken = operands
        return f"{op}({_inside(instruction.value, taken, dialect)}, {low[0]}, {high[0]})", ATOM
    if op == "hyper":
        upper = int(instruction.value)  # type: ignore[arg-type]
        names = [o for o, _ in operands[:-1]]
        above, below = names[:upper], names[upper:]
        shown = (f"({''.join(f'{o}, ' for o in part)})" for part in (above, below))
        return f"hyper({', '.join(shown)}, {operands[-1][0]})", ATOM
    arguments = ", ".join(o for o, _ in operands)
    if op in dialect.templates:
        return dialect.templates[op].format(_bracketed(operands[0], ATOM)), ATOM
    return dialect.call.format(dialect.names.get(op, op), arguments), ATOM


def _inside(program: Program, taken: Sequence[tuple[str, int]], dialect: Dialect) -> str:
    """Write the inside of an integral, root or evolution as a lambda, over texts of what it takes.

    Its variables end in as many underscores as it stands deep, which no other name does.
    """
    deep = "_" * (1 + _depth(program))
    inner = replace(dialect, power="power({}, {})")
    uses = Counter(a for i in program.instructions for a in i.args)
    text: list[tuple[str, int]] = [(f"x{deep}", ATOM), *taken]
    given: list[str] = []
    for position, instruction in enumerate(program.instructions):
        if instruction.op == "argument":
            continue
        written, rank = _written(instruction, text, inner)
        if _stored(instruction) and uses[position] > 1:
            given.append(f"t{position}{deep} := {written}")
            written, rank = f"t{position}{deep}", ATOM
        text.append((written, rank))
    result = ", ".join(text[p][0] for p in program.outputs)
    if len(program.outputs) > 1:
        result = f"({result})"
    body = f"[{', '.join((*given, result))}][-1]" if given else result
    return f"lambda x{deep}: {body}"


def _depth(program: Program) -> int:
    inner = [i.value for i in program.instructions if isinstance(i.value, Program)]
    return 1 + max(map(_depth, inner)) if inner else 0


def _tuples(sides: Sequence[Sequence[str]]) -> str:
    """Write the products of a ``difference`` as tuples of their factors."""
    return ", ".join(f"({', '.join(side)},)" for side in sides)


def called(sides: Sequence[Sequence[str]], name: str = "difference") -> str:
    """Write a ``difference`` as a call with one tuple a product."""
    return f"{name}({_tuples(sides)})"


def _bracketed(operand: tuple[str, int], rank: int) -> str:
    written, own = operand
    return written if own >= rank else f"({written})"


def _exact_literal(value: Fraction) -> str:
    # NumPy has no functions of larger integers.
    if value.denominator == 1 and abs(value) < 2**63:
        return str(value.numerator)
    return f"rational({value.numerator}, {value.denominator})"


def float_literal(value: Fraction) -> str:
    """Write the nearest float64, or raise `NessError` where the range has none."""
    try:
        number = float(value)
    except OverflowError:
        number = 0.0
    if value and abs(number) < sys.float_info.min:
        power = value.numerator.bit_length() - value.denominator.bit_length()
        raise NessError(
            f"a constant near 2**{power} is beyond float64; use backend='mpmath', or other units"
        )
    return repr(number)


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
            place.append(float_literal(value) if isinstance(value, Fraction) else "pi")
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
    place[: len(program.arguments)] = safe(program.arguments, taken)
    return place, next(numbers) - 1, [(row, place[p]) for p, row in copies]


PYTHON = Dialect(_exact_literal, floats=False, difference=called)
