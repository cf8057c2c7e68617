"""What the body of a user's function comes to: one rule for each statement that can stand there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from gradcli.engine.graph import Node, as_node, topological
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.arithmetic import as_truth
from gradcli.engine.shapes import shape_text
from gradcli.language.tree import (
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
from gradcli.language.vocabulary import STATEMENT_CALLS
from gradcli.language.walk import is_listed, is_of_names
from gradcli.lowering.context import Context, Whole, done
from gradcli.lowering.decorators import decorated
from gradcli.lowering.hosts import truth as truth_of
from gradcli.lowering.kinds import (
    COUNT,
    TENSOR,
    Host,
    Kind,
    Lowered,
    Several,
    Typed,
    named,
    over_each,
    promoted,
    tracked_kind,
)
from gradcli.lowering.loops import given_to, iteration, names_given_to, settled_truth
from gradcli.lowering.names import module_of
from gradcli.lowering.raising import failed, raised
from gradcli.text.errors import EvaluationError, InputError
from gradcli.text.source import Span
from gradcli.trampoline import Rule


def body(context: Context, statements: Sequence[Statement]) -> Rule:
    """A rule: what the body of a function returns, or `None` where it ends without `return`.

    `break` and `continue` come as they are. The names that it binds are those of the innermost frame.
    """
    for place, statement in enumerate(statements):
        if isinstance(statement, If):
            return (yield from _branch(context, statement, statement.cases, statements[place + 1 :]))
        if isinstance(statement, Leave):
            return statement
        if isinstance(statement, Import):
            continue  # what it names is known from the whole text
        behaviour = _BEHAVIOURS.get(type(statement))
        if behaviour is None:
            raise _refused(context, statement)
        result = yield from behaviour(context, statement)
        if result is not None:
            return result
    return None


# Each of these is a rule for one statement: what it returns, where it ends the body, and else `None`


def _return(context: Context, statement: Return) -> Rule:
    found = yield Whole(statement.value)
    is_name = isinstance(statement.value, Name)
    return found if context.recording or is_name else over_each(_detached, found)


def _assign(context: Context, statement: Assign) -> Rule:
    target, value = statement.target, statement.value
    if is_of_names(target):
        found = yield Whole(value)
        # Another name for a value is that value, also where nothing is recorded.
        if statement.constant or not (context.recording or isinstance(value, Name)):
            found = over_each(_detached, found)
        _bind(context, target, found, value.span)
    elif is_listed(target):
        found = yield Whole(value)
        for each, share in [*given_to(context, target, found, value.span)]:
            yield _give(context, statement, each, done(value.span, share))
    elif isinstance(target, Subscript):
        yield _set_item(context, statement, target)
    elif isinstance(target, Attribute):
        yield _set(context, target, value)
    else:
        raise _refused(context, statement)


def _bind(context: Context, target: Any, found: Lowered, span: Span) -> None:
    """Gives names what they stand for."""
    given = names_given_to(context, target, found, span)
    context.frames[-1].variables.update((name.name, each) for name, each in given)


def _update(context: Context, statement: Update) -> Rule:
    if isinstance(statement.target, Subscript):
        yield _set_item(context, statement, statement.target)
        return
    if not isinstance(statement.target, Name):
        raise _refused(context, statement)
    variables, name = context.frames[-1].variables, statement.target.name
    bound = variables.get(name)
    own = None
    if len(context.frames) == 1 and not isinstance(bound, Several | Host):
        own = context.scope.leaf_of(name, None if bound is None else bound[0])
    found = yield Whole(statement.operation())
    if isinstance(found, Host):
        variables[name] = found
        return
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


def _for(context: Context, statement: For) -> Rule:
    items = yield iteration(context, statement.iterable)
    for item in items:
        found = (as_node(item), COUNT) if isinstance(item, int) else item
        _bind(context, statement.target, found, statement.iterable.span)
        result = yield body(context, statement.body)
        if isinstance(result, Leave):
            if not result.again:
                return None
        elif result is not None:
            return result
    return (yield body(context, statement.otherwise))


def _no_grad(context: Context, statement: NoGrad) -> Rule:
    wanted = statement.recording
    if not isinstance(wanted, bool):
        wanted = yield settled_truth(context, wanted)
    before, context.recording = context.recording, wanted
    result = yield body(context, statement.body)
    context.recording = before
    return result


def _define(context: Context, statement: Define) -> Rule:
    found = yield decorated(context, statement)
    held = context.function_value(found) if isinstance(found, Define) else found
    context.frames[-1].variables[statement.name] = held


def _assert(context: Context, statement: Assert) -> Rule:
    _, settled = yield _truth(context, statement.condition)
    if settled is not None and not settled:
        raise failed(context, statement)


def _raise(context: Context, statement: Raise) -> Rule:
    if context.undecided:
        told = f"whether {statement.name} is raised depends on values that are not known yet"
        raise EvaluationError(told, (context.mark(statement.span),))
    raise (yield from raised(context, statement))


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
        raise _refused(context, statement)
    value = statement.operation() if isinstance(statement, Update) else statement.value
    part, _ = yield value
    base, kind = found
    given = assigned(context, target, base, part, statement.value.span)
    node = yield given
    kind = named(tracked_kind(kind), "CopySlices") if node.tracked else kind
    context.frames[-1].variables[name.name] = node, kind


def _expression(context: Context, statement: ExpressionStatement) -> Rule:
    """A rule: a call that only does something, as `self.layers.append(…)`; raises for what computes."""
    call = statement.value
    if isinstance(call, Text):
        return  # a docstring
    if not isinstance(call, Call):
        raise _refused(context, statement)
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
    raise _refused(context, statement)


def is_of_base(call: Call) -> bool:
    """Whether a call is `nn.Module.__init__(self)`, which nothing here needs."""
    function = call.function
    if not isinstance(function, Attribute) or function.name != "__init__":
        return False
    return isinstance(function.value, Attribute) and function.value.name == "Module"


def _refused(context: Context, statement: Statement) -> InputError:
    """The error of a statement that no body of a function can hold."""
    if isinstance(statement, Read):
        return context.wrong(
            "a formula reads no files",
            statement.file_span,
            f"{statement.target.name}=@{statement.file} gives it its value from outside",
        )
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


_BEHAVIOURS: Mapping[type, Callable[[Context, Any], Rule]] = {
    Return: _return,
    Assign: _assign,
    Update: _update,
    For: _for,
    While: _while,
    NoGrad: _no_grad,
    Define: _define,
    Assert: _assert,
    Raise: _raise,
    ExpressionStatement: _expression,
}
"""What the statements of a body do, but for `if`, which takes what stands behind it along."""
