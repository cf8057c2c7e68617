"""Tensors that are computed alike, and are not one: a node is the same for both, and a change in place of one
would be a change of the other.
"""

from __future__ import annotations

from gradcli.engine.graph import Input, Node
from gradcli.engine.primitives import grad_fn_name
from gradcli.engine.primitives.shaping import LOOKING, clone
from gradcli.language.tree import Binary, Call, Expression, Name, Unary
from gradcli.language.walk import walk
from gradcli.lowering.context import Context
from gradcli.lowering.deeds import root_of
from gradcli.lowering.kinds import Typed, named
from gradcli.session.state import Session


def apart(session: Session, context: Context, expression: Expression, found: Typed) -> Typed:
    """What an expression gives, as a tensor of its own where others hold one that was computed alike."""
    node, kind = found
    is_computed = node.tracked and bool(node.inputs) and node.primitive not in LOOKING
    if not is_computed or session.known_value(node) is None or not session.shares_memory:
        return found
    if not _makes(context, expression, node):
        return found
    return own_node(session, node), named(kind, kind.overload or grad_fn_name(node))


def own_node(session: Session, node: Node) -> Node:
    """A node of the same value which no other tensor has, and that looks at none."""
    while isinstance(node, Input) or node.primitive in LOOKING or session.known_value(node) is not None:
        node = clone.build(node)
    return node


def _makes(context: Context, expression: Expression, node: Node) -> bool:
    """Whether an expression makes the tensor that it gives, and is no other name of what is there."""
    if isinstance(expression, Binary | Unary):
        return True
    if not isinstance(expression, Call):
        return False
    name = root_of(expression)
    if context.host(name) is not None or context.scope.function(name) is not None:
        return False
    for piece in walk(expression):
        if isinstance(piece, Name):  # as `F.relu(h, inplace=True)` gives what is now h
            found = context.scope.variable(piece.name)
            if found.__class__ is tuple and found[0] is node:
                return False
    return True
