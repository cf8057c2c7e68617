"""Boxes and arrows as SVG: what a box says is text, whatever is in it."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from gradcli.records import NamedTuple
from gradcli.text.excerpt import measure, printable
from gradcli.text.values import number
from gradcli.writing.layered import DOWN, Layout, Point, layout

_COLUMN, _LINE = 8.0, 18.0
"""What a character and a line take, in pixels, of the type of 13 pixels that is used."""

_LABEL = 6.7
"""What a character of a label takes."""

_PORT = 10.0
"""The least distance of the tips of two arrows."""

_WIDE = 1500.0
"""What is wider than this, and low, runs across the page, and not down."""

_INSIDE = 11.0
_MARGIN = 12.0

STYLE = """
svg { font: 13px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; color-scheme: light dark; }
.box rect { fill: #f4f6fa; stroke: #5b6675; stroke-width: 1.2; }
.box text { fill: #16191d; text-anchor: middle; }
.box .second { fill: #1f5fa8; }
.box .third { fill: #a3420b; }
.leaf rect { fill: #e3f0e4; stroke: #2d7a3a; stroke-width: 1.6; }
.constant rect { stroke-dasharray: 4 3; }
.result rect { stroke-width: 2.6; }
.edge { fill: none; stroke: #7a8594; stroke-width: 1.2; }
.tip { fill: #7a8594; }
.label { fill: #5b6675; font-size: 11px; paint-order: stroke; stroke: #ffffff; stroke-width: 3px; }
@media screen and (prefers-color-scheme: dark) {
  .box rect { fill: #222831; stroke: #93a0b3; }
  .box text { fill: #e8ebef; }
  .box .second { fill: #8fc1ff; }
  .box .third { fill: #ffb184; }
  .leaf rect { fill: #1d3323; stroke: #7fcf8c; }
  .edge { stroke: #8a94a3; }
  .tip { fill: #8a94a3; }
  .label { fill: #b5bfcc; stroke: #14171b; }
}
"""
"""How drawings look, in light and in dark; a leaf, a constant and a result differ in shape, too."""


class Box(NamedTuple):
    """One box: the lines that stand in it, and what it is (`leaf`, `constant`, `step` or `result`)."""

    lines: tuple[str, ...]
    kind: str


class Edge(NamedTuple):
    """An arrow from a box to one that stands behind it in the list, and what is written at its tip."""

    source: int
    target: int
    label: str = ""


def as_text(text: str) -> str:
    """A text for XML and HTML, in which nothing is markup."""
    return escape(printable(text), {'"': "&quot;", "'": "&#39;"})


def drawing(boxes: Sequence[Box], edges: Sequence[Edge], title: str, *, style: str = STYLE) -> str:
    """The drawing as one SVG element.

    Boxes have the ids `box0`, `box1`, … and edges `edge0`, `edge1`, …, in the order in which they are given.
    """
    found, sizes, across = _laid_out(boxes, edges)
    width, height = found.width + 2 * _MARGIN, found.height + 2 * _MARGIN
    extent = f'width="{_at(width)}" height="{_at(height)}"'
    view = f'viewBox="0 0 {_at(width)} {_at(height)}"'
    name = f'role="img" aria-label="{as_text(title)}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {view} {extent} {name}>']
    if style:
        parts.append(f"<style>{style}</style>")
    for place, (edge, route) in enumerate(zip(edges, found.routes, strict=True)):
        parts += _edge(f"edge{place}", edge, [(x + _MARGIN, y + _MARGIN) for x, y in route], across=across)
    for place, (box, size, (x, y)) in enumerate(zip(boxes, sizes, found.places, strict=True)):
        parts += _box(f"box{place}", box, size, (x + _MARGIN, y + _MARGIN))
    return "\n".join([*parts, "</svg>"])


def _laid_out(boxes: Sequence[Box], edges: Sequence[Edge]) -> tuple[Layout, list[Point], bool]:
    """The layout, the sizes of the boxes, and whether it runs across the page, as what is very wide does."""
    pairs = [(edge.source, edge.target) for edge in edges]
    labels = [measure(edge.label).width * _LABEL + 8 if edge.label else 0.0 for edge in edges]
    sizes = _sizes(boxes, edges, labels, _PORT, 0)
    found = layout(sizes, pairs, labels)
    if found.width <= _WIDE or found.width < 2 * found.height:
        return found, sizes, False
    rooms = [_LINE if edge.label else 0.0 for edge in edges]
    sizes = _sizes(boxes, edges, rooms, _PORT / 2, 1)
    turned = [(height, width) for width, height in sizes]
    return layout(turned, pairs, rooms, DOWN + max(labels, default=0.0)).turned(), sizes, True


def _sizes(
    boxes: Sequence[Box], edges: Sequence[Edge], rooms: Sequence[float], port: float, side: int
) -> list[Point]:
    """The sizes of boxes, in which there is room for their lines, and on one side for what leads there."""
    needed = [port] * len(boxes)
    for edge, room in zip(edges, rooms, strict=True):
        needed[edge.target] += room + port
    found = []
    for box, least in zip(boxes, needed, strict=True):
        wide = max(measure(line).width for line in box.lines)
        size = [wide * _COLUMN + 2 * _INSIDE, len(box.lines) * _LINE + 2 * _INSIDE - 6]
        size[side] = max(size[side], least)
        found.append((size[0], size[1]))
    return found


def _box(name: str, box: Box, size: Point, middle: Point) -> list[str]:
    (width, height), (x, y) = size, middle
    round_by = height / 2 if box.kind == "leaf" else 4
    corner = f'x="{_at(x - width / 2)}" y="{_at(y - height / 2)}"'
    rect = f'<rect {corner} width="{_at(width)}" height="{_at(height)}" rx="{_at(round_by)}"/>'
    parts = [f'<g id="{name}" class="box {box.kind}">', rect]
    first = y - (len(box.lines) - 1) * _LINE / 2 + 4.5
    for place, line in enumerate(box.lines):
        kind = ("", ' class="second"', ' class="third"')[min(place, 2)]
        parts.append(f'<text{kind} x="{_at(x)}" y="{_at(first + place * _LINE)}">{as_text(line)}</text>')
    return [*parts, "</g>"]


def _edge(name: str, edge: Edge, route: Sequence[Point], *, across: bool) -> list[str]:
    (x, y), *between, (end_x, end_y) = route
    back = (6, 0) if across else (0, 6)
    steps = [f"M{_at(x)} {_at(y)}"]
    for to_x, to_y in (*between, (end_x - back[0], end_y - back[1])):
        half_x, half_y = (x + to_x) / 2, (y + to_y) / 2
        bends = ((half_x, y), (half_x, to_y)) if across else ((x, half_y), (to_x, half_y))
        steps.append("C" + " ".join(f"{_at(a)} {_at(b)}" for a, b in (*bends, (to_x, to_y))))
        x, y = to_x, to_y
    corners = ((-8, -4), (0, 0), (-8, 4)) if across else ((-4, -8), (0, 0), (4, -8))
    tip = "L".join(f"{_at(end_x + by)} {_at(end_y + down)}" for by, down in corners)
    parts = [f'<g id="{name}"><path class="edge" d="{"".join(steps)}"/><path class="tip" d="M{tip}Z"/>']
    if edge.label:
        left = end_x - 10 - measure(edge.label).width * _LABEL if across else end_x + 6
        above = end_y - 4 if across else end_y - 9
        parts.append(f'<text class="label" x="{_at(left)}" y="{_at(above)}">{as_text(edge.label)}</text>')
    return [*parts, "</g>"]


def _at(value: float) -> str:
    return number(round(value, 1))
