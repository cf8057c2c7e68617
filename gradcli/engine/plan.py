"""The plan: a flat list of NumPy calls in topological order, with buffers that are used again.

A plan is made once for the nodes that it computes; everything that changes between runs (leaf
values, grads, loop variables, columns) is an input of it. It runs over numbers and arrays, or over
many rows at once, in chunks that stay in the processor's cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from time import thread_time
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.collecting import uncollected
from gradcli.engine.calls import (
    ANY,
    ANY_INTO,
    ON_NUMBERS,
    ONE,
    ONE_INTO,
    TWO,
    TWO_INTO,
    UFUNC,
    Call,
    Slot,
    execute,
)
from gradcli.engine.graph import HELD, Constant, Kernel, Node, expand_primitive, topological

if TYPE_CHECKING:
    from gradcli.engine.straight import Straight

CHUNK = 16_384
"""Elements of one buffer in a run over rows: a handful of such buffers stay in the second-level cache."""

MOST_KEPT = 2**22
"""Bytes of buffers that a plan keeps from one run to the next."""

LEAST_SHARE = 2
"""Chunks that a thread must have to do, for its beginning takes as long as one."""

LEAST_WORK = 6e-4
"""Seconds of work that a thread must have: to begin, and to wait for Python's lock, takes half as long."""

MOST_STRAIGHT = 500
"""The most calls of a plan that are made into one function."""

STRAIGHT_AFTER = 30
"""After how many runs that is done: so many take as long as making it."""


class Plan:
    """How to compute `outputs` from values for `inputs`.

    `known` are nodes whose values will be given, so that nothing below them is computed. `batched`
    are the inputs that hold one value for each row; without any, the plan runs on its own. `order` has
    all nodes in topological order, where that has been found before.
    """

    def __init__(
        self,
        outputs: Sequence[Node],
        known: Iterable[Node] = (),
        batched: Iterable[Node] = (),
        order: Sequence[Node] | None = None,
    ) -> None:
        self.outputs = tuple(outputs)
        self._register: dict[Node, int] = {}
        self._template: list[Any] = []
        self._batched: list[bool] = []
        self.slots: list[Slot] = []
        self.inputs: list[Node] = []
        self.once: list[Call] = []
        self.each_chunk: list[Call] = []
        self._held_by: dict[bool, list[tuple[int, int]]] = {False: [], True: []}
        """Which register holds the buffer of which slot, for steps that run once and for those of chunks."""
        self._spare: list[tuple[int, list[Any]]] = []
        self._ready: list[list[Any]] = []
        self._runs = 0
        self._pace: float | None = None
        """Seconds of processor time that a chunk took last."""
        self._straight: Straight | None = None
        """All calls as one function, where they have run often."""
        self._lending: list[int] = []
        self._lent: list[tuple[int, list[Any]]] = []
        self._doubles: set[int] = set()
        """The registers of single numbers that are doubles of NumPy's whenever the plan runs."""
        self._as_array: dict[int, int] = {}
        self._given = set(known)
        self._same_as: dict[Node, Node] = {}
        """What is held of nodes as it is computed, and the nodes."""
        if order is None:
            order = topological(self.outputs, self._given.__contains__)
        self._schedule(order, self._given, set(batched))

    def __len__(self) -> int:
        return len(self.once) + len(self.each_chunk)

    # Making the plan

    @uncollected
    def _schedule(self, order: Sequence[Node], known: set[Node], batched: set[Node]) -> None:
        in_buffers = bool(batched) or any(node.shape for node in order)
        released = _releases(order, self.outputs, known) if in_buffers else {}
        outputs = set(self.outputs)
        free: dict[Slot, list[int]] = {}
        slot_of: dict[Node, int] = {}
        pinned: set[Node] = set()  # what is computed once, and read by every chunk
        # Here every node of a long formula comes by, so registers are made without a call.
        register_of, template, in_rows, doubles = self._register, self._template, self._batched, self._doubles
        for when, node in enumerate(order):
            register = len(template)
            if not node.inputs or node in known:
                register_of[node] = register
                if isinstance(node, Constant) and node not in known:
                    template.append(node.value)
                else:
                    template.append(None)
                    self.inputs.append(node)
                in_rows.append(node in batched)
                if not node.shape and not node.boolean and node not in batched:
                    doubles.add(register)
                continue
            if node.static:
                with np.errstate(all="ignore"):
                    value = node.primitive.kernel(node)(*(self._folded(each) for each in node.inputs))
                register_of[node] = self._new_register(value, False)
                continue
            if node.primitive in HELD and self._has_memory(node.inputs[0]):
                self._same_as[node] = self._same_as.get(node.inputs[0], node.inputs[0])
                register_of[node] = register_of[node.inputs[0]]
                continue
            kernel, inputs = self._call(node, [register_of[each] for each in node.inputs])
            is_batched = in_buffers and any(in_rows[each] for each in inputs)
            result = register_of[node] = len(template)
            template.append(None)
            in_rows.append(is_batched)
            slot = -1
            if in_buffers:
                if is_batched:
                    pinned.update(*map(_looked_into, node.inputs))
                if node.shape and not is_batched and node.primitive.fills(node):
                    # Before its inputs give back theirs: it reads all of them until it has ended.
                    kind = Slot(node.shape, False, node.boolean)
                    spare = None if node in outputs else free.get(kind)
                    slot = slot_of[node] = spare.pop() if spare else self._new_slot(kind)
                for each in released.get(when, ()):
                    if each in slot_of and (self.slots[slot_of[each]].batched or each not in pinned):
                        free.setdefault(self.slots[slot_of[each]], []).append(slot_of[each])
                if node.primitive.elementwise and (node.shape or is_batched):
                    kind = Slot(node.shape, is_batched, node.boolean)
                    spare = None if node in outputs else free.get(kind)
                    slot = slot_of[node] = spare.pop() if spare else self._new_slot(kind)
            if slot < 0 and isinstance(kernel, UFUNC) and doubles.issuperset(inputs):
                kernel = ON_NUMBERS.get(kernel, kernel)
                if not node.boolean:
                    doubles.add(result)
            if node.primitive in HELD and not node.shape and not node.boolean and not is_batched:
                doubles.add(result)
            self._add(kernel, inputs, result, slot)
        self._results = [self._register[node] for node in self.outputs]
        # A node that is an output twice is computed into the first, and copied into the second.
        own = [self._same_as.get(node, node) for node in self.outputs]
        first = [node not in own[:place] for place, node in enumerate(own)]
        self._output_slot = [
            slot_of.get(node, -1) if is_first else -1 for node, is_first in zip(own, first, strict=True)
        ]
        self._handed_out = [
            (register, self.slots[slot])
            for register, slot in self._held_by[False]
            if slot in self._output_slot
        ]
        is_new = [
            is_first and (slot >= 0 or self._has_memory(node))
            for node, is_first, slot in zip(own, first, self._output_slot, strict=True)
        ]
        shapes = [node.shape for node in self.outputs]
        self._given_back = list(zip(self._results, shapes, is_new, strict=True))
        """The registers and the shapes of the outputs, and whether each has memory of its own."""
        held = sum(8 * math.prod(slot.shape) for slot in self.slots if not slot.batched)
        self._keeps = held <= MOST_KEPT
        self._width = max((math.prod(slot.shape) for slot in self.slots if slot.batched), default=1) or 1
        """The most elements of a buffer in each row."""
        self._fed = [self._register[node] for node in self.inputs]
        self._in_rows = any(self._batched[register] for register in self._fed)
        self._numbers = [register for register in self._fed if register in self._doubles]

    def _has_memory(self, node: Node) -> bool:
        """Whether what a node is computed into is its own: a number, or an array that is no view."""
        if not node.shape:
            return self._register[node] in self._doubles
        is_computed = bool(node.inputs) and node not in self._given and not node.static
        return is_computed and (node.primitive in HELD or not node.primitive.views)

    def _add(self, kernel: Kernel, inputs: Sequence[int], result: int, slot: int) -> None:
        """Adds a call of a kernel, in the form that takes the least time to make it."""
        batched = self._batched[result]
        how: int = TWO if len(inputs) == 2 else ONE if len(inputs) == 1 else ANY
        first: Any = tuple(inputs) if how == ANY else inputs[0]
        second = inputs[-1] if inputs else 0
        if slot >= 0 and how != ANY and isinstance(kernel, UFUNC):
            how = TWO_INTO if how == TWO else ONE_INTO
            self._held_by[batched].append((result, slot))
        elif slot >= 0:
            how, first, second = ANY_INTO, tuple(inputs), self._new_register(None, batched)
            self._held_by[batched].append((second, slot))
        (self.each_chunk if batched else self.once).append((how, kernel, first, second, result))

    def _new_register(self, value: Any, batched: bool) -> int:
        self._template.append(value)
        self._batched.append(batched)
        return len(self._template) - 1

    def _new_slot(self, kind: Slot) -> int:
        self.slots.append(kind)
        return len(self.slots) - 1

    def _folded(self, node: Node) -> Any:
        value = self._template[self._register[node]]
        return value if np.shape(value) == node.shape else np.broadcast_to(value, node.shape)

    def _call(self, node: Node, inputs: list[int]) -> tuple[Kernel, list[int]]:
        """The kernel of a node, and its input registers in the form that the kernel takes.

        An `expand` only lines axes up, and NumPy's broadcasting does the rest, where the user is a
        ufunc; every other kernel is given whole arrays.
        """
        primitive = node.primitive
        if primitive is expand_primitive:
            inner = self._unexpanded(node)
            return self._aligned(node, inner, self._register[inner]), [self._register[inner]]
        kernel = primitive.kernel(node)
        if primitive.elementwise:
            if not node.shape:
                return kernel, inputs
            if isinstance(kernel, UFUNC):
                return kernel, [
                    self._array(each, register) for each, register in zip(node.inputs, inputs, strict=True)
                ]
            return kernel, [
                self._whole(each, register) for each, register in zip(node.inputs, inputs, strict=True)
            ]
        whole = [self._whole(each, register) for each, register in zip(node.inputs, inputs, strict=True)]
        mixed = len({self._batched[register] for register in whole}) > 1
        if mixed and not primitive.mixes_batches:
            kernel = _with_common_batch(kernel, tuple(each.shape for each in node.inputs))
        return kernel, whole

    def _array(self, node: Node, register: int) -> int:
        """The register of a node that is an operand beside an array.

        NumPy is slower with a number than with an array that holds it, so one that never changes is one.
        """
        value = self._template[register]
        if not node.static or not isinstance(value, np.generic):
            return register
        if register not in self._as_array:
            self._as_array[register] = self._new_register(np.asarray(value), False)
        return self._as_array[register]

    def _unexpanded(self, node: Node) -> Node:
        """What an `expand`, or several of them in turn, have lined up: the array that a register holds."""
        inner = node.inputs[0]
        while inner.primitive is expand_primitive and inner not in self._given:
            inner = inner.inputs[0]
        return inner

    def _aligned(self, node: Node, aligned: Node, register: int) -> Kernel:
        inner, extra = aligned.shape, len(node.shape) - len(aligned.shape)
        if not extra or not self._batched[register]:
            return _same
        inserted = (1,) * extra

        def align(x: Array) -> Array:
            return x.reshape(x.shape[:1] + inserted + inner)

        return align

    def _whole(self, node: Node, register: int) -> int:
        """The register of `node` in its full shape (an `expand` is left for NumPy to broadcast)."""
        if node.primitive is not expand_primitive:
            return register
        shape, batched = node.shape, self._batched[register]
        result = self._new_register(None, batched)

        def stretch(x: Any) -> Array:
            return np.broadcast_to(x, x.shape[:1] + shape if batched else shape)

        if node.static:
            self._template[result] = np.broadcast_to(self._template[register], shape)
        else:
            self._add(stretch, (register,), result, -1)
        return result

    # Running it

    def run(self, values: Mapping[Node, Any]) -> list[Any]:
        """The values of the outputs (NumPy numbers or arrays), for a plan without batched inputs."""
        return self.run_list([values[node] for node in self.inputs])

    def run_list(self, values: Sequence[Any]) -> list[Any]:
        """Like `run`, with the values in the order of `inputs`."""
        with np.errstate(all="ignore"):
            return self.run_quietly(values)

    def run_quietly(self, values: Sequence[Any]) -> list[Any]:
        """Like `run_list`, where NumPy has been told already to give no warnings."""
        if self._straight is not None:
            return self._run_straight(self._straight, values, 0)
        try:
            ready = self._ready.pop()
        except IndexError:
            ready = self._prepared()
        registers = ready.copy()
        self._fill(registers, values)
        for register, slot in self._handed_out:
            registers[register] = slot.buffer(0)
        execute(self.once, registers)
        if self._keeps and self._runs:  # a plan that runs once should not hold memory for a second time
            self._ready[:] = [ready]
        if not self._in_rows:
            self._count()
        results = []
        for register, shape, is_new in self._given_back:
            value = registers[register]
            if not shape:
                value = value if type(value) is np.float64 else np.asarray(value)[()]
            elif not is_new or value.shape != shape:  # it may look into memory that is not its own
                value = np.array(np.broadcast_to(value, shape))
            results.append(value)
        return results

    def _prepared(self) -> list[Any]:
        """The registers with all that is the same in every run: numbers, and memory that is used again."""
        registers = self._template.copy()
        outputs = {slot for slot in self._output_slot if slot >= 0}
        kept = [(register, slot) for register, slot in self._held_by[False] if slot not in outputs]
        buffers = {slot: self.slots[slot].buffer(0) for _, slot in kept}
        for register, slot in kept:
            registers[register] = buffers[slot]
        return registers

    def run_rows(self, values: Mapping[Node, Any], rows: int, threads: int | None = 1) -> list[Any]:
        """The outputs for `rows` rows at once: arrays of shape `(rows, *shape)`.

        Values of batched inputs have that form too; all others hold for every row.
        """
        return self.run_rows_list([values[node] for node in self.inputs], rows, threads)

    def run_rows_list(self, values: Sequence[Any], rows: int, threads: int | None = 1) -> list[Any]:
        """Like `run_rows`, with the values in the order of `inputs`.

        At most `threads` threads (`None`: one for each processor) share the chunks, where there are enough.
        """
        count = max(1, min(rows, round(rows * self._width / CHUNK)))
        if count == 1 and rows and self._in_rows:
            if self._straight is not None:
                with np.errstate(all="ignore"):
                    return self._run_straight(self._straight, values, rows)
            self._count()
        registers = self._prepared()
        self._fill(registers, values)
        results = [
            np.empty((rows, *node.shape), dtype=bool if node.boolean else np.float64) for node in self.outputs
        ]
        if self.once:
            for register, slot in self._handed_out:
                registers[register] = slot.buffer(0)
            with np.errstate(all="ignore"):
                execute(self.once, registers)
        edges = [rows * k // count for k in range(count + 1)]
        chunks, most = pairwise(edges), max(stop - start for start, stop in pairwise(edges))
        if threads != 1 and count >= 2 * LEAST_SHARE and self._pace is None:
            self._run_chunks(registers.copy(), results, [next(chunks)], most, 1)
        sharing = int(min(count // LEAST_SHARE, count * (self._pace or 0.0) / LEAST_WORK))
        if threads == 1 or sharing < 2:
            self._run_chunks(registers, results, chunks, most, 1)
            return results
        from gradcli.processors import Shared, cores, side_by_side

        most_threads = threads or cores()
        left = Shared(chunks)

        def share() -> None:
            try:
                self._run_chunks(registers.copy(), results, left, most, most_threads)
            except BaseException:
                left.stop()
                raise

        side_by_side(share, min(most_threads, sharing))
        return results

    def _count(self) -> None:
        """Counts a run, and makes one function of all calls where that pays."""
        self._runs += 1
        if self._runs == STRAIGHT_AFTER and len(self) <= MOST_STRAIGHT:
            self.straighten()

    @property
    def is_straight(self) -> bool:
        """Whether all calls are one function."""
        return self._straight is not None

    def straighten(self) -> None:
        """Makes one function of all calls, for one chunk of rows if there are rows."""
        from gradcli.engine.straight import Lines, Output

        held = {register: slot for each in (False, True) for register, slot in self._held_by[each]}
        self._lending = [slot for slot in dict.fromkeys(held.values()) if slot not in self._output_slot]
        computed = {call[-1] for call in (*self.once, *self.each_chunk)}
        constants = {
            register: value
            for register, value in enumerate(self._template)
            if register not in computed and register not in self._fed
        }
        lines = Lines(constants, self._fed, self._doubles, held, self.slots, self._lending)
        for call in (*self.once, *self.each_chunk):
            lines.call(call)
        outputs = []
        for node, slot, given_back in zip(self.outputs, self._output_slot, self._given_back, strict=True):
            own = slot if slot >= 0 and self.slots[slot].batched else -1
            register, _, is_new = given_back
            outputs.append(Output(register, own, Slot(node.shape, self._in_rows, node.boolean), is_new))
        self._straight = lines.function(outputs)
        self._ready.clear()
        self._spare.clear()

    def _run_straight(self, straight: Straight, values: Sequence[Any], rows: int) -> list[Any]:
        try:
            size, buffers = self._lent.pop()
        except IndexError:
            size = -1
        if size != rows:
            buffers = [self.slots[slot].buffer(rows) for slot in self._lending]
        results = straight(values, buffers, rows)
        if size == rows or sum(buffer.nbytes for buffer in buffers) <= MOST_KEPT:
            self._lent[:] = [(rows, buffers)]
        return results

    def _fill(self, registers: list[Any], values: Sequence[Any]) -> None:
        for register, value in zip(self._fed, values, strict=True):
            registers[register] = value
        for register in self._numbers:
            if type(registers[register]) is not np.float64:
                registers[register] = np.float64(registers[register])

    def _run_chunks(
        self,
        registers: list[Any],
        results: list[Array],
        chunks: Iterable[tuple[int, int]],
        most: int,
        threads: int,
    ) -> None:
        """Runs over chunks of at most `most` rows, as one of so many threads."""
        buffers = self._borrow(most)
        kept = buffers.copy()
        fed = [(register, registers[register]) for register in self._fed if self._batched[register]]
        trimmed: dict[int, list[Any]] = {most: buffers}
        began, done = thread_time(), 0
        with np.errstate(all="ignore"):
            for start, stop in chunks:
                done += 1
                count = stop - start
                if count not in trimmed:
                    trimmed[count] = [
                        buffer[:count] if slot.batched else buffer
                        for buffer, slot in zip(buffers, self.slots, strict=True)
                    ]
                into = trimmed[count]
                for result, slot in zip(results, self._output_slot, strict=True):
                    if slot >= 0 and self.slots[slot].batched:
                        into[slot] = result[start:stop]
                for register, slot in self._held_by[True]:
                    registers[register] = into[slot]
                for register, value in fed:
                    registers[register] = value[start:stop]
                execute(self.each_chunk, registers)
                for result, register, slot in zip(results, self._results, self._output_slot, strict=True):
                    if slot < 0 or not self.slots[slot].batched:
                        result[start:stop] = registers[register]
        if done:
            self._pace = (thread_time() - began) / done
        if sum(buffer.nbytes for buffer in kept) <= MOST_KEPT:
            self._spare.append((most, kept))
            del self._spare[:-threads]

    def _borrow(self, rows: int) -> list[Any]:
        """Buffers for chunks of `rows` rows: those of the last run if they fit and no thread has them.

        Memory that is given back after every run comes back as new pages, whose first touch costs as
        much as the arithmetic on them.
        """
        try:
            size, buffers = self._spare.pop()
        except IndexError:
            return _buffers(self.slots, rows)
        return buffers if size == rows else _buffers(self.slots, rows)


def _releases(order: Sequence[Node], outputs: Iterable[Node], known: set[Node]) -> dict[int, list[Node]]:
    """For each place in `order`, the nodes that nothing needs after it. A view needs what it looks into."""
    last = dict.fromkeys(outputs, len(order))
    for when in range(len(order) - 1, -1, -1):
        node = order[when]
        if node in known:
            continue
        for index, each in enumerate(node.inputs):
            until = last[node] if index == 0 and node.primitive.views else when
            last[each] = max(last.get(each, when), until)
    released: dict[int, list[Node]] = {}
    for node, when in last.items():
        released.setdefault(when, []).append(node)
    return released


def _looked_into(node: Node) -> Iterator[Node]:
    """The node, and those whose memory it may be a view of."""
    yield node
    while node.primitive.views:
        node = node.inputs[0]
        yield node


def _same(x: Any) -> Any:
    return x


def _with_common_batch(kernel: Kernel, shapes: tuple[Shape, ...]) -> Kernel:
    """A kernel whose inputs are first given the batch axis that only some of them have."""

    def broadcasting(*arrays: Any) -> Any:
        rows = next(a.shape[:1] for a, shape in zip(arrays, shapes, strict=True) if np.ndim(a) > len(shape))
        return kernel(*(np.broadcast_to(a, rows + shape) for a, shape in zip(arrays, shapes, strict=True)))

    return broadcasting


def _buffers(slots: Sequence[Slot], rows: int) -> list[Any]:
    return [slot.buffer(rows) for slot in slots]
