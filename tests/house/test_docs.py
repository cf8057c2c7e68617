"""The pages and the manual page say all that there is, in the words of what they describe."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import accuracy
import pytest
from manual import DOCS, PAGES, TABLES, conventions_table, functions_table, manual_page, page, pages
from transcripts import ROOT

from gradcli.cli.commands import declarations
from gradcli.engine.primitives import ENTRIES, OPERATORS, TABLE
from gradcli.session.statements import STATEMENTS
from gradcli.text.options import Declaration

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = ROOT / "man" / "gradcli.1"
TEXTS = pages()


OPTIONS = [(command.name, option) for command in declarations()[1:] for option in command.options]


@pytest.mark.parametrize("name", PAGES)
def test_the_tables_of_a_page_are_up_to_date(name: str) -> None:
    assert page(TEXTS[name]) == TEXTS[name], "run python tools/manual.py"


def test_the_families_of_readme_are_up_to_date() -> None:
    assert page(README) == README, "run python tools/manual.py"


def test_the_names_that_wait_are_those_that_their_files_have() -> None:
    path = ROOT / "gradcli" / "engine" / "primitives" / "late.py"
    text = path.read_text(encoding="utf-8")
    code = f"import manual; assert manual.late_names(open({str(path)!r}).read()) == {text!r}"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT / "tools", check=True)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_its_place(table: str) -> None:
    assert "".join([README, *TEXTS.values()]).count(f"<!-- begin {table} -->\n") == 1


def test_every_page_is_in_the_manual_page_or_about_the_code() -> None:
    assert {path.stem for path in DOCS.glob("*.md")} == {
        *PAGES,
        *("extending", "architecture", "performance", "accuracy"),
    }


def test_the_page_of_errors_is_what_was_measured() -> None:
    text = accuracy.PAGE.read_text(encoding="utf-8")
    assert accuracy.page(text) == text, "run python tools/accuracy.py"
    measured = json.loads(accuracy.KEPT.read_text(encoding="utf-8"))
    assert all(name in TABLE for name in measured["gradcli"])
    for library in measured:
        assert measured[library].keys() <= measured["gradcli"].keys()


def test_readme_is_short_and_leads_to_every_page() -> None:
    assert len(README.splitlines()) <= 250
    for path in DOCS.glob("*.md"):
        assert f"(docs/{path.name})" in README


@pytest.mark.parametrize("path", [*ROOT.glob("*.md"), *DOCS.glob("*.md")], ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"`[^`]*`", "", path.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)]+)\)", text):
        file, _, heading = target.partition("#")
        if not file.startswith("http"):
            aim = path.parent / file if file else path
            assert aim.exists(), target
            titles = (
                re.findall(r"^#+ (.+)$", aim.read_text(encoding="utf-8"), re.MULTILINE) if heading else []
            )
            anchors = {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in titles}
            assert not heading or heading in anchors, target


def test_the_manual_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == manual_page(TEXTS), "run python tools/manual.py"


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
    for text in TEXTS.values():
        for block in re.findall(r"^```console\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            assert not [line for line in block.splitlines() if line.strip() not in shown]


@pytest.mark.parametrize(("command", "option"), OPTIONS, ids=str)
def test_every_option_is_explained(command: str, option: Any) -> None:
    assert option.help, f"{command} {option.name} has no help"
    assert option.usage.replace("-", "\\-") in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", declarations()[1:], ids=lambda each: each.name)
def test_every_command_is_on_a_page(command: Declaration) -> None:
    assert f"gradcli {command.name}" in "".join(TEXTS.values())
    assert command.summary


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_every_function_has_a_row(entry: Any) -> None:
    row = functions_table([entry]).splitlines()[-1]
    assert row in TEXTS["functions"]
    assert all(f"`{name}" in row for name in (entry.name, *entry.aliases))
    assert entry.doc.endswith(".")
    assert entry.family


def test_every_edge_has_a_row() -> None:
    assert len(conventions_table(ENTRIES).splitlines()) == 2 + sum(len(entry.edges) for entry in ENTRIES)


def test_every_operator_is_in_the_language() -> None:
    language = TEXTS["language"]
    assert all(symbol in language or symbol in "<= >= == !=" for symbol, _ in OPERATORS)


def test_every_statement_is_in_the_language() -> None:
    language = TEXTS["language"]
    words = {
        "ExpressionStatement": "the last value shown",
        "Assign": "x = 4",
        "Read": "A = @matrix.npy",
        "Update": "-=",
        "Define": "def f(x, y):",
        "ClassDefinition": "class Net(nn.Module):",
        "Return": "def f",
        "For": "for i in range",
        "While": "while x > 1:",
        "If": "if x > 0:",
        "Leave": "break",
        "Assert": "assert x > 0",
        "Raise": 'raise ValueError("text")',
        "Try": "except RuntimeError as error:",
        "Yield": "yield x",
        "Global": "global n",
        "NoGrad": "no_grad:",
        "Backward": "backward y",
        "Zero": "zero",
        "Correlate": "correlation x, y = 0.3",
        "DegreesOfFreedom": "dof x = 4",
        "Delete": "del x",
        "Import": "torch",
    }
    assert {kind.__name__ for kind in STATEMENTS} == set(words)
    assert all(word in language for word in words.values())


def test_no_name_of_a_function_is_taken_twice() -> None:
    assert len(TABLE) == sum(1 + len(entry.aliases) for entry in ENTRIES)
