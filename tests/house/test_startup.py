"""What a start puts off is there when it is used, and whatever stands on it works as ever."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from transcripts import ROOT

from gradcli.startup import PUT_OFF


def after_a_start(*code: str) -> str:
    """What code writes to stdout in a fresh interpreter that has begun as `gradcli` does."""
    begun = ("import sys; before = {*sys.modules}; from gradcli import startup; startup.prepare()", *code)
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(begun)],
        capture_output=True,
        cwd=ROOT,
        timeout=120,
        check=False,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_an_answer_needs_nothing_that_is_put_off() -> None:
    shown = after_a_start(
        "from gradcli.cli.commands import run",
        "run(['eval', 'norm([[x, 1], [1, 2]] @ [x, 1])', 'x=3', '--wrt', ''])",
        "print([n for n in startup.PUT_OFF if n in before or type(sys.modules[n]) is startup.Later])",
    )
    assert shown.splitlines()[1:] == [str(list(PUT_OFF))]


NEEDED = """
    arrays collecting interruptions records startup trampoline
    cli cli.commands cli.eval cli.output cli.shared cli.values cli.words
    engine engine.calls engine.derive engine.evaluate engine.graph engine.plan engine.plan_cache
    engine.shapes engine.trace
    engine.primitives engine.primitives.arithmetic engine.primitives.complex_kernels
    engine.primitives.elementwise engine.primitives.entry engine.primitives.kernels engine.primitives.late
    engine.primitives.linalg engine.primitives.shaping
    language language.builder language.generated language.layout language.parser language.table language.tree
    language.vocabulary language.walk
    lowering lowering.arguments lowering.binding lowering.context lowering.kinds lowering.lower lowering.names
    lowering.origins
    render render.answer
    session session.answer session.computation session.context session.evaluation session.explain
    session.journal session.runner session.scope session.state
    session.uncertainty session.uncertainty.uncertain session.values
    text text.errors text.options text.source text.suggest text.values
"""
"""What an answer to one expression needs of this package, and so may import: each file more is a delay of
every start. What few expressions need is imported where it is first used."""


def test_a_start_imports_what_its_expression_needs() -> None:
    assert imported_by("eval", "sin(x**2)", "--x", "4") == set(NEEDED.split())


def imported_by(*words: str) -> set[str]:
    """The modules of this package that a command imports."""
    shown = after_a_start(
        "from gradcli.cli.commands import run",
        f"run({list(words)!r})",
        "print(*[n for n in sys.modules if n.startswith('gradcli.')])",
    )
    return {name.removeprefix("gradcli.") for name in shown.splitlines()[-1].split()}


RARE = """
    capabilities.statement documents.magics documents.pages documents.transcript language.mistakes.hints
    lowering.bodies lowering.decorators lowering.derivatives lowering.dictionaries lowering.functions
    lowering.indexing lowering.pythonic lowering.raising lowering.texts
    lowering.transforms lowering.unknown session.answer session.places session.repeating text.excerpt
"""
"""What plain statements of a script need nothing of: mistakes, pages, loops, places, transformations."""


def test_a_run_imports_what_its_statements_need(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("x = 3\ny = x**2 + sin(x)\nbackward y\nx.grad\ny\n", encoding="utf-8")
    found = imported_by("run", str(script))
    assert "session.sweeps" in found
    assert not found.intersection(RARE.split())


def test_rows_import_what_their_formula_needs(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("x\n3\n", encoding="utf-8")
    found = imported_by("map", "sin(x**2)", str(rows))
    assert "streams.delimited" in found
    assert not found.intersection(UNSEEN.split())


UNSEEN = """
    cli.uncertainty pipelines.accumulate pipelines.spread search.sums search.uncertainty
    session.uncertainty.given streams.arrow streams.jsonlines streams.npy
"""
"""What rows of CSV need nothing of: sums, uncertainties, other formats and other machines."""


USES = {
    "docstrings": "import numpy._core._add_newdocs as m; m.add_newdoc; assert numpy.ndarray.__doc__",
    "types": "import numpy.typing as t; assert t.NDArray is not list; t.ArrayLike",
    "parts of a package": "import numpy._typing._array_like as m; m.NDArray",
    "a name of a package": "from numpy._typing import NDArray; assert NDArray is not list",
    "names of a package": "from numpy._typing import ArrayLike, NDArray; assert NDArray is not list",
    "what is not there": "import numpy._typing as t; assert not hasattr(t, 'nothing')",
    "whether it is there": "import importlib.util as u; assert u.find_spec('numpy._typing')",
    "ctypes": "import ctypes.util; assert ctypes.sizeof(ctypes.c_double) == 8; ctypes.util.find_library('c')",
    "ctypes of arrays": "assert numpy.zeros(2).ctypes.data; import numpy.ctypeslib as c; c.ndpointer()",
    "pickle": "import pickle; assert pickle.loads(pickle.dumps(numpy.arange(3))).tolist() == [0, 1, 2]",
    "text": "import linecache, textwrap; assert textwrap.dedent(' x') + linecache.getline('', 1) == 'x'",
    "platform": "import platform; assert platform.system() and platform.platform()",
    "tests of arrays": "numpy.testing.assert_allclose(numpy.ones(2), 1)",
    "scipy": "import scipy.optimize as o; assert abs(o.brentq(lambda x: x**2 - 2, 0, 2) - 2**0.5) < 1e-9",
    "pandas": "import pandas; assert pandas.DataFrame({'x': [1.0, 2.0]}).x.sum() == 3",
    "polars": "import polars; assert polars.DataFrame({'x': [1.0, 2.0]})['x'].sum() == 3",
    "pyarrow": "import pyarrow.parquet, pyarrow.feather; assert pyarrow.array([1, 2]).to_numpy().sum() == 3",
    "sympy": "import sympy; assert str(sympy.diff('x**2')) == '2*x'",
    "signatures": "import inspect; assert str(inspect.signature(lambda x, *, y=1: x)) == '(x, *, y=1)'",
    "signatures by their name": "from inspect import signature; assert list(signature(len).parameters)",
    "signatures of arrays": "import inspect; assert 'axis' in str(inspect.signature(numpy.sum))",
    "texts of types": "assert numpy.dtype('2i4, (2,3)f8').names == ('f0', 'f1')",
    "data classes": "import dataclasses; assert dataclasses.make_dataclass('P', ['x'])(3).x == 3",
    "syntax": "import ast; assert isinstance(ast.parse('1'), ast.Module); assert ast.literal_eval('1')",
    "uuid": "import uuid; assert uuid.uuid4()",
    "tracebacks": "import traceback; assert traceback.format_stack()",
    "gradcli": "import gradcli; assert gradcli.evaluate('x**2', {'x': numpy.float64(3)}).value == 9",
}
PACKAGES = ("scipy", "pandas", "polars", "pyarrow", "sympy")


@pytest.mark.parametrize("what", USES)
def test_everything_works_behind_a_start(what: str) -> None:
    if what in PACKAGES and importlib.util.find_spec(what) is None:
        pytest.skip(f"{what} is not installed")
    after_a_start("import numpy", USES[what])
