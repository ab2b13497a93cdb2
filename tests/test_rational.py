"""Polynomials and rational functions against SymPy."""

from __future__ import annotations

import random
from itertools import permutations

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Add,
    Expr,
    Float,
    Integer,
    Mul,
    Poly,
    Pow,
    Rational,
    S,
    Symbol,
    cos,
    cosh,
    default_sort_key,
    exp,
    expand,
    fraction,
    log,
    oo,
    sin,
    sqrt,
    symbols,
    together,
)

from nesssym.errors import NessError
from nesssym.exact.rational import (
    as_fraction,
    cancel,
    equal,
    fractions,
    from_poly,
    from_quotient,
    ring,
    to_poly,
    together_over,
)
from nesssym.exact.written import sums_of_products

a, b, c, x, y, n = symbols("a b c x y n", positive=True)

ATOMS = [a, b, c, Integer(2), Rational(-3, 2), a + b, b - c, Integer(1)]
EXPRS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.builds(lambda p, q: p + q, inner, inner),
        st.builds(lambda p, q: p * q, inner, inner),
        st.builds(lambda p, k: p if p == 0 else p**k, inner, st.integers(-2, 3)),
    ),
    max_leaves=6,
)


def defined(expr: Expr) -> bool:
    """No denominator of the expression vanishes identically."""
    return all(
        power.base.expand() != 0 for power in expr.atoms(Pow) if power.exp < 0
    ) and not expr.has(S.ComplexInfinity, S.NaN)


@given(EXPRS.filter(defined))
@settings(max_examples=60, deadline=None)
def test_fractions_agree_with_sympy(expr: Expr) -> None:
    top, bottom = as_fraction(expr)
    their_top, their_bottom = fraction(together(expr))
    assert (top * their_bottom - bottom * their_top).expand() == 0
    assert (top, bottom) == (top.expand(), bottom.expand())
    assert Poly(top, a, b, c).gcd(Poly(bottom, a, b, c)).total_degree() == 0
    assert all(k.is_Integer for part in (top, bottom) for k in Poly(part, a, b, c).coeffs())
    assert equal(expr, top / bottom)
    assert not equal(expr + 1, top / bottom)


@given(st.lists(EXPRS.filter(defined), min_size=1, max_size=3))
@settings(max_examples=30, deadline=None)
def test_common_denominators(exprs: list[Expr]) -> None:
    tops, bottom = together_over(exprs)
    assert all(equal(top / bottom, expr) for top, expr in zip(tops, exprs, strict=True))
    assert all(as_fraction(bottom / as_fraction(expr)[1])[1].is_number for expr in exprs)


def test_the_normal_form_has_integers_a_positive_lead_and_the_least_denominator() -> None:
    assert as_fraction(1 / (b - a)) == (-1, a - b)
    assert as_fraction(a / 2 + 1 / (3 - 3 * b)) == (3 * a * b - 3 * a - 2, 6 * b - 6)
    assert together_over([1 / (a * b), 1 / (b * c)]) == ([c, a], a * b * c)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (exp(x) * (exp(-x) + 1) - exp(x), S.One),
        ((exp(2 * x) - 1) / (exp(x) - 1), exp(x) + 1),
        ((exp(x) - 1) / (exp(x / 2) + 1), exp(x / 2) - 1),
        (exp(a * (x + y)) / (exp(a * x) + 1) * (1 + exp(-a * x)), exp(a * y)),
        ((x - 1) / (sqrt(x) + 1), sqrt(x) - 1),
        ((1 + sqrt(2)) ** 2, 3 + 2 * sqrt(2)),
        ((4 * x**n - x ** (3 * n)) / (2 - x**n), x ** (2 * n) + 2 * x**n),
        ((cosh(x) ** 2 - a**2) / (cosh(x) - a), cosh(x) + a),
        ((a - a) / b, S.Zero),
        ((exp(1) ** 2 - 1) / (exp(1) + 1), exp(1) - 1),
    ],
)
def test_exponentials_roots_and_functions_cancel(expr: Expr, expected: Expr) -> None:
    assert cancel(expr) == expected
    assert equal(expr, expected)
    assert not equal(expr, expected + x)


def test_opaque_identities_are_not_guessed() -> None:
    assert not equal(sin(x) ** 2, cos(x) ** 2)
    assert not equal(sqrt(a + b), sqrt(a) + sqrt(b))
    for first, second in [
        (sin(x) ** 2, 1 - cos(x) ** 2),
        (sqrt(a * b + b), sqrt(b) * sqrt(a + 1)),
        (log(6), log(2) + log(3)),
        (exp(1 / (a * (a + 1))), exp(1 / a) * exp(-1 / (a + 1))),
    ]:
        with pytest.raises(NessError, match="cannot decide"):
            equal(first, second)


@pytest.mark.parametrize(
    "bad", [Float(0.5) * a, exp(Float(0.5) * x), a + oo, S.NaN, a ** Float(2.5)]
)
def test_inexact_numbers_are_refused(bad: Expr) -> None:
    with pytest.raises(NessError, match="not exact and finite"):
        as_fraction(bad)


def test_hidden_division_by_zero_is_refused() -> None:
    zero = (a + b) ** 2 - a**2 - 2 * a * b - b**2
    with pytest.raises(NessError, match="divides by zero"):
        cancel(1 / zero)


def test_deep_nesting_is_no_obstacle() -> None:
    t = Symbol("t")
    expr, top, bottom = 1 + t, Poly(1 + t), Poly(1, t)
    for _ in range(100):
        # As it is: SymPy would ask for signs, at a cost that depends on what it has cached.
        quotient = Mul(t, Pow(expr, -1, evaluate=False), evaluate=False)
        expr, top, bottom = Add(1, quotient, evaluate=False), top + t * bottom, top
    assert as_fraction(expr) == (top.as_expr(), bottom.as_expr())


@given(EXPRS.filter(lambda e: e.is_polynomial(a, b, c)))
@settings(max_examples=40, deadline=None)
def test_polynomials_there_and_back(expr: Expr) -> None:
    space = ring([c, a, b])
    back = from_poly(to_poly(expr, space), space)
    assert back == expr.expand()
    assert hash(back) == hash(Add(*expr.expand().args)) or not back.is_Add
    assert to_poly(back, space) == to_poly(expr, space)


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        (1 / a, "is not a polynomial in a"),
        (b, "b is not in the ring of a"),
        (sqrt(a), "not in the ring"),
    ],
)
def test_what_is_no_polynomial_of_the_ring_is_refused(expr: Expr, message: str) -> None:
    with pytest.raises(NessError, match=message):
        to_poly(expr, ring([a]))


def test_the_generators_do_not_depend_on_the_order_of_the_input() -> None:
    rates = [b * exp(x - y), a + c, sqrt(y)]
    spaces = [fractions(order)[0] for order in permutations(rates)]
    assert len(set(spaces)) == 1
    assert spaces[0].gens == (exp(x), exp(y), a, b, c, sqrt(y))


def test_long_sums_are_written_as_sympy_writes_them():
    rng = random.Random(1)
    gens = symbols("a b1 b10 b2 zeta A k_1", positive=True) + symbols("q r", real=True)
    space = ring(sorted(gens, key=default_sort_key))
    for _ in range(200):
        terms = {
            tuple(rng.choice([0, 0, 0, 1, 1, 2, 3]) for _ in gens): fmpq(
                rng.choice([1, 1, 2, -1, -3]), rng.choice([1, 1, 2])
            )
            for _ in range(rng.randint(8, 20))
        }
        terms[(0,) * len(gens)] = fmpq(rng.choice([1, 2, -1]))
        written = from_poly(space.context.from_dict(terms), space)
        expected = Add(
            *(
                Mul(Rational(int(c.p), int(c.q)), *map(Pow, space.gens, exps))
                for exps, c in terms.items()
            )
        )
        assert written.args == expected.args
        assert [term.args for term in written.args] == [term.args for term in expected.args]


def test_sums_of_products_are_written_as_sympy_writes_them():
    rng = random.Random(2)
    factors = symbols("k10 k2 A b a zz k_3", positive=True)
    rows = [rng.sample(range(7), 3) for _ in range(1)] + [[0, 1, 2], [1, 2, 3], [6, 5, 4]]
    rows = [list(row) for row in dict.fromkeys(tuple(sorted(row)) for row in rows)]
    [written] = sums_of_products([np.array(rows)], factors)
    expected = Add(*(Mul(*(factors[i] for i in row)) for row in rows))
    assert written.args == expected.args


def test_long_quotients_by_one_term_keep_their_powers():
    """More terms than SymPy sorts by itself, with powers below zero."""
    gens = symbols("a:e", positive=True)
    space = ring(gens)
    divisor = gens[0] * gens[1] ** 3 * gens[4]
    top = expand(sum(gens) ** 3 + gens[2] ** 5)
    found = from_quotient(to_poly(top, space), to_poly(divisor, space), space)
    assert expand(found * divisor - top) == 0
