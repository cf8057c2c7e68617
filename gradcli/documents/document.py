"""What every page with code has: cells, each with its text and what it once showed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from gradcli.records import NamedTuple
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

    @property
    def may_fail(self) -> bool:
        """Whether it is there to fail, and what follows is to be run all the same."""
        return not self.tags.isdisjoint(_MAY_FAIL)


def is_notebook(source: Source) -> bool:
    """Whether a text is one: by the name of its file, or by what it holds (from standard input)."""
    if source.name.lower().endswith(SUFFIX):
        return True
    return source.text[:200].lstrip().startswith("{") and ('"cells"' in source.text or _OLD in source.text)


SUFFIX = ".ipynb"
_OLD = '"worksheets"'

_MAY_FAIL = ("raises-exception", "nbval-raises-exception")
"""The tags of Jupyter and of nbval."""
