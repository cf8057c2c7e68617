"""What Python has of items, characters, attributes and the stream that `print` writes to."""

import itertools
import sys
from itertools import chain, product, combinations, permutations, islice

print(list(itertools.chain([1, 2], (3,), "ab")))
print(list(chain.from_iterable([[1, 2], [3]])))
print(sorted(set(itertools.chain.from_iterable(["ab", "bc"]))))
print(list(product([0, 1], repeat=2)))
for a, b in itertools.product("xy", [1, 2]):
    print(a, b)
print(
    list(combinations([1, 2, 3], 2)),
    list(permutations([1, 2, 3], 2))[:3],
    len(list(itertools.combinations_with_replacement(range(3), 2))),
)
print(list(islice(range(10), 2, 8, 3)), list(islice([1, 2, 3], 2)))
sys.stdout.write("hello ")
sys.stdout.write("world\n")
sys.stdout.flush()
print(ord("a"), chr(98), [ord(c) for c in "hey"])

given = iter([1, 2, 3, 4])
print(list(islice(given, 1, 3)), list(given))
