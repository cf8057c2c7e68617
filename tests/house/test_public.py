"""Everything that `import gradcli` and `gradcli.extend` offer is there, and says what it is."""

from __future__ import annotations

import inspect

import pytest

import gradcli
from gradcli import extend

PUBLIC = [(module, name) for module in (gradcli, extend) for name in module.__all__ if name[0] != "_"]


@pytest.mark.parametrize(("module", "name"), PUBLIC, ids=lambda each: getattr(each, "__name__", each))
def test_a_public_name_is_documented(module: object, name: str) -> None:
    thing = getattr(module, name)
    if not callable(thing):
        return  # a table
    assert inspect.getdoc(thing)
    for attribute, member in vars(thing).items() if inspect.isclass(thing) else ():
        if not attribute.startswith("_") and inspect.isfunction(member):
            assert inspect.getdoc(getattr(thing, attribute)), f"{name}.{attribute}"
