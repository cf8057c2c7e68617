"""Values without a plan: one operation after the other, for what is computed once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from gradcli.engine.graph import Constant, Kernel, Node, expand_primitive, topological


def _nothing(node: Node) -> None:
    """The value of an input of which nothing is known."""


def _nowhere(node: Node) -> bool:
    return False


def _own(node: Node) -> Kernel:
    return node.primitive.kernel(node)


def compute(
    outputs: Iterable[Node],
    given: Callable[[Node], Any] = _nothing,
    stops: Callable[[Node], bool] = _nowhere,
    found: dict[Node, Any] | None = None,
    kernel: Callable[[Node], Kernel] = _own,
) -> dict[Node, Any]:
    """The values of nodes, and of all that they are computed from.

    `given` tells those of inputs, and of the nodes where the computation `stops`; `None` is not known, and
    nor is what depends on it. What is in `found`, which takes the new values, too, is not computed again.
    `kernel` says what computes a node.
    """
    values = {} if found is None else found
    with np.errstate(all="ignore"):
        for node in topological(outputs, lambda each: each in values or stops(each)):
            if node in values:
                continue
            if isinstance(node, Constant):
                values[node] = node.value
            elif not node.inputs or stops(node):
                values[node] = given(node)
            else:
                below = [values[each] for each in node.inputs]
                unknown = any(each is None for each in below)
                values[node] = None if unknown else kernel(node)(*below)
    return values


def static_value(node: Node) -> Any:
    """The value of a node that depends on no input, as a NumPy scalar or array."""
    return node.value if isinstance(node, Constant) else compute((node,))[node]


def static_number(node: Node) -> float | None:
    """The one number that a static node holds everywhere; `None` if there is no such number."""
    while node.primitive is expand_primitive:
        node = node.inputs[0]
    if node.static and node.shape == () and not node.boolean:
        return float(static_value(node))
    return None
