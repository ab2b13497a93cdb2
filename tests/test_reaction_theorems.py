"""Deficiency theorems with their conditions, siphons, modes, the loop law, model files."""

import pytest
from sympy import log

import nesssym as ns

FILE = """
schema = 1
title = "An enzyme"
kind = "reaction network"
reactions = "E + S <-> ES ; k, kr \\n ES <-> E + P ; c, cr"
chemostats = ["S", "P"]
[reference]
authors = "L. Michaelis, M. L. Menten"
year = 1913
title = "Die Kinetik der Invertinwirkung"
"""


def network(text, held=()):
    return ns.ReactionNetwork.from_text(text, held)


def test_deficiency_one_needs_all_three_conditions():
    found = ns.deficiency_one(network("A + 2 X <-> 3 X \n B <-> X", ["A", "B"]))
    assert not found
    assert "add up to that of the network, 1" in str(found)
    assert not ns.deficiency_one(
        network("A <-> X \n B + X <-> Y + D \n 2 X + Y <-> 3 X", ["A", "B", "D"])
    )
    two_ends = ns.deficiency_one(network("A -> B \n A -> C"))
    assert "one terminal strong class; they have (2,)" in str(two_ends)


def test_deficiency_zero_without_weak_reversibility_denies_a_steady_state():
    r = network("A -> B \n B -> C")
    assert "for no rate constants there is a positive steady state" in str(ns.deficiency_zero(r))
    assert not ns.deficiency_zero(network("A -> B ; v = k*A"))


def test_modes_run_only_where_reactions_go():
    r = network("0 -> A \n A <-> B \n B -> 0 \n A -> 0")
    assert list(map(repr, ns.elementary_flux_modes(r))) == ["R1 + R2 + R3", "R1 + R4"]


def test_every_siphon_is_one():
    r = network("A + B -> C \n C -> A + D \n D -> B")
    for siphon in ns.siphons(r):
        for a, b in r.sides:
            if any(b[s] for s in siphon):
                assert any(a[s] for s in siphon)


def test_potentials_agree_with_rate_constants():
    r = network("2 A <-> B ; 4, 1 \n B + C <-> D ; 3, 5")
    mu = ns.standard_potentials(r)
    for reaction in r.reactions:
        drop = sum(-n * mu[s] for s, n in reaction.change.items())
        assert abs(float(drop - log(reaction.rate / reaction.reverse))) < 1e-12


def test_model_file():
    found = ns.parse_toml(FILE)
    assert found.model.chemostats == ("S", "P")
    assert "emergent cycles: R1 + R2" in ns.Derivation(found, {}).text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("reactions =", "transitions ="), "key 'transitions' belongs to kind = 'state graph'"),
        (('kind = "reaction network"', ""), "key 'reactions' belongs to kind = 'reaction network'"),
        (("E + S", "E+ + S"), "a species is missing beside '+'"),
    ],
)
def test_bad_model_files(change, message):
    with pytest.raises(ns.NessError) as error:
        ns.parse_toml(FILE.replace(*change))
    assert message in str(error.value)
