"""What is asked of a capability as texts and numbers alone, so that it can be asked on any machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradcli.arrays import Shape
from gradcli.capabilities.equations import HeaderHint, constraint, equations, models, names_asked
from gradcli.engine.primitives import is_function
from gradcli.language.parser import parse
from gradcli.language.tree import Define, Program
from gradcli.language.walk import zero_as_name
from gradcli.records import NamedTuple
from gradcli.session.files import functions_of
from gradcli.text.source import Source

if TYPE_CHECKING:
    from gradcli.capabilities.found import Request
    from gradcli.capabilities.rows import AnyRows


class Wording(NamedTuple):
    """A capability by its name, and what was typed: formulas, and texts `beside` them (errors, constraints).

    `definitions` are texts that define functions, with the names of their files; `starts` are the names that
    are given a value, which `values` are; `shapes` are those of other variables, `settings` the options by
    their parameters, and `words` what else stands behind the formula.
    """

    name: str
    formulas: tuple[str, ...]
    beside: tuple[str, ...] = ()
    definitions: tuple[tuple[str, str], ...] = ()
    starts: tuple[str, ...] = ()
    values: Mapping[str, Any] = {}
    shapes: Mapping[str, Shape] = {}
    settings: Mapping[str, Any] = {}
    words: tuple[str, ...] = ()

    def programs(
        self, columns: Collection[str] | None = None, meant: HeaderHint | None = None
    ) -> list[Program]:
        """What was typed as programs; raises `InputError`.

        Of models, `columns` are the names that data have; without them every name may be one. `meant` says
        what to try where their header lacks names.
        """
        from gradcli.capabilities.record import capability

        asked, (first, *others) = capability(self.name), map(Source, self.formulas)
        if asked.models:
            found = models(first, names_asked(first) if columns is None else columns, meant)
        elif asked.equations:
            found = equations(first, self.starts)
        else:
            read = constraint if asked.relations else _parsed
            found = [_parsed(first), *map(read, others)]
        found += [_parsed(Source(text)) if asked.models else constraint(Source(text)) for text in self.beside]
        return [zero_as_name(each) for each in found] if "zero" in self.starts else found

    def functions(self) -> dict[str, Define]:
        """The functions of the definitions; raises `InputError`."""
        return functions_of(Source(text, name) for text, name in self.definitions)

    def request(
        self,
        programs: Sequence[Program],
        functions: Mapping[str, Define],
        rows: AnyRows | None = None,
        claims: Sequence[tuple[str, Program]] = (),
    ) -> Request:
        """The request, over rows if there are some; raises `GradcliError`.

        `programs` are what was typed (of models, with the columns of the rows); `claims` are derivatives by
        variable.
        """
        from gradcli.capabilities.formula import Surface, from_text
        from gradcli.capabilities.found import Request
        from gradcli.capabilities.record import capability

        asked, shapes = capability(self.name), dict(self.shapes)
        if rows is not None:
            known = {name: shape for name, shape in rows.shapes.items() if name not in self.values}
            shapes = {**known, **shapes}
        formula = from_text(
            programs,
            self.values,
            shapes,
            functions,
            Surface(lambda name, value: f"--{name} {value}"),
            relations=asked.relations,
            claims=claims,
            measured=asked.uncertain,
        )
        return Request(formula, self.words, self.settings, rows)


def _parsed(source: Source) -> Program:
    return parse(source, is_function=is_function)
