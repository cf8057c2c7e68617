"""How many processors there are, and work on several of them at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from threading import Event, Thread

_T = TypeVar("_T")


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def side_by_side(work: Callable[[], None], threads: int) -> None:
    """Does `work` in as many threads, this one among them, and waits for all; raises what the first raised.

    Each does what is left until nothing is: a thread whose processor is busy elsewhere leaves more to the
    others. Where no thread can be had, those that there are do it all.
    """
    from threading import Thread

    raised: list[BaseException] = []

    def tried() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    helpers = [Thread(target=tried, daemon=True) for _ in range(threads - 1)]
    begun: list[Thread] = []
    try:
        for each in helpers:
            each.start()
            begun.append(each)
    except RuntimeError:
        pass  # too many threads
    try:
        work()
    finally:
        for each in begun:
            each.join()
    if raised:
        raise raised[0]


class Aside:
    """Work that another thread does while this one goes on: one piece after the other.

    With one thread, or where no other can be had, this one does it at once.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._is_alone = (threads or cores()) < 2
        self._last: tuple[Thread, Event] | None = None
        """The thread of the last piece, and what tells that this is done.

        (A thread whose `join` is interrupted passes for ended.)
        """
        self._raised: BaseException | None = None

    def do(self, work: Callable[[], None]) -> None:
        """Waits for the piece before, and begins this one; raises what that one raised."""
        self.wait()
        if self._is_alone or not self._begin(work):
            work()

    def wait(self) -> None:
        """Waits until nothing is left to do; raises what the last piece raised."""
        if self._last is not None:
            thread, done = self._last
            done.wait()
            thread.join()
            self._last = None
        raised, self._raised = self._raised, None
        if raised is not None:
            raise raised

    def _begin(self, work: Callable[[], None]) -> bool:
        """Has another thread do it, if there can be one."""
        from threading import Event, Thread

        done = Event()

        def tried() -> None:
            try:
                work()
            except BaseException as error:
                self._raised = error
            finally:
                done.set()

        thread = Thread(target=tried, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # too many threads
            self._is_alone = True
            return False
        self._last = thread, done
        return True


class Shared(Generic[_T]):
    """What is left to do, for several threads: each takes the next, until there is none or they must stop."""

    def __init__(self, items: Iterable[_T]) -> None:
        from threading import Lock

        self._left = iter(items)
        self._lock = Lock()

    def __iter__(self) -> Iterator[_T]:
        return self

    def __next__(self) -> _T:
        with self._lock:
            return next(self._left)

    def stop(self) -> None:
        """Leaves nothing to do."""
        with self._lock:
            self._left = iter(())
