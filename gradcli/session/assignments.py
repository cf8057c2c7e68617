"""Statements that bind names and change values: `x = …`, `x -= …`, `x.grad = …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradcli.engine.graph import Input, Node
from gradcli.engine.primitives import OPERATORS, TABLE
from gradcli.language.tree import (
    Assign,
    Attribute,
    Binary,
    Call,
    Conditional,
    Expression,
    ExpressionStatement,
    Imported,
    Name,
    Text,
    Update,
)
from gradcli.lowering.arguments import CONSTANTS, DTYPES, TENSORS, called_name, is_module_path
from gradcli.lowering.kinds import kind_of
from gradcli.session.state import Value
from gradcli.text.errors import EvaluationError, InputError, Notice

if TYPE_CHECKING:
    from gradcli.session.runner import Runner


def assign(runner: Runner, statement: Assign) -> None:
    """`x = …`, `const t = …`, `x.grad = …`, `x.data = …`."""
    target = statement.target
    if isinstance(target, Attribute):
        _assign_attribute(runner, target, statement.value)
        return
    assert isinstance(target, Name)
    if target.name in ("True", "False", "None"):
        raise InputError(f"{target.name} cannot be bound", (runner.mark(target.span),))
    setting = None if statement.constant else _setting(runner, statement.value)
    if setting is not None:
        if target.name in runner.session.values:
            runner.session.delete(target.name)
        runner.session.bind_import(Imported(target.name, "torch", setting))
        return
    wanted = _requested_leaf(runner, statement.value)
    value = runner.value(_before_requiring(statement.value))
    if target.name in CONSTANTS and target.name not in runner.session.values and not runner.depth:
        runner.note(
            Notice(
                "note",
                f"{target.name} now means this value, not the constant {target.name}",
                (runner.mark(target.span),),
            )
        )
    before = _leaf_of(runner, target)
    if statement.constant or wanted is False:
        runner.bind_constant(target.name, value, statement.value)
    elif wanted or (
        value.node.static and not value.node.boolean and not _says_constant(runner, statement.value)
    ):
        runner.session.bind_leaf(target.name, value.data)
    else:
        runner.bind(target.name, value, statement.value)
    if before is not None:
        runner.replaced.append((before, target.name, runner.mark(target.span)))


def _setting(runner: Runner, expression: Expression) -> str | None:
    """The dtype or device of PyTorch that an expression is, by its name there; `None` for values."""
    if isinstance(expression, Conditional):
        expression = expression.no  # "cuda" if torch.cuda.is_available() else "cpu"
    if isinstance(expression, Text):
        return "device" if expression.value.partition(":")[0] in ("cpu", "cuda") else None
    if isinstance(expression, Call):
        is_device = called_name(expression.function, runner) == "device"
        return "device" if is_device and not runner.calls_user(expression.function) else None
    if isinstance(expression, Name):
        imported = runner.imported(expression.name)
        name = None if imported is None or runner.bound(expression.name) else imported.member
    elif isinstance(expression, Attribute) and is_module_path(expression.value, runner):
        name = expression.name
    else:
        return None
    return name if name in DTYPES or name == "device" else None


def _leaf_of(runner: Runner, name: Name) -> Input | None:
    """The leaf that a name means, if it means one."""
    bound = runner.session.values.get(name.name)
    return bound.node if bound and isinstance(bound.node, Input) and bound.node.role == "leaf" else None


def _requested_leaf(runner: Runner, expression: Expression) -> bool | None:
    """What PyTorch's spelling asks for: a leaf, a constant, or neither.

    `torch.tensor(3.0)` and `torch.zeros(3)` are constants there, unless `requires_grad=True`.
    """
    if not isinstance(expression, Call):
        return None
    if isinstance(expression.function, Attribute) and expression.function.name == "requires_grad_":
        return True
    if not _is_factory(runner, expression):
        return None
    for argument in expression.arguments:
        if argument.name == "requires_grad":
            return bool(runner.value(argument.value).data)
    return False


def _is_factory(runner: Runner, call: Call) -> bool:
    name = called_name(call.function, runner)
    if name in TENSORS:
        return True
    in_torch = isinstance(call.function, Attribute) and name in TABLE
    return in_torch and TABLE[str(name)].family == "making arrays"


def _says_constant(runner: Runner, expression: Expression) -> bool:
    """Whether an expression that depends on nothing is still not made of numbers alone.

    It uses PyTorch's `torch.tensor(…)` or `torch.zeros(…)`, or counts something, as `len(x)` does.
    """
    counts = kind_of(expression, runner.session).form != "tensor"
    stack: list[object] = [expression]
    while stack:
        part = stack.pop()
        if isinstance(part, Call) and _is_factory(runner, part):
            return True
        if counts and isinstance(part, Name) and runner.bound(part.name):
            return True
        if isinstance(part, tuple):
            stack.extend(part)
    return False


def _assign_attribute(runner: Runner, target: Attribute, expression: Expression) -> None:
    if target.name == "grad":
        leaf = runner.grad_owner(target)
        if isinstance(expression, Name) and expression.name == "None":
            runner.session.set_grad(leaf, None, 0)
            return
        data = runner.value(expression).data
        runner.placed(expression.span, lambda: runner.session.set_grad(leaf, data, 0))
    elif target.name == "requires_grad" and isinstance(target.value, Name):
        require_grad(runner, target.value, bool(runner.value(expression).data))
    elif target.name == "data" and isinstance(target.value, Name):
        leaf = runner.leaf(target.value)
        data = runner.value(expression).data
        runner.placed(expression.span, lambda: runner.session.update(leaf, data))
    else:
        raise InputError(
            f"{target.name} cannot be assigned",
            (runner.mark(target.name_span),),
            "x = …, x.grad = … and x.data = … can",
        )


def require_grad(runner: Runner, target: Name, wanted: bool) -> None:
    """Makes a constant a leaf, or a leaf a constant; raises `EvaluationError` for what is computed."""
    value = runner.value(target)
    if value.node.tracked and not isinstance(value.node, Input):
        raise EvaluationError(
            f"{target.name} is computed from leaves, so it cannot become one",
            (runner.mark(target.span),),
            f"take its value alone: {target.name} = {target.name}.detach()",
        )
    if wanted and not value.node.tracked:
        runner.session.bind_leaf(target.name, value.data)
    elif not wanted:
        runner.session.bind_constant(target.name, value.data)


def update(runner: Runner, statement: Update) -> None:
    """`x -= …`: a leaf changes in place, outside the graph; any other name is bound anew."""
    target = statement.target
    if isinstance(target, Attribute) and target.name in ("grad", "data"):
        node = _operated(runner, statement)
        data = runner.session.evaluate((node,))[0]
        if target.name == "grad":
            leaf = runner.grad_owner(target)
            passes = runner.session.grads[leaf].passes
            runner.placed(statement.span, lambda: runner.session.set_grad(leaf, data, passes))
        else:
            if not isinstance(target.value, Name):
                raise InputError("only a name can be updated", (runner.mark(target.span),), "x.data -= 0.1")
            leaf = runner.leaf(target.value)
            runner.placed(statement.span, lambda: runner.session.update(leaf, data))
        return
    if not isinstance(target, Name):
        raise InputError("only a name can be updated", (runner.mark(target.span),), "x -= 0.1")
    node = _operated(runner, statement)
    value: Value = runner.placed(statement.span, lambda: runner.session.value_of(node))
    own = _leaf_of(runner, target)
    if own is not None:
        runner.placed(statement.span, lambda: runner.session.update(own, value.data))
        if runner.session.recording and _operand(runner, statement).tracked:
            name, operator = target.name, statement.operator
            runner.note(
                Notice(
                    "warning",
                    f"{name} is a leaf, so {operator}= changed its value outside the graph",
                    (runner.mark(statement.span),),
                    f"{name} = {name} {operator} … keeps the graph; const {name} = 0 starts a plain sum",
                )
            )
    else:
        operator, value_given = statement.operator, statement.value
        runner.bind(target.name, value, Binary(statement.span, operator, target.span, target, value_given))


IN_PLACE = {"add_": "+", "sub_": "-", "mul_": "*", "div_": "/", "pow_": "**"}
"""PyTorch's methods that update in place, by the operator of the update that they are."""


def in_place(runner: Runner, statement: ExpressionStatement) -> None:
    """`x.sub_(…)` and so on, which are `x -= …`; `x.copy_(…)` and `x.fill_(…)`."""
    call = statement.value
    assert isinstance(call, Call)
    assert isinstance(call.function, Attribute)
    name, target = call.function.name, call.function.value
    if len(call.arguments) != 1 or call.arguments[0].name not in (None, "other", "src", "value"):
        raise InputError(f"{name} takes one value", (runner.mark(call.span),), f"x.{name}(2)")
    value = call.arguments[0].value
    if isinstance(target, Attribute) and target.name == "data" and isinstance(target.value, Attribute):
        target = target.value  # `x.grad.data` is `x.grad`
    if name in IN_PLACE:
        update(runner, Update(call.span, target, IN_PLACE[name], value))
        return
    of_data = isinstance(target, Attribute) and target.name == "data"
    leaf_name = target.value if isinstance(target, Attribute) and of_data else target
    if not isinstance(leaf_name, Name):
        raise InputError(
            f"{name} gives a named leaf another value", (runner.mark(target.span),), f"x.{name}(2)"
        )
    leaf = runner.leaf(leaf_name)
    data = runner.value(value).data
    if not np.shape(data):
        data = np.full(leaf.shape, data)
    runner.placed(value.span, lambda: runner.session.update(leaf, data))


def _operand(runner: Runner, statement: Update) -> Node:
    """The node of what an update adds, subtracts and so on."""
    return runner.lower(statement.value)


def _operated(runner: Runner, statement: Update) -> Node:
    """The node of `target operator value`."""
    lowering = runner.lowering()
    target, value = lowering.lower(statement.target), lowering.lower(statement.value)
    operands = ((statement.target.span, target), (statement.value.span, value))
    return lowering.apply(OPERATORS[statement.operator, 2], statement.span, operands)


def _before_requiring(expression: Expression) -> Expression:
    """`x` of `x.requires_grad_()`, and every other expression as it is."""
    if not isinstance(expression, Call) or not isinstance(expression.function, Attribute):
        return expression
    return expression.function.value if expression.function.name == "requires_grad_" else expression
