"""Escape: the mean time in which diffusion leaves an interval."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Dummy, Expr, Integer, Poly, Symbol, erf, exp, oo, pi, sqrt

from nesssym import parsing
from nesssym.errors import ModelError, ParameterError
from nesssym.fields.integrals import definite
from nesssym.fields.state import positive, quantity, symbols_of
from nesssym.formulas import Formulas, Steps
from nesssym.special import exprel

__all__ = ["Escape"]


@dataclass(frozen=True, eq=False)
class Escape:
    r"""The first exit of a diffusion, :math:`dx = F(x)\,dt + \sqrt{2D(x)}\,dW` (Ito).

    The drift is any function. The mean time solves :math:`D T'' + F T' = -1` (Pontryagin,
    Siegert), by two integrations.

    Parameters
    ----------
    drift : str or Expr
        :math:`F`, an expression of ``x``.
    diffusion : optional
        :math:`D`, which may depend on ``x``.
    start : optional
        The place of the start.
    absorbing : optional
        Where the walker leaves, ``b``.
    reflecting : optional
        The other end, which turns it back; ``-oo`` or ``oo`` for a trap without a wall, where the
        drift is linear.
    other : optional
        Instead of `reflecting`: a second absorbing end.

    References
    ----------
    A. J. F. Siegert, Phys. Rev. 81, 617 (1951), doi:10.1103/PhysRev.81.617.

    Examples
    --------
    >>> import nesssym as ns
    >>> ns.Escape("3/2", 1, start=0, absorbing=1, reflecting=0).mean["T"]
    2/3 - 2*exprel(-3/2)/3
    """

    drift: Any
    diffusion: Any = "D"
    start: Any = 0
    absorbing: Any = 1
    reflecting: Any = None
    other: Any = None

    def __post_init__(self) -> None:
        names = {"x": self.x}
        if (self.reflecting is None) == (self.other is None):
            raise ModelError("give one other end: `reflecting` or `other`")
        values = {
            "drift": quantity(self.drift, names),
            "diffusion": positive("diffusion", self.diffusion, names),
            "start": quantity(self.start),
            "absorbing": quantity(self.absorbing),
        }
        for key in ("reflecting", "other"):
            end = getattr(self, key)
            if end is not None:
                values[key] = end if end in (oo, -oo) and key == "reflecting" else quantity(end)
        for key, value in values.items():
            object.__setattr__(self, key, value)
        a = self.other if self.reflecting is None else self.reflecting
        inside = (self.start - a) * (self.absorbing - self.start)
        if inside.is_negative:
            raise ParameterError(
                f"start is {self.start}: it must be between {a} and {self.absorbing}"
            )

    @property
    def x(self) -> Symbol:
        """The place."""
        return parsing.symbol("x", positive=False)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The parameters, in order of appearance."""
        ends = (e for e in (self.absorbing, self.reflecting, self.other) if isinstance(e, Expr))
        return symbols_of((self.drift, self.diffusion, self.start, *ends), [self.x])

    notation: Any = ()
    assume: Any = ()

    def _exponent(self, place: Expr) -> Expr:
        y = Dummy("y", real=True)
        pull = (self.drift / self.diffusion).xreplace({self.x: y})
        return definite(pull, y, self.start, place)

    def _scale(self, low: Expr, high: Expr) -> Expr:
        """Integrate the scale density, exp(-Phi)."""
        y = Dummy("y", real=True)
        return definite(exp(-self._exponent(y)), y, low, high)

    @cached_property
    def mean(self) -> Formulas:
        """The mean time, label ``"T"``."""
        start, b = self.start, self.absorbing
        if self.reflecting is not None:
            T = self._time(start, b, self.reflecting)
        else:
            # From the far end one either leaves there at once or never comes back to it.
            a = self.other
            T = self.exit["absorbing"] * self._time(a, b, a) - self._time(a, start, a)
        return Steps.over(self).formulas({"T": T}, heads="T", unit="time")

    @cached_property
    def exit(self) -> Formulas:
        """The probabilities of leaving at either end, ``"absorbing"`` and ``"other"``.

        Raises
        ------
        ModelError
            There is only one end to leave at.
        """
        if self.other is None:
            raise ModelError("there is only one end to leave at")
        shared = Steps.over(self)
        parts = [
            shared.let(self._scale(low, high), "S", positive=False)
            for low, high in ((self.other, self.start), (self.start, self.absorbing))
        ]
        whole = parts[0] + parts[1]
        return shared.formulas({"absorbing": parts[0] / whole, "other": parts[1] / whole})

    def _time(self, start: Expr, end: Expr, wall: Expr) -> Expr:
        y, z = Dummy("y", real=True), Dummy("z", real=True)
        speed = exp(self._exponent(z)) / self.diffusion.xreplace({self.x: z})
        inner = _tail(speed, z, wall, y) if wall in (oo, -oo) else definite(speed, z, wall, y)
        whole = (exp(-self._exponent(y)) * inner.replace(exprel, _plain)).expand()
        return definite(whole, y, start, end)


def _plain(z: Expr, n: Expr = Integer(1)) -> Expr:  # noqa: B008
    """Write a relative exponential as a quotient where that is never 0/0."""
    rate = z.as_independent(*(s for s in z.free_symbols if s.is_Dummy))[0]
    return exprel(z, n).doit() if rate.is_nonzero else exprel(z, n)


def _tail(density: Expr, z: Symbol, wall: Expr, y: Expr) -> Expr:
    """Integrate a Gaussian from infinity."""
    factor, bell = density.as_independent(z, as_Add=False)
    exponent = bell.args[0].expand() if isinstance(bell, exp) else Integer(0)
    poly = Poly(exponent, z) if exponent.is_polynomial(z) else None
    if poly is None or poly.degree() != 2 or not (-poly.LC()).is_positive:
        raise ModelError(
            "an end at infinity needs a linear drift that holds the walker back, and a constant "
            "diffusion; put a reflecting wall far away instead"
        )
    c, b, a = (poly.coeff_monomial(z**k) for k in range(3))
    width = sqrt(-a)
    way = 1 if wall is -oo else -1
    centre = b / (2 * width)
    return (
        way
        * factor
        * exp(c - b**2 / (4 * a))
        * sqrt(pi)
        / (2 * width)
        * (1 + way * erf(width * y - centre))
    )
