"""Published models as BioModels has them, read from the collection inside SBMLKinetics."""

from importlib.util import find_spec

import pytest

import nesssym as ns
from benchmarks import biomodels, roadrunner_check

pytestmark = pytest.mark.skipif(
    biomodels.archive() is None,
    reason="needs the BioModels collection: pip install 'nesssym[biomodels]' (90 MB)",
)
EVENTS = {
    1: ["RemovalACh"],
    121: ["event_0000001", "event_0000002"],
    126: ["event_0000001", "event_0000002"],
}


def load(number: int) -> ns.SBMLModel:
    return ns.parse_sbml(biomodels.model_text(number), omit=EVENTS.get(number, ()))


def test_acetylcholine_receptor():
    with pytest.raises(ns.ModelError, match="event 'RemovalACh'"):
        ns.parse_sbml(biomodels.model_text(1))
    graph = load(1).model.state_graph()
    assert len(graph.states) == 12
    assert set(ns.count_trees(graph).values()) == {2415}


def test_sugar_transport_has_one_emergent_cycle():
    r = load(38).model
    assert len(r.chemostats) == 4
    assert (len(r.broken_laws()), len(r.emergent_cycles())) == (3, 1)


def test_ryanodine_receptor_is_a_tree():
    graph = load(60).model.state_graph()
    assert set(ns.count_trees(graph).values()) == {1}
    assert ns.is_equilibrium(graph)


def test_nitric_oxide_synthase_goes_one_way():
    r = load(199).model
    assert not any(reaction.reversible for reaction in r.reactions[:1])
    assert r.rate_equations()
    assert len(r.chemostats) == 6


@pytest.mark.parametrize(("number", "states"), [(491, 57), (492, 52)])
def test_too_many_trees_but_a_steady_state(number, states):
    m = load(number)
    graph = m.model.state_graph()
    assert len(graph.states) == states
    assert min(ns.count_trees(graph).values()) > 10**12
    with pytest.raises(ns.TooLargeError):
        ns.steady_state(graph, method="trees")
    ss = ns.steady_state(graph)
    values = ss.state.at(m.values)
    assert sum(values.values()) == 1


def test_potassium_channel_is_in_equilibrium_at_any_voltage():
    graph = load(121).model.state_graph()
    assert any(s.name == "v" for s in graph.symbols)
    assert list(ns.affinities(graph).values()) == [0]
    assert ns.is_equilibrium(graph)


@pytest.mark.skipif(find_spec("roadrunner") is None, reason="needs libRoadRunner")
@pytest.mark.parametrize("number", [2, 11, 28, 38, 60, 192, 491])
def test_right_hand_sides_and_laws_agree_with_libroadrunner(number):
    text = biomodels.model_text(number)
    m = ns.parse_sbml(text)
    whole = roadrunner_check.loaded(text)
    assert roadrunner_check.right_hand_sides(whole, m) < 1e-9
    assert roadrunner_check.laws_agree(whole, m)
