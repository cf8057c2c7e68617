"""What habits of other languages look like to the parser, and how the same is written here."""

from __future__ import annotations

import re

from gradcli.language.layout import CLOSERS
from gradcli.language.mistakes.hints import OPERATORS, PREFIXES, STATEMENTS, WORDS
from gradcli.language.mistakes.place import HINT_WIDTH, Surroundings
from gradcli.language.table import SOFT_KEYWORDS
from gradcli.text.errors import ParseError
from gradcli.text.source import Span

_TEXT_PREFIXES = ("f", "r", "b", "u", "rf", "fr", "br", "rb", "t")
_OPERATOR_CALL = re.compile(r"(?:\w+\.)*(grad|jacrev|jacfwd|jacobian|hessian)\((\w+)\)")
_DERIVATIVES = {
    "grad": "grad",
    **dict.fromkeys(("jacrev", "jacfwd", "jacobian"), "jacobian"),
    "hessian": "hessian",
}
_ENDS_OPERAND = frozenset(("NAME", "NUMBER", "TEXT", "RPAR", "RSQB", "SUPERSCRIPT", *SOFT_KEYWORDS))


class Habits(Surroundings):
    """One refused token, looked at as what it is elsewhere."""

    def _foreign_operator(self, text: str, start: int) -> ParseError:
        if text in (">>", "...") and self.index == self.statement:
            prompt = ">>>" if text == ">>" else text
            if self.source.text.startswith(prompt, start):
                return self._fail(
                    f"`{prompt}` is the prompt of a transcript, and no part of a statement",
                    Span(start, start + 3),
                    "remove it here; gradcli's own prompt takes pasted transcripts as they are",
                )
        table = PREFIXES if self.wants_operand and text in PREFIXES else OPERATORS
        return self._fail(f"`{text}` is no operator here", None, self._filled(table[text]))

    def _chosen(self) -> str | None:
        """How C's `a ? b : c` is written, where all of it is there."""
        line = self._line_end()
        kinds = [token.kind for token in self.tokens[self.index : line]]
        if "COLON" not in kinds:
            return None
        colon = self.index + kinds.index("COLON")
        begin = self._value_begin()
        parts = (
            self._piece(begin, self.index - 1),
            self._piece(self.index + 1, colon - 1),
            self._piece(colon + 1, line - 1),
        )
        if "" in parts or "…" in parts:
            return "`a if condition else b` chooses a value"
        return f"write `{parts[1]} if {parts[0]} else {parts[2]}`"

    def _foreign_statement(self) -> ParseError | None:
        first = self.tokens[self.statement] if self.statement < len(self.tokens) else self.guilty
        if first is self.before or first is self.guilty or first.start == self.guilty.start:
            hint = STATEMENTS.get(first.text)
            starts = (
                self.guilty.kind in ("NAME", "NUMBER", "TEXT", "LPAR", "COLON", "NOT") or first is self.guilty
            )
            if hint is not None and starts:
                return self._fail(f"there is no statement `{first.text}`", first.span, hint)
        before = self.before
        if self.guilty.kind == "FOR" and self.brackets:
            return self._fail("a list cannot be built by a loop", None, "functions work on whole vectors")
        if before is not None and before.text == "lambda" and self.guilty.kind in ("NAME", "COLON"):
            return self._fail("there is no `lambda`", before.span, "define a function first: `f(x) = …`")
        if before is not None and not self.wants_operand:
            if self.guilty.text == "is":
                return self._fail("`is` is no operator here", None, self._instead_of_is())
            if self.guilty.text == "in":
                return self._fail("`in` is no operator here", None, "`==` compares with each element")
            if before.kind == "NAME" and self._touch("TEXT") and self.guilty.text == "''":
                return self._fail("a prime must be followed by `(`", None, f"write `{before.text}''(x)`")
        is_prefix = before is not None and before.kind == "NAME" and before.text.lower() in _TEXT_PREFIXES
        if before is not None and is_prefix and self._touch("TEXT"):
            hint = 'leave it out; `print(f"x = {x}")` shows a value in a text'
            return self._fail("text has no such prefix here", before.span, hint)
        if self.guilty.kind == "MATMUL" and before is None:
            if "\n" in self.source.text.strip():
                return self._fail("there are no decorators", None, "remove the line")
            text = self.source.text.strip()
            file = text if len(text) <= HINT_WIDTH else "@FILE"
            hint = f"a file holds the value of a variable: `x={file}`"
            return self._fail("`@` has nothing on its left", None, hint)
        return None

    def _instead_of_is(self) -> str:
        compared = [token.text for token in self.tokens[self.index + 1 : self.index + 3]]
        if compared[:1] == ["None"] or compared == ["not", "None"]:
            return "nothing can be compared with None; a grad that is none is shown as `none`"
        return "`!=` is unequal" if compared[:1] == ["not"] else "`==` compares"

    def _applied(self, left: str, right: str) -> str | None:
        """How `torch.func.grad(f)(x)` is written."""
        match = _OPERATOR_CALL.fullmatch(left)
        if match is None or self.guilty.kind != "LPAR" or "…" in right:
            return None
        variable = right[1:-1].partition(",")[0].strip()
        if not variable.isidentifier():
            return f"{match[2]}'{right}" if match[1] == "grad" and "," not in right else None
        return f"{_DERIVATIVES[match[1]]}({match[2]}{right}, {variable})"

    def _fraction(self) -> str | None:
        """How `d/dx x**2` is written."""
        before = self.tokens[max(self.index - 3, 0) : self.index]
        value = self._right_product(self.index)
        if [token.text for token in before[:2]] != ["d", "/"] or not value or "…" in value:
            return None
        slope = before[2].text
        return f"grad({value}, {slope[1:]})" if slope[0] == "d" and slope[1:].isidentifier() else None

    def _rows(self) -> str | None:
        """How Matlab's `[1, 2; 3, 4]` is written, where all of it is there."""
        opening = self.brackets[-1]
        rows: list[str] = []
        begin = opening + 1
        for k in range(begin, len(self.tokens)):
            kind = self.tokens[k].kind
            if kind in CLOSERS or kind in ("RPAR", "NEWLINE"):
                return None
            if kind in ("SEMICOLON", "RSQB"):
                rows.append(self._piece(begin, k - 1) if k > begin else "")
                begin = k + 1
            if kind == "RSQB":
                break
        if "" in rows or "…" in rows:
            return None
        if all("," not in row and " " not in row for row in rows):
            return f"write `[{', '.join(rows)}]`"
        matrix = [", ".join(row.replace(",", " ").split()) for row in rows]
        return f"write `[{', '.join(f'[{row}]' for row in matrix)}]`"

    def _annotation(self) -> ParseError:
        following = self.tokens[self.index + 1 :]
        line = following[: next(i for i, t in enumerate(following) if t.kind in ("NEWLINE", "$END"))]
        if self.before is not None and any(token.kind == "EQUAL" for token in line):
            name = self._shown(self.before)
            return self._fail("a variable takes no type", None, f"write `{name} = …`")
        return self._fail("`:` cannot stand here", None, "only `def`, `for` and `no_grad` open a block")

    def _word_between(self) -> ParseError | None:
        """`7 mod 3` and `a div b`: a word where an operator should be."""
        for place, ahead in ((self.index, 1), (self.index - 1, 0)):
            token = self.tokens[place]
            if place == self.statement or self.tokens[place - 1].kind not in _ENDS_OPERAND:
                continue
            if token.text in WORDS:
                left, right = self._left_atom(place - 1), self._right_atom(self.index + ahead) or "y"
                hint = WORDS[token.text].replace("{left}", left).replace("{right}", right)
                return self._fail(f"`{token.text}` is no operator here", token.span, hint)
        return None
