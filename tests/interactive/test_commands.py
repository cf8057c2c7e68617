"""The commands of a prompt, and what a prompt does with lines, without a terminal."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kept import Kept
from transcripts import ROOT, run_lines

from gradcli.capabilities.record import NAMES, capability
from gradcli.engine.primitives import ENTRIES, TABLE
from gradcli.interactive.commands import COMMANDS
from gradcli.interactive.completion import candidates, free_names, signs
from gradcli.interactive.console import Console
from gradcli.interactive.entry import aligned, without_prompts
from gradcli.interactive.help import START, domain_text, help_text
from gradcli.interactive.preview import preview
from gradcli.interactive.settings import SETTINGS
from gradcli.language.parser import parse
from gradcli.language.vocabulary import WORDS, Word
from gradcli.render.styles import Plain
from gradcli.session.explain import Explainer
from gradcli.session.state import Session
from gradcli.text.source import Source


def last(*lines: str) -> str:
    """What the last of some lines shows."""
    return run_lines(lines)[-1]


def offered(before: str, session: Session | None = None) -> list[str]:
    return [each.text for each in candidates(before, session or Session(), COMMANDS)]


# Statements


def test_ans_is_the_last_value_shown() -> None:
    assert run_lines(["3 + 4", "ans * 2", "_ + 1"]) == ["7", "14", "15"]


@pytest.mark.parametrize(
    ("line", "shown"),
    [("* 2", "6"), ("/ 2", "1.5"), ("^ 2", "9"), ("** 2", "9"), ("-1", "-1"), ("+1", "1"), ("  *2", "6")],
)
def test_a_line_that_starts_with_an_operator_continues_ans(line: str, shown: str) -> None:
    assert last("1 + 2", line) == shown


def test_a_semicolon_prints_nothing() -> None:
    assert run_lines(["3 + 4;", "ans"]) == ["", "7"]


def test_a_pasted_transcript_runs_without_its_output() -> None:
    text = ">>> x = 3\n>>> y = x**2\n>>> y\n9\n>>> for i in range(2):\n...     x -= 1\n...\n>>> x\n1\n"
    assert run_lines([text]) == ["9\n1"]
    assert without_prompts("a >>> b") == "a >>> b"


def test_cells_of_ipython_and_of_markdown_run() -> None:
    assert (
        last("In [1]: x = 3\nOut[1]: 5\n\nIn [2]: for i in range(2):\n   ...:     x -= 1\n\nIn [3]: x") == "1"
    )
    assert last("Some words:\n```python\nx = 3\nx + 1\n```\nand more\n```\nx\n```") == "4\n3"


def test_a_pasted_cell_runs_and_stops_at_its_first_error() -> None:
    cell = "import torch\nx = torch.tensor(2.0, requires_grad=True)\ny = x**2\ny.backward()\nprint(x.grad)\n"
    assert run_lines([cell]) == ["x.grad = 4  # 1 pass\n4"]
    shown = last("a = 1\nb = a + nope\na\na")
    assert shown.startswith("error: unknown name nope\n  b = a + nope\n          ^^^^")
    assert shown.endswith("note: the 2 statements after it did not run")


def test_commands_in_a_pasted_text_run() -> None:
    assert (
        last(">>> x = 3\n>>> set digits 3\n>>> for i in range(2):\n...     x -= 1\n>>> grad\n")
        == "x.grad = none"
    )


def test_an_error_points_into_the_line() -> None:
    assert last("2 + foo*3") == (
        "error: unknown name foo\n  2 + foo*3\n      ^^^\nhint: give it a value first: foo = …"
    )


@pytest.mark.parametrize("text", ["f(1,", "for i in range(3):", "[1,\n2,", "def f(x):\n    return x"])
def test_what_is_open_asks_for_more(text: str) -> None:
    console = Console(print, print, commands=COMMANDS)
    assert console.is_incomplete(text)
    assert not console.is_incomplete("1 + 1")
    assert not console.is_incomplete("help (")


# Commands


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_every_command_has_words_and_an_example_that_runs(
    command: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = COMMANDS[command.name]  # type: ignore[attr-defined]
    assert found.usage.startswith(found.name)
    assert found.doc.endswith(".")
    lines = without_prompts(found.example).split("\n")
    assert any(line.startswith(found.name) for line in lines)
    assert not any("error" in shown for shown in run_lines(lines))
    assert found.usage in help_text(found.name, COMMANDS)


def test_help_shows_five_lines_that_run() -> None:
    text = last("help")
    assert len(START) == 5
    assert not any("error" in shown for shown in run_lines(text.split("\n")))
    assert run_lines([text]) == ["x.grad = -8.063212421044806  # 1 pass\n-8.063212421044806"]
    assert "undo" in text
    assert "quit" in text


def test_help_sin_says_all_that_the_table_knows() -> None:
    text = last("help sin")
    for part in ("sin(x)", "Sine of x, in radians.", "domain", "derivative  cos(x)", ">>> sin(pi/2)\n  1"):
        assert part in text
    assert "convention" in last("help abs")


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("sin", "all numbers"),
        ("tanh", "all numbers"),
        ("sqrt", "x >= 0"),
        ("log1p", "x > -1"),
        ("asin", "-1 <= x <= 1"),
        ("acosh", "x >= 1"),
        ("asec", "|x| >= 1"),
        ("cot", "all numbers but k*pi, for whole k"),
        ("log", "x > 0"),
        ("rsqrt", "x > 0"),
        ("acoth", "|x| > 1"),
        ("atanh", "-1 < x < 1"),
        ("csch", "x != 0"),
        ("power", ""),
        ("sum", ""),
    ],
)
def test_domains(name: str, domain: str) -> None:
    assert domain_text(TABLE[name]) == domain


def test_help_has_something_on_every_function() -> None:
    everything = last("help functions").split()
    for entry in ENTRIES:
        assert entry.doc in help_text(entry.name, COMMANDS)
        assert entry.name in everything or f"({entry.name})" in everything
    for name in TABLE:
        assert help_text(name, COMMANDS)
    for name in COMMANDS:
        assert name in last("help commands")


def test_help_on_a_function_of_a_distribution_as_it_is_called() -> None:
    for topic in ("norm.cdf", "scipy.stats.norm.cdf(x)"):
        assert help_text(topic, COMMANDS) == help_text("norm_cdf", COMMANDS)


def test_help_on_what_there_is_not() -> None:
    assert last("help sine") == (
        "error: there is no help on sine\n  help sine\n       ^^^^\nhint: did you mean help sin?"
    )
    assert last("help rms").endswith("\nhint: write sqrt(mean(v**2))")
    assert last("sin?") == last("?sin") == last("help sin")
    assert "x + y" in last("help +")


@pytest.mark.parametrize("word", WORDS, ids=lambda word: f"{word.name}-{word.stands}")
def test_every_word_has_help_and_an_example_that_runs(word: Word) -> None:
    assert word.doc.endswith(".")
    shown = run_lines([word.example])[0]
    assert "error" not in shown
    assert word.stands == "statement" or shown
    for spelling in word.spellings:
        assert word.doc in help_text(spelling, COMMANDS)


@pytest.mark.parametrize("name", NAMES)
def test_every_capability_has_help_and_is_offered(name: str) -> None:
    record = capability(name)
    assert record.declared.summary in last(f"help {name}")
    assert record.statement in last(f"help {name}")
    assert record.statement in last("help language")
    assert name in offered(name[:-1])
    assert name in offered(f"help {name[:-1]}")
    assert name not in offered(f"2*{name[:-1]}")


def test_every_command_and_setting_has_help() -> None:
    for name in (*COMMANDS, *SETTINGS):
        assert help_text(name, COMMANDS)


def test_help_on_names_of_the_user() -> None:
    lines = ("x = 3", "y = x**2", "f(a) = a + 1")
    assert last(*lines, "help y") == "y\n  y = 9  # value\n  made of     x**2\n  d/dx        2*x"
    assert last(*lines, "x?") == "x\n  x = 3  # leaf, grad none"
    assert last(*lines, "help f") == "f(a) = a + 1\n  f'(a) = 1"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("f'", "f'(t) = 2*t*cos(t**2)"),
        ("f''", "f''(t) = 2*cos(t**2) - 4*t**2*sin(t**2)"),
        ("g'", "d/da = b*t\nd/db = a*t"),
        ("sin'", "sin'(x) = cos(x)"),
        ("tanh''", "tanh''(x) = 2*tanh(x)*(tanh(x)**2 - 1)"),
        ("help g", "g(a, b) = a*b*t\n  d/da = b*t\n  d/db = a*t"),
    ],
)
def test_a_derivative_alone_is_shown_as_a_formula(line: str, shown: str) -> None:
    """`t` is bound here, and is the parameter of `f` all the same."""
    assert last("t = 3", "f(t) = sin(t**2)", "g(a, b) = a*b*t", line) == shown


def test_a_derivative_without_a_formula_is_the_mistake_that_it_was() -> None:
    assert last("nothing'").startswith("error: a prime must be followed by `(`")
    assert last("f(A) = sum(A @ A)", "help f") == "f(A) = sum(A @ A)"


def test_help_takes_several_topics() -> None:
    assert last("help sin cos") == last("help sin") + "\n\n" + last("help cos")
    assert last("help(sin)") == last("help sin()") == last("help sin  # note") == last("help sin;")


def test_vars_lists_every_name() -> None:
    shown = last(
        "x = 3", "w = [1, 2]", "const c = 5", "y = x**2", "f(a) = a + 1", "backward y", "backward y", "vars"
    )
    assert shown == (
        "name  kind      shape  value   grad  passes\n"
        "x     leaf             3       12         2\n"
        "w     leaf      [2]    [1, 2]  none       0\n"
        "c     constant         5\n"
        "y     value            9\n"
        "f(a) = a + 1"
    )
    assert last("vars") == "no name is bound yet: x = 3 makes a leaf"
    assert last("grad") == "there is no leaf yet: x = 3 makes one"


def test_a_stale_value_says_so() -> None:
    assert "stale value" in last("x = 3", "y = x**2", "x -= 1", "vars")


def test_a_semicolon_keeps_backward_quiet() -> None:
    assert run_lines(["x = 3", "backward x**2;", "x.grad"]) == ["", "", "6"]


def test_print_shows_every_element() -> None:
    assert "…" in last("ones(1500)")
    assert "…" not in last("print(ones(1500))")


def test_backward_prints_what_it_changed_and_how_often() -> None:
    shown = run_lines(
        ["x = 3", "y = x**2", "backward y", "backward y", "grad x", "zero", "grad", "y", "backward"]
    )
    assert shown[2:7] == [
        "x.grad = 6  # 1 pass",
        "x.grad = 12  # 6 added, 2 passes",
        "x.grad = 12  # 2 passes",
        "",
        "x.grad = 0  # 0 passes",
    ]
    assert shown[-1] == "x.grad = 6  # 1 pass"


def test_grad_of_what_has_none() -> None:
    assert "only a leaf has a grad" in last("x = 3", "y = x**2", "grad y")
    assert "unknown name q" in last("grad q")


def test_assigning_over_a_leaf_in_use_is_told_once() -> None:
    shown = run_lines(["x = 3", "y = x**2", "x = 4", "y = x**2", "x = 5", "z = 3", "z = 4"])
    assert shown[2] == (
        "note: y still uses the x from before\n  x = 4\n  ^\n"
        "hint: compute y again to use this one; x -= … changes a leaf in place"
    )
    assert shown[3:] == ["", "", "", ""]


def test_no_note_on_what_the_same_entry_computes_again() -> None:
    assert last("x = 3", "y = x**2", "x = 4; y = x**2") == ""
    assert last("x = 3", "y = x**2", "x = 4\ny = x**2\ny") == "16"
    assert last("x = 3", "y = x**2", "x = 4; z = x").startswith("note: y still uses")


def test_undo_takes_back_one_statement_at_a_time() -> None:
    shown = run_lines(
        ["x = 3", "backward x**2", "x = 4; x = 5", "undo", "x", "undo", "x.grad", "undo", "undo", "undo"]
    )
    assert shown[3:5] == ["took back x = 5", "4"]
    assert shown[5:7] == ["took back x = 4", "6"]
    assert shown[7:] == ["took back backward x**2", "took back x = 3", "error: there is nothing to undo"]


def test_undo_passes_over_what_only_showed_something() -> None:
    assert run_lines(["x = 3", "x -= 1", "x", "print(x)", "x + 1", "undo", "x"])[-2:] == [
        "took back x -= 1",
        "3",
    ]
    # What goes on with ans is no mere look.
    assert run_lines(["x = 3", "3 + 4", "* 2", "undo", "ans"])[-2:] == ["took back ans * 2", "7"]
    assert run_lines(["3 + 4", "5", "undo", "ans", "undo"])[-3:] == ["took back 5", "7", "took back ans"]


def test_undo_of_reset_brings_everything_back() -> None:
    assert run_lines(["x = 3", "reset", "undo", "x", "undo", "undo"])[2:] == [
        "took back reset",
        "3",
        "took back x = 3",
        "error: there is nothing to undo",
    ]


def test_load_is_one_step(tmp_path: Path) -> None:
    file = tmp_path / "a.grad"
    file.write_text("# saved by gradcli\nx = 3\nx -= 1\nbackward x**2\n")
    console_lines = [f"load {file}", "y = x", f"save {tmp_path}/b.grad", "undo", "undo", "vars"]
    shown = run_lines(console_lines)
    assert shown[2] == f"saved 4 statements to {tmp_path}/b.grad"
    assert shown[3:5] == ["took back y = x", f"took back load {file}"]
    assert shown[5].startswith("no name")
    assert (tmp_path / "b.grad").read_text() == "# saved by gradcli\nx = 3\nx -= 1\nbackward x**2\ny = x\n"


def test_a_load_that_fails_says_what_ran(tmp_path: Path) -> None:
    file = tmp_path / "a.grad"
    file.write_text("x = 3\ny = x**2\nnope\nz = 1\n")
    shown = run_lines([f"load {file}", "y", "undo", "undo"])
    assert shown[0].endswith("note: the 2 statements before it ran; undo takes them back")
    assert shown[1:] == ["9", f"took back load {file}", "error: there is nothing to undo"]


def test_save_and_load_make_the_session_again(tmp_path: Path) -> None:
    file = tmp_path / "work.grad"
    shown = run_lines(
        [
            "x = 3",
            "nope",
            "y = x**2; z = nope",
            "* 2",
            "y",
            "*2;",
            "undo",
            "for i in range(2):\n    x -= 1\n",
            f"save {file}",
        ]
    )
    assert shown[-1] == f"saved 4 statements to {file}"
    assert file.read_text() == "# saved by gradcli\nx = 3\ny = x**2\ny\nfor i in range(2):\n    x -= 1\n"
    assert run_lines([f"load {file}", "x", "vars"])[:2] == ["9", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "gradcli", "run", str(file)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert done.stdout == "9\n"
    run_lines(["x = 7", f"save {file}"])
    assert file.read_text() == "# saved by gradcli\nx = 7\n"


def test_save_destroys_nothing(tmp_path: Path) -> None:
    file = tmp_path / "thesis.tex"
    file.write_text("mine")
    assert last("x = 3", f"save {file}").startswith(f"error: {file} exists")
    assert file.read_text() == "mine"
    assert "it is a folder" in last(f"save {tmp_path}")
    assert "no such file" in last(f"save {tmp_path}/no/where")
    assert "no such file" in last(f"load {tmp_path}/nowhere")
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.tex"]


def test_an_error_in_a_loaded_file_says_where(tmp_path: Path) -> None:
    file = tmp_path / "a.grad"
    file.write_text("x = 3\ny = nope\n")
    assert last(f"load {file}").startswith(f"{file}:2:5: error: unknown name nope")


def test_settings() -> None:
    assert run_lines(["set digits 3", "pi", "set digits all", "pi", "set digits"])[1:] == [
        "3.14",
        "",
        "3.141592653589793",
        "digits all",
    ]
    leaf = "w = torch.tensor(3., requires_grad=True)"
    assert last("set style torch", leaf, "w") == "tensor(3., requires_grad=True)"
    assert last("x = 3", "set style torch", "x") == "tensor(3., requires_grad=True)"
    assert run_lines(["set style torch", "x = 3", "y = 4", "x"])[-1] == "3"
    told = [each for each in run_lines(["set style torch", "x = 3", "y = 4"]) if "is a constant" in each]
    assert len(told) == 1
    assert last("set style torch", "set style plain", "x = 3", "backward x**2") == "x.grad = 6  # 1 pass"
    assert last("set digits 40").startswith("error: digits is a number from 1 to 17, or all, not 40")
    assert "did you mean colours?" in last("set colors on")


def test_history_lists_what_was_typed() -> None:
    assert last("x = 3", "y = 4", "history 2") == "2  y = 4\n3  history 2"


# The language comes first


def test_commands_give_way_to_names() -> None:
    assert run_lines(["help = 3", "help", "help + 1", "del help", "vars = 2", "vars"]) == [
        "",
        "3",
        "4",
        "",
        "",
        "2",
    ]
    assert "unknown name vars" in last("vars + 1")
    assert run_lines(["grad(3*x, x)", "x = 2", "grad(x**2, x)"])[-1] == "4"
    assert last("save = 4", "save/2") == "2"
    assert last("undo(x) = 2*x", "undo(4)") == "8"


@pytest.mark.parametrize("word", ["zero", "backward", "del", "save", "undo"])
def test_a_bare_word_that_is_bound_is_a_value(word: str) -> None:
    assert run_lines([f"{word} = 3", "x = 2", "x**2", "backward x", word, f"{word};", "x.grad"])[-3:] == [
        "3",
        "",
        "1",
    ]
    assert run_lines([f"{word} = 3", f"del {word}", "x = 2", "x", "zero", "backward"])[-1].startswith(
        "x.grad"
    )


def test_a_command_may_end_in_a_comment_or_a_semicolon(tmp_path: Path) -> None:
    assert last("x = 3", "vars;") == last("x = 3", "vars  # note") == last("x = 3", "vars; # note")
    assert last("x = 3", "undo;") == "took back x = 3"
    assert last(f"save {tmp_path}/a.grad;  # note").endswith("a.grad")
    assert last(f'save "{tmp_path}/a; #b.grad" # note').endswith("a; #b.grad")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.grad", "a; #b.grad"]
    assert last("set digits = 3; # note", "pi") == last("set digits=3", "pi") == "3.14"


def test_a_path_is_not_a_quotient(tmp_path: Path) -> None:
    assert last("x = 3", f"save {tmp_path}/a").startswith("saved 1 statement ")


def test_a_mistyped_command_is_recognised() -> None:
    assert last("hepl").endswith("hint: did you mean the command help?")
    assert last("undo 3") == "error: undo stands alone\n  undo 3\n       ^\nhint: undo"
    assert run_lines(["quit()", "exit"]) == ["", ""]


# Interruptions


def test_an_interrupted_statement_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    console = Console(shown.append, shown.append, commands=COMMANDS)
    console.enter("x = 3")
    rounds = iter(range(100))

    def update(*_: Any) -> None:
        if next(rounds) == 5:
            raise KeyboardInterrupt
        original(*_)

    original = console.session.step
    monkeypatch.setattr(console.session, "step", update)
    assert not console.enter("for i in range(1000): x -= 0.001")
    assert shown == ["error: interrupted: this statement changed nothing"]
    console.enter("x")
    assert shown[-1] == "3"


def test_a_mistake_in_gradcli_does_not_end_the_session(
    monkeypatch: pytest.MonkeyPatch, unexpected_errors: list[Exception]
) -> None:
    shown: list[str] = []
    console = Console(shown.append, shown.append, commands=COMMANDS)
    monkeypatch.setattr(console.session, "evaluate", lambda *_: 1 / 0)
    monkeypatch.setattr(console.session, "value_of", lambda *_: 1 / 0)
    console.enter("x = 3")
    assert "a mistake in gradcli itself: ZeroDivisionError" in shown[0]
    assert "gradcli --version says: https://" in shown[0]
    assert list(map(type, unexpected_errors)) == [ZeroDivisionError]


# Preview


def test_a_preview_changes_nothing() -> None:
    console = Console(print, print, commands=COMMANDS)
    for line in ("x = 3", "y = x**2", "backward y"):
        console.run(line)
    session = console.session

    def held() -> tuple[object, ...]:
        grads = [cell.grad and cell.grad.held() for cell in session.cells.values()]
        return dict(session.values), [cell.held() for cell in session.cells.values()], grads

    before = held()
    assert console.preview("y + 1") == "10"
    assert console.preview("z = y*2") == "18"
    assert console.preview("* 2") is None  # there is no ans
    assert console.preview("backward y") == "x.grad = 12 # 6 added, 2 passes"
    assert console.preview("x -= 1") == "2"
    assert held() == before
    assert "ans" not in session.values


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "x = 3",
        "2 +",
        "nope",
        "help",
        "for i in range(3): 1",
        "sum(ones(5000, 5000) @ ones(5000, 5000))",
        "eye(5000)",
        "sum(arange(10**8))",
        "f(x) = x",
        "f(1",
        "fib(30)",
    ],
)
def test_what_has_no_preview(text: str) -> None:
    session = Session()
    console = Console(print, print, commands=COMMANDS)
    console.run("fib(n) = n if n < 2 else fib(n - 1) + fib(n - 2)")
    assert console.preview(text) is None
    assert preview(session, "[1, 2, 3] * 2", Plain()) == "[2, 4, 6]"


def test_the_time_of_a_preview_is_checked_and_interrupts_nothing() -> None:
    """A clock that goes on by itself: so many steps are made, and then there is no answer."""
    console = Console(print, print, commands=COMMANDS)
    console.run("x = 3; fib(n) = n if n < 2 else fib(n - 1) + fib(n - 2)")
    ticks = itertools.count()

    def previewed(text: str, seconds: float) -> str | None:
        return preview(console.session, text, Plain(), seconds=seconds, clock=lambda: float(next(ticks)))

    for text in ("fib(30)", "grad(fib(12)*x, x)", "x = fib(30)"):
        first = next(ticks)
        assert previewed(text, 40) is None
        assert next(ticks) - first < 45
    assert previewed("fib(7)", 10_000) == "13"
    assert console.session.data("x") == 3


def test_a_preview_does_not_look_into_long_graphs() -> None:
    console = Console(print, print, commands=COMMANDS)
    console.run(f"x = 1\ny = x{' + sin(x)*2' * 40}\nz = x{' + sin(x)*2.5 + exp(x)' * 600}")
    assert console.preview("grad(y, x)") is not None
    assert console.preview("z*0") == "0"  # its value is there
    for text in ("grad(z, x)", "backward z", f"x{' + sin(x)*2' * 300}"):
        assert console.preview(text) is None


# Completion


def test_names_functions_and_commands_are_offered() -> None:
    console = Console(print, print, commands=COMMANDS)
    console.run("sigma = 3; side(a, b) = a*b")
    session = console.session
    found = {each.text: each for each in candidates("2*si", session, COMMANDS)}
    assert list(found)[:2] == ["sigma", "side("]
    assert found["sin("].about == TABLE["sin"].doc
    assert found["side("].shown == "side(a, b)"
    assert found["sigma"].about == "leaf, 3"
    assert "undo" in offered("un")
    assert "undo" not in offered("1 + un")
    assert offered('print("si') == []
    assert offered("x  # si") == []


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("hess", "hessian("),
        ("x = gra", "grad("),
        ("torch.tens", "tensor("),
        ("for i in ran", "range("),
        ("T", "True"),
        ("wi", "with"),
        ("def f(x):\n    ret", "return"),
        ("def f(length):\n    y = len", "length"),
        ("sum(A, di", "dim="),
        ("tor", "torch."),
        ("help acc", "accumulate"),
        ("(x + 1).sq", "square("),
        ("x[0].sh", "shape"),
    ],
)
def test_what_may_stand_there_is_offered(before: str, text: str) -> None:
    assert text in offered(before)


def test_parameters_of_a_function_of_the_user_are_offered() -> None:
    console = Console(print, print, commands=COMMANDS)
    console.run("side(width, height) = width*height")
    assert offered("side(2, hei", console.session) == ["height="]


def test_attributes_are_offered_after_a_dot() -> None:
    assert {"grad", "T", "sum(", "backward()"} <= set(offered("x."))
    assert offered("x.grad.") == ["zero_()"]
    assert "sin(" in offered("torch.si")
    assert "zeros(" in offered("np.ze")
    assert offered("2.5") == []


def test_what_commands_take_is_offered(tmp_path: Path) -> None:
    console = Console(print, print, commands=COMMANDS)
    console.run("weight = 3")
    assert offered("grad ", console.session) == ["weight"]
    assert offered("del w", console.session) == ["weight"]
    assert {"sin", "sinh"} <= set(offered("help si"))
    assert offered("set st") == ["style"]
    assert offered("set style ") == ["plain", "torch", "numpy", "jax"]
    (tmp_path / "work.grad").touch()
    (tmp_path / "wood").mkdir()
    assert offered(f"load {tmp_path}/wo") == ["wood/", "work.grad"]
    (tmp_path / "two words").touch()
    assert offered(f"load {tmp_path}/tw") == [f'"{tmp_path}/two words"']
    assert offered(f'load "{tmp_path}/work') == [f'"{tmp_path}/work.grad"']
    assert offered("undo ") == offered("history ") == []


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("alpha", "α"),
        ("lambda", "λ"),
        ("Omega", "Ω"),
        ("sigma", "σ"),
        ("sqrt", "√"),
        ("_1", "₁"),
        ("^2", "²"),
        ("eta", "η"),
    ],
)
def test_signs_are_offered_by_name(name: str, sign: str) -> None:
    (found,) = candidates(f"2*\\{name}", Session(), COMMANDS)
    assert (found.text, found.replaces) == (sign, len(name) + 1)


def test_every_sign_is_one_that_the_language_knows() -> None:
    around = {"√": "√x", "⁰": "x⁰"}
    for sign in signs().values():
        digits = "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"
        text = f"x{sign}" if sign in digits else around.get(sign, f"x {sign} y")
        parse(Source(sign if sign.isalpha() or sign == "∞" else text))


def test_free_names_of_an_expression() -> None:
    assert free_names("sin(a*x) + pi*b", ["b"]) == ["a", "x"]
    assert free_names("sin(a*", []) == []


def test_a_preview_explains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for name in ("value", "gradient", "kinks"):
        work = getattr(Explainer, name)

        def counted(*given: Any, name: str = name, work: Any = work) -> Any:
            asked.append(name)
            return work(*given)

        monkeypatch.setattr(Explainer, name, counted)
    console = Console(lambda text: None, lambda text: None, commands=COMMANDS)
    console.enter("x = 1")
    for line in ("log(x-3)", "y = log(x-1)", "backward abs(log(x-1))"):
        assert console.preview(line)
        assert not asked
        console.enter(line)
        assert asked
        asked.clear()


@pytest.mark.parametrize(
    ("typed", "stands"),
    [
        ("if a:\n    b\n    else:", "if a:\n    b\nelse:"),
        ("if a:\n    b\n    elif c: d", "if a:\n    b\nelif c: d"),
        ("for i in r:\n    if a: b\n    else: c", "for i in r:\n    if a: b\n    else: c"),
        ("for i in r:\n    if a:\n        b\n        else:", "for i in r:\n    if a:\n        b\n    else:"),
        ("for i in r:\n    else:", "for i in r:\n    else:"),
        ("else:", "else:"),
        ("if a:\n    elif = 3", "if a:\n    elif = 3"),
    ],
)
def test_an_else_stands_under_its_if(typed: str, stands: str) -> None:
    assert aligned(typed) == stands


def test_uncertain_leaves_are_offered_behind_dof_and_correlation() -> None:
    session = Kept("x = 3 ± 0.1; y = 4 ± 0.2; z = 5; w = x*y").session
    assert offered("dof ", session) == offered("correlation ", session) == ["x", "y"]
    assert offered("correlation x, ", session) == ["x", "y"]
    assert offered("dof y", session) == ["y"]
    assert "z" in offered("dof x = ", session)
    assert not offered("dof ")
