"""What tuples whose parts have names can do: `p._replace(x=5)`, `p._asdict()`."""

from __future__ import annotations

from gradcli.language.tree import Attribute, Call
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.dictionaries import of_names
from gradcli.lowering.hosts import Arguments, arguments
from gradcli.lowering.kinds import Lowered, Several
from gradcli.text.suggest import did_you_mean
from gradcli.trampoline import Rule


def method(context: Context, function: Attribute, call: Call) -> Rule:
    """A rule: the tuple with other parts, or a dictionary of its parts; raises `InputError` for others."""
    found: Lowered = yield Whole(function.value)
    if not isinstance(found, Several) or not found.names:
        told = f"only a namedtuple has {function.name}"
        raise context.wrong(told, function.name_span, 'Point = namedtuple("Point", ["x", "y"]) makes them')
    given: Arguments = yield arguments(context, call)
    parts = dict(zip(found.names, found.parts, strict=True))
    if function.name == "_asdict":
        if given.positional or given.named:
            raise context.wrong("_asdict takes nothing", call.span, "p._asdict()")
        return of_names(context, parts, call.span)
    if given.positional:
        raise context.wrong("_replace takes parts by their names", given.spans[0], "p._replace(x=5)")
    for name in given.named:
        if name not in parts:
            near = did_you_mean(name, found.names)
            hint = f"did you mean {near}?" if near else f"its parts are {', '.join(found.names)}"
            raise context.wrong(f"this tuple has no part {name}", given.named_spans[name], hint)
    return found._replace(parts=tuple((parts | given.named).values()))
