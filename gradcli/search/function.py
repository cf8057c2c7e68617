"""A function of one vector, made of several inputs of a graph, with its exact derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.arrays import Array, Shape
from gradcli.engine import derive, jacobians
from gradcli.engine.graph import Input, Node, as_node, expand, intern
from gradcli.engine.plan import Plan
from gradcli.engine.primitives.entry import as_number
from gradcli.engine.primitives.shaping import cat_primitive, reshape
from gradcli.search.sums import Sums, Total


class Variables:
    """Inputs of a graph as one vector: which elements are whose."""

    def __init__(self, inputs: Mapping[str, Input]) -> None:
        self.inputs = dict(inputs)
        self.sizes = [math.prod(each.shape) for each in self.inputs.values()]
        self.count = sum(self.sizes)

    def joined(self, values: Mapping[str, Any]) -> Array:
        """The vector of the values of all inputs, by name."""
        parts = [np.ravel(np.asarray(values[name], np.float64)) for name in self.inputs]
        return np.concatenate(parts) if parts else np.zeros(0)

    def parted(self, vector: Array) -> dict[str, Any]:
        """The value of each input, by name: a number, or an array of its shape."""
        pieces = np.split(np.asarray(vector, np.float64), np.cumsum(self.sizes)[:-1])
        return {
            name: piece.reshape(each.shape) if each.shape else float(piece[0])
            for (name, each), piece in zip(self.inputs.items(), pieces, strict=True)
        }

    def blocks(self, matrix: Array, others: Variables) -> dict[str, dict[str, Any]]:
        """The parts of a matrix (n, p) of derivatives of these in others, by both names."""
        found: dict[str, dict[str, Any]] = {}
        rows = np.split(matrix, np.cumsum(self.sizes)[:-1])
        for (name, each), block in zip(self.inputs.items(), rows, strict=True):
            found[name] = {}
            columns = np.split(block, np.cumsum(others.sizes)[:-1], axis=1)
            for (other, input_), part in zip(others.inputs.items(), columns, strict=True):
                shape = each.shape + input_.shape
                found[name][other] = part.reshape(shape) if shape else float(part[0, 0])
        return found

    def names(self) -> list[str]:
        """What each element of the vector is called: `x`, `w[0]`, `A[0, 1]`."""
        found = []
        for name, each in self.inputs.items():
            places = np.ndindex(*each.shape)
            found += [f"{name}[{', '.join(map(str, place))}]" if each.shape else name for place in places]
        return found


class Function:
    """Nodes as functions of a vector, computed together, each shape `(…)` per call.

    `fixed` are the data of all other inputs. One call of `at` is one pass.
    """

    def __init__(self, nodes: Sequence[Node], variables: Variables, fixed: Mapping[Input, Any]) -> None:
        self.variables = variables
        self.passes = 0
        self._plan = Plan(list(nodes))
        self._wanted = set(self._plan.inputs)
        self._fixed = {each: data for each, data in fixed.items() if each in self._wanted}

    def at(self, vector: Array) -> list[Any]:
        """The data of the nodes."""
        self.passes += 1
        values: dict[Node, Any] = dict(self._fixed.items())
        for name, value in self.variables.parted(vector).items():
            node = self.variables.inputs[name]
            if node in self._wanted:
                values[node] = value
        return self._plan.run(values)


class Sum:
    """Nodes as functions of a vector, each summed over rows (or their mean), as a `Function` is called.

    `rows` gives the columns, inputs that have a value in each row, some rows at a time: a call is one pass.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        variables: Variables,
        fixed: Mapping[Input, Any],
        columns: Sequence[Input],
        rows: Callable[[], Iterable[Sequence[Array]]],
        mean: bool,
    ) -> None:
        self.variables = variables
        self.passes = 0
        self._columns = tuple(columns)
        self._rows = rows
        self._mean = mean
        self._shapes = [each.shape for each in nodes]
        self._plan = Plan(list(nodes), batched=columns)
        self._wanted = set(self._plan.inputs)
        self._fixed = {each: data for each, data in fixed.items() if each in self._wanted}

    def at(self, vector: Array) -> list[Any]:
        """The sums of the data of the nodes."""
        self.passes += 1
        totals = [np.zeros(shape) for shape in self._shapes]
        lost = [np.zeros(shape) for shape in self._shapes]
        count = 0
        for found, length in self._passed(vector):
            count += length
            for place, each in enumerate(found):
                # What rounding loses between chunks is added at the end (Neumaier).
                term = each.sum(axis=0)
                total = totals[place] + term
                larger = np.abs(totals[place]) >= np.abs(term)
                lost[place] += np.where(
                    larger, (totals[place] - total) + term, (term - total) + totals[place]
                )
                totals[place] = total
        sums = [
            np.where(np.isfinite(total), total + rest, total)
            for total, rest in zip(totals, lost, strict=True)
        ]
        return [each[()] / (count if self._mean else 1) for each in sums]

    def exact(self, vector: Array) -> Total:
        """The sums without any rounding, of all elements of all nodes: what parts of rows are merged by."""
        self.passes += 1
        sums = Sums(sum(map(math.prod, self._shapes)))
        for found, length in self._passed(vector):
            columns = [each.reshape(length, -1).T for each in found]
            sums.add([np.ascontiguousarray(each) for part in columns for each in part], length)
        return sums.total()

    def _passed(self, vector: Array) -> Iterator[tuple[list[Array], int]]:
        """The data of the nodes for some rows at a time, and how many these are."""
        values: dict[Node, Any] = dict(self._fixed.items())
        for name, value in self.variables.parted(vector).items():
            values[self.variables.inputs[name]] = value
        for chunk in self._rows():
            values |= dict(zip(self._columns, chunk, strict=True))
            length = len(chunk[0])
            yield self._plan.run_rows({each: values[each] for each in self._wanted}, length), length


class Merged:
    """Sums over rows of which others have the parts, as a `Sum` is called: the same however they are divided.

    `passed` gives the exact sums over each part at a place, of which a `mean` is one over all rows.
    """

    def __init__(
        self, shapes: Sequence[Shape], passed: Callable[[Array], Iterable[Total]], *, mean: bool
    ) -> None:
        self.passes = 0
        self._shapes = list(shapes)
        self._passed = passed
        self._mean = mean

    def at(self, vector: Array) -> list[Any]:
        """The sums of the data of the nodes, correctly rounded."""
        self.passes += 1
        sizes = list(map(math.prod, self._shapes))
        sums = Sums(sum(sizes))
        for each in self._passed(vector):
            sums.merge(each)
        parts = np.split(np.array(sums.totals(mean=self._mean)), np.cumsum(sizes)[:-1])
        return [part.reshape(shape)[()] for part, shape in zip(parts, self._shapes, strict=True)]


def gradient_vector(value: Node, inputs: Sequence[Input]) -> Node:
    """The gradient of a single number in all elements of all inputs, as one vector."""
    return joined(_flat_gradients(value, inputs), -1)


def hessian_matrix(value: Node, inputs: Sequence[Input]) -> Node:
    """The second derivatives of a single number in all elements of all inputs, as one matrix."""
    return jacobian_matrix(_flat_gradients(value, inputs), inputs)


def jacobian_matrix(outputs: Sequence[Node], inputs: Sequence[Input]) -> Node:
    """The derivatives of all elements of all outputs in all elements of all inputs, as one matrix."""
    rows = []
    for output in outputs:
        blocks = []
        for each in inputs:
            found = jacobians.jacobian(output, each)
            shape = (math.prod(output.shape), math.prod(each.shape))
            blocks.append(expand(as_node(0.0), shape) if found is None else reshape(found, shape))
        rows.append(joined(blocks, -1))
    return joined(rows, -2)


def _flat_gradients(value: Node, inputs: Sequence[Input]) -> list[Node]:
    """The gradients in each input as vectors; zeros where nothing connects them."""
    found = derive.gradient(value, inputs)
    return [
        expand(as_node(0.0), (math.prod(each.shape),))
        if slope is None
        else reshape(slope, (math.prod(each.shape),))
        for each, slope in zip(inputs, found, strict=True)
    ]


def joined(nodes: Sequence[Node], axis: int) -> Node:
    """Nodes one behind the other along an axis, counted from the end."""
    return nodes[0] if len(nodes) == 1 else intern(cat_primitive, tuple(map(as_number, nodes)), (axis,))
