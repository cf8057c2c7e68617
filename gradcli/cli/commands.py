"""The commands behind `gradcli`, as data: what each takes, and what runs it.

Scripts call them again and again, so their start-up counts: a command line is read here by the
declarations, without click, whose import is a tenth of the whole. click makes help and completion of the same
declarations.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from gradcli import __version__
from gradcli.cli.output import finish, hear_interrupts, tell, write
from gradcli.cli.shared import DEFINITIONS, DIGITS, FORM, JSON, WRT, flag
from gradcli.cli.words import Words, names_in_lists, sort_plain_words, sort_words
from gradcli.records import NamedTuple
from gradcli.text.errors import InputError
from gradcli.text.options import SEED, UNCERTAINTY, Declaration, Option
from gradcli.text.suggest import did_you_mean


class Subcommand(NamedTuple):
    """A command: what it is called and takes, and the function that answers it.

    `run` is given the sorted words, the declaration, and the options by their parameters; it returns an exit
    status or nothing, and raises `GradcliError`.
    """

    declared: Declaration
    run: Callable[..., int | None]

    def answer(self, arguments: Sequence[str]) -> tuple[bool, int | None]:
        """Runs the words behind the command, unless they ask for help; whether it did, and the status."""
        if list(arguments) == ["-h"]:  # among other words it is the expression -h
            return False, None
        words = self.sort(arguments)
        settings = self.declared.settings(words.options, [] if self.declared.formula else words.files)
        if settings is None:
            return False, None
        return True, self.run(words, self.declared, **settings)

    def sort(self, arguments: Sequence[str]) -> Words:
        """The words of the command line by what they are; raises `InputError`."""
        takes_values = self.declared.formula or self.declared.values
        return (sort_words if takes_values else sort_plain_words)(arguments, self.declared)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status (and does not return from a signal)."""
    return finish(lambda: run(sys.argv[1:] if arguments is None else list(arguments)))


def run(arguments: Sequence[str]) -> int | None:
    """Runs the words behind `gradcli`; returns the exit status. Raises `GradcliError`."""
    if COMPLETE_VARIABLE in os.environ:  # a shell asks for completions without arguments
        from gradcli.cli.click_door import complete

        return complete(declarations(), COMPLETE_VARIABLE)
    name, command = "", GRADCLI
    if arguments and not arguments[0].startswith("-"):
        name, *arguments = arguments
        if name == "help":
            _help(arguments)
            return None
        found = _command(name)
        if found is None:
            raise _no_command(name, arguments)
        command = found
    done, status = command.answer(arguments)
    if not done:
        from gradcli.cli.click_door import help_text

        write(help_text(declarations(), name))
    return status


def _help(topics: Sequence[str]) -> None:
    """Writes what --help says of a command, and what `help` says at the prompt of anything else."""
    for place, topic in enumerate(topics or [""]):
        if place:
            write("")
        if not topic or _command(topic) is not None:
            from gradcli.cli.click_door import help_text

            write(help_text(declarations(), topic))
        else:
            from gradcli.interactive.commands import help_on

            write(help_on(topic))


def _command(name: str) -> Subcommand | None:
    """The command of that name: one of those below, or a capability."""
    if name in SUBCOMMANDS:
        return SUBCOMMANDS[name]()
    from gradcli.capabilities.record import NAMES, capability

    if name not in NAMES:
        return None
    found = capability(name)

    def answer(words: Words, declared: Declaration, **settings: Any) -> int:
        from gradcli.cli.ask import ask

        hear_interrupts()
        return ask(words, declared, found, **settings)

    return Subcommand(found.declared, answer)


def declarations() -> list[Declaration]:
    """What there is behind `gradcli`, first of all without a command; capabilities come last."""
    from gradcli.capabilities.record import NAMES, capability

    commands = [each.declared for each in (GRADCLI, *(make() for make in SUBCOMMANDS.values()))]
    return [*commands, *(capability(name).declared for name in NAMES)]


def _no_command(name: str, rest: Sequence[str]) -> InputError:
    """The error for a first word that is no command, and what is behind it."""
    hint = _OTHERS.get(name.casefold())
    near = ELSEWHERE.get(name.casefold()) or did_you_mean(name, [each.name for each in declarations()])
    if hint is None and near is not None:
        hint = f"did you mean {near}?"
    elif hint is None:
        from gradcli.engine.primitives import is_function

        known = is_function(name)
        hint = f"gradcli help {name} explains it" if known else "gradcli --help says what there is"
    if not name.isidentifier():
        import shlex

        typed = shlex.join((name, *rest))
        hint = f"gradcli eval {typed if len(typed) <= _LINE else shlex.quote(name)} evaluates an expression"
    return InputError(f"there is no command {name}", hint=hint)


_LINE = 60
"""How many characters of a command line a hint repeats."""

_OTHERS = {
    **dict.fromkeys(
        ("simplify", "factor", "expand", "collect", "apart"),
        'formulas are not rewritten here, but derivatives are: gradcli diff "(x**2 + x)/x"',
    ),
    **dict.fromkeys(("integrate", "integral", "quad"), "there are no integrals here"),
    **dict.fromkeys(("dsolve", "ode", "odeint"), "there are no differential equations here"),
    **dict.fromkeys(
        ("limit", "lim"), 'there are no limits here: gradcli table "sin(x)/x" x=0.01:0.05:0.01 comes close'
    ),
    **dict.fromkeys(("taylor", "series"), 'gradcli eval "taylor(sin(x), x, 0, 5)" x=0.1'),
    **dict.fromkeys(("hessian", "jacobian"), 'gradcli eval "x**2*y" x=1 y=2 --hessian'),
    **dict.fromkeys(("latex", "tex"), 'gradcli diff "x**2" --format latex'),
    **dict.fromkeys(("man", "info", "docs"), "gradcli help"),
    "version": "gradcli --version",
}
"""What is said of other words that people expect to be commands."""

ELSEWHERE = {
    **dict.fromkeys(("calc", "calculate", "compute", "evaluate", "expr", "grad", "gradient"), "eval"),
    **dict.fromkeys(("deriv", "derivative", "derive", "differentiate"), "diff"),
    **dict.fromkeys(("minimise", "optimise", "optimize"), "minimize"),
    **dict.fromkeys(("maximise", "maximize"), "minimize … --maximize"),
    **dict.fromkeys(("fsolve", "nsolve", "root", "roots"), "solve"),
    **dict.fromkeys(("curve_fit", "curvefit", "nls", "regress", "regression"), "fit"),
    **dict.fromkeys(("codegen", "compile", "generate"), "export"),
    **dict.fromkeys(("draw", "tree"), "graph"),
    **dict.fromkeys(("gradcheck", "verify"), "check"),
    **dict.fromkeys(("error", "propagate", "uncertainty"), "budget"),
    **dict.fromkeys(("exec", "execute", "script"), "run"),
    **dict.fromkeys(("console", "interactive", "prompt", "shell"), "repl"),
}
"""What people who know other programs call a command."""


# eval


def _eval(words: Words, declared: Declaration, *, wrt: Sequence[str], **options: Any) -> None:
    from gradcli.cli.eval import answer

    answer(words, declared, names_in_lists(wrt), **options)


EVAL = Declaration(
    "eval",
    "Value and all gradients of an expression.",
    """Prints the value of EXPR, and its gradient in every variable.

    \b
    gradcli eval "sin(x**2)" --x 4
    gradcli eval "-x**2" x=-4
    gradcli eval "sum(w*x)" --w 1,2,3 --x @inputs.npy --wrt w

    gradcli eval "x**3*y" x=2 y=3 --order 2

    Values are expressions: numbers, pi/2, 1,2,3, [[1,2],[3,4]]; @FILE reads what map reads. A value with
    an uncertainty, 9.81 ± 0.02 or 9.81 +/- 0.02, gives the result one.
    """,
    (
        WRT,
        Option("--order", "Derivatives up to this order.", "N", kind=int, least=1, most=9, default=1),
        Option("--jacobian", "The first derivatives as one matrix.", sets=True, default=False),
        Option("--hessian", "The matrix of all second derivatives.", sets=True, default=False),
        FORM,
        JSON,
        DIGITS,
        DEFINITIONS,
        flag("--budget", "Say what each uncertain variable contributes."),
        *UNCERTAINTY,
    ),
    formula=True,
)


# run


def _run(words: Words, declared: Declaration, *, file: str, **options: Any) -> int:
    from gradcli.cli.run import run_file

    hear_interrupts()
    return run_file(file, words, declared, **options)


RUN = Declaration(
    "run",
    "Run the statements of a file, or the cells of a notebook.",
    """Runs the statements of FILE (- is standard input) and prints the values of its expressions.

    Of a Jupyter notebook the cells with code run in order; each shows what it prints and its last value. So
    do fenced blocks of Markdown; and transcripts with >>> run as at the prompt.

    --NAME VALUE gives a name its value before the first statement, as it does for eval. Stops at the first
    error, with exit status 1 if a computation failed, 2 if the text is wrong.

    \b
    gradcli run fit.grad --data @points.csv rate=0.1
    gradcli run --style torch lesson.ipynb
    gradcli run --check lesson.ipynb
    gradcli run --check lessons/*.ipynb
    """,
    (
        Option(
            "--style",
            "Print plain numbers, or what PyTorch, NumPy or JAX print.",
            choices=("plain", "torch", "numpy", "jax"),
        ),
        Option(
            "--format",
            "How to print results; json is an object a line.",
            choices=("text", "json"),
            default="text",
            into="form",
        ),
        JSON,
        DIGITS,
        DEFINITIONS,
        flag("--keep-going", "Go on after an error, and list what did not run; the exit status still tells."),
        flag("--check", "Compare what cells show with what the pages hold; 1 if one differs."),
        Option(
            "--tolerance", "How far numbers may be apart with --check, relatively.", "X", kind=float, least=0
        ),
        Option(
            "-o", "Write the page with what its cells show now, whole or not at all.", "FILE", into="output"
        ),
        Option(
            "--plots", "Draw what plt asks for, by Matplotlib, into this folder and nowhere else.", "FOLDER"
        ),
        flag("--allow-files", "Let A = @FILE read files outside the script's folder."),
        SEED,
        flag("--doubles", "Print PyTorch's tensors as the doubles they are here, not rounded to float32."),
    ),
    argument=Option("FILE", default="-"),
    values=True,
    several=True,
)


# map and accumulate


def _map(words: Words, declared: Declaration, **options: Any) -> None:
    from gradcli.cli.rows import map_words

    map_words(words, declared, **options)


def _map_command() -> Subcommand:
    from gradcli.cli.of_rows import MAP

    return Subcommand(MAP, _map)


def _accumulate(words: Words, declared: Declaration, **options: Any) -> None:
    from gradcli.cli.rows import accumulate_words

    accumulate_words(words, declared, **options)


def _accumulate_command() -> Subcommand:
    from gradcli.cli.of_rows import ACCUMULATE

    return Subcommand(ACCUMULATE, _accumulate)


# The prompt, and what helps at a shell


def _converse(words: Words, declared: Declaration, *, print_config: bool, seed: int | None) -> int | None:
    if print_config:
        _print_settings()
        return None
    if sys.stdin is not None and sys.stdin.isatty():
        from gradcli.interactive.start import start

        hear_interrupts()
        return start(seed)
    from gradcli.cli.run import run_file

    hear_interrupts()
    return run_file("-", words, declared, seed=seed)


def _print_settings() -> None:
    """Writes the settings of the prompt to stdout, and what is wrong with the user's file to stderr."""
    from gradcli.interactive.settings import config_file, load_settings, settings_text

    settings, notices = load_settings()
    for notice in notices:
        tell(notice)
    sys.stdout.write(f"# {config_file()}\n{settings_text(settings)}")


REPL = Declaration(
    "repl",
    "A prompt for statements and commands.",
    """Reads statements and commands, each on a line, and shows what they give; help says more.

    Settings come from gradcli/config.toml in the folder of XDG_CONFIG_HOME (~/.config).
    """,
    (flag("--print-config", "Print the settings in force, as a config file, and leave."), SEED),
)


def _complete(words: Words, declared: Declaration, *, shell: str) -> None:
    from gradcli.cli.click_door import completion_script

    write(completion_script(declarations(), shell, COMPLETE_VARIABLE))


COMPLETION = Declaration(
    "completion",
    "A script that completes gradcli's words in a shell.",
    """Prints a script for SHELL that completes commands, options and the variables of an expression.

    \b
    eval "$(gradcli completion bash)"               # in ~/.bashrc
    eval "$(gradcli completion zsh)"                # in ~/.zshrc
    gradcli completion fish | source                # in ~/.config/fish/config.fish
    """,
    argument=Option("SHELL", choices=("bash", "zsh", "fish")),
)

COMPLETE_VARIABLE = "_GRADCLI_COMPLETE"
"""Set by a shell that asks what may be completed; click answers."""


def _gradcli(words: Words, declared: Declaration, *, version: bool, **options: Any) -> int | None:
    if version:
        write(f"gradcli {__version__}")
        return None
    return _converse(words, declared, **options)


GRADCLI = Subcommand(
    Declaration(
        "",
        "",
        """Values and exact gradients of formulas.

        Without a command: statements from a pipe, or a prompt on a terminal.

        \b
        gradcli eval "sin(x**2)" --x 4
        gradcli diff "x**2*sin(x)"
        gradcli map "w*x + b" --w 0.5 --b 0 points.csv
        gradcli help sin
        """,
        (
            flag("--version", "Show the version and exit."),
            flag("--print-config", "Print the settings of the prompt, and leave."),
            SEED,
        ),
    ),
    _gradcli,
)
"""What `gradcli` does without a command."""

SUBCOMMANDS: dict[str, Callable[[], Subcommand]] = {
    "eval": lambda: Subcommand(EVAL, _eval),
    "run": lambda: Subcommand(RUN, _run),
    "map": _map_command,
    "accumulate": _accumulate_command,
    "repl": lambda: Subcommand(REPL, _converse),
    "completion": lambda: Subcommand(COMPLETION, _complete),
}
"""What makes each command, by its name."""
