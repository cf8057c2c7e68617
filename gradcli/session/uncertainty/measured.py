"""What a session's uncertain leaves do to the values that are computed from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.derive import is_elementwise, pushforward
from gradcli.engine.graph import Input, Node, as_node, expand, topological
from gradcli.search.curvature import curvature
from gradcli.search.uncertainty import combined
from gradcli.session.computation import value_and_gradients
from gradcli.session.evaluation import Measurement
from gradcli.session.uncertainty.measurement import Asked, curved, measurement
from gradcli.session.uncertainty.uncertain import Uncertain
from gradcli.text.errors import InputError, Notice
from gradcli.text.source import Mark

if TYPE_CHECKING:
    from gradcli.session.state import Session


def uncertain_leaves(session: Session, node: Node) -> list[Input]:
    """The leaves below a node that have an uncertainty."""
    if not session.spreads or not node.tracked:
        return []
    return [each for each in topological((node,)) if isinstance(each, Input) and each in session.spreads]


def uncertainty_of(session: Session, node: Node) -> Any:
    """The standard uncertainty of a node's value now, of its shape; `None` where it is exact."""
    if isinstance(node, Input) and node in session.spreads:
        return session.spreads[node].uncertainty
    leaves = [] if node.boolean else uncertain_leaves(session, node)
    return _of_leaves(session, node, leaves) if leaves else None


def _of_leaves(session: Session, node: Node, leaves: Sequence[Input]) -> Any:
    """The standard uncertainty that leaves give a node; `None` where that takes too much memory.

    Of many elements that each depend on one element of a leaf only, no matrix of derivatives is made.
    """
    size = math.prod(node.shape)
    large = [each for each in leaves if size * math.prod(each.shape) > MANY]
    each_alone = [each for each in large if _is_independent(session, each) and is_elementwise(node, each)]
    if any(size * math.prod(each.shape) > MOST for each in large if each not in each_alone):
        return None
    dense = [each for each in leaves if each not in each_alone]
    _, jacobians = value_and_gradients(node, dense, session.evaluate)
    found = combined(node.shape, dict(zip(dense, jacobians, strict=True)), session.spreads)
    for each in each_alone:
        (slope,) = pushforward((node,), (each,), (expand(as_node(1.0), each.shape),))
        if slope is not None:
            uncertainty = session.spreads[each].uncertainty
            moves = np.where(uncertainty == 0, 0.0, session.evaluate((slope,))[0] * uncertainty)
            found = np.hypot(found, moves)
    return found


def _is_independent(session: Session, leaf: Input) -> bool:
    """Whether the elements of a leaf vary with nothing else."""
    spreads = session.spreads
    own = spreads[leaf]
    return own.within is None and not own.others and not any(leaf in each.others for each in spreads.values())


MANY, MOST = 2**18, 2**24
"""Of more derivatives than the first none are made that need not be, of more than the second none to show."""


def measure(session: Session, node: Node, value: Any, asked: Asked | None = None) -> Measurement | None:
    """What there is to say of a node's value from uncertain leaves; `None` of a truth value.

    Named leaves that the value is not connected to are in it, and contribute nothing.
    """
    if node.boolean:
        return None
    titles = {each: name for name, each in session.leaves().items() if each in session.spreads}
    for each in uncertain_leaves(session, node):
        titles.setdefault(each, session.title(each))
    asked = asked or Asked()
    return measurement(node, value, titles, session.spreads, session.evaluate, session.datum, asked)


MOST_NODES = 2000
"""Of graphs of more nodes than these, the curvature is not looked at where a value is only shown."""


def curvature_notice(session: Session, node: Node, value: Any, uncertainty: Any) -> Notice | None:
    """The note that a value which is shown is curved over its uncertainty, where that is worth a word."""
    nodes = list(topological((node,)))
    leaves = [each for each in nodes if isinstance(each, Input) and each in session.spreads]
    if isinstance(node, Input) or len(nodes) > MOST_NODES:
        return None
    bent = curvature(node, leaves, session.spreads, session.datum)
    return None if bent is None else curved(bent, value, uncertainty)


def made_of_numbers(session: Session, node: Node) -> Uncertain | None:
    """The value of what is made of numbers alone, some of them with an uncertainty; else `None`.

    `2*(9.81 ± 0.02)`, `[1 ± 0.1, 2 ± 0.1]` and `constants.G` are; what a name of a leaf is in is not.
    """
    if not session.spreads or not node.tracked or node.boolean:
        return None
    leaves = [each for each in topological((node,)) if isinstance(each, Input)]
    own = [each for each in leaves if each in session.spreads]
    if not own or any(each not in session.spreads for each in leaves):
        return None
    if any(each.name for each in leaves) and not (isinstance(node, Input) and node.role == "constant"):
        return None  # what is computed from constants of nature varies with them
    if isinstance(node, Input):
        spread = session.spreads[node]
        return Uncertain(session.datum(node), spread.uncertainty, correlation=spread.within)
    shape, size = node.shape, math.prod(node.shape)
    if size < 2 or all(is_elementwise(node, each) and _is_independent(session, each) for each in own):
        return Uncertain(session.evaluate((node,))[0], _of_leaves(session, node, own))
    value, jacobians = value_and_gradients(node, own, session.evaluate)
    found = dict(zip(own, jacobians, strict=True))
    uncertainty = combined(shape, found, session.spreads)
    covariance = np.zeros((size, size))
    for leaf, jacobian in found.items():
        if jacobian is not None:
            spread = session.spreads[leaf]
            moves = np.reshape(jacobian, (size, math.prod(leaf.shape))) * np.ravel(spread.uncertainty)
            covariance += (moves if spread.within is None else moves @ spread.within) @ moves.T
    if not np.any(covariance - np.diag(np.diag(covariance))):
        return Uncertain(value, uncertainty)
    scale = np.where(uncertainty == 0, 1.0, uncertainty).ravel()
    correlation = covariance / np.outer(scale, scale)
    np.fill_diagonal(correlation, 1.0)
    return Uncertain(value, uncertainty, correlation=correlation)


def given_by(session: Session, node: Node, mark: Mark) -> Any:
    """The data of a value that is given to a variable, or an `Uncertain`.

    Raises `InputError` where it is computed from a variable with an uncertainty: the two vary together.
    """
    given = made_of_numbers(session, node)
    if given is not None:
        return given
    leaves = uncertain_leaves(session, node)
    if leaves:
        name = session.title(leaves[0])
        raise InputError(
            f"{name} has an uncertainty, and what is computed from it belongs in the formula",
            (mark,),
            f"put it before the formula, as in y = 2*{name}; y**2",
        )
    return session.evaluate((node,))[0]
