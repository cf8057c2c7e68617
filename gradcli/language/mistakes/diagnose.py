"""What to say about text that the grammar does not accept.

The parser stops at one token. `diagnose` looks at what stands around it and says, in the order of how
sure it can be, what is wrong and what to type instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gradcli.language.layout import BRACKETS, CLOSERS, Token, never_closed
from gradcli.language.mistakes.elsewhere import (
    all_signs,
    annotation,
    argument_range,
    called_as_elsewhere,
    chosen,
    comment,
    foreign_formula,
    foreign_operator,
    foreign_sign,
    foreign_statement,
    fraction,
    matrix_of,
    partial_derivative,
    plain_names,
    rows_of_matrix,
    sentence,
    slope_of_what_follows,
    steps_between,
    ternary,
    with_values,
    word_between,
)
from gradcli.language.mistakes.hints import BRACES, character_hint
from gradcli.language.mistakes.latex import SIGNS, translated
from gradcli.language.mistakes.place import OPERANDS, IsFunction, Place
from gradcli.language.mistakes.units import conversion
from gradcli.language.table import ASKING, BEGIN_STATEMENT, KEYWORDS, NEED_OPERAND
from gradcli.text.errors import ParseError
from gradcli.text.source import Source, Span
from gradcli.text.suggest import did_you_mean


def diagnose(
    source: Source,
    tokens: list[Token],
    guilty: Token,
    expected: frozenset[str],
    is_function: IsFunction,
    *,
    asks: bool = False,
) -> ParseError:
    """The error for a token that cannot stand where it does; what each argument is, `Place` says."""
    place = Place(source, tokens, guilty, expected, is_function, asks=asks)
    comma = place.unassigned()
    if comma is not None:
        place = Place(source, tokens, comma, expected - {"EQUAL"}, is_function, asks=asks)
    for look in LOOKS:
        error = look(place)
        if error is not None:
            return error
    return place.fail(f"`{place.shown(guilty)}` cannot stand here", None, "check what is before it")


def _lexical(place: Place) -> ParseError | None:
    kind, text, start, _ = place.guilty
    if kind == "MALFORMED_NUMBER":
        hint = "digits may be grouped with single `_`; one `.` and one exponent, as in 1_000.5e-3"
        if text[:2].lower() in ("0x", "0b", "0o"):
            hint = _in_decimal(text)
        elif european := re.match(r"\d{1,3}(?:\.\d{3})+,\d+", place.source.text[start:]):
            hint = f"write `{european[0].replace('.', '').replace(',', '.')}`"
        elif bounds := re.fullmatch(r"([\d.]*\d)\.\.\.?(\d[\d.]*)", text):
            sign = "-" if place.source.text[:start].strip() == "-" else ""
            hint = f"a range is written {sign}{bounds[1]}:{bounds[2]}"
            if place.brackets and bounds[1].isdecimal() and bounds[2].isdecimal():
                hint = steps_between(int(bounds[1]), int(bounds[2]))
        return place.fail("this is not a number", None, hint)
    if kind == "UNTERMINATED_TEXT":
        if text[:3] in ('"""', "'''"):
            opening = Span(start, start + 3)
            return place.fail(f"{text[:3]} is never closed", opening, f"add {text[:3]}", incomplete=True)
        if text[0] == "'" and place.before and place.before.end == start and not place.wants_operand:
            left = place.left_atom(place.index - 1)
            hint = f"the transpose is `{left}.T`"
            if place.before.kind == "NUMBER":
                digits = place.source.text[start + 1 :].partition(" ")[0]
                hint = f"write `{left}_{digits}`" if digits.isdecimal() else "remove it"
            if place.before.kind == "NAME" and (function := place.function(left)) is not None:
                hint = f"write `{function}'(x)`"
            elif place.before.kind == "NAME" and not left[0].isupper():  # no name of a matrix
                hint = f"a derivative is written `grad({left}, x)`; `.T` transposes"
            return place.fail("a prime must be followed by `(`", Span(start, start + 1), hint)
        return place.fail("this text is never closed", None, f"add the closing {text[0]}")
    if kind in ("FOREIGN", "ELLIPSIS", "BAR") or (kind == "FACTORIAL" and place.wants_operand):
        return foreign_operator(place, text, start)
    if text == "$" and (typed := plain_names(place.statement_text())) is not None:
        return place.fail("`$` has no meaning here", None, _typed(typed))
    if kind == "UNKNOWN" and (typed := translated(place.statement_text())) is not None:
        return place.fail(f"`{text}` has no meaning here", None, f"write `{typed}`")
    if kind == "UNKNOWN":
        if text in "“”„‘’«»":
            return place.fail(
                f"`{text}` is no quotation mark here", None, "use straight quotes: \"…\" or '…'"
            )
        if text == "\\" and not place.wants_operand:
            hint = "`/` divides; a linear system is solved by solve(A, b)"
            return place.fail("`\\` is no operator here", None, hint)
        if text in "∂∇":
            slope = partial_derivative(place) if text == "∂" else slope_of_what_follows(place)
            if slope is not None:
                return place.fail(f"`{text}` has no meaning here", None, f"write `{slope}`")
        following = place.tokens[place.index + 1]
        if text == "°" and following.text in ("C", "F", "K") and following.start == start + 1:
            kelvins = {"C": "{left} + 273.15", "F": "({left} + 459.67)/1.8", "K": "{left}"}[following.text]
            hint = place.filled(f"there are no units here: in kelvins it is `{kelvins}`")
            return place.fail("`°` has no meaning here", None, hint)
        if text == "$" and following.kind == "NUMBER" and following.start == start + 1:
            hint = f"columns have names; those of a file without a header are c1, c2, …: `c{following.text}`"
            return place.fail("`$` has no meaning here", None, hint)
        word = following.text.partition("_")[0] if text == "\\" and following.start == start + 1 else ""
        choice = ternary(place) if text == "?" and not place.wants_operand else None
        hint = choice or character_hint(SIGNS.get(word, text))
        if word in SIGNS:  # whose operand stands behind the word
            hint = hint.replace("{right}", place.right_product(place.index + 2) or "x")
        if not place.operand_follows():
            hint = hint.replace("*{right}", "")  # of a fraction
        hint = place.filled(hint)
        return place.fail(f"`{_visible(text)}` has no meaning here", None, hint)
    return None


def _typed(text: str) -> str:
    """The hint to type a text; what has backquotes itself cannot stand between them."""
    return "a name with blanks stands in backquotes" if "`" in text else f"write `{text.strip()}`"


def _braces(place: Place) -> ParseError | None:
    """`{ }` that hold no dictionary: those of LaTeX, of Mathematica, of sets."""
    opened = [index for index in place.brackets if place.tokens[index].kind == "LBRACE"]
    typed = translated(place.statement_text())
    if opened and (typed is not None or not place.has_keys(opened[-1])):
        brace = place.tokens[opened[-1]]
    elif opened and place.guilty.kind in ("RBRACE", "COMMA") and "COLON" in place.expected:
        key = place.left_atom(place.index - 1)
        span = None if place.before is None else place.before.span
        return place.fail("this key has no value", span, f"as in {{{key}: 1}}")
    elif place.guilty.kind == "LBRACE" or (place.guilty.kind == "RBRACE" and not opened):
        brace = place.guilty
    else:
        return None
    hint = BRACES if typed is None else f"write `{typed}`"
    called = _function_before(place) if brace is place.guilty else None
    if place.before is not None and place.before.text.endswith("_"):
        called = None  # the index of `sum_{i=1}^n i` is no argument
    if typed is None and called is not None and (argument := place.right_atom(place.index)[1:-1]):
        hint = f"write `{called}({argument})`"
    return place.fail(f"`{brace.text}` has no meaning here", brace.span, hint)


def _in_decimal(text: str) -> str:
    """How a number in another base is written."""
    try:
        return f"write it with decimal digits: `{int(text, 0)}`"
    except ValueError:
        return "write the number with decimal digits"


def _open_bracket(place: Place) -> ParseError | None:
    """A bracket left open swallows the lines below, where something then fits badly."""
    if not place.brackets:
        return None
    opening = place.tokens[place.brackets[-1]]
    if "\n" not in place.source.text[opening.end : place.guilty.start]:
        return None
    depth = len(place.brackets)
    for token in place.tokens[place.index :]:
        if token.kind in CLOSERS:
            depth += 1
        elif token.kind in BRACKETS:
            depth -= 1
            if depth < len(place.brackets):
                return None
    return never_closed(place.source, opening, incomplete=False)


def _carried_over(place: Place) -> ParseError | None:
    sign = place.carried
    if sign is None or (place.guilty.kind == "_NEWLINE" and place.before is sign):
        return None
    return place.fail(
        f"`{sign.text}` has nothing on its right",
        sign.span,
        "a line that ends in an operator goes on in the next one; type the missing value",
    )


def _named_context(place: Place) -> ParseError | None:
    """`with open("data.csv") as f:` and `with tf.GradientTape() as tape:`."""
    beginning = place.tokens[place.statement : place.index]
    if place.guilty.text != "as" or len(beginning) < 2 or beginning[0].kind != "_WITH":
        return None
    span = Span(beginning[1].start, beginning[-1].end)
    names = [token.text for token in beginning if token.kind == "NAME"]
    if names[:1] == ["open"]:
        told, hint = "a program opens no files here", "a file of numbers is read by A = @numbers.csv"
    elif names[-1:] == ["GradientTape"]:
        told, hint = "there is no tape: every formula is recorded", "`grad(y, x)` is the gradient of y"
    else:
        told, hint = "`with` gives no names", "leave out what stands from `as` to `:`"
    return place.fail(told, span, hint)


def _block(place: Place) -> ParseError | None:
    kind = place.guilty.kind
    word = place.tokens[place.statement] if place.statement < len(place.tokens) else place.guilty
    if place.statement == 0 and word.kind in ("_ELIF", "ELSE") and word is not place.guilty:
        hint = "one expression chooses so: `a if condition else b`"
        return place.fail(f"`{word.text}` goes on with an `if`, and there is none", word.span, hint)
    if kind == "_INDENT":
        return place.fail(
            "this line is indented, but opens no block",
            None,
            "remove the blanks before it; a block follows a line that ends in `:`",
        )
    if "_INDENT" in place.expected and "NAME" not in place.expected:
        return place.fail(
            "an indented body is missing", None, "indent the lines of the body", incomplete=place.at_end()
        )
    if place.opens_block() and place.tokens[place.statement - 1].kind == "SEMICOLON":
        word = place.tokens[place.statement]
        return place.fail(f"`{word.text}` must begin a line", word.span, "put it on a line of its own")
    if "COLON" in place.expected and not (place.wants_operand or place.brackets) and place.opens_block():
        if kind == "_NEWLINE" and (choice := chosen(place)) is not None:
            return place.fail("`if` is no function", place.tokens[place.statement].span, choice)
        if kind == "_NEWLINE":
            return place.fail("`:` is missing", None, "end the line with `:` and indent its body")
        if kind in OPERANDS:
            return place.fail(
                "`:` is missing", None, f"write `{place.left_atom(place.index - 1)}: {place.guilty.text}…`"
            )
    if kind == "LPAR" and place.tokens[place.statement].kind == "_CONST" and not place.brackets:
        hint = f"leave `const` out: `{place.left_atom(place.index - 1)}(x) = …`"
        return place.fail("a function is no constant", None, hint)
    is_statement = kind in ("DEF", "FOR", "RETURN") and not (kind == "FOR" and place.brackets)
    if is_statement and place.guilty.start == place.tokens[0].start:
        return place.fail("an expression is needed here, not a statement", None, "give the value alone")
    if is_statement:
        return place.fail(f"`{place.guilty.text}` must begin a line", None, "put it on a line of its own")
    return None


def _name_needed(place: Place) -> ParseError | None:
    if place.before is None or place.before.kind == "NAME" or "NAME" not in place.expected:
        return None
    is_target = place.tokens[place.statement].kind == "FOR" and not place.wants_operand
    if "LPAR" in place.expected and not (is_target and place.before.kind in ("FOR", "COMMA", "LPAR")):
        return None
    at_end = place.goes_on()
    if place.before.kind == "DOT" and place.guilty.kind in ("POWER", "TIMES", "DIVIDE") and place.index >= 2:
        sign = place.guilty.text
        left, right = place.left_atom(place.index - 2), place.right_atom(place.index + 1)
        return place.fail(
            f"`.{sign}` is no operator here",
            Span(place.before.start, place.guilty.end),
            f"operators work element by element: write `{left}{sign}{right or 'x'}`",
        )
    called = place.tokens[place.index - 2].text if place.index > 1 else ""
    if place.before.kind == "DOT" and place.guilty.kind == "LPAR" and called.isidentifier():
        hint = f"functions work element by element: write `{called}{place.right_atom(place.index) or '(x)'}`"
        return place.fail("`.` calls no function here", place.before.span, hint)
    if place.before.kind == "DOT":
        hint = "type it, as in `x.grad`"
        left, right = place.left_atom(place.index - 2), place.right_atom(place.index)
        apart = place.before.end < place.guilty.start and right
        if apart and place.guilty.kind == "LSQB":
            hint = f"the product of two vectors is `dot({left}, {right})`"
    else:
        hint = "names have letters, digits and `_`, and begin with a letter"
    return place.fail(f"a name is missing after `{place.before.text}`", None, hint, incomplete=at_end)


def _ended(place: Place) -> ParseError | None:
    """The line or the text ended, or a closing bracket came, before what it needs."""
    if place.guilty.kind not in ("$END", "_NEWLINE", "SEMICOLON", "RPAR", "RSQB", "RBRACE", "COLON"):
        return None
    at_end = place.goes_on()
    before = place.before
    if place.wants_operand:
        if before is None:
            shown = place.guilty.kind != "$END"
            return place.fail(
                f"`{place.guilty.text}` has nothing before it" if shown else "there is nothing to evaluate",
                None,
                "type an expression, such as `sin(x)**2`",
            )
        if before.kind in NEED_OPERAND:
            hint = f"type a value after `{before.text}`"
            left = place.piece(place.statement, place.index - 2)
            if before.kind == "EQUAL" and re.search(r"[-+*/^\d]", left):
                hint = f"leave it out: `{left}`"  # as on a pocket calculator
            if place.index >= 2 and before.kind in ("PLUS", "MINUS"):
                doubled = place.tokens[place.index - 2]
                if doubled.kind == before.kind and doubled.end == before.start:
                    hint = f"`x {before.text}= 1` changes a variable"
            message = f"`{before.text}` has nothing on its right"
            return place.fail(message, None, hint, incomplete=at_end)
        if place.guilty.kind != "COLON":
            return place.fail(
                f"a value is missing after `{place.shown(before)}`", None, "type it", incomplete=at_end
            )
    if before is not None and before.kind == "DOT":
        return place.fail("a name is missing after `.`", None, "type it, as in `x.grad`", incomplete=at_end)
    bar = place.open_bar()
    if bar is not None and not place.wants_operand:
        return place.fail("`|` is never closed", bar.span, "add `|`")
    if "ELSE" in place.expected and "IF" not in place.expected:
        return place.fail("`if` needs an `else`", None, "write `a if condition else b`")
    if place.guilty.kind == "COLON" and not place.brackets:
        return annotation(place)
    if place.guilty.kind == "SEMICOLON" and place.brackets:
        hint = rows_of_matrix(place) or "put a `,` between two values, and [ ] around each row of a matrix"
        return place.fail("`;` does not stand in brackets", None, hint)
    if place.guilty.kind == "SEMICOLON":
        matrix = matrix_of(place.source.text)
        hint = "give one expression alone" if matrix is None else f"a matrix is written `{matrix}`"
        return place.fail("`;` does not stand in an expression", None, hint)
    if place.guilty.kind in ("$END", "_NEWLINE"):
        return place.fail(
            f"something is missing after `{place.shown(before)}`" if before else "something is missing",
            None,
            "`=` and a value must follow" if "EQUAL" in place.expected else "complete the line",
            incomplete=at_end,
        )
    return None


def _assignment(place: Place) -> ParseError | None:
    kind, text, _, _ = place.guilty
    if kind not in ("EQUAL", "UPDATE"):
        return None
    if place.before is None or (place.wants_operand and place.before.kind not in ("EQUAL", "COMPARE")):
        value = "…" if place.goes_on() else place.piece(place.index + 1, place.line_end() - 1)
        hint = "a name goes on the left, as in `x = 3`"
        if place.index == place.statement and text == "=" and value not in ("", "…", "="):
            hint = f"leave it out: `{value}`"
        return place.fail(f"`{text}` has nothing on its left", None, hint)
    if place.before.kind in ("EQUAL", "COMPARE"):
        hint = "`==` compares; `=` assigns"
        if place.before.text == "!=" and place.tokens[place.index - 2].end == place.before.start:
            left, right = place.left_atom(place.index - 2), place.right_atom(place.index + 1) or "y"
            hint = f"write `{left}! == {right}` of a factorial, or `{left} != {right}`"
        return place.fail(f"`{place.before.text}{text}` is no operator", None, hint)
    if place.brackets:
        return place.fail(f"`{text}` does not stand inside brackets", None, "`==` compares")
    earlier = place.tokens[place.statement : place.index]
    if any(token.kind in ("EQUAL", "UPDATE") for token in earlier):
        return place.fail(
            "there are two assignments in one statement", None, "write one on each line; `==` compares"
        )
    if earlier and earlier[0].kind == "FOR":
        return place.fail("`for` needs `in`", None, "`for i in range(n):` repeats")
    if earlier and earlier[0].kind in ("RETURN", "_ZERO", "_DEL"):
        return place.fail(f"`{text}` cannot stand here", None, "`==` compares")
    if earlier and earlier[0].kind == "DEF" and place.before.kind == "RPAR":
        head = place.piece(place.statement + 1, place.index - 1)
        body = place.piece(place.index + 1, place.line_end() - 1) or "…"
        return place.fail("a function on one line has no `def`", earlier[0].span, f"write `{head} = {body}`")
    return place.fail(
        "an expression is needed here, not a statement", None, "`==` compares; give the right side alone"
    )


def _comma(place: Place) -> ParseError | None:
    if place.guilty.kind != "COMMA":
        return None
    before = place.before
    after = place.tokens[place.index + 1]
    if before is None or (place.wants_operand and before.kind not in NEED_OPERAND):
        return place.fail("a value is missing before `,`", None, "type it, or remove the `,`")
    if place.wants_operand:
        return place.fail(
            f"`{before.text}` has nothing on its right", None, f"type a value after `{before.text}`"
        )
    line = place.tokens[place.index :]
    line = line[: next(i for i, t in enumerate(line) if t.kind in ("NEWLINE", "SEMICOLON", "$END"))]
    if any(token.kind == "EQUAL" for token in line):
        return place.fail(
            "only one name can be assigned at a time", None, "write one assignment for each name"
        )
    whole = place.piece(place.value_begin(), place.line_end() - 1)
    hint = f"write `[{whole}]`, or one on each line"
    if after.kind in ("NEWLINE", "SEMICOLON", "$END"):
        hint = "remove it"
    elif before.kind == after.kind == "NUMBER":
        number, parts = place.grouped(place.index - 1, ",")
        if european := re.fullmatch(r"(\d{1,3}(?:\.\d{3})+),(\d+)", place.statement_text().strip()):
            whole = f"{european[1].replace('.', '')}.{european[2]}"
            return place.fail("a comma separates two values", None, f"write `{whole}` for one number")
        if number.count(".") > 1:
            return place.fail("a comma separates two values", None, f"write `[{', '.join(parts)}]`")
        is_one = "_" in number or before.end == place.guilty.start == after.start - 1
        if place.index - 1 == place.value_begin() or is_one:
            hint = f"write `[{', '.join(parts)}]` for a vector or `{number}` for one number"
    return place.fail("a comma separates two values", None, hint)


def _juxtaposed(place: Place) -> ParseError | None:
    """Two operands with nothing between them."""
    before = place.before
    if before is None or place.wants_operand or place.guilty.kind not in OPERANDS:
        return None
    told = sentence(place) or word_between(place)
    if told is not None:
        return told
    in_field = bool(place.brackets) and place.tokens[place.brackets[-1]].kind == "_FIELD_START"
    if before.kind == "FACTORIAL" and in_field and place.touch("NAME"):
        span = Span(before.start, place.guilty.end)
        text = place.shown(place.guilty)
        return place.fail(
            f"`!{text}` is no conversion of a field", span, "r, s and a are the letters behind `!`"
        )
    left, right = place.left_atom(place.index - 1), place.right_atom(place.index)
    if before.kind == "NUMBER" and place.guilty.kind == "NUMBER" and place.in_vector():
        return place.fail(
            "two numbers stand next to each other",
            Span(before.start, place.guilty.end),
            f"write `{left}, {right}` for two elements or `{left}*{right}` for their product",
        )
    if before.kind == "NUMBER" and place.guilty.kind == "NUMBER":
        number, parts = place.grouped(place.index - 1, " ")
        hint = f"write `{left}*{right}` for their product or `[{', '.join(parts)}]` for a vector"
        if "_" in number:
            hint = f"write `{number}` for one number or `[{', '.join(parts)}]` for a vector"
        return place.fail("two numbers stand next to each other", Span(before.start, place.guilty.end), hint)
    if "TEXT" in (before.kind, place.guilty.kind):
        return place.fail("text stands against something else", None, "put a `,` between them")
    if place.guilty.kind == "NOT":
        return place.fail("`not` cannot stand here", None, "`and not` joins two conditions; `!=` is unequal")
    hint = f"write `{left}*{right}` to multiply"
    if left in ("x", "X") and place.tokens[max(place.index - 2, 0)].kind == place.guilty.kind == "NUMBER":
        return place.fail(
            f"`{left}` is no operator here",
            before.span,
            f"write `{place.left_atom(place.index - 2)}*{right}`",
        )
    derivative = fraction(place)
    whole = translated(place.statement_text()) or all_signs(place)
    crossed = place.guilty.text in ("x", "X") and before.kind == "RSQB" and place.tokens[place.index + 1]
    if crossed and crossed.kind == "LSQB" and (vector := place.right_atom(place.index + 1)):
        hint = f"write `cross({left}, {vector})`"
        return place.fail(f"`{place.guilty.text}` is no operator here", None, hint)
    if derivative is not None:
        hint = f"write `{derivative}`"
    elif place.index - place.statement == 1 and left in ("map", "accumulate"):
        hint = f"the rows of files belong to the command line: gradcli {left} …"
    elif (statement := _statement_meant(place)) is not None:
        hint = f"did you mean {statement}?"
    elif whole is not None:
        hint = f"write `{whole}`"
    elif place.after_root():
        hint = f"write `√({left}*{right})`, or `√{left}*{right}`"
    elif place.guilty.text[0] == ".":
        hint = f"write `{left}*0{right}` to multiply; `{left}[{right[1:]}]` picks an element"
    elif (function := _function_before(place)) is not None and place.guilty.kind != "LPAR":
        argument = place.right_product(place.index)
        hint = f"write `{function}({argument})` to call it, or `*` to multiply"
    elif before.kind == "SUPERSCRIPT" and place.index >= 2 and place.tokens[place.index - 2].kind == "NAME":
        function = place.tokens[place.index - 2].text
        in_brackets = place.guilty.kind == "LPAR" and len(right) > 2
        argument = right[1:-1] if in_brackets else place.right_product(place.index)
        if before.text == "⁻¹" and place.is_function(f"a{function}"):
            hint = f"write `a{function}({argument})`, or `1/{function}({argument})` for 1 divided by it"
        elif place.is_function(function):
            hint = f"write `{function}({argument}){before.text}`"
    return place.fail(f"nothing stands between `{left}` and `{right}`", None, hint)


def _statement_meant(place: Place) -> str | None:
    """The statement whose word a name before the guilty token was to be, as in `bakward y`."""
    tokens = place.tokens[place.statement : place.index]
    words = [word for word, kind in KEYWORDS.items() if kind in BEGIN_STATEMENT]
    if len(tokens) == 2 and tokens[0].kind in ASKING:
        words, asked = ["backward"], f"{tokens[0].text} "
    elif len(tokens) == 1:
        asked = ""
    else:
        return None
    if tokens[-1].kind != "NAME" or place.is_function(tokens[-1].text):
        return None
    near = did_you_mean(tokens[-1].text, words)
    return None if near is None else f"{asked}{near}"


def _function_before(place: Place) -> str | None:
    """The function that a name before the guilty token can be meant as, built in or defined above."""
    before = place.before
    if before is None or before.kind != "NAME":
        return None
    above = place.source.text[: before.start]
    if re.search(rf"(?m)(?:^|;|\bdef)\s*{before.text}\([^()]*\)\s*(?:=(?!=)|:)", above):
        return before.text
    if len(before.text) < 2:
        return None
    if place.index >= 2 and place.tokens[place.index - 2].kind == "DOT":
        return None
    return place.function(before.text) or place.function(before.text.replace("_", ""))


def _lone_star(place: Place) -> ParseError | None:
    """A `*` at the beginning of a statement or behind a bracket, where no comma makes a name's of it."""
    opening = place.brackets[-1] if place.brackets else None
    begin = place.statement if opening is None else opening + 1
    star = place.tokens[begin]
    if star.kind != "TIMES" or begin >= place.index:
        return None
    if opening is not None and (place.tokens[opening].kind != "LPAR" or not _is_group(place, opening)):
        return None
    if any(token.kind == "COMMA" for token in place.tokens[begin : place.index]):
        return None
    text = place.shown(star)
    return place.fail(f"`{text}` has nothing on its left", star.span, f"type a value before `{text}`")


def _is_group(place: Place, opening: int) -> bool:
    """Whether a parenthesis is none of a call."""
    return opening == 0 or place.tokens[opening - 1].kind not in ("NAME", "RPAR", "RSQB", "PRIME")


def _missing_operand(place: Place) -> ParseError | None:
    if not place.wants_operand:
        return None
    text = place.shown(place.guilty)
    before = place.before
    if before is not None and before.kind == "EQUAL" and text in ("<", ">") and place.touch("COMPARE"):
        span = Span(before.start, place.guilty.end)
        return place.fail(f"`={text}` is no operator here", span, f"write `{text}=`")
    if text == "if":
        return place.fail("a value is missing before `if`", None, "write `a if condition else b`")
    if text == "." and (typed := plain_names(place.statement_text())) is not None:
        return place.fail("`.` has nothing on its left", None, _typed(typed))
    if before is None or before.kind in (*CLOSERS, "COMMA", "COLON", "SEMICOLON"):
        listed = _ANGLED.fullmatch(place.statement_text().strip())
        hint = f"type a value before `{text}`" if listed is None else f"a vector is written `[{listed[1]}]`"
        return place.fail(f"`{text}` has nothing on its left", None, hint)
    return place.fail(
        f"a value is missing between `{place.shown(before)}` and `{text}`",
        None,
        "type it, or remove one of the two",
    )


_ANGLED = re.compile(r"<([^<>]+,[^<>]+)>")


def _visible(text: str) -> str:
    return text if text.isprintable() else f"U+{ord(text):04X}"


LOOKS: tuple[Callable[[Place], ParseError | None], ...] = (
    with_values,
    foreign_formula,
    called_as_elsewhere,
    _braces,
    _lexical,
    _open_bracket,
    _carried_over,
    _named_context,
    _block,
    _lone_star,
    foreign_sign,
    comment,
    argument_range,
    conversion,
    foreign_statement,
    _name_needed,
    _ended,
    _assignment,
    _comma,
    _juxtaposed,
    _missing_operand,
)
"""What may be wrong, the surest first. Each says what it is and what to type, or `None` for the next one."""
