"""Detailed balance for every kind of model: conditions, a test, a linter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, overload

from sympy import Eq, Expr, Symbol

from nesssym.chemistry import thermodynamics as chemical
from nesssym.chemistry.thermodynamics import ReactionImbalance
from nesssym.dispatch import of_models
from nesssym.dissipation import detailed_balance
from nesssym.dissipation.detailed_balance import Imbalance
from nesssym.networks import Model, ReactionNetwork

__all__ = ["check_detailed_balance", "detailed_balance_conditions", "is_equilibrium"]

_is_equilibrium = of_models(
    "is_equilibrium", detailed_balance.is_equilibrium, chemical.is_equilibrium
)
_conditions = of_models(
    "detailed_balance_conditions",
    detailed_balance.detailed_balance_conditions,
    chemical.detailed_balance_conditions,
)
_check = of_models(
    "check_detailed_balance",
    detailed_balance.check_detailed_balance,
    chemical.check_detailed_balance,
)


def detailed_balance_conditions(
    model: Model | ReactionNetwork, solve_for: Sequence[Any] | None = None
) -> list[Eq] | dict[Symbol, Expr]:
    r"""Return Kolmogorov's conditions: what the rates must obey for there to be no currents.

    For a reaction network these are conditions on the rate constants and on what the chemostats
    hold; those on the rate constants alone are `wegscheider_conditions`.

    Parameters
    ----------
    model : StateGraph, MarkovChain or ReactionNetwork
        The model.
    solve_for : sequence of symbols or names, optional
        Rates to solve the conditions for.

    Returns
    -------
    list of Eq, or dict
        One equation a fundamental cycle between the products of rates along and against it;
        those that always hold are left out. With `solve_for`, a value for each of its symbols.

    Raises
    ------
    IrreversibleError
        A one-way transition on a cycle: no rates of the others can balance it.

    References
    ----------
    A. Kolmogoroff, Math. Ann. 112, 155 (1936), doi:10.1007/BF01565412.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d \n C <-> A ; e, f")
    >>> ns.detailed_balance_conditions(g)
    [Eq(a*c*e, b*d*f)]
    >>> ns.detailed_balance_conditions(g, solve_for=["f"])
    {f: a*c*e/(b*d)}
    """
    return _conditions(model, solve_for)  # type: ignore[no-any-return]


def is_equilibrium(model: Model | ReactionNetwork) -> bool:
    r"""Tell whether detailed balance holds for all values of the symbols.

    Exact: every affinity vanishes identically. A one-way transition on a cycle is never at
    equilibrium.

    Examples
    --------
    >>> import nesssym as ns
    >>> ns.is_equilibrium(ns.StateGraph.from_text("A <-> B ; a, b \n B <-> C ; c, d"))
    True
    """
    return _is_equilibrium(model)  # type: ignore[no-any-return]


@overload
def check_detailed_balance(
    model: Model, values: Mapping[Any, Any] | None = None, *, tolerance: float = 1e-9
) -> Imbalance: ...
@overload
def check_detailed_balance(
    model: ReactionNetwork, values: Mapping[Any, Any] | None = None, *, tolerance: float = 1e-9
) -> ReactionImbalance: ...
def check_detailed_balance(model: Any, *args: Any, **options: Any) -> Any:
    r"""Find the cycles of a numeric model that violate detailed balance, and the smallest repair.

    A linter for models that ought to be at equilibrium: rates typed from a table rarely are.
    Cycles whose ln-ratio is below the tolerance, such as those from rounded decimals, pass. In a
    reaction network only the cycles that change no species count: Wegscheider's conditions.

    Parameters
    ----------
    model : StateGraph, MarkovChain or ReactionNetwork
        The model.
    values : mapping, optional
        Values of its symbols.
    tolerance : float, optional
        The largest ln-ratio that counts as balanced.

    Returns
    -------
    Imbalance or ReactionImbalance
        Truthy if something is wrong; printing it names the cycles and their ln-ratios. For a
        Markov model also the repair: the fewest transitions (of one or two; else one a violated
        cycle) whose forward rates can be changed to balance all cycles.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 1, 7")
    >>> print(ns.check_detailed_balance(g))
    C->A->B->C: ln ratio -0.154151, wanted 0
    smallest repair: multiply the rate of C->A by 1.16667
    """
    return _check(model, *args, **options)
