"""What habits of other languages look like to the parser, and how the same is written here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from gradcli.language.builder import BARS
from gradcli.language.layout import BRACKETS, CLOSERS, Token, scan
from gradcli.language.mistakes.hints import OPERATORS, PERCENTS, PREFIXES, SENTENCES, STATEMENTS, WORDS
from gradcli.language.mistakes.latex import counted, translated
from gradcli.language.mistakes.leibniz import derivative, quotient_end
from gradcli.language.mistakes.place import HINT_WIDTH, OPERANDS, Place
from gradcli.language.table import ASKING, ENDS_OPERAND, KEYWORDS, SOFT_KEYWORDS
from gradcli.text.errors import ParseError
from gradcli.text.source import Span

_CELLS = re.compile(r"\$?[A-Z]{1,3}\$?\d+\s*:\s*\$?[A-Z]{1,3}\$?\d+")
_CHOICE = re.compile(r"if\s+(?P<condition>.+?)\s+then\s+(?P<yes>.+?)\s+else\s+(?P<no>.+?)(?:\s+end)?")
_FUNCTION = re.compile(r"(?:@|function\s*|\\)\((?P<parameters>[\w\s,]+)\)\s*(?P<body>[^=].*)")
_RANGED = re.compile(
    r"(?P<word>\w+)\s+(?P<formula>.*?[^\s,:]),?\s+(?P<range>-?[\d.]+\s*:\s*-?[\d.]+(?::[\d.]+)?)"
)
_WHOLE = re.compile(r"(\d{1,9}):(\d{1,9})")
_UNSIGNED = r"(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_NUMBER = re.compile(rf"[-+]?{_UNSIGNED}")
_NUMBERS = re.compile(rf"(?<![\w.])-?{_UNSIGNED}")
_CHOSEN = re.compile(r"if\s*(\([^()]*(?:\([^()]*\)[^()]*)*,[^()]*(?:\([^()]*\)[^()]*)*,.*\))")
_TEXT_PREFIXES = ("f", "r", "b", "u", "rf", "fr", "br", "rb", "t")
_ANONYMOUS = re.compile(r"(?:(?P<name>\w+)\s*=\s*)?@(?P<parameters>\([\w\s,]*\))(?P<body>[^()]+.*)")


_SIGILS = re.compile(r"(?<![\w.\])}])[$.](?=[^\W\d]\w*)|\$\{([^\W\d]\w*)\}|\$\{([^{}`\n]+)\}")
"""What Miller and jq put before the name of a column: `$x`, `${x y}`, `.x`."""


def plain_names(text: str) -> str | None:
    """A formula of Miller's or jq's with the names of its columns as they are here, or `None`."""

    def plain(found: re.Match[str]) -> str:
        return found[1] or (f"`{found[2]}`" if found[2] else "")

    found = _SIGILS.sub(plain, text)
    return None if found == text or "$" in found else found


_CALL = re.compile(r"(?P<name>\w+(?:\.\w+)*)\s*[(\[](?P<inside>.*)[)\]]", re.DOTALL)
_ASKED = tuple(
    re.compile(each, re.DOTALL)
    for each in (
        r"(?:@|function\s*|\\)\((?P<name>\w+)\)\s*(?P<formula>.+?)(?:,(?P<rest>.*))?",
        r"lambda\s+(?P<name>\w+)\s*:\s*(?P<formula>.+?)(?:,(?P<rest>.*))?",
        r"(?P<formula>.+?),\s*\{(?P<name>\w+)(?P<rest>[^{}]*)\}.*",
        r"(?P<formula>.*~.*)(?P<name>)(?P<rest>)",
    )
)
_OVER = re.compile(
    r"(?P<name>Sum|Product)\[(?P<formula>.+),\s*\{\s*(?P<of>\w+)\s*,(?:\s*(?P<first>-?\d+)\s*,)?\s*(?P<last>-?\d+)\s*\}\]"
)
_SHOWN = re.compile(r"`(solve|minimize|plot|table) (-?).*`")


def called_as_elsewhere(place: Place) -> ParseError | None:
    """A look: `fzero(@(x) x^2 - 2, 1)`, `uniroot(function(x) …)`, `FindRoot[…, {x, 1}]`, `lm(y ~ x)`."""
    text = place.statement_text().strip()
    call = _CALL.fullmatch(text)
    if call is None:
        return None
    from gradcli.language.mistakes.functions import ADVICE, in_round_brackets  # which only mistakes need

    name = call["name"].rpartition(".")[2]
    over = _OVER.fullmatch(text)
    if over is not None:
        sign = "prod" if over["name"] == "Product" else "sum"
        formula = in_round_brackets(over["formula"])
        told = counted(sign, formula, over["of"], over["first"] or "1", over["last"])
        return place.fail(
            f"{over['name']} is no function here", place.tokens[place.statement].span, f"write `{told}`"
        )
    asked = next((match for each in _ASKED if (match := each.fullmatch(call["inside"].strip()))), None)
    advice = ADVICE.get(name.casefold())
    if asked is None or advice is None:
        return None
    shown = _SHOWN.search(advice)
    if shown is not None:
        formula = in_round_brackets(re.sub(r"\.(?=[*/^])", "", asked["formula"].strip()).replace("==", "="))
        formula = f"-({formula})" if shown[2] else formula
        numbers = _NUMBERS.findall(asked["rest"] or "")[:2]
        advice = advice.replace(shown[0], f"`{shown[1]} {formula}, {asked['name']}={':'.join(numbers) or 1}`")
    span = Span(place.tokens[place.statement].start, place.tokens[place.statement].end)
    return place.fail(f"{name} is no function here", span, advice)


def foreign_operator(place: Place, text: str, start: int) -> ParseError:
    """The error for an operator of another language, or for the prompt of a transcript."""
    if text in (">>", "...") and place.index == place.statement:
        prompt = ">>>" if text == ">>" else text
        if place.source.text.startswith(prompt, start):
            return place.fail(
                f"`{prompt}` is the prompt of a transcript, and no part of a statement",
                Span(start, start + 3),
                "remove it here; gradcli's own prompt takes pasted transcripts as they are",
            )
    if text == "~" and place.follows("EQUAL"):
        span = Span(start, start + 2)
        return place.fail("`~=` is no operator here", span, place.filled("write `{left} != {right}`", 1))
    if text in BARS:
        return _bar(place)
    table = PREFIXES if place.wants_operand and text in PREFIXES else OPERATORS
    return place.fail(f"`{text}` is no operator here", None, place.filled(table[text]))


def _bar(place: Place) -> ParseError:
    """The error for `|` where no absolute value begins or ends: `2|x|`, `sin|x|`, `a || b`."""
    tokens, index = place.tokens, place.index
    guilty, following = place.guilty, tokens[index + 1]
    if following.kind == "BAR" and following.start == guilty.end:
        span = Span(guilty.start, following.end)
        return place.fail("`||` is no operator here", span, place.filled(OPERATORS["||"], 1))
    before = place.before
    close = next((k for k in range(index + 1, place.line_end()) if tokens[k].kind == "BAR"), None)
    if before is None or close is None or following.start > guilty.end:
        return place.fail(f"`{guilty.text}` is no operator here", None, OPERATORS["|"])
    left, inside = place.left_atom(index - 1), place.piece(index + 1, close - 1)
    hint = f"write `{left}*|{inside}|` to multiply"
    if before.kind == "NAME" and (function := place.function(left)) is not None:
        hint = f"write `{function}(|{inside}|)` to call it"
    return place.fail(f"nothing stands between `{left}` and `|{inside}|`", None, hint)


def foreign_sign(place: Place) -> ParseError | None:
    """A look: `5%`, and R's operators that begin and end with `%`."""
    before = place.before
    number = place.tokens[max(place.index - 3, 0)]
    if before is not None and before.text == "of" and place.tokens[place.index - 2].text == "%":
        part = f"{number.text}/100*{place.right_product(place.index) or 'x'}"
        return place.fail("`%` is the remainder of a division", before.span, f"write `{part}`")
    if before is None or before.kind != "REMAINDER" or not place.wants_operand or place.index < 2:
        return None
    left = place.left_atom(place.index - 2)
    sign = next((sign for sign in PERCENTS if place.source.text.startswith(sign, before.start)), None)
    if sign is not None:
        right = place.right_atom(place.index + len(sign) - 1) or "y"
        span = Span(before.start, before.start + len(sign))
        return place.fail(f"`{sign}` is no operator here", span, f"write `{left} {PERCENTS[sign]} {right}`")
    if place.tokens[place.index - 2].kind != "NUMBER":
        return None
    part = f"write `{left}/100` for a part"
    if place.index > 3 and place.tokens[place.index - 3].kind == "PLUS_MINUS":
        value = place.left_atom(place.index - 4)
        part = f"a part of the value is written out: `{value} ± {left}*{value}/100`"
    return place.fail("`%` is the remainder of a division", before.span, part)


def comment(place: Place) -> ParseError | None:
    """A look: a comment as C, MATLAB and SQL write it, `x // note` and `/* note */`."""
    tokens = place.tokens
    before = place.before
    span = None
    following = tokens[place.index + 1] if place.index + 1 < len(tokens) else place.guilty
    if place.guilty.text == "/" and following.text[:1] == "*" and following.start == place.guilty.end:
        span = Span(place.guilty.start, following.start + 1)
    elif place.guilty.text in ("//", "%") and place.index == place.statement and place.operand_follows():
        span = place.guilty.span
    elif before is not None and before.text == "/" and place.guilty.text in ("*", "**"):
        span = Span(before.start, before.start + 2) if before.end == place.guilty.start else None
    elif before is not None and place.guilty.kind in OPERANDS and not place.wants_operand:
        words = place.index
        while words > place.statement and tokens[words - 1].kind == "NAME":
            words -= 1
        if words < place.index and words > 0 and tokens[words - 1].text in ("//", "%"):
            apart = tokens[words - 1].end < tokens[words].start
            span = tokens[words - 1].span if apart else None
    if span is None:
        return None
    return place.fail("this begins no comment here", span, "a comment begins with `#`")


def argument_range(place: Place) -> ParseError | None:
    """A look: MATLAB's `x(1:2)` and `[1:10]`."""
    if place.guilty.kind != "COLON" or not place.brackets:
        return None
    opening = place.brackets[-1]
    called = place.tokens[opening - 1] if opening else None
    closing = next(
        (k for k in range(place.index, len(place.tokens)) if place.tokens[k].kind in ("RPAR", "RSQB")), None
    )
    inside = "…" if closing is None else place.piece(opening + 1, closing - 1)
    ends = _WHOLE.fullmatch(inside)
    if ends is not None and place.tokens[opening].kind == "LSQB":
        return place.fail("`:` cannot stand here", None, steps_between(int(ends[1]), int(ends[2])))
    if place.tokens[opening].kind != "LPAR" or called is None or called.kind != "NAME":
        return None
    hint = "elements are counted from 0: `x[0:2]` has the first two"
    if _CELLS.fullmatch(inside):
        hint = "there are no cells here: an array is written [1, 2, 3], and a column of a file is a name"
        return place.fail(f"`{inside}` are cells of a spreadsheet", None, hint)
    if place.is_function(called.text):
        told = f"{called.text} takes arrays, and no range"
        hint = "numbers in equal steps are `linspace(0, 1, 11)`"
        if ends is not None:
            hint = f"write `{called.text}(arange({ends[1]}, {int(ends[2]) + 1}))`"
        return place.fail(told, None, hint)
    if inside not in ("", "…") and "(" not in inside:
        hint = f"write `{called.text}[{inside}]`, where elements are counted from 0"
    return place.fail("a slice has square brackets", None, hint)


def steps_between(first: int, last: int) -> str:
    """How the whole numbers from one to another are written."""
    numbers = f"the numbers from {first} to {last} are `arange({first}, {last + 1})`"
    return f"{numbers}, and a variable gets them as a range: x={first}:{last}"


def chosen(place: Place) -> str | None:
    """How a spreadsheet's `if(x > 0, x, -x)` is written."""
    text = place.piece(place.statement, place.line_end() - 1)
    call = _CHOSEN.fullmatch(text)
    return None if call is None else f"write `where{call[1]}`"


def matrix_of(text: str) -> str | None:
    """How the numbers of a matrix such as `1, 2; 3, 4` are written; `None` for other texts."""
    rows = [[cell for cell in re.split(r"[\s,]+", row) if cell] for row in text.strip().split(";")]
    if not all(rows) or not all(_NUMBER.fullmatch(cell) for row in rows for cell in row):
        return None
    return "[" + ", ".join(f"[{', '.join(row)}]" for row in rows) + "]"


def ternary(place: Place) -> str | None:
    """How C's `a ? b : c` is written, where all of it is there."""
    line = place.line_end()
    kinds = [token.kind for token in place.tokens[place.index : line]]
    if "COLON" not in kinds:
        return None
    colon = place.index + kinds.index("COLON")
    begin = place.value_begin()
    parts = (
        place.piece(begin, place.index - 1),
        place.piece(place.index + 1, colon - 1),
        place.piece(colon + 1, line - 1),
    )
    if "" in parts or "…" in parts:
        return "`a if condition else b` chooses a value"
    return f"write `{parts[1]} if {parts[0]} else {parts[2]}`"


def foreign_formula(place: Place) -> ParseError | None:
    """A look: `if x > 1 then 2 else 3`, MATLAB's `@(x) x.^2`, R's `function(x) x^2`."""
    text = place.statement_text().strip()
    choice = _CHOICE.fullmatch(text)
    if choice is not None:
        hint = f"write `{choice['yes']} if {choice['condition']} else {choice['no']}`"
        return place.fail("a choice is written otherwise", None, hint)
    function = _FUNCTION.fullmatch(text)
    if function is not None:
        body = re.sub(r"\.(?=[*/^])", "", function["body"].strip())
        hint = f"define it with a name: `f({function['parameters'].strip()}) = {body}`"
        return place.fail("there are no functions without a name", None, hint)
    asked = _RANGED.fullmatch(text)
    if asked is not None and KEYWORDS.get(asked["word"]) in ASKING:
        span = Span(place.guilty.start, place.guilty.end)
        told = f"{asked['word']} has no place for this part"
        hint = f"a variable gets the range: {asked['word']} {asked['formula']}, x={asked['range']}"
        return place.fail(told, span, hint)
    return None


def foreign_statement(place: Place) -> ParseError | None:
    """A look: a statement, a prefix or a word of another language."""
    first = place.tokens[place.statement] if place.statement < len(place.tokens) else place.guilty
    if first is place.before or first is place.guilty or first.start == place.guilty.start:
        hint = STATEMENTS.get(first.text)
        starts = (
            place.guilty.kind in ("NAME", "NUMBER", "TEXT", "LPAR", "COLON", "NOT") or first is place.guilty
        )
        if hint is not None and starts:
            known = first.text in KEYWORDS
            told = f"`{first.text}` cannot stand so" if known else f"there is no statement `{first.text}`"
            return place.fail(told, first.span, hint)
    before = place.before
    if place.guilty.kind == "FOR" and place.brackets:
        return place.fail("a list cannot be built by a loop", None, "functions work on whole vectors")
    wanted = {kind for kind in place.expected if kind.isupper()}
    if wanted and wanted <= {"DEF", "MATMUL", "_CLASS"} and "\n" in place.source.text.strip():
        told = "a decorator stands above a `def` or a `class`"
        return place.fail(told, None, "remove the line that begins with `@`")
    empty = before is not None and not place.wants_operand and place.guilty.text == "''"
    if before is not None and empty and before.kind == "NAME" and place.touch("TEXT"):
        return place.fail("a prime must be followed by `(`", None, f"write `{before.text}''(x)`")
    is_prefix = before is not None and before.kind == "NAME" and before.text.lower() in _TEXT_PREFIXES
    if before is not None and is_prefix and place.touch("TEXT"):
        hint = 'leave it out; `print(f"x = {x}")` shows a value in a text'
        return place.fail("text has no such prefix here", before.span, hint)
    if place.guilty.kind == "ARROW" and before is not None and before.kind in ("NAME", "RPAR"):
        head, body = (
            place.left_atom(place.index - 1).strip("()"),
            place.piece(place.index + 1, place.line_end() - 1),
        )
        hint = f"define it with a name: `f({head}) = {body or '…'}`"
        return place.fail("there are no functions without a name", None, hint)
    if place.guilty.kind == "MATMUL" and (match := _ANONYMOUS.match(place.statement_text())) is not None:
        hint = (
            f"define it with a name: `{match['name'] or 'f'}{match['parameters']} = {match['body'].strip()}`"
        )
        return place.fail("there are no functions without a name", None, hint)
    if first.kind == "MATMUL" and first.start == place.source.text.find("@"):
        if "\n" in place.source.text.strip():
            return place.fail("there are no decorators", None, "remove the line")
        text = place.source.text.strip()
        file = text if len(text) <= HINT_WIDTH else "@FILE"
        hint = f"a file holds the value of a variable, `x={file}`, or statements that gradcli run runs"
        return place.fail("`@` has nothing on its left", first.span, hint)
    return None


_SENTENCE = re.compile(
    r"(?P<word>\w+)\s+(?:(?:is|the|of)\s+)*(?P<formula>\S.*?)"
    r"(?:,?\s+(?:with respect to|wrt|by|in)\s+(?P<variable>\w+))?"
    r"(?:,?\s+(?:at|for|when|where)\s(?P<at>.*?))?\s*\??"
)


def sentence(place: Place) -> ParseError | None:
    """A look: a sentence about a formula, `derivative of x**2` or `convert 5 km to m`."""
    first = place.tokens[place.statement]
    hint = SENTENCES.get(first.text.casefold())
    if hint is None or place.brackets or place.index != place.statement + 1:
        return None
    told = _SENTENCE.fullmatch(" ".join(place.statement_text().split()))
    if told is None or told["formula"] in ("of", "the", "is") or _SIDE_BY_SIDE.search(told["formula"]):
        if "{variable}" in hint:
            hint = "write `grad(y, x)`"
        elif "{formula}" in hint:
            hint = "write the formula alone"
    else:
        formula = told["formula"]
        names = [name for name in re.findall(r"[^\W\d]\w*", formula) if not place.is_function(name)]
        variable = told["variable"] or (names[0] if names and names != [formula] else "x")
        given = re.fullmatch(_VALUES, told["at"].strip()) if told["at"] else None
        if given is not None and ":" not in given[0]:
            hint = hint.replace("write `", f"write `{'; '.join(_separate(given[0]))}; ", 1)
        hint = hint.replace("{formula}", formula).replace("{variable}", variable)
    return place.fail(f"there is no statement `{first.text}`", first.span, hint)


_SIDE_BY_SIDE = re.compile(r"[^\W\d]\w* (?!and |or |if |else |in |not |is )[^\W\d]")
"""Two words of a sentence, which is no formula."""


def fraction(place: Place) -> str | None:
    """How `d/dx x**2` and `d²y/dx²` are written, whose quotient ends before the refused token or with it."""
    text = place.statement_text()
    at = place.guilty.start - place.tokens[place.statement].start
    for begin in (match.start() for match in _DIFFERENTIAL.finditer(text)):
        if begin <= at and not text[begin + quotient_end(text[begin:]) : at].strip():
            slope = derivative(text[begin:])
            return None if slope is None else _shortened(with_signs(place, slope))
    return None


def partial_derivative(place: Place) -> str | None:
    """How `∂y/∂x` and `∂/∂x (x*y)` are written."""
    slope = derivative(place.statement_text()[place.guilty.start - place.tokens[place.statement].start :])
    return None if slope is None else _shortened(with_signs(place, slope))


_DIFFERENTIAL = re.compile(r"(?<!\w)[d∂](?=[\s^*²³⁴(\w]*/)")


def slope_of_what_follows(place: Place) -> str | None:
    """How `∇(x**2 + y**2)` and `∇f` are written."""
    operand = place.right_product(place.index + 1) if place.operand_follows() else ""
    if not operand or "…" in operand:
        return None
    names = dict.fromkeys(re.findall(r"[^\W\d]\w*", operand))
    variables = [name for name in names if not place.is_function(name) and name != operand] or ["x"]
    listed = variables[0] if len(variables) == 1 else f"[{', '.join(variables)}]"
    whole = operand[1:-1] if operand[0] == "(" else operand
    return _shortened(f"grad({with_signs(place, whole)}, {listed})")


def _shortened(text: str) -> str | None:
    return text if len(text) <= 4 * HINT_WIDTH else None


def with_signs(place: Place, text: str) -> str:
    """A formula with the `*` and the brackets of calls in it that were left out: `x y`, `2 sin² x`."""
    text = _powers_behind(place, text)
    tokens = [token for token in scan(text) if token.kind != "NEWLINE"]
    parts: list[str] = []
    closing = -1  # the token behind the argument whose bracket was left out
    for index, token in enumerate(tokens):
        before, following = tokens[index - 1] if index else None, tokens[min(index + 1, len(tokens) - 1)]
        if index == closing:
            parts.append(")")
        gap = text[0 if before is None else before.end : token.start]
        is_call = before is not None and before.kind == "NAME" and _calls(place, before, token)
        if is_call and index != closing:
            gap, closing = "(", _argument_end(tokens, index)
        elif before is not None and before.kind in _ENDS_FACTOR and token.kind in _BEGINS_FACTOR:
            # `x^2 y` and `1/2 x` are no x^(2*y) and no 1/(2*x).
            is_power = gap and index > 1 and tokens[index - 2].kind in ("POWER", "DIVIDE")
            gap = gap if before.kind == "NUMBER" and token.kind != "NUMBER" and not is_power else "*"
        parts += [gap, token.text]
        if following.kind == "$END" and token is not following:
            parts.append(")" if closing == index + 1 else "")
            break
    return "".join(parts)


def _powers_behind(place: Place, text: str) -> str:
    """A formula whose powers stand behind calls, and not between function and argument; of -1 the inverse."""
    tokens = scan(text)
    written, done = "", 0
    for index, name in enumerate(tokens):
        if name.start < done or name.kind != "NAME" or (function := place.function(name.text)) is None:
            continue
        begin = _power_end(tokens, index + 1)
        if begin == index + 1 or tokens[begin].kind not in (*_BEGINS_FACTOR, "LPAR"):
            continue
        in_brackets = tokens[begin].kind == "LPAR"
        end = (_bracket_end if in_brackets else _argument_end)(tokens, begin)
        argument = text[tokens[begin].start : tokens[end - 1].end]
        whole = argument[1:-1] if in_brackets else argument
        power = text[name.end : tokens[begin - 1].end].strip()
        is_inverse = re.sub(r"[\s()^*]", "", power) in ("-1", "⁻¹") and place.is_function(f"a{function}")
        call = f"a{function}({whole})" if is_inverse else f"{function}({whole}){power}"
        written, done = written + text[done : name.start] + call, tokens[end - 1].end
    return written + text[done:]


def _power_end(tokens: Sequence[Token], begin: int) -> int:
    """The index behind a power that a whole number is, as in `²`, `^2` and `^(-1)`; `begin` where none is."""
    if tokens[begin].kind == "SUPERSCRIPT":
        return begin + 1
    if tokens[begin].kind != "POWER":
        return begin
    kinds = [each.kind for each in tokens[begin + 1 : begin + 5]]
    for whole in (["NUMBER"], ["LPAR", "NUMBER", "RPAR"], ["LPAR", "MINUS", "NUMBER", "RPAR"]):
        if kinds[: len(whole)] == whole:
            return begin + 1 + len(whole)
    return begin


_ENDS_FACTOR = ("NAME", "NUMBER", "RPAR", "SUPERSCRIPT", "FACTORIAL")
_BEGINS_FACTOR = ("NAME", "NUMBER", "ROOT")


def _calls(place: Place, name: Token, following: Token) -> bool:
    """Whether a name is a function whose argument stands behind it without brackets."""
    return following.kind in _BEGINS_FACTOR and len(name.text) > 1 and place.function(name.text) is not None


def _argument_end(tokens: Sequence[Token], begin: int) -> int:
    """The index behind an argument without brackets: a product of a number and a name, with its powers."""
    index = begin
    while True:
        if tokens[index].kind == "NUMBER" and tokens[index + 1].kind == "NAME":
            index += 1
        index += 1
        if tokens[index].kind == "LPAR" and tokens[index - 1].kind == "NAME":
            index = _bracket_end(tokens, index)
        if tokens[index].kind == "SUPERSCRIPT":
            index += 1
        if tokens[index].kind != "POWER" or tokens[index + 1].kind not in _BEGINS_FACTOR:
            return index
        index += 1


def _bracket_end(tokens: Sequence[Token], begin: int) -> int:
    """The index behind a bracket."""
    depth = 0
    for index in range(begin, len(tokens) - 1):
        depth += (tokens[index].kind in CLOSERS) * 2 - (tokens[index].kind in BRACKETS)
        if not depth:
            return index + 1
    return len(tokens) - 1


def all_signs(place: Place) -> str | None:
    """The statement with the signs that were left out, where they are several and its names are short."""
    text = place.statement_text().strip()
    if _DIFFERENTIAL.search(text):
        return None
    tokens = scan(text)
    if any(each.text in WORDS for each in tokens):
        return None
    apart = [
        (before, token)
        for before, token in pairwise(tokens)
        if before.kind in _ENDS_FACTOR and token.kind in _BEGINS_FACTOR
    ]
    names = [each for pair in apart for each in pair if each.kind == "NAME"]
    if any(len(each.text) > _SHORT and place.function(each.text) is None for each in names):
        return None
    written = with_signs(place, text)
    added = sum(written.count(sign) - text.count(sign) for sign in "*(")
    # Behind `sin^(-1)` no sign is missing, but the power stands in the wrong place.
    is_power = place.before is not None and place.before.kind == "RPAR"
    moved = is_power and _powers_behind(place, text) != text
    return written if (added > 1 or moved) and len(written) <= 2 * HINT_WIDTH else None


_SHORT = 3
"""How many letters a name of a formula has, and no word of a sentence."""


_VALUE = r"[^\W\d]\w*\s*=\s*[-+−]?[\w.]+(?:[eE][-+]?\d+)?(?:\s*:\s*[-+−]?[\w.]+)*"
_VALUES = rf"(?P<values>{_VALUE}(?:\s*(?:,|&|\band\b)\s*{_VALUE})*)"
_BEHIND = re.compile(
    rf"(?P<formula>\S.*?)\s*(?P<word>,|\||\b(?:at|where|when|for|with|if|given)\b)\s*{_VALUES}\s*"
)
_BEFORE = re.compile(
    rf"(?P<word>let|with|for|given|if|when|at)\s+{_VALUES}\s*(?:,|:|\bin\b|\bthen\b)\s*(?P<formula>\S.*)"
)


_PAIRS = ("()", "[]", "{}")


def _separate(values: str) -> list[str]:
    """Values of several variables, each by itself: `x = 3`."""
    each = re.split(r"\s*(?:,|&|\band\b)\s*", values.replace("−", "-"))
    return [re.sub(r"\s*=\s*", " = ", value) for value in each]


def with_values(place: Place) -> ParseError | None:
    """A look: a formula with the values of its variables, `x**2 at x = 3`, `let x = 3 in x**2`."""
    text = place.statement_text()
    found = _BEFORE.fullmatch(text.strip()) or _BEHIND.fullmatch(text.strip())
    if found is None or any(
        found["formula"].count(pair[0]) != found["formula"].count(pair[1]) for pair in _PAIRS
    ):
        return None
    formula = found["formula"].strip()
    values = _separate(found["values"])
    first, _, rest = formula.partition(" ")
    asks = KEYWORDS.get(first) in ASKING and bool(rest)
    loops = found.re is _BEFORE and any(":" in each for each in values)
    if SENTENCES.get(first.casefold()) is not None or formula.count("=") or loops:
        return None
    begin = place.tokens[place.statement].start + len(text) - len(text.lstrip()) + found.start("word")
    formula = translated(formula) or (formula if asks else with_signs(place, formula))
    together = [each.replace(" ", "") for each in values]
    hint = f"write `{formula}, {', '.join(together)}`"
    if not place.asks and not asks:
        hint = f"write `{'; '.join((*values, formula))}`"
        if any(":" in each for each in values):
            hint = f"a range stands apart from the formula `{formula}`: {', '.join(together)}"
    word = found["word"]
    return place.fail(f"`{word}` gives no values here", Span(begin, begin + len(word)), hint)


def rows_of_matrix(place: Place) -> str | None:
    """How Matlab's `[1, 2; 3, 4]` is written, where all of it is there."""
    opening = place.brackets[-1]
    rows: list[str] = []
    begin = opening + 1
    for k in range(begin, len(place.tokens)):
        kind = place.tokens[k].kind
        if kind in CLOSERS or kind in ("RPAR", "NEWLINE"):
            return None
        if kind in ("SEMICOLON", "RSQB"):
            rows.append(place.piece(begin, k - 1) if k > begin else "")
            begin = k + 1
        if kind == "RSQB":
            break
    if "" in rows or "…" in rows:
        return None
    if all("," not in row and " " not in row for row in rows):
        return f"write `[{', '.join(rows)}]`"
    matrix = [", ".join(row.replace(",", " ").split()) for row in rows]
    return f"write `[{', '.join(f'[{row}]' for row in matrix)}]`"


def annotation(place: Place) -> ParseError:
    """The error for a `:` that opens no block, as in `f(x): x**2`."""
    following = place.tokens[place.index + 1 :]
    line = following[: next(i for i, t in enumerate(following) if t.kind in ("NEWLINE", "$END"))]
    kinds = [token.kind for token in place.tokens[place.statement : place.statement + 2]]
    if kinds == ["NAME", "LPAR"] and place.before is not None and place.before.kind == "RPAR" and line:
        head = place.piece(place.statement, place.index - 1)
        body = place.piece(place.index + 1, place.index + len(line))
        return place.fail("`:` cannot stand here", None, f"write `{head} = {body}`")
    ends = place.before, place.tokens[place.index + 1]
    if all(each is not None and each.kind == "NUMBER" and each.text.isdecimal() for each in ends):
        first, last = (int(each.text) for each in ends if each is not None)
        return place.fail("`:` cannot stand here", None, steps_between(first, last))
    return place.fail("`:` cannot stand here", None, "only `def`, `for` and `no_grad` open a block")


def word_between(place: Place) -> ParseError | None:
    """`7 mod 3` and `a div b`: a word where an operator should be."""
    for at, ahead in ((place.index, 1), (place.index - 1, 0)):
        token = place.tokens[at]
        if at == place.statement or place.tokens[at - 1].kind not in ENDS_OPERAND | SOFT_KEYWORDS:
            continue
        if token.text in WORDS:
            left, right = place.left_atom(at - 1), place.right_atom(place.index + ahead) or "y"
            hint = WORDS[token.text].replace("{left}", left).replace("{right}", right)
            return place.fail(f"`{token.text}` is no operator here", token.span, hint)
    return None
