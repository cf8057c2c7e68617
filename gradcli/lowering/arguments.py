"""How the arguments of a call meet a signature, and the node of such a call."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import numpy as np

from gradcli.engine.graph import Node, as_node, constant
from gradcli.engine.primitives import TABLE, arithmetic
from gradcli.engine.primitives.arithmetic import as_truth
from gradcli.engine.primitives.entry import OPERANDS, SPELLINGS, Composite, Entry, Meaning, Parameter
from gradcli.engine.shapes import ShapeError, shape_text
from gradcli.language.tree import (
    Argument,
    Attribute,
    Call,
    Conditional,
    Expression,
    Name,
    Number,
    Sequence,
    Subscript,
    Text,
    Unary,
    Vector,
)
from gradcli.language.vocabulary import IGNORED_KEYWORDS, TRUTHS
from gradcli.lowering.context import Context, Done, Whole, done, own
from gradcli.lowering.kinds import (
    OWN,
    TENSOR,
    Host,
    Kind,
    Lowered,
    Several,
    Typed,
    call_kind,
    combined,
    each_of,
    named,
    promoted,
    truth_kind,
)
from gradcli.lowering.names import Member, found_in, member_of
from gradcli.records import NamedTuple, Protocol
from gradcli.text.errors import GradcliError, InputError
from gradcli.text.source import Span
from gradcli.text.suggest import did_you_mean
from gradcli.trampoline import Rule


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


def _is_whole(expression: Expression) -> bool:
    """Whether an expression is the literal of a whole number, as a dim is."""
    if isinstance(expression, Unary) and expression.operator == "-":
        expression = expression.operand
    return isinstance(expression, Number) and expression.value.is_integer()


class Meant(NamedTuple):
    """What a call of an entry means: the parameters of its arguments, what builds the node, and whose it is.

    `library` is the one whose conventions it has, or `None` for gradcli's own, which are PyTorch's.
    """

    parameters: tuple[Parameter, ...]
    build: Callable[..., Node]
    library: str | None
    is_other: bool = False
    """Whether the library means something else than the entry is, and not only by its defaults."""
    whole: str = ""
    """Whether it gives whole numbers (`Entry.whole`), where that is otherwise than the entry says."""


def meant_by(context: Context, entry: Entry, call: Call, receiver: Kind | None = None) -> Meant:
    """What a call of an entry means in its library; raises `InputError` for what is not known, or is refused.

    `receiver` is the kind of the value before the dot, if there is one: arrays of NumPy's keep its methods.
    """
    name = typed_name(entry, call)
    member = member_of(call.function, context)
    if receiver is not None and receiver.holder == "array":
        member = Member("numpy", name)
        meaning = entry.meaning("numpy", name)
    elif member is None:
        if receiver is not None:
            return Meant(entry.method_parameters, _in_order(entry, entry.method_parameters), None)
        return Meant(entry.parameters, entry.build, None)
    else:
        name = member.name
        meaning = _meaning(context, entry, member, call)
    library = member.convention
    if meaning is None or meaning.kept:
        parameters = _signature(entry, call, receiver is not None)
        whole = "" if meaning is None else meaning.whole
        return Meant(parameters, _in_order(entry, parameters), library, whole=whole)
    if meaning.refused:
        raise context.wrong(f"{member.path} {meaning.told}", call.function.span)
    is_other = meaning.build is not None
    return Meant(meaning.parameters(), meaning.build or entry.build, library, is_other, meaning.whole)


def _meaning(context: Context, entry: Entry, member: Member, call: Call) -> Meaning | None:
    """What a library means by an entry's name, where that is something else; raises `InputError`."""
    found = found_in(member)
    if found is None:
        known = (
            f"{LIBRARIES[member.library]} has no"
            if member.library in LIBRARIES
            else "nothing is known here of a"
        )
        raise context.wrong(
            f"{known} {member.path}",
            call.function.span,
            f"gradcli's own is written without a prefix: {member.name}(…)",
        )
    others = (found.module.replace("jax.numpy", "numpy"), found.module.replace("jax.scipy", "scipy"))
    meanings = (entry.meaning(module, member.name) for module in (found.module, *others))
    return next((each for each in meanings if each is not None), None)


LIBRARIES = {
    "numpy": "NumPy",
    "torch": "PyTorch",
    "scipy": "SciPy",
    "jax": "JAX",
    "math": "Python's math",
    "statistics": "Python's statistics",
    "tensorflow": "TensorFlow",
    "sympy": "SymPy",
    "mpmath": "mpmath",
}
"""The libraries of whose functions gradcli knows, and what they are called."""


def _in_order(entry: Entry, parameters: tuple[Parameter, ...]) -> Callable[..., Node]:
    """What builds the node of arguments in the order of `parameters`."""
    names = [each.name for each in parameters]
    own = [each.name for each in entry.parameters]
    if names == own or set(names) != set(own):
        return entry.build

    def build(*arguments: Any) -> Node:
        given = dict(zip(names, arguments, strict=True))
        return entry.build(*(given[name] for name in own))

    return build


def _signature(entry: Entry, call: Call, is_method: bool) -> tuple[Parameter, ...]:
    """The parameters that the arguments of a library's function or of a method meet."""
    if is_method:
        return entry.method_parameters
    # `torch.max(x, 1)` is along a dim, where `max(x, 1)` and `torch.max(x, y)` compare two values.
    plain = [argument.value for argument in call.arguments if argument.name is None]
    is_along = entry.parameters[0].variadic and len(plain) > 1 and _is_whole(plain[1])
    return entry.method_parameters if is_along else entry.parameters


def bind(
    context: Context,
    entry: Signed,
    call: Call,
    receiver: Expression | None,
    parameters: tuple[Parameter, ...],
    given: dict[int, Node] | None = None,
    received: Typed | None = None,
) -> Generator[Any, Any, Bound]:
    """A rule: lowers the arguments of a call and puts them in the order of `parameters`.

    `given` holds nodes for positions that are lowered already, and `received` is what the receiver is, where
    that is. Raises `InputError` for a wrong number of arguments, a keyword that is not there, or a value that
    must be known and is not.
    """
    typed = typed_name(entry, call)
    names = [each.name for each in parameters]
    if "reduction" in names:
        call = with_reduction(context, call, [each.default for each in parameters])
    positional: list[Expression] = [] if receiver is None else [receiver]
    named: dict[str, Argument] = {}
    for argument in call.arguments:
        if argument.name is None:
            positional.append(argument.value)
            continue
        name = meant_by_name(argument.name, parameters)
        if name in IGNORED_KEYWORDS:
            continue
        leading = parameters[0] if parameters else None
        if (
            leading is not None
            and leading.variadic
            and (name == leading.name or (name, leading.name) == _FURTHER)
        ):
            positional.append(argument.value)  # `torch.cat(tensors=(x, y))`
            continue
        if name not in names:
            near = did_you_mean(name, names)
            raise context.wrong(
                f"{typed} has no parameter {argument.name}",
                Span(argument.span.start, argument.span.start + len(argument.name)),
                f"did you mean {near}=?" if near else f"its parameters are {typed}({_shown(parameters)})",
            )
        if name in named:
            raise context.wrong(_twice(name, argument), argument.span)
        named[name] = argument
    if len(positional) > len(parameters) and not any(each.variadic for each in parameters):
        raise _wrong_count(context, entry, call, parameters, receiver)
    values: list[Any] = []
    operands: list[tuple[Span, Node]] = []
    kinds: list[Kind] = []
    place = 0
    for parameter in parameters:
        static = parameter.holds
        if parameter.variadic and parameter.name not in named:
            rest = positional[place:]
            place = len(positional)
            if static == "some or all" and not rest:
                values.append(None)
                continue
            if static is not None:
                values.append((yield _settled(context, typed, static, rest)))
                continue
            held = dict(given or {})
            first = rest[0] if rest and not held else None
            items: list[Expression] | None = None
            if parameter.name == "arrays" and isinstance(first, Sequence | Vector):
                items = list(first.items)
            elif parameter.name == "arrays" and first is not None and context.may_be_list(first):
                items = yield _items(context, first)
            if items is not None:
                has_dim = any(each.name == "dim" for each in parameters)
                if has_dim and len(rest) == 2 and _is_whole(rest[1]):  # the dim of `cat([x, y], 1)`
                    place -= 1
                    rest.pop()
                if len(rest) == 1:
                    rest = items
            if not rest:
                raise _wrong_count(context, entry, call, parameters, receiver)
            nodes = []
            for position, each in enumerate(rest, place - len(rest)):
                if position in held:
                    nodes.append(held[position])
                    continue
                known = received if each is receiver else None
                node, kind = (yield each) if known is None else known
                nodes.append(node)
                kinds.append(kind)
                operands.append((each.span, node))
            values.append(nodes)
            continue
        if parameter.name in named:
            if place < len(positional):
                raise context.wrong(_twice(parameter.name, named[parameter.name]), named[parameter.name].span)
            expression: Expression | None = named[parameter.name].value
        elif (
            is_flag(parameters, parameter)
            and place < len(positional)
            and _is_truth(context, positional[place])
        ):
            expression = None  # PyTorch's std(x, False): it is the next parameter's
        elif place < len(positional):
            expression = positional[place]
            place += 1
        else:
            expression = None
        if (
            given is not None
            and static is None
            and expression is not None
            and place - 1 in given
            and parameter.name not in named
        ):
            values.append(given[place - 1])
            continue
        if expression.__class__ in _NAMED and (parameter.default is not None or static in _WORDS):
            expression = yield from _as_written(context, expression)
        is_none = isinstance(expression, Name) and expression.name == "None"
        if is_none and static == "integers or None":
            values.append(None)
        elif expression is None or is_none:
            if parameter.default is None:
                raise _wrong_count(context, entry, call, parameters, receiver)
            values.append(parameter.left_out)
        elif static is not None:
            instead = several_for_one(context, entry, call, operands) if receiver is None else None
            if static == "places" and not values:  # what is asked for its values decides what is given
                node, kind = yield expression
                expression = done(expression.span, (node, kind))
                kinds.append(kind)
            values.append((yield _settled(context, typed, static, [expression], instead)))
        else:
            known = received if expression is receiver else None
            node, kind = (yield expression) if known is None else known
            if entry.settled:
                node = constant(context.settled_number(node, expression.span))
            values.append(node)
            kinds.append(kind)
            operands.append((expression.span, node))
    if place < len(positional):
        raise _wrong_count(context, entry, call, parameters, receiver)
    return Bound(values, operands, kinds)


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


_FURTHER = ("other", "xs")
"""What PyTorch calls a second value of those that are compared, as in `torch.max(x, other=y)`."""


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
    if not isinstance(name, Name) or not all(map(_is_whole, ends)):
        return None
    from gradcli.language.mistakes.latex import counted  # which only mistakes need

    first, last = (context.text(each.span) for each in ends)
    return counted(entry.name, context.text(formula.span), name.name, first, last)


_NUMBER_AND_DOT = r"\b(\d[\d_]*)\.$"
"""What stands before `sqrt()` in `2.sqrt()`, which is a product, as `2.` is a number."""


def _items(context: Context, expression: Expression) -> Rule:
    """A rule: the arrays in a list or a tuple that is no literal; `None` where it is one array."""
    found: Lowered = yield Whole(expression)
    if not isinstance(found, Several | Host):
        return None
    from gradcli.lowering.hosts import items_of

    return [Done(expression.span, each) for each in items_of(context, found, expression.span)]


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
            items = list(items[0].items)
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


def choice(
    context: Context,
    span: Span,
    condition: Expression,
    yes: Expression,
    no: Expression,
    *,
    is_function: bool = False,
) -> Rule:
    """`yes if condition else no`: one side where the condition is settled, `where` of both if not.

    Python's conditional gives what it chooses; a function (`is_function`) asks a tensor and gives one.
    """
    asked, asked_kind = yield condition
    truth = as_truth(asked)
    settled = context.truth(truth, decides=True) if truth.shape == () else None
    decides = context.scope.keeps_lists and context.scope.reads_leaves and not is_function
    if settled is None and decides and all(size == 1 for size in truth.shape):
        settled = context.truth(truth, leaves=True)  # as in Python: the values of leaves decide
    if settled is not None and not is_function:
        return (yield Whole(yes if settled else no))
    if settled is not None:
        node, kind = yield yes if settled else no
    else:
        context.undecided += 1
        chosen, kind = yield yes
        other, other_kind = yield no
        context.undecided -= 1
        operands = ((condition.span, truth), (yes.span, chosen), (no.span, other))
        node = context.build(lambda: arithmetic.where.apply(truth, chosen, other), span, operands)
        sides = (chosen, kind), (other, other_kind)
        if node.tracked:
            kind = promoted(TENSOR, sides)
        elif kind != other_kind:
            now = None if is_function or truth.shape else context.truth(truth, leaves=True)
            both = promoted(combined((kind, other_kind)), sides)
            kind = both if now is None else kind if now else other_kind
    if not is_function:
        return node, kind
    return node, promoted(combined((truth_kind((asked_kind,)), kind)), ((node, kind),))


def builtin(context: Context, entry: Entry, call: Call, receiver: Expression | None) -> Rule:
    """A call of an entry of the table, or (with a receiver) of one as a method."""
    if entry is arithmetic.where and receiver is None and len(call.arguments) == 3:
        condition, yes, no = (argument.value for argument in call.arguments)
        if not any(argument.name for argument in call.arguments):
            node, kind = yield choice(context, call.span, condition, yes, no, is_function=True)
            return own(node), kind
    received = kind = None
    if receiver is not None:
        kind = TENSOR
        if entry.meanings or entry.results:  # whose method it is depends on what is before the dot
            received = yield receiver
            _, kind = received
    meant = meant_by(context, entry, call, kind)
    bound = yield from bind(context, entry, call, receiver, meant.parameters, received=received)
    if receiver is None and [each.holds for each in entry.parameters[1:2]] == ["order"]:
        several = several_for_one(context, entry, call, bound.operands)
        if several is not None and bound.operands[0][1].static and bound.kinds[0] is not TENSOR:
            raise several  # `norm(3, 4)` has a value, and nobody means it
    if entry.name == "count_nonzero" or any(each.name == "keepdim" for each in meant.parameters):
        _check_no_dims(
            context, entry, call, meant, bound, in_torch=kind is not None or meant.library == "torch"
        )
    make = context.made if entry.itself else context.build

    def built() -> Node:
        try:
            return meant.build(*bound.values)
        except GradcliError as error:
            told = isinstance(error, ShapeError)
            if not error.marks:
                error.marks = tuple(
                    context.mark(span, shape_text(node.shape) if told else "")
                    for span, node in guilty(meant, bound)
                )
            raise

    try:
        node = make(built, call.span, bound.operands)
    except ShapeError as error:
        inner = error.subject.isidentifier() and error.subject not in TABLE
        made_of = isinstance(entry, Composite) and error.subject in TABLE
        if error.subject == entry.name or inner or made_of:  # what it is made of has no name outside
            error.call_subject(typed_name(entry, call))
        several = None if receiver is not None else several_for_one(context, entry, call, bound.operands)
        raise several or error from None
    alone = len(call.arguments) + (receiver is not None) == 1
    library = meant.library
    if node.tracked:
        unnamed = meant.is_other or (entry.overload is None and not entry.itself)
        kind = TENSOR if unnamed else _named(entry, node, bound)
    else:
        kind = call_kind(meant.whole or entry.whole, node, bound.kinds, alone=alone, library=library)
    kind = _in_width(kind, bound)
    results = entry.results
    if results is None or (not results.listed and (meant.is_other or _in_numpys_way(call, library))):
        return node, kind
    if not results.asked(*bound.values):
        return node, kind
    parts = [(node, kind)]
    further = results.beyond_first(bound.values)
    for result in further:
        node = context.build(partial(result.build, *bound.values), call.span, bound.operands)
        if node.tracked:
            its = named(TENSOR, result.overload)
        else:
            its = call_kind(result.whole, node, bound.kinds, alone=alone, library=library)
        parts.append((node, _in_width(its, bound)))
    names, title = (results.first, *(result.name for result in further)), results.title
    if library == "numpy" and title:
        named_there = _TUPLES_OF_NUMPY.get(title)
        names, title = (names, f"{OWN}{named_there}") if named_there else ((), "")
    return Several(tuple(parts), names if title else (), title, results.alone)


_TUPLES_OF_NUMPY = {
    "linalg_eig": "EigResult",
    "linalg_eigh": "EighResult",
    "linalg_qr": "QRResult",
    "linalg_slogdet": "SlogdetResult",
    "linalg_svd": "SVDResult",
}
"""What NumPy calls tuples that PyTorch has names for; others are plain there."""


def guilty(meant: Meant, bound: Bound) -> list[tuple[Span, Node]]:
    """The operands without which a call that fails does not: left out where they may be, or plain numbers.

    None, where one is a plain number itself, which may be what is wrong.
    """
    found: list[tuple[Span, Node]] = []
    if not all(node.shape for _, node in bound.operands):
        return found
    left = list(bound.operands)
    for place, (value, parameter) in enumerate(zip(bound.values, meant.parameters, strict=False)):
        if not left or left[0][1] is not value:
            continue
        operand = left.pop(0)
        values = list(bound.values)
        values[place] = constant(0.0) if parameter.default is None else parameter.left_out
        try:
            meant.build(*values)
        except (GradcliError, IndexError, TypeError, ValueError):
            continue  # another one is to blame, too
        found.append(operand)
    return found


def _check_no_dims(
    context: Context, entry: Entry, call: Call, meant: Meant, bound: Bound, *, in_torch: bool
) -> None:
    """What an empty list of dims means: all of them in PyTorch, none in NumPy, and else it is refused."""
    for place, parameter in enumerate(meant.parameters):
        if parameter.name != "dim" or bound.values[place] != () or meant.library == "numpy":
            continue
        if in_torch and entry.name in ("all", "any"):  # which alone take none for none there
            continue
        if not in_torch:
            raise context.wrong(
                f"{typed_name(entry, call)} over no dims means all of them in PyTorch, and none in NumPy",
                call.span,
                "leave dim out for all of them",
            )
        bound.values[place] = None


def _in_numpys_way(call: Call, library: str | None) -> bool:
    """Whether a call is NumPy's, by its prefix or by `axis=`: there are no tuples of values and indices."""
    return library == "numpy" or any(argument.name == "axis" for argument in call.arguments)


def _in_width(kind: Kind, bound: Bound) -> Kind:
    """The kind of what a call gave, in the width that its operands are promoted to."""
    if not any(each.width for each in bound.kinds):
        return kind
    return promoted(kind, [(node, each) for (_, node), each in zip(bound.operands, bound.kinds, strict=True)])


def _named(entry: Entry, node: Node, bound: Bound) -> Kind:
    """The kind of a tensor that a call gave, with PyTorch's name of the operation; that may be an operand."""
    for (_, operand), kind in zip(bound.operands, bound.kinds, strict=True):
        if node is operand:
            return named(TENSOR, kind.overload)
    return named(TENSOR, entry.overload(*bound.values) if entry.overload else None)
