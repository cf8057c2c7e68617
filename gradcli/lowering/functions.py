"""The user's functions: what their calls and bodies come to as nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

from gradcli.engine.graph import Input, Node, Stale, as_node, substituted, topological
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.arithmetic import as_truth
from gradcli.engine.shapes import shape_text
from gradcli.language.tree import (
    Argument,
    Assert,
    Assign,
    Attribute,
    Call,
    Case,
    Define,
    Expression,
    ExpressionStatement,
    For,
    Global,
    If,
    Import,
    Leave,
    Name,
    NoGrad,
    Raise,
    Read,
    Return,
    Statement,
    Subscript,
    Text,
    Try,
    Update,
    While,
)
from gradcli.language.vocabulary import DERIVATIVES, RECORDING, STATEMENT_CALLS
from gradcli.language.walk import is_listed, is_of_names, walk
from gradcli.lowering.context import Around, Context, Frame, Whole, done
from gradcli.lowering.deeds import acts, updated
from gradcli.lowering.hosts import NONE, List
from gradcli.lowering.hosts import Text as TextValue
from gradcli.lowering.hosts import truth as truth_of
from gradcli.lowering.kinds import (
    COUNT,
    TENSOR,
    Host,
    Kind,
    Lowered,
    Several,
    Typed,
    each_of,
    named,
    over_each,
    promoted,
    tracked_kind,
)
from gradcli.lowering.loops import given_to, iteration, names_given_to, settled_truth
from gradcli.lowering.names import module_of
from gradcli.text.errors import EvaluationError, InputError, RaisedError
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

    Raises `InputError` where it returns nothing and should give something.
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
        raise context.wrong(
            f"{function.name} returns nothing", function.name_span, "end its body with return …"
        )
    if taken_in and result is not None:
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


def body(context: Context, statements: Sequence[Statement]) -> Rule:
    """A rule: what the body of a function returns, or `None` where it ends without `return`.

    `break` and `continue` come as they are. The names that it binds are those of the innermost frame.
    """
    variables = context.frames[-1].variables
    for place, statement in enumerate(statements):
        if isinstance(statement, Return):
            found = yield Whole(statement.value)
            is_name = isinstance(statement.value, Name)
            return found if context.recording or is_name else over_each(_detached, found)
        if isinstance(statement, Leave):
            return statement
        if isinstance(statement, If):
            return (yield _branch(context, statement, statement.cases, statements[place + 1 :]))
        if isinstance(statement, While):
            result = yield _while(context, statement)
            if result is not None:
                return result
            continue
        if isinstance(statement, Assign) and is_of_names(statement.target):
            found = yield Whole(statement.value)
            # Another name for a value is that value, also where nothing is recorded.
            if statement.constant or not (context.recording or isinstance(statement.value, Name)):
                found = over_each(_detached, found)
            given = names_given_to(context, statement.target, found, statement.value.span)
            variables.update((name.name, each) for name, each in given)
        elif isinstance(statement, Assign) and is_listed(statement.target):
            found = yield Whole(statement.value)
            for target, each in [*given_to(context, statement.target, found, statement.value.span)]:
                yield _give(context, statement, target, done(statement.value.span, each))
        elif isinstance(statement, Update) and isinstance(statement.target, Name):
            name = statement.target.name
            bound = variables.get(name)
            own = None
            if len(context.frames) == 1 and not isinstance(bound, Several | Host):
                own = context.scope.leaf_of(name, None if bound is None else bound[0])
            found = yield Whole(statement.operation())
            if isinstance(found, Host):
                variables[name] = found
                continue
            node, kind = context.one(found, statement.span)
            if own is not None:  # what depends on the variable itself is a step of it, and else a sum begins
                value, _ = yield statement.value
                if own in topological((value,)):
                    leaf, node = context.scope.stepped(own, node)
                    others = [
                        each
                        for each, held in variables.items()
                        if not isinstance(held, Several | Host) and held[0] is own
                    ]
                    variables.update(dict.fromkeys((leaf, *others), (node, kind)))
            variables[name] = node, kind
        elif isinstance(statement, For):
            items = yield iteration(context, statement.iterable)
            for item in items:
                found = (as_node(item), COUNT) if isinstance(item, int) else item
                given = names_given_to(context, statement.target, found, statement.iterable.span)
                variables.update((name.name, each) for name, each in given)
                result = yield body(context, statement.body)
                if isinstance(result, Leave):
                    if not result.again:
                        break
                elif result is not None:
                    return result
            else:
                result = yield body(context, statement.otherwise)
                if result is not None:
                    return result
        elif isinstance(statement, NoGrad):
            wanted = statement.recording
            if not isinstance(wanted, bool):
                wanted = yield settled_truth(context, wanted)
            before, context.recording = context.recording, wanted
            result = yield body(context, statement.body)
            context.recording = before
            if result is not None:
                return result
        elif isinstance(statement, ExpressionStatement) and isinstance(statement.value, Text):
            continue  # a docstring
        elif isinstance(statement, Define):
            found = yield decorated(context, statement)
            variables[statement.name] = context.function_value(found) if isinstance(found, Define) else found
        elif isinstance(statement, Assert):
            _, settled = yield _truth(context, statement.condition)
            if settled is not None and not settled:
                raise failed(context, statement)
        elif isinstance(statement, Raise):
            if context.undecided:
                told = f"whether {statement.name} is raised depends on values that are not known yet"
                raise EvaluationError(told, (context.mark(statement.span),))
            raise (yield from raised(context, statement))
        elif isinstance(statement, Assign | Update) and isinstance(statement.target, Subscript):
            yield _set_item(context, statement, statement.target)
        elif isinstance(statement, Assign) and isinstance(statement.target, Attribute):
            yield _set(context, statement.target, statement.value)
        elif isinstance(statement, ExpressionStatement) and isinstance(statement.value, Call):
            yield _does(context, statement, statement.value)
        elif isinstance(statement, Read):
            raise context.wrong(
                "a formula reads no files",
                statement.file_span,
                f"{statement.target.name}=@{statement.file} gives it its value from outside",
            )
        elif not isinstance(statement, Import):
            raise _computes_only(context, statement)
    return None


def _give(context: Context, statement: Assign, target: Expression, value: Expression) -> Rule:
    """A rule: gives one of several that stand side by side its share."""
    if isinstance(target, Attribute):
        yield _set(context, target, value)
    elif isinstance(target, Subscript):
        yield _set_item(context, statement._replace(target=target, value=value), target)
    elif isinstance(target, Name):
        context.frames[-1].variables[target.name] = yield Whole(value)


def _set(context: Context, target: Attribute, value: Expression) -> Rule:
    """A rule: gives an object another attribute, as `self.size = 3`."""
    owner = yield Whole(target.value)
    found = yield Whole(value)
    if not isinstance(owner, Host) or not owner.assign(context, target.name, found, value.span):
        raise context.wrong(f"{target.name} cannot be assigned in a function", target.name_span)


def _set_item(context: Context, statement: Assign | Update, target: Subscript) -> Rule:
    """A rule: gives a name of the function the array with another item, as `y[y < 0] = 0`; or an entry."""
    from gradcli.lowering.indexing import assigned  # which few functions need

    name = target.value
    found = yield Whole(name)
    if isinstance(found, Host) and found.keyed and isinstance(statement, Assign) and len(target.items) == 1:
        from gradcli.lowering.dictionaries import key_of

        (item,) = target.items
        key = key_of(context, (yield Whole(cast("Expression", item))), item.span)
        given = yield Whole(statement.value)
        if found.assign_entry(context, key, given, statement.value.span):
            return
    if not isinstance(name, Name) or isinstance(found, Several | Host):
        raise _computes_only(context, statement)
    value = statement.operation() if isinstance(statement, Update) else statement.value
    part, _ = yield value
    base, kind = found
    given = assigned(context, target, base, part, statement.value.span)
    node = yield given
    kind = named(tracked_kind(kind), "CopySlices") if node.tracked else kind
    context.frames[-1].variables[name.name] = node, kind


def _does(context: Context, statement: ExpressionStatement, call: Call) -> Rule:
    """A rule: a call that only does something, as `self.layers.append(…)`; raises for one that computes."""
    if is_of_base(call):
        return
    function = call.function
    if isinstance(function, Attribute) and module_of(function.value, context) == "torch.nn.init":
        yield Whole(call)
        return
    is_print = isinstance(function, Name) and function.name == "print" and context.actor is not None
    if is_print or not _acts(call):
        found = yield Whole(call)
        if isinstance(found, Host):
            return
    raise _computes_only(context, statement)


def is_of_base(call: Call) -> bool:
    """Whether a call is `nn.Module.__init__(self)`, which nothing here needs."""
    function = call.function
    if not isinstance(function, Attribute) or function.name != "__init__":
        return False
    return isinstance(function.value, Attribute) and function.value.name == "Module"


def _computes_only(context: Context, statement: Statement) -> InputError:
    hint = "call backward, zero and print outside it"
    if isinstance(statement, ExpressionStatement) and not _acts(statement.value):
        hint = f"write return {context.text(statement.value.span)}"
    if isinstance(statement, Try):
        hint = "where it is differentiated it catches no errors: call backward of what it gives"
    if isinstance(statement, Global):
        hint = "where it is differentiated it changes no names around it: return what is new"
    return context.wrong(
        "a function's body computes values: it assigns, loops and returns", statement.span, hint
    )


def _truth(context: Context, condition: Expression) -> Rule:
    """A rule: a condition as a node of one truth value, and what it is where that is settled.

    Where leaves have values, these decide, as in Python; where they are what is asked about, they do not.
    """
    found = yield context.operand(condition)
    if isinstance(found, Host):
        found = truth_of(context, found, condition.span)
    asked, _ = context.one(found, condition.span)
    truth = as_truth(asked)
    if truth.shape != ():
        raise EvaluationError(
            "a condition is one truth value, and this is an array",
            (context.mark(condition.span, shape_text(truth.shape)),),
            "all(…) and any(…) make one of many, and where(…) chooses for each element",
        )
    settled = context.truth(truth, decides=True)
    if settled is None and context.scope.reads_leaves:
        settled = context.truth(truth, leaves=True)
    return truth, settled


def _branch(context: Context, statement: If, cases: Sequence[Case], rest: Sequence[Statement]) -> Rule:
    """A rule: what the first case whose condition holds leads to, with what stands behind the branch.

    Where a condition waits for values, it is `where` of what both ways lead to, each with names of its own.
    """
    if not cases:
        return (yield body(context, rest))
    case, *further = cases
    if case.condition is None:
        return (yield body(context, (*case.body, *rest)))
    truth, settled = yield _truth(context, case.condition)
    if settled is not None:
        if settled:
            return (yield body(context, (*case.body, *rest)))
        return (yield _branch(context, statement, further, rest))
    variables = context.frames[-1].variables
    before = dict(variables)
    context.undecided += 1
    yes = yield body(context, (*case.body, *rest))
    after = dict(variables)
    variables.clear()
    variables.update(before)
    no = yield _branch(context, statement, further, rest)
    context.undecided -= 1
    for each in (yes, no):
        if isinstance(each, Leave):
            word = "continue" if each.again else "break"
            raise EvaluationError(
                f"whether `{word}` is reached depends on values that are not known yet",
                (context.mark(each.span),),
                "where(condition, …, …) chooses among values",
            )
    if (yes is None) != (no is None):
        raise context.wrong(
            "one way through this returns a value, and another does not", statement.span, "return one on each"
        )
    if yes is not None:
        return _either(context, statement, truth, yes, no)
    for name in [*variables]:
        if name not in after:
            del variables[name]
        elif variables[name] is not after[name]:
            variables[name] = _either(context, statement, truth, after[name], variables[name])
    return None


def _either(context: Context, statement: If, truth: Node, yes: Lowered, no: Lowered) -> Lowered:
    if isinstance(yes, Several) and isinstance(no, Several) and len(yes.parts) == len(no.parts):
        pairs = zip(yes.parts, no.parts, strict=True)
        return yes._replace(parts=tuple(_either(context, statement, truth, *pair) for pair in pairs))
    if yes is no:
        return yes
    if isinstance(yes, Host) or isinstance(no, Host):
        titles = " or ".join(dict.fromkeys(each.title for each in (yes, no) if isinstance(each, Host)))
        raise context.wrong(f"which of the cases gives {titles} depends on values", statement.span)
    if isinstance(yes, Several) or isinstance(no, Several):
        raise context.wrong("the cases of this give different numbers of values", statement.span)
    node = context.build(lambda: TABLE["where"].build(truth, yes[0], no[0]), statement.span, ())
    return node, promoted(TENSOR, (yes, no)) if node.tracked or yes[1] != no[1] else yes[1]


def _while(context: Context, statement: While) -> Rule:
    """A rule: what the rounds of a loop return, or its `else`, or `None`."""
    while True:
        _, settled = yield _truth(context, statement.condition)
        if settled is None:
            raise EvaluationError(
                "how often this loop runs depends on values that are not known yet",
                (context.mark(statement.condition.span),),
                "for k in range(100): runs a number of times that is known",
            )
        if not settled:
            return (yield body(context, statement.otherwise))
        result = yield body(context, statement.body)
        if isinstance(result, Leave):
            if not result.again:
                return None
        elif result is not None:
            return result


def _detached(node: Node, kind: Kind) -> Typed:
    return TABLE["detach"].build(node), kind


def _acts(expression: Expression) -> bool:
    """Whether an expression is a call that does something, such as `print(x)` and `y.backward()`."""
    function = expression.function if isinstance(expression, Call) else None
    return isinstance(function, Name | Attribute) and function.name in STATEMENT_CALLS


# Decorators and assertions

_OF_GRAPHS = (
    "jit",
    "script",
    "compile",
    "trace",
    "checkpoint",
    "wraps",
    "njit",
    "override",
    "final",
    "abstractmethod",
)
"""Decorators that change how a function is run or read, and not what it gives."""


def plain(context: Context, function: Define) -> Define:
    """A function without its decorators: with what they mean in it. Raises `InputError` for others."""
    function, others = _undecorated(function)
    for decorator in others:
        raise unknown_decorator(context, decorator)
    return function


def unknown_decorator(context: Context, decorator: Expression) -> InputError:
    return context.wrong(
        "this decorator is not known here",
        decorator.span,
        "@torch.no_grad() and @jit are; call the function that makes another: g = h(f)",
    )


def _undecorated(function: Define) -> tuple[Define, list[Expression]]:
    """A function with what its decorators mean in it, and those that make something else of it, in turn."""
    others: list[Expression] = []
    for decorator in reversed(function.decorators):
        called = decorator.function if isinstance(decorator, Call) else decorator
        name = called.name if isinstance(called, Name | Attribute) else ""
        if name == "partial" and isinstance(decorator, Call) and decorator.arguments:
            inner = decorator.arguments[0].value
            name = inner.name if isinstance(inner, Name | Attribute) else ""
        if name in RECORDING and not others:
            function = function._replace(body=(NoGrad(decorator.span, function.body, RECORDING[name]),))
        elif name not in _OF_GRAPHS:
            others.append(decorator)
    return function._replace(decorators=()), others


def decorated(context: Context, statement: Define) -> Rule:
    """A rule: the function of a `def` without decorators, or what those make of it."""
    function, others = _undecorated(statement)
    if not others:
        return function
    found: Lowered = context.function_value(function)
    for decorator in others:
        if isinstance(decorator, Name) and not (
            context.calls_user(decorator) or context.imported(decorator.name)
        ):
            raise unknown_decorator(context, decorator)
        given = Argument(function.name_span, None, done(function.name_span, found))
        found = yield Whole(Call(decorator.span, decorator, (given,)))
    return found


def raised(context: Context, statement: Raise) -> Rule:
    """A rule: the error that a program raises, with its name and its text, or one that it has caught."""
    from gradcli.lowering.caught import Caught, is_kind_of  # which few programs need

    mark, of = context.mark(statement.span), context.host(statement.name)
    if isinstance(of, Caught) and statement.message is None:
        return RaisedError(of.called, "".join(map(str, of.parts)), (mark,), kinds=of.kinds)
    kinds = () if of is None else of.kinds_of_class()
    said = ""
    if statement.message is not None:
        found = yield Whole(statement.message)
        if not isinstance(found, TextValue):
            raise context.wrong("what an error says is text", statement.message.span, 'ValueError("text")')
        said = "".join(str(part) for part in found.parts)
        if any(is_kind_of(each, "KeyError") for each in (statement.name, *kinds)):
            said = repr(said)  # as Python shows a key
    return RaisedError(kinds[0] if kinds else statement.name, said, (mark,), kinds=kinds)


def failed(context: Context, statement: Assert) -> EvaluationError:
    """The error of an assertion that does not hold."""
    said = statement.message.value if isinstance(statement.message, Text) else ""
    told = f"this does not hold{f': {said}' if said else ''}"
    return RaisedError("AssertionError", said, (context.mark(statement.condition.span),), told)
