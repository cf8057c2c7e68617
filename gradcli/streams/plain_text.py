"""Text as people keep it: what its cells are apart by, cells apart by blanks, and comments.

A line that begins with `#` and a blank (or a second `#`, or nothing) is a comment; `#1` and Excel's `#N/A`
begin a row.
"""

from __future__ import annotations

import re

from gradcli.streams.files import LONGEST, ByteSource
from gradcli.streams.formats import BYTE_ORDER_MARK, unpacking
from gradcli.text.errors import EvaluationError

COMMENT = re.compile(rb"(?m)^[ \t]*#(?:[ \t#].*)?\r?$")
"""A line that is a comment, without its line end."""

_FIRST_ROW = re.compile(rb"(?:[ \t\r]*+(?:#(?:[ \t#][^\n]*)?\r?)?\n)*+([^\n]+)\n")
"""Blank lines and comments, and the first line that is neither."""

_QUOTED = re.compile(rb'"[^"\n]*"')
_EDGES = re.compile(rb"(?m)^[ \t]+|[ \t]+(?=\r?$)")
_BETWEEN_DIGITS = re.compile(rb"\d,\d")
_BLANKS = re.compile(rb"[ \t]+")
_PIECES = re.compile(rb'(?m)^[ \t]*#(?:[ \t#].*)?$|"[^"\n]*"|^[ \t]+|[ \t]+(?=\r?$)|[ \t]+')


_SPREADSHEET = re.compile(rb"\[Content_Types\]|_rels/|docProps/|xl/|mimetype")
"""The names that stand first in the archives that spreadsheets are."""
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1f\x7f]")


def has_comments(text: bytes) -> bool:
    """Whether some line of a text is a comment; what is told from a few searches for bytes is told so."""
    if b"#" not in text:
        return False
    may_be = text[:1] in b"# \t" or any(each in text for each in (b"\n#", b"\n ", b"\n\t"))
    return may_be and COMMENT.search(text) is not None


def first_row(source: ByteSource) -> bytes:
    """The first line of a text that is neither blank nor a comment, which stays; nothing where there is none.

    Raises `EvaluationError` for what is not text.
    """
    seen = 0
    while len(text := source.look(seen)) > seen and len(text) < LONGEST:
        if b"\0" in text and text[:2] not in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16 is told of elsewhere
            raise EvaluationError(f"{source.name} is not text", hint=_as_text(source.name, text))
        found = _FIRST_ROW.match(text.removeprefix(BYTE_ORDER_MARK))
        if found is not None:
            return found[1]
        seen = len(text)
    found = _FIRST_ROW.match(text.removeprefix(BYTE_ORDER_MARK) + b"\n")
    return b"" if found is None else found[1]


def _as_text(name: str, start: bytes) -> str | None:
    """How what is not text becomes it."""
    if tool := unpacking(start):
        return f"{tool} {name} | gradcli …"
    if start.startswith(b"PK\x03\x04") and _SPREADSHEET.match(start, 30) is None:
        return f"unzip -p {name} | gradcli …"
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "a spreadsheet is saved as CSV first"
    if (start[:1] == b"\0") != (start[1:2] == b"\0"):
        order = "BE" if start[:1] == b"\0" else "LE"
        return f"it may be UTF-16: iconv -f UTF-16{order} -t UTF-8 {name} | gradcli …"
    if start.strip(b"\0") and _CONTROL.search(start) is None:
        return rf"it has zero bytes in it: tr -d '\0' < {name} | gradcli …"
    return None


def divided_by(
    source: ByteSource, form: str, *, decimal_comma: bool = False
) -> tuple[ByteSource, str, bytes]:
    """A text, its format and the separator of its cells, as its first row shows.

    TSV has tabs; CSV has commas, or semicolons where the first row has no comma; `txt` has commas,
    semicolons, tabs or blanks, whichever of them comes first, and is CSV or TSV then. With a decimal comma,
    one between digits separates nothing, and others come last.
    """
    if form == "tsv":
        return source, form, b"\t"
    row = _QUOTED.sub(b"", first_row(source))
    signs = [b",", b";", b"\t"] if form == "txt" else [b",", b";"]
    default = b","
    if decimal_comma:
        default = b";"
        signs = [*signs[1:], b","][: -1 if _BETWEEN_DIGITS.search(row) else None]
    for separator in signs:
        if separator in row:
            return source, "tsv" if separator == b"\t" else "csv", separator
    return Blanks(source, default) if form == "txt" else source, "csv", default


class Blanks(ByteSource):
    """A text whose cells are apart by blanks, with a separator for them."""

    def __init__(self, source: ByteSource, separator: bytes = b",") -> None:
        super().__init__(source.name)
        self.waits = source.waits
        self._source = source
        self._separator = separator
        self._rest = b""

    def _more(self, size: int) -> bytes:
        while True:
            more = self._source.read(size)
            text = self._rest + more
            cut = text.rfind(b"\n") + 1 if more else len(text)
            self._rest = text[cut:]
            if cut or not more:
                return _separated(text[:cut], self._separator)
            if len(self._rest) > LONGEST:
                raise EvaluationError(f"{self.name}: a line of more than {LONGEST} bytes")

    def ready(self) -> bool:
        """Whether a read would not wait."""
        return bool(self._ahead) or self._source.ready()

    def close(self) -> None:
        """Lets go of the file."""
        self._source.close()


def _separated(text: bytes, separator: bytes) -> bytes:
    if b'"' not in text and b"#" not in text:
        return _BLANKS.sub(separator, _EDGES.sub(b"", text))

    def sign(found: re.Match[bytes]) -> bytes:
        piece = found[0]
        if piece.strip():
            return piece  # in quotes, or a comment
        at_edge = found.start() == 0 or text[found.start() - 1 : found.start()] == b"\n"
        return b"" if at_edge or text[found.end() : found.end() + 1] in b"\r\n" else separator

    return _PIECES.sub(sign, text)
