"""Derivatives as formulas, beside SymPy's: python benchmarks/formulas.py DIR [--every N] [--simplify N]

Every line of `formulas.jsonl` and `fpbench.jsonl` in DIR holds `expr` and `vars`. Each formula is
differentiated in each of its variables, and the text is

* compared with the derivative at ten random points, by mpmath with 50 digits;
* measured beside that of SymPy's `diff`, and (of every Nth) beside that of its `simplify(diff)`;
* timed from text to text, each side in a process of its own that asks for nothing else: modules are imported,
  each derivative is asked for once, the first ones too, and SymPy's cache is emptied before each.

SymPy is installed from `benchmarks/formulas.txt`, into an environment of its own. `--every N` takes every Nth
formula. Prints ratios, and each derivative that is not equal or more than 2.5 times as long; ends with
status 1 if there is one.
"""

from __future__ import annotations

import json
import math
import random
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mpmath
import sympy
from sympy.core.cache import clear_cache

from gradcli.compiled import RowScope, lower_program
from gradcli.engine.primitives import TABLE
from gradcli.language.parser import parse
from gradcli.text.source import Source
from gradcli.writing.derivative import derivative_text

DIGITS = 50
POINTS = 10
LONGEST = 2.5
_LITERAL = re.compile(r"(?<![\w.])(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)")


def where(condition: bool, yes: Any, no: Any) -> Any:
    """What gradcli calls so."""
    return yes if condition else no


NAMES: dict[str, Any] = {
    **{
        name: getattr(mpmath, name)
        for name in (
            *("sin", "cos", "tan", "sec", "csc", "cot", "asin", "acos", "atan", "atan2", "sinh", "cosh"),
            *("tanh", "sech", "csch", "coth", "asinh", "acosh", "atanh", "exp", "log", "sqrt", "log10"),
            *("expm1", "log1p", "cbrt", "floor", "ceil", "hypot", "sign", "erf", "erfc", "pi", "e"),
        )
    },
    "ln": mpmath.log,
    "abs": mpmath.fabs,
    "pow": mpmath.power,
    "div": lambda x, y: x / y,
    "square": lambda x: x * x,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "max": max,
    "min": min,
    "maximum": max,
    "minimum": min,
    "where": where,
    "M": mpmath.mpf,
}


for _alias, _entry in TABLE.items():
    if _entry.name in NAMES:
        NAMES.setdefault(_alias, NAMES[_entry.name])


class SlowError(Exception):
    """SymPy took too long."""


def compiled(text: str) -> Any:
    """A formula in Python's spelling as code, with its literals exact; the double of pi is pi."""

    def exact(literal: re.Match[str]) -> str:
        return "pi" if float(literal[1]) == math.pi else f'M("{literal[1]}")'

    return compile(_LITERAL.sub(exact, text).replace("^", "**"), text, "eval")


def value(code: Any, at: dict[str, Any]) -> Any:
    """The value of a formula; raises what mpmath raises where there is none."""
    return eval(code, {**NAMES, **at})


def points(variables: dict[str, float], count: int) -> Iterator[dict[str, Any]]:
    """Random points about the one given."""
    rng = random.Random(1)
    for _ in range(count):
        yield {name: mpmath.mpf(each * rng.uniform(0.7, 1.4)) for name, each in variables.items()}


def unequal(expression: str, variable: str, text: str, variables: dict[str, float]) -> str:
    """Where a text is not the derivative; nothing where it is, as far as ten points can tell."""
    f, found = compiled(expression), compiled(text)
    seen = 0
    for at in points(variables, 4 * POINTS):
        if seen == POINTS:
            break
        with mpmath.workdps(7 * DIGITS):  # a sine of 1e127 loses 127 of them
            try:
                here = value(f, at)
                wanted = mpmath.diff(lambda x, at=at: value(f, {**at, variable: x}), at[variable])
            except (ArithmeticError, ValueError, TypeError):
                continue
            if not isinstance(wanted, mpmath.mpf) or not mpmath.isfinite(wanted) or not mpmath.isfinite(here):
                continue
            seen += 1
            got = value(found, at)
            room = mpmath.mpf(10) ** -DIGITS * (
                abs(wanted) + abs(here / at[variable] if at[variable] else here)
            )
            if not abs(got - wanted) <= room:
                return f"{mpmath.nstr(got, 20)}, and not {mpmath.nstr(wanted, 20)}, at {at}"
    return ""


def of_gradcli(expression: str, variable: str, names: list[str]) -> str:
    """gradcli's text, from the text of the formula."""
    scope = RowScope(dict.fromkeys(names, ()), {})
    node = lower_program(parse(Source(expression)), scope)
    return derivative_text(node, [scope.inputs[variable]])


def of_sympy(expression: str, variable: str, names: list[str], finish: Callable[[Any], Any]) -> str:
    """SymPy's text, from the text of the formula."""
    symbols = {name: sympy.Symbol(name) for name in names}
    also = {name: getattr(sympy, entry.name) for name, entry in TABLE.items() if hasattr(sympy, entry.name)}
    also |= {"pow": sympy.Pow, "div": lambda x, y: x / y, "square": lambda x: x**2}
    also |= {"log1p": lambda x: sympy.log(x + 1), "expm1": lambda x: sympy.exp(x) - 1}
    also |= {"hypot": lambda x, y: sympy.sqrt(x**2 + y**2), "log10": lambda x: sympy.log(x, 10)}
    also["where"] = lambda c, a, b: sympy.Piecewise((a, c), (b, True))
    node = sympy.sympify(expression, locals={**also, "e": sympy.E, **symbols})
    return str(finish(sympy.diff(node, symbols[variable])))


def read(folder: Path, every: int) -> list[tuple[str, dict[str, float]]]:
    """Every Nth formula of both files, with a value of each variable; names are such as Python has, too."""
    formulas: dict[str, dict[str, float]] = {}
    keyword = re.compile(r"\blambda\b")
    for name in ("formulas.jsonl", "fpbench.jsonl"):
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            variables = {keyword.sub("lambdA", each): number for each, number in case["vars"].items()}
            formulas.setdefault(keyword.sub("lambdA", case["expr"]), variables)
    return list(formulas.items())[::every]


def plain(found: Any) -> Any:
    """SymPy's derivative as it comes."""
    return found


REFUSED = (TypeError, sympy.SympifyError, AttributeError, ValueError)
"""What SymPy raises where it has no word for a function."""


def clock(whose: str, formulas: list[tuple[str, dict[str, float]]]) -> list[float | None]:
    """The time of each derivative of one side, asked for once; `None` where there is none."""
    times: list[float | None] = []
    for expression, variables in formulas:
        names = list(variables)
        for variable in names:
            clear_cache()
            started = time.perf_counter()
            try:
                if whose == "gradcli":
                    of_gradcli(expression, variable, names)
                else:
                    of_sympy(expression, variable, names, plain)
            except REFUSED:
                times.append(None)
            else:
                times.append(time.perf_counter() - started)
    return times


def clocked(whose: str, folder: str, every: int) -> list[float | None]:
    """What `clock` finds in a new process."""
    command = [sys.executable, __file__, folder, "--every", str(every), "--clock", whose]
    found: list[float | None] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return found


def spread(ratios: list[float]) -> str:
    """The middle and the ends of a list of ratios."""
    if not ratios:
        return "none"
    ordered = sorted(ratios)
    at95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return (
        f"median {statistics.median(ordered):.3f}  mean {statistics.mean(ordered):.3f}  "
        f"p95 {at95:.2f}  max {ordered[-1]:.2f}  ({len(ordered)})"
    )


def _too_slow(*_: Any) -> None:
    raise SlowError


def option(words: list[str], name: str, default: int) -> int:
    """The whole number behind an option, taken out of the words."""
    if name not in words:
        return default
    place = words.index(name)
    number = int(words[place + 1])
    del words[place : place + 2]
    return number


def main() -> int:
    """Runs every formula of both files."""
    words = sys.argv[1:]
    every, simplified = option(words, "--every", 1), option(words, "--simplify", 10)
    verbose = "--show" in words
    words = [each for each in words if each != "--show"]
    if len(words) == 3 and words[1] == "--clock":
        print(json.dumps(clock(words[2], read(Path(words[0]), every))))
        return 0
    if len(words) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGALRM, _too_slow)
    lengths: list[float] = []
    simple: list[float] = []
    bad = 0
    for index, (expression, variables) in enumerate(read(Path(words[0]), every)):
        names = list(variables)
        for variable in names:
            own = of_gradcli(expression, variable, names)
            try:
                theirs = of_sympy(expression, variable, names, plain)
            except REFUSED:
                theirs = ""
            if theirs:
                ratio = len(own) / len(theirs)
                lengths.append(ratio)
                if ratio > LONGEST or (verbose and ratio > 1.2):
                    bad += ratio > LONGEST
                    print(f"{ratio:.2f} times as long: d/d{variable} {expression}\n  {own}\n  {theirs}")
            wrong = unequal(expression, variable, own, variables)
            if wrong:
                bad += 1
                print(f"not equal: d/d{variable} {expression}\n  {own}\n  {wrong}")
            if theirs and index % simplified == 0:
                signal.alarm(6)
                try:
                    shortest = of_sympy(expression, variable, names, sympy.simplify)
                except SlowError:
                    continue
                finally:
                    signal.alarm(0)
                simple.append(len(own) / len(shortest))
                if verbose and simple[-1] > 1.3:
                    print(f"{simple[-1]:.2f} of simplify: d/d{variable} {expression}\n  {own}\n  {shortest}")
    own_times, their_times = (clocked(each, words[0], every) for each in ("gradcli", "sympy"))
    times = [a / b for a, b in zip(own_times, their_times, strict=True) if a is not None and b is not None]
    longest = max(each for each in own_times if each is not None)
    print(f"length / SymPy's diff            {spread(lengths)}")
    print(f"length / SymPy's simplify(diff)  {spread(simple)}")
    print(f"time / SymPy's diff              {spread(times)}")
    print(f"the slowest took {1000 * longest:.1f} ms")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
