"""What Jacobians, Hessians and higher derivatives cost, against torch.func and SymPy.

    python -m venv peers && peers/bin/pip install -e . -r benchmarks/peers.txt
    peers/bin/python benchmarks/jacobians.py [NAME ...]

A figure is a ratio in one run: both sides run one after the other, again and again, in one process and one
thread each, and the fastest of each are compared. The results are compared too. The tenth derivative is found
in new processes, whose start and imports count on both sides.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import itertools
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import gradcli

ROUNDS = 15
"""How often each side is timed."""


class Case(NamedTuple):
    """An expression with its variables, the same in torch, and the ratios that are aimed at.

    `targets` are those from a text that is evaluated again, and of a function that was compiled before.
    """

    expression: str
    values: dict[str, Any]
    torch: Callable[[], Any]
    targets: tuple[float | None, float | None]


def _torch() -> Any:
    import torch

    torch.set_num_threads(1)
    return torch


def rosenbrock(size: int) -> Case:
    """The Hessian of a chain of valleys."""
    torch = _torch()
    x = np.random.default_rng(1).normal(size=size)

    def function(x: Any) -> Any:
        return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()

    expression = "hessian(sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2), x)"
    return Case(expression, {"x": x}, partial(torch.func.hessian(function), torch.tensor(x)), (0.9, None))


def logistic(size: int) -> Case:
    """The Hessian of a logistic loss over 500 rows."""
    torch = _torch()
    rng = np.random.default_rng(2)
    A, w = rng.normal(size=(500, size)), rng.normal(size=size) / size
    y = (A @ rng.normal(size=size) > 0).astype(float)
    rows, labels = torch.tensor(A), torch.tensor(y)

    def function(w: Any) -> Any:
        z = rows @ w
        return (torch.nn.functional.softplus(z) - labels * z).mean()

    expression = "const A = A; const y = y; z = A @ w; hessian(mean(softplus(z) - y*z), w)"
    values = {"w": w, "A": A, "y": y}
    return Case(expression, values, partial(torch.func.hessian(function), torch.tensor(w)), (0.9, None))


def layer(size: int) -> Case:
    """The Jacobian of a layer."""
    torch = _torch()
    rng = np.random.default_rng(3)
    A, x = rng.normal(size=(size, size)) / size, rng.normal(size=size)
    matrix = torch.tensor(A)
    theirs = partial(torch.func.jacrev(lambda x: torch.tanh(matrix @ x)), torch.tensor(x))
    return Case("const A = A; jacobian(tanh(A @ x), x)", {"x": x, "A": A}, theirs, (1.0, 1.0))


CASES: dict[str, Callable[[], Case]] = {
    **{f"hessian, Rosenbrock {size}": partial(rosenbrock, size) for size in (10, 100, 300)},
    **{f"hessian, logistic {size}": partial(logistic, size) for size in (10, 100, 300)},
    "jacobian 100x100": partial(layer, 100),
}


def least(run: Callable[[], Any]) -> float:
    """The time that a call takes."""
    started = time.process_time()
    run()
    return time.process_time() - started


def against_torch(name: str) -> None:
    """Prints the ratios of a case: from a new text, from one that came before, and compiled before."""
    case = CASES[name]()
    shapes = {each: np.shape(value) for each, value in case.values.items()}
    compiled = gradcli.compile(case.expression, wrt=[], shapes=shapes)

    texts = (case.expression + " " * count for count in itertools.count(1))

    def from_new_text() -> Any:
        return gradcli.evaluate(next(texts), case.values, wrt=[]).value

    def from_text() -> Any:
        return gradcli.evaluate(case.expression, case.values, wrt=[]).value

    sides = (from_new_text, from_text, lambda: compiled(case.values).value, lambda: case.torch().numpy())
    times = [9.9] * len(sides)
    for _ in range(ROUNDS):
        found = [side() for side in sides]
        for each in found:
            np.testing.assert_allclose(each, found[-1], rtol=1e-9, atol=1e-12)
        times = [min(least(side), before) for side, before in zip(sides, times, strict=True)]
    new, again, plan, other = times
    print(
        f"{name:24} {1e3 * other:8.3f} ms  from a new text {told(new / other, None)} "
        f"from one that came before {told(again / other, case.targets[0])} "
        f"compiled {told(plan / other, case.targets[1])}",
        flush=True,
    )


OURS = """
import gradcli
print(gradcli.evaluate("exp(sin(x))", {"x": 0.7}, order=10).derivatives[("x",) * 10])
"""

SYMPY = """
import sympy
x = sympy.Symbol("x")
print(sympy.diff(sympy.exp(sympy.sin(x)), x, 10).evalf(17, subs={x: 0.7}))
"""


def alone(program: str) -> tuple[float, float]:
    """What a program prints, run in a process of its own, and the seconds that it takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return float(done.stdout), after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def against_sympy() -> None:
    """Prints the ratio of a tenth derivative at a point, first call of each."""
    times = [9.9, 9.9]
    for _ in range(ROUNDS // 3):
        (own, spent), (other, took) = alone(OURS), alone(SYMPY)
        np.testing.assert_allclose(own, other, rtol=1e-12)
        times = [min(spent, times[0]), min(took, times[1])]
    print(f"{TENTH:24} {1e3 * times[1]:8.3f} ms  from text {told(times[0] / times[1], 0.5)}", flush=True)


TENTH = "tenth derivative"


def told(ratio: float, target: float | None) -> str:
    """A ratio beside its target."""
    aim = "" if target is None else f" (target {target:g}{', missed' if ratio > target else ''})"
    return f"{ratio:6.2f} x{aim}"


if __name__ == "__main__":
    for each in sys.argv[1:] or [*CASES, TENTH]:
        against_sympy() if each == TENTH else against_torch(each)
