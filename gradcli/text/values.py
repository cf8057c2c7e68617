"""Results, errors and notices as text: every digit, bracket and caret that gradcli prints.

Nothing here imports NumPy: an array says itself what it holds (`tolist`), and an error must be as quick to
show as it was to make.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isfinite, isinf
from typing import TYPE_CHECKING, Any, TypeAlias

from gradcli.text.errors import GradcliError, Notice
from gradcli.text.excerpt import excerpts, printable
from gradcli.text.source import Mark

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Value: TypeAlias = float | bool | NDArray[np.float64] | NDArray[np.bool_]

Json: TypeAlias = "bool | int | float | str | NDArray[Any] | Sequence[Json] | Mapping[str, Json] | None"
_Nest: TypeAlias = "str | list[_Nest]"

_EDGE = 3  # what a summary keeps at either end of an axis, as NumPy does
_WIDTH = 100  # columns of an error message where nobody knows better
_BLOCK = 2**14  # elements that exist as texts of their own at a time
_PLACES = 6  # an error shows this many lines of source; a deep recursion would otherwise show hundreds


# Numbers and arrays


def number(x: float, digits: int | None = None) -> str:
    """The shortest text that reads back to the same double: `4`, `0.1`, `-0`, `1e16`, `1e-5`, `nan`.

    `digits` rounds to that many significant digits first; zeros at the end are never written.
    """
    x = float(x)
    if digits is not None and isfinite(x):
        rounded = f"{x:.{max(digits, 1) - 1}e}"
        # Only beside the largest double does rounding leave the doubles; its digits are the answer then.
        x, text = float(rounded), rounded
        if not isinf(x):
            text = repr(x)
    else:
        text = repr(x)
    if text[-2:] == ".0":
        return text[:-2]
    if "e" in text:
        return text.replace("e+", "e").replace("e-0", "e-")
    return text


def numbers(values: Iterable[float], digits: int | None = None) -> list[str]:
    """`number` of every value of a column; without `digits`, up to a third faster than one by one."""
    if digits is not None:
        return [number(x, digits) for x in values]
    cells = values.tolist() if hasattr(values, "tolist") else map(float, values)
    text = "\n".join(map(repr, cells))
    if not text:
        return []
    # One pass over the whole text for each rule costs less than a test of every cell.
    text = (text + "\n").replace(".0\n", "\n")
    if "e" in text:
        text = text.replace("e+", "e").replace("e-0", "e-")
    return text[:-1].split("\n")


def plain(
    value: Value | None, digits: int | None = None, *, multiline: bool = True, limit: int | None = None
) -> str:
    """A value as it can be typed back in: `4`, `True`, `[1, 2, 3]`, and matrices a row to a line.

    `multiline=False` keeps everything on one line. An array of more than `limit` elements is summarised:
    three at either end of each axis, `…` between them, and its shape in a comment. No value is `none`.
    """
    shape: tuple[int, ...] = getattr(value, "shape", ())
    if not shape:
        return _scalar(value, digits)
    array: Any = value
    if limit is not None and array.size > limit:
        return f"{_summary(array, digits, multiline)}  # shape {list(shape)}"
    return _whole(array, lambda part: _texts(part, digits), multiline)


def _scalar(value: Any, digits: int | None) -> str:
    value = _unwrapped(value)
    if value is None:
        return "none"
    return str(value) if isinstance(value, bool) else number(value, digits)


def _unwrapped(value: Any) -> Any:
    """Python's own numbers and lists in place of NumPy's."""
    return value.tolist() if hasattr(value, "tolist") else value


def _texts(part: Any, digits: int | None) -> list[str]:
    """The elements of a flat array."""
    return [str(each) for each in part.tolist()] if part.dtype.kind == "b" else numbers(part, digits)


def elements(array: Any, digits: int | None = None) -> Iterator[str]:
    """The text of every element of an array, in order."""
    flat = array.reshape(-1)
    for start, end in _parts(len(flat), len(flat)):
        yield from _texts(flat[start:end], digits)


def _parts(size: int, columns: int) -> Iterator[tuple[int, int]]:
    """Ranges of whole rows, or of a part of one row, for so many elements as may be texts at a time.

    The text of an element, as an object, takes ten times its characters.
    """
    if columns > _BLOCK:
        for row in range(0, size, columns):
            for start in range(row, row + columns, _BLOCK):
                yield start, min(start + _BLOCK, row + columns)
    elif columns:
        step = _BLOCK // columns * columns
        for start in range(0, size, step):
            yield start, min(start + step, size)


def _whole(array: Any, texts: Callable[[Any], list[str]], multiline: bool) -> str:
    """An array with all its elements, nested in brackets; `texts` gives those of a flat part."""
    shape = array.shape
    rank, columns, flat = len(shape), shape[-1], array.reshape(-1)
    if not array.size:
        return _brackets(array.tolist(), rank, ",\n" if multiline else ", ")
    widths = _widths(flat, columns, texts) if multiline and rank > 1 else None
    pieces = ["[" * rank]
    for start, end in _parts(len(flat), columns):
        cells = texts(flat[start:end])
        lines: list[str] = []
        for begin in range(0, end - start, columns):
            row = cells[begin : begin + columns]
            if widths is not None:
                row = [cell.rjust(width) for cell, width in zip(row, widths[start % columns :], strict=False)]
            lines.append(", ".join(row))
            done = start + begin + len(row)
            if done < len(flat):
                lines.append(_between(done, shape, multiline))
        pieces.append("".join(lines))
    pieces.append("]" * rank)
    return "".join(pieces)


def _widths(flat: Any, columns: int, texts: Callable[[Any], list[str]]) -> bytearray:
    """The width of each column: what is right-aligned, is so across all rows and blocks."""
    widths = bytearray(columns)
    for start, end in _parts(len(flat), columns):
        lengths = bytes(map(len, texts(flat[start:end])))
        first = start % columns
        for begin in range(0, len(lengths), columns):
            row = lengths[begin : begin + columns]
            widths[first : first + len(row)] = map(max, widths[first : first + len(row)], row)
    return widths


def _between(done: int, shape: tuple[int, ...], multiline: bool) -> str:
    """What stands behind the first `done` elements of an array and the next one."""
    rest, within = divmod(done, shape[-1])
    if within:
        return ", "
    closed = 1
    for size in shape[-2:0:-1]:
        rest, within = divmod(rest, size)
        if within:
            break
        closed += 1
    line_end = ",\n" + " " * (len(shape) - closed) if multiline else ", "
    return "]" * closed + line_end + "[" * closed


def _summary(array: Any, digits: int | None, multiline: bool) -> str:
    """An array with `…` in the place of all but its corners."""
    texts = _corners(array, digits)
    if array.ndim > 1 and multiline:
        _align(texts, array.ndim)
    return _brackets(texts, array.ndim, ",\n" if multiline else ", ")


def _corners(array: Any, digits: int | None) -> list[_Nest]:
    """The elements as text, nested like the array, with a `…` wherever elements are left out."""
    texts: list[_Nest] = []
    for part in (array[:_EDGE], array[-_EDGE:]) if len(array) > 2 * _EDGE else (array,):
        if texts:
            texts.append("…")
        texts += [_corners(row, digits) for row in part] if array.ndim > 1 else _texts(part, digits)
    return texts


def _align(texts: list[_Nest], rank: int) -> None:
    """Right-align the columns of the last axis, in place and across all blocks."""
    rows: list[Any] = texts
    for _ in range(rank - 2):
        rows = [inner for outer in rows if outer != "…" for inner in outer]
    rows = [row for row in rows if row != "…"]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        row[:] = [text.rjust(width) for text, width in zip(row, widths, strict=True)]


def _brackets(texts: _Nest, rank: int, separator: str, depth: int = 1) -> str:
    if isinstance(texts, str):
        return texts
    if rank == depth:
        return "[" + ", ".join(map(str, texts)) + "]"
    between = separator + " " * depth if "\n" in separator else separator
    return "[" + between.join(_brackets(text, rank, separator, depth + 1) for text in texts) + "]"


# JSON


def json_value(value: Value | None) -> Json:
    """A value as JSON holds it: numbers, truth values, nested lists; `null` for none.

    JSON has no word for nan and the infinities: they are the texts `"nan"`, `"inf"` and `"-inf"`.
    """
    plain_value = _unwrapped(value)
    if isinstance(plain_value, list):
        return [json_value(item) for item in plain_value]
    if isinstance(plain_value, float) and not isfinite(plain_value):
        return number(plain_value)
    return plain_value  # type: ignore[no-any-return]


def json_text(obj: Json, digits: int | None = None) -> str:
    """JSON on one line, with numbers written as `number` writes them and text as it is (UTF-8).

    Arrays are nested lists, as `json_value` makes them, without the memory of such lists.
    """
    if obj is None:
        return "null"
    if isinstance(obj, bool):
        return "true" if obj else "false"
    if isinstance(obj, str):
        return _json_string(obj)
    if isinstance(obj, int):
        return str(int(obj))
    if isinstance(obj, float):
        text = number(obj, digits)
        return _JSON_TEXTS.get(text, text)
    if isinstance(obj, Mapping):
        members = (f"{_json_string(str(key))}: {json_text(item, digits)}" for key, item in obj.items())
        return "{" + ", ".join(members) + "}"
    if hasattr(obj, "reshape"):
        return _whole(obj, lambda part: _json_texts(part, digits), multiline=False)
    return "[" + ", ".join(json_text(item, digits) for item in obj) + "]"


# Readers take `-0` for an integer, which has no sign.
_JSON_TEXTS = {
    "nan": '"nan"',
    "inf": '"inf"',
    "-inf": '"-inf"',
    "-0": "-0.0",
    "True": "true",
    "False": "false",
}


def _json_texts(part: Any, digits: int | None) -> list[str]:
    return [_JSON_TEXTS.get(text, text) for text in _texts(part, digits)]


def _json_string(text: str) -> str:
    if text.isidentifier():  # nearly every key, and nothing in it needs escaping
        return f'"{text}"'
    import json

    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, from an argument that was not UTF-8
        return json.dumps(text)
    return json.dumps(text, ensure_ascii=False)


# Errors and notices

_STYLES = {"error": "1;31", "warning": "1;33", "note": "1;36", "hint": "1;32", "place": "1", "margin": "2"}


def error_text(error: GradcliError, *, width: int | None = None, colour: bool = False) -> str:
    """An error as a terminal shows it: what is wrong, the guilty text underlined, what to type instead.

    Lines of source are cut to `width` columns (100 unless told) around what they are shown for; message
    and hint are whole, and broken between words where a `width` is told. No line end follows the last
    line. Control characters never reach the terminal.
    """
    return _report("error", error.message, error.marks, error.hint, width, colour)


def notice_text(notice: Notice, *, width: int | None = None, colour: bool = False) -> str:
    """A warning or a note, laid out as `error_text` lays out an error."""
    return _report(notice.kind, notice.message, notice.marks, notice.hint, width, colour)


def _report(
    kind: str, message: str, marks: Sequence[Mark], hint: str | None, width: int | None, colour: bool
) -> str:
    def paint(text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if colour and text.strip() else text

    place = _place(marks[0]) if marks else ""
    margin = len(place) + bool(place) + len(kind) + 2
    told = _broken(printable(message), margin, width)
    lines = [f"{paint(place, 'place')}{' ' if place else ''}{paint(f'{kind}:', kind)} {told}"]
    source = marks[0].source if marks else None
    shown = excerpts(marks, width or _WIDTH)
    for excerpt in shown[:_PLACES]:
        if excerpt.source is not source and (place := _place(excerpt.marks[0])):
            lines.append(paint(place, "place"))
        source = excerpt.source
        lines.append(paint(excerpt.margin, "margin") + excerpt.line())
        for row in excerpt.rows():
            text, column = paint(excerpt.blank_margin, "margin"), 0
            for start, piece in row:
                text += " " * (start - column) + paint(piece.text, kind)
                column = start + piece.width
            lines.append(text)
    if len(shown) > _PLACES:
        lines.append(f"  … and {len(shown) - _PLACES} more")
    if hint:
        lines.append(f"{paint('hint:', 'hint')} {_broken(printable(hint), len('hint: '), width)}")
    return "\n".join(line.rstrip() for line in lines)


def _broken(text: str, margin: int, width: int | None) -> str:
    """Text that begins `margin` columns into a line, on as many lines of `width` columns as it needs."""
    if width is None or margin + len(text) <= width:
        return text
    import textwrap

    return textwrap.fill(
        text,
        width,
        initial_indent=" " * margin,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    ).lstrip()


def _place(mark: Mark) -> str:
    """`file:line:column:`, or nothing for text without a name."""
    if not mark.source.name:
        return ""
    line, column = mark.source.line_column(max(0, min(mark.span.start, len(mark.source.text))))
    return f"{printable(mark.source.name)}:{line}:{column}:"
