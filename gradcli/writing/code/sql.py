"""SQL: one query over a table, whose variables are its columns.

Shared parts are lateral subqueries of one value each; SQLite has none, and so every part stands where it is
used. Literals and columns are cast, since integers divide as integers and decimals compute as decimals.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import numpy as np

from gradcli.arrays import Shape
from gradcli.engine.graph import Node, number_in
from gradcli.records import NamedTuple
from gradcli.text.errors import EvaluationError
from gradcli.writing.code.names import Names, told
from gradcli.writing.code.program import (
    AND,
    ARITHMETIC,
    ATOM,
    NOT,
    OR,
    SIGN,
    TERM,
    Function,
    Language,
    Step,
    Word,
    call,
    comparison,
    decimal,
    infix,
)


class Dialect(NamedTuple):
    """How one engine speaks: its name for doubles, its quotes, its literals, and the words that it adds.

    `infinite` and `undefined` are its literals of infinity and nan; `quiet` says that it answers outside a
    domain, where others end the query; `total` is its most exact sum. `lateral` is how it names values in a
    row, from these and their name; `escapes` says that a backslash in quotes stands before what it keeps.
    `kept` stands behind a value that would else be put where it is used, again and again.
    """

    title: str
    double: str
    quote: str
    literal: str
    infinite: str
    undefined: str
    words: Mapping[str, Word]
    about: str
    laterals: bool = True
    quiet: bool = True
    total: str = "sum"
    lateral: str = "CROSS JOIN LATERAL (SELECT {}) AS {}"
    escapes: bool = False
    kept: str = ""


_EVERYWHERE: Mapping[str, Word] = {
    **ARITHMETIC,
    **{name: call(name) for name in ("sin", "cos", "exp", "sqrt", "abs", "floor")},
    **{name: call(name) for name in ("tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")},
    **{name: call(name) for name in ("asinh", "acosh", "atanh")},
    "ceil": call("ceiling"),
    "log": call("ln"),
    "atan2": call("atan2", 2),
    "power": call("power", 2),
    "equal": comparison("="),
    "not_equal": comparison("<>"),
    "logical_not": Word("NOT {}", NOT, (NOT + 1,)),
    "logical_and": infix("AND", AND),
    "logical_or": infix("OR", OR),
    "where": Word("CASE WHEN {} THEN {} ELSE {} END"),
}


def _guarded(word: str, *cases: tuple[str, str]) -> Word:
    """A function that ends the query outside its domain, where the cases say what it is there."""
    told_cases = " ".join(f"WHEN {condition} THEN {value}" for condition, value in cases)
    return Word(f"CASE {told_cases} ELSE {word} END")


def _guards(infinite: str, minus_infinite: str, undefined: str, literal: str) -> dict[str, Word]:
    """The words of an engine that ends the query outside a domain, from its literals."""
    too_large, too_small = literal.format("709.782712893384"), literal.format("-745.13321910194")
    none = literal.format("0.0")
    return {
        "cbrt": call("cbrt"),
        "trunc": call("trunc"),
        "isnan": Word(f"{{}} = {undefined}", ATOM - 50, (ATOM - 49,)),
        "divide": Word(
            f"CASE WHEN {{1}} <> 0 THEN {{0}} / {{1}} WHEN {{0}} > 0 THEN {infinite} "
            f"WHEN {{0}} < 0 THEN {minus_infinite} ELSE {undefined} END",
            ATOM,
            (TERM, TERM + 1),
        ),
        "exp": _guarded("exp({0})", (f"{{0}} > {too_large}", infinite), (f"{{0}} < {too_small}", none)),
        "log": _guarded("ln({0})", ("{0} < 0", undefined), ("{0} = 0", minus_infinite)),
        "sqrt": _guarded("sqrt({0})", ("{0} < 0", undefined)),
        "asin": _guarded("asin({0})", ("abs({0}) > 1", undefined)),
        "acos": _guarded("acos({0})", ("abs({0}) > 1", undefined)),
        "acosh": _guarded("acosh({0})", ("{0} < 1", undefined)),
        "atanh": _guarded("atanh({0})", ("abs({0}) > 1", undefined)),
        "power": _guarded(
            "power({0}, {1})",
            ("{0} < 0 AND {1} <> floor({1})", undefined),
            ("{0} = 0 AND {1} < 0", infinite),
        ),
    }


_INF, _NAN = "'Infinity'::float8", "'NaN'::float8"
_ENDLESS, _NO_NUMBER = "CAST('inf' AS FLOAT64)", "CAST('nan' AS FLOAT64)"

DIALECTS: Mapping[str, Dialect] = {
    "duckdb": Dialect(
        "DuckDB",
        "DOUBLE",
        '"',
        "{}::DOUBLE",
        "'inf'::DOUBLE",
        "'nan'::DOUBLE",
        {
            **{name: call(name) for name in ("cbrt", "log2", "log10", "trunc", "isnan", "isfinite")},
            **{name: call(name) for name in ("gamma", "lgamma")},
            "fmod": infix("%", TERM),
            "round_half_even": Word("round_even({}, 0)"),
        },
        "Outside the domain DuckDB answers with nan, inf or an error; nan is greater than every number.",
        total="fsum",
    ),
    "postgres": Dialect(
        "PostgreSQL",
        "float8",
        '"',
        "{}::float8",
        _INF,
        _NAN,
        _guards(_INF, "'-Infinity'::float8", _NAN, "{}::float8"),
        "PostgreSQL ends the query where a result overflows or underflows; nan is greater than every number.",
        quiet=False,
        kept=" OFFSET 0",
    ),
    "spark": Dialect(
        "Spark",
        "DOUBLE",
        "`",
        "{}D",
        "double('Infinity')",
        "double('NaN')",
        {
            **{name: call(name) for name in ("cbrt", "expm1", "log1p", "log2", "log10", "isnan", "rint")},
            "hypot": call("hypot", 2),
            "fmod": infix("%", TERM),
            "round_half_even": call("rint"),
            "divide": Word(
                "CASE WHEN {1} <> 0D THEN {0} / {1} WHEN {0} > 0D THEN double('Infinity') "
                "WHEN {0} < 0D THEN double('-Infinity') ELSE double('NaN') END",
                ATOM,
                (TERM, TERM + 1),
            ),
        },
        "Outside the domain Spark answers with nan or NULL; nan is greater than every number.",
    ),
    "sqlite": Dialect(
        "SQLite",
        "REAL",
        '"',
        "{}",
        "9e999",
        "NULL",
        {"trunc": call("trunc"), "log2": call("log2"), "log10": call("log10"), "fmod": call("mod", 2)},
        "Outside the domain SQLite answers with NULL. Its functions of mathematics must be compiled in.",
        laterals=False,
    ),
    "bigquery": Dialect(
        "BigQuery",
        "FLOAT64",
        "`",
        "{}",
        _ENDLESS,
        _NO_NUMBER,
        {
            **_guards(_ENDLESS, "CAST('-inf' AS FLOAT64)", _NO_NUMBER, "{}"),
            "isnan": call("is_nan"),
            "divide": call("ieee_divide", 2),
            "atanh": _guarded(
                "atanh({0})",
                ("abs({0}) > 1", _NO_NUMBER),
                ("abs({0}) = 1", f"{{0}} * {_ENDLESS}"),
            ),
        },
        "Parsed, and not run: BigQuery ends the query where a result overflows.",
        quiet=False,
        lateral="CROSS JOIN UNNEST([STRUCT({})]) AS {}",
        escapes=True,
    ),
    "snowflake": Dialect(
        "Snowflake",
        "FLOAT",
        '"',
        "{}::FLOAT",
        "'inf'::FLOAT",
        "'NaN'::FLOAT",
        {
            **_guards("'inf'::FLOAT", "'-inf'::FLOAT", "'NaN'::FLOAT", "{}::FLOAT"),
            "ceil": call("ceil"),
        },
        "Parsed, and not run: names are those of columns in quotes, where Snowflake has capitals without.",
        quiet=False,
        lateral=", LATERAL (SELECT {}) AS {}",
    ),
}
"""The engines, by the name that `--dialect` takes."""

_RESERVED = frozenset({"t", "c", "select", "from", "table", "value", "values"})


class Aliases(NamedTuple):
    """What a query calls its table, and its columns as doubles."""

    table: str
    columns: str

    @classmethod
    def beside(cls, names: Iterable[str]) -> Aliases:
        """Those that no column has for its name: Spark would look for a part of that column."""
        taken = Names(tuple(names), folds=True)
        return cls(taken.safe("t"), taken.safe("c"))


_MOST_INLINED = 20_000
"""Characters that a planner may make of a query by putting its steps where they are used."""

LONGEST = 100_000
"""Characters of a query in which nothing can be shared."""


def _quoted(dialect: Dialect, name: str) -> str:
    plain = name.replace("\0", "")
    if dialect.escapes:
        plain = plain.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    inside = plain.replace(dialect.quote, ("\\" if dialect.escapes else dialect.quote) + dialect.quote)
    return dialect.quote + inside + dialect.quote


def _number(dialect: Dialect, value: float) -> tuple[str, int]:
    if math.isnan(value):
        return dialect.undefined, ATOM
    if math.isinf(value):
        text = dialect.infinite
    else:
        text = dialect.literal.format(decimal(abs(value)))
    # A cast binds tighter than a minus, and two minus signs would begin a comment.
    return (f"(-{text})", ATOM) if math.copysign(1, value) < 0 else (text, ATOM)


def _no_element(name: str, place: int, shape: Shape) -> str:
    raise EvaluationError(f"a column holds numbers, and {name} is an array")


def _special(node: Node) -> Word | None:
    by = number_in(node.inputs[1]) if node.primitive.name == "divide" else None
    return infix("/", TERM) if by else None


def language(dialect: Dialect, names: Iterable[str]) -> Language:
    """What the text of a dialect is made of, for a query that reads columns of these names."""
    aliases = Aliases.beside(names)

    def column(name: str, title: str) -> str:
        quoted = _quoted(dialect, title)
        if dialect.laterals:
            return f"{aliases.columns}.{quoted}"
        return f"CAST({aliases.table}.{quoted} AS {dialect.double})"

    words = {**_EVERYWHERE, **dialect.words, "negative": Word("-{}", SIGN, (SIGN + 1,))}
    return Language(
        dialect.title,
        words,
        partial(_number, dialect),
        lambda value: "TRUE" if value else "FALSE",
        _no_element,
        _RESERVED,
        folds=True,
        width=400,
        shares=dialect.laterals,
        argument=column,
        step=lambda name: f"{name}.v",
        special=_special,
    )


def write(function: Function, dialect: Dialect, table: str, *, total: bool = False) -> str:
    """The query: the table's columns, then the value and the derivatives; with `total` their sums alone."""
    quote: Callable[[str], str] = partial(_quoted, dialect)
    # An array is a column for each element, as rows of text have it.
    places = ["".join(f"[{index}]" for index in place) for place in np.ndindex(function.shape)]
    names = [each.title for each in function.gradient]
    columns = [(f"value{place}", text) for place, text in zip(places, function.values, strict=False)]
    for each in function.gradient:
        columns += [
            (f"dvalue_d{each.title}{place}", text) for place, text in zip(places, each.texts, strict=True)
        ]
    of_rows = ((place, first) for place in places for first in names)
    for (place, first), row in zip(of_rows, function.hessian, strict=False):
        columns += [
            (f"d2value_d{first}_d{second}{place}", text) for second, text in zip(names, row, strict=True)
        ]
    if total:
        columns = [(name, f"{dialect.total}({text})") for name, text in columns]
    aliases = Aliases.beside(each.title for each in function.arguments)
    listed = [] if total else [f"{aliases.table}.*"]
    listed += [f"{text} AS {quote(name)}" for name, text in columns]
    what = f"{told(function.expression)}: its value and derivatives"
    lines = [f"-- {what}, {'summed over the rows' if total else 'for each row'}.", f"-- {dialect.about}"]
    lines += ["SELECT", ",\n".join(f"  {each}" for each in listed)]
    lines.append(f"FROM {_table(dialect, table)} AS {aliases.table}")
    if dialect.laterals and function.arguments:
        given = ", ".join(
            f"CAST({aliases.table}.{quote(each.title)} AS {dialect.double}) AS {quote(each.title)}"
            for each in function.arguments
        )
        lines.append(dialect.lateral.format(given, aliases.columns))
    # Of much text its planner takes a time that doubles from step to step.
    is_long = bool(dialect.kept) and _inlined(function.steps, (text for _, text in columns)) > _MOST_INLINED
    for step in function.steps:
        chosen = f"{step.text} AS v{dialect.kept if is_long else ''}"
        lines.append(dialect.lateral.format(chosen, step.name))
    whole = "\n".join(lines)
    if not dialect.laterals and len(whole) > LONGEST:
        raise EvaluationError(
            f"{dialect.title} names no shared parts, and without names this is {len(whole)} characters",
            hint="--dialect duckdb names them",
        )
    return whole


def _inlined(steps: Sequence[Step], texts: Iterable[str]) -> int:
    """How many characters these texts have where each step stands wherever it is used."""
    sizes: dict[str, int] = {}

    def size(text: str) -> int:
        return len(text) + sum(sizes.get(name, 0) for name in re.findall(r"\w+(?=\.v\b)", text))

    for step in steps:
        sizes[step.name] = size(step.text)
    return sum(map(size, texts))


def _table(dialect: Dialect, name: str) -> str:
    """The name of a table, perhaps with that of its schema before a dot."""
    return ".".join(_quoted(dialect, part) for part in name.split("."))
