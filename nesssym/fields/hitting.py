"""Diffusions whose backward equation is solved: fundamental solutions, first passage, density."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import (
    Abs,
    Add,
    Dummy,
    Expr,
    Integer,
    Rational,
    S,
    Symbol,
    besseli,
    besselk,
    exp,
    factorial,
    gamma,
    hyper,
    pi,
    sqrt,
)

from nesssym.errors import ModelError
from nesssym.exact.linear import solve
from nesssym.signs import sign

__all__ = ["Absorbing", "Diffusion", "Partial", "Reflecting"]


@dataclass(frozen=True)
class Absorbing:
    """An end at which the walker is found.

    Examples
    --------
    >>> import nesssym as ns
    >>> ns.Resetting(reset="a").search(right=ns.Absorbing("L")).transform
    exp(-L*sqrt(s)/sqrt(D))*exp(a*sqrt(s)/sqrt(D))
    """

    place: Any


@dataclass(frozen=True)
class Reflecting:
    """An end that turns the walker back.

    Examples
    --------
    >>> import nesssym as ns
    >>> room = ns.Resetting(1, 1).search(left=ns.Reflecting(-1), right=1)
    >>> 1 < float(room.mean["T"]) < 2
    True
    """

    place: Any


@dataclass(frozen=True)
class Partial:
    """An end at which the walker is found at a rate: ``D dp/dx = kappa p`` there.

    Examples
    --------
    >>> import nesssym as ns
    >>> len(ns.Resetting().search(right=ns.Partial("L", "kappa")).symbols)
    4
    """

    place: Any
    kappa: Any


Wall = Absorbing | Reflecting | Partial


@dataclass(frozen=True)
class Diffusion:
    r"""A diffusion that is solved at any rate of decay `s`: :math:`D f'' + F f' = s f`.

    Brownian motion with a drift, a harmonic trap, or the distance from the origin in `dimension`
    dimensions. Rising and falling solutions of this equation give, by matching at ends and at
    sources, first-passage transforms and densities.

    Parameters
    ----------
    diffusion, drift, stiffness : Expr
        ``D``, and the force ``F = drift - stiffness*x`` times mobility.
    dimension : Expr
        1 for a line; else `x` is the distance from the origin, and drift and stiffness are zero.

    Examples
    --------
    >>> from sympy import Integer, Symbol
    >>> import nesssym as ns
    >>> s = Symbol("s", positive=True)
    >>> ns.Diffusion(Integer(1)).hitting(Integer(2), ns.Absorbing(Integer(0)), None, s)
    exp(-2*sqrt(s))
    """

    diffusion: Expr
    drift: Expr = S.Zero
    stiffness: Expr = S.Zero
    dimension: Expr = S.One

    @property
    def radial(self) -> bool:
        """Whether `x` is a distance from the origin."""
        return bool(self.dimension != 1)

    def solutions(self, s: Expr, x: Expr) -> tuple[Expr, Expr]:
        """Return the rising and the falling solution."""
        D = self.diffusion
        if self.radial:
            nu, alpha = self.dimension / 2 - 1, sqrt(s / D)
            return x**-nu * besseli(nu, alpha * x), x**-nu * bessel_k(nu, alpha * x)
        if self.stiffness != 0:
            k = self.stiffness
            z, a = sqrt(k / (2 * D)) * (x - self.drift / k), s / (2 * k)
            even = hyper((a,), (Rational(1, 2),), z**2)
            # This mixture is the one whose exponential growth cancels on one side.
            odd = 2 * z * hyper((a + Rational(1, 2),), (Rational(3, 2),), z**2)
            even, odd = even / gamma(a + Rational(1, 2)), odd / gamma(a)
            return even + odd, even - odd
        v = self.drift
        root = sqrt(v**2 + 4 * D * s)
        up, down = (root - v) / (2 * D), (root + v) / (2 * D)
        # The smaller one as product over the larger one, since root and drift nearly cancel.
        if sign(v) > 0:
            up = 2 * s / (root + v)
        elif sign(v) < 0:
            down = 2 * s / (root - v)
        return exp(up * x), exp(-down * x)

    def weight(self, x: Expr) -> Expr:
        """Return the invariant density up to a constant: forward is backward times this."""
        return exp((self.drift * x - self.stiffness * x**2 / 2) / self.diffusion)

    def hitting(self, start: Expr, left: Wall | None, right: Wall | None, s: Expr) -> Expr:
        r"""Return :math:`\langle e^{-sT}\rangle` of the time T at which an end is hit.

        Raises
        ------
        ModelError
            Neither end absorbs.
        """
        if not any(isinstance(end, Absorbing | Partial) for end in (left, right)):
            raise ModelError("neither end absorbs, so the walker is never found")
        y = Dummy("y", real=True)
        rising, falling = self.solutions(s, y)
        if right is not None and left is None:
            return _at(rising, y, start) / self._condition(right, rising, y, 1)
        if left is not None and right is None:
            return _at(falling, y, start) / self._condition(left, falling, y, -1)
        matrix, values = [], []
        for end, way in ((left, -1), (right, 1)):
            if end is None:
                continue
            matrix.append([self._condition(end, f, y, way) for f in (rising, falling)])
            values.append(Integer(0 if isinstance(end, Reflecting) else 1))
        (a, b), (c, d) = matrix
        # By Cramer's rule; as a quotient of sums, no growing exponential is expanded.
        up, down = values[0] * d - values[1] * b, values[1] * a - values[0] * c
        return (up * _at(rising, y, start) + down * _at(falling, y, start)) / (a * d - b * c)

    def _condition(self, end: Wall, f: Expr, y: Symbol, way: int) -> Expr:
        """Return what is 1 (0 where it reflects) for the transform at an end."""
        if isinstance(end, Reflecting):
            f = f.diff(y)
        elif isinstance(end, Partial):
            f += way * self.diffusion / end.kappa * f.diff(y)
        return _at(f, y, end.place)

    def sink(self, start: Expr, strength: Expr, s: Expr) -> Expr:
        """Return the transform of the absorption time at a point sink at the origin of a line."""
        y = Dummy("y", real=True)
        rising, falling = (f.diff(y) for f in self.solutions(s, y))
        jump = self.diffusion * (_at(falling - rising, y, Integer(0)))
        height = solve([[jump - strength]], [-strength])[0]
        return height * _at(self.solutions(s, y)[1], y, start)

    def green(self, x: Expr, source: Expr, s: Expr) -> Expr:
        """Return the density of a source of strength s and decay s, on the whole space."""
        D, y = self.diffusion, Dummy("y", real=True)
        if self.radial:
            if source != 0:
                raise ModelError("in several dimensions resets are to the origin")
            d, nu, alpha = self.dimension, self.dimension / 2 - 1, sqrt(s / D)
            # Close to the origin x**nu K_(nu+1)(alpha x) goes as Gamma(nu+1)/2 (2/alpha)**(nu+1)/x.
            near = alpha * gamma(nu + 1) / 2 * (2 / alpha) ** (nu + 1)
            sphere = 2 * pi ** (d / 2) / gamma(d / 2)
            return s / (D * sphere * near) * x**-nu * bessel_k(nu, alpha * x)
        rising, falling = self.solutions(s, y)
        wronskian = _at(rising.diff(y) * falling - rising * falling.diff(y), y, source)
        span = Abs(x - source)
        below, above = (x + source - span) / 2, (x + source + span) / 2
        if self.stiffness == 0:
            up, down = (f.diff(y).xreplace({y: Integer(0)}) for f in (rising, falling))
            # Forward solutions have the exponents of the backward ones, mirrored.
            mean, half = -(up + down) / 2, (up - down) / 2
            return s / (2 * D * half) * exp((mean * (x - source) - half * span).expand())
        shape = _at(rising, y, below) * _at(falling, y, above) * self.weight(x)
        return s * shape / (D * self.weight(source) * wronskian)


def _at(f: Expr, y: Symbol, place: Expr) -> Expr:
    return f.xreplace({y: place})


def bessel_k(order: Expr, z: Expr) -> Expr:
    """Return the modified Bessel function, elementary for half of an odd number.

    Examples
    --------
    >>> from sympy import Symbol
    >>> bessel_k(Rational(3, 2), Symbol("z", positive=True))
    sqrt(2)*sqrt(pi)*(1 + 1/z)*exp(-z)/(2*sqrt(z))
    """
    n = abs(order) - Rational(1, 2)
    if not n.is_Integer:
        return besselk(order, z)
    terms = (
        factorial(n + k) / (factorial(k) * factorial(n - k) * (2 * z) ** k)
        for k in range(int(n) + 1)
    )
    return sqrt(pi / (2 * z)) * exp(-z) * Add(*terms)
