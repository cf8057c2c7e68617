"""`explain`: the worked solution, step by step, forward and backward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.capabilities.formula import Output
from gradcli.capabilities.found import Found, Request
from gradcli.capabilities.lesson import MOST_LINES, Lesson, as_latex, as_markdown, as_text
from gradcli.capabilities.worked import Worked
from gradcli.session.explain import Explainer
from gradcli.session.values import Sweep
from gradcli.text.errors import EvaluationError, Notice
from gradcli.text.json import json_value
from gradcli.writing.steps import Step, Wording


class Explanation(Found):
    """A worked solution.

    `value` is the result, `gradients` are those in the variables, by name, and `steps` (dicts) all steps in
    forward order, leaves included.
    """

    notebook = "markdown"

    def __init__(
        self,
        expression: str,
        variables: Mapping[str, Any],
        worked: Worked,
        name: str,
        grads: Mapping[str, Any],
        settings: Mapping[str, Any],
        notices: Sequence[Notice],
    ) -> None:
        super().__init__(expression, variables, notices)
        self.worked = worked
        self.value = worked.value
        self.gradients = worked.gradients
        self._name = name
        self._grads = grads
        self._settings = settings
        if settings["forward_mode"]:
            worked.directions  # noqa: B018 (too many of them are known at once)

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Every step: its `name`, `expression`, `value`, `cotangent`, `partials`, and what was asked for."""
        steps = list(self.worked.steps.all.values())
        partials = self.worked.partials(steps)
        wording = Wording(self.worked.steps, typed=self.worked.typed, tied=self.worked.tied)
        return [self._step(each, slopes, wording) for each, slopes in zip(steps, partials, strict=True)]

    def _step(self, step: Step, partials: Mapping[Any, Any], wording: Wording) -> dict[str, Any]:
        names = self.worked.steps.names
        found = {
            "name": step.name,
            "expression": wording.expression(step),
            "value": json_value(self.worked.values[step.node]),
            "cotangent": json_value(self.worked.cotangent(step)),
            "partials": {names[each]: json_value(slope) for each, slope in partials.items()},
            "formulas": {names[each]: wording.partial(step, each) for each in partials},
            "shares": {names[each]: wording.share(step, each) for each in partials},
        }
        if self._settings["grad_fn"]:
            found["grad_fn"] = self.worked.grad_fn(step)
        if self._settings["forward_mode"]:
            found["tangents"] = {
                name: json_value(tangents[step.node])
                for name, tangents in self.worked.tangents.items()
                if step.node in tangents
            }
        return found

    def members(self) -> dict[str, Any]:
        found = {
            "steps": self.steps,
            "value": json_value(self.value),
            "gradients": {name: json_value(each) for name, each in self.gradients.items()},
        }
        if self._settings["accumulate"]:
            found["accumulated"] = {
                name: {
                    "before": json_value(each.before),
                    "backward": json_value(each.once),
                    "second_backward": json_value(each.twice),
                    "backward_after_zero": json_value(each.cleared),
                }
                for name, each in self.worked.accumulated(self._grads).items()
            }
        return found

    def lesson(self, notation: str = "text", digits: int | None = None, most: int = MOST_LINES) -> Lesson:
        """All that there is to say, in a notation; of parts of more than `most` lines both ends."""
        settings = self._settings
        return Lesson(
            self.worked,
            notation,
            digits,
            name=self._name,
            grads=self._grads if settings["accumulate"] else None,
            forward=settings["forward_mode"],
            grad_fn=settings["grad_fn"],
            most=most,
        )

    def text(self, digits: int | None = None) -> str:
        return as_text(self.lesson("text", digits).parts())

    def written(self, form: str, digits: int | None = None) -> str:
        self._check(form)
        if form == "latex":
            return as_latex(self.lesson("latex", digits).parts())
        if form == "markdown":
            return as_markdown(self.lesson("text", digits).parts())
        from gradcli.capabilities.page import MOST_BOXES, page

        return page(self.lesson("text", digits, 2 * MOST_BOXES), self.expression)


def answer(request: Request) -> Explanation:
    """The worked solution of a formula; raises `GradcliError`."""
    formula, settings = request.formula, request.settings
    output = formula.output
    node = output.node
    leaves = formula.chosen(request.words) if request.words else formula.variables
    formula.require_number()
    formula.require_values()
    seed = settings.get("seed")
    _check_start(output, seed)
    titles = {**formula.names, **({node: output.name} if output.name else {})}
    titles |= {each: name for name, each in formula.variables.items()}
    worked = Worked(node, leaves, formula.values, titles, output.origins.all_marks(), seed)
    explainer = Explainer(node, output.origins, formula.values.__getitem__, titles.__getitem__)
    notices = [each for each in (explainer.value(),) if each is not None]
    reached = {
        leaf: gradient
        for leaf, gradient in zip(leaves.values(), worked.gradients.values(), strict=True)
        if gradient is not None
    }
    notices += [*explainer.kinks(), *explainer.gradient(Sweep(list(reached), list(reached.values())), seed)]
    if seed is None:
        notices += explainer.underflows(list(reached), list(reached.values()))
    return Explanation(formula.text, formula.given(), worked, output.name, formula.grads, settings, notices)


def _check_start(output: Output, seed: Any) -> None:
    """Raises `EvaluationError` where a sweep cannot start: from an array without a seed of its shape."""
    shape = output.node.shape
    if seed is None and any(size != 1 for size in shape):
        raise EvaluationError(
            f"a sweep starts from a single number, and this has shape {list(shape)}",
            (output.mark,),
            "reduce it, as with sum(…) or mean(…)",
        )
    if seed is not None and np.shape(seed) != shape:
        raise EvaluationError(
            f"the seed has shape {list(np.shape(seed))}, and the value {list(shape)}",
            (output.mark,),
            "they must be the same",
        )
