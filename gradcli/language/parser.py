"""Text to syntax.

Lark reads `grammar/gradcli.lark` and works out its LALR(1) table once:
`python -m gradcli.language.parser` writes the table to `gradcli/language/table.py`, as literals. At run
time the loop in `_run` walks that table, and Lark is not imported. Beside NumPy, this module with its
table and a first parse adds 8 ms to a start; `import lark` alone adds 22, and the module that
`lark.tools.standalone` makes of the same grammar adds 75 by the time that it has parsed. Nothing here is
recursive, so no input is too deep.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gradcli.language.builder import Builder
from gradcli.language.layout import Token, lines, scan, words
from gradcli.language.table import RULES, SOFT_KEYWORDS, STARTS, STATES
from gradcli.language.tree import Define, Disputed, Expression, For, NoGrad, Program
from gradcli.text.errors import ParseError
from gradcli.text.source import Source, Span

if TYPE_CHECKING:
    from pathlib import Path

    from gradcli.language.mistakes.place import IsFunction


def _nothing(name: str) -> bool:
    return False


def parse(source: Source, *, is_function: IsFunction = _nothing) -> Program:
    """Parse statements.

    Raises `ParseError` with the guilty span and a hint; its `incomplete` says that more text could help.
    `is_function` says which names are functions, so that the hint can tell `sin x` from `a x`.
    """
    tokens = scan(source.text)
    program: Program = _run(source, "program", tokens, lines(source, tokens), Builder(source), is_function)
    return program


def parse_expression(
    source: Source, disputed: list[Disputed] | None = None, *, is_function: IsFunction = _nothing
) -> Expression:
    """Parse one expression, such as an option's value; `1,2,3` is the vector `[1,2,3]`.

    Readings that people dispute are added to `disputed`. Raises `ParseError`, also for a statement;
    `is_function` is as in `parse`.
    """
    tokens = [token for token in scan(source.text) if token.kind != "NEWLINE"]
    builder = Builder(source)
    value: Expression = _run(source, "value", tokens, words(source, tokens), builder, is_function)
    if disputed is not None:
        disputed += builder.disputed
    return value


def is_incomplete(text: str) -> bool:
    """Whether a prompt should ask for another line, after `text` and the Enter key.

    It should while a bracket or a text in three quotes is open; and, unless the last line is empty, while
    an operand or a block's body is missing, or while an indented body goes on.
    """
    line_is_empty = not text.rpartition("\n")[2].strip() and "\n" in text
    try:
        program = parse(Source(text))
    except ParseError as error:
        opens = error.span is not None and error.span.start < error.span.end  # else the end is guilty
        return error.incomplete and (opens or not line_is_empty)
    if line_is_empty or not program.statements:
        return False
    last = program.statements[-1]
    if isinstance(last, For | NoGrad) or (
        isinstance(last, Define) and last.name_span.start > last.span.start
    ):
        return "\n" in text[: last.body[0].span.start].rpartition(":")[2]
    return False


_tuple = tuple.__new__  # what a named tuple's own call comes to, and every token pays


def _run(
    source: Source,
    goal: str,
    scanned: list[Token],
    arranged: Iterator[Token],
    builder: Builder,
    is_function: IsFunction,
) -> Any:
    """Walk the table: shift each token, and reduce by a rule when its end is seen."""
    table: Any = STATES  # generated literals, whose types say nothing
    rules: list[tuple[str, int, Any, Any]] = [
        (origin, size, list if action == "list" else action and getattr(builder, action), parts)
        for origin, size, action, parts in RULES
    ]
    state, end_state = STARTS[goal]
    states = [state]
    values: list[Any] = []
    starts: list[int] = []
    ends: list[int] = []
    for token in arranged:
        kind, _, start, end = token
        while True:
            row = table[state]
            if row.__class__ is int:
                step = row
            else:
                step = row.get(kind)
                if step is None and kind in SOFT_KEYWORDS:
                    step = row.get("NAME")
                if step is None:
                    # Imported here, as most texts have no mistake.
                    from gradcli.language.mistakes.diagnose import diagnose

                    raise diagnose(source, scanned, token, frozenset(row), is_function)
            if step >= 0:
                state = step
                states.append(state)
                values.append(token)
                starts.append(start)
                ends.append(end)
                break
            origin, size, build, parts = rules[~step]
            if size == 1 and build is None:  # One part, passed on: most reductions are this.
                states.pop()
            elif size == 0:
                values.append([] if build is list else build(Span(start, start)))
                starts.append(start)
                ends.append(start)
            else:
                popped = values[-size:]
                span = _tuple(Span, (starts[-size], ends[-1]))
                del values[-size:], starts[-size:], ends[-size:], states[-size:]
                kept: list[Any] = []
                for part in parts:
                    if part >= 0:
                        kept.append(popped[part])
                    elif kept:
                        kept += popped[~part]
                    else:  # Growing the list itself keeps a long repetition linear.
                        kept = popped[~part]
                if build is list:
                    values.append(kept)
                else:
                    values.append(kept[0] if build is None else build(span, *kept))
                starts.append(span.start)
                ends.append(span.end)
            state = table[states[-1]][origin]
            states.append(state)
            if state == end_state and kind == "$END":
                return values[-1]
    raise AssertionError("the tokens end in $END")


# --------------------------------------------------------------------------------------- writing the table


def grammar_path() -> Path:
    """The grammar's file: inside the installed package, or beside it in a checkout."""
    from pathlib import Path

    package = Path(__file__).resolve().parent.parent
    inside = package / "grammar" / "gradcli.lark"
    return inside if inside.exists() else package.parent / "grammar" / "gradcli.lark"


def build_table(grammar: str) -> str:
    """The text of `gradcli/language/table.py` for a grammar. Needs Lark.

    States are numbered in the order in which a walk from the start finds them. A state that does one thing
    whatever comes next is that step; where it only passes a value on, the way to it leads past it.
    """
    import lark

    class _Layout:
        """The tokens that no rule names; the layout or an error message does."""

        always_accept = (
            *("NEWLINE", "FORMATTED"),
            *("MALFORMED_NUMBER", "FOREIGN", "UNTERMINATED_TEXT", "UNKNOWN"),
        )

        def process(self, stream: Any) -> Any:
            return stream

    goals = ["program", "value"]
    built: Any = lark.Lark(
        grammar, parser="lalr", lexer="basic", start=goals, postlex=_Layout(), maybe_placeholders=False
    )
    table = built.parser.parser._parse_table
    rules = [rule for rule in built.rules if not rule.origin.name.startswith("$")]
    numbers = {rule: number for number, rule in enumerate(rules)}
    rows: dict[int, dict[str, int]] = {}
    for state, actions in table.states.items():
        row = {}
        for symbol, (action, argument) in actions.items():
            is_shift = action.name == "Shift"
            row[str(symbol)] = argument if is_shift else ~numbers[argument]
        rows[state] = row

    encoded = [_encode_rule(rule) for rule in rules]
    only: dict[int, int] = {}
    for state, row in rows.items():
        steps = set(row.values())
        if len(steps) == 1 and (step := steps.pop()) < 0:
            only[state] = step
    for row in rows.values():
        for symbol in row:
            while (step := only.get(row[symbol], 0)) and encoded[~step][1:3] == (1, None):
                origin = encoded[~step][0]
                if symbol.isupper() or row[symbol] in table.end_states.values():
                    break
                row[symbol] = row[origin]

    order = [table.start_states[goal] for goal in goals]
    for state in order:
        if state not in only:
            for symbol in sorted(rows[state]):
                if (target := rows[state][symbol]) >= 0 and target not in order:
                    order.append(target)
    new = {state: number for number, state in enumerate(order)}
    starts = {goal: (new[table.start_states[goal]], new[table.end_states[goal]]) for goal in goals}
    keywords = _keywords(built.terminals)
    written = [
        '"""The LALR(1) table of grammar/gradcli.lark.',
        "",
        "Generated by `python -m gradcli.language.parser`: do not edit.",
        '"""',
        "",
        f"LARK_VERSION = {lark.__version__!r}",
        f"STARTS = {starts!r}",
        "# The regular expression of each terminal but the keywords, in the order in which they are tried.",
        "TERMINALS = {",
        *(f"    {name!r}: {pattern!r}," for name, pattern in _patterns(built.terminals).items()),
        "}",
        f"IGNORED = frozenset({sorted(built.ignore_tokens)!r})",
        f"KEYWORDS = {keywords!r}",
        f"SOFT_KEYWORDS = frozenset({sorted(name for name in keywords.values() if name[0] == '_')!r})",
        "# What a rule makes, of how many parts, by which method, and which parts it keeps (~n: spliced in).",
        "RULES = (",
        *(f"    {rule!r}," for rule in encoded),
        ")",
        "# For each state: what to do for what comes next. n: go to state n; ~n: reduce by rule n.",
        "STATES = (",
    ]
    for state in order:
        if state in only:
            written.append(f"    {only[state]},")
        else:
            row = {symbol: new[step] if step >= 0 else step for symbol, step in sorted(rows[state].items())}
            written.append(f"    {row!r},")
    written.append(")")
    return "\n".join(written) + "\n"


def _encode_rule(rule: Any) -> tuple[str, int, str | None, tuple[int, ...]]:
    """One rule as the table has it; the method is `None` to pass one part on."""
    parts = tuple(
        index if symbol.is_term or not symbol.name.startswith("_") else ~index
        for index, symbol in enumerate(rule.expansion)
        if not (symbol.is_term and symbol.filter_out)
    )
    origin = str(rule.origin.name)
    action: str | None
    if origin.startswith("_"):
        action = "list"
    elif rule.alias is None and rule.options.expand1 and len(parts) == 1 and parts[0] >= 0:
        action = None
    else:
        action = str(rule.alias or origin)
    return origin, len(rule.expansion), action, parts


def _keywords(terminals: Any) -> dict[str, str]:
    """The terminals that are spelled like names."""
    spelled = {
        str(terminal.pattern.value): str(terminal.name)
        for terminal in terminals
        if terminal.pattern.type == "str"
    }
    return {word: spelled[word] for word in sorted(spelled) if word.isidentifier()}


def _patterns(terminals: Any) -> dict[str, str]:
    """The regular expressions of all terminals but the keywords, in the order in which Lark tries them."""
    names = set(_keywords(terminals).values())
    tried = sorted(
        (terminal for terminal in terminals if terminal.name not in names),
        key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name),
    )
    return {str(terminal.name): terminal.pattern.to_regexp() for terminal in tried}


def _write_table() -> None:
    from pathlib import Path

    table = build_table(grammar_path().read_text(encoding="utf-8"))
    Path(__file__).with_name("table.py").write_text(table, encoding="utf-8")


if __name__ == "__main__":
    _write_table()
