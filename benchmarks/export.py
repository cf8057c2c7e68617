"""Runs exported code on the formulas of a corpus, and counts the numbers that are right in each target.

    python benchmarks/export.py ../shared/corpora/formulas.jsonl [HOW-MANY]

Right is |got - want| <= |want|*(1e-12 + 10*noise), where want has more digits than doubles hold; the bits are
compared with those of C, too.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from running import RUNS, Case, listed


def main(file: str, most: int = 300) -> None:
    """Prints a line for each target."""
    records: dict[str, list[dict]] = {}
    for record in listed(Path(file)):
        records.setdefault(record["expr"], []).append(record)
    chosen = list(records.items())[:: max(1, len(records) // most)][:most]
    cases, wanted = [], []
    for expression, points in chosen:
        if len({name.casefold() for name in points[0]["vars"]}) < len(points[0]["vars"]):
            continue  # no table of SQL has such columns
        case = Case(expression, [each["vars"] for each in points])
        titles = case.code("python", 0).titles
        cases.append(case)
        for each in points:
            noise = each["noise"]
            exact = [(each["value"], noise["value"])]
            exact += [(each["grads"].get(name) or 0.0, noise["grads"].get(name) or 0.0) for name in titles]
            wanted.append((expression, exact))
    of_c = None
    print(f"{len(cases)} formulas, {len(wanted)} points")
    for target, (there, run) in RUNS.items():
        if not there:
            print(f"{target:10}  not here")
            continue
        with tempfile.TemporaryDirectory() as folder:
            got = run(cases, Path(folder))
        wrong, cells, same = [], 0, 0
        for row, (expression, exact) in zip(got, wanted, strict=True):
            for value, (want, noise) in zip(row, exact, strict=True):
                cells += 1
                if not abs(value - want) <= abs(want) * (1e-12 + 10 * noise):
                    wrong.append((expression, value, want))
        of_c = of_c or got
        same = sum(
            a == b or (a != a and b != b)
            for x, y in zip(got, of_c, strict=True)
            for a, b in zip(x, y, strict=True)
        )
        print(f"{target:10}  {cells - len(wrong)} of {cells} right, {same} with the bits of C")
        for each in wrong[:3]:
            print("    ", *each)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
