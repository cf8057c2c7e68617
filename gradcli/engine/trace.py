"""Where a nan or an infinity first appears, in a value or in a sweep, and which operations stand at a kink.

Returns nodes, steps and numbers; who tells people about them finds the words and the places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine import derive
from gradcli.engine.evaluate import compute
from gradcli.engine.graph import Node, as_node, constant, expand, topological
from gradcli.engine.primitives.entry import Entry, Kink
from gradcli.records import NamedTuple
from gradcli.text.errors import GradcliError

Data = Callable[[Any], Any]
"""The present value of an input."""


class Appearance(NamedTuple):
    """An operation that gave what is not finite, from inputs that are; `values` holds those of all nodes."""

    node: Node
    is_nan: bool
    values: Mapping[Node, Any]


class BadStep(NamedTuple):
    """The step of a sweep, back through `node`, that made nan or inf of a finite cotangent.

    `flat`: it made nan of a 0. `values` holds those of all nodes.
    """

    node: Node
    is_nan: bool
    flat: bool
    values: Mapping[Node, Any]


class BadSweep(NamedTuple):
    """What is known of a sweep whose result is not finite: whether its start is, and the step to blame."""

    value_is_finite: bool
    step: BadStep | None


def is_finite(value: Any) -> bool:
    """Whether a value is finite everywhere."""
    return bool(np.all(np.isfinite(value)))


def first_not_finite(output: Node, data: Data) -> Appearance | None:
    """The first operation whose result is nan (or else infinite), and is so in `output`.

    `None` where no operation is to blame: an input or a number is nan or infinite.
    """
    values = compute((output,), data)
    nan = bool(np.any(np.isnan(values[output])))

    def is_bad(node: Node) -> bool:
        return bool(np.any(np.isnan(values[node]) if nan else np.isinf(values[node])))

    for node in topological((output,)):
        if node.inputs and is_bad(node) and not any(is_bad(each) for each in node.inputs):
            return Appearance(node, nan, values)
    return None


def bad_sweep(output: Node, seed: Array | None, leaves: Sequence[Node], data: Data) -> BadSweep:
    """Where the sweep from `output` (with the cotangent `seed`, or 1) to `leaves` stops being finite."""
    steps: list[tuple[Node, Node, Node]] = []
    start = expand(as_node(1.0), output.shape) if seed is None else constant(seed)
    derive.pullback(output, start, leaves, lambda at, ct, _, share: steps.append((at, ct, share)))
    values = compute([output, *(each for step in steps for each in step[1:])], data)
    for at, ct, share in steps:
        if is_finite(values[ct]) and not is_finite(values[share]):
            nan = np.isnan(values[share])
            flat = bool(np.any(nan & np.equal(values[ct], 0)))
            return BadSweep(is_finite(values[output]), BadStep(at, bool(np.any(nan)), flat, values))
    return BadSweep(is_finite(values[output]), None)


def at_kinks(output: Node, data: Data) -> Iterable[tuple[Node, Kink]]:
    """The operations below `output` that stand at a kink now, in order, and what is said of it."""
    tests: list[tuple[Node, Kink, Node]] = []
    for each in topological((output,)):
        kink = each.primitive.kink if isinstance(each.primitive, Entry) else None
        if kink is not None and each.tracked:
            try:
                tests.append((each, kink, kink.where(*each.inputs)))
            except GradcliError:
                continue
    if not tests:
        return
    values = compute([test for _, _, test in tests], data)
    for each, kink, test in tests:
        if np.any(values[test]):
            yield each, kink
