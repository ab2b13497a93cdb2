"""Polynomials and rational functions in FLINT, with SymPy at the border.

Every expression is a rational function of generators: its symbols, and whatever else occurs in
it. Exponentials of independent exponents and roots are generators too, in integer powers, so that
``exp(x)*exp(-x)`` is 1; other functions are opaque.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, cmp_to_key, lru_cache
from math import gcd, lcm, prod

import networkx as nx
from flint import Ordering, fmpq, fmpq_mat, fmpq_mpoly, fmpq_mpoly_ctx, fmpz_mat
from sympy import Add, Basic, Expr, Float, Mul, Pow, Rational, S, Symbol, default_sort_key, exp

from nesssym.errors import ModelError, NessError, TooLargeError

__all__ = [
    "Collected",
    "Ring",
    "as_fraction",
    "cancel",
    "collect",
    "equal",
    "fractions",
    "from_poly",
    "ring",
    "to_poly",
    "together_over",
    "tree_polynomials",
    "tree_sums",
]

Arc = tuple[int, int]
Fraction = tuple[fmpq_mpoly, fmpq_mpoly]
Power = tuple[Expr, Expr]

MAX_TERMS = 200_000
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
            exp(exponent / root) if base is S.Exp1 else Pow(base, exponent / root)
            for base, exponent, root in self.units
        )

    @cached_property
    def context(self) -> fmpq_mpoly_ctx:
        """The FLINT context; its variables are numbered, whatever the generators are called."""
        return fmpq_mpoly_ctx.get([("x", len(self.units))], Ordering.degrevlex)

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
    nodes = _nodes(given)
    roots: dict[Power, int] = {}
    for node in nodes:
        for key, coefficient in _powers(node):
            roots[key] = lcm(roots.get(key, 1), int(coefficient.q))
    found = sorted(roots, key=lambda key: (default_sort_key(key[0]), default_sort_key(key[1])))
    space = Ring(tuple((base, exponent, roots[base, exponent]) for base, exponent in found))
    values = _evaluate(nodes, space)
    return space, [values[expr] for expr in given]


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
    return _write(poly.terms(), space)


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
    common = _common([bottom for _, bottom in pairs], space)
    *tops, bottom = _integral([*(n * (common / d) for n, d in pairs), common])
    return [from_poly(top, space) for top in tops], from_poly(bottom, space)


@dataclass(frozen=True)
class Collected:
    """A fraction of two polynomials in chosen variables; see `collect`.

    Parameters
    ----------
    numerator, denominator : mapping of Expr to Expr
        Monomial in the variables to its coefficient, lowest degree first.
    """

    numerator: Mapping[Expr, Expr]
    denominator: Mapping[Expr, Expr]

    @property
    def expr(self) -> Expr:
        """The fraction with collected powers."""
        top, bottom = (
            Add(*(monomial * coefficient for monomial, coefficient in part.items()))
            for part in (self.numerator, self.denominator)
        )
        return top / bottom


def collect(fraction: Expr | tuple[Expr, Expr], variables: Sequence[Symbol]) -> Collected:
    """Collect numerator and denominator, apart, by powers of chosen variables.

    This is the form of King and Altman's rate equations: coefficients made of rate constants,
    ordered by powers of the concentrations.

    Parameters
    ----------
    fraction : Expr, or (Expr, Expr)
        A rational expression, which is put in lowest terms, or a numerator and a denominator,
        from which nothing but numbers is cancelled.
    variables : sequence of Symbol
        The variables to collect by.

    Raises
    ------
    NessError
        A variable occurs inside a function or in an exponent.

    References
    ----------
    E. L. King, C. Altman, J. Phys. Chem. 60, 1375 (1956), doi:10.1021/j150544a010.

    Examples
    --------
    The reversible Michaelis-Menten rate, v/E0:

    >>> from sympy import symbols
    >>> k1, k1r, k2, k2r, S, P = symbols("k1 k1r k2 k2r S P", positive=True)
    >>> rate = collect((k1*k2*S - k1r*k2r*P, k1*S + k1r + k2 + k2r*P), [S, P])
    >>> rate.numerator
    {S: k1*k2, P: -k1r*k2r}
    >>> rate.denominator
    {1: k1r + k2, S: k1, P: k2r}
    >>> rate.expr
    (-P*k1r*k2r + S*k1*k2)/(P*k2r + S*k1 + k1r + k2)
    """
    if isinstance(fraction, tuple):
        space, [(n1, d1), (n2, d2)] = fractions(fraction)
        common = _common([d1, d2], space)
        pair = n1 * (common / d1), n2 * (common / d2)
        if n2.is_zero():
            raise NessError(f"the denominator {fraction[1]} is zero")
    else:
        space, [pair] = fractions([fraction])
    chosen = set(variables)
    for (base, exponent, root), gen in zip(space.units, space.gens, strict=True):
        if chosen & gen.free_symbols and not (base in chosen and exponent == 1 and root == 1):
            raise NessError(f"cannot collect by powers of a variable that occurs in {gen}")
    top, bottom = _integral(pair)
    return Collected(_by_power(top, space, variables), _by_power(bottom, space, variables))


def tree_sums(
    n: int,
    arcs: Sequence[Arc],
    weights: Sequence[Expr],
    roots: Iterable[int],
    max_terms: int = MAX_TERMS,
) -> list[Expr]:
    """Return, for each root, the expanded sum over the spanning trees directed towards it.

    The terms are products of the weights of the arcs of a tree: with rates as weights they are
    the unnormalised steady probabilities of the matrix-tree theorem.

    Parameters
    ----------
    n : int
        Number of vertices, ``0 ... n-1``.
    arcs : sequence of (int, int)
        Directed edges; parallel ones add up, self-loops do not matter.
    weights : sequence of Expr
        One weight an arc.
    roots : iterable of int
        The roots wanted.
    max_terms : int, optional
        The largest number of terms in all that one is willing to wait for.

    Raises
    ------
    TooLargeError
        There would be more terms; the message says how many, and what to call instead.

    References
    ----------
    T. L. Hill, J. Theor. Biol. 10, 442 (1966), doi:10.1016/0022-5193(66)90137-8.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b, c = symbols("a b c", positive=True)
    >>> tree_sums(3, [(0, 1), (1, 2), (2, 0)], [a, b, c], range(3))
    [b*c, a*c, a*b]
    """
    wanted = list(roots)
    space, rows, scales = _rows(n, arcs, weights)
    polys = _trees(space, rows, wanted, max_terms)
    return [
        _over(
            poly, prod(scales[:root] + scales[root + 1 :], start=space.context.constant(1)), space
        )
        for root, poly in zip(wanted, polys, strict=True)
    ]


def tree_polynomials(
    n: int,
    arcs: Sequence[Arc],
    weights: Sequence[Expr],
    roots: Iterable[int],
    max_terms: int = MAX_TERMS,
) -> tuple[Ring, list[fmpq_mpoly]]:
    """Return the sums of `tree_sums` as FLINT polynomials, with their ring.

    Raises
    ------
    NessError
        A weight is not a polynomial in its generators.
    TooLargeError
        As for `tree_sums`.

    Examples
    --------
    >>> from itertools import permutations
    >>> from sympy import symbols
    >>> arcs = list(permutations(range(6), 2))
    >>> _, polys = tree_polynomials(6, arcs, symbols("k:30", positive=True), range(6))
    >>> [len(p) for p in polys]
    [1296, 1296, 1296, 1296, 1296, 1296]
    """
    space, rows, scales = _rows(n, arcs, weights)
    if not all(scale.is_one() for scale in scales):
        raise NessError("a weight has a denominator, wanted polynomials; use tree_sums")
    return space, _trees(space, rows, list(roots), max_terms)


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
            common = _common([bottom for _, bottom in pairs], space)
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


def _common(bottoms: Iterable[fmpq_mpoly], space: Ring) -> fmpq_mpoly:
    """Return the least common multiple of monic polynomials."""
    common = space.context.constant(1)
    for bottom in bottoms:
        if bottom not in (1, common):
            common *= bottom / common.gcd(bottom)
    return common


def _integral(polys: Sequence[fmpq_mpoly]) -> list[fmpq_mpoly]:
    """Multiply by one positive number so that all coefficients are integers without a divisor."""
    numbers = [c for poly in polys for c in poly.coeffs()]
    content = fmpq(gcd(*(int(c.p) for c in numbers)), lcm(*(int(c.q) for c in numbers)))
    return [poly / content for poly in polys]


def _write(terms: Iterable[tuple[tuple[int, ...], fmpq]], space: Ring) -> Expr:
    """Build a sum of terms, putting factors and terms in SymPy's own order beforehand."""
    given = [
        (Rational(int(c.p), int(c.q)), [(i, int(k)) for i, k in enumerate(exps) if k])
        for exps, c in terms
    ]
    used = dict.fromkeys(power for _, powers in given for power in powers)
    atoms = {(i, k): space.gens[i] ** k for i, k in used}
    order = cmp_to_key(Basic.compare)
    ranked = sorted(atoms, key=lambda power: order(atoms[power]))
    rank = {power: position for position, power in enumerate(ranked)}
    plain = all(gen.is_Symbol for gen in space.gens)
    exprs: list[Expr] = []
    for ranks, coefficient in sorted(
        ((sorted(rank[power] for power in powers), c) for c, powers in given),
        key=lambda term: (len(term[0]) + (term[1] != 1), term[0]),
    ):
        factors = [atoms[ranked[position]] for position in ranks]
        if coefficient != 1 or not factors:
            factors.insert(0, coefficient)
        if len(factors) == 1:
            exprs.append(factors[0])
        else:
            exprs.append(Mul._from_args(factors) if plain else Mul(*factors))
    return Add(*exprs)


def _over(poly: fmpq_mpoly, divisor: fmpq_mpoly, space: Ring) -> Expr:
    """Return a quotient; a divisor of one term is divided into every term."""
    if len(divisor) > 1:
        return from_poly(poly, space) / from_poly(divisor, space)
    [(powers, factor)] = divisor.terms()
    return _write(
        (
            (tuple(a - b for a, b in zip(exps, powers, strict=True)), c / factor)
            for exps, c in poly.terms()
        ),
        space,
    )


def _by_power(poly: fmpq_mpoly, space: Ring, variables: Sequence[Symbol]) -> dict[Expr, Expr]:
    place = [space.gens.index(v) for v in variables if v in space.gens]
    groups: dict[tuple[int, ...], list[tuple[tuple[int, ...], fmpq]]] = {}
    for exps, c in poly.terms():
        rest = tuple(0 if i in place else k for i, k in enumerate(exps))
        groups.setdefault(tuple(exps[i] for i in place), []).append((rest, c))
    order = sorted(groups, key=lambda powers: (sum(powers), [-k for k in powers]))
    return {
        Mul(*(space.gens[i] ** k for i, k in zip(place, powers, strict=True))): _write(
            groups[powers], space
        )
        for powers in order
    }


def _rows(
    n: int, arcs: Sequence[Arc], weights: Sequence[Expr]
) -> tuple[Ring, list[dict[int, fmpq_mpoly]], list[fmpq_mpoly]]:
    """Return the weights by source and target, over one denominator for each source."""
    if len(arcs) != len(weights):
        raise ModelError(f"{len(weights)} weights for {len(arcs)} arcs, wanted one each")
    space, pairs = fractions(weights)
    leaving: list[list[tuple[int, Fraction]]] = [[] for _ in range(n)]
    for (source, target), pair in zip(arcs, pairs, strict=True):
        if not (0 <= source < n and 0 <= target < n):
            raise ModelError(f"arc {(source, target)}: wanted vertices from 0 to {n - 1}")
        if source != target:
            leaving[source].append((target, pair))
    rows: list[dict[int, fmpq_mpoly]] = []
    scales = [_common([d for _, (_, d) in out], space) for out in leaving]
    for out, scale in zip(leaving, scales, strict=True):
        row: dict[int, fmpq_mpoly] = {}
        for target, (n_, d) in out:
            row[target] = row.get(target, space.context.constant(0)) + n_ * (scale / d)
        rows.append(row)
    return space, rows, scales


def _trees(
    space: Ring, rows: list[dict[int, fmpq_mpoly]], roots: list[int], max_terms: int
) -> list[fmpq_mpoly]:
    """Return the cofactors of the Laplacian that belong to the roots."""
    n = len(rows)
    if any(not 0 <= root < n for root in roots):
        raise ModelError(f"roots {roots}: wanted vertices from 0 to {n - 1}")
    if not roots:
        return []
    zero = space.context.constant(0)
    laplacian = [
        {i: sum(row.values(), zero)} | {j: -w for j, w in row.items()} for i, row in enumerate(rows)
    ]
    if not space.units:
        return [space.context.constant(_minor(laplacian, root)) for root in roots]
    _refuse_large(rows, roots, max_terms)
    return _cofactors(space, laplacian, roots, max_terms)


def _cofactors(
    space: Ring, laplacian: list[dict[int, fmpq_mpoly]], roots: list[int], max_terms: int
) -> list[fmpq_mpoly]:
    """Expand all columns of the Laplacian but one, one after another.

    What is kept is the minor of each set of rows that can still be part of a cofactor, so that no
    term is made twice, nothing is divided, and all roots come out of one pass.
    """
    n = len(laplacian)
    zero = space.context.constant(0)
    near = nx.Graph()
    near.add_nodes_from(range(n))
    near.add_edges_from((i, j) for i, row in enumerate(laplacian) for j in row)
    order = list(nx.utils.cuthill_mckee_ordering(near))
    place = {v: position for position, v in enumerate(order)}
    left_out = roots[0] if len(set(roots)) == 1 else order[-1]
    columns = [v for v in order if v != left_out]
    entries = [
        [(place[i], laplacian[i][j]) for i in order if not laplacian[i].get(j, zero).is_zero()]
        for j in columns
    ]
    last = {bit: t for t, column in enumerate(entries) for bit, _ in column}
    spare = sum(1 << place[root] for root in set(roots))
    minors = {0: space.context.constant(1)}
    for t, column in enumerate(entries):
        due = sum(1 << bit for bit in range(n) if last.get(bit, -1) <= t)
        grown: dict[int, fmpq_mpoly] = {}
        for used, minor in minors.items():
            for bit, entry in column:
                now = used | 1 << bit
                unused = due & ~now
                if now == used or unused & ~spare or unused & (unused - 1):
                    continue
                term = minor * (-entry if (used >> bit).bit_count() % 2 else entry)
                grown[now] = grown[now] + term if now in grown else term
        minors = {now: minor for now, minor in grown.items() if not minor.is_zero()}
        if len(minors) > max_terms:
            raise _too_large(f"more than {max_terms:,} intermediate sums", max_terms)
    everything = (1 << n) - 1
    return [
        minors.get(everything ^ 1 << place[root], zero) * (-1) ** (place[root] + place[left_out])
        for root in roots
    ]


def _minor(laplacian: list[dict[int, fmpq_mpoly]], root: int) -> fmpq:
    others = [i for i in range(len(laplacian)) if i != root]
    entries = [
        laplacian[i][j].leading_coefficient() if j in laplacian[i] else 0
        for i in others
        for j in others
    ]
    return fmpq_mat(len(others), len(others), entries).det()


def _refuse_large(rows: list[dict[int, fmpq_mpoly]], roots: list[int], max_terms: int) -> None:
    """Raise TooLargeError if the number of terms, from integer determinants, is above the limit."""
    terms = [{j: len(w) for j, w in row.items()} for row in rows]
    degrees = [
        [max(ks) for ks in zip(*(w.degrees() for w in row.values()), strict=True)]
        for row in rows
        if row
    ]
    box = prod(1 + sum(ks) for ks in zip(*degrees, strict=True))
    total = 0
    for done, root in enumerate(roots, 1):
        others = [i for i in range(len(rows)) if i != root]
        entries = [
            sum(terms[i].values()) if i == j else -terms[i].get(j, 0)
            for i in others
            for j in others
        ]
        total += min(box, int(fmpz_mat(len(others), len(others), entries).det()))
        if total > max_terms:
            more = " or more" if done < len(roots) else ""
            raise _too_large(f"{total:,} terms{more}", max_terms)


def _too_large(what: str, limit: int) -> TooLargeError:
    return TooLargeError(
        f"the expanded tree sums would have {what}, above max_terms={limit:,}. Use nesssym.compile "
        "for numbers, .at for exact values, .steps for a short exact program, or raise max_terms"
    )
