"""An algebra for reading: what a formula says, in a normal form, with no thought of how it is computed.

An expression is a number and a term, `(-2, x*cos(x))`. A term is a name, a call, a literal too long to
calculate with, a product of powers, or a sum. Each exists once in its `Algebra`, so that equal ones are
the same object, and knows how long its text is: of several ways to write a sum, the shortest is taken.

This is no algebra system. Products and sums are put together exactly; of every sum four forms are
compared; and there is a bound on all work, beyond which `TooLong` says to leave the formula as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

from gradcli.arrays import Shape
from gradcli.engine.shapes import broadcast_shape
from gradcli.writing.numbers import (
    HALF,
    Number,
    content,
    halves,
    is_short,
    over,
    plus,
    size,
    times,
    to_power,
)

MOST_WORK = 300_000
"""So many factors are looked at for one formula: a second at most."""

_MOST_TERMS = 40
"""Sums of more terms stay as they are."""

_MOST_EXPANDED = 24
"""Products of sums are multiplied out into so many terms at most."""


class TooLong(Exception):  # noqa: N818 (it is no error: the formula stays as it stands)
    """Simplification has taken as much work as it may."""


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


ONE = Product({})
ZERO: Expr = (0, ONE)
UNIT: Expr = (1, ONE)


class Algebra:
    """The terms of one formula, and the rules by which they are put together."""

    def __init__(self) -> None:
        self.terms: dict[Any, Term] = {}
        self.work = 0

    # Terms, each once

    def name(self, name: str, shape: Shape = (), *, constant: bool = False) -> Expr:
        """A variable or a constant."""
        key = (Name, name, constant)
        found = self.terms.get(key)
        if found is None:
            found = self.terms[key] = Name(name, shape, constant)
        return 1, found

    def literal(self, value: Number) -> Term:
        """A positive number as an atom."""
        key = (Literal, value)
        found = self.terms.get(key)
        if found is None:
            found = self.terms[key] = Literal(value)
        return found

    def call(
        self,
        name: str,
        arguments: Iterable[Expr] = (),
        words: tuple[str, ...] = (),
        shape: Shape = (),
        *,
        atom: bool = True,
    ) -> Expr:
        """A function or an operator of expressions."""
        given = tuple(arguments)
        self.work += 1
        key = (Call, name, given, words, shape)
        found = self.terms.get(key)
        if found is None:
            found = self.terms[key] = Call(name, given, words, shape, atom=atom)
        return 1, found

    def product(self, factors: dict[Term, Exponent]) -> Term:
        """The product of powers, none of which is 0."""
        count = len(factors)
        if count == 0:
            return ONE
        if count == 1:
            ((base, exponent),) = factors.items()
            if type(exponent) is int and exponent == 1:
                return base
        self.work += count
        if self.work > MOST_WORK:
            raise TooLong
        key = frozenset(factors.items())
        found = self.terms.get(key)
        if found is None:
            found = self.terms[key] = Product(factors)
        return found

    def sum(self, terms: dict[Term, Number]) -> Expr:
        """A sum as it stands; its negative, where that has been seen before."""
        if not terms:
            return ZERO
        if len(terms) == 1:
            ((term, number),) = terms.items()
            return number, term
        self.work += len(terms)
        if self.work > MOST_WORK:
            raise TooLong
        key = (Sum, frozenset(terms.items()))
        found = self.terms.get(key)
        if found is not None:
            return 1, found
        turned = {term: -number for term, number in terms.items()}
        found = self.terms.get((Sum, frozenset(turned.items())))
        if found is not None:
            return -1, found
        if all(number < 0 for number in terms.values()):
            found = self.terms[Sum, frozenset(turned.items())] = Sum(turned)
            return -1, found
        found = self.terms[key] = Sum(terms)
        return 1, found

    def scaled(self, number: Number, term: Term) -> Term:
        """An expression as the base of a root."""
        if number == 1:
            return term
        if term is ONE and number > 0:
            return self.literal(number)
        key = (Scaled, number, term)
        found = self.terms.get(key)
        if found is None:
            found = self.terms[key] = Scaled(number, term)
        return found

    # Products and powers

    def multiply(self, *operands: Expr) -> Expr:
        """The product of expressions: numbers together, and powers of one base together."""
        number: Number = 1
        factors: dict[Term, Exponent] | None = None
        only: Term = ONE
        for each, term in operands:
            if each != 1:
                product = times(number, each)
                if product == 0:
                    return ZERO
                if number == 1 or number == -1 or each == -1 or _reads_well(product, number, each):
                    number = product
                else:
                    factors = dict(only.factors) if factors is None else factors
                    kept, apart = (each, number) if isinstance(number, Decimal) else (number, each)
                    number = self._keep_apart(factors, kept, apart)
            if term is ONE:
                continue
            if only is ONE and factors is None:
                only = term
                continue
            if factors is None:
                factors = dict(only.factors)
            number = times(number, self._take_in(factors, term.factors))
        if factors is None:
            return self._spread(number, only)
        roots = [base for base in factors if isinstance(base, Product | Scaled)]
        for base in roots:
            number = times(number, self._out_of_root(factors, base))
        return number, self.product(factors)

    def _spread(self, number: Number, term: Term) -> Expr:
        """A number times a sum: `x + 1/2` for `(2*x + 1)/2`."""
        if number == 1 or number == -1 or not isinstance(term, Sum) or len(term.terms) > _MOST_TERMS:
            return number, term
        spread = {each: times(number, inner) for each, inner in term.terms.items()}
        if not all(map(is_short, spread.values())):
            return number, term
        form = self.sum(spread)
        return form if length_of(*form) < length_of(number, term) else (number, term)

    def _out_of_root(self, factors: dict[Term, Exponent], base: Term) -> Number:
        """Cancels `x*y` over `sqrt(x*y)`, which leaves the root; gives the number that comes out of it."""
        exponent = factors[base]
        if isinstance(exponent, tuple) or not -1 < exponent < 0:
            return 1
        number, inner = (base.number, base.term) if isinstance(base, Scaled) else (1, base)
        for each, inside in inner.factors.items():
            outside = factors.get(each, 0)
            if isinstance(inside, tuple) or isinstance(outside, tuple):
                return 1
            if not (inside <= outside if inside > 0 else outside <= inside):
                return 1
        factors[base] = plus(exponent, 1)
        less = {each: -inside for each, inside in inner.factors.items() if not isinstance(inside, tuple)}
        return times(over(1, number), self._take_in(factors, less))

    def _keep_apart(self, factors: dict[Term, Exponent], number: Number, other: Number) -> Number:
        """Two numbers whose product is too long to read: the second becomes factors."""
        whole = size(other)
        parts: tuple[tuple[Number, int], ...] = ((whole, 1),)
        if isinstance(whole, Fraction):
            parts = ((whole.numerator, 1), (whole.denominator, -1))
        for part, exponent in parts:
            base = self.literal(part)
            together = self._exponents(factors.pop(base, 0), exponent)
            if together != 0 and part != 1:
                factors[base] = together
        return -number if other < 0 else number

    def _take_in(self, factors: dict[Term, Exponent], more: Mapping[Term, Exponent]) -> Number:
        """Multiplies powers into others, and gives the number that comes out of it."""
        number: Number = 1
        self.work += len(more)
        for base, exponent in more.items():
            before = factors.pop(base, None)
            if before is None:
                factors[base] = exponent
                continue
            together = self._exponents(before, exponent)
            if type(together) is int:
                if together == 0:
                    continue
                opened = self._opened(base, together, before)
                if opened is not None:
                    number = times(number, opened[0])
                    number = times(number, self._take_in(factors, opened[1].factors))
                    continue
            factors[base] = together
        return number

    def _opened(self, base: Term, exponent: int, before: Exponent) -> Expr | None:
        """A whole power of what was kept together under a root; `None` for any other base."""
        if isinstance(base, Name | Sum):
            return None
        if isinstance(base, Call):
            if base.name != "hypot" or exponent % 2:
                return None
            return self.power(self._square_of_hypot(base), exponent // 2)
        if isinstance(base, Literal):
            if type(before) is int or abs(exponent) > 9:
                return None
            value = to_power(base.value, exponent)
            return (value, ONE) if is_short(value) else None
        if isinstance(base, Scaled):
            return self.power((base.number, base.term), exponent)
        return self.power((1, base), exponent)

    def _square_of_hypot(self, hypot: Call) -> Expr:
        return self.add(*(self.power(each, 2) for each in hypot.arguments))

    def _exponents(self, a: Exponent, b: Exponent) -> Exponent:
        if isinstance(a, tuple) or isinstance(b, tuple):
            number, term = self.add(
                a if isinstance(a, tuple) else (a, ONE), b if isinstance(b, tuple) else (b, ONE)
            )
            return number if term is ONE else (number, term)
        return plus(a, b)

    def power(self, base: Expr, exponent: Number) -> Expr:
        """An expression to the power of a number."""
        number, term = base
        if exponent == 1:
            return base
        if exponent == 0 or base == UNIT:
            return UNIT
        if number == 0:
            return ZERO if exponent > 0 else self.call("/", (UNIT, ZERO), atom=False)
        if type(exponent) is not int:
            return self._root(base, exponent)
        if term is ONE or number == 1 or number == -1:
            raised = to_power(number, exponent) if abs(exponent) < 400 else None
            if raised is None or not _reads_well(raised, number, 1):
                sign = -1 if number < 0 and exponent % 2 else 1
                return sign, self.product({self.literal(size(number)): exponent})
        else:
            raised = to_power(number, exponent) if abs(exponent) < 40 else None
            if raised is None or not is_short(raised):
                return 1, self.product({self.scaled(number, term): exponent})
        factors: dict[Term, Exponent] = {}
        for each, before in term.factors.items():
            if isinstance(before, tuple):
                if exponent != -1:
                    self._take_in(factors, {self.product({each: before}): exponent})
                else:
                    self._take_in(factors, {each: (-before[0], before[1])})
                continue
            more = times(before, exponent)
            opened = self._opened(each, more, before) if type(more) is int else None
            if opened is None:
                raised = times(raised, self._take_in(factors, {each: more}))
            else:
                raised = times(times(raised, opened[0]), self._take_in(factors, opened[1].factors))
        return raised, self.product(factors)

    def _root(self, base: Expr, exponent: Number) -> Expr:
        """A power that is not whole, which does not go through products."""
        number, term = base
        if term is ONE and number > 0 and isinstance(exponent, Fraction):
            exact = _exact_root(number, exponent)
            if exact is not None:
                return exact, ONE
        if number == 1 and len(term.factors) == 1:
            ((inner, before),) = term.factors.items()
            if type(before) is int and before == 1:
                return 1, self.product({inner: exponent})
        return 1, self.product({self.scaled(number, term): exponent})

    def symbolic_power(self, base: Expr, exponent: Expr) -> Expr:
        """An expression to the power of another."""
        if exponent[1] is ONE:
            return self.power(base, exponent[0])
        number, term = base
        if base == UNIT:
            return UNIT
        if number == 1 and len(term.factors) == 1:
            ((inner, before),) = term.factors.items()
            if type(before) is int and before == 1:
                return 1, self.product({inner: exponent})
        return 1, self.product({self.scaled(number, term): exponent})

    def divide(self, above: Expr, below: Expr) -> Expr:
        """A quotient."""
        return self.multiply(above, self.power(below, -1))

    # Sums

    def add(self, *operands: Expr) -> Expr:
        """The sum of expressions, in the shortest of its forms."""
        whole: dict[Term, Number] = {}
        for number, term in operands:
            if number != 0:
                self._add_in_one(whole, number, term)
        if len(whole) == 1:
            return self.sum(whole)
        terms: dict[Term, Number] = {}
        for term, number in whole.items():
            self._add_in(terms, number, term)
        return self.simplest(terms)

    def _add_in(self, terms: dict[Term, Number], number: Number, term: Term) -> None:
        """Adds a number times a term to others; a sum, as its terms."""
        if number == 0:
            return
        if isinstance(term, Sum) and (number == 1 or number == -1):
            for inner, each in term.terms.items():
                self._add_in_one(terms, each if number == 1 else -each, inner)
            return
        self._add_in_one(terms, number, term)

    def _add_in_one(self, terms: dict[Term, Number], number: Number, term: Term) -> None:
        before = terms.get(term)
        if before is None:
            self.work += 1
            terms[term] = number
            return
        after = plus(before, number)
        if after == 0:
            del terms[term]
        else:
            terms[term] = after

    def simplest(self, terms: dict[Term, Number]) -> Expr:
        """The shortest of the forms of a sum."""
        self._join_choices(terms)
        best = self.sum(terms)
        if len(terms) < 2 or len(terms) > _MOST_TERMS:
            return best
        least = _cost(*best)
        for form in self._forms(terms):
            cost = _cost(*form)
            if cost < least:
                best, least = form, cost
        return best

    def _forms(self, terms: dict[Term, Number]) -> Iterable[Expr]:
        """A sum with common factors out; over one denominator; and each of these multiplied out."""
        common, whole = self._common(terms)
        if common or content(terms.values(), below=False) != 1:
            yield self._taken_out(terms, common, below=False)
        fractions = any(isinstance(each, Fraction) for each in terms.values())
        numerator = terms
        overflows = any(each.explosive and not isinstance(e, tuple) and e < 0 for each, e in whole.items())
        if (fractions or whole != common) and not overflows:
            yield self._taken_out(terms, whole, below=True)
            numerator, _ = self._left(terms, whole, below=True)
        expanded = self._expanded(numerator)
        if expanded is not None:
            inner = self._factored(expanded)
            if numerator is terms:
                yield inner
            else:
                divisor = content(terms.values(), below=True)
                yield self.multiply((divisor, self.product(dict(whole))), inner)

    def _factored(self, terms: dict[Term, Number]) -> Expr:
        """A sum with its common factors out, where that is shorter."""
        plain = self.sum(terms)
        if len(terms) < 2:
            return plain
        taken = self._taken_out(terms, self._common(terms)[0], below=False)
        return taken if length_of(*taken) < length_of(*plain) else plain

    def _common(self, terms: Iterable[Term]) -> tuple[dict[Term, Exponent], dict[Term, Exponent]]:
        """The powers that all terms have in common, and those that also bring all over one denominator."""
        common: dict[Term, Exponent] = {}
        whole: dict[Term, Exponent] = {}
        tables = [each.factors for each in terms]
        self.work += sum(map(len, tables))
        for base in dict.fromkeys(base for table in tables for base in table):  # in a steady order
            exponents: list[Any] = [table.get(base, 0) for table in tables]
            if any(isinstance(each, tuple) for each in exponents):
                if all(each == exponents[0] for each in exponents):
                    common[base] = whole[base] = exponents[0]
                continue
            least, greatest = min(exponents), max(exponents)
            if least > 0:
                common[base] = whole[base] = least
                continue
            if greatest < 0:
                common[base] = greatest
            if least < 0:
                whole[base] = least
        return common, whole

    def _left(
        self, terms: dict[Term, Number], common: Mapping[Term, Exponent], *, below: bool
    ) -> tuple[dict[Term, Number], Number]:
        """What is left of a sum when powers and a number have been taken out of each term."""
        divisor = content(terms.values(), below=below)
        left: dict[Term, Number] = {}
        inverse = {
            base: (-each[0], each[1]) if isinstance(each, tuple) else -each for base, each in common.items()
        }
        for term, number in terms.items():
            factors = dict(term.factors)
            more = self._take_in(factors, inverse)
            self._add_in(left, times(over(number, divisor), more), self.product(factors))
        return left, divisor

    def _taken_out(self, terms: dict[Term, Number], common: Mapping[Term, Exponent], *, below: bool) -> Expr:
        left, divisor = self._left(terms, common, below=below)
        return self.multiply((divisor, self.product(dict(common))), self.sum(left))

    def _expanded(self, terms: dict[Term, Number]) -> dict[Term, Number] | None:
        """A sum with its products of sums multiplied out; `None` where there are none, or too many terms."""
        if not any(
            isinstance(base, Sum) and type(exponent) is int and exponent in (1, 2)
            for term in terms
            for base, exponent in term.factors.items()
        ):
            return None
        result: dict[Term, Number] = {}
        for term, number in terms.items():
            rest: dict[Term, Exponent] = {}
            brackets: list[Sum] = []
            for base, exponent in term.factors.items():
                if isinstance(base, Sum) and type(exponent) is int and exponent in (1, 2):
                    brackets += [base] * exponent
                else:
                    rest[base] = exponent
            parts: list[Expr] = [(number, self.product(rest))]
            for bracket in brackets:
                if len(parts) * len(bracket.terms) > _MOST_EXPANDED:
                    return None
                parts = [
                    self.multiply(part, (each, inner))
                    for part in parts
                    for inner, each in bracket.terms.items()
                ]
            for part in parts:
                self._add_in(result, *part)
            if len(result) > _MOST_EXPANDED:
                return None
        return result

    def _join_choices(self, terms: dict[Term, Number]) -> None:
        """Puts `where(c, a, 0)` and `where(not c, b, 0)` together."""
        choices = [each for each in terms if isinstance(each, Call) and each.name == "where"]
        if len(choices) < 2:
            return
        open_ones: dict[Expr, Call] = {}
        for each in choices:
            condition, yes, no = each.arguments
            if no != ZERO:
                continue
            other = open_ones.pop(self.negated(condition), None)
            if other is None:
                open_ones[condition] = each
                continue
            first, second = terms.pop(other), terms.pop(each)
            number, joined = self.where(
                other.arguments[0],
                self.multiply((first, ONE), other.arguments[1]),
                self.multiply((second, ONE), yes),
            )
            self._add_in(terms, number, joined)

    # Choices

    def where(self, condition: Expr, yes: Expr, no: Expr) -> Expr:
        """One or the other; what is the same on both sides is no choice."""
        if yes == no:
            return yes
        shape = broadcast_shape((condition[1].shape, yes[1].shape, no[1].shape))
        return self.call("where", (condition, yes, no), shape=shape)

    def negated(self, condition: Expr) -> Expr:
        """The opposite of a condition; for numbers, of which nan is none."""
        term = condition[1]
        if not isinstance(term, Call):
            return self.call("not", (condition,), shape=term.shape, atom=False)
        opposite = _OPPOSITE.get(term.name)
        if opposite:
            return self.call(opposite, term.arguments, shape=term.shape, atom=False)
        if term.name == "not":
            return term.arguments[0]
        if term.name in ("and", "or"):
            other = "or" if term.name == "and" else "and"
            return self.call(other, map(self.negated, term.arguments), shape=term.shape, atom=False)
        return self.call("not", (condition,), shape=term.shape, atom=False)


_OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}


def _reads_well(result: Number, *operands: Number) -> bool:
    """Whether a number may stand for a product: it is short, and no odd fraction made of decimals."""
    if isinstance(result, Fraction) and result.denominator > 100:
        return is_short(result) and not any(isinstance(each, Decimal) for each in operands)
    return is_short(result)


def _cost(number: Number, term: Term) -> int:
    """How hard an expression is to read: its length, and more where one fraction stands in another."""
    length = length_of(number, term)
    if term.below[1]:
        length += sum(
            _NESTED
            for base in term.factors
            if isinstance(base, Sum) and any(each.below[1] for each in base.terms)
        )
    return length


_NESTED = 3
"""A fraction inside another is as hard to read as so many characters."""


def _exact_root(number: Number, exponent: Fraction) -> Number | None:
    """A fractional power of a number, where it is exact."""
    base = Fraction(number)
    parts = []
    for part in (base.numerator, base.denominator):
        root = round(part ** (1 / exponent.denominator)) if part < 10**15 else 0
        if root**exponent.denominator != part:
            return None
        parts.append(root)
    value = to_power(over(parts[0], parts[1]), exponent.numerator)
    return value if is_short(value) else None
