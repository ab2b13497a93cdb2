"""Large deviations of what is counted: generating function, rate function, driven process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import flint
import mpmath
import numpy as np
from sympy import Add, Expr, Float, Integer, oo

from nesssym import parsing
from nesssym.errors import ParameterError, UnknownNameError
from nesssym.exact import perron
from nesssym.fluctuations.observables import Counts, begin, observable, refuse_chain
from nesssym.networks import StateGraph
from nesssym.steady import steady_state

__all__ = ["driven_process", "rate_function", "scgf"]

LARGEST_FIELD = 1 << 12
DOUBLE = 17
Values = Mapping[Any, Any] | None


def scgf(
    model: StateGraph, counts: Counts, q: Any, *, values: Values = None, digits: int = 15
) -> Any:
    r"""Return the scaled cumulant generating function :math:`\lambda(q)`, to any number of digits.

    :math:`\lambda(q) = \lim \ln\langle e^{q Q}\rangle / t` is the largest eigenvalue of the tilted
    generator. It is enclosed between the Collatz-Wielandt bounds of a positive vector, in ball
    arithmetic, so that all digits that are given are right.

    Parameters
    ----------
    model : StateGraph
        The model.
    counts : mapping
        What is counted, as in `cumulants`.
    q : number, or array of numbers
        The counting field.
    values : mapping, optional
        Values of the symbols of the model and of `counts`.
    digits : int, optional
        Significant digits of a single value.

    Returns
    -------
    Float with so many digits, or numpy.ndarray for an array of fields

    Raises
    ------
    ParameterError
        A field that is not a finite number.
    UnknownNameError
        A symbol without a value.

    References
    ----------
    H. Touchette, Phys. Rep. 478, 1 (2009), doi:10.1016/j.physrep.2009.05.002.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    >>> print(ns.scgf(g, {"A->B": 1}, "0.3", digits=30))
    0.192848214053855521058627921969
    >>> ns.scgf(g, {"A->B": 1}, [-1, 0, 1]).round(6)
    array([-0.351243,  0.      ,  0.821881])
    """
    problem = _problem(model, counts, values)
    if np.ndim(q):
        found = [problem.value(_finite(x, "counting field"), DOUBLE) for x in np.ravel(q)]
        return np.array(found, dtype=float).reshape(np.shape(q))
    return _rounded(problem.value(_finite(q, "counting field"), digits), digits)


def rate_function(
    model: StateGraph, counts: Counts, j: Any, *, values: Values = None, digits: int = 15
) -> Any:
    r"""Return the rate function :math:`I(j)` of a counted quantity.

    The probability to count :math:`j t` in a long time t is about :math:`e^{-I(j) t}`. It is the
    Legendre transform :math:`I(j) = \sup_q\,[q j - \lambda(q)]`, found where the slope of
    :math:`\lambda` is j; what cannot happen has an infinite value.

    Parameters
    ----------
    model, counts, values, digits
        As in `scgf`.
    j : number, or array of numbers
        The value per unit of time.

    References
    ----------
    H. Touchette, Phys. Rep. 478, 1 (2009), doi:10.1016/j.physrep.2009.05.002.

    Examples
    --------
    A random walk that is three times as quick to the right, at its speed reversed:

    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 3, 1 \n B <-> C ; 3, 1 \n C <-> A ; 3, 1")
    >>> steps = {"A->B": 1, "B->C": 1, "C->A": 1}
    >>> print(ns.rate_function(g, steps, -2, digits=20))
    2.1972245773362193828
    """
    problem = _problem(model, counts, values)
    if np.ndim(j):
        found = [problem.rate(_finite(x, "value"), DOUBLE) for x in np.ravel(j)]
        return np.array(found, dtype=float).reshape(np.shape(j))
    return _rounded(problem.rate(_finite(j, "value"), digits), digits)


def driven_process(
    model: StateGraph, counts: Counts, q: Any, *, values: Values = None, digits: int = 30
) -> StateGraph:
    r"""Return the driven process: a model that does typically what the given one does rarely.

    Its rates are :math:`w_{ij}\, e^{q d_{ij}}\, l_j / l_i` with the left eigenvector l of the
    tilted generator (Doob's transform). Its mean of what is counted is the slope
    :math:`\lambda'(q)`, and its trajectories are those of the model given that this was counted.

    Parameters
    ----------
    model, counts, q, values
        As in `scgf`; `q` is one number.
    digits : int, optional
        Rates are rounded to so many digits, since eigenvectors are not rational.

    Returns
    -------
    StateGraph
        With the same labels and numbers for rates. Transient states are left out.

    References
    ----------
    R. Chetrite, H. Touchette, Ann. Henri Poincare 16, 2005 (2015),
    doi:10.1007/s00023-014-0375-8.

    Examples
    --------
    >>> import nesssym as ns
    >>> g = ns.StateGraph.from_text("A <-> B ; 2, 1 \n B <-> C ; 3, 1 \n C <-> A ; 5, 2")
    >>> fast = ns.driven_process(g, {"A->B": 1}, 1, digits=20)
    >>> float(ns.steady_state(fast).currents["A->B"])
    1.091486014078869
    """
    problem = _problem(model, counts, values)
    field = _finite(q, "counting field")
    rates = {}
    with flint.ctx.workprec(4 * digits + perron.FIRST_BITS):
        _, left = problem.pair(field, digits, transposed=True)
        for jump in problem.jumps:
            rate = jump.tilted(field) * left[jump.target] / left[jump.source]
            key = problem.states[jump.source], problem.states[jump.target], jump.channel
            rates[key] = mpmath.nstr(perron.number(rate, digits), digits)
    return StateGraph.from_rates(rates, states=problem.states)


@dataclass(frozen=True)
class _Jump:
    source: int
    target: int
    channel: str
    rate: Expr
    counted: Expr

    def tilted(self, field: Expr) -> Any:
        """Return the tilted rate as a ball."""
        return perron.ball(self.rate) * (perron.ball(field) * perron.ball(self.counted)).exp()


@dataclass(frozen=True)
class _Problem:
    """A model and what is counted in it, with numbers for all symbols."""

    states: list[str]
    jumps: list[_Jump]
    dwell: list[Expr]
    mean: Expr

    def matrix(self, field: Expr) -> Any:
        n = len(self.states)
        entries = [[flint.arb(0)] * n for _ in range(n)]
        for jump in self.jumps:
            entries[jump.target][jump.source] += jump.tilted(field)
            entries[jump.source][jump.source] -= perron.ball(jump.rate)
        for i, f in enumerate(self.dwell):
            entries[i][i] += perron.ball(field) * perron.ball(f)
        return flint.arb_mat(entries)

    def pair(self, field: Expr, digits: int, *, transposed: bool = False) -> perron.Pair:
        def make() -> Any:
            matrix = self.matrix(field)
            return matrix.transpose() if transposed else matrix

        return perron.refined(make, digits)

    def value(self, field: Expr, digits: int) -> Any:
        if field == 0:
            return mpmath.mpf(0)
        return perron.number(self.pair(field, digits)[0], digits)

    def slope(self, field: Expr, digits: int) -> Any:
        """Return the derivative, by first-order perturbation."""
        (_, right), (_, left) = (
            self.pair(field, digits, transposed=side) for side in (False, True)
        )
        with flint.ctx.workprec(4 * digits + perron.FIRST_BITS):
            gain = sum(
                (
                    left[jump.target]
                    * perron.ball(jump.counted)
                    * jump.tilted(field)
                    * right[jump.source]
                    for jump in self.jumps
                ),
                flint.arb(0),
            )
            for i, f in enumerate(self.dwell):
                gain += left[i] * perron.ball(f) * right[i]
            norm = sum((a * b for a, b in zip(left, right, strict=True)), flint.arb(0))
            return perron.number(gain / norm, digits)

    def gain(self, j: Expr, field: Expr, digits: int) -> Any:
        r"""Return :math:`q j - \lambda(q)`, which is never above the rate function."""
        with mpmath.workdps(digits + 10):
            return _mpf(field * j, digits) - self.value(field, digits + 10)

    def rate(self, j: Expr, digits: int) -> Any:
        if j == self.mean:
            return mpmath.mpf(0)
        half = digits // 2 + 10
        with mpmath.workdps(half):
            target = _mpf(j, half)
            side = 1 if j > self.mean else -1
            near, far = Integer(0), Integer(side)
            while (self.slope(far, half) - target) * side < 0:
                if abs(far) >= LARGEST_FIELD:
                    return self._edge(j, near, far, digits)
                near, far = far, 2 * far

            def miss(field: Any) -> Any:
                return self.slope(parsing.number(mpmath.mpf(field)), half) - target

            ends = [mpmath.mpf(int(near)), mpmath.mpf(int(far))]
            root = mpmath.findroot(miss, ends, solver="anderson", verify=False, maxsteps=200)
            best = parsing.number(mpmath.mpf(root))
        return self.gain(j, best, digits)

    def _edge(self, j: Expr, near: Expr, far: Expr, digits: int) -> Any:
        """Tell the value at the edge of what can happen from what cannot."""
        before, after = (self.gain(j, field, digits) for field in (near, far))
        if after > before * mpmath.mpf("1.5"):
            return mpmath.inf
        if abs(after - before) <= mpmath.mpf(10) ** -digits * abs(after):
            return after
        raise ParameterError(
            f"{j} is at the very edge of what can happen, where the rate function tends to about "
            f"{mpmath.nstr(after, 6)}; ask for a value a little inside"
        )


def _mpf(value: Expr, digits: int) -> Any:
    """Return an exact number as a multi-precision one."""
    with mpmath.workdps(digits + 10):
        return (
            mpmath.mpf(value.p) / value.q
            if value.is_Rational
            else mpmath.mpf(str(value.evalf(digits + 10)))
        )


def _problem(model: StateGraph, counts: Counts, values: Values) -> _Problem:
    refuse_chain(model, "generating functions")
    counted = observable(model, counts)
    symbols = begin(model, counted).symbols
    env = parsing.substitution(values or {}, symbols)
    missing = [s.name for s in symbols if s not in env]
    if missing:
        raise UnknownNameError(f"no value for {', '.join(missing)}; give values={{...}}")
    graph = model.subs({s: env[s] for s in model.symbols}) if model.symbols else model
    ss = steady_state(graph)
    states = [s for s in graph.states if s not in ss.transient]
    index = {s: i for i, s in enumerate(states)}
    jumps = [
        _Jump(index[a], index[b], t.channel, rate, counted.of(t)[way].xreplace(env))
        for t in graph.transitions
        if t.source in index
        for way, (a, b, rate) in enumerate(
            [(t.source, t.target, t.rate), (t.target, t.source, t.reverse)][: 1 + t.reversible]
        )
    ]
    dwell = [counted.dwell[s].xreplace(env) for s in states]
    mean = Add(
        *(jump.rate * jump.counted * ss.state[states[jump.source]] for jump in jumps),
        *(f * ss.state[s] for f, s in zip(dwell, states, strict=True)),
    )
    return _Problem(states, jumps, dwell, mean)


def _rounded(value: Any, digits: int) -> Expr:
    return oo if value == mpmath.inf else Float(value, digits)


def _finite(value: Any, what: str) -> Expr:
    try:
        return parsing.number(value)
    except ParameterError:
        raise ParameterError(f"the {what} is {value!r}; wanted a finite real number") from None
