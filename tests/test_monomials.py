"""Monomials: canonical forms, logarithms and differences without cancellation, solving."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import (
    Expr,
    Float,
    Integer,
    Mul,
    Rational,
    S,
    Symbol,
    cosh,
    exp,
    log,
    sqrt,
    symbols,
)

from nesssym.errors import ModelError, NessError
from nesssym.exact.monomials import difference, log_ratio, monomial, solve_monomials
from nesssym.exact.rational import equal

a, b, c, d, n, x, y = symbols("a b c d n x y", positive=True)
bh, bc, Ee, Eg, f = symbols("bh bc Ee Eg f", real=True)
three = Integer(3)

RATES = [
    a,
    Rational(3, 4) * a / b,
    a * (b + c) ** 2,
    a * b + a * c,
    (a * c + b * c) / (a + b) + d,
    a * exp(-bh * (Ee - Eg)),
    a / (exp(x) - 1),
    a * exp(x) / (exp(x) - 1),
    exp(x) + exp(x + y),
    sqrt(6) * a,
    sqrt(a + b) / c,
    1 - x,
    sqrt(1 - x) * b,
    a * cosh(x) + b * cosh(x),
    a * x**n,
    2**n * b,
]


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_value_gives_the_expression_back(rate: Expr) -> None:
    assert equal(monomial(rate).value(), rate)
    assert equal(monomial(rate).numerator / monomial(rate).denominator, rate)


@pytest.mark.parametrize(("first", "second"), list(permutations(RATES[:8], 2)), ids=str)
def test_products_and_quotients(first: Expr, second: Expr) -> None:
    assert equal((monomial(first) * monomial(second)).value(), first * second)
    assert equal((monomial(first) / monomial(second)).value(), first / second)
    assert (monomial(first * second) / monomial(second) / monomial(first)).is_one
    assert not (monomial(first) / monomial(second)).is_one


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (a * c + b * c, (a + b) * c),
        (a**2 - b**2, (a - b) * (a + b)),
        (a / b + c, (a + b * c) / b),
        (1 + exp(-x), exp(-x) * (exp(x) + 1)),
        (a * exp(x) + a * exp(y), a * exp(y) * (1 + exp(x - y))),
        (sqrt(a * b + b), sqrt(b) * sqrt(a + 1)),
        (sqrt(a + b) ** 3, sqrt(a + b) * (a + b)),
        (sqrt(6) * sqrt(a), sqrt(2) * sqrt(3 * a)),
        (4**n * x ** (2 * n), (2 * x) ** (2 * n)),
        (sqrt(1 - x), (1 - x) / sqrt(1 - x)),
        (1 - x - y + x * y, (1 - x) * (1 - y)),
        (exp((bh - bc) * Ee), exp(bh * Ee) / exp(bc * Ee)),
        (exp(1 / (a * (a + 1))), exp(1 / a) / exp(1 / (a + 1))),
    ],
)
def test_different_ways_to_write_it_agree(first: Expr, second: Expr) -> None:
    assert (monomial(first) / monomial(second)).is_one
    assert log_ratio([first], [second]) == 0
    assert difference([first], [second]) == 0


@given(st.lists(st.sampled_from(RATES[:10]), max_size=5), st.randoms())
def test_the_order_and_grouping_of_factors_do_not_matter(rates: list[Expr], random: object) -> None:
    shuffled = sorted(rates, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert log_ratio(rates, shuffled) == 0
    assert log_ratio([Mul(*rates)], shuffled) == 0


@pytest.mark.parametrize("power", [0, 1, -2, Rational(1, 2), Rational(-3, 2)])
@pytest.mark.parametrize(
    "rate", [a, a / 3, 4 * a * exp(x), 12 * (a + b), sqrt(2) * a, 1 - x], ids=str
)
def test_powers(rate: Expr, power: Rational) -> None:
    raised = monomial(rate) ** power
    assert (raised / monomial(rate**power)).is_one
    assert (raised.value() - rate**power).subs({a: 2, b: 3, x: Rational(1, 5)}).equals(0)


@pytest.mark.parametrize(
    ("rate", "base"),
    [(1 - x, 1 - x), (2 * x - 2, 1 - x), (exp(x) - 1, exp(x) - 1), (a - b, a - b), (b - a, a - b)],
)
def test_the_sign_of_a_base_is_the_usual_one(rate: Expr, base: Expr) -> None:
    assert [found for found, _ in monomial(rate).powers] == [base]
    assert equal(monomial(rate).value(), rate)


def test_roots_of_factors_whose_signs_are_unknown_stay_together() -> None:
    root = (monomial((a - b) * (c - d)) ** Rational(1, 2)).value()
    assert root.subs({a: 1, b: 2, c: 3, d: 7}) == 2


@pytest.mark.parametrize(
    ("plus", "minus", "expected"),
    [
        ([a, b], [c, b], log(a / c)),
        ([a, a], [b, b], 2 * log(a / b)),
        ([a, a], [b, b, b], log(a**2 / b**3)),
        ([sqrt(a)], [sqrt(b)], log(a / b) / 2),
        ([2 * a], [three], log(2 * a / 3)),
        ([Integer(6), a], [4 * a], log(Rational(3, 2))),
        ([a], [a], S.Zero),
        ([a * exp(-bh * (Ee - Eg))], [a * exp(-bc * (Ee - Eg))], (bc - bh) * (Ee - Eg)),
        ([a * exp(f / 2)], [b * exp(-f / 2)], log(a / b) + f),
        ([a / (exp(x) - 1)], [a * exp(x) / (exp(x) - 1)], -x),
        ([exp(Ee / (a + b)), exp(-Eg / (a + b))], [], (Ee - Eg) / (a + b)),
        ([Integer(245000000000000)], [], log(245000000000000)),
        ([a**n], [b], n * log(a) + log(1 / b)),
    ],
)
def test_logarithms_are_written_as_on_paper(
    plus: list[Expr], minus: list[Expr], expected: Expr
) -> None:
    assert log_ratio(plus, minus) == expected


@pytest.mark.parametrize(
    ("plus", "minus", "expected"),
    [
        ([a, b], [b, c], b * (a - c)),
        ([a, b], [c, d], a * b - c * d),
        (
            [Rational(1, 2), a],
            [Rational(1, 3), b],
            Mul(Rational(1, 6), 3 * a - 2 * b, evaluate=False),
        ),
        ([a * exp(f)], [a], a * (exp(f) - 1)),
        ([3 * exp(f)], [three], Mul(3, exp(f) - 1, evaluate=False)),
        ([a], [a * exp(f)], a * exp(f) * (exp(-f) - 1)),
        (
            [a * exp(bh * Ee)],
            [a * exp(bh * Eg)],
            a * exp(bh * Eg) * (exp(bh * (Ee - Eg)) - 1),
        ),
        ([a * b + a * c], [a * b + a * d], a * (c - d)),
        ([three], [Integer(2)], S.One),
        ([], [], S.Zero),
    ],
)
def test_differences_take_out_what_is_common(
    plus: list[Expr], minus: list[Expr], expected: Expr
) -> None:
    assert difference(plus, minus) == expected


@given(
    st.lists(st.sampled_from(RATES[:9]), max_size=3),
    st.lists(st.sampled_from(RATES[:9]), max_size=3),
)
def test_differences_are_right(plus: list[Expr], minus: list[Expr]) -> None:
    assert equal(difference(plus, minus), Mul(*plus) - Mul(*minus))


@pytest.mark.parametrize(
    ("conditions", "unknowns"),
    [
        ([a * b / c], [a]),
        ([2 * a * b / c, a / d**2], [a, c]),
        ([a**2 * b / c], [a]),
        ([a * b / c, a / b * d * exp(x)], [b, a]),
        ([a * (c + d) / b, 1 / (a * exp(f))], [b, a]),
    ],
)
def test_solutions_fulfil_the_conditions(conditions: list[Expr], unknowns: list[Symbol]) -> None:
    solution = solve_monomials(map(monomial, conditions), unknowns)
    assert list(solution) == unknowns
    assert not any(value.free_symbols & set(unknowns) for value in solution.values())
    assert all(monomial(condition.subs(solution)).is_one for condition in conditions)


def test_conditions_that_repeat_one_another_are_no_obstacle() -> None:
    assert solve_monomials([monomial(a / b), monomial(b**2 / a**2)], [a]) == {a: b}


@pytest.mark.parametrize(
    ("conditions", "unknowns", "message"),
    [
        ([a / b, c / d], [a], "for a alone: c = d is left; solve for one of c, d too"),
        ([a / b, a / c], [a], "for a alone: .*b.* is left; solve for one of b, c too"),
        ([a * b / c], [a, b], "b is not determined|a is not determined"),
        ([a / b], [a, d], "d is not determined"),
        ([(a + b) / c], [a], "a occurs in .*a \\+ b.*, not as a factor"),
        ([c * exp(a)], [a], "a occurs in"),
    ],
)
def test_what_cannot_be_solved_says_why(
    conditions: list[Expr], unknowns: list[Symbol], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        solve_monomials(map(monomial, conditions), unknowns)


@pytest.mark.parametrize(
    "rate", [S.Zero, Integer(-2), -a, -(a + b), a - b - (a**2 - b**2) / (a + b)], ids=str
)
def test_what_is_not_positive_is_refused(rate: Expr) -> None:
    with pytest.raises(ModelError, match="wanted something positive"):
        monomial(rate)


@pytest.mark.parametrize("rate", [Float(0.5), Float(0.5) * a, exp(Float(1.5) * x), a + Float(2.0)])
def test_floats_are_refused(rate: Expr) -> None:
    with pytest.raises(NessError, match="floating-point"):
        monomial(rate)
