"""The command line: translates words, files and streams to the session and back. The only door to click."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from gradcli import __version__
from gradcli.arguments import Words, check_bindings, missing_expression, sort_words
from gradcli.errors import GradcliError, InputError, Notice
from gradcli.render import error_text, notice_text
from gradcli.source import Source


def colour_wanted(stream: Any) -> bool:
    """Whether a stream is a terminal that wants colour."""
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def tell(notice: Notice) -> None:
    """Writes a warning or note to stderr."""
    click.echo(notice_text(notice, colour=colour_wanted(sys.stderr)), err=True)


def complain(error: GradcliError) -> None:
    """Writes an error to stderr."""
    click.echo(error_text(error, colour=colour_wanted(sys.stderr)), err=True)


class FormulaCommand(click.Command):
    """A command whose words hold a formula and values of its variables."""

    takes_files = False

    def options(self) -> dict[str, bool]:
        """Every option of the command, and whether it takes a value."""
        found = {"--help": False}
        for parameter in self.params:
            if isinstance(parameter, click.Option):
                found.update(dict.fromkeys(parameter.opts, not parameter.is_flag))
        return found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Sorts the words first, and lets click read only those that are options."""
        words = sort_words(args, self.options(), self.takes_files)
        ctx.obj = words
        return super().parse_args(ctx, words.options)


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
)
@click.version_option(__version__, message="gradcli %(version)s")
@click.option("--print-config", is_flag=True, help="Print the settings of the prompt, and leave.")
@click.pass_context
def gradcli(context: click.Context, print_config: bool) -> Any:
    """Values and exact gradients of formulas.

    Without a command: statements from a pipe, or a prompt on a terminal.
    """
    if context.invoked_subcommand is None:
        return context.invoke(repl_command, print_config=print_config)
    if print_config:
        print_settings()
        raise click.exceptions.Exit(0)
    return None


DIGITS = click.IntRange(1, 17)


@gradcli.command("eval", cls=FormulaCommand, short_help="Value and all gradients of an expression.")
@click.option("--wrt", metavar="NAMES", help="Only these gradients, as in x,w.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv", "tsv"]),
    default="text",
    show_default=True,
    help="How to print the answer.",
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--digits", type=DIGITS, metavar="N", help="Significant digits to print (1 to 17).")
@click.pass_context
def evaluate_command(context: click.Context, wrt: str | None, form: str, digits: int | None) -> None:
    """Prints the value of EXPR, and its gradient in every variable.

    \b
    gradcli eval "sin(x**2)" --x 4
    gradcli eval "-x**2" x=-4
    gradcli eval "sum(w*x)" --w 1,2,3 --x @inputs.npy --wrt w

    Values are expressions: numbers, pi/2, 1,2,3, [[1,2],[3,4]]; @FILE reads .npy, .csv and .txt.
    """
    from gradcli.api import evaluate_source
    from gradcli.parser import parse
    from gradcli.reports import REPORTS
    from gradcli.styles import Plain
    from gradcli.syntax import names_in
    from gradcli.values import read_values

    words: Words = context.obj
    command = context.command
    assert isinstance(command, FormulaCommand)
    if words.expression is None:
        raise missing_expression(words, command.options())
    source = Source(words.expression)
    used = names_in(parse(source))
    check_bindings(words, used, command.options())
    notices: list[Notice] = []
    values = read_values(words.bindings, notices)
    wanted = None if wrt is None else [name.strip() for name in wrt.split(",") if name.strip()]
    style = Plain(digits)
    answer = evaluate_source(
        source,
        {name: data for name, data in values.items() if name in used},
        wanted,
        show=lambda result: _print_text(style.text(result)),
        unbound_hint="give it a value: --{name} 4",
    )
    for notice in (*notices, *answer.notices):
        tell(notice)
    _print_text(REPORTS[form](answer, digits))


def _print_text(text: str | None) -> None:
    if text is not None:
        sys.stdout.write(text + "\n")


@gradcli.command("run", short_help="Run the statements of a file.")
@click.argument("file", default="-", metavar="FILE")
@click.option(
    "--style",
    type=click.Choice(["plain", "torch"]),
    default="plain",
    show_default=True,
    help="Print plain numbers, or what PyTorch prints.",
)
@click.option("--digits", type=DIGITS, metavar="N", help="Significant digits to print (1 to 17).")
@click.option("--keep-going", is_flag=True, help="Go on after an error; the exit status still tells.")
def run_command(file: str, style: str, digits: int | None, keep_going: bool) -> None:
    """Runs the statements of FILE (- is standard input) and prints the values of its expressions.

    Stops at the first error, with exit status 1 if a computation failed, 2 if the text is wrong.
    """
    name = "<stdin>" if file == "-" else file
    run_script(name, read_text(file), style=style, digits=digits, keep_going=keep_going)


def read_text(file: str) -> str:
    """The text of a script; raises `InputError` for one that cannot be read."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise InputError(f"{file} is not text in UTF-8") from None


def run_script(name: str, text: str, *, style: str, digits: int | None, keep_going: bool) -> None:
    """Runs the statements of a text; raises `GradcliError` at the first error, or at the end."""
    from gradcli.parser import parse
    from gradcli.session import Session
    from gradcli.statements import Runner
    from gradcli.styles import make_style

    chosen = make_style(style, digits)
    program = parse(Source(text, name))
    runner = Runner(Session(), program, lambda result: _print_text(chosen.text(result)), tell)
    runner.tell_disputed()
    failures: list[GradcliError] = []
    for statement in program.statements:
        try:
            runner.step(statement)
        except GradcliError as error:
            sys.stdout.flush()
            complain(error)
            failures.append(error)
            if not keep_going:
                break
    if failures:
        raise SystemExit(max(error.exit_status for error in failures))


@gradcli.command("repl", short_help="A prompt for statements and commands.")
@click.option("--print-config", is_flag=True, help="Print the settings in force, as a config file, and leave.")
def repl_command(print_config: bool) -> int:
    """Reads statements and commands, each on a line, and shows what they give; help says more.

    Settings come from gradcli/config.toml in the folder of XDG_CONFIG_HOME (~/.config).
    """
    if print_config:
        print_settings()
        return 0
    if not sys.stdin.isatty():
        run_script("<stdin>", read_text("-"), style="plain", digits=None, keep_going=False)
        return 0
    from gradcli.prompt import start

    return start()


def print_settings() -> None:
    """Writes the settings of the prompt to stdout, and what is wrong with the user's file to stderr."""
    from gradcli.config import config_file, load_settings, settings_text

    settings, notices = load_settings()
    for notice in notices:
        tell(notice)
    sys.stdout.write(f"# {config_file()}\n{settings_text(settings)}")


# Leaving


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status (and does not return from a signal)."""
    try:
        status = _status(lambda: gradcli.main(args=arguments, prog_name="gradcli", standalone_mode=False))
        sys.stdout.flush()
        return status
    except OSError as error:
        _forget_output()
        complain(GradcliError(f"cannot write the output: {(error.strerror or str(error)).lower()}"))
        return 1


def _status(command: Callable[[], Any]) -> int:
    try:
        outcome = command()
    except GradcliError as error:
        sys.stdout.flush()
        complain(error)
        return error.exit_status
    except click.ClickException as error:
        complain(InputError(_without_stop(error.format_message()), hint=_usage_hint(error)))
        return 2
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1
    except (click.Abort, KeyboardInterrupt):
        die_by_signal()
    except RecursionError:
        complain(GradcliError("this is nested too deeply"))
        return 1
    except MemoryError:
        complain(GradcliError("there is not enough memory for this"))
        return 1
    return outcome if isinstance(outcome, int) else 0


def _without_stop(message: str) -> str:
    text = message.strip().rstrip(".")
    return text[:1].lower() + text[1:]


def _usage_hint(error: click.ClickException) -> str | None:
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{error.ctx.command_path} --help says what there is"
    return None


def die_by_signal() -> None:
    """Ends this process as Ctrl-C ends any filter: by the signal, so that a shell's loop stops too."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)


def _forget_output() -> None:
    """Lets Python's own flush at exit write to nowhere, since the real output is closed or full."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        pass
