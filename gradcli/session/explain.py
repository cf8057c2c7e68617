"""Says in words where a nan or an infinity came from, and which conventions at kinks a gradient used."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from gradcli.arrays import is_finite
from gradcli.engine.derive import gradient
from gradcli.engine.graph import Input, Node
from gradcli.engine.primitives.entry import Elementwise, Entry
from gradcli.engine.trace import at_kinks, bad_sweep, first_not_finite, underflows
from gradcli.lowering.origins import Origins
from gradcli.session.values import Sweep
from gradcli.text.errors import Notice
from gradcli.text.source import Mark
from gradcli.text.values import number


class Explainer:
    """Explains one value and its gradients.

    `data` gives the present value of an input, `title` what messages call a leaf, and `origins` says where
    the nodes were written.
    """

    def __init__(
        self, node: Node, origins: Origins, data: Callable[[Input], Any], title: Callable[[Input], str]
    ) -> None:
        self.node = node
        self._origins = origins
        self._data = data
        self._title = title

    def value(self) -> Notice | None:
        """A warning that marks the operation where a nan (or else an inf) first appears in the value.

        `None` where the user put it in: an input or a literal is nan or infinite.
        """
        found = first_not_finite(self.node, self._data)
        if found is None:
            return None
        result = found.values[self.node]
        kind = "nan" if found.is_nan else "infinite"
        told = f"{kind} in places" if np.ndim(result) else number(float(result))
        cause = _unmet(found.node, found.values) or f"{_operation(found.node, found.values)} is {kind}"
        hint = _with_first_behind(found.node, found.values) or _real_root(found.node, found.values)
        return Notice("warning", f"the result is {told}: {cause}", self._place(found.node), hint, cause)

    def gradient(self, sweep: Sweep, seed: Any = None) -> Iterator[Notice]:
        """A warning that marks the step of a finished sweep where a nan or inf first appears.

        Nothing is said where the value itself is not finite.
        """
        bad = [leaf for leaf, added in zip(sweep.leaves, sweep.added, strict=True) if not is_finite(added)]
        found = bad_sweep(self.node, seed, sweep.leaves, self._data) if bad else None
        if found is None or not found.value_is_finite:
            return
        kind = "nan" if any(np.any(np.isnan(each)) for each in sweep.added) else "infinite"
        message, node, step = f"the gradient in {self._title(bad[0])} is {kind}", self.node, found.step
        cause = ""
        if step is not None:
            node = step.node
            how = "infinite, and 0 times it is nan" if step.flat else "nan" if step.is_nan else "infinite"
            cause = f"the derivative of {_operation(node, step.values)} is {how}"
            message += f": {cause}"
        yield Notice("warning", message, self._place(node), cause=cause)

    def kinks(self) -> Iterator[Notice]:
        """A note for each operation that stands at a kink, with the convention that it used."""
        for node, kink in at_kinks(self.node, self._data):
            yield Notice("note", kink.told, self._place(node))

    def underflows(self, leaves: Sequence[Input], found: Sequence[Any]) -> Iterator[Notice]:
        """A warning for each gradient in a single number that is 0 by rounding alone."""
        zero = [leaf for leaf, data in zip(leaves, found, strict=True) if not np.shape(data) and data == 0]
        if not zero:
            return
        slopes = [(leaf, each) for leaf, each in zip(zero, gradient(self.node, zero), strict=True) if each]
        causes = underflows([each for _, each in slopes], self._data) if slopes else []
        for (leaf, _), cause in zip(slopes, causes, strict=True):
            if cause is not None:
                told = rounded_away(f"the gradient in {self._title(leaf)}")
                yield Notice("warning", told, self._place(cause))

    @cached_property
    def _marks(self) -> Mapping[Node, Mark]:
        return self._origins.all_marks()

    def _place(self, node: Node) -> tuple[Mark, ...]:
        """Where an operation was written, or else the value that it is in."""
        mark = self._marks.get(node) or self._marks.get(self.node)
        return () if mark is None else (mark,)


def rounded_away(what: str) -> str:
    """What is said of something that is 0, and would not be if doubles had no end."""
    return f"{what} is 0 only by rounding: a factor of it, or its divisor, is beyond the doubles"


def _unmet(node: Node, values: Mapping[Node, Any]) -> str:
    """What is wrong with the argument of an operation that is there to have it checked."""
    if not isinstance(node.primitive, Elementwise) or not node.primitive.demands:
        return ""
    name, demanded = node.primitive.written, node.primitive.demands
    if node.inputs[0].shape:
        return f"{name} must be {demanded}"
    return f"{name} is {number(float(values[node.inputs[0]]))}, and must be {demanded}"


def _with_first_behind(node: Node, values: Mapping[Node, Any]) -> str | None:
    """The call with its first argument behind the others, where that alone is inside the domain.

    MATLAB's betainc(x, a, b) and others begin with the variable, and go on with two parameters or more.
    """
    entry = node.primitive
    if not isinstance(entry, Elementwise) or len(entry.domain) != len(node.inputs) or len(entry.domain) < 3:
        return None
    given = [values[each] for each in node.inputs]
    turned = [*given[1:], given[0]]
    if any(map(np.ndim, given)) or _is_inside(entry, given) or not _is_inside(entry, turned):
        return None
    names = ", ".join(each.name for each in entry.parameters)
    return f"its arguments are {names}: {entry.name}({', '.join(number(float(each)) for each in turned)})"


def _real_root(node: Node, values: Mapping[Node, Any]) -> str | None:
    """The real root of a negative number, where an odd one was written as a power: `(-8)**(1/3)`."""
    if getattr(node.primitive, "symbol", "") != "**" or any(each.shape for each in node.inputs):
        return None
    base, exponent = (float(values[each]) for each in node.inputs)
    root = round(1 / exponent) if exponent else 0
    if not -math.inf < base < 0 or root < 3 or root % 2 == 0 or exponent != 1 / root:
        return None
    real = f"cbrt({number(base)})" if root == 3 else f"-{number(-base)}**(1/{root})"
    return f"the real root is {real}"


def _is_inside(entry: Entry, arguments: Sequence[Any]) -> bool:
    return all(low <= each <= high for (low, high), each in zip(entry.domain, arguments, strict=True))


def _with_numbers(node: Node, values: Mapping[Node, Any], written: str) -> str:
    """What is written of the parameters of an entry, of the numbers that it was given."""
    assert isinstance(node.primitive, Entry)
    told = {
        each.name: number(float(values[given]))
        for each, given in zip(node.primitive.parameters, node.inputs, strict=False)
        if not given.boolean
    }
    told = {name: f"({text})" if text.startswith("-") else text for name, text in told.items()}
    return re.sub(r"\b[A-Za-z_]\w*\b", lambda found: told.get(found[0], found[0]), written)


def _operation(node: Node, values: Mapping[Node, Any]) -> str:
    """An operation on the numbers that it was given, as text."""
    from gradcli.writing.formula import call_of  # for this alone

    name, given = node.primitive.name, node.inputs
    called = call_of(node.primitive) if isinstance(node.primitive, Entry) else None
    if called is not None:
        name, given = called[0], tuple(node.inputs[each] for each in called[1])
    written = node.primitive.written if isinstance(node.primitive, Entry) and called is None else ""
    if any(each.shape for each in node.inputs):
        return written or f"{name} of these elements"
    if written:
        inner = written[1:-1]
        whole = written[0] == "(" and all(
            inner[:k].count(")") <= inner[:k].count("(") for k in range(len(inner))
        )
        return _with_numbers(node, values, inner if whole else written)
    symbol = getattr(node.primitive, "symbol", "")
    if symbol and len(node.inputs) > 1:
        told = [number(float(values[each])) for each in node.inputs if not each.boolean]
        return f" {symbol} ".join(f"({text})" if text.startswith("-") else text for text in told)
    return f"{name}({', '.join(number(float(values[each])) for each in given)})"
