"""A graph as a worked solution has it: one named step for each operation, and what each says locally.

A step is written in the names of the steps that it is computed from: what it computes, its derivative in
each of them, and how a cotangent passes back (or a tangent on) through it. Constants are no steps, and nor is
the broadcasting that an operation does by itself. All derivatives are those that textbooks print.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import reduce
from itertools import count, repeat
from types import MappingProxyType

from gradcli.engine.derive import pullback, pushforward
from gradcli.engine.evaluate import static_value
from gradcli.engine.graph import RULES, Input, Node, expand, expand_primitive, intern, substitute, topological
from gradcli.engine.primitives import TABLE, Elementwise, Entry
from gradcli.engine.primitives.entry import Structural
from gradcli.engine.primitives.shaping import reshape
from gradcli.engine.shapes import broadcast_shape
from gradcli.records import NamedTuple
from gradcli.text.values import plain
from gradcli.writing.algebra import TooLong
from gradcli.writing.derivative import NOTATIONS
from gradcli.writing.formula import in_words
from gradcli.writing.latex import escaped, name_in_latex
from gradcli.writing.notation import ATOM, Notation, Written, name_as_typed
from gradcli.writing.reading import SEED, Reader, Unreadable, derivative, prepared
from gradcli.writing.terms import Name

PLACE = "□"
"""What stands in the place of an operand."""

_MOST_ELEMENTS = 6
"""Arrays of constants with more elements are shortened."""


class Step(NamedTuple):
    """One step: its node and its name.

    `sources` has, for each input of the node, the node whose value goes in (that of a step, or a constant),
    and `passed` the broadcasting and renaming in between, from the outside in.
    """

    node: Node
    name: str
    sources: tuple[Node, ...]
    passed: tuple[tuple[Node, ...], ...]

    @property
    def operands(self) -> tuple[Node, ...]:
        """The nodes of the steps that it is computed from, each once."""
        return tuple(dict.fromkeys(each for each in self.sources if not each.static))

    @property
    def is_leaf(self) -> bool:
        """Whether its value is given."""
        return isinstance(self.node, Input)

    def slots(self, operand: Node) -> list[int]:
        """The inputs that an operand goes into: two, in `x*x`."""
        return [slot for slot, each in enumerate(self.sources) if each is operand]


class Steps:
    """The steps of graphs, those that are given first, and each behind the ones that it needs.

    `titles` are names that nodes have already. What stands before the name of a step in that of its
    cotangent, or of its tangent, is `d`, unless that makes a name of another.
    """

    def __init__(self, outputs: Sequence[Node], titles: Mapping[Node, str]) -> None:
        everything = topological(outputs)
        # What one operation does by itself and another needs as a step is a step for both.
        kept = {
            *outputs,
            *(each for node in everything for each in node.inputs if not _is_passed(node, each)),
        }
        ways: dict[Node, list[list[Node]]] = {}
        stack = list(outputs)
        while stack:
            node = stack.pop()
            if node not in ways:
                ways[node] = [_way(each, kept) for each in node.inputs]
                stack += [way[-1] for way in ways[node] if not way[-1].static]
        order = [each for each in everything if each in ways]
        order.sort(key=lambda each: bool(each.inputs))
        self.outputs = tuple(outputs)
        self.names = _names(order, titles)
        self.all = {
            node: Step(
                node,
                self.names[node],
                tuple(way[-1] for way in ways[node]),
                tuple(tuple(way[:-1]) for way in ways[node]),
            )
            for node in order
        }
        taken = set(self.names.values())
        self._before = next(each for each in _prefixes() if not taken & {each + name for name in taken})

    def flow(self, node: Node) -> str:
        """The name of the cotangent (or of the tangent) of a step."""
        return self._before + self.names[node]


def _way(node: Node, kept: Container[Node]) -> list[Node]:
    """The nodes between an operation and what goes into it, that one last."""
    way = [node]
    while way[-1] not in kept:
        way.append(way[-1].inputs[0])
    return way


def _is_passed(user: Node, node: Node) -> bool:
    """Whether an operation looks through one of its inputs, which is no step then."""
    if node.primitive is expand_primitive:
        return _broadcasts(user)
    name = node.primitive.name
    return name == "alias" or (name == "reshape" and node.shape == node.inputs[0].shape)


def _broadcasts(user: Node) -> bool:
    """Whether an operation repeats its inputs by itself: without their `expand` it has the same shape."""
    if not user.primitive.elementwise:
        return False
    inner = (each.inputs[0] if each.primitive is expand_primitive else each for each in user.inputs)
    return broadcast_shape(each.shape for each in inner) == user.shape


def _names(order: Sequence[Node], titles: Mapping[Node, str]) -> dict[Node, str]:
    """A name for each step: the one that it has, or else a letter and a number."""
    own = {node: titles.get(node) or getattr(node, "name", "") for node in order}
    taken = {*titles.values(), *own.values()}
    fresh = (f"{stem}{number}" for stem, number in _numbered(taken))
    found: dict[str, Node] = {}
    for node in order:
        name = own[node]
        found[name if name and name not in found else next(fresh)] = node
    return {node: name for name, node in found.items()}


def _numbered(taken: set[str]) -> Iterator[tuple[str, int]]:
    """A letter with all numbers, where the letter is no name, and no such name is taken."""
    stem = next(each for each in _stems() if not any(_is_numbered(name, each) for name in taken))
    return zip(repeat(stem), count(1))


def _is_numbered(name: str, stem: str) -> bool:
    return name == stem or (name.startswith(stem) and name[len(stem) :].isdecimal())


def _stems() -> Iterator[str]:
    yield from "vstuw"
    yield from (f"{'v' * number}_" for number in count(1))


def _prefixes() -> Iterator[str]:
    yield from ("d", "grad_")
    yield from (f"d{number}_" for number in count(1))


class Wording:
    """Writes what steps say, in a notation.

    `typed` has, by the node, what somebody typed for it: it stands where there are no other words. `tied`
    are the nodes at whose kink the values are: their derivatives are written with what holds just there.
    """

    def __init__(
        self,
        steps: Steps,
        notation: str = "text",
        typed: Mapping[Node, str] = MappingProxyType({}),
        tied: Container[Node] = frozenset(),
    ) -> None:
        self.steps = steps
        self.notation = notation
        self._typed = typed
        self._tied = tied

    def name(self, node: Node) -> str:
        """The name of a step."""
        name = self.steps.names[node]
        return name_in_latex(name, bold=bool(node.shape)) if self.notation == "latex" else name_as_typed(name)

    def flow(self, node: Node) -> str:
        """The name of its cotangent, or of its tangent."""
        if self.notation == "latex":
            return f"\\overline{{{self.name(node)}}}"
        return name_as_typed(self.steps.flow(node))

    def expression(self, step: Step) -> str:
        """What a step computes, in the names of its operands."""
        if step.is_leaf:
            return self.name(step.node)
        return self._expression(step, {each: self.name(each) for each in step.operands})

    def pattern(self, step: Step) -> str:
        """What a step computes, with a box in the place of each operand."""
        return self._expression(step, dict.fromkeys(step.operands, PLACE))

    def _expression(self, step: Step, names: Mapping[Node, str]) -> str:
        if not step.sources:
            return self.constant(step.node).text
        reader = Reader()
        inputs, titles, operands = [], {}, []
        for slot, (source, given) in enumerate(zip(step.sources, step.node.inputs, strict=True)):
            inner = Input(f"{slot}", source.shape, boolean=source.boolean)
            operands.append(reader.algebra.name(inner.name, inner.shape))
            reader.known[inner] = operands[-1]
            name = names.get(source)
            titles[inner.name] = (
                self.constant(source) if name is None else Written(name, ATOM, bool(source.shape))
            )
            inputs.append(expand(inner, given.shape))
        node = intern(step.node.primitive, tuple(inputs), step.node.params)
        try:
            (found,) = reader.read((node,))
        except (Unreadable, TooLong):
            found = operands[0]
        if found[0] == 1 and isinstance(found[1], Name):
            # The language has no word for it, or one that hides that something happens here.
            typed = self._typed.get(step.node)
            if typed is not None:
                return f"\\text{{{escaped(typed)}}}" if self.notation == "latex" else typed
            entry = step.node.primitive
            if isinstance(entry, Entry) and entry.written and TABLE.get(entry.name) is not entry:
                written = in_words(entry, (titles[f"{slot}"].text for slot in range(len(operands))))
                return f"\\mathrm{{{written}}}" if self.notation == "latex" else written
            found = reader.algebra.call(entry.name, operands)
        writer = self._writer(titles)
        writer.order_keys = {term: f"{slot:06}" for slot, (_, term) in enumerate(operands)}  # as it was typed
        return writer.write(found)

    def partial(self, step: Step, operand: Node) -> str | None:
        """The derivative of a step in one of its operands, element by element; `None` for other steps."""
        written = self._partial(step, operand)
        return None if written is None else written.text

    def share(self, step: Step, operand: Node) -> str:
        """What a step hands back to an operand: its own cotangent, passed through the derivative."""
        partial = self._partial(step, operand) if operand.shape == step.node.shape else None
        if partial is not None:
            return self._product(Written(self.flow(step.node), ATOM), partial)
        local, inputs = self._local(step)
        flow = Input(self.steps.flow(step.node), step.node.shape, tracked=False)
        if step.node not in self._tied:
            local = prepared(local, (inputs[operand],), reverse=True)
        (found,) = pullback(local, flow, (inputs[operand],))
        share = self._read(found, step)
        if share is None:
            return self._asked("vjp", self.expression(step), self.name(operand), self.flow(step.node))
        return share.text

    def tangent(self, step: Step, moving: Sequence[Node]) -> str:
        """The tangent of a step, from those of the operands that have one."""
        partials = [self._partial(step, each) for each in moving]
        pieces = [
            self._product(partial, Written(self.flow(each), ATOM))
            for each, partial in zip(moving, partials, strict=True)
            if partial is not None
        ]
        if len(pieces) == len(moving):
            return " + ".join(pieces)
        local, inputs = self._local(step)
        wrt = [inputs[each] for each in moving]
        flows = [Input(self.steps.flow(each), each.shape, tracked=False) for each in moving]
        entry = step.node.primitive
        if step.node in self._tied:
            (found,) = pushforward((local,), wrt, flows)
        elif isinstance(entry, Structural) and not entry.linear and math.prod(local.shape) == 1:
            # As the textbook's gradient has it, and not as it is computed.
            gradients = [(flow, derivative(local, each)) for flow, each in zip(flows, wrt, strict=True)]
            total = [
                RULES["sum"](flow * reshape(slope, flow.shape), tuple(range(-len(flow.shape), 0)))
                for flow, slope in gradients
                if slope is not None
            ]
            found = reduce(operator.add, total) if total else None
        else:
            (found,) = pushforward((prepared(local, wrt),), wrt, flows)
        tangent = self._read(found, step)
        if tangent is None:
            whole = self.expression(step)
            return " + ".join(self._asked("jvp", whole, self.name(each), self.flow(each)) for each in moving)
        return tangent.text

    def _product(self, left: Written, right: Written) -> str:
        """A product as it stands, each factor in one piece."""
        first, second = (
            each.text if each.binding > 5 and not each.text.startswith("-") else self._closed(each.text)
            for each in (left, right)
        )
        return f"{first} \\cdot {second}" if self.notation == "latex" else f"{first}*{second}"

    def _closed(self, text: str) -> str:
        return f"\\left({text}\\right)" if self.notation == "latex" else f"({text})"

    def _partial(self, step: Step, operand: Node) -> Written | None:
        if not isinstance(step.node.primitive, Elementwise):
            return None
        local, inputs = self._local(step)
        variable = inputs[operand]
        if step.node not in self._tied:
            local = prepared(local, (variable,))
        (found,) = pushforward((local,), (variable,), (expand(SEED, variable.shape),))
        partial = self._read(found, step, repeated=False)
        if partial is not None:
            return partial
        return Written(self._asked("grad", self.expression(step), self.name(operand)), ATOM)

    def _local(self, step: Step) -> tuple[Node, dict[Node, Input]]:
        """A step as a function of inputs that stand for its operands and are called like them."""
        inputs = {
            each: Input(self.steps.names[each], each.shape, boolean=each.boolean) for each in step.operands
        }
        return substitute((step.node,), inputs)[0], inputs

    def _read(self, node: Node | None, step: Step, *, repeated: bool = True) -> Written | None:
        """A derivative as it is written; `None` where the language has no words for it.

        What is the same everywhere is written as one number, unless it is to be `repeated`.
        """
        if node is None:
            return Written("0", ATOM)
        reader = Reader(at_points=step.node in self._tied)
        try:
            (found,) = reader.read((node,))
            found = found if repeated else reader.known[node]
        except (Unreadable, TooLong):
            return None
        titles = {}
        if self.notation == "latex":
            titles = {
                self.steps.flow(each): Written(self.flow(each), ATOM, bool(each.shape))
                for each in (step.node, *step.operands)
            }
        writer = self._writer(titles)
        writer.prepare((found[1],))
        return writer.expression(*found)

    def _asked(self, function: str, *words: str) -> str:
        """A function of the language that is asked, where it has no formula."""
        if self.notation == "latex":
            return f"\\operatorname{{{function}}}\\left({', '.join(words)}\\right)"
        return f"{function}({', '.join(words)})"

    def constant(self, node: Node) -> Written:
        """A constant, as it was put together."""
        writer, reader = self._writer(), Reader()
        try:
            (found,) = reader.read((node,))
        except (Unreadable, TooLong):
            value = static_value(node)
            return Written(plain(value, multiline=False, limit=_MOST_ELEMENTS, shaped=False), ATOM)
        writer.prepare((found[1],))
        return writer.expression(*found)

    def _writer(self, titles: Mapping[str, Written] = MappingProxyType({})) -> Notation:
        writer = NOTATIONS[self.notation]()
        writer.titles = titles
        return writer
