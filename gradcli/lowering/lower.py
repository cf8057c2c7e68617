"""Syntax to graph: names, calls, arity and shapes, with the guilty text on every error.

Lowering does no arithmetic on values that may change; it decides what can be decided before any.
It does not recurse over its input: each rule below is a generator that yields the expressions (or
other generators) it needs and is sent their nodes with their kinds, and one loop runs them all.

Rules that few formulas need stand in files of their own, and are imported where they are first used: a start
reads what its formula needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import GeneratorType
from typing import Any, NoReturn

import numpy as np

from gradcli import trampoline
from gradcli.collecting import uncollected_if_long
from gradcli.engine.evaluate import static_number
from gradcli.engine.graph import Constant, Input, Node, constant
from gradcli.engine.primitives import OPERATORS, TABLE, shaping
from gradcli.engine.primitives.arithmetic import as_truth
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.shapes import ShapeError, shape_text
from gradcli.language.builder import BARS
from gradcli.language.tree import (
    Argument,
    Attribute,
    Binary,
    Call,
    Comparison,
    Comprehension,
    Conditional,
    Define,
    Dictionary,
    Expression,
    FormattedText,
    Lambda,
    Logical,
    Name,
    Number,
    PlusMinus,
    Prime,
    Spread,
    Subscript,
    Text,
    Unary,
    Vector,
)
from gradcli.language.tree import (
    Sequence as Tuple,
)
from gradcli.language.vocabulary import CONSTANTS, DRAWS, GRADS, STATEMENT_CALLS, TENSORS, TRUTHS
from gradcli.lowering.arguments import builtin, choice
from gradcli.lowering.context import Around, Context, Done, Whole, done
from gradcli.lowering.kinds import (
    COUNT,
    REAL,
    TENSOR,
    Host,
    Kind,
    Lowered,
    Several,
    Typed,
    combined,
    each_of,
    list_kind,
    named,
    number_kind,
    promoted,
    tracked_kind,
    truth_kind,
)
from gradcli.lowering.names import (
    EVERYTHING,
    KINDS,
    OF_NATURE,
    PRODUCTS,
    TRANSFORMING,
    called_name,
    dtype_of,
    member_of,
    module_of,
)
from gradcli.lowering.origins import Convention
from gradcli.text.errors import GradcliError, InputError, RaisedError
from gradcli.text.source import Span
from gradcli.trampoline import Rule


def _derivative(context: Context, call: Call) -> Rule:
    from gradcli.lowering.derivatives import derivative

    return derivative(context, call)


def _product(context: Context, call: Call) -> Rule:
    from gradcli.lowering.operators import product

    return product(context, call)


def _calculus(context: Context, call: Call) -> Rule:
    from gradcli.lowering.operators import calculus

    return calculus(context, call)


def _taylor(context: Context, call: Call) -> Rule:
    from gradcli.lowering.operators import taylor

    return taylor(context, call)


def _tensor(context: Context, call: Call) -> Rule:
    from gradcli.lowering.conversions import tensor

    return tensor(context, call)


def _plain_number(context: Context, call: Call) -> Rule:
    from gradcli.lowering.conversions import plain_number

    return plain_number(context, call)


def _range(context: Context, call: Call) -> Rule:
    from gradcli.lowering.conversions import range_

    return range_(context, call)


def _by_name(context: Context, call: Call) -> Rule:
    from gradcli.lowering.attributes import by_name

    return by_name(context, call)


def _names_behind(context: Context, call: Call) -> Rule:
    from gradcli.lowering.attributes import names_behind

    return names_behind(context, call)


def _attribute(context: Context, expression: Attribute) -> Rule:
    from gradcli.lowering.attributes import attribute

    return attribute(context, expression)


SPECIAL: dict[str, Callable[[Context, Call], Rule]] = {
    **dict.fromkeys((*GRADS, "jacobian", "hessian"), _derivative),
    **dict.fromkeys(("jvp", "vjp", "hvp", "directional"), _product),
    **dict.fromkeys(("laplacian", "divergence", "curl"), _calculus),
    "taylor": _taylor,
    **dict.fromkeys((*TENSORS, "array", "asarray"), _tensor),
    "float": _plain_number,
    "int": _plain_number,
    "range": _range,
    "dir": _names_behind,
    "hasattr": _by_name,
    "getattr": _by_name,
}
"""Calls that are not functions of values alone."""

RULES_OF_DERIVATIVES = (_derivative, _product, _calculus, _taylor)
"""Those rules of them that differentiate."""


DEEPEST_TUPLE = 50
"""How deep tuples may be nested in each other."""


class Lowering(Context):
    """Lowers expressions of one source, as `scope` sees it."""

    special = SPECIAL

    # The loop that runs every rule

    def lower(self, expression: Expression) -> Node:
        """The node of an expression; raises `GradcliError` with marks."""
        node, _ = self.typed(expression)
        return node

    def typed(self, expression: Expression) -> Typed:
        """The node of an expression, and what its value would be; raises `GradcliError` with marks."""
        typed: Typed = self._found(expression)
        return typed

    def whole(self, expression: Expression) -> Lowered:
        """What an expression gives: a node and its kind, or a tuple; raises `GradcliError` with marks."""
        found: Lowered = self._found(Whole(expression))
        return found

    def _found(self, asked: Expression | Whole) -> Any:
        rule = self.rule_for(asked)
        if not isinstance(rule, GeneratorType):
            return rule
        span = (asked.value if isinstance(asked, Whole) else asked).span
        return uncollected_if_long(span.end - span.start, self.run)(rule)

    def run(self, rule: Rule) -> Any:
        """Runs a rule and everything that it asks for, without recursion."""
        try:
            return trampoline.run(rule, self.rule_for, self.check)
        except GradcliError as error:
            calls = tuple(each.called_from for each in reversed(self.frames[-4:]) if each.called_from)
            if calls and error.marks and error.marks[-len(calls) :] != calls:
                error.marks = error.marks + calls
            raise

    def rule_for(self, expression: Expression | Whole) -> Rule | Lowered:
        """The generator that lowers one sort of expression, or its result where it needs no other."""
        if isinstance(expression, Whole):
            whole = expression.value
            return (_WHOLES.get(type(whole)) or _RULES[type(whole)])(self, whole)
        found = _RULES[expression.__class__](self, expression)
        if found.__class__ is tuple or expression.__class__ not in _MAY_BE_SEVERAL:
            return found
        if isinstance(found, tuple | Host):
            return self.one(found, expression.span)
        return self._one(found, expression)

    def _one(self, rule: Rule, expression: Expression) -> Rule:
        found = yield from rule
        return found if found.__class__ is tuple else self.one(found, expression.span)

    # Literals and names

    def _number(self, expression: Number) -> Typed:
        return constant(expression.value), number_kind(expression.whole)

    def _text(self, expression: Text | FormattedText) -> NoReturn:
        hint = "text is printed, joined and compared, and is no number"
        if self.text(expression.span) == "f''":
            hint = "a second derivative has its argument behind it: f''(x)"
        raise self.wrong("text is not a value", expression.span, hint)

    def _text_value(self, expression: Text) -> Lowered:
        from gradcli.lowering import hosts

        return hosts.Text((expression.value,))

    def _formatted_value(self, expression: FormattedText) -> Rule:
        from gradcli.lowering import hosts
        from gradcli.lowering.texts import formatted

        return hosts.Text((yield formatted(self, expression)))

    def _name_value(self, expression: Name) -> Lowered:
        if expression.name == "None":
            from gradcli.lowering import hosts

            return hosts.NONE
        return self._name(expression, whole=True)

    def _function_value(self, name: str, expression: Name) -> Lowered | None:
        """A function that is handed on by its name."""
        user = self.scope.function(name)
        if user is not None:
            from gradcli.lowering.callables import Function

            return Function(user, Around() if self.scope.here() is not None else None)
        called = called_name(expression, self)
        if called in TABLE and called == name and len(name) > 1:  # a letter is meant as a name
            from gradcli.lowering.callables import Builtin

            return Builtin(expression)
        from gradcli.lowering.pythonic import TYPES, Printing, Type

        if name == "print" and self.actor is not None and self.scope.keeps_lists:
            return Printing()
        return Type(TYPES[name]) if name in TYPES else None

    def _lambda(self, expression: Lambda) -> Rule | Lowered:
        found = self.function_value(expression.function)
        if any(parameter.default is not None for parameter in expression.function.parameters):
            return self._with_defaults(found)
        return found

    def _with_defaults(self, found: Any) -> Rule:
        """A rule: a function with the values that its defaults have where it is made."""
        for parameter in found.define.parameters:
            if parameter.default is not None:
                value = yield Whole(parameter.default)
                found.defaults[parameter.name] = self.keep(value, parameter.default.span)
        return found

    def function_value(self, function: Define) -> Host:
        """A function that is made here, as a value."""
        from gradcli.lowering.callables import Function

        return Function(function, self.around())

    def _comprehension(self, expression: Comprehension) -> Rule:
        from gradcli.lowering import hosts, loops

        items = yield loops.comprehension(self, expression)
        if items and not self.scope.keeps_lists and all(each.__class__ is tuple for each in items):
            return hosts.stacked(self, items, expression.span)
        kept = [self.kept_from(expression.element, each, expression.span) for each in items]
        if expression.listed:
            return hosts.List(kept)
        from gradcli.lowering.pythonic import Iterator

        return Iterator(kept)

    def _dictionary(self, expression: Dictionary) -> Rule:
        from gradcli.lowering.dictionaries import written

        return written(self, expression)

    def _spread(self, expression: Spread) -> NoReturn:
        raise self.wrong("a list is spread among the arguments of a call", expression.span)

    def _name(self, expression: Name, *, whole: bool = False) -> Lowered:
        name = expression.name
        bound = self.variable(name)
        if bound is not None:
            if bound.__class__ is tuple and not bound[0].inputs:  # type: ignore[union-attr]
                return bound
            if not self.is_local(name):
                for (node, _), origins in zip(each_of(bound), self.scope.origins(name), strict=True):
                    if node.inputs:
                        self.origins.made_from(node, origins)
            return bound
        imported = self.imported(name)
        if imported is not None or self.imported(EVERYTHING) is not None:
            from gradcli.lowering.quantities import imported_quantity

            found = imported_quantity(self, name, expression.span)
            if found is not None:
                return found
        if imported is not None and imported.member in CONSTANTS:
            return constant(CONSTANTS[imported.member]), REAL
        if name in CONSTANTS:
            return constant(CONSTANTS[name]), REAL
        if name in TRUTHS:
            return constant(TRUTHS[name]), COUNT
        free = self.scope.new_variable(name)
        if free is not None:
            return free
        if name == "__name__" and whole:
            from gradcli.lowering import hosts

            return hosts.Text(("__main__",))
        if whole and imported is not None and self.actor is not None:
            setting = self.actor.setting(name)
            if setting is not None:
                return setting
            member = member_of(expression, self)
            if member is not None:
                from gradcli.lowering.callables import class_of
                from gradcli.lowering.references import function_of_library

                made = class_of(self, member.path) or function_of_library(self, expression, member.path)
                if made is not None:
                    return made
        function = self._function_value(name, expression) if whole else None
        if function is not None:
            return function
        from gradcli.lowering.unknown import unknown_name

        raise unknown_name(self, name, expression.span)

    def _vector(self, expression: Vector) -> Rule:
        if all(isinstance(item, Number) for item in expression.items):
            numbers = [item for item in expression.items if isinstance(item, Number)]
            values = [item.value for item in numbers]
            kind = list_kind([number_kind(item.whole) for item in numbers])
            return self.build(lambda: constant(values), expression.span, ()), kind
        if any(isinstance(item, Spread) for item in expression.items):
            found = yield self._list(expression)
            return self.one(found, expression.span)
        nodes, kinds = [], []
        for item in expression.items:
            node, kind = yield item
            nodes.append(node)
            kinds.append(kind)
        spans = [item.span for item in expression.items]
        return self._stacked(expression, nodes, spans), list_kind(kinds)

    def _stacked(self, expression: Vector, nodes: Sequence[Node], spans: Sequence[Span]) -> Node:
        """The array of some items, which stand at `spans`."""
        if all(isinstance(node, Constant) for node in nodes) and len({node.shape for node in nodes}) == 1:
            values = [node.value for node in nodes if isinstance(node, Constant)]
            return self.build(lambda: constant(values), expression.span, ())
        odd = next((k for k, node in enumerate(nodes) if node.shape != nodes[0].shape), 0)
        try:
            return self.build(lambda: shaping.stack(nodes), expression.span, ())
        except ShapeError as error:
            if nodes[odd].shape == nodes[0].shape:
                raise
            raise InputError(
                "the rows of an array must have equal shapes",
                tuple(self.mark(spans[k], shape_text(nodes[k].shape)) for k in (odd, 0)),
                error.hint,
            ) from None

    def _list(self, expression: Vector) -> Rule:
        """A list of Python's where one is meant: in the programs of libraries, and of what makes no array."""
        plain = expression.items and all(isinstance(item, Number) for item in expression.items)
        if plain and not self.scope.keeps_lists:
            return (yield self._vector(expression))
        items: list[Lowered] = []
        given: list[Expression] = []
        self.waiting.append(items)
        for item in expression.items:
            found = yield Whole(item.value if isinstance(item, Spread) else item)
            if isinstance(item, Spread):
                from gradcli.lowering.hosts import items_of

                items += items_of(self, found, item.value.span)
            else:
                items.append(found)
            given += [item] * (len(items) - len(given))
        self.waiting.pop()
        if items and not self.scope.keeps_lists and all(each.__class__ is tuple for each in items):
            spans = [item.span for item in given]
            typed = [self.one(each, span) for each, span in zip(items, spans, strict=True)]
            nodes = [node for node, _ in typed]
            return self._stacked(expression, nodes, spans), list_kind([kind for _, kind in typed])
        from gradcli.lowering import hosts

        return hosts.List(
            self.kept_from(item, each, item.span) for item, each in zip(given, items, strict=True)
        )

    def _tuple(self, expression: Tuple) -> Rule:
        from gradcli.lowering import hosts

        parts: list[Lowered] = []
        self.waiting.append(parts)
        for item in expression.items:
            found = yield Whole(item.value if isinstance(item, Spread) else item)
            parts += hosts.items_of(self, found, item.value.span) if isinstance(item, Spread) else (found,)
        self.waiting.pop()
        depth = 1 + max((part.depth for part in parts if isinstance(part, Several)), default=0)
        if depth > DEEPEST_TUPLE:
            raise self.wrong(f"tuples are nested more than {DEEPEST_TUPLE} deep", expression.span)
        return Several(tuple(parts), depth=depth)

    def _sequence(self, expression: Tuple) -> NoReturn:
        if self.here.text[expression.span.start] != "(" and len(expression.items) > 1:
            first, second, *_ = expression.items
            comma = self.here.text.index(",", first.span.end, second.span.start)
            whole = self.text(expression.span)
            raise self.wrong(
                "a comma separates two values",
                Span(comma, comma + 1),
                f"write [{whole}], or one on each line",
            )
        items = ["…" if isinstance(each, Tuple) else self.text(each.span) for each in expression.items]
        shown = ", ".join(items) if items and "…" not in items else "1, 2"
        raise self.wrong(
            "round brackets with commas are a shape, not a value",
            expression.span,
            f"an array has [ ]: [{shown}]",
        )

    # Operators

    def _unary(self, expression: Unary) -> Rule:
        if expression.operator == "-" and isinstance(expression.operand, Number):
            return constant(-expression.operand.value), number_kind(expression.operand.whole)
        found = yield self.operand(expression.operand)
        if expression.operator == "not":
            found = self._truth(expression.operand, found)
        if isinstance(found, Host) and expression.operator == "-":
            negated = found.negated(self, expression.span)
            if negated is not None:
                return (yield negated)
        operand, kind = self.one(found, expression.operand.span)
        operands = ((expression.operand.span, operand),)
        if expression.operator == "~":
            return self._inverted(expression, operand, kind)
        entry = OPERATORS[expression.operator, 1]
        if expression.operator == "+":
            node = self.made(lambda: entry.build(operand), expression.span, operands)
            return node, named(promoted(combined((kind,)), ((operand, kind),)), kind.overload)
        node = self.apply(entry, expression.span, operands)
        if node.tracked:
            return node, tracked_kind(kind)
        if expression.operator == "not":
            return node, COUNT
        return node, promoted(combined((kind,)), ((operand, kind),))

    def _inverted(self, expression: Unary, operand: Node, kind: Kind) -> Typed:
        """`~x`: truth values turned, and of whole numbers `-x - 1`, as Python and the libraries have it."""
        operands = ((expression.operand.span, operand),)
        if operand.boolean:
            return self.apply(OPERATORS["not", 1], expression.span, operands), truth_kind((kind,))
        if not kind.whole:
            raise self.wrong(
                "`~` turns truth values and whole numbers, and this is neither", expression.operand.span
            )
        negated = self.apply(OPERATORS["-", 1], expression.span, operands)
        one = (expression.span, constant(1.0))
        return self.apply(OPERATORS["-", 2], expression.span, ((expression.span, negated), one)), kind

    def _binary(self, expression: Binary) -> Rule | Lowered:
        """`x*2` at once; `a + b - c`, which is as many operations as it has signs, by one rule."""
        odd = self._odd_binary(expression)
        if odd is not None:
            return odd
        left, right = expression.left, expression.right
        if left.__class__ in _SMALLEST and right.__class__ in _SMALLEST:
            one: Any = self._operand(left)
            other: Any = self._operand(right)
            if one.__class__ is tuple and other.__class__ is tuple:
                return self._operation(expression, one, other)
        return self._chain(expression)

    def _chain(self, expression: Binary) -> Rule:
        """The operations of a chain, from the innermost one on the left; `expression` is no odd one."""
        chain = [expression]
        left = expression.left
        odd = None
        while left.__class__ is Binary and odd is None:
            odd = self._odd_binary(left)
            if odd is None:
                chain.append(left)
                left = left.left
        found: Any = self._operand(left) if odd is None else odd
        if found.__class__ is GeneratorType:
            found = yield found
        for each in reversed(chain):
            if found.__class__ is not tuple and not isinstance(found, Host):
                found = self.one(found, each.left.span)
            formats = each.operator == "%" and isinstance(found, Host)  # which takes a tuple, too
            other: Any = self.rule_for(Whole(each.right)) if formats else self._operand(each.right)
            if other.__class__ is GeneratorType:
                self.waiting.append([found])
                other = yield other
                (found,) = self.waiting.pop()
            if isinstance(found, Host) or isinstance(other, Host):
                from gradcli.lowering.objects import binary

                found = yield binary(self, each, found, other)
            else:
                if other.__class__ is not tuple:
                    other = self.one(other, each.right.span)
                found = self._operation(each, found, other)
        return found

    def _operation(self, expression: Binary, one: Typed, other: Typed) -> Typed:
        """What an operator gives of two values."""
        span, operator, _, left, right = expression
        if operator in _OF_TRUTHS:
            return self._joined(expression, one, other)
        entry = OPERATORS[operator, 2]
        if operator in _DIVIDING and one[1].form == other[1].form == "number" and self.scope.keeps_lists:
            self._no_division_by_zero(other[0], right.span)
        node = self.apply(entry, span, ((left[0], one[0]), (right[0], other[0])))
        if node.shape and operator in ("*", "**"):
            self._tell_of_elements(expression, one[0], other[0])
        if not node.tracked:
            kind = combined((one[1], other[1]), entry.whole == "kept")
        elif operator in _OF_NUMBERS_TOO and "number" in (one[1].form, other[1].form):
            kind = TENSOR._replace(overload=_overload(operator, one, other))
        else:
            kind = TENSOR
        return node, promoted(kind, (one, other)) if one[1].width or other[1].width else kind

    def _tell_of_elements(self, expression: Binary, one: Node, other: Node) -> None:
        """Notes that `v × w`, `v · w` and `A^-1`, as mathematics writes them, are of each element here."""
        left, right = self.text(expression.left.span), self.text(expression.right.span)
        sign = self.text(Span(expression.left.span.end, expression.right.span.start)).strip()
        meant = None
        if sign == "^" and len(one.shape) == 2 and one.shape[0] == one.shape[1] > 1 and not other.shape:
            power = static_number(other) if other.static else None
            if power is not None and power.is_integer() and power not in (0, 1):
                inverse = f"the inverse is inv({left})"
                meant = inverse if power == -1 else f"that of the matrix is matrix_power({left}, {power:g})"
        elif sign in ("×", "·", "⋅") and one.shape == other.shape:
            if len(one.shape) == 2:
                meant = f"the product of matrices is {left} @ {right}"
            elif sign != "×":
                meant = f"the dot product is dot({left}, {right})"
            elif one.shape == (3,):
                meant = f"the cross product is cross({left}, {right})"
        if meant is not None:
            how = "is the power" if sign == "^" else "is the product"
            told = f"{self.text(expression.span)} {how} of each element; {meant}"
            self.origins.conventions.append(Convention(constant(True), told, self.mark(expression.span)))

    def _no_division_by_zero(self, divisor: Node, span: Span) -> None:
        """Raises what Python raises where a plain number that has a name, or stands there, is 0."""
        if (divisor.static or isinstance(divisor, Input)) and self.truth(divisor) is False:
            told = "a number of Python's is divided by 0"
            hint = "tensors and arrays give inf and nan there"
            raise RaisedError("ZeroDivisionError", "division by zero", (self.mark(span),), told, hint)

    def _joined(self, expression: Binary, one: Typed, other: Typed) -> Typed:
        """`a & b`: truth values joined, and of whole numbers that are known their bits, as Python has it."""
        sign, sides = expression.operator, (expression.left, expression.right)
        operands = ((sides[0].span, one[0]), (sides[1].span, other[0]))
        if one[0].boolean and other[0].boolean:
            return self.apply(OPERATORS[_OF_TRUTHS[sign], 2], expression.span, operands), truth_kind(
                (one[1], other[1])
            )
        for (node, kind), side in zip((one, other), sides, strict=True):
            if not (kind.whole and not node.boolean):
                told = f"`{sign}` joins truth values, or whole numbers, and this is neither"
                between = "comparisons stand in brackets: (x > 0) & (x < 1)".replace("&", sign)
                raise self.wrong(told, side.span if not node.boolean else expression.span, between)
        numbers = [
            self.numbers(node, side.span).astype(np.int64)
            for (node, _), side in zip((one, other), sides, strict=True)
        ]
        bits = np.bitwise_and if sign == "&" else np.bitwise_or
        node = self.build(lambda: constant(bits(*numbers).astype(np.float64)), expression.span, operands)
        return node, combined((one[1], other[1]))

    def _odd_binary(self, expression: Binary) -> Rule | None:
        """The rule of what looks like an operation and is none; raises `InputError` for a mistake."""
        operator, left = expression.operator, expression.left
        if operator == "**" and left.__class__ is Name and left.name in TABLE:
            from gradcli.lowering.unknown import power_of_function

            error = power_of_function(self, expression)
            if error is not None:
                raise error
        elif operator == "/":
            from gradcli.language.quotients import quotient
            from gradcli.lowering.quotients import check_power, is_derivative

            derivative = quotient(expression)
            if derivative is not None and is_derivative(self, derivative):
                return self._instead(derivative.written_out())
            check_power(self, expression)
        elif operator == "+" and (left.__class__ is Tuple or expression.right.__class__ is Tuple):
            from gradcli.lowering.objects import tuples

            return tuples(self, expression)
        return None

    def _instead(self, expression: Expression) -> Rule:
        return (yield expression)

    def _uncertain_hint(self, expression: PlusMinus) -> str:
        value, uncertainty = (self.text(each.span) for each in (expression.value, expression.uncertainty))
        if isinstance(expression.value, Name):
            return f"give it with the number: {value}=4±{uncertainty}"
        return f"take its number alone: ({value}).detach()"

    def _plus_minus(self, expression: PlusMinus) -> Rule:
        value, _ = yield expression.value
        uncertainty, _ = yield expression.uncertainty
        if any(frame.called_from for frame in self.frames):
            raise self.wrong(
                "a value with an uncertainty would be another one at each call of a function",
                expression.span,
                f"give it a name outside: a = {self.text(expression.span)}",
            )
        if value.tracked:
            raise self.wrong(
                "what stands before ± is computed from leaves, and a value with an uncertainty is a new leaf",
                expression.value.span,
                self._uncertain_hint(expression),
            )
        text = self.text(expression.span)

        def make() -> Node:
            given, spread = (as_number(self.where_taken(each)) for each in (value, uncertainty))
            leaf = self.scope.uncertain(given, spread, text)
            if leaf is None:
                raise self.wrong(
                    "a value with an uncertainty is given to a variable, and does not stand in the formula",
                    expression.span,
                    f'put a name in its place, and give it the value: a="{text}"',
                )
            return leaf

        try:
            return make(), TENSOR
        except GradcliError as error:
            error.marks = error.marks or (self.mark(expression.uncertainty.span),)
            raise

    def _comparison(self, expression: Comparison) -> Rule:
        operands, kinds = [], []
        others = any(sign not in _OF_NUMBERS for sign in expression.operators)
        found: list[Lowered] = []
        sizes = 0
        self.waiting.append(found)
        for each in expression.operands:
            is_whole = others or each.__class__ is Tuple or each.__class__ is Name
            given: Lowered = yield (Whole(each) if is_whole else self.operand(each))
            sizes += _is_size(given)
            others = others or isinstance(given, Host) or _is_tuple(given) or sizes > 1
            found.append(given if others else self.one(given, each.span))
        self.waiting.pop()
        if others:
            from gradcli.lowering.objects import compare

            return (yield compare(self, expression, found))
        for each, given in zip(expression.operands, found, strict=True):
            node, kind = self.one(given, each.span)
            operands.append((each.span, node))
            kinds.append(kind)
        result: Node | None = None
        for symbol, left, right in zip(expression.operators, operands, operands[1:], strict=False):
            node = self.apply(OPERATORS[symbol, 2], expression.span, (left, right))
            if result is not None:
                both = ((expression.span, result), (expression.span, node))
                node = self.apply(OPERATORS["and", 2], expression.span, both)
            result = node
        return result, truth_kind(kinds)

    def _logical(self, expression: Logical) -> Rule:
        found = yield self.operand(expression.left)
        node, first = self._truth(expression.left, found)
        left = as_truth(node)
        settled = self.truth(left, decides=True) if left.shape == () else None
        stops = expression.operator == "or"
        gives_operands = self.scope.keeps_lists  # as Python's do
        if settled is stops:
            return found if gives_operands else (constant(stops), truth_kind((first,)))
        found = yield self.operand(expression.right)
        if settled is not None and gives_operands:
            return found
        node, second = self._truth(expression.right, found)
        right = as_truth(node)
        if settled is not None:
            return right, truth_kind((second,))
        operands = ((expression.left.span, left), (expression.right.span, right))
        node = self.apply(OPERATORS[expression.operator, 2], expression.span, operands)
        return node, truth_kind((first, second))

    def _conditional(self, expression: Conditional) -> Rule:
        found = yield self.operand(expression.condition)
        asked = Done(expression.condition.span, self._truth(expression.condition, found))
        condition: Any = asked
        return (yield choice(self, expression.span, condition, expression.yes, expression.no))

    def operand(self, expression: Expression) -> Expression | Whole:
        """What to yield for an operand that may be no numbers."""
        if isinstance(expression, Name):
            name = expression.name
            is_one = self.host(name) is not None or (name in _OF_PYTHON and self.actor is not None)
            return Whole(expression) if is_one else expression
        sort = expression.__class__
        is_one = sort in _MAY_BE_TEXT or (sort is Vector and self.scope.keeps_lists)
        return Whole(expression) if is_one else expression

    def _operand(self, expression: Expression) -> Rule | Lowered:
        """What `rule_for` gives for such an operand."""
        rule = _OPERANDS.get(expression.__class__)
        return self.rule_for(self.operand(expression)) if rule is None else rule(self, expression)

    def _truth(self, expression: Expression, found: Lowered) -> Typed:
        """What an operand counts as in a condition."""
        if isinstance(found, Host):
            from gradcli.lowering.hosts import truth

            return truth(self, found, expression.span)
        return self.one(found, expression.span)

    # Calls

    def _call(self, expression: Call) -> Rule | Lowered:
        function = expression.function
        given_out = False
        for argument in expression.arguments:
            if argument.value.__class__ is Spread:
                return self._call_of_spread(expression)
            given_out = given_out or argument.name == "out"
            if argument.name == "inplace" and (called_name(function, self) or "").islower():
                return self._call_in_place(expression, argument)
            if (
                argument.value.__class__ is Name
                and argument.value.name in TRUTHS
                and argument is not expression.arguments[0]
                and argument.name is None
                and called_name(function, self) in _IN_PLACE_NEXT
            ):
                return self._call_in_place(expression, argument)
        if isinstance(function, Prime):
            from gradcli.lowering.derivatives import prime

            return prime(self, expression, function)
        if isinstance(function, Call):
            from gradcli.lowering.transforms import is_transform, transformed

            name = called_name(function.function, self)
            if is_transform(self, function) or (name in KINDS and not self.calls_user(function.function)):
                return transformed(self, expression)
        if isinstance(function, Call | Subscript):
            return self._call_of_made(expression, function)
        if isinstance(function, Name):
            host = self.host(function.name)
            if host is not None:
                from gradcli.lowering.hosts import called

                return called(host, self, expression)
            user = self.scope.function(function.name)
            if user is not None:
                from gradcli.lowering.functions import user_call

                return user_call(self, user, expression)
        if isinstance(function, Attribute) and module_of(function.value, self) in OF_NATURE:
            number = self.text(function.span)
            raise self.wrong(f"{number} is a number, and no function", function.span, f"as in 2*{number}")
        member = member_of(function, self)
        if member is not None and self.actor is not None:
            maker = self.actor.maker(member.path)
            if maker is not None:
                from gradcli.lowering.hosts import as_rule

                return as_rule(maker(self, expression))
        name = called_name(function, self)
        if name is not None:
            if given_out and self.actor is not None:
                into = self.actor.maker("out")
                if into is not None:
                    from gradcli.lowering.hosts import as_rule

                    return as_rule(into(self, expression))
            return self._named_call(name, expression, None if member is None else member.convention)
        if isinstance(function, Attribute):
            from gradcli.lowering.attributes import method

            return method(self, function, expression)
        raise self.wrong("only a function can be called", function.span, "a product needs its sign: (a)*(b)")

    def _call_in_place(self, expression: Call, setting: Argument) -> Rule | Lowered:
        """`F.relu(x, inplace=True)`, which is `F.relu_(x)`; without `inplace` where that is False."""
        rest = tuple([each for each in expression.arguments if each is not setting])
        plain = expression._replace(arguments=rest)
        truth = TRUTHS.get(getattr(setting.value, "name", ""))
        if truth is None:
            raise self.wrong("inplace is True or False", setting.value.span)
        member = member_of(plain.function, self) if truth else None
        changes = None if member is None or self.actor is None else self.actor.maker(f"{member.path}_")
        if changes is not None:
            from gradcli.lowering.hosts import as_rule

            return as_rule(changes(self, plain))
        return self._call(plain)

    def _call_of_spread(self, expression: Call) -> Rule:
        from gradcli.lowering.hosts import as_rule, spread_out

        plain = yield spread_out(self, expression)
        return (yield as_rule(self._call(plain)))

    def _call_of_made(self, expression: Call, function: Call | Subscript) -> Rule:
        from gradcli.lowering.hosts import called

        made: Lowered = yield Whole(function)
        if isinstance(made, Host):
            return (yield called(made, self, expression))
        if isinstance(function, Call):
            from gradcli.lowering.transforms import no_function

            raise no_function(self, expression)
        raise self.wrong("only a function can be called", function.span, "a product needs its sign: (a)*(b)")

    def _named_call(self, name: str, call: Call, library: str | None) -> Rule:
        first = call.arguments[0] if call.arguments else None
        if isinstance(call.function, Name) and first is not None and self.may_be_list(first.value):
            from gradcli.lowering import hosts, loops, pythonic

            if name in pythonic.OF_ITEMS and first.name is None:
                if isinstance(first.value, Comprehension):
                    given: Any = hosts.List((yield loops.comprehension(self, first.value)))
                else:
                    given = yield Whole(first.value)
                length = given.length(self) if name == "len" and isinstance(given, Host) else None
                if length is not None:
                    return hosts.counted(length)
                if isinstance(given, Host) or _is_of_python(given, name):
                    items = hosts.items_of(self, given, first.span)
                    return (yield pythonic.of_items(self, name, call, items))
                known = done(first.value.span, given)
                call = call._replace(arguments=(first._replace(value=known), *call.arguments[1:]))
        if name == "sum" and library is None and len(call.arguments) == 1 and self._is_pythons(call):
            return (yield self._sum_of_items(call))
        if name in KINDS and self.actor is not None:
            from gradcli.lowering.transforms import made_of

            function = yield made_of(self, call)
            if function is not None:
                return function
        if library in TRANSFORMING and (name in PRODUCTS or name in KINDS):
            from gradcli.lowering.products import functional, is_functional

            if is_functional(self, call):
                return (yield functional(self, call))
        is_bessels = library == "scipy" and name in TABLE  # SciPy's jvp
        special = None if is_bessels else SPECIAL.get(name)
        if special is not None and (name == "grad" or name not in GRADS or self._means_grad(call)):
            return (yield special(self, call))
        if name == "where" and len(call.arguments) == 1 and self.actor is not None:
            places = self.actor.maker("torch.nonzero")
            if places is not None:  # `torch.where(mask)` is the places where it holds
                from gradcli.lowering.hosts import as_rule

                in_full = Argument(call.span, "as_tuple", Name(call.span, "True"))
                return (yield as_rule(places(self, call._replace(arguments=(*call.arguments, in_full)))))
        if name in DRAWS or name.startswith("dropout"):
            from gradcli.lowering.draws import drawing  # which few programs do

            draws = drawing(self, call)
            if draws is not None:
                return (yield draws)
        entry = TABLE.get(name)
        if entry is not None:
            made: Typed = yield from builtin(self, entry, call, None)
            if entry is TABLE["abs"] and made[0].shape and self.text(call.function.span) in BARS:
                inside = self.text(call.arguments[0].span)
                told = f"|{inside}| has the absolute value of each element; the length is norm({inside})"
                self.origins.conventions.append(Convention(constant(True), told, self.mark(call.span)))
            if entry.family == "making arrays" and entry.whole != "counted":
                from gradcli.lowering.conversions import factory

                return (yield factory(self, made, call, call.span, call.arguments))
            return made
        span = call.function.name_span if isinstance(call.function, Attribute) else call.function.span
        if isinstance(call.function, Name):
            from gradcli.lowering.pythonic import BUILTINS

            does = BUILTINS.get(name)
            if does is not None:
                return (yield does(self, call))
        is_typed = len(call.arguments) == 1 and (
            isinstance(call.function, Attribute) or self.actor is not None
        )
        if is_typed and dtype_of(call.function, self) is not None:
            from gradcli.lowering.conversions import typed_as

            return (yield typed_as(self, call))
        if name == "print" and self.actor is not None and isinstance(call.function, Name):
            from gradcli.lowering.printing import printed

            return (yield printed(self, call))
        if name in STATEMENT_CALLS:
            raise self.wrong(
                f"{name} is a statement, not a value", call.span, "write it on a line of its own"
            )
        from gradcli.lowering.unknown import unknown_function

        member = member_of(call.function, self)
        objects = () if member is None or self.actor is None else self.actor.made_in(member.module)
        if member is not None and self.actor is not None and self.actor.part(member.module, name):
            inside = ", ".join([self.text(each.span) for each in call.arguments])
            hint = f"write {self.text(call.function.span)}[{inside}]"
            raise self.wrong(f"{name} is no function", span, hint)
        raise unknown_function(self, name, span, call.arguments, objects)

    def _is_pythons(self, call: Call) -> bool:
        """Whether the function of a call is one of Python's own: that of no library, in a page in Python."""
        return (
            self.scope.keeps_lists and isinstance(call.function, Name) and self.imported(EVERYTHING) is None
        )

    def _sum_of_items(self, call: Call) -> Rule:
        """A rule: Python's `sum(x)`, which adds the items of an array along its first dimension."""
        (argument,) = call.arguments
        found = yield argument.value
        arguments = [argument._replace(value=done(argument.value.span, found))]
        if len(found[0].shape) > 1:
            arguments.append(Argument(call.span, "dim", Number(call.span, 0.0, whole=True)))
        node, kind = yield from builtin(self, TABLE["sum"], call._replace(arguments=tuple(arguments)), None)
        return node, kind._replace(overload="AddBackward0") if node.tracked else kind

    def may_be_list(self, expression: Expression | Done) -> bool:
        """Whether an argument may be a list of Python's."""
        if isinstance(expression, Name):
            return isinstance(self.variable(expression.name), Host | Several)
        if isinstance(expression, Done):
            return isinstance(expression.found, Host | Several)
        return isinstance(expression, Comprehension | Dictionary | FormattedText | Text) or (
            self.scope.keeps_lists
            and isinstance(expression, Binary | Call | Vector | Tuple | Subscript | Attribute)
        )

    def _means_grad(self, call: Call) -> bool:
        from gradcli.lowering.derivatives import means_grad

        return means_grad(self, call)

    def _subscript(self, expression: Subscript) -> Rule:
        from gradcli.lowering.indexing import part, subscript

        found = yield Whole(expression.value)
        if isinstance(found, Several | Host):
            return (yield part(self, expression, found))
        return (yield subscript(self, expression, found))


def _is_tuple(found: Lowered) -> bool:
    """Whether something is a tuple of Python's, which no one value stands for."""
    return isinstance(found, Several) and not (found.alone or found.names)


def _is_size(found: Lowered) -> bool:
    """Whether something is a size of PyTorch's, which is a tuple where it is compared."""
    return not isinstance(found, Several | Host) and found[1].form == "size"


def _overload(operator: str, one: Typed, other: Typed) -> str:
    """PyTorch's name of an operation with a number of Python's that has a name; "" where it has no other."""
    for (node, kind), name in zip((one, other), _OF_NUMBERS_TOO[operator], strict=True):
        if kind.form == "number" and not (node.tracked or node.static):
            return name
    return ""


def _is_of_python(found: Lowered, name: str) -> bool:
    """Whether a function of Python's takes a tuple part by part: one of Python's, or of no numbers."""
    if not isinstance(found, Several):
        return False
    whole = name == "len" or _is_tuple(found)
    return whole or any(isinstance(part, Host) or _is_of_python(part, name) for part in found.parts)


_WHOLES: dict[type, Callable[[Lowering, Any], Rule | Lowered]] = {
    Tuple: Lowering._tuple,
    Text: Lowering._text_value,
    FormattedText: Lowering._formatted_value,
    Name: Lowering._name_value,
    Vector: Lowering._list,
    Lambda: Lowering._lambda,
    Comprehension: Lowering._comprehension,
    Dictionary: Lowering._dictionary,
}
"""What gives something else where more than one value may stand."""

_MAY_BE_TEXT = frozenset(
    (
        *(Binary, Call, Attribute, Subscript, Conditional, Done, Logical),
        *(Text, FormattedText, Comprehension, Dictionary, Lambda),
    )
)
"""The sorts of operands that may be no numbers; where `[a, b]` is a list of Python's, that may be, too."""

_OF_PYTHON = ("None", "__name__", "bool", "dict", "float", "int", "list", "set", "str", "tuple")
"""Names of Python's that are no numbers, unless they are bound."""

_OF_NUMBERS_TOO = {
    "-": ("RsubBackward1", ""),
    "/": ("MulBackward0", ""),
    "**": ("PowBackward2", "PowBackward0"),
}
"""What PyTorch calls operations of which the left or the right is a number of Python's, where it differs."""

_OF_TRUTHS = {"&": "and", "|": "or"}
"""The operators that join truth values element by element, and what these are between conditions."""

_OF_NUMBERS = ("<", "<=", ">", ">=", "==", "!=")
"""The comparisons that are no words."""

_IN_PLACE_NEXT = ("relu", "relu6", "selu", "silu", "mish", "hardswish", "hardsigmoid")
"""The functions whose second setting by its place is `inplace`."""

_DIVIDING = ("/", "//", "%")
"""The operators that Python refuses to apply to 0."""

_SMALLEST = (Name, Number)
"""The sorts of expressions that need no other, and so no rule."""

_MAY_BE_SEVERAL = frozenset(
    (
        *(Name, Binary, Call, Attribute, Subscript, Conditional, Logical),
        *(Done, Lambda, Comprehension, Dictionary),
    )
)
"""The sorts of expressions whose value may be a tuple."""

_RULES: dict[type, Callable[[Lowering, Any], Rule | Lowered]] = {
    Number: Lowering._number,
    Text: Lowering._text,
    FormattedText: Lowering._text,
    Name: Lowering._name,
    Vector: Lowering._vector,
    Tuple: Lowering._sequence,
    Unary: Lowering._unary,
    Binary: Lowering._binary,
    PlusMinus: Lowering._plus_minus,
    Comparison: Lowering._comparison,
    Logical: Lowering._logical,
    Conditional: Lowering._conditional,
    Attribute: _attribute,
    Subscript: Lowering._subscript,
    Call: Lowering._call,
    Done: lambda lowering, expression: expression.found,
    Lambda: Lowering._lambda,
    Comprehension: Lowering._comprehension,
    Dictionary: Lowering._dictionary,
    Spread: Lowering._spread,
}

_OPERANDS = {
    each: _WHOLES.get(each) or _RULES[each] for each in _RULES if each is Number or each in _MAY_BE_TEXT
}
"""What lowers operands of sorts of which no more needs to be asked."""
