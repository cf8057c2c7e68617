"""The tables of the grammar: what the parser walks, and what follows from it for all who ask about tokens.

`generated.py` holds them, as `tools/parse_table.py` wrote them. Where that was made from another text than
the grammar beside this package has, somebody is changing the language, and Lark builds them anew. To read and
compare costs every start 0.1 ms.
"""

from __future__ import annotations

from sys import intern
from typing import Any

from gradcli.language import generated


def _grammar() -> bytes | None:
    """The text of the grammar inside the installed package, or beside it in a checkout, if it is there."""
    package = __file__.rpartition("language")[0]
    for folder in ("grammar", "../grammar"):
        try:
            with open(f"{package}{folder}/gradcli.lark", "rb") as file:  # noqa: PTH123 (pathlib costs 3 ms)
                return file.read()
        except OSError:
            continue
    return None


def fingerprint(grammar: bytes) -> int:
    """A number that tells the text of a grammar from others, whatever ends its lines.

    It is the remainder by a prime, as in Rabin's fingerprints, which needs no import; by one below 2**30
    Python divides in one pass.
    """
    return int.from_bytes(grammar.replace(b"\r\n", b"\n"), "little") % (2**30 - 35)


def _tables() -> dict[str, Any]:
    grammar = _grammar()
    if grammar is None or fingerprint(grammar) == generated.GRAMMAR:
        return vars(generated)
    from gradcli.language.grammar import build

    return build(grammar.decode())


_found = _tables()

STARTS: dict[str, tuple[int, int]] = _found["STARTS"]
"""For each goal the state before it and the state after it."""


class _Rows(dict[int, Any]):
    """The rows of the table by their states, each read when the parser first comes there: most never are."""

    def __missing__(self, state: int) -> Any:
        row = _found["STATES"][state]
        if isinstance(row, str):
            words = row.split()
            row = dict(zip(map(intern, words[::2]), map(int, words[1::2]), strict=True))
        self[state] = row
        return row


STATES = _Rows()
"""For each state what to do for what comes next: for `n` go to state n, for `~n` reduce by rule n.

A number alone is what to do whatever comes next.
"""

RULES: tuple[tuple[str, int, str | None, tuple[int, ...]], ...] = _found["RULES"]
"""What a rule makes, of how many parts, by which method, and which parts it keeps (`~n`: spliced in)."""

TERMINALS: dict[str, str] = _found["TERMINALS"]
"""The regular expression of each terminal but the keywords, in the order in which they are tried."""

TEXT_TERMINALS: dict[str, str] = _found["TEXT_TERMINALS"]
"""The regular expressions of what stands in formatted text only."""

IGNORED: frozenset[str] = _found["IGNORED"]
"""Terminals that stand anywhere and mean nothing."""

KEYWORDS: dict[str, str] = _found["KEYWORDS"]
"""The terminal of each word that is spelled as a name is."""

ASKING: frozenset[str] = _found["ASKING"]
"""The soft keywords that ask something of a capability, as `table y, x=0:1`."""

SOFT_KEYWORDS: frozenset[str] = _found["SOFT_KEYWORDS"]
"""Those of them that are names where their statement cannot be meant."""

STARTS_OPERAND: frozenset[str] = _found["STARTS_OPERAND"]
ENDS_OPERAND: frozenset[str] = _found["ENDS_OPERAND"]
"""What an expression begins with, and what it ends with."""

NEED_OPERAND: frozenset[str] = _found["NEED_OPERAND"]
"""What an operand must follow: operators, and the signs of statements that are used as such."""

INFIX: dict[str, tuple[int, int, int]] = _found["INFIX"]
"""How tightly an operation binds (0 is an expression), and how tightly its operands must, left and right."""

PREFIX: dict[str, tuple[int, int]] = _found["PREFIX"]
"""The same for an operator before its operand."""

BEGIN_STATEMENT: dict[str, frozenset[str]] = _found["BEGIN_STATEMENT"]
"""For each soft keyword that can begin a statement, what follows it there and could not follow a name."""

OPEN_BLOCK: frozenset[str] = _found["OPEN_BLOCK"]
"""The words that begin a statement with a body."""
