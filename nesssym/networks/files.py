"""Model files: a TOML text becomes a model with its parameters and its reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

from sympy import Expr, Symbol

from nesssym import parsing
from nesssym.errors import ModelError, ParseError, UnknownNameError
from nesssym.networks.markov_chain import MarkovChain
from nesssym.networks.reaction_network import ReactionNetwork
from nesssym.networks.state_graph import StateGraph

__all__ = ["ModelFile", "Parameter", "Reference", "parse_toml", "read_toml"]

MAX_BYTES = 1_000_000

_TOP = {
    "schema",
    "title",
    "kind",
    "notes",
    "states",
    "transitions",
    "reactions",
    "chemostats",
    "totals",
    "counts",
    "assume",
    "parameters",
    "reference",
    "energies",
    "checks",
}
_KINDS = ("state graph", "markov chain", "reaction network")
_PARAMETER = {"value", "unit", "meaning", "source", "latex", "sign", "definition"}
_REFERENCE = {"authors", "year", "title", "journal", "doi", "note"}
_CHECKS = {"state", "currents", "affinities", "entropy_production"}
_ENERGIES = {"energy", "beta", "drive", "mu", "particles", "split"}


@dataclass(frozen=True)
class Parameter:
    """A symbol of a model with its default value, unit and meaning.

    Parameters
    ----------
    symbol : Symbol
        As it stands in the rates.
    value : Expr or None
        The exact default value, if there is one.
    unit, meaning, source : str
        Free text: its unit, what it is, where the value is from.
    latex : str
        How the symbol is typeset, where that is not by its name.
    """

    symbol: Symbol
    value: Expr | None
    unit: str
    meaning: str
    source: str = ""
    latex: str = ""


@dataclass(frozen=True)
class Reference:
    """The publication a model is from."""

    authors: str
    year: int
    title: str
    journal: str = ""
    doi: str = ""
    note: str = ""

    def __str__(self) -> str:
        where = ", ".join(filter(None, (self.journal, self.doi and f"doi:{self.doi}")))
        return f"{self.authors}, {self.title} ({self.year})" + (f", {where}" if where else "")


@dataclass(frozen=True, eq=False)
class ModelFile:
    """A model with its title, parameters, reference and notes, as read from a file.

    Parameters
    ----------
    model : StateGraph, MarkovChain or ReactionNetwork
        The model, symbolic in its parameters.
    title : str
        One line.
    parameters : tuple of Parameter
        In the order of the file.
    reference : Reference
        Where it is from.
    notes : str
        Whatever a user should know.
    checks : tuple of (str, str, Expr)
        Published results: quantity ("state", "currents", "affinities", "entropy_production"),
        label, and the exact value at the default parameters or in the symbols.
    totals : mapping of str to Expr
        Of a reaction network: a conservation law, or a species of one, to its total; where it has
        none a symbol is made.

    Examples
    --------
    >>> import nesssym as ns
    >>> m = ns.gallery.load("two_level")
    >>> m.parameters[0].symbol, m.parameters[0].unit, m.reference.year
    (E, 'energy', 2015)
    """

    model: StateGraph | MarkovChain | ReactionNetwork
    title: str
    parameters: tuple[Parameter, ...]
    reference: Reference
    notes: str = ""
    checks: tuple[tuple[str, str, Expr], ...] = ()
    totals: Mapping[str, Expr] = field(default_factory=dict)

    @cached_property
    def values(self) -> dict[Symbol, Expr]:
        """The exact default values of the model's symbols, ready for ``subs`` and ``at``."""
        return {p.symbol: p.value for p in self.parameters if p.value is not None}


def read_toml(path: str | PathLike[str]) -> ModelFile:
    """Read a model file.

    Parameters
    ----------
    path : path
        A TOML file; the page "Model files" of the documentation has the schema.

    Raises
    ------
    ParseError, ModelError
        Naming the line or key that is wrong. Nothing in the file is ever evaluated as Python.

    Examples
    --------
    >>> import nesssym as ns
    >>> ns.read_toml("no_such_file.toml")
    Traceback (most recent call last):
    ...
    nesssym.errors.ParseError: no model file 'no_such_file.toml'
    """
    file = Path(path)
    if not file.is_file():
        raise ParseError(f"no model file {str(path)!r}")
    if file.stat().st_size > MAX_BYTES:
        raise ParseError(f"{file.name} has {file.stat().st_size} bytes, more than {MAX_BYTES}")
    try:
        return parse_toml(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ParseError(f"{file.name} is not UTF-8 text: {error}") from None


def parse_toml(text: str) -> ModelFile:
    """Make a model from the text of a model file; see `read_toml`.

    Examples
    --------
    >>> import nesssym as ns
    >>> m = ns.parse_toml('''
    ... schema = 1
    ... title = "two states"
    ... transitions = "A <-> B ; k, kr"
    ... [reference]
    ... authors = "A. Nyone"
    ... year = 2000
    ... title = "On two states"
    ... [parameters]
    ... k = { value = 2, unit = "1/s", meaning = "forward rate" }
    ... kr = { value = "1/3", unit = "1/s", meaning = "backward rate" }
    ... ''')
    >>> m.model.subs(m.values).transitions[0].reverse
    1/3
    """
    if len(text) > MAX_BYTES:
        raise ParseError(f"the text has {len(text)} characters, more than {MAX_BYTES}")
    import tomllib  # here, because few sessions read files and every session imports

    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ParseError(f"not a TOML text: {error or 'nested too deeply'}") from None
    _check(data, "the file", _TOP, ("schema", "title", "reference"))
    if data["schema"] != 1:
        raise ParseError(f"key 'schema' is {data['schema']!r}; this version reads schema 1")
    kind = data.get("kind", _KINDS[0])
    if kind not in _KINDS:
        raise UnknownNameError.of("kind of model", kind, _KINDS)
    parameters, symbols = _parameters(_table(data, "parameters"))
    for key, owner in _OWNERS.items():
        if key in data and kind not in owner:
            raise ParseError(f"key {key!r} belongs to kind = {' or '.join(map(repr, owner))}")
    model = _MAKERS[kind](data, symbols)
    model = replace(model, notation=tuple((p.symbol, p.latex) for p in parameters if p.latex))
    unused = [p.symbol.name for p in parameters if p.symbol not in model.symbols]
    if unused:
        raise ModelError(f"parameters that occur in no rate: {', '.join(unused)}; remove them")
    undeclared = [s.name for s in model.symbols if s not in {p.symbol for p in parameters}]
    if parameters and undeclared:
        raise ModelError(f"no entry in [parameters] for {', '.join(undeclared)}")
    return ModelFile(
        model,
        _text(data, "title"),
        parameters,
        _reference(data["reference"]),
        data.get("notes", "").strip(),
        _checks(_table(data, "checks"), symbols),
        {law: _expression(value, symbols) for law, value in _table(data, "totals").items()},
    )


def _graph(data: Mapping[str, Any], symbols: Mapping[str, Expr]) -> StateGraph:
    if "transitions" not in data:
        raise ParseError("the file lacks the key 'transitions'")
    graph = StateGraph.from_text(
        _text(data, "transitions"), assume=data.get("assume", ()), symbols=symbols
    )
    if "energies" in data:
        energies = dict(_table(data, "energies"))
        _check(energies, "[energies]", _ENERGIES, ("energy",))
        read = {
            key: {k: _expression(v, symbols) for k, v in value.items()}
            if isinstance(value, dict)
            else _expression(value, symbols)
            for key, value in energies.items()
        }
        graph = graph.with_energies(read.pop("energy"), **read)
    if "states" in data:
        if sorted(data["states"]) != sorted(graph.states):
            raise ModelError(
                f"key 'states' lists {data['states']}, the transitions join {list(graph.states)}"
            )
        graph = replace(graph, states=tuple(data["states"]))
    return graph


def _chain(data: Mapping[str, Any], symbols: Mapping[str, Expr]) -> MarkovChain:
    if "counts" not in data:
        raise ParseError("the file lacks the key 'counts'")
    return MarkovChain.from_counts(data["counts"], data.get("states"))


def _reactions(data: Mapping[str, Any], symbols: Mapping[str, Expr]) -> ReactionNetwork:
    if "reactions" not in data:
        raise ParseError("the file lacks the key 'reactions'")
    return ReactionNetwork.from_text(
        _text(data, "reactions"),
        data.get("chemostats", ()),
        assume=data.get("assume", ()),
        symbols=symbols,
    )


_OWNERS = {
    "transitions": _KINDS[:1],
    "energies": _KINDS[:1],
    "states": _KINDS[:2],
    "counts": _KINDS[1:2],
    "assume": (_KINDS[0], _KINDS[2]),
    "reactions": _KINDS[2:],
    "chemostats": _KINDS[2:],
    "totals": _KINDS[2:],
}
_MAKERS: dict[str, Callable[..., StateGraph | MarkovChain | ReactionNetwork]] = dict(
    zip(_KINDS, (_graph, _chain, _reactions), strict=True)
)


def _parameters(
    table: Mapping[str, Any],
) -> tuple[tuple[Parameter, ...], dict[str, Expr]]:
    parameters: list[Parameter] = []
    symbols: dict[str, Expr] = {}
    for name, entry in table.items():
        where = f"[parameters.{name}]"
        if not isinstance(entry, dict):
            raise ParseError(f"{where} must be a table with value, unit and meaning")
        _check(entry, where, _PARAMETER, ("meaning",))
        sign = entry.get("sign", "positive")
        if sign not in ("positive", "any"):
            raise ParseError(f"{where}: sign is {sign!r}, wanted 'positive' or 'any'")
        symbol = parsing.symbol(name, positive=sign == "positive")
        if "definition" in entry:
            symbols[name] = parsing.expression(entry["definition"], symbols, strict=True)
            continue
        value = _expression(entry["value"], {}) if "value" in entry else None
        if value is not None:
            parsing.check_values({symbol: value})
        symbols[name] = symbol
        text = {key: entry.get(key, "") for key in ("unit", "meaning", "source", "latex")}
        parameters.append(Parameter(symbol, value, **text))
    return tuple(parameters), symbols


def _reference(table: Any) -> Reference:
    if not isinstance(table, dict):
        raise ParseError("[reference] must be a table")
    _check(table, "[reference]", _REFERENCE, ("authors", "year", "title"))
    return Reference(**table)


def _checks(
    table: Mapping[str, Any], symbols: Mapping[str, Expr]
) -> tuple[tuple[str, str, Expr], ...]:
    _check(table, "[checks]", _CHECKS, ())
    return tuple(
        (quantity, label, _expression(value, symbols))
        for quantity in table
        for label, value in _table(table, quantity).items()
    )


def _expression(value: Any, symbols: Mapping[str, Expr]) -> Expr:
    if isinstance(value, str):
        return parsing.expression(value, symbols, strict=True)
    return parsing.number(value)


def _check(table: Mapping[str, Any], where: str, known: set[str], needed: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise ParseError(
                f"{where} has the unknown key {key!r}; known: {', '.join(sorted(known))}"
            )
    for key in needed:
        if key not in table:
            raise ParseError(f"{where} lacks the key {key!r}")


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = data.get(key, {})
    if not isinstance(table, dict):
        raise ParseError(f"key {key!r} must be a table, written [{key}]")
    return table


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data[key]
    if not isinstance(value, str):
        raise ParseError(f"key {key!r} must be a text, got {type(value).__name__}")
    return value
