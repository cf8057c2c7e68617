"""All calls of a plan as one function, which has a line for each of them, as one would write them by hand.

Making it takes as long as some thirty runs of the loop over the calls, so it is for what runs often. Its text
has nothing but numbered names and the words below: no text of a user's, and no number of a formula but sizes,
ever stands in it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.calls import ANY, ANY_INTO, ONE_INTO, TWO, TWO_INTO, Call, Slot
from gradcli.records import NamedTuple

_WRITTEN: dict[Any, str] = {operator.add: "+", operator.sub: "-", operator.mul: "*", operator.truediv: "/"}


class Output(NamedTuple):
    """What is given back: a register, the slot that is its own memory (or -1), and what it has to look like.

    `fresh`: nothing else holds its memory, if its shape is right. For rows (`batched`), it has one axis more.
    """

    register: int
    slot: int
    kind: Slot
    fresh: bool


Straight: TypeAlias = Callable[[Sequence[Any], Sequence[Array], int], list[Any]]
"""All calls of a plan: from the values of its inputs, the buffers of `kept` slots and the number of rows."""


class Lines:
    """Writes the function.

    `constants` are values by register; `fed` the registers of inputs, in order; `doubles` those of single
    numbers, which become doubles of NumPy's as they are fed. `held` are the slots of registers that hold
    buffers, and `kept` those of them that are lent.
    """

    def __init__(
        self,
        constants: Mapping[int, Any],
        fed: Sequence[int],
        doubles: set[int],
        held: Mapping[int, int],
        slots: Sequence[Slot],
        kept: Sequence[int],
    ) -> None:
        self._constants = constants
        self._doubles = doubles
        self._held = held
        self._arrays: set[int] = set()
        """The numbers that are arrays, too, as NumPy takes twice as long for a number beside an array."""
        self._known: dict[str, Any] = {
            "array": np.asarray,
            "double": np.float64,
            "empty": np.empty,
            "whole": _whole,
            "number": _number,
            "truth": bool,
        }
        self._lines = [f"({''.join(f'r{each}, ' for each in fed)}) = values"]
        for each in fed:
            if each in doubles:
                self._lines.append(f"if type(r{each}) is not double: r{each} = double(r{each})")
        self._lines.append(f"({''.join(f'b{each}, ' for each in kept)}) = buffers")
        for place in dict.fromkeys(held.values()):
            if place not in kept:
                self._lines.append(f"b{place} = {_memory(slots[place])}")

    def _place(self, register: int) -> str:
        if register not in self._constants:
            return f"r{register}"
        self._known[f"c{register}"] = self._constants[register]
        return f"c{register}"

    def _beside_an_array(self, register: int) -> str:
        if register in self._constants and not np.ndim(self._constants[register]):
            self._known[f"n{register}"] = np.asarray(self._constants[register])
            return f"n{register}"
        if register not in self._doubles:
            return self._place(register)
        if register not in self._arrays:
            self._arrays.add(register)
            self._lines.append(f"a{register} = array(r{register})")
        return f"a{register}"

    def call(self, call: Call) -> None:
        """A line for one call."""
        how, kernel, first, second, result = call
        if how in (ONE_INTO, TWO_INTO):
            taken = (first, second) if how == TWO_INTO else (first,)
            given = [*map(self._beside_an_array, taken), f"out=b{self._held[result]}"]
        elif how == ANY_INTO:
            given = [*map(self._place, first), f"out=b{self._held[second]}"]
        else:
            given = [*map(self._place, first if how == ANY else (first, second)[: 1 + (how == TWO)])]
            if kernel in _WRITTEN:
                self._lines.append(f"r{result} = {given[0]} {_WRITTEN[kernel]} {given[1]}")
                return
        self._known[f"k{result}"] = kernel
        self._lines.append(f"r{result} = k{result}({', '.join(given)})")

    def _given_back(self, output: Output) -> str:
        """The text of one output."""
        value = self._place(output.register)
        if output.kind.batched:
            if output.slot >= 0:
                return value
            own = f"w{len(self._lines)}"
            self._lines.append(f"{own} = {_memory(output.kind)}")
            self._lines.append(f"{own}[...] = {value}")
            return own
        if not output.kind.shape:
            return value if output.register in self._doubles else f"number({value})"
        return f"whole({value}, {_sizes(output.kind.shape)}, {output.fresh})"

    def function(self, outputs: Sequence[Output]) -> Straight:
        """The function that gives the outputs back."""
        found = [self._given_back(each) for each in outputs]
        self._lines.append(f"return [{', '.join(found)}]")
        body = "\n    ".join(self._lines)
        code = compile(f"def run(values, buffers, rows):\n    {body}\n", "<a plan>", "exec")
        exec(code, self._known)
        run: Straight = self._known["run"]
        return run


def _sizes(shape: Shape) -> str:
    return f"({''.join(f'{size:d}, ' for size in shape)})"


def _memory(kind: Slot) -> str:
    """The text of new memory."""
    inner = "".join(f"{size:d}, " for size in kind.shape)
    shape = f"(rows, {inner})" if kind.batched and inner else "rows" if kind.batched else f"({inner})"
    return f"empty({shape}, truth)" if kind.truth else f"empty({shape})"


def _number(value: Any) -> Any:
    return value if type(value) is np.float64 else np.asarray(value)[()]


def _whole(value: Any, shape: Shape, fresh: bool) -> Any:
    if fresh and value.shape == shape:
        return value
    return np.array(np.broadcast_to(value, shape))  # it may look into memory that is not its own
