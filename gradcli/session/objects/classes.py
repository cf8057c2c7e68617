"""Modules that a program defines: `class Net(nn.Module)`, with its `__init__` and its `forward`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from gradcli.language.tree import Call, ClassDefinition, Define
from gradcli.lowering.context import Context
from gradcli.lowering.functions import plain, user_call
from gradcli.lowering.hosts import NONE, Method
from gradcli.lowering.kinds import Host, Lowered
from gradcli.lowering.names import member_of
from gradcli.session.context import Run
from gradcli.session.objects.functions import BASES as FUNCTIONS
from gradcli.session.objects.functions import STATIC, FunctionClass
from gradcli.session.objects.instances import ObjectClass, OwnClass
from gradcli.session.objects.modules import Module
from gradcli.text.errors import InputError
from gradcli.trampoline import Rule

BASES = ("torch.nn.Module", "torch.nn.modules.Module")
"""What a class must be a kind of."""


PLAIN = ("torch.utils.data.Dataset", "torch.utils.data.dataset.Dataset")
"""What a class may be a kind of that has nothing but its own methods."""


class ModuleClass(OwnClass):
    """What makes modules of one class."""

    def new(self) -> Host:
        """A module without members."""
        return Defined(self)

    def runs(self, begin: Define) -> bool:
        """No: layers are made as a whole."""
        return False


class Defined(Module):
    """A module of a class that a program defines."""

    def __init__(self, of: ModuleClass) -> None:
        super().__init__(of.name)
        self.of = of

    def is_instance(self, of: Any) -> bool:
        """Whether it is of that class."""
        return of is self.of or (isinstance(of, str) and of.rpartition(".")[2] == "Module")

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """What it keeps, or one of its methods, which come before those of every module."""
        method = self.of.methods.get(name)
        if method is not None and name not in self.members:
            return Method(name, partial(self._called, method))
        return super().attribute(context, name)

    def names(self) -> Any:
        """What can stand behind its dot."""
        own = (name for name in self.of.methods if not name.startswith("__"))
        return dict.fromkeys((*super().names(), *own))

    def given(self, context: Context, call: Call) -> Rule:
        """A rule: what its `forward` gives for a call."""
        forward = self.of.methods.get("forward") or self.of.methods.get("__call__")
        if forward is None:
            hint = "def forward(self, x): return …"
            raise context.wrong(f"{self.name} has no forward, and cannot be called", call.function.span, hint)
        return (yield self._called(forward, context, call))

    def _called(self, method: Define, context: Context, call: Call) -> Rule:
        found = yield user_call(context, method, call, self, gives=method.name == "forward")
        return NONE if found is None else found


def define_class(run: Run, statement: ClassDefinition) -> None:
    """`class Net(nn.Module): …`, `class Square(Function): …`; raises `InputError` for all others."""
    members = [member_of(base, run) for base in statement.bases]
    path = members[0].path if len(members) == 1 and members[0] is not None else ""
    if path in FUNCTIONS:
        run.bind(statement.name, FunctionClass(statement.name, _methods(run, statement, STATIC)))
        return
    if not statement.bases or path in PLAIN or _is_object(statement):
        run.bind(statement.name, ObjectClass(statement.name, _methods(run, statement, ())))
        return
    if path not in BASES:
        raise InputError(
            "a class here is a module, a function or a dataset of PyTorch's, or of no other kind",
            (run.mark(statement.name_span),),
            f"class {statement.name}(nn.Module): … with forward, or class {statement.name}: … alone",
        )
    run.bind(statement.name, ModuleClass(statement.name, _methods(run, statement, ())))


def _is_object(statement: ClassDefinition) -> bool:
    """Whether a class is a kind of `object`, as every one is."""
    return [getattr(base, "name", "") for base in statement.bases] == ["object"]


def _methods(run: Run, statement: ClassDefinition, ignored: Sequence[str]) -> dict[str, Define]:
    """The methods of a class by their names, without their decorators, of which some are `ignored`."""
    found = {}
    lowering = run.lowering()
    for method in statement.methods:
        if not method.parameters:
            first = "ctx" if ignored else "self"
            raise InputError(
                f"{method.name} needs {first}",
                (run.mark(method.name_span),),
                f"def {method.name}({first}, x): …",
            )
        kept = [each for each in method.decorators if getattr(each, "name", "") not in ignored]
        found[method.name] = plain(lowering, method._replace(decorators=tuple(kept)))
    return found
