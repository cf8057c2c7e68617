"""What to say about names that mean nothing where they stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import count

from gradcli.engine.primitives import TABLE
from gradcli.language.mistakes.hints import NAMES, STATEMENTS, UNITS, unquoted
from gradcli.language.mistakes.units import advice, converted, units_meant
from gradcli.language.table import ASKING, KEYWORDS
from gradcli.language.tree import Argument, Binary, Call, Expression, Name, Number, Sequence, Text, Unary
from gradcli.language.vocabulary import (
    CONSTANTS,
    MODULES,
    QUANTITIES,
    STATEMENT_CALLS,
    SUBMODULES,
    TRUTHS,
    USAGE,
    words_of,
)
from gradcli.lowering.context import LONGEST_QUOTE, Context
from gradcli.text.errors import InputError, UnboundNameError
from gradcli.text.source import Span
from gradcli.text.suggest import did_you_mean, letters_for, parts_of


def unknown_name(context: Context, name: str, span: Span) -> InputError:
    """The error for a name that stands for no value."""
    if name == "None":
        hint = "leave it out, as what it stands for elsewhere is the default here"
        return context.wrong("None is not a value", span, hint)
    own = context.scope.function(name)
    if own is not None:
        return context.wrong(f"{name} is a function", span, f"call it: {name}(…)")
    known = [*context.scope.names(), *CONSTANTS, *TRUTHS, *context.locals()]
    function = None if name in USAGE else _called(name)
    is_imaginary = name in ("i", "j") and _DIGIT_BEFORE.search(context.here.text[: span.start])
    near = None if function or is_imaginary else did_you_mean(name, known)
    if near is not None:
        return context.wrong(f"unknown name {name}", span, f"did you mean {near}?")
    elsewhere = _unit(context, name, span) or library_of_others(context, name, span)
    if elsewhere is not None:
        return elsewhere
    if name.casefold() in NAMES:
        return context.wrong(f"unknown name {name}", span, f"write {NAMES[name.casefold()]}")
    squared = called_in_squares(context, name, span)
    if squared is not None:
        return squared
    odd = _odd_name(context.here.text, name, span)
    if odd is not None:
        return context.wrong(f"unknown name {name}", span, odd)
    if function is not None:
        value = context.scope.unknown(name)
        negative = _NEGATIVE.match(context.here.text, span.end)
        call = function if negative is None else f"{name}({negative[1]})"
        hint = f"call it: {call}{f', or {value}' if value else ''}"
        return context.wrong(f"{name} is a function", span, hint)
    if name in USAGE:
        return context.wrong(f"{name} is a statement, not a value", span, f"write {USAGE[name]}")
    if KEYWORDS.get(name) in ASKING:
        hint = f"what it asks about stands behind it, as in {name} x**2"
        return context.wrong(f"{name} is a statement, not a value", span, hint)
    if name in STATEMENT_CALLS:
        return context.wrong(f"{name} is a statement, not a value", span, f"write {name}(…)")
    if name in STATEMENTS:
        return context.wrong(f"there is no statement {name}", span, unquoted(STATEMENTS[name]))
    rewritten = _rewritten(name, known)
    if rewritten is not None:
        return context.wrong(f"unknown name {name}", span, rewritten)
    hints = [context.scope.unknown(name), _of_nature(name)]
    if is_imaginary:
        hints.insert(0, "there are no complex numbers here")
    if _BEGINS_COMMENT.search(context.here.text[: span.start]):
        hints.append("a comment begins with #")
    hint = "; ".join(each for each in hints if each is not None)
    return UnboundNameError(f"unknown name {name}", (context.mark(span),), hint or None)


def called_in_squares(context: Context, name: str, span: Span) -> InputError | None:
    """The error for `Sin[x]` and `det [[1, 2], [3, 4]]`: a function whose call has no round brackets."""
    from gradcli.language.mistakes.functions import in_round_brackets  # which only mistakes need

    text = context.here.text
    opening = span.end + len(text[span.end :]) - len(text[span.end :].lstrip())
    if text[opening : opening + 1] != "[":
        return None
    spellings = (name, name.casefold())
    words = {each for word in words_of("call", "factory") for each in word.spellings}
    called = next(
        (each for each in spellings if each in TABLE or each in words or context.scope.function(each)), None
    )
    arguments = [in_round_brackets(each) for each in _in_brackets(text, opening)]
    if called is not None and opening > span.end and arguments:
        hint = f"call it: {called}([{', '.join(arguments)}])"
        return context.wrong(f"{called} is a function", span, hint)
    if called is not None:
        hint = f"call it with round brackets: {called}({', '.join(arguments) or '…'})"
        return context.wrong(f"{called} is a function", span, hint)
    other = function_elsewhere(name, arguments) if len(name) > 1 and name[0].isupper() else None
    return None if other is None else context.wrong(f"unknown function {name}", span, other)


def _in_brackets(text: str, start: int) -> list[str]:
    """What stands between commas in the square brackets that open at a place; nothing if they stay open."""
    parts, depth, begin = [], 0, start + 1
    for place in range(start, len(text)):
        depth += (text[place] in "([{") - (text[place] in ")]}")
        if (depth == 1 and text[place] == ",") or not depth:
            parts.append(" ".join(text[begin:place].split()))
            begin = place + 1
        if not depth:
            return parts if len(text[start:begin]) <= LONGEST_QUOTE else []
    return []


def _odd_name(text: str, name: str, span: Span) -> str | None:
    """What `A^T`, `1.5d0` and `dy/dx` are here."""
    before, after = text[: span.start], text[span.end :]
    if name == "T" and (matrix := re.search(r"(\w+)\s*(?:\^|\*\*)\s*$", before)):
        return f"the transpose is {matrix[1]}.T"
    if name == "end" and before.rstrip().endswith("["):
        return "the last element has the index -1"
    if name == "end" and before.rstrip().endswith(":") and after.lstrip().startswith("]"):
        return "leave it out: a slice without an end holds the last element"
    number = re.search(r"[\d.]+$", before)
    if number and re.fullmatch(r"[dD]\d+", name):
        return f"write {number[0]}e{name[1:]}"
    if name == "d":
        from gradcli.language.mistakes.leibniz import derivative  # which only mistakes need

        written = derivative(re.split(r"[;\n]", text[span.start :])[0])
        if written is not None:
            return f"write {written}"
    slope = re.match(r"\s*/\s*d(\w+)", after)
    if slope and name[0] == "d" and name[1:].isidentifier():
        return (
            f"{name[1:]} gets a formula in a statement before it; that of one in brackets is d/d{slope[1]}(…)"
        )
    return None


_NEGATIVE = re.compile(r"\s+(-[\w.]+(?:\([^()]*\))?)")
"""What follows a name in `exp -x`, which this language reads as a difference."""

_DIGIT_BEFORE = re.compile(r"[\d.]$")
_BEGINS_COMMENT = re.compile(r"(?:^|\s)(?://|%)\s+$")


def _called(name: str) -> str | None:
    """How a built-in function of this name is called; `None` for a letter, which is meant as a name."""
    if len(name) == 1:
        return None
    if name in TABLE:
        return f"{name}({TABLE[name].signature})"
    words = (word for word in words_of("call", "factory") if name in word.spellings and not word.alone)
    return next((word.usage for word in words), None)


def _of_nature(name: str) -> str | None:
    """The constant of nature, or of mathematics, that a name of several letters is elsewhere."""
    if len(name) == 1 or name in _LETTERS:
        return None
    from gradcli.engine.primitives.quantities import words_of_symbol  # which only mistakes and constants need

    words = words_of_symbol(name)
    if words is None:
        return None
    article = "" if words.startswith("the ") or "'s " in words else "the "
    return f"{QUANTITIES}.{name} is {article}{words}"


_LETTERS = ("alpha", "sigma", "eta", "mu")
"""Symbols of constants that mean other things in most formulas."""


def _unit(context: Context, name: str, span: Span) -> InputError | None:
    """The error for `5 km` and `30 deg`, which are read as products."""
    text = context.here.text
    number = converted(text)
    if number is not None:
        return context.wrong(f"{name} is no unit here", span, f"there are none: write `{number}`")
    units = units_meant(text, span.start, name, lambda each: context.bound(each) or each in CONSTANTS)
    if units:
        return UnboundNameError(f"unknown name {name}", (context.mark(span),), advice(units))
    before = _NUMBER_BEFORE.search(text[: span.start])
    function = UNITS.get(name.casefold())
    if function is None:
        return None
    hint = f"write {function}({before[1] if before else 'x'})"
    return context.wrong(f"{name} is no unit here: angles are in radians", span, hint)


def library_of_others(context: Context, name: str, span: Span) -> InputError | None:
    """The error for `Math.sin(x)` and `nn.ReLU()`, whose names before the dot are none here."""
    text = context.here.text
    member = _MEMBER.match(text, span.end)
    if member is None:
        return None
    arguments = _in_brackets(text, member.end() - 1) if member[0][-1] == "(" else []
    dotted = function_elsewhere(f"{name}{member[1]}", arguments, absent=False)
    if dotted is not None:  # Excel's
        return context.wrong(f"there is no {name}{member[1]} here", span, dotted)
    last = member[1].rpartition(".")[2]
    known = next((each for each in (last, last.casefold()) if each in (*TABLE, *CONSTANTS)), None)
    if known is None:
        return None
    arguments = [each for each in arguments if each]
    needed, most = (len(TABLE[known].needed), len(TABLE[known].parameters)) if known in TABLE else (0, 0)
    fits = 0 < needed <= len(arguments) <= most
    if name.casefold() not in MODULES and name not in SUBMODULES and not fits:
        # a module of which nothing is known here, or a method of what has no value
        from gradcli.language.mistakes.functions import of_count  # which only mistakes need

        told = of_count(known, arguments)
        return None if told is None else context.wrong(f"there is no {name} here", span, told)
    from gradcli.language.libraries import FUNCTIONS  # long, and for libraries only

    if known in FUNCTIONS.get(f"torch.{name}", "").split():  # which may mean something else than alone
        return context.wrong(f"there is no {name} here", span, f"its whole name is torch.{name}.{known}")
    alone = known in TABLE and most == 1
    called = f"{known}({TABLE[known].signature})" if alone else known
    called = f"{known}({', '.join(arguments)})" if fits and not alone else called
    return context.wrong(f"there is no {name} here", span, f"leave it out: {called}")


_MEMBER = re.compile(r"((?:\.\w+)+)\s*\(?")
_NUMBER_BEFORE = re.compile(r"([\w.]+)\s*\*?\s*$")


def _rewritten(name: str, known: Iterable[str]) -> str | None:
    """How a name is written that is made of others: `xy` is no product, and `Sin` no function."""
    parts = parts_of(name, known)
    if parts:
        return f"names are not split: write {'*'.join(parts)}"
    lower = name.casefold()
    if lower in TABLE and lower != name:
        return f"call it: {lower}({TABLE[lower].signature})"
    for end in range(len(name) - 1, 1, -1):
        if name[:end] in TABLE and name[end:] in known:
            return f"write {name[:end]}({name[end:]}) to call it"
    return None


def unknown_function(
    context: Context, name: str, span: Span, arguments: Iterable[Argument] = (), made: Iterable[str] = ()
) -> InputError:
    """The error for a call of what is no function, with some arguments; `made` is what its module makes."""
    lower = name.casefold()
    object_near = did_you_mean(name, made)
    if object_near is not None:
        return context.wrong(f"unknown function {name}", span, f"did you mean {object_near}?")
    near = did_you_mean(name, context.callables())
    if context.has(name) or name in CONSTANTS:
        product = f"a product needs its sign: {name}*(…)" if [*arguments] else f"write {name}"
        return context.wrong(
            f"{name} is a value, not a function", span, f"did you mean {near}?" if near else product
        )
    if lower in CONSTANTS:
        return context.wrong(f"unknown function {name}", span, f"write {lower}")
    texts = [context.text(argument.value.span) for argument in arguments if argument.name is None]
    hint = function_elsewhere(name, texts)
    if hint is None:
        defined = f"define it first: {name}({', '.join(letters_for(texts))}) = …"
        hint = f"did you mean {near}?" if near else defined
    return context.wrong(f"unknown function {name}", span, hint)


def function_elsewhere(name: str, arguments: Iterable[str], *, absent: bool = True) -> str | None:
    """How a function of another library or language is written here; `None` for a name of none.

    What only case tells from a function here is no such name. Unless `absent`, only what has another name
    here counts.
    """
    from gradcli.language.mistakes import functions  # which only mistakes need

    if name.casefold() in TABLE and name not in functions.signatures():
        return None
    asked = functions.function_of_others if absent else functions.advice
    return asked(name, [text for text in arguments if text != "…"])


def power_of_function(context: Context, expression: Binary) -> InputError | None:
    """The error for `sin^2(x)` and `sin^-1(x)`, which this language reads as powers of a name."""
    name, right = expression.left, expression.right
    if expression.operator != "**" or not isinstance(name, Name) or name.name not in TABLE:
        return None
    if context.bound(name.name) or name.name in CONSTANTS or context.scope.function(name.name):
        return None
    is_negative = isinstance(right, Unary) and right.operator == "-"
    product = right.operand if isinstance(right, Unary) and is_negative else right
    if not isinstance(product, Binary) or not isinstance(product.left, Number):
        return None
    argument = context.text(product.right.span)
    inverse = f"a{name.name}"
    if is_negative and product.left.value == 1 and inverse in TABLE:
        hint = f"write {inverse}({argument}), or {name.name}({argument})**-1 for 1 divided by it"
    else:
        hint = f"write {name.name}({argument})**{'-' if is_negative else ''}{product.left.value:g}"
    return context.wrong(f"{name.name} is a function", name.span, hint)


_FIELD = re.compile(r"\{(?P<key>\w*)(?::(?P<spec>[^{}]*))?\}")
_OLD_FIELD = re.compile(r"%(?P<left>-?)(?P<width>0?\d*(?:\.\d+)?)(?P<kind>[dieEfFgGsrxo%])")


def old_format(context: Context, text: Text, given: Expression, span: Span) -> InputError:
    """The error for `"x = %.4f" % x`."""
    values = iter(given.items if isinstance(given, Sequence) else (given,))

    def field(match: re.Match[str]) -> str:
        if match["kind"] == "%":
            return "%"
        kind = {"i": "d", "s": "", "r": ""}.get(match["kind"], match["kind"])
        spec = ("<" if match["left"] else "") + match["width"] + kind
        return _field(context, next(values, None), spec)

    return _in_one_piece(context, text, span, _OLD_FIELD, field)


def format_method(context: Context, text: Text, call: Call) -> InputError:
    """The error for `"x = {:.4f}".format(x)`."""
    given = {argument.name or str(place): argument.value for place, argument in enumerate(call.arguments)}
    places = count()

    def field(match: re.Match[str]) -> str:
        return _field(context, given.get(match["key"] or str(next(places))), match["spec"] or "")

    return _in_one_piece(context, text, call.span, _FIELD, field)


def _field(context: Context, value: Expression | None, spec: str) -> str:
    """A field of formatted text; one with `…` where there is no value for it."""
    return f"{{{'…' if value is None else context.text(value.span)}{':' * bool(spec)}{spec}}}"


def _in_one_piece(
    context: Context,
    text: Text,
    span: Span,
    pattern: re.Pattern[str],
    field: Callable[[re.Match[str]], str],
) -> InputError:
    """The error for text and values apart from each other; `field` rewrites what `pattern` finds."""
    example = "f" + pattern.sub(field, context.here.text[text.span.start : text.span.end])
    if len(example) > _LONGEST_EXAMPLE or "…" in example or "{" not in example:
        example = 'f"x = {x:.4f}"'
    return context.wrong("text with values in it is written in one piece", span, f"write print({example})")


_LONGEST_EXAMPLE = 60
"""How many characters of formatted text a hint writes out."""
