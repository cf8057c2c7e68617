"""What every target writes: steps with names, and the texts of results, from graphs over single numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradcli.arrays import Shape
from gradcli.engine.graph import Constant, Input, Node, as_node, intern, number_in, topological
from gradcli.engine.primitives.entry import Elementwise
from gradcli.records import NamedTuple
from gradcli.text.errors import EvaluationError
from gradcli.writing.code.definitions import DEFINITIONS, of
from gradcli.writing.code.names import Names, told

# How tightly the parts of an expression bind, loosest first; the same order in every language here.
CHOICE, OR, AND, NOT, COMPARE, SUM, TERM, SIGN, POWER, ATOM = range(0, 100, 10)


class Word(NamedTuple):
    """How a primitive is written: a pattern with a place for each operand, and how tightly it binds.

    `needs` says how tightly each operand must bind to stand without parentheses; in a call, anything does.
    """

    pattern: str
    level: int = ATOM
    needs: tuple[int, ...] = ()

    @property
    def repeats(self) -> bool:
        """Whether an operand stands in it more than once."""
        return any(self.pattern.count(f"{{{place}}}") > 1 for place in range(3))

    def written(self, operands: Sequence[tuple[str, int]]) -> str:
        """The text, from those of its operands and how tightly these bind."""
        needs = self.needs or (0,) * len(operands)
        texts = (
            text if level >= need else f"({text})"
            for (text, level), need in zip(operands, needs, strict=True)
        )
        return self.pattern.format(*texts)


def call(name: str, operands: int = 1) -> Word:
    """A function that is called by its name."""
    return Word(f"{name}({', '.join(['{}'] * operands)})")


def infix(sign: str, level: int) -> Word:
    """An operator between two operands, of which the left may be one of its own."""
    return Word(f"{{}} {sign} {{}}", level, (level, level + 1))


def comparison(sign: str) -> Word:
    """A comparison, which no language here chains."""
    return Word(f"{{}} {sign} {{}}", COMPARE, (COMPARE + 1, COMPARE + 1))


ARITHMETIC: Mapping[str, Word] = {
    "add": infix("+", SUM),
    "subtract": infix("-", SUM),
    "multiply": infix("*", TERM),
    "divide": infix("/", TERM),
    "negative": Word("-{}", SIGN, (SIGN + 1,)),
    "less": comparison("<"),
    "less_equal": comparison("<="),
    "greater": comparison(">"),
    "greater_equal": comparison(">="),
}
"""What all languages here write alike."""


class Argument(NamedTuple):
    """A variable: its name in the code, its name in the formula, its shape, and its elements as inputs."""

    name: str
    title: str
    shape: Shape
    elements: tuple[Node, ...]


class Step(NamedTuple):
    """A value with a name of its own."""

    name: str
    text: str
    truth: bool


class Partial(NamedTuple):
    """The derivatives in one variable: its name in the formula and in the code, their shape, their texts.

    The shape is that of the value, then that of the variable.
    """

    title: str
    name: str
    shape: Shape
    texts: tuple[str, ...]


class Function(NamedTuple):
    """A function as its target writes it: everything in it is text of that language.

    `values` are the elements of the value, whose shape is `shape`; `gradient` has the derivatives in each
    variable, and `hessian` those of each row of `jacobian` in the same order, row by row; all of them in the
    order of rows, and empty where they are not asked for. `helpers` are the names of functions of the
    target's own that are called.
    """

    name: str
    arguments: tuple[Argument, ...]
    steps: tuple[Step, ...]
    values: tuple[str, ...]
    shape: Shape
    gradient: tuple[Partial, ...]
    hessian: tuple[tuple[str, ...], ...]
    helpers: frozenset[str]
    expression: str

    @property
    def value(self) -> str:
        """The value, where it is a single number that is asked for."""
        return self.values[0] if self.values and not self.shape else ""

    @property
    def several(self) -> bool:
        """Whether the value is an array that is asked for."""
        return bool(self.values) and self.shape != ()

    @property
    def jacobian(self) -> list[list[str]]:
        """For each element of the value its derivatives, in the order of the gradient."""
        rows: list[list[str]] = [[] for _ in range(math.prod(self.shape) if self.gradient else 0)]
        for part in self.gradient:
            width = len(part.texts) // len(rows) if rows else 0
            for place, row in enumerate(rows):
                row += part.texts[place * width : (place + 1) * width]
        return rows

    @property
    def width(self) -> int:
        """How many derivatives one element of the value has."""
        return len(self.jacobian[0]) if self.jacobian else 0


class Writing(NamedTuple):
    """What a target is to write: a name, what it takes and what it gives, as nodes over single numbers."""

    name: str
    arguments: tuple[tuple[str, Shape, tuple[Node, ...]], ...]
    values: tuple[Node, ...]
    shape: Shape
    gradient: tuple[tuple[str, Shape, tuple[Node, ...]], ...]
    hessian: tuple[tuple[Node, ...], ...]
    expression: str


class Language(NamedTuple):
    """What a target's text is made of.

    `words` are the primitives that it has, `number` and `truth` write constants with how tightly they bind,
    `element` an element of an array argument by its name, its place and its shape. A value gets a name of its
    own where its text is longer than `width`. `helpers` are functions of the target's own that words call, by
    name.
    """

    title: str
    words: Mapping[str, Word]
    number: Callable[[float], tuple[str, int]]
    truth: Callable[[bool], str]
    element: Callable[[str, int, Shape], str]
    reserved: frozenset[str]
    helpers: Mapping[str, str] = {}
    folds: bool = False
    width: int = 72
    shares: bool = True
    argument: Callable[[str, str], str] = lambda name, title: name
    step: Callable[[str], str] = str
    special: Callable[[Node], Word | None] = lambda node: None


def spelled(outputs: Sequence[Node], language: Language) -> list[Node]:
    """The graphs, made of the target's own words; raises `EvaluationError` for what it cannot say."""
    done: dict[Node, Node] = {}

    def visit(nodes: Sequence[Node]) -> None:
        for node in topological(nodes, done.__contains__):
            if node in done:
                continue
            if not node.inputs:
                done[node] = node
                continue
            inputs = tuple(done[each] for each in node.inputs)
            rewritten = _rewritten(node, inputs, language)
            if rewritten is None:
                done[node] = node if inputs == node.inputs else intern(node.primitive, inputs, node.params)
                continue
            for each in inputs:
                done.setdefault(each, each)
            visit([rewritten])
            done[node] = done[rewritten]

    visit(outputs)
    return [done[each] for each in outputs]


def has(language: Language, primitive: Elementwise) -> bool:
    """Whether a target can say a primitive, in a word of its own or by a definition."""
    node = primitive.apply(*(Input(f"x{k}", ()) for k in range(primitive.arity)))
    try:
        spelled([node], language)
    except EvaluationError:
        return False
    return True


_OF_POWER: Mapping[float, Callable[[Node], Node]] = {
    2.0: lambda x: x * x,
    0.5: of("sqrt"),
    -1.0: lambda x: 1 / x,
}
"""Powers that every language computes better in another way, or only so."""


def _rewritten(node: Node, inputs: tuple[Node, ...], language: Language) -> Node | None:
    """A node by others, where the target has no word for it; `None` where it has."""
    name = node.primitive.name
    if name == "where" and isinstance(inputs[0], Constant):
        return inputs[1] if inputs[0].value else inputs[2]
    if name in ("add", "subtract"):
        x, y = inputs
        added = number_in(y) if name == "add" else None
        if added is not None and added < 0:
            return of("subtract")(x, as_node(-added))
        return _one_choice(x, y, of("negative") if name == "subtract" else lambda rest: rest)
    if name == "power":
        exponent = number_in(inputs[1])
        if exponent is not None and exponent in _OF_POWER:
            return _OF_POWER[exponent](inputs[0])
    if name in language.words:
        return None
    if name in DEFINITIONS:
        return DEFINITIONS[name](*inputs)
    called = getattr(node.primitive, "written", "") or name
    raise EvaluationError(f"{language.title} has no {called}, and it has no short definition")


def _one_choice(x: Node, y: Node, sign: Callable[[Node], Node]) -> Node | None:
    """What two terms are of which one is 0 wherever the other is not; `None` if they are no such terms."""
    first, second = _chosen(x), _chosen(y)
    if first is None or second is None:
        return None
    (condition, value), (other, rest) = first, second
    if _is_not(other, condition):
        return of("where")(condition, value, sign(rest))
    if _is_not(condition, other):
        return of("where")(other, sign(rest), value)
    return None


def _chosen(x: Node) -> tuple[Node, Node] | None:
    """The condition under which a node is not 0, and what it is there, if it is written so."""
    if x.primitive.name != "where" or number_in(x.inputs[2]) != 0:
        return None
    return x.inputs[0], x.inputs[1]


def _is_not(x: Node, y: Node) -> bool:
    return x.primitive.name == "logical_not" and x.inputs[0] is y


def function(writing: Writing, language: Language) -> Function:
    """A function in the words of its target; raises `EvaluationError` for what these cannot say."""
    names = Names(language.reserved, folds=language.folds)
    name = names.safe(writing.name)
    arguments = tuple(
        Argument(names.safe(title), title, shape, elements) for title, shape, elements in writing.arguments
    )
    texts: dict[Node, tuple[str, int]] = {}
    for each in arguments:
        for place, element in enumerate(each.elements):
            if each.shape:
                texts[element] = language.element(each.name, place, each.shape), ATOM
            else:
                texts[element] = language.argument(each.name, each.title), ATOM
    wanted: list[Node] = [*writing.values]
    wanted += [node for *_, part in writing.gradient for node in part]
    wanted += [node for row in writing.hessian for node in row]
    nodes = spelled(wanted, language)
    steps: list[Step] = []
    uses = _uses(nodes)
    called: set[str] = set()
    words = {
        node: language.special(node) or language.words[node.primitive.name]
        for node in topological(nodes)
        if node.inputs
    }
    repeated = {each for node, word in words.items() if word.repeats for each in node.inputs}
    for node in topological(nodes):
        if isinstance(node, Constant):
            value = node.value
            texts[node] = (
                (language.truth(bool(value)), ATOM) if node.boolean else language.number(float(value))
            )
            continue
        if not node.inputs:
            continue
        word = words[node]
        called.update(helper for helper in language.helpers if f"{helper}(" in word.pattern)
        text, level = word.written([texts[each] for each in node.inputs]), word.level
        if language.shares and (uses[node] > 1 or len(text) > language.width or node in repeated):
            step = Step(names.new("s"), text, node.boolean)
            steps.append(step)
            text, level = language.step(step.name), ATOM
        texts[node] = (text, level)
    results = iter([texts[node][0] for node in nodes])
    values = tuple(next(results) for _ in writing.values)
    named = {each.title: each.name for each in arguments}
    gradient = tuple(
        Partial(title, named.get(title) or names.safe(title), shape, tuple(next(results) for _ in part))
        for title, shape, part in writing.gradient
    )
    hessian = tuple(tuple(next(results) for _ in part) for part in writing.hessian)
    return Function(
        name,
        arguments,
        tuple(steps),
        values,
        writing.shape,
        gradient,
        hessian,
        _closed(called, language),
        writing.expression,
    )


def _uses(nodes: Sequence[Node]) -> dict[Node, int]:
    """How often each node is read: by others, and as a result."""
    uses: dict[Node, int] = {}
    for node in topological(nodes):
        uses.setdefault(node, 0)
        for each in node.inputs:
            uses[each] += 1
    for node in nodes:
        uses[node] += 1
    return uses


def _closed(called: set[str], language: Language) -> frozenset[str]:
    """The helpers that are called, and those that they call themselves."""
    waiting = list(called)
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [each for each in language.helpers if f"{each}(" in language.helpers[name]]
    return frozenset(found)


def told_of(function: Function) -> list[str]:
    """What a comment says about a function: what it gives, in which order, and how it spells the names."""
    several = len(function.shape) > 0
    gives = (
        ("value", function.values),
        ("Jacobian" if several else "gradient", function.gradient),
        ("Hessians" if several else "Hessian", function.hessian),
    )
    *first, last = (name for name, there in gives if there)
    what = f"{', '.join(first)} and {last}" if first else last
    lines = [f"{what[:1].upper()}{what[1:]} of {told(function.expression)}"]
    if len(function.gradient) > 1:
        order = ", ".join(each.name for each in function.gradient)
        lines.append(f"The derivatives are those in {order}, in this order.")
    elif function.gradient and len(function.arguments) > 1:
        lines.append(f"The derivative is that in {function.gradient[0].name}.")
    if several:
        sizes = " x ".join(map(str, function.shape))
        lines.append(f"The value has {sizes} elements, and each has all derivatives, one after another.")
    for each in function.arguments:
        if each.name != each.title:
            lines.append(f"{each.name} is {told(each.title)}.")
        if each.shape:
            sizes = " x ".join(map(str, each.shape))
            lines.append(f"{each.name} has {sizes} elements{', row by row' if len(each.shape) > 1 else ''}.")
    return lines


def decimal(value: float) -> str:
    """A finite number, shortest, always with a point or an exponent."""
    text = repr(float(value))
    return text if set(text) & set(".en") else f"{text}.0"


def nested(texts: Sequence[str], shape: Sequence[int], opening: str, closing: str, alone: str = "") -> str:
    """Texts as nested lists of a shape; `alone` stands behind the only item of one."""
    if not shape:
        return texts[0]
    size = len(texts) // shape[0] if shape[0] else 0
    items: list[Any] = [
        nested(texts[k * size : (k + 1) * size], shape[1:], opening, closing, alone) for k in range(shape[0])
    ]
    return opening + ", ".join(items) + (alone if len(items) == 1 else "") + closing
