"""The names of a call of a function whose statements are run: its own, and those around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from gradcli.session.values import Names


class CallNames(Names):
    """The names of one call, whose own names hide those around it (`outer`)."""

    def __init__(self, outer: Names) -> None:
        super().__init__()
        self.outer = outer
        self.through: dict[str, Names] = {}
        """The names that are bound elsewhere: in the program or a function around, as the program says."""
        values: dict[str, Any] = {}
        groups: dict[str, Any] = {}
        self.own = values, groups
        """What its own names are bound to."""
        self.values = _Around("values", values, groups, outer.values, self.through)
        self.groups = _Around("groups", groups, values, outer.groups, self.through)
        self.functions = outer.functions

    def reach(self, name: str) -> None:
        """Lets a name that is bound around these be bound there: what it means changes in place."""
        if name not in self.through and not any(name in own for own in self.own):
            self.through[name] = self.around(name) or self.outermost

    def around(self, name: str) -> CallNames | None:
        """The names of the nearest call around whose own name that is, if it is one of any."""
        names = self.outer
        while isinstance(names, CallNames):
            if name in names.through:
                found = names.through[name]
                return found if isinstance(found, CallNames) else None
            if any(name in own for own in names.own):
                return names
            names = names.outer
        return None


class _Around(MutableMapping[str, Any]):
    """The names of a call: its own, and those around it that they, or `hiding` ones, do not hide.

    They are `which` of those of a call. Names that go `through` are bound elsewhere.
    """

    def __init__(
        self,
        which: str,
        own: dict[str, Any],
        hiding: Mapping[str, Any],
        outer: Mapping[str, Any],
        through: Mapping[str, Names],
    ) -> None:
        self._which = which
        self._own = own
        self._hiding = hiding
        self._outer = outer
        self._through = through

    def _elsewhere(self, name: str) -> MutableMapping[str, Any]:
        """Where a name is bound that goes through."""
        found: MutableMapping[str, Any] = getattr(self._through[name], self._which)
        return found

    def __getitem__(self, name: str) -> Any:
        if name in self._own:
            return self._own[name]
        if name in self._hiding:
            raise KeyError(name)
        return self._elsewhere(name)[name] if name in self._through else self._outer[name]

    def get(self, name: str, default: Any = None) -> Any:
        """What a name is bound to; most are asked for in this way, and without an error."""
        if name in self._own:
            return self._own[name]
        if name in self._hiding:
            return default
        return (self._elsewhere(name) if name in self._through else self._outer).get(name, default)

    def __setitem__(self, name: str, held: Any) -> None:
        if name in self._through:
            self._elsewhere(name)[name] = held
        else:
            self._own[name] = held

    def __delitem__(self, name: str) -> None:
        if name in self._through:
            del self._elsewhere(name)[name]
        else:
            self._own.pop(name, None)

    def pop(self, name: str, *default: Any) -> Any:
        """Lets go of an own name; those around are not changed from here."""
        if name in self._through:
            return self._elsewhere(name).pop(name, *default)
        return self._own.pop(name, *default)

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        for name in self._outer:
            if name not in self._own and name not in self._hiding:
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)
