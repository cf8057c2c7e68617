"""Losses: what a model is trained to make small, in PyTorch's definitions, and distances.

Each is defined by other entries. A loss of elements is then reduced: to its mean, to its sum, or not at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import Node, as_node, broadcast, constant, expand, number_in
from gradcli.engine.primitives.arithmetic import (
    clamp_min,
    maximum,
    minimum,
    not_equal,
    where,
)
from gradcli.engine.primitives.elementwise import absolute, exp, hypot, log, log1p, sqrt
from gradcli.engine.primitives.entry import Composite, Edge, Elementwise, Meaning, as_number, called
from gradcli.engine.primitives.odds import kl_divergence, xlogy
from gradcli.engine.primitives.reductions import (
    along,
    axes_of,
    log_softmax,
    mean,
    norm,
    sum_primitive,
    total,
)
from gradcli.engine.primitives.scans import running_product
from gradcli.engine.primitives.selecting import put_along, take_along
from gradcli.engine.primitives.shaping import axis_of, detach, reshape, unsqueeze
from gradcli.engine.primitives.special import logsigmoid, relu, softplus
from gradcli.engine.primitives.two_doubles import on_elements
from gradcli.engine.shapes import ShapeError
from gradcli.text.errors import EvaluationError

INF = float("inf")

family = "losses and distances"

REDUCTIONS = ("mean", "sum", "none")


def reduced(loss: Node, reduction: str) -> Node:
    """The mean or the sum of a loss's elements, or the loss itself."""
    if reduction == "none":
        return loss
    if reduction not in ("mean", "sum"):
        raise _no_reduction(reduction)
    return along(mean if reduction == "mean" else sum_primitive, loss)


def _no_reduction(reduction: str, known: tuple[str, ...] = REDUCTIONS) -> EvaluationError:
    choices = ", ".join(map(repr, known[:-1])) + f" or {known[-1]!r}"
    return EvaluationError(f"there is no reduction {reduction!r}", hint=f"write reduction={choices}")


def _weighted(loss: Node, weight: Node | None, reduction: str) -> Node:
    """A loss with weights, whose mean is divided by their sum."""
    if weight is None:
        return reduced(loss, reduction)
    loss, weight = broadcast((loss * weight, weight))
    if reduction == "mean":
        return along(sum_primitive, loss) / along(sum_primitive, weight)
    return reduced(loss, reduction)


def _is(x: Node, number: float) -> bool:
    return number_in(x) == number


def _reduced_name(name: str, place: int = -1) -> Callable[..., str]:
    """PyTorch's name of a loss that it composes: that of the reduction, or of what is reduced."""

    def overload(*arguments: Any) -> str:
        reduction = arguments[place]
        if reduction == "none":
            return name
        if reduction == "batchmean":
            return "DivBackward0"
        return "MeanBackward0" if reduction == "mean" else "SumBackward0"

    return overload


# Of numbers


def _mse(x: Node, target: Node, reduction: str, weight: Node | None) -> Node:
    distance = x - target
    return _weighted(distance * distance, weight, reduction)


def _l1(x: Node, target: Node, reduction: str, weight: Node | None) -> Node:
    return _weighted(absolute(x - target), weight, reduction)


def _smooth_l1(x: Node, target: Node, reduction: str, beta: Node) -> Node:
    distance = x - target
    size = absolute(distance)
    if _is(beta, 0):
        return reduced(size, reduction)
    return reduced(where(size < beta, distance * distance / (2 * beta), size - beta / 2), reduction)


def _huber(x: Node, target: Node, reduction: str, delta: Node, weight: Node | None) -> Node:
    distance = x - target
    size = absolute(distance)
    loss = where(size <= delta, distance * distance / 2, delta * (size - delta / 2))
    return reduced(loss if weight is None else loss * weight, reduction)


def _of_two(
    name: str,
    signature: str,
    definition: Callable[..., Node],
    doc: str,
    example: tuple[str, str],
    numpy: str,
    samples: tuple[tuple[Any, ...], ...],
    **about: Any,
) -> None:
    Composite(name, signature, definition, doc, example, numpy=numpy, samples=samples, family=family, **about)


_REDUCED = "{{'mean': mean, 'sum': sum, 'none': lambda x: x}}[reduction]({0})"

_of_two(
    "mse_loss",
    "x, target, reduction='mean', weight=None",
    _mse,
    "Mean squared error: the mean of (x - target)**2.",
    ("mse_loss([1, 2], [1, 4])", "2"),
    _REDUCED.format("(x - target)**2"),
    (([3], [3], "mean", None), ([2, 3], [2, 3], "sum", None), ([2], [2], "none", None)),
    overload=called("MseLoss"),
    derivative="2*(x - target)/n",
)
_of_two(
    "l1_loss",
    "x, target, reduction='mean', weight=None",
    _l1,
    "Mean absolute error: the mean of |x - target|.",
    ("l1_loss([1, 2], [1, 4])", "1"),
    _REDUCED.format("abs(x - target)"),
    (([3], [2, 3], "mean", None), ([2, 3], [3], "sum", None), ([2, 2], [2], "none", None)),
    overload=_reduced_name("AbsBackward0", 2),
    derivative="sign(x - target)/n",
)
_of_two(
    "smooth_l1_loss",
    "x, target, reduction='mean', beta=1.0",
    _smooth_l1,
    "Squared error over 2*beta where it is nearer than beta, else the absolute error less beta/2.",
    ("smooth_l1_loss([1, 2], [1, 4])", "0.75"),
    _REDUCED.format(
        "where(abs(x - target) < beta, (x - target)**2/(2*maximum(beta, 1e-9)), abs(x - target) - beta/2)"
    ),
    (([3], [2, 3], "mean", []), ([2, 3], [3], "sum", []), ([2, 2], [2], "none", 0.0)),
    overload=called("SmoothL1Loss"),
    derivative="(x - target)/beta/n where |x - target| < beta, else sign(x - target)/n",
)
_of_two(
    "huber_loss",
    "x, target, reduction='mean', delta=1.0, weight=None",
    _huber,
    "Half the squared error where it is at most delta, else delta times (the absolute error less delta/2).",
    ("huber_loss([1, 2], [1, 4])", "0.75"),
    _REDUCED.format("where(abs(x - target) <= delta, (x - target)**2/2, delta*(abs(x - target) - delta/2))"),
    (([3], [2, 3], "mean", [], None), ([2, 3], [3], "sum", [], None), ([2, 2], [2], "none", 2.0, None)),
    overload=called("HuberLoss"),
    derivative="(x - target)/n where |x - target| <= delta, else delta*sign(x - target)/n",
)


def _poisson(x: Node, target: Node, log_input: bool, full: bool, eps: Node, reduction: str) -> Node:
    loss = exp(x) - target * x if log_input else x - target * log(x + eps)
    if full:
        stirling = target * log(target) - target + 0.5 * log(2 * math.pi * target)
        loss = loss + where(target > 1, stirling, 0)
    return reduced(loss, reduction)


def _gaussian(x: Node, target: Node, var: Node, full: bool, eps: Node, reduction: str) -> Node:
    if var.shape != x.shape and var.shape == x.shape[:-1]:
        var = unsqueeze(var, -1)
    # Raised to eps, but differentiated as if it were not
    held = detach.build(maximum(var, eps) - var) + var if not _is(eps, 0) else var
    distance = x - target
    loss = (log(held) + distance * distance / held) / 2
    return reduced(loss + math.log(2 * math.pi) / 2 if full else loss, reduction)


_of_two(
    "poisson_nll_loss",
    "x, target, log_input=True, full=False, eps=1e-08, reduction='mean'",
    _poisson,
    "Less the logarithm of Poisson's distribution at target, of mean exp(x); with full, log(target!) too.",
    ("poisson_nll_loss([0, 1], [1, 0])", "1.8591409142295225"),
    _REDUCED.format("(exp(x) - target*x if log_input else x - target*log(x + eps))"),
    (([3], [3], True, False, 1e-8, "mean"), ([2, 3], [2, 3], True, False, 1e-8, "none")),
    holds={"log_input": "truth", "full": "truth"},
    overload=_reduced_name("SubBackward0"),
    derivative="(exp(x) - target)/n",
)
_of_two(
    "gaussian_nll_loss",
    "x, target, var, full=False, eps=1e-06, reduction='mean'",
    _gaussian,
    "Less the logarithm of the normal density at target, with mean x and variance var, at least eps.",
    ("gaussian_nll_loss([0, 1], [1, 1], [1, 1])", "0.25"),
    _REDUCED.format("(log(var) + (x - target)**2/var)/2"),
    (([3], [3], (1.0, 2.0, 0.5), False, 1e-6, "mean"), ([2], [2], (1.0, 3.0), False, 1e-6, "none")),
    holds={"full": "truth"},
    overload=_reduced_name("MulBackward0"),
    derivative="(x - target)/var/n in x, and (1/var - ((x - target)/var)**2)/2/n in var",
)

# Of probabilities


def _cross_entropy_term(x: Array, target: Array, out: Array | None = None) -> Any:
    """-(t log x + (1 - t) log(1 - x)), whose logarithms are -100 at least."""
    certain = np.maximum(np.log(x), -100.0)
    against = np.maximum(np.log1p(np.negative(x)), -100.0)
    return np.negative(target * certain + (1.0 - target) * against, out=out)


cross_entropy_term: Elementwise = Elementwise(
    "cross_entropy_term",
    _cross_entropy_term,
    (
        lambda x, target: (x - target) / clamp_min(x * (1 - x), 1e-12),
        lambda x, target: clamp_min(log1p(-x), -100) - clamp_min(log(x), -100),
    ),
    "x, target",
    written="(-target*log(x) - (1 - target)*log(1 - x))",
    edges=(Edge((0, 1), 100, (-1e12, 100), "logarithms end at -100, as in PyTorch"),),
    grad_fn="BinaryCrossEntropyBackward0",
    public=False,
)


def _binary(x: Node, target: Node, weight: Node | None, reduction: str) -> Node:
    loss = cross_entropy_term(x, as_number(target))
    return reduced(loss if weight is None else loss * weight, reduction)


def _binary_with_logits(
    x: Node, target: Node, weight: Node | None, reduction: str, pos_weight: Node | None
) -> Node:
    target = as_number(target)
    positive = target * softplus(-x)
    loss = (positive if pos_weight is None else positive * pos_weight) + (1 - target) * softplus(x)
    return reduced(loss if weight is None else loss * weight, reduction)


_of_two(
    "binary_cross_entropy",
    "x, target, weight=None, reduction='mean'",
    _binary,
    "Mean of -(target*log(x) + (1 - target)*log(1 - x)), of probabilities x; no logarithm is below -100.",
    ("binary_cross_entropy([0.5, 0.5], [0, 1])", "0.6931471805599453"),
    _REDUCED.format("-(target*log(x) + (1 - target)*log(1 - x))"),
    ((0.3, [], None, "mean"), (0.9, [3], None, "none"), ((0.2, 0.6), [2], None, "sum")),
    overload=called("BinaryCrossEntropy"),
    edges=(Edge((0, 1), 100, (-1e12, 100), "logarithms end at -100, as in PyTorch"),),
    derivative="(x - target)/(x*(1 - x))/n",
)
_of_two(
    "binary_cross_entropy_with_logits",
    "x, target, weight=None, reduction='mean', pos_weight=None",
    _binary_with_logits,
    "binary_cross_entropy(sigmoid(x), target), with all its digits; pos_weight weighs the term of target.",
    ("binary_cross_entropy_with_logits([0, 0], [0, 1])", "0.6931471805599453"),
    _REDUCED.format("target*log(1 + exp(-x)) + (1 - target)*log(1 + exp(x))"),
    (([3], [3], None, "mean", None), ([2, 3], [2, 3], None, "sum", None), ([2], [2], None, "none", None)),
    overload=called("BinaryCrossEntropyWithLogits"),
    derivative="(sigmoid(x) - target)/n",
    meanings=(
        Meaning(
            "torch",
            "is an inner function there: write torch.nn.functional.binary_cross_entropy_with_logits",
        ),
    ),
)


def _class_axis(x: Node) -> int:
    """The axis of the classes, negative: the only one, or dimension 1."""
    if not x.shape:
        raise ShapeError("needs a number for each class, and this is a single number", hint="give an array")
    return axis_of(x, min(1, len(x.shape) - 1))


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    place = axis + len(shape)
    return shape[:place] + shape[place + 1 :]


def _picked(x: Node, target: Node, axis: int) -> Node:
    """The elements of `x` in the classes of `target`, which has its shape without that axis."""
    left = _without(x.shape, axis)
    if target.shape != left:
        raise ShapeError(f"needs a class for each of shape {list(left)}, not shape {list(target.shape)}")
    place = axis + len(x.shape)
    index = reshape(target, (*left[:place], 1, *left[place:]))
    return reshape(take_along(x, index, axis), left)


def _along_classes(weight: Node, x: Node, axis: int) -> Node:
    """Weights of classes, in the shape of x."""
    size = x.shape[axis]
    if weight.shape != (size,):
        raise ShapeError(f"needs {size} weights of classes, not shape {list(weight.shape)}")
    return expand(reshape(weight, (size, *(1,) * (-axis - 1))), x.shape)


def _nll(x: Node, target: Node, weight: Node | None, ignore_index: int, reduction: str) -> Node:
    return _negative_logs(x, as_number(target), weight, ignore_index, reduction, as_node(0))


def _negative_logs(
    x: Node, target: Node, weight: Node | None, ignore: int, reduction: str, smoothing: Node
) -> Node:
    """The loss of logarithms of probabilities for classes, some of which say that they do not count."""
    axis = _class_axis(x)
    counted = not_equal(target, as_node(ignore))
    classes = where(counted, target, 0)
    weights = None if weight is None else _along_classes(weight, x, axis)
    share = as_number(counted) if weights is None else where(counted, _picked(weights, classes, axis), 0)
    loss = where(counted, -(_picked(x, classes, axis) * share), 0)
    if not _is(smoothing, 0):
        spread = -total(x if weights is None else x * weights, (axis,)) / x.shape[axis]
        loss = (1 - smoothing) * loss + smoothing * where(counted, spread, 0)
    if reduction == "mean":
        return along(sum_primitive, loss) / along(sum_primitive, share)
    return reduced(loss, reduction)


def _cross_entropy(
    x: Node, target: Node, weight: Node | None, ignore_index: int, reduction: str, smoothing: Node
) -> Node:
    axis = _class_axis(x)
    logs = log_softmax.build(x, (axis,))
    target = as_number(target)
    if target.shape != x.shape:
        return _negative_logs(logs, target, weight, ignore_index, reduction, smoothing)
    size = x.shape[axis]
    if not _is(smoothing, 0):
        target = (1 - smoothing) * target + smoothing / size
    terms = target * logs
    if weight is not None:
        terms = terms * _along_classes(weight, x, axis)
    loss = -total(terms, (axis,))
    if reduction == "mean":  # over what has classes, and not by weights
        return along(sum_primitive, loss) / max(1, math.prod(loss.shape))
    return reduced(loss, reduction)


_CLASSES = (0.0, 2.0)

_of_two(
    "nll_loss",
    "x, target, weight=None, ignore_index=-100, reduction='mean'",
    _nll,
    "Mean of -x in the class target of each row, where x has logarithms of probabilities.",
    ("nll_loss([[-1, -2]], [1])", "2"),
    "{'mean': mean, 'sum': sum, 'none': lambda x: x}[reduction]("
    "-take_along_axis(x, target.astype(int)[:, None], 1)[:, 0])",
    (([2, 3], _CLASSES, None, -100, "mean"), ([2, 3], _CLASSES, None, -100, "none")),
    holds={"ignore_index": "integer"},
    overload=called("NllLoss"),
    derivative="-1/n in the classes that are there, 0 elsewhere",
)
_of_two(
    "cross_entropy",
    "x, target, weight=None, ignore_index=-100, reduction='mean', label_smoothing=0.0",
    _cross_entropy,
    "Mean of -log_softmax(x) in the class target of each row; or by target's probabilities, in x's shape.",
    ("cross_entropy([[0, 0]], [1])", "0.6931471805599453"),
    "{'mean': mean, 'sum': sum, 'none': lambda x: x}[reduction]("
    "log(sum(exp(x), 1)) - (sum(x*target, 1) if target.ndim > 1 else x[arange(2), target.astype(int)]))",
    (([2, 3], _CLASSES, None, -100, "mean", 0.0), ([2, 3], _CLASSES, None, -100, "none", 0.0)),
    holds={"ignore_index": "integer"},
    overload=lambda x, target, *rest: "NllLossBackward0" if target.shape != x.shape else "DivBackward1",
    derivative="(softmax(x) - target)/n, where a class is a target of 1 in its place",
)


def _kl_div(x: Node, target: Node, reduction: str, log_target: bool) -> Node:
    loss = exp(target) * (target - x) if log_target else xlogy(target, target) - target * x
    if reduction == "batchmean":
        return along(sum_primitive, loss) / (loss.shape[0] if loss.shape else 1)
    if reduction not in REDUCTIONS:
        raise _no_reduction(reduction, (*REDUCTIONS[:2], "batchmean", "none"))
    return reduced(loss, reduction)


_of_two(
    "kl_div",
    "x, target, reduction='mean', log_target=False",
    _kl_div,
    "Mean of target*(log(target) - x), the divergence of Kullback and Leibler of logarithms x.",
    ("kl_div([0, 0], [1, 1])", "0"),
    _REDUCED.format("exp(target)*(target - x)"),
    (([3], [3], "mean", True), ([2, 3], [2, 3], "none", True), ([2, 3], [2, 3], "sum", True)),
    holds={"log_target": "truth"},
    overload=_reduced_name("SubBackward0", 2),
    derivative="-target/n in x",
    meanings=(
        Meaning(
            "scipy.special",
            "is x*log(x/y) - x + y of each element",
            "x, y",
            lambda x, y: kl_divergence.apply(x, y),
        ),
        Meaning("torch", "is an inner function there: write torch.nn.functional.kl_div"),
    ),
)

# Of margins


def _hinge_embedding(x: Node, target: Node, margin: Node, reduction: str) -> Node:
    near = where(target.equals(-1), 0, x)
    far = where(target.equals(1), 0, _above(margin - x))
    return reduced(near + far, reduction)


def _above(x: Node) -> Node:
    """x where it is positive, else 0; at 0 it has a slope, as PyTorch's clamp has."""
    return clamp_min(x, 0)


def _margin_ranking(x1: Node, x2: Node, target: Node, margin: Node, reduction: str) -> Node:
    return reduced(_above(-target * (x1 - x2) + margin), reduction)


def _soft_margin(x: Node, target: Node, reduction: str) -> Node:
    return reduced(softplus(-target * x), reduction)


def _multilabel_soft_margin(x: Node, target: Node, weight: Node | None, reduction: str) -> Node:
    target = as_number(target)
    loss = -(target * logsigmoid(x) + (1 - target) * logsigmoid(-x))
    if not loss.shape:
        raise ShapeError("needs the scores of several labels", subject="multilabel_soft_margin_loss")
    if weight is not None:
        loss = loss * weight
    return reduced(total(loss, (-1,)) / loss.shape[-1], reduction)


def _multi_margin(x: Node, target: Node, p: float, margin: Node, weight: Node | None, reduction: str) -> Node:
    if p not in (1, 2):
        raise EvaluationError("multi_margin_loss has p=1 or p=2")
    rows = x if len(x.shape) == 2 else reshape(x, (1, math.prod(x.shape)))
    classes = reshape(as_number(target), (rows.shape[0],))
    right = reshape(_picked(rows, classes, -1), (rows.shape[0], 1))
    loss = relu(margin - right + rows)  # without a slope at 0, where PyTorch's others have one
    loss = loss * loss if p == 2 else loss
    if weight is not None:
        loss = loss * reshape(_picked(_along_classes(weight, rows, -1), classes, -1), (rows.shape[0], 1))
    places = expand(reshape(classes, (rows.shape[0], 1)), rows.shape)
    others = where(not_equal(places, _places(rows.shape)), loss, 0)
    found = total(others, (-1,)) / rows.shape[1]
    return reduced(found if len(x.shape) == 2 else reshape(found, ()), reduction)


def _multilabel_margin(x: Node, target: Node, reduction: str) -> Node:
    if not x.shape and not target.shape:
        x, target = reshape(x, (1,)), reshape(target, (1,))
    if not x.shape or target.shape != x.shape:
        raise ShapeError(f"shapes {list(x.shape)} and {list(target.shape)} must be equal, of classes")
    size = x.shape[-1]
    listed = running_product(as_number(target >= 0), -1)  # up to the first -1
    classes = where(listed > 0, target, 0)
    is_target = put_along(listed, classes, -1, size) > 0
    whole = (*x.shape, size)
    right = expand(reshape(take_along(x, classes, -1), (*x.shape, 1)), whole)
    each = expand(reshape(as_number(x), (*x.shape[:-1], 1, size)), whole)
    counted = expand(reshape(listed > 0, (*x.shape, 1)), whole) & ~expand(
        reshape(is_target, (*x.shape[:-1], 1, size)), whole
    )
    loss = total(where(counted, relu(1 - right + each), 0), (-2, -1)) / size
    return reduced(loss, reduction)


def _places(shape: tuple[int, ...]) -> Node:
    """The place of each element along the last dimension."""
    return expand(constant(np.arange(shape[-1], dtype=np.float64)), shape)


def _cosine_embedding(x1: Node, x2: Node, target: Node, margin: Node, reduction: str) -> Node:
    # PyTorch adds eps = 1e-12 to each square of a length here, and has no least length
    product = total(x1 * x2, (-1,))
    lengths = (total(x1 * x1, (-1,)) + 1e-12) * (total(x2 * x2, (-1,)) + 1e-12)
    cosine = product / sqrt(lengths)
    near = where(target.equals(1), 1 - cosine, 0)
    far = where(target.equals(-1), _above(cosine - margin), 0)
    return reduced(near + far, reduction)


def _cosine_similarity(x1: Node, x2: Node, dim: tuple[int, ...], eps: Node) -> Node:
    x1, x2 = broadcast((as_number(x1), as_number(x2)))
    axes = axes_of(x1, dim)
    units = []
    for each in (x1, x2):
        length = clamp_min(along(norm, each, axes, True, 2.0), eps)
        units.append(each / length)
    return total(units[0] * units[1], axes)


def _pairwise_distance(x1: Node, x2: Node, p: float, eps: Node, keepdim: bool) -> Node:
    return along(norm, x1 - x2 + eps, (-1,), keepdim, p)


def _triplet(
    anchor: Node,
    positive: Node,
    negative: Node,
    margin: Node,
    p: float,
    eps: Node,
    swap: bool,
    reduction: str,
) -> Node:
    near = _pairwise_distance(anchor, positive, p, eps, False)
    far = _pairwise_distance(anchor, negative, p, eps, False)
    if swap:
        far = minimum(far, _pairwise_distance(positive, negative, p, eps, False))
    return reduced(_above(margin + near - far), reduction)


_of_two(
    "hinge_embedding_loss",
    "x, target, margin=1.0, reduction='mean'",
    _hinge_embedding,
    "Mean of x where target is 1, and of margin - x (or 0) where it is -1.",
    ("hinge_embedding_loss([0.5, 0.5], [1, -1])", "0.5"),
    _REDUCED.format("where(target == 1, x, maximum(0, margin - x))"),
    (([3], (1.0, -1.0, 1.0), 1.0, "mean"), ([2], (-1.0, -1.0), 2.0, "none")),
    overload=_reduced_name("AddBackward0"),
    meanings=(
        Meaning("torch", "is an inner function there: write torch.nn.functional.hinge_embedding_loss"),
    ),
    derivative="1/n where target is 1; -1/n where it is -1 and x <= margin",
)
_of_two(
    "margin_ranking_loss",
    "x1, x2, target, margin=0.0, reduction='mean'",
    _margin_ranking,
    "Mean of margin - target*(x1 - x2) where that is positive: target 1 asks for x1 > x2, -1 for less.",
    ("margin_ranking_loss([1], [2], [1])", "1"),
    _REDUCED.format("maximum(0, margin - target*(x1 - x2))"),
    (([3], [3], (1.0, -1.0, 1.0), 0.0, "mean"), ([2], [2], (-1.0, 1.0), 1.0, "none")),
    overload=_reduced_name("ClampMinBackward0"),
    derivative="-target/n in x1 and target/n in x2, where margin - target*(x1 - x2) >= 0",
)
_of_two(
    "soft_margin_loss",
    "x, target, reduction='mean'",
    _soft_margin,
    "Mean of log(1 + exp(-target*x)), with targets of 1 and -1.",
    ("soft_margin_loss([0, 0], [1, -1])", "0.6931471805599453"),
    _REDUCED.format("log(1 + exp(-target*x))"),
    (([3], [3], "mean"), ([2], [2], "none")),
    overload=called("SoftMarginLoss"),
    derivative="-target*sigmoid(-target*x)/n",
)
_of_two(
    "multilabel_soft_margin_loss",
    "x, target, weight=None, reduction='mean'",
    _multilabel_soft_margin,
    "Mean over rows of the mean binary cross entropy of each row's labels, from logits x.",
    ("multilabel_soft_margin_loss([[0, 0]], [[0, 1]])", "0.6931471805599453"),
    _REDUCED.format("mean(target*log(1 + exp(-x)) + (1 - target)*log(1 + exp(x)), -1)"),
    (([2, 3], [2, 3], None, "mean"), ([2, 3], [2, 3], None, "none")),
    overload=_reduced_name("DivBackward0"),
    derivative="(sigmoid(x) - target)/n",
)
_of_two(
    "multi_margin_loss",
    "x, target, p=1, margin=1.0, weight=None, reduction='mean'",
    _multi_margin,
    "Mean of (margin - x[target] + x[i])**p where that is positive, over all other classes i.",
    ("multi_margin_loss([[1, 2]], [0])", "1"),
    "{'mean': mean, 'sum': sum, 'none': lambda x: x}[reduction]((maximum(0, margin - x[arange(2), "
    "target.astype(int)][:, None] + x)**p).sum(1)/3 - margin**p/3)",
    (([2, 3], _CLASSES, 1, 1.0, None, "mean"), ([2, 3], _CLASSES, 2, 0.5, None, "none")),
    holds={"p": "number"},
    overload=called("MultiMarginLoss"),
    derivative="1/n for each other class within the margin, and -1/n of their number for the target",
)
_of_two(
    "multilabel_margin_loss",
    "x, target, reduction='mean'",
    _multilabel_margin,
    "Mean of the sums of 1 - x[j] + x[i] where positive, over targets j (up to the first -1) and others i.",
    ("multilabel_margin_loss([1, 2], [0, -1])", "1"),
    "{'mean': mean, 'sum': sum, 'none': lambda x: x}[reduction]("
    "array([sum([maximum(0, 1 - row[0] + row[1]), maximum(0, 1 - row[0] + row[2])])/3 for row in x]))",
    (([2, 3], ((0.0, -1.0, 1.0), (0.0, -1.0, -1.0)), "mean"),),
    overload=called("MultilabelMarginLoss"),
    derivative="1/n for each other class within the margin of a target, and -1/n for the target",
)
_of_two(
    "cosine_similarity",
    "x1, x2, dim=1, eps=1e-08",
    _cosine_similarity,
    "Cosine of the angle between vectors along a dimension, none of which counts as shorter than eps.",
    ("cosine_similarity([1, 0], [1, 1], dim=0)", "0.7071067811865475"),
    "sum(x1*x2, axis)/sqrt(sum(x1*x1, axis)*sum(x2*x2, axis))",
    (([3], [3], (0,), 1e-8), ([2, 3], [2, 3], (1,), 1e-8), ([2, 3], [2, 3], (-2,), 1e-8)),
    overload=lambda *arguments: "SumBackward1",
    derivative="(x2/|x2| - c*x1/|x1|)/|x1| in x1, where c is the cosine",
)
_of_two(
    "cosine_embedding_loss",
    "x1, x2, target, margin=0.0, reduction='mean'",
    _cosine_embedding,
    "Mean of 1 - cosine where target is 1, and of cosine - margin (or 0) where it is -1.",
    ("cosine_embedding_loss([[1, 0]], [[0, 1]], [1])", "1"),
    _REDUCED.format(
        "where(target == 1, 1, 0) - target*sum(x1*x2, -1)"
        "/sqrt((sum(x1*x1, -1) + 1e-12)*(sum(x2*x2, -1) + 1e-12))"
    ),
    (([2, 3], [2, 3], (1.0, 1.0), 0.0, "mean"),),
    overload=_reduced_name("AddBackward0"),
    derivative="-1/n or 1/n times that of cosine_similarity, where target is 1 or -1",
)
_of_two(
    "pairwise_distance",
    "x1, x2, p=2.0, eps=1e-06, keepdim=False",
    _pairwise_distance,
    "Length of x1 - x2 + eps along the last dimension.",
    ("pairwise_distance([0, 0], [3, 4], eps=0)", "5"),
    "linalg.vector_norm(x1 - x2 + eps, axis=-1, keepdims=keepdim, ord=p)",
    (([3], [3], 2.0, 1e-6, False), ([2, 3], [2, 3], 1.0, 1e-6, True), ([2, 3], [3], 3.0, 0.0, False)),
    overload=lambda *arguments: "NormBackward1",
    derivative="that of norm(x1 - x2 + eps), along the last dimension",
)
_of_two(
    "triplet_margin_loss",
    "anchor, positive, negative, margin=1.0, p=2.0, eps=1e-06, swap=False, reduction='mean'",
    _triplet,
    "Mean of margin + |anchor - positive| - |anchor - negative| where that is positive.",
    ("triplet_margin_loss([[0, 0]], [[0, 1]], [[3, 4]], eps=0, margin=5)", "1"),
    _REDUCED.format(
        "maximum(0, margin + linalg.vector_norm(anchor - positive + eps, axis=-1, ord=p)"
        " - linalg.vector_norm(anchor - negative + eps, axis=-1, ord=p))"
    ),
    (([2, 3], [2, 3], [2, 3], 20.0, 2.0, 1e-6, False, "mean"),),
    holds={"swap": "truth"},
    overload=_reduced_name("ClampMinBackward0"),
    derivative="that of pairwise_distance to the positive, less that to the negative, where there is a loss",
)
Composite(
    "triplet_margin_with_distance_loss",
    "anchor, positive, negative, margin=1.0, swap=False, reduction='mean'",
    lambda anchor, positive, negative, margin, swap, reduction: _triplet(
        anchor, positive, negative, margin, 2.0, as_node(1e-6), swap, reduction
    ),
    "triplet_margin_loss by pairwise_distance.",
    ("triplet_margin_with_distance_loss([[0, 0]], [[0, 1]], [[0, 1]])", "1"),
    holds={"swap": "truth"},
    overload=_reduced_name("ClampMinBackward0"),
    numpy="mean(maximum(0, margin + linalg.vector_norm(anchor - positive + 1e-6, axis=-1)"
    " - linalg.vector_norm(anchor - negative + 1e-6, axis=-1)))",
    samples=(([2, 3], [2, 3], [2, 3], 20.0, False, "mean"),),
    family=family,
    derivative="that of pairwise_distance to the positive, less that to the negative, where there is a loss",
)


# Huber's losses of numbers, as SciPy has them: h is sqrt(delta**2 + r**2), and h - delta is r*(r/(h + delta))


def _excess(delta: Array, r: Array) -> Array:
    found: Array = r * (r / (np.hypot(delta, r) + delta))
    return found


def _inside(delta: Array, r: Array, slope: Array) -> Array:
    """A slope of the loss: 0 at its corner, and none where it is infinite."""
    return np.where(delta < 0, np.nan, np.where((delta == 0) & (r == 0), 0.0, slope))


def _pseudo_huber(delta: Array, r: Array) -> Array:
    return np.where(delta < 0, INF, np.where(delta == 0, 0.0, delta * _excess(delta, r)))


_in_r: Elementwise = Elementwise(
    "pseudo_huber_in_r",
    on_elements(lambda delta, r: _inside(delta, r, r * (delta / np.hypot(delta, r)))),
    (lambda delta, r: (r / hypot(delta, r)) ** 3, lambda delta, r: (delta / hypot(delta, r)) ** 3),
    "delta, r",
    written="(delta*r/hypot(delta, r))",
    public=False,
)
_in_delta: Elementwise = Elementwise(
    "pseudo_huber_in_delta",
    on_elements(
        lambda delta, r: _inside(delta, r, _excess(delta, r) * (_excess(delta, r) / np.hypot(delta, r)))
    ),
    (
        lambda delta, r: -((excess(delta, r) / hypot(delta, r)) ** 2) * (2 + delta / hypot(delta, r)),
        lambda delta, r: (r / hypot(delta, r)) ** 3,
    ),
    "delta, r",
    written="((hypot(delta, r) - delta)**2/hypot(delta, r))",
    public=False,
)
excess: Elementwise = Elementwise(
    "excess",
    on_elements(_excess),
    (lambda delta, r: delta / hypot(delta, r) - 1, lambda delta, r: r / hypot(delta, r)),
    "delta, r",
    written="(hypot(delta, r) - delta)",
    public=False,
)
pseudo_huber: Elementwise = Elementwise(
    "pseudo_huber",
    on_elements(_pseudo_huber),
    (lambda delta, r: _in_delta(delta, r), lambda delta, r: _in_r(delta, r)),
    "delta, r",
    "Pseudo-Huber loss of a distance r, delta**2*(sqrt(1 + (r/delta)**2) - 1); inf for delta < 0.",
    ("pseudo_huber(3, 4)", "6"),
    domain=((0, INF), (-INF, INF)),
    tested=((1e-30, 1e30), (-1e30, 1e30)),
    reference="r*r*delta/(delta + hypot(delta, r))",
    reads=(
        lambda delta, r: (hypot(delta, r) - delta) ** 2 / hypot(delta, r),
        lambda delta, r: delta * r / hypot(delta, r),
    ),
    family=family,
)
Composite(
    "huber",
    "delta, r",
    lambda delta, r: where(
        delta < 0,
        INF,
        where(absolute(r) <= delta, r * r / 2, delta * (absolute(r) - delta / 2)),
    ),
    "Huber loss of a distance r: r**2/2 where it is at most delta, else delta*(abs(r) - delta/2); "
    "inf for delta < 0.",
    ("huber(1, 3)", "2.5"),
    domain=((0, INF), (-INF, INF)),
    tested=((1e-30, 1e30), (-1e30, 1e30)),
    reference="r*r/2 if abs(r) <= delta else delta*(abs(r) - delta/2)",
    family=family,
)
