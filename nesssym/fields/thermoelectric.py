"""ThermoelectricLeg: heat and charge through one rod."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Expr, Integer, Symbol

from nesssym import parsing
from nesssym.entropies import EntropyProduction, Irreversibility, entropy
from nesssym.exact.linear import solve
from nesssym.fields.state import Field, positive, quantity, symbols_of
from nesssym.formulas import Formulas, Steps

__all__ = ["ThermoelectricLeg"]


@dataclass(frozen=True, eq=False)
class ThermoelectricLeg(Field):
    r"""A thermoelectric leg between two reservoirs, with a constant Seebeck coefficient.

    Heat conducts, charge carries heat, and Joule's heat is made along the way:
    :math:`\kappa A\,T'' + I^2 \rho / A = 0` with the heat current
    :math:`S T I - \kappa A\,T'`. As a generator with ``current`` from a load, as a cooler with
    ``hot`` below ``cold``.

    Parameters
    ----------
    seebeck, conductance, resistance : optional
        Of the whole leg: V/K, W/K and ohm.
    hot, cold : optional
        Temperatures of the ends.
    current : optional
        Electric current from hot to cold; ``S*(T_h - T_c)/(R + R_load)`` into a load.

    Examples
    --------
    >>> import nesssym as ns
    >>> leg = ns.ThermoelectricLeg()
    >>> leg.current_in["Q_h"].expand()
    -I**2*R/2 + I*S*T_h - K*T_c + K*T_h
    """

    seebeck: Any = "S"
    conductance: Any = "K"
    resistance: Any = "R"
    hot: Any = "T_h"
    cold: Any = "T_c"
    current: Any = "I"

    def __post_init__(self) -> None:
        for name in ("conductance", "resistance", "hot", "cold"):
            object.__setattr__(self, name, positive(name, getattr(self, name)))
        for name in ("seebeck", "current"):
            value = getattr(self, name)
            plain = isinstance(value, str) and value.isidentifier()
            expr = parsing.symbol(value, positive=False) if plain else quantity(value)
            object.__setattr__(self, name, expr)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The parameters, in order of appearance."""
        given = (self.seebeck, self.conductance, self.resistance, self.hot, self.cold)
        return symbols_of((*given, self.current), [self.x])

    @property
    def x(self) -> Symbol:
        """The place as a fraction of the length, from the hot end."""
        return parsing.symbol("x", positive=False)

    @cached_property
    def _field(self) -> Expr:
        """Integrate the heat equation twice and match both ends."""
        source = -(self.current**2) * self.resistance / self.conductance

        def integral(x: Expr) -> Expr:
            return source * x**2 / 2

        ends = ((Integer(0), self.hot), (Integer(1), self.cold))
        slope, start = solve([[x, Integer(1)] for x, _ in ends], [T - integral(x) for x, T in ends])
        return integral(self.x) + slope * self.x + start

    @cached_property
    def profile(self) -> Formulas:
        """The temperature at ``x``, label ``"T"``."""
        return Steps.over(self).formulas({"T": self._field}, heads="T", unit="K")

    @cached_property
    def flux(self) -> Formulas:
        """The heat current at ``x``, label ``"Q"``."""
        carried = self.seebeck * self._field * self.current
        Q = carried - self.conductance * self._field.diff(self.x)
        return Steps.over(self).formulas({"Q": Q}, heads="Q", unit="W")

    @cached_property
    def current_in(self) -> Formulas:
        """Heat from the hot reservoir, ``"Q_h"``, heat to the cold one, ``"Q_c"``, and work."""
        Q = self.flux["Q"]
        hot, cold = (Q.xreplace({self.x: Integer(end)}) for end in (0, 1))
        return Steps.over(self).formulas({"Q_h": hot, "Q_c": cold, "P": hot - cold}, unit="W")

    @cached_property
    def force(self) -> Formulas:
        """The gradient of 1/T, label ``"X"``, per length of the leg."""
        T = self._field
        return Steps.over(self).formulas({"X": -T.diff(self.x) / T**2}, heads="X", unit="1/K")

    @cached_property
    def local_entropy_production(self) -> EntropyProduction | Irreversibility:
        """Conduction and Joule's heat at ``x``, per length of the leg."""
        T = self._field
        conduction = self.conductance * T.diff(self.x) ** 2 / T**2
        return entropy(
            Steps.over(self).formulas(
                {"conduction": conduction, "joule": self.current**2 * self.resistance / T},
                unit="W/K",
            )
        )

    @cached_property
    def entropy_production(self) -> EntropyProduction | Irreversibility:
        """The total, ``"sigma"``: heat into the cold reservoir less heat from the hot one."""
        hot, cold = self.current_in["Q_h"], self.current_in["Q_c"]
        lost = self.conductance * (self.hot - self.cold) ** 2 / (self.hot * self.cold)
        joule = (cold / self.cold - hot / self.hot - lost).expand()
        return entropy(
            Steps.over(self).formulas({"sigma": lost + joule}, heads=[r"\sigma"], unit="W/K")
        )
