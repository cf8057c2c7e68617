"""What may act while an expression is lowered: showing what stands in text, making objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradcli.engine.graph import Input, Node, Stale, as_node, expand, topological
from gradcli.language.tree import Attribute, Call, Define, Expression
from gradcli.lowering.context import Around
from gradcli.lowering.deeds import root_of
from gradcli.lowering.hosts import NONE, List
from gradcli.lowering.hosts import Nothing as NothingThere
from gradcli.lowering.kinds import COUNT, Host, Lowered, Several, Typed, each_of, is_memory, over_each
from gradcli.lowering.lower import Lowering
from gradcli.session.context import Run
from gradcli.session.frames import call
from gradcli.session.names import CallNames
from gradcli.session.results import Described, Formatted, Label, Nothing, Shown, Words
from gradcli.session.showing import ATTRIBUTES, describe, dtype_label, setting, shown, without_value
from gradcli.session.values import Value
from gradcli.text.errors import EvaluationError, InputError
from gradcli.text.source import Mark, Span

_TOO_WIDE = r"[0-9]{4}"
"""A width or a precision that a line should not have."""

_ALIKE = "eEfFgG%"
"""The ends of the formats in which every style shows a number alike."""


class Said(Host):
    """What is said of a value and is none, as its dtype."""

    title = "what is said of a value"
    settled = True

    def __init__(self, says: Label) -> None:
        self.says = says

    def shown(self, run: Run) -> Label:
        """What is said."""
        return self.says

    def equals(self, other: Any) -> bool:
        """Whether the same is said."""
        return isinstance(other, Said) and self.says.torch == other.says.torch

    def text(self) -> str:
        """What PyTorch says."""
        return self.says.torch


class Acting:
    """A run of a program, as lowering sees it (`Actor`)."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.session = run.session

    def made_in(self, module: str) -> Sequence[str]:
        """The names of the objects that are made under the path of a module, as `torch.optim`."""
        from gradcli.session.makers import made_in

        return made_in(module)

    def maker(self, path: str) -> Callable[[Any, Any], Any] | None:
        """What makes an object, by the full path of what is called."""
        from gradcli.session.makers import maker
        from gradcli.session.passed_over import passed_over

        return maker(path) or passed_over(path)

    def part(self, module: str, name: str) -> Host | None:
        """What stands behind the dot of a module and is no numbers, as `plt.rcParams` and `np.c_`."""
        if module in ("numpy", "jax.numpy"):
            from gradcli.session.objects.moving import BRACKETS

            return BRACKETS.get(name)
        if module.partition(".")[0] != "matplotlib":
            return None
        from gradcli.session.objects.absent import Picture

        return Picture()

    def without_value(self, context: Lowering, expression: Expression) -> Any:
        """What an expression shows that is no value of the language; names are those of the session."""
        return None if context.frames else without_value(self.run, expression)

    def shown(self, context: Lowering, expression: Expression, found: Lowered) -> Described:
        """What is shown of what an expression gives; raises `InputError` where that has no value yet."""
        if context.stand_ins:
            found = over_each(lambda node, kind: (context.where_taken(node), kind), found)
            cells = self.session.cells
            for node, _ in each_of(found):
                if any(isinstance(each, Input) and each not in cells for each in topological((node,))):
                    hint = "what a backward of your own is given has its value when backward is called"
                    raise InputError("this has no value yet", (context.mark(expression.span),), hint)
        return describe(self.run, expression, self.run.held(context, expression.span, found))

    def print(self, shown: Sequence[Described], separator: str, end: str, *, aside: bool) -> None:
        """Puts what is shown of some expressions on a line, of stderr where it goes `aside`."""
        parts: list[Any] = []
        for each in shown:
            if parts:
                parts.append(separator)
            parts += each.parts if isinstance(each, Words) else (each,)
        self.run.print(parts, end, aside=aside)

    def append(self, context: Lowering, to: List, item: Lowered, call: Call) -> bool:
        """Appends a value to a list, if it is computed and requires no grad."""
        if isinstance(item, Several | Host) or item[0].tracked or not item[0].inputs:
            return False
        from gradcli.session.memory.sharing import looks_at
        from gradcli.session.repeating.actions import Appends

        if is_memory(item[1], item[0]):
            looking = looks_at(item[0], context.known)
            if looking is not None and (_may_change(looking.root) or self._is_written(call)):
                return False  # it has the elements of another tensor
        node, kind = item
        context.changing(to, call.span, unseen=True)
        session, origins = self.session, context.origins
        value: Value = self.run.placed(call.span, lambda: session.value_of(node, kind, origins))
        Appends.append(session, to, value.data, kind)
        self.run.call_again(call, lambda: Appends(session, to, session.computation(node, kind)), decides=True)
        return True

    def apart(self, context: Lowering, expression: Expression, found: Lowered) -> Lowered:
        """What an expression gives, as a tensor of its own where others hold one that was computed alike."""
        if isinstance(found, Several | Host) or not found[0].tracked or not self.run.writes:
            return found
        from gradcli.session.memory.apart import apart

        return apart(self.session, context, expression, found)

    def _is_written(self, call: Call) -> bool:
        """Whether what is appended, or what it looks at, is changed in place somewhere."""
        return self.run.is_written(root_of(call.function), *[root_of(each.value) for each in call.arguments])

    def dtype(self, name: str, library: str = "torch") -> Host:
        """What a dtype is as a value, by its name."""
        says = dtype_label(self.session, name, library)
        assert says is not None
        return Said(says)

    def setting(self, name: str) -> Host | None:
        """The dtype or the device that a name means."""
        says = setting(self.run, name)
        return None if says is None else Said(says)

    def described(self, context: Lowering, expression: Attribute, found: Typed) -> Host:
        """What an attribute says of a value."""
        value = self.run.valued(context, expression.span, found)
        says = ATTRIBUTES[expression.name](shown(self.run, value, expression.value))
        if isinstance(says, Nothing):
            return NONE
        if expression.name == "grad_fn":
            from gradcli.session.objects.grad_fns import grad_fn  # which few programs ask for

            return grad_fn(self.session, value.node, says.plain)
        return Said(says)

    def width(self, context: Lowering, expression: Expression, found: Lowered) -> str | None:
        """What an expression gives as a number in a format."""
        shown = self.shown(context, expression, found)
        if isinstance(shown, Words):
            return "".join([each for each in shown.parts if isinstance(each, str)])
        if not isinstance(shown, Shown) or not shown.is_number():
            return None
        number = shown.number()
        return str(int(number) if float(number).is_integer() else number)

    def formatted(
        self, context: Lowering, shown: Described, place: Span, conversion: str, spec: str
    ) -> Formatted | str:
        """A field of formatted text, its format at `place`; raises `InputError` for one that does not fit.

        It is text where every style shows the same.
        """
        if spec:
            check_format(context, shown, place, spec, converted=bool(conversion))
        as_text = conversion in ("", "s")
        if isinstance(shown, Words) and as_text and all(isinstance(each, str) for each in shown.parts):
            return format("".join([each for each in shown.parts if isinstance(each, str)]), spec)
        if isinstance(shown, Shown) and shown.kind == COUNT and shown.is_number() and as_text:
            number = shown.number()
            return format(number, spec) if type(number) is int else Formatted(shown, conversion, spec)
        is_alike = not conversion and spec != "" and spec[-1] in _ALIKE
        if is_alike and isinstance(shown, Shown) and shown.is_number():
            is_rounded = any(each.library == "jax" for each in self.session.imports.values())
            if shown.uncertainty is None and not is_rounded:  # JAX's style shows its float32
                return shown.formatted(spec)
        return Formatted(shown, conversion, spec)

    def gradients(
        self, starts: Sequence[tuple[Node, Node | None]], variables: Sequence[Node]
    ) -> list[Any] | None:
        """Gradients in variables, of values with seeds, where hooks are called; `None` where none are."""
        values = tuple([node for node, _ in starts])
        if not self.session.hooks or not any(each in self.session.hooks for each in topological(values)):
            return None
        from gradcli.session.objects.hooks import gradients  # which few programs have

        seeds = [expand(as_node(1.0), node.shape) if seed is None else seed for node, seed in starts]
        data = dict(zip(values, self.session.evaluate(seeds), strict=True))
        return gradients(self.run, data, variables)

    def call(
        self,
        context: Lowering,
        function: Define,
        around: Around | None,
        given: Mapping[str, Lowered],
        span: Span,
    ) -> Lowered:
        """Runs the statements of a function, and gives what it returns."""
        called_from = context.mark(span, f"in {function.name}, called here")
        if context.undecided:
            raise EvaluationError(
                f"{function.name} does something, and whether it is called depends on values",
                (context.mark(span),),
            )
        context.scope.acts()
        held = {name: self.run.held(context, span, found) for name, found in given.items()}
        surrounding = self._surrounding(context, around, span)
        with context.before_it_acts(span):
            returned = call(self.run, function, surrounding, held, called_from)
        if returned is None:
            name = Mark(function.source, function.name_span)
            why = InputError(f"{function.name} returns nothing", (name, called_from), "end it with return …")
            return NothingThere(why)
        context.alive.append(returned)
        return context.scope.now(returned)

    def _surrounding(self, context: Lowering, around: Around | None, span: Span) -> Around | None:
        """The names around a function; those of functions that are no calls become names with values."""
        if around is None or not around.enclosing:
            return around
        names = around.names or self.session.bound.outermost
        for variables in reversed(around.enclosing):
            names = CallNames(names)
            with self.session.entered(names):
                for name, found in variables.items():
                    self.run.bind(name, self.run.held(context, span, found), recording=True)
        return Around((), names)


def _may_change(node: Node) -> bool:
    """Whether a tensor is one that is commonly changed in place: an input, which is not out of date."""
    return isinstance(node, Input) and not isinstance(node, Stale)


def check_format(context: Lowering, shown: Described, span: Span, spec: str, *, converted: bool) -> None:
    """Raises `InputError` for a format that does not fit what is shown; `converted`: to text before."""
    place = (context.mark(span),)
    is_number = isinstance(shown, Shown) and shown.is_number() and not converted
    if not is_number and not isinstance(shown, Words) and not converted:
        raise InputError("a format is for one number", place, "print the value without it")
    try:
        if re.search(_TOO_WIDE, spec):
            raise ValueError
        if is_number:
            assert isinstance(shown, Shown)
            shown.formatted(spec)
        else:
            format("", spec)
    except (ValueError, OverflowError):
        raise InputError(
            f"this is no format for {'a number' if is_number else 'text'}",
            place,
            "as in {x:.4f}, {x:10.3e}, {x:g}, and {n:d} for a whole number",
        ) from None
