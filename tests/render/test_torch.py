"""`torch_text` against what PyTorch 2.13 printed (`data/make_torch_prints.py` wrote the samples)."""

from __future__ import annotations

import json
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from transcripts import ROOT

from gradcli.language.parser import parse
from gradcli.render.styles import Plain, Torch
from gradcli.render.torch import torch_text
from gradcli.session.runner import run
from gradcli.session.state import Session
from gradcli.text.source import Source

DATA = ROOT / "tests" / "data"
SAMPLES: list[dict[str, Any]] = json.loads((DATA / "torch_prints.json").read_text(encoding="utf-8"))
EXPRESSIONS: dict[str, Any] = json.loads((DATA / "torch_expressions.json").read_text(encoding="utf-8"))


def printed(program: str, style: Any = None) -> str:
    """What a program writes to stdout, in PyTorch's style unless told."""
    written: list[str | None] = []
    chosen = style or Torch()
    run(Session(), parse(Source(program)), lambda result: written.append(chosen.text(result)), lambda _: None)
    return "\n".join(text for text in written if text is not None)


@pytest.mark.parametrize(("expression", "text"), EXPRESSIONS["expressions"])
def test_expressions_print_as_in_torch(expression: str, text: str) -> None:
    assert printed(f"{EXPRESSIONS['setup']}\nprint({expression})") == text


@pytest.mark.parametrize(
    ("program", "text"),
    [
        ("for i in range(2): print(i, i/2, i*2)", "0 0.0 0\n1 0.5 2"),
        ("for i in torch.arange(2): print(i)", "tensor(0)\ntensor(1)"),
        ("for i in [1, 2]: print(i)", "1\n2"),
        ("for i in [1.0, 2]: print(i)", "1.0\n2"),
        ("const n = 3; const m = n + 1; print(n, m, n/m)", "3 4 0.75"),
        ("x = 3; print(x)", "tensor(3., requires_grad=True)"),
        ("x = torch.tensor(3); x += 1; print(x); x *= 1.5; print(x)", "tensor(4)\ntensor(6.)"),
        ("x = torch.tensor([3, 4]); y = x; z = x.sum(); print(y, z)", "tensor([3, 4]) tensor(7)"),
        ("n(x) = len(x); print(n([1, 2]), n([1, 2])/2)", "2 1.0"),
        ("half(x) = x/2; print(half(3), half(torch.tensor(3)))", "1.5 tensor(1.5000)"),
        ("x = torch.arange(3).float(); print(x, x.mean())", "tensor([0., 1., 2.]) tensor(1.)"),
        ("print((torch.tensor([1, 2]) > 1).float().mean())", "tensor(0.5000)"),
        ("x = torch.tensor(2.5, requires_grad=True); print(float(x), int(x), int(x)/1)", "2.5 2 2.0"),
        ("len([1, 2])", "2"),
        ("x = torch.ones(3, requires_grad=True)**2; print(x.is_leaf)", "False"),
        ("print('a', 1, sep='', end='|'); print('b', end='\\n\\n'); print('c', sep=None)", "a1|b\n\nc"),
        ("print('a', end=' ')\n3", "a \n3"),
        ("x = torch.arange(3)/2; print(x, x.requires_grad)", "tensor([0.0000, 0.5000, 1.0000]) False"),
        ("x = [1, 2]; n = len(x); m = x.shape[0] + 1; print(n, m, n/m)", "2 3 0.6666666666666666"),
        ("x = 2; y = x**2; x -= 1; print(y)", "tensor(4., grad_fn=<PowBackward0>)"),
        ("print(None, 'None')", "None None"),
        ("print(math.sqrt(torch.tensor(4)), math.floor(2.5), round(2.5), round(2.567, 2))", "2.0 2 2 2.57"),
        ("print(end='x')", "x"),
        (
            "print(torch.ones(1, dtype=torch.bool), torch.full((1,), 1.5, dtype=torch.long))",
            "tensor([True]) tensor([1])",
        ),
        (
            "m = torch.tensor([0.2, 0.8]) > 0.5; print(m.float(), m.to(torch.int))",
            "tensor([0., 1.]) tensor([0, 1])",
        ),
        (
            "x = torch.tensor([1, 2]); y = x.double(); print(y, y.tolist(), x)",
            "tensor([1., 2.]) [1.0, 2.0] tensor([1, 2])",
        ),
        (
            "x = torch.tensor([1, 2]); print(x.to(torch.float64).dtype, x.to('cpu').dtype)",
            "torch.float64 torch.int64",
        ),
        (
            "x = torch.tensor([1, 0]); print(x.bool(), x.type(torch.float))",
            "tensor([ True, False]) tensor([1., 0.])",
        ),
        (
            "print(torch.tensor([1.5, 0], dtype=torch.long), torch.tensor(1, dtype=torch.bool))",
            "tensor([1, 0]) tensor(True)",
        ),
        (
            "x = torch.tensor([1., 2.]); print(x.max(0)[1], x.max(0)[0], x.min(0)[1].item())",
            "tensor(1) tensor(2.) 0",
        ),
        ("A = torch.tensor([[1., 5.]]); print(A.max(1)[1].tolist(), torch.max(A, 1)[1])", "[1] tensor([1])"),
        (
            "x = 3\nwith torch.no_grad(): print((x**2).requires_grad, (2*x).is_leaf, x.requires_grad)",
            "False True True",
        ),
        (
            "x = 3; y = x**2\nwith torch.no_grad(): print(y.requires_grad, y)",
            "True tensor(9., grad_fn=<PowBackward0>)",
        ),
        (
            "dtype = torch.float; x = torch.arange(2, dtype=dtype); print(x, torch.tensor([1]).to(dtype))",
            "tensor([0., 1.]) tensor([1.])",
        ),
        (
            "device = torch.device('cpu'); print(f'on {device}', torch.arange(2).astype(float))",
            "on cpu tensor([0., 1.])",
        ),
        (
            "d = torch.device('cuda' if torch.cuda.is_available() else 'cpu'); print(torch.ones(1).to(d))",
            "tensor([1.])",
        ),
    ],
)
def test_kinds_follow_values(program: str, text: str) -> None:
    assert printed(program) == text


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("a = sum(v, 0); b = sum(v); print(a, b)", ("SumBackward1", "SumBackward0")),
        ("a = v.sum(); b = v.sum(0); c = a; print(b, +c)", ("SumBackward1", "SumBackward0")),
        ("a = A.t(); b = A.T; print(a, A.mT, b)", ("TBackward0", "TransposeBackward0", "PermuteBackward0")),
        (
            "a = amax(v); print(v.max(), a, v.max(0).values)",
            ("MaxBackward1", "AmaxBackward0", "MaxBackward0"),
        ),
        ("a = clamp(v, 0); print(clamp_min(v, 0), a)", ("ClampMinBackward0", "ClampBackward1")),
        ("a = [sum(v), sum(v, 0)]; print(a)", ("SumBackward0", "SumBackward1")),
        (
            "def f(x):\n    a = sum(x, 0)\n    b = sum(x)\n    return a\nprint(f(v), sum(v))",
            ("SumBackward1", "SumBackward0"),
        ),
        ("a = sum(v, 0); v -= 1; print(a, a.double())", ("SumBackward1", "SumBackward1")),
        ("a = sum(v) if 1 > 0 else sum(v, 0); b = sum(v, 0); print(a)", ("SumBackward0",)),
        (
            "a = v[:]; b = v.T; print(a, b, v.expand(3))",
            ("SliceBackward0", "PermuteBackward0", "ExpandBackward0"),
        ),
    ],
)
def test_names_of_pytorch_follow_the_spelling(body: str, names: tuple[str, ...]) -> None:
    text = printed(f"v = [1, 2, 3]; A = [[1, 2], [3, 4]]\n{body}")
    found = [part.partition(">")[0] for part in text.split("grad_fn=<")[1:]]
    assert tuple(found) == names


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ("k += 1\n    return k", ("4", "tensor(4)", "4.5")),
        ("for i in range(2): k = k + 1\n    return k", ("5", "tensor(5)", "5.5")),
        ("for i in [1, 2.5]: k = k + i\n    return k", ("6.5", "tensor(6.5000)", "7.0")),
        ("for i in torch.arange(3): k = k + i\n    return k", ("tensor(6)", "tensor(6)", "tensor(6.5000)")),
        ("with torch.no_grad(): k *= 2\n    return k", ("6", "tensor(6)", "7.0")),
        ("const n = k\n    return n/1", ("3.0", "tensor(3.)", "3.5")),
        ("return k if k > 3 else 2*k", ("6", "tensor(6)", "3.5")),
        ("return [k, 2.5, len([k])]", ("[3, 2.5, 1]", "[tensor(3), 2.5, 1]", "[3.5, 2.5, 1]")),
        ("return k*f(k - 1) if k > 1 else 1", ("6", "tensor(6)", "13.125")),
        ("return [k, 1, 2.5][1:][0]", ("1", "1", "1")),
    ],
)
def test_functions_and_loops_give_what_python_gives(body: str, texts: tuple[str, ...]) -> None:
    program = f"def f(k):\n    {body}\nt = torch.tensor(3)\n"
    for given, text in zip(("3", "t", "3.5"), texts, strict=True):
        assert printed(f"{program}print(f({given}))") == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("1 if 2 > 1 else 2.5", "1"),
        ("2.5 if 2 < 1 else 1", "1"),
        ("1 if x > 2 else 2.5", "1"),
        ("1 if x < 2 else 2.5", "2.5"),
        ("where(2 > 1, 1, 2.5)", "1"),
        ("torch.where(t > 1, 1, 2)", "tensor(1)"),
        ("torch.where(torch.tensor([True, False]), 1, 2.5)", "tensor([1.0000, 2.5000])"),
        ("[1, 2.5][0], [1, 2.5][1], [1, 2.5][-1]", "1 2.5 2.5"),
        ("[1, 2.5, 3][1:], [1, 2.5, 3][::2]", "[2.5, 3] [1, 3]"),
        ("[[1, 2], [2.5, 4]], [[1, 2], [2.5, 4]][1][1]", "[[1, 2], [2.5, 4]] 4"),
        ("[x, 2, x**2]", "[tensor(3., requires_grad=True), 2, tensor(9., grad_fn=<PowBackward0>)]"),
        ("torch.tensor(n), n, n/1", "tensor(3) 3 3.0"),
        ("isnan(t).sum(), t.cpu(), t.T, t.data", "tensor(0) tensor(3) tensor(3) tensor(3)"),
        ("math.floor(torch.tensor(2.5)), torch.floor(torch.tensor(2.5))", "2 tensor(2.)"),
        ("round(2.5), round(2.567, 2), round(25.0), round(t)", "2 2.57 25 tensor(3)"),
        ("sum([1, 2]), sum([1, 2.5]), max([1, 2])", "3 3.5 2"),
        ("t and 2, t < 4, not t", "True tensor(True) False"),
        ("torch.full((1,), half)", "tensor([2.5000])"),
        ("n.T, [n, 2.5], t.item()", "tensor(3) [3, 2.5] 3"),
    ],
)
def test_kinds_of_expressions(expression: str, text: str) -> None:
    setup = "x = 3; y = x**2; const n = 3; const half = 2.5; t = torch.tensor(3)\n"
    assert printed(f"{setup}print({expression})") == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("t.numpy(), r.numpy()", "[1 2] [1.  2.5]"),
        ("t.numpy()*2, t.numpy()/2, t.numpy() + 1.5", "[2 4] [0.5 1. ] [2.5 3.5]"),
        ("t.numpy().sum(), t.numpy()[1], t.numpy()[1:], r.numpy().mean()", "3 2 [2] 1.75"),
        ("a, a.T, a.tolist()", "[[1 2]\n [3 4]] [[1 3]\n [2 4]] [[1, 2], [3, 4]]"),
        ("a > 2, (a > 2).sum(), a.astype(float).sum()", "[[False False]\n [ True  True]] 2 10.0"),
        ("a + t, torch.tensor(a[0])", "tensor([[2, 4],\n        [4, 6]]) tensor([1, 2])"),
        ("np.arange(3), np.zeros(2), np.ones(2, dtype=int), np.exp([0, 0])", "[0 1 2] [0. 0.] [1 1] [1. 1.]"),
        ("np.sqrt(4), np.floor(2.5), floor(2.5), np.sum([1, 2])", "2.0 2.0 2 3"),
        ("np.where(a > 2, 1, 0), np.where(a > 2, 1, 0.5)[0]", "[[0 0]\n [1 1]] [0.5 0.5]"),
        (
            'f"{t.numpy()} {t.numpy()!r}", [t.numpy(), t.numpy()]',
            "[1 2] array([1, 2]) [array([1, 2]), array([1, 2])]",
        ),
        ("a.dtype, r.numpy().dtype, t.dtype, (t > 1).numpy().dtype", "int64 float64 torch.int64 bool"),
        ("t.type(), r.type(), (t > 1).type()", "torch.LongTensor torch.DoubleTensor torch.BoolTensor"),
    ],
)
def test_arrays_print_as_in_numpy(expression: str, text: str) -> None:
    setup = "t = torch.tensor([1, 2]); r = torch.tensor([1, 2.5]); const a = np.array([[1, 2], [3, 4]])\n"
    assert printed(f"{setup}print({expression})") == text


def test_an_array_on_a_line_of_its_own_says_what_it_is() -> None:
    assert printed("t = torch.tensor([1, 2])\nt.numpy()\nans/2\nt.numpy().sum()") == (
        "array([1, 2])\narray([0.5, 1. ])\n3"
    )


def test_a_list_of_tensors_keeps_them_apart_under_its_name() -> None:
    program = "x = 3; y = x**2; pair = [x, y]; same = torch.stack([x, y]); print(pair); print(same)"
    pair = "[tensor(3., requires_grad=True), tensor(9., grad_fn=<PowBackward0>)]"
    assert printed(program) == f"{pair}\ntensor([3., 9.], grad_fn=<StackBackward0>)"
    assert printed("x = 3; const pair = [x, 2]; print(pair, pair[1])") == "[tensor(3.), 2] 2"


def test_a_fresh_leaf_in_an_expression_has_a_graph() -> None:
    program = "x = 2; y = x*torch.tensor(3.0, requires_grad=True)*torch.ones(1, requires_grad=True)\n"
    assert printed(program + "y.backward()\nx.grad", Plain()) == "x.grad = 3  # 1 pass\n3"
    assert printed(program + "y") == "tensor([6.], grad_fn=<MulBackward0>)"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ('f"{x}"', "3"),
        ('f"{x!r}|{x=}|{x = }"', "3|x=3|x = 3"),
        ('f"{x:.3f}|{x:d}|{x/7:.2e}"', "3.000|3|4.29e-01"),
        ('f"{[1, 2]}|{1/3}|{x > 2}"', "[1, 2]|0.3333333333333333|True"),
        ("f'{x}', f'''{x}\n'''", "3 3\n"),
        ("f'({x})', f''", "(3) "),
        ("f'(2)", "12"),
        ("""f"{f'(2)}" """, "12"),
        ('f"{x:{6}.{1}f}|{x!s:>4}|{{}}"', "   3.0|   3|{}"),
        ('f"{where(x > 2, [1, 2], 0)[1]:.1f}"', "2.0"),
        ('f"{x.grad}|{x.dtype}|{(2*x).grad_fn}"', "none|float64|MulBackward0"),
    ],
)
def test_formatted_text_in_the_plain_style(text: str, plain: str) -> None:
    assert printed(f"f(x) = x**3; x = 3\nprint({text})", Plain()) == plain


def array(sample: dict[str, Any]) -> Any:
    shape = tuple(sample["shape"])
    if "arange" in sample:
        start, step = sample["arange"]
        return np.array([start + step * i for i in range(int(np.prod(shape)))]).reshape(shape)
    data = np.array(sample["data"])
    return (data if data.dtype == bool else data.astype(float)).reshape(shape)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["text"].split("\n")[0])
def test_prints_as_torch_does(sample: dict[str, Any]) -> None:
    how = {key: sample[key] for key in ("integer", "requires_grad", "grad_fn") if key in sample}
    assert torch_text(array(sample), **how) == sample["text"]


def test_the_samples_are_many_and_varied() -> None:
    texts = [sample["text"] for sample in SAMPLES]
    assert len(texts) > 300
    parts = ["...", ",\n       grad_fn", "\n\n", "e+", "e-", "nan", "inf", "-0.", "True", "size=", "requires"]
    for part in parts:
        assert any(part in text for text in texts), part
    assert not any("dtype" in text for text in texts)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "tensor(3.)"),
        (True, "tensor(True)"),
        (np.float64(1 / 3), "tensor(0.3333)"),
        (np.bool_(False), "tensor(False)"),
        (1e10, "tensor(1.0000e+10)"),
        (1e-4, "tensor(0.0001)"),
        (nan, "tensor(nan)"),
        (-inf, "tensor(-inf)"),
        (np.zeros((0, 3)), "tensor([], size=(0, 3))"),
        (np.zeros(0, dtype=bool), "tensor([])"),
    ],
)
def test_plain_numbers_will_do(value: Any, text: str) -> None:
    assert torch_text(value) == text


def test_grad_fn_goes_before_requires_grad() -> None:
    assert torch_text(1.0, requires_grad=True, grad_fn="SinBackward0") == "tensor(1., grad_fn=<SinBackward0>)"
    assert torch_text(1.0, requires_grad=True) == "tensor(1., requires_grad=True)"
    assert torch_text(1.0, grad_fn="NotImplemented") == "tensor(1., grad_fn=<NotImplemented>)"


def test_the_input_is_left_alone() -> None:
    value = np.arange(2000.0)
    torch_text(value)
    torch_text(value, integer=True)
    assert (value == np.arange(2000.0)).all()
