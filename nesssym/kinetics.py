"""Solutions of mass-action rate equations in time, as functions with rigorous values."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from math import prod
from operator import mul
from typing import Any, NamedTuple

import flint
import sympy
from sympy import Add, Expr, Function, Mul
from sympy.core.function import ArgumentIndexError

from nesssym.errors import TooLargeError

__all__ = ["Move", "concentration", "enclosed_concentration"]

MOST_STEPS = 5_000
SHORTEST = 10**9
RADII = range(-2, 14, 2)
REMEMBERED = 32
GUARD_BITS, ROUGH_BITS = 40, 40


class Move(NamedTuple):
    """One direction of a reaction: its rate constant, its orders and what it changes."""

    rate: Any
    orders: Sequence[int]
    changes: Sequence[int]


class concentration(Function):  # type: ignore[misc]  # noqa: N801  (SymPy functions are lower case)
    r"""What is there of one species at a time, where species react by mass action.

    :math:`\varphi_t^{(i)}(x)`, component `i` of the solution that starts from `x`. Closed forms
    are rare; kernels integrate the equations in balls, so that all digits they give are certain.

    Parameters
    ----------
    i, n : int
        Which of how many species.
    t : Expr
        The time, not negative.
    *rest : Expr
        The n concentrations at the start; then for each direction of a reaction its rate
        constant, its n orders and n changes. `of` takes them from lists.

    Examples
    --------
    >>> from sympy import Rational, Symbol, exp
    >>> t = Symbol("t", positive=True)
    >>> decay = concentration.of(0, t, [2], [Move(3, [1], [-1])])
    >>> decay.diff(t) == -3*decay
    True
    >>> (decay - 2*exp(-3*t)).subs(t, Rational(1, 3)).evalf(20, chop=True)
    0
    """

    nargs = None

    @classmethod
    def of(cls, i: int, t: Expr, start: Sequence[Expr], moves: Sequence[Move]) -> concentration:
        """Make one from lists."""
        flat = [x for m in moves for x in (m.rate, *m.orders, *m.changes)]
        made: concentration = cls(i, len(start), t, *start, *flat)
        return made

    def fdiff(self, argindex: int = 1) -> Expr:
        """Differentiate with respect to time, which is the rate equation."""
        if argindex != 3:
            raise ArgumentIndexError(self, argindex)
        i, time, start, moves = _read(self.args)
        now = [concentration.of(j, time, start, moves) for j in range(len(start))]
        return Add(
            *(
                m.changes[i] * m.rate * Mul(*(x**n for x, n in zip(now, m.orders, strict=True)))
                for m in moves
            )
        )

    def _eval_is_positive(self) -> bool | None:
        i, _, start, _ = _read(self.args)
        return True if start[i].is_positive and all(x.is_nonnegative for x in start) else None

    def _eval_is_real(self) -> bool | None:
        return True if all(a.is_real for a in self.args) else None

    def _eval_evalf(self, prec: int) -> Expr | None:
        values = [a._eval_evalf(prec + 10) if not a.is_Number else a for a in self.args]
        if any(v is None or not v.is_Number for v in values):
            return None
        digits = int(prec * 0.302) + 5
        with flint.ctx.workprec(prec + 2 * GUARD_BITS):
            ball = enclosed_concentration(*(_ball(v, digits) for v in values))
            return sympy.Float(ball.mid().str(digits, radius=False), precision=prec)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        i, time, start, _ = _read(self.args)
        arguments = ", ".join(map(printer._print, start))
        head = rf"\varphi^{{({i + 1})}}_{{{printer._print(time)}}}\left({arguments}\right)"
        return head if exp is None else rf"\left({head}\right)^{{{exp}}}"


def _ball(value: Expr, digits: int) -> flint.arb:
    if value.is_Rational:
        return flint.arb(flint.fmpq(int(value.p), int(value.q)))
    return flint.arb(str(value.evalf(digits)))


def _read(args: Sequence[Any]) -> tuple[int, Any, list[Any], list[Move]]:
    i, n = map(_whole, args[:2])
    start, flat = list(args[3 : 3 + n]), args[3 + n :]
    rows = (flat[k : k + 2 * n + 1] for k in range(0, len(flat), 2 * n + 1))
    moves = [Move(k, [*map(_whole, row[:n])], [*map(_whole, row[n:])]) for k, *row in rows]
    return i, args[2], start, moves


def _whole(value: Any) -> int:
    return int(str(value.unique_fmpz())) if isinstance(value, flint.arb) else int(value)


_state = threading.local()


def enclosed_concentration(*args: Any) -> Any:
    """Return a ball that is certain to hold a concentration; arguments are those of the function.

    Solutions are remembered, since all species are asked for in turn, in several formulas.
    """
    if any(isinstance(x, flint.acb) for x in args):
        return flint.acb("nan")
    bits, known = flint.ctx.prec, _state.__dict__.setdefault("known", {})
    key = bits, *map(_identity, args[1:])
    if key not in known:
        _, time, start, moves = _read(args)
        with flint.ctx.workprec(bits + GUARD_BITS):
            found = enclosed_solution(start, moves, time)
        if len(known) >= REMEMBERED:
            del known[next(iter(known))]
        known[key] = found
    return known[key][_whole(args[0])]


def _identity(x: Any) -> Any:
    return (x.mid().man_exp(), str(x.rad())) if isinstance(x, flint.arb) else x


def enclosed_solution(start: Sequence[Any], moves: Sequence[Move], time: Any) -> list[Any]:
    r"""Return balls that hold the solution of a polynomial rate equation at a time.

    Taylor steps. Where all concentrations stay within r of where they are while complex time goes
    not further than :math:`\rho`, Cauchy's bound on the coefficients gives the rest of the series.

    References
    ----------
    N. S. Nedialkov, K. R. Jackson, G. F. Corliss, Appl. Math. Comput. 105, 21 (1999),
    doi:10.1016/S0096-3003(98)10083-8.
    """
    x, left = [flint.arb(v) for v in start], flint.arb(time)
    moves = [Move(flint.arb(m.rate), m.orders, m.changes) for m in moves]
    if not left >= 0:
        return [flint.arb("nan")] * len(x)
    terms = 8 + int(flint.ctx.prec * 0.35)
    shrink = flint.arb(2) ** (-flint.arb(flint.ctx.prec) / terms)
    for _ in range(MOST_STEPS):
        with flint.ctx.workprec(ROUGH_BITS):
            radius, reach = _reach(x, moves)
        if not reach > 0:
            return [flint.arb("nan")] * len(x)
        if reach * SHORTEST < left:
            break
        last = bool(left <= reach * shrink)
        h = left if last else flint.arb((reach * shrink).mid())
        rest = radius * (h / reach) ** terms / (1 - h / reach)
        error = flint.arb(0, rest.abs_upper())
        x = [flint.arb_poly(c)(h) + error for c in _taylor(x, moves, terms)]
        if last:
            return x
        left -= h
    raise TooLargeError(
        f"the solution up to the time {float(flint.arb(time).mid()):.6g} takes more than "
        f"{MOST_STEPS} steps, each as long as the fastest reaction allows, or grows without "
        "bound before; ask for an earlier time, or for the steady state"
    )


def _reach(x: Sequence[Any], moves: Sequence[Move]) -> tuple[Any, Any]:
    """Return a distance, and for how long in complex time no species gets further than that."""
    sizes = [abs(v).abs_upper() for v in x]
    largest = flint.arb(max(sizes, key=float))
    fluxes = [m.rate * _product(x, m.orders) for m in moves]
    now = [sum((m.changes[s] * v for m, v in zip(moves, fluxes, strict=True)), flint.arb(0))
           for s in range(len(x))]  # fmt: skip
    best = flint.arb(0), flint.arb(0)
    for k in RADII:
        radius = (largest if largest > 0 else flint.arb(1)) / flint.arb(2) ** k
        speed = [abs(v) for v in now]
        for m in moves:
            more = _product([v + radius for v in sizes], m.orders) - _product(sizes, m.orders)
            for s, change in enumerate(m.changes):
                speed[s] += abs(change * m.rate) * more
        fastest = max((v.abs_upper() for v in speed), key=float)
        time = (radius / fastest).abs_lower() if fastest > 0 else flint.arb(1)
        if time > best[1]:
            best = radius, flint.arb(time)
    return best


def _product(x: Sequence[Any], orders: Sequence[int]) -> Any:
    return prod((v**n for v, n in zip(x, orders, strict=True) if n), start=flint.arb(1))


def _taylor(x: Sequence[Any], moves: Sequence[Move], terms: int) -> list[list[Any]]:
    """Return the Taylor coefficients of the solution in time, to just below the order `terms`."""
    series = [[v] for v in x]
    products: dict[tuple[int, ...], list[Any]] = {(s,): row for s, row in enumerate(series)}
    factors = [tuple(s for s, n in enumerate(m.orders) for _ in range(n)) for m in moves]
    longer = sorted({f[:k] for f in factors for k in range(2, len(f) + 1)}, key=len)
    products |= {f: [] for f in longer}
    products[()] = [flint.arb(1)] + [flint.arb(0)] * terms
    for k in range(terms - 1):
        for f in longer:
            head, tail = products[f[:-1]], series[f[-1]]
            products[f].append(sum(map(mul, head[: k + 1], tail[k::-1]), flint.arb(0)))
        rates = [m.rate * products[f][k] for m, f in zip(moves, factors, strict=True)]
        for s, row in enumerate(series):
            slope = sum(
                (m.changes[s] * v for m, v in zip(moves, rates, strict=True) if m.changes[s]),
                flint.arb(0),
            )
            row.append(slope / (k + 1))
    return series
