"""RunAndTumble: a particle that swims one way or the other, in a trap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Expr, Integer, Rational, Symbol, gamma, log, pi, sqrt

from nesssym import parsing
from nesssym.entropies import EntropyProduction, Irreversibility
from nesssym.errors import IrreversibleError, ParameterError
from nesssym.exact.rational import cancel
from nesssym.fields.state import Field, positive, symbols_of
from nesssym.formulas import Formulas, Steps

__all__ = ["RunAndTumble"]


@dataclass(frozen=True, eq=False)
class RunAndTumble(Field):
    r"""A run-and-tumble particle in a harmonic trap, :math:`\dot x = -k x \pm v_0`.

    Its direction turns over at rate `gamma`. It is confined to :math:`|x| < v_0/k`, where it
    piles up at the ends if it tumbles seldom, :math:`\gamma < k`.

    Parameters
    ----------
    stiffness, speed, tumbling : optional
        ``k``, ``v0`` and ``gamma``; the stiffness is times mobility.

    References
    ----------
    A. Dhar et al., Phys. Rev. E 99, 032132 (2019), doi:10.1103/PhysRevE.99.032132.

    Examples
    --------
    >>> import nesssym as ns
    >>> swimmer = ns.RunAndTumble(1, 1, "gamma")
    >>> swimmer.profile["p"]
    (1 - x**2)**(gamma - 1)*gamma(gamma + 1/2)/(sqrt(pi)*gamma(gamma))
    >>> swimmer.moments(2)["<x^2>"]
    1/(2*gamma + 1)
    """

    stiffness: Any = "k"
    speed: Any = "v0"
    tumbling: Any = "gamma"

    def __post_init__(self) -> None:
        for name in ("stiffness", "speed", "tumbling"):
            object.__setattr__(self, name, positive(name, getattr(self, name)))

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The parameters, in order of appearance."""
        return symbols_of((self.stiffness, self.speed, self.tumbling), [self.x])

    @property
    def x(self) -> Symbol:
        """The place."""
        return parsing.symbol("x", positive=False)

    @property
    def _rest(self) -> Expr:
        """What is positive where the particle can be."""
        return 1 - (self.stiffness * self.x / self.speed) ** 2

    @cached_property
    def profile(self) -> Formulas:
        r"""The density at ``x``, label ``"p"``.

        No net current leaves :math:`((v_0^2 - k^2x^2)\,p)' = -2\gamma k x\,p`, a first-order
        equation, solved by an exponent that is a rational function's integral.
        """
        k, v, rate = self.stiffness, self.speed, self.tumbling
        # With u = 1 - (k x/v)^2: (u p)' = -2 rate k x p/v^2, so d ln(u p)/d ln(u) is constant.
        power = cancel(-2 * rate * k * self.x / v**2 / self._rest.diff(self.x)) - 1
        # The integral of (1 - y^2)^(a - 1) over -1 ... 1 is Euler's beta function.
        a = power + 1
        norm = sqrt(pi) * gamma(a) / gamma(a + Rational(1, 2))
        shared = Steps(self.symbols, {}, (self._rest,))
        return shared.formulas({"p": k / v * self._rest**power / norm}, heads="p")

    @cached_property
    def polarisation(self) -> Formulas:
        """The excess of right-movers over left-movers at ``x``, as a density, label ``"m"``."""
        shared = Steps(self.symbols, {}, (self._rest,))
        p = shared.absorb(self.profile)["p"]
        return shared.formulas({"m": self.stiffness * self.x * p / self.speed}, heads="m")

    @cached_property
    def flux(self) -> Formulas:
        """The net current, which is zero, and the two that cancel: ``"J"``, ``"J+"``, ``"J-"``."""
        shared = Steps(self.symbols, {}, (self._rest,))
        p = shared.let(shared.absorb(self.profile)["p"], "p", alone=True)
        swim = self.stiffness * self.x / self.speed
        right = p * (1 + swim) / 2 * (self.speed - self.stiffness * self.x)
        left = -p * (1 - swim) / 2 * (self.speed + self.stiffness * self.x)
        return shared.formulas(
            {"J": Integer(0), "J+": right, "J-": left}, heads=("J", "J_{+}", "J_{-}")
        )

    @cached_property
    def force(self) -> Formulas:
        """The gradient of -ln p, the effective force's negative, label ``"X"``."""
        shared = Steps(self.symbols, {}, (self._rest,))
        power = self.tumbling / self.stiffness - 1
        X = -(power * log(self._rest)).diff(self.x)
        return shared.formulas({"X": X}, heads="X")

    @property
    def entropy_production(self) -> EntropyProduction | Irreversibility:
        """Not finite: without noise in the place, no run can be seen backwards.

        Raises
        ------
        IrreversibleError
            Always.
        """
        raise IrreversibleError(
            "runs have no noise of their own, so that none is ever reversed and entropy production "
            "is infinite"
        )

    @property
    def local_entropy_production(self) -> EntropyProduction | Irreversibility:
        """Not finite, as the total."""
        return self.entropy_production

    def moments(self, order: int = 2) -> Formulas:
        """Return the even moments of the place, labels ``"<x^2>"``, ``"<x^4>"``, ...

        From the equations of motion of moments of place and direction.
        """
        if order < 2:
            raise ParameterError(f"order is {order}: it must be at least 2")
        k, v, rate = self.stiffness, self.speed, self.tumbling
        found: dict[str, Expr] = {}
        below: Expr = Integer(1)
        for n in range(2, order + 1, 2):
            # With the direction s: k <x^n> = v <s x^(n-1)>, and the rate of change of the latter
            # gives (2 rate + (n-1) k) <s x^(n-1)> = (n-1) v <x^(n-2)>.
            below = cancel(v**2 * (n - 1) * below / (k * (2 * rate + (n - 1) * k)))
            found[f"<x^{n}>"] = below
        return Steps.over(self).formulas(
            found, heads=(rf"\langle {label[1:-1]}\rangle" for label in found)
        )
