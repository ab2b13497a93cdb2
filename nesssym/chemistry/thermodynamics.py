"""Cycles, affinities and entropy production of reaction networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import fmpq, fmpq_mat, fmpz_mat
from sympy import Add, Eq, Expr, Integer, Rational, Symbol

from nesssym import parsing, typeset
from nesssym.chemistry.solve import cycle_ratio
from nesssym.chemistry.states import ReactionSteadyState
from nesssym.entropies import EntropyProduction, Irreversibility, entropy
from nesssym.errors import IrreversibleError, UnknownNameError
from nesssym.exact.monomials import Monomial, difference, solve_monomials
from nesssym.formulas import Formulas, Steps
from nesssym.functions import logratio
from nesssym.networks import ReactionNetwork
from nesssym.networks.labelled import Combination
from nesssym.networks.stoichiometry import Stoichiometry

__all__ = [
    "ReactionCycle",
    "ReactionImbalance",
    "affinities",
    "check_detailed_balance",
    "cycle_currents",
    "cycles",
    "detailed_balance_conditions",
    "entropy_production",
    "is_equilibrium",
    "undriven_cycles",
    "wegscheider_conditions",
]


@dataclass(frozen=True)
class ReactionCycle:
    r"""A sequence of reactions that leaves the internal species as they were.

    Parameters
    ----------
    network : ReactionNetwork
        The network.
    reactions : Combination
        How often each reaction occurs, negative if backwards.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("E + S <-> ES \n ES <-> E + P", ["S", "P"])
    >>> cycle, = ns.cycles(r)
    >>> cycle, cycle.change, cycle.affinity
    (R1 + R2, {'S': -1, 'P': 1}, log(S*k1*k2/(P*k1r*k2r)))
    """

    network: ReactionNetwork
    reactions: Combination

    def __repr__(self) -> str:
        return repr(self.reactions)

    @property
    def label(self) -> str:
        """The reactions with their numbers, as text."""
        return self.reactions.label

    @property
    def transitions(self) -> tuple[tuple[str, int], ...]:
        """Names of the reactions with their numbers."""
        return self.reactions.terms

    @cached_property
    def change(self) -> dict[str, int]:
        """What one turn changes: chemostats to numbers; nothing for an internal cycle."""
        changes = {r.name: r.change for r in self.network.reactions}
        net = {
            s: sum(n * changes[name].get(s, 0) for name, n in self.transitions)
            for s in self.network.species
        }
        return {s: n for s, n in net.items() if n}

    @property
    def emergent(self) -> bool:
        """Whether chemostats can drive the cycle."""
        return bool(self.change)

    @cached_property
    def ratio(self) -> Monomial:
        """The product of forward over that of backward rates; internal species cancel.

        Raises `IrreversibleError` where a reaction goes one way only.
        """
        found = cycle_ratio(self.network, self.reactions)
        if found is None:
            one_way = [r.name for r in self.network.reactions if not r.reversible]
            names = ", ".join(name for name in one_way if name in self.reactions)
            raise IrreversibleError(
                f"{names} goes one way only, so the affinity of the cycle {self.label} is "
                "infinite; concentrations and currents are fine. Give it a reverse rate"
            )
        return found

    @property
    def affinity(self) -> Expr:
        """The logarithm of `ratio`: the entropy produced per turn, in units of k_B."""
        return self.ratio.log()


def cycles(network: ReactionNetwork) -> tuple[ReactionCycle, ...]:
    """Return a basis of cycles: first the emergent ones, then those of the closed network."""
    found = (*network.emergent_cycles(), *network.internal_cycles())
    return tuple(ReactionCycle(network, c) for c in found)


def affinities(network: ReactionNetwork) -> Formulas:
    """Return the affinities of all cycles, without those that vanish identically."""
    found = [c for c in cycles(network) if not c.ratio.is_one]
    shared = Steps.over(network)
    return shared.formulas(((c.label, _accurate(c)) for c in found), heads=_heads("A", found))


def cycle_currents(ss: ReactionSteadyState) -> Formulas:
    """Return the current through each cycle, so that the reactions' currents are their sums."""
    found = cycles(ss.model)
    shared = Steps.over(ss.model)
    net = shared.absorb(ss.currents)
    return shared.formulas(
        zip((c.label for c in found), _through(ss.model, found, net), strict=True),
        heads=_heads("J", found),
        unit=ss.currents.unit,
    )


def entropy_production(ss: ReactionSteadyState) -> EntropyProduction | Irreversibility:
    """Return the entropy production: in total, per reaction and per cycle."""
    forces = ss.forces
    found = cycles(ss.model)
    shared = Steps.over(ss.model)
    net, force = shared.absorb(ss.currents), shared.absorb(forces)
    parts = {label: shared.let(net[label] * force[label], "y") for label in net}
    currents = _through(ss.model, found, net)
    by_cycle = [(c.label, j * _accurate(c)) for c, j in zip(found, currents, strict=True)]
    return entropy(
        shared.formulas(
            [("sigma", Add(*parts.values())), *parts.items(), *by_cycle],
            heads=(
                r"\sigma",
                *(rf"\sigma_{{{r.subscript}}}" for r in ss.model.reactions),
                *_heads(r"\sigma", found),
            ),
            unit=f"k_B/{ss.model.time}",
        )
    )


def is_equilibrium(network: ReactionNetwork) -> bool:
    """Tell whether every steady state is an equilibrium, for all values of the symbols."""
    ratios = [cycle_ratio(network, c.reactions) for c in cycles(network)]
    return all(ratio is not None and ratio.is_one for ratio in ratios)


def detailed_balance_conditions(
    network: ReactionNetwork, solve_for: Sequence[Any] | None = None
) -> list[Eq] | dict[Symbol, Expr]:
    """Return what rate constants and held concentrations must obey for there to be equilibrium."""
    return _conditions(network, cycles(network), solve_for)


def wegscheider_conditions(
    network: ReactionNetwork, solve_for: Sequence[Any] | None = None
) -> list[Eq] | dict[Symbol, Expr]:
    r"""Return Wegscheider's conditions: what rate constants obey in any network that is physical.

    Along each cycle that changes no species at all, the products of the rate constants forward
    and backward are equal, since nothing could drive such a cycle.

    Parameters
    ----------
    network : ReactionNetwork
        The network; chemostats do not matter.
    solve_for : sequence of symbols or names, optional
        Rate constants to solve the conditions for.

    Returns
    -------
    list of Eq, or dict
        Those conditions that do not hold by themselves. With `solve_for`, a value for each of its
        symbols, ready for `ReactionNetwork.subs`.

    Raises
    ------
    IrreversibleError
        A one-way reaction on a cycle.

    References
    ----------
    R. Wegscheider, Z. Phys. Chem. 39, 257 (1902).

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    >>> ns.wegscheider_conditions(r)
    [Eq(a*c*e, b*d*f)]
    >>> ns.wegscheider_conditions(r, solve_for=["f"])
    {f: a*c*e/(b*d)}
    """
    return _conditions(network, undriven_cycles(network, one_way=True), solve_for)


def undriven_cycles(
    network: ReactionNetwork, *, one_way: bool = False
) -> tuple[ReactionCycle, ...]:
    """Return a basis of the cycles that nothing drives.

    What comes from nowhere and goes nowhere comes from a reservoir, so that reactions with an
    empty side are left out; so are those that go one way, unless they are asked for.
    """
    inside = tuple(
        r
        for r in network.reactions
        if r.reactants.terms and r.products.terms and (one_way or r.reversible)
    )
    found = Stoichiometry(inside).internal_cycles() if inside else ()
    return tuple(ReactionCycle(network, c) for c in found)


def _conditions(
    network: ReactionNetwork, found: Sequence[ReactionCycle], solve_for: Sequence[Any] | None
) -> list[Eq] | dict[Symbol, Expr]:
    ratios = [r for r in (c.ratio for c in found) if not r.is_one]
    if solve_for is None:
        return [Eq(r.numerator, r.denominator, evaluate=False) for r in ratios]
    unknowns = list(parsing.substitution(dict.fromkeys(solve_for, 1), network.symbols))
    return solve_monomials(ratios, unknowns)


@dataclass(frozen=True)
class ReactionImbalance:
    r"""The loops of a numeric network whose rate constants contradict thermodynamics.

    Truthy if there are any; printing it names each loop and its ln-ratio. `nearest_balanced` mends
    the network.

    Parameters
    ----------
    violations : tuple of (ReactionCycle, float)
        The loops with the logarithm of forward over backward products.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 1, 7")
    >>> print(ns.check_detailed_balance(r))
    R1 + R2 + R3: ln ratio -0.154151, wanted 0
    """

    violations: tuple[tuple[ReactionCycle, float], ...]

    def __bool__(self) -> bool:
        return bool(self.violations)

    def __str__(self) -> str:
        if not self.violations:
            return "Wegscheider's conditions hold"
        return "\n".join(
            f"{c.label}: ln ratio {value:+.6g}, wanted 0" for c, value in self.violations
        )


def check_detailed_balance(
    network: ReactionNetwork, values: Mapping[Any, Any] | None = None, *, tolerance: float = 1e-9
) -> ReactionImbalance:
    """Find the loops that change no species and yet have an affinity: Wegscheider's linter.

    Parameters
    ----------
    network : ReactionNetwork
        The network.
    values : mapping, optional
        Values of its symbols.
    tolerance : float, optional
        The largest ln-ratio that counts as balanced.
    """
    fixed = network.subs(values) if values else network
    found = []
    for cycle in undriven_cycles(fixed):
        affinity = cycle.affinity
        if affinity.free_symbols:
            missing = ", ".join(sorted(s.name for s in affinity.free_symbols))
            raise UnknownNameError(f"the linter needs numbers; no value for {missing}")
        if abs(float(affinity)) > tolerance:
            found.append((cycle, float(affinity)))
    return ReactionImbalance(tuple(found))


def _through(
    network: ReactionNetwork, found: Sequence[ReactionCycle], net: Mapping[str, Expr]
) -> list[Expr]:
    """Return the cycle currents j with J = C^T j, from as many reactions as there are cycles."""
    if not found:
        return []
    names = [r.name for r in network.reactions]
    matrix = fmpz_mat([[c.reactions.get(name, 0) for name in names] for c in found])
    reduced, _ = fmpq_mat(matrix).rref()
    chosen = [next(j for j, x in enumerate(row) if x) for row in reduced.tolist()]
    square = fmpq_mat(
        len(found), len(found), [fmpq(matrix[i, j]) for j in chosen for i in range(len(found))]
    )
    inverse = square.inv().tolist()
    return [
        Add(
            *(
                Rational(int(x.p), int(x.q)) * net[names[j]]
                for x, j in zip(row, chosen, strict=True)
                if x
            )
        )
        for row in inverse
    ]


def _accurate(cycle: ReactionCycle) -> Expr:
    """Return the affinity in a form that keeps its digits near equilibrium."""
    ratio = cycle.ratio
    if not ratio.powers:
        return ratio.log()
    above, below = ratio.numerator, ratio.denominator
    excess = difference([above], [below])
    return Integer(0) if excess == 0 else logratio(above, below, excess)


def _heads(letter: str, found: Sequence[ReactionCycle]) -> tuple[str, ...]:
    return tuple(f"{letter}_{{{typeset.text(c.label)}}}" for c in found)
