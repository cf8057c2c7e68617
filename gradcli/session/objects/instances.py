"""Objects of classes that a program defines for itself: what they keep, and what their methods do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from gradcli.engine.graph import as_node
from gradcli.language.tree import Argument, Call, Define, Name, Parameter, Slice
from gradcli.lowering.context import Around, Context, Whole, done
from gradcli.lowering.deeds import acts, calls_super, returns
from gradcli.lowering.functions import user_call
from gradcli.lowering.hosts import NONE, Holder, Method, Text
from gradcli.lowering.kinds import COUNT, Host, Lowered
from gradcli.lowering.loops import settled_truth
from gradcli.records import NamedTuple
from gradcli.session.results import Words
from gradcli.text.errors import RaisedError
from gradcli.text.source import Span
from gradcli.trampoline import Rule

OPERATORS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
}
"""What Python calls the methods of operators, without their underscores."""


COMPARISONS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
"""What Python calls the methods of comparisons, without their underscores."""


class OwnMethod(NamedTuple):
    """A function in the body of a class.

    Its `sort` is empty where it is given an object, or "static", "class" or "property".
    """

    define: Define
    of: OwnClass
    """The class in whose body it stands."""
    sort: str = ""

    def called(self, first: Host, context: Context, call: Call, *, gives: bool | None = None) -> Rule:
        """A rule: what it gives for an object, or its class, and the arguments of a call.

        Unless it is known whether it `gives` something, it does if it does something, or returns.
        """
        define = self.define
        if gives is None:
            gives = acts(define) or returns(define)
        around = self.of.around
        if calls_super(define):
            inside = () if around is None else around.enclosing
            names = None if around is None else around.names
            around = Around(({"super": Super(self.of, first)}, *inside), names)
        given = None if self.sort == "static" else first
        found = yield user_call(context, define, call, given, gives=gives, around=around)
        return NONE if found is None else found


class OwnClass(Host):
    """What makes objects of one class that a program defines."""

    title = "a class"
    python_type = "type"

    def __init__(self, name: str, parent: OwnClass | None = None) -> None:
        self.name = name
        self.parent = parent
        self.methods: dict[str, OwnMethod] = {}
        """Those in its own body."""
        self.values: dict[str, Any] = {}
        """What its objects have in common (as `Context.keep` keeps it)."""
        self.around: Around | None = None
        """The names around it, where it stands in a function."""
        self.fields: tuple[Parameter, ...] = ()
        """What its objects are made of, if it is a data class."""
        self.frozen: bool = parent is not None and parent.frozen
        """Whether its objects, once made, are not assigned to."""
        self.base = ""
        """The class of Python's own from which it inherits, as `ValueError`."""

    def held(self) -> Any:
        """What its objects have in common."""
        return dict(self.values)

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        self.values = dict(held)

    def line(self) -> Iterator[OwnClass]:
        """It and the classes that it inherits from, the nearest first."""
        at: OwnClass | None = self
        while at is not None:
            yield at
            at = at.parent

    def kinds_of_class(self) -> tuple[str, ...]:
        """Its name and those of the classes from which it inherits."""
        return tuple([name for each in self.line() for name in (each.name, each.base) if name])

    def method(self, name: str) -> OwnMethod | None:
        """The method of that name: its own, or that of the nearest class that it inherits from."""
        return next((each.methods[name] for each in self.line() if name in each.methods), None)

    def public(self) -> Iterator[str]:
        """The names of what its objects have of it."""
        for each in self.line():
            yield from each.values
            yield from (name for name in each.methods if not name.startswith("__"))

    def found(self, of: Host, context: Any, name: str) -> Any:
        """What an object has of its class under a name: a value, a method, or what a property gives."""
        for each in self.line():
            if name in each.values:
                return context.now(each.values[name], name)
            if name in each.methods:
                method = each.methods[name]
                if method.sort == "property":
                    span = Span(0, 0)
                    return context.run(method.called(of, context, Call(span, Name(span, name), ())))
                first = self if method.sort == "class" else of
                return Method(name, partial(method.called, first))
        return None

    def of_base(self, of: Host, context: Context, name: str) -> Lowered | None:
        """What objects have that no class of the program gave them."""
        return None

    def new(self) -> Host:
        """An object that its `__init__` has not seen yet."""
        raise NotImplementedError

    def call(self, context: Context, call: Call) -> Rule:
        """A new object, which its `__init__` has made."""
        made = self.new()
        begin = self.method("__init__")
        if begin is not None:
            yield begin.called(made, context, call, gives=self.runs(begin.define))
        elif call.arguments:
            raise context.wrong(f"{self.name} takes nothing: it has no __init__", call.arguments[0].span)
        return made

    def runs(self, begin: Define) -> bool:
        """Whether the statements of its `__init__` are run one by one; else they are lowered as a whole."""
        return acts(begin)

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return dict.fromkeys((*self.public(), "__name__"))

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """Its name, what its objects have in common, or a method that is given its object."""
        if name == "__name__":
            return Text((self.name,))
        method = self.method(name)
        if method is not None and method.sort == "":
            return Method(name, partial(_unbound, method))
        found: Lowered | None = self.found(self, context, name)
        return found

    def assign(self, context: Context, name: str, found: Lowered, span: Span) -> bool:
        """Lets its objects have something in common."""
        kept = context.keep(found, span)
        context.changing(self, span)
        self.values[name] = kept
        return True

    def text(self) -> str:
        """As Python prints it."""
        return f"<class '__main__.{self.name}'>"


def _unbound(method: OwnMethod, context: Context, call: Call) -> Rule:
    """A rule: what a method gives whose object is the first argument, as in `Base.__init__(self, 3)`."""
    if not call.arguments:
        raise context.wrong(f"{method.define.name} is given an object first", call.span)
    first, *others = call.arguments
    of = yield Whole(first.value)
    if not isinstance(of, Host):
        raise context.wrong(f"{method.define.name} is given an object first", first.span)
    return (yield method.called(of, context, call._replace(arguments=tuple(others))))


class Super(Host):
    """`super` in a method: called, it gives the object as the class above that of the method sees it."""

    title = "super"
    settled = True

    def __init__(self, of: OwnClass, object_: Host) -> None:
        self.of = of
        self.object = object_

    def call(self, context: Context, call: Call) -> Lowered:
        """The object as the class above sees it; `super(Net, self)` is the same as `super()`."""
        return _Seen(self.of, self.object)


class _Seen(Host):
    """An object as the class above one of its classes sees it."""

    title = "an object"
    settled = True

    def __init__(self, of: OwnClass, object_: Host) -> None:
        self.of = of
        self.object = object_

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """A method or a value of the classes above."""
        above = self.of.parent
        found: Lowered | None = None if above is None else above.found(self.object, context, name)
        found = found or self.of.of_base(self.object, context, name)
        if found is None and name == "__init__":
            return Method(name, lambda context, call: NONE)  # that of what every object is
        return found


class ObjectClass(OwnClass):
    """What makes objects of a class without a base."""

    def new(self) -> Host:
        """An object without members."""
        return Object(self)

    def call(self, context: Context, call: Call) -> Rule:
        """A new object, which is made from then on."""
        made = yield super().call(context, call)
        made.is_made = True
        return made


class Object(Holder):
    """An object of a class that a program defines."""

    def __init__(self, of: ObjectClass) -> None:
        self.of = self.of_class = of
        self.members: dict[str, Any] = {}
        self.is_made = False
        """Whether its `__init__` has ended."""

    @property
    def title(self) -> str:  # type: ignore[override]
        """What messages call it."""
        return f"a {self.of.name}"

    @property
    def python_type(self) -> str:  # type: ignore[override]
        """What Python calls its type."""
        return f"__main__.{self.of.name}"

    def held(self) -> Any:
        """What it keeps."""
        return dict(self.members)

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        self.members = dict(held)

    def inside(self) -> Iterable[Any]:
        """What it keeps, without the names."""
        return self.members.values()

    def change(self, change: Callable[[Any], Any]) -> None:
        """Changes each thing that it keeps."""
        self.members = {name: change(kept) for name, kept in self.members.items()}

    def is_instance(self, of: Any) -> bool:
        """Whether that class has made it, or one that inherits from it."""
        return any(each is of for each in self.of.line())

    def names(self) -> Any:
        """What can stand behind its dot."""
        return dict.fromkeys((*self.members, *self.of.public()))

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """What it keeps, or one of its methods."""
        if name in self.members:
            return context.now(self.members[name], name)
        found: Lowered | None = self.of.found(self, context, name)
        return found

    def assign(self, context: Context, name: str, found: Lowered, span: Span) -> bool:
        """Keeps a value under a name."""
        if self.of.frozen and self.is_made:
            told = f"{self.title} is frozen: its {name} stays as it was made"
            said, kinds = f"cannot assign to field {name!r}", ("AttributeError",)
            raise RaisedError("FrozenInstanceError", said, (context.mark(span),), told, kinds=kinds)
        kept = context.keep(found, span)
        context.changing(self, span)
        self.members[name] = kept
        return True

    def call(self, context: Context, call: Call) -> Any:
        """What its `__call__` gives."""
        method = self.of.method("__call__")
        if method is None:
            raise context.wrong(
                f"{self.title} cannot be called", call.function.span, "def __call__(self, x): return …"
            )
        return method.called(self, context, call)

    def item(self, context: Context, expression: Any) -> Any:
        """What its `__getitem__` gives."""
        method = self.of.method("__getitem__")
        if method is None or len(expression.items) != 1 or isinstance(expression.items[0], Slice):
            return None
        return self._at(method, context, expression.items[0], expression.span)

    def _at(self, method: OwnMethod, context: Context, index: Any, span: Span) -> Rule:
        found = yield Whole(index)
        return (yield self._given(method, context, span, found))

    def length(self, context: Context) -> int | None:
        """What its `__len__` gives."""
        method = self.of.method("__len__")
        if method is None:
            return None
        span = Span(0, 0)
        node, _ = context.one(self._run(method, context, span), span)
        return context.settled_integer(node, span)

    def items(self, context: Context) -> Sequence[Lowered] | None:
        """What its `__getitem__` gives at each place, as far as its `__len__` says."""
        method, count = self.of.method("__getitem__"), self.length(context)
        if method is None or count is None:
            return None
        return [self._run(method, context, Span(0, 0), (as_node(place), COUNT)) for place in range(count)]

    def operation(self, context: Context, operator: str, expression: Any, other: Any, turned: bool) -> Any:
        """What its `__add__` gives, or `__radd__`, and so on."""
        name = OPERATORS.get(operator)
        method = self.of.method(f"__{'r' if turned else ''}{name}__")
        return None if method is None else self._given(method, context, expression.span, other)

    def compared(self, context: Context, sign: str, other: Any, span: Span) -> bool | None:
        """What its `__eq__` gives, or its `__lt__`, and so on."""
        method = self.of.method(f"__{COMPARISONS[sign]}__")
        if method is None:
            return None
        found = self._run(method, context, span, other)
        holds: bool = context.run(settled_truth(context, done(span, found)))
        return holds

    def negated(self, context: Context, span: Span) -> Any:
        """What its `__neg__` gives."""
        method = self.of.method("__neg__")
        return None if method is None else self._given(method, context, span)

    def shown(self, run: Any) -> Any:
        """What its `__repr__` or `__str__` gives."""
        method = self.of.method("__repr__") or self.of.method("__str__")
        return None if method is None else words_of(run, method, self)

    def text(self) -> str:
        """As Python has it, but for its address."""
        return f"<__main__.{self.of.name} object>"

    def _given(self, method: OwnMethod, context: Context, span: Span, *values: Lowered) -> Rule:
        arguments = tuple([Argument(span, None, done(span, each)) for each in values])
        return method.called(self, context, Call(span, Name(span, method.define.name), arguments))

    def _run(self, method: OwnMethod, context: Any, span: Span, *values: Lowered) -> Any:
        return context.run(self._given(method, context, span, *values))


def words_of(run: Any, method: OwnMethod, of: Host) -> Words | None:
    """The text that a method without arguments gives, as what is said of its object."""
    span = Span(0, 0)
    context = run.lowering()
    found = context.run(method.called(of, context, Call(span, Name(span, method.define.name), ())))
    return Words(found.parts, bare=True) if isinstance(found, Text) else None
