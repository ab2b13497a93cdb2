"""The verbs that every kind of model understands: which function answers is told by its type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, overload

from nesssym import flows, steady, thermodynamics
from nesssym.chemistry import solve
from nesssym.chemistry import thermodynamics as chemical
from nesssym.chemistry.states import ReactionSteadyState
from nesssym.chemistry.thermodynamics import ReactionCycle
from nesssym.dispatch import of_models, of_states, verb
from nesssym.entropies import EntropyProduction, Irreversibility
from nesssym.fields import Field, FieldState
from nesssym.flows import FlowState
from nesssym.formulas import Formulas
from nesssym.networks import FlowNetwork, Model, ReactionNetwork
from nesssym.networks.labelled import Combination
from nesssym.steady import Method, SteadyState
from nesssym.thermodynamics import Cycle

__all__ = [
    "affinities",
    "cycle_currents",
    "cycles",
    "entropy_production",
    "steady_state",
    "steady_states",
]


_steady_state = of_models(
    "steady_state",
    steady.steady_state,
    solve.steady_state,
    {FlowNetwork: flows.steady_state, Field: FieldState},
)
_steady_states = verb(
    "steady_states",
    {ReactionNetwork: solve.steady_states, FlowNetwork: flows.steady_states},
)
_cycles = of_models("cycles", thermodynamics.cycles, chemical.cycles, {FlowNetwork: flows.cycles})
_affinities = of_models(
    "affinities", thermodynamics.affinities, chemical.affinities, {FlowNetwork: flows.affinities}
)
_cycle_currents = of_states(
    "cycle_currents",
    thermodynamics.cycle_currents,
    chemical.cycle_currents,
    {FlowState: flows.cycle_currents},
)
_entropy_production = of_states(
    "entropy_production",
    thermodynamics.entropy_production,
    chemical.entropy_production,
    {FlowState: flows.entropy_production, FieldState: attrgetter("model.entropy_production")},
)


@overload
def steady_state(model: Model, method: str | Method = "auto") -> SteadyState: ...
@overload
def steady_state(model: Field) -> FieldState: ...
@overload
def steady_state(model: FlowNetwork, values: Mapping[Any, Any] | None = None) -> FlowState: ...
@overload
def steady_state(
    model: ReactionNetwork,
    *,
    totals: Mapping[str, Any] | None = None,
    values: Mapping[Any, Any] | None = None,
    bounds: Mapping[str, tuple[Any, Any]] | None = None,
) -> ReactionSteadyState: ...
def steady_state(model: Any, *args: Any, **options: Any) -> Any:
    r"""Derive the exact steady state of a model, symbolically.

    Parameters
    ----------
    model : StateGraph, MarkovChain, ReactionNetwork, FlowNetwork or a field
        A Markov model needs exactly one closed class of states; other states are transient and
        get probability zero (with a warning that names them). Fields (`Rod`, `Ring`, `Gaussian`,
        `Resetting`, ...) have a method of their own each. The unknowns of a flow network are
        isolated one after the other; the root of a nonlinear equation is taken where its signs
        prove that it is the only positive one.
    method : {"auto", "elimination", "trees", "reduced"} or callable, optional
        Of a Markov model. ``"elimination"``: subtraction-free state elimination, a short program
        of shared steps, for graphs of any size. ``"trees"``: Kirchhoff's sums over spanning
        trees, expanded, for reading. ``"reduced"``: numerators and normalisation in lowest terms,
        expanded, for many states with few symbols; states that symmetry makes equal are lumped
        first and blocks that meet in one state are solved alone. ``"auto"`` writes trees where
        there are few and eliminates otherwise. A callable gets ``(n, rates, steps)`` and returns
        n expressions.
    totals, values, bounds : mapping, optional
        Of a reaction network (`values` also of a flow network), as in `steady_states`, which
        returns all steady states where there are several.

    Returns
    -------
    SteadyState, ReactionSteadyState, FlowState or FieldState

    Raises
    ------
    NotErgodicError
        Several closed classes: the steady state is not unique.
    TooLargeError
        Too many trees to write out, with ``method="trees"``, or no closed form.
    NoSteadyStateError, PerpetualMotionError
        Of a reaction network, as in `steady_states`.

    References
    ----------
    J. Schnakenberg, Rev. Mod. Phys. 48, 571 (1976), doi:10.1103/RevModPhys.48.571.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A -> B ; a \n B -> C ; b \n C -> A ; c")
    >>> ss = ns.steady_state(g)
    >>> ss["B"]
    a*c/(a*b + a*c + b*c)
    >>> r = ns.ReactionNetwork.from_text("E + S <-> ES \n ES <-> E + P", chemostats=["S", "P"])
    >>> ns.steady_state(r, totals={"E": "E0"})["ES"]
    E0*(P*k2r + S*k1)/(P*k2r + S*k1 + k1r + k2)
    """
    return _steady_state(model, *args, **options)


@overload
def steady_states(
    model: ReactionNetwork,
    totals: Mapping[str, Any] | None = None,
    values: Mapping[Any, Any] | None = None,
    bounds: Mapping[str, tuple[Any, Any]] | None = None,
) -> tuple[ReactionSteadyState, ...]: ...
@overload
def steady_states(
    model: FlowNetwork,
    values: Mapping[Any, Any] | None = None,
    bounds: Mapping[str, tuple[Any, Any]] | None = None,
) -> tuple[FlowState, ...]: ...
def steady_states(model: Any, *args: Any, **options: Any) -> Any:
    r"""Return all steady states of a network that may have several, exactly.

    Internal species of a reaction network that react one at a time are solved by spanning trees
    or elimination, for symbols and numbers alike. Other networks are reduced, exactly, to one
    polynomial equation: for symbols its root is given in closed form where there is one, else as
    the one positive root that Descartes' rule of signs proves; for numbers *all* positive roots
    are found and isolated with certainty. Where even that is too much, or where numbers such as
    exp(-2) are irrational, all roots within bounds are enclosed by Krawczyk's operator, to any
    number of digits and with a proof that there are no others; the method is then "enclosure" and
    `proof` says so.

    Parameters
    ----------
    model : ReactionNetwork or FlowNetwork
        The network.
    totals : mapping, optional
        For conservation laws, by their text or by a species that occurs in no other law, the
        total; a law without one gets the symbol ``E_tot``, named by such a species.
    values : mapping, optional
        Numbers for symbols of the network.
    bounds : mapping of str to (low, high), optional
        Where to look for an unknown, or a species, for which there is no exact method; interval
        arithmetic finds every root there. Conservation laws bound their species themselves.

    Returns
    -------
    tuple of ReactionSteadyState or FlowState
        In increasing order of the first internal species, or of the unknown that was searched.

    Raises
    ------
    NoSteadyStateError
        There is none with positive concentrations; the message says why.
    PerpetualMotionError
        The network is closed, and the rate constants along a cycle contradict equilibrium.
    TooLargeError
        No closed form for symbols; the message shows the equation. Or a search for roots that
        needs bounds, or too many steps, or meets a root on the end of the bounds.

    References
    ----------
    E. L. King, C. Altman, J. Phys. Chem. 60, 1375 (1956), doi:10.1021/j150544a010.

    Examples
    --------
    Schloegl's model with three steady states:

    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("A + 2 X <-> 3 X ; 6, 1 \n B <-> X ; 6, 11", ["A", "B"])
    >>> [(ss["X"], ss.stability) for ss in ns.steady_states(r, values={"A": 1, "B": 1})]
    [(1, 'stable'), (2, 'unstable'), (3, 'stable')]
    """
    return _steady_states(model, *args, **options)


@overload
def cycles(model: Model, chords: Iterable[str] | None = None) -> tuple[Cycle, ...]: ...
@overload
def cycles(model: ReactionNetwork) -> tuple[ReactionCycle, ...]: ...
@overload
def cycles(model: FlowNetwork) -> tuple[Combination, ...]: ...
def cycles(model: Any, *args: Any, **options: Any) -> Any:
    r"""Return a fundamental basis of cycles.

    For a Markov model one for each chord of a spanning tree; each runs along its chord's
    direction and starts with it, and parallel transitions make cycles too. For a reaction network
    first the emergent cycles, which only chemostats can drive, then those that change no species.

    Parameters
    ----------
    model : StateGraph, MarkovChain or ReactionNetwork
        The model.
    chords : iterable of str, optional
        Of a Markov model: labels of transitions to be chords; the others make the tree. By
        default the tree takes transitions in the order of the model.

    Raises
    ------
    ModelError
        The transitions that are not chords do not make a spanning tree.

    References
    ----------
    J. Schnakenberg, Rev. Mod. Phys. 48, 571 (1976), doi:10.1103/RevModPhys.48.571.
    M. Polettini, M. Esposito, J. Chem. Phys. 141, 024117 (2014), doi:10.1063/1.4886396.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    >>> [cycle.label for cycle in ns.cycles(g)]
    ['C->A->B->C']
    >>> [cycle.label for cycle in ns.cycles(g, chords=["A->B"])]
    ['A->B->C->A']
    """
    return _cycles(model, *args, **options)


def affinities(
    model: Model | ReactionNetwork | FlowNetwork, chords: Iterable[str] | None = None
) -> Formulas:
    r"""Return the affinity of every fundamental cycle, :math:`\ln \Pi^+/\Pi^-`.

    The thermodynamic forces of the model; all vanish exactly at equilibrium. Energies cancel:
    with rates from ``with_energies`` only the drive is left. So do the internal species of a
    reaction network: its affinities hold the chemostats' concentrations, and the cycles that
    nothing drives are left out.

    Parameters
    ----------
    model : StateGraph, MarkovChain or ReactionNetwork
        The model.
    chords : iterable of str, optional
        As in `cycles`.

    Raises
    ------
    IrreversibleError
        A cycle passes a one-way transition or reaction.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    >>> ns.affinities(g)["C->A->B->C"]
    log(a*c*e/(b*d*f))
    """
    return _affinities(model, *_given(chords))  # type: ignore[no-any-return]


def cycle_currents(
    ss: SteadyState | ReactionSteadyState | FlowState, chords: Iterable[str] | None = None
) -> Formulas:
    r"""Return the current through each cycle of `cycles`.

    Schnakenberg's for a Markov model: the current through each cycle's chord.

    Parameters
    ----------
    ss : SteadyState or ReactionSteadyState
        The steady state.
    chords : iterable of str, optional
        As in `cycles`.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    >>> ns.cycle_currents(ns.steady_state(g))["C->A->B->C"]
    4/7
    """
    return _cycle_currents(ss, *_given(chords))  # type: ignore[no-any-return]


def entropy_production(
    ss: SteadyState | ReactionSteadyState | FlowState | FieldState,
    chords: Iterable[str] | None = None,
) -> EntropyProduction | Irreversibility:
    r"""Return the entropy production: in total, per transition or reaction and per cycle.

    :math:`\sigma = \sum_e J_e F_e = \sum_c J_c A_c \ge 0`. The total has the label ``"sigma"``,
    the parts those of the transitions (or reactions) and of the cycles. Each transition's part is
    non-negative; a cycle's need not be.

    Parameters
    ----------
    ss : SteadyState, ReactionSteadyState or FieldState
        The steady state. For a `StateGraph` the unit is k_B per time; for a `MarkovChain` it is
        nats per step, a statistical irreversibility; for a `ReactionNetwork` it is k_B times the
        unit of concentration, per time. For a field the parts are those of the field, among them
        the local density, and for a flow network those of the flows; `Formulas.unit` says the
        unit. What knows reservoirs is an `EntropyProduction`, the rest an `Irreversibility`.
    chords : iterable of str, optional
        As in `cycles`.

    Raises
    ------
    IrreversibleError
        A transition that carries a current goes one way only: the value would be infinite.

    References
    ----------
    J. Schnakenberg, Rev. Mod. Phys. 48, 571 (1976), doi:10.1103/RevModPhys.48.571.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("hot: g <-> e ; 1/2, 1 \n cold: g <-> e ; 3/5, 3")
    >>> sigma = ns.entropy_production(ns.steady_state(g))
    >>> round(float(sigma["sigma"]), 12)
    0.161698364448
    """
    return _entropy_production(ss, *_given(chords))  # type: ignore[no-any-return]


def _given(chords: Iterable[str] | None) -> tuple[Iterable[str], ...]:
    return () if chords is None else (chords,)
