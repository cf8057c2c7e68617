"""Every hint that shows something to type: it can be typed, where it would be.

The hints are found where they are said: in the tables of `language/mistakes`, and in every transcript of an
error, with what was typed before it and the values that were given.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from transcripts import ROOT, plain_words

from gradcli.capabilities.behaviours import behaviours
from gradcli.documents.transcript import pieces_of
from gradcli.engine.primitives import OPERATORS, TABLE, is_function
from gradcli.interactive.commands import COMMANDS
from gradcli.language.mistakes import functions, hints
from gradcli.language.parser import parse
from gradcli.language.table import KEYWORDS
from gradcli.lowering.lower import SPECIAL
from gradcli.session.runner import run
from gradcli.session.state import Session
from gradcli.text.errors import GradcliError, InputError, ParseError
from gradcli.text.source import Source

SAMPLES = """
    x = 2; y = 3; z = x*y; w = 0.5; a = 1.5; b = 2.5; c = 3; k = 2; n = 3; m = 0.5; p = 0.4; t = 4; phi = 0.7
    q = 1; r = 0.1; s = 2; v = [1, 2]; u = [3, 5]; row = [1, 2]; A = [[1, 2], [3, 4]]; B = A; condition = True
    f(x) = x**2; yes = 1; no = 2; xs = []; xs.append(3); xs.append(4); d = {"lr": 0.1}
"""
"""Values for the names that hints take as examples."""


def works(text: str, before: str = "") -> bool:
    """Whether a text can be typed after `before`: a statement, whole or begun, or a command of the prompt."""
    if text.split(maxsplit=1)[0] in COMMANDS:
        return True
    session = Session()
    for line in (*map(str.strip, SAMPLES.splitlines()), *before.split("\n")):
        _run(session, line)
    error = _run(session, text.replace("…", "1"))
    return not isinstance(error, InputError) or (isinstance(error, ParseError) and error.incomplete)


def _run(session: Session, text: str) -> GradcliError | None:
    try:
        program = parse(Source(text), is_function=is_function)
        run(session, program, lambda result: None, lambda notice: None, behaviours)
    except GradcliError as error:
        return error
    return None


_SHOWN = re.compile(
    r"(?:^|[;,:] |, or |or )(?:write|call it:|define it first:|leave it out:|it is a statement:|as in|"
    r"give it a value(?: first)?:|write the (?:equation|formula) out:|make it a leaf:|of several, take)"
    r" (.+?)(?=$|; |, and |, or | for | to | where|, where)"
)
_SIGNS = (
    {symbol for symbol, _ in OPERATORS} | {*KEYWORDS} | {"=", ",", ":", ";", "(", ")", "[", "]", "{", "}}"}
)
_ABOUT_WORDS = re.compile(
    r"--|gradcli |\./|@|iconv|\.\w+|in the|one |it |with |the |a |import|return|everything |grads "
    r"|\{|\w*=?[\d.]*:"
)
"""What is no statement: words of a command line, what stands behind a dot, prose, the fields of a text."""


def suggestions(hint: str) -> Iterator[str]:
    """What a hint shows to type: what stands between backquotes, or behind words such as `write`."""
    quoted = re.findall(r"`([^`]+)`", re.sub(r'as in "(.+)"', r"`\1`", hint))
    for text in quoted or [match[1] for match in _SHOWN.finditer(hint)]:
        text = re.sub(r"^(?=\*\*|/\d)", "x", text).replace("**n", "**3")  # what stands behind a value
        if text not in _SIGNS and not re.fullmatch(r"\W+|\w+", text) and not _ABOUT_WORDS.match(text):
            yield text


# The tables


def _in_tables() -> Iterator[str]:
    tables = (hints.OPERATORS, hints.PREFIXES, hints.CHARACTERS, hints.WORDS, hints.STATEMENTS, hints.METHODS)
    for table in tables:
        yield from table.values()
    yield from (each.format(formula="x**2", variable="x") for each in hints.SENTENCES.values())
    yield from functions.ADVICE.values()
    yield from (f"write `{name}`" for name in hints.NAMES.values())
    yield from (f"write `{function}(x)`" for function in hints.UNITS.values())


@pytest.mark.parametrize("hint", sorted({*_in_tables()}))
def test_what_a_table_shows_can_be_typed(hint: str) -> None:
    for text in suggestions(hint.replace("{left}", "x").replace("{right}", "y")):
        assert works(text), text


@pytest.mark.parametrize("signature", functions.REWRITTEN)
def test_a_function_of_others_is_written_as_its_hint_says(signature: str) -> None:
    name, parameters = signature.removesuffix(")").split("(")
    arguments = ["1", "x", "3"] if parameters == "..." else parameters.split(", ")
    hint = functions.function_of_others(name, arguments)
    assert hint is not None
    assert works(hint.removeprefix("write ")), hint
    arguments = [f"{each} + {each}" for each in arguments]
    hint = functions.function_of_others(name, arguments)
    assert hint is not None
    assert works(hint.removeprefix("write ")), hint


@pytest.mark.parametrize("signature", functions.OF_COUNT)
def test_a_function_with_other_arguments_is_written_as_its_hint_says(signature: str) -> None:
    name, parameters = signature.removesuffix(")").split("(")
    hint = functions.of_count(name, parameters.split(", "))
    assert hint is not None
    assert works(hint.removeprefix("write ")), hint
    assert name in {*TABLE, *SPECIAL}


def test_no_table_has_a_name_that_is_one_here() -> None:
    listed = {*functions.signatures()} | {*functions.ADVICE}
    here = listed & {*TABLE, *SPECIAL}
    assert not here, f"gradcli has these: remove them from language/mistakes/functions.py: {sorted(here)}"


def test_a_name_of_libraries_is_looked_up_only_where_there_is_none_here() -> None:
    from gradcli.lowering.unknown import function_elsewhere

    assert not [name for name in TABLE if function_elsewhere(name, ["x"])]


# What is said


FILES = [*sorted((ROOT / "tests").glob("*/*.txt")), *sorted((ROOT / "docs").glob("*.md"))]
_BINDING = re.compile(r"(?:--)?([^\W\d]\w*)=(?![=])(.+)", re.DOTALL)


def _said(path: Path) -> Iterator[tuple[str, str]]:
    """The hints of a file's transcripts, each with what was typed before."""
    before: list[str] = []
    for piece in pieces_of(path.read_text(encoding="utf-8")):
        prompt, text, output = piece.prompt, piece.typed, piece.shown
        if not prompt:
            before = []
        given = text if prompt == ">>> " else _bindings(text) if prompt == "$ " else ""
        for line in output.splitlines():
            if line.startswith("hint: "):
                yield line.removeprefix("hint: "), "\n".join((*before, given))
        before = [*before, given] if prompt == ">>> " else []


def _bindings(command: str) -> str:
    """The values that a command gives, and the statements before its last, as statements."""
    words = plain_words(command) or []
    bound = [match for word in words if (match := _BINDING.fullmatch(word)) and ";" not in word]
    *statements, _ = (words[1] if len(words) > 1 else "").split(";")
    return "\n".join(
        [*(f"{name} = {value}" for name, value in (each.groups() for each in bound)), *statements]
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_hint_shows_can_be_typed(path: Path) -> None:
    wrong = [
        f"{hint}: {text}"
        for hint, before in _said(path)
        for text in suggestions(hint)
        if not works(text, before)
    ]
    assert not wrong


# What is said in the source


_HINT_AT = dict.fromkeys(("wrong", "fail", "_fail", "InputError", "EvaluationError", "ParseError"), 2)
_HINT_AT["Notice"] = 3
"""Which argument of these calls is a hint, where it has no name."""

_STANDS_FOR = {
    "before.text": "-",
    "PERCENTS[sign]": "%",
    "product.left.value": "2",
    "'-' if is_negative else ''": "",
    "f', or {value}' if value else ''": "",
    "', '.join(shown)": "x",
    "shown[0]": "x",
}
"""Samples for the fields of hints that are no operands."""

_CALLED = {
    "what": "divergence",
    "name if name in ('jacobian', 'hessian') else 'grad'": "grad",
}
"""The functions of several arguments among those that are called; all others are as `sin` is."""

_PART_OF_A_CALL = re.compile(
    r"\w+=['(\d]|compile\(|s\[|xs\.x\(|nn\.|model\.|and not$|x, x|what it stands|its number"
)
"""What is shown of a call's arguments, of Python's own interface, or in prose."""


def _filled(hint: ast.JoinedStr) -> str:
    """A hint with samples in its fields: a function where something is called, an operand elsewhere."""
    parts = [each.value if isinstance(each, ast.Constant) else each for each in hint.values]
    text = ""
    for place, each in enumerate(parts):
        following = parts[place + 1] if place + 1 < len(parts) else ""
        if isinstance(each, ast.FormattedValue):
            typed = ast.unparse(each.value)
            if text.endswith("xs."):
                text += "append"
            elif isinstance(following, str) and following[:1] in ("(", "'"):
                text += _CALLED.get(typed, "sin")
            else:
                text += "diff" if str(following).startswith(" x**2") else _STANDS_FOR.get(typed, "x")
        else:
            text += str(each)
    return text


def _hints_in(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield _filled(node)
    elif isinstance(node, ast.IfExp):
        yield from (*_hints_in(node.body), *_hints_in(node.orelse))


def _in_source(path: Path) -> Iterator[str]:
    """The hints that a file of the package says."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = [each.value for each in node.keywords if each.arg == "hint"]
            given += node.args[_HINT_AT[name] :][:1] if name in _HINT_AT else []
        elif isinstance(node, ast.Assign) and [getattr(each, "id", "") for each in node.targets] == ["hint"]:
            given = [node.value]
        else:
            continue
        for each in given:
            yield from _hints_in(each)


SOURCES = sorted((ROOT / "gradcli").rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_hint_in_the_source_shows_can_be_typed(path: Path) -> None:
    shown = [(hint, text) for hint in _in_source(path) for text in suggestions(hint)]
    assert not [each for each in shown if not _PART_OF_A_CALL.match(each[1]) and not works(each[1])]


def test_hints_are_found_in_the_source() -> None:
    assert sum(len(list(_in_source(path))) for path in SOURCES) > 400
