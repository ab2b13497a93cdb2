"""No rounding error loses a root: bounds of errors against balls, and roots planted on edges."""

import random
from math import inf, nextafter

import flint
import numpy as np
import pytest
from flint import arb

import nesssym as ns
from nesssym.exact.boxes import SMALLEST, System, _holds, _Search, all_roots, within

MONOMIALS = [
    ((b**k, (k,)), (-(a**k), (0,))) for a in range(2, 40) for b in (1, 7, 10) for k in (1, 3, 9)
]


def narrowest(x):
    """The two floats around an irrational logarithm."""
    near = float(arb(x).log())
    with flint.ctx.workprec(200):
        low, high = (
            (near, nextafter(near, inf)) if arb(x).log() > near else (nextafter(near, -inf), near)
        )
        assert low < arb(x).log() < high
    return np.array([[[low], [high]]])


def ratio(system):
    """The root of b^k x^k = a^k."""
    ((c, (k,)), (d, _)) = system.equations[0]
    with flint.ctx.workprec(200):
        return (arb(-d) / c).root(k)


def planted():
    for equation in MONOMIALS:
        system = System((equation,))
        if ratio(system) != 1:
            with flint.ctx.workprec(200):
                yield system, narrowest(ratio(system))


def test_a_box_of_two_neighbouring_floats_is_never_lost():
    for system, box in planted():
        search = _Search.of(system)
        assert search.possible(box).all()
        rest, centre, radius, _ = search.krawczyk(box)
        assert len(rest) + len(centre) == 1
        for c, r in zip(centre, radius, strict=True):
            assert _holds(c, r, [ratio(system)])


def test_a_prune_without_the_bound_would_lose_them(monkeypatch):
    """What the test before guards against does happen."""
    monkeypatch.setattr(_Search, "noise", lambda self, boxes: np.zeros((len(boxes), 1)))
    kept = [_Search.of(system).possible(box).all() for system, box in planted()]
    assert kept.count(False) > len(kept) / 50


@pytest.mark.parametrize(("low", "high"), [(1, 3), (1e-200, 3e-200), (1e150, 1e151)])
def test_the_bound_of_rounding_errors_holds(low, high):
    """Of logarithms of terms and sums of terms, against balls."""
    rng = random.Random(1)
    for size in (1, 4, 9):
        terms = tuple(
            (sign * rng.randint(1, 10 ** rng.randint(1, 12)), tuple(rng.choices((0, 1, 2), k=size)))
            for sign in (1, -1)
            for _ in range(12)
        )
        search = _Search.of(System((terms,) * size))
        point = np.log([[rng.uniform(low, high) for _ in range(size)]])
        logs = search.logs(point)
        scale = search.scale(logs)
        noise = search.noise(np.stack([point, point], axis=1))[0, 0]
        with flint.ctx.workprec(200):
            y = list(map(arb, point[0]))
            true = {1: arb(0), -1: arb(0)}
            for c, e in terms:
                log = sum((k * v for k, v in zip(e, y, strict=True)), arb(abs(c)).log())
                true[1 if c > 0 else -1] += (log - arb(scale[0, 0])).exp()
            for found, sign in zip(search.sides(logs, scale), (1, -1), strict=True):
                assert abs(found[0, 0] - true[sign]) <= noise / 2 * true[sign] + SMALLEST


def test_exponentials_are_within_four_units_of_the_last_place():
    """What the bound takes for granted of NumPy."""
    x = np.random.default_rng(0).uniform(-700, 5, 4000)
    with flint.ctx.workprec(120):
        for value, found in zip(x, np.exp(x), strict=True):
            assert abs(arb(found) / arb(value).exp() - 1) < 8 * 2.0**-53


@pytest.mark.parametrize("b", [3, 7, 11, 3 * 10**90])
def test_roots_next_to_the_ends_of_the_range(b):
    """The root 1/b lies between two neighbouring floats: in one range, outside the other."""
    system = System((((b, (1,)), (-1, (0,))),))
    near = 1 / b
    with flint.ctx.workprec(200):
        root = arb(1) / b
        low, high = (near, nextafter(near, 1)) if root > near else (nextafter(near, 0), near)
    assert all_roots(system, [low], [high]) in ([[low]], [[high]])
    assert all_roots(system, [high], [high * 9]) == []
    assert all_roots(system, [low / 9], [low]) == []
    assert len(all_roots(system, [low / 9], [high])) == 1


@pytest.mark.parametrize("big", [10**7, 10**15])
def test_equations_that_are_nearly_the_same(big):
    """Slopes cancel to many digits, and so do the two sides all along a line."""
    lines = ((big + 1, (1, 0)), (-big, (0, 1)), (-1, (0, 0))), ((1, (1, 0)), (-1, (0, 1)))
    search = _Search.of(System(lines))
    rng = np.random.default_rng(3)
    for width in 10.0 ** -np.arange(1, 15):
        boxes = np.array([[-rng.random(2), rng.random(2)] for _ in range(50)]) * width
        rest, centre, radius, _ = search.krawczyk(boxes)
        assert len(rest) + len(centre) == len(boxes)
        assert (rest[:, 0] <= 0).all()
        assert (rest[:, 1] >= 0).all()
        assert all(_holds(c, r, [arb(1)] * 2) for c, r in zip(centre, radius, strict=True))


def test_two_roots_that_nearly_touch_are_both_found():
    """1 and 1 + 1/10^4, so near that both sides agree to nine digits between them."""
    n = 10**4
    system = System((((n, (2,)), (-2 * n - 1, (1,)), (n + 1, (0,))),))
    assert all_roots(system, [0.1], [10]) == [[1.0], [1.0001]]


def test_a_root_on_the_end_of_the_range_is_refused():
    system = System((((1, (2,)), (-5, (1,)), (6, (0,))),))
    with pytest.raises(ns.TooLargeError, match="a root lies at 3, on the end of the range from 1"):
        all_roots(system, [1], [3])
    assert within(arb(2), 1, 3)
    assert not within(arb(4), 1, 3)
