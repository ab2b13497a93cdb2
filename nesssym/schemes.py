"""Schemes: what turns into what at which rate, as LaTeX with arrows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sympy import Expr, Symbol

from nesssym import typeset

__all__ = ["Arrow", "scheme"]


class Arrow(NamedTuple):
    """A process between two things; `left`, `right` and `label` are LaTeX already.

    With `law` the rates are whole laws and not constants that the concentrations multiply.
    """

    left: str
    right: str
    rate: Expr
    reverse: Expr
    label: str = ""
    law: bool = False


def scheme(arrows: Iterable[Arrow], names: Mapping[Symbol, str] | None = None) -> str | None:
    r"""Return the processes one below the other for a notebook, or None where that is too large.

    Parameters
    ----------
    arrows : iterable of Arrow
        The rates stand above and below the arrows.
    names : mapping of Symbol to str, optional
        LaTeX of symbols.

    Examples
    --------
    >>> from sympy import symbols
    >>> k, kr = symbols("k kr", positive=True)
    >>> print(scheme([Arrow(r"\text{A}", r"\text{B}", k, kr)]))
    $\displaystyle \begin{aligned}
    \text{A} &\underset{\mathit{kr}}{\overset{k}{\rightleftharpoons}} \text{B}
    \end{aligned}$
    """
    rows, size = [], 0
    for arrow in arrows:
        rows.append(_row(arrow, names))
        size += len(rows[-1])
        if size > typeset.MAX_DISPLAY:
            return None
    block = " \\\\\n".join(rows)
    return f"$\\displaystyle \\begin{{aligned}}\n{block}\n\\end{{aligned}}$"


def _row(arrow: Arrow, names: Mapping[Symbol, str] | None) -> str:
    over = ("v = " if arrow.law else "") + typeset.expression(arrow.rate, names)
    sign = rf"\xrightarrow{{{over}}}"
    if arrow.reverse != 0:
        under = typeset.expression(arrow.reverse, names)
        sign = rf"\underset{{{under}}}{{\overset{{{over}}}{{\rightleftharpoons}}}}"
    return rf"{arrow.left} &{sign} {arrow.right}" + (rf" &&{arrow.label}" if arrow.label else "")
