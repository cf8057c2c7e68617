"""The words of a command line that holds a formula, sorted before click sees them.

An expression may begin with a minus, and every variable is an option of its own (`--x 4`), which no
option parser expects. The rules: a known option is an option; any other `--NAME VALUE`,
`--NAME=VALUE` or (beside an expression) `NAME=VALUE` gives a variable its value; the first other
word is the expression, and further ones are files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gradcli.language.builder import normal_name
from gradcli.language.mistakes.hints import CONSTANTS
from gradcli.language.table import KEYWORDS
from gradcli.records import NamedTuple
from gradcli.text.errors import InputError
from gradcli.text.source import Mark
from gradcli.text.suggest import did_you_mean, parts_of

_NAME = r"[^\W\d][\w\u0300-\u036f]*"  # as in the grammar
_OPTION = re.compile(rf"--({_NAME}|`[^`]+`)(?:=(.*))?", re.DOTALL)
_DASHED = re.compile(rf"--?({_NAME}(?:-[\w-]*)?)(?:=(.*))?", re.DOTALL)
_BINDING = re.compile(rf"({_NAME}|`[^`]+`)\s*=(?!=)(.*)", re.DOTALL)


class Words(NamedTuple):
    """A sorted command line: options (with their values) as click takes them, and the rest."""

    options: list[str]
    expression: str | None
    files: list[str]
    bindings: list[tuple[str, str]]


def sort_words(words: Sequence[str], options: Mapping[str, bool], files: bool = False) -> Words:
    """Sorts the words after a command; `options` says of each known option whether it takes a value.

    With `files`, words after the expression are file names, and only `--NAME` gives values.
    Raises `InputError` for a variable without a value.
    """
    kept: list[str] = []
    plain: list[str] = []
    bindings: list[tuple[str, str]] = []
    flags: dict[int, str] = {}  # those that a plain word follows, by its place
    rest = iter(words)
    for word in rest:
        if word == "--":
            plain.extend(rest)
            break
        name, equals, _ = word.partition("=")
        if name in options:
            kept.append(word)
            if not options[name]:
                flags[len(plain)] = name
            if options[name] and not equals:
                value = next(iter(_next(rest, word)), None)
                if value is not None and _is_option(value, options):
                    raise InputError(f"{word} needs a value", hint=f"it stands right behind, as in {word} …")
                kept.extend([] if value is None else [value])
            continue
        match = _OPTION.fullmatch(word)
        if match is None:
            plain.append(word)
            continue
        value = match[2]
        if value is None:
            value = next(iter(_next(rest, word)), None)
            if value is None or _is_option(value, options):
                near = _unknown_hint(match[1], options)
                raise InputError(
                    f"there is no option {word}" if near else f"{word} needs a value",
                    hint=near or f"{word} 4",
                )
        bindings.append((_variable(match[1]), value))
    if "-h" in plain[1:]:  # the first may be the expression -h
        plain.remove("-h")
        kept.append("--help")
    if files:
        return Words(kept, plain[0] if plain else None, plain[1:], bindings)
    named = [(word, _BINDING.fullmatch(word)) for word in plain]
    expressions = [word for word, match in named if match is None]
    if not expressions and plain:
        expressions = [plain[0]]
    for word, match in named:
        if match is not None and word not in expressions[:1]:
            bindings.append((_variable(match[1]), match[2]))
    if len(expressions) > 1:
        raise _two_expressions(expressions, options, flags.get(plain.index(expressions[1])))
    return Words(kept, expressions[0] if expressions else None, [], bindings)


def _variable(text: str) -> str:
    """The name of a variable, as formulas have it; raises `InputError` for a word of the language."""
    name = normal_name(text)
    if text[0] != "`" and not KEYWORDS.get(name, "_").startswith("_"):
        raise InputError(
            f"{name} is a word of the language, and so no variable",
            hint=f"choose another name, such as {name}_1",
        )
    return name


def _two_expressions(expressions: list[str], options: Mapping[str, bool], flag: str | None) -> InputError:
    """The error for a plain word too many; `flag` is an option without a value right before it."""
    for place, word in (*[*enumerate(expressions)][1:], (0, expressions[0])):
        match = _DASHED.fullmatch(word)
        if match is None or (place == 0 and not word.startswith("--")):
            continue
        option = f"--{match[1]}"
        if option in options:
            hint: str | None = f"write {option}"
        elif option.replace("--no-", "--", 1) in options:
            hint = f"leave {option.replace('--no-', '--', 1)} out"
        elif "-" in match[1]:
            hint = _unknown_hint(match[1], options) or "--help says what there is"
        else:
            value = match[2] or (expressions[place + 1] if place and place + 1 < len(expressions) else "4")
            hint = f"a variable gets its value as {option} {value}, or {match[1]}={value}"
            if word.startswith("--"):  # elsewhere it would have been a variable
                hint = f"behind -- a variable gets its value as {match[1]}={value}"
        return InputError(f"there is no option {word}", hint=hint)
    if flag is not None:
        name, value = flag.lstrip("-"), expressions[1]
        hint = f"a variable that is called {name} gets its value as {name}={value}"
        return InputError(f"{flag} takes no value", hint=hint)
    return InputError(
        f"there are two expressions: {expressions[0]} and {expressions[1]}",
        hint="put quotes around an expression with spaces, and ; between statements",
    )


def sort_plain_words(words: Sequence[str], options: Mapping[str, bool]) -> Words:
    """Sorts the words of a command without a formula: options, known or not, and names of files."""
    kept: list[str] = []
    files: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            files.extend(rest)
        elif word.startswith("-") and word != "-":
            kept.append(word)
            if options.get(word):
                kept.extend(_next(rest, word))
        else:
            files.append(word)
    return Words(kept, None, files, [])


def _is_option(word: str, options: Mapping[str, bool]) -> bool:
    """Whether a word that should be a value is the next option instead (`--x=--y` gives minus minus y)."""
    return word.partition("=")[0] in options or _OPTION.fullmatch(word) is not None


def _next(rest: object, word: str) -> list[str]:
    try:
        return [next(rest)]  # type: ignore[call-overload]
    except StopIteration:
        return []


def check_bindings(
    words: Words, used: Sequence[str], options: Mapping[str, bool], called: Mapping[str, Mark] | None = None
) -> None:
    """Refuses a value for a name that nothing uses (perhaps a mistyped option); raises `InputError`.

    `called` are the names that the expression uses as functions, and where.
    """
    in_values = " ".join(text for _, text in words.bindings)
    seen: set[str] = set()
    for name, _ in words.bindings:
        if name in seen:
            raise InputError(f"{name} is given twice")
        seen.add(name)
        if name in used or re.search(rf"\b{re.escape(name)}\b", in_values):
            continue
        if called is not None and name in called:
            raise InputError(
                f"{name} is given a value, and the expression calls it as a function",
                (called[name],),
                hint=f"a product needs its sign: {name}*(…)",
            )
        near = did_you_mean(name, used)
        hint = _unknown_hint(name, options) or (f"did you mean {near}?" if near else None)
        known = [*CONSTANTS, *(given for given, _ in words.bindings)]
        parts = next((found for each in used if each not in known and (found := parts_of(each, known))), None)
        if hint is None and parts:
            hint = f"names are not split: write {'*'.join(parts)}"
        if hint is None and used:
            hint = f"its variables are {', '.join(used)}"
        raise InputError(f"{name} is neither an option nor a variable of the expression", hint=hint)


def missing_expression(words: Words, options: Mapping[str, bool]) -> InputError:
    """The error for a command line without an expression."""
    for name, value in words.bindings:
        hint = _unknown_hint(name, options)
        if hint is not None:
            return InputError(f"there is no option --{name}", hint=hint)
        if value.startswith(f"{name}="):
            hint = f"an expression that begins with two signs stands behind --, as in {value} -- --{name}"
            return InputError("there is no expression", hint=hint)
    return InputError("there is no expression", hint='gradcli eval "sin(x**2)" --x 4')


def _unknown_hint(name: str, options: Mapping[str, bool]) -> str | None:
    near = did_you_mean(f"--{name}", options)
    return f"did you mean {near}?" if near else None
