"""Modules: what has parameters and is called, as PyTorch's `nn.Module`, and how it is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from gradcli.engine.graph import Input, Node, constant
from gradcli.engine.primitives import TABLE
from gradcli.language.tree import Argument, Call, Name
from gradcli.language.tree import Text as Quoted
from gradcli.lowering.arguments import builtin
from gradcli.lowering.context import Context, done
from gradcli.lowering.dictionaries import VIEWS, View
from gradcli.lowering.hosts import (
    NONE,
    Arguments,
    Method,
    Nothing,
    Text,
    arguments,
    as_rule,
    called_with,
    is_lowered,
)
from gradcli.lowering.kinds import COUNT, PARAMETER, Host, Key, Lowered, Several
from gradcli.session.objects.listings import Listing, StateDict
from gradcli.session.objects.settings import Settings
from gradcli.session.repeating.actions import Clears
from gradcli.session.results import Entries, Label, Words
from gradcli.session.values import Value
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Mark, Span
from gradcli.trampoline import Rule


class Hook(Host):
    """A function that is called until it is removed: what `register_hook` and its like give."""

    title = "a hook"
    shows = False
    python_type = "RemovableHandle"

    def __init__(self, function: Host, place: Mark) -> None:
        self.function = function
        self.place = place
        """Where it was registered."""
        self.removed = False

    def held(self) -> Any:
        """Whether it was removed."""
        return self.removed

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        self.removed = held

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return ("remove",)

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """What removes it."""
        return Method(name, self._remove) if name == "remove" else None

    def _remove(self, context: Context, call: Call) -> Lowered:
        context.changing(self, call.span)
        self.removed = True
        return NONE

    def hooked(self, context: Context, call: Call, module: Module, found: Lowered) -> Rule:
        """A rule: what a call of a module gives, unless this function gives something else."""
        given: Arguments = yield arguments(context, call)
        passed = (module, Several(tuple(given.positional)), found)
        changed = yield called_with(self.function, context, passed, call)
        return found if isinstance(changed, Nothing) else changed

    def text(self) -> str:
        """As Python has it, but for its address."""
        return "<torch.utils.hooks.RemovableHandle object>"


HOMES = {
    **dict.fromkeys(("Linear", "Identity"), "linear"),
    **dict.fromkeys(("Sequential", "List"), "container"),
    **dict.fromkeys(("RNN", "LSTM", "GRU"), "rnn"),
    **dict.fromkeys(("Cosine", "Pairwise"), "distance"),
    "Transformer": "transformer",
    "Loss": "loss",
    "Conv": "conv",
    "BatchNorm": "batchnorm",
    "LayerNorm": "normalization",
    "Embedding": "sparse",
    "Dropout": "dropout",
    "Pool": "pooling",
    "Flatten": "flatten",
}
"""The modules of PyTorch's that classes are in, by parts of their names; activations are in another."""


class Module(Host):
    """What has parameters, buffers and other modules in it, by their names, and is called with values.

    A subclass says by `forward` what a call gives, and by `settings` what is printed of it.
    """

    title = "a module"

    def __init__(self, name: str) -> None:
        self.name = name
        """What its class is called."""
        self.training = True
        self.buffers: tuple[str, ...] = ()
        """The names of what it keeps that belongs to its state and is no parameter."""
        self.hooks: tuple[Any, ...] = ()
        """What is called with the module, what it is given and what it gives."""
        self.made_with: dict[str, Any] = {}
        """The settings that it was made with (as `Context.keep` keeps them)."""
        self.members: dict[str, Any] = {}
        """Parameters and modules, and what else a program keeps in it (as `Context.keep` keeps it)."""

    # What it holds

    def held(self) -> Any:
        """All that changes in it."""
        return self.training, dict(self.members), self.hooks

    def settle(self, keep: Callable[[Any], Any]) -> None:
        """Keeps what a function has put in it, and in the modules in it."""
        for _, module in self.modules():
            for name, kept in module.members.items():
                if is_lowered(kept):
                    module.members[name] = keep(kept)

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        self.training, members, self.hooks = held
        self.members = dict(members)

    @property
    def python_type(self) -> str:  # type: ignore[override]
        """What Python calls its type."""
        home = next((home for part, home in HOMES.items() if part in self.name), "activation")
        return f"torch.nn.modules.{home}.{self.name}"

    def is_instance(self, of: Any) -> bool:
        """Whether it is of that class of PyTorch's."""
        return isinstance(of, str) and of.rpartition(".")[2] in (self.name, "Module")

    def children(self) -> Iterator[tuple[str, Module]]:
        """The modules in it, with their names."""
        for name, kept in self.members.items():
            if isinstance(kept, Module):
                yield name, kept

    def modules(self, path: str = "") -> Iterator[tuple[str, Module]]:
        """It and all modules in it, each once, with where they stand."""
        stack, seen = [(path, self)], set()
        while stack:
            at, each = stack.pop()
            if id(each) not in seen:
                seen.add(id(each))
                yield at, each
                inner = [(f"{at}.{name}" if at else name, child) for name, child in each.children()]
                stack += reversed(inner)

    def from_inside(self) -> list[Module]:
        """All modules in it and itself, each behind those in it."""
        found: list[Module] = []
        stack: list[Module] = [self]
        while stack:
            each = stack.pop()
            found.append(each)
            stack += [child for _, child in each.children()]
        return found[::-1]

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Every parameter, each once, with where it stands."""
        seen: set[Node] = set()
        for at, module in self.modules():
            for name, kept in module.members.items():
                if is_parameter(kept) and kept.node not in seen:
                    seen.add(kept.node)
                    yield f"{at}.{name}" if at else name, kept

    def state(self) -> Iterator[tuple[str, Value]]:
        """Every parameter and every buffer, with where it stands."""
        for at, module in self.modules():
            own = [name for name, kept in module.members.items() if is_parameter(kept)]
            for name in (*own, *module.buffers):
                yield f"{at}.{name}" if at else name, module.members[name]

    # As a value

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return dict.fromkeys((*self.members, *self.made_with, *_METHODS, "training"))

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """A parameter, a module in it, whatever a program keeps in it, or a method."""
        if name in self.members:
            return context.now(self.members[name], name)
        if name == "training":
            return constant(self.training), COUNT
        if name in self.made_with:
            return context.now(self.made_with[name], name)
        if name in ("_modules", "_parameters"):
            return Members(self, name)
        does = _METHODS.get(name)
        return None if does is None else Method(name, lambda context, call: does(self, context, call))

    def assign(self, context: Context, name: str, found: Lowered, span: Span) -> bool:
        """Keeps something under a name: a parameter, a module, or any other value."""
        parameter = parameter_of(found)
        kept = parameter or context.keep(found, span)
        context.changing(self, span)
        if parameter is not None or isinstance(found, Module):
            context.acting(span).session.rearrange()
        self.members[name] = kept
        return True

    def call(self, context: Context, call: Call) -> Rule:
        """What its `forward` gives, as the functions of `register_forward_hook` leave it."""
        found = yield self.given(context, call)
        for hook in self.hooks:
            if not hook.removed:
                found = yield hook.hooked(context, call, self, found)
        return found

    def given(self, context: Context, call: Call) -> Rule:
        """A rule: what its `forward` gives for a call."""
        given: Arguments = yield arguments(context, call)
        return (yield self.forward(context, given, call))

    def forward(self, context: Context, given: Arguments, call: Call) -> Rule:
        """A rule: what it makes of what it is given; raises `GradcliError`."""
        raise context.wrong(f"{self.name} has no forward", call.span, "def forward(self, x): return …")

    # How it prints

    def settings(self) -> str:
        """What stands in brackets behind its name."""
        return ""

    def said(self, run: Any) -> str:
        """The same, where a program may say it in a run."""
        return self.settings()

    def lines(self, run: Any) -> list[str]:
        """The modules in it, each on a line, or more."""
        return [f"({name}): {child.written(run)}" for name, child in self.children()]

    def written(self, run: Any) -> str:
        """As PyTorch prints it, with the modules in it on lines of their own."""
        settings, lines = self.said(run), self.lines(run)
        if not lines and "\n" not in settings:
            return f"{self.name}({settings})"
        inside = "\n".join([*settings.splitlines(), *lines]).replace("\n", "\n  ")
        return f"{self.name}(\n  {inside}\n)"

    def shown(self, run: Any) -> Any:
        """As PyTorch prints it, in a run."""
        text = self.written(run)
        return Label(text, text)

    def text(self) -> str:
        """As PyTorch prints it, with the modules in it on lines of their own."""
        return self.written(None)


def is_parameter(kept: Any) -> bool:
    """Whether what a module keeps is a parameter: a leaf that was made one."""
    return isinstance(kept, Value) and isinstance(kept.node, Input) and kept.kind == PARAMETER


def parameter_of(found: Lowered) -> Value | None:
    """A leaf as a module keeps it, so that it is the same in all that holds it; `None` for all else."""
    if isinstance(found, Several | Host):
        return None
    node, kind = found
    is_leaf = isinstance(node, Input) and node.role == "leaf"
    return Value(node, None, {}, kind) if is_leaf else None


def one_input(context: Context, given: Arguments, call: Call, name: str, count: int = 1) -> Sequence[Lowered]:
    """The values that a module is called with; raises `InputError` for more or fewer."""
    found = [*given.positional, *given.named.values()]
    if len(found) != count:
        wanted = "one value" if count == 1 else f"{count} values"
        raise context.wrong(f"{name} is called with {wanted}, and not with {len(found)}", call.span)
    return found


def applied(
    context: Context, function: str, inputs: Sequence[Lowered], settings: Mapping[str, Any], call: Call
) -> Rule:
    """A rule: what a function of the table gives for inputs of a call, and for what a module has kept.

    A setting is text as it is, or what `Context.keep` kept. Errors mark the inputs, and the module for its
    weight.
    """
    span, spans = call.span, [each.value.span for each in call.arguments]
    given = [Argument(at, None, done(at, each)) for at, each in zip(spans, inputs, strict=True)]
    for name, kept in settings.items():
        at = call.function.span if name in ("weight", "bias") else span
        value = Quoted(at, kept) if isinstance(kept, str) else done(at, context.now(kept))
        given.append(Argument(at, name, value))
    asked = Call(span, Name(span, function), tuple(given))
    return (yield builtin(context, TABLE[function], asked, None))


# Methods


def _nothing_but(context: Context, call: Call, name: str) -> None:
    if call.arguments:
        raise context.wrong(f"{name} takes nothing here", call.arguments[0].span, f"as in model.{name}()")


def _parameters(module: Module, context: Context, call: Call) -> Lowered:
    return Listing("parameters", [kept for _, kept in module.named_parameters()])


def _named_parameters(module: Module, context: Context, call: Call) -> Lowered:
    return Listing("named_parameters", [(Text((name,)), kept) for name, kept in module.named_parameters()])


def _children(module: Module, context: Context, call: Call) -> Lowered:
    return Listing("children", [child for _, child in module.children()])


def _named_children(module: Module, context: Context, call: Call) -> Lowered:
    return Listing("named_children", [(Text((name,)), child) for name, child in module.children()])


def _modules(module: Module, context: Context, call: Call) -> Lowered:
    return Listing("modules", [each for _, each in module.modules()])


def _state_dict(module: Module, context: Context, call: Call) -> Lowered:
    return StateDict(dict(module.state()))


def _load_state_dict(module: Module, context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    state = given.positional[0] if given.positional else None
    if not isinstance(state, Host) or not state.keyed:
        raise context.wrong("load_state_dict takes what state_dict gives", call.span)
    keys = [each.plain for each in state.items(context) or () if isinstance(each, Text)]
    if set(keys) != {name for name, _ in module.state()}:
        raise EvaluationError(_OF_ANOTHER, (context.mark(call.span),))
    session = context.acting(call.span).session
    for at, each in module.modules():
        for name, kept in list(each.members.items()):
            whole = f"{at}.{name}" if at else name
            if whole not in keys:
                continue
            found = yield as_rule(state.entry(context, Key(whole, Text((whole,))), call.span))
            node, _ = context.one(found, call.span)
            if name in each.buffers:
                if node.shape != kept.node.shape:
                    raise EvaluationError(_OF_ANOTHER, (context.mark(call.span),))
                context.changing(each, call.span)
                each.members[name] = context.keep((TABLE["clone"].build(node), kept.kind), call.span)
            else:
                data = session.evaluate((node,))[0]
                session.update(kept.node, data, context.mark(call.span))
    return Text(("<All keys matched successfully>",))


_OF_ANOTHER = "these are the parameters of another module"


def _mode(training: bool) -> Callable[[Module, Context, Call], Rule]:
    def does(module: Module, context: Context, call: Call) -> Rule:
        given: Arguments = yield arguments(context, call)
        asked = training
        if given.positional:
            node, _ = context.one(given.positional[0], given.spans[0])
            asked = bool(context.known(node))
        for _, each in module.modules():
            context.changing(each, call.span)
            each.training = asked
        return module

    return does


def _zero_grad(module: Module, context: Context, call: Call) -> Rule:
    yield arguments(context, call)
    nodes = [kept.node for _, kept in module.named_parameters()]
    clear_grads(context, call, [each for each in nodes if isinstance(each, Input)], to_none=True)
    return NONE


def _requires_grad(module: Module, context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    asked = [*given.positional, *given.named.values()]
    wanted = not asked or bool(context.known(context.one(asked[0], call.span)[0]))
    session = context.acting(call.span).session
    context.scope.acts()
    for _, kept in module.named_parameters():
        session.freeze(kept.node, not wanted)
    return module


def clear_grads(context: Context, call: Call, leaves: Sequence[Input], *, to_none: bool) -> None:
    """What a call of `zero_grad` does to some leaves: their grads become zero, or none."""
    acting = context.acting(call.span)
    clears = Clears(acting.session, leaves, to_none=to_none)
    clears.done()
    acting.run.call_again(call, lambda: clears)


def _itself(module: Module, context: Context, call: Call) -> Rule:
    yield arguments(context, call)
    return module


def _forward(module: Module, context: Context, call: Call) -> Rule:
    return module.call(context, call)


def _register_forward_hook(module: Module, context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    function = given.positional[0] if len(given.positional) == 1 and not given.named else None
    if not isinstance(function, Host):
        hint = "a function of the module, its inputs and its output: layer.register_forward_hook(f)"
        raise context.wrong("register_forward_hook takes a function", call.span, hint)
    hook = Hook(function, context.mark(call.span))
    context.changing(module, call.span)
    module.hooks = (*module.hooks, hook)
    return hook


def _register_buffer(module: Module, context: Context, call: Call) -> Rule:
    settings = yield _settings(context, call, "register_buffer", "name, tensor, persistent=True")
    name, found = settings.text("name"), settings.given["tensor"]
    of_others = isinstance(found, Several | Host) or found[1].form == "number"
    if of_others and not isinstance(found, Nothing):
        raise context.wrong("a buffer is a tensor", settings.span("tensor"), _BY_NAME["register_buffer"])
    module.assign(context, name, found, call.span)
    if settings.flag("persistent") and not isinstance(found, Nothing) and name not in module.buffers:
        module.buffers = (*module.buffers, name)
    return NONE


_BY_NAME: Mapping[str, str] = {
    "register_buffer": 'self.register_buffer("mean", torch.zeros(3))',
    "add_module": 'self.add_module("fc", nn.Linear(2, 1))',
    "register_module": 'self.register_module("fc", nn.Linear(2, 1))',
    "register_parameter": 'self.register_parameter("w", nn.Parameter(torch.zeros(3)))',
}
"""What keeps something in a module under a name, as it is called."""


def _settings(context: Context, call: Call, name: str, signature: str) -> Rule:
    """A rule: the settings of what keeps something under a name, which is one that an attribute can have."""
    settings = Settings(context, name, signature, (yield arguments(context, call)), call, prefix="self.")
    if not settings.text("name") or "." in settings.text("name"):
        told = "a name in a module is not empty, and has no dot"
        raise context.wrong(told, settings.span("name"), _BY_NAME[name])
    return settings


def _add_module(name: str, module: Module, context: Context, call: Call) -> Rule:
    settings = yield _settings(context, call, name, "name, module")
    found = settings.given["module"]
    if not isinstance(found, Module | Nothing):
        raise context.wrong("this is no module", settings.span("module"), _BY_NAME[name])
    module.assign(context, settings.text("name"), found, call.span)
    return NONE


def _register_parameter(module: Module, context: Context, call: Call) -> Rule:
    settings = yield _settings(context, call, "register_parameter", "name, param")
    found = settings.given["param"]
    kept = parameter_of(found)
    if not isinstance(found, Nothing) and (kept is None or not is_parameter(kept)):
        raise context.wrong("this is no parameter", settings.span("param"), _BY_NAME["register_parameter"])
    module.assign(context, settings.text("name"), found, call.span)
    return NONE


class Members(Host):
    """What a module keeps of one sort, by its names: `model._modules`."""

    title = "a dictionary"
    settled = True
    keyed = True

    def __init__(self, of: Module, name: str) -> None:
        self.of = of
        self.name = name

    def _kept(self) -> dict[str, Any]:
        if self.name == "_modules":
            return dict(self.of.children())
        return {name: kept for name, kept in self.of.members.items() if is_parameter(kept)}

    def keys(self, context: Context) -> list[Lowered]:
        """The names."""
        return [Text((name,)) for name in self._kept()]

    def values(self, context: Context) -> list[Lowered]:
        """What stands under them."""
        return [context.now(each) for each in self._kept().values()]

    def items(self, context: Context) -> Sequence[Lowered]:
        """The names."""
        context.now(self.of)  # noted, as what a loop keeps depends on it
        return self.keys(context)

    def entry(self, context: Context, key: Key, span: Span) -> Lowered | None:
        """What stands under a name."""
        kept = self._kept().get(key.plain)
        return None if kept is None else context.now(kept)

    def assign_entry(self, context: Context, key: Key, found: Lowered, span: Span) -> bool:
        """Puts it under a name."""
        return self.of.assign(context, str(key.plain), found, span)

    def names(self) -> Iterable[str]:
        """What it can do."""
        return VIEWS

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """Its names, what stands under them, or pairs."""
        return Method(name, lambda context, call: View(self, name, "dict")) if name in VIEWS else None

    def shown(self, run: Any) -> Entries:
        """As Python prints a dictionary."""
        from gradcli.session.showing import shown

        found = [
            (
                Words((name,)),
                kept.shown(run)
                if isinstance(kept, Module)
                else shown(run, run.session.value_of(kept.node, kept.kind)),
            )
            for name, kept in self._kept().items()
        ]
        return Entries(tuple(found))


def _apply(module: Module, context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    function = given.positional[0] if len(given.positional) == 1 and not given.named else None
    if not isinstance(function, Host):
        raise context.wrong("apply takes a function of a module", call.span, "model.apply(init_weights)")
    for each in module.from_inside():
        yield called_with(function, context, (each,), call)
    return module


_METHODS: Mapping[str, Callable[[Module, Context, Call], Rule | Lowered]] = {
    "register_forward_hook": _register_forward_hook,
    "register_buffer": _register_buffer,
    **{name: partial(_add_module, name) for name in ("add_module", "register_module")},
    "register_parameter": _register_parameter,
    "apply": _apply,
    "parameters": _parameters,
    "named_parameters": _named_parameters,
    "children": _children,
    "named_children": _named_children,
    "modules": _modules,
    "state_dict": _state_dict,
    "load_state_dict": _load_state_dict,
    "train": _mode(True),
    "eval": _mode(False),
    "zero_grad": _zero_grad,
    "requires_grad_": _requires_grad,
    "forward": _forward,
    **dict.fromkeys(("to", "double", "float", "cpu"), _itself),
}
"""What every module can do."""
