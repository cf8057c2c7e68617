"""What programs ask for that is not here: pictures by Matplotlib, but for `--plots`, and other devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.engine.graph import constant
from gradcli.language.tree import Call, Slice, Subscript
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import NONE, Arguments, Method, Text, arguments
from gradcli.lowering.indexing import slice_of
from gradcli.lowering.kinds import COUNT, Host, Key, Lowered, Several
from gradcli.lowering.trees import branches
from gradcli.session.results import Formatted, Shown, Words
from gradcli.text.errors import EvaluationError, GradcliError, Notice
from gradcli.text.source import Span
from gradcli.trampoline import Rule


class Picture(Host):
    """A figure, axes or a line of a picture: takes every call, every attribute and every key.

    `drawn` is Matplotlib's own, where pictures are drawn. Axes in rows and columns have a `shape`.
    """

    title = "a picture"
    settled = True
    shows = False
    keyed = True

    def __init__(self, drawn: Any = None, shape: tuple[int, ...] = ()) -> None:
        self.drawn = drawn
        self.shape = shape

    def attribute(self, context: Context, name: str) -> Lowered:
        """A part of it, which can be called."""
        if name in ("flat", "T"):
            return self
        if self.shape and name in ("ravel", "flatten"):
            return Method(name, lambda context, call: Several(tuple(self.items(context))))
        return Part(name, lambda context, call: _method(self, name, context, call))

    def call(self, context: Context, call: Call) -> Lowered:
        """A part of it."""
        return self

    def assign(self, context: Context, name: str, found: Lowered, span: Span) -> bool:
        """Every attribute can be assigned to, and changes nothing."""
        return True

    def items(self, context: Context) -> Sequence[Lowered]:
        """Its axes, one after another where they stand in rows and columns."""
        places = np.ndindex(*self.shape) if self.shape else ()
        return [Picture(None if self.drawn is None else self.drawn[place]) for place in places]

    def entry(self, context: Context, key: Key, span: Span) -> Lowered:
        """Some of its axes."""
        if not self.shape:
            return Picture(None)
        parts = key.plain if isinstance(key.plain, tuple) else (key.plain,)
        if not all(isinstance(each, float) and each.is_integer() for each in parts):
            raise EvaluationError("there are no such axes", (context.mark(span),))
        return self._at(context, tuple(map(int, parts)), span)

    def assign_entry(self, context: Context, key: Key, found: Lowered, span: Span) -> bool:
        """Every setting can have a value, and changes nothing."""
        return True

    def item(self, context: Context, expression: Subscript) -> Rule | None:
        """Axes in a row or a column of it: `axes[0, :]`."""
        is_cut = self.shape and any(isinstance(each, Slice) for each in expression.items)
        return self._cut(context, expression) if is_cut else None

    def _cut(self, context: Context, expression: Subscript) -> Rule:
        places: list[Any] = []
        for item, size in zip(expression.items, self.shape, strict=False):
            if isinstance(item, Slice):
                places.append((yield from slice_of(context, item, size)))
            else:
                node, _ = yield item
                places.append(context.settled_integer(node, item.span))
        return self._at(context, tuple(places), expression.span)

    def _at(self, context: Context, places: tuple[Any, ...], span: Span) -> Lowered:
        try:
            chosen = np.empty(self.shape, dtype=object)[places] if self.drawn is None else self.drawn[places]
        except IndexError:
            raise EvaluationError("there are no such axes", (context.mark(span),)) from None
        return Picture(None, np.shape(chosen)) if self.drawn is None else _pictured(chosen)


class Part(Method):
    """What stands behind a picture's dot: a method where it is called, else what changes nothing."""

    keyed = True

    def attribute(self, context: Context, name: str) -> Lowered:
        """A part of it: `ax.xaxis.set_ticks_position`."""
        return Picture().attribute(context, name)

    def assign(self, context: Context, name: str, found: Lowered, span: Span) -> bool:
        """Every attribute can be assigned to, and changes nothing."""
        return True

    def assign_entry(self, context: Context, key: Key, found: Lowered, span: Span) -> bool:
        """Every setting can have a value, and changes nothing."""
        return True

    def item(self, context: Context, expression: Subscript) -> Rule:
        """A part of it: `ax.spines["right"]`."""
        yield from ()
        return Picture()


def _pictured(drawn: Any) -> Lowered:
    """What Matplotlib has given, as a value here."""
    if isinstance(drawn, np.ndarray) and drawn.dtype == object:
        return Picture(drawn, drawn.shape)
    if isinstance(drawn, tuple):
        return Several(tuple([_pictured(each) for each in drawn]))
    return Picture(drawn)


def picture(context: Context, call: Call) -> Rule:
    """A rule: what a call of Matplotlib's gives; says once that nothing is drawn, where that is so."""
    run = context.acting(call.span).run
    name = str(getattr(call.function, "name", ""))
    context.scope.acts()
    if run.session.drawing is None:
        if not run.session.told_of_pictures:
            run.session.told_of_pictures = True
            message = "pictures are not drawn: lines that begin with plt change nothing"
            hint = "gradcli run --plots FOLDER draws them into a folder"
            run.note(Notice("note", message, (context.mark(call.function.span),), hint))
        if name != "subplots":
            return Picture()
        counts = [each for each in (yield from _counts(context, call)) if each > 1]
        return Several((Picture(), Picture(None, tuple(counts))))
    given, named = yield _python(context, call)
    return _pictured(_told(context, call, run.session.drawing.call, name, given, named))


def _method(of: Picture, name: str, context: Context, call: Call) -> Rule:
    """A rule: what a method of a figure, or of axes, gives."""
    drawing = context.acting(call.span).session.drawing
    context.scope.acts()
    if of.drawn is None or drawing is None:
        if name == "subplots":
            return Picture(None, tuple(each for each in (yield from _counts(context, call)) if each > 1))
        return of
    given, named = yield _python(context, call)
    found = _told(context, call, drawing.call_method, of.drawn, name, given, named)
    return of if found is None else _pictured(found)


def _counts(context: Context, call: Call) -> Any:
    """The numbers of rows and columns of `subplots`, without the other arguments."""
    found = [1, 1]
    for place, argument in enumerate(call.arguments):
        at = {None: place, "nrows": 0, "ncols": 1}.get(argument.name, 2)
        if at < 2:
            node, _ = yield argument.value
            found[at] = context.settled_integer(node, argument.span)
    return found


def _told(context: Context, call: Call, draws: Callable[..., Any], *given: Any) -> Any:
    """What Matplotlib gives; its errors get the place of the call."""
    try:
        return draws(*given)
    except GradcliError as error:
        error.marks = error.marks or (context.mark(call.span),)
        raise


def _python(context: Context, call: Call) -> Rule:
    """A rule: the arguments of a call as Matplotlib takes them."""
    given: Arguments = yield arguments(context, call)
    values = [_plain(context, each, span) for each, span in zip(given.positional, given.spans, strict=True)]
    return values, {
        name: _plain(context, each, given.named_spans[name]) for name, each in given.named.items()
    }


def _plain(context: Context, found: Lowered, span: Span) -> Any:
    """A value as Python has it; raises `InputError` for what a picture has no use for."""
    inside = branches(context, found)
    if inside is not None:
        parts = [_plain(context, each, span) for each in inside]
        return tuple(parts) if isinstance(found, Several) else parts
    if isinstance(found, Picture):
        return found.drawn
    if isinstance(found, Text):
        return "".join([each if isinstance(each, str) else _written(each) for each in found.parts])
    if isinstance(found, Host):
        if found is NONE:
            return None
        raise context.wrong(f"{found.title} is nothing to draw", span)
    node, kind = context.one(found, span)
    data = context.acting(span).session.evaluate((context.where_taken(node),))[0]
    if kind.whole and not np.shape(data):
        return bool(data) if node.boolean else int(data)
    return data if np.shape(data) else float(data)


def _written(part: Any) -> str:
    """What stands between the strings of a text: numbers in their formats, and other text."""
    value = part.value if isinstance(part, Formatted) else part
    if isinstance(value, Shown) and value.is_number():
        spec = part.spec if isinstance(part, Formatted) else ""
        return value.formatted(spec, plain=True) if spec else str(value.number())
    if isinstance(value, Words):
        return "".join([each if isinstance(each, str) else _written(each) for each in value.parts])
    return str(np.asarray(value.data).tolist()) if isinstance(value, Shown) else "…"


def _no_device(context: Context, call: Call) -> Rule:
    yield arguments(context, call)
    return constant(False), COUNT


def _no_devices(context: Context, call: Call) -> Rule:
    yield arguments(context, call)
    return constant(0), COUNT


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "torch.cuda.is_available": _no_device,
    "torch.cuda.device_count": _no_devices,
    "torch.backends.mps.is_available": _no_device,
}
"""What answers that there is no other device, by its full path."""
