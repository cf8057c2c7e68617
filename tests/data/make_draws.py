"""Writes draws.json: what the random numbers of PyTorch and JAX are, drawn one after the other from a seed.

    python tests/data/make_draws.py torch      # in an environment with torch 2.13
    python tests/data/make_draws.py jax        # in one with JAX 0.10

Each writes its own part. A call is a method of the generator in `gradcli/generators`, its arguments, and the
numbers that came of it; of many numbers only how many there are, their bytes' checksum and the last ones.
"""

from __future__ import annotations

import json
import random
import sys
import zlib
from pathlib import Path
from typing import Any

KEPT = Path(__file__).with_name("draws.json")
MOST = 40
"""Of more numbers than that only the checksum of all and the last eight are kept."""

SIZES = (1, 2, 3, 5, 7, 15, 16, 17, 24, 31, 32, 33, 48, 100, 257, 1000)
SEEDS = (0, 1, 42, 1234, 2**32 - 1, 2**32 + 5, 2**63, 2**64 - 1, -1, -(2**63))


def kept(values: Any) -> Any:
    """The numbers of a result as they are kept."""
    flat = values.reshape(-1)
    if flat.size <= MOST:
        return flat.tolist()
    return {"count": flat.size, "crc": zlib.crc32(flat.tobytes()), "last": flat[-8:].tolist()}


def of_torch() -> list[Any]:
    import torch

    choose = random.Random(7)
    runs = []

    def drawn(method: str, given: dict[str, Any], generator: Any) -> Any:
        dtype = torch.float32 if given.get("single") else torch.float64
        shape = given.get("shape")
        if method == "rand":
            return torch.rand(shape, dtype=dtype, generator=generator)
        if method == "uniform":
            return torch.empty(shape, dtype=dtype).uniform_(given["low"], given["high"], generator=generator)
        if method == "normal":
            mean, std = given.get("mean", 0.0), given.get("std", 1.0)
            return torch.empty(shape, dtype=dtype).normal_(mean, std, generator=generator)
        if method == "normal_of":
            mean, std = (torch.tensor(given[each], dtype=dtype) for each in ("mean", "std"))
            return torch.normal(mean, std, generator=generator)
        if method == "randint":
            return torch.randint(given["low"], given["high"], shape, generator=generator)
        if method == "randperm":
            return torch.randperm(given["count"], generator=generator)
        if method == "bernoulli":
            return torch.bernoulli(torch.tensor(given["p"], dtype=dtype), generator=generator)
        if method == "trials":
            return torch.empty(shape, dtype=dtype).bernoulli_(given["p"], generator=generator)
        if method == "exponential":
            return torch.empty(shape, dtype=dtype).exponential_(given["rate"], generator=generator)
        weights = torch.tensor(given["weights"], dtype=dtype)
        return torch.multinomial(weights, given["count"], given["replacement"], generator=generator)

    def asked() -> tuple[str, dict[str, Any]]:
        single = choose.random() < 0.6
        size = choose.choice(SIZES)
        shape = [size] if choose.random() < 0.7 else [size, choose.choice((1, 2, 3, 5))]
        method = choose.choice(
            (
                *("rand", "uniform", "normal", "normal", "normal", "normal_of", "randint", "randperm"),
                *("bernoulli", "trials", "exponential", "multinomial"),
            )
        )
        given: dict[str, Any] = {"shape": shape, "single": single}
        if method == "uniform":
            given |= {"low": choose.choice((-1.0, 0.1, -0.3)), "high": choose.choice((1.0, 2.7, 5.0))}
        elif method == "normal":
            if choose.random() < 0.5:
                given |= {"mean": choose.choice((0.0, 2.0, 0.1)), "std": choose.choice((1.0, 0.01, 3.3))}
        elif method == "normal_of":
            mean = [choose.uniform(-2, 2) for _ in range(size)]
            given = {"single": single, "mean": mean, "std": [abs(each) for each in mean], "shape": [size]}
        elif method == "randint":
            low = choose.choice((0, -5, 10))
            given = {"shape": shape, "low": low, "high": low + choose.choice((2, 10, 1000, 2**28, 2**40))}
        elif method == "randperm":
            given = {"count": choose.choice((0, 1, 2, 10, 33, 100))}
        elif method == "bernoulli":
            given = {"single": single, "p": [choose.random() for _ in range(size)]}
        elif method == "trials":
            given |= {"p": choose.choice((0.5, 0.2, 0.9))}
        elif method == "exponential":
            given |= {"rate": choose.choice((1.0, 0.5, 3.0))}
        elif method == "multinomial":
            rows = [[choose.uniform(0.1, 3) for _ in range(7)] for _ in range(choose.choice((1, 4)))]
            replacement = choose.random() < 0.5
            given = {
                "single": single,
                "weights": rows[0] if len(rows) == 1 else rows,
                "count": choose.choice((1, 3, 7)),
                "replacement": replacement,
            }
        return method, given

    for seed in SEEDS:
        generator = torch.Generator().manual_seed(seed)
        calls = []
        for _ in range(30):
            method, given = asked()
            calls.append([method, given, kept(drawn(method, given, generator).numpy())])
        runs.append({"seed": seed, "calls": calls})
    generator = torch.Generator().manual_seed(3)
    given = {"shape": [784, 128], "single": True}
    runs.append({"seed": 3, "calls": [["normal", given, kept(drawn("normal", given, generator).numpy())]]})
    return runs


OF_JAX = (
    *("jax.random.randint(key, (6,), 0, 10)", "jax.random.randint(key, (2, 3), minval=-5, maxval=3)"),
    *("jax.random.randint(key, (4,), 0, 1000000)", "jax.random.randint(key, (4,), 0, 2**31 - 1)"),
    *(
        "jax.random.randint(key, (2,), 3, 3)",
        "jax.random.permutation(key, 1)",
        "jax.random.permutation(key, 40)",
    ),
    "jax.random.permutation(key, 3000)[-9:]",
    "jax.random.permutation(key, jnp.arange(12.0).reshape(4, 3))",
    "jax.random.permutation(key, jnp.arange(12.0).reshape(4, 3), axis=1)",
    *("jax.random.choice(key, 5)", "jax.random.choice(key, 5, (2, 3))"),
    "jax.random.choice(key, 9, (4,), replace=False)",
    "jax.random.choice(key, jnp.array([1.5, 2.5, 4.0]), (5,))",
    "jax.random.choice(key, jnp.arange(12.0).reshape(4, 3), (2,), False)",
    "jax.random.choice(key, 3, (7,), p=jnp.array([0.2, 0.5, 0.3]))",
    "jax.random.choice(key, 3, (2,), replace=False, p=jnp.array([0.2, 0.5, 0.3]))",
    "jax.random.categorical(key, jnp.array([0.1, 1.0, -2.0]))",
    "jax.random.categorical(key, jnp.arange(12.0).reshape(4, 3) / 5)",
    "jax.random.categorical(key, jnp.arange(12.0).reshape(4, 3) / 5, axis=0)",
    "jax.random.categorical(key, jnp.array([0.1, 1.0, -2.0]), shape=(5,))",
    *("jax.random.exponential(key, (5,))", "jax.random.gumbel(key, (5,))", "jax.random.logistic(key)"),
    *("jax.random.laplace(key, (2, 2))", "jax.random.bernoulli(key, 0.3, (9,))"),
)
"""Expressions that are made of a key by JAX and by gradcli alike."""


def of_jax() -> list[Any]:
    import jax  # type: ignore[import-not-found]
    import numpy as np

    names = {"jax": jax, "jnp": jax.numpy}
    runs = []
    for seed in (0, 1, 42, 2**31 - 1, -3):
        key = jax.random.PRNGKey(seed)
        sizes = (1, 2, 5, 16, 33)
        runs.append(
            {
                "seed": seed,
                "key": np.asarray(key).tolist(),
                "split": {count: np.asarray(jax.random.split(key, count)).tolist() for count in (2, 3)},
                "uniform": [np.asarray(jax.random.uniform(key, (size,))).tolist() for size in sizes],
                "between": np.asarray(jax.random.uniform(key, (3, 4), minval=-2.0, maxval=3.5)).tolist(),
                "normal": [np.asarray(jax.random.normal(key, (size,))).tolist() for size in sizes],
                "fold_in": np.asarray(jax.random.fold_in(key, 7)).tolist(),
                "calls": {call: np.asarray(eval(call, names | {"key": key})).tolist() for call in OF_JAX},
            }
        )
    return runs


def main(library: str) -> None:
    found = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    found[library] = {"torch": of_torch, "jax": of_jax}[library]()
    KEPT.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
