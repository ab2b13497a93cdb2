"""Linear equations over rational functions, solved exactly by FLINT."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from flint import fmpq, fmpq_mat, fmpq_mpoly
from sympy import Expr, ImmutableDenseMatrix, Integer, Mul, Rational, eye
from sympy.polys.matrices import DomainMatrix

from nesssym.errors import NessError, TooLargeError
from nesssym.exact.rational import Fraction, Ring, common_multiple, fractions, from_poly
from nesssym.exact.routh import hurwitz_matrices

__all__ = [
    "characteristic",
    "determinant",
    "factored",
    "hurwitz",
    "inverted",
    "simplest",
    "solve",
]

MOST_TERMS = 20_000
MOST_FACTORED = 2_000

Row = dict[int, fmpq_mpoly]


def solve(matrix: Sequence[Sequence[Expr]], right: Sequence[Expr]) -> list[Expr]:
    """Return the solution of a square linear system, numerators and denominators factored.

    Raises
    ------
    NessError
        The matrix is singular.
    TooLargeError
        The solution would have too many terms.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b")
    >>> solve([[a, b], [b, a]], [1, 0])
    [a/((a - b)*(a + b)), -b/((a - b)*(a + b))]
    """
    n = len(right)
    entries = [e for row, b in zip(matrix, right, strict=True) for e in (*row, b)]
    space, pairs = fractions([Integer(e) if isinstance(e, int) else e for e in entries])
    if not space.units:
        return _numbers(pairs, n)
    rows: list[Row] = []
    for i in range(n):
        own = pairs[i * (n + 1) : (i + 1) * (n + 1)]
        common = common_multiple([bottom for _, bottom in own], space)
        rows.append({j: top * (common / bottom) for j, (top, bottom) in enumerate(own) if top})
    return [factored(pair, space) for pair in _eliminated(rows, n, space)]


def factored(pair: Fraction, space: Ring) -> Expr:
    """Write a fraction of polynomials as a product of irreducible factors, where it is not long.

    So a difference that vanishes at equilibrium stays visible, and keeps its digits.
    """
    top, bottom = pair
    if len(top) + len(bottom) > MOST_FACTORED:
        return from_poly(top, space) / from_poly(bottom, space)
    number, parts = Rational(1), []
    for poly, way in ((top, 1), (bottom, -1)):
        if poly.is_zero():
            return Rational(0)
        coefficient, factors = poly.factor()
        number *= Rational(int(coefficient.p), int(coefficient.q)) ** way
        parts += [from_poly(factor, space) ** (way * int(power)) for factor, power in factors]
    product = Mul(*parts)
    # SymPy would multiply the number into a sum, term by term, where digits are lost.
    plain = number == 1 or not product.is_Add
    return number * product if plain else Mul(number, product, evaluate=False)


def simplest(expr: Expr) -> Expr:
    """Write a rational expression in lowest terms, as a product of irreducible factors."""
    space, [pair] = fractions([expr])
    return factored(pair, space)


def determinant(matrix: ImmutableDenseMatrix) -> Expr:
    """Return a determinant in lowest terms; one for an empty matrix."""
    if matrix.shape == (0, 0):
        return Integer(1)
    domain = DomainMatrix.from_Matrix(matrix).to_field()
    return simplest(domain.domain.to_sympy(domain.det()))


def characteristic(matrix: ImmutableDenseMatrix) -> list[Expr]:
    """Return the coefficients of the characteristic polynomial, the highest power first."""
    domain = DomainMatrix.from_Matrix(matrix).to_field()
    return [simplest(domain.domain.to_sympy(c)) for c in domain.charpoly()]


def hurwitz(matrix: ImmutableDenseMatrix) -> list[Expr]:
    """Return what is positive just where all eigenvalues have positive real parts.

    The coefficients of the characteristic polynomial and every second Hurwitz determinant
    (Lienard and Chipart).
    """
    a = characteristic(-matrix)
    minors = map(ImmutableDenseMatrix, hurwitz_matrices(a, Integer(0)))
    return [*a[1:], *map(determinant, minors)]


def inverted(matrix: ImmutableDenseMatrix) -> ImmutableDenseMatrix:
    """Return the inverse of a matrix of rational functions.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b")
    >>> inverted(ImmutableDenseMatrix([[a, b], [b, a]]))[0, 0]
    a/((a - b)*(a + b))
    """
    n = matrix.shape[0]
    columns = [solve(matrix.tolist(), list(eye(n).col(j))) for j in range(n)]
    return ImmutableDenseMatrix(n, n, lambda i, j: columns[j][i])


def _numbers(pairs: Sequence[Fraction], n: int) -> list[Expr]:
    values = [_rational(top) / _rational(bottom) for top, bottom in pairs]
    entries = [v for i, v in enumerate(values) if i % (n + 1) != n]
    try:
        found = fmpq_mat(n, n, entries).solve(fmpq_mat(n, 1, values[n :: n + 1]))
    except ZeroDivisionError:
        raise _singular() from None
    return [Rational(int(found[i, 0].p), int(found[i, 0].q)) for i in range(n)]


def _rational(poly: fmpq_mpoly) -> fmpq:
    return poly.leading_coefficient() if poly else fmpq(0)


def _eliminated(rows: list[Row], n: int, space: Ring) -> list[Fraction]:
    """Eliminate without fractions; the shortest pivot first, common factors taken out of rows."""
    done: list[tuple[int, Row]] = []
    while rows:
        choices = [
            (len(poly) * len(row), sum(j in other for other in rows), k, j)
            for k, row in enumerate(rows)
            for j, poly in row.items()
            if j < n
        ]
        if not choices:
            raise _singular()
        *_, k, j = min(choices)
        pivot = rows.pop(k)
        rows = [_combined(row, pivot, j) if j in row else row for row in rows]
        done.append((j, pivot))
    values: dict[int, Fraction] = {}
    for j, row in reversed(done):
        top = row.get(n, space.context.constant(0))
        bottom = space.context.constant(1)
        for i, poly in row.items():
            if i not in (j, n):
                numerator, denominator = values[i]
                top = top * denominator - poly * numerator * bottom
                bottom = bottom * denominator
                top, bottom = _reduced(top, bottom)
        values[j] = _reduced(top, bottom * row[j])
    return [values[j] for j in range(n)]


def _combined(row: Row, pivot: Row, j: int) -> Row:
    common = row[j].gcd(pivot[j])
    mine, other = pivot[j] / common, row[j] / common
    new = {
        i: row[i] * mine - pivot[i] * other
        if i in row and i in pivot
        else (row[i] * mine if i in row else -pivot[i] * other)
        for i in dict.fromkeys((*row, *pivot))
        if i != j
    }
    new = {i: poly for i, poly in new.items() if poly}
    if sum(map(len, new.values())) > MOST_TERMS:
        raise TooLargeError(
            f"the solution of the linear equations has more than {MOST_TERMS} terms; substitute "
            "numbers for some of the symbols"
        )
    shared = (
        reduce(lambda a, b: a if a.is_constant() else a.gcd(b), new.values()) if new else common
    )
    return {i: poly / shared for i, poly in new.items()}


def _reduced(top: fmpq_mpoly, bottom: fmpq_mpoly) -> Fraction:
    common = top.gcd(bottom)
    return top / common, bottom / common


def _singular() -> NessError:
    return NessError("the linear equations have no unique solution: their matrix is singular")
