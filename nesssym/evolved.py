"""Linear evolution in time as one expression: what a generator, also a driven one, makes of p."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mpmath
import sympy
from sympy import Expr, ImmutableDenseMatrix, Integer, Symbol, Tuple

__all__ = ["Evolved", "size"]


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
        n = size(len(entries))
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
        n = size(len(entries))

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


def size(count: int) -> int:
    """Return the number of states from the number of entries, n*n + 2*n."""
    return int((count + 1) ** 0.5 + 0.5) - 1
