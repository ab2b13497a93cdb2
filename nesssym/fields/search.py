"""Search: first passage under restart, for any first-passage law."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import (
    Add,
    Dummy,
    Expr,
    Integer,
    LambertW,
    Symbol,
    exp,
    factorial,
    oo,
    symbols,
    zoo,
)

from nesssym import parsing
from nesssym.errors import ModelError, ParameterError, UnknownNameError
from nesssym.exact.linear import solve
from nesssym.exact.rational import cancel
from nesssym.fields.state import positive, quantity, symbols_of
from nesssym.formulas import Formulas, Steps
from nesssym.networks.state_graph import StateGraph
from nesssym.roots import RootIn

__all__ = ["Search"]

MOST_MOMENTS = 4


@dataclass(frozen=True, eq=False)
class Search:
    r"""A first passage that is restarted at random, at a constant rate.

    All that is needed of the process is the transform of its first-passage time without restart,
    :math:`\varphi(s) = \langle e^{-sT}\rangle`. With restart it is
    :math:`\varphi_r(s) = \frac{(s+r)\,\varphi(s+r)}{s + r\,\varphi(s+r)}`.

    Parameters
    ----------
    transform : str or Expr
        :math:`\varphi`, an expression of ``s``.
    rate : optional
        The rate of restarts, ``r``.
    overhead : optional
        The mean time that every restart costs before the search goes on; 0 by default.

    References
    ----------
    S. Reuveni, Phys. Rev. Lett. 116, 170601 (2016), doi:10.1103/PhysRevLett.116.170601;
    A. Pal, S. Reuveni, Phys. Rev. Lett. 118, 030603 (2017), doi:10.1103/PhysRevLett.118.030603.

    Examples
    --------
    >>> import nesssym as ns
    >>> ns.Search("exp(-L*sqrt(s/D))").mean["T"]
    (exp(L*sqrt(r)/sqrt(D)) - 1)/r
    """

    transform: Any
    rate: Any = "r"
    overhead: Any = 0

    def __post_init__(self) -> None:
        s = parsing.symbol("s")
        transform = quantity(self.transform, {"s": s})
        if s not in transform.free_symbols:
            raise ModelError(f"the first-passage transform {transform} does not depend on s")
        overhead = quantity(self.overhead)
        if overhead.is_negative:
            raise ParameterError(f"overhead is {overhead}: it must be >= 0")
        rate = positive("resetting rate", self.rate)
        if s in rate.free_symbols | overhead.free_symbols:
            raise ModelError("s is the variable of the transform; name the rate otherwise")
        for key, value in (("transform", transform), ("rate", rate), ("overhead", overhead)):
            object.__setattr__(self, key, value)

    def __repr__(self) -> str:
        return f"<Search: restarted at rate {self.rate}>"

    @property
    def s(self) -> Symbol:
        """The variable of the transform."""
        return parsing.symbol("s")

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The parameters, in order of appearance."""
        return symbols_of((self.transform, self.rate, self.overhead), [self.s])

    @property
    def notation(self) -> tuple[tuple[Symbol, str], ...]:
        """LaTeX of symbols that differs from the default."""
        return ()

    @property
    def assume(self) -> tuple[Expr, ...]:
        """What must be positive: nothing beyond the symbols."""
        return ()

    def _at(self, place: Expr, order: int = 0) -> Expr:
        return self.transform.diff(self.s, order).xreplace({self.s: place})

    @cached_property
    def restarted(self) -> Formulas:
        """The transform with restarts, label ``"phi"``; instantaneous restarts only."""
        self._instantaneous()
        shared = Steps.over(self)
        f = shared.let(self._at(self.s + self.rate), "f")
        whole = (self.s + self.rate) * f / (self.s + self.rate * f)
        return shared.formulas({"phi": whole}, heads=[r"\varphi_r"])

    def _instantaneous(self) -> None:
        if self.overhead != 0:
            raise ModelError("with overheads only the mean is known from their mean")

    @cached_property
    def mean(self) -> Formulas:
        """The mean first-passage time, label ``"T"``."""
        return Steps.over(self).formulas({"T": self._mean(self.rate)}, heads="T", unit="time")

    def _mean(self, rate: Expr) -> Expr:
        # In each round the walker is found with probability phi.
        rounds = 1 / self._at(rate) - 1
        return rounds * (1 / rate + self.overhead)

    def moments(self, order: int = 2) -> Formulas:
        """Return the moments of the first-passage time, labels ``"T1"``, ``"T2"``, ...

        Parameters
        ----------
        order : int, optional
            The highest, at most 4.

        Examples
        --------
        >>> import nesssym as ns
        >>> ns.Search("1/(1 + s)").moments(2).at({"r": 3})
        {'T1': 1, 'T2': 2}
        """
        self._instantaneous()
        if not 1 <= order <= MOST_MOMENTS:
            raise ParameterError(f"order is {order}: it must be from 1 to {MOST_MOMENTS}")
        f = symbols(f"f0:{order + 1}")
        s, r = self.s, self.rate
        near = Add(*(f[k] * s**k / factorial(k) for k in range(order + 1)))
        whole = (s + r) * near / (s + r * near)
        shared = Steps.over(self)
        known = {f[k]: shared.let(self._at(r, k), "f", positive=not k) for k in range(order + 1)}
        found = {}
        for n in range(1, order + 1):
            slope = whole.diff(s, n).xreplace({s: Integer(0)})
            found[f"T{n}"] = ((-1) ** n * cancel(slope)).xreplace(known)
        return shared.formulas(
            found, heads=(rf"\langle T^{{{n}}}\rangle" for n in range(1, order + 1)), unit="mixed"
        )

    @cached_property
    def variation(self) -> Formulas:
        """The squared coefficient of variation, label ``"CV^2"``; 1 at the optimal rate."""
        shared = Steps.over(self)
        moments = shared.absorb(self.moments(2))
        return shared.formulas(
            {"CV^2": moments["T2"] / moments["T1"] ** 2 - 1}, heads=[r"\mathrm{CV}^2"]
        )

    @cached_property
    def unrestarted_variation(self) -> Expr:
        """The squared coefficient of variation without restarts; infinite where the mean is.

        A few restarts shorten the search just where it is above one.
        """
        first, second = (self._at(Integer(0), n) for n in (1, 2))
        if any(e.has(zoo, oo, -oo) or not e.is_finite for e in (first, second) if e.is_number):
            return oo
        if first.has(zoo, oo) or second.has(zoo, oo):
            return oo
        return cancel(second / first**2 - 1)

    @cached_property
    def optimum(self) -> Formulas:
        """The rate at which the mean is least, ``"r"``, and that mean, ``"T"``.

        Closed by Lambert's function where the transform is the exponential of a power of `s`,
        else a certified root.

        Raises
        ------
        ParameterError
            Restarts do not shorten this search: its coefficient of variation is at most one.
        """
        worth = self.unrestarted_variation
        if worth.is_number and worth <= 1:
            raise ParameterError(
                f"restarts do not shorten this search: CV^2 = {worth} without them, and it must "
                "be > 1"
            )
        open_ = () if worth.is_number else (worth - 1,)
        shared = Steps(self.symbols, {}, open_)
        best = shared.let(self._best(), "rbest", latex=r"r^{*}")
        return shared.formulas({"r": best, "T": self._mean(best)}, heads=("r^{*}", "T^{*}"))

    def _best(self) -> Expr:
        s = self.s
        if self.overhead == 0 and isinstance(self.transform, exp):
            factor, power = (-self.transform.args[0]).as_independent(s, as_Add=False)
            base, q = power.as_base_exp()
            if base == s and q.is_Rational and 0 < q < 1:
                # (l - 1/q) e^l = -1/q for l = factor*s**q, whose trivial root 0 is on branch -1.
                size = 1 / q + LambertW(-exp(-1 / q) / q)
                return (size / factor) ** (1 / q)
        phi, slope = self._at(s), self._at(s, 1)
        cost = 1 + self.overhead * s
        change = (self.overhead * (1 - phi) - slope * cost) * s * phi
        change -= (1 - phi) * cost * (phi + s * slope)
        y = Dummy("r", positive=True)
        return RootIn(change.xreplace({s: y}), (y, 0, oo))

    @classmethod
    def on_graph(cls, graph: StateGraph, start: str, target: str, rate: Any = "r") -> Search:
        r"""Make the search of a walker on a state graph, restarted at its first state.

        Raises
        ------
        UnknownNameError
            A state that the graph does not have.
        ModelError
            Start and target are the same.

        Examples
        --------
        >>> import nesssym as ns
        >>> g = ns.StateGraph.from_text("A <-> B ; 1, 1 \n B <-> C ; 1, 1")
        >>> ns.Search.on_graph(g, "A", "C").transform
        1/(s**2 + 3*s + 1)
        """
        for state in (start, target):
            if state not in graph.states:
                raise UnknownNameError.of("state", state, graph.states)
        if start == target:
            raise ModelError(f"the walker starts on its target {target!r}")
        inside = [state for state in graph.states if state != target]
        place = {state: i for i, state in enumerate(inside)}
        s = parsing.symbol("s")
        matrix = [[s if i == j else Integer(0) for j in inside] for i in inside]
        right = [Integer(0)] * len(inside)
        for source, end, w in _jumps(graph):
            if source == target:
                continue
            i = place[source]
            matrix[i][i] += w
            if end == target:
                right[i] += w
            else:
                matrix[i][place[end]] -= w
        return cls(solve(matrix, right)[place[start]], rate)


def _jumps(graph: StateGraph) -> Iterable[tuple[str, str, Expr]]:
    for t in graph.transitions:
        yield t.source, t.target, t.rate
        if t.reversible:
            yield t.target, t.source, t.reverse
