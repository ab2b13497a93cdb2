"""Ring: a driven particle in a periodic potential, and its effective diffusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import gcd
from typing import Any

from sympy import Add, Dummy, Expr, Integer, Integral, Symbol, cos, exp, pi, sin, sinh, sqrt

from nesssym import parsing
from nesssym.entropies import EntropyProduction, Irreversibility, entropy
from nesssym.errors import ModelError, ParameterError
from nesssym.exact.rational import equal
from nesssym.fields.integrals import definite
from nesssym.fields.state import Field, positive, quantity, symbols_of
from nesssym.formulas import Formulas, Steps
from nesssym.special import besseli_modulus, exprel
from nesssym.tilted import tilted_spread

__all__ = ["Ring"]

MOST_WAVES = 64


@dataclass(frozen=True)
class _Segment:
    """A stretch on which the exponent is known: where it begins and ends, and its exponent."""

    name: str
    low: Expr
    high: Expr
    exponent: Expr


@dataclass(frozen=True, eq=False)
class Ring(Field):
    r"""An overdamped particle in a periodic potential with a constant force.

    The probability current is :math:`J = \mu\,[(f - U')\,p - (T p)']`. It is the same all round
    the ring (Stratonovich): with :math:`\Phi(x) = \int_0^x (f - U')/T`,

    .. math:: J = \mu\,\frac{1 - e^{-\Phi(L)}}{\int_0^L dx\,\frac{e^{\Phi(x)}}{T(x)}
              \int_x^{x+L} dy\,e^{-\Phi(y)}}.

    For a single harmonic the integrals are Bessel functions of imaginary order, for a potential
    of straight pieces they are elementary; otherwise kernels evaluate them.

    Parameters
    ----------
    potential : str, Expr, or sequence of (place, value)
        :math:`U(x)`, periodic; or the corners of a piecewise linear potential, the first at 0 and
        the last at the period, with the same value.
    tilt : optional
        The constant force, ``f``; positive or negative.
    temperature : optional
        In units of energy. It may depend on ``x``: then heat alone drives a current
        (Buettiker and Landauer).
    mobility : optional
        1 by default, so that the diffusion coefficient is the temperature.
    period : optional
        Of the ring, :math:`2\pi` where the corners do not tell.

    Raises
    ------
    ModelError
        A potential that is not periodic.

    References
    ----------
    P. Reimann, Phys. Rep. 361, 57 (2002), doi:10.1016/S0370-1573(01)00081-3.

    Examples
    --------
    >>> import nesssym as ns
    >>> ring = ns.Ring("V*cos(x)", "f", "T")
    >>> ring.velocity["v"]
    T*sinh(pi*f/T)/(pi*besseli_modulus(f/T, V/T))
    >>> ring.entropy_production["sigma"]
    f*sinh(pi*f/T)/(pi*besseli_modulus(f/T, V/T))
    """

    potential: Any
    tilt: Any = "f"
    temperature: Any = "T"
    mobility: Any = 1
    period: Any = None

    def __post_init__(self) -> None:
        names = {"x": self.x}
        tilt = self.tilt
        if isinstance(tilt, str) and tilt.isidentifier():
            tilt = parsing.symbol(tilt, positive=False)
        corners = not isinstance(self.potential, str | Expr | int | float)
        potential: Any
        if corners:
            pairs = [(quantity(x), quantity(u)) for x, u in self.potential]
            potential = _checked(pairs)
            period = pairs[-1][0]
            if self.period is not None and quantity(self.period) != period:
                raise ModelError(f"the corners end at {period}, but the period is {self.period}")
        else:
            potential = quantity(self.potential, names)
            period = 2 * pi if self.period is None else positive("period", self.period)
        values = {
            "potential": potential,
            "tilt": quantity(tilt, names),
            "temperature": positive("temperature", self.temperature, names),
            "mobility": positive("mobility", self.mobility),
            "period": period,
        }
        if values["mobility"].has(self.x) or values["tilt"].has(self.x):
            raise ModelError("tilt and mobility are constants; put what varies into the potential")
        if corners and values["temperature"].has(self.x):
            raise ModelError("with corners the temperature is uniform; give the potential as text")
        for key, value in values.items():
            object.__setattr__(self, key, value)
        if not corners:
            for what, value in (("potential", potential), ("temperature", self.temperature)):
                if not _periodic(value, self.x, period):
                    raise ModelError(f"the {what} {value} does not have the period {period}")

    def __repr__(self) -> str:
        return f"<Ring: period {self.period}>"

    @property
    def x(self) -> Symbol:
        """The place."""
        return parsing.symbol("x", positive=False)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The parameters, in order of appearance."""
        given = [self.temperature, self.mobility, self.tilt, self.period]
        if self._has_corners:
            given = [*(e for pair in self.potential for e in pair), *given]
        else:
            given.insert(0, self.potential)
        return symbols_of(given, [self.x])

    @property
    def _has_corners(self) -> bool:
        return isinstance(self.potential, tuple)

    @cached_property
    def _segments(self) -> tuple[_Segment, ...]:
        """The pieces of the ring with their exponents, which join."""
        if not self._has_corners:
            x, T = self.x, self.temperature
            if not T.has(x):
                whole = (self.tilt * x - self.potential) / T
            else:
                pull = (self.tilt - self.potential.diff(x)) / T
                y = Dummy("y", real=True)
                whole = definite(pull.xreplace({x: y}), y, Integer(0), x)
            return (_Segment("", Integer(0), self.period, whole),)
        found, start = [], Integer(0)
        for i, ((a, u), (b, w)) in enumerate(pairwise(self.potential), 1):
            slope = (self.tilt - (w - u) / (b - a)) / self.temperature
            found.append(_Segment(f"/segment {i}", a, b, start + slope * (self.x - a)))
            start += slope * (b - a)
        return tuple(found)

    def _exponent(self, segment: _Segment, place: Expr) -> Expr:
        return segment.exponent.xreplace({self.x: place})

    @cached_property
    def affinity(self) -> Expr:
        r"""The affinity of one turn, :math:`\Phi(L)`: what drives the current, in k_B."""
        if not self.temperature.has(self.x):
            return self.tilt * self.period / self.temperature
        first, last = self._segments[0], self._segments[-1]
        return self._exponent(last, last.high) - self._exponent(first, Integer(0))

    def _integral(self, segment: _Segment, low: Expr, high: Expr, way: int) -> Expr:
        """Integrate exp(way*Phi) over part of a segment, over T where `way` is +1."""
        y = Dummy("y", real=True)
        inside = exp(way * self._exponent(segment, y))
        if way > 0:
            inside /= self.temperature.xreplace({self.x: y})
        return definite(inside, y, low, high)

    @cached_property
    def _norm(self) -> Expr:
        """The double integral."""
        harmonic = self._harmonic
        if harmonic is not None:
            amplitude, length = harmonic
            T, tilt = self.temperature, self.affinity / 2
            size = besseli_modulus(self.tilt * length / (2 * pi * T), amplitude / T)
            # With n periods in the ring, the sum over them is a geometric series.
            one = length * self.tilt / (2 * T)
            return self.period**2 / T * exp(-tilt) * size * _ratio(tilt, one)
        if not self._has_corners:
            y = Dummy("x", real=True)
            (whole,) = self._segments
            weight = exp(self._exponent(whole, y)) / self.temperature.xreplace({self.x: y})
            return Integral(weight * self._ahead(whole, y), (y, 0, self.period))
        total: list[Expr] = []
        back = exp(-self.affinity)
        for i, here in enumerate(self._segments):
            size = here.high - here.low
            turn = here.exponent.diff(self.x) * size
            same = exprel(-turn, 2) + back * exprel(turn, 2)
            total.append(size**2 / 2 * same / self.temperature)
            mine = self._integral(here, here.low, here.high, 1)
            for j, other in enumerate(self._segments):
                if i != j:
                    full = self._integral(other, other.low, other.high, -1)
                    total.append(mine * full * (back if j < i else 1))
        return Add(*total)

    def _ahead(self, segment: _Segment, place: Expr) -> Expr:
        """Integrate exp(-Phi) over one period that begins at a place."""
        if not self._has_corners:
            return self._integral(segment, place, place + self.period, -1)
        back = exp(-self.affinity)
        parts = [
            self._integral(segment, place, segment.high, -1),
            back * self._integral(segment, segment.low, place, -1),
        ]
        at = self._segments.index(segment)
        for j, other in enumerate(self._segments):
            if j != at:
                full = self._integral(other, other.low, other.high, -1)
                parts.append(full * (back if j < at else 1))
        return Add(*parts)

    def _behind(self, segment: _Segment, place: Expr) -> Expr:
        """Integrate exp(Phi)/T over one period that ends at a place."""
        if not self._has_corners:
            return self._integral(segment, place - self.period, place, 1)
        back = exp(-self.affinity)
        parts = [
            self._integral(segment, segment.low, place, 1),
            back * self._integral(segment, place, segment.high, 1),
        ]
        at = self._segments.index(segment)
        for j, other in enumerate(self._segments):
            if j != at:
                full = self._integral(other, other.low, other.high, 1)
                parts.append(full * (back if j > at else 1))
        return Add(*parts)

    @cached_property
    def _harmonic(self) -> tuple[Expr, Expr] | None:
        """Amplitude and period of a potential that is a single harmonic, if it is one.

        Then the sum of two cosines is one cosine, whose exponential integrates to I_0 (Jacobi and
        Anger); and that integrates to the product of two Bessel functions (Neumann).
        """
        if self._has_corners or self.temperature.has(self.x):
            return None
        x, parts, rates = self.x, {cos: Integer(0), sin: Integer(0)}, set()
        for term in Add.make_args(self.potential.expand()):
            factor, wave = term.as_independent(x, as_Add=False)
            if wave == 1:
                continue
            if not isinstance(wave, cos | sin) or wave.args[0].subs(x, 0) != 0:
                return None
            rates.add(wave.args[0].diff(x))
            parts[type(wave)] += factor
        if len(rates) != 1 or (rate := rates.pop()).has(x):
            return None
        a, b = parts[cos], parts[sin]
        return (sqrt(a**2 + b**2) if a != 0 and b != 0 else a + b), 2 * pi / rate

    @cached_property
    def _waves(self) -> tuple[list[Expr], Expr] | None:
        """The Fourier coefficients, by cosine and sine, and their period, of a sum of waves."""
        if self._has_corners or self.temperature.has(self.x):
            return None
        x, found = self.x, dict[tuple[int, Any], Expr]()
        for term in Add.make_args(self.potential.expand()):
            factor, wave = term.as_independent(x, as_Add=False)
            if wave == 1:
                continue
            if not isinstance(wave, cos | sin) or wave.args[0].subs(x, 0) != 0:
                return None
            turns = wave.args[0].diff(x) * self.period / (2 * pi)
            if not (turns.is_Integer and 0 < turns <= MOST_WAVES):
                return None
            key = int(turns), type(wave)
            found[key] = found.get(key, Integer(0)) + factor
        if not found:
            return None
        one = gcd(*(k for k, _ in found))
        orders = range(one, max(k for k, _ in found) + 1, one)
        listed = [found.get((k, kind), Integer(0)) for k in orders for kind in (cos, sin)]
        return listed, self.period / one

    @cached_property
    def flux(self) -> Formulas:
        """The probability current, turns per time, label ``"J"``."""
        return Steps.over(self).formulas({"J": self._current}, heads="J", unit="1/time")

    @cached_property
    def _current(self) -> Expr:
        if self._harmonic is not None:
            amplitude, length = self._harmonic
            T = self.temperature
            drive = self.tilt * length / (2 * pi * T)
            size = besseli_modulus(drive, amplitude / T)
            return 2 * self.mobility * T * sinh(pi * drive) / (length * self.period * size)
        return self.mobility * (1 - exp(-self.affinity)) / self._norm

    @cached_property
    def velocity(self) -> Formulas:
        """The mean velocity, label ``"v"``: current times period."""
        v = self._current * self.period
        return Steps.over(self).formulas({"v": v}, heads=[r"\langle v\rangle"])

    def _shared(self) -> tuple[Steps, Expr, Expr]:
        shared = Steps.over(self)
        Z = shared.let(self._norm, "Z", alone=True)
        return shared, Z, shared.let(self._current, "J", positive=False, alone=True)

    @cached_property
    def profile(self) -> Formulas:
        """The density at ``x``, label ``"p"``; one a segment where the potential has corners."""
        shared, Z, _ = self._shared()
        found = {}
        for segment in self._segments:
            weight = exp(segment.exponent) / self.temperature
            found[f"p{segment.name}"] = weight * self._ahead(segment, self.x) / Z
        return shared.formulas(found)

    @cached_property
    def force(self) -> Formulas:
        r"""The thermodynamic force :math:`J/(\mu T p)` at ``x``, label ``"X"``."""
        return self._local("X", 1, "1")

    @cached_property
    def local_entropy_production(self) -> EntropyProduction | Irreversibility:
        """The density of entropy production at ``x``, label ``"sigma(x)"``."""
        return entropy(self._local("sigma(x)", 2, "k_B/time per length"))

    def _local(self, name: str, power: int, unit: str) -> Formulas:
        shared, _, J = self._shared()
        p = shared.absorb(self.profile)
        return shared.formulas(
            {
                f"{name}{segment.name}": J**power
                / (self.mobility * self.temperature * p[f"p{segment.name}"])
                for segment in self._segments
            },
            unit=unit,
        )

    @cached_property
    def entropy_production(self) -> EntropyProduction | Irreversibility:
        """The total, ``"sigma"``: current times affinity, in k_B per time."""
        sigma = self._current * self.affinity
        return entropy(
            Steps.over(self).formulas({"sigma": sigma}, heads=[r"\sigma"], unit="k_B/time")
        )

    @cached_property
    def effective_diffusion(self) -> Formulas:
        r"""The coefficient with which the unrolled place spreads, label ``"D_eff"``.

        It can be far above that of free diffusion near the critical tilt. For a sum of sines and
        cosines it is one function of their amplitudes, `tilted_spread`, quick in kernels; its
        ``doit()`` gives the integrals.

        References
        ----------
        P. Reimann et al., Phys. Rev. Lett. 87, 010602 (2001), doi:10.1103/PhysRevLett.87.010602.
        """
        heads, unit = [r"D_{\mathrm{eff}}"], "length^2/time"
        if self._waves is not None:
            waves, length = self._waves
            T = self.temperature
            drive = self.tilt * length / (2 * pi * T)
            spread = tilted_spread(drive, *(wave / T for wave in waves))
            return Steps.over(self).formulas(
                {"D_eff": self.mobility * T * spread}, heads=heads, unit=unit
            )
        shared, Z, _ = self._shared()
        y = Dummy("x", real=True)
        parts = [
            Integral(
                exp(-self._exponent(segment, y))
                * self._ahead(segment, y)
                * self._behind(segment, y) ** 2,
                (y, segment.low, segment.high),
            )
            for segment in self._segments
        ]
        D = self.mobility * self.period**2 * Add(*parts) / Z**3
        return shared.formulas({"D_eff": D}, heads=heads, unit=unit)


def _ratio(whole: Expr, one: Expr) -> Expr:
    """Return sinh(whole)/sinh(one) over its limit without a drive; one where they are equal."""
    if whole == one:
        return Integer(1)
    return exp(whole - one) * exprel(-2 * whole) / exprel(-2 * one)


def _checked(corners: Sequence[tuple[Expr, Expr]]) -> tuple[tuple[Expr, Expr], ...]:
    if len(corners) < 3:
        raise ModelError("a piecewise linear potential needs at least three corners")
    if corners[0][0] != 0 or corners[0][1] != corners[-1][1]:
        raise ModelError("corners begin at 0, and the last has the value of the first")
    for (a, _), (b, _) in pairwise(corners):
        if (b - a).is_nonpositive:
            raise ParameterError(f"corners must be in order; {b} does not come after {a}")
    return tuple(corners)


def _periodic(value: Expr, x: Symbol, period: Expr) -> bool:
    if not value.has(x):
        return True
    shifted = value.xreplace({x: x + period})
    if shifted.expand(trig=True) == value.expand(trig=True):
        return True
    try:
        return equal(shifted.expand(), value.expand())
    except ValueError:
        return False
