"""Every model of the BioModels collection, read in place: ``python -m benchmarks.biomodels``.

Needs ``pip install 'nesssym[biomodels]'``. The table goes to ``build/biomodels.tsv``, what it comes
to into ``docs/biomodels.md``; progress to standard error. Names of models after the command run
these alone, and replace their lines.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import signal
import sys
import warnings
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from select import select
from time import monotonic
from typing import Any
from zipfile import ZipFile

import nesssym as ns
from benchmarks import biomodels_page, roadrunner_check
from nesssym.networks.sbml_document import libsbml

COLUMNS = ("outcome", "species", "reactions", "chemostats", "laws", "deficiency", "mass action",
           "linear", "trees", "steady state", "thermodynamics", "right-hand sides",
           "laws agree")  # fmt: skip
HEADS = ("model", *COLUMNS, "ended")
SECONDS = 90
MEMORY = 6 * 2**30
ROOT = Path(__file__).parents[1]


def archive() -> Path | None:
    """The zip of the collection inside SBMLKinetics, or None where that is not installed."""
    found = find_spec("SBMLKinetics")
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0]) / "data" / "biomodels.zip"


def names() -> list[str]:
    """Names of all models."""
    with ZipFile(archive()) as zipped:
        return sorted(n.removesuffix(".xml") for n in zipped.namelist() if n.endswith(".xml"))


def model_text(name: int | str) -> str:
    """The text of a model, by name or number."""
    name = f"BIOMD{name:010d}" if isinstance(name, int) else name
    with ZipFile(archive()) as zipped:
        return zipped.read(f"{name}.xml").decode("utf-8-sig")


def cells(text: str) -> Iterator[tuple[str, Any]]:
    """What a line of the table tells, column by column, the quick ones first."""
    try:
        events = _events(text)
        m = ns.parse_sbml(text, omit=events)
    except ns.NessError as error:
        yield "outcome", f"refused: {' '.join(str(error).split())}"
        return
    r = m.model
    yield "outcome", f"read without {len(events)} events" if events else "read"
    yield "species", len(r.species)
    yield "reactions", len(r.reactions)
    yield "chemostats", len(r.chemostats)
    yield "mass action", r.mass_action
    yield "laws", len(r.conservation_laws())
    yield "deficiency", r.deficiency
    if find_spec("roadrunner"):
        yield from _compared(text, m)
    try:
        graph = r.state_graph()
    except ns.NessError:
        yield "linear", False
        return
    yield "linear", True
    yield "trees", max(ns.count_trees(graph).values())
    yield "steady state", _told(lambda: ns.steady_state(graph) and "exact")
    yield "thermodynamics", _told(lambda: _driven(graph))


def _events(text: str) -> list[str]:
    """Ids of the events, which are left out: the network is that between two of them."""
    model = libsbml().readSBMLFromString(text).getModel()
    events = model.getListOfEvents() if model is not None else ()
    return [event.getId() or str(i) for i, event in enumerate(events, 1)]


def _driven(graph: ns.StateGraph) -> str:
    ns.affinities(graph)
    return "equilibrium" if ns.is_equilibrium(graph) else "driven"


def _told(work: Any) -> Any:
    try:
        return work()
    except ns.NessError as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[:150]}"


def _compared(text: str, m: ns.SBMLModel) -> Iterator[tuple[str, Any]]:
    try:
        whole = roadrunner_check.loaded(text)
        yield "right-hand sides", roadrunner_check.right_hand_sides(whole, m)
        yield "laws agree", roadrunner_check.laws_agree(whole, m)
    except (ns.NessError, RuntimeError) as error:  # the second is libRoadRunner's
        yield "right-hand sides", f"not compared: {' '.join(str(error).split())[:150]}"


def row(name: str, seconds: float = SECONDS) -> dict[str, Any]:
    """One line of the table, from a process of its own that is ended when its time is over."""
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        for kind in (DeprecationWarning, RuntimeWarning):  # threads of others, asleep
            warnings.simplefilter("ignore", kind)
        child = os.fork()
    if not child:
        _child(name, ours, theirs)
    os.close(theirs)
    end, data = monotonic() + seconds, b""
    while (left := end - monotonic()) > 0 and select([ours], [], [], left)[0]:
        new = os.read(ours, 1 << 16)
        data += new
        if not new:
            break
    over = monotonic() >= end
    if over:
        os.kill(child, signal.SIGKILL)
    os.close(ours)
    _, status = os.waitpid(child, 0)
    found: dict[str, Any] = {"model": name}
    found |= dict(json.loads(line) for line in data.decode().splitlines())
    if over:
        found["ended"] = f"over {seconds:g} s"
    elif status:
        found["ended"] = found.pop("crash", f"ended with {status}")
    return found


def _child(name: str, ours: int, theirs: int) -> None:
    """Send the cells one by one, each a line, and leave."""
    os.close(ours)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    def send(*pair: Any) -> None:
        os.write(theirs, (json.dumps(pair) + "\n").encode())

    try:
        for column, value in cells(model_text(name)):
            send(column, value)
    except BaseException as error:  # told by the parent, which has no other way to see it
        send("crash", f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
        os._exit(1)
    os._exit(0)


def main(chosen: list[str]) -> None:
    """Write the table and the page; of models that are named, only the lines are replaced."""
    if archive() is None:
        sys.exit("the collection is not here: pip install 'nesssym[biomodels]'")
    for _ in cells(model_text(2)):
        pass  # what is imported and compiled here is there in every process made from this one
    kept = ROOT / "build" / "biomodels.json"
    kept.parent.mkdir(exist_ok=True)
    rows = json.loads(kept.read_text("utf-8")) if chosen and kept.exists() else {}
    models = chosen or names()
    try:
        for number, name in enumerate(models, 1):
            print(f"\r{number}/{len(models)} {name}", end="", file=sys.stderr)
            rows[name] = row(name)
    finally:
        print(file=sys.stderr)
        kept.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    found = [rows[name] for name in sorted(rows)]
    table = ["\t".join(str(r.get(head, "")) for head in HEADS) for r in found]
    (ROOT / "build" / "biomodels.tsv").write_text("\n".join(["\t".join(HEADS), *table]), "utf-8")
    if set(names()) <= set(rows):
        text = biomodels_page.page(found, about(), SECONDS)
        (ROOT / "docs" / "biomodels.md").write_text(text, encoding="utf-8")
    if wrong := biomodels_page.problems(found):
        sys.exit("\n".join(wrong))


def about() -> str:
    """The versions of what was run."""
    packages = ("sympy", "python-libsbml", "libroadrunner", "SBMLKinetics")
    versions = [f"{p} {version(p)}" if _here(p) else f"no {p}" for p in packages]
    return f"Python {platform.python_version()}, {', '.join(versions)}."


def _here(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


if __name__ == "__main__":
    main(sys.argv[1:])
