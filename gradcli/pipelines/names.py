"""Names of columns that are no names of a formula, and stand in one as they are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from gradcli.language.table import KEYWORDS
from gradcli.text.errors import GradcliError
from gradcli.text.source import Mark


@contextmanager
def columns_told(columns: Callable[[], Iterable[str]]) -> Iterator[None]:
    """Says of a mistake in a formula that it stands in the name of a column, which needs backticks."""
    try:
        yield
    except GradcliError as error:
        name = _column_at(error.marks[0], columns()) if error.marks else None
        if name is not None:
            error.hint = f"did you mean `{name}`?"
        raise


def columns_of(files: Sequence[str], form: str | None, *, decimal_comma: bool) -> list[str]:
    """The names of the columns of the first file, where there is one that can be read."""
    if not files or not os.path.isfile(files[0]):  # noqa: PTH113 (pathlib takes 3 ms)
        return []
    from gradcli.streams.chunk import Reading
    from gradcli.streams.opening import open_reader

    try:
        reader = open_reader(files[0], form, Reading(decimal_comma=decimal_comma))
    except GradcliError:
        return []
    reader.close()
    return reader.columns


def _column_at(mark: Mark, columns: Iterable[str]) -> str | None:
    """The longest name of a column that stands around a place without backticks."""
    text, place = mark.source.text, mark.span.start
    for name in sorted(map(str.strip, columns), key=len, reverse=True):
        if (name.isidentifier() and name not in KEYWORDS) or not any(map(str.isalpha, name)):
            continue
        start = text.find(name, max(0, place - len(name)))
        if 0 <= start <= place and text[start - 1 : start] != "`":
            return name
    return None
