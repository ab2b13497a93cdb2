"""Imports point down in the drawing of docs/architecture.md; only the dependencies are outside."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "nesssym"
IMPORT_NAMES = {"python-flint": "flint"}
EXTRAS = {
    "backends.jitted": ["numba"],
    "backends.vectors": ["numba", "llvmlite"],
    "backends.traced": ["jax"],
    "drawing.canvas": ["matplotlib", "scipy"],
    "networks.sbml_document": ["libsbml"],
    "networks.sbml_math": ["libsbml"],
    "networks.sbml_out": ["antimony"],
}


class Place(NamedTuple):
    """Where a module stands: its line from below, its branch (0: both), its place in the cell."""

    line: int
    column: int
    position: int


def drawing() -> dict[str, Place]:
    """Read the drawing: a line a layer, ``│`` between branches, ``package: its modules``."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```text layers\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    places: dict[str, Place] = {}
    for line, text in enumerate(reversed(block.splitlines())):
        branches = text.split("│")
        for column, cell in enumerate(branches, start=len(branches) > 1):
            package, colon, members = cell.rpartition(":")
            names = [name.strip() for name in members.split(",") if name.strip()]
            if colon:
                names = [f"{package.strip()}.{name}" for name in names] + [package.strip()]
            for position, name in enumerate(names):
                assert name not in places, f"{name} is drawn twice"
                places[name] = Place(line, column, position)
    return places


def may_import(module: Place, other: Place) -> bool:
    """Down the drawing, or to the left in one cell; never from one branch into the other."""
    if module.column != other.column and 0 not in (module.column, other.column):
        return False
    return (module.line, module.position) > (other.line, other.position)


def modules() -> dict[str, Path]:
    """Every module by its name below nesssym; the package itself is ``nesssym``."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts) or "nesssym"] = path
    return found


DRAWING, MODULES = drawing(), modules()


def imports(path: Path) -> Iterator[str]:
    """Full names of all that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: write imports in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def inner(name: str) -> str | None:
    """The module of nesssym that an import of a full name loads; None where it is none."""
    first, _, rest = name.partition(".")
    if first != "nesssym":
        return None
    return next((m for m in (rest, rest.rpartition(".")[0]) if m in MODULES), "nesssym")


def test_drawing_is_complete():
    assert set(DRAWING) == set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module):
    upward = [
        target
        for target in map(inner, imports(MODULES[module]))
        if target is not None and not may_import(DRAWING[module], DRAWING[target])
    ]
    assert not upward, f"{module} imports {', '.join(upward)}, which it may not"


@pytest.mark.parametrize("module", MODULES)
def test_nothing_else_is_imported(module):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [re.split(r"[^\w-]", line)[0] for line in project["dependencies"]]
    needed += EXTRAS.get(module, [])
    known = (
        sys.stdlib_module_names | {"nesssym"} | {IMPORT_NAMES.get(name, name) for name in needed}
    )
    outside = {name.partition(".")[0] for name in imports(MODULES[module])} - known
    assert not outside, f"{module} imports {outside}, which are not dependencies"


@pytest.mark.parametrize("module", MODULES)
def test_no_text_is_evaluated(module):
    called = {
        ast.unparse(node.func).rpartition(".")[2]
        for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    assert called & {"S", "eval", "lambdify", "parse_expr", "parse_latex", "sympify"} == set()


@pytest.mark.parametrize(
    ("module", "other", "allowed"),
    [
        ("steady", "networks", True),
        ("networks", "steady", False),
        ("cli", "kernels", True),
        ("verify", "kernels", True),
        ("kernels", "verify", False),
        ("kernels", "networks", False),
        ("steady", "kernels", False),
        ("programs.program", "typeset", False),
        ("programs.emit", "programs.program", True),
        ("programs.languages", "programs.emit", True),
        ("programs.emit", "programs.languages", False),
        ("kernels", "backends", True),
        ("backends", "kernels", False),
        ("exact", "backends", False),
        ("networks.state_graph", "networks.transitions", True),
        ("networks.transitions", "networks", False),
    ],
)
def test_rule(module, other, allowed):
    assert may_import(DRAWING[module], DRAWING[other]) is allowed
