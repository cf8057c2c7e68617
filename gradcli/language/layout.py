"""Tokens, and the lines and indented blocks that they make.

`scan` cuts text into the grammar's terminals; `lines` and `words` arrange them for the parser. What each
terminal looks like is in `grammar/gradcli.lark` alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from gradcli.collecting import uncollected
from gradcli.language.table import (
    ASKING,
    BEGIN_STATEMENT,
    ENDS_OPERAND,
    IGNORED,
    KEYWORDS,
    NEED_OPERAND,
    OPEN_BLOCK,
    SOFT_KEYWORDS,
    STARTS,
    STARTS_OPERAND,
    STATES,
    TERMINALS,
    TEXT_TERMINALS,
)
from gradcli.records import NamedTuple
from gradcli.text.errors import ParseError
from gradcli.text.source import Mark, Source, Span

_ONLY_WITH = {
    ("FORMATTED", "PRIME", "RAW", "TEXT", "UNTERMINATED_TEXT"): tuple("\"'`′″"),
    ("MEASURED",): (")e", ")E"),
    ("COMPARE", "ELLIPSIS", "EQUAL", "FOREIGN", "UPDATE"): ("..", *"=<>≤≥≠&~"),
    ("COMMENT", "CONTINUATION", "PLUS_MINUS", "ROOT", "SUPERSCRIPT"): ("+/-", *"#\\±√⁰¹²³⁴⁵⁶⁷⁸⁹"),
}
"""Terminals that can only stand in a text that has one of some signs."""

CLOSERS = {
    "LPAR": "RPAR",
    "LSQB": "RSQB",
    "LBRACE": "RBRACE",
    "_FIELD_START": "_FIELD_END",
    "_FORMATTED_START": "_FORMATTED_END",
}
_CLOSING = frozenset(CLOSERS.values())
_LOUD = ("_ASSERT", "_BACKWARD", "_WHILE", "_ELIF", "_EXCEPT")
BRACKETS = {
    "LPAR": "(",
    "RPAR": ")",
    "LSQB": "[",
    "RSQB": "]",
    "LBRACE": "{",
    "RBRACE": "}",
    "_FIELD_START": "{",
    "_FIELD_END": "}",
    "_FORMATTED_START": "the text",
    "_FORMATTED_END": "the end of the text",
}


_ARRANGED = frozenset(
    ("$END", "NEWLINE", "MATMUL", "FOREIGN", "BAR", "COLON", "SEMICOLON", "_LAMBDA", *BRACKETS, *ASKING)
)
"""The terminals that `lines` looks at inside a statement."""

_OPENS = {closing: BRACKETS[opening] for opening, closing in CLOSERS.items()}


class Token(NamedTuple):
    """A terminal of the grammar (`kind`) and where it stands."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        """Its place in the source."""
        return Span._make(self[2:])


def cutter(text: str) -> re.Pattern[str]:
    """What cuts a text into terminals. Without those that it cannot have it is made in a third of the time.

    That is at each start, so it counts.
    """
    without: list[str] = []
    for names, signs in _ONLY_WITH.items():
        if not any(map(text.__contains__, signs)):
            without += names
    return cutter_without(tuple(without))


@cache
def cutter_without(without: tuple[str, ...]) -> re.Pattern[str]:
    """What cuts text that cannot have some terminals."""
    tried = (name for name in TERMINALS if name not in without)
    # The empty group behind a pattern says which one it was. One around it would have to be entered before
    # its first sign could tell that it does not fit.
    return re.compile("|".join(f"(?:{TERMINALS[name]})(?P<{name}>)" for name in tried))


@uncollected
def scan(text: str, *, everything: bool = False) -> list[Token]:
    """Cut text into tokens. Never raises: what fits nothing is a token too.

    Blanks, comments and continued lines are left out unless `everything` is asked for.
    The last token is `$END`.
    """
    found: list[Token] = []
    append = found.append
    keyword = KEYWORDS.get
    new = Token._make
    for match in cutter(text).finditer(text):
        kind = match.lastgroup
        assert kind is not None
        if kind in IGNORED and not everything:
            continue
        word = match.group()
        start, end = match.span()
        if kind == "FORMATTED":
            found += _cut(text, start, end, everything)
            continue
        append(new((keyword(word, kind) if kind == "NAME" else kind, word, start, end)))
    append(Token("$END", "", len(text), len(text)))
    return found


def first(text: str) -> Token:
    """The first token of a text; `$END` where there is none."""
    for match in cutter(text).finditer(text):
        kind = match.lastgroup
        if kind is not None and kind != "NEWLINE" and kind not in IGNORED:
            return Token(kind, match.group(), *match.span())
    return Token("$END", "", len(text), len(text))


def name_end(text: str, start: int = 0) -> int:
    """Where the name ends that begins at a place in a text; that place where none does."""
    match = cutter(text).match(text, start)
    return match.end() if match is not None and match.lastgroup == "NAME" else start


def normal_name(text: str) -> str:
    """A name as Python would normalise it, or what stands between backquotes as it is."""
    if text[0] == "`":
        return text[1:-1]
    if text == "∞":
        return "inf"
    if text.isascii():
        return text
    from unicodedata import normalize

    return normalize("NFKC", text)


def _cut(text: str, start: int, end: int, everything: bool) -> Iterator[Token]:
    """The tokens of formatted text: its pieces, and those of the expressions in its fields."""
    at = start
    closes: list[tuple[int, int]] = []  # of this text and of those in its fields: where the quotes end it
    inside: list[str] = []  # what is open: "text", "field" and the "format" of a field
    depths: list[list[str]] = []  # for each open field, its open brackets
    opens = True
    while True:
        if opens:
            width = 3 if text[at + 1 : at + 4] in ('"""', "'''") else 1
            yield Token("_FORMATTED_START", text[at : at + 1 + width], at, at + 1 + width)
            at += 1 + width
            closes.append((end - width, end))
            inside.append("text")
            opens = False
        close, after = closes[-1]
        if at == close:
            while (left := inside.pop()) != "text":
                if left == "field":
                    depths.pop()
            yield Token("_FORMATTED_END", text[at:after], at, after)
            at = after
            closes.pop()
            if not closes:
                return
        elif inside[-1] == "field":
            token = _in_field(text, at, close, depths[-1])
            if token.kind == "FORMATTED":
                opens, end = True, token.end
                continue
            at = token.end
            if token.kind in CLOSERS:
                depths[-1].append(token.kind)
            elif token.kind in _CLOSING and depths[-1]:
                depths[-1].pop()
            if token.kind == "_FORMAT_START":
                inside.append("format")
            elif token.kind == "_FIELD_END":
                inside.pop()
                depths.pop()
            if everything or (token.kind not in IGNORED and token.kind != "NEWLINE"):
                yield token
        elif piece := _at(kind := _TEXT_IN[inside[-1]], text, at, close):
            yield Token(kind, piece.group(), at, piece.end())
            at = piece.end()
        else:
            yield Token("_FIELD_START" if text[at] == "{" else "_FIELD_END", text[at], at, at + 1)
            if text[at] == "{":
                inside.append("field")
                depths.append([])
            elif inside[-1] == "format":
                del inside[-2:]
                depths.pop()
            at += 1


_TEXT_IN = {"text": "FORMATTED_TEXT", "format": "FORMAT_TEXT"}


def _at(kind: str, text: str, at: int, close: int) -> re.Match[str] | None:
    return re.compile(TEXT_TERMINALS[kind]).match(text, at, close)


def _in_field(text: str, at: int, close: int, depth: list[str]) -> Token:
    """The token at a place in a field, where the brackets of `depth` are open."""
    if text[at] == "}" and "LBRACE" not in depth:
        return Token("_FIELD_END", "}", at, at + 1)
    if not depth and text[at] == ":":
        return Token("_FORMAT_START", ":", at, at + 1)
    for kind in ("ECHO", "CONVERSION"):
        if not depth and (found := _at(kind, text, at, close)):
            return Token(kind, found.group(), at, found.end())
    match = cutter_without(()).match(text, at, close)
    assert match is not None
    assert match.lastgroup is not None
    kind, word = match.lastgroup, match.group()
    return Token(KEYWORDS.get(word, kind) if kind == "NAME" else kind, word, at, match.end())


def words(source: Source, tokens: list[Token], *, asks: bool) -> Iterator[Token]:
    """The tokens of one expression, in which brackets match; line ends are left out before.

    Between operands `~` is an operator only of what is asked.
    """
    open_brackets: list[Token] = []
    bars = _Bars()
    end = 0
    for index, token in enumerate(tokens[:-1]):
        _match_bracket(source, open_brackets, token)
        end = token.end
        token = bars.token(tokens, index, token, len(open_brackets))
        if token.kind == "_LAMBDA" and not _begins_function(tokens, index, open_brackets):
            token = token._replace(kind="NAME")
        yield (
            token._replace(kind="TILDE")
            if token.text == "~" and (asks or _is_prefix(tokens, index))
            else token
        )
    _all_closed(source, open_brackets)
    yield Token("$END", "", end, end)


def lines(source: Source, tokens: list[Token]) -> Iterator[Token]:
    """The tokens of a program: `_NEWLINE` after each line, `_INDENT` and `_DEDENT` around each block.

    Line ends inside brackets, after an operator and on blank lines mean nothing. A soft keyword that
    does not begin a statement of its own becomes a name, `@` behind `=` begins the name of a file, and
    between operands `~` is an operator only of what is asked. Tokens come one at a time, so that of two
    mistakes the parser reports the first.
    """
    open_brackets: list[Token] = []
    bars = _Bars()
    indents: list[str] = []
    end = 0
    line_starts = statement_starts = True
    asks = False
    began = 0  # the first token of a statement
    named = -1  # the last token of a file's name, which no operator is
    rest = iter(enumerate(tokens))
    for index, token in rest:
        kind = token.kind
        if not statement_starts and kind not in _ARRANGED:  # most tokens of a long text
            end = token[3]
            yield token
            continue
        if kind == "$END":
            break
        if kind == "NEWLINE":
            if open_brackets or line_starts:
                continue
            following = tokens[index + 1].kind
            if index - 1 != named and goes_on(tokens, index) and following not in ("NEWLINE", "$END"):
                continue
            yield Token("_NEWLINE", "", end, end)
            line_starts = statement_starts = True
            bars.clear()
            continue
        if line_starts:
            yield from _indentation(source, indents, token, end)
            line_starts = False
        is_file = kind == "MATMUL" and not open_brackets and tokens[index - 1].kind == "EQUAL"
        if is_file and tokens[index + 1].kind != "LPAR":  # which is MATLAB's function without a name
            while tokens[index + 1].kind not in ("NEWLINE", "SEMICOLON", "$END"):
                index, _ = next(rest)
            named = index
            end = tokens[index].end
            yield Token("FILE", source.text[token.start : end], token.start, end)
            continue
        if kind in BRACKETS:
            _match_bracket(source, open_brackets, token)
        end = token[3]
        if statement_starts:
            if kind in SOFT_KEYWORDS and not begins_statement(tokens, index):
                token = token._replace(kind="NAME")
            asks = token.kind in ASKING or (asks and tokens[index - 1].kind in ASKING)
            began = index if token.kind == "NAME" else len(tokens)
        if kind == "COLON" and not open_brackets and _gives_type(tokens, began, index):
            token = token._replace(kind="ANNOTATES")
        if token.text == "~" and (asks or _is_prefix(tokens, index)):
            token = token._replace(kind="TILDE")
        token = bars.token(tokens, index, token, len(open_brackets))
        if kind == "_LAMBDA" and not _begins_function(tokens, index, open_brackets):
            token = token._replace(kind="NAME")
        yield token
        # (`explain backward y` has a statement in a statement.)
        statement_starts = not open_brackets and (
            token.kind in ("COLON", "SEMICOLON") or token.kind in ASKING
        )
    _all_closed(source, open_brackets)
    if not line_starts:
        yield Token("_NEWLINE", "", end, end)
    for _ in indents[1:]:
        yield Token("_DEDENT", "", end, end)
    yield Token("$END", "", end, end)


def statements(source: Source, tokens: list[Token]) -> Iterator[list[Token]]:
    """The tokens of each line with the block and the brackets that go on below it, each with an `$END`.

    A decorator's line goes on with the next one. Where a bracket is never closed, its line ends before the
    next that is not indented.
    """
    begins = [
        k
        for k, token in enumerate(tokens[:-1])
        if token.kind != "NEWLINE"
        and not goes_on_with(tokens, k)
        and (k == 0 or (tokens[k - 1].kind == "NEWLINE" and not (k > 1 and goes_on(tokens, k - 1))))
    ]
    columns = [_indent(source, tokens[k]) for k in begins]
    begins = [k for k, column in zip(begins, columns, strict=True) if len(column) <= len(columns[0])]
    ends = [*begins[1:], len(tokens) - 1]
    first = 0
    while first < len(begins):
        last = first
        depth = _depth(tokens[begins[first] : ends[first]])
        while (depth > 0 or tokens[begins[last]].kind == "MATMUL") and last + 1 < len(ends):
            last += 1
            depth += _depth(tokens[begins[last] : ends[last]])
        if depth > 0:
            last = first
        piece = tokens[begins[first] : ends[last]]
        yield [*piece, Token("$END", "", piece[-1].end, piece[-1].end)]
        first = last + 1


def goes_on_with(tokens: list[Token], index: int) -> bool:
    """Whether a line's first token goes on with the block above, as `else:` does with an `if`."""
    kind = tokens[index].kind
    row = STATES[STARTS["program"][0]]
    if kind not in OPEN_BLOCK or (not isinstance(row, int) and kind in row):
        return False
    return kind not in SOFT_KEYWORDS or begins_statement(tokens, index)


def _depth(tokens: list[Token]) -> int:
    """How many brackets some tokens leave open; less than 0 where they close others."""
    return sum((token.kind in CLOSERS) - (token.kind in _CLOSING) for token in tokens)


def _indent(source: Source, first: Token) -> str:
    """The blanks before a line's first token."""
    begin = max(source.text.rfind("\n", 0, first.start), source.text.rfind("\r", 0, first.start)) + 1
    return source.text[begin : first.start].replace("\ufeff", "")


def _is_indented(tokens: list[Token], index: int) -> bool:
    """Whether a token is the first one of a line, behind blanks."""
    before = tokens[index - 1] if index else None
    return before is not None and before.kind == "NEWLINE" and before.end < tokens[index].start


def _is_prefix(tokens: list[Token], index: int) -> bool:
    """Whether an operator stands where an operand begins."""
    return index == 0 or tokens[index - 1].kind not in ENDS_OPERAND


class _Bars:
    """Which absolute values are open, at each depth of brackets, and which signs join truth values."""

    def __init__(self) -> None:
        self._open: dict[int, int] = {}
        self._opener = -1

    def clear(self) -> None:
        """Begins anew, at a statement."""
        self._open.clear()

    def token(self, tokens: list[Token], index: int, token: Token, depth: int) -> Token:
        """A token, or the operator that joins truth values where it is a `&` or a `|` between operands.

        A `|` is one where it has blanks on both sides, or brackets, and closes no absolute value.
        """
        if self._open and token.kind in _CLOSING:
            self._open.pop(depth + 1, None)
        if token.text not in ("&", "|") or token.kind not in ("FOREIGN", "BAR"):
            return token
        is_between = not _is_prefix(tokens, index) and self._opener != index - 1
        if token.text == "&":
            return token._replace(kind="BOTH") if is_between else token
        count = self._open.get(depth, 0)
        if is_between and count:
            self._open[depth] = count - 1
            return token
        before, after = tokens[index - 1], tokens[index + 1]
        is_apart = before.end < token.start and token.end < after.start
        gives = any(each.kind == "EQUAL" for each in tokens[index + 2 : index + 3])  # `x^2 | x=3`
        if is_between and not gives and (is_apart or (before.kind, after.kind) == ("RPAR", "LPAR")):
            return token._replace(kind="EITHER")
        self._open[depth], self._opener = count + 1, index
        return token


def goes_on(tokens: list[Token], index: int) -> bool:
    """Whether the line that ends at a token lacks an operand, so that the next one can bring it."""
    kind = tokens[index - 1].kind
    is_everything = kind == "TIMES" and index >= 2 and tokens[index - 2].kind == "_IMPORT"
    return kind in NEED_OPERAND and not is_everything  # `from math import *` is whole


def begins_statement(tokens: list[Token], index: int) -> bool:
    """Whether a soft keyword means its statement: what follows could not (or will not) follow a name."""
    kind, following = tokens[index].kind, tokens[index + 1].kind
    if kind in _LOUD and following in STARTS_OPERAND:
        return True  # `backward -loss`, `while (x > 1):`: a variable of that name is not worth those
    if kind in OPEN_BLOCK and kind not in BEGIN_STATEMENT and following == "COLON":
        return True  # `finally:`, which goes on with a block
    if kind == "_YIELD" and following in STARTS_OPERAND and _is_indented(tokens, index):
        return True  # `yield (a, b)` in a body; elsewhere those have to do with a name
    if kind in ASKING and following in STARTS_OPERAND:
        # `solve (x-1)**2` and `table -x` ask; `table[0]`, `table - 1` and `fit(x)` have to do with a name.
        signed = following in ("PLUS", "MINUS")
        loose = following in ("LPAR", "LSQB") or signed
        return not loose or (_apart(tokens, index) and not (signed and _apart(tokens, index + 1)))
    if following in ("NEWLINE", "$END"):
        following = "_NEWLINE"
    elif following in SOFT_KEYWORDS:
        following = "NAME"
    return following in BEGIN_STATEMENT.get(kind, ())


def _gives_type(tokens: list[Token], began: int, colon: int) -> bool:
    """Whether a `:` stands between what is assigned to and its type: `x: int = 3`, `self.n: int`."""
    target, kind = tokens[began:colon], tokens[colon + 1].kind
    if not target or any(token.kind != ("DOT" if k % 2 else "NAME") for k, token in enumerate(target)):
        return False
    if kind not in ("NAME", "TEXT") and kind not in SOFT_KEYWORDS:
        return False
    ends = range(colon + 1, len(tokens))
    end = next(k for k in ends if tokens[k].kind in ("NEWLINE", "SEMICOLON", "$END"))
    if any(token.kind == "EQUAL" for token in tokens[colon:end]):
        return True
    word = tokens[colon + 1].text
    return kind == "TEXT" or word in _TYPES or word[:1].isupper()


_TYPES = [
    "bool",
    "dict",
    "float",
    "int",
    "list",
    "nn",
    "np",
    "numpy",
    "object",
    "set",
    "str",
    "torch",
    "tuple",
]
"""What a type that is given to a name, without a value, begins with, if not with a capital letter."""


def _begins_function(tokens: list[Token], index: int, open_brackets: list[Token]) -> bool:
    """Whether `lambda` begins a function: it stands before a name, or before the colon of one of nothing."""
    before, following = tokens[index - 1].kind if index else "", tokens[index + 1].kind
    if following == "COLON":
        in_call = bool(open_brackets) and open_brackets[-1].kind == "LPAR"
        return before == "EQUAL" or (in_call and before in ("LPAR", "COMMA"))
    if following in ("TIMES", "POWER"):
        in_place = bool(open_brackets) and open_brackets[-1].kind == "LSQB"  # where `:` is a slice's
        return before in _BEFORE_FUNCTION and not in_place and _takes_rest(tokens, index)
    return following == "NAME" or following in SOFT_KEYWORDS


_BEFORE_FUNCTION = ("EQUAL", "LPAR", "COMMA", "COLON", "RETURN")
"""What stands before a function that takes any number of values, and not before a product with `lambda`."""


def _takes_rest(tokens: list[Token], index: int) -> bool:
    """Whether a star behind `lambda` is that of a parameter: `lambda *xs: …`, and not a product."""
    if not _apart(tokens, index) or tokens[index + 2].kind not in ("NAME", "COMMA"):
        return False
    depth = 0
    for token in tokens[index + 2 :]:
        if depth <= 0 and token.kind in ("COLON", "NEWLINE", "$END", *_CLOSING):
            return token.kind == "COLON"
        depth += (token.kind in CLOSERS) - (token.kind in _CLOSING)
    return False


def _apart(tokens: list[Token], index: int) -> bool:
    """Whether there are blanks between a token and the next."""
    return tokens[index].end < tokens[index + 1].start


def _indentation(source: Source, indents: list[str], first: Token, end: int) -> Iterator[Token]:
    """Compare the blanks before a line's first token with those of the lines before.

    One indentation is deeper than another if it begins with it, so a tab needs no width.
    """
    indent = _indent(source, first)
    begin = first.start - len(indent)
    if not indents:  # The text may be indented as a whole.
        indents.append(indent)
    elif indent != indents[-1] and indent.startswith(indents[-1]):
        indents.append(indent)
        yield Token("_INDENT", indent, begin, first.start)
    else:
        while indent != indents[-1] and len(indents) > 1 and indents[-1].startswith(indent):
            indents.pop()
            yield Token("_DEDENT", "", end, end)
        if indent != indents[-1]:
            mixed = not indent.startswith(indents[-1]) and not indents[-1].startswith(indent)
            raise ParseError(
                "this line's indentation mixes tabs and spaces differently from the lines above"
                if mixed
                else "this line's indentation matches no line above",
                (Mark(source, Span(begin, first.start)),),
                "indent the lines of one block alike, with spaces",
            )


def _match_bracket(source: Source, open_brackets: list[Token], token: Token) -> None:
    if token.kind in CLOSERS:
        open_brackets.append(token)
    elif token.kind in BRACKETS:
        if not open_brackets:
            raise ParseError(
                f"`{token.text}` closes nothing",
                (Mark(source, token.span),),
                f"remove it, or open it with `{_OPENS[token.kind]}` before",
            )
        opening = open_brackets.pop()
        if token.kind == "_FORMATTED_END" != CLOSERS[opening.kind]:
            raise never_closed(source, opening, incomplete=False)
        if token.kind == "_FIELD_END" and opening.kind == "_FORMATTED_START":
            raise ParseError(
                "`}` closes nothing", (Mark(source, token.span),), "write `}}` for a `}` in the text"
            )
        if CLOSERS[opening.kind] != token.kind:
            closer = BRACKETS[CLOSERS[opening.kind]]
            raise ParseError(
                f"`{opening.text}` is closed by `{token.text}`",
                (Mark(source, token.span), Mark(source, opening.span, "opened here")),
                f"write `{closer}` here",
            )


def _all_closed(source: Source, open_brackets: list[Token]) -> None:
    if open_brackets:
        raise never_closed(source, open_brackets[-1], incomplete=True)


def never_closed(source: Source, opening: Token, *, incomplete: bool) -> ParseError:
    """The mistake of a bracket that is opened and not closed."""
    return ParseError(
        f"`{opening.text}` is never closed",
        (Mark(source, opening.span),),
        f"add the missing `{BRACKETS[CLOSERS[opening.kind]]}`",
        incomplete=incomplete,
    )
