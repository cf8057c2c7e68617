"""The plan: a flat list of NumPy calls in topological order, with buffers that are used again.

A plan is made once for the nodes that it computes; everything that changes between runs (leaf
values, grads, loop variables, columns) is an input of it. It runs over numbers and arrays, or over
many rows at once, in chunks that stay in the processor's cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Constant, Kernel, Node, expand_primitive, topological
from gradcli.records import NamedTuple

CHUNK = 8_192
"""Elements of one buffer in a run over rows: a handful of such buffers stay in the second-level cache."""

MOST_KEPT = 2**22
"""Bytes of buffers that a plan keeps from one run over rows to the next."""

_UFUNC = np.ufunc


class Step(NamedTuple):
    """One call: `registers[result] = kernel(*registers[inputs])`, into buffer `slot` unless it is -1."""

    kernel: Kernel
    inputs: tuple[int, ...]
    result: int
    slot: int


class Slot(NamedTuple):
    """A buffer of the plan: its shape (per row, if `batched`), and whether it holds truth values."""

    shape: Shape
    batched: bool
    truth: bool


class Plan:
    """How to compute `outputs` from values for `inputs`.

    `known` are nodes whose values will be given, so that nothing below them is computed. `batched`
    are the inputs that hold one value for each row; without any, the plan runs on its own.
    """

    def __init__(
        self, outputs: Sequence[Node], known: Iterable[Node] = (), batched: Iterable[Node] = ()
    ) -> None:
        self.outputs = tuple(outputs)
        self._register: dict[Node, int] = {}
        self._template: list[Any] = []
        self._batched: list[bool] = []
        self.slots: list[Slot] = []
        self.inputs: list[Node] = []
        self.once: list[Step] = []
        self.each_chunk: list[Step] = []
        self._spare: list[tuple[int, list[Any]]] = []
        self._given = set(known)
        self._schedule(self._given, set(batched))

    def __len__(self) -> int:
        return len(self.once) + len(self.each_chunk)

    # Making the plan

    def _schedule(self, known: set[Node], batched: set[Node]) -> None:
        order = topological(self.outputs, lambda node: node in known)
        released = _releases(order, self.outputs, known)
        outputs = set(self.outputs)
        free: dict[Slot, list[int]] = {}
        slot_of: dict[Node, int] = {}
        pinned: set[Node] = set()  # what is computed once, and read by every chunk
        for when, node in enumerate(order):
            if node in known or isinstance(node, Constant) or not node.inputs:
                given = node not in known and isinstance(node, Constant)
                value = node.value if given and isinstance(node, Constant) else None
                self._register[node] = self._new_register(value, node in batched)
                if not given:
                    self.inputs.append(node)
                continue
            if node.static:
                with np.errstate(all="ignore"):
                    value = node.primitive.kernel(node)(*(self._folded(each) for each in node.inputs))
                self._register[node] = self._new_register(value, False)
                continue
            kernel, inputs = self._call(node, [self._register[each] for each in node.inputs])
            is_batched = any(self._batched[each] for each in inputs)
            result = self._register[node] = self._new_register(None, is_batched)
            if is_batched:
                pinned.update(*map(_looked_into, node.inputs))
            for each in released.get(when, ()):
                if each in slot_of and (self.slots[slot_of[each]].batched or each not in pinned):
                    free.setdefault(self.slots[slot_of[each]], []).append(slot_of[each])
            slot = -1
            if node.primitive.elementwise and (node.shape or is_batched):
                kind = Slot(node.shape, is_batched, node.boolean)
                spare = None if node in outputs else free.get(kind)
                slot = slot_of[node] = spare.pop() if spare else self._new_slot(kind)
            (self.each_chunk if is_batched else self.once).append(Step(kernel, tuple(inputs), result, slot))
        self._results = [self._register[node] for node in self.outputs]
        # A node that is an output twice is computed into the first, and copied into the second.
        self._output_slot = [
            slot_of.get(node, -1) if node not in self.outputs[:place] else -1
            for place, node in enumerate(self.outputs)
        ]

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
            if isinstance(kernel, _UFUNC):
                return kernel, inputs
            return kernel, [
                self._whole(each, register) for each, register in zip(node.inputs, inputs, strict=True)
            ]
        whole = [self._whole(each, register) for each, register in zip(node.inputs, inputs, strict=True)]
        mixed = len({self._batched[register] for register in whole}) > 1
        if mixed and not primitive.mixes_batches:
            kernel = _with_common_batch(kernel, tuple(each.shape for each in node.inputs))
        return kernel, whole

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
            (self.each_chunk if batched else self.once).append(Step(stretch, (register,), result, -1))
        return result

    # Running it

    def run(self, values: Mapping[Node, Any]) -> list[Any]:
        """The values of the outputs (NumPy numbers or arrays), for a plan without batched inputs."""
        return self.run_list([values[node] for node in self.inputs])

    def run_list(self, values: Sequence[Any]) -> list[Any]:
        """Like `run`, with the values in the order of `inputs`."""
        registers = self._filled(values)
        with np.errstate(all="ignore"):
            _execute(self.once, registers, _buffers(self.slots, 0) if self.slots else [])
        results = []
        for node, register, slot in zip(self.outputs, self._results, self._output_slot, strict=True):
            value = registers[register]
            if node.shape and slot < 0:  # it may look into memory that is not its own
                value = np.array(np.broadcast_to(value, node.shape))
            results.append(value if node.shape else np.asarray(value)[()])
        return results

    def run_rows(self, values: Mapping[Node, Any], rows: int, threads: int = 1) -> list[Any]:
        """The outputs for `rows` rows at once: arrays of shape `(rows, *shape)`.

        Values of batched inputs have that form too; all others hold for every row.
        """
        registers = self._filled([values[node] for node in self.inputs])
        results = [
            np.empty((rows, *node.shape), dtype=bool if node.boolean else np.float64) for node in self.outputs
        ]
        if self.once:
            with np.errstate(all="ignore"):
                _execute(self.once, registers, _buffers(self.slots, 0))
        size = max((math.prod(slot.shape) for slot in self.slots if slot.batched), default=1)
        count = max(1, min(rows, round(rows * max(size, 1) / CHUNK)))
        edges = [rows * k // count for k in range(count + 1)]
        chunks = list(pairwise(edges))
        if threads > 1 and len(chunks) > 1:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(threads) as pool:
                shares = [chunks[k::threads] for k in range(threads)]
                for done in [
                    pool.submit(self._run_chunks, registers.copy(), results, share) for share in shares
                ]:
                    done.result()
        else:
            self._run_chunks(registers, results, chunks)
        return results

    def _filled(self, values: Sequence[Any]) -> list[Any]:
        registers = self._template.copy()
        for node, value in zip(self.inputs, values, strict=True):
            registers[self._register[node]] = value
        return registers

    def _run_chunks(
        self, registers: list[Any], results: list[Array], chunks: Sequence[tuple[int, int]]
    ) -> None:
        if not chunks:
            return
        most = max(stop - start for start, stop in chunks)
        buffers = self._borrow(most)
        kept = buffers.copy()
        fed = [(self._register[node], registers[self._register[node]]) for node in self.inputs]
        fed = [(register, value) for register, value in fed if self._batched[register]]
        trimmed: dict[int, list[Any]] = {most: buffers}
        with np.errstate(all="ignore"):
            for start, stop in chunks:
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
                for register, value in fed:
                    registers[register] = value[start:stop]
                _execute(self.each_chunk, registers, into)
                for result, register, slot in zip(results, self._results, self._output_slot, strict=True):
                    if slot < 0 or not self.slots[slot].batched:
                        result[start:stop] = registers[register]
        if sum(buffer.nbytes for buffer in kept) <= MOST_KEPT:
            self._spare[:] = [(most, kept)]

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
    return [
        np.empty(
            (rows, *slot.shape) if slot.batched else slot.shape, dtype=bool if slot.truth else np.float64
        )
        for slot in slots
    ]


def _execute(steps: Sequence[Step], registers: list[Any], buffers: Sequence[Any]) -> None:
    for kernel, inputs, result, slot in steps:
        if slot >= 0:
            registers[result] = kernel(*[registers[each] for each in inputs], out=buffers[slot])
        elif len(inputs) == 2:
            registers[result] = kernel(registers[inputs[0]], registers[inputs[1]])
        else:
            registers[result] = kernel(*[registers[each] for each in inputs])
