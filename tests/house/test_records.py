"""Tuples with names behave as those of the standard library."""

from __future__ import annotations

import pickle
import typing
from typing import Any

import pytest

from gradcli import records as named


class Ours(named.NamedTuple):
    """A place."""

    row: int
    column: int
    label: str = ""

    @property
    def both(self) -> int:
        return self.row + self.column


class Theirs(typing.NamedTuple):
    """A place."""

    row: int
    column: int
    label: str = ""


def make(kind: Any) -> list[Any]:
    return [kind(1, 2), kind(1, 2, "a"), kind(1, column=2), kind(label="b", row=3, column=4)]


def test_they_hold_and_show_the_same() -> None:
    for ours, theirs in zip(make(Ours), make(Theirs), strict=True):
        assert ours == theirs
        assert hash(ours) == hash(theirs)
        assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
        assert (ours.row, ours.column, ours.label) == (theirs.row, theirs.column, theirs.label)
        assert ours._replace(row=9) == theirs._replace(row=9)
    assert Ours._fields == Theirs._fields
    assert Ours.__match_args__ == Theirs.__match_args__
    assert Ours(1, 2).both == 3


def test_they_match_and_are_pickled() -> None:
    match Ours(1, 2):
        case Ours(row, column):
            assert (row, column) == (1, 2)
    again = pickle.loads(pickle.dumps(Ours(1, 2, "a")))
    assert type(again) is Ours
    assert again == Ours(1, 2, "a")


@pytest.mark.parametrize(
    ("values", "named_values"),
    [((), {}), ((1,), {}), ((1, 2, "a", 4), {}), ((1, 2), {"row": 1}), ((1, 2), {"size": 1})],
)
def test_wrong_fields_are_refused(values: Any, named_values: Any) -> None:
    for kind in (Ours, Theirs):
        with pytest.raises(TypeError):
            kind(*values, **named_values)


def test_nothing_can_be_set() -> None:
    place: Any = Ours(1, 2)
    for name in ("row", "other"):
        with pytest.raises(AttributeError):
            setattr(place, name, 3)
