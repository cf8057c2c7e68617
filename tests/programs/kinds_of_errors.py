# Errors are caught by the classes from which theirs inherits, and say what Python's say.
import torch


class Refused(ValueError):
    pass


class Empty(Refused):
    pass


for kind in (Empty, Refused):
    try:
        raise kind("nothing there")
    except Empty as error:
        print("empty:", error, type(error).__name__, isinstance(error, Refused))
    except ValueError as error:
        print("refused:", error, isinstance(error, (KeyError, Empty)))
try:
    raise Empty
except (KeyError, Refused) as error:
    print(repr(error))
try:
    raise KeyError("k")
except LookupError as error:
    print(error, repr(error))
try:
    try:
        raise Empty("first")
    except Refused as error:
        raise error
except ValueError as again:
    print(repr(again))
for text in ("abc", "1e3", "12"):
    try:
        print(int(text), float(text))
    except ValueError as error:
        print(error)


def noted():
    try:
        try:
            raise ValueError("inside")
        except ValueError:
            raise KeyError("while handling")
    except KeyError as error:
        return error


print(noted())


def extended(items, more):
    items += more
    return len(items)


kept = [torch.ones(1)]
print(extended(kept, [2, 3]), kept)
