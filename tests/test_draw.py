"""Pictures: what they show, where things stand, and what is refused."""

import sys
from itertools import combinations

import matplotlib
import matplotlib.pyplot as plt
import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

import nesssym as ns
from nesssym.drawing.layout import crossings, placed
from nesssym.drawing.pictures import of_chemistry, of_complexes, of_flows, of_states

matplotlib.use("Agg")

TRIANGLE = "A <-> B ; k1, k1r \n B <-> C ; k2, k2r \n C <-> A ; k3, k3r"
BACKWARD = {"k1": 1, "k1r": 3, "k2": 1, "k2r": 2, "k3": "1/2", "k3r": 1}
MM = ns.ReactionNetwork.from_text("bind: E + S <-> ES \n ES <-> E + P", ["S", "P"])
NUMBERS = {"k1": 2, "k1r": 1, "k2": 4, "k2r": "1/2", "S": 3, "P": "1/3"}


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


def texts(ax):
    return [t.get_text() for t in ax.texts]


def test_a_state_graph_shows_its_rates():
    ax = ns.draw(ns.StateGraph.from_text(TRIANGLE))
    assert {"A", "B", "C", "$k_{1}$", "$k_{1r}$", "$k_{3r}$"} <= set(texts(ax))
    assert len([p for p in ax.patches if isinstance(p, FancyArrowPatch)]) == 6


def test_arrows_of_a_steady_state_point_where_the_net_current_flows():
    ss = ns.steady_state(ns.StateGraph.from_text(TRIANGLE))
    picture = of_states(ss.model, ss, BACKWARD)
    assert [(a.source, a.target) for a in picture.arrows] == [("B", "A"), ("C", "B"), ("A", "C")]
    assert {a.weight for a in picture.arrows} == {1.0}
    forward = of_states(ss.model, ss, {**BACKWARD, "k1": 100})
    assert next((a.source, a.target) for a in forward.arrows) == ("A", "B")
    assert sum(n.fill for n in picture.nodes) == pytest.approx(1)


def test_what_does_not_flow_has_no_head():
    ss = ns.steady_state(ns.StateGraph.from_text("A <-> B ; 1, 2 \n B -> C ; 1 \n C -> B ; 3"))
    assert {(a.weight, a.heads, a.label) for a in of_states(ss.model, ss, {}).arrows} == {
        (0.0, (False, False), "0")
    }


def test_parallel_channels_are_apart_and_named():
    g = ns.StateGraph.from_text("hot: g <-> e ; a, b \n cold: g <-> e ; c, d")
    arrows = of_states(g, None, {}).arrows
    middles = [a.bend if (a.source, a.target) == ("e", "g") else -a.bend for a in arrows]
    assert len({round(m, 6) for m in middles}) == 4
    ss = ns.steady_state(g)
    labels = [a.label for a in of_states(g, ss, {"a": 1, "b": 2, "c": 3, "d": 1}).arrows]
    assert [label.partition(":")[0] for label in labels] == ["hot", "cold"]


def test_species_and_reactions():
    picture = of_chemistry(MM, None, {})
    assert [(n.key, n.kind) for n in picture.nodes] == [
        ("E", "species"),
        ("S", "chemostat"),
        ("ES", "species"),
        ("P", "chemostat"),
        ("bind", "reaction"),
        ("R2", "reaction"),
    ]
    assert ("S", "bind", (True, False)) in [(a.source, a.target, a.heads) for a in picture.arrows]
    one_way = of_chemistry(ns.ReactionNetwork.from_text("2 A -> B"), None, {})
    assert [(a.label, a.heads) for a in one_way.arrows] == [
        ("2", (False, False)),
        ("", (False, True)),
    ]


def test_currents_of_a_network():
    ss = ns.steady_state(MM, totals={"E": 1})
    picture = of_chemistry(MM, ss, NUMBERS)
    notes = {n.key: n.note for n in picture.nodes}
    assert notes["bind"] == notes["R2"] == f"{float(ss.currents.at(NUMBERS)['bind']):.3g}"
    back = of_chemistry(MM, ss, {**NUMBERS, "P": 1000})
    heads = {(a.source, a.target): a.heads for a in back.arrows}
    assert heads["S", "bind"] == (True, False)
    assert heads["R2", "P"] == (False, False)


def test_complexes():
    r = ns.ReactionNetwork.from_text("A + 2 X <-> 3 X ; k1, k2 \n B <-> X ; k3, k4", ["A", "B"])
    picture = of_complexes(r, None, {})
    assert [n.text for n in picture.nodes] == ["2 X", "3 X", "∅", "X"]
    assert picture.arrows[0].label in ("$A k_{1}$", "$k_{1} A$")
    assert "∅" in texts(ns.draw(r, view="complexes"))


def test_a_species_on_both_sides_has_two_arrows_apart():
    arrows = of_chemistry(ns.ReactionNetwork.from_text("A + X -> 2 X", ["A"]), None, {}).arrows
    assert sorted(a.bend for a in arrows if "X" in (a.source, a.target)) != [0.0, 0.0]


def test_the_same_model_gives_the_same_picture():
    def seen():
        ax = ns.draw(ns.gallery.load("kinesin").model)
        return [(t.get_text(), t.get_position()) for t in ax.texts]

    assert seen() == seen()


@pytest.mark.parametrize("name", ["kinesin", "emre", "hill6"])
def test_nodes_do_not_touch_and_links_do_not_cross(name):
    g = ns.gallery.load(name).model
    sizes = dict.fromkeys(g.states, (40.0, 30.0))
    links = list(dict.fromkeys((t.source, t.target) for t in g.transitions))
    found = placed(sizes, links, {})
    for a, b in combinations(g.states, 2):
        dx, dy = (abs(p - q) for p, q in zip(found[a], found[b], strict=True))
        assert dx > 40 or dy > 30, (a, b)
    if name != "emre":
        assert crossings(found, links) == 0


def test_rings_are_regular_and_parts_stand_side_by_side():
    found = placed(
        dict.fromkeys("ABCXY", (30, 30)), [("A", "B"), ("B", "C"), ("C", "A"), ("X", "Y")], {}
    )
    sides = [
        sum((p - q) ** 2 for p, q in zip(found[a], found[b], strict=True))
        for a, b in ("AB", "BC", "CA")
    ]
    assert max(sides) == pytest.approx(min(sides))
    assert max(found[k][0] for k in "ABC") < min(found[k][0] for k in "XY")


def test_axes_that_are_given_are_used():
    _, (left, right) = plt.subplots(1, 2)
    assert ns.draw(MM, left) is left
    assert ns.draw(MM, right, view="complexes") is right
    assert len(plt.get_fignums()) == 1
    assert max(t.get_fontsize() for t in left.texts) <= 11


def test_held_species_are_dashed():
    ax = ns.draw(MM)
    dashed = [
        p for p in ax.patches if isinstance(p, FancyBboxPatch) and p.get_linestyle() != "solid"
    ]
    assert len(dashed) == 2


def test_numbers_for_the_model():
    g = ns.StateGraph.from_text("A <-> B ; k, 1")
    assert "$2$" in texts(ns.draw(g, values={"k": 2}))


def test_a_long_rate_is_named():
    long = "+".join(f"a{i}*b{i}" for i in range(40))
    (arrow,) = of_states(
        ns.StateGraph.from_text(f"A -> B ; {long} \n B -> A ; 1"), None, {}
    ).arrows[:1]
    assert arrow.label.startswith("$w_{")


def test_flows_between_places_even_of_one_name():
    network = ns.FlowNetwork.from_text(
        "feed: 0 -> room ; q \n room: room -> air ; g*(T - T_a)", {"room": "T"}
    )
    picture = of_flows(network, ns.steady_state(network), {"q": 2, "g": 1, "T_a": 5})
    kinds = {n.key: (n.kind, n.text, n.note) for n in picture.nodes}
    assert kinds == {
        "room": ("species", "room", "T = 7"),
        "air": ("chemostat", "air", ""),
        "feed": ("reaction", "feed", "2"),
        "flow room": ("reaction", "room", "2"),
    }
    assert [(a.source, a.target) for a in picture.arrows] == [
        ("feed", "room"),
        ("room", "flow room"),
        ("flow room", "air"),
    ]
    assert {"room", "air", "feed"} <= set(texts(ns.draw(network)))


def test_states_named_with_dollar_signs():
    assert r"a\$b" in texts(ns.draw(ns.StateGraph.from_rates({("a$b", "c"): 1, ("c", "a$b"): 2})))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ns.draw("A"), "draw takes a StateGraph, MarkovChain, ReactionNetwork, FlowNetw"),
        (lambda: ns.draw(MM, view="species reaction"), "unknown view 'species reaction'"),
        (
            lambda: ns.draw(ns.steady_state(MM), values={"k1": 1}),
            "symbols without numbers: k1r, k2, k2r, S, P, E_tot",
        ),
        (
            lambda: ns.draw(ns.StateGraph.from_rates({(i, (i + 1) % 300): 1 for i in range(300)})),
            "300 nodes are more than 250",
        ),
    ],
)
def test_what_cannot_be_drawn(call, message):
    with pytest.raises(ns.NessError) as error:
        call()
    assert message in str(error.value)


def test_without_matplotlib_the_pip_line_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ns.MissingExtraError, match=r"pip install 'nesssym\[draw\]'"):
        ns.draw(MM)
    with pytest.raises(ns.MissingExtraError, match=r"pip install 'nesssym\[draw\]'"):
        ns.draw(MM, ax=object())
