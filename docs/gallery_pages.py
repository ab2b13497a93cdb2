"""A page for every physical system of the gallery, written from the system itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree
from typing import Any

import matplotlib as mpl
import mpmath
from matplotlib.figure import Figure

import nesssym as ns
from nesssym import typeset
from nesssym.schemes import scheme

LONGEST = 6_000
COMPARED = {"naive": "as often said", "right": "right"}
INDEX = """# Gallery

Physical systems, from the kitchen sink to the climate: each with its model, parameters, derived
formulas, limits and what is often said wrongly. `nesssym gallery` lists them, `nesssym derive NAME`
derives one, `ns.gallery.load(NAME)` loads it. What is shown here is derived when the page is made.

```{{toctree}}
:maxdepth: 1

{systems}
```

## Published models

Markov graphs and reaction networks with the rates of a paper:

{models}
"""

mpl.rcParams["svg.hashsalt"] = "nesssym"


def write(folder: Path) -> None:
    """Write the pages and their pictures, and a list of them, into a folder."""
    rmtree(folder, ignore_errors=True)
    folder.mkdir()
    names = ns.gallery.names("system")
    for name in names:
        (folder / f"{name}.md").write_text(page(name, folder), encoding="utf-8")
    models = (f"- `{name}`: {ns.gallery.load(name).title}" for name in ns.gallery.names("model"))
    text = INDEX.format(systems="\n".join(names), models="\n".join(models))
    (folder / "index.md").write_text(text, encoding="utf-8")


def page(name: str, folder: Path) -> str:
    """Return the page of a system, and draw its picture into the folder."""
    system = ns.gallery.load(name)
    figure = Figure(figsize=(7, 4.2))
    system.draw(figure.add_subplot(), system)
    figure.savefig(folder / f"{name}.svg", bbox_inches="tight")
    parts = [
        f"# {system.title}",
        system.passage.strip(),
        f"![{system.title}]({name}.svg)",
        f"After {system.reference}.",
        *_model(name, system),
        "## Parameters",
        "| | name | value | unit | meaning | source |\n|---|---|---|---|---|---|\n"
        + "\n".join(
            f"| ${typeset.expression(p.symbol, dict(system.notation))}$ | `{p.symbol}` "
            f"| {_number(p.value.evalf(20))} | {_unit(p.unit)} | {p.meaning} | {p.source} |"
            for p in system.parameters
        ),
        "## What follows",
    ]
    for quantity, formulas in system.results.items():
        unit = _unit(formulas.unit) and f" [{_unit(formulas.unit)}]"
        parts.append(f"### {quantity[0].upper() + quantity[1:]}{unit}")
        latex = formulas.latex(width=90)
        if formulas.symbols and len(latex) < LONGEST:
            parts.append(f"$$\n{latex}\n$$")
        parts.append(_values(system, formulas))
    if system.limits:
        parts += ["## Limits", "\n".join(f"- {_limit(system, limit)}" for limit in system.limits)]
    if system.corrections:
        parts.append("## Often said")
    for correction in system.corrections:
        parts.append(f"*{correction.naive}*. Right is: {correction.right}.")
        parts.append(_values(system, correction.evidence(system), COMPARED))
    return "\n\n".join(parts) + "\n"


def _model(name: str, system: ns.System) -> list[str]:
    """Show what the models are made of: their processes with their rates, if they are networks."""
    code = f"```python\n>>> system = ns.gallery.load({name!r})\n>>> system.model\n"
    parts = ["## The model", *_scheme(system, system.model), f"{code}{system.model!r}\n```"]
    for title, other in (system.others(system) if system.others else {}).items():
        parts += [f"{title[0].upper()}{title[1:]}:", *_scheme(system, other)]
    return parts


def _scheme(system: ns.System, model: Any) -> list[str]:
    found = (getattr(model, kind, ()) for kind in ("reactions", "transitions", "flows"))
    arrows = [process.arrow for processes in found for process in processes]
    shown = scheme(arrows, dict(system.notation)) if arrows else None
    return [shown] if shown else []


def _limit(system: ns.System, limit: Any) -> str:
    """Say a limit in words and in a formula."""
    formulas, names = system[limit.quantity], dict(system.notation)
    head = formulas.heads[formulas.labels.index(limit.label)]
    value = typeset.expression(system.expr(limit.becomes), names)
    if not limit.to:
        return f"{limit.text}: $\\displaystyle {head} = {value}$"
    ways = ", ".join(
        f"{typeset.expression(system.named[s], names)} \\to "
        + (r"\infty" if to == "oo" else typeset.expression(system.expr(to), names))
        for s, to in limit.to.items()
    )
    return f"{limit.text}: $\\displaystyle {head} \\to {value}$ for ${ways}$"


def _unit(unit: str) -> str:
    if unit in ("1", "mixed"):
        return ""
    return re.sub(r"\^(\d)", lambda m: "⁰¹²³⁴⁵⁶⁷⁸⁹"[int(m[1])], unit).replace("*", "·")


def _number(value: Any) -> str:
    return mpmath.nstr(mpmath.mpf(value), 10).removesuffix(".0")


def _values(
    system: ns.System, formulas: ns.Formulas, names: Mapping[str, str] | None = None
) -> str:
    numbers = system.numbers(formulas, digits=10)
    rows = (
        f"| {(names or {}).get(label, f'${head}$')} "
        f"| {_number(numbers[label])} {_unit(formulas.unit)} |"
        for label, head in zip(formulas.labels, formulas.heads, strict=True)
    )
    return "| | at the default parameters |\n|---|---|\n" + "\n".join(rows)
