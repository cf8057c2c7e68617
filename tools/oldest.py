"""Prints the oldest versions that pyproject.toml allows, as constraints for pip: `pip install -c FILE`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def constraints() -> list[str]:
    """`numpy==2.0` for `numpy>=2.0`, for each requirement of the package and of its extras for data."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    found = []
    extras = project["optional-dependencies"]
    for each in (*project["dependencies"], *extras["parquet"], *extras["dask"]):
        name, bound, marker = re.fullmatch(r"([\w-]+)>=([\w.]+)(;.*)?", each).groups()  # type: ignore[union-attr]
        found.append(f"{name}=={bound}{marker or ''}")
    return found


if __name__ == "__main__":
    print("\n".join(constraints()))
