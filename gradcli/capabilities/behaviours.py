"""What a `Run` does with statements that ask. How, stands in `statement.py`, as most programs ask nothing."""

from __future__ import annotations

from gradcli.language.tree import Ask
from gradcli.session.context import Behaviours, Run


def _ask(run: Run, statement: Ask) -> None:
    from gradcli.capabilities.statement import ask

    ask(run, statement)


def behaviours() -> Behaviours:
    """What runs statements that ask, for a `Run`."""
    return {Ask: _ask}
