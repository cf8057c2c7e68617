"""What large expressions cost, against the same in a Python loop of PyTorch's.

    python -m venv peers && peers/bin/pip install -e . -r benchmarks/peers.txt
    peers/bin/python benchmarks/large.py [NAME ...]

* Value and gradient of sums, products and nests of 100,000 terms, from their text: a ratio in one run. Both
  sides run one after the other, again and again, in one process and one thread each, and the fastest of each
  are compared. The results are compared too.
* `sizes`: microseconds a term for more and more terms, and a statement for more and more statements.
* `phases`: where the time of the sum goes.
* `memory`: bytes that a node of a graph takes, with its place in the table of all nodes; PyTorch's are those
  of a tensor with its function, by which the process grows.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

import gradcli
from gradcli.collecting import uncollected
from gradcli.engine.derive import slopes
from gradcli.engine.graph import Input, nodes_alive
from gradcli.engine.plan import Plan
from gradcli.engine.plan_cache import form_of
from gradcli.language.layout import scan
from gradcli.language.parser import parse
from gradcli.lowering.rows import RowScope, lower_program
from gradcli.text.source import Source

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

ROUNDS = 5
"""How often each side is timed."""

SIZE = 100_000
"""How many terms there are, unless something else is said."""

POINT = 0.5
"""Where values and gradients are computed."""


class Case(NamedTuple):
    """An expression of some size in x, the same in PyTorch, and the ratio that is aimed at."""

    text: Callable[[int], str]
    torch: Callable[[int, Any], Any]
    target: float | None


def products(size: int) -> str:
    """A sum of products, all different."""
    return " + ".join(f"x*{k}.5" for k in range(1, size + 1))


def products_in_torch(size: int, x: Any) -> Any:
    """The same, term by term."""
    total = x * 1.5
    for k in range(2, size + 1):
        total = total + x * (k + 0.5)
    return total


def functions(size: int) -> str:
    """A sum of functions, all different."""
    forms = ("sin(x*{}.5)", "exp(-x/{}.5)", "sqrt({}.5 + x)", "x**2/{}.5")
    return " + ".join(forms[k % 4].format(k) for k in range(1, size + 1))


def functions_in_torch(size: int, x: Any) -> Any:
    """The same, term by term."""
    total = torch.exp(-x / 1.5)
    for k in range(2, size + 1):
        c = k + 0.5
        form = k % 4
        if form == 0:
            term = torch.sin(x * c)
        elif form == 1:
            term = torch.exp(-x / c)
        elif form == 2:
            term = torch.sqrt(c + x)
        else:
            term = x**2 / c
        total = total + term
    return total


def factors(size: int) -> str:
    """A product, whose factors are all different."""
    return "*".join(f"(1 + x/{k}.5e6)" for k in range(1, size + 1))


def factors_in_torch(size: int, x: Any) -> Any:
    """The same, factor by factor."""
    total = 1 + x / 1.5e6
    for k in range(2, size + 1):
        total = total * (1 + x / ((k + 0.5) * 1e6))
    return total


def nest(size: int) -> str:
    """Calls in calls."""
    return "sin(" * size + "x" + ")" * size


def nest_in_torch(size: int, x: Any) -> Any:
    """The same, from inside."""
    for _ in range(size):
        x = torch.sin(x)
    return x


CASES = {
    "sum of products": Case(products, products_in_torch, 3),
    "sum of functions": Case(functions, functions_in_torch, None),
    "product": Case(factors, factors_in_torch, None),
    "nest": Case(nest, nest_in_torch, None),
}


def least(run: Callable[[], Any]) -> float:
    """The time that a call takes."""
    started = time.process_time()
    run()
    return time.process_time() - started


def ours(text: str) -> tuple[float, float]:
    """Value and gradient of a text."""
    found = gradcli.evaluate(text, {"x": POINT})
    return found.value, found.gradients["x"]


def theirs(case: Case, size: int) -> tuple[float, float]:
    """Value and gradient of a loop."""
    x = torch.tensor(POINT, requires_grad=True)
    value = case.torch(size, x)
    value.backward()
    assert x.grad is not None
    return value.item(), x.grad.item()


def against_torch(name: str) -> None:
    """Prints the ratio of a case."""
    case = CASES[name]
    text = case.text(SIZE)
    sides = (partial(ours, text), partial(theirs, case, SIZE))
    np.testing.assert_allclose(*[side() for side in sides], rtol=1e-9)
    times = [1e9, 1e9]
    for _ in range(ROUNDS):
        times = [min(least(side), before) for side, before in zip(sides, times, strict=True)]
    ratio = times[0] / times[1]
    aim = (
        "" if case.target is None else f" (target {case.target:g}{', missed' if ratio > case.target else ''})"
    )
    each = " and ".join(f"{1e6 * spent / SIZE:.1f}" for spent in times)
    print(f"{name:20}{ratio:6.2f} x{aim}   {each} µs a term", flush=True)


def sizes() -> None:
    """Prints what a term and a statement cost, of more and more."""
    for size in (10_000, 100_000, 1_000_000):
        told(f"{size:,} terms", least(partial(ours, products(size))) / size)
    for size in (1_000, 10_000, 100_000):
        text = "".join(f"x = x + {k}.5\n" for k in range(size)) + "x"
        told(f"{size:,} statements", least(partial(ours, text)) / size)


def told(name: str, seconds: float) -> None:
    """Prints what one of many costs."""
    print(f"{name:24}{1e6 * seconds:6.1f} µs", flush=True)


def phases() -> None:
    """Prints the microseconds a term of each phase of the sum."""
    spent: dict[str, float] = {}

    def timed(name: str, run: Callable[..., Any], *given: Any) -> Any:
        started = time.process_time()
        result = run(*given)
        took = time.process_time() - started
        spent[name] = min(took, spent.get(name, took))
        return result

    text = products(SIZE)
    for _ in range(ROUNDS):
        timed("tokens", scan, text)
        program = timed("tokens and tree", parse, Source(text))
        scope = RowScope({}, {})
        node = timed("graph", uncollected(lower_program), program, scope)
        nodes = [node, *timed("derivative", slopes, node, (scope.target("x"),))]
        form = timed("form", form_of, nodes)
        plan = timed("plan", partial(Plan, nodes, order=form.order))
        timed("run", plan.run_list, [POINT])
        del program, scope, node, nodes, form, plan
        timed("all", ours, text)
    whole = spent.pop("all")
    spent["tree"] = spent.pop("tokens and tree") - spent["tokens"]
    spent["notes, freeing"] = whole - sum(spent.values())
    for name, took in (*spent.items(), ("all", whole)):
        told(f"a term: {name}", took / SIZE)


def resident() -> int:
    """The bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def memory() -> None:
    """Prints the bytes of a node, here and in PyTorch."""
    x = torch.tensor(POINT, requires_grad=True)
    before = resident()
    total = products_in_torch(SIZE, x)
    other = (resident() - before) / (2 * SIZE)
    del total
    total = products_in_torch(2, Input("x", ()))
    alive = nodes_alive()
    tracemalloc.start()
    total = products_in_torch(SIZE, Input("x", ()))
    own = tracemalloc.get_traced_memory()[0] / (nodes_alive() - alive)
    tracemalloc.stop()
    del total
    print(f"a node takes {own:.0f} bytes, PyTorch's {other:.0f}", flush=True)


OTHERS: dict[str, Callable[[], None]] = {"memory": memory, "phases": phases, "sizes": sizes}

if __name__ == "__main__":
    for each in sys.argv[1:] or [*OTHERS, *CASES]:
        if each in CASES:
            against_torch(each)
        else:
            OTHERS[each]()
