"""The tokens around one that was refused: the line that it is in, its operands, their texts."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise

from gradcli.language.layout import BRACKETS, CLOSERS, Token, goes_on
from gradcli.text.errors import ParseError
from gradcli.text.source import Mark, Source, Span

HINT_WIDTH = 30
"""Columns of source that a hint repeats."""


class Surroundings:
    """One refused token, and what stands around it.

    `tokens` are all tokens of the source, `guilty` is the one that was refused (or a line's end, or an
    indentation), and `expected` are the terminals that could have stood there.
    """

    def __init__(self, source: Source, tokens: list[Token], guilty: Token, expected: frozenset[str]) -> None:
        self.source = source
        self.tokens = tokens
        self.guilty = guilty
        self.expected = expected
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
            if kind == "NEWLINE":
                if self.brackets:
                    continue
                if self.before is not None and goes_on(self.tokens, index):
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

    def _fail(self, message: str, span: Span | None, hint: str, *, incomplete: bool = False) -> ParseError:
        mark = Mark(self.source, self.guilty.span if span is None else span)
        return ParseError(message, (mark,), hint, incomplete=incomplete)

    def _at_end(self) -> bool:
        """Whether nothing follows."""
        return all(token.kind in ("NEWLINE", "$END") for token in self.tokens[self.index :])

    def _after_root(self) -> bool:
        return self.index >= 2 and self.tokens[self.index - 2].kind == "ROOT"

    def _touch(self, kind: str) -> bool:
        """Whether the refused token is of a kind and directly follows the one before it."""
        return self.guilty.kind == kind and self.before is not None and self.before.end == self.guilty.start

    def _shown(self, token: Token) -> str:
        text = token.text or "the end"
        return text if len(text) <= HINT_WIDTH else text[: HINT_WIDTH - 1] + "…"

    def _left_atom(self, index: int) -> str:
        """The text of the operand that ends with a token: a name, a number, a call, a bracket."""
        tokens = self.tokens
        last = index
        while index > 0:
            if tokens[index].kind in ("RPAR", "RSQB"):
                depth = 0
                while index > 0:
                    depth += (tokens[index].kind in BRACKETS) - 2 * (tokens[index].kind in CLOSERS)
                    if depth <= 0:
                        break
                    index -= 1
                if tokens[index - 1].kind not in ("NAME", "PRIME", "RPAR", "RSQB") or index == 0:
                    break
                index -= 1
            elif tokens[index].kind in ("SUPERSCRIPT", "PRIME"):
                index -= 1
            elif tokens[index].kind == "NAME" and tokens[index - 1].kind == "DOT" and index >= 2:
                index -= 2
            else:
                break
        return self._piece(index, last)

    def _right_atom(self, index: int) -> str:
        """The text of the operand that begins with a token; empty where its line ends before."""
        last = self._atom_end(index)
        return "" if last is None else self._piece(index, last)

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
                and following not in ("DOT", "PRIME", "SUPERSCRIPT")
            ):
                called = kind in ("NAME", "PRIME") and following == "LPAR"
                if not called and following != "LSQB":
                    break
            index += 1
        return index

    def _right_product(self, index: int) -> str:
        """The text of the operand that begins with a token, with the power and the product that it is in."""
        tokens = self.tokens
        end = self._atom_end(index)
        while end is not None and end + 1 < len(tokens):
            following = tokens[end + 1].kind
            if following == "POWER":
                signed = end + 2 < len(tokens) and tokens[end + 2].kind in ("PLUS", "MINUS")
                end = self._atom_end(end + 2 + signed)
            elif tokens[end].kind == "NUMBER" and following in ("NAME", "LPAR", "ROOT"):
                end = self._atom_end(end + 1)
            else:
                return self._piece(index, end)
        return ""

    def _piece(self, first: int, last: int) -> str:
        text = " ".join(self.source.text[self.tokens[first].start : self.tokens[last].end].split())
        return text if len(text) <= HINT_WIDTH else "…"

    def _line_end(self) -> int:
        """The index of the token that ends the guilty line or statement."""
        ends = ("NEWLINE", "SEMICOLON", "$END")
        return next(k for k in range(self.index, len(self.tokens)) if self.tokens[k].kind in ends)

    def _value_begin(self) -> int:
        """Where the expression begins that the statement gives, assigns or returns."""
        begin = self.brackets[-1] + 1 if self.brackets else self.statement
        for k in range(begin, self.index):
            if self.tokens[k].kind in ("EQUAL", "UPDATE", "RETURN", "COLON"):
                begin = k + 1
        return begin

    def _grouped(self, index: int, separator: str) -> tuple[str, list[str]]:
        """The number that some tokens from `index` on were meant to be, and the numbers that they are.

        Groups of three digits are thousands (`1,000,000.5`), and a group of another size a fraction (`1,5`).
        """
        step = 2 if separator == "," else 1
        parts: list[Token] = []
        for token in self.tokens[index::step]:
            if token.kind != "NUMBER":
                break
            parts.append(token)
        apart = any(right.start > left.end + 1 for left, right in pairwise(parts))
        texts = [token.text for token in parts]
        groups = [text.partition(".")[0] for text in texts]
        are_thousands = len(groups[0]) <= 3 and all(len(each) == 3 for each in groups[1:])
        if are_thousands and not apart and "".join(groups).isdecimal():
            return "_".join(texts), texts
        return ".".join(texts[:2]), texts

    def _filled(self, hint: str) -> str:
        """A hint with the operands that stand beside the guilty token."""
        if "{" not in hint or hint.startswith("round"):
            return hint
        left = "" if self.before is None or self.wants_operand else self._left_atom(self.index - 1)
        right = self._right_product(self.index + 1)
        return hint.replace("{left}", left or "x").replace("{right}", right or "x")
