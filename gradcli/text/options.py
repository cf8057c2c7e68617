"""What a command of the command line takes, said once: its name, its help, its words and its options.

How a line is read, what is refused and with which sentence, help, completion in a shell and the manual page
are readings of these records.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcli.records import NamedTuple
from gradcli.text.errors import InputError
from gradcli.text.suggest import did_you_mean


class Option(NamedTuple):
    """An option such as `--digits N`, or, where its name has no dashes, the one word that a command takes.

    `choices` are the words that it takes; `kind` is what its text is read as, and `least` and `most` the
    first and the last such number (`None`: without end). `sets` is what a flag gives to its parameter, and
    a flag takes no value. `multiple` collects the values of an option that may be repeated. Its `parameter`
    is called as the option is, unless `into` names another one (which several options may share).
    """

    name: str
    help: str = ""
    metavar: str = ""
    choices: tuple[str, ...] = ()
    kind: type[str] | type[int] | type[float] = str
    least: float | None = None
    most: float | None = None
    sets: str | bool | None = None
    default: Any = None
    multiple: bool = False
    into: str = ""

    @property
    def parameter(self) -> str:
        """The name of the parameter that its value is given as."""
        return self.into or self.name.lstrip("-").replace("-", "_").lower()

    @property
    def takes_value(self) -> bool:
        """Whether a value follows it."""
        return self.sets is None

    @property
    def value(self) -> str:
        """How its value is written in help: `N`, `[text|json]`; nothing for a flag."""
        return f"[{'|'.join(self.choices)}]" if self.choices else self.metavar

    @property
    def usage(self) -> str:
        """How it is written in help: `--digits N`."""
        return f"{self.name} {self.value}".rstrip()

    @property
    def limits(self) -> str:
        """The numbers that it takes, in words: `1 to 17`; nothing where there is no limit."""
        if self.least is None:
            return "" if self.most is None else f"up to {self.most}"
        return f"{self.least} or more" if self.most is None else f"{self.least} to {self.most}"

    @property
    def about(self) -> str:
        """Its help, with its limits and its default."""
        told = [self.limits] if self.limits else []
        if self.default and self.takes_value and not self.multiple:
            told.append(f"default: {self.default}")
        return f"{self.help}  [{'; '.join(told)}]" if told else self.help

    def read(self, text: str) -> Any:
        """The value that a text stands for; raises `InputError` where it stands for none."""
        if self.choices:
            if text in self.choices:
                return text
            begun = [each for each in self.choices if text and each.startswith(text)]
            meant = _SHORT.get(text)
            near = did_you_mean(text, self.choices) or (begun[0] if len(begun) == 1 else None)
            near = meant if meant in self.choices else near
            raise InputError(
                f"{self.name} takes {_either(self.choices)}, and not {text or 'nothing'}",
                hint=f"{self.name} {near}" if near else None,
            )
        if self.kind is str:
            return text
        try:
            if not text.isascii() or "_" in text:
                raise ValueError
            number = self.kind(text)
        except ValueError:
            number = None
        is_number = number is not None and number == number
        if not is_number or _below(number, self.least) or _below(self.most, number):
            what = "a whole number" if self.kind is int else "a number"
            limits = self.limits and f" {'of ' if self.most is None else 'from '}{self.limits}"
            raise InputError(f"{self.name} takes {what}{limits}, and not {text or 'nothing'}")
        return number

    def without_value(self) -> InputError:
        """The error for an option that stands alone."""
        return InputError(f"{self.name} needs a value", hint=f"it stands right behind: {self.usage}")


_SHORT = {
    "md": "markdown",
    "mkd": "markdown",
    "tex": "latex",
    "htm": "html",
    "txt": "text",
    "ndjson": "jsonl",
    "c++": "c",
    "cpp": "c",
    "js": "javascript",
    "py": "python",
    "f90": "fortran",
}
"""What formats are called by the endings of files."""


def _below(number: Any, limit: Any) -> bool:
    return number is not None and limit is not None and bool(number < limit)


def _either(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


HELP = Option("--help", "Show this message and exit.", sets=True)
"""What every command takes, beside its own options."""


class Declaration(NamedTuple):
    """A command: what it is called, what it is for in one line and in a text, and what it takes.

    A `formula` command takes an expression and values of its variables, and, where `behind` says what they
    are (`FILE`, `VAR`), further words behind it; the others take at most one word, the `argument`. In
    `help`, paragraphs stand apart by empty lines, and one that begins with a line of a backspace alone
    keeps its lines. `values`: a command without a formula takes values of variables too. `several`: more
    words like the argument may follow it.
    """

    name: str
    summary: str
    help: str
    options: tuple[Option, ...] = ()
    formula: bool = False
    behind: str = ""
    argument: Option | None = None
    values: bool = False
    several: bool = False

    @property
    def usage(self) -> list[str]:
        """The words behind its name, as in a line of usage."""
        if self.formula:
            behind = [f"[{self.behind}]..."] if self.behind else []
            return ["EXPR", "[--NAME VALUE | NAME=VALUE]...", *behind, "[OPTIONS]"]
        if self.argument is None:
            return ["[OPTIONS]"]
        choices = self.argument.choices
        word = f"{{{'|'.join(choices)}}}" if choices else self.argument.name
        word = word if self.argument.default is None else f"[{word}]"
        word += "..." * self.several
        return ["[OPTIONS]", word, "[--NAME VALUE | NAME=VALUE]..."] if self.values else ["[OPTIONS]", word]

    @property
    def example(self) -> str:
        """The first command line that its help shows."""
        lines = map(str.strip, self.help.splitlines())
        return next((line for line in lines if line.startswith("gradcli ")), f"gradcli {self.name} --help")

    def option(self, name: str) -> Option | None:
        """The option of that name, dashes included."""
        return next((each for each in (*self.options, HELP) if each.name == name), None)

    def near(self, name: str) -> str | None:
        """A hint where a word that is no option, dashes included, is nearly one, or one of other programs."""
        from gradcli.text.foreign_options import said_of

        word = name.lstrip("-").replace("_", "-")
        for own, hint in said_of(word):
            if own == self.name or self.option(own) is not None:
                return hint
        chosen = _SHORT.get(word, word)
        taking = next((each.name for each in self.options if chosen in each.choices), None)
        if taking is not None:
            return f"did you mean {taking} {chosen}?"
        near = did_you_mean(name, [each.name for each in (*self.options, HELP)])
        return f"did you mean {near}?" if near else None

    def settings(self, words: Sequence[str], plain: Sequence[str] = ()) -> dict[str, Any] | None:
        """The parameters that option words give, and the plain word where one is taken.

        `None` where help is asked for. Raises `InputError`.
        """
        where = HELP.name if not self.name else f"{self.name} {HELP.name}"
        found: dict[str, Any] = {option.parameter: option.default for option in reversed(self.options)}
        rest = iter(words)
        for word in rest:
            name, equals, text = word.partition("=")
            option = self.option(name)
            if option is None:
                hint = self.near(name) or f"gradcli {where} says what there is"
                raise InputError(f"there is no option {name}", hint=hint)
            if option is HELP:
                return None
            value: Any = option.sets
            if option.takes_value:
                given = text if equals else next(rest, None)
                if given is None:
                    raise option.without_value()
                value = option.read(given)
            elif equals:
                raise InputError(f"{name} takes no value")
            known = found[option.parameter]
            found[option.parameter] = (*known, value) if option.multiple else value
        return found | self._word(plain, where)

    def _word(self, plain: Sequence[str], where: str) -> dict[str, Any]:
        """The parameter that a plain word gives; raises `InputError` for one too many or too few."""
        if len(plain) > (self.argument is not None) and not self.several:
            raise InputError(
                f"there is one word too many: {plain[-1]}", hint=f"gradcli {where} says what there is"
            )
        if self.argument is None:
            return {}
        if not plain and self.argument.default is None:
            wanted = _either(self.argument.choices) if self.argument.choices else self.argument.name
            raise InputError(f"gradcli {self.name} needs {wanted} behind it")
        value = self.argument.read(plain[0]) if plain else self.argument.default
        return {self.argument.parameter: value}


TOGETHER = (
    Option("--correlation", "How uncertain variables vary together.", "X,Y=R", multiple=True, default=()),
    Option("--given", "Values with their covariances, as `fit --json` found them.", "FILE"),
)
"""What every command takes that gives its answers an uncertainty."""

SEED = Option("--seed", "What random numbers follow from.", "N", kind=int, least=0, most=2**64 - 1)
"""What every command takes whose programs may draw."""

SECOND_ORDER = Option("--second-order", "Let curvature count.", sets=True, default=False)

UNCERTAINTY = (
    *TOGETHER,
    Option("--covariance", "A table of covariances; its header names the variables.", "FILE"),
    Option(
        "--distribution",
        "What --samples draws: normal, uniform, triangular, t:3.",
        "X=NAME",
        multiple=True,
        default=(),
    ),
    Option(
        "--dof",
        "Degrees of freedom of the uncertainty of a variable: x=4.",
        "X=N",
        multiple=True,
        default=(),
    ),
    SECOND_ORDER,
    Option("--samples", "Check by Monte Carlo trials, as 1e6.", "N", kind=float),
    SEED._replace(help="What trials and random numbers follow from."),
)
"""The options of a command that answers with uncertainties, and says what they come from."""
