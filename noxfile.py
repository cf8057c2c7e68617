"""The whole matrix, for who has the Pythons: `nox`, or `nox -s tests-3.13`, or `nox -l` for a list.

One Python, with the linters and the wheel, is `.ci/run`.
"""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["tests", "newest", "oldest", "lint"]


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """All tests, with what pip finds."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python="3.14")
def newest(session: nox.Session) -> None:
    """All tests with the next NumPy, too, where it has come out for trying."""
    session.install("-e", ".[test]")
    session.install("--upgrade", "--pre", "numpy")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python="3.11")
def oldest(session: nox.Session) -> None:
    """All tests with the oldest versions that pyproject.toml allows."""
    pins = session.run("python", "tools/oldest.py", silent=True)
    session.install("-e", ".[test]", *str(pins).split("\n")[:-1])
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python="3.12")
def lint(session: nox.Session) -> None:
    """The linters and the type checker."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")


@nox.session(python=["3.11", "3.14"])
def cluster(session: nox.Session) -> None:
    """The tests that start processes of Dask."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", "-n", "0", "--cluster", "tests/pipelines/test_dask.py")


@nox.session(python="3.12")
def exhaustive(session: nox.Session) -> None:
    """Many more random examples, differently each time."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", "--hypothesis-profile=exhaustive", *session.posargs)
