"""`torch_text` against what PyTorch 2.13 printed (`data/make_torch_prints.py` wrote the samples)."""

from __future__ import annotations

import json
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcli.torch_style import torch_text

SAMPLES: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("data").joinpath("torch_prints.json").read_text(encoding="utf-8")
)


def array(sample: dict[str, Any]) -> Any:
    shape = tuple(sample["shape"])
    if "arange" in sample:
        start, step = sample["arange"]
        return np.array([start + step * i for i in range(int(np.prod(shape)))]).reshape(shape)
    data = np.array(sample["data"])
    return (data if data.dtype == bool else data.astype(float)).reshape(shape)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["text"].split("\n")[0])
def test_prints_as_torch_does(sample: dict[str, Any]) -> None:
    how = {key: sample[key] for key in ("integer", "requires_grad", "grad_fn") if key in sample}
    assert torch_text(array(sample), **how) == sample["text"]


def test_the_samples_are_many_and_varied() -> None:
    texts = [sample["text"] for sample in SAMPLES]
    assert len(texts) > 300
    parts = ["...", ",\n       grad_fn", "\n\n", "e+", "e-", "nan", "inf", "-0.", "True", "size=", "requires"]
    for part in parts:
        assert any(part in text for text in texts), part
    assert not any("dtype" in text for text in texts)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "tensor(3.)"),
        (True, "tensor(True)"),
        (np.float64(1 / 3), "tensor(0.3333)"),
        (np.bool_(False), "tensor(False)"),
        (1e10, "tensor(1.0000e+10)"),
        (1e-4, "tensor(0.0001)"),
        (nan, "tensor(nan)"),
        (-inf, "tensor(-inf)"),
        (np.zeros((0, 3)), "tensor([], size=(0, 3))"),
        (np.zeros(0, dtype=bool), "tensor([])"),
    ],
)
def test_plain_numbers_will_do(value: Any, text: str) -> None:
    assert torch_text(value) == text


def test_grad_fn_goes_before_requires_grad() -> None:
    assert torch_text(1.0, requires_grad=True, grad_fn="SinBackward0") == "tensor(1., grad_fn=<SinBackward0>)"
    assert torch_text(1.0, requires_grad=True) == "tensor(1., requires_grad=True)"
    assert torch_text(1.0, grad_fn="NotImplemented") == "tensor(1., grad_fn=<NotImplemented>)"


def test_the_input_is_left_alone() -> None:
    value = np.arange(2000.0)
    torch_text(value)
    torch_text(value, integer=True)
    assert (value == np.arange(2000.0)).all()
