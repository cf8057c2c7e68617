"""Modules that hold others, or parameters, in a row or by names: `Sequential`, `ModuleList`, `ModuleDict`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.dictionaries import VIEWS, Dictionary, View, key_of
from gradcli.lowering.hosts import Arguments, Method, Text, arguments, called_with, items_of
from gradcli.lowering.kinds import PARAMETER, Host, Key, Lowered
from gradcli.session.objects.modules import Module, one_input, parameter_of
from gradcli.session.values import Value
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule


class _Row(Module):
    """What takes more at its end."""

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return [*super().names(), "append"]

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """As of every module; and `append`."""
        return Method(name, self._append) if name == "append" else super().attribute(context, name)

    def _append(self, context: Context, call: Call) -> Rule:
        raise NotImplementedError


class Modules(_Row):
    """Modules in a row, each under its place."""

    def items(self, context: Context) -> Sequence[Lowered]:
        """The modules."""
        return [each for _, each in self.children()]

    def part(self, places: slice) -> Modules:
        """Some of them, in a row of the same sort."""
        found = type(self)(self.name)
        for place, each in enumerate([each for _, each in self.children()][places]):
            found.members[str(place)] = each
        return found

    def _append(self, context: Context, call: Call) -> Rule:
        given: Arguments = yield arguments(context, call)
        (module,) = modules_of(context, given, call) or (None,)
        context.changing(self, call.span)
        self.members[str(len(self.members))] = module
        return self


class ModuleList(Modules):
    """Modules in a row, which are called one by one."""

    def lines(self, run: Any) -> list[str]:
        """As PyTorch prints it: equal modules that follow one another once, with how many there are."""
        lines, place = [], 0
        for text, alike in groupby([each.written(run) for _, each in self.children()]):
            count = len(list(alike))
            at = f"{place}" if count == 1 else f"{place}-{place + count - 1}"
            lines.append(f"({at}): " + (f"{count} x " if count > 1 else "") + text)
            place += count
        return lines


class Sequential(Modules):
    """Applies modules one after another."""

    def forward(self, context: Context, given: Arguments, call: Call) -> Rule:
        """What the last one gives."""
        (found,) = one_input(context, given, call, "Sequential")
        for _, module in self.children():
            context.now(module)  # noted, as what a loop keeps depends on it
            found = yield called_with(module, context, (found,), call)
        return found


class ModuleDict(Module):
    """Modules by names, which are called one by one."""

    keyed = True

    def keys(self, context: Context) -> list[Lowered]:
        """The names."""
        return [Text((name,)) for name, _ in self.children()]

    def values(self, context: Context) -> list[Lowered]:
        """The modules."""
        return [each for _, each in self.children()]

    def items(self, context: Context) -> Sequence[Lowered]:
        """The names."""
        return self.keys(context)

    def entry(self, context: Context, key: Key, span: Span) -> Lowered | None:
        """The module of a name."""
        found = self.members.get(str(key.plain))
        return found if isinstance(found, Module) else None

    def assign_entry(self, context: Context, key: Key, found: Lowered, span: Span) -> bool:
        """Puts a module under a name."""
        return isinstance(found, Module) and self.assign(context, str(key.plain), found, span)

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return (*super().names(), *VIEWS)

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """As of every module; and its names, its modules, or pairs of them."""
        if name in VIEWS and name not in self.members:
            return Method(name, lambda context, call: View(self, name, "odict"))
        return super().attribute(context, name)


class ParameterList(_Row):
    """Parameters in a row, each under its place."""

    def items(self, context: Context) -> Sequence[Lowered]:
        """The parameters."""
        return [context.now(each) for each in self.members.values()]

    def _append(self, context: Context, call: Call) -> Rule:
        given: Arguments = yield arguments(context, call)
        for found, span in zip(given.positional, given.spans, strict=True):
            self.take(context, found, span)
        return self

    def take(self, context: Context, found: Lowered, span: Span) -> None:
        """Puts a tensor behind the others, as a parameter."""
        node, _ = context.one(found, span)
        self.dtype = "torch.float32" if context.scope.single else "torch.float64"
        kept = parameter_of((node, PARAMETER)) or Value(context.scope.new_leaf(node), None, {}, PARAMETER)
        self.assign(context, str(len(self.members)), (kept.node, PARAMETER), span)

    def settings(self) -> str:
        """A line for each of them."""
        lines = []
        for name, kept in self.members.items():
            sizes = "x".join(str(size) for size in kept.node.shape)
            lines.append(f"  ({name}): Parameter containing: [{self.dtype} of size {sizes}]")
        return "\n".join(lines)


def modules_of(context: Context, given: Arguments, call: Call) -> list[Module]:
    """The modules that a call is given; raises `InputError` for anything else."""
    for each, span in zip(given.positional, given.spans, strict=True):
        if not isinstance(each, Module):
            raise context.wrong("this is no module", span, "as in nn.Linear(2, 1)")
    return [each for each in given.positional if isinstance(each, Module)]


def _take_entries(context: Context, into: Module, listed: Dictionary | ModuleDict, span: Span) -> None:
    """Puts the modules of a dictionary under their names; raises `InputError` for anything else."""
    for key in listed.keys(context):
        name = key_of(context, key, span)
        module = listed.entry(context, name, span)
        if not isinstance(module, Module):
            raise context.wrong("this is no module", span, "as in nn.Linear(2, 1)")
        into.assign(context, str(name.plain), module, span)


def _row(make: type[Modules], name: str, context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    first = given.positional[0] if len(given.positional) == 1 else None
    if name == "Sequential" and isinstance(first, Dictionary) and first.name == "OrderedDict":
        by_name = make(name)
        _take_entries(context, by_name, first, given.spans[0])
        return by_name
    if name == "ModuleList" and len(given.positional) == 1 and isinstance(given.positional[0], Host):
        listed = given.positional[0].items(context)
        if listed is not None and not isinstance(given.positional[0], Module):
            given = given._replace(positional=list(listed), spans=[given.spans[0]] * len(listed))
    found = make(name)
    for place, module in enumerate(modules_of(context, given, call)):
        found.members[str(place)] = module
    return found


def _by_names(context: Context, call: Call) -> Rule:
    """`nn.ModuleDict({"a": layer})`."""
    given: Arguments = yield arguments(context, call)
    found = ModuleDict("ModuleDict")
    if not given.positional:
        return found
    listed = given.positional[0]
    if not isinstance(listed, Dictionary | ModuleDict):
        raise context.wrong("modules by names are a dictionary", call.span, 'nn.ModuleDict({"a": layer})')
    _take_entries(context, found, listed, given.spans[0])
    return found


def _parameters(context: Context, call: Call) -> Rule:
    """`nn.ParameterList([p, q])`."""
    given: Arguments = yield arguments(context, call)
    found = ParameterList("ParameterList")
    for each, span in zip(given.positional, given.spans, strict=True):
        for item in items_of(context, each, span):
            found.take(context, item, span)
    return found


class Identity(Module):
    """Gives back what it is called with."""

    def forward(self, context: Context, given: Arguments, call: Call) -> Rule:
        """What it is called with."""
        yield from ()  # a rule that needs no other
        return one_input(context, given, call, "Identity")[0]


def _identity(context: Context, call: Call) -> Rule:
    yield arguments(context, call)
    return Identity("Identity")


def _parameter(context: Context, call: Call) -> Rule:
    """`nn.Parameter(x)`: a leaf that is a parameter of the module that it is assigned to."""
    given: Arguments = yield arguments(context, call)
    if not given.positional or set(given.named) - {"requires_grad"}:
        raise context.wrong("a parameter is made of one tensor", call.span, "nn.Parameter(torch.zeros(3))")
    node, _ = context.one(given.positional[0], given.spans[0])
    known = context.known(node, leaves=True)
    if known is None:
        raise EvaluationError("a parameter is made of numbers that are known", (context.mark(call.span),))
    return context.scope.new_leaf(node), PARAMETER


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "torch.nn.Sequential": partial(_row, Sequential, "Sequential"),
    "torch.nn.ModuleList": partial(_row, ModuleList, "ModuleList"),
    "torch.nn.ModuleDict": _by_names,
    "torch.nn.ParameterList": _parameters,
    "torch.nn.Identity": _identity,
    "torch.nn.Parameter": _parameter,
    "torch.nn.parameter.Parameter": _parameter,
}
"""What makes what holds modules, by its full path; and parameters."""
