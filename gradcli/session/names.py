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
        self.through: set[str] = set()
        """The names that are bound in the program, as `global` says."""
        values: dict[str, Any] = {}
        groups: dict[str, Any] = {}
        self.own = values, groups
        """What its own names are bound to."""
        program = outer.outermost
        self.values = _Around(values, groups, program.values, outer.values, self.through)
        self.groups = _Around(groups, values, program.groups, outer.groups, self.through)
        self.functions = outer.functions


class _Around(MutableMapping[str, Any]):
    """The names of a call: its own, and those around it that they, or `hiding` ones, do not hide.

    Names that go `through` are bound in the program.
    """

    def __init__(
        self,
        own: dict[str, Any],
        hiding: Mapping[str, Any],
        program: MutableMapping[str, Any],
        outer: Mapping[str, Any],
        through: set[str],
    ) -> None:
        self._own = own
        self._hiding = hiding
        self._program = program
        self._outer = outer
        self._through = through

    def __getitem__(self, name: str) -> Any:
        if name in self._own:
            return self._own[name]
        if name in self._hiding:
            raise KeyError(name)
        return self._program[name] if name in self._through else self._outer[name]

    def get(self, name: str, default: Any = None) -> Any:
        """What a name is bound to; most are asked for in this way, and without an error."""
        if name in self._own:
            return self._own[name]
        if name in self._hiding:
            return default
        return (self._program if name in self._through else self._outer).get(name, default)

    def __setitem__(self, name: str, held: Any) -> None:
        if name in self._through:
            self._program[name] = held
        else:
            self._own[name] = held

    def __delitem__(self, name: str) -> None:
        if name in self._through:
            del self._program[name]
        else:
            self._own.pop(name, None)

    def pop(self, name: str, *default: Any) -> Any:
        """Lets go of an own name; those around are not changed from here."""
        if name in self._through:
            return self._program.pop(name, *default)
        return self._own.pop(name, *default)

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        for name in self._outer:
            if name not in self._own and name not in self._hiding:
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)
