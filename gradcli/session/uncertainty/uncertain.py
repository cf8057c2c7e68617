"""A value with a standard uncertainty, as Python gives one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.shapes import shape_text
from gradcli.session.evaluation import checked, paired, plain_data
from gradcli.text.errors import InputError
from gradcli.text.values import plain

if TYPE_CHECKING:
    from gradcli.search.spreads import Spread


class Uncertain:
    """A number (or an array) and its standard uncertainty, as a value of a variable.

    `gradcli.evaluate("x**2", {"x": Uncertain(9.81, 0.02)})`. `uncertainty` is a number or has the shape of
    `value`; `correlation`, an (n, n) matrix, is for an array of n elements that vary together; `dof` are the
    degrees of freedom of the uncertainty, n - 1 for the mean of n readings. Raises `GradcliError` for what is
    no uncertainty.
    """

    __slots__ = ("correlation", "dof", "uncertainty", "value")

    def __init__(
        self, value: Any, uncertainty: Any, *, correlation: Any = None, dof: float = math.inf
    ) -> None:
        from gradcli.text.report import rendering

        with rendering():
            data, spread = checked("the value", value), checked("the uncertainty", uncertainty)
            self.value: Any = plain_data(data)
            self.uncertainty: Any = plain_data(fitting(data, spread))
            if not dof > 0:
                raise InputError("degrees of freedom are a number above 0", hint="dof=4")
            self.dof = float(dof)
            self.correlation: Array | None = None
            if correlation is not None:
                from gradcli.search.spreads import are_possible, check_correlations

                matrix = np.asarray(checked("the correlation", correlation))
                check_correlations(matrix, np.size(data))
                if not are_possible(matrix):
                    raise InputError("no numbers have these correlations with each other")
                self.correlation = matrix

    def spread(self, text: str = "") -> Spread:
        """What is kept of it beside the value of an input."""
        from gradcli.search.spreads import Spread  # of most values none is uncertain

        return Spread(np.asarray(self.uncertainty, np.float64)[()], text, self.correlation, dof=self.dof)

    def __repr__(self) -> str:
        freedom = "" if math.isinf(self.dof) else f", dof={self.dof:g}"
        return f"Uncertain({self.value!r}, {self.uncertainty!r}{freedom})"

    def __str__(self) -> str:
        return plain(paired(self.value, self.uncertainty))


def given(name: str, data: Any) -> Any:
    """What a caller gave for a variable: an `Uncertain`, a mask, or numbers as `checked` has them."""
    if getattr(data, "ndim", 0) and getattr(getattr(data, "dtype", None), "kind", "") == "b":
        return np.array(data)
    return data if isinstance(data, Uncertain) else checked(name, data)


def fitting(value: Any, uncertainty: Any) -> Any:
    """An uncertainty in the shape of its value; raises `InputError` where it is none."""
    if np.shape(uncertainty) not in ((), np.shape(value)):
        shapes = f"{shape_text(np.shape(value))} and {shape_text(np.shape(uncertainty))}"
        raise InputError(
            f"a value and its uncertainty have equal shapes, and these are {shapes}",
            hint="one number is the uncertainty of every element",
        )
    if not np.all(np.isfinite(uncertainty)) or np.any(np.asarray(uncertainty) < 0):
        raise InputError(
            "a standard uncertainty is a finite number that is not negative", hint="as in 9.81 ± 0.02"
        )
    return np.broadcast_to(uncertainty, np.shape(value)).astype(np.float64)[()]
