"""An expression on a line of its own: its value is shown, and `ans` from then on; or it does something."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np

from gradcli.engine.graph import Input
from gradcli.engine.primitives import TABLE
from gradcli.language.tree import Attribute, Call, Expression, ExpressionStatement, Name, Subscript, Text
from gradcli.language.vocabulary import FILLS
from gradcli.lowering.callables import Builtin, Function
from gradcli.lowering.deeds import changes
from gradcli.lowering.hosts import Nothing
from gradcli.lowering.kinds import Host
from gradcli.lowering.names import called_name, is_module_path, member_of, module_of
from gradcli.session import assignments, printing, sweeps
from gradcli.session.context import Behaviours, Run
from gradcli.session.results import Described, Label
from gradcli.session.showing import describe, described, without_value
from gradcli.session.values import Group, Held, Value
from gradcli.text.errors import EvaluationError, InputError, Notice

Action: TypeAlias = Callable[[Run, ExpressionStatement], None]
"""What a call does that has no value."""


def expression(run: Run, statement: ExpressionStatement) -> None:
    """`sin(x)`, `print(x)`, `y.backward()`."""
    several = len(run.program.statements) > 1 or run.depth
    if isinstance(statement.value, Text) and several:
        return  # a docstring, or a comment in quotes
    action = _action(run, statement.value)
    if action is not None:
        action(run, statement)
        if shows_calls(run) and not (statement.quiet or run.depth or run.calls):
            given_back = _given_back(run, statement.value, action)
            if given_back is not None:
                run.show(given_back)
        return
    shows: Described | None = without_value(run, statement.value)
    if shows is None:
        held = run.whole(statement.value)
        if run.calls:
            return  # as in Python, a call shows what it prints
        if isinstance(held, Function | Builtin) and isinstance(statement.value, Name | Attribute):
            if isinstance(held, Builtin):
                run.lower(statement.value)  # raises what is said of a name that has no value
            name = run.lowering().text(statement.value.span)
            raise InputError(
                f"{name} is a function", (run.mark(statement.value.span),), f"call it: {name}(…)"
            )
        # Described first: what is typed may use the ans from before.
        shows = None if statement.quiet else describe(run, statement.value, held)
        if isinstance(held, Nothing) or _is_done(run, statement.value, held):
            return  # nothing came back from what was done
        if isinstance(held, Group):
            run.bind("ans", held.over_each(partial(_answer, run)))
        elif isinstance(held, Host):
            run.bind("ans", held)
        else:
            run.bind("ans", _answer(run, held))
    if shows is not None and not statement.quiet and not _is_of_python(run):
        run.show(shows)


def _is_of_python(run: Run) -> bool:
    """Whether this is a file of Python's for a library, in which a value that stands alone shows nothing."""
    return run.program.source.is_python and not run.session.numbers_are_leaves


def shows_calls(run: Run) -> bool:
    """Whether what a call gives is shown though it did something: at Python's prompt and in notebooks."""
    return not run.session.numbers_are_leaves and not run.program.source.is_script


def _given_back(run: Run, expression: Expression, action: Action) -> Described | None:
    """What a call that did something gives back in Python: the tensor that it changed, or the generator.

    `None` where that is nothing, or was shown by what it did.
    """
    if not isinstance(expression, Call) or not isinstance(expression.function, Attribute):
        return None
    function = expression.function
    if function.name == "manual_seed":
        of_torch = module_of(function.value, run) in ("torch", "torch.random")
        return Label("torch's generator", "<torch._C.Generator object>") if of_torch else None
    is_tensor = isinstance(function.value, Name | Attribute | Subscript) and action in _CHANGE_A_TENSOR
    return described(run, function.value) if is_tensor and changes(function.name) else None


def _is_done(run: Run, expression: Expression, held: Held) -> bool:
    """Whether a call gave back what it changed, as `model.eval()` and `nn.init.zeros_(w)` do.

    Python shows that where it shows the value of a line.
    """
    if isinstance(expression, Call) and isinstance(held, Host) and not held.shows:
        return True
    if not isinstance(expression, Call) or not isinstance(expression.function, Attribute):
        return False
    function = expression.function
    if changes(function.name) or any(argument.name == "out" for argument in expression.arguments):
        is_none = function.name[-1:] != "_" and isinstance(held, Value) and held.kind.form == "array"
        return is_none or not shows_calls(run)  # NumPy's sort and fill give None
    if isinstance(held, Group) and held.parts:
        return all(_is_done(run, expression, part) for part in held.parts)
    if isinstance(held, Host):
        is_quiet = not shows_calls(run) and function.name in ("train", "eval", "manual_seed", "apply")
        return is_quiet or function.name in ("load_state_dict", "append")
    return module_of(function.value, run) in ("torch.nn.init", "torch.nn.utils")


def _answer(run: Run, value: Value) -> Value:
    """What `ans` keeps of a value shown: of a leaf its value now, as the leaf may change."""
    node = value.node
    if isinstance(node, Input) and node.role == "leaf":
        return run.session.value_of(TABLE["clone"].build(node))
    return value


def is_action(run: Run, expression: Expression) -> bool:
    """Whether an expression on a line of its own does something, and so has no value."""
    return _action(run, expression) is not None


def _action(run: Run, expression: Expression) -> Action | None:
    """What a call that does something does, or `None` if the expression is a value."""
    if not isinstance(expression, Call):
        return None
    function = expression.function
    if isinstance(function, Name) and run.scope.function(function.name) is None:
        if function.name == "manual_seed" or run.imported(function.name) is not None:
            return SETTINGS.get(called_name(function, run) or "")
        return printing.FUNCTIONS.get(function.name)
    if not isinstance(function, Attribute):
        return None
    if is_module_path(function.value, run):
        return SETTINGS.get(function.name) or sweeps.FUNCTIONS.get(function.name)
    if isinstance(function.value, Name) and run.scope.host(function.value.name) is not None:
        return None
    return METHODS.get(function.name)


def _nothing(run: Run, statement: ExpressionStatement) -> None:
    """What PyTorch needs, and what is so here without it."""


def _retain(run: Run, statement: ExpressionStatement) -> None:
    """`y.retain_grad()`: a computed value keeps its grad, as a leaf does anyway."""
    call = statement.value
    assert isinstance(call, Call)
    assert isinstance(call.function, Attribute)
    value = run.value(call.function.value)
    if not value.node.tracked:
        place = (run.mark(call.function.value.span),)
        raise EvaluationError("this requires no grad, so it can keep none", place, "a leaf does: x = 3")
    if value.node.inputs:
        run.session.retain(value.node)


def _random(run: Run, statement: ExpressionStatement) -> None:
    """What sets random numbers, or fills a tensor with them."""
    from gradcli.session.draws import act  # which few programs do

    act(run, statement)


def _record(run: Run, statement: ExpressionStatement) -> None:
    """`torch.set_grad_enabled(False)`: what is computed from now on requires no grad, or does again."""
    call = statement.value
    assert isinstance(call, Call)
    if len(call.arguments) != 1:
        hint = "torch.set_grad_enabled(False)"
        raise InputError("set_grad_enabled takes one truth value", (run.mark(call.span),), hint)
    run.session.record(bool(np.all(run.value(call.arguments[0].value).data)))


def _print_options(run: Run, statement: ExpressionStatement) -> None:
    """`np.set_printoptions(precision=3)`: how arrays print from now on."""
    call = statement.value
    assert isinstance(call, Call)
    member = member_of(call.function, run)
    if member is not None and member.convention == "numpy":
        from gradcli.session.print_options import set_options  # which few programs do

        set_options(run, call)
        return
    marks = (run.mark(statement.span),)
    run.note(Notice("note", "numbers print as before: this changes nothing", marks))


_CHANGE_A_TENSOR = (assignments.in_place, _random)
"""What changes the tensor before the dot, and shows nothing itself."""

STATEMENTS: Behaviours = {ExpressionStatement: expression}

FUNCTIONS: dict[str, Action] = {**printing.FUNCTIONS, **sweeps.FUNCTIONS}
"""What functions do that have no value."""

METHODS: dict[str, Action] = {
    **assignments.METHODS,
    **dict.fromkeys(FILLS, _random),
    **sweeps.METHODS,
    "retain_grad": _retain,
}
"""What methods do, as `backward` in `y.backward()`."""

SETTINGS: dict[str, Action] = {
    **dict.fromkeys(("manual_seed", "seed", "shuffle"), _random),
    **dict.fromkeys(("set_default_dtype", "set_default_tensor_type"), _random),
    "manual_seed_all": _nothing,  # of other devices
    "set_grad_enabled": _record,
    **dict.fromkeys(("set_detect_anomaly", "use_deterministic_algorithms", "set_num_threads"), _nothing),
    "set_printoptions": _print_options,
}
"""What settings of PyTorch's do."""
