"""Products with derivatives, and the operators of vector calculus, as expressions.

`jvp(y, x, v)`, `vjp(y, x, u)`, `hvp(y, x, v)`, `directional(y, x, v)`, `laplacian(y, x)`, `divergence(F, x)`,
`curl(F, x)` and `taylor(y, x, x0, n)`: graphs like any others, which can be differentiated again. In the
place of y may stand the name of a function, as in PyTorch and JAX: `hvp(f, x, v)` is `hvp(f(x), x, v)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from gradcli.engine import derive
from gradcli.engine.graph import Node, as_node, expand, substitute, topological, zeros_like
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.primitives.shaping import stack
from gradcli.engine.shapes import ShapeError, broadcast_shape, check_size
from gradcli.language.tree import Argument, Call, Expression, Name, Number, Sequence, Vector
from gradcli.language.vocabulary import words_of
from gradcli.lowering.context import Context
from gradcli.lowering.derivatives import check_variable, tied_to, zeros
from gradcli.lowering.kinds import TENSOR
from gradcli.lowering.names import called_name
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule

MOST_ORDER = 20
"""The highest degree of a Taylor polynomial: 21! is beyond what a double counts exactly."""


def product(context: Context, call: Call) -> Rule:
    """A rule: a derivative times a vector, without the matrix of all derivatives."""
    kind, value, (variable,) = yield _asked(context, call)
    given = call.arguments[2].value
    vector, _ = yield _only(given)
    vector = as_number(vector)
    wanted = value if kind == "vjp" else variable
    operands = ((given.span, vector), (call.arguments[0].span, wanted))

    def make() -> Node:
        fitting = expand(vector, wanted.shape) if broadcast_shape((vector.shape, wanted.shape)) else vector
        if kind == "vjp":
            (found,) = derive.pullback(value, fitting, (variable,))
            return zeros(variable, variable) if found is None else tied_to(variable, found)
        if kind == "directional":
            fitting = _unit(fitting)
        output: Node | None = value
        if kind == "hvp":
            (output,) = derive.gradient(value, (variable,))
        like = variable if kind == "hvp" else value
        (found,) = (None,) if output is None else derive.pushforward((output,), (variable,), (fitting,))
        return zeros(like, variable) if found is None else tied_to(variable, found)

    return context.build(make, call.span, operands), TENSOR


def _unit(vector: Node) -> Node:
    """A vector at length 1."""
    size = TABLE["norm"].build(vector, 2.0, None, False) if vector.shape else TABLE["abs"].build(vector)
    return vector / expand(size, vector.shape)


def calculus(context: Context, call: Call) -> Rule:
    """A rule: `laplacian`, `divergence` or `curl`, in a vector or in a list of numbers."""
    kind, value, variables = yield _asked(context, call)
    operands = ((call.arguments[0].span, value), (call.arguments[1].span, variables[0]))

    def make() -> Node:
        found = _OPERATORS[kind](value, variables)
        for each in variables:
            found = tied_to(each, found)
        return found

    return context.build(make, call.span, operands), TENSOR


def _along(value: Node, variables: list[Node]) -> list[Node]:
    """The derivatives of a value in every number of the variables, one after the other."""
    found = []
    for variable in variables:
        check_size((math.prod(variable.shape), *value.shape))
        for place in range(math.prod(variable.shape)):
            tangent = derive.unit(variable.shape, place)
            (column,) = derive.pushforward((value,), (variable,), (tangent,))
            found.append(zeros_like(value) if column is None else column)
    return found


def _laplacian(value: Node, variables: list[Node]) -> Node:
    total: Node | None = None
    for variable in variables:
        for place in range(math.prod(variable.shape)):
            tangent = derive.unit(variable.shape, place)
            found: Node | None = value
            for _ in range(2):
                (found,) = (None,) if found is None else derive.pushforward((found,), (variable,), (tangent,))
            if found is not None:
                total = found if total is None else total + found
    return zeros(value, variables[0]) if total is None else total


def _count(variables: list[Node]) -> int:
    return sum(math.prod(each.shape) for each in variables)


def _field(value: Node, variables: list[Node], what: str) -> int:
    """How many components a vector field has: as many as there are coordinates; raises `ShapeError`."""
    count = _count(variables)
    if value.shape != (count,):
        size = "1 component" if count == 1 else f"{count} components"
        raise ShapeError(
            f"{what} needs a vector of {size}, one for each coordinate",
            hint=f"as in {what}([x*y, y], [x, y])",
        )
    return count


def _divergence(value: Node, variables: list[Node]) -> Node:
    count = _field(value, variables, "divergence")
    columns = _along(value, variables)
    total = derive.element(columns[0], 0)
    for place in range(1, count):
        total = total + derive.element(columns[place], place)
    return total


def _curl(value: Node, variables: list[Node]) -> Node:
    count = _field(value, variables, "curl")
    if count not in (2, 3):
        raise ShapeError(
            f"a curl has 2 or 3 coordinates, and these are {count}", hint="as in curl([-y, x], [x, y])"
        )
    columns = _along(value, variables)

    def turn(i: int, j: int) -> Node:
        return derive.element(columns[i], j) - derive.element(columns[j], i)

    return turn(0, 1) if count == 2 else stack([turn(1, 2), turn(2, 0), turn(0, 1)])


_OPERATORS: dict[str, Callable[[Node, list[Node]], Node]] = {
    "laplacian": _laplacian,
    "divergence": _divergence,
    "curl": _curl,
}


def taylor(context: Context, call: Call) -> Rule:
    """A rule: the Taylor polynomial of a value in a number about a point, of a degree."""
    _, value, (variable,) = yield _asked(context, call)
    about, degree = call.arguments[2].value, call.arguments[3].value
    point, _ = yield about
    point = as_number(point)
    node, _ = yield degree
    order = context.settled_integer(node, degree.span)
    if not 0 <= order <= MOST_ORDER:
        raise context.wrong(f"the degree is between 0 and {MOST_ORDER}", degree.span)
    if variable.shape or point.shape:
        raise context.wrong(
            "a Taylor polynomial is one in a single number, about a number",
            call.arguments[1 if variable.shape else 2].span,
        )

    def make() -> Node:
        total: Node | None = None
        found: Node | None = value
        step = variable - point
        for power in range(order + 1):
            if found is None:
                break
            (there,) = substitute((found,), {variable: point})
            term = there if power == 0 else there / math.factorial(power) * step**power
            total = term if total is None else total + term
            (found,) = derive.pushforward((found,), (variable,), (as_node(1.0),))
        assert total is not None
        return tied_to(variable, total)

    return context.build(make, call.span, ((call.arguments[0].span, value),)), TENSOR


# What is asked


def _of_bessel(context: Context, call: Call) -> str:
    """How SciPy's function is called that has the name of one of ours."""
    return f"that of Bessel's function is scipy.special.{context.text(call.span)}"


def _asked(context: Context, call: Call) -> Rule:
    """A rule: the name of the operator, the value, and the variables, which are checked."""
    kind = called_name(call.function, context)
    assert kind is not None
    usage = next(word.usage for word in words_of("call") if word.name == kind)
    count = usage.count(",") + 1
    for argument in call.arguments:
        if argument.name is not None and argument.name not in _IGNORED:
            raise context.wrong(f"{kind} has no parameter {argument.name}", argument.span, usage)
    given = [argument for argument in call.arguments if argument.name is None]
    if len(given) != count or given != list(call.arguments[:count]):
        other = f"{usage}; {_of_bessel(context, call)}" if kind in TABLE and len(given) == 2 else usage
        raise context.wrong(f"{kind} takes {_NUMBERS[count]} arguments", call.span, other)
    if isinstance(given[0].value, Number) and isinstance(given[1].value, Name) and kind in TABLE:
        raise context.wrong(
            f"{kind} is the derivative of a value along a direction, and a number has none",
            given[0].span,
            _of_bessel(context, call),
        )
    target = given[1].value
    targets = _listed(target)
    if not targets or (len(targets) > 1 and kind not in _OPERATORS):
        raise context.wrong(f"{kind} takes one variable", target.span, usage)
    value = yield _value(context, given[0].value, targets, call.span)
    below = set(topological((value,)))
    variables = []
    for each in targets:
        variable, _ = yield each
        variables.append(variable)
        check_variable(context, call, kind, each, variable, below)
    try:
        derive.check_current(value, variables, f"take its {kind}")
    except EvaluationError as error:
        error.blame(context.mark(given[0].span))
        raise
    context.differentiates((value,), variables, call.span)
    return kind, value, variables


_IGNORED = ("create_graph", "strict", "has_aux", "vectorize")
"""Keywords of PyTorch and JAX that change nothing here."""

_NUMBERS = {2: "two", 3: "three", 4: "four"}


def _listed(target: Expression) -> list[Expression]:
    return list(target.items) if isinstance(target, Vector | Sequence) else [target]


def _only(given: Expression) -> Expression:
    """What stands in JAX's tuple of one, as `(v,)`."""
    return given.items[0] if isinstance(given, Sequence) and len(given.items) == 1 else given


def _value(context: Context, expression: Expression, targets: list[Expression], span: Span) -> Rule:
    """A rule: the node of a value, or of a function at the variables."""
    if isinstance(expression, Name) and not context.has(expression.name):
        name = expression.name
        if context.scope.function(name) is not None or name in TABLE:
            arguments = tuple(Argument(each.span, None, each) for each in targets)
            value, _ = yield Call(span, expression, arguments)
            return as_number(value)
    value, _ = yield expression
    return as_number(value)
