"""What a command asks of rows as texts and numbers alone, so that it can be asked on any machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcli.pipelines.formula import Choice, RowFormula
from gradcli.pipelines.request import Part, Request, Settings
from gradcli.records import NamedTuple
from gradcli.session.files import functions_of
from gradcli.text.source import Source


class Order(NamedTuple):
    """A formula as it was typed, texts that define its functions, its values, and which rows to read how.

    `definitions` are texts with the names of their files; `uncertainty` has formulas by variable. `values`
    are numbers, arrays and `Uncertain` ones, and `correlations` are as `RowFormula.give` takes them. With
    `second_order` curvature counts in uncertainties. For `base` see `Request`.
    """

    expression: str
    definitions: tuple[tuple[str, str], ...] = ()
    uncertainty: Mapping[str, str] = {}
    values: Mapping[str, Any] = {}
    correlations: tuple[tuple[tuple[str, ...], Any], ...] = ()
    files: tuple[str, ...] = ("-",)
    settings: Settings = Settings()
    choice: Choice = Choice()
    base: str | None = None
    second_order: bool = False

    def formula(self) -> RowFormula:
        """The formula, which has no values yet; raises `GradcliError` for text that is none."""
        return RowFormula(
            Source(self.expression),
            functions_of(Source(text, name) for text, name in self.definitions),
            {name: Source(text) for name, text in self.uncertainty.items()},
            second_order=self.second_order,
        )

    def given(self, formula: RowFormula) -> Request:
        """The request for all rows, with its formula, which gets its values here."""
        formula.give(self.values, self.correlations)
        return Request(formula, self.files, self.settings, self.choice, self.base)

    def request(self, part: Part | None = None) -> Request:
        """The request for all rows, or for a part of them; raises `GradcliError`."""
        return self.given(self.formula())._replace(part=part)
