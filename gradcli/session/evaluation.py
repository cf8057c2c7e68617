"""The answer to one expression: its value and gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.text.errors import InputError, Notice
from gradcli.text.json import json_value


class Evaluation:
    """The value of an expression, and its gradient in every variable.

    `value` is a float for a single number, a bool for a truth value, a NumPy array otherwise.
    `gradients` has, by name, floats and arrays of shape `value.shape + variable.shape`; `None` for a
    variable that the value is not connected to. `notices` are the warnings and notes.
    """

    __slots__ = ("expression", "gradients", "name", "notices", "value", "variables")

    def __init__(
        self,
        expression: str,
        variables: dict[str, Any],
        value: Any,
        gradients: dict[str, Any],
        *,
        name: str | None = None,
        notices: Sequence[Notice] = (),
    ) -> None:
        self.expression = expression
        self.variables = variables
        self.value = value
        self.gradients = gradients
        self.name = name
        self.notices = tuple(notices)

    def __iter__(self) -> Iterator[Any]:
        """Unpacks as `value, gradients`."""
        return iter((self.value, self.gradients))

    def __repr__(self) -> str:
        return f"Evaluation(value={self.value!r}, gradients={self.gradients!r})"

    def to_dict(self) -> dict[str, Any]:
        """The same as `--format json` prints.

        Keys: `expression`, `variables` (by name), `value`, `gradients` (by name, null where the value
        is not connected), `warnings`. Arrays are nested lists; nan, inf and -inf are those strings.
        """
        return {
            **self.members(),
            "variables": {name: json_value(data) for name, data in self.variables.items()},
            "value": json_value(self.value),
            "gradients": {name: json_value(data) for name, data in self.gradients.items()},
        }

    def members(self) -> dict[str, Any]:
        """The keys of `to_dict`, with the arrays as they are."""
        return {
            "expression": self.expression,
            "variables": self.variables,
            "value": self.value,
            "gradients": self.gradients,
            "warnings": [notice.message for notice in self.notices if notice.kind == "warning"],
        }


def by_name(what: str, given: Any, example: str) -> dict[str, Any]:
    """What a caller gave by name (perhaps nothing), as a dict; raises `InputError`."""
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise InputError(f"{what} are given by name", hint=f"as in {example}")
    return dict(given)


def plain_data(data: Any) -> Any:
    """A NumPy number as Python's own, an array as it is."""
    return data if np.shape(data) else data.item()


def checked(name: str, data: Any, *, copy: bool = True) -> Any:
    """What a caller gave for a variable, as float64: a NumPy number or an array (its own, without `copy`).

    What is masked is missing, and counts as nan. Raises `InputError` for anything but numbers.
    """
    try:
        if getattr(data, "mask", None) is not None and hasattr(data, "filled"):
            data = data.astype(np.float64).filled(np.nan)
        given = np.asarray(data)
        # NumPy would read text as numbers, and None as nan.
        objects = given.ravel().tolist() if given.dtype == object else ()
        if given.dtype.kind not in "biufO" or any(
            each is None or isinstance(each, str | bytes) for each in objects
        ):
            raise TypeError
        return given.astype(np.float64, copy=copy)[()]
    except OverflowError:
        raise InputError(f"{name} is too large for a double", hint="use math.inf for infinity") from None
    except (TypeError, ValueError):
        raise InputError(
            f"{name} is neither a number nor an array of numbers", hint="an array's rows are equally long"
        ) from None
