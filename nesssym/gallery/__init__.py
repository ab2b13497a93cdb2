"""Published models and physical systems, one file each: being listed is being tested."""

from __future__ import annotations

from importlib import import_module
from importlib.resources import files

from nesssym.errors import UnknownNameError
from nesssym.networks.files import ModelFile, parse_toml
from nesssym.system import System

__all__ = ["load", "names"]

KINDS = {"": ("py", "toml"), "model": ("toml",), "system": ("py",)}


def names(kind: str = "") -> list[str]:
    """Return the names of everything in the gallery, or of one kind.

    Parameters
    ----------
    kind : {"", "model", "system"}, optional
        ``"model"``: published models, TOML files that hold a Markov graph or chain,
        or a reaction network.
        ``"system"``: physical systems with everything that follows from them.

    Examples
    --------
    >>> import nesssym as ns
    >>> "kinesin" in ns.gallery.names("model"), "flippase" in ns.gallery.names("system")
    (True, True)
    """
    if kind not in KINDS:
        raise UnknownNameError.of("kind of gallery entry", kind, KINDS)
    found = (file.name.rpartition(".") for file in files(__name__).iterdir())
    return sorted(
        name for name, _, suffix in found if suffix in KINDS[kind] and not name.startswith("_")
    )


def load(name: str) -> ModelFile | System:
    """Load a published model or a physical system: model, parameters, values and reference.

    Parameters
    ----------
    name : str
        One of `names`.

    Examples
    --------
    >>> import nesssym as ns
    >>> m = ns.gallery.load("kinesin")
    >>> m.reference.year
    2007
    """
    if name in names("model"):
        return parse_toml(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    if name not in names("system"):
        raise UnknownNameError.of("name in the gallery", name, names())
    system: System = import_module(f"{__name__}.{name}").SYSTEM
    return system
