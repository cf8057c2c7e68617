# Sets, as Python has them: small whole numbers stand in the order of their hashes, and one text is one text.
import torch

s = set([3, 1, 2])
print(s, len(s), 3 in s, 5 not in s, type(s), bool(set()), isinstance(s, set))
print(set([7, 0, 5]), set([1.5, 2]), set([(1, 2)]), set("a"), set())
s.add(6)
s.add(6)
s.remove(1)
s.discard(77)
print(s, [x for x in s], sum(s), max(s), sorted(s, reverse=True))
a, b = set([1, 2, 3, 4]), set([3, 4, 5])
print(a | b, a & b, a - b, b - a, a ^ b)
print(a == set([4, 3, 2, 1]), a != b, set([1]) <= a, a < a, a >= set([1, 9]), a == [1, 2, 3, 4])
print(a.union(b), a.intersection([1, 9]), a.difference(b), a.symmetric_difference(b))
print(a.issubset(range(9)), a.issuperset([1]), a.isdisjoint(b), len(set("ab") & set("bc")))
for label in set([2, 0, 1, 2]):
    print(label, end=" ")
print()
seen = set()
for x in [3, 1, 3, 2, 1]:
    if x in seen:
        continue
    seen.add(x)
seen -= set([3])
seen ^= set([1, 4])
print(seen)


def common(left, right):
    return sorted(set(left) & set(right))


print(common([1, 2, 3], torch.tensor([2, 3]).tolist()), common("abc", "bd"))
