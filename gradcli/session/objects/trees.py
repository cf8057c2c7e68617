"""Functions of trees: of lists, tuples and dictionaries of values, in JAX's and PyTorch's spelling."""

from __future__ import annotations

from gradcli.lowering.trees import OF_TREES as MAKERS

__all__ = ["MAKERS"]
