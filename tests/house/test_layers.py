"""Folders are layers: imports run one way between them, no two files know each other, packages have doors."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import gradcli

ROOT = Path(gradcli.__file__).parent

# A folder may import those that stand before it. The files at the root are stones that import no folder
# (first) or doors that open them all (last).
STONES = ["records", "trampoline", "collecting", "arrays", "interruptions", "processors", "startup"]
FOLDERS = [
    *("text", "language", "engine", "writing", "search", "streams", "generators"),
    *("lowering", "session", "capabilities", "render", "documents", "pipelines", "interactive", "cli"),
]
STRANGERS = {
    "streams": {"engine", "writing", "search", "language"},
    "generators": {"text", "language", "engine", "writing", "search", "streams"},
    "engine": {"language", "text.source", "text.excerpt", "text.values", "text.suggest"},
}
"""Folders (and files) that stand lower, and yet must not be imported."""

DOORS = {
    "lark": ["language/grammar.py"],
    "matplotlib": ["writing/figure.py"],
    "plotille": ["writing/chart.py"],
    "click": ["cli/click_door.py"],
    "dask": ["pipelines/dask_door.py"],
    "distributed": ["pipelines/dask_door.py"],
    "fsspec": ["streams/storage.py"],
    "prompt_toolkit": ["interactive/terminal.py"],
    "orjson": ["streams/*"],
    "pyarrow": ["streams/*"],
    "scipy": ["engine/primitives/scipy_door.py", "search/scipy_door.py"],
    "zstandard": ["streams/*"],
}
"""The only files that may import a third-party package; NumPy is everybody's."""

FILES = {
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}


def imported(path: Path) -> set[str]:
    """The full names of what a file imports: inside functions and for type checkers, too."""
    found = set()
    for each in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(each, ast.Import):
            found |= {alias.name for alias in each.names}
        elif isinstance(each, ast.ImportFrom):
            whole = {f"{each.module}.{alias.name}" for alias in each.names}
            found |= {name if name in FILES else str(each.module) for name in whole}
    return found


def height(name: str) -> int:
    """How far up a module stands: stones, folders, doors."""
    part = ([*name.split("."), ""])[1]
    return 0 if part in STONES else FOLDERS.index(part) + 1 if part in FOLDERS else len(FOLDERS) + 1


@pytest.mark.parametrize("name", FILES)
def test_imports_run_down(name: str) -> None:
    own = [each for each in imported(FILES[name]) if each in FILES and each != "gradcli"]
    assert not [each for each in own if height(each) > height(name)], f"{name} imports what stands above it"
    strangers = STRANGERS.get(name.split(".")[1] if "." in name else "", set())
    parts = {".".join(each.split(".")[1:end]) for each in own for end in (2, 3)}
    assert not parts & strangers, f"{name} must stand alone"


def test_no_two_files_import_each_other() -> None:
    graph = {name: imported(path) & FILES.keys() - {"gradcli", name} for name, path in FILES.items()}
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("package", DOORS)
def test_packages_have_doors(package: str) -> None:
    inside = [path for path in FILES.values() if package in {each.split(".")[0] for each in imported(path)}]
    doors = {path for pattern in DOORS[package] for path in ROOT.glob(pattern)}
    assert not [str(path) for path in inside if path not in doors]
