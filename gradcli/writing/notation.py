"""Expressions as text: in the language of gradcli, in Unicode, and (in `latex.py`) in LaTeX."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from gradcli.language.table import KEYWORDS
from gradcli.language.vocabulary import QUANTITIES
from gradcli.records import NamedTuple
from gradcli.text.excerpt import printable
from gradcli.writing.numbers import HALF, Number, halves, is_short, size, times, to_power
from gradcli.writing.numbers import text as number_text
from gradcli.writing.terms import ONE, Call, Exponent, Expr, Literal, Name, Scaled, Sum, Term, below

# How tightly each operator binds, as grammar/gradcli.lark has it.
ATOM = 10
POWER = 8
UNARY = 6
BINDING = {"or": 1, "and": 2, "+": 4, "-": 4, "*": 5, "/": 5, "//": 5, "%": 5, "@": 5, "**": POWER}
NOT, COMPARISON = 2.5, 3
_PRODUCT = 4.9


class Written(NamedTuple):
    """A text, and how tightly it binds."""

    text: str
    binding: float
    array: bool = False
    """Whether it is a vector or a matrix."""

    def within(self, least: float) -> str:
        """The text, in parentheses where it binds less tightly than its place asks for."""
        return self.text if self.binding >= least else f"({self.text})"


def name_as_typed(name: str) -> str:
    """A variable's name, between backquotes where the language would not read it as one without."""
    if name.isidentifier() and KEYWORDS.get(name, "_").startswith("_"):
        return name
    if name.startswith(f"{QUANTITIES}.") and name.replace(".", "", 1).isidentifier():
        return name
    return f"`{printable(name)}`"


class Notation:
    """Writes expressions as gradcli reads them. What another notation writes otherwise, it overrides."""

    product = "*"
    minus = "-"

    def __init__(self) -> None:
        self.texts: dict[Term, Written] = {}
        self.order_keys: dict[Term, str] = {}
        """What terms are ordered by among those of their kind, where that is not their text."""
        self.shared: dict[Term, str] = {}
        """Terms that have names of their own, which stand for them."""
        self.titles: Mapping[str, Written] = {}
        """How some names are written, by the name."""

    def write(self, expression: Expr) -> str:
        """The text of an expression."""
        self.prepare((expression[1],))
        return self.expression(*expression).text

    def prepare(self, terms: Iterable[Term]) -> None:
        """Writes all that stands in terms, from the inside."""
        for term in below(terms):
            if term not in self.texts and term is not ONE:
                name = self.shared.get(term)
                self.texts[term] = self.term(term) if name is None else self.variable(name, term)

    def expression(self, number: Number, term: Term) -> Written:
        """A number times a term."""
        if term is ONE:
            return self.number(number)
        if number == 1:
            return self.texts[term]
        if number == -1 and isinstance(term, Sum) and term not in self.shared:
            return self.sum({each: -inner for each, inner in term.terms.items()})
        if term in self.shared:
            return self.quotient(number, {term: 1})
        return self.quotient(number, term.factors)

    def term(self, term: Term) -> Written:
        """A term, whose parts are written."""
        if isinstance(term, Name):
            return self.titles.get(term.name) or self.variable(term.name, term)
        if isinstance(term, Literal):
            return self.number(term.value)
        if isinstance(term, Sum):
            return self.sum(term.terms)
        if isinstance(term, Scaled):
            return self.expression(term.number, term.term)
        if isinstance(term, Call):
            return self.call(term)
        return self.quotient(1, term.factors)

    # What notations differ in

    def variable(self, name: str, term: Term) -> Written:
        """A name."""
        return Written(name_as_typed(name), ATOM)

    def number(self, number: Number) -> Written:
        """A number."""
        over, under = halves(number)
        sign = self.minus if number < 0 else ""
        if under:
            return Written(f"{sign}{over or 1}/{under}", 5 if not sign else UNARY - 1.5)
        return Written(f"{sign}{over or number_text(size(number))}", UNARY if sign else ATOM)

    def power(self, base: Written, exponent: Expr, term: Term) -> Written:
        """A power of a term that is no root."""
        return Written(f"{base.within(ATOM)}**{self.expression(*exponent).within(UNARY)}", POWER)

    def root(self, base: Written) -> Written:
        """A square root."""
        return Written(f"sqrt({base.text})", ATOM)

    def fraction(self, above: Sequence[Written], under: Sequence[Written], negative: bool) -> Written:
        """A quotient of products, the second of which is not empty."""
        down = self.times(under)
        up = self.times(above).within(5) if above else "1"
        sign = self.minus if negative else ""
        return Written(f"{sign}{up}/{down.within(5.5)}", 5 if not negative else 4.5)

    def times(self, factors: Sequence[Written]) -> Written:
        """A product."""
        if len(factors) == 1:
            return factors[0]
        first, *rest = factors
        return Written(self.product.join([first.within(5), *(each.within(5.5) for each in rest)]), 5)

    def call(self, term: Call) -> Written:
        """A function, an operator, or an index."""
        operands = [self.expression(*each) for each in term.arguments]
        name = term.name
        if name == "array":
            return Written(term.words[0], ATOM)
        if name == "not":
            return Written(f"not {operands[0].within(NOT)}", NOT)
        if name == ".T":
            return Written(f"{operands[0].within(ATOM)}.T", ATOM)
        if name == "[]":
            return Written(f"{operands[0].within(ATOM)}[{', '.join(term.words)}]", ATOM)
        if name == "cat" and term.words:
            items = ", ".join(each.text for each in operands)
            return Written(f"cat({', '.join([f'[{items}]', *term.words])})", ATOM)
        if name == "[,]":
            return Written(f"[{', '.join(each.text for each in operands)}]", ATOM)
        if name in ("column", "row"):
            return Written(f"unsqueeze({operands[0].text}, {int(name == 'column')})", ATOM)
        if name[0].isalpha() and name not in ("and", "or"):
            if not operands and not term.words:
                return Written(name, ATOM)
            return Written(f"{name}({', '.join([*(each.text for each in operands), *term.words])})", ATOM)
        return self.infix(name, *operands)

    def infix(self, symbol: str, left: Written, right: Written) -> Written:
        """An operator between its operands."""
        binding = BINDING.get(symbol, COMPARISON)
        if binding == COMPARISON:  # a < b < c would be a chain
            return Written(f"{left.within(4)} {symbol} {right.within(4)}", binding)
        if binding == 5:  # among other products, in parentheses
            return Written(f"{left.within(_PRODUCT)} {symbol} {right.within(5.5)}", _PRODUCT)
        return Written(f"{left.within(binding)} {symbol} {right.within(binding + 0.5)}", binding)

    # Order

    def quotient(self, number: Number, factors: Mapping[Term, Exponent]) -> Written:
        """A product of powers: what is above the line, and what is below."""
        number, factors = _folded(number, factors)
        above: list[tuple[tuple[int, str], Written]] = []
        under: list[tuple[tuple[int, str], Written]] = []
        negative = number < 0
        turned: Term | None = None
        if negative:
            turned = next((base for base, e in factors.items() if _turns(base, e, self.shared)), None)
            negative = turned is None
        for base, exponent in factors.items():
            inner = self.texts[base]
            if base is turned and isinstance(base, Sum):
                inner = self.sum({each: -inner_number for each, inner_number in base.terms.items()})
            if isinstance(exponent, tuple):
                raised = self.power(inner, exponent, base)
                above.append(((2, self.key(base)), raised))
                continue
            step = size(exponent)
            if step == 1:
                raised = inner
            elif step == HALF and type(step) is Fraction:
                raised = self.root(inner)
            elif isinstance(base, Literal) and type(step) is int and is_short(to_power(base.value, step)):
                raised = self.number(to_power(base.value, step))
            else:
                raised = self.power(inner, (step, ONE), base)
            if base.shape:
                raised = raised._replace(array=True)
            (above if exponent > 0 else under).append(((_rank(base, self.shared), self.key(base)), raised))
        up, down = ([each for _, each in sorted(side)] for side in (above, under))
        over, _ = halves(number)
        if over:
            up.insert(0, self.number(size(number.numerator if type(number) is Fraction else number)))
        if type(number) is Fraction:
            down.insert(0, self.number(number.denominator))
        if down:
            return self.fraction(up, down, negative)
        whole = self.times(up)
        if negative:
            return Written(f"{self.minus}{whole.within(5)}", 4.5)
        return whole

    def key(self, term: Term) -> str:
        """What a term is ordered by."""
        return self.order_keys.get(term) or self.texts[term].text

    def sum(self, terms: Mapping[Term, Number]) -> Written:
        """Terms in order: the highest degree first, but a positive one before a negative one."""

        def key(term: Term) -> tuple[float, bool, str]:
            return -term.degree, term is ONE, self.key(term) if term is not ONE else ""

        order = sorted(terms, key=key)
        first = next((each for each in order if terms[each] > 0), order[0])
        order.remove(first)
        text = self.expression(terms[first], first).within(4)
        for term in order:
            number = terms[term]
            piece = self.expression(size(number), term)
            text += f" {self.minus if number < 0 else '+'} {piece.within(4.5 if number < 0 else 4)}"
        return Written(text, 4)


def _folded(number: Number, factors: Mapping[Term, Exponent]) -> tuple[Number, Mapping[Term, Exponent]]:
    """A literal and a number as one, where that is no longer: `6.626e-34/2` is `3.313e-34`."""
    if number == 1 or number == -1:
        return number, factors
    for base, exponent in factors.items():
        if isinstance(base, Literal) and type(exponent) is int and exponent == 1:
            product = times(number, base.value)
            before = len(number_text(size(number))) if type(number) is not Fraction else 1
            if type(product) is not Fraction and len(number_text(size(product))) <= before + 1 + len(
                number_text(base.value)
            ):
                return product, {each: power for each, power in factors.items() if each is not base}
    return number, factors


def _turns(base: Term, exponent: Exponent, shared: dict[Term, str]) -> bool:
    """Whether a bracket takes in a minus sign, and is no longer for it."""
    return (
        isinstance(base, Sum)
        and base not in shared
        and type(exponent) is int
        and exponent in (1, -1)
        and any(number < 0 for number in base.terms.values())
    )


def _rank(base: Term, shared: dict[Term, str]) -> int:
    """Where a factor stands: literals and constants, names, functions, powers, brackets."""
    if isinstance(base, Literal) or (isinstance(base, Name) and base.constant):
        return 0
    if isinstance(base, Name) or base in shared:
        return 1
    if isinstance(base, Call):
        return 4 if not base.name[0].isalpha() else 3
    return 4


class Unicode(Notation):
    """Writes expressions with the signs of mathematics, all of which gradcli reads."""

    product = "·"
    minus = "−"

    def variable(self, name: str, term: Term) -> Written:
        if name == "pi" and isinstance(term, Name) and term.constant:
            return Written("π", ATOM)
        return super().variable(name, term)

    def power(self, base: Written, exponent: Expr, term: Term) -> Written:
        number, rest = exponent
        if rest is ONE and type(number) is int:
            return Written(base.within(ATOM) + str(number).translate(_RAISED), POWER)
        return Written(f"{base.within(ATOM)}^{self.expression(*exponent).within(UNARY)}", POWER)

    def call(self, term: Call) -> Written:
        if term.name == "factorial":
            (operand,) = term.arguments
            return Written(f"{self.expression(*operand).within(ATOM)}!", POWER)
        if term.name == "abs":
            (operand,) = term.arguments
            inside = self.expression(*operand).text
            if not (inside.startswith("|") and inside.endswith("|")):  # `||x||` would be a norm
                return Written(f"|{inside}|", ATOM)
        return super().call(term)

    def root(self, base: Written) -> Written:
        return Written(f"√{base.text}" if base.binding >= ATOM else f"√({base.text})", UNARY + 1)


_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
