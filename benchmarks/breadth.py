"""How much of what others have is here: names, and PyTorch's own samples of its operations.

    python benchmarks/breadth.py [--all] [--show] [NAME ...]

Needs torch beside gradcli, with expecttest, pytest and hypothesis, which its table of operations (`op_db`)
imports. Each sample of an operation (in float64) is written as a call in PyTorch's spelling; its value, its
gradient and a gradient of that are compared with PyTorch's. `--all` takes every sample instead of a dozen of
each operation; `--show` lists each sample that differs; names say which operations.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from gradcli.engine import derive
from gradcli.engine.graph import Input, Node, constant
from gradcli.engine.plan import Plan
from gradcli.engine.primitives import TABLE
from gradcli.engine.primitives.reductions import total
from gradcli.language.parser import parse
from gradcli.language.tree import ExpressionStatement
from gradcli.lowering.kinds import Typed, each_of, tensor_kind
from gradcli.lowering.lower import Lowering
from gradcli.lowering.rows import RowScope
from gradcli.text.errors import GradcliError
from gradcli.text.source import Source

MOST = 12
"""How many samples of an operation are tried, spread over all that there are."""

NOT_HERE = {
    "complex numbers": """
        cdouble cfloat chalf complex imag polar view_as_complex view_as_real stft istft linalg.eig
        linalg.eigvals
        """,
    "random numbers": """
        bernoulli normal pca_lowrank svd_lowrank nn.functional.alpha_dropout nn.functional.dropout
        nn.functional.dropout2d nn.functional.dropout3d nn.functional.feature_alpha_dropout
        nn.functional.fractional_max_pool2d nn.functional.fractional_max_pool3d
        """,
    "another precision": "bfloat16 half float to",
    "sparse or strided storage": """
        to_sparse sparse.mm sparse.sampled_addmm as_strided as_strided_copy as_strided_scatter _segment_reduce
        """,
    "an operation of PyTorch's own, which is not public": """
        _batch_norm_with_update _native_batch_norm_legit _softmax_backward_data _unsafe_masked_index
        _unsafe_masked_index_put_accumulate _upsample_bilinear2d_aa grid_sampler_2d grid_sampler_3d
        max_pool2d_with_indices_backward native_dropout_backward slice zero_
        torch.ops.aten._efficient_attention_forward torch.ops.aten._flash_attention_forward
        torch.ops.aten._safe_softmax.default
        """,
    "factors packed as LAPACK has them: lu gives P, L and U": "lu lu_solve ormqr",
    "another meaning: gradient(y, x) is the derivative": "gradient",
    "written with brackets: x[i] = v, and x[i] += v where places are told twice": "index_put index_reduce",
    "changes its statistics as it runs: BatchNorm1d keeps them": "native_batch_norm",
}
"""Operations that have no meaning here, by the reason."""


DIFFERENT = {
    "cov": "the warned case of no degrees of freedom, which PyTorch takes as 0",
    **dict.fromkeys(
        ("norm", "linalg.norm"),
        "of deficient rank, the gradient of a nuclear norm is the least one, and PyTorch's arbitrary",
    ),
    "linalg.eigh": "LAPACK gives eigenvectors other signs where it reads the upper triangle",
    "native_layer_norm": "PyTorch differentiates neither the mean nor the deviation beside it",
    "nn.functional.pad": "a margin replicates what is left, and PyTorch what has been cut off",
    **dict.fromkeys(
        (f"nn.functional.max_unpool{rank}d" for rank in (1, 2, 3)),
        "elements that go to one place share the gradient, and PyTorch gives all to each",
    ),
    "nn.functional.batch_norm": "an empty array without channels",
    "nn.functional.rrelu": "random while training",
    "nn.functional.scaled_dot_product_attention": "random with dropout",
    "nn.functional.one_hot": "PyTorch refuses its own samples",
    "nn.functional.ctc_loss": "PyTorch refuses its own samples",
    "where": "a condition that is known chooses one side as it stands, in its shape",
    "scatter_reduce": "sums and means only",
    "double": "memory formats have no meaning here",
}
"""Why samples of an operation differ, where that is meant or known."""


class Samples(RowScope):
    """A scope of arrays: those of numbers are variables, and the others known."""

    def __init__(self, arrays: dict[str, torch.Tensor]) -> None:
        numbers = {name: each for name, each in arrays.items() if each.requires_grad}
        super().__init__({name: tuple(each.shape) for name, each in numbers.items()}, {})
        self.known_arrays = {name: each for name, each in arrays.items() if name not in numbers}

    def variable(self, name: str) -> Typed | None:
        found = self.known_arrays.get(name)
        if found is None:
            return super().variable(name)
        return constant(found.detach().numpy(force=True)), tensor_kind(not found.dtype.is_floating_point)


class NotWritableError(Exception):
    """A sample whose arguments have no spelling here."""


class Call:
    """A sample as a call: its text, its arrays by name, and those that are differentiated."""

    def __init__(self, operation: Any, sample: Any) -> None:
        self.arrays: dict[str, torch.Tensor] = {}
        self.operation, self.sample = operation, sample
        given = [self.text(each) for each in (sample.input, *sample.args)]
        if operation.name in _FLATTENED and given[0][0] in "[(":
            given[:1] = [self.text(each) for each in sample.input]
        if operation.name == "einsum":
            given = [given[1], given[0]]
        if operation.name in _SWAPPED:
            given[:2] = given[1::-1]
        named = [f"{name}={self.text(each)}" for name, each in sample.kwargs.items()]
        self.expression = self._called(operation.name, given, named)
        self.numbers = [name for name, each in self.arrays.items() if each.requires_grad]

    def text(self, argument: Any) -> str:
        if isinstance(argument, torch.Tensor):
            if argument.is_complex() or argument.layout is not torch.strided:
                raise NotWritableError("complex or sparse")
            for name, each in self.arrays.items():
                if each is argument:
                    return name
            name = f"a{len(self.arrays)}"
            self.arrays[name] = argument
            return name
        if isinstance(argument, bool | int | float | str | type(None)):
            return repr(argument)
        if isinstance(argument, torch.dtype):
            return str(argument)
        if isinstance(argument, tuple | list):
            inside = ", ".join(self.text(each) for each in argument)
            return f"({inside}{',' * (len(argument) == 1)})" if isinstance(argument, tuple) else f"[{inside}]"
        if isinstance(argument, slice):
            parts = ("" if each is None else repr(each) for each in (argument.start, argument.stop))
            return ":".join(parts) + ("" if argument.step is None else f":{argument.step}")
        if argument is Ellipsis:
            return "..."
        raise NotWritableError(type(argument).__name__)

    def _called(self, name: str, given: list[str], named: list[str]) -> str:
        if name in _REVERSED:
            return f"{given[1]} {_REVERSED[name]} {given[0]}"
        if name == "__getitem__":
            inside = given[1]
            return f"{given[0]}[{inside[1:-1].rstrip(',') if inside[0] == '(' else inside}]"
        if name in ("T", "H", "mT", "mH"):
            return f"{given[0]}.{name}"
        module, _, member = name.rpartition(".")
        is_function = callable(getattr(_at(module), member, None)) and member != "double"
        if is_function:
            return f"torch.{name}({', '.join([*given, *named])})"
        return f"{given[0]}.{name}({', '.join([*given[1:], *named])})"


def _at(path: str) -> Any:
    found: Any = torch
    for part in path.split(".") if path else ():
        found = getattr(found, part)
    return found


_SWAPPED = ("nn.functional.embedding", "where", "polygamma", "special.polygamma")
"""Operations whose samples have their first two arguments exchanged."""

_FLATTENED = ("broadcast_tensors", "meshgrid", "block_diag", "atleast_1d", "atleast_2d", "atleast_3d")
"""Operations whose arrays are no list in a call."""

_REVERSED = {
    "__radd__": "+",
    "__rdiv__": "/",
    "__rmatmul__": "@",
    "__rmod__": "%",
    "__rmul__": "*",
    "__rpow__": "**",
    "__rsub__": "-",
}


def flat(result: Any) -> Iterator[Any]:
    """The arrays of a result, which may be a tuple of tuples."""
    if isinstance(result, torch.Tensor):
        yield result
    elif isinstance(result, tuple | list):
        for each in result:
            yield from flat(each)
    else:
        yield torch.as_tensor(result)


def weights(shape: Sequence[int], seed: int) -> Any:
    return np.random.default_rng(seed).uniform(0.5, 1.5, tuple(shape))


def close(got: Any, wanted: Any) -> bool:
    return np.shape(got) == np.shape(wanted) and np.allclose(got, wanted, 1e-6, 1e-7, equal_nan=True)


def theirs(call: Call) -> tuple[list[Any], list[Any], list[Any] | None]:
    """Values, gradients of a weighted sum, and gradients of a weighted sum of these, by PyTorch."""
    found = call.operation(call.sample.input, *call.sample.args, **call.sample.kwargs)
    outputs = list(flat(found))
    values = [each.detach().numpy(force=True) for each in outputs]
    leaves = [call.arrays[name] for name in call.numbers]
    floats = [each for each in outputs if each.requires_grad]
    if not floats or not leaves:
        return values, [], None
    scored = sum((each * torch.as_tensor(weights(each.shape, 1))).sum() for each in floats)
    twice = call.operation.supports_gradgrad
    firsts = torch.autograd.grad(scored, leaves, create_graph=twice, allow_unused=True)
    first_values = [
        np.zeros(leaf.shape) if each is None else each.detach().numpy(force=True)
        for each, leaf in zip(firsts, leaves, strict=True)
    ]
    again = [each for each in firsts if each is not None and each.requires_grad]
    if not twice or not again:
        return values, first_values, None
    bent = sum((each * torch.as_tensor(weights(each.shape, 2))).sum() for each in again)
    seconds = torch.autograd.grad(bent, leaves, allow_unused=True)
    return (
        values,
        first_values,
        [
            np.zeros(leaf.shape) if each is None else each.numpy(force=True)
            for each, leaf in zip(seconds, leaves, strict=True)
        ],
    )


def scored(nodes: Sequence[Node], seed: int) -> Node | None:
    sums = [
        total(each * constant(weights(each.shape, seed)), tuple(range(-len(each.shape), 0)))
        for each in nodes
        if each.tracked
    ]
    result: Node | None = None
    for each in sums:
        result = each if result is None else result + each
    return result


def lowered(call: Call) -> tuple[list[Node], list[Input]]:
    scope = Samples(call.arrays)
    source = Source(call.expression)
    (statement,) = parse(source).statements
    assert isinstance(statement, ExpressionStatement)
    found = Lowering(source, scope).whole(statement.value)
    inputs = [scope.inputs.get(name) or Input(name, tuple(call.arrays[name].shape)) for name in call.numbers]
    return [node for node, _ in each_of(found)], inputs


def compared(call: Call) -> str:
    """What differs: "", "value", "gradient" or "second order"; raises `GradcliError`."""
    values, firsts, seconds = theirs(call)
    nodes, inputs = lowered(call)
    at = {each: call.arrays[each.name].detach().numpy(force=True) for each in inputs}

    def run(outputs: Sequence[Node | None]) -> list[Any]:
        given = [each for each in outputs if each is not None]
        found = iter(Plan(given).run(at) if given else ())
        return [
            np.zeros(leaf.shape) if each is None else next(found)
            for each, leaf in zip(outputs, [*inputs, *inputs, *inputs], strict=False)
        ]

    got = Plan(nodes).run(at)
    if len(got) != len(values) or not all(map(close, got, values)):
        return "value"
    if not firsts:
        return ""
    score = scored(nodes, 1)
    first = [None for _ in inputs] if score is None else derive.gradient(score, inputs)
    if not all(map(close, run(first), firsts)):
        return "gradient"
    if seconds is None:
        return ""
    score = scored([each for each in first if each is not None], 2)
    second = [None for _ in inputs] if score is None else derive.gradient(score, inputs)
    return "" if all(map(close, run(second), seconds)) else "second order"


def outcome(call: Call) -> str:
    try:
        return compared(call)
    except GradcliError as error:
        return f"{error}"


def samples_of(operation: Any, every: bool) -> list[Any]:
    found = list(operation.sample_inputs("cpu", torch.float64, requires_grad=True))
    if every or len(found) <= MOST:
        return found
    return [found[k * len(found) // MOST] for k in range(MOST)]


def operations(names: Sequence[str], every: bool, show: bool) -> None:
    from torch.testing._internal.common_methods_invocations import op_db

    reasons = {name: why for why, listed in NOT_HERE.items() for name in listed.split()}
    outcomes: dict[str, Counter[str]] = {}
    for operation in op_db:
        if not operation.supports_autograd or (names and operation.name not in names):
            continue
        told = outcomes.setdefault(operation.name, Counter())
        if operation.name in reasons or operation.name.startswith("fft."):
            continue
        for sample in samples_of(operation, every):
            try:
                call = Call(operation, sample)
            except NotWritableError as error:
                told[f"not written: {error}"] += 1
                continue
            try:
                said = outcome(call)
            except Exception as error:  # a fault here, to be mended
                said = f"{type(error).__name__}: {error}"
            told[said] += 1
            if said and show:
                print(f"  {call.expression}  {[tuple(each.shape) for each in call.arrays.values()]}: {said}")
    works = [name for name, told in outcomes.items() if told[""]]
    whole = [name for name in works if set(outcomes[name]) <= {"", "not written: complex or sparse"}]
    print(f"differentiable operations of PyTorch: {len(works)} of {len(outcomes)} work")
    share = len(whole) / max(1, len(works))
    print(f"of these pass all their samples to second order: {len(whole)}, {share:.1%}")
    for name, told in outcomes.items():
        if name in whole:
            continue
        if not told:
            print(f"- {name}: {reasons.get(name, 'complex numbers')}")
            continue
        (said, count), *_ = [each for each in told.most_common() if each[0]]
        why = f" ({DIFFERENT[name]})" if name in DIFFERENT else ""
        print(f"- {name}: {told['']} of {told.total()} pass; {count} times: {said}{why}")


def names_of(module: Any, callables: Sequence[str]) -> None:
    known = [name for name in callables if name in TABLE]
    absent = " ".join(sorted(set(callables) - set(known)))
    print(f"{module}: {len(known)} of {len(callables)}; not here: {absent}")


def names() -> None:
    import scipy.special
    import torch.nn.functional as functional

    ufuncs = [
        name
        for name in dir(np)
        if isinstance(getattr(np, name), np.ufunc) and any("d" in each for each in getattr(np, name).types)
    ]
    names_of("NumPy's ufuncs of doubles, and gcd, lcm", sorted({*ufuncs, "gcd", "lcm"}))
    public = [name for name in dir(torch.special) if not name.startswith("_") and name != "Tensor"]
    names_of("torch.special", [name for name in public if callable(getattr(torch.special, name))])
    public = [name for name in dir(torch.linalg) if not name.startswith("_") and name.islower()]
    names_of("torch.linalg", [name for name in public if callable(getattr(torch.linalg, name))])
    internal = ("has_", "handle_", "boolean_", "assert_", "native_", "grouped_", "scaled_")
    public = [
        name
        for name in dir(functional)
        if callable(getattr(functional, name))
        and name.islower()
        and not name.startswith(("_", *internal))
        and not name.endswith(("_", "_with_indices"))
    ]
    names_of("torch.nn.functional", [*public, "scaled_dot_product_attention"])
    public = [name for name in scipy.special.__all__ if callable(getattr(scipy.special, name))]
    names_of("scipy.special", public)


def main() -> None:
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    flags = [each for each in sys.argv[1:] if each.startswith("--")]
    asked = [each for each in sys.argv[1:] if not each.startswith("--")]
    torch.manual_seed(0)
    if not asked:
        names()
    operations(asked, "--all" in flags, "--show" in flags)


if __name__ == "__main__":
    main()
