"""An algebra for reading: what a formula says, in a normal form, with no thought of how it is computed.

Terms (`terms.py`) know how long their text is: of several ways to write a sum, the shortest is taken.

This is no algebra system. Products and sums are put together exactly; of every sum four forms are
compared; and there is a bound on all work, beyond which `TooLong` says to leave the formula as it stands.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

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
from gradcli.writing.terms import (
    ONE,
    UNIT,
    ZERO,
    Call,
    Exponent,
    Expr,
    Literal,
    Name,
    Product,
    Scaled,
    Sum,
    Term,
    below,
    length_of,
    parts,
)

MOST_WORK = 300_000
"""So many factors are looked at for one formula: a second at most."""

_MOST_TERMS = 40
"""Sums of more terms stay as they are."""

_MOST_EXPANDED = 24
"""Products of sums are multiplied out into so many terms at most."""


_MOST_BRACKETS = 4
"""Of so many sums in a sum each is multiplied out alone, to see what cancels."""


class TooLong(Exception):  # noqa: N818 (it is no error: the formula stays as it stands)
    """Simplification has taken as much work as it may."""


class Algebra:
    """The terms of one formula, and the rules by which they are put together."""

    def __init__(self) -> None:
        self.terms: dict[Any, Term] = {}
        self.parts: dict[Sum, tuple[Expr, ...] | None] = {}
        """Sums as their common factors and the rest."""
        self.lines: dict[Sum, tuple[Expr, Sum] | None] = {}
        """Sums of fractions as what they are divided by, and what stands above."""
        self.cancelled: dict[Term, None] = {}
        """What functions that are quotients were divided by, where that has cancelled."""
        self._has_ratios = False
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
            self._has_ratios = self._has_ratios or name in _POWERS
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

    def multiply(self, *given: Expr) -> Expr:
        """The product of expressions: numbers together, and powers of one base together."""
        operands: Sequence[Expr] = given
        number: Number = 1
        factors: dict[Term, Exponent] | None = None
        only: Term = ONE
        if len([term for _, term in operands if term is not ONE]) > 1:
            operands = [each for operand in operands for each in self._pulled(operand)]
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
        return self._settled(number, factors)

    def _settled(self, number: Number, factors: dict[Term, Exponent]) -> Expr:
        """A product with what cancels only across its factors taken away."""
        for base, exponent in list(factors.items()):
            if type(exponent) is not int and isinstance(base, (Product, Scaled, Sum)):
                number = times(number, self._out_of_root(factors, base))
        kinds = set(map(type, factors))
        if Literal in kinds:
            number = self._with_literals(number, factors)
            self._join_roots(factors)
        if Call in kinds:
            self._join_exponentials(factors)
            if self._has_ratios:
                self._join_ratios(factors)
        return number, self.product(factors)

    def _pulled(self, x: Expr) -> Sequence[Expr]:
        """A sum as a factor of others: its number and its common factors, and what is left of it."""
        number, term = x
        if not isinstance(term, Sum) or len(term.terms) > _MOST_TERMS:
            return (x,)
        if term not in self.parts:
            found: tuple[Expr, ...] | None = None
            common, _ = self._common(term.terms)
            candidates = [common] if common else []
            if content(term.terms.values(), below=False) != 1:
                candidates.append({})
            for taken in candidates:
                left, divisor = self._left(term.terms, taken, below=False)
                outside, inside = (divisor, self.product(dict(taken))), self.sum(left)
                if found is None and outside != UNIT and _side(outside, inside) <= term.length + (not taken):
                    found = outside, inside
            self.parts[term] = found
        parts = self.parts[term]
        return (x,) if parts is None else ((number, ONE), *parts)

    def _join_exponentials(self, factors: dict[Term, Exponent]) -> None:
        """Cancels `exp(x)*exp(-x)`; `exp(-x)/(1 + exp(-x))` is `1/(exp(x) + 1)`."""
        for base in [each for each in factors if isinstance(each, Call) and each.name == "exp"]:
            ((number, term),) = base.arguments
            turned = self.terms.get((Call, "exp", ((-number, term),), (), base.shape))
            power, other = factors.get(base), factors.get(turned) if turned is not None else None
            if type(power) is int and type(other) is int and turned is not None and power > 0 and other > 0:
                del factors[base], factors[turned]
                if power != other:
                    factors[base if power > other else turned] = abs(power - other)
                continue
            if number > 0 or type(power) is not int:
                continue
            for each in list(factors):
                if not isinstance(each, Sum) or factors[each] != -power or len(each.terms) != 2:
                    continue
                if each.terms.keys() == {base, ONE}:
                    upright = self.call("exp", ((-number, term),), shape=base.shape)[1]
                    sign, below = self.sum({upright: each.terms[ONE], ONE: each.terms[base]})
                    if sign == 1:
                        del factors[base], factors[each]
                        self._take_in(factors, {below: -power})
                        break

    def zeros(self, term: Sum) -> list[Term]:
        """What a sum is written with instead, of which a part is 0 where the sum is; empty for most."""
        parts, line = self.parts.get(term), self.lines.get(term)
        if parts is not None:
            return [each for _, each in parts]
        return [] if line is None else [line[1]]

    def _with_literals(self, number: Number, factors: dict[Term, Exponent]) -> Number:
        """A number and the literals beside it as one number, where that is as quickly read."""
        if number == 1 or number == -1:
            return number
        for base in [each for each in factors if isinstance(each, Literal)]:
            exponent = factors[base]
            if not isinstance(base.value, Decimal) or type(exponent) is not int:
                continue
            step = 1 if exponent > 0 else -1
            while exponent:
                together = times(number, base.value) if step > 0 else over(number, base.value)
                if type(together) is Fraction or not is_short(together):
                    break
                number, exponent = together, exponent - step
            if exponent:
                factors[base] = exponent
            else:
                del factors[base]
        return number

    def _join_roots(self, factors: dict[Term, Exponent]) -> None:
        """`sqrt(2)*sqrt(pi)` is `sqrt(2*pi)`."""
        numbers = [base for base in factors if isinstance(base, Literal) and type(base.value) is int]
        for base in numbers:
            exponent = factors[base]
            if isinstance(exponent, tuple) or size(exponent) != HALF:
                continue
            other = next(
                (e for e in factors if isinstance(e, Name) and e.constant and factors[e] == exponent), None
            )
            if other is not None:
                del factors[base], factors[other]
                self._take_in(factors, {self.scaled(base.value, other): exponent})

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
        exponent = factors.get(base, 0)
        if isinstance(exponent, tuple) or not -1 < exponent < 0:
            return 1
        number, inner = (base.number, base.term) if isinstance(base, Scaled) else (1, base)
        if isinstance(base, Sum):
            parts = self._pulled((1, base))
            if len(parts) == 1:
                return 1
            number, inner = self._flat_product(parts)
        for each, inside in inner.factors.items():
            outside = factors.get(each, 0)
            if isinstance(inside, tuple) or isinstance(outside, tuple):
                return 1
            if not (inside <= outside if inside > 0 else outside <= inside):
                return 1
        factors[base] = plus(exponent, 1)
        less = {each: -inside for each, inside in inner.factors.items() if not isinstance(inside, tuple)}
        return times(over(1, number), self._take_in(factors, less))

    def _flat_product(self, parts: Iterable[Expr]) -> Expr:
        """A product of parts that have no factor in common, as they stand."""
        number: Number = 1
        factors: dict[Term, Exponent] = {}
        for each, term in parts:
            number = times(number, each)
            factors.update(term.factors)
        return number, self.product(factors)

    def _keep_apart(self, factors: dict[Term, Exponent], number: Number, other: Number) -> Number:
        """Two numbers whose product is too long to read: the second becomes factors."""
        whole = size(other)
        parts: tuple[tuple[Number, int], ...] = ((whole, 1),)
        if type(whole) is Fraction:
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
        if isinstance(term, Sum) and abs(exponent) < 10:
            parts = self._pulled(base)
            if len(parts) > 1 and is_short(to_power(times(number, parts[1][0]), abs(exponent))):
                return self.multiply(*(self.power(each, exponent) for each in parts))
        raised: Number | None
        if number == 1 or number == -1:
            raised = -1 if number < 0 and exponent % 2 else 1
        elif term is ONE:
            raised = to_power(number, exponent) if abs(exponent) < 400 else None
            if raised is None or not _reads_well(raised, number, 1):
                sign = -1 if number < 0 and exponent % 2 else 1
                return sign, self.product({self.literal(size(number)): exponent})
        else:
            raised = to_power(number, exponent) if abs(exponent) < 40 else None
            if raised is None or not is_short(raised):
                return 1, self.product({self.scaled(number, term): exponent})
            if not _reads_well(raised, number, 1):
                return self.multiply(self.power((number, ONE), exponent), self.power((1, term), exponent))
        factors: dict[Term, Exponent] = {}
        for each, before in term.factors.items():
            if isinstance(before, tuple):
                if exponent != -1:
                    self._take_in(factors, {self.product({each: before}): exponent})
                else:
                    self._take_in(factors, {each: self._turned(before)})
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
        if term is ONE and number > 0 and type(exponent) is Fraction:
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
        self._join_squares(terms)
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
            yield from self._with_left(terms, common, below=False)
        fractions = any(type(each) is Fraction for each in terms.values())
        if (fractions or whole != common) and not self._overflows(terms, whole):
            yield from self._with_left(terms, whole, below=True)
        for expanded in self._expansions(terms):
            yield self._factored(expanded)
        if self._has_ratios:
            yield from self._in_sines(terms)

    def _in_sines(self, terms: dict[Term, Number]) -> Iterable[Expr]:
        """A sum that is one product in sines and cosines: `cos(x)` for `sec(x) - sin(x)*tan(x)`.

        `1 - tanh(x)**2`, in which there is neither, stays as textbooks have it.
        """
        spelled: dict[Term, Number] = {}
        plain = False
        for term, number in terms.items():
            factors = dict(term.factors)
            for base, exponent in term.factors.items():
                if not isinstance(base, Call) or type(exponent) is not int:
                    continue
                plain = plain or base.name in _SQUARES
                if base.name in _POWERS:
                    del factors[base]
                    for name, power in self._ratio(base).items():
                        other = self.call(name, base.arguments, shape=base.shape)[1]
                        self._take_in(factors, {other: power * exponent})
                        if power < 0:
                            self.cancelled[other] = None
            self._add_in(spelled, number, self.product(factors))
        if not spelled:
            yield ZERO
        if not spelled or spelled.keys() == terms.keys():
            return
        whole = self._common(spelled)[1]
        left, divisor = self._left(spelled, whole, below=True)
        self._join_squares(left, with_one=True)
        if len(left) < 2:
            found = self.multiply((divisor, self.product(dict(whole))), self.sum(left))
            if plain or found[1] is ONE:
                yield found

    @staticmethod
    def _ratio(base: Call) -> dict[str, int]:
        """The powers of sine and cosine that a function is, or of their hyperbolic sisters."""
        sine, cosine = ("sinh", "cosh") if "h" in base.name else ("sin", "cos")
        powers = zip((sine, cosine), _SINES_AND_RATIOS[base.name], strict=True)
        return {name: power for name, power in powers if power}

    def _join_ratios(self, factors: dict[Term, Exponent]) -> None:
        """`cos(x)*tan(x)` is `sin(x)`, and `cos(x)*sec(x)**2` is `sec(x)`."""
        groups: dict[Any, list[Call]] = {}
        for base, exponent in factors.items():
            if isinstance(base, Call) and base.name in _SINES_AND_RATIOS and type(exponent) is int:
                groups.setdefault((base.arguments, "h" in base.name), []).append(base)
        for (arguments, hyperbolic), bases in groups.items():
            names = {each.name for each in bases}
            if len(bases) == 1 or not names & _POWERS.keys():
                continue
            powers = [0, 0]
            for each in bases:
                exponent = factors[each]
                assert isinstance(exponent, int)
                for place, power in enumerate(_SINES_AND_RATIOS[each.name]):
                    powers[place] += power * exponent
            written = _written(powers, names, "h" if hyperbolic else "")
            if len(written) >= len(bases):
                continue
            shape = bases[0].shape
            for each in bases:
                del factors[each]
                for name, power in self._ratio(each).items():
                    if power < 0:
                        self.cancelled[self.call(name, arguments, shape=shape)[1]] = None
            for name, power in written.items():
                self._take_in(factors, {self.call(name, arguments, shape=shape)[1]: power})

    def _with_left(
        self, terms: dict[Term, Number], taken: Mapping[Term, Exponent], *, below: bool
    ) -> Iterable[Expr]:
        """A sum with powers taken out, and what is left as it is, and multiplied out."""
        left, divisor = self._left(terms, taken, below=below)
        outside = divisor, self.product(dict(taken))
        yield self.multiply(outside, self.sum(left))
        for expanded in self._expansions(left):
            yield self.multiply(outside, self._factored(expanded))

    def _overflows(self, terms: dict[Term, Number], whole: Mapping[Term, Exponent]) -> bool:
        """Whether a common denominator has higher powers of exponentials than each of the terms has now."""
        large = {
            base: exponent
            for base, exponent in whole.items()
            if base.explosive and not isinstance(exponent, tuple) and exponent < 0
        }
        return bool(large) and not any(
            all(each.factors.get(base) == exponent for base, exponent in large.items()) for each in terms
        )

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
                shared = self._shared_exponent(terms, base, exponents)
                if shared is not None:
                    common[base] = whole[base] = shared
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

    def _shared_exponent(
        self, terms: Iterable[Term], base: Term, exponents: Sequence[Exponent]
    ) -> Exponent | None:
        """Of exponents that differ by numbers the least; the greatest where a logarithm keeps 0 away."""
        steps: list[Number] = []
        for each in exponents:
            if not isinstance(each, tuple):
                return None
            step = self._exponents(each, self._turned(exponents[0]))
            if isinstance(step, tuple):
                return None
            steps.append(step)
        if not any(steps):
            return exponents[0]
        inside = (base.number, base.term) if isinstance(base, Scaled) else (1, base)
        logarithm = self.terms.get((Call, "log", (inside,), (), base.shape))
        bound = max if logarithm is not None and any(logarithm in term.factors for term in terms) else min
        return exponents[steps.index(bound(steps))]

    @staticmethod
    def _turned(exponent: Exponent) -> Exponent:
        return (-exponent[0], exponent[1]) if isinstance(exponent, tuple) else -exponent

    def _left(
        self, terms: Mapping[Term, Number], common: Mapping[Term, Exponent], *, below: bool
    ) -> tuple[dict[Term, Number], Number]:
        """What is left of a sum when powers and a number have been taken out of each term."""
        divisor = content(terms.values(), below=below)
        left: dict[Term, Number] = {}
        inverse = {base: self._turned(each) for base, each in common.items()}
        for term, number in terms.items():
            factors = dict(term.factors)
            more = self._take_in(factors, inverse)
            self._add_in(left, times(over(number, divisor), more), self.product(factors))
        self._join_squares(left)
        return left, divisor

    def _taken_out(self, terms: dict[Term, Number], common: Mapping[Term, Exponent], *, below: bool) -> Expr:
        left, divisor = self._left(terms, common, below=below)
        return self.multiply((divisor, self.product(dict(common))), self.sum(left))

    def _expansions(self, terms: dict[Term, Number]) -> Iterator[dict[Term, Number]]:
        """A sum with its products of sums multiplied out: all of them, and those with one sum."""
        brackets = {
            base: None
            for term in terms
            for base, exponent in term.factors.items()
            if isinstance(base, Sum) and type(exponent) is int and exponent in (1, 2)
        }
        if not brackets:
            return
        choices = [set(brackets)]
        if 1 < len(brackets) <= _MOST_BRACKETS:
            choices += [{each} for each in brackets]
        for chosen in choices:
            found = self._expanded(terms, chosen, everything=chosen is choices[0])
            if found is not None:
                yield found

    def _expanded(
        self, terms: dict[Term, Number], chosen: set[Sum], *, everything: bool
    ) -> dict[Term, Number] | None:
        """A sum with some of its brackets multiplied out, and with `everything` those inside them.

        `None` where nothing comes together, or where there are too many terms.
        """
        result: dict[Term, Number] = {}
        count = 0
        for term, number in terms.items():
            parts: list[Expr] = [(number, term)]
            left = 2 * _MOST_EXPANDED
            while parts:
                part = parts.pop()
                factors = part[1].factors
                bracket = next(
                    (
                        base
                        for base, exponent in factors.items()
                        if isinstance(base, Sum)
                        and type(exponent) is int
                        and exponent in (1, 2)
                        and (everything or base in chosen)
                    ),
                    None,
                )
                if bracket is None:
                    count += 1
                    self._add_in_one(result, *part)
                    continue
                left -= 1
                if left < 0 or count + len(parts) > _MOST_EXPANDED:
                    return None
                rest = dict(factors)
                rest.pop(bracket)
                if factors[bracket] == 2:
                    rest[bracket] = 1
                outside: Expr = part[0], self.product(rest)
                parts += [self.multiply(outside, (each, inner)) for inner, each in bracket.terms.items()]
        self._join_squares(result)
        return result if len(result) < count and len(result) <= _MOST_EXPANDED else None

    def _join_choices(self, terms: dict[Term, Number]) -> None:
        """Puts `where(c, a, 0)` and `where(c, 0, b)` together, and those that are 0 on the same side."""
        choices = [
            each
            for each in terms
            if isinstance(each, Call) and each.name == "where" and ZERO in each.arguments[1:]
        ]
        if len(choices) < 2:
            return
        open_ones: dict[Expr, Call] = {}
        for each in choices:
            condition, *sides = each.arguments
            opposite = self.negated(condition)
            if opposite in open_ones:
                condition, sides = opposite, sides[::-1]
            other = open_ones.pop(condition, None)
            if other is None:
                open_ones[condition] = each
                continue
            first, second = (terms.pop(other), ONE), (terms.pop(each), ONE)
            both = zip(other.arguments[1:], sides, strict=True)
            yes, no = (self.add(self.multiply(first, a), self.multiply(second, b)) for a, b in both)
            number, joined = self.where(condition, yes, no)
            self._add_in(terms, number, joined)
            if isinstance(joined, Call) and joined in terms and ZERO in joined.arguments[1:]:
                open_ones[condition] = joined

    # What is done last

    def polished(self, x: Expr) -> Expr:
        """An expression with the sums of fractions in its products over one line, where that is shorter.

        This is done last, and where such a sum stands in one place: what is equal is to look equal. What is
        in a function stays as it was written.
        """
        order = below((x[1],), _looked_into)
        uses: dict[Term, int] = {}
        for term in order:
            for base, exponent in term.factors.items() if isinstance(term, Product) else ():
                if type(exponent) is int:
                    uses[base] = uses.get(base, 0) + 1
        known: dict[Term, Expr] = {}
        for term in order:
            known[term] = 1, term
            if isinstance(term, Sum) and any(known[each] != (1, each) for each in term.terms):
                items = [self.multiply((number, ONE), known[each]) for each, number in term.terms.items()]
                known[term] = self.add(*items)
            elif isinstance(term, Product):
                factors = [(known[base], exponent) for base, exponent in term.factors.items()]
                if any(now != (1, base) for (now, _), base in zip(factors, term.factors, strict=True)):
                    known[term] = self.multiply(
                        *(
                            self.symbolic_power(now, e) if isinstance(e, tuple) else self.power(now, e)
                            for now, e in factors
                        )
                    )
                known[term] = self._named_quotients(self._cleared(known[term], uses))
            elif isinstance(term, Call) and any(known[each] != (1, each) for each in _looked_into(term)):
                arguments = [
                    self.multiply((number, ONE), known.get(each, (1, each)))
                    for number, each in term.arguments
                ]
                outside: list[Expr] = []
                if term.name in _LINEAR:
                    outside = [(number, ONE) for number, _ in arguments]
                    arguments = [(1, each) for _, each in arguments]
                atom = term.above[0] == term.length
                known[term] = self.multiply(
                    *outside, self.call(term.name, arguments, term.words, term.shape, atom=atom)
                )
        return self.multiply((x[0], ONE), known[x[1]])

    def _named_quotients(self, x: Expr) -> Expr:
        """A product in which `sin(x)/cos(x)` is `tan(x)`."""
        factors = dict(x[1].factors)
        for base, power in x[1].factors.items():
            under, name = QUOTIENTS.get(base.name, ("", "")) if isinstance(base, Call) else ("", "")
            if not under or type(power) is not int or power < 0:
                continue
            assert isinstance(base, Call)
            other = self.terms.get((Call, under, base.arguments, (), base.shape))
            if other is not None and factors.get(other) == -power:
                del factors[base], factors[other]
                self._take_in(factors, {self.call(name, base.arguments, shape=base.shape)[1]: power})
        return x if factors == x[1].factors else (x[0], self.product(factors))

    def _over_one_line(self, term: Sum) -> tuple[Expr, Sum] | None:
        """What a sum of fractions is divided by, and what is left above; `None` where there is no such form.

        An exponential is never multiplied in, since it may overflow.
        """
        if term not in self.lines:
            found = None
            whole = self._common(term.terms)[1] if len(term.terms) <= _MOST_TERMS else {}
            below = {base: e for base, e in whole.items() if not isinstance(e, tuple) and e < 0}
            apart = bool(below) or content(term.terms.values(), below=True) != 1
            if apart and not any(base.explosive for base in below):
                left, divisor = self._left(term.terms, below, below=True)
                sign, above = self.simplest(left)
                if isinstance(above, Sum) and above is not term:
                    found = (times(sign, divisor), self.product(dict(below))), above
            self.lines[term] = found
        return self.lines[term]

    def _cleared(self, x: Expr, uses: Mapping[Term, int]) -> Expr:
        """A product with the sums of fractions in it over one line, where that is much shorter."""
        for base, exponent in x[1].factors.items():
            if not isinstance(base, Sum) or type(exponent) is not int or uses.get(base, 0) > 1:
                continue
            line = self._over_one_line(base)
            if line is None:
                continue
            (number, below), above = line
            raised = to_power(number, exponent) if abs(exponent) < 10 else 0
            if raised == 0 or not is_short(raised):
                continue
            factors = {each: power for each, power in x[1].factors.items() if each is not base}
            more = times(raised, self._take_in(factors, {above: exponent}))
            powers = {each: times(power, exponent) for each, power in below.factors.items()}  # type: ignore[arg-type]
            number = times(x[0], times(more, self._take_in(factors, powers)))
            if not _reads_well(number, x[0], raised):
                continue
            form = number, self.product(factors)
            hides = any(each not in factors for each in below.factors)
            if length_of(*form) + _NESTED * (2 if hides else 1) < length_of(*x):
                return self._cleared(form, uses)
        return x

    def _join_squares(self, terms: dict[Term, Number], *, with_one: bool = False) -> None:
        """Puts `a*sin(x)**2` and `a*cos(x)**2` together, and `a*cosh(x)**2` and `-a*sinh(x)**2`.

        With `with_one` also `a` and `-a*sin(x)**2`, which are `a*cos(x)**2`, and the like.
        """
        for term in list(terms):
            for base, exponent in term.factors.items():
                if exponent != 2 or not isinstance(base, Call) or base.name not in _SQUARES:
                    continue
                name, sign = _SQUARES[base.name]
                other = self.terms.get((Call, name, base.arguments, (), base.shape))
                if other is None or term not in terms:
                    continue
                rest = {each: power for each, power in term.factors.items() if each is not base}
                factors = dict(rest)
                self._take_in(factors, {other: 2})
                partner, alone = self.product(factors), self.product(rest)
                if with_one and terms.get(alone) == terms[term] * (1 if base.name == "sinh" else -1):
                    number = terms.pop(alone)
                    taken = terms.pop(term)
                    self._add_in(terms, taken if base.name == "cosh" else number, partner)
                elif partner in terms and terms[partner] == sign * terms[term]:
                    number = terms.pop(term)
                    del terms[partner]
                    self._add_in(terms, -number if base.name == "sinh" else number, alone)

    # Choices

    def where(self, condition: Expr, yes: Expr, no: Expr) -> Expr:
        """One or the other; what is the same on both sides is no choice."""
        if yes == no:
            return yes
        if isinstance(condition[1], Call) and condition[1].name in ("True", "False"):
            return yes if condition[1].name == "True" else no
        if isinstance(condition[1], Call) and condition[1].name == "not":
            return self.where(condition[1].arguments[0], no, yes)
        inner = yes[1]
        if yes[0] == 1 and isinstance(inner, Call) and inner.name == "where" and inner.arguments[2] == no:
            both = (condition, inner.arguments[0])
            joint = self.call(
                "and", both, shape=broadcast_shape([each.shape for _, each in both]), atom=False
            )
            return self.where(joint, inner.arguments[1], no)
        shape = broadcast_shape((condition[1].shape, yes[1].shape, no[1].shape))
        return self.call("where", (condition, yes, no), shape=shape)

    def negated(self, condition: Expr) -> Expr:
        """The opposite of a condition, also where one of its sides is nan."""
        term = condition[1]
        if not isinstance(term, Call):
            return self.call("not", (condition,), shape=term.shape, atom=False)
        opposite = _OPPOSITE.get(term.name)
        if opposite:
            return self.call(opposite, term.arguments, shape=term.shape, atom=False)
        if term.name == "not":
            return term.arguments[0]
        return self.call("not", (condition,), shape=term.shape, atom=False)


_OPPOSITE = {"==": "!=", "!=": "==", "True": "False", "False": "True"}
"""Conditions of which just one holds, whatever they are about: neither `<` nor `>=` holds for nan."""


_LINEAR = frozenset(("@", "outer", ".T", "sum"))
"""Calls from whose arguments numbers come out."""


def _looked_into(term: Term) -> Iterable[Term]:
    """The parts of a term that are not as they were written, but came of deriving."""
    if isinstance(term, Scaled):
        return ()
    if isinstance(term, Call) and term.name not in _LINEAR:
        return [each for _, each in term.arguments[1:]] if term.name == "where" else ()
    return parts(term)


QUOTIENTS = {
    "sin": ("cos", "tan"),
    "cos": ("sin", "cot"),
    "sinh": ("cosh", "tanh"),
    "cosh": ("sinh", "coth"),
}
"""Functions with those that they are divided by, and what that is called."""


_POWERS: dict[str, tuple[int, int]] = {
    name + ending: powers
    for name, powers in (("tan", (1, -1)), ("cot", (-1, 1)), ("sec", (0, -1)), ("csc", (-1, 0)))
    for ending in ("", "h")
}
"""The powers of sine and cosine that functions are, those with an h of the hyperbolic ones."""

_SINES_AND_RATIOS = {"sin": (1, 0), "cos": (0, 1), "sinh": (1, 0), "cosh": (0, 1), **_POWERS}


def sines_of(name: str, *, above: bool) -> list[str]:
    """What stands above the line, or below it, of sine and cosine: `sin` and `cos` for `tan`."""
    ending = "h" if "h" in name else ""
    powers = zip(("sin", "cos"), _POWERS.get(name, ()), strict=False)
    return [of + ending for of, power in powers if power and (power > 0) == above]


def _written(powers: Sequence[int], names: Container[str], ending: str) -> dict[str, int]:
    """A product of powers of sine and cosine, in as few functions as it can be."""
    sine, cosine = powers
    if sine == -cosine:
        return {("tan" if sine > 0 else "cot") + ending: abs(sine)} if sine else {}
    found = {}
    for name, turned, power in (("sin", "csc", sine), ("cos", "sec", cosine)):
        if power < 0 and turned + ending in names:
            found[turned + ending] = -power
        elif power:
            found[name + ending] = power
    return found


_SQUARES = {"sin": ("cos", 1), "cos": ("sin", 1), "cosh": ("sinh", -1), "sinh": ("cosh", -1)}
"""The function whose square goes with that of another, and the sign that it then has."""


def _reads_well(result: Number, *operands: Number) -> bool:
    """Whether a number may stand for a product: it is short, and no longer fraction made of decimals."""
    if type(result) is Fraction and any(isinstance(each, Decimal) for each in operands):
        apart = sum(len(above) + len(below) for above, below in map(halves, operands))
        return is_short(result) and sum(map(len, halves(result))) + 1 < apart
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


def _side(outside: Expr, inside: Expr) -> int:
    """The characters of a product of factors and a sum, beside which others stand."""
    return length_of(*outside) + 1 + length_of(*inside)


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
