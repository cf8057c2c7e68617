# `raise … from …` raises the error, whatever led to it; what is printed to stdout by name is printed.
import sys
from sys import stdout


def whole(text):
    try:
        return int(text)
    except ValueError as error:
        raise TypeError(f"{text} is no number") from error


def entry(of, key):
    try:
        return of[key]
    except KeyError:
        raise RuntimeError(f"no {key}") from None


for text in ("3", "x"):
    try:
        print(whole(text))
    except TypeError as error:
        print("caught", error, file=sys.stdout)
try:
    try:
        entry({"a": 1}, "b")
    except RuntimeError as first:
        raise ValueError("outer") from first
except ValueError as second:
    print(second, type(second).__name__, file=stdout)
try:
    raise ValueError("of a class") from KeyError
except ValueError as error:
    print(error, file=None)
print("begun", end=" ", file=sys.stdout)
print("and ended")
