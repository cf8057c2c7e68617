"""Values as JSON, without the memory of nested lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias

from gradcli.text.values import number, texts_of, unwrapped, whole

if TYPE_CHECKING:
    from gradcli.arrays import Array
    from gradcli.text.values import Value

Json: TypeAlias = "bool | int | float | str | Array | Sequence[Json] | Mapping[str, Json] | None"


def json_value(value: Value | None) -> Json:
    """A value as JSON holds it: numbers, truth values, nested lists; `null` for none.

    JSON has no word for nan and the infinities: they are the texts `"nan"`, `"inf"` and `"-inf"`.
    """
    plain_value = unwrapped(value)
    if isinstance(plain_value, list):
        return [json_value(item) for item in plain_value]
    if isinstance(plain_value, float) and not isfinite(plain_value):
        return number(plain_value)
    return plain_value  # type: ignore[no-any-return]


def json_text(obj: Json, digits: int | None = None) -> str:
    """JSON on one line, with numbers written as `number` writes them and text as it is (UTF-8).

    Arrays are nested lists, as `json_value` makes them, without the memory of such lists.
    """
    if obj is None:
        return "null"
    if isinstance(obj, bool):
        return "true" if obj else "false"
    if isinstance(obj, str):
        return _json_string(obj)
    if isinstance(obj, int):
        return str(int(obj))
    if isinstance(obj, float):
        text = number(obj, digits)
        return _JSON_TEXTS.get(text, text)
    if isinstance(obj, Mapping):
        members = (f"{_json_string(str(key))}: {json_text(item, digits)}" for key, item in obj.items())
        return "{" + ", ".join(members) + "}"
    if hasattr(obj, "reshape"):
        return whole(obj, lambda part: _json_texts(part, digits), multiline=False)
    return "[" + ", ".join(json_text(item, digits) for item in obj) + "]"


# Readers take `-0` for an integer, which has no sign.
_JSON_TEXTS = {
    "nan": '"nan"',
    "inf": '"inf"',
    "-inf": '"-inf"',
    "-0": "-0.0",
    "True": "true",
    "False": "false",
}


def _json_texts(part: Any, digits: int | None) -> list[str]:
    return [_JSON_TEXTS.get(text, text) for text in texts_of(part, digits)]


def _json_string(text: str) -> str:
    if text.isidentifier():  # nearly every key, and nothing in it needs escaping
        return f'"{text}"'
    import json

    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, from an argument that was not UTF-8
        return json.dumps(text)
    return json.dumps(text, ensure_ascii=False)
