"""Detailed balance: Kolmogorov's conditions, solved for rates, and a linter for numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp
from typing import Any

import numpy as np
from sympy import Eq, Expr, Symbol

from nesssym import parsing
from nesssym.errors import UnknownNameError
from nesssym.exact.monomials import solve_monomials
from nesssym.networks import Model
from nesssym.thermodynamics import Cycle, cycles

__all__ = [
    "Imbalance",
    "check_detailed_balance",
    "detailed_balance_conditions",
    "is_equilibrium",
]


def detailed_balance_conditions(
    model: Model, solve_for: Sequence[Any] | None = None
) -> list[Eq] | dict[Symbol, Expr]:
    """Answer `nesssym.detailed_balance_conditions` for Markov models; see there."""
    ratios = [c.ratio for c in cycles(model)]
    ratios = [r for r in ratios if not r.is_one]
    if solve_for is None:
        return [Eq(r.numerator, r.denominator, evaluate=False) for r in ratios]
    unknowns = list(parsing.substitution(dict.fromkeys(solve_for, 1), model.symbols))
    return solve_monomials(ratios, unknowns)


def is_equilibrium(model: Model) -> bool:
    """Answer `nesssym.is_equilibrium` for Markov models; see there."""
    found = cycles(model)
    if any(not t.reversible for c in found for t, _ in c.steps):
        return False
    return all(c.ratio.is_one for c in found)


@dataclass(frozen=True)
class Imbalance:
    r"""What keeps a numeric model from detailed balance, and the smallest repair.

    Attributes
    ----------
    violations : tuple of (Cycle, float)
        The fundamental cycles whose affinity is not zero, with it.
    repair : tuple of (str, float)
        Transitions and the factors by which their forward rates must be multiplied.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n hot: A <-> B ; 1, 1")
    >>> found = ns.check_detailed_balance(g)
    >>> bool(found), len(found.repair)
    (True, 1)
    """

    violations: tuple[tuple[Cycle, float], ...]
    repair: tuple[tuple[str, float], ...]

    def __bool__(self) -> bool:
        """Whether anything violates detailed balance."""
        return bool(self.violations)

    def __str__(self) -> str:
        if not self.violations:
            return "detailed balance holds"
        lines = [f"{c.label}: ln ratio {value:+.6g}, wanted 0" for c, value in self.violations]
        factors = ", ".join(f"{label} by {factor:.6g}" for label, factor in self.repair)
        return "\n".join([*lines, f"smallest repair: multiply the rate of {factors}"])


def check_detailed_balance(
    model: Model, values: Mapping[Any, Any] | None = None, *, tolerance: float = 1e-9
) -> Imbalance:
    """Answer `nesssym.check_detailed_balance` for Markov models; see there."""
    env = parsing.substitution(values or {}, model.symbols)
    missing = [s.name for s in model.symbols if s not in env]
    if missing:
        raise UnknownNameError(f"the linter needs numbers; no value for {', '.join(missing)}")
    found = cycles(model)
    residual = np.array([float(c.affinity.xreplace(env)) for c in found])
    bad = [i for i, value in enumerate(residual) if abs(value) > tolerance]
    repair = _smallest_repair(found, residual, tolerance) if bad else {}
    return Imbalance(
        tuple((found[i], float(residual[i])) for i in bad),
        tuple((label, exp(change)) for label, change in repair.items()),
    )


def _smallest_repair(
    found: Sequence[Cycle], residual: np.ndarray, tolerance: float
) -> dict[str, float]:
    """Return the fewest, then smallest, changes of log rates that balance every cycle."""
    signs = [dict(c.transitions) for c in found]
    labels = list(dict.fromkeys(label for sign in signs for label in sign))
    matrix = np.array([[sign.get(label, 0) for label in labels] for sign in signs], dtype=float)
    for size in (1, 2):
        best: tuple[float, dict[str, float]] | None = None
        for chosen in combinations(range(len(labels)), size):
            columns = matrix[:, chosen]
            change = np.linalg.lstsq(columns, -residual, rcond=None)[0]
            if np.abs(columns @ change + residual).max() <= tolerance:
                cost = float(np.abs(change).sum())
                if best is None or cost < best[0] - tolerance:
                    best = cost, {labels[e]: float(x) for e, x in zip(chosen, change, strict=True)}
        if best is not None:
            return best[1]
    return {
        c.transitions[0][0]: -float(value)
        for c, value in zip(found, residual, strict=True)
        if abs(value) > tolerance
    }
