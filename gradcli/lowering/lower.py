"""Syntax to graph: names, calls, arity and shapes, with the guilty text on every error.

Lowering does no arithmetic on values that may change; it decides what can be decided before any.
It does not recurse over its input: each rule below is a generator that yields the expressions (or
other generators) it needs and is sent their nodes, and one loop runs them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from gradcli import trampoline
from gradcli.engine.graph import (
    Constant,
    Input,
    Node,
    ShapeError,
    SizeError,
    constant,
    shape_text,
    static_value,
    topological,
)
from gradcli.engine.primitives import OPERATORS, TABLE, Entry, arithmetic, shaping
from gradcli.engine.primitives.arithmetic import as_truth
from gradcli.language.tree import (
    Attribute,
    Binary,
    Call,
    Comparison,
    Conditional,
    Define,
    Expression,
    FormattedText,
    Imported,
    Logical,
    Name,
    Number,
    Prime,
    Subscript,
    Text,
    Unary,
    Vector,
)
from gradcli.language.tree import (
    Sequence as Tuple,
)
from gradcli.lowering.arguments import (
    CONSTANTS,
    STATEMENT_CALLS,
    TRUTHS,
    bind,
    called_name,
    extreme_of,
    several_for_one,
    typed_name,
)
from gradcli.lowering.attributes import attribute, method
from gradcli.lowering.conversions import converted, perhaps_leaf, plain_number, range_, requested, tensor
from gradcli.lowering.derivatives import derivative, element, prime
from gradcli.lowering.functions import Frame, user_call
from gradcli.lowering.unknown import fraction, old_format, power_of_function, unknown_function, unknown_name
from gradcli.text.errors import GradcliError, InputError
from gradcli.text.source import Mark, Source, Span
from gradcli.trampoline import Rule


class Scope(Protocol):
    """What lowering asks of the surface that it works for."""

    reads_leaves: bool
    """Whether sizes and counts may be read from leaves: their values are here, not given for each answer."""

    recording: bool
    """False inside `no_grad`: what is computed there requires no grad."""

    def variable(self, name: str) -> Node | None:
        """The node that a name is bound to."""

    def function(self, name: str) -> Define | None:
        """The user's function of that name."""

    def imported(self, name: str) -> Imported | None:
        """What an import line said that a name is."""

    def grad(self, name: str) -> Node:
        """The accumulated grad of a leaf; raises `GradcliError` (without marks)."""

    def known(self, node: Node, *, leaves: bool = False) -> Any:
        """The value of a node that is settled while lowering, or `None`.

        Values of leaves count as settled only if `leaves` is set, and columns never do.
        """

    def new_leaf(self, node: Node) -> Node:
        """A leaf without a name that holds what a node does; the node itself where there are no leaves."""

    def names(self) -> Iterable[str]:
        """Every bound name, for suggestions."""

    def unknown(self, name: str) -> str | None:
        """A hint about a name that is not bound, where this surface has one to give."""


class Lowering:
    """Lowers expressions of one source, as `scope` sees it; `traces`: noting where each node was written."""

    def __init__(self, source: Source, scope: Scope, *, traces: bool = True) -> None:
        self.source = source
        self.scope = scope
        self.traces = traces
        self.frames: list[Frame] = []
        self.entered: dict[int, int] = {}
        """How many undecided branches there were at the outermost call of each function that we are in."""
        self.undecided = 0
        """How many branches of conditions that wait for values we are in."""
        self.recording = True
        self._settled: dict[bool, dict[Node, Any]] = {False: {}, True: {}}

    # The loop that runs every rule

    def lower(self, expression: Expression) -> Node:
        """The node of an expression; raises `GradcliError` with marks."""
        rule = self.rule_for(expression)
        node: Node = rule if isinstance(rule, Node) else self.run(rule)
        return node

    def run(self, rule: Rule) -> Any:
        """Runs a rule and everything that it asks for, without recursion."""
        try:
            return trampoline.run(rule, self.rule_for)
        except GradcliError as error:
            calls = tuple(frame.called_from for frame in reversed(self.frames[-4:]))
            if calls and error.marks and error.marks[-len(calls) :] != calls:
                error.marks = error.marks + calls
            raise

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

    def text(self, span: Span) -> str:
        """What was typed there, for hints; an ellipsis where it is long."""
        text = " ".join(self.here.text[span.start : span.end].split())
        return text if len(text) <= LONGEST_QUOTE else "…"

    def wrong(self, message: str, span: Span, hint: str | None = None) -> InputError:
        """An error in what was typed, to be raised."""
        return InputError(message, (self.mark(span),), hint)

    def build(self, make: Callable[[], Node], span: Span, operands: Sequence[tuple[Span, Node]]) -> Node:
        """The node that `make` builds, its origin noted; errors get the operands' places and shapes.

        The result of an operation is a value of its own, never another name for the leaf it was given.
        """
        return self.made(lambda: _own(make()), span, operands)

    def made(self, make: Callable[[], Node], span: Span, operands: Sequence[tuple[Span, Node]]) -> Node:
        """Like `build`, for what may be the leaf itself, as `+x` is."""
        try:
            node = make()
        except ShapeError as error:
            if not error.marks:
                blamed = not isinstance(error, SizeError) or all(node.shape for _, node in operands)
                told = tuple(self.mark(place, shape_text(node.shape)) for place, node in operands if blamed)
                error.marks = told or (self.mark(span),)
            raise
        except GradcliError as error:
            error.marks = error.marks or (self.mark(span),)
            raise
        if node.inputs and self.traces:
            node.origin = self.mark(span)
        return node

    def known(self, node: Node, *, leaves: bool = False) -> Any:
        """The value of a node if it is settled before arithmetic, else `None`.

        Numbers are kept, as what a recursive function counts depends on all that it counted before.
        """
        kept = self._settled[leaves]
        with np.errstate(all="ignore"):
            for each in topological((node,), lambda each: bool(each.shape) or each in kept):
                if each in kept:
                    continue
                if each.inputs and not each.shape:
                    below = [kept[x] for x in each.inputs]
                    unsettled = any(x is None for x in below)
                    kept[each] = None if unsettled else each.primitive.kernel(each)(*below)
                else:
                    kept[each] = static_value(each) if each.static else self.scope.known(each, leaves=leaves)
        return kept[node]

    # Literals and names

    def _number(self, expression: Number) -> Node:
        return constant(expression.value)

    def _text(self, expression: Text | FormattedText) -> Node:
        hint = "text in quotes can only be printed"
        if self.text(expression.span) == "f''":
            hint = "a second derivative has its argument behind it: f''(x)"
        raise self.wrong("text is not a value", expression.span, hint)

    def _name(self, expression: Name) -> Node:
        return self.name(expression.name, expression.span)

    def name(self, name: str, span: Span) -> Node:
        """The node that a name means here; raises `InputError`."""
        if self.frames and name in self.frames[-1].variables:
            return self.frames[-1].variables[name]
        bound = self.scope.variable(name)
        if bound is not None:
            return bound
        imported = self.imported(name)
        if imported is not None and imported.member in CONSTANTS:
            return constant(CONSTANTS[imported.member])
        if name in CONSTANTS:
            return constant(CONSTANTS[name])
        if name in TRUTHS:
            return constant(TRUTHS[name])
        raise unknown_name(self, name, span)

    def locals(self) -> list[str]:
        """The names that the function being called has bound."""
        return list(self.frames[-1].variables) if self.frames else []

    def _vector(self, expression: Vector) -> Rule:
        if not expression.items:
            return constant([])
        if all(isinstance(item, Number) for item in expression.items):
            numbers = [item.value for item in expression.items if isinstance(item, Number)]
            return self.build(lambda: constant(numbers), expression.span, ())
        nodes = []
        for item in expression.items:
            nodes.append((yield item))
        spans = [item.span for item in expression.items]
        if all(isinstance(node, Constant) for node in nodes) and len({node.shape for node in nodes}) == 1:
            values = [node.value for node in nodes]
            return self.build(lambda: constant(values), expression.span, ())
        odd = next((k for k, node in enumerate(nodes) if node.shape != nodes[0].shape), 0)
        try:
            return self.build(lambda: shaping.stack(nodes), expression.span, ())
        except ShapeError as error:
            if nodes[odd].shape == nodes[0].shape:
                raise
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
        operands = ((expression.operand.span, operand),)
        entry = OPERATORS[expression.operator, 1]
        if expression.operator == "+":
            return self.made(lambda: entry.build(operand), expression.span, operands)
        return self.apply(entry, expression.span, operands)

    def _binary(self, expression: Binary) -> Rule:
        error = None
        if isinstance(expression.left, Name):
            error = power_of_function(self, expression) or fraction(self, expression)
        elif isinstance(expression.left, Text) and expression.operator == "%":
            error = old_format(self, expression.left, expression.right, expression.span)
        if error is not None:
            raise error
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
        if isinstance(function, Name):
            user = self.scope.function(function.name)
            if user is not None:
                return (yield user_call(self, user, expression))
        name = called_name(function, self)
        if name is not None:
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
            node = yield self.builtin(entry, call, None)
            if entry.family == "making arrays":
                node = converted(self, node, requested(self, "", call.arguments), call.span)
                return (yield perhaps_leaf(self, node, call))
            return node
        span = call.function.name_span if isinstance(call.function, Attribute) else call.function.span
        if name in STATEMENT_CALLS:
            raise self.wrong(
                f"{name} is a statement, not a value", call.span, "write it on a line of its own"
            )
        raise unknown_function(self, name, span)

    def callables(self) -> list[str]:
        """Every name that can be called, for suggestions."""
        return [*TABLE, *_SPECIAL, *self.scope.names()]

    def calls_user(self, function: Expression) -> bool:
        """Whether what is called is the user's own function."""
        return isinstance(function, Name) and self.scope.function(function.name) is not None

    def bound(self, name: str) -> bool:
        """Whether the user has bound a name to a value."""
        return name in self.locals() or self.scope.variable(name) is not None

    def imported(self, name: str) -> Imported | None:
        """What an import line said that a name is."""
        return self.scope.imported(name)

    def builtin(self, entry: Entry, call: Call, receiver: Expression | None) -> Rule:
        """A call of an entry of the table, or (with a receiver) of one as a method."""
        if entry is arithmetic.where and receiver is None and len(call.arguments) == 3:
            condition, yes, no = (argument.value for argument in call.arguments)
            if not any(argument.name for argument in call.arguments):
                return _own((yield self.choice(call.span, condition, yes, no)))
        bound = yield bind(self, entry, call, receiver)
        make = self.made if entry.itself else self.build
        try:
            return make(lambda: entry.build(*bound.values), call.span, bound.operands)
        except ShapeError as error:
            if error.message.startswith(f"{entry.name} "):  # what was typed may be an alias of it
                error.message = typed_name(entry, call) + error.message.removeprefix(entry.name)
            several = None if receiver is not None else several_for_one(self, entry, call, bound)
            raise several or error from None

    def _subscript(self, expression: Subscript) -> Rule:
        (item, *more), value = expression.items, expression.value
        if isinstance(value, Call) and isinstance(item, Number) and item.value in (0, 1) and not more:
            extreme = extreme_of(self, value)
            if extreme is not None:  # PyTorch's pair of values and indices
                name, receiver = extreme
                entry = TABLE[f"arg{name}" if item.value else name]
                return (yield self.builtin(entry, value, receiver))
        return (yield element(self, expression))

    def settled_number(self, node: Node, span: Span, what: str = "a number") -> float:
        """The number that a node holds before arithmetic; raises `InputError`."""
        value = self.known(node, leaves=self.scope.reads_leaves)
        if value is None and node.shape == ():
            raise self.wrong(
                f"this must be {what} that is known before arithmetic",
                span,
                "write the number itself, or name it with const first: const n = 5",
            )
        if node.shape != ():
            raise self.wrong(f"this must be {what}", span)
        return float(value)

    def settled_integer(self, node: Node, span: Span) -> int:
        """The whole number that a node holds before arithmetic; raises `InputError`."""
        number = self.settled_number(node, span, "a whole number")
        if not number.is_integer():
            raise self.wrong("this must be a whole number", span)
        return int(number)


def _own(node: Node) -> Node:
    return shaping.clone.build(node) if isinstance(node, Input) and node.role == "leaf" else node


LONGEST_QUOTE = 30
"""How many characters of what was typed a hint repeats."""

_SPECIAL: dict[str, Callable[[Lowering, Call], Rule | Node]] = {
    "grad": derivative,
    "jacobian": derivative,
    "hessian": derivative,
    "tensor": tensor,
    "Tensor": tensor,
    "array": tensor,
    "as_tensor": tensor,
    "FloatTensor": tensor,
    "DoubleTensor": tensor,
    "float": plain_number,
    "int": plain_number,
    "range": range_,
}
"""Calls that are not functions of values alone."""

_RULES: dict[type, Callable[[Lowering, Any], Rule | Node]] = {
    Number: Lowering._number,
    Text: Lowering._text,
    FormattedText: Lowering._text,
    Name: Lowering._name,
    Vector: Lowering._vector,
    Tuple: Lowering._sequence,
    Unary: Lowering._unary,
    Binary: Lowering._binary,
    Comparison: Lowering._comparison,
    Logical: Lowering._logical,
    Conditional: Lowering._conditional,
    Attribute: attribute,
    Subscript: Lowering._subscript,
    Call: Lowering._call,
}
