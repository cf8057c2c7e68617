"""What may stand at the cursor: names, attributes, commands and what they take, signs by their names."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gradcli.capabilities.record import NAMES, capability
from gradcli.interactive.command import ODD_IN_PATH, Command
from gradcli.interactive.settings import SETTINGS
from gradcli.language.layout import BRACKETS, CLOSERS, Token, scan
from gradcli.language.table import ENDS_OPERAND, SOFT_KEYWORDS
from gradcli.language.vocabulary import CONSTANTS, MODULES, QUANTITIES, TRUTHS, words_of
from gradcli.records import NamedTuple

if TYPE_CHECKING:
    from gradcli.engine.primitives import Entry
    from gradcli.engine.primitives.quantities import Quantity
    from gradcli.session.state import Session


_HAVE_PARTS = ENDS_OPERAND - {"NUMBER", "TEXT", "_FORMATTED_END"} | SOFT_KEYWORDS
"""The ends of what may have attributes and methods."""


class Candidate(NamedTuple):
    """A text that may replace the last `replaces` characters, how a menu shows it, and a line about it."""

    text: str
    replaces: int
    shown: str
    about: str


_SIGNS = {
    "sqrt": "√",
    "cdot": "·",
    "times": "×",
    "div": "÷",
    "le": "≤",
    "ge": "≥",
    "ne": "≠",
    "infty": "∞",
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


def candidates(before: str, session: Session, commands: Mapping[str, Command]) -> Iterator[Candidate]:
    """Everything that may stand at the end of a text, for a prompt on this session with these commands."""
    sign = re.search(r"\\([A-Za-z]*|[_^]\d?)$", before)
    if sign is not None:
        for name, letter in _starting(sign[1], signs()):
            yield Candidate(letter, len(sign[0]), f"\\{name}  {letter}", "")
        return
    if _in_text_or_comment(before) and not re.match(r"\s*(save|load)\s", before):
        return
    line = before.rpartition("\n")[2]
    command = re.match(r"\s*(\w+)\s+(.*)$", line)
    if command is not None and command[1] in commands and "\n" not in before:
        found = commands[command[1]]
        bound = command[1] in session.names()
        if not bound and (found.takes or found.action is not None):
            yield from _arguments(found.takes, command[2], session, commands)
            return
    tokens = scan(before)[:-1]
    if not tokens:
        yield from _names("", session, commands, inside=False)
        return
    last = tokens[-1]
    typing = last.end == len(before) and (last.kind in ("NAME", *SOFT_KEYWORDS) or last.text.isidentifier())
    word = last.text if typing else ""
    stem = tokens[:-1] if typing else tokens
    if stem and stem[-1].kind == "DOT" and stem[-1].end == len(before) - len(word):
        yield from _after_dot(stem[:-1], word, session)
        return
    if not word and re.search(r"[\w.]$", line):
        return
    if _names_uncertain(stem, session):
        uncertain = [name for name, leaf in session.leaves().items() if leaf in session.spreads]
        yield from _plain(word, ((name, about_name(session, name)) for name in uncertain))
        return
    first = commands if not line[: len(line) - len(word)].strip() else None
    yield from _parameters(stem, word, session)
    yield from _names(word, session, first, inside="\n" in before)
    yield from _typed_here(stem, word, session)


def _names_uncertain(stem: list[Token], session: Session) -> bool:
    """Whether leaves with an uncertainty are named here: behind `dof` or `correlation`, before its `=`."""
    if not stem or stem[0].kind not in ("_DOF", "_CORRELATION") or stem[0].text in session.names():
        return False
    return all(token.kind in ("NAME", "COMMA") for token in stem[1:])


def _starting(prefix: str, table: dict[str, str]) -> Iterator[tuple[str, str]]:
    exact = table.get(prefix)
    if exact is not None:
        yield prefix, exact
        return
    for name, about in sorted(table.items()):
        if name.startswith(prefix):
            yield name, about


def _in_text_or_comment(before: str) -> bool:
    from gradcli.language.highlight import tokens

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


def _arguments(
    takes: str, typed: str, session: Session, commands: Mapping[str, Command]
) -> Iterator[Candidate]:
    """What may go on with the argument of a command."""
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
        from gradcli.interactive.help import offers

        own = ((name, about_name(session, name)) for name in (*session.values, *session.groups))
        yield from _once(_plain(word, (*offers(commands), *own)))
    elif takes == "leaf":
        yield from _plain(word, ((name, about_name(session, name)) for name in session.leaves()))
    elif takes == "name":
        yield from _plain(
            word, ((name, about_name(session, name)) for name in (*session.values, *session.groups))
        )
        yield from _plain(word, ((name, "a function") for name in session.functions))


def _once(found: Iterable[Candidate]) -> Iterator[Candidate]:
    """Each text once, as it is first said."""
    seen = set()
    for each in found:
        if each.text not in seen:
            seen.add(each.text)
            yield each


def files(typed: str) -> Iterator[Candidate]:
    """Files and folders whose path begins with what was typed; names with odd letters in quotes."""
    quote = typed[:1] if typed[:1] in ("'", '"') else ""
    folder, name = os.path.split(typed[len(quote) :])
    place = Path(folder or ".")
    try:
        found = sorted(place.expanduser().iterdir())
    except (OSError, RuntimeError):
        return
    for path in found:
        if path.name.startswith(name) and (name.startswith(".") or not path.name.startswith(".")):
            is_folder = path.is_dir()
            shown = path.name + "/" * is_folder
            if not quote and not ODD_IN_PATH.search(path.name):
                yield Candidate(shown, len(name), shown, "")
                continue
            sign = quote or ("'" if '"' in path.name else '"')
            whole = typed[len(quote) : len(typed) - len(name)] + shown
            yield Candidate(f"{sign}{whole}{'' if is_folder else sign}", len(typed), shown, "")


def _after_dot(stem: list[Token], prefix: str, session: Session) -> Iterator[Candidate]:
    """What may stand behind a dot: functions after a module, attributes and methods after a value."""
    from gradcli.engine.primitives import TABLE

    if not stem or stem[-1].kind not in _HAVE_PARTS:
        return
    chain = []
    for token in reversed(stem):
        if token.kind not in ("NAME", "DOT"):
            break
        chain.append(token.text)
    if chain == [QUANTITIES] and session.bound_to(QUANTITIES) is None:
        from gradcli.engine.primitives.quantities import quantities, quantity

        yield from _plain(prefix, ((name, _about_quantity(quantity(name))) for name in quantities()))
        return
    if chain and chain[-1] in MODULES and session.bound_to(chain[-1]) is None:
        yield from _plain(prefix, ((name, "") for name in CONSTANTS if name.isascii()))
        yield from _words(prefix, "factory", "draw")
        yield from _functions(prefix)
        return
    if stem[-1].text == "grad" and len(chain) > 1:
        yield Candidate("zero_()", len(prefix), "zero_()", "clears this grad")
        return
    yield from _words(prefix, "attribute", "method")
    for name in sorted(TABLE):
        entry = TABLE[name]
        if name.startswith(prefix) and entry.parameters and entry.family != "making arrays":
            yield _function(entry, name, len(prefix))


def _about_quantity(found: Quantity | None) -> str:
    return "" if found is None else f"{found.value!r} {found.unit}".rstrip()


def _words(prefix: str, *places: str) -> Iterator[Candidate]:
    for word in words_of(*places):
        if word.offered and word.name.startswith(prefix):
            yield Candidate(word.text, len(prefix), word.usage, word.doc)


def _parameters(stem: list[Token], prefix: str, session: Session) -> Iterator[Candidate]:
    """The parameters of the call whose arguments are typed that may be given by name."""
    from gradcli.engine.primitives import TABLE

    opened: list[int] = []
    for place, token in enumerate(stem):
        if token.kind in CLOSERS:
            opened.append(place)
        elif token.kind in BRACKETS and opened:
            opened.pop()
    if not opened or stem[opened[-1]].kind != "LPAR" or opened[-1] == 0:
        return
    if stem[-1].kind not in ("LPAR", "COMMA"):
        return
    called = stem[opened[-1] - 1].text
    function, entry = session.functions.get(called), TABLE.get(called)
    names: list[str] = []
    if function is not None:
        names = [each.name for each in function.parameters]
    elif entry is not None:
        names = [each.name for each in entry.parameters if each.default is not None]
    yield from _plain(prefix, ((f"{name}=", f"a parameter of {called}") for name in names))


def _typed_here(stem: list[Token], prefix: str, session: Session) -> Iterator[Candidate]:
    """Names that this entry has itself: parameters of a function, variables of its body."""
    if not prefix:
        return
    known = set(session.names())
    names = [
        token.text
        for before, token, after in zip([None, *stem], stem, [*stem[1:], None], strict=False)
        if token.kind == "NAME"
        and not (before is not None and before.kind == "DOT")
        and not (after is not None and after.kind == "LPAR")
        and token.text not in known
        and token.text != prefix
    ]
    yield from _plain(prefix, ((name, "") for name in dict.fromkeys(names)))


def _names(
    prefix: str, session: Session, commands: Mapping[str, Command] | None, *, inside: bool
) -> Iterator[Candidate]:
    """Names that begin with a prefix, the user's own first.

    Where a line begins stand the commands (`None`: elsewhere) and statements; `inside` a body, only what is
    a statement.
    """
    from gradcli.text.values import number

    yield from _plain(
        prefix, ((name, about_name(session, name)) for name in (*session.values, *session.groups))
    )
    for function in session.functions.values():
        if function.name.startswith(prefix):
            parameters = ", ".join(each.name for each in function.parameters)
            text = f"{function.name}("
            yield Candidate(text, len(prefix), f"{text}{parameters})", "your function")
    own = set(session.names())
    if commands is not None:
        here = [each for each in commands.values() if not inside or each.action is None]
        yield from _plain(prefix, ((each.name, each.doc) for each in here if each.name not in own))
        statements = _words(prefix, "statement", *["body"] * inside)
        yield from (each for each in statements if each.text not in commands)
        asking = ((name, capability(name).declared.summary) for name in NAMES if name not in own)
        yield from _plain(prefix, asking)
        if not prefix:
            return
    values = {word.name: word.doc for word in words_of("value", "constant", "truth")}
    values |= {name: number(value) for name, value in CONSTANTS.items()}
    yield from _plain(prefix, ((name, text) for name, text in values.items() if name not in own))
    yield from _words(prefix, "call", "factory", "builtin")
    yield from _functions(prefix)
    if prefix:
        yield from _words(prefix, "word")
        yield from _plain(prefix, ((f"{word.name}.", word.doc) for word in words_of("module")))


def _functions(prefix: str) -> Iterator[Candidate]:
    from gradcli.engine.primitives import TABLE

    for name in sorted(TABLE):
        if name.startswith(prefix):
            yield _function(TABLE[name], name, len(prefix))


def _function(entry: Entry, name: str, replaces: int) -> Candidate:
    signature = entry.signature if len(entry.signature) <= _WIDEST else f"{entry.signature.split(',')[0]}, …"
    return Candidate(f"{name}(", replaces, f"{name}({signature})", entry.doc)


_WIDEST = 24
"""Columns of a signature in the menu, which leave room for what is said of the function."""


def about_name(session: Session, name: str) -> str:
    """A bound name in a few words: its kind and its value."""
    from gradcli.render.variables import summary

    return summary(session, name)


def free_names(expression: str, given: Iterable[str]) -> list[str]:
    """The variables of an expression that have no value yet; none where it has a mistake."""
    from gradcli.language.parser import parse
    from gradcli.language.walk import names_in
    from gradcli.text.errors import ParseError
    from gradcli.text.source import Source

    try:
        names = names_in(parse(Source(expression)))
    except ParseError:
        return []
    known = {*given, *CONSTANTS, *TRUTHS}
    return [name for name in names if name not in known]
