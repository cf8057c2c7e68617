"""Every golden file, the README and every page of documentation show what really happens."""

from __future__ import annotations

from pathlib import Path

import pytest
from transcripts import ROOT, Place, check, plain_words, replay_markdown, replay_text

from gradcli.engine.primitives import ENTRIES
from gradcli.engine.primitives.entry import Entry
from gradcli.render.styles import Plain
from gradcli.session.results import Shown

FILES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("**/*.md")),
    *sorted((ROOT / "tests" / "golden").glob("*.txt")),
    *sorted((ROOT / "tests" / "errors").glob("*.txt")),
]


NEEDED = {"docs/plot.md": ("plotille", "matplotlib"), "tests/golden/plot.txt": ("plotille", "matplotlib")}
"""Packages that a file shows the use of, where they are not everybody's."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_transcript(path: Path, tmp_path: Path, update_golden: bool) -> None:
    for package in NEEDED.get(path.relative_to(ROOT).as_posix(), ()):
        pytest.importorskip(package)
    check(path, tmp_path, update_golden)


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_example_of_entry(entry: Entry) -> None:
    import gradcli

    expression, shown = entry.example
    assert Plain().text(Shown(gradcli.evaluate(expression).value)) == shown


@pytest.mark.parametrize(
    "command",
    [
        'gradcli eval "sin(x**2)" --x 4',
        'gradcli eval "abs(x) + sqrt(x)" --x 0 --format json',
        'gradcli eval "x + y" --x 1,2 --y 1,2,3',
        'gradcli eval "sin("',
        "gradcli evl",
        "gradcli eval --help",
        "gradcli run circle.grad",
        "gradcli",
    ],
)
def test_a_command_shows_the_same_here_and_in_a_shell(command: str, tmp_path: Path) -> None:
    place = Place(tmp_path)
    words = plain_words(command)
    assert words is not None
    assert place.in_process(words) == place.in_shell(command)


# The runner itself


def test_a_transcript_is_run_in_order_with_prose_between(tmp_path: Path) -> None:
    text = (
        "# One session …\n>>> x = 3\n>>> def f(t):\n...     return t**2\n...\n>>> f(x)\nwrong\n\n"
        "# … and another, where x is not known.\n>>> x\n\n$ printf '%s' \\\n> ab; exit 3\n"
    )
    assert replay_text(text, tmp_path) == (
        "# One session …\n>>> x = 3\n>>> def f(t):\n...     return t**2\n...\n>>> f(x)\n9\n\n"
        "# … and another, where x is not known.\n>>> x\n"
        "error: unknown name x\n  x\n  ^\nhint: give it a value first: x = …\n\n"
        "$ printf '%s' \\\n> ab; exit 3\nab\n[exit 3]\n"
    )


def test_markdown_runs_only_its_fenced_blocks(tmp_path: Path) -> None:
    text = "$ not run\n```text\n>>> 1\n```\n```python\n>>> 2*3\n```\n```gradcli\n>>> 2^3\n```\n"
    wanted = "$ not run\n```text\n>>> 1\n```\n```python\n>>> 2*3\n6\n```\n```gradcli\n>>> 2^3\n8\n```\n"
    assert replay_markdown(text, tmp_path) == wanted


def test_differences_fail_and_are_shown_or_written(tmp_path: Path) -> None:
    path = tmp_path / "golden.txt"
    path.write_text(">>> 1 + 1\n3\n", encoding="utf-8")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with pytest.raises(AssertionError, match=r"-3\n\+2"):
        check(path, tmp_path / "a", update=False)
    check(path, tmp_path / "b", update=True)
    assert path.read_text(encoding="utf-8") == ">>> 1 + 1\n2\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('gradcli eval "a b" --x=-4', ["eval", "a b", "--x=-4"]),
        ("gradcli", []),
        ("gradcli eval 'a;b'", ["eval", "a;b"]),
        ("gradcli eval a;b", None),
        ("gradcli run x | head", None),
        ('gradcli eval "$x"', None),
        ("gradcli eval a*b", None),
        ("gradcliff", None),
    ],
)
def test_only_plain_commands_need_no_shell(text: str, words: list[str] | None) -> None:
    assert plain_words(text) == words
