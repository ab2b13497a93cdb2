"""Discrete-time chains: probabilities per step are not rates."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Rational, log

import nesssym as ns
from tests.compare import same_log

ENSO = [[8, 13, 2], [9, 6, 12], [6, 8, 11]]


def test_el_nino_chain_matches_the_reference():
    chain = ns.MarkovChain.from_counts(ENSO, ["N", "E", "L"])
    ss = ns.steady_state(chain)
    assert ss.state.at({}) == {"N": Rational(23, 75), "E": Rational(27, 75), "L": Rational(25, 75)}
    assert ns.affinities(chain).exprs == (log(Rational(13, 2)),)
    assert set(map(abs, ss.currents.at({}).values())) == {Rational(4, 75)}
    sigma = ns.entropy_production(ss)
    assert same_log(sigma["sigma"], Rational(4, 75) * log(Rational(13, 2)))
    assert (sigma.unit, ss.currents.unit) == ("nats/step", "1/step")


def test_rates_are_refused_with_the_reason_where_none_exist():
    chain = ns.MarkovChain.from_counts(ENSO)
    with pytest.raises(ns.ModelError, match="no rates exist for this chain: the determinant"):
        chain.rates()


def test_a_pair_of_negative_eigenvalues_is_the_reason():
    blocks = ns.MarkovChain.from_matrix(
        [["1/10", "9/10", 0, 0], ["8/10", "1/10", "1/10", 0],
         [0, "1/10", "1/10", "8/10"], [0, 0, "7/10", "3/10"]]
    )  # fmt: skip
    with pytest.raises(ns.ModelError, match=r"negative eigenvalue -0\.\d+"):
        blocks.rates()


def test_a_negative_entry_of_the_logarithm_is_the_reason():
    never_directly = ns.MarkovChain.from_matrix(
        [["9/10", "1/10", 0], [0, "9/10", "1/10"], ["1/10", 0, "9/10"]]
    )
    with pytest.raises(ns.ModelError, match=r"negative entry -0\.00\d+ from '1' to '3'"):
        never_directly.rates()


def test_rates_come_back_from_an_observed_process():
    graph = ns.StateGraph.from_text(
        "A <-> B ; 1/2, 1/3 \n B <-> C ; 1/5, 1/4 \n C <-> A ; 1/7, 1/6"
    )
    w = np.array(graph.generator().T.tolist(), dtype=float)
    values, vectors = np.linalg.eig(w)
    p = (vectors * np.exp(values)) @ np.linalg.inv(vectors)
    rows = [[Rational(str(round(float(x.real), 14))) for x in row] for row in p]
    for i in range(3):
        rows[i][i] = 1 - sum(rows[i][j] for j in range(3) if j != i)
    back = ns.MarkovChain.from_matrix(rows, graph.states).rates()
    assert np.allclose(np.array(back.generator().T.tolist(), dtype=float), w, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ns.MarkovChain.from_matrix([[1, 1], [0, 1]]), "from '1' sum to 2, wanted 1"),
        (lambda: ns.MarkovChain.from_matrix([[2, -1], [0, 1]]), "a probability"),
        (lambda: ns.MarkovChain.from_counts([[0, 0], [1, 2]]), "no step from '1' was observed"),
        (lambda: ns.MarkovChain.from_counts([[1, -1], [1, 2]]), "negative"),
        (lambda: ns.MarkovChain.from_counts([[1, 1, 1], [1, 2, 1]]), "square"),
        (lambda: ns.MarkovChain.from_matrix([[1]]), "at least two states"),
        (lambda: ns.MarkovChain.from_matrix([["p", "1-p"], [0.5, 0.5]]).rates(), "substitute"),
    ],
)
def test_bad_chains(make, message):
    with pytest.raises(ns.NessError, match=message):
        make()


def test_a_missing_reverse_step_makes_the_affinity_infinite_and_says_so():
    monthly = [[362, 27, 26], [27, 218, 1], [27, 0, 225]]
    chain = ns.MarkovChain.from_counts(monthly, ["N", "E", "L"])
    with pytest.raises(ns.IrreversibleError, match="E->L"):
        ns.affinities(chain)


def test_few_counted_steps_are_warned_of():
    with pytest.warns(ns.NessWarning, match=r"only 24 steps .* by about 0.083 nats a step"):
        ns.MarkovChain.from_counts([[3, 4, 1], [2, 3, 3], [4, 1, 3]])
    # Two states, or a chain without a loop, have nothing that could turn.
    ns.MarkovChain.from_counts([[3, 4], [2, 3]])
    ns.MarkovChain.from_counts([[3, 4, 1], [2, 3, 0], [4, 0, 3]])
