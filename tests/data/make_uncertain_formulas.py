"""Write `uncertain_formulas.json` beside this file: what Python's `uncertainties` says of random formulas.

Run it with a Python that has uncertainties 3.2 (`pip install uncertainties`); nothing else in the project
needs it. Every sample is an object on a line of its own:

    formula      in the spelling of Python and of gradcli
    values       the variables, each with its value and its standard uncertainty
    correlation  that of the first two variables; 0 where there is none
    value        the nominal value that it gives
    uncertainty  the standard uncertainty that it gives
    noise        how far, relatively, the uncertainty moves when the values move by 2**-50 of themselves
"""

from __future__ import annotations

import json
import math
import random
import re
from pathlib import Path
from typing import Any

import uncertainties
from uncertainties import umath

chance = random.Random(14)
FUNCTIONS = ("sin", "cos", "tan", "exp", "log", "sqrt", "atan", "sinh", "tanh", "asinh", "log1p", "erf")
NAMES = {name: getattr(umath, name) for name in FUNCTIONS}


def formula(depth: int, names: list[str]) -> str:
    """A random formula in some names."""
    if depth == 0 or chance.random() < 0.1:
        return chance.choice(names) if chance.random() < 0.85 else str(chance.choice((2, 3, 0.5, 1.25)))
    kind = chance.random()
    if kind < 0.3:
        return f"{chance.choice(FUNCTIONS)}({formula(depth - 1, names)})"
    if kind < 0.4:
        return f"({formula(depth - 1, names)})**{chance.choice((2, 3, -1, 0.5))}"
    left, right = formula(depth - 1, names), formula(depth - 1, names)
    return f"({left}) {chance.choice('+-*/')} ({right})"


def answer(text: str, values: dict[str, list[float]], correlation: float) -> Any:
    """What `uncertainties` says."""
    names = list(values)
    first, *rest = names
    numbers = {name: uncertainties.ufloat(*values[name]) for name in names}
    if correlation:
        second = rest[0]
        pair = uncertainties.correlated_values_norm(
            [tuple(values[first]), tuple(values[second])], [[1, correlation], [correlation, 1]]
        )
        numbers |= {first: pair[0], second: pair[1]}
    return eval(text, dict(NAMES), numbers)


samples: list[dict[str, Any]] = []
while len(samples) < 150:
    names = ["x", "y", "z", "w"][: chance.randint(1, 4)]
    text = formula(chance.randint(2, 4), names)
    used = [name for name in names if re.search(rf"\b{name}\b", text)]
    if not used or "(" not in text:
        continue
    values = {name: [round(chance.uniform(0.2, 3), 3), round(chance.uniform(0.001, 0.2), 4)] for name in used}
    correlation = round(chance.uniform(-0.95, 0.95), 2) if len(used) > 1 and chance.random() < 0.6 else 0.0
    near = {name: [value * (1 + 2**-50), spread] for name, (value, spread) in values.items()}
    try:
        found, moved = answer(text, values, correlation), answer(text, near, correlation)
        value, spread = float(found.nominal_value), float(found.std_dev)
        noise = abs(float(moved.std_dev) / spread - 1)
    except (ValueError, ZeroDivisionError, OverflowError, AttributeError, TypeError):
        continue
    if not math.isfinite(value) or not 1e-6 < spread < 1e6:
        continue
    samples.append(
        {
            "formula": text,
            "values": values,
            "correlation": correlation,
            "value": value,
            "uncertainty": spread,
            "noise": noise,
        }
    )

lines = ",\n".join(json.dumps(sample) for sample in samples)
Path(__file__).with_name("uncertain_formulas.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
