"""`jax.lax`: control flow as functions of functions, and the functions that go by other names there.

Loops and branches are run as they are written: what decides how often, and which, is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.arithmetic import as_truth
from gradcli.language.tree import Argument, Attribute, Call, Name
from gradcli.lowering.arguments import builtin
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import (
    NONE,
    Arguments,
    arguments,
    called_with,
    counted,
    items_of_array,
    stacked,
)
from gradcli.lowering.kinds import TENSOR, Host, Lowered, Several, Typed, changed_kind
from gradcli.lowering.trees import as_arrays, branches, leaves, refilled
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule

MOST_STEPS = 10_000
"""How often a loop runs at most: each pass has nodes of its own."""


class _Given:
    """The arguments of a call under the names that they have in JAX."""

    def __init__(self, context: Context, call: Call, signature: str, given: Arguments) -> None:
        self.context = context
        self.call = call
        self.name = str(getattr(call.function, "name", ""))
        names = [each.strip("?") for each in signature.split()]
        self.usage = (
            f"jax.lax.{self.name}({', '.join(each for each in signature.split() if each[-1:] != '?')})"
        )
        self.found = dict(zip(names, given.positional, strict=False))
        self.spans = dict(zip(names, given.spans, strict=False))
        self.rest = list(given.positional[len(names) :])
        for name, each in given.named.items():
            if name not in names:
                raise context.wrong(
                    f"{self.name} has no parameter {name}", given.named_spans[name], self.usage
                )
            self.found[name], self.spans[name] = each, given.named_spans[name]
        if any(each not in self.found for each in signature.split() if each[-1:] != "?"):
            raise context.wrong(f"{self.name} takes other arguments", call.span, self.usage)

    def function(self, name: str) -> Host:
        found = self.found[name]
        if not isinstance(found, Host) or type(found).call is Host.call:
            raise self.context.wrong(f"this is no function, which {name} is", self.spans[name], self.usage)
        return found

    def integer(self, name: str) -> int:
        node, _ = self.context.one(self.found[name], self.spans[name])
        return self.context.settled_integer(self.context.where_taken(node), self.spans[name])

    def flag(self, name: str) -> bool:
        if name not in self.found:
            return False
        node, _ = self.context.one(self.found[name], self.spans[name])
        return bool(self.context.truth(as_truth(node)))


def _given(context: Context, call: Call, signature: str) -> Rule:
    """A rule: the arguments of a call, as `_Given`; a `?` marks those that may be left out."""
    return _Given(context, call, signature, (yield arguments(context, call)))


def _decided(context: Context, found: Lowered, span: Span) -> bool:
    """Whether a condition holds; raises `EvaluationError` where that depends on what is not known."""
    node, _ = context.one(found, span)
    truth = as_truth(node)
    if truth.shape != ():
        raise EvaluationError("a condition is one truth value, and this is an array", (context.mark(span),))
    settled = context.truth(truth, leaves=True, decides=True)
    if settled is None:
        raise EvaluationError(
            "what is done depends on values that are not known yet",
            (context.mark(span),),
            "jnp.where(condition, …, …) chooses among values",
        )
    return settled


def _cond(context: Context, call: Call) -> Rule:
    given: _Given = yield _given(context, call, "pred true_fun false_fun operand?")
    holds = _decided(context, given.found["pred"], given.spans["pred"])
    operands = [given.found["operand"]] if "operand" in given.found else []
    chosen = given.function("true_fun" if holds else "false_fun")
    return (yield called_with(chosen, context, [*operands, *given.rest], call))


def _switch(context: Context, call: Call) -> Rule:
    given: _Given = yield _given(context, call, "index branches")
    choices = branches(context, given.found["branches"]) or []
    place = min(max(given.integer("index"), 0), len(choices) - 1)
    chosen = choices[place] if choices else None
    if not isinstance(chosen, Host):
        raise context.wrong("switch takes a list of functions", given.spans["branches"], given.usage)
    return (yield called_with(chosen, context, given.rest, call))


def _fori_loop(context: Context, call: Call) -> Rule:
    given: _Given = yield _given(context, call, "lower upper body_fun init_val unroll?")
    body, found = given.function("body_fun"), given.found["init_val"]
    steps = range(given.integer("lower"), given.integer("upper"))
    _check_steps(context, len(steps), call)
    for step in steps:
        found = yield called_with(body, context, [counted(step), found], call)
    return as_arrays(context, found)


def _while_loop(context: Context, call: Call) -> Rule:
    given: _Given = yield _given(context, call, "cond_fun body_fun init_val")
    condition, body, found = given.function("cond_fun"), given.function("body_fun"), given.found["init_val"]
    steps = 0
    while _decided(context, (yield called_with(condition, context, [found], call)), given.spans["cond_fun"]):
        steps += 1
        _check_steps(context, steps, call)
        found = yield called_with(body, context, [found], call)
    return as_arrays(context, found)


def _scan(context: Context, call: Call) -> Rule:
    given: _Given = yield _given(context, call, "f init xs? length? reverse? unroll?")
    function, carry, xs = given.function("f"), given.found["init"], given.found.get("xs", NONE)
    rows = _rows(context, xs, given)
    if given.flag("reverse"):
        rows.reverse()
    found: list[Lowered] = []
    for row in rows:
        both = branches(context, (yield called_with(function, context, [carry, row], call))) or []
        if len(both) != 2:
            told = "what scan runs gives two values: what is carried on, and an item of the result"
            raise context.wrong(told, given.spans["f"], "def f(carry, x): return carry, y")
        carry, item = both
        found.append(item)
    if given.flag("reverse"):
        found.reverse()
    return Several((as_arrays(context, carry), _stacked(context, found, call.span)))


def _map(context: Context, call: Call) -> Rule:
    given: _Given = yield _given(context, call, "f xs batch_size?")
    found = []
    for row in _rows(context, given.found["xs"], given):
        found.append((yield called_with(given.function("f"), context, [row], call)))
    return _stacked(context, found, call.span)


def _rows(context: Context, xs: Lowered, given: _Given) -> list[Lowered]:
    """The rows of a tree of arrays, one after another; raises `GradcliError` for arrays that differ."""
    typed = [*leaves(context, xs)]
    if not typed:
        if "length" not in given.found:
            raise context.wrong(f"{given.name} needs to know how often it runs", given.call.span, given.usage)
        length = given.integer("length")
        _check_steps(context, length, given.call)
        return [xs] * length
    columns = [items_of_array(context, each, given.call.span) for each in typed]
    if len({len(each) for each in columns}) > 1:
        told = f"the arrays that {given.name} goes along are not equally long"
        raise EvaluationError(told, (context.mark(given.spans.get("xs", given.call.span)),))
    _check_steps(context, len(columns[0]), given.call)
    return [refilled(context, xs, iter(row)) for row in zip(*columns, strict=True)]


def _stacked(context: Context, found: Sequence[Lowered], span: Span) -> Lowered:
    """Trees with the same form as one, of arrays of what stands in them."""
    if not found:
        return NONE
    columns = zip(*([*leaves(context, each)] for each in found), strict=True)
    return refilled(context, found[0], _arrays(context, columns, span))


def _arrays(context: Context, columns: Any, span: Span) -> Iterator[Typed]:
    for column in columns:
        node, kind = stacked(context, column, span)
        yield node, TENSOR if node.tracked else changed_kind(kind, kind.whole)


def _check_steps(context: Context, steps: int, call: Call) -> None:
    if steps > MOST_STEPS:
        raise EvaluationError(f"this runs more than {MOST_STEPS:,} times", (context.mark(call.span),))


def _stop_gradient(context: Context, call: Call) -> Rule:
    given: _Given = yield _given(context, call, "x")
    found = given.found["x"]
    detached = [(TABLE["detach"].build(node), kind) for node, kind in leaves(context, found)]
    return refilled(context, found, iter(detached))


def _renamed(entry: str, context: Context, call: Call) -> Rule:
    """A rule: a function of the table, which has another name in `jax.lax`."""
    plain = call._replace(function=Name(call.function.span, entry))
    return builtin(context, TABLE[entry], plain, None)


def _printed(context: Context, call: Call) -> Rule:
    """A rule: `jax.debug.print("x = {}", x)`."""
    from gradcli.lowering.printing import printed

    arguments_ = [each for each in call.arguments if each.name not in ("ordered", "partitioned")]
    if not arguments_:
        raise context.wrong(
            "print takes a text with places for values", call.span, 'jax.debug.print("{}", x)'
        )
    text = Attribute(call.span, arguments_[0].value, "format", call.function.span)
    whole = Call(call.span, text, tuple(arguments_[1:]))
    return printed(context, Call(call.span, call.function, (Argument(call.span, None, whole),)))


_NAMES = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "div": "divide",
    "neg": "negative",
    "max": "maximum",
    "min": "minimum",
    "rsqrt": "rsqrt",
    "pow": "pow",
    "integer_pow": "pow",
    "lgamma": "lgamma",
    "logistic": "sigmoid",
    "select": "where",
    "dot": "dot",
    "batch_matmul": "matmul",
}
"""The functions of the table that have other names, or other meanings, in `jax.lax`."""

_SAME = (
    *("abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "cos", "cosh"),
    *("cumsum", "cumprod", "cummax", "cummin", "digamma", "erf", "erfc", "exp", "exp2", "expm1", "floor"),
    *("log", "log1p", "logaddexp", "round", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh"),
)
"""Those that mean the same there."""


def _clamp(context: Context, call: Call) -> Rule:
    if len(call.arguments) != 3:
        raise context.wrong(
            "clamp takes the least, a value and the greatest", call.span, "lax.clamp(0, x, 1)"
        )
    least, value, most = call.arguments
    return _renamed("clamp", context, call._replace(arguments=(value, least, most)))


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "jax.lax.cond": _cond,
    "jax.lax.switch": _switch,
    "jax.lax.fori_loop": _fori_loop,
    "jax.lax.while_loop": _while_loop,
    "jax.lax.scan": _scan,
    "jax.lax.map": _map,
    "jax.lax.stop_gradient": _stop_gradient,
    "jax.lax.clamp": _clamp,
    "jax.debug.print": _printed,
    **{f"jax.lax.{name}": partial(_renamed, entry) for name, entry in _NAMES.items()},
    **{f"jax.lax.{name}": partial(_renamed, name) for name in _SAME},
}
"""What `jax.lax` has, by its full path."""
