"""`NamedTuple` and `Protocol`, written as those of `typing` are and made in a tenth of their time.

A start of gradcli makes some sixty of these classes. The standard one compiles a piece of text for each,
and checks every annotation; together that is a tenth of a start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple, Protocol
else:
    try:
        from _collections import _tuplegetter as _field  # what named tuples of the library read fields by
    except ImportError:
        from operator import itemgetter

        def _field(place: int, doc: str) -> property:
            return property(itemgetter(place), doc=doc)

    _make = tuple.__new__
    _GETTERS = [_field(place, "") for place in range(16)]

    class _Making(type):
        """Turns the annotations of a class body into fields; a value beside one is its default."""

        def __new__(mcls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            fields = tuple(body.get("__annotations__", ()))
            assert bases == (tuple,) or not bases[0]._fields, "the fields are those of one class"
            body["_defaults"] = {field: body[field] for field in fields if field in body}
            body["_last"] = tuple(body["_defaults"].values())
            assert list(body["_defaults"]) == list(fields[len(fields) - len(body["_last"]) :])
            body.update(zip(fields, _GETTERS, strict=False))
            body["__slots__"] = ()
            body["_fields"] = body["__match_args__"] = fields
            body["_count"] = len(fields)
            return super().__new__(mcls, name, bases, body)

    class NamedTuple(tuple, metaclass=_Making):
        """The base of a class whose body lists `name: type` or `name: type = default`, in order."""

        def __new__(cls, *values: Any, **named: Any) -> Any:
            left = cls._count - len(values)
            if named or left:
                plain = not named and 0 < left <= len(cls._last)
                values = values + cls._last[-left:] if plain else cls._complete(values, named)
            return _make(cls, values)

        _make = classmethod(tuple.__new__)
        """What has all fields, from them in order: what many small parts of one text are made by."""

        @classmethod
        def _complete(cls, values: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
            """The values of all fields, from some in order, some by name (taken out), and the defaults."""
            defaults = cls._defaults
            try:
                rest = [
                    named.pop(field) if field in named else defaults[field]
                    for field in cls._fields[len(values) :]
                ]
            except KeyError:
                rest = None
            if rest is None or named or len(values) > len(cls._fields):
                raise TypeError(f"{cls.__name__} takes {', '.join(cls._fields)}")
            return (*values, *rest)

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            named = ", ".join(f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True))
            return f"{type(self).__name__}({named})"

        def _asdict(self) -> dict[str, Any]:
            """The values by their names."""
            return dict(zip(self._fields, self, strict=True))

        def _replace(self, **changes: Any) -> Any:
            """The same with other values for some fields."""
            return type(self)(**self._asdict() | changes)

    class Protocol:
        """What a class must have to serve somewhere: for type checkers, which compare it."""

        __slots__ = ()


__all__ = ["NamedTuple", "Protocol"]
