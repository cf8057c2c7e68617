"""What a session held before it was changed, so that changes can be taken back."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, TypeAlias

from gradcli.records import NamedTuple, Protocol

_MISSING = object()


class Holder(Protocol):
    """What holds something that changes in place."""

    def held(self) -> Any:
        """All that it holds."""

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""


class Change(NamedTuple):
    """One key of one mapping, and what it held before."""

    mapping: MutableMapping[Any, Any]
    key: Any
    before: Any

    @property
    def place(self) -> Any:
        """What was changed."""
        return id(self.mapping), self.key

    def take_back(self) -> None:
        """Lets the key hold again what it held."""
        if self.before is _MISSING:
            self.mapping.pop(self.key, None)
        else:
            self.mapping[self.key] = self.before


class Replaced(NamedTuple):
    """Something that changes in place, and what it held before."""

    holder: Holder
    before: Any

    @property
    def key(self) -> None:
        """It is no key of a mapping."""

    @property
    def place(self) -> Any:
        """What was changed."""
        return id(self.holder)

    def take_back(self) -> None:
        """Lets it hold again what it held."""
        self.holder.hold(self.before)


Changes: TypeAlias = list[Change | Replaced]


class Journal:
    """Remembers what each key of a mapping, and each holder, held first."""

    def __init__(self) -> None:
        self._first: dict[Any, Change | Replaced] = {}

    def set(self, mapping: MutableMapping[Any, Any], key: Any, value: Any) -> None:
        """Sets a key of a mapping."""
        self._remember(mapping, key)
        mapping[key] = value

    def remove(self, mapping: MutableMapping[Any, Any], key: Any) -> None:
        """Removes a key of a mapping, if it is there."""
        self._remember(mapping, key)
        mapping.pop(key, None)

    def note(self, holder: Holder) -> None:
        """Remembers what a holder holds, which is about to be changed."""
        place = id(holder)
        if place not in self._first:
            self._first[place] = Replaced(holder, holder.held())

    def close(self) -> Changes:
        """All changes since it was last closed; it begins anew."""
        changes = list(self._first.values())
        self._first.clear()
        return changes

    def absorb(self, changes: Changes) -> None:
        """Remembers changes that were made after those that it knows."""
        for change in changes:
            self._first.setdefault(change.place, change)

    def _remember(self, mapping: MutableMapping[Any, Any], key: Any) -> None:
        place = (id(mapping), key)
        if place not in self._first:
            self._first[place] = Change(mapping, key, mapping.get(key, _MISSING))


def joined(changes: Changes) -> Changes:
    """Changes made one after another as one: the first of each place says what was there before them all."""
    first: dict[Any, Change | Replaced] = {}
    for change in changes:
        first.setdefault(change.place, change)
    return list(first.values())
