"""Two kinds of entropy production, kept apart by type."""

import pytest
from sympy import Rational

import nesssym as ns

RING = ns.StateGraph.from_text("A <-> B ; a, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
CHAIN = ns.MarkovChain.from_matrix([[0, "1/3", "2/3"], ["2/3", 0, "1/3"], ["1/3", "2/3", 0]])
HEAT = ns.entropy_production(ns.steady_state(RING))
TOLD = ns.entropy_production(ns.steady_state(CHAIN))
SHAKEN = ns.Gaussian([[2, 1], [0, 1]], [1, 3])


def of(model):
    return ns.entropy_production(ns.steady_state(model))


@pytest.mark.parametrize(
    ("model", "kind", "unit"),
    [
        (RING, ns.EntropyProduction, "k_B/time"),
        (CHAIN, ns.Irreversibility, "nats/step"),
        (ns.gallery.load("enso").model, ns.Irreversibility, "nats/step"),
        (ns.Rod("kappa", length="L", hot="T_h", cold="T_c"), ns.EntropyProduction, "W/K"),
        (ns.Ring("cos(x)"), ns.EntropyProduction, "k_B/time"),
        (SHAKEN, ns.Irreversibility, "nats/time"),
        (ns.Gaussian.beads([[2, 1], [1, 2]], [1, 3]), ns.EntropyProduction, "k_B/time"),
        (
            ns.ReactionNetwork.from_text("A <-> X ; 2, 1 \n X <-> B ; 1, 3", chemostats=["A", "B"]),
            ns.EntropyProduction,
            "k_B/time",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", None) or str(value)[:20],
)
def test_every_model_says_which_kind(model, kind, unit):
    found = of(model)
    assert type(found) is kind
    assert found.unit.startswith(unit)


@pytest.mark.parametrize("ask", [ns.housekeeping, ns.pseudo_entropy_production])
def test_the_parts_are_of_the_kind_of_the_whole(ask):
    assert type(ask(ns.steady_state(RING))) is ns.EntropyProduction
    assert type(ask(ns.steady_state(CHAIN))) is ns.Irreversibility


def test_all_cycles_are_of_the_kind_of_their_model():
    assert type(ns.cycle_fluxes(RING).entropy_production) is ns.EntropyProduction
    assert type(ns.cycle_fluxes(CHAIN).entropy_production) is ns.Irreversibility


def test_what_is_local_is_of_the_kind_of_the_whole():
    assert type(SHAKEN.local_entropy_production) is ns.Irreversibility
    resetting = ns.Resetting(1, 2)
    assert type(resetting.local_entropy_production) is ns.Irreversibility
    assert type(resetting.entropy_rates) is ns.Irreversibility


@pytest.mark.parametrize("found", [HEAT, TOLD], ids=["heat", "told"])
def test_the_kind_stays(found):
    kind = type(found)
    assert type(found.select(["sigma"])) is kind
    assert type(found.subs({"a": 2} if kind is ns.EntropyProduction else {})) is kind
    assert type(found.unfold()) is kind
    assert type(found.map(lambda expr: expr)) is kind
    assert repr(found).startswith(f"<{kind.__name__}: sigma")


def test_one_kind_joins_with_itself():
    other = of(RING.subs({"a": 7})).select(["sigma"])
    renamed = other.__class__(("sigma at 7",), other.exprs, other.steps, unit=other.unit)
    joined = HEAT | renamed
    assert type(joined) is ns.EntropyProduction
    assert joined.unit == "k_B/time"
    assert joined["sigma at 7"] == other["sigma"]


def test_another_unit_or_formula_makes_plain_formulas():
    rod = ns.entropy_production(ns.steady_state(ns.Rod("kappa", length="L", hot="T_h", cold="T_c")))
    watts = ns.EntropyProduction(("rod",), rod.exprs, rod.steps, unit=rod.unit)
    assert type(HEAT | watts) is ns.Formulas
    assert type(HEAT.select(["sigma"]) | ns.steady_state(RING).state) is ns.Formulas


@pytest.mark.parametrize("pair", [(HEAT, TOLD), (TOLD, HEAT)], ids=["heat first", "told first"])
def test_the_two_kinds_do_not_mix(pair):
    one, other = pair
    with pytest.raises(
        ns.ModelError, match=r"cannot join .* the one is heat over temperature"
    ) as e:
        one | other
    assert "Irreversibility (nats/step)" in str(e.value)
    assert "EntropyProduction (k_B/time)" in str(e.value)


def test_kernels_take_both():
    assert ns.compile(HEAT)(a=2)["sigma"] == pytest.approx(float(HEAT.subs({"a": 2})["sigma"]))
    assert ns.compile(TOLD)()["sigma"] == pytest.approx(float(TOLD["sigma"]))


def test_formulas_take_numbers_and_text():
    found = ns.Formulas(("a", "b"), (1, "k/2"))
    assert found.at({"k": 3}) == {"a": 1, "b": Rational(3, 2)}
