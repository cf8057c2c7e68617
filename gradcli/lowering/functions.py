"""The user's functions: what their calls and bodies come to as nodes."""

from __future__ import annotations

from collections.abc import Sequence

from gradcli.engine.graph import Node, as_node
from gradcli.engine.primitives import OPERATORS, TABLE, shaping
from gradcli.language.tree import (
    Assign,
    Attribute,
    Call,
    Define,
    Expression,
    ExpressionStatement,
    For,
    Import,
    Name,
    NoGrad,
    Return,
    Statement,
    Text,
    Update,
    Vector,
)
from gradcli.language.tree import (
    Sequence as Tuple,
)
from gradcli.lowering.context import Context, Frame
from gradcli.lowering.names import STATEMENT_CALLS, called_name
from gradcli.text.errors import EvaluationError, InputError
from gradcli.text.source import Span
from gradcli.text.suggest import did_you_mean
from gradcli.trampoline import Rule

DEEPEST_CALL = 5_000
"""How deep calls of user functions may nest before that is an error."""


def user_call(context: Context, function: Define, call: Call) -> Rule:
    """A call of the user's function: its body, lowered with its parameters bound."""
    arguments: dict[str, Node] = {}
    names = [parameter.name for parameter in function.parameters]
    for position, argument in enumerate(call.arguments):
        if argument.name is None and position >= len(names):
            raise _arity(context, function, call)
        name = argument.name or names[position]
        if name not in names:
            near = did_you_mean(name, names)
            hint = f"did you mean {near}?" if near else f"its parameters are {', '.join(names)}"
            raise context.wrong(f"{function.name} has no parameter {name}", argument.span, hint)
        if name in arguments:
            raise context.wrong(f"{name} is given twice", argument.span)
        arguments[name] = yield argument.value
    if any(
        parameter.default is None and parameter.name not in arguments for parameter in function.parameters
    ):
        raise _arity(context, function, call)
    return (yield invoke(context, function, arguments, call.span))


def _arity(context: Context, function: Define, call: Call) -> InputError:
    wanted = ", ".join(
        parameter.name if parameter.default is None else f"{parameter.name}=…"
        for parameter in function.parameters
    )
    count = len(call.arguments)
    return context.wrong(
        f"{function.name} does not take {count} argument{'' if count == 1 else 's'}",
        call.span,
        f"its parameters are {function.name}({wanted})",
    )


def invoke(context: Context, function: Define, arguments: dict[str, Node], span: Span) -> Rule:
    """The value of a user's function whose parameters are bound."""
    outermost = context.entered.get(id(function))
    if outermost is not None and outermost < context.undecided:
        raise EvaluationError(
            f"{function.name} calls itself under a condition that waits for values, so it never ends",
            (context.mark(span),),
            "let the condition depend on constants only, as with const n = 5",
        )
    if len(context.frames) >= DEEPEST_CALL:
        raise EvaluationError(
            f"{function.name} calls itself more than {DEEPEST_CALL} times deep",
            (context.mark(span),),
            "give it a condition that ends it: … if n > 0 else …",
        )
    if outermost is None:
        context.entered[id(function)] = context.undecided
    called_from = context.mark(span, f"in {function.name}, called here")
    context.frames.append(Frame(function, arguments, called_from))
    for parameter in function.parameters:
        if parameter.name not in arguments:
            assert parameter.default is not None
            arguments[parameter.name] = yield parameter.default
    result = yield _body(context, function.body)
    if result is None:
        raise context.wrong(
            f"{function.name} returns nothing", function.name_span, "end its body with return …"
        )
    context.frames.pop()
    if outermost is None:
        del context.entered[id(function)]
    return result


def _body(context: Context, body: Sequence[Statement]) -> Rule:
    """Runs a function's body; the node that it returns, or `None` where it ends without `return`."""
    variables = context.frames[-1].variables
    for statement in body:
        if isinstance(statement, Return):
            return (yield statement.value)
        if isinstance(statement, Assign) and isinstance(statement.target, Name):
            value = yield statement.value
            untracked = statement.constant or not context.recording
            variables[statement.target.name] = TABLE["detach"].build(value) if untracked else value
        elif isinstance(statement, Update) and isinstance(statement.target, Name):
            target, value = statement.target, (yield statement.value)
            operands = ((target.span, (yield target)), (statement.value.span, value))
            variables[target.name] = context.apply(OPERATORS[statement.operator, 2], statement.span, operands)
        elif isinstance(statement, For):
            items = yield iteration(context, statement.iterable)
            for item in items:
                variables[statement.variable] = item if isinstance(item, Node) else as_node(item)
                result = yield _body(context, statement.body)
                if result is not None:
                    return result
        elif isinstance(statement, NoGrad):
            before, context.recording = context.recording, statement.recording
            result = yield _body(context, statement.body)
            context.recording = before
            if result is not None:
                return result if statement.recording else TABLE["detach"].build(result)
        elif isinstance(statement, ExpressionStatement) and isinstance(statement.value, Text):
            continue  # a docstring
        elif not isinstance(statement, Import):
            hint = "call backward, zero and print outside it"
            if isinstance(statement, ExpressionStatement) and not _acts(statement.value):
                hint = f"write return {context.text(statement.value.span)}"
            raise context.wrong(
                "a function's body computes values: it assigns, loops and returns", statement.span, hint
            )
    return None


def _acts(expression: Expression) -> bool:
    """Whether an expression is a call that does something, such as `print(x)` and `y.backward()`."""
    function = expression.function if isinstance(expression, Call) else None
    return isinstance(function, Name | Attribute) and function.name in STATEMENT_CALLS


def iteration(context: Context, iterable: Expression) -> Rule:
    """What a `for` runs over: a range, or the nodes of the items of an array."""
    if isinstance(iterable, Call) and called_name(iterable.function, context) == "range":
        limits = []
        for argument in iterable.arguments:
            limits.append(context.settled_integer((yield argument.value), argument.span))
        if not 1 <= len(limits) <= 3 or (len(limits) == 3 and limits[2] == 0):
            raise context.wrong(
                "range takes an end, or a start and an end (and a step that is not 0)", iterable.span
            )
        return range(*limits)
    if isinstance(iterable, Vector | Tuple):
        nodes = []
        for item in iterable.items:
            nodes.append((yield item))
        return nodes
    node = yield iterable
    if not node.shape:
        raise context.wrong(
            "a for needs a range or an array to run over", iterable.span, "for i in range(10):"
        )
    whole = tuple((0, size, 1) for size in node.shape[1:])
    return [shaping.subscript(node, (k, *whole)) for k in range(node.shape[0])]
