"""The abstract syntax: what the grammar recognises, with a span on everything. Immutable.

Private to the front of the pipeline (`builder.py` makes it, lowering and the session read it).
Every node's first field is its span in the `Source` that was parsed.
"""

from __future__ import annotations

from gradcli.records import NamedTuple
from gradcli.text.errors import InputError, Notice
from gradcli.text.source import Mark, Source, Span


class Number(NamedTuple):
    """`3`, `.5`, `1e-3`, `1_000`; `whole` where Python would have an integer."""

    span: Span
    value: float
    whole: bool = False


class Text(NamedTuple):
    """Text in quotes; means something only as an argument of `print`."""

    span: Span
    value: str


class Field(NamedTuple):
    """`{x:.4f}` in formatted text; `echo` is the text `x = ` of `{x = }`, `conversion` the r of `{x!r}`."""

    span: Span
    value: Expression
    echo: str
    conversion: str
    spec: FormattedText | None


class FormattedText(NamedTuple):
    """`f"x is {x}"`: text and fields in turn. Stands where `Text` may."""

    span: Span
    parts: tuple[Text | Field, ...]


class Name(NamedTuple):
    """A variable, constant or function. NFKC-normalised, as Python does."""

    span: Span
    name: str


class Unary(NamedTuple):
    """`-x`, `+x`, `not x` (operator `-`, `+` or `not`)."""

    span: Span
    operator: str
    operand: Expression


class Binary(NamedTuple):
    """`+ - * / // % @ **`; `^`, `×`, `·`, `−`, superscripts and a number against a name arrive as these.

    `operator_span` is empty (start == end) for a product that has no sign of its own.
    """

    span: Span
    operator: str
    operator_span: Span
    left: Expression
    right: Expression


class PlusMinus(NamedTuple):
    """`9.81 ± 0.02`, `9.81 +/- 0.02`: a number with its standard uncertainty."""

    span: Span
    value: Expression
    uncertainty: Expression


class Comparison(NamedTuple):
    """`a < b <= c`, `x in xs`, `x is not None`: `operands` has one more item than `operators`."""

    span: Span
    operators: tuple[str, ...]
    operands: tuple[Expression, ...]


class Logical(NamedTuple):
    """`a and b`, `a or b` (operator `and` or `or`)."""

    span: Span
    operator: str
    left: Expression
    right: Expression


class Conditional(NamedTuple):
    """`yes if condition else no`."""

    span: Span
    condition: Expression
    yes: Expression
    no: Expression


class Argument(NamedTuple):
    """One argument of a call; `name` is set for `dim=0`."""

    span: Span
    name: str | None
    value: Expression


class Call(NamedTuple):
    """`f(x, dim=0)`, `x.sum()`, `torch.sin(x)`: `function` is a `Name`, an `Attribute` or a `Prime`."""

    span: Span
    function: Expression
    arguments: tuple[Argument, ...]


class Prime(NamedTuple):
    """`f'` or `f''`, always the function of a `Call`."""

    span: Span
    name: Name
    order: int


class Attribute(NamedTuple):
    """`x.grad`, `A.T`, `torch.sin`."""

    span: Span
    value: Expression
    name: str
    name_span: Span


class Slice(NamedTuple):
    """`1:3`, `::2`, `:` inside brackets."""

    span: Span
    start: Expression | None
    stop: Expression | None
    step: Expression | None


class Rest(NamedTuple):
    """`...` inside brackets: all of every dimension that nothing else there is about."""

    span: Span


class Subscript(NamedTuple):
    """`x[0]`, `A[:, 1]`, `x[x > 0]`, `A[..., 0]`."""

    span: Span
    value: Expression
    items: tuple[Expression | Slice | Rest, ...]


class Vector(NamedTuple):
    """`[1, 2, 3]`; a matrix is a vector of vectors."""

    span: Span
    items: tuple[Expression, ...]


class Sequence(NamedTuple):
    """`(2, 3)`: several values, which are not one: a shape, what a function returns, the names for them."""

    span: Span
    items: tuple[Expression, ...]


class Lambda(NamedTuple):
    """`lambda x: x**2`: a function without a name, whose body is one `Return`."""

    span: Span
    function: Define


class Clause(NamedTuple):
    """`for x in xs if x > 0` behind an expression (target a `Name` or a `Sequence`)."""

    span: Span
    target: Expression
    iterable: Expression
    conditions: tuple[Expression, ...]


class Comprehension(NamedTuple):
    """`[x**2 for x in xs]`, and without brackets as an argument (then it is not `listed`)."""

    span: Span
    element: Expression
    clauses: tuple[Clause, ...]
    listed: bool


class Spread(NamedTuple):
    """`*xs` and `**options` (`named`) among the arguments of a call: its items are arguments."""

    span: Span
    value: Expression
    named: bool = False


class Entry(NamedTuple):
    """`"lr": 0.1` in a dictionary; without a key, `**others`, whose entries are in it too."""

    span: Span
    key: Expression | None
    value: Expression


class Dictionary(NamedTuple):
    """`{"lr": 0.1, **others}`, and `{k: len(k) for k in names}`, whose comprehension gives pairs."""

    span: Span
    entries: tuple[Entry, ...] | Comprehension


Expression = (
    Number
    | Text
    | FormattedText
    | Name
    | Unary
    | Binary
    | PlusMinus
    | Comparison
    | Logical
    | Conditional
    | Call
    | Prime
    | Attribute
    | Subscript
    | Vector
    | Sequence
    | Lambda
    | Comprehension
    | Dictionary
    | Spread
)


class ExpressionStatement(NamedTuple):
    """An expression on its own; a surface prints its value, unless `quiet` (a `;` ends its line)."""

    span: Span
    value: Expression
    quiet: bool


class Assign(NamedTuple):
    """`x = …`, `const t = …`, `x.grad = None`, `a, b = …`: to a `Name`, an `Attribute`, a `Sequence`."""

    span: Span
    target: Expression
    value: Expression
    constant: bool


class File(NamedTuple):
    """`@matrix.npy` where it is the whole right side of a statement."""

    span: Span
    name: str


class Read(NamedTuple):
    """`A = @matrix.npy`, `const A = @matrix.npy`; `file_span` begins at the `@`."""

    span: Span
    target: Name
    file: str
    file_span: Span
    constant: bool


class Update(NamedTuple):
    """`x -= …` with operator `-` (or `+ * / // % @ **`)."""

    span: Span
    target: Expression
    operator: str
    value: Expression

    def operation(self) -> Binary:
        """`x - …`: what the target becomes."""
        return Binary(self.span, self.operator, self.target.span, self.target, self.value)


class Parameter(NamedTuple):
    """A parameter of a user's function; `default` is `None` where it has none.

    `rest` is `*` where it takes all other values (without a name, none: what follows is given by name), and
    `**` where it takes all other names.
    """

    span: Span
    name: str
    default: Expression | None
    rest: str = ""


class Define(NamedTuple):
    """`f(x, y) = …` (a body of one `Return`) and `def f(x, y): …`.

    `source` is the text it was written in, so that an error inside a later call can show it. `decorators` are
    what stands after `@` above it, from top to bottom.
    """

    span: Span
    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    source: Source
    decorators: tuple[Expression, ...] = ()


class ClassDefinition(NamedTuple):
    """`class Net(nn.Module): …`, whose body defines functions and gives names to values."""

    span: Span
    name: str
    name_span: Span
    bases: tuple[Expression, ...]
    methods: tuple[Define, ...]
    values: tuple[Assign, ...] = ()
    fields: tuple[Parameter, ...] = ()
    """The names that have a type, with their values, in order: `x: float = 0.1`."""
    decorators: tuple[Expression, ...] = ()


class Return(NamedTuple):
    """`return …`, only inside a `Define`; of nothing, the name None."""

    span: Span
    value: Expression


class For(NamedTuple):
    """`for i in range(10): …`, `for x, y in zip(xs, ys): …` (target a `Name` or a `Sequence`)."""

    span: Span
    target: Expression
    iterable: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()
    """What stands under its `else`: done where no `break` has ended it."""


class While(NamedTuple):
    """`while condition:`."""

    span: Span
    condition: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()


class Case(NamedTuple):
    """One `if` or `elif` of a branch, or its `else`, which has no condition."""

    span: Span
    condition: Expression | None
    body: tuple[Statement, ...]


class If(NamedTuple):
    """`if …:` with its `elif …:` and `else:`: the first case whose condition holds is run."""

    span: Span
    cases: tuple[Case, ...]


class Assert(NamedTuple):
    """`assert condition` and `assert condition, message`."""

    span: Span
    condition: Expression
    message: Expression | None


class Raise(NamedTuple):
    """`raise ValueError("text")`: an error of this name, perhaps with a text; alone, what was caught.

    `cause` is what stands behind `from`: the error that led to it.
    """

    span: Span
    name: str
    message: Expression | None
    cause: Expression | None = None


class Handler(NamedTuple):
    """`except ValueError as error:` with its body: what it takes (`None`: all), and calls it."""

    span: Span
    errors: Expression | None
    name: str
    body: tuple[Statement, ...]


class Try(NamedTuple):
    """`try:` with its handlers, its `else` and its `finally`."""

    span: Span
    body: tuple[Statement, ...]
    handlers: tuple[Handler, ...]
    otherwise: tuple[Statement, ...]
    closing: tuple[Statement, ...]


class Yield(NamedTuple):
    """`yield x`: another item of what a call of the function gives."""

    span: Span
    value: Expression


class Global(NamedTuple):
    """`global x`: names that a function binds are the program's; `nonlocal x`: those of a function around."""

    span: Span
    names: tuple[Name, ...]
    nearest: bool


class Leave(NamedTuple):
    """`break` and `continue` (`again`)."""

    span: Span
    again: bool


class NoGrad(NamedTuple):
    """`with torch.no_grad(): …` or `no_grad: …`, and (if `recording`) `with torch.enable_grad(): …`.

    `recording` is a condition in `with torch.set_grad_enabled(training): …`.
    """

    span: Span
    body: tuple[Statement, ...]
    recording: bool | Expression = False


class Backward(NamedTuple):
    """`backward y` and `backward y, seed`. (`y.backward()` is an `ExpressionStatement`.)"""

    span: Span
    value: Expression
    seed: Expression | None
    quiet: bool = False


class Zero(NamedTuple):
    """`zero` (no names: every leaf) and `zero x w`."""

    span: Span
    names: tuple[Name, ...]
    quiet: bool = False


class Correlate(NamedTuple):
    """`correlation x, y = 0.3`: how uncertain leaves vary together."""

    span: Span
    names: tuple[Name, ...]
    value: Expression


class DegreesOfFreedom(NamedTuple):
    """`dof x, y = 4`: how well the uncertainties of leaves are known."""

    span: Span
    names: tuple[Name, ...]
    value: Expression


class Range(NamedTuple):
    """`0:3` and `0:2:0.25`, the end included; only where values are given, as in `table y, x=0:3`."""

    span: Span
    start: Expression
    stop: Expression
    step: Expression | None


class Part(NamedTuple):
    """One part of what is asked: `y`, or two sides with a `sign` between them: `x = 0:3`, `x: 2*x`."""

    span: Span
    left: Expression
    sign: str
    right: Expression | Range | None


class Ask(NamedTuple):
    """`diff y, x`, `table y, x=-3:3`: something asked of the capability that is called `word`.

    With `backward` it is asked of the statement `backward y`, as in `explain backward y`.
    """

    span: Span
    word: str
    word_span: Span
    parts: tuple[Part, ...]
    quiet: bool = False
    backward: bool = False


class Delete(NamedTuple):
    """`del x, y`, `del d["a"]`."""

    span: Span
    names: tuple[Expression, ...]


class Imported(NamedTuple):
    """What an import line calls `name`: a module, or (with `member`) something that a module holds."""

    name: str
    module: str
    member: str | None

    @property
    def library(self) -> str:
        """The library that it is of, as `torch` for `torch.nn`."""
        return self.module.partition(".")[0]


class Import(NamedTuple):
    """`import numpy as np`, `from math import pi as p`: names to look through; runs nothing. Also `pass`."""

    span: Span
    names: tuple[Imported, ...]


Statement = (
    ExpressionStatement
    | Assign
    | Read
    | Update
    | Define
    | ClassDefinition
    | Return
    | For
    | While
    | If
    | Assert
    | Raise
    | Try
    | Yield
    | Global
    | Leave
    | NoGrad
    | Backward
    | Zero
    | Correlate
    | DegreesOfFreedom
    | Ask
    | Delete
    | Import
)


class Disputed(NamedTuple):
    """A reading that people dispute (`1/2x`), to be told in a note: the text, and how it was taken."""

    span: Span
    reading: str
    hint: str | None = None

    def note(self, source: Source) -> Notice:
        """The note, for the text in which it stands."""
        return Notice("note", f"read as {self.reading}", (Mark(source, self.span),), self.hint)


class Program(NamedTuple):
    """Everything that one `Source` says, in order."""

    source: Source
    statements: tuple[Statement, ...]
    disputed: tuple[Disputed, ...]

    def not_empty(self) -> Program:
        """Itself; raises `InputError` where it says nothing."""
        if not self.statements:
            place = Mark(self.source, self.source.line_span(0))
            raise InputError("there is no expression", (place,), 'such as "sin(x**2)"')
        return self
