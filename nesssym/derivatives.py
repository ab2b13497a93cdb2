"""Exact derivatives of formulas by accumulation along their shared steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sympy import Add, Derivative, Expr, Integer, Mul, Subs, Symbol

from nesssym import parsing, typeset
from nesssym.errors import NessError
from nesssym.formulas import Formulas, Steps

__all__ = ["gradients", "sensitivity"]


def sensitivity(
    formulas: Formulas, wrt: Iterable[Any] | None = None, *, logarithmic: bool = False
) -> Formulas:
    r"""Return the exact derivative of every formula with respect to every symbol.

    How a result responds to its parameters: which rate limits a current, which error bar matters.
    The chain rule runs along the shared steps, forwards where symbols are fewer than results and
    backwards where they are more (the adjoint way: all derivatives of one result for a few times
    its own cost), so that nothing is unfolded or becomes long. The derivatives are formulas again,
    and can be differentiated again.

    Parameters
    ----------
    formulas : Formulas
        Any formulas.
    wrt : iterable of Symbol or str, optional
        The symbols, or their names; by default all that occur. One that is a parameter of the
        model but does not occur has derivative zero.
    logarithmic : bool, optional
        Return :math:`\partial \ln f / \partial \ln x = (x / f)\, \partial f / \partial x`: by how
        many percent the result changes with each percent of the symbol. For a steady flux these
        are the control coefficients, for a rate law the elasticities of metabolic control analysis.

    Returns
    -------
    Formulas
        Labels ``"d f / d x"``, or ``"d ln f / d ln x"``, result by result.

    Raises
    ------
    UnknownNameError
        A symbol that the formulas do not know; the message lists those they know.
    NessError
        No symbols, a function without a known derivative, or a logarithmic derivative of a result
        that is zero.

    References
    ----------
    A. Griewank, A. Walther, Evaluating Derivatives, 2nd ed. (SIAM, 2008),
    doi:10.1137/1.9780898717761.

    Examples
    --------
    >>> import nesssym as ns
    >>> ss = ns.steady_state(ns.StateGraph.from_text("A <-> B ; k, kr"))
    >>> d = ns.sensitivity(ss.state, ["k"])
    >>> d.labels
    ('d A / d k', 'd B / d k')
    >>> d["d B / d k"].factor()
    kr/(k + kr)**2
    >>> ns.sensitivity(ss.state, ["k"], logarithmic=True).at({"k": 1, "kr": 3})
    {'d ln A / d ln k': -1/4, 'd ln B / d ln k': 3/4}
    """
    chosen = formulas.symbols if wrt is None else wrt
    if isinstance(chosen, str | Symbol):
        chosen = [chosen]
    known = {str(s): s for s in formulas.parameters}
    parsing.substitution(dict.fromkeys(chosen, 1), formulas.parameters)
    symbols = [known[str(s)] for s in dict.fromkeys(chosen)]
    if not symbols:
        raise NessError("nothing to differentiate by: the formulas have no symbols, or none given")
    shared = Steps(formulas.parameters, dict(formulas.notation), formulas.assume)
    values = shared.absorb(formulas)
    rows = gradients(shared, list(values.values()), symbols)
    names = typeset.names_for(formulas.parameters, dict(formulas.notation))
    ln, latex_ln = ("ln ", r"\ln ") if logarithmic else ("", "")
    found: dict[str, Expr] = {}
    heads: list[str] = []
    for (label, value), head, row in zip(values.items(), formulas.heads, rows, strict=True):
        if logarithmic and value == 0:
            raise NessError(f"{label} is zero and has no logarithm; leave it out with .select")
        for symbol, derivative in zip(symbols, row, strict=True):
            scaled = symbol * derivative / value if logarithmic else derivative
            found[f"d {ln}{label} / d {ln}{symbol}"] = scaled
            below = rf"\partial {latex_ln}{names.get(symbol, typeset.name(symbol.name))}"
            heads.append(rf"\frac{{\partial {latex_ln}{head}}}{{{below}}}")
    return shared.formulas(found, heads=heads, unit=_unit(formulas.unit, logarithmic))


def gradients(shared: Steps, exprs: list[Expr], symbols: list[Symbol]) -> list[list[Expr]]:
    """Return the derivatives of expressions over shared steps, adding the steps they need.

    Parameters
    ----------
    shared : Steps
        Holds the steps of `exprs`; gets those of the derivatives.
    exprs : list of Expr
        What to differentiate.
    symbols : list of Symbol
        By what; symbols of the model, not of steps.

    Returns
    -------
    list of list of Expr
        One row an expression, one entry a symbol.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b", positive=True)
    >>> shared = Steps((a, b))
    >>> gradients(shared, [a * shared.let(a + b, "s")], [a, b])
    [[a + s1, a]]
    """
    steps = shared.steps
    if len(symbols) <= len(exprs):
        columns = [_forward(shared, steps, exprs, symbol) for symbol in symbols]
        return [list(row) for row in zip(*columns, strict=True)]
    active: set[Expr] = set(symbols)
    for step, expr in steps:
        if not active.isdisjoint(expr.free_symbols):
            active.add(step)
    return [_backward(shared, steps, expr, symbols, active) for expr in exprs]


Given = tuple[tuple[Symbol, Expr], ...]


def _forward(shared: Steps, steps: Given, exprs: list[Expr], symbol: Symbol) -> list[Expr]:
    """Carry the derivative by one symbol along the steps."""
    moved: dict[Expr, Expr] = {symbol: Integer(1)}

    def derivative(expr: Expr) -> Expr:
        inputs = [v for v in _variables(expr) if v in moved]
        return Add(*(Mul(_partial(shared, expr, v), moved[v]) for v in inputs))

    for step, expr in steps:
        change = shared.let(derivative(expr), "d", positive=False)
        if change != 0:
            moved[step] = change
    return [derivative(expr) for expr in exprs]


def _backward(
    shared: Steps, steps: Given, expr: Expr, symbols: list[Symbol], active: set[Expr]
) -> list[Expr]:
    """Carry the derivative of one expression back to all symbols."""
    gathered: dict[Expr, list[Expr]] = {}

    def spread(expr: Expr, weight: Expr) -> None:
        for v in _variables(expr):
            if v in active:
                gathered.setdefault(v, []).append(weight * _partial(shared, expr, v))

    spread(expr, Integer(1))
    for step, definition in reversed(steps):
        if step in gathered:
            spread(definition, shared.let(Add(*gathered[step]), "d", positive=False))
    return [Add(*gathered.get(symbol, ())) for symbol in symbols]


def _variables(expr: Expr) -> list[Symbol]:
    return sorted(expr.free_symbols, key=lambda s: s.name)


def _partial(shared: Steps, expr: Expr, variable: Symbol) -> Expr:
    found = expr.diff(variable)
    if found.has(Derivative, Subs):
        raise NessError(f"no derivative of {expr} with respect to {variable} is known")
    return shared.let(found, "g", positive=False)


def _unit(unit: str, logarithmic: bool) -> str:
    if logarithmic:
        return "1"
    return "1/parameter" if unit == "1" else f"{unit}/parameter"
