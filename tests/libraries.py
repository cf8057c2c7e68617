"""What libraries have, and what their functions give: asked once, and kept.

    python tests/libraries.py cases > CASES                      here
    PYTHON tests/libraries.py ask CASES                          with a Python that has libraries

The second may be run with several Pythons; each answers for the libraries that it can import (PyTorch, JAX,
SciPy, SymPy, mpmath and Python's own), and what others answered stays. It writes `tests/data/libraries.json`,
which `tests/lowering/test_libraries.py` holds gradcli to, and the names in `gradcli/language/libraries.py`.
"""

from __future__ import annotations

import importlib
import json
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "tests" / "data" / "libraries.json"
NAMES = ROOT / "gradcli" / "language" / "libraries.py"

MODULES = (
    *("math", "statistics", "numpy", "numpy.linalg", "scipy.special", "scipy.linalg"),
    *("torch", "torch.special", "torch.linalg", "torch.nn.functional"),
    *("jax.numpy", "jax.numpy.linalg", "jax.nn", "jax.scipy.special", "jax.scipy.linalg"),
    *("sympy", "mpmath"),
)

# What TensorFlow has and means as everyone does; it is too large to be asked.
BY_HAND = {
    "tensorflow": "abs acos acosh add asin asinh atan atan2 atanh ceil cos cosh divide erf erfc exp expm1 "
    "eye floor log log1p maximum minimum multiply negative ones ones_like pow reshape round sign sigmoid sin "
    "sinh softplus sqrt square stack subtract tan tanh zeros zeros_like",
    "tensorflow.nn": "elu log_softmax relu relu6 selu sigmoid silu softmax softplus swish tanh",
}

MATRIX = [[1.0, 2.0], [3.0, 4.0]]
VECTOR = [1.0, 2.0, 3.0, 6.0]
OTHER = [2.0, -1.0, 0.5, 3.0]
CUBE = [[[0.0, 1.0], [2.0, 4.0]], [[1.0, 0.5], [3.0, 7.0]]]
ARRAYS: tuple[list[Any], ...] = (
    *([MATRIX], [VECTOR], [CUBE], [MATRIX, 0], [MATRIX, 1], [MATRIX, 2], [VECTOR, 0], [CUBE, 1], [CUBE, 0]),
    *([VECTOR, OTHER], [MATRIX, MATRIX], [MATRIX, [5.0, 6.0]], [VECTOR, 2.0], [MATRIX, 1, 0], [MATRIX, 0.5]),
    *([VECTOR, False], [MATRIX, 0, True], [VECTOR, []], [MATRIX, []]),
)
"""Arguments that functions of arrays are asked about; a whole number is a dimension, an order or the like."""

NUMBERS: dict[str, list[list[float]]] = {
    "remainder": [[5.0, 3.0], [-5.0, 3.0], [5.0, -3.0], [7.5, 2.0], [2.5, 1.0]],
    "round": [[0.5], [1.5], [2.5], [-1.25]],
    "softplus": [[25.0], [1.0], [-40.0]],
    "gelu": [[1.0], [-0.5]],
}
NUMBERS["comb"] = NUMBERS["perm"] = [[5.0, 2.0], [3.0, 5.0], [0.5, 1.0], [-2.0, 1.0]]
NUMBERS["factorial"] = [[4.0], [0.0], [-0.5]]
for _name in ("fmod", "mod", "floor_divide"):
    NUMBERS[_name] = NUMBERS["remainder"]


def cases() -> dict[str, list[list[Any]]]:
    """The arguments that each function of the table is asked about."""
    sys.path.insert(0, str(ROOT))
    from gradcli.engine.primitives import TABLE
    from gradcli.engine.primitives.entry import Elementwise

    found: dict[str, list[list[Any]]] = {}
    for name, entry in ((name, TABLE[name]) for name in TABLE):
        if entry.family == "making arrays":
            continue
        needed = [each for each in entry.parameters if each.default is None]
        asked: list[list[Any]] = [list(each) for each in NUMBERS.get(name, ())]
        intervals = entry.tested or entry.domain
        if not asked and intervals and not any(each.variadic for each in entry.parameters):
            for share in (0.3, 0.8):
                asked.append([_point(each, share) for each in intervals[: max(1, len(needed))]])
        elif not asked and isinstance(entry, Elementwise):
            asked += [[0.7, 0.4][: len(needed)], [-1.3, 2.5][: len(needed)]]
        if not isinstance(entry, Elementwise):
            asked += [[0.7, 2.5, 1.5][: max(1, len(needed))]] if not intervals else []
            asked += ARRAYS
        found[name] = asked
    return found


def _point(interval: Any, share: float) -> float:
    if isinstance(interval, range):
        return float(interval[int(share * (min(len(interval), 5) - 1))])
    low, high = max(interval[0], -2.0), min(interval[1], 3.0)
    return round(low + share * (high - low), 2) if low < high else float(interval[0])


def ask(path: str, asked: dict[str, list[list[Any]]]) -> tuple[list[str], dict[str, list[Any]]]:
    """The names of a module's functions, and what they give: values, or errors."""
    module = importlib.import_module(path)
    names = [
        name for name in sorted(dir(module)) if name[0] != "_" and _is_function(path, getattr(module, name))
    ]
    answers = {}
    for name in sorted(set(names) & set(asked)):
        answers[name] = [_answer(path, getattr(module, name), arguments) for arguments in asked[name]]
    return names, answers


def _is_function(path: str, found: Any) -> bool:
    if path == "sympy" and isinstance(found, type):
        return issubclass(found, importlib.import_module("sympy").Function)
    return callable(found) and not isinstance(found, type | types.ModuleType)


def _answer(path: str, function: Callable[..., Any], arguments: list[Any]) -> Any:
    if len(arguments) > getattr(function, "nin", len(arguments)):
        return None  # NumPy would write into what is more
    try:
        return _plain(path, function(*(_given(path, each) for each in arguments)))
    except Exception:  # whatever a library says of what it does not take
        return None


def _given(path: str, argument: Any) -> Any:
    if isinstance(argument, bool | int) or argument == []:
        return tuple(argument) if argument == [] and not path.startswith("torch") else argument
    if path in ("sympy", "mpmath") and isinstance(argument, list):
        raise TypeError
    if path.startswith("torch"):
        return importlib.import_module("torch").tensor(
            argument, dtype=importlib.import_module("torch").float64
        )
    if path.startswith(("numpy", "scipy", "jax")):
        return importlib.import_module("numpy").asarray(argument) if isinstance(argument, list) else argument
    return argument


def _plain(path: str, found: Any) -> Any:
    if isinstance(found, tuple | list):
        return {"tuple": [_plain(path, each) for each in found]}
    if hasattr(found, "tolist"):
        found = found.tolist()
    elif path in ("sympy", "mpmath"):
        whole = complex(found)
        found = whole.real if not whole.imag else None
    return json.loads(json.dumps(found, default=_number))


def _number(found: Any) -> Any:
    if isinstance(found, complex):
        raise TypeError
    return float(found)


def _names_text(names: dict[str, list[str]]) -> Iterator[str]:
    yield '"""The names of the functions that libraries have, by module.\n\n'
    yield 'Written by tests/libraries.py: do not edit.\n"""\n\nfrom __future__ import annotations\n\n'
    yield "FUNCTIONS: dict[str, str] = {\n"
    for module in sorted(names):
        yield f'    "{module}": (\n'
        line = ""
        for name in (name for name in names[module] if name[-1] != "_"):
            if len(line) + len(name) > 90:
                yield f'        "{line}"\n'
                line = ""
            line += f"{name} "
        yield f'        "{line.rstrip()}"\n    ),\n'
    yield '}\n"""Each module\'s functions, with blanks between them."""\n'


def main(words: list[str]) -> None:
    """Writes cases, or asks about them."""
    if words == ["cases"]:
        print(json.dumps(cases()))
        return
    asked = json.loads(Path(words[1]).read_text())
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {"names": {}, "answers": {}}
    kept["cases"] = asked
    for path in MODULES:
        try:
            if path.startswith("jax"):
                importlib.import_module("jax").config.update("jax_enable_x64", True)
            names, answers = ask(path, asked)
        except ImportError:
            continue
        print(path, len(names), len(answers), file=sys.stderr)
        kept["names"][path], kept["answers"][path] = names, answers
    kept["names"].update({path: text.split() for path, text in BY_HAND.items()})
    KEPT.write_text(json.dumps(kept, separators=(",", ":"), sort_keys=True) + "\n")
    NAMES.write_text("".join(_names_text(kept["names"])))


if __name__ == "__main__":
    main(sys.argv[1:])
