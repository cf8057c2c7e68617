"""The grammar's text to the tables that the parser walks and the layout reads, by way of Lark.

`tools/parse_table.py` writes the tables down, and a start reads what it wrote. Only a start beside a grammar
that has changed since then comes here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import lark

from gradcli.records import NamedTuple
from gradcli.text.errors import InputError

GOALS = ("program", "value", "asked")
"""What can be parsed."""

_EXPRESSION, _FORMATTED, _BLOCK, _ASKING = "expression", "formatted", "block", "word"
"""The rules of the grammar that are known by name here."""

_STATEMENT_ENDS = ("_NEWLINE", "SEMICOLON")


class _Layout:
    """The tokens that no rule names; the layout or an error message does."""

    always_accept = (
        *("NEWLINE", "FORMATTED"),
        *("MALFORMED_NUMBER", "FOREIGN", "UNTERMINATED_TEXT", "UNKNOWN"),
    )

    def process(self, stream: Any) -> Any:
        return stream


class _Rule(NamedTuple):
    """`origin` may be written as `parts`: terminals, whose names are in capitals, and other rules."""

    origin: str
    parts: tuple[str, ...]


def build(grammar: str) -> dict[str, Any]:
    """The tables of a grammar, by the names that `table.py` explains.

    Raises `InputError` for a text that Lark refuses, or in which Lark would have to choose between shifting
    a token and reducing a rule: it shifts, and says so nowhere.
    """
    try:
        with _said_by_lark() as conflicts:
            built: Any = lark.Lark(
                grammar,
                parser="lalr",
                lexer="basic",
                start=list(GOALS),
                postlex=_Layout(),
                maybe_placeholders=False,
            )
    except lark.exceptions.LarkError as error:
        raise InputError(f"the grammar is refused: {' '.join(str(error).split())}") from error
    if conflicts:
        places = [
            f"{token} after {rule}" for token, rule in zip(conflicts[::2], conflicts[1::2], strict=True)
        ]
        raise InputError(
            f"the grammar leaves a choice: {', '.join(places)}",
            hint="write the rules so that the next token decides, as in _names: NAME | _names NAME",
        )
    rules = [
        _Rule(str(rule.origin.name), tuple(str(symbol.name) for symbol in rule.expansion))
        for rule in built.rules
        if not rule.origin.name.startswith("$")
    ]
    keywords = _keywords(built.terminals)
    soft = frozenset(name for name in keywords.values() if name.startswith("_"))
    patterns = _patterns(built.terminals, frozenset(keywords.values()))
    in_text = _only_below(rules, _FORMATTED, _EXPRESSION)
    automaton = _automaton(built)
    starts_operand = _edges(rules, 0)[_EXPRESSION]
    return {
        **automaton,
        "TERMINALS": {name: pattern for name, pattern in patterns.items() if name not in in_text},
        "TEXT_TERMINALS": {name: pattern for name, pattern in patterns.items() if name in in_text},
        "IGNORED": frozenset(built.ignore_tokens),
        "KEYWORDS": keywords,
        "SOFT_KEYWORDS": soft,
        "ASKING": frozenset(rule.parts[0] for rule in rules if rule.origin == _ASKING),
        "STARTS_OPERAND": starts_operand,
        "ENDS_OPERAND": _edges(rules, -1)[_EXPRESSION],
        **_operators(rules),
        "BEGIN_STATEMENT": _statement_words(automaton, soft, starts_operand),
        "OPEN_BLOCK": frozenset(_openers(rules)),
    }


class _Ear(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard += map(str, record.args or ())  # a terminal, and then the rule that it could end


@contextmanager
def _said_by_lark() -> Iterator[list[str]]:
    """What Lark says to its logger only: the conflicts that it resolves by itself."""
    ear = _Ear()
    before = lark.logger.level, lark.logger.handlers
    lark.logger.handlers = [ear]
    lark.logger.setLevel(logging.DEBUG)  # which forgets, as an assignment does not, that it was too quiet
    try:
        yield ear.heard
    finally:
        lark.logger.handlers = before[1]
        lark.logger.setLevel(before[0])


# ---------------------------------------------------------------------------------------------- terminals


def _keywords(terminals: Any) -> dict[str, str]:
    """The terminals that are spelled like names."""
    spelled = {
        str(terminal.pattern.value): str(terminal.name)
        for terminal in terminals
        if terminal.pattern.type == "str"
    }
    return {word: spelled[word] for word in sorted(spelled) if word.isidentifier()}


def _patterns(terminals: Any, keywords: Collection[str]) -> dict[str, str]:
    """The regular expressions of all terminals but the keywords, in the order in which Lark tries them."""
    tried = sorted(
        (terminal for terminal in terminals if terminal.name not in keywords),
        key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name),
    )
    return {str(terminal.name): terminal.pattern.to_regexp() for terminal in tried}


# ---------------------------------------------------------------------------------------------- the automaton


def _automaton(built: Any) -> dict[str, Any]:
    """What to do in each state.

    States are numbered in the order in which a walk from the start finds them. A state that does one thing
    whatever comes next is that step; where it only passes a value on, the way to it leads past it.
    """
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

    order = [table.start_states[goal] for goal in GOALS]
    for state in order:
        if state not in only:
            for symbol in sorted(rows[state]):
                if (target := rows[state][symbol]) >= 0 and target not in order:
                    order.append(target)
    new = {state: number for number, state in enumerate(order)}
    return {
        "STARTS": {goal: (new[table.start_states[goal]], new[table.end_states[goal]]) for goal in GOALS},
        "RULES": tuple(encoded),
        "STATES": tuple(
            only[state]
            if state in only
            else {symbol: new[step] if step >= 0 else step for symbol, step in sorted(rows[state].items())}
            for state in order
        ),
    }


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


def _accepts(automaton: dict[str, Any], *kinds: str) -> bool:
    """Whether a program can begin with these terminals."""
    states: Any = automaton["STATES"]
    stack = [automaton["STARTS"]["program"][0]]
    for kind in kinds:
        while True:
            row = states[stack[-1]]
            step = row if isinstance(row, int) else row.get(kind)
            if step is None:
                return False
            if step >= 0:
                stack.append(step)
                break
            origin, size, _, _ = automaton["RULES"][~step]
            del stack[len(stack) - size :]
            stack.append(states[stack[-1]][origin])
    return True


# -------------------------------------------------------------------------------- what follows from the rules


def _is_terminal(name: str) -> bool:
    return name.isupper()


def _closure(known: dict[str, set[str]], more: Callable[[str], Iterable[set[str]]]) -> None:
    """Lets each set take in those that `more` names for it, until nothing changes."""
    grows = True
    while grows:
        grows = False
        for name, found in known.items():
            before = len(found)
            for other in more(name):
                found |= other
            grows = grows or len(found) > before


def _edges(rules: list[_Rule], end: int) -> dict[str, frozenset[str]]:
    """For each rule the terminals that it can begin with (`end` 0) or end with (`end` -1)."""
    found: dict[str, set[str]] = {rule.origin: set() for rule in rules}
    below: dict[str, set[str]] = {rule.origin: set() for rule in rules}
    for rule in rules:
        if rule.parts:
            part = rule.parts[end]
            (found if _is_terminal(part) else below)[rule.origin].add(part)
    _closure(found, lambda name: [found[each] for each in below[name]])
    return {name: frozenset(terminals) for name, terminals in found.items()}


def _only_below(rules: list[_Rule], top: str, without: str) -> frozenset[str]:
    """The terminals that stand only in the rules that `top` needs; `without` leads out of them."""
    inside = {top}
    for _ in rules:
        inside |= {part for rule in rules if rule.origin in inside for part in rule.parts if part != without}
    outside = {part for rule in rules if rule.origin not in inside for part in rule.parts}
    return frozenset(part for part in inside - outside if _is_terminal(part))


def _operators(rules: list[_Rule]) -> dict[str, Any]:
    """The terminals that need an operand on their right, and how tightly each operator binds.

    A rule for operands alone is looser than those that it passes on. An infix operator is what stands between
    two operands wherever it follows one, so a comma, which may also stand last, is none.
    """
    alone = {rule.origin: set[str]() for rule in rules}
    for rule in rules:
        if len(rule.parts) == 1:
            alone[rule.origin].add(rule.parts[0])
    levels = _levels(alone)
    may_be = {name: set(parts) for name, parts in alone.items()}
    _closure(may_be, lambda name: [may_be[each] for each in may_be[name] if each in may_be])
    operands = {name for name, parts in may_be.items() if "NUMBER" in parts} | levels.keys()

    separators = {
        part
        for rule in rules
        for left, part, right in zip(rule.parts, rule.parts[1:], (*rule.parts[2:], ""), strict=False)
        if left in operands and _is_terminal(part) and right not in operands
    }
    infix: dict[str, tuple[int, int, int]] = {}
    prefix: dict[str, tuple[int, int]] = {}
    need = set()
    for origin, parts in rules:
        if len(parts) == 3 and parts[0] in operands and parts[2] in operands and _is_terminal(parts[1]):
            left, sign, right = parts
            if sign not in separators:
                need.add(sign)
                if origin in levels and not left.startswith("_"):  # else it is a chain that grows
                    found = (levels[origin], _level(left, levels, rules), _level(right, levels, rules))
                    known = infix.setdefault(sign, found)
                    infix[sign] = (min(known[0], found[0]), min(known[1], found[1]), min(known[2], found[2]))
        elif len(parts) == 2 and _is_terminal(parts[0]) and parts[1] in operands and origin in levels:
            if parts[0] in may_be[_EXPRESSION]:  # a number against a name
                continue
            need.add(parts[0])
            prefix[parts[0]] = (levels[origin], _level(parts[1], levels, rules))
    return {"NEED_OPERAND": frozenset(need), "INFIX": infix, "PREFIX": prefix}


def _levels(alone: dict[str, set[str]]) -> dict[str, int]:
    """How tight each rule is that an expression can be, counted from 0; rules with a `_` are no step."""
    levels = {_EXPRESSION: 0}
    for _ in alone:  # the longest way to each
        for name, level in list(levels.items()):
            for below in alone[name]:
                if not _is_terminal(below):
                    levels[below] = max(levels.get(below, 0), level + (not below.startswith("_")))
    return levels


def _level(name: str, levels: dict[str, int], rules: list[_Rule]) -> int:
    """The level of an operand: of one that an expression cannot be, that of a rule that says the same.

    So `exponent` is as `factor`; if it were not, it would be no looser than what it may be alone.
    """
    if name in levels:
        return levels[name]

    def written(origin: str) -> set[tuple[str, ...]]:
        own = (rule.parts for rule in rules if rule.origin == origin)
        return {tuple("" if part == origin else part for part in parts) for parts in own}

    said = written(name)
    alone = min(levels[parts[0]] for parts in said if len(parts) == 1 and parts[0] in levels)
    return next((level for twin, level in levels.items() if written(twin) == said), alone)


def _openers(rules: list[_Rule]) -> Iterator[str]:
    """The words that begin what ends in a block."""
    for rule in rules:
        word = ""
        for part in rule.parts:
            if part == _BLOCK:
                yield word
                word = ""
            elif _is_terminal(part):
                word = word or part


def _statement_words(
    automaton: dict[str, Any], soft: Iterable[str], starts_operand: frozenset[str]
) -> dict[str, frozenset[str]]:
    """For each soft keyword that can begin a statement, what follows it there and could not follow a name.

    A word that is a whole statement by itself is one at a line's end, too.
    """
    terminals = {name for row in automaton["STATES"] if isinstance(row, dict) for name in row}
    terminals = {name for name in terminals if _is_terminal(name)}

    def begun(word: str) -> Iterator[str]:
        for following in terminals:
            fits = _accepts(automaton, word, following)
            if following in _STATEMENT_ENDS:
                if fits:
                    yield following
            elif (fits or following in starts_operand) and not _accepts(automaton, "NAME", following):
                yield following

    return {word: frozenset(begun(word)) for word in sorted(soft) if _accepts(automaton, word)}
