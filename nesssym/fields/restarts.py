"""Restarts by the clock: after a fixed time, or after the times of Luby's universal sequence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from sympy import Add, Dummy, Expr, Integer, Symbol, erf, erfc, exp, log, oo, pi, sqrt

from nesssym import parsing
from nesssym.errors import ModelError, ParameterError
from nesssym.exact.rational import cancel
from nesssym.fields.integrals import definite
from nesssym.fields.state import positive, quantity, symbols_of
from nesssym.formulas import Formulas, Steps
from nesssym.roots import RootIn

__all__ = ["LubyRestart", "SharpRestart"]

MOST_BLOCKS = 40
MOST_POWER = 8


@dataclass(frozen=True, eq=False)
class SharpRestart:
    r"""A search that is restarted after a fixed time: :math:`T = \int_0^\tau S\,dt/(1 - S(\tau))`.

    Parameters
    ----------
    survival : str or Expr
        The probability :math:`S(t)` of not having been found, an expression of ``t``; in discrete
        time of the number of steps done.
    period : optional
        The time or the number of steps between restarts, ``tau``.
    discrete : bool, optional
        Whether time is counted in steps; `survival` is then a sum of geometric terms.

    Examples
    --------
    >>> import nesssym as ns
    >>> ns.SharpRestart("1 - t/2", 1).mean["T"]
    3/2
    """

    survival: Any
    period: Any = "tau"
    discrete: bool = False

    def __post_init__(self) -> None:
        t = parsing.symbol("t")
        survival = quantity(self.survival, {"t": t})
        if t not in survival.free_symbols:
            raise ModelError(f"the survival probability {survival} does not depend on t")
        object.__setattr__(self, "survival", survival)
        object.__setattr__(self, "period", positive("period", self.period))

    @classmethod
    def diffusion(
        cls, diffusion: Any = "D", distance: Any = "L", period: Any = "tau"
    ) -> SharpRestart:
        """Make the search of a Brownian walker for a target at a distance on a line."""
        t = parsing.symbol("t")
        length = positive("distance", distance)
        return cls(erf(length / sqrt(4 * positive("diffusion", diffusion) * t)), period)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The parameters, in order of appearance."""
        return symbols_of((self.survival, self.period), [parsing.symbol("t")])

    notation: Any = ()
    assume: Any = ()

    @cached_property
    def mean(self) -> Formulas:
        """The mean time, label ``"T"``."""
        shared = Steps.over(self)
        missed, spent = self.once(shared)
        return shared.formulas({"T": cancel(spent / (1 - missed))}, heads="T", unit="time")

    def once(self, shared: Steps) -> tuple[Expr, Expr]:
        """Return the probability not to be found in one period, and the mean time spent in it."""
        if not self.discrete:
            return self._at(self.period), self._spent(self.period)
        left, time = Integer(0), Integer(0)
        few = self.period.is_Integer and self.period <= MOST_POWER
        for factor, ratio in _ratios(self.survival):
            if ratio == 1:
                left, time = left + factor, time + factor * self.period
                continue
            if few:
                power = ratio**self.period
            else:
                # As a power of numbers it would be a fraction of very many digits.
                rate = shared.let(log(ratio), "l", positive=False)
                power = shared.let(exp(self.period * rate), "w")
            left, time = left + factor * power, time + factor * (1 - power) / (1 - ratio)
        return left, time

    def _at(self, time: Expr) -> Expr:
        return self.survival.xreplace({parsing.symbol("t"): time})

    def _spent(self, period: Expr) -> Expr:
        t = parsing.symbol("t")
        if isinstance(self.survival, erf):
            scale = self.survival.args[0] * sqrt(t)
            if not scale.has(t):
                # By parts, since t S'(t) is a Gaussian in 1/sqrt(t).
                u = scale / sqrt(period)
                return (
                    period * erf(u)
                    + 2 * scale * sqrt(period) * exp(-(u**2)) / sqrt(pi)
                    - 2 * scale**2 * erfc(u)
                )
        return definite(self.survival, t, Integer(0), period)

    @cached_property
    def optimum(self) -> Formulas:
        """The period with the least mean, ``"tau"``, and that mean, ``"T"``: a certified root."""
        if self.discrete:
            raise ModelError("in discrete time compare the means of some periods")
        tau = Dummy("tau", positive=True)
        S, spent = self._at(tau), self._spent(tau)
        shared = Steps.over(self)
        best = shared.let(RootIn(S * (1 - S) + S.diff(tau) * spent, (tau, 0, oo)), "taubest")
        T = self._spent(best) / (1 - self._at(best))
        return shared.formulas({"tau": best, "T": T}, heads=(r"\tau^{*}", "T^{*}"), unit="time")


@dataclass(frozen=True, eq=False)
class LubyRestart:
    r"""A search that is restarted after times of 1, 1, 2, 1, 1, 2, 4, ... units, as Luby found.

    For a search of which nothing is known no other sequence is better than this one by more than a
    constant factor, and it is worse than the best fixed time by a logarithm only. The sequence is
    made of blocks: each is the block before it, twice, and then the next power of two. So do the
    mean time :math:`e_k` that is spent in a block and the probability :math:`f_k` not to be found
    in it follow from those of the block before,

    .. math:: f_{k+1} = f_k^2\,S(2^k), \qquad
              e_{k+1} = (1 + f_k)\,e_k + f_k^2 \int_0^{2^k} S\,dt.

    Parameters
    ----------
    survival : str or Expr
        The probability :math:`S(t)` of not having been found, an expression of ``t``; in discrete
        time of the number of steps done.
    unit : optional
        The shortest time; in discrete time a number of steps.
    discrete : bool, optional
        Whether time is counted in steps.
    blocks : int, optional
        How many blocks are summed up; `mean` tells a bound of the rest.

    References
    ----------
    M. Luby, A. Sinclair, D. Zuckerman, Inf. Process. Lett. 47, 173 (1993),
    doi:10.1016/0020-0190(93)90029-9.

    Examples
    --------
    >>> import nesssym as ns
    >>> coin = ns.LubyRestart("exp(-t*log(2))", discrete=True)
    >>> ns.compile(coin.mean)()["T"]
    2.0
    """

    survival: Any
    unit: Any = 1
    discrete: bool = False
    blocks: int = 12

    def __post_init__(self) -> None:
        if not 1 <= self.blocks <= MOST_BLOCKS:
            raise ParameterError(f"blocks is {self.blocks}: it must be from 1 to {MOST_BLOCKS}")
        object.__setattr__(self, "unit", positive("unit", self.unit))
        object.__setattr__(self, "survival", SharpRestart(self.survival).survival)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The parameters, in order of appearance."""
        return symbols_of((self.survival, self.unit), [parsing.symbol("t")])

    notation: Any = ()
    assume: Any = ()

    @cached_property
    def mean(self) -> Formulas:
        """The mean time, label ``"T"``, summed over the blocks.

        What is missing is less than ``"rest"``, if the probability ``"missed"`` not to be found in
        all blocks is below one half; take more blocks where it is not.
        """
        shared = Steps.over(self)
        missed, spent = Integer(1), Integer(0)
        for k in range(self.blocks):
            sharp = SharpRestart(self.survival, Integer(2) ** k * self.unit, self.discrete)
            left, time = sharp.once(shared)
            spent = shared.let((1 + missed) * spent + missed**2 * time, "e")
            missed = shared.let(missed**2 * shared.let(left, "w"), "f")
        # Block k + 1 adds (k + 2) 2^(k - 1) units to block k, reached with probability f_k, and
        # f_(k + i) <= f_k^(i + 1): a geometric series.
        size = (self.blocks + 2) * Integer(2) ** (self.blocks - 1) * self.unit
        rest = size * missed / (1 - 2 * missed) ** 2
        return shared.formulas(
            {"T": spent, "rest": rest, "missed": missed},
            heads=("T", r"\Delta T", r"f"),
            unit="mixed",
        )


@lru_cache(maxsize=64)
def _ratios(survival: Expr) -> tuple[tuple[Expr, Expr], ...]:
    """Split a survival probability in steps into geometric terms: factor and ratio of each.

    Raises
    ------
    ModelError
        A term is not geometric.
    """
    t = parsing.symbol("t")
    found = []
    for term in Add.make_args(survival):
        factor, power = term.as_independent(t, as_Add=False)
        ratio = power.xreplace({t: Integer(1)})
        if power != 1 and (power / ratio**t).simplify() != 1:
            raise ModelError(f"{term} is not geometric in t")
        found.append((factor, ratio))
    return tuple(found)
