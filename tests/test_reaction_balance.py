"""Rate constants that obey thermodynamics: mended ones, and those made from potentials."""

import numpy as np
import pytest
from sympy import Rational, log, symbols

import nesssym as ns
from nesssym.exact.rational import equal

TRIANGLE = "A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 4, 3"
SQUARE = """
    E + A <-> EA ; 2, 1
    EA + B <-> EAB ; 3, 5
    E + B <-> EB ; 7, 2
    EB + A <-> EAB ; 1, 4
    EAB <-> E + P ; 6, 1
    A <-> 0 ; 1, 2
"""


def network(text, chemostats=()):
    return ns.ReactionNetwork.from_text(text, chemostats)


def logs(r):
    return np.array([float(log(x)) for y in r.reactions for x in (y.rate, y.reverse)])


@pytest.mark.parametrize("text", [TRIANGLE, SQUARE])
def test_the_nearest_constants_are_those_of_least_squares(text):
    r = network(text)
    mended = ns.nearest_balanced(r)
    assert ns.check_detailed_balance(r)
    assert not ns.wegscheider_conditions(mended)
    rows = []
    for cycle in r.internal_cycles():
        row = [cycle.get(x.name, 0) for x in r.reactions]
        rows.append([s * n for n in row for s in (1, -1)])
    C = np.array(rows)
    change = -np.linalg.pinv(C) @ C @ logs(r)
    assert np.allclose(logs(mended) - logs(r), change, atol=1e-13)
    assert not np.allclose(change, 0)


def test_one_cycle_is_mended_in_closed_form():
    mended = ns.nearest_balanced(network("A <-> B ; 64, 1 \n B <-> C ; 1, 1 \n C <-> A ; 1, 1"))
    assert [x.rate / x.reverse for x in mended.reactions] == [16, Rational(1, 4), Rational(1, 4)]
    assert [x.rate * x.reverse for x in mended.reactions] == [64, 1, 1]


def test_symbols_are_mended_too():
    mended = ns.nearest_balanced(network("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f"))
    assert ns.wegscheider_conditions(mended) == []
    assert ns.is_equilibrium(mended)


def test_what_is_trusted_stays():
    r = network(SQUARE)
    mended = ns.nearest_balanced(r, keep=["R1", "R2", "R4"])
    changed = [x.name for x, y in zip(r.reactions, mended.reactions, strict=True) if x != y]
    assert changed == ["R3"]
    assert not ns.wegscheider_conditions(mended)


def test_weights_move_the_change():
    r = network(TRIANGLE)
    light = ns.nearest_balanced(r, weights={"R1": "1/100"})
    change = np.abs(logs(light) - logs(r)).reshape(3, 2)[:, 0]
    assert change[0] > 50 * change[1]
    assert not ns.wegscheider_conditions(light)


def test_what_is_balanced_comes_back_as_it_is():
    r = network("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 1, 6 \n A -> D ; 1")
    assert ns.nearest_balanced(r) is r


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"keep": ["Q"]}, ns.UnknownNameError, "unknown reaction 'Q'"),
        ({"weights": {"R1": 0}}, ns.ModelError, "the weight of R1 is 0, wanted > 0"),
        (
            {"keep": ["R1", "R2", "R3"]},
            ns.PerpetualMotionError,
            "contradict each other by a factor 8 along R1 + R2 + R3; keep fewer",
        ),
    ],
)
def test_what_cannot_be_mended(options, error, message):
    with pytest.raises(error) as caught:
        ns.nearest_balanced(network(TRIANGLE), **options)
    assert message in str(caught.value)


def test_potentials_give_the_reverse_constants():
    r = network("E + S -> ES ; k1 \n ES <-> E + P ; k2, 7", ["S", "P"])
    mu = {"E": 0, "ES": "mu_ES", "S": "mu_S", "P": "mu_P"}
    made = r.with_potentials(mu)
    assert [str(x.reverse) for x in made.reactions] == [
        "k1*exp(mu_ES - mu_S)",
        "k2*exp(-mu_ES + mu_P)",
    ]
    (cycle,) = ns.cycles(made)
    S, P = symbols("S P", positive=True)
    mu_S, mu_P = symbols("mu_S mu_P", real=True)
    assert equal(cycle.affinity, mu_S - mu_P + log(S / P))


def test_potentials_balance_every_loop_and_come_back():
    r = network(SQUARE)
    mu = {"E": 1, "A": "1/2", "EA": 0, "B": 2, "EAB": "-1/3", "EB": "5/2", "P": 0}
    made = r.with_potentials(mu, beta=2)
    assert ns.wegscheider_conditions(made) == []
    for x in made.reactions:
        drop = sum(n * ns.standard_potentials(made)[s] for s, n in x.change.items())
        assert abs(float(drop + log(x.rate / x.reverse))) < 1e-12


@pytest.mark.parametrize(
    ("text", "mu", "message"),
    [
        ("A <-> B", {"A": 0}, "no standard potential for B; give one for every species"),
        ("A <-> B", {"A": 0, "B": 0, "C": 1}, "unknown species 'C'"),
        ("A -> B ; v = A", {"A": 0, "B": 0}, "R1 (A -> B) has a rate law of its own"),
    ],
)
def test_potentials_that_are_refused(text, mu, message):
    with pytest.raises(ns.NessError) as error:
        network(text).with_potentials(mu)
    assert message in str(error.value)
