"""Text to syntax.

Lark has worked out the LALR(1) table of `grammar/gradcli.lark`, and the loop in `_run` walks it; Lark itself
is not imported. Beside NumPy, this module with its table and a first parse adds 8 ms to a start; `import
lark` alone adds 22, and the module that `lark.tools.standalone` makes of the same grammar adds 75 by the time
that it has parsed. Nothing here is recursive, so no input is too deep.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gradcli.collecting import uncollected
from gradcli.language.builder import Builder, Refused
from gradcli.language.layout import Token, lines, scan, statements, words
from gradcli.language.table import RULES, SOFT_KEYWORDS, STARTS, STATES
from gradcli.language.tree import (
    Case,
    ClassDefinition,
    Define,
    Disputed,
    Expression,
    For,
    If,
    NoGrad,
    Part,
    Program,
    Range,
    Try,
    While,
)
from gradcli.text.errors import ParseError
from gradcli.text.source import Mark, Source, Span

if TYPE_CHECKING:
    from gradcli.language.mistakes.place import IsFunction


def _nothing(name: str) -> bool:
    return False


@uncollected
def parse(source: Source, *, is_function: IsFunction = _nothing) -> Program:
    """Parse statements.

    Raises `ParseError` with the guilty span and a hint; its `incomplete` says that more text could help.
    `is_function` says which names are functions, so that the hint can tell `sin x` from `a x`.
    """
    tokens = scan(source.text)
    return _program(source, tokens, is_function)


def _program(source: Source, tokens: list[Token], is_function: IsFunction) -> Program:
    program: Program = _built(source, "program", tokens, lines(source, tokens), Builder(source), is_function)
    return program


def _built(
    source: Source,
    goal: str,
    tokens: list[Token],
    arranged: Iterator[Token],
    builder: Builder,
    is_function: IsFunction,
) -> Any:
    """What the builder makes of the tokens; an error for one that it refuses."""
    try:
        return _run(source, goal, tokens, arranged, builder, is_function)
    except Refused as found:
        from gradcli.language.mistakes.diagnose import diagnose

        asks = goal == "asked"
        raise diagnose(source, tokens, found.token, frozenset(), is_function, asks=asks) from None


def parse_each(source: Source, *, is_function: IsFunction = _nothing) -> Iterator[Program | ParseError]:
    """Parse the statements of a text one after another, also past those that are not in the language.

    Each comes as a program of its own, or as its mistake. An unclosed bracket spoils its own lines only.
    """
    for tokens in statements(source, scan(source.text)):
        try:
            yield _program(source, tokens, is_function)
        except ParseError as error:
            yield error


def parse_expression(
    source: Source, disputed: list[Disputed] | None = None, *, is_function: IsFunction = _nothing
) -> Expression:
    """Parse one expression, such as an option's value; `1,2,3` is the vector `[1,2,3]`.

    Readings that people dispute are added to `disputed`. Raises `ParseError`, also for a statement;
    `is_function` is as in `parse`.
    """
    value = parse_given(source, disputed, is_function=is_function)
    if isinstance(value, Range):
        raise ParseError(
            "a range stands where one value is wanted",
            (Mark(source, value.span),),
            "table, plot and solve take ranges, and minimize and fit --bounds x=0:1; "
            "an array of numbers is linspace(0, 1, 11)",
        )
    return value


def parse_given(
    source: Source, disputed: list[Disputed] | None = None, *, is_function: IsFunction = _nothing
) -> Expression | Range:
    """What `parse_expression` does, where a range such as `0:2:0.25` may stand too."""
    given: Expression | Range = _words(source, "value", disputed, is_function)
    return given


def parse_asked(
    source: Source, disputed: list[Disputed] | None = None, *, is_function: IsFunction = _nothing
) -> tuple[Part, ...]:
    """Parse what is asked on the command line: formulas, equations and models, with `;` or `,` between."""
    parts: tuple[Part, ...] = _words(source, "asked", disputed, is_function)
    return parts


@uncollected
def _words(source: Source, goal: str, disputed: list[Disputed] | None, is_function: IsFunction) -> Any:
    tokens = [token for token in scan(source.text) if token.kind != "NEWLINE"]
    builder = Builder(source)
    arranged = words(source, tokens, asks=goal == "asked")
    found = _built(source, goal, tokens, arranged, builder, is_function)
    if disputed is not None:
        disputed += builder.disputed
    return found


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
    block = last.cases[-1] if isinstance(last, If) else last
    if isinstance(block, For | While | NoGrad | Case | Try) or (
        isinstance(block, Define | ClassDefinition) and block.name_span.start > block.span.start
    ):
        if isinstance(block, ClassDefinition):
            return True
        return isinstance(last, If | Try) or "\n" in text[: block.body[0].span.start].rpartition(":")[2]
    return False


_RULES: list[tuple[str, int, Any, tuple[int, ...] | None]] = [
    (
        origin,
        size,
        list if action == "list" else action and getattr(Builder, action),
        None if parts == tuple(range(size)) else parts,
    )
    for origin, size, action, parts in RULES
]
"""What each rule makes, of how many parts, the method that builds it, and which parts it keeps if not all."""


def _run(
    source: Source,
    goal: str,
    scanned: list[Token],
    arranged: Iterator[Token],
    builder: Builder,
    is_function: IsFunction,
) -> Any:
    """Walk the table: shift each token, and reduce by a rule when its end is seen."""
    new_span = Span._make
    state, end_state = STARTS[goal]
    states = [state]
    values: list[Any] = []
    starts: list[int] = []
    ends: list[int] = []
    for token in arranged:
        kind, _, start, end = token
        while True:
            row = STATES[state]
            if row.__class__ is int:
                step = row
            else:
                step = row.get(kind)
                if step is None and kind in SOFT_KEYWORDS:
                    step = row.get("NAME")
                if step is None:
                    # Imported here, as most texts have no mistake.
                    from gradcli.language.mistakes.diagnose import diagnose

                    asks = goal == "asked"
                    raise diagnose(source, scanned, token, frozenset(row), is_function, asks=asks)
            if step >= 0:
                state = step
                states.append(state)
                values.append(token)
                starts.append(start)
                ends.append(end)
                break
            origin, size, build, parts = _RULES[~step]
            if size == 1 and parts is None and build is not list:  # One part: most reductions are this.
                if build is not None:
                    values[-1] = build(builder, new_span((starts[-1], ends[-1])), values[-1])
                states[-1] = state = STATES[states[-2]][origin]
                if state == end_state and kind == "$END":
                    return values[-1]
                continue
            if size == 0:
                values.append([] if build is list else build(builder, Span(start, start)))
                starts.append(start)
                ends.append(start)
            else:
                popped = values[-size:]
                span = new_span((starts[-size], ends[-1]))
                del values[-size:], starts[-size:], ends[-size:], states[-size:]
                kept: list[Any] = [] if parts is not None else popped
                for part in parts or ():
                    if part >= 0:
                        kept.append(popped[part])
                    elif kept:
                        kept += popped[~part]
                    else:  # Growing the list itself keeps a long repetition linear.
                        kept = popped[~part]
                if build is list:
                    values.append(kept)
                else:
                    values.append(kept[0] if build is None else build(builder, span, *kept))
                starts.append(span.start)
                ends.append(span.end)
            state = STATES[states[-1]][origin]
            states.append(state)
            if state == end_state and kind == "$END":
                return values[-1]
    raise AssertionError("the tokens end in $END")
