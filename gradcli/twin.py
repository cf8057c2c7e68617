"""A second process for the second core: it turns every other block of text into its output.

Reading and printing numbers holds Python's lock, so threads do not help there, and processes do. The
twin only ever does what nothing can go wrong with; every other block comes back undone, and the first
process, which also does all reading and writing, takes it. So the output does not depend on the twin.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
from collections.abc import Callable

from gradcli.streams.chunk import Block
from gradcli.streams.files import widen

_BLOCK = struct.Struct("<qq")
_ANSWER = struct.Struct("<q")

Work = Callable[[Block], "bytes | None"]


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def can_fork() -> bool:
    """Whether a second process can be had, and pays."""
    return sys.platform in ("linux",) and cores() > 1


class Twin:
    """A copy of this process that runs `work` on blocks, one at a time."""

    def __init__(self, work: Work) -> None:
        mine_in, its_out = os.pipe()
        its_in, mine_out = os.pipe()
        widen(its_in)
        widen(mine_in)
        self.process = os.fork()
        if not self.process:
            try:
                os.close(mine_in)
                os.close(mine_out)
                _serve(work, its_in, its_out)
            finally:
                os._exit(0)
        os.close(its_in)
        os.close(its_out)
        self._in, self._out = mine_in, mine_out

    def send(self, block: Block) -> None:
        """Gives it a block; it must not have one already."""
        _write(self._out, _BLOCK.pack(len(block.text), block.line))
        _write(self._out, block.text)

    def receive(self) -> bytes | None:
        """The output of the block, or `None` if that is not for the twin to make (or it is gone)."""
        head = _read(self._in, _ANSWER.size)
        if head is None:
            return None
        (size,) = _ANSWER.unpack(head)
        return None if size < 0 else _read(self._in, size)

    def close(self) -> None:
        """Ends it."""
        os.close(self._out)
        os.close(self._in)
        try:
            os.waitpid(self.process, 0)
        except OSError:
            pass


def _serve(work: Work, source: int, target: int) -> None:
    # Ctrl-C is for the first process; when that ends, so does the input here.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    while True:
        head = _read(source, _BLOCK.size)
        if head is None:
            return
        size, line = _BLOCK.unpack(head)
        text = _read(source, size)
        if text is None:
            return
        try:
            answer = work(Block(text, line))
        except Exception:  # whatever it is, the first process meets it too, and tells
            answer = None
        _write(target, _ANSWER.pack(-1 if answer is None else len(answer)))
        _write(target, answer or b"")


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _read(descriptor: int, size: int) -> bytes | None:
    """Exactly `size` bytes, or `None` at the end."""
    pieces = []
    while size:
        piece = os.read(descriptor, size)
        if not piece:
            return None
        pieces.append(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
