"""PyTorch's `checkpoint`, which computes again in the backward pass what a function has computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradcli.language.tree import Call
from gradcli.lowering.context import Context, Whole
from gradcli.lowering.hosts import called
from gradcli.lowering.kinds import Host
from gradcli.trampoline import Rule

_SETTINGS = ("use_reentrant", "context_fn", "determinism_check", "debug", "preserve_rng_state", "early_stop")
"""What says how PyTorch computes again."""


def _checkpoint(context: Context, call: Call) -> Rule:
    """What a function gives: its value and its gradients are the same, and so is what is kept of it here."""
    given = [each for each in call.arguments if each.name not in _SETTINGS]
    function = (yield Whole(given[0].value)) if given and given[0].name in (None, "function") else None
    if not isinstance(function, Host):
        raise context.wrong(
            "checkpoint takes a function and what it is called with", call.span, "checkpoint(f, x)"
        )
    return (yield called(function, context, call._replace(arguments=tuple(given[1:]))))


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {"torch.utils.checkpoint.checkpoint": _checkpoint}
"""What calls a function so, by its full path."""
