import torch
import torch.nn as nn

torch.manual_seed(0)


class A:
    count = 0
    scale = 2.0

    def __init__(self, n, k=1):
        self.n = n
        A.count += 1

    def f(self, x):
        return x * self.n * self.scale

    @staticmethod
    def s(x):
        return x + 1

    @classmethod
    def make(cls, n):
        return cls(n)

    @property
    def twice(self):
        return self.n * 2

    def __repr__(self):
        return f"A({self.n})"


class B(A):
    def __init__(self, n, m):
        super().__init__(n)
        self.m = m

    def f(self, x):
        return super().f(x) + self.m


class C(B):
    def __init__(self):
        super(C, self).__init__(3, 4)
        print("C made")

    def f(self, x):
        y = B.f(self, x)
        print("in C", y)
        return y


a, b, c = A(2), B(2, 5), C()
print(a, b, c, a.f(1), b.f(1), c.f(1))
print(
    A.count,
    A.s(3),
    a.s(4),
    A.make(7),
    c.twice,
    isinstance(c, A),
    isinstance(a, B),
    type(c).__name__,
    c.__class__.__name__,
)
print([a, b], {"k": a}, str(a), f"{a}")


class Base(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.fc = nn.Linear(n, n)

    def forward(self, x):
        return self.act(self.fc(x))

    def act(self, x):
        return torch.relu(x)


class Child(Base):
    def __init__(self, n):
        super().__init__(n)
        self.out = nn.Linear(n, 1)

    def forward(self, x):
        h = super().forward(x)
        return self.out(h)

    def act(self, x):
        return torch.tanh(x)

    def extra_repr(self):
        return f"n={self.fc.in_features}"


m = Child(3)
print(m)
print(m(torch.ones(2, 3)), len(list(m.parameters())))


class Config:
    lr = 0.1
    hidden = [4, 5]


print(Config.lr, Config().hidden)
Config.lr = 0.5
print(Config.lr)
