"""Every formula of every kind of result is LaTeX that a real parser accepts."""

from __future__ import annotations

import pytest

import nesssym as ns
from tests import katex
from tests.models import SMALL

MODELS = SMALL | {
    name: lambda name=name: ns.gallery.load(name).model
    for name in ns.gallery.names("model")
    if not isinstance(ns.gallery.load(name).model, ns.ReactionNetwork)
}


@pytest.mark.parametrize("name", MODELS)
def test_results_are_typeset(name):
    model = MODELS[name]()
    ss = ns.steady_state(model)
    results = [
        ss.state,
        ns.steady_state(model, "elimination").state,
        ss.currents,
        ss.currents_as("difference"),
        ss.currents_as("cycles"),
        ss.forces,
        ns.affinities(model),
        ns.cycle_currents(ss),
        ns.entropy_production(ss),
    ]
    for formulas in results:
        katex.check(formulas.latex())
        shown = formulas._repr_latex_()
        if shown is not None:
            katex.check(shown.strip("$"))


@pytest.mark.parametrize("name", [*MODELS, "kitchen_sink", "bumblebee"])
def test_models_show_themselves(name):
    model = MODELS[name]() if name in MODELS else ns.gallery.load(name).model
    shown = model._repr_latex_()
    if isinstance(model, ns.MarkovChain):
        assert "begin{matrix}" in shown
    katex.check(shown.strip("$"))


def test_a_reaction_scheme():
    r = ns.ReactionNetwork.from_text("bind: 2 A <-> B ; k_on, koff \n 0 -> A ; v = V/(K + A)")
    rows = r._repr_latex_().splitlines()[1:-1]
    assert rows == [
        r"2\text{A} &\underset{\mathit{koff}}{\overset{k_{\mathrm{on}}}{\rightleftharpoons}} "
        r"\text{B} &&\text{bind} \\",
        r"\varnothing &\xrightarrow{v = \frac{V}{A + K}} \text{A} &&\text{R2}",
    ]
    katex.check(r._repr_latex_().strip("$"))


def test_a_scheme_too_large_for_a_notebook_is_not_shown():
    text = "\n".join(f"a{i} <-> a{i + 1}" for i in range(400))
    assert ns.StateGraph.from_text(text)._repr_latex_() is None


def test_parts_are_named_and_long_sums_broken():
    ss = ns.steady_state(SMALL["ring 6"](), "trees")
    text = ss.state.latex(width=60)
    assert r"Z &= " in text
    assert r"\frac{\tau_{1}}{Z}" in text
    assert max(map(len, text.splitlines())) < 600


def test_labels_that_are_latex_are_shown_as_text():
    nasty = r"100% \alpha_{x} & #1 {open"
    g = ns.StateGraph.from_rates({(nasty, "β"): "a", ("β", nasty): "b"})
    ss = ns.steady_state(g)
    for formulas in (ss.state, ss.currents, ss.forces):
        katex.check(formulas.latex())


def test_a_display_too_large_for_a_notebook_is_left_out():
    import networkx as nx

    from tests.models import symbolic

    assert ns.steady_state(symbolic(nx.grid_2d_graph(7, 7))).state._repr_latex_() is None
