"""What the chemical systems of the gallery say, against the equations that they solve."""

from __future__ import annotations

import mpmath
import pytest

import nesssym as ns

SMALL = 1e-25


@pytest.fixture(autouse=True)
def forty_digits():
    with mpmath.workdps(40):
        yield


@pytest.fixture(scope="module")
def closed():
    return ns.gallery.load("closed_reaction")


def _rate(system, quantity, label, time, **values):
    """Differentiate a result with respect to time, to 30 digits."""
    with mpmath.workdps(60):
        h = mpmath.mpf(10) ** -18
        ends = []
        for sign in (1, -1):
            at = values | {"t": mpmath.nstr(mpmath.mpf(str(time)) + sign * h, 40)}
            ends.append(system.at(quantity, at, 60)[label])
        return (ends[0] - ends[1]) / (2 * h)


@pytest.mark.parametrize("quantity", ["equilibrium", "now"])
def test_the_binomial_solves_the_master_equation(closed, quantity):
    N, graph = 4, ns.master_equation(closed.model, {"A": 4})
    generator = graph.subs({"k_plus": "3/10", "k_minus": "1/20"}).generator()
    p = [closed.at("molecules", {"N": N, "n": str(n)}, 40)[quantity] for n in range(1, N + 1)]
    p = [1 - mpmath.fsum(p), *p]
    order = [graph.states.index(f"A={n}, B={N - n}") for n in range(N + 1)]
    for n in range(1, N + 1):
        change = mpmath.fsum(
            mpmath.mpf(str(generator[order[n], order[m]].evalf(40))) * p[m] for m in range(N + 1)
        )
        wanted = 0
        if quantity == "now":
            wanted = _rate(closed, "molecules", "now", 5, N=N, n=str(n))
        assert abs(change - wanted) < SMALL


def test_each_number_is_balanced_by_its_own_reverse(closed):
    for n in range(1, 30):
        low, high = (closed.at("molecules", {"n": str(k)}, 30)["equilibrium"] for k in (n, n + 1))
        there, back = high * (n + 1) * 3 / 10, low * (30 - n) / 20
        assert abs(there / back - 1) < SMALL


def test_the_binomial_is_the_product_form(closed):
    ss = ns.steady_state(closed.model, totals={"A": 1})
    wanted = ns.product_form(ss, {"A": 30}).at({"k_plus": "3/10", "k_minus": "1/20"})
    for n in (1, 10, 30):
        got = closed.at("molecules", {"n": str(n)}, 20)["equilibrium"]
        assert got == pytest.approx(float(wanted[f"A={n}, B={30 - n}"]), rel=1e-15)


def test_free_energy_falls_by_what_is_dissipated(closed):
    fall = -_rate(closed, "free energy", "now", 5)
    heat = closed.at("entropy production", {}, 40)["sigma"] * mpmath.mpf("298.15")
    assert abs(fall / heat - 1) < SMALL


def test_decay_of_the_entropy_production(closed):
    sigma = closed.at("entropy production", {}, 40)["sigma"]
    decay = -_rate(closed, "entropy production", "sigma", 5) / sigma
    assert abs(decay - closed.at("decay of the entropy production", {}, 40)["rate"]) < SMALL
