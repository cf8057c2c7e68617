"""Functions that a program gives a derivative of its own, as JAX and HIPS autograd write that.

`jax.custom_jvp` and `jax.custom_vjp` make one of a function, `autograd.extend.primitive` too. The rule is
lowered when it is asked, in terms of variables of its own, and the graph has a node that says both
(`shaping.custom`). Inside its rule the function has that rule, too: so derivatives of any order are those
that the rule says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from gradcli.engine import derive
from gradcli.engine.graph import Input, Node, as_node, expand, substitute
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.primitives.shaping import custom, detach
from gradcli.engine.shapes import shape_text
from gradcli.language.tree import Call
from gradcli.lowering.callables import Function
from gradcli.lowering.context import Context
from gradcli.lowering.hosts import NONE, Arguments, Method, Nothing, arguments, called_with
from gradcli.lowering.kinds import TENSOR, Host, Lowered, Several, Typed
from gradcli.lowering.trees import branches, leaves, refilled
from gradcli.session.objects.functions import Derivative
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule


class Ruled(Host):
    """A function whose derivative is given by rules, of which it has none at first."""

    title = "a function with a derivative of its own"
    hint = "call it with its arguments in round brackets"
    kind = ""
    gives = ""
    """The name of what gives it its rules."""

    def __init__(self, function: Host, apart: tuple[int, ...] = ()) -> None:
        self.function = function
        self.apart = apart
        """The places of arguments that are not differentiated in."""
        self.rules: tuple[Any, ...] = ()

    def held(self) -> Any:
        """Its function and its rules."""
        return self.function, self.rules

    def hold(self, held: Any) -> None:
        """Lets it have the rules again that it had."""
        self.function, self.rules = held

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return (self.gives, *self.function.names())

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """What gives it its rules, and what its function has."""
        if name == self.gives:
            return Method(name, self._give)
        found: Lowered | None = self.function.attribute(context, name)
        return found

    def _give(self, context: Context, call: Call) -> Rule:
        raise NotImplementedError

    def set_rules(self, context: Context, rules: Sequence[Any], span: Span) -> None:
        """Gives it rules; raises `InputError` where one is no function."""
        for each in rules:
            if each is not None and not isinstance(each, Host):
                raise context.wrong(f"{self.gives} takes functions", span)
        context.changing(self, span)
        self.rules = tuple(rules)

    def text(self) -> str:
        """As Python has it, but for its address."""
        return f"<{self.kind} of {self.function.text()}>"

    def call(self, context: Context, call: Call) -> Rule:
        """What the function gives, with the derivative that its rules say."""
        given: Arguments = yield arguments(context, call)
        passed = self._in_order(context, given, call)
        inside = [each for place, each in enumerate(passed) if place not in self.apart]
        nodes = [as_number(node) for each in inside for node, _ in leaves(context, each)]
        if not any(node.tracked for node in nodes) or not (context.recording and context.scope.recording):
            return (yield called_with(self.function, context, passed, call))
        if not self.rules:
            raise EvaluationError(
                f"this has no rule for its derivative yet, which {self.gives} gives it",
                (context.mark(call.function.span),),
            )
        found = yield called_with(self.function, context, passed, call)
        derivative = self._derivative(context, passed, found, call)
        outputs = [*leaves(context, found)]
        made = [_custom(context, each, nodes, derivative, place, call) for place, each in enumerate(outputs)]
        return refilled(context, found, iter(made))

    def _in_order(self, context: Context, given: Arguments, call: Call) -> list[Lowered]:
        """The arguments of a call in the order of the parameters; raises `InputError` for unknown names."""
        if not given.named:
            return list(given.positional)
        parameters = self.function.define.parameters if isinstance(self.function, Function) else ()
        names = [each.name for each in parameters][len(given.positional) :]
        passed = list(given.positional)
        for name in names[: len(given.named)]:
            if name not in given.named:
                break
            passed.append(given.named[name])
        if len(passed) != len(given.positional) + len(given.named):
            span = next(iter(given.named_spans.values()))
            raise context.wrong(f"{self.kind} takes arguments in the order of the parameters", span)
        return passed

    def _derivative(
        self, context: Context, passed: Sequence[Lowered], found: Lowered, call: Call
    ) -> Derivative:
        """What the rules say of a call with such arguments, in variables of its own."""
        differentiated = self._others(passed)
        given = [as_number(node) for each in differentiated for node, _ in leaves(context, each)]
        variables = [Input("", each.shape, role="stand-in") for each in given]
        left = _typed(variables)
        inside = [
            each if place in self.apart else refilled(context, each, left)
            for place, each in enumerate(passed)
        ]
        seeds = [Input("", node.shape, role="stand-in") for node, _ in leaves(context, found)]
        at: dict[Node, Node] = dict(zip(variables, given, strict=True))
        asked = _Asked(context, at, seeds)
        return _Later(variables, seeds, lambda: asked.run(self._grads(context, inside, found, seeds, call)))

    def _grads(
        self,
        context: Context,
        inside: Sequence[Lowered],
        found: Lowered,
        seeds: Sequence[Node],
        call: Call,
    ) -> Rule:
        """A rule: the cotangent of each variable, in terms of those of the outputs."""
        raise NotImplementedError

    def _apart_first(self, inside: Sequence[Lowered]) -> list[Lowered]:
        """The arguments that are not differentiated in, with which rules are called first."""
        return [inside[place] for place in self.apart]

    def _others(self, inside: Sequence[Lowered]) -> list[Lowered]:
        return [each for place, each in enumerate(inside) if place not in self.apart]


class CustomJvp(Ruled):
    """`jax.custom_jvp`: a rule has tangents of the arguments, and gives that of the value."""

    kind = "custom_jvp"
    gives = "defjvp"

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return ("defjvps", *super().names())

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """What gives it its rule, or one for each argument."""
        return Method(name, self._give_each) if name == "defjvps" else super().attribute(context, name)

    def _give(self, context: Context, call: Call) -> Rule:
        given: Arguments = yield arguments(context, call)
        if len(given.positional) != 1:
            raise context.wrong("defjvp takes one function", call.span, "f.defjvp(f_jvp)")
        self.set_rules(context, given.positional, call.span)
        return given.positional[0]

    def _give_each(self, context: Context, call: Call) -> Rule:
        given: Arguments = yield arguments(context, call)
        self.set_rules(
            context, ["each", *[None if each is NONE else each for each in given.positional]], call.span
        )
        return NONE

    def set_rules(self, context: Context, rules: Sequence[Any], span: Span) -> None:
        """Gives it one rule, or (behind "each") one for each argument."""
        is_each = rules[:1] == ["each"]
        super().set_rules(context, rules[1:] if is_each else rules, span)
        if is_each:
            self.rules = ("each", *self.rules)

    def _grads(
        self,
        context: Context,
        inside: Sequence[Lowered],
        found: Lowered,
        seeds: Sequence[Node],
        call: Call,
    ) -> Rule:
        primals = self._others(inside)
        variables = [node for each in primals for node, _ in leaves(context, each)]
        tangents = [Input("", node.shape, role="stand-in") for node in variables]
        moved_by = _typed(tangents)
        moving = [refilled(context, each, moved_by) for each in primals]
        context.supposed.update(_ones(tangents))
        try:
            if self.rules[0] == "each":
                moved = yield self._sum(context, primals, moving, found, call)
            else:
                given = [*self._apart_first(inside), Several(tuple(primals)), Several(tuple(moving))]
                both = branches(context, (yield called_with(self.rules[0], context, given, call))) or []
                if len(both) != 2:
                    raise context.wrong(
                        "a rule for tangents gives the value and its tangent",
                        call.function.span,
                        "return y, y_dot",
                    )
                moved = both[1]
        finally:
            for each in tangents:
                context.supposed.pop(each, None)
        outputs = [as_number(node) for node, _ in leaves(context, moved)]
        if [each.shape for each in outputs] != [each.shape for each in seeds]:
            there, wanted = (
                ", ".join(shape_text(each.shape) for each in nodes) for nodes in (outputs, seeds)
            )
            raise EvaluationError(
                f"the tangent of a value has its shape: {wanted}, not {there or 'nothing'}",
                (context.mark(call.function.span),),
            )
        # What is linear in the tangents, the other way round.
        totals: list[Node | None] = [None] * len(tangents)
        for output, seed in zip(outputs, seeds, strict=True):
            for place, share in enumerate(derive.pullback(output, seed, tangents)):
                before = totals[place]
                totals[place] = share if before is None else before if share is None else before + share
        at: dict[Node, Node] = {each: expand(as_node(0.0), each.shape) for each in tangents}
        left = iter(substitute([each for each in totals if each is not None], at))
        return [None if each is None else next(left) for each in totals]

    def _sum(
        self,
        context: Context,
        primals: Sequence[Lowered],
        moving: Sequence[Lowered],
        found: Lowered,
        call: Call,
    ) -> Rule:
        """A rule: the sum of what the rules of the arguments give."""
        value = yield called_with(self, context, primals, call)
        total: Node | None = None
        for rule, tangent in zip(self.rules[1:], moving, strict=False):
            if rule is None:
                continue
            given = yield called_with(rule, context, [tangent, value, *primals], call)
            node = as_number(context.one(given, call.span)[0])
            total = node if total is None else total + node
        shape = context.one(found, call.span)[0].shape
        return (expand(as_node(0.0), shape) if total is None else expand(total, shape)), TENSOR


class CustomVjp(Ruled):
    """`jax.custom_vjp`: one rule gives the value and what it keeps, another what a cotangent becomes."""

    kind = "custom_vjp"
    gives = "defvjp"

    def _give(self, context: Context, call: Call) -> Rule:
        given: Arguments = yield arguments(context, call)
        both = [*given.positional, *[given.named[name] for name in ("fwd", "bwd") if name in given.named]]
        if len(both) != 2:
            raise context.wrong("defvjp takes two functions", call.span, "f.defvjp(f_fwd, f_bwd)")
        self.set_rules(context, both, call.span)
        return NONE

    def _grads(
        self,
        context: Context,
        inside: Sequence[Lowered],
        found: Lowered,
        seeds: Sequence[Node],
        call: Call,
    ) -> Rule:
        forward, backward = self.rules
        both = branches(context, (yield called_with(forward, context, inside, call))) or []
        if len(both) != 2:
            raise context.wrong(
                "the first rule of defvjp gives the value and what the second one needs",
                call.function.span,
                "return y, (x,)",
            )
        flowing = refilled(context, found, _typed(seeds))
        back = yield called_with(backward, context, [*self._apart_first(inside), both[1], flowing], call)
        parts = branches(context, back)
        others = self._others(inside)
        if parts is None or len(parts) != len(others):
            count = len(others)
            raise context.wrong(
                f"the second rule of defvjp gives a tuple: one cotangent for each of {count} "
                f"argument{'' if count == 1 else 's'}",
                call.function.span,
                "return (ct,)",
            )
        pairs = zip(parts, others, strict=True)
        return [each for part, like in pairs for each in _cotangents(context, part, like, call)]


class Primitive(Ruled):
    """`autograd.extend.primitive`: `defvjp` gives it a rule for each argument, which makes a function."""

    kind = "primitive"
    gives = "__name__"

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """What its function has."""
        found: Lowered | None = self.function.attribute(context, name)
        return found

    def _grads(
        self,
        context: Context,
        inside: Sequence[Lowered],
        found: Lowered,
        seeds: Sequence[Node],
        call: Call,
    ) -> Rule:
        value = yield called_with(self, context, inside, call)
        flowing = refilled(context, found, _typed(seeds))
        grads: list[Node | None] = []
        for place, each in enumerate(inside):
            rule = self.rules[place] if place < len(self.rules) else None
            if rule is None:
                grads += [None for _ in leaves(context, each)]
                continue
            pulls = yield called_with(rule, context, [value, *inside], call)
            if not isinstance(pulls, Host):
                raise context.wrong("a rule of defvjp gives a function", call.function.span, "lambda g: …")
            grads += _cotangents(context, (yield called_with(pulls, context, [flowing], call)), each, call)
        return grads


class _Later(Derivative):
    """A derivative that its rule says when it is asked: one of a higher order may never be."""

    def __init__(
        self,
        variables: Sequence[Input],
        seeds: Sequence[Input],
        make: Callable[[], Sequence[Node | None]],
    ) -> None:
        super().__init__(tuple(variables), tuple(seeds), ())
        self._make: Callable[[], Sequence[Node | None]] | None = make

    @property
    def grads(self) -> tuple[Node | None, ...]:
        """The cotangents of the variables."""
        if self._make is not None:
            make, self._make = self._make, None
            self._grads = tuple(make())
        return self._grads

    @grads.setter
    def grads(self, grads: tuple[Node | None, ...]) -> None:
        self._grads = grads


class _Asked:
    """The state of lowering where a function was called, in which its rule is lowered later."""

    def __init__(self, context: Context, at: Mapping[Node, Node], seeds: Sequence[Node]) -> None:
        self.context = context
        self.frames = list(context.frames)
        self.stand_ins = {**context.stand_ins, **at}
        self.supposed = {**context.supposed, **_ones(seeds)}

    def run(self, rule: Rule) -> Any:
        """What a rule comes to, as if it stood there."""
        context = self.context
        now = context.frames, context.stand_ins, context.supposed
        context.frames, context.stand_ins, context.supposed = self.frames, self.stand_ins, self.supposed
        try:
            return context.run(rule)
        finally:
            context.frames, context.stand_ins, context.supposed = now


def _ones(nodes: Iterable[Node]) -> dict[Node, Node]:
    """What conditions take cotangents to be, in which all that is said is linear."""
    return {each: expand(as_node(1.0), each.shape) for each in nodes}


def _typed(nodes: Iterable[Node]) -> Any:
    return iter([(each, TENSOR) for each in nodes])


def _cotangents(context: Context, part: Lowered, like: Lowered, call: Call) -> list[Node | None]:
    """The cotangents of an argument, part by part; raises `EvaluationError` for those of other shapes."""
    wanted = [node for node, _ in leaves(context, like)]
    if isinstance(part, Nothing):
        return [None for _ in wanted]
    found = [as_number(node) for node, _ in leaves(context, part)]
    if [each.shape for each in found] != [each.shape for each in wanted]:
        there, should = (", ".join(shape_text(each.shape) for each in nodes) for nodes in (found, wanted))
        raise EvaluationError(
            f"the cotangent of an argument has its shape: {should or 'none'}, not {there or 'nothing'}",
            (context.mark(call.function.span),),
        )
    return list(found)


def _custom(
    context: Context, found: Typed, given: Sequence[Node], derivative: Derivative, place: int, call: Call
) -> Lowered:
    """An output of a function, with the derivative that is given for it."""
    value = detach.build(found[0])
    make = partial(custom.apply, value, *given, params=(derivative, place))
    return context.build(make, call.span, ()), TENSOR


# What makes them


def _making(make: type[Ruled], context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    function = given.positional[0] if given.positional else None
    if not isinstance(function, Host):
        raise context.wrong(f"{make.kind} takes a function", call.span, f"f = jax.{make.kind}(f)")
    apart: list[int] = []
    if "nondiff_argnums" in given.named:
        span = given.named_spans["nondiff_argnums"]
        for node, _ in leaves(context, given.named["nondiff_argnums"]):
            numbers = context.numbers(node, span).ravel()
            apart += [int(each) for each in numbers]
    return make(function, tuple(apart))


def _primitives(context: Context, call: Call) -> Rule:
    """A rule: `defvjp(f, vjp_0, vjp_1, argnums=[0, 1])`."""
    given: Arguments = yield arguments(context, call)
    primitive = given.positional[0] if given.positional else None
    if not isinstance(primitive, Primitive):
        raise context.wrong(
            "defvjp takes a function that @primitive stands above", call.span, "defvjp(f, lambda ans, x: …)"
        )
    rules: list[Any] = [None if each is NONE else each for each in given.positional[1:]]
    if "argnums" in given.named:
        span = given.named_spans["argnums"]
        places: list[int] = []
        for node, _ in leaves(context, given.named["argnums"]):
            places += [int(each) for each in context.numbers(node, span).ravel()]
        spread: list[Any] = [None] * (max(places, default=-1) + 1)
        for place, rule in zip(places, rules, strict=False):
            spread[place] = rule
        rules = spread
    primitive.set_rules(context, rules, call.span)
    return NONE


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "jax.custom_jvp": partial(_making, CustomJvp),
    "jax.custom_vjp": partial(_making, CustomVjp),
    "jax.custom_derivatives.custom_jvp": partial(_making, CustomJvp),
    "jax.custom_derivatives.custom_vjp": partial(_making, CustomVjp),
    "autograd.extend.primitive": partial(_making, Primitive),
    "autograd.extend.defvjp": _primitives,
}
"""What gives functions derivatives of their own, by its full path."""
