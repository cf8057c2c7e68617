"""Transcripts: what was typed behind prompts, and what was shown below. Alone, in Markdown, or in a script.

- `>>> statement`, then what it shows; `... ` goes on with the statement.
- `$ command`, then what a terminal shows; lines that begin with `> ` right below go on with the command.
- Prose: lines that begin with `# `.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from gradcli.records import NamedTuple

_MORE = {"$ ": "> ", ">>> ": "... "}
"""Prompts, and what goes on with each."""

_PROMPTED = re.compile(r"^([ \t]*(?:# ?)?)>>> ", re.MULTILINE)
_QUOTES = ('"""', "'''")


class Piece(NamedTuple):
    """A part of a transcript: an input with its prompts and what was shown below it, or (no prompt) prose."""

    prompt: str
    lines: str
    shown: str
    margin: str = ""

    @property
    def typed(self) -> str:
        """What was typed behind the prompts."""
        start = len(self.margin) + len(self.prompt)
        return "\n".join(line[start:] for line in self.lines.splitlines())

    @property
    def answer(self) -> str:
        """What was shown, without the margin."""
        return "".join(_without(self.margin, line) or "" for line in self.shown.splitlines(keepends=True))


def margin_of(text: str) -> str | None:
    """What stands before the first `>>>`: blanks, perhaps a comment's sign; `None` where there is none."""
    found = _PROMPTED.search(text)
    return None if found is None else found[1]


def pieces_of(text: str, margin: str = "", *, quoted: bool = False) -> Iterator[Piece]:
    """The pieces of a transcript with a margin, which together are the text.

    A line outside the margin is prose, and so is one of quotes alone if transcripts stand in quoted texts.
    """
    prompt, lines, shown = "", "", ""
    for line in text.splitlines(keepends=True):
        more, bare = _MORE.get(prompt), _without(margin, line)
        begins = "" if bare is None else next((each for each in _MORE if bare.startswith(each)), "")
        if bare is not None and more is not None and not shown and _goes_on(bare, more):
            lines += line
        elif begins or bare is None or bare.startswith("# ") or (quoted and bare.strip() in _QUOTES):
            yield Piece(prompt, lines, shown, margin)
            prompt, lines, shown = begins, line, ""
        else:
            shown += line
    yield Piece(prompt, lines, shown, margin)


def _goes_on(line: str, more: str) -> bool:
    return line.startswith(more) or line.strip() == more.strip()


def _without(margin: str, line: str) -> str | None:
    """A line without its margin; `None` where it stands outside."""
    if line.startswith(margin):
        return line[len(margin) :]
    return "\n" if line.strip() == margin.strip() else None


def replayed(text: str, show: Callable[[Piece], str | None]) -> str:
    """A transcript with what its inputs show now; `None` leaves a piece as it is."""
    parts: list[str] = []
    for piece in pieces_of(text):
        shown = show(piece)
        parts.append(piece.lines)
        if shown is None:
            parts.append(piece.shown)
            continue
        parts.append(shown)
        if piece.shown.endswith("\n\n") or piece.shown == "\n":
            parts.append("\n")
    return "".join(parts)


class Fence(NamedTuple):
    """A fenced block of Markdown: the first word behind the fence, and where it and its body stand."""

    language: str
    start: int
    body: tuple[int, int]
    end: int


_FENCE = re.compile(
    r"^ {0,3}(`{3,}|~{3,})[ \t]*([^\n`]*)\n(.*?)^ {0,3}\1[`~]*[ \t]*$\n?", re.DOTALL | re.MULTILINE
)


def fences_in(text: str) -> Iterator[Fence]:
    """The fenced blocks of Markdown."""
    for match in _FENCE.finditer(text):
        words = re.findall(r"[^\s{}]+", match[2])  # python, {.python}, {code-cell} ipython3
        yield Fence(words[0].lstrip(".").lower() if words else "", match.start(), match.span(3), match.end())
