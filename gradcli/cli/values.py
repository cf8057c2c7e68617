"""The values of variables as they are typed on the command line: expressions, and `@FILE`."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from typing import Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.graph import check_size
from gradcli.engine.primitives import is_function
from gradcli.language.parser import parse_expression, parse_given
from gradcli.language.tree import Disputed, Expression, Range
from gradcli.lowering.lower import Lowering
from gradcli.session.state import Session
from gradcli.text.errors import EvaluationError, InputError, Notice
from gradcli.text.source import Mark, Source

_LONGEST_LINE = 2**26
"""Characters that a line of a file with numbers may have; a device has lines without end."""


def read_values(
    given: list[tuple[str, str]], notices: list[Notice], *, ranges: bool = False
) -> dict[str, Any]:
    """The data of variables, from name and text pairs; a value may use the names before it.

    With `ranges`, `0:2:0.25` is one, as `Points`. Raises `InputError` and `EvaluationError` that point into
    the value's own text.
    """
    session = Session()
    session.unbound_hint = "a value is a number, as 2*pi, or uses values given before it"
    values: dict[str, Any] = {}
    for name, text in given:
        text = text.strip() if text.lstrip().startswith("@") else text
        if text.strip() in ("", "@"):
            what = "a file name after @" if text.strip() else "a value"
            raise InputError(f"{name} needs {what}", hint=f"{name}=4, or {name}=@numbers.csv")
        if text.startswith("@"):
            data: Any = read_array(text[1:])
        else:
            try:
                data = _evaluated(text, session, notices, ranges)
            except InputError as error:
                if text.strip().endswith(_SUFFIXES):
                    error.hint = f"a file is named behind an @: {name}=@{text.strip()}"
                raise
        if isinstance(data, tuple):  # a range
            values[name] = data
            continue
        values[name] = np.asarray(data, dtype=np.float64)[()]
        session.bind_constant(name, values[name])
    return values


_SUFFIXES = (".npy", ".csv", ".tsv", ".txt")
_THOUSANDS = re.compile(r"\s*[-+]?\d{1,3}(?:,\d{3})+(?:\.\d*)?\s*")


def _evaluated(text: str, session: Session, notices: list[Notice], ranges: bool) -> Any:
    """The data of one value that is an expression, or a range."""
    source = Source(text)
    disputed: list[Disputed] = []
    read = parse_given if ranges else parse_expression
    expression = read(source, disputed, is_function=is_function)
    for each in disputed:
        notices.append(Notice("note", f"read as {each.reading}", (Mark(source, each.span),)))
    lowering = Lowering(source, session)

    def data_of(each: Expression) -> Any:
        return session.evaluate((lowering.lower(each),))[0]

    if isinstance(expression, Range):
        from gradcli.capabilities.ranges import points_of

        return points_of(expression, data_of, lowering.mark)
    data = data_of(expression)
    if _THOUSANDS.fullmatch(text):
        whole = Mark(source, expression.span)
        hint = f"for one number write {text.strip().replace(',', '_')}"
        notices.append(Notice("note", "read as a vector", (whole,), hint))
    return data


def read_array(path: str) -> Array:
    """A number, vector or matrix from a `.npy`, `.csv`, `.tsv` or `.txt` file.

    Text files hold one row on each line, cells apart by commas, semicolons, tabs or spaces; a first
    line without a single number is a header. One row or one column is a vector. Raises `InputError`
    for a file that cannot be read, and `EvaluationError` for what is not an array of numbers.
    """
    try:
        if path.endswith(".npy"):
            # Mapped, so that a header that promises more than the file holds allocates nothing.
            return _numbers(path, np.load(path, mmap_mode="r", allow_pickle=False))
        with open(path, encoding="utf-8-sig") as file:  # noqa: PTH123 (pathlib takes 3 ms)
            return _from_text(path, iter(lambda: file.readline(_LONGEST_LINE), ""))
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise _not_text(path) from None
    except (ValueError, EOFError):
        raise InputError(f"{path} is not an array of numbers in NumPy's format") from None


def _not_text(path: str) -> InputError:
    return InputError(f"{path} is not text in UTF-8", hint="arrays are read from .npy, .csv and .txt files")


def _numbers(path: str, array: Any) -> Array:
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise EvaluationError(f"{path} holds no real numbers")
    check_size(array.shape)
    return np.array(array, np.float64)


def _from_text(path: str, lines: Iterable[str]) -> Array:
    numbers = array("d")
    width = 0
    is_first = True
    for place, line in enumerate(lines, 1):
        if len(line) >= _LONGEST_LINE or "\0" in line:
            raise _not_text(path)
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        separator = next((each for each in ",;\t" if each in line), None)
        cells = [cell.strip() for cell in line.split(separator)]
        try:
            row = [float(cell) for cell in cells if _is_plain(cell)]
        except ValueError:
            row = []
        if len(row) < len(cells):
            if is_first and not any(_reads(cell) for cell in cells):
                is_first = False
                continue  # a header
            bad = next(cell for cell in cells if not _reads(cell))
            told = f'not a number: "{bad}"' if bad else "an empty cell"
            hint = f"remove the {separator} at the end" if not cells[-1] and separator != "\t" else None
            raise EvaluationError(f"{path}:{place}: {told}", hint=hint)
        is_first = False
        width = width or len(row)
        if len(row) != width:
            raise EvaluationError(f"{path}:{place}: {len(row)} cells, and the lines before have {width}")
        numbers.extend(row)
        check_size((len(numbers),))
    if not numbers:
        raise EvaluationError(f"{path} holds no numbers")
    table = np.frombuffer(numbers).reshape(-1, width)
    return table.ravel() if 1 in table.shape else table


def _is_plain(cell: str) -> bool:
    return cell.isascii() and "_" not in cell


def _reads(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return _is_plain(cell)
