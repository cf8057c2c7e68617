"""Arguments by the names that PyTorch and NumPy give their parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcli import GradcliError, evaluate
from gradcli.engine.primitives import TABLE
from gradcli.lowering.binding import meant_by_name

DATA = Path(__file__).parent.parent / "data"

SAME = """\
torch.pow(input=v, exponent=2) = v**2
torch.float_power(v, exponent=2) = v**2
torch.cat(tensors=[v, v], dim=0) = cat([v, v], 0)
torch.stack(tensors=[v, v]) = stack([v, v])
torch.max(v, other=ones(2)) = max(v, ones(2))
torch.max(input=A, dim=1).values = amax(A, 1)
torch.clamp_min(v, min=1.5) = clamp_min(v, 1.5)
torch.matmul(A, other=v) = A @ v
torch.mm(A, mat2=A) = A @ A
torch.mv(A, vec=v) = A @ v
torch.dot(v, tensor=v) = v @ v
torch.atan2(input=v, other=ones(2)) = atan2(v, ones(2))
torch.ldexp(v, other=ones(2)) = ldexp(v, ones(2))
torch.igamma(input=v, other=ones(2)) = igamma(v, ones(2))
np.clip(a=v, a_min=1.5, a_max=2) = clip(v, 1.5, 2)
np.tril(m=A) = tril(A)
np.diag(v=v) = diag(v)
np.searchsorted(a=v, v=1.5) = searchsorted(v, 1.5)
F.mse_loss(v, ones(2), size_average=False, reduction="none") = mse_loss(v, ones(2), reduction="sum")
torch.outer(v, vec2=v) = outer(v, v)
torch.unsqueeze(v, dim=1) = unsqueeze(v, 1)
np.expand_dims(v, axis=0) = unsqueeze(v, 0)
torch.tile(v, dims=(2,)) = tile(v, 2)
torch.split(v, split_size_or_sections=1)[1] = [2]
torch.permute(A, dims=(1, 0)) = A.T
np.transpose(A, axes=(1, 0)) = A.T
np.tensordot(A, A, axes=1) = A @ A
torch.where(v > 1, input=v, other=ones(2)) = where(v > 1, v, ones(2))
torch.searchsorted(sorted_sequence=v, input=1.5) = searchsorted(v, 1.5)
np.linspace(start=0, stop=1, num=4, endpoint=False) = [0, 0.25, 0.5, 0.75]
np.linspace(0, 1, num=3) = [0, 0.5, 1]
np.eye(2, M=3, k=1) = [[0, 1, 0], [0, 0, 1]]
np.arange(start=1, stop=3) = [1, 2]
F.relu(v - 1, inplace=True) = relu(v - 1)
F.relu(v - 1, inplace=False) = relu(v - 1)
F.mse_loss(v, ones(2), size_average=False) = mse_loss(v, ones(2), reduction="sum")
F.mse_loss(v, ones(2), size_average=True) = mse_loss(v, ones(2))
F.mse_loss(v, ones(2), reduce=False) = mse_loss(v, ones(2), reduction="none")
F.mse_loss(v, ones(2), size_average=None, reduce=None) = mse_loss(v, ones(2))
v[:, np.newaxis] = v[:, None]
v[np.newaxis, :, np.newaxis] = v[None, :, None]"""


@pytest.mark.parametrize("line", SAME.splitlines())
def test_a_parameter_by_its_name_elsewhere(line: str) -> None:
    names = "A = [[1, 2], [3, 5]]; v = [1, 2]; "
    given, plain = line.rsplit(" = ", 1)
    found, wanted = evaluate(names + given), evaluate(names + plain)
    assert str(found.value) == str(wanted.value)
    assert str(found.gradients) == str(wanted.gradients)


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("np.linspace(0, 1, 4, endpoints=False)", "did you mean endpoint=?"),
        ("unsqueeze([1, 2], dimm=1)", "did you mean dim=?"),
        ("F.mse_loss([1, 2], [2, 3], size_average=2)", 'write reduction="sum", "mean" or "none"'),
        ("max([1, 2], least=3)", "its parameters are max(*xs, dim=None, keepdim=False)"),
    ],
)
def test_a_parameter_that_is_not_there(expression: str, hint: str) -> None:
    with pytest.raises(GradcliError) as raised:
        evaluate(expression)
    assert raised.value.hint == hint


def operands() -> list[tuple[str, list[str]]]:
    _, *lines = (DATA / "operands.txt").read_text(encoding="utf-8").splitlines()
    found = []
    for line in lines:
        spelled, _, functions = line.partition(": ")
        found += [(function, spelled.split()) for function in functions.split()]
    return found


def test_operands_by_their_names_in_pytorch_are_those_in_their_places() -> None:
    wrong = []
    for name, spelled in operands():
        parameters = TABLE[name].parameters
        meant = [meant_by_name(each, parameters) for each in spelled]
        if meant != [each.name for each in parameters[: len(spelled)]]:
            wrong.append((name, spelled, meant))
    assert not wrong
    assert len(operands()) > 300


@pytest.mark.parametrize("expression", ["torch.sin(other=1)", "torch.cat(other=[1, 2])", "sum(other=[1, 2])"])
def test_no_operand_is_taken_where_a_function_has_none(expression: str) -> None:
    with pytest.raises(GradcliError, match="has no parameter other"):
        evaluate(expression)


def test_a_parameter_given_twice_is_called_as_it_was_typed() -> None:
    with pytest.raises(GradcliError, match="input stands for y, and y is given twice"):
        evaluate("torch.atan2(1, input=2)")
