"""What names mean that nobody bound, and how the arguments of a call meet a signature."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from gradcli.graph import Node
from gradcli.named import NamedTuple
from gradcli.primitives.entry import SPELLINGS, STATIC, Entry, Parameter
from gradcli.source import Span
from gradcli.suggest import did_you_mean
from gradcli.syntax import Argument, Attribute, Call, Expression, Name, Sequence, Text, Vector

if TYPE_CHECKING:
    from gradcli.errors import InputError
    from gradcli.lower import Lowering

CONSTANTS: dict[str, float] = {
    "pi": math.pi,
    "π": math.pi,
    "e": math.e,
    "tau": math.tau,
    "τ": math.tau,
    "inf": math.inf,
    "nan": math.nan,
}
"""Names that mean a number where the user has not bound them."""

TRUTHS = {"True": True, "False": False}

MODULES = ("torch", "np", "numpy", "math", "F", "jnp", "jax", "tf")
"""Names that are looked through in front of a dot, unless the user has bound them."""

SUBMODULES = ("nn", "functional", "special", "linalg", "autograd", "numpy")

STATEMENT_CALLS = ("backward", "zero_", "print", "requires_grad_", "zero_grad", "retain_grad")
"""Calls that do something, and so stand on a line of their own."""

IGNORED_KEYWORDS = ("dtype", "device", "requires_grad")
"""Keywords of PyTorch and NumPy that do not change a value here: all arithmetic is float64."""


class Bound(NamedTuple):
    """The arguments of a call in the order of a signature, and those that are nodes with their places."""

    values: list[Any]
    operands: list[tuple[Span, Node]]


def is_module_path(expression: Expression, bound: Callable[[str], bool]) -> bool:
    """Whether an expression is `torch`, `torch.nn.functional` and so on."""
    while isinstance(expression, Attribute) and expression.name in SUBMODULES:
        expression = expression.value
    return isinstance(expression, Name) and expression.name in MODULES and not bound(expression.name)


def called_name(function: Expression, bound: Callable[[str], bool]) -> str | None:
    """The plain name of what is called, modules looked through; `None` for a method or a value."""
    if isinstance(function, Name):
        return function.name
    if isinstance(function, Attribute) and is_module_path(function.value, bound):
        return function.name
    return None


def bind(
    lowering: Lowering,
    entry: Entry,
    call: Call,
    receiver: Expression | None,
    given: dict[int, Node] | None = None,
) -> Generator[Any, Any, Bound]:
    """A rule: lowers the arguments of a call and puts them in the order of the entry's signature.

    `given` holds nodes for positions that are lowered already. Raises `InputError` for a wrong
    number of arguments, a keyword that is not there, or a value that must be known and is not.
    """
    parameters = entry.parameters if receiver is None else entry.method_parameters
    positional: list[Expression] = [] if receiver is None else [receiver]
    named: dict[str, Argument] = {}
    for argument in call.arguments:
        if argument.name is None:
            positional.append(argument.value)
            continue
        name = SPELLINGS.get(argument.name, argument.name)
        name = name if any(each.name == name for each in parameters) else argument.name
        if name in IGNORED_KEYWORDS:
            continue
        if not any(each.name == name for each in parameters):
            near = did_you_mean(name, [each.name for each in parameters])
            raise lowering.wrong(
                f"{entry.name} has no parameter {argument.name}",
                Span(argument.span.start, argument.span.start + len(argument.name)),
                f"did you mean {near}=?" if near else f"its parameters are {entry.name}({entry.signature})",
            )
        if name in named:
            raise lowering.wrong(f"{name} is given twice", argument.span)
        named[name] = argument
    values: list[Any] = []
    operands: list[tuple[Span, Node]] = []
    place = 0
    for parameter in parameters:
        kind = STATIC.get(parameter.name)
        if parameter.variadic and parameter.name not in named:
            rest = positional[place:]
            place = len(positional)
            if kind is not None:
                values.append((yield _settled(lowering, entry, kind, rest)))
                continue
            held = dict(given or {})
            if not held and parameter.name == "arrays" and len(rest) == 1:
                rest = list(rest[0].items) if isinstance(rest[0], Sequence | Vector) else rest
            if not rest:
                raise _wrong_count(lowering, entry, call, parameters, receiver)
            nodes = []
            for position, each in enumerate(rest, place - len(rest)):
                if position in held:
                    nodes.append(held[position])
                    continue
                node = yield each
                nodes.append(node)
                operands.append((each.span, node))
            values.append(nodes)
            continue
        if parameter.name in named:
            if place < len(positional):
                raise lowering.wrong(f"{parameter.name} is given twice", named[parameter.name].span)
            expression: Expression | None = named[parameter.name].value
        elif place < len(positional):
            expression = positional[place]
            place += 1
        else:
            expression = None
        if (
            given is not None
            and kind is None
            and expression is not None
            and place - 1 in given
            and parameter.name not in named
        ):
            values.append(given[place - 1])
            continue
        if expression is None or (isinstance(expression, Name) and expression.name == "None"):
            if parameter.default is None:
                raise _wrong_count(lowering, entry, call, parameters, receiver)
            values.append(_default(parameter))
        elif kind is not None:
            values.append((yield _settled(lowering, entry, kind, [expression])))
        else:
            node = yield expression
            values.append(node)
            operands.append((expression.span, node))
    if place < len(positional):
        raise _wrong_count(lowering, entry, call, parameters, receiver)
    return Bound(values, operands)


def _default(parameter: Parameter) -> Any:
    text = parameter.default
    if text in ("None", "True", "False"):
        return {"None": None, "True": True, "False": False}[text]
    assert text is not None
    number = int(text)
    return (number,) if STATIC[parameter.name] == "integers" else number


def _wrong_count(
    lowering: Lowering,
    entry: Entry,
    call: Call,
    parameters: tuple[Parameter, ...],
    receiver: Expression | None,
) -> InputError:
    count = len(call.arguments)
    shown = ", ".join(
        f"*{each.name}" if each.variadic else each.name + (f"={each.default}" if each.default else "")
        for each in (parameters if receiver is None else parameters[1:])
    )
    least = sum(each.default is None for each in parameters) - (receiver is not None)
    most = len(parameters) - (receiver is not None)
    wanted = f"{least}" if least == most else f"{least} to {most}"
    if any(each.variadic for each in parameters):
        wanted = "at least 1"
    called = entry.name if receiver is None else f".{entry.name}"
    return lowering.wrong(
        f"{called} takes {wanted} argument{'' if wanted in ('1', 'at least 1') else 's'}, not {count}",
        call.span,
        f"write {called}({shown})",
    )


def _settled(
    lowering: Lowering, entry: Entry, kind: str, expressions: list[Expression]
) -> Generator[Any, Any, Any]:
    """A rule: the value of an argument that must be known before arithmetic."""
    if kind == "text":
        (expression,) = expressions
        if not isinstance(expression, Text):
            raise lowering.wrong("this must be text in quotes", expression.span)
        return expression.value
    if kind == "order" and isinstance(expressions[0], Text):
        if expressions[0].value != "fro":
            raise lowering.wrong(
                f"{entry.name} has no order of that name", expressions[0].span, "give a number, or 'fro'"
            )
        return 2.0
    if kind == "integers":
        items = list(expressions)
        if len(items) == 1 and isinstance(items[0], Sequence | Vector):
            items = list(items[0].items)
        sizes: list[int] = []
        for item in items:
            node = yield item
            value = lowering.known(node)
            if value is not None and node.shape and len(items) == 1:
                sizes.extend(_whole(lowering, each, item.span) for each in value.ravel())
            else:
                sizes.append(lowering.settled_integer(node, item.span))
        return tuple(sizes)
    (expression,) = expressions
    node = yield expression
    value = lowering.known(node)
    if value is None or node.shape != ():
        raise lowering.wrong(
            f"this argument of {entry.name} must be known before arithmetic",
            expression.span,
            "give it as a number",
        )
    if kind == "truth":
        return bool(value)
    return _whole(lowering, value, expression.span) if kind == "integer" else float(value)


def _whole(lowering: Lowering, value: Any, span: Span) -> int:
    number = float(value)
    if not number.is_integer():
        raise lowering.wrong("this must be a whole number", span)
    return int(number)
