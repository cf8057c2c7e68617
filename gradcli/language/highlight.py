"""The classes of tokens, for syntax colouring."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from gradcli.language.layout import NEED_OPERAND, scan
from gradcli.language.table import SOFT_KEYWORDS
from gradcli.text.source import Span


def tokens(text: str) -> Iterator[tuple[Span, str]]:
    """Every token's span and class, for syntax colouring: `number`, `name`, `function`, `keyword`,
    `operator`, `bracket`, `text`, `comment` or `error`. Never raises.
    """
    shown = [token for token in scan(text, everything=True) if token.kind not in _UNCOLOURED]
    for token, following in pairwise(shown):
        kind = token.kind
        if kind == "NAME":
            called = following.kind == "LPAR" or following.kind == "PRIME"
            yield token.span, "function" if called else "name"
        elif kind in SOFT_KEYWORDS and following.kind in _AFTER_NAME:
            yield token.span, "function" if following.kind == "LPAR" else "name"
        elif kind in _CLASSES:
            yield token.span, _CLASSES[kind]
        else:
            yield token.span, "keyword" if token.text.isidentifier() else "operator"


_UNCOLOURED = frozenset(("SPACE", "NEWLINE", "CONTINUATION"))
_AFTER_NAME = NEED_OPERAND - {"NOT", "ROOT"} | {"LPAR", "RPAR", "RSQB", "DOT", "COMMA", "SUPERSCRIPT"}
_CLASSES = {
    "NUMBER": "number",
    "SUPERSCRIPT": "number",
    "TEXT": "text",
    "_FORMATTED_START": "text",
    "FORMATTED_TEXT": "text",
    "_FORMATTED_END": "text",
    "_FIELD_START": "bracket",
    "_FORMAT_START": "bracket",
    "_FIELD_END": "bracket",
    "COMMENT": "comment",
    "LPAR": "bracket",
    "RPAR": "bracket",
    "LSQB": "bracket",
    "RSQB": "bracket",
    "MALFORMED_NUMBER": "error",
    "FOREIGN": "error",
    "UNTERMINATED_TEXT": "error",
    "UNKNOWN": "error",
}
