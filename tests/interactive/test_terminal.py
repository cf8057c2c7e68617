"""The prompt: keys through a pipe, and the real thing in a real terminal."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import ColorDepth, DummyOutput
from transcripts import ROOT

from gradcli.interactive.commands import COMMANDS
from gradcli.interactive.console import Console
from gradcli.interactive.history import History
from gradcli.interactive.terminal import Colouring, Terminal
from gradcli.language import parser
from gradcli.text.source import Source

TAB, ENTER, UP, CTRL_C, CTRL_D, CTRL_R, ESCAPE = "\t", "\r", "\x1b[A", "\x03", "\x04", "\x12", "\x1b"


def typed(*keys: str, history: tuple[str, ...] = (), **settings: Any) -> str:
    """What a prompt shows for keys; Ctrl-D follows them."""
    shown: list[str] = []
    console = Console(shown.append, shown.append, commands=COMMANDS)
    console.settings.update(settings)
    for entry in history:
        console.history.append(entry)
    with create_pipe_input() as pipe:
        terminal = Terminal(console, input=pipe, output=DummyOutput())
        pipe.send_text("".join(keys) + CTRL_D)
        terminal.run()
    return "\n".join(shown)


def test_lines_run_until_control_d() -> None:
    assert typed("x = 3\r", "backward x**2\r", "x.grad\r") == "x.grad = 6  # 1 pass\n6"


def test_quit_leaves() -> None:
    assert typed("1\r", "quit\r", "2\r") == "1"


def test_an_open_bracket_and_an_open_body_ask_for_more() -> None:
    assert typed("sum([1,\r", "2])\r") == "3"
    # The margin of a body is kept, and an empty line ends it.
    assert typed("x = 9\r", "for i in range(3):\r", "x -= 1\r", "x -= 1\r", "\r", "x\r") == "3"


def test_an_empty_line_does_nothing() -> None:
    assert typed("\r", "   \r", "1\r") == "1"


def test_control_c_clears_the_line() -> None:
    assert typed("1 + 1", CTRL_C, "2\r") == "2"


def test_a_paste_runs_as_a_whole() -> None:
    pasted = ">>> x = 3\n>>> y = x**2\n>>> y\n9\n>>> for i in range(2):\n...     x -= 1\n>>> x\n1"
    assert typed(f"{ESCAPE}[200~{pasted}{ESCAPE}[201~", ENTER) == "9\n1"


def test_tab_completes_what_is_certain() -> None:
    assert typed("\\alpha", TAB, " = 4\r", "α\r") == "4"
    assert typed("weight = 3\r", "wei", TAB, "\r") == "3"
    assert typed("set dig", TAB, " 3\r", "pi\r") == "3.14"
    assert typed("logsi", TAB, "0)\r") == "-0.6931471805599453"


def test_up_searches_by_prefix() -> None:
    assert typed("x", UP, "\r", history=("x = 3; x", "y = 4")) == "3"


def test_a_suggestion_from_history_is_taken_with_right() -> None:
    console = Console(print, print, commands=COMMANDS, history=History())
    console.history.append("x = 3")
    with create_pipe_input() as pipe:
        terminal = Terminal(console, input=pipe, output=DummyOutput())
        buffer = terminal.prompt.default_buffer

        async def load() -> list[str]:
            return [entry async for entry in buffer.history.load()]

        asyncio.run(load())
        suggest = terminal.prompt.auto_suggest
        assert suggest is not None
        suggestion = suggest.get_suggestion(buffer, Document("x ="))
    assert suggestion is not None
    assert suggestion.text == " 3"


def test_keys_of_vi() -> None:
    assert typed("12", ESCAPE, "x", "i3\r", vi=True) == "31"
    assert typed("12", ESCAPE, ENTER, vi=True) == "12"
    assert typed("[1,", ESCAPE, ENTER, "2]\r") == "[1, 2]"


def test_the_found_line_of_a_search_is_taken_with_enter() -> None:
    assert typed(CTRL_R, "x +", ENTER, ENTER, history=("x = 3; x + 1", "y = 4")) == "4"
    assert typed("2", CTRL_R, "x +", CTRL_C, "1\r", history=("x = 3; x + 1",)) in ("1", "21")


def test_a_margin_is_kept_after_a_comment() -> None:
    assert typed("def g(x):  # a: b\r", "return x + 1\r", "\r", "g(1)\r") == "2"


def test_a_line_that_cannot_go_on_is_refused_at_once() -> None:
    assert typed("x = 3\r", "del x,\r", "x\r").endswith("\n3")


def test_a_mistake_in_gradcli_is_one_line_and_the_prompt_goes_on(
    monkeypatch: pytest.MonkeyPatch, unexpected_errors: list[Exception]
) -> None:
    """Wherever it shows: in colours, in completion, in the preview, at Enter, in the run."""
    walk = parser._run

    def mistaken(source: Source, *given: Any) -> Any:
        if "odd" in source.text:
            raise IndexError("of gradcli's own")
        return walk(source, *given)

    monkeypatch.setattr(parser, "_run", mistaken)
    told = "error: a mistake in gradcli itself: IndexError: of gradcli's own\nhint: please report it, "
    whole = typed("odd", TAB, " + 1\r", "1 + 2\r", f"{ESCAPE}[200~odd +\n1{ESCAPE}[201~\r")
    assert whole.count(told) == 2
    assert list(map(type, unexpected_errors)) == [IndexError] * 2
    assert "\n3\n" in whole
    terminal = Terminal(Console(print, print, commands=COMMANDS))
    terminal.ready.set()
    terminal._show_preview("odd + 1")
    assert not terminal.preview


def test_a_preview_is_kept_for_one_line_only() -> None:
    console = Console(print, print, commands=COMMANDS)
    with create_pipe_input() as pipe:
        terminal = Terminal(console, input=pipe, output=DummyOutput())
        terminal.ready.set()
        terminal._show_preview("1 + 2")
        assert terminal.preview == "= 3"
        terminal._show_preview("x = [1, 2] @ [3, 4]")
        assert terminal.preview == "= 11"
        terminal._show_preview("nope")
        assert not terminal.preview
        terminal._show_preview("1 + 2")
        pipe.send_text(CTRL_C)
        with pytest.raises(KeyboardInterrupt):
            terminal.read()
        assert not terminal.preview


def test_colours_can_be_turned_off_and_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("gradcli.interactive.terminal.colour_wanted", lambda stream: True)
    console = Console(print, print, commands=COMMANDS)
    with create_pipe_input() as pipe:
        terminal = Terminal(console, input=pipe, output=DummyOutput())
        assert console.colour
        terminal.enter("set colours off")
        assert not bool(console.colour)
        assert terminal.prompt.color_depth == ColorDepth.DEPTH_1_BIT
        terminal.enter("set colours on")
        assert terminal.prompt.color_depth is None


def test_the_session_goes_on_with_changed_settings() -> None:
    assert typed("set vi on\r", "12", ESCAPE, "x", "i3\r", "set vi off\r", "4\r") == "31\n4"


def test_colours_follow_the_grammar() -> None:
    console = Console(print, print, commands=COMMANDS)

    def coloured(text: str) -> list[list[tuple[str, ...]]]:
        lines = Colouring(console).lex_document(Document(text))
        return [
            [piece[:2] for piece in lines(number) if piece[1].strip()]
            for number in range(text.count("\n") + 1)
        ]

    assert coloured("sin(x)  # so") == [
        [
            ("class:function", "sin"),
            ("class:bracket", "("),
            ("class:name", "x"),
            ("class:bracket", ")"),
            ("class:comment", "# so"),
        ]
    ]
    assert coloured("for i in [1,\n2]:")[1][0] == ("class:number", "2")
    assert coloured("help sin") == [[("class:command", "help"), ("", " sin")]]
    assert coloured("") == [[]]
    for text in ("$$ 'open\n\"", "1__0", "\x1b[31m"):
        shown = "".join(piece[1] for line in coloured(text) for piece in line)
        assert "".join(shown.split()) == "".join(text.split())


def test_the_toolbar_shows_grads_that_are_not_zero() -> None:
    console = Console(print, print, commands=COMMANDS)
    with create_pipe_input() as pipe:
        terminal = Terminal(console, input=pipe, output=DummyOutput())
        assert terminal.toolbar() is None
        for line in ("x = 3", "y = 4", "backward x**2", "backward x**2"):
            console.run(line)
        ((_, text),) = [piece[:2] for piece in terminal.toolbar() or []]
        assert text == "x.grad = 12 (2 passes)"
        console.run("zero")
        assert terminal.toolbar() is None


def test_the_first_prompt_waits_for_no_import_that_it_does_not_need() -> None:
    check = (
        "import gradcli.interactive.start, gradcli.interactive.terminal, sys; "
        "print([name for name in %r if name in sys.modules])"
    )
    unneeded = [
        "numpy",
        "click",
        "lark",
        "tomllib",
        "gradcli.language.parser",
        "gradcli.interactive.help",
        "gradcli.session.state",
    ]
    done = subprocess.run(
        [sys.executable, "-c", check % unneeded], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "[]\n"


# In a real terminal

pexpect = pytest.importorskip("pexpect")


OPEN: list[Screen] = []


@pytest.fixture(autouse=True)
def nothing_goes_on() -> Iterator[None]:
    """Ends what a test that failed has left at work."""
    yield
    while OPEN:
        OPEN.pop().process.close(force=True)


class Screen:
    """gradcli in a terminal of its own, with folders of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.process = pexpect.spawn(
            sys.executable,
            ["-m", "gradcli"],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "TERM": "xterm",
                "PYTHONPATH": str(ROOT),
                # pexpect does not say where the cursor is.
                "PROMPT_TOOLKIT_NO_CPR": "1",
                "LC_ALL": "C.UTF-8",
                **environment,
            },
            encoding=None,
            dimensions=(24, int(environment.get("COLUMNS", "80"))),
            timeout=60,
        )
        OPEN.append(self)

    def line(self, text: str, *shown: str) -> str:
        """Types a line, and waits for what it shows."""
        self.process.send(text.encode() + b"\r")
        seen = b""
        for each in shown:
            self.process.expect_exact(each.encode())
            seen += self.process.before + self.process.after
        return seen.decode("utf-8", "replace")

    def wait(self, text: str) -> bytes:
        """Waits for a text."""
        self.process.expect_exact(text.encode())
        found: bytes = self.process.before
        return found

    def leave(self) -> int:
        """Presses Ctrl-D until the process ends; the exit status.

        A press between two prompts is lost: the terminal takes it for the end of a line that nobody reads.
        """
        for _ in range(60):
            self.process.send(CTRL_D.encode())
            if self.process.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=1) == 0:
                break
        else:
            raise AssertionError("Ctrl-D does not end it")
        self.process.close()
        status: int = self.process.exitstatus
        return status


def test_in_a_terminal(tmp_path: Path) -> None:
    screen = Screen(tmp_path)
    screen.wait(">>> ")
    screen.line("x = 3")
    screen.line("backward x**2", "x.grad = 6  # 1 pass")
    screen.line("sum([1,", "... ")
    screen.line("41])", "42")
    screen.process.send(b"coshx\x7f\t0)\r")
    screen.wait("1\r\n")
    screen.line("2 + foo", "error:", "unknown name foo", "^^^")
    assert screen.leave() == 0
    history = tmp_path / ".local/state/gradcli/history"
    assert "+x = 3\n" in history.read_text()

    again = Screen(tmp_path)
    again.wait(">>> ")
    again.process.send(b"sum" + UP.encode())
    again.wait("= 42")  # the preview
    again.process.send(b"\r")
    again.wait("42\r\n")
    assert again.leave() == 0


def test_control_c_stops_a_computation_and_changes_nothing(tmp_path: Path) -> None:
    screen = Screen(tmp_path)
    screen.wait(">>> ")
    screen.line("x = 3; A = ones(1500, 1500); x", "3\r\n")
    for step in ("x -= 0.001", "A = A @ A / 1500"):
        screen.line("for k in range(1):", "... ")
        screen.line("print(6*7)", "... ")
        screen.line(f"for i in range(10**9): {step}", "... ")
        screen.line("", "42\r\n")  # it has begun, and would go on for hours
        screen.process.sendintr()
        screen.wait("interrupted: this statement changed nothing")
        screen.line("x + 40", "43\r\n")
    assert screen.leave() == 0


def test_a_dumb_terminal_gets_plain_lines(tmp_path: Path) -> None:
    screen = Screen(tmp_path, TERM="dumb")
    screen.wait(">>> ")
    screen.line("x = (3 +", "... ")
    screen.line("1)", ">>> ")
    screen.line("* 2", "error: there is no ans")
    screen.line("x*2", "8")
    screen.line("help sin", "derivative  cos(x)")
    screen.wait(">>> ")
    screen.process.sendintr()
    screen.wait(">>> ")
    assert screen.leave() == 0
    assert b"\x1b" not in screen.process.before


def test_without_colour_nothing_is_coloured(tmp_path: Path) -> None:
    screen = Screen(tmp_path, NO_COLOR="1")
    screen.wait(">>> ")
    screen.process.send(b"sin(0) + foo\r")
    seen = screen.wait("^^^")
    assert not re.search(rb"\x1b\[[0-9;]*3[0-7]m", seen)
    assert screen.leave() == 0


def test_without_utf8_nothing_fails(tmp_path: Path) -> None:
    screen = Screen(tmp_path, LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    screen.wait(">>> ")
    screen.line("2 + foo", "unknown name foo", "give it a value first: foo = ...")
    screen.line("zeros(40, 40)", "shape [40, 40]")
    screen.line("θ = 3", "has no meaning here")  # bytes that are no characters here
    screen.line("x = 3; x + 41", "44\r\n")
    assert screen.leave() == 0


def test_a_narrow_terminal(tmp_path: Path) -> None:
    screen = Screen(tmp_path, COLUMNS="20")
    screen.wait(">>> ")
    seen = screen.line("1 + 2 + 3 + 4 + 5 + 6 + foo", "^^^")
    assert "…" in seen
    screen.line("help", "zero")
    assert screen.leave() == 0


def test_config_and_init_file(tmp_path: Path) -> None:
    config = tmp_path / ".config/gradcli"
    config.mkdir(parents=True)
    (config / "config.toml").write_text("digits = 3\nnope = 1\n")
    (config / "init.grad").write_text("f(x) = x/3\ng(x) =\n")
    screen = Screen(tmp_path)
    screen.wait("there is no setting nope")
    screen.wait("init.grad:2:")
    screen.wait(">>> ")
    (config / "init.grad").write_text("f(x) = x/3\nf(n) = nope\nf(1)\n")
    failing = Screen(tmp_path)
    failing.wait("the 2 statements before it ran\r\n")
    failing.line("undo", "there is nothing to undo")
    assert failing.leave() == 0
    (config / "init.grad").write_text(
        "x = 3\nfor k in range(1):\n    print(6*7)\n    for i in range(10**9): x -= 0.001\n"
    )
    endless = Screen(tmp_path)
    endless.wait("42\r\n")
    endless.process.sendintr()
    endless.wait("interrupted")
    endless.line("x + 40", "43\r\n")
    assert endless.leave() == 0
    (config / "init.grad").write_text("f(x) = x/3\n")
    again = Screen(tmp_path)
    again.line("f(1)", "0.333\r\n")
    assert screen.leave() == again.leave() == 0


def test_history_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / ".local").touch()
    screen = Screen(tmp_path)
    screen.line("1 + 1", "history cannot be read: not a directory")
    screen.line("1 + 2", "3")
    assert screen.leave() == 0
