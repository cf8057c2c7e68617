"""Graphs and their derivatives as formulas that a person would write.

The formulas of one answer are read into one algebra, so that what they share can have a name (`--cse`).
What a formula leaves out is said beside it: a condition that it no longer shows, a value that is a
convention at a single point. Nothing here changes what is computed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from gradcli.engine.derive import dependents
from gradcli.engine.graph import Input, Node, as_node, substitute, topological
from gradcli.records import NamedTuple
from gradcli.text.errors import EvaluationError
from gradcli.writing.algebra import Algebra, TooLong, sines_of
from gradcli.writing.formula import formula
from gradcli.writing.latex import Latex, name_in_latex
from gradcli.writing.notation import Notation, Unicode
from gradcli.writing.reading import SEED, Reader, Unreadable, derivative
from gradcli.writing.terms import (
    ONE,
    ZERO,
    Call,
    Expr,
    Literal,
    Name,
    Product,
    Scaled,
    Sum,
    Term,
    below,
    is_square,
    length_of,
    parts,
)

LONGEST = 200_000
"""Formulas of more characters are not written: what a graph shares, text repeats."""

NOTATIONS: dict[str, type[Notation]] = {"text": Notation, "latex": Latex, "unicode": Unicode}
"""How formulas are written, by the name of the format."""

_SHARED_LENGTH = 4
"""Shorter parts than this get no name of their own."""


class Formulas(NamedTuple):
    """Formulas in the order that was asked for; and what they share, by name, inner parts first.

    `nodes` are the graphs, and `expressions` what `reader` read them as; where that would take too long,
    there is none of these.
    """

    texts: tuple[str, ...]
    shared: dict[str, str]
    nodes: tuple[Node | None, ...] = ()
    expressions: tuple[Expr, ...] = ()
    reader: Reader | None = None

    def is_delicate(self, place: int) -> bool:
        """Whether one may lose digits that the engine keeps: by differences that were written anew."""
        if self.reader is None or (node := self.nodes[place]) is None:
            return False
        known = self.reader.known
        read = {known[each][1] for each in topological((node,)) if each in known}
        return any(
            isinstance(term, Sum)
            and (term not in read or _saturates(term))
            and len({number > 0 for number in term.terms.values()}) == 2
            for term in below((self.expressions[place][1],))
        )


def derived(output: Node, variables: Sequence[Node]) -> Node | None:
    """The derivative in each of the variables, one after the other; `None` where it is 0 everywhere."""
    node: Node | None = output
    for variable in variables:
        node = None if node is None else derivative(node, variable)
    return node


def written(nodes: Sequence[Node | None], notation: str = "text", *, cse: bool = False) -> Formulas:
    """Graphs as formulas for reading, `0` for `None`; raises `EvaluationError` where that cannot be."""
    reader = Reader()
    found = [each for each in nodes if each is not None]
    try:
        read = iter(reader.read(found))
    except TooLong:
        return Formulas(tuple("0" if each is None else _as_it_stands(each) for each in nodes), {})
    except Unreadable as error:
        raise EvaluationError(
            f"the formula has a part that gradcli has no words for ({error})",
            hint="gradcli graph draws it, and gradcli eval computes it",
        ) from None
    expressions = [ZERO if each is None else reader.algebra.polished(next(read)) for each in nodes]
    writer = NOTATIONS[notation]()
    shared = (
        _shared(expressions, {each.name for each in topological(found) if isinstance(each, Input)})
        if cse
        else {}
    )
    size = sum(length_of(*each) for each in expressions)
    if not cse and size > LONGEST:
        raise _too_long(size)
    texts = {}
    for term, name in shared.items():
        writer.prepare((term,))
        texts[_named(name, notation)] = writer.texts[term].text
        writer.shared[term] = name
        writer.texts[term] = writer.variable(name, term)
    if cse and sum(map(len, texts.values())) > LONGEST:
        raise _too_long(size)
    whole = tuple(writer.write(each) for each in expressions)
    return Formulas(whole, texts, tuple(nodes), tuple(expressions), reader)


def derivative_text(output: Node, variables: Sequence[Node]) -> str:
    """The derivative of `output` in each of the variables, one after the other, as text."""
    return written((derived(output, variables),)).texts[0]


def _too_long(size: int) -> EvaluationError:
    return EvaluationError(
        f"the formula has about {size} characters", hint="--cse gives the parts that it repeats a name"
    )


def _as_it_stands(node: Node) -> str:
    """A formula as it is computed, where simplifying it would take too long."""
    (whole,) = substitute((node,), {SEED: as_node(1.0)})
    text = formula(whole, LONGEST)
    if text is None:
        raise EvaluationError("the formula is too long to be written", hint="gradcli eval computes it")
    return text


def _named(name: str, notation: str) -> str:
    return name_in_latex(name) if notation == "latex" else name


# Parts that are shared


def _shared(expressions: Iterable[Expr], taken: set[str]) -> dict[Term, str]:
    """The parts that formulas repeat, each with a new name, inner ones first."""
    order = below(term for _, term in expressions)
    uses = dict.fromkeys(order, 0)
    for _, term in expressions:
        uses[term] += 1
    for term in order:
        for each in parts(term):
            uses[each] += 1
    names = _free_names(taken | {each.name for each in order if isinstance(each, Name | Call)})
    return {
        term: next(names)
        for term in order
        if uses[term] > 1 and term.length >= _SHARED_LENGTH and isinstance(term, Call | Sum | Product)
    }


def _free_names(taken: set[str]) -> Iterator[str]:
    """Names that are not taken: letters first."""
    for letter in "abcdfghkmnpqrstuvwz":
        if letter not in taken:
            yield letter
    number = 1
    while True:
        if f"t{number}" not in taken:
            yield f"t{number}"
        number += 1


# What a formula leaves out


def conventions(output: Node, variables: Sequence[Node]) -> list[str]:
    """What the derivative is at ties, where the formula shows one side only."""
    order, connected = dependents((output,), variables)
    told: dict[str, None] = {}
    for node in order:
        kink = getattr(node.primitive, "kink", None)
        if kink is not None and node in connected and node.primitive.name in TIED:
            told[kink.told] = None
    return list(told)


TIED = frozenset(("maximum", "minimum", "amax", "amin"))
"""Entries whose derivative at a kink is that of neither side."""


def _saturates(term: Sum) -> bool:
    """Whether a sum has a function in it that comes close to a number: `1 - tanh(x)**2`."""
    return any(isinstance(base, Call) for each in term.terms for base in each.factors) or ONE in term.terms


def left_out(formulas: Formulas, output: Node, variables: Collection[str]) -> Iterator[str]:
    """What must hold for derivatives of `output`, and is not seen; and what is a convention at single points.

    Nobody needs to be told where `output` itself has no value: `1/x` for `log(a*x)` needs no note that `a`
    is not 0. But that it has none for some values of the variables, where the derivative has one, is said,
    and so is what its own simplest form no longer shows.
    """
    reader = formulas.reader
    if reader is None:
        return
    algebra, writer = reader.algebra, Notation()
    divided = [*reader.not_zero, *algebra.cancelled]
    not_zero = [term for term in _bases(algebra, divided) if not term.positive]
    not_negative = [term for term in reader.not_negative if not (term.positive or is_square(term))]
    taken = list(reader.conventions)
    if not_zero or not_negative:
        shown_not_zero, shown_not_negative = _shown(algebra, formulas.expressions)
        not_zero = [term for term in not_zero if term not in shown_not_zero | shown_not_negative]
        not_negative = [term for term in not_negative if term not in shown_not_negative]
    if not_zero or not_negative:
        shown_not_zero, shown_not_negative = _shown(algebra, _read_again(reader, output))
        signs = {
            term: "!="
            for term in not_zero
            if term not in shown_not_zero | shown_not_negative or _depends(term, variables)
        }
        for term in not_negative:
            if term not in shown_not_negative:
                signs[term] = ">" if term in signs else ">="
        hidden = [f"{writer.write((1, term))} {sign} 0" for term, sign in signs.items()]
        if hidden:
            yield f"this holds where {' and '.join(sorted(hidden))}"
    for condition, value in taken:
        yield f"where {writer.write(condition)}, it is taken as {writer.write((value, ONE))}"


def _read_again(reader: Reader, output: Node) -> list[Expr]:
    """What a graph says whose derivatives have been read, where the language has words for it."""
    try:
        return reader.read((output,))
    except (Unreadable, TooLong):
        return []


def _depends(term: Term, variables: Collection[str]) -> bool:
    """Whether one of the variables stands in a term."""
    return any(isinstance(each, Name) and each.name in variables for each in below((term,)))


def _bases(algebra: Algebra, terms: Iterable[Term]) -> list[Term]:
    """The terms that are 0 where one of `terms` is."""
    found: dict[Term, None] = {}
    stack = list(terms)
    while stack:
        term = stack.pop()
        if isinstance(term, Literal) or term is ONE or term in found:
            continue
        if isinstance(term, Scaled):
            stack.append(term.term)
        elif isinstance(term, Product):
            stack += [
                base for base, exponent in term.factors.items() if isinstance(exponent, tuple) or exponent > 0
            ]
        elif isinstance(term, Call) and term.name == "hypot":
            continue
        elif isinstance(term, Sum) and (zeros := algebra.zeros(term)):
            stack += zeros
        elif isinstance(term, Call) and (sines := sines_of(term.name, above=True)):
            stack += [algebra.call(name, term.arguments, shape=term.shape)[1] for name in sines]
        elif isinstance(term, Call) and term.name in ("abs", "sinh", "asinh", "cbrt", "sign"):
            stack += [each for _, each in term.arguments]
        else:
            found[term] = None
    return list(found)


def _shown(algebra: Algebra, expressions: Iterable[Expr]) -> tuple[set[Term], set[Term]]:
    """The terms that formulas show not to be 0, and those that they show not to be negative."""
    not_zero: list[Term] = []
    not_negative: set[Term] = set()
    for term in below(term for _, term in expressions):
        if isinstance(term, Call) and term.name.startswith("log"):
            not_negative.update(each for _, each in term.arguments)
            not_zero += [each for _, each in term.arguments]
        if isinstance(term, Call):
            not_zero += [
                algebra.call(name, term.arguments, shape=term.shape)[1]
                for name in sines_of(term.name, above=False)
            ]
        for base, exponent in term.factors.items():
            if isinstance(exponent, tuple):
                not_negative.add(base)
                continue
            if exponent < 0:
                not_zero.append(base)
            if type(exponent) is not int:
                not_negative.add(base)
                if isinstance(base, Scaled):
                    not_negative.add(base.term)
    return set(_bases(algebra, not_zero)), not_negative.union(_bases(algebra, not_negative))


__all__ = ["NOTATIONS", "Formulas", "conventions", "derivative_text", "derived", "left_out", "written"]
