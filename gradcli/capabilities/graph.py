"""`graph`: the picture of a formula, or of its gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcli.capabilities.formula import Formula
from gradcli.capabilities.found import Found, Request
from gradcli.capabilities.worked import Worked
from gradcli.engine import derive
from gradcli.engine.evaluate import compute
from gradcli.engine.graph import Input, Node
from gradcli.text.errors import EvaluationError, InputError, Notice
from gradcli.text.json import json_value
from gradcli.text.values import plain
from gradcli.writing.diagram import Diagram

DIGITS = 4
"""Significant digits of the numbers in pictures."""

MOST_BOXES = 1000
"""Larger graphs are not laid out."""

_MOST_ELEMENTS = 4


class Graph(Found):
    """The computational graph of a formula, or of its gradient.

    `nodes` (dicts) are its boxes, each behind those that it is computed from, and `edges` what goes from one
    into another.
    """

    notebook = "svg"

    def __init__(
        self,
        expression: str,
        variables: Mapping[str, Any],
        diagram: Diagram,
        values: Mapping[Node, Any],
        worked: Worked | None,
        notices: Sequence[Notice],
    ) -> None:
        super().__init__(expression, variables, notices)
        self.diagram = diagram
        self._values = values
        self._worked = worked
        self._shares = {} if worked is None else worked.passed_back()

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """The boxes: `name`, `kind`, `label`, and where they are known `value` and `cotangent`."""
        found = []
        for node, item in self.diagram.items.items():
            each: dict[str, Any] = {
                "name": self.diagram.steps.names[node],
                "kind": item.kind,
                "label": item.says,
            }
            if node in self._values:
                each["value"] = json_value(self._values[node])
            if self._worked is not None:
                each["cotangent"] = json_value(self._worked.cotangent(self.diagram.steps.all[node]))
            found.append(each)
        return found

    @property
    def edges(self) -> list[dict[str, Any]]:
        """The arrows: `from`, `to`, `label`, and where it is known the `cotangent` that comes back."""
        names = self.diagram.steps.names
        found = []
        for node, item in self.diagram.items.items():
            for arrow in item.operands:
                each: dict[str, Any] = {"from": names[arrow.source], "to": names[node], "label": arrow.label}
                if self._worked is not None:
                    each["cotangent"] = json_value(self._shares.get((arrow.into, arrow.slot)))
                found.append(each)
        return found

    def members(self) -> dict[str, Any]:
        return {"nodes": self.nodes, "edges": self.edges}

    def text(self, digits: int | None = None) -> str:
        return self._labelled(digits).tree()

    def written(self, form: str, digits: int | None = None) -> str:
        self._check(form)
        diagram = self._labelled(digits)
        if form == "dot":
            return diagram.dot()
        if form == "mermaid":
            return diagram.mermaid()
        if len(diagram.items) > MOST_BOXES:
            raise EvaluationError(
                f"the graph has {len(diagram.items)} boxes, too many to be laid out here",
                hint="--format dot, and a program that draws it",
            )
        return diagram.svg(f"The graph of {self.expression}")

    def _labelled(self, digits: int | None) -> Diagram:
        """The diagram, with the numbers that are known."""

        def number(value: Any) -> str:
            return plain(value, digits or DIGITS, multiline=False, limit=_MOST_ELEMENTS, shaped=False)

        diagram = self.diagram
        for node in diagram.items:
            notes = [f"= {number(self._values[node])}"] if node in self._values else []
            if not notes and node.shape:
                notes = [f"shape {list(node.shape)}"]
            if self._worked is not None:
                cotangent = self._worked.cotangent(diagram.steps.all[node])
                notes += [] if cotangent is None else [f"d = {number(cotangent)}"]
            diagram.notes[node] = tuple(notes)
        diagram.told = {key: number(value) for key, value in self._shares.items()}
        return diagram


def answer(request: Request) -> Graph:
    """The graph that is asked for; raises `GradcliError`."""
    formula = request.formula
    output = formula.output
    leaves = formula.chosen(request.words) if request.words else formula.variables
    titles = {each: name for each, name in formula.names.items() if not each.static}
    titles |= {each: name for name, each in formula.variables.items()}
    results: dict[str, Node] = {output.name: output.node}
    notices: list[Notice] = []
    if request.settings["backward"]:
        found = _gradients(formula, leaves)
        results = {f"d{output.name}/d{name}": node for name, node in found.items() if node is not None}
        notices = [
            Notice("note", f"nothing connects the value with {name}, and so it has no gradient")
            for name, node in found.items()
            if node is None
        ]
    diagram = Diagram(results, titles)
    inputs = [each for each in diagram.steps.all if isinstance(each, Input)]
    values: dict[Node, Any] = {}
    worked = None
    if inputs and all(each in formula.values for each in inputs):
        values = compute(diagram.steps.all, formula.values.get)  # type: ignore[arg-type]
        if not request.settings["backward"] and _is_number(output.node):
            worked = Worked(output.node, leaves, formula.values, titles)
    return Graph(formula.text, formula.given(), diagram, values, worked, notices)


def _is_number(node: Node) -> bool:
    return not node.boolean and all(size == 1 for size in node.shape)


def _gradients(formula: Formula, leaves: Mapping[str, Input]) -> dict[str, Node | None]:
    """The graphs of the gradients, by name; raises `GradcliError` where there are none."""
    output = formula.output
    if output.node.boolean or not leaves:
        raise InputError("there is no gradient to draw", (output.mark,), "such as that of x in sin(x**2)")
    if not _is_number(output.node):
        raise EvaluationError(
            f"a gradient is that of a single number, and this has shape {list(output.node.shape)}",
            (output.mark,),
            "reduce it, as with sum(…) or mean(…)",
        )
    found = derive.gradient(output.node, list(leaves.values()))
    return dict(zip(leaves, found, strict=True))
