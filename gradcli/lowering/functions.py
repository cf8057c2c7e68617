"""The user's functions: what their calls and bodies come to as nodes."""

from __future__ import annotations

from collections.abc import Sequence

from gradcli.engine.graph import as_node
from gradcli.engine.primitives import TABLE, shaping
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
    Read,
    Return,
    Statement,
    Text,
    Update,
    Vector,
)
from gradcli.language.tree import (
    Sequence as Tuple,
)
from gradcli.language.vocabulary import STATEMENT_CALLS
from gradcli.lowering.context import Context, Frame
from gradcli.lowering.kinds import COUNT, TENSOR, Typed
from gradcli.lowering.names import called_name
from gradcli.text.errors import EvaluationError, InputError
from gradcli.text.source import Span
from gradcli.text.suggest import did_you_mean
from gradcli.trampoline import Rule

DEEPEST_CALL = 5_000
"""How deep calls of user functions may nest before that is an error."""


def user_call(context: Context, function: Define, call: Call) -> Rule:
    """A call of the user's function: its body, lowered with its parameters bound."""
    arguments: dict[str, Typed] = {}
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


def invoke(context: Context, function: Define, arguments: dict[str, Typed], span: Span) -> Rule:
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
    context.frames.append(Frame(function.source, arguments, called_from))
    for parameter in function.parameters:
        if parameter.name not in arguments:
            assert parameter.default is not None
            arguments[parameter.name] = yield parameter.default
    result = yield body(context, function.body)
    if result is None:
        raise context.wrong(
            f"{function.name} returns nothing", function.name_span, "end its body with return …"
        )
    context.frames.pop()
    if outermost is None:
        del context.entered[id(function)]
    return result


def body(context: Context, statements: Sequence[Statement]) -> Rule:
    """A rule: what the body of a function returns, or `None` where it ends without `return`.

    The names that it binds are those of the innermost frame.
    """
    variables = context.frames[-1].variables
    for statement in statements:
        if isinstance(statement, Return):
            return (yield statement.value)
        if isinstance(statement, Assign) and isinstance(statement.target, Name):
            value, kind = yield statement.value
            if statement.constant or not context.recording:
                value = TABLE["detach"].build(value)
            variables[statement.target.name] = value, kind
        elif isinstance(statement, Update) and isinstance(statement.target, Name):
            variables[statement.target.name] = yield statement.operation()
        elif isinstance(statement, For):
            items = yield iteration(context, statement.iterable)
            for item in items:
                variables[statement.variable] = (as_node(item), COUNT) if isinstance(item, int) else item
                result = yield body(context, statement.body)
                if result is not None:
                    return result
        elif isinstance(statement, NoGrad):
            before, context.recording = context.recording, statement.recording
            result = yield body(context, statement.body)
            context.recording = before
            if result is not None:
                value, kind = result
                return result if statement.recording else (TABLE["detach"].build(value), kind)
        elif isinstance(statement, ExpressionStatement) and isinstance(statement.value, Text):
            continue  # a docstring
        elif isinstance(statement, Read):
            raise context.wrong(
                "a formula reads no files",
                statement.file_span,
                f"{statement.target.name}=@{statement.file} gives it its value from outside",
            )
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
    """What a `for` runs over: a range, or the items of an array as nodes with their kinds."""
    if isinstance(iterable, Call) and called_name(iterable.function, context) == "range":
        limits = []
        for argument in iterable.arguments:
            limit, _ = yield argument.value
            limits.append(context.settled_integer(limit, argument.span))
        if not 1 <= len(limits) <= 3 or (len(limits) == 3 and limits[2] == 0):
            raise context.wrong(
                "range takes an end, or a start and an end (and a step that is not 0)", iterable.span
            )
        return range(*limits)
    if isinstance(iterable, Vector | Tuple):
        items = []
        for item in iterable.items:
            items.append((yield item))
        return items
    node, kind = yield iterable
    if not node.shape:
        raise context.wrong(
            "a for needs a range or an array to run over", iterable.span, "for i in range(10):"
        )
    whole = tuple((0, size, 1) for size in node.shape[1:])
    parts = [shaping.subscript(node, (k, *whole)) for k in range(node.shape[0])]
    return [(part, TENSOR if part.tracked else kind.item(k)) for k, part in enumerate(parts)]
