"""What `help` prints, read from the table of primitives and from that of the commands."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from gradcli.errors import InputError
from gradcli.formula import formula
from gradcli.graph import Input
from gradcli.primitives import ENTRIES, OPERATORS, TABLE, Elementwise, Entry
from gradcli.primitives.entry import as_number
from gradcli.render import number
from gradcli.suggest import did_you_mean

if TYPE_CHECKING:
    from gradcli.commands import Command
    from gradcli.session import Session

START = (
    ("x = 3", "a leaf: it collects a grad"),
    ("y = x**2 * sin(x)", "a value that remembers how it was computed"),
    ("backward y", "adds dy/dx into x.grad; again, and it adds again"),
    ("grad(x**3, x)", "an exact derivative, as an expression"),
    ("zero", "clears every grad"),
)
"""The five lines that `help` shows; they run."""


def help_text(
    topic: str, commands: Mapping[str, Command], session: Session | None = None, width: int | None = None
) -> str:
    """The help on a topic: a command, a function or operator, or nothing; raises `InputError`.

    Lines are broken between words to fit into `width` columns.
    """
    text = _whole_text(topic, commands)
    return text if width is None else "\n".join(_broken(line, width) for line in text.split("\n"))


def _broken(line: str, width: int) -> str:
    """A line on several, which go on where its last column began."""
    if len(line) <= width or line.lstrip().startswith((">>>", "#")) or "  # " in line:
        return line
    column = re.match(r" *(?:\S+(?: \S+)* {2,})?", line)
    margin = len(column[0]) if column else 0
    if margin > width // 2:
        margin = len(line) - len(line.lstrip()) + 2
    return textwrap.fill(line, width, subsequent_indent=" " * margin, break_on_hyphens=False)


def _whole_text(topic: str, commands: Mapping[str, Command]) -> str:
    words = topic.split()
    if not words:
        return start_text()
    word = words[0].removesuffix("()")
    if word == "commands":
        return commands_text(commands)
    if word == "functions":
        return functions_text()
    found = []
    if word in commands:
        found.append(command_text(commands[word]))
    if word in TABLE:
        found.append(entry_text(TABLE[word], word))
    found.extend(
        entry_text(entry, word)
        for (symbol, _), entry in OPERATORS.items()
        if symbol == _SIGNS.get(word, word)
    )
    if not found:
        near = did_you_mean(word, [*commands, *TABLE, "commands", "functions"])
        raise InputError(
            f"there is no help on {word}",
            hint=f"did you mean help {near}?" if near else "help functions and help commands list them",
        )
    return "\n\n".join(dict.fromkeys(found))


_SIGNS = {"^": "**", "×": "*", "·": "*", "÷": "/", "−": "-", "≤": "<=", "≥": ">=", "≠": "!="}


def start_text() -> str:
    """Five lines that run, and where there is more."""
    width = max(len(line) for line, _ in START)
    lines = [f"{line:<{width}}  # {about}" for line, about in START]
    return "\n".join([*lines, "# more: help commands, help functions, help sin"])


def commands_text(commands: Mapping[str, Command]) -> str:
    """Every command with what it does."""
    width = max(len(command.usage) for command in commands.values())
    return "\n".join(f"{command.usage:<{width}}  {command.doc}" for command in commands.values())


def command_text(command: Command) -> str:
    """One command with its example."""
    return f"{command.usage}\n{_indented([command.doc, '', *command.example.split(chr(10))])}"


def families() -> dict[str, list[Entry]]:
    """Every entry, by the family that it is in."""
    found: dict[str, list[Entry]] = {}
    for entry in ENTRIES:
        found.setdefault(entry.family, []).append(entry)
    return found


def functions_text() -> str:
    """The name of every function, by family."""
    lines = []
    for family, entries in families().items():
        names = [f"{entry.symbol} ({entry.name})" if entry.symbol else entry.name for entry in entries]
        lines += [family, *_wrapped(names, 76)]
    return "\n".join(lines)


def _wrapped(names: Iterable[str], width: int) -> list[str]:
    lines = [" "]
    for name in names:
        if len(lines[-1]) + 1 + len(name) > width:
            lines.append(" ")
        lines[-1] += f" {name}"
    return lines


def entry_text(entry: Entry, asked: str = "") -> str:
    """What the table says about a function: doc, domain, derivative, conventions, example."""
    names = [entry.name, *entry.aliases]
    heading = _heading(entry)
    others = [name for name in names if name != entry.name]
    lines = [entry.doc]
    if others:
        lines.append(f"also called {', '.join(others)}")
    domain = domain_text(entry)
    if domain:
        lines.append(f"domain      {domain}")
    lines += derivatives(entry)
    lines += conventions(entry)
    expression, printed = entry.example
    lines += ["", f">>> {expression}", *printed.split("\n")]
    return f"{heading}\n{_indented(lines)}"


def _heading(entry: Entry) -> str:
    names = [parameter.name for parameter in entry.parameters]
    if entry.symbol and len(names) == 2:
        return f"{names[0]} {entry.symbol} {names[1]}, or {entry.name}({entry.signature})"
    if entry.symbol and entry.symbol != entry.name:
        space = " " if entry.symbol.isalpha() else ""
        return f"{entry.symbol}{space}{names[0]}, or {entry.name}({entry.signature})"
    return f"{entry.name}({entry.signature})"


_PROBES = np.array([-1e6, -10, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 10, 1e6])
_FAR = 100
"""A bound in the table beyond this is where doubles end, not the function."""


def domain_text(entry: Entry) -> str:
    """Where an elementwise function has a value; empty where that cannot be said in a few words.

    The bounds are the table's. They are also those of its tests, which may be narrower than the function's,
    so the function itself is asked where it is nan.
    """
    if not isinstance(entry, Elementwise):
        return ""
    count = len(entry.parameters)
    with np.errstate(all="ignore"):
        absent = np.isnan(entry.ufunc(*np.meshgrid(*[_PROBES] * count)))
    if not absent.any():
        return "all numbers"
    if count > 1 or not entry.domain:
        return ""
    ((low, high),) = entry.domain
    name = entry.parameters[0].name
    if high < _FAR:
        return f"{number(low)} <= {name} <= {number(high)}"
    mirrored = low > 0 and not absent[-low > _PROBES].any()
    return f"|{name}| >= {number(low)}" if mirrored else f"{name} >= {number(low)}"


def derivatives(entry: Entry) -> list[str]:
    """The partial derivatives as formulas, from the rules that differentiate."""
    if not isinstance(entry, Elementwise) or entry.partials is None or entry.boolean:
        return []
    inputs = [
        Input(parameter.name, (), boolean=parameter.name == "condition") for parameter in entry.parameters
    ]
    found = []
    for rule in entry.partials:
        partial = None if rule is None else rule(*inputs)
        if partial is not None and partial.boolean:
            partial = as_number(partial)
        found.append("0" if partial is None else formula(partial))
    if len(found) == 1:
        return [] if found[0] is None else [f"derivative  {found[0]}"]
    return [
        f"d/d{each.name:<9}{text}"
        for each, text, rule in zip(inputs, found, entry.partials, strict=True)
        if text is not None and not (rule is None and each.name == "condition")
    ]


def conventions(entry: Entry) -> list[str]:
    """What holds where analysis leaves a choice."""
    lines = []
    if isinstance(entry, Elementwise) and entry.kink is not None:
        lines.append(f"convention  {entry.kink.told}")
    for edge in entry.edges:
        at = ", ".join(
            f"{parameter.name} = {number(value)}"
            for parameter, value in zip(entry.parameters, edge.at, strict=False)
        )
        partials = ", ".join(number(each) for each in edge.partials)
        lines.append(f"at {at}: {number(edge.value)}, with derivative {partials} ({edge.why})")
    return lines


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"  {line}".rstrip() for line in lines)
