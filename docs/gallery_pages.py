"""A page for every physical system of the gallery, written from the system itself."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree

import matplotlib as mpl
import mpmath
from matplotlib.figure import Figure

import nesssym as ns

LONGEST = 6_000
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
        "## Parameters",
        "| | value | unit | meaning | source |\n|---|---|---|---|---|\n"
        + "\n".join(
            f"| `{p.symbol}` | {mpmath.nstr(mpmath.mpf(p.value.evalf(20)), 10)} | {p.unit} "
            f"| {p.meaning} | {p.source} |"
            for p in system.parameters
        ),
        "## What follows",
    ]
    for quantity, formulas in system.results.items():
        unit = "" if formulas.unit == "1" else f" [{formulas.unit}]"
        parts.append(f"### {quantity[0].upper() + quantity[1:]}{unit}")
        latex = formulas.latex(width=90)
        if len(latex) < LONGEST:
            parts.append(f"$$\n{latex}\n$$")
        parts.append(_values(system, formulas))
    if system.limits:
        parts += ["## Limits", "\n".join(f"- {limit.text}" for limit in system.limits)]
    if system.corrections:
        parts.append("## Often said")
    for correction in system.corrections:
        parts.append(f"*{correction.naive}*. Right is: {correction.right}.")
        parts.append(_values(system, correction.evidence(system)))
    return "\n\n".join(parts) + "\n"


def _values(system: ns.System, formulas: ns.Formulas) -> str:
    numbers = system.numbers(formulas, digits=10)
    unit = "" if formulas.unit in ("1", "mixed") else f" {formulas.unit}"
    rows = (
        f"| ${head}$ | {mpmath.nstr(numbers[label], 10)}{unit} |"
        for label, head in zip(formulas.labels, formulas.heads, strict=True)
    )
    return "| | at the default parameters |\n|---|---|\n" + "\n".join(rows)
