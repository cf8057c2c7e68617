"""`solve`: where formulas are 0, and how the roots move with what was held."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.capabilities.formula import Formula
from gradcli.capabilities.found import Found, Request
from gradcli.capabilities.ranges import Points
from gradcli.engine import derive
from gradcli.engine.graph import Input, Node, as_node
from gradcli.engine.primitives.shaping import reshape
from gradcli.search.function import Function, Variables, jacobian_matrix
from gradcli.search.solve import Root, System, sensitivities, solve, solve_between
from gradcli.text.errors import InputError, Notice
from gradcli.text.json import json_value
from gradcli.text.values import labelled, plain

_HIGHEST = 7
"""Derivatives up to this order tell how often a root counts."""


class Solved(Found):
    """Where a search ended.

    `place` holds the unknowns by name, `residual` is the greatest of what the equations miss there,
    `converged` says whether it is a root, and `reason` why not; `multiplicity` is that of a root of one
    equation. `sensitivities` holds, by unknown, its derivatives in what was held;
    `evaluations` counts passes.
    """

    def __init__(
        self,
        formula: Formula,
        root: Root,
        variables: Variables,
        evaluations: int,
        inner: Mapping[str, Mapping[str, Any]],
        notices: Sequence[Notice],
    ) -> None:
        super().__init__(formula.text, formula.given(), notices)
        self.place = variables.parted(root.place)
        self.residual = float(np.abs(root.residuals).max())
        self.multiplicity = root.multiplicity
        self.converged = root.converged
        self.reason = root.reason
        self.evaluations = evaluations
        self.sensitivities = {name: dict(each) for name, each in inner.items()}
        self.status = 0 if self.converged else 1
        self.settled = self.place if self.converged else {}

    def members(self) -> dict[str, Any]:
        return {
            "residual": json_value(self.residual),
            "converged": self.converged,
            "reason": self.reason,
            "multiplicity": self.multiplicity,
            "evaluations": self.evaluations,
            "sensitivities": {
                name: {held: json_value(each) for held, each in inner.items()}
                for name, inner in self.sensitivities.items()
            },
        }

    def to_dict(self) -> dict[str, Any]:
        """The same as `--json` prints; `variables` are those at the place that was found."""
        found = super().to_dict()
        found["variables"].update((name, json_value(each)) for name, each in self.place.items())
        return found

    def text(self, digits: int | None = None) -> str:
        lines = [labelled(name, each, digits) for name, each in self.place.items()]
        for name, inner in self.sensitivities.items():
            lines += [labelled(f"d{name}/d{held}", each, digits) for held, each in inner.items()]
        if self.multiplicity > 1:
            lines.append(f"a root of multiplicity {self.multiplicity}")
        lines.append(f"residual = {plain(self.residual, 2)}")
        return "\n".join(lines)


def answer(request: Request) -> Solved:
    """Searches for the root that is asked for; raises `GradcliError`."""
    formula, held = request.formula, tuple(request.settings["fix"])
    formula.chosen(held)
    formula.require_values()
    for output in formula.outputs:
        if output.node.boolean or output.relation == ">=":
            raise InputError("an equation belongs here", (output.mark,), "x**2 + y**2 = 4")
    unknowns = {name: each for name, each in formula.variables.items() if name not in held}
    if not unknowns:
        raise InputError("no unknown is left to solve for", (formula.output.mark,))
    variables = Variables(unknowns)
    inputs = list(unknowns.values())
    fixed = {each: data for each, data in formula.values.items() if each not in set(inputs)}
    flat = [reshape(each.node, (math.prod(each.node.shape),)) for each in formula.outputs]
    first = Function(flat, variables, fixed)
    second = Function([jacobian_matrix(flat, inputs)], variables, fixed)
    system = System(lambda x: np.concatenate(first.at(x)), lambda x: second.at(x)[0])
    ranges = {name: each for name, each in formula.given().items() if isinstance(each, Points)}
    alone = variables.count == 1 and len(flat) == 1 and flat[0].shape == (1,) and not inputs[0].shape
    derivatives = _Derivatives(formula.output.node, inputs[0], variables, fixed) if alone else None
    if ranges:
        if derivatives is None:
            name = next(iter(ranges))
            hint = formula.how(name, "1")
            raise InputError("a range brackets the one unknown of one equation", formula.places(name), hint)
        (points,) = ranges.values()
        root = solve_between(system, points.start, points.stop, derivatives)
    else:
        start = variables.joined({name: formula.values[each] for name, each in unknowns.items()})
        root = solve(system, start, derivatives)
    parameters = {name: formula.variables[name] for name in held}
    inner, notices = _sensitivities(root, flat, variables, fixed, parameters)
    if not root.converged:
        notices.append(Notice("warning", f"this is no root: {root.reason}"))
    return Solved(formula, root, variables, first.passes, inner, notices)


class _Derivatives:
    """The derivatives of one equation in its one unknown, made when they are asked for."""

    def __init__(self, node: Node, unknown: Input, variables: Variables, fixed: Mapping[Input, Any]) -> None:
        self._nodes: list[Node | None] = [reshape(node, ())]
        self._unknown = unknown
        self._variables = variables
        self._fixed = fixed
        self._functions: dict[int, Function] = {}

    def __call__(self, place: float, order: int) -> float:
        while len(self._nodes) <= order:
            last = self._nodes[-1]
            if last is None:
                self._nodes.append(None)
            else:
                self._nodes += derive.pushforward((last,), (self._unknown,), (as_node(1.0),))
        node = self._nodes[order]
        if node is None:
            return 0.0
        if order not in self._functions:
            self._functions[order] = Function([node], self._variables, self._fixed)
        return float(self._functions[order].at(np.array([place]))[0])


def _sensitivities(
    root: Root,
    equations: Sequence[Node],
    variables: Variables,
    fixed: Mapping[Input, Any],
    held: Mapping[str, Input],
) -> tuple[dict[str, dict[str, Any]], list[Notice]]:
    """How the unknowns move with what was held, by the implicit function theorem."""
    if not held or not root.converged:
        return {}, []
    parameters = Variables(held)
    (mixed,) = Function([jacobian_matrix(equations, list(held.values()))], variables, fixed).at(root.place)
    moved = None if root.multiplicity > 1 else sensitivities(root, mixed)
    if moved is None:
        told = "the root is not simple, so it has no derivatives in what was held"
        return {}, [Notice("warning", told)]
    return variables.blocks(moved, parameters), []
