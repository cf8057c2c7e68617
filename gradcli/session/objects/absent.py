"""What programs ask for that is not here: pictures by Matplotlib, which are not drawn, and other devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradcli.engine.graph import constant
from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import Method, arguments
from gradcli.lowering.kinds import COUNT, Host, Lowered, Several
from gradcli.text.errors import Notice
from gradcli.text.source import Span
from gradcli.trampoline import Rule

DRAWING = "matplotlib"
"""The library whose calls draw nothing."""


class Picture(Host):
    """A figure, axes or a line of a picture that is not drawn: takes every call and every attribute."""

    title = "a picture that is not drawn"
    settled = True
    shows = False

    def attribute(self, context: Context, name: str) -> Lowered:
        """A part of it, which can be called."""
        return Method(name, lambda context, call: self)

    def call(self, context: Context, call: Call) -> Lowered:
        """A part of it."""
        return self

    def assign(self, context: Context, name: str, found: Lowered, span: Span) -> bool:
        """Every attribute can be assigned to, and changes nothing."""
        return True


def picture(context: Context, call: Call) -> Rule:
    """A rule: what a call of Matplotlib's gives; says once that nothing is drawn."""
    yield from ()
    run = context.acting(call.span).run
    if not run.session.told_of_pictures:
        run.session.told_of_pictures = True
        hint = "gradcli plot draws a formula and its derivative"
        message = "pictures are not drawn: lines that begin with plt change nothing"
        run.note(Notice("note", message, (context.mark(call.function.span),), hint))
    name = getattr(call.function, "name", "")
    return Several((Picture(), Picture())) if name == "subplots" else Picture()


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
