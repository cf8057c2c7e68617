"""Graphs as pictures: what the boxes are and say, and as a tree, in DOT, in Mermaid and in SVG.

A box is a step, or several that are one sum or one product: these take any number of operands. Constants are
no boxes: they stand in what a box says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gradcli.engine.graph import Node
from gradcli.engine.primitives.entry import Entry
from gradcli.records import NamedTuple
from gradcli.text.excerpt import printable
from gradcli.writing import drawing
from gradcli.writing.drawing import drawing as drawn
from gradcli.writing.steps import PLACE, Step, Steps, Wording

_SUMS = frozenset(("add", "subtract"))
_PRODUCTS = frozenset(("multiply", "divide"))
_EITHER_WAY = frozenset(("maximum", "minimum", "hypot", "logical_and", "logical_or", "equal", "not_equal"))
"""Operations whose operands may change places."""

_DEEPEST = 18
"""Trees go so many levels deep; what is below stands on its own."""


class Arrow(NamedTuple):
    """An operand of a box: its node, the step and the input that it goes into, and what it is there."""

    source: Node
    into: Node
    slot: int
    label: str


class Item(NamedTuple):
    """One box: its node, what it says, what it is (`leaf`, `constant`, `step`, `result`), its operands.

    `name` is the one that somebody gave it; `says` is `+`, or `sin`, or `□^2`.
    """

    node: Node
    name: str
    says: str
    kind: str
    operands: tuple[Arrow, ...]

    @property
    def heading(self) -> str:
        """Its name, where it has one, and what it says."""
        return self.name if not self.says else f"{self.name}: {self.says}" if self.name else self.says


class Diagram:
    """The boxes of graphs, each behind its operands.

    `results` are what is drawn, by what they are called (`""`: nothing), and `titles` names that nodes have.
    `notes` are what else is said in a box, below the heading, and `told` what is said at an arrow, by the
    step and the input that it goes into.
    """

    def __init__(self, results: Mapping[str, Node], titles: Mapping[Node, str]) -> None:
        self.outputs = tuple(dict.fromkeys(results.values()))
        self.steps = Steps(self.outputs, titles)
        called: dict[Node, list[str]] = {}
        for name, node in results.items():
            called.setdefault(node, []).append(printable(name))
        self._called = {node: ", ".join(filter(None, names)) for node, names in called.items()}
        self._titles = titles
        self._wording = Wording(self.steps, "unicode")
        self._merged = self._taken_up()
        self.items = {
            node: self._item(step) for node, step in self.steps.all.items() if node not in self._merged
        }
        self.notes: dict[Node, tuple[str, ...]] = {}
        self.told: dict[tuple[Node, int], str] = {}

    def _taken_up(self) -> set[Node]:
        """The sums that are a part of one larger sum only, and such products."""
        users: dict[Node, list[Step]] = {}
        for step in self.steps.all.values():
            for each in step.sources:
                users.setdefault(each, []).append(step)
        found = set()
        for node in self.steps.all:
            above = users.get(node, [])
            named = node in self._titles or node in self.outputs
            group = _group(node)
            if group is not None and not named and len(above) == 1 and group == _group(above[0].node):
                found.add(node)
        return found

    def _item(self, step: Step) -> Item:
        node = step.node
        name = self._called.get(node) or printable(self._titles.get(node, ""))
        if step.is_leaf:
            own = printable(step.name)
            called = self._called.get(node) or own
            return Item(node, called, "" if called == own else own, "leaf", ())
        kind = "result" if node in self.outputs else "step"
        if node.static:
            return Item(node, name, self._wording.constant(node).text, "constant", ())
        group = _group(node)
        if group is None:
            says, arrows = self._operation(step)
        else:
            says, arrows = self._whole(step, group)
        return Item(node, name, says, kind, tuple(arrows))

    def _operation(self, step: Step) -> tuple[str, list[Arrow]]:
        """An operation that stands alone."""
        says = self._wording.pattern(step)
        moving = [(slot, each) for slot, each in enumerate(step.sources) if not each.static]
        places = ", ".join([PLACE] * len(moving))
        if says.endswith(f"({places})") and says[: -len(places) - 2].isidentifier():
            says = says[: -len(places) - 2]
        labels = [""] * len(moving)
        if len(moving) > 1 and step.node.primitive.name not in _EITHER_WAY:
            labels = [_place_name(step, slot) for slot, _ in moving]
        return says, [
            Arrow(each, step.node, slot, label) for (slot, each), label in zip(moving, labels, strict=True)
        ]

    def _whole(self, step: Step, group: frozenset[str]) -> tuple[str, list[Arrow]]:
        """A sum or a product with all that is taken up in it."""
        is_sum = group is _SUMS
        arrows: list[Arrow] = []
        constants: list[tuple[bool, str]] = []
        stack = [(True, step, slot) for slot in (1, 0)]
        while stack:
            plain, each, slot = stack.pop()
            plain = plain if slot == 0 or each.node.primitive.name in ("add", "multiply") else not plain
            source = each.sources[slot]
            if source in self._merged:
                stack += [(plain, self.steps.all[source], inner) for inner in (1, 0)]
            elif source.static:
                constants.append((plain, self._wording.constant(source).within(4.5 if is_sum else 5.5)))
            else:
                label = "" if plain else "−" if is_sum else "÷"
                arrows.append(Arrow(source, each.node, slot, label))
        operands = [(arrow.label == "", PLACE) for arrow in arrows]
        if len(arrows) == 1:
            before = not is_sum or (constants and constants[0][0] and not operands[0][0])
            terms = [*constants, *operands] if before else [*operands, *constants]
            return _joined(terms, is_sum), [arrows[0]._replace(label="")]
        if len(arrows) == 2 and (constants or not all(plain for plain, _ in operands)):
            return _joined([*operands, *constants], is_sum), arrows
        sign = "+" if is_sum else "×"
        rest = _joined([(True, f"{PLACE} {sign} …"), *constants], is_sum) if constants else sign
        return rest, arrows

    # Pictures

    def svg(self, title: str) -> str:
        """The picture as SVG."""
        places = {node: place for place, node in enumerate(self.items)}
        boxes = [drawing.Box(tuple(self._lines(item)), item.kind) for item in self.items.values()]
        edges = [
            drawing.Edge(places[arrow.source], places[item.node], "  ".join(self._about(arrow)))
            for item in self.items.values()
            for arrow in item.operands
        ]
        return drawn(boxes, edges, title)

    def dot(self) -> str:
        """The picture in the language of Graphviz."""
        lines = ["digraph {", '  node [fontname="monospace", shape=box];', '  edge [fontname="monospace"];']
        shapes = {
            "leaf": "shape=ellipse, penwidth=2",
            "constant": "style=dashed",
            "step": "",
            "result": "peripheries=2",
        }
        places = {node: place for place, node in enumerate(self.items)}
        for node, item in self.items.items():
            label = "\\n".join(map(_in_dot, self._lines(item)))
            about = f", {shapes[item.kind]}" if shapes[item.kind] else ""
            lines.append(f'  n{places[node]} [label="{label}"{about}];')
        for node, item in self.items.items():
            for arrow in item.operands:
                label = "  ".join(self._about(arrow))
                about = f' [label="{_in_dot(label)}"]' if label else ""
                lines.append(f"  n{places[arrow.source]} -> n{places[node]}{about};")
        return "\n".join([*lines, "}"])

    def mermaid(self) -> str:
        """The picture in the language of Mermaid."""
        lines = ["flowchart TD"]
        shapes = {"leaf": "([{}])", "constant": "{{{{{}}}}}", "step": "[{}]", "result": "[[{}]]"}
        places = {node: place for place, node in enumerate(self.items)}
        for node, item in self.items.items():
            label = "<br/>".join(map(_in_mermaid, self._lines(item)))
            quoted = f'"{label}"'
            lines.append(f"  n{places[node]}{shapes[item.kind].format(quoted)}")
        for node, item in self.items.items():
            for arrow in item.operands:
                label = "  ".join(self._about(arrow))
                about = f'|"{_in_mermaid(label)}"|' if label else ""
                lines.append(f"  n{places[arrow.source]} -->{about} n{places[node]}")
        return "\n".join(lines)

    def _lines(self, item: Item) -> Iterator[str]:
        yield item.heading
        yield from self.notes.get(item.node, ())

    def _about(self, arrow: Arrow) -> Iterator[str]:
        told = self.told.get((arrow.into, arrow.slot), "")
        yield from (each for each in (arrow.label, told) if each)

    # Tree

    def tree(self) -> str:
        """The picture as trees of text: from each result to what it is computed from.

        What is used several times is drawn where it is first met, under a name, and called by that elsewhere.
        """
        uses: dict[Node, int] = dict.fromkeys(self.items, 0)
        for item in self.items.values():
            for operand in item.operands:
                uses[operand.source] += 1
        named = {node for node, count in uses.items() if count > 1 and self.items[node].operands}
        done: set[Node] = set()
        lines: list[str] = []
        waiting = list(self.outputs)
        while waiting:
            root = waiting.pop(0)
            if root in done and root not in self.outputs:
                continue
            if lines:
                lines.append("")
            stack: list[tuple[Node, str, str, Arrow | None, int]] = [(root, "", "", None, 0)]
            while stack:
                node, before, indent, arrow, depth = stack.pop()
                operands = self.items[node].operands
                below = depth > _DEEPEST and bool(operands) and node not in done
                if below:
                    named.add(node)
                    waiting.append(node)
                elsewhere = (node in done or below) and bool(operands)
                lines.append(before + self._line(node, arrow, node in named, elsewhere))
                if elsewhere:
                    continue
                done.add(node)
                for place, way in enumerate(reversed(operands)):
                    branch, further = ("├─ ", "│  ") if place else ("└─ ", "   ")
                    stack.append((way.source, indent + branch, indent + further, way, depth + 1))
        return "\n".join(lines)

    def _line(self, node: Node, arrow: Arrow | None, named: bool, elsewhere: bool) -> str:
        """A line of the tree; of what is drawn `elsewhere` only the name."""
        item = self.items[node]
        if named and not item.name:
            item = item._replace(name=printable(self.steps.names[node]))
        pieces = [item.name] if elsewhere else [item.heading, *self.notes.get(node, ())]
        if arrow is not None and arrow.label:
            pieces[0] = f"({arrow.label}) {pieces[0]}"
        told = "" if arrow is None else self.told.get((arrow.into, arrow.slot), "")
        if told and f"d = {told}" not in pieces:
            pieces.append(f"here {told}")
        return "  ".join(pieces)


def _group(node: Node) -> frozenset[str] | None:
    name = node.primitive.name
    return _SUMS if name in _SUMS else _PRODUCTS if name in _PRODUCTS else None


def _place_name(step: Step, slot: int) -> str:
    """What an operand is called: as a parameter is, or by its place, counted from 1."""
    entry = step.node.primitive
    if isinstance(entry, Entry) and not entry.symbol and len(entry.parameters) >= len(step.sources):
        parameter = entry.parameters[slot]
        if not parameter.variadic:
            return parameter.name
    return str(slot + 1)


def _joined(terms: Iterable[tuple[bool, str]], is_sum: bool) -> str:
    """Terms with `+` and `−` between them, or factors with `×` and `/`."""
    plus, minus = (" + ", " − ") if is_sum else (" × ", "/")
    text = ""
    for plain, term in sorted(terms, key=lambda each: not each[0]) if not is_sum else terms:
        if text:
            text += (plus if plain else minus) + term
        else:
            text = term if plain else f"−{term}" if is_sum else f"1/{term}"
    return text


def _in_dot(text: str) -> str:
    """A text between quotes of DOT, in which nothing is an escape or an entity."""
    return printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def _in_mermaid(text: str) -> str:
    """A text between quotes of Mermaid, in which nothing is markup, and nothing begins a list."""
    return "".join(
        each if each.isalnum() or each == " " or ord(each) > 127 else f"#{ord(each)};"
        for each in printable(text)
    )


__all__ = ["Arrow", "Diagram", "Item"]
