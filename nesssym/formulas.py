"""Formulas: labelled exact expressions over shared steps, the one currency of results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

from sympy import Expr, Pow, Symbol

from nesssym import parsing, typeset
from nesssym.errors import NameClashError, NessError, TooLargeError, UnknownNameError
from nesssym.functions import plain
from nesssym.programs import languages
from nesssym.programs.program import free_symbols, needed_steps

__all__ = ["Formulas", "Steps"]

MAX_OPERATIONS = 100_000


@dataclass(frozen=True, repr=False)
class Formulas(Mapping[str, Expr]):
    """Labelled exact expressions that share intermediate steps.

    What every derivation of nesssym returns. It knows nothing of networks: it is a straight-line
    program in SymPy's own ``(replacements, reduced)`` form, as `sympy.cse` returns it, with a
    label for every result. Looking up a label gives one closed SymPy expression.

    Parameters
    ----------
    labels : tuple of str
        One name a result, unique.
    exprs : tuple of Expr
        One expression a label, in the model's symbols and the symbols of `steps`.
    steps : tuple of (Symbol, Expr), optional
        Shared intermediate results; each uses only model symbols and earlier steps.
    symbols : tuple of Symbol, optional
        The model's symbols in order. Afterwards it holds those that occur, and
        `parameters` holds all of them.
    heads : tuple of str, optional
        LaTeX of the left-hand side of each result.
    notation : tuple of (Symbol, str), optional
        LaTeX of symbols (of the model and of steps) that differs from the default.
    assume : tuple of Expr, optional
        Expressions that the derivation took to be positive; kernels check them.
    unit : str, optional
        The unit of the values, as text: ``"1"``, ``"1/time"``, ``"k_B/time"``.
    parameters : tuple of Symbol, optional
        Further symbols of the model: values for them are accepted, though they do not occur.

    Raises
    ------
    NameClashError
        Two results with one label, or two different symbols with one name.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b, x = symbols("a b x", positive=True)
    >>> f = Formulas(("sum", "ratio"), (x, a / x), steps=((x, a + b),))
    >>> f["ratio"]
    a/(a + b)
    >>> f.symbols
    (a, b)
    >>> f.at({"a": 1, "b": "1/2"})
    {'sum': 3/2, 'ratio': 2/3}
    """

    labels: tuple[str, ...]
    exprs: tuple[Expr, ...]
    steps: tuple[tuple[Symbol, Expr], ...] = ()
    symbols: tuple[Symbol, ...] = ()
    heads: tuple[str, ...] = ()
    notation: tuple[tuple[Symbol, str], ...] = ()
    assume: tuple[Expr, ...] = ()
    unit: str = "1"
    parameters: tuple[Symbol, ...] = ()

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.exprs):
            raise NessError(f"{len(self.labels)} labels for {len(self.exprs)} expressions")
        if not all(isinstance(expr, Expr) for expr in self.exprs):
            object.__setattr__(self, "exprs", tuple(map(parsing.expr, self.exprs)))
        if len(set(self.labels)) != len(self.labels):
            twice = next(label for label in self.labels if self.labels.count(label) > 1)
            raise NameClashError(f"two results have the label {twice!r}; labels must differ")
        if not self.heads:
            object.__setattr__(self, "heads", tuple(map(typeset.text, self.labels)))
        free = free_symbols((*self.exprs, *(e for _, e in self.steps)))
        free.difference_update(symbol for symbol, _ in self.steps)
        known = tuple(symbol for symbol in self.symbols if symbol in free)
        rest = sorted(free.difference(known), key=lambda symbol: symbol.name)
        everything = dict.fromkeys((*self.symbols, *self.parameters, *rest))
        object.__setattr__(self, "symbols", (*known, *rest))
        object.__setattr__(self, "parameters", tuple(everything))
        parsing.check_distinct(self.parameters)

    def __repr__(self) -> str:
        shown = ", ".join(self.labels[:6]) + (", ..." if len(self.labels) > 6 else "")
        size = f"{len(self.steps)} steps, {len(self.symbols)} symbols"
        return f"<{type(self).__name__}: {shown}; {size}>"

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels)

    def __contains__(self, label: object) -> bool:
        return str(label) in self._positions

    def __getitem__(self, label: object) -> Expr:
        """Return one result in closed form, its steps substituted.

        Raises `UnknownNameError` for an unknown label and `TooLargeError` where the closed form
        has more than 100,000 operations.
        """
        return self._unfolded((self._index(label),))[0]

    def __or__(self, other: Formulas) -> Formulas:
        """Join two sets of results; equal steps are shared, clashing step names renamed."""
        shared = Steps(
            symbols=tuple(dict.fromkeys((*self.parameters, *other.parameters))),
            assume=tuple(dict.fromkeys((*self.assume, *other.assume))),
        )
        mine, theirs = shared.absorb(self), shared.absorb(other)
        return shared.formulas(
            (*mine.items(), *theirs.items()),
            heads=(*self.heads, *other.heads),
            unit=self.unit if self.unit == other.unit else "mixed",
        )

    def _index(self, label: object) -> int:
        try:
            return self._positions[str(label)]
        except KeyError:
            raise UnknownNameError.of("label", label, self.labels) from None

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {label: i for i, label in enumerate(self.labels)}

    @cached_property
    def _sizes(self) -> dict[Symbol, int]:
        sizes: dict[Symbol, int] = {}
        for symbol, expr in self.steps:
            sizes[symbol] = _operations(plain(expr), sizes)
        return sizes

    def operations(self, label: object) -> int:
        """Return how many operations the closed form of a result has, without building it."""
        return _operations(plain(self.exprs[self._index(label)]), self._sizes)

    def _unfolded(self, indices: Iterable[int]) -> tuple[Expr, ...]:
        chosen = [plain(self.exprs[i]) for i in indices]
        size = self._sizes
        total = sum(_operations(expr, size) for expr in chosen)
        if total > MAX_OPERATIONS:
            raise TooLargeError(
                f"the closed form has about {total:.3g} operations, more than {MAX_OPERATIONS:,}; "
                "use .exprs with .steps, .at({...}) for exact values or nesssym.compile() for "
                "numbers"
            )
        env: dict[Expr, Expr] = {}
        for symbol, expr in self.steps:
            if size[symbol] <= MAX_OPERATIONS:
                env[symbol] = expr.xreplace(env)
        return tuple(plain(expr.xreplace(env)) for expr in chosen)

    def select(self, labels: Iterable[object]) -> Formulas:
        """Return the formulas of some labels only, with just the steps they need."""
        indices = [self._index(label) for label in labels]
        exprs = tuple(self.exprs[i] for i in indices)
        return replace(
            self,
            labels=tuple(self.labels[i] for i in indices),
            exprs=exprs,
            steps=needed_steps(exprs, self.steps),
            heads=tuple(self.heads[i] for i in indices),
        )

    def unfold(self) -> Formulas:
        """Return the same formulas without steps: every expression in closed form."""
        exprs = self._unfolded(range(len(self.labels)))
        return replace(self, exprs=exprs, steps=())

    def map(self, function: Callable[[Expr], Expr]) -> Formulas:
        """Apply a SymPy function (``sympy.factor``, ...) to every closed form."""
        unfolded = self.unfold()
        return replace(unfolded, exprs=tuple(function(expr) for expr in unfolded.exprs))

    @cached_property
    def _powers(self) -> tuple[Expr, ...]:
        """The powers whose exponents are no numbers."""
        exprs = [*dict(self.steps).values(), *self.exprs]
        return tuple(p for e in exprs for p in e.atoms(Pow) if p.exp.free_symbols)

    def subs(self, values: Mapping[Any, Any]) -> Formulas:
        """Substitute some symbols by exact numbers or expressions, keeping the steps.

        Keys are symbols or their names; values are numbers, text or SymPy expressions. A number
        is what the symbol and the derivation allow, or zero as the limit of what is positive.
        """
        env = parsing.substitution(values, self.parameters)
        parsing.check_values(env, self.assume, zero=True)
        parsing.check_powers(self._powers, env)
        free = (s for e in env.values() for s in sorted(e.free_symbols, key=str))
        steps = tuple((symbol, expr.xreplace(env)) for symbol, expr in self.steps)
        return replace(
            self,
            exprs=tuple(expr.xreplace(env) for expr in self.exprs),
            steps=steps,
            symbols=tuple(dict.fromkeys((*self.symbols, *free))),
            parameters=tuple(s for s in self.parameters if s not in env),
            assume=tuple(e for e in (a.xreplace(env) for a in self.assume) if not e.is_Number),
        )

    def at(self, values: Mapping[Any, Any]) -> dict[str, Expr]:
        """Evaluate exactly: exact values in, exact values out.

        Parameters
        ----------
        values : mapping
                A value for every symbol, by symbol or name: an int, Fraction, SymPy number, text
            such as ``"1/3"`` or ``"0.1"`` (read as exact decimals), or a float (taken as the
            exact binary fraction it is).

        Returns
        -------
        dict
            Label to exact SymPy number.
        """
        env = parsing.substitution(values, self.parameters)
        missing = [symbol.name for symbol in self.symbols if symbol not in env]
        if missing:
            raise UnknownNameError(f"no value for {', '.join(missing)}")
        parsing.check_values(env, self.assume)
        parsing.check_powers(self._powers, env)
        size: dict[Expr, int] = {}
        for symbol, expr in (*self.steps, *zip(self.labels, self.exprs, strict=True)):
            size[symbol] = _operations(expr, size)
            if size[symbol] > MAX_OPERATIONS:
                raise TooLargeError(
                    f"the exact value of {symbol} is an expression of about {size[symbol]:.3g} "
                    "operations, since it holds exponentials or logarithms of the values; use "
                    "nesssym.compile(..., backend='arb') or 'mpmath' for any number of digits"
                )
            env[symbol] = expr.xreplace(env)
            if env[symbol].is_Number:
                size[symbol] = 0
        return {label: plain(env[label]) for label in self.labels}

    def latex(self, *, width: int = 100) -> str:
        r"""Return the formulas and their steps as a LaTeX ``aligned`` block.

        Parameters
        ----------
        width : int, optional
            Roughly how many typeset characters a line may have; longer sums are broken.
        """
        return typeset.equations(
            self.heads, self.exprs, self.steps, names=dict(self.notation), width=width
        )

    def _repr_latex_(self) -> str | None:
        return typeset.display(self.heads, self.exprs, self.steps, names=dict(self.notation))

    def code(self, language: str, name: str = "nesssym_kernel") -> str:
        """Return source text of a function in ``"python"``, ``"c"``, ``"fortran"``, ``"julia"``.

        The function takes the symbols in order and gives the labelled results in order.
        """
        return languages.source(language, name, self.labels, self.exprs, self.steps, self.symbols)


class Described(Protocol):
    """What says which symbols there are, how they are typeset and what is positive: any model."""

    @property
    def symbols(self) -> tuple[Symbol, ...]: ...

    @property
    def notation(self) -> tuple[tuple[Symbol, str], ...]: ...

    @property
    def assume(self) -> tuple[Expr, ...]: ...


@dataclass
class Steps:
    """Collects shared steps while a derivation runs, and makes `Formulas` of its results.

    Parameters
    ----------
    symbols : tuple of Symbol, optional
        The model's symbols in order; steps do not use their names.
    notation : dict of Symbol to str, optional
        LaTeX of symbols that differs from the default.
    assume : tuple of Expr, optional
        Expressions that the model takes to be positive.

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b, s1 = symbols("a b s1", positive=True)
    >>> shared = Steps((a, b, s1))
    >>> shared.let(a + b, "s")
    s2
    >>> shared.let(a + b, "s")
    s2
    >>> shared.let(a, "s")
    a
    >>> shared.formulas({"share": a / shared.let(a + b, "s")})["share"]
    a/(a + b)
    """

    symbols: tuple[Symbol, ...] = ()
    notation: dict[Symbol, str] = field(default_factory=dict)
    assume: tuple[Expr, ...] = ()
    _named: dict[Expr, Symbol] = field(default_factory=dict)
    _definitions: dict[Symbol, Expr] = field(default_factory=dict)
    _counters: dict[str, int] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._taken.update(symbol.name for symbol in self.symbols)

    @classmethod
    def over(cls, model: Described) -> Steps:
        """Begin a derivation from a model: its symbols, notation and assumptions."""
        return cls(tuple(model.symbols), dict(model.notation), model.assume)

    def formulas(
        self,
        results: Mapping[str, Expr] | Iterable[tuple[str, Expr]],
        *,
        heads: Iterable[str] = (),
        unit: str = "1",
    ) -> Formulas:
        """Return labelled results as `Formulas`, with just the steps they need.

        Parameters
        ----------
        results : mapping, or iterable of (str, Expr)
            Label to expression; labels must differ.
        heads : iterable of str, optional
            LaTeX of the left-hand sides, one a result.
        unit : str, optional
            The unit of the values.
        """
        pairs = list(results.items() if isinstance(results, Mapping) else results)
        labels = tuple(label for label, _ in pairs)
        exprs = tuple(expr for _, expr in pairs)
        steps = needed_steps(exprs, self.steps)
        # Values are also accepted for what occurs only in steps that are not needed.
        unused = free_symbols(self._definitions[s] for s in self._definitions.keys() - dict(steps))
        further = sorted(unused - self._definitions.keys(), key=lambda symbol: symbol.name)
        return Formulas(
            labels=labels,
            exprs=exprs,
            steps=steps,
            parameters=tuple(further),
            symbols=self.symbols,
            heads=tuple(heads),
            notation=tuple(self.notation.items()),
            assume=self.assume,
            unit=unit,
        )

    @property
    def steps(self) -> tuple[tuple[Symbol, Expr], ...]:
        """The steps so far, in order."""
        return tuple(self._definitions.items())

    def let(
        self,
        expr: Expr,
        stem: str = "s",
        *,
        positive: bool = True,
        alone: bool = False,
        latex: str = "",
    ) -> Expr:
        """Name `expr`: return a symbol for it, or `expr` itself where it is an atom.

        Parameters
        ----------
        expr : Expr
            The value of the step.
        stem : str
            What the name begins with; a number follows.
        positive : bool
            Whether the value is positive wherever the model is valid; else it is real.
        alone : bool
            Use the stem itself as the name, without a number, where it is free.
        latex : str
            How the step is typeset, where that is not by its name.
        """
        if expr.is_Symbol or expr.is_Number:
            return expr
        if (known := self._named.get(expr)) is not None:
            return known
        name = stem
        if not alone or name in self._taken:
            number = self._counters.get(stem, 0) + 1
            while (name := f"{stem}{number}") in self._taken:
                number += 1
            self._counters[stem] = number
        symbol = Symbol(name, positive=True) if positive else Symbol(name, real=True)
        return self._define(symbol, expr, latex)

    def absorb(self, formulas: Formulas) -> dict[str, Expr]:
        """Take over the steps of `formulas`; return its results by label, in the shared steps."""
        renamed: dict[Expr, Expr] = {}
        notation = dict(formulas.notation)
        for symbol, expr in formulas.steps:
            value = expr.xreplace(renamed)
            latex = notation.pop(symbol, "")
            if value in self._named:
                renamed[symbol] = self._named[value]
            elif symbol.name in self._taken:
                stem = symbol.name.rstrip("0123456789")
                renamed[symbol] = self.let(
                    value, stem, positive=bool(symbol.is_positive), latex=latex
                )
            else:
                renamed[symbol] = self._define(symbol, value, latex)
        self.notation.update(notation)
        return {
            label: expr.xreplace(renamed)
            for label, expr in zip(formulas.labels, formulas.exprs, strict=True)
        }

    def _define(self, symbol: Symbol, expr: Expr, latex: str) -> Symbol:
        self._taken.add(symbol.name)
        self._named[expr] = symbol
        self._definitions[symbol] = expr
        if latex:
            self.notation[symbol] = latex
        return symbol


def _operations(expr: Expr, size: Mapping[Symbol, int]) -> int:
    if expr.is_Symbol:
        return size.get(expr, 0)
    if not expr.args:
        return 0
    own = len(expr.args) - 1 if len(expr.args) > 1 else 1
    return own + sum(_operations(arg, size) for arg in expr.args)
