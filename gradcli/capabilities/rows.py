"""Rows of data that something is asked about: passed over again and again, a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.graph import Input, Node
from gradcli.records import NamedTuple, Protocol
from gradcli.text.errors import InputError

CHUNK = 16_384
"""Rows that are computed at a time: the arrays of a few columns stay in the processor's cache."""


class Rows(Protocol):
    """A table of numbers: each column has a shape in a row, `()` where it is a number."""

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """The shape of each column, by name."""

    @property
    def columns(self) -> Sequence[str]:
        """The names of all columns, those without numbers too."""

    def chunks(self, names: Sequence[str]) -> Iterator[list[Array]]:
        """These columns of all rows, from the first on: arrays (rows, *shape), some rows at a time."""


class Parts:
    """Rows that are elsewhere, in parts: whoever has a part makes a pass over it.

    `shapes` and `columns` are as `Rows` has them.
    """

    shapes: Mapping[str, Shape]
    columns: Sequence[str]

    def answers(self, question: str, *numbers: Any) -> Iterator[Any]:
        """What `answer` of the same `Problem` over each part comes to, in the order of the rows."""
        raise NotImplementedError


AnyRows = Rows | Parts


class Problem(Protocol):
    """Something that is asked about rows, whose passes over them have names."""

    rows: Any

    def answer(self, question: str, *numbers: Any) -> Any:
        """What a pass over the rows that are here comes to."""


class OfRows(NamedTuple):
    """What an answer tells of each row: nodes by the names of their columns, and what they are made of.

    `inputs` are columns by name, and `constants` the values of all other inputs.
    """

    nodes: Mapping[str, Node] = {}
    inputs: Mapping[str, Input] = {}
    constants: Mapping[Input, Any] = {}


class TellsOfRows(Protocol):
    """An answer that tells something of each row."""

    def numbers(self) -> tuple[Any, ...]:
        """What the `of_rows` of its capability makes that of, with a `Problem`."""

    def of_rows(self) -> OfRows:
        """What it tells."""


_NUMBERS = 2**21
"""Numbers in what is computed of so many rows as are computed at a time."""


def pieces(rows: Rows, names: Sequence[str], width: int) -> Iterator[dict[str, Array]]:
    """Columns of all rows, so many at a time as `width` numbers computed of each allow."""
    step = max(1, min(CHUNK, _NUMBERS // max(1, width)))
    for chunk in rows.chunks(names):
        for start in range(0, len(chunk[0]) if chunk else 0, step):
            yield dict(zip(names, (each[start : start + step] for each in chunk), strict=True))


class ArrayRows:
    """Rows of arrays in memory, the first axis of each being the rows.

    Rows that hold a nan or an infinity in a column that is read are passed by. Raises `InputError` for arrays
    that are not as long as one another.
    """

    def __init__(self, columns: Mapping[str, Any], names: Sequence[str] = ()) -> None:
        self._columns = columns
        self.columns = tuple(names or columns)
        lengths = {name: len(each) for name, each in columns.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
            raise InputError(f"the columns are not of one length: {listed}")

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """The shape of each column in a row."""
        return {name: each.shape[1:] for name, each in self._columns.items()}

    def only(self, names: Iterable[str]) -> ArrayRows:
        """Some of the columns, as numbers, and the rows in which these are finite; raises `InputError`."""
        columns: dict[str, Array] = {}
        for name in names:
            if name in self._columns:
                try:
                    columns[name] = np.asarray(self._columns[name], np.float64)
                except (TypeError, ValueError):
                    raise InputError(f"the column {name} holds no numbers") from None
        good: Any = np.ones(len(next(iter(columns.values()), ())), bool)
        for each in columns.values():
            good &= finite_rows(each)
        return ArrayRows({name: each[good] for name, each in columns.items()}, self.columns)

    def chunks(self, names: Sequence[str]) -> Iterator[list[Array]]:
        """These columns of all rows."""
        length = len(next(iter(self._columns.values()), ()))
        for start in range(0, length, CHUNK):
            yield [self._columns[name][start : start + CHUNK] for name in names]


def columns_of(data: Any) -> dict[str, Any]:
    """The columns of what is given: a mapping, a data frame, a structured array; raises `InputError`."""
    fields = getattr(getattr(data, "dtype", None), "names", None)
    names = fields if fields is not None else getattr(data, "keys", lambda: None)()
    if names is None:
        raise InputError("data are columns by name", hint='{"x": [1, 2, 3], "y": [2, 4, 7]}')
    columns = {}
    for name in names:
        columns[str(name)] = found = np.asarray(data[name])
        if not found.ndim:
            raise InputError(f"the column {name} is a single number", hint="a parameter is given as a start")
    return columns


def finite_rows(column: Array) -> Array:
    """Which rows of a column hold neither a nan nor an infinity: truth values (rows,)."""
    found: Array = np.asarray(np.isfinite(column.reshape(len(column), -1)).all(axis=1))
    return found
