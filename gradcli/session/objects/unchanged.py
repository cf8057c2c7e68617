"""What says how JAX runs a page, and changes nothing here: `jax.checkpoint(f)`, `jax.device_put(x)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradcli.language.tree import Call
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.hosts import NONE
from gradcli.text.errors import Notice
from gradcli.trampoline import Rule


def _itself(context: Context, call: Call) -> Rule:
    """A rule: the first argument, as it is."""
    first = call.arguments[0] if call.arguments else None
    if first is None or first.name is not None:
        name = context.text(call.function.span)
        raise context.wrong(f"{name} takes what it gives back", call.span, f"{name}(x)")
    return (yield Whole(first.value))


def _configured(context: Context, call: Call) -> Any:
    """`jax.config.update("jax_enable_x64", True)`."""
    message = "all arithmetic is in doubles here: what JAX's settings say changes nothing"
    context.acting(call.span).run.note(Notice("note", message, (context.mark(call.span),)))
    context.scope.acts()
    return NONE


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    **dict.fromkeys(("jax.checkpoint", "jax.remat", "jax.device_put", "jax.block_until_ready"), _itself),
    **dict.fromkeys(("jax.ad_checkpoint.checkpoint", "jax.ad_checkpoint.checkpoint_name"), _itself),
    "jax.config.update": _configured,
}
"""What gives back what it is given, or only settings, by its full path."""
