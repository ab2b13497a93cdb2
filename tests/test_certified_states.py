"""Steady states that are the one positive root of an equation of any degree."""

from __future__ import annotations

import pytest

import nesssym as ns
from nesssym.roots import RootIn

NETWORKS = {
    "loop": "2 A <-> B ; a, b \n A + B <-> C ; c, d \n C <-> 3 A ; e, a*c*e/(b*d)",
    "driven loop": "2 A <-> B ; a, b \n A + B <-> C ; c, d \n C <-> 3 A ; e, f",
    "trimers": "3 A <-> B ; a, b",
    "fed": "0 -> X ; a \n 3 X -> 0 ; b \n X <-> 0 ; c, d",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_one_root_is_that_of_numbers(name):
    network = ns.ReactionNetwork.from_text(NETWORKS[name])
    ss = ns.steady_state(network)
    assert any(e.has(RootIn) for _, e in ss.state.steps)
    values = {s.name: k + 2 for k, s in enumerate(ss.state.parameters)}
    inside = {s.name: values[s.name] for s in network.symbols}
    totals = {law.label: values["A_tot"] for law in network.conservation_laws()}
    chosen = {s.name: values[s.name] for s in ss.currents.symbols}
    if name == "driven loop":
        with pytest.raises(ns.PerpetualMotionError, match="drive the cycle"):
            ns.steady_states(network, totals=totals, values=inside)
        currents = ns.compile(ss.currents)(**chosen).values()
        assert len({round(j, 12) for j in currents}) == 1
        return
    (wanted,) = ns.steady_states(network, totals=totals, values=inside)
    got = ns.compile(ss.state)(**{s.name: values[s.name] for s in ss.state.symbols})
    assert got == pytest.approx(
        {s: float(x.mid()) for s, x in wanted.values(20).items()}, rel=1e-15
    )


def test_at_rest_the_potentials_agree():
    network = ns.ReactionNetwork.from_text(NETWORKS["loop"])
    mu = ns.chemical_potentials(ns.steady_state(network))
    level = ns.compile(mu)(a=1.2, b=0.4, c=0.8, d=0.5, e=0.3, A_tot=1.7)
    assert level["B"] == pytest.approx(2 * level["A"], abs=1e-14)
    assert level["C"] == pytest.approx(3 * level["A"], abs=1e-14)


def test_signs_that_do_not_tell_are_refused():
    network = ns.ReactionNetwork.from_text("A + 2 X <-> 3 X \n B <-> X", ["A", "B"])
    with pytest.raises(ns.TooLargeError, match="X is a root of degree 3 of"):
        ns.steady_state(network)


def test_at_rest_nothing_flows_to_the_last_digit():
    network = ns.ReactionNetwork.from_text(NETWORKS["loop"])
    ss = ns.steady_state(network)
    assert set(ss.currents.exprs) == {0}
    values = {"a": "6/5", "b": "2/5", "c": "4/5", "d": "1/2", "e": "3/10"}
    numbers = ns.steady_state(network, totals={"A": "1.7"}, values=values)
    assert set(numbers.currents.exprs) == {0}
    assert ns.compile(ns.entropy_production(numbers))()["sigma"] == 0


@pytest.mark.parametrize(
    "text", ["2 C <-> O ; 1, exp(-2)", "C <-> O ; 1, exp(-2) \n O -> C ; v = O/(2 + C)"]
)
def test_a_constant_that_is_not_rational_is_taken_as_it_is(text):
    """Not as the nearest decimal: the two states differ where those do."""
    (ss,) = ns.steady_states(ns.ReactionNetwork.from_text(text), totals={"C": 1})
    change = ss.model.rate_equations()["C"]
    at = {x: ss[str(x)].evalf(50) for x in change.free_symbols}
    assert abs(change.xreplace(at).evalf(50)) < 1e-45

    decimal = ns.ReactionNetwork.from_text(text.replace("exp(-2)", "0.1353352832366127"))
    (near,) = ns.steady_states(decimal, totals={"C": 1})
    assert 1e-19 < abs(ss["C"].evalf(40) - near["C"].evalf(40)) < 1e-15
