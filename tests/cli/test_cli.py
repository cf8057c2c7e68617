"""The command line: how words are read, what is written where, and with which status it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transcripts import ROOT, Place

import gradcli
from gradcli.cli.click_door import help_text
from gradcli.cli.commands import ELSEWHERE, declarations
from gradcli.language import parser
from gradcli.text.source import Source

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and devices of POSIX")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("cli"))


def answer(place: Place, *words: str) -> str:
    """What `gradcli eval` writes for words that it must accept without a notice."""
    shown, status = place.in_process(["eval", *words])
    assert status == 0, shown
    return shown


def refused(place: Place, *words: str) -> str:
    shown, status = place.in_process(["eval", *words])
    assert status == 2, shown
    assert shown.startswith("error: ")
    return shown


def run(*words: str, **about: Any) -> subprocess.CompletedProcess[bytes]:
    about = {"capture_output": True, "timeout": 60, "check": False, "cwd": ROOT, **about}
    return subprocess.run([sys.executable, "-m", "gradcli", *words], **about)


# Words


TO_STDERR = """import sys
from sys import stderr
for i in range(40): print(i, end=",", file=sys.stderr)
print("a", end="")
print(1/3, "told", file=stderr)
print("b")
sys.stderr.write("written\\n")
def f(x):
    print("f of", x, file=sys.stderr, flush=True)
    return x**2
print(f(3))
"""
TOLD = f"{','.join(map(str, range(40)))},{1 / 3} told\nwritten\nf of 3\n"


@pytest.mark.parametrize(
    ("words", "shown"),
    [((), "ab\n9\n"), (("--format", "json"), '{"printed": "ab"}\n{"printed": "9"}\n')],
)
def test_a_program_prints_to_stderr(tmp_path: Path, words: tuple[str, ...], shown: str) -> None:
    (tmp_path / "told.py").write_text(TO_STDERR, encoding="utf-8")
    done = run("run", *words, str(tmp_path / "told.py"))
    assert (done.returncode, done.stdout.decode(), done.stderr.decode()) == (0, shown, TOLD)


def test_statements_before_a_value_print_to_stderr() -> None:
    done = run("eval", "import sys; print(3, file=sys.stderr); print(4); 5")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"4\nvalue = 5\n", b"3\n")


@pytest.mark.parametrize(
    "words",
    [
        ("-x**2", "--x", "-4"),
        ("-x**2", "--x=-4"),
        ("-x**2", "x=-4"),
        ("x=-4", "-x**2"),
        ("--x", "-4", "-x**2"),
        ("--x", "-4", "--", "-x**2"),
        ("-x**2", "--x", "-(2+2)"),
        ("-x**2", "--x", "−4"),
        ("-x**2", "x = -4"),
        ("-x**2", "--x", "- 4"),
    ],
)
def test_a_leading_minus_is_data(place: Place, words: tuple[str, ...]) -> None:
    assert answer(place, *words) == "value = -16\nd/dx = 8\n"


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("pi/2", "1.5707963267948966"),
        ("2pi", "6.283185307179586"),
        ("1e-3", "0.001"),
        ("-.5", "-0.5"),
        ("√2", "1.4142135623730951"),
        ("sin(1)**2 + cos(1)**2", "1"),
        ("inf", "inf"),
        ("1 if 2 > 1 else 3", "1"),
        ("1,2,3", "[1, 2, 3]"),
        ("1,", "[1]"),
        ("[1,2,3]", "[1, 2, 3]"),
        ("-1,-2", "[-1, -2]"),
        ("zeros(2)", "[0, 0]"),
        ("[[1,2],[3,4]].T", "[[1, 3],\n         [2, 4]]"),
    ],
)
def test_values_are_expressions(place: Place, value: str, wanted: str) -> None:
    shown = answer(place, "v", "--v", value, "--wrt", "")
    assert shown == f"value = {wanted}\n"
    assert shown == answer(place, "v", f"--v={value}", "--wrt", "")
    assert shown == answer(place, "v", f"v={value}", "--wrt", "")


def test_a_value_may_use_the_values_before_it(place: Place) -> None:
    assert answer(place, "b", "a=3", "b=a**2").splitlines()[0] == "value = 9"


@pytest.mark.parametrize(
    "name", ["lambda", "beta", "E", "I", "N", "e", "max", "θ", "x_1", "μ̂", "_", "zero", "in"]
)
def test_variables_have_the_names_of_real_formulas(place: Place, name: str) -> None:
    assert answer(place, f"{name}**2", f"--{name}", "3") == f"value = 9\nd/d{name} = 6\n"


@pytest.mark.parametrize("option", ["wrt", "format", "json", "digits", "help"])
def test_a_variable_may_be_called_as_an_option(place: Place, option: str) -> None:
    assert answer(place, f"{option}**2", f"{option}=3") == f"value = 9\nd/d{option} = 6\n"


@pytest.mark.parametrize("name", ["μ₁", "x₁₂", "ℏ", "ϵ", "𝑥", "ﬁ"])
@pytest.mark.parametrize("given", ["--{}=3", "{}=3"])
def test_names_are_normalised_as_in_formulas(place: Place, name: str, given: str) -> None:
    assert answer(place, f"2{name}", given.format(name), "--wrt", name).startswith("value = 6\nd/d")


def test_a_variable_may_be_called_zero(place: Place) -> None:
    assert answer(place, "zero", "zero=3") == "value = 3\nd/dzero = 1\n"
    assert answer(place, "y = 2; zero", "zero=3") == "value = 3\nd/dzero = 1\n"


def test_an_equation_is_compared_and_not_taken_for_a_value(place: Place) -> None:
    assert answer(place, "x == 4", "x=4") == "value = True\nd/dx = none\n"
    assert answer(place, "y = x**2", "x=3") == "y = 9\ndy/dx = 6\n"


def test_statements_before_the_expression(place: Place) -> None:
    assert answer(place, "f(t) = t**2; a = f(x); a + 1", "x=3") == "value = 10\nd/dx = 6\n"
    assert answer(place, "def f(t):\n    return t**2\nf(x)", "x=3") == "value = 9\nd/dx = 6\n"
    assert answer(place, "print(x); x", "x=3") == "3\nvalue = 3\nd/dx = 1\n"


def test_wrt_limits_and_orders_the_gradients(place: Place) -> None:
    words = ("x*y*z", "x=2", "y=3", "z=4", "--wrt")
    assert answer(place, *words, "z, x") == "value = 24\nd/dz = 6\nd/dx = 12\n"
    assert answer(place, *words, "") == "value = 24\n"


def test_wrt_may_be_given_twice(place: Place) -> None:
    words = ("x*y*z", "x=1", "y=2", "z=3", "--wrt", "z", "--wrt", "x,z")
    assert answer(place, *words) == "value = 6\nd/dz = 2\nd/dx = 6\n"


def test_none_and_flat_are_different(place: Place) -> None:
    assert answer(place, "x if y > 0 else 2x", "x=1.5", "y=1") == "value = 1.5\nd/dx = 1\nd/dy = none\n"
    assert answer(place, "floor(x) + 0*y", "x=1.5", "y=1") == "value = 1\nd/dx = 0\nd/dy = 0\n"


@pytest.mark.parametrize("wrong", ["--jsno", "--formt=csv", "--wtr", "--digit"])
def test_a_mistyped_option_is_refused_with_a_suggestion(place: Place, wrong: str) -> None:
    for words in (("x**2", "--x", "4", wrong), ("x**2", wrong, "--x", "4"), (wrong, "x**2", "--x", "4")):
        assert "did you mean --" in refused(place, *words)


# Files of values


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("a.csv", "1,2,3\n", [1, 2, 3]),
        ("b.csv", "1\n2\n3\n", [1, 2, 3]),
        ("c.csv", "h,k\n1,2\n3,4\n", [[1, 2], [3, 4]]),
        ("d.txt", "1 2\n3   4\n", [[1, 2], [3, 4]]),
        ("e.txt", "# about\n\n1e3\n", [1000]),
        ("f.tsv", "1\t2\r\n3\t4\r\n", [[1, 2], [3, 4]]),
        ("g.csv", "\ufeff1,2\n", [1, 2]),
        ("h.csv", "1;2\n3;-inf\n", [[1, 2], [3, float("-inf")]]),
    ],
)
def test_text_files_hold_arrays(place: Place, name: str, text: str, wanted: Any) -> None:
    (place.folder / name).write_text(text, encoding="utf-8")
    found = json.loads(answer(place, "v", "--v", f"@{name}", "--wrt", "", "--json"), parse_constant=None)
    assert np.array_equal(np.array(found["value"], dtype=float), wanted)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "bool"])
def test_npy_files_hold_arrays(place: Place, dtype: str) -> None:
    np.save(place.folder / "v.npy", np.array([[1, 0], [0, 1]], dtype=dtype))
    assert answer(place, "sum(v)", "--v", "@v.npy") == "value = 2\nd/dv = [[1, 1],\n        [1, 1]]\n"


def test_a_pickle_is_never_opened(place: Place) -> None:
    np.save(place.folder / "o.npy", np.array([{}], dtype=object), allow_pickle=True)
    shown, status = place.in_process(["eval", "v", "--v", "@o.npy"])
    assert (shown, status) == ("error: o.npy holds Python objects, and no numbers\n", 1)


def test_an_expression_opens_no_file(place: Place) -> None:
    assert "@" in refused(place, "@matrix.csv")
    assert "unknown function open" in refused(place, 'open("matrix.csv")')


# Formats


@pytest.mark.parametrize(("form", "separator"), [("csv", ","), ("tsv", "\t")])
def test_tables_have_a_column_for_each_element(place: Place, form: str, separator: str) -> None:
    shown = answer(place, "[x*y, 1]", "x=2", "y=0.1", "--format", form)
    assert [line.split(separator) for line in shown.splitlines()] == [
        ["value[0]", "value[1]", "dvalue_dx[0]", "dvalue_dx[1]", "dvalue_dy[0]", "dvalue_dy[1]"],
        ["0.2", "1", "0.1", "0", "2", "0"],
    ]


def test_truth_values_are_the_same_in_tables(place: Place) -> None:
    shown = answer(place, "x > 2", "x=3,1", "--wrt", "", "--format", "csv")
    assert shown == "value[0],value[1]\nTrue,False\n"


@pytest.mark.parametrize(
    ("form", "wanted"), [("json", '{"expr'), ("csv", "value,dvalue_dx\n2"), ("tsv", "value\td")]
)
def test_formats_for_programs_hold_one_record_only(place: Place, form: str, wanted: str) -> None:
    assert answer(place, "x; print(x); 2x", "x=1", "--format", form).startswith(wanted)
    assert answer(place, "x; print(x); 2x", "x=1").startswith("1\n1\nvalue = 2\n")


def test_what_others_call_a_command_is_one_here() -> None:
    for name, meant in ELSEWHERE.items():
        command, _, option = meant.partition(" … ")
        declared = next(each for each in declarations() if each.name == command)
        assert name != command
        assert not option or declared.option(option)


def test_help_may_be_asked_for_behind_an_expression(place: Place) -> None:
    assert answer(place, "x", "x=1", "-h").startswith("Usage: gradcli eval")
    assert answer(place, "-h", "h=1").startswith("value = -1\n")


def test_a_file_may_stand_behind_blanks(place: Place) -> None:
    assert answer(place, "sum(x)", "x= @matrix.csv", "--wrt", "") == answer(
        place, "sum(x)", "x=@matrix.csv", "--wrt", ""
    )


def test_json_is_one_object_that_reads_back(place: Place) -> None:
    shown = answer(place, "w @ x", "--w", "1,0.1", "--x", "[3,1e300]", "--json")
    assert shown.count("\n") == 1
    assert json.loads(shown) == {
        "expression": "w @ x",
        "variables": {"w": [1, 0.1], "x": [3, 1e300]},
        "value": 1e299,
        "gradients": {"w": [3, 1e300], "x": [1, 0.1]},
        "warnings": [],
    }


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_json_writes_nan_and_infinities_as_texts(place: Place, value: str) -> None:
    found = json.loads(answer(place, "2*x", f"x={value}", "--json"))
    assert (found["value"], found["gradients"], found["warnings"]) == (value, {"x": 2}, [])


def test_digits_shorten_what_is_printed_and_nothing_else(place: Place) -> None:
    assert answer(place, "x", "x=pi", "--digits", "3") == "value = 3.14\nd/dx = 1\n"
    assert '"value": 3.14,' in answer(place, "x", "x=pi", "--digits", "3", "--json")
    assert answer(place, "1e9*(x - 3.14)", "x=pi", "--digits", "3").startswith("value = 1590000\n")


def test_printed_values_can_be_typed_back_in(place: Place) -> None:
    shown = json.loads(answer(place, "exp(v)", "--v", "[0.1,-3,700]", "--json"))
    again = json.loads(answer(place, "v", "v=" + json.dumps(shown["value"]), "--json"))
    assert again["value"] == shown["value"]


# Scripts


@pytest.mark.parametrize("words", [(), ("run", "-"), ("run",)])
def test_statements_come_from_standard_input(words: tuple[str, ...]) -> None:
    done = run(*words, input=b"x = 3\nbackward x**2\nx.grad\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"x.grad = 6  # 1 pass\n6\n", b"")


@pytest.mark.parametrize(
    ("text", "status", "shown"),
    [
        ("x = 1\nx\n[1, 2] + [1, 2, 3]\nx\n", 1, "1\n"),
        ("x = 1\nx\ny\nx\n", 2, "1\n"),
        ("x = 1\nx\nx +\n", 2, ""),
    ],
)
def test_a_script_stops_at_the_first_error(place: Place, text: str, status: int, shown: str) -> None:
    (place.folder / "stops.grad").write_text(text, encoding="utf-8")
    found, code = place.in_process(["run", "stops.grad"])
    assert code == status
    assert found.startswith(f"{shown}stops.grad:3:")


def test_keep_going_tells_of_the_worst(place: Place) -> None:
    (place.folder / "goes.grad").write_text("[1, 2] + [1, 2, 3]\ny\nx = 1\nx\n", encoding="utf-8")
    found, code = place.in_process(["run", "--keep-going", "goes.grad"])
    assert code == 2
    assert "\n1\nnote: 2 statements did not run\n" in found
    assert found.count("error: ") == 2


def test_a_script_may_have_windows_lines_and_a_byte_order_mark(place: Place) -> None:
    (place.folder / "windows.grad").write_bytes(
        b"\xef\xbb\xbfx = 3\r\ndef f(t):\r\n    return t**2\r\nf(x)\r\n"
    )
    assert place.in_process(["run", "windows.grad"]) == ("9\n", 0)


def test_digits_and_styles_of_scripts(place: Place) -> None:
    (place.folder / "pi.grad").write_text("x = pi\nx\n", encoding="utf-8")
    assert place.in_process(["run", "--digits", "3", "pi.grad"]) == ("3.14\n", 0)
    assert place.in_process(["run", "--style", "torch", "pi.grad"]) == ("3.141592653589793\n", 0)
    (place.folder / "leaf.grad").write_text("x = torch.tensor(pi, requires_grad=True)\nx\n", encoding="utf-8")
    shown = "tensor(3.1416, requires_grad=True)\n"
    assert place.in_process(["run", "--style", "torch", "leaf.grad"]) == (shown, 0)


# How it ends


def test_results_go_to_stdout_and_all_else_to_stderr() -> None:
    done = run("eval", "abs(x)", "x=0")
    assert done.stdout == b"value = 0\nd/dx = 0\n"
    assert done.stderr.startswith(b"note: ")
    assert done.returncode == 0


@POSIX
def test_a_closed_pipe_ends_quietly() -> None:
    endless = "for i in range(2000000):\n    print(i)\n"
    done = subprocess.run(
        ["sh", "-c", '"$0" -m gradcli 2>err | head -n 1; cat err; rm err', sys.executable],
        input=endless.encode(),
        capture_output=True,
        cwd=ROOT,
        timeout=60,
        check=True,
    )
    assert (done.stdout, done.stderr) == (b"0\n", b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [("eval", "1"), ("--help",), ("run", "tests/files/circle.grad")])
def test_output_that_cannot_be_written_is_an_error(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run(*words, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr == b"error: cannot write the output: no space left on device\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("words", "status"),
    [(("eval", "1+"), 2), (("eval", "1", "--bad"), 2), (("eval", "log(-1)"), 0), (("eval", "sum([])[1]"), 1)],
)
def test_what_nobody_can_be_told_ends_as_it_would(words: tuple[str, ...], status: int) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run(*words, capture_output=False, stdout=subprocess.PIPE, stderr=full)
    assert done.returncode == status


@POSIX
def test_ctrl_c_ends_by_the_signal() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gradcli"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"print(1)\nfor i in range(100000):\n    print(i)\n    x = sum(arange(100000))\n")
    process.stdin.close()
    assert process.stdout.read(4) == b"1\n0\n"  # it is inside the loop
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    assert process.wait(timeout=30) == -signal.SIGINT
    assert process.stderr is not None
    assert not process.stderr.read().strip()
    process.stdout.close()
    process.stderr.close()


def test_no_colour_where_no_terminal_asks_for_it() -> None:
    done = run("eval", "1 +", env={**os.environ, "FORCE_COLOR": "1"})
    assert b"\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "words", [["--help"], ["-h"], *([each.name, "--help"] for each in declarations()[1:])]
)
def test_help_of_every_command(place: Place, words: list[str]) -> None:
    shown, status = place.in_process(words)
    assert status == 0
    assert shown.startswith("Usage: gradcli ")


def test_the_version(place: Place) -> None:
    assert place.in_process(["--version"]) == (f"gradcli {gradcli.__version__}\n", 0)


# What is imported


def imports(*code: str) -> set[str]:
    """The modules that a fresh interpreter has after running some code."""
    text = "; ".join((*code, "import sys; sys.stderr.write(' '.join(sys.modules))"))
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, cwd=ROOT, timeout=60, check=True, text=True
    )
    return set(done.stderr.split())


HEAVY = {"click", "lark", "prompt_toolkit", "orjson", "scipy", "pyarrow", "json", "inspect", "difflib"}


def test_import_gradcli_imports_nothing_heavy() -> None:
    assert not imports("import gradcli") & (HEAVY | {"numpy"})


def test_evaluating_imports_only_numpy() -> None:
    got = imports("import gradcli", "gradcli.evaluate('sin(x**2)', {'x': 4})")
    assert "numpy" in got
    assert not got & {"click", "lark", "prompt_toolkit", "orjson", "scipy", "pyarrow"}


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["eval", "--help"], ["eval", "sin("]])
def test_what_needs_no_arithmetic_does_not_import_numpy(words: list[str]) -> None:
    got = imports("from gradcli.cli.commands import main", f"main({words!r})")
    assert "numpy" not in got


def test_eval_imports_no_prompt() -> None:
    got = imports("from gradcli.cli.commands import main", "main(['eval', 'x', 'x=1'])")
    assert not got & {"lark", "prompt_toolkit", "orjson", "scipy", "pyarrow"}


def test_a_script_may_begin_with_text_that_says_what_it_is(place: Place) -> None:
    (place.folder / "told.grad").write_text('"""A square\nof three."""\nx = 3\nx**2\n', encoding="utf-8")
    assert place.in_process(["run", "told.grad"]) == ("9\n", 0)


# Completion


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("gradcli e", {"plain,eval"}),
        ("gradcli eval x*y --", {"plain,--x", "plain,--y", "plain,--wrt", "plain,--help"}),
        ("gradcli eval x*y --x 3 --", {"plain,--y", "plain,--digits"}),
        ("gradcli eval x --format ", {"plain,text", "plain,json", "plain,csv", "plain,tsv"}),
        ("gradcli completion ", {"plain,bash", "plain,zsh", "plain,fish"}),
        ("gradcli map x ", {"file,"}),
    ],
)
def test_a_shell_completes_what_is_declared(words: str, offered: set[str]) -> None:
    place = str(len(words.split(" ")) - 1)
    asked = {"_GRADCLI_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": place}
    done = run(env={**os.environ, **asked})
    assert offered <= set(done.stdout.decode().splitlines())
    assert not done.stderr


def test_help_needs_no_option_of_its_own_for_each_command(place: Place) -> None:
    for command in declarations()[1:]:
        shown, status = place.in_process([command.name, "--help"])
        assert status == 0
        for option in command.options:
            assert option.usage in shown


def test_each_text_is_parsed_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    walk = parser._run

    def counted(source: Source, *given: Any) -> Any:
        parsed.append(source.text)
        return walk(source, *given)

    monkeypatch.setattr(parser, "_run", counted)
    assert answer(place, "sin(x**2)", "--x", "4").startswith("value = ")
    assert parsed == ["sin(x**2)", "4"]


@pytest.mark.parametrize(("columns", "widest"), [("60", 60), ("40", 50), ("300", 100), ("", 80), ("-5", 80)])
def test_help_fits_the_terminal(columns: str, widest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*descriptor: int) -> os.terminal_size:
        raise OSError

    monkeypatch.setattr(os, "get_terminal_size", none)
    monkeypatch.setenv("COLUMNS", columns)
    lines = help_text(declarations(), "eval").splitlines()
    examples = [line for line in lines if line.startswith("  gradcli")]
    assert widest - 12 < max(len(line) for line in lines if line not in examples) <= widest


def test_help_is_a_command_too() -> None:
    assert run("help").stdout == run("--help").stdout
    assert run("help", "map").stdout == run("map", "--help").stdout


_PICTURES = """
import numpy as np
import matplotlib.pyplot as plt
plt.plot([1, 2, 3], [1, 4, 9], label=f"{1 / 3:.2f}")
plt.legend(); plt.title("squares"); plt.xlim(0, 4)
plt.savefig("../../out/squares.svg")
plt.show()
fig, axes = plt.subplots(2, 2)
axes[0, 1].imshow(np.eye(3))
fig.colorbar()
for ax in axes.flat:
    ax.set_xlabel("u")
plt.show()
plt.hist(np.array([1.0, 2.0, 2.0]), bins=3)
"""


def test_pictures_are_drawn_into_their_folder_and_nowhere_else(place: Place) -> None:
    pytest.importorskip("matplotlib")
    (place.folder / "pictures.py").write_text(_PICTURES, encoding="utf-8")
    found, code = place.in_process(["run", "--plots", "out/pictures", "pictures.py"])
    assert (code, found) == (0, "note: drawn into out/pictures: squares.svg, figure-1.png, figure-2.png\n")
    drawn = sorted((place.folder / "out").rglob("*.*"))
    assert [each.relative_to(place.folder / "out").as_posix() for each in drawn] == [
        "pictures/figure-1.png",
        "pictures/figure-2.png",
        "pictures/squares.svg",
    ]
    assert drawn[0].read_bytes()[:4] == b"\x89PNG"
    assert b"<svg" in drawn[2].read_bytes()


def test_what_matplotlib_refuses_is_an_error_at_its_place(place: Place) -> None:
    pytest.importorskip("matplotlib")
    text = "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3], [1, 2])\n"
    (place.folder / "wrong.py").write_text(text, encoding="utf-8")
    found, code = place.in_process(["run", "--plots", "refused", "wrong.py"])
    assert code == 1
    assert found.startswith("wrong.py:2:1: error: Matplotlib says: x and y must have same first dimension")
    assert not (place.folder / "refused").exists()
