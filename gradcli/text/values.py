"""Numbers and arrays as text: every digit and bracket that gradcli prints.

Nothing here imports NumPy: an array says itself what it holds (`tolist`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import isfinite, isinf
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from decimal import Decimal

    from gradcli.arrays import Array

    Value: TypeAlias = float | bool | Array

_Nest: TypeAlias = "str | list[_Nest]"

_EDGE = 3  # what a summary keeps at either end of an axis, as NumPy does
_BLOCK = 2**14  # elements that exist as texts of their own at a time


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


def uncertain(x: float, spread: float, digits: int | None = None) -> str:
    """A number and its standard uncertainty, both to the same place: `9.810 ± 0.020`, `5.67e-8 ± 0.12e-8`.

    The uncertainty has `digits` significant digits, two where nothing is said, and zeros at the end count.
    """
    x, spread = float(x), float(spread)
    if not isfinite(x) or not isfinite(spread) or not spread:
        return f"{number(x)} ± {number(spread)}"
    digits = max(digits or UNCERTAIN_DIGITS, 1)
    rounded = f"{spread:.{digits - 1}e}"  # 0.0996 to two digits is 0.10
    last = int(rounded.partition("e")[2]) - digits + 1
    value = _to_place(x, last)
    first = max(value.adjusted() if value else last, int(rounded.partition("e")[2]))
    power = first if not -5 < first < _FIXED or (last > 0 and first > 5) else 0
    if first - last > _FIXED + 1:  # the uncertainty is below the last digit of a double
        return f"{number(x)} ± {number(spread, digits)}"
    texts = [_mantissa(_to_place(each, last), power, last) for each in (x, spread)]
    if texts[0] == "-0" or not texts[0].strip("-0."):
        texts[0] = texts[0].removeprefix("-")
    return " ± ".join(f"{text}e{power}" if power else text for text in texts)


UNCERTAIN_DIGITS = 2
"""Significant digits of an uncertainty, where nothing else is said."""

_FIXED = 16
"""Powers of ten from this one on are written as such, as Python does."""


def _to_place(x: float, last: int) -> Decimal:
    """A number to a place of its decimals, from its exact value; half way to the even digit."""
    from decimal import Context, Decimal

    exact = Decimal(x)
    places = max(exact.adjusted() - last + 2, 1)
    return exact.quantize(Decimal((0, (1,), last)), context=Context(prec=places + 1))


def _mantissa(value: Decimal, power: int, last: int) -> str:
    """A rounded number in units of a power of ten, with its digits up to the last place."""
    return f"{value.scaleb(-power):.{max(power - last, 0)}f}"


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
    value: Value | None,
    digits: int | None = None,
    *,
    multiline: bool = True,
    limit: int | None = None,
    shaped: bool = True,
) -> str:
    """A value as it can be typed back in: `4`, `True`, `[1, 2, 3]`, and matrices a row to a line.

    `multiline=False` keeps everything on one line. An array of more than `limit` elements is summarised:
    three at either end of each axis, `…` between them, and (if `shaped`) its shape in a comment. No value
    is `none`.
    """
    shape: tuple[int, ...] = getattr(value, "shape", ())
    if not shape:
        return _scalar(value, digits)
    array: Any = value
    if limit is not None and array.size > limit:
        summary = _summary(array, digits, multiline)
        return f"{summary}  # shape {list(shape)}" if shaped else summary
    return whole(array, lambda part: texts_of(part, digits), multiline)


def labelled(label: str, value: Value | None, digits: int | None = None, limit: int | None = None) -> str:
    """`label = value`, with the further lines of a matrix below the first; names in it are only shown."""
    if not label.isprintable() or not label.isascii():
        from gradcli.text.excerpt import printable

        label = printable(label)
    return f"{label} = " + plain(value, digits, limit=limit).replace("\n", "\n" + " " * (len(label) + 3))


def tuple_text(parts: Sequence[str], names: Sequence[str] = ()) -> str:
    """A tuple of texts as Python writes one; `names` are those of its parts, if they have any."""
    named = [f"{name}={part}" for name, part in zip(names, parts, strict=True)] if names else parts
    return f"({', '.join(named)}{',' * (len(parts) == 1)})"


def derivative_label(variables: Sequence[str], of: str = "") -> str:
    """The operator of a derivative in variables, one after the other: `d/dx`, `d2/dxdy`, `d3y/dx3`."""
    powers: dict[str, int] = {}
    for name in variables:
        powers[name] = powers.get(name, 0) + 1
    below = "".join(f"d{name}{'' if power == 1 else power}" for name, power in powers.items())
    return f"d{'' if len(variables) == 1 else len(variables)}{of}/{below}"


def _scalar(value: Any, digits: int | None) -> str:
    value = unwrapped(value)
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return uncertain(value[0], value[1], digits)
    return str(value) if isinstance(value, bool) else number(value, digits)


def unwrapped(value: Any) -> Any:
    """Python's own numbers and lists in place of NumPy's."""
    return value.tolist() if hasattr(value, "tolist") else value


def texts_of(part: Any, digits: int | None) -> list[str]:
    """The elements of a flat array; a record of two numbers is a value and its uncertainty."""
    if part.dtype.kind == "V":
        return [uncertain(x, spread, digits) for x, spread in part.tolist()]
    return [str(each) for each in part.tolist()] if part.dtype.kind == "b" else numbers(part, digits)


def elements(array: Any, digits: int | None = None) -> Iterator[str]:
    """The text of every element of an array, in order."""
    flat = array.reshape(-1)
    for start, end in _parts(len(flat), len(flat)):
        yield from texts_of(flat[start:end], digits)


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


def whole(array: Any, texts: Callable[[Any], list[str]], multiline: bool) -> str:
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
        texts += [_corners(row, digits) for row in part] if array.ndim > 1 else texts_of(part, digits)
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
