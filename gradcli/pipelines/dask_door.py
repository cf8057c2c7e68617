"""Workers of Dask, here or behind a scheduler. The only door to Dask, which is an extra.

What is sent to them is a formula as text, with numbers, and what comes back are numbers and text.
"""

from __future__ import annotations

import gc
import logging
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gradcli.collecting import uncollected
from gradcli.pipelines.part import Asked, Outcome, Task, machine, work
from gradcli.processors import cores
from gradcli.text.errors import EvaluationError, InputError, exhausted, reason

LOCAL = "local"
"""The scheduler that is started here, with a worker for each processor."""

_PATIENCE = 10
"""Seconds until a scheduler must have answered."""

_LONGER = 300
"""Seconds until processes of our own must have, for which a busy machine may have no time."""


_ALLOCATOR = {
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": str(1 << 27),
    "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": str(1 << 25),
}
"""What the allocator of our own processes is told: the memory of a block is used again for the next one.

Dask has it given back at once, which takes as long as all the rest of mapping text.
"""

_UNWATCHED = {
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.cycle": "10s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.system-monitor.disk": False,
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.worker.profile.enabled": False,
    "distributed.scheduler.active-memory-manager.start": False,
}
"""What Dask measures of our own processes for its dashboard, which nobody sees, or does so seldom only.

It would wake each of them fifty times a second and more: most of what a scheduler of long tasks does.
"""

_SELDOM = 60
"""Seconds between two reports of what our own processes are, which nobody reads."""


def check_scheduler(where: str) -> None:
    """Raises `InputError` for what is no scheduler, and where there is no Dask."""
    local, colon, count = where.partition(":")
    if local == LOCAL:
        if colon and not (count.isdecimal() and count.isascii() and int(count) > 0):
            raise InputError(
                f"--scheduler {where} does not say how many processes", hint=f"--scheduler {LOCAL}:4"
            )
    elif "://" not in where:
        address = f"tcp://{where if colon else where + ':8786'}" if where else LOCAL
        hint = f"--scheduler {address}"
        raise InputError(f"--scheduler {where} is neither {LOCAL} nor an address", hint=hint)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it says at its import is for programmers
            _import_dask()
    except ImportError:
        raise InputError("--scheduler needs Dask", hint='pip install "gradcli[dask]"') from None


@uncollected
def _import_dask() -> None:
    import distributed  # noqa: F401


class DaskWorkers:
    """The workers behind a scheduler: an address, `local`, or `local:N` for so many processes of our own."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._cluster: Any = None
        self._client: Any = None
        self._folder = ""
        self._done: Any = None
        self._numbers: dict[Any, int] = {}
        self._did: dict[int, str] = {}
        """The worker that did a task last, by its number."""
        self._stays = warnings.catch_warnings()

    def __enter__(self) -> DaskWorkers:
        """Starts or finds them; raises `InputError` where there are none."""
        import dask
        import distributed

        gc.freeze()  # what is here stays, and need not be looked through with every collection
        self._stays.__enter__()
        warnings.simplefilter("ignore")  # what they say is for programmers
        _silence()
        is_local = self._where.partition(":")[0] == LOCAL
        patience = _LONGER if is_local else _PATIENCE
        try:
            settings = {"distributed.comm.timeouts.connect": patience}
            with dask.config.set({**_ALLOCATOR, **_UNWATCHED, **settings}):
                if is_local:
                    self._start()
                address = self._cluster or self._where
                self._client = distributed.Client(address, timeout=patience, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            self.__exit__()
            raise InputError(f"there is no scheduler at {self._where}: {reason(error)}") from None
        except BaseException:
            self.__exit__()
            raise
        self._done = distributed.as_completed(loop=self._client.loop)
        return self

    def _start(self) -> None:
        """Starts processes of our own."""
        import distributed

        count = self._where.partition(":")[2]
        self._folder = tempfile.mkdtemp(prefix="gradcli-")
        with _ctrl_c_is_ours():
            self._cluster = distributed.LocalCluster(
                n_workers=int(count) if count else cores(),
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address=None,
                memory_limit=None,
                local_directory=self._folder,
                scheduler_sync_interval=_SELDOM,
                silence_logs=logging.CRITICAL + 1,
                env={"PYTHONWARNINGS": "ignore"},
            )

    def __exit__(self, *raised: object) -> None:
        """Lets go of them; those that were started here end, whatever they are doing."""
        try:
            if self._cluster is not None:
                for worker in self._cluster.workers.values():
                    worker.auto_restart = False
                    self._end(worker)
            if self._client is not None:
                self._client.close(timeout=_PATIENCE)
            if self._cluster is not None:
                self._cluster.close(timeout=_PATIENCE)
        finally:
            self._stays.__exit__(None, None, None)
            self._cluster = self._client = self._done = None
            gc.collect()  # semaphores, which somebody watches
            gc.unfreeze()
            if self._folder:
                shutil.rmtree(self._folder, ignore_errors=True)

    @staticmethod
    def _end(worker: Any) -> None:
        process = getattr(worker.process, "pid", None)
        if process is not None:
            try:
                os.kill(process, signal.SIGKILL)
            except OSError:
                pass

    @property
    def threads(self) -> int:
        """How many tasks are done at a time."""
        return sum(self._client.nthreads().values())

    def machines(self) -> Mapping[str, Mapping[str, str]]:
        """What the last bits of results depend on, by the address of each worker; raises `InputError`."""
        found: dict[str, Any] = self._client.run(machine, on_error="return")
        if not found:
            raise InputError(f"the scheduler at {self._where} has no workers")
        for address, each in found.items():
            if isinstance(each, ImportError):
                hint = "its Python needs what this one has: pip install gradcli"
                raise InputError(f"the worker at {address} has no gradcli: {each}", hint=hint)
            if isinstance(each, Exception):
                raise EvaluationError(f"the worker at {address} does not answer: {reason(each)}")
        return found

    def submit(self, order: Asked, task: Task) -> None:
        """Hands out a task, to who did the one of its number before, if that worker is still there."""
        before = self._did.get(task.number)
        # Not pure: a part that is done again is done again, and does not have the answer of before.
        future = self._client.submit(
            _work,
            order,
            task,
            pure=False,
            workers=None if before is None else [before],
            allow_other_workers=before is not None,
        )
        self._numbers[future.key] = task.number
        self._done.add(future)

    def finished(self, count: int) -> list[tuple[int, Outcome | None]]:
        """Tasks that are done by their numbers, with their outcomes: nothing if their workers died of them.

        Waits for so many, or for all that were handed out; what they came to is fetched at once.
        """
        try:
            ready, found = self._client.sync(self._fetched, count)
            return [(number, self._outcome(number, ready[number], each)) for number, each in found.items()]
        except OSError:
            raise self._gone() from None

    async def _fetched(self, count: int) -> tuple[dict[int, Any], dict[int, tuple[str, Outcome] | None]]:
        """Tasks that are done by their numbers, and what those of them that went well came to."""
        ready: dict[int, Any] = {}
        while len(ready) < count and not (ready and self._done.is_empty()):
            future = await anext(self._done)
            if future.status in ("lost", "pending"):  # its worker died with what it had found
                self._done.add(future)
            else:
                ready[self._numbers.pop(future.key)] = future
        return ready, await self._client.gather(ready, errors="skip", asynchronous=True)

    def _outcome(self, number: int, future: Any, found: tuple[str, Outcome] | None) -> Outcome | None:
        """What was found by a task, or nothing if its workers died of it; raises what else went wrong."""
        from distributed.scheduler import KilledWorker

        if found is not None:
            self._did[number], outcome = found
            return outcome
        error = future.exception() if future.status == "error" else self._gone()
        if isinstance(error, KilledWorker):
            return None
        if isinstance(error, MemoryError):
            raise exhausted(error)
        if isinstance(error, OSError):
            raise EvaluationError(f"a worker cannot go on: {reason(error)}")
        raise error

    def _gone(self) -> EvaluationError:
        return EvaluationError(f"the scheduler at {self._where} is gone")

    def drop(self) -> None:
        """Lets go of all tasks that are not done."""
        try:
            self._client.cancel(list(self._done.futures), force=True)
        except OSError:
            pass  # they are gone with their scheduler


def _work(order: Asked, task: Task) -> tuple[str, Outcome]:
    """Does a task on a worker; returns its address, too."""
    from distributed import get_worker

    return get_worker().address, work(order, task)


@contextmanager
def _ctrl_c_is_ours() -> Iterator[None]:
    """Keeps Ctrl-C, which a terminal sends to all of its processes, from those that are started in the body.

    They end when they are let go, and a search that is stopped may still ask them.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _silence() -> None:
    """Lets Dask's loggers say nothing: what has to be told is told here."""
    for name in ("distributed", *logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
