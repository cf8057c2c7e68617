"""Python's garbage collector is paused while something large is built, and never for longer."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

import pytest

import gradcli
from gradcli.collecting import uncollected
from gradcli.engine.graph import nodes_alive
from gradcli.session.context import Run
from gradcli.text.errors import GradcliError


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    was = gc.isenabled()
    gc.enable()
    yield
    (gc.enable if was else gc.disable)()


@uncollected
def build(fails: bool = False) -> bool:
    if fails:
        raise KeyboardInterrupt
    return gc.isenabled()


@uncollected
def build_parts() -> tuple[bool, bool]:
    return build(), gc.isenabled()


def test_it_is_back_afterwards() -> None:
    assert build() is False
    assert gc.isenabled()


def test_it_is_back_after_a_failure() -> None:
    with pytest.raises(KeyboardInterrupt):
        build(fails=True)
    assert gc.isenabled()


def test_what_is_built_within_something_leaves_it_paused() -> None:
    assert build_parts() == (False, False)
    assert gc.isenabled()


def test_whoever_has_turned_it_off_finds_it_off() -> None:
    gc.disable()
    assert build() is False
    assert not gc.isenabled()


LONG = " + ".join(f"x*{k}.5" for k in range(3000))


@pytest.mark.parametrize("text", [LONG, f"{LONG} + z", f"{LONG} +", f"log({LONG} - 1e9)", f"[{LONG}, [x]]"])
def test_it_is_back_after_a_long_expression(text: str) -> None:
    try:
        gradcli.evaluate(text, {"x": 2.0})
    except GradcliError:
        pass
    assert gc.isenabled()


def test_what_an_answer_was_made_of_is_freed_without_the_collector() -> None:
    gc.disable()
    others = [each for each in gc.get_objects() if isinstance(each, Run)]
    before = nodes_alive()
    gradcli.evaluate("x*271.828 + y", {"x": 2.0, "y": 1.0}, order=2)
    assert all(each in others for each in gc.get_objects() if isinstance(each, Run))
    assert nodes_alive() - before < 10  # the plans that are kept hold the numbers in them


@pytest.mark.parametrize(
    "text",
    [
        "x**2",
        "y = 2*x; y**2",
        "const A = x; jacobian(tanh(A*x), x)",
        "f(t) = t**2; f(x)",
        "def f(t):\n    u = t**2\n    return u\nf(x)",
        "s = 0\nfor i in range(3): s += i*x\ns",
        "log(x - x)",
        "foo(x)",
    ],
)
def test_what_an_evaluation_held_is_freed_as_it_ends(text: str) -> None:
    def evaluate() -> None:
        with contextlib.suppress(GradcliError):
            gradcli.evaluate(text, {"x": [1.0, 2.0]})

    evaluate()  # which imports what it needs
    gc.collect()
    gc.disable()
    before = {id(each) for each in gc.get_objects() if isinstance(each, Run)}
    evaluate()
    assert not [each for each in gc.get_objects() if isinstance(each, Run) and id(each) not in before]
