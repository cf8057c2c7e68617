"""What an expression shows: its value, or what has none: `x.dtype`, a grad that is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcli.engine.graph import Input, Node
from gradcli.engine.primitives import grad_fn_name
from gradcli.engine.primitives.shaping import stack_primitive
from gradcli.language.tree import Attribute, Call, Expression, Name, Subscript
from gradcli.language.vocabulary import DTYPES, WIDTHS
from gradcli.lowering import hosts
from gradcli.lowering.hosts import List, Text
from gradcli.lowering.kinds import Host, Kind, Lowered, width_of
from gradcli.lowering.names import is_module_path
from gradcli.session.context import Run
from gradcli.session.results import Described, Entries, Label, Listed, Nothing, Parts, Shown, Words
from gradcli.session.state import Session
from gradcli.session.values import Group, Held, Value
from gradcli.text.errors import Notice


def described(run: Run, expression: Expression) -> Described:
    """What an expression shows."""
    found = without_value(run, expression)
    return describe(run, expression, run.whole(expression)) if found is None else found


def describe(run: Run, expression: Expression, held: Held) -> Described:
    """What an expression that holds this shows."""
    if isinstance(held, Host):
        return _describe_host(run, expression, held, ())
    if isinstance(held, Group):
        return Parts(tuple([describe(run, expression, part) for part in held.parts]), held.names, held.title)
    return shown(run, held, expression)


def _describe_host(run: Run, expression: Expression, host: Host, inside: tuple[Host, ...]) -> Described:
    """What is shown of what is no numbers; of a list in itself (one of those that are `inside`) no more."""
    if isinstance(host, Text):
        return Words(host.parts)
    if isinstance(host, hosts.Nothing):
        return Nothing()
    from gradcli.lowering.dictionaries import Dictionary, View
    from gradcli.lowering.pythonic import Deque, Range, Set

    if not isinstance(host, List | Dictionary | View) or isinstance(host, Range):
        found: Described | None = host.shown(run)
        return Label(host.text(), host.text()) if found is None else found
    if any(host is each for each in inside):
        return Label("{...}", "{...}") if isinstance(host, Dictionary) else Label("[...]", "[...]")
    lowering = run.lowering()

    def shown_in(each: Lowered) -> Described:
        if isinstance(each, Host):
            return _describe_host(run, expression, each, (*inside, host))
        return describe(run, expression, run.held(lowering, expression.span, each))

    if isinstance(host, Dictionary):
        pairs = zip(host.keys(lowering), host.values(lowering), strict=True)
        entries = [(shown_in(key), shown_in(value)) for key, value in pairs]
        return Entries(tuple(entries), host.name, None if host.missing is None else host.missing.text())
    items = tuple([shown_in(each) for each in host.items(lowering) or ()])
    if isinstance(host, Deque):
        return Listed(items, host.python_type, host.further)
    return Listed(items, host.python_type if isinstance(host, View | Set) else "")


def shown(run: Run, value: Value, expression: Expression | None = None) -> Shown:
    """A value, which an expression perhaps gave, as something to show."""
    recorded = run.session.recording or isinstance(expression, Name)
    found = _shown(run.session, value.node, value.data, value.kind, recorded)
    if run.session.spreads and found.uncertainty is None and expression is not None:
        _tell_left_out(run, value, expression)
    if found.uncertainty is not None and expression is not None and run.explains and not run.depth:
        from gradcli.session.uncertainty.measured import curvature_notice

        if value.origins is not None:  # the derivative at a kink is a convention, and the uncertainty with it
            for kink in run.explainer(value.node, value.origins).kinks():
                run.note(kink)
        notice = curvature_notice(run.session, value.node, value.data, found.uncertainty)
        if notice is not None:
            run.note(notice._replace(marks=(run.mark(expression.span),)))
    return found


def _tell_left_out(run: Run, value: Value, expression: Expression) -> None:
    """Says that a value has an uncertainty, and too many numbers to work it out."""
    from gradcli.session.uncertainty.measured import uncertain_leaves

    if not value.node.boolean and uncertain_leaves(run.session, value.node):
        message = "so many numbers are shown without their uncertainties"
        run.note(Notice("note", message, (run.mark(expression.span),), "sum(…) or a part of it has one"))


def _shown(session: Session, node: Node | None, data: Any, kind: Kind, recorded: bool) -> Shown:
    """Data of some kind, and the node that gives it, if that is there."""
    data, kind = _in_width(session, data, kind)
    items: list[Shown] = []
    if kind.mixed:
        nodes = node.inputs if node is not None and node.primitive is stack_primitive else [None] * len(data)
        for place, (below, part) in enumerate(zip(nodes, data, strict=True)):
            items.append(_shown(session, below, part, kind.item(place), recorded))
    uncertainty = _uncertainty(session, node)
    printing = session.printing if kind.form == "array" else None
    if isinstance(node, Input) and node.role == "stale":
        node = session.behind(node)
    if isinstance(node, Input):
        requires_grad = node.role == "leaf" and node not in session.frozen
        return Shown(data, requires_grad, None, kind, tuple(items), uncertainty, printing)
    tracked = node is not None and node.tracked and recorded
    grad_fn = kind.overload or grad_fn_name(node) if node is not None and tracked else None
    return Shown(data, False, grad_fn, kind, tuple(items), uncertainty, printing)


def _in_width(session: Session, data: Any, kind: Kind) -> tuple[Any, Kind]:
    """Data as it leaves a page whose tensors are float32, and its kind there."""
    if not session.single or kind.whole or kind.form not in ("tensor", "array"):
        return data, kind._replace(width="") if kind.width else kind
    if width_of(kind) == "double" or np.asarray(data).dtype == bool:
        return data, kind
    with np.errstate(over="ignore"):
        return np.asarray(data).astype(np.float32)[()], kind


def _uncertainty(session: Session, node: Node | None) -> Any:
    """The standard uncertainty of a node's value, where it has one."""
    if node is None or not session.spreads:
        return None
    from gradcli.session.uncertainty.measured import uncertainty_of

    return uncertainty_of(session, node)


def without_value(run: Run, expression: Expression) -> Nothing | Label | None:
    """What an expression shows that is no value of the language: a grad that is none, `x.dtype`."""
    if isinstance(expression, Name) and expression.name == "None":
        return Nothing()
    if isinstance(expression, Name):
        return setting(run, expression.name)
    if isinstance(expression, Call):
        return _type(run, expression)
    if not isinstance(expression, Attribute):
        return None
    if is_absent_grad(run, expression):
        return Nothing()
    shows = ATTRIBUTES.get(expression.name)
    if shows is None or is_module_path(expression.value, run):
        return None
    return shows(shown(run, run.value(expression.value), expression.value))


def _dtype(found: Shown) -> Label:
    prefix = "" if found.kind.form == "array" else "torch."
    dtype = np.asarray(found.data).dtype
    if dtype.kind == "b":
        return Label("bool", f"{prefix}bool")
    return Label("float64", f"{prefix}int64" if found.kind.whole else f"{prefix}{dtype}")


def _type(run: Run, call: Call) -> Label | None:
    """What `x.type()` shows: PyTorch's class of tensors."""
    function = call.function
    if not isinstance(function, Attribute) or function.name != "type" or call.arguments:
        return None
    if is_module_path(function.value, run):
        return None
    value = run.value(function.value)
    found = shown(run, value)
    of_reals = "Float" if found.data.dtype == np.float32 else "Double"
    name = "Bool" if found.data.dtype == bool else "Long" if value.kind.whole else of_reals
    return Label(f"{name}Tensor", f"torch.{name}Tensor")


def _device(found: Shown) -> Label:
    return Label("cpu", "cpu")


def _grad_fn(found: Shown) -> Label | Nothing:
    return Nothing() if found.grad_fn is None else Label(found.grad_fn, f"<{found.grad_fn}>")


ATTRIBUTES: dict[str, Callable[[Shown], Label | Nothing]] = {
    "dtype": _dtype,
    "device": _device,
    "grad_fn": _grad_fn,
}
"""What attributes show that are no values."""


def setting(run: Run, name: str) -> Label | None:
    """What a name for a dtype or a device shows."""
    imported = None if run.bound(name) else run.imported(name)
    if imported is None or imported.member is None:
        return None
    if imported.member == "device":
        return Label("cpu", "cpu")
    return dtype_label(run.session, imported.member)


def dtype_label(session: Session, name: str, library: str = "torch") -> Label | None:
    """What a dtype of PyTorch or NumPy shows, by its name; `None` for what is none."""
    dtype = {"float": "float64", "integer": "int64", "truth": "bool"}.get(DTYPES.get(name, ""))
    if session.single and WIDTHS.get(name) == "single":
        dtype = "float32"
    return None if dtype is None else Label(dtype, f"torch.{dtype}" if library == "torch" else dtype)


def is_absent_grad(run: Run, expression: Expression) -> bool:
    """Whether an expression is `x.grad` where that is none."""
    if not isinstance(expression, Attribute) or expression.name != "grad":
        return False
    name = expression.value
    if isinstance(name, Attribute | Subscript):
        held = None if is_module_path(name, run) else run.whole(name)
        node = held.node if isinstance(held, Value) else None
        return isinstance(node, Input) and node.role == "leaf" and run.session.grad(node) is None
    if not isinstance(name, Name) or is_module_path(name, run):
        return False
    value = run.session.values.get(name.name)
    if value is not None and value.node in run.session.retained:
        return run.session.retained[value.node] is None
    if value is None or not isinstance(value.node, Input) or value.node.role != "leaf":
        return value is not None and _no_grad_of(run, name, value.node)
    return run.session.grad(value.node) is None


def _no_grad_of(run: Run, name: Name, node: Node) -> bool:
    """A grad that can never be there shows as none, with a note, as in PyTorch."""
    told = f"{name.name} is not a leaf, so backward leaves it no grad"
    hint = f"for the derivative of z in it write grad(z, {name.name})"
    if not node.tracked:
        told = f"{name.name} requires no grad, so backward leaves it none"
        hint = f"{name.name}.requires_grad_() makes it a leaf that does"
    run.note(Notice("note", told, (run.mark(name.span),), hint))
    return True
