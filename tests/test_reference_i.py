"""Published and independently computed values: group I, coarse graining."""

from __future__ import annotations

import nesssym as ns
from tests.compare import same_log
from tests.reference import CASES, exact, model


def test_i01_elimination_of_a_state():
    fine = model("I01")
    coarse = ns.eliminate_states(fine, [3])
    forth, back, sigma, affinity = (exact(text) for text in CASES["I01"]["exact"])
    [via] = [t for t in coarse.transitions if t.channel == "via 3"]
    assert (via.source, via.target, via.rate, via.reverse) == ("2", "4", forth, back)
    [cycle], [before] = ns.cycles(coarse), ns.cycles(fine)
    assert same_log(cycle.affinity, before.affinity)
    assert affinity in (cycle.affinity, -cycle.affinity)
    ss = ns.steady_state(fine)
    reduced = ns.steady_state(coarse)
    loss = ns.entropy_loss(ss, reduced)
    assert same_log(loss["coarse"], sigma)
    assert str(loss["coarse"].evalf(30)) == CASES["I01"]["decimal"][2]
    scale = 1 - ss.state.at({})["3"]
    assert reduced.currents.at({})["1->2"] == ss.currents.at({})["1->2"] / scale
