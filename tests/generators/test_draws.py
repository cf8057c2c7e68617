"""The generators draw what those of PyTorch and JAX drew; `tests/data/make_draws.py` kept that."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcli
from gradcli.generators import threefry
from gradcli.generators.mersenne import Mersenne

KEPT = json.loads((Path(__file__).parents[1] / "data" / "draws.json").read_text(encoding="utf-8"))

OF_LIBM = ("exponential", "multinomial")
"""What is computed by the mathematical library of the platform, whose last bits may be others."""


def drawn(generator: Mersenne, method: str, given: dict[str, Any]) -> Any:
    arguments = {name: np.array(each) if name in ("p", "weights") else each for name, each in given.items()}
    if method == "trials":
        arguments = {"shape": given["shape"], "p": given["p"]}
    if isinstance(given.get("shape"), list):
        arguments["shape"] = tuple(given["shape"])
    return getattr(generator, method)(**arguments)


@pytest.mark.parametrize("run", KEPT["torch"], ids=lambda run: str(run["seed"]))
def test_draws_are_pytorchs(run: dict[str, Any]) -> None:
    generator = Mersenne(run["seed"])
    for method, given, expected in run["calls"]:
        found = drawn(generator, method, given).ravel()
        single = given.get("single", False)
        if isinstance(expected, list):
            last, expected_last = found, np.array(expected)
        else:
            assert found.size == expected["count"]
            last, expected_last = found[-8:], np.array(expected["last"])
        exact = method not in OF_LIBM and (single or "normal" not in method)
        count = found.size
        if exact and (count >= 16 or "normal" not in method):
            assert last.tolist() == expected_last.tolist(), (method, given)
            if isinstance(expected, dict):
                kept = found.astype(np.float32) if single else found
                assert zlib.crc32(kept.tobytes()) == expected["crc"], (method, given)
        else:
            tolerance = 2e-7 if single else 4e-16
            np.testing.assert_allclose(last, expected_last, tolerance, 1e-15, err_msg=f"{method} {given}")


@pytest.mark.parametrize("run", KEPT["jax"], ids=lambda run: str(run["seed"]))
def test_draws_are_jaxs(run: dict[str, Any]) -> None:
    key = threefry.key(run["seed"])
    assert key.tolist() == run["key"]
    for count, expected in run["split"].items():
        assert threefry.split(key, int(count)).tolist() == expected
    assert threefry.fold_in(key, 7).tolist() == run["fold_in"]
    for expected in run["uniform"]:
        assert threefry.uniform(key, (len(expected),)).tolist() == expected
    assert threefry.uniform(key, (3, 4), -2.0, 3.5).tolist() == run["between"]
    for expected in run["normal"]:
        np.testing.assert_allclose(threefry.normal(key, (len(expected),)), expected, 4e-7)


@pytest.mark.parametrize("run", KEPT["jax"], ids=lambda run: str(run["seed"]))
def test_what_jax_makes_of_a_key(run: dict[str, Any]) -> None:
    before = f"import jax, jax.numpy as jnp; key = jax.random.PRNGKey({run['seed']}); "
    for call, expected in run["calls"].items():
        found = gradcli.evaluate(before + call).value
        np.testing.assert_allclose(found, expected, 4e-7, 2e-7, err_msg=call)


def test_a_generator_is_copied_and_brought_back() -> None:
    generator = Mersenne(5)
    generator.normal((3,), single=True)  # one number of a pair is left over
    held, other = generator.held(), generator.copy()
    drawn = generator.normal((4,), single=True).tolist()
    assert other.normal((4,), single=True).tolist() == drawn
    generator.hold(held)
    assert generator.normal((4,), single=True).tolist() == drawn


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1])
def test_seeds_have_bounds(seed: int) -> None:
    with pytest.raises(ValueError, match="Overflow when unpacking long long"):
        Mersenne(seed)
