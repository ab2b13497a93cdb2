"""SBML text, checked before libsbml parses it and after, as libsbml's model."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path
from typing import Any
from xml.parsers import expat

from nesssym.errors import MissingExtraError, ModelError, ParseError

__all__ = ["file_text", "libsbml", "sbml_document"]

MAX_BYTES = 20_000_000
MAX_DEPTH = 200  # libsbml ends the process on a few thousand, and is slow before
_ARCHIVES = {b"\x1f\x8b": "gzip", b"PK": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
_WHOLE = r"\s*[+-]?[0-9]+\s*"
_REAL = r"\s*(?:[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|INF)|NaN)\s*"
_NUMBERS = {  # libsbml reads as far as it understands, and 1.5 over 2 as 1 over 2
    "real": re.compile(_REAL),
    "integer": re.compile(_WHOLE),
    "rational": re.compile(f"{_WHOLE}/{_WHOLE}"),
    "e-notation": re.compile(f"{_REAL}/{_WHOLE}"),
}
UNDECLARED = 99_000  # libsbml's numbers from here on: units that are not declared
_RULE = re.compile(r".* Reference: \w+ (?:\w+ \w+ )?Section [\w.]+ ?")
_DRAWING = re.compile(r"L3 package '(?:layout|render)\w*' cannot be used")  # in level 2
_CORE_MATH = "l3v2extendedmath"  # libsbml's word for what level 3 version 2 has in its core


def libsbml() -> Any:
    """Return the module libsbml, or raise what says how to install it."""
    try:
        import libsbml as module
    except ImportError:
        raise MissingExtraError.of("SBML", "sbml") from None
    return module


def file_text(path: str | PathLike[str]) -> str:
    """Return the text of a file, or raise `ParseError` with its name."""
    try:
        file = Path(path)
        found = file.is_file()
    except OSError:
        found = False
    if not found:
        hint = "; for the text itself there is parse_sbml" if "<" in str(path) else ""
        raise ParseError(f"no SBML file {str(path)[:200]!r}{hint}")
    if (size := file.stat().st_size) > MAX_BYTES:
        raise ParseError(f"{file.name} has {size} bytes, more than {MAX_BYTES}")
    data = file.read_bytes()
    for start, kind in _ARCHIVES.items():
        if data.startswith(start):
            raise ParseError(f"{file.name} is packed ({kind}); unpack it first")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError(f"{file.name} is not UTF-8 text: {error}") from None


def sbml_document(text: str, check_units: bool = False) -> Any:
    """Return libsbml's document of a text; its model lives as long.

    Raises
    ------
    ParseError
        Not XML, or not SBML of level 2 or 3; the message names the line.
    ModelError
        It needs a package, or its units disagree and `check_units` is set.
    """
    if not isinstance(text, str):
        raise ParseError(f"the text of an SBML file is a str, got {type(text).__name__}")
    if "<" not in text[:MAX_BYTES]:
        raise ParseError(f"{text[:80]!r} is not SBML; a file is read by read_sbml")
    if len(text) > MAX_BYTES:
        raise ParseError(f"the text has {len(text)} characters, more than {MAX_BYTES}")
    _check_xml(text)
    module = libsbml()
    document = module.readSBMLFromString(text)
    _refuse_packages(document)
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        harmless = error.getErrorId() == module.MissingXMLEncoding  # XML without one is UTF-8
        harmless = harmless or _DRAWING.search(error.getMessage())
        if error.getSeverity() >= module.LIBSBML_SEV_ERROR and not harmless:
            raise ParseError(f"not SBML, line {error.getLine()}: {_told(error)[:200]}")
    if document.getModel() is None:
        raise ParseError("the text holds no SBML model")
    if document.getLevel() < 2:
        raise ParseError("SBML of level 1 is not read; convert it to level 2 or 3")
    if check_units:
        _check_units(document, module)
    return document


def _check_units(document: Any, module: Any) -> None:
    """Raise for units that disagree; those that are not declared cannot."""
    kinds = (k for k in vars(module) if k.startswith("LIBSBML_CAT_") and k.endswith("CONSISTENCY"))
    others = ("LIBSBML_CAT_OVERDETERMINED_MODEL", "LIBSBML_CAT_MODELING_PRACTICE")
    for kind in (*kinds, *others):
        units = kind == "LIBSBML_CAT_UNITS_CONSISTENCY"
        document.setConsistencyChecks(getattr(module, kind), units)
    before = document.getNumErrors()
    document.checkConsistency()
    for i in range(before, document.getNumErrors()):
        error = document.getError(i)
        if (
            error.getCategory() == module.LIBSBML_CAT_UNITS_CONSISTENCY
            and error.getErrorId() < UNDECLARED
        ):
            raise ModelError(f"units disagree, line {error.getLine()}: {_told(error)}")


def _told(error: Any) -> str:
    """Return what an error says of the text, without the rule of the specification before it."""
    message = " ".join(error.getMessage().split())
    return _RULE.sub("", message) or message


def _refuse_packages(document: Any) -> None:
    if document.getLevel() < 3:
        return
    known = (document.getPlugin(i).getPackageName() for i in range(document.getNumPlugins()))
    needed = [p for p in known if p != _CORE_MATH and document.getPackageRequired(p)]
    for i in range(document.getNumUnknownPackages()):
        if document.getPackageRequired(document.getUnknownPackageURI(i)):
            needed.append(document.getUnknownPackagePrefix(i))
    if needed:
        raise ModelError(f"package {needed[0]!r}: the model needs it, and it is not read")


def _check_xml(text: str) -> None:
    """Raise for what libsbml reads wrongly, or does not survive."""
    parser = expat.ParserCreate()
    open_tags: list[tuple[str, dict[str, str]]] = []
    number: list[str] = []

    def fail(problem: str) -> ParseError:
        return ParseError(f"not SBML, line {parser.CurrentLineNumber}: {problem}")

    def doctype(*_: Any) -> None:
        raise fail("a document type, which could define entities, is not read")

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if len(open_tags) == MAX_DEPTH:
            raise fail(f"elements are nested more than {MAX_DEPTH} deep")
        open_tags.append((name, attributes))
        if name == "cn":
            number.clear()
            if attributes.get("base", "10") != "10":
                raise fail(f"a number to the base {attributes['base']} is not read")
        elif name == "sep":
            number.append("/")

    def data(text: str) -> None:
        if open_tags and open_tags[-1][0] == "cn":
            number.append(text)

    def end(_: str) -> None:
        name, attributes = open_tags.pop()
        kind = attributes.get("type", "real")
        if name == "cn" and kind in _NUMBERS and not _NUMBERS[kind].fullmatch("".join(number)):
            raise fail(f"{''.join(number)[:40]!r} is no number of type {kind}")

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    parser.CharacterDataHandler = data
    parser.EndElementHandler = end
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        problem = expat.ErrorString(error.code)
        raise ParseError(f"not SBML, line {error.lineno}: {problem}") from None
    except UnicodeEncodeError as error:
        raise ParseError(f"not SBML: {error}") from None
