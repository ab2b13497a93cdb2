"""SymPy functions that carry what a numeric kernel needs to keep all digits."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Function, Integer, log

__all__ = ["logratio", "netflux", "plain"]


class logratio(Function):  # type: ignore[misc]  # noqa: N801  (SymPy functions are lower case)
    r"""The logarithm :math:`\ln(f/b)` of two positive numbers whose difference is known.

    Near equilibrium the one-way fluxes `f` and `b` agree in almost every digit, so that
    ``log(f/b)`` is rounding noise, while their difference `d = f - b` is known without
    cancellation. Kernels then compute the same number as
    :math:`2\,\mathrm{arsinh}\bigl(d / (2\sqrt{f b})\bigr)`, which is accurate for every
    ratio. For algebra it is ``log(f/b)``, and becomes just that when its arguments are numbers
    or when ``doit()`` is called.

    Parameters
    ----------
    f, b : Expr
        Two positive expressions.
    d : Expr
        Their difference ``f - b``. It is trusted, not checked.

    Examples
    --------
    >>> from sympy import symbols, Integer
    >>> f, b, d = symbols("f b d", positive=True)
    >>> logratio(f, b, d).doit()
    log(f/b)
    >>> logratio(Integer(6), Integer(2), Integer(4))
    log(3)
    """

    nargs = (3,)
    is_real = True

    @classmethod
    def eval(cls, f: Expr, b: Expr, d: Expr) -> Expr | None:
        """Become a plain logarithm when both arguments are numbers."""
        return log(f / b) if f.is_Number and b.is_Number else None

    def doit(self, **hints: Any) -> Expr:
        """Return the plain logarithm ``log(f/b)``."""
        f, b, _ = (arg.doit(**hints) for arg in self.args)
        return log(f / b)

    def _eval_rewrite_as_log(self, f: Expr, b: Expr, d: Expr, **hints: Any) -> Expr:
        return log(f / b)

    def _eval_evalf(self, prec: int) -> Expr:
        return self.doit()._eval_evalf(prec)

    def fdiff(self, argindex: int = 1) -> Expr:
        """Differentiate with respect to `f` (1) or `b` (2); `d` is not independent of them."""
        f, b, _ = self.args
        return {1: 1 / f, 2: -1 / b, 3: f * 0}[argindex]


class netflux(Function):  # type: ignore[misc]  # noqa: N801
    r"""The difference :math:`f - b` of two products of which almost nothing may be left.

    Kernels multiply and subtract without losing a digit of the factors, and add `correction`,
    which makes up for the rounding of the factors themselves: it is zero in exact arithmetic.
    So are the differences of further pairs of products, which may be given as well and are added
    before anything is rounded.
    For algebra it is ``f - b``, and becomes just that when its arguments are numbers or when
    ``doit()`` is called.

    Parameters
    ----------
    f, b : Expr
        Two products, non-negative.
    correction : Expr
        What vanishes when nothing is rounded. It is trusted, not checked.
    *pairs : Expr, optional
        An even number of products: those added and subtracted in turn, whose sum vanishes when
        nothing is rounded.

    Examples
    --------
    >>> from sympy import symbols
    >>> w, v, p, q = symbols("w v p q", positive=True)
    >>> netflux(w * p, v * q, Integer(0)).doit()
    p*w - q*v
    """

    is_real = True

    @classmethod
    def eval(cls, f: Expr, b: Expr, correction: Expr, *pairs: Expr) -> Expr | None:
        """Become a plain difference when both products are numbers."""
        return f - b if f.is_Number and b.is_Number else None

    def doit(self, **hints: Any) -> Expr:
        """Return the plain difference ``f - b``."""
        f, b = (arg.doit(**hints) for arg in self.args[:2])
        return f - b

    def _eval_evalf(self, prec: int) -> Expr:
        return self.doit()._eval_evalf(prec)

    def fdiff(self, argindex: int = 1) -> Expr:
        """Differentiate with respect to `f` (1) or `b` (2); the rest is constant zero."""
        return Integer({1: 1, 2: -1}.get(argindex, 0))


def plain(expr: Expr) -> Expr:
    """Write `logratio` and `netflux` as the logarithms and differences that they are."""
    if expr.has(logratio):
        expr = expr.replace(logratio, lambda f, b, d: log(f / b))
    return expr.replace(netflux, lambda f, b, *_: f - b) if expr.has(netflux) else expr
