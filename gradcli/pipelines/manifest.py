"""What a folder of parts says about itself: what was asked, and what came of the parts that are done.

A part is done if its file is there, and what came of it. While others are not, that stands in a file beside
it, which is written first; in the end, all stand in the manifest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.pipelines.order import Order
from gradcli.pipelines.part import Outcome, Target, Task
from gradcli.pipelines.table import Summary
from gradcli.session.uncertainty.uncertain import Uncertain
from gradcli.streams.storage import Folder, state_of
from gradcli.text.errors import InputError, Notice
from gradcli.text.source import Mark, Source, Span

NAME = "_manifest.json"
"""Tools that read all files of a folder leave those out that begin so."""


def asked(order: Order, target: Target, size: int, machine: Mapping[str, str]) -> dict[str, Any]:
    """What decides what will stand in which part, by words for it where it is not as before."""
    files = [[file, *state_of(file, order.base or "")] for file in order.files]
    found = {
        "another expression": order.expression,
        "other functions": order.definitions,
        "other uncertainties": order.uncertainty,
        "other values": {name: _plain(value) for name, value in order.values.items()},
        "other correlations": [[names, _plain(matrix)] for names, matrix in order.correlations],
        "other files": files,
        "other options": [*order.settings._replace(progress=False), *order.choice, target.form, target.only],
        "parts of another size": size,
        "other machines": dict(machine),
    }
    kept: dict[str, Any] = json.loads(json.dumps(found))
    return kept


def _plain(value: Any) -> Any:
    """A value as JSON has it, in which nan and the infinities are words of Python's."""
    if isinstance(value, Uncertain):
        correlation = None if value.correlation is None else _plain(value.correlation)
        return {"value": _plain(value.value), "uncertainty": _plain(value.uncertainty), "by": correlation}
    return np.asarray(value, np.float64).tolist()


class Manifest:
    """The manifest of a folder, with the outcomes of the tasks that are done by their numbers."""

    def __init__(self, folder: Folder, request: Mapping[str, Any], outcomes: Mapping[int, Outcome]) -> None:
        self.folder = folder
        self.done = dict(outcomes)
        self._request = request

    @staticmethod
    def begin(folder: Folder, request: Mapping[str, Any], tasks: Sequence[Task], *, resume: bool) -> Manifest:
        """The manifest of a folder that is new, or goes on; raises `InputError` where it may not."""
        names = set(folder.names())
        if not names:
            folder.make()
            manifest = Manifest(folder, request, {})
            manifest._write({})
            return manifest
        if not resume:
            hint = "--resume goes on with what was interrupted" if NAME in names else "name another folder"
            raise InputError(f"{folder.place} is not empty", hint=hint)
        if NAME not in names:
            raise InputError(f"{folder.place} holds nothing to resume: it has no {NAME}")
        try:
            kept = json.loads(folder.read(NAME))
            before, parts = kept["request"], dict(kept["parts"])
            for task in tasks:
                if task.name in names and _beside(task) in names:
                    parts[str(task.number)] = json.loads(folder.read(_beside(task)))
            found = {int(number): _outcome(each) for number, each in parts.items()}
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{folder.place}/{NAME} is damaged", hint="name another folder") from None
        for what, now in request.items():
            if before.get(what) != now:
                hint = "name another folder, or ask as then"
                raise InputError(f"{folder.place} was begun with {what}", hint=hint)
        there = {task.number for task in tasks if task.name in names}
        return Manifest(folder, request, {number: each for number, each in found.items() if number in there})

    def keep(self, task: Task, outcome: Outcome) -> None:
        """Lets the file of a task stand, which was written under another name."""
        self.folder.write(_beside(task), json.dumps(_json(outcome)).encode())
        self.folder.rename(outcome.file, task.name)
        self.done[task.number] = outcome

    def finish(self) -> None:
        """All is done."""
        self._write({number: _json(outcome) for number, outcome in sorted(self.done.items())})
        self.sweep("")

    def sweep(self, run: str) -> None:
        """Removes what a run has left half done; without a name all that stands beside files of parts."""
        for name in self.folder.names():
            if name.startswith(".part-") and (not run or (run in name and name.endswith(".tmp"))):
                self.folder.remove(name)

    def _write(self, parts: Mapping[int, Any]) -> None:
        text = json.dumps({"request": self._request, "parts": parts}, indent=1)
        self.folder.write(NAME, text.encode())


def _beside(task: Task) -> str:
    return f".{task.name}.json"


_COUNTS = ("rows", "bad", "first", "comments", "missing", "unnamed", "odd", "place")


def _json(outcome: Outcome) -> dict[str, Any]:
    """An outcome that is no error, and whose rows are in a file."""
    summary, cause = outcome.summary, outcome.summary.cause
    return {
        "extent": [outcome.start, outcome.stop, outcome.lines],
        **{name: getattr(summary, name) for name in _COUNTS},
        "cause": None if cause is None else [*cause[:2], [_mark(each) for each in cause.marks], *cause[3:]],
        "conventions": {told: _mark(mark) for told, mark in summary.conventions.items()},
    }


def _outcome(kept: Mapping[str, Any]) -> Outcome:
    cause = None
    if kept["cause"] is not None:
        kind, message, marks, hint, told = kept["cause"]
        cause = Notice(kind, message, tuple(map(_read_mark, marks)), hint, told)
    conventions = {told: _read_mark(mark) for told, mark in kept["conventions"].items()}
    start, stop, lines = kept["extent"]
    counts = {name: kept[name] for name in _COUNTS}
    summary = Summary(**counts, cause=cause, conventions=conventions)
    return Outcome(start, stop, lines, summary)


def _mark(mark: Mark) -> list[Any]:
    return [mark.source.text, mark.source.name, *mark.span, mark.label]


def _read_mark(kept: Sequence[Any]) -> Mark:
    text, name, start, end, label = kept
    return Mark(Source(text, name), Span(start, end), label)
