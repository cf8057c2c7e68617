"""The values of variables as they are typed on the command line: expressions, and `@FILE`."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.errors import EvaluationError, InputError, Notice
from gradcli.graph import Array
from gradcli.lower import Lowering
from gradcli.parser import parse_expression
from gradcli.session import Session
from gradcli.source import Mark, Source
from gradcli.syntax import Disputed


def read_values(given: list[tuple[str, str]], notices: list[Notice]) -> dict[str, Any]:
    """The data of variables, from name and text pairs; a value may use the names before it.

    Raises `InputError` and `EvaluationError` that point into the value's own text.
    """
    session = Session()
    session.unbound_hint = "a value is a number, as 2*pi, or uses values given before it"
    values: dict[str, Any] = {}
    for name, text in given:
        if text.strip() in ("", "@"):
            what = "a file name after @" if text.strip() else "a value"
            raise InputError(f"{name} needs {what}", hint=f"{name}=4, or {name}=@numbers.csv")
        if text.startswith("@"):
            data: Any = read_array(text[1:])
        else:
            source = Source(text)
            disputed: list[Disputed] = []
            expression = parse_expression(source, disputed)
            for each in disputed:
                notices.append(Notice("note", f"read as {each.reading}", (Mark(source, each.span),)))
            node = Lowering(source, session).lower(expression)
            (data,) = session.evaluate((node,))
        values[name] = np.asarray(data, dtype=np.float64)[()]
        session.bind_constant(name, values[name])
    return values


def read_array(path: str) -> Array:
    """A number, vector or matrix from a `.npy`, `.csv`, `.tsv` or `.txt` file.

    Text files hold one row on each line, cells apart by commas, semicolons, tabs or spaces; a first
    line that holds no numbers is a header. One row or one column is a vector. Raises `InputError`
    for a file that cannot be read, and `EvaluationError` for what is not an array of numbers.
    """
    from pathlib import Path  # takes 3 ms that most commands need not pay

    file = Path(path)
    try:
        if file.suffix == ".npy":
            with file.open("rb") as stream:
                return _numbers(path, np.load(stream, allow_pickle=False))
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise InputError(
            f"{path} is not text in UTF-8", hint="arrays are read from .npy, .csv and .txt files"
        ) from None
    except (ValueError, EOFError):
        raise InputError(f"{path} is not an array of numbers in NumPy's format") from None
    return _from_text(path, text)


def _numbers(path: str, array: Any) -> Array:
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise EvaluationError(f"{path} holds no real numbers")
    numbers: Array = array.astype(np.float64)
    return numbers


def _from_text(path: str, text: str) -> Array:
    rows: list[list[float]] = []
    for place, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        separator = next((each for each in ",;\t" if each in line), None)
        cells = [cell.strip() for cell in line.split(separator)]
        try:
            row = [float(cell) for cell in cells if _is_plain(cell)]
        except ValueError:
            row = []
        if len(row) < len(cells):
            if not rows and not row:
                continue  # a header
            bad = next(cell for cell in cells if not _reads(cell))
            raise EvaluationError(f'{path}:{place}: not a number: "{bad}"')
        if rows and len(row) != len(rows[0]):
            raise EvaluationError(
                f"{path}:{place}: {len(row)} cells, and the lines before have {len(rows[0])}"
            )
        rows.append(row)
    if not rows:
        raise EvaluationError(f"{path} holds no numbers")
    table = np.array(rows)
    return table.ravel() if 1 in table.shape else table


def _is_plain(cell: str) -> bool:
    return cell.isascii() and "_" not in cell


def _reads(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return _is_plain(cell)
