"""What each rule of the grammar builds: one method for each rule or alias in `grammar/gradcli.lark`.

A method is given the rule's span, which reaches from its first token to its last (parentheses included,
although they are no part of the expression inside them), and the values of its parts.
"""

from __future__ import annotations

import re
from math import isinf
from typing import Any, NoReturn

from gradcli.language.layout import Token, normal_name, scan
from gradcli.language.tree import (
    Argument,
    Ask,
    Assert,
    Assign,
    Attribute,
    Backward,
    Binary,
    Call,
    Case,
    ClassDefinition,
    Clause,
    Comparison,
    Comprehension,
    Conditional,
    Correlate,
    Define,
    DegreesOfFreedom,
    Delete,
    Dictionary,
    Disputed,
    Entry,
    Expression,
    ExpressionStatement,
    Field,
    File,
    For,
    FormattedText,
    Global,
    Handler,
    If,
    Import,
    Imported,
    Lambda,
    Leave,
    Logical,
    Name,
    NoGrad,
    Number,
    Parameter,
    Part,
    PlusMinus,
    Prime,
    Program,
    Raise,
    Range,
    Read,
    Rest,
    Return,
    Sequence,
    Slice,
    Spread,
    Statement,
    Subscript,
    Text,
    Try,
    Unary,
    Update,
    Vector,
    While,
    Yield,
    Zero,
)
from gradcli.language.vocabulary import DISTRIBUTIONS, OF_DISTRIBUTIONS, PLAIN_CONTEXTS, RECORDING, UNBINDABLE
from gradcli.records import NamedTuple
from gradcli.text.errors import ParseError
from gradcli.text.source import Mark, Source, Span

# Other ways to write an operator.
_OPERATORS = {"^": "**", "−": "-", "×": "*", "·": "*", "⋅": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!="}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_ESCAPES = {
    **dict(zip("abfnrtv\\'\"", "\a\b\f\n\r\t\v\\'\"", strict=True)),
    **dict.fromkeys(("\n", "\r", "\r\n"), ""),
}
BARS = "|∣"
"""The signs of an absolute value."""

_CALLING_SIGNS = f"√!{BARS}"
"""Signs that are calls of functions."""

_READING_WIDTH = 40
_BRACKETED = r"([-+−]?)([0-9_]*\.([0-9_]*))\(([0-9]+)\)"
"""`9.81(2)`: a number with a decimal point, and the uncertainty of its last digits."""
_PLUS_MINUS = r"([-+−]?[0-9_.eE]+)\s*\+[-−]\s*([0-9_.eE]+)"
_PRODUCT = r"([-+−]?[0-9_.]+)\(([0-9.]+)\)"
"""`9.81 +- 0.02`, `12(3)` and `9.81(0.02)`, which are not."""

Statements = tuple[Statement, ...]


class Chain(NamedTuple):
    """What stands behind the first `=` of `a = b = 0`: further targets, and the value of all."""

    span: Span
    targets: tuple[Expression, ...]
    value: Expression | File


class Closing(NamedTuple):
    """What stands under the `finally` of a `try`."""

    body: Statements


class Several(NamedTuple):
    """Statements that are written as one."""

    statements: Statements


class Refused(Exception):  # noqa: N818 (who catches it says what is wrong)
    """A token that the grammar takes, and that means something else to whoever writes it there.

    A comma between two numbers outside brackets, where many write a decimal point; a second `=`; a value
    behind its formula.
    """

    def __init__(self, token: Token) -> None:
        self.token = token


def _of_distribution(function: Expression) -> Expression:
    """What is called; `norm.pdf`, also behind SciPy's prefix, is the function `norm_pdf`."""
    if not isinstance(function, Attribute) or function.name not in OF_DISTRIBUTIONS:
        return function
    distribution = function.value
    if isinstance(distribution, Attribute):
        above = distribution.value
        if not isinstance(above, Name | Attribute) or above.name != "stats":
            return function
    elif not isinstance(distribution, Name):
        return function
    if distribution.name not in DISTRIBUTIONS:
        return function
    return Name(function.span, f"{distribution.name}_{function.name}")


def normal_operator(text: str) -> str:
    """An operator in Python's spelling."""
    return _OPERATORS.get(text, text)


class Builder:
    """Builds the syntax of one source from the bottom up."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.disputed: list[Disputed] = []
        self._returns: list[Span] = []
        self._leaves: list[Leave] = []
        self._declared: dict[Span, Parameter] = {}
        """The statements that give a name a type, by their places."""

    # ------------------------------------------------------------------------------------ programs

    def program(self, span: Span, *lines: Statements) -> Program:
        self._all_in_loops(0)
        if self._returns:
            word = self._text(self._returns[0]).split()[0]
            self._fail(f"`{word}` stands outside a function", self._returns[0], "write the value on its own")
        statements = tuple(statement for line in lines for statement in line)
        return Program(self.source, statements, tuple(self.disputed))

    def simple(self, span: Span, *statements: Statement | Several) -> Statements:
        found: list[Statement] = []
        for each in statements:
            found += each.statements if isinstance(each, Several) else (each,)
        return tuple(found)

    def quiet(self, span: Span, *given: Statement | Several) -> Statements:
        statements = self.simple(span, *given)
        last = statements[-1]
        if isinstance(last, ExpressionStatement | Backward | Zero | Ask):
            return (*statements[:-1], last._replace(quiet=True))
        return statements

    def body(self, span: Span, *lines: Statements) -> Statements:
        return tuple(statement for line in lines for statement in line)

    def evaluate(self, span: Span, value: Expression) -> Statement:
        self._no_decimal_comma(value)
        return ExpressionStatement(span, value, False)

    def assigned(
        self, span: Span, target: Expression, value: Expression | File | Chain
    ) -> Statement | Several:
        if not isinstance(value, Chain):
            return self.assign(span, target, value)
        self._assignable(target)
        return self._assign_all(span, target, value)

    def assign(self, span: Span, target: Expression, value: Expression | File) -> Statement:
        if isinstance(value, File):
            return self._read(span, target, value, constant=False)
        if isinstance(target, Call) and isinstance(target.function, Name):
            if self.source.text[target.function.span.start] in _CALLING_SIGNS:
                whole, right = self._text(target.span), self._text(value.span)
                inside = target.arguments[0].value
                unknown = inside.name if isinstance(inside, Name) else "x"
                hint = f"`solve {whole} = {right}, {unknown}=1` finds where it is so"
                self._fail("cannot assign to a formula", target.span, hint)
            return self._formula(span, target, target.function, value)
        self._no_values_behind(target, value)
        self._assignable(target)
        if not isinstance(target, Sequence | Vector):
            self._no_decimal_comma(value)
        return Assign(span, target, self._measured(value), False)

    def chain(self, span: Span, target: Expression, sign: Token, value: Expression | File | Chain) -> Chain:
        if not isinstance(target, Name | Attribute | Subscript | Sequence | Vector):
            raise Refused(sign)
        self._assignable(target)
        if isinstance(value, Chain):
            return Chain(span, (target, *value.targets), value.value)
        return Chain(span, (target,), value)

    def _assign_all(self, span: Span, first: Expression, chain: Chain) -> Several:
        """The statements that `a = b = 0` stands for: the others are names of what the first one is then."""
        if isinstance(chain.value, File):
            self._fail("a file is read into one name", chain.span, f"A = @{chain.value.name}")
        targets = (first, *chain.targets)
        first = next((each for each in targets if isinstance(each, Name)), first)
        made = self.assign(span, first, chain.value)
        others = [Assign(span, each, first, False) for each in targets if each is not first]
        return Several((made, *others))

    def constant(self, span: Span, name: Token, value: Expression | File | Chain) -> Statement:
        target = self.name(name.span, name)
        if isinstance(value, Chain):
            self._fail("a constant is given its value alone", value.span, "write one const for each name")
        if isinstance(value, File):
            return self._read(span, target, value, constant=True)
        self._assignable(target)
        self._no_decimal_comma(value)
        return Assign(span, target, self._measured(value), True)

    def annotated(self, span: Span, target: Expression, sign: Token, *parts: Any) -> Statement | Several:
        """`x: int = 3`, which is `x = 3`, and `x: int`, which says nothing but in a class."""
        _, *given = parts  # an annotation arrives as `None`
        if given and given[0].__class__ is Token:
            given = given[1:]
        self._assignable(target)
        value = given[0] if given else None
        if isinstance(target, Name):
            default = None if isinstance(value, File | Chain) else value
            self._declared[span] = Parameter(span, target.name, default)
        return Import(span, ()) if value is None else self.assigned(span, target, value)

    def update(self, span: Span, target: Expression, operator: Token, value: Expression) -> Statement:
        self._assignable(target, "update")
        return Update(span, target, normal_operator(operator.text[:-1]), value)

    def file(self, span: Span, token: Token) -> File:
        name = token.text[1:].strip()
        if name[:1] in ("'", '"') and name[-1:] == name[:1] and len(name) > 1:
            name = name[1:-1]  # as it stands: a path of Windows has backslashes
        if not name:
            self._fail("a file name is missing after @", span, "A = @numbers.csv")
        return File(span, name)

    def _read(self, span: Span, target: Expression, file: File, *, constant: bool) -> Read:
        if not isinstance(target, Name):
            self._fail("a file is read into a name", target.span, f"A = @{file.name}")
        self._assignable(target)
        return Read(span, target, file.name, file.span, constant)

    def break_(self, span: Span) -> Statement:
        self._leaves.append(Leave(span, False))
        return self._leaves[-1]

    def continue_(self, span: Span) -> Statement:
        self._leaves.append(Leave(span, True))
        return self._leaves[-1]

    def _all_in_loops(self, start: int) -> None:
        """Refuses a `break` behind a place that no loop is around."""
        if self._leaves and self._leaves[-1].span.start >= start:
            leave = self._leaves[-1]
            word = "continue" if leave.again else "break"
            self._fail(f"`{word}` stands outside a loop", leave.span, "it ends a round of `for` or `while`")

    def return_(self, span: Span, value: Expression | None = None) -> Statement:
        self._returns.append(span)
        return Return(span, Name(span, "None") if value is None else value)

    def yield_(self, span: Span, value: Expression) -> Statement:
        self._returns.append(span)
        return Yield(span, value)

    def assert_(self, span: Span, condition: Expression, message: Expression | None = None) -> Statement:
        return Assert(span, condition, message)

    def raise_(
        self, span: Span, value: Expression | None = None, cause: Expression | None = None
    ) -> Statement:
        if value is None:
            return Raise(span, "", None)
        called = value.function if isinstance(value, Call) else value
        given = value.arguments if isinstance(value, Call) else ()
        if not isinstance(called, Name | Attribute) or len(given) > 1 or any(each.name for each in given):
            self._fail("an error has a name, and perhaps a text", value.span, 'raise ValueError("text")')
        return Raise(span, called.name, given[0].value if given else None, cause)

    def global_(self, span: Span, *names: Token) -> Statement:
        return Global(span, self._names(names), nearest=False)

    def nonlocal_(self, span: Span, *names: Token) -> Statement:
        return Global(span, self._names(names), nearest=True)

    def backward(self, span: Span, value: Expression, seed: Expression | None = None) -> Statement:
        if isinstance(value, Sequence) and seed is None and 1 <= len(value.items) <= 2:
            seed = value.items[1] if len(value.items) == 2 else None  # `backward(y, [1, 0.1])`
            value = value.items[0]
        return Backward(span, value, seed)

    def zero(self, span: Span, *names: Token) -> Statement:
        return Zero(span, self._names(names))

    def correlation(self, span: Span, *parts: Any) -> Statement:
        return Correlate(span, self._names(parts[:-1]), parts[-1])

    def degrees_of_freedom(self, span: Span, *parts: Any) -> Statement:
        return DegreesOfFreedom(span, self._names(parts[:-1]), parts[-1])

    def word(self, span: Span, word: Token) -> Token:
        return word

    def capability(self, span: Span, word: Token, *parts: Part) -> Statement:
        return Ask(span, word.text, word.span, parts)

    def capability_of_backward(self, span: Span, word: Token, *parts: Part) -> Statement:
        return Ask(span, word.text, word.span, parts, backward=True)

    def asked(self, span: Span, *parts: Any) -> tuple[Part, ...]:
        return (*parts[0], parts[1]) if len(parts) == 2 else parts

    def part(
        self, span: Span, left: Expression, sign: Token | None = None, right: Expression | Range | None = None
    ) -> Part:
        return Part(span, left, "" if sign is None else sign.text, right)

    def range(self, span: Span, start: Expression, _: Token, stop: Expression, *step: Any) -> Range:
        return Range(span, start, stop, step[1] if step else None)

    def delete(self, span: Span, *names: Expression) -> Statement:
        return Delete(span, names)

    def import_(self, span: Span, *modules: Imported) -> Statement:
        return Import(span, modules)

    def import_from(self, span: Span, module: str, *members: Any) -> Statement:
        named = [("*", "*") if isinstance(member, Token) else member for member in members]
        return Import(span, tuple(Imported(name, module, member) for name, member in named))

    def dotted(self, span: Span, *names: Token) -> str:
        return ".".join(normal_name(name.text) for name in names)

    def module(self, span: Span, path: str, alias: Token | None = None) -> Imported:
        if alias is not None:
            return Imported(normal_name(alias.text), path, None)
        name = path.partition(".")[0]
        return Imported(name, name, None)

    def member(self, span: Span, name: Token, alias: Token | None = None) -> tuple[str, str]:
        member = normal_name(name.text)
        return member if alias is None else normal_name(alias.text), member

    def pass_(self, span: Span) -> Statement:
        return Import(span, ())

    def define(self, span: Span, name: Token, *parts: Any) -> Statements:
        parameters = tuple(part for part in parts if isinstance(part, Parameter))
        self._distinct(parameters)
        self._all_in_loops(span.start)
        # A `return` inside this definition is not outside one.
        while self._returns and self._returns[-1].start >= span.start:
            self._returns.pop()
        return (Define(span, normal_name(name.text), name.span, parameters, parts[-1], self.source),)

    def class_(self, span: Span, name: Token, *parts: Any) -> Statements:
        *bases, block = parts
        methods = tuple(statement for statement in block if isinstance(statement, Define))
        values, imports, fields = [], [], []
        for statement in block:
            if statement.span in self._declared:
                fields.append(self._declared[statement.span])
            is_docstring = isinstance(statement, ExpressionStatement) and isinstance(statement.value, Text)
            if isinstance(statement, Assign) and isinstance(statement.target, Name):
                values.append(statement)
            elif isinstance(statement, Import):  # of which `pass` has no names
                imports += [statement] if statement.names else []
            elif not (is_docstring or isinstance(statement, Define)):
                hint = "do it in __init__: self.size = 3"
                told = "the body of a class defines functions and gives names to values, and nothing else"
                self._fail(told, statement.span, hint)
        return (
            *imports,
            ClassDefinition(
                span,
                *(normal_name(name.text), name.span, tuple(bases), methods, tuple(values), tuple(fields)),
            ),
        )

    def decorated(self, span: Span, _: Token, decorator: Expression, functions: Statements) -> Statements:
        *before, function = functions  # before a class may stand what its body imports
        assert isinstance(function, Define | ClassDefinition)
        return (*before, function._replace(span=span, decorators=(decorator, *function.decorators)))

    def parameter(self, span: Span, name: Token, *parts: Expression | None) -> Parameter:
        # An annotation arrives as `None`.
        return Parameter(span, normal_name(name.text), parts[-1] if parts else None)

    def rest_of_values(self, span: Span, sign: Token, name: Token | None = None, *_: None) -> Parameter:
        self._star(sign, "a parameter must be a name")
        return Parameter(span, "" if name is None else normal_name(name.text), None, "*")

    def rest_of_names(self, span: Span, sign: Token, name: Token, *_: None) -> Parameter:
        self._star(sign, "a parameter must be a name")
        return Parameter(span, normal_name(name.text), None, "**")

    def annotation(self, span: Span, *alternatives: Any) -> None:
        return None

    def loop(
        self, span: Span, target: Expression, iterable: Expression, body: Statements, *further: Case
    ) -> Statements:
        self._assignable(target)
        return (For(span, target, iterable, body, self._looped(span, further)),)

    def _looped(self, span: Span, further: tuple[Case, ...]) -> Statements:
        """What stands under the `else` of a loop. What leaves a loop in its body leaves this one."""
        end = further[0].span.start if further else span.end
        self._leaves = [each for each in self._leaves if not span.start <= each.span.start < end]
        return further[0].body if further else ()

    def repeat(self, span: Span, condition: Expression, body: Statements, *further: Case) -> Statements:
        return (While(span, condition, body, self._looped(span, further)),)

    def branch(self, span: Span, condition: Expression, body: Statements, *further: Case) -> Statements:
        return (If(span, (Case(span, condition, body), *further)),)

    def alternative(self, span: Span, condition: Expression, body: Statements) -> Case:
        return Case(span, condition, body)

    def otherwise(self, span: Span, body: Statements) -> Case:
        return Case(span, None, body)

    def context(self, span: Span, context: Expression, body: Statements) -> Statements:
        arguments = context.arguments if isinstance(context, Call) else ()
        called = context.function if isinstance(context, Call) else context
        name = called.name if isinstance(called, Name | Attribute) else ""
        if name in PLAIN_CONTEXTS:
            return body
        if name == "set_grad_enabled" and len(arguments) == 1:
            wanted = arguments[0].value
            settled = {"True": True, "False": False}.get(getattr(wanted, "name", ""))
            return (NoGrad(span, body, wanted if settled is None else settled),)
        if arguments:
            name = ""
        if isinstance(called, Name) and called.name == "open":
            hint = "a file of numbers is read by A = @numbers.csv"
            self._fail("a program opens no files here", context.span, hint)
        if name not in RECORDING:
            hint = "write `with torch.no_grad():`, or leave the line out"
            self._fail("`with` takes only `no_grad()` and `enable_grad()`", context.span, hint)
        return (NoGrad(span, body, RECORDING[name]),)

    def no_grad(self, span: Span, body: Statements) -> Statements:
        return (NoGrad(span, body),)

    def try_(self, span: Span, body: Statements, *parts: Handler | Case | Closing) -> Statements:
        handlers = tuple([part for part in parts if isinstance(part, Handler)])
        otherwise = next((part.body for part in parts if isinstance(part, Case)), ())
        closing = next((part.body for part in parts if isinstance(part, Closing)), ())
        word = Span(span.start, span.start + len("try"))
        if not handlers and not closing:
            told, hint = "`try` has no `except`", "except RuntimeError as error: …"
            raise ParseError(told, (Mark(self.source, word),), hint, incomplete=True)
        if otherwise and not handlers:
            self._fail("`else` goes on with an `except`, and there is none", word, "leave it out")
        return (Try(span, body, handlers, otherwise, closing),)

    def handler(self, span: Span, *parts: Any) -> Handler:
        *caught, body = parts
        errors, name = (*caught, None, None)[:2]
        return Handler(span, errors, "" if name is None else normal_name(name.text), body)

    def closing(self, span: Span, body: Statements) -> Closing:
        return Closing(body)

    # --------------------------------------------------------------------------------- expressions

    def value(self, span: Span, value: Expression) -> Expression:
        return self._measured(value)

    def conditional(self, span: Span, yes: Expression, condition: Expression, no: Expression) -> Expression:
        return Conditional(span, condition, yes, no)

    def logical(self, span: Span, left: Expression, operator: Token, right: Expression) -> Expression:
        return Logical(span, operator.text, left, right)

    def unary(self, span: Span, operator: Token, operand: Expression) -> Expression:
        return Unary(span, normal_operator(operator.text), operand)

    def comparison(self, span: Span, *parts: Any) -> Expression:
        operators: list[str] = []
        operands: list[Expression] = []
        for part in parts:
            if not isinstance(part, Token):
                operands.append(part)
            elif len(operators) == len(operands):  # the second word of `not in` and `is not`
                operators[-1] += f" {part.text}"
            else:
                operators.append(normal_operator(part.text))
        if operators == ["<"]:
            self._arrow(span, parts[0], parts[1], parts[2])
        return Comparison(span, tuple(operators), tuple(operands))

    def _arrow(self, span: Span, left: Expression, sign: Token, right: Expression) -> None:
        """Note how R's `x <- 3` is read."""
        begin = right.span.start
        if self.source.text[sign.end] in "-−" and self.source.text[begin + 1].isspace():
            value = self._text(Span(begin + 1, right.span.end))
            reading = f"{self._text(left.span)} < -{value}; `{self._text(left.span)} = {value}` assigns"
            self.disputed.append(Disputed(span, reading))

    def binary(self, span: Span, left: Expression, operator: Token, right: Expression) -> Expression:
        _, sign, *place = operator
        return Binary._make((span, normal_operator(sign), Span._make(place), left, right))

    def plus_minus(self, span: Span, value: Expression, sign: Token, uncertainty: Expression) -> Expression:
        if isinstance(value, Binary) and value.span.start == span.start and value.operator != "**":
            inner, right = self._text(value.span), self._text(uncertainty.span)
            self.disputed.append(Disputed(span, f"({inner}) {sign.text} {right}"))
        elif isinstance(uncertainty, Binary) and uncertainty.span.end == span.end:
            left, inner = self._text(value.span), self._text(uncertainty.span)
            self.disputed.append(Disputed(span, f"{left} {sign.text} ({inner})"))
        return PlusMinus(span, value, uncertainty)

    def multiplicative(self, span: Span, left: Expression, operator: Token, right: Expression) -> Expression:
        if operator.kind in ("DIVIDE", "FLOOR_DIVIDE", "REMAINDER") and _is_bare_product(right, span.end):
            start = span.start
            if isinstance(left, Binary) and left.operator != "**" and left.span.start == start:
                # Only the last factor before the sign: the rest of a long product explains nothing.
                start = left.operator_span.end
                while self.source.text[start].isspace():
                    start += 1
            self._dispute(Span(start, span.end), operator.span, right)
        elif operator.kind == "DIVIDE" and isinstance(right, Number) and _is_first_power(left, operator):
            reading = f"({self._text(left.span)})/{self._text(right.span)}"
            self.disputed.append(Disputed(span, reading))
        return self.binary(span, left, operator, right)

    def power(self, span: Span, left: Expression, operator: Token, right: Expression) -> Expression:
        if _is_bare_product(right, span.end):
            self._dispute(span, operator.span, right)
        return Binary._make((span, "**", operator.span, left, right))

    def juxtaposition(self, span: Span, number: Token, right: Expression) -> Expression:
        between = Span(number.end, number.end)
        return Binary(span, "*", between, self.number(number.span, number), right)

    def superscript(self, span: Span, base: Expression, token: Token) -> Expression:
        digits = token.text.lstrip("⁺⁻")
        exponent: Expression = Number(
            Span(token.end - len(digits), token.end), float(digits.translate(_SUPERSCRIPTS)), True
        )
        if token.text[0] == "⁻":
            exponent = Unary(token.span, "-", exponent)
        return Binary(span, "**", Span(token.start, token.start), base, exponent)

    def root(self, span: Span, sign: Token, operand: Expression) -> Expression:
        if isinstance(operand, Binary) and operand.span.end == span.end:  # A power without parentheses.
            self._dispute(span, sign.span, operand)
        return Call(span, Name(sign.span, "sqrt"), (Argument(operand.span, None, operand),))

    def factorial(self, span: Span, operand: Expression, sign: Token) -> Expression:
        if self.source.text[: sign.start].rstrip().endswith("!"):
            inner = self._text(Span(span.start, sign.start)).rstrip("! ")
            hint = f"write `({inner}!)!`"
            bare = self._text(operand.arguments[0].span) if isinstance(operand, Call) else inner
            hint += f", or `factorial2({bare})` for the double factorial"
            self._fail("`!!` is no operator here", Span(sign.start - 1, sign.end), hint)
        return Call(span, Name(sign.span, "factorial"), (Argument(operand.span, None, operand),))

    def magnitude(self, span: Span, opening: Token, value: Expression, closing: Token) -> Expression:
        twice = isinstance(value, Call) and value.span == (opening.end, closing.start)
        if twice and self.source.text[opening.end] in BARS:
            inner = self._text(Span(opening.end + 1, closing.start - 1))
            hint = f"the length of a vector is `norm({inner})`"
            self._fail("`||` is no operator here", Span(span.start, span.start + 2), hint)
        return Call(span, Name(opening.span, "abs"), (Argument(value.span, None, value),))

    def lambda_(self, span: Span, *parts: Any) -> Expression:
        parameters, value = parts[:-1], parts[-1]
        self._distinct(parameters)
        body = (Return(value.span, value),)
        return Lambda(span, Define(span, "<lambda>", span, parameters, body, self.source))

    def clause(self, span: Span, target: Expression, iterable: Expression) -> Clause:
        self._assignable(target)
        return Clause(span, target, iterable, ())

    def condition(self, span: Span, value: Expression) -> Expression:
        return value

    def comprehension(self, span: Span, element: Expression, *parts: Any) -> Expression:
        return Comprehension(span, element, _clauses(parts), True)

    def generated(self, span: Span, element: Expression, *parts: Any) -> Expression:
        return Comprehension(span, element, _clauses(parts), False)

    def generator(self, span: Span, element: Expression, *parts: Any) -> Argument:
        return Argument(span, None, self.generated(span, element, *parts))

    def spread(self, span: Span, sign: Token, value: Expression) -> Argument:
        self._star(sign, "a product lacks its first factor")
        return Argument(span, None, Spread(span, value))

    def others(self, span: Span, sign: Token, value: Expression) -> Expression:
        self._star(sign, "a product lacks its first factor")
        return Spread(span, value)

    def spread_names(self, span: Span, sign: Token, value: Expression) -> Argument:
        self._star(sign, "a power lacks its base")
        return Argument(span, None, Spread(span, value, True))

    def _star(self, sign: Token, message: str) -> None:
        """Refuses another way to write an operator where stars are none."""
        if sign.text.strip("*"):
            self._fail(message, sign.span, f"write it before `{sign.text}`")

    def dictionary(self, span: Span, *entries: Entry) -> Expression:
        return Dictionary(span, entries)

    def entry(self, span: Span, key: Expression, value: Expression) -> Entry:
        return Entry(span, key, value)

    def merged(self, span: Span, sign: Token, value: Expression) -> Entry:
        self._star(sign, "a power lacks its base")
        return Entry(span, None, value)

    def dictionary_of_each(self, span: Span, key: Expression, value: Expression, *parts: Any) -> Expression:
        pair = Sequence(Span(key.span.start, value.span.end), (key, value))
        return Dictionary(span, Comprehension(span, pair, _clauses(parts), False))

    def group(self, span: Span, value: Expression) -> Expression:
        return value

    def sequence(self, span: Span, *items: Expression) -> Expression:
        return Sequence(span, items)

    def vector(self, span: Span, *items: Expression) -> Expression:
        return Vector(span, items)

    def number(self, span: Span, token: Token) -> Expression:
        text = token.text
        value = float(text)
        if isinf(value):
            self.disputed.append(Disputed(span, "inf: it is larger than every double"))
        elif not value and any(digit in "123456789" for digit in text.lower().partition("e")[0]):
            self.disputed.append(Disputed(span, "0: it is smaller than every double but 0"))
        return Number._make((span, value, text.isdigit() or text.replace("_", "").isdigit()))

    def measured(self, span: Span, token: Token) -> Expression:
        digits, _, power = token.text.lower().rpartition("e")
        found = re.fullmatch(_BRACKETED, digits)
        if found is None:
            number, uncertainty = re.split(r"\s*(?:±|\+/-)\s*", digits.strip("() \t"))
        else:
            _, number, uncertainty = _bracketed(found)
            self.disputed.append(Disputed(span, f"({number} ± {uncertainty})e{power}"))
        try:
            values = [float(f"{each.replace('−', '-')}e{power}") for each in (number, uncertainty)]
        except ValueError:
            self._fail("this is no number with an uncertainty", span, "as in (1.235 ± 0.034)e5")
        given: Expression = Number(span, abs(values[0]))
        if values[0] < 0:
            given = Unary(span, "-", given)
        return PlusMinus(span, given, Number(span, values[1]))

    def text(self, span: Span, *parts: Token | FormattedText) -> Expression:
        pieces: list[Text | Field] = []
        for part in parts:
            if isinstance(part, FormattedText):
                pieces += part.parts
                continue
            is_raw = part.kind == "RAW"
            quoted = part.text[is_raw:]
            width = 3 if quoted[:3] in ('"""', "'''") else 1
            inside = quoted[width:-width]
            pieces.append(Text(part.span, inside if is_raw else _unescaped(inside)))
        if any(isinstance(part, FormattedText) for part in parts):
            return FormattedText(span, tuple(pieces))
        return Text(span, "".join([piece.value for piece in pieces if isinstance(piece, Text)]))

    def formatted(self, span: Span, *parts: Token | Field) -> FormattedText:
        """Formatted text, and the format of a field, which may have fields itself."""
        texts = [
            Text(part.span, _unescaped(part.text.replace("{{", "{").replace("}}", "}")))
            if isinstance(part, Token)
            else part
            for part in parts
        ]
        return FormattedText(span, tuple(texts))

    def field(self, span: Span, value: Expression, *parts: Token | FormattedText) -> Field:
        echo = conversion = ""
        spec = None
        for part in parts:
            if not isinstance(part, Token):
                spec = part
            elif part.kind == "ECHO":
                echo = self.source.text[span.start + 1 : part.end]
            else:
                conversion = part.text[1:]
        if echo and spec is None:
            conversion = conversion or "r"
        return Field(span, value, echo, conversion, spec)

    def name(self, span: Span, token: Token) -> Name:
        return Name._make((span, normal_name(token.text)))

    def prime(self, span: Span, name: Token, marks: Token) -> Prime:
        return Prime(span, self.name(name.span, name), len(marks.text) + marks.text.count("″"))

    def attribute(self, span: Span, value: Expression, name: Token) -> Expression:
        return Attribute(span, value, normal_name(name.text), name.span)

    def call(self, span: Span, function: Expression, *arguments: Argument) -> Expression:
        named: set[str] = set()
        for argument in arguments:
            if isinstance(argument.value, Spread):
                continue  # as in Python, behind names too
            if argument.name is None:
                if named:
                    self._fail(
                        "an argument without a name follows one with a name",
                        argument.span,
                        "put the arguments with names last; `==` compares",
                    )
            elif argument.name in named:
                self._fail(f"`{argument.name}` is given twice", argument.span, "give each argument once")
            else:
                named.add(argument.name)
        return Call(span, _of_distribution(function), arguments)

    def argument(self, span: Span, value: Expression, named: Expression | None = None) -> Argument:
        if named is None:
            return Argument._make((span, None, value))
        if not isinstance(value, Name):
            hint = "`==` compares; an equation is solved by a statement: `solve x**2 = 2, x=1`"
            self._fail("only a name can stand before `=` in an argument", value.span, hint)
        assert isinstance(value, Name)
        return Argument(span, value.name, named)

    def subscript(self, span: Span, value: Expression, *items: Expression | Slice | Rest) -> Expression:
        return Subscript(span, value, items)

    def slice(self, span: Span, *parts: Any) -> Slice:
        bounds: list[Expression | None] = [None, None, None]
        place = 0
        for part in parts:
            if isinstance(part, Token):
                place += 1
            else:
                bounds[place] = part
        return Slice(span, *bounds)

    def rest(self, span: Span, *parts: Any) -> Rest:
        return Rest(span)

    # ------------------------------------------------------------------------------------- checks

    def _fail(self, message: str, span: Span, hint: str) -> NoReturn:
        raise ParseError(message, (Mark(self.source, span),), hint)

    def _names(self, tokens: tuple[Token, ...]) -> tuple[Name, ...]:
        return tuple([self.name(token.span, token) for token in tokens])

    def _text(self, span: Span) -> str:
        if span.end - span.start > _READING_WIDTH:
            return "…"
        return " ".join(self.source.text[span.start : span.end].split())

    def _measured(self, value: Expression) -> Expression:
        """`9.81(2)` where it is a whole value, as tables of constants write 9.81 ± 0.02.

        What other programs read so, and is something else here, is told.
        """
        below = value.operand if isinstance(value, Unary) else value
        if not isinstance(below, Binary) or not isinstance(below.left, Number | Unary):
            return value
        text = self.source.text[value.span.start : value.span.end]
        found = re.fullmatch(_BRACKETED, text)
        if found is None:
            if other := re.fullmatch(_PLUS_MINUS, text):
                reading = f"{other[1]} - {other[2]}; {other[1]} ± {other[2]} or +/- has an uncertainty"
                self.disputed.append(Disputed(value.span, reading))
            elif other := re.fullmatch(_PRODUCT, text):
                reading = f"{other[1]}*{other[2]}; {other[1]} ± {other[2]} has an uncertainty"
                self.disputed.append(Disputed(value.span, reading))
            return value
        sign, number, uncertainty = _bracketed(found)
        self.disputed.append(Disputed(value.span, f"{sign}{number} ± {uncertainty}"))
        spread = Number(value.span, float(uncertainty))
        given: Expression = Number(value.span, float(number))
        if sign not in ("", "+"):
            given = Unary(value.span, "-", given)
        return PlusMinus(value.span, given, spread)

    def _dispute(self, span: Span, operator: Span, right: Expression) -> None:
        """Note that `right` was read as one operand, although it stands without parentheses."""
        left = self._text(Span(span.start, operator.start))
        inner = self._text(Span(operator.end, span.end))
        sign = self._text(operator)
        product = right
        while isinstance(product, Unary):
            product = product.operand
        hint = None
        if isinstance(product, Binary) and self.source.text[product.operator_span.end].isspace():
            number = self._text(Span(span.start, product.operator_span.end))
            factor = self._text(Span(product.operator_span.end, span.end))
            hint = f"with a blank, others read `{number}*{factor.strip()}`"
        self.disputed.append(Disputed(span, f"{left}{sign}({inner})", hint))

    def _assignable(self, target: Expression, verb: str = "assign to") -> None:
        match target:
            case Name(span, name) if name in UNBINDABLE:
                self._fail(f"cannot {verb} `{name}`", span, "choose another name")
            case Name() | Attribute():
                return
            case Number(span):
                self._fail(f"cannot {verb} a number", span, "`==` compares; a name goes on the left of `=`")
            case Subscript(_, Call(_, Attribute())):  # which looks at the elements of what is before its dot
                return
            case Subscript(span, value) if not isinstance(value, Name | Attribute | Subscript):
                whole = self._text(value.span)
                self._fail(f"cannot {verb} a part of a value", span, f"give `{whole}` a name first")
            case Subscript():
                return
            case Sequence(span, items) | Vector(span, items):
                if verb == "update":
                    self._fail("cannot update several names at once", span, "write one update for each name")
                for item in items:
                    self._assignable(item.value if isinstance(item, Spread) else item)
                rests = [item for item in items if isinstance(item, Spread)]
                if len(rests) > 1:
                    self._fail("only one name takes what is left", rests[1].span, "leave out its star")
                if not items:
                    self._fail("cannot assign to nothing", span, "a name goes on the left of `=`")
            case Call(span, Attribute() | Prime()):
                self._fail(f"cannot {verb} a call", span, "`f(x) = …` defines a function; `==` compares")
            case Call(span):
                self._fail(f"cannot {verb} a call", span, "name the value first, then update that name")
            case _:
                equation = ", and solve finds where both sides are equal" if verb == "assign to" else ""
                hint = f"`==` compares{equation}"
                self._fail(f"cannot {verb} an expression", target.span, hint)

    def _no_values_behind(self, target: Expression, value: Expression) -> None:
        """Refuses `x**2, x = 3`, which is a formula with the value of its variable."""
        number = value.operand if isinstance(value, Unary) else value
        match target:
            case Sequence(_, (Binary() | Call(), Name())) if isinstance(number, Number):
                tokens = scan(self.source.text)
                raise Refused(next(each for each in tokens if each.start >= target.span.end))

    def _no_decimal_comma(self, value: Expression | File) -> None:
        """Refuses `3,5`, which is a number in many countries, and a tuple in Python."""
        if not isinstance(value, Sequence) or self.source.text[value.span.start] == "(":
            return
        tokens = scan(self.source.text)
        kinds = [token.kind for token in tokens]
        for index, token in enumerate(tokens):
            if not value.span.start < token.start < value.span.end or token.kind != "COMMA":
                continue
            if kinds[index - 1] == kinds[index + 1] == "NUMBER" and _is_between(value, token):
                raise Refused(token)

    def _formula(self, span: Span, target: Call, function: Name, value: Expression) -> Statement:
        parameters: list[Parameter] = []
        for argument in target.arguments:
            if argument.name is not None:
                parameters.append(Parameter(argument.span, argument.name, argument.value))
            elif isinstance(argument.value, Name):
                parameters.append(Parameter(argument.span, argument.value.name, None))
            else:
                self._fail(
                    "a parameter must be a name",
                    argument.span,
                    "`f(x) = …` defines a function; `==` compares",
                )
        self._distinct(tuple(parameters))
        body = (Return(value.span, value),)
        return Define(span, function.name, function.span, tuple(parameters), body, self.source)

    def _distinct(self, parameters: tuple[Parameter, ...]) -> None:
        seen: set[str] = set()
        defaults = False
        rest = ""
        for parameter in parameters:
            if rest == "**" or (rest and parameter.rest == "*"):
                self._fail(
                    f"nothing stands behind `{rest}`",
                    parameter.span,
                    "def f(x, *args, **kwargs): …",
                )
            rest = parameter.rest or rest
            if parameter.name in seen:
                self._fail(
                    f"`{parameter.name}` is a parameter twice", parameter.span, "give each a name of its own"
                )
            if parameter.name in UNBINDABLE:
                self._fail(f"`{parameter.name}` cannot be a parameter", parameter.span, "choose another name")
            if defaults and parameter.default is None and not rest:
                self._fail(
                    "a parameter without a default follows one with a default",
                    parameter.span,
                    "put the parameters with defaults last",
                )
            seen.add(parameter.name)
            defaults = parameter.default is not None


def _clauses(parts: tuple[Any, ...]) -> tuple[Clause, ...]:
    """The clauses of a comprehension, each with the conditions that stand behind it."""
    found: list[Clause] = []
    for part in parts:
        if isinstance(part, Clause):
            found.append(part)
        else:
            found[-1] = found[-1]._replace(conditions=(*found[-1].conditions, part))
    return tuple(found)


def _is_between(value: Sequence, comma: Token) -> bool:
    """Whether a comma stands between two of several values, and not inside one."""
    return not any(item.span.start <= comma.start < item.span.end for item in value.items)


def _bracketed(found: re.Match[str]) -> tuple[str, str, str]:
    """The sign, the number and the uncertainty of `9.81(2)`."""
    sign, number, decimals, last = found.groups()
    places = len(decimals.replace("_", ""))
    last = last.rjust(places + 1, "0")
    return sign, number, f"{last[:-places]}.{last[-places:]}" if places else last


def _is_bare_product(node: Expression, end: int) -> bool:
    """Whether an operand that ends at `end` is `2x` (or `-2x`) without parentheses."""
    while isinstance(node, Unary) and node.span.end == end:
        node = node.operand
    return (
        isinstance(node, Binary)
        and node.span.end == end
        and node.operator == "*"
        and node.operator_span.start == node.operator_span.end
    )


def _unescaped(text: str) -> str:
    """Text with its escapes read as Python reads them; an unknown one stays as it is."""
    if "\\" not in text:
        return text
    code = r"[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}"
    return re.sub(rf"\\({code}|\r\n|.)", _escape, text, flags=re.DOTALL)


def _is_first_power(left: Expression, sign: Token) -> bool:
    """Whether `x^1` stands before a sign, as in `x^1/2`, which many mean as a root."""
    return (
        isinstance(left, Binary)
        and left.operator == "**"
        and isinstance(left.right, Number)
        and left.right.value == 1
        and left.span.end == left.right.span.end == sign.start
    )


def _escape(match: re.Match[str]) -> str:
    body = match[1]
    if body in _ESCAPES:
        return _ESCAPES[body]
    if len(body) > 1 or body.isdecimal():
        place = int(body, 8) if body.isdecimal() else int(body[1:], 16)
        if place < 0xD800 or 0xDFFF < place <= 0x10FFFF:  # what is between are halves of characters
            return chr(place)
    return match[0]
