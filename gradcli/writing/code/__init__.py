"""Graphs as source code of other languages: one table a target, and what all of them share.

A graph over arrays becomes one over single numbers (`scalars`); what a target has no word for is spelled by
its definition (`definitions`) or refused by name; `program` gives names to what is shared or long, and a
target writes the rest. Knows the engine and nothing of the language's text, of sessions or of files.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcli.writing.code.program import Language

TARGETS = ("c", "fortran", "javascript", "python", "numpy", "awk", "sql")
"""Every target; each is a module of its name here."""


def language(target: str, dialect: str = "", names: Iterable[str] = ()) -> Language:
    """What a target's text is made of; of SQL in a dialect, for a query that reads columns of these names."""
    module = import_module(f"gradcli.writing.code.{target}")
    found: Language = module.language(module.DIALECTS[dialect], names) if dialect else module.LANGUAGE
    return found
