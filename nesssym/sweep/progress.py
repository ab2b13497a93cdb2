"""Progress on standard error, once a sweep has taken a few seconds."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from time import monotonic
from typing import TypeVar

__all__ = ["shown"]

QUIET = 3.0
EVERY = 1.0
T = TypeVar("T")


def shown(items: Iterable[T], total: int, already: int = 0) -> Iterator[T]:
    """Give the items on, and say how many of `total` have come; by tqdm where it is installed."""
    if find_spec("tqdm"):
        bar = import_module("tqdm").tqdm
        yield from bar(items, total=total, initial=already, desc="sweep", unit="block", delay=QUIET)
        return
    begin = monotonic()
    due = begin + QUIET
    written = False
    for number, item in enumerate(items, already + 1):
        yield item
        now = monotonic()
        if now >= due:
            left = (now - begin) * (total - number) / (number - already)
            print(
                f"\rsweep: {number} of {total} blocks, about {left:.0f} s left ",
                end="",
                file=sys.stderr,
                flush=True,
            )
            due, written = now + EVERY, True
    if written:
        print(file=sys.stderr)
