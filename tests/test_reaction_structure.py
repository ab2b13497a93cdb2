"""What follows from stoichiometry alone: complexes, deficiency, laws, cycles."""

import random

import numpy as np
import pytest
from sympy import Matrix

import nesssym as ns
from tests.reference import CASES

FUTILE = """
    S0 + E <-> ES0 \n ES0 -> S1 + E \n S1 + E <-> ES1 \n ES1 -> S2 + E
    S2 + F <-> FS2 \n FS2 -> S1 + F \n S1 + F <-> FS1 \n FS1 -> S0 + F
"""


def network(case):
    """The network of a reference case, whose reactions are written as dictionaries."""
    model = CASES[case]["model"]
    lines = []
    for reaction in model["reactions (all reversible)"]:
        for sign in "{}'":
            reaction = reaction.replace(sign, "")
        sides = [
            " + ".join(f"{n} {s}" for s, n in (term.split(":") for term in side.split(",")))
            for side in reaction.split("<->")
        ]
        lines.append(" <-> ".join(sides))
    return ns.ReactionNetwork.from_text("\n".join(lines), model["chemostats"])


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c.startswith("J0") and "reactions (all reversible)" in CASES[c]["model"]],
)
def test_counts_of_the_reference(case):
    r = network(case)
    found = (
        len(r.closed.conservation_laws()),
        len(r.conservation_laws()),
        len(r.closed.internal_cycles()),
        len(r.emergent_cycles()),
        r.deficiency,
    )
    assert found == tuple(map(int, CASES[case]["exact"]))
    assert len(r.chemostats) == len(r.broken_laws()) + len(r.emergent_cycles())


def test_stoichiometry_has_labels():
    r = ns.ReactionNetwork.from_text("bind: 2 A + B <-> C")
    S = r.stoichiometry
    assert (S["A", "bind"], S["C", "bind"], S.shape) == (-2, 1, (3, 1))
    assert S.matrix == Matrix([-2, -1, 1])
    assert np.array_equal(np.asarray(S), [[-2], [-1], [1]])
    with pytest.raises(ns.UnknownNameError, match="unknown row 'Q'"):
        S["Q", "bind"]


def test_deficiency_is_that_of_the_internal_species():
    """The complexes of closed Schloegl are four, with deficiency zero; opened, it is one."""
    r = ns.ReactionNetwork.from_text("A + 2 X <-> 3 X \n B <-> X", ["A", "B"])
    assert (r.closed.deficiency, r.deficiency) == (0, 1)
    assert list(map(repr, r.complexes)) == ["2 X", "3 X", "∅", "X"]
    assert r.linkage_deficiencies == (0, 0)


def test_laws_are_whole_and_not_negative():
    r = ns.ReactionNetwork.from_text(FUTILE)
    laws = r.conservation_laws()
    assert sorted(map(repr, laws)) == [
        "E + ES0 + ES1",
        "F + FS2 + FS1",
        "S0 + ES0 + S1 + ES1 + S2 + FS2 + FS1",
    ]
    assert (r.deficiency, r.weakly_reversible) == (2, False)


def test_post_albers_laws():
    r = ns.ReactionNetwork.from_text("x <-> y + 3 Nao \n y + 2 Ko <-> x")
    for law in r.conservation_laws():
        assert all(isinstance(n, int) for n in law.values())


@pytest.mark.parametrize("seed", range(3))
def test_laws_and_cycles_of_random_networks(seed):
    """Counts by rank, and that each law and each cycle is one."""
    rng = random.Random(seed)
    names = "ABCDEFG"
    lines = []
    while len(lines) < 7:
        sides = [" + ".join(rng.sample(names, rng.randint(1, 2))) for _ in range(2)]
        if set(sides[0]) != set(sides[1]):
            lines.append(" <-> ".join(sides))
    species = sorted({c for line in lines for c in line if c in names})
    r = ns.ReactionNetwork.from_text("\n".join(lines), rng.sample(species, 2))
    S = np.asarray(r.stoichiometry)
    rank = np.linalg.matrix_rank(S)
    assert len(r.closed.conservation_laws()) == len(r.species) - rank
    assert len(r.internal_cycles()) == len(r.reactions) - rank
    for law in r.closed.conservation_laws():
        assert not (np.array([law.get(s, 0) for s in r.species]) @ S).any()
    inside = np.asarray(r.internal_stoichiometry)
    for cycle in r.emergent_cycles():
        vector = np.array([cycle.get(x.name, 0) for x in r.reactions])
        assert not (inside @ vector).any()
        assert (S @ vector).any()
    assert len(r.chemostats) == len(r.broken_laws()) + len(r.emergent_cycles())


def test_a_large_network():
    rng = random.Random(1)
    lines = [f"X{i} <-> X{i + 1}" for i in range(99)]
    while len(lines) < 150:
        a, b, c, d = rng.sample(range(100), 4)
        lines.append(f"X{a} + X{b} <-> X{c} + X{d}")
    r = ns.ReactionNetwork.from_text("\n".join(lines))
    assert len(r.species) == 100
    assert [len(law) for law in r.conservation_laws()] == [100]
    assert len(r.internal_cycles()) == 51
    assert r.deficiency == len(r.complexes) - len(r.linkage_classes) - 99


def large(seed):
    """A random network of 100 species and 150 reactions, ten species held by reservoirs."""
    rng = random.Random(seed)
    names = [f"X{i}" for i in range(100)]
    lines = [f"X{i} <-> X{(i + 1) % 100}" for i in range(50, 100)]
    lines += [f"X{i} + X{rng.randint(50, 99)} <-> X{rng.randint(50, 99)}" for i in range(50)]
    while len(lines) < 150:
        a, b, c, d = rng.sample(names, 4)
        lines.append(f"{a} + {b} <-> {c} + {d}")
    return ns.ReactionNetwork.from_text("\n".join(lines), rng.sample(names, 10))


@pytest.mark.parametrize("seed", range(2))
def test_structure_of_large_networks(seed):
    r = large(seed)
    text = ns.structure(r)
    assert text.startswith("100 species (10 held by chemostats")
    assert f"{len(r.chemostats)} chemostats = {len(r.broken_laws())} broken laws" in text


def test_what_large_networks_have_too_many_of_is_refused(monkeypatch):
    monkeypatch.setattr("nesssym.chemistry.structure.MAX_STEPS", 500)
    r = large(0)
    with pytest.raises(ns.TooLargeError, match="150 reactions have too many elementary flux modes"):
        ns.elementary_flux_modes(r)
    with pytest.raises(ns.TooLargeError, match=r"siphons takes more than 500 steps; \d+ were"):
        ns.siphons(r.closed)
    with pytest.raises(ns.TooLargeError, match=r"90 internal species .* more than 40; eliminate"):
        ns.steady_states(r)
