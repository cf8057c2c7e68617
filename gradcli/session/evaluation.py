"""The answer to one expression: its value and gradients."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.language.layout import normal_name
from gradcli.records import NamedTuple
from gradcli.text.errors import InputError, Notice
from gradcli.text.suggest import did_you_mean, which_of

if TYPE_CHECKING:
    from gradcli.search.trials import Trials
    from gradcli.search.uncertainty import Contribution


class Coverage(NamedTuple):
    """The interval value ± `expanded_uncertainty`, which holds 95 % (JCGM 100:2008, G.4).

    `coverage_factor` is the quantile of Student's t with the effective `degrees_of_freedom` of the value;
    `inputs` are those of variables, by name.
    """

    degrees_of_freedom: Any
    coverage_factor: Any
    expanded_uncertainty: Any
    inputs: dict[str, float]


class Measurement(NamedTuple):
    """What there is to say of an uncertain value.

    `value` is that of the formula, with `shift` in it where curvature counts; `budget` says by name what each
    uncertain variable contributes to `uncertainty`, the greatest first; `trials` are those of Monte Carlo;
    `coverage` is there where an input's uncertainty has degrees of freedom.
    """

    value: Any
    uncertainty: Any
    budget: dict[str, Contribution]
    shift: float | None = None
    trials: Trials | None = None
    notices: tuple[Notice, ...] = ()
    coverage: Coverage | None = None

    def members(self) -> dict[str, Any]:
        """The keys of JSON, with arrays as they are."""
        return {
            "value": self.value,
            "uncertainty": self.uncertainty,
            "budget": {name: _fields(each) | self._freedom(name) for name, each in self.budget.items()},
            **({} if self.coverage is None else dict(list(_fields(self.coverage).items())[:3])),
            **({} if self.shift is None else {"shift": self.shift}),
            **({} if self.trials is None else {"trials": _fields(self.trials)}),
        }

    def _freedom(self, name: str) -> dict[str, float]:
        known = {} if self.coverage is None else self.coverage.inputs
        return {"degrees_of_freedom": known[name]} if name in known else {}


def _fields(record: Any) -> dict[str, Any]:
    return dict(zip(record._fields, record, strict=True))


class Evaluation:
    """The value of an expression, and its gradient in every variable.

    `value` is a float for a single number, a bool for a truth value, a NumPy array otherwise.
    `gradients` has, by name, floats and arrays of shape `value.shape + variable.shape`; `None` for a
    variable that the value is not connected to. `notices` are the warnings and notes.

    Where a variable has a standard uncertainty, `measurement` says what follows from it: `uncertainty` is
    that of the value, of its shape, and `budget` says by name what each such variable contributes to it:
    `value`, `uncertainty`, `sensitivity`, `contribution` and `share` of the variance. Else they are `None`
    and empty.

    Where they were asked for, `derivatives` has those of second and higher order, by the names of the
    variables (`("x", "y")`), and `jacobian` and `hessian` are matrices, in which the elements of the
    variables stand in the order of `gradients`.
    """

    __slots__ = (
        *("derivatives", "expression", "gradients", "hessian", "jacobian", "measurement"),
        *("name", "notices", "value", "variables"),
    )

    def __init__(
        self,
        expression: str,
        variables: dict[str, Any],
        value: Any,
        gradients: dict[str, Any],
        *,
        name: str | None = None,
        notices: Sequence[Notice] = (),
        measurement: Measurement | None = None,
        derivatives: Mapping[tuple[str, ...], Any] = MappingProxyType({}),
        jacobian: Any = None,
        hessian: Any = None,
    ) -> None:
        self.expression = expression
        self.variables = variables
        self.value = value
        self.gradients = gradients
        self.name = name
        self.notices = tuple(notices)
        self.measurement = measurement
        self.derivatives = dict(derivatives)
        self.jacobian = jacobian
        self.hessian = hessian

    def rename(self, spelled: Mapping[str, str]) -> None:
        """Calls some variables by other spellings of their names."""

        def named(by_name: Mapping[str, Any]) -> dict[str, Any]:
            return {spelled.get(name, name): each for name, each in by_name.items()}

        if spelled:
            self.variables, self.gradients = named(self.variables), named(self.gradients)
            self.derivatives = {
                tuple([spelled.get(name, name) for name in names]): each
                for names, each in self.derivatives.items()
            }
            if self.measurement is not None:
                self.measurement = self.measurement._replace(budget=named(self.measurement.budget))

    def __iter__(self) -> Iterator[Any]:
        """Unpacks as `value, gradients`."""
        return iter((self.value, self.gradients))

    @property
    def uncertainty(self) -> Any:
        """The standard uncertainty of the value, of its shape; `None` where it has none."""
        return None if self.measurement is None else self.measurement.uncertainty

    @property
    def budget(self) -> dict[str, Contribution]:
        """What each uncertain variable contributes to the uncertainty, by name, the greatest first."""
        return {} if self.measurement is None else self.measurement.budget

    def measured(self) -> Any:
        """The value, each number with its uncertainty where it has one, as `text.values` writes them."""
        return self.value if self.uncertainty is None else paired(self.value, self.uncertainty)

    def __repr__(self) -> str:
        uncertainty = "" if self.uncertainty is None else f"uncertainty={self.uncertainty!r}, "
        return f"Evaluation(value={self.value!r}, {uncertainty}gradients={self.gradients!r})"

    def to_dict(self) -> dict[str, Any]:
        """The same as `--format json` prints.

        Keys: `expression`, `variables` (by name), `value`, `gradients` (by name, null where the value
        is not connected), `warnings`; with uncertain variables `uncertainty` and `budget`, too, and where
        they were asked for `derivatives` (by names as `x,y`), `jacobian` and `hessian`. Arrays are
        nested lists; nan, inf and -inf are those strings.
        """
        found: dict[str, Any] = nested(self.members())
        return found

    def members(self) -> dict[str, Any]:
        """The keys of `to_dict`, with the arrays as they are."""
        asked: dict[str, Any] = {}
        if self.derivatives:
            asked["derivatives"] = {",".join(names): each for names, each in self.derivatives.items()}
        if self.jacobian is not None:
            asked["jacobian"] = self.jacobian
        if self.hessian is not None:
            asked["hessian"] = self.hessian
        return {
            "expression": self.expression,
            "variables": self.variables,
            "value": self.value,
            **({} if self.measurement is None else self.measurement.members()),
            "gradients": self.gradients,
            **asked,
            "warnings": [notice.message for notice in self.notices if notice.kind == "warning"],
        }


def nested(members: Any) -> Any:
    """Members of JSON with lists in the place of arrays, and texts in that of nan and the infinities."""
    if isinstance(members, dict):
        return {name: nested(each) for name, each in members.items()}
    if isinstance(members, list | tuple):
        return [nested(each) for each in members]
    from gradcli.text.json import json_value

    return json_value(members)


def by_name(what: str, given: Any, example: str) -> dict[str, Any]:
    """What a caller gave by name (perhaps nothing), as a dict; raises `InputError`."""
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise InputError(f"{what} are given by name", hint=f"as in {example}")
    folded = {folded_name(name): data for name, data in given.items()}
    if len(folded) < len(given):
        raise InputError(f"two of these {what} are one name in formulas: {', '.join(given)}")
    return folded


def variables_given(variables: Any, named: Mapping[str, Any]) -> dict[str, Any]:
    """Variables that a caller gave by a mapping, by keyword, or both, as a dict; raises `InputError`."""
    given = by_name("variables", variables, '{"x": 3}')
    if named:
        for name, data in by_name("variables", named, '{"x": 3}').items():
            if name in given:
                raise InputError(f"{name} is given twice", hint="by keyword or in the mapping, not in both")
            given[name] = data
    return given


def keywords_used(named: Iterable[str], used: Collection[str], options: Collection[str]) -> None:
    """Raises `InputError` for a variable by keyword that no formula has: perhaps an option was meant."""
    for name in named:
        if folded_name(name) not in used:
            near = did_you_mean(name, options)
            hint = f"did you mean {near}=?" if near else which_of(name, used)
            raise InputError(f"{name} does not occur in the expression", hint=hint)


def folded_name(name: str) -> str:
    """A name that a caller gave, as formulas have it: in the form in which Python compares names."""
    return name if name.isascii() else normal_name(name)


def spelled(given: Iterable[str]) -> dict[str, str]:
    """How names were given that look different in formulas."""
    return {name: each for each in given if (name := folded_name(each)) != each}


def plain_data(data: Any) -> Any:
    """A NumPy number as Python's own, an array as it is."""
    return data.item() if hasattr(data, "item") and not np.shape(data) else data


def own_data(data: Any) -> Any:
    """The same of what a session goes on with: an array is copied, as the caller may write into it."""
    return plain_data(data) if not np.shape(data) else np.array(data)


def paired(value: Any, uncertainty: Any) -> Any:
    """A value with its uncertainty in one array, as `text.values` writes them."""
    return np.rec.fromarrays([np.asarray(value, np.float64), np.asarray(uncertainty, np.float64)])[()]


def checked(name: str, data: Any, *, copy: bool = True) -> Any:
    """What a caller gave for a variable, as float64: a NumPy number or an array (its own, without `copy`).

    What is masked is missing, and counts as nan. Raises `InputError` for anything but numbers.
    """
    if hasattr(data, "uncertainty"):
        raise InputError(f"{name} has an uncertainty, and an exact value belongs here")
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
        raise InputError(f"{name} is neither a number nor an array of numbers", hint=_instead(data)) from None


def _instead(data: Any) -> str:
    """What to give in place of what is no number."""
    if isinstance(data, str | bytes):
        return "give the number itself: 3, and not text; Uncertain(9.81, 0.02) has an uncertainty"
    if isinstance(data, complex) or getattr(getattr(data, "dtype", None), "kind", "") == "c":
        return "there are no complex numbers here: give the real and the imaginary part names of their own"
    if isinstance(data, list | tuple | np.ndarray):
        return "an array holds numbers, and its rows are equally long"
    return f"3 and [1, 2, 3] are, and {type(data).__name__} is not"
