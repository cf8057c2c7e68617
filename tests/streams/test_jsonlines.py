"""Lines of JSON that are read together are read as each alone."""

from __future__ import annotations

import io

import pytest

from gradcli.streams.blocks import Block
from gradcli.streams.chunk import Policy
from gradcli.streams.files import StreamSource
from gradcli.streams.jsonlines import JsonReader

FIRST = b'{"x":1,"y":2}\n'


def rows(*lines: str) -> list[tuple[float, ...]] | None:
    """What the quick way reads of lines; `None` where it leaves them to the careful one."""
    text = b"".join(line.encode() + b"\n" for line in lines)
    reader = JsonReader(StreamSource(io.BytesIO(FIRST), "t"), Policy("fail", frozenset()))
    chunk = reader.quick(Block(text, 1, len(lines)), [0, 1])
    return None if chunk is None else list(zip(*(each.tolist() for each in chunk.data), strict=True))


def test_flat_objects_are_read_together() -> None:
    assert rows('{"x":1,"y":2}', '{"y":-4e3, "x":3.5 , "z":"a}, {b"}', '{"x":0,"y":1,"t":true,"n":null}') == [
        (1, 2),
        (3.5, -4000),
        (0, 1),
    ]
    assert rows('{"x":1,"y":2,"deep":{"a":[1,{"b":2}]}}', '{"x":3,"y":4}') == [(1, 2), (3, 4)]


@pytest.mark.parametrize(
    "lines",
    [
        ['{"x":1,"y":2},{"x":3,"y":4}'],
        ['{"x":1,"y":2},{"x":3,"y":4}', '{"x":1}', '{"x":5,"y":6}'],
        ['{"x":1', '"y":2}', '{"x":1,"y":2},{"x":3,"y":4}'],
        ['{"x":1,"y":2}', '"x":{"y":2}', '{"x":3,"y":4}'],
        ['{"x":1,"y":[{"x":1}', '{"y":2}]}', '{"x":1,"y":2},{"x":3,"y":4}'],
        ['{"x":1,"y":2}', "", '{"x":3,"y":4}'],
        ['{"x":1,"y":2}', "3", '{"x":3,"y":4}'],
        ['{"x":1,"y":2', "}", '{"x":3,"y":4}'],
        ['{"x":1,"y":2}}', '{"x":3,"y":4}'],
        ['{"x":1,"y":"2"}', '{"x":3,"y":4}'],
        ['{"x":1}', '{"x":3,"y":4}'],
    ],
)
def test_what_is_broken_in_one_line_is_not_mended_by_the_next(lines: list[str]) -> None:
    assert rows(*lines) is None
