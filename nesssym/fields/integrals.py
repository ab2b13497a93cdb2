"""Definite integrals in forms that keep their digits; what does not integrate stays an integral."""

from __future__ import annotations

from sympy import (
    Add,
    Dummy,
    Expr,
    Integer,
    Integral,
    Mul,
    Rational,
    Symbol,
    apart,
    cos,
    exp,
    hyper,
    log,
    sin,
    sqrt,
)
from sympy.simplify.fu import TR8

from nesssym.functions import logratio
from nesssym.special import atanhc, exprel

__all__ = ["definite", "inverse", "over_quadratic"]

MOST_ROOT = 12


def definite(function: Expr, x: Symbol, low: Expr, high: Expr) -> Expr:
    """Integrate a function between two bounds.

    Powers of linear functions, rational functions that split into such, exponentials of linear
    functions and trigonometric polynomials integrate in closed form, each written so that it
    vanishes with the distance of the bounds to the last digit, and so that removable
    singularities are limits. Anything else stays an integral, which kernels evaluate.

    Examples
    --------
    >>> from sympy import symbols
    >>> T, a, b, n = symbols("T a b n", positive=True)
    >>> definite(T**2, T, a, b)
    (-a + b)*(a**2 + a*b + b**2)/3
    >>> definite(1/T, T, a, b)
    logratio(b, a, -a + b)
    >>> definite(T**n, T, a, b)
    a**(n + 1)*log(b/a)*exprel((n + 1)*log(b/a))
    """
    if not function.has(x):
        return function * (high - low)
    parts: list[Expr] = []
    for term in _terms(function, x):
        part = _of_term(term, x, low, high)
        if part is None:
            y = Dummy(x.name, real=True)
            return Integral(function.xreplace({x: y}), (y, low, high))
        parts.append(part)
    return Add(*parts)


def inverse(function: Expr, x: Symbol, low: Expr, area: Expr) -> Expr | None:
    """Return the upper bound at which the integral of a positive function is `area`.

    Closed for a constant, a linear function and a power; else None. Every form is continuous in
    its parameters: a slope that vanishes, an exponent that passes -1.

    Examples
    --------
    >>> from sympy import symbols
    >>> T, a, s, k, b = symbols("T a s k b", positive=True)
    >>> inverse(k + b*T, T, a, s)
    a + 2*s/(a*b + k + sqrt(2*b*s + (a*b + k)**2))
    >>> inverse(k/T, T, a, s)
    a*exp(s/k)
    """
    if not function.has(x):
        return low + area / function
    slope = function.diff(x)
    if not slope.has(x):
        start = function.xreplace({x: low})
        return low + 2 * area / (start + sqrt(start**2 + 2 * slope * area))
    factor, power = function.as_independent(x, as_Add=False)
    base, exponent = power.as_base_exp()
    rate = base.diff(x)
    if rate.has(x) or exponent.has(x):
        return None
    size, start = exponent + 1, base.xreplace({x: low})
    drop = rate * area / factor
    if size == 0:
        end = start * exp(drop)
    elif size.is_number:
        end = (start**size + size * drop) ** (1 / size)
    else:
        step = drop / start**size
        end = start * exp(step * hyper((1, 1), (2,), -size * step))
    return end if base == x else low + (end - start) / rate


def over_quadratic(p: Expr, q: Expr, r: Expr, u: Expr) -> Expr:
    """Integrate 1/(p + q t + r t^2) from 0 to u, whatever the sign of the discriminant.

    Examples
    --------
    >>> from sympy import symbols
    >>> p, r, u = symbols("p r u", positive=True)
    >>> over_quadratic(p, 0, -r, u)
    u*atanhc(r*u**2/p)/p
    """
    middle = 2 * p + q * u
    return 2 * u / middle * atanhc((q**2 - 4 * p * r) * u**2 / middle**2)


def _terms(function: Expr, x: Symbol) -> list[Expr]:
    if function.is_rational_function(x) and not function.is_polynomial(x):
        function = apart(function, x)
    elif function.has(sin, cos):
        function = TR8(function.expand())
    return list(Add.make_args(function.expand()))


def _of_term(term: Expr, x: Symbol, low: Expr, high: Expr) -> Expr | None:
    factor, rest = term.as_independent(x, as_Add=False)
    if rest == 1:
        return factor * (high - low)
    base, exponent = rest.as_base_exp()
    if isinstance(rest, exp):
        rate = rest.args[0].diff(x)
        if rate.has(x):
            return None
        start = exp(rest.args[0].xreplace({x: low}))
        return factor * start * (high - low) * exprel(rate * (high - low))
    if isinstance(rest, sin | cos):
        rate = rest.args[0].diff(x)
        if rate.has(x):
            return None
        found = sin(rest.args[0]) if isinstance(rest, cos) else -cos(rest.args[0])
        ends = (found.xreplace({x: bound}) for bound in (high, low))
        return factor * (next(ends) - next(ends)) / rate
    slope = base.diff(x)
    if exponent.has(x) or slope.has(x):
        return None
    ends = (base.xreplace({x: bound}) for bound in (low, high))
    return factor * _power(next(ends), next(ends), slope, exponent, high - low)


def _power(a: Expr, b: Expr, slope: Expr, exponent: Expr, width: Expr) -> Expr:
    """Integrate the power of a linear function that goes from a to b over a width."""
    size = exponent + 1
    if size == 0:
        return logratio(b, a, slope * width) / slope
    if not size.is_Rational or size.q > MOST_ROOT or abs(size.p) > MOST_ROOT:
        ratio = log(b / a)
        return a**size * ratio * exprel(size * ratio) / slope
    p, q = abs(int(size.p)), int(size.q)
    u, v = (end ** Rational(1, q) for end in (b, a))

    def geometric(n: int) -> Expr:
        return Add(*(u**k * v ** (n - 1 - k) for k in range(n)))

    value = Mul(width, geometric(p) / geometric(q), 1 / size if size > 0 else -1 / size)
    return value if size > 0 else value / (a * b) ** -size * Integer(1)
