"""What names mean that nobody bound, and how the arguments of a call meet a signature."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Protocol

from gradcli.engine.graph import Node, constant
from gradcli.engine.primitives.entry import SPELLINGS, STATIC, TABLE, Entry, Parameter
from gradcli.language.mistakes.hints import CONSTANTS as CONSTANTS
from gradcli.language.tree import (
    Argument,
    Attribute,
    Call,
    Expression,
    Imported,
    Name,
    Number,
    Sequence,
    Text,
    Unary,
    Vector,
)
from gradcli.records import NamedTuple
from gradcli.text.source import Span
from gradcli.text.suggest import did_you_mean

if TYPE_CHECKING:
    from gradcli.lowering.lower import Lowering
    from gradcli.text.errors import InputError

TRUTHS = {"True": True, "False": False}

MODULES = ("torch", "np", "numpy", "math", "F", "jnp", "jax", "tf")
"""Names that are looked through in front of a dot, unless the user has bound them.

So is every module that an import line names.
"""

SUBMODULES = ("nn", "functional", "special", "linalg", "autograd", "numpy")

STATEMENT_CALLS = ("backward", "zero_", "print", "requires_grad_")
"""Calls that do something, and so stand on a line of their own."""

TENSORS = ("tensor", "Tensor", "as_tensor", "FloatTensor", "DoubleTensor")
"""PyTorch's ways to make a tensor of given numbers, which is a constant unless it is told otherwise."""

SETTINGS = ("manual_seed", "set_default_dtype", "set_printoptions")
"""PyTorch's settings that change nothing here; as statements they are accepted."""

DTYPES = {
    **dict.fromkeys(("float", "double", "half", "float16", "float32", "float64", "bfloat16"), "float"),
    **dict.fromkeys(("int", "long", "short", "int8", "int16", "int32", "int64", "uint8"), "integer"),
    **dict.fromkeys(("bool", "bool_"), "truth"),
}
"""What PyTorch's and NumPy's dtypes hold; here each sort of number has one width."""

CASTS = ("to", "type", "astype")
"""Methods that take a dtype, and give the value as that."""

IGNORED_KEYWORDS = ("dtype", "device", "requires_grad")
"""Keywords of PyTorch and NumPy that do not change a value here: all arithmetic is float64."""


class Bound(NamedTuple):
    """The arguments of a call in the order of a signature, and those that are nodes with their places."""

    values: list[Any]
    operands: list[tuple[Span, Node]]


class Names(Protocol):
    """What a name may stand for besides a built-in one: a value, or what an import line says."""

    def bound(self, name: str) -> bool:
        """Whether the user has bound a name to a value."""

    def imported(self, name: str) -> Imported | None:
        """What an import line said that a name is."""

    def calls_user(self, function: Expression) -> bool:
        """Whether what is called is the user's own function."""


def module_of(expression: Expression, names: Names) -> str | None:
    """The module that an expression is (`torch` in `torch.nn.functional`), or `None` for a value."""
    while isinstance(expression, Attribute) and expression.name in SUBMODULES:
        expression = expression.value
    if not isinstance(expression, Name) or names.bound(expression.name):
        return None
    imported = names.imported(expression.name)
    if imported is None:
        return _FULL_NAMES.get(expression.name, expression.name) if expression.name in MODULES else None
    is_module = imported.member is None or imported.member in SUBMODULES or imported.member in MODULES
    return imported.module.partition(".")[0] if is_module else None


_FULL_NAMES = {"np": "numpy", "jnp": "numpy", "F": "torch", "tf": "tensorflow"}


def is_module_path(expression: Expression, names: Names) -> bool:
    """Whether an expression is `torch`, `torch.nn.functional` and so on."""
    return module_of(expression, names) is not None


def called_name(function: Expression, names: Names) -> str | None:
    """The plain name of what is called, modules looked through; `None` for a method or a value."""
    if isinstance(function, Name):
        imported = names.imported(function.name)
        return function.name if imported is None or imported.member is None else imported.member
    if isinstance(function, Attribute) and is_module_path(function.value, names):
        return function.name
    return None


def dtype_of(expression: Expression, names: Names) -> str | None:
    """What the dtype holds that an expression is, as `torch.long`: a value of `DTYPES`, or `None`."""
    return DTYPES.get(called_name(expression, names) or "")


def _library(function: Expression, names: Names) -> str | None:
    """The library whose conventions a call asks for, by a prefix or an import line."""
    if isinstance(function, Attribute):
        return module_of(function.value, names)
    imported = names.imported(function.name) if isinstance(function, Name) else None
    return None if imported is None else imported.module.partition(".")[0]


def _is_whole(expression: Expression) -> bool:
    """Whether an expression is the literal of a whole number, as a dim is."""
    if isinstance(expression, Unary) and expression.operator == "-":
        expression = expression.operand
    return isinstance(expression, Number) and expression.value.is_integer()


def _signature(names: Names, entry: Entry, call: Call, receiver: Expression | None) -> tuple[Parameter, ...]:
    """The parameters that a call's arguments meet: those of its library, where libraries disagree."""
    if receiver is not None:
        return entry.method_parameters
    library = _library(call.function, names)
    if library is None:
        return entry.parameters
    if library == "numpy" and entry.numpy_parameters is not None:
        return entry.numpy_parameters
    # `torch.max(x, 1)` is along a dim, where `max(x, 1)` and `torch.max(x, y)` compare two values.
    plain = [argument.value for argument in call.arguments if argument.name is None]
    is_along = entry.method_parameters is not entry.parameters and len(plain) > 1 and _is_whole(plain[1])
    return entry.method_parameters if is_along else entry.parameters


def extreme_of(names: Names, call: Call) -> tuple[str, Expression | None] | None:
    """The name of a `max` or `min` along a dim, which in PyTorch gives a pair, and what is before its dot.

    `None` for any other call, and for one that is spelled as NumPy's.
    """
    function = call.function
    name, receiver = called_name(function, names), None
    if name is None and isinstance(function, Attribute):
        name, receiver = function.name, function.value
    if name not in ("max", "min") or names.calls_user(function):
        return None
    if receiver is None and _library(function, names) == "numpy":
        return None
    plain = [argument.value for argument in call.arguments if argument.name is None]
    signature = _signature(names, TABLE[name], call, receiver)
    is_along = len(plain) > (receiver is None) and not signature[0].variadic
    return (name, receiver) if is_along or any(each.name == "dim" for each in call.arguments) else None


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
    parameters = _signature(lowering, entry, call, receiver)
    typed = typed_name(entry, call)
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
                f"{typed} has no parameter {argument.name}",
                Span(argument.span.start, argument.span.start + len(argument.name)),
                f"did you mean {near}=?" if near else f"its parameters are {typed}({entry.signature})",
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
                values.append((yield _settled(lowering, typed, kind, rest)))
                continue
            held = dict(given or {})
            first = rest[0] if rest and not held else None
            if parameter.name == "arrays" and isinstance(first, Sequence | Vector):
                if len(rest) == 2 and _is_whole(rest[1]):  # the dim of `cat([x, y], 1)`
                    place -= 1
                    rest.pop()
                if len(rest) == 1:
                    rest = list(first.items)
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
            values.append((yield _settled(lowering, typed, kind, [expression])))
        else:
            node = yield expression
            if entry.settled:
                node = constant(lowering.settled_number(node, expression.span))
            values.append(node)
            operands.append((expression.span, node))
    if place < len(positional):
        raise _wrong_count(lowering, entry, call, parameters, receiver)
    return Bound(values, operands)


def typed_name(entry: Entry, call: Call) -> str:
    """The name by which a call calls an entry: perhaps an alias."""
    return getattr(call.function, "name", entry.name)


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
    called = typed_name(entry, call) if receiver is None else f".{typed_name(entry, call)}"
    return lowering.wrong(
        f"{called} takes {wanted} argument{'' if wanted in ('1', 'at least 1') else 's'}, not {count}",
        call.span,
        f"write {called}({shown})",
    )


def several_for_one(lowering: Lowering, entry: Entry, call: Call, bound: Bound) -> InputError | None:
    """The error for `sum(1, 2, 3)`, where what follows the first number was read as the dim."""
    values = [argument.value for argument in call.arguments if argument.name is None]
    along = len(entry.parameters) > 1 and entry.parameters[1].name == "dim"
    if not along or len(values) < 2 or bound.operands[0][1].shape:
        return None
    text = " ".join(lowering.here.text[values[0].span.start : values[-1].span.end].split())
    typed = typed_name(entry, call)
    return lowering.wrong(f"{typed} takes one array, and then a dim", call.span, f"write {typed}([{text}])")


def _settled(
    lowering: Lowering, typed: str, kind: str, expressions: list[Expression]
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
                f"{typed} has no order of that name", expressions[0].span, "give a number, or 'fro'"
            )
        return 2.0
    if kind == "integers":
        items = list(expressions)
        if len(items) == 1 and isinstance(items[0], Sequence | Vector):
            items = list(items[0].items)
        sizes: list[int] = []
        for item in items:
            node = yield item
            value = lowering.known(node, leaves=lowering.scope.reads_leaves)
            if value is not None and node.shape and len(items) == 1:
                sizes.extend(_whole(lowering, each, item.span) for each in value.ravel())
            else:
                sizes.append(lowering.settled_integer(node, item.span))
        return tuple(sizes)
    (expression,) = expressions
    node = yield expression
    if kind == "integer":
        return lowering.settled_integer(node, expression.span)
    value = lowering.known(node)
    if value is None or node.shape != ():
        raise lowering.wrong(
            f"this argument of {typed} must be known before arithmetic",
            expression.span,
            "give it as a number",
        )
    if kind == "truth":
        return bool(value)
    return float(value)


def _whole(lowering: Lowering, value: Any, span: Span) -> int:
    number = float(value)
    if not number.is_integer():
        raise lowering.wrong("this must be a whole number", span)
    return int(number)
