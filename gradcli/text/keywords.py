"""What is said of options of the command line, as Python says it, where they are arguments by keyword."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from gradcli.text.options import Option

_OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*[a-z])(?: ([^\s,;:]+))?")

_NUMBER = re.compile(r"\d[\w.]*")
_SIZES = re.compile(r"(\w+)=(\d+(?:x\d+)*)")


def in_python(text: str, options: Sequence[Option], names: Collection[str] = ()) -> str:
    """A sentence in which `--method bfgs` is `method="bfgs"`, and `--all` is `all_roots=True`.

    A word behind an option is its value where it is one of its choices or stands for one (`NAME`), a number,
    sizes of a variable (`v=3`), or one of some `names` of variables.
    """
    known = {option.name: option for option in options}

    def keyword(found: re.Match[str]) -> str:
        option, word = known.get(found[1]), found[2] or ""
        if option is None:
            return found[0]
        if option.takes_value:
            value = _value(option, word, names)
            return f"{option.parameter}={value}" if value else f"{option.parameter} {word}".rstrip()
        return f"{option.parameter}={option.sets!r} {word}".rstrip()

    return _OPTION.sub(keyword, text)


def _value(option: Option, word: str, names: Collection[str]) -> str:
    """The value of an option as Python writes it; nothing where the word behind it is none."""
    if word in option.choices or word in names or word.isupper():
        return f'"{word}"'
    if found := _SIZES.fullmatch(word):
        name, sizes = found.groups()
        return f'{{"{name}": ({sizes.replace("x", ", ")}{"" if "x" in sizes else ","})}}'
    return word if _NUMBER.fullmatch(word) else ""
