"""NumPy's functions that pages call: what NumPy gives for the same lines, derivatives, and refusals."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from gradcli.capabilities.behaviours import behaviours
from gradcli.language.parser import parse
from gradcli.render.of_arrays import NumPy
from gradcli.session.makers import OF_NUMPY
from gradcli.session.runner import run
from gradcli.session.state import Session
from gradcli.text.errors import EvaluationError, GradcliError
from gradcli.text.source import Source

GIVEN = """
import numpy as np
v = np.array([0.5, -1.25, 2.0, 1.75, 3.5])
A = np.array([[1., 2., 3.], [4., 5., 6.5]])
k = np.array([3, 1, 1, 2])
"""

SAME = """
(v > 1) & (v < 3)
(v < 0) | (v > 3)
~(v > 1) & (v < 1) | (v > 3)
v[(v > 0)&(v < 2)]
(v < 0)|(v > 3)
6 & 3 | 8
np.append([1, 2], [3, 4])
np.append(A, [[7, 8, 9]], axis=0)
np.insert(v, 1, 9.0)
np.insert(A, [0, 2], 1, axis=1)
np.delete(v, [0, 2])
np.delete(A, 1, axis=1)
np.delete(v, v > 1)
np.resize(v, (2, 4))
np.rollaxis(A, 1)
np.block([[A, A], [np.zeros((1, 6))]])
np.split(v, [1, 3])
np.array_split(k, 3)
np.hsplit(A, 3)
np.c_[v, v**2]
np.c_[np.ones((2, 1)), A]
np.r_[v, 1, 2]
np.r_[1:5, 0]
np.r_[0:1:0.25]
np.mgrid[0:2, 0:3]
np.mgrid[0:1:0.25]
np.ogrid[0:2, 0:3]
np.unravel_index(4, (2, 3))
np.unravel_index(A.argmax(), A.shape)
np.ravel_multi_index((1, 2), (2, 3))
np.tril_indices(3)
np.triu_indices(3, k=1)
np.diag_indices(2)
np.indices((2, 2))
np.ix_([0, 1], [0, 2])
np.flatnonzero(v > 1)
np.nonzero(A > 2)
np.argpartition(v, 2)[2]
np.lexsort((v, v))
np.bincount(k)
np.bincount(k, minlength=6)
np.bincount(k, weights=[1., 2., 3., 4.])
np.isin(k, [1, 2])
np.unique(k, return_counts=True)
np.unique(k, return_inverse=True)
np.unique(v)
np.union1d([1, 2], [2, 3])
np.intersect1d([1, 2, 3], [2, 3, 4])
np.setdiff1d([1, 2, 3], [2])
np.extract(v > 1, v)
np.histogram(v, bins=3)
np.histogram(k, bins=[0, 1, 2, 4], density=True)
np.gradient(v, 0.5)
np.gradient(A, axis=0)
np.gradient(v**2, v)
np.hamming(5)
np.geomspace(1, 1000, 4)
np.logspace(0, 3, 4)
np.polyfit([0., 1., 2., 3.], [1., 3., 5., 7.5], 1).round(9)
np.polyval([1, 2, 3], 2)
np.polyval([1., 2.], v)
np.polyder([1, 2, 3])
np.roots([1, -3, 2])
np.poly1d([1, 2, 3])(v)
np.poly1d([1, 2, 3]).deriv().coeffs
np.shape(A)
np.size(A)
np.size(A, 0)
np.ndim([1, 2])
np.isscalar(3)
np.array_equal(A, A)
np.around(v, 1)
np.copy(k)
np.trunc(v)
np.identity(2)
np.ediff1d(k)
np.array(k, copy=True)
np.finfo(float).eps
np.iinfo(np.int32).max
np.array2string(A, precision=2)
np.vectorize(lambda x: x if x > 1 else 0.5)(v)
np.vectorize(lambda a, b: a + 2*b)(k, 1)
np.apply_along_axis(lambda r: r/r.sum(), 1, A)
np.apply_along_axis(np.sum, 0, A)
np.fromfunction(lambda i, j: i + 2*j, (2, 3))
np.linalg.eigh(np.array([[2., 1.], [1., 3.]])).eigenvalues.round(9)
np.linalg.slogdet(np.eye(2)*2)
np.random.RandomState(3).gamma(2, 3, 2)
np.random.RandomState(3).laplace(0, 1, 2)
np.random.RandomState(3).multinomial(10, [0.2, 0.3, 0.5])
np.random.RandomState(3).beta(2, 3, size=2)
np.random.default_rng(3).geometric(0.3, 4)
np.random.default_rng(3).triangular(0, 1, 2, 2)
"""
"""Lines that show what they show in NumPy, but for blanks."""

PROGRAMS = {
    "a = [1, 2]\nfor i in range(3):\n    a = np.append(a, i)\na": "array([1, 2, 0, 1, 2])",
    "xs = np.split(v, 5)\nxs.append(1)\nlen(xs)": "6",
    "first, second = np.array_split(k, 2)\nsecond": "array([1, 2])",
    "i, j = np.unravel_index(4, (2, 3))\nA[i, j]": "np.float64(5.0)",
    "A[0, :] = np.ones((1, 3))\nA[0]": "array([1., 1., 1.])",
    "def f(r):\n    z = np.zeros((2, 3))\n    z[1, :] = r\n    return z\nf(A[:1])[1]": "array([1., 2., 3.])",
    "t = f'{v[0]*2:.3f}'\nlen(t), t[0], t == '1.000'": "(5, '1', True)",
    "max(len(f'{x:.1f}') for x in v)": "4",
    "x = 2.0\ns = '%.2f' % x\nx = 3.0\ns + '|'": "'2.00|'",
    "p = np.poly1d([2., 1.])\nprint(p.order, p(1))": "1 3.0",
    "p = np.poly1d([2., 0., 1.])\nprint(p)": "   2\n2 x + 1",
    "np.set_printoptions(precision=2, suppress=True)\nnp.array([1e-9, 2.345])": "array([0. , 2.35])",
    "np.set_printoptions(precision=2)\nf'{k/3} {v[0]/3}'": "'[1.   0.33 0.33 0.67] 0.16666666666666666'",
    "np.set_printoptions(2)\nnp.set_printoptions(precision=8)\nk/3": repr(np.array([3, 1, 1, 2]) / 3),
    "with np.errstate(divide='ignore'):\n    y = 1/np.array([0., 2.])\ny": "array([inf, 0.5])",
    "from numpy import around\naround(v, 1)": "array([ 0.5, -1.2, 2. , 1.8, 3.5])",
}
"""What is shown last by the programs."""

GRADIENTS = {
    "np.sum(np.append(x, x**2))": [3.0, 5.0, 7.0],
    "np.sum(np.insert(x, 1, x[0]*x[2])**2)": [20.0, 4.0, 12.0],
    "np.sum(np.c_[x, x**2] @ np.array([1., 2.]))": [5.0, 9.0, 13.0],
    "np.sum(np.delete(x, 1)**2)": [2.0, 0.0, 6.0],
    "np.sum(np.resize(x, 5))": [2.0, 2.0, 1.0],
    "np.sum(np.concatenate(np.split(x, 3))**2)": [2.0, 4.0, 6.0],
    "np.sum(np.polyval(np.array([1., 2., 3.]), x))": [4.0, 6.0, 8.0],
    "np.sum(np.polyval(x, 2.))": [4.0, 2.0, 1.0],
    "np.sum(np.vectorize(lambda t: t**2)(x))": [2.0, 4.0, 6.0],
    "np.sum(np.apply_along_axis(lambda r: r**2, 0, x))": [2.0, 4.0, 6.0],
}

REFUSED = {
    "v > 0 & v < 1": "`&` joins truth values, or whole numbers",
    "(v > 0) | v": "`|` joins truth values, or whole numbers",
    "np.delete(v, 10)": "index 10 is out of bounds",
    "np.append(A, [1], axis=0)": "must have same number of dimensions",
    "np.roots([1, 0, 1])": "complex",
    "np.tri(100000000)": "elements at most",
    "np.bincount([1e15])": "elements at most",
    "np.tril_indices(10000000)": "elements at most",
    "np.append(v)": "append needs values",
    "np.vectorize(3)": "this is no function",
    "np.mgrid[3]": "a grid is made of slices",
    "np.mgrid[0:1e6, 0:1e6]": "elements at most",
    "np.ogrid[0:1e12]": "elements at most",
    "np.r_[0:1e12]": "elements at most",
    "np.resize(v, (100000, 100000))": "elements at most",
    "grad(lambda x: np.sum(np.polyfit(x, x**2, 1)))(v)": "nothing is differentiated here",
    "grad(lambda x: np.sum(np.gradient(x**2)))(v)": "nothing is differentiated here",
    "np.set_printoptions(formatter=None)": "no option formatter",
    "np.set_printoptions(sign='x')": "sign option must be one of",
    "np.random.beta(-1, 2)": "beta: a <= 0",
}


def _shown(text: str) -> list[str]:
    found: list[Any] = []
    run(Session(), parse(Source(GIVEN + text)), found.append, lambda notice: None, behaviours)
    style = NumPy()
    return [style.text(each) or "" for each in found]


def _blank(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_what_numpy_shows() -> None:
    lines = SAME.split("\n")[1:-1]
    names: dict[str, Any] = {}
    exec(GIVEN, names)
    there = [repr(eval(line, names)) for line in lines]
    for line, wanted, shown in zip(lines, there, _shown(SAME), strict=True):
        assert _blank(shown) == _blank(wanted), line


@pytest.mark.parametrize("text", PROGRAMS)
def test_programs(text: str) -> None:
    assert _blank(_shown(text)[-1]) == _blank(PROGRAMS[text])


@pytest.mark.parametrize("text", GRADIENTS)
def test_gradients(text: str) -> None:
    program = f"from autograd import grad\ngrad(lambda x: {text})(np.array([1., 2., 3.]))"
    assert _shown(program)[-1] == repr(np.array(GRADIENTS[text]))


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(GradcliError, match=re.escape(REFUSED[text])):
        _shown(f"from autograd import grad\n{text}")


def test_arrays_of_a_page_of_hips_are_numpys() -> None:
    program = (
        "import autograd.numpy as np\nfrom autograd import grad\nw = np.array([1., 2., 4.])\nw.var(), w.size"
    )
    found: list[Any] = []
    told: list[Any] = []
    run(Session(), parse(Source(program)), found.append, told.append, behaviours)
    assert not told
    assert float(found[-1].parts[0].data) == pytest.approx(np.var([1.0, 2.0, 4.0]), rel=1e-15)


@pytest.mark.parametrize("file", OF_NUMPY)
def test_each_file_has_what_is_looked_for_in_it(file: str) -> None:
    made = import_module(f"gradcli.session.objects.{file}").MAKERS
    names = OF_NUMPY[file].split()
    assert sorted(made) == sorted(f"{module}.{name}" for module in ("numpy", "jax.numpy") for name in names)


def test_a_call_without_what_numpy_needs_is_shown_whole() -> None:
    with pytest.raises(EvaluationError, match="missing 1 required") as caught:
        _shown("np.polyfit(v, v)")
    assert str(caught.value.hint).startswith("np.polyfit(x, y, deg")


def test_an_error_of_numpy_points_at_the_call() -> None:
    with pytest.raises(EvaluationError) as caught:
        _shown("1 + np.insert(v, 7, 1)")
    (mark,) = caught.value.marks
    assert mark.source.text[mark.span.start : mark.span.end] == "np.insert(v, 7, 1)"
