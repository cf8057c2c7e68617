"""How exact every function of numbers is, beside those of PyTorch and JAX, for docs/accuracy.md.

    python benchmarks/accuracy.py cases CASES       here: points, exact results, and gradcli's errors at them
    PYTHON benchmarks/accuracy.py ask CASES         with a Python that has PyTorch or JAX
    python tools/accuracy.py                        here: the page, from what the others wrote

The points and the exact results are those that are kept in tests/data/exact; the errors are kept in
tests/data/accuracy.json. What one library answered stays until it is asked again.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "tests" / "data" / "accuracy.json"
LIBRARIES = ("gradcli", "torch", "jax")
MODULES = {
    "torch": ("torch.special", "torch", "torch.nn.functional"),
    "jax": ("jax.scipy.special", "jax.numpy", "jax.nn", "jax.lax"),
}
"""Where a library's functions are looked for, in this order."""


NOT_ASKED = {
    **dict.fromkeys(("jax.scipy.special.factorial", "jax.scipy.special.comb"), "0 of negative numbers there"),
    **dict.fromkeys(
        ("jax.scipy.special.expi", "jax.scipy.special.exp1", "jax.scipy.special.expn"),
        "its derivatives are not compiled within minutes",
    ),
}
"""What is left out, and why."""


def columns_by_order(count: int) -> list[list[int]]:
    """The columns of the value, of the first and of the second partials of so many arguments."""
    pairs = count * (count + 1) // 2
    return [[0], list(range(1, 1 + count)), list(range(1 + count, 1 + count + pairs))]


def worst(raw: Any) -> list[float | None]:
    """The largest errors of value, first and second partials; none where nothing is known."""
    count = 0
    while 1 + count + count * (count + 1) // 2 < raw.shape[1]:
        count += 1
    found: list[float | None] = []
    for columns in columns_by_order(count):
        known = [raw[:, k] for k in columns if not np.isnan(raw[:, k]).all()]
        largest = max((float(np.where(np.isnan(each), np.inf, each).max()) for each in known), default=None)
        found.append(None if largest is None else float(f"{largest:.2g}"))
    return found


# Here


def write_cases(path: str) -> None:
    """The points of every entry that has kept references, with its names, and gradcli's own errors."""
    sys.path[:0] = [str(ROOT / "tests")]
    from entries import OF_NUMBERS, arguments_of, whole_arguments_of
    from exact import computed, errors, kept

    cases: dict[str, Any] = {}
    answers: dict[str, Any] = {}
    for entry in OF_NUMBERS:
        exact = kept(entry)
        if exact is None:
            continue
        got = computed(entry, exact.at)
        raw, _ = errors(got, exact)
        answers[entry.name] = worst(np.where(np.isnan(got).all(axis=0), np.nan, raw))
        names = (entry.name, *entry.aliases)
        spelled = {
            library: [
                f"{module}.{name}"
                for module in modules
                for name in names
                if not _differs(entry, module) and f"{module}.{name}" not in NOT_ASKED
            ]
            for library, modules in MODULES.items()
        }
        arguments = arguments_of(entry)
        whole = [arguments.index(each) for each in whole_arguments_of(entry)]
        cases[entry.name] = {"spelled": spelled, "whole": whole}
        np.savez_compressed(_points(path, entry.name), **exact._asdict())
    Path(path).write_text(json.dumps(cases), encoding="utf-8")
    _keep("gradcli", answers)


def _differs(entry: Any, module: str) -> bool:
    return any(module in each.where.split() and not each.kept for each in entry.meanings)


def _points(path: str, name: str) -> Path:
    folder = Path(f"{path}.points")
    folder.mkdir(exist_ok=True)
    return folder / f"{name}.npz"


def _keep(library: str, answers: dict[str, Any]) -> None:
    held = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    held[library] = answers
    for other in LIBRARIES[1:]:  # what is not in the table any more
        mine = held.get("gradcli", {})
        held[other] = {name: each for name, each in held.get(other, {}).items() if name in mine}
    KEPT.write_text(_in_lines(held), encoding="utf-8")


def _in_lines(held: dict[str, Any]) -> str:
    """JSON with a line for each function."""
    parts = []
    for library in sorted(held):
        rows = ",\n".join(
            f"  {json.dumps(name)}: {json.dumps(held[library][name])}" for name in sorted(held[library])
        )
        parts.append(f" {json.dumps(library)}: {{\n{rows}\n }}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


# With another Python


def ask(path: str) -> None:
    """What the libraries that this Python has give at the points."""
    cases = json.loads(Path(path).read_text(encoding="utf-8"))
    for library, results in (("torch", torch_results), ("jax", jax_results)):
        try:
            importlib.import_module(library)
        except ImportError:
            continue
        answers = {}
        for name, case in cases.items():
            with np.load(_points(path, name)) as file:
                at, nearest, rest = file["at"], file["nearest"], file["rest"].astype(float)
            for spelling in case["spelled"][library]:
                found = _answer(results, spelling, at, case["whole"], nearest, rest)
                if found is not None:
                    answers[name] = found
                    break
        _keep(library, answers)


def _answer(results: Any, spelling: str, at: Any, whole: list[int], nearest: Any, rest: Any) -> Any:
    module, name = spelling.rsplit(".", 1)
    function = getattr(importlib.import_module(module), name, None)
    if not callable(function):
        return None
    got = results(function, at, whole)
    if got is None:
        return None
    with np.errstate(all="ignore"):
        raw = np.abs((got - nearest) / np.spacing(np.abs(nearest)) - rest)
        raw = np.where(np.isfinite(nearest) & np.isfinite(got), raw, np.where(got == nearest, 0.0, np.inf))
    unknown = np.isnan(got).all(axis=0)
    return worst(np.where(unknown, np.nan, raw))


def torch_results(function: Callable[..., Any], at: Any, whole: list[int]) -> Any:
    """Value, first and second partials in columns; nan where PyTorch has none."""
    import torch

    count = at.shape[1]
    inputs = [torch.tensor(at[:, k].copy(), requires_grad=k not in whole) for k in range(count)]
    given = [each.long() if k in whole else each for k, each in enumerate(inputs)]
    try:
        value = function(*given)
    except Exception:
        try:
            value = function(*inputs)
        except Exception:
            return None
    if not isinstance(value, torch.Tensor) or value.shape != inputs[0].shape or value.dtype != torch.float64:
        return None
    columns = [value.numpy(force=True)]
    slopes: list[Any] = []
    nothing = np.full(len(at), np.nan)
    for k in range(count):
        slopes.append(_slope(value, inputs[k]))
        columns.append(nothing if slopes[k] is None else slopes[k].numpy(force=True))
    for i in range(count):
        for j in range(i, count):
            bend = None if slopes[i] is None else _slope(slopes[i], inputs[j])
            columns.append(nothing if bend is None else bend.numpy(force=True))
    return np.stack(columns, axis=1)


def _slope(of: Any, x: Any) -> Any:
    import torch

    try:
        (found,) = torch.autograd.grad(of.sum(), x, create_graph=True)
    except (RuntimeError, NotImplementedError):
        return None
    return found


def jax_results(function: Callable[..., Any], at: Any, whole: list[int]) -> Any:
    """Value, first and second partials in columns; nan where JAX has none."""
    import jax

    jax.config.update("jax_enable_x64", True)
    count = at.shape[1]
    places = [at[:, k].astype(int) if k in whole else at[:, k] for k in range(count)]
    try:
        value = np.asarray(jax.vmap(function)(*places), dtype=float)
    except Exception:
        return None
    if value.shape != (len(at),):
        return None
    nothing = np.full(len(at), np.nan)
    columns = [value]

    def column(derivative: Callable[..., Any], *differentiated: int) -> Any:
        if set(differentiated) & set(whole):
            return nothing
        try:
            return np.asarray(jax.vmap(derivative)(*places), dtype=float)
        except Exception:
            return nothing

    for i in range(count):
        columns.append(column(jax.grad(function, i), i))
    for i in range(count):
        for j in range(i, count):
            columns.append(column(jax.grad(jax.grad(function, i), j), i, j))
    return np.stack(columns, axis=1)


def main(arguments: list[str]) -> None:
    what, path = arguments
    {"cases": write_cases, "ask": ask}[what](path)


if __name__ == "__main__":
    main(sys.argv[1:])
