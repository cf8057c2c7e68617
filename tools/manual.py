"""Writes what is said in more than one place: the tables of the pages in docs/, and the manual page.

`python tools/manual.py`, in a checkout, brings both up to date. Their sources are the entries of the
table of functions, the options of the commands, and the pages' own text.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path

from gradcli import __version__
from gradcli.cli.commands import declarations
from gradcli.engine.primitives import ENTRIES, TABLE
from gradcli.engine.primitives.entry import Elementwise, Entry, Meaning
from gradcli.engine.primitives.late import FILES, NAMES, homes
from gradcli.interactive.commands import COMMANDS
from gradcli.language.vocabulary import WORDS
from gradcli.lowering.arguments import LIBRARIES
from gradcli.lowering.names import Member, has
from gradcli.text.options import HELP, Declaration
from gradcli.text.values import number
from gradcli.writing.code import TARGETS, language
from gradcli.writing.code.program import has as has_word
from gradcli.writing.code.sql import DIALECTS

ROOT = Path(__file__).resolve().parent.parent

DOCS = ROOT / "docs"
PAGES = (
    *("start", "scripts", "programs", "lessons", "prompt"),
    *("formulas", "explain", "graph", "tables", "plot", "check"),
    *("fit", "minimize", "solve", "uncertainty", "export"),
    *("pytorch", "pipelines", "scale", "errors", "python", "language", "functions"),
)
"""The pages of docs/ that the manual page is made of, in its order."""

# Tables for the pages


def functions_table(entries: Iterable[Entry]) -> str:
    """The table of functions, a part for each family."""
    families: dict[str, list[Entry]] = {}
    for entry in entries:
        families.setdefault(entry.family, []).append(entry)
    parts = []
    for family, members in families.items():
        rows = [f"### {family.capitalize()}", ""]
        rows += ["| function | what it is | example |", "| --- | --- | --- |"]
        for entry in members:
            expression, shown = entry.example
            example = f"{_code(expression)} is {_code(' '.join(shown.split()))}"
            rows.append(f"| {_called(entry)} | {_cell(entry.doc)} | {example} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def families_table(entries: Iterable[Entry]) -> str:
    """The families of functions, a line with the first names of each."""
    families: dict[str, list[str]] = {}
    for entry in entries:
        families.setdefault(entry.family, []).append(entry.name)
    rows = []
    for family, names in families.items():
        anchor = re.sub(r"[^a-z ]", "", family.lower()).replace(" ", "-")
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        shown = ", ".join(map(_code, names[:_SHOWN]))
        rows.append(f"- [{family.capitalize()}](docs/functions.md#{anchor}): {shown}{more}")
    return "\n".join(rows)


_SHOWN = 5


def _called(entry: Entry) -> str:
    """How a function is written, and its other names."""
    names = [_code(f"{entry.name}({entry.signature})")]
    if entry.symbol:
        names.insert(0, _code(_operation(entry)))
    others = ", ".join(_code(name) for name in entry.aliases)
    return ", ".join(names) + (f"; also {others}" if others else "")


def _operation(entry: Entry) -> str:
    first, *others = (parameter.name for parameter in entry.needed)
    gap = " " if entry.symbol.isalpha() else ""
    return f"{first} {entry.symbol} {others[0]}" if others else f"{entry.symbol}{gap}{first}"


def conventions_table(entries: Iterable[Entry]) -> str:
    """What is given at every edge, from the entries."""
    rows = ["| function | at | value | derivative | why |", "| --- | --- | --- | --- | --- |"]
    for entry in entries:
        names = [parameter.name for parameter in entry.parameters]
        for edge in entry.edges:
            at = ", ".join(f"{name} = {number(x)}" for name, x in zip(names, edge.at, strict=False))
            partials = ", ".join(number(partial) for partial in edge.partials)
            call = f"{entry.name}({', '.join(names[: len(edge.at)])})"
            rows.append(f"| {_code(call)} | {at} | {number(edge.value)} | {partials} | {_cell(edge.why)} |")
    return "\n".join(rows)


def meanings_table(entries: Iterable[Entry]) -> str:
    """What libraries mean by names of functions here, where that is something else, from the entries."""
    rows = ["| function | in | there it | here, behind that prefix |", "| --- | --- | --- | --- |"]
    for entry in entries:
        for each in entry.meanings:
            names = ", ".join(_code(name) for name in each.names.split() or (entry.name,))
            what = "refused" if each.refused else "as without it" if each.kept else "the same"
            libraries = ", ".join(_libraries(entry, each))
            rows.append(f"| {names} | {libraries} | {_cell(each.told)} | {what} |")
    return "\n".join(rows)


def _libraries(entry: Entry, meaning: Meaning) -> Iterable[str]:
    """The libraries that mean this by one of the entry's names."""
    names = meaning.names.split() or (entry.name, *entry.aliases)
    modules = [each for module in meaning.where.split() for each in (module, f"jax.{module}")]
    found = [module for module in modules if any(has(Member(module, name)) for name in names)]
    return dict.fromkeys(LIBRARIES[module.partition(".")[0]] for module in found)


def commands_table(entries: Iterable[Entry]) -> str:
    """The commands of the prompt, from their table."""
    rows = ["| command | what it does |", "| --- | --- |"]
    rows += [f"| {_code(command.usage)} | {_cell(command.doc)} |" for command in COMMANDS.values()]
    return "\n".join(rows)


def words_table(entries: Iterable[Entry]) -> str:
    """The words of the language, from the vocabulary."""
    rows = [f"| {_code(word.usage)} | {_cell(word.doc)} |" for word in WORDS if word.stands != "idea"]
    return "\n".join(["| word | what it does |", "| --- | --- |", *dict.fromkeys(rows)])


def targets_table(entries: Iterable[Entry]) -> str:
    """Which functions of numbers each target of `export` can say, the most widely spoken first."""
    spoken = {each: language(each) for each in TARGETS if each != "sql"}
    spoken |= {each: language("sql", each) for each in DIALECTS}
    groups: dict[str, list[str]] = {}
    for entry in entries:
        if isinstance(entry, Elementwise):
            by = [each.title for each in spoken.values() if has_word(each, entry)]
            which = "all" if len(by) == len(spoken) else ", ".join(by) or "none"
            groups.setdefault(which, []).append(entry.name)
    rows = ["| targets | functions |", "| --- | --- |"]
    last = ("all", "none")
    for which in sorted(groups, key=lambda each: (each == last[1], each != last[0], -each.count(","))):
        rows.append(f"| {which} | {', '.join(map(_code, groups[which]))} |")
    return "\n".join(rows)


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


TABLES: dict[str, Callable[[Iterable[Entry]], str]] = {
    "commands": commands_table,
    "conventions": conventions_table,
    "families": families_table,
    "functions": functions_table,
    "meanings": meanings_table,
    "targets": targets_table,
    "words": words_table,
}
"""What stands between the markers of a page, by their names."""


def page(text: str) -> str:
    """A page with its generated tables up to date."""
    for name, table in TABLES.items():
        begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
        if begin in text:
            before, rest = text.split(begin, 1)
            text = f"{before}{begin}{table(ENTRIES)}\n{end}{rest.split(end, 1)[1]}"
    return text


def pages() -> dict[str, str]:
    """The text of each page that the manual page is made of, by name, as it stands."""
    return {name: (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in PAGES}


def late_names(text: str) -> str:
    """late.py with the names that its files have; in a process that has looked none of them up yet."""
    known = set(TABLE.made)
    names: dict[str, list[str]] = {}
    for file in FILES:  # one that needs another stands behind it
        import_module(f"gradcli.engine.primitives.{file}")
        names[file] = [name for name in TABLE.made if name not in known]
        known.update(names[file])
    rows = "".join(f'    "{file}": """\n{_lines(own)}\n    """,\n' for file, own in names.items())
    NAMES.clear()
    NAMES.update({file: " ".join(own) for file, own in names.items()})
    homes.cache_clear()
    return text.split("NAMES: dict[str, str] = {")[0] + f"NAMES: dict[str, str] = {{\n{rows}}}\n"


def _lines(names: Iterable[str]) -> str:
    """Names with blanks between, on lines that are indented."""
    indent = " " * 8
    return textwrap.fill(" ".join(names), 100, initial_indent=indent, subsequent_indent=indent)


# The manual page


def manual_page(texts: Mapping[str, str]) -> str:
    """The manual page in roff, from the commands, and from pages by name."""
    parts = [
        '.\\" Generated by python tools/manual.py',
        f'.TH GRADCLI 1 "" "gradcli {__version__}" "User Commands"',
        ".SH NAME",
        "gradcli \\- values and exact gradients of formulas",
        ".SH SYNOPSIS",
        *_synopsis(),
        ".SH DESCRIPTION",
        *_blocks((ROOT / "README.md").read_text(encoding="utf-8").split("\n\n")[1]),
        ".SH COMMANDS",
        *_commands(),
    ]
    for text in texts.values():
        title, body = text.removeprefix("# ").split("\n", 1)
        parts += [f".SH {_roff(title.upper())}", *_blocks(body)]
    parts += [
        ".SH ENVIRONMENT",
        ".TP",
        ".B NO_COLOR",
        "If this is set and not empty, nothing is coloured, not even on a terminal.",
    ]
    return "\n".join(parts) + "\n"


def _synopsis() -> Iterator[str]:
    lines = ["gradcli [OPTIONS]"]
    lines += [f"gradcli {each.name} {' '.join(each.usage)}" for each in declarations()[1:]]
    for place, line in enumerate(lines):
        if place:
            yield ".br"
        name, rest = re.split(r" (?=\[?[A-Z])", line, maxsplit=1)
        yield f"\\fB{_roff(name)}\\fR {_roff(rest)}"


def _commands() -> Iterator[str]:
    whole, *commands = declarations()
    yield from _options(whole)
    for command in commands:
        yield f".SS gradcli {_roff(command.name)}"
        yield from _help(command.help)
        yield from _options(command)


def _help(text: str) -> Iterator[str]:
    """A command's help text: paragraphs, and blocks (after a backspace) whose lines stay as they are."""
    for place, paragraph in enumerate(inspect.cleandoc(text).split("\n\n")):
        if paragraph.startswith("\b"):
            yield from _verbatim(line.strip() for line in paragraph.splitlines()[1:])
        else:
            if place:
                yield ".PP"
            yield _line(_roff(" ".join(paragraph.split())))


def _options(declared: Declaration) -> Iterator[str]:
    for usage, about in (
        *((option.usage, option.about) for option in declared.options),
        (f"-h, {HELP.name}", HELP.help),
    ):
        yield ".TP"
        yield f"\\fB{_roff(usage)}\\fR"
        yield _line(_roff(" ".join(about.split())))


# Markdown, as much of it as the pages use


def _blocks(markdown: str) -> Iterator[str]:
    """Paragraphs, lists, tables and fenced blocks as roff."""
    markdown = re.sub(r"<!--.*?-->", "", markdown, flags=re.DOTALL)
    pieces = re.split(r"^```\w*\n(.*?)^```$", markdown, flags=re.DOTALL | re.MULTILINE)
    for place, piece in enumerate(pieces):
        if place % 2:
            yield from _verbatim(piece.rstrip("\n").split("\n"))
            continue
        for block in re.split(r"\n{2,}", piece.strip("\n")):
            yield from _block(block)


def _block(block: str) -> Iterator[str]:
    lines = block.splitlines()
    if block.startswith("#"):
        yield f".SS {_roff(block.lstrip('# '))}"
    elif block.startswith("| "):
        yield from _table(lines)
    elif block.startswith(("- ", "* ")):
        for line in lines:
            yield ".IP \\(bu 2"
            yield _line(_inline(line[2:]))
    elif block:
        yield ".PP"
        yield _line(_inline(" ".join(lines)))


def _table(lines: list[str]) -> Iterator[str]:
    """A table as a list: the first cell of each row, then what stands in the others."""
    head, _, *rows = (
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines
    )
    for row in rows:
        yield ".TP"
        yield _line(_inline(row[0]))
        if head[1] == "at":
            text = f"at {row[1]}: {row[2]}, derivative {row[3]} ({row[4]})"
        else:
            text = ". ".join(cell.rstrip(".") for cell in row[1:]) + "."
        yield _line(_inline(text))


def _verbatim(lines: Iterable[str]) -> Iterator[str]:
    yield from (".PP", ".RS 4", ".nf")
    yield from (_line(_roff(line)) for line in lines)
    yield from (".fi", ".RE")


def _inline(text: str) -> str:
    """Running text: `code` in bold, *emphasis* in italics."""
    parts = re.split(r"`([^`]+)`", text)
    for place, part in enumerate(parts):
        if place % 2:
            parts[place] = f"\\fB{_roff(part)}\\fR"
        else:
            parts[place] = re.sub(r"\*(\w+)\*", r"\\fI\1\\fR", _roff(part))
    return "".join(parts)


_ESCAPES = {"\\": "\\e", "-": "\\-", "^": "\\(ha", "~": "\\(ti", "`": "\\(ga", "'": "\\(aq"}


def _roff(text: str) -> str:
    """Text as roff prints it exactly, in ASCII."""
    return "".join(
        _ESCAPES.get(letter, letter if letter.isascii() else f"\\[u{ord(letter):04X}]") for letter in text
    )


def _line(text: str) -> str:
    """A line that begins no request."""
    return f"\\&{text}" if text.startswith(".") else text


def main() -> None:
    """Brings the names of late.py, the pages and man/gradcli.1 up to date."""
    names = ROOT / "gradcli" / "engine" / "primitives" / "late.py"
    names.write_text(late_names(names.read_text(encoding="utf-8")), encoding="utf-8")
    texts = {name: page(text) for name, text in pages().items()}
    for name, text in texts.items():
        (DOCS / f"{name}.md").write_text(text, encoding="utf-8")
    readme = ROOT / "README.md"
    readme.write_text(page(readme.read_text(encoding="utf-8")), encoding="utf-8")
    manual = ROOT / "man" / "gradcli.1"
    manual.parent.mkdir(exist_ok=True)
    manual.write_text(manual_page(texts), encoding="utf-8")


if __name__ == "__main__":
    main()
