"""What every capability must say of itself: one record, read by all surfaces."""

from __future__ import annotations

import inspect

import pytest

import gradcli
from gradcli.capabilities.reading import READING, SPREAD
from gradcli.capabilities.record import NAMES, capability
from gradcli.language.parser import parse
from gradcli.language.table import ASKING, KEYWORDS
from gradcli.language.tree import Ask
from gradcli.text.source import Source

FILES = tuple(option.parameter for option in (*READING, *SPREAD))
COMMON = ("format", "output", "digits", "definitions", "shapes", "residuals", *FILES)
"""Options of the command line only; Python has methods for formats, arrays for files, shapes by name."""


@pytest.mark.parametrize("name", NAMES)
def test_a_record_says_how_it_is_written_everywhere(name: str) -> None:
    record = capability(name)
    assert record.name == name
    assert f"gradcli {name} " in record.declared.help
    (statement,) = parse(Source(record.statement)).statements
    assert isinstance(statement, Ask)
    assert statement.word == name


@pytest.mark.parametrize("name", NAMES)
def test_a_record_and_its_function_of_python_have_the_same_options(name: str) -> None:
    parameters = inspect.signature(getattr(gradcli, name)).parameters
    options = {option.parameter for option in capability(name).declared.options} - set(COMMON)
    assert options <= parameters.keys()
    assert getattr(gradcli, name).__doc__


def test_the_words_that_ask_are_the_capabilities() -> None:
    words = {word for word, kind in KEYWORDS.items() if kind in ASKING}
    assert words == set(NAMES)
