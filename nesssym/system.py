"""Physical systems: a model with parameters, derived formulas, limits and common mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
from sympy import Expr, Symbol

from nesssym import parsing, typeset
from nesssym.backends.blocks import first_bad
from nesssym.derivation import document, formula_lines
from nesssym.errors import (
    NessError,
    NoSteadyStateError,
    ParameterError,
    UnknownNameError,
)
from nesssym.formulas import Formulas, Steps
from nesssym.homogeneity import Homogeneity, homogeneity
from nesssym.kernels import compile
from nesssym.networks.files import Parameter, Reference
from nesssym.parameters import Ranges, parameter, real
from nesssym.precise import precise_kernel, precise_values

__all__ = ["Correction", "Limit", "System", "parameter", "real"]

Results = Mapping[str, Formulas]
DIGITS = 60
NEAR, FAR = "1/10^40", "10^40"


@dataclass(frozen=True)
class Limit:
    """What a result must become where a parameter goes to a limit.

    Parameters
    ----------
    text : str
        What it says, as a sentence.
    quantity, label : str
        Which of the system's results.
    to : mapping of str to str
        Parameter to the limiting value: a number, an expression in the other parameters, or
        ``"oo"``.
    becomes : str
        The value there, in the parameters.

    Examples
    --------
    >>> Limit("no drive, no current", "current", "J", {"dmu": "0"}, "0").becomes
    '0'
    """

    text: str
    quantity: str
    label: str
    to: Mapping[str, str]
    becomes: str


@dataclass(frozen=True)
class Correction:
    """A statement that is often made, what is right, and the numbers that show it.

    Parameters
    ----------
    naive, right : str
        Two sentences.
    evidence : callable
        Gets the system and returns Formulas, evaluated at its default values; by convention the
        labels ``"naive"`` and ``"right"`` hold what the two statements give.
    """

    naive: str
    right: str
    evidence: Callable[[System], Formulas]


@dataclass(frozen=True, eq=False)
class System:
    """One physical system of the gallery, ready to be derived, evaluated and drawn.

    Parameters
    ----------
    title, passage : str
        One line, and what a reader should know.
    reference : Reference
        Where the model is from.
    parameters : tuple of Parameter
        Symbols with exact defaults, units, meanings and sources.
    build : callable
        Makes the model; it gets the symbols by name.
    derive : callable
        Makes the results from the model and this system: quantity to Formulas of one unit.
    limits : tuple of Limit
        Tested, and listed in the documentation.
    corrections : tuple of Correction
        Common mistakes.
    draw : callable, optional
        Draws a picture worth looking at into matplotlib axes.
    bounds : mapping of str to str, optional
        Parameter to the range where it makes sense, such as ``"< r_o"`` or ``">= 1/2 and < 1"``;
        with ``"= K_o + Na_o"`` it follows from others where it is not given, and what is given
        must agree. A positive parameter with ``">= 0"`` may also be zero.
    bounds_for : mapping of str to mapping, optional
        The same for single quantities, such as those at a place, which must be inside.
    exists : callable, optional
        Gets the system and returns what must be positive for there to be a steady state:
        statement to expression of the parameters.
    exists_for : mapping of str to callable, optional
        The same for single quantities, of states that exist in a part of the range only.
    others : callable, optional
        Gets the system and returns further models that results are of: name to model.

    Examples
    --------
    >>> import nesssym as ns
    >>> flippase = ns.gallery.load("flippase")
    >>> flippase.model
    <StateGraph: 2 states, 2 transitions, 3 symbols>
    >>> mpmath.nstr(flippase.at("power")["consumed"], 6)
    '2.82161e-17'
    """

    title: str
    passage: str
    reference: Reference
    parameters: tuple[Parameter, ...]
    build: Callable[[Mapping[str, Symbol]], Any]
    derive: Callable[[Any, System], Results]
    limits: tuple[Limit, ...] = ()
    corrections: tuple[Correction, ...] = ()
    draw: Callable[[Any, System], None] | None = None
    bounds: Mapping[str, str] = field(default_factory=dict)
    bounds_for: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    exists: Callable[[System], Mapping[str, Expr]] | None = None
    exists_for: Mapping[str, Callable[[System], Mapping[str, Expr]]] = field(default_factory=dict)
    others: Callable[[System], Mapping[str, Any]] | None = None

    def __repr__(self) -> str:
        return f"<System: {self.title}>"

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols of the parameters, in order."""
        return tuple(p.symbol for p in self.parameters)

    @property
    def notation(self) -> tuple[tuple[Symbol, str], ...]:
        """LaTeX of the symbols that have their own."""
        return tuple((p.symbol, p.latex) for p in self.parameters if p.latex)

    @property
    def assume(self) -> tuple[Expr, ...]:
        """Expressions that are positive in this system."""
        return tuple(b.end - self.named[b.name] for b in self._ranges.all if b.relation == "<")

    @cached_property
    def named(self) -> dict[str, Symbol]:
        """The symbols by name."""
        return {s.name: s for s in self.symbols}

    @cached_property
    def values(self) -> dict[Symbol, Expr]:
        """The exact default values."""
        return {p.symbol: p.value for p in self.parameters if p.value is not None}

    @cached_property
    def model(self) -> Any:
        """The model, symbolic in its parameters."""
        return self.build(self.named)

    @cached_property
    def results(self) -> Results:
        """Every quantity that is derived, by its name; each is Formulas of one unit."""
        return {q: self._typeset(f) for q, f in self.derive(self.model, self).items()}

    def _typeset(self, formulas: Formulas) -> Formulas:
        """Give symbols the notation of this system, and labels that are symbols their letters."""
        pairs = zip(formulas.labels, formulas.heads, strict=True)
        heads = tuple(
            _head(label) if head == typeset.text(label) else head for label, head in pairs
        )
        notation = dict(self.notation) | dict(formulas.notation)
        return replace(formulas, heads=heads, notation=tuple(notation.items()))

    def __getitem__(self, quantity: str) -> Formulas:
        """Return the Formulas of a quantity."""
        if quantity not in self.results:
            raise UnknownNameError.of("quantity", quantity, self.results)
        return self.results[quantity]

    def expr(self, text: str) -> Expr:
        """Read an expression in the parameters."""
        return parsing.expression(text, self.named, strict=True)

    def point(
        self, values: Mapping[Any, Any] | None = None, quantity: str = ""
    ) -> dict[Symbol, Expr]:
        """Return a value for every symbol: the defaults, some of them changed, all checked.

        Parameters
        ----------
        values : mapping, optional
            Name or symbol to an exact value, instead of the default.
        quantity : str, optional
            One of `results`, of which to check also what it alone needs.

        Raises
        ------
        ParameterError
            A value outside its range; the message names parameter, value and bound.
        NoSteadyStateError
            There is no steady state at these values; the message has what is violated.
        """
        given = parsing.substitution(values or {}, self.symbols)
        point = self.values | given
        point = {s: v.xreplace(self.values) for s, v in point.items()}
        self._ranges_of(quantity).check(point, given)
        for statement, expr in self._conditions(quantity).items():
            margin = expr.xreplace(dict(point))
            if not margin > 0:
                raise _absent(statement, expr, margin.evalf(6))
        return point

    def steps(self) -> Steps:
        """Begin a derivation over the parameters of this system."""
        return Steps.over(self)

    def over(self, formulas: Formulas, unit: str) -> Formulas:
        """Return formulas of a model over the parameters of this system, in a unit of its own."""
        shared = self.steps()
        return shared.formulas(shared.absorb(formulas), heads=formulas.heads, unit=unit)

    def at(
        self, quantity: str, values: Mapping[str, Any] | None = None, digits: int = 17
    ) -> dict[str, mpmath.mpf]:
        """Evaluate a quantity to any number of digits at the defaults, some of them changed.

        Parameters
        ----------
        quantity : str
            One of `results`.
        values : mapping, optional
            Name or symbol to an exact value, instead of the default.
        digits : int, optional
            Significant digits that are certain.
        """
        return self.numbers(self[quantity], values, digits, quantity)

    def kernel(self, quantity: str, *, everywhere: bool = False) -> Callable[..., dict[str, Any]]:
        """Compile a quantity to a function of arrays whose parameters have the defaults.

        Parameters
        ----------
        quantity : str
            One of `results`.
        everywhere : bool, optional
            Evaluate also where there is no steady state, for a map of where there is one. By
            default the function raises `NoSteadyStateError` for the first such point.
        """
        kernel, ranges = compile(self[quantity]), self._ranges_of(quantity)
        conditions = {} if everywhere else self._conditions(quantity)
        # One by one, since a condition may have a value only where those before it hold.
        margins = [compile({statement: expr}) for statement, expr in conditions.items()]
        defaults = {s.name: float(v) for s, v in self.values.items()}

        def evaluate(**values: Any) -> dict[str, Any]:
            if unknown := [name for name in values if name not in self.named]:
                raise UnknownNameError.of("parameter", unknown[0], self.named)
            given = defaults | values
            ranges.check_arrays(given, values)
            for margin in margins:
                found = margin(**{name: given[name] for name in margin.arguments})
                _check_existence(conditions, found)
            return kernel(**{name: given[name] for name in kernel.arguments})

        return evaluate

    @cached_property
    def _ranges(self) -> Ranges:
        return Ranges(self.parameters, self.bounds)

    def _ranges_of(self, quantity: str) -> Ranges:
        """Return the ranges for all quantities, narrowed for one."""
        own = self.bounds_for.get(quantity)
        return Ranges(self.parameters, {**self.bounds, **own}) if own else self._ranges

    def _conditions(self, quantity: str = "") -> Mapping[str, Expr]:
        """Return what must be positive: for all quantities, then for one."""
        return self._common_conditions | self._own_conditions.get(quantity, {})

    @cached_property
    def _common_conditions(self) -> dict[str, Expr]:
        return dict(self.exists(self)) if self.exists else {}

    @cached_property
    def _own_conditions(self) -> dict[str, dict[str, Expr]]:
        return {quantity: dict(exists(self)) for quantity, exists in self.exists_for.items()}

    def numbers(
        self,
        formulas: Formulas,
        values: Mapping[Any, Any] | None = None,
        digits: int = 17,
        quantity: str = "",
    ) -> dict[str, mpmath.mpf]:
        """Evaluate any formulas in the parameters of this system, as `at` does."""
        point = self.point(values, quantity)
        parsing.check_values({s: v for s, v in point.items() if v != 0}, formulas.assume)
        inside = {symbol: v for symbol, v in point.items() if symbol in formulas.parameters}
        # A positive symbol takes no zero: where zero is allowed, another one takes its place.
        zero = {
            s: Symbol(f"nought_{s}", nonnegative=True)
            for s, v in inside.items()
            if v == 0 and s.is_positive
        }
        formulas = formulas.subs(zero)
        inside = {zero.get(symbol, symbol): v for symbol, v in inside.items()}
        try:
            return precise_values(precise_kernel(formulas.subs(inside)), {}, digits)
        except NessError:
            if not zero:
                raise
            where = [f"{p.symbol} is 0 ({p.meaning})" for p in self.parameters if p.symbol in zero]
            raise ParameterError(
                f"{', '.join(formulas)}: infinite or undefined where {' and '.join(where)}"
            ) from None

    def homogeneity(self, quantity: str, scaled: Any) -> dict[str, Homogeneity]:
        """Return by which degree a quantity scales with some parameters; see `ns.homogeneity`.

        Examples
        --------
        >>> import nesssym as ns
        >>> rod = ns.gallery.load("metal_rod")
        >>> print(rod.homogeneity("entropy production", "L")["sigma"])
        degree -1 in L, with kappa, T_h, T_c, A held fixed
        """
        return homogeneity(self[quantity], scaled)

    def text(self, values: Mapping[Any, Any] | None = None) -> str:
        """Return the whole derivation as plain text."""
        point = self.point(values)
        lines = [self.title, str(self.reference), "", self.passage.strip(), "", "Parameters"]
        lines += [
            f"  {p.symbol.name:<10} {point.get(p.symbol, '')!s:<14} {p.unit:<12} {p.meaning}"
            for p in self.parameters
        ]
        for quantity, formulas in self.results.items():
            lines += ["", f"{quantity} [{formulas.unit}]", *formula_lines(formulas, point)]
        if self.limits:
            lines += ["", "Limits", *(f"  {limit.text}" for limit in self.limits)]
        for c in self.corrections:
            lines += ["", f"Often said: {c.naive}", f"Right is:   {c.right}"]
            lines += formula_lines(c.evidence(self), point)
        return "\n".join(lines)

    def latex(self, values: Mapping[Any, Any] | None = None) -> str:
        """Return all results as a LaTeX document that compiles by itself; `values` go in first."""
        given = parsing.substitution(values or {}, self.symbols)
        sections = {
            quantity: formulas.subs({s: v for s, v in given.items() if s in formulas.parameters})
            for quantity, formulas in self.results.items()
        }
        return document(self.title, f"{self.passage.strip()} {self.reference}", dict(sections))

    def checks(self) -> list[tuple[str, bool]]:
        """Check every limit, exactly at points close to it, from every side that is allowed."""
        return [(limit.text, self._holds(limit)) for limit in self.limits]

    def _holds(self, limit: Limit) -> bool:
        point = self.values
        target = {self.named[name]: text for name, text in limit.to.items()}
        approaches = list(_approaches(self, target, limit.quantity))
        for near in approaches:
            got = self.at(limit.quantity, near, DIGITS)[limit.label]
            there = {s: point[s] if t == "oo" else self.expr(t) for s, t in target.items()}
            wanted = self.expr(limit.becomes).xreplace(there).xreplace(dict(point))
            with mpmath.workdps(DIGITS):
                expected = mpmath.mpmathify(wanted.evalf(DIGITS))
                if abs(got - expected) > mpmath.mpf(10) ** -15 * abs(expected or 1):
                    return False
        return bool(approaches)


def _head(label: str) -> str:
    """Typeset a label such as P_min or sigma as a symbol, and words as words."""
    letter = label.isidentifier() and label.isascii() and typeset.name(label)
    return letter if letter and not letter.startswith(r"\mathit") else typeset.text(label)


def _check_existence(conditions: Mapping[str, Expr], margins: Mapping[str, Any]) -> None:
    for statement, margin in margins.items():
        bad = ~(np.asarray(margin) > 0)
        if bad.any():
            raise _absent(statement, conditions[statement], first_bad(np.asarray(margin), bad))


def _absent(statement: str, expr: Expr, value: Any) -> NoSteadyStateError:
    return NoSteadyStateError(f"no steady state: {statement} means {expr} > 0, here it is {value}")


def _approaches(
    system: System, target: Mapping[Symbol, str], quantity: str
) -> Iterator[dict[Symbol, Expr]]:
    """Give points close to the limit: from above, and from below where that is allowed."""
    for side in (1, -1):
        near = {}
        for symbol, text in target.items():
            if text == "oo":
                near[symbol] = parsing.expression(FAR)
            else:
                middle = system.expr(text).xreplace(dict(system.values))
                near[symbol] = middle + side * parsing.expression(NEAR)
        try:
            system.point(near, quantity)
        except NessError:
            continue
        yield near
