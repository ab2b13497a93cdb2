"""Linear evolution in time as one expression: what a generator, also a driven one, makes of p."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint
import mpmath
import sympy
from sympy import Expr, ImmutableDenseMatrix, Integer, Symbol, Tuple

from nesssym.errors import TooLargeError

__all__ = ["Evolved", "enclosed_evolution"]

MOST_STEPS = 2000
REACH = 8
SHRINK = 4


class Evolved(Expr):  # type: ignore[misc]
    r"""The number :math:`l^T\,\overleftarrow{T} e^{\int_a^b M(t)\,dt}\,r`: evolve r, weigh with l.

    The time-ordered exponential of a matrix that may depend on time; without that, the matrix
    exponential. Averages along a protocol are of this form, with a tilted generator.

    Parameters
    ----------
    entries : sequence of Expr
        The numbers of l, then the rows of the matrix M, then the numbers of r.
    limits : (Symbol, Expr, Expr)
        The time, which only M may depend on, and from when to when. M must be analytic in it.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, t = symbols("a t", real=True)
    >>> decay = Evolved((1, -a, 1), (t, 0, 2))
    >>> decay.free_symbols, decay.subs(a, 1).evalf(8)
    ({a}, 0.13533528)
    >>> Evolved((1, -t, 1), (t, 0, 2)).evalf(8)
    0.13533528
    """

    is_commutative = True
    is_real = True
    function: Any = property(lambda self: self.args[0])
    limits: Any = property(lambda self: (self.args[1],))

    def __new__(cls, entries: Any, limits: Any) -> Evolved:
        """Make the node; numbers become SymPy's."""
        made: Evolved = super().__new__(cls, Tuple(*entries), Tuple(*limits))
        return made

    @classmethod
    def of(cls, left: Sequence[Any], matrix: Any, right: Sequence[Any], limits: Any) -> Evolved:
        """Make it of two vectors and a matrix."""
        return cls((*left, *ImmutableDenseMatrix(matrix), *right), limits)

    @property
    def parts(self) -> tuple[list[Expr], ImmutableDenseMatrix, list[Expr]]:
        """The left vector, the matrix and the right vector."""
        entries = list(self.args[0])
        n = _size(len(entries))
        matrix = ImmutableDenseMatrix(n, n, entries[n:-n])
        return entries[:n], matrix, entries[-n:]

    @property
    def free_symbols(self) -> set[Symbol]:
        """The symbols of the entries and of the bounds, without the time."""
        t, low, high = self.args[1]
        inner: set[Symbol] = self.args[0].free_symbols - {t}
        return inner.union(low.free_symbols, high.free_symbols)

    @property
    def bound_symbols(self) -> list[Symbol]:
        """The time."""
        return [self.args[1][0]]

    def _eval_subs(self, old: Expr, new: Expr) -> Expr | None:
        return self if old == self.args[1][0] else None

    def _eval_derivative(self, symbol: Symbol) -> Expr:
        """Differentiate the entries, with the matrix and its derivative in one, and the bounds."""
        left, M, right = self.parts
        limits = t, low, high = self.args[1]
        n, nothing = len(left), [Integer(0)] * len(left)
        slope = M.diff(symbol)
        both = M.row_join(slope).col_join(sympy.zeros(n, n).row_join(M))
        ends = high.diff(symbol), low.diff(symbol)
        last = list(M.xreplace({t: high}).T * ImmutableDenseMatrix(left) * ends[0])
        first = list(M.xreplace({t: low}) * ImmutableDenseMatrix(right) * -ends[1])
        terms = [
            ([e.diff(symbol) for e in left], right),
            (left, [e.diff(symbol) for e in right]),
            (last, right),
            (left, first),
        ]
        found = [Evolved.of(a, M, b, limits) for a, b in terms if any(a) and any(b)]
        if any(slope):
            found.append(Evolved.of((*left, *nothing), both, (*nothing, *right), limits))
        return sympy.Add(*found)

    def _eval_evalf(self, prec: int) -> Expr:
        entries, (t, low, high) = self.args
        n = _size(len(entries))

        def number(value: Expr) -> Any:
            # The solver of differential equations works with more digits than are asked for.
            return value.evalf(mpmath.mp.dps + 5)._to_mpmath(mpmath.mp.prec)

        def numbers(x: Any) -> list[Any]:
            at = Expr._from_mpmath(mpmath.mpf(x), mpmath.mp.prec)
            return [number(entry.xreplace({t: at})) for entry in entries]

        def slope(x: Any, p: Any) -> list[Any]:
            matrix = numbers(x)[n:-n]
            return [mpmath.fdot(matrix[i * n : (i + 1) * n], p) for i in range(n)]

        with mpmath.workprec(prec + 30):
            start, end = number(low), number(high)
            first = numbers(start)
            if self.args[0].has(t):
                last = mpmath.odefun(slope, start, first[-n:])(end)
            else:
                matrix = mpmath.matrix(n, n)
                matrix[:, :] = mpmath.matrix([first[n + i * n : 2 * n + i * n] for i in range(n)])
                last = list(mpmath.expm(matrix * (end - start)) * mpmath.matrix(first[-n:]))
            return Expr._from_mpmath(mpmath.fdot(first[:n], last), prec)

    def _sympystr(self, printer: Any) -> str:
        return f"Evolved({', '.join(map(printer._print, self.args))})"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        left, matrix, right = self.parts
        t, low, high = map(printer._print, self.args[1])
        row, inside, column = (
            printer._print(part)
            for part in (ImmutableDenseMatrix([left]), matrix, ImmutableDenseMatrix(right))
        )
        power = rf"\int_{{{low}}}^{{{high}}} {inside}\,d{t}"
        whole = rf"{row}\,\overleftarrow{{T}} \exp\left({power}\right) {column}"
        return whole if exp is None else rf"\left({whole}\right)^{{{exp}}}"


def _size(count: int) -> int:
    """Return the number of states from the number of entries, n*n + 2*n."""
    return int((count + 1) ** 0.5 + 0.5) - 1


def enclosed_evolution(function: Callable[[Any], Sequence[Any]], low: Any, high: Any) -> Any:
    """Return a rigorous enclosure of an evolution, at `flint.ctx.prec`.

    A constant matrix by its exponential; else by Taylor series, whose coefficients and remainder
    are bounded by the matrix in a disc around (Cauchy).
    """
    low, high = flint.arb(low), flint.arb(high)
    entries = list(map(flint.acb, function(low.union(high))))
    n = _size(len(entries))
    left, vector = entries[:n], entries[-n:]
    at_low = list(map(flint.acb, function(low)))
    if all(_same(a, b) for a, b in zip(entries[n:-n], at_low[n:-n], strict=True)):
        matrix = flint.acb_mat(n, n, at_low[n:-n]) * (high - low)
        vector = _column(matrix.exp() * flint.acb_mat(n, 1, at_low[-n:]))
        left = at_low[:n]
    else:
        vector, place = at_low[-n:], low
        left = at_low[:n]
        steps = 0
        while place < high:
            vector, place = _step(function, n, vector, place, high)
            steps += 1
            if steps == 1 and (high - low) / (place - low) > MOST_STEPS:
                raise TooLargeError(
                    f"a driven evolution over a time of {float(high - low):.3g} takes more than "
                    f"{MOST_STEPS} steps; shorten it, or let it rest in between"
                )
    return sum((a * b for a, b in zip(left, vector, strict=True)), flint.acb(0)).real


def _same(whole: Any, one: Any) -> bool:
    """Whether an entry is no wider over all times than at one: then it is constant."""
    width = flint.arb(whole.real.rad()) + flint.arb(whole.imag.rad())
    own = flint.arb(one.real.rad()) + flint.arb(one.imag.rad())
    size = 1 + abs(one)
    return bool(whole.overlaps(one)) and bool(
        width <= 64 * own + size * flint.arb(2) ** (8 - flint.ctx.prec)
    )


def _column(matrix: Any) -> list[Any]:
    return [matrix[i, 0] for i in range(matrix.nrows())]


def _bound(function: Any, n: int, place: Any, radius: Any) -> Any:
    """Bound the norm of the matrix in a disc: the largest sum of a column."""
    around = flint.arb(0, radius)
    entries = list(map(flint.acb, function(flint.acb(place + around, around))))[n:-n]
    sums = [sum((abs(entries[i * n + j]) for i in range(n)), flint.arb(0)) for j in range(n)]
    uppers = [flint.arb(s.abs_upper()) if s.is_finite() else flint.arb("inf") for s in sums]
    return max(uppers, key=float)


def _step(function: Any, n: int, vector: list[Any], place: Any, high: Any) -> tuple[list[Any], Any]:
    """Go on by part of the radius of a disc in which the matrix is not too large."""
    radius = flint.arb((high - place).abs_upper()) * SHRINK
    norm = _bound(function, n, place, radius.abs_upper())
    while not norm * radius < REACH:
        radius = flint.arb((radius * (flint.arb(3) / 4)).mid())
        norm = _bound(function, n, place, radius.abs_upper())
    ahead = flint.arb((radius / SHRINK).mid())
    last = bool(place + ahead >= high)
    h = high - place if last else ahead
    count = flint.ctx.prec // 2 + 2 * REACH
    series = _coefficients(function, n, place, radius, norm, count)
    terms = [flint.acb_mat(n, 1, vector)]
    for k in range(count - 1):
        total = flint.acb_mat(n, 1)
        for j in range(k + 1):
            total = total + series[j] * terms[k - j]
        terms.append(total * (flint.acb(1) / (k + 1)))
    # |p(z)| <= |p| exp(norm radius) in the disc bounds every coefficient that is left out.
    size = sum((abs(x) for x in vector), flint.arb(0)) * (norm * radius).exp()
    share = flint.arb(h) / radius
    rest = size * share**count / (1 - share)
    error = flint.arb(0, rest.abs_upper())
    total = flint.acb_mat(n, 1)
    for term in reversed(terms):
        total = total * flint.acb(h) + term
    moved = [flint.acb(x.real + error, x.imag) for x in _column(total)]
    return moved, (high if last else place + ahead)


def _coefficients(
    function: Any, n: int, place: Any, radius: Any, norm: Any, count: int
) -> list[Any]:
    """Return the Taylor coefficients of the matrix, by its values on a circle of half the radius.

    What the discrete transform folds into each is bounded by the norm in the disc.
    """
    points = flint.ctx.prec + 16
    rho = radius / 2
    circle = [flint.acb(flint.arb(2 * k) / points).exp_pi_i() for k in range(points)]
    half = [list(map(flint.acb, function(place + rho * w)))[n:-n]
            for w in circle[: points // 2 + 1]]  # fmt: skip
    # The matrix is real on the real axis.
    mirrored = [[x.conjugate() for x in row] for row in half[(points - 1) // 2 : 0 : -1]]
    values = [*half, *mirrored]
    table = flint.acb_mat(points, n * n, [x for row in values for x in row])
    rows = [[circle[(-j * k) % points] for k in range(points)] for j in range(count)]
    found = flint.acb_mat(rows) * table
    folded = flint.arb(2) ** -points / (1 - flint.arb(2) ** -points) * norm
    made = []
    for j in range(count):
        error = flint.arb(0, (folded / radius**j).abs_upper())
        scale = flint.acb(1) / (points * rho**j)
        made.append(
            flint.acb_mat(n, n, [found[j, i] * scale + flint.acb(error, error)
                                 for i in range(n * n)])
        )  # fmt: skip
    return made
