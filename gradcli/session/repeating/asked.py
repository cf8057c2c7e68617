"""What lowering asked, and what it was told: while the answers are the same, it would give the same nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gradcli.engine.graph import Input, Node, topological
from gradcli.language.tree import Define, Imported
from gradcli.lowering.kinds import Host, Kind, Lowered, Several, Typed
from gradcli.lowering.origins import Origins
from gradcli.records import NamedTuple
from gradcli.session.computation import Computation
from gradcli.session.repeating.actions import Action
from gradcli.session.scope import SessionScope
from gradcli.session.state import Session
from gradcli.session.values import Cell, Group, Held, Names, Value, hosts_in, values_in
from gradcli.text.errors import GradcliError

if TYPE_CHECKING:
    from gradcli.lowering.draws import Drawn


Meaning: TypeAlias = tuple[str, Node, Kind, "Origins | None"]
"""What a name was found to be bound to: the name, the node, its kind and where it was written."""


GradNow: TypeAlias = tuple[Input, Cell, "Node | None"]
"""A leaf, its cell, and the node of its grad, if it has one."""


class Asked:
    """A scope that hands on every question to another, and remembers the answers.

    What is lowered is done again (`moves`). A question that is not told apart here has an answer that nobody
    can compare (`certain` is false then).
    """

    moves = True

    def __init__(self, scope: SessionScope, *, decides: bool = False) -> None:
        self._scope = scope
        self._decides = decides
        """Whether all that is made of what is asked is a decision, so that nothing is kept of it."""
        self._stale: dict[str, tuple[Meaning, Input]] = {}
        self._state = scope.session.meanings
        self.open = scope.open
        self.reads_leaves = scope.reads_leaves
        self._certain = True
        self._names: dict[str, tuple[Node, Kind, Origins | None]] = {}
        self._others: dict[str, Group | Host | None] = {}
        self._elsewhere: dict[int, Asked] = {}
        self._hosts: list[tuple[Host, int]] = []
        self._changed: list[Host] = []
        """Those that the statement itself changes: it does not hang on how they were."""
        self._kept: list[Value] = []
        self._grads: dict[Input, tuple[Cell, Node]] = {}
        self._data: list[tuple[Node, Any]] = []
        self._answers: list[tuple[Sequence[Node], Callable[..., Any], Any]] = []
        self._drawn: list[tuple[Input, Drawn]] = []

    @property
    def certain(self) -> bool:
        """Whether every answer can be compared."""
        return self._certain and all(each.certain for each in self._elsewhere.values())

    @property
    def keeps_lists(self) -> bool:
        """Follows from imports, which are compared as functions are."""
        return self._scope.keeps_lists

    @property
    def single(self) -> bool:
        """Compared as what names mean is, which a change of it changes."""
        return self._scope.single

    @property
    def recording(self) -> bool:
        """Compared whoever asks, as bindings depend on it."""
        return self._scope.recording

    def variable(self, name: str) -> Lowered | None:
        """Remembers the node, its kind and where it was written.

        What is out of date is no answer to keep.
        """
        bound = self._scope.bound_name(name)
        held = self._scope.bound.bound_to(bound)
        if held is None and self._scope.here() is not None:
            self._others[bound] = None
        if isinstance(held, Group | Host):
            self._others.setdefault(bound, held)
            return self.now(held, name)
        lowered = self._scope.variable(name)
        if held is not None and lowered is not None and not isinstance(lowered, Several | Host):
            node, kind = lowered
            if self._decides and self._scope.session.is_stale(held):
                if bound not in self._stale:
                    stand_in = self._scope.session.new_stand_in(held, name)
                    self._stale[bound] = (bound, held.node, kind, held.origins), stand_in
                return self._stale[bound][1], kind
            self._certain = self._certain and node is held.node
            self._names.setdefault(bound, (node, kind, held.origins))
        elif lowered is not None:
            self._certain = False
        return lowered

    def here(self) -> Names | None:
        """Told by the names that are asked for."""
        return self._scope.here()

    def among(self, names: Names | None) -> Asked:
        """What is asked there is noted there."""
        if names is self.here():
            return self
        if id(names) not in self._elsewhere:
            asked = self._elsewhere[id(names)] = Asked(self._scope.among(names))
            asked._drawn = self._drawn  # drawn anew in this order, wherever that is
        return self._elsewhere[id(names)]

    def host(self, name: str) -> Host | None:
        """Remembers which one it is, and that it has not changed."""
        found = self._scope.host(name)
        if found is not None or self._scope.here() is not None:
            self.variable(name)
        return found

    def now(self, held: Held, name: str = "") -> Lowered:
        """Remembers that nothing in it is out of date, and nothing has changed."""
        for value in values_in(held):
            self._kept.append(value)
            self._certain = self._certain and not self._scope.session.is_stale(value)
        for host in hosts_in(held):
            if not host.settled:
                self._hosts.append((host, host.version))
        return self._scope.now(held, name)

    def acts(self) -> None:
        """What does something is done each time."""
        self._certain = False

    def keep(self, found: Lowered, origins: Origins) -> Held:
        """What is kept is another each time."""
        self._certain = False
        return self._scope.keep(found, origins)

    def changing(self, host: Host, *, unseen: bool = False) -> None:
        """A statement that changes something does so each time, if that can be read."""
        self._certain = self._certain and unseen
        self._changed.append(host)
        self._scope.changing(host, unseen=unseen)

    def new_variable(self, name: str) -> Typed | None:
        """There are none."""
        return self._scope.new_variable(name)

    def origins(self, name: str) -> Sequence[Origins | None]:
        """Compared with the name's node."""
        return self._scope.origins(name)

    def function(self, name: str) -> Define | None:
        """Compared as one number, `Session.meanings`, for all names."""
        return self._scope.function(name)

    def imported(self, name: str) -> Imported | None:
        """Compared as functions are."""
        return self._scope.imported(name)

    def grad(self, name: str) -> Node:
        """Remembers the node of the grad, and the leaf that the name means."""
        if self._scope.session.retained:
            self._certain = False
            return self._scope.grad(name)
        leaf = self._scope.session.leaf(name, self._scope.bound)
        node = self.grad_of(leaf, name)
        self.variable(name)
        return node

    def grad_of(self, leaf: Node, title: str) -> Node:
        """Remembers the node of the grad; what a computed value retains is another each time."""
        node = self._scope.grad_of(leaf, title)
        if not isinstance(leaf, Input):
            self._certain = False
            return node
        cell = self._scope.session.cells[leaf]
        self._certain = self._certain and cell.grad is not None and cell.grad.graph is None
        self._grads.setdefault(leaf, (cell, node))
        return node

    def known(self, node: Node, *, leaves: bool = False) -> Any:
        """Remembers the data. What is not known follows from the node, which the names tell."""
        data = self._scope.known(node, leaves=leaves)
        if data is not None:
            self._data.append((node, data))
            if self._drawn:
                below = topological((node,))  # of what is drawn anew, nothing is settled
                self._certain = self._certain and not any(each in below for each, _ in self._drawn)
        return data

    def answer(self, nodes: Sequence[Node], find: Callable[[], Any], of: Callable[..., Any]) -> Any:
        """Remembers the answer, and not the data that it follows from."""
        before = len(self._data)
        answer = self._scope.answer(nodes, find, of)
        del self._data[before:]
        if answer is not None:
            self._answers.append((nodes, of, answer))
        return answer

    def leaf_of(self, name: str, bound: Node | None) -> Node | None:
        """There are none."""
        return self._scope.leaf_of(name, bound)

    def stepped(self, leaf: Node, node: Node) -> tuple[str, Node]:
        """There are no such steps."""
        return self._scope.stepped(leaf, node)

    def new_leaf(self, node: Node) -> Node:
        """Another leaf each time."""
        self._certain = False
        return self._scope.new_leaf(node)

    def uncertain(self, value: Node, uncertainty: Node, text: str) -> Node:
        """Another leaf each time."""
        self._certain = False
        return self._scope.uncertain(value, uncertainty, text)

    def quantity(self, key: str, name: str, value: float, uncertainty: float) -> Node | None:
        """The same each time."""
        return self._scope.quantity(key, name, value, uncertainty)

    def draw(self, drawn: Drawn) -> Node | None:
        """Drawn anew each time."""
        node = self._scope.draw(drawn)
        if isinstance(node, Input):
            self._drawn.append((node, drawn))
        return node

    def names(self) -> Iterable[str]:
        """Compared as functions are."""
        return self._scope.names()

    def unknown(self, name: str) -> str | None:
        """Asked for a hint."""
        self._certain = False
        return self._scope.unknown(name)

    def answers(self) -> Answers:
        """What was asked, to be asked again."""
        grads = [(leaf, *found) for leaf, found in self._grads.items()]
        others = list(self._others.items())
        hosts = [each for each in self._hosts if not any(each[0] is other for other in self._changed)]
        kept = Kept(self._scope.fixed, others, hosts, self._kept)
        elsewhere = [each.answers() for each in self._elsewhere.values()]
        session = self._scope.session
        known = [*[((node,), None, data) for node, data in self._data], *self._answers]
        names = [(name, *answer) for name, answer in self._names.items()]
        stale = list(self._stale.values())
        return Answers(session, self._state, names, stale, grads, known, kept, elsewhere, list(self._drawn))


class Kept(NamedTuple):
    """What was asked of tuples and of what is no numbers: which ones, how they were, and what they held."""

    bound: Names | None
    """Whose names they are, if not those of the call that is being run."""
    names: list[tuple[str, Group | Host | None]]
    hosts: list[tuple[Host, int]]
    values: list[Value]

    def holds(self, session: Session) -> bool:
        """Whether all that is as it was."""
        bound = self.bound or session.bound
        for name, held in self.names:
            if bound.bound_to(name) is not held:
                return False
        for host, version in self.hosts:
            if host.version != version:
                return False
        return not any(session.is_stale(value) for value in self.values)


class Known(NamedTuple):
    """What was asked of data: of which nodes, where these are found, what was asked, and the answer.

    If nothing (`of`) was asked of it, the one datum itself is the answer.
    """

    nodes: Sequence[Node]
    sources: Sequence[Cell | Computation]
    of: Callable[..., Any] | None
    answer: Any

    def holds(self) -> bool:
        """Whether the answer is the same now."""
        data = [_now(each) for each in self.sources]
        return not any(each is None for each in data) and self.answers(data)

    def answers(self, data: Sequence[Any]) -> bool:
        """Whether it is the same for these data: a datum bit by bit."""
        if self.of is None:
            return same(data[0], self.answer)
        return bool(self.of(*data) == self.answer)


class Answers:
    """Answers to questions about a session, with which those of later are compared.

    `names` are told by their nodes, kinds and places, those of `stale` values with what stands in for them,
    `grads` by leaves, their cells and the nodes of the grads in them. `elsewhere` is what was asked where
    other names are around.
    """

    __slots__ = (
        *("_session", "bound", "drawn", "elsewhere", "grads", "kept"),
        *("known", "meanings", "names", "recording", "stale"),
    )

    def __init__(
        self,
        session: Session,
        meanings: int,
        names: Sequence[Meaning],
        stale: Sequence[tuple[Meaning, Input]],
        grads: Sequence[GradNow],
        known: Iterable[tuple[Sequence[Node], Callable[..., Any] | None, Any]],
        kept: Kept,
        elsewhere: list[Answers],
        drawn: list[tuple[Input, Drawn]],
    ) -> None:
        self._session = session
        self.elsewhere = elsewhere
        self.bound = kept.bound
        self.kept = kept if any(kept[1:]) else None
        self.names = names
        self.stale = stale
        self.grads = grads
        self.known = [Known(nodes, [_source(session, each) for each in nodes], *of) for nodes, *of in known]
        self.meanings = meanings
        self.drawn = drawn
        self.recording = session.recording

    def hold(self) -> bool:
        """Whether the session gives the same answers now."""
        session = self._session
        if session.meanings != self.meanings or session.recording is not self.recording:
            return False
        bound = self.bound or session.bound
        if not names_hold(session, bound, self.names) or not grads_hold(self.grads):
            return False
        if self.stale and not _stale_hold(session, bound, self.stale):
            return False
        if self.kept is not None and not self.kept.holds(session):
            return False
        if self.elsewhere and not all(each.hold() for each in self.elsewhere):
            return False
        if self.drawn and not all(session.is_free(node) for node, _ in self.drawn):
            return False
        return not self.known or all(each.holds() for each in self.known)

    def done(self, action: Action) -> bool:
        """Whether an action was done, with what it draws drawn anew; if not, nothing was drawn either."""
        before = self._session.chance.held() if self.drawn else None
        try:
            for node, drawn in self.drawn:
                self._session.draw_again(node, drawn)
            done = action.done()
        except GradcliError:  # the ordinary way will say it, at its place
            done = False
        if not done and before is not None:
            self._session.chance.hold(before)
        return done


def _source(session: Session, node: Node) -> Cell | Computation:
    return session.cells[node] if isinstance(node, Input) else session.computation(node)


def names_hold(session: Session, bound: Names, names: Iterable[Meaning]) -> bool:
    """Whether names are bound to these nodes, of these kinds, written there, and none is out of date."""
    for meaning in names:
        value = _meant(bound, meaning)
        if value is None or (value.node.inputs and session.is_stale(value)):
            return False
    return True


def _meant(bound: Names, meaning: Meaning) -> Value | None:
    """The value that a name is bound to, if it has that meaning."""
    name, node, kind, origins = meaning
    value = bound.values.get(name)
    if value is None or value.node is not node or value.origins is not origins or value.kind != kind:
        return None
    return value


def _stale_hold(session: Session, bound: Names, names: Iterable[tuple[Meaning, Input]]) -> bool:
    """Whether names mean values like these that are out of date, of which stand-ins hold the data now."""
    for meaning, stand_in in names:
        value = _meant(bound, meaning)
        if value is None or not session.is_stale(value):
            return False
        session.cells[stand_in].data = value.data
    return True


def grads_hold(grads: Iterable[GradNow]) -> bool:
    """Whether the grads of leaves are these nodes (or none), without graphs of their own."""
    for _, cell, node in grads:
        grad = cell.grad
        if (None if grad is None else grad.node) is not node or (grad is not None and grad.graph is not None):
            return False
    return True


def _now(source: Cell | Computation) -> Any:
    if isinstance(source, Cell):
        return source.data
    try:
        value = source.value()
    except GradcliError:  # the ordinary way will say it, at its place
        return None
    return None if value is None else value.data


def same(data: Any, answer: Any) -> bool:
    """Whether two answers are the same bit by bit."""
    if data is answer:
        return True
    found, kept = np.asarray(data), np.asarray(answer)
    return found.dtype == kept.dtype and found.shape == kept.shape and found.tobytes() == kept.tobytes()
