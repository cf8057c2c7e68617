"""A whole file as one array, by the readers of tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.streams.chunk import Policy, Reader, Reading
from gradcli.streams.opening import open_reader
from gradcli.text.errors import EvaluationError


def read_array(file: str, check: Callable[[Shape], None]) -> Array:
    """The numbers of a file as an array of doubles.

    An array of NumPy's keeps its shape. Of any other table the rows are the first axis and the columns the
    second, and one row or one column is a vector; in CSV and TSV a first line without a single number is a
    header. `check` refuses shapes that are too large. Raises `GradcliError` as the readers do.
    """
    table, reader = _read(file, check, None)
    if reader.whole is not None:
        return table.reshape(reader.whole)
    if not table.size:
        raise EvaluationError(f"{reader.name} holds no numbers")
    return table.ravel() if 1 in table.shape else table


def read_table(file: str, check: Callable[[Shape], None]) -> tuple[tuple[str, ...], Array]:
    """The names of the columns of a file, and its numbers, rows first; raises `GradcliError`."""
    table, reader = _read(file, check, True)
    return tuple(reader.columns), table


def _read(file: str, check: Callable[[Shape], None], header: bool | None) -> tuple[Array, Reader]:
    """The numbers of a file, and the reader that read them, which is closed."""
    reader = open_reader(file, None, Reading(header=header, policy=Policy(options=False)))
    try:
        blocks: list[Array] = []
        rows = 0
        for chunk in reader.chunks(range(len(reader.columns))):
            if chunk.failure is not None:
                raise chunk.failure
            cells = [each.reshape(chunk.rows, -1) for each in chunk.data]
            blocks.append(np.concatenate(cells, axis=1))
            rows += chunk.rows
            check((rows, blocks[0].shape[1]))
            if blocks[-1].shape[1] != blocks[0].shape[1]:
                raise EvaluationError(f"{chunk.place(0)}: arrays of other shapes than in the rows before")
    finally:
        reader.close()
    return np.concatenate(blocks) if blocks else np.empty(0), reader
