"""Text with cells: transcripts alone, in scripts and in Markdown; what is run, compared and written."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages import ran

from gradcli.documents.pages import Page, read_page
from gradcli.documents.transcript import fences_in, margin_of, pieces_of
from gradcli.text.source import Source

SESSION = """\
# A session, with prose between.
>>> x = 3
>>> y = x**2
>>> for i in range(2):
...     x*i
...
0
3

Prose without a sign, below an empty line.

>>> backward y
x.grad = 6  # 1 pass
$ gradcli eval "x" --x 3
3
>>> x/0
inf
>>> z
error: unknown name z
  z
  ^
hint: give it a value first: z = …
>>> table x**2, x=0:1:1
x  value  dvalue/dx
0      0          0
1      1          2

>>> print("a\\n\\nb")
a

b
>>> save other.grad
error: a page writes and loads no files
  save other.grad
       ^^^^^^^^^^
hint: at a prompt it does
>>> print(1/3)  # doctest: +SKIP
whatever
"""

SCRIPT = '''\
import torch

def square(x):
    """The square of a number.

    >>> square(3)
    9
    >>> square(torch.tensor(2.))
    tensor(4.)
    """
    return x**2

# >>> not a prompt at that margin
print("loud")
'''

COMMENTS = """\
square(x) = x**2
# The square of three, and its slope:
# >>> square(3)
# 9
# >>> square'(3)
# 6
y = square(2)
"""

MARKDOWN = """\
# Lesson

```python
import torch
x = torch.tensor(2.0, requires_grad=True)
```

and then

~~~ {.python}
y = x**2
print("y:", y.item())
y
~~~

```text
y: 4.0
tensor(4., grad_fn=<PowBackward0>)
```

```bash
rm -r /
```

```pycon
>>> y.backward()
>>> x.grad
tensor(4.)
```

```python
x*3
```

```python
x + 1
```

A block that is not closed stays what it is:

```python
x +
"""


@pytest.mark.parametrize("text", [SESSION, SCRIPT, COMMENTS, "", "x = 3\n", ">>> 1", "\n\n>>> 1\n1\n\n"])
def test_pieces_are_the_text(text: str) -> None:
    margin = margin_of(text) or ""
    assert "".join(piece.lines + piece.shown for piece in pieces_of(text, margin)) == text


def test_fences_are_found_as_markdown_has_them() -> None:
    text = "````a b\n```c\n````\n ~~~{.Python}\n~~~\n```\n\n```d"
    assert [(each.language, text[slice(*each.body)]) for each in fences_in(text)] == [
        ("a", "```c\n"),
        ("python", ""),
    ]


PAGES = {
    "session.txt": (SESSION, "10 cells, of which 7 show something: 7 equal, 1 skipped"),
    "lesson.py": (SCRIPT, "2 cells, of which 2 show something: 2 equal"),
    "lesson.grad": (COMMENTS, "2 cells, of which 2 show something: 2 equal"),
    "lesson.md": (MARKDOWN, "6 cells, of which 2 show something: 2 equal"),
}


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_checked(name: str, tmp_path: Path) -> None:
    text, summary = PAGES[name]
    shown, _ = ran(text, tmp_path, "--check", name=name)
    assert shown.splitlines()[-1] == f"{name}: {summary}", shown


def written(text: str, folder: Path, name: str) -> str:
    """What `-o` makes of a page."""
    new = f"new{name[name.index('.') :]}"
    shown, status = ran(text, folder, "-o", new, name=name)
    assert status == 0, shown
    return (folder / "here" / new).read_text(encoding="utf-8")


def test_what_is_written_is_what_is_shown(tmp_path: Path) -> None:
    assert written(SCRIPT, tmp_path / "a", "lesson.py") == SCRIPT
    assert written(COMMENTS.replace("# 6", "# 7"), tmp_path / "b", "lesson.grad") == COMMENTS
    warned = "warning: the result is inf: 3 / 0 is infinite\n  x/0\n  ^^^\ninf\n"
    session = SESSION.replace("9\n", "8\n").replace("\n0\n3\n", "\n7\n")
    again = written(session, tmp_path / "c", "session.txt")
    assert again == SESSION.replace("inf\n", warned).replace("whatever", "0.3333333333333333")
    assert ran(again, tmp_path / "d", "--check", name="session.txt")[1] == 0


def test_blocks_are_written_below_code_that_shows_something(tmp_path: Path) -> None:
    below = "```python\nx*3\n```\n"
    assert written(MARKDOWN.replace("y: 4.0", "y: 3"), tmp_path, "lesson.md") == MARKDOWN.replace(
        below, f"{below}\n```text\ntensor(6., grad_fn=<MulBackward0>)\n```\n"
    ).replace("x + 1\n```\n", "x + 1\n```\n\n```text\ntensor(3., grad_fn=<AddBackward0>)\n```\n")


def test_an_error_in_markdown_says_the_line_of_the_page(tmp_path: Path) -> None:
    shown, status = ran(MARKDOWN.replace("x*3", "x*q"), tmp_path, "--check", "--json", name="lesson.md")
    assert status == 1
    line = MARKDOWN[: MARKDOWN.index("x*3")].count("\n") + 1
    assert f'"line": {line}, "verdict": "differs", "reasons": ["error"]' in shown
    assert f"lesson.md:{line}:3: error: unknown name q" in shown


def test_pages_run_as_scripts_do(tmp_path: Path) -> None:
    shown, status = ran(MARKDOWN, tmp_path / "a", "--style", "torch", name="lesson.md")
    assert (status, shown.splitlines()[:2]) == (0, ["y: 4.0", "tensor(4., grad_fn=<PowBackward0>)"])
    shown, status = ran(SESSION, tmp_path / "b", name="session.txt")
    assert status == 2
    assert shown.splitlines()[:3] == ["0", "3", "x.grad = 6  # 1 pass"]
    shown, status = ran(SCRIPT, tmp_path / "c", name="lesson.py")  # its transcripts are a text
    assert (status, shown) == (0, "loud\n")


def test_a_prompt_is_plain_or_as_pytorch_as_it_has_shown(tmp_path: Path) -> None:
    typed = ">>> import torch\n>>> x = torch.tensor([1., 2.])\n>>> x\n"
    assert ran(f"{typed}[1, 2]\n", tmp_path / "a", "--check", name="x.txt")[1] == 0
    assert ran(f"{typed}tensor([1., 2.])\n", tmp_path / "b", "--check", name="x.txt")[1] == 0
    assert ran(f"{typed}tensor([1., 3.])\n", tmp_path / "c", "--check", name="x.txt")[1] == 1


def test_a_script_that_holds_nothing_shown_is_not_checked(tmp_path: Path) -> None:
    told = "error: x.grad holds nothing that was shown, and {} needs that\nhint: it is for notebooks, "
    for option in (("--check",), ("-o", "y.grad")):
        shown, status = ran("x = 3\nx\n", tmp_path / option[0], *option, name="x.grad")
        assert status == 2
        assert shown.startswith(told.format(option[0]))


def test_a_script_that_fails_is_told_before_its_transcripts(tmp_path: Path) -> None:
    shown, status = ran(COMMENTS.replace("square(2)", "q"), tmp_path, "--check", name="lesson.grad")
    assert status == 1
    assert shown.startswith("the script differs: error\n  +lesson.grad:7:5: error: unknown name q\n")


def test_other_prompts_and_pythons_errors(tmp_path: Path) -> None:
    told = "x.txt: 1 cell, of which 1 shows something: 0 equal, 1 excused (tracebacks 1)\n"
    trace = "Traceback (most recent call last):\n  ...\nZeroDivisionError: division by zero\n"
    assert ran(f">>> 1 + q\n{trace}", tmp_path / "a", "--check", name="x.txt") == (
        f"line 1 is excused: tracebacks\n{told}",
        0,
    )
    assert ran(f">>> 1 + 2\n{trace}", tmp_path / "b", "--check", name="x.txt")[1] == 1


@pytest.mark.parametrize("text", [SESSION, SCRIPT, COMMENTS, MARKDOWN])
@pytest.mark.parametrize("name", ["x.md", "x.txt"])
def test_damaged_pages_are_read(text: str, name: str) -> None:
    for cut in range(0, len(text), 7):
        for damaged in (text[:cut], text[cut:], text[:cut] + "```\n>>> \x00" + text[cut:]):
            page = read_page(Source(damaged, name), checks=True)
            if isinstance(page, Page):
                assert page.written({}, "plain") == damaged
                kept = {cell.number: cell.outputs for cell in page.cells if cell.compared}
                assert page.written(kept, "plain").rstrip() == damaged.rstrip()
