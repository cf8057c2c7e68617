"""The session: names, leaves, accumulated grads. Every surface drives this one object.

A leaf, a constant and a loop variable are each an `Input` of the graph with a cell that holds its
present value. A named value that was computed from leaves keeps its graph, its data, and the
versions of the leaves that it was computed from; if one of them changes in place, it is stale.
Every change goes through the journal, so a statement that fails changes nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

import numpy as np

from gradcli.arrays import Shape
from gradcli.engine.derive import check_current, gradient, pullback
from gradcli.engine.graph import Constant, Input, Node, Stale, as_node, constant, expand
from gradcli.engine.plan import Plan
from gradcli.engine.plan_cache import PLANS, Form, Prepared, fitted, form_of, plan_for
from gradcli.language.tree import Define, Imported
from gradcli.lowering.kinds import COUNT, TENSOR, Kind
from gradcli.lowering.origins import Origins
from gradcli.records import NamedTuple
from gradcli.session.journal import Changes, Journal
from gradcli.session.uncertain import Uncertain
from gradcli.text.errors import EvaluationError, InputError, UnboundNameError
from gradcli.text.source import Mark
from gradcli.text.suggest import did_you_mean

if TYPE_CHECKING:
    from gradcli.search.spreads import Spread

_count = itertools.count(1).__next__
"""Numbers for versions and states. None is ever used again, not even after an undo."""


UNBOUND = "give it a value first: {name} = …"
"""What to tell someone who uses a name that is not bound."""

PLAIN_NUMBERS = ("torch", "numpy", "jax")
"""Libraries in whose programs a bare number is a number, and no leaf."""


class Cell(NamedTuple):
    """The present value of an input, the number of its last change in place (0: never), and its place."""

    data: Any
    version: int
    changed: Mark | None = None


class Grad(NamedTuple):
    """What a leaf has accumulated: an input of the graph for it, and the backward passes in it.

    `graph` is its value with the graph that it was computed by, where that was asked for.
    """

    node: Input
    passes: int
    graph: Value | None = None


class Value:
    """What a name is bound to: a node, its data when it was computed, and what that depended on.

    `kind` is what it would be in Python and PyTorch, and `origins` says where its nodes were written. Of
    several values of one node the `first` was computed, and the others share what it found.
    """

    __slots__ = (
        *("__weakref__", "checked", "data", "first", "kind", "node"),
        *("origins", "stand_in", "versions"),
    )

    def __init__(
        self,
        node: Node,
        data: Any,
        versions: dict[Input, int] | None = None,
        kind: Kind = TENSOR,
        origins: Origins | None = None,
        first: Value | None = None,
    ) -> None:
        self.node = node
        self.data = data
        self.versions = versions or {}
        self.kind = kind
        self.origins = origins
        self.first = first
        self.stand_in: Input | None = None
        """Takes the node's place once the value is stale."""
        self.checked = -1
        """The state of the leaves (`Session.state`) in which the value was last found not to be stale."""


class Group(NamedTuple):
    """The values of a tuple; `names`, `title` and `alone` are those of what gave it (`Several`)."""

    parts: tuple[Held, ...]
    names: tuple[str, ...] = ()
    title: str = ""
    alone: str = ""
    depth: int = 1

    def over_each(self, change: Callable[[Value], Value]) -> Group:
        """The tuple with every value in it changed."""
        parts = [part.over_each(change) if isinstance(part, Group) else change(part) for part in self.parts]
        return self._replace(parts=tuple(parts))

    def values(self) -> Iterator[Value]:
        """Every value in it, in order."""
        for part in self.parts:
            if isinstance(part, Group):
                yield from part.values()
            else:
                yield part


Held = Value | Group
"""What an expression holds, and a name is bound to."""


class GradChange(NamedTuple):
    """What one sweep did to one leaf: its grad now, what was added, and the passes in it.

    `name` is `None` for a leaf that no name means any more, which was called `earlier`.
    """

    name: str | None
    earlier: str
    grad: Any
    added: Any
    passes: int


class Sweep(NamedTuple):
    """A backward pass that has been computed but changed nothing yet."""

    leaves: list[Input]
    added: list[Any]


Reads = Callable[[str], Any]
"""Reads the numbers of a file, by its name, as an array; raises `GradcliError`."""


class Session:
    """Names, leaves and grads, with statements that either happen whole or not at all."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self.groups: dict[str, Group] = {}
        """The names that are bound to tuples, and so to no one value."""
        self.functions: dict[str, Define] = {}
        self.imports: dict[str, Imported] = {}
        self.cells: MutableMapping[Input, Cell] = WeakKeyDictionary()
        self.grads: MutableMapping[Input, Grad] = WeakKeyDictionary()
        self.spreads: MutableMapping[Input, Spread] = WeakKeyDictionary()
        """How uncertain leaves are: those with an uncertainty only."""
        self.reads: Reads | None = None
        """What reads a file for a statement, if statements may read any."""
        self.recording = True
        """False inside `no_grad`: values computed there are constants."""
        self.as_pytorch = False
        """Whether everything is as in PyTorch, as its style says, without any import line."""
        self.tells_of_constants = False
        """Whether a note is still to be given that a bare number is a constant: once, at a prompt."""
        self.state = 0
        """Another number after each change of a leaf in place."""
        self._computed: MutableMapping[Node, Value] = WeakValueDictionary()
        """The last value of each computed node, as long as some name or undo step holds it."""
        self._used: WeakSet[Input] = WeakSet()
        """Every leaf that some value was computed from."""
        self._journal = Journal()

    # Transactions

    def commit(self) -> Changes:
        """Keeps all changes since the last commit; what `take_back` needs to undo them later."""
        return self._journal.close()

    def roll_back(self) -> None:
        """Takes back all changes since the last commit."""
        self.take_back(self.commit())
        self.recording = True

    def take_back(self, changes: Changes) -> None:
        """Takes back what an earlier `commit` returned."""
        self.state = _count()
        for change in changes:
            change.take_back()

    def copy(self, into: Session | None = None) -> Session:
        """A session (new, or `into`) with the same names and grads, which shares nothing that changes."""
        other = into or Session()
        other.values.update(self.values)
        other.groups.update(self.groups)
        other.functions.update(self.functions)
        other.imports.update(self.imports)
        other.cells.update(self.cells)
        other.grads.update(self.grads)
        other.spreads.update(self.spreads)
        other.recording = self.recording
        other.as_pytorch = self.as_pytorch
        other.state = self.state
        other._computed.update(self._computed)
        other._used.update(self._used)
        return other

    @property
    def numbers_are_leaves(self) -> bool:
        """Whether numbers alone make a leaf: not in programs of libraries where `requires_grad` does."""
        return not self.as_pytorch and not any(
            each.library in PLAIN_NUMBERS for each in self.imports.values()
        )

    # Values that are out of date

    def current(self, value: Value, name: str) -> Node:
        """The node that stands for a value now: its own, or that of stale data."""
        return self.stand_in(value, name) if self.is_stale(value) else value.node

    def stand_in(self, value: Value, name: str) -> Node:
        """What stands for a value whose node must not be looked through: an input that holds its data."""
        if value.stand_in is None:
            since = {leaf: self.cells[leaf] for leaf in value.versions}
            changed = next((leaf for leaf in since if since[leaf].version != value.versions[leaf]), None)
            value.stand_in = Stale(
                name,
                value.node.shape,
                tracked=value.node.tracked,
                changed="" if changed is None else self.name_of(changed) or changed.name,
                place=None if changed is None else since[changed].changed,
            )
        self.cells.setdefault(value.stand_in, Cell(value.data, 0))
        return value.stand_in

    def behind(self, stand_in: Input) -> Node:
        """The node that a stand-in took the place of, for its name; the stand-in where that is gone."""
        found = (value.node for value in self.values.values() if value.stand_in is stand_in)
        return next(found, stand_in)

    def is_stale(self, value: Value) -> bool:
        """Whether a leaf has changed in place since a value was computed from it."""
        if value.checked == self.state:
            return False
        if any(self.cells[each].version != version for each, version in value.versions.items()):
            return True
        value.checked = self.state
        return False

    # Values

    def new_input(self, name: str, data: Any, *, role: str, tracked: bool) -> Input:
        """A new input with its cell; `data` becomes a NumPy number or array."""
        data = _as_data(data)
        node = Input(name, np.shape(data), role=role, tracked=tracked, boolean=data.dtype == bool)
        # Not in the journal: a new input that is taken back dies with its name, and its cell with it,
        # while the journal would keep every loop variable of a long loop alive.
        self.cells[node] = Cell(data, 0)
        return node

    def bind(self, name: str, held: Held) -> None:
        """Binds a name to a value, or to a tuple."""
        for value in held.values() if isinstance(held, Group) else (held,):
            if not isinstance(value.node, Input | Constant):
                if value.origins is not None:
                    value.origins = value.origins.of(value.node)
                self._computed[value.node] = value.first or value
        bound, other = (self.groups, self.values) if isinstance(held, Group) else (self.values, self.groups)
        if name in other:
            self._journal.remove(other, name)
        self._journal.set(bound, name, held)

    def bound_to(self, name: str) -> Held | None:
        """What a name is bound to."""
        found = self.values.get(name)
        return self.groups.get(name) if found is None else found

    def names(self) -> list[str]:
        """Every name that is bound, to a value, a tuple or a function."""
        return [*self.values, *self.groups, *self.functions]

    def new_leaf(self, name: str, data: Any, spread: Spread | None = None) -> Input:
        """A new leaf that requires grad, perhaps with an uncertainty."""
        node = self.new_input(name, data, role="leaf", tracked=True)
        if spread is not None:
            self.spreads[node] = spread  # as its cell, it dies with the leaf
        return node

    def bind_leaf(self, name: str, data: Any, spread: Spread | None = None) -> Input:
        """Binds a name to a new leaf that requires grad, perhaps with an uncertainty."""
        node = self.new_leaf(name, data, spread)
        self.bind(name, Value(node, None, {}))
        return node

    def give(self, name: str, data: Any) -> Input:
        """Binds a name to what comes from outside: numbers (a new leaf), an `Uncertain`, or truth values."""
        if getattr(getattr(data, "dtype", None), "kind", "") == "b" or isinstance(data, bool):
            return self.bind_truth(name, data)
        is_uncertain = isinstance(data, Uncertain)
        return self.bind_leaf(name, data.value, data.spread()) if is_uncertain else self.bind_leaf(name, data)

    def bind_truth(self, name: str, data: Any) -> Input:
        """Binds a name to truth values, in which there are no derivatives."""
        node = self.new_input(name, data, role="constant", tracked=False)
        self.bind(name, Value(node, None, {}, COUNT))
        return node

    def bind_constant(self, name: str, data: Any, kind: Kind = TENSOR) -> None:
        """Binds a name to a new constant."""
        self.bind(name, self.new_constant(name, data, kind))

    def new_constant(self, name: str, data: Any, kind: Kind) -> Value:
        """A new constant, which a name or a tuple can be bound to."""
        return Value(self.new_input(name, data, role="constant", tracked=False), None, {}, kind)

    def bind_import(self, imported: Imported) -> None:
        """Lets a name be looked through as an import line says."""
        self._journal.set(self.imports, imported.name, imported)

    def bind_function(self, function: Define) -> None:
        """Binds the name of a function; values of that name stay what they are."""
        self._journal.set(self.functions, function.name, function)

    def delete(self, name: str) -> None:
        """Unbinds a name; raises `InputError` if it is not bound."""
        for bound in (self.values, self.groups, self.functions):
            if name in bound:
                self._journal.remove(bound, name)
                break
        else:
            near = did_you_mean(name, self.names())
            raise InputError(f"unknown name {name}", hint=f"did you mean {near}?" if near else None)

    def value_of(self, node: Node, kind: Kind = TENSOR, origins: Origins | None = None) -> Value:
        """A node with its data now, and what that depends on."""
        known = self._known_value(node)
        if known is not None:
            return Value(node, known.data, known.versions, kind, origins, known)
        if isinstance(node, Input):
            # Its name reads the cell, so it is never stale.
            return Value(node, self.cells[node].data, kind=kind)
        form = form_of((node,), self._known)
        versions: dict[Input, int] = {}
        for each in form.inputs:
            if not isinstance(each, Input):
                versions.update(self._computed[each].versions)
            elif each.role == "leaf":
                versions[each] = self.cells[each].version
                self._used.add(each)
        (data,) = self._run((node,), form)
        value = Value(node, data, versions, kind, origins)
        value.checked = self.state
        return value

    def evaluate(self, nodes: Sequence[Node]) -> list[Any]:
        """The data of nodes now."""
        return self._run(nodes, form_of(nodes, self._known))

    def datum(self, node: Input) -> Any:
        """The present data of an input."""
        return self.cells[node].data

    def data(self, name: str) -> Any:
        """The data of a bound name."""
        return self.data_of(self.values[name])

    def data_of(self, value: Value) -> Any:
        """The data of a value that a name, or a tuple, is bound to."""
        return self.cells[value.node].data if isinstance(value.node, Input) else value.data

    def _known_value(self, node: Node) -> Value | None:
        """The value of a node whose data is at hand: a named one that is not stale."""
        value = self._computed.get(node)
        return None if value is None or self.is_stale(value) else value

    def _known(self, node: Node) -> bool:
        return self._known_value(node) is not None

    def _run(self, nodes: Sequence[Node], form: Form) -> list[Any]:
        known = [each for each in form.inputs if not isinstance(each, Input)]
        feed = [
            self.cells[each].data if isinstance(each, Input) else self._computed[each].data
            for each in form.inputs
        ]
        return plan_for(nodes, form, known).run(feed)

    def spread(self, changed: Mapping[Input, Spread]) -> None:
        """Gives leaves other spreads."""
        for leaf, spread in changed.items():
            self._journal.set(self.spreads, leaf, spread)

    # Leaves and grads

    def leaf(self, name: str) -> Input:
        """The leaf that a name is bound to; raises `InputError` or `EvaluationError`."""
        value = self.values.get(name)
        if value is None:
            near = did_you_mean(name, self.values)
            if near is None:
                raise UnboundNameError(f"unknown name {name}", hint=UNBOUND.format(name=name))
            raise InputError(f"unknown name {name}", hint=f"did you mean {near}?")
        if not isinstance(value.node, Input) or value.node.role != "leaf":
            kind = "a constant" if not value.node.tracked else "computed from leaves"
            hint = f"make it a leaf: {name} = 3"
            if kind != "a constant":
                leaf = next(iter(value.versions)).name or "x"
                hint = f"its derivative is grad({name}, {leaf}), and that of z in it grad(z, {name})"
                if any(leaf.name == name for leaf in value.versions):
                    hint = f"{name} = … made it another value; a step in place keeps the leaf: {name} -= …"
            raise EvaluationError(f"{name} is {kind}, and only a leaf has a grad", hint=hint)
        return value.node

    def leaves(self) -> dict[str, Input]:
        """Every leaf under the first name that is bound to it."""
        found: dict[Input, str] = {}
        for name, value in self.values.items():
            if isinstance(value.node, Input) and value.node.role == "leaf":
                found.setdefault(value.node, name)
        return {name: leaf for leaf, name in found.items()}

    def name_of(self, leaf: Input) -> str | None:
        """A name that means this leaf now: its own, or else the first one that is bound to it."""
        own = self.values.get(leaf.name)
        if own is not None and own.node is leaf:
            return leaf.name
        return next((name for name, value in self.values.items() if value.node is leaf), None)

    def title(self, leaf: Input) -> str:
        """What messages call a leaf."""
        spread = None if leaf.name else self.spreads.get(leaf)
        return self.name_of(leaf) or (spread.text if spread else f"the earlier {leaf.name}")

    def users(self, leaf: Input) -> list[str]:
        """The names of values that were computed from a leaf."""
        if leaf not in self._used:
            return []
        held: list[tuple[str, tuple[Value, ...]]] = [(name, (value,)) for name, value in self.values.items()]
        held += [(name, tuple(group.values())) for name, group in self.groups.items()]
        return [
            name for name, values in held if name != "ans" and any(leaf in each.versions for each in values)
        ]

    def update(self, leaf: Input, data: Any, place: Mark | None = None) -> None:
        """Gives a leaf a new value in place; its grad stays, and its uncertainty was that of the old one.

        `place` is where that was written. Raises `EvaluationError` for another shape.
        """
        data = _as_data(data)
        if data.shape != leaf.shape:
            raise EvaluationError(
                f"{leaf.name} is {_kind(leaf.shape)}, and cannot become {_kind(data.shape)} in place",
                hint=f"bind the name anew: {leaf.name} = …",
            )
        self._journal.set(self.cells, leaf, Cell(data.astype(np.float64)[()], _count(), place))
        if leaf in self.spreads:
            self._journal.remove(self.spreads, leaf)
        self.state = _count()

    def grad_data(self, leaf: Input) -> Any:
        """The grad that a leaf has accumulated, or `None`."""
        found = self.grads.get(leaf)
        return None if found is None else self.cells[found.node].data

    def set_grad(self, leaf: Input, data: Any, passes: int) -> None:
        """Sets the grad of a leaf (`None` forgets it); raises `EvaluationError` for another shape."""
        if data is None:
            self._journal.remove(self.grads, leaf)
            return
        data = _as_data(data)
        if data.shape != leaf.shape:
            raise EvaluationError(
                f"{leaf.name} is {_kind(leaf.shape)}, so its grad cannot be {_kind(data.shape)}"
            )
        found = self.grads.get(leaf)
        if found is None:
            node = Input(f"{leaf.name}.grad", leaf.shape, role="grad", tracked=False)
            self.cells[node] = Cell(data, 0)
        else:
            node = found.node
            self._journal.set(self.cells, node, Cell(data, _count()))
        self._journal.set(self.grads, leaf, Grad(node, passes))

    def zero(self, leaves: Iterable[Input]) -> None:
        """Clears the grads of leaves; one that is none stays none."""
        for leaf in leaves:
            if leaf in self.grads:
                self.set_grad(leaf, np.zeros(leaf.shape)[()], 0)

    def sweep(self, node: Node, seed: Any = None) -> Sweep:
        """The grads that `backward` would add; changes nothing.

        `seed` has the shape of `node`, and may be left out for a single number. Raises
        `EvaluationError` where nothing requires grad or a stale value is reached.
        """
        form = form_of((node,))
        inputs = [each for each in form.inputs if isinstance(each, Input)]
        if any(each.role == "stale" and each.tracked for each in inputs):
            check_current(node, (), "call backward")
        leaves = [each for each in inputs if each.role == "leaf"]
        if not node.tracked:
            hint = "a leaf does, as in x = 3; constants, grads and detached values do not"
            if not self.numbers_are_leaves:
                hint = "a leaf does: x = torch.tensor(3.0, requires_grad=True); bare numbers are constants"
            raise EvaluationError("nothing here requires grad", hint=hint)
        feed = [self.cells[each].data for each in inputs]

        def make() -> Prepared:
            return _gradient_plan(node, leaves, form, seed is not None)

        found = PLANS.find((*form.key, "gradient", seed is None), make)
        return Sweep([inputs[place] for place in found.answers], found.run([*feed, seed]))

    def graphs(self, node: Node, seed: Any, leaves: Sequence[Input]) -> dict[Input, Node]:
        """The graphs of what a sweep from a node finds, for grads that keep them."""
        start = expand(as_node(1.0), node.shape) if seed is None else constant(seed)
        found = zip(leaves, pullback(node, start, leaves), strict=True)
        return {leaf: each for leaf, each in found if each is not None}

    def accumulate(
        self, sweep: Sweep, graphs: Mapping[Input, Node] = MappingProxyType({})
    ) -> list[GradChange]:
        """Adds what a sweep found into the grads of its leaves, which keep its `graphs` if they are given."""
        changes = []
        for leaf, added in zip(sweep.leaves, sweep.added, strict=True):
            before = self.grads.get(leaf)
            start = None if before is None else self.cells[before.node].data
            grad = added if before is None else start + added
            passes = 1 if before is None else before.passes + 1
            self.set_grad(leaf, grad, passes)
            if leaf in graphs:
                graph = graphs[leaf]
                if before is not None:  # a constant of the sum, but for a graph that is still right
                    kept = before.graph is not None and not self.is_stale(before.graph)
                    held = before.graph.node if kept and before.graph else constant(start)
                    graph = graph + held
                self._journal.set(self.grads, leaf, Grad(self.grads[leaf].node, passes, self.value_of(graph)))
            changes.append(GradChange(self.name_of(leaf), leaf.name, grad, added, passes))
        return changes


def _gradient_plan(node: Node, leaves: Sequence[Input], form: Form, seeded: bool) -> Prepared:
    """The plan of the grads of those leaves that `node` is connected to."""
    seed = Input("seed", node.shape, role="unit", tracked=False)  # of a row weighed by 0 nothing is asked
    found = pullback(node, seed, leaves) if seeded else gradient(node, leaves)
    reached = [(leaf, each) for leaf, each in zip(leaves, found, strict=True) if each is not None]
    plan = Plan([each for _, each in reached])
    return fitted(plan, form, (seed,), [leaf for leaf, _ in reached])


def _kind(shape: Shape) -> str:
    return f"an array of shape {list(shape)}" if shape else "a single number"


def _as_data(data: Any) -> Any:
    array = np.asarray(data)
    array = array if array.dtype == bool else array.astype(np.float64)
    return array[()]
