"""Model files: what they give, and what is refused by line or key."""

from __future__ import annotations

import pytest
from sympy import Rational, Symbol, log

import nesssym as ns

GOOD = """
schema = 1
title = "two states"
transitions = "A <-> B ; k, slow"
[reference]
authors = "A. Nyone"
year = 2000
title = "On two states"
[parameters]
k = { value = "0.1", unit = "1/s", meaning = "forward", latex = 'k_{+}' }
slow = { definition = "k/2", meaning = "backward" }
"""


def test_a_file_gives_model_values_reference_and_notation(tmp_path):
    path = tmp_path / "model.toml"
    path.write_text(GOOD)
    m = ns.read_toml(path)
    k = Symbol("k", positive=True)
    assert m.model.transitions[0].reverse == k / 2
    assert m.values == {k: Rational(1, 10)}
    assert m.model.notation == ((k, "k_{+}"),)
    assert str(m.reference) == "A. Nyone, On two states (2000)"
    assert (m.parameters[0].unit, m.parameters[0].meaning) == ("1/s", "forward")


BAD = {
    "syntax": (GOOD.replace('title = "two states"', "title = two"), r"not a TOML text.*line 3"),
    "no title": (GOOD.replace('title = "two states"', ""), "the file lacks the key 'title'"),
    "extra key": ("colour = 1\n" + GOOD, "the file has the unknown key 'colour'; known: assume"),
    "schema": (GOOD.replace("schema = 1", "schema = 2"), "key 'schema' is 2"),
    "kind": ('kind = "network"\n' + GOOD, "unknown kind of model 'network'"),
    "no transitions": (GOOD.replace("transitions =", "notes ="), "lacks the key 'transitions'"),
    "bad line": (GOOD.replace("A <-> B ; k, slow", "A <-> B ; k"), "line 1: '<->' takes two rates"),
    "unknown symbol": (
        GOOD.replace("k, slow", "k, fast*slow"),
        r"no entry in \[parameters\] for fast",
    ),
    "unused": (GOOD + 'x = { value = 1, meaning = "?" }', "occur in no rate: x"),
    "no meaning": (GOOD + "x = { value = 1 }", r"\[parameters.x\] lacks the key 'meaning'"),
    "extra in parameter": (GOOD.replace("unit =", "units ="), "unknown key 'units'"),
    "not a table": (GOOD + "x = 1", r"\[parameters.x\] must be a table"),
    "negative value": (GOOD.replace('"0.1"', "-1"), "k"),
    "bad definition": (GOOD.replace('"k/2"', '"q/2"'), "unknown .*'q'"),
    "code": (GOOD.replace('"k/2"', '"k.__class__"'), "__class__|not"),
    "reference": (GOOD.replace("year = 2000", ""), r"\[reference\] lacks the key 'year'"),
    "counts": ("counts = [[1]]\n" + GOOD, "key 'counts' belongs to"),
    "hostile": ("#" * 1_000_001, "1000001 characters"),
    "nested": ("x = " + "[" * 100_000, "not a TOML text"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_name_the_line_or_key(case):
    text, message = BAD[case]
    with pytest.raises(ns.NessError, match=message):
        ns.parse_toml(text)


def test_energies_in_a_file():
    m = ns.gallery.load("two_level")
    (affinity,) = ns.affinities(m.model).exprs
    e = Symbol("E", real=True)
    beta_h, beta_c = (Symbol(name, positive=True) for name in ("beta_h", "beta_c"))
    assert affinity in (e * (beta_h - beta_c), -e * (beta_c - beta_h))
    assert str(affinity).count("E") == 1


@pytest.mark.parametrize("name", ns.gallery.names("model"))
def test_every_model_of_the_gallery_derives_and_keeps_its_published_results(name):
    m = ns.gallery.load(name)
    derivation = ns.Derivation(m, m.values)
    assert m.title in derivation.text()
    assert all(passed for _, passed in derivation.checks())
    assert m.reference.authors


def test_a_wrong_published_result_is_noticed():
    m = ns.parse_toml(
        GOOD.replace("[parameters]", '[checks.state]\nA = "1/3"\nB = "1/3"\n[parameters]')
    )
    assert [passed for _, passed in ns.Derivation(m, m.values).checks()] == [True, False]


def test_emre_probabilities_and_proton_current():
    m = ns.gallery.load("emre")
    ss = ns.steady_state(m.model)
    p = ss.state.at(m.values)
    wanted = {
        "1": "0.0976643337307339893800553748511",
        "2": "0.0244160834326834973450138437128",
        "7": "0.303404473649908525549855351746",
        "8": "0.0758511184124771313874638379364",
    }
    for state, digits in wanted.items():
        assert str(p[state].evalf(30)) == digits
    j = ss.currents.at(m.values)
    flow = {frozenset(label.split("->")): value for label, value in j.items()}
    assert float(abs(flow[frozenset("17")] + flow[frozenset("28")])) == pytest.approx(
        2.5717517489896804, rel=1e-15
    )


def test_antiporter_with_leak():
    m = ns.gallery.load("antiporter")
    ss = ns.steady_state(m.model)
    assert str(ss.state.at(m.values)["4"].evalf(30)) == "0.422932999966893233874990596853"
    j = ss.currents.at(m.values)
    assert str(j["1->2"].evalf(28)) == "20.50936063161831541140663274"[:29]
    assert float(-j["1->6"]) == pytest.approx(20.5052960829234, rel=1e-14)


def test_enso_is_a_chain():
    m = ns.gallery.load("enso")
    assert isinstance(m.model, ns.MarkovChain)
    assert ns.affinities(m.model).exprs == (log(Rational(13, 2)),)
