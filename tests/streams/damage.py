"""Reads damaged copies of a file: `damage.py FOLDER FORMAT SEED` prints what was raised, and how often.

Whatever is damaged is an error that a user can read, or numbers. Run in a process of its own, since what
is tried may end it.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from gradcli.streams.chunk import Policy, Reading
from gradcli.streams.opening import open_reader
from gradcli.text.errors import GradcliError

ROWS = 50
COPIES = 300


def _delimited(separator: str) -> Callable[[list[tuple[float, str]]], str]:
    def text(rows: list[tuple[float, str]]) -> str:
        lines = [
            f'{x}{separator}"{s}, é"' if k % 5 == 0 else f"{x}{separator}{s}" for k, (x, s) in enumerate(rows)
        ]
        return f"x{separator}s\n" + "".join(f"{line}\n" for line in lines)

    return text


TEXTS: dict[str, Callable[[list[tuple[float, str]]], str]] = {
    "csv": _delimited(","),
    "tsv": _delimited("\t"),
    "txt": _delimited(" "),
    "jsonl": lambda rows: "".join(json.dumps({"x": x, "s": s, "v": [x, 1]}) + "\n" for x, s in rows),
}
"""The formats that are text, and rows in them."""

PIECES = (
    *(b'"', b'""', b",", b"\t", b";", b"\n", b"\r", b"\r\n", b"\n\n", b"#", b" ", b"\x00", b"\xef\xbb\xbf"),
    *(
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\\",
        b"\\u0000",
        b"\\ud800",
        b"{",
        b"}",
        b"[",
        b"]",
        b"[[",
        b"null",
        b"true",
    ),
    *(b"-", b"+", b".", b"e", b"1e999", b"-1e-999", b"nan", b"NaN", b"Infinity", b"0x1", b"1_0", b"9" * 400),
    *(b"[" * 2000, b'{"x":' * 500, b"a" * 5000, b'"x":1,', b"1" + b"0" * 5000),
)
"""What text is broken by."""


def make(path: Path, form: str) -> None:
    """Writes a sound file of two columns: numbers, and text where the format has any."""
    x = np.arange(ROWS) / 4
    names = [f"text{k}" for k in range(ROWS)]
    if form in TEXTS:
        path.write_text(TEXTS[form](list(zip(x.tolist(), names, strict=True))), encoding="utf-8")
    elif form == "npy":
        np.save(path, np.stack([x, x], 1))
    elif form == "npz":
        np.savez(path, x=x, y=2 * x)
    else:
        import pyarrow
        import pyarrow.ipc
        import pyarrow.parquet

        table = pyarrow.table({"x": x, "s": names})
        if form == "parquet":
            pyarrow.parquet.write_table(table, path)
        else:
            kind = pyarrow.ipc.new_file if form == "arrow" else pyarrow.ipc.new_stream
            with kind(str(path), table.schema) as writer:
                writer.write_table(table)


def damaged(data: bytes, chance: random.Random, pieces: Sequence[bytes] = ()) -> bytes:
    """A copy in which a few bytes are others, or the end is gone; `pieces` may stand in their places."""
    copy = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 5])):
        place = chance.randrange(len(copy))
        copy[place : place + chance.randrange(2)] = (
            chance.choice(pieces) if pieces and chance.random() < 0.8 else bytes([chance.randrange(256)])
        )
    return bytes(copy[: chance.randrange(len(copy))] if chance.random() < 0.1 else copy)


def read(path: Path, form: str, on_error: str = "fail") -> None:
    """Reads everything, numbers and texts."""
    reader = open_reader(str(path), form, Reading(header=True, policy=Policy(on_error, options=False)))
    try:
        for chunk in reader.chunks([0]):
            for column in range(len(reader.columns) if chunk.rows else 0):
                chunk.values(column)
            if chunk.failure is not None:
                raise chunk.failure
    finally:
        reader.close()


def main(folder: str, form: str, seed: str) -> None:
    """Tries the copies of one format."""
    path, chance = Path(folder) / "file", random.Random(int(seed))
    kind = "arrow" if form == "stream" else form
    sound = Path(folder) / f"sound.{form}"  # NumPy adds an extension where there is none
    make(sound, form)
    data = sound.read_bytes()
    read(sound, kind)
    met: Counter[str] = Counter()
    for _ in range(COPIES):
        path.write_bytes(damaged(data, chance, PIECES if form in TEXTS else ()))
        try:
            read(path, kind, chance.choice(["fail", "nan", "skip"]))
            met["read"] += 1
        except GradcliError:
            met["refused"] += 1
        except Exception as error:
            met[repr(error)] += 1
    print(dict(met))


if __name__ == "__main__":
    main(*sys.argv[1:])
