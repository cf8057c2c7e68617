"""The graph: immutable, hash-consed nodes with static shapes and explicit broadcasting.

A `Node` is one operation on other nodes. The same operation on the same nodes *is* the same node,
so shared subexpressions are shared by construction. Every node knows its shape when it is built;
a leading batch axis (rows, or the rows of an identity) is invisible here, and so axes are always
counted from the end (-1 is the last).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from weakref import ref

import numpy as np

from gradcli.arrays import Shape
from gradcli.engine.shapes import ShapeError, broadcast_shape, check_size
from gradcli.records import NamedTuple

Kernel = Callable[..., Any]


class Radial(NamedTuple):
    """Of a length L of x: `pull(node, weight, index)` is weight*L*dL/dx, and `push(node, tangents)` L*dL.

    `holds` says whether a node of the primitive is such a length.
    """

    pull: Callable[[Node, Node, int], Node]
    push: Callable[[Node, Sequence[Node | None]], Node]
    holds: Callable[[Node], bool] = lambda node: True


class Around(NamedTuple):
    """A node whose derivative is `factor` times the derivative of the length `inner`, times that length."""

    inner: Node
    factor: Node


class Primitive:
    """What a node does. The table in `primitives/` says the rest; this is what the graph needs.

    A rule (`pullback`, `pushforward`) builds nodes. It may call primitives as functions, which
    simplifies where that keeps values; `apply` builds the node as it stands.
    """

    elementwise: bool = False
    """Inputs and result have one shape, and NumPy's own broadcasting may stand in for `expand`."""
    mixes_batches: bool = False
    """The kernel accepts inputs of which some have the batch axis and some have not."""
    boolean: bool = False
    """The result holds truth values."""
    keeps_kind: bool = False
    """The result holds truth values where every input does."""
    keeps_zeros: bool = False
    """Linear and zero-preserving: the result is guarded if every input is."""
    joins: bool = False
    """It keeps zeros, and its inputs lie side by side: the result is guarded if any input is."""
    views: bool = False
    """The result may be a view of the first input's memory."""
    guards: bool = False
    """The result is guarded, whatever the inputs are."""
    fills: Callable[[Node], bool] = staticmethod(lambda node: False)
    """Whether the kernel of a node that is not elementwise writes into an array that it is given (`out`)."""
    kink: Any = None
    """Where its derivative is a convention, as a `Kink` of `primitives/entry`, if it is one anywhere."""
    indexed: bool = False
    """The second input says where: nothing flows through it."""
    definition: Callable[[Node], Node] | None = None
    """Where there is one: an equal graph of a node, which is differentiated in its place."""
    radial: Radial | None = None
    """Of a length: its product with its own derivative, which is smooth at the tip where that is not."""
    around: Callable[[Node], Around | None] | None = None
    """What of a node is differentiated around a length below it: a power of it, from the square on."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def shape(self, inputs: Sequence[Node], params: tuple[Any, ...]) -> Shape:
        """The shape of the result; raises `ShapeError`."""
        raise NotImplementedError

    def kernel(self, node: Node) -> Kernel:
        """The NumPy call that computes the node from the arrays of its inputs."""
        raise NotImplementedError

    def pullback(self, node: Node, cotangent: Node, index: int) -> Node | None:
        """The cotangent of input `index`; `None` if the result does not depend on it."""
        raise NotImplementedError

    def pushforward(self, node: Node, tangents: Sequence[Node | None]) -> Node | None:
        """The tangent of the node, from those of its inputs (`None` is no dependence)."""
        raise NotImplementedError

    def tracks(self, index: int) -> bool:
        """Whether a result requires grad because its input `index` does."""
        return True

    def support(self, node: Node) -> Node | None:
        """Where a guarded node may be more than a structural 0, if that does not follow from its inputs."""
        return None

    def simplified(self, inputs: tuple[Node, ...]) -> Node | None:
        """An equal node that costs less, if there is one; values (nan and inf too) are kept."""
        return None

    def apply(self, *inputs: Node, params: tuple[Any, ...] = ()) -> Node:
        """The node of this primitive on `inputs`, as it stands."""
        if self.elementwise:
            inputs = broadcast(inputs)
        return intern(self, inputs, params)

    def __call__(self, *operands: Node | float, params: tuple[Any, ...] = ()) -> Node:
        """Like `apply`, but numbers are accepted, and the result is simplified."""
        inputs = tuple(as_node(operand) for operand in operands)
        if self.elementwise:
            inputs = broadcast(inputs)
        return self.simplified(inputs) or intern(self, inputs, params)


class Node:
    """One operation in the graph. Compare with `is`; `==` on nodes builds a comparison node."""

    __slots__ = (
        "__weakref__",
        "boolean",
        "guarded",
        "inputs",
        "kinked",
        "params",
        "primitive",
        "shape",
        "static",
        "tracked",
    )

    primitive: Primitive
    inputs: tuple[Node, ...]
    params: tuple[Any, ...]
    shape: Shape
    boolean: bool
    """Holds truth values, not numbers."""
    static: bool
    """Depends on no input: its value never changes."""
    tracked: bool
    """Requires grad: a leaf is reachable through differentiable operations."""
    guarded: bool
    """Its zeros are structural: no path contributes there, so 0 times anything is 0 (see `where`)."""
    kinked: bool
    """It or what it is computed from may stand at a kink (see `Kink`)."""

    def __repr__(self) -> str:
        return f"<{self.primitive} {list(self.shape)}>"

    # Arithmetic, so that derivative rules read as the mathematics they are.

    def __add__(self, other: Node | float) -> Node:
        return RULES["+"](self, other)

    def __radd__(self, other: float) -> Node:
        return RULES["+"](other, self)

    def __sub__(self, other: Node | float) -> Node:
        return RULES["-"](self, other)

    def __rsub__(self, other: float) -> Node:
        return RULES["-"](other, self)

    def __mul__(self, other: Node | float) -> Node:
        return RULES["*"](self, other)

    def __rmul__(self, other: float) -> Node:
        return RULES["*"](other, self)

    def __truediv__(self, other: Node | float) -> Node:
        return RULES["/"](self, other)

    def __rtruediv__(self, other: float) -> Node:
        return RULES["/"](other, self)

    def __pow__(self, other: Node | float) -> Node:
        return RULES["**"](self, other)

    def __neg__(self) -> Node:
        return RULES["negative"](self)

    def __lt__(self, other: Node | float) -> Node:
        return RULES["<"](self, other)

    def __le__(self, other: Node | float) -> Node:
        return RULES["<="](self, other)

    def __gt__(self, other: Node | float) -> Node:
        return RULES[">"](self, other)

    def __ge__(self, other: Node | float) -> Node:
        return RULES[">="](self, other)

    def __and__(self, other: Node) -> Node:
        return RULES["and"](self, other)

    def __invert__(self) -> Node:
        return RULES["not"](self)

    def equals(self, other: Node | float) -> Node:
        """The comparison `self == other`, as a node."""
        return RULES["=="](self, other)


RULES: dict[str, Callable[..., Node]] = {}
"""What the operators of `Node` build. The table of primitives stands above this file and fills it in."""


class _Source(Primitive):
    """The primitive of a node without inputs."""

    def shape(self, inputs: Sequence[Node], params: tuple[Any, ...]) -> Shape:
        return ()


_INPUT = _Source("input")
_CONSTANT = _Source("constant")


class Input(Node):
    """A node whose value is given anew for each run. Each one is itself only."""

    __slots__ = ("name", "role")

    def __init__(
        self, name: str, shape: Shape, *, role: str = "leaf", tracked: bool = True, boolean: bool = False
    ) -> None:
        check_size(shape)
        self.name = name
        self.role = role
        self.primitive = _INPUT
        self.inputs = ()
        self.params = ()
        self.shape = shape
        self.boolean = boolean
        self.static = False
        self.tracked = tracked
        self.kinked = False
        self.guarded = role == "unit" and shape != ()  # of a single number there is only the 1

    def __repr__(self) -> str:
        return f"<{self.role} {self.name} {list(self.shape)}>"


class Stale(Input):
    """An input that holds the data of a value that is out of date.

    `changed` names the leaf that has changed since, and `place` is a `Mark` of where, as far as known.
    """

    __slots__ = ("changed", "place")

    def __init__(
        self, name: str, shape: Shape, *, tracked: bool, changed: str = "", place: Any = None
    ) -> None:
        super().__init__(name, shape, role="stale", tracked=tracked)
        self.changed = changed
        self.place = place


class Constant(Node):
    """A node that is a number or an array, told apart by its bits (-0 is not 0)."""

    __slots__ = ("value",)

    value: Any


class _Listed(ref[Node]):
    """A node in the table, which it leaves when nobody else holds it."""

    __slots__ = ("key",)

    key: Any


_nodes: dict[Any, _Listed] = {}
_new = object.__new__


def _leave(held: _Listed) -> None:
    found = _nodes.pop(held.key, held)  # which looks once, and finds it nearly always
    if found is not held:
        _nodes[held.key] = found


def _enter(key: Any, node: Node) -> None:
    held = _nodes[key] = _Listed(node, _leave)
    held.key = key


def intern(primitive: Primitive, inputs: tuple[Node, ...], params: tuple[Any, ...] = ()) -> Node:
    """The one node of this primitive, inputs and params; raises `ShapeError` where they do not fit."""
    key = (primitive, inputs, params)
    held = _nodes.get(key)
    if held is not None:
        found = held()
        if found is not None:
            return found
    node = _new(Node)
    if primitive.elementwise:
        node.shape = inputs[0].shape
    else:
        node.shape = primitive.shape(inputs, params)
        check_size(node.shape)
    node.primitive = primitive
    node.inputs = inputs
    node.params = params
    static = True
    tracked = False
    boolean = primitive.keeps_kind
    guarded = primitive.keeps_zeros
    kinked = primitive.kink is not None
    for index, each in enumerate(inputs):
        if not each.static:
            static = False
        if each.tracked and not tracked:
            tracked = primitive.tracks(index)
        if each.kinked:
            kinked = True
        if boolean:
            boolean = each.boolean
        if guarded:
            guarded = each.guarded
    node.static = static
    node.tracked = tracked
    node.kinked = kinked
    node.boolean = boolean or primitive.boolean
    if primitive.joins:
        guarded = any(each.guarded for each in inputs)
    elif primitive.indexed:
        guarded = primitive.keeps_zeros and inputs[0].guarded
    node.guarded = guarded or primitive.guards
    _enter(key, node)
    return node


def constant(value: Any) -> Constant:
    """The node of a number, a truth value, or an array of them (copied, float64 or bool)."""
    kind = type(value)
    if kind is float:
        data: Any = value
        key: Any = _number_key(value)
    else:
        data = np.asarray(value)
        check_size(data.shape)
        data = data.astype(bool if data.dtype == bool else np.float64)
        if data.ndim == 0:
            data = data[()]
            key = (_CONSTANT, data.tobytes()) if data.dtype == bool else _number_key(float(data))
        else:
            data.flags.writeable = False
            key = (_CONSTANT, data.tobytes(), data.shape, data.dtype == bool)  # of nothing there are two
    held = _nodes.get(key)
    if held is not None:
        found = held()
        if found is not None:
            assert found.__class__ is Constant
            return found
    node = _constant_node(np.float64(value) if kind is float else data)
    _enter(key, node)
    return node


def _constant_node(data: Any) -> Constant:
    node = _new(Constant)
    node.value = data
    node.primitive = _CONSTANT
    node.inputs = ()
    node.params = ()
    node.shape = data.shape
    node.boolean = data.dtype == bool
    node.static = True
    node.tracked = False
    node.kinked = False
    node.guarded = False
    return node


NOTHING = _constant_node(np.float64(0.0))
"""The 0 that is structural: what a path contributes along which a function is flat, whatever lies beyond."""
NOTHING.guarded = True


FALSE = constant(False)
"""What is never true."""


def _number_key(value: float) -> tuple[Any, ...]:
    """What tells a number's node from all others: the number, or its bits where == does not tell."""
    return (_CONSTANT, value) if value and value == value else (_CONSTANT, np.float64(value).tobytes())


def nodes_alive() -> int:
    """How many nodes of operations and constants there are in this process."""
    return len(_nodes)


def as_node(operand: Node | float) -> Node:
    """A number as a constant; a node as it is."""
    return operand if isinstance(operand, Node) else constant(float(operand))


def number_in(node: Node) -> float | None:
    """The number that a node holds everywhere, if it is a constant (perhaps expanded)."""
    while node.primitive is expand_primitive:
        node = node.inputs[0]
    if isinstance(node, Constant) and node.shape == () and not node.boolean:
        return float(node.value)
    return None


# Broadcasting, in one place: forwards `expand`, backwards a sum over what was expanded.


def broadcast(inputs: tuple[Node, ...]) -> tuple[Node, ...]:
    """The inputs, each expanded to the shape that they have in common."""
    first = inputs[0].shape
    for each in inputs:
        if each.shape != first:
            shape = broadcast_shape([each.shape for each in inputs])
            return tuple([_expanded(each, shape) for each in inputs])
    return inputs


class _Expand(Primitive):
    """Repeats a node along new leading axes, and along axes of size 1."""

    keeps_kind = True
    keeps_zeros = True
    views = True

    def kernel(self, node: Node) -> Kernel:
        shape = node.shape
        return lambda x: np.broadcast_to(x, shape)

    def shape(self, inputs: Sequence[Node], params: tuple[Any, ...]) -> Shape:
        shape: Shape = params[0]
        return shape

    def pullback(self, node: Node, cotangent: Node, index: int) -> Node | None:
        return unexpand(cotangent, node.inputs[0].shape)

    def pushforward(self, node: Node, tangents: Sequence[Node | None]) -> Node | None:
        return None if tangents[0] is None else expand(tangents[0], node.shape)


expand_primitive = _Expand("expand")


def expand(node: Node, shape: Shape) -> Node:
    """The node, repeated to `shape`, which its own shape must fit into; raises `ShapeError`."""
    if node.shape == shape:
        return node
    if node.shape and broadcast_shape((node.shape, shape)) != shape:
        raise ShapeError(f"shape {list(node.shape)} does not expand to {list(shape)}")
    return _expanded(node, shape)


def _expanded(node: Node, shape: Shape) -> Node:
    """The same where the shape is known to fit."""
    if node.shape == shape:
        return node
    # Only a static one is looked through: anything else may be what somebody differentiates in.
    inner = node.inputs[0] if node.static and node.primitive is expand_primitive else node
    return intern(expand_primitive, (inner,), (shape,))


def unexpand(node: Node, shape: Shape) -> Node:
    """The sum over everything that `expand` from `shape` repeated: its transpose."""
    if node.shape == shape:
        return node
    extra = len(node.shape) - len(shape)
    stretched = tuple(
        axis - len(node.shape)
        for axis, size in enumerate(node.shape)
        if axis < extra or (size != 1 and shape[axis - extra] == 1)
    )
    total = RULES["sum"](node, stretched) if stretched else node
    return total if total.shape == shape else RULES["reshape"](total, shape)


def zeros_like(node: Node) -> Node:
    """Zeros in the shape of a node: what a connected but flat dependence contributes."""
    return expand(constant(0.0), node.shape)


def nothing_like(node: Node) -> Node:
    """Structural zeros in the shape of a node: the derivative of what is flat there, times anything, is 0."""
    return expand(NOTHING, node.shape)


def topological(outputs: Iterable[Node], stop: Callable[[Node], bool] | None = None) -> list[Node]:
    """Every node below `outputs`, inputs before their users, each once; without recursion.

    Below a node for which `stop` is true nothing is visited.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    opened: list[Node] = []
    stack: list[Node | None] = [*outputs]
    stack.reverse()
    while stack:
        node = stack.pop()
        if node is None:  # all that is below the node that was opened last has been visited
            order.append(opened.pop())
        elif node not in seen:
            seen.add(node)
            if not node.inputs or (stop is not None and stop(node)):
                order.append(node)
            else:
                opened.append(node)
                stack.append(None)
                stack += node.inputs[::-1]
    return order


class _Alias(Primitive):
    """A node's value under another identity, so that it can be a variable of its own."""

    elementwise = True
    keeps_kind = True
    keeps_zeros = True

    def kernel(self, node: Node) -> Kernel:
        def same(x: Any, out: Any = None) -> Any:
            if out is None:
                return x
            np.copyto(out, x)
            return out

        return same


_alias = _Alias("alias")


def alias(node: Node) -> Node:
    """A stand-in for `node` that nothing else in the graph refers to. `substitute` takes it out again."""
    return intern(_alias, (node,), (object(),))


class _Held(Primitive):
    """A node's value where something holds it, in memory of its own: a name, or a leaf after a step.

    It says nothing of where its zeros came from if it `forgets` that, as an input does.
    """

    keeps_kind = True
    views = True

    def __init__(self, name: str, *, forgets: bool) -> None:
        super().__init__(name)
        self.keeps_zeros = not forgets

    def shape(self, inputs: Sequence[Node], params: tuple[Any, ...]) -> Shape:
        return inputs[0].shape

    def kernel(self, node: Node) -> Kernel:
        return np.array if node.shape else _number


def _number(value: Any) -> Any:
    return value if type(value) is np.float64 else np.asarray(value)[()]


HELD = (_Held("named", forgets=False), _Held("stepped", forgets=True))
"""The primitives of what a name holds, and of what an input has become."""


def named(node: Node) -> Node:
    """What a name holds that is bound to a node."""
    return intern(HELD[0], (node,))


def stepped(node: Node) -> Node:
    """What an input holds that has become a node: it stands where the input has stood."""
    return intern(HELD[1], (node,))


def substitute(outputs: Sequence[Node], new: Mapping[Node, Node]) -> list[Node]:
    """The nodes `outputs`, built again with what `new` says in the place of each of its keys.

    They are built as they stand, and not simplified. Below a key nothing is looked at.
    """
    changed = substituted(outputs, new)
    return [changed.get(node, node) for node in outputs]


def substituted(outputs: Sequence[Node], new: Mapping[Node, Node]) -> dict[Node, Node]:
    """Like `substitute`: every node that is built again, and what it becomes."""
    changed: dict[Node, Node] = dict(new)
    for node in topological(outputs, new.__contains__):
        if node not in changed and any(each in changed for each in node.inputs):
            inputs = tuple(changed.get(each, each) for each in node.inputs)
            changed[node] = intern(node.primitive, inputs, node.params)
    return changed
