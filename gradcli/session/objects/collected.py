"""What programs ask of Python's `collections` and `copy`: other classes of dictionaries, and copies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from functools import partial
from typing import Any

from gradcli.engine.graph import Input, Node
from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.dictionaries import Dictionary, make, make_with_default, of_names
from gradcli.lowering.hosts import Arguments, arguments
from gradcli.lowering.kinds import Host, Several
from gradcli.session.objects.listings import StateDict
from gradcli.session.values import Value
from gradcli.trampoline import Rule


def _copied(context: Context, call: Call) -> Rule:
    """A rule: `copy.deepcopy(model)`: a copy that shares nothing that changes, leaves included."""
    given: Arguments = yield arguments(context, call)
    if len(given.positional) != 1:
        raise context.wrong("one thing is copied", call.span, "copy.deepcopy(model)")
    made: dict[Any, Any] = {}

    def of(kept: Any) -> Any:
        if isinstance(kept, Value):
            node = kept.node
            if not isinstance(node, Input) or node.role != "leaf":
                return kept
            if node not in made:
                made[node] = Value(context.scope.new_leaf(node), None, {}, kept.kind)
            return made[node]
        if kept.__class__ is tuple and not (kept and isinstance(kept[0], Node)):
            return tuple([of(each) for each in kept])
        if isinstance(kept, dict):
            return {name: of(each) for name, each in kept.items()}
        if isinstance(kept, StateDict):
            return alone(kept)
        if isinstance(kept, Host) and not kept.settled:
            if kept not in made:
                made[kept] = copy(kept)
                made[kept].hold(of(kept.held()))
            return made[kept]
        return kept

    def alone(state: StateDict) -> Dictionary:
        return of_names(context, dict(zip(state.kept, state.values(context), strict=True)), call.span)

    found = given.positional[0]
    if isinstance(found, Several | Host):
        return of(found)
    node, kind = found
    is_leaf = isinstance(node, Input) and node.role == "leaf"
    return (context.scope.new_leaf(node), kind) if is_leaf else found


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "collections.OrderedDict": partial(make, name="OrderedDict"),
    "collections.defaultdict": make_with_default,
    "copy.deepcopy": _copied,
}
"""What makes dictionaries of other classes, by its full path."""
