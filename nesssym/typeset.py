"""LaTeX of names, free text, expressions and straight-line programs, for TeX and for KaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count, groupby, islice
from string import ascii_letters

from sympy import ComplexRootOf, Expr, Mul, Symbol, preorder_traversal
from sympy.printing.latex import LatexPrinter

from nesssym.errors import TooLargeError
from nesssym.functions import logratio, netflux

__all__ = ["display", "equations", "expression", "name", "names_for", "text"]

MAX_DISPLAY = 20_000  # bytes of LaTeX that a notebook can sensibly show
MAX_SORTED = 50  # terms; SymPy sorts monomials in a time that grows with the square

_GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|"
    "upsilon|phi|chi|psi|omega|var(epsilon|theta|pi|rho|sigma|phi)|"
    "Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega"
)
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    **{char: f"\\{char}" for char in "%#&$_{}"},
}
_ASCII = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u2033", '"'),
        **{"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l"},
        # Greek letters that TeX has no command for, because they look like Latin ones.
        **dict(zip("\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c", "ABEZHIKM", strict=True)),
        **dict(zip("\u039d\u039f\u03a1\u03a4\u03a7\u03bf", "NOPTXo", strict=True)),
    }
)
_SIGNS = {
    "\u03c2": r"{\varsigma}",
    "\u2192": r"\mathrel{\to}",
    "\u2190": r"\mathrel{\leftarrow}",
    "\u2194": r"\mathrel{\leftrightarrow}",
    "\u21cc": r"\mathrel{\leftrightarrow}",
    "\u00b7": r"{\cdot}",
    "\u00d7": r"{\times}",
    "\u00b1": r"{\pm}",
    "\u221e": r"{\infty}",
    "\u2205": r"{\emptyset}",
    "\u00b0": r"{}^{\circ}",
}
_PIECE = re.compile(r"\\[A-Za-z]+|\\.|[^\s^_&]", re.DOTALL)
_INVISIBLE = {r"\left", r"\right", r"\text", r"\mathrm", r"\mathit", r"\mathtt"}


def text(label: str) -> str:
    r"""Return any text as upright LaTeX for use in a formula, in ASCII.

    Greek letters, a few signs and the arrows ``->`` and ``<->`` become commands, accents are
    dropped, and a character that has no ASCII form is written as its code point. Put the result
    into braces where TeX wants one argument.

    Parameters
    ----------
    label : str
        Anything: a state label, a title.

    Examples
    --------
    >>> print(text("50% open_2"))
    \text{50\% open\_2}
    >>> print(text("Δμ→é"))
    {\Delta}{\mu}\mathrel{\to}\text{e}
    """
    arrows = label.replace("<->", "\u2194").replace("->", "\u2192")
    plain = unicodedata.normalize("NFKD", arrows).translate(_ASCII)
    pieces = [_character(c) for c in plain if unicodedata.category(c) not in ("Mn", "Cf")]
    parts = []
    for upright, group in groupby(pieces, key=lambda piece: piece[0]):
        joined = "".join(latex for _, latex in group)
        parts.append(rf"\text{{{joined}}}" if upright else joined)
    return "".join(parts) or r"\text{}"


def name(symbol_name: str) -> str:
    r"""Return the LaTeX of a checked symbol name.

    Greek words become letters, words of several Latin letters one italic word, and digits and
    parts after an underscore one subscript.

    Parameters
    ----------
    symbol_name : str
        A name as `nesssym.parsing.symbol` accepts it.

    Examples
    --------
    >>> print(name("k1_10"), name("k1r"), name("mu_h"), name("k_on"), name("GL"))
    k_{1,10} k_{1r} \mu_{h} k_{\mathrm{on}} \mathit{GL}
    """
    first, *parts = symbol_name.split("_")
    rest = first.lstrip(ascii_letters)
    stem = first.removesuffix(rest)
    below = ",".join(_subscript(part) for part in (rest, *parts) if part)
    return _word(stem, "mathit") + (f"_{{{below}}}" if below else "")


def names_for(symbols: Iterable[Symbol], given: Mapping[Symbol, str]) -> dict[Symbol, str]:
    r"""Return the LaTeX of every symbol, each different.

    Parameters
    ----------
    symbols : iterable of Symbol
        The symbols, in order: where two would look the same, the later one is written as it is
        typed, as ``\mathtt{k\_1}``.
    given : mapping of Symbol to str
        LaTeX that is wished for some of them.

    Examples
    --------
    >>> names_for([Symbol("k1"), Symbol("k_1")], {})
    {k1: 'k_{1}', k_1: '\\mathtt{k\\_1}'}
    """
    names: dict[Symbol, str] = {}
    used: set[str] = set()
    for symbol in symbols:
        latex = given.get(symbol) or name(symbol.name)
        if latex in used:
            latex = rf"\mathtt{{{symbol.name}}}".replace("_", r"\_")
        used.add(latex)
        names[symbol] = latex
    return names


def expression(expr: Expr, names: Mapping[Symbol, str] | None = None) -> str:
    r"""Return the LaTeX of one expression, in SymPy's order of terms.

    Sums of more than 50 terms are in the order in which SymPy keeps them.

    Parameters
    ----------
    expr : Expr
        Any expression; ``logratio(f, b, d)`` is written as the logarithm of a fraction.
    names : mapping of Symbol to str, optional
        LaTeX of symbols that differs from `name`.

    Raises
    ------
    TooLargeError
        Nested deeper than SymPy's printer can follow.

    Examples
    --------
    >>> a, b = Symbol("k1"), Symbol("mu_h")
    >>> print(expression(a / (a + b)))
    \frac{k_{1}}{k_{1} + \mu_{h}}
    """
    try:
        return _Printer(_all_names([expr], (), names or {})).latex(expr)
    except RecursionError:
        raise _too_deep() from None


def equations(
    heads: Sequence[str],
    exprs: Sequence[Expr],
    steps: Sequence[tuple[Symbol, Expr]] = (),
    names: Mapping[Symbol, str] | None = None,
    width: int = 100,
) -> str:
    r"""Return a straight-line program as a LaTeX ``aligned`` block.

    Steps come first, then the results. A sum that is longer than a line is broken; a long sum
    within a fraction or product is written once, as a part with a name of its own, before the
    equation that needs it.

    Parameters
    ----------
    heads : sequence of str
        LaTeX of the left-hand side of each result.
    exprs : sequence of Expr
        The results, one a head.
    steps : sequence of (Symbol, Expr), optional
        Shared intermediate results, in order.
    names : mapping of Symbol to str, optional
        LaTeX of symbols that differs from `name`.
    width : int, optional
        Roughly how many typeset characters a line may have.

    Raises
    ------
    TooLargeError
        Nested deeper than SymPy's printer can follow.

    Examples
    --------
    >>> a, b, z = Symbol("a"), Symbol("b"), Symbol("Z")
    >>> print(equations(["p_1"], [a / z], [(z, a + b)]))
    \begin{aligned}
    Z &= a + b \\
    p_1 &= \frac{a}{Z}
    \end{aligned}
    """
    try:
        printer = _Printer(_all_names(exprs, steps, names or {}))
        block = _Block(printer, width)
        defined = [(printer.names[symbol], expr) for symbol, expr in steps]
        known = dict(defined)
        # A step that is a result already has its line.
        results = [
            (head, expr)
            for head, expr in zip(heads, exprs, strict=True)
            if head not in known or printer.names.get(expr) != head
        ]
        program = (*defined, *results)
        lines = [line for head, expr in program for line in block.equation(head, expr)]
    except RecursionError:
        raise _too_deep() from None
    return "\n".join((r"\begin{aligned}", " \\\\\n".join(lines), r"\end{aligned}"))


def display(
    heads: Sequence[str],
    exprs: Sequence[Expr],
    steps: Sequence[tuple[Symbol, Expr]] = (),
    names: Mapping[Symbol, str] | None = None,
) -> str | None:
    r"""Return the block of `equations` for a notebook, or None where it would be too large.

    Parameters
    ----------
    heads, exprs, steps, names
        As for `equations`.

    Examples
    --------
    >>> print(display(["p"], [Symbol("a")]))
    $\displaystyle \begin{aligned}
    p &= a
    \end{aligned}$
    """
    nodes = chain.from_iterable(map(preorder_traversal, (*(e for _, e in steps), *exprs)))
    try:
        if next(islice(nodes, MAX_DISPLAY // 3, None), None) is not None:
            return None
        block = equations(heads, exprs, steps, names)
    except (RecursionError, TooLargeError):
        return None
    return rf"$\displaystyle {block}$" if len(block) <= MAX_DISPLAY else None


class _Printer(LatexPrinter):  # type: ignore[misc]  # SymPy has no types
    """SymPy's printer with our names of symbols."""

    def __init__(self, names: dict[Symbol, str]) -> None:
        super().__init__({"ln_notation": True})
        self.names = names

    def latex(self, expr: Expr) -> str:
        return str(self.doprint(expr))

    def terms(self, expr: Expr) -> list[Expr]:
        return self._as_ordered_terms(expr) if expr.is_Add else [expr]

    def _as_ordered_terms(self, expr: Expr, order: str | None = None) -> list[Expr]:
        if len(expr.args) > MAX_SORTED:
            return list(expr.args)
        return list(super()._as_ordered_terms(expr, order=order))

    def _print_Symbol(self, expr: Symbol, style: str = "plain") -> str:
        return self.names[expr]

    def _print_logratio(self, expr: Expr, exp: str | None = None) -> str:
        f, b, _ = expr.args
        latex = rf"\ln\frac{{{self._print(f)}}}{{{self._print(b)}}}"
        return latex if exp is None else rf"\left({latex}\right)^{{{exp}}}"

    def _print_netflux(self, expr: Expr, exp: str | None = None) -> str:
        f, b, *_ = expr.args
        latex = self._print(f - b)
        return latex if exp is None else rf"\left({latex}\right)^{{{exp}}}"

    def _needs_mul_brackets(self, expr: Expr, first: bool = False, last: bool = False) -> bool:
        if isinstance(expr, netflux):
            return True
        if isinstance(expr, logratio):
            return not last
        return bool(super()._needs_mul_brackets(expr, first=first, last=last))


@dataclass(frozen=True)
class _Block:
    """Breaks equations into lines; remembers the sums that it has given a name."""

    printer: _Printer
    width: int
    parts: dict[Expr, Expr] = field(default_factory=dict)
    widths: dict[Expr, int] = field(default_factory=dict)

    def equation(self, head: str, expr: Expr) -> Iterator[str]:
        room = max(self.width - _width(head) - 3, 20)
        line, used = rf"{head} &=", 0
        for i, term in enumerate(self.printer.terms(expr)):
            while self.wide(term) > room and (inner := self.longest(term, room)) is not None:
                yield from self.name(inner, term)
                term = term.xreplace({inner: self.parts[inner]})
            latex = self.printer.latex(term)
            if i:
                latex = f"- {latex[1:].lstrip()}" if latex[0] == "-" else f"+ {latex}"
            if used and used + _width(latex) > room:
                yield line
                line, used = r"&\quad {}", 2
            line, used = f"{line} {latex}", used + _width(latex) + 1
        yield line

    def wide(self, expr: Expr) -> int:
        if expr not in self.widths:
            self.widths[expr] = _width(self.printer.latex(expr))
        return self.widths[expr]

    def longest(self, term: Expr, room: int) -> Expr | None:
        """Return the widest sum in `term` that is worth a name."""
        sums = (e for e in _open(term) if e.is_Add)
        widest = max(sums, key=self.wide, default=None)
        return widest if widest is not None and self.wide(widest) > room // 4 else None

    def name(self, inner: Expr, term: Expr) -> Iterator[str]:
        """Make `inner`, or what it is the negative of, a part and yield its equation."""
        sign = -1 if inner.could_extract_minus_sign() else 1
        value = Mul(sign, inner)
        if value not in self.parts:
            powers = (e for e in preorder_traversal(term) if e.is_Pow and e.exp.is_negative)
            stem = "D" if any(e.base == inner for e in powers) else "N"
            names = self.printer.names
            taken = {symbol.name for symbol in names} | set(names.values())
            number = next(i for i in count(1) if not {f"{stem}{i}", f"{stem}_{{{i}}}"} & taken)
            self.parts[value] = part = Symbol(f"{stem}{number}", real=True)
            names[part] = f"{stem}_{{{number}}}"
            yield from self.equation(names[part], value)
        self.parts[inner] = sign * self.parts[value]


def _open(expr: Expr) -> Iterator[Expr]:
    """Walk through an expression, but not into what has a variable of its own: roots, integrals."""
    nodes = preorder_traversal(expr)
    for node in nodes:
        if isinstance(node, ComplexRootOf) or getattr(node, "bound_symbols", None):
            nodes.skip()
        yield node


def _all_names(
    exprs: Sequence[Expr], steps: Sequence[tuple[Symbol, Expr]], given: Mapping[Symbol, str]
) -> dict[Symbol, str]:
    # With the variables of integrals, which are not free but are printed.
    free: set[Symbol] = set().union(*(e.atoms(Symbol) for e in (*exprs, *(e for _, e in steps))))
    mine = [symbol for symbol, _ in steps]
    return names_for((*sorted(free.difference(mine), key=lambda s: s.name), *mine), given)


def _character(char: str) -> tuple[bool, str]:
    """Return LaTeX of one character and whether it is for use in upright text."""
    if char.isascii() and char.isprintable():
        return True, _ESCAPES.get(char, char)
    if char in _SIGNS:
        return False, _SIGNS[char]
    if unicodedata.category(char) in ("Zs", "Zl", "Zp", "Cc"):
        return True, " "
    letter = re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (\w+)", unicodedata.name(char, ""))
    if letter is not None:
        word = letter[2].lower().replace("lamda", "lambda")
        word = word.capitalize() if letter[1] == "CAPITAL" else word
        if _GREEK.fullmatch(word):
            return False, rf"{{\{word}}}"
    return True, f"[U+{ord(char):04X}]"


def _word(letters: str, font: str) -> str:
    if _GREEK.fullmatch(letters):
        return f"\\{letters}"
    return letters if len(letters) == 1 else rf"\{font}{{{letters}}}"


def _subscript(part: str) -> str:
    runs = re.findall(r"[0-9]+|[A-Za-z]+", part)
    return "".join(run if run.isdigit() else _word(run, "mathrm") for run in runs)


def _width(latex: str) -> int:
    """Estimate how many characters wide LaTeX looks; of a fraction, the wider part counts."""
    widths = [0]
    fractions: list[list[int]] = []
    for piece in _PIECE.findall(latex):
        if piece == "{":
            widths.append(0)
        elif piece == r"\frac":
            fractions.append([len(widths)])
        elif piece != "}":
            widths[-1] += piece not in _INVISIBLE
        else:
            inner = widths.pop()
            if fractions and fractions[-1][0] == len(widths):
                fractions[-1].append(inner)
                if len(fractions[-1]) < 3:
                    continue
                inner = max(fractions.pop()[1:])
            widths[-1] += inner
    return widths[0]


def _too_deep() -> TooLargeError:
    return TooLargeError(
        "an expression is nested too deeply to typeset; keep shared steps (do not unfold them) or "
        "name parts of it"
    )
