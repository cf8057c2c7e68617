"""Imports run one way, and each third-party package has one door."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

import gradcli

ROOT = Path(gradcli.__file__).parent

# A module may import those above it. Modules of one line do not know each other.
ORDER = """
    named rules
    source
    errors
    syntax
    parse_table foreign
    layout
    builder
    surroundings
    habits
    excerpt suggest
    render
    torch_style terminal
    graph
    primitives.kernels
    primitives.entry
    primitives.arithmetic
    primitives.elementwise
    primitives.shaping
    primitives.linalg
    primitives.reductions
    primitives.special
    primitives.losses
    primitives
    mistakes
    parser
    derive
    plan
    formula
    calls indexing
    kinds
    functions unknown
    conversions
    attributes derivatives
    lower
    diagnose
    session
    results
    assignments
    gradients printing
    statements
    styles
    evaluation
    compiled
    api
    values
    reports
    rows
    streams.zstd
    streams.files
    streams.chunk
    streams.numbers streams.records
    streams.blocks
    streams.regular
    streams.delimited streams.jsonlines
    streams.columns
    streams.text
    streams.npy
    streams.npy_out
    streams.arrow
    streams
    twin progress sums
    arguments
    table
    pipeline accumulate
    oneshot
    __init__
    config history
    topics
    listing scripts
    help
    commands
    entries steps
    completion preview
    console
    repl
    prompt
    subcommands
    cli
    __main__ manual
"""
LAYERS = [line.split() for line in ORDER.strip().splitlines()]

# The only modules that may import what stands on the left.
DOORS = {
    "lark": ["parser"],
    "click": ["cli"],
    "prompt_toolkit": ["repl"],
    "orjson": ["streams", "streams.*"],
    "pyarrow": ["streams", "streams.*"],
    "scipy": [],
    "gradcli.torch_style": ["styles"],
}


def name_of(path: Path) -> str:
    """`primitives/entry.py` is `primitives.entry`, and a package is called as its folder."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}


def layer(name: str) -> int:
    for place, patterns in enumerate(LAYERS):
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            return place
    pytest.fail(f"gradcli/{name.replace('.', '/')}.py has no place in ORDER: say there what it stands on")


def statements(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import, also inside functions, but for those that only a type checker sees."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        yield from statements(child)


def imported(path: Path) -> set[str]:
    """The full names of the modules that a file imports."""
    found = set()
    for statement in statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
            continue
        module = statement.module or ""
        for alias in statement.names:
            whole = f"{module}.{alias.name}"
            is_module = whole.removeprefix("gradcli.") in MODULES
            found.add(whole if is_module else "gradcli.__init__" if module == "gradcli" else module)
    return found


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_one_way(name: str) -> None:
    here = layer(name)
    own = [each.removeprefix("gradcli.") for each in imported(MODULES[name]) if each.startswith("gradcli.")]
    backwards = sorted(each for each in own if layer(each) >= here and each != name)
    assert not backwards, f"{name} stands above {', '.join(backwards)} in ORDER, and so it cannot import it"


@pytest.mark.parametrize("package", DOORS)
def test_every_fence_has_its_doors(package: str) -> None:
    for name, path in MODULES.items():
        if any(each == package or each.startswith(f"{package}.") for each in imported(path)):
            assert any(fnmatchcase(name, door) for door in DOORS[package]), f"{name} imports {package}"


def test_the_order_names_each_module_once() -> None:
    names = [name for line in LAYERS for name in line]
    assert len(names) == len(set(names))
