"""Sums of products over indices: einsum, and the products of arrays that it defines."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcli.engine.graph import Node, constant, expand, intern, number_in
from gradcli.engine.primitives.arithmetic import multiply, where
from gradcli.engine.primitives.arranging import laid_out
from gradcli.engine.primitives.entry import Composite, Meaning, as_number, called
from gradcli.engine.primitives.linalg import matmul
from gradcli.engine.primitives.reductions import total
from gradcli.engine.primitives.selecting import at_place, flattened, one_axis
from gradcli.engine.primitives.shaping import axis_of, permute, reshape, stack, unsqueeze
from gradcli.engine.shapes import ShapeError, broadcast_shape
from gradcli.text.errors import EvaluationError

family = "linear algebra"

Labels = tuple[str, ...]
"""What each dimension of an array is called."""

_ADDED = "\0"
"""Begins the names of the dimensions that `...` stands for, which are counted from the last."""


def contracted(operands: Sequence[tuple[Node, Labels]], output: Labels) -> Node:
    """The sum over all labels that are not in `output` of the products of the operands' elements."""
    sizes: dict[str, int] = {}
    for node, labels in operands:
        for label, size in zip(labels, node.shape, strict=True):
            if sizes.setdefault(label, size) not in (1, size) and size != 1:
                raise ShapeError(f"sizes {sizes[label]} and {size} stand for one index")
            sizes[label] = max(sizes[label], size) if size != 0 else 0
    waiting = [_once_each(as_number(node), labels) for node, labels in operands]
    node, labels = waiting.pop(0)
    while waiting:
        later = set(output).union(*(each for _, each in waiting[1:]))
        node, labels = _pair((node, labels), waiting.pop(0), later, sizes)
    node, labels = _summed(node, labels, set(output))
    order = tuple(labels.index(label) - len(labels) for label in output)
    return permute(node, order)


def _once_each(node: Node, labels: Labels) -> tuple[Node, Labels]:
    """An operand in which no label stands twice: those that do are its diagonal."""
    single = tuple(dict.fromkeys(labels))
    if single == labels:
        return node, labels
    number = {label: place for place, label in enumerate(single)}
    wanted, given = [number[label] for label in single], [number[label] for label in labels]
    sizes = dict(zip(labels, node.shape, strict=True))
    if any(sizes[label] != size for label, size in zip(labels, node.shape, strict=True)):
        raise ShapeError(f"an index stands twice for different sizes of shape {list(node.shape)}")
    shape = tuple(sizes[label] for label in single)
    return laid_out(node, shape, lambda places: np.einsum(places, given, wanted)), single


def _summed(node: Node, labels: Labels, kept: set[str]) -> tuple[Node, Labels]:
    """The sum over the labels that nothing needs any more."""
    axes = tuple(place - len(labels) for place, label in enumerate(labels) if label not in kept)
    return total(node, axes), tuple(label for label in labels if label in kept)


def _laid(node: Node, labels: Labels, groups: Sequence[Labels], sizes: dict[str, int]) -> Node:
    """The dimensions of a node in groups, each as one; those that it lacks have size 1 and are repeated."""
    wanted = [label for group in groups for label in group]
    order = tuple(labels.index(label) - len(labels) for label in wanted)
    node = expand(permute(node, order), tuple(sizes[label] for label in wanted))
    return reshape(node, tuple(math.prod(sizes[label] for label in group) for group in groups))


def _pair(
    left: tuple[Node, Labels], right: tuple[Node, Labels], later: set[str], sizes: dict[str, int]
) -> tuple[Node, Labels]:
    """Two operands as one: a product of matrices for each choice of the labels that both keep."""
    a, a_labels = _summed(*left, later.union(right[1]))
    b, b_labels = _summed(*right, later.union(left[1]))
    both = [label for label in a_labels if label in b_labels]
    kept = tuple(label for label in both if label in later)
    over = tuple(label for label in both if label not in later)
    rows = tuple(label for label in a_labels if label not in both)
    columns = tuple(label for label in b_labels if label not in both)
    labels = (*kept, *rows, *columns)
    if over:
        product = intern(
            matmul,
            (_laid(a, a_labels, (kept, rows, over), sizes), _laid(b, b_labels, (kept, over, columns), sizes)),
        )
    else:
        one = _laid(a, a_labels, (kept, rows, ()), sizes)
        product = multiply.apply(one, _laid(b, b_labels, (kept, (), columns), sizes))
    return reshape(product, tuple(sizes[label] for label in labels)), labels


def _named_dimensions(text: str, rank: int) -> Labels:
    """What the dimensions of an operand of this rank are called; raises `ShapeError`."""
    before, dots, behind = text.partition("...")
    letters = len(before) + len(behind)
    if letters > rank or (letters < rank and not dots):
        raise ShapeError(f"{text!r} does not name the {rank} dimensions of an operand", subject="einsum")
    more = [f"{_ADDED}{k}" for k in range(rank - letters, 0, -1)]
    return (*before, *(more if dots else ()), *behind)


def _einsum(equation: str, arrays: Sequence[Node]) -> Node:
    inputs, arrow, result = equation.replace(" ", "").partition("->")
    texts = inputs.split(",")
    if any(letters and not letters.isalpha() for text in (*texts, result) for letters in text.split("...")):
        raise EvaluationError(
            f"{equation!r} is no equation of indices", hint="write it as in einsum('ij,jk->ik', A, B)"
        )
    if len(texts) != len(arrays):
        raise EvaluationError(
            f"the equation has {_counted(len(texts))}, and the call has {len(arrays)}",
            hint="a comma stands between the indices of operands: einsum('ij,jk->ik', A, B)",
        )
    operands = [
        (array, _named_dimensions(text, len(array.shape))) for text, array in zip(texts, arrays, strict=True)
    ]
    known = [label for _, labels in operands for label in labels]
    added = sorted({label for label in known if label.startswith(_ADDED)}, reverse=True)
    if not arrow:
        output = (*added, *sorted(label for label in set(known) - set(added) if known.count(label) == 1))
    else:
        before, dots, behind = result.partition("...")
        output = (*before, *(added if dots else ()), *behind)
        strange = [label for label in output if label not in known]
        if strange or len(set(output)) != len(output):
            raise EvaluationError(
                f"the result of {equation!r} needs indices of the operands, each once",
                hint="write it as in einsum('ij,jk->ik', A, B)",
            )
    return contracted(operands, output)


def _counted(operands: int) -> str:
    return f"{operands} operand{'' if operands == 1 else 's'}"


def _letters(count: int, start: str) -> Labels:
    return tuple(f"{start}{k}" for k in range(count))


def _tensordot(a: Node, b: Node, dims: Any) -> Node:
    if isinstance(dims, int):
        if dims > min(len(a.shape), len(b.shape)):
            raise ShapeError(f"sums over {dims} dimensions, and an operand has fewer", subject="tensordot")
        pairs = [(len(a.shape) - dims + k, k) for k in range(dims)]
    else:
        first, second = (dims[0], dims[1]) if len(dims) == 2 else ((), ())
        if len(first) != len(second):
            raise ShapeError("needs as many dimensions of one operand as of the other", subject="tensordot")
        pairs = [
            (axis_of(a, left) % len(a.shape), axis_of(b, right) % len(b.shape))
            for left, right in zip(first, second, strict=True)
        ]
    a_labels, b_labels = list(_letters(len(a.shape), "a")), list(_letters(len(b.shape), "b"))
    for left, right in pairs:
        if a.shape[left] != b.shape[right] and 1 not in (a.shape[left], b.shape[right]):
            raise ShapeError(f"sizes {a.shape[left]} and {b.shape[right]} stand for one index")
        b_labels[right] = a_labels[left]
    over = {a_labels[left] for left, _ in pairs}
    output = tuple(label for label in (*a_labels, *b_labels) if label not in over)
    return contracted(((a, tuple(a_labels)), (b, tuple(b_labels))), output)


def _inner(a: Node, b: Node) -> Node:
    if not a.shape or not b.shape:
        return multiply.apply(as_number(a), as_number(b))
    if a.shape[-1] != b.shape[-1]:
        raise ShapeError(f"sizes {a.shape[-1]} and {b.shape[-1]} stand for one index")
    if len(a.shape) == len(b.shape) == 1:
        return intern(matmul, (as_number(a), as_number(b)))
    return _tensordot(a, b, ((len(a.shape) - 1,), (len(b.shape) - 1,)))


def _vdot(a: Node, b: Node) -> Node:
    if math.prod(a.shape) != math.prod(b.shape):
        raise ShapeError("needs as many elements in one operand as in the other", subject="vdot")
    return intern(matmul, (as_number(flattened(a)), as_number(flattened(b))))


def _vecdot(a: Node, b: Node, dim: tuple[int, ...]) -> Node:
    product = multiply.apply(as_number(a), as_number(b))
    return total(product, (one_axis(product, dim),))


def _kron(a: Node, b: Node) -> Node:
    rank = max(len(a.shape), len(b.shape))
    left, right = ((1,) * (rank - len(each.shape)) + each.shape for each in (a, b))
    spread = [(size, 1) for size in left], [(1, size) for size in right]
    parts = [
        reshape(as_number(each), tuple(size for pair in sizes for size in pair))
        for each, sizes in zip((a, b), spread, strict=True)
    ]
    return reshape(multiply.apply(*parts), tuple(one * other for one, other in zip(left, right, strict=True)))


def _cross(a: Node, b: Node, dim: tuple[int, ...] | None) -> Node:
    shape = broadcast_shape((a.shape, b.shape))
    a, b = expand(as_number(a), shape), expand(as_number(b), shape)
    if dim is None:
        threes = [place for place, size in enumerate(shape) if size == 3]
        if len(threes) > 1 and threes[0] != len(shape) - 1:
            raise ShapeError("several dimensions have size 3", hint="say which: cross(a, b, dim=-1)")
        dim = (threes[0],) if threes else (-1,)
    axis = one_axis(a, dim)
    if not shape or shape[axis] != 3:
        raise ShapeError(f"needs vectors of 3 numbers, not shape {list(shape)}", subject="cross")
    (a0, a1, a2), (b0, b1, b2) = ([at_place(each, axis, k) for k in range(3)] for each in (a, b))
    return stack((a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0), dim=axis)


def _vander(x: Node, columns: int | None, increasing: bool) -> Node:
    x = x if x.shape else reshape(x, (1,))
    count = x.shape[-1] if columns is None else columns
    powers = [as_number(x) ** k for k in range(count)]
    if not powers:
        return constant(np.zeros((*x.shape, 0)))
    return stack(powers if increasing else powers[::-1], dim=-1)


def _needs_rank(node: Node, rank: int, name: str) -> None:
    if len(node.shape) != rank:
        told = {1: "a vector", 2: "a matrix", 3: "a stack of matrices"}[rank]
        raise ShapeError(f"needs {told}, and this has shape {list(node.shape)}", subject=name)


def _bmm(a: Node, b: Node) -> Node:
    _needs_rank(a, 3, "bmm")
    _needs_rank(b, 3, "bmm")
    if a.shape[0] != b.shape[0]:
        raise ShapeError(
            f"has {a.shape[0]} matrices on one side and {b.shape[0]} on the other", subject="bmm"
        )
    return intern(matmul, (as_number(a), as_number(b)))


def _added(x: Node, product: Node, beta: Node, alpha: Node) -> Node:
    """beta*x + alpha*product, of which x does not count where beta is 0."""
    shape = broadcast_shape((x.shape, product.shape))
    product = product if number_in(alpha) == 1 else alpha * product
    if number_in(beta) == 0:  # x has no part in it, not even where it is nan, and gradient 0
        return where(constant(False), x, expand(product, shape))
    return (x if number_in(beta) == 1 else beta * x) + product


def _product(a: Node, b: Node) -> Node:
    return intern(matmul, (as_number(a), as_number(b)))


def _outer_product(a: Node, b: Node) -> Node:
    _needs_rank(a, 1, "addr")
    _needs_rank(b, 1, "addr")
    return multiply.apply(reshape(a, (a.shape[0], 1)), reshape(b, (1, b.shape[0])))


def _matvec(a: Node, v: Node) -> Node:
    _needs_matrices_and_vectors(a, v, "matvec")
    return total(as_number(a) * unsqueeze(as_number(v), -2), (-1,))


def _vecmat(v: Node, a: Node) -> Node:
    _needs_matrices_and_vectors(a, v, "vecmat")
    return total(unsqueeze(as_number(v), -1) * as_number(a), (-2,))


def _needs_matrices_and_vectors(a: Node, v: Node, name: str) -> None:
    if len(a.shape) < 2 or not v.shape:
        raise ShapeError(
            f"takes matrices and vectors, and not shapes {list(a.shape)} and {list(v.shape)}", subject=name
        )


_OF_PRODUCT = "G @ b.T in a and a.T @ G in b, where G is the gradient in the product"

Composite(
    "einsum",
    "equation, *arrays",
    _einsum,
    "The sum of products that an equation of indices says: over all that are not behind its arrow.",
    ("einsum('ij,j->i', [[1, 2], [3, 4]], [1, 1])", "[3, 7]"),
    holds={"equation": "text"},
    derivative="in each operand, the einsum of the gradient with the others",
    overload=called("View"),
    whole="kept",
    numpy="einsum(equation, *arrays)",
    samples=(
        *(("ij,jk->ik", [2, 3], [3, 2]), ("ij->ji", [2, 3]), ("ii", [3, 3]), ("ii->i", [2, 2])),
        *(("i,j", [2], [3]), ("bij,bjk->bik", [2, 2, 3], [2, 3, 1]), ("ij,ij->", [2, 3], [2, 3])),
        *(("...ij,...jk", [2, 2, 3], [3, 2]), ("i,i,i", [3], [3], [3]), ("ij,kj,k->i", [2, 3], [2, 3], [2])),
        ("b...->...", [2, 3]),
    ),
    family=family,
)
Composite(
    "tensordot",
    "a, b, dims=2",
    _tensordot,
    "The sum of products over pairs of dimensions: the last of a and the first of b, or two lists of them.",
    ("tensordot([[1, 2], [3, 4]], [1, 1], 1)", "[3, 7]"),
    holds={"dims": "lists"},
    derivative="the tensordot of the gradient with the other operand",
    overload=called("View"),
    whole="kept",
    numpy="tensordot(a, b, dims)",
    samples=(([2, 3], [3, 2], 1), ([2, 3], [2, 3], 2), ([2, 3], [2], ((0,), (0,))), ([2], [3], 0)),
    meanings=(Meaning("numpy", "calls the dimensions axes", "a, b, axes=2", holds={"axes": "lists"}),),
    family=family,
)
Composite(
    "inner",
    "a, b",
    _inner,
    "The sum of products over the last dimension of both.",
    ("inner([1, 2], [3, 4])", "11"),
    derivative="b in a, and a in b",
    overload=called("View"),
    whole="kept",
    samples=(([3], [3]), ([2, 3], [3]), ([2, 3], [2, 3]), ([], [2])),
    family=family,
)
Composite(
    "vdot",
    "a, b",
    _vdot,
    "The sum of the products of all elements, row by row.",
    ("vdot([1, 2], [3, 4])", "11"),
    derivative="b in a, and a in b",
    overload=called("Vdot"),
    whole="kept",
    samples=(([3], [3]), ([2, 3], [2, 3])),
    family=family,
)
Composite(
    "vecdot",
    "a, b, dim=-1",
    _vecdot,
    "The sum of products along a dimension.",
    ("vecdot([[1, 2], [3, 4]], [1, 1])", "[3, 7]"),
    derivative="b in a, and a in b",
    overload=called("Sum"),
    whole="kept",
    numpy="sum(a*b, axis=axis)",
    samples=(([3], [3], (-1,)), ([2, 3], [3], (1,)), ([2, 3], [2, 3], (0,))),
    family=family,
)
Composite(
    "matvec",
    "A, v",
    _matvec,
    "A @ v of matrices and vectors, each with its own.",
    ("matvec([[1, 2], [3, 4]], [1, 1])", "[3, 7]"),
    derivative="outer(G, v) in A, and A.T @ G in v",
    whole="kept",
    numpy="(A @ v[..., None])[..., 0]",
    samples=(([2, 3], [3]), ([2, 3, 2], [2, 2]), ([2, 2], [3, 2])),
    family=family,
)
Composite(
    "vecmat",
    "v, A",
    _vecmat,
    "v @ A of vectors and matrices, each with its own.",
    ("vecmat([1, 1], [[1, 2], [3, 4]])", "[4, 6]"),
    derivative="A @ G in v, and outer(v, G) in A",
    whole="kept",
    numpy="(v[..., None, :] @ A)[..., 0, :]",
    samples=(([2], [2, 3]), ([2, 2], [2, 2, 3]), ([3, 2], [2, 2])),
    family=family,
)
Composite(
    "kron",
    "a, b",
    _kron,
    "Kronecker's product: b times each element of a, in its place.",
    ("kron([1, 10], [1, 2])", "[1, 2, 10, 20]"),
    derivative="in each operand, the gradient's blocks summed with the other",
    overload=called("UnsafeView"),
    whole="kept",
    samples=(([2], [3]), ([2, 2], [1, 3]), ([2], [2, 2])),
    family=family,
)
Composite(
    "cross",
    "a, b, dim=None",
    _cross,
    "Cross product of vectors of 3 numbers, along the dimension that has size 3.",
    ("cross([1, 0, 0], [0, 1, 0])", "[0, 0, 1]"),
    meanings=(Meaning("numpy", "is along the last dimension where no axis is given", "a, b, dim=-1"),),
    derivative="cross(b, G) in a and cross(G, a) in b, where G is the gradient",
    overload=called("LinalgCross"),
    whole="kept",
    numpy="cross(a, b, axis=-1 if axis is None else axis)",
    samples=(([3], [3], None), ([2, 3], [3], None), ([3, 2], [3, 2], (0,))),
    family=family,
)
Composite(
    "vander",
    "x, N=None, increasing=False",
    _vander,
    "The powers of each element of a vector as a row, the highest first.",
    ("vander([1, 2, 3], 2)", "[[1, 1],\n [2, 1],\n [3, 1]]"),
    holds={"N": "integer", "increasing": "truth"},
    derivative="k*x**(k - 1) in the column of x**k",
    overload=called("Stack"),
    whole="kept",
    samples=(([3], None, False), ([2], 4, True)),
    family=family,
    meanings=(
        Meaning(
            "torch.linalg",
            "has the lowest power first",
            "x, N=None",
            lambda x, N: _vander(x, N, True),
            holds={"N": "integer"},
        ),
    ),
)
Composite(
    "bmm",
    "a, b",
    _bmm,
    "The product of each matrix in a stack with that in the same place of another.",
    ("bmm([[[1, 2]]], [[[3], [4]]])", "[[[11]]]"),
    derivative=_OF_PRODUCT,
    overload=called("Bmm"),
    whole="kept",
    numpy="a @ b",
    samples=(([2, 2, 3], [2, 3, 1]),),
    family=family,
)


def _plus_product(
    name: str,
    parameters: str,
    multiplied: Callable[[Node, Node], Node],
    formula: str,
    example: tuple[str, str],
    *samples: tuple[Any, ...],
) -> None:
    Composite(
        name,
        f"x, {parameters}, beta=1.0, alpha=1.0",
        lambda x, a, b, beta, alpha: _added(as_number(x), multiplied(a, b), beta, alpha),
        f"beta*x + alpha*{formula}; x does not count where beta is 0, even where it is nan.",
        example,
        derivative=f"beta in x; {_OF_PRODUCT}, times alpha",
        overload=called(name.capitalize()),
        whole="kept",
        numpy=f"beta*x + alpha*{formula}",
        samples=samples,
        family=family,
    )


_plus_product(
    "addmm",
    "mat1, mat2",
    _product,
    "(mat1 @ mat2)",
    ("addmm([1, 1], [[1, 2]], [[3, 0], [0, 4]])", "[[4, 9]]"),
    *(([2, 2], [2, 3], [3, 2], [], []), ([2], [2, 3], [3, 2], 0.0, 2.0)),
)
_plus_product(
    "addmv",
    "mat, vec",
    _product,
    "(mat @ vec)",
    ("addmv([1], [[1, 2]], [3, 4])", "[12]"),
    ([2], [2, 3], [3], [], []),
)
_plus_product(
    "baddbmm",
    "batch1, batch2",
    _bmm,
    "(batch1 @ batch2)",
    ("baddbmm([[[1]]], [[[2]]], [[[3]]])", "[[[7]]]"),
    *(([2, 2, 2], [2, 2, 3], [2, 3, 2], [], []), ([2], [1, 2, 1], [1, 1, 2], 2.0, 2.0)),
)
_plus_product(
    "addbmm",
    "batch1, batch2",
    lambda a, b: total(_bmm(a, b), (-3,)),
    "sum(batch1 @ batch2, 0)",
    ("addbmm([[1]], [[[2]]], [[[3]]])", "[[7]]"),
    ([2, 2], [2, 2, 3], [2, 3, 2], [], []),
)
_plus_product(
    "addr",
    "vec1, vec2",
    _outer_product,
    "outer(vec1, vec2)",
    ("addr([[1, 1]], [2], [3, 4])", "[[7, 9]]"),
    ([2, 3], [2], [3], [], []),
)
