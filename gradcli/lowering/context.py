"""What a rule of lowering may ask and do: names and frames, places and errors, nodes and settled values.

Knows no rule: `lower.py` says which rule lowers what, and runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, cast

import numpy as np

from gradcli.arrays import Array
from gradcli.engine.evaluate import compute, static_value
from gradcli.engine.graph import Input, Node, substitute
from gradcli.engine.primitives import TABLE, Entry, shaping
from gradcli.engine.shapes import BroadcastError, ShapeError, SizeError, shape_text
from gradcli.engine.trace import kink_tests_in
from gradcli.language.tree import Attribute, Define, Expression, Imported, Name
from gradcli.lowering.kinds import TENSOR, Host, Kind, Lowered, Several, Typed, each_of, is_memory, over_each
from gradcli.lowering.origins import Convention, Origins
from gradcli.records import NamedTuple, Protocol
from gradcli.text.errors import EvaluationError, GradcliError, InputError
from gradcli.text.source import Mark, Source, Span


class Scope(Protocol):
    """What lowering asks of the surface that it works for."""

    open: bool
    """Whether every name that is not bound is a variable, whose value arrives later."""

    reads_leaves: bool
    """Whether sizes and counts may be read from leaves: their values are here, not given for each answer."""

    moves: bool
    """Whether what is lowered is done again, perhaps with other constants: what stands in a loop."""

    @property
    def keeps_lists(self) -> bool:
        """Whether `[a, b]` is a list of Python's, and not the array that it makes."""

    @property
    def single(self) -> bool:
        """Whether it is a page whose tensors are float32: they are rounded to it where they leave them."""

    @property
    def recording(self) -> bool:
        """False inside `no_grad`: what is computed there requires no grad."""

    def variable(self, name: str) -> Lowered | None:
        """The node that a name is bound to, and its kind; or the tuple."""

    def new_variable(self, name: str) -> Typed | None:
        """A new variable for a name that stands for a value and means nothing else, where there are such."""

    def origins(self, name: str) -> Sequence[Origins | None]:
        """Where the value that a name is bound to was written, or each of those in its tuple."""

    def function(self, name: str) -> Define | None:
        """The user's function of that name."""

    def imported(self, name: str) -> Imported | None:
        """What an import line said that a name is."""

    def here(self) -> Any:
        """What says which names are around, for `among`; `None` for those of the program."""

    def among(self, names: Any) -> Scope:
        """What names mean where others are around: what `here` has said there."""

    def host(self, name: str) -> Host | None:
        """What a name is bound to that is no numbers; asking makes no variable."""

    def acts(self) -> None:
        """Says that something is done, and not only asked."""

    def keep(self, found: Lowered, origins: Origins) -> Any:
        """What an expression gives, with its data now, for a host value to keep."""

    def now(self, held: Any, name: str = "") -> Lowered:
        """What was kept, as it is now; `name` is what it is called if it is out of date."""

    def changing(self, host: Host, *, unseen: bool = False) -> None:
        """Remembers what a host value holds, which is about to be changed; `unseen`: not what can be read."""

    def grad(self, name: str) -> Node:
        """The accumulated grad of a leaf, which may have a name; raises `GradcliError` (without marks)."""

    def grad_of(self, leaf: Node, title: str) -> Node:
        """That of a leaf which messages call `title`, as a module's parameter; raises as `grad` does."""

    def known(self, node: Node, *, leaves: bool = False) -> Any:
        """The value of a node that is settled while lowering, or `None`.

        Values of leaves count as settled only if `leaves` is set, and columns never do.
        """

    def answer(self, nodes: Sequence[Node], find: Callable[[], Any], of: Callable[..., Any]) -> Any:
        """The answer of a question to the values of some nodes: what `find` gives, which is what `of` gives.

        Nothing else depends on these values then. `None` where they are not known.
        """

    def leaf_of(self, name: str, bound: Node | None) -> Node | None:
        """The variable that a name means and a step in place changes outside the graph, if there is one.

        `bound` is what the program has bound the name to.
        """

    def stepped(self, leaf: Node, node: Node) -> tuple[str, Node]:
        """What such a step makes of it, a variable of its own, and the name of that."""

    def new_leaf(self, node: Node) -> Node:
        """A leaf without a name that holds what a node does; the node itself where there are no leaves."""

    def uncertain(self, value: Node, uncertainty: Node, text: str) -> Node | None:
        """A leaf with a standard uncertainty, written as `text`; `None` where there are no leaves.

        Raises `GradcliError` (without marks).
        """

    def quantity(self, key: str, name: str, value: float, uncertainty: float) -> Node | None:
        """A constant of nature with its standard uncertainty, the same for each use.

        `key` says which it is, and `name` how it is written. `None` where its value alone counts.
        """

    def draw(self, drawn: Any) -> Node | None:
        """An input that holds what is drawn (`draws.Drawn`), here and now; `None` where nothing is drawn."""

    def names(self) -> Iterable[str]:
        """Every bound name, for suggestions."""

    def unknown(self, name: str) -> str | None:
        """A hint about a name that is not bound, where this surface has one to give."""


class Actor(Protocol):
    """What can act while an expression is lowered: a run of a program in a session."""

    run: Any
    """The run."""
    session: Any
    """What changes."""

    def without_value(self, context: Any, expression: Expression) -> Any:
        """What an expression shows that is no value of the language; `None` for all others."""

    def shown(self, context: Any, expression: Expression, found: Lowered) -> Any:
        """What is shown of what an expression gives."""

    def formatted(self, context: Any, shown: Any, place: Span, conversion: str, spec: str) -> Any:
        """A field of formatted text, its format at `place`; raises `InputError` for one that does not fit."""

    def width(self, context: Any, expression: Expression, found: Lowered) -> str | None:
        """What an expression gives as a number in a format; `None` where it is none."""

    def gradients(self, starts: Sequence[tuple[Node, Node | None]], variables: Sequence[Node]) -> Any:
        """Gradients in variables, of values with seeds, where hooks are called; `None` where none are."""

    def call(self, context: Any, function: Define, around: Any, given: dict[str, Lowered], span: Span) -> Any:
        """Runs the statements of a function, and gives what it returns."""

    def print(self, shown: Sequence[Any], separator: str, end: str, *, aside: bool) -> None:
        """Puts what is shown of some expressions on a line, of stderr where it goes `aside`."""

    def append(self, context: Any, to: Any, item: Lowered, call: Any) -> bool:
        """Appends what a call gives to a list, if that is a value alone, which requires no grad."""

    def apart(self, context: Any, expression: Expression, found: Lowered) -> Lowered:
        """What an expression gives, as a tensor of its own where others hold one that was computed alike."""

    def dtype(self, name: str, library: str = "torch") -> Host:
        """What a dtype of PyTorch or NumPy is as a value, by its name, which is one of `DTYPES`."""

    def setting(self, name: str) -> Host | None:
        """The dtype or the device that an import line, or an assignment, has given a name."""

    def described(self, context: Any, expression: Attribute, found: Typed) -> Host:
        """What an attribute says of a value that is no value of the language, as `x.dtype`."""

    def made_in(self, module: str) -> Sequence[str]:
        """The names of the objects that are made under the path of a module, as `torch.optim`."""

    def maker(self, path: str) -> Callable[[Any, Any], Any] | None:
        """What makes an object, by the full path of what is called, as `torch.optim.SGD`."""

    def part(self, module: str, name: str) -> Host | None:
        """What stands behind the dot of a module of which nothing is here, as `plt.rcParams`."""


class Frame(NamedTuple):
    """Statements with names of their own while they are lowered: those of a function, or a program.

    A function is `called_from` somewhere, and a program is not.
    """

    source: Source
    variables: dict[str, Lowered]
    called_from: Mark | None = None
    around: Around | None = None


class Around(NamedTuple):
    """The names around a function: those of the calls it was made in, and others, as its scope has them."""

    enclosing: tuple[dict[str, Lowered], ...] = ()
    names: Any = None


class Whole(NamedTuple):
    """An expression whose value may be a tuple: to a rule that yields it, `Several` are given as they are.

    Any other expression that a rule yields has one value, or is an error.
    """

    value: Expression


class Done(NamedTuple):
    """An expression that has been lowered already: what it gives stands in its place."""

    span: Span
    found: Lowered


def done(span: Span, found: Lowered) -> Expression:
    """What has been lowered already, in the place of an expression."""
    return cast("Expression", Done(span, found))


class Context:
    """The state of lowering the expressions of one source, as `scope` sees it, and what rules need of it.

    `origins` says where their nodes were written; `check` is called at each step, and raises what should end
    the work. `actor` gives what does what an expression does, where one may do anything.
    """

    special: Collection[str] = ()
    """The names of calls that are not functions of values alone."""

    def __init__(
        self,
        source: Source,
        scope: Scope,
        *,
        check: Callable[[], None] | None = None,
        actor: Callable[[], Actor | None] = lambda: None,
    ) -> None:
        self.source = source
        self._scope = scope
        self.check = check
        self._new_actor = actor
        self.frames: list[Frame] = []
        self.entered: dict[int, int] = {}
        """How many undecided branches there were at the outermost call of each function that we are in."""
        self.undecided = 0
        """How many branches of conditions that wait for values we are in."""
        self.recording = True
        self.origins = Origins()
        self.waiting: list[list[Lowered]] = []
        """What has been lowered and stands before what is being lowered, in lists of the rules that wait."""
        self.alive: list[Any] = []
        """What has been computed by calls that do something, and is used where they stand."""
        self.stand_ins: dict[Node, Node] = {}
        """What a derivative is being taken in, and where: variables until it is built, also at a number."""
        self.supposed: dict[Node, Node] = {}
        """What conditions take variables to be that have no value yet: cotangents, in which all is linear."""
        self._settled: dict[tuple[bool, bool, bool], dict[Node, Any]] = {}

    @cached_property
    def actor(self) -> Actor | None:
        """What does what an expression does, where one may do anything."""
        return self._new_actor()

    # Names

    @property
    def scope(self) -> Scope:
        """What names mean here that are none of a function's."""
        if not self.frames:
            return self._scope
        around = self.frames[-1].around
        return self._scope if around is None else self._scope.among(around.names)

    def around(self) -> Around:
        """The names around what is written here, for a function that is made here."""
        names = self.scope.here()
        if not self.frames:
            return Around((), names)
        frame = self.frames[-1]
        enclosing = () if frame.around is None else frame.around.enclosing
        return Around((frame.variables, *enclosing), names)

    def operand(self, expression: Expression) -> Any:
        """What a rule yields for an operand that may be no numbers."""
        raise NotImplementedError

    def may_be_list(self, expression: Expression) -> bool:
        """Whether an expression may be a list of Python's."""
        raise NotImplementedError

    def function_value(self, function: Define) -> Host:
        """A function that is made here, as a value."""
        raise NotImplementedError

    def rule_for(self, expression: Any) -> Any:
        """The rule that lowers an expression, or its result where it needs no other."""
        raise NotImplementedError

    def run(self, rule: Any) -> Any:
        """Runs a rule and everything that it asks for."""
        raise NotImplementedError

    @property
    def in_call(self) -> bool:
        """Whether the names of a call are around, whose statements are run."""
        return self._scope.here() is not None

    def _variables(self) -> Iterator[dict[str, Lowered]]:
        """The names of functions that can be seen here, the innermost first."""
        if self.frames:
            frame = self.frames[-1]
            yield frame.variables
            if frame.around is not None:
                yield from frame.around.enclosing
            # A function sees the names of the program that it stands in.
            if self.frames[0].called_from is None:
                yield self.frames[0].variables

    def is_local(self, name: str) -> bool:
        """Whether a function that is lowered, or a comprehension, has bound a name."""
        return bool(self.frames) and any(name in variables for variables in self._variables())

    def variable(self, name: str) -> Lowered | None:
        """What the user has bound a name to, here or around here."""
        if self.frames:
            for variables in self._variables():
                if name in variables:
                    return variables[name]
        return self.scope.variable(name)

    def locals(self) -> list[str]:
        """The names that the function being called has bound."""
        return list(self.frames[-1].variables) if self.frames else []

    def callables(self) -> list[str]:
        """Every name that can be called, for suggestions."""
        return [*TABLE, *self.special, *self.scope.names()]

    def calls_user(self, function: Expression) -> bool:
        """Whether what is called is the user's own function."""
        if not isinstance(function, Name):
            return False
        return self.scope.function(function.name) is not None or self.host(function.name) is not None

    def bound(self, name: str) -> bool:
        """Whether the user has bound a name to a value."""
        return self.variable(name) is not None

    def has(self, name: str) -> bool:
        """Whether a name has a value already; asking makes no variable where every name may be one."""
        return name in self.locals() or (
            name in self.scope.names() and self.scope.function(name) is None and self.bound(name)
        )

    def imported(self, name: str) -> Imported | None:
        """What an import line said that a name is."""
        return self.scope.imported(name)

    # Errors and places

    @property
    def here(self) -> Source:
        """The source that is being lowered: the typed one, or that of the function being called."""
        return self.frames[-1].source if self.frames else self.source

    def mark(self, span: Span, label: str = "") -> Mark:
        """A place in the source that is being lowered."""
        return Mark(self.here, span, label)

    def text(self, span: Span) -> str:
        """What was typed there, for hints; an ellipsis where it is long."""
        text = " ".join(self.here.text[span.start : span.end].split())
        return text if len(text) <= LONGEST_QUOTE else "…"

    def wrong(self, message: str, span: Span, hint: str | None = None) -> InputError:
        """An error in what was typed, to be raised."""
        return InputError(message, (self.mark(span),), hint)

    # Nodes

    def build(self, make: Callable[[], Node], span: Span, operands: Sequence[tuple[Span, Node]]) -> Node:
        """The node that `make` builds, its origin noted; errors get the operands' places and shapes.

        The result of an operation is a value of its own, never another name for the leaf it was given.
        """
        return self._noted(make, (), span, operands)

    def made(self, make: Callable[[], Node], span: Span, operands: Sequence[tuple[Span, Node]]) -> Node:
        """Like `build`, for what may be the leaf itself, as `+x` is."""
        return self._noted(make, (), span, operands, may_be_leaf=True)

    def apply(self, entry: Entry, span: Span, operands: Sequence[tuple[Span, Node]]) -> Node:
        """The node of an operator's entry on its operands."""
        return self._noted(entry.build, [node for _, node in operands], span, operands)

    def _noted(
        self,
        make: Callable[..., Node],
        arguments: Sequence[Node],
        span: Span,
        operands: Sequence[tuple[Span, Node]],
        *,
        may_be_leaf: bool = False,
    ) -> Node:
        if self.check is not None:
            self.check()
        try:
            node = make(*arguments)
            if not node.inputs and not may_be_leaf:
                node = own(node)
        except GradcliError as error:
            self.blame(error, span, operands)
            raise
        if node.inputs:
            self.origins.marks[node] = Mark._make((self.here, span, ""))
        return node

    def blame(self, error: GradcliError, span: Span, operands: Sequence[tuple[Span, Node]]) -> None:
        """Marks the place of an error that has none; of one about shapes, the operands with theirs."""
        if error.marks:
            return
        blamed = isinstance(error, ShapeError)
        if isinstance(error, SizeError):
            blamed = all(node.shape for _, node in operands)
        elif isinstance(error, BroadcastError):
            operands = [each for each in operands if each[1].shape] or operands
        told = dict(reversed(operands)) if blamed else {}
        marks = [self.mark(place, shape_text(node.shape)) for place, node in reversed(told.items())]
        error.marks = tuple(marks) or (self.mark(span),)

    # Host values

    def host(self, name: str) -> Host | None:
        """What a name is bound to that is no numbers, here or around here."""
        if self.frames:
            for variables in self._variables():
                if name in variables:
                    found = variables[name]
                    return found if isinstance(found, Host) else None
        return self.scope.host(name)

    @contextmanager
    def names_of_its_own(self, names: dict[str, Lowered]) -> Iterator[None]:
        """Lets some names, which hide others, be seen for a while: those of a comprehension."""
        if self.frames:
            frame = self.frames[-1]
            enclosing = () if frame.around is None else frame.around.enclosing
            around = Around((frame.variables, *enclosing), self.scope.here())
            inner = frame._replace(variables=names, around=around)
        else:
            inner = Frame(self.source, names)
        self.frames.append(inner)
        try:
            yield
        finally:
            self.frames.pop()

    @property
    def in_function(self) -> bool:
        """Whether what is lowered belongs to a call, whose parameters may have no values yet."""
        return bool(self.frames)

    def keep(self, found: Lowered, span: Span) -> Any:
        """What an expression gives, with its data now, for a host value to keep; `now` gives it back."""
        if isinstance(found, Host) or self.in_function:
            return found
        try:
            return self.scope.keep(found, self.origins)
        except GradcliError as error:
            error.marks = error.marks or (self.mark(span),)
            raise

    def kept_from(self, expression: Expression, found: Lowered, span: Span) -> Any:
        """As `keep`, of what an expression gives: a tensor of its own where that makes one."""
        if self.actor is not None and not self.in_function:
            found = self.actor.apart(self, expression, found)
        return self.keep(found, span)

    def now(self, kept: Any, name: str = "") -> Lowered:
        """What a host value has kept, as it is now."""
        if kept.__class__ is tuple or isinstance(kept, Several):  # as it was lowered
            return kept
        return self.scope.now(kept, name)

    def changing(self, host: Host, span: Span, *, unseen: bool = False) -> None:
        """Says that a host value is about to be changed; raises `InputError` where it cannot be.

        `unseen`: nothing changes that an expression can read.
        """
        if self.undecided:
            raise EvaluationError(
                f"{host.title} cannot be changed under a condition that waits for values",
                (self.mark(span),),
            )
        self.scope.changing(host, unseen=unseen)

    def acting(self, span: Span) -> Actor:
        """What can act here; raises `InputError` where an expression only computes."""
        actor = self.actor
        if actor is None:
            raise self.wrong("this does something, and here a formula only computes", span)
        return actor

    @contextmanager
    def before_it_acts(self, span: Span) -> Iterator[None]:
        """Lets what stands before what does something here keep its data while that is done."""
        frames = [frame.variables for frame in self.frames if frame.called_from]
        kept: list[tuple[Any, Any, Lowered, Any]] = []
        direct: list[tuple[Any, Any, Lowered]] = []
        tensors: list[Input] = []
        for places in (*self.waiting, *frames):
            for place, found in [*(places.items() if isinstance(places, dict) else enumerate(places))]:
                if isinstance(found, Host):
                    continue
                direct.append((places, place, found))
                typed = each_of(found)
                tensors += [node for node, kind in typed if isinstance(node, Input) and is_memory(kind, node)]
                if self._may_change(found):
                    kept.append((places, place, found, self._kept_before(found, span)))
        session = self.acting(span).session
        before = session.state
        with session.awaiting(tensors) as now:
            yield
            for places, place, found in direct:
                if places[place] is found and any(now(node) is not node for node, _ in each_of(found)):
                    places[place] = over_each(lambda node, kind: (now(node), kind), found)
            if session.state != before:
                for places, place, found, held in kept:
                    if places[place] is found:
                        places[place] = self.now(held)

    def _may_change(self, found: Lowered) -> bool:
        """Whether a value has other data once something changes in place: not what is a tensor itself."""
        if isinstance(found, Several | Host):
            return isinstance(found, Several) and any(self._may_change(part) for part in found.parts)
        node, _ = found
        return not node.static and (bool(node.inputs) or not self.scope.keeps_lists)

    def _kept_before(self, found: Lowered, span: Span) -> Any:
        def alone(node: Node, kind: Kind) -> Typed:
            return (own(node) if not self.scope.keeps_lists else node), kind

        try:
            return self.scope.keep(over_each(alone, found), self.origins)
        except GradcliError as error:
            error.marks = error.marks or (self.mark(span),)
            raise

    # Tuples

    def one(self, found: Lowered, span: Span) -> Typed:
        """The one value that is needed, of what the expression at `span` gives; raises `GradcliError`."""
        if isinstance(found, Host):
            typed: Typed | None = found.typed(self, span)
            if typed is None:
                raise self.wrong(f"{found.title} is not a value", span, found.hint)
            return typed
        if not isinstance(found, Several):
            return found
        if found.alone == "first":
            return self.one(found.parts[0], span)
        parts = [self.one(part, span) for part in found.parts]
        nodes = [node for node, _ in parts]
        text = self.text(span)
        hint = f"take one of them: {text}[0]"
        if found.alone == "stacked" and parts:
            if len({node.shape for node in nodes}) == 1:
                return self.build(lambda: shaping.stack(nodes), span, ()), TENSOR
            shapes = " and ".join(dict.fromkeys(shape_text(node.shape) for node in nodes))
            raise EvaluationError(
                f"these are gradients of different shapes, which make no one array: {shapes}",
                (self.mark(span),),
                hint,
            )
        count = len(parts)
        raise self.wrong(
            f"this is a tuple of {count} value{'' if count == 1 else 's'}, and one is needed here",
            span,
            hint if parts else None,
        )

    def differentiates(self, values: Iterable[Node], variables: Sequence[Node], span: Span) -> None:
        """Notes the kinks of values of which derivatives in some variables are taken."""
        for value in values:
            for node, kink, test in kink_tests_in(value, variables):
                mark = self.origins.marks.get(node) or self.mark(span)
                self.origins.conventions.append(Convention(test, kink.told, mark))

    # Values that are settled before arithmetic

    def known(self, node: Node, *, leaves: bool = False, decides: bool = False) -> Any:
        """The value of a node if it is settled before arithmetic, else `None`.

        What a derivative is taken in is a variable, and not settled, even at a number; but a condition
        (`decides`) is decided where it is taken, so that a recursive function ends there.
        Numbers are kept, as what a recursive function counts depends on all that it counted before.
        """

        return self._known(node, leaves, decides, False)

    def _known(self, node: Node, leaves: bool, decides: bool, asked: bool) -> Any:
        def given(each: Node) -> Any:
            there = self._where_decided(each) if decides else each
            return static_value(there) if there.static else self.scope.known(there, leaves=leaves)

        kept = self._settled.setdefault((leaves, decides, asked), {})
        return compute((node,), given, lambda each: bool(each.shape), kept)[node]

    def answer(
        self, nodes: Sequence[Node], of: Callable[..., Any], *, leaves: bool = False, decides: bool = False
    ) -> Any:
        """What `of` gives for the values of nodes, as far as they are `known`; `None` where they are not.

        What is lowered depends on that alone, and not on the values: these may be others in the next pass.
        """

        def find() -> Any:
            values = [self._known(each, leaves, decides, True) for each in nodes]
            return None if any(value is None for value in values) else of(*values)

        there = [self._where_decided(each) if decides else each for each in nodes]
        return find() if all(each.static for each in there) else self.scope.answer(there, find, of)

    def truth(self, node: Node, *, leaves: bool = False, decides: bool = False) -> bool | None:
        """Whether a truth value, or the one in an array, is true, as far as it is `known`."""
        found: bool | None = self.answer((node,), _truth, leaves=leaves, decides=decides)
        return found

    def _where_decided(self, node: Node) -> Node:
        """A node as conditions see it."""
        there = self.where_taken(node)
        return substitute((there,), self.supposed)[0] if self.supposed else there

    def where_taken(self, node: Node) -> Node:
        """A node with what derivatives are taken at in the places of what they are taken in."""
        for stand_in in reversed(self.stand_ins):
            (node,) = substitute((node,), {stand_in: self.stand_ins[stand_in]})
        return node

    def settled_number(self, node: Node, span: Span, what: str = "a number") -> float:
        """The number that a node holds before arithmetic; raises `InputError`."""
        value = self.known(node, leaves=self.scope.reads_leaves)
        if value is None and node.shape == ():
            raise self.wrong(
                f"this must be {what} that is known before arithmetic",
                span,
                "write the number itself, or name it with const first: const n = 5",
            )
        if node.shape != ():
            raise self.wrong(f"this must be {what}", span)
        return float(value)

    def settled_integer(self, node: Node, span: Span) -> int:
        """The whole number that a node holds before arithmetic; raises `InputError`."""
        if node.boolean:
            raise self.wrong("this must be a whole number, and not a truth value", span)
        number = self.settled_number(node, span, "a whole number")
        if not number.is_integer():
            raise self.wrong("this must be a whole number", span)
        return int(number)

    def numbers(self, node: Node, span: Span) -> Array:
        """The numbers that a node holds now, those of leaves too; raises `EvaluationError` without them."""
        known = self.known(node, leaves=True)
        if known is None:
            raise EvaluationError("this needs numbers that are known", (self.mark(span),))
        return np.asarray(known)


def own(node: Node) -> Node:
    """The value of a node: one of its own where the node is a leaf."""
    if node.inputs:
        return node
    return shaping.clone.build(node) if isinstance(node, Input) and node.role == "leaf" else node


def _truth(value: Any) -> bool:
    return bool(np.asarray(value).item())


LONGEST_QUOTE = 30
"""How many characters of what was typed a hint repeats."""
