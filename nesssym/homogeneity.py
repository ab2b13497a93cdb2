"""Homogeneity: by which power a result scales with some of its parameters, the others held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Abs, Add, Dummy, Expr, Integer, Integral, Mul, Pow, Symbol, exp, oo

from nesssym import parsing
from nesssym.errors import NessError
from nesssym.exact.rational import cancel
from nesssym.formulas import Formulas
from nesssym.functions import plain
from nesssym.roots import RootIn

__all__ = ["Homogeneity", "homogeneity"]

MOST_SHOWN = 30


@dataclass(frozen=True)
class Homogeneity:
    """The degree of a homogeneous result, with what was scaled and what was held fixed.

    Parameters
    ----------
    degree : Expr or None
        The result grows by the factor to this power: a number, or an expression in what is held.
        None for a result that is zero, which has any degree.
    scaled : mapping of str to Expr
        Parameters that grow, and the power of the factor by which each does.
    held : tuple of str
        The other parameters of this result, which stay.

    Examples
    --------
    >>> from nesssym import Homogeneity
    >>> print(Homogeneity(Integer(-1), {"L": Integer(1)}, ("T_h", "T_c")))
    degree -1 in L, with T_h, T_c held fixed
    """

    degree: Expr | None
    scaled: Mapping[str, Expr]
    held: tuple[str, ...]

    def __str__(self) -> str:
        what = ", ".join(n if w == 1 else f"{n}^({w})" for n, w in self.scaled.items())
        fixed = f", with {', '.join(self.held)} held fixed" if self.held else ""
        degree = "any degree" if self.degree is None else f"degree {self.degree}"
        return f"{degree} in {what}{fixed}"


def homogeneity(formulas: Formulas, scaled: Any) -> dict[str, Homogeneity]:
    r"""Return the exact degree by which every result scales with some parameters.

    A result is homogeneous of degree k if :math:`f(\lambda^{w} x, y) = \lambda^k f(x, y)`. What is
    extensive has degree 1 in the size of a system; every current and entropy production has degree
    1 in all rates together, which is a change of the unit of time. The answer depends on what is
    held fixed, so that this is returned too.

    The degree is proved, not sampled: term by term along the shared steps, and where terms differ,
    by Euler's theorem, :math:`\sum w\,x\,\partial f/\partial x = k f`.

    Parameters
    ----------
    formulas : Formulas
        Any formulas; substitute first what is to be held instead of a parameter.
    scaled : str, Symbol, iterable of them, or mapping to numbers
        The parameters that grow by a common factor; a mapping has the powers of that factor.

    Raises
    ------
    UnknownNameError
        A parameter that the formulas do not have.
    NessError
        A result is not homogeneous; the message has its logarithmic slope.

    Examples
    --------
    Between fixed temperatures a longer rod produces less entropy:

    >>> import nesssym as ns
    >>> rod = ns.Rod("kappa", "L", "T_h", "T_c", area="A")
    >>> print(ns.homogeneity(rod.entropy_production, "L")["sigma"])
    degree -1 in L, with kappa, T_h, T_c, A held fixed
    >>> ns.homogeneity(rod.entropy_production, {"L": 1, "A": 2})["sigma"].degree
    1
    >>> ns.homogeneity(rod.entropy_production, "T_h")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    nesssym.errors.NessError: sigma is not homogeneous in T_h: its logarithmic slope is ...
    """
    weights = _weights(formulas, scaled)
    known: dict[Expr, Expr] = dict(weights)
    for symbol, expr in formulas.steps:
        try:
            known[symbol] = _degree(plain(expr), known)
        except _UnevenError:
            known[symbol] = _UNKNOWN
    found = {}
    for label, expr in zip(formulas.labels, formulas.exprs, strict=True):
        try:
            degree = _degree(plain(expr), known)
        except _UnevenError:
            degree = _by_euler(label, formulas[label], weights)
        inside = formulas.select([label]).symbols
        found[label] = Homogeneity(
            None if degree is _ANY else degree,
            {s.name: w for s, w in weights.items()},
            tuple(s.name for s in inside if s not in weights),
        )
    return found


def _weights(formulas: Formulas, scaled: Any) -> dict[Symbol, Expr]:
    names = [scaled] if isinstance(scaled, str | Symbol) else scaled
    given = scaled if isinstance(scaled, Mapping) else dict.fromkeys(names, 1)
    if not given:
        raise NessError("nothing to scale: name at least one parameter")
    return dict(parsing.substitution(given, formulas.parameters))


class _UnevenError(Exception):
    """Terms of different degrees, or a function of something that scales."""


_UNKNOWN = Dummy("unknown")
_ANY = oo  # the degree of zero, whose terms agree with all others


class _Rules:
    """Degrees term by term; unknowns of roots and integrals get the degree that makes terms agree.

    Parameters
    ----------
    known : dict of Expr to Expr
        Degrees of symbols; those that are not listed do not scale.
    """

    def __init__(self, known: Mapping[Expr, Expr]) -> None:
        self.known = dict(known)
        self.solved: dict[Expr, Expr] = {}
        self.open: set[Expr] = set()

    def of(self, expr: Expr) -> Expr:
        if expr == 0:
            return _ANY
        if expr.is_Symbol:
            degree = self.known.get(expr, Integer(0))
            if degree is _UNKNOWN:
                raise _UnevenError
            return degree
        if not expr.args:
            return Integer(0)
        if isinstance(expr, Mul):
            degrees = [self.of(arg) for arg in expr.args]
            return _ANY if _ANY in degrees else Add(*degrees)
        if isinstance(expr, Add):
            return self.common(expr.args)
        if isinstance(expr, Pow) and not isinstance(expr, exp):
            base, exponent = expr.args
            self.agree(self.of(exponent), Integer(0))
            degree = self.of(base)
            return _ANY if degree is _ANY else degree * exponent
        if isinstance(expr, Abs):
            return self.of(expr.args[0])
        if isinstance(expr, RootIn | Integral):
            return self.bound(expr)
        for arg in expr.args:
            self.agree(self.of(arg), Integer(0))
        return Integer(0)

    def common(self, terms: Iterable[Expr]) -> Expr:
        degrees = [d for d in map(self.of, terms) if d is not _ANY]
        for other in degrees[1:]:
            self.agree(degrees[0], other)
        return degrees[0] if degrees else _ANY

    def bound(self, expr: Expr) -> Expr:
        """Give the unknown of a root, or of an integral, the degree of its bounds."""
        symbol, low, high = expr.limits[0]
        if len(expr.limits) > 1:
            raise _UnevenError
        weight = Dummy("w")
        self.open.add(weight)
        self.known[symbol] = weight
        for end in (low, high):
            if end != 0 and end is not oo:
                self.agree(self.of(end), weight)
        inner = self.of(expr.function)
        if isinstance(expr, RootIn):
            return weight
        return _ANY if inner is _ANY else inner + weight

    def agree(self, first: Expr, second: Expr) -> None:
        if _ANY in (first, second):
            return
        difference = (first - second).xreplace(self.solved).expand()
        if difference == 0:
            return
        unknown = next((u for u in difference.free_symbols if u in self.open), None)
        if unknown is None:
            raise _UnevenError
        value = -(difference - difference.coeff(unknown) * unknown) / difference.coeff(unknown)
        self.solved = {u: v.xreplace({unknown: value}) for u, v in self.solved.items()}
        self.solved[unknown] = value
        self.open.discard(unknown)


def _degree(expr: Expr, known: Mapping[Expr, Expr]) -> Expr:
    rules = _Rules(known)
    degree = rules.of(expr).xreplace(rules.solved)
    if not degree.free_symbols.isdisjoint(rules.open):
        raise _UnevenError
    return degree if degree is _ANY else degree.expand()


def _by_euler(label: str, expr: Expr, weights: Mapping[Symbol, Expr]) -> Expr:
    """Return the logarithmic slope along the scaling, which is the degree if it is constant."""
    if expr == 0:
        return _ANY
    slope = cancel(Add(*(w * s * expr.diff(s) for s, w in weights.items())) / expr)
    if slope.free_symbols.isdisjoint(weights):
        return slope
    size = slope.count_ops()
    shown = str(slope) if size <= MOST_SHOWN else f"no constant ({size} operations)"
    names = ", ".join(s.name for s in weights)
    raise NessError(f"{label} is not homogeneous in {names}: its logarithmic slope is {shown}")
