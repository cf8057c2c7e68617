"""What a small call of a compiled expression costs: python benchmarks/calls.py [SIZE…]

Value and all gradients of four formulas, from NumPy arrays to NumPy arrays, against NumPy as one writes it
by hand and against a warm `jax.jit` of `value_and_grad` over rows, in double precision (`pip install jax`;
without it, that column is left out); and Black and Scholes over 100,000 rows against PyTorch, if it is there.
Each figure is the least of many rounds that alternate, one thread each.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import gradcli

FORMULAS = {
    "small": "sin(x**2)*exp(-y) + log1p(x*y)",
    "Rosenbrock": "(1 - x)**2 + 100*(y - x**2)**2",
    "logistic": "softplus(-y*(w*x + b))",
    "Black-Scholes": (
        "N(z) = (1 + erf(z/sqrt(2)))/2;"
        "d1 = (log(S/K) + (r + v**2/2)*T)/(v*sqrt(T)); d2 = d1 - v*sqrt(T);"
        "S*N(d1) - K*exp(-r*T)*N(d2)"
    ),
}
RANGES = {
    "x": (0.1, 2.0),
    "y": (0.1, 2.0),
    "w": (0.3, 0.3),
    "b": (0.2, 0.2),
    "S": (80.0, 120.0),
    "K": (90.0, 110.0),
    "T": (0.5, 2.0),
    "r": (0.01, 0.05),
    "v": (0.1, 0.5),
}
NUMBERS = ("w", "b")
"""The variables that are one number for all rows."""

TARGETS = {"small": 1.0, "Rosenbrock": 1.0, "logistic": 1.0, "Black-Scholes": 2.0}
"""The most that a call may take of JAX's time."""


def small(x: Any, y: Any) -> tuple[Any, ...]:
    """Value and gradients, with what is obviously the same computed once."""
    sine, decay, below = np.sin(x**2), np.exp(-y), 1 + x * y
    value = sine * decay + np.log1p(x * y)
    return value, 2 * x * np.cos(x**2) * decay + y / below, -sine * decay + x / below


def rosenbrock(x: Any, y: Any) -> tuple[Any, ...]:
    """Value and gradients."""
    bend = y - x**2
    return (1 - x) ** 2 + 100 * bend**2, -2 * (1 - x) - 400 * x * bend, 200 * bend


def logistic(y: Any, w: Any, x: Any, b: Any) -> tuple[Any, ...]:
    """Value and gradients."""
    z = -y * (w * x + b)
    slope = 1 / (1 + np.exp(-z))
    return np.logaddexp(0, z), -(w * x + b) * slope, -y * x * slope, -y * w * slope, -y * slope


def black_scholes(S: Any, K: Any, r: Any, v: Any, T: Any) -> tuple[Any, ...]:
    """Value and gradients; NumPy alone has no erf."""
    from scipy.special import erf

    def ndtr(z: Any) -> Any:
        return (1 + erf(z / np.sqrt(2))) / 2

    root = v * np.sqrt(T)
    d1 = (np.log(S / K) + (r + v**2 / 2) * T) / root
    d2 = d1 - root
    first, second, sold = ndtr(d1), ndtr(d2), K * np.exp(-r * T)
    vega = S * np.exp(-(d1**2) / 2) / np.sqrt(2 * np.pi) * np.sqrt(T)
    value = S * first - sold * second
    return value, first, -sold / K * second, T * sold * second, vega, r * sold * second + vega * v / (2 * T)


BY_HAND: dict[str, Callable[..., tuple[Any, ...]]] = {
    "small": small,
    "Rosenbrock": rosenbrock,
    "logistic": logistic,
    "Black-Scholes": black_scholes,
}


def in_jax(name: str, rows: Mapping[str, bool]) -> Callable[..., Any] | None:
    """The same as a jitted function of JAX's of all variables, or `None` where there is no JAX."""
    try:
        import jax
    except ImportError:
        return None
    import jax.numpy as jnp
    from jax.scipy.special import erf

    jax.config.update("jax_enable_x64", True)

    def ndtr(z: Any) -> Any:
        return (1 + erf(z / np.sqrt(2))) / 2

    def bs(S: Any, K: Any, r: Any, v: Any, T: Any) -> Any:
        d1 = (jnp.log(S / K) + (r + v**2 / 2) * T) / (v * jnp.sqrt(T))
        return S * ndtr(d1) - K * jnp.exp(-r * T) * ndtr(d1 - v * jnp.sqrt(T))

    plain: dict[str, Callable[..., Any]] = {
        "small": lambda x, y: jnp.sin(x**2) * jnp.exp(-y) + jnp.log1p(x * y),
        "Rosenbrock": lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        "logistic": lambda y, w, x, b: jax.nn.softplus(-y * (w * x + b)),
        "Black-Scholes": bs,
    }
    whole = jax.value_and_grad(plain[name], argnums=tuple(range(len(rows))))
    if any(rows.values()):
        whole = jax.vmap(whole, in_axes=tuple(0 if each else None for each in rows.values()))
    jitted = jax.jit(whole)
    return lambda *given: jax.tree.map(np.asarray, jitted(*given))


def many_rows(size: int = 100_000) -> None:
    """Times Black and Scholes with its five gradients over many rows, against PyTorch, if it is there."""
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)
    f = gradcli.compile(FORMULAS["Black-Scholes"], threads=1)
    rng = np.random.default_rng(0)
    given = {each: rng.uniform(*RANGES[each], size) for each in f.variables}

    def ndtr(z: Any) -> Any:
        return (1 + torch.erf(z / np.sqrt(2))) / 2

    def theirs() -> Any:
        leaves = {name: torch.from_numpy(each).requires_grad_() for name, each in given.items()}
        S, K, r, v, T = (leaves[name] for name in ("S", "K", "r", "v", "T"))
        d1 = (torch.log(S / K) + (r + v**2 / 2) * T) / (v * torch.sqrt(T))
        value = S * ndtr(d1) - K * torch.exp(-r * T) * ndtr(d1 - v * torch.sqrt(T))
        return value, torch.autograd.grad(value.sum(), list(leaves.values()))

    ours, (value, slopes) = f(**given), theirs()
    np.testing.assert_allclose(ours.value, value.detach().numpy(), rtol=1e-8, atol=1e-10)
    for got, wanted in zip(ours.gradients.values(), slopes, strict=True):
        np.testing.assert_allclose(got, wanted.numpy(), rtol=1e-7, atol=1e-9)
    mine, other = least([lambda: f(**given), theirs])
    aim = "" if mine <= 1.2 * other else "  (target 1.2, missed)"
    told = f"{mine / other:5.2f} x PyTorch ({1e6 * other:.0f} µs){aim}"
    print(f"{size:5} Black-Scholes  {1e6 * mine:7.1f} µs  {told}", flush=True)


def least(actions: list[Callable[[], Any]], rounds: int = 25) -> list[float]:
    """The least time of each action, in rounds of many calls that alternate."""
    for action in actions:
        for _ in range(40):
            action()
    started = time.perf_counter()
    actions[0]()
    calls = max(1, int(2e-3 / max(1e-7, time.perf_counter() - started)))
    found = [float("inf")] * len(actions)
    for _ in range(rounds):
        for place, action in enumerate(actions):
            started = time.perf_counter()
            for _ in range(calls):
                action()
            found[place] = min(found[place], (time.perf_counter() - started) / calls)
    return found


def main() -> None:
    """Times every formula at every size."""
    for size in [int(word) for word in sys.argv[1:]] or [1, 10, 100, 1000]:
        rng = np.random.default_rng(size)
        for name, text in FORMULAS.items():
            f = gradcli.compile(text)
            rows = {each: size > 1 and each not in NUMBERS for each in f.variables}
            given = {
                each: rng.uniform(*RANGES[each], size)
                if rows[each]
                else np.float64(rng.uniform(*RANGES[each]))
                for each in f.variables
            }
            ordered = list(given.values())
            hand, jitted = BY_HAND[name], in_jax(name, rows)
            ours = f(**given)
            for got, wanted in zip((ours.value, *ours.gradients.values()), hand(*ordered), strict=True):
                np.testing.assert_allclose(got, wanted, rtol=1e-8, atol=1e-10)
            actions = [lambda f=f, given=given: f(**given), lambda hand=hand, ordered=ordered: hand(*ordered)]
            if jitted is not None:
                actions.append(lambda jitted=jitted, ordered=ordered: jitted(*ordered))
            mine, by_hand, *peer = least(actions)
            told = f"{size:5} {name:14} {1e6 * mine:7.1f} µs  {mine / by_hand:5.2f} x NumPy by hand"
            for theirs in peer:
                aim = "" if mine <= TARGETS[name] * theirs else f"  (target {TARGETS[name]:g}, missed)"
                told += f"  {mine / theirs:5.2f} x JAX ({1e6 * theirs:.1f} µs){aim}"
            print(told, flush=True)
    many_rows()


if __name__ == "__main__":
    main()
