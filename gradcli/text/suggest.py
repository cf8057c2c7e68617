"""The name that was probably meant.

Written out rather than taken from `difflib`: a third of a word is a rule that a user can predict, and
importing nothing keeps a typing mistake as quick to answer as a sum.
"""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 100
"""Letters of a word that can be a slip: the work grows by the square, and nobody types longer names."""


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate nearest to `word`, or `None` where none is near enough to be worth saying.

    Near enough is at most one slip (a letter missing, added, wrong, or two swapped) for every three
    letters of `word`, so words of one or two letters match only in another case. Case never counts as a
    slip. Between equals the same letters in another order decide (`sni` is sin, and not shi), then case, the
    longer common beginning and the alphabet.
    """
    if len(word) > LONGEST:
        return None
    folded = word.casefold()
    limit = len(folded) // 3
    best: tuple[int, bool, int, int, str] | None = None
    for candidate in candidates:
        if candidate == word:
            continue
        other = candidate.casefold()
        slips = _distance(folded, other, limit)
        if slips is None:
            continue
        as_typed = _distance(word, candidate, len(word) + len(candidate)) or 0
        reordered = sorted(folded) == sorted(other)
        rank = (slips, not reordered, as_typed, -_shared(folded, other), candidate)
        if best is None or rank < best:
            best = rank
            limit = slips
    return best[-1] if best else None


def column_meant(word: str, columns: Iterable[str]) -> str | None:
    """The column that a name in a formula may mean, as a formula has it: in backticks where it is no name.

    `Volt` means `Volt (V)`, too: units and the like in brackets are no part of what people call it.
    """
    known = list(columns)
    near = did_you_mean(word, known)
    if near is None:
        called = (each for each in known if _bare(each) == word.casefold())
        near = next(called, None)
    return near if near is None or near.isidentifier() else f"`{near}`"


def _bare(column: str) -> str:
    """What stands before the first bracket."""
    return min((column.partition(bracket)[0] for bracket in "([{"), key=len).strip().casefold()


def which_of(word: str, known: Iterable[str], whole: str = "the variables are") -> str | None:
    """The hint for a word that is none of those known: the one that was meant, or else what there is."""
    words = list(known)
    near = did_you_mean(word, words)
    if near is not None:
        return f"did you mean {near}?"
    return f"{whole} {', '.join(words)}" if words else None


def _shared(a: str, b: str) -> int:
    """How many letters two words begin with alike."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _distance(a: str, b: str, limit: int) -> int | None:
    """The optimal string alignment distance of two words, or `None` where it is more than `limit`.

    Row i holds the distances from `a[:i]` to every beginning of `b` (Wagner and Fischer 1974, with
    Damerau's transposition of neighbours).
    """
    if abs(len(a) - len(b)) > limit:
        return None
    before: list[int] = []
    above = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        # A transposition reaches back two rows, so one row past the limit does not yet decide.
        if min(row) > limit and min(above) > limit:
            return None
        before, above = above, row
    return above[-1] if above[-1] <= limit else None


def parts_of(name: str, known: Iterable[str]) -> list[str] | None:
    """The known names that a name is made of, the longest first; `None` where it is not."""
    if len(name) > LONGEST:
        return None
    words = frozenset(known)
    ways: list[list[str] | None] = [[], *[None] * len(name)]
    for end in range(1, len(name) + 1):
        for begin in range(end):
            way = ways[begin]
            if way is not None and name[begin:end] in words:
                ways[end] = [*way, name[begin:end]]
                break
    return ways[-1]


def letters_for(arguments: Iterable[str]) -> list[str]:
    """Names for parameters of these arguments: their own where they are distinct names, else letters."""
    texts = list(arguments)
    found: list[str] = []
    for text in texts:
        free = (letter for letter in "xyzuvwabcdefghijklmnopqrst" if letter not in (*found, *texts))
        name = text if text.isidentifier() and text not in found else next(free, f"x{len(found)}")
        found.append(name)
    return found or ["x"]
