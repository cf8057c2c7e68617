"""The classes of tokens, for syntax colouring."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from gradcli.language.layout import Token, begins_statement, scan
from gradcli.language.table import BEGIN_STATEMENT, SOFT_KEYWORDS, STARTS_OPERAND
from gradcli.text.source import Span


def tokens(text: str) -> Iterator[tuple[Span, str]]:
    """Every token's span and class, for syntax colouring: `number`, `name`, `function`, `keyword`,
    `operator`, `bracket`, `text`, `comment` or `error`. Never raises.
    """
    shown = [token for token in scan(text, everything=True) if token.kind not in _UNCOLOURED]
    for place, (token, following) in enumerate(pairwise(shown)):
        kind = token.kind
        if kind == "NAME":
            called = following.kind == "LPAR" or following.kind == "PRIME"
            yield token.span, "function" if called else "name"
        elif kind in SOFT_KEYWORDS and not _is_meant(shown, place):
            yield token.span, "function" if following.kind == "LPAR" else "name"
        elif kind in _CLASSES:
            yield token.span, _CLASSES[kind]
        else:
            yield token.span, "keyword" if token.text.isidentifier() else "operator"


def _is_meant(shown: list[Token], place: int) -> bool:
    """Whether a soft keyword is one here, as far as what is behind it tells."""
    kind, following = shown[place].kind, shown[place + 1].kind
    inside = kind not in BEGIN_STATEMENT and following in STARTS_OPERAND | SOFT_KEYWORDS
    return inside or begins_statement(shown, place)


_UNCOLOURED = frozenset(("SPACE", "NEWLINE", "CONTINUATION"))
_CLASSES = {
    "NUMBER": "number",
    "SUPERSCRIPT": "number",
    "TEXT": "text",
    "_FORMATTED_START": "text",
    "FORMATTED_TEXT": "text",
    "FORMAT_TEXT": "text",
    "_FORMATTED_END": "text",
    "_FIELD_START": "bracket",
    "_FORMAT_START": "bracket",
    "_FIELD_END": "bracket",
    "COMMENT": "comment",
    "LPAR": "bracket",
    "RPAR": "bracket",
    "LSQB": "bracket",
    "RSQB": "bracket",
    "LBRACE": "bracket",
    "RBRACE": "bracket",
    "MALFORMED_NUMBER": "error",
    "FOREIGN": "error",
    "UNTERMINATED_TEXT": "error",
    "UNKNOWN": "error",
}
