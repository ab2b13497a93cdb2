"""Reactions as people write them, and what is said of those that are none."""

import networkx as nx
import pytest

import nesssym as ns


def network(text, chemostats=(), **options):
    return ns.ReactionNetwork.from_text(text, chemostats, **options)


@pytest.mark.parametrize("arrow", ["->", "-->", "→", "=>"])
def test_one_way_arrows(arrow):
    (r,) = network(f"A {arrow} B ; k").reactions
    assert (r.text, str(r.rate), r.reversible) == ("A -> B", "k", False)


@pytest.mark.parametrize("arrow", ["<->", "<-->", "<=>", "⇌", "↔"])
def test_two_way_arrows(arrow):
    (r,) = network(f"A {arrow} B ; k, kr").reactions
    assert (r.text, str(r.rate), str(r.reverse)) == ("A <-> B", "k", "kr")


@pytest.mark.parametrize("side", ["2 A", "2A", "2*A", "2 * A", "A + A", "A+A"])
def test_two_of_a_species(side):
    assert network(f"{side} -> B").reactions[0].change == {"A": -2, "B": 1}


@pytest.mark.parametrize("nothing", ["0", "∅", ""])
def test_empty_complex(nothing):
    r = network(f"{nothing} -> A ; 3 \n A -> {nothing} ; 2")
    assert [x.text for x in r.reactions] == ["0 -> A", "A -> 0"]


def test_names_comments_and_separators():
    r = network("""
        # the enzyme
        bind: E + S <-> ES ; kf, kr   # forward, backward
        ES -> E + P ; 0.1*kc/2

        x1 <-> x2 + 2 Ki ; k1 ; k1*K1
    """)
    assert [x.name for x in r.reactions] == ["bind", "R2", "R3"]
    assert str(r.reactions[1].rate) == "kc/20"
    assert str(r.reactions[2].reverse) == "K1*k1"


def test_rate_constants_where_none_are_given():
    r = network("A <-> B \n B -> C ; k \n C <-> A")
    assert [str(s) for s in r.symbols] == ["k1", "k1r", "k", "k3", "k3r"]


def test_mass_action_has_no_factorial():
    ((forward, backward),) = network("2 X <-> Y ; k, kr").rates
    assert (str(forward), str(backward)) == ("X**2*k", "Y*kr")


@pytest.mark.parametrize("name", ["lambda", "gamma", "S", "E", "I", "N", "beta", "Na", "RR", "pi"])
def test_every_name_is_a_plain_symbol(name):
    r = network(f"{name} <-> B ; k, kr")
    assert str(r.rates[0][0]) in (f"{name}*k", f"k*{name}")
    ss = ns.steady_state(r, totals={"B": "T"})
    assert ss[name].free_symbols == {
        *r.symbols,
        *ns.steady_state(r, totals={"B": "T"})["B"].free_symbols,
    }
    assert ns.compile(ss.state)(k=1.0, kr=1.0, T=2.0)[name] == 1.0


def test_a_rate_law_of_ones_own():
    r = network("A -> B ; v = Vm*A/(Km + A) \n B <-> 0 ; v = k*B, c")
    assert [str(e) for e in r.rates[0]] == ["A*Vm/(A + Km)", "0"]
    assert [str(e) for e in r.rates[1]] == ["B*k", "c"]
    assert not r.mass_action


def test_held_concentrations_may_be_values():
    r = network("A + X -> B ; k", {"A": "1/2", "B": None})
    assert str(r.rates[0][0]) == "X*k/2"
    assert r.subs({"k": 4}).rates[0][0] == 2 * r.concentrations["X"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A <- B", "line 1: the arrow '<-' where one of <->,"),
        ("A -> B -> C", "the arrows '->' '->'"),
        ("A + B", "no arrow"),
        ("A ->> B", "'> B' is not a species"),
        ("Na+ -> B", "a '+' joins two species, so that an ion is written Na or Na_p, not Na+"),
        ("Ca2+ + B -> C", "beside '+' in 'Ca2+ + B'"),
        ("A + -2 B -> C", "'-2 B' has a negative stoichiometric number"),
        ("-A -> C", "'-A' has a negative stoichiometric number"),
        ("0 A -> C", "'0 A': a stoichiometric number is a whole number from 1"),
        ("1.5 A -> C", "'1.5 A': a stoichiometric number is whole"),
        ("A^2 -> C", "'A^2' is not a species"),
        ("2(A + B) -> C", "'2(A' is not a species"),
        ("E:S -> P", "'E:S' is not a species"),
        ("A B -> P", "'A B' is not a species"),
        ("A_ -> P", "'A_' is not a species"),
        ("exp -> P", "'exp' cannot name a symbol"),
        ("A <-> B ; k", "'<->' takes two rates (forward, backward), got 1"),
        ("A -> B ; k, kr", "'->' takes one rate, got 2"),
        ("A -> B ; __import__('os')", "is wanted, not '_'"),
        ("A -> B ; -k", "the rate of R1 is -k, which is negative"),
        ("A -> B ; 0", "has the forward rate 0; write it backwards"),
        ("A -> B ; k*A", "holds the species A; mass action multiplies"),
        ("A -> A", "changes nothing; leave it out"),
        ("A -> B ; v =", "no rate law after 'v ='"),
        ("r: A -> B \n r: B -> C", "'r' names two reactions"),
        ("", "a network without reactions"),
    ],
)
def test_what_is_not_understood_is_named(text, message):
    with pytest.raises(ns.NessError) as error:
        network(text)
    assert message in str(error.value)


def test_lines_are_numbered():
    with pytest.raises(ns.ParseError, match=r"^line 3: "):
        network("A -> B \n\n A - B")


@pytest.mark.parametrize(
    ("chemostats", "message"),
    [
        (["Q"], "unknown species in chemostats: 'Q'. Known: A, B"),
        (["A", "A"], "the chemostat 'A' is given twice"),
        ("A", "chemostats is a list of species, got the text 'A'; write ['A']"),
        ({"A": -1}, "parameter A is -1: it must be > 0"),
        ({"A": 0}, "parameter A is 0: it must be > 0"),
        ([1], "chemostats are names of species, got 1"),
    ],
)
def test_bad_chemostats(chemostats, message):
    with pytest.raises(ns.NessError) as error:
        network("A <-> B", chemostats)
    assert message in str(error.value)


def test_bipartite_graph_is_networkx_and_comes_back():
    r = network("A + 2 B <-> C ; k, kr \n C -> 0 ; v = V*C/(K + C)", ["B"])
    graph = r.graph
    assert isinstance(graph, nx.DiGraph)
    assert nx.is_bipartite(graph.to_undirected())
    assert graph.edges["B", "R1"]["stoichiometry"] == 2
    back = ns.ReactionNetwork.from_networkx(graph)
    assert (back.reactions, back.chemostats) == (r.reactions, r.chemostats)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda g: g.add_node("Q"), "node 'Q' has kind None, wanted 'species' or 'reaction'"),
        (lambda g: g.add_edge("A", "B"), "the edge 'A' -> 'B' joins two species nodes"),
        (lambda g: g.nodes["R1"].pop("rate"), "the reaction 'R1' has no attribute 'rate'"),
        (
            lambda g: g.edges["A", "R1"].update(stoichiometry=-1),
            "the stoichiometric number of 'A' is -1",
        ),
    ],
)
def test_bad_graphs(change, message):
    graph = nx.DiGraph(network("A <-> B").graph)
    change(graph)
    with pytest.raises(ns.ModelError) as error:
        ns.ReactionNetwork.from_networkx(graph)
    assert message in str(error.value)


def test_complex_graph_holds_the_rates():
    r = network("A + X <-> 2 X ; k, kr", ["A"])
    (edge,) = [data for a, b, data in r.complex_graph.edges(data=True) if repr(a) == "X"]
    assert str(edge["rate"]) == "A*k"
