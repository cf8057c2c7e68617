"""Whole passes of a loop as one plan: what their statements come to, one after the other, is one graph.

A pass in which every statement was done as before is read once more, from the first statement to the last:
where a name or a leaf is given another value, the nodes of later statements are built again with that in its
place. So the next passes are one run of a plan each, and what they leave behind is put into the session when
they end. Nothing looks into the session meanwhile. What could come to something else in between, which is
what conditions and settled values depend on, is computed along: where it is not as it was, that pass counts
for nothing and is done statement by statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from gradcli.engine.derive import gradient
from gradcli.engine.evaluate import static_value
from gradcli.engine.graph import Input, Node, constant, expand, named, stepped, substitute, topological
from gradcli.engine.plan import MOST_STRAIGHT
from gradcli.engine.plan_cache import form_of, plan_for
from gradcli.engine.primitives import arithmetic
from gradcli.lowering.kinds import COUNT, Kind
from gradcli.lowering.origins import Origins
from gradcli.records import NamedTuple
from gradcli.session.repeating.actions import (
    Action,
    Appends,
    Binds,
    Clears,
    Decides,
    Moves,
    Optimizes,
    Stepper,
    Steps,
    Sweeps,
)
from gradcli.session.repeating.asked import Answers, Meaning, grads_hold, names_hold
from gradcli.session.state import Session, as_data
from gradcli.session.values import Cell, Value
from gradcli.text.errors import GradcliError
from gradcli.text.source import Mark

Step: TypeAlias = tuple[Answers, Action]
"""A statement that was done again: what had to be as before, and what was done."""

AFTER = 8
"""How many passes are done statement by statement first: making one plan of them takes as long."""

MOST_STEPS = 500
"""The most statements of a pass that is made one plan."""

MOST_ROUNDS = 3
"""How many plans a loop may have at a time, for passes that take other branches."""

MOST_TRIES = 8
"""How often in a loop plans are made at most, and how often one may be begun in vain."""

_READ = (Binds, Moves, Steps, Sweeps, Clears, Optimizes, Appends, Decides)
"""The actions that are steps of a graph."""

_END = object()


class _Unfit(Exception):  # noqa: N818 (no error: a pass that is none for a plan)
    pass


class _Name(NamedTuple):
    """What a pass binds a name to: its value's node, what that is here, its kind, and when that was."""

    node: Node
    found: Node
    kind: Kind
    origins: Origins | None
    when: int


class _Grad(NamedTuple):
    """The grad of a leaf: what it is, and the passes in it (`more` than at the start, or in all)."""

    found: Node | None
    passes: int
    more: bool


class _Late(NamedTuple):
    """What steps a leaf at the end of a pass, by its value until then and its grad.

    `after` stands for what it gives.
    """

    stepper: Stepper
    before: Node
    grad: Node
    after: Input
    move: Callable[[Any, Any], Any]


class _Guard(NamedTuple):
    """What must come to the same in each pass: what `answers` says of some nodes' data.

    `found` is what these are where it is asked. `at_start` asks the session for that before a pass.
    """

    nodes: Sequence[Node]
    found: Sequence[Node]
    answers: Callable[[Sequence[Any]], bool]
    at_start: Callable[[], bool]


class _Reading:
    """A pass as it is read: what stands where now, what it relies on, and what it has changed."""

    def __init__(self, session: Session, item: tuple[str, Input] | None, steps: Sequence[Step]) -> None:
        self.session = session
        self.item = item
        self.now: dict[Node, Node] = {}
        """What is to be built in the place of inputs that have changed, and of values that names hold."""
        self.names: dict[str, _Name] = {}
        self.relied: dict[str, Meaning] = {}
        """What the names are bound to at the start that are read before they are bound."""
        self.changed: dict[Input, int] = {}
        """The inputs that a pass gives other values, and when it did so last."""
        self.places: dict[Input, Mark] = {}
        self.grads: dict[Input, _Grad] = {}
        """Those of leaves."""
        self.grads_before: dict[Input, Input | None] = {}
        self.renewed: set[Input] = set()
        """The leaves whose grads were none in between."""
        self.late: dict[Input, _Late] = {}
        """What is stepped by rules that are no graphs: after that, nothing in a pass may depend on it."""
        self.appended: list[tuple[Appends, Node]] = []
        """What is appended to lists at the end of a pass."""
        self.guards: list[_Guard] = []
        self.at_start: list[Callable[[], bool]] = []
        self.outer: dict[Node, Value] = {}
        """The values that names outside of the pass hold."""
        self._below: dict[Node, frozenset[Input]] = {}
        """The inputs below the nodes of values that names hold."""
        self._bound = {each.computation.node for _, each in steps if isinstance(each, Binds)}
        if item is not None:
            self.changed[item[1]] = 0
            self.names[item[0]] = _Name(item[1], item[1], COUNT, None, 0)
        for when, (answers, action) in enumerate(steps, 1):
            self._rely(answers)
            self._do(action, when)
        self._check()

    # What must be as it was

    def _rely(self, answers: Answers) -> None:
        if answers.drawn or answers.bound is not None:
            raise _Unfit
        for meaning in answers.names:
            name, node, kind, origins = meaning
            found = self.names.get(name)
            if found is None:
                if self.relied.setdefault(name, meaning)[1] is not node:
                    raise _Unfit
            elif found.node is not node or found.kind != kind or found.origins is not origins:
                raise _Unfit
        for (name, node, _, _), stand_in in answers.stale:
            if name not in self.names or self.names[name].node is not node:
                raise _Unfit
            self.now[stand_in] = self.names[name].found
        for leaf, _, grad in answers.grads:
            if self._grad(leaf).found is None or self.session.grad_input(leaf) is not grad:
                raise _Unfit
        if answers.kept is not None:
            self.at_start.append(partial(answers.kept.holds, self.session))
        for each in answers.elsewhere:
            if each.known or each.grads or each.drawn or each.elsewhere or each.kept or each.bound is None:
                raise _Unfit
            self.at_start.append(partial(names_hold, self.session, each.bound, each.names))
        for known in answers.known:
            self._guard(known.nodes, known.answers, known.holds)

    def _guard(
        self, nodes: Sequence[Node], answers: Callable[[Sequence[Any]], bool], at_start: Callable[[], bool]
    ) -> None:
        found = [self._built(each) for each in nodes]
        found = [each if each.inputs else stepped(each) for each in found]
        self.guards.append(_Guard(nodes, found, answers, at_start))

    def _grad(self, leaf: Input) -> _Grad:
        found = self.grads.get(leaf)
        if found is None:
            grad = self.session.grad(leaf)
            if grad is not None and grad.graph is not None:
                raise _Unfit
            self.grads_before[leaf] = None if grad is None else grad.node
            found = self.grads[leaf] = _Grad(None if grad is None else grad.node, 0, True)
        return found

    # What is done

    def _built(self, node: Node) -> Node:
        """What a node is now."""
        if self.late and any(each in self.late for each in _inputs((node,))):
            raise _Unfit
        for each in topological((node,), self.now.__contains__):
            if each.inputs and each not in self.now and each not in self._bound:
                value = self.session.known_value(each)
                if value is not None:
                    self.outer[each] = value
                    self.now[each] = each
        return substitute((node,), self.now)[0]

    def _do(self, action: Action, when: int) -> None:
        if isinstance(action, Binds):
            self._bind(action, when)
        elif isinstance(action, Moves):
            found = stepped(self._built(action.computation.node))
            assert action.input is not None
            self._change(action.input, found, when)
            self.names[action.name] = _Name(action.input, found, action.computation.kind, None, when)
        elif isinstance(action, Steps):
            node = action.computation.node
            if node.boolean:
                raise _Unfit
            self._change(action.leaf, stepped(self._built(node)), when)
            self.places[action.leaf] = action.place
        elif isinstance(action, Sweeps):
            self._sweep(action)
        elif isinstance(action, Optimizes):
            self._optimize(action, when)
        elif isinstance(action, Appends):
            self.appended.append((action, named(self._built(action.computation.node))))
        elif isinstance(action, Clears):
            for leaf in action.leaves:
                self._clear(leaf, to_none=action.to_none)
        elif isinstance(action, Decides):
            truth = action.truth
            self._guard((action.node,), partial(_is_true, truth), partial(_decides, action, truth))

    def _bind(self, action: Binds, when: int) -> None:
        computation = action.computation
        node = computation.node
        if not node.inputs or any(each.role == "grad" for each in _inputs((node,))):
            raise _Unfit
        found = self.now.get(node)
        if found is None:
            found = self.now[node] = named(self._built(node))
        self.names[action.name] = _Name(node, found, computation.kind, computation.origins, when)

    def _change(self, changed: Input, found: Node, when: int) -> None:
        """Gives an input another value, and forgets the values that were computed from the one before."""
        self.changed[changed] = when
        for node in [each for each in self.now if each.inputs]:
            if node not in self._below:
                self._below[node] = frozenset(_inputs((node,)))
            if changed in self._below[node]:
                del self.now[node]
        self.now[changed] = found

    def _sweep(self, action: Sweeps) -> None:
        leaves = [each for each in _inputs((action.node,)) if each.role == "leaf"]
        reached = set(action.found.leaves)
        for leaf, found in zip(leaves, gradient(action.node, leaves), strict=True):
            if found is None or leaf not in reached:
                continue
            added = self._built(found)
            grad, node = self._grad(leaf), self.session.grad_input(leaf)
            if node is None:
                raise _Unfit
            if grad.found is None:
                now = _Grad(stepped(added), 1, False)
                self.renewed.add(leaf)
            else:
                total = arithmetic.add.apply(grad.found, added)
                now = _Grad(stepped(total), grad.passes + 1, grad.more)
            self.grads[leaf] = now
            assert now.found is not None
            self.now[node] = now.found

    def _optimize(self, action: Optimizes, when: int) -> None:
        for leaf, move in action.stepper.moves():
            grad = self._grad(leaf)
            if leaf in self.late or leaf in self.session.spreads:
                raise _Unfit
            if grad.found is not None:
                after = Input(leaf.name, leaf.shape)
                self.late[leaf] = _Late(action.stepper, self.now.get(leaf, leaf), grad.found, after, move)
                self._change(leaf, after, when)
                self.places[leaf] = action.place

    def _clear(self, leaf: Input, *, to_none: bool) -> None:
        grad = self._grad(leaf)
        if to_none:
            self.grads[leaf] = _Grad(None, 0, False)
        elif grad.found is not None:
            node, zeros = self.session.grad_input(leaf), expand(constant(0.0), leaf.shape)
            self.grads[leaf] = _Grad(zeros, 0, False)
            if node is not None:
                self.now[node] = zeros

    def _check(self) -> None:
        """Raises `_Unfit` where what a pass leaves behind is not what it begins with."""
        for name, (_, node, kind, origins) in self.relied.items():
            found = self.names.get(name)
            if found is not None and (
                node.inputs or found.node is not node or found.kind != kind or found.origins is not origins
            ):
                raise _Unfit
        for leaf, grad in self.grads.items():
            if (grad.found is None) is not (self.grads_before[leaf] is None):
                raise _Unfit
        self.at_start += [each.at_start for each in self.guards if not self._varies(each)]
        self.guards = [each for each in self.guards if self._varies(each)]

    def _varies(self, guard: _Guard) -> bool:
        """Whether that may come to something else from pass to pass, or in a pass."""
        below = _inputs((*guard.nodes, *guard.found))
        return any(each in self.changed or each.role in ("grad", "stale") for each in below)


class Round:
    """A pass as one plan: whether it can be done now, and how."""

    def __init__(self, session: Session, item: tuple[str, Input] | None, steps: Sequence[Step]) -> None:
        self.session = session
        self.vain = 0
        """How often it was begun and did nothing, one after the other."""
        if not all(isinstance(action, _READ) for _, action in steps):
            raise _Unfit
        read = _Reading(session, item, steps)
        self._read = read
        self._meanings, self._recording = session.meanings, session.recording
        if any(answers.meanings != self._meanings for answers, _ in steps):
            raise _Unfit
        self._moving = [each for each in read.changed if each.role != "leaf"]
        self._grads = [
            (leaf, grad, grad.found)
            for leaf, grad in read.grads.items()
            if grad.found is not None and grad.found is not read.grads_before[leaf]
        ]
        self._grads_before = [(leaf, session.cells[leaf], node) for leaf, node in read.grads_before.items()]
        renewed = [session.grad_input(leaf) for leaf in read.renewed]
        self._moving += [each for each in renewed if each is not None]
        wanted = [
            *[read.now.get(each, each) for each in read.changed],
            *[found for _, _, found in self._grads],
            *[each.found for each in read.names.values()],
            *[node for each in read.guards for node in each.found],
            *[each.before for each in read.late.values()],
            *[node for _, node in read.appended],
        ]
        nodes = list(dict.fromkeys(wanted))
        computed = [each for each in nodes if each.inputs and not each.static]
        if not computed:
            raise _Unfit
        form = form_of(computed, read.outer.__contains__)
        prepared = plan_for(computed, form, read.outer)
        self._plan = prepared.plan
        if not self._plan.is_straight and len(self._plan) <= MOST_STRAIGHT:
            self._plan.straighten()
        fed = [form.inputs[place] for place in prepared.feeds]
        static = [each for each in nodes if each.static]
        self._constants = [_own(static_value(each), each) for each in static]
        late = [each.after for each in read.late.values()]
        self._places = {each: place for place, each in enumerate((*computed, *static, *late))}
        if any(each.grad not in self._places for each in read.late.values()):
            raise _Unfit
        self._late = [
            (leaf, self._places.get(each.before), self._places[each.grad], each.move)
            for leaf, each in read.late.items()
        ]
        self._appended = [(action, self._places[node]) for action, node in read.appended]
        steppers = dict.fromkeys(each.stepper for each in read.late.values())
        self._steppers = [(each, each.version) for each in steppers]
        inputs = {each: place for place, each in enumerate(fed)}
        grads = [(session.grad_input(leaf), found) for leaf, _, found in self._grads]
        leaves = [(each, read.now[each]) for each in read.changed if item is None or each is not item[1]]
        self._carried = [
            (inputs[each], self._places[found])
            for each, found in (*leaves, *grads)
            if each is not None and each in inputs
        ]
        self._item = None if item is None else inputs.get(item[1], -1)
        self._guards = [([self._places[node] for node in each.found], each.answers) for each in read.guards]
        self._sources = [self._source(each) for each in fed]
        self._versions = {name: tuple(session.values[name].versions) for name in read.names}

    def _source(self, node: Node) -> Cell | Value:
        return self.session.cells[node] if isinstance(node, Input) else self._read.outer[node]

    # Doing it

    def holds(self) -> bool:
        """Whether a pass would come to the same now, as far as that is known before it."""
        session, read = self.session, self._read
        if session.meanings != self._meanings or session.recording is not self._recording:
            return False
        if not names_hold(session, session.bound, read.relied.values()):
            return False
        if not grads_hold(self._grads_before):
            return False
        if any(session.known_value(node) is not value for node, value in read.outer.items()):
            return False
        if not all(session.is_free(each, read.names) for each in self._moving):
            return False
        if any(session.is_shared(each) for each in read.changed):  # what others see may be read in between
            return False
        if any(stepper.version != version for stepper, version in self._steppers):
            return False
        return all(each() for each in read.at_start)

    def run(self, items: Iterator[Any], check: Callable[[], None] | None) -> Any:
        """Does passes for items as long as they come to the same.

        Gives the item for which that is not so, or `_END`.
        """
        feed = [each.data for each in self._sources]
        plan, at, carried, guards = self._plan, self._item, self._carried, self._guards
        for stepper, _ in self._steppers:
            self.session.changing(stepper, unseen=True)
        stepped_now = [self.session.datum(leaf) for leaf, *_ in self._late]
        last: list[Any] | None = None
        last_item: Any = None
        count, left = 0, _END
        for item in items:
            if check is not None:
                check()
            if at is not None:
                item_now = np.float64(item)
                if at >= 0:
                    feed[at] = item_now
            try:
                found = plan.run_quietly(feed) + self._constants
            except GradcliError:  # the ordinary way will say it, at its place
                left = item
                break
            if guards and not all(answers([found[each] for each in places]) for places, answers in guards):
                left = item
                break
            for place, (_, before, grad, move) in enumerate(self._late):
                data = stepped_now[place] if before is None else found[before]
                stepped_now[place] = as_data(move(data, found[grad]))
            for action, result in self._appended:
                action.append(self.session, action.to, found[result], action.computation.kind)
            found += stepped_now
            for place, result in carried:
                feed[place] = found[result]
            last, last_item = found, item
            count += 1
        self.vain = 0 if count else self.vain + 1
        if last is not None:
            self._leave(last, last_item, count)
        return left

    def _leave(self, found: list[Any], item: Any, count: int) -> None:
        """Puts into the session what the last of so many passes came to."""
        session, read = self.session, self._read

        def data(node: Node) -> Any:
            if read.item is not None and node is read.item[1]:
                return np.float64(item)
            return found[self._places[node]]

        earlier = session.next_version()
        for each in read.changed:
            cell = session.cells[each]
            if each.role == "leaf":
                session.step(cell, data(read.now[each]), read.places[each])
            else:
                session.move(cell, data(read.now.get(each, each)))
        for leaf, grad, node in self._grads:
            held = session.grad(leaf)
            assert held is not None
            passes = held.passes + count * grad.passes if grad.more else grad.passes
            session.change_grad(held, data(node), passes)
        firsts: dict[Node, Value] = {}
        for name, bound in read.names.items():
            if isinstance(bound.node, Input):
                value = Value(bound.node, None, {}, bound.kind, bound.origins)
            else:
                versions = {}
                for below in self._versions[name]:
                    is_old = read.changed.get(below, -1) > bound.when
                    versions[below] = earlier if is_old else session.cells[below].version
                first = firsts.get(bound.node)
                value = Value(bound.node, data(bound.found), versions, bound.kind, bound.origins, first)
                firsts.setdefault(bound.node, value)
            session.bind_again(name, value)


def _inputs(nodes: Iterable[Node]) -> list[Input]:
    return [each for each in topological(nodes) if isinstance(each, Input)]


def _is_true(truth: bool, data: Sequence[Any]) -> bool:
    return bool(np.asarray(data[0]).item()) is truth


def _decides(condition: Decides, truth: bool) -> bool:
    return condition.done() and condition.truth is truth


def _own(value: Any, node: Node) -> Any:
    return np.array(np.broadcast_to(value, node.shape)) if node.shape else value


class Rounds:
    """The passes of one loop: which are done statement by statement, and which by a plan for all of them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rounds: list[Round] = []
        self._whole = 0
        """How many passes, one after the other, were done as before."""
        self._tries = 0

    def left(self, items: Iterable[Any], check: Callable[[], None] | None) -> Iterator[Any]:
        """Does passes by plans, and gives the items of those that are to be done statement by statement."""
        following = iter(items)
        while True:
            found = next((each for each in self._rounds if each.holds()), None)
            item = next(following, _END) if found is None else found.run(following, check)
            if found is not None and found.vain > MOST_TRIES:
                self._rounds.remove(found)
            if item is _END:
                return
            yield item

    def done(self, steps: list[Step] | None, item: tuple[str, Input] | None = None) -> None:
        """Takes note of a pass done statement by statement: of `steps`, if all were done as before."""
        self._whole = 0 if steps is None else self._whole + 1
        if not steps or self._whole < AFTER or len(steps) > MOST_STEPS or self._tries >= MOST_TRIES:
            return
        self._whole = 0
        self._tries += 1
        try:
            self._rounds.insert(0, Round(self._session, item, steps))
        except (_Unfit, GradcliError):
            return
        del self._rounds[MOST_ROUNDS:]
