"""The command line: translates words, files and streams to the session and back. The only door to click."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from gradcli import __version__, oneshot
from gradcli.arguments import Words, sort_words
from gradcli.errors import GradcliError, InputError
from gradcli.source import Source
from gradcli.terminal import complain, die_by_signal, finish, tell, write


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

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """How the words stand in a usage line."""
        files = ["[FILE]..."] if self.takes_files else []
        return ["EXPR", "[--NAME VALUE | NAME=VALUE]...", *files, "[OPTIONS]"]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Sorts the words first, and lets click read only those that are options."""
        if args == ["-h"]:  # among other words it is the expression -h
            args = ["--help"]
        try:
            words = sort_words(args, self.options(), self.takes_files)
        except InputError:
            if not ctx.resilient_parsing:
                raise
            words = Words([], None, [], [])  # what a shell wants completed need not be right yet
        ctx.obj = words
        return super().parse_args(ctx, words.options)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """What a shell may offer: options, and the variables of the expression that has been typed."""
        from click.shell_completion import CompletionItem

        found = super().shell_complete(ctx, incomplete)
        words: Words = ctx.obj
        if words.expression is not None:
            from gradcli.completion import free_names

            names = free_names(words.expression, [name for name, _ in words.bindings])
            options = [f"--{name}" for name in names]
            items = [CompletionItem(each, help="a variable") for each in options]
            found = [each for each in items if each.value.startswith(incomplete)] + found
            if self.takes_files and not incomplete.startswith("-"):
                found.append(CompletionItem(incomplete, type="file"))
        return found


class FileCommand(FormulaCommand):
    """A command whose words hold a formula and the names of files."""

    takes_files = True

    def invoke(self, ctx: click.Context) -> Any:
        """Runs it; Ctrl-C ends it as it ends any filter, without the empty line that click writes."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            return die_by_signal()


def _with(options: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """Several options at once, as one decorator."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


FORMATS = ("csv", "tsv", "jsonl", "npy", "npz", "parquet", "arrow")


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
DIGITS.name = "whole number"  # what click calls it where it is none


def _click_option(option: oneshot.Option) -> click.Option:
    """An option of `eval`, as click declares it."""
    if option.sets is not None:
        return click.Option([option.name, option.parameter], flag_value=option.sets, help=option.help)
    kind = (
        click.Choice(option.choices)
        if option.choices
        else click.IntRange(*option.limits)
        if option.limits
        else None
    )
    return click.Option(
        [option.name, option.parameter],
        type=kind,
        metavar=option.metavar,
        default=option.default,
        show_default=option.default is not None,
        help=option.help,
    )


def evaluate_command(wrt: str | None, form: str, digits: int | None) -> None:
    """Answers `gradcli eval`."""
    oneshot.answer(click.get_current_context().obj, wrt, form, digits)


gradcli.add_command(
    FormulaCommand(
        "eval",
        params=[_click_option(option) for option in oneshot.OPTIONS],
        callback=evaluate_command,
        help=oneshot.HELP,
        short_help="Value and all gradients of an expression.",
    )
)


@gradcli.command("run", short_help="Run the statements of a file.")
@click.argument("file", default="-", metavar="FILE", type=click.Path())
@click.option(
    "--style",
    type=click.Choice(["plain", "torch"]),
    default="plain",
    show_default=True,
    help="Print plain numbers, or what PyTorch prints.",
)
@click.option("--digits", type=DIGITS, metavar="N", help="Significant digits to print.")
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
    runner = Runner(Session(), program, lambda result: write(chosen.text(result)), tell)
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


READING: list[Callable[[Any], Any]] = [
    click.option("--from", "source_format", type=click.Choice(FORMATS), help="The format of the input."),
    click.option("--csv", "both", flag_value="csv", help="CSV in (and out)."),
    click.option("--tsv", "both", flag_value="tsv", help="TSV in (and out)."),
    click.option("--jsonl", "both", flag_value="jsonl", help="JSON lines in (and out)."),
    click.option("--no-header", is_flag=True, help="The first line is a row; the columns are c1, c2, …"),
    click.option("--names", metavar="NAMES", help="The columns of a table without names, as in x,y."),
    click.option("--bind", "binds", multiple=True, metavar="NAME=COLUMN", help="A name of a column."),
    click.option("--def", "definitions", multiple=True, metavar="FILE", help="A file of functions."),
    click.option("--wrt", metavar="NAMES", help="Only these gradients, as in x,w."),
    click.option(
        "--on-error",
        type=click.Choice(["fail", "nan", "skip"]),
        default="fail",
        show_default=True,
        help="What to do about a row that cannot be read.",
    ),
    click.option("--na", metavar="WORDS", help='Cells that are read as nan, as in "NA,null,".'),
    click.option("--progress", is_flag=True, help="Count the rows on stderr."),
    click.option("--digits", type=DIGITS, metavar="N", help="Significant digits of the results."),
]
"""The options of every command that reads rows."""


def _settings(both: str | None, no_header: bool, na: str | None, **options: Any) -> Any:
    """The settings of a pipeline, from its options."""
    from gradcli.table import Settings

    given = options.pop("source_format") or both
    words = () if na is None else tuple(each.strip() for each in na.split(","))
    return Settings(source_format=given, header=not no_header, na=words, **options)


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(each.strip() for each in text.split(",") if each.strip())


@gradcli.command("map", cls=FileCommand, short_help="Rows in, rows with value and gradients out.")
@_with(READING)
@click.option("--to", "target_format", type=click.Choice(FORMATS), help="The format of the output.")
@click.option("--value", is_flag=True, help="Append values (and gradients only with --gradient).")
@click.option("--gradient", is_flag=True, help="Append gradients (and values only with --value).")
@click.option("--only", is_flag=True, help="Leave out the columns of the input.")
@click.option("--prefix", default="", metavar="TEXT", help="Put this before the names of new columns.")
@click.pass_context
def map_command(
    context: click.Context,
    /,
    target_format: str | None,
    value: bool,
    gradient: bool,
    only: bool,
    prefix: str,
    **options: Any,
) -> None:
    """Writes the rows of FILE… (or standard input) with the value of EXPR and its gradients appended.

    \b
    gradcli map "y = sin(x**2)" points.csv
    gradcli map "w*x + b" --w 0.5 --b 0 --wrt x,w < points.csv
    seq 5 | gradcli map "sin(x**2)"

    Columns are variables, and --NAME VALUE gives a parameter that is the same in all rows. The
    format follows the extension of FILE (csv, tsv, jsonl, npy, npz, parquet, arrow), else it is CSV.
    """
    from gradcli.pipeline import map_rows
    from gradcli.rows import Choice

    command = context.command
    assert isinstance(command, FormulaCommand)
    choice = Choice(value or not gradient, gradient or not value, _names(options.get("wrt")), prefix)
    target = target_format or options["both"]
    map_rows(context.obj, command.options(), _settings(**options), choice, target_format=target, only=only)


@gradcli.command("accumulate", cls=FileCommand, short_help="Rows in, summed value and gradients out.")
@_with(READING)
@click.option("--mean", is_flag=True, help="Divide by the number of rows.")
@click.option("--every", type=click.IntRange(1), metavar="N", help="Print and zero every N rows.")
@click.option("--json", "form", flag_value="json", default="text", help="Print JSON, one object a line.")
@click.pass_context
def accumulate_command(
    context: click.Context, /, mean: bool, every: int | None, form: str | None, **options: Any
) -> None:
    """Sums the value of EXPR and its gradients in the parameters over the rows of FILE…

    \b
    gradcli accumulate "(w*x + b - y)**2" --w 1 --b 0 points.csv
    gradcli accumulate "(w*x + b - y)**2" --w 1 --b 0 --mean --every 100 < points.csv

    Parameters are the names that --NAME VALUE gives, and columns are all others. As PyTorch's .grad
    over batches: the gradient of the sum is the sum of the rows' gradients.
    """
    from gradcli.accumulate import Report, accumulate_rows

    command = context.command
    assert isinstance(command, FormulaCommand)
    wrt = _names(options.get("wrt"))
    report = Report(form or "text", mean, every)
    accumulate_rows(context.obj, command.options(), _settings(**options), wrt, report)


@gradcli.command("repl", short_help="A prompt for statements and commands.")
@click.option(
    "--print-config", is_flag=True, help="Print the settings in force, as a config file, and leave."
)
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


@gradcli.command("completion", short_help="A script that completes gradcli's words in a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Prints a script for SHELL that completes commands, options and the variables of an expression.

    \b
    eval "$(gradcli completion bash)"               # in ~/.bashrc
    eval "$(gradcli completion zsh)"                # in ~/.zshrc
    gradcli completion fish | source                # in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    write(found(gradcli, {}, "gradcli", COMPLETE_VARIABLE).source().rstrip("\n"))


COMPLETE_VARIABLE = "_GRADCLI_COMPLETE"
"""Set by a shell that asks what may be completed; click answers."""


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
    return finish(lambda: _run(sys.argv[1:] if arguments is None else list(arguments)))


def _run(arguments: list[str]) -> Any:
    try:
        return gradcli.main(args=arguments, prog_name="gradcli", standalone_mode=False)
    except click.ClickException as error:
        raise _usage_error(error) from None
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None


def _usage_error(error: click.ClickException) -> InputError:
    """What click refuses, as every other error looks."""
    message, _, guess = error.format_message().partition(" Did you mean ")
    message = message.strip().rstrip(".")
    hint = f"did you mean {guess.replace(chr(39), '')}" if guess else None
    command, _, word = message.partition("No such command ")
    if not command and word and not word.strip("'").isidentifier():
        hint = f"gradcli eval {word} evaluates an expression"
    if hint is None and isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"{error.ctx.command_path} --help says what there is"
    return InputError(message[:1].lower() + message[1:], hint=hint)
