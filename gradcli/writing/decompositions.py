"""What factorizations, running sums and orders say in formulas.

The factors of a matrix are named as they are asked for, `eigh(A)[1]`; the matrix calculus of textbooks
follows from the rules of products (`arrays.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from gradcli.arrays import Shape
from gradcli.engine.graph import Constant, Node, expand_primitive
from gradcli.engine.primitives import Entry
from gradcli.writing.algebra import Algebra
from gradcli.writing.arrays import Reading, is_call, repeated, split, transposed
from gradcli.writing.numbers import HALF
from gradcli.writing.terms import ZERO, Call, Expr, Sum

Rule = Callable[..., Expr]

_FACTOR = re.compile(r"(\w+)\(A\)(?:\[(\d)\])?")
_SYMMETRIC = frozenset(("eigenvalues", "eigenvectors"))


def factor(reading: Reading, node: Node, x: Expr) -> Expr | None:
    """A factor of a matrix by the call that gives it, as its entry is written; `None` for other entries."""
    entry = node.primitive
    found = _FACTOR.fullmatch(entry.written) if isinstance(entry, Entry) else None
    if found is None or len(node.inputs) != 1 or node.params:
        return None
    x = repeated(reading.algebra, x, node.inputs[0].shape)
    if entry.name in _SYMMETRIC:
        x = _of_symmetric(reading.algebra, x)
    name, place = found.groups()
    if place is None:
        return reading.algebra.call(name, (x,), (), node.shape)
    whole = reading.algebra.call(name, (x,), (), (*node.shape, 0))
    return reading.algebra.call("[]", (whole,), (place,), node.shape)


def _of_symmetric(algebra: Algebra, x: Expr) -> Expr:
    """`A` for `(A + A.T)/2`, which is all that a function of symmetric matrices reads of it."""
    number, term = x
    if number == HALF and isinstance(term, Sum) and len(term.terms) == 2 and set(term.terms.values()) == {1}:
        first, second = term.terms
        for one, other in ((first, second), (second, first)):
            if transposed(algebra, (1, one)) == (1, other) and not is_call((1, one), ".T"):
                return 1, one
    return x


def _running_sum(reading: Reading, node: Node, x: Expr) -> Expr:
    axis, backwards = node.params
    algebra: Algebra = reading.algebra
    number, array = split(algebra, x)
    array = repeated(algebra, array, node.shape)
    assert isinstance(axis, int)
    if is_call(array, "[,]") and len(node.shape) == 1:
        assert isinstance(array[1], Call)
        items = array[1].arguments[::-1] if backwards else array[1].arguments
        sums = [ZERO]
        for item in items:
            sums.append(algebra.add(sums[-1], item))
        found = algebra.call("[,]", sums[:0:-1] if backwards else sums[1:], shape=node.shape)
        return algebra.multiply(number, found)
    place = str(axis + len(node.shape))
    words = () if len(node.shape) == 1 else (place,)
    if backwards:
        array = algebra.call("flip", (array,), (place,), node.shape)
    array = algebra.call("cumsum", (array,), words, node.shape)
    if backwards:
        array = algebra.call("flip", (array,), (place,), node.shape)
    return algebra.multiply(number, array)


def _argsort(reading: Reading, node: Node, x: Expr) -> Expr:
    axis, descending = node.params
    assert isinstance(axis, int)
    words = [] if len(node.shape) == 1 else [f"dim={axis + len(node.shape)}"]
    if descending:
        words.append("descending=True")
    whole = repeated(reading.algebra, x, node.shape)
    return reading.algebra.call("argsort", (whole,), tuple(words), node.shape)


def _median(reading: Reading, node: Node, x: Expr) -> Expr:
    if node.shape:
        return reading.unreadable(node)
    return reading.algebra.call("median", (repeated(reading.algebra, x, node.inputs[0].shape),))


def triangle(algebra: Algebra, mask: Node, x: Expr, shape: Shape) -> Expr | None:
    """What a mask of constants keeps of a matrix, as a triangle of it; `None` for other masks."""
    while mask.primitive is expand_primitive:
        mask = mask.inputs[0]
    if not isinstance(mask, Constant) or len(mask.shape) != 2 or not mask.boolean:
        return None
    rows, columns = mask.shape
    for name, of in (("tril", np.tril), ("triu", np.triu)):
        for diagonal in (0, -1, 1):
            if (mask.value == of(np.ones((rows, columns), dtype=bool), diagonal)).all():
                number, array = split(algebra, x)
                whole = repeated(algebra, array, shape)
                words = () if diagonal == 0 else (str(diagonal),)
                return algebra.multiply(number, algebra.call(name, (whole,), words, shape))
    return None


RULES: dict[str, Rule] = {
    "running_sum": _running_sum,
    "sorting_places": _argsort,
    "median_of": _median,
}
"""What these operations say."""
