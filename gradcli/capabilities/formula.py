"""A formula to ask something about: graphs, the variables in them, and the values that these have.

It comes from text, where every name that nothing gives a value is a variable all the same, or from statements
in a session, where names mean what they mean there and the rest are variables.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine.derive import check_current
from gradcli.engine.graph import Input, Node, topological
from gradcli.engine.jacobians import in_full
from gradcli.engine.plan import Plan
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.entry import Structural, as_number
from gradcli.engine.primitives.shaping import with_places
from gradcli.engine.shapes import shape_text
from gradcli.engine.trace import is_smooth
from gradcli.language.layout import normal_name, scan
from gradcli.language.tree import (
    Attribute,
    Binary,
    Call,
    Comparison,
    Define,
    Expression,
    ExpressionStatement,
    Name,
    Program,
)
from gradcli.language.walk import names_in, walk
from gradcli.lowering.kinds import TENSOR, Lowered, Several, Typed
from gradcli.lowering.lower import Lowering
from gradcli.lowering.origins import Origins
from gradcli.lowering.rows import RowScope, lower_whole
from gradcli.records import NamedTuple
from gradcli.search.spreads import Spread, Spreads
from gradcli.session.scope import SessionScope
from gradcli.session.state import EARLIER, Session
from gradcli.session.uncertainty.uncertain import Uncertain
from gradcli.text.errors import EvaluationError, InputError, Notice
from gradcli.text.source import Mark, Source, Span
from gradcli.text.suggest import which_of
from gradcli.text.values import plain


class Output(NamedTuple):
    """One expression that is asked about: its node, its name (empty where it has none), where it stands.

    `relation` is empty for a value, `==` for what is to be 0, and `>=` for what is to be at least 0: an
    equation and an inequality are the difference of their sides. `origins` says where its nodes were written.
    """

    node: Node
    name: str
    mark: Mark
    origins: Origins
    relation: str = ""

    @property
    def text(self) -> str:
        """What was typed."""
        return " ".join(self.mark.source.text[self.mark.span.start : self.mark.span.end].split())


class Surface(NamedTuple):
    """Where something is asked: what to type there that is `giving` a variable, by its name, a value.

    And whether `options` can be typed there.
    """

    giving: Callable[[str, str], str]
    options: bool = True


class Claim(NamedTuple):
    """What somebody says that the derivative in the variable of that name is."""

    name: str
    node: Node
    mark: Mark
    expression: Expression


class Formula:
    """Expressions as graphs over inputs.

    `variables` are the inputs that an answer may be about, by name, in order of appearance; `values` are the
    data of inputs, of other inputs (constants of a session) too; that of a variable may be a range
    (`Points`). It is asked on a `surface`; `names` are those that the user has
    given to nodes, and `grads` what variables have accumulated, by name. `claims` are about the
    first output, and `spreads` those of uncertain variables.
    """

    def __init__(
        self,
        outputs: Sequence[Output],
        variables: Mapping[str, Input],
        values: Mapping[Input, Any],
        surface: Surface,
        names: Mapping[Node, str],
        grads: Mapping[str, Any] = MappingProxyType({}),
        claims: Sequence[Claim] = (),
        spreads: Spreads = MappingProxyType({}),
        reduced: Sequence[tuple[str, Mark]] = (),
    ) -> None:
        self.outputs = tuple(outputs)
        self.variables = dict(variables)
        self.values = dict(values)
        self.surface = surface
        self.names = dict(names)
        self.grads = dict(grads)
        self.claims = tuple(claims)
        self.spreads = spreads
        self._reduced = tuple(reduced)

    @property
    def output(self) -> Output:
        """The expression that is asked about; the first, if there are several."""
        return self.outputs[0]

    @property
    def text(self) -> str:
        """What was typed: the expressions, with all that stands before them."""
        return "; ".join(dict.fromkeys(output.mark.source.text for output in self.outputs))

    def given(self) -> dict[str, Any]:
        """The values (and ranges) of the variables that have one, by name."""
        return {name: self.values[each] for name, each in self.variables.items() if each in self.values}

    def in_full(self) -> Formula:
        """The formula with the nodes of every row of a Jacobian."""
        nodes = [*(each.node for each in self.outputs), *(each.node for each in self.claims)]
        changed = dict(zip(nodes, in_full(nodes), strict=True))
        if all(node is each for node, each in changed.items()):
            return self
        for output in self.outputs:
            output.origins.follow(changed)
        return Formula(
            [each._replace(node=changed[each.node]) for each in self.outputs],
            self.variables,
            self.values,
            self.surface,
            {changed.get(node, node): name for node, name in self.names.items()},
            self.grads,
            [each._replace(node=changed[each.node]) for each in self.claims],
            self.spreads,
            self._reduced,
        )

    def chosen(self, names: Iterable[str]) -> dict[str, Input]:
        """Some of the variables, by name; raises `InputError` for a name that is none."""
        found = {}
        for name in names:
            if name not in self.variables:
                hint = _meant(name, self.variables)
                raise InputError(f"{name} is not a variable of the expression", (), hint)
            found[name] = self.variables[name]
        return found

    def likely_vectors(self) -> Iterator[Notice]:
        """A note for each variable that has neither a value nor a shape, and is reduced as a vector is."""
        for name, mark in self._reduced:
            if self.variables[name] not in self.values:
                shape = f"--shape {name}=3" if self.surface.options else "a shape"
                told = (
                    f"{name} is taken as a number; a value such as [1, 2, 3], or {shape}, makes it a vector"
                )
                yield Notice("note", told, (mark,))

    def require_number(self) -> None:
        """Refuses a truth value, which has no derivative; raises `InputError`."""
        if self.output.node.boolean:
            hint = "where(x > 0, 1, 0) is a number"
            raise InputError("a truth value has no derivative", (self.output.mark,), hint)

    def require_values(self, what: str = "a value") -> None:
        """Raises `InputError` where a variable has no value; `what` is what it would be there."""
        for name, each in self.variables.items():
            if each not in self.values:
                numbers = np.arange(1.0, 1.0 + math.prod(each.shape)).reshape(each.shape)
                example = "4" if not each.shape else plain(numbers, multiline=False).replace(" ", "")
                raise InputError(f"{name} needs {what}", self.places(name), self.how(name, example))

    def start_anywhere(
        self,
        missing: Mapping[str, Input],
        nodes: Sequence[Node],
        slopes: Sequence[Node],
        told: str,
    ) -> tuple[str | None, list[Notice]]:
        """Gives variables 0 to start from where any value would do.

        That is where nodes are smooth in them, and slopes depend on none of them; `told` is what is said
        then. Else the name of one that it is not so of comes, and nothing happens.
        """
        if not missing:
            return None, []
        below = topological(slopes)
        steep = not is_smooth(nodes, list(missing.values()))
        bent = next((name for name, each in missing.items() if steep or each in below), None)
        if bent is not None:
            return bent, []
        for each in missing.values():
            self.values[each] = np.zeros(each.shape)[()]
        *others, last = missing
        they = f"{', '.join(others)} and {last}, so they need" if others else f"{last}, so it needs"
        return None, [Notice("note", f"{told} in {they} no start")]

    def without_value(self, variables: Mapping[str, Input]) -> dict[str, Input]:
        """Those of some variables that have no value."""
        return {name: each for name, each in variables.items() if each not in self.values}

    def how(self, name: str, value: str) -> str:
        """A hint that says how to give a variable a value."""
        if name.startswith(EARLIER):
            return f"compute it again, and then {self.how(name.removeprefix(EARLIER), value)}"
        return self.surface.giving(name, value)

    def places(self, name: str) -> tuple[Mark, ...]:
        """Where a variable stands in what was typed; the whole of it where it does not."""
        for output in self.outputs:
            place = _place(name, output.mark)
            if place is not None:
                return (place,)
        return (self.output.mark,)

    def run(self, nodes: Sequence[Node]) -> list[Any]:
        """The data of nodes, from the values."""
        plan = Plan(nodes)
        return plan.run({each: self.values[each] for each in plan.inputs if isinstance(each, Input)})

    def run_rows(self, nodes: Sequence[Node], columns: Mapping[Input, Array]) -> list[Array]:
        """The data of nodes for rows: `columns` holds one value of an input for each, `values` the others."""
        rows = len(next(iter(columns.values())))
        plan = Plan(nodes, batched=columns)
        feed: dict[Node, Any] = {
            each: self.values[each] for each in plan.inputs if isinstance(each, Input) and each not in columns
        }
        feed.update(columns.items())
        return plan.run_rows(feed, rows)


def _place(name: str, mark: Mark) -> Mark | None:
    """Where a name first stands in what is marked."""
    source, span, _ = mark
    for token in scan(source.text):
        inside = span.start <= token.start and token.end <= span.end
        if inside and token.kind == "NAME" and normal_name(token.text) == name:
            return Mark(source, token.span)
    return None


def from_text(
    programs: Sequence[Program],
    values: Mapping[str, Any],
    shapes: Mapping[str, Shape],
    functions: Mapping[str, Define],
    surface: Surface,
    *,
    relations: bool = False,
    claims: Sequence[tuple[str, Program]] = (),
    measured: bool = False,
) -> Formula:
    """The formula of the last expressions of programs, each of which may define names before.

    `values` are the data of variables, by name; `shapes` are those of variables that have none. With
    `relations`, an expression may be an equation or an inequality. `claims` are derivatives in variables,
    which may use the names that the first program gives. Where the result is `measured`,
    constants of nature are inputs with spreads.
    """
    values, spread_of = _parted(values)
    given = {name: () if isinstance(data, tuple) else np.shape(data) for name, data in values.items()}
    sizes = {**shapes, **given}
    scope = RowScope(sizes, functions, measured=measured)
    outputs = []
    names: dict[Node, str] = {}
    first: Mapping[str, Node] = {}
    for program in programs:
        *before, last = program.statements or (None,)
        if isinstance(last, ExpressionStatement) and isinstance(last.value, Name) and not before:
            _check_no_function(last.value, program.source, sizes)
        sides = (
            _sides(program.source, last.value) if relations and isinstance(last, ExpressionStatement) else ()
        )
        for relation, difference in sides:
            stated = ExpressionStatement(difference.span, difference, False)
            node, named, origins = lower_whole(program._replace(statements=(*before, stated)), scope)
            outputs.append(Output(node, "", Mark(program.source, difference.span), origins, relation))
            names = {each: name for name, each in reversed(named.items())} | names
        if not sides:
            node, named, origins = lower_whole(program, scope)
            first = first or named
            asked: Any = last  # an expression, or a name that is given to one
            name = getattr(getattr(asked, "target", None), "name", "")
            outputs.append(Output(node, name, Mark(program.source, asked.value.span), origins))
            names = {each: name for name, each in reversed(named.items())} | names
    used = {name for program in programs for name in names_in(program)}
    for name in (*values, *shapes):
        if name not in scope.asked:
            raise unused(name, used, scope.asked)
    variables = {name: scope.inputs[name] for name in scope.asked}
    data = {variables[name]: value for name, value in values.items()}
    checked = []
    for name, program in claims:
        (statement,) = _claimed(program).statements
        assert isinstance(statement, ExpressionStatement)
        mark = Mark(program.source, statement.value.span)
        node = lower_whole(program, scope, first).node
        for extra in scope.asked:
            if extra not in variables:
                raise _not_a_variable(extra, variables, mark)
        checked.append(Claim(name, node, mark, statement.value))
    reduced = [
        each for program in programs for each in _reduced(program.source, program.statements, variables)
    ]
    spreads = {variables[name]: each for name, each in spread_of.items()}
    for node, value, uncertainty in scope.quantities.values():
        data[node] = value
        spreads[node] = Spread(np.float64(uncertainty), node.name)
    formula = Formula(
        outputs, variables, data, surface, names, claims=checked, spreads=spreads, reduced=reduced
    )
    formula.chosen(claim.name for claim in checked)
    return formula


def _check_no_function(name: Name, source: Source, known: Collection[str]) -> None:
    """Refuses `sin` where it is all that was typed, and no variable by its value; raises `InputError`."""
    entry = TABLE.get(name.name)
    if entry is not None and len(name.name) > 1 and name.name not in known:
        hint = f"call it: {name.name}({entry.signature})"
        raise InputError(f"{name.name} is a function", (Mark(source, name.span),), hint)


def _reduced(source: Source, tree: object, variables: Mapping[str, Input]) -> Iterator[tuple[str, Mark]]:
    """The variables that are numbers, and alone in what is reduced as arrays are: `v` in `sum(v**2)`."""
    found: set[str] = set()
    for call in walk(tree):
        if not isinstance(call, Call):
            continue
        function = call.function
        entry = TABLE.get(function.name) if isinstance(function, Name | Attribute) else None
        if not isinstance(entry, Structural) or all(each.name != "dim" for each in entry.parameters):
            continue
        inside = [call.arguments, function.value] if isinstance(function, Attribute) else [call.arguments]
        names = [each for each in walk(tuple(inside)) if isinstance(each, Name) and each.name in variables]
        if all(variables[each.name].shape == () for each in names):
            for each in names:
                if each.name not in found:
                    found.add(each.name)
                    yield each.name, Mark(source, each.span)


def _claimed(program: Program) -> Program:
    """A claim is one expression; raises `InputError`."""
    if len(program.statements) != 1 or not isinstance(program.statements[0], ExpressionStatement):
        text = program.source.text
        raise InputError(
            "a claim is one expression", (Mark(program.source, Span(0, len(text))),), "as in 2*x*cos(x**2)"
        )
    return program


def _not_a_variable(name: str, variables: Iterable[str], mark: Mark) -> InputError:
    """The error for a name in a claim that the expression does not have."""
    told = f"{name} is not a variable of the expression"
    return InputError(told, (_place(name, mark) or mark,), _meant(name, variables))


def _meant(name: str, variables: Iterable[str]) -> str | None:
    """The hint for a name that is none of the variables of the expression."""
    names = list(variables)
    if EARLIER + name in names:
        return f"it was computed from {EARLIER}{name}: compute it again"
    return which_of(name, names)


def _parted(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Spread]]:
    """The data of variables, and the spreads of those that are uncertain."""
    data = {name: each.value if isinstance(each, Uncertain) else each for name, each in values.items()}
    return data, {name: each.spread() for name, each in values.items() if isinstance(each, Uncertain)}


def unused(name: str, used: Iterable[str], variables: Iterable[str]) -> InputError:
    """The error for a value or a shape of a name that is no variable of the expression."""
    if name in used:
        return InputError(
            f"{name} is given a value, and the formula gives it another before it is used",
            hint=f"leave out one of the two: {name} = … in the formula, or the value that is given",
        )
    return InputError(f"{name} does not occur in the expression", hint=_meant(name, variables))


def _sides(source: Source, expression: Expression) -> list[tuple[str, Expression]]:
    """What equations and inequalities say of differences; a value says nothing. Raises `InputError`."""
    if not isinstance(expression, Comparison):
        return [("", expression)]
    found: list[tuple[str, Expression]] = []
    for sign, left, right in zip(
        expression.operators, expression.operands, expression.operands[1:], strict=False
    ):
        if sign == "!=":
            place = (Mark(source, expression.span),)
            raise InputError("an equation or an inequality belongs here", place, "== or <= or >=")
        if sign.startswith("<"):
            left, right = right, left
        between = Span(expression.span.start, expression.span.start)
        difference = Binary(expression.span, "-", between, left, right)
        found.append(("==" if sign == "==" else ">=", difference))
    return found


class OpenScope(SessionScope):
    """A session in which every unbound name is a variable, and so are `parameters`, whatever they mean."""

    open = True
    recording = True

    def __init__(
        self,
        session: Session,
        parameters: Mapping[str, Input] = MappingProxyType({}),
        shapes: Mapping[str, Shape] = MappingProxyType({}),
        *,
        measured: bool = False,
    ) -> None:
        super().__init__(session, reads_leaves=False)
        self.measured = measured
        self.parameters = parameters
        self._rows = RowScope(shapes, {})
        self.free = self._rows.inputs

    @property
    def keeps_lists(self) -> bool:
        """Never: variables have no values that a list could keep, and `[x, y]` is an array of them."""
        return False

    @property
    def single(self) -> bool:
        """Never: a formula has no width."""
        return False

    def variable(self, name: str) -> Lowered | None:
        """The node that a name is bound to, or a new variable."""
        if name in self.parameters:
            return self.parameters[name], TENSOR
        bound = super().variable(name)
        if isinstance(bound, tuple) and not isinstance(bound, Several):
            node, kind = bound
            return with_places(node, lambda place: self.session.evaluate((place,))[0]), kind
        if bound is not None or name in self.session.imports or name in self.session.functions:
            return bound
        return self._rows.variable(name)

    def new_variable(self, name: str) -> Typed | None:
        """A new variable that is called as a library is."""
        return None if name in self.session.imports else self._rows.new_variable(name)

    def origins(self, name: str) -> Sequence[Origins | None]:
        """Where the value that a name is bound to was written; a parameter was not computed."""
        return (None,) if name in self.parameters else super().origins(name)

    def known(self, node: Node, *, leaves: bool = False) -> Any:
        """The value of a node that depends on constants of the session only."""
        if any(isinstance(each, Input) and each not in self.session.cells for each in topological((node,))):
            return None
        return super().known(node, leaves=leaves)

    def new_leaf(self, node: Node) -> Node:
        """The node itself: only variables have gradients here."""
        return node

    def quantity(self, key: str, name: str, value: float, uncertainty: float) -> Node | None:
        """That of the session where uncertainties are asked about; else its value alone."""
        return super().quantity(key, name, value, uncertainty) if self.measured else None

    def draw(self, drawn: object) -> None:
        """Nothing is drawn: a formula means the same each time."""

    def names(self) -> Iterable[str]:
        """Every bound name."""
        return [*super().names(), *self.free]

    def unknown(self, name: str) -> str | None:
        """No hint: every name can be a variable."""
        return None


_STATEMENT = Surface(lambda name, value: f"{name}={value}", options=False)


def from_session(
    source: Source,
    expressions: Sequence[tuple[str, Expression]],
    values: Mapping[str, Any],
    session: Session,
    *,
    relations: bool = False,
    claims: Sequence[tuple[str, Expression]] = (),
    measured: bool = False,
) -> Formula:
    """The formula of expressions (each with a name, or "") as a session understands them.

    `values` stand in for those of its leaves, and give its unbound names one. With `relations`, an expression
    may be an equation or an inequality. `claims` are derivatives in variables.
    """
    values, spread_of = _parted(values)
    shapes = {name: () if isinstance(data, tuple) else np.shape(data) for name, data in values.items()}
    wanted = {name: shape for name, shape in shapes.items() if shape}
    scope = OpenScope(session, shapes=wanted, measured=measured)
    outputs = []
    for name, expression in expressions:
        for relation, side in _sides(source, expression) if relations else [("", expression)]:
            lowering = Lowering(source, scope)
            node = lowering.lower(side)
            node = node if node.boolean else as_number(node)
            outputs.append(Output(node, name, Mark(source, expression.span), lowering.origins, relation))
    below = [each for each in topological([each.node for each in outputs]) if isinstance(each, Input)]
    free = {each: name for name, each in scope.free.items()}
    stated = []
    for name, expression in claims:
        mark = Mark(source, expression.span)
        stated.append(Claim(name, Lowering(source, scope).lower(expression), mark, expression))
        for extra, node in scope.free.items():
            if node not in free:
                raise _not_a_variable(extra, free.values(), mark)
    leaves = {leaf: name for name, leaf in session.leaves().items()}
    variables: dict[str, Input] = {}
    for each in below:
        if each in free:
            variables[free[each]] = each
        elif each.role == "leaf":
            variables[leaves.get(each) or session.title(each)] = each
    for output in outputs:
        check_current(output.node, tuple(variables.values()), "ask this")
    used = topological([*below, *(claim.node for claim in stated)])
    data = {
        each: session.cells[each].data for each in used if isinstance(each, Input) and each in session.cells
    }
    spreads = {each: session.spreads[each] for each in below if each in session.spreads}
    for name, value in values.items():
        if name not in variables:
            raise unused(name, (), variables)
        if shapes[name] != variables[name].shape:
            here, given = (
                f"of shape {shape_text(each)}" if each else shape_text(each)
                for each in (variables[name].shape, shapes[name])
            )
            message = f"{name} is {here} in what is asked, and the value that it is given is {given}"
            hint = f"bind the name to that value first: {name} = …"
            raise EvaluationError(message, (Mark(source, expressions[0][1].span),), hint)
        data[variables[name]] = value
        spreads.pop(variables[name], None)  # it is that of the leaf's own value
        if name in spread_of:
            spreads[variables[name]] = spread_of[name]
    names = {value.node: name for name, value in reversed(list(session.values.items())) if name != "ans"}
    held = {name: session.grad_data(each) for name, each in variables.items()}
    grads = {name: grad for name, grad in held.items() if grad is not None}
    asked = [expression for _, expression in expressions]
    reduced = list(_reduced(source, tuple(asked), variables))
    formula = Formula(outputs, variables, data, _STATEMENT, names, grads, stated, spreads, reduced)
    formula.chosen(claim.name for claim in stated)
    return formula
