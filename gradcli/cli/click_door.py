"""Help and completion, which click makes of the declarations. The only door to click."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import click

from gradcli.cli.words import sort_words
from gradcli.text.errors import InputError
from gradcli.text.options import HELP, Declaration, Option


class _Command(click.Command):
    """A command as click sees it; what runs it is not click's part."""

    def __init__(self, declared: Declaration) -> None:
        super().__init__(
            declared.name, help=declared.help, short_help=declared.summary, add_help_option=False
        )
        self.declared = declared

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The options and the argument, made when they are first asked for: a list of commands has none."""
        if not self.params:
            self.params = [*map(_click_option, self.declared.options), _click_help()]
            argument = self.declared.argument
            if argument is not None:
                kind = click.Choice(argument.choices) if argument.choices else click.Path()
                self.params.append(click.Argument([argument.parameter], required=False, type=kind))
        return super().get_params(ctx)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """How the words stand in a usage line."""
        return self.declared.usage

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Gives click only those words that are options."""
        if self.declared.formula:
            try:
                ctx.obj = sort_words(args, self.declared)
                args = ctx.obj.options
            except InputError:
                args = []  # what a shell wants completed need not be right yet
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """What a shell may offer: options, and the variables of the expression that has been typed."""
        from click.shell_completion import CompletionItem

        found = super().shell_complete(ctx, incomplete)
        if ctx.obj is not None and ctx.obj.expression is not None:
            from gradcli.interactive.completion import free_names

            names = free_names(ctx.obj.expression, [name for name, _ in ctx.obj.bindings])
            options = [f"--{name}" for name in names]
            items = [CompletionItem(each, help="a variable") for each in options]
            found = [each for each in items if each.value.startswith(incomplete)] + found
            if self.declared.behind == "FILE" and not incomplete.startswith("-"):
                found.append(CompletionItem(incomplete, type="file"))
        return found


def _click_option(option: Option) -> click.Option:
    """An option as click shows it. The values are not its part, so each has a parameter of its own."""
    names = [option.name, option.name.lstrip("-").replace("-", "_") + "_"]
    if not option.takes_value:
        return click.Option(names, is_flag=True, help=option.about)
    return click.Option(
        names,
        metavar=option.value,
        multiple=option.multiple,
        help=option.about,
        shell_complete=lambda ctx, param, begun: [each for each in option.choices if each.startswith(begun)],
    )


def _click_help() -> click.Option:
    return click.Option(["-h", HELP.name], is_flag=True, help=HELP.help)


def _group(declarations: Sequence[Declaration]) -> click.Group:
    """All commands, of which the first is what `gradcli` does without a command."""
    first, *others = declarations
    group = click.Group(
        "gradcli",
        {each.name: _Command(each) for each in others},
        params=[_click_option(option) for option in first.options],
        help=first.help,
        add_help_option=False,
        subcommand_metavar="[COMMAND] [ARGS]...",
    )
    group.params.append(_click_help())
    return group


def _text_width() -> int:
    """How wide help may be. click would ask shutil, whose import is a fifteenth of what `--help` takes."""
    said = os.environ.get("COLUMNS", "")
    columns = int(said) if said.isdecimal() else 0
    with suppress(OSError):  # stdout is no terminal
        columns = columns or os.get_terminal_size().columns
    return max(min(columns or 80, 100) - 2, 50)


def help_text(declarations: Sequence[Declaration], name: str) -> str:
    """The help of a command, or of `gradcli` where the name is empty."""
    group = _group(declarations)
    about: dict[str, Any] = {"terminal_width": _text_width()}
    context = click.Context(group, info_name="gradcli", **about)
    command: click.Command = group
    if name:
        command = group.commands[name]
        context = click.Context(command, context, name, **about)
    return command.get_help(context)


def complete(declarations: Sequence[Declaration], variable: str) -> int:
    """Answers a shell that asks, by an environment variable, what may stand next; returns an exit status."""
    from click.shell_completion import shell_complete

    return shell_complete(_group(declarations), {}, "gradcli", variable, os.environ[variable])


def completion_script(declarations: Sequence[Declaration], shell: str, variable: str) -> str:
    """A script for a shell that has it ask, by an environment variable, what may stand next."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    script = found(_group(declarations), {}, "gradcli", variable).source()
    # In click's script for fish, what is said about a word ends at its first comma.
    return script.replace('string split ","', 'string split --max 1 ","').rstrip("\n")
