"""Constants of enzyme mechanisms as Cleland and Segel tabulate them, derived here."""

import pytest

import nesssym as ns
from nesssym import parsing
from nesssym.exact.rational import equal

# I. H. Segel, Enzyme Kinetics (Wiley, 1975), chapters 2, 3 and 9; ours are k_i and k_ir.
MECHANISMS = {
    "uni uni": (
        "E + A <-> EA \n EA <-> EP \n EP <-> E + P",
        "A P",
        {
            "Vf": "k2*k3/(k2 + k2r + k3)",
            "Vr": "k1r*k2r/(k1r + k2 + k2r)",
            "K_A": "(k1r*k2r + k1r*k3 + k2*k3)/(k1*(k2 + k2r + k3))",
            "K_P": "(k1r*k2r + k1r*k3 + k2*k3)/(k3r*(k1r + k2 + k2r))",
            "Keq": "k1*k2*k3/(k1r*k2r*k3r)",
        },
    ),
    "ordered uni bi": (
        "E + A <-> EA \n EA <-> EQ + P \n EQ <-> E + Q",
        "A P Q",
        {
            "K_A": "k3*(k1r + k2)/(k1*(k2 + k3))",
            "K_P": "(k1r + k2)/k2r",
            "K_Q": "k1r/k3r",
            "Ki_A": "k1r/k1",
            "Ki_P": "(k2 + k3)/k2r",
            "Ki_Q": "k3/k3r",
        },
    ),
    "ordered bi bi": (
        "E + A <-> EA \n EA + B <-> EAB \n EAB <-> EQ + P \n EQ <-> E + Q",
        "A B P Q",
        {
            "Vf": "k3*k4/(k3 + k4)",
            "Vr": "k1r*k2r/(k1r + k2r)",
            "K_A": "k3*k4/(k1*(k3 + k4))",
            "K_B": "k4*(k2r + k3)/(k2*(k3 + k4))",
            "K_P": "k1r*(k2r + k3)/(k3r*(k1r + k2r))",
            "K_Q": "k1r*k2r/(k4r*(k1r + k2r))",
            "Ki_A": "k1r/k1",
            "Ki_B": "(k1r + k2r)/k2",
            "Ki_P": "(k3 + k4)/k3r",
            "Ki_Q": "k4/k4r",
        },
    ),
    "ping pong": (
        "E + A <-> EA \n EA <-> F + P \n F + B <-> FB \n FB <-> E + Q",
        "A B P Q",
        {
            "Vf": "k2*k4/(k2 + k4)",
            "Vr": "k1r*k3r/(k1r + k3r)",
            "K_A": "k4*(k1r + k2)/(k1*(k2 + k4))",
            "K_B": "k2*(k3r + k4)/(k3*(k2 + k4))",
            "K_P": "k3r*(k1r + k2)/(k2r*(k1r + k3r))",
            "K_Q": "k1r*(k3r + k4)/(k4r*(k1r + k3r))",
            "Ki_A": "k1r/k1",
            "Ki_B": "k3r/k3",
            "Ki_P": "k2/k2r",
            "Ki_Q": "k4/k4r",
        },
    ),
    "ordered ter uni": (
        "E + A <-> EA \n EA + B <-> EAB \n EAB + C <-> EABC \n EABC <-> E + P",
        "A B C P",
        {"K_C": "(k3r + k4)/k3", "Ki_A": "k1r/k1", "Ki_B": "k2r/k2"},
    ),
}
RANDOM = """
    a1: E + A <-> EA ; k1, k1r
    b1: E + B <-> EB ; k2, k2r
    b2: EA + B <-> EAB ; k3, k3r
    a2: EB + A <-> EAB ; k4, k4r
    cat: EAB <-> EPQ ; k5, k5r
    p1: EPQ <-> EQ + P ; k6, k6r
    q1: EPQ <-> EP + Q ; k7, k7r
    q2: EQ <-> E + Q ; k8, k8r
    p2: EP <-> E + P ; k9, k9r
"""


def rate(text, held, **options):
    return ns.rate_equation(ns.ReactionNetwork.from_text(text, held.split()), total=1, **options)


@pytest.mark.parametrize("name", MECHANISMS)
def test_constants_of_the_tables(name):
    text, held, known = MECHANISMS[name]
    found = rate(text, held).constants()
    for label, value in known.items():
        assert equal(found[label], parsing.expr(value)), label


@pytest.mark.parametrize("name", MECHANISMS)
def test_haldane_holds_in_numbers(name):
    text, held, _ = MECHANISMS[name]
    v = rate(text, held)
    relation, found = v.haldane(), v.constants()
    values = {s.name: i + 2 for i, s in enumerate(v.network.symbols)}
    inside = {s.name for s in found.symbols}
    numbers = found.at({k: x for k, x in values.items() if k in inside})
    right = relation.rhs.xreplace({parsing.symbol(k): x for k, x in numbers.items()})
    assert right == numbers["Keq"]
    assert relation.lhs == parsing.symbol("Keq")


@pytest.mark.parametrize("name", ["ordered bi bi", "ping pong"])
def test_the_rate_in_clelands_form(name):
    """As Cleland writes it, all terms of the denominator."""
    text, held, _ = MECHANISMS[name]
    v = rate(text, held)
    form = {
        "ordered bi bi": "Vr*Ki_A*K_B + Vr*K_B*A + Vr*K_A*B + Vf*K_Q*P/Keq + Vf*K_P*Q/Keq + Vr*A*B"
        " + Vf*K_Q*A*P/(Keq*Ki_A) + Vf*P*Q/Keq + Vr*K_A*B*Q/Ki_Q + Vr*A*B*P/Ki_P"
        " + Vf*B*P*Q/(Ki_B*Keq)",
        "ping pong": "Vr*K_B*A + Vr*K_A*B + Vf*K_Q*P/Keq + Vf*K_P*Q/Keq + Vr*A*B"
        " + Vf*K_Q*A*P/(Keq*Ki_A) + Vf*P*Q/Keq + Vr*K_A*B*Q/Ki_Q",
    }[name]
    whole = parsing.expr(f"Vf*Vr*(A*B - P*Q/Keq)/({form})")
    constants = {parsing.symbol(k): x for k, x in v.constants().items()}
    assert equal(whole.xreplace(constants), v.expr)


def test_random_bi_bi_in_rapid_equilibrium():
    r = ns.ReactionNetwork.from_text(RANDOM, ["A", "B", "P", "Q"])
    r = r.subs(ns.wegscheider_conditions(r, solve_for=["k4r", "k9r"]))
    v = ns.rate_equation(r, total=1, fast=[x.name for x in r.reactions if x.name != "cat"])
    form = (
        "k5*(A*B - P*Q/Keq)/(Ki_A*K_B + K_B*A + K_A*B + A*B"
        " + Ki_A*K_B*(P/Ki_P + Q/Ki_Q + P*Q/(Ki_Q*K_P)))"
    )
    constants = {parsing.symbol(k): x for k, x in v.constants().items()}
    assert equal(parsing.expr(form).xreplace(constants), v.expr)
    assert equal(v.constants()["Ki_B"], parsing.expr("k2r/k2"))
    assert "Keq" in str(v.haldane())


@pytest.mark.parametrize(
    ("text", "inhibition"),
    [
        ("E + I <-> EI ; a, b", {"Kis_I": "b/a"}),
        ("ES + I <-> ESI ; a, b", {"Kii_I": "b/a"}),
        ("E + I <-> EI ; a, b \n ES + I <-> ESI ; c, d", {"Kis_I": "b/a", "Kii_I": "d/c"}),
    ],
)
def test_inhibitors_of_an_enzyme_that_goes_one_way(text, inhibition):
    """Competitive, uncompetitive, mixed."""
    v = rate(f"E + S <-> ES ; k1, k1r \n ES -> E + P ; k2 \n {text}", "S P I")
    found = v.constants()
    assert found.labels == ("Vf", "K_S", *inhibition)
    assert equal(found["K_S"], parsing.expr("(k1r + k2)/k1"))
    for label, value in inhibition.items():
        assert equal(found[label], parsing.expr(value))
    with pytest.raises(ns.ModelError, match="the enzyme goes one way: there is no equilibrium"):
        v.haldane()


def test_limits_of_the_ordered_mechanism():
    text, held, _ = MECHANISMS["ordered bi bi"]
    v = rate(text, held)
    initial = v.at_zero("P", "Q")
    assert equal(initial.saturated("A", "B").expr, v.constants()["Vf"])
    apparent = initial.saturated("A")
    assert equal(apparent.expr, parsing.expr("k3*k4*B/((k3 + k4)*B + k4*(k2r + k3)/k2)"))
    assert equal(v.at_zero("A", "B").saturated("P", "Q").expr, -v.constants()["Vr"])
    with pytest.raises(ns.ModelError, match="for P -> oo the rate goes to zero"):
        v.at_zero("Q").saturated("P")


def test_a_concentration_that_is_not_collected_is_named():
    v = rate("E + S <-> ES \n ES <-> E + P", "S P", collect=["S"])
    with pytest.raises(ns.UnknownNameError, match="unknown collected concentration 'P'"):
        v.constants()


def test_constants_typeset():
    v = rate("E + S <-> ES \n ES -> E + P \n E + I <-> EI", "S P I")
    assert "K_{is,\\text{I}}" in v.constants().latex()
