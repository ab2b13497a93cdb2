"""Lattice gases between two reservoirs, as state graphs."""

from __future__ import annotations

from itertools import product

from sympy import Rational

import nesssym as ns


def exclusion(n, *, p=1, q=0, alpha=0, gamma=0, beta=0, delta=0):
    """The open exclusion process on n sites; particles enter left by alpha, leave right by beta."""
    rates = {}

    def add(source, target, channel, forward, backward):
        key = "".join(map(str, source)), "".join(map(str, target))
        if forward:
            rates[*key, channel] = Rational(forward)
        if backward:
            rates[*key[::-1], channel] = Rational(backward)

    for s in product((0, 1), repeat=n):
        if s[0] == 0:
            add(s, (1, *s[1:]), "in", alpha, gamma)
        if s[-1] == 1:
            add(s, (*s[:-1], 0), "out", beta, delta)
        for i in range(n - 1):
            if s[i : i + 2] == (1, 0):
                add(s, (*s[:i], 0, 1, *s[i + 2 :]), f"{i}", p, q)
    states = ["".join(map(str, s)) for s in product((0, 1), repeat=n)]
    return ns.StateGraph.from_rates(rates, states=states)


def through(model, channel):
    """Counts of all transitions of a channel, along the particle current."""
    return {t.label: 1 for t in model.transitions if t.channel == channel}
