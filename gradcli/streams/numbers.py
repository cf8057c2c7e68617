"""Numbers as text, many at a time: exact both ways, and the same whichever path they took.

orjson reads and prints doubles exactly and several times faster than Python, but not everything that
it accepts is a number here, and not every number is one to it. So text goes to it only once its bytes
are known to make nothing but numbers, and of its output the cells that `render.number` would write in
another way are written by `render.number`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence

import numpy as np
import orjson

from gradcli.arrays import Array
from gradcli.text.values import numbers

_NUMBER = re.compile(rb"[ \t]*[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|(?i:nan|inf(?:inity)?))[ \t]*")
_NUMBERS = re.compile(rb"(?>" + _NUMBER.pattern + rb"\n)*")


# Text to numbers


def is_number(cell: bytes) -> bool:
    """Whether the text of a cell is a number: ASCII digits, `nan` and `inf` in any case, blanks around it."""
    return _NUMBER.fullmatch(cell) is not None


def count_lines(text: bytes) -> int:
    """How many newlines there are; `bytes.count` looks for them seven times as long."""
    return int(np.count_nonzero(np.frombuffer(text, np.uint8) == _NEWLINE))


def read_plain(text: bytes, count: int, separator: bytes = b",") -> Array | None:
    """The numbers of a text of `count` cells, each ended by the separator or a newline.

    `None` where orjson is not to be trusted with it. Without letters behind `e`, JSON has no truth values.
    """
    if not count or np.max(np.frombuffer(text, np.uint8)) > _LAST_LETTER:
        return None
    if b"\r" in text:
        return None
    cells = text.replace(b"\n", b",")
    if separator != b",":
        cells = cells.replace(separator, b",")
    try:
        found = orjson.loads(b"".join((b"[", memoryview(cells)[:-1], b"]")))
    except orjson.JSONDecodeError:
        return None  # 007, +1, .5, 1., an empty cell
    if len(found) != count:
        return None
    try:
        values = doubles(found)
    except struct.error:
        return None  # a text, or a list
    if not values.all() and _MINUS_ZERO.search(text):
        return None  # an integer to orjson, and integers have no -0
    return values


_NEWLINE, _COMMA, _LAST_LETTER, _NULL = b"\n,en"
_MINUS_ZERO = re.compile(rb"-0[ \t]*[,\t\n]")


def doubles(values: Sequence[float]) -> Array:
    """Python's numbers as an array, in half the time that NumPy takes."""
    memory = bytearray(8 * len(values))
    struct.pack_into(f"{len(values)}d", memory, 0, *values)
    return np.frombuffer(memory)


def read_cells(cells: Sequence[bytes]) -> Array | None:
    """The doubles of some cells, or `None` if one of them is not a number."""
    text = b"\n".join(cells) + b"\n"
    found = read_plain(text, len(cells))
    if found is not None:
        return found
    if count_lines(text) != len(cells) or not _NUMBERS.fullmatch(text):
        return None if cells else np.empty(0)
    return np.fromiter(map(float, cells), np.float64, len(cells))


def no_numbers(cells: Sequence[bytes]) -> list[int]:
    """Which cells are no numbers."""
    text = b"\n".join(cells) + b"\n"
    if count_lines(text) != len(cells):
        return [place for place, each in enumerate(cells) if not is_number(each)]
    found: list[int] = []
    place = start = 0
    while good := _NUMBERS.match(text, start):
        if good.end() == len(text):
            break
        place += text.count(b"\n", start, good.end())
        found.append(place)
        place, start = place + 1, text.index(b"\n", good.end()) + 1
    return found


# Numbers to text


def rounded(values: Array, digits: int) -> Array:
    """Every value rounded to that many significant digits, as `render.number` rounds."""
    flat = values.ravel()
    text = (f"%.{max(digits, 1) - 1}e " * flat.size) % tuple(flat.tolist())
    return np.fromiter(map(float, text.split()), np.float64, flat.size).reshape(values.shape)


_EXPONENTS = [
    (longer, shorter)
    for longer, shorter in ((b"e+", b"e"), (b"e-0", b"e-"))
    if longer in orjson.dumps([1e-7, 1e22])  # versions of orjson differ
]


_LEAST_ODD = 1e-5 if all(longer != b"e-0" for longer, _ in _EXPONENTS) else 0.0
"""From here to 1e-4, orjson writes no exponent; below, it writes it as gradcli does, or with zeros."""


def _dumped(values: Array, digits: int | None, *, json: bool = False) -> bytes:
    """An array as nested brackets without blanks, every number as `render.number` writes it.

    With `json`, nan and the infinities stand in quotes, and -0 is `-0.0`, as in `render.json_text`.
    """
    if digits is not None:
        return _dumped_rounded(values, digits, json)
    size = np.abs(values)
    with np.errstate(invalid="ignore"):
        # Where orjson's text is another one: nan, the infinities, and 1e-5 to 1e-4.
        care = ~(size < np.inf) | ((size >= 1e-5) & (size < 1e-4))
        exponents = bool(_EXPONENTS) and bool(((size >= 1e15) | (size < 1e-5)).any())
    if not care.any():
        return _brackets(values, (), json, exponents)
    patches = _patches(values[care], json)
    return _brackets(np.where(care, np.nan, values), patches, json, exponents)


def _patches(values: Array, json: bool, digits: int | None = None) -> list[bytes]:
    texts = "\n".join(numbers(values, digits)).encode().split(b"\n")
    if not json:
        return texts
    texts = [b"-0.0" if each == b"-0" else each for each in texts]
    return [b'"' + each + b'"' if each[-1:] in b"nf" else each for each in texts]


def _dumped_rounded(values: Array, digits: int, json: bool) -> bytes:
    # Beside the largest double, rounding may leave the doubles, and the digits are the answer then.
    large = np.abs(values) > 1e307
    if not large.any():
        finite = np.isfinite(values)
        whole = rounded(np.where(finite, values, 0.0), digits)
        return _dumped(np.where(finite, whole, values), None, json=json)
    return _brackets(np.full(values.shape, np.nan), _patches(values.ravel(), json, digits), json, False)


def _serialized(values: Array) -> bytes:
    return orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)


def _brackets(values: Array, patches: Sequence[bytes], json: bool, exponents: bool) -> bytes:
    """The brackets of an array whose nans stand for the patches, in order."""
    text = _serialized(values)
    if exponents:
        for longer, shorter in _EXPONENTS:
            text = text.replace(longer, shorter)
    if (values == np.trunc(values)).any():
        text = text.replace(b".0,", b",").replace(b".0]", b"]")
        if json and b"-0" in text:
            text = text.replace(b"-0,", b"-0.0,").replace(b"-0]", b"-0.0]")
    if patches:
        pieces = text.split(b"null")
        woven = [b""] * (2 * len(pieces) - 1)
        woven[0::2] = pieces
        woven[1::2] = patches
        text = b"".join(woven)
    return text


def row_lines(
    lines: Sequence[bytes] | None, values: Array, separator: bytes, digits: int | None = None
) -> bytes:
    """The rows of a matrix as lines of text, each behind one of `lines` if there are any.

    Every cell equals `render.number` of its value.
    """
    odd = _few_odd_cells(values) if digits is None and values.size else None
    if odd is not None:
        return _filled(lines, values, odd, separator)
    texts = row_texts(values, separator, digits)
    if lines is None:
        return b"\n".join([*texts, b""])
    woven = [separator] * (4 * len(texts))
    woven[0::4] = lines
    woven[2::4] = texts
    woven[3::4] = [b"\n"] * len(texts)
    return b"".join(woven)


def _filled(lines: Sequence[bytes] | None, values: Array, odd: Array, separator: bytes) -> bytes:
    """`row_lines` for a matrix with few odd cells, whose places are given: one template for all rows.

    orjson prints nan as `null`. One more column of it stands before each row, where `,null,` has the length
    of a line end with a slot for the line; and nan keeps a slot for each odd cell.
    """
    rows, width = values.shape
    table = np.full((rows, width + 1), np.nan)
    table[:, 1:] = values
    odd_rows = odd // width
    flat = table.ravel()
    flat[odd + odd_rows + 1] = np.nan
    template = bytearray(_serialized(flat))
    text = np.frombuffer(template, np.uint8)
    if separator != b",":
        text[text == _COMMA] = separator[0]
    (nulls,) = (text == _NULL).nonzero()
    is_start = np.ones(len(nulls), bool)
    is_start[odd_rows + 1 + np.arange(len(odd))] = False
    starts = nulls[is_start] - 1
    _overwrite(text, starts, b"\n%   b" if lines is None else b"\n%  b" + separator)
    _overwrite(text, nulls[~is_start], b"%  b")
    template[:2] = b"% "  # no line ends before the first one
    text[-1] = _NEWLINE
    pieces: list[bytes] = []
    filled = 0
    lines = [b""] * rows if lines is None else lines
    for row, cell in zip(odd_rows.tolist(), cell_texts(values.flat[odd].tolist()), strict=True):
        pieces += lines[filled : row + 1]
        pieces.append(cell)
        filled = row + 1
    pieces += lines[filled:]
    return template % tuple(pieces)


def _overwrite(text: Array, places: Array, piece: bytes) -> None:
    """Puts a piece of text at some places of bytes."""
    size = len(piece)
    items = np.ndarray((len(text) - size + 1,), f"V{size}", text.data, strides=(1,))
    items[places] = np.void(piece)


def row_texts(values: Array, separator: bytes, digits: int | None = None) -> list[bytes]:
    """Each row of a matrix as text, its cells apart by `separator`; equals `render.number` of each cell."""
    if not len(values):
        return []
    if not values.shape[1]:
        return [b""] * len(values)
    rows = _dumped(values, digits)[2:-2]
    if separator != b",":
        return rows.replace(b"],[", b"\n").replace(b",", separator).split(b"\n")
    return rows.split(b"],[")


def _few_odd_cells(values: Array) -> Array | None:
    """The places of the cells that orjson writes in another way, if they are few; `None` if they are many."""
    size = np.abs(values)
    with np.errstate(invalid="ignore"):
        odd = size < 1e-4
        if _LEAST_ODD:
            odd &= size >= _LEAST_ODD
        odd |= ~(size > np.trunc(size))  # whole numbers, the infinities and nan
    (places,) = odd.ravel().nonzero()
    return places if len(places) <= len(values) >> 4 else None


def column_texts(values: Array) -> list[bytes]:
    """`render.number` of each of some doubles."""
    return _dumped(values, None)[1:-1].split(b",") if len(values) else []


def json_texts(values: Array, digits: int | None = None) -> list[bytes]:
    """Each row of an array of doubles as JSON, nan and the infinities as strings; no blanks."""
    if not len(values):
        return []
    if values.ndim == 1:
        return _dumped(values, digits, json=True)[1:-1].split(b",")
    if 0 in values.shape[1:]:
        return [orjson.dumps(row.tolist()) for row in values]
    opening, closing = b"[" * (values.ndim - 1), b"]" * (values.ndim - 1)
    rows = _dumped(values, digits, json=True)[values.ndim : -values.ndim].split(closing + b"," + opening)
    return [opening + row + closing for row in rows]


def cell_texts(values: Iterable[float], digits: int | None = None) -> list[bytes]:
    """`render.number` of every value, one by one: what the fast ways must equal."""
    return [each.encode() for each in numbers(values, digits)]
