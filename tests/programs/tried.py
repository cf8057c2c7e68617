# `try` keeps what was done before a statement failed, as Python does, and names what was raised.
class MyError(Exception):
    pass


def risky(n):
    try:
        if n < 0:
            raise ValueError("negative")
        return n
    except ValueError:
        return -1
    finally:
        print("tried", n)


def mine():
    raise MyError("mine")


x = 0
try:
    x = 1
    raise ValueError("bad")
    x = 2
except (TypeError, ValueError) as e:
    print("caught", e, x, type(e).__name__)
else:
    print("not here")
finally:
    print("end")
print(risky(3), risky(-3))
for i in range(4):
    try:
        if i == 2:
            break
        if i == 1:
            continue
        print(i)
    finally:
        print("done with", i)
try:
    mine()
except ValueError:
    print("not here")
except MyError as e:
    print("yes", e)
try:
    try:
        mine()
    except MyError:
        print("again")
        raise
except Exception as error:
    print("outer", error)
seen = []
try:
    for i in range(5):
        seen.append(i)
        assert i < 3, "too big"
except AssertionError as e:
    print(seen, e)
for what in ("entry", "place", "quotient"):
    try:
        if what == "entry":
            {"a": 1}["b"]
        elif what == "place":
            [1, 2][5]
        else:
            total = 0
            1 / total
    except KeyError as e:
        print("KeyError", e)
    except (IndexError, ZeroDivisionError):
        print(what)
else:
    print("all tried")
