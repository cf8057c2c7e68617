"""Tables in and out: the reader of a file, and the writer of a format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gradcli.records import Protocol
from gradcli.streams.chunk import Chunk, Reader, Reading
from gradcli.streams.files import STDIN, Output, is_address, open_source
from gradcli.streams.formats import BLANKS, TEXT_FORMATS, format_of, sniffed, unpacking
from gradcli.text.errors import InputError

if TYPE_CHECKING:
    from gradcli.streams.text_out import Column, Outputs

# What reads and writes a format is imported when the format is met: every start would pay for it.


class Writer(Protocol):
    """Turns chunks and their results into bytes."""

    format: str
    only: bool
    """Whether the columns of the input are left out."""
    ends: bool
    """Whether what it wrote is good for nothing without its end, which is then written whatever happens."""

    def start(self, reader: Reader, columns: Sequence[Column], numeric: Sequence[int]) -> bytes:
        """What stands before the first row; `numeric` are the columns that are read as numbers."""

    def rows(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> bytes:
        """A chunk's rows; raises `RowError`, having done nothing, for one that the format cannot hold."""

    def add(self, part: bytes) -> bytes:
        """The rows of a part that a writer of `carried` wrote, as `rows` gives them."""

    def finish(self) -> bytes:
        """What stands after the last row."""


class SharedWriter(Writer, Protocol):
    """A writer of a format of `SHARED`."""

    def packed(self, chunk: Chunk, outputs: Outputs, columns: Sequence[Column]) -> bytes | memoryview:
        """A chunk's rows for `unpacked`, in whichever process; changes nothing. Raises `RowError`."""

    def unpacked(self, packed: bytes | memoryview) -> bytes | memoryview:
        """What `rows` gives for a packed chunk."""

    def settle(self) -> None:
        """Waits until nothing goes on in another thread: a process can be copied then."""


def carried(form: str) -> str:
    """The format in which parts of rows are brought to the writer of another, which makes one table of them.

    Text comes without a header, and everything else as a whole table.
    """
    return "arrow" if form == "parquet" else form


def open_reader(file: str, form: str | None, reading: Reading, base: str | None = None) -> Reader:
    """The reader of a file (`-`: standard input), in a format or the one that its name or start says.

    With a `base`, names begin in that folder, and the file may be an address, as `s3://bucket/points.csv`.
    Raises `GradcliError` for a file that cannot be read.
    """
    form = form or format_of(file)
    if base is not None and is_address(file):
        from gradcli.streams.storage import open_address

        source = open_address(file)
    else:
        source = open_source(file, base)
    if form is None and file == STDIN:
        start = source.look()
        form = sniffed(start)
        if tool := unpacking(start):
            raise InputError("standard input is compressed", hint=f"{tool} FILE | gradcli …")
    form = form or "csv"
    if form in ("csv", "tsv", BLANKS):
        from gradcli.streams.delimited import DelimitedReader

        return DelimitedReader(source, form, reading)
    if form == "jsonl":
        from gradcli.streams.jsonlines import JsonReader

        return JsonReader(source, reading.policy)
    if form in ("npy", "npz"):
        from gradcli.streams.npy import open_arrays

        return open_arrays(source, form, reading.names, reading.lone)
    from gradcli.streams.arrow import ArrowReader

    return ArrowReader(source, form, reading.policy)


def make_writer(
    form: str,
    output: Output,
    *,
    only: bool,
    digits: int | None,
    length: int | None,
    threads: int | None = 1,
) -> Writer:
    """The writer of a format, for `length` rows if that is known; at most `threads` work (`None`: all).

    Raises `InputError` where it needs what is not installed.
    """
    if form in TEXT_FORMATS:
        from gradcli.streams.text_out import DelimitedWriter, JsonWriter

        if form == "jsonl":
            return JsonWriter(only=only, digits=digits)
        return DelimitedWriter(form, only=only, digits=digits)
    if digits is not None:
        raise InputError(f"--digits shortens text, and {form} holds whole doubles")
    if form in ("npy", "npz"):
        from gradcli.streams.npy_out import NpyWriter, NpzWriter

        if form == "npz":
            return NpzWriter(output, only=only)
        return NpyWriter(output, only=only, length=length)
    from gradcli.streams.arrow import ArrowWriter

    return ArrowWriter(form, output, only=only, threads=threads)
