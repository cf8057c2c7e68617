"""NumPy's functions of numbers that are known: places, sets, counts, windows, what polynomials are made of.

What they give is a constant of what their arguments hold now, which NumPy itself makes of that. Those whose
results are no whole numbers have a derivative that is not here: what requires grad is refused by them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from gradcli.engine.graph import constant
from gradcli.engine.shapes import check_size
from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import Arguments, List, Text, arguments, counted
from gradcli.lowering.kinds import COUNT, REAL, Lowered, Several, array_kind
from gradcli.session.makers import OF_NUMPY
from gradcli.session.objects.moving import by_numpy
from gradcli.session.objects.settings import plain
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule


def as_lowered(context: Context, found: Any, span: Span) -> Lowered:
    """What NumPy or Python gives, as a value; raises `EvaluationError` for what has none here."""
    if isinstance(found, bool | np.bool):
        return constant(bool(found)), COUNT
    if isinstance(found, str):
        return Text((found,))
    if isinstance(found, int | float):
        return counted(found) if isinstance(found, int) else (constant(found), REAL)
    if isinstance(found, tuple | list):
        parts = [as_lowered(context, each, span) for each in found]
        if isinstance(found, tuple):
            return Several(tuple(parts))
        return List([context.keep(each, span) for each in parts])
    data = np.asarray(found)
    if data.dtype.kind == "c":
        raise EvaluationError("this is complex, and there are no complex numbers here", (context.mark(span),))
    if data.dtype.kind not in "biuf":
        raise EvaluationError("this is no array of numbers", (context.mark(span),))
    whole = data.dtype.kind != "f"
    return constant(data if data.dtype == bool else data.astype(np.float64)), array_kind(whole)


def _answer(name: str, function: Callable[..., Any], *, counts: bool) -> Callable[[Context, Call], Rule]:
    """What answers a function with what NumPy's own gives for the numbers of its arguments."""

    def answer(context: Context, call: Call) -> Rule:
        given: Arguments = yield arguments(context, call)
        positional = [
            plain(context, each, span, counts=counts)
            for each, span in zip(given.positional, given.spans, strict=True)
        ]
        named = {
            key: plain(context, each, given.named_spans[key], counts=counts)
            for key, each in given.named.items()
        }
        if name in _SIZED:
            sizes = [each for each in (*positional, *named.values()) if np.ndim(each) < 2]
            context.build(lambda: _check(name, sizes), call.span, ())
        found = by_numpy(context, call.span, name, function, *positional, **named)
        return as_lowered(context, found, call.span)

    return answer


_SIZED = frozenset(
    (
        *("bartlett", "blackman", "hamming", "hanning", "kaiser", "tri", "geomspace", "logspace", "indices"),
        *("diag_indices", "tril_indices", "triu_indices", "bincount"),
    )
)
"""Those whose arguments say how large the result is."""


def _check(name: str, sizes: list[Any]) -> Any:
    """Refuses a result that would be too large; raises `SizeError`."""
    if name == "bincount":
        most = max((np.max(each, initial=0) for each in sizes), default=0)
        check_size((int(most),) if math.isfinite(most) else ())
    elif name in ("geomspace", "logspace"):
        check_size((int(sizes[2]),) if len(sizes) > 2 else ())
    else:
        sides = [max(0, int(side)) for each in sizes for side in np.ravel(each) if math.isfinite(side)]
        is_square = name.endswith("_indices") or (len(sides) == 1 and name == "tri")
        check_size((max(sides, default=0),) * 2 if is_square else tuple(sides))
    return constant(0.0)


def _is_in(element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    return np.isin(element, test_elements, assume_unique=assume_unique, invert=invert)


_COUNTS = frozenset(
    (
        *("argpartition", "bincount", "diag_indices", "diag_indices_from", "flatnonzero", "indices"),
        *("isin", "ix_", "lexsort", "nanargmax", "nanargmin", "nonzero", "ravel_multi_index"),
        *("tril_indices", "tril_indices_from", "triu_indices", "triu_indices_from", "unravel_index"),
        *("array_equiv", "array_equal", "in1d"),
    )
)
"""Those whose results are whole numbers and truth values, which nothing is differentiated in."""


def _makers() -> Iterator[tuple[str, Callable[[Context, Call], Any]]]:
    for name in OF_NUMPY["counting"].split():
        function = _is_in if name == "in1d" else getattr(np, name)
        for module in ("numpy", "jax.numpy"):
            yield f"{module}.{name}", _answer(name, function, counts=name in _COUNTS)


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = dict(_makers())
"""What answers with numbers, by its full path."""
