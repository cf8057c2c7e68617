"""A second process for the second core: it turns some blocks of text into their output.

Reading and printing numbers holds Python's lock, so threads do not help there, and processes do. The
twin only ever does what nothing can go wrong with; every other block comes back undone, and the first
process, which also does all reading and writing, takes it. So the output does not depend on the twin.

Blocks and answers lie in memory that both processes see; pipes carry only their sizes.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
import sys
import warnings
from collections.abc import Callable

from gradcli.interruptions import INTERRUPTIONS
from gradcli.processors import cores
from gradcli.records import NamedTuple
from gradcli.streams.blocks import Block
from gradcli.streams.files import BLOCK

_TASK = struct.Struct("<qqq")
_ANSWER = struct.Struct("<qqQ")


_BITS = 64
"""How many conventions an answer can name; of more, the first process tells."""


class Made(NamedTuple):
    """The output of a block, how many rows it has, and the places of the conventions that they used."""

    lines: bytes | memoryview
    rows: int
    used: frozenset[int] = frozenset()


Work = Callable[[Block], "Made | None"]


def can_fork() -> bool:
    """Whether a second process can be had, and pays."""
    return sys.platform in ("linux",) and cores() > 1


class Twin:
    """A copy of this process that runs `work` on blocks, in the order in which it is given them."""

    PLACES = 3
    """How many blocks it may have: one in hand, one that waits for it, and one whose output waits."""

    LARGEST = 2 * BLOCK
    """Bytes of the largest block that it takes."""

    _LONGEST_ANSWER = 8 * BLOCK

    def __init__(self, work: Work) -> None:
        """Starts it; raises `OSError` where there may be no other process, or no more files."""
        self._memory = mmap.mmap(-1, self.PLACES * (self.LARGEST + self._LONGEST_ANSWER))
        self._sent = self._received = 0
        opened: list[int] = []
        try:
            # This process keeps a reading end too: so a task for a twin that is gone is no broken pipe.
            opened += os.pipe()
            opened += os.pipe()
            self.process = _fork()
        except OSError:
            for descriptor in opened:
                os.close(descriptor)
            self._memory.close()
            raise
        self._its_tasks, self._tasks, self._answers, its_answers = opened
        if not self.process:
            try:
                os.close(self._tasks)
                os.close(self._answers)
                self._serve(work, self._its_tasks, its_answers)
            finally:
                os._exit(0)
        os.close(its_answers)

    @property
    def has_room(self) -> bool:
        """Whether it can take another block."""
        return self._sent - self._received < self.PLACES

    def send(self, block: Block) -> None:
        """Gives it a block; it must have room, and the block must not be too large."""
        self._put(self._task_place(self._sent), block.text)
        os.write(self._tasks, _TASK.pack(len(block.text), block.line, block.lines))
        self._sent += 1

    def has_answer(self) -> bool:
        """Whether the oldest block that it was given is done."""
        import select

        return bool(select.select([self._answers], [], [], 0)[0])

    def receive(self) -> Made | None:
        """The output of its oldest block, or `None` if that is not for the twin to make (or it is gone).

        The memory is good until `release`.
        """
        head = _read(self._answers, _ANSWER.size)
        size, rows, bits = (-1, 0, 0) if head is None else _ANSWER.unpack(head)
        place = self._answer_place(self._received)
        used = frozenset(bit for bit in range(_BITS) if bits >> bit & 1)
        return None if size < 0 else Made(memoryview(self._memory)[place : place + size], rows, used)

    def release(self) -> None:
        """Frees the place of the oldest block."""
        self._received += 1

    def close(self) -> None:
        """Ends it, whatever it is doing."""
        for descriptor in (self._tasks, self._its_tasks, self._answers):
            os.close(descriptor)
        _end(self.process)

    def _task_place(self, count: int) -> int:
        return count % self.PLACES * (self.LARGEST + self._LONGEST_ANSWER)

    def _answer_place(self, count: int) -> int:
        return self._task_place(count) + self.LARGEST

    def _put(self, place: int, data: bytes | memoryview) -> None:
        self._memory[place : place + len(data)] = data

    def _serve(self, work: Work, tasks: int, answers: int) -> None:
        # Ctrl-C is for the first process; when that ends, so do the tasks here.
        _step_back(signal.SIG_IGN)
        done = 0
        while (head := _read(tasks, _TASK.size)) is not None:
            size, line, lines = _TASK.unpack(head)
            place = self._task_place(done)
            try:
                answer = work(Block(self._memory[place : place + size], line, lines))
            except Exception:  # whatever it is, the first process meets it too, and tells
                answer = None
            size, rows, bits = -1, 0, 0
            fits = answer is not None and len(answer.lines) <= self._LONGEST_ANSWER
            if answer is not None and fits and max(answer.used, default=0) < _BITS:
                size, rows, bits = len(answer.lines), answer.rows, sum(1 << place for place in answer.used)
                self._put(self._answer_place(done), answer.lines)
            os.write(answers, _ANSWER.pack(size, rows, bits))
            done += 1


class Errand:
    """A copy of this process that does one thing, and brings what comes of it."""

    def __init__(self, work: Callable[[], bytes]) -> None:
        """Starts it; raises `OSError` where there may be no other process, or no more files."""
        self._answer, its_answer = os.pipe()
        try:
            self.process = _fork()
        except OSError:
            os.close(self._answer)
            os.close(its_answer)
            raise
        if not self.process:
            try:
                _step_back(signal.SIG_DFL)
                view = memoryview(work())
                while view:
                    view = view[os.write(its_answer, view) :]
            except BaseException:  # whatever it is, the first process does the work itself, and tells
                pass
            finally:
                os._exit(0)
        os.close(its_answer)

    def result(self) -> bytes:
        """What came of it; nothing if it is gone."""
        pieces = []
        while piece := os.read(self._answer, BLOCK):
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Ends it, whatever it is doing."""
        os.close(self._answer)
        _end(self.process)


def _fork() -> int:
    with warnings.catch_warnings():
        # Python warns of every other thread, as that in which pyarrow tidies its memory up.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _step_back(interrupted: signal.Handlers) -> None:
    """Leaves the streams to the first process, and says what to do when both are interrupted."""
    for number in INTERRUPTIONS:
        signal.signal(number, interrupted)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


def _end(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    except OSError:
        pass


def _read(descriptor: int, size: int) -> bytes | None:
    """Exactly `size` bytes, or `None` at the end."""
    data = b""
    while len(data) < size:
        piece = os.read(descriptor, size - len(data))
        if not piece:
            return None
        data += piece
    return data
