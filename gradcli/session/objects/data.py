"""Data in batches, as PyTorch's `torch.utils.data` hands them out: in order, or shuffled as there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcli.engine.graph import Node, as_node
from gradcli.engine.primitives import shaping
from gradcli.generators.mersenne import Mersenne
from gradcli.language.tree import Call, Subscript
from gradcli.lowering.context import Context, done
from gradcli.lowering.draws import Drawn, Generator
from gradcli.lowering.hosts import Arguments, arguments, stacked
from gradcli.lowering.kinds import COUNT, Host, Kind, Lowered, Several, tensor_kind
from gradcli.session.objects.layers import Settings
from gradcli.text.errors import EvaluationError
from gradcli.text.source import Span
from gradcli.trampoline import Rule


class TensorDataset(Host):
    """Tensors whose rows belong together: each item is a tuple of one row of each."""

    title = "a dataset"
    python_type = "TensorDataset"

    def __init__(self, kept: Sequence[Any], size: int) -> None:
        self.kept = tuple(kept)
        self.size = size

    def tensors(self, context: Context) -> list[tuple[Node, Kind]]:
        """The tensors, as they are now."""
        return [context.now(each) for each in self.kept]  # type: ignore[misc]

    def length(self, context: Context) -> int:
        """How many rows there are."""
        return self.size

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return ("tensors",)

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """Its tensors."""
        return Several(tuple(self.tensors(context))) if name == "tensors" else None

    def items(self, context: Context) -> Sequence[Lowered]:
        """A tuple for each row."""
        return [self.rows(context, place) for place in range(self.size)]

    def rows(self, context: Context, places: int | Sequence[int]) -> Lowered:
        """One row of each tensor, or some rows of each."""
        taken: list[Lowered] = []
        for node, kind in self.tensors(context):
            index: Any = places if isinstance(places, int) else np.asarray(places)
            whole = tuple((0, size, 1) for size in node.shape[1:])
            part = (
                shaping.subscript(node, (index, *whole))
                if isinstance(places, int)
                else shaping.gather(node, (index,))
            )
            taken.append((part, kind))
        return Several(tuple(taken))

    def text(self) -> str:
        """As Python has it, but for its address."""
        return "<torch.utils.data.dataset.TensorDataset object>"


class Collated(Host):
    """A dataset of the program's own: rows of what its items are, stacked."""

    title = "a dataset"

    def __init__(self, of: Host, size: int) -> None:
        self.of = of
        self.size = size

    def items(self, context: Context) -> Sequence[Lowered]:
        """Its items."""
        return self.of.items(context) or ()

    def rows(self, context: Any, places: Sequence[int]) -> Lowered:
        """Some items as one: each part of them is stacked."""
        span = Span(0, 0)
        found = []
        for place in places:
            at = Subscript(span, done(span, self.of), (done(span, (as_node(place), COUNT)),))
            found.append(context.whole(at))
        if not all(isinstance(each, Several) for each in found):
            return stacked(context, [context.one(each, span) for each in found], span)
        columns = zip(*[each.parts for each in found], strict=True)
        return Several(tuple([_column(context, column, span) for column in columns]))


def _column(context: Context, column: Sequence[Lowered], span: Span) -> Lowered:
    typed = [context.one(each, span) for each in column]
    node, _ = stacked(context, typed, span)
    return node, tensor_kind(all(each.whole for _, each in typed))


class DataLoader(Host):
    """Hands out a dataset in batches. Each loop over it draws, as PyTorch does, also where it is in order."""

    title = "a data loader"
    python_type = "DataLoader"

    def __init__(
        self,
        of: TensorDataset | Collated,
        batch: int,
        shuffles: bool,
        drops: bool,
        generator: Generator | None,
    ) -> None:
        self.of = of
        self.batch = batch
        self.shuffles = shuffles
        self.drops = drops
        self.generator = generator

    def length(self, context: Context) -> int:
        """How many batches there are."""
        return self.of.size // self.batch if self.drops else -(-self.of.size // self.batch)

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return ("batch_size", "dataset")

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """Its settings."""
        if name == "dataset":
            return self.of
        return (as_node(self.batch), COUNT) if name == "batch_size" else None

    def items(self, context: Context) -> Sequence[Lowered]:
        """The batches of one round."""
        size, own = self.of.size, self.generator is not None

        def order(generator: Any, single: bool) -> Any:
            generator.seeds(1)  # for the workers, of which there are none
            if not self.shuffles:
                return np.arange(size, dtype=np.float64)
            if own:
                return generator.randperm(size)
            (seed,) = generator.seeds(1)
            return Mersenne(int(seed)).randperm(size)

        drawn = context.scope.draw(Drawn(order, "torch", None, self.generator))
        assert drawn is not None
        places = [int(each) for each in np.ravel(context.known(drawn))]
        count = self.length(context)
        return [self.of.rows(context, places[k * self.batch : (k + 1) * self.batch]) for k in range(count)]

    def text(self) -> str:
        """As Python has it, but for its address."""
        return "<torch.utils.data.dataloader.DataLoader object>"


def _dataset(context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    if not given.positional or given.named:
        raise context.wrong("a dataset is made of tensors", call.span, "TensorDataset(X, y)")
    typed = [context.one(each, span) for each, span in zip(given.positional, given.spans, strict=True)]
    if any(not node.shape or node.shape[0] != typed[0][0].shape[0] for node, _ in typed if typed[0][0].shape):
        marks = tuple(
            context.mark(span, str(list(node.shape)))
            for span, (node, _) in zip(given.spans, typed, strict=True)
        )
        raise EvaluationError("Size mismatch between tensors", marks)
    kept = [context.keep(each, span) for each, span in zip(typed, given.spans, strict=True)]
    return TensorDataset(kept, typed[0][0].shape[0])


_SIGNATURE = (
    "dataset, batch_size=1, shuffle=False, sampler=None, batch_sampler=None, num_workers=0, collate_fn=None, "
    "pin_memory=False, drop_last=False, timeout=0, generator=None"
)


def _loader(context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    found = Settings(context, "DataLoader", _SIGNATURE, given, call, prefix="torch.utils.data.")
    of = found.given["dataset"]
    if isinstance(of, Host) and not isinstance(of, TensorDataset) and not of.keyed:
        length = of.length(context)
        items = of.items(context) if length is None else ()
        if length is not None or items is not None:
            of = Collated(of, len(items or ()) if length is None else length)
    if not isinstance(of, TensorDataset | Collated):
        if isinstance(of, Several | Host):
            hint = "TensorDataset(X, y)"
            raise context.wrong("a loader takes a dataset of tensors here", found.span("dataset"), hint)
        of = TensorDataset([context.keep(of, call.span)], of[0].shape[0])
    for key in ("sampler", "batch_sampler", "collate_fn"):
        if not found.is_left_out(key):
            raise context.wrong(f"a loader has no {key} here", found.span(key), "shuffle=True")
    batch = found.count("batch_size")
    if not batch:
        place = (context.mark(found.span("batch_size")),)
        raise EvaluationError("batch_size should be a positive integer value, but got batch_size=0", place)
    generator = found.given.get("generator")
    own = generator if isinstance(generator, Generator) else None
    return DataLoader(of, batch, found.flag("shuffle"), found.flag("drop_last"), own)


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "torch.utils.data.TensorDataset": _dataset,
    "torch.utils.data.DataLoader": _loader,
}
"""What makes datasets and loaders, by its full path."""
