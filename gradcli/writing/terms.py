"""The terms of formulas for reading: what an expression is made of, and how long its text is.

An expression is a number and a term, `(-2, x*cos(x))`. A term is a name, a call, a literal too long to
calculate with, a product of powers, or a sum. Each exists once in its `Algebra`, so that equal ones are
the same object, and knows how long its text is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

from gradcli.arrays import Shape
from gradcli.engine.shapes import broadcast_shape
from gradcli.writing.numbers import HALF, Number, halves, plus, size, times, to_power


class Term:
    """A part of a formula that exists once. Compare with `is`.

    `factors` is the term as a product, `length` about the characters of its text, `degree` that of a
    polynomial in its names, `positive` whether it can be neither negative nor 0.
    """

    __slots__ = ("above", "below", "degree", "explosive", "factors", "length", "positive", "shape")

    factors: Mapping[Term, Exponent]
    length: int
    above: tuple[int, int]
    """The characters above the line, and the number of factors there."""
    below: tuple[int, int]
    degree: float
    explosive: bool
    """Whether an exponential is in it, which may overflow."""
    positive: bool
    shape: Shape

    def __init__(self, length: int, shape: Shape = (), *, atom: bool = True, positive: bool = False) -> None:
        self.factors = {self: 1}
        self.length = length
        self.above = (length if atom else length + 2, 1)
        self.below = (0, 0)
        self.degree = 0
        self.explosive = False
        self.positive = positive
        self.shape = shape


Expr: TypeAlias = tuple[Number, Term]
Exponent: TypeAlias = "int | Fraction | Decimal | Expr"


class Name(Term):
    """A variable or a constant."""

    __slots__ = ("constant", "name")

    def __init__(self, name: str, shape: Shape, constant: bool) -> None:
        super().__init__(len(name), shape, positive=constant)
        self.name = name
        self.constant = constant
        self.degree = 0 if constant else 1


class Literal(Term):
    """A positive number as an atom: the base of a power, or too long to calculate with."""

    __slots__ = ("value",)

    def __init__(self, value: Number) -> None:
        above, below = halves(value)
        super().__init__(len(above or "1") + (len(below) + 1 if below else 0), atom=not below, positive=True)
        self.value = value


class Call(Term):
    """A function, an operator other than `+ * / **`, or an index: how it is written is `name`'s matter.

    `words` are what is not an expression: parameters of an operation on arrays.
    """

    __slots__ = ("arguments", "name", "words")

    def __init__(
        self, name: str, arguments: tuple[Expr, ...], words: tuple[str, ...], shape: Shape, *, atom: bool
    ) -> None:
        length = len(name) + sum(length_of(c, t) + 2 for c, t in arguments) + sum(len(w) + 2 for w in words)
        super().__init__(length, shape, atom=atom, positive=name in _POSITIVE)
        self.name = name
        self.arguments = arguments
        self.words = words
        self.explosive = name in _EXPLOSIVE or any(t.explosive for _, t in arguments)
        if name in _MULTIPLIES:
            self.degree = sum(t.degree for _, t in arguments)


_MULTIPLIES = frozenset(("@", "outer", ".T", "[]", "sum", "column", "row"))
_POSITIVE = frozenset(("exp", "exp2", "cosh", "sech", "sigmoid", "softplus", "gauss", "softmax", "numel"))
_EXPLOSIVE = frozenset(("exp", "exp2", "expm1", "sinh", "cosh"))


class Product(Term):
    """Powers of bases, of which there are two at least, or one that is not to the first power."""

    __slots__ = ()

    def __init__(self, factors: Mapping[Term, Exponent]) -> None:
        above = below = above_count = below_count = 0
        degree: float = 0
        shape: Shape = ()
        explosive, positive = False, True
        for base, exponent in factors.items():
            if type(exponent) is int and exponent == 1:
                above += base.above[0] if base.above[1] == 1 and not base.below[1] else base.length + 2
                above_count += 1
                degree += base.degree
                positive = positive and base.positive
            else:
                size, up = _power_length(base, exponent)
                if up:
                    above += size
                    above_count += 1
                else:
                    below += size
                    below_count += 1
                if not isinstance(exponent, tuple):
                    degree += base.degree * float(exponent)
                    even = type(exponent) is int and exponent < 0 and exponent % 2 == 0
                    positive = positive and (base.positive or even)
            if base.shape and base.shape != shape:
                shape = broadcast_shape((shape, base.shape))
            explosive = explosive or base.explosive
        super().__init__(0, shape, positive=positive)
        self.factors = factors
        self.above = (above + max(above_count - 1, 0), above_count)
        self.below = (below + max(below_count - 1, 0), below_count)
        self.degree = degree
        self.explosive = explosive
        self.length = length_of(1, self) if factors else 1


class Sum(Term):
    """Terms, each with its number, of which there are two at least."""

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Term, Number]) -> None:
        length = 3 * len(terms) - 3
        shape: Shape = ()
        for term, number in terms.items():
            length += length_of(number, term) - (1 if number < 0 else 0)
            if term.shape and term.shape != shape:
                shape = broadcast_shape((shape, term.shape))
        super().__init__(length, shape, atom=False)
        self.terms = terms
        self.degree = max(each.degree for each in terms)
        self.explosive = any(each.explosive for each in terms)
        self.positive = all(
            number > 0 and (each.positive or is_square(each)) for each, number in terms.items()
        ) and any(each.positive for each in terms)
        self.positive = self.positive or _root_is_greater(terms) or _is_less_than_one(terms)


def _root_is_greater(terms: Mapping[Term, Number]) -> bool:
    """Whether a sum is a root and less than that: `sqrt(x**2 + 1) + x`."""
    if len(terms) != 2:
        return False
    for root, other in (tuple(terms), tuple(terms)[::-1]):
        base, exponent = next(iter(root.factors.items()), (ONE, 0))
        if len(root.factors) != 1 or exponent != HALF or not isinstance(base, Sum) or terms[root] <= 0:
            continue
        left = dict(base.terms)
        square = next(
            (
                each
                for each in left
                if each.factors == {inner: times(power, 2) for inner, power in other.factors.items()}  # type: ignore[arg-type]
            ),
            None,
        )
        if square is not None:
            left[square] = plus(times(left[square], to_power(terms[root], 2)), -to_power(terms[other], 2))
            return all(n >= 0 and (t.positive or is_square(t)) for t, n in left.items()) and any(
                n > 0 and t.positive for t, n in left.items()
            )
    return False


def _is_less_than_one(terms: Mapping[Term, Number]) -> bool:
    """Whether a sum is 1 without what is less than that: `1 - sigmoid(x)`, `1 - tanh(x)**2`."""
    if len(terms) != 2 or ONE not in terms or terms[ONE] <= 0:
        return False
    (other,) = (each for each in terms if each is not ONE)
    base, exponent = next(iter(other.factors.items()))
    limit = {"sigmoid": 1, "tanh": 2, "erf": 2}.get(base.name) if isinstance(base, Call) else None
    return len(other.factors) == 1 and exponent == limit and terms[other] == -terms[ONE]


class Scaled(Term):
    """A number times a term, as the base of a root: `4*x` in `sqrt(4*x)`."""

    __slots__ = ("number", "term")

    def __init__(self, number: Number, term: Term) -> None:
        super().__init__(length_of(number, term), term.shape, atom=False)
        self.number = number
        self.term = term
        self.degree = term.degree
        self.explosive = term.explosive
        self.positive = number > 0 and term.positive


def is_square(term: Term) -> bool:
    """Whether a term is never negative, as its powers are even."""
    return all(
        base.positive or (type(exponent) is int and exponent % 2 == 0)
        for base, exponent in term.factors.items()
    )


def _power_length(base: Term, exponent: Exponent) -> tuple[int, bool]:
    """The characters of a power, and whether it stands above the line."""
    plain = base.above[0] if base.above[1] == 1 and not base.below[1] else base.length + 2
    if isinstance(exponent, tuple):
        return plain + 4 + length_of(*exponent), True
    number = size(exponent)
    if number == 1:
        return plain, exponent > 0
    if number == HALF and not isinstance(number, Decimal):
        return 6 + base.length, exponent > 0
    above, below = halves(number)
    return plain + 2 + len(above or "1") + (len(below) + 3 if below else 0), exponent > 0


def length_of(number: Number, term: Term) -> int:
    """About how many characters an expression has."""
    if term is ONE:
        above, below = halves(number)
        return (number < 0) + len(above or "1") + (len(below) + 1 if below else 0)
    if isinstance(term, Sum) and (number == 1 or number == -1):
        return term.length
    length, count = term.above
    down, below_count = term.below
    if number != 1:
        over_line, under_line = halves(number)
        if over_line:
            length += len(over_line) + (count > 0)
            count += 1
        if under_line:
            down += len(under_line) + (below_count > 0)
            below_count += 1
        length += number < 0
    if not below_count:
        return length if length else 1
    return (length or 1) + (number < 0 and not count) + 1 + down + (2 if below_count > 1 else 0)


def parts(term: Term) -> Iterable[Term]:
    """The terms that stand in a term."""
    if isinstance(term, Call):
        return [each for _, each in term.arguments]
    if isinstance(term, Sum):
        return list(term.terms)
    if isinstance(term, Scaled):
        return [term.term]
    if isinstance(term, Product):
        return [*term.factors, *(each[1] for each in term.factors.values() if isinstance(each, tuple))]
    return ()


def below(terms: Iterable[Term], within: Callable[[Term], Iterable[Term]] = parts) -> list[Term]:
    """Every term in `terms`, what stands in a term before it; without recursion."""
    order: list[Term] = []
    done: set[Term] = set()
    stack = [(each, False) for each in terms]
    while stack:
        term, ready = stack.pop()
        if ready:
            order.append(term)
        elif term not in done:
            done.add(term)
            stack.append((term, True))
            stack += [(each, False) for each in within(term) if each not in done]
    return order


ONE = Product({})
ZERO: Expr = (0, ONE)
UNIT: Expr = (1, ONE)
