"""What continuous models share: a profile, a flux, a force and what they dissipate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Symbol

from nesssym import parsing
from nesssym.entropies import EntropyProduction, Irreversibility
from nesssym.errors import NoSteadyStateError, ParameterError
from nesssym.formulas import Formulas
from nesssym.signs import sign

__all__ = ["Field", "FieldState", "conditions", "positive", "quantity", "symbols_of"]


class Field(ABC):
    """A continuous model: what `steady_state` and `entropy_production` need of it.

    Examples
    --------
    >>> import nesssym as ns
    >>> isinstance(ns.Ring("cos(x)"), ns.Field)
    True
    """

    @property
    @abstractmethod
    def symbols(self) -> tuple[Symbol, ...]:
        """The parameters, in order of appearance."""

    @property
    def notation(self) -> tuple[tuple[Symbol, str], ...]:
        """LaTeX of symbols that differs from the default."""
        return ()

    @property
    def assume(self) -> tuple[Expr, ...]:
        """What must be positive; kernels check it."""
        return ()

    @property
    @abstractmethod
    def profile(self) -> Formulas:
        """The steady field."""

    @property
    @abstractmethod
    def flux(self) -> Formulas:
        """What flows."""

    @property
    @abstractmethod
    def force(self) -> Formulas:
        """What drives it, conjugate to the flux."""

    @property
    @abstractmethod
    def entropy_production(self) -> EntropyProduction | Irreversibility:
        """The total has the label ``"sigma"``; then its parts."""

    @property
    @abstractmethod
    def local_entropy_production(self) -> EntropyProduction | Irreversibility:
        """Flux times force, at a place."""


@dataclass(frozen=True, eq=False)
class FieldState:
    """The steady state of a continuous model; made by `steady_state`.

    The three things of every steady state out of equilibrium, under their names for a field and
    under those that they have for a network: `profile` is `state`, `flux` is `currents`, `force`
    is `forces`. Looking up a label gives one closed expression of the profile.

    Examples
    --------
    >>> import nesssym as ns
    >>> ss = ns.steady_state(ns.Rod("kappa", length="L", hot="T_h", cold="T_c"))
    >>> ss.flux["J"]
    kappa*(-T_c + T_h)/L
    """

    model: Field

    def __getitem__(self, label: object) -> Expr:
        return self.profile[label]

    def __repr__(self) -> str:
        return f"<FieldState of {self.model!r}>"

    def _repr_latex_(self) -> str | None:
        return self.profile._repr_latex_()

    @property
    def profile(self) -> Formulas:
        """The steady field."""
        return self.model.profile

    state = profile

    @property
    def flux(self) -> Formulas:
        """What flows."""
        return self.model.flux

    currents = flux

    @property
    def force(self) -> Formulas:
        """What drives it."""
        return self.model.force

    forces = force


def quantity(value: Any, names: Mapping[str, Expr] | None = None) -> Expr:
    """Read a parameter: text, a number or an expression."""
    return parsing.expr(value, names)


def positive(name: str, value: Any, names: Mapping[str, Expr] | None = None) -> Expr:
    """Read a parameter that must be positive.

    Raises
    ------
    ParameterError
        It is known not to be; the message names it.
    """
    expr = quantity(value, names)
    if sign(expr) < 0 or expr.is_nonpositive:
        raise ParameterError(f"{name} is {expr}: it must be > 0")
    return expr


def symbols_of(exprs: Iterable[Expr], without: Iterable[Symbol] = ()) -> tuple[Symbol, ...]:
    """Return the symbols of some expressions in order of appearance."""
    found: dict[Symbol, None] = {}
    for expr in exprs:
        found.update(dict.fromkeys(sorted(expr.free_symbols, key=lambda s: s.name)))
    hidden = set(without)
    parsing.check_distinct((*found, *hidden.difference(found)))
    return tuple(s for s in found if s not in hidden)


def conditions(exprs: Iterable[Expr], reason: str) -> tuple[Expr, ...]:
    """Return what must be positive and is not evidently so.

    Raises
    ------
    NoSteadyStateError
        Something is known not to be positive; the message is `reason` and the inequality.
    """
    open_: dict[Expr, None] = {}
    for expr in exprs:
        known = sign(expr)
        if known < 0 or (not known and expr.is_nonpositive):
            raise NoSteadyStateError(f"{reason}: {expr} > 0 is violated")
        if not known and not expr.is_positive:
            open_[expr] = None
    return tuple(open_)
