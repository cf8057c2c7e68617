"""What is wanted of the rows of some files: a formula, how to read, and what to compute."""

from __future__ import annotations

from collections.abc import Mapping

from gradcli.pipelines.formula import Choice, Computed
from gradcli.records import NamedTuple
from gradcli.streams.chunk import Piece


class Settings(NamedTuple):
    """How to read rows, and how to show results; see the help of `gradcli map`.

    `names` are the columns of a table without a header, and `bound` says which column (by name or as `#2`)
    another name means. With `decimal_comma`, 0,5 is a number of CSV and TSV. `threads` are the most that
    compute (`None`: one for each processor); with 1, there is no second process either.
    """

    source_format: str | None = None
    header: bool = True
    names: tuple[str, ...] | None = None
    bound: Mapping[str, str] = {}
    on_error: str = "fail"
    na: tuple[str, ...] = ()
    decimal_comma: bool = False
    progress: bool = False
    digits: int | None = None
    threads: int | None = None


class Part(NamedTuple):
    """Some rows of one of the files, which is told by its place among them."""

    file: int
    piece: Piece


class Request(NamedTuple):
    """What is computed of each row, the files whose rows it is for (`-`: standard input), and how.

    With a `base`, names of files begin in that folder, and may be addresses. A `part` has those rows only,
    of the table that the files are.
    """

    formula: Computed
    files: tuple[str, ...] = ("-",)
    settings: Settings = Settings()
    choice: Choice = Choice()
    base: str | None = None
    part: Part | None = None
