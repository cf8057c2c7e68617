"""Reads damaged copies of a file: `damage.py FOLDER FORMAT SEED` prints what was raised, and how often.

Whatever is damaged is an error that a user can read, or numbers. Run in a process of its own, since what
is tried may end it.
"""

import random
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from gradcli.streams.chunk import Policy, Reading
from gradcli.streams.opening import open_reader
from gradcli.text.errors import GradcliError

ROWS = 50
COPIES = 300


def make(path: Path, form: str) -> None:
    """Writes a sound file of two columns: numbers, and text where the format has any."""
    x = np.arange(ROWS) / 4
    names = [f"text{k}" for k in range(ROWS)]
    if form == "npy":
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


def damaged(data: bytes, chance: random.Random) -> bytes:
    """A copy in which a few bytes are others, or the end is gone."""
    copy = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 5])):
        copy[chance.randrange(len(copy))] = chance.randrange(256)
    return bytes(copy[: chance.randrange(len(copy))] if chance.random() < 0.1 else copy)


def read(path: Path, form: str) -> None:
    """Reads everything, numbers and texts."""
    reader = open_reader(str(path), form, Reading(header=True, policy=Policy(options=False)))
    try:
        for chunk in reader.chunks([0]):
            for column in range(len(reader.columns)):
                chunk.values(column)
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
        path.write_bytes(damaged(data, chance))
        try:
            read(path, kind)
            met["read"] += 1
        except GradcliError:
            met["refused"] += 1
        except Exception as error:
            met[repr(error)] += 1
    print(dict(met))


if __name__ == "__main__":
    main(*sys.argv[1:])
