"""What to say about text that the grammar does not accept.

The parser stops at one token. `diagnose` looks at what stands around it and says, in the order of how
sure it can be, what is wrong and what to type instead.
"""

from __future__ import annotations

from gradcli.language.layout import BRACKETS, CLOSERS, NEED_OPERAND, Token, never_closed
from gradcli.language.mistakes.elsewhere import Habits
from gradcli.language.mistakes.hints import character_hint
from gradcli.language.table import SOFT_KEYWORDS
from gradcli.text.errors import ParseError
from gradcli.text.source import Source, Span

_OPERANDS = frozenset(("NAME", "NUMBER", "TEXT", "LPAR", "LSQB", "ROOT", "NOT", *SOFT_KEYWORDS))


def diagnose(source: Source, tokens: list[Token], guilty: Token, expected: frozenset[str]) -> ParseError:
    """The error for a token that cannot stand where it does.

    `tokens` are all tokens of the source, `guilty` is the one that was refused (or a line's end, or an
    indentation), and `expected` are the terminals that could have stood there.
    """
    return _Case(source, tokens, guilty, expected).error()


class _Case(Habits):
    """One refused token, looked at in turn."""

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
            if text[0] == "'" and self.before and self.before.end == start and not self.wants_operand:
                left = self._left_atom(self.index - 1)
                hint = f"the transpose is `{left}.T`"
                if self.before.kind == "NAME" and _function(left) is not None:
                    hint = f"write `{_function(left)}'(x)`"
                elif self.before.kind == "NAME":
                    hint += f", and `{left}'(x)` is a derivative"
                return self._fail("a prime must be followed by `(`", Span(start, start + 1), hint)
            return self._fail("this text is never closed", None, f"add the closing {text[0]}")
        if kind == "FOREIGN":
            return self._foreign_operator(text, start)
        if kind == "UNKNOWN":
            if text in "“”„‘’«»":
                return self._fail(
                    f"`{text}` is no quotation mark here", None, "use straight quotes: \"…\" or '…'"
                )
            if text == "\\" and not self.wants_operand:
                hint = "`/` divides; linear systems are not solved here"
                return self._fail("`\\` is no operator here", None, hint)
            chosen = self._chosen() if text == "?" and not self.wants_operand else None
            hint = chosen or self._filled(character_hint(text))
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
        if self._header() and self.tokens[self.statement - 1].kind == "SEMICOLON":
            word = self.tokens[self.statement]
            return self._fail(f"`{word.text}` must begin a line", word.span, "put it on a line of its own")
        if "COLON" in self.expected and not (self.wants_operand or self.brackets) and self._header():
            if kind == "_NEWLINE":
                return self._fail("`:` is missing", None, "end the line with `:` and indent its body")
            if kind in _OPERANDS:
                return self._fail(
                    "`:` is missing", None, f"write `{self._left_atom(self.index - 1)}: {self.guilty.text}…`"
                )
        if kind == "LPAR" and self.tokens[self.statement].kind == "_CONST" and not self.brackets:
            hint = f"leave `const` out: `{self._left_atom(self.index - 1)}(x) = …`"
            return self._fail("a function is no constant", None, hint)
        is_statement = kind in ("DEF", "FOR", "RETURN") and not (kind == "FOR" and self.brackets)
        if is_statement and self.guilty.start == self.tokens[0].start:
            return self._fail("an expression is needed here, not a statement", None, "give the value alone")
        if is_statement:
            return self._fail(f"`{self.guilty.text}` must begin a line", None, "put it on a line of its own")
        return None

    def _header(self) -> bool:
        return self.tokens[self.statement].kind in ("DEF", "FOR", "_WITH", "_NO_GRAD")

    def _name_needed(self) -> ParseError | None:
        if "NAME" not in self.expected or "LPAR" in self.expected:
            return None
        if self.before is None or self.before.kind == "NAME":
            return None
        at_end = self._goes_on()
        if self.before.kind == "DOT" and self.guilty.kind in ("POWER", "TIMES", "DIVIDE") and self.index >= 2:
            sign = self.guilty.text
            left, right = self._left_atom(self.index - 2), self._right_atom(self.index + 1)
            return self._fail(
                f"`.{sign}` is no operator here",
                Span(self.before.start, self.guilty.end),
                f"operators work element by element: write `{left}{sign}{right or 'x'}`",
            )
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
        if self.guilty.kind == "SEMICOLON" and self.brackets:
            hint = self._rows() or "put a `,` between two values, and [ ] around each row of a matrix"
            return self._fail("`;` does not stand in brackets", None, hint)
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
        if self.tokens[self.statement].kind == "FOR":
            hint = "`for row in A:` takes the rows of a matrix, with the elements `row[0]` and `row[1]`"
            if {"zip", "enumerate", "items"} & {token.text for token in line}:
                hint = "`for i in range(n):` repeats, and `a[i]` is an element"
            return self._fail("a loop has one name", None, hint)
        if any(token.kind == "EQUAL" for token in line):
            return self._fail(
                "only one name can be assigned at a time", None, "write one assignment for each name"
            )
        whole = self._piece(self._value_begin(), self._line_end() - 1)
        hint = f"write `[{whole}]`, or one on each line"
        if after.kind in ("NEWLINE", "SEMICOLON", "$END"):
            hint = "remove it"
        elif before.kind == after.kind == "NUMBER":
            number, parts = self._grouped(self.index - 1, ",")
            hint = f"write [{', '.join(parts)}] for a vector or {number} for one number"
        return self._fail("a comma separates two values", None, hint)

    def _juxtaposed(self) -> ParseError | None:
        """Two operands with nothing between them."""
        before = self.before
        if before is None or self.wants_operand or self.guilty.kind not in _OPERANDS:
            return None
        word = self._word_between()
        if word is not None:
            return word
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
            number, parts = self._grouped(self.index - 1, " ")
            hint = f"write `{left}*{right}` for their product or `[{left}, {right}]` for a vector"
            if "_" in number:
                hint = f"write `{number}` for one number or `[{', '.join(parts)}]` for a vector"
            return self._fail(
                "two numbers stand next to each other", Span(before.start, self.guilty.end), hint
            )
        if "TEXT" in (before.kind, self.guilty.kind):
            return self._fail("text stands against something else", None, "put a `,` between them")
        if self.guilty.kind == "NOT":
            return self._fail(
                "`not` cannot stand here", None, "`and not` joins two conditions; `!=` is unequal"
            )
        hint = f"write `{left}*{right}` to multiply"
        derivative = self._applied(left, right) or self._fraction()
        if derivative is not None:
            hint = f"write `{derivative}`"
        elif self._after_root():
            hint = f"write `√({left}*{right})`, or `√{left}*{right}`"
        elif self.guilty.text[0] == ".":
            hint = f"write `{left}*0{right}` to multiply; `{left}[{right[1:]}]` picks an element"
        elif (function := self._function_before()) is not None and self.guilty.kind != "LPAR":
            argument = self._right_product(self.index)
            hint = f"write `{function}({argument})` to call it or `{left}*{right}` to multiply"
        elif before.kind == "SUPERSCRIPT" and self.index >= 2 and self.tokens[self.index - 2].kind == "NAME":
            function = self.tokens[self.index - 2].text
            argument = right[1:-1] if self.guilty.kind == "LPAR" and len(right) > 2 else right
            if len(function) > 1:
                hint = f"write `{function}({argument}){before.text}`, or `{left}*{right}` to multiply"
        return self._fail(f"nothing stands between `{left}` and `{right}`", None, hint)

    def _function_before(self) -> str | None:
        """The built-in function that a name before the guilty token can be meant as."""
        before = self.before
        if before is None or before.kind != "NAME" or len(before.text) < 2:
            return None
        if self.index >= 2 and self.tokens[self.index - 2].kind == "DOT":
            return None
        return _function(before.text)

    def _missing_operand(self) -> ParseError | None:
        if not self.wants_operand:
            return None
        text = self._shown(self.guilty)
        before = self.before
        if before is not None and before.kind == "EQUAL" and text in ("<", ">") and self._touch("COMPARE"):
            span = Span(before.start, self.guilty.end)
            return self._fail(f"`={text}` is no operator here", span, f"write `{text}=`")
        if text == "if":
            return self._fail("a value is missing before `if`", None, "write `a if condition else b`")
        if before is None or before.kind in (*CLOSERS, "COMMA", "COLON", "SEMICOLON"):
            return self._fail(f"`{text}` has nothing on its left", None, f"type a value before `{text}`")
        return self._fail(
            f"a value is missing between `{self._shown(before)}` and `{text}`",
            None,
            "type it, or remove one of the two",
        )

    def _goes_on(self) -> bool:
        """Whether the next line could complete this one: in brackets, or after an operator."""
        if self.guilty.kind not in ("$END", "_NEWLINE") or not self._at_end():
            return False
        return bool(self.brackets) or (self.before is not None and self.before.kind in NEED_OPERAND)

    def _in_vector(self) -> bool:
        """Whether the innermost bracket that is open is a square one."""
        return bool(self.brackets) and self.tokens[self.brackets[-1]].kind == "LSQB"


def _function(name: str) -> str | None:
    """The built-in function that a name means, perhaps in another case."""
    from gradcli.engine.primitives import TABLE

    return next((each for each in (name, name.casefold()) if each in TABLE), None)


def _visible(text: str) -> str:
    return text if text.isprintable() else f"U+{ord(text):04X}"
