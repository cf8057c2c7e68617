"""No command line and no program crashes, whatever stands in it: seeded random ones, and those that once did.

`unexpected_errors` of conftest fails a test that meets the guard at the command line.
"""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest

import gradcli
from gradcli.cli.commands import main
from gradcli.text.errors import GradcliError

NAMES = ("x", "y", "v", "A", "n")
VALUES = {
    "x": ("0.5", "2", "-1.3", "0", "nan", "inf", "1e308"),
    "y": ("0.25", "3", "-2", "0"),
    "v": ("1,2,3", "0.2,0.5,-1", "[]", "[1]", "0,0,0"),
    "A": ("[[2,1],[1,3]]", "[[1,2,3],[4,5,6]]", "[[0,0],[0,0]]"),
    "n": ("2", "3", "0"),
}


def words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


COMMANDS = words("eval diff explain graph check table plot solve minimize budget export map")
FUNCTIONS = words("""
    sin cos exp log sqrt abs tanh sigmoid relu softmax gamma erf sum mean prod max min norm std var
    cumsum sort flip diff det inv trace transpose dot outer cross where clamp floor round atan2
    hypot logaddexp stack cat reshape argmax median quantile einsum kron matrix_exp svdvals solve
    len ones zeros arange
""")
OPERATORS = words("+ - * / ** @ % // < ==")
TARGETS = words("c fortran javascript python numpy sql awk")
OF_PROGRAMS = words("""
    sum max len sorted list tuple float int str range zip torch.tensor torch.ones torch.stack
    isinstance type print round grad nn.Linear
""")
MEMBERS = words("""
    item() sum() backward() zero_() detach() tolist() T shape grad data append(x) pop() view(-1)
    step() parameters() weight grad_fn requires_grad_() mul_(2) format(x) join(l) upper() copy()
""")
MARKS = "()[],.+-*/^'\"x1 =:!|_;{}@#$%&~`\\é"


class Writer:
    """Writes random formulas, command lines and programs, most of which almost make sense."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.pick = self.random.choice

    def formula(self, depth: int) -> str:
        """An expression."""

        def below() -> str:
            return self.formula(depth - 1)

        sort = self.random.random()
        if depth <= 0 or sort < 0.2:
            return self.pick((*NAMES, *NAMES, "1", "2", "0.5", "pi", "-1", "[1,2]", "0", "1e3", "2/3"))
        if sort < 0.5:
            return f"({below()} {self.pick((*OPERATORS, '^'))} {below()})"
        if sort < 0.85:
            more = self.pick([""] * 9 + [", dim=0", ", keepdim=True", ", -1"])
            return f"{self.pick(FUNCTIONS)}({', '.join(below() for _ in range(self.pick((1, 1, 2))))}{more})"
        if sort < 0.93:
            return f"{self.pick(('grad', 'jacobian', 'hessian', 'jvp'))}({below()}, {self.pick(NAMES)})"
        return self.pick((f"{below()}[{self.pick(('0', ':', 'None', '5'))}]", f"|{below()}|", f"{below()}!"))

    def spoiled(self, text: str) -> str:
        """A text, of which one in six has a character too many, too few or changed."""
        place = self.random.randrange(len(text) + 1)
        if self.random.random() < 5 / 6:
            return text
        return text[:place] + self.pick(("", self.pick(MARKS))) + text[place + self.pick((0, 1)) :]

    def command(self) -> list[str]:
        """A command line."""
        name, formula = self.pick(COMMANDS), self.spoiled(self.formula(self.pick((1, 2, 2, 3))))
        values = [f"{each}={self.pick(VALUES[each])}" for each in NAMES if each in formula]
        if name in ("table", "plot"):
            values = ["x=-1:1:0.5", *(each for each in values if each[0] != "x")]
        elif name == "map":
            values = ["rows.csv", *(each for each in values if each[0] in "vA")]
        elif name in ("diff", "export"):
            values = ["--shape", "v=3,A=2x2"]
        if name == "export":
            values += ["--to", self.pick(TARGETS)]
        elif name == "eval":
            values += self.pick(([], ["--json"], ["--jacobian"], ["--hessian"], ["--order=2"]))
        return [name, formula, *values]

    def value(self, depth: int) -> str:
        """An expression of a program."""

        def below() -> str:
            return self.value(depth - 1)

        name = self.pick((*NAMES, "w", "l", "f", "t", "net", "opt"))
        sort = self.random.random()
        if depth <= 0 or sort < 0.3:
            return self.pick(
                (name, name, "1", "2.5", "[1,2]", "True", "None", '"a"', "[]", "x.grad", "(1,2)")
            )
        if sort < 0.5:
            return f"{below()} {self.pick((*OPERATORS, 'and', 'is', 'in'))} {below()}"
        if sort < 0.65:
            called = self.pick(OF_PROGRAMS)
            return f"{called}({', '.join(below() for _ in range(self.pick((1, 1, 2))))})"
        if sort < 0.72:
            return f"{below()}[{self.pick((below(), ':', '-1', ':, 0', 'None'))}]"
        if sort < 0.88:
            return f"{name}.{self.pick(MEMBERS)}"
        forms = (
            f"[{below()} for t in {below()}]",
            f"(lambda t: {below()})({below()})",
            f"{below()} if {below()} else {below()}",
            f'f"{{{name}:.3f}}"',
        )
        return self.pick(forms)

    def statement(self, depth: int = 2) -> list[str]:
        """The lines of a statement."""
        name, value = self.pick((*NAMES, "w", "l", "f", "t", "net", "opt")), self.value(2)
        inner = ["    " + line for line in self.statement(depth - 1)] if depth else ["    pass"]
        simple = (
            f"{name} = {value}",
            f"{name}, {self.pick(NAMES)} = {value}",
            f"{name} {self.pick(('+=', '-=', '*='))} {value}",
            f"print({value})",
            f"{name}[{self.value(1)}] {self.pick(('=', '+='))} {self.value(1)}",
            value,
            *(f"backward {self.value(1)}", "zero", "undo", f"del {name}", f"const {name} = {self.value(1)}"),
            *(f"diff {self.value(1)}, x", f"explain {self.value(1)}", f"solve {self.value(1)}, x=1"),
            *(f"minimize {self.value(1)}, x=1", f"table {self.value(1)}, x=0:1:0.5", "x = 2 ± 0.1"),
            *(f"{name}.grad = {self.value(0)}", f"x.requires_grad = {self.value(0)}", "import torch"),
            *("opt = torch.optim.SGD(net.parameters(), lr=0.1)", "net = nn.Sequential(nn.Linear(3, 2))"),
        )
        compound = (
            [f"for t in {self.pick(('range(3)', self.value(1)))}:", *inner],
            [f"if {self.value(1)}:", *inner],
            ["def f(t, n=2):", *inner, f"    return {self.value(1)}"],
            ["with torch.no_grad():", *inner],
        )
        return self.pick(compound) if depth and self.random.random() < 0.25 else [self.pick(simple)]


@pytest.mark.parametrize("seed", range(12))
def test_no_command_line_crashes(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rows.csv").write_text("x,y,n\n1,2,3\n0.5,-1,2\n-1,0,1\n")
    monkeypatch.chdir(tmp_path)
    writer = Writer(seed)
    for _ in range(60):
        assert main(writer.command()) in (0, 1, 2)


@pytest.mark.parametrize("seed", range(12))
def test_no_program_crashes(seed: int) -> None:
    writer = Writer(seed)
    for _ in range(25):
        session = gradcli.Session()
        session.run(
            "import torch; from torch import nn; x = 3; y = 2; w = [1.0, 2, 3]; A = [[1,2],[3,4]]; n = 2"
        )
        for _ in range(12):
            with suppress(GradcliError):
                session.run("\n".join(writer.statement()))


ONCE = (
    ("solve", "v", "v=[]"),
    ("solve", "grad(1, x)", "x=1e308"),
    ("solve", "x % 2", "x=1e308"),
    ("minimize", "sum(v)", "v=[]"),
    ("check", "v", "v=[]"),
    ("eval", "i0(v)[:]", "v=[]", "--jacobian"),
    ("eval", "histc(x)", "x=1e308"),
    ("diff", "i**[12]"),
    ("budget", "x[None]", "x=2±0.1"),
    ("budget", "exp(x)", "x=[2]±[0.5]", "--second-order"),
    ("solve", "tan(x)", "--x", "0:10", "--all", "--json"),
    ("graph", "1**0.5"),
    ("diff", "(y/v)**(1 < 2)"),
    ("minimize", "x**n", "x=1e308", "n=0"),
    ("check", "logcumsumexp(x)", "x=1,2"),
    ("check", "hyp2f1(x, 1, 2, 0)", "x=1"),
)


@pytest.mark.parametrize("words", ONCE, ids=" ".join)
def test_what_once_crashed_does_not(words: tuple[str, ...]) -> None:
    assert main(words) in (0, 1, 2)


STATEMENTS_ONCE = (
    "y = sin((1, 2) + (3,))",
    "y = max((1, 2) + (3,), 0)",
    "y = [1, 2][(0,) + (1,)]",
    'y, z = min("a" % x, 1)',
    'w["a" % x] = 1',
    'w *= "a"',
    "x.requires_grad = A",
    'print(f"{A} and 1" is f"{w} and 2")',
    "minimize [q for t in w], q=1",
    "s = sorted(A[0].reshape(-1, 1))",
    "s = str([] == True)",
    "solve ((tanh(y))**-1)**-1, x=1, y=1",
)


@pytest.mark.parametrize("statement", STATEMENTS_ONCE)
def test_statements_that_once_crashed_are_errors_of_the_program(statement: str) -> None:
    session = gradcli.Session()
    session.run("x = 3; w = [1.0, 2, 3]; A = [[1, 2], [3, 4]]")
    with suppress(GradcliError):
        session.run(statement)


def test_a_text_that_is_held_is_formatted_as_one_that_is_written() -> None:
    printed = gradcli.Session().run('s = "%d and %d"; print(s % (1, 2))')
    assert "1 and 2" in str(printed)
