"""Errors, warnings and notes as data. Only `report.py` turns them into text.

Exit statuses, for every surface: 1 where the evaluation failed, 2 where what was typed is wrong.
"""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from gradcli.records import NamedTuple
from gradcli.text.source import Mark, Span


def brief(text: str) -> str:
    """A message in which no word is longer than anyone reads."""
    return re.sub(_ENDLESS, lambda match: f"{match[0][:_LONGEST_WORD]}…", text)


_LONGEST_WORD = 80
_ENDLESS = r"\S{250,}"
"""What no name of a variable and no path of a file is."""


class GradcliError(Exception):
    """Something that the user must know: one sentence, where it is, and what to do instead.

    `message` is one line without a full stop, which says something of `subject` where that is given: a
    function, by its name. `marks` are the places to underline, the guilty one first; `hint` says what to
    type instead. `rendered` is the whole text as a terminal shows it, filled in by the surface that
    raises it.
    """

    exit_status: ClassVar[int] = 1
    further: tuple[Mark, ...] = ()
    """Places to underline beside the guilty one, which is not known where the error is made."""

    def __init__(
        self, message: str, marks: tuple[Mark, ...] = (), hint: str | None = None, *, subject: str = ""
    ) -> None:
        whole = brief(f"{subject} {message}" if subject else message)
        super().__init__(whole)
        self.message = whole
        self.subject = subject
        self._said = message
        self.marks = marks
        self.hint = None if hint is None else brief(hint)
        self.rendered = self.message

    def __str__(self) -> str:
        return self.message  # which may have been said anew since it was made

    def call_subject(self, name: str) -> None:
        """Calls the subject as it was typed, which may be by an alias."""
        self.subject = name
        self.message = self.rendered = f"{name} {self._said}"

    def blame(self, mark: Mark) -> None:
        """Makes a place the guilty one."""
        self.marks = (mark, *self.further)

    @property
    def span(self) -> Span | None:
        """The guilty range of characters, or `None` where no text is to blame."""
        return self.marks[0].span if self.marks else None


class EvaluationError(GradcliError):
    """The text means something, but it cannot be computed: a shape, a singular matrix, a stale value."""


class RaisedError(EvaluationError):
    """What a program raises itself, by the name of an error (`called`), and what that says (`said`).

    `kinds` are the names of the classes from which its own inherits, where a program defines that.
    """

    def __init__(
        self,
        called: str,
        said: str,
        marks: tuple[Mark, ...] = (),
        message: str = "",
        hint: str | None = None,
        kinds: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message or (f"{called}: {said}" if said else called), marks, hint)
        self.called = called
        self.kinds = kinds
        self.said = said


class InputError(GradcliError):
    """What was typed is wrong: syntax, an unknown name, an arity, a usage, a file that is not there."""

    exit_status = 2


class UnboundNameError(InputError):
    """A name that nothing is bound to, and that resembles nothing which is."""


class ParseError(InputError):
    """The text is not in the language.

    `incomplete` is true where more text could still make it so (an open bracket, a missing
    operand at the end, a body that has not begun), which is how a prompt knows to ask for more.
    """

    def __init__(
        self,
        message: str,
        marks: tuple[Mark, ...] = (),
        hint: str | None = None,
        *,
        incomplete: bool = False,
    ) -> None:
        super().__init__(message, marks, hint)
        self.incomplete = incomplete


def reason(error: BaseException) -> str:
    """What the system says is wrong, as the end of a sentence."""
    if isinstance(error, IsADirectoryError):
        return "it is a folder"
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    text = text.partition("\n")[0].rstrip(".") or type(error).__name__
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]  # CRC stays CRC


def cannot_read(name: str, error: BaseException) -> InputError:
    """The error for a file that cannot be opened or read, from what the system says of it."""
    return InputError(f"cannot read {name or chr(34) * 2}: {reason(error)}")


def cannot_write(name: str, error: BaseException) -> EvaluationError:
    """The error for what cannot be written, from what the system says of it."""
    return EvaluationError(f"cannot write {name}: {reason(error)}")


def exhausted(raised: RecursionError | MemoryError) -> GradcliError:
    """The error for what there is not enough of to go on."""
    if isinstance(raised, RecursionError):
        return GradcliError("this is nested too deeply")
    return GradcliError("there is not enough memory for this")


REPORTS = "https://github.com/gradcli/gradcli/issues"
"""Where mistakes in gradcli are told."""


def unexpected(raised: Exception) -> GradcliError:
    """The error for what nobody foresaw, which is a mistake in gradcli and not of who uses it."""
    said = " ".join(str(raised).split())
    if len(said) > _LONGEST_REASON:
        said = said[:_LONGEST_REASON] + "…"
    what = type(raised).__name__ + (f": {said}" if said else "")
    return GradcliError(
        f"a mistake in gradcli itself: {what}",
        hint=f"please report it, with what was typed and what gradcli --version says: {REPORTS}",
    )


_LONGEST_REASON = 200
"""Characters of what an exception says that are shown."""


class Notice(NamedTuple):
    """A warning (the answer may not be what was meant) or a note (how something was read).

    `cause` is the part of the message that says why, where one says so.
    """

    kind: Literal["warning", "note"]
    message: str
    marks: tuple[Mark, ...] = ()
    hint: str | None = None
    cause: str = ""
