"""Programs as LLVM instructions on vectors of float64: every operation does several points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from math import inf, pi
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from nesssym.programs.emit import float_literal
from nesssym.programs.program import Instruction, Program, products

__all__ = ["WORD", "instructions", "loop"]

DOUBLE, WORD = ir.DoubleType(), ir.IntType(64)
LARGEST = 0x7FEFFFFFFFFFFFFF  # the bits of the largest number; those of infinity come next
AHEAD = 128  # points; so far ahead, numbers are fetched into the second-level cache
INTO_L2 = 2
INTRINSIC = ("sqrt", "exp", "log", "sin", "cos", "pow")
PLAIN = {"sub": "fsub", "div": "fdiv", "neg": "fneg"}
# A product may become part of a sum in one instruction, with one rounding; never of a difference,
# since x*y - y*x must stay zero.
FUSED = {"add": "fadd", "mul": "fmul"}
Value = Any
Pair = tuple[Value, Value]


def instructions(
    builder: ir.IRBuilder, program: Program, argument: Callable[[int], Value], width: int
) -> list[Value]:
    """Append the instructions of a program, and return its results.

    Parameters
    ----------
    builder : IRBuilder
        Where they go.
    program : Program
        What to compute.
    argument : callable
        Gives an argument by its number; called where it is first used.
    width : int
        How many points a value holds; 0 for plain numbers.
    """
    code = _Code(builder, width)
    values: dict[int, Value] = {}

    def value(position: int) -> Value:
        if position not in values:  # an argument or a constant
            instruction = program.instructions[position]
            if instruction.op == "argument":
                values[position] = argument(position)
            else:
                given = instruction.value
                number = float(float_literal(given)) if isinstance(given, Fraction) else pi
                values[position] = code.constant(number)
        return values[position]

    for position, instruction in enumerate(program.instructions):
        if instruction.op not in ("argument", "constant"):
            values[position] = code(instruction, [value(a) for a in instruction.args])
    return [value(position) for position in program.outputs]


def loop(module: ir.Module, program: Program, limits: Sequence[float], width: int) -> ir.Function:
    """Return a function that runs a program on many points, `width` of them at a time.

    It takes the addresses of the arguments and those of the results, each as an array of words,
    and the number of points; it returns whether some argument may be outside its domain, which
    begins above its limit. Numbers are checked as they are loaded: to read them twice takes
    longer than to compute. So many rows are more than a processor fetches ahead by itself.
    """
    words = ir.VectorType(WORD, width)
    signature = ir.FunctionType(WORD, [WORD.as_pointer(), WORD.as_pointer(), WORD])
    function = ir.Function(module, signature, module.get_unique_name("points"))
    function.linkage = "internal"
    function.attributes.add("noinline")
    given, taken, size = function.args
    entry, body, end = (function.append_basic_block(name) for name in ("entry", "body", "end"))
    builder = ir.IRBuilder(entry)
    builder.branch(body)
    builder.position_at_end(body)
    at, before = builder.phi(WORD), builder.phi(words)
    at.add_incoming(WORD(0), entry)
    before.add_incoming(words(None), entry)
    found: dict[int, Value] = {}
    unchanging = module.add_metadata([])
    pointer, small = DOUBLE.as_pointer(), ir.IntType(32)
    prefetch = module.declare_intrinsic(
        "llvm.prefetch", [pointer], ir.FunctionType(ir.VoidType(), [pointer, small, small, small])
    )

    def place(addresses: Value, number: int) -> Value:
        base = builder.load(builder.gep(addresses, [WORD(number)]))
        base.set_metadata("invariant.load", unchanging)
        first = builder.gep(builder.inttoptr(base, DOUBLE.as_pointer()), [at])
        ahead = builder.gep(first, [WORD(AHEAD)])
        builder.call(prefetch, [ahead, *map(small, (int(addresses is taken), INTO_L2, 1))])
        return builder.bitcast(first, ir.VectorType(DOUBLE, width).as_pointer())

    def argument(number: int) -> Value:
        value = builder.load(place(given, number), align=8)
        value.set_metadata("invariant.load", unchanging)
        bits = builder.bitcast(value, words)
        if limits[number] == -inf:
            bits = builder.and_(bits, _filled(words, (1 << 63) - 1))
        elif limits[number] == 0:
            bits = builder.sub(bits, _filled(words, 1))
        most = seen[-1]
        seen.append(builder.select(builder.icmp_unsigned(">", bits, most), bits, most))
        found[number] = value
        return value

    seen = [before]
    results = instructions(builder, program, argument, width)
    for number in range(len(limits)):
        if number not in found:
            argument(number)
    for number, result in enumerate(results):
        builder.store(result, place(taken, number), align=8)
    after = builder.add(at, WORD(width))
    at.add_incoming(after, body)
    before.add_incoming(seen[-1], body)
    builder.cbranch(builder.icmp_unsigned("<", after, size), body, end)
    builder.position_at_end(end)
    outside = builder.icmp_unsigned(">=", seen[-1], _filled(words, LARGEST))
    lanes = (builder.extract_element(outside, WORD(lane)) for lane in range(width))
    builder.ret(builder.zext(reduce(builder.or_, lanes), WORD))
    return function


class _Code:
    """Appends operations on values that hold so many points, or one."""

    def __init__(self, builder: ir.IRBuilder, width: int) -> None:
        self.builder, self.width = builder, width
        self.kind = ir.VectorType(DOUBLE, width) if width else DOUBLE
        self.suffix = f"v{width}f64" if width else "f64"

    def constant(self, value: float) -> Value:
        return _filled(self.kind, value) if self.width else DOUBLE(value)

    def __call__(self, instruction: Instruction, args: Sequence[Value]) -> Value:
        """Append one instruction of a program."""
        op = instruction.op
        if op in FUSED:
            return getattr(self.builder, FUSED[op])(*args, flags=("contract",))
        if op in PLAIN:
            return getattr(self.builder, PLAIN[op])(*args)
        if op == "difference":
            return self._difference(products(instruction, args))
        if op in INTRINSIC:
            return self._intrinsic(op, args)
        return self._library(op, args[0])

    def _intrinsic(self, name: str, args: Sequence[Value]) -> Value:
        wanted = ir.FunctionType(self.kind, [self.kind] * len(args))
        name = f"llvm.{name}.{self.suffix}"
        function = cgutils.get_or_insert_function(self.builder.module, wanted, name)
        return self.builder.call(function, args)

    def _library(self, name: str, value: Value) -> Value:
        """Call a function of the C library, point by point."""
        wanted = ir.FunctionType(DOUBLE, [DOUBLE])
        function = cgutils.get_or_insert_function(self.builder.module, wanted, name)
        if not self.width:
            return self.builder.call(function, [value])
        result = self.kind(ir.Undefined)
        for lane in range(self.width):
            one = self.builder.extract_element(value, WORD(lane))
            one = self.builder.call(function, [one])
            result = self.builder.insert_element(result, one, WORD(lane))
        return result

    def _difference(self, sides: Sequence[Sequence[Value]]) -> Value:
        """Subtract and add products in turn, from their parts without error."""
        plus, minus = self.builder.fadd, self.builder.fsub
        parts = [self._product(side) for side in sides]
        if len(parts) == 2:
            (a, a_low), (b, b_low) = parts
            rough, error = self._sum(a, self.builder.fneg(b))
            return plus(rough, plus(error, minus(a_low, b_low)))
        terms = [
            part if position % 2 == 0 else self.builder.fneg(part)
            for position, pair in enumerate(parts)
            for part in pair
        ]
        for _ in range(2):
            for i in range(1, len(terms)):
                terms[i], terms[i - 1] = self._sum(terms[i], terms[i - 1])
        return reduce(plus, terms)

    def _sum(self, a: Value, b: Value) -> Pair:
        """Add two numbers; also the error, exactly."""
        plus, minus = self.builder.fadd, self.builder.fsub
        rough = plus(a, b)
        back = minus(rough, a)
        return rough, plus(minus(a, minus(rough, back)), minus(b, back))

    def _product(self, factors: Sequence[Value]) -> Pair:
        """Multiply in twice the precision."""
        high, low = factors[0], None
        for factor in factors[1:]:
            exact = self.builder.fmul(high, factor)
            error = self._intrinsic("fma", [high, factor, self.builder.fneg(exact)])
            low = error if low is None else self.builder.fadd(error, self.builder.fmul(low, factor))
            high = exact
        return high, self.constant(0.0) if low is None else low


def _filled(kind: ir.VectorType, value: Any) -> Value:
    return ir.Constant(kind, [kind.element(value)] * kind.count)
