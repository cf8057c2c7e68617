"""What operations on vectors and matrices say: the matrix calculus of textbooks.

In a graph every shape is spelled out, `reshape(permute(A) @ reshape(r, m, 1), n)`; a person writes
`A.T @ r`. So a vector as one column or one row is a call of its own here, which products take away again;
what is only repeated is not written; and numbers leave products of matrices.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Shape
from gradcli.engine.graph import Constant, Node
from gradcli.engine.shapes import broadcast_shape
from gradcli.records import Protocol
from gradcli.text.values import plain
from gradcli.writing.algebra import Algebra
from gradcli.writing.numbers import content, over, times
from gradcli.writing.terms import ONE, UNIT, ZERO, Call, Exponent, Expr, Product, Sum, Term

Rule = Callable[..., Expr]


class Reading(Protocol):
    """What a rule asks of the reader that it works for."""

    algebra: Algebra

    def inverse(self, below: Expr) -> Expr:
        """1 divided by an expression, which must not be 0."""

    def unreadable(self, node: Node) -> Expr:
        """Says that the language has no words for a node."""


_LONGEST_LIST = 4
"""A gradient that is 0 but in one element is written as a list, up to so many elements."""

MOST_WRITTEN = 64
"""Arrays of so many numbers are written down."""


def split(algebra: Algebra, x: Expr) -> tuple[Expr, Expr]:
    """An expression as a number (with all factors that are numbers) times an array."""
    number, term = x
    if not term.shape:
        return x, UNIT
    if not isinstance(term, Product):
        return (number, ONE), (1, term)
    scalars: dict[Term, Exponent] = {}
    arrays: dict[Term, Exponent] = {}
    for base, exponent in term.factors.items():
        whole = base.shape or (isinstance(exponent, tuple) and exponent[1].shape)
        (arrays if whole else scalars)[base] = exponent
    return (number, algebra.product(scalars)), (1, algebra.product(arrays))


def is_call(x: Expr, name: str) -> bool:
    """Whether an expression is one call of that name, and not more."""
    return x[0] == 1 and isinstance(x[1], Call) and x[1].name == name


def argument(x: Expr, place: int = 0) -> Expr:
    """An argument of what `is_call`."""
    assert isinstance(x[1], Call)
    return x[1].arguments[place]


def column(algebra: Algebra, x: Expr) -> Expr:
    """A vector as the one column of a matrix."""
    if not x[1].shape:
        return x
    factor, vector = split(algebra, x)
    found = algebra.call("column", (vector,), shape=(*vector[1].shape, 1))
    return algebra.multiply(factor, found)


def row(algebra: Algebra, x: Expr) -> Expr:
    """A vector as the one row of a matrix."""
    if not x[1].shape:
        return x
    factor, vector = split(algebra, x)
    found = algebra.call("row", (vector,), shape=(1, *vector[1].shape))
    return algebra.multiply(factor, found)


def flat(algebra: Algebra, x: Expr) -> Expr | None:
    """The vector of which a matrix is the one column or row; `None` for what is not made of vectors."""
    number, term = x
    if len(term.shape) != 2 or 1 not in term.shape:
        return None
    if isinstance(term, Sum):
        parts = [flat(algebra, (each, inner)) for inner, each in term.terms.items()]
        found = [each for each in parts if each is not None]
        return algebra.multiply((number, ONE), algebra.add(*found)) if len(found) == len(parts) else None
    word = "row" if term.shape[0] == 1 else "column"
    factors: list[Expr] = [(number, ONE)]
    for base, exponent in term.factors.items():
        vector: Expr = 1, base
        if is_call(vector, word):
            vector = argument(vector)
        elif len(base.shape) > (word == "row"):
            return None
        factors.append(_raised(algebra, vector, exponent))
    return algebra.multiply(*factors)


def transposed(algebra: Algebra, x: Expr) -> Expr:
    """A matrix with rows and columns exchanged."""
    factor, array = split(algebra, x)
    term = array[1]
    if len(term.shape) < 2:
        found = array
    elif is_call(array, ".T"):
        found = argument(array)
    elif is_call(array, "column"):
        found = row(algebra, argument(array))
    elif is_call(array, "row"):
        found = column(algebra, argument(array))
    elif is_call(array, "outer"):
        found = outer(algebra, argument(array, 1), argument(array))
    elif is_call(array, "eye"):
        found = array
    elif is_call(array, "@") and all(len(each[1].shape) == 2 for each in term.arguments):  # type: ignore[attr-defined]
        left, right = argument(array), argument(array, 1)
        found = at(algebra, transposed(algebra, right), transposed(algebra, left))
    elif len(term.shape) == 2 and isinstance(term, Product) and any(_along(base) for base in term.factors):
        found = _each_transposed(algebra, array)
    else:
        found = algebra.call(".T", (array,), shape=(*term.shape[:-2], term.shape[-1], term.shape[-2]))
    return algebra.multiply(factor, found)


def _along(term: Term) -> bool:
    """Whether a factor of a matrix is a vector along its rows or its columns."""
    return len(term.shape) == 1 or is_call((1, term), "row") or is_call((1, term), "column")


def outer(algebra: Algebra, u: Expr, v: Expr) -> Expr:
    """Every element of a vector times every element of another."""
    (a, left), (b, right) = split(algebra, u), split(algebra, v)
    if not right[1].shape:  # one element, which is not written
        return algebra.multiply(a, b, right, column(algebra, left))
    shape = (*left[1].shape, *right[1].shape)
    return algebra.multiply(a, b, algebra.call("outer", (left, right), shape=shape))


def product(algebra: Algebra, a: Expr, b: Expr, left: Shape, right: Shape) -> Expr:
    """A matrix product; `left` and `right` are the shapes that the operands stand for."""
    (p, x), (q, y) = split(algebra, a), split(algebra, b)
    return algebra.multiply(p, q, _array_product(algebra, x, y, left, right))


def _array_product(algebra: Algebra, x: Expr, y: Expr, left: Shape, right: Shape) -> Expr:
    if x[1] is ONE and y[1] is ONE:
        return left[-1], ONE
    if len(left) > 2 or len(right) > 2:
        return at(algebra, repeated(algebra, x, left), repeated(algebra, y, right))
    if y[1] is ONE:  # ones: the sums of rows
        sums = total(algebra, x, left, (-1,))
        return column(algebra, sums) if len(left) == 2 and len(right) == 2 else sums
    if x[1] is ONE:
        sums = total(algebra, y, right, (-len(right),))
        return row(algebra, sums) if len(left) == 2 and len(right) == 2 else sums
    if is_call(x, "eye") and left[-1] == left[-2]:
        return y
    if is_call(y, "eye") and right[-1] == right[-2]:
        return x
    scale = _on_diagonal(algebra, x)
    if scale is not None:
        return joined(algebra, algebra.multiply(y, scale if len(right) == 1 else column(algebra, scale)))
    scale = _on_diagonal(algebra, y)
    if scale is not None:
        return joined(algebra, algebra.multiply(x, scale if len(left) == 1 else row(algebra, scale)))
    # What is repeated along the axis that is summed over is written out
    if _is_repeated(x, left, -1):
        x = repeated(algebra, x, left)
    if _is_repeated(y, right, -len(right)):
        y = repeated(algebra, y, right)
    if is_call(x, "row") and is_call(y, "column"):
        return at(algebra, argument(x), argument(y))
    if is_call(x, "column") and is_call(y, "row"):
        return outer(algebra, argument(x), argument(y))
    if is_call(y, "column") and len(left) == 2:
        return column(algebra, at(algebra, x, argument(y)))
    if is_call(x, "row") and len(right) == 2:
        return row(algebra, at(algebra, transposed(algebra, y), argument(x)))
    if is_call(x, "outer"):
        u, v = argument(x), argument(x, 1)
        if len(right) == 1:
            return algebra.multiply(u, at(algebra, v, y))
        if is_call(v, "ones"):
            return outer(algebra, u, total(algebra, y, right, (-2,)))
    if is_call(y, "outer") and is_call(argument(y), "ones"):
        sums = total(algebra, x, left, (-1,))
        if len(left) == 2:
            return outer(algebra, sums, argument(y, 1))
        return algebra.multiply(sums, argument(y, 1))
    return at(algebra, x, y)


def _on_diagonal(algebra: Algebra, x: Expr) -> Expr | None:
    """The vector whose elements stand on the diagonal of a matrix that has nothing else."""
    rest = {base: exponent for base, exponent in x[1].factors.items() if not is_call((1, base), "eye")}
    if len(rest) == len(x[1].factors) or not rest:
        return None
    found = x[0], algebra.product(rest)
    return found if len(found[1].shape) == 1 else flat(algebra, found)


def _is_repeated(x: Expr, shape: Shape, axis: int) -> bool:
    """Whether what stands for an array of a shape is the same all along an axis of it."""
    own = x[1].shape
    return shape[axis] != 1 and (len(own) < -axis or own[axis] != shape[axis])


def _one_place(x: Expr) -> tuple[Expr, int, int] | None:
    """What stands in the only place of a vector that is not 0, the place, and the size."""
    if is_call(x, "[,]") and isinstance(x[1], Call):
        places = [place for place, each in enumerate(x[1].arguments) if each != ZERO]
        if len(places) == 1:
            return x[1].arguments[places[0]], places[0], x[1].shape[0]
    if (
        is_call(x, "[]")
        and isinstance(x[1], Call)
        and is_call(x[1].arguments[0], "eye")
        and len(x[1].shape) == 1
    ):
        return UNIT, int(x[1].words[0]), x[1].shape[0]
    return None


def at(algebra: Algebra, x: Expr, y: Expr) -> Expr:
    """`x @ y` as it stands, with the numbers before it."""
    (p, a), (q, b) = split(algebra, x), split(algebra, y)
    left, right = a[1].shape, b[1].shape
    if not left or not right:
        return algebra.multiply(p, q, a, b)
    if len(left) == len(right) == 2:
        a, b = _scaled_before(algebra, a, b)
        if (
            is_call(a, "[]")
            and isinstance(a[1], Call)
            and is_call(a[1].arguments[0], "eigh")
            and transposed(algebra, a) == b
        ):
            return algebra.multiply(p, q, algebra.call("eye", (), (str(left[0]),), left))
    if len(left) == 1 and is_call(b, ".T"):
        return algebra.multiply(p, q, at(algebra, argument(b), a))
    chosen = _chosen(algebra, a, b)
    if chosen is None and len(left) == len(right) == 2:
        chosen = _one_column(algebra, a, b)
    if chosen is not None:
        return algebra.multiply(p, q, chosen)
    lead = broadcast_shape((left[:-2], right[:-2]))
    shape = lead + left[-2:-1] + (right[-1:] if len(right) > 1 else ())
    return algebra.multiply(p, q, algebra.call("@", (a, b), shape=shape, atom=False))


def _scaled_before(algebra: Algebra, x: Expr, y: Expr) -> tuple[Expr, Expr]:
    """`x @ y` with what multiplies the rows of `y` on the columns of `x`, where a diagonal stands between."""
    columns = [base for base in y[1].factors if is_call((1, base), "column")]
    rest = algebra.product({base: each for base, each in y[1].factors.items() if base not in columns})
    if not columns or rest.shape != y[1].shape:
        return x, y
    scale = [_raised(algebra, argument((1, base)), y[1].factors[base]) for base in columns]
    return algebra.multiply(x, *scale), (1, rest)


def _one_column(algebra: Algebra, x: Expr, y: Expr) -> Expr | None:
    """`x @ y` where a list leaves but one column of `x`: the outer product of that and a row of `y`."""
    lists = [base for base, exponent in x[1].factors.items() if _is_list(base) and exponent == 1]
    if len(lists) != 1 or len(x[1].factors) < 2:
        return None
    place = _one_place((1, lists[0]))
    rest = 1, algebra.product({base: each for base, each in x[1].factors.items() if base is not lists[0]})
    if place is None or len(rest[1].shape) != 2:
        return None
    item, k, _ = place
    return algebra.multiply(item, outer(algebra, _column_of(algebra, rest, k), _row_of(algebra, y, k)))


def _row_of(algebra: Algebra, x: Expr, place: int) -> Expr:
    if is_call(x, ".T"):
        return _column_of(algebra, argument(x), place)
    return algebra.call("[]", (x,), (str(place),), x[1].shape[1:])


def _column_of(algebra: Algebra, x: Expr, place: int) -> Expr:
    if is_call(x, ".T"):
        return _row_of(algebra, argument(x), place)
    return algebra.call("[]", (x,), (":", str(place)), x[1].shape[:1])


def _chosen(algebra: Algebra, x: Expr, y: Expr) -> Expr | None:
    """A product with a vector that is 0 but in one place: a multiple of a row, of a column, of an element."""
    first, second = _one_place(x), _one_place(y)
    if second is not None and len(x[1].shape) in (1, 2):
        place, array = second, transposed(algebra, x)
    elif first is not None and len(y[1].shape) in (1, 2):
        place, array = first, y
    else:
        return None
    factor, whole = split(algebra, array)
    found = algebra.call("[]", (whole,), (str(place[1]),), whole[1].shape[1:])
    return algebra.multiply(place[0], factor, found)


def total(algebra: Algebra, x: Expr, full: Shape, axes: tuple[int, ...]) -> Expr:
    """The sum over axes of an array that stands for one of shape `full`."""
    if len(full) > 2 and x[1].shape:
        x = repeated(algebra, x, full)
    factor, array = split(algebra, x)
    shape = array[1].shape
    rank = len(shape)
    count = math.prod(full[axis] for axis in axes if -axis > rank or shape[axis] != full[axis])
    if count == 0:
        return ZERO
    left = tuple(axis for axis in axes if -axis <= rank and shape[axis] == full[axis])
    summed = [axis for axis in left if shape[axis] != 1]
    factor = algebra.multiply((count, ONE), factor)
    if not summed:
        return algebra.multiply(factor, _without(algebra, array, axes))
    if isinstance(array[1], Sum):
        divisor = content(array[1].terms.values(), below=True)
        array = algebra.sum({term: over(number, divisor) for term, number in array[1].terms.items()})
        factor = algebra.multiply((divisor, ONE), (array[0], ONE), factor)
        array = 1, array[1]
        if len(summed) == len(shape):
            less = _without_deviations(algebra, array)
            if less != array:
                return algebra.multiply(factor, total(algebra, less, shape, tuple(range(-rank, 0))))
    picked = _picked(algebra, array)
    if picked is not None:
        return algebra.multiply(factor, picked)
    scale = _on_diagonal(algebra, array)
    if scale is not None:
        return algebra.multiply(
            factor, scale if len(summed) == 1 else total(algebra, scale, shape[:1], (-1,))
        )
    if len(summed) == len([size for size in shape if size != 1]):
        vector = flat(algebra, array)
        return algebra.multiply(factor, algebra.call("sum", (array if vector is None else vector,)))
    if len(shape) == 2 and isinstance(array[1], Product):
        contracted = _contracted(algebra, array[1], summed[0])
        if contracted is not None:
            return algebra.multiply(factor, contracted)
    if is_call(array, ".T") and len(shape) == 2:
        array, left = argument(array), (-3 - left[0],)
        shape = array[1].shape
    if is_call(array, "outer"):
        u, v = argument(array), argument(array, 1)
        kept, gone = (u, v) if left == (-1,) else (v, u)
        return algebra.multiply(factor, kept, total(algebra, gone, gone[1].shape, (-1,)))
    rest = tuple(size for place, size in enumerate(shape) if place - len(shape) not in left)
    places = [axis + len(shape) for axis in left]
    word = f"dim={places[0]}" if len(places) == 1 else f"dim=({', '.join(map(str, places))})"
    return algebra.multiply(factor, algebra.call("sum", (array,), (word,), rest))


def _without_deviations(algebra: Algebra, x: Expr) -> Expr:
    """A sum without what comes to 0 when all its elements are added: `u - mean(u)`."""
    if not isinstance(x[1], Sum):
        return x
    terms = dict(x[1].terms)
    for term, number in x[1].terms.items():
        if isinstance(term, Call) and term.name == "mean" and not term.words:
            ((each, whole),) = term.arguments
            inner = whole.terms if isinstance(whole, Sum) else {whole: 1}
            parts = {part: times(times(number, each), -size) for part, size in inner.items()}
            if all(terms.get(part) == size for part, size in parts.items()):
                terms = {each: size for each, size in terms.items() if each is not term and each not in parts}
    return algebra.sum(terms)


def _without(algebra: Algebra, x: Expr, axes: tuple[int, ...]) -> Expr:
    """An array without axes along which it has no more than one element."""
    shape = x[1].shape
    rest = tuple(size for place, size in enumerate(shape) if place - len(shape) not in axes)
    if rest == shape:
        return x
    vector = flat(algebra, x)
    if vector is not None and len(rest) == 1:
        return vector
    return algebra.call("reshape", (x,), tuple(map(str, rest)), rest)


def _picked(algebra: Algebra, x: Expr) -> Expr | None:
    """The sum of a list that is written down, or of a vector times one that picks an element of it."""
    factors = x[1].factors
    lists = [base for base, exponent in factors.items() if _is_list(base) and exponent == 1]
    if len(lists) != 1 or len(x[1].shape) != 1:
        return None
    (found,) = lists
    assert isinstance(found, Call)
    if len(factors) == 1:
        return algebra.add(*found.arguments)
    places = [place for place, each in enumerate(found.arguments) if each != ZERO]
    rest = algebra.product({base: exponent for base, exponent in factors.items() if base is not found})
    if len(places) != 1 or rest.shape != found.shape:
        return None
    element = algebra.call("[]", ((1, rest),), (str(places[0]),))
    return algebra.multiply(found.arguments[places[0]], element)


def _is_list(term: Term) -> bool:
    return isinstance(term, Call) and term.name == "[,]"


def _contracted(algebra: Algebra, term: Product, axis: int) -> Expr | None:
    """The sum along one axis of a matrix times a vector along that axis: their matrix product."""
    along: dict[Term, Exponent] = {}
    rest: dict[Term, Exponent] = {}
    for base, exponent in term.factors.items():
        is_row = len(base.shape) == 1 or (isinstance(base, Call) and base.name == "row")
        is_column = isinstance(base, Call) and base.name == "column"
        if (is_row and axis == -1) or (is_column and axis == -2):
            if isinstance(base, Call) and base.name in ("row", "column"):
                if exponent != 1 or base.arguments[0][0] != 1:
                    return None
                base = base.arguments[0][1]
            along[base] = exponent
        else:
            rest[base] = exponent
    if not along or not rest:
        return None
    vector = 1, algebra.product(along)
    matrix: Expr = 1, algebra.product(rest)
    if len(matrix[1].shape) != 2:
        return None
    if matrix[1].shape[axis] == 1:
        return algebra.multiply(_without(algebra, matrix, (axis,)), algebra.call("sum", (vector,)))
    return at(algebra, transposed(algebra, matrix) if axis == -2 else matrix, vector)


def joined(algebra: Algebra, x: Expr) -> Expr:
    """A product in which a column times a row is their outer product, and a list picks its elements."""
    term = x[1]
    if len(term.shape) == 1 and isinstance(term, Product):
        return _in_list(algebra, x)
    if len(term.shape) != 2 or not isinstance(term, Product):
        return x
    ones = [base for base, exponent in term.factors.items() if exponent == 1]
    columns = [base for base in ones if is_call((1, base), "column")]
    rows = [base for base in ones if is_call((1, base), "row")]
    if not columns and rows and any(len(base.shape) == 2 and base not in rows for base in term.factors):
        # NumPy's broadcasting repeats a vector as a row anyhow.
        rest = {base: exponent for base, exponent in term.factors.items() if base not in rows}
        return algebra.multiply((x[0], algebra.product(rest)), *(argument((1, each)) for each in rows))
    if not columns:
        return x
    first = columns[0]
    across = next((base for base in ones if base in rows or len(base.shape) == 1), None)
    taken, found = {first}, argument((1, first))
    if not any(is_call((1, base), "eye") for base in ones):  # on a diagonal, a row is the same
        if across is None:
            return x
        taken.add(across)
        found = outer(algebra, found, argument((1, across)) if across in rows else (1, across))
    rest = {base: exponent for base, exponent in term.factors.items() if base not in taken}
    return joined(algebra, algebra.multiply((x[0], algebra.product(rest)), found))


def _in_list(algebra: Algebra, x: Expr) -> Expr:
    """`[0, 1, 0]*v` is `[0, v[1], 0]`."""
    lists = [base for base, exponent in x[1].factors.items() if _is_list(base) and exponent == 1]
    if len(lists) != 1:
        return x
    place = _one_place((1, lists[0]))
    rest = algebra.product({base: each for base, each in x[1].factors.items() if base is not lists[0]})
    if place is None or rest.shape not in ((), x[1].shape):
        return x
    item, k, size = place
    element = (1, rest) if not rest.shape else algebra.call("[]", ((1, rest),), (str(k),))
    return in_one_place(algebra, algebra.multiply((x[0], ONE), item, element), k, size)


def added(algebra: Algebra, operands: list[Expr]) -> list[Expr]:
    """Operands of a sum, of which lists of one length are added element by element."""
    lists = [each for each in operands if isinstance(each[1], Call) and each[1].name == "[,]"]
    if len(lists) < 2 or len({each[1].shape for each in lists}) > 1:
        return operands
    rows = []
    for number, term in lists:
        assert isinstance(term, Call)
        rows.append([algebra.multiply((number, ONE), each) for each in term.arguments])
    items = [algebra.add(*each) for each in zip(*rows, strict=True)]
    rest = [each for each in operands if each not in lists]
    return [*rest, algebra.call("[,]", items, shape=lists[0][1].shape)]


# The rules of the operations


def _matmul(reader: Reading, node: Node, a: Expr, b: Expr, *_: Expr) -> Expr:
    return product(reader.algebra, a, b, node.inputs[0].shape, node.inputs[1].shape)


def _reshape(reader: Reading, node: Node, x: Expr) -> Expr:
    algebra: Algebra = reader.algebra
    old, new = x[1].shape, node.shape
    if not old or old == new:
        return x
    stands_for = node.inputs[0].shape
    if old != stands_for:
        rest = [size for size in stands_for if size != 1]
        if len(new) < 3 and [size for size in new if size != 1] == rest == list(old):
            return x if len(old) == 1 and new[-1:] == old else column(algebra, x)
        x = repeated(algebra, x, stands_for)
        old = stands_for
        if old == new:
            return x
    if len(old) == 1 and new == (*old, 1):
        return column(algebra, x)
    if len(old) == 1 and new == (1, *old):
        return row(algebra, x)
    factor, array = split(algebra, x)
    if is_call(array, "reshape") and argument(array)[1].shape == new:
        return algebra.multiply(factor, argument(array))
    if [size for size in old if size != 1] == [size for size in new if size != 1]:
        vector = flat(algebra, x)
        if vector is not None and len(new) < 2:
            return vector
    return algebra.multiply(factor, algebra.call("reshape", (array,), tuple(map(str, new)), new))


def _permute(reader: Reading, node: Node, x: Expr) -> Expr:
    order: Any = node.params[0]
    if not x[1].shape:
        return x
    if tuple(order) == (-1, -2):
        return column(reader.algebra, x) if len(x[1].shape) == 1 else transposed(reader.algebra, x)
    factor, array = split(reader.algebra, repeated(reader.algebra, x, node.inputs[0].shape))
    places = tuple(str(axis + len(order)) for axis in order)
    return reader.algebra.multiply(factor, reader.algebra.call("permute", (array,), places, node.shape))


def _sum(reader: Reading, node: Node, x: Expr) -> Expr:
    axes, keep = node.params[:2]
    if keep and node.shape != () and len(axes) < len(node.inputs[0].shape):
        return _reduction("sum")(reader, node, x)
    return total(reader.algebra, x, node.inputs[0].shape, axes)


def _words(node: Node) -> tuple[str, ...]:
    """The dimensions of a reduction, where it is not of all of them."""
    axes, keep = node.params[:2]
    rank = len(node.inputs[0].shape)
    places = [axis + rank for axis in axes]
    words: tuple[str, ...] = ()
    if len(places) < rank:
        words = (f"dim={places[0]}" if len(places) == 1 else f"dim=({', '.join(map(str, places))})",)
    return (*words, *(("keepdim=True",) if keep and rank else ()))


def as_operand(reader: Reading, node: Node, x: Expr) -> Expr:
    """An operand as the array that it stands for."""
    shape = node.inputs[0].shape
    if x[1].shape == shape:
        return x
    return reader.algebra.call("expand", (x,), tuple(map(str, shape)), shape)


def _reduction(name: str) -> Rule:
    def rule(reader: Reading, node: Node, x: Expr) -> Expr:
        words = _words(node)
        if name in ("var", "std"):
            correction: Any = node.params[2]
            words += () if correction == 1 else (f"correction={correction:g}",)
        if name == "norm":
            p: Any = node.params[2]
            words = (*(() if p == 2 else (f"p={p:g}",)), *words)
        outside, array = split(reader.algebra, x) if name == "mean" and x[1].shape else (UNIT, x)
        whole = reader.algebra.call(name, (as_operand(reader, node, array),), words, node.shape)
        return reader.algebra.multiply(outside, whole)

    return rule


def _of_matrix(name: str) -> Rule:
    return lambda reader, node, x: reader.algebra.call(name, (as_operand(reader, node, x),), (), node.shape)


def _softmax(name: str) -> Rule:
    def rule(reader: Reading, node: Node, x: Expr) -> Expr:
        axes: Any = node.params[0]
        places = [str(axis + len(node.shape)) for axis in axes]
        word = f"dim={places[0]}" if len(places) == 1 else f"dim=({', '.join(places)})"
        words = () if axes == (-1,) else (word,)
        return reader.algebra.call(name, (as_operand(reader, node, x),), words, node.shape)

    return rule


def _stack(reader: Reading, node: Node, *items: Expr) -> Expr:
    dim: int = node.params[0] + len(node.shape)
    algebra: Algebra = reader.algebra
    whole = _all_rows(algebra, items, node.shape) if dim == 0 else None
    if dim == 1 and len(node.shape) == 2:
        whole = _all_rows(algebra, items, node.shape[::-1])
        whole = None if whole is None else _each_transposed(algebra, whole)
    if whole is not None:
        return whole
    if dim == 0 and all(each.shape == x[1].shape for each, x in zip(node.inputs, items, strict=True)):
        return algebra.call("[,]", items, shape=node.shape)
    return algebra.call("stack", _written_out(reader, node, items), (f"dim={dim}",), node.shape)


def _all_rows(algebra: Algebra, items: Sequence[Expr], shape: Shape) -> Expr | None:
    """What has these elements (or rows), one after the other: `2*v` for `[2*v[0], 2*v[1]]`, or `None`."""
    found: Expr | None = None
    for place, item in enumerate(items):
        lifted = _lifted(algebra, item, place, shape)
        if lifted is None or (place and lifted != found):
            return None
        found = lifted
    return found if found is not None and found[1].shape == shape else None


def _lifted(algebra: Algebra, x: Expr, place: int, shape: Shape) -> Expr | None:
    """What has `x` as its element (or row) at a place, if `x` says it by that index; or `None`."""
    number, term = x
    if isinstance(term, Sum):
        parts = [_lifted(algebra, (each, inner), place, shape) for inner, each in term.terms.items()]
        found = [each for each in parts if each is not None]
        if len(found) < len(parts):
            return None
        return algebra.multiply((number, ONE), algebra.add(*found))
    factors: list[Expr] = [(number, ONE)]
    for base, exponent in term.factors.items():
        whole: Expr = 1, base
        if isinstance(base, Call) and base.name == "[]" and base.words == (str(place),):
            whole = base.arguments[0]
            if whole[1].shape[:1] != shape[:1] or len(whole[1].shape) > len(shape):
                return None
            if len(whole[1].shape) < len(shape):
                whole = column(algebra, whole)
        elif base.shape not in ((), shape[1:]):
            return None
        elif len(base.shape) == 1:
            whole = row(algebra, whole)
        factors.append(_raised(algebra, whole, exponent))
    return joined(algebra, algebra.multiply(*factors))


def _each_transposed(algebra: Algebra, x: Expr) -> Expr:
    """A product of arrays of one shape, and rows, with each factor transposed."""
    parts: list[Expr] = [(x[0], ONE)]
    for base, exponent in x[1].factors.items():
        turned = transposed(algebra, (1, base)) if len(base.shape) == 2 else (1, base)
        if is_call(turned, "row"):
            turned = argument(turned)
        if len(base.shape) == 1:
            turned = column(algebra, (1, base))
        parts.append(_raised(algebra, turned, exponent))
    return joined(algebra, algebra.multiply(*parts))


def _raised(algebra: Algebra, x: Expr, exponent: Exponent) -> Expr:
    if isinstance(exponent, tuple):
        return algebra.symbolic_power(x, exponent)
    return algebra.power(x, exponent)


def _cat(reader: Reading, node: Node, *items: Expr) -> Expr:
    dim: int = node.params[0] + len(node.shape)
    words = () if dim == 0 else (f"dim={dim}",)
    return reader.algebra.call("cat", _written_out(reader, node, items), words, node.shape)


def _written_out(reader: Reading, node: Node, items: Sequence[Expr]) -> list[Expr]:
    """The inputs of a node, each in its own shape."""
    return [repeated(reader.algebra, x, each.shape) for each, x in zip(node.inputs, items, strict=True)]


def _solve(reader: Reading, node: Node, a: Expr, b: Expr) -> Expr:
    """What solves `a @ x = b`: a vector as a vector, and numbers before it."""
    if not a[1].shape or len(node.shape) != 2:
        return reader.unreadable(node)
    factor, right = split(reader.algebra, b)
    if not right[1].shape:
        size = node.shape if node.shape[1] > 1 else node.shape[:1]
        right = repeated(reader.algebra, right, size)
    vector = flat(reader.algebra, right) if is_call(right, "column") else None
    vector = right if len(right[1].shape) == 1 else vector
    if vector is None:
        return reader.algebra.multiply(factor, reader.algebra.call("solve", (a, right), (), node.shape))
    found = reader.algebra.call("solve", (a, vector), (), node.shape[:1])
    return reader.algebra.multiply(factor, column(reader.algebra, found))


def _of_determinant(name: str) -> Rule:
    """Functions of a determinant, the inner one first."""

    def rule(reader: Reading, node: Node, x: Expr) -> Expr:
        found = reader.algebra.call("det", (x,), (), node.shape)
        for each in name.split():
            found = reader.algebra.call(each, (found,), (), node.shape)
        return found

    return rule


def _cofactors(reader: Reading, node: Node, x: Expr) -> Expr:
    inverse = reader.algebra.call("inv", (x,), (), node.shape)
    number = reader.algebra.call("det", (x,), (), node.shape[:-2])
    if number[1].shape:
        return reader.unreadable(node)
    return reader.algebra.multiply(number, transposed(reader.algebra, inverse))


def in_one_place(algebra: Algebra, x: Expr, place: int, size: int) -> Expr:
    """A vector that is a number in one place, and 0 in the others."""
    if x[0] < 0:
        number, vector = in_one_place(algebra, (-x[0], x[1]), place, size)
        return -number, vector
    if size <= _LONGEST_LIST:
        return algebra.call("[,]", [x if k == place else ZERO for k in range(size)], shape=(size,))
    return algebra.multiply(x, unit_vector(algebra, size, place))


def unit_vector(algebra: Algebra, size: int, place: int) -> Expr:
    """The vector that is 1 in one place."""
    identity = algebra.call("eye", (), (str(size),), (size, size))
    return algebra.call("[]", (identity,), (str(place),), (size,))


def _others(reader: Reading, node: Node, x: Expr) -> Expr:
    axes: Any = node.params[0]
    if len(axes) != len(node.shape):
        return reader.unreadable(node)
    number, term = x
    return reader.algebra.add(total(reader.algebra, x, node.shape, axes), (-number, term))


def repeated(algebra: Algebra, x: Expr, shape: Shape) -> Expr:
    """What stands for an array of a shape, written out where it is smaller."""
    if x[1].shape == shape:
        return x
    sizes = tuple(map(str, shape))
    if x == ZERO:
        return algebra.call("zeros", (), sizes, shape)
    if not x[1].shape:
        return algebra.multiply(x, algebra.call("ones", (), sizes, shape))
    if len(shape) == 2:
        vector = flat(algebra, x) or (x if len(x[1].shape) == 1 else None)
        if vector is not None:
            as_column = x[1].shape == (shape[0], 1)
            ones = algebra.call(
                "ones", (), sizes[as_column : as_column + 1], shape[as_column : as_column + 1]
            )
            return outer(algebra, vector, ones) if as_column else outer(algebra, ones, vector)
    return algebra.call("expand", (x,), sizes, shape)


def constant_array(algebra: Algebra, node: Constant) -> Expr | None:
    """An array that is written down, if it is small enough; an identity by its name."""
    value = node.value
    if len(node.shape) == 2 and node.shape[0] == node.shape[1] and (value == np.eye(node.shape[0])).all():
        return algebra.call("eye", (), (str(node.shape[0]),), node.shape)
    if value.size > MOST_WRITTEN:
        return None
    return algebra.call("array", (), (plain(value, multiline=False),), node.shape)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("matmul", "strong_matmul"), _matmul),
    "reshape": _reshape,
    "permute": _permute,
    "sum": _sum,
    **{name: _reduction(name) for name in ("mean", "prod", "logsumexp", "var", "std", "norm")},
    "trace": _of_matrix("trace"),
    "amax": _reduction("max"),
    "amin": _reduction("min"),
    **{name: _reduction(name) for name in ("argmax", "argmin", "all", "any")},
    **{name: _softmax(name) for name in ("softmax", "log_softmax")},
    "stack": _stack,
    "cat": _cat,
    "solve": _solve,
    "log_abs_det": _of_determinant("abs log"),
    "sign_of_det": _of_determinant("sign"),
    "cofactors": _cofactors,
    "others": _others,
    "direction": lambda reader, node, x, h: reader.algebra.multiply(x, reader.inverse(h)),
}
"""What operations on arrays say."""
