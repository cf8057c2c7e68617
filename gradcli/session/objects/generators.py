"""Generators of random numbers that a program makes: `torch.Generator()`, `np.random.default_rng(0)`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from gradcli.engine.graph import constant
from gradcli.generators.mersenne import Mersenne
from gradcli.generators.numpys import OfNumPy
from gradcli.language.tree import Call
from gradcli.lowering.context import Context
from gradcli.lowering.draws import OF_GENERATORS, OF_STATES, Draw, Generator, drawn_by
from gradcli.lowering.hosts import NONE, Arguments, Method, arguments
from gradcli.lowering.kinds import COUNT, Lowered
from gradcli.text.errors import EvaluationError
from gradcli.trampoline import Rule


def _seed(context: Context, call: Call, given: Arguments) -> int | None:
    """The seed that a call is given; raises `InputError` for what is none."""
    found = [*given.positional, *given.named.values()]
    if not found or found[0] is NONE:
        return None
    node, _ = context.one(found[0], call.span)
    return context.settled_integer(node, call.span)


class OfTorch(Generator):
    """A generator of PyTorch's; without a seed it has PyTorch's own, 67280421310721."""

    title = "a generator"

    def __init__(self) -> None:
        super().__init__(Mersenne())

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return ("manual_seed", "initial_seed")

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """One of its methods."""
        if name == "manual_seed":
            return Method(name, self._manual_seed)
        return Method(name, self._initial_seed) if name == "initial_seed" else None

    def _manual_seed(self, context: Context, call: Call) -> Rule:
        seed = _seed(context, call, (yield arguments(context, call)))
        context.changing(self, call.span)
        try:
            self.own.manual_seed(0 if seed is None else seed)
        except ValueError as error:
            raise EvaluationError(str(error), (context.mark(call.span),)) from None
        return self

    def _initial_seed(self, context: Context, call: Call) -> Rule:
        yield arguments(context, call)
        return constant(float(self.own.seed)), COUNT

    def text(self) -> str:
        """As PyTorch prints it, without the address."""
        return "<torch._C.Generator object>"


class Drawing(Generator):
    """A generator of NumPy's, whose methods draw."""

    title = "a generator"

    def __init__(self, own: OfNumPy, draws: Mapping[str, Draw]) -> None:
        super().__init__(own)
        self.draws = draws

    def names(self) -> Iterable[str]:
        """What it can draw."""
        return [*self.draws, "shuffle"]

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """A method that draws."""
        draw = self.draws.get(name)
        return None if draw is None else Method(name, partial(drawn_by, self, draw))

    def text(self) -> str:
        """As NumPy prints it, without the address."""
        return "Generator(PCG64)" if self.own.new else "RandomState(MT19937)"


def _of_torch(context: Context, call: Call) -> Rule:
    yield arguments(context, call)
    return OfTorch()


def _of_numpy(new: bool, context: Context, call: Call) -> Rule:
    seed = _seed(context, call, (yield arguments(context, call)))
    if seed is None:
        seed = context.acting(call.span).session.chance.numpys_seed()
    try:
        own = OfNumPy(seed, new=new)
    except ValueError as error:
        raise EvaluationError(str(error), (context.mark(call.span),)) from None
    return Drawing(own, OF_GENERATORS if new else OF_STATES)


def _initial_seed(context: Context, call: Call) -> Rule:
    """What PyTorch's default generator was seeded with."""
    yield arguments(context, call)
    session = context.acting(call.span).session
    session.change(session.chance)
    return constant(float(session.chance.torch.seed)), COUNT


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "torch.Generator": _of_torch,
    "torch.initial_seed": _initial_seed,
    "numpy.random.default_rng": partial(_of_numpy, True),
    "numpy.random.RandomState": partial(_of_numpy, False),
}
"""What makes each generator, by its full path."""
