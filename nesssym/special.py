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
from sympy import Expr, Function, Integer, Rational, factorial

from nesssym.evolved import Evolved
from nesssym.kinetics import concentration, enclosed_concentration
from nesssym.roots import RootIn
from nesssym.tilted import enclosed_spread, tilted_spread

__all__ = [
    "BOUND",
    "SPECIAL",
    "Special",
    "analytic",
    "atanhc",
    "besseli_modulus",
    "exprel",
]


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
    >>> besseli_modulus(f, 0)
    sinh(pi*f)/(pi*f)
    """

    nargs = (2,)
    is_real = True

    @classmethod
    def eval(cls, nu: Expr, z: Expr) -> Expr | None:
        """Be a plain square for order zero, and elementary at zero."""
        if nu.is_zero:
            return sympy.besseli(0, z) ** 2
        return sympy.sinh(sympy.pi * nu) / (sympy.pi * nu) if z.is_zero and nu.is_nonzero else None

    def doit(self, **hints: Any) -> Expr:
        """Return the product of the two Bessel functions."""
        nu, z = self.args
        return sympy.besseli(sympy.I * nu, z) * sympy.besseli(-sympy.I * nu, z)

    def _eval_evalf(self, prec: int) -> Expr:
        with mpmath.workprec(prec + 10):
            nu, z = (arg._to_mpmath(prec + 10) for arg in self.args)
            value = mpmath.hyp0f1(1 + 1j * nu, z * z / 4) * mpmath.rgamma(1 + 1j * nu)
            return Expr._from_mpmath(abs(value) ** 2, prec)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        nu, z = map(printer._print, self.args)
        power = "2" if exp is None else rf"2\cdot {exp}"
        return rf"\left|I_{{i {nu}}}\left({z}\right)\right|^{{{power}}}"


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
    # Without the factor (z/2)^(i nu), whose modulus is 1, it is an entire function of z: it has a
    # value at zero and no branches.
    value = flint.acb(z * z / 4).hypgeom_0f1(flint.acb(1, nu), regularized=True)
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
    "tilted_spread": Special(tilted_spread, enclosed_spread),
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
