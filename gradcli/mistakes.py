"""What to say about text that the grammar does not accept.

The parser stops at one token. `diagnose` looks at what stands around it and says, in the order of how
sure it can be, what is wrong and what to type instead.
"""

from __future__ import annotations

from bisect import bisect_left

from gradcli.errors import ParseError
from gradcli.layout import BRACKETS, CLOSERS, NEED_OPERAND, Token, never_closed
from gradcli.parse_table import SOFT_KEYWORDS
from gradcli.source import Mark, Source, Span

_HINT_WIDTH = 30

_FOREIGN = {
    "&": "`and` joins two conditions",
    "&&": "`and` joins two conditions",
    "|": "`or` joins two conditions; `abs(x)` is the absolute value",
    "||": "`or` joins two conditions; `norm(x)` is the length of a vector",
    "~": "`not` negates a condition",
    "!": "`not` negates a condition; `!=` is unequal; the factorial of n is `gamma(n + 1)`",
    "<<": "multiply by `2**n`",
    ">>": "divide by `2**n` with `//`",
    "<>": "`!=` is unequal",
    "===": "`==` is equal",
    ":=": "`=` assigns, in a statement of its own",
    "=>": "`>=` is greater or equal; `f(x) = …` defines a function",
    "..": "a slice is written `x[1:3]`",
    "...": "write the missing terms out, or use `sum`; an axis is picked with `:`",
}
_UNKNOWN = {
    "$": "names have letters, digits and `_`",
    "?": "`help` explains a function; names have letters, digits and `_`",
    "–": "write `-`",
    "—": "write `-`",
    "∗": "write `*`",
    "∂": "write `grad(y, x)`",
    "∇": "write `grad(y, x)`",
    "∑": "write `sum(x)`",
    "∏": "write `prod(x)`",
    "∈": "`for i in range(n):` repeats",
    "ᵀ": "write `A.T`",
    "{": "round brackets group, square ones make a vector",
    "}": "round brackets group, square ones make a vector",
    "\\": "write the function's name, as in `sin(x)`; at the end of a line, nothing may follow `\\`",
}
_STATEMENTS = {
    "if": "`a if condition else b` chooses a value",
    "elif": "`a if condition else b` chooses a value",
    "else": "`a if condition else b` chooses a value",
    "while": "`for i in range(n):` repeats",
    "class": "`f(x) = …` defines a function",
    "try": "errors cannot be caught here",
    "except": "errors cannot be caught here",
    "finally": "errors cannot be caught here",
    "assert": "write the condition on its own to see whether it holds",
    "raise": "errors cannot be raised here",
    "async": "leave it out",
    "global": "leave it out",
    "nonlocal": "leave it out",
    "let": "write `x = …`",
    "var": "write `x = …`",
    "print": "write `print(x)`",
    "yield": "write `return`",
}


def diagnose(source: Source, tokens: list[Token], guilty: Token, expected: frozenset[str]) -> ParseError:
    """The error for a token that cannot stand where it does.

    `tokens` are all tokens of the source, `guilty` is the one that was refused (or a line's end, or an
    indentation), and `expected` are the terminals that could have stood there.
    """
    return _Case(source, tokens, guilty, expected).error()


class _Case:
    """One refused token and its surroundings."""

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
                if self.before is not None and self.before.kind in NEED_OPERAND:
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

    def error(self) -> ParseError:
        """The most helpful thing to say."""
        for look in (
            self._lexical,
            self._open_bracket,
            self._carried_over,
            self._block,
            self._foreign_statement,
            self._name_needed,
            self._ended,
            self._assignment,
            self._comma,
            self._juxtaposed,
            self._missing_operand,
        ):
            error = look()
            if error is not None:
                return error
        return self._fail(f"`{self._shown(self.guilty)}` cannot stand here", None, "check what is before it")

    # ------------------------------------------------------------------------------------ the looks

    def _lexical(self) -> ParseError | None:
        kind, text, start, _ = self.guilty
        if kind == "MALFORMED_NUMBER":
            hint = "digits may be grouped with single `_`; one `.` and one exponent, as in 1_000.5e-3"
            if text[:2].lower() in ("0x", "0b", "0o"):
                hint = f"write the number with decimal digits, or `{text[0]}*{text[1:]}` for a product"
            return self._fail("this is not a number", None, hint)
        if kind == "UNTERMINATED_TEXT":
            if text[:3] in ('"""', "'''"):
                opening = Span(start, start + 3)
                return self._fail(f"{text[:3]} is never closed", opening, f"add {text[:3]}", incomplete=True)
            if text[0] == "'" and self.before and self.before.kind == "NAME" and self.before.end == start:
                hint = f"`{self._shown(self.before)}'(x)` is a derivative"
                return self._fail("a prime must be followed by `(`", Span(start, start + 1), hint)
            return self._fail("this text is never closed", None, f"add the closing {text[0]}")
        if kind == "FOREIGN":
            return self._fail(f"`{text}` is no operator here", None, _FOREIGN[text])
        if kind == "UNKNOWN":
            if text in "“”„‘’«»":
                return self._fail(
                    f"`{text}` is no quotation mark here", None, "use straight quotes: \"…\" or '…'"
                )
            if text.isnumeric():
                hint = "write it with the digits 0 to 9, as in `(1/2)*x`"
            else:
                hint = _UNKNOWN.get(text, "write the power as `**n`" if text.isalpha() else "remove it")
            return self._fail(f"`{_visible(text)}` has no meaning here", None, hint)
        return None

    def _open_bracket(self) -> ParseError | None:
        """A bracket left open swallows the lines below, where something then fits badly."""
        if not self.brackets:
            return None
        opening = self.tokens[self.brackets[-1]]
        if "\n" not in self.source.text[opening.end : self.guilty.start]:
            return None
        depth = len(self.brackets)
        for token in self.tokens[self.index :]:
            if token.kind in CLOSERS:
                depth += 1
            elif token.kind in BRACKETS:
                depth -= 1
                if depth < len(self.brackets):
                    return None
        return never_closed(self.source, opening, incomplete=False)

    def _carried_over(self) -> ParseError | None:
        sign = self.carried
        if sign is None or (self.guilty.kind == "_NEWLINE" and self.before is sign):
            return None
        return self._fail(
            f"`{sign.text}` has nothing on its right",
            sign.span,
            "a line that ends in an operator goes on in the next one; type the missing value",
        )

    def _block(self) -> ParseError | None:
        kind = self.guilty.kind
        if kind == "_INDENT":
            return self._fail(
                "this line is indented, but opens no block",
                None,
                "remove the blanks before it; a block follows a line that ends in `:`",
            )
        if "_INDENT" in self.expected and "NAME" not in self.expected:
            return self._fail(
                "an indented body is missing", None, "indent the lines of the body", incomplete=self._at_end()
            )
        if kind == "_NEWLINE" and "COLON" in self.expected and not self.wants_operand and self._header():
            return self._fail("`:` is missing", None, "end the line with `:` and indent its body")
        is_statement = kind in ("DEF", "FOR", "RETURN") and not (kind == "FOR" and self.brackets)
        if is_statement and self.guilty.start == self.tokens[0].start:
            return self._fail("an expression is needed here, not a statement", None, "give the value alone")
        if is_statement:
            return self._fail(f"`{self.guilty.text}` must begin a line", None, "put it on a line of its own")
        return None

    def _header(self) -> bool:
        return self.tokens[self.statement].kind in ("DEF", "FOR", "_WITH", "_NO_GRAD")

    def _foreign_statement(self) -> ParseError | None:
        first = self.tokens[self.statement] if self.statement < len(self.tokens) else self.guilty
        if first is self.before or first is self.guilty or first.start == self.guilty.start:
            hint = _STATEMENTS.get(first.text)
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
                return self._fail("`is` is no operator here", None, "`==` compares")
            if self.guilty.text == "in":
                return self._fail("`in` is no operator here", None, "`==` compares with each element")
            if before.kind == "NAME" and self._touch("TEXT") and self.guilty.text == "''":
                return self._fail("a prime must be followed by `(`", None, f"write `{before.text}''(x)`")
            if before.kind == "NAME" and before.text in ("f", "r", "b", "rf", "fr") and self._touch("TEXT"):
                return self._fail("text has no prefix here", before.span, 'write `print("x =", x)`')
        if self.guilty.kind == "MATMUL" and before is None:
            return self._fail("there are no decorators", None, "remove the line")
        return None

    def _name_needed(self) -> ParseError | None:
        if "NAME" not in self.expected or "LPAR" in self.expected:
            return None
        if self.before is None or self.before.kind == "NAME":
            return None
        at_end = self._goes_on()
        if self.before.kind == "DOT":
            hint = "type it, as in `x.grad`"
        else:
            hint = "names have letters, digits and `_`, and begin with a letter"
        return self._fail(f"a name is missing after `{self.before.text}`", None, hint, incomplete=at_end)

    def _ended(self) -> ParseError | None:
        """The line or the text ended, or a closing bracket came, before what it needs."""
        if self.guilty.kind not in ("$END", "_NEWLINE", "SEMICOLON", "RPAR", "RSQB", "COLON"):
            return None
        at_end = self._goes_on()
        before = self.before
        if self.wants_operand:
            if before is None:
                shown = self.guilty.kind != "$END"
                return self._fail(
                    f"`{self.guilty.text}` has nothing before it"
                    if shown
                    else "there is nothing to evaluate",
                    None,
                    "type an expression, such as `sin(x)**2`",
                )
            if before.kind in NEED_OPERAND:
                hint = f"type a value after `{before.text}`"
                if self.index >= 2 and before.kind in ("PLUS", "MINUS"):
                    doubled = self.tokens[self.index - 2]
                    if doubled.kind == before.kind and doubled.end == before.start:
                        hint = f"`x {before.text}= 1` changes a variable"
                message = f"`{before.text}` has nothing on its right"
                return self._fail(message, None, hint, incomplete=at_end)
            if self.guilty.kind != "COLON":
                return self._fail(
                    f"a value is missing after `{self._shown(before)}`", None, "type it", incomplete=at_end
                )
        if before is not None and before.kind == "DOT":
            return self._fail(
                "a name is missing after `.`", None, "type it, as in `x.grad`", incomplete=at_end
            )
        if "ELSE" in self.expected and "IF" not in self.expected:
            return self._fail("`if` needs an `else`", None, "write `a if condition else b`")
        if self.guilty.kind == "COLON" and not self.brackets:
            return self._annotation()
        if self.guilty.kind == "SEMICOLON":
            return self._fail("`;` does not stand in an expression", None, "give one expression alone")
        if self.guilty.kind in ("$END", "_NEWLINE"):
            return self._fail(
                f"something is missing after `{self._shown(before)}`" if before else "something is missing",
                None,
                "`=` and a value must follow" if "EQUAL" in self.expected else "complete the line",
                incomplete=at_end,
            )
        return None

    def _annotation(self) -> ParseError:
        following = self.tokens[self.index + 1 :]
        line = following[: next(i for i, t in enumerate(following) if t.kind in ("NEWLINE", "$END"))]
        if self.before is not None and any(token.kind == "EQUAL" for token in line):
            name = self._shown(self.before)
            return self._fail("a variable takes no type", None, f"write `{name} = …`")
        return self._fail("`:` cannot stand here", None, "only `def`, `for` and `no_grad` open a block")

    def _assignment(self) -> ParseError | None:
        kind, text, _, _ = self.guilty
        if kind not in ("EQUAL", "UPDATE"):
            return None
        if self.before is None or (self.wants_operand and self.before.kind not in ("EQUAL", "COMPARE")):
            return self._fail(
                f"`{text}` has nothing on its left", None, "a name goes on the left, as in `x = 3`"
            )
        if self.before.kind in ("EQUAL", "COMPARE"):
            return self._fail(
                f"`{self.before.text}{text}` is no operator", None, "`==` compares; `=` assigns"
            )
        if self.brackets:
            return self._fail(f"`{text}` does not stand inside brackets", None, "`==` compares")
        earlier = self.tokens[self.statement : self.index]
        if any(token.kind in ("EQUAL", "UPDATE") for token in earlier):
            return self._fail(
                "there are two assignments in one statement", None, "write one on each line; `==` compares"
            )
        if earlier and earlier[0].kind == "FOR":
            return self._fail("`for` needs `in`", None, "`for i in range(n):` repeats")
        if earlier and earlier[0].kind in ("RETURN", "_ZERO", "_DEL"):
            return self._fail(f"`{text}` cannot stand here", None, "`==` compares")
        return self._fail(
            "an expression is needed here, not a statement", None, "`==` compares; give the right side alone"
        )

    def _comma(self) -> ParseError | None:
        if self.guilty.kind != "COMMA":
            return None
        before = self.before
        after = self.tokens[self.index + 1]
        if before is None or (self.wants_operand and before.kind not in NEED_OPERAND):
            return self._fail("a value is missing before `,`", None, "type it, or remove the `,`")
        if self.wants_operand:
            return self._fail(
                f"`{before.text}` has nothing on its right", None, f"type a value after `{before.text}`"
            )
        line = self.tokens[self.index :]
        line = line[: next(i for i, t in enumerate(line) if t.kind in ("NEWLINE", "SEMICOLON", "$END"))]
        if any(token.kind == "EQUAL" for token in line):
            return self._fail(
                "only one name can be assigned at a time", None, "write one assignment for each name"
            )
        left, right = self._left_atom(self.index - 1), self._right_atom(self.index + 1)
        hint = f"write `[{left}, {right}]`, or one on each line" if right else "remove it"
        if before.kind == after.kind == "NUMBER":
            hint = f"write [{left}, {right}] for a vector or {left}.{right} for one number"
        return self._fail("a comma separates two values", None, hint)

    def _juxtaposed(self) -> ParseError | None:
        """Two operands with nothing between them."""
        before = self.before
        operands = ("NAME", "NUMBER", "TEXT", "LPAR", "LSQB", "ROOT", "NOT", *SOFT_KEYWORDS)
        if before is None or self.wants_operand or self.guilty.kind not in operands:
            return None
        last = self.index - 1
        while self.tokens[last].kind == "NEWLINE":  # inside brackets
            last -= 1
        left, right = self._left_atom(last), self._right_atom(self.index)
        if before.kind == "NUMBER" and self.guilty.kind == "NUMBER" and self._in_vector():
            return self._fail(
                "two numbers stand next to each other",
                Span(before.start, self.guilty.end),
                f"write `{left}, {right}` for two elements or `{left}*{right}` for their product",
            )
        if before.kind == "NUMBER" and self.guilty.kind == "NUMBER":
            return self._fail(
                "two numbers stand next to each other",
                Span(before.start, self.guilty.end),
                f"write `{left}*{right}` for their product or `[{left}, {right}]` for a vector",
            )
        if "TEXT" in (before.kind, self.guilty.kind):
            return self._fail("text stands against something else", None, "put a `,` between them")
        if self.guilty.kind == "NOT":
            return self._fail(
                "`not` cannot stand here", None, "`and not` joins two conditions; `!=` is unequal"
            )
        hint = f"write `{left}*{right}` to multiply"
        if self._after_root():
            hint = f"write `√({left}*{right})`, or `√{left}*{right}`"
        elif self.guilty.text[0] == ".":
            hint = f"write `{left}*0{right}` to multiply; `{left}[{right[1:]}]` picks an element"
        elif before.kind == "NAME" and len(before.text) > 1 and self.guilty.kind != "LPAR":
            hint = f"write `{left}({right})` to call it or `{left}*{right}` to multiply"
        elif before.kind == "SUPERSCRIPT" and self.index >= 2 and self.tokens[self.index - 2].kind == "NAME":
            function = self.tokens[self.index - 2].text
            argument = right[1:-1] if self.guilty.kind == "LPAR" and len(right) > 2 else right
            if len(function) > 1:
                hint = f"write `{function}({argument}){before.text}`, or `{left}*{right}` to multiply"
        return self._fail(f"nothing stands between `{left}` and `{right}`", None, hint)

    def _missing_operand(self) -> ParseError | None:
        if not self.wants_operand:
            return None
        text = self._shown(self.guilty)
        before = self.before
        if text == "if":
            return self._fail("a value is missing before `if`", None, "write `a if condition else b`")
        if before is None or before.kind in (*CLOSERS, "COMMA", "COLON", "SEMICOLON"):
            return self._fail(f"`{text}` has nothing on its left", None, f"type a value before `{text}`")
        return self._fail(
            f"a value is missing between `{self._shown(before)}` and `{text}`",
            None,
            "type it, or remove one of the two",
        )

    # ---------------------------------------------------------------------------------------- tools

    def _fail(self, message: str, span: Span | None, hint: str, *, incomplete: bool = False) -> ParseError:
        mark = Mark(self.source, self.guilty.span if span is None else span)
        return ParseError(message, (mark,), hint, incomplete=incomplete)

    def _at_end(self) -> bool:
        """Whether nothing follows."""
        return all(token.kind in ("NEWLINE", "$END") for token in self.tokens[self.index :])

    def _goes_on(self) -> bool:
        """Whether the next line could complete this one: in brackets, or after an operator."""
        if self.guilty.kind not in ("$END", "_NEWLINE") or not self._at_end():
            return False
        return bool(self.brackets) or (self.before is not None and self.before.kind in NEED_OPERAND)

    def _in_vector(self) -> bool:
        """Whether the innermost bracket that is open is a square one."""
        return bool(self.brackets) and self.tokens[self.brackets[-1]].kind == "LSQB"

    def _after_root(self) -> bool:
        return self.index >= 2 and self.tokens[self.index - 2].kind == "ROOT"

    def _touch(self, kind: str) -> bool:
        """Whether the refused token is of a kind and directly follows the one before it."""
        return self.guilty.kind == kind and self.before is not None and self.before.end == self.guilty.start

    def _shown(self, token: Token) -> str:
        text = token.text or "the end"
        return text if len(text) <= _HINT_WIDTH else text[: _HINT_WIDTH - 1] + "…"

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
        """The text of the operand that begins with a token."""
        tokens = self.tokens
        first = index
        depth = 0
        while index < len(tokens) - 1:
            kind, following = tokens[index].kind, tokens[index + 1].kind
            depth += (kind in CLOSERS) * 2 - (kind in BRACKETS)
            if kind == "NEWLINE" and depth <= 0:
                return ""
            if (
                depth <= 0
                and kind not in ("DOT", "ROOT")
                and following not in ("DOT", "PRIME", "SUPERSCRIPT")
            ):
                called = kind in ("NAME", "PRIME") and following == "LPAR"
                if not called and following != "LSQB":
                    break
            index += 1
        return self._piece(first, index)

    def _piece(self, first: int, last: int) -> str:
        text = " ".join(self.source.text[self.tokens[first].start : self.tokens[last].end].split())
        return text if len(text) <= _HINT_WIDTH else "…"


def _visible(text: str) -> str:
    return text if text.isprintable() else f"U+{ord(text):04X}"
