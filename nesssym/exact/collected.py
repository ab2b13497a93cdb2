"""Fractions collected by powers of chosen variables, as in enzyme kinetics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flint import fmpq, fmpq_mpoly
from sympy import Add, Expr, Mul, Symbol

from nesssym import typeset
from nesssym.errors import NessError, UnknownNameError
from nesssym.exact.rational import Ring, common_multiple, fractions, from_poly, integral
from nesssym.formulas import Formulas, Steps

__all__ = ["Collected", "collect"]


@dataclass(frozen=True)
class Collected:
    """A fraction of two polynomials in chosen variables; see `collect`.

    Parameters
    ----------
    numerator, denominator : mapping of Expr to Expr
        Monomial in the variables to its coefficient, lowest degree first.

    Examples
    --------
    >>> from sympy import symbols
    >>> k, x = symbols("k x", positive=True)
    >>> Collected({x: k}, {1: k, x: 2}).expr
    k*x/(k + 2*x)
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

    def named(self, label: str = "value") -> Formulas:
        """Give the coefficients names, as shared steps, and the fraction in these names.

        The coefficient of ``P**2*S`` is called ``n_P2_S`` in the numerator and ``d_P2_S`` in the
        denominator; what stands without a variable, ``n_1`` and ``d_1``. Numbers and single
        symbols keep the names they have.

        Parameters
        ----------
        label : str, optional
            The label of the fraction.

        Examples
        --------
        >>> from sympy import symbols
        >>> k1, k1r, k2, k2r, S, P = symbols("k1 k1r k2 k2r S P", positive=True)
        >>> rate = collect((k1*k2*S - k1r*k2r*P, k1*S + k1r + k2 + k2r*P), [S, P])
        >>> law = rate.named("v")
        >>> law.exprs[0]
        (P*n_P + S*n_S)/(P*k2r + S*k1 + d_1)
        >>> [(str(name), expr) for name, expr in law.steps if str(name).startswith("n")]
        [('n_S', k1*k2), ('n_P', -k1r*k2r)]
        """
        parts = (("n", self.numerator), ("d", self.denominator))
        symbols = {
            s for _, part in parts for pair in part.items() for e in pair for s in e.free_symbols
        }
        shared = Steps(tuple(sorted(symbols, key=str)))
        sums = []
        for letter, part in parts:
            terms = []
            for monomial, coefficient in part.items():
                if coefficient.is_Number:
                    terms.append(monomial * coefficient)
                    continue
                power = monomial.as_powers_dict()
                names = (str(base) + (str(k) if k != 1 else "") for base, k in power.items())
                terms.append(
                    monomial
                    * shared.let(
                        coefficient,
                        f"{letter}_{'_'.join(names)}",
                        positive=coefficient.is_positive is True,
                        alone=True,
                        latex=f"{letter}_{{{typeset.expression(monomial)}}}",
                    )
                )
            sums.append(Add(*terms))
        return shared.formulas({label: sums[0] / sums[1]})


def collect(
    fraction: Expr | tuple[Expr, Expr], variables: Sequence[Symbol | str] | Symbol | str
) -> Collected:
    """Collect numerator and denominator, apart, by powers of chosen variables.

    This is the form of King and Altman's rate equations: coefficients made of rate constants,
    ordered by powers of the concentrations.

    Parameters
    ----------
    fraction : Expr, or (Expr, Expr)
        A rational expression, which is put in lowest terms, or a numerator and a denominator,
        from which nothing but numbers is cancelled.
    variables : symbol, or sequence of symbols or their names
        The variables to collect by.

    Raises
    ------
    NessError
        A variable occurs inside a function or in an exponent, or what is given is no expression.
    UnknownNameError
        A name that does not occur.

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
    variables = _symbols(fraction, variables)
    if isinstance(fraction, tuple):
        space, [(n1, d1), (n2, d2)] = fractions(fraction)
        common = common_multiple([d1, d2], space)
        pair = n1 * (common / d1), n2 * (common / d2)
        if n2.is_zero():
            raise NessError(f"the denominator {fraction[1]} is zero")
    else:
        space, [pair] = fractions([fraction])
    chosen = set(variables)
    for (base, exponent, root), gen in zip(space.units, space.gens, strict=True):
        if chosen & gen.free_symbols and not (base in chosen and exponent == 1 and root == 1):
            raise NessError(f"cannot collect by powers of a variable that occurs in {gen}")
    top, bottom = integral(pair)
    return Collected(_by_power(top, space, variables), _by_power(bottom, space, variables))


def _symbols(fraction: Any, variables: Any) -> list[Symbol]:
    parts = fraction if isinstance(fraction, tuple) else (fraction,)
    for part in parts:
        if not isinstance(part, Expr):
            raise NessError(
                f"wanted an expression, or a numerator and a denominator, got "
                f"{type(part).__name__}; of Formulas take one result, as in formulas['S']"
            )
    known = {s.name: s for part in parts for s in part.free_symbols}
    given = [variables] if isinstance(variables, Symbol | str) else variables
    for name in given:
        if isinstance(name, str) and name not in known:
            raise UnknownNameError.of("symbol", name, sorted(known))
    return [known[v] if isinstance(v, str) else v for v in given]


def _by_power(poly: fmpq_mpoly, space: Ring, variables: Sequence[Symbol]) -> dict[Expr, Expr]:
    place = [space.gens.index(v) for v in variables if v in space.gens]
    groups: dict[tuple[int, ...], dict[tuple[int, ...], fmpq]] = {}
    for exps, c in poly.terms():
        rest = tuple(0 if i in place else k for i, k in enumerate(exps))
        groups.setdefault(tuple(exps[i] for i in place), {})[rest] = c
    order = sorted(groups, key=lambda powers: (sum(powers), [-k for k in powers]))
    return {
        Mul(*(space.gens[i] ** k for i, k in zip(place, powers, strict=True))): from_poly(
            space.context.from_dict(groups[powers]), space
        )
        for powers in order
    }
