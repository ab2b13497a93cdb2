"""Response near equilibrium: Onsager's matrix and the next order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sympy import Add, Expr, Integer, Symbol, exp

from nesssym import parsing, typeset
from nesssym.derivatives import gradients
from nesssym.errors import ModelError, UnknownNameError
from nesssym.fluctuations.observables import refuse_chain
from nesssym.formulas import Formulas, Steps
from nesssym.networks import StateGraph
from nesssym.response.static import Linear
from nesssym.steady import steady_state
from nesssym.thermodynamics import cycles

__all__ = ["onsager", "second_order", "with_forces"]


def with_forces(graph: StateGraph, forces: Mapping[str, Any]) -> StateGraph:
    r"""Return the graph with a force on some transitions, :math:`w_\pm e^{\pm F/2}`.

    Parameters
    ----------
    graph : StateGraph
        The graph.
    forces : mapping
        Transition label to force, in units of k_B T along its direction. Names become real
        symbols.

    Raises
    ------
    UnknownNameError
        A transition that is not known.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.with_forces(ns.StateGraph.from_text("A <-> B ; a, b"), {"A->B": "F"})
    >>> g.transitions[0].rate, g.transitions[0].reverse
    (a*exp(F/2), b*exp(-F/2))
    """
    labels = [t.label for t in graph.transitions]
    known = {s.name: s for s in graph.symbols}
    given: dict[str, Expr] = {}
    for label, value in forces.items():
        if label not in labels:
            raise UnknownNameError.of("transition", label, labels)
        force = parsing.expr(value, known)
        new = force.free_symbols.difference(known.values()) if isinstance(value, str) else ()
        given[label] = force.xreplace({s: parsing.symbol(s.name, positive=False) for s in new})
    return replace(
        graph,
        transitions=tuple(
            replace(t, rate=t.rate * exp(f / 2), reverse=t.reverse * exp(-f / 2))
            for t in graph.transitions
            for f in (given.get(t.label, Integer(0)),)
        ),
    )


def onsager(
    graph: StateGraph, currents: Iterable[Any] | Mapping[Any, Any] | None = None
) -> Formulas:
    r"""Return Onsager's matrix of linear response at an equilibrium point.

    :math:`L_{ab} = \partial J_a / \partial F_b` at F = 0, where the force :math:`F_b` drives all
    that the current :math:`J_b` counts. It is symmetric, since the dynamics is reversible, and half
    the covariance of the currents' fluctuations. It is derived from the response, entry by entry;
    the symmetry is a result.

    Parameters
    ----------
    graph : StateGraph
        A graph in detailed balance for all values of its symbols, such as one of
        `StateGraph.with_energies` without a drive, or one into which
        `nesssym.detailed_balance_conditions` have been substituted.
    currents : list of labels, or mapping of names to mappings, optional
        Transitions whose currents are wanted; or names of currents, each with what it counts
        along which transitions. By default the chords of the fundamental cycles.

    Returns
    -------
    Formulas
        Labels ``"L(a, b)"``.

    Raises
    ------
    ModelError
        The point is not one of equilibrium: the message names a cycle and its affinity.
    IrreversibleError
        A one-way transition on a cycle.
    UnknownNameError
        A transition that is not known.

    References
    ----------
    L. Onsager, Phys. Rev. 37, 405 (1931), doi:10.1103/PhysRev.37.405. J. Schnakenberg, Rev. Mod.
    Phys. 48, 571 (1976), doi:10.1103/RevModPhys.48.571.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("hot: A <-> B ; a, b \n cold: A <-> B ; a, b")
    >>> ns.onsager(g)["L(A->B/cold, A->B/cold)"]
    a*b/(2*a + 2*b)
    """
    _refuse_driven(graph)
    chosen = _currents(graph, currents)
    linear = Linear(steady_state(graph), chosen)
    carried = [linear.carried(current) for current in linear.observables(chosen)]
    found: dict[str, Expr] = {}
    heads: list[str] = []
    for a, row in zip(chosen, carried, strict=True):
        for b, counts in chosen.items():
            driven = [(t, counts[t.label]) for t in linear.live if t.label in counts]
            found[f"L({a}, {b})"] = Add(
                *(d * row[t.label][0] * linear.traffic(t) / 2 for t, d in driven)
            )
            heads.append(rf"L_{{{typeset.text(a)},\,{typeset.text(b)}}}")
    return linear.shared.formulas(found, heads=heads, unit="1/time")


def second_order(
    graph: StateGraph, currents: Iterable[Any] | Mapping[Any, Any] | None = None
) -> Formulas:
    r"""Return the second derivatives of currents by forces at an equilibrium point.

    :math:`M_{abc} = \partial^2 J_a / \partial F_b \partial F_c` at F = 0. The fluctuation theorem
    ties it to the noise out of equilibrium, :math:`2 M_{abc} =
    \partial C_{ab}/\partial F_c + \partial C_{ac}/\partial F_b`: for one current,
    :math:`J'' = C'`.

    Parameters
    ----------
    graph, currents
        As in `onsager`.

    Returns
    -------
    Formulas
        Labels ``"M(a, b, c)"``.

    Raises
    ------
    ModelError, IrreversibleError, UnknownNameError
        As in `onsager`.

    References
    ----------
    D. Andrieux, P. Gaspard, J. Chem. Phys. 121, 6167 (2004), doi:10.1063/1.1782391.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("hot: A <-> B ; 1, 3 \n cold: A <-> B ; 1, 3")
    >>> ns.second_order(g, ["A->B/hot"]).at({})
    {'M(A->B/hot, A->B/hot, A->B/hot)': 3/32}
    """
    _refuse_driven(graph)
    chosen = _currents(graph, currents)
    taken = {s.name for s in graph.symbols}
    numbers = (f"F{i}" for i in range(1, len(chosen) + len(taken) + 1))
    fresh = [Symbol(name, real=True) for name in numbers if name not in taken][: len(chosen)]
    total: dict[str, Expr] = {}
    for force, counts in zip(fresh, chosen.values(), strict=True):
        for label, count in counts.items():
            total[label] = total.get(label, Integer(0)) + force * count
    ss = steady_state(with_forces(graph, total), "elimination")
    shared = Steps.over(ss.model)
    net = shared.absorb(ss.currents_as("difference"))
    flows = [Add(*(d * net[e] for e, d in counts.items())) for counts in chosen.values()]
    first = [d for row in gradients(shared, flows, fresh) for d in row]
    second = gradients(shared, first, fresh)
    names = list(chosen)
    triples = [(a, b, c) for a in names for b in names for c in names]
    values = [value for row in second for value in row]
    found = shared.formulas(
        {f"M({', '.join(t)})": value for t, value in zip(triples, values, strict=True)},
        heads=("M_{" + ", ".join(map(typeset.text, t)) + "}" for t in triples),
        unit="1/time",
    )
    return found.subs(dict.fromkeys(fresh, 0))


def _refuse_driven(graph: StateGraph) -> None:
    refuse_chain(graph, "Onsager coefficients")
    for cycle in cycles(graph):
        if not cycle.ratio.is_one:
            raise ModelError(
                f"not an equilibrium point: the affinity of the cycle {cycle.label} is "
                f"{cycle.affinity}, wanted 0; substitute detailed_balance_conditions(graph, "
                "solve_for=[...]), or use response(ss, 'currents', 'forces') where there is a drive"
            )


def _currents(graph: StateGraph, given: Any) -> dict[str, dict[str, Expr]]:
    """Return what each current counts, by name."""
    labels = [t.label for t in graph.transitions]
    if given is None:
        given = [c.transitions[0][0] for c in cycles(graph)]
        if not given:
            raise ModelError("a graph without cycles carries no currents; there is no force")
    if not isinstance(given, Mapping):
        listed: Sequence[Any] = [given] if isinstance(given, str) else list(given)
        given = {label: {label: 1} for label in listed}
    known = {s.name: s for s in graph.symbols}
    found: dict[str, dict[str, Expr]] = {}
    for name, counts in given.items():
        for label in counts:
            if label not in labels:
                raise UnknownNameError.of("transition", label, labels)
        found[str(name)] = {str(e): parsing.expr(d, known) for e, d in counts.items()}
    return found
