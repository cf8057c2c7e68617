"""Data classes: `@dataclass` above a class whose names with types are what its objects are made of."""

from __future__ import annotations

from gradcli.language.parser import parse
from gradcli.language.tree import Call, ClassDefinition, Define, Expression, Parameter
from gradcli.lowering.decorators import unknown_decorator
from gradcli.lowering.names import called_name
from gradcli.session.context import Run
from gradcli.session.objects.instances import OwnClass
from gradcli.text.errors import InputError
from gradcli.text.source import Source

_OPTIONS = ("init", "repr", "eq", "order", "unsafe_hash", "frozen", "match_args", "kw_only", "slots")
"""What `@dataclass` can be told. Of how objects are hashed, laid out and matched, nothing is seen here."""


def with_data(run: Run, statement: ClassDefinition, parent: OwnClass | None) -> ClassDefinition:
    """A class with the methods that `@dataclass` gives it: what makes, shows and compares its objects.

    Raises `InputError` for other decorators and other options.
    """
    for each in statement.decorators:
        if called_name(each.function if isinstance(each, Call) else each, run) != "dataclass":
            raise unknown_decorator(run.lowering(), each)
    if not statement.decorators:
        return statement
    options = _options(run, statement)
    inherited = {field.name: field for field in (() if parent is None else parent.fields)}
    fields = [*(inherited | {field.name: _with_value(run, field) for field in statement.fields}).values()]
    names = [method.name for method in statement.methods]
    names += [] if parent is None else [name for each in parent.line() for name in each.methods]
    made = _methods(statement.name, fields, "__post_init__" in names)
    left_out = [f"__{name}__" for name in ("init", "repr", "eq") if not options.get(name, True)]
    left_out += [] if options.get("order") else [f"__{name}__" for name in _ORDERS]
    left_out += [method.name for method in statement.methods]
    factories = {field.name for field in statement.fields if isinstance(field.default, Call)}
    return statement._replace(
        methods=(*[each for each in made if each.name not in left_out], *statement.methods),
        values=tuple(
            [each for each in statement.values if getattr(each.target, "name", "") not in factories]
        ),
        fields=tuple(fields),
    )


_ORDERS = {"lt": ("<", "False"), "le": ("<", "True"), "gt": (">", "False"), "ge": (">", "True")}
"""How fields decide each order, in turn, and whether it holds of equal ones."""


def is_frozen(statement: ClassDefinition) -> bool:
    """Whether `@dataclass(frozen=True)` stands above a class."""
    return any(
        argument.name == "frozen" and getattr(argument.value, "name", "") == "True"
        for each in statement.decorators
        if isinstance(each, Call)
        for argument in each.arguments
    )


def _options(run: Run, statement: ClassDefinition) -> dict[str, bool]:
    """What `@dataclass(…)` is told."""
    options: dict[str, bool] = {}
    calls = [each for each in statement.decorators if isinstance(each, Call)]
    for argument in (argument for call in calls for argument in call.arguments):
        truth = getattr(argument.value, "name", "")
        if argument.name not in _OPTIONS or truth not in ("True", "False"):
            told = "this option of dataclass is not known here"
            hint = f"True or False are given to {', '.join(_OPTIONS)}"
            raise InputError(told, (run.mark(argument.span),), hint)
        options[argument.name] = truth == "True"
    return options


def _with_value(run: Run, field: Parameter) -> Parameter:
    """A field with what is written in its `field(…)`: a value, or the call of what makes one."""
    default = field.default
    if not isinstance(default, Call) or called_name(default.function, run) != "field":
        return field
    found = field._replace(default=None)
    for argument in default.arguments:
        if argument.name == "default":
            found = field._replace(default=argument.value)
        elif argument.name == "default_factory":
            found = field._replace(default=_called(argument.value))
        else:
            told = f"field has no parameter {argument.name} here"
            raise InputError(told, (run.mark(argument.span),), "it takes default= or default_factory=")
    return found


def _called(factory: Expression) -> Call:
    return Call(factory.span, factory, ())


def _methods(name: str, fields: list[Parameter], completes: bool) -> list[Define]:
    """What makes an object of the fields of a class, what shows one, and what compares two."""
    lines = [f"    self.{field.name} = {field.name}\n" for field in fields]
    lines += ["    self.__post_init__()\n"] if completes else []
    shown = ", ".join(f"{field.name}={{self.{field.name}!r}}" for field in fields)
    names = ", ".join(["self", *(field.name for field in fields)])
    same = "".join(f" and self.{field.name} == other.{field.name}" for field in fields)
    text = f"def __init__({names}):\n{''.join(lines) or '    pass'}\n"
    text += f'def __repr__(self):\n    return f"{name}({shown})"\n'
    text += f"def __eq__(self, other):\n    return type(self) == type(other){same}\n"
    for order, (sign, holds) in _ORDERS.items():
        for field in reversed(fields):
            one, two = f"self.{field.name}", f"other.{field.name}"
            holds = f"({one} {sign} {two} or ({one} == {two} and {holds}))"
        text += f"def __{order}__(self, other):\n    return {holds}\n"
    makes, *others = [each for each in parse(Source(text)).statements if isinstance(each, Define)]
    return [makes._replace(parameters=(makes.parameters[0], *fields)), *others]
