"""The session: names, leaves, accumulated grads. Every surface drives this one object.

A leaf, a constant and a loop variable are each an `Input` of the graph with a cell that holds its
present value. A named value that was computed from leaves keeps its graph, its data, and the
versions of the leaves that it was computed from; if one of them changes in place, it is stale.
Every change goes through the journal, so a statement that fails changes nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

import numpy as np

from gradcli.arrays import Shape
from gradcli.engine.derive import check_current, pullback
from gradcli.engine.graph import (
    Input,
    Node,
    Stale,
    as_node,
    constant,
    expand,
    substitute,
    topological,
)
from gradcli.engine.plan_cache import Form, form_of, plan_for
from gradcli.engine.primitives.shaping import LOOKING, detach
from gradcli.language.tree import Define, Imported
from gradcli.lowering.kinds import COUNT, TENSOR, Host, Kind
from gradcli.lowering.origins import Origins
from gradcli.session.computation import Backpropagation, Computation
from gradcli.session.journal import Changes, Holder, Journal
from gradcli.session.uncertainty.uncertain import Uncertain
from gradcli.session.values import Cell, Grad, GradChange, Group, Held, Names, Sweep, Value, values_in
from gradcli.text.errors import EvaluationError, GradcliError, InputError, UnboundNameError
from gradcli.text.source import Mark
from gradcli.text.suggest import did_you_mean

if TYPE_CHECKING:
    from gradcli.lowering.draws import Drawn
    from gradcli.search.spreads import Spread
    from gradcli.session.chance import Chance
    from gradcli.session.memory.storage import History

_count = itertools.count(1).__next__
"""Numbers for versions and states. None is ever used again, not even after an undo."""


UNBOUND = "give it a value first: {name} = …"
"""What to tell someone who uses a name that is not bound."""

MOST_MOVING = 4
"""How many inputs a place in a loop binds its name to in turn: other values still use the one before."""

PLAIN_NUMBERS = ("torch", "numpy", "jax", "autograd")
"""Libraries in whose programs a bare number is a number, and no leaf."""


Reads = Callable[[str], Any]
"""Reads the numbers of a file, by its name, as an array; raises `GradcliError`."""

EARLIER = "the earlier "
"""What stands before the name of a leaf that has given its name to another."""


class Session:
    """Names, leaves and grads, with statements that either happen whole or not at all."""

    def __init__(self) -> None:
        self.bound = Names()
        """What names are bound to: in the program, or in the call that is being run."""
        self.values: MutableMapping[str, Value] = self.bound.values
        self.groups: MutableMapping[str, Group | Host] = self.bound.groups
        """The names that are bound to tuples, and to what is no numbers: to no one value."""
        self.functions: dict[str, Define] = self.bound.functions
        self.imports: dict[str, Imported] = {}
        self.cells: MutableMapping[Input, Cell] = WeakKeyDictionary()
        self.spreads: MutableMapping[Input, Spread] = WeakKeyDictionary()
        """How uncertain leaves are: those with an uncertainty only."""
        self.quantities: MutableMapping[str, Input] = WeakValueDictionary()
        """The constants of nature that have an uncertainty and are in use."""
        self.reads: Reads | None = None
        """What reads a file for a statement, if statements may read any."""
        self.recording = True
        """False inside `no_grad`: values computed there are constants."""
        self._modes: dict[str, Any] = {"recording": True, "printing": None}
        """Whether values keep their graph outside of `no_grad`, too; how NumPy prints arrays (`printing`)."""
        self.as_pytorch = False
        """Whether everything is as in PyTorch, as its style says, without any import line."""
        self.doubles = False
        """Whether PyTorch's tensors leave as the doubles that they are, whatever a page says."""
        self.unfound = False
        """Whether a statement did not find what it searched for: a run ends with status 1 then."""
        self.tells_of_constants = False
        """Whether a note is still to be given that a bare number is a constant: once, at a prompt."""
        self.state = 0
        """Another number after each change of an input in place."""
        self.meanings = 0
        """Another number after each change of what names are bound or leaves, of functions and of imports."""
        self._chance: Chance | None = None
        self.drawing: Any = None
        """What draws the pictures that a program asks for (`writing.drawn.Drawing`), if anything does."""
        self.saved: Host | None = None
        """What a program has saved, a dictionary by its paths, if there is anything."""
        self.told_of_pictures = False
        """Whether it was said that pictures are not drawn."""
        self.retained: dict[Node, Grad | None] = {}
        """The grads of computed values that keep one, as far as a backward pass has reached them."""
        self.frozen: dict[Node, bool] = {}
        """The leaves that require no grad for now, as parameters that are not trained."""
        self.hooks: dict[Node, tuple[Any, ...]] = {}
        """The functions that backward passes call with the gradients of values."""
        self.histories: MutableMapping[Node, History] = WeakKeyDictionary()
        """Which elements computed tensors have that others, which are detached from them, have, too."""
        self.callers: list[Names] = []
        """What names are bound to in the calls, and the program, that wait for a call to end."""
        self._held_often: WeakSet[Node] = WeakSet()
        """The computed tensors that more than one name may hold, or a host value, or a view of them."""
        self._awaited: list[Input] = []
        """The tensors that stand before a call in an expression, which may change them."""
        self._moves: list[tuple[Node, Node]] = []
        """What tensors were and have become since the last commit, by changes in place."""
        self._pinned: set[Input] = set()
        """The inputs that what host values have kept since the last commit was computed from."""
        self._unsettled: list[Host] = []
        """The host values that have been changed since they were settled."""
        self.drawn: WeakSet[Input] = WeakSet()
        """The inputs that hold drawn numbers."""
        self._behind: MutableMapping[Input, Node] = WeakKeyDictionary()
        """What stand-ins took the places of."""
        self._computed: MutableMapping[Node, Value] = WeakValueDictionary()
        """The last value of each computed node, as long as some name or undo step holds it."""
        self._forgotten: MutableMapping[Input, Input] = WeakKeyDictionary()
        """The inputs of leaves' grads that were made since the last commit, and are none again."""
        self._used: WeakSet[Input] = WeakSet()
        """Every leaf that some value was computed from."""
        self._journal = Journal()
        self._tried: Journal | None = None
        """What remembers all changes, while `_journal` has those since a part of a statement ended."""
        self._bound: set[str] = set()
        """The names that were bound since the last commit."""
        self._new_grads: set[Input] = set()
        """The inputs for grads that were made since then: nothing that was bound before uses them."""

    # Transactions

    def commit(self) -> Changes:
        """Keeps all changes since the last commit; what `take_back` needs to undo them later."""
        self._bound.clear()
        self._pinned.clear()
        self._new_grads.clear()
        self._forgotten.clear()
        self._moves.clear()
        return self._journal.close()

    def roll_back(self) -> None:
        """Takes back all changes since the last commit."""
        self.take_back(self.commit())

    def take_back(self, changes: Changes) -> None:
        """Takes back what an earlier `commit` returned."""
        self.state = self.meanings = _count()
        for change in changes:
            change.take_back()
        self.recording = self._modes["recording"]

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Lets what is done in it be done by parts: where one fails, what those before it did stays.

        (`end_part` says where one ends.) What the one that failed has done is taken back.
        """
        outermost, recording = self._tried is None, self.recording
        if outermost:
            self._tried, self._journal = self._journal, Journal()
        self.end_part()
        try:
            yield
        except GradcliError:
            self.take_back(self._journal.close())
            self.recording = recording
            raise
        finally:
            self.end_part()
            if outermost and self._tried is not None:
                self._journal, self._tried = self._tried, None

    def end_part(self) -> None:
        """Says that what was done until here stays, whatever fails later in the same attempt."""
        if self._tried is not None:
            self._tried.absorb(self._journal.close())

    def copy(self, into: Session | None = None) -> Session:
        """A session (new, or `into`) with the same names and grads, which shares nothing that changes."""
        other = into or Session()
        other.values.update(self.values)
        from gradcli.session.copies import Copies

        copies = Copies()
        other.groups.update({name: copies.of(held) for name, held in self.groups.items()})
        other.functions.update(self.functions)
        other.imports.update(self.imports)
        for node, cell in self.cells.items():
            other.cells[node] = Cell(cell.data, cell.version, cell.changed)
        copies.views(self, other)
        other._held_often.update(self._held_often)
        for node, cell in self.cells.items():
            if cell.grad is not None:
                grad = cell.grad
                other.cells[node].grad = Grad(grad.node, other.cells[grad.node], grad.passes, grad.graph)
        other.retained = {
            node: grad and Grad(grad.node, other.cells[grad.node], grad.passes)
            for node, grad in self.retained.items()
        }
        other.saved = None if self.saved is None else copies.of(self.saved)
        other.frozen = dict(self.frozen)
        other.hooks = {node: copies.of(hooks) for node, hooks in self.hooks.items()}
        other.spreads.update(self.spreads)
        other.quantities.update(self.quantities)
        other._modes.update(self._modes)
        other.recording = other._modes["recording"]
        other.as_pytorch = self.as_pytorch
        other.doubles = self.doubles
        other.state = self.state
        other.meanings = self.meanings
        other._chance = None if self._chance is None else self._chance.copy()
        other.drawn.update(self.drawn)
        other._computed.update(self._computed)
        other._behind.update(self._behind)
        other._used.update(self._used)
        return other

    @property
    def printing(self) -> Mapping[str, Any] | None:
        """NumPy's options of printing that a program has set, if it has set any."""
        options: Mapping[str, Any] | None = self._modes["printing"]
        return options

    def print_with(self, options: Mapping[str, Any]) -> None:
        """Sets options of NumPy's printing; others stay as they were."""
        self._journal.set(self._modes, "printing", {**(self.printing or {}), **options})

    def record(self, wanted: bool) -> None:
        """Says whether values keep their graph from now on, or up to the end of the `with` around it."""
        self._journal.set(self._modes, "recording", wanted)
        self.recording = wanted

    @contextmanager
    def recorded(self, wanted: bool) -> Iterator[None]:
        """Lets values keep their graph, or not, until it ends; then all is as before, whatever was set."""
        before, outside, self.recording = self.recording, self._modes["recording"], wanted
        try:
            yield
        finally:
            self.recording, self._modes["recording"] = before, outside

    @property
    def numbers_are_leaves(self) -> bool:
        """Whether numbers alone make a leaf: not in programs of libraries where `requires_grad` does."""
        return not self.as_pytorch and not any(
            each.library in PLAIN_NUMBERS for each in self.imports.values()
        )

    @property
    def single(self) -> bool:
        """Whether PyTorch's tensors are float32 where they leave, as they are where nothing says else."""
        return self.as_pytorch and not self.doubles and (self._chance is None or self._chance.single)

    @property
    def shares_memory(self) -> bool:
        """Whether tensors are views of one another: as in PyTorch and NumPy, and not in JAX."""
        return not self.numbers_are_leaves and all(each.library != "jax" for each in self.imports.values())

    # Values that are out of date

    def current(self, value: Value, name: str) -> Node:
        """The node that stands for a value now: its own, that of stale data, or of a frozen leaf."""
        if value.node in self.frozen:
            return detach.build(value.node)
        return self.stand_in(value, name) if self.is_stale(value) else value.node

    def stand_in(self, value: Value, name: str) -> Node:
        """What stands for a value whose node must not be looked through: an input that holds its data."""
        if value.stand_in is None:
            value.stand_in = self.new_stand_in(value, name)
        self.cells.setdefault(value.stand_in, Cell(value.data, 0))
        self._behind[value.stand_in] = value.node
        return value.stand_in

    def new_stand_in(self, value: Value, name: str) -> Input:
        """An input that holds the data of a value that is out of date; messages say what has changed."""
        versions = value.versions
        since = {leaf: self.cells[leaf] for leaf in versions if self.cells[leaf].version != versions[leaf]}
        named = (leaf for leaf in self.leaves().values() if leaf in since)
        changed = next(named, None) or next(iter(since), None)
        found = Stale(
            name,
            value.node.shape,
            tracked=value.node.tracked,
            changed="" if changed is None else self.name_of(changed) or changed.name,
            place=None if changed is None else since[changed].changed,
        )
        self.cells[found] = Cell(value.data)
        return found

    def behind(self, node: Node) -> Node:
        """The node that a stand-in took the place of; every other node as it is."""
        return self._behind.get(node, node) if isinstance(node, Stale) else node

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
        data = as_data(data)
        node = Input(name, np.shape(data), role=role, tracked=tracked, boolean=data.dtype == bool)
        # Not in the journal: a new input that is taken back dies with its name, and its cell with it,
        # while the journal would keep every loop variable of a long loop alive.
        self.cells[node] = Cell(data, 0)
        return node

    def bind(self, name: str, held: Held) -> None:
        """Binds a name to a value, to a tuple, or to what is no numbers."""
        values = tuple(values_in(held))
        for value in values:
            if value.node.inputs and value.origins is not None:
                value.origins = value.origins.of(value.node)
        if not isinstance(held, Group | Host):
            self.bind_again(name, held)
            return
        for value in values:
            if value.node.inputs:
                self._hold(value)
        if name not in self.groups:
            self._means_another()
            self._journal.remove(self.values, name)
        self._bound.add(name)
        self._journal.set(self.groups, name, held)

    def bind_again(self, name: str, value: Value) -> None:
        """Binds a name to a value whose origins are those of its node alone."""
        before = self.values.get(name)
        if before is None or (before.node is not value.node and (_is_leaf(before) or _is_leaf(value))):
            self._means_another()
            if name in self.groups:
                self._journal.remove(self.groups, name)
        if value.node.inputs:
            self._hold(value, before)
        self._bound.add(name)
        self._journal.set(self.values, name, value)

    def _hold(self, value: Value, before: Value | None = None) -> None:
        """Notes that a name, which has held another `before`, holds a computed value."""
        node = value.node
        self._computed[node] = value.first or value
        is_another = value.first is not None and (before is None or before.node is not node)
        if is_another or node.primitive in LOOKING:
            self.note_held(node)

    def is_held_by(self, name: str, node: Node) -> bool:
        """Whether a name holds a computed tensor, and nobody else does."""
        held = self.values.get(name)
        return held is not None and held.node is node and node not in self._held_often

    def hold_kept(self, value: Value) -> None:
        """Notes that a host value, or another, holds a computed value."""
        self._computed.setdefault(value.node, value.first or value)
        self.note_held(value.node)

    def note_held(self, node: Node) -> None:
        """Notes that a computed tensor, and what it looks at, may be held by several."""
        self._held_often.add(node)
        while node.primitive in LOOKING or node.primitive is detach:
            node = node.inputs[0]
            self._held_often.add(node)

    def _means_another(self) -> None:
        """Says that a name is of another sort now; those of a call are asked for, each by itself."""
        if self.bound.outer is None:
            self.meanings = _count()

    def bound_to(self, name: str) -> Held | None:
        """What a name is bound to."""
        return self.bound.bound_to(name)

    @contextmanager
    def entered(self, names: Names) -> Iterator[None]:
        """Lets names be those of a call, until it ends."""
        before, bound = self.bound, self._bound
        self._bound = set()
        self.callers.append(before)
        self._look_at(names)
        try:
            yield
        finally:
            self.callers.pop()
            self._look_at(before)
            self._bound = bound

    def _look_at(self, names: Names) -> None:
        self.bound = names
        self.values, self.groups, self.functions = names.values, names.groups, names.functions

    def names(self) -> list[str]:
        """Every name that is bound, to a value, a tuple, a function or what is no numbers."""
        return [*self.values, *self.groups, *self.functions]

    def new_leaf(self, name: str, data: Any, spread: Spread | None = None) -> Input:
        """A new leaf that requires grad, perhaps with an uncertainty."""
        node = self.new_input(name, data, role="leaf", tracked=True)
        if spread is not None:
            self.spreads[node] = spread  # as its cell, it dies with the leaf
            self.meanings = _count()
        return node

    def bind_leaf(self, name: str, data: Any, spread: Spread | None = None, kind: Kind = TENSOR) -> Input:
        """Binds a name to a new leaf that requires grad, perhaps with an uncertainty."""
        node = self.new_leaf(name, data, spread)
        self.bind(name, Value(node, None, {}, kind))
        return node

    def quantity(self, key: str, name: str, value: float, uncertainty: float) -> Input:
        """A constant of nature with its standard uncertainty: the same input for each use of its key."""
        found = self.quantities.get(key)
        if found is None:
            from gradcli.search.spreads import Spread

            found = self.new_input(name, value, role="constant", tracked=True)
            self.quantities[key] = found
            self.spreads[found] = Spread(as_data(uncertainty), name)
            self.meanings = _count()
        return found

    def give(self, name: str, data: Any) -> Input:
        """Binds a name to what comes from outside: numbers (a new leaf), an `Uncertain`, or truth values."""
        if getattr(data, "ndim", 0) and getattr(getattr(data, "dtype", None), "kind", "") == "b":  # a mask
            return self.bind_truth(name, data)
        is_uncertain = isinstance(data, Uncertain)
        return self.bind_leaf(name, data.value, data.spread()) if is_uncertain else self.bind_leaf(name, data)

    def bind_truth(self, name: str, data: Any) -> Input:
        """Binds a name to truth values, in which there are no derivatives."""
        node = self.new_input(name, data, role="constant", tracked=False)
        self.bind(name, Value(node, None, {}, COUNT))
        return node

    def bind_constant(self, name: str, data: Any, kind: Kind = TENSOR, of: Node | None = None) -> None:
        """Binds a name to a new constant, with the elements `of` another tensor if it looks at some."""
        self.bind(name, self.new_constant(name, data, kind, of))

    def new_constant(self, name: str, data: Any, kind: Kind, of: Node | None = None) -> Value:
        """A new constant, which a name or a tuple can be bound to; `of` as for `bind_constant`."""
        node = self.new_input(name, data, role="constant", tracked=False)
        if of is not None:
            self._share(node, of, kind)
        return Value(node, None, {}, kind)

    def bind_moving(
        self, name: str, data: Any, kind: Kind, inputs: list[Input], of: Node | None = None
    ) -> Input:
        """Binds a name to a constant, as a loop does again and again: to one of `inputs`, if one is free.

        What else is computed from the name keeps its nodes then, and so its plan. An input is free if nothing
        that was bound since the last commit uses it; what was bound before cannot. `of` as for
        `bind_constant`.
        """
        data = as_data(data)
        sort = (data.shape, data.dtype == bool)
        for node in inputs:
            if sort == (node.shape, node.boolean) and self._is_free(node, name):
                cell = self.cells[node]
                if cell.view is not None:  # it is another tensor from here on
                    self.part(cell)
                cell.data, cell.version = data, _count()
                self.state = cell.version
                break
        else:
            node = self.new_input(name, data, role="constant", tracked=False)
            self.cells[node].version = _count()
            inputs.insert(0, node)
            del inputs[MOST_MOVING:]
        if of is not None:
            self._share(node, of, kind)
        self.bind_again(name, Value(node, None, {}, kind))
        return node

    # Memory that tensors share

    def _share(self, made: Input, node: Node, kind: Kind) -> None:
        """Lets a new constant have the elements that a node looks at in another tensor, if it does."""
        if not node.inputs and not isinstance(node, Input):
            return
        if kind.form not in ("tensor", "array") or not self.shares_memory:
            return
        from gradcli.session.memory.sharing import share

        share(self, made, node, kind)

    def part(self, cell: Cell) -> None:
        """Lets a cell have elements of its own."""
        self._journal.note(cell)
        if cell.view is not None:
            cell.view.storage.cells.pop(cell, None)
            cell.view = None

    def is_shared(self, node: Node) -> bool:
        """Whether others hold a tensor, or look at its elements."""
        if not isinstance(node, Input):
            return node.primitive in LOOKING or node in self._held_often
        if isinstance(node, Stale):
            return True
        cell = self.cells.get(node)
        has_views = cell is not None and cell.view is not None and cell.view.storage.is_shared
        return has_views or any(each is node for each in self._awaited)

    def is_held(self, node: Node) -> bool:
        """Whether a name or a host value may hold a tensor."""
        return isinstance(node, Input) or node in self._computed or node in self._held_often

    def hold_history(self, node: Node, history: History) -> None:
        """Says which elements a computed tensor has."""
        self.note_held(node)
        self._journal.set(self.histories, node, history)

    def data_at_hand(self, node: Node) -> Any:
        """The data of a computed tensor, as whoever holds it has it."""
        known = self._computed.get(node)
        return self.evaluate((node,))[0] if known is None else known.data

    def versions_of(self, node: Node) -> Any:
        """What tells a computed tensor from those that were computed alike, before and after."""
        known = self._computed.get(node)
        return None if known is None else known.versions

    def as_held(self, node: Node) -> Node:
        """What stands for a computed tensor: its node, or where that is out of date its data."""
        known = self._computed.get(node)
        if known is None or not self.is_stale(known):
            return node
        names = (name for name, value in self.values.items() if value.node is node)
        return self.stand_in(known, next(names, "a tensor"))

    def becomes(self, before: Node, made: Node) -> None:
        """Says that a tensor, which was one node, is another now."""
        self.note_held(made)
        self._moves.append((before, made))

    @contextmanager
    def awaiting(self, inputs: Sequence[Input] = ()) -> Iterator[Callable[[Node], Node]]:
        """Lets tensors be changed in place, and not bound anew, until it ends; gives what others become."""
        begun, count = len(self._moves), len(self._awaited)
        self._awaited += inputs

        def now(node: Node) -> Node:
            if len(self._moves) == begun:
                return node
            from gradcli.session.memory.sharing import moved

            return moved(self, node, self._moves[begun:])

        try:
            yield now
        finally:
            del self._awaited[count:]

    def computed(self) -> list[Value]:
        """The last value of each computed node that something holds."""
        return list(self._computed.values())

    def pin(self, held: Held) -> None:
        """Lets no loop give other values to what some values were computed from: they outlive its names."""
        for value in values_in(held):
            self._pinned.update(value.versions)
            if isinstance(value.node, Input):
                self._pinned.add(value.node)

    def _is_free(self, node: Input, name: str, besides: Container[str] = ()) -> bool:
        if node in self._pinned:
            return False
        for each in self._bound:
            held = None if each in besides else self.bound_to(each)
            for value in () if held is None else values_in(held):
                if node in value.versions or (value.node is node and each != name):
                    return False
        return True

    def bind_import(self, imported: Imported) -> None:
        """Lets a name be looked through as an import line says."""
        self.meanings = _count()
        self._journal.set(self.imports, imported.name, imported)

    def bind_function(self, function: Define) -> None:
        """Binds the name of a function; values of that name stay what they are."""
        self.meanings = _count()
        if isinstance(self.groups.get(function.name), Host):
            self._journal.remove(self.groups, function.name)
        self._journal.set(self.functions, function.name, function)

    def delete(self, name: str) -> None:
        """Unbinds a name; raises `InputError` if it is not bound."""
        self.meanings = _count()
        for bound in (self.values, self.groups, self.functions):
            if name in bound:
                self._journal.remove(bound, name)
                break
        else:
            near = did_you_mean(name, self.names())
            raise InputError(f"unknown name {name}", hint=f"did you mean {near}?" if near else None)

    def value_of(self, node: Node, kind: Kind = TENSOR, origins: Origins | None = None) -> Value:
        """A node with its data now, and what that depends on."""
        node = self.thawed(node) if self.frozen else node
        known = self.known_value(node)
        if known is not None:
            return Value(node, known.data, known.versions, kind, origins, known)
        if isinstance(node, Input):
            # Its name reads the cell, so it is never stale.
            return Value(node, self.cells[node].data, kind=kind)
        value = self.computation(node, kind, origins).value()
        assert value is not None
        return value

    def computation(self, node: Node, kind: Kind = TENSOR, origins: Origins | None = None) -> Computation:
        """How the value of a computed node follows from what is held now."""
        found = Computation(self, node, kind, origins)
        self._used.update(found.leaves)
        return found

    def evaluate(self, nodes: Sequence[Node]) -> list[Any]:
        """The data of nodes now."""
        return self._run(nodes, form_of(nodes, self._known if self._computed else None))

    def datum(self, node: Input) -> Any:
        """The present data of an input."""
        return self.cells[node].data

    def data(self, name: str) -> Any:
        """The data of a bound name."""
        return self.data_of(self.values[name])

    def data_of(self, value: Value) -> Any:
        """The data of a value that a name, or a tuple, is bound to."""
        return self.cells[value.node].data if isinstance(value.node, Input) else value.data

    def known_value(self, node: Node) -> Value | None:
        """The value of a node whose data is at hand: a named one that is not stale."""
        value = self._computed.get(node)
        return None if value is None or self.is_stale(value) else value

    def _known(self, node: Node) -> bool:
        return self.known_value(node) is not None

    def _run(self, nodes: Sequence[Node], form: Form) -> list[Any]:
        known = [each for each in form.inputs if not isinstance(each, Input)]
        feed = [
            self.cells[each].data if isinstance(each, Input) else self._computed[each].data
            for each in form.inputs
        ]
        return plan_for(nodes, form, known).run(feed)

    # Random numbers

    @property
    def chance(self) -> Chance:
        """The generators of random numbers."""
        if self._chance is None:
            from gradcli.session.chance import Chance  # which few programs need

            self._chance = Chance()
        return self._chance

    @property
    def drew_unseeded(self) -> bool:
        """Whether something was drawn that follows from no seed."""
        return self._chance is not None and self._chance.is_unseeded

    def seed(self, seed: int) -> None:
        """Lets all that is drawn follow from a seed."""
        self.chance.seed = seed

    def set_single(self, wanted: bool) -> None:
        """Says whether PyTorch's default dtype is float32."""
        self.change(self.chance)
        self.chance.single = wanted
        self.meanings = _count()

    def draw(self, drawn: Drawn) -> Input:
        """A new input that holds what is drawn now; raises `GradcliError` for what cannot be."""
        node = self.new_input("drawn", self._draw(drawn), role="constant", tracked=False)
        self.cells[node].version = _count()
        self.drawn.add(node)
        return node

    def draw_again(self, node: Input, drawn: Drawn) -> None:
        """Draws anew, for an input that is free."""
        cell = self.cells[node]
        cell.data, cell.version = as_data(self._draw(drawn)), _count()
        self.state = cell.version

    def _draw(self, drawn: Drawn) -> Any:
        self._journal.note(self.chance)
        single = self.chance.single if drawn.single is None else drawn.single
        generator = drawn.generator
        own = getattr(self.chance, drawn.library) if generator is None else generator.own
        return drawn.make(own, single)

    def is_drawn(self, node: Node) -> bool:
        """Whether a value is made of drawn numbers, and of no other that may change."""
        if node.tracked or not self.drawn:
            return False
        inputs = [each for each in topological((node,)) if isinstance(each, Input)]
        return bool(inputs) and all(each in self.drawn for each in inputs)

    def change(self, holder: Holder) -> None:
        """Says that what a holder holds is about to be changed."""
        self._journal.note(holder)

    def is_free(self, node: Input, besides: Container[str] = ()) -> bool:
        """Whether nothing that was bound since the last commit uses an input, `besides` some names."""
        return self._is_free(node, "", besides)

    def next_version(self) -> int:
        """A number that no version has had."""
        return _count()

    def move(self, cell: Cell, data: Any) -> None:
        """Gives the cell of a constant that a loop binds again and again other data."""
        cell.data = data
        self.state = cell.version = _count()

    def grad_input(self, leaf: Input) -> Input | None:
        """The input that stands for the grad of a leaf, or did so until it was forgotten."""
        grad = self.cells[leaf].grad
        return self._forgotten.get(leaf) if grad is None else grad.node

    def spread(self, changed: Mapping[Input, Spread]) -> None:
        """Gives leaves other spreads."""
        self.meanings = _count()
        for leaf, spread in changed.items():
            self._journal.set(self.spreads, leaf, spread)

    # Leaves and grads

    def leaf(self, name: str, bound: Names | None = None) -> Input:
        """The leaf that a name is bound to; raises `InputError` or `EvaluationError`."""
        value = (bound or self.bound).values.get(name)
        if value is None:
            near = did_you_mean(name, self.values)
            if near is None:
                raise UnboundNameError(f"unknown name {name}", hint=UNBOUND.format(name=name))
            raise InputError(f"unknown name {name}", hint=f"did you mean {near}?")
        if not isinstance(value.node, Input) or value.node.role != "leaf":
            kind = "a constant" if not value.node.tracked else "computed from leaves"
            hint = f"make it a leaf: {name} = 3"
            if kind != "a constant":
                names = [each.name for each in value.versions if each.role == "leaf"]
                leaf = next(iter(names), "") or "x"
                hint = f"its derivative is grad({name}, {leaf}), and that of z in it grad(z, {name})"
                if name in names:
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
        if leaf.role == "constant":  # one of nature's
            return leaf.name
        spread = None if leaf.name else self.spreads.get(leaf)
        return self.name_of(leaf) or (spread.text if spread else f"{EARLIER}{leaf.name}")

    def is_used(self, leaf: Input) -> bool:
        """Whether any value was ever computed from a leaf."""
        return leaf in self._used

    def users(self, leaf: Input) -> list[str]:
        """The names of values that were computed from a leaf."""
        if not self.is_used(leaf):
            return []
        held: list[tuple[str, tuple[Value, ...]]] = [(name, (value,)) for name, value in self.values.items()]
        held += [(name, tuple(values_in(group))) for name, group in self.groups.items()]
        return [
            name for name, values in held if name != "ans" and any(leaf in each.versions for each in values)
        ]

    def update(self, leaf: Input, data: Any, place: Mark | None = None) -> None:
        """Gives a leaf a new value in place; its grad stays, and its uncertainty was that of the old one.

        `place` is where that was written. Raises `EvaluationError` for another shape.
        """
        data = as_data(data)
        if data.shape != leaf.shape:
            raise EvaluationError(
                f"{leaf.name} is {_kind(leaf.shape)}, and cannot become {_kind(data.shape)} in place",
                hint=f"bind the name anew: {leaf.name} = …",
            )
        if leaf in self.spreads:
            self.meanings = _count()
            self._journal.remove(self.spreads, leaf)
        self.step(self.cells[leaf], data, place)

    def step(self, cell: Cell, data: Any, place: Mark | None = None) -> None:
        """Gives a cell, in place, a new value, which has its shape; `place` as for `update`."""
        self._journal.note(cell)
        cell.data = data if data.dtype == cell.data.dtype else data.astype(cell.data.dtype)[()]
        cell.changed = place
        self.state = cell.version = _count()
        if cell.view is not None:
            if cell.view.storage.is_shared:
                self._tell(cell, place)
            else:
                self.part(cell)

    def _tell(self, cell: Cell, place: Mark | None = None) -> None:
        """Lets those who look at the elements of a cell see that they have changed."""
        from gradcli.session.memory.sharing import spread

        spread(self, cell, place)

    def grad(self, leaf: Input) -> Grad | None:
        """What a leaf has accumulated, or `None`."""
        cell = self.cells.get(leaf)
        return None if cell is None else cell.grad

    def grad_data(self, leaf: Input) -> Any:
        """The grad that a leaf has accumulated, or `None`."""
        found = self.grad(leaf)
        return None if found is None else found.cell.data

    def forget_grad(self, leaf: Input) -> None:
        """Lets the grad of a leaf be none."""
        cell = self.cells[leaf]
        self._journal.note(cell)
        if cell.grad is not None and cell.grad.node in self._new_grads:
            self._forgotten[leaf] = cell.grad.node
        cell.grad = None

    def set_grad(self, leaf: Input, data: Any, passes: int) -> Grad:
        """Sets the grad of a leaf; raises `EvaluationError` for another shape."""
        cell = self.cells[leaf]
        data = as_data(data)
        if data.shape != leaf.shape:
            raise EvaluationError(
                f"{leaf.name} is {_kind(leaf.shape)}, so its grad cannot be {_kind(data.shape)}"
            )
        grad = cell.grad
        if grad is None:
            node = self._input_of_grad(leaf)
            found = self.cells.setdefault(node, Cell(data))
            if found.view is not None:
                self.part(found)
            found.data, found.version = data, _count()
            self._journal.note(cell)
            grad = cell.grad = Grad(node, found, passes)
        else:
            self.change_grad(grad, data, passes)
        return grad

    def _input_of_grad(self, leaf: Input) -> Input:
        """An input for a new grad: that of the one before, as a loop forgets it again and again, if free."""
        before = self._forgotten.pop(leaf, None)
        if before is not None and self.is_free(before):
            return before
        node = Input(f"{leaf.name}.grad", leaf.shape, role="grad", tracked=False)
        self._new_grads.add(node)
        return node

    def change_grad(self, grad: Grad, data: Any, passes: int) -> None:
        """Gives a grad, in place, new data, which have its shape."""
        self._journal.note(grad)
        grad.hold((data, passes, None))
        if grad.cell.view is not None:
            self._tell(grad.cell)

    def changing(self, host: Host, *, unseen: bool = False) -> None:
        """Remembers what a host value holds, which is about to be changed; `unseen`: not what can be read."""
        self._journal.note(host)
        if host.is_settled:
            host.is_settled = False
            self._unsettled.append(host)
        if not unseen:
            host.version = _count()

    def unsettled(self) -> Iterator[Host]:
        """The host values that were settled before they were changed, and are settled again now."""
        while self._unsettled:
            yield self._unsettled.pop()

    def zero(self, leaves: Iterable[Input]) -> None:
        """Clears the grads of leaves; one that is none stays none."""
        for leaf in leaves:
            grad = self.cells[leaf].grad
            if grad is not None:
                self.change_grad(grad, np.zeros(leaf.shape)[()], 0)

    def sweep(self, node: Node, seed: Any = None) -> Sweep:
        """The grads that `backward` would add; changes nothing.

        `seed` has the shape of `node`, and may be left out for a single number. Raises
        `EvaluationError` where nothing requires grad or a stale value is reached.
        """
        self.check_sweep(node)
        found = Backpropagation(self, node, seeded=seed is not None).run(seed)
        assert found is not None
        return found

    def through(self, node: Node) -> Node:
        """A node with what is behind its stand-ins, where its gradients read no leaf there.

        So what was computed before a leaf has changed in place is passed back to it, if it was linear in it.
        """
        stale = [each for each in form_of((node,)).inputs if isinstance(each, Stale) and each.tracked]
        if not stale:
            return node
        behind: dict[Node, Node] = {each: self.behind(each) for each in stale}
        (whole,) = substitute((node,), behind)
        leaves = [
            each for each in form_of((whole,)).inputs if isinstance(each, Input) and each.role == "leaf"
        ]
        if any(isinstance(each, Stale) for each in form_of((whole,)).inputs):
            return node
        seed = Input("", whole.shape, role="stand-in")
        grads = [each for each in pullback(whole, seed, leaves) if each is not None]
        read = {each for each in topological(grads) if isinstance(each, Input)}
        below = {each for each in topological(list(behind.values())) if isinstance(each, Input)}
        return node if any(self.cells[each].version for each in read & below) else whole

    def check_sweep(self, node: Node) -> None:
        """Raises `EvaluationError` where nothing requires grad or a stale value is reached."""
        roles = {each.role for each in form_of((node,)).inputs if isinstance(each, Input)}
        if "stale" in roles:
            check_current(node, (), "call backward")
        if not node.tracked or roles == {"constant"}:  # one of nature's has an uncertainty, and no grad
            hint = "a leaf does, as in x = 3; constants, grads and detached values do not"
            if not self.numbers_are_leaves:
                hint = "a leaf does: x = torch.tensor(3.0, requires_grad=True); bare numbers are constants"
            raise EvaluationError("nothing here requires grad", hint=hint)

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
        before = [self.grad(leaf) for leaf in sweep.leaves]
        starts = [None if grad is None else (grad.cell.data, grad.graph) for grad in before]
        for leaf, start, grad, added in zip(sweep.leaves, starts, self.add(sweep), sweep.added, strict=True):
            if leaf in graphs:
                graph = graphs[leaf]
                if start is not None:  # a constant of the sum, but for a graph that is still right
                    data, kept = start
                    is_right = kept is not None and not self.is_stale(kept)
                    graph = graph + (kept.node if kept is not None and is_right else constant(data))
                grad.graph = self.value_of(graph)
                self.pin(grad.graph)
            name = self.name_of(leaf)
            changes.append(GradChange(name, leaf.name, grad.cell.data, added, grad.passes))
        return changes

    def retain(self, node: Node) -> None:
        """Lets a computed value keep the grad that backward passes from here on find for it."""
        self.meanings = _count()
        self._journal.set(self.retained, node, None)

    def freeze(self, leaf: Input, frozen: bool) -> None:
        """Lets a leaf require no grad, or again one, wherever it is held."""
        if (leaf in self.frozen) == frozen:
            return
        if frozen:
            self._journal.set(self.frozen, leaf, True)
        else:
            self._journal.remove(self.frozen, leaf)
        self.meanings = _count()

    def thawed(self, node: Node) -> Node:
        """The frozen leaf that a node stands for; every other node as it is."""
        if node.primitive is detach and node.inputs[0] in self.frozen:
            return node.inputs[0]
        return node

    def put(self, mapping: MutableMapping[str, Any], name: str, held: Held) -> None:
        """Lets a name of some names hold something else that is the same to it."""
        self._journal.set(mapping, name, held)

    def rearrange(self) -> None:
        """Lets loops forget which leaves hosts hold: a group or a module has others now."""
        self.meanings = _count()

    def hook(self, node: Node, hooks: tuple[Any, ...]) -> None:
        """Lets backward passes call functions with the gradient of a value."""
        self._journal.set(self.hooks, node, hooks)
        self.meanings = _count()  # what loops have kept knows of no hooks

    def keep_retained(self, found: Mapping[Node, Any]) -> None:
        """Adds gradients into the grads of computed values that keep one."""
        for each, data in found.items():
            grad = self.retained[each]
            if grad is None:
                stands = self.new_input("grad", data, role="grad", tracked=False)
                self._journal.set(self.retained, each, Grad(stands, self.cells[stands], 1))
            else:
                self.change_grad(grad, grad.cell.data + data, grad.passes + 1)

    def add(self, sweep: Sweep) -> list[Grad]:
        """Adds what a sweep found into the grads of its leaves, which are returned."""
        grads = []
        for leaf, added in zip(sweep.leaves, sweep.added, strict=True):
            grad = self.cells[leaf].grad
            if grad is None:
                grad = self.set_grad(leaf, added, 1)
            else:
                self.change_grad(grad, grad.cell.data + added, grad.passes + 1)
            grads.append(grad)
        return grads


def _is_leaf(value: Value) -> bool:
    return isinstance(value.node, Input) and value.node.role == "leaf"


def _kind(shape: Shape) -> str:
    return f"an array of shape {list(shape)}" if shape else "a single number"


def as_data(data: Any) -> Any:
    """A NumPy number or array of doubles or truth values; arrays that are such are taken over as they are."""
    if type(data) is np.float64:
        return data
    array = np.asarray(data)
    return array[()] if array.dtype in (bool, np.float64) else array.astype(np.float64)[()]
