"""What `help` prints, read from the table of primitives and from that of the commands."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gradcli.capabilities.record import NAMES, Capability, capability
from gradcli.engine.graph import Input, Node, topological
from gradcli.engine.plan import Plan
from gradcli.engine.primitives import ENTRIES, OPERATORS, TABLE, Elementwise, Entry
from gradcli.engine.primitives.entry import NoDerivativeError
from gradcli.interactive.settings import SETTINGS, Setting
from gradcli.language.builder import normal_operator
from gradcli.language.mistakes.functions import function_of_others, names_elsewhere
from gradcli.language.vocabulary import DISTRIBUTIONS, GRADS, OF_DISTRIBUTIONS, QUANTITIES, WORDS, Word, named
from gradcli.lowering.lower import RULES_OF_DERIVATIVES, SPECIAL
from gradcli.render.variables import about
from gradcli.text.errors import EvaluationError, GradcliError, InputError
from gradcli.text.suggest import did_you_mean
from gradcli.text.values import number, uncertain
from gradcli.writing.derivative import derived, written
from gradcli.writing.formula import formula

if TYPE_CHECKING:
    from gradcli.interactive.command import Command
    from gradcli.language.tree import Define
    from gradcli.session.state import Session
    from gradcli.session.values import Value

START = (
    ("x = 3", "a leaf: a name bound to numbers, which collects a grad"),
    ("y = x**2 * sin(x)", "a value that remembers how it was computed"),
    ("backward y", "adds dy/dx into x.grad; again, and it adds again"),
    ("x.grad", "what has been added; grad(y, x) is dy/dx alone"),
    ("zero", "clears every grad"),
)
"""The five lines that `help` shows; they run."""


def help_text(
    topic: str,
    commands: Mapping[str, Command],
    session: Session | None = None,
    width: int | None = None,
    answered: Callable[[str], str] = str,
) -> str:
    """The help on a topic; raises `InputError`.

    A topic is a name that is bound in the session, a command, a function or operator, a word of the
    language, a setting, or nothing. Lines are broken between words to fit into `width` columns; `answered`
    puts the answers into examples.
    """
    text = _whole_text(topic.strip(), commands, session, answered)
    return text if width is None else "\n".join(_broken(line, width) for line in text.split("\n"))


def _broken(line: str, width: int) -> str:
    """A line on several, which go on where its last column began."""
    if len(line) <= width or line.lstrip().startswith(">>>"):
        return line
    code, sign, about = line.partition("# ")
    if sign:
        rows = textwrap.wrap(about, width - 2, break_long_words=False)
        return "\n".join([code.rstrip()] * bool(code.strip()) + [f"# {row}" for row in rows])
    column = re.match(r" *(?:\S+(?: \S+)* {2,})?", line)
    margin = len(column[0]) if column else 0
    if margin > width // 2:
        margin = len(line) - len(line.lstrip()) + 2
    return textwrap.fill(
        line, width, subsequent_indent=" " * margin, break_on_hyphens=False, break_long_words=False
    )


def _whole_text(
    topic: str, commands: Mapping[str, Command], session: Session | None, answered: Callable[[str], str]
) -> str:
    if not topic:
        return start_text()
    *before, word = re.sub(r"\(.*\)$", "", topic).split(".")
    if before and before[-1] == QUANTITIES:
        return quantities_text(word)
    if before and before[-1] in DISTRIBUTIONS and word in OF_DISTRIBUTIONS:
        word = f"{before[-1]}_{word}"
    if word in _LISTS:
        return {"commands": commands_text(commands), "functions": functions_text()}.get(word, language_text())
    found = [] if session is None else own_text(session, word)
    if word in commands:
        found.append(command_text(commands[word], answered))
    if word in TABLE:
        found.append(entry_text(TABLE[word], word))
    found.extend(
        entry_text(entry, word) for (symbol, _), entry in OPERATORS.items() if symbol == normal_operator(word)
    )
    found.extend(word_text(each, answered) for each in named(word))
    if word == QUANTITIES:
        found.append(quantities_text(""))
    if word in NAMES:
        found.append(capability_text(capability(word)))
    if word in SETTINGS:
        found.append(setting_text(SETTINGS[word]))
    if not found:
        elsewhere = function_of_others(word)
        same = re.fullmatch(r"write (\w+)\([^()]*\)", elsewhere or "")
        near = same[1] if same else None
        if elsewhere is None:
            near = did_you_mean(word, [name for name, _ in offers(commands)])
        lists = "help functions, help commands and help language list what there is"
        hint = f"did you mean help {near}?" if near else elsewhere or lists
        raise InputError(f"there is no help on {topic}", hint=hint)
    return "\n\n".join(dict.fromkeys(found))


_LISTS = {
    "commands": "every command",
    "functions": "every function, by family",
    "language": "statements and other words",
}
"""What there is to be listed."""


def offers(commands: Mapping[str, Command]) -> Iterator[tuple[str, str]]:
    """Every topic with a line about it."""
    yield from _LISTS.items()
    yield from ((each.name, each.doc) for each in commands.values())
    yield from ((name, TABLE[name].doc) for name in sorted(TABLE))
    yield from ((each.name, each.doc) for each in WORDS if each.offered)
    yield from ((name, capability(name).declared.summary) for name in NAMES)
    yield from ((each.name, each.doc) for each in SETTINGS.values())


def start_text() -> str:
    """Five lines that run, and where there is more."""
    width = max(len(line) for line, _ in START)
    lines = [f"{line:<{width}}  # {about}" for line, about in START]
    more = (
        "# undo takes back a statement; quit, exit or Ctrl-D leaves",
        "# more: help commands, help functions, help language, help sin, help derivative",
    )
    return "\n".join([*lines, *more])


def commands_text(commands: Mapping[str, Command]) -> str:
    """Every command with what it does."""
    width = max(len(command.usage) for command in commands.values())
    return "\n".join(f"{command.usage:<{width}}  {command.doc}" for command in commands.values())


def command_text(command: Command, answered: Callable[[str], str] = str) -> str:
    """One command with its example."""
    return f"{command.usage}\n{_indented([command.doc, '', *answered(command.example).split(chr(10))])}"


def language_text() -> str:
    """The words of the language with what they do."""
    shown = [(word.usage, word.doc) for word in WORDS if word.offered and word.stands != "idea"]
    width = max(len(usage) for usage, _ in shown)
    asking = [(capability(name).statement, capability(name).declared.summary) for name in NAMES]
    return "\n".join(dict.fromkeys(f"{usage:<{width}}  {doc}" for usage, doc in (*shown, *asking)))


def word_text(word: Word, answered: Callable[[str], str] = str) -> str:
    """One word of the language with its example."""
    return f"{word.usage}\n{_indented([word.doc, '', *answered(word.example).split(chr(10))])}"


def capability_text(found: Capability) -> str:
    """What a statement asks that is a subcommand, too."""
    about, *_ = found.declared.help.partition("\n\b\n")
    paragraphs = [" ".join(each.split()) for each in about.split("\n\n") if each.strip()]
    where = f"On the command line: gradcli {found.name} --help"
    return f"{found.statement}\n" + _indented([found.declared.summary, "", *paragraphs, "", where])


def quantities_text(asked: str) -> str:
    """A constant of nature, or those that have a word in what they are; raises `InputError`."""
    from gradcli.engine.primitives.quantities import (  # SciPy, for those alone
        found,
        name_of,
        quantity,
        symbols,
    )

    one = quantity(asked)
    listed = [one] if one else found(asked) if asked else symbols()
    if not listed:
        hint = f"help {QUANTITIES} lists the symbols, help {QUANTITIES}.electron all with that word"
        raise InputError(f"there is no help on {QUANTITIES}.{asked}", hint=hint)
    rows = [
        (
            f"{QUANTITIES}.{each.name}",
            uncertain(each.value, each.uncertainty) if each.uncertainty else number(each.value),
            each.unit,
            each.words if name_of(each.words) != each.name else "",
        )
        for each in listed
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    if one:
        (name, value, unit, words), *_ = rows
        told = "exact" if not one.uncertainty else "± its standard uncertainty"
        lines = [words] * bool(words) + [f"{value} {unit}".rstrip() + f", {told}"]
        return f"{name}\n{_indented(lines)}"
    return "\n".join(
        "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]]).rstrip()
        for row in rows
    )


def setting_text(setting: Setting) -> str:
    """One setting, and how it is set."""
    example = f">>> set {setting.name} {setting.choices[-1]}"
    return f"set {setting.name} {' | '.join(_ends(setting.choices))}\n" + _indented(
        [setting.doc, "", example]
    )


def _ends(choices: tuple[str, ...]) -> tuple[str, ...]:
    return choices if len(choices) < 4 else (*choices[:2], "…", choices[-1])


def own_text(session: Session, name: str) -> list[str]:
    """What a name of the user's is: what `vars` says of it, and how it depends on leaves, as formulas."""
    found = []
    function = session.functions.get(name)
    if function is not None:
        text = function.source.text[function.span.start : function.span.end]
        found.append(
            "\n".join([text, *(f"  {name} = {slope}" for name, slope in _slopes(session, function))])
        )
    value = session.values.get(name)
    if session.bound_to(name) is not None:
        lines = [about(session, name)]
        if value is not None and value.node.tracked and value.node.inputs:
            lines += _made_of(value)
        found.append(f"{name}\n{_indented(lines)}")
    return found


def _slopes(session: Session, function: Define, order: int = 1) -> list[tuple[str, str]]:
    """The derivatives of a user's function as formulas, by what they are called, where there are such."""
    from gradcli.capabilities.diff import of_function

    try:
        found = of_function(session, function, order) if function.parameters else []
    except GradcliError:  # its parameters are no numbers, or it does not end without their values
        return []
    return [(name, slope) for name, slope in found if len(slope) <= _LONGEST]


def slope_text(session: Session, name: str, order: int) -> str | None:
    """What `f'` or `sin''` is as a formula; `None` where nothing of that name has one."""
    function = session.functions.get(name)
    if function is not None:
        return "\n".join(f"{called} = {slope}" for called, slope in _slopes(session, function, order)) or None
    entry = TABLE.get(name)
    if not isinstance(entry, Elementwise) or entry.partials is None or entry.arity != 1:
        return None
    variable = Input(entry.parameters[0].name, ())
    slope = _slope(entry.apply(variable), variable, order)
    return None if slope is None else f"{name}{chr(39) * order}({variable.name}) = {slope}"


def _made_of(value: Value) -> Iterator[str]:
    """The formula of a value in leaves, and its derivatives where it is a single number."""
    leaves = [each for each in topological((value.node,)) if isinstance(each, Input) and each.role == "leaf"]
    text = _shorter(value.node)
    if text is None:
        return
    yield f"made of     {text}"
    if value.node.boolean or len(leaves) > _MOST_LEAVES or math.prod(value.node.shape) != 1:
        return
    for leaf in leaves:
        slope = _slope(value.node, leaf)
        if slope is not None:
            yield f"d/d{leaf.name:<9}{slope}"


def _shorter(node: Node) -> str | None:
    """A formula as it is computed, or as a person writes it, where that is shorter."""
    typed = formula(node, _LONGEST)
    try:
        (text,) = written([node]).texts
    except EvaluationError:
        return typed
    return text if len(text) < (_LONGEST if typed is None else len(typed)) else typed


def _slope(node: Node, variable: Input, order: int = 1) -> str | None:
    """The derivative as a person writes it; `None` where that is too long, or has no words."""
    try:
        (text,) = written([derived(node, [variable] * order)]).texts
    except EvaluationError:
        return None
    return text if len(text) <= _LONGEST else None


_LONGEST = 300
"""Formulas of more characters teach nobody anything."""

_MOST_LEAVES = 8


def families() -> dict[str, list[Entry]]:
    """Every entry, by the family that it is in."""
    found: dict[str, list[Entry]] = {}
    for entry in ENTRIES:
        found.setdefault(entry.family, []).append(entry)
    return found


def functions_text() -> str:
    """The name of every function, by family."""
    derivatives = [name for name, rule in SPECIAL.items() if rule in RULES_OF_DERIVATIVES]
    lines = [
        "derivatives",
        *_wrapped(["f'(x)", *(name for name in derivatives if name not in GRADS[1:])], 76),
    ]
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


_LABEL = len("elsewhere   ")
"""How wide what stands before a line of help is."""


def entry_text(entry: Entry, asked: str = "") -> str:
    """What is said about a function: doc, domain, derivative, conventions, names elsewhere, example."""
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
    elsewhere = names_elsewhere(names)
    if elsewhere:
        first, *more = _wrapped([f"{each}," for each in elsewhere[:-1]] + elsewhere[-1:], 76 - _LABEL)
        lines += [f"{'elsewhere':<{_LABEL}}{first.strip()}", *(" " * _LABEL + each.strip() for each in more)]
    expression, printed = entry.example
    lines += ["", f">>> {expression}", *printed.split("\n")]
    return f"{heading}\n{_indented(lines)}"


def _heading(entry: Entry) -> str:
    names = [parameter.name for parameter in entry.needed]
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
        return _domain_of_several(entry)
    count = entry.arity
    if entry.poles:
        return f"all numbers but {entry.poles}, for whole k"
    with np.errstate(all="ignore"):
        probes = _PROBES if count == 1 else _PROBES[abs(_PROBES) <= 10]  # a degree of a million takes long
        found = entry.ufunc(*np.meshgrid(*[probes] * count))
    absent = np.isnan(found)
    name = entry.parameters[0].name
    if not absent.any():
        infinite = [] if count > 1 or entry.boolean else _PROBES[np.isinf(found) & (abs(_PROBES) < _FAR)]
        return f"{name} != {number(infinite[0])}" if len(infinite) else "all numbers"
    if count > 1 or not entry.domain:
        return _domain_of_several(entry)

    def sign(bound: float) -> str:
        """Whether a bound belongs to the domain: not where the function is infinite."""
        with np.errstate(all="ignore"):
            return "<=" if np.isfinite(entry.ufunc(np.float64(bound))) else "<"

    ((low, high),) = entry.domain
    if high < _FAR:
        return f"{number(low)} {sign(low)} {name} {sign(high)} {number(high)}"
    above = sign(low).replace("<", ">")
    mirrored = low > 0 and not absent[-low > _PROBES].any()
    return f"|{name}| {above} {number(low)}" if mirrored else f"{name} {above} {number(low)}"


_INSIDE = (2.0, 5.0, 0.3, 0.7, -2.0, -0.3)
"""Numbers of which a domain holds two."""


def _domain_of_several(entry: Entry) -> str:
    """The bounds of each argument, beyond which the function is nan whatever the others are."""
    if not entry.domain:
        return ""
    inside = [[each for each in _INSIDE if low < each < high][:2] for low, high in entry.domain]
    names = [each.name for each in _on_numbers(entry)[1]][: len(inside)]
    if len(names) < len(inside) or any(len(each) < 2 for each in inside):
        return ""
    bounds = []
    for place, (low, high) in enumerate(entry.domain):
        beyond = {
            side: [*(each for each in _PROBES if abs(each) <= 10 and (each < low if side else each > high))]
            for side in (True, False)
        }
        rows = [
            [*each[:place], probe, *each[place + 1 :]]
            for probe in (*beyond[True], *beyond[False])
            for each in zip(*inside, strict=True)
        ]
        absent = _is_nan(entry, rows)
        cut = 2 * len(beyond[True])
        least = low > -_FAR and cut and all(absent[:cut])
        most = high < _FAR and len(rows) > cut and all(absent[cut:])
        below = f"{number(low)} <= " if least and most else ""
        above = f" <= {number(high)}" if most else f" >= {number(low)}" if least else ""
        if above:
            bounds.append(f"{below}{names[place]}{above}")
    return ", ".join(bounds)


def _is_nan(entry: Entry, rows: Sequence[Sequence[float]]) -> list[bool]:
    """Whether a function of numbers is nan, for each row of arguments."""
    if not rows:
        return []
    columns = {
        each: np.array(column)
        for each, column in zip(_on_numbers(entry)[1], zip(*rows, strict=True), strict=False)
    }
    inputs = {each.name: Input(each.name, (len(rows),)) for each in columns}
    left = [
        inputs.get(each.name) or each.left_out
        for each in entry.parameters
        if each.name in inputs or each.default
    ]
    node = entry.apply(*inputs.values()) if isinstance(entry, Elementwise) else entry.build(*left)
    with np.errstate(all="ignore"):
        (found,) = Plan((node,)).run({inputs[each.name]: column for each, column in columns.items()})
    return [bool(each) for each in np.isnan(found)]


def derivatives(entry: Entry) -> list[str]:
    """The partial derivatives as formulas, or in the entry's words."""
    if entry.derivative:
        return [f"derivative  {entry.derivative}"]
    if isinstance(entry, Elementwise) and (entry.partials is None or entry.boolean):
        return ["derivative  0 wherever there is one"]
    node, inputs = _on_numbers(entry)
    if node is None:
        return []
    found = [
        (each, _unknown(node, each) or _slope(node, each) or _longer(entry, inputs))
        for each in inputs
        if not each.boolean
    ]
    if len(found) == 1:
        return [f"derivative  {text}" for _, text in found]
    return [f"d/d{each.name:<9}{text}" for each, text in found]


def _unknown(node: Node, variable: Input) -> str:
    """Why there is no formula in an argument, where nobody knows one."""
    try:
        derived(node, [variable])
    except NoDerivativeError as error:
        return error.message
    return ""


def _longer(entry: Entry, inputs: Sequence[Input]) -> str:
    """What stands in the place of a formula that is too long here."""
    return f'gradcli diff "{entry.name}({", ".join(each.name for each in inputs)})" shows it'


def _on_numbers(entry: Entry) -> tuple[Node | None, list[Input]]:
    """A function of numbers as a node, and its arguments; no node for what takes arrays."""
    parameters = entry.parameters[: entry.arity] if isinstance(entry, Elementwise) else entry.parameters
    inputs = [
        Input(each.name, (), boolean=each.name == "condition") for each in parameters if each.holds is None
    ]
    if isinstance(entry, Elementwise):
        inputs = [Input(each.name, (), boolean=each.name == "condition") for each in parameters]
        return entry.apply(*inputs), inputs
    if not entry.reference:
        return None, inputs
    named = {each.name: each for each in inputs}
    return entry.build(*(named.get(each.name) or each.left_out for each in parameters)), inputs


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
