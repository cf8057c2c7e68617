"""Names of a function around: each call of it has its own."""


def make_counter():
    n = 0

    def count(k=1):
        nonlocal n
        n += k
        return n

    return count


a = make_counter()
b = make_counter()
print(a(), a(2), b(), a())


def outer():
    x = [1]
    s = "p"

    def mid():
        def inner():
            nonlocal x, s
            x = x + [2]
            s += "q"

        inner()
        inner()
        return x

    r = mid()
    print(r, x, s)


outer()
t = 0


def g():
    t = 5

    def h():
        global t
        t += 1
        print(t)

    h()
    print(t)


g()
print(t)
for i in range(12):
    a(i)
print(a())
