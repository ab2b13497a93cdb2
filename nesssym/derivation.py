"""The derivation of a model written out: as text for a terminal, as a LaTeX document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import mpmath
from sympy import Expr, Symbol

from nesssym import typeset
from nesssym.chemistry.rate_equation import rate_equation
from nesssym.chemistry.states import ReactionSteadyState
from nesssym.chemistry.structure import structure
from nesssym.errors import IrreversibleError, NessError, TooLargeError
from nesssym.exact.rational import equal
from nesssym.formulas import Formulas
from nesssym.generic import affinities, entropy_production, steady_state
from nesssym.hill import count_trees
from nesssym.networks import Model, ReactionNetwork
from nesssym.networks.files import ModelFile
from nesssym.precise import precise_kernel, precise_values
from nesssym.steady import SteadyState

__all__ = ["Derivation", "document", "formula_lines"]

SHORT, DIGITS = 100, 12
TITLES = {
    "state": "Steady state",
    "affinities": "Cycles and affinities",
    "currents": "Currents",
    "rate_equation": "Rate equation",
    "entropy_production": "Entropy production",
}


@dataclass(frozen=True)
class Derivation:
    """Everything `nesssym derive` tells about a model.

    Parameters
    ----------
    file : ModelFile
        The model with its title and reference.
    values : mapping from Symbol to Expr
        Values of all its symbols, for numbers beside the formulas; or empty.

    Examples
    --------
    >>> import nesssym as ns
    >>> m = ns.gallery.load("enso")
    >>> print(ns.Derivation(m, m.values).text().splitlines()[0])
    El Nino, La Nina and normal winters: a three-state chain
    """

    file: ModelFile
    values: Mapping[Symbol, Expr]

    @cached_property
    def steady(self) -> SteadyState | ReactionSteadyState:
        """The steady state of the model."""
        model = self.file.model
        if isinstance(model, ReactionNetwork):
            return steady_state(model, totals=self.file.totals)
        return steady_state(model)

    @cached_property
    def results(self) -> dict[str, Formulas | str]:
        """The formulas of every quantity, or why there are none."""
        derived: dict[str, Callable[[], Formulas]] = {
            "state": lambda: self.steady.tree_form or self.steady.state,
            "affinities": lambda: affinities(self.file.model),
            "currents": lambda: self._readable_currents,
            "entropy_production": lambda: entropy_production(self.steady),
        }
        # A reaction network may have several states, or none in closed form.
        chemical = isinstance(self.file.model, ReactionNetwork)
        refusals = NessError if chemical else IrreversibleError
        found: dict[str, Formulas | str] = {}
        for name, derive in derived.items():
            try:
                found[name] = derive()
            except refusals as error:
                found[name] = str(error)
        return found | self._rate_equation

    @property
    def _rate_equation(self) -> dict[str, Formulas]:
        """The rate equation where the network is an enzyme: one total, one emergent cycle."""
        model = self.file.model
        if not isinstance(model, ReactionNetwork):
            return {}
        totals = self.file.totals
        try:
            found = rate_equation(model, total=next(iter(totals.values()), None))
        except NessError:
            return {}
        return {"rate_equation": found.formulas}

    @property
    def _readable_currents(self) -> Formulas:
        if isinstance(self.steady, ReactionSteadyState) or self.steady.tree_form is None:
            return self.steady.currents
        try:
            return self.steady.currents_as("cycles")
        except TooLargeError:
            return self.steady.currents

    def text(self) -> str:
        """Return the derivation as plain text."""
        lines = [self.file.title, str(self.file.reference), "", *_description(self.file.model)]
        for name, found in self.results.items():
            title = TITLES[name]
            lines += ["", title if isinstance(found, str) else f"{title} [{found.unit}]"]
            if isinstance(found, str):
                lines.append(f"  {found}")
                continue
            lines += formula_lines(found, self.values)
        return "\n".join(lines)

    def latex(self) -> str:
        """Return the derivation as a LaTeX document that compiles by itself."""
        sections = {TITLES[name]: found for name, found in self.results.items()}
        return document(self.file.title, str(self.file.reference), sections)

    def checks(self) -> list[tuple[str, bool]]:
        """Compare with the published results of the model file, exactly."""
        outcome = []
        for name, label, expected in self.file.checks:
            found = self.results[name]
            if isinstance(found, str):
                outcome.append((f"{name} {label}: {found}", False))
                continue
            got = found[label].xreplace(dict(self.values))
            same = equal(found[label], expected) or equal(got, expected.xreplace(dict(self.values)))
            outcome.append((f"{name} {label} = {expected}", same))
        return outcome


def _description(model: Model | ReactionNetwork) -> list[str]:
    """Return what the model is made of, as lines."""
    if isinstance(model, ReactionNetwork):
        return [*map(repr, model.reactions), "", *structure(model).splitlines()]
    lines = [f"States ({len(model.states)}): {', '.join(model.states)}"]
    lines += [f"Transitions ({len(model.transitions)}), rates forward and backward:"]
    lines += [f"  {t.label:<14} {t.rate}   |   {t.reverse}" for t in model.transitions]
    trees = count_trees(model)
    lines += ["", f"Spanning trees: {sum(trees.values())} in all"]
    lines += [f"  towards {state}: {number}" for state, number in trees.items()]
    return lines


def formula_lines(found: Formulas, values: Mapping[Symbol, Expr]) -> list[str]:
    """Return a line a result: its closed form where it fits, and its value where all is given."""
    numbers: dict[str, mpmath.mpf] = {}
    if set(found.symbols) <= set(values):
        point = {s: v for s, v in values.items() if s in found.parameters}
        numbers = precise_values(precise_kernel(found.subs(point)), {}, DIGITS)
    return [f"  {label:<14}{_formula(found, label)}{_number(numbers, label)}" for label in found]


def document(title: str, opening: str, sections: Mapping[str, Formulas | str]) -> str:
    """Return a LaTeX document of formulas, section by section."""
    parts = [
        r"\documentclass{article}",
        r"\usepackage{amsmath,amssymb}",
        r"\usepackage[margin=2cm]{geometry}",
        r"\allowdisplaybreaks",
        r"\begin{document}",
        rf"\section*{{{_prose(title)}}}",
        _prose(opening),
    ]
    for heading, found in sections.items():
        parts.append(rf"\subsection*{{{_prose(heading)}}}")
        parts.append(_prose(found) if isinstance(found, str) else _display(found))
    return "\n".join([*parts, r"\end{document}", ""])


def _prose(text: str) -> str:
    """Return text for a paragraph: every word typeset by itself, so that lines can break."""
    return " ".join(f"${typeset.text(word)}$" for word in text.split())


def _display(found: Formulas) -> str:
    """Return the equations in an environment that may break across pages."""
    return found.latex().replace("{aligned}", "{align*}")


def _formula(found: Formulas, label: str) -> str:
    """Return the closed form where it fits on a line, else how large it is."""
    operations = found.operations(label)
    text = str(found[label]) if operations <= SHORT // 2 else ""
    if not text or len(text) > SHORT:
        return f"   ({operations} operations)"
    return f" = {text}"


def _number(numbers: Mapping[str, mpmath.mpf], label: str) -> str:
    return f" = {mpmath.nstr(numbers[label], DIGITS)}" if label in numbers else ""
