"""`torch.save` and `torch.load`: what is saved is kept under its path, and no file is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradcli.language.tree import Argument, Call
from gradcli.lowering.context import Context, done
from gradcli.lowering.dictionaries import Dictionary, key_of, of_names
from gradcli.lowering.hosts import NONE, Text, arguments
from gradcli.lowering.kinds import Lowered
from gradcli.session.objects.collected import copied
from gradcli.session.objects.settings import Settings
from gradcli.text.errors import EvaluationError, Notice
from gradcli.trampoline import Rule


def _save(context: Context, call: Call) -> Rule:
    signature = "obj, f, pickle_module=None, pickle_protocol=2"
    given = Settings(context, "save", signature, (yield arguments(context, call)), call, prefix="torch.")
    path = _path(context, given)
    actor = context.acting(call.span)
    context.scope.acts()
    copy: Lowered = yield copied(context, _of(call, given.given["obj"]))
    if actor.session.saved is None:
        message = "what is saved is kept until the end of the run, and no file is written"
        actor.run.note(Notice("note", message, (context.mark(call.function.span),)))
    _files(context, call).assign_entry(context, path, copy, call.span)
    return NONE


def _load(context: Context, call: Call) -> Rule:
    signature = "f, map_location=None, pickle_module=None, weights_only=True, mmap=None"
    given = Settings(context, "load", signature, (yield arguments(context, call)), call, prefix="torch.")
    key = _path(context, given)
    found = _files(context, call).entry(context, key, call.span)
    if found is None:
        message = "this reads no files, but gives back what was saved before in the same run"
        raise EvaluationError(
            message, (context.mark(given.span("f")),), 'torch.save(model.state_dict(), "m.pt")'
        )
    return (yield copied(context, _of(call, found)))


def _of(call: Call, found: Lowered) -> Call:
    return call._replace(arguments=(Argument(call.span, None, done(call.span, found)),))


def _path(context: Context, given: Settings) -> Any:
    found = given.given["f"]
    if not isinstance(found, Text):
        raise context.wrong("a path is text", given.span("f"), '"model.pt"')
    return key_of(context, found, given.span("f"))


def _files(context: Context, call: Call) -> Dictionary:
    """What the session has saved, by its paths."""
    session = context.acting(call.span).session
    if session.saved is None:
        session.saved = of_names(context, {}, call.span)
    saved: Dictionary = session.saved
    return saved


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {"torch.save": _save, "torch.load": _load}
"""What saves and loads, by its full path."""
