"""Values as JSON."""

from __future__ import annotations

import json
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli.text.json import json_text, json_value

JSON = [
    (4.0, "4"),
    (0.5, "0.5"),
    (-0.0, "-0.0"),
    (1e16, "1e16"),
    (1e-5, "1e-5"),
    (nan, '"nan"'),
    (-inf, '"-inf"'),
    (True, "true"),
    (None, "null"),
    (np.array([1.0, nan, -0.0]), '[1, "nan", -0.0]'),
    (np.array([[1.0], [inf]]), '[[1], ["inf"]]'),
    (np.array([True, False]), "[true, false]"),
    (np.array(2.0), "2"),
    (np.float64(0.1), "0.1"),
]


@pytest.mark.parametrize(("value", "text"), JSON)
def test_json(value: Any, text: str) -> None:
    assert json_text(json_value(value)) == text


def test_json_objects() -> None:
    written = json_text({"value": 1 / 3, "größe π": [1.0, 2], "text": 'a"\n\x1b\\ü', "n": 10**20}, digits=3)
    assert written == (
        '{"value": 0.333, "größe π": [1, 2], "text": "a\\"\\n\\u001b\\\\ü", "n": 100000000000000000000}'
    )
    assert "\n" not in written
    assert json_text({"bad": "\udcff"}) == '{"bad": "\\udcff"}'
    assert json_text([nan]) == '["nan"]'


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text()
        | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_reads_back(obj: Any) -> None:
    assert json.loads(json_text(obj)) == obj
