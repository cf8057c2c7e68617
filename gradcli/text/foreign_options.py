"""What other programs call their options, and what is said to who types one of these here."""

from __future__ import annotations

from collections.abc import Iterator

_VARIABLES = 'the variables stand behind the formula, as in gradcli diff "x**2*y" x'
_UNKNOWN = "what --fix does not hold is unknown, as in --fix a=2"
_START = "a start is given by its name, as in --a 1 or a=1"
_ENDS = "a search ends by itself, once the last digits stand"
_STEPS = "a range says its step: --x 0:2:0.1"
_RANGE = "a variable gets a range: --x 0:2"
_CELLS = "commas and semicolons are found by themselves; --tsv is for tabs, --from txt for blanks"
_SKIPPED = "tail -n +4 FILE | gradcli … leaves out 3 lines; --on-error skip leaves out bad rows"
_THREADS = "did you mean --threads? --scheduler local:4 starts processes"

_SAID: tuple[tuple[str, str, str], ...] = (
    ("--errors", 'did you mean --errors? Of weights w they are "1/sqrt(w)"', "weights weight"),
    ("--errors", "did you mean --errors?", "sigma yerr dy error std stderr uncertainty uncertainties"),
    ("--absolute", "did you mean --absolute?", "absolute-sigma"),
    ("diff", _VARIABLES, "wrt var variable variables respect-to dx d by"),
    ("solve", _UNKNOWN, "for unknown unknowns var variable variables wrt"),
    ("--fix", _START, "p0 x0 init initial guess initial-guess start starts params parameters"),
    ("--fix", _ENDS, "tol ftol xtol gtol rtol atol tolerance maxiter max-iter maxfev iterations steps"),
    ("--fix", "did you mean --fix?", "hold constant args const frozen"),
    ("solve", _RANGE, "bracket bounds domain interval"),
    ("--bounds", "did you mean --bounds a=0:1?", "bound lower upper lb ub limits"),
    ("--maximize", "did you mean --maximize?", "max maximise maximum"),
    ("--subject-to", "did you mean --subject-to?", "constraint constraints st such-that"),
    ("--loss", "did you mean --loss?", "robust"),
    ("--data", "did you mean --data?", "scatter"),
    ("--order", "did you mean --order?", "derivative derivatives deriv nth degree times"),
    ("-o", "did you mean -o?", "output out outfile output-file save savefig"),
    ("--decimal-comma", "did you mean --decimal-comma?", "decimal dec decimal-separator decimal-mark"),
    ("--digits", "did you mean --digits?", "precision decimals significant prec places ofmt float-format"),
    ("--no-header", "did you mean --no-header?", "noheader headerless"),
    ("--names", "did you mean --names?", "columns cols header"),
    ("--csv", _CELLS, "delimiter delim separator sep ifs fs field-separator"),
    ("--from", "did you mean --from csv?", "icsv"),
    ("--from", "did you mean --from tsv?", "itsv"),
    ("--from", "did you mean --from jsonl?", "ijson ijsonl"),
    ("--to", "did you mean --to csv?", "ocsv t2c j2c"),
    ("--to", "did you mean --to tsv?", "otsv c2t j2t"),
    ("--to", "did you mean --to jsonl?", "ojson ojsonl c2j t2j ndjson jsonlines"),
    ("--no-header", "did you mean --no-header?", "implicit-csv-header headerless-csv-input hi"),
    ("--na", "head -n 11 FILE | gradcli … has the first 10 rows of a CSV", "head limit nrows max-rows"),
    ("--na", _SKIPPED, "skip skiprows skip-rows skip-lines"),
    ("--na", "did you mean --na?", "na-values missing null"),
    ("--threads", _THREADS, "jobs n-jobs workers processes parallel cores"),
    ("--scheduler", "did you mean --scheduler local:4?", "jobs n-jobs workers processes parallel cores"),
    ("--progress", "did you mean --progress?", "verbose"),
    ("--claim", 'did you mean --claim x="2*x"?', "expected derivative answer"),
    ("--to", "did you mean --to?", "language lang target"),
    ("--seed", "did you mean --seed?", "random-state random-seed"),
    ("--def", "did you mean --def?", "define functions"),
    ("table", _STEPS, "points step num samples resolution"),
    ("plot", _STEPS, "points step num samples resolution"),
    ("table", _RANGE, "xlim xrange range domain interval from"),
    ("plot", _RANGE, "xlim xrange range domain interval from"),
)
"""An option here, or a command; what is said; and the words that it is said of."""


def said_of(word: str) -> Iterator[tuple[str, str]]:
    """What may be said of an option of that name (without dashes), each with the option that it is about."""
    for own, hint, words in _SAID:
        if word in words.split():
            yield own, hint
