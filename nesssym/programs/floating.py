"""What floating-point numbers need: programs that lose no digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from nesssym.programs.program import Builder, Instruction, Program

__all__ = ["floating"]

LARGEST_EXACT = 2**53


def floating(program: Program) -> Program:
    """Return the program with what floating-point numbers need, equal in exact arithmetic.

    The logarithm of a ratio is taken through its difference, 2 arsinh(d / (2 sqrt(f b))); the
    difference of two products of arguments becomes one ``difference``, which kernels compute
    from error-free products (T. J. Dekker, Numer. Math. 18, 224 (1971),
    doi:10.1007/BF01397083); every value is computed just before its first use, while what it
    needs is still in the cache. Divisions stay: one rounding less than with an inverse, which a
    chain of thirty states feels, and hardly slower.
    """
    build = Builder()
    two = Fraction(2)
    monomials: list[_Monomial | None] = []
    at: list[int] = []

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
            new = build("difference", *factors, value=(len(first), len(second)))
            if scale != 1:
                new = build("div", new, build("constant", value=scale))
        elif op == "logratio":
            f, b, d = args
            double = build("constant", value=two)
            mean = build("mul", build("sqrt", f), build("sqrt", b))
            new = build("asinh", build("div", d, build("mul", double, mean)))
            new = build("mul", double, new)
        else:
            new = build(op, *args, value=instruction.value)
        at.append(new)
    outputs = tuple(at[i] for i in program.outputs)
    names = tuple((at[i], name) for i, name in program.names)
    improved = Program(program.arguments, tuple(build.instructions), outputs, names)
    return improved.ordered(improved.needed())


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
