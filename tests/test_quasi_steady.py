"""Intermediates eliminated: the other species keep their rates and their steady states, exactly."""

import pytest
from sympy import symbols

import nesssym as ns
from nesssym.exact.rational import equal


def network(text, chemostats=()):
    return ns.ReactionNetwork.from_text(text, chemostats)


PUMPED = """
    feed: 0 <-> S ; 3, 1
    E + S <-> ES ; k1, k1r
    ES <-> EP ; k2, k2r
    EP <-> E + P ; k3, k3r
    leak: P -> 0 ; 2
"""
MODELS = {
    "enzyme": (PUMPED, [], ["E", "ES", "EP"]),
    "two enzymes": (PUMPED + "G + P <-> GP \n GP -> G + S", [], ["E", "ES", "EP", "G", "GP"]),
    "one of two": (PUMPED + "G + P <-> GP \n GP -> G + S", [], ["G", "GP"]),
    "an intermediate": ("A + B <-> I \n I -> C \n C -> A + B \n I -> 2 B + D \n D -> A", [], ["I"]),
    "a chain": ("A + B <-> I \n I <-> J \n J -> C + B \n C -> A \n J + C -> I + C", [], ["I", "J"]),
    "random order": (
        "E + A <-> EA \n E + B <-> EB \n EA + B <-> EAB \n EB + A <-> EAB"
        "\n EAB -> E + P \n P -> A + B",
        [],
        ["E", "EA", "EB", "EAB"],
    ),
    "an inhibitor": (
        "E + S <-> ES \n ES -> E + P \n E + I <-> EI \n P -> S",
        ["I"],
        ["E", "ES", "EI"],
    ),
    "a catalyst": ("E + S <-> ES \n ES + A <-> ES + B \n B -> A", [], ["E", "ES"]),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_others_change_as_with_the_intermediates_at_rest(name):
    """Against solving the balance of the eliminated species by linear algebra."""
    text, held, gone = MODELS[name]
    r = network(text, held)
    small = ns.quasi_steady(r, gone)
    assert not set(gone) & set(small.species)
    left = [s for s in r.internal if s not in gone]
    fixed = r.with_chemostats([*held, *left])  # the intermediates see the others as given
    ss = ns.steady_state(fixed)
    full = r.rate_equations()
    env = {r.concentrations[s]: ss[s] for s in gone}
    reduced = small.rate_equations()
    for s in left:
        assert equal(full[s].xreplace(env), reduced.get(s, 0)), s


def test_steady_states_are_the_same():
    r = network(PUMPED).subs({"k1": 2, "k1r": 1, "k2": 3, "k2r": 1, "k3": 4, "k3r": "1/2"})
    whole = ns.steady_state(r, totals={"E": 5})
    small = ns.steady_state(ns.quasi_steady(r, ["E", "ES", "EP"], totals={"E": 5}))
    for s in small.model.internal:
        assert whole.values(30)[s].overlaps(small.values(30)[s])


def test_michaelis_menten():
    r = network("bind: E + S <-> ES \n make: ES -> E + P", ["S", "P"])
    (reaction,) = ns.quasi_steady(r, ["E", "ES"], totals={"E": "E0"}).reactions
    E0, S, k1, k1r, k2 = symbols("E0 S k1 k1r k2", positive=True)
    assert (reaction.name, reaction.text) == ("bind + make", "S -> P")
    assert equal(reaction.rate, E0 * k2 * S / (S + (k1r + k2) / k1))


def test_one_way_rates_obey_the_affinity():
    r = network("E + S <-> ES \n ES <-> E + P", ["S", "P"])
    (reaction,) = ns.quasi_steady(r, ["E", "ES"]).reactions
    (cycle,) = ns.cycles(r)
    assert equal(reaction.rate / reaction.reverse, cycle.ratio.value())


def test_an_inhibitor_becomes_a_parameter():
    r = network("E + S <-> ES \n ES -> E + P \n E + I <-> EI", {"I": 3, "S": None, "P": None})
    small = ns.quasi_steady(r, ["E", "ES", "EI"])
    assert small.chemostats == ("S", "P")
    assert "I" not in {s.name for s in small.symbols}


@pytest.mark.parametrize(
    ("text", "gone", "error", "message"),
    [
        ("A + B <-> C", ["A", "B"], ns.ModelError, "R1 (A + B <-> C) has A + B on one side"),
        ("2 A <-> C", ["A"], ns.ModelError, "R1 (2 A <-> C) has 2 A on one side"),
        ("A <-> B \n B <-> C", ["Q"], ns.UnknownNameError, "unknown internal species 'Q'"),
        ("A <-> B", [], ns.ModelError, "no species to eliminate"),
        ("E + S <-> ES \n ES -> E + P", ["ES"], None, ""),
        ("A -> I ; v = A \n I -> B", ["I"], ns.ModelError, "R1 has a rate law of its own"),
        ("A -> I \n B -> A", ["I"], ns.NotErgodicError, "I cannot be in a quasi-steady state"),
        ("A <-> B \n C -> D", ["A", "B"], None, ""),
        ("A <-> B", ["A", "B"], ns.ModelError, "nothing is left of the network without A, B"),
        ("2 S <-> E + ES \n E -> ES", ["E"], None, ""),
    ],
)
def test_what_cannot_be_eliminated(text, gone, error, message):
    if error is None:
        assert ns.quasi_steady(network(text), gone).reactions
        return
    with pytest.raises(error) as caught:
        ns.quasi_steady(network(text), gone)
    assert message in str(caught.value)


def test_too_many_trees_are_refused():
    ring = "\n".join(f"X{i} <-> X{j}" for i in range(7) for j in range(i))
    with pytest.raises(ns.TooLargeError, match="more than 2000 spanning trees"):
        ns.quasi_steady(network(ring + "\n X0 + S <-> X1 + P"), [f"X{i}" for i in range(7)])
