"""Pages of text with cells: Markdown with fenced blocks, transcripts, scripts with transcripts in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from gradcli.documents.document import MARKDOWN, Cell, Output, as_text
from gradcli.documents.transcript import Fence, fences_in, margin_of, pieces_of
from gradcli.engine.primitives import is_function
from gradcli.language.parser import parse
from gradcli.records import NamedTuple
from gradcli.text.errors import ParseError
from gradcli.text.source import Source

_CODE = frozenset(
    ("python", "python3", "py", "pycon", "ipython", "ipython3", "gradcli", "pytorch", "torch", "jax")
) | {"code-cell", "code"}
_SHOWN = ("", "text", "txt", "output", "plaintext", "none")
"""The languages of fenced blocks with code, and with what it has shown."""


_PYTORCH = re.compile(r"tensor\(|torch\.|\bNone\b|\d\.0*\b(?!\d)")
"""What is seen where a prompt shows results as PyTorch and Python do, and not plainly."""


class Slot(NamedTuple):
    """A cell in its page: the lines of its input, what it has shown, and what stands around that.

    `behind` is what may be a part of that, below an empty line. Unless `always`, what stands around is only
    there where something is shown.
    """

    cell: Cell
    lines: str
    shown: str = ""
    before: str = ""
    behind: str = ""
    margin: str = ""
    always: bool = True


class Page:
    """A page of text: its cells, and all that lies between."""

    def __init__(self, source: Source, parts: Sequence[str | Slot], script: Sequence[Cell] = ()) -> None:
        self.name = source.name
        dot = source.name.rfind(".")
        self.suffix = source.name[dot:].lower() if dot > 0 else ""
        self._parts = parts
        self.cells: Sequence[Cell] = [*script, *(part.cell for part in parts if isinstance(part, Slot))]
        shown = [output.text for cell in self.cells if cell.typed for output in cell.outputs]
        is_plain = shown and not any(map(_PYTORCH.search, shown))
        self.style: str | None = "plain" if is_plain else None

    def written(self, outputs: Mapping[int, Sequence[Output]], style: str) -> str:
        """It as a file; cells of other numbers keep what they have shown."""
        return "".join([part if isinstance(part, str) else _written(part, outputs) for part in self._parts])


def _written(slot: Slot, outputs: Mapping[int, Sequence[Output]]) -> str:
    cell, behind = slot.cell, slot.behind
    shown = outputs.get(cell.number)
    text = "" if shown is None else as_text(shown, typed=cell.typed)
    if not text and not slot.always:
        return slot.lines
    if shown is None:
        return slot.lines + slot.before + slot.shown + behind
    if cell.typed and "\n\n" in text.strip():
        behind = behind[len(behind.rstrip("\n")) + 1 :]
    lines = [(slot.margin + line).rstrip(" ") for line in text.splitlines(keepends=True)]
    ends = "" if slot.lines.endswith("\n") else "\n"
    return slot.lines + ends + slot.before + "".join(lines) + behind


def read_page(source: Source, *, checks: bool) -> Page | None:
    """The page of text that a source is, or `None` where it is a script.

    A script with transcripts in it is a page where it is to be checked or written; it runs before them.
    """
    if source.name.lower().endswith(MARKDOWN):
        return Page(source, [*_markdown(source)])
    margin = margin_of(source.text)
    if margin is None:
        return None
    first = next(line for line in source.text.splitlines() if line.strip() and not line.startswith("# "))
    if first.startswith(">>> "):
        return Page(source, [*_transcript(source, 0, len(source.text), 0)])
    if not checks:
        return None
    script = [Cell(0, source, compared=False)] if _is_script(source) else []
    return Page(source, [*_transcript(source, 0, len(source.text), 0, quoted=bool(script))], script)


def _is_script(source: Source) -> bool:
    """Whether a text with transcripts in it is a program, in whose comments and texts they stand."""
    try:
        parse(source, is_function=is_function)
    except ParseError:
        return False
    return True


def _markdown(source: Source) -> Iterator[str | Slot]:
    """The parts of a page in Markdown."""
    text, at, number = source.text, 0, 0
    fences = [*fences_in(text)]
    for place, fence in enumerate(fences):
        if fence.start < at:  # it holds what the code before it has shown
            continue
        body = text[slice(*fence.body)]
        known = fence.language in _CODE
        if body.lstrip().startswith(">>> ") and (known or fence.language in _SHOWN):
            yield text[at : fence.body[0]]
            for part in _transcript(source, *fence.body, number):
                number += isinstance(part, Slot)
                yield part
            at = fence.body[1]
        elif known:
            yield text[at : fence.start]
            number += 1
            below = fences[place + 1] if place + 1 < len(fences) else None
            slot = _slot(source, fence, below, number)
            at = below.end if below is not None and slot.always else fence.end
            yield slot
    yield text[at:]


def _slot(source: Source, fence: Fence, below: Fence | None, number: int) -> Slot:
    """The cell that a fenced block is, and what it has shown in the one below it, if that is so."""
    text = source.text
    line = text.count("\n", 0, fence.body[0])
    cell = Cell(number, Source("\n" * line + text[slice(*fence.body)], source.name), line=line + 1)
    lines = text[fence.start : fence.end]
    between = text[fence.end : below.start] if below is not None else ""
    shown = text[slice(*below.body)] if below is not None else ""
    is_shown = below is not None and below.language in _SHOWN and not between.strip()
    if below is None or not is_shown or shown.lstrip().startswith(">>> "):
        return Slot(cell._replace(compared=False), lines, "", "\n```text\n", "```\n", always=False)
    cell = cell._replace(outputs=_outputs(shown))
    return Slot(
        cell, lines, shown, between + text[below.start : below.body[0]], text[below.body[1] : below.end]
    )


def _transcript(
    source: Source, start: int, end: int, number: int, *, quoted: bool = False
) -> Iterator[str | Slot]:
    """The parts of a transcript, which is a part of a text; `number` cells stand before it."""
    text = source.text[start:end]
    margin = margin_of(text) or ""
    line = source.text.count("\n", 0, start) + 1
    for piece in pieces_of(text, margin, quoted=quoted):
        if piece.prompt != ">>> ":
            yield piece.lines + piece.shown
        else:
            number += 1
            shown, behind = _paragraph(piece.shown, margin)
            cell = Cell(number, Source(piece.typed), _outputs(_bare(shown, margin)), typed=True, line=line)
            yield Slot(cell._replace(behind=_bare(behind, margin)), piece.lines, shown, "", behind, margin)
        line += piece.lines.count("\n") + piece.shown.count("\n")


def _paragraph(text: str, margin: str) -> tuple[str, str]:
    """A text up to its first empty line, and from there on."""
    lines = text.splitlines(keepends=True)
    empty = ("", margin.strip())
    first = next((place for place, line in enumerate(lines) if line.strip() in empty), len(lines))
    return "".join(lines[:first]), "".join(lines[first:])


def _bare(text: str, margin: str) -> str:
    return "".join(line.removeprefix(margin) for line in text.splitlines(keepends=True))


def _outputs(text: str) -> tuple[Output, ...]:
    """What a text shows that stands below an input."""
    if not text.strip():
        return ()
    if text.startswith("Traceback (most recent call last)"):
        title, _, told = text.rstrip().rpartition("\n")[2].partition(": ")
        return (Output("error", told, title, report=text),)
    return (Output("stdout", text),)
