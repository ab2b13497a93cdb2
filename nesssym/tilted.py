"""Diffusion in a tilted periodic potential as a function, with rigorous values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import flint
import sympy
from flint import acb, acb_poly, arb
from sympy import Add, Dummy, Expr, Function, Integral, cos, exp, pi, sin

from nesssym.errors import TooLargeError

__all__ = ["enclosed_spread", "tilted_spread"]

MOST_POINTS = 8_000
# How far from the real line integrands are bounded; the best of these is taken.
STRIPS = [k / 10 for k in range(2, 60, 2)]


class tilted_spread(Function):  # type: ignore[misc]  # noqa: N801  (SymPy functions are lower case)
    r"""Effective over free diffusion along :math:`\theta`, with period :math:`2\pi`.

    The exponent is :math:`\Phi(\theta) = \nu\theta - u(\theta)`, with
    :math:`u = \sum_k a_k \cos k\theta + b_k \sin k\theta`. `doit` gives Reimann's integrals.

    Parameters
    ----------
    nu : Expr
        The tilt.
    *waves : Expr
        :math:`a_1, b_1, a_2, b_2, \dots`

    References
    ----------
    P. Reimann et al., Phys. Rev. Lett. 87, 010602 (2001), doi:10.1103/PhysRevLett.87.010602.

    Examples
    --------
    Without a tilt it is one over the square of a Bessel function (Lifson and Jackson):

    >>> from sympy import besseli
    >>> (tilted_spread(0, 2, 0).evalf(20) - 1 / besseli(0, 2).evalf(20) ** 2).round(18) == 0
    True
    """

    nargs = None
    is_real = True
    is_positive = True

    def _wave(self, place: Expr) -> Expr:
        a, b = self.args[1::2], self.args[2::2]
        pairs = zip(a, b, strict=True)
        return Add(*(p * cos(k * place) + q * sin(k * place) for k, (p, q) in enumerate(pairs, 1)))

    def doit(self, **hints: Any) -> Expr:
        """Return Reimann's integrals."""
        x, y = Dummy("x", real=True), Dummy("y", real=True)
        phi = self.args[0] * x - self._wave(x)
        ahead = Integral(exp(-phi.xreplace({x: y})), (y, x, x + 2 * pi))
        behind = Integral(exp(phi.xreplace({x: y})), (y, x - 2 * pi, x))
        norm = Integral(exp(phi) * ahead, (x, 0, 2 * pi))
        return 4 * pi**2 * Integral(exp(-phi) * ahead * behind**2, (x, 0, 2 * pi)) / norm**3

    def _eval_derivative(self, symbol: Expr) -> Expr:
        return self.doit().diff(symbol)

    def _eval_evalf(self, prec: int) -> Expr | None:
        values = [a.evalf(int(prec * 0.302) + 10) for a in self.args]
        if not all(v.is_Number for v in values):
            return None
        with flint.ctx.workprec(3 * prec + 40):
            ball = enclosed_spread(*(arb(str(v)) for v in values))
            return sympy.Float(ball.mid().str(int(prec * 0.302) + 5, radius=False), precision=prec)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        nu, terms = printer._print(self.args[0]), []
        for k, size in enumerate(self.args[1:]):
            if size != 0:
                shown = printer._print(size)
                shown = rf"\left({shown}\right)" if size.is_Add else shown
                turns = "" if k < 2 else k // 2 + 1
                terms.append(rf"{shown} \{('cos', 'sin')[k % 2]} {turns}\theta")
        u = " + ".join(terms)
        head = rf"\mathcal{{D}}_{{{nu}}}\left[{u}\right]"
        return head if exp is None else rf"\left({head}\right)^{{{exp}}}"


def enclosed_spread(nu: Any, *waves: Any) -> Any:
    r"""Return a ball that holds a `tilted_spread`.

    The inner integrals are :math:`e^{\pm u}`, averaged with exponential weights ahead and behind:
    in Fourier space a factor :math:`\nu/(\nu \mp ik)`. Sums over equidistant points converge
    exponentially for analytic periodic functions; Cauchy bounds on a strip give what is left.

    References
    ----------
    L. N. Trefethen, J. A. C. Weideman, SIAM Rev. 56, 385 (2014), doi:10.1137/130932132.
    """
    if any(isinstance(x, acb) for x in (nu, *waves)):
        return acb("nan")
    nu, waves = arb(nu), tuple(map(arb, waves))
    if not all(x.is_finite() for x in (nu, *waves)):
        return arb("nan")
    pairs = list(zip(waves[::2], waves[1::2], strict=True))
    sizes = [(abs(a) + abs(b)).upper() for a, b in pairs]
    half = _half(sizes)
    n = 2 * half + 1
    roots = _roots(2, n, flint.ctx.prec)
    at = ((roots[j * k % n] for k in range(1, len(pairs) + 1)) for j in range(n))
    waved = (zip(pairs, places, strict=True) for places in at)
    u = [sum((a * z.real + b * z.imag for (a, b), z in each), arb(0)) for each in waved]
    up, down = [x.exp() for x in u], [(-x).exp() for x in u]
    ahead, behind = _averaged(up, down, nu)
    wrong = _least(lambda s: 4 * (_bulge(sizes, s) - s * half).exp() / (s.exp() - 1))
    ahead, behind = [x + wrong for x in ahead], [x + wrong for x in behind]

    def mean(terms: Any, power: int) -> Any:
        rest = _least(lambda s: 2 * (power * _bulge(sizes, s)).exp() / ((s * n).exp() - 1))
        return sum(terms, arb(0)) / n + rest

    top = mean((x * a * b * b for x, a, b in zip(up, ahead, behind, strict=True)), 4)
    return top / mean((x * a for x, a in zip(down, ahead, strict=True)), 2) ** 3


def _bulge(sizes: Sequence[arb], strip: Any) -> arb:
    """Bound the potential at a distance from the real line."""
    return sum((r * (arb(strip) * k).cosh() for k, r in enumerate(sizes, 1)), arb(0))


def _half(sizes: Sequence[arb]) -> int:
    """Return half of how many points are needed."""
    wanted = 0.7 * flint.ctx.prec + 8 * float(sum(sizes, arb(0)))
    needed = min((4 * float(_bulge(sizes, s)) + wanted) / s for s in STRIPS)
    if not needed < MOST_POINTS:
        raise TooLargeError(
            f"the potential is too deep for its effective diffusion: {needed:.3g} points are more "
            f"than {MOST_POINTS}; at barriers so high against the temperature use rates"
        )
    return int(needed / 2) + 2


def _least(bound: Callable[[Any], arb]) -> arb:
    """Return zero with the least of the bounds, over the strips, as its radius."""
    return arb(0, min((bound(arb(s)).upper() for s in STRIPS), key=lambda e: float(e.log())))


def _averaged(up: Sequence[arb], down: Sequence[arb], nu: arb) -> tuple[list[arb], list[arb]]:
    """Average one function ahead and one behind, with weights that fall with the rate nu."""
    n, i = len(up), acb(0, 1)
    both, found = _transform([acb(a, b) for a, b in zip(up, down, strict=True)]), []
    for k in range(n):
        g = (both[k] + both[-k].conjugate()) / 2
        h = (both[k] - both[-k].conjugate()) / (2 * i)
        order = k if 2 * k < n else k - n
        if order:
            g, h = g * nu / acb(nu, -order), h * nu / acb(nu, order)
        found.append((g + i * h).conjugate())
    back = _transform(found)
    return [z.real / n for z in back], [-z.imag / n for z in back]


def _transform(values: Sequence[acb]) -> list[acb]:
    """Return the discrete Fourier transform, of any length, by one product of polynomials."""
    n = len(values)
    chirp = _roots(1, n, flint.ctx.prec)
    first = acb_poly([v * w.conjugate() for v, w in zip(values, chirp, strict=True)])
    product = first * acb_poly([chirp[abs(k)] for k in range(1 - n, n)])
    return [product[n - 1 + k] * chirp[k].conjugate() for k in range(n)]


@lru_cache(maxsize=8)
def _roots(kind: int, n: int, bits: int) -> list[acb]:
    """Return the n-th roots of one (2), or the chirp exp(i pi k^2/n) (1), at a precision."""
    powers = (2 * k if kind == 2 else k * k % (2 * n) for k in range(n))
    return [acb(arb(p) / n).exp_pi_i() for p in powers]
