"""JAX's arrays with other elements: `x.at[0].set(3)`, which leaves x as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from gradcli.engine.graph import Node, as_node, constant, expand
from gradcli.engine.primitives import OPERATORS, TABLE, shaping
from gradcli.engine.primitives.entry import as_number
from gradcli.language.tree import Argument, Call, Subscript
from gradcli.lowering.context import Context, done
from gradcli.lowering.hosts import Arguments, Method, arguments, called
from gradcli.lowering.indexing import assigned, subscript
from gradcli.lowering.kinds import TENSOR, Host, Lowered, Typed
from gradcli.trampoline import Rule


class At(Host):
    """What stands behind `x.at`: with brackets, places of x."""

    title = "x.at without its places"
    hint = "as in x.at[0].set(3)"
    settled = True

    def __init__(self, kept: Any) -> None:
        self.kept = kept

    def item(self, context: Context, expression: Subscript) -> Host:
        """The places in the brackets."""
        return Places(self.kept, expression)


class Places(Host):
    """Some places of an array, as `x.at[0]` says them."""

    title = "places of an array"
    hint = "as in x.at[0].set(3)"
    settled = True

    def __init__(self, kept: Any, expression: Subscript) -> None:
        self.kept = kept
        self.expression = expression

    def names(self) -> Iterable[str]:
        """What can be done with the elements there."""
        return ("set", "get", "apply", *_UPDATES)

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """What gives an array in which these elements are others."""
        if name not in self.names():
            return None
        return Method(name, lambda context, call: self._update(context, name, call))

    def _update(self, context: Context, name: str, call: Call) -> Rule:
        given: Arguments = yield arguments(context, call)
        values = given.positional
        if len(values) != (name != "get"):
            raise context.wrong(
                f"{name} takes {'nothing' if name == 'get' else 'one value'}", call.span, "x.at[0].set(3)"
            )
        base: Typed = context.one(context.now(self.kept), self.expression.value.span)
        if name == "get":
            return (yield subscript(context, self.expression, base))
        node, kind = as_number(base[0]), base[1]
        span = given.spans[0]
        if name == "apply":
            if not isinstance(values[0], Host):
                raise context.wrong("apply takes a function", span, "x.at[0].apply(jnp.sin)")
            there = yield subscript(context, self.expression, (node, kind))
            passed = (Argument(span, None, done(span, there)),)
            found = yield called(values[0], context, call._replace(arguments=passed))
            part = as_number(context.one(found, span)[0])
        else:
            part = as_number(context.one(values[0], span)[0])
            if name == "add" and not node.boolean:
                added = yield self._added(context, node, part)
                if added is not None:
                    return added, TENSOR if added.tracked else kind
            if name != "set":
                there, _ = yield subscript(context, self.expression, (node, kind))
                part = _UPDATES[name](there, part)
        made = yield assigned(context, self.expression, node, part, span)
        return made, TENSOR if made.tracked else kind

    def _added(self, context: Context, base: Node, part: Node) -> Rule:
        """A rule: the array with something added in places one of which is named twice; `None` for others."""
        size = int(np.prod(base.shape, dtype=int))
        numbered = constant(np.arange(size, dtype=np.float64).reshape(base.shape))
        node, _ = yield subscript(context, self.expression, (numbered, TENSOR))
        known = context.known(node, leaves=context.scope.reads_leaves)
        places = None if known is None else np.asarray(known).astype(int)
        if places is None or len(np.unique(places)) == places.size:
            return None
        flat = shaping.reshape(base, (size,))
        added = shaping.reshape(expand(part, places.shape), (places.size,))
        summed = TABLE["index_add"].build(
            flat, 0, constant(places.ravel().astype(float)), added, as_node(1.0)
        )
        return shaping.reshape(summed, base.shape)


def _by(operator: str) -> Callable[[Node, Node], Node]:
    return lambda there, part: OPERATORS[operator, 2].build(there, part)


_UPDATES: dict[str, Callable[[Node, Node], Node]] = {
    "add": _by("+"),
    "subtract": _by("-"),
    "multiply": _by("*"),
    "mul": _by("*"),
    "divide": _by("/"),
    "power": _by("**"),
    "min": lambda there, part: TABLE["minimum"].build(there, part),
    "max": lambda there, part: TABLE["maximum"].build(there, part),
}
