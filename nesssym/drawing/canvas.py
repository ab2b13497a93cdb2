"""Pictures onto matplotlib axes: all lengths are points, so that text and nodes fit each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import cos, hypot, pi, sin
from typing import Any

from nesssym.drawing.layout import Point, Size, placed
from nesssym.drawing.pictures import Arrow, Node, Picture
from nesssym.errors import MissingExtraError

__all__ = ["new_axes", "paint", "require"]

INK, MUTED, CURRENT, IDLE = "#22303c", "#4b5a68", "#c2410c", "#b6c2cc"
STYLES = {
    "state": ("#eef3f9", "#3f5f7f"),
    "species": ("#eef3f9", "#3f5f7f"),
    "complex": ("#f4f4f5", "#6b7280"),
    "chemostat": ("#fdf0d5", "#b9770e"),
    "reaction": (INK, INK),
}
FULL, DEEP = (0.36, 0.62, 0.86), 0.4
TEXT, SMALL, DOT, MARGIN, SHORTEST = 11.0, 9.0, 7.0, 12.0, 34.0
THIN, THICK = 1.1, 6.0
CAPITAL = 0.36  # half the height of capitals and digits, in sizes of the font
STEPS = 24
Box = tuple[float, float, float, float]


def require() -> None:
    """Raise with the line that installs what pictures need, where it is missing."""
    try:
        import matplotlib  # noqa: F401
        import scipy  # noqa: F401  (networkx lays graphs out with it)
    except ImportError:
        raise MissingExtraError.of("draw", "draw") from None


def new_axes() -> Any:
    """Return the axes of a figure of their own, without frame."""
    from matplotlib import pyplot

    figure = pyplot.figure(layout="none")
    return figure.add_axes((0.0, 0.0, 1.0, 1.0))


def paint(picture: Picture, axes: Any, *, own: bool) -> None:
    """Place and draw a picture.

    Parameters
    ----------
    picture : Picture
        What is shown.
    axes : matplotlib Axes
        Where.
    own : bool
        Whether the figure belongs to the picture, and takes its size.
    """
    sheet = _Sheet(axes)
    sizes = {n.key: sheet.node_size(n) for n in picture.nodes}
    labels = [sheet.measured(a.label, SMALL) for a in picture.arrows]
    kinds = {n.key: n.kind for n in picture.nodes}
    room: dict[tuple[str, str], float] = {}
    for a, (width, _) in zip(picture.arrows, labels, strict=True):
        dots = "reaction" in (kinds[a.source], kinds[a.target])
        pair = (a.source, a.target) if (a.target, a.source) not in room else (a.target, a.source)
        room[pair] = max(room.get(pair, SHORTEST if dots else 1.6 * SHORTEST), width + 14)
    places = placed(sizes, list(room), room)
    curves = [_Curve.of(a, places, sizes) for a in picture.arrows]
    _label(picture, places, sizes, curves, labels, sheet)
    sheet.frame(own)
    for arrow, curve in zip(picture.arrows, curves, strict=True):
        sheet.arrow(arrow, curve)
    for node in picture.nodes:
        sheet.node(node, places[node.key], sizes[node.key])
    sheet.texts()


@dataclass(frozen=True)
class _Curve:
    """A quadratic curve between the borders of two nodes."""

    start: Point
    control: Point
    end: Point

    @classmethod
    def of(cls, arrow: Arrow, places: Mapping[str, Point], sizes: Mapping[str, Size]) -> _Curve:
        (x, y), (u, v) = places[arrow.source], places[arrow.target]
        dx, dy = u - x, v - y
        control = (x + u) / 2 + 2 * arrow.bend * dy, (y + v) / 2 - 2 * arrow.bend * dx
        whole = cls((x, y), control, (u, v))
        first = next(
            (t for t in _fractions() if _outside(whole.at(t), (x, y), sizes[arrow.source])), 0.0
        )
        last = next(
            (t for t in _fractions() if _outside(whole.at(1 - t), (u, v), sizes[arrow.target])), 0.0
        )
        return whole.cut(first, 1 - last)

    def at(self, t: float) -> Point:
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
        return (
            a * self.start[0] + b * self.control[0] + c * self.end[0],
            a * self.start[1] + b * self.control[1] + c * self.end[1],
        )

    def cut(self, first: float, last: float) -> _Curve:
        """Return the part between two fractions of the curve."""
        start, end = self.at(first), self.at(last)
        mixed = tuple(
            (1 - first) * ((1 - last) * p + last * q) + first * ((1 - last) * q + last * r)
            for p, q, r in zip(self.start, self.control, self.end, strict=True)
        )
        return _Curve(start, (mixed[0], mixed[1]), end)

    def normal(self) -> Point:
        """Return the unit vector to the right of the way."""
        dx, dy = self.end[0] - self.start[0], self.end[1] - self.start[1]
        length = max(hypot(dx, dy), 1e-9)
        return dy / length, -dx / length


def _fractions() -> Iterable[float]:
    return (i / 200 for i in range(1, 200))


def _outside(point: Point, centre: Point, size: Size) -> bool:
    """Tell whether a point is off a rounded box, with a little air."""
    air = 3.0
    x, y = (abs(p - c) / (s / 2 + air) for p, c, s in zip(point, centre, size, strict=True))
    return bool(x**4 + y**4 > 1)


@dataclass
class _Sheet:
    """Axes, and the texts that are placed on them."""

    axes: Any
    scale: float = 1.0
    written: list[tuple[Point, str, float, str]] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)

    def measured(self, text: str, size: float) -> Size:
        """Return the width and height of a text, in points."""
        if not text:
            return 0.0, 0.0
        from matplotlib.textpath import TextPath

        lines = text.split("\n")
        boxes = [TextPath((0, 0), _safe(line), size=size).get_extents() for line in lines]
        height = sum(max(b.height, size * 0.8) for b in boxes) + 0.35 * size * (len(lines) - 1)
        return max(b.width for b in boxes), height

    def node_size(self, node: Node) -> Size:
        if node.kind == "reaction":
            return DOT, DOT
        width, height = self.measured(_plain(node.text), TEXT)
        small, low = self.measured(node.note, SMALL)
        high = height + (low + 3 if low else 0) + 14
        return max(width + 18, small + 16, high, 30.0), max(high, 30.0)

    def node(self, node: Node, centre: Point, size: Size) -> None:
        from matplotlib.colors import to_rgb
        from matplotlib.patches import Circle, FancyBboxPatch

        face, edge = STYLES[node.kind]
        if node.kind == "reaction":
            self.axes.add_patch(Circle(centre, DOT / 2, color=face, zorder=3, lw=0))
            return
        (x, y), (w, h) = centre, size
        colour = tuple(
            a + (b - a) * node.fill**0.5 for a, b in zip(to_rgb(face), FULL, strict=True)
        )
        rounding = 5.0 if node.kind in ("complex", "chemostat") else min(w, h) / 2
        self.axes.add_patch(
            FancyBboxPatch(
                (x - w / 2 + rounding, y - h / 2 + rounding),
                w - 2 * rounding,
                h - 2 * rounding,
                boxstyle=f"round,pad={rounding}",
                facecolor=colour if node.kind in ("state", "species") else face,
                edgecolor=edge,
                linewidth=1.2 * self.scale,
                linestyle=(0, (3, 1.6)) if node.kind == "chemostat" else "solid",
                zorder=3,
            )
        )
        shift = 5.5 if node.note else 0.0
        self.text((x, y + shift), _plain(node.text), TEXT, INK)
        if node.note:
            self.text((x, y - 7.5), node.note, SMALL, INK if node.fill > DEEP else MUTED)

    def arrow(self, arrow: Arrow, curve: _Curve) -> None:
        from matplotlib.patches import FancyArrowPatch
        from matplotlib.path import Path

        weight = arrow.weight
        colour = MUTED if weight is None else CURRENT if weight else IDLE
        width = THIN if weight is None else THIN + (THICK - THIN) * weight
        style = {(0, 0): "-", (0, 1): "-|>", (1, 0): "<|-", (1, 1): "<|-|>"}[arrow.heads]
        head = (6.5 + 1.1 * width) * self.scale
        self.axes.add_patch(
            FancyArrowPatch(
                path=Path([curve.start, curve.control, curve.end], [1, 3, 3]),
                arrowstyle=style,
                mutation_scale=head,
                color=colour,
                linewidth=width * self.scale,
                capstyle="butt",
                joinstyle="miter",
                shrinkA=0,
                shrinkB=0,
                zorder=1 if weight is None else 1 + weight,
            )
        )

    def text(self, centre: Point, text: str, size: float, colour: str) -> None:
        self.written.append((centre, text, size, colour))

    def texts(self) -> None:
        for (x, y), text, size, colour in self.written:
            mixed = "$" in text or "\n" in text
            self.axes.text(
                x,
                y if mixed else y - CAPITAL * size,
                _safe(text),
                fontsize=size * self.scale,
                color=colour,
                ha="center",
                va="center" if mixed else "baseline",
                zorder=4,
                linespacing=1.25,
            )

    def frame(self, own: bool) -> None:
        """Fit the axes around all that is placed."""
        x0, y0, x1, y1 = (
            pick(b[i] for b in self.boxes) for i, pick in enumerate((min, min, max, max))
        )
        self.axes.set_xlim(x0 - MARGIN, x1 + MARGIN)
        self.axes.set_ylim(y0 - MARGIN, y1 + MARGIN)
        self.axes.set_aspect("equal")
        self.axes.set_axis_off()
        width, height = x1 - x0 + 2 * MARGIN, y1 - y0 + 2 * MARGIN
        figure = self.axes.figure
        if own:
            figure.set_size_inches(width / 72, height / 72)
            return
        box = self.axes.get_position()
        inches = figure.get_size_inches()
        self.scale = min(box.width * inches[0] * 72 / width, box.height * inches[1] * 72 / height)


def _label(
    picture: Picture,
    places: Mapping[str, Point],
    sizes: Mapping[str, Size],
    curves: Sequence[_Curve],
    labels: Sequence[Size],
    sheet: _Sheet,
) -> None:
    """Put each label where it covers least of what is already there."""
    sheet.boxes += [_box(places[k], size) for k, size in sizes.items()]
    points = [
        (*c.at(i / STEPS), 1.0 + (THICK * a.weight / 2 if a.weight else 0.0))
        for a, c in zip(picture.arrows, curves, strict=True)
        for i in range(STEPS + 1)
    ]

    def put(text: str, size: Size, colour: str, candidates: Iterable[tuple[Point, float]]) -> None:
        centre, _ = min(candidates, key=lambda c: c[1] + _covered(_box(c[0], size), sheet, points))
        sheet.boxes.append(_box(centre, size))
        sheet.text(centre, text, SMALL, colour)

    for arrow, curve, size in zip(picture.arrows, curves, labels, strict=True):
        if arrow.label:
            colour = INK if arrow.weight is None else CURRENT if arrow.weight else MUTED
            put(arrow.label, size, colour, _beside(curve, size, arrow))
    for node in picture.nodes:
        if node.kind == "reaction":
            text = _plain(node.text) + (f"\n{node.note}" if node.note else "")
            size = sheet.measured(text, SMALL)
            put(text, size, CURRENT if node.note else INK, _around(places[node.key], size))


def _beside(curve: _Curve, size: Size, arrow: Arrow) -> Iterable[tuple[Point, float]]:
    """Yield places beside a curve, the outer side first, with how much they are disliked."""
    nx, ny = curve.normal()
    air = 3.5 + (0.7 * THICK * arrow.weight if arrow.weight else 0.0)
    reach = (abs(nx) * size[0] + abs(ny) * size[1]) / 2 + air
    for t, dislike in ((0.5, 0.0), (0.4, 4.0), (0.6, 4.0), (0.3, 9.0), (0.7, 9.0)):
        x, y = curve.at(t)
        for side in (1, -1):
            wrong = 30.0 if side * arrow.bend < 0 else 0.0 if arrow.bend or side > 0 else 1.0
            yield (x + side * nx * reach, y + side * ny * reach), dislike + wrong


def _around(centre: Point, size: Size) -> Iterable[tuple[Point, float]]:
    for i in range(16):
        x, y = cos(pi * i / 8), sin(pi * i / 8)
        reach = DOT / 2 + 4 + (abs(x) * size[0] + abs(y) * size[1]) / 2
        yield (centre[0] + x * reach, centre[1] + y * reach), 0.1 * i


def _box(centre: Point, size: Size) -> Box:
    (x, y), (w, h) = centre, size
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def _covered(box: Box, sheet: _Sheet, points: Sequence[tuple[float, float, float]]) -> float:
    """Return how much a box hides: areas of other boxes, and points of curves."""
    x0, y0, x1, y1 = box
    area = sum(
        max(0.0, min(x1, b[2]) - max(x0, b[0]) + 2) * max(0.0, min(y1, b[3]) - max(y0, b[1]) + 2)
        for b in sheet.boxes
        if b[0] < x1 and x0 < b[2] and b[1] < y1 and y0 < b[3]
    )
    return area + 25.0 * sum(
        x0 - half < x < x1 + half and y0 - half < y < y1 + half for x, y, half in points
    )


def _plain(text: str) -> str:
    """Return text in which a dollar sign is no mathematics."""
    return text.replace("$", r"\$")


def _safe(text: str) -> str:
    """Return text that matplotlib can set: mathematics that it does not know as it is written."""
    if "$" not in text:
        return text
    from matplotlib.mathtext import MathTextParser

    try:
        MathTextParser("path").parse(text)
    except ValueError:
        return _plain(text)
    return text
