"""nesssym: exact results about non-equilibrium steady states.

Public names are loaded when they are first used, so that importing the package takes no time.
Where each lives stands in ``__init__.pyi``, which type checkers read.
"""

import ast
import sys
from importlib import import_module
from importlib.resources import files
from types import ModuleType
from typing import Any

__version__ = "0.1.0"


def _homes() -> dict[str, str]:
    stub = files(__name__).joinpath("__init__.pyi").read_text(encoding="utf-8")
    return {
        alias.name: str(node.module)
        for node in ast.parse(stub).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


_HOMES = _homes()
__all__ = list(_HOMES)


class _Package(ModuleType):
    """A package whose public names are loaded on demand."""

    def __getattr__(self, name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = import_module(_HOMES[name])
        value = vars(home).get(name) or import_module(f"{__name__}.{name}")
        super().__setattr__(name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        # A submodule that is imported does not hide the public function of its name.
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
