"""The page of what came of all models of BioModels, from the rows of the table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from textwrap import fill
from typing import Any

Row = dict[str, Any]
TOLERANCE = 1e-9
NAMED = {
    1: "acetylcholine receptor",
    38: "phosphotransferase system",
    60: "ryanodine receptor",
    121: "potassium channel",
    126: "sodium channel",
    199: "nitric oxide synthase",
    491: "MAPK activation, abiotic stress",
    492: "MAPK activation, biotic stress",
}


def page(rows: Sequence[Row], about: str, seconds: float) -> str:
    """Return the page as Markdown."""
    read = [r for r in rows if _read(r)]
    refused = [r for r in rows if r.get("outcome", "").startswith("refused")]
    compared = [r for r in read if isinstance(r.get("right-hand sides"), float)]
    action = [r for r in compared if r["mass action"]]
    parts = [
        "# BioModels",
        "`python -m benchmarks.biomodels` runs nesssym over the whole BioModels collection that "
        "comes inside the package SBMLKinetics (`pip install 'nesssym[biomodels]'`), read in "
        "place. It wrote this page, and a line a model with what was refused and why into "
        f"`build/biomodels.tsv`. {about} Each model had {seconds:g} s.",
        "## What is read",
        _table(
            ("", "models"),
            [
                ("in the collection", len(rows)),
                ("read as they are", sum(r["outcome"] == "read" for r in read)),
                ("read without their events, named in `omit`", _count(read, "events")),
                ("refused, by the id of an element", len(refused)),
                ("ended by an error that is none of nesssym's", sum(map(_crashed, rows))),
                ("stopped, since a step took too long", sum(map(_stopped, rows))),
            ],
        ),
        "## What the networks are",
        _table(
            ("of those that are read", "models"),
            [
                ("mass action throughout", _number(read, lambda r: r.get("mass action") is True)),
                ("with conservation laws", _number(read, lambda r: (r.get("laws") or 0) > 0)),
                ("deficiency zero", _number(read, lambda r: r.get("deficiency") == 0)),
                ("state graphs: internal species react one at a time", _number(read, _linear)),
                ("of these, an exact steady state", _number(read, _exact)),
                ("of these, equilibrium for any rates", _thermodynamics(read, "equilibrium")),
                ("of these, driven", _thermodynamics(read, "driven")),
                ("of these, one-way: affinities refused", _thermodynamics(read, "Irreversible")),
            ],
        ),
        "## Against libRoadRunner",
        "Rates of change of all species at random concentrations, relative to the sum of the "
        "flows in and out; and the conservation laws, against the rank and the kernel of "
        "libRoadRunner's stoichiometric matrix.",
        _table(
            ("", "mass action", "all that are read"),
            [
                ("compared", len(action), len(compared)),
                ("largest difference", _worst(action), _worst(compared)),
                ("rates differ by more than 1e-9", _apart(action), _apart(compared)),
                ("conservation laws differ", _unlike(action), _unlike(compared)),
            ],
        ),
        *_exceptions(read),
        "## Why models are refused",
        _table(("reason", "models", "for example"), _reasons(refused)),
        "## By name",
        _table(
            ("model", "", "species", "reactions", "trees a root", "steady state", ""),
            [_named(r, number) for number in NAMED for r in rows if r["model"] == _name(number)],
        ),
    ]
    wrapped = (p if p.startswith(("#", "|", "-")) else fill(p, 100) for p in parts)
    return "\n\n".join(wrapped) + "\n"


def problems(rows: Iterable[Row]) -> list[str]:
    """Return what must not be: crashes and readings that differ from libRoadRunner's."""
    return [
        f"{r['model']}: {r.get('ended') or 'differs from libRoadRunner'}"
        for r in rows
        if _crashed(r) or _differs(r) or r.get("laws agree") is False
    ]


def _name(number: int) -> str:
    return f"BIOMD{number:010d}"


def _read(r: Row) -> bool:
    return str(r.get("outcome", "")).startswith("read")


def _crashed(r: Row) -> bool:
    return bool(r.get("ended")) and not _stopped(r)


def _stopped(r: Row) -> bool:
    return str(r.get("ended", "")).startswith("over ")


def _differs(r: Row) -> bool:
    found = r.get("right-hand sides")
    return isinstance(found, float) and not found <= TOLERANCE


def _linear(r: Row) -> bool:
    return r.get("linear") is True


def _exact(r: Row) -> bool:
    return r.get("steady state") == "exact"


def _number(rows: Iterable[Row], test: Callable[[Row], bool]) -> int:
    return sum(map(test, rows))


def _count(rows: Iterable[Row], word: str) -> int:
    return sum(word in r["outcome"] for r in rows)


def _thermodynamics(rows: Iterable[Row], word: str) -> int:
    return sum(str(r.get("thermodynamics", "")).startswith(word) for r in rows)


def _worst(rows: Iterable[Row]) -> str:
    return f"{max((r['right-hand sides'] for r in rows), default=0.0):.1e}"


def _apart(rows: Iterable[Row]) -> int:
    return sum(map(_differs, rows))


def _unlike(rows: Iterable[Row]) -> int:
    return sum(r.get("laws agree") is False for r in rows)


def _exceptions(read: Iterable[Row]) -> list[str]:
    lines = []
    for r in read:
        if isinstance(why := r.get("right-hand sides"), str):
            lines.append(f"- {r['model']}: {why}")
        if r.get("ended"):
            lines.append(f"- {r['model']}: {r['ended']}")
        elif _differs(r) or r.get("laws agree") is False:
            lines.append(f"- {r['model']}: differs by {r['right-hand sides']:.1e}")
    return ["\n".join(lines)] if lines else []


def _reasons(refused: Iterable[Row]) -> list[tuple[str, int, str]]:
    found = [(_reason(r["outcome"].removeprefix("refused: ")), r["model"]) for r in refused]
    examples = dict(reversed(found))
    return [(why, n, examples[why]) for why, n in Counter(w for w, _ in found).most_common()]


def _reason(message: str) -> str:
    """Return a message without the elements and numbers that it is about."""
    last = re.split(r"(?<=')[:] ", message)[-1]
    last = re.sub(r"^the sign of .*? (?=is not known|cannot be)", "the sign of a term ", last)
    if not last.startswith("it holds"):
        last = re.sub(r"'[^']*'", "...", last)
    return re.sub(r"\b-?[0-9]+(?:\.[0-9]+)?\b", "N", last)[:100].replace("|", "/")


def _named(r: Row, number: int) -> tuple[Any, ...]:
    trees = r.get("trees", "")
    shown = f"{trees:,}" if isinstance(trees, int) and trees < 10**6 else trees
    shown = f"{trees:.1e}" if isinstance(trees, int) and trees >= 10**6 else shown
    return (r["model"], NAMED[number], r.get("species", ""), r.get("reactions", ""), shown,
            r.get("steady state", ""), r.get("thermodynamics", ""))  # fmt: skip


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
