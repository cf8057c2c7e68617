"""What statements have to show, as data; styles make text of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradcli.lowering.kinds import TENSOR, Kind
from gradcli.records import NamedTuple
from gradcli.session.evaluation import paired
from gradcli.session.values import GradChange
from gradcli.text.errors import Notice

_FOR_INTEGERS = ("d", "b", "o", "x", "X")
_FOR_FLOATS = ("e", "E", "f", "F", "g", "G", "n", "%")


class Shown(NamedTuple):
    """A value to show, and what it would be in Python and PyTorch.

    `items` are those of a list that holds tensors; `uncertainty` is the standard uncertainty of what was
    computed from uncertain leaves, of the shape of the data. `printing` are NumPy's options for an array.
    """

    data: Any
    requires_grad: bool = False
    grad_fn: str | None = None
    kind: Kind = TENSOR
    items: tuple[Any, ...] = ()
    uncertainty: Any = None
    printing: Mapping[str, Any] | None = None

    def measured(self) -> Any:
        """The data, each number with its uncertainty where it has one."""
        return self.data if self.uncertainty is None else paired(self.data, self.uncertainty)

    def is_number(self) -> bool:
        """Whether it holds one number, which a format can be applied to."""
        return self.kind.form in ("number", "array", "tensor") and getattr(self.data, "size", 1) == 1

    def number(self) -> bool | int | float:
        """The one number that it holds, as Python has it."""
        value: bool | int | float = self.data.item() if hasattr(self.data, "item") else self.data
        if self.kind.whole and isinstance(value, float) and value.is_integer():
            return int(value)
        return value

    def formatted(self, spec: str, *, plain: bool = False) -> str:
        """Its number by Python's format, a whole one without `.0` if `plain`.

        Raises `ValueError` where the format does not fit.
        """
        value = self.number()
        for_float = spec[-1:] in _FOR_FLOATS or "." in spec  # a precision
        as_integer = spec[-1:] in _FOR_INTEGERS or (plain and not for_float)
        if as_integer and isinstance(value, float) and value.is_integer():
            value = int(value)  # `n = 3` is an integer in Python, and a leaf here
        return format(value, spec)


class Nothing(NamedTuple):
    """A grad that is none."""


class Parts(NamedTuple):
    """A tuple: its parts, their names (if they have any), and what PyTorch calls a tuple of such parts."""

    parts: tuple[Described, ...]
    names: tuple[str, ...] = ()
    title: str = ""


class Words(NamedTuple):
    """Text as a value: strings, and what stands between them.

    What is said of an object is `bare`: it stands without quotes wherever it is.
    """

    parts: tuple[Described | Formatted | str, ...]
    bare: bool = False


class Listed(NamedTuple):
    """A list of Python's; `title` is what Python calls it where it is another than a list.

    `further` is what stands behind the list in its brackets then.
    """

    parts: tuple[Described, ...]
    title: str = ""
    further: str = ""


class Entries(NamedTuple):
    """A dictionary of Python's: pairs of a key and a value.

    `title` is the name of its class, and `missing` what makes the values of other keys.
    """

    pairs: tuple[tuple[Described, Described], ...]
    title: str = "dict"
    missing: str | None = None


class Label(NamedTuple):
    """What is no value of the language, as `x.dtype`: its plain text, and PyTorch's."""

    plain: str
    torch: str


class Formatted(NamedTuple):
    """A field of formatted text: `conversion` is "", "r", "s" or "a", and `spec` as in Python."""

    value: Described
    conversion: str
    spec: str

    def __str__(self) -> str:
        """One number as Python writes it, where no style decides."""
        if isinstance(self.value, Shown) and self.value.is_number():
            return self.value.formatted(self.spec)
        return "…"


class Printed(NamedTuple):
    """One line of `print`: values, and text as it stands, with nothing between them."""

    parts: tuple[Described | Formatted | str, ...]
    aside: bool = False
    """Whether it goes to stderr."""


class GradsChanged(NamedTuple):
    """What a backward pass changed."""

    changes: tuple[GradChange, ...]


class Report(NamedTuple):
    """What was found by what a statement asked; `found.text(digits)` is it as text."""

    found: Any


Described = Shown | Parts | Words | Listed | Entries | Nothing | Label
"""What an expression can show."""
Result = Described | Printed | GradsChanged | Report
Show = Callable[[Result], None]
Tell = Callable[[Notice], None]


def is_aside(result: Result) -> bool:
    """Whether a result goes to stderr: what `print(…, file=sys.stderr)` writes, and nothing else."""
    return isinstance(result, Printed) and result.aside
