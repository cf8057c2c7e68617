"""What may stand at the cursor: names, attributes, commands and what they take, signs by their names."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gradcli.commands import COMMANDS
from gradcli.config import SETTINGS
from gradcli.named import NamedTuple

if TYPE_CHECKING:
    from gradcli.primitives import Entry
    from gradcli.session import Session


class Candidate(NamedTuple):
    """A text that may replace the last `replaces` characters, how a menu shows it, and a line about it."""

    text: str
    replaces: int
    shown: str
    about: str


STATEMENTS = {
    "const": "const t = 0: a name that is no leaf",
    "def": "def f(x): a function, its body on the lines below",
    "for": "for i in range(10): repeats its body",
    "no_grad": "no_grad: records nothing in its body",
    "print": "print(a, b): values, and text in quotes",
}
"""What else a line may begin with."""

METHODS = {
    "backward": "adds the gradient of this into the grads of the leaves that it reaches",
    "zero_": "clears it",
    "item": "the number alone",
    "requires_grad_": "makes this a leaf",
}
"""What a value can do besides what the table of functions says."""

_SIGNS = {
    "sqrt": "√",
    "cdot": "·",
    "times": "×",
    "div": "÷",
    "le": "≤",
    "ge": "≥",
    "ne": "≠",
    "infty": "∞",
    "partial": "∂",
    "nabla": "∇",
    "ell": "ℓ",
}


def signs() -> dict[str, str]:
    """Every sign that has a name behind a backslash, as in LaTeX; Greek letters by Unicode's own names."""
    found = {}
    for case, style in (("SMALL", str.lower), ("CAPITAL", str.capitalize)):
        for place in range(24):
            letter = chr(0x3B1 + place + (place >= 17))  # 0x3C2 is the other small sigma
            letter = letter if case == "SMALL" else letter.upper()
            name = unicodedata.name(letter).removeprefix(f"GREEK {case} LETTER ")
            found[style(name.replace("LAMDA", "LAMBDA"))] = letter
    found |= {f"_{digit}": chr(0x2080 + digit) for digit in range(10)}
    found |= {f"^{digit}": "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit] for digit in range(10)}
    return {**found, **_SIGNS}


def candidates(before: str, session: Session) -> Iterator[Candidate]:
    """Everything that may stand at the end of a text, for a prompt on this session."""
    sign = re.search(r"\\([A-Za-z]*|[_^]\d?)$", before)
    if sign is not None:
        for name, letter in _starting(sign[1], signs()):
            yield Candidate(letter, len(sign[0]), f"\\{name}  {letter}", "")
        return
    line = before.rpartition("\n")[2]
    command = re.match(r"\s*(\w+)\s+(.*)$", line)
    if command is not None and command[1] in COMMANDS and "\n" not in before:
        bound = command[1] in session.values or command[1] in session.functions
        takes = COMMANDS[command[1]].takes
        if takes and not bound:
            yield from _arguments(takes, command[2], session)
            return
    if _in_text_or_comment(before):
        return
    attribute = re.search(r"([\w\])]+(?:\.\w+)*)\.(\w*)$", line)
    if attribute is not None and not attribute[1][0].isdigit():
        yield from _attributes(attribute[1], attribute[2], session)
        return
    prefix = re.search(r"(?:[^\W\d][\w\u0300-\u036f]*)?$", line)
    word = prefix[0] if prefix else ""
    if not word and re.search(r"[\w.]$", line):
        return
    begins = not line[: len(line) - len(word)].strip()
    yield from _names(word, session, begins)


def _starting(prefix: str, table: dict[str, str]) -> Iterator[tuple[str, str]]:
    exact = table.get(prefix)
    if exact is not None:
        yield prefix, exact
        return
    for name, about in sorted(table.items()):
        if name.startswith(prefix):
            yield name, about


def _in_text_or_comment(before: str) -> bool:
    from gradcli.parser import tokens

    last = None
    for span, kind in tokens(before):
        last = (span.end, kind)
    if last is None or last[1] not in ("text", "comment", "error"):
        return False
    if last[1] == "comment":
        return last[0] == len(before)
    return last[1] == "error" and before.count('"') % 2 + before.count("'") % 2 > 0


def _plain(prefix: str, words: Iterable[tuple[str, str]]) -> Iterator[Candidate]:
    for word, about in words:
        if word.startswith(prefix):
            yield Candidate(word, len(prefix), word, about)


def _arguments(takes: str, typed: str, session: Session) -> Iterator[Candidate]:
    """What may go on with the argument of a command."""
    from gradcli.primitives import TABLE

    if takes == "file":
        yield from files(typed)
        return
    if takes == "setting":
        name, space, value = typed.partition(" ")
        if space and name in SETTINGS:
            yield from _plain(value.lstrip(), ((each, "") for each in SETTINGS[name].choices))
        elif not space:
            yield from _plain(name, ((each.name, each.doc) for each in SETTINGS.values()))
        return
    word = re.split(r"[\s,]", typed)[-1]
    if takes == "topic":
        topics = {"commands": "every command", "functions": "every function, by family"}
        yield from _plain(word, topics.items())
        yield from _plain(word, ((each.name, each.doc) for each in COMMANDS.values()))
        yield from _plain(word, ((name, TABLE[name].doc) for name in sorted(TABLE)))
    elif takes == "leaf":
        yield from _plain(word, ((name, about_name(session, name)) for name in session.leaves()))
    else:
        yield from _plain(word, ((name, about_name(session, name)) for name in session.values))
        yield from _plain(word, ((name, "a function") for name in session.functions))


def files(typed: str) -> Iterator[Candidate]:
    """Files and folders whose path begins with what was typed."""
    folder, name = os.path.split(typed)
    place = Path(folder or ".")
    try:
        found = sorted(place.expanduser().iterdir())
    except (OSError, RuntimeError):
        return
    for path in found:
        if path.name.startswith(name) and (name.startswith(".") or not path.name.startswith(".")):
            text = path.name + ("/" if path.is_dir() else "")
            yield Candidate(text, len(name), text, "")


def _attributes(base: str, prefix: str, session: Session) -> Iterator[Candidate]:
    """What may stand behind a dot: functions after a module, attributes and methods after a value."""
    from gradcli.attributes import ATTRIBUTES
    from gradcli.calls import CONSTANTS, MODULES
    from gradcli.primitives import TABLE

    root = base.partition(".")[0]
    if root in MODULES and root not in session.values:
        yield from _plain(prefix, ((name, "") for name in CONSTANTS if name.isascii()))
        yield from _functions(prefix)
        return
    if base.endswith(".grad"):
        yield Candidate("zero_()", len(prefix), "zero_()", "clears this grad")
        return
    yield from _plain(prefix, ((name, "") for name in ATTRIBUTES))
    for name, about in METHODS.items():
        if name.startswith(prefix):
            yield Candidate(f"{name}()", len(prefix), f"{name}()", about)
    for name in sorted(TABLE):
        entry = TABLE[name]
        if name.startswith(prefix) and entry.parameters and entry.family != "making arrays":
            yield _function(entry, name, len(prefix))


def _names(prefix: str, session: Session, begins: bool) -> Iterator[Candidate]:
    """Names that begin with a prefix, the user's own first; commands where a line begins."""
    from gradcli.calls import CONSTANTS
    from gradcli.render import number

    yield from _plain(prefix, ((name, about_name(session, name)) for name in session.values))
    for function in session.functions.values():
        if function.name.startswith(prefix):
            parameters = ", ".join(each.name for each in function.parameters)
            text = f"{function.name}("
            yield Candidate(text, len(prefix), f"{text}{parameters})", "your function")
    if begins:
        bound = {*session.values, *session.functions}
        yield from _plain(
            prefix, ((each.name, each.doc) for each in COMMANDS.values() if each.name not in bound)
        )
        yield from _plain(prefix, STATEMENTS.items())
        if not prefix:
            return
    own = session.values
    yield from _plain(prefix, ((name, number(value)) for name, value in CONSTANTS.items() if name not in own))
    yield from _functions(prefix)


def _functions(prefix: str) -> Iterator[Candidate]:
    from gradcli.primitives import TABLE

    for name in sorted(TABLE):
        if name.startswith(prefix):
            yield _function(TABLE[name], name, len(prefix))


def _function(entry: Entry, name: str, replaces: int) -> Candidate:
    return Candidate(f"{name}(", replaces, f"{name}({entry.signature})", entry.doc)


def about_name(session: Session, name: str) -> str:
    """A bound name in a few words: its kind and its value."""
    from gradcli.listing import kind_of, short

    return f"{kind_of(session, session.values[name])}, {short(session.data(name), 6)}"


def free_names(expression: str, given: Iterable[str]) -> list[str]:
    """The variables of an expression that have no value yet; none where it has a mistake."""
    from gradcli.calls import CONSTANTS, TRUTHS
    from gradcli.errors import ParseError
    from gradcli.parser import parse
    from gradcli.source import Source
    from gradcli.syntax import names_in

    try:
        names = names_in(parse(Source(expression)))
    except ParseError:
        return []
    known = {*given, *CONSTANTS, *TRUTHS}
    return [name for name in names if name not in known]
