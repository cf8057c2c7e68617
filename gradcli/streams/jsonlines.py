"""JSON lines: one object on each line; fields may be numbers or arrays, and rows may differ in shape."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import orjson

from gradcli.arrays import Array, Shape
from gradcli.streams.blocks import Block, TextReader
from gradcli.streams.chunk import LEFT_OUT, Chunk, Literal, Policy, Reader
from gradcli.streams.files import LONGEST, ByteSource
from gradcli.streams.formats import BYTE_ORDER_MARK
from gradcli.streams.numbers import doubles, is_number
from gradcli.text.errors import EvaluationError, GradcliError

_MINUS_ZERO = re.compile(rb"-0(?![.\deE])")
_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
"""JSON has no numbers for these; gradcli writes and reads them as texts."""


class JsonChunk(Chunk):
    """Consecutive objects of which the wanted fields have equal shapes."""

    def __init__(
        self,
        reader: Reader,
        lines: list[bytes],
        data: Sequence[Array],
        places: Sequence[int],
        *,
        void: Array | None = None,
        failure: GradcliError | None = None,
    ) -> None:
        super().__init__(reader, len(lines), data, void=void, failure=failure)
        self._lines = lines
        self._places = places
        self._objects: list[Any] | None = None
        self._plain: dict[str, list[bytes]] | None = None

    def records(self) -> list[bytes]:
        """The objects as they stand in the file."""
        return self._lines

    def values(self, column: int) -> list[Any]:
        """A field of every object (`None` where it has no such field), numbers as they stand in the file."""
        name = self.reader.columns[column]
        texts = self._plain_fields().get(name)
        if texts is not None:
            return [_value(each) for each in texts]
        return [each.get(name) for each in self._whole()]

    def cells(self, column: int) -> list[bytes] | None:
        """A field of all objects, if they all have the form of the first one."""
        texts = self._plain_fields().get(self.reader.columns[column])
        return None if texts is None else [_cell(each) for each in texts]

    def _plain_fields(self) -> dict[str, list[bytes]]:
        """The JSON of all fields, if the objects have the same fields in one order, with plain values."""
        if self._plain is None:
            self._plain = {}
            names, form = _form_of(self._lines[0])
            found = form.findall(b"\n".join([*self._lines, b""])) if form else []
            if len(found) == len(self._lines):
                columns = zip(*found, strict=True) if len(names) > 1 else [found]
                self._plain = {name: list(texts) for name, texts in zip(names, columns, strict=True)}
        return self._plain

    def _whole(self) -> list[Any]:
        if self._objects is None:
            self._objects = [exact_object(each) for each in self._lines]
        return self._objects

    def unnamed(self) -> int:
        """How many objects have a field that is in no column."""
        names = set(self.reader.columns)
        if self._lines and names.issuperset(self._plain_fields() or {""}):
            return 0
        return sum(not names.issuperset(each) for each in self._whole())

    def holder(self, names: Sequence[str]) -> tuple[int, str] | None:
        """The first object that has a field of one of these names, and the name."""
        keys = [orjson.dumps(name) for name in names]
        letters = [bytes(sorted({*key}, reverse=True)) for key in keys]

        def may_hold(text: bytes) -> bool:
            # A name of which some letter is missing is not there, and letters are found in no time.
            there = text.__contains__
            if any(all(map(there, own)) and key in text for own, key in zip(letters, keys, strict=True)):
                return True
            return b"\\" in text and _ESCAPED_NAME.search(text) is not None

        if names and may_hold(b"\n".join(self._lines)):
            for row, line in enumerate(self._lines):
                fields = exact_object(line) if may_hold(line) else {}
                for name in names:
                    if name in fields:
                        return row, name
        return None

    def part(self, rows: slice) -> JsonChunk:
        """Some of its rows."""
        return JsonChunk(self.reader, self._lines[rows], places=self._places[rows], **self._part_of(rows))

    def place(self, row: int) -> str:
        """File and line of a row."""
        return f"{self.reader.name}:{self._places[row]}"


_ESCAPED_NAME = re.compile(rb'\\[u/](?:[^"\\]|\\.)*+"\s*:')
"""The end of a field's name that may be written in more ways than one."""
_PLAIN_WORDS = {b"null": None, b"true": True, b"false": False}
_PLAIN = rb'(-?[0-9][^,}\s]*|true|false|null|"[^"\\\n]*")'
_MEMBER = re.compile(rb'([{,]\s*"([^"\\\n]*)"\s*:\s*)' + _PLAIN + rb"(?=\s*[,}])")


def _form_of(line: bytes) -> tuple[list[str], re.Pattern[bytes] | None]:
    """The names of an object's fields, and what matches the lines that differ from it in values alone.

    Only where the values are numbers, words and texts without backslashes; the lines are known to be JSON.
    """
    names, parts, end = [], [rb"(?m)^"], 0
    while found := _MEMBER.match(line, end):
        names.append(found[2].decode())
        parts.append(re.escape(found[1]) + _PLAIN)
        end = found.end()
    if not names or line[end:] != b"}":
        return [], None
    return names, re.compile(b"".join(parts) + rb"}$")


def _cell(text: bytes) -> bytes:
    """A plain value of JSON as CSV has it, without quotes."""
    if text[:1] == b'"':
        return text[1:-1]
    return b"" if text == b"null" else text


def _value(text: bytes) -> Any:
    """A plain value of JSON."""
    if text[:1] == b'"':
        return text[1:-1].decode()
    return _PLAIN_WORDS[text] if text in _PLAIN_WORDS else Literal(text.decode())


def exact_object(line: bytes) -> dict[str, Any]:
    """An object whose numbers are `Literal`: their own text."""
    found: dict[str, Any] = json.loads(line, parse_float=Literal, parse_int=Literal)
    return found


class JsonReader(TextReader):
    """A table of JSON lines. Its columns are the fields of the first object."""

    format = "jsonl"
    row = "line"

    def __init__(self, source: ByteSource, policy: Policy) -> None:
        super().__init__(source, policy)
        self._read_first()

    def _read_first(self) -> None:
        """Takes the columns from the first object; bad lines before it are left out when all are read."""
        self.empty = True
        for number, line in enumerate(self._first_lines(), self._line):
            if not line.strip():
                continue
            self.empty = False
            first, error = self._object(line, number)
            if first is not None:
                self.columns = list(first)
                self.shapes = [shape_of(each) or () for each in first.values()]
                return
            if error is not None and self.policy.on_error != "skip":
                raise error

    def _first_lines(self) -> Iterator[bytes]:
        """The lines at the start, which are still to be read; no farther than the longest line may be."""
        while len(self._pending) < len(BYTE_ORDER_MARK) and not self._ended:
            self._read_on()
        self._pending = self._pending.removeprefix(BYTE_ORDER_MARK)
        start = looked = 0
        while start < LONGEST:
            newline = self._pending.find(b"\n", max(start, looked))
            if newline >= 0:
                yield self._pending[start:newline]
                start = newline + 1
            elif len(self._pending) - start > LONGEST:
                line = self._line + self._pending.count(b"\n")
                raise EvaluationError(f"{self.name}:{line}: a line of more than {LONGEST} bytes")
            elif not self._ended:
                looked = len(self._pending)
                self._read_on()
            else:
                yield self._pending[start:]
                return

    def _object(self, line: bytes, number: int) -> tuple[dict[str, Any] | None, GradcliError | None]:
        place = f"{self.name}:{number}"
        try:
            found = json.loads(line.decode("utf-8"), parse_int=_integer, parse_constant=_no_number)
        except RecursionError:
            return None, EvaluationError(f"{place}: this is nested too deeply")
        except ValueError as error:
            hint = _mended(line.strip())
            what = "not JSON" if not isinstance(error, UnicodeDecodeError) else "not text in UTF-8"
            shown = _shown(line.decode("utf-8", "replace"))
            return None, EvaluationError(f"{place}: {what}: {shown}", hint=hint)
        if not isinstance(found, dict):
            hint = "jq -c '.[]' puts each on its own line"
            return None, EvaluationError(f"{place}: not an object: {_shown(line.decode())}", hint=hint)
        if _is_deep(line, found):
            return None, EvaluationError(f"{place}: this is nested too deeply")
        return found, None

    def quick(self, block: Block, wanted: Sequence[int]) -> JsonChunk | None:
        """The chunk of a block whose wanted fields are all numbers, or all arrays of one shape."""
        lines = block.text[:-1].split(b"\n")
        try:
            if _are_flat(block.text, len(lines)):
                together = block.text.replace(b"\n", b",")
                rows = orjson.loads(b"".join((b"[", memoryview(together)[:-1], b"]")))
                if len(rows) != len(lines):
                    return None
            else:
                rows = list(map(orjson.loads, lines))
                if set(map(type, rows)) != {dict} or any(map(_is_deep, lines, rows)):
                    return None
        except orjson.JSONDecodeError:
            return None
        data: list[Array] = []
        try:
            for column in wanted:
                name = self.columns[column]
                cells = [row[name] for row in rows]
                kinds = set(map(type, cells))
                if kinds <= {float, int}:
                    data.append(doubles(cells))
                elif kinds == {list}:
                    array = _regular(cells)
                    if array is None:
                        return None
                    data.append(array)
                else:
                    return None
        except KeyError:
            return None
        # -0 is an integer for the parser, and has lost its sign.
        if any(np.any(each == 0.0) for each in data) and _MINUS_ZERO.search(block.text):
            return None
        return JsonChunk(self, lines, data, range(block.line, block.line + len(lines)))

    def chunks_of_block(self, block: Block, wanted: Sequence[int]) -> Iterator[JsonChunk]:
        """The chunks of any block."""
        quick = self.quick(block, wanted)
        if quick is not None:
            yield quick
            return
        rows: list[tuple[bytes, int, list[Any], bool]] = []
        failure: GradcliError | None = None
        lines = block.text[:-1].split(b"\n")
        known = self._known(lines, wanted)
        for place, (line, plain) in enumerate(zip(lines, known, strict=True), block.line):
            if plain is not None:
                rows.append((line, place, plain, False))
                continue
            if not line.strip():
                continue
            found, error = self._object(line, place)
            misshapen = error is not None
            cells: list[Any] = []
            if found is not None:
                cells, error = self._cells(found, wanted, place)
            if error is not None:
                if self.policy.on_error == "fail" or (misshapen and self.policy.on_error == "nan"):
                    failure = error
                    break
                self.tally.count(error)
                if self.policy.on_error == "skip":
                    continue
            rows.append((line, place, cells, error is not None))
        for _, group in groupby(rows, key=lambda row: list(map(_shape, row[2]))):
            run = list(group)
            data = [np.array([row[2][k] for row in run], np.float64) for k in range(len(wanted))]
            void = np.array([row[3] for row in run])
            yield JsonChunk(
                self,
                [row[0] for row in run],
                data,
                [row[1] for row in run],
                void=void if void.any() else None,
            )
        if failure is not None:
            yield JsonChunk(self, [], [np.empty(0) for _ in wanted], [], failure=failure)

    def _known(self, lines: Sequence[bytes], wanted: Sequence[int]) -> Iterator[list[Any] | None]:
        """The wanted fields of each line that is an object in which all of these are numbers; else `None`."""
        names = [self.columns[column] for column in wanted]
        for line in lines:
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError:
                yield None
                continue
            cells = [row.get(name) for name in names] if type(row) is dict else [None]
            is_plain = {*map(type, cells)} <= {float, int} and not _is_deep(line, row)
            yield cells if is_plain and not (0 in cells and b"-0" in line) else None

    def _cells(
        self, found: dict[str, Any], wanted: Sequence[int], place: int
    ) -> tuple[list[Any], GradcliError | None]:
        cells: list[Any] = []
        error: GradcliError | None = None
        for column in wanted:
            name = self.columns[column]
            at = f"{self.name}:{place}"
            # A bad value has the shape that its column began with, so that the output has a place for it.
            value: Any = np.full(self.shapes[column], math.nan)
            if name not in found:
                error = error or EvaluationError(
                    f"{at}: there is no field {name}", hint=self.policy.hint(LEFT_OUT)
                )
            else:
                try:
                    value = self._number(found[name])
                except ValueError:
                    error = error or _refused(at, name, found[name], self.policy)
            cells.append(value)
        return cells, error

    def _number(self, value: Any) -> Any:
        """A number, or nested lists of them; raises `ValueError`."""
        if isinstance(value, list):
            if shape_of(value) is None:
                raise ValueError
            flat = _flat(value)
            return np.reshape([self._number(each) for each in flat], shape_of(value) or ())
        if isinstance(value, str) and value in _WORDS:
            return _WORDS[value]
        if (value is None and "null" in self.policy.na) or (
            isinstance(value, str) and value.strip() in self.policy.na
        ):
            self.tally.missing += 1
            return math.nan
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError
        return float(value)


def _integer(text: str) -> int | float:
    """A whole number; -0 keeps its sign, and what may be larger than all doubles becomes one here."""
    return float(text) if text == "-0" or len(text) > sys.float_info.max_10_exp else int(text)


def _no_number(text: str) -> float:
    """Refuses `NaN` and `Infinity`, which Python takes for JSON."""
    raise ValueError(text)


def _mended(line: bytes) -> str | None:
    """What to do about a line that is not JSON."""
    if line in (b"{", b"[") or b"}{" in line.replace(b" ", b""):
        return "each object stands on a line of its own: jq -c . (or .[])"
    if line.endswith(b"},"):
        return "no comma stands between objects, each on a line of its own"
    if found := re.search(rb":\s*(NaN|[-+]?Infinity)\b", line):
        return f'JSON has no {found[1].decode()}: write it as a text, "{_WORD_OF[found[1].lstrip(b"+")]}"'
    if line.startswith(b"{'"):
        return "texts of JSON stand in double quotes"
    return None


_WORD_OF = {b"NaN": "nan", b"Infinity": "inf", b"-Infinity": "-inf"}
"""The text that is written and read for what JavaScript and Python call so."""


def _refused(place: str, name: str, value: Any, policy: Policy) -> GradcliError:
    """The error for a field that is no number."""
    hint = policy.hint(LEFT_OUT)
    if value is None:
        hint = policy.hint(f"--na null reads it as nan; {LEFT_OUT}")
    elif isinstance(value, str) and is_number(value.encode()):
        hint = "a number stands without quotes"
    elif isinstance(value, dict) and value and name.isidentifier():
        hint = fields_beside(name)
    elif isinstance(value, bool):
        hint = "truth values are written 1 and 0"
    shown = _shown(json.dumps(value, ensure_ascii=False))
    return EvaluationError(f"{place}: column {name}: not a number: {shown}", hint=hint)


def fields_beside(name: str) -> str:
    """How the fields of an object in a field become fields of the row."""
    return f"jq -c '. + .{name}' FILE | gradcli … has its fields beside the others"


def _shown(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 40 else text[:39] + "…"


_OPENS, _CLOSES, _NEWLINE = b"{}\n"

MOST_NESTED = 200
"""How deep objects and arrays may be nested: far from where Python gives up."""


def _are_flat(text: bytes, lines: int) -> bool:
    """Whether all lines of a text are objects that hold no array and no object, if they are JSON at all.

    Then they can be read together. What is broken in one line is not mended by the next: without arrays,
    what goes on behind the comma of an object is a name. Two objects on one line are one too many.
    """
    if b"[" in text:
        return False
    data = np.frombuffer(text, np.uint8)
    opening = data == _OPENS
    if np.count_nonzero(opening) != lines:
        return False
    (ends,) = (data == _NEWLINE).nonzero()
    return bool(opening[0] and opening[ends[:-1] + 1].all() and (data[ends - 1] == _CLOSES).all())


def _is_deep(line: bytes, found: Any) -> bool:
    """Whether the object in a line is nested too deeply."""
    if len(line) <= 2 * MOST_NESTED or line.count(b"[") + line.count(b"{") <= MOST_NESTED:
        return False
    level = [found]
    for _ in range(MOST_NESTED):
        level = [
            part
            for each in level
            if isinstance(each, list | dict)
            for part in (each.values() if isinstance(each, dict) else each)
        ]
    return any(isinstance(each, list | dict) for each in level)


def shape_of(value: Any) -> Shape | None:
    """The shape of nested lists, `()` for anything else, `None` if they are ragged."""
    shape: list[int] = []
    level = [value]
    while level and isinstance(level[0], list):
        shape.append(len(level[0]))
        if not all(isinstance(each, list) and len(each) == shape[-1] for each in level):
            return None
        level = [part for each in level for part in each]
    return None if any(isinstance(each, list) for each in level) else tuple(shape)


def _shape(value: Any) -> Shape:
    """The shape of a number or of an array; NumPy takes its time for numbers."""
    return () if isinstance(value, float | int) else np.shape(value)


def _flat(value: Any) -> list[Any]:
    level = [value]
    while level and isinstance(level[0], list):
        level = [part for each in level for part in each]
    return level


def _regular(cells: list[Any]) -> Array | None:
    """Lists of numbers as one array, or `None` if their shapes differ or something else is in them."""
    try:
        shape = np.shape(cells)
    except ValueError:
        return None
    flat = cells
    for _ in shape[1:]:
        flat = [leaf for each in flat for leaf in each]
    if not set(map(type, flat)) <= {float, int}:
        return None
    return doubles(flat).reshape(shape)
