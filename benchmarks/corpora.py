"""Real formulas with exact answers: python benchmarks/corpora.py DIR

Every line of a `.jsonl` file in DIR holds `expr`, `vars`, `value`, `grads`, and `noise`, what double
precision cannot help losing. Right is what is within |want|*(1e-12 + 10*noise) of the answer. Prints each
line that is not, and how far from its bound it is; ends with status 1 if there is one.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradcli


def wrong(case: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the answer to one case."""
    try:
        answer = gradcli.evaluate(case["expr"], case["vars"])
    except gradcli.GradcliError as error:
        yield error.rendered
        return
    noise = case["noise"]
    rows = [("value", answer.value, case["value"], noise["value"])]
    for name, wanted in case["grads"].items():
        rows.append((f"d/d{name}", answer.gradients[name], wanted, noise["grads"][name]))
    for what, found, wanted, lost in rows:
        got, want = number(found), number(wanted)
        room = abs(want) * (1e-12 + 10 * number(lost))
        if not (got == want or abs(got - want) <= room or (math.isnan(got) and math.isnan(want))):
            far = abs(got - want) / room if room else math.inf
            yield f"{what} = {got!r}, and not {want!r}: {far:.3g} times as far as it may be"


def number(data: Any) -> float:
    """A number, which JSON may hold as a text, and 0 where there is none."""
    return float(data or 0.0)


def main() -> int:
    """Runs every line of every file."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    bad = 0
    for path in sorted(Path(sys.argv[1]).glob("**/*.jsonl")):
        started, count, failed = time.perf_counter(), 0, 0
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            count += 1
            found = list(wrong(case))
            failed += bool(found)
            if found:
                text = case["expr"] if len(case["expr"]) <= 200 else case["expr"][:200] + "…"
                print(f"{case['id']}: {text}\n  with {case['vars']}")
                print("".join(f"  {each}\n" for each in found), end="")
        bad += failed
        took = time.perf_counter() - started
        print(f"{path.name}: {count - failed} of {count} right, {1000 * took / max(count, 1):.2f} ms each")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
