"""Matrices and combinations of whole numbers whose rows and columns have names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sympy import ImmutableDenseMatrix

from nesssym import typeset
from nesssym.errors import UnknownNameError

__all__ = ["Combination", "LabelledMatrix"]

SHOWN = 40


@dataclass(frozen=True)
class LabelledMatrix:
    """A matrix of whole numbers with names for its rows and columns.

    Parameters
    ----------
    rows, columns : tuple of str
        The names.
    entries : tuple of tuple of int
        One tuple a row.

    Examples
    --------
    >>> S = LabelledMatrix(("A", "B"), ("R1",), ((-1,), (2,)))
    >>> S["B", "R1"]
    2
    >>> print(S)
       R1
    A  -1
    B   2
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    entries: tuple[tuple[int, ...], ...]

    def __getitem__(self, place: tuple[str, str]) -> int:
        """Return the entry of a row and a column, by name."""
        row, column = place
        if row not in self.rows:
            raise UnknownNameError.of("row", row, self.rows)
        if column not in self.columns:
            raise UnknownNameError.of("column", column, self.columns)
        return self.entries[self.rows.index(row)][self.columns.index(column)]

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of columns."""
        return len(self.rows), len(self.columns)

    @property
    def matrix(self) -> ImmutableDenseMatrix:
        """The entries as a SymPy matrix."""
        return ImmutableDenseMatrix(*self.shape, [x for row in self.entries for x in row])

    def __array__(self, dtype: object = None, copy: bool | None = None) -> NDArray[np.int64]:
        """Return the entries as a NumPy array."""
        found: NDArray[np.int64] = np.array(self.entries, dtype=dtype or np.int64)  # type: ignore[call-overload]
        return found.reshape(self.shape)

    def __str__(self) -> str:
        if max(self.shape) > SHOWN:
            return f"<{self.shape[0]} rows by {self.shape[1]} columns>"
        table = [["", *self.columns]]
        table += [[name, *map(str, row)] for name, row in zip(self.rows, self.entries, strict=True)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        return "\n".join(
            "  ".join(
                cell.ljust(width) if i == 0 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in table
        )

    def _repr_latex_(self) -> str | None:
        if max(self.shape) > SHOWN:
            return None
        head = " & ".join(["", *map(typeset.text, self.columns)])
        lines = [
            " & ".join([typeset.text(name), *map(str, row)])
            for name, row in zip(self.rows, self.entries, strict=True)
        ]
        body = r" \\ ".join([head + r" \\ \hline", *lines]).replace(r"\hline \\", r"\hline")
        return rf"$\displaystyle \begin{{array}}{{r|{'r' * self.shape[1]}}} {body} \end{{array}}$"


@dataclass(frozen=True)
class Combination(Mapping[str, int]):
    """A sum of named things with whole numbers: a conservation law or a cycle of reactions.

    Parameters
    ----------
    terms : tuple of (str, int)
        Names with numbers other than zero.

    Examples
    --------
    >>> law = Combination((("E", 1), ("S", -2)))
    >>> law
    E - 2 S
    >>> law["S"], list(law)
    (-2, ['E', 'S'])
    """

    terms: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, names: tuple[str, ...], numbers: list[int]) -> Combination:
        """Return the combination of some names with numbers, leaving out zeros."""
        return cls(tuple((name, n) for name, n in zip(names, numbers, strict=True) if n))

    def __getitem__(self, name: str) -> int:
        """Return the number of a name that occurs."""
        return dict(self.terms)[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.terms)

    def __len__(self) -> int:
        return len(self.terms)

    def __repr__(self) -> str:
        parts = [
            f"{'-' if n < 0 else '+'} {f'{abs(n)} ' if abs(n) > 1 else ''}{name}"
            for name, n in self.terms
        ]
        text = " ".join(parts)
        return text[2:] if text.startswith("+") else text.replace("- ", "-", 1)

    @property
    def label(self) -> str:
        """The combination as text."""
        return repr(self)
