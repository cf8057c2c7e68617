"""What stands after a dot: attributes and methods of a value, in PyTorch's spelling."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NoReturn

import numpy as np

from gradcli.engine.graph import Input, as_node, constant
from gradcli.engine.primitives import TABLE, shaping
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.shapes import shape_text
from gradcli.language.tree import Attribute, Call, Expression, Name
from gradcli.language.vocabulary import (
    CONSTANTS,
    DISTRIBUTIONS,
    DRAWS,
    DTYPES,
    FILLS,
    MODULES,
    OF_DISTRIBUTIONS,
    STATEMENT_CALLS,
)
from gradcli.language.vocabulary import named as named_words
from gradcli.lowering.arguments import builtin
from gradcli.lowering.callables import Builtin, class_of
from gradcli.lowering.context import Context, Whole, done
from gradcli.lowering.conversions import converted, copied, leaving, requested
from gradcli.lowering.deeds import changes
from gradcli.lowering.hosts import NONE, List, Method, Nothing, Text, as_rule, called
from gradcli.lowering.kinds import (
    COUNT,
    REAL,
    SIZE,
    TENSOR,
    Host,
    Lowered,
    Several,
    Typed,
    changed_kind,
    list_kind,
    named,
    tracked_kind,
)
from gradcli.lowering.names import OF_NATURE, called_name, dtype_of, is_module_path, module_of
from gradcli.text.errors import EvaluationError, GradcliError, InputError, Notice
from gradcli.text.source import Span
from gradcli.text.suggest import did_you_mean
from gradcli.trampoline import Rule


def attribute(context: Context, expression: Attribute) -> Rule:
    name, value = expression.name, expression.value
    module = module_of(value, context)
    if module is not None:
        found_in = _in_module(context, expression, module)
        if found_in is None:
            near = did_you_mean(name, CONSTANTS)
            hint = f"did you mean {near}?" if near else None
            raise context.wrong(f"unknown name {name}", expression.name_span, hint)
        return found_in
    is_global = isinstance(value, Name) and not context.is_local(value.name)
    if name == "grad" and isinstance(value, Name) and is_global and context.host(value.name) is None:
        return _grad(context, expression)
    found: Lowered = yield Whole(value)
    if isinstance(found, Host):
        given = found.attribute(context, name)
        if given is not None:
            return given
    if name == "__class__" and context.actor is not None:
        from gradcli.lowering.pythonic import Type, type_of

        own = found.of_class if isinstance(found, Host) else None
        return own or Type(type_of(found))
    if isinstance(found, Host) and not (isinstance(found, List) and name in ATTRIBUTES):
        raise no_attribute_of(context, found, name, expression.name_span)
    if name == "at" and not isinstance(found, Several | Host) and context.actor is not None:
        from gradcli.lowering.updated import At  # which only JAX's arrays have

        return At(context.keep(found, value.span))
    if isinstance(found, Several) and name in found.names:
        return found.parts[found.names.index(name)]
    if name in DESCRIBED and context.actor is not None and not isinstance(found, Several | Host):
        return context.actor.described(context, expression, found)
    gives = ATTRIBUTES.get(name)
    if gives is None and not isinstance(found, Several | Host) and found[1].holder == "array":
        gives = OF_ARRAYS.get(name)
    if gives is None and _is_method(name) and not isinstance(found, Several) and context.scope.keeps_lists:
        return _method(context, expression, found)
    if gives is None or (isinstance(found, Several) and name in PARTS):
        raise _no_attribute(context, expression, found)
    return gives(context, expression, context.one(found, value.span))


def _is_method(name: str) -> bool:
    return name in TABLE or name in METHODS


def _method(context: Context, expression: Attribute, found: Lowered) -> Method:
    """A method of a value that is not called here: `f = x.sum`, or `getattr(x, "sum")`."""
    span = expression.value.span
    kept = context.keep(found, span)

    def call(context: Context, call: Call) -> Rule:
        function = expression._replace(value=done(span, context.now(kept)))
        return (yield Whole(call._replace(function=function)))

    return Method(expression.name, call)


def _in_module(context: Context, expression: Attribute, module: str) -> Lowered | None:
    """What stands behind the dot of a module, as a value; `None` for what is none here."""
    name = expression.name
    if module in OF_NATURE:
        from gradcli.lowering.quantities import quantity_of

        return quantity_of(context, module, name, expression.name_span)
    if name in CONSTANTS:
        return constant(CONSTANTS[name]), REAL
    if name in TABLE:
        return Builtin(expression)
    if name in DTYPES and context.actor is not None and module in VERSIONS:
        return context.actor.dtype(name, module)
    from gradcli.lowering.pythonic import TYPES, Type

    if name in TYPES:
        return Type(TYPES[name])
    made = class_of(context, f"{module}.{name}")
    if made is not None:
        return made
    part = None if context.actor is None else context.actor.part(module, name)
    if part is not None:
        return part
    if name == "__version__" and module in VERSIONS:
        return Text((VERSIONS[module],))
    if (module, name) == ("sys", "argv"):
        return List([Text((context.here.name,))])
    if module == "string" and name in _LETTERS:
        import string  # its own imports are long

        return Text((getattr(string, name),))
    from gradcli.lowering.references import function_of_library  # which few programs hand on

    return function_of_library(context, expression, f"{module}.{name}")


def no_attribute_of(context: Context, host: Host, name: str, span: Span) -> InputError:
    """The error for what a host value has not."""
    near = did_you_mean(name, host.names())
    there = ", ".join(sorted(host.names()))
    hint = f"did you mean .{near}?" if near else f"it has {there}" if there else None
    keys = host.items(context) or () if host.keyed else ()
    if any(isinstance(key, Text) and key.plain == name for key in keys):
        hint = f'an entry stands in brackets: ["{name}"]'
    return context.wrong(f"{host.title} has no {name}", span, hint)


def _no_attribute(context: Context, expression: Attribute, found: Lowered) -> InputError:
    name = expression.name
    if isinstance(found, Several):
        parts = " and ".join(f".{each}" for each in found.names) or "[0] and so on"
        return context.wrong(f"a tuple has no part {name}", expression.name_span, f"its parts are {parts}")
    if name in PARTS:
        message = f"one value has no {name}, which max and min along a dim have"
        return context.wrong(message, expression.name_span, "as in max(x, dim=0).indices")
    from gradcli.lowering.unknown import function_elsewhere

    near = did_you_mean(name, ATTRIBUTES)
    hint = (
        f"did you mean .{near}?" if near else function_elsewhere(name, [context.text(expression.value.span)])
    )
    if _is_method(name) or name in STATEMENT_CALLS:
        hint = f"call it: .{name}()"
    return context.wrong(f"a value has no attribute {name}", expression.name_span, hint)


def _transposed(context: Context, expression: Attribute, typed: Typed) -> Typed:
    node, kind = typed
    turn = TABLE["transpose"]
    arguments = (node, *((None, None) if expression.name == "T" else (-2, -1)))
    operands = ((expression.value.span, node),)
    turned = context.build(lambda: turn.build(*arguments), expression.span, operands)
    overload = turn.overload(*arguments) if turn.overload else None
    return turned, named(changed_kind(kind, kind.whole), overload)


def _part(context: Context, expression: Attribute, typed: Typed) -> NoReturn:
    """What has one value has no parts with names."""
    raise _no_attribute(context, expression, typed)


def _grad(context: Context, expression: Attribute, typed: Typed | None = None) -> Typed | Host:
    """What a leaf has accumulated."""
    if typed is not None:
        return _grad_of(context, expression, typed)
    assert isinstance(expression.value, Name)
    try:
        found = context.scope.grad(expression.value.name)
        of = context.scope.variable(expression.value.name)
        return found, tracked_kind(of[1]) if isinstance(of, tuple) and not isinstance(of, Several) else TENSOR
    except GradcliError as error:
        known = context.bound(expression.value.name)
        error.marks = (context.mark(expression.span if known else expression.value.span),)
        if isinstance(error, EvaluationError) and context.actor is not None:
            return Nothing(error)  # a value that has none yet
        raise


def _grad_of(context: Context, expression: Attribute, typed: Typed) -> Typed | Host:
    """What a leaf without a name has accumulated, as `model.weight`, or a value that retains it."""
    node, kind = typed
    retains = False
    if context.actor is not None:
        session = context.actor.session
        node = session.thawed(node)
        node = session.behind(node) if isinstance(node, Input) else node
        retains = node in session.retained
    if not retains and (not isinstance(node, Input) or node.role != "leaf"):
        error = context.wrong("only a leaf has a grad", expression.value.span)
        if context.actor is not None and node.tracked:
            text = context.text(expression.value.span)
            told = f"{text} is not a leaf, so backward leaves it no grad"
            hint = "a value with a name keeps one after .retain_grad()"
            mark = context.mark(expression.value.span)
            context.acting(expression.span).run.note(Notice("note", told, (mark,), hint))
            return Nothing(error)
        raise error
    try:
        return context.scope.grad_of(node, context.text(expression.value.span)), tracked_kind(kind)
    except GradcliError as error:
        error.marks = error.marks or (context.mark(expression.span),)
        if isinstance(error, EvaluationError) and context.actor is not None:
            return Nothing(error)  # a value that has none yet
        raise


def _data(context: Context, expression: Attribute, typed: Typed) -> Typed:
    node, kind = typed
    operands = ((expression.value.span, node),)
    return context.apply(TABLE["detach"], expression.span, operands), changed_kind(kind, kind.whole)


def _shape(context: Context, expression: Attribute, typed: Typed) -> Lowered:
    """Of an array of NumPy's in a program it is a tuple of Python's."""
    node, kind = typed
    if kind.form == "array" and context.scope.keeps_lists:
        return Several(tuple([(as_node(size), COUNT) for size in node.shape]))
    return constant([float(size) for size in node.shape]), SIZE


def _ndim(context: Context, expression: Attribute, typed: Typed) -> Typed:
    node, _ = typed
    return as_node(len(node.shape)), COUNT


def _count(context: Context, expression: Attribute, typed: Typed) -> Typed:
    """`a.size` of an array of NumPy's: how many elements it has."""
    node, _ = typed
    return as_node(math.prod(node.shape)), COUNT


def _tracked(context: Context, expression: Attribute, typed: Typed) -> Typed:
    """Whether a value requires grad, or is a leaf."""
    node, _ = typed
    recording = context.recording and context.scope.recording
    kept = recording or isinstance(expression.value, Name) or isinstance(node, Input)
    tracked = node.tracked and kept
    is_leaf = not (tracked and node.inputs)
    return constant(tracked if expression.name == "requires_grad" else is_leaf), COUNT


def _names(found: Lowered) -> Sequence[str]:
    """What stands behind a dot of a value."""
    if isinstance(found, Host):
        return sorted(found.names())
    if isinstance(found, Several):
        return sorted(found.names)
    methods = (each for each in (*TABLE, *METHODS) if each.isidentifier())
    return sorted({*methods, *ATTRIBUTES, *DESCRIBED, *STATEMENT_CALLS}.difference(PARTS))


def _has(context: Context, found: Lowered, name: str) -> bool:
    """Whether something stands behind a dot of a value under a name."""
    return found.attribute(context, name) is not None if isinstance(found, Host) else name in _names(found)


def _has_in(context: Context, path: Attribute, module: str) -> bool:
    """Whether something stands behind the dot of a module: a module, a value, or what is called."""
    from gradcli.lowering.draws import draw_of  # which few programs do

    if module in OF_NATURE:
        from gradcli.engine.primitives.quantities import quantity

        return quantity(path.name) is not None
    if module_of(path, context) is not None or dtype_of(path, context) is not None:
        return True
    actor = context.actor
    made = actor is not None and actor.maker(f"{module}.{path.name}") is not None
    if made or draw_of(path, context) is not None or _in_module(context, path, module) is not None:
        return True
    return "." not in module and any(word.stands in _CALLED for word in named_words(path.name))


_CALLED = ("call", "factory", "context")
"""Where the words of the language stand that a library has as functions."""


def by_name(context: Context, call: Call) -> Rule:
    """A rule: `hasattr(x, "grad")` and `getattr(x, "grad", None)`, of a value or of a module."""
    name = called_name(call.function, context)
    most = 2 if name == "hasattr" else 3
    if not 2 <= len(call.arguments) <= most or any(each.name for each in call.arguments):
        raise context.wrong(f"{name} takes a value and a name", call.span, f'{name}(x, "grad")')
    of, second = call.arguments[0].value, call.arguments[1].span
    module = module_of(of, context)
    found: Lowered = NONE
    if module is None:
        found = yield Whole(of)
        of = done(of.span, found)
    asked = yield Whole(call.arguments[1].value)
    if not isinstance(asked, Text) or asked.plain is None:
        raise context.wrong("the name of an attribute is text", second, f'{name}(x, "grad")')
    path = Attribute(call.span, of, asked.plain, second)
    there = _has(context, found, asked.plain) if module is None else _has_in(context, path, module)
    if name == "hasattr":
        return constant(there), COUNT
    if not there and len(call.arguments) == most:
        return (yield Whole(call.arguments[2].value))
    return (yield Whole(path))


def names_behind(context: Context, call: Call) -> Rule:
    """A rule: `dir(x)`: the names that are known here of what stands behind a dot."""
    if len(call.arguments) != 1 or call.arguments[0].name is not None:
        raise context.wrong("dir takes one value", call.span, "as in dir(x)")
    value = call.arguments[0].value
    module = module_of(value, context)
    if module is not None and context.actor is not None:
        names = context.actor.made_in(module)
    else:
        names = _names((yield Whole(value)))
    return List([Text((name,)) for name in names])


_LETTERS = ("ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "punctuation", "whitespace")
"""What Python's module `string` holds."""

VERSIONS = {"torch": "2.13.0", "numpy": np.__version__, "jax": "0.10.2"}
"""The versions of libraries whose habits are kept here: of PyTorch, what is printed and drawn as there."""

DESCRIBED = ("device", "dtype", "grad_fn")
"""The attributes that say something that is no value of the language."""

PARTS = ("values", "indices")
"""The names of the parts that most tuples have whose parts have names."""

ATTRIBUTES: dict[str, Callable[[Context, Attribute, Typed], Lowered]] = {
    "T": _transposed,
    "mT": _transposed,
    "H": _transposed,
    "mH": _transposed,
    "data": _data,
    "shape": _shape,
    "ndim": _ndim,
    "grad": _grad,
    "requires_grad": _tracked,
    "is_leaf": _tracked,
    **dict.fromkeys(PARTS, _part),
}
"""What follows a value and a dot without brackets."""

OF_ARRAYS = {"size": _count}
"""What only arrays of NumPy's have; in PyTorch, these are methods."""


def _check_root(context: Context, function: Attribute) -> None:
    """Refuses a method of something that has no value; raises `InputError`."""
    root: Expression = function
    while isinstance(root, Attribute):
        root = root.value
    if not isinstance(root, Name) or context.bound(root.name):
        return
    from gradcli.language.mistakes import hints
    from gradcli.lowering.unknown import function_elsewhere, library_of_others

    part = function.value
    if isinstance(part, Attribute) and part.name not in CONSTANTS and is_module_path(part.value, context):
        hint = "a step of gradient descent is w -= 0.1*w.grad" if part.name == "optim" else None
        dotted = function_elsewhere(f"{part.name}.{function.name}", (), absent=False)
        hint = hint or dotted or function_elsewhere(function.name, (), absent=False)
        hint = hint or (f"leave it out: {function.name}" if function.name in TABLE else None)
        raise context.wrong(f"there is no {context.text(part.span)} here", part.span, hint)
    if root.name in CONSTANTS or root.name in MODULES or context.calls_user(root):
        return
    elsewhere = library_of_others(context, root.name, root.span)
    if elsewhere is not None:
        raise elsewhere
    meant = did_you_mean(function.name, OF_DISTRIBUTIONS) if root.name in DISTRIBUTIONS else None
    if root is part and meant:
        raise context.wrong(
            f"{root.name} has no function {function.name}", function.name_span, f"did you mean {meant}?"
        )
    near = did_you_mean(root.name, context.scope.names())
    hint = hints.METHODS.get(function.name) or function_elsewhere(function.name, (), absent=False)
    hint = f"did you mean {near}?" if near else hint
    unbound = "there are no objects but values; functions are called as in torch.sin(x)"
    raise context.wrong(f"unknown name {root.name}", root.span, hint or unbound)


def _no_method(context: Context, function: Attribute, call: Call) -> InputError:
    """The error for a method that a value has not."""
    from gradcli.language.mistakes import hints
    from gradcli.lowering.unknown import function_elsewhere

    name = function.name
    if name in hints.METHODS:
        return context.wrong(f"a value has no method {name}", function.name_span, hints.METHODS[name])
    if name in STATEMENT_CALLS:
        return context.wrong(
            f"{name} is a statement, not a value", call.span, "write it on a line of its own"
        )
    texts = [context.text(each.span) for each in (function.value, *call.arguments)]
    hint = function_elsewhere(name, texts)
    near = None if hint else did_you_mean(name, [*TABLE, *STATEMENT_CALLS])
    hint = f"did you mean .{near}()?" if near else hint
    return context.wrong(f"unknown method {name}", function.name_span, hint)


def method(context: Context, function: Attribute, call: Call) -> Rule:
    name, receiver = function.name, function.value
    root, below = receiver, ""
    while isinstance(root, Attribute):
        below = f".{root.name}{below}"
        root = root.value
    imported = context.imported(root.name) if isinstance(root, Name) else None
    if imported is not None and context.actor is not None:  # `sys.path.append(…)`, `jax.config.update(…)`
        module = imported.module if imported.member is None else f"{imported.module}.{imported.member}"
        does = context.actor.maker(f"{module}{below}.{name}")
        if does is not None:
            return (yield as_rule(does(context, call)))
    _check_root(context, function)
    host = context.host(receiver.name) if isinstance(receiver, Name) else None
    if name in DRAWS and not isinstance(receiver, Name):  # a generator has methods of the same names
        before: Lowered = yield Whole(receiver)
        host = before if isinstance(before, Host) else None
        function = function._replace(value=done(receiver.span, before))
    if host is None and (name in DRAWS or (name in FILLS and isinstance(receiver, Call))):
        from gradcli.lowering.draws import method_that_draws  # which few programs have

        draws = method_that_draws(context, call, function)
        if draws is not None:
            return (yield draws)
    if host is None and changes(name) and context.actor is not None:
        does = context.actor.maker(f"torch.Tensor.{name}")
        if does is not None:
            return (yield as_rule(does(context, call)))
    if host is None and not isinstance(receiver, Name) and name not in STATEMENT_CALLS:
        given: Lowered = yield Whole(function.value)
        function = function._replace(value=done(receiver.span, given))
        host = given if isinstance(given, Host) else None
    if host is not None:
        if isinstance(host, Text):
            from gradcli.lowering.texts import METHODS as WITH_VALUES

            if name in WITH_VALUES:
                return (yield WITH_VALUES[name](context, host, function.value, call))
        member = host.attribute(context, name)
        if isinstance(member, Host):
            return (yield called(member, context, call))
        if not isinstance(host, List) or (name not in METHODS and name not in TABLE):
            raise no_attribute_of(context, host, name, function.name_span)
    acts = None if context.actor is None else context.actor.maker(f"torch.Tensor.{name}")
    if acts is not None:
        return (yield as_rule(acts(context, call._replace(function=function))))
    if name == "requires_grad_" and not isinstance(receiver, Name):
        node, kind = yield receiver
        return context.scope.new_leaf(as_number(context.where_taken(node))), tracked_kind(kind)
    if name in ("_asdict", "_replace"):
        from gradcli.lowering.named_tuples import method  # which few programs have

        return (yield method(context, function, call))
    found, entry = METHODS.get(name), TABLE.get(name)
    if name in STATEMENT_CALLS or (found is None and entry is None):
        raise _no_method(context, function, call)
    if found is not None:
        return (yield found(context, function, call))
    assert entry is not None
    made = yield builtin(context, entry, call, function.value)
    if name == "flatten" and isinstance(made, tuple) and made[1].form == "array":
        return copied(context, made[0]), made[1]  # where PyTorch's looks at the same elements
    return made


def _same(context: Context, function: Attribute, call: Call) -> Rule:
    """The value itself, as the sort of number that is named; all floats here are doubles."""
    dtype = requested(context, function.name, call.arguments)
    return converted(context, (yield function.value), dtype, function.value.span)


def _copy(context: Context, function: Attribute, call: Call) -> Rule:
    """A rule: `a.copy()` of an array of NumPy's, which PyTorch calls `clone`."""
    found = yield function.value
    if found[1].holder == "tensor":
        text = context.text(function.value.span)
        raise context.wrong("a tensor has no method copy", function.name_span, f"write {text}.clone()")
    made: Typed = yield builtin(context, TABLE["clone"], call, done(function.value.span, found))
    return made


def _dim(context: Context, function: Attribute, call: Call) -> Rule:
    node, _ = yield function.value
    return as_node(len(node.shape)), COUNT


def _size(context: Context, function: Attribute, call: Call) -> Rule:
    node, _ = yield function.value
    if not call.arguments:
        return constant([float(size) for size in node.shape]), SIZE
    place, _ = yield call.arguments[0].value
    at = context.settled_integer(place, call.arguments[0].span)
    return as_node(node.shape[shaping.axis_of(node, at)]), COUNT


def _item(context: Context, function: Attribute, call: Call) -> Rule:
    node, kind = yield function.value
    if math.prod(node.shape) != 1:
        raise EvaluationError(
            f"item() needs a single number, and this has shape {list(node.shape)}",
            (context.mark(function.value.span, shape_text(node.shape)),),
        )
    return leaving(context, (shaping.reshape(node, ()), kind), "number", call.span)


def _numpy(context: Context, function: Attribute, call: Call) -> Rule:
    return leaving(context, (yield function.value), "array", call.span)


def _tolist(context: Context, function: Attribute, call: Call) -> Rule:
    node, plain = leaving(context, (yield function.value), "number", call.span)
    return node, list_kind((plain,)) if node.shape else plain


METHODS: dict[str, Callable[[Context, Attribute, Call], Rule]] = {
    "copy": _copy,
    **dict.fromkeys(("contiguous", "cpu", "block_until_ready", "to", "type", "astype", *DTYPES), _same),
    "dim": _dim,
    "ndimension": _dim,
    "size": _size,
    "item": _item,
    "numpy": _numpy,
    "tolist": _tolist,
}
"""Methods that are no functions of the table."""
