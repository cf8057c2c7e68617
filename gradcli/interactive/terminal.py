"""The prompt on a terminal: the only door to prompt_toolkit.

What is typed goes to a `Console`; this file draws and edits. The modules that compute are imported in
the background while the first prompt waits for its keys.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER, EditingMode
from prompt_toolkit.filters import (
    Condition,
    completion_is_selected,
    emacs_mode,
    has_completions,
    has_focus,
    is_done,
    is_searching,
)
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import History as PromptHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.vi_state import InputMode
from prompt_toolkit.layout.containers import ConditionalContainer, HSplit, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.processors import HighlightMatchingBracketProcessor
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.shortcuts import CompleteStyle, PromptSession
from prompt_toolkit.styles import Style

from gradcli.interactive.console import Console
from gradcli.interactive.entry import CONTINUATION, PROMPT, aligned
from gradcli.interactive.history import History
from gradcli.text.excerpt import Piece
from gradcli.text.report import colour_wanted

if TYPE_CHECKING:
    from gradcli.interactive.completion import Candidate

REST = 0.06
"""Seconds without a key after which a preview is computed."""

COLOURS = {
    "prompt": "ansigreen",
    "number": "ansicyan",
    "name": "",
    "function": "ansiblue",
    "keyword": "ansimagenta",
    "command": "ansimagenta",
    "operator": "",
    "bracket": "",
    "text": "ansiyellow",
    "comment": "ansibrightblack",
    "error": "ansired underline",
    "matching-bracket.cursor": "bold",
    "matching-bracket.other": "bold underline",
    "preview": "ansibrightblack",
    "mode": "ansibrightblack",
    "auto-suggestion": "ansibrightblack",
    "bottom-toolbar": "noreverse ansibrightblack",
}
"""How each class of token and each part of the prompt looks."""


Given = TypeVar("Given")


def unseen(action: Callable[[], Given]) -> Given | None:
    """What `action` gives; nothing where gradcli itself has a mistake, which must not paint over a prompt.

    It is told where the line is run.
    """
    try:
        return action()
    except Exception:
        return None


class Colouring(Lexer):
    """Colours what is typed by the terminals of the grammar."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """The coloured pieces of each line."""
        lines: list[StyleAndTextTuples] = [[]]
        for style, text in unseen(lambda: list(self._pieces(document.text))) or [("", document.text)]:
            first, *others = text.split("\n")
            lines[-1].append((style, first))
            for each in others:
                lines.append([(style, each)])
        return lambda number: lines[number] if number < len(lines) else []

    def _pieces(self, text: str) -> Iterable[tuple[str, str]]:
        if not text:
            return
        from gradcli.language.highlight import tokens

        end = 0
        command = self.console.command_in(text) is not None
        for span, kind in tokens(text):
            if command and text[: span.start].strip():
                break  # a command's argument is not an expression
            yield "", text[end : span.start]
            yield f"class:{'command' if command else kind}", text[span.start : span.end]
            end = span.end
        yield "", text[end:]


class NameCompleter(Completer):
    """Completes names, attributes, commands and what they take."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What may stand at the cursor."""
        before = document.text_before_cursor
        for each in unseen(lambda: list(_writable(self.console.candidates(before)))) or []:
            yield Completion(each.text, -each.replaces, display=each.shown, display_meta=each.about)


def _writable(found: Iterable[Candidate]) -> Iterator[Candidate]:
    """What the terminal's encoding has signs for."""
    encoding = sys.stdout.encoding or "utf-8"
    for each in found:
        if each.text.isascii() or each.text.encode(encoding, "ignore").decode(encoding) == each.text:
            yield each


class FileHistory(PromptHistory):
    """Lends a console's history to prompt_toolkit."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self.history = history

    def load_history_strings(self) -> Iterable[str]:
        """Every entry, the newest first."""
        return reversed(self.history.entries)

    def store_string(self, string: str) -> None:
        """Keeps an entry."""
        self.history.append(string)


def key_bindings(console: Console) -> KeyBindings:
    """Enter, which runs what is complete, and Tab."""
    keys = KeyBindings()

    typing = has_focus(DEFAULT_BUFFER)

    @keys.add("enter", filter=typing & ~completion_is_selected)
    def _enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        document = buffer.document
        if not document.text.strip():
            buffer.reset()
            buffer.validate_and_handle()
            return
        at_end = not document.text_after_cursor.strip()
        moved = unseen(lambda: aligned(document.text)) if at_end else None
        if moved is not None and moved != document.text:
            buffer.document = document = Document(moved)
        # A block goes on until a line is left empty, and so the cursor decides.
        text = document.text if at_end else document.text + "\n"
        if unseen(lambda: console.is_incomplete(text)):
            line = document.current_line_before_cursor
            margin = line[: len(line) - len(line.lstrip())]
            opens = _opens_block(line)
            buffer.insert_text("\n" + margin + "    " * opens)
        else:
            buffer.validate_and_handle()

    @keys.add("enter", filter=typing & completion_is_selected)
    def _accept_completion(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    @keys.add("escape", "enter", filter=typing & emacs_mode)
    def _newline(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @keys.add("tab", filter=typing & ~has_completions)
    def _complete(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        document = buffer.document
        if "\n" in document.text_before_cursor and not document.current_line_before_cursor.strip():
            buffer.insert_text("    ")
            return
        # At once where only one thing fits: what is typed after Tab may be here already.
        before = document.text_before_cursor
        found = unseen(lambda: list(islice(_writable(console.candidates(before)), 2))) or []
        if len(found) == 1:
            buffer.delete_before_cursor(found[0].replaces)
            buffer.insert_text(found[0].text)
        elif found:
            buffer.start_completion(insert_common_part=True)

    return keys


def _continuation(width: int, line: int, wraps: int) -> StyleAndTextTuples:
    """What stands before a line that is not the first; a line that is broken over rows has it once."""
    return [("", " " * width)] if wraps else [("class:prompt", CONTINUATION)]


def _opens_block(line: str) -> bool:
    """Whether a line ends in `:`, but for a comment."""
    from gradcli.language.layout import scan

    return scan(line)[-2:-1] != [] and scan(line)[-2].kind == "COLON"


class Terminal:
    """A console on a terminal."""

    def __init__(self, console: Console, **about: Any) -> None:
        self.console = console
        self.ready = threading.Event()
        """Set once everything that computes is imported."""
        self._begin: StyleAndTextTuples | None = [("class:preview", "help shows how to begin")]
        """What the first prompt shows until something is typed."""
        self.prompt: PromptSession[str] = PromptSession(
            message=[("class:prompt", PROMPT)],
            multiline=True,
            prompt_continuation=_continuation,
            rprompt=self.mode,
            lexer=Colouring(console),
            completer=NameCompleter(console),
            complete_while_typing=False,
            complete_style=CompleteStyle.COLUMN,
            history=FileHistory(console.history),
            enable_history_search=True,
            auto_suggest=AutoSuggestFromHistory(),
            input_processors=[HighlightMatchingBracketProcessor()],
            key_bindings=key_bindings(console),
            bottom_toolbar=self.toolbar,
            style=Style.from_dict(COLOURS),
            enable_suspend=True,
            **about,
        )
        self.apply_settings()
        # A terminal that does not say where its cursor is goes without the toolbar, and without a warning.
        self.prompt.app.renderer.cpr_not_supported_callback = None
        self.preview = ""
        """The result of what is typed; empty where there is none to show."""
        self._planned: asyncio.TimerHandle | None = None
        self._add_preview()
        self.prompt.default_buffer.on_text_changed += self._plan_preview

    # The preview

    def _add_preview(self) -> None:
        """Puts a line for the preview right below what is typed, and the toolbar at the bottom."""
        layout = self.prompt.layout
        assert isinstance(layout.container, HSplit)
        layout.current_window.dont_extend_height = ~has_completions
        wanted = Condition(lambda: bool(self.preview)) & ~is_done & ~has_completions & ~is_searching
        line = Window(
            FormattedTextControl(lambda: [("class:preview", self._fitted("    " + self.preview))]),
            height=1,
            dont_extend_height=True,
        )
        rest = Window(height=Dimension(min=0, preferred=0))
        layout.container.children.insert(1, ConditionalContainer(line, wanted))
        layout.container.children.insert(-1, ConditionalContainer(rest, ~is_done & ~has_completions))

    def _plan_preview(self, buffer: Buffer) -> None:
        """Computes the preview once the keys have rested for a moment; until then the old one stays."""
        self._cancel_preview()
        if not self.console.settings["preview"] or not buffer.text.strip():
            self.preview = ""
            return
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return  # the text of an entry that is over
        self._plan(buffer.text)

    def _plan(self, text: str) -> None:
        self._planned = asyncio.get_running_loop().call_later(REST, self._show_preview, text)

    def _cancel_preview(self) -> None:
        if self._planned is not None:
            self._planned.cancel()
            self._planned = None

    def _show_preview(self, text: str) -> None:
        if not self.ready.is_set():
            self._plan(text)
            return
        found = unseen(lambda: self.console.preview(text)) or ""
        # What changes a grad says itself which.
        self.preview = found if " = " in found or not found else f"= {found}"
        self.prompt.app.invalidate()

    def _fitted(self, text: str) -> str:
        """A text cut to the width of the terminal, which shows that it was."""
        return Piece.of(text, get_app().output.get_size().columns).text

    def mode(self) -> StyleAndTextTuples:
        """Says in which mode the keys of vi are, where that is not the usual one."""
        app = get_app()
        if app.is_done or app.editing_mode != EditingMode.VI:
            return []
        return [("class:mode", "[nav]")] if app.vi_state.input_mode == InputMode.NAVIGATION else []

    def toolbar(self) -> StyleAndTextTuples | None:
        """The leaves whose grads are not zero, so that nobody forgets them."""
        if not self.console.has_session:
            return None
        from gradcli.render.variables import grads_held

        held = unseen(lambda: grads_held(self.console.session))
        if not held:
            return None
        return [("class:bottom-toolbar.text", self._fitted("  ".join(held)))]

    def read(self) -> str:
        """One entry; raises `EOFError` at its end and `KeyboardInterrupt` at Ctrl-C."""
        self.preview = ""
        begin, self._begin = self._begin, None
        try:
            return self.prompt.prompt(pre_run=self._warm_up, placeholder=begin or "")
        finally:
            self._cancel_preview()

    def _warm_up(self) -> None:
        if self.ready.is_set():
            return
        app = get_app()

        def after_first_drawing(_: Any) -> None:
            app.after_render -= after_first_drawing
            threading.Thread(target=self._import, daemon=True).start()

        app.after_render += after_first_drawing

    def _import(self) -> None:
        try:
            for name in ("gradcli.interactive.preview", "gradcli.interactive.completion"):
                importlib.import_module(name)
        except Exception:
            return  # whatever it is, the line that needs the module will say it
        self.ready.set()

    def run(self) -> None:
        """Reads and runs until the end."""
        console = self.console
        while not console.done:
            try:
                self.enter(self.read())
            except KeyboardInterrupt:
                continue
            except EOFError:
                return

    def enter(self, text: str) -> None:
        """Runs an entry, and does what a changed setting asks for."""
        console = self.console
        console.width = self.prompt.output.get_size().columns
        console.enter(text)
        console.tell_history()
        self.apply_settings()

    def apply_settings(self) -> None:
        """Draws and listens as the settings say now."""
        console = self.console
        coloured = bool(console.settings["colours"]) and not os.environ.get("NO_COLOR")
        console.colour = coloured and colour_wanted(sys.stderr)
        self.prompt.editing_mode = EditingMode.VI if console.settings["vi"] else EditingMode.EMACS
        self.prompt.color_depth = None if coloured else ColorDepth.DEPTH_1_BIT
