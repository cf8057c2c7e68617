"""Workers in this process, in the place of Dask's: they do tasks in any order, and may be lost."""

from __future__ import annotations

import pickle
import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from gradcli.pipelines.part import Asked, Outcome, Task, machine, work


class Here:
    """Workers that do tasks when they are asked for one; what goes to them and back is pickled.

    The tasks in hand are done in an order that follows from `seed`. Those of which `lost` says so by their
    number, and how often they were given out before, are lost with their workers.
    """

    threads = 2

    def __init__(self, seed: int = 0, lost: Callable[[int, int], bool] = lambda number, tries: False) -> None:
        self.given = Counter[int]()
        """How often each task was handed out."""
        self.dropped = False
        self.others: dict[str, Mapping[str, str]] = {}
        """Further workers, by what they compute with."""
        self.sent: list[bytes] = []
        self.most = 0
        """How many tasks were in hand at a time."""
        self._lost = lost
        self._chance = random.Random(seed)
        self._waiting: list[bytes] = []

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def machines(self) -> Mapping[str, Mapping[str, str]]:
        return {"here": machine(), **self.others}

    def submit(self, order: Asked, task: Task) -> None:
        self.sent.append(pickle.dumps((order, task)))
        self._waiting.append(self.sent[-1])
        self.most = max(self.most, len(self._waiting))

    def finished(self, count: int) -> list[tuple[int, Outcome | None]]:
        return [self._finished() for _ in range(min(count, len(self._waiting)))]

    def _finished(self) -> tuple[int, Outcome | None]:
        sent = self._waiting.pop(self._chance.randrange(len(self._waiting)))
        order, task = pickle.loads(sent)
        self.given[task.number] += 1
        if self._lost(task.number, self.given[task.number] - 1):
            return task.number, None
        found: Any = pickle.loads(pickle.dumps(work(order, task)))
        return task.number, found

    def drop(self) -> None:
        self.dropped = True
