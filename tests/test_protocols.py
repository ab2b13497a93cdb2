"""Hatano-Sasa, Jarzynski and Crooks: reference values, theorems, bad input."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Rational, Symbol, log

import nesssym as ns
from nesssym.exact.rational import equal
from tests.compare import digits, same_log
from tests.models import RATES, SMALL, multigraphs, symbolic
from tests.reference import CASES, SYSTEMS

RING = ns.StateGraph.from_text("1 <-> 2 ; 1, 1 \n 2 <-> 3 ; 1, 1 \n 3 <-> 1 ; 1, 1")
BEFORE = {"1": 0, "2": "1/2", "3": "6/5"}
AFTER = {"1": "4/5", "2": "-3/10", "3": "2/5"}
DRIVE = {t.label: "3/2" for t in RING.transitions}


def quench():
    stages = [(BEFORE, 0), (AFTER, "7/10")]
    return ns.Protocol.between(RING, stages, drive=DRIVE, split="1/2")


def printed(value, case):
    """A value to as many digits as the reference prints."""
    text = SYSTEMS[case]["value"]
    return digits(value, len(text.replace(".", "").lstrip("0"))), text


def graphs(case):
    return [
        ns.StateGraph.from_rates(
            {(e["source"], e["target"]): e["rate"] for e in step["gen"]["edges"]},
            states=step["gen"]["states"],
        )
        for step in CASES[case]["model"]["steps"]
    ]


def test_d03_mean_excess_of_two_steps():
    test = ns.Protocol(graphs("D03"), [0, "1/2", 0]).hatano_sasa(digits=40)
    assert digits(test.mean) == CASES["D03"]["decimal"]
    assert abs(test.defect) < 1e-35


def test_jarzynski_from_equilibrium_while_driven():
    test = quench().jarzynski()
    got, text = printed(test.average, "crooks.eq_start.jarzynski")
    assert got == text
    assert printed(test.theorem, "crooks.eq_start.jarzynski")[0] == text
    assert test.factor == 1
    assert abs(test.defect) < 1e-25


def test_ramp_from_equilibrium():
    """Any staircase gives the same free energy."""
    stages = [
        (
            {
                s: Rational(str(1 - x)) * Rational(BEFORE[s]) + x * Rational(AFTER[s])
                for s in BEFORE
            },
            "1/4" if k else 0,
        )
        for k, x in enumerate(Rational(i, 8) for i in range(9))
    ]
    ramp = ns.Protocol.between(RING, stages, drive=DRIVE, split="1/2")
    got, text = printed(ramp.jarzynski().average, "crooks.ramp.eq")
    assert got == text
    excess = ramp.hatano_sasa()
    assert excess.average == mpmath.mpf(SYSTEMS["hs.ramp.identity"]["value"])
    assert abs(excess.defect) < 1e-25
    assert 0 < excess.mean < quench().hatano_sasa().mean


def test_jarzynski_fails_by_an_exact_factor_from_a_steady_state():
    test = quench().jarzynski("steady")
    assert mpmath.nstr(test.average, 6) == "1.42131"
    with mpmath.workdps(40):
        assert abs(test.average - test.theorem * test.factor) < 1e-25
    assert test.defect > 0.1


def test_crooks_symmetry_and_its_defect():
    assert abs(quench().crooks("3/10").defect) < 1e-25
    got, text = printed(
        quench().crooks("3/10", "steady", digits=40).defect, "crooks.ness_start.defect"
    )
    assert got == text


def test_mean_excess_of_a_quench_is_a_relative_entropy():
    before, after = (ns.steady_state(g) for g in quench().graphs)
    exact = ns.relative_entropy(before.state, after.state)["D"]
    got, text = printed(exact, "hs.quench.meanY")
    assert got == text
    assert printed(quench().hatano_sasa().mean, "hs.quench.meanY")[0] == text


def test_housekeeping_rate():
    split = ns.housekeeping(ns.steady_state(quench().graphs[1]))
    got, text = printed(split["adiabatic"], "hs.housekeeping_rate")
    assert got == text


@given(multigraphs(max_states=4), st.data())
@settings(max_examples=12, deadline=None)
def test_hatano_sasa_on_random_graphs(m, data):
    """New rates on the same graph; one from the steady state, and not from elsewhere."""
    others = [m]
    for _ in range(2):
        rates = {
            pair: data.draw(RATES)
            for t in m.transitions
            for pair in ((t.source, t.target, t.channel), (t.target, t.source, t.channel))
        }
        others.append(ns.StateGraph.from_rates(rates, states=m.states))
    protocol = ns.Protocol(others, [0, "1/3", 0])
    test = protocol.hatano_sasa(digits=20)
    assert abs(test.defect) < 1e-18
    assert test.mean > -1e-18
    weights = [data.draw(st.integers(1, 9)) for _ in m.states]
    start = {s: Fraction(w, sum(weights)) for s, w in zip(m.states, weights, strict=True)}
    other = protocol.hatano_sasa(start, digits=20)
    with mpmath.workdps(40):
        assert abs(other.average - other.factor) < 1e-17 * abs(other.factor)


def test_a_sudden_quench_is_exact():
    a, b = graphs("D03")[:2]
    before, after = ns.steady_state(a).state.at({}), ns.steady_state(b).state.at({})
    assert sum(before[s] * after[s] / before[s] for s in before) == 1
    exact = ns.relative_entropy(ns.steady_state(a).state, ns.steady_state(b).state)["D"]
    assert same_log(exact, sum(before[s] * log(before[s] / after[s]) for s in before))


def test_nothing_changes_without_steps_in_the_protocol():
    test = ns.Protocol([graphs("D03")[0]], [1]).hatano_sasa()
    assert (test.average, test.mean) == (1, 0)


def test_without_drive_excess_is_the_dissipated_work():
    """phi = beta (E - F): the relation of Hatano and Sasa becomes that of Jarzynski."""
    still = ns.Protocol.between(RING, [(BEFORE, 0), (AFTER, "7/10")], split="1/2")
    excess, work = still.hatano_sasa(), still.jarzynski()
    with mpmath.workdps(40):
        assert abs(excess.mean - (work.mean + mpmath.log(work.theorem))) < 1e-25


def test_ramp_in_a_symbol():
    m = ns.StateGraph.from_text("A <-> B ; k, 1 \n B <-> C ; 2, c \n C <-> A ; 3, 1")
    protocol = ns.Protocol.ramp(m, "k", [1, 2, 3], "t")
    test = protocol.hatano_sasa(values={"c": "1/2", "t": 3})
    assert abs(test.defect) < 1e-25
    with pytest.raises(ns.UnknownNameError, match="no value for c, t"):
        protocol.hatano_sasa()
    with pytest.raises(ns.ModelError, match="at least two values"):
        ns.Protocol.ramp(m, "k", [1], 1)


# ---------------------------------------------------------------- identities


@pytest.mark.parametrize("name", [name for name in SMALL if name != "cube"])
def test_theorems_are_identities_of_matrices(name):
    found = ns.fluctuation_identities(SMALL[name]())
    assert [i.name for i in found] == ["Hatano-Sasa", "housekeeping", "total"]
    assert all(i.holds for i in found)


@given(multigraphs(max_states=5))
@settings(max_examples=20, deadline=None)
def test_theorems_hold_for_random_graphs(m):
    assert all(i.holds for i in ns.fluctuation_identities(m))


def test_crooks_identity_of_any_driven_graph():
    m = symbolic(nx.complete_graph(4))
    energies = {s: f"E{s}" for s in m.states}
    drive = {t.label: f"f{k}" for k, t in enumerate(m.transitions)}
    driven = m.with_energies(energies, drive=drive, beta="b", split="1/3")
    found = ns.crooks_identity(driven, energies, drive=drive, beta="b")
    assert found.holds
    assert "holds" in str(found)
    assert r"\checkmark" in found._repr_latex_()
    lacking = ns.crooks_identity(driven, energies, drive={}, beta="b")
    assert not lacking.holds
    assert "does not hold" in str(lacking)


def test_identities_of_a_protocol():
    found = quench().identities()
    assert [i.name for i in found] == ["Hatano-Sasa", "housekeeping", "total", "Crooks"] * 2
    assert all(i.holds for i in found)


def test_residual_of_a_wrong_steady_state_would_show():
    """The residual is the equation itself: another vector does not solve it."""
    m = SMALL["ring 3"]()
    wrong = m.generator() * m.generator()[:, 0]
    assert not all(equal(entry, Integer(0)) for entry in wrong)


# ---------------------------------------------------------------- bad input


def test_bad_protocols():
    a, b = graphs("D03")[:2]
    other = ns.StateGraph.from_text("A <-> B ; 1, 1")
    with pytest.raises(ns.ModelError, match="a protocol has no steps"):
        ns.Protocol([], [])
    with pytest.raises(ns.ModelError, match="1 durations for 2 graphs"):
        ns.Protocol([a, b], [0])
    with pytest.raises(ns.ModelError, match="the same states in the same order"):
        ns.Protocol([a, other], [0, 1])
    with pytest.raises(ns.ModelError, match="a duration is -1"):
        ns.Protocol([a, b], [0, -1])
    with pytest.raises(ns.ModelError, match="a step of a protocol is a StateGraph"):
        ns.Protocol([a, "b"], [0, 1])
    with pytest.raises(ns.ModelError, match="1 sets of energies for 2 graphs"):
        ns.Protocol([a, b], [0, 1], energies=[BEFORE])
    with pytest.raises(ns.ModelError, match="energies of 1; give one for each of 1, 2, 3"):
        ns.Protocol([a], [0], energies=[{"1": 0}])
    protocol = ns.Protocol([a, b], [0, 1])
    with pytest.raises(ns.ModelError, match="work needs energies"):
        protocol.jarzynski()
    with pytest.raises(ns.ModelError, match="a start is 'equilibrium'"):
        quench().jarzynski("warm")
    with pytest.raises(ns.ModelError, match="sum to 1/2"):
        protocol.hatano_sasa({"1": "1/2"})


def test_a_steady_state_with_zeros_has_no_excess():
    m = ns.StateGraph.from_text("A <-> B ; 1, 1 \n C -> A ; 1")
    with (
        pytest.warns(ns.NessWarning),
        pytest.raises(ns.ModelError, match="steady probability of C is zero"),
    ):
        ns.Protocol([m, m], [0, 1]).hatano_sasa()


def test_one_way_transitions_have_no_identities():
    m = ns.StateGraph.from_text("A -> B ; 1 \n B -> C ; 1 \n C -> A ; 1")
    with pytest.raises(ns.IrreversibleError, match="goes one way only"):
        ns.fluctuation_identities(m)
    test = ns.Protocol([m, m.from_text("A -> B ; 2 \n B -> C ; 1 \n C -> A ; 1")], [1, 1])
    assert abs(test.hatano_sasa().average - 1) < 1e-25
    with pytest.raises(ns.ModelError, match="one temperature"):
        ns.crooks_identity(RING, BEFORE, beta={"hot": 1})


def test_bad_relative_entropies():
    a = ns.steady_state(graphs("D03")[0]).state
    b = ns.steady_state(ns.StateGraph.from_text("A <-> B ; 1, 1")).state
    with pytest.raises(ns.ModelError, match="over different states"):
        ns.relative_entropy(a, b)
    with pytest.warns(ns.NessWarning):
        zero = ns.steady_state(ns.StateGraph.from_text("A -> B ; 1")).state
    with pytest.raises(ns.ModelError, match="A is occupied in the first"):
        ns.relative_entropy(b, zero)
    assert ns.relative_entropy(zero, b)["D"] == log(2)


MOVING = ({"1": 0, "2": "t", "3": "sin(2*t)"}, {"1": "t", "2": 2, "3": 0})
PUSH = ({"3->1": "1 + t"}, {"3->1": "t/2", "1->2": 1})


def moving():
    stages = list(zip(MOVING, ("1/2", "1/4"), strict=True))
    return ns.Protocol.between(RING, stages, drive=PUSH, split="1/2", time="t")


def test_theorems_hold_while_energies_and_drive_move():
    protocol = moving()
    assert protocol.jarzynski(digits=15).defect == 0
    assert protocol.crooks("1/3", digits=15).defect == 0
    assert protocol.hatano_sasa(digits=15).defect == 0
    for test in (
        protocol.jarzynski("steady", digits=15),
        protocol.crooks("1/3", "steady", digits=15),
        protocol.hatano_sasa({"1": "1/2", "2": "1/4", "3": "1/4"}, digits=15),
    ):
        assert abs(test.defect) > 1e-3
        assert abs(test.average - test.theorem * test.factor) < 1e-13
    assert protocol.reversed().reversed().energies == protocol.energies


def test_what_moves_is_the_limit_of_stairs():
    def stairs(steps):
        stages, pushes = [(dict.fromkeys(RING.states, 0), 0)], [{}]
        for k in range(steps):
            t = Rational(2 * k + 1, 2 * steps)
            stages.append(({"1": 0, "2": t, "3": t**2}, Rational(1, steps)))
            pushes.append({"3->1": 1 + t})
        stages.append(({"1": 0, "2": 1, "3": 1}, 0))
        pushes.append({})
        return ns.Protocol.between(RING, stages, drive=pushes, split="1/2").jarzynski(digits=12)

    levels = {"1": 0, "2": "t", "3": "t**2"}
    smooth = ns.Protocol.between(
        RING, [(levels, 1)], drive={"3->1": "1 + t"}, split="1/2", time="t"
    ).jarzynski(digits=12)
    coarse, fine = (stairs(n).mean - smooth.mean for n in (6, 12))
    assert abs(fine) < 2e-3
    assert 3.5 < coarse / fine < 4.5  # midpoints are of second order


def test_mean_excess_of_a_rate_that_grows():
    """Against an equation that is solved step by step in another library."""
    graph = ns.StateGraph.from_text("A <-> B ; 1 + 3*t/T, 1 \n x: A <-> B ; 1, 2")
    test = ns.Protocol([graph], ["T"], time="t").hatano_sasa(values={"T": 2}, digits=12)
    with mpmath.workdps(15):

        def flow(t, y):
            up, down = 2 + mpmath.mpf(3) / 2 * t, mpmath.mpf(3)
            change = mpmath.mpf(3) / 2 * down / (up + down) ** 2
            steady = up / (up + down)
            gain = y[0] * -change / steady + (1 - y[0]) * change / (1 - steady)
            return [up * (1 - y[0]) - down * y[0], gain]

        wanted = mpmath.odefun(flow, 0, [mpmath.mpf(2) / 5, 0])(2)[1]
        assert abs(test.mean - wanted) < 1e-11
    assert test.average == 1


@given(multigraphs(max_states=3), st.data())
@settings(max_examples=3, deadline=None)
def test_hatano_sasa_while_rates_of_random_graphs_move(m, data):
    rates = {}
    for t in m.transitions:
        for pair, rate in (((t.source, t.target), t.rate), ((t.target, t.source), t.reverse)):
            rates[*pair, t.channel] = f"{rate}*(1 + {data.draw(st.integers(0, 3))}*t)"
    graph = ns.StateGraph.from_rates(rates, states=m.states)
    protocol = ns.Protocol([graph, m], ["1/8", 0], time="t")
    assert protocol.hatano_sasa(digits=12).defect == 0
    elsewhere = protocol.hatano_sasa({m.states[0]: 1}, digits=12)
    assert abs(elsewhere.average - elsewhere.factor) < 1e-10 * elsewhere.average
    assert elsewhere.mean >= -mpmath.log(elsewhere.average)


def test_symbols_in_a_protocol_get_their_values_when_asked():
    graph = ns.StateGraph.from_text("A <-> B ; k*(2 - t/T), 1", assume=["2 - t/T"])
    protocol = ns.Protocol([graph, graph.subs({"t": "T"})], ["T", "D"], time="t")
    test = protocol.hatano_sasa(values={"k": 3, "T": "1/2", "D": 1}, digits=12)
    assert test.average == 1
    assert test.mean > 0
    with pytest.raises(ns.UnknownNameError, match="no value for T, k, D"):
        protocol.hatano_sasa()


def test_bad_moving_protocols():
    falling = ns.StateGraph.from_text("A <-> B ; 1 - t, 1", assume=["1 - t"])
    with pytest.raises(ns.ModelError, match=r"rate of A->B becomes negative.*stay positive"):
        ns.Protocol([falling], [2], time="t").hatano_sasa()
    with pytest.raises(ns.ModelError, match="a duration depends on t, the time within a stage"):
        ns.Protocol([falling], ["2*t"], time="t")
    with pytest.raises(ns.UnknownNameError, match="no value for t"):
        ns.Protocol([falling], [2]).hatano_sasa()
    fast = ns.StateGraph.from_text("A <-> B ; 1000000 + t, 1")
    with pytest.raises(
        ns.TooLargeError, match=r"act too fast.*take shorter stages, or a staircase"
    ):
        ns.Protocol([fast], [1], time="t").hatano_sasa()
    with pytest.raises(ns.ModelError, match="2 drives for 1 graphs; give one for all, or one each"):
        ns.Protocol([falling], [1], drive=[{}, {}])


def test_what_is_left_of_a_wrong_identity_shows_where():
    energies, drive = {"A": "EA", "B": "EB", "C": "EC"}, {"C->A": "f"}
    ring = ns.StateGraph.from_text("A <-> B ; a, 1 \n B <-> C ; b, 1 \n C <-> A ; c, 1")
    driven = ring.with_energies(energies, drive=drive, split="1/2")
    left = ns.crooks_identity(driven, energies).residual
    places = {(i, j) for i in range(3) for j in range(3) if left[i, j] != 0}
    assert places == {(0, 2), (2, 0)}


def test_the_shortest_ramp_has_one_step():
    graph = ns.StateGraph.from_text("A <-> B ; k, 1")
    ramp = ns.Protocol.ramp(graph, "k", [1, 3], "T")
    assert ramp.durations == (0, Symbol("T", positive=True))
    assert ramp.hatano_sasa(values={"T": 1}, digits=10).average == 1
