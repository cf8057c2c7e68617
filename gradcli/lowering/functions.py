"""The user's functions: what their calls and bodies come to as nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from gradcli.engine.graph import Input, Node, Stale, substituted
from gradcli.language.tree import (
    Attribute,
    Call,
    Define,
    Expression,
    Name,
)
from gradcli.language.vocabulary import DERIVATIVES
from gradcli.language.walk import walk
from gradcli.lowering.bodies import body
from gradcli.lowering.context import Around, Context, Frame, Whole
from gradcli.lowering.deeds import acts, updated
from gradcli.lowering.hosts import NONE, List
from gradcli.lowering.kinds import (
    TENSOR,
    Host,
    Lowered,
    Several,
    each_of,
    over_each,
)
from gradcli.text.errors import EvaluationError, InputError
from gradcli.text.source import Span
from gradcli.text.suggest import did_you_mean
from gradcli.trampoline import Rule

DEEPEST_CALL = 5_000
"""How deep calls of user functions may nest before that is an error."""


def user_call(
    context: Context,
    function: Define,
    call: Call,
    first: Lowered | None = None,
    *,
    gives: bool = True,
    around: Around | None = None,
    defaults: Mapping[str, Any] = MappingProxyType({}),
) -> Rule:
    """A call of the user's function: its body, lowered with its parameters bound; `around` are its names.

    `defaults` has values of parameters (as `Context.keep` keeps them) that were found before. `first` is
    given to the first parameter, before the arguments. Unless it `gives` something, it need not return. The
    statements of one that does something are run.
    """
    arguments: dict[str, Lowered] = {}
    values, names = _parameters(function)
    if first is not None and values:
        arguments[values.pop(0)] = first
    further: list[Lowered] = []
    others: dict[str, Lowered] = {}
    rests = {parameter.rest: parameter.name for parameter in function.parameters if parameter.rest}
    left = iter(values)
    for argument in call.arguments:
        name = argument.name
        if name is None:
            name = next(left, None)
            if name is None and not rests.get("*"):
                raise _arity(context, function, call)
        elif name not in names and "**" not in rests:
            near = did_you_mean(name, names)
            hint = f"did you mean {near}?" if near else f"its parameters are {', '.join(names)}"
            raise context.wrong(f"{function.name} has no parameter {name}", argument.span, hint)
        if name in arguments:
            raise context.wrong(f"{name} is given twice", argument.span)
        found = yield Whole(argument.value)
        if name is None:
            further.append(found)
        elif name in names:
            arguments[name] = found
        else:
            others[name] = found
    for name, kept in defaults.items():
        if name not in arguments:
            arguments[name] = context.now(kept)
    if any(
        parameter.default is None and not parameter.rest and parameter.name not in arguments
        for parameter in function.parameters
    ):
        raise _arity(context, function, call)
    _add_rests(context, rests, arguments, further, others, call.span)
    if gives and context.actor is not None and (acts(function) or _changes(context, function, arguments)):
        if not context.stand_ins:
            return context.acting(call.span).call(context, function, around, arguments, call.span)
        # What it is given is a variable, in which a derivative is being taken.
        found = yield invoke(context, function, arguments, call.span, gives=False, around=around)
        return NONE if found is None else found
    return (yield invoke(context, function, arguments, call.span, gives=gives, around=around))


def _changes(context: Context, function: Define, arguments: Mapping[str, Lowered]) -> bool:
    """Whether a function does `x += …` to a list, or a tensor that is no leaf, that it is given."""
    if not context.scope.keeps_lists:
        return False
    names = updated(function)
    given = [found for name, found in arguments.items() if name in names]
    return any(
        isinstance(found, List)
        or (
            not isinstance(found, Several | Host)
            and (not found[0].tracked or bool(found[0].inputs) or isinstance(found[0], Stale))
            and (found[1].form == "tensor" or (found[1].form == "array" and bool(found[0].shape)))
        )
        for found in given
    )


def _parameters(function: Define) -> tuple[list[str], list[str]]:
    """The parameters that take values in turn, and all that take one by its name."""
    values: list[str] = []
    names: list[str] = []
    rest = False
    for parameter in function.parameters:
        rest = rest or bool(parameter.rest)
        if not parameter.rest:
            names.append(parameter.name)
            if not rest:
                values.append(parameter.name)
    return values, names


def _add_rests(
    context: Context,
    rests: Mapping[str, str],
    arguments: dict[str, Lowered],
    further: Sequence[Lowered],
    others: Mapping[str, Lowered],
    span: Span,
) -> None:
    """Binds `*args` and `**kwargs` to what no other parameter takes."""
    if rests.get("*"):
        arguments[rests["*"]] = Several(tuple(further))
    if "**" in rests:
        from gradcli.lowering.dictionaries import of_names  # which few functions have

        arguments[rests["**"]] = of_names(context, others, span)


def _arity(context: Context, function: Define, call: Call) -> InputError:
    wanted = ", ".join(
        parameter.rest + parameter.name if parameter.default is None else f"{parameter.name}=…"
        for parameter in function.parameters
    )
    count = len(call.arguments)
    return context.wrong(
        f"{function.name} does not take {count} argument{'' if count == 1 else 's'}",
        call.span,
        f"its parameters are {function.name}({wanted})",
    )


def invoke(
    context: Context,
    function: Define,
    arguments: dict[str, Lowered],
    span: Span,
    *,
    gives: bool = True,
    around: Around | None = None,
) -> Rule:
    """What a user's function gives whose parameters are bound: a value, or a tuple.

    Where it returns nothing and should give something, that is None in Python; elsewhere raises `InputError`.
    """
    if around is None and context.in_call:
        around = Around()
    outermost = context.entered.get(id(function))
    if outermost is not None and outermost < context.undecided:
        raise EvaluationError(
            f"{function.name} calls itself under a condition that waits for values, so it never ends",
            (context.mark(span),),
            "let the condition depend on constants only, as with const n = 5",
        )
    if len(context.frames) >= DEEPEST_CALL:
        raise EvaluationError(
            f"{function.name} calls itself more than {DEEPEST_CALL} times deep",
            (context.mark(span),),
            "give it a condition that ends it: … if n > 0 else …",
        )
    if outermost is None:
        context.entered[id(function)] = context.undecided
    called_from = context.mark(span, f"in {function.name}, called here")
    context.frames.append(Frame(function.source, arguments, called_from, around))
    for parameter in function.parameters:
        if parameter.name not in arguments and parameter.default is not None:
            arguments[parameter.name] = yield Whole(parameter.default)
        elif parameter.name not in arguments:
            _add_rests(context, {parameter.rest: parameter.name}, arguments, (), {}, span)
    taken_in = _numbers_taken_in(function, arguments)
    for name, stand_in in taken_in.items():
        ((context.stand_ins[stand_in], _),) = each_of(arguments[name])
        arguments[name] = stand_in, TENSOR
    result = yield body(context, function.body)
    if result is None and gives:
        told, hint = f"{function.name} returns nothing", "end its body with return …"
        if not context.scope.keeps_lists:
            raise context.wrong(told, function.name_span, hint)
        from gradcli.lowering.hosts import Nothing  # which few functions give

        result = Nothing(InputError(told, (context.mark(function.name_span), called_from), hint))
    elif taken_in and result is not None:
        result = _at_numbers(context, result, list(taken_in.values()))
    context.frames.pop()
    if outermost is None:
        del context.entered[id(function)]
    return result


def _numbers_taken_in(function: Define, arguments: Mapping[str, Lowered]) -> dict[str, Input]:
    """A variable for each parameter that holds a number and that the body takes a derivative in."""
    named = {
        piece.name
        for call in walk(function.body)
        if isinstance(call, Call) and len(call.arguments) > 1 and _last_name(call.function) in DERIVATIVES
        for piece in walk(call.arguments[1].value)
        if isinstance(piece, Name)
    }
    found = {}
    for name in named & set(arguments):
        given = arguments[name]
        if not isinstance(given, Several | Host) and given[0].static and not given[0].boolean:
            found[name] = Input(name, given[0].shape, role="stand-in")
    return found


def _last_name(function: Expression) -> str:
    return function.name if isinstance(function, Name | Attribute) else ""


def _at_numbers(context: Context, result: Lowered, stand_ins: Sequence[Input]) -> Lowered:
    """What a body gives, with the numbers in the places of the variables that stood in for them."""
    at: dict[Node, Node] = {stand_in: context.stand_ins.pop(stand_in) for stand_in in stand_ins}
    changed = substituted([node for node, _ in each_of(result)], at)
    context.origins.settle(at)
    context.origins.look_below()
    context.origins.follow(changed)
    return over_each(lambda node, kind: (changed.get(node, node), kind), result)
