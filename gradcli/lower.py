"""Syntax to graph: names, calls, arity and shapes, with the guilty text on every error.

Lowering does no arithmetic on values that may change; it decides what can be decided before any.
It does not recurse over its input: each rule below is a generator that yields the expressions (or
other generators) it needs and is sent their nodes, and one loop runs them all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any, Protocol

from gradcli.attributes import attribute, method
from gradcli.calls import CONSTANTS, STATEMENT_CALLS, TRUTHS, bind, called_name
from gradcli.derivatives import derivative, prime
from gradcli.errors import GradcliError, InputError
from gradcli.functions import Frame, Rule, user_call
from gradcli.graph import (
    Constant,
    Node,
    ShapeError,
    constant,
    shape_text,
    static_value,
)
from gradcli.indexing import subscript
from gradcli.primitives import OPERATORS, TABLE, Entry, arithmetic, shaping
from gradcli.primitives.arithmetic import as_truth
from gradcli.primitives.entry import as_number
from gradcli.source import Mark, Source, Span
from gradcli.suggest import did_you_mean
from gradcli.syntax import (
    Attribute,
    Binary,
    Call,
    Comparison,
    Conditional,
    Define,
    Expression,
    Logical,
    Name,
    Number,
    Prime,
    Subscript,
    Text,
    Unary,
    Vector,
)
from gradcli.syntax import (
    Sequence as Tuple,
)


class Scope(Protocol):
    """What lowering asks of the surface that it works for."""

    def variable(self, name: str) -> Node | None:
        """The node that a name is bound to."""

    def function(self, name: str) -> Define | None:
        """The user's function of that name."""

    def grad(self, name: str) -> Node:
        """The accumulated grad of a leaf; raises `GradcliError` (without marks)."""

    def known(self, node: Node, *, leaves: bool = False) -> Any:
        """The value of a node that is settled while lowering, or `None`.

        Values of leaves count as settled only if `leaves` is set, and columns never do.
        """

    def names(self) -> Iterable[str]:
        """Every bound name, for suggestions."""

    def unknown(self, name: str) -> str | None:
        """A hint about a name that is not bound, where this surface has one to give."""


class Lowering:
    """Lowers expressions of one source, as `scope` sees it."""

    def __init__(self, source: Source, scope: Scope) -> None:
        self.source = source
        self.scope = scope
        self.frames: list[Frame] = []
        self.undecided = 0
        """How many branches of conditions that wait for values we are in."""
        self.recording = True

    # The loop that runs every rule

    def lower(self, expression: Expression) -> Node:
        """The node of an expression; raises `GradcliError` with marks."""
        rule = self.rule_for(expression)
        node: Node = rule if isinstance(rule, Node) else self.run(rule)
        return node

    def run(self, rule: Rule) -> Any:
        """Runs a rule and everything that it asks for, without recursion."""
        stack = [rule]
        answer: Any = None
        try:
            while stack:
                try:
                    wanted = stack[-1].send(answer)
                except StopIteration as done:
                    stack.pop()
                    answer = done.value
                    continue
                step = wanted if isinstance(wanted, Generator) else self.rule_for(wanted)
                if isinstance(step, Node):
                    answer = step
                else:
                    stack.append(step)
                    answer = None
        except GradcliError as error:
            calls = tuple(frame.called_from for frame in reversed(self.frames[-4:]))
            if calls and error.marks and error.marks[-len(calls) :] != calls:
                error.marks = error.marks + calls
            raise
        return answer

    def rule_for(self, expression: Expression) -> Rule | Node:
        """The generator that lowers one kind of expression, or the node itself where it needs no other."""
        return _RULES[type(expression)](self, expression)

    # Errors and places

    @property
    def here(self) -> Source:
        """The source that is being lowered: the typed one, or that of the function being called."""
        return self.frames[-1].function.source if self.frames else self.source

    def mark(self, span: Span, label: str = "") -> Mark:
        """A place in the source that is being lowered."""
        return Mark(self.here, span, label)

    def wrong(self, message: str, span: Span, hint: str | None = None) -> InputError:
        """An error in what was typed, to be raised."""
        return InputError(message, (self.mark(span),), hint)

    def build(self, make: Callable[[], Node], span: Span, operands: Sequence[tuple[Span, Node]]) -> Node:
        """The node that `make` builds, its origin noted; errors get the operands' places and shapes."""
        try:
            node = make()
        except ShapeError as error:
            if not error.marks:
                told = tuple(self.mark(place, shape_text(node.shape)) for place, node in operands)
                error.marks = told or (self.mark(span),)
            raise
        except GradcliError as error:
            error.marks = error.marks or (self.mark(span),)
            raise
        if node.inputs:
            node.origin = self.mark(span)
        return node

    def known(self, node: Node, *, leaves: bool = False) -> Any:
        """The value of a node if it is settled before arithmetic, else `None`."""
        if isinstance(node, Constant):
            return node.value
        return static_value(node) if node.static else self.scope.known(node, leaves=leaves)

    # Literals and names

    def _number(self, expression: Number) -> Node:
        return constant(expression.value)

    def _text(self, expression: Text) -> Node:
        raise self.wrong("text is not a value", expression.span, "text in quotes can only be printed")

    def _name(self, expression: Name) -> Node:
        return self.name(expression.name, expression.span)

    def name(self, name: str, span: Span) -> Node:
        """The node that a name means here; raises `InputError`."""
        if self.frames and name in self.frames[-1].variables:
            return self.frames[-1].variables[name]
        bound = self.scope.variable(name)
        if bound is not None:
            return bound
        if name in CONSTANTS:
            return constant(CONSTANTS[name])
        if name in TRUTHS:
            return constant(TRUTHS[name])
        if name == "None":
            raise self.wrong("None is not a value", span)
        if self.scope.function(name) is not None:
            raise self.wrong(f"{name} is a function", span, f"call it: {name}(…)")
        near = did_you_mean(name, [*self.scope.names(), *CONSTANTS, *self._locals()])
        hint = f"did you mean {near}?" if near else None
        if hint is None and name in TABLE:
            raise self.wrong(f"{name} is a function", span, f"call it: {name}({TABLE[name].signature})")
        if hint is None and name in ("backward", *STATEMENT_CALLS):
            usage = "backward y" if name == "backward" else f"{name}(…)"
            raise self.wrong(f"{name} is a statement, not a value", span, f"write {usage}")
        raise self.wrong(f"unknown name {name}", span, hint or self.scope.unknown(name))

    def _locals(self) -> list[str]:
        return list(self.frames[-1].variables) if self.frames else []

    def _vector(self, expression: Vector) -> Rule:
        if not expression.items:
            return constant([])
        if all(isinstance(item, Number) for item in expression.items):
            return constant([item.value for item in expression.items if isinstance(item, Number)])
        nodes = []
        for item in expression.items:
            nodes.append((yield item))
        spans = [item.span for item in expression.items]
        if all(isinstance(node, Constant) for node in nodes) and len({node.shape for node in nodes}) == 1:
            return constant([node.value for node in nodes])
        odd = next((k for k, node in enumerate(nodes) if node.shape != nodes[0].shape), 0)
        try:
            return self.build(lambda: shaping.stack(nodes), expression.span, ())
        except ShapeError as error:
            raise InputError(
                "the rows of an array must have equal shapes",
                tuple(self.mark(spans[k], shape_text(nodes[k].shape)) for k in (odd, 0)),
                error.hint,
            ) from None

    def _sequence(self, expression: Tuple) -> Node:
        raise self.wrong(
            "round brackets with commas are a shape, not a value", expression.span, "an array has [ ]: [1, 2]"
        )

    # Operators

    def _unary(self, expression: Unary) -> Rule:
        if expression.operator == "-" and isinstance(expression.operand, Number):
            return constant(-expression.operand.value)
        operand = yield expression.operand
        return self.apply(
            OPERATORS[expression.operator, 1], expression.span, ((expression.operand.span, operand),)
        )

    def _binary(self, expression: Binary) -> Rule:
        left = yield expression.left
        right = yield expression.right
        operands = ((expression.left.span, left), (expression.right.span, right))
        return self.apply(OPERATORS[expression.operator, 2], expression.span, operands)

    def apply(self, entry: Entry, span: Span, operands: Sequence[tuple[Span, Node]]) -> Node:
        """The node of an operator's entry on its operands."""
        return self.build(lambda: entry.build(*(node for _, node in operands)), span, operands)

    def _comparison(self, expression: Comparison) -> Rule:
        operands = []
        for each in expression.operands:
            operands.append((each.span, (yield each)))
        result: Node | None = None
        for symbol, left, right in zip(expression.operators, operands, operands[1:], strict=False):
            node = self.apply(OPERATORS[symbol, 2], expression.span, (left, right))
            if result is not None:
                both = ((expression.span, result), (expression.span, node))
                node = self.apply(OPERATORS["and", 2], expression.span, both)
            result = node
        return result

    def _logical(self, expression: Logical) -> Rule:
        left = as_truth((yield expression.left))
        settled = self.known(left) if left.shape == () else None
        stops = expression.operator == "or"
        if settled is not None and bool(settled) == stops:
            return constant(stops)
        right = as_truth((yield expression.right))
        if settled is not None:
            return right
        operands = ((expression.left.span, left), (expression.right.span, right))
        return self.apply(OPERATORS[expression.operator, 2], expression.span, operands)

    def _conditional(self, expression: Conditional) -> Rule:
        return (yield self.choice(expression.span, expression.condition, expression.yes, expression.no))

    def choice(self, span: Span, condition: Expression, yes: Expression, no: Expression) -> Rule:
        """`yes if condition else no`: one side where the condition is settled, `where` of both if not."""
        truth = as_truth((yield condition))
        settled = self.known(truth) if truth.shape == () else None
        if settled is not None:
            return (yield yes if settled else no)
        self.undecided += 1
        chosen = yield yes
        other = yield no
        self.undecided -= 1
        operands = ((condition.span, truth), (yes.span, chosen), (no.span, other))
        return self.build(lambda: arithmetic.where.apply(truth, chosen, other), span, operands)

    # Calls

    def _call(self, expression: Call) -> Rule:
        function = expression.function
        if isinstance(function, Prime):
            return (yield prime(self, expression, function))
        name = called_name(function, self.bound)
        if name is not None:
            if isinstance(function, Name):
                user = self.scope.function(name)
                if user is not None:
                    return (yield user_call(self, user, expression))
            return (yield self._named_call(name, expression))
        if isinstance(function, Attribute):
            return (yield method(self, function, expression))
        raise self.wrong("only a function can be called", function.span, "a product needs its sign: (a)*(b)")

    def _named_call(self, name: str, call: Call) -> Rule:
        special = _SPECIAL.get(name)
        if special is not None:
            step = special(self, call)
            return step if isinstance(step, Node) else (yield step)
        entry = TABLE.get(name)
        if entry is not None:
            return (yield self.builtin(entry, call, None))
        span = call.function.name_span if isinstance(call.function, Attribute) else call.function.span
        if name in STATEMENT_CALLS:
            raise self.wrong(
                f"{name} is a statement, not a value", call.span, "write it on a line of its own"
            )
        near = did_you_mean(name, self.callables())
        if near is None and (self.bound(name) or name in CONSTANTS):
            raise self.wrong(
                f"{name} is a value, not a function", span, f"a product needs its sign: {name}*(…)"
            )
        hint = f"did you mean {near}?" if near else None
        if near is None and isinstance(call.function, Name):
            hint = f"define it first: {name}(x) = …"
        raise self.wrong(f"unknown function {name}", span, hint)

    def callables(self) -> list[str]:
        """Every name that can be called, for suggestions."""
        return [*TABLE, *_SPECIAL, *self.scope.names()]

    def bound(self, name: str) -> bool:
        """Whether the user has bound a name to a value."""
        return name in self._locals() or self.scope.variable(name) is not None

    def builtin(self, entry: Entry, call: Call, receiver: Expression | None) -> Rule:
        """A call of an entry of the table, or (with a receiver) of one as a method."""
        if entry is arithmetic.where and receiver is None and len(call.arguments) == 3:
            condition, yes, no = (argument.value for argument in call.arguments)
            if not any(argument.name for argument in call.arguments):
                return (yield self.choice(call.span, condition, yes, no))
        bound = yield bind(self, entry, call, receiver)
        return self.build(lambda: entry.build(*bound.values), call.span, bound.operands)

    def settled_integer(self, node: Node, span: Span) -> int:
        """The whole number that a node holds before arithmetic; raises `InputError`."""
        value = self.known(node)
        number = math.nan if value is None or node.shape != () else float(value)
        if not number.is_integer():
            raise self.wrong("this must be a whole number that is known before arithmetic", span)
        return int(number)

    # Calls that are not functions of values alone

    def _tensor(self, call: Call) -> Rule:
        if not call.arguments or call.arguments[0].name not in (None, "data"):
            raise self.wrong("tensor takes a number or an array", call.span, "torch.tensor([1., 2.])")
        for argument in call.arguments[1:]:
            if argument.name not in FACTORY_KEYWORDS:
                raise self.wrong(
                    "tensor takes one value", argument.span, "an array has [ ]: torch.tensor([1., 2.])"
                )
        node = yield call.arguments[0].value
        return as_number(node) if not node.boolean else node

    def _range(self, call: Call) -> Node:
        raise self.wrong(
            "a range is not a value", call.span, "arange(…) makes an array; for i in range(…): loops"
        )


FACTORY_KEYWORDS = ("requires_grad", "dtype", "device")
"""Keywords of PyTorch's factories that say nothing about the values."""

_SPECIAL: dict[str, Callable[[Lowering, Call], Rule | Node]] = {
    "grad": derivative,
    "jacobian": derivative,
    "hessian": derivative,
    "tensor": Lowering._tensor,
    "Tensor": Lowering._tensor,
    "array": Lowering._tensor,
    "range": Lowering._range,
}
"""Calls that are not functions of values alone."""

_RULES: dict[type, Callable[[Lowering, Any], Rule | Node]] = {
    Number: Lowering._number,
    Text: Lowering._text,
    Name: Lowering._name,
    Vector: Lowering._vector,
    Tuple: Lowering._sequence,
    Unary: Lowering._unary,
    Binary: Lowering._binary,
    Comparison: Lowering._comparison,
    Logical: Lowering._logical,
    Conditional: Lowering._conditional,
    Attribute: attribute,
    Subscript: subscript,
    Call: Lowering._call,
}
