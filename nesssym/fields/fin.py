"""Fin: a rod that loses heat along its length."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Dummy, Expr, Integer, Symbol, cosh, sinh, sqrt, tanh

from nesssym import parsing
from nesssym.entropies import EntropyProduction, Irreversibility, entropy
from nesssym.errors import UnknownNameError
from nesssym.exact.linear import solve
from nesssym.fields.integrals import over_quadratic
from nesssym.fields.state import Field, positive, symbols_of
from nesssym.formulas import Formulas, Steps

__all__ = ["Fin"]

TIPS = ("convective", "adiabatic")


@dataclass(frozen=True, eq=False)
class Fin(Field):
    r"""A cooling fin, :math:`\kappa A\,T'' = h P\,(T - T_\infty)`, on a base held hot.

    Parameters
    ----------
    kappa, h : optional
        Conductivity, and heat transfer coefficient to the fluid.
    perimeter, area, length : optional
        Of the cross section, and of the fin. A pin of diameter d has ``pi*d`` and ``pi*d**2/4``.
    base, ambient : optional
        Temperatures of the base and of the fluid.
    tip : {"convective", "adiabatic"}, optional
        Whether the end face loses heat as the sides do, or none.

    Raises
    ------
    ParameterError
        A value that is not positive.

    Examples
    --------
    >>> import nesssym as ns
    >>> ns.Fin(1, 1, 1, 1, "L", tip="adiabatic").current["Q"]
    (T_b - T_inf)*sinh(L)/cosh(L)
    """

    kappa: Any = "kappa"
    h: Any = "h"
    perimeter: Any = "P"
    area: Any = "A"
    length: Any = "L"
    base: Any = "T_b"
    ambient: Any = "T_inf"
    tip: str = "convective"

    def __post_init__(self) -> None:
        if self.tip not in TIPS:
            raise UnknownNameError.of("tip", self.tip, TIPS)
        for name in ("kappa", "h", "perimeter", "area", "length", "base", "ambient"):
            object.__setattr__(self, name, positive(name, getattr(self, name)))

    def __repr__(self) -> str:
        return f"<Fin: {self.tip} tip>"

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The parameters, in order of appearance."""
        given = (self.kappa, self.h, self.perimeter, self.area, self.length, self.base)
        return symbols_of((*given, self.ambient), [self.x])

    @property
    def x(self) -> Symbol:
        """The place, from the base."""
        return parsing.symbol("x", positive=False)

    def _solved(self) -> tuple[Steps, Expr, Expr, Expr]:
        """Match the two solutions, even and odd about the tip, to base and tip."""
        shared = Steps.over(self)
        m = shared.let(sqrt(self.h * self.perimeter / (self.kappa * self.area)), "m", alone=True)
        loss = self.h if self.tip == "convective" else Integer(0)
        y = Dummy("y", real=True)
        waves = (cosh(m * y), sinh(m * y))
        at_tip = [(loss * w - self.kappa * w.diff(y)).xreplace({y: Integer(0)}) for w in waves]
        at_base = [w.xreplace({y: self.length}) for w in waves]
        even, odd = solve([at_tip, at_base], [Integer(0), self.base - self.ambient])
        return (
            shared,
            m,
            shared.let(even, "C", positive=False),
            shared.let(odd, "S", positive=False),
        )

    def _excess(self, m: Expr, even: Expr, odd: Expr) -> Expr:
        y = m * (self.length - self.x)
        return even * cosh(y) + odd * sinh(y)

    @cached_property
    def profile(self) -> Formulas:
        """The temperature at ``x``, label ``"T"``."""
        shared, *wave = self._solved()
        return shared.formulas({"T": self.ambient + self._excess(*wave)}, heads="T", unit="K")

    @cached_property
    def flux(self) -> Formulas:
        """The flux density along the fin at ``x``, label ``"J"``."""
        shared, *wave = self._solved()
        J = -self.kappa * self._excess(*wave).diff(self.x)
        return shared.formulas({"J": J}, heads="J", unit="W/m^2")

    @cached_property
    def current(self) -> Formulas:
        """The heat drawn from the base, label ``"Q"``."""
        shared = Steps.over(self)
        J = shared.absorb(self.flux)["J"]
        return shared.formulas(
            {"Q": self.area * J.xreplace({self.x: Integer(0)})}, heads="Q", unit="W"
        )

    @cached_property
    def efficiency(self) -> Formulas:
        """The heat drawn over that of a fin all at the temperature of the base, ``"eta"``."""
        shared = Steps.over(self)
        Q = shared.absorb(self.current)["Q"]
        tip = self.area if self.tip == "convective" else Integer(0)
        full = self.h * (self.perimeter * self.length + tip) * (self.base - self.ambient)
        return shared.formulas({"eta": Q / full}, heads=[r"\eta"])

    @cached_property
    def force(self) -> Formulas:
        """The gradient of 1/T along the fin, label ``"X"``."""
        shared = Steps.over(self)
        T, J = shared.absorb(self.profile)["T"], shared.absorb(self.flux)["J"]
        return shared.formulas({"X": J / (self.kappa * T**2)}, heads="X", unit="1/(K m)")

    @cached_property
    def local_entropy_production(self) -> EntropyProduction | Irreversibility:
        """Per length: conduction along the fin, and convection from its sides."""
        shared = Steps.over(self)
        T = shared.let(shared.absorb(self.profile)["T"], "Tx")
        J = shared.absorb(self.flux)["J"]
        lost = self.h * self.perimeter * (T - self.ambient) ** 2 / (T * self.ambient)
        return entropy(
            shared.formulas(
                {"conduction": self.area * J**2 / (self.kappa * T**2), "convection": lost},
                unit="W/(K m)",
            )
        )

    @cached_property
    def entropy_production(self) -> EntropyProduction | Irreversibility:
        """The total, ``"sigma"``, and its parts: conduction, convection from sides and tip."""
        shared, m, even, odd = self._solved()
        L, cold = self.length, self.ambient
        Q = shared.absorb(self.current)["Q"]
        total = Q * (self.base - cold) / (self.base * cold)
        # With u = tanh(m y/2), the distance y from the tip, 1/T is one over a quadratic.
        u = shared.let(tanh(m * L / 2), "u")
        inverse = 2 / m * over_quadratic(cold + even, 2 * odd, even - cold, u)
        excess = (even * sinh(m * L) + odd * (cosh(m * L) - 1)) / m
        sides = self.h * self.perimeter * (excess / cold - L + cold * inverse)
        tip = Integer(0)
        if self.tip == "convective":
            tip = self.h * self.area * even**2 / ((cold + even) * cold)
        found = {
            "sigma": total,
            "conduction": total - sides - tip,
            "sides": sides,
            **({"tip": tip} if tip != 0 else {}),
        }
        heads = (rf"\sigma_{{\text{{{name}}}}}" for name in list(found)[1:])
        return entropy(shared.formulas(found, heads=(r"\sigma", *heads), unit="W/K"))
