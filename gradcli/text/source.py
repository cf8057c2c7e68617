"""Source text and the places in it that errors and notes point at."""

from __future__ import annotations

from gradcli.records import NamedTuple


class Span(NamedTuple):
    """A half-open range of characters, `start <= i < end`, in one `Source`."""

    start: int
    end: int


class Source:
    """One piece of text that was typed, and what to call it.

    `name` is a file name (or `<stdin>`), which error messages print with a line and a column;
    it is empty for text from the command line or a prompt, where the line itself is enough.
    `is_cell` says that it is a cell of a page, which has the page's name.
    """

    __slots__ = ("is_cell", "name", "text")

    def __init__(self, text: str, name: str = "", *, is_cell: bool = False) -> None:
        self.text = text
        self.name = name
        self.is_cell = is_cell

    @property
    def is_python(self) -> bool:
        """Whether it is a file of Python's, where what a line gives is not shown."""
        return self.name.endswith(".py")

    @property
    def is_script(self) -> bool:
        """Whether it runs as a whole, from a file or from standard input: no cell, and typed at no prompt."""
        return bool(self.name) and not self.is_cell

    def line_column(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of a character."""
        start = self.text.rfind("\n", 0, offset) + 1
        return self.text.count("\n", 0, offset) + 1, offset - start + 1

    def line_span(self, offset: int) -> Span:
        """The span of the line that holds a character, without its line end."""
        start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        return Span(start, len(self.text) if end < 0 else end)


class Mark(NamedTuple):
    """A place to underline, and a few words to write beside it (often a shape; may be empty)."""

    source: Source
    span: Span
    label: str = ""
