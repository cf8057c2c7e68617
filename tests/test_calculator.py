"""The session for Python: names and grads that stay between calls."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from work import grows_with

import gradcli
from gradcli import Session, Uncertain


def test_grads_add_up_until_they_are_cleared() -> None:
    s = Session()
    assert s.run("x = 3; y = x**2; backward y").value == {"x": 6.0}
    assert (s["x"].grad, s["x"].passes, s["y"].grad, s["y"].passes) == (6.0, 1, None, 0)
    s.run("backward y")
    assert s["x"].grad == 12.0
    s.zero("x")
    assert (s["x"].grad, s["x"].passes) == (0.0, 0)
    s.run("backward y")
    s.zero()
    assert s["x"].grad == 0.0


def test_it_is_a_mapping_of_names() -> None:
    s = Session({"x": 2, "w": [1, 2]})
    assert list(s) == ["x", "w"]
    assert len(s) == 2
    assert "x" in s
    assert "q" not in s
    assert float(s["x"]) == 2.0
    assert np.asarray(s["w"]).tolist() == [1.0, 2.0]
    assert s.run("sum(w)*x").value == 6.0
    s["x"] = 5
    assert s.run("x").value == 5.0
    del s["w"]
    with pytest.raises(KeyError):
        s["w"]
    with pytest.raises(KeyError):
        del s["w"]
    with pytest.raises(gradcli.GradcliError, match="no name"):
        s["1x"] = 3
    with pytest.raises(gradcli.GradcliError, match="neither a number"):
        s["x"] = "3"
    assert {name: variable.kind for name, variable in s.items()} == {"x": "leaf", "ans": "value"}


def test_what_was_taken_from_it_knows_what_is_there_now() -> None:
    s = Session()
    s.run("x = 3; y = x**2")
    x, y = s["x"], s["y"]
    s.run("x -= 1; backward x**2")
    assert (x.value, x.grad, y.kind) == (2.0, 4.0, "stale value")
    s.run("del x")
    with pytest.raises(KeyError):
        x.value  # noqa: B018 (it is what raises)


def test_outcomes() -> None:
    s = Session()
    outcome = s.run("x = 3\nx\nprint('x is', x)\n[x, 2*x]\nminimize (x - 1)**2\n")
    assert outcome.results[:2] == (3.0, "x is 3")
    assert outcome.results[2].tolist() == [3.0, 6.0]
    assert outcome.value.kind == "minimum"
    assert outcome.text.splitlines()[:3] == ["3", "x is 3", "[3, 6]"]
    assert repr(outcome) == outcome.text
    assert s.run("").value is None
    s.run("a, b = 1, [2, 3]; t = (a, b)")
    assert s["t"].kind == "tuple"
    assert s["t"].value[0] == 1.0


def test_notes_are_fields_and_warnings_are_pythons_too() -> None:
    s = Session({"x": 0})
    with pytest.warns(RuntimeWarning, match="infinite"):
        outcome = s.run("1/x")
    assert len(outcome.warnings) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outcome = s.run("y = x + 1; x = 4")
    assert outcome.notes == ("y still uses the x from before",)


def test_a_name_that_is_bound_again_and_again_is_only_as_much_more_work() -> None:
    """Each time all names were asked whether they still use what it was, even where that had been said."""
    assert grows_with(
        60, lambda n: Session().run("x = 1\n" + "".join(f"y{i} = 2*x; x = 1\n" for i in range(n)))
    )


def test_a_statement_that_fails_changes_nothing_and_those_before_it_stay() -> None:
    s = Session()
    with pytest.raises(gradcli.GradcliError) as caught:
        s.run("x = 3\nx = q + 1")
    assert caught.value.rendered.startswith("error: unknown name q")
    assert s["x"].value == 3.0
    with pytest.raises(gradcli.GradcliError, match="unknown name"):
        s.zero("nope")
    with pytest.raises(gradcli.GradcliError, match="an expression is text"):
        s.run(3)  # type: ignore[arg-type]


def test_undo_and_copies() -> None:
    s = Session({"x": 3})
    s.run("y = x**2; backward y; backward y")
    other = s.copy()
    other.run("backward y; x -= 1")
    assert (s["x"].grad, other["x"].grad) == (12.0, 18.0)
    s.undo()
    assert list(s) == ["x"]
    assert s["x"].grad is None
    s.undo()
    assert not s
    with pytest.raises(gradcli.GradcliError, match="nothing to undo"):
        s.undo()


def test_what_is_said_of_uncertain_leaves_can_be_undone() -> None:
    s = Session({"x": Uncertain(3, 0.1), "y": Uncertain(3, 0.1)})
    s.run("correlation x, y = 1")
    assert s.run("x - y").value.uncertainty == 0
    s.undo()
    assert s.run("x - y").value.uncertainty == pytest.approx(0.1 * 2**0.5)
    s.run("x -= 1")
    assert [each.uncertainty for each in s.values()] == [None, 0.1, None]
    s.undo()
    assert [each.uncertainty for each in s.values()][:2] == [0.1, 0.1]


def test_uncertain_values() -> None:
    s = Session({"x": Uncertain(3, 0.1)})
    value = s.run("y = x**2; y").value
    assert (value.value, value.uncertainty) == (9.0, pytest.approx(0.6))
    assert s["y"].uncertainty == pytest.approx(0.6)
    assert Session({"x": 3})["x"].uncertainty is None


def test_files_are_not_read() -> None:
    with pytest.raises(gradcli.GradcliError, match="reads no files"):
        Session().run("A = @numbers.csv")


def test_what_a_program_prints_to_stderr_goes_there(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = gradcli.Session().run("import sys; print(3, file=sys.stderr); print(4)")
    assert (outcome.text, capsys.readouterr()) == ("4", ("", "3\n"))
