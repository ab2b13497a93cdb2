"""Published models, one file each: being listed is being tested."""

from __future__ import annotations

from importlib.resources import files

from nesssym.errors import UnknownNameError
from nesssym.networks.files import ModelFile, parse_toml

__all__ = ["load", "names"]


def names() -> list[str]:
    """Return the names of the models in the gallery.

    Examples
    --------
    >>> import nesssym as ns
    >>> "kinesin" in ns.gallery.names()
    True
    """
    found = (file.name for file in files(__name__).iterdir())
    return sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml"))


def load(name: str) -> ModelFile:
    """Load a model of the gallery: its model, parameters, values and reference.

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
    if name not in names():
        raise UnknownNameError.of("model of the gallery", name, names())
    return parse_toml(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
