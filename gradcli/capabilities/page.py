"""A worked solution as a page that stands alone: the graph, a slider through its steps, and all their lines.

The page needs nothing else, and its policy allows nothing else: no network, no script and no style but those
written here. Without a script it is a page to read. Whatever has a name in it is text.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256

from gradcli.capabilities.lesson import Lesson, Line, Part
from gradcli.engine.graph import Node
from gradcli.text.json import json_text, json_value
from gradcli.writing.drawing import STYLE, Box, Edge, as_text, drawing

MOST_BOXES = 200
"""Larger graphs are not drawn on the page."""

_STYLE = (
    STYLE
    + """
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 100rem; padding: 1rem; color: #16191d; background: #ffffff;
  font: 16px/1.45 system-ui, sans-serif; }
h1, code, td, th.name, output { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
h1 { font-size: 1.3rem; overflow-wrap: anywhere; }
.walk { position: sticky; top: 0; z-index: 1; padding: .5rem 0; background: #ffffff;
  border-bottom: 1px solid #c9d0d9; }
.walk div { display: flex; gap: .6rem; align-items: center; }
.walk input { flex: 1; min-width: 6rem; }
.walk output { display: block; min-height: 2.8em; padding-top: .3rem; overflow-wrap: anywhere; }
button { font: inherit; padding: .1rem .8rem; }
.picture { position: sticky; top: 6rem; overflow: auto; max-height: 45vh; margin: .8rem 0;
  background: #ffffff; border-bottom: 1px solid #c9d0d9; }
.picture svg { display: block; margin: 0 auto; }
.tables { overflow-x: auto; }
@media (min-width: 75rem) and (min-height: 30rem) {
  main { display: grid; grid-template-columns: minmax(0, 9fr) minmax(0, 10fr); gap: 1.5rem; }
  main { align-items: start; }
  .picture { max-height: calc(100vh - 8.5rem); border: 0; }
}
tr, .box { scroll-margin: 9rem 1rem 2rem; }
@media (max-width: 74.99rem) { tr { scroll-margin-top: calc(45vh + 9rem); } }
table { border-collapse: collapse; margin: .4rem 0; font-size: .84rem; }
h2 { font-size: 1rem; margin: 1.4rem 0 0; }
td, th { text-align: left; padding: .12rem .55rem; vertical-align: top; font-weight: normal;
  white-space: nowrap; }
thead th { font: .8rem system-ui, sans-serif; color: #5b6675; }
tr.now { background: #ffe9a8; outline: 2px solid #b07a00; }
.lit rect { fill: #ffe9a8; stroke: #b07a00; stroke-width: 3; }
.lit .edge { stroke: #b07a00; stroke-width: 3; }
.lit .tip { fill: #b07a00; }
.later { visibility: hidden; }
tr.later { visibility: visible; opacity: .62; }
@media screen and (prefers-color-scheme: dark) {
  body, .walk, .picture { color: #e8ebef; background: #14171b; }
  .walk, .picture { border-color: #3b444f; }
  thead th { color: #b5bfcc; }
  tr.now { background: #4a3a08; outline-color: #f0c040; }
  .lit rect { fill: #4a3a08; stroke: #f0c040; }
  .lit .edge { stroke: #f0c040; }
  .lit .tip { fill: #f0c040; }
}
@media print {
  body { max-width: none; color: #000000; background: #ffffff; }
  .walk { display: none; }
  main { display: block; }
  .picture { position: static; overflow: visible; max-height: none; border: 0; background: none; }
  td, th { white-space: normal; overflow-wrap: anywhere; }
  .picture svg { max-width: 100%; height: auto; }
  .later, tr.later { visibility: visible; opacity: 1; }
  tr.now { background: none; outline: none; }
  tr { break-inside: avoid; }
}
"""
)

_SCRIPT = """
"use strict";
const rows = [...document.querySelectorAll("tr[data-box]")];
const walk = document.querySelector(".walk");
const slider = document.getElementById("step");
const told = document.getElementById("told");
const parts = (kind) => [...document.querySelectorAll(`.picture .${kind}`)];
const inside = (box, kind) => document.querySelector(`#box${box} .${kind}`);

function show(place) {
  for (const each of document.querySelectorAll(".lit")) each.classList.remove("lit");
  for (const each of [...parts("second"), ...parts("third")]) each.classList.add("later");
  rows.forEach((row, at) => {
    row.classList.toggle("now", at === place);
    row.classList.toggle("later", at > place);
    row.removeAttribute("aria-current");
    const text = at <= place && inside(row.dataset.box, row.dataset.kind);
    if (text) {
      text.textContent = row.dataset.shown;
      text.classList.remove("later");
    }
  });
  const row = rows[place];
  row.setAttribute("aria-current", "step");
  const lit = [document.getElementById(`box${row.dataset.box}`)];
  for (const edge of row.dataset.edges.split(" ")) lit.push(document.getElementById(`edge${edge}`));
  for (const each of lit) each?.classList.add("lit");
  told.textContent = `${row.dataset.part}, step ${place + 1} of ${rows.length}: ${row.dataset.told}`;
  slider.value = String(place);
  slider.setAttribute("aria-valuetext", `${place + 1} of ${rows.length}`);  // the rest is told above
}

function move(by) {
  const place = Math.min(Math.max(Number(slider.value) + by, 0), rows.length - 1);
  show(place);
  const box = document.getElementById(`box${rows[place].dataset.box}`);
  for (const each of [box, rows[place]]) each?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

if (rows.length) {
  walk.hidden = false;
  slider.max = String(rows.length - 1);
  slider.addEventListener("input", () => move(0));
  document.getElementById("back").addEventListener("click", () => move(-1));
  document.getElementById("next").addEventListener("click", () => move(1));
  const keys = { ArrowRight: 1, ArrowLeft: -1 };
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !(event.key in keys)) return;
    event.preventDefault();
    move(keys[event.key]);
  });
  let kept = 0;
  addEventListener("beforeprint", () => { kept = Number(slider.value); show(rows.length - 1); });
  addEventListener("afterprint", () => show(kept));
  show(0);
}
"""


def page(lesson: Lesson, expression: str) -> str:
    """The page of a lesson, whose numbers and formulas are its own."""
    parts = list(lesson.parts())
    boxes = {node: place for place, node in enumerate(lesson.worked.steps.all)}
    drawn = len(boxes) <= MOST_BOXES
    steps = lesson.worked.steps.all.values()
    edges = [Edge(boxes[each], boxes[step.node]) for step in steps for each in step.operands]
    policy = (
        f"default-src 'none'; script-src '{_hash(_SCRIPT)}'; style-src '{_hash(_STYLE)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    whole = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{as_text(expression)}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        f"<h1>{as_text(expression)}</h1>",
        '<div class="walk" hidden>',
        '<div><button type="button" id="back">Back</button>',
        '<input type="range" id="step" min="0" max="0" value="0" step="1" aria-label="Step">',
        '<button type="button" id="next">Next</button></div>',
        '<output id="told" for="step" aria-live="polite"></output>',
        "</div>",
        "<main>",
    ]
    if drawn:
        picture = drawing(list(_boxes(lesson, parts)), edges, f"The graph of {expression}", style="")
        whole += ['<div class="picture" tabindex="0" role="region" aria-label="Graph">', picture, "</div>"]
    else:
        whole.append(f"<p>The graph has {len(boxes)} steps, too many to be drawn here.</p>")
    whole.append('<div class="tables">')
    for part in parts:
        whole += _table(part, boxes, edges)
    return "\n".join([*whole, "</div>", "</main>", f"<script>{_SCRIPT}</script>", "</body>", "</html>"])


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _boxes(lesson: Lesson, parts: Sequence[Part]) -> Iterator[Box]:
    """A box for each step, with room for all that will stand in it."""
    wording, values = lesson.wording, lesson.worked.values
    flows: dict[Node, list[str]] = {}
    for part in parts[1:]:
        for line in part.lines:
            if isinstance(line, Line) and line.node is not None:
                flows.setdefault(line.node, []).append(_shown(part, line))
    for step in lesson.worked.steps.all.values():
        name = wording.name(step.node)
        first = name if step.is_leaf else f"{name} = {wording.expression(step)}"
        lines = [first, lesson.value(values[step.node])]
        if step.node in flows:
            lines.append(flows[step.node][-1].ljust(max(map(len, flows[step.node]))))
        result = step.node is lesson.worked.output
        yield Box(tuple(lines), "result" if result else "leaf" if step.is_leaf else "step")


def _shown(part: Part, line: Line) -> str:
    """What the box shows from a line on."""
    return line.value if part.kind == "forward" else f"{line.name} = {line.total or line.value}"


def _told(line: Line) -> str:
    """A line in one piece."""
    pieces = [piece for piece in (line.formula, line.numbers, line.value) if piece]
    total = f", sum {line.total}" if line.total else ""
    behind = f", {line.behind}" if line.behind else ""
    return f"{line.name} {line.sign} {' = '.join(pieces)}{total}{behind}"


_COLUMNS = (
    ("", "name"),
    ("formula", "formula"),
    ("in numbers", "numbers"),
    ("value", "value"),
    ("sum", "total"),
    ("", "behind"),
)


def _table(part: Part, boxes: dict[Node, int], edges: Sequence[Edge]) -> Iterator[str]:
    lines = [line for line in part.lines if isinstance(line, Line)]
    used = [(heading, field) for heading, field in _COLUMNS if any(getattr(line, field) for line in lines)]
    headings = "".join(f'<th scope="col">{heading}</th>' for heading, _ in used)
    yield f"<h2>{as_text(part.heading)}</h2>"
    yield f'<table aria-label="{part.kind.capitalize()}">'
    yield f"<thead><tr>{headings}</tr></thead><tbody>"
    for line in part.lines:
        if isinstance(line, int):
            yield f'<tr><td colspan="{len(used)}">… {line} more steps</td></tr>'
            continue
        first = f'<th scope="row" class="name">{as_text(line.name)} {line.sign}</th>'
        cells = [f"<td>{as_text(getattr(line, field))}</td>" for _, field in used[1:]]
        yield f"<tr{_about(line, part, boxes, edges)}>{first}{''.join(cells)}</tr>"
    yield "</tbody></table>"


def _about(line: Line, part: Part, boxes: dict[Node, int], edges: Sequence[Edge]) -> str:
    """What the script knows of a line: its box and its edges, and what is shown and told of it."""
    if line.node is None:
        return ""
    box = boxes[line.node]
    ends = (box, None if line.source is None else boxes[line.source])
    along = [
        place
        for place, edge in enumerate(edges)
        if (edge.source, edge.target) == ends or (ends[1] is None and edge.target == box)
    ]
    told = {
        "part": part.kind.capitalize(),
        "box": str(box),
        "edges": " ".join(map(str, along)),
        "kind": "second" if part.kind == "forward" else "third",
        "shown": _shown(part, line),
        "told": _told(line),
        "exact": json_text(json_value(line.exact)),
    }
    return "".join(f' data-{name}="{as_text(text)}"' for name, text in told.items())
