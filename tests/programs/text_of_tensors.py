import torch
a = torch.tensor([1., 2.])
print(str(a[0]), f"{a[0]}", repr(a[0]), "%s" % a[0], "{}".format(a[0]), "{!r}".format(a[0]))
print(str(a[0] > 0), f"{a[0] > 0}", repr(a[0] > 0), "%s" % (a[0] > 0), "{}".format(a[0] > 0))
n = torch.tensor(3)
print(str(n), f"{n}", repr(n), "%s" % n)
for k in range(2):
    s = "w" + str(k)
    print(s, len(s), s == "w0", "%5s|%-5s|" % (k, n))
print(len("ab"), len(f"{1}b"), max("abc"), sorted("cab"), len(""))
