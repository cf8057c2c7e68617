"""Modules that a program defines: `class Net(nn.Module)`, with its `__init__` and its `forward`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcli.language.tree import Call, ClassDefinition, Define, Expression, Global, Name
from gradcli.language.walk import walk
from gradcli.lowering.caught import is_error
from gradcli.lowering.context import Context
from gradcli.lowering.decorators import plain
from gradcli.lowering.deeds import changes_elements
from gradcli.lowering.kinds import Host, Lowered
from gradcli.lowering.names import member_of
from gradcli.session.context import Run
from gradcli.session.objects.collected import NamedTuples
from gradcli.session.objects.dataclasses import is_frozen, with_data
from gradcli.session.objects.functions import BASES as FUNCTIONS
from gradcli.session.objects.functions import STATIC, FunctionClass
from gradcli.session.objects.instances import ObjectClass, OwnClass, OwnMethod, words_of
from gradcli.session.objects.modules import Module
from gradcli.text.errors import InputError
from gradcli.trampoline import Rule

BASES = ("torch.nn.Module", "torch.nn.modules.Module")
"""What a class must be a kind of."""


PLAIN = ("torch.utils.data.Dataset", "torch.utils.data.dataset.Dataset", "abc.ABC")
"""What a class may be a kind of that has nothing but its own methods."""


class ModuleClass(OwnClass):
    """What makes modules of one class."""

    def new(self) -> Host:
        """A module without members."""
        return Defined(self)

    def runs(self, begin: Define) -> bool:
        """Layers are made as a whole, unless their numbers, or names around them, are changed there."""
        return changes_elements(begin) or any(isinstance(each, Global) for each in walk(begin.body))

    def of_base(self, of: Host, context: Context, name: str) -> Lowered | None:
        """What every module of PyTorch's has."""
        return Module.attribute(of, context, name) if isinstance(of, Defined) else None


class Defined(Module):
    """A module of a class that a program defines."""

    def __init__(self, of: ModuleClass) -> None:
        super().__init__(of.name)
        self.of = self.of_class = of

    @property
    def python_type(self) -> str:  # type: ignore[override]
        """What Python calls its type."""
        return f"__main__.{self.of.name}"

    def is_instance(self, of: Any) -> bool:
        """Whether it is of that class, or of one that inherits from it."""
        is_module = isinstance(of, str) and of.rpartition(".")[2] == "Module"
        return is_module or any(each is of for each in self.of.line())

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """What it keeps, or what its class has, which comes before what every module has."""
        found: Lowered | None = None if name in self.members else self.of.found(self, context, name)
        return super().attribute(context, name) if found is None else found

    def names(self) -> Any:
        """What can stand behind its dot."""
        return dict.fromkeys((*super().names(), *self.of.public()))

    def given(self, context: Context, call: Call) -> Rule:
        """A rule: what its `forward` gives for a call."""
        forward = self.of.method("forward") or self.of.method("__call__")
        if forward is None:
            hint = "def forward(self, x): return …"
            raise context.wrong(f"{self.name} has no forward, and cannot be called", call.function.span, hint)
        return (yield forward.called(self, context, call, gives=True))

    def said(self, run: Any) -> str:
        """What its `extra_repr` gives."""
        method = self.of.method("extra_repr")
        words = None if method is None or run is None else words_of(run, method, self)
        return "" if words is None else "".join([str(each) for each in words.parts])

    def shown(self, run: Any) -> Any:
        """What its `__repr__` gives, or how every module is printed."""
        method = self.of.method("__repr__")
        return super().shown(run) if method is None else words_of(run, method, self)


def define_class(run: Run, statement: ClassDefinition) -> None:
    """`class Net(nn.Module): …`, `class Square(Function): …`; raises `InputError` for all others."""
    base = statement.bases[0] if len(statement.bases) == 1 else None
    member = None if base is None else member_of(base, run)
    path = "" if member is None else member.path
    if path in FUNCTIONS:
        methods = _methods(run, statement, STATIC)
        run.bind(statement.name, FunctionClass(statement.name, methods))
        return
    if path == "typing.NamedTuple":
        if statement.methods:
            method = statement.methods[0]
            raise InputError("a named tuple has no methods here", (run.mark(method.name_span),))
        names = tuple([field.name for field in statement.fields])
        defaults = {field.name: run.settled(field.default) for field in statement.fields if field.default}
        run.bind(statement.name, NamedTuples(statement.name, names, defaults))
        return
    parent = run.scope.host(base.name) if isinstance(base, Name) else None
    made: OwnClass
    statement = with_data(run, statement, parent if isinstance(parent, OwnClass) else None)
    if isinstance(parent, OwnClass):
        made = type(parent)(statement.name, parent)
    elif not statement.bases or path in PLAIN or _is_plain(base):
        made = ObjectClass(statement.name)
        made.base = base.name if path not in PLAIN and isinstance(base, Name) else ""
    elif path in BASES:
        made = ModuleClass(statement.name)
    else:
        raise InputError(
            "a class here is a module, a function or a dataset of PyTorch's, a kind of a class that is "
            "defined before, or of no other kind",
            (run.mark(statement.name_span),),
            f"class {statement.name}(nn.Module): … with forward, or class {statement.name}: … alone",
        )
    for name, method in _methods(run, statement, ()).items():
        sorts = [SORTS[each.name] for each in method.decorators if isinstance(each, Name)]
        define = method._replace(decorators=())
        made.methods[name] = OwnMethod(define, made, "".join(sorts))
    made.fields = tuple(statement.fields) if statement.decorators else ()
    made.frozen = made.frozen or is_frozen(statement)
    made.around = run.lowering().around() if run.calls else None
    for value in statement.values:
        assert isinstance(value.target, Name)
        made.values[value.target.name] = run.settled(value.value)
    run.bind(statement.name, made)


def _is_plain(base: Expression | None) -> bool:
    """Whether a class of Python's own has nothing that its kinds need here: `object`, and errors."""
    return isinstance(base, Name) and (base.name == "object" or is_error(base.name))


SORTS = {"staticmethod": "static", "classmethod": "class", "property": "property"}
"""What a decorator makes of a method."""


def _methods(run: Run, statement: ClassDefinition, ignored: Sequence[str]) -> dict[str, Define]:
    """The methods of a class by their names, without their decorators, of which some are `ignored`.

    Those that say which sort of method it is are left.
    """
    found = {}
    lowering = run.lowering()
    for method in statement.methods:
        names = [getattr(each, "name", "") for each in method.decorators]
        if not method.parameters and "staticmethod" not in names:
            first = "ctx" if ignored else "self"
            raise InputError(
                f"{method.name} needs {first}",
                (run.mark(method.name_span),),
                f"def {method.name}({first}, x): …",
            )
        sorts = [each for each in method.decorators if getattr(each, "name", "") in SORTS]
        kept = [each for each in method.decorators if getattr(each, "name", "") not in (*ignored, *SORTS)]
        made = plain(lowering, method._replace(decorators=tuple(kept)))
        found[method.name] = made._replace(decorators=tuple(sorts))
    return found
