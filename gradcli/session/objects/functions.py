"""Functions that a program gives a derivative of its own: `class Square(torch.autograd.Function)`.

Both `forward` and `backward` are lowered where the function is applied, in terms of variables of their own,
and the graph has a node that says both: its value, and what a cotangent becomes. So the derivative can be
differentiated again, as what `backward` computes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from gradcli.engine import derive
from gradcli.engine.graph import Input, Node, as_node, expand, substitute, substituted
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.primitives.shaping import custom, detach
from gradcli.engine.shapes import shape_text
from gradcli.language.tree import Argument, Call, Define
from gradcli.lowering.context import Context, done
from gradcli.lowering.functions import user_call
from gradcli.lowering.hosts import NONE, Arguments, Method, Nothing, Text, arguments
from gradcli.lowering.kinds import COUNT, TENSOR, Host, Lowered, Several, over_each
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule

BASES = ("torch.autograd.Function", "torch.autograd.function.Function")
"""What such a class is a kind of."""

STATIC = ("staticmethod", "once_differentiable")
"""What may stand above its methods."""


class FunctionClass(Host):
    """What `apply` of a class of functions applies."""

    title = "a function with a derivative of its own"
    settled = True
    python_type = "FunctionMeta"

    def __init__(self, name: str, methods: Mapping[str, Define]) -> None:
        self.name = name
        self.methods = methods

    @property
    def hint(self) -> str:  # type: ignore[override]
        """How it is called."""
        return f"{self.name}.apply(x)"

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return ("apply", "__name__")

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """What applies it."""
        if name == "__name__":
            return Text((self.name,))
        return Method("apply", self._apply) if name == "apply" else None

    def call(self, context: Context, call: Call) -> Lowered:
        """It is applied, and not called."""
        raise context.wrong(f"{self.name} is applied, and not called", call.function.span, self.hint)

    def _apply(self, context: Context, call: Call) -> Rule:
        given: Arguments = yield arguments(context, call)
        if given.named:
            raise context.wrong("apply takes no names", next(iter(given.named_spans.values())), self.hint)
        taken = _Taken(context, given.positional)
        kept = Kept(tuple(taken.differentiates))
        try:
            found = yield self._run(context, "forward", taken.inside, call, kept)
            if "setup_context" in self.methods:
                both = [Several(tuple(taken.inside)), found]
                yield self._run(context, "setup_context", both, call, kept, gives=False)
            outputs = list(found.parts) if isinstance(found, Several) else [found]
            nodes = [as_number(context.one(each, call.span)[0]) for each in outputs]
            seeds = [Input("", node.shape, role="stand-in") for node in nodes]
            flows = [(seed, TENSOR) for seed in seeds]
            back = yield self._run(context, "backward", flows, call, kept)
            grads = self._grads(context, taken, back, call.span)
        finally:
            taken.end(context)
        if not taken.variables or not (context.recording and context.scope.recording):
            return over_each(lambda node, kind: (taken.back(context, node), kind), found)
        derivative = Derivative(tuple(taken.variables), tuple(seeds), tuple(grads))
        made: list[Lowered] = []
        for place, node in enumerate(nodes):
            value = detach.build(taken.back(context, node))
            make = partial(custom.apply, value, *taken.given, params=(derivative, place))
            applied = context.build(make, call.span, ())
            made.append((applied, TENSOR._replace(overload=f"{self.name}Backward")))
        return Several(tuple(made)) if isinstance(found, Several) else made[0]

    def _run(
        self,
        context: Context,
        name: str,
        given: Sequence[Lowered],
        call: Call,
        kept: Kept,
        *,
        gives: bool = True,
    ) -> Rule:
        """A rule: what one of its methods gives."""
        method = self.methods.get(name)
        if method is None:
            hint = f"it is a method: def {name}(ctx, x): return x"
            raise context.wrong(f"{self.name} has no {name}", call.function.span, hint)
        first = None if name == "forward" and "setup_context" in self.methods else kept
        span = call.span
        passed = tuple([Argument(span, None, done(span, each)) for each in given])
        found = yield user_call(context, method, call._replace(arguments=passed), first, gives=False)
        if found is None and gives:
            raise context.wrong(f"{name} of {self.name} returns nothing", method.name_span, "return …")
        return found

    def _grads(self, context: Context, taken: _Taken, back: Lowered, span: Span) -> list[Node | None]:
        """What `backward` gives for the inputs that are differentiated in; raises `EvaluationError`."""
        parts = back.parts if isinstance(back, Several) else (back,)
        place = (context.mark(span),)
        while len(parts) > len(taken.differentiates) and parts[-1] is NONE:
            parts = parts[:-1]
        if len(parts) != len(taken.differentiates):
            raise EvaluationError(
                f"function {self.name}Backward returned an incorrect number of gradients "
                f"(expected {len(taken.differentiates)}, got {len(parts)})",
                place,
            )
        found: list[Node | None] = []
        for part, wanted in zip(parts, taken.differentiates, strict=True):
            if not wanted:
                continue
            if isinstance(part, Nothing):
                found.append(None)
                continue
            node = as_number(context.one(part, span)[0])
            shape = taken.variables[len(found)].shape
            if node.shape != shape:
                raise EvaluationError(
                    f"function {self.name}Backward returned an invalid gradient at index {len(found)}: "
                    f"got {shape_text(node.shape)}, but expected {shape_text(shape)}",
                    place,
                )
            found.append(node)
        return found

    def text(self) -> str:
        """As Python prints it."""
        return f"<class '__main__.{self.name}'>"


class _Taken:
    """What a function is applied to, with variables in the places of what it is differentiated in."""

    def __init__(self, context: Context, given: Sequence[Lowered]) -> None:
        self.differentiates = [not isinstance(each, Several | Host) and each[0].tracked for each in given]
        self.given = [
            as_number(each[0])
            for each, wanted in zip(given, self.differentiates, strict=True)
            if wanted and not isinstance(each, Several | Host)
        ]
        self.variables = [Input("", each.shape, role="stand-in") for each in self.given]
        self.at: dict[Node, Node] = dict(zip(self.variables, self.given, strict=True))
        context.stand_ins.update(self.at)
        left = iter(self.variables)
        self.inside: list[Lowered] = [
            (next(left), TENSOR) if wanted else each
            for each, wanted in zip(given, self.differentiates, strict=True)
        ]

    def end(self, context: Context) -> None:
        """The variables stand for nothing any more."""
        for variable in self.variables:
            context.stand_ins.pop(variable, None)

    def back(self, context: Context, node: Node) -> Node:
        """A node with what was given in the places of the variables."""
        changed = substituted([node], self.at)
        context.origins.follow(changed)
        return changed.get(node, node)


class Kept(Host):
    """The `ctx` of a function: what `forward` keeps for `backward`."""

    title = "what a function keeps"

    def __init__(self, needs: tuple[bool, ...]) -> None:
        self.needs = needs
        self.saved: tuple[Lowered, ...] = ()
        self.members: dict[str, Lowered] = {}

    def held(self) -> Any:
        """What was kept."""
        return self.saved, dict(self.members)

    def hold(self, held: Any) -> None:
        """Lets it hold again what it held."""
        self.saved, members = held
        self.members = dict(members)

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return ("save_for_backward", "saved_tensors", "needs_input_grad", *self.members)

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """What was kept, or what keeps it."""
        if name == "save_for_backward":
            return Method(name, self._save)
        if name == "saved_tensors":
            return Several(self.saved)
        if name == "needs_input_grad":
            return Several(tuple([(as_node(float(each)), COUNT) for each in self.needs]))
        return self.members.get(name)

    def assign(self, context: Context, name: str, found: Lowered, span: Span) -> bool:
        """Keeps something under a name."""
        self.members[name] = found
        return True

    def _save(self, context: Context, call: Call) -> Rule:
        given: Arguments = yield arguments(context, call)
        self.saved = tuple(given.positional)
        return NONE


class Derivative:
    """What cotangents become: in terms of variables for what was given, and of one for each cotangent."""

    def __init__(
        self, variables: tuple[Input, ...], seeds: tuple[Input, ...], grads: tuple[Node | None, ...]
    ) -> None:
        self.variables = variables
        self.seeds = seeds
        self.grads = grads

    def _at(self, node: Node) -> dict[Node, Node]:
        return dict(zip(self.variables, node.inputs[1:], strict=True))

    def pullback(self, node: Node, place: int, cotangent: Node, index: int) -> Node | None:
        """The cotangent of an input, from that of the output in a place."""
        grad = self.grads[index - 1]
        if grad is None:
            return None
        at = self._at(node)
        for at_output, seed in enumerate(self.seeds):
            at[seed] = cotangent if at_output == place else expand(as_node(0.0), seed.shape)
        return substitute((grad,), at)[0]

    def pushforward(self, node: Node, place: int, tangents: Sequence[Node | None]) -> Node | None:
        """The tangent of the output in a place: what is linear in the cotangent, the other way round."""
        seed = self.seeds[place]
        total: Node | None = None
        for grad, tangent in zip(self.grads, tangents, strict=True):
            if grad is None or tangent is None:
                continue
            (share,) = derive.pullback(grad, tangent, (seed,))
            if share is not None:
                total = share if total is None else total + share
        if total is None:
            return None
        at = self._at(node) | {each: expand(as_node(0.0), each.shape) for each in self.seeds}
        return substitute((total,), at)[0]
