"""Data in batches, as PyTorch's `torch.utils.data` hands them out: in order, or shuffled as there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from gradcli.engine.graph import Node, as_node
from gradcli.engine.primitives import shaping
from gradcli.generators.mersenne import Mersenne
from gradcli.language.tree import Argument, Call, Slice, Subscript
from gradcli.lowering.context import Context, done
from gradcli.lowering.dictionaries import Dictionary, of_names
from gradcli.lowering.draws import Drawn, Generator
from gradcli.lowering.hosts import Arguments, List, Text, arguments, as_rule, called, items_of, stacked
from gradcli.lowering.kinds import COUNT, Host, Kind, Lowered, Several, tensor_kind, width_of
from gradcli.session.objects.settings import Settings
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

    def item(self, context: Context, expression: Subscript) -> Rule | None:
        """What `data[1:3]` gives: some rows of each tensor."""
        return self._part(context, expression) if isinstance(expression.items[0], Slice) else None

    def _part(self, context: Context, expression: Subscript) -> Rule:
        span, taken = expression.value.span, []
        for each in self.tensors(context):
            taken.append((yield Subscript(expression.span, done(span, each), expression.items)))
        return Several(tuple(taken))

    def at(self, context: Any, place: int) -> Lowered:
        """A row of each tensor."""
        return self.rows(context, place)

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

    def at(self, context: Any, place: int) -> Lowered:
        """What stands at a place."""
        span = Span(0, 0)
        at = Subscript(span, done(span, self.of), (done(span, (as_node(place), COUNT)),))
        found: Lowered = context.whole(at)
        return found

    def rows(self, context: Any, places: Sequence[int]) -> Lowered:
        """Some items as one: each part of them is stacked."""
        span = Span(0, 0)
        return _as_one(context, [self.at(context, place) for place in places], span)


def _as_one(context: Context, found: Sequence[Lowered], span: Span) -> Lowered:
    """Some items as one: tuples and dictionaries part by part, texts as a list, and numbers stacked."""
    first = found[0]
    if isinstance(first, Several):
        tuples = [each.parts for each in found if isinstance(each, Several)]
        columns = zip(*tuples, strict=True)
        return Several(tuple([_as_one(context, column, span) for column in columns]))
    if isinstance(first, Dictionary):
        named = [each.by_names(context) for each in found if isinstance(each, Dictionary)]
        return of_names(
            context, {key: _as_one(context, [each[key] for each in named], span) for key in named[0]}, span
        )
    if isinstance(first, Text):
        return List(found)
    typed = [context.one(each, span) for each in found]
    node, _ = stacked(context, typed, span)
    whole = all(kind.whole for _, kind in typed)
    is_double = not whole and any(width_of(kind) == "double" for _, kind in typed)  # Python's and NumPy's
    return node, tensor_kind(whole)._replace(width="double" if is_double else "")


class Subset(Host):
    """Some items of a dataset."""

    title = "a dataset"
    python_type = "Subset"

    def __init__(self, of: Dataset, places: Sequence[int], whole: Lowered) -> None:
        self.of = of
        self.places = tuple(places)
        self.size = len(self.places)
        self.whole = whole
        """The dataset, as the program made it."""

    def length(self, context: Context) -> int:
        """How many there are."""
        return self.size

    def names(self) -> Iterable[str]:
        """What can stand behind its dot."""
        return ("dataset", "indices")

    def attribute(self, context: Context, name: str) -> Lowered | None:
        """The dataset that they are of, and their places in it."""
        if name == "indices":
            places: list[Any] = [(as_node(place), COUNT) for place in self.places]
            return List([context.keep(each, Span(0, 0)) for each in places])
        return self.whole if name == "dataset" else None

    def items(self, context: Context) -> Sequence[Lowered]:
        """Its items."""
        return [self.at(context, place) for place in range(self.size)]

    def at(self, context: Any, place: int) -> Lowered:
        """What stands at a place."""
        return self.of.at(context, self.places[place])

    def rows(self, context: Any, places: Sequence[int]) -> Lowered:
        """Some items as one."""
        return self.of.rows(context, [self.places[place] for place in places])

    def text(self) -> str:
        """As Python has it, but for its address."""
        return "<torch.utils.data.dataset.Subset object>"


Dataset: TypeAlias = TensorDataset | Collated | Subset
"""What is handed out in batches."""


class DataLoader(Host):
    """Hands out a dataset in batches. Each loop over it draws, as PyTorch does, also where it is in order."""

    title = "a data loader"
    python_type = "DataLoader"

    def __init__(
        self,
        of: Dataset,
        batch: int,
        shuffles: bool,
        drops: bool,
        generator: Generator | None,
        collate: Host | None = None,
    ) -> None:
        self.of = of
        self.batch = batch
        self.shuffles = shuffles
        self.drops = drops
        self.generator = generator
        self.collate = collate
        """What makes a batch of a list of items, if the program says that."""

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
        parts = [places[k * self.batch : (k + 1) * self.batch] for k in range(count)]
        return [self._batch(context, part) for part in parts]

    def _batch(self, context: Any, places: Sequence[int]) -> Lowered:
        if self.collate is None:
            return self.of.rows(context, places)
        span = Span(0, 0)
        listed = List([context.keep(self.of.at(context, place), span) for place in places])
        asked = Call(span, done(span, self.collate), (Argument(span, None, done(span, listed)),))
        found: Lowered = context.run(as_rule(called(self.collate, context, asked)))
        return found

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
    of = _dataset_of(context, found.given["dataset"], found.span("dataset"))
    for key in ("sampler", "batch_sampler"):
        if not found.is_left_out(key):
            raise context.wrong(f"a loader has no {key} here", found.span(key), "shuffle=True")
    batch = found.count("batch_size")
    if not batch:
        place = (context.mark(found.span("batch_size")),)
        raise EvaluationError("batch_size should be a positive integer value, but got batch_size=0", place)
    generator = found.given.get("generator")
    own = generator if isinstance(generator, Generator) else None
    collate = None if found.is_left_out("collate_fn") else found.given["collate_fn"]
    if collate is not None and not isinstance(collate, Host):
        raise context.wrong("collate_fn is a function of a list of items", found.span("collate_fn"))
    return DataLoader(of, batch, found.flag("shuffle"), found.flag("drop_last"), own, collate)


def _subset(context: Context, call: Call) -> Rule:
    given: Arguments = yield arguments(context, call)
    found = Settings(context, "Subset", "dataset, indices", given, call, prefix="torch.utils.data.")
    of = _dataset_of(context, found.given["dataset"], found.span("dataset"))
    span = found.span("indices")
    listed = [context.one(each, span) for each in items_of(context, found.given["indices"], span)]
    places = [context.settled_integer(node, span) for node, _ in listed]
    if any(not -of.size <= place < of.size for place in places):
        raise EvaluationError(f"the places in a dataset of {of.size} items end there", (context.mark(span),))
    return Subset(of, [place % of.size for place in places], found.given["dataset"])


def _split(context: Context, call: Call) -> Rule:
    """`random_split(dataset, [80, 20])`, by numbers of items or by fractions of them."""
    given: Arguments = yield arguments(context, call)
    signature = "dataset, lengths, generator=None"
    found = Settings(context, "random_split", signature, given, call, prefix="torch.utils.data.")
    of = _dataset_of(context, found.given["dataset"], found.span("dataset"))
    span = found.span("lengths")
    listed = [context.one(each, span) for each in items_of(context, found.given["lengths"], span)]
    sizes = [context.settled_number(node, span) for node, _ in listed]
    if math.isclose(sum(sizes), 1) and sum(sizes) <= 1:
        sizes = [math.floor(of.size * size) for size in sizes]
        for place in range(int(of.size - sum(sizes))):
            sizes[place % len(sizes)] += 1
    if sum(sizes) != of.size:
        told = "Sum of input lengths does not equal the length of the input dataset!"
        raise EvaluationError(told, (context.mark(span),))
    generator = found.given.get("generator")
    own = generator if isinstance(generator, Generator) else None
    drawn = context.scope.draw(Drawn(lambda each, single: each.randperm(of.size), "torch", None, own))
    assert drawn is not None
    places = [int(each) for each in np.ravel(context.known(drawn))]
    ends = [int(sum(sizes[:k])) for k in range(len(sizes) + 1)]
    parts = [Subset(of, places[begin:end], found.given["dataset"]) for begin, end in pairwise(ends)]
    return List([context.keep(part, call.span) for part in parts])


def _dataset_of(context: Context, given: Lowered, span: Span) -> Dataset:
    """What a loader hands out; raises `InputError` for what has no items by their places."""
    if isinstance(given, TensorDataset | Subset):
        return given
    if isinstance(given, Host) and not given.keyed:
        length = given.length(context)
        items = given.items(context) if length is None else ()
        if length is not None or items is not None:
            return Collated(given, len(items or ()) if length is None else length)
    if isinstance(given, Several | Host):
        raise context.wrong("a loader takes a dataset of tensors here", span, "TensorDataset(X, y)")
    return TensorDataset([context.keep(given, span)], given[0].shape[0])


MAKERS: Mapping[str, Callable[[Context, Call], Any]] = {
    "torch.utils.data.TensorDataset": _dataset,
    "torch.utils.data.DataLoader": _loader,
    "torch.utils.data.Subset": _subset,
    "torch.utils.data.random_split": _split,
}
"""What makes datasets and loaders, by its full path."""
