"""What every page with code has: cells, each with its text and what it once showed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from gradcli.records import NamedTuple, Protocol
from gradcli.text.source import Source


class Output(NamedTuple):
    """One thing that a cell shows, as text.

    `stdout` is what it prints and `stderr` what is told beside that; `result` is its last value, `display`
    what it shows otherwise (a picture, for one), and `error` what ended it: `title` says of which kind it is.
    """

    kind: Literal["stdout", "stderr", "result", "display", "error"]
    text: str
    title: str = ""
    picture: bool = False
    """Whether it is seen, and the text only stands for it."""
    report: str = ""
    """The whole of an error, on several lines."""


class Cell(NamedTuple):
    """Code that is run at once. The name of its source says where it stands; `outputs` were shown before."""

    number: int
    """Its place among the cells with code, from 1."""
    source: Source
    outputs: Sequence[Output] = ()
    tags: frozenset[str] = frozenset()
    """What is written beside it for who runs it, in small letters."""
    typed: bool = False
    """Whether it stands behind a prompt, which shows every value."""
    compared: bool = True
    """Whether what it shows is compared, and not only run."""
    line: int = 0
    """The line where it stands, on a page that has lines."""
    behind: str = ""
    """Text below the first empty line below it, which is perhaps shown by it and perhaps not."""

    @property
    def place(self) -> str:
        """Where it stands on its page, in words."""
        return f"line {self.line}" if self.line else f"cell {self.number}" if self.number else "the script"

    @property
    def may_fail(self) -> bool:
        """Whether it is there to fail, and what follows is to be run all the same."""
        return not self.tags.isdisjoint(_MAY_FAIL)

    @property
    def is_skipped(self) -> bool:
        """Whether it is not to be run at all."""
        return "skip-execution" in self.tags


def as_text(outputs: Sequence[Output], *, typed: bool) -> str:
    """What is shown as the lines of a page: behind a prompt with all that is told, as a terminal shows it."""
    shown = (each.report or each.text for each in outputs if typed or each.kind != "stderr")
    return "".join(text if text.endswith("\n") else f"{text}\n" for text in shown)


class Document(Protocol):
    """A page with cells."""

    name: str
    suffix: str
    """How the names of its files end."""
    cells: Sequence[Cell]
    style: str | None
    """The style in which its outputs were written, where it says so."""

    def written(self, outputs: Mapping[int, Sequence[Output]], style: str) -> str:
        """It as a file, with other outputs: those of the cells of these numbers, in a style."""


def style_of(document: Document) -> str:
    """The style in which a page shows what it shows: if it says none, that of the library that it imports."""
    if document.style is not None:
        return document.style
    for style, libraries in _IMPORTS.items():
        pattern = rf"(?m)^\s*(?:>>> )?(?:import|from)\s+(?:{libraries})\b"
        if any(re.search(pattern, cell.source.text) for cell in document.cells):
            return style
    return "plain"


_IMPORTS = {"torch": "torch", "jax": "jax", "numpy": "autograd|numpy"}
"""The libraries in whose style pages show what they show, the first one that is imported."""

STYLES = ("plain", *_IMPORTS)
"""The styles in which results can be shown."""


def is_named_notebook(name: str) -> bool:
    """Whether the name of a file is that of a notebook."""
    return name.lower().endswith(SUFFIX)


def is_notebook(source: Source) -> bool:
    """Whether a text is one: by the name of its file, or by what it holds (from standard input)."""
    if is_named_notebook(source.name):
        return True
    return source.text[:200].lstrip().startswith("{") and ('"cells"' in source.text or _OLD in source.text)


def may_be_page(source: Source) -> bool:
    """Whether a text may be a page with cells: Markdown, by its name, or one with a prompt of Python's."""
    return source.name.lower().endswith(MARKDOWN) or ">>> " in source.text


MARKDOWN = (".md", ".markdown")
SUFFIX = ".ipynb"
_OLD = '"worksheets"'

_MAY_FAIL = ("raises-exception", "nbval-raises-exception")
"""The tags of Jupyter and of nbval."""
