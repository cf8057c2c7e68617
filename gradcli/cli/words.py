"""The words of a command line that holds a formula, sorted before click sees them.

An expression may begin with a minus, and every variable is an option of its own (`--x 4`), which no
option parser expects. The rules: a known option is an option; any other `--NAME VALUE` or `--NAME=VALUE`,
and beside an expression `NAME=VALUE`, gives a variable its value; the first other word is the expression
of a command that takes one, and further ones are files (of which one that is called `x=1` is `./x=1`).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from gradcli.language.layout import name_end, normal_name, scan
from gradcli.language.table import KEYWORDS, TERMINALS
from gradcli.records import NamedTuple
from gradcli.text.errors import InputError
from gradcli.text.options import HELP, Declaration
from gradcli.text.source import Mark
from gradcli.text.suggest import did_you_mean, parts_of


class Words(NamedTuple):
    """A sorted command line: options (with their values) as click takes them, and the rest.

    `bindings` have names as formulas have them, and `spelled` says how those were typed that look different.
    """

    options: list[str]
    expression: str | None
    files: list[str]
    bindings: list[tuple[str, str]]
    spelled: Mapping[str, str] = MappingProxyType({})


def sort_words(words: Sequence[str], declared: Declaration) -> Words:
    """Sorts the words behind a command that takes values of variables, and a formula where it takes one.

    Raises `InputError` for an option or a variable without a value.
    """
    kept: list[str] = []
    plain: list[str] = []
    typed: list[tuple[str, str]] = []  # names with their values
    flags: dict[int, str] = {}  # those that a plain word follows, by its place
    rest = iter(words)
    for word in rest:
        if word == "--":
            _refuse_short_options(plain, declared)
            plain.extend(rest)
            break
        name, equals, _ = word.partition("=")
        option = declared.option(name)
        if option is not None:
            kept.append(word)
            if not option.takes_value:
                flags[len(plain)] = name
            elif not equals:
                value = next(rest, None)
                if value is None or _is_option(value, declared):
                    raise option.without_value()
                kept.append(value)
            continue
        given = _given_as_option(word)
        if given is None:
            plain.append(word)
            continue
        variable, value = given
        if value is None:
            value = next(rest, None)
            if value is None or _is_option(value, declared):
                near = declared.near(f"--{variable}")
                is_asked = any(re.search(rf"(?<!-)\b{re.escape(variable)}\b", each) for each in words)
                raise InputError(
                    f"{word} needs a value" if is_asked and not near else f"there is no option {word}",
                    hint=near or (f"{word} 4" if is_asked else f"a variable gets its value as {word} 4"),
                )
        typed.append((variable, value))
    else:
        _refuse_short_options(plain, declared)
    if "-h" in plain[1:]:  # the first may be the expression -h
        plain.remove("-h")
        kept.append("--help")
    named = [(word, _given(word)) for word in plain]
    expressions: list[str] = []
    files: list[str] = []
    if not declared.formula:
        files = [word for word, given in named if given is None]
    elif declared.behind:
        files = [word for word, given in named[1:] if given is None]
        expressions, named = plain[:1], named[1:]
    else:
        expressions = [word for word, given in named if given is None] or plain[:1]
    typed += [given for word, given in named if given is not None and word not in expressions[:1]]
    if len(expressions) > 1:
        raise _two_expressions(expressions, declared, flags.get(plain.index(expressions[1])))
    bindings = [(_variable(name), value) for name, value in typed]
    spelled = {
        name: text
        for (name, _), (text, _) in zip(bindings, typed, strict=True)
        if text not in (name, f"`{name}`")
    }
    return Words(kept, expressions[0] if expressions else None, files, bindings, spelled)


def _given_as_option(word: str) -> tuple[str, str | None] | None:
    """The name in `--NAME` and `--NAME=VALUE`, and the value if there is one."""
    end = _name_end(word, 2) if word.startswith("--") else 2
    if end == 2 or word[end : end + 1] not in ("", "="):
        return None
    return word[2:end], word[end + 1 :] if end < len(word) else None


def _given(word: str) -> tuple[str, str] | None:
    """The name and the value in `NAME=VALUE`."""
    end = _name_end(word) if "=" in word else 0
    rest = word[end:].lstrip()
    return (word[:end], rest[1:]) if end and rest[:1] == "=" != rest[1:2] else None


def _name_end(word: str, start: int = 0) -> int:
    """Where the name ends that begins at a place in a word; that place where none does.

    Without its `=` a word is mostly cut as the formula is, by what is made anyway. (A name in backquotes may
    have one.)
    """
    end = name_end(word.partition("=")[0], start)
    return end if end > start else name_end(word, start)


def _variable(text: str) -> str:
    """The name of a variable, as formulas have it; raises `InputError` for a word of the language."""
    name = normal_name(text)
    if text[0] != "`" and not KEYWORDS.get(name, "_").startswith("_"):
        raise InputError(
            f"{name} is a word of the language, and so no variable",
            hint=f"choose another name, such as {name}_1",
        )
    return name


def _refuse_short_options(plain: Sequence[str], declared: Declaration) -> None:
    """Raises `InputError` for `-o` or `--no-headr` among the files behind an expression: no options here."""
    for place, word in enumerate(plain if declared.behind == "FILE" else ()):
        if place and re.match("--?[^-]", word) and word not in ("-h", HELP.name):
            if word.startswith("--"):
                hint = declared.near(word.partition("=")[0])
            elif declared.option(f"-{word}"):
                hint = f"write -{word}"
            elif word == "-o":
                hint = _redirected(plain, place)
            else:
                hint = f"a file of that name is ./{word}"
            raise InputError(f"there is no option {word}", hint=hint)


def _redirected(plain: Sequence[str], place: int) -> str:
    """How the shell writes to the file that is named behind a `-o`."""
    from shlex import quote

    return f"the shell writes to a file: > {quote(plain[place + 1]) if place + 1 < len(plain) else 'FILE'}"


def _claim(expressions: list[str]) -> InputError | None:
    """The error for a derivative behind the formula, as `d/dx = 3x` and `3x`, that is to be judged."""
    claim = re.fullmatch(r"\s*d\s*\w*\s*/\s*d\s*(\w+)\s*=(?P<slope>[^=].*)", expressions[1], re.DOTALL)
    variable, slope = ("x", expressions[1]) if claim is None else (claim[1], claim["slope"])
    tokens = scan(expressions[0])
    if claim is None:
        if any(token.kind == "EQUAL" for token in scan(slope)):
            return None
        names = [
            token.text
            for token, following in itertools.pairwise(tokens)
            if token.kind == "NAME" and following.kind != "LPAR"
        ]
        variable = names[0] if names else "x"
    hint = f'--claim {variable}="{slope.strip()}"'
    return InputError("what is claimed of a derivative is an option", hint=hint)


def _two_expressions(expressions: list[str], declared: Declaration, flag: str | None) -> InputError:
    """The error for a plain word too many; `flag` is an option without a value right before it."""
    for place, word in (*[*enumerate(expressions)][1:], (0, expressions[0])):
        match = re.fullmatch(rf"--?((?:{TERMINALS['NAME']})(?:-[\w-]*)?)(?:=(.*))?", word, re.DOTALL)
        if match is None or (place == 0 and not word.startswith("--")):
            continue
        option = f"--{match[1]}"
        if declared.option(option):
            hint: str | None = f"write {option}"
        elif declared.option(option.replace("--no-", "--", 1)):
            hint = f"leave {option.replace('--no-', '--', 1)} out"
        elif word == "-o":
            hint = _redirected(expressions, place)
        elif "-" in match[1]:
            hint = declared.near(option) or "--help says what there is"
        else:
            value = match[2] or (expressions[place + 1] if place and place + 1 < len(expressions) else "4")
            hint = f"a variable gets its value as {option} {value}, or {match[1]}={value}"
            if word.startswith("--"):  # elsewhere it would have been a variable
                hint = f"behind -- a variable gets its value as {match[1]}={value}"
        return InputError(f"there is no option {word}", hint=hint)
    if "=" in expressions[1:]:
        place = expressions.index("=", 1)
        name, value = expressions[place - 1], (*expressions[place + 1 :], "4")[0]
        return InputError(f"{name} = {value} has blanks in it", hint=f"without them: {name}={value}")
    if flag is not None:
        name, value = flag.lstrip("-"), expressions[1]
        hint = f"a variable that is called {name} gets its value as {name}={value}"
        return InputError(f"{flag} takes no value", hint=hint)
    if declared.option("--claim") and (claimed := _claim(expressions)) is not None:
        return claimed
    for word in (*expressions[1:], expressions[0]):
        kinds = [token.kind for token in scan(word)]
        before = kinds[: kinds.index("EQUAL")] if "EQUAL" in kinds else []
        if before and not {"LPAR", "SEMICOLON", "NEWLINE"} & {*before}:
            left = word.partition("=")[0].strip().removeprefix("--")
            hint = "names have letters, digits and _, and begin with a letter"
            if "EQUAL" in [token.kind for token in scan(expressions[0])]:
                hint = f'equations stand in one pair of quotes: "{"; ".join(expressions)}"'
            return InputError(f"{left} is no name, and so gets no value", hint=hint)
    second = expressions[1].strip()
    if second.isidentifier() and any(token.text == second for token in scan(expressions[0])):
        told = f"{second} stands behind the formula without a value"
        value = next((word for word in expressions[2:3] if "=" not in word), "1")
        return InputError(
            told, hint=f"what it is, or where a search begins, is said with =: {second}={value}"
        )
    return InputError(
        f"there are two expressions: {expressions[0]} and {expressions[1]}",
        hint="put quotes around an expression with spaces, and ; between statements",
    )


def sort_plain_words(words: Sequence[str], declared: Declaration) -> Words:
    """Sorts the words of a command without a formula: options, known or not, and plain words."""
    kept: list[str] = []
    plain: list[str] = []
    rest = iter(words)
    for word in rest:
        option = declared.option(word)
        if word == "--":
            plain.extend(rest)
        elif word.startswith("-") and word != "-":
            kept.append("--help" if word == "-h" else word)
            if option is not None and option.takes_value:
                value = next(rest, None)
                if value is None:
                    raise option.without_value()
                kept.append(value)
        else:
            plain.append(word)
    return Words(kept, None, plain, [])


def _is_option(word: str, declared: Declaration) -> bool:
    """Whether a word that should be a value is the next option instead (`--x=--y` gives minus minus y)."""
    return declared.option(word.partition("=")[0]) is not None or _given_as_option(word) is not None


def names_in_lists(lists: Sequence[str]) -> tuple[str, ...] | None:
    """The names in lists as `x,w`, as formulas have them; `None` where there is no list."""
    if not lists:
        return None
    names = (each.strip() for each in ",".join(lists).split(","))
    return tuple(dict.fromkeys(normal_name(each) for each in names if each))


def check_options(
    words: Words, free: Sequence[str], declared: Declaration, columns: Collection[str] = ()
) -> None:
    """Refuses an option whose name the expression has too, unless that name is given in another way.

    `free` are the names whose values the expression takes from outside, `columns` those that are bound to a
    column. Raises `InputError`.
    """
    given = {*columns, *(name for name, _ in words.bindings)}
    rest = iter(words.options)
    for word in rest:
        name, equals, text = word.partition("=")
        option = declared.option(name)
        if option is None or not option.takes_value:
            continue
        value = text if equals else next(rest, "")
        variable = name.lstrip("-")
        if variable in free and variable not in given:
            raise InputError(
                f"{name} is an option, and {variable} is a name in the expression",
                hint=f"write {variable}={value} for the name, and {variable}=… {name} {value} for the option",
            )


def check_bindings(
    words: Words, used: Sequence[str], declared: Declaration, called: Mapping[str, Mark] | None = None
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
        hint = declared.near(f"--{name}") or (f"did you mean {near}?" if near else None)
        from gradcli.language.vocabulary import CONSTANTS

        known = [*CONSTANTS, *(given for given, _ in words.bindings)]
        parts = next((found for each in used if each not in known and (found := parts_of(each, known))), None)
        if hint is None and parts:
            hint = f"names are not split: write {'*'.join(parts)}"
        if hint is None:
            hint = f"its variables are {', '.join(used)}" if used else "it has no variables"
        what = "expression" if declared.formula else "program"
        raise InputError(f"{name} is neither an option nor a variable of the {what}", hint=hint)


def check_no_file(words: Words, declared: Declaration, example: str) -> None:
    """Refuses a file in the place of the expression, as in `example`; raises `InputError`."""
    from gradcli.streams.formats import format_of

    file = words.expression or ""
    if "." not in file or not format_of(file):
        return
    import shlex

    told = f"{file} is a file, and there is no expression"
    if words.files and not format_of(words.files[0]):
        told, example = f"{file} is a file, which stands behind the expression", shlex.quote(words.files[0])
    elif words.files:
        return
    elif declared.name == "fit" and words.bindings:  # a model looks like a value
        told, example = (
            f"{file} is a file, which stands behind the model",
            shlex.quote("=".join(words.bindings[0])),
        )
    raise InputError(told, hint=f"gradcli {declared.name} {example} {shlex.quote(file)}")


def missing_expression(words: Words, declared: Declaration) -> InputError:
    """The error for a command line without an expression."""
    for name, value in words.bindings:
        hint = declared.near(f"--{name}")
        if hint is not None:
            return InputError(f"there is no option --{name}", hint=hint)
        if value.startswith(f"{name}="):
            hint = f"an expression that begins with two signs stands behind --, as in {value} -- --{name}"
            return InputError("there is no expression", hint=hint)
    return InputError("there is no expression", hint=declared.example)
