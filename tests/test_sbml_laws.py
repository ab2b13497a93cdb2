"""Rate laws from SBML: what is mass action, what was assumed of signs, and round trips."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import exp, symbols

import nesssym as ns
from nesssym import parsing
from nesssym.networks.sbml_law import Splitter, gathered, mass_action

a, b, k, q, K = symbols("a b k q K", positive=True)
v = symbols("v", real=True)


def read(text: str) -> ns.SBMLModel:
    return ns.from_antimony(text)


def only(text: str):
    (found,) = read(text).model.reactions
    return found


# ------------------------------------------------------------------ mass action


@pytest.mark.parametrize(
    ("net", "wanted"),
    [
        (k * (a - b / q), (k, k / q)),
        ((k + q) * (a - b / q), (k + q, (k + q) / q)),
        (k * (a - b) + q * (a - 2 * b), (k + q, k + 2 * q)),
        (k * (a - b) * (1 + v / 2), (k * (1 + v / 2), k * (1 + v / 2))),
        (k * (a + b) - (k + q) * b, (k, q)),
        (k * a * (1 + b) - k * a * b, (k, 0)),
        (-q * b, (0, q)),
        (k * a * b, None),
        (k * a / (1 + a), None),
        (k * a**2, None),
        (k * a**v, None),
    ],
)
def test_differences_of_mass_action(net, wanted):
    found = mass_action(net, a, b, [a, b])
    if wanted is None:
        assert found is None
    else:
        assert [(x - y).expand() for x, y in zip(found, wanted, strict=True)] == [0, 0]


def test_powers_are_multiplied_out_in_species_only():
    found = gathered(k * (a - b) ** 2 + (k + q), frozenset([a, b]))
    assert found == {a**2: k, a * b: -2 * k, b**2: k, 1: k + q}
    assert gathered((1 + a) ** 300, frozenset([a])) is None


def test_products_of_sums_are_mass_action():
    r = only("R: A + 2 X -> C; (k1 + k2)*(A*X^2 - C/Keq)*exp(-q/2); k1=1; k2=2; Keq=3; q=4")
    k1, k2, Keq, w = (parsing.symbol(s) for s in ("k1", "k2", "Keq", "q"))
    assert (r.law, r.rate) == (False, (k1 + k2) * exp(-w / 2))
    assert (r.reverse * Keq - r.rate).expand() == 0


def test_a_law_that_is_partly_mass_action_is_kept_whole():
    r = only("R: A -> B; k*A - q*B + p*A*B; k=1; q=2; p=3")
    assert (r.law, str(r.rate), str(r.reverse)) == (True, "A*B*p + A*k", "B*q")


# ------------------------------------------------------------------ signs


def test_a_sum_of_parameters_has_its_sign_at_the_values():
    m = read("R: A -> B; (0.0084 + 0.00002*v)*A - q*B; v = -80; q = 1")
    (r,) = m.model.reactions
    assert (r.law, str(r.rate)) == (False, "v/50000 + 21/2500")
    assert m.model.assume == (r.rate,)
    assert m.model.subs({"v": 30}).reactions[0].rate == Fraction(9, 1000)
    with pytest.raises(ns.ParameterError, match=r"is -1/625 with v = -500: it must be > 0"):
        m.model.subs({"v": -500})


def test_a_sum_that_is_negative_at_the_values_turns_the_direction():
    m = read("R: A => B; k*(p - q)*A*B/(1 + A); k = 1; p = 1; q = 3")
    (r,) = m.model.reactions
    assert r.text == "B -> A"
    assert str(r.rate) == "A*B*k*(-p + q)/(A + 1)"
    assert [str(e) for e in m.model.assume] == ["-p + q"]


def test_without_values_terms_are_split():
    r = only("R: A -> B; (p - q)*A*B")
    assert (str(r.rate), str(r.reverse)) == ("A*B*p", "A*B*q")


def test_denominators_and_roots_have_their_sign_at_the_start():
    m = read("R: A => B; k*A/(1.01 - B) + sqrt(2 - B)*A; k = 1; A = 1; B = 0.2")
    assert {str(e) for e in m.model.assume} == {"101/100 - B", "2 - B"}
    m = read("R: A => B; k*A/(B - 2); k = -1; A = 1; B = 0.2")
    assert [str(e) for e in m.model.assume] == ["2 - B"]
    even = read("R: A => B; k*A/(B - 2)^2; k = 1; A = 1; B = 0.2").model
    assert even.reactions[0].text == "A -> B"
    assert str(even.reactions[0].rate) == "A*k/(2 - B)**2"
    with pytest.raises(ns.ModelError, match=r"the sign of .* is not known"):
        read("R: A => B; k*A/(1.01 - B); k = 1; A = 1")


def test_a_rate_of_zero_leaves_the_reaction_out():
    m = read("R1: A => B; k*A; R2: B => A; q*(B - C); R3: A => A; A; k = 1; q = 0; C = 1")
    assert [r.name for r in m.model.reactions] == ["R1"]
    assert m.idle == ("R2", "R3")


def test_the_splitter_alone():
    s = Splitter({v: parsing.expr(-2)}, {})
    assert s.split(v * k * a) == (0, 2 * k * a)
    assert s.split(k * (1 - v) * a) == (k * (1 - v) * a, 0)
    assert list(s.assume) == [1 - v]
    assert (
        s.split((a - b) ** 3)[0].subs({a: 2, b: 1}) - s.split((a - b) ** 3)[1].subs({a: 2, b: 1})
        == 1
    )


# ------------------------------------------------------------------ round trips

SPECIES = st.sampled_from(["S", "E", "I", "N", "Na", "beta", "lambda", "time", "in", "x1"])
CONSTANTS = st.sampled_from(["k", "gamma", "pi2", "species", "model", "k_on", "Q", "end"])
NUMBERS = st.builds(Fraction, st.integers(1, 10**12), st.integers(1, 10**12))


@st.composite
def networks(draw):
    """Networks of mass action and of rate laws, whose names mean something elsewhere."""
    lines, names = [], draw(st.lists(SPECIES, min_size=2, max_size=4, unique=True))
    sides = st.dictionaries(st.sampled_from(names), st.integers(1, 3), max_size=2)
    for number in range(draw(st.integers(1, 4))):
        left, right = draw(st.tuples(sides, sides).filter(lambda pair: pair[0] != pair[1]))
        texts = [" + ".join(f"{n} {s}" for s, n in side.items()) for side in (left, right)]
        k, x = draw(CONSTANTS), draw(NUMBERS)
        rate = draw(
            st.sampled_from([f"{k}", f"{x}", f"{k}*{x}", f"{k}/(1 + q)", f"exp(-{k}/3)*{x}"])
        )
        if draw(st.booleans()):
            lines.append(
                f"r{number}: {texts[0] or 0} <-> {texts[1] or 0} ; {rate}, {draw(NUMBERS)}"
            )
        elif draw(st.booleans()) and left:
            s = next(iter(left))
            lines.append(f"r{number}: {texts[0]} -> {texts[1] or 0} ; v = {rate}*{s}/(w + {s})")
        else:
            lines.append(f"r{number}: {texts[0] or 0} -> {texts[1] or 0} ; {rate}")
    text = "\n".join(lines)
    there = ns.ReactionNetwork.from_text(text).species
    held = draw(st.lists(st.sampled_from(there), max_size=1)) if len(there) > 1 else []
    return ns.ReactionNetwork.from_text(text, chemostats=held)


def same(m: ns.SBMLModel, r: ns.ReactionNetwork) -> bool:
    """Whether a network came back with the same species, chemostats and rates of change."""
    ours, theirs = r.rate_equations(), m.model.rate_equations()
    return (
        set(m.model.species) == set(r.species)
        and set(m.model.chemostats) == set(r.chemostats)
        and [x.name for x in m.model.reactions] == [x.name for x in r.reactions]
        and all((ours[s] - theirs[s]).expand() == 0 for s in r.internal)
    )


@settings(max_examples=60, deadline=None)
@given(networks())
def test_sbml_gives_networks_back(r):
    assert same(ns.parse_sbml(ns.to_sbml(r)), r)


@settings(max_examples=25, deadline=None)
@given(networks())
def test_antimony_gives_networks_back(r):
    assert same(ns.from_antimony(ns.to_antimony(r)), r)
