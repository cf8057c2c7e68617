"""Derivatives times vectors, of functions: `jax.jvp`, `jax.vjp`, `jax.linearize`, and PyTorch's functionals.

Those of `torch.autograd.functional` are here too: calls that take a function and where it is differentiated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence as Items
from typing import Any

from gradcli.engine import derive
from gradcli.engine.graph import Node, as_node, expand
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.primitives.shaping import detach
from gradcli.engine.shapes import shape_text
from gradcli.language.tree import Attribute, Call, Expression, Sequence, Subscript
from gradcli.lowering.context import Context, Whole, done
from gradcli.lowering.derivatives import tied_to, zeros
from gradcli.lowering.kinds import TENSOR, Host, Lowered, Several, each_of, over_each
from gradcli.lowering.names import PRODUCTS, TRANSFORMING, called_name, library_of
from gradcli.lowering.transforms import (
    SETTINGS,
    Function,
    Taken,
    derivative_in,
    flag,
    function_of,
    is_of_autograd,
    is_transform,
    several,
    taken_at,
    tensors,
)
from gradcli.lowering.trees import branches, leaves, refilled
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule


class _Linear(Host):
    """A function that a derivative at some arguments is, from tangents or from cotangents."""

    title = "a function"
    hint = "call it with its arguments in round brackets"
    settled = True
    kind = ""

    def __init__(self, taken: Taken, trees: Items[Any], kept: Items[Any]) -> None:
        self.taken = taken
        self.trees = trees
        """The arguments of the function."""
        self.kept = kept
        """What is in them."""

    def _now(self, context: Context, span: Span) -> Taken:
        """What the function was called with, as it is now."""
        given = [as_number(context.one(context.now(each), span)[0]) for each in self.kept]
        return self.taken._replace(at=dict(zip(self.taken.variables, given, strict=True)))

    def _vectors(
        self, context: Context, given: Items[Lowered], like: Items[Lowered], call: Call
    ) -> list[Node]:
        """What it is called with, part by part; raises `EvaluationError` where that does not fit."""
        found = [as_number(node) for each in given for node, _ in leaves(context, each)]
        wanted = [node for each in like for node, _ in leaves(context, each)]
        return fitting(context, self.kind, found, wanted, call)

    def text(self) -> str:
        """As Python has it, but for its address."""
        return f"<function {self.kind}>"


class Pullback(_Linear):
    """The function that `jax.vjp(f, x)` gives: from a cotangent of the value to those of the arguments."""

    kind = "vjp"

    def call(self, context: Context, call: Call) -> Rule:
        """A tuple: the product in each argument."""
        if len(call.arguments) != 1 or call.arguments[0].name is not None:
            raise context.wrong("this takes a cotangent of the value", call.span)
        given = yield Whole(call.arguments[0].value)
        taken = self._now(context, call.span)
        seeds = self._vectors(context, [given], [taken.found], call)
        products = pulled_back(context, taken, seeds)
        left = taken.back_of(context, products, call.span)
        return several(*[refilled(context, each, left) for each in self.trees])


class Pushforward(_Linear):
    """The function that `jax.linearize(f, x)` gives: from tangents of the arguments to that of the value."""

    kind = "jvp"

    def call(self, context: Context, call: Call) -> Rule:
        """The tangent of the value, in the form of it."""
        given = []
        for argument in call.arguments:
            given.append((yield Whole(argument.value)))
        taken = self._now(context, call.span)
        seeds = self._vectors(context, given, self.trees, call)
        return pushed(context, taken, seeds, call.span)


def pulled_back(context: Context, taken: Taken, seeds: Items[Node]) -> list[Node]:
    """The cotangents of the variables, from those of each part of a value."""
    totals: list[Node | None] = [None] * len(taken.variables)
    for (output, _), seed in zip(leaves(context, taken.found), seeds, strict=True):
        for place, share in enumerate(derive.pullback(as_number(output), seed, taken.variables)):
            before = totals[place]
            totals[place] = share if before is None else before if share is None else before + share
    return [_dense(each, like, like) for each, like in zip(totals, taken.variables, strict=True)]


def pushed(context: Context, taken: Taken, seeds: Items[Node], span: Span) -> Lowered:
    """The tangent of a value, in its form, from those of the variables."""
    outputs = [as_number(node) for node, _ in leaves(context, taken.found)]
    moved = derive.pushforward(outputs, taken.variables, seeds)
    dense = [_dense(each, like, taken.variables[0]) for each, like in zip(moved, outputs, strict=True)]
    return refilled(context, taken.found, taken.back_of(context, dense, span))


def fitting(context: Context, kind: str, given: Items[Node], like: Items[Node], call: Call) -> list[Node]:
    """Vectors, where they have the shapes of what they multiply; raises `EvaluationError`."""
    if [each.shape for each in given] == [each.shape for each in like]:
        return list(given)
    wanted, there = (", ".join(shape_text(each.shape) for each in nodes) for nodes in (like, given))
    raise EvaluationError(
        f"the vector of {kind} has the shape of what it multiplies: {wanted}, not {there or 'nothing'}",
        (context.mark(call.span),),
    )


def _of_functions(context: Context, kind: str, function: Function, call: Call) -> Rule:
    """A rule: what `jvp`, `vjp`, `linearize` of JAX's and `torch.func` give, of arguments in any form."""
    settings = {each.name: each for each in call.arguments if each.name is not None}
    has_aux = "has_aux" in settings and flag(context, settings["has_aux"])
    given: list[Lowered] = []
    for argument in call.arguments[1:]:
        if argument.name is None or argument.name in ("primals", "tangents"):
            given.append((yield Whole(argument.value)))
    trees = given
    tangents: Items[Lowered] = ()
    if kind == "jvp":
        both = [branches(context, each) for each in given]
        if len(both) != 2 or both[0] is None or both[1] is None or len(both[0]) != len(both[1]):
            raise context.wrong(
                "jvp takes a function, the tuple of its arguments, and that of their tangents",
                call.span,
                "jvp(f, (x,), (v,))",
            )
        trees, tangents = both[0], both[1]
    taken = yield taken_at(context, function, trees, range(len(trees)), call, has_aux=has_aux)
    value = taken.back(context, taken.found, call.span)
    aux = () if taken.aux is None else (taken.back(context, taken.aux, call.span),)
    if kind == "jvp":
        vectors = [as_number(node) for each in tangents for node, _ in leaves(context, each)]
        seeds = fitting(context, kind, vectors, taken.variables, call)
        return several(value, pushed(context, taken, seeds, call.span), *aux)
    kept = [context.keep(each, call.span) for each in tensors(taken.at.values())]
    made = (Pushforward if kind == "linearize" else Pullback)(taken, trees, kept)
    return made if kind == "linear_transpose" else Several((value, made, *aux))


def is_functional(context: Context, call: Call) -> bool:
    """Whether a call is one of `torch.autograd.functional`, or its like: of a function, at arguments."""
    name = called_name(call.function, context)
    if library_of(call.function, context) not in TRANSFORMING or len(call.arguments) < 2:
        return False
    if name not in PRODUCTS and not (name in ("jacobian", "hessian") and not is_transform(context, call)):
        return False
    first = call.arguments[0].value
    return function_of(context, first) is not None or _may_be_made(context, first)


def _may_be_made(context: Context, expression: Expression) -> bool:
    """Whether an expression may be a function that is made where it stands, as `partial(f, 2)`."""
    return context.actor is not None and isinstance(expression, Call | Subscript | Attribute)


def functional(context: Context, call: Call) -> Rule:
    """A rule: what a call gives that takes a function; in PyTorch's own, numbers without a graph."""
    found: Lowered = yield _functional(context, call)
    settings = {each.name: getattr(each.value, "name", "") for each in call.arguments}
    keeps = settings.get("create_graph", "False") != "False"
    if keeps or not context.scope.keeps_lists or not is_of_autograd(call.function):
        return found
    return over_each(lambda node, kind: (detach.build(node), kind) if node.tracked else (node, kind), found)


def _functional(context: Context, call: Call) -> Rule:
    """A rule: `torch.autograd.functional.hvp(f, x, v)`, which is a tuple of the value and the product.

    Several arguments of the function stand in a tuple, and then so do the derivatives in them.
    """
    kind = called_name(call.function, context)
    given = [argument for argument in call.arguments if argument.name not in SETTINGS]
    for argument in given:
        if argument.name not in (None, "func", "fun", "inputs", "primals", "v", "tangents"):
            raise context.wrong(f"{kind} has no parameter {argument.name}", argument.span)
    first = given[0]
    function = function_of(context, first.value)
    if function is None:
        found = yield Whole(first.value)
        given[0] = first._replace(value=done(first.value.span, found))
        call = call._replace(arguments=(given[0], *call.arguments[1:]))
        function = function_of(context, given[0].value)
    if function is None:
        raise context.wrong(f"{kind} takes a function first", first.span, f"jax.{kind}(f, …)")
    gives_function = kind in ("vjp", "linearize", "linear_transpose")
    if not is_of_autograd(call.function) and (
        kind == "jvp" or (gives_function and context.actor is not None)
    ):
        return (yield _of_functions(context, str(kind), function, call))
    if gives_function and len(given) == 2 and not is_of_autograd(call.function):
        of, at = (context.text(argument.value.span) for argument in given)
        raise context.wrong(
            "this gives a function, which a formula does not have",
            call.span,
            f"write vjp({of}, {at}, u) for its value at u",
        )
    listed, arguments = yield _list(context, given[1].value)
    places = list(range(len(arguments)))
    taken = yield taken_at(context, function, [(each, TENSOR) for each in arguments], places, call)
    of = taken.value(context, function.span)
    if kind in ("jacobian", "hessian"):
        if len(given) > 2:
            raise context.wrong(f"{kind} takes a function and its arguments", given[2].span)
        return _matrices(context, str(kind), function, of, taken, listed, call)
    seeds = (yield _list(context, given[2].value))[1] if len(given) > 2 else []
    product = _product(context, str(kind), function, of, taken, seeds, call)
    whole = taken.nodes_back(context, [of, *product], call.span)
    typed = [(each, TENSOR) for each in whole]
    is_listed = listed and kind != "jvp"
    return Several((typed[0], Several(tuple(typed[1:])) if is_listed else typed[1]), depth=1 + is_listed)


def _list(context: Context, expression: Expression) -> Rule:
    """A rule: whether values stand in a tuple, and their nodes."""
    if isinstance(expression, Sequence):
        found = []
        for item in expression.items:
            node, _ = yield item
            found.append(as_number(node))
        return True, found
    given = yield Whole(expression)
    return isinstance(given, Several), [as_number(node) for node, _ in each_of(given)]


def _matrices(
    context: Context, kind: str, function: Function, value: Node, taken: Taken, listed: bool, call: Call
) -> Lowered:
    """The Jacobian or Hessian, in each variable where they stand in a tuple."""
    asked = Function(function.span, kind=kind, inner=function)
    if kind == "jacobian":
        rows = [[derivative_in(context, asked, value, each, call)] for each in taken.variables]
    else:
        firsts = [
            derivative_in(context, asked._replace(kind="grad"), value, each, call) for each in taken.variables
        ]
        inner = asked._replace(kind="jacobian")
        rows = [
            [derivative_in(context, inner, first, each, call) for each in taken.variables] for first in firsts
        ]
    flat = iter(taken.nodes_back(context, [each for row in rows for each in row], call.span))
    whole = [[(next(flat), TENSOR) for _ in row] for row in rows]
    if not listed:
        return whole[0][0]
    if kind == "jacobian":
        return Several(tuple(row[0] for row in whole))
    return Several(tuple(Several(tuple(row)) for row in whole), depth=2)


def _product(
    context: Context,
    kind: str,
    function: Function,
    value: Node,
    taken: Taken,
    seeds: list[Node],
    call: Call,
) -> list[Node]:
    """The derivative times a vector: one for each variable, but of `jvp` one of the value."""
    variables = taken.variables
    like: list[Node] = [value] if kind == "vjp" else variables
    if not seeds and all(math.prod(each.shape) == 1 for each in like):
        seeds = [expand(as_node(1.0), each.shape) for each in like]
    seeds = fitting(context, kind, seeds, like, call)
    if kind == "jvp":
        (moved,) = derive.pushforward((value,), variables, seeds)
        return [_dense(moved, value, variables[0])]
    if kind == "vjp":
        found = derive.pullback(value, seeds[0], variables)
    else:
        asked = Function(function.span, kind="grad", inner=function)
        firsts = [derivative_in(context, asked, value, each, call) for each in variables]
        found = derive.pushforward(firsts, variables, seeds)
    return [_dense(each, variable, variable) for each, variable in zip(found, variables, strict=True)]


def _dense(found: Node | None, like: Node, variable: Node) -> Node:
    """A derivative that depends on its variable, if only in name; zeros where nothing connects them."""
    return zeros(like, variable) if found is None else tied_to(variable, found)
