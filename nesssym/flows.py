"""Steady states of flow networks: unknowns, flows, forces, dissipation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flint import arb, ctx, fmpq, fmpq_mat
from sympy import Add, Expr, Integer, Rational, Symbol

from nesssym import parsing, typeset
from nesssym.entropies import EntropyProduction, Irreversibility, entropy
from nesssym.errors import NoSteadyStateError, ParameterError, TooLargeError, UnknownNameError
from nesssym.exact.isolation import Solution, isolate, remaining
from nesssym.formulas import Formulas, Steps
from nesssym.kernels import Kernel, compile
from nesssym.networks.flow_network import FlowNetwork
from nesssym.networks.labelled import Combination
from nesssym.roots import RootIn

__all__ = [
    "FlowState",
    "affinities",
    "cycle_currents",
    "cycles",
    "entropy_production",
    "steady_state",
    "steady_states",
]

BITS, MOST_HALVINGS, MOST_PIECES = 128, 80, 4096


@dataclass(frozen=True, eq=False)
class FlowState:
    """The steady state of a flow network. Made by `steady_state`.

    Looking up an unknown gives it as one expression.

    Parameters
    ----------
    model : FlowNetwork
        The network.
    state : Formulas
        The unknowns by name, in the parameters. Its `assume` has what must be positive for the
        state to exist; kernels check it.
    proofs : dict of str to str
        Unknowns of nonlinear equations, and why this root was taken.

    Examples
    --------
    >>> import nesssym as ns
    >>> tank = ns.FlowNetwork.from_text('''
    ...     tap: mains -> tank ; Q
    ...     drain: tank -> sewer ; a*sqrt(2*g*h)
    ... ''', unknowns={"tank": "h"})
    >>> ns.steady_state(tank)["h"]
    Q**2/(2*a**2*g)
    """

    model: FlowNetwork
    state: Formulas
    proofs: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<FlowState of {self.model!r}>"

    def __getitem__(self, name: object) -> Expr:
        """Return an unknown in closed form."""
        return self.state[name]

    def _repr_latex_(self) -> str | None:
        return self.state._repr_latex_()

    @property
    def conditions(self) -> tuple[Expr, ...]:
        """What must be positive for this state to exist."""
        return self.state.assume

    @cached_property
    def currents(self) -> Formulas:
        """The flows in the steady state."""
        shared, known = self._begin()
        return shared.formulas(
            {f.name: f.law.xreplace(known) for f in self.model.flows},
            heads=(f"J_{{{f.subscript}}}" for f in self.model.flows),
            unit=self.model.unit,
        )

    @cached_property
    def forces(self) -> Formulas:
        """The force of every flow, from the potentials of the places it joins.

        Raises
        ------
        ModelError
            A place without a potential.
        """
        shared, known = self._begin()
        return shared.formulas(
            {f.name: self.model.force(f).xreplace(known) for f in self.model.flows},
            heads=(f"F_{{{f.subscript}}}" for f in self.model.flows),
        )

    def _begin(self) -> tuple[Steps, dict[Expr, Expr]]:
        shared = Steps.over(self.model)
        shared.assume = self.state.assume
        found = shared.absorb(self.state)
        known = {
            u: shared.let(found[u.name], u.name, positive=bool(u.is_positive))
            for u in self.model.variables
        }
        return shared, known


def steady_state(network: FlowNetwork, values: Mapping[Any, Any] | None = None) -> FlowState:
    """Derive the steady state of a flow network in closed form; see `nesssym.steady_state`."""
    network = network.subs(values) if values else network
    return _state(network, isolate(_equations(network), network.variables, network.assume))


def _equations(network: FlowNetwork) -> list[Expr]:
    """Return what vanishes in the steady state; each equation must hold an unknown."""
    named = {f"the balance of {place}": e for place, e in network.balances.items()}
    named |= {f"the constraint {name}": e for name, e in network.constraints.items()}
    for name, equation in named.items():
        if equation != 0 and equation.free_symbols.isdisjoint(network.variables):
            raise NoSteadyStateError(
                f"no steady state: {name} is {equation}, which no unknown can make zero; let a "
                "flow depend on what is there"
            )
    return list(named.values())


def steady_states(
    network: FlowNetwork,
    values: Mapping[Any, Any] | None = None,
    bounds: Mapping[str, tuple[Any, Any]] | None = None,
) -> tuple[FlowState, ...]:
    r"""Return all steady states of a flow network with numbers for its parameters, certified.

    What can be isolated is; the one nonlinear equation that is left is searched by interval
    arithmetic between bounds, so that no root there is missed.

    Parameters
    ----------
    network : FlowNetwork
        The network.
    values : mapping, optional
        Numbers for its parameters.
    bounds : mapping of str to (low, high), optional
        Where to look for the unknown that is left.

    Returns
    -------
    tuple of FlowState
        In increasing order of that unknown.

    Raises
    ------
    NoSteadyStateError
        There is none between the bounds.
    TooLargeError
        More than one unknown is left, or no bounds are given for it.

    Examples
    --------
    >>> import nesssym as ns
    >>> n = ns.FlowNetwork.from_text("a: 0 -> x ; 6*x^2 + 6 \n b: x -> 0 ; x^3 + 11*x", {"x": "x"})
    >>> [round(float(ss["x"]), 12) for ss in ns.steady_states(n, bounds={"x": (0, 10)})]
    [1.0, 2.0, 3.0]
    """
    network = network.subs(values) if values else network
    equations = _equations(network)
    try:
        return (_state(network, isolate(equations, network.variables, network.assume)),)
    except TooLargeError:
        pass
    limits = {str(u): pair for u, pair in (bounds or {}).items()}
    names = [u.name for u in network.variables]
    for name in limits:
        if name not in names:
            raise UnknownNameError.of("unknown", name, names)
    _, left, rest = remaining(equations, network.variables, network.assume)
    if len(left) != 1 or len(rest) != 1 or rest[0].free_symbols != set(left):
        raise TooLargeError(
            f"{len(rest)} equations for {', '.join(u.name for u in left)} are left: numbers for "
            "all parameters leave one equation in one unknown, or the flows must be simplified"
        )
    (u,), (equation,) = left, rest
    if u.name not in limits:
        raise TooLargeError(f"say where to look: bounds={{{u.name!r}: (low, high)}}")
    low, high = (parsing.number(b) for b in limits[u.name])
    roots = _roots(equation, u, low, high)
    if not roots:
        raise NoSteadyStateError(f"no steady state with {low} < {u} < {high}")
    others = [v for v in network.variables if v != u]
    solution = isolate(equations, others, network.assume, searched=(u,))
    return tuple(_state(network, _with_root(solution, u, root)) for root in roots)


def _with_root(solution: Solution, u: Symbol, root: Expr) -> Solution:
    values = {v: e.xreplace({u: root}) for v, e in solution.values.items()}
    conditions = [e.xreplace({u: root}) for e in solution.conditions]
    return Solution(values | {u: root}, conditions, {u: "every root between the bounds was found"})


def _state(network: FlowNetwork, solution: Solution) -> FlowState:
    shared = Steps.over(network)
    shared.assume = tuple(dict.fromkeys((*network.assume, *solution.conditions)))
    state = shared.formulas(
        {u.name: solution.values[u] for u in network.variables},
        heads=(typeset.expression(u, dict(network.notation)) for u in network.variables),
    )
    return FlowState(network, state, {u.name: why for u, why in solution.proofs.items()})


def _roots(equation: Expr, u: Symbol, low: Expr, high: Expr) -> list[Expr]:
    """Enclose every root between two bounds; each is simple and certain."""
    x = Symbol(u.name, real=True)
    pair = (equation.xreplace({u: x}), equation.diff(u).xreplace({u: x}))
    kernel = compile(Formulas(("value", "slope"), pair), backend="arb", arguments=[x])
    found: list[Expr] = []
    with ctx.workprec(BITS):
        pieces = [(arb(low.p) / arb(low.q), arb(high.p) / arb(high.q))]
        for _ in range(MOST_HALVINGS):
            halves = []
            for a, b in pieces:
                value, slope = _enclosed(kernel, u, a.union(b))
                if value is not None and not value.contains(0):
                    continue
                if slope is None or slope.contains(0):
                    middle = ((a + b) / 2).mid()
                    halves += [(a, middle), (middle, b)]
                    continue
                ends = [_enclosed(kernel, u, end)[0] for end in (a, b)]
                if None not in ends and ends[0] * ends[1] < 0:
                    found.append(RootIn(equation, (u, _exact(a), _exact(b))))
                elif None in ends or (ends[0] * ends[1]).contains(0):
                    raise TooLargeError(f"a bound of the search, near {u} = {a.mid()}, is a root")
            pieces = halves
            if not pieces:
                return sorted(found, key=lambda root: root.args[1][1])
            if len(pieces) > MOST_PIECES:
                break
    near = ", ".join(str(((a + b) / 2).mid()) for a, b in pieces[:3])
    raise TooLargeError(
        f"roots of {equation} near {u} = {near} cannot be told apart: a double root, or the edge "
        "of a bistable range; change the values a little"
    )


def _enclosed(kernel: Kernel, u: Symbol, x: arb) -> tuple[Any, Any]:
    try:
        balls = kernel(**{u.name: x})
    except ParameterError:
        return None, None
    return balls["value"], balls["slope"]


def _exact(x: arb) -> Expr:
    mantissa, exponent = map(int, x.mid().man_exp())
    return Integer(mantissa) * Integer(2) ** exponent


def cycles(network: FlowNetwork) -> tuple[Combination, ...]:
    """Return combinations of flows that leave every compartment as it was."""
    return network.cycles()


def affinities(network: FlowNetwork) -> Formulas:
    """Return what one turn of every cycle dissipates; compartments cancel."""
    found = network.cycles()
    return Steps.over(network).formulas(
        ((c.label, network.affinity(c)) for c in found), heads=_heads("A", found)
    )


def cycle_currents(ss: FlowState) -> Formulas:
    """Return the current through each cycle, so that the flows are their sums."""
    found = ss.model.cycles()
    shared = Steps.over(ss.model)
    shared.assume = ss.state.assume
    flows = shared.absorb(ss.currents)
    names = [f.name for f in ss.model.flows]
    matrix = fmpq_mat([[fmpq(c.get(name, 0)) for c in found] for name in names])
    through = [flows[name] for name in names]
    square = matrix.transpose() * matrix
    weights = square.solve(matrix.transpose()) if found else None
    currents = (
        Add(*(Rational(int(w.p), int(w.q)) * flow for w, flow in zip(row, through, strict=True)))
        for row in (weights.tolist() if weights is not None else [])
    )
    return shared.formulas(
        zip((c.label for c in found), currents, strict=True),
        heads=_heads("J", found),
        unit=ss.model.unit,
    )


def entropy_production(ss: FlowState) -> EntropyProduction | Irreversibility:
    """Return the entropy production: in total, and of every flow."""
    shared = Steps.over(ss.model)
    shared.assume = ss.state.assume
    flows, forces = shared.absorb(ss.currents), shared.absorb(ss.forces)
    parts = {name: shared.let(flows[name] * forces[name], "y", positive=False) for name in flows}
    return entropy(
        shared.formulas(
            {"sigma": Add(*parts.values())} | parts,
            heads=(r"\sigma", *(rf"\sigma_{{{f.subscript}}}" for f in ss.model.flows)),
            unit=ss.model.dissipation,
        )
    )


def _heads(letter: str, found: Sequence[Combination]) -> tuple[str, ...]:
    return tuple(f"{letter}_{{{typeset.text(c.label)}}}" for c in found)
