"""What every entry of the table says: names, signature, sentence and example."""

from __future__ import annotations

import ast
import inspect

import pytest

from gradcli.engine.primitives import ENTRIES, TABLE, Composite, Elementwise, Entry, Structural
from gradcli.engine.primitives.entry import parse_signature


@pytest.mark.parametrize("entry", ENTRIES, ids=repr)
def test_an_entry_says_what_people_read(entry: Entry) -> None:
    assert entry.name.isidentifier()
    assert entry.doc.endswith(".")
    assert "\n" not in entry.doc
    assert entry.doc.count(". ") <= 1, "one sentence, and perhaps one on the convention"
    assert len(entry.example) == 2
    assert all(entry.example)
    called = entry.example[0]
    words = (entry.name, entry.name.replace("_", "."), *entry.aliases, entry.symbol)  # also norm.pdf
    assert any(word in called for word in words if word)
    assert entry.family
    assert isinstance(entry, Elementwise | Structural | Composite)


@pytest.mark.parametrize("entry", ENTRIES, ids=repr)
def test_a_name_means_one_entry(entry: Entry) -> None:
    for name in (entry.name, *entry.aliases):
        assert TABLE[name] is entry
    assert [each for each in ENTRIES if entry.name in (each.name, *each.aliases)] == [entry]
    assert len(set(entry.aliases)) == len(entry.aliases)


@pytest.mark.parametrize("entry", ENTRIES, ids=repr)
def test_a_signature_is_python_s(entry: Entry) -> None:
    python = inspect.signature(eval(f"lambda {entry.signature}: 0"))
    assert [each.name for each in entry.parameters] == list(python.parameters)
    names = [each.name for each in parse_signature(entry.signature)]
    assert names == [each.name for each in entry.parameters]
    for parameter in entry.parameters:
        if parameter.default is not None:
            ast.literal_eval(parameter.default)
    if isinstance(entry, Elementwise):
        assert not any(each.holds for each in entry.needed), "its arguments are nodes"
        further = entry.parameters[entry.arity :]
        assert all(each.default for each in further), "what is no input of the function can be left out"
        assert len(entry.domain) in (0, entry.arity)
