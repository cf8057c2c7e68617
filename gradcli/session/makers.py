"""What makes objects: calls of a library's classes, by their full paths, such as `torch.optim.SGD`.

A maker is given the lowering and the call, and comes to a host value (`gradcli.lowering.host.Host`), or is a
rule that does. It is asked only where something may act, which is in a session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Maker: TypeAlias = Callable[[Any, Any], Any]
"""Makes an object for a call; is given the context and the call."""

MAKERS: Mapping[str, Maker] = {}
"""Every maker, by the full path of what is called."""
