"""Data classes: `@dataclass` above a class whose names with types are what its objects are made of."""

from __future__ import annotations

from gradcli.language.parser import parse
from gradcli.language.tree import Call, ClassDefinition, Define, Expression, Parameter
from gradcli.lowering.functions import unknown_decorator
from gradcli.lowering.names import called_name
from gradcli.session.context import Run
from gradcli.session.objects.instances import OwnClass
from gradcli.text.source import Source


def with_data(run: Run, statement: ClassDefinition, parent: OwnClass | None) -> ClassDefinition:
    """A class with the methods that `@dataclass` gives it: what makes and shows its objects.

    Raises `InputError` for other decorators.
    """
    for each in statement.decorators:
        if called_name(each.function if isinstance(each, Call) else each, run) != "dataclass":
            raise unknown_decorator(run.lowering(), each)
    if not statement.decorators:
        return statement
    inherited = {field.name: field for field in (() if parent is None else parent.fields)}
    fields = [*(inherited | {field.name: _with_value(run, field) for field in statement.fields}).values()]
    names = [method.name for method in statement.methods]
    names += [] if parent is None else [name for each in parent.line() for name in each.methods]
    made = _methods(statement.name, fields, "__post_init__" in names)
    given = [method.name for method in statement.methods]
    factories = {field.name for field in statement.fields if isinstance(field.default, Call)}
    return statement._replace(
        methods=(*[each for each in made if each.name not in given], *statement.methods),
        values=tuple(
            [each for each in statement.values if getattr(each.target, "name", "") not in factories]
        ),
        fields=tuple(fields),
    )


def _with_value(run: Run, field: Parameter) -> Parameter:
    """A field with what is written in its `field(…)`: a value, or the call of what makes one."""
    default = field.default
    if not isinstance(default, Call) or called_name(default.function, run) != "field":
        return field
    for argument in default.arguments:
        if argument.name == "default":
            return field._replace(default=argument.value)
        if argument.name == "default_factory":
            return field._replace(default=_called(argument.value))
    return field._replace(default=None)


def _called(factory: Expression) -> Call:
    return Call(factory.span, factory, ())


def _methods(name: str, fields: list[Parameter], completes: bool) -> list[Define]:
    """What makes an object of the fields of a class, and what shows one."""
    lines = [f"    self.{field.name} = {field.name}\n" for field in fields]
    lines += ["    self.__post_init__()\n"] if completes else []
    shown = ", ".join(f"{field.name}={{self.{field.name}!r}}" for field in fields)
    names = ", ".join(["self", *(field.name for field in fields)])
    text = f"def __init__({names}):\n{''.join(lines) or '    pass'}\n"
    text += f'def __repr__(self):\n    return f"{name}({shown})"\n'
    makes, shows = [each for each in parse(Source(text)).statements if isinstance(each, Define)]
    return [makes._replace(parameters=(makes.parameters[0], *fields)), shows]
