"""Which formats there are, and which one a file has by its name or its first bytes."""

from __future__ import annotations

TEXT_FORMATS = ("csv", "tsv", "jsonl")
"""The formats that are lines of text."""

TYPED = ("npy", "npz", "parquet", "arrow")
"""The formats whose columns have types."""

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


def format_of(file: str) -> str | None:
    """The format that a file's extension says (`.gz` and `.zst` are looked through), or `None`."""
    whole = file.lower().removesuffix(".gz").removesuffix(".zst")
    return _EXTENSIONS.get("." + whole.rpartition(".")[2])


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
