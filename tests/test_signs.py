"""Signs of expressions, told from their structure."""

from __future__ import annotations

import pytest
from sympy import Add, Expr, Mul, Pow, Symbol, cosh, exp, log, sqrt, symbols

from nesssym.errors import ModelError
from nesssym.networks.transitions import pair_up
from nesssym.signs import sign

a, b, c = symbols("a b c", positive=True)
x, y = symbols("x y", real=True)
z = Symbol("z")


def nested(depth: int) -> Expr:
    """1 + a/(1 + a/(...)), made without SymPy's questions about signs."""
    expr: Expr = a
    for _ in range(depth):
        quotient = Mul(a, Pow(expr, -1, evaluate=False), evaluate=False)
        expr = Add(1, quotient, evaluate=False)
    return expr


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (a + b / (1 + c), 1),
        (-a - 2 * b / c, -1),
        (a * (-b - c), -1),
        ((-a - b) * (-c - 1), 1),
        (a * exp(x - y) + sqrt(b), 1),
        (1 + x**2, 1),
        (a - b + c - 1, 0),
        (-cosh(x), -1),
        (log(2) - 1, -1),
        (a - b, 0),
        (x, 0),
        (a + z, 0),
        (exp(z), 0),
        (a - a, 0),
    ],
)
def test_signs(expr: Expr, expected: int) -> None:
    assert sign(expr) == expected


@pytest.mark.parametrize(
    "expr", [x - y, a * (x - y), a / (x - y) + b, a * x - a * y, a * b * x - a * b * y + 0]
)
def test_signs_of_what_is_assumed(expr: Expr) -> None:
    assert sign(expr) == 0
    assert sign(expr, [x - y]) == 1


def test_sums_within_sums_are_no_obstacle() -> None:
    assert sign(nested(60)) == 1
    assert sign(Mul(-1, nested(60), evaluate=False)) == -1
    assert sign(Add(1, Mul(-1, nested(60), evaluate=False), evaluate=False)) == 0


def test_a_rate_of_many_sums_is_taken() -> None:
    [transition] = pair_up([("A", "B", "", nested(60)), ("B", "A", "", b)])
    assert transition.rate == nested(60)
    with pytest.raises(ModelError, match="negative"):
        pair_up([("A", "B", "", Mul(-1, nested(60), evaluate=False))])
