"""SBML in and out: what is read, and that what cannot be held is refused by its id."""

import sys

import pytest

import nesssym as ns
from nesssym import parsing

HEAD = '<sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4"><model id="m">'
MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">'


def sbml(body: str) -> str:
    return f"{HEAD}{body}</model></sbml>"


def read(text: str) -> ns.SBMLModel:
    return ns.from_antimony(text)


def test_volumes_divide_the_amount_per_time():
    m = read("compartment c = 1e-16; species A in c, B in c; R: A -> B; c*(k*A - q*B); k=2; q=3")
    (r,) = m.model.reactions
    assert (str(r.rate), str(r.reverse), r.law, m.amounts) == ("k", "q", False, False)
    bare = read("compartment c = 4; species A in c, B in c; R: A => B; k*A; k = 2").model
    assert str(bare.reactions[0].rate) == "k/c"


def test_two_volumes_make_amounts():
    m = read("compartment c = 2, d = 3; species A in c = 5, B in d; R: A => B; k*A; k = 1; ")
    assert m.amounts
    assert str(m.model.reactions[0].rate) == "k/c"
    assert m.initial["A"] == 10


def test_local_parameters_shadow_and_keep_apart():
    reaction = (
        '<reaction id="{0}" reversible="false"><listOfReactants><speciesReference species="{1}"/>'
        '</listOfReactants><listOfProducts><speciesReference species="{2}"/></listOfProducts>'
        f"<kineticLaw>{MATH}<apply><times/><ci>k</ci><ci>{{1}}</ci></apply></math>"
        '<listOfParameters><parameter id="k" value="{3}"/></listOfParameters></kineticLaw>'
        "</reaction>"
    )
    species = "".join(
        f'<species id="{s}" compartment="c" initialConcentration="1"/>' for s in ("S", "E")
    )
    text = sbml(
        '<listOfCompartments><compartment id="c" size="1"/></listOfCompartments>'
        f"<listOfSpecies>{species}</listOfSpecies>"
        '<listOfParameters><parameter id="k" value="7"/></listOfParameters><listOfReactions>'
        + reaction.format("R1", "S", "E", "0.1")
        + reaction.format("R2", "E", "S", "2")
        + "</listOfReactions>"
    )
    m = ns.parse_sbml(text)
    assert [str(r.rate) for r in m.model.reactions] == ["R1_k", "R2_k"]
    assert {str(s): str(v) for s, v in m.values.items()} == {"R1_k": "1/10", "R2_k": "2"}


def test_functions_and_rules_are_put_in():
    m = read("function f(x, y)\n x*y\nend\n k := f(a, b); R: A -> B; k*A - f(c, B); a=1; b=2; c=3")
    assert m.model.rates == tuple(read("R: A -> B; a*b*A - c*B").model.rates)


def test_names_that_mean_something_elsewhere():
    r = ns.ReactionNetwork.from_text("S + E <-> I ; lambda, gamma \n I -> 0 ; beta")
    m = ns.parse_sbml(ns.to_sbml(r)).model
    assert m.species == ("S", "E", "I")
    assert {s.name for s in m.symbols} == {"lambda", "gamma", "beta"}
    assert m.rate_equations() == r.rate_equations()


def test_names_outside_the_grammar_are_renamed():
    m = read("R1: _A -> B__x; k*_A; k = 1")
    assert m.model.species == ("A", "B_x")
    assert m.ids == {"A": "_A", "B_x": "B__x"}


def test_other_laws_are_kept_and_split():
    m = read("R: $S -> P; V*(S/Ks - P/Kp)/(1 + S/Ks + P/Kp); V=1; Ks=2; Kp=3; S=4").model
    forward, backward = m.rates[0]
    S, P, V, Ks, Kp = (parsing.symbol(name) for name in ("S", "P", "V", "Ks", "Kp"))
    bottom = 1 + S / Ks + P / Kp
    assert (forward, backward) == (V * S / Ks / bottom, V * P / Kp / bottom)
    assert m.reactions[0].law
    assert m.chemostats == ("S",)


def test_a_law_that_runs_backwards_is_turned():
    (r,) = read("R: A => B; -k*B; k = 1").model.reactions
    assert r.text == "B -> A"


def test_exponents_become_numbers_and_negative_values_real_symbols():
    m = read("R: A => B; k*A^n*exp(V*q); k=1; n=2; V=-0.07; q=3")
    (r,) = m.model.reactions
    assert str(r.rate) == "A**2*k*exp(V*q)"
    assert m.values[next(s for s in m.model.symbols if s.name == "V")] < 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("R: A => B; k*A; k=1; at (time > 3): A = 1", "event"),
        ("R: A => B; k*A; k=1; k' = 2", "rate rule 'k'"),
        ("R: A => B; k*time*A; k=1", "reaction 'R': it holds 'time'"),
        ("R: A => B; delay(A, 2); k=1", "reaction 'R': it holds 'delay'"),
        ("R: A => B; piecewise(A, A > 2, 1)", "reaction 'R'"),
        ("R: A => B; k*A; k=0", "its reactions change nothing"),
        ("R: A => B; ", "reaction 'R': it has no kinetic law"),
        ("R: A => B; sqrt(A - B)", "reaction 'R': the sign of sqrt(A - B) is not known"),
        ("R: $A => B; k*A; A := 2*B; k=1", "reaction 'R': the species 'A' takes part"),
        ("k = 1", "model"),
    ],
)
def test_refused_by_id(text, message):
    with pytest.raises(ns.ModelError) as error:
        read(text)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<sbml", "not SBML"),
        (
            '<sbml xmlns="http://www.sbml.org/sbml/level1" level="1" version="2"><model/></sbml>',
            "SBML",
        ),
        ("", "not SBML"),
    ],
)
def test_what_is_not_sbml(text, message):
    with pytest.raises(ns.ParseError, match=message):
        ns.parse_sbml(text)


def test_not_antimony():
    with pytest.raises(ns.ParseError, match="not antimony"):
        ns.from_antimony("R: A -> -> B;")


def test_round_trip_of_a_network():
    r = ns.ReactionNetwork.from_text(
        """
        bind: E + 2 S <-> C ; kon*c, koff/3
        R2: C --> E + P ; v = V*C/(K + C)
        R3: 0 <-> S ; exp(-beta), 1/10
        """,
        chemostats=["P"],
    )
    for again in (ns.parse_sbml(ns.to_sbml(r)), ns.from_antimony(ns.to_antimony(r))):
        assert again.model.species == r.species
        assert again.model.chemostats == r.chemostats
        assert again.model.rate_equations() == r.rate_equations()
        assert again.model.reactions == r.reactions


def test_writing_what_sbml_has_not():
    r = ns.ReactionNetwork.from_text("A -> B", ["A"])
    with pytest.raises(ns.ModelError, match="no internal species"):
        ns.to_sbml(r, initial={"A": 1})
    with pytest.raises(ns.ModelError, match="held at"):
        ns.to_sbml(r.with_chemostats({"A": "2*a"}))


@pytest.mark.parametrize("package", ["libsbml", "antimony"])
def test_missing_package_prints_the_pip_line(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ns.MissingExtraError, match=r"pip install 'nesssym\[sbml\]'"):
        ns.from_antimony("R: A => B; k*A; k = 1")


def test_fractions_are_multiplied_through():
    m = read("R: 0.5 A => B; k*A; k=1").model
    assert m.reactions[0].text == "A -> 2 B"
    assert {s: str(v) for s, v in m.rate_equations().items()} == {"A": "-A*k/2", "B": "A*k"}


def test_events_are_left_out_only_by_name():
    text = ns.from_antimony("R: A => B; k*A; k=1").model
    plain = ns.to_sbml(text)
    event = (
        f'<listOfEvents><event id="e" useValuesFromTriggerTime="true">'
        f'<trigger initialValue="true" persistent="true">{MATH}<true/></math></trigger>'
        "</event></listOfEvents>"
    )
    changed = plain.replace("</listOfReactions>", f"</listOfReactions>{event}")
    with pytest.raises(ns.ModelError, match="event 'e': events are not modelled"):
        ns.parse_sbml(changed)
    assert ns.parse_sbml(changed, omit=["e"]).model.reactions == text.reactions
    with pytest.raises(ns.UnknownNameError, match="Known: e"):
        ns.parse_sbml(changed, omit=["f"])
