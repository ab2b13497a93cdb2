"""The repository itself: no traces of a machine, documented names, one version, a whole wheel."""

from __future__ import annotations

import inspect
import re
import subprocess
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder

import nesssym

ROOT = Path(__file__).parents[1]
LEFT_OVER = re.compile(
    r"(?<![\w.])/(?:work|root|tmp|home|opt|mnt|Users|farm)/\w"  # a path of some machine
    r"|\b(?:TO[D]O|FIX[M]E|X[X]X)\b"
)
PUBLIC = {name: getattr(nesssym, name) for name in nesssym.__all__ if not name.startswith("__")}
EXPLAINED = [
    name
    for name, value in PUBLIC.items()
    if callable(value) and not (isinstance(value, type) and issubclass(value, BaseException))
]


@cache
def files() -> tuple[Path, ...]:
    """The files of the repository, as git knows them; in a plain copy, those that are no output."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [ROOT / name for name in listing.stdout.split("\0") if name] or [
        path
        for path in ROOT.rglob("*")
        if not re.search(
            r"(?:^|/)(?:\.(?!ci/)|__pycache__|build|dist)", path.relative_to(ROOT).as_posix()
        )
    ]
    return tuple(sorted(path for path in found if path.is_file()))


def read(*name: str) -> str:
    return ROOT.joinpath(*name).read_text(encoding="utf-8")


def test_nothing_is_left_over():
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if LEFT_OVER.search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('open("/wor' + 'k/main/a.toml")', True),
        ("# TO" + "DO: think", True),
        ("https://example.org/home/page", False),
        ("nesssym/gallery/kinesin.toml", False),
    ],
)
def test_left_overs_are_seen(line, found):
    assert bool(LEFT_OVER.search(line)) is found


def test_notebooks_are_text_with_asserts():
    notebooks = [path for path in files() if path.parent == ROOT / "notebooks"]
    assert notebooks
    for path in notebooks:
        text = path.read_text(encoding="utf-8")
        assert re.match(r"---\n.*?^    format_name: myst\n.*?^  name: python3\n", text, re.M | re.S)
        assert re.search(r"^assert ", text, re.MULTILINE), f"{path.name} asserts nothing"
    assert not [path for path in files() if path.suffix == ".ipynb"]


def test_changelog_has_an_entry():
    _, newest, *_ = re.split(r"^## ", read("CHANGELOG.md"), flags=re.MULTILINE)
    assert newest.startswith(("[Unreleased]", f"[{nesssym.__version__}]"))
    assert re.search(r"^### (Added|Changed|Fixed|Removed)\n\n- \w", newest, re.MULTILINE)


def test_one_version():
    assert re.findall(r"^version: (.+)$", read("CITATION.cff"), re.M) == [nesssym.__version__]


@pytest.mark.parametrize("name", EXPLAINED)
def test_public_names_have_examples(name):
    doc = inspect.getdoc(PUBLIC[name]) or ""
    assert re.search(r"^Examples\n-{8}\n(.*\n)*>>> ", doc, re.MULTILINE)


def test_api_page_is_complete():
    listed = re.findall(r"^\.\. auto\w+:: (?:nesssym\.)?(\w+)", read("docs", "api.md"), re.M)
    assert set(listed) == set(PUBLIC)


def test_wheel_is_whole(tmp_path):
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if name.startswith("nesssym/")}
    assert shipped == {
        path.relative_to(ROOT).as_posix() for path in files() if ROOT / "nesssym" in path.parents
    }
