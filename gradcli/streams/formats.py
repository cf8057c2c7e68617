"""Which formats there are, and which one a file has by its name or its first bytes."""

from __future__ import annotations

TEXT_FORMATS = ("csv", "tsv", "jsonl")
"""The formats that are lines of text."""

TYPED = ("npy", "npz", "parquet", "arrow")
"""The formats whose columns have types."""

SHARED = (*TEXT_FORMATS, "parquet", "arrow")
"""The formats whose rows a process can make for another that writes them."""

FORMATS = (*TEXT_FORMATS, *TYPED)
"""Every format that is read and written."""

BLANKS = "txt"
"""What is read only: text whose cells are apart by blanks, or whatever its first row shows."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What some programs put before text in UTF-8."""

_EXTENSIONS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": BLANKS,
    ".dat": BLANKS,
    ".json": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".npy": "npy",
    ".npz": "npz",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}


PACKED = {".gz": "gzip", ".zst": "zstd", ".bz2": "bzip2", ".xz": "xz"}
"""The program that compresses a file, by what its name then ends in."""

_UNPACKS = {".gz": "zcat", ".zst": "zstdcat", ".bz2": "bzcat", ".xz": "xzcat"}
"""The program that decompresses it."""

_BEGINS = {
    ".gz": (b"\x1f\x8b",),
    ".zst": (b"\x28\xb5\x2f\xfd", *(bytes([kind]) + b"\x2a\x4d\x18" for kind in range(0x50, 0x60))),
    ".bz2": (b"BZh",),
    ".xz": (b"\xfd7zXZ\0",),
}
"""What it begins with; of zstd, what may be skipped may come first."""

LONGEST_START = 6
"""Bytes of the longest of these."""


def packing(file: str) -> str:
    """The ending that says how a file is compressed, or nothing."""
    ending = "." + file.lower().rpartition(".")[2]
    return ending if ending in PACKED else ""


def format_of(file: str) -> str | None:
    """The format that a file's extension says (that of a compressed file is looked through), or `None`."""
    whole = file.lower().removesuffix(packing(file))
    return _EXTENSIONS.get("." + whole.rpartition(".")[2])


def is_packed(start: bytes, ending: str) -> bool:
    """Whether what begins so is compressed as that ending of a name says."""
    return start.startswith(_BEGINS[ending])


def unpacking(start: bytes) -> str | None:
    """The program that decompresses what begins so, or `None`."""
    return next((tool for ending, tool in _UNPACKS.items() if is_packed(start, ending)), None)


def sniffed(start: bytes) -> str | None:
    """The format that the first bytes of a stream prove, or `None`."""
    if start.startswith(b"\x93NUMPY"):
        return "npy"
    if start.startswith(b"PK\x03\x04"):
        return "npz"
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return "arrow"
    if start.removeprefix(BYTE_ORDER_MARK).lstrip()[:1] in (b"{", b"["):
        return "jsonl"
    return None
