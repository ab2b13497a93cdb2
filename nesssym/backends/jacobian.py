"""Derivatives of programs: the chain rule as elimination on the graph of operations."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush

from nesssym.errors import NessError, TooLargeError
from nesssym.programs.program import ONE, Builder, Instruction, Program, products

__all__ = ["jacobian"]

MAX_INSTRUCTIONS = 500_000
MINUS_ONE = Instruction("constant", value=Fraction(-1))


def jacobian(program: Program, parameters: Sequence[int]) -> Program:
    """Return a program for the derivative of every output with respect to some arguments.

    Local derivatives are the weights of the edges of the graph of operations, and a derivative is
    the sum over all paths of the products of their weights. The inner vertices are eliminated one
    by one: from the last to the first, or each time the one where the fewest paths cross,
    whichever takes fewer operations.

    Parameters
    ----------
    program : Program
        As `nesssym.programs.program.lower` makes it.
    parameters : sequence of int
        Positions of arguments.

    Returns
    -------
    Program
        The outputs go by the outputs of `program`, then by parameters.

    Raises
    ------
    TooLargeError
        More than 500,000 operations.
    NessError
        A special function, an integral or a root.

    References
    ----------
    A. Griewank, S. Reese, in Automatic Differentiation of Algorithms (SIAM, 1991), 126.

    Examples
    --------
    >>> from sympy import symbols
    >>> from nesssym.programs.emit import python_source
    >>> from nesssym.programs.program import lower
    >>> a, b = symbols("a b", positive=True)
    >>> print(python_source(jacobian(lower([a * b + b], [], [a, b]), [0, 1])))
    def kernel(a, b):
        return (b, 1 + a)
    <BLANKLINE>
    """
    tries = (_derivatives(program, parameters, backward) for backward in (True, False))
    return min(tries, key=lambda found: len(found.instructions))


def _derivatives(program: Program, parameters: Sequence[int], backward: bool) -> Program:
    build = _Chain()
    at: list[int] = []
    into: list[dict[int, int]] = []
    for instruction in program.instructions:
        args = [at[a] for a in instruction.args]
        at.append(build(instruction.op, *args, value=instruction.value))
        edges: dict[int, int] = {}
        for vertex, weight in zip(
            instruction.args, _local(instruction, at[-1], args, build), strict=True
        ):
            edges[vertex] = build.plus(edges[vertex], weight) if vertex in edges else weight
        into.append(edges)
    inner = len(into)
    into += ({output: build("constant", value=Fraction(1))} for output in program.outputs)
    _keep_paths(into, inner, parameters)
    _eliminate(into, inner, set(parameters), backward, build)
    zero = build("constant", value=Fraction(0))
    outputs = tuple(edges.get(p, zero) for edges in into[inner:] for p in parameters)
    found = Program(program.arguments, tuple(build.instructions), outputs)
    return found.ordered(sorted(found.needed()))


class _Chain(Builder):
    """Appends instructions, and knows what a factor of one and a sign do to them."""

    def times(self, a: int, b: int) -> int:
        """Multiply; ones vanish and signs go to the front."""
        first, second = self.instructions[a], self.instructions[b]
        if first == ONE:
            return b
        if second == ONE:
            return a
        if first == MINUS_ONE:
            return self.minus(b)
        if second == MINUS_ONE:
            return self.minus(a)
        if first.op == "neg":
            return self.minus(self.times(first.args[0], b))
        if second.op == "neg":
            return self.minus(self.times(a, second.args[0]))
        return self("mul", a, b)

    def minus(self, a: int) -> int:
        """Change the sign; twice is not at all."""
        instruction = self.instructions[a]
        return instruction.args[0] if instruction.op == "neg" else self("neg", a)

    def plus(self, a: int, b: int) -> int:
        """Add; a term with a sign is subtracted."""
        first, second = self.instructions[a], self.instructions[b]
        if second.op == "neg":
            return self("sub", a, second.args[0])
        return self("sub", b, first.args[0]) if first.op == "neg" else self("add", a, b)


def _local(
    instruction: Instruction, result: int, args: Sequence[int], build: _Chain
) -> Sequence[int]:
    """Differentiate one operation with respect to its operands."""
    op = instruction.op

    def number(value: int) -> int:
        return build("constant", value=Fraction(value))

    def over(a: int, b: int) -> int:
        return build("div", a, b)

    match op:
        case "argument" | "constant":
            return ()
        case "add" | "sub":
            return number(1), number(1 if op == "add" else -1)
        case "neg":
            return (number(-1),)
        case "mul":
            return args[1], args[0]
        case "div":
            inverse = over(number(1), args[1])
            return inverse, build.minus(build.times(result, inverse))
        case "logratio":
            one = number(1)
            return over(one, args[0]), build.minus(over(one, args[1])), number(0)
        case "difference":
            slopes = []
            for position, side in enumerate(products(instruction, args)):
                for place in range(len(side)):
                    slope = number(-1 if position % 2 else 1)
                    for other in (*side[:place], *side[place + 1 :]):
                        slope = build.times(slope, other)
                    slopes.append(slope)
            return slopes
        case "pow":
            base, exponent = args
            slope = over(build.times(exponent, result), base)
            if build.instructions[exponent].op == "constant":
                return slope, number(0)
            return slope, build.times(result, build("log", base))
    return [_slope(op, result, args[0], build)] * len(args)


def _slope(op: str, result: int, x: int, build: _Chain) -> int:
    """Differentiate an elementary function."""
    one, two = (build("constant", value=Fraction(value)) for value in (1, 2))
    match op:
        case "sqrt":
            return build("div", one, build("mul", two, result))
        case "exp":
            return result
        case "expm1":
            return build("exp", x)
        case "log":
            return build("div", one, x)
        case "log1p":
            return build("div", one, build("add", x, one))
        case "sinh":
            return build("cosh", x)
        case "cosh":
            return build("sinh", x)
        case "sin":
            return build("cos", x)
        case "cos":
            return build("neg", build("sin", x))
        case "tanh":
            inverse = build("div", one, build("cosh", x))
            return build("mul", inverse, inverse)
        case "asinh":
            root = build("sqrt", build("add", build("mul", x, x), one))
            return build("div", one, root)
    raise NessError(
        f"kernels have no derivative of {op}; differentiate the formulas: nesssym.sensitivity"
    )


def _keep_paths(into: list[dict[int, int]], inner: int, parameters: Sequence[int]) -> None:
    """Drop the edges that lie on no path from a parameter to an output."""
    reached = set(parameters)
    for vertex, edges in enumerate(into):
        into[vertex] = {u: weight for u, weight in edges.items() if u in reached}
        if into[vertex]:
            reached.add(vertex)
    wanted = set(range(inner, len(into)))
    for vertex in range(len(into) - 1, -1, -1):
        if vertex in wanted:
            wanted.update(into[vertex])
        else:
            into[vertex] = {}


def _eliminate(
    into: list[dict[int, int]], inner: int, ends: set[int], backward: bool, build: _Chain
) -> None:
    """Join the paths through every inner vertex: backwards, or where the fewest cross first."""
    out: list[dict[int, None]] = [{} for _ in into]
    for vertex, edges in enumerate(into):
        for u in edges:
            out[u][vertex] = None

    def cost(v: int) -> int:
        return 0 if backward else len(into[v]) * len(out[v])

    queue = [(cost(v), -v) for v in range(inner) if v not in ends and into[v]]
    heapify(queue)
    while queue:
        expected, negative = heappop(queue)
        v = -negative
        if expected != (now := cost(v)):
            heappush(queue, (now, negative))
            continue
        for w in out[v]:
            onward = into[w].pop(v)
            for u, weight in into[v].items():
                path = build.times(onward, weight)
                into[w][u] = build.plus(into[w][u], path) if u in into[w] else path
                out[u][w] = None
        for u in into[v]:
            del out[u][v]
        into[v], out[v] = {}, {}
        if len(build.instructions) > MAX_INSTRUCTIONS:
            raise TooLargeError(
                f"the derivatives take more than {MAX_INSTRUCTIONS} operations; name fewer "
                "parameters, or compile fewer formulas: formulas.select([...])"
            )
