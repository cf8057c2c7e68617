"""Write `torch_prints.json` beside this file: what PyTorch prints for some hundreds of tensors.

Run it with a Python that has torch 2.13 (`pip install torch==2.13.0`); nothing else in the project needs
torch. Every sample is an object on a line of its own:

    data           nested lists; nan and the infinities are the texts "nan", "inf" and "-inf"
    arange         instead of `data`, for long tensors: element i is `start + step * i`
    shape          the shape
    integer        true for an integer tensor
    requires_grad  true for a leaf that requires grad
    grad_fn        the name that the tensor was printed with
    text           what `str(tensor)` gave
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from math import inf, nan, prod
from pathlib import Path
from typing import Any

import torch

torch.set_default_dtype(torch.float64)
chance = random.Random(20)

SCALARS = [
    0.0, -0.0, 1.0, -1.0, 3.0, 0.5, -0.2879, 1 / 3, 3.141592653589793, 6.7012, 100000.0, 123456.0,
    99999.5, 99999999.5, 1e8, 1e8 + 1, 12345678.0, 1e10, 1e16, 1e300, 1e-3, 1e-4, 9.9999e-5, 1e-5, 5e-324,
    nan, inf, -inf,
]  # fmt: skip
VECTORS: list[list[float]] = [
    [], [1, 2, 3], [1.5, 2], [2 / 3, 4 / 3, 2], [1, 1e6], [1e-5, 1], [1, 1e4], [1, 1000], [1, 1001],
    [1000, 1001], [0.0001, 0.1], [0.0001, 0.11], [nan, 1], [inf, 1.5], [1, nan, inf], [-inf, 2, -0.0],
    [-1, 2], [0, 0], [-0.0, 0], [nan, nan], [1.0001, 2], [1.00001, 2], [1e-8, 1e-7], [123456789],
    [0.1, 0.25, 1000], [1e38, 1], [-1.5, 0, -0.0],
]  # fmt: skip
SHAPES = [
    (1,), (2,), (5,), (12,), (30,), (1, 1), (2, 2), (2, 3), (3, 1), (4, 12),
    (2, 2, 2), (1, 2, 3), (2, 1, 2, 2),
]  # fmt: skip
EMPTY = [(0,), (0, 3), (2, 0), (0, 0), (1, 0, 2)]
LONG = [(1001,), (1000,), (2000,), (2, 1000), (40, 40), (1200, 1), (11, 10, 10), (7, 6, 30), (2, 3, 4, 50)]
# Functions that change nothing, for `grad_fn` names of several lengths: those decide where a line breaks.
IDENTITIES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "NegBackward0": lambda x: x.neg().neg(),
    "CloneBackward0": lambda x: x.clone(),
    "MaskedFillBackward0": lambda x: x.masked_fill(torch.zeros(x.shape, dtype=torch.bool), 0),
    "AsStridedBackward0": lambda x: x.as_strided(x.shape, x.stride()),
}


def elements(count: int) -> list[float]:
    """Random numbers of one temper: whole, wide, tiny, huge, or salted with nan and inf."""
    scale = 10.0 ** chance.choice([0, 0, 0, 1, 2, 4, -3, -6, 9])
    values = [chance.gauss(0, 1) * scale for _ in range(count)]
    if chance.random() < 0.4:
        values = [float(round(x)) for x in values]
    if chance.random() < 0.3:
        values = [chance.choice([x, x, nan, inf, -inf, 0.0, -0.0]) for x in values]
    return values


def encoded(data: Any) -> Any:
    if isinstance(data, list):
        return [encoded(item) for item in data]
    return str(data) if data in (inf, -inf) or data != data else data


def printed(tensor: torch.Tensor, sample: dict[str, Any]) -> dict[str, Any]:
    """The sample with the text that torch prints, under the `grad_fn` that the sample asks for."""
    if sample.get("requires_grad"):
        tensor = tensor.requires_grad_()
    name = sample.get("grad_fn", "")
    if name:
        tensor = IDENTITIES[name](tensor.requires_grad_())
    text = str(tensor)
    assert name in text
    assert "dtype" not in text
    return {**sample, "text": text}


def sample(values: list[Any], shape: tuple[int, ...], **how: Any) -> dict[str, Any]:
    kind = torch.int64 if how.get("integer") else None
    tensor = torch.tensor(values, dtype=kind).reshape(shape)
    return printed(tensor, {"data": encoded(tensor.tolist()), "shape": list(shape), **how})


def ramp(start: float, step: float, shape: tuple[int, ...], **how: Any) -> dict[str, Any]:
    tensor = torch.tensor([start + step * float(i) for i in range(prod(shape))]).reshape(shape)
    if how.get("integer"):
        tensor = tensor.to(torch.int64)
    return printed(tensor, {"arange": [start, step], "shape": list(shape), **how})


def decoration() -> dict[str, Any]:
    return chance.choice([{}, {"requires_grad": True}, {"grad_fn": chance.choice(list(IDENTITIES))}])


def samples() -> list[dict[str, Any]]:
    found = [sample([x], ()) for x in SCALARS]
    found += [sample([float(x) for x in values], (len(values),)) for values in VECTORS]
    found += [sample([], shape, **how) for shape in EMPTY for how in ({}, {"requires_grad": True})]
    found += [sample(elements(1), (), **decoration()) for _ in range(30)]
    found += [sample(elements(prod(shape)), shape, **decoration()) for shape in SHAPES for _ in range(10)]
    # Every length of the last line, so that the suffix meets the edge in each way.
    found += [sample([1.0] * n, (n,), grad_fn="CloneBackward0") for n in range(8, 24)]
    found += [sample([0.25] * n, (n,), requires_grad=True) for n in range(4, 12)]
    for shape in SHAPES[:11]:
        count = prod(shape)
        found.append(sample([chance.randrange(-400, 400) for _ in range(count)], shape, integer=True))
        found.append(sample([chance.random() < 0.5 for _ in range(count)], shape))
    found += [sample([x], (), integer=True) for x in (0, 3, -12)] + [sample([x], ()) for x in (True, False)]
    for shape in LONG:
        found += [ramp(0, 1, shape), ramp(-3, 0.01, shape, **decoration()), ramp(1, 1e6, shape)]
        found.append(ramp(-7, 1, shape, integer=True))
    return found


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in samples())
    Path(__file__).with_name("torch_prints.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
