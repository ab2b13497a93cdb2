"""Names of local variables that every language takes."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from itertools import count

__all__ = ["PLAIN", "is_reserved", "safe"]

PLAIN = "[A-Za-z][A-Za-z0-9_]{,59}"
MATHEMATICA_WORDS = frozenset("CDEIKNO")
RESERVED = """
    auto break case char const continue default do double else enum extern float for goto if
    inline int long register restrict return short signed sizeof static struct switch typedef
    union unsigned void volatile while bool j0 j1 jn y0 y1 yn gamma lgamma erf main results
    status flags merge any big
    baremodule begin catch ccall end export finally function global let local macro module
    mutable primitive quote struct try using type where abstract im inf nan
    allocate call character common complex contains cycle data deallocate dimension elseif
    endif entry exit external format implicit integer intent intrinsic kernel kind logical
    namelist none nullify only open optional parameter pointer precision print private procedure
    program public read real recursive result rewind save select stop subroutine target then
    write arguments buffers rational difference pi atanh atan sin cos tan abs floor
    ceil round pow
"""
WORDS = frozenset(RESERVED.split())


def is_reserved(name: str) -> bool:
    """Whether a name means something in one of the languages, or in generated source."""
    return keyword.iskeyword(name) or name.casefold() in WORDS or name in MATHEMATICA_WORDS


def safe(names: Iterable[str], taken: Iterable[str] = (), pattern: str = PLAIN) -> list[str]:
    """Return local names: the given ones where every language takes them, else v1, v2, ...

    Parameters
    ----------
    names : iterable of str
        Any text.
    taken : iterable of str, optional
        What is in use, in any case.
    pattern : str, optional
        What a name must match.

    Examples
    --------
    >>> safe(["k_on", "lambda", "K_on"])
    ['k_on', 'v1', 'v2']
    """
    used = {name.casefold() for name in taken}
    numbers = count(1)
    chosen: list[str] = []
    for name in names:
        local = name
        plain = re.fullmatch(pattern, name) is not None
        if not plain or is_reserved(name) or name.casefold() in used:
            while (local := f"v{next(numbers)}") in used:
                pass
        used.add(local.casefold())
        chosen.append(local)
    return chosen
