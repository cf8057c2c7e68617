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


ODD = [
    '{"x": 1, "y": 2.5}',
    '{"y": -3, "x": 0.0}',
    '{"x": 0, "y": -0}',
    '{"x": -0.0, "y": 0, "t": "a-0"}',
    '{"x": 9007199254740993, "y": 1e999}',
    '{"x": 12345678901234567890123, "y": 1}',
    '{"x": null, "y": 1}',
    '{"x": 1}',
    '{"x": "nan", "y": "5"}',
    '{"x": [1, 2], "y": 1}',
    '{"x": true, "y": 1}',
    '{"x": 1, "y": 2, "x": 7}',
    '{"x": 1, "y": 2, "t": ' + "[" * 300 + "1" + "]" * 300 + "}",
    '{"x": 1, "y": 2, "t": "\\ud800"}',
    '{"x": 1, "y": NaN}',
    '{"x": 1, "y": 2}, ',
    "[1, 2]",
    "7",
    "  ",
]


def everything(lines: list[str], policy: Policy) -> list[object]:
    """All that a reader says about some lines."""
    text = "".join(f"{line}\n" for line in lines).encode()
    reader = JsonReader(StreamSource(io.BytesIO(text), "t.jsonl"), policy)
    found: list[object] = []
    for chunk in reader.chunks([0, 1]):
        for row in range(chunk.rows):
            numbers = [str(each[row].tolist()) for each in chunk.data]
            void = chunk.void is not None and bool(chunk.void[row])
            found.append((chunk.place(row), chunk.records()[row], numbers, void))
        if chunk.failure is not None:
            found.append(chunk.failure.message)
    return [*found, reader.tally.bad, reader.tally.first and reader.tally.first.message, reader.tally.missing]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("on_error", ["fail", "nan", "skip"])
@pytest.mark.parametrize("na", [(), ("null", "5")])
def test_what_is_odd_in_a_block_changes_nothing_else(
    monkeypatch: pytest.MonkeyPatch, odd: str, on_error: str, na: tuple[str, ...]
) -> None:
    policy = Policy(on_error, frozenset(na))
    lines = [ODD[0], ODD[1], odd, ODD[0], *ODD]
    found = everything(lines, policy)
    assert found[0] == ("t.jsonl:1", ODD[0].encode(), ["1.0", "2.5"], False)
    monkeypatch.setattr(JsonReader, "_known", lambda _, lines, wanted: [None] * len(lines))
    assert found == everything(lines, policy)
