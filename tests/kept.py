"""Sessions to run statements in, and to look into."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from transcripts import statements

from gradcli.capabilities.behaviours import behaviours
from gradcli.language.parser import parse
from gradcli.session.runner import run
from gradcli.session.state import Session
from gradcli.text.source import Source


def shown(text: str) -> str:
    """What statements show when they are run, one text, in a new session (without the last line end)."""
    return statements()(dedent(text).strip("\n")).rstrip("\n")


class Kept:
    """A session to look into."""

    def __init__(self, text: str = "") -> None:
        self.session = Session()
        self.notices: list[str] = []
        self.run(text)

    def run(self, text: str) -> None:
        program = parse(Source(dedent(text).strip("\n")))
        run(
            self.session,
            program,
            lambda result: None,
            lambda notice: self.notices.append(notice.message),
            behaviours,
        )

    def grad(self, name: str) -> Any:
        return self.session.grad_data(self.session.leaf(name))

    def value(self, name: str) -> Any:
        return self.session.data(name)
