"""The errors and warnings of nesssym: one small tree, every message says what to do."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from types import FrameType

__all__ = [
    "IrreversibleError",
    "MissingExtraError",
    "ModelError",
    "NameClashError",
    "NessError",
    "NessWarning",
    "NoSteadyStateError",
    "NotErgodicError",
    "ParameterError",
    "ParseError",
    "PerpetualMotionError",
    "TooLargeError",
    "UnknownNameError",
    "warn",
]


class NessError(ValueError):
    """Base of every error that nesssym raises on purpose."""


class ModelError(NessError):
    """A model that is not one: a negative rate, a self-loop, a wrong shape, no states."""


class ParseError(NessError):
    """A text that is not understood; the message shows the place."""


class NotErgodicError(ModelError):
    """Several closed classes: the steady state is not unique. The message names the classes."""


class NoSteadyStateError(ModelError):
    """There is no physical steady state; says what would have to hold."""


class PerpetualMotionError(ModelError):
    """A closed network that would turn for ever; names the cycle and its ln-ratio."""


class IrreversibleError(NessError):
    """An affinity or entropy production that would be infinite; names the one-way transition."""


class MissingExtraError(NessError, ImportError):
    """Something that needs a package which is not installed; the message has the pip line."""

    @classmethod
    def of(cls, what: str, extra: str) -> MissingExtraError:
        """Build the message: what needs the extra, and how it is installed."""
        return cls(f"{what} needs a package that is not here: pip install 'nesssym[{extra}]'")


class NameClashError(NessError):
    """Two different things with one name."""


class ParameterError(NessError):
    """A value outside the range its symbol allows; names the parameter, value and bound."""


class TooLargeError(NessError):
    """A result too large to write out; says how large, and what to call instead."""


class UnknownNameError(NessError):
    """A name that is not known; the message lists the known ones."""

    @classmethod
    def of(cls, kind: str, name: object, known: Iterable[str]) -> UnknownNameError:
        """Build the message for an unknown `name` of some `kind`, listing the `known` names."""
        from difflib import get_close_matches  # here, because importing nesssym must be quick

        names = list(known)
        shown = ", ".join(names[:40]) + (f", ... ({len(names)} in all)" if len(names) > 40 else "")
        close = get_close_matches(str(name), names, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        return cls(f"unknown {kind} {str(name)!r}.{hint} Known: {shown or 'none'}")


class NessWarning(UserWarning):
    """Something was done that is legal but that one may want to know."""


def warn(message: str) -> None:
    """Warn with a `NessWarning` that points at the line which called the library, however deep."""
    frame: FrameType | None = sys._getframe(1)
    level = 2
    while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] in _OURS:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, NessWarning, stacklevel=level)


_OURS = ("nesssym", "functools", "contextlib")  # these call our functions for our own sake
