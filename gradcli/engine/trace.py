"""Where a nan or an infinity came from, and which conventions at kinks a gradient used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from gradcli.engine import derive
from gradcli.engine.graph import Input, Node, as_node, constant, expand, topological
from gradcli.engine.plan import every_value
from gradcli.engine.primitives.entry import Entry
from gradcli.text.errors import GradcliError, Notice
from gradcli.text.source import Mark
from gradcli.text.values import number


class Cells(Protocol):
    """What a diagnosis asks of a session: the data of inputs, and what a leaf is called."""

    cells: Mapping[Input, Any]

    def title(self, leaf: Input) -> str:
        """What messages call a leaf."""


def inputs_of(nodes: Sequence[Node], session: Any) -> dict[Node, Any]:
    """The present data of every input below some nodes."""
    return {each: session.cells[each].data for each in topological(nodes) if isinstance(each, Input)}


def _finite(value: Any) -> bool:
    return bool(np.all(np.isfinite(value)))


def explain_value(node: Node, session: Any) -> Notice | None:
    """A warning that marks the operation where a nan (or else an inf) first appears in the value of `node`.

    `None` where the user put it in: an input or a literal is nan or infinite.
    """
    values = every_value((node,), inputs_of((node,), session))
    is_bad = np.isnan if np.any(np.isnan(values[node])) else np.isinf
    for each in topological((node,)):
        if (
            each.inputs
            and _any(is_bad, values[each])
            and not any(_any(is_bad, values[x]) for x in each.inputs)
        ):
            kind = "nan" if is_bad is np.isnan else "infinite"
            message = f"the result is {_kind(values[node])}: {_told(each, values)} is {kind}"
            return Notice("warning", message, _marks(each, node))
    return None


def _any(test: Any, value: Any) -> bool:
    return bool(np.any(test(value)))


def _kind(value: Any) -> str:
    if np.ndim(value):
        return "nan in places" if np.any(np.isnan(value)) else "infinite in places"
    return number(float(value))


def _told(node: Node, values: Mapping[Node, Any]) -> str:
    """An operation on the numbers that it was given, as text."""
    name = getattr(node.primitive, "name", "this")
    if any(each.shape for each in node.inputs):
        return f"{name} of these elements"
    symbol = getattr(node.primitive, "symbol", "")
    if symbol and len(node.inputs) > 1:
        told = [number(float(values[each])) for each in node.inputs if not each.boolean]
        return f" {symbol} ".join(f"({text})" if text.startswith("-") else text for text in told)
    return f"{name}({', '.join(number(float(values[each])) for each in node.inputs)})"


def _marks(node: Node, fallback: Node) -> tuple[Mark, ...]:
    origin = node.origin or fallback.origin
    return () if origin is None else (origin,)


def explain_gradient(node: Node, found: Any, seed: Any, session: Any) -> Iterable[Notice]:
    """A warning that marks the step of the backward sweep where a nan or inf first appears.

    `found` is the finished sweep. Nothing is said where the value itself is not finite.
    """
    if all(_finite(each) for each in found.added):
        return
    steps: list[tuple[Node, Node, Node]] = []
    start = expand(as_node(1.0), node.shape) if seed is None else constant(seed)
    derive.pullback(node, start, found.leaves, lambda at, ct, share: steps.append((at, ct, share)))
    wanted = [each for step in steps for each in (step[1], step[2])]
    values = every_value([node, *wanted], inputs_of([node, *wanted], session))
    if not _finite(values[node]):
        return
    leaf = next(leaf for leaf, added in zip(found.leaves, found.added, strict=True) if not _finite(added))
    for at, ct, share in steps:
        if _finite(values[ct]) and not _finite(values[share]):
            what = f"the derivative of {_told(at, values)} is infinite"
            if np.any(np.isnan(values[share])):
                flat = np.any(np.isnan(values[share]) & np.equal(values[ct], 0))
                what = f"{what}, and 0 times it is nan" if flat else what.replace("infinite", "nan")
            yield Notice(
                "warning",
                f"the gradient in {session.title(leaf)} is {_gradient_kind(found)}: {what}",
                _marks(at, node),
            )
            return
    yield Notice(
        "warning", f"the gradient in {session.title(leaf)} is {_gradient_kind(found)}", _marks(node, node)
    )


def _gradient_kind(found: Any) -> str:
    return "nan" if any(np.any(np.isnan(each)) for each in found.added) else "infinite"


def kinks(node: Node, session: Any) -> Iterable[Notice]:
    """A note for each operation below `node` that stands at a kink, with the convention that it used."""
    tests: list[tuple[Node, str, Node]] = []
    for each in topological((node,)):
        kink = each.primitive.kink if isinstance(each.primitive, Entry) else None
        if kink is not None and each.tracked:
            try:
                tests.append((each, kink.told, kink.where(*each.inputs)))
            except GradcliError:
                continue
    if not tests:
        return
    wanted = [test for _, _, test in tests]
    values = every_value(wanted, inputs_of(wanted, session))
    for each, told, test in tests:
        if np.any(values[test]):
            yield Notice("note", told, _marks(each, node))
