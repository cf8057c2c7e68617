"""Texts in Markdown, whatever is in them."""

from __future__ import annotations

_MARKUP = "\\`*_{}[]<>()#+-!|~&"


def in_markdown(text: str) -> str:
    """A text in which nothing is markup."""
    return "".join(f"\\{each}" if each in _MARKUP else each for each in text)


def code_in_markdown(text: str) -> str:
    """A text as code in a cell of a table, whatever is in it."""
    if not text:
        return ""
    fence = "`"
    while fence in text:
        fence += "`"
    inside = f" {text} " if "`" in (text[0], text[-1]) else text
    return f"{fence}{inside}{fence}".replace("|", "\\|")
