"""What is asked of a capability, and what it finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from gradcli.capabilities.formula import Formula
from gradcli.capabilities.ranges import Points
from gradcli.capabilities.rows import AnyRows
from gradcli.records import NamedTuple
from gradcli.text.errors import GradcliError, InputError, Notice
from gradcli.text.excerpt import printable
from gradcli.text.json import json_text, json_value

_MIME = {"latex": "text/latex", "markdown": "text/markdown", "png": "image/png", "svg": "image/svg+xml"}
"""What Jupyter calls the formats that it shows."""


class Request(NamedTuple):
    """What is asked: formulas, what stands behind them, and the options by their parameters.

    `words` are what stands behind the formula on the command line, or behind it and a comma in a statement,
    as texts: names of variables, say. `rows` are data that the formula is about, if there are any.
    """

    formula: Formula
    words: tuple[str, ...] = ()
    settings: Mapping[str, Any] = {}
    rows: AnyRows | None = None


class Found:
    """What a capability found: data first, text and JSON made of it.

    `expression` is what was asked about, `variables` the values that were given (ranges as they were typed);
    `notices` are warnings and notes, `status` the exit status: 1 where what was looked for does not hold, or
    was not found.
    """

    status = 0
    _picture: Any = None
    """What is drawn in the text, where something is."""
    notebook = ""
    """The format in which Jupyter shows it, where that is not the text."""
    failure = ""
    """What is wrong, where that ends a script."""
    formats: tuple[str, ...] = ()
    """What it can be written in, beside text and JSON."""

    def __init__(self, expression: str, variables: Mapping[str, Any], notices: Sequence[Notice] = ()) -> None:
        self.expression = expression
        self.variables = dict(variables)
        self.notices = tuple(notices)
        self.settled: Mapping[str, Any] = {}
        """The values that a statement gives to leaves of its session, by name."""
        self.aside = ""
        """What is shown beside the answer, and is no part of it: a command line writes it to stderr."""

    def __repr__(self) -> str:
        try:
            return self.shown()
        except GradcliError as error:  # no terminal can show it
            return f"<{type(self).__name__} of {self.expression}: {error}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What Jupyter shows, by MIME type: the text, and what is read more easily in a notebook."""
        bundle = {"text/plain": repr(self)}
        with suppress(GradcliError):  # where there is no Matplotlib, say, the text has to do
            if self.notebook:
                bundle[_MIME[self.notebook]] = _for_notebook(self.written(self.notebook), self.notebook)
        return bundle

    def shown(self, digits: int | None = None) -> str:
        """The text as stdout shows it: a picture in it has colours where a terminal wants them."""
        text = self._safe(digits)
        if self._picture is None:
            return text
        from gradcli.capabilities.pictures import in_colour

        return in_colour(text, self._picture)

    def _safe(self, digits: int | None) -> str:
        """The text in lines that a terminal shows and does not obey, whatever names are in it."""
        return "\n".join(map(printable, self.text(digits).split("\n")))

    @property
    def warnings(self) -> tuple[str, ...]:
        """The messages of the warnings."""
        return tuple(notice.message for notice in self.notices if notice.kind == "warning")

    def members(self) -> dict[str, Any]:
        """What `to_dict` has beside `expression`, `variables` and `warnings`."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """The same as `--json` prints: numbers, truth values, texts and lists; nan and inf are texts."""
        return {
            "expression": self.expression,
            "variables": {
                name: str(data) if isinstance(data, Points) else json_value(data)
                for name, data in self.variables.items()
            },
            **self.members(),
            "warnings": list(self.warnings),
        }

    def text(self, digits: int | None = None) -> str:
        """What a terminal shows, without a line end; `digits` shortens numbers."""
        raise NotImplementedError

    def written(self, form: str, digits: int | None = None) -> str | bytes:
        """The whole in one of the other formats of the capability."""
        raise NotImplementedError

    def _check(self, form: str) -> None:
        """Raises `InputError` for what is none of the other formats."""
        if self.formats and form not in self.formats:
            known = " or ".join(filter(None, (", ".join(self.formats[:-1]), self.formats[-1])))
            raise InputError(
                f"this is written as {known}, and not as {form}", hint=f'written("{self.formats[0]}")'
            )

    def rendered(self, form: str, digits: int | None = None) -> str | bytes:
        """The whole in any of its formats, `text` and `json` among them."""
        if form == "text":
            return self._safe(digits)
        return json_text(self.to_dict(), digits) if form == "json" else self.written(form, digits)


def _for_notebook(whole: str | bytes, form: str) -> str:
    """An answer as Jupyter's messages have it: bytes by base64, each formula displayed as one."""
    if isinstance(whole, bytes):
        from base64 import b64encode

        return b64encode(whole).decode()
    return "\n".join(f"$${line}$$" for line in whole.splitlines()) if form == "latex" else whole
