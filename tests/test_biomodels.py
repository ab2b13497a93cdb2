"""Published models as BioModels has them, read from the collection inside SBMLKinetics."""

from dataclasses import replace
from fractions import Fraction
from importlib.util import find_spec
from math import isclose

import pytest
from sympy import exp

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
    m = load(1)
    graph = m.model.state_graph()
    assert len(graph.states) == 12
    assert set(ns.count_trees(graph).values()) == {2415}
    found = ns.check_detailed_balance(m.model, m.values)
    ratios = {cycle.label: ratio for cycle, ratio in found.violations}
    assert len(ns.cycles(m.model)) == 6
    assert len(ratios) == 4
    assert isclose(ratios["React0 - React3 - React5 + React6"], 0.0245146, rel_tol=1e-5)
    assert max(map(abs, ratios.values())) < 0.025  # what the rounding in the paper leaves
    assert "React1 + React2 - React4 - React6: ln ratio -0.0247432, wanted 0" in str(found)
    assert not ns.check_detailed_balance(m.model, m.values, tolerance=0.025)


def test_phosphotransferase_system_has_one_emergent_cycle():
    r = load(38).model
    assert len(r.chemostats) == 4
    assert (len(r.broken_laws()), len(r.emergent_cycles())) == (3, 1)
    assert len(r.chemostats) == len(r.broken_laws()) + len(r.emergent_cycles())
    (cycle,) = ns.cycles(r)
    assert cycle.change == {"GlcP": 1, "PEP": -1, "Pyr": 1, "Glc": -1}


def test_ryanodine_receptor_is_a_tree():
    graph = load(60).model.state_graph()
    assert set(ns.count_trees(graph).values()) == {1}
    assert ns.cycles(graph) == ()
    assert ns.is_equilibrium(graph)
    assert not ns.detailed_balance_conditions(graph)


def test_nitric_oxide_synthase_goes_one_way():
    m = load(199)
    r = m.model
    assert len(r.chemostats) == 6
    one_way = [reaction.name for reaction in r.reactions if not reaction.reversible]
    assert one_way
    with pytest.raises(ns.IrreversibleError, match="goes one way only"):
        ns.affinities(r)
    (ss,) = ns.steady_states(r.subs(m.values), totals={"FeIII": 1})
    currents = ss.currents.at({})
    assert currents["rF"] == Fraction(12428325, 54258896)
    assert {
        s: sum(r.change.get(s, 0) * currents[r.name] for r in r.reactions) for s in r.internal
    } == (dict.fromkeys(r.internal, 0))


@pytest.mark.parametrize(("number", "states", "trees"), [(491, 57, 6e15), (492, 52, 5.1e17)])
def test_too_many_trees_but_a_steady_state(number, states, trees):
    m = load(number)
    graph = m.model.state_graph()
    assert len(graph.states) == states
    counts = ns.count_trees(graph)
    assert isclose(max(counts.values()), trees, rel_tol=0.01)
    with pytest.raises(ns.TooLargeError, match=r"terms|trees"):
        ns.steady_state(graph, method="trees")
    ss = ns.steady_state(graph)
    exact = ss.state.at(m.values)
    assert sum(exact.values()) == 1
    kernel = ns.compile(ss.state)
    values = {str(s): float(x) for s, x in m.values.items() if str(s) in kernel.arguments}
    numbers = kernel(**values)
    assert all(isclose(numbers[s], float(exact[s]), rel_tol=1e-13) for s in graph.states)


@pytest.mark.parametrize(("number", "loops"), [(121, 1), (126, 3)])
def test_ion_channels_are_in_equilibrium_at_any_voltage(number, loops):
    m = load(number)
    assert m.model.mass_action
    graph = m.model.state_graph()
    assert any(s.name == "v" and s.is_positive is None for s in graph.symbols)
    assert list(ns.affinities(graph).values()) == [0] * loops
    assert ns.is_equilibrium(graph)
    assert ns.is_equilibrium(m.model)
    assert ns.wegscheider_conditions(m.model) == []


def test_a_changed_constant_of_the_sodium_channel_is_seen():
    model = load(126).model
    first, *others = model.reactions
    for changed in (
        replace(first, rate=first.rate * 2),
        replace(first, rate=first.rate * exp(model.symbols[0])),
    ):
        assert not ns.is_equilibrium(replace(model, reactions=(changed, *others)))
    with pytest.raises(ns.ParameterError, match="it must be > 0"):
        model.subs({"v": -500})


@pytest.mark.skipif(find_spec("roadrunner") is None, reason="needs libRoadRunner")
@pytest.mark.parametrize("number", [2, 3, 11, 28, 38, 60, 126, 192, 491])
def test_right_hand_sides_and_laws_agree_with_libroadrunner(number):
    text = biomodels.model_text(number)
    whole, m = roadrunner_check.loaded(text), load(number)
    assert roadrunner_check.right_hand_sides(whole, m) < 1e-9
    assert roadrunner_check.laws_agree(whole, m)


@pytest.mark.skipif(find_spec("roadrunner") is None, reason="needs libRoadRunner")
def test_a_wrong_reading_is_seen():
    text = biomodels.model_text(38)
    whole = roadrunner_check.loaded(text)
    wrong = ns.parse_sbml(text.replace('value="1960"', 'value="1961"', 1))
    assert wrong.values != ns.parse_sbml(text).values
    assert roadrunner_check.right_hand_sides(whole, wrong) > 1e-9
