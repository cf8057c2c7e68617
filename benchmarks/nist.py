"""Fits the 27 nonlinear problems of NIST StRD from both starts, and counts certified digits.

`python benchmarks/nist.py nist_strd.json [--peers]`: a list of objects with `name`, `response`, `model`,
`columns`, `data`, `rss` and `params` (`name`, `start1`, `start2`, `certified`, `stddev`), as NIST's files
have them (https://www.itl.nist.gov/div898/strd/, in the public domain). With --peers the same for SciPy's
`curve_fit`, and for lmfit and gnuplot (whose steps are counted) where they are installed.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import gradcli

LIKE = 11
"""NIST certifies so many digits."""


class Found:
    """What a program found: parameters, their standard errors, the residual sum of squares, evaluations."""

    def __init__(
        self, values: Sequence[float], errors: Sequence[float], squares: float, evaluations: int
    ) -> None:
        self.values = list(values)
        self.errors = list(errors)
        self.squares = squares
        self.evaluations = evaluations


def digits(found: float, certified: float) -> float:
    """How many digits agree, at most those that are certified."""
    if not math.isfinite(found):
        return 0.0
    if found == certified:
        return LIKE
    return max(0.0, min(LIKE, -math.log10(abs(found - certified) / abs(certified))))


def by_gradcli(problem: Mapping[str, Any], data: Mapping[str, Any], start: Mapping[str, float]) -> Found:
    """The fit of gradcli."""
    fitted = gradcli.fit(f"{problem['response']} ~ {problem['model']}", data, start)
    each = [fitted.parameters[one["name"]] for one in problem["params"]]
    return Found(
        [one.value for one in each],
        [one.standard_error for one in each],
        fitted.residual_sum_of_squares,
        fitted.evaluations,
    )


def _numpy(problem: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[Callable[..., Any], Any, list[int]]:
    """The model as a function of NumPy, the responses, and what counts its calls."""
    names = ["exp", "log", "cos", "sin", "arctan", "pi"]
    known = {name: getattr(np, name) for name in names} | dict(data)
    code = compile(problem["model"], problem["name"], "eval")
    calls = [0]

    def model(_: Any, *values: float) -> Any:
        calls[0] += 1
        given = {each["name"]: value for each, value in zip(problem["params"], values, strict=True)}
        return eval(code, {"__builtins__": {}}, known | given)

    return model, eval(problem["response"], {"__builtins__": {}}, known), calls


def by_curve_fit(tight: bool) -> Callable[..., Found]:
    """The fit of SciPy's `curve_fit`, at its defaults or with the least tolerances."""
    from scipy.optimize import curve_fit

    def fit(problem: Mapping[str, Any], data: Mapping[str, Any], start: Mapping[str, float]) -> Found:
        model, response, calls = _numpy(problem, data)
        options = {"ftol": 1e-15, "xtol": 1e-15, "gtol": 1e-15} if tight else {}
        values, covariance = curve_fit(model, None, response, list(start.values()), maxfev=20_000, **options)
        misses = model(None, *values) - response
        return Found(values, np.sqrt(np.diag(covariance)), float(misses @ misses), calls[0])

    return fit


def by_lmfit(problem: Mapping[str, Any], data: Mapping[str, Any], start: Mapping[str, float]) -> Found:
    """The fit of lmfit at its defaults."""
    import lmfit

    model, response, calls = _numpy(problem, data)
    parameters = lmfit.Parameters()
    for name, value in start.items():
        parameters.add(name, value)
    found = lmfit.minimize(lambda p: model(None, *p.valuesdict().values()) - response, parameters)
    each = found.params.values()
    return Found(
        [one.value for one in each], [one.stderr or math.nan for one in each], found.chisqr, calls[0]
    )


def by_gnuplot(problem: Mapping[str, Any], data: Mapping[str, Any], start: Mapping[str, float]) -> Found:
    """The fit of gnuplot at its defaults."""
    names, columns = list(start), problem["columns"]
    variables = columns[1:]
    model = re.sub(r"\barctan\b", "atan", problem["model"])
    model = re.sub(r"(?<![\w.])(\d+)(?![\w.])", r"\1.0", model)  # whole numbers would divide as such
    response = problem["response"].replace("y", "$1")
    places = ":".join(map(str, range(2, 2 + len(variables))))
    with tempfile.TemporaryDirectory() as folder:
        np.savetxt(f"{folder}/data", np.stack([data[each] for each in columns], axis=1), fmt="%.17g")
        script = [
            *(f"{name} = {float(value)!r}" for name, value in start.items()),
            f"set dummy {', '.join(variables)}",
            f"f({', '.join(variables)}) = {model}",
            "set fit quiet errorvariables",
            f"set fit logfile '{folder}/log'",
            f"fit f({', '.join(variables)}) '{folder}/data' using {places}:({response}) \\",
            f"via {', '.join(names)}",
            *(f"print sprintf('%.17g %.17g', {name}, {name}_err)" for name in names),
            "print sprintf('%.17g %.17g', FIT_WSSR, FIT_NITER)",
        ]
        done = subprocess.run(
            ["gnuplot"], input="\n".join(script), capture_output=True, text=True, check=False
        )
    number = r"[-+.e\dinfa]+"
    lines = [line.split() for line in done.stderr.splitlines() if re.fullmatch(f"{number} {number}", line)]
    if len(lines) != len(names) + 1:
        raise RuntimeError((done.stderr.strip().splitlines() or ["no answer"])[-1])
    *each, (squares, steps) = [(float(first), float(second)) for first, second in lines]
    return Found([one[0] for one in each], [one[1] for one in each], squares, int(steps))


def table(problems: Sequence[Mapping[str, Any]], peers: bool) -> None:
    """Prints a line for each program."""
    programs: dict[str, Callable[..., Found]] = {"gradcli": by_gradcli}
    if peers:
        programs |= {"curve_fit": by_curve_fit(False), "curve_fit, tolerances 1e-15": by_curve_fit(True)}
        try:
            import lmfit  # noqa: F401

            programs["lmfit"] = by_lmfit
        except ImportError:
            print("lmfit is not installed")
        if shutil.which("gnuplot"):
            programs["gnuplot"] = by_gnuplot
    print("program                        parameters  errors  squares  least digits  evaluations  seconds")
    for name, program in programs.items():
        counts = np.zeros(3, int)
        least, evaluations, began = float(LIKE), 0, time.perf_counter()
        for problem in problems:
            data = dict(zip(problem["columns"], np.array(problem["data"], float).T, strict=True))
            for place in ("start1", "start2"):
                start = {each["name"]: each[place] for each in problem["params"]}
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        found = program(problem, data, start)
                except (RuntimeError, ValueError, gradcli.GradcliError) as error:
                    print(f"{name}, {problem['name']} from {place}: {error}")
                    least = 0.0
                    continue
                evaluations += found.evaluations
                good = [
                    min(map(digits, found.values, [each["certified"] for each in problem["params"]])),
                    min(map(digits, found.errors, [each["stddev"] for each in problem["params"]])),
                    digits(found.squares, problem["rss"]),
                ]
                least = min(least, good[0])
                counts += [each >= 8 for each in good]
                if name == "gradcli" and min(good) < 8:
                    shown = ", ".join(f"{each:.1f}" for each in good)
                    print(f"{problem['name']} from {place}: digits of parameters, errors, squares: {shown}")
        seconds = time.perf_counter() - began
        shown = " ".join((f"{counts[0]:10}", f"{counts[1]:7}", f"{counts[2]:8}", f"{least:13.1f}"))
        print(f"{name:30} {shown} {evaluations:12} {seconds:8.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--peers", action="store_true")
    arguments = parser.parse_args()
    table(json.loads(arguments.file.read_text(encoding="utf-8")), arguments.peers)
