"""The tokens around one that was refused: the line that it is in, its operands, their texts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from gradcli.language.layout import BRACKETS, CLOSERS, Token, goes_on, normal_name
from gradcli.language.mistakes.hints import WORDS
from gradcli.language.table import (
    ENDS_OPERAND,
    INFIX,
    NEED_OPERAND,
    OPEN_BLOCK,
    SOFT_KEYWORDS,
    STARTS_OPERAND,
)
from gradcli.text.errors import ParseError
from gradcli.text.source import Mark, Source, Span

HINT_WIDTH = 30
"""Columns of source that a hint repeats."""


IsFunction = Callable[[str], bool]
"""Whether a name is that of a built-in function, which only those who parse can say."""


OPERANDS = STARTS_OPERAND - INFIX.keys() | SOFT_KEYWORDS
"""What begins an operand, and cannot stand between two."""


class Place:
    """One refused token, and what stands around it.

    `tokens` are those of the source, `guilty` is the one that was refused (or a line's end, or an
    indentation), and `expected` are the terminals that could have stood there. Line ends inside brackets mean
    nothing, and are left out. `asks`: the whole text asks something of a capability.
    """

    def __init__(
        self,
        source: Source,
        tokens: list[Token],
        guilty: Token,
        expected: frozenset[str],
        is_function: IsFunction,
        *,
        asks: bool = False,
    ) -> None:
        self.source = source
        self.asks = asks
        self.tokens = tokens = list(_outside_brackets(tokens))
        self.guilty = guilty
        self.expected = expected
        self.is_function = is_function
        self.wants_operand = "NUMBER" in expected
        self.index = bisect_left(tokens, guilty.start, key=lambda token: token.start)
        self.statement = 0  # the index of the statement's first token
        self.carried: Token | None = None  # an operator whose line ended before its operand
        self.brackets: list[int] = []  # the indices of the brackets that are open
        self.before: Token | None = None
        self._survey()

    def _survey(self) -> None:
        for index, token in enumerate(self.tokens[: self.index]):
            kind = token.kind
            if kind == "NEWLINE" and self.before is not None and goes_on(self.tokens, index):
                self.carried = self.carried or self.before
                continue
            if kind in CLOSERS:
                self.brackets.append(index)
            elif kind in BRACKETS and self.brackets:
                self.brackets.pop()
            if kind in ("NEWLINE", "SEMICOLON") and not self.brackets:
                self.statement = index + 1
                self.carried = None
            self.before = None if kind == "NEWLINE" else token
        if self.index < len(self.tokens) and self.guilty.kind == "_NEWLINE":
            previous = [t for t in self.tokens[: self.index] if t.kind != "NEWLINE"]
            self.before = previous[-1] if previous else None

    def fail(self, message: str, span: Span | None, hint: str, *, incomplete: bool = False) -> ParseError:
        """The error that marks `span`, or the refused token."""
        mark = Mark(self.source, self.guilty.span if span is None else span)
        return ParseError(message, (mark,), hint, incomplete=incomplete)

    def unassigned(self) -> Token | None:
        """The first comma of values side by side, where they end without the `=` that makes them targets."""
        if self.guilty.kind == "EQUAL":
            return self._second_target()
        if self.guilty.kind not in ("$END", "_NEWLINE", "SEMICOLON") or self.wants_operand or self.brackets:
            return None
        depth = 0
        for token in self.tokens[self.statement : self.index] if "EQUAL" in self.expected else ():
            depth += (token.kind in CLOSERS) - (token.kind in BRACKETS and token.kind not in CLOSERS)
            if token.kind == "COMMA" and not depth:
                return token
        return None

    def _second_target(self) -> Token | None:
        """The comma before the second name of `a = 1, b = 2`."""
        depth, comma, assigned = 0, None, False
        for token in self.tokens[self.statement : self.index]:
            depth += (token.kind in CLOSERS) - (token.kind in BRACKETS and token.kind not in CLOSERS)
            if not depth and token.kind == "EQUAL":
                assigned = True
            elif not depth and token.kind == "COMMA" and assigned:
                comma = comma or token
        return comma

    def open_bar(self) -> Token | None:
        """The last `|` before the refused token that begins an absolute value and has no other behind it."""
        opened, _ = self._bars(self.index)
        return self.tokens[opened[-1]] if opened else None

    def _bar_before(self, index: int) -> int:
        """The index of the `|` that one behind a value closes."""
        return self._bars(index + 1)[1].get(index, index)

    def _bars(self, end: int) -> tuple[list[int], dict[int, int]]:
        """Which `|` of the statement are open at a token, and which one each that closes has closed."""
        opened: list[int] = []
        closes: dict[int, int] = {}
        for index in range(self.statement, end):
            if self.tokens[index].kind == "BAR":
                before = self.tokens[index - 1].kind if index > self.statement else ""
                behind_value = index - 1 in closes if before == "BAR" else before in ENDS_OPERAND
                if behind_value and opened:
                    closes[index] = opened.pop()
                else:
                    opened.append(index)
        return opened, closes

    def at_end(self) -> bool:
        """Whether nothing follows."""
        return all(token.kind in ("NEWLINE", "$END") for token in self.tokens[self.index :])

    def goes_on(self) -> bool:
        """Whether the next line could complete this one: in brackets, or after an operator."""
        if self.guilty.kind not in ("$END", "_NEWLINE") or not self.at_end():
            return False
        return bool(self.brackets) or (self.before is not None and self.before.kind in NEED_OPERAND)

    def opens_block(self) -> bool:
        """Whether the statement begins as one with a body does."""
        return self.tokens[self.statement].kind in OPEN_BLOCK

    def in_vector(self) -> bool:
        """Whether the innermost bracket that is open is a square one."""
        return bool(self.brackets) and self.tokens[self.brackets[-1]].kind == "LSQB"

    def has_keys(self, opening: int) -> bool:
        """Whether what stands in `{ }` could be a dictionary: it is empty, or has a colon or `**`."""
        depth = 0
        for token in self.tokens[opening + 1 :]:
            if not depth and token.kind in ("COLON", "POWER", "RBRACE", "$END"):
                return token.kind != "RBRACE" or token is self.tokens[opening + 1]
            depth += (token.kind in CLOSERS) * 2 - (token.kind in BRACKETS)
        return False

    def operand_follows(self) -> bool:
        """Whether a value begins behind the refused token."""
        return self.tokens[self.index + 1].kind in OPERANDS

    def after_root(self) -> bool:
        """Whether `√` stands before the operand that the refused token follows."""
        return self.index >= 2 and self.tokens[self.index - 2].kind == "ROOT"

    def touch(self, kind: str) -> bool:
        """Whether the refused token is of a kind and directly follows the one before it."""
        return self.guilty.kind == kind and self.before is not None and self.before.end == self.guilty.start

    def function(self, name: str) -> str | None:
        """The built-in function that a name means, perhaps in another case."""
        name = normal_name(name) if name else name
        return next((each for each in (name, name.casefold()) if self.is_function(each)), None)

    def shown(self, token: Token) -> str:
        """The text of a token, cut where it is long."""
        text = token.text or "the end"
        return text if len(text) <= HINT_WIDTH else text[: HINT_WIDTH - 1] + "…"

    def left_atom(self, index: int) -> str:
        """The text of the operand that ends with a token: a name, a number, a call, a bracket."""
        tokens = self.tokens
        last = index
        while index > 0:
            if tokens[index].kind in ("RPAR", "RSQB", "RBRACE"):
                depth = 0
                while index > 0:
                    depth += (tokens[index].kind in BRACKETS) - 2 * (tokens[index].kind in CLOSERS)
                    if depth <= 0:
                        break
                    index -= 1
                if tokens[index - 1].kind not in ("NAME", "PRIME", "RPAR", "RSQB", "RBRACE") or index == 0:
                    break
                index -= 1
            elif tokens[index].kind in ("SUPERSCRIPT", "PRIME", "FACTORIAL"):
                index -= 1
            elif tokens[index].kind == "BAR":
                index = self._bar_before(index)
                break
            elif tokens[index].kind == "NAME" and tokens[index - 1].kind == "DOT" and index >= 2:
                index -= 2
            else:
                break
        return self.piece(index, last)

    def right_atom(self, index: int) -> str:
        """The text of the operand that begins with a token; empty where its line ends before."""
        last = self._atom_end(index)
        return "" if last is None else self.piece(index, last)

    def _atom_end(self, index: int) -> int | None:
        """The index of the last token of the operand that begins with a token."""
        tokens = self.tokens
        depth = 0
        while index < len(tokens) - 1:
            kind, following = tokens[index].kind, tokens[index + 1].kind
            depth += (kind in CLOSERS) * 2 - (kind in BRACKETS)
            if kind == "NEWLINE" and depth <= 0:
                return None
            if (
                depth <= 0
                and kind not in ("DOT", "ROOT")
                and following not in ("DOT", "PRIME", "SUPERSCRIPT", "FACTORIAL")
            ):
                called = kind in ("NAME", "PRIME") and following == "LPAR"
                if not called and following != "LSQB":
                    break
            index += 1
        return index

    def right_product(self, index: int) -> str:
        """The text of the operand that begins with a token, with the power and the product that it is in."""
        tokens = self.tokens
        end = self._atom_end(index)
        while end is not None and end + 1 < len(tokens):
            following = "" if tokens[end + 1].text in WORDS else tokens[end + 1].kind
            if following == "POWER":
                signed = end + 2 < len(tokens) and tokens[end + 2].kind in ("PLUS", "MINUS")
                end = self._atom_end(end + 2 + signed)
            elif tokens[end].kind == "NUMBER" and following in ("NAME", "LPAR", "ROOT"):
                end = self._atom_end(end + 1)
            else:
                return self.piece(index, end)
        return ""

    def piece(self, first: int, last: int) -> str:
        """The text from one token to another; an ellipsis where it is long."""
        text = " ".join(self.source.text[self.tokens[first].start : self.tokens[last].end].split())
        return text if len(text) <= HINT_WIDTH else "…"

    def statement_text(self) -> str:
        """The text of the statement that the refused token is in."""
        first, last = self.tokens[self.statement], self.tokens[self.line_end()]
        return self.source.text[first.start : last.start]

    def line_end(self) -> int:
        """The index of the token that ends the guilty line or statement."""
        ends = ("NEWLINE", "SEMICOLON", "$END")
        return next(k for k in range(self.index, len(self.tokens)) if self.tokens[k].kind in ends)

    def value_begin(self) -> int:
        """Where the expression begins that the statement gives, assigns or returns."""
        begin = self.brackets[-1] + 1 if self.brackets else self.statement
        for k in range(begin, self.index):
            if self.tokens[k].kind in ("EQUAL", "UPDATE", "RETURN", "COLON"):
                begin = k + 1
        return begin

    def grouped(self, index: int, separator: str) -> tuple[str, list[str]]:
        """The number that some tokens from `index` on were meant to be, and the numbers that they are.

        Groups of three digits are thousands (`1,000,000.5`), and a group of another size a fraction (`1,5`).
        """
        step = 2 if separator == "," else 1
        parts: list[Token] = []
        for place in range(index, len(self.tokens), step):
            token = self.tokens[place]
            between = self.tokens[place - step + 1 : place] if parts else ()
            if token.kind != "NUMBER" or any(each.text != separator for each in between):
                break
            parts.append(token)
        apart = any(right.start > left.end + 1 for left, right in pairwise(parts))
        texts = [token.text for token in parts]
        groups = [text.partition(".")[0] for text in texts]
        are_thousands = len(groups[0]) <= 3 and all(len(each) == 3 for each in groups[1:])
        if are_thousands and not apart and "".join(groups).isdecimal():
            return "_".join(texts), texts
        return ".".join(texts[:2]), texts

    def follows(self, kind: str) -> bool:
        """Whether a token of a kind touches the refused one on its right."""
        following = self.tokens[self.index + 1]
        return following.kind == kind and following.start == self.guilty.end

    def filled(self, hint: str, more: int = 0) -> str:
        """A hint with the operands beside the guilty token and the `more` tokens that belong to it."""
        if "{" not in hint:
            return hint
        last = self.index + more
        left = "" if self.before is None or self.wants_operand else self.left_atom(self.index - 1)
        right = self.right_product(last + 1) if self.tokens[last + 1].kind in OPERANDS else ""
        return hint.replace("{left}", left or "x").replace("{right}", right or "x")


def _outside_brackets(tokens: Iterable[Token]) -> Iterator[Token]:
    depth = 0
    for token in tokens:
        if token.kind in CLOSERS:
            depth += 1
        elif token.kind in BRACKETS and depth:
            depth -= 1
        if token.kind != "NEWLINE" or not depth:
            yield token
