"""What programs ask Python's `collections` for: other classes of dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.dictionaries import make, make_with_default

MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "collections.OrderedDict": partial(make, name="OrderedDict"),
    "collections.defaultdict": make_with_default,
}
"""What makes dictionaries of other classes, by its full path."""
