"""Graphs as expressions for reading: what each operation says, in the algebra of `algebra.py`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from fractions import Fraction
from typing import TypeGuard

import numpy as np

from gradcli.engine.derive import is_elementwise, pullback, pushforward, unit
from gradcli.engine.graph import Constant, Input, Node, constant, expand, intern, topological
from gradcli.engine.jacobians import forwards, in_full
from gradcli.engine.primitives import TABLE, Elementwise, Entry
from gradcli.engine.primitives.arithmetic import multiply
from gradcli.engine.primitives.entry import Structural
from gradcli.engine.primitives.shaping import reshape, stack
from gradcli.engine.shapes import broadcast_shape
from gradcli.writing import arrays, decompositions, places
from gradcli.writing.algebra import Algebra
from gradcli.writing.formula import call_of, parameters_of
from gradcli.writing.numbers import HALF, Number, as_written, typed
from gradcli.writing.terms import ONE, UNIT, ZERO, Call, Expr, Scaled, Term

# Deriving for reading


_twins: dict[Entry, Entry] = {}


def _twin(entry: Entry) -> Entry:
    """The entry with its reading rule in the place of its computing rule."""
    found = _twins.get(entry)
    if found is None:
        found = _twins[entry] = copy(entry)
        if isinstance(found, Elementwise):
            found.partials = found.reads
        else:
            assert isinstance(found, Structural)
            found.transpose, found.definition = found.reads, None
    return found


def prepared(output: Node, wrt: Sequence[Node] = (), *, reverse: bool = False) -> Node:
    """An equal graph whose derivatives are those that textbooks print."""
    changed: dict[Node, Node] = {}
    targets = set(wrt)
    for node in topological((output,), targets.__contains__):
        primitive = node.primitive
        reads = getattr(primitive, "reads", None) is not None and (reverse or primitive.elementwise)
        if reads and node not in targets:
            primitive = _twin(primitive)  # type: ignore[assignment, arg-type]
        elif not any(each in changed for each in node.inputs) or node in targets:
            continue
        changed[node] = intern(primitive, tuple(changed.get(each, each) for each in node.inputs), node.params)
    return changed.get(output, output)


SEED = Input("1", (), role="seed", tracked=False)
"""The 1 that a derivative starts from. As it is no constant, no number is folded into it."""


def derivative(output: Node, variable: Node) -> Node | None:
    """The derivative for reading, as a graph, in the shape of `output`, then that of `variable`.

    Forward in a number, where a factor stays before its bracket; in reverse in an array.
    """
    reverse = variable.shape != ()
    (output,) = in_full((output,))
    whole = prepared(output, (variable,), reverse=reverse)
    if not reverse:
        return pushforward((whole,), (variable,), (SEED,))[0]
    if math.prod(whole.shape) == 1:
        (found,) = pullback(whole, expand(SEED, whole.shape), (variable,))
        return None if found is None else reshape(found, output.shape + variable.shape)
    if len(whole.shape) == 1 and is_elementwise(whole, variable):
        (found,) = pushforward((whole,), (variable,), (expand(SEED, variable.shape),))
        return None if found is None else multiply(found, constant(np.eye(variable.shape[0])))
    return _matrix(whole, variable)


def _matrix(output: Node, variable: Node) -> Node | None:
    """A Jacobian whose rows (or columns) are derived each on its own: less of each has to be written."""
    count = math.prod((variable if forwards(output, variable) else output).shape)
    if not math.prod(output.shape + variable.shape):
        return constant(np.zeros(output.shape + variable.shape))
    if forwards(output, variable):
        units = [unit(variable.shape, place) for place in range(count)]
        found = [pushforward((output,), (variable,), (each,))[0] for each in units]
    else:
        units = [unit(output.shape, place) for place in range(count)]
        found = [pullback(output, each, (variable,))[0] for each in units]
    parts = [each for each in found if each is not None]
    if len(parts) < count:
        return None
    whole = stack(parts, dim=-1 if forwards(output, variable) else 0)
    return reshape(whole, output.shape + variable.shape)


# Reading


class Unreadable(Exception):  # noqa: N818 (the caller says it in its own words)
    """The language has no words for an operation."""


class Reader:
    """Reads graphs into one algebra."""

    def __init__(self, algebra: Algebra | None = None, *, at_points: bool = False) -> None:
        self.algebra = algebra or Algebra()
        self.at_points = at_points
        """Whether what holds at single points is written, and not told as a convention."""
        self.known: dict[Node, Expr] = {SEED: UNIT}
        self.not_zero: dict[Term, None] = {}
        """What the graph divides by."""
        self.not_negative: dict[Term, None] = {}
        """What the graph takes a root or a logarithm of."""
        self.conventions: dict[tuple[Expr, Number], None] = {}
        """Conditions that hold at single points, and the number that the value is taken as there."""
        self._names: set[str] = set()

    def read(self, outputs: Sequence[Node]) -> list[Expr]:
        """The expressions of nodes; raises `Unreadable` or `TooLong`."""
        order = [each for each in topological(outputs, self.known.__contains__) if each not in self.known]
        self._names.update(each.name for each in order if isinstance(each, Input))
        inner = _inner(order, outputs)
        for node in order:
            if node in inner:
                continue
            kind = node.primitive.name
            if kind in _SUMS:
                self.known[node] = self._sum(node, inner)
            elif kind in _PRODUCTS:
                self.known[node] = self._product(node, inner)
            else:
                self.known[node] = self._one(node)
        return [self._in_shape(each, self.known[each]) for each in outputs]

    def _in_shape(self, node: Node, x: Expr) -> Expr:
        """An expression whose value has the shape of its node: what is only repeated is written here."""
        if x[1].shape == node.shape or node.boolean:
            return x
        return arrays.repeated(self.algebra, x, node.shape)

    def _one(self, node: Node) -> Expr:
        if isinstance(node, Constant):
            return self.constant(node)
        if isinstance(node, Input):
            return self.algebra.name(node.name, node.shape)
        rule = RULES.get(node.primitive.name)
        operands = [self.known[each] for each in node.inputs]
        if rule is not None:
            return rule(self, node, *operands)
        entry = node.primitive
        if isinstance(entry, Structural):
            return self._called(node, operands)
        if not isinstance(entry, Elementwise):
            return self.unreadable(node)
        if not entry.family:
            if entry.spelled is not None:
                return self.read((entry.spelled(*node.inputs),))[0]
            found = call_of(entry)
            if found is None and entry.written == entry.signature:
                return operands[0]  # itself where it is a number
            if found is None:
                return self.unreadable(node)
            name, places = found
            return self.algebra.call(name, [operands[each] for each in places], shape=node.shape)
        return self.function(node, operands)

    def _called(self, node: Node, operands: Sequence[Expr]) -> Expr:
        """A function of arrays, as it is called in the language."""
        if len(operands) == 1:
            part = decompositions.factor(self, node, operands[0])
            if part is not None:
                return part
        words, name = parameters_of(node), node.primitive.name
        own = TABLE.get(name)
        if words is None or own is None or node.primitive not in (own, _twins.get(own)):
            return self.unreadable(node)
        whole = [self._in_shape(each, x) for each, x in zip(node.inputs, operands, strict=True)]
        return self.algebra.call(name, whole, words, node.shape)

    def function(self, node: Node, operands: Sequence[Expr]) -> Expr:
        """An elementwise function, with the sign before it where that is the shorter way to say it."""
        name = node.primitive.name
        if len(operands) == 1:
            number, term = operands[0]
            if term is ONE and (name, number) in _EXACT:
                return _EXACT[name, number], ONE
            if number < 0 and name in _EVEN | _ODD:
                turned = self.algebra.call(name, ((-number, term),), shape=term.shape)
                return turned if name in _EVEN else (-1, turned[1])
        shape = _shape(operands)
        return self.algebra.call(name, operands, shape=shape)

    def constant(self, node: Constant) -> Expr:
        """A number or an array that is written down."""
        if node.shape:
            return arrays.constant_array(self.algebra, node) or self.unreadable(node)
        if node.boolean:
            return self.algebra.call(str(bool(node.value)))
        return self.number(float(node.value))

    def unreadable(self, node: Node) -> Expr:
        """Says that the language has no words for a node."""
        raise Unreadable(node.primitive.name)

    def number(self, value: float) -> Expr:
        """A double as the number that somebody wrote; as pi, e or a logarithm where it is one."""
        if value == 0:
            return ZERO
        if not math.isfinite(value):
            sign = -1 if value < 0 else 1
            return sign, self.algebra.call("nan" if math.isnan(value) else "inf")[1]
        exact = typed(value)
        if exact is not None:
            return exact, ONE
        sign, size = (-1, -value) if value < 0 else (1, value)
        named = self._named(size)
        return (
            (sign, self.algebra.literal(as_written(size)))
            if named is None
            else (self.algebra.multiply((sign, ONE), named))
        )

    def _named(self, size: float) -> Expr | None:
        """A constant by its name."""
        found = _CONSTANTS.get(size)
        if found is None or found[0] in self._names:
            return None
        name, number, exponent = found
        if name in ("2", "10"):
            return self.algebra.call("log", ((int(name), ONE),))
        root = self.algebra.power(self.algebra.name(name, constant=True), exponent)
        return self.algebra.multiply((number, ONE), root)

    # Sums and products, each as a whole, however many operations it was built of

    def _sum(self, node: Node, inner: set[Node]) -> Expr:
        operands: list[Expr] = []
        stack = [(1, node)]
        while stack:
            sign, each = stack.pop()
            if each is not node and each not in inner:
                number, term = self.known[each]
                operands.append((sign * number, term))
            elif each.primitive.name == "negative":
                stack.append((-sign, each.inputs[0]))
            else:
                second = -sign if each.primitive.name == "subtract" else sign
                stack += [(second, each.inputs[1]), (sign, each.inputs[0])]
        return self.algebra.add(*(arrays.added(self.algebra, operands) if node.shape else operands))

    def _product(self, node: Node, inner: set[Node]) -> Expr:
        operands: list[Expr] = []
        stack = [(True, node)]
        while stack:
            above, each = stack.pop()
            if each is not node and each not in inner:
                found = self.known[each]
                operands.append(found if above else self.inverse(found))
                continue
            kind = each.primitive.name
            if kind == "negative":
                operands.append((-1, ONE))
                stack.append((above, each.inputs[0]))
            elif kind == "strong_product":
                operands.append(self._chosen(*(self.known[below] for below in each.inputs[:2])))
            else:
                second = above if kind == "multiply" else not above
                stack += [(second, each.inputs[1]), (above, each.inputs[0])]
        if self.algebra.call("log", (ZERO,)) in operands:
            exponents = [each for x in operands for each in _exponents_of_zero(x)]
            if exponents:  # the derivative of 0**x, where that has one
                self.not_negative.update(dict.fromkeys(exponents))
                return ZERO
        whole = self.algebra.multiply(*operands)
        return arrays.joined(self.algebra, whole) if node.shape else whole

    def _chosen(self, left: Expr, right: Expr) -> Expr:
        """A product in which what is not chosen counts as 0, whatever it is multiplied by."""
        for (number, term), other in ((left, right), (right, left)):
            if _may_be_nothing(term) and not _may_be_nothing(other[1]):
                condition, *sides = term.arguments
                return self.algebra.where(
                    condition, *(self.algebra.multiply((number, ONE), each, other) for each in sides)
                )
        return self.algebra.multiply(left, right)

    def inverse(self, below: Expr) -> Expr:
        """1 divided by an expression, which must not be 0."""
        self.not_zero.update(dict.fromkeys(below[1].factors))
        return self.algebra.power(below, -1)

    def power(self, base: Expr, exponent: Number) -> Expr:
        """A power whose exponent is a number."""
        if exponent < 0:
            self.not_zero.update(dict.fromkeys(base[1].factors))
        if type(exponent) is not int:
            self.not_negative[base[1]] = None
        return self.algebra.power(base, exponent)


def _may_be_nothing(term: Term) -> TypeGuard[Call]:
    """Whether a term is a choice between something and 0."""
    return isinstance(term, Call) and term.name == "where" and ZERO in term.arguments[1:]


def _exponents_of_zero(x: Expr) -> list[Term]:
    """What 0 is raised to in an expression, where that varies."""
    return [
        exponent[1]
        for base, exponent in x[1].factors.items()
        if isinstance(base, Scaled) and base.number == 0 and isinstance(exponent, tuple)
    ]


_SUMS = frozenset(("add", "subtract"))
_PRODUCTS = frozenset(("multiply", "divide", "negative", "strong_product"))
_JOINED = (_SUMS | _PRODUCTS) - {"strong_product"}


def _inner(order: Sequence[Node], outputs: Iterable[Node]) -> set[Node]:
    """The sums that are a part of one larger sum only, and such products; their users read them."""
    users: dict[Node, Node | None] = dict.fromkeys(outputs)
    for node in order:
        for each in node.inputs:
            users[each] = None if each in users else node
    found: dict[Node, frozenset[str]] = {}
    for node in reversed(order):
        user, kind = users.get(node), node.primitive.name
        if user is None or kind == "strong_product" or user.primitive.name not in _JOINED:
            continue
        above = found.get(user) if user.primitive.name == "negative" else None
        group = above or (_SUMS if user.primitive.name in _SUMS else _PRODUCTS)
        if kind in group or kind == "negative":
            found[node] = group
    return set(found)


def _shape(operands: Iterable[Expr]) -> tuple[int, ...]:
    shape: tuple[int, ...] = ()
    for _, term in operands:
        if term.shape and term.shape != shape:
            shape = broadcast_shape((shape, term.shape))
    return shape


_EXACT: dict[tuple[str, Number], Number] = {
    ("exp", 0): 1,
    ("log", 1): 0,
    ("sin", 0): 0,
    ("cos", 0): 1,
    ("tan", 0): 0,
    ("sinh", 0): 0,
    ("cosh", 0): 1,
    ("tanh", 0): 0,
}
_ODD = frozenset(("sin", "tan", "csc", "cot", "sinh", "tanh", "csch", "coth", "asin", "atan", "asinh"))
_ODD |= {"atanh", "erf", "cbrt", "sign"}
_EVEN = frozenset(("cos", "sec", "cosh", "sech", "abs", "sinc", "gauss"))
_CONSTANTS: dict[float, tuple[str, Number, Number]] = {
    math.pi: ("pi", 1, 1),
    math.e: ("e", 1, 1),
    math.tau: ("pi", 2, 1),
    math.pi / 2: ("pi", HALF, 1),
    math.log(2): ("2", 1, 1),
    math.log(10): ("10", 1, 1),
    2 / math.sqrt(math.pi): ("pi", 2, -HALF),
    math.pi / 180: ("pi", Fraction(1, 180), 1),
    180 / math.pi: ("pi", 180, -1),
}

Rule = Callable[..., Expr]


def _same(reader: Reader, node: Node, x: Expr, *_: Expr) -> Expr:
    return x


def _square(reader: Reader, node: Node, x: Expr) -> Expr:
    return reader.power(x, 2)


def _power(reader: Reader, node: Node, x: Expr, n: Expr) -> Expr:
    if n[1] is ONE:
        return reader.power(x, n[0])
    if x[1] is not ONE:
        reader.not_negative[x[1]] = None
    return reader.algebra.symbolic_power(x, n)


def _lowered(reader: Reader, node: Node, x: Expr, n: Expr, k: Expr) -> Expr:
    return _power(reader, node, x, reader.algebra.add(n, (-k[0], k[1])))


def _logarithm(reader: Reader, node: Node, x: Expr) -> Expr:
    reader.not_negative[x[1]] = None
    if x[0] == 1 and x[1] is reader.algebra.name("e", constant=True)[1]:
        return UNIT
    return reader.function(node, [x])


def _where(reader: Reader, node: Node, condition: Expr, yes: Expr, no: Expr) -> Expr:
    if _is_at_points(condition[1]) and not reader.at_points:
        if yes[1] is ONE:
            reader.conventions[condition, yes[0]] = None
            return no
        if isinstance(yes[1], Call) and yes[1].name == "nan":
            return no
    return reader.algebra.where(condition, yes, no)


def _is_at_points(condition: Term) -> bool:
    """Whether a condition holds at single points only."""
    if not isinstance(condition, Call):
        return False
    if condition.name == "and":
        return any(_is_at_points(each) for _, each in condition.arguments)
    return condition.name == "=="


def _masked(reader: Reader, node: Node, x: Expr, condition: Expr) -> Expr:
    if arrays.is_call(condition, "eye"):
        if places.spread_at(node.inputs[0]) == 0:
            x = places.spread_vector(reader.algebra, x)
        return reader.algebra.multiply(x, condition)
    offset = places.spread_at(node.inputs[0])
    if offset and places.is_mask_of(node, offset):
        return places.on_diagonal(reader, node.inputs[0], x, offset)
    part = decompositions.triangle(reader.algebra, node.inputs[1], x, node.shape)
    if part is not None:
        return part
    return reader.algebra.where(condition, x, ZERO)


def _not(reader: Reader, node: Node, condition: Expr) -> Expr:
    return reader.algebra.negated(condition)


def _infix(symbol: str) -> Rule:
    def rule(reader: Reader, node: Node, *operands: Expr) -> Expr:
        return reader.algebra.call(symbol, operands, shape=_shape(operands), atom=False)

    return rule


def _or(reader: Reader, node: Node, left: Expr, right: Expr) -> Expr:
    """Either condition; two values that are nan count as equal where that says so, which is not written."""
    if arrays.is_call(left, "==") and arrays.is_call(right, "and"):
        assert isinstance(left[1], Call)
        assert isinstance(right[1], Call)
        both = [reader.algebra.call("isnan", (each,), shape=each[1].shape) for each in left[1].arguments]
        if list(right[1].arguments) == both:
            return left
    return _infix("or")(reader, node, left, right)


def _comparison(symbol: str, mirrored: str) -> Rule:
    """A comparison, with a number on its right side."""

    def rule(reader: Reader, node: Node, left: Expr, right: Expr) -> Expr:
        if left[1] is ONE and right[1] is not ONE:
            return reader.algebra.call(mirrored, (right, left), shape=right[1].shape, atom=False)
        return reader.algebra.call(symbol, (left, right), shape=_shape((left, right)), atom=False)

    return rule


def _minus_square(reader: Reader, node: Node, x: Expr) -> Expr:
    number, term = reader.algebra.power(x, 2)
    return reader.algebra.add(UNIT, (-number, term))


def _plus_square(reader: Reader, x: Expr) -> Expr:
    return reader.algebra.add(UNIT, reader.algebra.power(x, 2))


def _root_less_one(reader: Reader, node: Node, x: Expr) -> Expr:
    roots = [reader.power(reader.algebra.add(x, (sign, ONE)), HALF) for sign in (-1, 1)]
    return reader.algebra.multiply(*roots)


def _signed(name: str) -> Rule:
    def rule(reader: Reader, node: Node, x: Expr, n: Expr) -> Expr:
        size = reader.algebra.call("abs", (x,), shape=x[1].shape)
        power = reader.algebra.symbolic_power(size, n)
        if name == "absolute_power":
            return power
        return reader.algebra.multiply(reader.algebra.call("sign", (x,), shape=x[1].shape), power)

    return rule


def _renamed(name: str) -> Rule:
    return lambda reader, node, *operands: reader.algebra.call(name, operands, shape=_shape(operands))


RULES: dict[str, Rule] = {
    **arrays.RULES,
    **decompositions.RULES,
    **places.RULES,
    **dict.fromkeys(("expand", "alias", "clone", "tied", "detach"), _same),
    "square": _square,
    "power": _power,
    "lowered_power": _lowered,
    "reciprocal": lambda reader, node, x: reader.inverse(x),
    "sqrt": lambda reader, node, x: reader.power(x, HALF),
    "rsqrt": lambda reader, node, x: reader.power(x, -HALF),
    "log": _logarithm,
    "where": _where,
    "masked": _masked,
    "truth_as_number": lambda reader, node, x: reader.algebra.where(x, UNIT, ZERO),
    "not": _not,
    "logical_not": _not,
    "less": _comparison("<", ">"),
    "less_equal": _comparison("<=", ">="),
    "greater": _comparison(">", "<"),
    "greater_equal": _comparison(">=", "<="),
    "equal": _comparison("==", "=="),
    "not_equal": _comparison("!=", "!="),
    "not_less": _comparison(">=", "<="),
    "logical_and": _infix("and"),
    "logical_or": _or,
    "remainder": _infix("%"),
    "floor_divide": _infix("//"),
    "bell": lambda reader, node, x: reader.algebra.power(_plus_square(reader, x), -1),
    "odd_bell": lambda reader, node, x: reader.algebra.multiply(x, reader.inverse(_plus_square(reader, x))),
    "one_minus_square": _minus_square,
    "root_of_square_less_one": _root_less_one,
    "root_ratio": lambda reader, node, x: reader.algebra.multiply(
        x, reader.inverse(_root_less_one(reader, node, x))
    ),
    "reciprocal_or_zero": lambda reader, node, x: reader.inverse(x),
    "leg": lambda reader, node, x, y, h: reader.algebra.multiply(x, reader.inverse(h)),
    "signed_power": _signed("signed_power"),
    "absolute_power": _signed("absolute_power"),
    "round_half_even": _renamed("round"),
    "clamp_both": _renamed("clamp"),
}
"""What operations say that are not just a function of their name."""
