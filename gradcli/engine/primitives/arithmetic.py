"""Arithmetic, comparisons and choices: what the operators of the language mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from gradcli.engine.evaluate import static_number, static_value
from gradcli.engine.graph import (
    FALSE,
    RULES,
    Around,
    Constant,
    Kernel,
    Node,
    Primitive,
    as_node,
    constant,
    expand,
    nothing_like,
    number_in,
    topological,
)
from gradcli.engine.primitives import complex_kernels, kernels
from gradcli.engine.primitives.entry import (
    ONE,
    Accuracy,
    Composite,
    Edge,
    Elementwise,
    Kink,
    Meaning,
    as_number,
    begin_family,
    ones_like,
)
from gradcli.text.errors import EvaluationError

INF = float("inf")
NAN = float("nan")
begin_family("arithmetic")


# Sums and products


def _add_simplified(x: Node, y: Node) -> Node | None:
    if x.static and number_in(x) == 0:
        return y
    if y.static and number_in(y) == 0:
        return x
    if y.primitive is negative:
        return subtract(x, y.inputs[0])
    return subtract(y, x.inputs[0]) if x.primitive is negative else None


def _subtract_simplified(x: Node, y: Node) -> Node | None:
    if number_in(y) == 0:
        return x
    return negative(y) if number_in(x) == 0 else None


def _multiply_simplified(x: Node, y: Node) -> Node | None:
    for factor, other in ((x, y), (y, x)):
        number = number_in(factor) if factor.static else None
        if number == 1:
            return other
        if number == -1:
            return negative(other)
    if not x.guarded:
        x, y = y, x
    if not x.guarded:
        return None
    reached = _both(support(x), support(y)) if y.guarded else support(x)
    if isinstance(reached, Constant) and reached.value.all():
        return None
    if isinstance(reached, Constant) and not reached.value.any():
        return nothing_like(x)
    return strong_product(x, y, reached)


def _divide_simplified(x: Node, y: Node) -> Node | None:
    if number_in(y) == 1:
        return x
    if not x.guarded:
        return None
    reached = support(x)
    if isinstance(reached, Constant) and reached.value.all():
        return None
    return masked(divide.apply(x, y), reached)


_FOLDED = 4_096
"""Elements of a support that is worth knowing when the graph is built: it may be true everywhere."""

_supports: WeakKeyDictionary[Node, Node] = WeakKeyDictionary()


def support(node: Node) -> Node:
    """Where a guarded node may be more than a structural 0, as truth values.

    A 0 that was computed there (as 0 times a tangent is) is a number like any other: times inf it is nan.
    """
    found: dict[Node, Node] = {}
    for each in topological((node,), lambda each: not each.guarded or each in _supports):
        if not each.guarded:
            continue
        known = _supports.get(each)
        if known is None:
            known = _support_from(each, [found.get(below) or _everywhere(below) for below in each.inputs])
            if known.static and math.prod(known.shape) <= _FOLDED:
                known = constant(static_value(known))
            if each.inputs:  # a support holds on to the inputs below it, so none may be held for them
                _supports[each] = known
        found[each] = known
    return found[node]


def _both(left: Node, right: Node) -> Node:
    if left is right or (left.primitive is logical_and and right in left.inputs):
        return left
    return right if right.primitive is logical_and and left in right.inputs else left & right


def _either(left: Node, right: Node) -> Node:
    if left is right or (left.primitive is logical_and and right in left.inputs):
        return right
    return left if right.primitive is logical_and and left in right.inputs else RULES["or"](left, right)


def _everywhere(node: Node) -> Node:
    return expand(constant(True), node.shape)


def reach(node: Node) -> Node:
    """Where a node, guarded or not, may be more than a structural 0."""
    return support(node) if node.guarded else _everywhere(node)


def nonzero(node: Node) -> Node:
    """The support of an input, of which nothing but its value is known."""
    return not_equal.apply(node, as_node(0))


def _support_from(node: Node, below: Sequence[Node]) -> Node:
    """The support of a node, given those of its inputs."""
    primitive = node.primitive
    if not node.inputs:
        return nonzero(node)
    known = primitive.support(node)
    if known is not None:
        return known
    if primitive is strong_product:
        return node.inputs[2]
    if primitive is masked:
        return node.inputs[1] if not node.inputs[0].guarded else _both(below[0], node.inputs[1])
    if primitive in (add, subtract):
        return _either(*below)
    if primitive is negative or primitive.keeps_kind:
        return below[0] if primitive is negative else primitive.apply(*below, params=node.params)
    flows = [as_number(each) for each in below]
    if primitive.indexed:
        flows[1] = node.inputs[1]
    counts = primitive.apply(*flows, params=node.params)
    return not_equal.apply(counts, as_node(0))


class _Sum(Elementwise):
    """A sum or a difference, of which a call may multiply the second part."""

    def build(self, *arguments: Node) -> Node:
        x, y, *more = arguments
        return self.apply(x, y if not more or number_in(more[0]) == 1 else multiply.apply(more[0], y))


add: _Sum = _Sum(
    "add",
    np.add,
    (lambda x, y: ONE, lambda x, y: ONE),
    "x, y, alpha=1",
    "Sum of x and y, or of x and alpha*y.",
    ("2 + 3", "5"),
    symbol="+",
    simplify=_add_simplified,
    keeps_zeros=True,
    whole="kept",
    encloses="sum",
)

subtract: _Sum = _Sum(
    "subtract",
    np.subtract,
    (lambda x, y: ONE, lambda x, y: as_node(-1)),
    "x, y, alpha=1",
    "Difference of x and y, or of x and alpha*y.",
    ("2 - 3", "-1"),
    aliases=("sub",),
    symbol="-",
    simplify=_subtract_simplified,
    keeps_zeros=True,
    grad_fn=lambda node: "SubBackward0" if static_number(node.inputs[0]) is None else "RsubBackward1",
    whole="kept",
    encloses="difference",
)

multiply: Elementwise = Elementwise(
    "multiply",
    np.multiply,
    (lambda x, y: y, lambda x, y: x),
    "x, y",
    "Product of x and y, element by element.",
    ("2 * 3", "6"),
    aliases=("mul",),
    symbol="*",
    simplify=_multiply_simplified,
    grad_fn="MulBackward0",
    whole="kept",
    encloses="product",
)

strong_product: Elementwise = Elementwise(
    "strong_product",
    kernels.strong_product,
    (lambda x, y, support: y, lambda x, y, support: x, None),
    "x, y, support",
    "The product, except that it is 0 outside the support, even of inf and nan: no path contributes there.",
    takes_truth=True,
    guards=True,
    symbol="*",
    written="x*y",
    public=False,
    analytic=lambda x, y, support: np.where(support, x * y, 0.0),
    encloses="strong product",
)


class _Quotient(Elementwise):
    """A quotient, which a call may round, towards 0 or down."""

    def build(self, *arguments: Any) -> Node:
        x, y, *more = arguments
        rounding = more[0] if more else None
        if rounding not in (None, "trunc", "floor"):
            raise EvaluationError(
                f"there is no rounding_mode {rounding!r}", hint="write rounding_mode='trunc' or 'floor'"
            )
        if rounding == "floor":
            return floor_divide.apply(x, y)
        found = self.apply(x, y)
        return found if rounding is None else RULES["trunc"](found)


divide: _Quotient = _Quotient(
    "divide",
    np.divide,
    (lambda x, y: 1 / y, lambda x, y: -(x / y) / y),
    "x, y, rounding_mode=None",
    "Quotient of x and y, which may be rounded ('trunc', 'floor'). Division by 0 gives inf or nan.",
    ("1 / 4", "0.25"),
    aliases=("div", "true_divide"),
    overload=lambda x, y, rounding_mode=None: None if rounding_mode is None else "DivBackward2",
    symbol="/",
    simplify=_divide_simplified,
    reads=(lambda x, y: divide.apply(ONE, y), lambda x, y: -(x / y) / y),
    domain=((-INF, INF), (0, INF)),
    edges=(Edge((1, 0), INF, (INF, -INF), "the limit from the right"),),
    grad_fn=lambda node: "DivBackward0" if static_number(node.inputs[0]) is None else "MulBackward0",
    encloses="quotient",
)


negative: Elementwise = Elementwise(
    "negative",
    np.negative,
    (lambda x: as_node(-1),),
    "x",
    "x with its sign changed.",
    ("negative(3)", "-3"),
    aliases=("neg",),
    symbol="-",
    simplify=lambda x: x.inputs[0] if x.primitive is negative else None,
    keeps_zeros=True,
    grad_fn="NegBackward0",
    whole="kept",
    encloses="negative",
)

Composite(
    "positive",
    "x",
    as_number,
    "x itself; a real number is its own conjugate, too.",
    ("positive(3)", "3"),
    aliases=("conj", "conjugate", "conj_physical", "resolve_conj", "resolve_neg", "real"),
    symbol="+",
    whole="kept",
    itself=True,
    derivative="1",
)

square: Elementwise = Elementwise(
    "square",
    np.square,
    (lambda x: 2 * x,),
    "x",
    "x times x.",
    ("square(3)", "9"),
    grad_fn="PowBackward0",
    whole="kept",
    reference="x*x",
    encloses="valley",
)

reciprocal: Elementwise = Elementwise(
    "reciprocal",
    lambda x, out=None: (
        np.divide(1.0, x, out=out) if out is not None else np.divide(1.0, x)
    ),  # reciprocal is slower
    (lambda x: -square(1 / x),),
    "x",
    "1 divided by x.",
    ("reciprocal(4)", "0.25"),
    domain=((0, INF),),
    reference="1/x",
    analytic=lambda x: 1.0 / x,
)


# Powers. A constant exponent is exact at every order: x**2, 2*x, 2, 0, also at x = 0.


def _power_simplified(x: Node, n: Node) -> Node | None:
    exponent = number_in(n)
    if exponent == 1:
        return x
    return ones_like(x) if exponent == 0 else None


def _power_partial_in_base(x: Node, n: Node) -> Node | None:
    exponent = static_number(n)
    if exponent is None:
        return where(x.equals(0) & n.equals(0), 0, n * lowered_power(x, n, 1))
    if exponent == 0:
        return None
    if exponent == 2:
        return 2 * x
    exact = kernels.difference(exponent, 1.0)[1] == 0
    return exponent * (x ** (exponent - 1) if exact else lowered_power(x, n, 1))


def _lowered_partial_in_base(x: Node, n: Node, k: Node) -> Node | None:
    exponent, step = static_number(n), static_number(k)
    assert step is not None
    lower = lowered_power(x, n, step + 1)
    if exponent is None:
        return where(x.equals(0) & n.equals(step), 0, (n - step) * lower)
    return (exponent - step) * lower


def _power_partial_in_exponent(x: Node, n: Node) -> Node:
    log = RULES["log"]
    if number_in(x) is not None:
        base = number_in(x)
        return x**n * log(x) if base != 0 else where(n >= 0, 0, x**n * log(x))
    return where(x.equals(0) & (n >= 0), 0, x**n * log(x))


def _power_read_in_base(x: Node, n: Node) -> Node | None:
    if static_number(n) == 0:
        return None
    return multiply.apply(n, power.apply(x, subtract.apply(n, ones_like(n))))


def _unfolded_logarithm(x: Node) -> Node:
    log = RULES["log"]
    assert isinstance(log, Elementwise)
    return log.apply(x)


def _easy_power(easy: np.ufunc) -> Kernel:
    def kernel(x: Any, n: Any, out: Any = None) -> Any:
        return easy(x, out=out) if out is not None else easy(x)

    return kernel


_EASY_POWERS = {exponent: _easy_power(easy) for exponent, easy in kernels.EASY_POWERS.items()}


def _power_kernel(node: Node) -> Kernel | None:
    """The kernel for an exponent that is known."""
    exponent = number_in(node.inputs[1])
    return None if exponent is None else _EASY_POWERS.get(exponent, np.power)


def _power_grad_fn(node: Node) -> str:
    if static_number(node.inputs[1]) is not None:
        return "PowBackward0"
    return "PowBackward1" if static_number(node.inputs[0]) is None else "PowBackward2"


def _power_is_taken(x: Node, n: Node) -> Node:
    """Whether a power is 0**0, with an exponent that may be another: one that is a number has its slopes."""
    return RULES["and"](x.equals(0), n.equals(0)) if n.tracked else FALSE


power: Elementwise = Elementwise(
    "power",
    kernels.power,
    (_power_partial_in_base, _power_partial_in_exponent),
    "x, n",
    "x to the power n.",
    ("2 ** 10", "1024"),
    aliases=("pow",),
    symbol="**",
    simplify=_power_simplified,
    specialise=_power_kernel,
    reads=(
        _power_read_in_base,
        lambda x, n: multiply.apply(power.apply(x, n), _unfolded_logarithm(x)),
    ),
    domain=((0, INF), (-INF, INF)),
    edges=(
        Edge((0, 0), 1, (0, 0), "as PyTorch; with a constant exponent every order is exact"),
        Edge((0, 2), 0, (0, 0), "0**n is 0 for every n > 0"),
        Edge((0, -1), INF, (-INF, -INF), "as PyTorch"),
        Edge((-2, 2), 4, (-4, NAN), "a negative base has no real logarithm"),
    ),
    kink=Kink(
        _power_is_taken, "x**y has no limit at (0, 0), where its gradient is taken as 0", is_corner=False
    ),
    grad_fn=_power_grad_fn,
    whole="kept",
    accuracy=tuple(
        Accuracy(
            order,
            most,
            f"abs(result) < 1e-300 and abs(n) {'<' if few else '>='} 1e4",
            "a factor of it is subnormal, and has few digits, before another brings it back",
        )
        for order, few, most in (
            ("first", True, 1e4),
            ("second", True, 1e8),
            ("first", False, 1e19),
            ("second", False, 1e38),
        )
    ),
    analytic=complex_kernels.power,
    encloses="power",
)


lowered_power: Elementwise = Elementwise(
    "lowered_power",
    kernels.lowered_power,
    (
        _lowered_partial_in_base,
        lambda x, n, k: where(x.equals(0) & (n >= k), 0, lowered_power(x, n, k) * RULES["log"](x)),
        None,
    ),
    "x, n, k",
    "x to the power n - k, for a whole number k: the derivatives of powers, with all digits of n.",
    written="x**(n - k)",
    public=False,
    analytic=complex_kernels.lowered_power,
    encloses="lowered power",
)


# Whole quotients and remainders


remainder: Elementwise = Elementwise(
    "remainder",
    np.remainder,
    (lambda x, y: ONE, lambda x, y: where(y.equals(0), NAN, -floor_divide(x, y))),
    "x, y",
    "What is left of x after whole steps of y; it has the sign of y, as in Python.",
    ("-7 % 3", "2"),
    symbol="%",
    domain=((-INF, INF), (0, INF)),
    edges=(Edge((5, 3), 2, (1, -1), "minus the whole quotient"), Edge((5, 0), NAN, (1, NAN), "no remainder")),
    aliases=("mod",),
    grad_fn=lambda node: f"RemainderBackward{int(static_number(node.inputs[1]) is None)}",
    whole="kept",
    reference="x - y*floor(x/y)",
    analytic=complex_kernels.remainder,
    meanings=(
        Meaning(
            "math",
            "rounds the quotient to the nearest whole number, as IEEE 754 does",
            "x, y",
            lambda x, y: nearest_remainder.apply(x, y),
            names="remainder",
        ),
    ),
)

nearest_remainder: Elementwise = Elementwise(
    "nearest_remainder",
    kernels.nearest_remainder,
    (
        lambda x, y: ONE,
        lambda x, y: where(y.equals(0), NAN, -RULES["round_half_even"]((x - nearest_remainder(x, y)) / y)),
    ),
    "x, y",
    written="x - y*round(x/y)",
    public=False,
)

floor_divide: Elementwise = Elementwise(
    "floor_divide",
    np.floor_divide,
    (None, None),
    "x, y",
    "The whole quotient, rounded down. Its derivative is 0 wherever it exists.",
    ("7 // 2", "3"),
    symbol="//",
    domain=((-INF, INF), (0, INF)),
    grad_fn="NotImplemented",
    whole="kept",
    reference="floor(x/y)",
    tested=((-1e15, 1e15), (1e-3, 1e15)),
)

fmod: Elementwise = Elementwise(
    "fmod",
    np.fmod,
    (lambda x, y: ONE, lambda x, y: where(y.equals(0), NAN, -RULES["trunc"](x / y))),
    "x, y",
    "What is left of x after whole steps of y; it has the sign of x, as in C.",
    ("fmod(-7, 3)", "-1"),
    domain=((-INF, INF), (0, INF)),
    edges=(Edge((-5, 3), -2, (1, 1), "minus the truncated quotient"),),
    grad_fn=lambda node: f"FmodBackward{int(static_number(node.inputs[1]) is None)}",
    whole="kept",
    reference="x - y*int(x/y)",
    analytic=complex_kernels.fmod,
    meanings=(Meaning("mpmath", "has the sign of y", "x, y", lambda x, y: remainder.apply(x, y)),),
)


# Comparisons and logic: truth values, through which nothing is differentiated

begin_family("comparisons")


def _compare(
    name: str, ufunc: Kernel, symbol: str, alias: str, example: tuple[str, str], doc: str
) -> Elementwise:
    entry = Elementwise(
        name,
        ufunc,
        None,
        "x, y",
        doc,
        example,
        boolean=True,
        symbol=symbol,
        aliases=(alias,),
        encloses=name,
    )
    RULES[symbol] = entry
    return entry


less = _compare("less", np.less, "<", "lt", ("1 < 2", "True"), "Whether x is less than y.")
less_equal = _compare("less_equal", np.less_equal, "<=", "le", ("2 <= 2", "True"), "Whether x is at most y.")
greater = _compare("greater", np.greater, ">", "gt", ("1 > 2", "False"), "Whether x is greater than y.")
greater_equal = _compare(
    "greater_equal", np.greater_equal, ">=", "ge", ("1 >= 2", "False"), "Whether x is at least y."
)
equal = _compare("equal", np.equal, "==", "eq", ("1 == 1", "True"), "Whether x and y are equal.")
not_equal = _compare("not_equal", np.not_equal, "!=", "ne", ("1 != 1", "False"), "Whether x and y differ.")

logical_and: Elementwise = Elementwise(
    "logical_and",
    np.logical_and,
    None,
    "x, y",
    "Whether both x and y are true.",
    ("1 < 2 and 2 < 3", "True"),
    boolean=True,
    takes_truth=True,
    symbol="and",
    reference="bool(x) and bool(y)",
    encloses="and",
)
logical_or: Elementwise = Elementwise(
    "logical_or",
    np.logical_or,
    None,
    "x, y",
    "Whether x or y is true.",
    ("1 > 2 or 2 < 3", "True"),
    boolean=True,
    takes_truth=True,
    symbol="or",
    reference="bool(x) or bool(y)",
    encloses="or",
)
logical_not: Elementwise = Elementwise(
    "logical_not",
    np.logical_not,
    None,
    "x",
    "Whether x is false.",
    ("not 1 > 2", "True"),
    boolean=True,
    takes_truth=True,
    symbol="not",
    encloses="not",
)
isnan: Elementwise = Elementwise(
    "isnan",
    np.isnan,
    None,
    "x",
    "Whether x is nan.",
    ("isnan(0 * inf)", "True"),
    boolean=True,
)
isfinite: Elementwise = Elementwise(
    "isfinite",
    np.isfinite,
    None,
    "x",
    "Whether x is neither nan nor infinite.",
    ("isfinite(1 / 0)", "False"),
    boolean=True,
)


# Choices


class _Where(Elementwise):
    """`where` reads truth in its first input and numbers in the others."""

    def apply(self, *inputs: Node, params: tuple[Any, ...] = ()) -> Node:
        condition, yes, no = inputs
        return super().apply(as_truth(condition), as_number(yes), as_number(no))


def as_truth(node: Node) -> Node:
    """Numbers as truth values (not 0); truth values as they are."""
    return node if node.boolean else not_equal.apply(node, as_node(0))


def _where_kernel(condition: Any, yes: Any, no: Any, out: Any = None) -> Any:
    if out is None:
        return np.where(condition, yes, no)[()]
    if out is condition or np.may_share_memory(out, yes):
        out[...] = np.where(condition, yes, no)
        return out
    if not np.may_share_memory(out, no):
        np.copyto(out, no)
    np.copyto(out, yes, where=condition)
    return out


_MOST_FOLLOWED = 100
_CARRIERS = frozenset(("add", "subtract", "multiply", "divide", "negative", "square", "sqrt", "exp", "log"))


def _carries_nan(whole: Node, part: Node) -> bool:
    """Whether a graph is nan wherever a part of it is; `False` where that is not easily seen."""
    order = topological((whole,), lambda node: node is part)
    if len(order) > _MOST_FOLLOWED:
        return False
    carries: dict[Node, bool] = {}
    for node in order:
        if node is part:
            carries[node] = True
        elif node.primitive.name == "where":
            condition, yes, no = node.inputs
            failed = part in condition.inputs and condition.primitive in _OPPOSITES
            carries[node] = carries[no] and (failed or carries[yes])
        else:
            carries[node] = node.primitive.name in _CARRIERS and any(carries[each] for each in node.inputs)
    return carries[whole]


def _otherwise(condition: Node, yes: Node, no: Node) -> Node:
    """The opposite of a condition, for reading: `x > 0` for `not x <= 0` where only `no` has a derivative.

    Nan is neither, so `no` must be nan there anyhow.
    """
    opposite = _OPPOSITES.get(condition.primitive)
    if opposite is not None and yes.static:
        sides = [each for each in condition.inputs if not each.static]
        if all(_carries_nan(no, each) for each in sides):
            return opposite.apply(*condition.inputs)
    return ~condition


_OPPOSITES: dict[Primitive, Elementwise] = {
    less: greater_equal,
    less_equal: greater,
    greater: less_equal,
    greater_equal: less,
}
"""Comparisons of which just one holds, but for nan, for which neither does."""

where: _Where = _Where(
    "where",
    _where_kernel,
    (None, lambda condition, yes, no: condition, lambda condition, yes, no: ~condition),
    "condition, yes, no",
    "yes where the condition holds, no elsewhere. Only the chosen side contributes to a gradient.",
    ("where(2 > 1, 10, 20)", "10"),
    takes_truth=True,
    whole="kept",
    method_signature="yes, condition, no",
    reference="yes if condition else no",
    analytic=complex_kernels.select,
    encloses="choice",
    reads=(None, lambda condition, yes, no: condition, _otherwise),
)


def _masked_kernel(x: Any, condition: Any, out: Any = None) -> Any:
    return _where_kernel(condition, x, 0.0, out=out)


masked: Elementwise = Elementwise(
    "masked",
    _masked_kernel,
    (lambda x, condition: condition, None),
    "x, condition",
    "x where the condition holds; elsewhere a 0 that means that nothing contributes.",
    takes_truth=True,
    guards=True,
    written="where(condition, x, 0)",
    public=False,
    analytic=lambda x, condition: np.where(condition, x, 0.0),
    encloses="masked",
)


def _not_less_kernel(x: Any, y: Any, out: Any = None) -> Any:
    return np.logical_not(np.less(x, y), out=out)


not_less: Elementwise = Elementwise(
    "not_less",
    _not_less_kernel,
    None,
    "x, y",
    "Whether x is at least y, or one of them is nan, which then is both the greater and the lesser.",
    boolean=True,
    written="(not x < y)",
    public=False,
    encloses="not_less",
)


begin_family("choices")


def _tie_weight(x: Node, y: Node) -> Node:
    return where(x.equals(y), 0.5, 1)


maximum: Elementwise = Elementwise(
    "maximum",
    np.maximum,
    (
        lambda x, y: masked(_tie_weight(x, y), not_less(x, y)),
        lambda x, y: masked(_tie_weight(x, y), not_less(y, x)),
    ),
    "x, y",
    "The greater of x and y, element by element; at a tie each gets half of the gradient.",
    ("maximum(2, 3)", "3"),
    edges=(Edge((1, 1), 1, (0.5, 0.5), "a tie is split"),),
    kink=Kink(lambda x, y: x.equals(y), "at a tie, maximum gives each side half of the gradient"),
    reads=(lambda x, y: x >= y, lambda x, y: _otherwise(x >= y, x, y)),
    whole="kept",
    reference="max(x, y)",
    analytic=complex_kernels.maximum,
    encloses="greatest",
)

minimum: Elementwise = Elementwise(
    "minimum",
    np.minimum,
    (
        lambda x, y: masked(_tie_weight(x, y), not_less(y, x)),
        lambda x, y: masked(_tie_weight(x, y), not_less(x, y)),
    ),
    "x, y",
    "The lesser of x and y, element by element; at a tie each gets half of the gradient.",
    ("minimum(2, 3)", "2"),
    edges=(Edge((1, 1), 1, (0.5, 0.5), "a tie is split"),),
    kink=Kink(lambda x, y: x.equals(y), "at a tie, minimum gives each side half of the gradient"),
    reads=(lambda x, y: x <= y, lambda x, y: _otherwise(x <= y, x, y)),
    whole="kept",
    reference="min(x, y)",
    analytic=complex_kernels.minimum,
    encloses="least",
)


def _clamp_kernel(x: Any, low: Any, high: Any, out: Any = None) -> Any:
    return np.minimum(np.maximum(x, low), high, out=out)


_AT_BOUND = "at a bound, clamp passes the gradient on, as PyTorch does"

clamp_both: Elementwise = Elementwise(
    "clamp_both",
    _clamp_kernel,
    (
        lambda x, low, high: (x >= low) & (x <= high),
        lambda x, low, high: (x < low) & (low < high),
        lambda x, low, high: RULES["or"](x > high, high < low),
    ),
    "x, low, high",
    kink=Kink(lambda x, low, high: RULES["or"](x.equals(low), x.equals(high)), _AT_BOUND),
    grad_fn=lambda node: _clamp_overload(*node.inputs),
    edges=(Edge((0, 0, 1), 0, (1, 0, 0), _AT_BOUND), Edge((1, 0, 1), 1, (1, 0, 0), _AT_BOUND)),
    written="clamp(x, low, high)",
    public=False,
    analytic=lambda x, low, high: complex_kernels.minimum(complex_kernels.maximum(x, low), high),
)
clamp_min: Elementwise = Elementwise(
    "clamp_min",
    np.maximum,
    (lambda x, low: x >= low, lambda x, low: x < low),
    "x, low",
    "x, but at least low.",
    ("clamp_min(-2, 0)", "0"),
    kink=Kink(lambda x, low: x.equals(low), _AT_BOUND),
    grad_fn=lambda node: f"ClampMinBackward{int(static_number(node.inputs[1]) is None)}",
    edges=(Edge((0, 0), 0, (1, 0), _AT_BOUND),),
    whole="kept",
    reference="max(x, low)",
    analytic=complex_kernels.maximum,
    encloses="greatest",
)
clamp_max: Elementwise = Elementwise(
    "clamp_max",
    np.minimum,
    (lambda x, high: x <= high, lambda x, high: x > high),
    "x, high",
    "x, but at most high.",
    ("clamp_max(2, 0)", "0"),
    kink=Kink(lambda x, high: x.equals(high), _AT_BOUND),
    grad_fn=lambda node: f"ClampMaxBackward{int(static_number(node.inputs[1]) is None)}",
    edges=(Edge((0, 0), 0, (1, 0), _AT_BOUND),),
    whole="kept",
    reference="min(x, high)",
    analytic=complex_kernels.minimum,
    encloses="least",
)


def _clamp_overload(x: Node, *bounds: Node | None) -> str | None:
    """PyTorch's overload for bounds that are numbers, or tensors."""
    given = [each for each in bounds if each is not None]
    if not given:
        return None
    return "ClampBackward0" if any(static_number(each) is None for each in given) else "ClampBackward1"


def _clamp(x: Node, low: Node | None, high: Node | None) -> Node:
    if low is None and high is None:
        return as_number(x)
    if high is None:
        assert low is not None
        return clamp_min.apply(x, low)
    if low is None:
        return clamp_max.apply(x, high)
    return clamp_both.apply(x, low, high)


Composite(
    "clamp",
    "x, min=None, max=None",
    _clamp,
    "x held between min and max; either may be left out. The gradient passes at the bounds.",
    ("clamp(5, 0, 1)", "1"),
    derivative="1 where min <= x <= max, 0 elsewhere",
    aliases=("clip",),
    overload=_clamp_overload,
    edges=(Edge((0, 0, 1), 0, (1, 0, 0), _AT_BOUND),),
    whole="kept",
    samples=(([2, 3], [], [3]),),
)


def _around_power(node: Node) -> Around | None:
    """A power of a length, from the square on: its derivative is n*L**(n - 2) times L*dL."""
    base, n = node.inputs[0], number_in(node.inputs[1])
    if not _is_length(base) or n is None or n < 2:
        return None
    return _around(base, n)


def _around(length: Node, n: float) -> Around:
    return Around(length, expand(as_node(2.0), length.shape) if n == 2 else n * length ** (n - 2))


_FACTORS = 8
"""Products of so many powers of one length are looked through."""


def _around_product(node: Node) -> Around | None:
    """A product of powers of one length, each from the first on."""
    length: Node | None = None
    degree, waiting = 0.0, [node]
    for _ in range(2 * _FACTORS):
        if not waiting:
            return None if length is None else _around(length, degree)
        factor, n = waiting.pop(), 1.0
        primitive = factor.primitive
        if primitive is multiply:
            waiting += factor.inputs
            continue
        if primitive is square:
            factor, n = factor.inputs[0], 2.0
        elif primitive is power:
            factor, n = factor.inputs[0], number_in(factor.inputs[1]) or 0.0
        elif primitive.radial is None:
            return None
        if factor is not (length or factor) or n < 1 or not _is_length(factor):
            return None
        length, degree = factor, degree + n
    return None


def _is_length(node: Node) -> bool:
    radial = node.primitive.radial
    return radial is not None and radial.holds(node)


power.around = _around_power
square.around = _around_product
multiply.around = _around_product

RULES.update(
    {
        "+": add,
        "-": subtract,
        "*": multiply,
        "/": divide,
        "**": power,
        "negative": negative,
        "and": logical_and,
        "or": logical_or,
        "not": logical_not,
        "masked": masked,
        "where": where,
    }
)
