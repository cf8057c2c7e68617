# Objects are equal and in order as their classes say, and as data classes are.
from dataclasses import dataclass

import torch


class Version:
    def __init__(self, number):
        self.number = number

    def __eq__(self, other):
        return self.number == other.number

    def __lt__(self, other):
        return self.number < other.number


one, same, two = Version(1), Version(1), Version(2)
print(one == same, one != same, one == two, one is same)
print(one < two, two > one, two < one, same in [two, one], [one, two] == [same, two])


@dataclass
class Point:
    x: float
    y: float = 2.0


@dataclass(frozen=True, order=True)
class Setting:
    rate: float
    name: str = "sgd"


@dataclass(eq=False, repr=False)
class Plain:
    x: float


print(Point(1.0) == Point(1.0), Point(1.0) != Point(3.0), Point(1.0) == 1.0, Point(1.0) in [Point(1.0)])
print(Setting(0.5) < Setting(0.75), Setting(0.5, "b") > Setting(0.5, "a"), Setting(0.5) <= Setting(0.5))
print(Setting(0.5) > Setting(0.5), Setting(0.5) == Setting(0.5), Plain(1.0) == Plain(1.0))
setting = Setting(0.5)
try:
    setting.rate = 1.0
except AttributeError as caught:
    print(caught, type(caught).__name__)
try:
    setting.name += "w"
except Exception as caught:
    print(caught)
print(setting, torch.ones(1))


@dataclass
class Held:
    weight: torch.Tensor


weight = torch.tensor(2.0, requires_grad=True)
print(Held(weight) == Held(weight * 1), Held(weight) == Held(torch.zeros(1)))
try:
    print(Held(torch.ones(2)) == Held(torch.ones(2)))
except RuntimeError:
    print("of each element")
