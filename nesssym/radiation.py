"""Light that carries heat: what entropy goes with it, and what grey layers do to it."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import (
    Expr,
    Integer,
    Rational,
    Symbol,
    diff,
    gamma,
    integrate,
    limit,
    log,
    oo,
    polylog,
    solve,
    zeta,
)

from nesssym.networks import FlowNetwork

__all__ = ["carried", "column", "dilution", "dilution_series", "eddington", "layers"]


def carried(temperature: Expr) -> Expr:
    """Return the entropy that black radiation carries, for each energy that it carries.

    A reversible heater fills a cavity: each energy comes in at the temperature reached.

    Examples
    --------
    >>> from sympy import Symbol
    >>> carried(Symbol("T", positive=True))
    4/(3*T)
    """
    T, u = Symbol("T", positive=True), Symbol("u", positive=True)
    entropy = integrate(diff(u**4, u) / u, (u, 0, T))
    return (entropy / T**4).xreplace({T: temperature})


def dilution(epsilon: Expr) -> Expr:
    r"""Return by how much dilution raises the entropy that light carries for each energy.

    Light of a black body, thinned to the part :math:`\varepsilon` of its photons, carries
    :math:`\chi(\varepsilon)\,\frac{4}{3T}` for each energy; with
    :math:`n = \varepsilon/(e^x - 1)` photons a mode,

    .. math:: \varepsilon\,\chi(\varepsilon) \propto
        \int_0^\infty x^2\,[(1 + n)\ln(1 + n) - n\ln n]\,dx, \qquad \chi(1) = 1.

    The integral is closed: :math:`1 + n = (1 - a e^{-x})/(1 - e^{-x})` with
    :math:`a = 1 - \varepsilon` leaves three integrals of Bose and Einstein.

    References
    ----------
    P. T. Landsberg, G. Tonge, Thermodynamics of the conversion of diluted radiation,
    J. Phys. A 12, 551 (1979).

    Examples
    --------
    >>> from sympy import Rational
    >>> dilution(Rational(3, 10)).evalf(15), dilution(Rational(1))
    (1.31212028229684, 1)
    """
    return _entropy(epsilon).expand() / (epsilon * _entropy(Integer(1)))


def dilution_series(epsilon: Expr) -> Expr:
    """Return what `dilution` becomes for very dilute light, to the first order.

    Examples
    --------
    >>> from sympy import Rational
    >>> e = Rational(1, 10**4)
    >>> (dilution_series(e) - dilution(e)).evalf(2)
    1.7e-9
    """
    e, a = Symbol("epsilon", positive=True), Symbol("a", positive=True)
    # Differentiated under the integral, `_mixed` is -2 (zeta(3) - Li_3(a)/a)/(1 - a).
    fall = -2 * diff(polylog(3, a) / a, a).xreplace({a: Integer(1)}).doit()
    grown = integrate(_slope(e, _mixed(Integer(1)) - fall * e).expand(), (e, 0, e))
    return (grown / (e * _entropy(Integer(1)))).expand().xreplace({e: epsilon})


def _entropy(e: Expr) -> Expr:
    """Integrate x^2 [(1 + n) ln(1 + n) - n ln n]."""
    return _logarithms(1 - e) - _logarithms(Integer(1)) + e * _slope(e, _mixed(1 - e))


def _slope(e: Expr, mixed: Expr) -> Expr:
    """Integrate x^2/(e^x - 1) ln((1 + n)/n), the derivative of `_entropy`."""
    return _bose(4) - log(e) * _bose(3) + mixed


def _bose(s: int) -> Expr:
    """Integrate x^(s - 1)/(e^x - 1)."""
    return gamma(s) * zeta(s)


def _logarithms(a: Expr) -> Expr:
    """Integrate x^2 ln(1 - a e^-x)."""
    return -gamma(3) * polylog(4, a)


def _mixed(a: Expr) -> Expr:
    """Integrate x^2 ln(1 - a e^-x)/(e^x - 1).

    It is -2 times the sum of a^m/(m n^3) over m < n: that over all pairs, less that over m = n,
    less that over m > n, which is the integral of Li_3(t)/(1 - t), by parts.
    """
    # At a = 1 the logarithms of all pairs and of m > n cancel.
    logarithms = log(1 - a) * (polylog(3, a) - zeta(3)) if a != 1 else Integer(0)
    return -gamma(3) * (logarithms + polylog(2, a) ** 2 / 2 - polylog(4, a))


def layers(count: int, symbols: Mapping[str, Expr]) -> FlowNetwork:
    """Return ground and layers of a grey atmosphere, with everything that they exchange.

    A layer absorbs the part epsilon of infrared light from either side and emits the same part of
    a black body's; sunlight goes through to the ground.
    """
    places = ["ground", *(f"layer_{k}" for k in range(1, count + 1)), "space"]
    unknowns = {p: f"T_{k}" if k else "T_s" for k, p in enumerate(places[:-1])}
    lines = ["sunlight: sun -> ground ; S_0*(1 - a)/4"]
    for i, below in enumerate(places[:-1]):
        for j, above in enumerate(places[i + 1 :], i + 1):
            seen = (i > 0) + (above != "space")
            back = f" - {unknowns[above]}^4" if above != "space" else ""
            law = f"epsilon^{seen}*(1 - epsilon)^{j - i - 1}*sigma_SB*({unknowns[below]}^4{back})"
            lines.append(f"{below}_{above}: {below} -> {above} ; {law}")
    return FlowNetwork.from_text(
        "\n".join(lines),
        unknowns=unknowns,
        symbols=symbols,
        assume=["1 - a", "2 - epsilon"],
        unit="W/m^2",
    )


def column(epsilon: Expr, N: Expr, k: Expr) -> tuple[Expr, Expr]:
    """Return the fourth powers of the temperatures of the ground and of layer k among N alike.

    In units of that of the temperature that space sees. Upward flux U below a layer, U' above it,
    downward D' above it: the flux F is the same at every height, so each layer takes the same step.

    Examples
    --------
    >>> from sympy import symbols
    >>> N, k = symbols("N k", positive=True)
    >>> column(Integer(1), N, k)
    (N + 1, N - k + 1)
    """
    F = Integer(1)
    U, above, down, black = (Symbol(s, positive=True) for s in ("U", "V", "D", "B"))
    (found,) = solve(
        [2 * black - U - down, above - (1 - epsilon) * U - epsilon * black, above - down - F],
        [U, black, down],
        dict=True,
    )
    step = (found[U] - above).cancel()
    layer = found[black].xreplace({above: F + (N - k) * step})
    return (F + N * step).cancel(), layer.cancel()


def eddington(tau: Expr, above: Expr) -> tuple[Expr, Expr]:
    """Return the fourth powers of the temperatures of the ground and of the air, as `column` does.

    Infinitely many thin layers: of the optical depth tau in all, and `above` the air in question.
    Diffuse light goes 3/2 times as far through a layer as light that goes straight up.

    References
    ----------
    A. S. Eddington, The Internal Constitution of the Stars (1926).

    Examples
    --------
    >>> from sympy import symbols
    >>> eddington(*symbols("tau t", positive=True))
    (3*tau/4 + 1, 3*t/4 + 1/2)
    """
    N = Symbol("N", positive=True)
    found = column(Rational(3, 2) * tau / N, N, N * (1 - above / tau))
    ground, air = (limit(value, N, oo).expand() for value in found)
    return ground, air
