"""Objects of classes that a program defines for itself: what they keep, and what their methods do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from gradcli.engine.graph import as_node
from gradcli.language.tree import Argument, Call, Define, Name, Return, Slice
from gradcli.language.walk import walk
from gradcli.lowering.context import Context, Whole, done
from gradcli.lowering.deeds import acts
from gradcli.lowering.functions import user_call
from gradcli.lowering.hosts import NONE, Holder, Method, Text
from gradcli.lowering.kinds import COUNT, Host, Lowered
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


class OwnClass(Host):
    """What makes objects of one class that a program defines."""

    title = "a class"
    settled = True

    def __init__(self, name: str, methods: Mapping[str, Define]) -> None:
        self.name = name
        self.methods = methods

    def new(self) -> Host:
        """An object that its `__init__` has not seen yet."""
        raise NotImplementedError

    def call(self, context: Context, call: Call) -> Rule:
        """A new object, which its `__init__` has made."""
        made = self.new()
        begin = self.methods.get("__init__")
        if begin is not None:
            yield user_call(context, begin, call, made, gives=self.runs(begin))
        elif call.arguments:
            raise context.wrong(f"{self.name} takes nothing: it has no __init__", call.arguments[0].span)
        return made

    def runs(self, begin: Define) -> bool:
        """Whether the statements of its `__init__` are run one by one; else they are lowered as a whole."""
        return acts(begin)

    def text(self) -> str:
        """As Python prints it."""
        return f"<class '__main__.{self.name}'>"


class ObjectClass(OwnClass):
    """What makes objects of a class without a base."""

    python_type = "type"

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """Its name."""
        return Text((self.name,)) if name == "__name__" else None

    def new(self) -> Host:
        """An object without members."""
        return Object(self)


class Object(Holder):
    """An object of a class that a program defines."""

    def __init__(self, of: ObjectClass) -> None:
        self.of = of
        self.members: dict[str, Any] = {}

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
        """Whether that class has made it."""
        return of is self.of

    def names(self) -> Any:
        """What can stand behind its dot."""
        own = (name for name in self.of.methods if not name.startswith("__"))
        return dict.fromkeys((*self.members, *own))

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """What it keeps, or one of its methods."""
        if name in self.members:
            return context.now(self.members[name], name)
        method = self.of.methods.get(name)
        return None if method is None else Method(name, partial(self._called, method))

    def assign(self, context: Context, name: str, found: Lowered, span: Span) -> bool:
        """Keeps a value under a name."""
        kept = context.keep(found, span)
        context.changing(self, span)
        self.members[name] = kept
        return True

    def call(self, context: Context, call: Call) -> Any:
        """What its `__call__` gives."""
        method = self.of.methods.get("__call__")
        if method is None:
            raise context.wrong(
                f"{self.title} cannot be called", call.function.span, "def __call__(self, x): return …"
            )
        return self._called(method, context, call)

    def item(self, context: Context, expression: Any) -> Any:
        """What its `__getitem__` gives."""
        method = self.of.methods.get("__getitem__")
        if method is None or len(expression.items) != 1 or isinstance(expression.items[0], Slice):
            return None
        return self._at(method, context, expression.items[0], expression.span)

    def _at(self, method: Define, context: Context, index: Any, span: Span) -> Rule:
        found = yield Whole(index)
        return (yield self._given(method, context, span, found))

    def length(self, context: Context) -> int | None:
        """What its `__len__` gives."""
        method = self.of.methods.get("__len__")
        if method is None:
            return None
        span = Span(0, 0)
        node, _ = context.one(self._run(method, context, span), span)
        return context.settled_integer(node, span)

    def items(self, context: Context) -> Sequence[Lowered] | None:
        """What its `__getitem__` gives at each place, as far as its `__len__` says."""
        method, count = self.of.methods.get("__getitem__"), self.length(context)
        if method is None or count is None:
            return None
        return [self._run(method, context, Span(0, 0), (as_node(place), COUNT)) for place in range(count)]

    def operation(self, context: Context, operator: str, expression: Any, other: Any, turned: bool) -> Any:
        """What its `__add__` gives, or `__radd__`, and so on."""
        name = OPERATORS.get(operator)
        method = self.of.methods.get(f"__{'r' if turned else ''}{name}__")
        return None if method is None else self._given(method, context, expression.span, other)

    def negated(self, context: Context, span: Span) -> Any:
        """What its `__neg__` gives."""
        method = self.of.methods.get("__neg__")
        return None if method is None else self._given(method, context, span)

    def shown(self, run: Any) -> Any:
        """What its `__repr__` or `__str__` gives."""
        method = self.of.methods.get("__repr__") or self.of.methods.get("__str__")
        if method is None:
            return None
        from gradcli.session.results import Words

        found = self._run(method, run.lowering(), Span(0, 0))
        return Words(found.parts) if isinstance(found, Text) else None

    def text(self) -> str:
        """As Python has it, but for its address."""
        return f"<__main__.{self.of.name} object>"

    def _called(self, method: Define, context: Context, call: Call) -> Rule:
        gives = acts(method) or any(isinstance(piece, Return) for piece in walk(method.body))
        found = yield user_call(context, method, call, self, gives=gives)
        return NONE if found is None else found

    def _given(self, method: Define, context: Context, span: Span, *values: Lowered) -> Rule:
        arguments = tuple([Argument(span, None, done(span, each)) for each in values])
        return self._called(method, context, Call(span, Name(span, method.name), arguments))

    def _run(self, method: Define, context: Any, span: Span, *values: Lowered) -> Any:
        return context.run(self._given(method, context, span, *values))
