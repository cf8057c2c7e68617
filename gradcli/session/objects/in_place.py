"""PyTorch's methods that change a tensor in place, as values: `v.mul_(0.9).add_(g)`, `x.clamp_(0, 1)`.

Each is the function of its name without the last letter, whose result the tensor holds from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradcli.engine.graph import constant, expand
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.entry import as_number
from gradcli.language.tree import Attribute, Call, Expression, Name, Subscript
from gradcli.lowering.arguments import builtin
from gradcli.lowering.context import Whole, done
from gradcli.lowering.deeds import changes
from gradcli.lowering.hosts import as_rule
from gradcli.lowering.indexing import check_fits
from gradcli.lowering.kinds import Host, Lowered, named
from gradcli.lowering.lower import Lowering
from gradcli.lowering.names import member_of
from gradcli.session.memory.sharing import held_behind
from gradcli.session.places import put
from gradcli.text.errors import EvaluationError, InputError
from gradcli.trampoline import Rule

GIVEN = {"copy_": "src", "fill_": "value", "fill": "value"}
"""Those that give a tensor other numbers, and what PyTorch calls these."""


def _changed(context: Lowering, call: Call) -> Rule:
    """A rule: the tensor that a method changes, changed."""
    function = call.function
    assert isinstance(function, Attribute)
    name, target = function.name, function.value
    found: Lowered = yield Whole(target)
    if isinstance(found, Host):
        member = found.attribute(context, name)
        if not isinstance(member, Host):
            raise context.wrong(f"{found.title} has no method {name}", function.name_span)
        return (yield as_rule(member.call(context, call)))
    whole = context.one(found, target.span)
    node, kind = whole
    if name == "detach_":
        given = TABLE["detach"].build(node), kind
    elif name in GIVEN:
        if len(call.arguments) != 1 or call.arguments[0].name not in (None, GIVEN[name]):
            raise context.wrong(f"{name} takes one value", call.span, f"x.{name}(2)")
        value, of = yield call.arguments[0].value
        check_fits(context, value, call.arguments[0].span, node.shape, target.span)
        by = "CopyBackwards" if name == "copy_" else "FillBackward0"
        given = expand(as_number(value), node.shape), named(of, by)
    elif name == "zero_":
        given = expand(constant(0.0), node.shape), named(kind, "ZeroBackward0")
    else:
        plain = call._replace(function=function._replace(name=name[:-1]))
        given = yield builtin(context, TABLE[name[:-1]], plain, done(target.span, whole))
        if kind.whole and not given[1].whole:
            raise EvaluationError(
                "result type Float can't be cast to the desired output type Long",
                (context.mark(call.span),),
                "x = x.float() makes it a tensor of floats first",
            )
    changed = _named(target)
    run = context.acting(call.span).run
    is_named = isinstance(changed, Name | Subscript | Attribute)
    looking = held_behind(run.session, node)
    if not is_named and (looking is None or not run.session.is_held(looking.root)):
        return given  # nobody else has what was made just here
    context.scope.acts()
    with context.before_it_acts(call.span), run.session.awaiting() as now:
        if isinstance(changed, Name) and name[:-1] in LOOKING:
            run.session.bound.reach(changed.name)
            run.bind(changed.name, run.valued(context, call.span, given))
        elif given[0].shape == node.shape:
            put(run, context, changed, whole, given, call.span)
        else:
            raise InputError(f"{name} would give this another shape", (context.mark(target.span),))
        became = now(node)
    # What is changed as a whole may be another tensor now.
    return (yield changed) if is_named else (became, kind if became is node else given[1])


LOOKING = ("unsqueeze", "squeeze", "t", "transpose", "swapaxes", "detach")
"""Those that let a tensor have the same elements in another way."""


def _named(target: Expression) -> Expression:
    """What is changed first of all in a chain of such methods."""
    while (
        isinstance(target, Call) and isinstance(target.function, Attribute) and changes(target.function.name)
    ):
        target = target.function.value
    return target


def into(context: Lowering, call: Call) -> Rule:
    """A rule: what a call gives, which the tensor at its `out=` holds from then on: `np.add(x, 1, out=x)`."""
    (out,) = [each for each in call.arguments if each.name == "out"]
    rest = tuple([each for each in call.arguments if each is not out])
    whole = yield out.value
    value, of = yield call._replace(arguments=rest)
    check_fits(context, value, call.span, whole[0].shape, out.value.span)
    run = context.acting(call.span).run
    context.scope.acts()
    put(run, context, out.value, whole, (expand(as_number(value), whole[0].shape), of), call.span)
    return (yield out.value)


def _of_function(context: Lowering, call: Call) -> Rule:
    """A rule: `F.relu_(x)`, or `F.relu(x)` that is asked to work in place, which is `x.relu_()`."""
    if not call.arguments or call.arguments[0].name not in (None, "input"):
        raise context.wrong("this takes the tensor that it changes", call.span)
    (first, *rest), span = call.arguments, call.function.span
    member = member_of(call.function, context)
    assert member is not None
    method = Attribute(span, first.value, f"{member.name.removesuffix('_')}_", span)
    return (yield as_rule(_changed(context, call._replace(function=method, arguments=tuple(rest)))))


class _Methods(Mapping[str, Callable[[Any, Any], Any]]):
    """Every function of tensors has such a method."""

    def __getitem__(self, path: str) -> Callable[[Any, Any], Any]:
        if path == "out":
            return into
        module, _, name = path.rpartition(".")
        if name in GIVEN or name == "zero_" or (changes(name) and name[:-1] in TABLE):
            if module == "torch.Tensor":
                return _changed
            if name.endswith("_"):
                return _of_function
        raise KeyError(path)

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


MAKERS: Mapping[str, Callable[[Any, Any], Any]] = _Methods()
"""What changes a tensor, by its full path."""
