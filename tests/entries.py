"""What an entry of the table is checked against, read from the entry, and how to build and to run it."""

from __future__ import annotations

import ast
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import mpmath as mp
import numpy as np
import scipy.linalg
from definitions import DEFINED
from definitions import OF_ARRAYS as DEFINED_OF_ARRAYS

from gradcli.engine.derive import pushforward, unit
from gradcli.engine.graph import Input, Node, as_node, constant, zeros_like
from gradcli.engine.plan import Plan
from gradcli.engine.primitives import ENTRIES, TABLE, Elementwise, Entry
from gradcli.engine.primitives.entry import Parameter
from gradcli.engine.primitives.reductions import total
from gradcli.engine.primitives.shaping import reshape, stack

INF = math.inf


def is_of_numbers(entry: Entry) -> bool:
    """Whether an entry is a function of numbers; the others are functions of arrays."""
    return isinstance(entry, Elementwise) or bool(entry.reference)


OF_NUMBERS = [entry for entry in ENTRIES if is_of_numbers(entry)]
OF_ARRAYS = [entry for entry in ENTRIES if not is_of_numbers(entry) and not entry.settled]


# To build and to run


def called(entry: Entry, *nodes: Any) -> Node:
    """What the entry builds from these arguments and the defaults of the others."""
    given: list[Any] = list(nodes)
    for parameter in entry.parameters[len(nodes) :]:
        given.append(parameter.left_out)
    return entry.build(*given)


def f(name: str) -> Callable[..., Node]:
    """An entry as a function of nodes and numbers."""

    def call(*arguments: Any) -> Node:
        return called(
            TABLE[name], *(as_node(each) if isinstance(each, int | float) else each for each in arguments)
        )

    return call


def numbers_named(count: int) -> list[Input]:
    return [Input("xyzwv"[k], ()) for k in range(count)]


def value_of(outputs: Sequence[Node], inputs: Sequence[Node], at: Sequence[Any]) -> list[Any]:
    """The outputs by a plan, with doubles and arrays of them for inputs."""
    numbers = [np.array(each, dtype=float)[()] for each in at]
    return Plan(outputs).run(dict(zip(inputs, numbers, strict=True)))


def in_forward_mode(node: Node, wrt: Input) -> Node:
    """The Jacobian with columns by forward mode."""
    columns = []
    for k in range(math.prod(wrt.shape)):
        seed = unit(wrt.shape, k) if wrt.shape else as_node(1.0)
        (tangent,) = pushforward((node,), (wrt,), (seed,))
        columns.append(zeros_like(node) if tangent is None else tangent)
    if not columns:
        return constant(np.zeros(node.shape + wrt.shape))
    return reshape(stack(columns, dim=-1), node.shape + wrt.shape)


def sum_of(node: Node) -> Node:
    return total(node, tuple(range(-len(node.shape), 0)))


def ulps(got: float, exact: Any) -> float:
    """The error of a result, in units of the last place of the exact value."""
    nearest = float(exact)
    if not (math.isfinite(got) and math.isfinite(nearest)):
        return 0.0 if got == nearest else INF
    return float(abs(mp.mpf(got) - exact) / mp.mpf(float(np.spacing(abs(nearest)))))


# Functions of numbers: what they are for mpmath

MPMATH = {name: getattr(mp, name) for name in dir(mp) if not name.startswith("_")}
BUILT_IN = {each.__name__: each for each in (abs, bool, int, max, min)}


def arguments_of(entry: Entry) -> list[str]:
    """The names of the arguments of a function of numbers."""
    if isinstance(entry, Elementwise):
        return [each.name for each in entry.parameters[: entry.arity]]
    return [each.name for each in entry.parameters if each.holds is None]


def whole_arguments_of(entry: Entry) -> list[str]:
    """The names of those that are whole numbers, and in which there is no derivative."""
    return [
        name for name, each in zip(arguments_of(entry), entry.tested, strict=False) if isinstance(each, range)
    ]


def reference_of(entry: Entry) -> str:
    """What an entry is, as an expression of mpmath's functions and the names of its arguments."""
    names = arguments_of(entry)
    if entry.reference:
        return entry.reference
    if entry.symbol:
        return f"{names[0]} {entry.symbol} {names[1]}" if len(names) == 2 else f"{entry.symbol} {names[0]}"
    for name in (entry.name, *entry.aliases):
        if name in MPMATH:
            return f"{name}({', '.join(names)})"
    raise AssertionError(f"say in the entry what {entry.name} is for mpmath: reference=")


def exact_function(entry: Entry) -> Callable[..., Any]:
    """An entry as a function of mpmath's numbers."""
    names = arguments_of(entry)
    code = compile(reference_of(entry), f"<{entry.name}>", "eval")

    def exact(*numbers: Any) -> Any:
        named = {**MPMATH, **BUILT_IN, **DEFINED, **dict(zip(names, numbers, strict=True))}
        named |= {name: int(mp.nint(named[name])) for name in whole_arguments_of(entry)}
        return mp.mpmathify(eval(code, named))

    return exact


# Functions of arrays: what they are for NumPy, and samples

NUMPY = {name: getattr(np, name) for name in dir(np) if not name.startswith("_")} | {"np": np, "scipy": scipy}
KEYWORDS = {"dim": "axis", "keepdim": "keepdims", "correction": "ddof"}
"""NumPy's names of parameters."""

DIMS: list[tuple[list[int], Any]] = [
    *(([3], None), ([3], (0,)), ([2, 3], None), ([2, 3], (0,)), ([2, 3], (-1,)), ([2, 3], (0, 1))),
    *(([2, 2, 3], (1,)), ([2, 2, 3], (0, 2))),
]
VALUES: dict[str, Sequence[Any]] = {
    "keepdim": (False, True),
    "p": (1.0, 2.0, 3.0, 0.5, INF, -1.0),
}
"""What known arguments are in samples that follow from the signature."""


class Sample(NamedTuple):
    """Arguments of an entry, in the order of its signature: a list is the shape of an array.

    Anything else is known; for a node it is a constant.
    """

    entry: Entry
    arguments: tuple[Any, ...]

    def __repr__(self) -> str:
        return f"{self.entry}{self.arguments}"

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        return [tuple(each) for each in self.arguments if isinstance(each, list)]

    def inputs(self) -> list[Input]:
        return [Input(f"x{k}", shape) for k, shape in enumerate(self.shapes)]

    def by_parameter(self, arrays: Sequence[Any]) -> Iterator[tuple[Parameter, Any]]:
        """What each parameter is, with these arrays for the shapes; a list where it takes any number."""
        given, known = iter(arrays), list(self.arguments)
        for parameter in self.entry.parameters:
            if parameter.variadic and parameter.holds is None:
                several = []
                while known and isinstance(known[0], list):
                    known.pop(0)
                    several.append(next(given))
                yield parameter, several
            else:
                each = known.pop(0)
                is_constant = parameter.holds is None and isinstance(each, int | float | tuple)
                array = np.asarray(each, float) if is_constant else None
                yield parameter, next(given) if isinstance(each, list) else each if array is None else array
        assert not known, f"{self} has more arguments than {self.entry.signature}"

    def build(self, nodes: Sequence[Node]) -> Node:
        return self.entry.build(
            *(
                constant(each) if parameter.holds is None and isinstance(each, np.ndarray) else each
                for parameter, each in self.by_parameter(nodes)
            )
        )

    def in_numpy(self, arrays: Sequence[Any]) -> Any:
        """What NumPy makes of it."""
        entry, named = self.entry, {**NUMPY, **DEFINED_OF_ARRAYS}
        positional, keywords = [], {}
        for parameter, each in self.by_parameter(arrays):
            if parameter.name == "dim" and isinstance(each, tuple) and len(each) == 1:
                (each,) = each  # some functions of NumPy's take one only
            named[KEYWORDS["dim"] if parameter.name == "dim" else parameter.name] = each
            if parameter.name in KEYWORDS:
                keywords[KEYWORDS[parameter.name]] = each
            else:
                positional.append(each)
        if entry.numpy:
            return eval(entry.numpy, named)
        for name in (entry.name, *entry.aliases):
            if name in NUMPY:
                return NUMPY[name](*positional, **keywords)
        raise AssertionError(f"say in the entry what {entry.name} is for NumPy: numpy=")


def samples_of(entry: Entry) -> list[Sample]:
    """The samples that an entry has, or that follow from its signature."""
    if entry.samples:
        return [Sample(entry, each) for each in entry.samples]
    dims = [each for each in entry.parameters if each.name == "dim"]
    along_one = bool(dims) and dims[0].default != "None"
    made: list[Sample] = []
    for shape, dim in DIMS if dims else [([2, 3], None), ([], None)]:
        if along_one and (dim is None or len(dim) > 1):
            continue
        choices: list[Sequence[Any]] = []
        for parameter in entry.parameters:
            if parameter.holds is None:
                choices.append([shape])
            elif parameter.name == "dim":
                choices.append([dim])
            elif parameter.name in VALUES:
                choices.append(VALUES[parameter.name])
            else:
                assert parameter.default, f"say in the entry what {entry.name} is tried with: samples="
                choices.append([ast.literal_eval(parameter.default)])
        made += [Sample(entry, each) for each in itertools.product(*choices)]
    return made


SAMPLES = [sample for entry in OF_ARRAYS for sample in samples_of(entry)]


def is_differentiated(sample: Sample) -> bool:
    """Whether derivatives of a sample are defined: not of places, of truth values, nor of what is cut off."""
    differentiable = getattr(sample.entry, "differentiable", True) and bool(sample.shapes)
    return differentiable and not sample.build(sample.inputs()).boolean


def numbers_for(inputs: Sequence[Input], seed: int, rows: tuple[int, ...] = ()) -> list[Any]:
    """Different numbers, away from kinks and ties."""
    rng = np.random.default_rng(seed)
    made = []
    for each in inputs:
        shape = rows + each.shape
        spread = rng.permutation(math.prod(shape)) * 0.37 - 0.61 * math.prod(shape) / 4 + 0.113
        made.append(spread.reshape(shape)[()])
    return made
