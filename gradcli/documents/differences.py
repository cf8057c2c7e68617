"""How what a cell shows now differs from what it showed, and whether a lesson may differ by that.

What is replaced before texts are compared (addresses, times, versions), and what is not compared at all
(pictures, tracebacks), is what users of nbval (https://nbval.readthedocs.io) leave out of their comparisons.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from gradcli.documents.document import Output, as_text
from gradcli.records import NamedTuple

TOLERANCE = 1e-4
"""The relative difference of numbers that is excused: a page in float32 prints no more than seven digits."""


class Difference(NamedTuple):
    """A difference: its reasons, whether they excuse it, and both texts where they do not."""

    reasons: tuple[str, ...] = ()
    excused: bool = True
    stored: str = ""
    shown: str = ""


def compare(stored: Sequence[Output], shown: Sequence[Output], code: str, tolerance: float) -> Difference:
    """How what some code shows now differs from what is stored; what is told beside that is not compared.

    Numbers may differ by `tolerance`, relatively, or by one in the last decimal that is printed where that is
    no more than it; whole numbers may not, and where it is 0 all are text.
    """
    before = [_printed(stored), *_values(each for each in stored if not each.picture)]
    now = [_printed(shown), *_values(shown)]
    reasons = {"pictures" for each in stored if each.picture}
    if len(before) > len(now) and all(map(_DRAWN.match, before[len(now) :])):
        reasons.add("pictures")
        del before[len(now) :]
    pictures = sum(each.picture for each in stored)
    if 0 < len(now) - len(before) <= pictures:
        del now[1 : 1 + len(now) - len(before)]  # what is seen there is text here
    failed, fails = ([each for each in outputs if each.kind == "error"] for outputs in (stored, shown))
    if failed and fails:
        reasons |= {"tracebacks"} if failed[0][1:3] != fails[0][1:3] else set()
    elif failed or fails:
        told = "\n".join(each.report or f"{each.title}: {each.text}" for each in failed or fails)
        return Difference(("error",), False, *((told, _whole(now)) if failed else (_whole(before), told)))
    if len(before) != len(now):
        return Difference(("text",), False, _whole(before), _whole(now))
    for old, new in zip(before, now, strict=True):
        found = compare_texts(old, new, code, tolerance)
        if not found.excused:
            return found
        reasons.update(found.reasons)
    return Difference(tuple(sorted(reasons)))


def compare_lines(
    stored: Sequence[Output], shown: Sequence[Output], code: str, tolerance: float
) -> Difference:
    """How what some code shows differs from what is stored as lines of one text."""
    values = as_text([each for each in shown if each.kind != "error"], typed=False)
    errors = [each for each in shown if each.kind == "error"]
    return compare(stored, [Output("stdout", values), *errors], code, tolerance)


def compare_typed(
    stored: Sequence[Output], behind: str, shown: Sequence[Output], code: str, tolerance: float
) -> Difference:
    """How what is shown below a prompt differs from what stands there, and `behind` an empty line.

    Notices are compared where some stand there, and errors are text, but for those of Python.
    """
    if stored and stored[0].kind == "error":
        return compare(stored, shown, code, tolerance)
    told = re.search(r"^(?:note|warning): ", _printed(stored), re.MULTILINE) is not None
    text = as_text([each for each in shown if told or each.kind != "stderr"], typed=True)
    further = behind if "\n\n" in text.strip() else ""
    return compare_texts(as_text(stored, typed=True) + further, text, code, tolerance)


_DRAWN = re.compile(r"[(\[]*(<matplotlib|<mpl_toolkits|<Axes|<Figure|<BarContainer|Text\()")
"""How the value of a line that draws begins."""


def _printed(outputs: Iterable[Output]) -> str:
    return "".join(each.text for each in outputs if each.kind == "stdout")


def _values(outputs: Iterable[Output]) -> list[str]:
    return [each.text for each in outputs if each.kind in ("result", "display")]


def _whole(texts: Iterable[str]) -> str:
    return "\n".join(text.strip("\n") for text in texts if text.strip())


def compare_texts(stored: str, shown: str, code: str = "", tolerance: float = TOLERANCE) -> Difference:
    """How two texts differ, which some code has shown."""
    old, new = stored.strip("\n"), shown.strip("\n")
    reasons = set()
    for each in _ALLOWANCES:
        if old == new or not re.search(each.in_code, code) or not re.search(each.in_stored, old):
            continue
        if each.pattern.findall(old) != each.pattern.findall(new):
            reasons.add(each.reason)
        old, new = each.pattern.sub(each.instead, old), each.pattern.sub(each.instead, new)
    if old.split() == new.split():
        return Difference(tuple(sorted(reasons if old == new else reasons | {"blanks"})))
    apart = _numbers_apart(old, new, tolerance)
    if apart == 0.0:
        return Difference(tuple(sorted(reasons | {"numbers"})))
    differs = "text" if apart is None else f"numbers by {apart:.1g}"
    return Difference((differs,), False, stored.strip("\n"), shown.strip("\n"))


class _Allowance(NamedTuple):
    """What is replaced in both texts, where something is in the code and in the text that is stored."""

    reason: str
    pattern: re.Pattern[str]
    instead: str = ""
    in_code: str = ""
    in_stored: str = ""


_MEASURES = r"\btime\b|timeit|perf_counter|datetime"
_NUMBER = r"\d+(?:\.\d*)?(?:e[-+]?\d+)?"
_CLOCK = r"\d+:\d\d:\d\d(?:\.\d+)?"
_UNIT = r"(?:[nµμum]?s|sec|seconds?|min|minutes?|h|hours?)"

_ALLOWANCES = (
    _Allowance("addresses", re.compile(r" (?:object )?at 0x[0-9a-fA-F]+| object(?=>)|\b0x[0-9a-fA-F]{6,}")),
    # Before 1.10 PyTorch called it XBackward.
    _Allowance("versions", re.compile(r"(?<=Backward)\d\b"), in_stored=r"Backward(?!\d)"),
    _Allowance("types", re.compile(r", weak_type=True")),
    _Allowance("versions", re.compile(r"\b\d+\.\d+\.\d+[\w.+-]*"), "version"),
    _Allowance("versions", re.compile(r"\b\d+(?:\.\d+)+[\w.+-]*"), "version", r"version(?:__|_info)"),
    _Allowance("times", re.compile(r"^(?:(?:CPU times|Wall time)\b|.* per loop).*\n?", re.MULTILINE)),
    _Allowance("times", re.compile(rf"\b\d{{4}}-\d\d-\d\d(?:[ T]{_CLOCK})?|\b{_CLOCK}"), "time"),
    _Allowance("times", re.compile(rf"\b{_NUMBER} ?{_UNIT}\b"), "time", _MEASURES),
    _Allowance("times", re.compile(rf"(?i)(?<=time|took)\W+{_NUMBER}"), " time", _MEASURES),
    _Allowance("times", re.compile(rf"^{_NUMBER}$"), "time", _MEASURES),
)

_NUMBERS = re.compile(rf"(?i)(?<![\w.])[-+]?(?:{_NUMBER}|\.\d+(?:e[-+]?\d+)?|nan|inf)(?!\w)")


def _numbers_apart(old: str, new: str, tolerance: float) -> float | None:
    """How far the numbers of two texts are apart, relatively: 0 if excused, `None` if the texts differ."""
    between = [re.sub(r"\s", "", "#".join(_NUMBERS.split(text))) for text in (old, new)]
    if not tolerance or between[0] != between[1]:
        return None
    pairs = zip(_NUMBERS.findall(old), _NUMBERS.findall(new), strict=True)
    return max((_apart(*pair, tolerance) for pair in pairs), default=None)


def _apart(old: str, new: str, tolerance: float) -> float:
    """How far two numbers are apart, relatively; 0 where that is excused."""
    if old == new:
        return 0.0
    before, now = float(old), float(new)
    if before == now or (math.isnan(before) and math.isnan(now)):
        return 0.0
    difference, largest = abs(before - now), max(abs(before), abs(now))
    if not math.isfinite(difference):
        return math.inf
    if old.lstrip("+-").isdigit() and new.lstrip("+-").isdigit():
        return difference / largest
    last_digit = 10.0 ** -len(old.partition(".")[2]) if "e" not in old.lower() else 0.0
    allowed = max(tolerance * largest, last_digit if last_digit <= tolerance else 0.0)
    return 0.0 if difference <= allowed * (1 + 1e-9) else difference / largest
