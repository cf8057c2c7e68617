"""A formula as worked out by hand: the value of every step, and what passes back (or on) through it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, reduce
from types import MappingProxyType
from typing import Any

import numpy as np

from gradcli.arrays import Shape
from gradcli.engine import derive, jacobians
from gradcli.engine.evaluate import compute
from gradcli.engine.graph import Input, Node, as_node, expand, expand_primitive, substitute
from gradcli.engine.primitives import Elementwise, grad_fn_name
from gradcli.engine.primitives.entry import Structural, as_number
from gradcli.language.layout import scan
from gradcli.records import NamedTuple
from gradcli.text.errors import InputError
from gradcli.text.source import Mark, Span
from gradcli.writing.derivative import TIED
from gradcli.writing.notation import name_as_typed
from gradcli.writing.steps import Step, Steps

MOST_DIRECTIONS = 8
"""Forwards, so many tangents are worked out at most: one for each number in the leaves."""

_MOST_SLOPES = 4096
"""The derivative of an operation on arrays with more elements is not kept as a table of numbers."""


class Share(NamedTuple):
    """What a step hands back to one of its operands.

    `factors` are the cotangent of the step and its derivative in the operand, where the `value` is their
    product. `total` is what the operand has received so far, where it is not the first time.
    """

    step: Step
    operand: Node
    factors: tuple[Any, ...]
    value: Any
    total: Any


class Direction(NamedTuple):
    """A direction in which tangents are taken: its name, its leaf, and the tangent that this starts with."""

    name: str
    leaf: Input
    start: Any


class Accumulated(NamedTuple):
    """What a leaf's grad is before a backward, after it, after one more, and after `zero` and one more."""

    before: Any
    once: Any
    twice: Any
    cleared: Any


class Worked:
    """The steps of a graph at one point.

    `values` are by node; `gradients` has what ends at each of `leaves`, `None` where nothing connects them;
    what steps hand on is worked out when it is asked for. `marks` says where steps were written.
    """

    def __init__(
        self,
        output: Node,
        leaves: Mapping[str, Input],
        given: Mapping[Input, Any],
        titles: Mapping[Node, str],
        marks: Mapping[Node, Mark] = MappingProxyType({}),
        seed: Any = None,
    ) -> None:
        self._marks = marks
        self.output = output
        self.steps = Steps((output,), titles)
        self.leaves = dict(leaves)
        self._handed: dict[tuple[Node, int], Node] = {}
        self.flows: dict[Node, Node] = {}
        """The graphs of the cotangents."""
        start = expand(as_node(1.0), output.shape)
        self._given: dict[Node, Any] = dict(given.items())
        if seed is not None:
            start = Input("seed", output.shape, role="unit", tracked=False)
            self._given[start] = seed
        self.flows[output] = start
        found = derive.pullback(output, start, list(leaves.values()), self._told)
        for leaf, each in zip(leaves.values(), found, strict=True):
            if each is not None:
                self.flows[leaf] = each
        self.values: dict[Node, Any] = {}
        """The values of all graphs, those of cotangents among them."""
        self.work_out((output, *self.flows.values()))
        self.gradients = {
            name: self._gradient(None if each is None else self.values[each], leaf.shape)
            for (name, leaf), each in zip(leaves.items(), found, strict=True)
        }

    def _told(self, node: Node, cotangent: Node, index: int, share: Node) -> None:
        self.flows[node] = cotangent
        self._handed[node, index] = share

    def _gradient(self, value: Any, shape: Shape) -> Any:
        """A gradient in the shape that it has of a result with axes of size 1."""
        if value is None or not self.output.shape:
            return value
        whole = math.prod(self.output.shape) == 1
        return np.reshape(value, self.output.shape + shape) if whole else value

    def work_out(self, nodes: Sequence[Node]) -> list[Any]:
        """The values of graphs."""
        missing = [each for each in nodes if each not in self.values]
        compute(missing, self._given.get, found=self.values)
        return [self.values[each] for each in nodes]

    @property
    def value(self) -> Any:
        """The result."""
        return self.values[self.output]

    def cotangent(self, step: Step) -> Any:
        """The derivative of the result in a step; `None` where nothing connects them."""
        flow = self.flows.get(step.node)
        return None if flow is None else self.values[flow]

    def moved(self, step: Step) -> list[Node]:
        """The operands that a step hands a cotangent to."""
        return [
            each
            for each in step.operands
            if any((step.node, slot) in self._handed for slot in step.slots(each))
        ]

    @cached_property
    def tied(self) -> frozenset[Node]:
        """The steps that are at a tie, where the derivative is that of neither side."""
        places = {
            node: node.primitive.kink.where(*node.inputs)
            for node in self.steps.all
            if node.primitive.name in TIED
            and isinstance(node.primitive, Elementwise | Structural)
            and node.primitive.kink is not None
        }
        values = self.work_out(list(places.values()))
        return frozenset(node for node, value in zip(places, values, strict=True) if np.any(value))

    @cached_property
    def typed(self) -> dict[Node, str]:
        """What was typed for steps, with the names of their operands in the places of these."""
        steps = self.steps.all.values()
        # Of several steps that one piece of text stands for it is the last.
        before = {
            each
            for step in steps
            for each in step.operands
            if each in self._marks and self._marks[each] == self._marks.get(step.node)
        }
        found = {step.node: self._typed(step) for step in steps if step.node not in before}
        return {node: text for node, text in found.items() if text is not None}

    def _typed(self, step: Step) -> str | None:
        mark = self._marks.get(step.node)
        if mark is None or step.is_leaf:
            return None
        source, span, _ = mark
        inner: list[tuple[Span, str]] = []
        for node in step.operands:
            name, place = name_as_typed(self.steps.names[node]), self._marks.get(node)
            if place is not None and place.source is source and _within(place.span, span):
                inner.append((place.span, name))
            elif node.inputs or name not in {
                token.text for token in scan(source.text[span.start : span.end])
            }:
                return None
        text, end = "", span.end
        for each, name in sorted(inner, reverse=True):
            text = name + source.text[each.end : end] + text
            end = each.start
        return " ".join((source.text[span.start : end] + text).split())

    def grad_fn(self, step: Step) -> str | None:
        """What PyTorch would call the step; `None` where it would record nothing."""
        if step.node not in self.flows:
            return None
        return "AccumulateGrad" if step.is_leaf else grad_fn_name(step.node)

    # Backward

    def partials(self, steps: Sequence[Step]) -> list[dict[Node, Any]]:
        """The derivatives of steps in the operands that they hand something to, by the operand.

        Of an elementwise step that is an array of one derivative for each element; of another all of
        them, in the shape of the step, then of the operand (`None`, where there are too many).
        """
        found = [{each: self._partial(step, each) for each in self.moved(step)} for step in steps]
        self.work_out([each for nodes in found for each in nodes.values() if each is not None])
        return [
            {each: None if node is None else self.values[node] for each, node in nodes.items()}
            for nodes in found
        ]

    def _partial(self, step: Step, operand: Node) -> Node | None:
        node, slots = step.node, step.slots(operand)
        if isinstance(node.primitive, Elementwise):
            rules = [node.primitive.partial(node, slot) for slot in slots if (node, slot) in self._handed]
            known = [as_number(each) for each in rules if each is not None]
            return reduce(lambda a, b: a + b, known) if known else expand(as_node(0.0), node.shape)
        if math.prod(node.shape) * math.prod(operand.shape) > _MOST_SLOPES:
            return None
        inputs = {each: Input("", each.shape, boolean=each.boolean) for each in step.operands}
        (local,) = substitute((node,), inputs)
        slopes = jacobians.jacobian(local, inputs[operand])
        if slopes is None:
            return None
        return substitute((slopes,), {stand_in: each for each, stand_in in inputs.items()})[0]

    @np.errstate(all="ignore")
    def shares(self, steps: Sequence[Step] | None = None) -> list[Share]:
        """What steps hand back, in the order of the sweep; of all steps, if none are named."""
        chosen = None if steps is None else {each.node for each in steps}
        order = [each for each in reversed(self.steps.all.values()) if each.node in self.flows]
        arrivals = [(step, each, self._share(step, each)) for step in order for each in self.moved(step)]
        self.work_out([node for _, _, node in arrivals])
        wanted = [step for step in order if chosen is None or step.node in chosen]
        partials = dict(zip((each.node for each in wanted), self.partials(wanted), strict=True))
        found: list[Share] = []
        totals: dict[Node, Any] = {}
        for step, operand, node in arrivals:
            value = self.values[node]
            total = totals[operand] + value if operand in totals else None
            totals[operand] = value if total is None else total
            if step.node in partials:
                slope = partials[step.node][operand]
                is_product = isinstance(step.node.primitive, Elementwise) and operand.shape == step.node.shape
                factors = (self.cotangent(step), self._alone(step, operand, slope)) if is_product else ()
                found.append(Share(step, operand, factors, value, total))
        return found

    def _alone(self, step: Step, operand: Node, slope: Any) -> Any:
        """The derivative of an elementwise step, as one number where one is repeated for each element."""
        node = self._partial(step, operand)
        if node is not None and node.primitive is expand_primitive and not node.inputs[0].shape:
            return self.values.get(node.inputs[0], slope)
        return slope

    def _share(self, step: Step, operand: Node) -> Node:
        found = [self._passed_back(step, slot) for slot in step.slots(operand)]
        return reduce(lambda a, b: a + b, [each for each in found if each is not None])

    def _passed_back(self, step: Step, slot: int) -> Node | None:
        """What a step hands back by one of its inputs; `None` where nothing connects them."""
        handed = self._handed.get((step.node, slot))
        for between in step.passed[slot]:
            handed = None if handed is None else between.primitive.pullback(between, handed, 0)
        return handed

    def passed_back(self) -> dict[tuple[Node, int], Any]:
        """What steps hand back, by the step and its input."""
        places = [(step, slot) for step in self.steps.all.values() for slot in range(len(step.sources))]
        nodes = {(step.node, slot): self._passed_back(step, slot) for step, slot in places}
        known = {place: node for place, node in nodes.items() if node is not None}
        return dict(zip(known, self.work_out(list(known.values())), strict=True))

    # Forward

    @cached_property
    def directions(self) -> list[Direction]:
        """A direction for each number in the leaves; raises `InputError` where there are too many."""
        count = sum(math.prod(leaf.shape) for leaf in self.leaves.values())
        if count > MOST_DIRECTIONS:
            raise InputError(
                f"forward mode takes one pass for each number in the variables, and there are {count}",
                hint="name one of the variables behind the formula, or leave out --forward-mode",
            )
        return [each for name, leaf in self.leaves.items() for each in _directions(name, leaf)]

    @cached_property
    def tangents(self) -> dict[str, dict[Node, Any]]:
        """The tangents of the steps that have one, in each direction, by its name."""
        nodes = list(self.steps.all)
        return {each.name: self._tangents(nodes, each) for each in self.directions}

    def _tangents(self, nodes: Sequence[Node], direction: Direction) -> dict[Node, Any]:
        start = Input("tangent", direction.leaf.shape, role="unit", tracked=False)
        self._given[start] = direction.start
        found = derive.pushforward(nodes, (direction.leaf,), (start,))
        reached = {node: each for node, each in zip(nodes, found, strict=True) if each is not None}
        return dict(zip(reached, self.work_out(list(reached.values())), strict=True))

    # Again

    def accumulated(self, before: Mapping[str, Any]) -> dict[str, Accumulated]:
        """What passes make of the grads of the leaves that are reached, which are `before` now."""
        added = {
            name: self.values[self.flows[leaf]] for name, leaf in self.leaves.items() if leaf in self.flows
        }
        return {name: _passes(before.get(name), each) for name, each in added.items()}


def _within(inner: Span, outer: Span) -> bool:
    """Whether a piece of text is a part of another, and not all of it: one piece may be several steps."""
    return outer.start <= inner.start and inner.end <= outer.end and inner != outer


def _passes(before: Any, added: Any) -> Accumulated:
    once = added if before is None else before + added
    return Accumulated(before, once, once + added, added)


def _directions(name: str, leaf: Input) -> Iterator[Direction]:
    if not leaf.shape:
        yield Direction(name, leaf, np.float64(1.0))
        return
    for place in np.ndindex(leaf.shape):
        start = np.zeros(leaf.shape)
        start[place] = 1.0
        yield Direction(f"{name}[{', '.join(map(str, place))}]", leaf, start)


__all__ = ["Accumulated", "Direction", "Share", "Worked"]
