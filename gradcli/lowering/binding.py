"""How the arguments of a call meet a signature: by place, by name, and some known before arithmetic."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from typing import Any

import numpy as np

from gradcli.engine.graph import Node, as_node, constant
from gradcli.engine.primitives.entry import OPERANDS, SPELLINGS, Parameter
from gradcli.language.tree import (
    Argument,
    Attribute,
    Call,
    Conditional,
    Expression,
    Name,
    Number,
    Sequence,
    Spread,
    Subscript,
    Text,
    Unary,
    Vector,
)
from gradcli.language.vocabulary import IGNORED_KEYWORDS, TRUTHS
from gradcli.lowering.context import Context, Done, Whole, done
from gradcli.lowering.kinds import Host, Kind, Lowered, Several, Typed, each_of
from gradcli.records import NamedTuple, Protocol
from gradcli.text.errors import InputError
from gradcli.text.source import Span
from gradcli.text.suggest import did_you_mean


class Signed(Protocol):
    """What is called with arguments: an entry of the table, or what draws random numbers."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def signature(self) -> str:
        """Its parameters as text."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameters."""

    @property
    def settled(self) -> bool:
        """Whether every argument is a number that is known before arithmetic."""


class Bound(NamedTuple):
    """The arguments of a call in the order of a signature; the places and kinds of those that are nodes."""

    values: list[Any]
    operands: list[tuple[Span, Node]]
    kinds: list[Kind]


def bind(
    context: Context,
    entry: Signed,
    call: Call,
    receiver: Expression | None,
    parameters: tuple[Parameter, ...],
    given: Mapping[int, Node] | None = None,
    received: Typed | None = None,
) -> Generator[Any, Any, Bound]:
    """A rule: lowers the arguments of a call and puts them in the order of `parameters`.

    `given` holds nodes for positions that are lowered already, and `received` is what the receiver is, where
    that is. Raises `InputError` for a wrong number of arguments, a keyword that is not there, or a value that
    must be known and is not.
    """
    return (yield from _Binding(context, entry, call, receiver, parameters, given or {}, received).bound())


class _Binding:
    """The arguments of one call on their way into the order of its parameters."""

    __slots__ = (
        *("bindings", "call", "context", "entry", "given", "named", "parameters", "place", "positional"),
        *("received", "receiver", "typed"),
    )

    def __init__(
        self,
        context: Context,
        entry: Signed,
        call: Call,
        receiver: Expression | None,
        parameters: tuple[Parameter, ...],
        given: Mapping[int, Node],
        received: Typed | None,
    ) -> None:
        self.context, self.entry, self.receiver = context, entry, receiver
        self.parameters, self.given, self.received = parameters, given, received
        self.typed = typed_name(entry, call)
        if any(each.name == "reduction" for each in parameters):
            call = with_reduction(context, call, [each.default for each in parameters])
        self.call = call
        self.positional: list[Expression] = [] if receiver is None else [receiver]
        self.named: dict[str, Argument] = {}
        for argument in call.arguments:
            self._sort(argument)
        if len(self.positional) > len(parameters) and not any(each.variadic for each in parameters):
            raise self._wrong_count()
        self.place = 0
        """How many of those without a name are taken."""
        self.bindings = Bound([], [], [])

    def _sort(self, argument: Argument) -> None:
        """Puts one argument among those that count by their places, or by their names."""
        if argument.name is None:
            self.positional.append(argument.value)
            return
        name = meant_by_name(argument.name, self.parameters)
        if name in IGNORED_KEYWORDS:
            return
        leading = self.parameters[0] if self.parameters else None
        if leading is not None and leading.variadic and name in (leading.name, _FURTHER.get(leading.name)):
            self.positional.append(argument.value)  # `torch.cat(tensors=(x, y))`
            return
        names = [each.name for each in self.parameters]
        if name not in names:
            near = did_you_mean(name, names)
            raise self.context.wrong(
                f"{self.typed} has no parameter {argument.name}",
                Span(argument.span.start, argument.span.start + len(argument.name)),
                f"did you mean {near}=?"
                if near
                else f"its parameters are {self.typed}({_shown(self.parameters)})",
            )
        if name in self.named:
            raise self.context.wrong(_twice(name, argument), argument.span)
        self.named[name] = argument

    def bound(self) -> Generator[Any, Any, Bound]:
        """A rule: all arguments, lowered."""
        for parameter in self.parameters:
            if parameter.variadic and parameter.name not in self.named:
                value = yield from self._all_left(parameter)
            else:
                value = yield from self._one(parameter)
            self.bindings.values.append(value)
        if self.place < len(self.positional):
            raise self._wrong_count()
        return self.bindings

    def _all_left(self, parameter: Parameter) -> Generator[Any, Any, Any]:
        """A rule: what a parameter holds that takes all arguments that are left."""
        rest = self.positional[self.place :]
        self.place = len(self.positional)
        if parameter.holds == "some or all" and not rest:
            return None
        if parameter.holds is not None:
            return (yield from _settled(self.context, self.typed, parameter.holds, rest))
        if parameter.name == "arrays" and rest and not self.given:
            items = yield from self._items(rest[0])
            if items is not None:
                has_dim = any(each.name == "dim" for each in self.parameters)
                if has_dim and len(rest) == 2 and is_whole(rest[1]):  # the dim of `cat([x, y], 1)`
                    self.place -= 1
                    rest.pop()
                if len(rest) == 1:
                    rest = items
        if not rest:
            raise self._wrong_count()
        nodes = []
        for position, each in enumerate(rest, self.place - len(rest)):
            nodes.append(self.given[position] if position in self.given else (yield from self._operand(each)))
        return nodes

    def _one(self, parameter: Parameter) -> Generator[Any, Any, Any]:
        """A rule: what a parameter holds that takes one argument."""
        static, values = parameter.holds, self.bindings.values
        argument = self.named.get(parameter.name)
        expression = self._next(parameter) if argument is None else argument.value
        if argument is not None and self.place < len(self.positional):
            raise self.context.wrong(_twice(parameter.name, argument), argument.span)
        if argument is None and expression is not None and static is None and self.place - 1 in self.given:
            return self.given[self.place - 1]
        if expression.__class__ in _NAMED and (parameter.default is not None or static in _WORDS):
            expression = yield from _as_written(self.context, expression)
        is_none = isinstance(expression, Name) and expression.name == "None"
        if is_none and static == "integers or None":
            return None
        if expression is None or is_none:
            if parameter.default is None:
                raise self._wrong_count()
            return parameter.left_out
        if static is None:
            node = yield from self._operand(expression)
            return node
        instead = None
        if self.receiver is None:
            instead = several_for_one(self.context, self.entry, self.call, self.bindings.operands)
        if static == "places" and not values:  # what is asked for its values decides what is given
            node, kind = yield expression
            expression = done(expression.span, (node, kind))
            self.bindings.kinds.append(kind)
        return (yield from _settled(self.context, self.typed, static, [expression], instead))

    def _next(self, parameter: Parameter) -> Expression | None:
        """The next argument without a name, if there is one and it is this parameter's."""
        if self.place == len(self.positional):
            return None
        expression = self.positional[self.place]
        if is_flag(self.parameters, parameter) and _is_truth(self.context, expression):
            return None  # PyTorch's std(x, False): it is the next parameter's
        self.place += 1
        return expression

    def _operand(self, expression: Expression) -> Generator[Any, Any, Node]:
        """A rule: the node of an argument that need not be known."""
        known = self.received if expression is self.receiver else None
        node, kind = (yield expression) if known is None else known
        if self.entry.settled:
            node = constant(self.context.settled_number(node, expression.span))
        self.bindings.kinds.append(kind)
        self.bindings.operands.append((expression.span, node))
        return node

    def _items(self, expression: Expression) -> Generator[Any, Any, list[Any] | None]:
        """A rule: the arrays in a list or a tuple; `None` where it is one array."""
        if isinstance(expression, Sequence | Vector):
            items: list[Any] = yield _side_by_side(self.context, expression)
            return items
        if not self.context.may_be_list(expression):
            return None
        found: Lowered = yield Whole(expression)
        if not isinstance(found, Several | Host):
            return None
        from gradcli.lowering.hosts import items_of

        return [Done(expression.span, each) for each in items_of(self.context, found, expression.span)]

    def _wrong_count(self) -> InputError:
        """The error for too many or too few arguments."""
        return _wrong_count(self.context, self.entry, self.call, self.parameters, self.receiver)


_NAMED = (Name, Attribute, Subscript, Call, Conditional, Done)
"""The sorts of expressions that may stand for None or for a text."""

_WORDS = ("text", "words", "order", "order of a matrix")
"""What parameters hold that are texts."""


def _as_written(context: Context, expression: Any) -> Generator[Any, Any, Expression]:
    """A rule: `None` or a text as it is written, where `self.bias` is that; else what was found."""
    from gradcli.lowering.hosts import Nothing
    from gradcli.lowering.hosts import Text as TextValue

    found: Lowered | None
    found = context.host(expression.name) if isinstance(expression, Name) else (yield Whole(expression))
    if isinstance(found, Nothing):
        return Name(expression.span, "None")
    if isinstance(found, TextValue) and found.plain is not None:
        return Text(expression.span, found.plain)
    return expression if found is None or isinstance(expression, Name) else done(expression.span, found)


def meant_by_name(name: str, parameters: tuple[Parameter, ...]) -> str:
    """The parameter that a name means, which may be another library's; the name itself if it is none."""
    names = [each.name for each in parameters]
    if name in names:
        return name
    for each in SPELLINGS.get(name, ()):
        if each in names:
            return each
    for place, spellings in enumerate(OPERANDS):
        if name in spellings and place < len(parameters) and (not place or parameters[place].holds is None):
            return names[place]
    return name


def _twice(name: str, argument: Argument) -> str:
    meant = "" if argument.name == name else f"{argument.name} stands for {name}, and "
    return f"{meant}{name} is given twice"


_FURTHER = {"xs": "other"}
"""What PyTorch calls a further value of several, as in `torch.max(x, other=y)`."""


def with_reduction(context: Context, call: Call, defaults: list[str | None] | None = None) -> Call:
    """A call of a loss in which `reduction` says what PyTorch's former settings said.

    `defaults` are those of its settings by their places: a truth value where none is one stands for those.
    Raises `InputError` where one of these is neither True nor False.
    """
    names, known = iter(_FORMER), defaults or []
    arguments = [
        each._replace(name=next(names, None))
        if each.name is None
        and _is_truth(context, each.value)
        and (place >= len(known) or known[place] not in TRUTHS)
        else each
        for place, each in enumerate(call.arguments)
    ]
    call = call._replace(arguments=tuple(arguments))
    former = [argument for argument in call.arguments if argument.name in _FORMER]
    if not former:
        return call
    said: dict[str | None, bool] = {}
    for argument in former:
        value = argument.value
        if not isinstance(value, Name) or value.name not in (*TRUTHS, "None"):
            raise context.wrong(
                "this is True or False", value.span, 'write reduction="sum", "mean" or "none"'
            )
        if value.name != "None":
            said[argument.name] = TRUTHS[value.name]
    rest = [argument for argument in call.arguments if argument not in former]
    if said:  # which PyTorch asks first
        rest = [argument for argument in rest if argument.name != "reduction"]
        reduction = "mean" if said.get("size_average", True) else "sum"
        text = Text(former[0].span, reduction if said.get("reduce", True) else "none")
        rest.append(Argument(former[0].span, "reduction", text))
    return call._replace(arguments=tuple(rest))


_FORMER = ("size_average", "reduce")
"""How PyTorch said the reduction of a loss before it had that name."""


def is_whole(expression: Expression) -> bool:
    """Whether an expression is the literal of a whole number, as a dim is."""
    if isinstance(expression, Unary) and expression.operator == "-":
        expression = expression.operand
    return isinstance(expression, Number) and expression.value.is_integer()


def is_flag(parameters: tuple[Parameter, ...], parameter: Parameter) -> bool:
    """Whether PyTorch lets a truth value stand in the place of a dim, and means `unbiased` by it."""
    if parameter.name != "dim":
        return False
    place = parameters.index(parameter)
    return [each.name for each in parameters[place + 1 : place + 2]] == ["unbiased"]


def _is_truth(context: Context, expression: Expression) -> bool:
    return isinstance(expression, Name) and expression.name in TRUTHS and not context.bound(expression.name)


def typed_name(entry: Signed, call: Call) -> str:
    """The name by which a call calls an entry: perhaps an alias."""
    return getattr(call.function, "name", entry.name)


def _shown(parameters: tuple[Parameter, ...]) -> str:
    """Parameters as a signature has them."""
    return ", ".join(
        "*" * each.variadic + each.name + (f"={each.default}" if each.default else "") for each in parameters
    )


def _wrong_count(
    context: Context,
    entry: Signed,
    call: Call,
    parameters: tuple[Parameter, ...],
    receiver: Expression | None,
) -> InputError:
    count = len(call.arguments)
    shown = _shown(parameters if receiver is None else parameters[1:])
    least = sum(each.default is None for each in parameters) - (receiver is not None)
    most = len(parameters) - (receiver is not None)
    wanted = f"{least}" if least == most else f"{least} to {most}"
    if any(each.variadic for each in parameters):
        wanted, shown = "at least 1", "x, y"
    called = typed_name(entry, call) if receiver is None else f".{typed_name(entry, call)}"
    number = re.search(_NUMBER_AND_DOT, context.here.text[: call.span.start]) if receiver is None else None
    if number is not None:
        given = ", ".join((number[1], *(context.text(argument.span) for argument in call.arguments)))
        message = f"{number[0]} is a number, and what follows it a factor"
        return context.wrong(message, call.span, f"write {called}({given})")
    if receiver is None and not any(argument.name for argument in call.arguments):
        from gradcli.language.mistakes.functions import of_count  # which only mistakes need

        told = of_count(called, [context.text(argument.span) for argument in call.arguments])
        if told is not None:
            return context.wrong(f"{called} has other arguments here", call.span, told)
    over = _over_numbers(context, entry, call)
    if over is not None:
        return context.wrong(f"{called} takes one array", call.span, f"write {over}")
    return context.wrong(
        f"{called} takes {wanted} argument{'' if wanted in ('1', 'at least 1') else 's'}, not {count}",
        call.span,
        f"write {called}({shown})",
    )


def _over_numbers(context: Context, entry: Signed, call: Call) -> str | None:
    """How `sum(i**2, i, 1, 10)` of other calculators is written."""
    if entry.name not in ("sum", "prod") or len(call.arguments) != 4:
        return None
    formula, name, *ends = (argument.value for argument in call.arguments)
    if not isinstance(name, Name) or not all(map(is_whole, ends)):
        return None
    from gradcli.language.mistakes.latex import counted  # which only mistakes need

    first, last = (context.text(each.span) for each in ends)
    return counted(entry.name, context.text(formula.span), name.name, first, last)


_NUMBER_AND_DOT = r"\b(\d[\d_]*)\.$"
"""What stands before `sqrt()` in `2.sqrt()`, which is a product, as `2.` is a number."""


def several_for_one(
    context: Context, entry: Signed, call: Call, operands: list[tuple[Span, Node]]
) -> InputError | None:
    """The error for `sum(1, 2, 3)`, where what follows the first number was read as the dim or the order."""
    values = [argument.value for argument in call.arguments if argument.name is None]
    if len(entry.parameters) < 2 or len(values) < 2 or not operands or operands[0][1].shape:
        return None
    second = entry.parameters[1]
    what = "a dim" if second.name == "dim" else "an order"
    if what == "an order" and second.holds != "order":
        return None
    text = " ".join(context.here.text[values[0].span.start : values[-1].span.end].split())
    typed = typed_name(entry, call)
    return context.wrong(f"{typed} takes one array, and then {what}", call.span, f"write {typed}([{text}])")


def _side_by_side(context: Context, whole: Sequence | Vector) -> Generator[Any, Any, list[Any]]:
    """A rule: what stands in a list or a tuple, with the items of each `*xs` in its place."""
    if not any(isinstance(each, Spread) for each in whole.items):
        return list(whole.items)
    from gradcli.lowering.hosts import items_of

    found: list[Any] = []
    for each in whole.items:
        if isinstance(each, Spread):
            given = items_of(context, (yield Whole(each.value)), each.value.span)
            found += [done(each.span, item) for item in given]
        else:
            found.append(each)
    return found


def _settled(
    context: Context,
    typed: str,
    kind: str,
    expressions: list[Expression],
    instead: InputError | None = None,
) -> Generator[Any, Any, Any]:
    """A rule: the value of an argument that must be known before arithmetic.

    Raises `InputError` where it is not; `instead`, if there is one.
    """
    if kind == "nothing":
        raise context.wrong(f"what {typed} takes here is left out in gradcli", expressions[0].span, _BY_NAME)
    if kind == "order of a matrix" and isinstance(expressions[0], Text):
        return expressions[0].value
    if kind == "text":
        (expression,) = expressions
        if not isinstance(expression, Text):
            raise context.wrong("this must be text in quotes", expression.span)
        return expression.value
    if kind == "order" and isinstance(expressions[0], Text):
        if expressions[0].value != "fro":
            raise context.wrong(
                f"{typed} has no order of that name", expressions[0].span, "give a number, or 'fro'"
            )
        return 2.0
    if kind == "words":
        if len(expressions) == 1 and isinstance(expressions[0], Text):
            return expressions[0].value
        kind = "integers"
    if kind == "lists":
        (whole,) = expressions
        if not isinstance(whole, Sequence | Vector):
            return (yield _settled(context, typed, "integer", expressions))
        lists = []
        for each in whole.items:
            lists.append((yield _settled(context, typed, "integers", [each])))
        return tuple(lists)
    keeps = kind == "sizes"
    if kind in ("integers", "integers or None", "sizes", "some or all"):
        items = list(expressions)
        if len(items) == 1 and isinstance(items[0], Sequence | Vector):
            items = yield _side_by_side(context, items[0])
        found = []
        for item in items:
            if keeps and isinstance(item, Name) and item.name == "None":
                found.append((as_node(-1.0), item.span))
                continue
            given = yield Whole(item)
            alone = len(items) == 1 and isinstance(given, Several)  # a shape that has a name
            found += [
                (node, item.span)
                for node, _ in (each_of(given) if alone else (context.one(given, item.span),))
            ]
        sizes: list[int] = []
        for node, span in found:
            value = context.known(node, leaves=context.scope.reads_leaves)
            if value is not None and node.shape and len(found) == 1 and not node.boolean:
                sizes.extend(_whole(context, each, span) for each in value.ravel())
            elif value is None and instead is not None:
                raise instead
            else:
                sizes.append(context.settled_integer(node, span))
        return tuple(sizes)
    (expression,) = expressions
    if kind == "places" and isinstance(expression, Sequence):
        return np.asarray((yield _settled(context, typed, "integers", expressions)), dtype=np.float64)
    node, _ = yield expression
    if kind == "integer":
        return context.settled_integer(node, expression.span)
    if kind == "places":
        reads = context.scope.reads_leaves or node.boolean  # as in brackets, what leaves are now decides
        found = context.known(node, leaves=reads, decides=node.boolean)
        if found is None:
            raise context.wrong(f"this argument of {typed} must be known before arithmetic", expression.span)
        return np.asarray(found)
    value = context.known(node)
    if value is None or node.shape != ():
        raise instead or context.wrong(
            f"this argument of {typed} must be known before arithmetic",
            expression.span,
            "give it as a number",
        )
    if kind == "truth":
        return bool(value)
    return float(value)


_BY_NAME = "give what follows by its name, as in keepdims=True"


def _whole(context: Context, value: Any, span: Span) -> int:
    number = float(value)
    if not number.is_integer():
        raise context.wrong("this must be a whole number", span)
    return int(number)
