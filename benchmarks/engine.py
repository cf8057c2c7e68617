"""What values and gradients cost, as ratios in one run: python benchmarks/engine.py [NAME ...]

* value and gradients of sin(x**2)*exp(-y) + log1p(x*y) against NumPy as one would write it by hand, on one
  processor and on two, beside a control that says whether the second was free;
* a chain of cheap operations, against NumPy as it is written, and in place by pieces that stay in the cache;
* `erf` of arguments near 0 and far from it, against SciPy;
* the gradient of a long chain of operations against its value, and against a chain of half the length;
* sixty nested squarings against thirty;
* loops, of training and of slices that move: the plans of which their passes are one run each, and those that
  1,000 passes make beyond what 20 do, which are none;
* a training loop: the time of 1,000 passes against NumPy by hand.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from unittest import mock

import numpy as np

import gradcli
from gradcli.engine import derive
from gradcli.engine.graph import Input, Node
from gradcli.engine.plan import Plan
from gradcli.engine.plan_cache import PLANS
from gradcli.language.parser import parse
from gradcli.session.runner import run
from gradcli.session.state import Session
from gradcli.text.source import Source

TEXT = "sin(x**2)*exp(-y) + log1p(x*y)"


def straightforward(x: Any, y: Any) -> tuple[Any, Any, Any]:
    """Value and gradients as one writes them down, with what is obviously the same computed once."""
    sine, decay, below = np.sin(x**2), np.exp(-y), 1 + x * y
    value = sine * decay + np.log1p(x * y)
    return value, 2 * x * np.cos(x**2) * decay + y / below, -sine * decay + x / below


def tuned(x: Any, y: Any) -> tuple[Any, Any, Any]:
    """The same with everything that can be shared computed once."""
    square = x**2
    sine, decay, product = np.sin(square), np.exp(-y), x * y
    inverse = 1 / (1 + product)
    value = sine * decay + np.log1p(product)
    return value, 2 * x * np.cos(square) * decay + y * inverse, -sine * decay + x * inverse


def once(action: Callable[[], object]) -> float:
    """The time that an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def ratio(ours: Callable[[], object], theirs: Callable[[], object], pairs: int) -> float:
    """The median of the ratios of runs right after one another, in changing order."""
    ours(), theirs()
    ratios = []
    for place in range(pairs):
        if place % 2:
            base, mine = once(theirs), once(ours)
        else:
            mine, base = once(ours), once(theirs)
        ratios.append(mine / base)
    return statistics.median(ratios)


def elementwise() -> None:
    """Many elements through `compile`."""
    f = gradcli.compile(TEXT, threads=1)
    # Small sizes first: after large arrays, the C library keeps their memory, which flatters temporaries.
    for count, pairs, repeat, target in (
        (100, 101, 50, None),
        (10_000, 101, 20, 1.1),
        (1_000_000, 15, 1, 0.75),
    ):
        rng = np.random.default_rng(0)
        x, y = rng.uniform(0.1, 2, count), rng.uniform(0.1, 2, count)
        wanted, found = tuned(x, y), f(x=x, y=y)
        np.testing.assert_allclose(found.value, wanted[0], rtol=1e-12)
        np.testing.assert_allclose(found.gradients["x"], wanted[1], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(found.gradients["y"], wanted[2], rtol=1e-9, atol=1e-9)

        def ours(x: Any = x, y: Any = y, repeat: int = repeat) -> None:
            for _ in range(repeat):
                f(x=x, y=y)

        for how, goal in ((straightforward, target), (tuned, None)):

            def theirs(how: Any = how, x: Any = x, y: Any = y, repeat: int = repeat) -> None:
                for _ in range(repeat):
                    how(x, y)

            what = f"{count:,} elements, against {how.__name__} NumPy"
            tell(what, ratio(ours, theirs, pairs), goal)


CHEAP = "((x*y + x)*y - 0.5*x)*(y + 2) + x*x - 3*y"


def as_written(x: Any, y: Any) -> Any:
    """A chain of eleven cheap operations."""
    return ((x * y + x) * y - 0.5 * x) * (y + 2) + x * x - 3 * y


def by_pieces(x: Any, y: Any, size: int = 16_384) -> Any:
    """The same in place, by pieces that stay in the cache: the least that calls of NumPy can take."""
    found, other = np.empty_like(x), np.empty(size)
    for start in range(0, len(x), size):
        a, b, t = x[start : start + size], y[start : start + size], found[start : start + size]
        u = other[: len(a)]
        np.multiply(a, b, out=t)
        np.add(t, a, out=t)
        np.multiply(t, b, out=t)
        np.subtract(t, np.multiply(0.5, a, out=u), out=t)
        np.multiply(t, np.add(b, 2, out=u), out=t)
        np.add(t, np.multiply(a, a, out=u), out=t)
        np.subtract(t, np.multiply(3, b, out=u), out=t)
    return found


def cheap_operations() -> None:
    """A chain of operations that cost less than to read and write what they are done on."""
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0.1, 2, 1_000_000), rng.uniform(0.1, 2, 1_000_000)
    f = gradcli.compile(CHEAP, wrt=[], threads=1)
    for how in (as_written, by_pieces):
        np.testing.assert_array_equal(f(x=x, y=y).value, how(x, y))
        what = f"eleven cheap operations on 1,000,000 elements, against NumPy {how.__name__}"
        tell(what, ratio(lambda: f(x=x, y=y), lambda how=how: how(x, y), 25), None)  # type: ignore[misc]


def error_function() -> None:
    """Arguments for which erf is computed in different ways, side by side."""
    from scipy.special import erf

    x = np.random.default_rng(0).normal(scale=2, size=1_000_000)
    f = gradcli.compile("erf(x)", wrt=[], threads=1)
    np.testing.assert_allclose(f(x=x).value, erf(x), rtol=1e-14)
    tell("erf of 1,000,000 mixed arguments, against SciPy", ratio(lambda: f(x=x), lambda: erf(x), 25), 1.6)


def two_processors() -> None:
    """Many elements on two processors; the figures mean nothing where the control says that none was free."""
    f = gradcli.compile(TEXT, threads=2)
    rng = np.random.default_rng(0)
    for count, pairs in ((1_000_000, 25), (10_000_000, 5)):
        x, y = rng.uniform(0.1, 2, count), rng.uniform(0.1, 2, count)
        out, half = np.empty(count), count // 2

        def alone(x: Any = x, out: Any = out) -> None:
            np.sin(x, out=out)

        def together(x: Any = x, out: Any = out, half: int = half) -> None:
            helper = threading.Thread(target=np.sin, args=(x[:half],), kwargs={"out": out[:half]})
            helper.start()
            np.sin(x[half:], out=out[half:])
            helper.join()

        def ours(x: Any = x, y: Any = y) -> None:
            f(x=x, y=y)

        def theirs(x: Any = x, y: Any = y) -> None:
            straightforward(x, y)

        what = f"{count:,} elements on two processors, against straightforward NumPy"
        tell(what, ratio(ours, theirs, pairs), 0.45)
        what = "  control: plain np.sin in two threads (0.5 where both are free)"
        tell(what, ratio(together, alone, pairs), None)


def chains() -> None:
    """Long chains of operations, where every step is a node."""
    costs: dict[int, tuple[float, float]] = {}
    for length in (50_000, 100_000):
        x = Input("x", (), role="leaf", tracked=True)

        def value(length: int = length, x: Input = x) -> Node:
            node: Node = x
            for place in range(length):
                node = node * 1.0000001 if place % 2 else node + 1e-9
            Plan([node]).run({x: np.float64(0.5)})
            return node

        def whole(length: int = length, x: Input = x, value: Callable[[], Node] = value) -> None:
            node = value()
            (slope,) = derive.gradient(node, (x,))
            assert slope is not None
            Plan([node, slope]).run({x: np.float64(0.5)})

        costs[length] = (
            statistics.median(once(value) for _ in range(5)),
            statistics.median(once(whole) for _ in range(5)),
        )
    value_time, whole_time = costs[100_000]
    tell("100,000 operations: value and gradient, against the value", whole_time / value_time, 6)
    tell("  against 50,000 operations (2 is linear)", whole_time / costs[50_000][1], 2.5)
    text = "+".join(["x*1.5"] * 50_000)
    alone = statistics.median(once(lambda: gradcli.evaluate(text, {"x": 2}, wrt=[])) for _ in range(3))
    both = statistics.median(once(lambda: gradcli.evaluate(text, {"x": 2})) for _ in range(3))
    tell("  from text, value and gradient against the value", both / alone, 6)


def diamonds() -> None:
    """Squarings of squarings: as many paths as 2**60, and as many nodes as 60."""

    def squarings(depth: int) -> Callable[[], object]:
        text = "; ".join(["y = x*x", *(["y = y*y"] * (depth - 1)), "y"])
        return lambda: gradcli.evaluate(text, {"x": 1.0})

    tell("sixty nested squarings, against thirty (2 is linear)", ratio(squarings(60), squarings(30), 21), 2.5)


TRAINING = """
loss() = mean(softplus(X @ w + b) - y*(X @ w + b))
for i in range({steps}):
    backward loss()
    w -= 0.1*w.grad
    b -= 0.1*b.grad
    zero
"""


STEP = """
for i in range({{steps}}):
    backward {}
    w -= 0.001*w.grad
    zero
"""

LOOPS = {
    "logistic regression": TRAINING,
    "Z[i:i+2]": STEP.format("sum((Z[i:i+2] @ w - b)**2)"),
    "Z[i]": STEP.format("(Z[i] @ w - b)**2"),
    "w[i % 4]": STEP.format("(w[i % 4] - b)**2"),
}
"""Loops over as many steps as one likes."""


def data() -> tuple[Any, Any]:
    """100 points and their labels."""
    rng = np.random.default_rng(3)
    points = rng.normal(size=(100, 5))
    return points, (points @ [1, -2, 0.5, 0, 1] + rng.normal(size=100) > 0).astype(float)


def fresh() -> Session:
    """A session in which no step was made."""
    session = Session()
    for name, each in zip("Xy", data(), strict=True):
        session.bind_constant(name, each)
    session.bind_constant("Z", np.random.default_rng(4).normal(size=(1002, 5)))
    session.bind_leaf("w", np.zeros(5))
    session.bind_leaf("b", 0.0)
    return session


def steps(session: Session, text: str, count: int) -> None:
    """Makes so many steps of a loop."""
    run(session, parse(Source(text.format(steps=count))), lambda result: None, lambda notice: None)


def replanning() -> None:
    """How many plans loops make in a process that has none."""
    for name, text in LOOPS.items():
        made = []
        for count in (20, 1000):
            PLANS.__init__(PLANS.most_steps)  # type: ignore[misc]
            with mock.patch.object(Plan, "__init__", autospec=True, side_effect=Plan.__init__) as plans:
                steps(fresh(), text, count)
            made.append(plans.call_count)
        tell(f"{name}: plans of statements and of whole steps, made by 20", made[0], None, "")
        tell("  plans that 1,000 steps make beyond these", made[1] - made[0], 0, "")


def training() -> None:
    """Logistic regression on 100 points."""
    session = fresh()
    points, labels = data()

    def numpy_steps() -> None:
        w, b = np.zeros(5), 0.0
        for _ in range(1000):
            z = points @ w + b
            np.mean(np.logaddexp(0, z) - labels * z)
            slope = (1 / (1 + np.exp(-z)) - labels) / 100
            w = w - 0.1 * (slope @ points)
            b = b - 0.1 * slope.sum()

    steps(session, TRAINING, 1)
    our_steps = partial(steps, session, TRAINING, 1000)
    tell("1,000 steps of logistic regression, against NumPy by hand", ratio(our_steps, numpy_steps, 5), 4)


def tell(what: str, figure: float, target: float | None, times: str = " x") -> None:
    """Prints a figure beside its target."""
    aim = "" if target is None else f"  (target {target:g}{', missed' if figure > target else ''})"
    print(f"{what:70} {figure:8.3g}{times}{aim}", flush=True)


def main() -> None:
    """Runs every benchmark, or those whose functions are named."""
    parts: Sequence[Callable[[], None]] = (
        elementwise,
        cheap_operations,
        error_function,
        two_processors,
        chains,
        diamonds,
        replanning,
        training,
    )
    for part in parts:
        if part.__name__ in (sys.argv[1:] or [part.__name__]):
            part()


if __name__ == "__main__":
    main()
