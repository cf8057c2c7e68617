"""Python's own functions of what is no numbers: `list`, `sorted`, `isinstance`, `type`, `str` and their like.

Those that have a namesake among the functions of arrays (`sum`, `max`) are Python's where a list, a tuple or
a comprehension stands in them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from gradcli.engine.graph import as_node, constant
from gradcli.language.tree import Attribute, Binary, Call, Expression, Name
from gradcli.language.tree import Sequence as Tuple
from gradcli.lowering.callables import Builtin, Class, Function, class_of
from gradcli.lowering.caught import Caught, is_error
from gradcli.lowering.context import Context, Done, Whole, done
from gradcli.lowering.dictionaries import Dictionary, key_of, make
from gradcli.lowering.hosts import (
    NONE,
    Arguments,
    List,
    Method,
    Nothing,
    Text,
    arguments,
    called_with,
    counted,
    items_of,
)
from gradcli.lowering.kinds import COUNT, PARAMETER, Host, Lowered, Several
from gradcli.lowering.loops import iteration, settled_truth
from gradcli.lowering.names import member_of
from gradcli.lowering.printing import printed
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule


class Type(Host):
    """The type of a value: `type(x)`, and `float` where a type is asked for."""

    title = "a type"
    settled = True
    python_type = "type"

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def hint(self) -> str:  # type: ignore[override]
        """What to do where it stands in the place of numbers."""
        return f"call it: {self.name.rpartition('.')[2]}(…)"

    def equals(self, other: Any) -> bool:
        """Whether it is the same type."""
        if isinstance(other, Class):
            return other.equals(self)
        return isinstance(other, Type) and self.name == other.name

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """Its name."""
        return Text((self.name.rpartition(".")[2],)) if name == "__name__" else None

    def names(self) -> Sequence[str]:
        """Its name."""
        return ("__name__",)

    def call(self, context: Context, call: Call) -> Any:
        """What it makes of a value."""
        name = self.name.rpartition(".")[2]
        if name != self.name or name == "set":
            raise context.wrong(f"{self.name} makes nothing here", call.function.span, "torch.tensor(…) does")
        return context.rule_for(Whole(call._replace(function=Name(call.function.span, name))))

    def text(self) -> str:
        """As Python has it."""
        return f"<class '{self.name}'>"


TYPES = {
    **{name: name for name in ("float", "int", "bool", "str", "list", "tuple", "dict", "set")},
    "Tensor": "torch.Tensor",
    "ndarray": "numpy.ndarray",
    "Variable": "torch.Tensor",
}
"""The types that are asked for, by the last name that is written."""


PARAMETER_TYPE = "torch.nn.parameter.Parameter"
"""What Python calls the type of a module's parameter, which is a tensor, too."""


def type_of(found: Lowered, data: Any = None) -> str:
    """What Python calls the type of a value; `data` is its value, where that is known."""
    if isinstance(found, Several):
        return "tuple"
    if isinstance(found, Host):
        kinds: tuple[tuple[Any, str], ...] = (
            (Text, "str"),
            (List, "list"),
            (Dictionary, "dict"),
            (Nothing, "NoneType"),
            (Function, "function"),
            (Builtin, "builtin_function_or_method"),
            (Method, "builtin_function_or_method"),
            (Type, "type"),
        )
        own = found.title.rpartition(" ")[2]
        return found.python_type or next((name for kind, name in kinds if isinstance(found, kind)), own)
    node, kind = found
    if kind.form == "list":
        return "list"
    if kind.form == "size":
        return "torch.Size"
    if kind.form == "array" and node.shape:
        return "numpy.ndarray"
    if kind.form == "array":
        return "numpy.int64" if kind.whole else "numpy.float64"
    if kind.form == "number":
        return "bool" if node.boolean else "int" if kind.whole else "float"
    return PARAMETER_TYPE if kind == PARAMETER else "torch.Tensor"


# What a call is given


def _alone(context: Context, call: Call, usage: str) -> Expression:
    """The one argument of a call; raises `InputError` where there are others."""
    if len(call.arguments) != 1 or call.arguments[0].name is not None:
        raise context.wrong(f"{_name(call)} takes one value", call.span, f"as in {usage}")
    return call.arguments[0].value


def _name(call: Call) -> str:
    return str(getattr(call.function, "name", ""))


def _walked(context: Context, expression: Expression) -> Rule:
    """A rule: the items that a loop over an expression would see."""
    items = yield iteration(context, expression)
    return [counted(each) if isinstance(each, int) else each for each in items]


def _list(context: Context, call: Call) -> Rule:
    items = [] if not call.arguments else (yield _walked(context, _alone(context, call, "list(xs)")))
    return List(context.keep(each, call.span) for each in items)


def _tuple(context: Context, call: Call) -> Rule:
    items = [] if not call.arguments else (yield _walked(context, _alone(context, call, "tuple(xs)")))
    depth = 1 + max((each.depth for each in items if isinstance(each, Several)), default=0)
    return Several(tuple(items), depth=depth)


def _along(context: Context, call: Call) -> Rule:
    """`zip` and `enumerate` as values."""
    items = yield iteration(context, call)
    return List(context.keep(each, call.span) for each in items)


def _reversed(context: Context, call: Call) -> Rule:
    items = yield _walked(context, _alone(context, call, "reversed(xs)"))
    return List(context.keep(each, call.span) for each in reversed(items))


def _map(context: Context, call: Call) -> Rule:
    if len(call.arguments) < 2 or any(argument.name for argument in call.arguments):
        raise context.wrong("map takes a function and what it is called with", call.span, "map(f, xs)")
    function = yield Whole(call.arguments[0].value)
    columns = []
    for argument in call.arguments[1:]:
        columns.append((yield _walked(context, argument.value)))
    found = []
    for row in zip(*columns, strict=False):
        found.append((yield _applied(context, function, row, call)))
    return List(context.keep(each, call.span) for each in found)


def _filter(context: Context, call: Call) -> Rule:
    if len(call.arguments) != 2 or any(argument.name for argument in call.arguments):
        raise context.wrong("filter takes a function and what it chooses from", call.span, "filter(f, xs)")
    function = yield Whole(call.arguments[0].value)
    found = []
    for each in (yield _walked(context, call.arguments[1].value)):
        asked = each if function is NONE else (yield _applied(context, function, (each,), call))
        if (yield settled_truth(context, done(call.span, asked))):
            found.append(context.keep(each, call.span))
    return List(found)


class Iterator(Host):
    """What `iter` gives: items that `next` takes one after another."""

    title = "an iterator"
    python_type = "iterator"

    def __init__(self, kept: Sequence[Any]) -> None:
        self.kept = tuple(kept)

    def held(self) -> Any:
        """What is left."""
        return self.kept

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        self.kept = held

    def items(self, context: Context) -> Sequence[Lowered]:
        """What is left, of which each is taken as it is asked for."""
        return Taken(self, context)

    def next(self, context: Context) -> Lowered:
        """Takes the next item."""
        first, *rest = self.kept
        context.changing(self, Span(0, 0))
        self.kept = tuple(rest)
        return context.now(first)

    def text(self) -> str:
        """As Python has it, but for its address."""
        return "<iterator object>"


class Taken(list[Any]):
    """The items that are left in an iterator, as a loop takes one after another."""

    def __init__(self, of: Iterator, context: Context) -> None:
        super().__init__(context.now(each) for each in of.kept)
        self._of = of
        self._context = context

    def __iter__(self) -> Any:
        while self._of.kept:
            yield self._of.next(self._context)


def _iter(context: Context, call: Call) -> Rule:
    items = yield _walked(context, _alone(context, call, "iter(xs)"))
    return Iterator([context.keep(each, call.span) for each in items])


def _next(context: Context, call: Call) -> Rule:
    if not 1 <= len(call.arguments) <= 2:
        raise context.wrong("next takes what iter gives", call.span, "next(iter(xs))")
    found = yield Whole(call.arguments[0].value)
    if not isinstance(found, Iterator):
        raise context.wrong("next takes what iter gives", call.arguments[0].span, "next(iter(xs))")
    if not found.kept:
        if len(call.arguments) > 1:
            return (yield Whole(call.arguments[1].value))
        raise EvaluationError("there is no next item", (context.mark(call.span),))
    return found.next(context)


def _applied(context: Context, function: Lowered, given: Sequence[Lowered], call: Call) -> Rule:
    """A rule: what a function that is a value gives for values."""
    if not isinstance(function, Host):
        raise context.wrong("only a function can be called", call.arguments[0].span)
    return (yield called_with(function, context, given, call))


def _sorted(context: Context, call: Call) -> Rule:
    """`sorted(xs, key=…, reverse=…)`, in the order of numbers or of texts."""
    first, *rest = call.arguments or (None,)
    if first is None or first.name is not None or any(each.name not in ("key", "reverse") for each in rest):
        raise context.wrong("sorted takes what has items, key= and reverse=", call.span, "sorted(xs)")
    items = yield _walked(context, first.value)
    options = {each.name: each.value for each in rest}
    keys = list(items)
    if "key" in options:
        function = yield Whole(options["key"])
        keys = []
        for each in items:
            keys.append((yield _applied(context, function, (each,), call)))
    backwards = False
    if "reverse" in options:
        backwards = yield settled_truth(context, options["reverse"])
    tuples = [key for key in keys if isinstance(key, Several) and key.parts]
    known = [_comparable(context, key.parts[0], first.span) for key in tuples]
    if len(tuples) < len(keys) or len(set(known)) < len(known):  # else their first parts tell
        known = [_comparable(context, key, first.span) for key in keys]
    if len({isinstance(each, str) for each in known}) > 1:
        raise context.wrong("numbers and texts have no common order", first.span)
    order = sorted(range(len(items)), key=lambda place: known[place], reverse=backwards)
    return List(context.keep(items[place], call.span) for place in order)


def _comparable(context: Context, found: Lowered, span: Span) -> Any:
    """A value as what Python sorts: a number, a text, or a tuple of such."""
    if isinstance(found, Several):
        return tuple(_comparable(context, each, span) for each in found.parts)
    if isinstance(found, Text) and found.plain is not None:
        return found.plain
    node, _ = context.one(found, span)
    known = context.known(node, leaves=True)
    if known is None or np.size(known) != 1:
        raise EvaluationError(
            "only numbers that are known, and texts, are put in order", (context.mark(span),)
        )
    return float(np.asarray(known).item())


def _isinstance(context: Context, call: Call) -> Rule:
    if len(call.arguments) != 2:
        raise context.wrong("isinstance takes a value and a type", call.span, "isinstance(x, torch.Tensor)")
    found = yield Whole(call.arguments[0].value)
    own = type_of(found)
    asked = call.arguments[1].value
    names = asked.items if isinstance(asked, Tuple) else (asked,)
    classes = [_class_named(context, each) for each in names]
    if isinstance(found, Host) and any(found.is_instance(each) for each in classes if each is not None):
        return constant(True), COUNT
    wanted = [
        of.rpartition(".")[2] if isinstance(of, str) else _type_named(context, each)
        for each, of in zip(names, classes, strict=True)
        if of is None or isinstance(of, str)
    ]
    also = {"bool": "int", PARAMETER_TYPE: "torch.Tensor"}.get(own)
    return constant(any(each in wanted for each in (own, own.rpartition(".")[2], also))), COUNT


def _class_named(context: Context, expression: Expression) -> Host | str | None:
    """The class of the program that a name means, or the path of a module's of PyTorch's."""
    member = member_of(expression, context)
    if member is not None and (member.path.startswith("torch.nn.") or class_of(context, member.path)):
        return member.path
    host = context.host(expression.name) if isinstance(expression, Name) else None
    if host is None and isinstance(expression, Name) and is_error(expression.name):
        return expression.name
    return None if isinstance(host, Type) else host.path if isinstance(host, Class) else host


def _type_named(context: Context, expression: Expression) -> str:
    name = expression.name if isinstance(expression, Name | Attribute) else ""
    if name not in TYPES:
        raise context.wrong(
            "this is no type that is known here", expression.span, "as in torch.Tensor or float"
        )
    return TYPES[name]


def _type(context: Context, call: Call) -> Rule:
    found = yield Whole(_alone(context, call, "type(x)"))
    own = found.of_class if isinstance(found, Host) else None
    return own or Type(type_of(found))


def _str(context: Context, call: Call) -> Rule:
    value = _alone(context, call, f"{_name(call)}(x)")
    found = yield Whole(value)
    if isinstance(found, Text) and _name(call) == "str":
        return found
    if isinstance(found, Caught):
        return found.represented()
    actor = context.acting(call.span)
    conversion = "s" if _name(call) == "str" else "r"
    return Text((actor.formatted(context, actor.shown(context, value, found), call.span, conversion, ""),))


class Printing(Host):
    """`print` as a value: `y.register_hook(print)`."""

    title = "a function"
    hint = "call it with its arguments in round brackets"
    settled = True
    python_type = "builtin_function_or_method"

    def call(self, context: Context, call: Call) -> Rule:
        """Prints what it is given."""
        return printed(context, call)

    def text(self) -> str:
        """As Python has it."""
        return "<built-in function print>"


def _bool(context: Context, call: Call) -> Rule:
    return constant((yield settled_truth(context, _alone(context, call, "bool(x)")))), COUNT


def _id(context: Context, call: Call) -> Rule:
    found = yield Whole(_alone(context, call, "id(x)"))
    return as_node(float(id(found if isinstance(found, Host) else found[0]))), COUNT


def _ord(context: Context, call: Call) -> Rule:
    value = _alone(context, call, 'ord("a")')
    found = yield Whole(value)
    if not isinstance(found, Text) or found.plain is None or len(found.plain) != 1:
        raise context.wrong("ord takes one character", value.span, 'ord("a")')
    return counted(ord(found.plain))


def _chr(context: Context, call: Call) -> Rule:
    value = _alone(context, call, "chr(97)")
    node, _ = yield value
    number = context.settled_integer(node, value.span)
    if not 0 <= number <= sys.maxunicode:
        raise context.wrong("there is no character of that number", value.span, "chr(97)")
    return Text((chr(number),))


def _setattr(context: Context, call: Call) -> Rule:
    """A rule: `setattr(self, "fc1", layer)`, which is `self.fc1 = layer`."""
    given: Arguments = yield arguments(context, call)
    if len(given.positional) != 3 or given.named:
        told = "setattr takes an object, a name and a value"
        raise context.wrong(told, call.span, 'setattr(self, "size", 3)')
    of, name, found = given.positional
    if not isinstance(name, Text) or name.plain is None:
        raise context.wrong("the name of an attribute is text", given.spans[1], 'setattr(self, "size", 3)')
    context.acting(call.span)
    context.scope.acts()
    if not isinstance(of, Host) or not of.assign(context, name.plain, found, call.span):
        raise context.wrong("this takes no attributes", given.spans[0])
    return NONE


class Set(List):
    """A set of Python's: each item once, numbers in Python's order, and others in that in which they came."""

    title = "a set"
    python_type = "set"

    def __init__(self, kept: Iterable[Any]) -> None:
        super().__init__(kept)
        self._objects: dict[Any, Lowered] = {}
        """Its items by what tells them apart, where all are objects, which are told apart by themselves."""
        self._indexed: tuple[list[Any], int] | None = None
        """What is in `_objects`: a list of items, up to a place."""

    def names(self) -> Iterable[str]:
        """What sets can do."""
        return ("add", "discard", "remove", "update", "copy", "clear", *_OF_SETS)

    def items(self, context: Context) -> Sequence[Lowered]:
        """Its items, as they are now; numbers in the order of Python's hashes, which is always the same."""
        items = super().items(context)
        if not items or isinstance(items[0], Host):
            return items
        told = {_told_by(context, each, _NOWHERE): each for each in items}
        if not all(map(_is_numbers, told)):
            return items
        order: set[Any] = set()
        for each in told:
            order.add(each)  # one by one, as Python's own set has grown
        return [told[each] for each in order]

    def _of(self, context: Context, wanted: Callable[[bool, bool], bool], other: Lowered, span: Span) -> Set:
        """The set of what is wanted of what is in this one, and of what is in the other."""
        mine = self._told(context, span)
        others = {_told_by(context, each, span): each for each in items_of(context, other, span)}
        further = {key: each for key, each in others.items() if key not in mine}
        found = [each for key, each in {**mine, **further}.items() if wanted(key in mine, key in others)]
        return Set(context.keep(each, span) for each in found)

    def operation(
        self, context: Context, operator: str, expression: Any, other: Lowered, turned: bool
    ) -> Lowered | None:
        """`s | t`, `s & t`, `s - t` and `s ^ t` of two sets."""
        is_hat = operator == "**" and context.text(expression.operator_span) != "**"
        sign = "^" if is_hat else operator
        if not isinstance(other, Set) or sign not in _JOINS:
            return None
        left, right = (other, self) if turned else (self, other)
        return left._of(context, _JOINS[sign], right, expression.span)

    def compared(self, context: Context, sign: str, other: Any, span: Span) -> bool | None:
        """Whether it has the items of another set (`==`), or some of them (`<=`)."""
        if not isinstance(other, Set):
            return {"==": False, "!=": True}.get(sign)
        mine, others = self._told(context, span).keys(), set(other._told(context, span))
        return {
            "==": mine == others,
            "!=": mine != others,
            "<": mine < others,
            "<=": mine <= others,
            ">": mine > others,
            ">=": mine >= others,
        }[sign]

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """One of its methods."""
        if name in ("add", "update"):
            return Method(name, self._add)
        if name in ("discard", "remove"):
            return Method(name, self._remove)
        if name in _OF_SETS:
            return Method(name, self._joined)
        return super().attribute(context, name) if name in self.names() else None

    def _add(self, context: Context, call: Call) -> Rule:
        given = yield Whole(_alone(context, call, f"{_name(call)}(3)"))
        added = [given] if _name(call) == "add" else items_of(context, given, call.span)
        told = self._told(context, call.span)
        for each in added:
            key = _told_by(context, each, call.span)
            if key not in told:
                kept = context.keep(each, call.span)
                context.changing(self, call.span)
                told[key] = each
                self.kept.append(kept)
                if self._indexed is not None:
                    self._indexed = (self.kept, len(self.kept)) if isinstance(each, Host) else None
        return NONE

    def _joined(self, context: Context, call: Call) -> Rule:
        """A rule: what `union` and its like give of this set and of what has items."""
        name = _name(call) or getattr(call.function, "name", "")
        others = yield _walked(context, _alone(context, call, f"s.{name}(t)"))
        other = Set(context.keep(each, call.span) for each in distinct(context, list(others), call.span))
        join = _OF_SETS[name]
        if join in _JOINS:
            return self._of(context, _JOINS[join], other, call.span)
        if join == "disjoint":
            both = self._of(context, _JOINS["&"], other, call.span)
            return constant(not both.kept), COUNT
        return constant(bool(self.compared(context, join, other, call.span))), COUNT

    def _told(self, context: Context, span: Span) -> dict[Any, Lowered]:
        """Its items by what tells them apart."""
        if self._is_indexed():
            return self._objects
        items = self.items(context)
        self._objects = {_told_by(context, each, span): each for each in items}
        self._indexed = (self.kept, len(self.kept)) if all(isinstance(each, Host) for each in items) else None
        return self._objects

    def _is_indexed(self) -> bool:
        kept, count = self._indexed or (None, 0)
        return kept is self.kept and count == len(self.kept)

    def contains(self, context: Context, item: Lowered, span: Span) -> bool | None:
        """Whether an item is in it, where its items are objects."""
        told = self._told(context, span)
        return (
            _told_by(context, item, span) in told if self._is_indexed() and isinstance(item, Host) else None
        )

    def _remove(self, context: Context, call: Call) -> Rule:
        given = yield Whole(_alone(context, call, f"{_name(call)}(3)"))
        left_out = _told_by(context, given, call.span)
        items = super().items(context)
        kept = [each for each in items if _told_by(context, each, call.span) != left_out]
        if len(kept) == len(items) and _name(call) == "remove":
            raise EvaluationError("there is no such item to remove", (context.mark(call.span),))
        context.changing(self, call.span)
        self.kept = [context.keep(each, call.span) for each in kept]
        return NONE


_NOWHERE = Span(0, 0)

_JOINS: dict[str, Callable[[bool, bool], bool]] = {
    "|": lambda mine, others: mine or others,
    "&": lambda mine, others: mine and others,
    "-": lambda mine, others: mine and not others,
    "^": lambda mine, others: mine != others,
}
"""What the operators of two sets take: of what is in the first, or in the second."""

_OF_SETS = {
    "union": "|",
    "intersection": "&",
    "difference": "-",
    "symmetric_difference": "^",
    "issubset": "<=",
    "issuperset": ">=",
    "isdisjoint": "disjoint",
}
"""The methods of sets that are operators, too."""


def _is_numbers(plain: Any) -> bool:
    """Whether what tells an item from others is a number, or a tuple of numbers."""
    return isinstance(plain, float) or (isinstance(plain, tuple) and all(map(_is_numbers, plain)))


def distinct(context: Context, items: Sequence[Lowered], span: Span) -> list[Lowered]:
    """Items, each once."""
    found: dict[Any, Lowered] = {}
    for each in items:
        found.setdefault(_told_by(context, each, span), each)
    return list(found.values())


def _told_by(context: Context, found: Lowered, span: Span) -> Any:
    """What tells an item of a set from others."""
    if isinstance(found, Host) and not isinstance(found, Text):
        return id(found)
    return key_of(context, found, span).plain


def _set(context: Context, call: Call) -> Rule:
    items = [] if not call.arguments else (yield _walked(context, _alone(context, call, "set(xs)")))
    return Set(context.keep(each, call.span) for each in distinct(context, list(items), call.span))


class Deque(List):
    """A deque of Python's, which has two ends, and perhaps forgets what is at the other one."""

    title = "a deque"
    python_type = "deque"

    def __init__(self, kept: Iterable[Any], most: int | None = None) -> None:
        super().__init__(kept)
        self.most = most
        self._forget()

    @property
    def further(self) -> str:
        """What Python prints behind its items."""
        return "" if self.most is None else f", maxlen={self.most}"

    def _forget(self, *, last: bool = False) -> None:
        over = 0 if self.most is None else len(self.kept) - self.most
        if over > 0:
            self.kept = self.kept[:-over] if last else self.kept[over:]

    def names(self) -> Iterable[str]:
        """What deques can do."""
        return (*super().names(), "appendleft", "extendleft", "popleft", "rotate")

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """One of its methods, or how many items it keeps."""
        if name == "maxlen":
            return NONE if self.most is None else counted(self.most)
        if name in ("append", "appendleft", "extend", "extendleft"):
            return Method(name, self._add)
        if name == "popleft":
            return Method(name, self._pop_left)
        return Method(name, self._rotate) if name == "rotate" else super().attribute(context, name)

    def _add(self, context: Context, call: Call) -> Rule:
        name = _name(call)
        given = yield Whole(_alone(context, call, f"d.{name}(3)"))
        added = [given] if name.startswith("append") else items_of(context, given, call.span)
        kept = [context.keep(each, call.span) for each in added]
        context.changing(self, call.span)
        is_left = name.endswith("left")
        self.kept = [*reversed(kept), *self.kept] if is_left else [*self.kept, *kept]
        self._forget(last=is_left)
        return NONE

    def _pop_left(self, context: Context, call: Call) -> Lowered:
        if not self.kept:
            raise EvaluationError("there is nothing to pop from an empty deque", (context.mark(call.span),))
        context.changing(self, call.span)
        return context.now(self.kept.pop(0))

    def _rotate(self, context: Context, call: Call) -> Rule:
        turns = 1
        if call.arguments:
            node, _ = yield _alone(context, call, "d.rotate(1)")
            turns = context.settled_integer(node, call.arguments[0].span)
        context.changing(self, call.span)
        turns %= len(self.kept) or 1
        self.kept = self.kept[-turns:] + self.kept[:-turns] if turns else self.kept
        return NONE


def make_deque(context: Context, call: Call) -> Rule:
    """A rule: `collections.deque(xs, maxlen=3)`."""
    given = {each.name or ("iterable", "maxlen")[min(at, 1)]: each for at, each in enumerate(call.arguments)}
    if len(given) < len(call.arguments) or not given.keys() <= {"iterable", "maxlen"}:
        raise context.wrong("deque takes items, and how many it keeps", call.span, "deque(maxlen=3)")
    items: Sequence[Lowered] = ()
    if "iterable" in given:
        items = yield _walked(context, given["iterable"].value)
    most: Lowered = NONE if "maxlen" not in given else (yield Whole(given["maxlen"].value))
    if most is NONE:
        return Deque(context.keep(each, call.span) for each in items)
    span = given["maxlen"].span
    node, _ = context.one(most, span)
    count = context.settled_integer(node, span)
    if count < 0:
        raise EvaluationError("maxlen must be non-negative", (context.mark(span),))
    return Deque([context.keep(each, call.span) for each in items], count)


class Range(List):
    """`range(5)` as a value."""

    title = "a range"
    python_type = "range"
    settled = True

    def __init__(self, numbers: range) -> None:
        super().__init__([counted(each) for each in numbers])
        self.numbers = numbers

    def names(self) -> Iterable[str]:
        """Nothing stands behind its dot."""
        return ()

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """It has no methods, and stays as it is."""
        return None

    def settle(self, keep: Callable[[Any], Any]) -> None:
        """Its numbers are known already."""

    def text(self) -> str:
        """As Python has it."""
        return repr(self.numbers)


BUILTINS: dict[str, Callable[[Context, Call], Rule]] = {
    "list": _list,
    "tuple": _tuple,
    "set": _set,
    "dict": make,
    "zip": _along,
    "enumerate": _along,
    "reversed": _reversed,
    "map": _map,
    "filter": _filter,
    "iter": _iter,
    "next": _next,
    "sorted": _sorted,
    "isinstance": _isinstance,
    "type": _type,
    "str": _str,
    "repr": _str,
    "bool": _bool,
    "id": _id,
    "ord": _ord,
    "chr": _chr,
    "setattr": _setattr,
}
"""Functions that arrays have not, by their names."""


# Those that arrays have, too


def of_items(context: Context, name: str, call: Call, items: Sequence[Lowered]) -> Rule:
    """A rule: what Python's function of that name gives for the items of a list."""
    if name == "len":
        return counted(len(items))
    span = call.arguments[0].span
    if name in ("any", "all"):
        truths = []
        for each in items:
            truths.append((yield settled_truth(context, done(span, each))))
        return constant(any(truths) if name == "any" else all(truths)), COUNT
    if name == "sum":
        total: Any = (constant(0.0), COUNT)
        if len(call.arguments) > 1:
            total = yield Whole(call.arguments[1].value)
        for each in items:
            total = yield Whole(_added(span, total, each))
        return total
    best, best_key = None, None
    options = {each.name: each.value for each in call.arguments if each.name is not None}
    function = (yield Whole(options["key"])) if "key" in options else None
    for each in items:
        compared = each if function is None else (yield _applied(context, function, (each,), call))
        key = _comparable(context, compared, span)
        if best is None or (key > best_key if name == "max" else key < best_key):
            best, best_key = each, key
    if best is None and "default" in options:
        return (yield Whole(options["default"]))
    if best is None:
        raise EvaluationError(f"{name} of an empty list", (context.mark(span),))
    return best


def _added(span: Span, left: Any, right: Any) -> Binary:
    both = (Done(span, left), Done(span, right))
    return Binary(span, "+", Span(span.start, span.start), *both)  # type: ignore[arg-type]


OF_ITEMS = ("sum", "max", "min", "len", "any", "all")
"""Functions of arrays that are Python's where a list stands in them."""
