print(True and 'x', '' or 'y', [] or 0, 3 and 4, 0 or 5, None or 'd', 2 and [], 0 and 1)
x = 5
print(x and 0 or 7, not (x or 0), (x > 3 and x < 9), x > 3 or 'q')
def f(a=None):
    a = a or [1, 2]
    return a
print(f(), f([3]))
if x and 'text':
    print('both')
if [] or None:
    print('never')
print('yes' if x and 'a' else 'no')
name = '' or 'anon'
print(name.upper())
for i, v in enumerate('ab', 1):
    print(i, v)
for i, v in enumerate([5, 6], start=10):
    print(i, v)
print(list(enumerate('ab', start=3)))
n = 0
while n < 3 and True:
    n += 1
print(n, 1.0 or 2, 0.0 or 2.5)
print('%(a)d %(b).2f %(a)5s|' % {'a': 3, 'b': 2.5})
