"""What `import gradcli` offers: evaluate an expression once, or compile it for many rows."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gradcli.arrays import Shape
from gradcli.capabilities.behaviours import behaviours
from gradcli.engine.primitives import is_function
from gradcli.language.parser import parse
from gradcli.language.tree import Program
from gradcli.language.walk import names_in
from gradcli.session.answer import evaluate_program
from gradcli.session.evaluation import (
    Evaluation,
    by_name,
    folded_name,
    keywords_used,
    spelled,
    variables_given,
)
from gradcli.session.repeating.formulas import RECURRING, request
from gradcli.text.errors import InputError
from gradcli.text.report import rendering
from gradcli.text.source import Source

if TYPE_CHECKING:
    from gradcli.compiled import Compiled


def evaluate(
    expression: str,
    variables: Mapping[str, Any] | None = None,
    *,
    wrt: Iterable[str] | None = None,
    order: int = 1,
    jacobian: bool = False,
    hessian: bool = False,
    seed: int | None = None,
    **named: Any,
) -> Evaluation:
    """The value of an expression and its exact gradient with respect to every variable.

    Variables are numbers or arrays (of any shape), given by keyword, or as a mapping where a name is an
    option's, too; `wrt` limits the gradients to some of them. `order` asks for the `derivatives` up to that
    one, `jacobian` and `hessian` for the first and the second ones as one matrix. Random numbers follow from
    `seed`, if one is given. Several statements may stand before the expression, with `;` or on lines of their
    own.
    Raises `GradcliError`, with `span` and `rendered`.
    """
    with rendering():
        given = variables_given(variables, named)
        text = text_of(expression)

        def parsed() -> Program:
            return parse(Source(text), is_function=is_function)

        def ordinary() -> Evaluation:
            program = parsed()
            if not isinstance(order, int) or order < 1:
                raise InputError("order is a whole number from 1 on", hint="as in order=2")
            found = evaluate_program(
                program,
                given,
                names_of(wrt),
                further=behaviours,
                order=order,
                jacobian=jacobian,
                hessian=hessian,
                seed=seed_of(seed),
            )
            keywords_used(named, names_in(program), list(evaluate.__kwdefaults__ or ()))
            return found

        is_plain = order == 1 and not jacobian and not hessian and seed is None
        asked = request(text, given, wrt, named) if is_plain else None
        found = ordinary() if asked is None else RECURRING.evaluation(asked, given, parsed, ordinary)
        found.rename(spelled((*(variables or ()), *named)))
        return found


def compile(  # noqa: A001 (it is what it does, as re.compile)
    expression: str,
    wrt: Iterable[str] | None = None,
    *,
    shapes: Mapping[str, Shape] | None = None,
    threads: int | None = None,
) -> Compiled:
    """A picklable function that computes an expression and its gradients for many rows in one pass.

    Call the result with the variables by name: `f(x=…, y=…)` or `f({"x": …})`. Each is a number, or
    an array whose first axis is the rows; `shapes` gives the shape that a variable has in each row,
    where it is not a single number. `wrt` names the variables to differentiate in (default: all).
    A constant such as `e` is a variable where `wrt` or `shapes` names it. Many rows are shared by the
    processors that there are, or by `threads` threads; the results are the same, bit by bit.
    Raises `GradcliError`, with `span` and `rendered`.
    """
    from gradcli.compiled import Compiled

    with rendering():
        given = by_name("shapes", shapes, '{"x": (3,)}')
        sizes = {name: sizes_of(name, shape) for name, shape in given.items()}
        return Compiled(text_of(expression), names_of(wrt), sizes, _checked_threads(threads))


def _checked_threads(threads: Any) -> int | None:
    """How many threads a caller asked for; raises `InputError`."""
    if threads is None or (isinstance(threads, int) and not isinstance(threads, bool) and threads > 0):
        return threads
    raise InputError("threads is a whole number from 1 on", hint="as in compile(…, threads=1)")


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
    return tuple(map(folded_name, names))


def seed_of(seed: Any) -> int | None:
    """What random numbers follow from, as a caller gave it; raises `InputError`."""
    if seed is None:
        return None
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if not 0 <= number < 2**64:
        raise InputError("a seed is a whole number from 0 on", hint="as in seed=0")
    return number


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
