"""The answer to one program: the value of its last expression, and the gradient in each variable."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gradcli.collecting import uncollected_if_long
from gradcli.engine.graph import Constant, Input, Node
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.shapes import shape_text
from gradcli.language.tree import Ask, Assign, Call, Define, ExpressionStatement, Name, Program, Vector
from gradcli.language.tree import Sequence as Tuple
from gradcli.language.vocabulary import STATEMENT_CALLS
from gradcli.language.walk import bound_by, uses, zero_as_name
from gradcli.session.computation import value_and_gradients
from gradcli.session.context import Behaviours, Run
from gradcli.session.evaluation import Evaluation, plain_data
from gradcli.session.explain import Explainer
from gradcli.session.runner import begin, step
from gradcli.session.scope import SessionScope
from gradcli.session.state import Reads, Session
from gradcli.session.uncertainty.uncertain import given
from gradcli.session.values import Sweep
from gradcli.text.errors import EvaluationError, InputError, Notice
from gradcli.text.source import Mark, Span
from gradcli.text.suggest import which_of

if TYPE_CHECKING:
    from gradcli.session.results import Show
    from gradcli.session.uncertainty.measurement import Asked


def evaluate_program(
    program: Program,
    variables: Mapping[str, Any],
    wrt: Iterable[str] | None = None,
    *,
    functions: Mapping[str, Define] = MappingProxyType({}),
    reads: Reads | None = None,
    show: Show | None = None,
    further: Callable[[], Behaviours] = dict,
    asked: Asked | None = None,
    seed: int | None = None,
    order: int = 1,
    jacobian: bool = False,
    hessian: bool = False,
    unbound_hint: str = 'give it a value: evaluate(…, {{"{name}": …}})',
) -> Evaluation:
    """The value of a program's last statement, and its gradient in every variable (or those of `wrt`).

    `functions` are the user's that it may call, and `reads` reads files for it. `show` is told what earlier
    statements show; `further` gives the behaviours of statements that no module here knows; `asked` is what
    is said and asked about uncertain variables; random numbers follow from `seed`, if there is one; `order`
    asks for the derivatives up to that one, `jacobian` and `hessian` for the first and the second ones as one
    matrix; `unbound_hint` says how to give `{name}` a value. Raises `GradcliError`.
    """
    source = program.not_empty().source
    if "zero" in variables:
        program = zero_as_name(program)
    session = Session()
    session.reads = reads
    if seed is not None:
        session.seed(seed)
    for function in functions.values():
        session.bind_function(function)
    scope = SessionScope(session, unbound_hint=unbound_hint, reads_leaves=False)
    leaves = {name: session.give(name, given(name, data)) for name, data in variables.items()}
    if asked is not None:
        from gradcli.session.uncertainty.measurement import tell_spreads

        tell_spreads(leaves, session.spreads, asked)
    wanted = dict(leaves) if wrt is None else {name: _leaf(leaves, name) for name in wrt}
    last = program.statements[-1]
    notices: list[Notice] = []
    run = begin(session, program, show or (lambda result: None), notices.append, further, scope=scope)
    several = isinstance(last, Assign) and isinstance(last.target, Tuple | Vector)
    if not isinstance(last, ExpressionStatement | Assign) or several or _is_action(run, last):
        from gradcli.lowering.rows import no_result  # which an answer needs for this mistake only

        mark = Mark(source, last.span)
        if isinstance(last, Ask):
            raise no_result(mark, f"this is asked of gradcli itself: gradcli {last.word} …")
        raise no_result(mark)
    check_used(program, leaves)
    for statement in program.statements[:-1]:
        step(run, statement)
    run.end_line()
    further_ones = partial(_further, order=order, jacobian=jacobian, hessian=hessian)
    answer = uncollected_if_long(last.value.span.end - last.value.span.start, _answer)
    return answer(run, last, leaves, wanted, further_ones, asked, notices)


def _answer(
    run: Run,
    last: ExpressionStatement | Assign,
    leaves: Mapping[str, Input],
    wanted: Mapping[str, Input],
    further: Callable[..., dict[str, Any]],
    asked: Asked | None,
    notices: Sequence[Notice],
) -> Evaluation:
    """What the last statement comes to, after those before it; the run's notes are added to `notices`."""
    session, span = run.session, last.value.span
    lowering = run.lowering()
    node = lowering.lower(last.value)
    node = node if node.boolean else as_number(node)
    targets = list(wanted.values())
    value, found = run.placed(span, partial(value_and_gradients, node, targets, session.evaluate))
    run.explain(node, lowering.origins, value)
    run.explain_conventions(lowering.origins)
    for notice in _gradient_notices(run.explainer(node, lowering.origins), wanted, found):
        run.note(notice)
    further_ones = further(run, node, span, wanted, found)
    measurement = None
    if session.spreads:
        from gradcli.session.uncertainty.measured import measure

        measurement = run.placed(span, partial(measure, session, node, value, asked))
        if measurement is not None:
            value = measurement.value
            for notice in measurement.notices:
                run.note(notice._replace(marks=(run.mark(span),)))
    return Evaluation(
        run.program.source.text,
        {name: plain_data(session.cells[leaf].data) for name, leaf in leaves.items()},
        plain_data(value),
        {name: None if data is None else plain_data(data) for name, data in zip(wanted, found, strict=True)},
        name=last.target.name if isinstance(last, Assign) and isinstance(last.target, Name) else None,
        notices=notices,
        measurement=measurement,
        **further_ones,
    )


def _further(
    run: Run,
    node: Node,
    span: Span,
    wanted: Mapping[str, Input],
    gradients: Sequence[Any],
    order: int,
    *,
    jacobian: bool,
    hessian: bool,
) -> dict[str, Any]:
    """What is asked for beside the gradients, by the attributes of an `Evaluation`."""
    session, names, leaves = run.session, list(wanted), list(wanted.values())
    found: dict[str, Any] = {}
    if not jacobian and not hessian and order == 1:
        return found
    from gradcli.search.jacobians import as_matrix, hessian_matrix, higher_derivatives

    if jacobian:
        found["jacobian"] = as_matrix(gradients, leaves, math.prod(node.shape))
    if hessian and (math.prod(node.shape) != 1 or node.boolean):
        raise EvaluationError(
            "a Hessian is of a single number",
            (run.mark(span, "a truth value" if node.boolean else shape_text(node.shape)),),
            "where(x > 0, 1, 0) is a number"
            if node.boolean
            else "reduce it, as with sum(…), or ask for order 2",
        )
    if not hessian and order == 1:
        return found
    higher = partial(higher_derivatives, node, leaves, max(order, 2 * hessian), session.evaluate)
    data: dict[tuple[int, ...], Any] = run.placed(span, higher)
    if hessian:
        found["hessian"] = hessian_matrix({key: each for key, each in data.items() if len(key) == 2}, leaves)
    found["derivatives"] = {
        tuple(names[place] for place in key): None if each is None else plain_data(each)
        for key, each in data.items()
        if len(key) <= order
    }
    return found


def _is_action(run: Run, statement: ExpressionStatement | Assign) -> bool:
    """Whether a statement does something, and so has no value."""
    call = statement.value
    if not isinstance(statement, ExpressionStatement) or not isinstance(call, Call):
        return False
    if isinstance(call.function, Name) and call.function.name not in STATEMENT_CALLS:
        return False
    from gradcli.session.expressions import is_action

    return is_action(run, call)


def check_used(program: Program, given: Mapping[str, Any]) -> None:
    """Refuses a value for a name that is assigned before it is used; raises `InputError`."""
    if not any(target.name in given for each in program.statements for target in bound_by(each)):
        return  # at once, as of most programs
    for statement, used in uses(program):
        for target in bound_by(statement):
            if target.name in given and target.name not in used:
                raise InputError(
                    f"{target.name} is given a value, and assigned another before it is used",
                    (Mark(program.source, target.span),),
                    f"leave out one of the two: {target.name} = … here, or the value that is given",
                )


def _leaf(leaves: Mapping[str, Input], name: str) -> Input:
    if name not in leaves:
        hint = which_of(name, leaves)
        raise InputError(f"{name} is not a variable here, so there is no gradient in it", hint=hint)
    return leaves[name]


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
        yield from explainer.underflows(sweep.leaves, sweep.added)
