"""Files compressed with Zstandard, for Python before 3.14, which reads them itself."""

from __future__ import annotations

import os
from typing import Any

import zstandard

_PIECE = 1 << 10
"""Compressed bytes that are taken at once: four of them may stand for 128 KiB."""


class ZstdFile:
    """A compressed file, decompressed as it is read.

    The reader that zstandard has takes a file that was cut off for a whole one; this one says so.
    """

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)
        self._decompressor = zstandard.ZstdDecompressor()
        self._frame: Any = None
        self._left = b""

    def read(self, size: int) -> bytes:
        """About `size` bytes, nothing only at the end; raises `EOFError` where the last frame has no end."""
        pieces: list[bytes] = []
        have = 0
        while have < size:
            data = self._left or os.read(self._descriptor, _PIECE)
            if not data:
                if self._frame is not None and not have:
                    raise EOFError("the compressed data has no end")
                break
            self._frame = self._frame or self._decompressor.decompressobj()
            pieces.append(self._frame.decompress(data))
            have += len(pieces[-1])
            self._left = b""
            if self._frame.eof:
                self._left, self._frame = self._frame.unused_data, None
        return b"".join(pieces)

    def close(self) -> None:
        """Closes the file."""
        os.close(self._descriptor)
