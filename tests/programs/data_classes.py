from dataclasses import dataclass, field
from typing import NamedTuple, Optional

import torch


@dataclass
class Config:
    """What a model is made of."""

    width: int = 4
    lr: float = 0.1
    name: str = "sgd"
    sizes: list = field(default_factory=list)

    def total(self) -> int:
        return self.width + sum(self.sizes)


@dataclass
class Wide(Config):
    depth: int = 2

    def __post_init__(self):
        self.area = self.width * self.depth


class Point(NamedTuple):
    x: float
    y: float = 2.0


config = Config(lr=0.5)
other = Config(3)
config.sizes.append(7)
print(config, other, config.total(), Config.lr)
wide = Wide(5, depth=3)
print(wide, wide.area)
point = Point(1.0)
print(point, point.x + point.y, point[1])
count: int = 3
scale: Optional[float] = None
names: list[str] = ["a", "b"]
weights: torch.Tensor = torch.ones(2)
later: int
never: "int"
later = 4


def grow(n: int) -> int:
    more: int = n + 1
    return more


class Counter:
    def __init__(self):
        self.n: int = 0

    def tick(self) -> int:
        self.n += 1
        return self.n


counter = Counter()
print(count, scale, names, weights, later, grow(2), counter.tick(), counter.tick())
entries = {"a": 1, "b": 2}
del entries["a"]
items = [1, 2, 3, 4]
del items[0], items[-1]
print(entries, items)
del items[:]
print(items)
