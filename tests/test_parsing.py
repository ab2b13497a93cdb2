"""Text and values become exact expressions, or a message that says what is wrong and where."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sympy import (
    Add,
    Dummy,
    Float,
    I,
    Integer,
    Mul,
    Pow,
    Rational,
    S,
    Symbol,
    cosh,
    exp,
    log,
    nan,
    oo,
    pi,
    sinh,
    sqrt,
    symbols,
    tanh,
    zoo,
)

import nesssym as ns
from nesssym import parsing
from nesssym.errors import (
    NameClashError,
    ParameterError,
    ParseError,
    UnknownNameError,
)

a, b, k, x = symbols("a b k x", positive=True)


@pytest.mark.parametrize(
    "name", ["k1", "k1_10", "E", "I", "S", "N", "beta", "gamma", "Na", "lambda"]
)
def test_a_name_is_a_positive_symbol(name):
    assert parsing.symbol(name) == Symbol(name, positive=True) == parsing.expression(name)
    assert parsing.symbol(name, positive=False) == Symbol(name, real=True)


@pytest.mark.parametrize("name", ["", "1k", "_k", "k_", "k__1", "k-1", "k 1", "k\n", "μ", "а", 3])
def test_what_a_name_may_be_is_said(name):
    with pytest.raises(ParseError, match="not a name: write letters and digits, beginning"):
        parsing.symbol(name)


@pytest.mark.parametrize("name", ["exp", "ln", "NaN", "inf", "None", "true"])
def test_functions_and_values_are_no_names(name):
    with pytest.raises(ParseError, match="it is a function or a value"):
        parsing.symbol(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1", Rational(1, 10)),
        ("1e-3", Rational(1, 1000)),
        (".5 + 2.", Rational(5, 2)),
        ("12345678901234567890.1", Rational(123456789012345678901, 10)),
        ("a - b - x", a - b - x),
        ("a / b / x * k", a * k / (b * x)),
        ("a - (b - x)", a - b + x),
        ("-a^2", -(a**2)),
        ("(-a)**2", a**2),
        ("2*x^2", 2 * x**2),
        ("2**3**2", Integer(512)),
        ("2^-2", Rational(1, 4)),
        ("a*-b", -a * b),
        ("+a - -b", a + b),
        ("x**(1/2)", sqrt(x)),
        ("x**2.5", x ** Rational(5, 2)),
        ("a*x^b/(k^b + x^b)", a * x**b / (k**b + x**b)),
        ("k*exp(-a*b/2)", k * exp(-a * b / 2)),
        ("log(a) + ln(b)", log(a) + log(b)),
        ("exp(2*log(a))", a**2),
        ("sqrt(a)*sinh(b)*cosh(k)*tanh(x)", sqrt(a) * sinh(b) * cosh(k) * tanh(x)),
        ("\ta * ( b )  ", a * b),
        ("lambda*if", Symbol("lambda", positive=True) * Symbol("if", positive=True)),
        ("+".join(["a"] * 400), 400 * a),
        ("(" * 99 + "a" + ")" * 99, a),
    ],
)
def test_expressions(text, expected):
    assert parsing.expression(text) == expected


def test_names_stand_for_what_is_given():
    real = Symbol("E", real=True)
    assert parsing.expression("E*k", {"E": real, "k": S.Half}, strict=True) == real / 2
    assert parsing.expression("E*k", {"E": real}) == real * k
    with pytest.raises(
        UnknownNameError, match=r"unknown name 'ATB'\. Did you mean 'ATP'\? Known: ATP, k"
    ):
        parsing.expression("2*ATB", {"ATP": a, "k": k}, strict=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a number, a name, a function or '.' is wanted, not 'the end'"),
        ("   ", "not 'the end'"),
        ("a +", "not 'the end', at character 4"),
        ("k1*[1]", r"not '\[', at character 4 of 'k1\*\[1\]'"),
        ("a b", "an operator is wanted, not 'b', at character 3"),
        ("2k1", "an operator is wanted, not 'k1', at character 2"),
        ("a(b)", r"an operator is wanted, not '\(', at character 2"),
        ("exp + 1", r"'\(' after the function is wanted, not '\+', at character 5"),
        ("exp()", r"not '\)', at character 5"),
        ("exp(a, b)", "not ',', at character 6"),
        ("exp(*a)", r"not '\*', at character 5"),
        ("(a", "a bracket is not closed, at character 3"),
        ("a)", "a bracket is not opened, at character 2"),
        ("a // b", "not '/', at character 4"),
        ("a < b", "not '<'"),
        ("a = b", "not '='"),
        ("a if b else c", "not 'if'"),
        ("lambda: 0", "not ':', at character 7"),
        ("x.__class__", r"not '\.', at character 2"),
        ("__import__('os').system('id')", "not '_', at character 1"),
        ("f'{x}'", 'not "\'", at character 2'),
        ("'a'", "at character 1"),
        ("1_000", "not '_', at character 2"),
        ("0x10", "not 'x10', at character 2"),
        ("1j", "not 'j'"),
        ("1.2.3", r"not '\.3'"),
        ("kμ", "not 'μ', at character 2"),
        ("\u0430 + 1", "not '\u0430', at character 1"),
        ("２", "not '２'"),
        ("a\0", "not '\\\\x00', at character 2"),
        ("a\nb", "not '\\\\n', at character 2"),
        ("nan", "'nan' is neither a finite number nor a name"),
        ("a + Infinity", "'Infinity' is neither a finite number nor a name, at character 5"),
        ("None", "'None' is neither"),
        ("1/0", "division by zero, at character 3"),
        ("a/(b - b)", "division by zero, at character 4"),
        ("0**-1", "division by zero"),
        ("(a - 1)^n", "only what is positive has a power n, at character 2"),
        ("(-2)^n", "only what is positive has a power n"),
        ("2^(n + 2000)", "the exponent is beyond 1000"),
        ("(9^(900*n))^900", "numbers of up to .* bits are more than"),
        ("2**(1/0)", "division by zero"),
        ("log(0)", "the logarithm of 0 is not a finite number"),
        ("log(-a)", "the logarithm of -a is not"),
        ("sqrt(-2)", "a root of a negative number is not real"),
        ("(-8)**(1/3)", "a root of a negative number"),
        (3, "an expression is text, not int"),
        (b"a", "an expression is text, not bytes"),
    ],
)
def test_the_place_is_shown(text, message):
    with pytest.raises(ParseError, match=message):
        parsing.expression(text)


def test_only_the_neighbourhood_of_an_error_is_shown():
    with pytest.raises(ParseError) as caught:
        parsing.expression("+".join(["k1"] * 100) + "]" + "+k1" * 100)
    assert "character 300 of '...+k1+k1" in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" * 200_000, "200000 characters are more than 10000"),
        ("(" * 100_000, "100000 characters"),
        ("(" * 5_000, "brackets are nested more than 100 deep, at character 101"),
        ("-" * 900 + "1", "operations are nested more than 100 deep"),
        ("2**" * 300 + "2", "nested more than 100 deep"),
        ("a+" * 2_000 + "a", "more than 1000 numbers, names and operators"),
        ("9" * 2_000, "at most 1000 characters"),
        ("1e999999999", "its exponent at most 1000, at character 1"),
        ("9**9**9", "the exponent is beyond 1000"),
        ("2**-9999", "the exponent is beyond 1000"),
        ("exp(-999999999999*log(2))", "bits are more than 14000"),
        ("(((2**64)**64)**64)", "numbers of up to 262272 bits are more than 14000"),
        ("(((a+b)**64)**64)**64", "the degree, up to 4096, is beyond 1000"),
        ("1e300*" * 100 + "1", "bits are more than 14000"),
        ("x**600*x**600", "the degree, up to 1200"),
        ("exp(999999999999*log(2))", "bits are more than 14000"),
        ("exp(99*log(exp(99*log(x))*x))", "bits are more than 14000"),
        ("sqrt(" + "9" * 900 + ")", "a root of numbers of more than 1000 bits"),
        ("2*(" * 90 + "+".join(f"a{i}" for i in range(300)) + ")" * 90, "bits are more than 14000"),
        ("-(" * 90 + "+".join(f"a{i}" for i in range(300)) + ")" * 90, "bits are more than 14000"),
    ],
)
def test_what_would_be_large_is_refused_before_it_is_computed(text, message):
    with pytest.raises(ParseError, match=message):
        parsing.expression(text)


def test_a_full_stack_is_a_parse_error():
    def descend(depth):
        return descend(depth - 1) if depth else parsing.expression("(" * 90 + "a+1" + ")+1" * 90)

    def deepest():
        depth = 0
        try:
            while True:
                descend(depth)
                depth += 20
        except ParseError as error:
            return str(error)

    assert "nested too deeply" in deepest()


@given(st.text(alphabet="ab019.eE+-*/^() _explogsqrt", max_size=40) | st.text(max_size=20))
@example("exp(log(0.5)*1e9)")
def test_any_text_gives_an_expression_or_a_parse_error(text):
    try:
        value = parsing.expression(text)
    except ParseError:
        with pytest.raises(ParseError, match=r"at character \d+ of"):
            parsing.expression(text)
    else:
        assert not value.has(nan, oo, -oo, zoo, I, Float)


leaves = st.one_of(
    st.sampled_from([("a", a), ("k_on", Symbol("k_on", positive=True)), ("0.25", Rational(1, 4))]),
    st.integers(1, 99).map(lambda n: (str(n), Integer(n))),
)
OPERATIONS = {
    "+": Add,
    "-": lambda u, v: u - v,
    "*": Mul,
    "/": lambda u, v: u / v if v != 0 else u,
}


def combined(children):
    binary = st.tuples(st.sampled_from("+-*"), children, children).map(
        lambda t: (f"({t[1][0]}) {t[0]} ({t[2][0]})", OPERATIONS[t[0]](t[1][1], t[2][1]))
    )
    power = st.tuples(children, st.integers(0, 3)).map(
        lambda t: (f"({t[0][0]})^{t[1]}", Pow(t[0][1], t[1]))
    )
    return binary | power


@given(st.recursive(leaves, combined, max_leaves=12))
def test_text_means_what_python_would_mean(pair):
    text, expected = pair
    assert (parsing.expression(text) - expected).expand() == 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, Integer(3)),
        (10**4000, Integer(10**4000)),
        (Fraction(-1, 3), Rational(-1, 3)),
        (Decimal("0.1"), Rational(1, 10)),
        (0.1, Rational(3602879701896397, 2**55)),
        (-0.0, Integer(0)),
        (5e-324, Rational(1, 2**1074)),
        (np.float64(0.5), S.Half),
        (np.float32(0.1), Rational(13421773, 2**27)),
        (np.longdouble(3), Integer(3)),
        (np.int64(-7), Integer(-7)),
        (np.uint8(200), Integer(200)),
        (flint.fmpz(4), Integer(4)),
        (flint.fmpq(-2, 6), Rational(-1, 3)),
        (mpmath.mpf("0.25"), Rational(1, 4)),
        (Float(0.1), Rational(3602879701896397, 2**55)),
        (Rational(2, 3), Rational(2, 3)),
        (sqrt(2) * pi, sqrt(2) * pi),
        (2.0 * sqrt(2), 2 * sqrt(2)),
        ("1/3", Rational(1, 3)),
        (" -0.1/1e-3 ", Integer(-100)),
        ("1e-3", Rational(1, 1000)),
        ("+2", Integer(2)),
    ],
)
def test_numbers_are_exact(value, expected):
    found = parsing.number(value)
    assert not found.has(Float)
    assert found == expected


def test_long_floats_keep_every_digit():
    value = Float("0.1", 50)
    found = parsing.number(value)
    assert found.q.bit_count() == 1
    assert 0 < abs(found - Rational(1, 10)) < Rational(1, 10**50)
    assert Float(found, 50) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_come_back(value):
    found = parsing.number(value)
    assert Fraction(int(found.p), int(found.q)) == Fraction(value)


@given(st.fractions())
def test_fractions_as_text_are_exact(value):
    assert parsing.number(str(value)) == Rational(value.numerator, value.denominator)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (math.nan, "nan is not a finite real number"),
        (-math.inf, "-inf is not a finite real number"),
        (np.float64("inf"), "inf.* is not a finite"),
        (np.float32("nan"), "nan.* is not a finite"),
        (Decimal("NaN"), "NaN.* is not a finite"),
        (Decimal("1e999999999"), "its exponent is beyond 1000"),
        (mpmath.mpf("inf"), "is not a finite real number"),
        (1 + 2j, r"\(1\+2j\) is not a finite real number"),
        (I, "I is not a finite real number"),
        (nan, "nan is not"),
        (oo, "oo is not"),
        (zoo, "zoo is not"),
        (a, "a is not a finite real number"),
        (True, "True is a truth value"),
        (np.False_, "False is a truth value"),
        (None, "None is not a finite real number"),
        ([1], r"\[1\] is not a finite real number"),
    ],
)
def test_what_is_no_number_is_named(value, message):
    with pytest.raises(ParameterError, match=message):
        parsing.number(value)


@pytest.mark.parametrize("text", ["", "abc", "1/2/3", "nan", "1 2", "1" * 200_000])
def test_text_that_is_no_number(text):
    with pytest.raises(ParseError, match=r"is not a number such as 2, -1/3, 0\.1 or 1e-3"):
        parsing.number(text)


def test_numbers_as_text_are_bounded():
    with pytest.raises(ParseError, match="division by zero in '1/0'"):
        parsing.number("1/0")
    with pytest.raises(ParseError, match="its exponent at most 1000"):
        parsing.number("1e99999")


def test_expr_takes_text_expressions_and_numbers():
    assert parsing.expr("2*E", {"E": a}) == 2 * a
    assert parsing.expr(0.1 * a + exp(-0.5 * b)) == Rational(3602879701896397, 2**55) * a + exp(
        -b / 2
    )
    assert parsing.expr(Float("0.1", 50) * a).coeff(a) == parsing.number(Float("0.1", 50))
    assert isinstance(parsing.expr(2.0), Integer)
    with pytest.raises(ParameterError, match="nan"):
        parsing.expr(nan)


def test_substitution():
    assert parsing.substitution({a: "2*b", "b": 0.5}, [a, b]) == {a: 2 * b, b: S.Half}
    assert parsing.substitution({Symbol("a"): 1}, [a]) == {a: 1}
    with pytest.raises(UnknownNameError, match=r"unknown parameter 'k1'\. Known: a, b"):
        parsing.substitution({"k1": 1}, [a, b])
    with pytest.raises(NameClashError, match="parameter a is given twice"):
        parsing.substitution({"a": 1, a: 2}, [a])


def test_distinct_symbols():
    parsing.check_distinct([a, b, a])
    with pytest.raises(NameClashError) as caught:
        parsing.check_distinct([Symbol("k"), b, Symbol("k", positive=True)])
    assert str(caught.value) == (
        "two different symbols are named 'k': one has no assumptions, the other is positive; make "
        "both in one way, as Symbol('k', positive=True), or rename one"
    )
    with pytest.raises(NameClashError, match="one is real, the other is nonnegative"):
        parsing.check_distinct([Symbol("k", real=True), Symbol("k", nonnegative=True)])
    with pytest.raises(NameClashError, match="named 'k'"):
        parsing.check_distinct([Dummy("k"), Dummy("k")])


@pytest.mark.parametrize(
    ("symbol", "value", "message"),
    [
        (a, Integer(0), "parameter a is 0: it must be > 0"),
        (a, 1 - sqrt(2), r"parameter a is 1 - sqrt\(2\): it must be > 0"),
        (Symbol("n", nonnegative=True), Integer(-1), "parameter n is -1: it must be >= 0"),
        (Symbol("E", real=True), I, "parameter E is I: it must be finite and real"),
        (Symbol("E"), oo, "parameter E is oo: it must be finite"),
        (Symbol("E"), nan, "parameter E is nan: it must be finite"),
    ],
)
def test_values_out_of_range(symbol, value, message):
    with pytest.raises(ParameterError, match=message):
        parsing.check_values({b: Integer(1), symbol: value})


def test_values_in_range_and_assumptions():
    parsing.check_values({a: S.Half, Symbol("n", nonnegative=True): S.Zero, b: x - 1}, [a + k])
    parsing.check_values({a: Integer(2), b: Integer(1)}, [a - b, a - k])
    with pytest.raises(ParameterError, match="a - b is -1 with a = 1, b = 2: it must be > 0"):
        parsing.check_values({a: Integer(1), b: Integer(2), k: S.One}, [a + b, a - b])


@pytest.mark.parametrize("shape", ["1 + a/({})", "1 + exp({})", "1 + sqrt(a + {})"])
def test_quotients_of_sums_within_one_another_are_bounded(shape: str) -> None:
    text = "1 + a"
    for _ in range(9):
        text = shape.format(text)
    parsing.expression(text)
    for _ in range(3):
        text = shape.format(text)
    with pytest.raises(ParseError, match="of sums nested over 10 deep"):
        parsing.expression(text)


def test_nested_products_of_sums_are_no_trouble() -> None:
    text = "1"
    for _ in range(45):
        text = f"1 + a*({text})"
    assert parsing.expression(text).subs({Symbol("a", positive=True): 1}) == 46


def test_powers_that_could_not_be_held_are_refused_when_values_come():
    hill = ns.StateGraph.from_text("A <-> B ; x^n/(1 + x^n), 1")
    assert hill.subs({"x": 2, "n": 3}).transitions[0].rate == Rational(8, 9)
    state = ns.steady_state(hill).state
    assert state.at({"x": 2, "n": 3})["A"] == Rational(9, 17)
    for refuse in (hill.subs, state.at, state.subs):
        with pytest.raises(ns.TooLargeError, match=r"x\*\*n would be .* bits; give the exponent"):
            refuse({"x": 2, "n": 10**12})
    tower = ns.StateGraph.from_text("A <-> B ; 9^9^9^9^n, 1")
    with pytest.raises(ns.TooLargeError, match="a number of 1549681956 bits"):
        tower.subs({"n": 1})


def test_a_small_positive_difference_is_positive():
    """SymPy leaves the sign of a sum open whose terms cancel in the first digits."""
    value = Integer(190632) / (56125 * (Rational(384, 5) - 48 * sqrt(1730) / 25))
    value += Rational(3055, 2694)
    x = Symbol("x", positive=True)
    parsing.check_values({x: value}, [x])
    with pytest.raises(ns.ParameterError, match="must be > 0"):
        parsing.check_values({x: -value})
