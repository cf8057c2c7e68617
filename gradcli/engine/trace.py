"""Where a nan or an infinity first appears, in a value or in a sweep, and which operations stand at a kink.

Returns nodes, steps and numbers; who tells people about them finds the words and the places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array, is_finite
from gradcli.engine import derive
from gradcli.engine.evaluate import compute
from gradcli.engine.graph import FALSE, Node, Primitive, as_node, constant, expand, topological
from gradcli.engine.primitives.entry import Elementwise, Kink
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


def _in_full(output: Node) -> Node:
    """The node with those of every row of a Jacobian below it."""
    from gradcli.engine.jacobians import in_full

    return in_full((output,))[0]


def first_not_finite(output: Node, data: Data) -> Appearance | None:
    """The first operation whose result is nan (or else infinite), and is so in `output`.

    `None` where no operation is to blame: an input or a number is nan or infinite.
    """
    whole = _in_full(output)
    values = compute((whole,), data)
    values[output] = values[whole]
    nan = bool(np.any(np.isnan(values[output])))

    def is_bad(node: Node) -> bool:
        return bool(np.any(np.isnan(values[node]) if nan else np.isinf(values[node])))

    for node in topological((whole,)):
        if node.inputs and is_bad(node) and not any(is_bad(each) for each in node.inputs):
            return Appearance(node, nan, values)
    return None


def bad_sweep(output: Node, seed: Array | None, leaves: Sequence[Node], data: Data) -> BadSweep:
    """Where the sweep from `output` (with the cotangent `seed`, or 1) to `leaves` stops being finite."""
    steps: list[tuple[Node, Node, Node]] = []
    output = _in_full(output)
    start = expand(as_node(1.0), output.shape) if seed is None else constant(seed)
    derive.pullback(output, start, leaves, lambda at, ct, _, share: steps.append((at, ct, share)))
    values = compute([output, *(each for step in steps for each in step[1:])], data)
    for at, ct, share in steps:
        if is_finite(values[ct]) and not is_finite(values[share]):
            nan = np.isnan(values[share])
            flat = bool(np.any(nan & np.equal(values[ct], 0)))
            return BadSweep(is_finite(values[output]), BadStep(at, bool(np.any(nan)), flat, values))
    return BadSweep(is_finite(values[output]), None)


def _passed(output: Node) -> set[Node]:
    """The nodes below `output` that its derivatives pass."""
    passed = {output}
    for node in reversed(topological((output,))):
        if node in passed:
            past = derive.around(node)
            passed.update(node.inputs if past is None else past.inner.inputs)
    return passed


class KinkTest(NamedTuple):
    """An operation that has a kink, and a truth value that says whether it stands there."""

    node: Node
    kink: Kink
    test: Node


def kink_tests(output: Node, wanted: Callable[[Node], bool]) -> list[KinkTest]:
    """What to ask of the operations below `output` that have a kink, of those that are `wanted`."""
    tests = []
    for each in topological((output,), _without_kinks):
        kink: Kink | None = each.primitive.kink
        if kink is not None and wanted(each):
            try:
                test = kink.where(*each.inputs)
            except GradcliError:
                continue
            if test is not FALSE:
                tests.append(KinkTest(each, kink, test))
    if tests:
        passed = _passed(output)
        tests = [each for each in tests if each.node in passed]
    return tests


def _without_kinks(node: Node) -> bool:
    return not node.kinked


def kink_tests_in(output: Node, variables: Sequence[Node]) -> list[KinkTest]:
    """The same for a derivative of `output` in variables: of what depends on them."""
    if not output.kinked:
        return []
    _, below = derive.dependents((output,), variables)
    return kink_tests(output, lambda node: node in below)


def is_smooth(outputs: Sequence[Node], variables: Sequence[Node]) -> bool:
    """Whether outputs depend on variables without a step, as of `floor(x)`, and without a corner."""
    order, below = derive.dependents(outputs, variables)
    reached = set(variables)
    for node in order:
        if any(each in reached for each in node.inputs):
            reached.add(node)
            if any(node.inputs[index] in reached for index in _flat_in(node.primitive)):
                return False
    kinks = [node.primitive.kink for node in order if node in below]
    return reached <= below and not any(kink is not None and kink.is_corner for kink in kinks)


def _flat_in(primitive: Primitive) -> list[int]:
    """The operands in which an operation has no slope, as `floor(x)` has none."""
    partials = (primitive.partials or ()) if isinstance(primitive, Elementwise) else ()
    return [index for index, each in enumerate(partials) if each is None]


def at_kinks(output: Node, data: Data) -> Iterable[tuple[Node, Kink]]:
    """The operations below `output` that stand at a kink now, in order, and what is said of it."""
    tests = kink_tests(output, lambda node: node.tracked)
    if not tests:
        return
    values = compute([each.test for each in tests], data)
    for each in tests:
        if np.any(values[each.test]):
            yield each.node, each.kink


_NEVER_ZERO = (
    *("multiply", "strong_product", "divide", "reciprocal", "square", "rsqrt"),
    *("power", "lowered_power", "signed_power", "absolute_power", "exp", "exp2", "exp10"),
    *("gauss", "sech", "csch", "sigmoid", "bell", "odd_bell"),
)
"""What is 0 of finite numbers that are not 0 only because the result is smaller than every double but 0."""

_KEEP_ZERO = ("add", "subtract", "negative", "clone", "tied", "alias")
"""What is 0 of numbers that are."""


def underflows(outputs: Sequence[Node], data: Data) -> list[Node | None]:
    """For each single number among `outputs` the operation that made it 0 by rounding; `None` where none did.

    A product is 0 by rounding where a factor is, and no factor is exactly; a quotient by what overflows, too.
    """
    values = compute(outputs, data)
    causes: dict[Node, Node] = {}  # of what is 0, or infinite, by rounding alone
    for node in topological(outputs):
        if node.shape or node.boolean or not node.inputs or any(each.shape for each in node.inputs):
            continue
        value = abs(float(values[node]))
        operands = [(each, abs(float(values[each]))) for each in node.inputs]
        odd = [each for each, size in operands if size in (0.0, np.inf) or size != size]
        found = [causes[each] for each in odd if each in causes]
        exact = len(found) < len(odd)
        if (value == 0 and node.primitive.name in _NEVER_ZERO) or value == np.inf:
            if not exact:
                causes[node] = found[0] if found else node
        elif value == 0 and found and node.primitive.name in _KEEP_ZERO:
            causes[node] = found[0]
    return [causes.get(each) for each in outputs]
