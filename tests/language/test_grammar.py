"""The grammar is the only truth: what is written down of it is what Lark makes, and all the rest follows."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from parse_table import GRAMMAR, WRITTEN, table_text

from gradcli.language.grammar import build
from gradcli.language.layout import CLOSERS, scan
from gradcli.language.table import (
    ASKING,
    BEGIN_STATEMENT,
    ENDS_OPERAND,
    INFIX,
    KEYWORDS,
    NEED_OPERAND,
    OPEN_BLOCK,
    PREFIX,
    SOFT_KEYWORDS,
    STARTS_OPERAND,
    fingerprint,
)
from gradcli.text.errors import InputError


def test_what_is_written_is_what_lark_makes_of_the_grammar() -> None:
    assert WRITTEN.read_text(encoding="utf-8") == table_text(GRAMMAR.read_text(encoding="utf-8"))


def kinds(text: str) -> set[str]:
    return {token.kind for token in scan(text)[:-1]}


def test_what_follows_from_the_grammar() -> None:
    begins = kinds("x 2 1.5(2)e3 'a' r\"a\" ( [ { | √ not + - lambda")
    assert begins | {"_FORMATTED_START", "TILDE"} == STARTS_OPERAND
    assert kinds("x 2 1.5(2)e3 'a' ) ] } | ² !") | {"_FORMATTED_END", "RAW"} == ENDS_OPERAND
    assert INFIX.keys() == kinds("+ - ± * / // % @ ** < and or") | {"BOTH", "EITHER"}
    assert PREFIX.keys() == kinds("+ - not √") | {"TILDE"}
    assert INFIX.keys() | PREFIX.keys() | kinds("= +=") | {"TILDE", "ANNOTATES"} == NEED_OPERAND
    assert kinds("def class for while if elif else with no_grad try except finally") == OPEN_BLOCK
    assert {word for word, kind in KEYWORDS.items() if kind in BEGIN_STATEMENT.keys() - ASKING} == {
        "assert",
        "backward",
        "break",
        "class",
        "const",
        "continue",
        "correlation",
        "del",
        "dof",
        "from",
        "global",
        "nonlocal",
        "import",
        "lambda",
        "no_grad",
        "pass",
        "raise",
        "try",
        "while",
        "yield",
        "with",
        "zero",
    }
    assert BEGIN_STATEMENT["_ZERO"] >= {"NAME", "_NEWLINE", "SEMICOLON"}
    assert not {"LPAR", "EQUAL", "MINUS", "DOT"} & BEGIN_STATEMENT["_ZERO"]
    assert "COLON" in BEGIN_STATEMENT["_NO_GRAD"]
    assert "_NEWLINE" not in BEGIN_STATEMENT["_BACKWARD"]
    assert ASKING < BEGIN_STATEMENT.keys() <= SOFT_KEYWORDS
    assert not NEED_OPERAND & (CLOSERS.keys() | {"COMMA", "COLON", "DOT"})


def test_how_tightly_operators_bind() -> None:
    loosest_first = ["OR", "AND", "COMPARE", "PLUS", "TIMES", "POWER"]
    assert sorted(INFIX, key=lambda sign: INFIX[sign]) == sorted(INFIX, key=lambda sign: INFIX[sign][0])
    assert [sign for sign in sorted(INFIX, key=lambda sign: INFIX[sign][0]) if sign in loosest_first] == (
        loosest_first
    )
    for sign in ("OR", "AND", "MINUS", "DIVIDE"):  # those go on to their left
        binding, left, right = INFIX[sign]
        assert left == binding < right
    binding, left, right = INFIX["POWER"]
    assert right == PREFIX["MINUS"][0] < binding < left
    binding, left, right = INFIX["COMPARE"]
    assert binding < left == right


GROWN = [
    (
        [
            ("      | named SUPERSCRIPT ", "      | named DEGREE -> superscript\n      | named SUPERSCRIPT "),
            ('ROOT: "√"', 'ROOT: "√"\nDEGREE: "°"'),
        ],
        {"ENDS_OPERAND": {"DEGREE"}},
    ),
    (
        [
            ("sum (PLUS | MINUS) term", "sum (PLUS | MINUS | MINUS_PLUS) term"),
            ("| (PLUS | MINUS | TILDE) factor", "| (PLUS | MINUS | TILDE | MINUS_PLUS) factor"),
            ('ROOT: "√"', 'ROOT: "√"\nMINUS_PLUS: "∓"'),
        ],
        {
            "STARTS_OPERAND": {"MINUS_PLUS"},
            "NEED_OPERAND": {"MINUS_PLUS"},
            "INFIX": {"MINUS_PLUS"},
            "PREFIX": {"MINUS_PLUS"},
        },
    ),
    (
        [
            (
                'loop: "for"',
                (
                    'choice: "until" expression block ("unless" expression block)* ("finally" block)?\n'
                    'loop: "for"'
                ),
            ),
            ("?line: simple", "?line: simple | choice"),
        ],
        {"OPEN_BLOCK": {"UNTIL", "UNLESS"}},
    ),
]


@pytest.mark.parametrize(("edits", "more"), GROWN, ids=["x°", "∓", "until"])
def test_what_follows_from_a_grammar_that_grows(
    edits: list[tuple[str, str]], more: dict[str, set[str]]
) -> None:
    text = GRAMMAR.read_text(encoding="utf-8")
    before = build(text)
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    after = build(text)
    for name in ("STARTS_OPERAND", "ENDS_OPERAND", "NEED_OPERAND", "INFIX", "PREFIX", "OPEN_BLOCK"):
        assert {*after[name]} - {*before[name]} == more.get(name, set()), name
        assert {*before[name]} <= {*after[name]}, name


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('member | _members "," member', 'member ("," member)*', "leaves a choice"),
        ('"pass"', '"pass" | nothing', "refused"),
        ("program: line*", "program: line*)", "refused"),
    ],
)
def test_a_grammar_is_refused(old: str, new: str, message: str) -> None:
    text = GRAMMAR.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(InputError, match=message) as caught:
        build(text.replace(old, new))
    assert "\n" not in caught.value.message


def test_line_ends_do_not_change_a_grammar() -> None:
    assert (
        fingerprint(b"a: B\r\nB: /b/\r\n") == fingerprint(b"a: B\nB: /b/\n") != fingerprint(b"a: B\nB: /c/\n")
    )


# --------------------------------------------------------------------------------------- an operator is added


EDITS = {
    "grammar/gradcli.lark": [
        ("sum (PLUS | MINUS) term", "sum (PLUS | MINUS | SECTION) term"),
        ('PLUS: "+"', 'PLUS: "+"\nSECTION: "§"'),
    ],
    "gradcli/engine/primitives/elementwise.py": [
        ('    ("hypot(3, 4)", "5"),\n', '    ("hypot(3, 4)", "5"),\n    symbol="§",\n')
    ],
}
ASKED = """
import json, sys
import gradcli
from gradcli.engine.graph import Input
from gradcli.engine.primitives import TABLE
from gradcli.interactive.commands import COMMANDS
from gradcli.interactive.completion import candidates
from gradcli.interactive.entry import Entry
from gradcli.interactive.help import help_text
from gradcli.language.highlight import tokens
from gradcli.language.parser import is_incomplete, parse
from gradcli.session.state import Session
from gradcli.text.errors import ParseError
from gradcli.text.source import Source
from gradcli.writing.formula import formula

def mistake(text):
    try:
        parse(Source(text))
    except ParseError as error:
        return error.message

x, y = Input("x", ()), Input("y", ())
made = TABLE["hypot"].build(TABLE["add"].build(x, y), TABLE["hypot"].build(x, TABLE["mul"].build(x, y)))
json.dump({
    "from": gradcli.__file__,
    "value": gradcli.evaluate("3 § 4").value,
    "precedence": gradcli.evaluate("1 + 2 § 2*2 - 1 == 4").value,
    "next line": gradcli.evaluate("3 §\\n4").value,
    "asks for it": is_incomplete("3 §"),
    "ans": Entry("§ 4").source.text,
    "nothing right": mistake("(3 §)"),
    "nothing left": mistake("3 + § 4"),
    "formula": formula(made),
    "help": help_text("§", COMMANDS).split("\\n")[0],
    "completion": [each.text for each in candidates("3 § hypo", Session(), {})],
    "colour": [kind for _, kind in tokens("3 § 4")],
}, sys.stdout)
"""


def changed(folder: Path, edits: dict[str, list[tuple[str, str]]]) -> None:
    """Copies the checkout to a folder, and replaces texts in its files."""
    for part in ("gradcli", "grammar"):
        source = GRAMMAR.parent.parent / part
        shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name, replaced in edits.items():
        path = folder / name
        text = path.read_text(encoding="utf-8")
        for old, new in replaced:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")


def python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs Python with the package that stands in a folder."""
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, *words],
        env=environment,
        cwd=folder,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )


def test_a_broken_grammar_is_an_error_like_any_other(tmp_path: Path) -> None:
    changed(tmp_path, {"grammar/gradcli.lark": [("program: line*", "program: line*)")]})
    done = python(tmp_path, "-m", "gradcli", "eval", "2 + 3")
    assert done.returncode == 2
    assert done.stderr.startswith("error: the grammar is refused: ")
    assert "Traceback" not in done.stderr


def test_an_operator_is_a_line_of_the_grammar_and_a_symbol(tmp_path: Path) -> None:
    changed(tmp_path, EDITS)
    done = python(tmp_path, "-c", ASKED)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "from": str(tmp_path / "gradcli" / "__init__.py"),
        "value": 5,
        "precedence": True,
        "next line": 5,
        "asks for it": True,
        "ans": "ans § 4",
        "nothing right": "`§` has nothing on its right",
        "nothing left": "a value is missing between `+` and `§`",
        "formula": "x + y § (x § x*y)",
        "help": "x § y, or hypot(x, y)",
        "completion": ["hypot("],
        "colour": ["number", "operator", "number"],
    }
