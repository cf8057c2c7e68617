"""What names mean: other names for one leaf, copies, leaves that no name means any more."""

from __future__ import annotations

import pytest
from kept import Kept, shown

import gradcli
from gradcli.text.errors import InputError


@pytest.mark.parametrize("same", ["x", "+x", "(x)", "f(x)", "x if 1 > 0 else 2", "x.contiguous()"])
def test_another_name_for_a_leaf(same: str) -> None:
    assert shown(f"x = 3; f(t) = t; y = {same}\nx -= 1\nprint(x, y)\ny -= 1\nprint(x, y)") == "2 2\n1 1"
    assert shown(f"x = 3; f(t) = t; y = {same}\ny.data = 10\nbackward y**2\ny.grad").endswith("\n20")


@pytest.mark.parametrize(
    "own", ["x.clone()", "x[:]", "f(x)[:]", "x.reshape(2)", "x.T", "where(1 > 0, x, 2)", "x.detach()"]
)
def test_a_copy_of_a_leaf(own: str) -> None:
    assert shown(f"x = [3, 4]; f(t) = t; y = {own}\ny -= 1\nprint(x, y)") == "[3, 4] [2, 3]"


def test_a_copy_hands_on_its_gradient() -> None:
    assert shown("x = 3\nbackward x.clone()**2") == "x.grad = 6  # 1 pass"


def test_ans_keeps_what_was_shown() -> None:
    assert shown("x = 3\nx\nx -= 1\nans") == "3\n3"


def test_a_loop_over_leaves_changes_them() -> None:
    assert shown("a = 3\nb = 5\nfor p in [a, b]: p -= 1\nprint(a, b)") == "2 4"


def test_backward_names_the_leaf_by_what_means_it_now() -> None:
    assert shown("x = 3\nt = x\nx = 5\nbackward t**2") == "t.grad = 6  # 1 pass"
    text = "x = 3\ny = x**2\nx = 4\nbackward y\nbackward y\nx.grad"
    assert shown(text).split("\n")[-3:] == [
        "grad of the earlier x = 6  # 1 pass",
        "grad of the earlier x = 12  # 6 added, 2 passes",
        "none",
    ]


def test_values_that_use_an_earlier_leaf_are_told_once() -> None:
    kept = Kept("x = 3\ny = x**2\nx = 4\nbackward y\nbackward y")
    assert kept.notices == ["y still uses the x from before"]
    assert Kept("x = 3\nt = x\ny = x**2\nx = 4\nbackward y").notices == []
    assert Kept("x = 3\ny = x**2\nx = 4\ny = x**2\nbackward y").notices == []


@pytest.mark.parametrize("text", ["x = 3; x**2", "x = 5", "y = 2; x = y; x"])
def test_a_value_that_is_given_in_vain(text: str) -> None:
    with pytest.raises(InputError, match="x is given a value, and assigned another before it is used"):
        gradcli.evaluate(text, {"x": 2})


def test_a_value_that_is_used_before_it_is_assigned() -> None:
    assert gradcli.evaluate("x = x**2", {"x": 3}).gradients == {"x": 6}
    assert gradcli.evaluate("y = x**2; x = 5; x*y", {"x": 3}).gradients == {"x": 30}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("n = 3\nzeros(n)", "[0, 0, 0]"),
        ("n = 3\nlinspace(0, 1, n)", "[0, 0.5, 1]"),
        ("i = 1\nv = [1, 2, 3]\nprint(v[i:], v[:i], v[i])", "[2, 3] [1] 2"),
        ("n = 2\nx = 0\nfor i in range(n): x += 1\nx", "2"),
        ("n = 2\nv = [1, 2, 3]\ngrad(sum(v[:n])*n, n)", "3"),
    ],
)
def test_sizes_and_counts_are_read_from_leaves(text: str, wanted: str) -> None:
    assert shown(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x.retain_grad()\ntorch.autograd.backward(x**2)", "x.grad = 6  # 1 pass"),
        ("a = [1, 2]\ntorch.cat([a, a], 0)", "[1, 2, 1, 2]"),
        ("a = [1, 2]\ntorch.stack((a, a), 1)", "[[1, 1],\n [2, 2]]"),
        ("a = [[1], [2]]\ntorch.cat([a, a], -1)", "[[1, 1],\n [2, 2]]"),
        ("torch.manual_seed(0)\ntorch.set_default_dtype(torch.float64)\nx", "3"),
        ("t = torch.as_tensor([1, 2])\nt.requires_grad", "False"),
        ("t = torch.FloatTensor([1, 2])\nt.requires_grad", "False"),
        ("y = x.float().to(torch.float64).cpu().double()\ny -= 1\nx", "2"),
        ("y = float(x)\ny.requires_grad", "False"),
        ("int(x + 0.7)", "3"),
        ("for i in range(2): pass\nx", "3"),
        ("backward x**2; x.grad.data.zero_(); x.grad", "x.grad = 6  # 1 pass\n0\n0"),
        ("x.data.zero_();\nx", "0"),
        ("backward x**2\nwith torch.no_grad(): x.sub_(0.5*x.grad)\nx", "x.grad = 6  # 1 pass\n0"),
        ("t = x\nx.data.mul_(2)\nx.add_(1)\nx.div_(2)\nt", "3.5"),
        ("v = [1, 2]\nv.fill_(7)\nprint(v)\nv.copy_([3, 4])\nv", "[7, 7]\n[3, 4]"),
        ("const c = 2\nc.requires_grad = True\nbackward c**2", "c.grad = 4  # 1 pass"),
        ("A = [[1, 2], [3, 4]]\nA[None, 0, None].shape", "[1, 1, 2]"),
        ("N = 4\narange(N)", "[0, 1, 2, 3]"),
        ("const N = 4\narange(1, N + 1)", "[1, 2, 3, 4]"),
        ("from torch.autograd import grad\ngrad(x**3, x)[0]", "27"),
        ("import torch.autograd as ag\nag.grad(x**2, x)[0]", "6"),
        ("x.dtype", "float64"),
        ("x.grad_fn", "none"),
        ("y = x**2\ny.grad_fn", "PowBackward0"),
    ],
)
def test_pytorchs_spelling(text: str, wanted: str) -> None:
    assert shown(f"x = 3\n{text}") == wanted


@pytest.mark.parametrize("name", ["F", "np", "math", "torch"])
def test_a_variable_may_be_called_as_a_library_is(name: str) -> None:
    compiled = gradcli.compile(f"{name}*2 + torch.relu(x)" if name != "torch" else "torch*2 + F.relu(x)")
    assert compiled({name: 3, "x": 1}).value == 7


def test_a_missing_function_is_none_where_names_are_variables() -> None:
    with pytest.raises(gradcli.GradcliError, match="unknown function foo"):
        gradcli.compile("foo(x)")
    with pytest.raises(gradcli.GradcliError, match="x is a value, not a function"):
        gradcli.compile("x + x(2)")
