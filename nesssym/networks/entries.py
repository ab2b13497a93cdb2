"""What a matrix or a list of rates holds, read and checked entry by entry."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from sympy import Expr

from nesssym import parsing
from nesssym.errors import ModelError, NessError, ParseError

__all__ = ["default_names", "read_entry", "square", "state_labels"]


def read_entry(what: str, value: Any, symbols: Mapping[str, Expr] | None = None) -> Expr:
    """Return an exact expression; an error says what it was to be."""
    try:
        return parsing.expr(value, symbols)
    except NessError as error:
        raise type(error)(f"{what}: {error}") from None


def square(values: Any, what: str) -> list[list[Any]]:
    """Return the rows of a square matrix given as rows, SymPy matrix, array, table or sparse."""
    for way in ("toarray", "to_numpy"):
        values = getattr(values, way)() if hasattr(values, way) else values
    rows = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(rows, Sequence) or not all(isinstance(row, Sequence) for row in rows):
        raise ModelError(f"a {what} is a list of rows, got {rows!r:.80}")
    rows = [list(row) for row in rows]
    if any(len(row) != len(rows) for row in rows):
        raise ModelError(
            f"a {what} is square, got {len(rows)} rows of lengths "
            f"{sorted({len(row) for row in rows})}"
        )
    return rows


def state_labels(n: int, states: Sequence[Hashable] | None, table: Any = None) -> list[str]:
    """Return the n labels given, those of the columns of a pandas table, or "1", "2", ..."""
    if states is None and hasattr(table, "columns"):
        states, rows = list(table.columns), list(table.index)
        if rows != states and sorted(map(str, rows)) == sorted(map(str, states)):
            raise ModelError("rows and columns of the table stand in different orders")
    labels = [str(i + 1) for i in range(n)] if states is None else [str(s) for s in states]
    if len(labels) != n:
        raise ModelError(f"{len(labels)} labels for a matrix of {n} states; give one each")
    return labels


def default_names(
    states: Sequence[str], keys: Sequence[tuple[str, str, str]]
) -> dict[tuple[str, str, str], str]:
    """Name the rates that were not given: k_A_B, or by position where labels are no names."""
    channels = {channel for _, _, channel in keys if channel}
    plain = all(re.fullmatch(r"[A-Za-z0-9]+", s) for s in (*states, *channels))
    if not plain and channels:
        raise ParseError(
            "transitions of named channels need rates where labels are not plain words"
        )
    index = {s: s if plain else str(i) for i, s in enumerate(states, 1)}
    return {(a, b, c): "_".join(filter(None, ("k", index[a], index[b], c))) for a, b, c in keys}
