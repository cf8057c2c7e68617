"""Where the nodes of an expression were written: beside the graph, since equal computations are one node."""

from __future__ import annotations

from collections.abc import Mapping

from gradcli.engine.graph import Node, substitute
from gradcli.records import NamedTuple
from gradcli.text.source import Mark


class Convention(NamedTuple):
    """What is said (`told`) of an operation at `mark` where a truth value, `test`, holds."""

    test: Node
    told: str
    mark: Mark


class Origins:
    """Where the nodes of one expression were written.

    `below` has, by their nodes, the origins of the values that the expression was made from by name. What
    was written twice is marked where this expression has it, or else the value that it names first.
    `conventions` are those at kinks that derivatives in the expression may have used.
    """

    __slots__ = ("below", "conventions", "marks")

    def __init__(
        self, marks: dict[Node, Mark] | None = None, below: dict[Node, Origins] | None = None
    ) -> None:
        self.marks = {} if marks is None else marks
        self.below = {} if below is None else below
        self.conventions: list[Convention] = []

    def made_from(self, node: Node, origins: Origins | None) -> None:
        """Notes that a value with these origins is used, by its node."""
        if origins is not None:
            self.below[node] = origins

    def all_marks(self) -> dict[Node, Mark]:
        """The places of all nodes, with those of the values below."""
        found: dict[Node, Mark] = {}
        seen: set[int] = set()
        stack = [self]
        while stack:
            origins = stack.pop()
            if id(origins) in seen:
                continue
            seen.add(id(origins))
            for node, mark in origins.marks.items():
                found.setdefault(node, mark)
            stack.extend(reversed(origins.below.values()))
        return found

    def settle(self, given: Mapping[Node, Node]) -> None:
        """Puts in what derivatives are taken at, where so far there is what they are taken in."""
        self.conventions = [
            each._replace(test=substitute((each.test,), given)[0]) for each in self.conventions
        ]

    def look_below(self) -> None:
        """Takes over the marks of the values below: a derivative goes on with their inner nodes alone."""
        self.marks = self.all_marks()

    def follow(self, changed: Mapping[Node, Node]) -> None:
        """Marks the nodes that stand in the places of others as those were."""
        for node, new in changed.items():
            mark = self.marks.get(node)
            if mark is not None:
                self.marks[new] = mark

    def of(self, node: Node) -> Origins:
        """The origins of what a node is computed from, and no others, so that nothing else is kept alive."""
        itself = self.below.get(node)
        if itself is not None:  # another name for a value, such as `z = y`, adds nothing below it
            mark = self.marks.get(node)
            return itself if mark is None else Origins({**itself.marks, node: mark}, itself.below)
        marks: dict[Node, Mark] = {}
        below: dict[Node, Origins] = {}
        others: set[Node] = set()
        missing = len(self.marks) + len(self.below)
        stack = [node]
        while stack and missing:
            each = stack.pop()
            if each in marks or each in others:
                continue
            mark, origins = self.marks.get(each), self.below.get(each)
            if mark is None:
                others.add(each)
            else:
                marks[each] = mark
                missing -= 1
            if origins is not None:
                below[each] = origins
                missing -= 1
            if mark is not None or origins is None:
                stack += each.inputs[::-1]
        return Origins(marks, below) if missing else self
