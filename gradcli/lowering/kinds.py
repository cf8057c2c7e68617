"""What a value would be in Python and PyTorch: a tensor, a number, a list; and whether of whole numbers.

All arithmetic is float64. PyTorch prints `tensor(3)` and `tensor(3.)` for the same number, and Python `3`
and `3.0`, by where it comes from; that is worked out here from the syntax, and only for what is shown or
bound as a constant. What requires grad is a tensor of floats, and needs none of this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gradcli.engine.graph import Input
from gradcli.engine.primitives import TABLE
from gradcli.language.tree import (
    Argument,
    Assign,
    Attribute,
    Binary,
    Call,
    Comparison,
    Conditional,
    Define,
    Expression,
    Imported,
    Logical,
    Name,
    Number,
    Return,
    Slice,
    Subscript,
    Unary,
    Vector,
)
from gradcli.lowering.arguments import extreme_of
from gradcli.lowering.names import (
    CASTS,
    CONSTANTS,
    DTYPES,
    TRUTHS,
    called_name,
    dtype_of,
    is_module_path,
)
from gradcli.records import NamedTuple
from gradcli.trampoline import Rule, run

if TYPE_CHECKING:
    from gradcli.session.state import Session


class Kind(NamedTuple):
    """`form` is "tensor", "number" (Python's own), "list" or "size"; `whole`: of integers or truth values."""

    form: str
    whole: bool


TENSOR = Kind("tensor", False)
COUNT = Kind("number", True)
SIZE = Kind("size", True)
_REAL = Kind("number", False)


def kind_of(expression: Expression, session: Session) -> Kind:
    """The kind of an expression's value, as long as that does not require grad."""
    return _Kinds(session).of(expression)


def is_mixed(expression: Vector, session: Session) -> bool:
    """Whether a list holds tensors, or numbers of both kinds, so that its kind does not tell theirs."""
    kinds: set[Kind] = set()
    stack: list[Expression] = [expression]
    while stack:
        item = stack.pop()
        if isinstance(item, Vector):
            stack.extend(item.items)
        else:
            kinds.add(kind_of(item, session))
    return len(kinds) > 1 or any(kind.form == "tensor" for kind in kinds)


def kind_of_node(node: Any) -> Kind:
    """The kind that was noted for the input of a graph."""
    noted: Kind | None = node.kind if isinstance(node, Input) else None
    return noted or TENSOR


def combined(operator: str, kinds: Sequence[Kind]) -> Kind:
    """The kind of an operator's result."""
    return _joined(kinds, operator != "/")


def _joined(kinds: Sequence[Kind], keeps_whole: bool = True) -> Kind:
    form = "number" if all(kind.form == "number" for kind in kinds) else "tensor"
    return Kind(form, keeps_whole and all(kind.whole for kind in kinds))


class _Kinds:
    """Walks expressions without recursion, as lowering does."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.frames: list[tuple[Define, dict[str, Kind]]] = []

    def of(self, expression: Expression) -> Kind:
        rule = self._rule_for(expression)
        kind: Kind = rule if isinstance(rule, Kind) else run(rule, self._rule_for)
        return kind

    def _rule_for(self, expression: Expression) -> Rule | Kind:
        rule = _RULES.get(type(expression))
        return TENSOR if rule is None else rule(self, expression)

    def _number(self, expression: Number) -> Kind:
        return Kind("number", expression.whole)

    def _name(self, expression: Name) -> Kind:
        name = expression.name
        if self.frames and name in self.frames[-1][1]:
            return self.frames[-1][1][name]
        bound = self.session.variable(name)
        if bound is not None:
            return kind_of_node(bound)
        return COUNT if name in TRUTHS else _REAL if name in CONSTANTS else TENSOR

    def _vector(self, expression: Vector) -> Rule:
        whole = bool(expression.items)
        for item in expression.items:
            whole = (yield item).whole and whole
        return Kind("list", whole)

    def _unary(self, expression: Unary) -> Rule:
        kind = yield expression.operand
        return COUNT if expression.operator == "not" else combined(expression.operator, (kind,))

    def _binary(self, expression: Binary) -> Rule:
        kinds = ((yield expression.left), (yield expression.right))
        return combined(expression.operator, kinds)

    def _truth(self, expression: Comparison | Logical) -> Rule:
        kinds = []
        for each in expression.operands if isinstance(expression, Comparison) else expression[2:]:
            kinds.append((yield each))
        return _joined(kinds)._replace(whole=True)

    def _conditional(self, expression: Conditional) -> Rule:
        return _joined([(yield expression.yes), (yield expression.no)])

    def _subscript(self, expression: Subscript) -> Rule:
        value, place = expression.value, expression.items[0]
        kind = yield value
        if isinstance(place, Number) and isinstance(value, Call) and extreme_of(self, value):
            return Kind("tensor", kind.whole or place.value == 1)
        if kind.form in ("size", "list") and not isinstance(place, Slice):
            return Kind("number", kind.whole)
        return kind

    def _attribute(self, expression: Attribute) -> Rule:
        name = expression.name
        if name in ("shape", "ndim", "requires_grad", "is_leaf"):
            return SIZE if name == "shape" else COUNT
        if is_module_path(expression.value, self):
            return _REAL
        if name == "grad":
            return TENSOR
        kind = yield expression.value
        return Kind("tensor", name == "indices" or kind.whole)

    def _call(self, call: Call) -> Rule:
        function = call.function
        name = called_name(function, self)
        if isinstance(function, Name):
            user = self.session.function(function.name)
            if user is not None:
                return (yield self._user_call(user, call))
        if name is not None:
            return (yield self._built_in(name, call, ()))
        if isinstance(function, Attribute):
            kind = yield function.value
            return (yield self._built_in(function.name, call, (kind,)))
        return TENSOR

    def _built_in(self, name: str, call: Call, kinds: tuple[Kind, ...]) -> Rule:
        if name in DTYPES:
            return Kind("tensor" if kinds else "number", DTYPES[name] != "float")
        if kinds and name in CASTS:
            return Kind("tensor", self._dtype(call.arguments, kinds[0].whole))
        if name in ("item", "dim"):
            return COUNT if name == "dim" else Kind("number", kinds[0].whole)
        if name == "size":
            return COUNT if call.arguments else SIZE
        if name == "tolist":
            return Kind("list", kinds[0].whole)
        entry = TABLE.get(name)
        for argument in call.arguments:
            if argument.name in (None, "data", "value"):
                kinds = (*kinds, (yield argument.value))
        if name in ("tensor", "array"):
            return Kind("tensor", self._dtype(call.arguments, all(kind.whole for kind in kinds)))
        if entry is None:
            return TENSOR
        if entry.whole == "counted":
            return COUNT
        if entry.family == "making arrays":
            values = kinds[1:] if name == "full" else kinds
            whole = entry.whole == "kept" and all(kind.whole for kind in values)
            return Kind("tensor", self._dtype(call.arguments, whole))
        plain = _is_of_math(call.function) or all(kind.form != "tensor" for kind in kinds)
        if plain and entry.whole == "rounded" and len(kinds) == 1:
            return COUNT
        kept = entry.whole in ("kept", "rounded") and all(kind.whole for kind in kinds)
        return Kind("number" if plain else "tensor", kept or entry.whole == "always")

    def _user_call(self, function: Define, call: Call) -> Rule:
        """The kind that a function of assignments and one `return` gives; a tensor for any other body."""
        if any(frame is function for frame, _ in self.frames):
            return TENSOR
        kinds: dict[str, Kind] = {}
        for parameter, argument in zip(function.parameters, call.arguments, strict=False):
            kinds[argument.name or parameter.name] = yield argument.value
        self.frames.append((function, kinds))
        for parameter in function.parameters:
            if parameter.name not in kinds and parameter.default is not None:
                kinds[parameter.name] = yield parameter.default
        found = TENSOR
        for statement in function.body:
            if isinstance(statement, Assign) and isinstance(statement.target, Name):
                kinds[statement.target.name] = yield statement.value
            elif isinstance(statement, Return):
                found = yield statement.value
                break
            else:
                break
        self.frames.pop()
        return found

    def _dtype(self, arguments: Sequence[Argument], whole: bool) -> bool:
        """Whether a call makes integers or truth values: what its dtype says, or else what it was given."""
        for argument in arguments:
            dtype = dtype_of(argument.value, self) if argument.name in (None, "dtype") else None
            if dtype is not None:
                return dtype != "float"
        return whole

    def imported(self, name: str) -> Imported | None:
        """What an import line said that a name is."""
        return self.session.imported(name)

    def calls_user(self, function: Expression) -> bool:
        """Whether what is called is the user's own function."""
        return isinstance(function, Name) and self.session.function(function.name) is not None

    def bound(self, name: str) -> bool:
        return bool(self.frames and name in self.frames[-1][1]) or self.session.variable(name) is not None


def _is_of_math(function: Expression) -> bool:
    """Whether a function is Python's, as `math.sqrt`, and so gives a number."""
    if not isinstance(function, Attribute) or not isinstance(function.value, Name):
        return False
    return function.value.name == "math"


_RULES: dict[type, Callable[[_Kinds, Any], Rule | Kind]] = {
    Number: _Kinds._number,
    Name: _Kinds._name,
    Vector: _Kinds._vector,
    Unary: _Kinds._unary,
    Binary: _Kinds._binary,
    Comparison: _Kinds._truth,
    Logical: _Kinds._truth,
    Conditional: _Kinds._conditional,
    Subscript: _Kinds._subscript,
    Attribute: _Kinds._attribute,
    Call: _Kinds._call,
}
