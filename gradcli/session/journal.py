"""What stood in a session's mappings before they were changed, so that changes can be taken back."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, TypeAlias

from gradcli.records import NamedTuple

_MISSING = object()


class Change(NamedTuple):
    """One key of one mapping, and what it held before."""

    mapping: MutableMapping[Any, Any]
    key: Any
    before: Any

    def take_back(self) -> None:
        """Lets the key hold again what it held."""
        if self.before is _MISSING:
            self.mapping.pop(self.key, None)
        else:
            self.mapping[self.key] = self.before


Changes: TypeAlias = list[Change]


class Journal:
    """Changes mappings, and remembers what each changed key held first."""

    def __init__(self) -> None:
        self._first: dict[tuple[int, Any], Change] = {}

    def set(self, mapping: MutableMapping[Any, Any], key: Any, value: Any) -> None:
        """Sets a key of a mapping."""
        self._remember(mapping, key)
        mapping[key] = value

    def remove(self, mapping: MutableMapping[Any, Any], key: Any) -> None:
        """Removes a key of a mapping, if it is there."""
        self._remember(mapping, key)
        mapping.pop(key, None)

    def close(self) -> Changes:
        """All changes since it was last closed; it begins anew."""
        changes = list(self._first.values())
        self._first.clear()
        return changes

    def _remember(self, mapping: MutableMapping[Any, Any], key: Any) -> None:
        self._first.setdefault((id(mapping), key), Change(mapping, key, mapping.get(key, _MISSING)))


def joined(changes: Changes) -> Changes:
    """Changes made one after another as one: the first of each key says what was there before them all."""
    first: dict[tuple[int, Any], Change] = {}
    for change in changes:
        first.setdefault((id(change.mapping), change.key), change)
    return list(first.values())
