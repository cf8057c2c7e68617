"""What names mean where a program is run in a session: what lowering asks of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from gradcli.engine.graph import Input, Node, topological
from gradcli.language.tree import Define, Imported
from gradcli.lowering.kinds import Host, Lowered, Several, Typed
from gradcli.lowering.origins import Origins
from gradcli.session.state import UNBOUND, Session
from gradcli.session.values import Group, Held, Names, Value, values_in
from gradcli.text.errors import EvaluationError

if TYPE_CHECKING:
    from gradcli.lowering.draws import Drawn


class SessionScope:
    """The names of a session.

    `unbound_hint` tells someone who uses `{name}`, which is not bound, how this surface gives it a value.
    """

    open = False
    moves = False

    def __init__(
        self,
        session: Session,
        *,
        unbound_hint: str = UNBOUND,
        reads_leaves: bool = True,
        names: Names | None = None,
    ) -> None:
        self.session = session
        self.fixed = names
        """The names that are meant, if not those of the call that is being run."""
        self.unbound_hint = unbound_hint
        self.reads_leaves = reads_leaves
        """Whether sizes and counts may be read from leaves; not where leaves are what is asked about."""

    @property
    def bound(self) -> Names:
        """What names are bound to."""
        return self.session.bound if self.fixed is None else self.fixed

    def here(self) -> Names | None:
        """The names of the call that is being run; `None` for those of the program."""
        return None if self.bound.outer is None else self.bound

    def among(self, names: Names | None) -> SessionScope:
        """What names mean in another call, or in the program."""
        if names is self.here():
            return self
        return SessionScope(
            self.session,
            unbound_hint=self.unbound_hint,
            reads_leaves=self.reads_leaves,
            names=self.bound.outermost if names is None else names,
        )

    @property
    def keeps_lists(self) -> bool:
        """As in the libraries' programs: where bare numbers are leaves, `[x, y]` is an array of them."""
        return not self.session.numbers_are_leaves

    @property
    def single(self) -> bool:
        """As the session is in PyTorch's style, unless the page or its user asks for doubles."""
        return self.session.single

    @property
    def recording(self) -> bool:
        """False inside `no_grad`: what is computed there requires no grad."""
        return self.session.recording

    def variable(self, name: str) -> Lowered | None:
        """The node that a name is bound to, and its kind, or the tuple; `ans` and `_` are what was shown."""
        held = self._named(name)
        return None if held is None else self.now(held, name)

    def host(self, name: str) -> Host | None:
        """What a name is bound to that is no numbers."""
        held = self._named(name)
        return held if isinstance(held, Host) else None

    def now(self, held: Held, name: str = "") -> Lowered:
        """What is held, as it is now: of a value that is out of date, what stands in for it."""
        if isinstance(held, Value):
            return self.session.current(held, name), held.kind
        if isinstance(held, Group):
            return Several(tuple([self.now(part, name) for part in held.parts]), *held[1:])
        return held

    def acts(self) -> None:
        """What is done is done at once."""

    def keep(self, found: Lowered, origins: Origins) -> Held:
        """What an expression gives, with its data now: what requires no grad, or is not recorded, alone."""
        if isinstance(found, Several):
            return Group(tuple([self.keep(part, origins) for part in found.parts]), *found[1:])
        if isinstance(found, Host):
            return found
        node, kind = found
        value: Value = self.session.value_of(node, kind, origins)
        if node.tracked and (self.session.recording or not node.inputs):
            if node.inputs:
                value.origins = origins.of(node)
                self.session.hold_kept(value)
            self.session.pin(value)
            return value
        return self.session.new_constant("", value.data, kind, node)

    def changing(self, host: Host, *, unseen: bool = False) -> None:
        """Remembers what a host value holds, which is about to be changed."""
        self.session.changing(host, unseen=unseen)

    def new_variable(self, name: str) -> Typed | None:
        """No variable: every name has a value, or is a mistake."""
        return None

    def origins(self, name: str) -> Sequence[Origins | None]:
        """Where the value that a name is bound to was written, or each of those in its tuple."""
        held = self._named(name)
        if held is None:
            return (None,)
        return [value.origins for value in values_in(held)]

    def _named(self, name: str) -> Held | None:
        return self.bound.bound_to(self.bound_name(name))

    def bound_name(self, name: str) -> str:
        """The name that a name stands for: `_` is `ans`, unless it is bound."""
        return "ans" if name == "_" and self.bound.bound_to("_") is None else name

    def function(self, name: str) -> Define | None:
        """The user's function of that name."""
        return self.bound.functions.get(name)

    def imported(self, name: str) -> Imported | None:
        """What an import line said that a name is."""
        return self.session.imports.get(name)

    def grad(self, name: str) -> Node:
        """The grad of a leaf as a node; raises `EvaluationError` where it is none."""
        held = self._named(name)
        if isinstance(held, Value) and held.node in self.session.retained:
            return self.grad_of(held.node, name)
        return self.grad_of(self.session.leaf(name, self.bound), name)

    def grad_of(self, leaf: Node, title: str) -> Node:
        """The grad of a leaf that messages call `title`; raises as `grad` does."""
        found = self.session.grad(leaf) if isinstance(leaf, Input) else self.session.retained.get(leaf)
        if found is None:
            raise EvaluationError(
                f"{title}.grad is none: no backward pass has reached {title}",
                hint="run backward on a value of it",
            )
        if found.graph is not None and not self.session.is_stale(found.graph):
            return found.graph.node
        return found.node

    def known(self, node: Node, *, leaves: bool = False) -> Any:
        """The value of a node that depends on constants only (and on leaves, if `leaves` is set)."""
        settled = ("constant", "leaf", "stale", "grad") if leaves else ("constant",)
        for each in topological((node,)):
            if isinstance(each, Input) and each.role not in settled:
                return None
        return self.session.evaluate((node,))[0]

    def answer(self, nodes: Sequence[Node], find: Callable[[], Any], of: Callable[..., Any]) -> Any:
        """What `find` gives."""
        return find()

    def leaf_of(self, name: str, bound: Node | None) -> Node | None:
        """None: a session changes its leaves itself."""
        return None

    def stepped(self, leaf: Node, node: Node) -> tuple[str, Node]:
        """There is no such step here."""
        raise NotImplementedError

    def new_leaf(self, node: Node) -> Node:
        """A leaf without a name, from the value of a node."""
        if self.session.spreads:
            from gradcli.session.uncertainty.measured import made_of_numbers

            given = made_of_numbers(self.session, node)
            if given is not None:
                return self.session.new_leaf("", given.value, given.spread())
        return self.session.new_leaf("", self.session.evaluate((node,))[0])

    def uncertain(self, value: Node, uncertainty: Node, text: str) -> Node:
        """A leaf without a name that has a standard uncertainty; raises `InputError` for one that is none."""
        from gradcli.search.spreads import Spread
        from gradcli.session.uncertainty.uncertain import fitting

        data, spread = self.session.evaluate((value, uncertainty))
        return self.session.new_leaf("", data, Spread(fitting(data, spread), text))

    def quantity(self, key: str, name: str, value: float, uncertainty: float) -> Node | None:
        """A constant of nature with its standard uncertainty, as long as anything uses it the same."""
        return self.session.quantity(key, name, value, uncertainty)

    def draw(self, drawn: Drawn) -> Node | None:
        """An input that holds what is drawn now."""
        return self.session.draw(drawn)

    def names(self) -> Iterable[str]:
        """Every bound name."""
        return self.session.names()

    def unknown(self, name: str) -> str | None:
        """A hint for a name that nobody has bound."""
        return self.unbound_hint.format(name=name)
