"""Steady states of reaction networks against the literature, against rates, against time."""

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Rational, expand, log, sqrt, symbols

import nesssym as ns
from nesssym.exact.rational import equal
from tests.models import FUTILE

MM = "E + S <-> ES ; k1, k1r \n ES <-> E + P ; k2, k2r"
SCHLOEGL = "A + 2 X <-> 3 X ; k1, k2 \n B <-> X ; k3, k4"
BRUSSELATOR = "A <-> X \n B + X <-> Y + D \n 2 X + Y <-> 3 X \n X <-> F"


def network(text, chemostats=(), **options):
    return ns.ReactionNetwork.from_text(text, chemostats, **options)


def residual(ss):
    """The rates of change at a state, as numbers."""
    env = {x: ss[s] for s, x in zip(ss.model.internal, internal(ss.model), strict=True)}
    return [float(e.xreplace(env)) for e in ss.model.rate_equations().values()]


def internal(r):
    return [r.concentrations[s] for s in r.internal]


def test_michaelis_menten():
    ss = ns.steady_state(network(MM, ["S", "P"]), totals={"E": "E0"})
    k1, k1r, k2, k2r, S, P, E0 = symbols("k1 k1r k2 k2r S P E0", positive=True)
    Z = k1 * S + k1r + k2 + k2r * P
    assert equal(ss["ES"], E0 * (k1 * S + k2r * P) / Z)
    assert equal(ss.currents["R1"], E0 * (k1 * k2 * S - k1r * k2r * P) / Z)
    assert equal(ss.currents["R1"], ss.currents["R2"])
    assert ss.model.state_graph().states == ("E", "ES")


def test_totals_have_a_name_of_their_own():
    ss = ns.steady_state(network(MM, ["S", "P"]))
    assert "E_tot" in [s.name for s in ss.state.symbols]


def test_closed_michaelis_menten_with_numbers():
    """An irreversible step uses up the substrate; a reversible one leaves an equilibrium."""
    r = network("E + S <-> ES ; 2, 1 \n ES <-> E + P ; 1, 1/3")
    ss = ns.steady_state(r, totals={"E": 1, "S": 5})
    assert np.allclose(residual(ss), 0, atol=1e-14)
    assert ss.stability == "stable"
    assert all(x == 0 for x in (ss.currents[n].simplify() for n in ss.currents))


def test_an_open_chain_is_poisson_reference_J09():
    r = network("""
        A <-> B ; 3, 1
        B <-> C ; 2, 1
        C <-> A ; 4, 1/2
        0 -> A ; 5
        C -> 0 ; 2
    """)
    ss = ns.steady_state(r)
    assert [ss[s] for s in "ABC"] == [Rational(19, 3), Rational(43, 6), Rational(5, 2)]
    assert (ss.currents["R4"], ss.currents["R5"]) == (5, 5)
    assert ss.stability == "stable"


def test_several_enzymes_at_once():
    """Linkage classes are solved each by itself."""
    r = network("E + S <-> ES \n ES <-> E + P \n G + P <-> GP \n GP <-> G + S", ["S", "P"])
    ss = ns.steady_state(r, totals={"E": 1, "G": 2})
    assert equal(ss["E"] + ss["ES"], 1)
    assert equal(ss["G"] + ss["GP"], 2)


def test_a_catalyst_that_is_never_bound():
    """The internal species stay as they are, and yet there is a current."""
    r = network("E + S <-> E + P ; k, kr", ["S", "P"])
    ss = ns.steady_state(r, totals={"E": "E0"})
    k, kr, S, P, E0 = symbols("k kr S P E0", positive=True)
    assert ss["E"] == E0
    assert expand(ss.currents["R1"] - E0 * (k * S - kr * P)) == 0
    assert ns.affinities(r)["R1"] == log(S * k / (P * kr))


def test_schloegl_has_three_states():
    r = network(SCHLOEGL, ["A", "B"])
    values = {"k1": 6, "k2": 1, "k3": 6, "k4": 11, "A": 1, "B": 1}
    found = ns.steady_states(r, values=values)
    assert [(ss["X"], ss.stability) for ss in found] == [
        (1, "stable"),
        (2, "unstable"),
        (3, "stable"),
    ]
    with pytest.raises(ns.ModelError, match=r"3 steady states, with X = 1 \(stable\), 2 \(unst"):
        ns.steady_state(r, values=values)


def test_schloegl_without_numbers_says_which_equation():
    with pytest.raises(ns.TooLargeError, match="X is a root of degree 3 of"):
        ns.steady_state(network(SCHLOEGL, ["A", "B"]))


def test_a_double_root_is_one_marginal_state():
    """x^3 - 4 x^2 + 5 x - 2 = (x - 1)^2 (x - 2)."""
    r = network(SCHLOEGL, {"A": 1, "B": 1}).subs({"k1": 4, "k2": 1, "k3": 2, "k4": 5})
    found = ns.steady_states(r)
    assert [(ss["X"], ss.stability) for ss in found] == [(1, "marginal"), (2, "stable")]


def test_roots_that_are_no_radicals():
    """x^3 - 4 x^2 + 5 x - 1 is irreducible with one real root."""
    r = network(SCHLOEGL, {"A": 1, "B": 1}).subs({"k1": 4, "k2": 1, "k3": 1, "k4": 5})
    ss = ns.steady_state(r)
    root = float(ss["X"])
    assert abs(root**3 - 4 * root**2 + 5 * root - 1) < 1e-14
    ball = ss.values(50)["X"]
    assert ball.rel_accuracy_bits() > 160
    assert (ball**3 - 4 * ball**2 + 5 * ball - 1).contains(0)


def test_numbers_that_are_no_radicals_compile():
    """Kernels enclose a root of a polynomial; the currents of both reactions cancel in it."""
    r = network(SCHLOEGL, {"A": 1, "B": 1}).subs({"k1": 4, "k2": 1, "k3": 1, "k4": 5})
    ss = ns.steady_state(r)
    ball = ns.compile(ss.state, backend="arb")()["X"]
    assert ball.overlaps(ss.values(30)["X"])
    assert ns.compile(ss.currents)()["R1"] == pytest.approx(-ns.compile(ss.currents)()["R2"])
    assert float(ns.compile(ns.entropy_production(ss), backend="mpmath")()["sigma"]) > 0


def test_one_change_of_sign_gives_the_only_root_for_symbols():
    """Three monomers make a trimer: T^(1/3) is no closed form, but there is just one root."""
    r = network("3 X <-> Y ; k, kr")
    ss = ns.steady_state(r, totals={"X": "T"})
    point = {"k": 2, "kr": 1, "T": 7}
    assert float(ss.state.at(point)["X"]) == pytest.approx(1)
    kernel = ns.compile(ss.state)
    assert kernel(k=2.0, kr=1.0, T=7.0) == pytest.approx({"X": 1.0, "Y": 2.0})
    exact = ns.steady_state(r, totals={"X": 5}, values={"k": 3, "kr": 2})
    assert kernel(k=3.0, kr=2.0, T=5.0)["X"] == pytest.approx(float(exact["X"]))


def test_brusselator_in_closed_form():
    r = network(BRUSSELATOR, ["A", "B", "D", "F"])
    ss = ns.steady_state(r)
    names = "k1 k1r k2 k2r k3 k3r k4 k4r A B D F"
    k1, k1r, k2, k2r, k3, k3r, k4, k4r, A, B, D, F = symbols(names, positive=True)
    x = (k1 * A + k4r * F) / (k1r + k4)
    assert equal(ss["X"], x)
    assert equal(ss["Y"], (k2 * B * x + k3r * x**3) / (k2r * D + k3 * x**2))


@pytest.mark.parametrize(("B", "stability"), [("19/10", "stable"), ("21/10", "unstable")])
def test_brusselator_oscillates_beyond_one_plus_a_squared(B, stability):
    """Prigogine and Lefever: with one-way steps X = A, Y = B/A, unstable where B > 1 + A^2."""
    r = network("0 -> X ; 1 \n X -> Y ; B \n 2 X + Y -> 3 X ; 1 \n X -> 0 ; 1").subs({"B": B})
    ss = ns.steady_state(r)
    assert (ss["X"], ss["Y"]) == (1, Rational(B))
    assert ss.stability == stability


def test_futile_cycle_with_three_states():
    """Two-site phosphorylation is bistable: all three states are found."""
    r = network(FUTILE)
    totals = {"E": 1, "F": 1, "S0": 10}
    found = ns.steady_states(r, totals)
    assert [ss.stability for ss in found] == ["stable", "unstable", "stable"]
    for ss in found:
        assert np.allclose(residual(ss), 0, atol=1e-11)
        for law, total in zip(r.conservation_laws(), (10, 1, 1), strict=True):
            assert abs(sum(n * float(ss.values()[s]) for s, n in law.items()) - total) < 1e-12


def test_quadratic_closed_form():
    r = network("2 X <-> Y ; k, kr")
    ss = ns.steady_state(r, totals={"X": "T"})
    k, kr, T = symbols("k kr T", positive=True)
    x, y = ss["X"], ss["Y"]
    point = {k: Rational(1), kr: Rational(1), T: Rational(3)}
    assert (x.xreplace(point), y.xreplace(point)) == (1, 1)
    assert x.has(sqrt(kr * (8 * T * k + kr))) or x.atoms(sqrt(2).func)
    assert ns.compile(ss.state)(k=1.0, kr=1.0, T=3.0) == {"X": 1.0, "Y": 1.0}


def test_conditions_for_a_positive_state_are_checked():
    """X = b/c, Y = (a - b)/d is positive only where a > b."""
    r = network("0 -> X + Y ; a \n X -> 0 ; c \n Y -> 0 ; d")
    ss = ns.steady_state(r)
    assert ss.state.at({"a": 3, "c": 1, "d": 2})["Y"] == Rational(3, 2)
    r = network("0 -> Y ; a \n X + Y -> 2 X ; k \n X -> 0 ; c \n Y -> 0 ; d")
    ss = ns.steady_state(r)
    with pytest.raises(ns.ParameterError, match="it must be > 0"):
        ss.state.at({"a": 1, "k": 1, "c": 1, "d": 2})
    with pytest.raises(ns.NoSteadyStateError, match="no steady state has positive"):
        ns.steady_states(r, values={"a": 1, "k": 1, "c": 1, "d": 2})


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("A -> B ; 1 \n B -> C ; 1 \n 2 C -> 0 ; 1", {}, "A is used up but never made"),
        ("0 -> X ; 1 \n X -> Y ; 1", {}, "Y would grow for ever"),
        ("A <-> B ; 1, 1", {"totals": {"A": -1}}, "the total of A + B is -1"),
        ("A <-> B ; 1, 1", {"totals": {"A": 1, "B": 2}}, "contradict each other"),
        ("A <-> B ; 1, 1", {"totals": {"Q": 1}}, "unknown species or law in totals: 'Q'"),
        ("A <-> B ; 1, 1 \n A <-> 0 ; 1, 1", {"totals": {"A": 1}}, "no conservation law holds A"),
        ("E + S <-> C ; 1, 1", {"totals": {"C": 1}}, "C occurs in several laws"),
        ("A <-> B ; 1, 1", {"totals": {"A": "B"}}, "has the name of the species B"),
        ("A <-> B ; k, 1", {"values": {"q": 1}}, "unknown parameter 'q'"),
        ("A <-> B ; k, 1", {"values": {"k": -1}}, "parameter k is -1: it must be > 0"),
    ],
)
def test_states_that_are_none(text, options, message):
    with pytest.raises(ns.NessError) as error:
        ns.steady_states(network(text), **options)
    assert message in str(error.value)


def test_total_of_a_chemostat():
    with pytest.raises(ns.ModelError, match="S is held fixed by a reservoir"):
        ns.steady_state(network(MM, ["S", "P"]), totals={"S": 1})


def test_a_closed_network_cannot_turn():
    r = network("A <-> B ; 3, 1/2 \n B <-> C ; 2, 2/5 \n C <-> A ; 3/2, 1/5")
    with pytest.raises(ns.PerpetualMotionError) as error:
        ns.steady_state(r)
    assert "R1 + R2 + R3" in str(error.value)
    assert "ln(forward/backward) = 5.4161 = ln(225), wanted 0" in str(error.value)


def test_other_models_are_refused_by_name():
    with pytest.raises(ns.ModelError, match=r"steady_state takes one of StateGraph, .*, got str"):
        ns.steady_state("A <-> B")


RATE = st.builds(Fraction, st.integers(1, 20), st.integers(1, 20))


@given(st.lists(RATE, min_size=8, max_size=8), st.integers(0, 2**32))
def test_random_networks_are_at_rest(rates, seed):
    """Every state that is found is one, and Markov and polynomial ways agree."""
    rng = random.Random(seed)
    text = f"""
        A + B <-> C ; {rates[0]}, {rates[1]}
        C <-> {rng.choice(["2 A", "A", "B + D", "D"])} ; {rates[2]}, {rates[3]}
        0 <-> {rng.choice(["A", "B"])} ; {rates[4]}, {rates[5]}
        D <-> B ; {rates[6]}, {rates[7]}
    """
    r = network(text)
    totals = {law.label: 7 for law in r.conservation_laws()}
    try:
        found = ns.steady_states(r, totals)
    except (ns.NoSteadyStateError, ns.TooLargeError):
        return
    for ss in found:
        size = max(float(ss[s]) for s in r.internal)
        assert np.allclose(residual(ss), 0, atol=1e-9 * (1 + size**2))


def test_equal_eigenvalues_with_one_eigenvector():
    ss = ns.steady_state(ns.ReactionNetwork.from_text("0 -> A ; 1 \n A -> B ; 1 \n B -> 0 ; 1"))
    assert [float(z.real) for z in ss.eigenvalues()] == [-1, -1]
    assert ss.stability == "stable"


@pytest.mark.parametrize("n", ["n", "5/2"])
def test_what_is_no_polynomial_is_not_taken_for_one(n):
    r = ns.ReactionNetwork.from_text(f"0 -> X ; v = k0 + k*X^({n})/(1 + X^({n})) \n X -> 0 ; g")
    with pytest.raises(ns.TooLargeError, match=r"the equations hold .*no polynomials in X"):
        ns.steady_states(r)
