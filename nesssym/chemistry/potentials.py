"""Gibbs energies tied to rate constants, relaxation, and why closed networks come to rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from flint import fmpq_mat
from sympy import Add, Expr, Integer, Rational, log

from nesssym import parsing, typeset
from nesssym.chemistry.solve import refuse_perpetual_motion
from nesssym.chemistry.states import ReactionSteadyState
from nesssym.chemistry.thermodynamics import wegscheider_conditions
from nesssym.errors import IrreversibleError, ModelError, PerpetualMotionError, UnknownNameError
from nesssym.exact.feasibility import gordan
from nesssym.exact.monomials import Monomial, monomial
from nesssym.formulas import Formulas, Steps
from nesssym.networks import ReactionNetwork
from nesssym.networks.labelled import Combination
from nesssym.steady import refuse_model

__all__ = [
    "LoopLaw",
    "chemical_potentials",
    "loop_law",
    "lyapunov_function",
    "standard_potentials",
]


def standard_potentials(network: ReactionNetwork) -> Formulas:
    r"""Return standard chemical potentials that agree with the rate constants, in units of k_B T.

    For every reaction :math:`\ln(k_+/k_-) = -\sum_s \nu_s \mu^\circ_s`. Rate constants fix them
    only up to what is conserved: as many species as there are conservation laws of the closed
    network, the last that appear, get zero.

    Parameters
    ----------
    network : ReactionNetwork
        Mass action, every reaction reversible; chemostats are species like the others.

    Returns
    -------
    Formulas
        One label a species.

    Raises
    ------
    IrreversibleError
        A reaction goes one way only.
    PerpetualMotionError
        Wegscheider's conditions do not hold, so that there are no such potentials.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("E + S <-> ES \n ES <-> E + P", ["S", "P"])
    >>> mu = ns.standard_potentials(r)
    >>> mu["S"], mu["P"]
    (log(k1*k2/(k1r*k2r)), 0)
    """
    _refuse(network)
    matrix = network.stoichiometry.entries
    n, size = len(network.species), len(network.reactions)
    rows = [
        [*(matrix[s][r] for s in range(n)), *(int(i == r) for i in range(size))]
        for r in range(size)
    ]
    reduced = fmpq_mat(size, n + size, [x for row in rows for x in row]).rref()[0].tolist()
    ratios = [monomial(r.reverse) / monomial(r.rate) for r in network.reactions]
    found: dict[str, Expr] = dict.fromkeys(network.species, Integer(0))
    for row in reduced:
        pivot = next((j for j in range(n) if row[j]), None)
        if pivot is None:
            continue
        product: Monomial = monomial(Integer(1))
        for x, ratio in zip(row[n:], ratios, strict=True):
            if x:
                product = product * ratio ** Rational(int(x.p), int(x.q))
        found[network.species[pivot]] = product.log()
    return Steps.over(network).formulas(
        found, heads=(rf"\mu^\circ_{{{typeset.text(s)}}}" for s in found)
    )


def chemical_potentials(ss: ReactionSteadyState) -> Formulas:
    r"""Return the chemical potentials :math:`\mu_s = \mu^\circ_s + \ln c_s` at a steady state.

    In units of k_B T. The force of a reaction is :math:`-\sum_s \nu_s \mu_s`.

    Parameters
    ----------
    ss : ReactionSteadyState
        The steady state.

    Raises
    ------
    IrreversibleError, PerpetualMotionError
        As for `standard_potentials`.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("A <-> B ; 2, 1")
    >>> ns.chemical_potentials(ns.steady_state(r, totals={"A": 3}))["A"].doit()
    log(2)
    """
    refuse_model(ss, ReactionSteadyState)
    standard = standard_potentials(ss.model)
    shared = Steps.over(ss.model)
    mu, known = shared.absorb(standard), shared.absorb(ss.state)
    levels = ss.model.concentrations | known
    return shared.formulas(
        {s: mu[s] + log(levels[s]) for s in ss.model.species},
        heads=(rf"\mu_{{{typeset.text(s)}}}" for s in ss.model.species),
    )


def lyapunov_function(ss: ReactionSteadyState) -> Formulas:
    r"""Return what falls for ever on the way to a complex-balanced state, and how fast.

    :math:`L = \sum_s c_s \ln(c_s/c^*_s) - c_s + c^*_s` is the free energy above that of the
    steady state, in units of k_B T. In a closed network :math:`\dot L = -\sigma`.

    Parameters
    ----------
    ss : ReactionSteadyState
        An equilibrium, or a steady state of a weakly reversible network of deficiency zero.

    Returns
    -------
    Formulas
        ``"L"`` and ``"dL/dt"`` in the concentrations, which are symbols named by the species.

    Raises
    ------
    ModelError
        The state is not known to be complex balanced.

    References
    ----------
    F. Horn, R. Jackson, Arch. Ration. Mech. Anal. 47, 81 (1972), doi:10.1007/BF00251225.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("A <-> B ; 2, 1")
    >>> L = ns.lyapunov_function(ns.steady_state(r, totals={"A": 3}))
    >>> L["dL/dt"]
    (-2*A + B)*log(A) + (2*A - B)*log(B/2)
    """
    refuse_model(ss, ReactionSteadyState)
    network = ss.model
    closed = not network.chemostats and refuse_perpetual_motion(network)
    balanced = network.mass_action and network.deficiency == 0 and network.weakly_reversible
    if not closed and not balanced:
        raise ModelError(
            "the state is not known to be complex balanced: the network is not closed with "
            f"Wegscheider's conditions, and its deficiency is {network.deficiency}"
            + ("" if network.weakly_reversible else ", and it is not weakly reversible")
        )
    shared = Steps.over(network)
    rest = {s: shared.let(x, "x") for s, x in shared.absorb(ss.state).items()}
    c = {s: parsing.symbol(s) for s in network.internal}
    rates = network.rate_equations()
    value = Add(*(c[s] * log(c[s] / rest[s]) - c[s] + rest[s] for s in c))
    slope = Add(*(rates[s] * log(c[s] / rest[s]) for s in c))
    return shared.formulas({"L": value, "dL/dt": slope}, heads=("L", r"\dot{L}"), unit="k_B T")


@dataclass(frozen=True)
class LoopLaw:
    r"""Whether reactions can run in some directions, with the proof.

    Parameters
    ----------
    potentials : dict of str to Fraction, or None
        Chemical potentials that fall along every reaction in its direction: it is possible.
    loop : Combination or None
        Reactions in these directions that change no species: it is impossible, since the
        potential would fall for ever. Exactly one of the two is there.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("A <-> B \n 2 A <-> 2 B")
    >>> ns.loop_law(r, {"R1": 1, "R2": -1}).loop
    2 R1 - R2
    """

    potentials: dict[str, Fraction] | None
    loop: Combination | None

    def __bool__(self) -> bool:
        """Whether the directions are possible."""
        return self.loop is None

    def __str__(self) -> str:
        if self.potentials is not None:
            falls = ", ".join(f"mu({s}) = {x}" for s, x in self.potentials.items())
            return f"possible: every reaction runs downhill with {falls}"
        return f"impossible: the loop {self.loop} would run downhill for ever"


def loop_law(network: ReactionNetwork, directions: Mapping[str, int]) -> LoopLaw:
    r"""Decide whether reactions can all run in given directions, by linear programming, exactly.

    The second law lets a reaction run only where chemical potentials fall. By Gordan's theorem
    there are either potentials that fall along all reactions, or a loop of reactions that changes
    no species; both are proofs that anybody can check. So no steady flux of a *closed* network is
    possible: its own reactions are such a loop.

    Parameters
    ----------
    network : ReactionNetwork
        The network; all species count, chemostats too.
    directions : mapping of str to int
        Reaction to a number above or below zero; those that are missing or zero do not run.

    Returns
    -------
    LoopLaw

    References
    ----------
    D. A. Beard, S. Liang, H. Qian, Biophys. J. 83, 79 (2002), doi:10.1016/S0006-3495(02)75150-3.

    Examples
    --------
    >>> import nesssym as ns
    >>> r = ns.ReactionNetwork.from_text("A <-> B \n B <-> C \n C <-> A")
    >>> print(ns.loop_law(r, {"R1": 1, "R2": 1, "R3": 1}))
    impossible: the loop R1 + R2 + R3 would run downhill for ever
    >>> print(ns.loop_law(r, {"R1": 1, "R2": 1, "R3": -1}))
    possible: every reaction runs downhill with mu(A) = 2, mu(B) = 1, mu(C) = 0
    """
    names = network.stoichiometry.columns
    for name in directions:
        if name not in names:
            raise UnknownNameError.of("reaction", name, names)
    running = [
        (i, 1 if directions[n] > 0 else -1) for i, n in enumerate(names) if directions.get(n)
    ]
    matrix = [[sign * row[i] for i, sign in running] for row in network.stoichiometry.entries]
    vector, is_loop = gordan(matrix)
    if not is_loop:
        low = min(vector, default=Fraction(0))
        raised = (x - low if _uniform(network) else x for x in vector)
        return LoopLaw(dict(zip(network.species, raised, strict=True)), None)
    whole = _whole(vector)
    signed = {names[i]: sign * n for (i, sign), n in zip(running, whole, strict=True)}
    return LoopLaw(None, Combination.of(names, [signed.get(n, 0) for n in names]))


def _uniform(network: ReactionNetwork) -> bool:
    """Tell whether the number of molecules is conserved, so that only differences count."""
    return not any(sum(r.change.values()) for r in network.reactions)


def _whole(vector: list[Fraction]) -> list[int]:
    scale = lcm(*(x.denominator for x in vector))
    numbers = [int(x * scale) for x in vector]
    return [n // gcd(*numbers) for n in numbers]


def _refuse(network: ReactionNetwork) -> None:
    one_way = [r.name for r in network.reactions if not r.reversible]
    if one_way:
        raise IrreversibleError(
            f"{', '.join(one_way)} goes one way only, so that no chemical potentials agree with "
            "its rate constants; give it a reverse rate"
        )
    if not network.mass_action:
        raise ModelError("standard potentials belong to mass action; a reaction has its own law")
    conditions = wegscheider_conditions(network)
    if conditions:
        raise PerpetualMotionError(
            "no chemical potentials agree with the rate constants unless "
            f"{'; '.join(f'{c.lhs} = {c.rhs}' for c in conditions)}; impose it with "
            "network.subs(wegscheider_conditions(network, solve_for=[...]))"
        )
