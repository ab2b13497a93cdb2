"""Polynomials and rational functions in FLINT, with SymPy at the border.

Every expression is a rational function of generators: its symbols, and whatever else occurs in
it. Exponentials of independent exponents and roots are generators too, in integer powers, so that
``exp(x)*exp(-x)`` is 1; other functions are opaque.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import gcd, lcm, prod

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx
from sympy import Add, Expr, Float, Mul, Pow, Rational, S, Symbol, default_sort_key, exp

from nesssym.errors import NessError
from nesssym.exact.written import sum_of_terms

__all__ = [
    "Fraction",
    "Ring",
    "as_fraction",
    "cancel",
    "common_multiple",
    "equal",
    "fractions",
    "from_poly",
    "from_quotient",
    "integral",
    "ring",
    "to_poly",
    "together_over",
]

Fraction = tuple[fmpq_mpoly, fmpq_mpoly]
Power = tuple[Expr, Expr]

DIGITS = 60


@dataclass(frozen=True)
class Ring:
    """Polynomials with rational coefficients in some generators.

    Parameters
    ----------
    units : tuple of (base, exponent, root)
        Each makes the generator ``base**(exponent/root)``: a symbol `x` is ``(x, 1, 1)``, and
        ``(E, x, 2)`` is ``exp(x/2)``.

    Examples
    --------
    >>> from sympy import exp, symbols
    >>> x, y = symbols("x y")
    >>> ring([x, y]).gens
    (x, y)
    >>> fractions([exp(x/2) + exp(2*x)])[0].gens
    (exp(x/2),)
    """

    units: tuple[tuple[Expr, Expr, int], ...]

    @cached_property
    def gens(self) -> tuple[Expr, ...]:
        """The generators as SymPy expressions."""
        return tuple(
            base
            if exponent is S.One and root == 1
            else exp(exponent / root)
            if base is S.Exp1
            else Pow(base, exponent / root)
            for base, exponent, root in self.units
        )

    @cached_property
    def context(self) -> fmpq_mpoly_ctx:
        """The FLINT context, with the names of the generators where all of these are symbols."""
        names = [
            base.name for base, exponent, _ in self.units if exponent is S.One and base.is_Symbol
        ]
        if len(set(names)) < len(self.units):
            return fmpq_mpoly_ctx.get([("x", len(self.units))], Ordering.degrevlex)
        return fmpq_mpoly_ctx.get(names, Ordering.degrevlex)

    @cached_property
    def _place(self) -> dict[Power, tuple[int, int]]:
        return {(base, exponent): (i, q) for i, (base, exponent, q) in enumerate(self.units)}

    def power(self, powers: Iterable[tuple[Power, Rational]]) -> Fraction:
        """Return a product of powers of generators as a numerator and a denominator."""
        above, below = [0] * len(self.units), [0] * len(self.units)
        for key, coefficient in powers:
            place = self._place.get(key)
            if place is None or not (coefficient * place[1]).is_Integer:
                raise NessError(f"{Pow(key[0], coefficient * key[1])} is not in {self}")
            times = int(coefficient * place[1])
            (above if times > 0 else below)[place[0]] += abs(times)
        return self.context.term(exp_vec=above), self.context.term(exp_vec=below)

    def __str__(self) -> str:
        return f"the ring of {', '.join(map(str, self.gens)) or 'rational numbers'}"


def ring(symbols: Iterable[Symbol]) -> Ring:
    """Return the ring of polynomials in some symbols.

    Examples
    --------
    >>> from sympy import symbols
    >>> len(ring(symbols("a b")).context.gens())
    2
    """
    return Ring(tuple((s, S.One, 1) for s in symbols))


def fractions(exprs: Iterable[Expr]) -> tuple[Ring, list[Fraction]]:
    """Read expressions as fractions of coprime polynomials of one ring.

    Parameters
    ----------
    exprs : iterable of Expr
        Exact expressions, without floating-point numbers.

    Returns
    -------
    Ring, list of (fmpq_mpoly, fmpq_mpoly)
        The generators are in SymPy's sorted order, so that the same expression is always written
        in the same way.

    Raises
    ------
    NessError
        A floating-point number, an infinity or a division by zero.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b")
    >>> _, [(top, bottom)] = fractions([(a**2 - b**2)/(a + b)])
    >>> len(top), bottom == 1
    (2, True)
    """
    given = list(exprs)
    if all(expr.is_Symbol for expr in given):
        return _symbols(given)
    nodes = _nodes(given)
    roots: dict[Power, int] = {}
    for node in nodes:
        for key, coefficient in _powers(node):
            roots[key] = lcm(roots.get(key, 1), int(coefficient.q))
    found = sorted(roots, key=lambda key: (default_sort_key(key[0]), default_sort_key(key[1])))
    space = Ring(tuple((base, exponent, roots[base, exponent]) for base, exponent in found))
    values = _evaluate(nodes, space)
    return space, [values[expr] for expr in given]


def _symbols(given: Sequence[Symbol]) -> tuple[Ring, list[Fraction]]:
    """Do the same, quicker, for symbols alone."""
    space = ring(sorted(set(given), key=default_sort_key))
    one = space.context.constant(1)
    place = {
        symbol: (gen, one) for symbol, gen in zip(space.gens, space.context.gens(), strict=True)
    }
    return space, [place[symbol] for symbol in given]


def to_poly(expr: Expr, space: Ring) -> fmpq_mpoly:
    """Return an expression as a FLINT polynomial.

    Raises
    ------
    NessError
        It is no polynomial in the generators of the ring.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b")
    >>> space = ring([a, b])
    >>> from_poly(to_poly((a + b)**2, space), space)
    a**2 + 2*a*b + b**2
    """
    top, bottom = _evaluate(_nodes([expr]), space)[expr]
    if not bottom.is_one():
        raise NessError(f"{expr} is not a polynomial in {', '.join(map(str, space.gens))}")
    return top


def from_poly(poly: fmpq_mpoly, space: Ring) -> Expr:
    """Return a FLINT polynomial as an expanded SymPy expression."""
    return sum_of_terms(poly.terms(), space.gens)


def from_quotient(poly: fmpq_mpoly, divisor: fmpq_mpoly, space: Ring) -> Expr:
    """Return a quotient; a divisor of one term is divided into every term.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b")
    >>> space = ring([a, b])
    >>> top = to_poly(a**2 + b, space)
    >>> [from_quotient(top, to_poly(divisor, space), space) for divisor in (2*a, a + b)]
    [a/2 + b/(2*a), (a**2 + b)/(a + b)]
    """
    if divisor.is_one():
        return from_poly(poly, space)
    if len(divisor) > 1:
        return from_poly(poly, space) / from_poly(divisor, space)
    [(powers, factor)] = divisor.terms()
    return sum_of_terms(
        (
            (tuple(a - b for a, b in zip(exps, powers, strict=True)), c / factor)
            for exps, c in poly.terms()
        ),
        space.gens,
    )


def as_fraction(expr: Expr) -> tuple[Expr, Expr]:
    """Return the numerator and the denominator in lowest terms, expanded.

    Parameters
    ----------
    expr : Expr
        Any rational expression of its symbols, exponentials and functions.

    Returns
    -------
    Expr, Expr
        With integer coefficients without a common divisor.

    Examples
    --------
    >>> from sympy import exp, symbols
    >>> a, b, x = symbols("a b x")
    >>> as_fraction(1/(2*a) + 1/(3*b))
    (2*a + 3*b, 6*a*b)
    >>> as_fraction(exp(x)*(exp(-x) - 1))
    (1 - exp(x), 1)
    """
    [top], bottom = together_over([expr])
    return top, bottom


def cancel(expr: Expr) -> Expr:
    """Return a rational expression in lowest terms: one expanded polynomial over another.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b")
    >>> cancel(a/(a*b + b**2) + 1/(a + b))
    1/b
    """
    top, bottom = as_fraction(expr)
    return top / bottom


def equal(first: Expr, second: Expr) -> bool:
    """Tell whether two expressions are the same for all values of their symbols.

    Rational functions, also of exponentials of independent exponents, are decided by algebra
    alone. Where roots or other functions may be related, a difference is shown by evaluation at a
    point; what neither shows is an error, not a guess.

    Raises
    ------
    NessError
        The two agree to many digits but algebra does not show that they are equal.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b")
    >>> equal(1/a - 1/b, (b - a)/(a*b)), equal(a/b, b/a)
    (True, False)
    """
    space, [(top, _)] = fractions([first - second])
    rest = from_poly(top, space)
    if rest == 0:
        return True
    if all(_independent(base, exponent) for base, exponent, _ in space.units):
        return False
    names = sorted(rest.free_symbols, key=default_sort_key)
    point = {s: Rational(2 * i + 3, 2 * i + 2) for i, s in enumerate(names)}
    terms = [term.xreplace(point).evalf(DIGITS) for term in Add.make_args(rest)]
    gap, size = abs(Add(*terms)), Add(*map(abs, terms))
    if gap.is_Float and gap > size * Rational(10) ** (-DIGITS // 2):
        return False
    raise NessError(f"cannot decide whether {first} equals {second}; simplify them first")


def together_over(exprs: Iterable[Expr]) -> tuple[list[Expr], Expr]:
    """Return the numerators of expressions over their least common denominator, and that.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b")
    >>> together_over([1/a, 1/(2*a*b), b])
    ([2*b, 1, 2*a*b**2], 2*a*b)
    """
    space, pairs = fractions(exprs)
    common = common_multiple([bottom for _, bottom in pairs], space)
    *tops, bottom = integral([*(n * (common / d) for n, d in pairs), common])
    return [from_poly(top, space) for top in tops], from_poly(bottom, space)


def common_multiple(polys: Iterable[fmpq_mpoly], space: Ring) -> fmpq_mpoly:
    """Return the least common multiple of monic polynomials.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b")
    >>> space, pairs = fractions([1/(a*b), 1/(b*(a + b))])
    >>> from_poly(common_multiple([bottom for _, bottom in pairs], space), space)
    a**2*b + a*b**2
    """
    common = space.context.constant(1)
    for poly in polys:
        if poly not in (1, common):
            common *= poly / common.gcd(poly)
    return common


def integral(polys: Sequence[fmpq_mpoly]) -> list[fmpq_mpoly]:
    """Multiply by one positive number so that all coefficients are integers without a divisor.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b")
    >>> space = ring([a, b])
    >>> [from_poly(p, space) for p in integral([to_poly(a/2 + b/3, space), to_poly(2*a, space)])]
    [3*a + 2*b, 12*a]
    """
    numbers = [c for poly in polys for c in poly.coeffs()]
    content = fmpq(gcd(*(int(c.p) for c in numbers)), lcm(*(int(c.q) for c in numbers)))
    return [poly / content for poly in polys]


def _nodes(exprs: Sequence[Expr]) -> list[Expr]:
    """Return every distinct subexpression outside the generators, arguments first."""
    done: dict[Expr, None] = {}
    stack = [(expr, False) for expr in reversed(exprs)]
    while stack:
        expr, ready = stack.pop()
        if expr in done:
            continue
        parts = () if ready else _parts(expr)
        if parts:
            stack.append((expr, True))
            stack.extend((part, False) for part in reversed(parts))
        else:
            done[expr] = None
    return list(done)


def _parts(expr: Expr) -> tuple[Expr, ...]:
    if expr.is_Add or expr.is_Mul:
        return tuple(expr.args)
    return (expr.base,) if _is_power_of_sum(expr) else ()


def _is_power_of_sum(expr: Expr) -> bool:
    return bool(expr.is_Pow and expr.exp.is_Integer and (expr.base.is_Add or expr.base.is_Mul))


@lru_cache(maxsize=10_000)
def _powers(expr: Expr) -> tuple[tuple[Power, Rational], ...]:
    """Return an atom as powers of generators: ``exp(2*x - y)`` is (E, x) to 2, (E, y) to -1."""
    if expr.is_Symbol:
        return (((expr, S.One), S.One),)
    if expr.is_Rational or expr.is_Add or expr.is_Mul or _is_power_of_sum(expr):
        return ()
    if expr.has(Float, S.NaN, S.Infinity, S.NegativeInfinity, S.ComplexInfinity):
        raise NessError(f"{expr} is not exact and finite; write numbers as fractions")
    base, exponent = expr.as_base_exp()
    split = (term.as_coeff_Mul(rational=True) for term in Add.make_args(exponent.expand()))
    return tuple(((base, rest), coefficient) for coefficient, rest in split)


def _independent(base: Expr, exponent: Expr) -> bool:
    """Tell whether a generator can obey no algebraic equation with others of this kind.

    Symbols, and powers of them and of E whose exponents are different products of symbols.
    """
    factors = () if exponent is S.One else Mul.make_args(exponent)
    return (base.is_Symbol or base is S.Exp1) and all(
        f.as_base_exp()[0].is_Symbol and f.as_base_exp()[1].is_Integer for f in factors
    )


def _evaluate(nodes: Iterable[Expr], space: Ring) -> dict[Expr, Fraction]:
    """Return the value of every node, in lowest terms, with a monic denominator."""
    one = space.context.constant(1)
    values: dict[Expr, Fraction] = {}
    for node in nodes:
        if node.is_Rational:
            values[node] = space.context.constant(fmpq(int(node.p), int(node.q))), one
        elif node.is_Add:
            pairs = [values[arg] for arg in node.args]
            common = common_multiple([bottom for _, bottom in pairs], space)
            values[node] = _reduced(
                _sum([n if d == common else n * (common / d) for n, d in pairs]), common
            )
        elif node.is_Mul:
            pairs = [values[arg] for arg in node.args]
            values[node] = _reduced(
                prod((n for n, _ in pairs), start=one), prod((d for _, d in pairs), start=one)
            )
        elif _is_power_of_sum(node):
            pair = values[node.base][:: 1 if node.exp > 0 else -1]
            top, bottom = (part ** abs(int(node.exp)) for part in pair)
            if bottom.is_zero():
                raise NessError(f"{node} divides by zero")
            values[node] = _reduced(top, bottom)
        else:
            values[node] = space.power(_powers(node))
    return values


def _sum(polys: list[fmpq_mpoly]) -> fmpq_mpoly:
    """Add in pairs, so that a sum of many terms is not copied for each of them."""
    while len(polys) > 1:
        odd = polys[-1:] if len(polys) % 2 else []
        polys = [a + b for a, b in zip(polys[::2], polys[1::2])] + odd  # noqa: B905
    return polys[0]


def _reduced(top: fmpq_mpoly, bottom: fmpq_mpoly) -> Fraction:
    if bottom.is_one():
        return top, bottom
    common = top.gcd(bottom)
    lead = (bottom / common).leading_coefficient()
    return top / common / lead, bottom / common / lead
