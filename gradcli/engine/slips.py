"""The classic mistakes of differentiation by hand, as rules that may stand in for an operation's right one.

A wrong derivative is made as the right one is, by a sweep forwards, in which each operation of a kind follows
a slip in the place of its rule. Where one operation alone does, what it makes of the whole is the right
derivative and the difference there, carried on by the cotangent: one sweep back is enough for all of them.
One that is equal to somebody's claim tells what went wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from gradcli.engine.derive import dependents, gradient, pushforward, unit
from gradcli.engine.graph import Input, Node, as_node, expand
from gradcli.engine.primitives.arithmetic import add, divide, multiply, negative, power, square, subtract
from gradcli.engine.primitives.elementwise import (
    acos,
    asin,
    atan,
    cbrt,
    cot,
    exp,
    log,
    sec,
    sech,
    sqrt,
    tan,
    tanh,
)
from gradcli.engine.primitives.entry import Elementwise
from gradcli.engine.primitives.reductions import total
from gradcli.engine.primitives.shaping import reshape, stack
from gradcli.engine.primitives.special import sigmoid
from gradcli.records import NamedTuple
from gradcli.text.errors import GradcliError

MOST = 10_000
"""So many wrong derivatives with a single slip are made of one formula at most."""

_MOST_OPERATIONS = 10_000
"""A formula with more operations has none: that would take long, and no hand does it."""

_MOST_SWEPT = 20_000
"""Operations in all sweeps in which each of a kind follows a slip; there are no more of these sweeps."""

_MOST_ELEMENTS = 12
"""Variables with more elements have no slips at single operations: each element would need a sweep."""

Tangents = Sequence[Node | None]


class At(NamedTuple):
    """An operation in a sweep: the tangents of its inputs (`None`: of constants), and the variable."""

    node: Node
    tangents: Tangents
    variable: Node

    @property
    def inner(self) -> Node:
        """The first input."""
        return self.node.inputs[0]

    @property
    def both(self) -> tuple[Node, Node, Node, Node]:
        """Both inputs and their tangents, of an operation in which both vary."""
        (x, y), (dx, dy) = self.node.inputs, self.tangents
        assert dx is not None
        assert dy is not None
        return x, y, dx, dy


Rule = Callable[[At], Node | None]


class Slip(NamedTuple):
    """One mistake: its name, and the wrong tangent that it makes (`None` where it cannot be made)."""

    name: str
    rule: Rule


class Wrong(NamedTuple):
    """A wrong derivative, the mistake in it, and the operation where it was made (`None`: at each)."""

    derivative: Node
    slip: str
    part: Node | None


# Which operation stands there


def _of_one(at: At) -> Elementwise | None:
    """The function of one varying argument that stands there (a power with a constant exponent, too)."""
    primitive = at.node.primitive
    if not isinstance(primitive, Elementwise) or primitive.partials is None or primitive in _ARITHMETIC:
        return None
    varying = [place for place, each in enumerate(at.tangents) if each is not None]
    return primitive if varying == [0] else None


_ARITHMETIC = (add, subtract, multiply, divide, negative)


def _partial(at: At) -> Node | None:
    """The derivative of the function in its argument."""
    function = _of_one(at)
    found = None if function is None else function.partial(at.node, 0)
    return None if found is None or found.boolean else found


def _tangent(at: At) -> Node:
    found = at.tangents[0]
    assert found is not None
    return found


def _constant_power(at: At) -> Node | None:
    """The exponent of a power with a varying base and a constant exponent."""
    return at.node.inputs[1] if at.node.primitive is power and at.tangents[1] is None else None


def _constant_base(at: At) -> Node | None:
    return at.node.inputs[0] if at.node.primitive is power and at.tangents[0] is None else None


def _vary(at: At, primitive: Elementwise) -> bool:
    return at.node.primitive is primitive and None not in at.tangents


# The mistakes


def _inner_missing(at: At) -> Node | None:
    partial = _partial(at)
    return None if partial is None or at.inner is at.variable else partial


def _outer_at_variable(at: At) -> Node | None:
    function = _of_one(at)
    if function is None or at.inner is at.variable or at.inner.shape != at.variable.shape:
        return None
    moved = function.partial(function.apply(at.variable, *at.node.inputs[1:]), 0)
    return None if moved is None or moved.boolean else moved * _tangent(at)


def _outer_at_inner(at: At) -> Node | None:
    function = _of_one(at)
    if (
        function is None
        or at.inner is at.variable
        or function is power
        or _tangent(at).shape != at.inner.shape
    ):
        return None
    moved = function.partial(function.apply(_tangent(at), *at.node.inputs[1:]), 0)
    return None if moved is None or moved.boolean else moved


def _other_sign(at: At) -> Node | None:
    partial = _partial(at)
    return None if partial is None or _constant_power(at) is not None else -partial * _tangent(at)


def _kept(at: At) -> Node | None:
    function = _of_one(at)
    if function is None or function in (exp, power, square):
        return None
    return at.node * _tangent(at)


def _factor_dropped(at: At) -> Node | None:
    if at.node.primitive is multiply and (at.tangents[0] is None) != (at.tangents[1] is None):
        return next(each for each in at.tangents if each is not None)
    if at.node.primitive is divide and at.tangents[1] is None:
        return at.tangents[0]
    return None


def _factor_flat(at: At) -> Node | None:
    """The derivative of a constant factor is 0, and so, it is said, is that of the product."""
    if at.node.primitive is multiply and (at.tangents[0] is None) != (at.tangents[1] is None):
        return as_node(0.0) * at.node
    return None


def _constant_term_kept(at: At) -> Node | None:
    if at.node.primitive not in (add, subtract) or (at.tangents[0] is None) == (at.tangents[1] is None):
        return None
    first, second = at.tangents
    left = at.node.inputs[0] if first is None else first
    right = at.node.inputs[1] if second is None else second
    return left + right if at.node.primitive is add else left - right


def _product(rule: Callable[[Node, Node, Node, Node], Node]) -> Rule:
    return lambda at: rule(*at.both) if _vary(at, multiply) else None


def _quotient(rule: Callable[[Node, Node, Node, Node], Node]) -> Rule:
    return lambda at: rule(*at.both) if _vary(at, divide) else None


def _of_reciprocal(rule: Callable[[Node, Node, Node], Node]) -> Rule:
    """For c/u, by c, u and the tangent of u."""

    def made(at: At) -> Node | None:
        if at.node.primitive is not divide or at.tangents[0] is not None:
            return None
        tangent = at.tangents[1]
        assert tangent is not None
        c, u = at.node.inputs
        return rule(c, u, tangent)

    return made


def _inner_of_reciprocal_missing(at: At) -> Node | None:
    if at.node.primitive is not divide or at.tangents[0] is not None or at.node.inputs[1] is at.variable:
        return None
    return -at.node.inputs[0] / square(at.node.inputs[1])


def _power(rule: Callable[[Node, Node, Node], Node]) -> Rule:
    """For u**n, by u, n and the tangent of u."""

    def made(at: At) -> Node | None:
        n = _constant_power(at)
        return None if n is None else rule(at.inner, n, _tangent(at))

    return made


def _exponential(rule: Callable[[Node, Node, Node, Node], Node]) -> Rule:
    """For a**u, by a, u, a**u and the tangent of u."""

    def made(at: At) -> Node | None:
        a = _constant_base(at)
        tangent = at.tangents[-1]
        return None if a is None or tangent is None else rule(a, at.node.inputs[1], at.node, tangent)

    return made


def _inner_of_exponential_missing(at: At) -> Node | None:
    a = _constant_base(at)
    return None if a is None or at.node.inputs[1] is at.variable else at.node * log(a)


def _general_power(rule: Callable[[Node, Node, Node, Node], Node]) -> Rule:
    return lambda at: rule(*at.both) if _vary(at, power) else None


def _function(primitive: Elementwise, rule: Callable[[Node, Node], Node]) -> Rule:
    """For one function, by its argument and the tangent of that."""
    return lambda at: rule(at.inner, _tangent(at)) if at.node.primitive is primitive else None


def _difference_as_sum(at: At) -> Node | None:
    if at.node.primitive is negative:
        return at.tangents[0]
    if at.node.primitive is not subtract or at.tangents[1] is None:
        return None
    first, second = at.tangents
    assert second is not None
    return second if first is None else first + second


SLIPS: tuple[Slip, ...] = (
    Slip("the inner derivative is missing", _inner_missing),
    Slip("the inner derivative is missing", _inner_of_reciprocal_missing),
    Slip("the inner derivative is missing", _inner_of_exponential_missing),
    Slip("half of the product rule is missing", _product(lambda x, y, dx, dy: dx * y)),
    Slip("half of the product rule is missing", _product(lambda x, y, dx, dy: x * dy)),
    Slip("a product of derivatives, and not the product rule", _product(lambda x, y, dx, dy: dx * dy)),
    Slip("the sign of the derivative is wrong", _other_sign),
    Slip("a minus in the product rule", _product(lambda x, y, dx, dy: dx * y - x * dy)),
    Slip("a minus in the product rule", _product(lambda x, y, dx, dy: x * dy - dx * y)),
    Slip("a plus in the quotient rule", _quotient(lambda x, y, dx, dy: (dx * y + x * dy) / y**2)),
    Slip("the quotient rule the wrong way round", _quotient(lambda x, y, dx, dy: (x * dy - dx * y) / y**2)),
    Slip("the denominator is not squared", _quotient(lambda x, y, dx, dy: (dx * y - x * dy) / y)),
    Slip("the denominator is missing", _quotient(lambda x, y, dx, dy: dx * y - x * dy)),
    Slip("half of the quotient rule is missing", _quotient(lambda x, y, dx, dy: dx / y)),
    Slip("half of the quotient rule is missing", _quotient(lambda x, y, dx, dy: -x * dy / y**2)),
    Slip("a quotient of derivatives, and not the quotient rule", _quotient(lambda x, y, dx, dy: dx / dy)),
    Slip("a minus is missing", _of_reciprocal(lambda c, u, du: c * du / u**2)),
    Slip("the denominator is not squared", _of_reciprocal(lambda c, u, du: -c * du / u)),
    Slip("a logarithm, as if it were integrated", _of_reciprocal(lambda c, u, du: c * log(u) * du)),
    Slip("the constant above the line is dropped", _of_reciprocal(lambda c, u, du: -du / u**2)),
    Slip("the exponent is not brought down", _power(lambda u, n, du: u ** (n - 1) * du)),
    Slip("the exponent is not lowered", _power(lambda u, n, du: n * u**n * du)),
    Slip("the exponent is raised, and not lowered", _power(lambda u, n, du: n * u ** (n + 1) * du)),
    Slip(
        "the exponent is lowered before it is brought down",
        _power(lambda u, n, du: (n - 1) * u ** (n - 1) * du),
    ),
    Slip("integrated, and not differentiated", _power(lambda u, n, du: u ** (n + 1) / (n + 1) * du)),
    Slip("the power rule on an exponential", _exponential(lambda a, u, y, du: u * a ** (u - 1) * du)),
    Slip("the power rule on an exponential", _function(exp, lambda u, du: u * exp(u - 1) * du)),
    Slip("the power rule on an exponential", _function(exp, lambda u, du: u * exp(u - 1))),
    Slip("the power of the derivative, and not the derivative of the power", _power(lambda u, n, du: du**n)),
    Slip("the logarithm of the base is missing", _exponential(lambda a, u, y, du: y * du)),
    Slip(
        "the power rule, where the exponent varies",
        _general_power(lambda x, n, dx, dn: n * x ** (n - 1) * dx),
    ),
    Slip(
        "the exponential rule, where the base varies", _general_power(lambda x, n, dx, dn: x**n * log(x) * dn)
    ),
    Slip("the 1/2 of a root is missing", _function(sqrt, lambda u, du: du / sqrt(u))),
    Slip("the root stands above the line, and not below", _function(sqrt, lambda u, du: sqrt(u) * du / 2)),
    Slip("the root is missing", _function(sqrt, lambda u, du: du / (2 * u))),
    Slip("the 1/3 of a root is missing", _function(cbrt, lambda u, du: du / cbrt(u) ** 2)),
    Slip("a square is missing", _function(tan, lambda u, du: sec(u) * du)),
    Slip("a square is missing", _function(tan, lambda u, du: (1 + tan(u)) * du)),
    Slip("a minus, and not 1 + tan**2", _function(tan, lambda u, du: (1 - tan(u) ** 2) * du)),
    Slip("the cotangent, and not a derivative", _function(tan, lambda u, du: cot(u) * du)),
    Slip("a square is missing", _function(tanh, lambda u, du: (1 - tanh(u)) * du)),
    Slip("a square is missing", _function(tanh, lambda u, du: sech(u) * du)),
    Slip("a plus, and not 1 - tanh**2", _function(tanh, lambda u, du: (1 + tanh(u) ** 2) * du)),
    Slip("a square is missing", _function(asin, lambda u, du: du / sqrt(1 - u))),
    Slip("a square is missing", _function(acos, lambda u, du: -du / sqrt(1 - u))),
    Slip("a square is missing", _function(atan, lambda u, du: du / (1 + u))),
    Slip("a minus, and not 1 + u**2", _function(atan, lambda u, du: du / (1 - u**2))),
    Slip("a plus, and not 1 - u**2", _function(asin, lambda u, du: du / sqrt(1 + u**2))),
    Slip("a plus, and not 1 - sigmoid", _function(sigmoid, lambda u, du: sigmoid(u) * (1 + sigmoid(u)) * du)),
    Slip("a root is missing", _function(asin, lambda u, du: du / (1 - u**2))),
    Slip("a root is missing", _function(acos, lambda u, du: -du / (1 - u**2))),
    Slip("the sign behind a minus is lost", _difference_as_sum),
    Slip("the outer derivative is taken at the variable", _outer_at_variable),
    Slip("the outer derivative is taken at the inner one", _outer_at_inner),
    Slip("the function stands where its derivative belongs", _kept),
    Slip("a constant factor is dropped", _factor_dropped),
    Slip("a product with a constant is taken as a constant", _factor_flat),
    Slip("a constant term is kept", _constant_term_kept),
)
"""The mistakes, of which the first that fits is named."""


# The sweeps


def _sweep(
    order: Sequence[Node], connected: set[Node], wrt: Node, seed: Node, wrong: Callable[[At], Node | None]
) -> dict[Node, Node]:
    """The tangents of all nodes, for the tangent `seed` of `wrt`; `wrong` has those of some operations."""
    known: dict[Node, Node] = {wrt: seed}
    for node in order:
        if node in known or node not in connected:
            continue
        tangents = [known.get(each) for each in node.inputs]
        if all(each is None for each in tangents):
            continue
        found = wrong(At(node, tangents, wrt))
        if found is None:
            found = _right(node, tangents)
        if found is not None:
            known[node] = found
    return known


def _right(node: Node, tangents: Tangents) -> Node | None:
    if node.primitive.definition is None:
        return node.primitive.pushforward(node, tangents)
    moved = [
        (each, tangent) for each, tangent in zip(node.inputs, tangents, strict=True) if tangent is not None
    ]
    return pushforward((node,), [each for each, _ in moved], [tangent for _, tangent in moved])[0]


def _made(rule: Rule, at: At) -> Node | None:
    """What a slip makes at an operation, in its shape."""
    if not isinstance(at.node.primitive, Elementwise):
        return None
    try:
        found = rule(at)
        return None if found is None else expand(found, at.node.shape)
    except GradcliError:
        return None


def wrong_derivatives(output: Node, wrt: Input) -> Iterator[Wrong]:
    """The derivatives that slips make of a single number, each in the shape of `wrt`.

    There are at most `MOST` with a single slip, and one for each kind of them that is made everywhere.
    """
    count = math.prod(wrt.shape)
    if math.prod(output.shape) != 1 or not 0 < count <= _MOST_ELEMENTS:
        return
    below = dependents((output,), (wrt,))
    if len(below[0]) > _MOST_OPERATIONS:
        return
    seeds = [unit(wrt.shape, place) for place in range(count)]
    right = [_sweep(*below, wrt, seed, lambda at: None) for seed in seeds]
    nodes = [node for node in below[0] if node in right[0] and node is not wrt]
    if output not in right[0]:
        return
    cotangents: dict[Node, Node] = {output: expand(as_node(1.0), output.shape)}

    def arrives(node: Node, ct: Node, index: int, share: Node) -> None:
        cotangents[node] = ct

    gradient(output, (wrt,), arrives)

    def at(node: Node, known: Mapping[Node, Node]) -> At:
        return At(node, [known.get(each) for each in node.inputs], wrt)

    def joined(tangents: Sequence[Node | None]) -> Node | None:
        numbers = [reshape(each, ()) for each in tangents if each is not None]
        if len(numbers) < count:
            return None
        return numbers[0] if not wrt.shape else reshape(stack(numbers), wrt.shape)

    def of_one(rule: Rule, part: Node) -> Node | None:
        ct = cotangents.get(part)
        if ct is None:
            return None
        found: list[Node | None] = []
        for known in right:
            made = _made(rule, at(part, known))
            if made is None or part not in known:
                return None
            found.append(
                known[output]
                + reshape(total(ct * (made - known[part]), tuple(range(-len(part.shape), 0))), output.shape)
            )
        return joined(found)

    left, swept = MOST, 0
    for slip in SLIPS:
        places = [node for node in nodes if _made(slip.rule, at(node, right[0])) is not None]
        for part in places:
            made = of_one(slip.rule, part)
            if made is not None:
                yield Wrong(made, slip.name, part)
                left -= 1
                if not left:
                    return
        if len(places) > 1 and swept + count * len(nodes) <= _MOST_SWEPT:
            swept += count * len(nodes)
            rule = slip.rule
            sweeps = [_sweep(*below, wrt, seed, lambda at, rule=rule: _made(rule, at)) for seed in seeds]  # type: ignore[misc]
            made = joined([each.get(output) for each in sweeps])
            if made is not None:
                yield Wrong(made, slip.name, None)
