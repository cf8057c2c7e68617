"""What a lesson may differ by from what it showed, and what not."""

from __future__ import annotations

import pytest

from gradcli.documents.differences import Difference, compare, compare_texts
from gradcli.documents.document import Output

EXCUSED = [
    ("tensor(6.)", "tensor(6.)", "", ""),
    ("6\n", "6", "", ""),
    ("tensor(4.6667)", "tensor(4.6668)", "", "numbers"),
    ("1763.8846435546875", "1763.8848", "", "numbers"),
    ("tensor([1., 0.])", "tensor([ 1.0000, -0.0000])", "", "numbers"),
    ("loss: 0.0001", "loss: 0.0002", "", "numbers"),
    ("loss: 1e-9", "loss: 1.00e-09", "", "numbers"),
    ("tensor([1.0000,\n        2.0000])", "tensor([1.0001, 2.0000])", "", "numbers"),
    ("nan inf", "nan  inf", "", "blanks"),
    ("[1. 2.]", "[1.  2.]", "", "blanks"),
    ("<f at 0x7f3a4c1d2e50>", "<f at 0x55d0aa>", "", "addresses"),
    ("<AddBackward0 object at 0x7fe2>", "<AddBackward0>", "", "addresses"),
    ("<torch._C.Generator at 0x7fe2>", "<torch._C.Generator object>", "", "addresses"),
    ("tensor(4., grad_fn=<PowBackward>)", "tensor(4., grad_fn=<PowBackward0>)", "", "versions"),
    ("'1.10.0+cu102'", "'2.13.0'", "", "versions"),
    ("torch 0.4", "torch 2.13", "print('torch', torch.__version__)", "versions"),
    ("Wall time: 3.2 ms\n4", "4", "%%time\nx", "times"),
    ("3.2 ms ± 4 µs per loop", "", "%timeit x", "times"),
    ("2019-03-04 10:11:12.5", "2026-11-29 18:00:00", "", "times"),
    ("0.0123 s", "0.5 s", "t = time.time()", "times"),
    ("training took 3.5", "training took 9", "start = time()", "times"),
    ("0.0123", "0.5", "time.time() - t", "times"),
    ("<a object at 0x7fe234> 1.0", "<a object at 0x7fe235> 1.00001", "", "addresses numbers"),
]


@pytest.mark.parametrize(("stored", "shown", "code", "reasons"), EXCUSED)
def test_what_a_lesson_may_differ_by(stored: str, shown: str, code: str, reasons: str) -> None:
    assert compare_texts(stored, shown, code) == Difference(tuple(reasons.split()))


DIFFERENT = [
    ("tensor(6.)", "tensor(6., requires_grad=True)", "", "text"),
    ("tensor(4.6667)", "tensor(4.6680)", "", "numbers by 0.0003"),
    ("3", "4", "", "numbers by 0.2"),
    ("tensor(3.)", "tensor(2.)", "", "numbers by 0.3"),
    ("1e-9", "2e-09", "", "numbers by 0.5"),
    ("4.67", "4.68", "", "numbers by 0.002"),
    ("100000", "100001", "", "numbers by 1e-05"),
    ("x3", "x4", "", "text"),
    ("1 2", "1 2 3", "", "text"),
    ("inf", "3", "", "numbers by inf"),
    ("3", "nan", "", "numbers by inf"),
    ("0.0123 s", "0.5 s", "fall(h)", "numbers by 1"),
    ("<AddBackward0>", "<AddBackward1>", "", "text"),
    ("<AddBackward>", "<MulBackward0>", "", "text"),
    ("True", "False", "", "text"),
    ("6", "", "", "text"),
]


@pytest.mark.parametrize(("stored", "shown", "code", "reason"), DIFFERENT)
def test_what_a_lesson_may_not_differ_by(stored: str, shown: str, code: str, reason: str) -> None:
    assert compare_texts(stored, shown, code) == Difference((reason,), False, stored, shown)


def test_without_tolerance_numbers_are_text() -> None:
    assert compare_texts("1.0", "1.00", tolerance=0) == Difference(("text",), False, "1.0", "1.00")
    assert compare_texts("1.0", "1.05", tolerance=0.1) == Difference(("numbers",))
    assert compare_texts("1.000", "1.002", tolerance=1e-9).reasons == ("numbers by 0.002",)


def out(text: str) -> Output:
    return Output("stdout", text)


def result(text: str) -> Output:
    return Output("result", text)


ERROR = Output("error", "no such thing", "NameError")
PICTURE = Output("display", "<Figure size 640x480>", picture=True)
OUTPUTS = [
    ([], [], ""),
    ([out("a\n"), out("b\n")], [out("a\nb\n")], ""),
    ([out("a"), Output("stderr", "mind"), result("3")], [out("a\n"), result("3")], ""),
    ([result("3")], [Output("stderr", "note"), result("3")], ""),
    ([PICTURE], [], "pictures"),
    ([result("[<matplotlib.lines.Line2D at 0x7f>]"), PICTURE], [], "pictures"),
    ([result("Text(0.5, 1.0, 'loss')")], [], "pictures"),
    ([out("a"), ERROR], [out("a"), ERROR._replace(text="other")], "tracebacks"),
    ([out("a"), result("3")], [result("3"), out("a")], ""),
    ([result("3")], [out("3\n")], "text"),
    ([], [out("3\n")], "text"),
    ([result("3")], [], "text"),
    ([out("a"), ERROR], [out("a")], "error"),
    ([out("a")], [out("a"), ERROR], "error"),
    ([out("a"), result("3")], [out("b"), result("3")], "text"),
]


@pytest.mark.parametrize(("stored", "shown", "reasons"), OUTPUTS)
def test_outputs_are_compared_by_what_they_are(
    stored: list[Output], shown: list[Output], reasons: str
) -> None:
    found = compare(stored, shown, "", 1e-4)
    assert found.reasons == tuple(reasons.split())
    assert found.excused == (reasons not in ("text", "error"))
