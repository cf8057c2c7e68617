"""What every test shares: hypothesis draws the same examples on every run, and is not timed."""

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings

from gradcli.engine.plan import Plan
from gradcli.text import errors
from gradcli.text.errors import GradcliError

# A shell that runs the tests in the background has SIGINT ignored, and nohup SIGHUP; what they start would
# inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

settings.register_profile("same every time", derandomize=True, deadline=None, database=None)
settings.register_profile("exhaustive", max_examples=2000, deadline=None)
settings.load_profile("same every time")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what happens into golden files and documentation, for review with git diff",
    )
    parser.addoption(
        "--cluster", action="store_true", help="start workers of Dask, for which a busy machine has no time"
    )


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """One process where files are written, since two tests may write to one file; else as usual."""
    return 1 if config.getoption("--update-golden") else None


@pytest.fixture(autouse=True)
def unexpected_errors(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Exception]]:
    """What the guards at the doors met, which makes a test fail unless it asks for this list."""
    met: list[Exception] = []
    tell = errors.unexpected

    def unexpected(raised: Exception) -> GradcliError:
        met.append(raised)
        return tell(raised)

    monkeypatch.setattr(errors, "unexpected", unexpected)
    yield met
    if met and "unexpected_errors" not in request.function.__code__.co_varnames:
        raise met[0]


@pytest.fixture
def update_golden(pytestconfig: pytest.Config) -> bool:
    """Whether to write what happens, rather than to compare with it."""
    return bool(pytestconfig.getoption("--update-golden"))


@pytest.fixture
def plans_made(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many plans have been made so far."""
    count = 0
    make = Plan.__init__

    def counted(*arguments: Any, **named: Any) -> None:
        nonlocal count
        count += 1
        make(*arguments, **named)

    monkeypatch.setattr(Plan, "__init__", counted)
    return lambda: count
