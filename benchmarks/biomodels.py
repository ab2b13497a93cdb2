"""Every model of the BioModels collection, read in place: ``python -m benchmarks.biomodels``.

Needs ``pip install 'nesssym[biomodels]'``. The table goes to standard output, separated by tabs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZipFile

import nesssym as ns
from nesssym import parsing

COLUMNS = ("model", "outcome", "species", "reactions", "laws", "deficiency", "mass action",
           "linear", "steady state", "libRoadRunner")  # fmt: skip
MANY = 60  # internal species for which structure is asked for


def archive() -> Path | None:
    """The zip of the collection inside SBMLKinetics, or None where that is not installed."""
    found = find_spec("SBMLKinetics")
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0]) / "data" / "biomodels.zip"


def texts(path: Path) -> Iterator[tuple[str, str]]:
    """Name and text of every model."""
    with ZipFile(path) as zipped:
        for name in sorted(zipped.namelist()):
            if name.endswith(".xml"):
                yield name.removesuffix(".xml"), zipped.read(name).decode("utf-8-sig")


def model_text(number: int) -> str:
    """The text of BIOMD`number`."""
    with ZipFile(archive()) as zipped:
        return zipped.read(f"BIOMD{number:010d}.xml").decode("utf-8-sig")


def disagreement(text: str, m: ns.SBMLModel) -> float:
    """The largest relative difference of right-hand sides to libRoadRunner at a random point.

    Rates of amounts are compared, and the conservation laws are applied to libRoadRunner's.
    """
    import roadrunner

    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    whole = roadrunner.RoadRunner(text)  # kept, since its model dies with it
    other = whole.model
    ids = {name: (m.ids or {}).get(name, name) for name in m.model.internal}
    there = list(other.getFloatingSpeciesIds())
    random = Random(1)
    other.setFloatingSpeciesConcentrations([random.uniform(0.5, 2) for _ in there])
    amounts = dict(zip(there, other.getFloatingSpeciesAmounts(), strict=True))
    dense = dict(zip(there, other.getFloatingSpeciesConcentrations(), strict=True))
    theirs = {s: other[f"{s}'"] for s in there}
    document = ns.networks.sbml.libsbml().readSBMLFromString(text)
    only = {s.getId(): s.getHasOnlySubstanceUnits() for s in document.getModel().getListOfSpecies()}
    counted = {s: amounts[i] if m.amounts or only[i] else dense[i] for s, i in ids.items()}
    env = {parsing.symbol(s): parsing.number(x) for s, x in counted.items() if x} | m.values
    worst = 0.0
    for s, rate in m.model.rate_equations().items():
        terms = [float(t.xreplace(env)) for t in rate.expand().as_ordered_terms()]
        factor = amounts[ids[s]] / counted[s]
        size = max(sum(map(abs, terms)) * factor, 1e-300)
        worst = max(worst, abs(sum(terms) * factor - theirs[ids[s]]) / size)
    for law in m.model.conservation_laws():
        flows = [n * theirs[ids[s]] * counted[s] / amounts[ids[s]] for s, n in law.items()]
        size = max(sum(map(abs, flows)), 1e-300)
        worst = max(worst, abs(sum(flows)) / size if size > 1e-12 else 0.0)
    return worst


def row(name: str, text: str) -> list[Any]:
    """One line of the table."""
    try:
        m = ns.parse_sbml(text)
    except ns.NessError as error:
        return [name, f"refused: {' '.join(str(error).split())}", *[""] * (len(COLUMNS) - 2)]
    r = m.model
    small = len(r.internal) <= MANY
    laws = len(r.conservation_laws()) if small else "-"
    try:
        linear = bool(r.state_graph())
    except ns.NessError:
        linear = False
    steady = ""
    if linear and small:
        try:
            ns.steady_state(r.state_graph())
            steady = "exact"
        except ns.NessError as error:
            steady = type(error).__name__
    agrees = ""
    if r.mass_action and find_spec("roadrunner"):
        try:
            agrees = f"{disagreement(text, m):.1e}"
        except (RuntimeError, TypeError, KeyError) as error:
            agrees = f"not compared: {' '.join(str(error).split())[:60]}"
    return [name, "read", len(r.species), len(r.reactions), laws, r.deficiency if small else "-",
            r.mass_action, linear, steady, agrees]  # fmt: skip


def main() -> None:
    """Write the table, and the counts below it."""
    path = archive()
    if path is None:
        sys.exit("the collection is not here: pip install 'nesssym[biomodels]'")
    print(*COLUMNS, sep="\t")
    rows = []
    for name, text in texts(path):
        rows.append(row(name, text))
        print(*rows[-1], sep="\t", flush=True)
    read = [r for r in rows if r[1] == "read"]
    print(f"# {len(rows)} models, {len(read)} read, {sum(r[6] for r in read)} of mass action, "
          f"{sum(r[7] for r in read)} linear", file=sys.stderr)  # fmt: skip


if __name__ == "__main__":
    main()
