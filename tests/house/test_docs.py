"""README and the manual page say all that there is, in the words of what they describe."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
from manual import conventions_table, functions_table, manual_page, readme
from transcripts import ROOT

from gradcli.cli.commands import declarations
from gradcli.engine.primitives import ENTRIES, OPERATORS, TABLE
from gradcli.session.runner import STATEMENTS
from gradcli.text.options import Declaration

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = ROOT / "man" / "gradcli.1"


OPTIONS = [(command.name, option) for command in declarations()[1:] for option in command.options]


def test_the_tables_of_readme_are_up_to_date() -> None:
    assert readme(README) == README, "run python tools/manual.py"


def test_the_manual_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == manual_page(README), "run python tools/manual.py"


def test_the_manual_page_is_plain_ascii_and_bears_no_date() -> None:
    text = PAGE.read_text(encoding="ascii")
    assert not re.search(r"20\d\d-\d\d", text)
    assert text.splitlines()[1].startswith('.TH GRADCLI 1 "" ')


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_has_nothing_to_say_about_the_manual_page() -> None:
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-rLL=200n", PAGE], capture_output=True, check=True, timeout=60
    )
    assert not done.stderr.decode()


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_the_manual_page_shows_transcripts_as_they_are() -> None:
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-P-cbou", "-rLL=250n", PAGE], capture_output=True, check=True, timeout=60
    )
    shown = [line.strip() for line in done.stdout.decode().splitlines()]
    for block in re.findall(
        r"^```console\n(.*?)^```$", README.split("## Install")[1], re.DOTALL | re.MULTILINE
    ):
        if "cube.py" not in block:
            missing = [line for line in block.splitlines() if line.strip() not in shown]
            assert not missing


@pytest.mark.parametrize(("command", "option"), OPTIONS, ids=str)
def test_every_option_is_explained(command: str, option: Any) -> None:
    assert option.help, f"{command} {option.name} has no help"
    assert option.usage.replace("-", "\\-") in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", declarations()[1:], ids=lambda each: each.name)
def test_every_command_is_in_readme(command: Declaration) -> None:
    assert f"gradcli {command.name}" in README
    assert command.summary


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_every_function_has_a_row(entry: Any) -> None:
    row = functions_table([entry]).splitlines()[-1]
    assert row in README
    assert all(f"`{name}" in row for name in (entry.name, *entry.aliases))
    assert entry.doc.endswith(".")
    assert entry.family


def test_every_edge_has_a_row() -> None:
    assert len(conventions_table(ENTRIES).splitlines()) == 2 + sum(len(entry.edges) for entry in ENTRIES)


def test_every_operator_is_in_the_language() -> None:
    language = README.split("## The language")[1].split("## At kinks")[0]
    assert all(symbol in language or symbol in "<= >= == !=" for symbol, _ in OPERATORS)


def test_every_statement_is_in_the_language() -> None:
    language = README.split("## The language")[1].split("## At kinks")[0]
    words = {
        "ExpressionStatement": "the last value shown",
        "Assign": "x = 4",
        "Update": "-=",
        "Define": "def f(x, y):",
        "Return": "def f",
        "For": "for i in range",
        "NoGrad": "no_grad:",
        "Backward": "backward y",
        "Zero": "zero",
        "Delete": "del x",
        "Import": "torch",
    }
    assert {kind.__name__ for kind in STATEMENTS} == set(words)
    assert all(word in language for word in words.values())


def test_no_name_of_a_function_is_taken_twice() -> None:
    assert len(TABLE) == sum(1 + len(entry.aliases) for entry in ENTRIES)
