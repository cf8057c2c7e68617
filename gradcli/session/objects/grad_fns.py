"""What PyTorch's graph of a value is made of: `y.grad_fn`, and from there `next_functions`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gradcli.engine.graph import Constant, Input, Node, as_node, expand_primitive
from gradcli.engine.primitives import grad_fn_name
from gradcli.engine.primitives.shaping import clone, revalued
from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import NONE, Method, Text
from gradcli.lowering.kinds import COUNT, REAL, TENSOR, Host, Kind, Lowered, Several, named
from gradcli.session.results import Label
from gradcli.session.state import Session

_OF_TWO = ("AddBackward0", "SubBackward0", "MulBackward0", "DivBackward0")
"""Operations that have a place for a number beside a tensor, too."""


_SELF, _RESULT = {"self": 0}, {"result": None}

_SAVED: Mapping[str, Mapping[str, int | None]] = {
    **dict.fromkeys(
        (
            *("Abs", "Acos", "Asin", "Atan", "Cos", "Cosh", "Erf", "Log", "Log10", "Log1P", "Log2"),
            *("Sin", "Sinh", "Lgamma", "Silu", "Gelu", "Softplus", "LeakyRelu"),
        ),
        _SELF,
    ),
    **dict.fromkeys(
        (
            *("Exp", "Exp2", "Expm1", "Sqrt", "Rsqrt", "Reciprocal", "Sigmoid", "Tan", "Tanh"),
            *("Relu", "Softmax", "LogSoftmax"),
        ),
        _RESULT,
    ),
    "Pow": {"self": 0, "exponent": 1},
    "Mul": {"self": 0, "other": 1},
    "Div": {"self": 0, "other": 1},
    "Mm": {"self": 0, "mat2": 1},
    "Mv": {"self": 0, "vec": 1},
    "Dot": {"self": 0, "tensor": 1},
    "Atan2": {"self": 0, "other": 1},
}
"""What operations keep for a backward pass, as PyTorch calls it: which input, or what they gave (`None`)."""


class GradFn(Host):
    """An operation that a backward pass goes through."""

    title = "a function of the graph"
    settled = True

    def __init__(
        self, session: Session, node: Node, name: str, below: tuple[Host, ...] | None = None
    ) -> None:
        self.session = session
        self.node = node
        self.python_type = name
        self.below = below

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return ("name", "next_functions", *[f"_saved_{name}" for name in self._saved()])

    def _saved(self) -> Mapping[str, int | None]:
        """What it keeps for a backward pass."""
        found = _SAVED.get(self.python_type.partition("Backward")[0], {})
        return found if _is_one(self.python_type, self.node) else {}

    def saved(self, context: Context, name: str) -> Lowered | None:
        """A value that it keeps for a backward pass."""
        places = self._saved()
        if name not in places:
            return None
        place = places[name]
        if place is None:  # another tensor of the same numbers
            return clone.build(self.node), named(TENSOR, self.python_type)
        inputs = list(self.node.inputs)
        if self.python_type in _OF_TWO and len(inputs) == 2 and _is_number(inputs[0]):
            inputs.reverse()
        if place >= len(inputs):
            return None
        node, others = inputs[place], inputs[:place] + inputs[place + 1 :]
        while node.inputs and node.primitive is expand_primitive:
            (node,) = node.inputs
        if name == "exponent":
            return self._number(context, node)
        is_needed = len(others) == 0 or "exponent" in places or any(each.tracked for each in others)
        if not is_needed:  # it is there for the derivative in the other one
            return NONE
        known = self.session.known_value(node)
        return node, TENSOR if known is None else known.kind

    def _number(self, context: Context, node: Node) -> Lowered:
        number = context.known(node, leaves=True)
        return node, COUNT if number is not None and float(number).is_integer() else REAL

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """Its name, what it goes on to, or what it keeps."""
        if name.startswith("_saved_"):
            return self.saved(context, name.removeprefix("_saved_"))
        if name == "name":
            return Method(name, self._name)
        if name == "next_functions":
            return Several(tuple(Several((each, (as_node(0), COUNT))) for each in self.next()), depth=2)
        return None

    def _name(self, context: Context, call: Call) -> Lowered:
        return Text((self.name(),))

    def name(self) -> str:
        """What it calls itself."""
        return self.python_type

    def next(self) -> tuple[Host, ...]:
        """What it hands gradients on to: an operation, a leaf, or None for a constant, in PyTorch's order."""
        if self.below is not None:
            return self.below
        name, inputs = self.python_type, list(self.node.inputs)
        if name == "AddmmBackward0" and len(inputs) == 2 and len(inputs[0].inputs) == 2:
            product, bias = inputs
            return tuple(_behind(self.session, each) for each in (bias, *product.inputs))
        if name == "MulBackward0" and self.node.primitive.name == "divide":
            inner = _behind(self.session, inputs[1])
            return GradFn(self.session, inputs[1], "ReciprocalBackward0", (inner,)), NONE
        if not _is_one(name, self.node):
            return tuple(_behind(self.session, each) for each in _ends(self.session, self.node))
        if name in _OF_TWO and len(inputs) == 2 and _is_number(inputs[0]):
            inputs.reverse()  # `2*x` is x times 2
        return tuple(
            _behind(self.session, each)
            for each in inputs
            if not each.boolean and (name in _OF_TWO or not _is_number(each))
        )

    def shown(self, run: object) -> Label:
        """As PyTorch prints it, without the address."""
        return Label(self.python_type, self.text())

    def text(self) -> str:
        """As PyTorch prints it, without the address."""
        return f"<{self.python_type}>"


class AccumulateGrad(GradFn):
    """Where a gradient is added into a leaf."""

    def __init__(self, session: Session, leaf: Input, kind: Kind) -> None:
        super().__init__(session, leaf, "AccumulateGrad", ())
        self.kind = kind

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return (*super().names(), "variable")

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """The leaf, and what every operation has."""
        return (self.node, self.kind) if name == "variable" else super().attribute(context, name)

    def name(self) -> str:
        """What it calls itself."""
        return "torch::autograd::AccumulateGrad"


def grad_fn(session: Session, node: Node, name: str) -> GradFn:
    """The operation that made a value, which PyTorch calls `name`."""
    return GradFn(session, _recorded(session, node), name)


def _recorded(session: Session, node: Node) -> Node:
    """The node behind what stands in for one, or gives it other elements."""
    node = session.behind(node)
    while node.primitive is revalued:
        node = session.behind(node.inputs[1])
    return node


def _is_one(name: str, node: Node) -> bool:
    """Whether the operation that PyTorch calls `name` is one here, too: the node's own."""
    own = grad_fn_name(node).rstrip("0123456789")
    return name.rstrip("0123456789") == own or own.startswith(("ClampM", "Subtract", "Subscript"))


def _is_number(node: Node) -> bool:
    """Whether a node is a number of Python's, perhaps spread to a shape."""
    if node.primitive is expand_primitive:
        (node,) = node.inputs
    return isinstance(node, Constant) and not node.shape


def _behind(session: Session, node: Node) -> Host:
    """The operation that made an input of another, or the leaf that it is; None for a constant."""
    while node.inputs and node.primitive is expand_primitive:
        (node,) = node.inputs
    node = _recorded(session, node)
    if not node.tracked:
        return NONE
    known = session.known_value(node)
    kind = None if known is None else known.kind
    if isinstance(node, Input):
        return AccumulateGrad(session, node, kind or TENSOR)
    return GradFn(session, node, (kind.overload if kind is not None else "") or _name_of(node))


def _name_of(node: Node) -> str:
    """What PyTorch calls an operation that has no name of a program: where two are one here, the likelier."""
    name = grad_fn_name(node)
    if name == "PermuteBackward0" and len(node.shape) == 2:
        return "TBackward0"
    if not node.shape and name in ("SumBackward1", "MeanBackward1", "ProdBackward1"):
        return name.replace("1", "0")
    return name


def _ends(session: Session, node: Node) -> list[Node]:
    """What an operation of PyTorch's goes on to that is several here: leaves, and values with names."""
    found: dict[Node, None] = {}
    stack = list(reversed(node.inputs))
    while stack:
        each = stack.pop()
        if not each.inputs or session.known_value(each) is not None:
            if each.tracked:
                found[each] = None
        else:
            stack += reversed(each.inputs)
    return list(found)
