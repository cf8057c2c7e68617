"""What a call of a function of the table means in its library, and the node that it makes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from gradcli.engine.graph import Node, constant
from gradcli.engine.primitives import TABLE, arithmetic
from gradcli.engine.primitives.arithmetic import as_truth
from gradcli.engine.primitives.entry import Composite, Entry, Meaning, Parameter
from gradcli.engine.shapes import ShapeError, shape_text
from gradcli.language.tree import (
    Call,
    Expression,
)
from gradcli.lowering.binding import Bound, bind, is_whole, several_for_one, typed_name
from gradcli.lowering.context import Context, Whole, own
from gradcli.lowering.kinds import (
    OWN,
    TENSOR,
    Kind,
    Several,
    call_kind,
    combined,
    named,
    promoted,
    truth_kind,
)
from gradcli.lowering.names import Member, found_in, member_of
from gradcli.records import NamedTuple
from gradcli.text.errors import GradcliError
from gradcli.text.source import Span
from gradcli.trampoline import Rule


class Meant(NamedTuple):
    """What a call of an entry means: the parameters of its arguments, what builds the node, and whose it is.

    `library` is the one whose conventions it has, or `None` for gradcli's own, which are PyTorch's.
    """

    parameters: tuple[Parameter, ...]
    build: Callable[..., Node]
    library: str | None
    is_other: bool = False
    """Whether the library means something else than the entry is, and not only by its defaults."""
    whole: str = ""
    """Whether it gives whole numbers (`Entry.whole`), where that is otherwise than the entry says."""


def meant_by(context: Context, entry: Entry, call: Call, receiver: Kind | None = None) -> Meant:
    """What a call of an entry means in its library; raises `InputError` for what is not known, or is refused.

    `receiver` is the kind of the value before the dot, if there is one: arrays of NumPy's keep its methods.
    """
    name = typed_name(entry, call)
    member = member_of(call.function, context)
    if receiver is not None and receiver.holder == "array":
        member = Member("numpy", name)
        meaning = entry.meaning("numpy", name)
    elif member is None:
        if receiver is not None:
            return Meant(entry.method_parameters, _in_order(entry, entry.method_parameters), None)
        return Meant(entry.parameters, entry.build, None)
    else:
        name = member.name
        meaning = _meaning(context, entry, member, call)
    library = member.convention
    if meaning is None or meaning.kept:
        parameters = _signature(entry, call, receiver is not None)
        whole = "" if meaning is None else meaning.whole
        return Meant(parameters, _in_order(entry, parameters), library, whole=whole)
    if meaning.refused:
        raise context.wrong(f"{member.path} {meaning.told}", call.function.span)
    is_other = meaning.build is not None
    return Meant(meaning.parameters(), meaning.build or entry.build, library, is_other, meaning.whole)


def _meaning(context: Context, entry: Entry, member: Member, call: Call) -> Meaning | None:
    """What a library means by an entry's name, where that is something else; raises `InputError`."""
    found = found_in(member)
    if found is None:
        known = (
            f"{LIBRARIES[member.library]} has no"
            if member.library in LIBRARIES
            else "nothing is known here of a"
        )
        raise context.wrong(
            f"{known} {member.path}",
            call.function.span,
            f"gradcli's own is written without a prefix: {member.name}(…)",
        )
    others = (found.module.replace("jax.numpy", "numpy"), found.module.replace("jax.scipy", "scipy"))
    meanings = (entry.meaning(module, member.name) for module in (found.module, *others))
    return next((each for each in meanings if each is not None), None)


LIBRARIES = {
    "numpy": "NumPy",
    "torch": "PyTorch",
    "scipy": "SciPy",
    "jax": "JAX",
    "math": "Python's math",
    "statistics": "Python's statistics",
    "tensorflow": "TensorFlow",
    "sympy": "SymPy",
    "mpmath": "mpmath",
}
"""The libraries of whose functions gradcli knows, and what they are called."""


def _in_order(entry: Entry, parameters: tuple[Parameter, ...]) -> Callable[..., Node]:
    """What builds the node of arguments in the order of `parameters`."""
    names = [each.name for each in parameters]
    own = [each.name for each in entry.parameters]
    if names == own or set(names) != set(own):
        return entry.build

    def build(*arguments: Any) -> Node:
        given = dict(zip(names, arguments, strict=True))
        return entry.build(*(given[name] for name in own))

    return build


def _signature(entry: Entry, call: Call, is_method: bool) -> tuple[Parameter, ...]:
    """The parameters that the arguments of a library's function or of a method meet."""
    if is_method:
        return entry.method_parameters
    # `torch.max(x, 1)` is along a dim, where `max(x, 1)` and `torch.max(x, y)` compare two values.
    plain = [argument.value for argument in call.arguments if argument.name is None]
    is_along = entry.parameters[0].variadic and len(plain) > 1 and is_whole(plain[1])
    return entry.method_parameters if is_along else entry.parameters


def choice(
    context: Context,
    span: Span,
    condition: Expression,
    yes: Expression,
    no: Expression,
    *,
    is_function: bool = False,
) -> Rule:
    """`yes if condition else no`: one side where the condition is settled, `where` of both if not.

    Python's conditional gives what it chooses; a function (`is_function`) asks a tensor and gives one.
    """
    asked, asked_kind = yield condition
    truth = as_truth(asked)
    settled = context.truth(truth, decides=True) if truth.shape == () else None
    decides = context.scope.keeps_lists and context.scope.reads_leaves and not is_function
    if settled is None and decides and all(size == 1 for size in truth.shape):
        settled = context.truth(truth, leaves=True)  # as in Python: the values of leaves decide
    if settled is not None and not is_function:
        return (yield Whole(yes if settled else no))
    if settled is not None:
        node, kind = yield yes if settled else no
    else:
        context.undecided += 1
        chosen, kind = yield yes
        other, other_kind = yield no
        context.undecided -= 1
        operands = ((condition.span, truth), (yes.span, chosen), (no.span, other))
        node = context.build(lambda: arithmetic.where.apply(truth, chosen, other), span, operands)
        sides = (chosen, kind), (other, other_kind)
        if node.tracked:
            kind = promoted(TENSOR, sides)
        elif kind != other_kind:
            now = None if is_function or truth.shape else context.truth(truth, leaves=True)
            both = promoted(combined((kind, other_kind)), sides)
            kind = both if now is None else kind if now else other_kind
    if not is_function:
        return node, kind
    return node, promoted(combined((truth_kind((asked_kind,)), kind)), ((node, kind),))


def builtin(context: Context, entry: Entry, call: Call, receiver: Expression | None) -> Rule:
    """A call of an entry of the table, or (with a receiver) of one as a method."""
    if entry is arithmetic.where and receiver is None and len(call.arguments) == 3:
        condition, yes, no = (argument.value for argument in call.arguments)
        if not any(argument.name for argument in call.arguments):
            node, kind = yield choice(context, call.span, condition, yes, no, is_function=True)
            return own(node), kind
    received = kind = None
    if receiver is not None:
        kind = TENSOR
        if entry.meanings or entry.results:  # whose method it is depends on what is before the dot
            received = yield receiver
            _, kind = received
    meant = meant_by(context, entry, call, kind)
    bound = yield from bind(context, entry, call, receiver, meant.parameters, received=received)
    if receiver is None and [each.holds for each in entry.parameters[1:2]] == ["order"]:
        several = several_for_one(context, entry, call, bound.operands)
        if several is not None and bound.operands[0][1].static and bound.kinds[0] is not TENSOR:
            raise several  # `norm(3, 4)` has a value, and nobody means it
    if entry.name == "count_nonzero" or any(each.name == "keepdim" for each in meant.parameters):
        _check_no_dims(
            context, entry, call, meant, bound, in_torch=kind is not None or meant.library == "torch"
        )
    node = _node(context, entry, call, receiver, meant, bound)
    alone = len(call.arguments) + (receiver is not None) == 1
    if node.tracked:
        unnamed = meant.is_other or (entry.overload is None and not entry.itself)
        kind = TENSOR if unnamed else _named(entry, node, bound)
    else:
        kind = call_kind(meant.whole or entry.whole, node, bound.kinds, alone=alone, library=meant.library)
    kind = _in_width(kind, bound)
    results = entry.results
    if results is None or (not results.listed and (meant.is_other or _in_numpys_way(call, meant.library))):
        return node, kind
    if not results.asked(*bound.values):
        return node, kind
    further = results.beyond_first(bound.values)
    parts = [(node, kind)]
    for result in further:
        node = context.build(partial(result.build, *bound.values), call.span, bound.operands)
        if node.tracked:
            its = named(TENSOR, result.overload)
        else:
            its = call_kind(result.whole, node, bound.kinds, alone=alone, library=meant.library)
        parts.append((node, _in_width(its, bound)))
    names, title = (results.first, *(result.name for result in further)), results.title
    if meant.library == "numpy" and title:
        named_there = _TUPLES_OF_NUMPY.get(title)
        names, title = (names, f"{OWN}{named_there}") if named_there else ((), "")
    return Several(tuple(parts), names if title else (), title, results.alone)


def _node(
    context: Context, entry: Entry, call: Call, receiver: Expression | None, meant: Meant, bound: Bound
) -> Node:
    """The node of a call, the first of several; its errors have the places of the arguments."""

    def built() -> Node:
        try:
            return meant.build(*bound.values)
        except GradcliError as error:
            told = isinstance(error, ShapeError)
            if not error.marks:
                error.marks = tuple(
                    context.mark(span, shape_text(node.shape) if told else "")
                    for span, node in guilty(meant, bound)
                )
            raise

    try:
        return (context.made if entry.itself else context.build)(built, call.span, bound.operands)
    except ShapeError as error:
        inner = error.subject.isidentifier() and error.subject not in TABLE
        made_of = isinstance(entry, Composite) and error.subject in TABLE
        if error.subject == entry.name or inner or made_of:  # what it is made of has no name outside
            error.call_subject(typed_name(entry, call))
        several = None if receiver is not None else several_for_one(context, entry, call, bound.operands)
        raise several or error from None


_TUPLES_OF_NUMPY = {
    "linalg_eig": "EigResult",
    "linalg_eigh": "EighResult",
    "linalg_qr": "QRResult",
    "linalg_slogdet": "SlogdetResult",
    "linalg_svd": "SVDResult",
}
"""What NumPy calls tuples that PyTorch has names for; others are plain there."""


def guilty(meant: Meant, bound: Bound) -> list[tuple[Span, Node]]:
    """The operands without which a call that fails does not: left out where they may be, or plain numbers.

    None, where one is a plain number itself, which may be what is wrong.
    """
    found: list[tuple[Span, Node]] = []
    if not all(node.shape for _, node in bound.operands):
        return found
    left = list(bound.operands)
    for place, (value, parameter) in enumerate(zip(bound.values, meant.parameters, strict=False)):
        if not left or left[0][1] is not value:
            continue
        operand = left.pop(0)
        values = list(bound.values)
        values[place] = constant(0.0) if parameter.default is None else parameter.left_out
        try:
            meant.build(*values)
        except (GradcliError, IndexError, TypeError, ValueError):
            continue  # another one is to blame, too
        found.append(operand)
    return found


def _check_no_dims(
    context: Context, entry: Entry, call: Call, meant: Meant, bound: Bound, *, in_torch: bool
) -> None:
    """What an empty list of dims means: all of them in PyTorch, none in NumPy, and else it is refused."""
    for place, parameter in enumerate(meant.parameters):
        if parameter.name != "dim" or bound.values[place] != () or meant.library == "numpy":
            continue
        if in_torch and entry.name in ("all", "any"):  # which alone take none for none there
            continue
        if not in_torch:
            raise context.wrong(
                f"{typed_name(entry, call)} over no dims means all of them in PyTorch, and none in NumPy",
                call.span,
                "leave dim out for all of them",
            )
        bound.values[place] = None


def _in_numpys_way(call: Call, library: str | None) -> bool:
    """Whether a call is NumPy's, by its prefix or by `axis=`: there are no tuples of values and indices."""
    return library == "numpy" or any(argument.name == "axis" for argument in call.arguments)


def _in_width(kind: Kind, bound: Bound) -> Kind:
    """The kind of what a call gave, in the width that its operands are promoted to."""
    if not any(each.width for each in bound.kinds):
        return kind
    return promoted(kind, [(node, each) for (_, node), each in zip(bound.operands, bound.kinds, strict=True)])


def _named(entry: Entry, node: Node, bound: Bound) -> Kind:
    """The kind of a tensor that a call gave, with PyTorch's name of the operation; that may be an operand."""
    for (_, operand), kind in zip(bound.operands, bound.kinds, strict=True):
        if node is operand:
            return named(TENSOR, kind.overload)
    return named(TENSOR, entry.overload(*bound.values) if entry.overload else None)
