"""What a step of a script's loop costs, against the same loop in PyTorch and in NumPy by hand.

    python -m venv peers && peers/bin/pip install -e . -r benchmarks/peers.txt
    peers/bin/python benchmarks/loops.py [NAME ...]

Every figure is a ratio in one run: the loops run one after the other, again and again, in one process
and one thread each, and the fastest of each are compared. The results are compared too.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from gradcli.language.parser import parse
from gradcli.session.runner import run
from gradcli.session.state import Session
from gradcli.text.source import Source

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

ROUNDS = 9
"""How often each loop is timed."""


class Loop(NamedTuple):
    """A loop in each language; `targets` are the ratios to PyTorch and to NumPy that are aimed at."""

    leaves: dict[str, Any]
    constants: dict[str, Any]
    script: str
    torch: Callable[..., None]
    numpy: Callable[..., None] | None
    steps: int
    targets: tuple[float | None, float | None]


def regression(rows: int, columns: int, steps: int, targets: tuple[float | None, float | None]) -> Loop:
    """Logistic regression."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(rows, columns))
    y = (X @ rng.normal(size=columns) > 0).astype(float)

    def in_torch(count: int, X: Any, y: Any, w: Any, b: Any) -> None:
        for _ in range(count):
            z = X @ w + b
            loss = (torch.nn.functional.softplus(z) - y * z).mean()
            loss.backward()
            with torch.no_grad():
                w -= 0.1 * w.grad
                b -= 0.1 * b.grad
            w.grad.zero_()
            b.grad.zero_()

    def in_numpy(count: int, X: Any, y: Any, w: Any, b: Any) -> None:
        for _ in range(count):
            z = X @ w + b
            np.mean(np.logaddexp(0, z) - y * z)
            slope = (1 / (1 + np.exp(-z)) - y) / rows
            w -= 0.1 * (slope @ X)
            b -= 0.1 * slope.sum()

    script = """for i in range({steps}):
        z = X @ w + b
        loss = mean(softplus(z) - y*z)
        backward loss
        w -= 0.1*w.grad
        b -= 0.1*b.grad
        zero
    """
    leaves = {"w": np.zeros(columns), "b": np.zeros(())}
    return Loop(leaves, {"X": X, "y": y}, script, in_torch, in_numpy, steps, targets)


def xor() -> Loop:
    """A network of 2-4-1 neurons on four points."""
    rng = np.random.default_rng(1)
    X, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0.0, 1, 1, 0])

    def in_torch(count: int, X: Any, y: Any, W: Any, b: Any, v: Any, c: Any) -> None:
        for _ in range(count):
            h = torch.tanh(X @ W + b)
            p = torch.sigmoid(h @ v + c)
            loss = ((p - y) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                for each in (W, b, v, c):
                    each -= 0.5 * each.grad
                    each.grad.zero_()

    def in_numpy(count: int, X: Any, y: Any, W: Any, b: Any, v: Any, c: Any) -> None:
        for _ in range(count):
            h = np.tanh(X @ W + b)
            p = 1 / (1 + np.exp(-(h @ v + c)))
            np.mean((p - y) ** 2)
            slope = 2 * (p - y) / 4 * p * (1 - p)
            inner = np.outer(slope, v) * (1 - h * h)
            v -= 0.5 * (slope @ h)
            c -= 0.5 * slope.sum()
            W -= 0.5 * (X.T @ inner)
            b -= 0.5 * inner.sum(axis=0)

    script = """for i in range({steps}):
        h = tanh(X @ W + b)
        p = sigmoid(h @ v + c)
        loss = mean((p - y)**2)
        backward loss
        W -= 0.5*W.grad
        b -= 0.5*b.grad
        v -= 0.5*v.grad
        c -= 0.5*c.grad
        zero
    """
    leaves = {
        "W": rng.normal(size=(2, 4)),
        "b": np.zeros(4),
        "v": rng.normal(size=4),
        "c": np.zeros(()),
    }
    return Loop(leaves, {"X": X, "y": y}, script, in_torch, in_numpy, 300, (0.8, None))


def descent() -> Loop:
    """One number."""

    def in_torch(count: int, x: Any) -> None:
        for _ in range(count):
            y = (x - 3) ** 2 + torch.sin(x)
            y.backward()
            with torch.no_grad():
                x -= 0.1 * x.grad
            x.grad.zero_()

    script = """for i in range({steps}):
        y = (x - 3)**2 + sin(x)
        backward y
        x -= 0.1*x.grad
        zero
    """
    return Loop({"x": np.array(1.0)}, {}, script, in_torch, None, 500, (0.3, None))


def newton() -> Loop:
    """Second derivatives as expressions."""

    def in_torch(count: int, x: Any) -> None:
        for _ in range(count):
            y = torch.exp(x) - 2 * x + x**2
            (slope,) = torch.autograd.grad(y, x, create_graph=True)
            (bend,) = torch.autograd.grad(slope, x)
            with torch.no_grad():
                x -= slope / bend

    script = """for i in range({steps}):
        y = exp(x) - 2*x + x**2
        x -= grad(y, x) / grad(grad(y, x), x)
    """
    return Loop({"x": np.array(2.0)}, {}, script, in_torch, None, 500, (0.3, None))


def decaying() -> Loop:
    """Reads the loop's variable."""

    def in_torch(count: int, x: Any) -> None:
        for i in range(count):
            y = (x - 3) ** 2 + torch.sin(x)
            y.backward()
            rate = 0.5 / (1 + i)
            with torch.no_grad():
                x -= rate * x.grad
            x.grad.zero_()

    script = """for i in range({steps}):
        y = (x - 3)**2 + sin(x)
        backward y
        rate = 0.5/(1 + i)
        x -= rate*x.grad
        zero
    """
    return Loop({"x": np.array(1.0)}, {}, script, in_torch, None, 500, (0.3, None))


def minibatches() -> Loop:
    """Slices that move."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(64, 3))
    y = X @ np.array([1.0, -2, 0.5])

    def in_torch(count: int, X: Any, y: Any, w: Any) -> None:
        for i in range(count):
            k = 8 * (i % 8)
            loss = ((X[k : k + 8] @ w - y[k : k + 8]) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                w -= 0.1 * w.grad
            w.grad.zero_()

    script = """for i in range({steps}):
        k = 8*(i % 8)
        loss = mean((X[k:k+8] @ w - y[k:k+8])**2)
        backward loss
        w -= 0.1*w.grad
        zero
    """
    return Loop({"w": np.zeros(3)}, {"X": X, "y": y}, script, in_torch, None, 300, (0.8, None))


def network() -> Loop:
    """An MLP 784-128-10 on 64 pictures."""
    rng = np.random.default_rng(7)
    X, Y = rng.normal(size=(64, 784)), np.eye(10)[rng.integers(0, 10, 64)]

    def in_torch(count: int, X: Any, Y: Any, W: Any, b: Any, V: Any, c: Any) -> None:
        for _ in range(count):
            h = torch.relu(X @ W + b)
            loss = -(Y * torch.log_softmax(h @ V + c, 1)).sum() / 64
            loss.backward()
            with torch.no_grad():
                for each in (W, b, V, c):
                    each -= 0.1 * each.grad
                    each.grad.zero_()

    script = """for i in range({steps}):
        h = relu(X @ W + b)
        loss = -sum(Y*log_softmax(h @ V + c, 1))/64
        backward loss
        W -= 0.1*W.grad
        b -= 0.1*b.grad
        V -= 0.1*V.grad
        c -= 0.1*c.grad
        zero
    """
    leaves = {
        "W": rng.normal(size=(784, 128)) / 28,
        "b": np.zeros(128),
        "V": rng.normal(size=(128, 10)) / 11,
        "c": np.zeros(10),
    }
    return Loop(leaves, {"X": X, "Y": Y}, script, in_torch, None, 60, (1.3, None))


def lesson(name: str, setting: str) -> Loop:
    """Layers and an optimizer, as PyTorch's lessons have them."""
    rng = np.random.default_rng(11)
    X, Y = rng.normal(size=(32, 4)), rng.normal(size=(32, 1))
    head = "import torch\nimport torch.nn as nn\n"
    made = f"""model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))
opt = torch.optim.{name}(model.parameters(), {setting})
loss_fn = nn.MSELoss()
with torch.no_grad():
    for parameter, start in zip(model.parameters(), [W, b, V, c]):
        parameter.copy_(start)
"""
    script = """for i in range({steps}):
        opt.zero_grad()
        loss = loss_fn(model(X), Y)
        loss.backward()
        opt.step()
    with torch.no_grad():
        for parameter, start in zip(model.parameters(), [W, b, V, c]):
            start.copy_(parameter)
    """
    dedented = script.replace("\n    ", "\n")

    def in_torch(count: int, X: Any, Y: Any, W: Any, b: Any, V: Any, c: Any) -> None:
        given = {"X": X, "Y": Y, "W": W, "b": b, "V": V, "c": c}
        exec(compile(head + made + dedented.format(steps=count), "<a lesson>", "exec"), given)

    leaves = {
        "W": rng.normal(size=(16, 4)),
        "b": np.zeros(16),
        "V": rng.normal(size=(1, 16)),
        "c": np.zeros(1),
    }
    whole = head + made.replace("\n", "\n    ") + script
    return Loop(leaves, {"X": X, "Y": Y}, whole, in_torch, None, 300, (0.8, None))


LOOPS: dict[str, Callable[[], Loop]] = {
    "logistic 100x2": lambda: regression(100, 2, 300, (0.8, 4)),
    "logistic 10,000x50": lambda: regression(10_000, 50, 100, (1.0, None)),
    "xor 2-4-1": xor,
    "descent": descent,
    "newton": newton,
    "decaying step": decaying,
    "moving slices": minibatches,
    "network 784-128-10": network,
    "layers and SGD": lambda: lesson("SGD", "lr=0.01, momentum=0.9"),
    "layers and Adam": lambda: lesson("Adam", "lr=0.01"),
}


def in_gradcli(loop: Loop) -> tuple[float, list[Any]]:
    """The time of a step, and what the leaves are in the end."""
    session = Session()
    for name, data in loop.constants.items():
        session.bind_constant(name, data)
    for name, data in loop.leaves.items():
        session.bind_leaf(name, data.copy()[()])
    program = parse(Source(loop.script.format(steps=loop.steps).replace("\n    ", "\n")))
    started = time.process_time()
    run(session, program, lambda result: None, lambda notice: None)
    taken = time.process_time() - started
    return taken / loop.steps, [np.asarray(session.data(name)) for name in loop.leaves]


def in_torch(loop: Loop) -> tuple[float, list[Any]]:
    """The same with PyTorch."""
    constants = [torch.tensor(data) for data in loop.constants.values()]
    leaves = [torch.tensor(data, requires_grad=True) for data in loop.leaves.values()]
    started = time.process_time()
    loop.torch(loop.steps, *constants, *leaves)
    taken = time.process_time() - started
    return taken / loop.steps, [each.detach().numpy() for each in leaves]


def in_numpy(loop: Loop) -> float:
    """The same by hand."""
    assert loop.numpy is not None
    leaves = [data.copy() for data in loop.leaves.values()]
    started = time.process_time()
    loop.numpy(loop.steps, *loop.constants.values(), *leaves)
    return (time.process_time() - started) / loop.steps


def told(ratio: float, target: float | None) -> str:
    """A ratio beside its target."""
    aim = "" if target is None else f" (target {target:g}{', missed' if ratio > target else ''})"
    return f"{ratio:6.2f} x{aim:24}"


def main() -> None:
    """Runs the loops that are named, or all."""
    print(f"{'a step of':22} {'':8}     {'PyTorch eager':30} NumPy by hand")
    for name in sys.argv[1:] or LOOPS:
        loop = LOOPS[name]()
        ours, theirs, by_hand = [], [], []
        for _ in range(ROUNDS):
            mine, found = in_gradcli(loop)
            other, wanted = in_torch(loop)
            for each, expected in zip(found, wanted, strict=True):
                np.testing.assert_allclose(each, expected, rtol=1e-6, atol=1e-9)
            ours.append(mine)
            theirs.append(other)
            if loop.numpy is not None:
                by_hand.append(in_numpy(loop))
        against = told(min(ours) / min(theirs), loop.targets[0])
        beside = told(min(ours) / min(by_hand), loop.targets[1]) if by_hand else ""
        print(f"{name:22} {1e6 * min(ours):8.1f} µs  {against} {beside}", flush=True)


if __name__ == "__main__":
    main()
