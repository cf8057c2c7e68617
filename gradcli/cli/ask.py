"""The capabilities as subcommands: words become a request, and the answer goes to stdout or to a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradcli.arrays import Shape
from gradcli.capabilities.reading import READING, SPREAD
from gradcli.capabilities.record import Capability, answered
from gradcli.capabilities.wording import Wording
from gradcli.cli.output import tell, to_stderr, write
from gradcli.cli.words import Words, check_bindings, check_no_file, check_options, missing_expression
from gradcli.engine.primitives import is_function
from gradcli.language.layout import name_end, normal_name
from gradcli.language.parser import parse
from gradcli.language.tree import Define, Program
from gradcli.language.vocabulary import CONSTANTS
from gradcli.language.walk import called_in, free_in, names_in, names_used
from gradcli.session.files import read_script
from gradcli.text.errors import InputError
from gradcli.text.options import Declaration, Option
from gradcli.text.source import Mark, Source
from gradcli.text.suggest import did_you_mean

if TYPE_CHECKING:
    from gradcli.pipelines.kept import KeptRows
    from gradcli.pipelines.spread import SpreadRows

_RELATIONS = ("<", ">", "==")
_SHAPE = re.compile(r"\s*([^\W\d]\w*)\s*=\s*(\d+(?:x\d+)*)\s*")


def ask(words: Words, declared: Declaration, capability: Capability, **settings: Any) -> int:
    """Answers what the words ask, and writes it; returns the exit status. Raises `GradcliError`."""
    if not capability.rows:
        return _asked(words, declared, capability, **settings)
    from gradcli.pipelines.names import columns_of, columns_told

    form, comma = settings["source_format"] or settings["both"], settings["decimal_comma"]
    with columns_told(lambda: columns_of(words.files, form, decimal_comma=comma)):
        return _asked(words, declared, capability, **settings)


def _asked(words: Words, declared: Declaration, capability: Capability, **settings: Any) -> int:
    if words.expression is None:
        raise missing_expression(words, declared)
    if capability.rows:
        check_no_file(words, declared, '"y = a*x + b"' if capability.models else '"(y - a*x)**2" a=1')
    form, output, digits = (settings.pop(name) for name in ("format", "output", "digits"))
    if output is not None and form == "text":
        form = _form(output, capability)
    how, where = (_popped(settings, options, capability.rows) for options in (READING, SPREAD))
    if form in ("png", "svg", "pdf") and "plot" in settings:
        settings["plot"] = True
    definitions = [read_script(name) for name in settings.pop("definitions")]
    shapes = _shapes(settings.pop("shapes"))
    if "fix" in settings:
        words, settings["fix"] = _fixed(words, settings["fix"])
    texts = [words.expression, *(words.files if declared.behind == "FORMULA" else ())]
    wording = Wording(
        capability.name,
        tuple(texts),
        tuple(text for name in ("subject_to", "errors") for text in settings.get(name, ())),
        tuple((each.text, each.name) for each in definitions),
        tuple(name for name, _ in words.bindings),
        shapes=shapes,
        words=() if capability.rows else tuple(words.files),
    )
    programs, functions = wording.programs(), wording.functions()
    claims = _claims(settings.pop("claim", ()), programs)
    notices = [each.note(program.source) for program in programs for each in program.disputed]
    _check(words, declared, programs, functions)
    if capability.rows:
        _check_files(words.files, programs, constrained="subject_to" in settings)
    from gradcli.cli.values import read_values

    exact = "" if capability.uncertain else capability.name
    values = read_values(words.bindings, notices, ranges=capability.ranges, exact=exact)
    if capability.uncertain:
        from gradcli.cli.uncertainty import read_asked

        names = [name for program in programs for name in names_in(program)]
        more, settings["asked"] = read_asked(settings, digits, notices, names, values)
        values |= more
    wording = wording._replace(values=values, settings=settings)
    files = (tuple(words.files) or ("-",)) if words.files or capability.models else ()
    if settings.get("residuals") and "-" in files:
        raise InputError("--residuals reads the rows again, and standard input can be read once only")
    with ExitStack() as opened:
        rows = None
        if capability.rows and files:
            rows = _rows(wording, programs, functions, files, how, where)
            opened.callback(rows.close)
        elif where.get("scheduler") is not None:
            raise InputError("--scheduler is for the rows of files", hint="name them behind the formula")
        if capability.models:  # which names are columns, the data tell
            assert rows is not None
            programs = wording.programs(rows.columns, rows.table.header_hint)
        request = wording.request(programs, functions, rows, claims)
        for notice in notices:
            tell(notice)
        found = answered(capability.name, request)
        if found.aside:
            to_stderr(found.aside)
        for notice in found.notices:
            tell(notice)
        is_seen = form == "text" and output is None
        rendered = found.shown(digits) if is_seen else found.rendered(form, digits)
        if settings.get("residuals"):
            assert rows is not None
            rows.write(found, how["both"], digits)
            if output is None:
                to_stderr(rendered)
    if output is not None or not settings.get("residuals"):
        _write(rendered, output)
    status: int = found.status
    return status


def _popped(settings: dict[str, Any], options: Sequence[Option], has: bool) -> dict[str, Any]:
    """What some options say, taken out of all; nothing where a capability has none of these."""
    return {name: settings.pop(name) for name in dict.fromkeys(each.parameter for each in options if has)}


def _rows(
    wording: Wording,
    programs: Sequence[Program],
    functions: Mapping[str, Define],
    files: Sequence[str],
    how: Mapping[str, Any],
    where: Mapping[str, Any],
) -> KeptRows | SpreadRows:
    """The rows of files, of which the columns are read that programs name; raises `GradcliError`."""
    from gradcli.cli.rows import hired, reading, sized, spread_base

    names = [name for program in programs for name in names_in(program)]
    names += [name for function in functions.values() for name in names_used(function)]
    settings = reading(digits=None, **how)
    hire = hired(where["scheduler"], where["part_size"])
    from gradcli.pipelines.kept import KeptRows, Selection

    chosen = Selection(tuple(dict.fromkeys(names)), wording.values, tuple(files), settings)
    if hire is None:
        return KeptRows(chosen, tell)
    from gradcli.pipelines.inquiry import Inquiry
    from gradcli.pipelines.spread import SpreadRows

    inquiry = Inquiry(wording, chosen._replace(base=spread_base()))
    return SpreadRows(inquiry, hire, tell, sized(where["part_size"]))


def _fixed(words: Words, texts: Sequence[str]) -> tuple[Words, tuple[str, ...]]:
    """The words with the values that `--fix a=2` gives, and the names that are held."""
    given = [text.partition("=") for each in texts for text in each.split(",")]
    bindings = [*words.bindings, *((name.strip(), value) for name, equals, value in given if equals)]
    return words._replace(bindings=bindings), tuple(name.strip() for name, _, _ in given)


def _claims(texts: Sequence[str], programs: Sequence[Program]) -> list[tuple[str, Program]]:
    """The derivatives that `--claim x=2*x` claims, by variable; raises `InputError`.

    Where there is one variable only, `--claim 2*x` is about it.
    """
    found: dict[str, Program] = {}
    names = list(dict.fromkeys(name for each in programs for name in names_in(each) if name not in CONSTANTS))
    for text in texts:
        end = name_end(text.strip())
        name, rest = text.strip()[:end], text.strip()[end:].lstrip()
        if not name or rest[:1] != "=" or rest[1:2] == "=":
            if len(names) != 1:
                hint = f'--claim {next(iter(names), "x")}="{text}"'
                raise InputError(f"--claim {text} does not say a variable", hint=hint)
            name, rest = names[0], f"={text}"
        name = normal_name(name)
        if name in found:
            raise InputError(f"there are two claims of the derivative in {name}", hint="one --claim of each")
        found[name] = parse(Source(rest[1:].strip()), is_function=is_function)
    return list(found.items())


def _check(
    words: Words, declared: Declaration, programs: Sequence[Program], functions: dict[str, Define]
) -> None:
    """Refuses a value for a name that nothing uses; raises `InputError`."""
    whole = [*programs, *(Program(each.source, each.body, ()) for each in functions.values())]
    used = list(dict.fromkeys(name for program in whole for name in names_in(program)))
    called = {
        name: Mark(program.source, span) for program in programs for name, span in called_in(program).items()
    }
    for program in programs:
        check_options(words, free_in(program), declared)
    check_bindings(words, used, declared, called)


def _check_files(files: Sequence[str], programs: Sequence[Program], *, constrained: bool) -> None:
    """Refuses a variable or a constraint where a file belongs; raises `InputError`."""
    used = {name for program in programs for name in names_in(program)}
    for file in files:
        if file in used and not Path(file).exists():
            told = f"{file} stands behind the formula without a value"
            raise InputError(told, hint=f"where a search begins is said with =: {file}=1")
        if constrained and any(sign in file for sign in _RELATIONS) and not Path(file).exists():
            hint = f'a constraint is an option: --subject-to "{file}"'
            raise InputError(f"{file} stands where a file belongs", hint=hint)


def _shapes(text: str | None) -> dict[str, Shape]:
    """The shapes that `v=3,A=2x3` says; raises `InputError`."""
    found: dict[str, Shape] = {}
    for each in (text or "").split(",") if text else ():
        match = _SHAPE.fullmatch(each)
        if match is None:
            raise InputError(f"{each.strip() or text} is no shape of a variable", hint="--shape v=3,A=2x3")
        found[match[1]] = tuple(map(int, match[2].split("x")))
    return found


def _form(output: str, capability: Capability) -> str:
    """The format of a file, by the end of its name; raises `InputError`."""
    known = {".txt": "text", ".json": "json", **capability.suffixes}
    ending = output[output.rfind(".") :].lower() if "." in output else ""
    if ending not in known:
        near = did_you_mean(ending, known)
        hint = f"did you mean {near}?" if near else f"it ends in {', '.join(known)}, or --format says it"
        raise InputError(f"the name {output} does not say a format that {capability.name} writes", hint=hint)
    return known[ending]


def _write(rendered: str | bytes, output: str | None) -> None:
    """Writes an answer to stdout, or to a file that is whole or not there."""
    if output is not None:
        from gradcli.session.files import replace_file

        replace_file(output, rendered if isinstance(rendered, bytes) else f"{rendered}\n".encode())
    elif isinstance(rendered, bytes):
        raise InputError("this format is for a file", hint="-o FILE")
    else:
        write(rendered)
