"""Stochastic simulators, one honest, others with the mistakes that people make."""

from __future__ import annotations

import random
from itertools import accumulate

MISTAKES = (
    "waits the mean time",
    "forgets a rate in the total",
    "counts before it waits",
    "one clock for every jump",
    "restarts after the last jump",
    "looks only at jumps",
)


def simulator(model, values, jump, state, mistake=None, start=None, steady=None):
    """Return run(time, seed): jumps of one transition, and time in one state, per unit of time."""
    numbers = model.subs(values)
    exits = {s: [] for s in numbers.states}
    for t in numbers.transitions:
        exits[t.source].append((float(t.rate), t.target, t.label == jump))
        if t.reversible:
            exits[t.target].append((float(t.reverse), t.source, -(t.label == jump)))
    tables = {
        s: ([t for _, t, _ in out], [c for *_, c in out], list(accumulate(w for w, *_ in out)))
        for s, out in exits.items()
    }

    def run(time, seed, **_):
        rng = random.Random(seed)
        at = start or rng.choices(list(steady), weights=list(map(float, steady.values())))[0]
        clock, counted, dwell, visits, inside = 0.0, 0, 0.0, 0, 0
        while True:
            targets, counts, ladder = tables[at]
            total = ladder[-1]
            if mistake == "forgets a rate in the total" and len(ladder) > 1:
                total = ladder[-2]
            wait = rng.expovariate(total)
            if mistake == "waits the mean time":
                wait = 1 / total
            elif mistake == "one clock for every jump":
                wait = rng.expovariate(3.0)
            (chosen,) = rng.choices(range(len(targets)), cum_weights=ladder)
            if mistake == "counts before it waits":
                counted += counts[chosen] * (clock + wait > time)
            last = clock + wait > time
            if at == state:
                full = (
                    wait if mistake == "restarts after the last jump" else min(wait, time - clock)
                )
                dwell += full
            visits += 1
            inside += at == state
            if last:
                share = inside / visits if mistake == "looks only at jumps" else dwell / time
                return {"turns": counted / time, "inside": share}
            clock += wait
            counted += counts[chosen]
            at = targets[chosen]

    return run
