"""Lines of a cell that are IPython's and no code: magics, shell lines, questions.

Source: IPython's documentation of its input, https://ipython.readthedocs.io/en/stable/interactive/reference.html
"""

from __future__ import annotations

import re

from gradcli.language.layout import CLOSERS, scan
from gradcli.records import NamedTuple

_CELL = re.compile(r"\s*%%(\w+)")
_KEPT = ("time", "timeit", "capture", "prun")
"""The magics for a cell, and for a line, behind which code stands that runs."""
_CODE = re.compile(r"(\s*)%(?:time|prun)\b(?:\s+-\S+)*\s*(.*)")
_NO_CODE = re.compile(
    r"\s*(?:[!%?]"  # !ls, %matplotlib, ?x
    r"|[\w., ]+=\s*(?:!|%(?!%)\w)"  # files = !ls, a = %timeit -o f()
    r"|[\w.]+\?{1,2}\s*$)"  # x?
)
_SHELL = re.compile(r"[^'\"]*!")
_DEEPER = {**dict.fromkeys(CLOSERS, 1), **dict.fromkeys(CLOSERS.values(), -1)}


class Code(NamedTuple):
    """The code of a cell, in the lines where it stood, and what is left out that would do something else."""

    text: str
    left_out: tuple[tuple[int, int], ...]
    """Where lines for a shell stand, and cells for other programs."""


def code_of(text: str) -> Code:
    """The code of a cell: what is IPython's is left out, and every line stays where it was."""
    if "%" not in text and "!" not in text and "?" not in text:
        return Code(text, ())
    kept: list[str] = []
    left_out: list[tuple[int, int]] = []
    start, begun, inside = 0, False, _Inside()
    for line in text.split("\n"):
        code, end = line, start + len(line)
        if not begun and (cell := _CELL.match(line)) is not None:
            if cell[1] not in _KEPT:
                return Code("\n" * text.count("\n"), ((start, end),))
            code = ""
        elif not inside.open:
            timed = _CODE.fullmatch(line)
            if timed is not None:
                code = timed[1] + timed[2]
            elif _NO_CODE.match(line):
                code = ""
                if _SHELL.match(line):
                    left_out.append((start, end))
        begun = begun or bool(line.strip())
        inside.go_on(code)
        kept.append(code)
        start = end + 1
    return Code("\n".join(kept), tuple(left_out))


def captures(text: str) -> bool:
    """Whether what a cell shows is captured, and not shown."""
    found = _CELL.match(text)
    return found is not None and found[1] == "capture"


class _Inside:
    """What is open at the end of a line: brackets, a text in three quotes, a line that a backslash ends."""

    def __init__(self) -> None:
        self._depth = 0
        self._quotes = ""
        self._continued = False

    @property
    def open(self) -> bool:
        """Whether the next line belongs to this one."""
        return bool(self._quotes) or self._depth > 0 or self._continued

    def go_on(self, line: str) -> None:
        """Reads the next line."""
        if self._quotes:
            _, closes, line = line.partition(self._quotes)
            if not closes:
                return
            self._quotes = ""
        tokens = scan(line)[:-1]
        self._depth = max(0, self._depth + sum(_DEEPER.get(token.kind, 0) for token in tokens))
        self._continued = line.endswith("\\")
        opens = (
            _OPEN_TEXT.match(tokens[-1].text) if tokens and tokens[-1].kind == "UNTERMINATED_TEXT" else None
        )
        if opens is not None:
            self._quotes = opens[1]


_OPEN_TEXT = re.compile(r"\w*(\"{3}|'{3})")
