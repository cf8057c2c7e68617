"""How a worked solution is written: as text for a terminal, in Markdown, in LaTeX.

All are made of the same lines. A line has a name, how that is computed from what stands before it, in names
and then in numbers, and what comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from gradcli.capabilities.worked import Accumulated, Direction, Share, Worked
from gradcli.engine.graph import Node
from gradcli.records import NamedTuple
from gradcli.text.excerpt import measure, printable
from gradcli.text.values import number, plain
from gradcli.writing.latex import name_in_latex
from gradcli.writing.markdown import code_in_markdown, in_markdown
from gradcli.writing.steps import Step, Wording

DIGITS = 7
"""Significant digits of the numbers on the way; the results have all of theirs."""

MOST_LINES = 60
"""Of longer parts the middle is left out."""

WIDTH = 80
"""No line of text is wider."""

_MOST_ELEMENTS = 6
_ALIGNED = 28
"""Formulas of more columns do not push all numbers to the right."""

Item = TypeVar("Item")


class Line(NamedTuple):
    """One line of a lesson.

    `sign` is `=`, or `+=` where something is added to what has come before; `numbers` is the formula in
    numbers, where it is one that a person would put them in; `total` is what has come together so far, where
    something is added, and `behind` what is said of the value. `node` is the step that it is about, `source`
    the one that hands something to it, and `exact` what that has then, to all digits.
    """

    name: str
    sign: str
    formula: str
    numbers: str
    value: str
    total: str = ""
    behind: str = ""
    node: Node | None = None
    source: Node | None = None
    exact: Any = None


class Part(NamedTuple):
    """One part of a lesson: what it is, its heading, its lines; a number says how many it stands for.

    `kind` is `forward`, `backward`, `tangents`, `results` or `again`.
    """

    kind: str
    heading: str
    lines: tuple[Line | int, ...]


class Lesson:
    """What there is to say of a worked solution, in the notation `text` or `latex`.

    `name` is that of the result, where it has one; `grads` are what leaves have accumulated, where a second
    backward is to be explained; `forward`: tangents are explained, and no cotangents; `grad_fn`: steps are
    called as PyTorch calls them, too. Of parts with more than `most` lines the middle is left out.
    """

    def __init__(
        self,
        worked: Worked,
        notation: str = "text",
        digits: int | None = None,
        *,
        name: str = "",
        grads: Mapping[str, Any] | None = None,
        forward: bool = False,
        grad_fn: bool = False,
        most: int = MOST_LINES,
    ) -> None:
        self.worked = worked
        self.wording = Wording(worked.steps, notation, worked.typed, worked.tied)
        self._latex = notation == "latex"
        self._digits = digits
        self._name = name
        self._grads = grads
        self._forward = forward
        self._grad_fn = grad_fn
        self._most = most

    def parts(self) -> Iterator[Part]:
        """The parts of the lesson, in order."""
        yield self._computed()
        if self._forward:
            for direction in self.worked.directions:
                if self.worked.tangents[direction.name]:
                    yield self._moved(direction)
        elif len(self.worked.flows) > 1:
            yield self._backward()
        yield self._results()
        if self._grads is not None and (found := self.worked.accumulated(self._grads)):
            yield self._again(found)

    def _computed(self) -> Part:
        def line(step: Step) -> Line:
            value = self.worked.values[step.node]
            formula = "" if step.is_leaf else self.wording.expression(step)
            grad_fn = self.worked.grad_fn(step) if self._grad_fn else None
            behind = [f"shape {list(np.shape(value))}"] if np.shape(value) else []
            behind += [f"<{grad_fn}>"] if grad_fn else []
            name = self.wording.name(step.node)
            return Line(
                name,
                "=",
                formula,
                "",
                self.value(value),
                behind=", ".join(behind),
                node=step.node,
                exact=value,
            )

        steps = _ends(list(self.worked.steps.all.values()), self._most)
        lines = tuple(each if isinstance(each, int) else line(each) for each in steps)
        return Part("forward", "Forward: each step, from those before it", lines)

    # Backward

    def _backward(self) -> Part:
        worked, wording = self.worked, self.wording
        output = worked.output
        order = [step for step in reversed(worked.steps.all.values()) if worked.moved(step)]
        shown = _ends(order, self._most)
        shares = worked.shares([each for each in shown if isinstance(each, Step)])
        start = worked.values[worked.flows[output]]
        lines: list[Line | int] = [
            Line(wording.flow(output), "=", "", "", self.value(start), node=output, exact=start)
        ]
        for each in shown:
            if isinstance(each, int):
                lines.append(each)
            else:
                lines += [self._share(share) for share in shares if share.step is each]
        example = worked.moved(order[0])[0] if order else output
        flow, result, below = wording.flow(example), wording.name(output), wording.name(example)
        heading = (
            f"Backward: {flow} is the derivative of {result} in {below}; a step hands on what has arrived, "
            "times its own derivative, and where paths meet, the shares add up"
        )
        return Part("backward", heading, tuple(lines))

    def _share(self, share: Share) -> Line:
        sign = "=" if share.total is None else "+="
        total = "" if share.total is None else self.value(share.total)
        formula = self.wording.share(share.step, share.operand)
        numbers = self._product(share.factors) if share.factors else ""
        name = self.wording.flow(share.operand)
        return Line(
            name,
            sign,
            formula,
            numbers,
            self.value(share.value),
            total,
            node=share.operand,
            source=share.step.node,
            exact=share.value if share.total is None else share.total,
        )

    # Forward

    def _moved(self, direction: Direction) -> Part:
        tangents = self.worked.tangents[direction.name]
        steps = [step for step in self.worked.steps.all.values() if step.node in tangents]
        shown = _ends(steps, self._most)
        partials = self.worked.partials([each for each in shown if isinstance(each, Step)])
        slopes = iter(partials)
        lines: list[Line | int] = []
        for each in shown:
            if isinstance(each, int):
                lines.append(each)
            else:
                lines.append(self._tangent(each, tangents, next(slopes)))
        output = self.worked.output
        name = self.wording.name(output)
        heading = (
            f"Tangents: {self.wording.flow(output)} is the derivative of {name} in {direction.name}; each is "
            "the sum of those before it, times the derivatives of the step"
        )
        return Part("tangents", heading, tuple(lines))

    def _tangent(self, step: Step, tangents: Mapping[Any, Any], slopes: Mapping[Any, Any]) -> Line:
        exact = tangents[step.node]
        name, value = self.wording.flow(step.node), self.value(exact)
        if step.is_leaf:
            return Line(name, "=", "", "", value, node=step.node, exact=exact)
        moving = [each for each in step.operands if each in tangents]
        formula = self.wording.tangent(step, moving)
        products = [
            self._product((slopes[each], tangents[each]))
            for each in moving
            if self.wording.partial(step, each) is not None and slopes.get(each) is not None
        ]
        numbers = " + ".join(products) if len(products) == len(moving) else ""
        return Line(name, "=", formula, numbers, value, node=step.node, exact=exact)

    # The end

    def _results(self) -> Part:
        lines = [Line(self._result("value"), "=", "", "", self._whole(self.worked.value))]
        lines += [
            Line(self._derivative(name), "=", "", "", self._whole(gradient))
            for name, gradient in self.worked.gradients.items()
        ]
        return Part("results", "Value and gradients", tuple(lines))

    def _result(self, unnamed: str) -> str:
        if not self._latex:
            return printable(self._name) or unnamed
        return self.wording.name(self.worked.output)

    def _derivative(self, name: str) -> str:
        if not self._latex:
            return f"d{printable(self._name)}/d{printable(name)}"
        return f"\\frac{{\\partial {self._result('')}}}{{\\partial {name_in_latex(name)}}}"

    def _again(self, accumulated: Mapping[str, Accumulated]) -> Part:
        lines = []
        for name, found in accumulated.items():
            grad = f"{name_in_latex(name)}\\mathrm{{.grad}}" if self._latex else f"{printable(name)}.grad"
            nothing = np.zeros_like(found.cleared)
            for before, after, when in (
                (None, found.before, "before"),
                (found.before, found.once, "after backward"),
                (found.once, found.twice, "after a second backward"),
                (None, nothing, "after zero"),
                (nothing, found.cleared, "after zero and a backward"),
            ):
                numbers = "" if before is None else self._sum((before, found.cleared))
                lines.append(Line(grad, "=", "", numbers, self.value(after), behind=when))
        return Part(
            "again", "Again: backward adds to what is there, and nothing but zero clears it", tuple(lines)
        )

    # Numbers

    def value(self, value: Any) -> str:
        """A value, to the digits of the numbers on the way."""
        return self._written(value, self._digits or DIGITS)

    def _whole(self, value: Any) -> str:
        """A result, to all its digits where it is one number."""
        return self._written(value, self._digits or (DIGITS if np.shape(value) else None))

    def _written(self, value: Any, digits: int | None) -> str:
        if self._latex:
            return value_in_latex(value, digits)
        return plain(value, digits, multiline=False, limit=_MOST_ELEMENTS, shaped=False)

    def _product(self, factors: Sequence[Any]) -> str:
        return (r" \cdot " if self._latex else " * ").join(self._terms(factors))

    def _sum(self, terms: Sequence[Any]) -> str:
        return " + ".join(self._terms(terms))

    def _terms(self, values: Sequence[Any]) -> Iterator[str]:
        for place, each in enumerate(values):
            text = self.value(each)
            closed = f"\\left({text}\\right)" if self._latex else f"({text})"
            yield closed if place and text.startswith("-") else text


def _ends(items: Sequence[Item], most: int) -> list[Item | int]:
    """The items; of more than `most` those at both ends, and between them how many there are besides."""
    if len(items) <= most:
        return list(items)
    half = most // 2
    return [*items[:half], len(items) - 2 * half, *items[-half:]]


# Text


def as_text(parts: Iterable[Part]) -> str:
    """The lesson for a terminal, in lines of at most 80 columns."""
    return "\n\n".join("\n".join(_text_of(part)) for part in parts)


def _text_of(part: Part) -> Iterator[str]:
    yield from _wrapped(part.heading, WIDTH, "  ")
    yield ""
    lines = [each for each in part.lines if isinstance(each, Line)]
    names = max(_width(each.name) for each in lines)
    signs = max(len(each.sign) for each in lines)
    wide = [_width(each.formula) for each in lines if 0 < _width(each.formula) <= _ALIGNED]
    formulas = max(wide, default=0)
    for each in part.lines:
        if isinstance(each, int):
            yield f"  … {each} more steps, which --json has"
            continue
        pieces = [f"{_padded(each.name, min(names, 12))} {each.sign.rjust(signs)}"]
        if each.formula:
            pieces[0] += " " + _padded(each.formula, formulas)
        told = [piece for piece in (each.numbers, each.value) if piece]
        pieces += [f"= {piece}" for piece in told[not each.formula :]]
        if not each.formula:
            pieces[0] += " " + told[0]
        pieces += [f"sum {each.total}"] if each.total else []
        pieces += [each.behind] if each.behind else []
        yield from _fitted(pieces)


def _fitted(pieces: Sequence[str]) -> Iterator[str]:
    """Pieces on one line, or on several where they do not fit on one."""
    line = "  " + pieces[0]
    for piece in pieces[1:]:
        between = " " if piece.startswith("= ") else "  "
        if _width(line) + _width(between + piece) <= WIDTH:
            line += between + piece
        else:
            yield from _wrapped(line.rstrip(), WIDTH, "      ")
            line = "      " + piece
    yield from _wrapped(line.rstrip(), WIDTH, "        ")


def _wrapped(line: str, room: int, indent: str) -> Iterator[str]:
    """A line broken at blanks, or anywhere if there are none."""
    while _width(line) > room:
        head = measure(line).between(0, room + 1)
        cut = head.rstrip().rfind(" ")
        if cut <= len(line) - len(line.lstrip()):
            head = measure(line).between(0, room)
            cut = len(head.rstrip())
        yield line[:cut].rstrip()
        line = indent + line[cut:].lstrip()
    yield line


def _width(text: str) -> int:
    return measure(text).width


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


# Markdown


def as_markdown(parts: Iterable[Part]) -> str:
    """The lesson as tables of Markdown."""
    return "\n\n".join("\n".join(_markdown_of(part)) for part in parts)


def _markdown_of(part: Part) -> Iterator[str]:
    yield f"## {in_markdown(part.heading)}"
    yield ""
    lines = [each for each in part.lines if isinstance(each, Line)]
    columns: list[tuple[str, Callable[[Line], str]]] = [
        ("", lambda line: code_in_markdown(f"{line.name} {line.sign}")),
        ("formula", lambda line: code_in_markdown(line.formula)),
        ("numbers", lambda line: code_in_markdown(line.numbers)),
        ("value", lambda line: code_in_markdown(line.value)),
        ("sum", lambda line: code_in_markdown(line.total)),
        ("", lambda line: in_markdown(line.behind)),
    ]
    used = [(heading, cell) for heading, cell in columns if any(cell(line) for line in lines)]
    yield f"| {' | '.join(heading for heading, _ in used)} |"
    yield f"| {' | '.join('---' for _ in used)} |"
    for each in part.lines:
        cells = [f"… {each} more steps"] if isinstance(each, int) else [cell(each) for _, cell in used]
        yield f"| {' | '.join(cells)} |"


# LaTeX


def as_latex(parts: Iterable[Part]) -> str:
    """The lesson as `align` environments of amsmath, one for each part."""
    return "\n".join("\n".join(_latex_of(part)) for part in parts)


def _latex_of(part: Part) -> Iterator[str]:
    yield r"\begin{align}"
    rows = []
    for each in part.lines:
        if isinstance(each, int):
            rows.append(rf"  &\;\;\vdots \quad \text{{({each} more steps)}}")
            continue
        sign = {"=": "&=", "+=": r"&\mathrel{+}="}[each.sign]
        told = [piece for piece in (each.formula, each.numbers, each.value) if piece]
        behind = (
            rf"\text{{sum }} {each.total}"
            if each.total
            else rf"\text{{{each.behind}}}"
            if each.behind
            else ""
        )
        rows.append(f"  {each.name} {sign} {' = '.join(told)}" + (f" && {behind}" if behind else ""))
    yield " \\\\\n".join(rows)
    yield r"\end{align}"


def value_in_latex(value: Any, digits: int | None) -> str:
    """A value as TeX has it: powers of ten, and matrices of a few elements."""
    if value is None:
        return r"\text{none}"
    if np.ndim(value) == 0:
        return _number_in_latex(value, digits)
    if np.ndim(value) > 2 or np.size(value) > _MOST_ELEMENTS**2:
        return f"\\text{{an array of shape {list(np.shape(value))}}}"
    rows = np.atleast_2d(value)
    inside = r" \\ ".join(" & ".join(_number_in_latex(each, digits) for each in row) for row in rows)
    return f"\\begin{{pmatrix}} {inside} \\end{{pmatrix}}"


def _number_in_latex(value: Any, digits: int | None) -> str:
    if isinstance(value, bool | np.bool_):
        return f"\\text{{{value}}}"
    found = number(value, digits)
    if "nan" in found or "inf" in found:
        return found.replace("nan", r"\mathrm{nan}").replace("inf", r"\infty")
    digits_text, _, power = found.partition("e")
    return f"{digits_text} \\times 10^{{{int(power)}}}" if power else digits_text
