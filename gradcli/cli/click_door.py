"""The command line as click reads it: help, completion, and what is wrong with an option.

The only door to click. What a right command line does is `subcommands.py`'s part.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from gradcli import __version__
from gradcli.cli.commands import SUBCOMMANDS, Option, Subcommand, converse
from gradcli.cli.output import die_by_signal, finish, tell, write
from gradcli.cli.words import Words
from gradcli.text.errors import InputError


class _Command(click.Command):
    """A subcommand of the table, as click sees it."""

    def __init__(self, command: Subcommand) -> None:
        super().__init__(
            command.name,
            params=[_click_option(option) for option in command.options],
            callback=self._run,
            help=command.help,
            short_help=command.short_help,
        )
        self.command = command
        if not command.formula:
            self.params.insert(0, click.Argument(["file"], default="-", metavar="FILE", type=click.Path()))

    def _run(self, **settings: Any) -> int | None:
        words: Words = click.get_current_context().obj
        if not self.command.formula:
            words = Words([], None, [settings.pop("file")], [])
        return self.command.run(words, self.command, **settings)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """How the words stand in a usage line."""
        if not self.command.formula:
            return super().collect_usage_pieces(ctx)
        if self.command.files:
            return ["EXPR", "[--NAME VALUE]...", "[FILE]...", "[OPTIONS]"]
        return ["EXPR", "[--NAME VALUE | NAME=VALUE]...", "[OPTIONS]"]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Sorts the words first, and lets click read only those that are options."""
        if not self.command.formula:
            return super().parse_args(ctx, args)
        if args == ["-h"]:  # among other words it is the expression -h
            args = ["--help"]
        try:
            words = self.command.sort(args)
        except InputError:
            if not ctx.resilient_parsing:
                raise
            words = Words([], None, [], [])  # what a shell wants completed need not be right yet
        ctx.obj = words
        return super().parse_args(ctx, words.options)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs it; Ctrl-C ends it as it ends any filter, without the empty line that click writes."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            return die_by_signal()

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """What a shell may offer: options, and the variables of the expression that has been typed."""
        from click.shell_completion import CompletionItem

        found = super().shell_complete(ctx, incomplete)
        words: Words | None = ctx.obj
        if words is not None and words.expression is not None:
            from gradcli.interactive.completion import free_names

            names = free_names(words.expression, [name for name, _ in words.bindings])
            options = [f"--{name}" for name in names]
            items = [CompletionItem(each, help="a variable") for each in options]
            found = [each for each in items if each.value.startswith(incomplete)] + found
            if self.command.files and not incomplete.startswith("-"):
                found.append(CompletionItem(incomplete, type="file"))
        return found


def _click_option(option: Option) -> click.Option:
    """An option of the table, as click declares it."""
    names = [option.name, option.parameter]
    if option.sets is True:
        return click.Option(names, is_flag=True, help=option.help)
    if option.sets is not None:
        default = {} if option.default is None else {"default": option.default}
        return click.Option(names, flag_value=option.sets, help=option.help, **default)
    kind: Any = None
    if option.choices:
        kind = click.Choice(option.choices)
    elif option.limits is not None:
        kind = click.IntRange(*option.limits)
        kind.name = "whole number"  # what click calls it where it is none
    return click.Option(
        names,
        type=kind,
        metavar=option.metavar,
        default=None if option.multiple else option.default,
        multiple=option.multiple,
        show_default=bool(option.default),
        help=option.help,
    )


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


for _each in SUBCOMMANDS.values():
    gradcli.add_command(_Command(_each))


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
    return converse()


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
    script = found(gradcli, {}, "gradcli", COMPLETE_VARIABLE).source()
    # In click's script for fish, what is said about a word ends at its first comma.
    write(script.replace('string split ","', 'string split --max 1 ","').rstrip("\n"))


COMPLETE_VARIABLE = "_GRADCLI_COMPLETE"
"""Set by a shell that asks what may be completed; click answers."""


def print_settings() -> None:
    """Writes the settings of the prompt to stdout, and what is wrong with the user's file to stderr."""
    from gradcli.interactive.settings import config_file, load_settings, settings_text

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
    message = " ".join(message.split()).rstrip(".")
    hint = f"did you mean {guess.replace(chr(39), '')}" if guess else None
    command, _, word = message.partition("No such command ")
    if word == "'help'":
        hint = "gradcli --help"
    elif not command and word and not word.strip("'").isidentifier():
        hint = f"gradcli eval {word} evaluates an expression"
    if hint is None and isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"{error.ctx.command_path} --help says what there is"
    return InputError(message[:1].lower() + message[1:], hint=hint)
