"""Functions of libraries that make something, handed on by their names: `steps = [jax.grad, jax.jit]`."""

from __future__ import annotations

from gradcli.language.tree import Expression
from gradcli.language.vocabulary import TENSORS
from gradcli.lowering.callables import Builtin
from gradcli.lowering.context import Context
from gradcli.lowering.draws import draw_of
from gradcli.lowering.names import KINDS, TRANSFORMING


def function_of_library(context: Context, expression: Expression, path: str) -> Builtin | None:
    """A function of a library that makes something, or draws, as a value; `None` for others."""
    name = path.rpartition(".")[2]
    if context.actor is None or name[:1].isupper():
        return None
    transforms = path.partition(".")[0] in TRANSFORMING and name in KINDS
    known = transforms or name in TENSORS or context.actor.maker(path) is not None
    return Builtin(expression) if known or draw_of(expression, context) is not None else None
