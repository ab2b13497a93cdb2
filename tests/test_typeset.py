"""Every LaTeX string is read by KaTeX; what it says is compared with what was meant."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Add, Integer, Integral, Mul, Symbol, cosh, exp, log, rootof, sqrt, symbols, tanh

from nesssym import typeset
from nesssym.errors import TooLargeError
from nesssym.functions import logratio
from tests.katex import LatexError, check

a, b, c = symbols("a b c", positive=True)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*", fullmatch=True)


@pytest.mark.parametrize(
    "wrong", ["k%1", "k#1", "k & l", "k_1_2", "k^1^2", r"\text{a_b}", "{", "$k$"]
)
def test_the_parser_refuses_what_tex_refuses(wrong):
    with pytest.raises(LatexError):
        check(wrong)


@pytest.mark.parametrize(
    ("label", "latex"),
    [
        ("open", r"\text{open}"),
        ("", r"\text{}"),
        ("50% #1 & $2_a {b}", r"\text{50\% \#1 \& \$2\_a \{b\}}"),
        ("^~|", r"\text{\textasciicircum{}\textasciitilde{}\textbar{}}"),
        (r"\input{x}", r"\text{\textbackslash{}input\{x\}}"),
        (
            "A->B<->C>",
            r"\text{A}\mathrel{\to}\text{B}\mathrel{\leftrightarrow}\text{C\textgreater{}}",
        ),
        ("β", r"{\beta}"),
        ("Λλς", r"{\Lambda}{\lambda}{\varsigma}"),
        ("Α→é", r"\text{A}\mathrel{\to}\text{e}"),
        ("\u00b5", r"{\mu}"),
        ("Ca²⁺", r"\text{Ca2+}"),
        ("中\u200b", r"\text{[U+4E2D]}"),
        ("a\nb\0", r"\text{a b }"),
    ],
)
def test_text(label, latex):
    check(typeset.text(label))
    assert typeset.text(label) == latex


@given(st.text(max_size=30))
def test_any_text_is_typeset(label):
    check(f"p_{{{typeset.text(label)}}}x")


@given(st.text(alphabet="abc_^%\\", max_size=8), st.text(alphabet="abc_^%\\", max_size=8))
def test_different_ascii_texts_look_different(one, other):
    assert (typeset.text(one) == typeset.text(other)) == (one == other)


@pytest.mark.parametrize(
    ("plain", "latex"),
    [
        ("k1", "k_{1}"),
        ("k1_10", "k_{1,10}"),
        ("k11_0", "k_{11,0}"),
        ("k1r", "k_{1r}"),
        ("k1off", r"k_{1\mathrm{off}}"),
        ("k_on", r"k_{\mathrm{on}}"),
        ("beta", r"\beta"),
        ("mu_h", r"\mu_{h}"),
        ("T_beta2", r"T_{\beta2}"),
        ("Gamma1", r"\Gamma_{1}"),
        ("GL", r"\mathit{GL}"),
        ("E", "E"),
        ("lambda", r"\lambda"),
    ],
)
def test_name(plain, latex):
    assert typeset.name(plain) == latex
    check(latex)


@given(NAMES)
def test_every_name_can_be_a_base(plain):
    check(rf"{typeset.name(plain)}^{{2}} {typeset.name(plain)}")


@given(st.lists(NAMES, unique=True))
def test_names_are_different(plain):
    names = typeset.names_for(map(Symbol, plain), {})
    assert len(set(names.values())) == len(plain)
    for latex in names.values():
        check(latex)


def test_wished_names_are_taken_and_stay_different():
    names = typeset.names_for([a, b, c], {a: "Z", b: "Z", c: r"\hat{c}"})
    assert list(names.values()) == ["Z", r"\mathtt{b}", r"\hat{c}"]


@pytest.mark.parametrize(
    ("expr", "latex"),
    [
        (a / (a + b), r"\frac{a}{a + b}"),
        (log(a / b), r"\ln{\left(\frac{a}{b} \right)}"),
        (logratio(a, b, a - b), r"\ln\frac{a}{b}"),
        (c * logratio(a, b, a - b), r"c \ln\frac{a}{b}"),
        ((a + b) * logratio(a, b, a - b), r"\left(a + b\right) \ln\frac{a}{b}"),
        (logratio(a, b, a - b) ** 2, r"\left(\ln\frac{a}{b}\right)^{2}"),
        (
            logratio(a, b, a - b) * logratio(b, c, b - c),
            r"\left(\ln\frac{a}{b}\right) \ln\frac{b}{c}",
        ),
        (a * exp(-b * c), "a e^{- b c}"),
        (sqrt(a) + cosh(b) * tanh(c) / 3, None),
        (Symbol("k1") ** 2, "k_{1}^{2}"),
        (Integer(-1), "-1"),
    ],
)
def test_expression(expr, latex):
    found = typeset.expression(expr)
    check(found)
    if latex is not None:
        assert " ".join(found.split()) == latex


def test_a_name_with_a_superscript_can_be_raised():
    check(typeset.expression(a**2, {a: "k^{+}"}))


def test_symbols_that_look_alike_are_told_apart():
    assert typeset.expression(Symbol("k1") / Symbol("k_1")) == r"\frac{k_{1}}{\mathtt{k\_1}}"


def nested(depth):
    expr = a
    for _ in range(depth):
        expr = exp(expr, evaluate=False)
    return expr


def test_too_deep_is_said():
    with pytest.raises(TooLargeError, match="nested too deeply"):
        typeset.expression(nested(2000))
    with pytest.raises(TooLargeError, match="keep shared steps"):
        typeset.equations(["x"], [nested(2000)])
    assert typeset.display(["x"], [nested(2000)]) is None


def lines(block):
    return block.split("\n")[1:-1]


def equations_of(block):
    """Left and right-hand sides, with broken lines joined."""
    joined = "\n".join(lines(block)).replace(" \\\\\n&\\quad {}", "")
    return dict(line.removesuffix(r" \\").split(" &= ") for line in joined.split("\n"))


def tree_sum(letter, terms):
    return Add(*(Mul(*symbols(f"{letter}{i}_1:4", positive=True)) for i in range(terms)))


@pytest.mark.parametrize("width", [20, 60, 100])
@pytest.mark.parametrize("terms", [1, 2, 10, 60])
def test_no_line_is_much_longer_than_asked(terms, width):
    n, z = tree_sum("k", terms), tree_sum("w", terms)
    exprs = [n / z, n, -a * n**2 * z / (a + z), a + sqrt(n) / z]
    block = typeset.equations(["x", "y", "u", "v"], exprs, width=width)
    check(block)
    for line in lines(block):
        visible = re.sub(r"\\[a-z]+|[{}&\\ ]", "", line)
        assert len(visible) <= 1.5 * width + 20


def test_a_long_sum_is_named_once():
    z = tree_sum("w", 40)
    block = typeset.equations(["x", "y"], [a / z, b / z])
    assert [line for line in lines(block) if "frac" in line] == [
        r"x &= \frac{a}{D_{1}} \\",
        r"y &= \frac{b}{D_{1}}",
    ]
    check(block)


def test_a_fraction_is_as_wide_as_its_wider_part():
    block = typeset.equations(["x"], [tree_sum("k", 5) / tree_sum("w", 5)], width=80)
    assert len(lines(block)) == 1


def test_a_sum_and_its_negative_share_a_part():
    n = tree_sum("k", 40)
    parts = equations_of(typeset.equations(["x", "y"], [a * n, a * (-n)]))
    assert list(parts) == ["N_{1}", "x", "y"]
    assert (parts["x"], parts["y"]) == ("N_{1} a", "- N_{1} a")


def test_a_part_takes_no_name_that_is_used():
    z = tree_sum("w", 40)
    block = typeset.equations(["x", "y"], [Symbol("D1") / z, b], names={b: "D_{2}"})
    assert r"\frac{D_{1}}{D_{3}}" in block


def test_named_parts_say_the_same_as_the_whole():
    n, z = tree_sum("k", 12), tree_sum("w", 12)
    (whole,) = equations_of(typeset.equations(["x"], [n / z], width=10_000)).values()
    parts = equations_of(typeset.equations(["x"], [n / z], width=20))
    assert parts["x"] == r"\frac{N_{1}}{D_{1}}"
    assert rf"\frac{{{parts['N_{1}']}}}{{{parts['D_{1}']}}}" == whole


def test_steps_come_first_and_negative_terms_keep_their_sign():
    block = typeset.equations(["J"], [-a + b * c - c - 3], [(c, a + b)], width=100)
    assert lines(block)[0] == r"c &= a + b \\"
    assert lines(block)[1] == r"J &= - a + b c - c - 3"


def test_display():
    shown = typeset.display([typeset.text("J %")], [a / b])
    assert shown.startswith(r"$\displaystyle \begin{aligned}")
    check(shown.strip("$"))
    assert typeset.display(["x"], [tree_sum("k", 3_000)]) is None
    assert typeset.display(["x"], [tree_sum("k", 1_000)]) is None


def test_nothing_to_show():
    check(typeset.equations([], []))


@settings(max_examples=30, deadline=None)
@given(st.lists(NAMES, unique=True, min_size=2, max_size=6), st.integers(10, 120))
def test_programs_in_any_symbols(plain, width):
    x, *rest = (Symbol(name, positive=True) for name in plain)
    total = Add(*rest)
    exprs = [x / (1 + total), log(total) * exp(-x), logratio(x, total, x - total) ** 3]
    check(typeset.equations(["p", "q", "r"], exprs, width=width))


def test_sums_inside_a_root_are_left_alone():
    """A long polynomial has an unknown of its own: a name for it would make no sense outside."""
    x, a = symbols("x a", positive=True)
    polynomial = sum((10**30 + i) * x**i for i in range(1, 6)) - 10**29
    root = rootof(polynomial, 0)
    text = typeset.equations(
        ["p", "q"], [root * (a + 1), Integral(polynomial * a, (x, 0, 1))], width=40
    )
    assert "N_{" not in text
    assert text.count("x^{5}") == 2
