"""Names that are safe in another language."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection


class Names:
    """Gives out identifiers of ASCII letters, digits and underscores, each once.

    `reserved` are the words that the target keeps for itself. With `folds`, names that differ in case only
    are the same there.
    """

    def __init__(self, reserved: Collection[str] = (), *, folds: bool = False) -> None:
        self._folds = folds
        self._taken = {self._key(each) for each in reserved}

    def _key(self, name: str) -> str:
        return name.casefold() if self._folds else name

    def safe(self, name: str) -> str:
        """An identifier for a name: itself, if it can be, else what resembles it."""
        found = _legible(name)
        if self._key(found) in self._taken:
            found += "_" if not found.endswith("_") else "1"
        return self._free(found)

    def new(self, stem: str) -> str:
        """An identifier that nobody has asked for: the stem with the first free number."""
        return self._free(stem, 1)

    def _free(self, name: str, number: int | None = None) -> str:
        found = name if number is None else f"{name}{number}"
        while self._key(found) in self._taken:
            number = 1 if number is None else number + 1
            found = f"{name}{number}"
        self._taken.add(self._key(found))
        return found


def _legible(name: str) -> str:
    """A name in ASCII: a Greek letter by its own name, and what is no part of a name as an underscore."""
    parts = []
    for each in unicodedata.normalize("NFD", name):
        if each.isascii():
            parts.append(each if each.isalnum() or each == "_" else "_")
        elif not unicodedata.combining(each):
            parts.append(_letter(each))
    found = "".join(parts).strip("_") or "x"
    return found if not found[0].isdigit() else f"x{found}"


def _letter(character: str) -> str:
    words = unicodedata.name(character, "").lower().split()
    if "letter" not in words:
        return "_"
    name = words[words.index("letter") + 1] if words[-1] != "letter" else ""
    name = "lambda" if name == "lamda" else name  # Unicode's own spelling
    return (name.capitalize() if "capital" in words else name) if name.isalpha() else "_"


def told(name: str) -> str:
    """A name (or a formula) as a comment can show it: on one line, in printable ASCII.

    Nothing in it can end the comment of any language here.
    """
    text = "".join(each if " " <= each <= "~" else _escape(each) for each in " ".join(name.split()))
    for ends in ("*/", "/*", "--", "?>", "*)", "</"):
        text = text.replace(ends, ends[0] + " " + ends[1])
    return text.replace("\\", "/")


def _escape(character: str) -> str:
    letter = _letter(character)
    return letter if letter != "_" else f"(U+{ord(character):04X})"
