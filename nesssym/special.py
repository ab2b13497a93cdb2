"""Functions beyond the elementary ones, definite integrals and certified roots in expressions.

Each is a SymPy object for algebra and typesetting, and has a rigorous evaluation in balls here,
which is what every kernel of numbers uses: one evaluation for all precisions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import flint
import mpmath
import sympy
from sympy import CRootOf, Expr, Function, Integer, Rational, Symbol, Tuple, factorial

from nesssym.evolved import Evolved
from nesssym.evolving import concentration, enclosed_concentration

__all__ = [
    "BOUND",
    "SPECIAL",
    "RootIn",
    "Special",
    "analytic",
    "atanhc",
    "besseli_modulus",
    "exprel",
    "isolated",
]

MOST_STEPS = 2000
MOST_STARTS = 8
MOST_DOUBLINGS = 1100


class exprel(Function):  # type: ignore[misc]  # noqa: N801  (SymPy functions are lower case)
    r"""The relative exponential :math:`E_n(z) = \frac{n!}{z^n}(e^z - \sum_{k<n} z^k/k!)`, entire.

    ``exprel(z)`` is :math:`(e^z - 1)/z` with its limit 1 at zero: currents that would be 0/0
    without a drive are written with it and need no case.

    Parameters
    ----------
    z : Expr
        Any expression.
    n : int, optional
        How many terms of the exponential are taken away; 1 where not given.

    Examples
    --------
    >>> from sympy import Symbol
    >>> z = Symbol("z", real=True)
    >>> exprel(0), exprel(z).doit(), exprel(z, 2).doit()
    (1, (exp(z) - 1)/z, (-2*z + 2*exp(z) - 2)/z**2)
    >>> exprel(z).is_positive
    True
    """

    nargs = (1, 2)

    @classmethod
    def eval(cls, z: Expr, *order: Expr) -> Expr | None:
        """Be one at zero."""
        return Integer(1) if z.is_zero else None

    @property
    def order(self) -> int:
        """How many terms of the exponential are taken away."""
        return int(self.args[1]) if len(self.args) > 1 else 1

    def doit(self, **hints: Any) -> Expr:
        """Return the quotient, which is undefined at zero."""
        z, n = self.args[0], self.order
        return factorial(n) * (sympy.exp(z) - sum(z**k / factorial(k) for k in range(n))) / z**n

    def fdiff(self, argindex: int = 1) -> Expr:
        """Differentiate with respect to z."""
        n = self.order
        return self - Rational(n, n + 1) * exprel(self.args[0], n + 1)

    def _eval_is_real(self) -> bool | None:
        return True if self.args[0].is_real else None

    def _eval_is_positive(self) -> bool | None:
        return True if self.args[0].is_real else None

    def _eval_evalf(self, prec: int) -> Expr:
        with mpmath.workprec(prec):
            z = self.args[0]._to_mpmath(prec)
            return Expr._from_mpmath(mpmath.hyp1f1(1, self.order + 1, z), prec)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        z = printer._print(self.args[0])
        name = rf"E_{{{self.order}}}\left({z}\right)"
        if self.order == 1:
            name = rf"\frac{{e^{{{z}}} - 1}}{{{z}}}"
        return name if exp is None else rf"\left({name}\right)^{{{exp}}}"


class atanhc(Function):  # type: ignore[misc]  # noqa: N801
    r"""The function :math:`\operatorname{artanh}(\sqrt w)/\sqrt w`, analytic for :math:`w < 1`.

    For :math:`w < 0` it is :math:`\arctan(\sqrt{-w})/\sqrt{-w}`, and 1 at zero: the integral of
    one over a quadratic, whatever the sign of its discriminant.

    Examples
    --------
    >>> from sympy import Symbol
    >>> atanhc(0), atanhc(Symbol("w", positive=True)).doit()
    (1, atanh(sqrt(w))/sqrt(w))
    """

    nargs = (1,)

    @classmethod
    def eval(cls, w: Expr) -> Expr | None:
        """Be one at zero."""
        return Integer(1) if w.is_zero else None

    def doit(self, **hints: Any) -> Expr:
        """Return the quotient, which is undefined at zero."""
        (w,) = self.args
        if w.is_negative:
            return sympy.atan(sympy.sqrt(-w)) / sympy.sqrt(-w)
        return sympy.atanh(sympy.sqrt(w)) / sympy.sqrt(w)

    def fdiff(self, argindex: int = 1) -> Expr:
        """Differentiate with respect to w."""
        return sympy.hyper((Rational(3, 2), 2), (Rational(5, 2),), self.args[0]) / 3

    def _eval_is_real(self) -> bool | None:
        return True if self.args[0].is_nonpositive else None

    def _eval_evalf(self, prec: int) -> Expr:
        with mpmath.workprec(prec):
            w = self.args[0]._to_mpmath(prec)
            value = mpmath.hyp2f1(mpmath.mpf(1) / 2, 1, mpmath.mpf(3) / 2, w)
            return Expr._from_mpmath(value, prec)


class besseli_modulus(Function):  # type: ignore[misc]  # noqa: N801
    r"""The real number :math:`I_{i\nu}(z)\,I_{-i\nu}(z)`, for real z the :math:`|I_{i\nu}(|z|)|^2`.

    It is even in both.

    Parameters
    ----------
    nu, z : Expr
        Real expressions.

    Examples
    --------
    >>> from sympy import symbols
    >>> f, u = symbols("f u", positive=True)
    >>> besseli_modulus(f, u).doit()
    besseli(-I*f, u)*besseli(I*f, u)
    >>> besseli_modulus(0, u)
    besseli(0, u)**2
    """

    nargs = (2,)
    is_real = True

    @classmethod
    def eval(cls, nu: Expr, z: Expr) -> Expr | None:
        """Be a plain square for order zero."""
        return sympy.besseli(0, z) ** 2 if nu.is_zero else None

    def doit(self, **hints: Any) -> Expr:
        """Return the product of the two Bessel functions."""
        nu, z = self.args
        return sympy.besseli(sympy.I * nu, z) * sympy.besseli(-sympy.I * nu, z)

    def _eval_evalf(self, prec: int) -> Expr:
        with mpmath.workprec(prec + 10):
            nu, z = (arg._to_mpmath(prec + 10) for arg in self.args)
            return Expr._from_mpmath(abs(mpmath.besseli(1j * nu, abs(z))) ** 2, prec)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        nu, z = map(printer._print, self.args)
        power = "2" if exp is None else rf"2\cdot {exp}"
        return rf"\left|I_{{i {nu}}}\left({z}\right)\right|^{{{power}}}"


class RootIn(Expr):  # type: ignore[misc]
    """The root of an expression between two bounds, where exactly one is known to lie.

    Parameters
    ----------
    expr : Expr
        What vanishes. That it changes sign just once between the bounds is for the maker to
        prove; kernels certify that there is a sign change, and enclose it.
    limits : (Symbol, Expr, Expr)
        The unknown and the bounds, in any order; the upper may be infinite, from a bound of zero.

    Examples
    --------
    >>> from sympy import Symbol
    >>> x, a = Symbol("x"), Symbol("a", positive=True)
    >>> r = RootIn(x**3 + x - a, (x, 0, a))
    >>> r.free_symbols, r.subs(a, 2).evalf(5), r.diff(a).subs(a, 2).evalf(3)
    ({a}, 1.0000, 0.250)
    """

    is_commutative = True
    is_real = True
    limits: Any = property(lambda self: (self.args[1],))
    function: Any = property(lambda self: self.args[0])

    def __new__(cls, expr: Expr, limits: Any) -> RootIn:
        """Make the node; its bounds are SymPy expressions."""
        symbol, low, high = limits
        bounds = (sympy.Integer(b) if isinstance(b, int) else b for b in (low, high))
        made: RootIn = super().__new__(cls, expr, Tuple(symbol, *bounds))
        return made

    @property
    def free_symbols(self) -> set[Symbol]:
        """The symbols of the function and of the bounds, without the unknown."""
        symbol, low, high = self.args[1]
        inner: set[Symbol] = self.args[0].free_symbols - {symbol}
        inner |= low.free_symbols
        inner |= high.free_symbols
        return inner

    @property
    def bound_symbols(self) -> list[Symbol]:
        """The unknown."""
        return [self.args[1][0]]

    def _eval_is_positive(self) -> bool | None:
        _, low, high = self.args[1]
        return True if low.is_nonnegative and high.is_nonnegative else None

    def _eval_derivative(self, symbol: Symbol) -> Expr:
        expr, (unknown, _, _) = self.args
        slopes = (expr.diff(s).xreplace({unknown: self}) for s in (symbol, unknown))
        return -next(slopes) / next(slopes)

    def _eval_subs(self, old: Expr, new: Expr) -> Expr | None:
        return self if old == self.args[1][0] else None

    def _eval_evalf(self, prec: int) -> Expr:
        expr, (unknown, low, high) = self.args
        with mpmath.workprec(prec + 10):
            digits = mpmath.mp.dps

            def value(x: Any) -> Any:
                at = Expr._from_mpmath(mpmath.mpf(x), prec + 10)
                return expr.xreplace({unknown: at}).evalf(digits)._to_mpmath(prec + 10)

            def known(x: Any) -> flint.arb:
                number = value(mpmath.mpf(x.mid().str(digits + 5, radius=False)))
                return flint.arb(mpmath.nstr(number, digits))

            ends = (_ball_of(bound, prec) for bound in (low, high))
            with flint.ctx.workprec(prec + 10):
                found = enclosed_root(known, *ends)
            return sympy.Float(found.mid().str(digits, radius=False), precision=prec)

    def _sympystr(self, printer: Any) -> str:
        return f"RootIn({', '.join(map(printer._print, self.args))})"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        expr, (unknown, low, high) = self.args
        x, lo, hi, f = map(printer._print, (unknown, low, high, expr))
        root = rf"\operatorname{{root}}_{{{x}\in\left({lo},{hi}\right)}}\left[{f}\right]"
        return root if exp is None else rf"\left({root}\right)^{{{exp}}}"


def isolated(root: CRootOf) -> RootIn:
    """Return a real root of a polynomial by rational bounds that hold no other of its roots.

    Examples
    --------
    >>> from sympy import CRootOf, Symbol
    >>> x = Symbol("x")
    >>> isolated(CRootOf(x**3 - x - 1, 0))
    RootIn(x**3 - x - 1, (x, 1, 2))
    """
    (low, high), _ = root.poly.intervals()[root.index]
    return RootIn(root.expr, (root.poly.gen, low, high))


def _ball_of(bound: Expr, prec: int) -> flint.arb:
    if bound is sympy.oo:
        return flint.arb("inf")
    return flint.arb(mpmath.nstr(bound.evalf(int(prec * 0.3) + 5)._to_mpmath(prec), prec))


class Special(NamedTuple):
    """A function that kernels evaluate in balls: its SymPy class and its ball arithmetic."""

    sympy: Any
    ball: Callable[..., Any]


def _complex(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of acb take real balls too and give real balls back."""

    def evaluate(*args: Any) -> Any:
        value = function(*(a if isinstance(a, flint.acb) else flint.acb(a) for a in args))
        return value if any(isinstance(a, flint.acb) for a in args) else value.real

    return evaluate


def _lambert(x: Any, branch: Any = 0) -> Any:
    k = int(str(flint.arb(branch).unique_fmpz()))
    return (x if isinstance(x, flint.acb) else flint.arb(x)).lambertw(k)


def _exprel(z: Any, n: Any = 1) -> Any:
    return _complex(lambda w, m: w.hypgeom_1f1(1, m + 1))(z, n)


def _modulus(nu: Any, z: Any) -> Any:
    # The branch of a negative argument would not cancel in the square of the modulus.
    value = flint.acb(abs(z)).bessel_i(flint.acb(0, nu))
    return value.real * value.real + value.imag * value.imag


def _hyper(above: tuple[Any, ...], below: tuple[Any, ...], z: Any) -> Any:
    return _complex(lambda w, *ab: w.hypgeom(list(ab[: len(above)]), list(ab[len(above) :])))(
        z, *above, *below
    )


def _half(k: int) -> flint.acb:
    return flint.acb(k) / 2


def _abs(x: Any) -> Any:
    return (x * x).sqrt(analytic=is_analytic()) if isinstance(x, flint.acb) else abs(flint.arb(x))


SPECIAL: Mapping[str, Special] = {
    "Abs": Special(sympy.Abs, _abs),
    "LambertW": Special(sympy.LambertW, _lambert),
    "atanhc": Special(atanhc, _complex(lambda w: w.hypgeom_2f1(_half(1), 1, _half(3)))),
    "besseli": Special(sympy.besseli, _complex(lambda nu, z: z.bessel_i(nu))),
    "besseli_modulus": Special(besseli_modulus, _modulus),
    "besselj": Special(sympy.besselj, _complex(lambda nu, z: z.bessel_j(nu))),
    "besselk": Special(sympy.besselk, _complex(lambda nu, z: z.bessel_k(nu))),
    "concentration": Special(concentration, enclosed_concentration),
    "erf": Special(sympy.erf, _complex(lambda x: x.erf())),
    "erfc": Special(sympy.erfc, _complex(lambda x: x.erfc())),
    "erfi": Special(sympy.erfi, _complex(lambda x: x.erfi())),
    "exprel": Special(exprel, _exprel),
    "gamma": Special(sympy.gamma, _complex(lambda x: x.gamma())),
    "hyper": Special(sympy.hyper, _hyper),
    "loggamma": Special(sympy.loggamma, _complex(lambda x: x.lgamma())),
    "polylog": Special(sympy.polylog, _complex(lambda s, z: z.polylog(s))),
    "sign": Special(sympy.sign, lambda x: flint.arb(x).sgn()),
    "zeta": Special(sympy.zeta, _complex(lambda s: s.zeta())),
}

BOUND: Mapping[type, str] = {
    sympy.Integral: "integral",
    RootIn: "root",
    Evolved: "evolved",
}

_state = threading.local()


def is_analytic() -> bool:
    """Whether what is evaluated must be analytic: within `analytic`."""
    return bool(getattr(_state, "analytic", False))


@contextmanager
def analytic(needed: bool = True) -> Iterator[None]:
    """Evaluate complex balls to NaN where a function is not analytic, if that is needed."""
    before = is_analytic()
    _state.analytic = needed or before
    try:
        yield
    finally:
        _state.analytic = before


def enclosed_integral(function: Callable[[Any], Any], low: Any, high: Any) -> Any:
    """Return a rigorous enclosure of an integral of an analytic function, at `flint.ctx.prec`.

    References
    ----------
    F. Johansson, Numerical integration in arbitrary-precision ball arithmetic, ICMS 2018,
    doi:10.1007/978-3-319-96418-8_30.
    """

    def integrand(x: Any, needed: bool) -> Any:
        with analytic(needed):
            try:
                return flint.acb(function(x))
            except ZeroDivisionError:
                return flint.acb("nan")

    value = flint.acb.integral(integrand, flint.acb(low), flint.acb(high))
    complex_ = any(isinstance(bound, flint.acb) for bound in (low, high)) or is_analytic()
    return value if complex_ else value.real


def enclosed_root(function: Callable[[Any], Any], low: Any, high: Any) -> Any:
    """Return a ball that is certain to hold a root, or NaN where no sign change was found.

    The bounds may be in any order; an infinite one is searched for by doubling. Illinois steps
    find the root, then signs at both ends of a ball around it certify it.
    """
    low, high = flint.arb(low), flint.arb(high)
    if high.is_finite() and low.mid() == high.mid():
        return low.union(high)
    bracket = (low.mid(), high.mid()) if high.is_finite() else _searched(function, low.mid())
    if bracket is None:
        return flint.arb("nan")
    a, b = bracket
    fa, fb = function(a), function(b)
    if fa == 0 or fb == 0:
        return a if fa == 0 else b
    if not (fa * fb < 0):
        return flint.arb("nan")
    x = a
    for step in range(MOST_STEPS):
        size = abs(a - b)
        x = (a + b) / 2 if step % 3 == 2 else (b - fb * (b - a) / (fb - fa))
        x = flint.arb(x.mid())
        fx = flint.arb(function(x))
        if fx.contains(0) or not fx.is_finite() or x in (a, b):
            break
        if fx * fb < 0:
            a, fa = b, fb
        else:
            fa = fa / 2
        b, fb = x, fx
        if abs(a - b) >= size and step > 200:
            break
    return _certified(function, x, bracket)


def _searched(function: Callable[[Any], Any], low: flint.arb) -> tuple[Any, Any] | None:
    """Find a sign change by halving and doubling the distance from the lower bound.

    A root may lie where the search looks; a value that may be zero tells no sign and is passed by.
    """
    starts = (1 + flint.arb(k) / MOST_STARTS for k in range(MOST_STARTS))
    tried = ((start, flint.arb(function(low + start))) for start in starts)
    first = next(((at, value) for at, value in tried if not value.contains(0)), None)
    if first is None:
        return None
    last = dict.fromkeys((1, -1), first[0])
    values = dict.fromkeys((1, -1), first[1])
    for k in range(1, MOST_DOUBLINGS):
        for way in (1, -1):
            distance = flint.arb(2) ** (way * k)
            value = flint.arb(function(low + distance))
            if value * values[way] < 0:
                return low + last[way], low + distance
            if not value.contains(0):
                last[way], values[way] = distance, value
    return None


def _certified(function: Callable[[Any], Any], x: flint.arb, bracket: tuple[Any, Any]) -> Any:
    """Widen a ball about an approximate root until the signs at its ends differ for certain."""
    ends = sorted(bracket, key=float)
    radius = (abs(x) + abs(ends[1] - ends[0]) * flint.arb(2) ** -40) * (
        flint.arb(2) ** (3 - flint.ctx.prec)
    )
    for _ in range(flint.ctx.prec):
        a, b = flint.arb((x - radius).mid()), flint.arb((x + radius).mid())
        if flint.arb(function(a)) * flint.arb(function(b)) < 0:
            return a.union(b)
        radius *= 2
        if not radius < abs(ends[1] - ends[0]):
            break
    return flint.arb("nan")
