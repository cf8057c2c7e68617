"""What a command takes, said once, is read as it says."""

from __future__ import annotations

from typing import Any

import pytest

from gradcli.text.errors import InputError
from gradcli.text.options import Declaration, Option

FORM = Option("--format", choices=("text", "json"), default="text", into="form")
OPTIONS = (
    FORM,
    Option("--json", sets="json", into="form"),
    Option("--keep-going", sets=True, default=False),
    Option("--digits", metavar="N", kind=int, least=1, most=17),
    Option("--tolerance", metavar="X", kind=float, least=0),
    Option("--wrt", metavar="NAMES", multiple=True, default=()),
)
COMMAND = Declaration("try", "", "", OPTIONS, argument=Option("FILE", default="-"))
DEFAULTS = {
    "form": "text",
    "keep_going": False,
    "digits": None,
    "tolerance": None,
    "wrt": (),
    "file": "-",
}


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ([], {}),
        (["--format", "json"], {"form": "json"}),
        (["--json", "--format=text"], {"form": "text"}),
        (["--keep-going", "--digits=3"], {"keep_going": True, "digits": 3}),
        (["--tolerance", "1e-3"], {"tolerance": 0.001}),
        (["--wrt", "x", "--wrt=y,z"], {"wrt": ("x", "y,z")}),
    ],
)
def test_words_give_parameters(words: list[str], given: dict[str, Any]) -> None:
    assert COMMAND.settings(words) == DEFAULTS | given


def test_help_is_asked_for_wherever_it_stands() -> None:
    assert COMMAND.settings(["--json", "--help"]) is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--jsno"], "there is no option --jsno"),
        (["--json=x"], "--json takes no value"),
        (["--digits"], "--digits needs a value"),
        (["--digits", "18"], "--digits takes a whole number from 1 to 17, and not 18"),
        (["--digits", "1.5"], "--digits takes a whole number from 1 to 17, and not 1.5"),
        (["--digits", "٣"], "--digits takes a whole number from 1 to 17, and not ٣"),
        (["--digits", "1_0"], "--digits takes a whole number from 1 to 17, and not 1_0"),
        (["--tolerance", "-1"], "--tolerance takes a number of 0 or more, and not -1"),
        (["--tolerance", "nan"], "--tolerance takes a number of 0 or more, and not nan"),
        (["--format", ""], "--format takes text or json, and not nothing"),
    ],
)
def test_what_is_wrong_is_said(words: list[str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        COMMAND.settings(words)
    assert caught.value.message == message


def test_a_plain_word_is_taken_once() -> None:
    found = COMMAND.settings([], ["a"])
    assert found is not None
    assert found["file"] == "a"
    with pytest.raises(InputError, match="one word too many: b"):
        COMMAND.settings([], ["a", "b"])
    with pytest.raises(InputError, match="needs SHELL behind it"):
        Declaration("try", "", "", argument=Option("SHELL")).settings([])


def test_usage_and_help_follow() -> None:
    assert COMMAND.usage == ["[OPTIONS]", "[FILE]"]
    assert FORM.usage == "--format [text|json]"
    assert [option.about for option in OPTIONS if option.about] == [
        "  [default: text]",
        "  [1 to 17]",
        "  [0 or more]",
    ]
