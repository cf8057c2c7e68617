"""Arrays taken apart: a graph over arrays as one over single numbers.

A primitive that is linear tells its own coefficients, when its kernel is run on the rows of an identity.
Those that are not have a rule here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.evaluate import static_value
from gradcli.engine.graph import RULES, Constant, Input, Node, as_node, constant, intern, topological
from gradcli.engine.primitives.arithmetic import masked, strong_product, where
from gradcli.text.errors import EvaluationError
from gradcli.writing.code.definitions import absolute, of

MOST = 2**16
"""How many steps on single numbers a graph may become: more is no code that anybody wants."""

Elements = tuple[Node, ...]


def scalars(outputs: Sequence[Node], elements: Mapping[Node, Elements]) -> list[Elements]:
    """The elements of each output, in the order of rows, as nodes over those that inputs have in `elements`.

    Raises `EvaluationError` for what is known at run time only, and for graphs that would be too large.
    """
    found: dict[Node, Elements] = {}
    steps = 0
    for node in topological(outputs):
        parts: Elements
        if isinstance(node, Constant):
            parts = tuple(map(constant, np.ravel(node.value).tolist()))
        elif isinstance(node, Input):
            parts = elements[node]
        else:
            parts = _elements(node, [found[each] for each in node.inputs])
        steps += len(parts)
        _check(steps)
        found[node] = parts
    return [found[node] for node in outputs]


def _check(steps: int) -> None:
    """Refuses what takes too many steps; raises `EvaluationError`."""
    if steps > MOST:
        raise EvaluationError(
            f"this takes more than {MOST} operations on single numbers, which is too much code",
            hint="smaller shapes, as in --shape v=3",
        )


def _elements(node: Node, inputs: list[Elements]) -> Elements:
    """The elements of a node, from those of its inputs."""
    primitive = node.primitive
    rule = _RULES.get(primitive.name)
    if rule is not None:
        return tuple(rule(node, *inputs))
    if primitive.elementwise:
        return tuple(primitive(*each) for each in zip(*inputs, strict=True))
    definition = primitive.definition
    if definition is not None:
        # Of stand-ins, as what is built of an operation can be simplified to its inputs.
        below = [each if each.static else Input("input", each.shape) for each in node.inputs]
        whole = definition(intern(primitive, tuple(below), node.params))
        return scalars([whole], dict(zip(below, inputs, strict=True)))[0]
    if getattr(primitive, "linear", False) or primitive.indexed:
        return _linear(node, inputs)
    raise EvaluationError(f"{primitive.name} cannot be written as code")


def _linear(node: Node, inputs: list[Elements]) -> Elements:
    """The elements of a node that is linear in its inputs (but in places, which must be settled)."""
    moved = inputs[:1] if node.primitive.indexed else inputs
    if any(not each.static for each in node.inputs[len(moved) :]):
        raise EvaluationError("an index that is known only when the code runs cannot be written as code")
    places = [static_value(each) for each in node.inputs[len(moved) :]]
    _check(max(map(len, moved)) * math.prod(node.shape) // MOST)  # the size of a matrix, most of it zeros
    kernel = node.primitive.kernel(node)
    total: list[list[Node]] = [[] for _ in range(math.prod(node.shape))]
    for k, parts in enumerate(moved):
        if not parts:
            continue
        rows = [np.zeros((len(parts), *each.shape)) for each in node.inputs[: len(moved)]]
        rows[k] = np.eye(len(parts)).reshape(len(parts), *node.inputs[k].shape)
        at = [np.broadcast_to(each, (len(parts), *np.shape(each))) for each in places]
        coefficients = np.asarray(kernel(*rows, *at)).reshape(len(parts), -1)
        for place, of_one in enumerate(coefficients.T):
            for each in np.flatnonzero(of_one):
                weight = float(of_one[each])
                total[place].append(parts[each] if weight == 1 else weight * parts[each])
    return tuple(map(_sum, total))


def _sum(terms: Iterable[Node]) -> Node:
    found = list(terms)
    return reduce(RULES["+"], found) if found else as_node(0.0)


def _groups(node: Node) -> Array:
    """For each element of a reduction's result, the places of the elements that it puts together."""
    axes: Any = node.params[0]
    places = np.arange(math.prod(node.inputs[0].shape)).reshape(node.inputs[0].shape)
    last = np.moveaxis(places, axes, range(-len(axes), 0)) if axes else places[..., None]
    return last.reshape(math.prod(node.shape), -1)


def _reduction(
    together: Callable[[Node, list[Node]], Node],
) -> Callable[[Node, Elements], list[Node]]:
    """The rule of a reduction, by what it makes of the elements that it puts together."""
    return lambda node, x: [together(node, [x[place] for place in group]) for group in _groups(node)]


def _each(together: Callable[[list[Node]], list[Node]]) -> Callable[[Node, Elements], list[Node]]:
    """The rule of what keeps the shape, and treats the elements along some axes together."""

    def rule(node: Node, x: Elements) -> list[Node]:
        axes: Any = node.params[0]
        places = np.arange(len(x)).reshape(node.shape)
        groups = np.moveaxis(places, axes, range(-len(axes), 0)).reshape(
            -1, math.prod(node.shape[each] for each in axes)
        )
        found: dict[int, Node] = {}
        for group in groups.tolist():
            found.update(zip(group, together([x[place] for place in group]), strict=True))
        return [found[place] for place in range(len(x))]

    return rule


def _folded(name: str) -> Callable[[Node, list[Node]], Node]:
    return lambda node, parts: reduce(of(name), parts)


def _mean_of(parts: list[Node]) -> Node:
    return _sum(parts) / float(len(parts))


def _variance(node: Node, parts: list[Node]) -> Node:
    correction: Any = node.params[2]
    freedom = len(parts) - correction
    centre = _mean_of(parts)
    squares = _sum(of("square")(each - centre) for each in parts)
    return squares / freedom if freedom > 0 else as_node(math.nan)


def _norm(node: Node, parts: list[Node]) -> Node:
    p: Any = node.params[2]
    if p == 2:
        return reduce(of("hypot"), parts) if len(parts) > 1 else absolute(parts[0])
    sizes = [absolute(each) for each in parts]
    if math.isinf(p):
        return reduce(of("maximum" if p > 0 else "minimum"), sizes)
    if p == 0:
        return _sum(where(each.equals(0), 0, 1) for each in sizes)
    return _sum(sizes) if p == 1 else _sum(each**p for each in sizes) ** (1 / p)


def _exponentials(parts: list[Node]) -> tuple[Node, list[Node], Node]:
    """The greatest element, the exponentials of how far each is below it, and their sum."""
    greatest = reduce(of("maximum"), parts)
    below = [of("exp")(each - greatest) for each in parts]
    return greatest, below, _sum(below)


def _logsumexp(node: Node, parts: list[Node]) -> Node:
    greatest, _, total = _exponentials(parts)
    return greatest + of("log")(total)


def _softmax(parts: list[Node]) -> list[Node]:
    _, below, total = _exponentials(parts)
    return [each / total for each in below]


def _log_softmax(parts: list[Node]) -> list[Node]:
    greatest, _, total = _exponentials(parts)
    return [each - greatest - of("log")(total) for each in parts]


def _product(node: Node, a: Elements, b: Elements, *within: Elements) -> list[Node]:
    """The elements of a product of matrices; `within` are the supports of both operands."""

    def lines(parts: Elements, shape: tuple[int, ...], column: bool) -> Any:
        places = np.arange(len(parts)).reshape(shape)
        return places.reshape((*shape, 1) if column else (1, *shape)) if len(shape) == 1 else places

    left, right = lines(a, node.inputs[0].shape, False), lines(b, node.inputs[1].shape, True)
    lead = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    left = np.broadcast_to(left, (*lead, *left.shape[-2:]))
    right = np.broadcast_to(right, (*lead, *right.shape[-2:]))
    _check(math.prod(node.shape) * left.shape[-1])
    found = []
    for at in np.ndindex((*lead, left.shape[-2], right.shape[-1])):
        terms: list[Node] = []
        for k in range(left.shape[-1]):
            i, j = int(left[(*at[:-1], k)]), int(right[(*at[:-2], k, at[-1])])
            if within:
                terms += _strong(node, (a[i],), (b[j],), (within[0][i] & within[1][j],))
            else:
                terms.append(a[i] * b[j])
        found.append(_sum(terms))
    return found


def _within(anywhere: Callable[..., Node], inside: Callable[..., Node]) -> Callable[..., Iterator[Node]]:
    """The rule of what is 0 outside a support: where that is known, nothing is left to decide at run time."""

    def rule(node: Node, *inputs: Elements) -> Iterator[Node]:
        for *values, support in zip(*inputs, strict=True):
            if not isinstance(support, Constant):
                yield anywhere(*values, support)
            else:
                yield inside(*values) if support.value.all() else as_node(0.0)

    return rule


_strong = _within(strong_product, lambda x, y: x * y)


def _expanded(node: Node, x: Elements) -> list[Node]:
    places = np.broadcast_to(np.arange(len(x)).reshape(node.inputs[0].shape), node.shape)
    return [x[place] for place in places.ravel()]


_RULES: dict[str, Callable[..., Iterable[Node]]] = {
    "expand": _expanded,
    "alias": lambda node, x: x,
    "tied": lambda node, value, x: value,
    "mean": _reduction(lambda node, parts: _mean_of(parts)),
    "prod": _reduction(lambda node, parts: reduce(RULES["*"], parts) if parts else as_node(1.0)),
    "amax": _reduction(_folded("maximum")),
    "amin": _reduction(_folded("minimum")),
    "all": _reduction(lambda node, parts: reduce(RULES["and"], parts) if parts else constant(True)),
    "any": _reduction(lambda node, parts: reduce(RULES["or"], parts) if parts else constant(False)),
    "var": _reduction(_variance),
    "std": _reduction(lambda node, parts: of("sqrt")(_variance(node, parts))),
    "norm": _reduction(_norm),
    "logsumexp": _reduction(_logsumexp),
    "softmax": _each(_softmax),
    "log_softmax": _each(_log_softmax),
    "direction": lambda node, x, h: [where(b.equals(0), 0, a / b) for a, b in zip(x, h, strict=True)],
    "strong_product": _strong,
    "masked": _within(masked, lambda x: x),
    "matmul": _product,
    "strong_matmul": _product,
}
"""What becomes of the primitives that are not linear, or whose kernels do more than move elements."""
