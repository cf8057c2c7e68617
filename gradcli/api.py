"""What `import gradcli` offers: evaluate an expression once, or compile it for many rows."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.arrays import Shape
from gradcli.capabilities.statement import STATEMENTS
from gradcli.engine import derive
from gradcli.engine.graph import Constant, Input, Node, as_node, expand
from gradcli.engine.plan import Plan
from gradcli.engine.primitives import is_function
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.shapes import check_size
from gradcli.evaluation import Evaluation, by_name, checked, plain_data
from gradcli.language.parser import parse
from gradcli.language.tree import Assign, ExpressionStatement, Name, Program
from gradcli.language.walk import uses, zero_as_name
from gradcli.session.context import Run
from gradcli.session.explain import Explainer
from gradcli.session.expressions import is_action
from gradcli.session.runner import begin, step
from gradcli.session.state import Session, Sweep
from gradcli.text.errors import EvaluationError, GradcliError, InputError, Notice
from gradcli.text.source import Mark, Source
from gradcli.text.suggest import did_you_mean
from gradcli.text.values import error_text

if TYPE_CHECKING:
    from gradcli.compiled import Compiled


def evaluate(
    expression: str, variables: Mapping[str, Any] | None = None, *, wrt: Iterable[str] | None = None
) -> Evaluation:
    """The value of an expression and its exact gradient with respect to every variable.

    `variables` binds names to numbers or arrays (of any shape); `wrt` limits the gradients to some of
    them. Several statements may stand before the expression, with `;` or on lines of their own.
    Raises `GradcliError`, with `span` and `rendered`.
    """
    try:
        given = by_name("variables", variables, '{"x": 3}')
        return evaluate_source(Source(text_of(expression)), given, names_of(wrt))
    except GradcliError as error:
        error.rendered = error_text(error)
        raise


def compile(  # noqa: A001 (it is what it does, as re.compile)
    expression: str, wrt: Iterable[str] | None = None, *, shapes: Mapping[str, Shape] | None = None
) -> Compiled:
    """A picklable function that computes an expression and its gradients for many rows in one pass.

    Call the result with the variables by name: `f(x=…, y=…)` or `f({"x": …})`. Each is a number, or
    an array whose first axis is the rows; `shapes` gives the shape that a variable has in each row,
    where it is not a single number. `wrt` names the variables to differentiate in (default: all).
    A constant such as `e` is a variable where `wrt` or `shapes` names it.
    Raises `GradcliError`, with `span` and `rendered`.
    """
    from gradcli.compiled import Compiled

    try:
        given = by_name("shapes", shapes, '{"x": (3,)}')
        sizes = {name: sizes_of(name, shape) for name, shape in given.items()}
        return Compiled(text_of(expression), names_of(wrt), sizes)
    except GradcliError as error:
        error.rendered = error_text(error)
        raise


def text_of(expression: object) -> str:
    """An expression that a caller gave; raises `InputError`."""
    if not isinstance(expression, str):
        raise InputError(f"an expression is text, and not {type(expression).__name__}", hint='as in "x**2"')
    return expression


def names_of(wrt: Any) -> tuple[str, ...] | None:
    """The names that a caller gave to differentiate in; raises `InputError`."""
    if wrt is None:
        return None
    names = (wrt,) if isinstance(wrt, str) else tuple(wrt) if isinstance(wrt, Iterable) else (wrt,)
    if not all(isinstance(name, str) for name in names):
        raise InputError("wrt is no list of names", hint='as in wrt=["x", "y"]')
    return names


def evaluate_source(
    source: Source,
    variables: Mapping[str, Any],
    wrt: Iterable[str] | None = None,
    show: Any = None,
    unbound_hint: str = 'give it a value: evaluate(…, {{"{name}": …}})',
) -> Evaluation:
    """What `evaluate` does, for a source that is given.

    `show` is told what earlier statements show; `unbound_hint` says how to give `{name}` a value.
    """
    program = parse(source, is_function=is_function).not_empty()
    if "zero" in variables:
        program = zero_as_name(program)
    session = Session()
    session.unbound_hint = unbound_hint
    session.reads_leaves = False
    leaves = {name: session.bind_leaf(name, checked(name, data)) for name, data in variables.items()}
    wanted = dict(leaves) if wrt is None else {name: _leaf(leaves, name) for name in wrt}
    last = program.statements[-1]
    notices: list[Notice] = []
    run = begin(session, program, show or (lambda result: None), notices.append, STATEMENTS)
    if not isinstance(last, ExpressionStatement | Assign) or _is_action(run, last):
        raise InputError(
            "the last statement must be an expression, or give a name to one",
            (Mark(source, last.span),),
            'as in "y = x**2; sin(y)"',
        )
    _check_used(program, leaves)
    for statement in program.statements[:-1]:
        step(run, statement)
    run.end_line()
    lowering = run.lowering()
    node = lowering.lower(last.value)
    node = node if node.boolean else as_number(node)
    value, found = run.placed(last.value.span, lambda: _answer(session, node, list(wanted.values())))
    run.explain(node, lowering.origins, value)
    for notice in _gradient_notices(run.explainer(node, lowering.origins), wanted, found):
        run.note(notice)
    return Evaluation(
        source.text,
        {name: plain_data(session.cells[leaf].data) for name, leaf in leaves.items()},
        plain_data(value),
        {name: None if data is None else plain_data(data) for name, data in zip(wanted, found, strict=True)},
        name=last.target.name if isinstance(last, Assign) and isinstance(last.target, Name) else None,
        notices=notices,
    )


def _check_used(program: Program, given: Mapping[str, Any]) -> None:
    """Refuses a value for a name that is assigned before it is used; raises `InputError`."""
    if len(program.statements) == 1 and isinstance(program.statements[0], ExpressionStatement):
        return
    for statement, used in uses(program):
        target = statement.target if isinstance(statement, Assign) else None
        if isinstance(target, Name) and target.name in given and target.name not in used:
            raise InputError(
                f"{target.name} is given a value, and assigned another before it is used",
                (Mark(program.source, target.span),),
                f"leave out one of the two: {target.name} = … here, or the value that is given",
            )


def _is_action(run: Run, statement: Any) -> bool:
    return isinstance(statement, ExpressionStatement) and is_action(run, statement.value)


def sizes_of(name: str, shape: Any) -> Shape:
    """A shape that a caller gave for a variable; raises `InputError`."""
    try:
        sizes = tuple(operator.index(size) for size in shape)
    except TypeError:
        sizes = (-1,)
    if any(size < 0 for size in sizes):
        raise InputError(
            f"the shape of {name} is not a tuple of sizes",
            hint=f'as in compile(…, shapes={{"{name}": (3,)}})',
        )
    return sizes


def _leaf(leaves: Mapping[str, Input], name: str) -> Input:
    if name not in leaves:
        near = did_you_mean(name, leaves)
        hint = (
            f"did you mean {near}?" if near else f"the variables are {', '.join(leaves)}" if leaves else None
        )
        raise InputError(f"{name} is not a variable here, so there is no gradient in it", hint=hint)
    return leaves[name]


def _answer(session: Session, node: Node, leaves: Sequence[Input]) -> tuple[Any, list[Any]]:
    """The value of `node`, and its gradient or Jacobian in each leaf (`None` where nothing connects them)."""
    if node.boolean or not leaves:
        return session.evaluate((node,))[0], [None for _ in leaves]
    for leaf in leaves:
        check_size(node.shape + leaf.shape)
    outputs, inputs = math.prod(node.shape), sum(math.prod(leaf.shape) for leaf in leaves)
    if outputs == 1:
        found = derive.pullback(node, expand(as_node(1.0), node.shape), leaves)
        value, *data = session.evaluate([node, *(each for each in found if each is not None)])
        rest = iter(data)
        return value, [
            None if each is None else np.reshape(next(rest), node.shape + leaf.shape)[()]
            for each, leaf in zip(found, leaves, strict=True)
        ]
    (value,) = session.evaluate((node,))
    if inputs < outputs:
        return value, [_jacobian_forwards(session, node, leaf) for leaf in leaves]
    return value, _jacobians_backwards(session, node, leaves)


def _jacobians_backwards(session: Session, node: Node, leaves: Sequence[Input]) -> list[Any]:
    """All rows of the Jacobians in one run over the rows of an identity, as seeds."""
    rows = math.prod(node.shape)
    seed = Input("seed", node.shape, role="unit", tracked=False)
    found = derive.pullback(node, seed, leaves)
    data = iter(_over_identity(session, [each for each in found if each is not None], seed, rows))
    return [
        None if each is None else next(data).reshape(node.shape + leaf.shape)
        for each, leaf in zip(found, leaves, strict=True)
    ]


def _jacobian_forwards(session: Session, node: Node, leaf: Input) -> Any:
    """All columns of the Jacobian in one run over the rows of an identity, as tangents."""
    columns = math.prod(leaf.shape)
    tangent = Input("tangent", leaf.shape, role="unit", tracked=False)
    (found,) = derive.pushforward((node,), (leaf,), (tangent,))
    if found is None:
        return None
    (data,) = _over_identity(session, [found], tangent, columns)
    return np.moveaxis(data, 0, -1).reshape(node.shape + leaf.shape)


def _over_identity(session: Session, nodes: Sequence[Node], unit: Input, rows: int) -> list[Any]:
    if rows * rows > 2**27:
        raise EvaluationError(f"a Jacobian with {rows} rows and as many seeds does not fit in memory")
    plan = Plan(nodes, batched=(unit,))
    values: dict[Node, Any] = {
        each: session.cells[each].data for each in plan.inputs if isinstance(each, Input) and each is not unit
    }
    values[unit] = np.eye(rows).reshape(rows, *unit.shape)
    return plan.run_rows(values, rows)


def _gradient_notices(
    explainer: Explainer, leaves: Mapping[str, Input], found: Sequence[Any]
) -> Iterator[Notice]:
    node = explainer.node
    if isinstance(node, Constant) or not node.tracked:
        return
    yield from explainer.kinks()
    if node.shape == ():
        reached = [
            (leaf, data) for leaf, data in zip(leaves.values(), found, strict=True) if data is not None
        ]
        sweep = Sweep([leaf for leaf, _ in reached], [data for _, data in reached])
        yield from explainer.gradient(sweep)
