"""What became of the cells of a page that was run again: a verdict for each, their numbers, and a report."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import unified_diff
from typing import Any, Literal

from gradcli.documents.differences import Difference, compare, compare_lines, compare_typed
from gradcli.documents.document import Cell, Output
from gradcli.records import NamedTuple
from gradcli.text.excerpt import printable

_SKIPPED = ("nbval_skip", "nbval-skip", "doctest: +skip")
_IGNORED = ("nbval_ignore_output", "nbval-ignore-output", "pytest_validate_ignore_output")
"""What nbval's users write into a cell (as a comment) or beside it (as a tag)."""

_MARK = re.compile(r"#\s*(doctest: \+SKIP|\w+)\s*$", re.MULTILINE)
_MOST_LINES = 30  # of a difference that are shown
_MOST_COMPARED = 500

Kind = Literal["equal", "excused", "differs", "skipped", "silent"]


def is_skipped(cell: Cell) -> bool:
    """Whether a mark says that a cell is not to be run, and so not compared."""
    return cell.is_skipped or not _marks(cell).isdisjoint(_SKIPPED)


def _marks(cell: Cell) -> set[str]:
    return {*cell.tags, *(mark.lower() for mark in _MARK.findall(cell.source.text))}


class Verdict(NamedTuple):
    """What became of a cell. One that shows nothing, and has shown nothing, is silent."""

    cell: Cell
    kind: Kind
    difference: Difference = Difference()

    def to_dict(self) -> dict[str, Any]:
        """It as JSON has it."""
        place = {"line": self.cell.line} if self.cell.line else {"cell": self.cell.number}
        found: dict[str, Any] = {**place, "verdict": self.kind}
        if self.difference.reasons:
            found["reasons"] = list(self.difference.reasons)
        if self.kind == "differs":
            found |= {"stored": self.difference.stored, "shown": self.difference.shown}
        return found


def judge(cell: Cell, shown: Sequence[Output] | None, tolerance: float) -> Verdict:
    """What became of a cell that now shows this, or was not run (`None`)."""
    if shown is None:
        return Verdict(cell, "skipped")
    if not cell.compared:  # but it must run
        shown = [each for each in shown if each.kind == "error"]
    if not [each for each in (*cell.outputs, *shown) if each.kind != "stderr"]:
        return Verdict(cell, "silent")
    if not _marks(cell).isdisjoint(_IGNORED):
        return Verdict(cell, "excused", Difference(("marked",)))
    found = _compare(cell, shown, tolerance)
    if not found.excused:
        return Verdict(cell, "differs", found)
    return Verdict(cell, "excused" if found.reasons else "equal", found)


def _compare(cell: Cell, shown: Sequence[Output], tolerance: float) -> Difference:
    code = cell.source.text
    if cell.typed:
        return compare_typed(cell.outputs, cell.behind, shown, code, tolerance)
    return (compare_lines if cell.line else compare)(cell.outputs, shown, code, tolerance)


class Checked(NamedTuple):
    """A page, and what became of its cells."""

    name: str
    verdicts: tuple[Verdict, ...]

    @property
    def status(self) -> int:
        """The exit status: 1 where a cell differs for no reason that excuses it."""
        return int(any(each.kind == "differs" for each in self.verdicts))

    def count(self, kind: Kind) -> int:
        """How many cells came to that."""
        return sum(each.kind == kind for each in self.verdicts)

    def reasons(self, kind: Kind) -> dict[str, int]:
        """In how many cells of a kind each reason was met, the most frequent first."""
        found = Counter(
            reason.split()[0]
            for each in self.verdicts
            if each.kind == kind
            for reason in each.difference.reasons
        )
        return dict(found.most_common())

    def text(self) -> str:
        """The report: each cell that is not equal, and a line that counts them."""
        lines = [line for each in self.verdicts for line in _told(each)]
        return "\n".join([*lines, self._summary()])

    def _summary(self) -> str:
        compared = len(self.verdicts) - self.count("silent") - self.count("skipped")
        parts = []
        for kind, one, many in _WORDS:
            number = self.count(kind)
            if number or kind == "equal":
                told = ", ".join(f"{reason} {count}" for reason, count in self.reasons(kind).items())
                parts.append(f"{number} {one if number == 1 else many}" + (f" ({told})" if told else ""))
        number = sum(each.cell.number > 0 for each in self.verdicts)
        cells = "1 cell" if number == 1 else f"{number} cells"
        shows = "shows" if compared == 1 else "show"
        return f"{printable(self.name)}: {cells}, of which {compared} {shows} something: {', '.join(parts)}"

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return {
            "file": self.name,
            "agrees": not self.status,
            "counts": {kind: self.count(kind) for kind in _KINDS},
            "reasons": {**self.reasons("excused"), **self.reasons("differs")},
            "cells": [each.to_dict() for each in self.verdicts],
        }


_KINDS: tuple[Kind, ...] = ("equal", "excused", "differs", "skipped", "silent")
_WORDS: tuple[tuple[Kind, str, str], ...] = (
    ("equal", "equal", "equal"),
    ("excused", "excused", "excused"),
    ("differs", "differs", "differ"),
    ("skipped", "skipped", "skipped"),
)


def _told(verdict: Verdict) -> list[str]:
    """What the report says of a cell."""
    place, reasons = verdict.cell.place, ", ".join(verdict.difference.reasons)
    if verdict.kind == "excused":
        return [f"{place} is excused: {reasons}"]
    if verdict.kind != "differs":
        return []
    old, new = (text.splitlines() for text in (verdict.difference.stored, verdict.difference.shown))
    changes = list(unified_diff(old[:_MOST_COMPARED], new[:_MOST_COMPARED], lineterm="", n=1))[2:]
    lines = [f"  {printable(line)}" for line in changes if not line.startswith("@@")]
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"  … and {len(lines) - _MOST_LINES} more lines"]
    return [f"{place} differs: {reasons}", *lines]
