"""Fractions collected by powers of chosen variables."""

from __future__ import annotations

import pytest
from sympy import Expr, S, Symbol, cosh, exp, sqrt, symbols

from nesssym.errors import NessError
from nesssym.exact.collected import collect
from nesssym.exact.rational import equal
from nesssym.formulas import Formulas

a, b, c, x, n = symbols("a b c x n", positive=True)
k1, k1r, k2, k2r, P, E0 = symbols("k1 k1r k2 k2r P E0", positive=True)
Su = Symbol("S", positive=True)


def test_the_rate_law_of_king_and_altman() -> None:
    law = E0 * (k1 * k2 * Su - k1r * k2r * P) / (k1 * Su + k1r + k2 + k2r * P)
    rate = collect(law, [Su, P])
    assert rate.numerator == {Su: E0 * k1 * k2, P: -E0 * k1r * k2r}
    assert list(rate.denominator.items()) == [(1, k1r + k2), (Su, k1), (P, k2r)]
    assert equal(rate.expr, law)


def test_collect_keeps_a_pair_apart_and_orders_by_degree() -> None:
    both = (a * Su + b * Su) * (1 + Su)
    kept = collect((both / 2, both / c), [Su])
    assert kept.numerator == {Su: a * c + b * c, Su**2: a * c + b * c}
    assert kept.denominator == {Su: 2 * a + 2 * b, Su**2: 2 * a + 2 * b}
    assert list(collect(((1 + Su + P) ** 2, S.One), [Su, P]).numerator) == [
        *(1, Su, P),
        *(Su**2, Su * P, P**2),
    ]
    assert collect(a * exp(x) + 1, [P]).numerator == {1: a * exp(x) + 1}


@pytest.mark.parametrize("law", [exp(Su), sqrt(Su) + 1, Su**n, cosh(a * Su)])
def test_collect_refuses_variables_inside_functions(law: Expr) -> None:
    with pytest.raises(NessError, match="variable that occurs in"):
        collect(law, [Su])


def test_collect_refuses_a_denominator_of_zero() -> None:
    hidden = (a + b) ** 2 - a**2 - 2 * a * b - b**2
    with pytest.raises(NessError, match="is zero"):
        collect((a, hidden), [a])


def test_collect_takes_names_and_says_what_it_wants() -> None:
    a, x = symbols("a x", positive=True)
    assert collect(a * x / (1 + x), "x").numerator == {x: a}
    assert collect(a * x / (1 + x), ["x"]) == collect(a * x / (1 + x), x)
    with pytest.raises(NessError, match=r"unknown symbol 'y'.*Known: a, x"):
        collect(a * x / (1 + x), ["y"])
    with pytest.raises(NessError, match=r"got Formulas; of Formulas take one.*formulas\['S'\]"):
        collect(Formulas(("S",), (a * x,)), [x])  # type: ignore[arg-type]


def test_named_coefficients_are_steps_and_give_the_law_back() -> None:
    law = E0 * (k1 * k2 * Su * P - k1r * k2r * P**2) / (k1 * Su + k1r + k2 + k2r * P + 3 * Su * P)
    rate = collect(law, [Su, P])
    named = rate.named("v")
    assert [s.name for s, _ in named.steps] == ["n_P_S", "n_P2", "d_1"]
    assert equal(named["v"], law)
    assert r"n_{P S} &= E_{0} k_{1} k_{2}" in named.latex()
    point = {s.name: k + 2 for k, s in enumerate(named.symbols)}
    assert named.at(point)["v"] == law.subs({s: point[s.name] for s in named.symbols})
    assert not next(s for s, _ in named.steps if s.name == "n_P2").is_positive
