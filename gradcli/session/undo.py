"""The statements that made a session what it is: what `save` writes, and `undo` takes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcli.records import NamedTuple
from gradcli.session.journal import Changes, joined
from gradcli.text.errors import InputError

MOST_UNDONE = 1000
"""How many statements `undo` can take back; each holds what was there before it."""


class Step(NamedTuple):
    """Something that succeeded: its text, and what takes it back (`None`: it stays).

    A `reset` has no text, as what came before it is not there to be made again.
    """

    text: str
    told: str
    """What `undo` calls it."""
    changes: Changes | None
    look: bool = False
    """Whether it only showed something."""
    statements: int = 1
    """How many are in it."""
    restores: list[Step] | None = None
    """The steps before it, where it was a `reset`."""
    shown: tuple[Any, ...] = ()
    """What it showed, as a page keeps that."""


class Steps:
    """The steps of a session, oldest first."""

    def __init__(self) -> None:
        self._steps: list[Step] = []

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def texts(self) -> list[str]:
        """What makes the session again."""
        return [step.text for step in self._steps if step.text]

    @property
    def cells(self) -> list[tuple[str, tuple[Any, ...]]]:
        """What makes the session again, each step with what it showed."""
        return [(step.text, step.shown) for step in self._steps if step.text]

    @property
    def statements(self) -> int:
        """How many statements `texts` holds."""
        return sum(step.statements for step in self._steps if step.text)

    def keep(
        self, text: str, changes: Changes, *, uses_ans: bool = False, shown: tuple[Any, ...] = ()
    ) -> None:
        """Adds a step, with what it showed.

        One that changed nothing but `ans`, and did not go on with it, only showed something.
        """
        look = not uses_ans and all(change.key == "ans" for change in changes)
        self._steps.append(Step(text, _first_line(text), changes, look, shown=shown))

    def trim(self) -> None:
        """Lets go of what takes back steps that are too long ago."""
        place = len(self) - MOST_UNDONE - 1
        while place >= 0 and self._steps[place].changes is not None:
            self._steps[place] = self._steps[place]._replace(changes=None)
            place -= 1

    def join(self, first: int, told: str, header: str = "") -> int:
        """Makes one step of all steps from `first` on, without the header of their file; their number."""
        steps = self._steps[first:]
        if steps:
            text = "\n".join(step.text for step in steps).removeprefix(header)
            whole = all(step.changes is not None for step in steps)
            changes = joined([change for step in steps for change in step.changes or ()]) if whole else None
            look = all(step.look for step in steps)
            shown = tuple(each for step in steps for each in step.shown)
            self._steps[first:] = [Step(text, told, changes, look, len(steps), shown=shown)]
        return len(steps)

    def settle(self) -> None:
        """Lets nothing so far be undone."""
        self._steps[:] = [step._replace(changes=None) for step in self._steps]

    def reset(self, changes: Changes) -> None:
        """Begins anew; one step, which `undo` takes back."""
        self._steps = [Step("", "reset", changes, restores=self._steps)]

    def undo(self, take_back: Callable[[Changes], None]) -> str:
        """Takes back the last step that changed something (or, if none did, the last that showed something).

        What was only shown after it goes too. Returns what was taken back; raises `InputError` where there
        is nothing.
        """
        undoable = [place for place, step in enumerate(self._steps) if step.changes is not None]
        changed = [place for place in undoable if not self._steps[place].look]
        if not undoable:
            raise InputError("there is nothing to undo")
        first = changed[-1] if changed else undoable[-1]
        for step in reversed(self._steps[first:]):
            take_back(step.changes or [])
        step = self._steps[first]
        del self._steps[first:]
        if step.restores is not None:
            self._steps = step.restores
        return step.told


def _first_line(text: str) -> str:
    """The first line that is more than a comment, and a sign that there are more."""
    lines = [line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    return f"{lines[0]} …" if len(lines) > 1 else "".join(lines)
